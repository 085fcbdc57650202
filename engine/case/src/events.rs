//! Events by their position in a stream.

use std::ops::Range;
use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::{Row, Transaction, TransactionBehavior, params};

use crate::block::Block;
use crate::error::CaseError;
use crate::rows::{EventRow, StreamRow};
use crate::sql::{AtPath, unsigned};
use crate::store::Case;

/// Where a block stands, without its data.
#[derive(Clone)]
pub(crate) struct BlockPlace {
    pub(crate) id: i64,
    pub(crate) first_position: u64,
    pub(crate) events: u64,
    pub(crate) start_nanos: Option<i64>,
    pub(crate) end_nanos: Option<i64>,
    /// As it is stored; damage may have made anything of it.
    pub(crate) sha256: Value,
}

impl BlockPlace {
    pub(crate) fn end_position(&self) -> u64 {
        self.first_position + self.events
    }

    pub(crate) fn may_hold(&self, times: &Range<i64>) -> bool {
        self.start_nanos.is_some_and(|start| start < times.end)
            && self.end_nanos.is_some_and(|end| end >= times.start)
    }
}

fn block_place(row: &Row<'_>) -> rusqlite::Result<BlockPlace> {
    Ok(BlockPlace {
        id: row.get(0)?,
        first_position: unsigned(row, 1)?,
        events: unsigned(row, 2)?,
        start_nanos: row.get(3)?,
        end_nanos: row.get(4)?,
        sha256: row.get(5).unwrap_or(Value::Null),
    })
}

impl Case {
    /// Events of a stream by position in analysis order; positions beyond its end give none.
    pub fn events(&self, stream: u32, range: Range<u64>) -> Result<Vec<EventRow>, CaseError> {
        let _reading = self.reading()?;
        let (id, row) = self.stream_by_number(stream)?;
        let range = range.start..range.end.min(row.events);
        let mut events = Vec::with_capacity(range.end.saturating_sub(range.start) as usize);
        for place in self.blocks_with(id, &range)? {
            let part = range.start.max(place.first_position)..range.end.min(place.end_position());
            events.extend(self.events_of(&place, &row, part)?);
        }
        Ok(events)
    }

    /// Until it is dropped everything is read as it is now: where a block stands holds for so long only, since those of a file
    /// that is followed are joined meanwhile. None where a transaction is open already.
    pub(crate) fn reading(&self) -> Result<Option<Transaction<'_>>, CaseError> {
        let begin = || Transaction::new_unchecked(&self.connection, TransactionBehavior::Deferred);
        self.connection.is_autocommit().then(begin).transpose().at(&self.path)
    }

    /// Events of one block, by their positions in the stream.
    pub(crate) fn events_of(
        &self,
        place: &BlockPlace,
        stream: &StreamRow,
        positions: Range<u64>,
    ) -> Result<Vec<EventRow>, CaseError> {
        let block = self.block(place, stream)?;
        let event = |position: u64| {
            let event = block.event((position - place.first_position) as usize);
            let mut event = event.map_err(|what| self.damaged(place, stream, what))?;
            self.veil_event(&mut event);
            Ok(EventRow { position, capture: stream.capture, event })
        };
        positions.map(event).collect()
    }

    /// The event at one position.
    pub fn event(&self, stream: u32, position: u64) -> Result<EventRow, CaseError> {
        let found = self.events(stream, position..position.saturating_add(1))?.pop();
        found.map_or_else(
            || {
                let available = Some(self.stream(stream)?.events);
                Err(CaseError::NoSuch { what: "event", id: position as i64, available })
            },
            Ok,
        )
    }

    /// The shortest range of positions that holds every event with `start_nanos <= time < end_nanos`.
    ///
    /// Where times go back and forth as written, events of other times lie in it too.
    pub fn event_positions_at(
        &self,
        stream: u32,
        start_nanos: i64,
        end_nanos: i64,
    ) -> Result<Range<u64>, CaseError> {
        let _reading = self.reading()?;
        let (id, row) = self.stream_by_number(stream)?;
        let places = self.blocks_with(id, &(0..row.events))?;
        let times = start_nanos..end_nanos;
        let candidates: Vec<_> = places.iter().filter(|place| place.may_hold(&times)).collect();
        let first =
            candidates.iter().find_map(|place| self.position_in(place, &row, &times, false).transpose());
        let last =
            candidates.iter().rev().find_map(|place| self.position_in(place, &row, &times, true).transpose());
        if let (Some(first), Some(last)) = (first.transpose()?, last.transpose()?) {
            return Ok(first..last + 1);
        }
        let before = places.iter().take_while(|place| place.end_nanos.is_none_or(|end| end < start_nanos));
        let position = before.last().map_or(0, BlockPlace::end_position);
        Ok(position..position)
    }

    /// Position of the first, or else the last, event of a block that lies within times.
    fn position_in(
        &self,
        place: &BlockPlace,
        stream: &StreamRow,
        times: &Range<i64>,
        last: bool,
    ) -> Result<Option<u64>, CaseError> {
        let block = self.block(place, stream)?;
        for step in 0..block.len() {
            let index = if last { block.len() - 1 - step } else { step };
            let time = block.time_nanos(index).map_err(|what| self.damaged(place, stream, what))?;
            if time.is_some_and(|time| times.contains(&time)) {
                return Ok(Some(place.first_position + index as u64));
            }
        }
        Ok(None)
    }

    /// Places of the blocks of a stream (by row id) that hold positions of a range.
    pub(crate) fn blocks_with(&self, stream: i64, range: &Range<u64>) -> Result<Vec<BlockPlace>, CaseError> {
        const QUERY: &str = "SELECT id, first_position, events, start_nanos, end_nanos, sha256 FROM block
            WHERE stream = ?1 AND first_position < ?3 AND first_position >=
                (SELECT coalesce(max(first_position), 0) FROM block WHERE stream = ?1 AND first_position <= ?2)
            ORDER BY first_position";
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let mut statement = self.connection.prepare_cached(QUERY).at(&self.path)?;
        let rows = statement
            .query_map(params![stream, bound(range.start), bound(range.end)], block_place)
            .at(&self.path)?;
        rows.collect::<rusqlite::Result<_>>().at(&self.path)
    }

    /// A block, checked and decompressed, perhaps from the ones looked at last.
    pub(crate) fn block(&self, place: &BlockPlace, stream: &StreamRow) -> Result<Arc<Block>, CaseError> {
        if let Some(block) = self.blocks.borrow_mut().get(place) {
            return Ok(block);
        }
        let block = Arc::new(self.read_block(place)?.map_err(|what| self.damaged(place, stream, what))?);
        self.blocks.borrow_mut().put(place, Arc::clone(&block));
        Ok(block)
    }

    /// A block, checked and decompressed; the inner error says what is wrong with it.
    pub(crate) fn read_block(&self, place: &BlockPlace) -> Result<Result<Block, String>, CaseError> {
        self.of_block(place, |row| {
            let (data, sha256) = (row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?);
            Ok(Block::unseal(data, sha256, unsigned(row, 2)?, place.events))
        })
        .map(Result::flatten)
    }

    pub(crate) fn damaged(&self, place: &BlockPlace, stream: &StreamRow, what: String) -> CaseError {
        let capture =
            self.capture(stream.capture).map_or_else(|_| stream.capture.to_string(), |row| row.file_name);
        CaseError::DamagedBlock {
            capture,
            stream: stream.key.label(),
            first_event: place.first_position,
            last_event: place.end_position().saturating_sub(1),
            what,
        }
    }
}

/// A position as `SQLite` compares it; those beyond its integers are beyond every stream.
fn bound(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
