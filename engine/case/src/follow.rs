//! A file that is being written, taken into a case piece by piece (decision 0012).
//!
//! A piece ends with a line, so that what is half written waits. Its events go behind those that are there: what a run refers
//! to by position stays where it is. The offset up to which the file was read moves on in the same commit as the events, so that
//! a kill at any moment loses nothing and doubles nothing; the capture's size and SHA-256 are those of the bytes up to there.

use std::ops::Range;
use std::path::{Path, PathBuf};

use cbad::{Unwatched, Watch};
use ingest::{Format, OpenOptions};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::audit::{Action, append as record};
use crate::beginning::Beginning;
use crate::chained::evidence;
use crate::error::CaseError;
use crate::growing::{Growing, identity};
use crate::import::{Begun, completed, file_name, number_streams};
use crate::redact::RedactBy;
use crate::rows::{CaptureRow, CaptureState};
use crate::settle::join_blocks;
use crate::source::{Fingerprint, Stamp};
use crate::sql::{AtPath, hex, path_value, unsigned};
use crate::store::Case;

/// Pieces after which the small blocks that they left are joined.
const MOST_PIECES: u32 = 64;

/// What one step brought into the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Number of the capture; none where there was nothing yet.
    pub capture: Option<i64>,
    /// Bytes of the file that were read.
    pub bytes: Range<u64>,
    /// Events that came.
    pub events: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// Bytes behind the last whole line, which wait for its end; of a capture that is redacted, behind the last record that no
    /// further line can be a part of.
    pub waiting_bytes: u64,
}

impl Case {
    /// Finds out whether the case has a begin of this file already, by the SHA-256 of that begin and wherever it lay, and goes
    /// on from there. Returns the bytes that it has.
    pub fn recognise(&mut self, growing: &mut Growing, watch: &dyn Watch) -> Result<u64, CaseError> {
        const QUERY: &str = "SELECT id, stored_bytes, decoded_bytes, sha256 FROM capture
            WHERE wrapping = 'none' AND stored_bytes <= ?1 ORDER BY stored_bytes";
        let length = growing.length()?;
        let known: Vec<(i64, u64, u64, Vec<u8>)> = {
            let mut statement = self.connection.prepare(QUERY).at(&self.path)?;
            let rows = statement.query_map([length as i64], |row| {
                Ok((row.get(0)?, unsigned(row, 1)?, unsigned(row, 2)?, row.get(3)?))
            });
            rows.at(&self.path)?.collect::<rusqlite::Result<_>>().at(&self.path)?
        };
        for (capture, stored_bytes, decoded_bytes, sha256) in known {
            if decoded_bytes <= length && growing.sha256_to(stored_bytes, watch)?.as_slice() == sha256 {
                (growing.capture, growing.taken) = (Some(capture), decoded_bytes);
            }
        }
        if let Some(capture) = growing.capture {
            self.refuse_purged(capture, &growing.path)?;
            if self.is_by_line(capture, growing)? {
                self.lies_at(capture, &growing.path)?;
            } else {
                (growing.capture, growing.name, growing.taken) = (None, None, 0);
            }
        }
        Ok(growing.taken)
    }

    /// Whether a file goes on as a capture that the case has of its begin: not a table, say, which is read as a whole.
    fn is_by_line(&self, capture: i64, growing: &mut Growing) -> Result<bool, CaseError> {
        let Some(begun) = self.begun("WHERE id = ?1", [capture])? else { return Ok(false) };
        let row = self.capture(capture)?;
        let options = begun.options_as(row.format, self.limits(capture)?);
        growing.name = Some(begun.file_name);
        Ok(growing.open_to(row.stored_bytes, &options)?.is_by_line())
    }

    /// Two files with one begin are one capture until one of them goes on; the other is another one from then on. A piece
    /// that was interrupted is found again by the same way.
    fn still_this_one(&mut self, growing: &mut Growing, watch: &dyn Watch) -> Result<(), CaseError> {
        let Some(capture) = growing.capture else { return Ok(()) };
        let begun = self.begun("WHERE id = ?1", [capture])?;
        if begun.is_none_or(|begun| begun.decoded_offset != growing.taken) {
            (growing.capture, growing.name, growing.taken) = (None, None, 0);
            (growing.hash, growing.hashed) = (Sha256::new(), 0);
            self.recognise(growing, watch)?;
        }
        Ok(())
    }

    /// Remembers where a capture lies now.
    fn lies_at(&self, capture: i64, path: &Path) -> Result<(), CaseError> {
        const MOVE: &str = "UPDATE capture SET path = ?1 WHERE id = ?2 AND path <> ?1";
        let values = params![path_value(path), capture];
        self.connection.execute(MOVE, values).map(drop).at(&self.path)
    }

    /// A file that is no longer at its path: looked for beside it, where rotating leaves it under another name.
    pub(crate) fn rotated(&self, growing: &mut Growing) -> Result<Option<PathBuf>, CaseError> {
        let Some(folder) = growing.path.parent() else { return Ok(None) };
        let entries = std::fs::read_dir(folder).map_err(CaseError::io("read", folder))?;
        let is_it = |entry: &std::fs::DirEntry| {
            entry.metadata().is_ok_and(|metadata| identity(&metadata) == growing.identity)
        };
        let Some(found) = entries.filter_map(Result::ok).find(is_it) else { return Ok(None) };
        growing.path = found.path();
        if let Some(capture) = growing.capture {
            self.lies_at(capture, &growing.path)?;
        }
        Ok(Some(found.path()))
    }

    /// Takes what a file has beyond what was taken of it, up to its last whole line; with `to_its_end` what is behind that
    /// too, for a file that nothing is written to any more. Formats in which a line is no record by itself are refused.
    pub fn take_grown(
        &mut self,
        growing: &mut Growing,
        to_its_end: bool,
        options: &OpenOptions,
        watch: &dyn Watch,
    ) -> Result<Piece, CaseError> {
        self.take_grown_redacted(growing, to_its_end, options, None, watch)
    }

    /// [`Case::take_grown`], with rules for what is to be taken out before anything is stored. A file whose begin is there under
    /// other rules is refused, and so is one that the salt is forgotten of. The last record waits while further lines may be a part
    /// of it: what a rule takes out may begin in one line and end in another.
    pub fn take_grown_redacted(
        &mut self,
        growing: &mut Growing,
        to_its_end: bool,
        options: &OpenOptions,
        redact: Option<&RedactBy<'_>>,
        watch: &dyn Watch,
    ) -> Result<Piece, CaseError> {
        self.still_this_one(growing, watch)?;
        let length = growing.length()?;
        let mut end = if to_its_end { length } else { growing.end_of_lines(length)? };
        let begin = growing.taken;
        if end > begin && !to_its_end {
            end = if redact.is_some() && growing.held_at == Some(end) {
                begin
            } else {
                let options = self.options_of(growing, options)?;
                let opened = growing.open_to(end, &options)?;
                if redact.is_some() && opened.format() == Format::Text {
                    growing.end_of_text(end, opened, watch)?
                } else {
                    growing.end_of_records(end, &opened, &options.limits)?
                }
            };
        }
        let mut piece = Piece {
            capture: growing.capture,
            bytes: begin..end.max(begin),
            events: 0,
            rejected: 0,
            waiting_bytes: length.saturating_sub(end),
        };
        if end <= begin {
            return Ok(piece);
        }
        self.move_forward()?;
        let begun = self.begun_of(growing, end, options, redact, watch)?;
        let (capture, path) = (begun.capture, growing.path.clone());
        let before = self.capture(capture)?;
        let is_first = !begun.is_complete;
        growing.name = Some(begun.file_name.clone());
        let options = begun.options_as(before.format, self.limits(capture)?);
        let opened = growing.open_to(end, &options)?;
        self.read_capture(Beginning::Begun(begun), opened, 0, watch)?;
        if growing.length()? < end {
            return Err(CaseError::CaptureChanged { path, what: growing.shrank().to_string() });
        }
        if is_first {
            self.show_first(&before, watch)?;
        }
        let after = self.capture(capture)?;
        (piece.capture, growing.capture, growing.taken) = (Some(capture), Some(capture), end);
        piece.events = after.events - before.events;
        piece.rejected = after.rejected - before.rejected;
        let sha256 = growing.sha256_to(end, watch)?;
        self.mark_followed(capture, sha256, growing, &piece)?;
        growing.pieces += 1;
        if growing.pieces.is_multiple_of(MOST_PIECES) {
            self.join_small(growing, watch)?;
        }
        Ok(piece)
    }

    /// Joins the small blocks that many small pieces left; positions stay.
    pub fn join_pieces(&mut self, growing: &Growing) -> Result<(), CaseError> {
        self.join_small(growing, &Unwatched)
    }

    pub(crate) fn join_small(&mut self, growing: &Growing, watch: &dyn Watch) -> Result<(), CaseError> {
        let Some(capture) = growing.capture else { return Ok(()) };
        let path = self.path.clone();
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).at(&path)?;
        let is_joined =
            join_blocks(&transaction, capture, watch).at(&path)?.map_err(|stop| stop.in_case(&path))?;
        if is_joined {
            let (name, mut detail) = completed(&transaction, capture).at(&path)?;
            detail["evidence"] = evidence(&transaction, capture, true).at(&path)?;
            detail["joined"] = true.into();
            record(&transaction, &self.actor, Action::Follow, &name, &detail).at(&path)?;
        }
        transaction.commit().at(&path)
    }

    /// Makes up for what comes after the events of a piece, where a program was stopped between the two: nothing need ever be written
    /// to the file again, and without it the events are not shown.
    pub(crate) fn finish_piece(
        &mut self,
        growing: &mut Growing,
        watch: &dyn Watch,
    ) -> Result<Option<Piece>, CaseError> {
        let Some(capture) = growing.capture else { return Ok(None) };
        let row = self.capture(capture)?;
        let is_first = row.state == CaptureState::Importing;
        let begin = if is_first { 0 } else { row.stored_bytes };
        if growing.taken < row.stored_bytes || growing.taken == begin {
            return Ok(None);
        }
        self.move_forward()?;
        let (events, rejected) = recorded(&self.connection, capture).at(&self.path)?;
        if is_first {
            self.show_first(&row, watch)?;
        }
        let sha256 = growing.sha256_to(growing.taken, watch)?;
        let piece = Piece {
            capture: Some(capture),
            bytes: begin..growing.taken,
            events: row.events.saturating_sub(events),
            rejected: row.rejected.saturating_sub(rejected),
            waiting_bytes: growing.length()?.saturating_sub(growing.taken),
        };
        self.mark_followed(capture, sha256, growing, &piece)?;
        Ok(Some(piece))
    }

    /// Puts what the first piece of a capture brought in order, and shows it.
    fn show_first(&mut self, capture: &CaptureRow, watch: &dyn Watch) -> Result<(), CaseError> {
        self.mark_read(capture.id)?;
        self.settle(capture.id, capture.order, watch)?;
        self.complete(capture.id)
    }

    /// How a file is read on: as its begin was, where the case has that.
    fn options_of(&self, growing: &Growing, options: &OpenOptions) -> Result<OpenOptions, CaseError> {
        let Some(capture) = growing.capture else { return Ok(options.clone()) };
        let Some(begun) = self.begun("WHERE id = ?1", [capture])? else { return Ok(options.clone()) };
        Ok(begun.options_as(self.capture(capture)?.format, self.limits(capture)?))
    }

    /// The import to go on with: the capture that the file is, or a new one.
    fn begun_of(
        &self,
        growing: &mut Growing,
        end: u64,
        options: &OpenOptions,
        redact: Option<&RedactBy<'_>>,
        watch: &dyn Watch,
    ) -> Result<Begun, CaseError> {
        if let Some(capture) = growing.capture
            && let Some(begun) = self.begun("WHERE id = ?1", [capture])?
        {
            self.refuse_to_redact_on(capture, redact, &growing.path)?;
            return Ok(begun);
        }
        let opened = growing.open_to(end, options)?;
        if !opened.is_by_line() {
            return Err(CaseError::NotByLine { path: growing.path.clone(), format: opened.format().name() });
        }
        let sha256 = growing.sha256_to(end, watch)?;
        let metadata = growing.file.metadata().map_err(CaseError::io("read", &growing.path))?;
        let fingerprint = Fingerprint::of_begin(sha256, end, Stamp::of(&metadata).modified_nanos);
        match self.begun("WHERE sha256 = ?1", [sha256.as_slice()])? {
            Some(known) => {
                self.refuse_to_redact_on(known.capture, redact, &growing.path)?;
                Ok(known)
            }
            None => self.begin(&growing.path, &opened, options, redact, &fingerprint),
        }
    }

    /// The capture is now what was taken of the file; new streams get their numbers.
    fn mark_followed(
        &mut self,
        capture: i64,
        sha256: [u8; 32],
        growing: &Growing,
        piece: &Piece,
    ) -> Result<(), CaseError> {
        const MARK: &str =
            "UPDATE capture SET sha256 = ?2, stored_bytes = ?3, modified_nanos = ?4 WHERE id = ?1";
        const OTHER: &str = "SELECT id FROM capture WHERE sha256 = ?1 AND id <> ?2";
        let metadata = growing.file.metadata().map_err(CaseError::io("read", &growing.path))?;
        let modified_nanos = Stamp::of(&metadata).modified_nanos;
        let path = &self.path;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).at(path)?;
        let known = transaction.query_row(OTHER, params![sha256, capture], |row| row.get::<_, i64>(0));
        if known.optional().at(path)?.is_some() {
            let sha256 = hex(&sha256);
            return Err(CaseError::FollowedElsewhere { path: growing.path.clone(), sha256 });
        }
        let values = params![capture, sha256, piece.bytes.end as i64, modified_nanos];
        transaction.execute(MARK, values).at(path)?;
        number_streams(&transaction, capture).at(path)?;
        let (_, mut detail) = completed(&transaction, capture).at(path)?;
        detail["evidence"] = evidence(&transaction, capture, false).at(path)?;
        detail["piece"] = json!({ "bytes": [piece.bytes.start, piece.bytes.end], "events": piece.events });
        let name = file_name(&growing.path);
        record(&transaction, &self.actor, Action::Follow, &name, &detail).at(path)?;
        transaction.commit().at(path)
    }
}

/// Events of a capture and records that could not be read, as they were recorded last.
fn recorded(connection: &Connection, capture: i64) -> rusqlite::Result<(u64, u64)> {
    const QUERY: &str =
        "SELECT json_extract(detail, '$.events'), json_extract(detail, '$.rejected') FROM audit
        WHERE action IN ('import', 'follow')
        AND CASE WHEN json_valid(detail) THEN json_extract(detail, '$.capture') END = ?1
        ORDER BY sequence DESC LIMIT 1";
    let last = connection.query_row(QUERY, [capture], |row| Ok((unsigned(row, 0)?, unsigned(row, 1)?)));
    Ok(last.optional()?.unwrap_or_default())
}
