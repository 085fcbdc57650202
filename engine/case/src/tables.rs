//! Reading what is in a case: captures, streams, problems.

use ingest::{EventOrder, Format, ProblemKind, Wrapping};
use rusqlite::{OptionalExtension, Row, params};

use crate::error::CaseError;
use crate::rows::{CaptureRow, CaptureState, ProblemList, ProblemRow, ProblemSeverity, StreamRow};
use crate::sql::{AtPath, hex, named, path_column, unsigned};
use crate::store::Case;
use cbad::{ByteRange, Signal, StreamKey};

const CAPTURE: &str = "SELECT id, path, file_name, sha256, stored_bytes, decoded_bytes, format, wrapping, confidence, event_order,
    records, events, rejected, notes, completion, imported_at_nanos,
    (SELECT min(start_nanos) FROM stream WHERE stream.capture = capture.id),
    (SELECT max(end_nanos) FROM stream WHERE stream.capture = capture.id) FROM capture";
const STREAM: &str =
    "SELECT number, capture, signal, service, name, events, start_nanos, end_nanos, id FROM stream";

impl Case {
    /// Every capture, in the order in which their imports began.
    pub fn captures(&self) -> Result<Vec<CaptureRow>, CaseError> {
        let mut statement =
            self.connection.prepare_cached(&format!("{CAPTURE} ORDER BY id")).at(&self.path)?;
        let rows = statement.query_map([], capture_row).at(&self.path)?;
        let mut captures: Vec<CaptureRow> = rows.collect::<rusqlite::Result<_>>().at(&self.path)?;
        for capture in &mut captures {
            capture.redaction = self.redaction(capture.id)?;
        }
        Ok(captures)
    }

    /// One capture.
    pub fn capture(&self, id: i64) -> Result<CaptureRow, CaseError> {
        let mut statement =
            self.connection.prepare_cached(&format!("{CAPTURE} WHERE id = ?1")).at(&self.path)?;
        let row = statement.query_row([id], capture_row).optional().at(&self.path)?;
        let row = row.ok_or(CaseError::NoSuch { what: "capture", id, available: None })?;
        Ok(CaptureRow { redaction: self.redaction(id)?, ..row })
    }

    /// The streams of every complete capture, by id.
    pub fn streams(&self) -> Result<Vec<StreamRow>, CaseError> {
        let query = format!("{STREAM} WHERE number IS NOT NULL ORDER BY number");
        let mut statement = self.connection.prepare_cached(&query).at(&self.path)?;
        let rows = statement.query_map([], |row| Ok(stream_row(row)?.1)).at(&self.path)?;
        let mut rows: Vec<StreamRow> = rows.collect::<rusqlite::Result<_>>().at(&self.path)?;
        for row in &mut rows {
            self.veil_key(&mut row.key);
        }
        Ok(rows)
    }

    /// One stream.
    pub fn stream(&self, id: u32) -> Result<StreamRow, CaseError> {
        let mut row = self.stream_by_number(id)?.1;
        self.veil_key(&mut row.key);
        Ok(row)
    }

    /// One stream, with the row id that its blocks go by.
    pub(crate) fn stream_by_number(&self, number: u32) -> Result<(i64, StreamRow), CaseError> {
        let mut statement =
            self.connection.prepare_cached(&format!("{STREAM} WHERE number = ?1")).at(&self.path)?;
        let found = statement.query_row([number], stream_row).optional().at(&self.path)?;
        if let Some(found) = found {
            return Ok(found);
        }
        let available = self
            .connection
            .query_row("SELECT count(*) FROM stream WHERE number IS NOT NULL", [], |row| unsigned(row, 0))
            .at(&self.path)?;
        Err(CaseError::NoSuch { what: "stream", id: i64::from(number), available: Some(available) })
    }

    /// Problems of one capture or of all, in the order met: `limit` of them after the first `offset`.
    pub fn problems(
        &self,
        capture: Option<i64>,
        limit: u64,
        offset: u64,
    ) -> Result<Vec<ProblemRow>, CaseError> {
        self.problems_listed(&ProblemList { capture, ..ProblemList::default() }, limit, offset)
    }

    /// Problems as a list wants them: `limit` of them after the first `offset`.
    pub fn problems_listed(
        &self,
        list: &ProblemList,
        limit: u64,
        offset: u64,
    ) -> Result<Vec<ProblemRow>, CaseError> {
        const WANTED: &str =
            "SELECT capture, sequence, kind, byte_offset, byte_length, line, reason, hint FROM problem
            WHERE (?1 IS NULL OR capture = ?1) AND (?4 IS NULL OR kind = ?4)";
        let order = if list.by_kind { "kind DESC, capture, sequence" } else { "capture, sequence" };
        let clamp = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let kind = list.severity.map(|severity| match severity {
            ProblemSeverity::Rejected => ProblemKind::Rejected.name(),
            ProblemSeverity::Note => ProblemKind::Note.name(),
        });
        let query = format!("{WANTED} ORDER BY {order} LIMIT ?2 OFFSET ?3");
        let mut statement = self.connection.prepare_cached(&query).at(&self.path)?;
        let parameters = params![list.capture, clamp(limit), clamp(offset), kind];
        let rows = statement.query_map(parameters, problem_row).at(&self.path)?;
        rows.collect::<rusqlite::Result<_>>().at(&self.path)
    }
}

fn capture_row(row: &Row<'_>) -> rusqlite::Result<CaptureRow> {
    let completion: Option<i64> = row.get(14)?;
    Ok(CaptureRow {
        id: row.get(0)?,
        path: path_column(row, 1)?,
        file_name: row.get(2)?,
        sha256: hex(&row.get::<_, Vec<u8>>(3)?),
        stored_bytes: unsigned(row, 4)?,
        decoded_bytes: unsigned(row, 5)?,
        format: named(row, 6, Format::from_name)?,
        wrapping: named(row, 7, Wrapping::from_name)?,
        confidence: row.get(8)?,
        order: named(row, 9, EventOrder::from_name)?,
        records: unsigned(row, 10)?,
        events: unsigned(row, 11)?,
        rejected: unsigned(row, 12)?,
        notes: unsigned(row, 13)?,
        redaction: None,
        state: if completion.is_some() { CaptureState::Complete } else { CaptureState::Importing },
        imported_at_nanos: row.get(15)?,
        start_nanos: row.get(16)?,
        end_nanos: row.get(17)?,
    })
}

fn stream_row(row: &Row<'_>) -> rusqlite::Result<(i64, StreamRow)> {
    let stream = StreamRow {
        id: row.get(0)?,
        capture: row.get(1)?,
        key: stream_key(row, 2)?,
        events: unsigned(row, 5)?,
        start_nanos: row.get(6)?,
        end_nanos: row.get(7)?,
    };
    Ok((row.get(8)?, stream))
}

/// Signal, service and name from three columns side by side.
pub(crate) fn stream_key(row: &Row<'_>, first: usize) -> rusqlite::Result<StreamKey> {
    Ok(StreamKey {
        signal: named(row, first, Signal::from_name)?,
        service: row.get(first + 1)?,
        name: row.get(first + 2)?,
    })
}

fn problem_row(row: &Row<'_>) -> rusqlite::Result<ProblemRow> {
    let severity = match named(row, 2, ProblemKind::from_name)? {
        ProblemKind::Rejected => ProblemSeverity::Rejected,
        ProblemKind::Note => ProblemSeverity::Note,
    };
    Ok(ProblemRow {
        capture: row.get(0)?,
        sequence: unsigned(row, 1)?,
        severity,
        source: ByteRange { offset: unsigned(row, 3)?, length: unsigned(row, 4)? },
        line: row.get::<_, Option<i64>>(5)?.and_then(|line| u64::try_from(line).ok()),
        reason: row.get(6)?,
        hint: row.get(7)?,
    })
}
