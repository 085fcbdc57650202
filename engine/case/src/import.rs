//! Importing a capture: find out whether it is known, read it, put its streams in order, and only then show it.
//!
//! Three steps, each of which can be taken up where a kill left it: reading (a commit every few megabytes, which moves
//! events, problems, counts and the offset to go on from together), settling (streams whose events were not written in
//! the order of analysis), completion (streams get their public numbers). What comes out does not depend on where or
//! how often the work was interrupted.

use std::path::{Path, PathBuf};

use cbad::{StreamKey, Watch};
use ingest::{Capture, EventOrder, Format, Limits, OpenOptions, Wrapping};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use serde_json::{Value, json};

use crate::audit::{Action, append as record};
use crate::beginning::Beginning;
use crate::chained::evidence;
use crate::error::CaseError;
use crate::join_notes::join_notes;
use crate::members::{self, is_set, read_alike};
use crate::redact::RedactBy;
use crate::rows::{ImportOutcome, ImportReport};
use crate::source::{Fingerprint, Stamp};
use crate::sql::{AtPath, hex, named, now_nanos, path_column, path_value, unsigned};
use crate::store::Case;
use crate::tables::stream_key;

/// An import that has begun, as the case file holds it.
pub(crate) struct Begun {
    pub(crate) capture: i64,
    pub(crate) path: PathBuf,
    pub(crate) checkpoints: u64,
    pub(crate) decoded_offset: u64,
    pub(crate) problems: u64,
    pub(crate) read_to_end: bool,
    pub(crate) file_name: String,
    pub(crate) sha256: Vec<u8>,
    forced_format: Option<String>,
    assumed_year: i32,
    is_set: bool,
    pub(crate) is_complete: bool,
}

const BEGUN: &str =
    "SELECT id, path, checkpoints, decoded_bytes, rejected + notes, read_to_end, file_name, sha256,
    forced_format, assumed_year, completion IS NOT NULL, wrapping FROM capture";

fn begun_row(row: &Row<'_>) -> rusqlite::Result<Begun> {
    Ok(Begun {
        capture: row.get(0)?,
        path: path_column(row, 1)?,
        checkpoints: unsigned(row, 2)?,
        decoded_offset: unsigned(row, 3)?,
        problems: unsigned(row, 4)?,
        read_to_end: row.get(5)?,
        file_name: row.get(6)?,
        sha256: row.get(7)?,
        forced_format: row.get(8)?,
        assumed_year: row.get(9)?,
        is_complete: row.get(10)?,
        is_set: is_set(&named(row, 11, Wrapping::from_name)?),
    })
}

impl Begun {
    /// Whether going on would give what starting over gives: the file name names streams, and options shape events.
    fn fits(&self, path: &Path, options: &OpenOptions) -> bool {
        self.file_name == file_name(path)
            && self.forced_format.as_deref() == options.format.map(Format::name)
            && options.assumed_year.is_none_or(|year| year == self.assumed_year)
            && self.is_set == (options.set && !path.is_dir())
    }

    fn options(&self, limits: Limits) -> OpenOptions {
        let forced = self.forced_format.as_deref().and_then(Format::from_name);
        OpenOptions { format: forced, ..self.options_as(Format::Text, limits) }
    }

    /// The options with a format that was recognised earlier.
    pub(crate) fn options_as(&self, format: Format, limits: Limits) -> OpenOptions {
        OpenOptions {
            format: Some(format),
            assumed_year: Some(self.assumed_year),
            set: self.is_set,
            limits,
            ..OpenOptions::default()
        }
    }
}

impl Case {
    /// Imports a capture. A capture with the same SHA-256 that is there already changes nothing; one whose import was
    /// interrupted is finished.
    pub fn import(
        &mut self,
        capture: &Path,
        options: &OpenOptions,
        watch: &dyn Watch,
    ) -> Result<ImportReport, CaseError> {
        self.import_redacted(capture, options, None, watch)
    }

    /// [`Case::import`], with rules for what is to be taken out before anything is stored. A capture that is there under
    /// other rules is refused.
    pub fn import_redacted(
        &mut self,
        capture: &Path,
        options: &OpenOptions,
        redact: Option<&RedactBy<'_>>,
        watch: &dyn Watch,
    ) -> Result<ImportReport, CaseError> {
        let path = std::path::absolute(capture).map_err(CaseError::io("find", capture))?;
        refuse_pipes(&path)?;
        // Opened for what is wrong with it, before a long read; opened again after, so that a file put in its place
        // while its hash was taken shows by its stamp.
        let looked_at = Capture::open(&path, options)?;
        if let Some(redact) = redact {
            redact.check()?;
        }
        let is_set = options.set && !path.is_dir();
        let stamp = Stamp::at(&path, is_set).map_err(CaseError::io("read", &path))?;
        if redact.is_none() && !self.has_of_size(stamp.stored_bytes)? {
            self.move_forward()?;
            let (begun, fingerprint) = self.read_new(path, &looked_at, options, watch)?;
            return self.finish(&begun, &fingerprint, watch, ImportOutcome::Imported);
        }
        drop(looked_at);
        let fingerprint = Fingerprint::take(&path, is_set, watch)?;
        let opened = Capture::open(&path, options)?;
        let known = self.begun_with(&fingerprint)?;
        if let Some(known) = &known {
            self.refuse_purged(known.capture, &path)?;
            self.refuse_other_rules(known.capture, redact, &path)?;
        }
        let begun = match known {
            Some(known) if known.is_complete => {
                return self.report(known.capture, ImportOutcome::AlreadyThere);
            }
            Some(known)
                if known.fits(&path, options) && read_alike(&self.limits(known.capture)?, options) =>
            {
                Some(known)
            }
            Some(other) => {
                self.discard(other.capture)?;
                None
            }
            None => None,
        };
        // A file may be older or younger than it was when the import began; the year of its times stays.
        let opened = match &begun {
            Some(known) => {
                let year = Some(known.assumed_year);
                Capture::open(&path, &OpenOptions { assumed_year: year, ..options.clone() })?
            }
            None => opened,
        };
        self.move_forward()?;
        let outcome = if begun.is_some() { ImportOutcome::Resumed } else { ImportOutcome::Imported };
        let begun = match begun {
            Some(known) => self.moved(known, path)?,
            None => self.begin(&path, &opened, options, redact, &fingerprint)?,
        };
        self.carry_through(begun, opened, &fingerprint, (options.limits.seconds, watch), outcome)
    }

    /// Finishes every interrupted import, in the order in which they began.
    pub fn resume_imports(&mut self, watch: &dyn Watch) -> Result<Vec<ImportReport>, CaseError> {
        let mut reports = Vec::new();
        while let Some(begun) = self.begun("WHERE completion IS NULL ORDER BY id LIMIT 1", [])? {
            let cannot = |what: String| CaseError::CannotResume {
                path: begun.path.clone(),
                sha256: hex(&begun.sha256),
                what,
            };
            if !begun.path.exists() {
                return Err(cannot("it is no longer there".to_owned()));
            }
            let fingerprint = Fingerprint::take(&begun.path, begun.is_set, watch)?;
            if begun.sha256 != fingerprint.sha256 {
                return Err(cannot(format!("its SHA-256 is now {}", hex(&fingerprint.sha256))));
            }
            let opened = Capture::open(&begun.path, &begun.options(self.limits(begun.capture)?))?;
            self.move_forward()?;
            let outcome = ImportOutcome::Resumed;
            reports.push(self.carry_through(begun, opened, &fingerprint, (0, watch), outcome)?);
        }
        Ok(reports)
    }

    /// The options of the command line under which reading a capture again gives the same events: those that it was read
    /// under, as far as they say more than the capture itself. A year is named where times without one were met.
    pub fn reading_options(&self, capture: i64) -> Result<Vec<(&'static str, Option<String>)>, CaseError> {
        const ASSUMES: &str =
            "SELECT count(*) FROM problem WHERE capture = ?1 AND instr(hint, '--assumed-year') > 0";
        let Some(begun) = self.begun("WHERE id = ?1", [capture])? else { return Ok(Vec::new()) };
        let assumes: i64 = self.connection.query_row(ASSUMES, [capture], |row| row.get(0)).at(&self.path)?;
        let mut options = Vec::new();
        options.extend(begun.forced_format.map(|format| ("--format", Some(format))));
        options.extend((assumes > 0).then(|| ("--assumed-year", Some(begun.assumed_year.to_string()))));
        options.extend(begun.is_set.then_some(("--set", None)));
        let limits = members::unusual(&self.limits(capture)?);
        options.extend(limits.into_iter().map(|(name, value)| ("--limit", Some(format!("{name}={value}")))));
        Ok(options)
    }

    fn carry_through(
        &mut self,
        begun: Begun,
        opened: Capture,
        fingerprint: &Fingerprint,
        (seconds, watch): (u64, &dyn Watch),
        outcome: ImportOutcome,
    ) -> Result<ImportReport, CaseError> {
        if begun.read_to_end {
            return self.finish(&begun, fingerprint, watch, outcome);
        }
        let (begun, _) = self.read_capture(Beginning::Begun(begun), opened, seconds, watch)?;
        self.finish(&begun, fingerprint, watch, outcome)
    }

    /// What comes after the last event was read.
    fn finish(
        &mut self,
        begun: &Begun,
        fingerprint: &Fingerprint,
        watch: &dyn Watch,
        outcome: ImportOutcome,
    ) -> Result<ImportReport, CaseError> {
        let capture = begun.capture;
        if !begun.read_to_end {
            if let Some(what) = fingerprint.difference(&begun.path, watch)? {
                self.discard(capture)?;
                return Err(CaseError::CaptureChanged { path: begun.path.clone(), what });
            }
            self.mark_read(capture)?;
        }
        let order = self.capture(capture)?.order;
        self.settle(capture, order, watch)?;
        self.complete(capture)?;
        self.forget_where_asked(capture)?;
        self.report(capture, outcome)
    }

    fn report(&self, capture: i64, outcome: ImportOutcome) -> Result<ImportReport, CaseError> {
        Ok(ImportReport { capture: self.capture(capture)?, outcome })
    }

    pub(crate) fn begun(
        &self,
        clause: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<Option<Begun>, CaseError> {
        self.connection
            .query_row(&format!("{BEGUN} {clause}"), parameters, begun_row)
            .optional()
            .at(&self.path)
    }

    pub(crate) fn begun_with(&self, fingerprint: &Fingerprint) -> Result<Option<Begun>, CaseError> {
        self.begun("WHERE sha256 = ?1", [fingerprint.sha256.as_slice()])
    }

    pub(crate) fn begin(
        &self,
        path: &Path,
        opened: &Capture,
        options: &OpenOptions,
        redact: Option<&RedactBy<'_>>,
        fingerprint: &Fingerprint,
    ) -> Result<Begun, CaseError> {
        const INSERT: &str =
            "INSERT INTO capture (path, file_name, sha256, stored_bytes, modified_nanos, forced_format,
            assumed_year, format, wrapping, confidence, event_order, imported_at_nanos)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        let Stamp { stored_bytes, modified_nanos } = fingerprint.stamp;
        let values = params![
            path_value(path),
            file_name(path),
            fingerprint.sha256.as_slice(),
            stored_bytes as i64,
            modified_nanos,
            options.format.map(Format::name),
            opened.assumed_year(),
            opened.format().name(),
            opened.wrapping().name(),
            opened.confidence(),
            opened.order().name(),
            now_nanos(),
        ];
        let transaction = self.connection.unchecked_transaction().at(&self.path)?;
        match transaction.execute(INSERT, values) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                return Err(CaseError::ImportedElsewhere { path: path.to_owned() });
            }
            inserted => inserted.at(&self.path)?,
        };
        let capture = transaction.last_insert_rowid();
        members::begin(&transaction, capture, opened.wrapping(), &options.limits, &fingerprint.files)
            .at(&self.path)?;
        if let Some(redact) = redact {
            self.begin_redaction(&transaction, capture, redact)?;
        }
        let detail = json!({
            "capture": capture,
            "sha256": hex(&fingerprint.sha256),
            "stored_bytes": stored_bytes,
            "format": opened.format().name(),
            "redaction": redact.map(|redact| redact.rules.name.as_str()),
        });
        self.record(&transaction, Action::ImportBegin, &file_name(path), &detail)?;
        transaction.commit().at(&self.path)?;
        let begun = self.begun("WHERE id = ?1", [capture])?;
        Ok(begun.expect("the row was inserted on this connection just now"))
    }

    /// The same bytes under the same name in another folder: go on, and remember where they are now.
    fn moved(&self, begun: Begun, path: PathBuf) -> Result<Begun, CaseError> {
        let values = params![path_value(&path), begun.capture];
        self.connection.execute("UPDATE capture SET path = ?1 WHERE id = ?2", values).at(&self.path)?;
        Ok(Begun { path, ..begun })
    }

    /// Takes an unfinished import out of the case, with everything that it brought.
    pub(crate) fn discard(&mut self, capture: i64) -> Result<(), CaseError> {
        const DELETE: &str = "DELETE FROM capture WHERE id = ?1 AND completion IS NULL
            RETURNING file_name, lower(hex(sha256))";
        self.move_forward()?;
        let transaction = self.immediate()?;
        let row = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        let deleted = transaction.query_row(DELETE, [capture], row).optional().at(&self.path)?;
        if let Some((file_name, sha256)) = deleted {
            let detail = json!({ "capture": capture, "sha256": sha256 });
            self.record(&transaction, Action::ImportDiscard, &file_name, &detail)?;
        }
        transaction.commit().at(&self.path)
    }

    pub(crate) fn mark_read(&self, capture: i64) -> Result<(), CaseError> {
        // Of several members the first gave the order; one that is read by time decides for all.
        const MARK: &str =
            "UPDATE capture SET read_to_end = 1, event_order = coalesce(?2, event_order) WHERE id = ?1";
        let order = self.has_members_by_time(capture)?.then(|| EventOrder::ByTime.name());
        let transaction = self.connection.unchecked_transaction().at(&self.path)?;
        transaction.execute(MARK, params![capture, order]).at(&self.path)?;
        join_notes(&transaction, capture).at(&self.path)?;
        transaction.commit().at(&self.path)
    }

    /// Numbers the streams in key order and makes the capture visible to analysis.
    pub(crate) fn complete(&mut self, capture: i64) -> Result<(), CaseError> {
        const COMPLETE: &str = "UPDATE capture SET completion =
            (SELECT coalesce(max(completion) + 1, 0) FROM capture) WHERE id = ?1 AND completion IS NULL";
        let path = &self.path;
        let transaction =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).at(path)?;
        if transaction.execute(COMPLETE, [capture]).at(path)? == 1 {
            number_streams(&transaction, capture).at(path)?;
            let (file_name, mut detail) = completed(&transaction, capture).at(path)?;
            detail["evidence"] = evidence(&transaction, capture, false).at(path)?;
            record(&transaction, &self.actor, Action::Import, &file_name, &detail).at(path)?;
        }
        transaction.commit().at(path)
    }
}

/// Gives the streams of a capture that have none their public numbers, in the order of their keys.
pub(crate) fn number_streams(transaction: &Connection, capture: i64) -> rusqlite::Result<()> {
    const STREAMS: &str =
        "SELECT id, signal, service, name FROM stream WHERE capture = ?1 AND number IS NULL";
    const NUMBER: &str = "UPDATE stream SET number = ?1 WHERE id = ?2";
    let mut streams: Vec<(StreamKey, i64)> = {
        let mut statement = transaction.prepare_cached(STREAMS)?;
        let rows = statement.query_map([capture], |row| Ok((stream_key(row, 1)?, row.get(0)?)))?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    streams.sort();
    let next = "SELECT coalesce(max(number) + 1, 0) FROM stream";
    let first: i64 = transaction.query_row(next, [], |row| row.get(0))?;
    for (number, (_, id)) in (first..).zip(streams) {
        transaction.execute(NUMBER, [number, id])?;
    }
    Ok(())
}

/// How much a complete capture brought, for the record.
pub(crate) fn completed(connection: &Connection, capture: i64) -> rusqlite::Result<(String, Value)> {
    const QUERY: &str =
        "SELECT file_name, lower(hex(sha256)), records, events, rejected, notes, decoded_bytes,
        (SELECT count(*) FROM stream WHERE capture = capture.id) FROM capture WHERE id = ?1";
    connection.query_row(QUERY, [capture], |row| {
        let number = |column| row.get::<_, i64>(column);
        let detail = json!({
            "capture": capture,
            "sha256": row.get::<_, String>(1)?,
            "records": number(2)?,
            "events": number(3)?,
            "rejected": number(4)?,
            "notes": number(5)?,
            "decoded_bytes": number(6)?,
            "streams": number(7)?,
        });
        Ok((row.get(0)?, detail))
    })
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// A pipe can be read once, and a capture is read twice and shown again later.
fn refuse_pipes(path: &Path) -> Result<(), CaseError> {
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => {
            Err(CaseError::NotAFile { path: path.to_owned() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_programs_that_begin_one_capture_at_once_the_second_is_told_so()
    -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let (path, options) = (folder.path().join("a.log"), OpenOptions::default());
        std::fs::write(&path, "2026-03-01T00:00:00Z INFO one\n")?;
        let case = Case::temporary()?;
        let begin = || {
            let fingerprint = Fingerprint::take(&path, false, &cbad::Unwatched)?;
            case.begin(&path, &Capture::open(&path, &options)?, &options, None, &fingerprint)
        };
        begin()?;
        assert!(matches!(begin(), Err(CaseError::ImportedElsewhere { .. })));
        Ok(())
    }
}
