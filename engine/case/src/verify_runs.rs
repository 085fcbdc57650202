//! Runs looked at again: their windows by the hashes of their blocks, all results by the one hash that the run was kept with,
//! and that hash, with what decided the results, by the audit chain.

use std::collections::BTreeMap;

use cbad::{Watch, WindowScore};
use rusqlite::params;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::analyze::json_sha256;
use crate::apart::{apart, look};
use crate::error::CaseError;
use crate::rows::RunRow;
use crate::schema::has_table;
use crate::sql::{AtPath, hex};
use crate::store::Case;
use crate::verify::Verification;

/// [`cbad::RunResult`] as JSON, with findings as they are stored: reading a number and writing it again may change its
/// last digit.
#[derive(Serialize)]
struct Stored {
    streams: Vec<StoredStream>,
    findings: Vec<Box<RawValue>>,
}

/// [`cbad::StreamResult`], likewise.
#[derive(Serialize)]
struct StoredStream {
    windows: Vec<WindowScore>,
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<Box<RawValue>>,
}

/// What the audit chain says of a run.
type Chained = BTreeMap<i64, serde_json::Value>;

impl Case {
    pub(crate) fn verify_runs(&self, found: &mut Verification, watch: &dyn Watch) -> Result<(), CaseError> {
        let chained = self.chained_runs()?;
        for run in &self.runs()? {
            look(watch)?;
            let problems = found.problems.len();
            if let Err(error) = self.findings(run.id) {
                found.problems.push(format!("The findings of run {} cannot be read: {error}", run.id));
            }
            let is_readable = self.verify_windows(run, found, watch)?;
            let is_whole = is_readable && found.problems.len() == problems;
            // Another version may write the same results in another way; their windows have hashes of their own.
            if is_whole && run.engine == cbad::ENGINE_VERSION {
                let results = self.results_again(run, watch)?;
                if results != run.results_sha256 {
                    found.problems.push(format!(
                        "The windows and findings of run {} do not match the SHA-256 that it was kept with ({}): it is now {results}.",
                        run.id, run.results_sha256
                    ));
                }
            }
            if let Some(detail) = chained.get(&run.id) {
                found.problems.extend(self.other_than_chained(run, detail)?);
            }
        }
        Ok(())
    }

    /// Blocks of windows by their hashes; false where the run keeps them in a way that cannot be read here.
    fn verify_windows(
        &self,
        run: &RunRow,
        found: &mut Verification,
        watch: &dyn Watch,
    ) -> Result<bool, CaseError> {
        for stream in &run.streams {
            look(watch)?;
            let (id, number) = (run.id, stream.stream);
            match self.windows_in_blocks(id, number) {
                Ok(None) => {}
                Err(CaseError::OtherLayout { .. }) => return Ok(false),
                Ok(Some(blocks)) => {
                    found.window_blocks += blocks.count;
                    if blocks.windows.len() as u64 != stream.windows {
                        found.problems.push(format!(
                            "Run {id} should have {} windows of stream {number} and has {}.",
                            stream.windows,
                            blocks.windows.len()
                        ));
                    }
                }
                Err(error @ CaseError::DamagedRow { .. }) => {
                    found.problems.push(format!("Windows of stream {number} in run {id} are lost: {error}"));
                }
                Err(other) => return Err(other),
            }
        }
        Ok(true)
    }

    /// The SHA-256 over a run's windows and findings, from what the case holds now.
    fn results_again(&self, run: &RunRow, watch: &dyn Watch) -> Result<String, CaseError> {
        let drifts = self.raw("SELECT stream, payload FROM run_drift WHERE run = ?1", "run_drift", run.id)?;
        let mut drifts: BTreeMap<i64, Box<RawValue>> = drifts.into_iter().collect();
        let mut streams = Vec::with_capacity(run.streams.len());
        for stream in &run.streams {
            look(watch)?;
            streams.push(StoredStream {
                windows: self.windows(run.id, stream.stream)?,
                note: stream.note.clone(),
                drift: drifts.remove(&i64::from(stream.stream)),
            });
        }
        let findings =
            self.raw("SELECT id, payload FROM finding WHERE run = ?1 ORDER BY id", "finding", run.id)?;
        let findings = findings.into_iter().map(|(_, finding)| finding).collect();
        let stored = Stored { streams, findings };
        apart(watch, move |_| hex(&json_sha256(&stored)))
    }

    /// JSON of a table's rows by a number, as it is stored; nothing where an earlier schema has no such table.
    fn raw(&self, query: &str, table: &str, run: i64) -> Result<Vec<(i64, Box<RawValue>)>, CaseError> {
        if !has_table(&self.connection, table).at(&self.path)? {
            return Ok(Vec::new());
        }
        let mut statement = self.connection.prepare_cached(query).at(&self.path)?;
        let rows = statement.query_map(params![run], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)));
        let mut found = Vec::new();
        for row in rows.at(&self.path)? {
            let (number, payload) = row.at(&self.path)?;
            let raw = RawValue::from_string(payload)
                .map_err(|error| CaseError::row(&self.path, "finding", error.to_string()))?;
            found.push((number, raw));
        }
        Ok(found)
    }

    fn chained_runs(&self) -> Result<Chained, CaseError> {
        if !has_table(&self.connection, "audit").at(&self.path)? {
            return Ok(Chained::new());
        }
        let rows = self.audit()?.into_iter().filter(|row| row.action == "run");
        let details = rows.filter_map(|row| serde_json::from_str::<serde_json::Value>(&row.detail).ok());
        Ok(details.filter_map(|detail| Some((detail["run"].as_i64()?, detail))).collect())
    }

    /// Where a run's row says something else than the chain recorded when it was made.
    fn other_than_chained(
        &self,
        run: &RunRow,
        detail: &serde_json::Value,
    ) -> Result<Option<String>, CaseError> {
        let query = "SELECT config, codecs FROM run WHERE id = ?1";
        let (config, codecs): (String, String) =
            self.connection.query_row(query, [run.id], |row| Ok((row.get(0)?, row.get(1)?))).at(&self.path)?;
        let rows = [
            ("results", "results", run.results_sha256.as_str()),
            ("engine", "engine", run.engine.as_str()),
            ("configuration", "config", config.as_str()),
            ("codecs", "codecs", codecs.as_str()),
        ];
        let other = rows.iter().find(|(_, key, now)| detail[*key].as_str().is_some_and(|was| was != *now));
        let captures = (detail["captures"] != serde_json::json!(run.captures)).then_some("captures");
        Ok(other.map(|(what, ..)| *what).or(captures).map(|what| {
            format!("Run {} has other {what} than the audit chain recorded when it was made.", run.id)
        }))
    }
}
