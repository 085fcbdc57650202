//! Blocks of events: encoding, sealing, and reading back with their damage named.

use cbad::Event;
use sha2::{Digest, Sha256};

use crate::encoding;
use crate::grams::FilterOf;
use crate::lean::{Lean, most_bytes, restore};
use crate::view::EventView;

/// A block is sealed once its events take this many bytes: zstd gains little from more, and a person who looks at one
/// event waits for the whole block.
pub(crate) const BLOCK_BYTES: usize = 512 << 10;
const LEVEL: i32 = 1;
/// First byte of a block that is kept lean, before its zstd frame; a block as it is begins with the frame, whose first byte is 0x28.
const LEAN: u8 = 2;
/// More than this is not kept for a later block.
const MOST_ROOM_BYTES: usize = 2 * BLOCK_BYTES;
const LENGTH_BYTES: usize = 4;
/// What a block may take without its data proving it; only events beyond the block size take more.
const TRUSTED_BYTES: u64 = 4 << 20;

/// Events of one stream that are being gathered.
#[derive(Debug, Default)]
pub(crate) struct OpenBlock {
    pub(crate) first_position: u64,
    pub(crate) events: u64,
    pub(crate) start_nanos: Option<i64>,
    pub(crate) end_nanos: Option<i64>,
    pub(crate) bytes: Vec<u8>,
}

impl OpenBlock {
    pub(crate) fn starting_at(first_position: u64) -> Self {
        Self { first_position, ..Self::default() }
    }

    /// Takes an event as [`append`] wrote it.
    pub(crate) fn push_appended(&mut self, appended: &[u8], time_nanos: Option<i64>) {
        self.bytes.extend_from_slice(appended);
        self.count(time_nanos);
    }

    /// Takes an event's encoding, without the length before it.
    pub(crate) fn push_encoded(&mut self, encoded: &[u8], time_nanos: Option<i64>) {
        let length =
            u32::try_from(encoded.len()).expect("it came out of a block, where its length was a u32");
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(encoded);
        self.count(time_nanos);
    }

    fn count(&mut self, time_nanos: Option<i64>) {
        self.events += 1;
        widen(&mut self.start_nanos, &mut self.end_nanos, time_nanos);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() >= BLOCK_BYTES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// Takes what was gathered and goes on at the position after it, in the memory of an earlier block where that is worth it; small
    /// streams, of which there may be thousands, begin with none.
    pub(crate) fn take(&mut self, rooms: &mut Vec<Vec<u8>>) -> Self {
        let mut next = Self::starting_at(self.first_position + self.events);
        if self.bytes.len() >= BLOCK_BYTES / 4 {
            next.bytes = rooms.pop().unwrap_or_default();
        }
        if self.is_full() {
            next.bytes.reserve(BLOCK_BYTES + BLOCK_BYTES / 8);
        }
        std::mem::replace(self, next)
    }

    /// Its memory for a later block, where it is as much as one takes and no single large event took more.
    pub(crate) fn into_room(mut self) -> Option<Vec<u8>> {
        self.bytes.clear();
        (BLOCK_BYTES..=MOST_ROOM_BYTES).contains(&self.bytes.capacity()).then_some(self.bytes)
    }
}

/// Writes an event as a block holds it, the length of its encoding first, and returns how many bytes that took.
pub(crate) fn append(event: &Event, bytes: &mut Vec<u8>) -> u32 {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; LENGTH_BYTES]);
    encoding::write(event, bytes);
    let length = u32::try_from(bytes.len() - start - LENGTH_BYTES)
        .expect("a record is limited to far less than 4 GiB");
    bytes[start..start + LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
    length + LENGTH_BYTES as u32
}

/// Widens a range of times by one more.
pub(crate) fn widen(start: &mut Option<i64>, end: &mut Option<i64>, time: Option<i64>) {
    if let Some(time) = time {
        *start = Some(start.map_or(time, |start| start.min(time)));
        *end = Some(end.map_or(time, |end| end.max(time)));
    }
}

/// A compressed block, ready to be stored.
#[derive(Debug)]
pub(crate) struct SealedBlock {
    pub(crate) first_position: u64,
    pub(crate) events: u64,
    pub(crate) start_nanos: Option<i64>,
    pub(crate) end_nanos: Option<i64>,
    pub(crate) raw_bytes: u64,
    pub(crate) sha256: [u8; 32],
    pub(crate) data: Vec<u8>,
    pub(crate) index: BlockIndex,
}

impl SealedBlock {
    /// Bytes that it takes in memory and, about, in the case.
    pub(crate) fn stored_bytes(&self) -> usize {
        self.data.len() + self.index.grams.len()
    }
}

/// What is known of a block without reading it; made from the block, and not part of its hash.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockIndex {
    /// Where its events came from in the decoded capture: the least first byte, and the greatest end.
    pub(crate) source_start: u64,
    pub(crate) source_end: u64,
    /// The filter over its text; empty where it could not be made, and then nothing is skipped for it.
    pub(crate) grams: Vec<u8>,
}

impl BlockIndex {
    /// Of a block's bytes before compression.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self::with(bytes, |_, _| {}).unwrap_or_default()
    }

    /// The same, while each event is seen by another too; none where one cannot be decoded.
    fn with(bytes: &[u8], mut see: impl FnMut(&[u8], &EventView<'_>)) -> Option<Self> {
        let mut filter = FilterOf::default();
        let (mut source_start, mut source_end) = (u64::MAX, 0);
        for encoded in encodings(bytes) {
            let encoded = encoded.ok()?;
            let view = EventView::of(encoded).ok()?;
            see(encoded, &view);
            source_start = source_start.min(view.source.offset);
            source_end = source_end.max(view.source.offset.saturating_add(view.source.length));
            filter.take(view);
        }
        Some(Self { source_start: source_start.min(source_end), source_end, grams: filter.finish() })
    }
}

/// Compresses blocks; keeps the compressor's tables between them, and room for what comes out: memory asked for anew each time
/// is memory that the system clears each time.
pub(crate) struct Sealer {
    compressor: zstd::bulk::Compressor<'static>,
    lean: Lean,
    lean_bytes: Vec<u8>,
    room: Vec<u8>,
}

impl Sealer {
    pub(crate) fn new() -> Self {
        let compressor =
            zstd::bulk::Compressor::new(LEVEL).expect("level 1 exists and memory for its tables is there");
        Self { compressor, lean: Lean::default(), lean_bytes: Vec::new(), room: Vec::new() }
    }

    pub(crate) fn seal(&mut self, block: &OpenBlock) -> SealedBlock {
        let lean = &mut self.lean;
        let index = BlockIndex::with(&block.bytes, |encoded, view| lean.push(encoded, view));
        let mut lean_bytes = std::mem::take(&mut self.lean_bytes);
        let is_lean = self.lean.finish(&mut lean_bytes) && index.is_some();
        let data =
            if is_lean { self.compressed(&[LEAN], &lean_bytes) } else { self.compressed(&[], &block.bytes) };
        self.keep_little(lean_bytes);
        SealedBlock { index: index.unwrap_or_default(), ..sealed(block, data) }
    }

    /// Without an index: for a block that is to be taken apart again before its capture is shown.
    pub(crate) fn seal_for_now(&mut self, block: &OpenBlock) -> SealedBlock {
        let data = self.compressed(&[], &block.bytes);
        sealed(block, data)
    }

    fn compressed(&mut self, mark: &[u8], bytes: &[u8]) -> Vec<u8> {
        self.room.clear();
        self.room.reserve(zstd::zstd_safe::compress_bound(bytes.len()));
        self.compressor
            .compress_to_buffer(bytes, &mut self.room)
            .expect("the buffer is as large as zstd says it must be");
        [mark, &self.room].concat()
    }

    /// Gives back what a single large event took.
    fn keep_little(&mut self, lean_bytes: Vec<u8>) {
        let is_large = lean_bytes.capacity().max(self.room.capacity()) > MOST_ROOM_BYTES;
        if is_large {
            (self.room, self.lean) = (Vec::new(), Lean::default());
        } else {
            self.lean_bytes = lean_bytes;
        }
    }
}

fn sealed(block: &OpenBlock, data: Vec<u8>) -> SealedBlock {
    SealedBlock {
        first_position: block.first_position,
        events: block.events,
        start_nanos: block.start_nanos,
        end_nanos: block.end_nanos,
        raw_bytes: block.bytes.len() as u64,
        sha256: Sha256::digest(&data).into(),
        data,
        index: BlockIndex::default(),
    }
}

/// Start and length of each event's encoding in a block.
pub(crate) type Places = Vec<(u32, u32)>;

/// A block read back: its bytes, and where each event's stand in them.
#[derive(Debug)]
pub(crate) struct Block {
    bytes: Vec<u8>,
    events: Places,
}

impl Block {
    /// Checks the hash, decompresses, and finds the events. The error says what does not fit.
    pub(crate) fn unseal(data: &[u8], sha256: &[u8], raw_bytes: u64, events: u64) -> Result<Self, String> {
        if Sha256::digest(data).as_slice() != sha256 {
            return Err("its bytes do not match their SHA-256".to_owned());
        }
        let undone = |frame, most| {
            decompress(frame, most).map_err(|error| format!("it cannot be decompressed ({error})"))
        };
        let (bytes, found) = if let Some((&LEAN, frame)) = data.split_first() {
            restore(&undone(frame, most_bytes(raw_bytes, events))?, raw_bytes)?
        } else {
            let bytes = undone(data, raw_bytes)?;
            let found = places(&bytes)?;
            (bytes, found)
        };
        if bytes.len() as u64 != raw_bytes || u32::try_from(raw_bytes).is_err() {
            return Err(format!("it holds {} bytes where {raw_bytes} were announced", bytes.len()));
        }
        if found.len() as u64 != events {
            return Err(format!("it holds {} events and should hold {events}", found.len()));
        }
        Ok(Self { bytes, events: found })
    }

    /// All of it, decompressed.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Index of the event whose encoding holds the byte at an offset of [`Self::bytes`]; the length before an event is its own.
    pub(crate) fn index_at(&self, offset: usize) -> usize {
        self.events
            .partition_point(|(start, _)| (*start as usize) < offset + LENGTH_BYTES + 1)
            .saturating_sub(1)
    }

    /// Offset in [`Self::bytes`] after an event.
    pub(crate) fn end_of(&self, index: usize) -> usize {
        let (start, length) = self.events[index];
        start as usize + length as usize
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// The encoded event at an index below [`Self::len`].
    pub(crate) fn encoded(&self, index: usize) -> &[u8] {
        let (start, length) = self.events[index];
        &self.bytes[start as usize..][..length as usize]
    }

    pub(crate) fn event(&self, index: usize) -> Result<Event, String> {
        postcard::from_bytes(self.encoded(index))
            .map_err(|error| format!("event {index} of it cannot be decoded ({error})"))
    }

    /// The time of an event without the rest: it is the first field of the encoding.
    pub(crate) fn time_nanos(&self, index: usize) -> Result<Option<i64>, String> {
        postcard::take_from_bytes::<Option<i64>>(self.encoded(index))
            .map(|(time, _)| time)
            .map_err(|error| format!("the time of event {index} of it cannot be decoded ({error})"))
    }
}

fn places(bytes: &[u8]) -> Result<Places, &'static str> {
    let mut found = Vec::with_capacity(bytes.len() / 64);
    let mut end = 0;
    for encoded in encodings(bytes) {
        let (start, length) = (end + LENGTH_BYTES, encoded?.len());
        found.push((start as u32, length as u32));
        end = start + length;
    }
    Ok(found)
}

/// Each event's encoding, one after another; the error says what does not fit, and is the last.
pub(crate) fn encodings(bytes: &[u8]) -> impl Iterator<Item = Result<&[u8], &'static str>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let after_all = std::mem::take(&mut rest);
        let Some((length, after)) = after_all.split_first_chunk::<LENGTH_BYTES>() else {
            return (!after_all.is_empty()).then_some(Err("bytes are left over after its last event"));
        };
        let Some((encoded, after)) = after.split_at_checked(u32::from_le_bytes(*length) as usize) else {
            return Some(Err("an event runs over its end"));
        };
        rest = after;
        Some(Ok(encoded))
    })
}

/// The size is the case file's word; memory is taken as the data prove it, and never for more than was said.
fn decompress(data: &[u8], most_bytes: u64) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::with_capacity(most_bytes.min(TRUSTED_BYTES) as usize);
    zstd::stream::read::Decoder::with_buffer(data)?
        .take(most_bytes.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 <= most_bytes {
        Ok(bytes)
    } else {
        Err(std::io::Error::other(format!("more than the {most_bytes} bytes that were announced")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::{ByteRange, Field, Value};

    fn event(index: u64) -> Event {
        let mut event = Event::new(format!("line {index}"), ByteRange { offset: index * 10, length: 9 });
        event.time_nanos = (!index.is_multiple_of(3)).then_some(index as i64 * -1_000_000_007);
        event.fields.push(Field { path: "a.b".into(), value: Value::Float(0.1) });
        event
    }

    fn push(open: &mut OpenBlock, event: &Event) {
        let mut bytes = Vec::new();
        assert_eq!(append(event, &mut bytes) as usize, bytes.len());
        open.push_appended(&bytes, event.time_nanos);
    }

    #[test]
    fn events_come_back_as_they_went_in() {
        let mut open = OpenBlock::starting_at(7);
        (0..50).for_each(|index| push(&mut open, &event(index)));
        let sealed = Sealer::new().seal(&open.take(&mut Vec::new()));
        assert_eq!(sealed.data[0], LEAN);
        assert_eq!((open.first_position, open.events, sealed.first_position), (57, 0, 7));
        assert_eq!((sealed.start_nanos, sealed.end_nanos), (Some(49 * -1_000_000_007), Some(-1_000_000_007)));
        let block = Block::unseal(&sealed.data, &sealed.sha256, sealed.raw_bytes, 50).expect("whole");
        for index in 0..50 {
            assert_eq!(block.event(index).expect("whole"), event(index as u64));
            assert_eq!(block.time_nanos(index), Ok(event(index as u64).time_nanos));
        }
    }

    #[test]
    fn damage_is_said_and_never_panics() {
        let mut open = OpenBlock::default();
        (0..5).for_each(|index| push(&mut open, &event(index)));
        let sealed = Sealer::new().seal(&open);
        let unseal =
            |data: &[u8], raw, events| Block::unseal(data, &Sha256::digest(data), raw, events).map(|_| ());
        let mut flipped = sealed.data.clone();
        flipped[10] ^= 1;
        assert!(
            Block::unseal(&flipped, &sealed.sha256, sealed.raw_bytes, 5)
                .is_err_and(|what| what.contains("SHA-256"))
        );
        assert!(unseal(&sealed.data, sealed.raw_bytes, 6).is_err_and(|what| what.contains("should hold 6")));
        assert!(unseal(&sealed.data, sealed.raw_bytes - 1, 5).is_err());
        assert!(unseal(&sealed.data, u64::MAX, 5).is_err());
        assert!(unseal(&sealed.data[..20], sealed.raw_bytes, 5).is_err());
        assert!(unseal(b"not zstd at all", 100, 1).is_err());
        let frame = |raw: &[u8]| zstd::bulk::compress(raw, 3).expect("compresses");
        assert!(unseal(&frame(&[9, 0, 0, 0, 1]), 5, 1).is_err_and(|what| what.contains("runs over")));
        assert!(unseal(&frame(&[1, 0]), 2, 0).is_err());
    }
}
