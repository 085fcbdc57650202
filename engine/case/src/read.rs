//! Reading a capture into the case, on a few threads: one reads, some compress, this one sorts and commits.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use cbad::{Stage, Watch};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use ingest::{Batch, Capture, Counts, EventOrder, IngestError, Problem, Redactor};
use rusqlite::{Transaction, TransactionBehavior, params};

use crate::block::{SealedBlock, Sealer};
use crate::error::CaseError;
use crate::import::Begun;
use crate::members;
use crate::pack::{Checkpoint, EncodedBatch, Job, Packer, StreamState};
use crate::redact::insert_counts;
use crate::sql::{AtPath, unsigned};
use crate::store::Case;
use crate::tables::stream_key;

/// Batches read ahead: a commit waits for the disk, the reader meanwhile need not. A batch is about a megabyte of text.
const AHEAD: usize = 4;
/// Checkpoints that may wait for their blocks before sorting waits for them.
const WAITING: usize = 2;
const MOST_SEALERS: usize = 4;
/// How long an import that is cancelled waits for blocks of its closed checkpoints.
const GRACE: Duration = Duration::from_millis(20);

type Sealed = (u64, usize, SealedBlock);

impl Case {
    /// Reads a capture from its last checkpoint to its end.
    pub(crate) fn read_capture(
        &mut self,
        begun: Begun,
        mut opened: Capture,
        seconds: u64,
        watch: &dyn Watch,
    ) -> Result<(), CaseError> {
        let begun_at = Instant::now();
        let is_late = || seconds > 0 && begun_at.elapsed().as_secs() >= seconds;
        if begun.decoded_offset > 0 {
            opened.resume_at(begun.decoded_offset)?;
        }
        let stored_bytes = opened.stored_bytes();
        let redactor = self.redactor(begun.capture)?;
        let (ids, states) = self.streams_begun(begun.capture)?;
        // What comes to a capture that is complete goes behind what is there: its events have their positions for good.
        let order = if begun.is_complete { EventOrder::AsWritten } else { opened.order() };
        let mut packer = Packer::new(states, order, begun.decoded_offset);
        let sealers = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_SEALERS);
        thread::scope(|scope| {
            // Created inside, so that an early return closes them and the threads end.
            let (batches_in, batches) = bounded(AHEAD);
            let (jobs, jobs_out) = bounded::<Job>(2 * sealers);
            let (sealed_in, sealed) = unbounded();
            let (spares_in, spares) = unbounded();
            scope.spawn(move || read_batches(opened, redactor, &batches_in, &spares));
            for _ in 0..sealers {
                let (jobs_out, sealed_in) = (jobs_out.clone(), sealed_in.clone());
                scope.spawn(move || seal_blocks(&jobs_out, &sealed_in));
            }
            drop((jobs_out, sealed_in));
            let mut queue = Queue::new(Writer { case: self, ids, begun }, sealed);
            let seal = |job: Job| jobs.send(job).expect("sealers end only after this channel is closed");
            for batch in batches {
                let (batch, redacted) = batch?;
                if watch.cancelled() {
                    // Checkpoints that are closed are worth a short wait; the one being gathered is read again.
                    queue.commit_soon(Instant::now() + GRACE)?;
                    return Err(CaseError::Cancelled);
                }
                if is_late() {
                    queue.commit_ready(0)?;
                    return Err(CaseError::TooLong { seconds });
                }
                watch.progress(Stage::Import, batch.rest.stored_bytes_read, stored_bytes);
                let next_offset = batch.rest.next_offset;
                add_counts(&mut queue.gathering().redacted, redacted);
                // The reader may have ended, and then nobody wants it.
                let _ = spares_in.send(packer.add(batch, queue.gathering(), seal));
                if packer.is_due(next_offset) {
                    packer.close(queue.gathering(), seal);
                    queue.next_checkpoint();
                }
                queue.commit_ready(WAITING)?;
            }
            // Going on from the very end brings no batch, and then there is nothing to commit.
            if queue.gathering().decoded_offset > 0 {
                packer.close(queue.gathering(), seal);
            }
            queue.commit_ready(0)
        })
    }

    /// Row ids and states of the streams that an interrupted import has brought so far.
    fn streams_begun(&self, capture: i64) -> Result<(Vec<i64>, Vec<StreamState>), CaseError> {
        const QUERY: &str =
            "SELECT id, events, start_nanos, end_nanos, last_nanos, in_order, signal, service, name
            FROM stream WHERE capture = ?1 ORDER BY id";
        let mut statement = self.connection.prepare(QUERY).at(&self.path)?;
        let rows = statement.query_map([capture], |row| {
            let state = StreamState {
                key: Arc::new(stream_key(row, 6)?),
                events: unsigned(row, 1)?,
                start_nanos: row.get(2)?,
                end_nanos: row.get(3)?,
                last_nanos: row.get(4)?,
                in_order: row.get(5)?,
            };
            Ok((row.get::<_, i64>(0)?, state))
        });
        rows.at(&self.path)?.collect::<rusqlite::Result<_>>().at(&self.path)
    }
}

/// Redacts here already, so that nothing else ever holds what is to be taken out.
fn read_batches(
    mut capture: Capture,
    mut redactor: Option<Redactor>,
    batches: &Sender<Result<(EncodedBatch, Counts), IngestError>>,
    spares: &Receiver<Vec<u8>>,
) {
    let mut batch = Batch::default();
    loop {
        let message = match capture.next_batch(&mut batch) {
            Ok(true) => {
                let redacted =
                    redactor.as_mut().map(|redactor| redactor.apply(&mut batch)).unwrap_or_default();
                let spare = spares.try_recv().unwrap_or_default();
                Ok((EncodedBatch::of(&mut batch, spare), redacted))
            }
            Ok(false) => return,
            Err(error) => Err(error),
        };
        let is_last = message.is_err();
        if batches.send(message).is_err() || is_last {
            return;
        }
    }
}

fn add_counts(to: &mut Counts, counts: Counts) {
    for (rule, hits) in counts {
        *to.entry(rule).or_default() += hits;
    }
}

fn seal_blocks(jobs: &Receiver<Job>, sealed: &Sender<Sealed>) {
    let mut sealer = Sealer::new();
    for job in jobs {
        let block = if job.is_for_now { sealer.seal_for_now(&job.block) } else { sealer.seal(&job.block) };
        if sealed.send((job.checkpoint, job.index, block)).is_err() {
            return;
        }
    }
}

/// Checkpoints in order: the last is being gathered, those before wait for their blocks.
struct Queue<'a> {
    writer: Writer<'a>,
    sealed: Receiver<Sealed>,
    checkpoints: VecDeque<Checkpoint>,
    /// Number of the first in the queue.
    first: u64,
}

impl<'a> Queue<'a> {
    fn new(writer: Writer<'a>, sealed: Receiver<Sealed>) -> Self {
        Self { writer, sealed, checkpoints: VecDeque::from([Checkpoint::default()]), first: 0 }
    }

    fn gathering(&mut self) -> &mut Checkpoint {
        self.checkpoints.back_mut().expect("one is always being gathered, until the last is committed")
    }

    fn next_checkpoint(&mut self) {
        self.checkpoints.push_back(Checkpoint::default());
    }

    /// Commits what is complete, and waits while more than `waiting` closed checkpoints are not.
    fn commit_ready(&mut self, waiting: usize) -> Result<(), CaseError> {
        loop {
            while let Ok(sealed) = self.sealed.try_recv() {
                self.put(sealed);
            }
            while self.checkpoints.front().is_some_and(Checkpoint::is_ready) {
                self.commit_first()?;
            }
            let closed = self.checkpoints.iter().filter(|checkpoint| checkpoint.closed).count();
            if closed <= waiting {
                return Ok(());
            }
            let sealed = self.sealed.recv().expect("sealers live as long as there are blocks to seal");
            self.put(sealed);
        }
    }

    /// Commits what is complete by then.
    fn commit_soon(&mut self, until: Instant) -> Result<(), CaseError> {
        while self.checkpoints.iter().any(|checkpoint| checkpoint.closed)
            && let Ok(sealed) = self.sealed.recv_deadline(until)
        {
            self.put(sealed);
            while self.checkpoints.front().is_some_and(Checkpoint::is_ready) {
                self.commit_first()?;
            }
        }
        Ok(())
    }

    fn commit_first(&mut self) -> Result<(), CaseError> {
        let ready = self.checkpoints.pop_front().expect("it was looked at just now");
        self.first += 1;
        self.writer.commit(ready)
    }

    fn put(&mut self, (checkpoint, index, block): Sealed) {
        self.checkpoints[(checkpoint - self.first) as usize].put(index, block);
    }
}

/// Writes checkpoints of one import.
struct Writer<'a> {
    case: &'a mut Case,
    /// Row id of each slot's stream.
    ids: Vec<i64>,
    begun: Begun,
}

impl Writer<'_> {
    /// Everything that one checkpoint brings, and the offset to go on from, or nothing of it.
    fn commit(&mut self, checkpoint: Checkpoint) -> Result<(), CaseError> {
        let path = self.case.path.clone();
        let transaction =
            self.case.connection.transaction_with_behavior(TransactionBehavior::Immediate).at(&path)?;
        if !advance(&transaction, &self.begun, &checkpoint).at(&path)? {
            return Err(CaseError::ImportedElsewhere { path: self.begun.path.clone() });
        }
        for (slot, state) in checkpoint.streams {
            if slot < self.ids.len() {
                update_stream(&transaction, self.ids[slot], &state).at(&path)?;
            } else {
                // Slots are numbered as streams appear, and a checkpoint lists them in that order.
                self.ids.push(insert_stream(&transaction, self.begun.capture, &state).at(&path)?);
            }
        }
        for (slot, block) in checkpoint.blocks {
            let block = block.expect("a checkpoint is committed once its last block is sealed");
            insert_block(&transaction, self.ids[slot], &block).at(&path)?;
        }
        insert_counts(&transaction, self.begun.capture, &checkpoint.redacted).at(&path)?;
        members::insert(&transaction, self.begun.capture, &checkpoint.members).at(&path)?;
        let sequence = self.begun.problems;
        insert_problems(&transaction, self.begun.capture, sequence, &checkpoint.problems).at(&path)?;
        transaction.commit().at(&path)?;
        self.begun.checkpoints += 1;
        self.begun.problems += checkpoint.problems.len() as u64;
        Ok(())
    }
}

/// Moves the counts and the offset on; false where another program did so since.
fn advance(transaction: &Transaction<'_>, begun: &Begun, by: &Checkpoint) -> rusqlite::Result<bool> {
    const ADVANCE: &str =
        "UPDATE capture SET checkpoints = checkpoints + 1, decoded_bytes = max(decoded_bytes, ?3),
        records = records + ?4, events = events + ?5, rejected = rejected + ?6, notes = notes + ?7
        WHERE id = ?1 AND checkpoints = ?2";
    let mut statement = transaction.prepare_cached(ADVANCE)?;
    let changed = statement.execute(params![
        begun.capture,
        begun.checkpoints as i64,
        by.decoded_offset as i64,
        by.records as i64,
        by.events as i64,
        by.rejected as i64,
        by.notes as i64,
    ])?;
    Ok(changed == 1)
}

fn insert_stream(transaction: &Transaction<'_>, capture: i64, state: &StreamState) -> rusqlite::Result<i64> {
    const INSERT: &str =
        "INSERT INTO stream (capture, signal, service, name, events, start_nanos, end_nanos, last_nanos,
        in_order) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let StreamState { key, events, start_nanos, end_nanos, last_nanos, in_order } = state;
    let (signal, events) = (key.signal.name(), *events as i64);
    transaction.prepare_cached(INSERT)?.insert(params![
        capture,
        signal,
        key.service,
        key.name,
        events,
        start_nanos,
        end_nanos,
        last_nanos,
        in_order
    ])
}

fn update_stream(transaction: &Transaction<'_>, id: i64, state: &StreamState) -> rusqlite::Result<()> {
    const UPDATE: &str =
        "UPDATE stream SET events = ?2, start_nanos = ?3, end_nanos = ?4, last_nanos = ?5, in_order = ?6
        WHERE id = ?1";
    let StreamState { events, start_nanos, end_nanos, last_nanos, in_order, .. } = state;
    let values = params![id, *events as i64, start_nanos, end_nanos, last_nanos, in_order];
    transaction.prepare_cached(UPDATE)?.execute(values).map(drop)
}

pub(crate) fn insert_block(
    transaction: &Transaction<'_>,
    stream: i64,
    block: &SealedBlock,
) -> rusqlite::Result<()> {
    const INSERT: &str =
        "INSERT INTO block (stream, first_position, events, start_nanos, end_nanos, raw_bytes, sha256, data)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    const INDEX: &str =
        "INSERT INTO block_index (block, source_start, source_end, grams) VALUES (?1, ?2, ?3, ?4)";
    let values = params![
        stream,
        block.first_position as i64,
        block.events as i64,
        block.start_nanos,
        block.end_nanos,
        block.raw_bytes as i64,
        block.sha256.as_slice(),
        block.data,
    ];
    let id = transaction.prepare_cached(INSERT)?.insert(values)?;
    let index = &block.index;
    let values = params![id, index.source_start as i64, index.source_end as i64, index.grams];
    transaction.prepare_cached(INDEX)?.execute(values).map(drop)
}

fn insert_problems(
    transaction: &Transaction<'_>,
    capture: i64,
    first: u64,
    problems: &[Problem],
) -> rusqlite::Result<()> {
    const INSERT: &str =
        "INSERT INTO problem (capture, sequence, kind, byte_offset, byte_length, line, reason, hint)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let mut statement = transaction.prepare_cached(INSERT)?;
    for (sequence, problem) in (first as i64..).zip(problems) {
        statement.execute(params![
            capture,
            sequence,
            problem.kind.name(),
            problem.source.offset as i64,
            problem.source.length as i64,
            problem.line.map(|line| line as i64),
            problem.reason,
            problem.hint,
        ])?;
    }
    Ok(())
}
