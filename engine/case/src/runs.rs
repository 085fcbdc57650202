//! Reading runs, their windows and their findings.

use cbad::{Finding, WindowScore};
use rusqlite::types::{Type, ValueRef};
use rusqlite::{OptionalExtension, Row, params};

use crate::error::CaseError;
use crate::rows::{FindingRow, RunRow, StreamSummary};
use crate::schema::has_table;
use crate::sql::{AtPath, unsigned};
use crate::store::Case;

const RUN: &str =
    "SELECT id, engine, codecs, config, captures, results_sha256, windows, flagged, findings FROM run";

/// The first engine that wrote windows in the layout of [`WindowScore`] as it is now. The layout has no field names, so
/// windows of another one could be read as wrong numbers.
const FIRST_OF_LAYOUT: [u64; 3] = [0, 2, 0];

/// Whether windows that an engine wrote can be read: from the first of this layout to the one at hand.
fn is_readable(engine: &str) -> bool {
    let readable = version(cbad::ENGINE_VERSION).map(|now| FIRST_OF_LAYOUT..=now);
    version(engine).zip(readable).is_some_and(|(version, readable)| readable.contains(&version))
}

/// The numbers of `cbad 1.2.3`.
fn version(engine: &str) -> Option<[u64; 3]> {
    let mut numbers = engine.strip_prefix("cbad ")?.split('.').map(|number| number.parse().ok());
    let version = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(version)
}

impl Case {
    /// Every complete run, oldest first.
    pub fn runs(&self) -> Result<Vec<RunRow>, CaseError> {
        let mut statement = self.connection.prepare_cached(&format!("{RUN} ORDER BY id")).at(&self.path)?;
        let rows = statement.query_map([], run_row).at(&self.path)?;
        let mut runs: Vec<RunRow> = rows.collect::<rusqlite::Result<_>>().at(&self.path)?;
        for run in &mut runs {
            run.streams = self.stream_summaries(run.id)?;
        }
        Ok(runs)
    }

    /// The run that was finished last.
    pub fn latest_run(&self) -> Result<Option<RunRow>, CaseError> {
        let query = "SELECT max(id) FROM run";
        let id: Option<i64> = self.connection.query_row(query, [], |row| row.get(0)).at(&self.path)?;
        id.map(|id| self.run(id)).transpose()
    }

    /// One run.
    pub fn run(&self, id: i64) -> Result<RunRow, CaseError> {
        let mut statement = self.connection.prepare_cached(&format!("{RUN} WHERE id = ?1")).at(&self.path)?;
        let mut run = statement
            .query_row([id], run_row)
            .optional()
            .at(&self.path)?
            .ok_or(CaseError::NoSuch { what: "run", id, available: None })?;
        run.streams = self.stream_summaries(id)?;
        Ok(run)
    }

    fn stream_summaries(&self, run: i64) -> Result<Vec<StreamSummary>, CaseError> {
        let has_drift = has_table(&self.connection, "run_drift").at(&self.path)?;
        let query = if has_drift {
            "SELECT stream, windows, note, payload FROM run_stream LEFT JOIN run_drift USING (run, stream)
                WHERE run = ?1 ORDER BY stream"
        } else {
            "SELECT stream, windows, note, NULL FROM run_stream WHERE run = ?1 ORDER BY stream"
        };
        let mut statement = self.connection.prepare_cached(query).at(&self.path)?;
        let rows = statement.query_map([run], |row| {
            let drift = match row.get_ref(3)? {
                ValueRef::Null => None,
                _ => Some(json_column(row, 3)?),
            };
            Ok(StreamSummary { stream: row.get(0)?, windows: unsigned(row, 1)?, note: row.get(2)?, drift })
        });
        rows.at(&self.path)?.collect::<rusqlite::Result<_>>().at(&self.path)
    }

    /// All windows of one stream, in order. Those of a run by an engine that kept them otherwise are refused.
    pub fn windows(&self, run: i64, stream: u32) -> Result<Vec<WindowScore>, CaseError> {
        self.refuse_other_layout(run)?;
        if let Some(blocks) = self.windows_in_blocks(run, stream)? {
            return Ok(blocks.windows);
        }
        let query = "SELECT payload FROM window WHERE run = ?1 AND stream = ?2 ORDER BY position";
        let mut statement = self.connection.prepare_cached(query).at(&self.path)?;
        let payloads = statement.query_map(params![run, stream], |row| row.get(0)).at(&self.path)?;
        let decode = |payload: rusqlite::Result<Vec<u8>>| {
            postcard::from_bytes(&payload.at(&self.path)?)
                .map_err(|error| CaseError::row(&self.path, "window", error.to_string()))
        };
        payloads.map(decode).collect()
    }

    pub(crate) fn refuse_other_layout(&self, run: i64) -> Result<(), CaseError> {
        let made_by = "SELECT engine FROM run WHERE id = ?1";
        let engine: Option<String> =
            self.connection.query_row(made_by, [run], |row| row.get(0)).optional().at(&self.path)?;
        match engine.filter(|engine| !is_readable(engine)) {
            Some(engine) => Err(CaseError::OtherLayout { path: self.path.clone(), run, engine }),
            None => Ok(()),
        }
    }

    /// The findings of a run by rank: flagged ones first, then the most unusual windows.
    pub fn findings(&self, run: i64) -> Result<Vec<FindingRow>, CaseError> {
        let query = "SELECT id, payload FROM finding WHERE run = ?1 ORDER BY id";
        let mut statement = self.connection.prepare_cached(query).at(&self.path)?;
        let rows = statement.query_map([run], finding_row).at(&self.path)?;
        let found: Vec<(i64, Finding)> = rows.collect::<rusqlite::Result<_>>().at(&self.path)?;
        found.into_iter().map(|(id, finding)| self.with_stream(id, finding)).collect()
    }

    /// One finding of a run.
    pub fn finding(&self, run: i64, id: i64) -> Result<FindingRow, CaseError> {
        let query = "SELECT id, payload FROM finding WHERE run = ?1 AND id = ?2";
        let found = self.connection.query_row(query, [run, id], finding_row).optional().at(&self.path)?;
        match found {
            Some((id, finding)) => self.with_stream(id, finding),
            None => Err(CaseError::NoSuch { what: "finding", id, available: Some(self.run(run)?.findings) }),
        }
    }

    fn with_stream(&self, id: i64, mut finding: Finding) -> Result<FindingRow, CaseError> {
        self.veil_finding(&mut finding);
        Ok(FindingRow { id, stream: self.stream(finding.stream)?, finding })
    }
}

pub(crate) fn json_column<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    index: usize,
) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(index)?.as_str()?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}

fn finding_row(row: &Row<'_>) -> rusqlite::Result<(i64, Finding)> {
    Ok((row.get(0)?, json_column(row, 1)?))
}

fn run_row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        id: row.get(0)?,
        engine: row.get(1)?,
        codecs: json_column(row, 2)?,
        config: json_column(row, 3)?,
        captures: json_column(row, 4)?,
        streams: Vec::new(),
        results_sha256: row.get(5)?,
        windows: unsigned(row, 6)?,
        flagged: unsigned(row, 7)?,
        findings: unsigned(row, 8)?,
    })
}
