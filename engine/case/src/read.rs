//! Reading a capture into the case, on a few threads: some read, some compress, this one sorts and commits.
//!
//! When it is cancelled those threads are left (`docs/decisions/0016-cancelled-work-is-left.md`): each ends after the batch or
//! the block that it is at, and nothing of that goes anywhere.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use cbad::{Stage, Watch};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use ingest::{Capture, Counts, EventOrder, Redactor};

use crate::apart::{LOOK_EVERY, look};
use crate::beginning::Beginning;
use crate::block::{SealedBlock, Sealer};
use crate::commit::Writer;
use crate::error::CaseError;
use crate::import::Begun;
use crate::pack::{Checkpoint, Job, Packer, StreamState};
use crate::read_ahead::{Reading, joined};
use crate::source::Fingerprint;
use crate::sql::{AtPath, unsigned};
use crate::store::Case;
use crate::tables::stream_key;

/// Checkpoints that may wait for their blocks before sorting waits for them.
const WAITING: usize = 2;
const MOST_SEALERS: usize = 4;
/// `PRAGMA synchronous`: with a write-ahead log only bringing it into the file waits for the disk.
const NORMAL: i64 = 1;
/// Blocks that wait to be sealed: as many as keep the sealers busy while a commit waits for the disk.
const UNSEALED: usize = 24;
/// Bytes of sealed blocks that may wait for the capture's hash; beyond them reading waits for it too.
const MOST_HELD_BYTES: usize = 64 << 20;

/// A block sealed: the checkpoint and the place in it that it belongs to, and memory for another.
struct Sealed {
    checkpoint: u64,
    index: usize,
    block: SealedBlock,
    room: Option<Vec<u8>>,
}

/// What reading goes on from; of a capture that is new, nothing.
struct Before {
    redactor: Option<Redactor>,
    ids: Vec<i64>,
    states: Vec<StreamState>,
    order: EventOrder,
    decoded_offset: u64,
}

impl Case {
    /// Reads a capture from its last checkpoint to its end.
    pub(crate) fn read_capture(
        &mut self,
        beginning: Beginning<'_, '_>,
        opened: Capture,
        seconds: u64,
        watch: &dyn Watch,
    ) -> Result<(Begun, Option<Fingerprint>), CaseError> {
        // After a power cut the import goes on from an earlier checkpoint; what is complete was flushed to the disk.
        let kept = self.write_less_safely()?;
        let read = self.read_on(beginning, opened, seconds, watch);
        self.connection.pragma_update(None, "synchronous", kept).at(&self.path)?;
        read
    }

    /// Lets commits not wait for the disk one by one, and returns what was set.
    fn write_less_safely(&self) -> Result<i64, CaseError> {
        let read = |row: &rusqlite::Row<'_>| row.get(0);
        let kept: i64 = self.connection.query_row("PRAGMA synchronous", [], read).at(&self.path)?;
        self.connection.pragma_update(None, "synchronous", kept.min(NORMAL)).at(&self.path)?;
        Ok(kept)
    }

    fn read_on(
        &mut self,
        beginning: Beginning<'_, '_>,
        mut opened: Capture,
        seconds: u64,
        watch: &dyn Watch,
    ) -> Result<(Begun, Option<Fingerprint>), CaseError> {
        let begun_at = Instant::now();
        let is_late = || seconds > 0 && begun_at.elapsed().as_secs() >= seconds;
        let stored_bytes = opened.stored_bytes();
        let Before { redactor, ids, states, order, decoded_offset } = self.before(&beginning, &opened)?;
        if decoded_offset > 0 {
            opened.resume_at(decoded_offset)?;
        }
        let mut packer = Packer::new(states, order, decoded_offset, opened.limits().streams);
        let reading = Reading::begin(opened, redactor);
        let Crew { sealers, jobs, sealed } = Crew::begin();
        let sealing = Sealing { watch, sealers, sealed };
        let mut queue = Queue::new(Writer::new(self, ids, beginning), sealing);
        let seal = |job: Job| jobs.send(job).expect("sealers end only after this channel is closed");
        while let Some(batch) = reading.next(watch)? {
            let (batch, redacted) = match batch {
                Ok(read) => read,
                Err(error) => {
                    // What was read until then is of a capture that the case should know of.
                    queue.writer.begin(true)?;
                    return Err(error.into());
                }
            };
            look(watch)?;
            if is_late() {
                queue.commit_ready(0)?;
                return Err(CaseError::TooLong { seconds });
            }
            watch.progress(Stage::Import, batch.rest.stored_bytes_read, stored_bytes);
            let next_offset = batch.rest.next_offset;
            add_counts(&mut queue.gathering().redacted, redacted);
            reading.give(packer.add(batch, queue.gathering(), seal));
            if packer.is_due(queue.gathering(), next_offset) {
                packer.close(queue.gathering(), seal);
                queue.next_checkpoint();
            }
            queue.commit_ready(WAITING)?;
            packer.give_rooms(&mut queue.rooms);
        }
        reading.end();
        // Going on from the very end brings no batch, and then there is nothing to commit.
        if queue.gathering().decoded_offset > 0 {
            packer.close(queue.gathering(), seal);
        }
        queue.commit_ready(0)?;
        queue.writer.end()
    }

    /// How things stand where reading begins.
    fn before(&self, beginning: &Beginning<'_, '_>, opened: &Capture) -> Result<Before, CaseError> {
        let Beginning::Begun(begun) = beginning else {
            let order = opened.order();
            return Ok(Before {
                redactor: None,
                ids: Vec::new(),
                states: Vec::new(),
                order,
                decoded_offset: 0,
            });
        };
        let (ids, states) = self.streams_begun(begun.capture)?;
        // What comes to a capture that is complete goes behind what is there: its events have their positions for good.
        let order = if begun.is_complete { EventOrder::AsWritten } else { opened.order() };
        let redactor = self.redactor(begun.capture)?;
        Ok(Before { redactor, ids, states, order, decoded_offset: begun.decoded_offset })
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

/// The threads that compress, and the channels to them. They end once these are closed.
struct Crew {
    sealers: Vec<JoinHandle<()>>,
    jobs: Sender<Job>,
    sealed: Receiver<Sealed>,
}

impl Crew {
    fn begin() -> Self {
        let (jobs, jobs_out) = bounded::<Job>(UNSEALED);
        let (sealed_in, sealed) = unbounded();
        let count = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_SEALERS);
        let sealer = |_| {
            let (jobs_out, sealed_in) = (jobs_out.clone(), sealed_in.clone());
            thread::spawn(move || seal_blocks(&jobs_out, &sealed_in))
        };
        let sealers = (0..count).map(sealer).collect();
        Self { sealers, jobs, sealed }
    }
}

/// Blocks that come back from the sealers.
struct Sealing<'a> {
    watch: &'a dyn Watch,
    sealers: Vec<JoinHandle<()>>,
    sealed: Receiver<Sealed>,
}

impl Sealing<'_> {
    fn wait(&mut self) -> Result<Sealed, CaseError> {
        loop {
            match self.sealed.recv_timeout(LOOK_EVERY) {
                Ok(sealed) => return Ok(sealed),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => look(self.watch)?,
            }
            // While there are blocks to seal only a panic ends a sealer, and its block would be waited for in vain.
            if let Some(ended) = self.sealers.iter().position(JoinHandle::is_finished) {
                joined(self.sealers.swap_remove(ended));
            }
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
        let Job { checkpoint, index, block: open, .. } = job;
        if sealed.send(Sealed { checkpoint, index, block, room: open.into_room() }).is_err() {
            return;
        }
    }
}

/// Checkpoints in order: the last is being gathered, those before wait for their blocks.
struct Queue<'case, 'scope, 'a> {
    writer: Writer<'case, 'scope, 'a>,
    sealing: Sealing<'a>,
    checkpoints: VecDeque<Checkpoint>,
    /// Number of the first in the queue.
    first: u64,
    /// Memory of the blocks that came back.
    rooms: Vec<Vec<u8>>,
    /// Bytes of sealed blocks that are not committed.
    held_bytes: usize,
}

impl<'case, 'scope, 'a> Queue<'case, 'scope, 'a> {
    fn new(writer: Writer<'case, 'scope, 'a>, sealing: Sealing<'a>) -> Self {
        Self {
            writer,
            sealing,
            checkpoints: VecDeque::from([Checkpoint::default()]),
            first: 0,
            rooms: Vec::new(),
            held_bytes: 0,
        }
    }

    fn gathering(&mut self) -> &mut Checkpoint {
        self.checkpoints.back_mut().expect("one is always being gathered, until the last is committed")
    }

    fn next_checkpoint(&mut self) {
        self.checkpoints.push_back(Checkpoint::default());
    }

    /// Commits what is complete, and waits while more than `waiting` closed checkpoints are not. As long as the capture's hash is
    /// being taken more may wait, up to a bound on their memory.
    fn commit_ready(&mut self, waiting: usize) -> Result<(), CaseError> {
        loop {
            while let Ok(sealed) = self.sealing.sealed.try_recv() {
                self.put(sealed);
            }
            if !self.writer.begin(waiting == 0 || self.held_bytes >= MOST_HELD_BYTES)? {
                return Ok(());
            }
            while self.checkpoints.front().is_some_and(Checkpoint::is_ready) {
                look(self.sealing.watch)?;
                self.commit_first()?;
            }
            let closed = self.checkpoints.iter().filter(|checkpoint| checkpoint.closed).count();
            if closed <= waiting {
                return Ok(());
            }
            let sealed = self.sealing.wait()?;
            self.put(sealed);
        }
    }

    fn commit_first(&mut self) -> Result<(), CaseError> {
        let ready = self.checkpoints.pop_front().expect("it was looked at just now");
        self.first += 1;
        self.held_bytes -= ready.sealed_bytes();
        self.writer.commit(ready, self.sealing.watch)
    }

    fn put(&mut self, sealed: Sealed) {
        self.rooms.extend(sealed.room);
        self.held_bytes += sealed.block.stored_bytes();
        self.checkpoints[(sealed.checkpoint - self.first) as usize].put(sealed.index, sealed.block);
    }
}
