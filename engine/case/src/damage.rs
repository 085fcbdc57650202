//! Events that the case file has lost: which ones, and where they can be had again.

use cbad::ByteRange;
use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionState, params};

use crate::error::CaseError;
use crate::events::BlockPlace;
use crate::rows::EventRow;
use crate::schema::has_table;
use crate::sql::{AtPath, unsigned};
use crate::store::Case;
use std::ops::Range;

/// One block of events that cannot be read. What it holds is lost to this case, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The capture.
    pub capture: i64,
    /// File name of the capture.
    pub file_name: String,
    /// The stream; `None` while its capture is being imported.
    pub stream: Option<u32>,
    /// Label of the stream.
    pub stream_label: String,
    /// Position of the block's first event.
    pub first_event: u64,
    /// Position of its last event, inclusive.
    pub last_event: u64,
    /// Bytes of the decoded capture that all of its events come from, other events between them perhaps; `None` in a block
    /// of a case schema before 4, which does not have them.
    pub source: Option<ByteRange>,
    /// What does not fit.
    pub what: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file_name, stream_label, first_event, last_event, what, .. } = self;
        write!(f, "Events {first_event} to {last_event} of stream “{stream_label}” (capture {file_name}")?;
        if let Some(source) = self.source {
            write!(f, ", within bytes {} to {}", source.offset, source.end())?;
        }
        write!(f, ") are damaged in the case file: {what}.")
    }
}

/// What can be read of a range of events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventsRead {
    /// Events in order; those of damaged blocks are missing.
    pub events: Vec<EventRow>,
    /// The blocks that they are missing from.
    pub damaged: Vec<Damage>,
}

impl Case {
    /// [`Case::events`], with what is damaged said beside what can be read.
    pub fn events_readable(&self, stream: u32, range: Range<u64>) -> Result<EventsRead, CaseError> {
        let _reading = self.reading()?;
        let (id, row) = self.stream_by_number(stream)?;
        let range = range.start..range.end.min(row.events);
        let mut read = EventsRead::default();
        for place in self.blocks_with(id, &range)? {
            let part = range.start.max(place.first_position)..range.end.min(place.end_position());
            match self.events_of(&place, &row, part) {
                Ok(events) => read.events.extend(events),
                Err(CaseError::DamagedBlock { what, capture, stream: label, .. }) => {
                    read.damaged.push(Damage {
                        capture: row.capture,
                        file_name: capture,
                        stream: Some(stream),
                        stream_label: label,
                        first_event: place.first_position,
                        last_event: place.end_position().saturating_sub(1),
                        source: self.source_of(&place)?,
                        what,
                    });
                }
                Err(other) => return Err(other),
            }
        }
        Ok(read)
    }

    /// The event at one position, where it can still be read: it may be of a capture that was purged, or in a damaged block.
    pub fn event_readable(&self, stream: u32, position: u64) -> Result<Option<EventRow>, CaseError> {
        let read = self.events_readable(stream, position..position.saturating_add(1))?;
        Ok(read.events.into_iter().next())
    }

    /// The bytes of the decoded capture that a block's events come from, where the case knows them.
    pub(crate) fn source_of(&self, place: &BlockPlace) -> Result<Option<ByteRange>, CaseError> {
        const QUERY: &str = "SELECT source_start, source_end FROM block_index WHERE block = ?1";
        if !has_table(&self.connection, "block_index").at(&self.path)? {
            return Ok(None);
        }
        let mut statement = self.connection.prepare_cached(QUERY).at(&self.path)?;
        let source = statement.query_row([place.id], |row| {
            let (start, end) = (unsigned(row, 0)?, unsigned(row, 1)?);
            Ok(ByteRange { offset: start, length: end.saturating_sub(start) })
        });
        // What is said about damage must not fail for more of it.
        Ok(source.optional().unwrap_or(None))
    }
}

impl Case {
    /// Data, hash and length of one block; the inner error says what is wrong with the pages that hold them.
    pub(crate) fn of_block<T>(
        &self,
        place: &BlockPlace,
        row: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Result<T, String>, CaseError> {
        const QUERY: &str = "SELECT data, sha256, raw_bytes FROM block WHERE id = ?1 AND sha256 IS ?2";
        match self.row_apart(QUERY, place, &row) {
            // The other connection sees that it was joined with others since it was listed.
            Err(CaseError::Database { source: rusqlite::Error::QueryReturnedNoRows, .. })
                if self.key.is_some() =>
            {
                read_row(&self.connection, QUERY, place, &row).at(&self.path)
            }
            read => read,
        }
    }

    /// A row that takes pages of its own, and of which damage costs no other, by the row id of its block and the SHA-256 of that;
    /// the inner error says what is wrong with it.
    ///
    /// In an encrypted case a page that cannot be deciphered makes its connection useless, so that such rows are read through
    /// one of their own, and once more through a new one. What is not committed yet only the first one sees.
    pub(crate) fn row_apart<T>(
        &self,
        query: &'static str,
        place: &BlockPlace,
        row: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Result<T, String>, CaseError> {
        let is_writing =
            || self.connection.transaction_state::<&str>(None).map(|state| state == TransactionState::Write);
        if self.key.is_none() || is_writing().at(&self.path)? {
            return read_row(&self.connection, query, place, &row).at(&self.path);
        }
        let mut apart = self.apart.borrow_mut();
        let read = apart.as_ref().map(|connection| read_row(connection, query, place, &row));
        if let Some(Ok(Ok(value))) = read {
            return Ok(Ok(value));
        }
        let connection = apart.insert(self.another_connection()?);
        read_row(connection, query, place, &row).at(&self.path)
    }
}

fn read_row<T>(
    connection: &Connection,
    query: &str,
    place: &BlockPlace,
    row: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Result<T, String>> {
    let read = connection
        .prepare_cached(query)
        .and_then(|mut statement| statement.query_row(params![place.id, place.sha256], row));
    read.map(Ok).or_else(|error| damage_of(error).map(Err))
}

/// What a failed read of one row means: damage of that row in words, or an error of the whole query.
pub(crate) fn damage_of(error: rusqlite::Error) -> rusqlite::Result<String> {
    let is_damage =
        matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
            || matches!(
                error,
                rusqlite::Error::InvalidColumnType(..)
                    | rusqlite::Error::FromSqlConversionFailure(..)
                    | rusqlite::Error::IntegralValueOutOfRange(..)
            );
    if is_damage {
        Ok(format!("the pages of the file that hold it cannot be read ({error})"))
    } else {
        Err(error)
    }
}
