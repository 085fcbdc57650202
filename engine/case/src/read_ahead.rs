//! Reading a capture ahead on threads of their own: one reads and cuts, some decode, and what they bring is taken in the order
//! of the capture.

use std::num::NonZero;
use std::thread::{self, JoinHandle};

use cbad::Watch;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use ingest::{Batch, Capture, Counts, IngestError, Redactor, Stretch};

use crate::apart::{LOOK_EVERY, look};
use crate::error::CaseError;
use crate::pack::EncodedBatch;

/// Batches read ahead: a commit waits for the disk, the reader meanwhile need not. A batch is about a megabyte of text.
const AHEAD: usize = 4;
const MOST_DECODERS: usize = 4;

/// What one batch brought and what a redaction took out of it, or why it could not be read.
pub(crate) type Read = Result<(EncodedBatch, Counts), IngestError>;

/// Lines to decode, and where their batch is waited for.
type Task = (Stretch, Sender<Read>);

/// The threads that read a capture. They end once this is gone, each after what it is at.
pub(crate) struct Reading {
    threads: Vec<JoinHandle<()>>,
    /// One place for each batch, in the order of the capture; the batch comes to it once it is decoded.
    turns: Receiver<Receiver<Read>>,
    /// Memory of batches, for others.
    spares: Sender<Vec<u8>>,
}

impl Reading {
    pub(crate) fn begin(capture: Capture, redactor: Option<Redactor>) -> Self {
        let (turns_in, turns) = bounded(AHEAD);
        let (tasks_in, tasks) = bounded(1);
        let (spares, spares_out) = unbounded();
        let (rooms_in, rooms) = unbounded();
        let count = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_DECODERS);
        let decoder = |_| {
            let (tasks, rooms, spares) = (tasks.clone(), rooms_in.clone(), spares_out.clone());
            let redactor = redactor.clone();
            thread::spawn(move || decode(&tasks, &rooms, &spares, redactor))
        };
        let mut threads: Vec<_> = (0..count).map(decoder).collect();
        let cutter = Cutter { turns: turns_in, tasks: tasks_in, rooms, spares: spares_out };
        threads.push(thread::spawn(move || cutter.read(capture, redactor)));
        Self { threads, turns, spares }
    }

    /// The next batch, nothing at the end; waits no longer than a person does who cancels.
    pub(crate) fn next(&self, watch: &dyn Watch) -> Result<Option<Read>, CaseError> {
        let Some(turn) = receive(&self.turns, watch)? else { return Ok(None) };
        // A place that stays empty is of a thread that panicked, and ending says so.
        receive(&turn, watch)
    }

    /// Gives back the memory of a batch.
    pub(crate) fn give(&self, spare: Vec<u8>) {
        // The threads may have ended, and then nobody wants it.
        let _ = self.spares.send(spare);
    }

    /// After the last batch. A thread that panicked must not look like the end of a capture.
    pub(crate) fn end(self) {
        let Self { threads, turns, spares } = self;
        drop((turns, spares));
        threads.into_iter().for_each(joined);
    }
}

/// What a thread gave; panics as the thread did, if it did.
pub(crate) fn joined<T>(thread: JoinHandle<T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The next of a channel, nothing where it is closed.
fn receive<T>(channel: &Receiver<T>, watch: &dyn Watch) -> Result<Option<T>, CaseError> {
    loop {
        match channel.recv_timeout(LOOK_EVERY) {
            Ok(received) => return Ok(Some(received)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => look(watch)?,
        }
    }
}

/// What the thread that reads has to do with others.
struct Cutter {
    turns: Sender<Receiver<Read>>,
    tasks: Sender<Task>,
    /// Memory of lines that are decoded.
    rooms: Receiver<Vec<u8>>,
    spares: Receiver<Vec<u8>>,
}

impl Cutter {
    /// Reads what only one thread can read, and cuts off the rest for others.
    fn read(self, mut capture: Capture, mut redactor: Option<Redactor>) {
        let mut batch = Batch::default();
        loop {
            let (done, turn) = bounded(1);
            let mut room = self.rooms.try_recv().unwrap_or_default();
            let read = match capture.cut(&mut room) {
                Ok(Some(stretch)) => {
                    if self.turns.send(turn).is_err() || self.tasks.send((stretch, done)).is_err() {
                        return;
                    }
                    continue;
                }
                Ok(None) => capture.next_batch(&mut batch),
                Err(error) => Err(error),
            };
            let message = match read {
                Ok(true) => Ok(redacted(&mut batch, redactor.as_mut(), &self.spares)),
                Ok(false) => return,
                Err(error) => Err(error),
            };
            let is_last = message.is_err();
            done.send(message).expect("its other end is in hand");
            if self.turns.send(turn).is_err() || is_last {
                return;
            }
        }
    }
}

/// Redacts where it is read already, so that nothing else ever holds what is to be taken out.
fn redacted(
    batch: &mut Batch,
    redactor: Option<&mut Redactor>,
    spares: &Receiver<Vec<u8>>,
) -> (EncodedBatch, Counts) {
    let redacted = redactor.map(|redactor| redactor.apply(batch)).unwrap_or_default();
    (EncodedBatch::of(batch, spares.try_recv().unwrap_or_default()), redacted)
}

/// Each thread has a redactor of its own: what one takes out of a batch, and counts, depends on rules, salt and batch alone.
fn decode(
    tasks: &Receiver<Task>,
    rooms: &Sender<Vec<u8>>,
    spares: &Receiver<Vec<u8>>,
    mut redactor: Option<Redactor>,
) {
    let mut batch = Batch::default();
    for (stretch, done) in tasks {
        // Nobody wants it once the capture is read.
        let _ = rooms.send(stretch.decode(&mut batch));
        // Nobody waits for it after a cancel.
        if done.send(Ok(redacted(&mut batch, redactor.as_mut(), spares))).is_err() {
            return;
        }
    }
}
