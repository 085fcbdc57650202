//! From batches of events to checkpoints: what one commit of an import brings into the case.
//!
//! Where a checkpoint falls is a function of the capture alone (see [`CHECKPOINT_BYTES`]), and every open block is
//! sealed there. So an import that was killed and goes on from its last checkpoint cuts the same blocks.

use std::collections::HashMap;
use std::sync::Arc;

use cbad::{ByteRange, Signal, StreamKey};
use ingest::{Batch, Counts, EventOrder, Member, Problem, ProblemKind};

use crate::block::{OpenBlock, SealedBlock, append, widen};

/// Decoded bytes from one checkpoint to the first batch end that may be the next. More would lose more work to a kill,
/// less would cost more flushes to disk and cut blocks smaller.
pub(crate) const CHECKPOINT_BYTES: u64 = 8 << 20;

/// Problems after which a checkpoint ends before it has its bytes: lines of a few bytes that are all damaged would be held by
/// the million.
const CHECKPOINT_PROBLEMS: usize = 10_000;
/// Most bytes of the names of a capture's streams: each is held until the capture is read.
const MOST_NAME_BYTES: usize = 32 << 20;

/// Blocks whose memory is kept for later ones: about as many as are on their way at once.
const MOST_ROOMS: usize = 16;

/// What a stream is so far, as written.
#[derive(Clone, Debug)]
pub(crate) struct StreamState {
    pub(crate) key: Arc<StreamKey>,
    pub(crate) events: u64,
    pub(crate) start_nanos: Option<i64>,
    pub(crate) end_nanos: Option<i64>,
    pub(crate) last_nanos: Option<i64>,
    pub(crate) in_order: bool,
}

impl StreamState {
    fn new(key: Arc<StreamKey>) -> Self {
        Self { key, events: 0, start_nanos: None, end_nanos: None, last_nanos: None, in_order: true }
    }

    fn add(&mut self, time_nanos: Option<i64>) {
        self.events += 1;
        widen(&mut self.start_nanos, &mut self.end_nanos, time_nanos);
        if let Some(time) = time_nanos {
            self.in_order &= self.last_nanos.is_none_or(|last| last <= time);
            self.last_nanos = Some(time);
        }
    }
}

/// A batch whose events are encoded: done on the thread that read them, so that their thousands of small pieces of memory are
/// given back where they were taken, and only a few large ones are handed over.
pub(crate) struct EncodedBatch {
    /// What came besides events; it holds none.
    pub(crate) rest: Batch,
    /// Encoded events one behind the other, each as a block holds it.
    bytes: Vec<u8>,
    /// Time and encoded length of each.
    events: Vec<(Option<i64>, u32)>,
    /// How many events in a row are of which stream.
    stretches: Vec<(Arc<StreamKey>, u32)>,
}

impl EncodedBatch {
    /// Takes the content of a batch, which is left with room for the next, into memory that an earlier one was in.
    pub(crate) fn of(batch: &mut Batch, mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        let mut encoded = Self {
            rest: Batch::default(),
            bytes,
            events: Vec::with_capacity(batch.events.len()),
            stretches: Vec::new(),
        };
        for (key, event) in &batch.events {
            let length = append(event, &mut encoded.bytes);
            encoded.events.push((event.time_nanos, length));
            match encoded.stretches.last_mut() {
                Some((last, count)) if Arc::ptr_eq(last, key) => *count += 1,
                _ => encoded.stretches.push((Arc::clone(key), 1)),
            }
        }
        let mut room = std::mem::take(&mut batch.events);
        room.clear();
        encoded.rest = std::mem::replace(batch, Batch { events: room, ..Batch::default() });
        encoded
    }
}

/// A block on its way to be sealed: `checkpoint` and `index` say where it belongs.
pub(crate) struct Job {
    pub(crate) checkpoint: u64,
    pub(crate) index: usize,
    pub(crate) block: OpenBlock,
    /// Whether its stream is to be sorted at the end, which makes other blocks of its events.
    pub(crate) is_for_now: bool,
}

/// What is committed together.
#[derive(Debug, Default)]
pub(crate) struct Checkpoint {
    /// Where reading goes on after it.
    pub(crate) decoded_offset: u64,
    pub(crate) records: u64,
    pub(crate) events: u64,
    pub(crate) rejected: u64,
    pub(crate) notes: u64,
    pub(crate) problems: Vec<Problem>,
    /// Members of the capture that ended.
    pub(crate) members: Vec<Member>,
    /// What a redaction took out, by rule.
    pub(crate) redacted: Counts,
    /// Streams that got events, by slot, as they were at the checkpoint.
    pub(crate) streams: Vec<(usize, StreamState)>,
    /// Slot of each block, and the block once it is sealed.
    pub(crate) blocks: Vec<(usize, Option<SealedBlock>)>,
    /// Blocks still to be sealed.
    pub(crate) missing: usize,
    /// Whether nothing more comes to it.
    pub(crate) closed: bool,
}

impl Checkpoint {
    pub(crate) fn is_ready(&self) -> bool {
        self.closed && self.missing == 0
    }

    /// Bytes of its blocks that are sealed.
    pub(crate) fn sealed_bytes(&self) -> usize {
        self.blocks.iter().filter_map(|(_, block)| block.as_ref()).map(SealedBlock::stored_bytes).sum()
    }

    pub(crate) fn put(&mut self, index: usize, block: SealedBlock) {
        self.blocks[index].1 = Some(block);
        self.missing -= 1;
    }
}

struct Slot {
    state: StreamState,
    open: OpenBlock,
    is_touched: bool,
}

/// Sorts events into the open blocks of their streams.
pub(crate) struct Packer {
    slots: Vec<Slot>,
    by_key: HashMap<Arc<StreamKey>, usize>,
    last: Option<(Arc<StreamKey>, usize)>,
    order: EventOrder,
    /// The checkpoint that events go to now.
    number: u64,
    begun_at: u64,
    /// Memory of blocks that are sealed.
    rooms: Vec<Vec<u8>>,
    /// Streams that are kept apart at most.
    most_streams: u64,
    name_bytes: usize,
    /// Where the batches end that were taken.
    read_to: u64,
    /// Signals whose further streams were met first in the batch that is being taken.
    newly_full: Vec<Signal>,
}

impl Packer {
    /// Goes on with the streams that the case has, in slot order, from the end of the last checkpoint.
    pub(crate) fn new(
        streams: Vec<StreamState>,
        order: EventOrder,
        decoded_offset: u64,
        most_streams: u64,
    ) -> Self {
        let mut packer = Self {
            slots: Vec::with_capacity(streams.len()),
            by_key: HashMap::new(),
            last: None,
            order,
            number: 0,
            begun_at: decoded_offset,
            rooms: Vec::new(),
            most_streams,
            name_bytes: 0,
            read_to: decoded_offset,
            newly_full: Vec::new(),
        };
        for state in streams {
            packer.add_slot(state);
        }
        packer
    }

    fn add_slot(&mut self, state: StreamState) -> usize {
        let index = self.slots.len();
        self.name_bytes += state.key.name.len() + state.key.service.as_ref().map_or(0, String::len);
        self.by_key.insert(Arc::clone(&state.key), index);
        self.slots.push(Slot { open: OpenBlock::starting_at(state.events), state, is_touched: false });
        index
    }

    /// Mostly the stream of the event before, by pointer.
    fn slot_of(&mut self, key: &Arc<StreamKey>) -> usize {
        if let Some((last, index)) = &self.last
            && Arc::ptr_eq(last, key)
        {
            return *index;
        }
        let known = self.by_key.get(key).copied();
        let index = known.unwrap_or_else(|| {
            if (self.slots.len() as u64) < self.most_streams && self.name_bytes < MOST_NAME_BYTES {
                self.add_slot(StreamState::new(Arc::clone(key)))
            } else {
                self.others(key.signal)
            }
        });
        self.last = Some((Arc::clone(key), index));
        index
    }

    /// The stream of a signal's events whose own are too many: one more for each signal.
    fn others(&mut self, signal: Signal) -> usize {
        let key = Arc::new(StreamKey::further(signal));
        self.by_key.get(&key).copied().unwrap_or_else(|| {
            self.newly_full.push(signal);
            self.add_slot(StreamState::new(key))
        })
    }

    /// Says of which signals the batch before decoded byte `to` had a stream too many.
    fn note_full(&mut self, to: u64) -> Vec<Problem> {
        let source = ByteRange { offset: self.read_to, length: to - self.read_to };
        let kept = self.slots.iter().filter(|slot| !slot.state.key.is_further()).count();
        let note = |signal: Signal| {
            Problem {
            kind: ProblemKind::Note,
            source,
            line: None,
            reason: format!(
                "the capture has more than the {kept} streams that are kept apart: events of further ones of the signal {} \
                 are together in the stream “{}”",
                signal.name(),
                StreamKey::FURTHER
            ),
            hint: Some(
                "Which each is of is at its bytes in the capture; raise the limit with `--limit streams=…` to keep them apart."
                    .into(),
            ),
            repeated: None,
        }
        };
        self.newly_full.drain(..).map(note).collect()
    }

    /// Takes memory of sealed blocks, for later ones.
    pub(crate) fn give_rooms(&mut self, rooms: &mut Vec<Vec<u8>>) {
        self.rooms.append(rooms);
        self.rooms.truncate(MOST_ROOMS);
    }

    /// Takes a batch into the checkpoint being gathered; full blocks are handed to `seal`. The batch's memory is given back.
    pub(crate) fn add(
        &mut self,
        encoded: EncodedBatch,
        into: &mut Checkpoint,
        mut seal: impl FnMut(Job),
    ) -> Vec<u8> {
        let EncodedBatch { rest: batch, bytes: encoded, events, stretches } = encoded;
        into.records += batch.records;
        into.events += events.len() as u64;
        into.rejected += batch.rejected();
        into.notes +=
            batch.problems.iter().filter(|problem| problem.kind == ProblemKind::Note).count() as u64;
        into.decoded_offset = batch.next_offset;
        into.problems.extend(batch.problems);
        into.members.extend(batch.members);
        let to = batch.next_offset;
        let (mut events, mut bytes) = (events.into_iter(), encoded.as_slice());
        for (key, count) in stretches {
            let index = self.slot_of(&key);
            let slot = &mut self.slots[index];
            slot.is_touched = true;
            for (time_nanos, length) in events.by_ref().take(count as usize) {
                let (event, after) = bytes.split_at(length as usize);
                bytes = after;
                slot.state.add(time_nanos);
                slot.open.push_appended(event, time_nanos);
                if slot.open.is_full() {
                    let block = slot.open.take(&mut self.rooms);
                    seal(job(self.number, index, &slot.state, block, self.order, into));
                }
            }
        }
        let full = self.note_full(to);
        into.notes += full.len() as u64;
        into.problems.extend(full);
        self.read_to = to;
        encoded
    }

    /// Whether the checkpoint being gathered ends here: at so many bytes, or earlier where much is wrong with them.
    pub(crate) fn is_due(&self, gathering: &Checkpoint, decoded_offset: u64) -> bool {
        decoded_offset - self.begun_at >= CHECKPOINT_BYTES || gathering.problems.len() >= CHECKPOINT_PROBLEMS
    }

    /// Seals what is open and ends the checkpoint; the next begins where it ends.
    pub(crate) fn close(&mut self, into: &mut Checkpoint, mut seal: impl FnMut(Job)) {
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if !slot.open.is_empty() {
                let block = slot.open.take(&mut self.rooms);
                seal(job(self.number, index, &slot.state, block, self.order, into));
            }
            if std::mem::take(&mut slot.is_touched) {
                into.streams.push((index, slot.state.clone()));
            }
        }
        into.closed = true;
        self.begun_at = into.decoded_offset;
        self.number += 1;
    }
}

fn job(
    checkpoint: u64,
    slot: usize,
    state: &StreamState,
    block: OpenBlock,
    order: EventOrder,
    into: &mut Checkpoint,
) -> Job {
    let index = into.blocks.len();
    into.blocks.push((slot, None));
    into.missing += 1;
    let is_for_now = order == EventOrder::ByTime && !state.in_order;
    Job { checkpoint, index, block, is_for_now }
}
