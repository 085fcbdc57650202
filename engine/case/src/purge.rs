//! Taking a capture's events out of a case for good, with a record of what went.
//!
//! The capture and its streams keep their rows, emptied, because the public numbers of streams never change. What is deleted
//! is overwritten with zeros (`secure_delete`), and the file is then written anew (`VACUUM`), since pages that were filled
//! before keep copies of rows that have moved within them; backups and the medium below the file are out of reach. Which captures were purged is known from the audit chain alone.

use std::path::Path;

use cbad::rfc3339;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::audit::Action;
use crate::error::CaseError;
use crate::rows::{CaptureState, RunRow};
use crate::runs::json_column;
use crate::schema::has_table;
use crate::sql::{AtPath, hex, unsigned};
use crate::store::Case;

/// What a purge takes out, or took out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// The capture.
    pub capture: i64,
    /// Its file name.
    pub file_name: String,
    /// Its SHA-256, lower-case hex.
    pub sha256: String,
    /// Events.
    pub events: u64,
    /// Blocks of events.
    pub blocks: u64,
    /// SHA-256 over the hashes of these blocks, by stream and position, lower-case hex.
    pub blocks_sha256: String,
    /// Records that could not be read and notes, which may quote the capture.
    pub problems: u64,
    /// Runs that it took part in. Their findings may quote it.
    pub runs: Vec<i64>,
    /// Whether these runs are removed with it.
    pub removes_runs: bool,
    /// Why.
    pub reason: String,
}

/// A purge that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgeRow {
    /// When, nanoseconds UTC.
    pub at_nanos: i64,
    /// Who.
    pub actor: String,
    /// What.
    pub purge: Purge,
}

impl Case {
    /// What [`Case::purge`] would take out; what it took out already where the file is still to be written anew. Changes nothing.
    pub fn weigh_purge(&self, capture: i64, reason: &str, removes_runs: bool) -> Result<Purge, CaseError> {
        let row = self.capture(capture)?;
        let refuse = |what: String| Err(CaseError::CannotDecide { what });
        if reason.trim().is_empty() {
            return refuse("A purge has a reason.".to_owned());
        }
        if row.state == CaptureState::Importing {
            return refuse(format!("The import of {} is not finished.", row.file_name));
        }
        if let Some(before) = self.purges()?.into_iter().find(|before| before.purge.capture == capture) {
            if before.purge.removes_runs == removes_runs && self.has_free_pages()? {
                return Ok(before.purge);
            }
            return refuse(format!("{} was purged on {}.", row.file_name, rfc3339(before.at_nanos)));
        }
        let (blocks, blocks_sha256) = blocks_of(&self.connection, capture).at(&self.path)?;
        let had = self.every_sha256(capture, &row.sha256)?;
        let runs = self.runs()?.into_iter().filter(|run| took_part(run, &had));
        Ok(Purge {
            capture,
            runs: runs.map(|run| run.id).collect(),
            file_name: row.file_name,
            sha256: row.sha256,
            events: row.events,
            blocks,
            blocks_sha256,
            problems: row.rejected + row.notes,
            removes_runs,
            reason: reason.trim().to_owned(),
        })
    }

    /// Takes the events and problems of a complete capture out for good, and with `removes_runs` the runs that it took part in,
    /// which may quote it. What people wrote stays. The same capture cannot be imported into this case again.
    ///
    /// Where a purge was recorded and the file could not be written anew after it, for lack of room say, that is made up for.
    pub fn purge(&mut self, capture: i64, reason: &str, removes_runs: bool) -> Result<Purge, CaseError> {
        self.move_forward()?;
        self.connection.pragma_update(None, "secure_delete", true).at(&self.path)?;
        let transaction = self.immediate()?;
        let purge = self.weigh_purge(capture, reason, removes_runs)?;
        if !self.purges()?.iter().any(|before| before.purge.capture == capture) {
            empty(&transaction, &purge).at(&self.path)?;
            self.record(&transaction, Action::Purge, &purge.file_name, &json!(purge))?;
        }
        transaction.commit().at(&self.path)?;
        self.blocks.take();
        self.write_anew()?;
        Ok(purge)
    }

    /// Whether pages of the file hold nothing, which none do once it was written anew. Other changes leave such pages too: then
    /// writing it anew once more does no harm.
    fn has_free_pages(&self) -> Result<bool, CaseError> {
        let pages = self.connection.pragma_query_value(None, "freelist_count", |row| unsigned(row, 0));
        Ok(pages.at(&self.path)? > 0)
    }

    /// Writes the whole file anew, and empties its write-ahead log: what was overwritten stands in no copy of a row that has moved.
    pub(crate) fn write_anew(&self) -> Result<(), CaseError> {
        self.connection.execute_batch("VACUUM").at(&self.path)?;
        let empty_log = "PRAGMA wal_checkpoint(TRUNCATE)";
        self.connection.query_row(empty_log, [], |_| Ok(())).at(&self.path)
    }

    /// Complete captures whose last event is before a time, and which were not purged: what a retention period leaves no
    /// reason to keep. A capture without times is not among them.
    pub fn captures_before(&self, nanos: i64) -> Result<Vec<i64>, CaseError> {
        let captures = self.captures()?.into_iter().filter(|capture| {
            capture.state == CaptureState::Complete && capture.end_nanos.is_some_and(|end| end < nanos)
        });
        Ok(captures.map(|capture| capture.id).collect())
    }

    /// Every purge, oldest first.
    pub fn purges(&self) -> Result<Vec<PurgeRow>, CaseError> {
        const QUERY: &str = "SELECT at_nanos, actor, detail FROM audit WHERE action = ?1 ORDER BY sequence";
        if !has_table(&self.connection, "audit").at(&self.path)? {
            return Ok(Vec::new());
        }
        let mut statement = self.connection.prepare_cached(QUERY).at(&self.path)?;
        let rows = statement.query_map([Action::Purge.name()], |row| {
            Ok(PurgeRow { at_nanos: row.get(0)?, actor: row.get(1)?, purge: json_column(row, 2)? })
        });
        rows.at(&self.path)?.collect::<rusqlite::Result<_>>().at(&self.path)
    }

    /// What was taken out on purpose does not come back by an import.
    pub(crate) fn refuse_purged(&self, capture: i64, path: &Path) -> Result<(), CaseError> {
        match self.purges()?.into_iter().find(|row| row.purge.capture == capture) {
            None => Ok(()),
            Some(PurgeRow { at_nanos, purge, .. }) => {
                Err(CaseError::Purged { path: path.to_owned(), at: rfc3339(at_nanos), reason: purge.reason })
            }
        }
    }

    /// Purges of captures that took part in a run: its findings stay, and their events cannot be shown any more.
    pub fn purged_of(&self, run: &RunRow) -> Result<Vec<PurgeRow>, CaseError> {
        let mut of_run = Vec::new();
        for row in self.purges()? {
            if took_part(run, &self.every_sha256(row.purge.capture, &row.purge.sha256)?) {
                of_run.push(row);
            }
        }
        Ok(of_run)
    }

    /// Every SHA-256 that a capture has had: a followed one has another after each piece, and runs know it by the one that it
    /// had then.
    fn every_sha256(&self, capture: i64, last: &str) -> Result<Vec<String>, CaseError> {
        const QUERY: &str = "SELECT DISTINCT json_extract(detail, '$.sha256') FROM audit
            WHERE action IN ('import', 'follow')
            AND CASE WHEN json_valid(detail) THEN json_extract(detail, '$.capture') END = ?1";
        let mut had = vec![last.to_owned()];
        if has_table(&self.connection, "audit").at(&self.path)? {
            let mut statement = self.connection.prepare_cached(QUERY).at(&self.path)?;
            let rows = statement.query_map([capture], |row| row.get(0)).at(&self.path)?;
            had.extend(rows.collect::<rusqlite::Result<Vec<String>>>().at(&self.path)?);
        }
        Ok(had)
    }
}

fn took_part(run: &RunRow, had: &[String]) -> bool {
    run.captures.iter().any(|sha256| had.contains(sha256))
}

/// Number of the blocks of a capture, and one hash over theirs.
fn blocks_of(connection: &Connection, capture: i64) -> rusqlite::Result<(u64, String)> {
    const QUERY: &str = "SELECT block.sha256 FROM block JOIN stream ON stream.id = block.stream
        WHERE stream.capture = ?1 ORDER BY stream.number, first_position";
    let mut statement = connection.prepare(QUERY)?;
    let mut rows = statement.query([capture])?;
    let (mut blocks, mut hash) = (0, Sha256::new());
    while let Some(row) = rows.next()? {
        hash.update(row.get_ref(0)?.as_blob()?);
        blocks += 1;
    }
    Ok((blocks, hex(&hash.finalize())))
}

pub(crate) fn empty(connection: &Connection, purge: &Purge) -> rusqlite::Result<()> {
    const STEPS: [&str; 8] = [
        "DELETE FROM block WHERE stream IN (SELECT id FROM stream WHERE capture = ?1)",
        "DELETE FROM problem WHERE capture = ?1",
        "DELETE FROM redaction_count WHERE capture = ?1",
        "DELETE FROM capture_member WHERE capture = ?1",
        "DELETE FROM capture_file WHERE capture = ?1",
        "UPDATE redaction SET salt = NULL WHERE capture = ?1",
        "UPDATE stream SET events = 0, start_nanos = NULL, end_nanos = NULL, last_nanos = NULL WHERE capture = ?1",
        "UPDATE capture SET records = 0, events = 0, rejected = 0, notes = 0 WHERE id = ?1",
    ];
    for step in STEPS {
        connection.execute(step, params![purge.capture])?;
    }
    for run in purge.runs.iter().filter(|_| purge.removes_runs) {
        connection.execute("DELETE FROM run WHERE id = ?1", [run])?;
    }
    Ok(())
}
