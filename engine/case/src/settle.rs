//! Putting a stream's events in the order of analysis, once, at the end of an import.
//!
//! Exporters write spans when they end and batch everything, so that written order is not time order. A stream that is
//! in order already, the common case for logs, is not touched. Others are sorted with bounded memory: runs that fit are
//! sorted in memory, several of them are merged (Knuth, The Art of Computer Programming 3, section 5.4, external
//! sorting). The same pass joins the many tiny blocks of streams that get few events a checkpoint.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;

use cbad::Watch;
use ingest::EventOrder;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::apart::look;
use crate::block::{Block, OpenBlock, Sealer};
use crate::commit::insert_block;
use crate::error::CaseError;
use crate::sql::{AtPath, unsigned};
use crate::store::Case;

/// Encoded events sorted in memory at once; with their index and blocks in flight about half as much again.
const RUN_BYTES: usize = 64 << 20;
/// Encoded bytes rewritten a commit, so that thousands of small streams do not wait for the disk one by one.
const COMMIT_BYTES: u64 = 16 << 20;
/// A stream with several blocks of less than this on average has them joined.
const SMALL_BLOCK_BYTES: u64 = 64 << 10;

/// `PRAGMA temp_store` where nothing temporary may lie in a file.
const IN_MEMORY: i64 = 2;

struct Unsettled {
    stream: i64,
    raw_bytes: u64,
    must_sort: bool,
}

impl Case {
    /// Puts every stream of a capture in order. Taken up again after a kill, it goes on with the streams left.
    pub(crate) fn settle(
        &mut self,
        capture: i64,
        order: EventOrder,
        watch: &dyn Watch,
    ) -> Result<(), CaseError> {
        self.settle_with(capture, order, watch, RUN_BYTES)
    }

    fn settle_with(
        &mut self,
        capture: i64,
        order: EventOrder,
        watch: &dyn Watch,
        run_bytes: usize,
    ) -> Result<(), CaseError> {
        let path = self.path.clone();
        let mut left = unsettled(&self.connection, capture, order).at(&path)?.into_iter().peekable();
        while left.peek().is_some() {
            let transaction =
                self.connection.transaction_with_behavior(TransactionBehavior::Immediate).at(&path)?;
            let mut rewritten = 0;
            while rewritten < COMMIT_BYTES
                && let Some(stream) = left.next()
            {
                look(watch)?;
                rewrite(&transaction, &stream, run_bytes, watch)
                    .at(&path)?
                    .map_err(|stop| stop.in_case(&path))?;
                rewritten += stream.raw_bytes;
            }
            transaction.commit().at(&path)?;
            self.committed(rewritten)?;
        }
        Ok(())
    }
}

/// Streams whose blocks do not stand as analysis wants them, by id.
fn unsettled(connection: &Connection, capture: i64, order: EventOrder) -> rusqlite::Result<Vec<Unsettled>> {
    const QUERY: &str = "SELECT stream.id, stream.in_order, count(*), sum(block.raw_bytes)
        FROM stream JOIN block ON block.stream = stream.id
        WHERE stream.capture = ?1 AND NOT stream.settled GROUP BY stream.id ORDER BY stream.id";
    let mut statement = connection.prepare(QUERY)?;
    let rows = statement.query_map([capture], |row| {
        let (blocks, raw_bytes) = (unsigned(row, 2)?, unsigned(row, 3)?);
        let must_sort = order == EventOrder::ByTime && !row.get::<_, bool>(1)?;
        let is_scattered = is_scattered(blocks, raw_bytes);
        Ok((must_sort || is_scattered).then_some(Unsettled { stream: row.get(0)?, raw_bytes, must_sort }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

/// Why a stream is not rewritten: then the transaction is to be dropped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The watch said so.
    Cancelled,
    /// Which block is damaged.
    Damaged(String),
}

impl Stop {
    pub(crate) fn in_case(self, path: &Path) -> CaseError {
        match self {
            Self::Cancelled => CaseError::Cancelled,
            Self::Damaged(what) => CaseError::row(path, "block", what),
        }
    }
}

/// Joins the blocks of the streams of a capture that have many small ones; false where there are none.
pub(crate) fn join_blocks(
    transaction: &Transaction<'_>,
    capture: i64,
    watch: &dyn Watch,
) -> rusqlite::Result<Result<bool, Stop>> {
    const QUERY: &str = "SELECT stream.id, count(*), sum(block.raw_bytes)
        FROM stream JOIN block ON block.stream = stream.id
        WHERE stream.capture = ?1 GROUP BY stream.id ORDER BY stream.id";
    let mut statement = transaction.prepare(QUERY)?;
    let rows = statement.query_map([capture], |row| {
        let (blocks, raw_bytes) = (unsigned(row, 1)?, unsigned(row, 2)?);
        let is_scattered = is_scattered(blocks, raw_bytes);
        Ok(is_scattered.then_some(Unsettled { stream: row.get(0)?, raw_bytes, must_sort: false }))
    })?;
    let scattered: Vec<Unsettled> = rows.filter_map(Result::transpose).collect::<rusqlite::Result<_>>()?;
    for stream in &scattered {
        if let Err(stop) = rewrite(transaction, stream, RUN_BYTES, watch)? {
            return Ok(Err(stop));
        }
    }
    Ok(Ok(!scattered.is_empty()))
}

fn is_scattered(blocks: u64, raw_bytes: u64) -> bool {
    blocks > 1 && raw_bytes < blocks * SMALL_BLOCK_BYTES
}

/// What a stream is sorted by: an event without a time stays with the one before it.
type Key = i64;

/// Encoded events with their keys, in memory.
#[derive(Default)]
struct Run {
    bytes: Vec<u8>,
    index: Vec<(Key, Option<i64>, usize, usize)>,
}

impl Run {
    fn push(&mut self, key: Key, time: Option<i64>, encoded: &[u8]) {
        self.index.push((key, time, self.bytes.len(), encoded.len()));
        self.bytes.extend_from_slice(encoded);
    }

    /// Stable: equal keys stay as written.
    fn sort(&mut self) {
        self.index.sort_by_key(|(key, ..)| *key);
    }

    fn events(&self) -> impl Iterator<Item = (Key, Option<i64>, &[u8])> {
        self.index.iter().map(|(key, time, start, length)| (*key, *time, &self.bytes[*start..][..*length]))
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.index.clear();
    }
}

/// Replaces a stream's blocks by the same events in order, with a look at the watch a block.
fn rewrite(
    transaction: &Transaction<'_>,
    stream: &Unsettled,
    run_bytes: usize,
    watch: &dyn Watch,
) -> rusqlite::Result<Result<(), Stop>> {
    let mut spill = Spill::new(transaction)?;
    let mut run = Run::default();
    let mut key = Key::MIN;
    let mut statement = transaction.prepare_cached(
        "SELECT data, sha256, raw_bytes, events FROM block WHERE stream = ?1 ORDER BY first_position",
    )?;
    let mut rows = statement.query([stream.stream])?;
    while let Some(row) = rows.next()? {
        if watch.cancelled() {
            return Ok(Err(Stop::Cancelled));
        }
        let (data, sha256) = (row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?);
        let block = match Block::unseal(data, sha256, unsigned(row, 2)?, unsigned(row, 3)?) {
            Ok(block) => block,
            Err(what) => return Ok(Err(Stop::Damaged(what))),
        };
        for index in 0..block.len() {
            let time = match block.time_nanos(index) {
                Ok(time) => time,
                Err(what) => return Ok(Err(Stop::Damaged(what))),
            };
            if stream.must_sort {
                key = time.unwrap_or(key);
            }
            run.push(key, time, block.encoded(index));
        }
        if run.bytes.len() >= run_bytes {
            run.sort();
            spill.add(&run)?;
            run.clear();
        }
    }
    drop(rows);
    transaction.execute("DELETE FROM block WHERE stream = ?1", [stream.stream])?;
    let mut output = Output {
        transaction,
        stream: stream.stream,
        open: OpenBlock::default(),
        rooms: Vec::new(),
        sealer: Sealer::new(),
        watch,
    };
    run.sort();
    let written = if spill.runs == 0 {
        run.events().try_for_each(|(_, time, encoded)| output.push(time, encoded))
    } else {
        spill.add(&run)?;
        drop(run);
        spill.merge(|time, encoded| output.push(time, encoded))
    };
    match written.and_then(|()| output.finish()) {
        Ok(()) => {}
        Err(Unwritten::Cancelled) => return Ok(Err(Stop::Cancelled)),
        Err(Unwritten::Sql(error)) => return Err(error),
    }
    transaction.execute("UPDATE stream SET settled = 1 WHERE id = ?1", [stream.stream])?;
    Ok(Ok(()))
}

/// Why the output of a stream ended early.
enum Unwritten {
    Cancelled,
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Unwritten {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// Cuts blocks of events that come in order.
struct Output<'a> {
    transaction: &'a Transaction<'a>,
    stream: i64,
    open: OpenBlock,
    rooms: Vec<Vec<u8>>,
    sealer: Sealer,
    watch: &'a dyn Watch,
}

impl Output<'_> {
    fn push(&mut self, time: Option<i64>, encoded: &[u8]) -> Result<(), Unwritten> {
        self.open.push_encoded(encoded, time);
        if self.open.is_full() { self.seal() } else { Ok(()) }
    }

    fn seal(&mut self) -> Result<(), Unwritten> {
        if self.watch.cancelled() {
            return Err(Unwritten::Cancelled);
        }
        let full = self.open.take(&mut self.rooms);
        let sealed = self.sealer.seal(&full);
        self.rooms.extend(full.into_room());
        Ok(insert_block(self.transaction, self.stream, &sealed)?)
    }

    fn finish(mut self) -> Result<(), Unwritten> {
        if self.open.is_empty() { Ok(()) } else { self.seal() }
    }
}

/// Sorted runs in a temporary table, which `SQLite` keeps in a file of its own outside the case. That file would be in the
/// clear, so that an encrypted case holds the table itself until the stream is in order.
struct Spill<'a> {
    connection: &'a Connection,
    schema: &'static str,
    runs: i64,
}

impl<'a> Spill<'a> {
    fn new(connection: &'a Connection) -> rusqlite::Result<Self> {
        let store: i64 = connection.pragma_query_value(None, "temp_store", |row| row.get(0))?;
        let schema = if store == IN_MEMORY { "main" } else { "temp" };
        Ok(Self { connection, schema, runs: 0 })
    }

    fn add(&mut self, run: &Run) -> rusqlite::Result<()> {
        let schema = self.schema;
        if self.runs == 0 {
            self.connection.execute_batch(&format!(
                "CREATE TABLE IF NOT EXISTS {schema}.spill
                 (run INTEGER, sequence INTEGER, data BLOB, PRIMARY KEY (run, sequence));
                 DELETE FROM {schema}.spill;"
            ))?;
        }
        let insert = format!("INSERT INTO {schema}.spill VALUES (?1, ?2, ?3)");
        let mut insert = self.connection.prepare_cached(&insert)?;
        let mut page = Vec::new();
        let mut sequence = 0;
        for (key, time, encoded) in run.events() {
            page.extend_from_slice(&key.to_le_bytes());
            page.push(u8::from(time.is_some()));
            page.extend_from_slice(&time.unwrap_or_default().to_le_bytes());
            page.extend_from_slice(&(encoded.len() as u64).to_le_bytes());
            page.extend_from_slice(encoded);
            if page.len() >= crate::block::BLOCK_BYTES {
                insert.execute(params![self.runs, sequence, page])?;
                page.clear();
                sequence += 1;
            }
        }
        insert.execute(params![self.runs, sequence, page])?;
        self.runs += 1;
        Ok(())
    }

    /// Events of all runs by key; of equal keys those of the earlier run first, which keeps the sort stable.
    fn merge(
        &self,
        mut push: impl FnMut(Option<i64>, &[u8]) -> Result<(), Unwritten>,
    ) -> Result<(), Unwritten> {
        let mut cursors = Vec::new();
        let mut heap = BinaryHeap::new();
        for run in 0..self.runs {
            let mut cursor = Cursor { spill: self, run, sequence: 0, page: Vec::new(), at: 0 };
            if let Some(key) = cursor.key()? {
                heap.push(Reverse((key, run)));
            }
            cursors.push(cursor);
        }
        while let Some(Reverse((_, run))) = heap.pop() {
            let cursor = &mut cursors[run as usize];
            let (time, encoded) = cursor.take();
            push(time, encoded)?;
            if let Some(key) = cursor.key()? {
                heap.push(Reverse((key, run)));
            }
        }
        drop(cursors);
        Ok(self.connection.execute_batch(&format!("DROP TABLE {}.spill", self.schema))?)
    }
}

const KEY_BYTES: usize = 8;
/// Before an encoded event: its key, whether it has a time, that time, its length.
const HEAD_BYTES: usize = KEY_BYTES + 1 + 8 + 8;

/// Reads one run page by page.
struct Cursor<'a> {
    spill: &'a Spill<'a>,
    run: i64,
    sequence: i64,
    page: Vec<u8>,
    at: usize,
}

impl Cursor<'_> {
    /// The key of the next event; `None` at the end of the run.
    fn key(&mut self) -> rusqlite::Result<Option<Key>> {
        if self.at == self.page.len() {
            use rusqlite::OptionalExtension as _;
            let Spill { connection, schema, .. } = self.spill;
            let select = format!("SELECT data FROM {schema}.spill WHERE run = ?1 AND sequence = ?2");
            let mut select = connection.prepare_cached(&select)?;
            let page = select.query_row([self.run, self.sequence], |row| row.get(0)).optional()?;
            self.page = page.unwrap_or_default();
            self.at = 0;
            self.sequence += 1;
        }
        Ok(self.page[self.at..].first_chunk::<KEY_BYTES>().map(|key| Key::from_le_bytes(*key)))
    }

    /// The event whose key was seen. Its time is not its key where blocks are only joined.
    fn take(&mut self) -> (Option<i64>, &[u8]) {
        let head = self.page[self.at..]
            .first_chunk::<HEAD_BYTES>()
            .expect("a key was seen, so that a head is there");
        let number = |at: usize| std::array::from_fn(|index| head[at + index]);
        let time = (head[KEY_BYTES] != 0).then(|| i64::from_le_bytes(number(KEY_BYTES + 1)));
        let length = u64::from_le_bytes(number(HEAD_BYTES - 8));
        let start = self.at + HEAD_BYTES;
        self.at = start + length as usize;
        (time, &self.page[start..self.at])
    }
}

#[cfg(test)]
#[path = "settle_tests.rs"]
mod tests;
