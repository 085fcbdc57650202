//! The canonical test of one finding, on demand and kept.

use cbad::{CanonicalTest, CodecName, ENGINE_VERSION, Statistic, Watch, canonical_test, codecs};
use rusqlite::{OptionalExtension, TransactionBehavior, params};

use crate::analyze::{in_pool, json, json_sha256};
use crate::apart::{apart, look};
use crate::audit::{Action, append as record};
use crate::error::CaseError;
use crate::runs::json_column;
use crate::schema::has_table;
use crate::sql::{AtPath, hex, now_nanos};
use crate::store::Case;

/// Which test is asked for. Seed, window and baseline are those of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestChoice {
    /// The codec that every permutation is coded by.
    pub codec: CodecName,
    /// What is compared.
    pub statistic: Statistic,
    /// How many permutations.
    pub permutations: u32,
}

impl Default for TestChoice {
    fn default() -> Self {
        Self { codec: CodecName::Zstd, statistic: Statistic::Ncd, permutations: 1000 }
    }
}

impl Case {
    /// Tests the dearest window of a finding. A test that the case has already is given back at once; a new one is kept.
    /// `threads` changes how long it takes and nothing else.
    pub fn canonical_test(
        &mut self,
        run: i64,
        finding: i64,
        choice: TestChoice,
        threads: Option<usize>,
        watch: &dyn Watch,
    ) -> Result<CanonicalTest, CaseError> {
        let codec = codecs().into_iter().find(|codec| codec.name == choice.codec.name());
        let key = json_sha256(&codec.expect("the engine lists every codec"));
        let row = self.finding(run, finding)?;
        if let Some(kept) = self.kept_test(run, finding, choice, key)? {
            return Ok(kept);
        }
        let run_row = self.run(run)?;
        if run_row.engine != ENGINE_VERSION {
            return Err(CaseError::OtherEngine { run, engine: run_row.engine, here: ENGINE_VERSION });
        }
        let anchor = self.open_anchor(&run_row.config.baseline)?;
        let stream = self.as_of_run(run, &row.stream)?;
        let config = run_row.config.clone().asked_of(&row.finding, &stream.key);
        let prepared = self.prepare(&[stream], anchor.as_ref(), &run_row.config)?;
        let TestChoice { codec, statistic, permutations } = choice;
        let window = row.finding.window;
        let test = apart(watch, move |watch| {
            let streams = prepared.build(watch)?;
            let test = in_pool(threads, || {
                canonical_test(&streams[0], &config, window, codec, statistic, permutations, watch)
            })??;
            Ok::<_, CaseError>(test)
        })??;
        look(watch)?;
        self.keep_test(run, finding, choice, key, &test)?;
        Ok(test)
    }

    /// The canonical tests that were made of a finding, by codec, statistic and number of permutations.
    pub fn canonical_tests(&self, run: i64, finding: i64) -> Result<Vec<CanonicalTest>, CaseError> {
        const QUERY: &str = "SELECT payload FROM canonical_test WHERE run = ?1 AND finding = ?2
            ORDER BY codec, statistic, permutations, codec_sha256";
        if !has_table(&self.connection, "canonical_test").at(&self.path)? {
            return Ok(Vec::new());
        }
        let mut statement = self.connection.prepare_cached(QUERY).at(&self.path)?;
        let rows = statement.query_map([run, finding], |row| json_column(row, 0)).at(&self.path)?;
        rows.collect::<rusqlite::Result<_>>().at(&self.path)
    }

    fn kept_test(
        &self,
        run: i64,
        finding: i64,
        choice: TestChoice,
        key: [u8; 32],
    ) -> Result<Option<CanonicalTest>, CaseError> {
        const QUERY: &str =
            "SELECT payload FROM canonical_test WHERE run = ?1 AND finding = ?2 AND codec = ?3
            AND statistic = ?4 AND permutations = ?5 AND codec_sha256 = ?6";
        if !has_table(&self.connection, "canonical_test").at(&self.path)? {
            return Ok(None);
        }
        let TestChoice { codec, statistic, permutations } = choice;
        let parameters = params![run, finding, codec.name(), statistic.name(), permutations, key.as_slice()];
        self.connection.query_row(QUERY, parameters, |row| json_column(row, 0)).optional().at(&self.path)
    }

    /// Another program may have kept the same test meanwhile: it is the same, so the first one stays.
    fn keep_test(
        &mut self,
        run: i64,
        finding: i64,
        choice: TestChoice,
        key: [u8; 32],
        test: &CanonicalTest,
    ) -> Result<(), CaseError> {
        const INSERT: &str = "INSERT INTO canonical_test (run, finding, codec, statistic, permutations,
            codec_sha256, p, payload, finished_at_nanos) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT DO NOTHING";
        self.move_forward()?;
        let path = self.path.clone();
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).at(&path)?;
        let TestChoice { codec, statistic, permutations } = choice;
        let row = params![
            run,
            finding,
            codec.name(),
            statistic.name(),
            permutations,
            key.as_slice(),
            test.p.value,
            json(test),
            now_nanos(),
        ];
        if transaction.execute(INSERT, row).at(&path)? == 1 {
            let detail = serde_json::json!({
                "run": run,
                "finding": finding,
                "codec": codec.name(),
                "statistic": statistic.name(),
                "permutations": permutations,
                "result": hex(&json_sha256(test)),
            });
            let subject = format!("finding {finding} of run {run}");
            record(&transaction, &self.actor, Action::Test, &subject, &detail).at(&path)?;
        }
        transaction.commit().at(&path)
    }
}
