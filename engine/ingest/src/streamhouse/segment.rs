//! Segments: a header, blocks of delta-coded messages, an index, and a footer with a checksum.

use super::event_of;
use super::salvage::salvage;
use crate::budget::{Budget, RECORD_BYTES};
use crate::model::{Batch, Limits, Problem};
use crate::reader::Reader;
use crate::streams::LogStreams;
use crate::window::Window;
use cbad::ByteRange;
use std::io;

pub(crate) const MARK: &[u8] = b"STRM";
pub(super) const HEADER_BYTES: usize = 64;
const FOOTER_BYTES: usize = 32;
const ENTRY_BYTES: usize = 24;
/// A block is about a mebibyte before it is compressed; one message may be longer.
pub(super) const MOST_BLOCK_BYTES: usize = 64 << 20;
const HINT: &str = "Copy the segment again from its object store; the blocks around this place were read.";

/// Reads segments.
pub(crate) struct SegmentReader {
    streams: LogStreams,
    limits: Limits,
    index: Option<Vec<Entry>>,
}

/// Where a block lies, and what its first deltas add to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Neither is known where the index is lost and a block before cannot be read.
    pub(super) offset: Option<u64>,
    pub(super) millis: Option<u64>,
    pub(super) begin: u64,
    pub(super) end: u64,
    pub(super) is_first: bool,
    pub(super) compressed: bool,
    /// Where it is a run of blocks whose begins are not known: the messages that it has at most.
    pub(super) run: Option<u64>,
}

impl Entry {
    /// The offset of the next message.
    ///
    /// Writers that do not begin anew count the first delta from the message before the block, which is one before the
    /// offset in the index. One that does not move on inside a block begins the next, whose place the index would have told.
    pub(super) fn moved(self, offset: u64, delta: i64, is_first: bool) -> u64 {
        let carries = is_first && !self.is_first && delta > 0;
        let begins = self.run.is_some() && !is_first && delta == 0;
        offset.wrapping_add_signed(delta).wrapping_sub(u64::from(carries)).wrapping_add(u64::from(begins))
    }
}

impl SegmentReader {
    pub(crate) fn new(name: String, limits: Limits) -> Self {
        Self { streams: LogStreams::new(name), limits, index: None }
    }

    /// Reads the index; the window holds the whole segment afterwards.
    fn open(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<()> {
        let most = self.limits.record_bytes.saturating_mul(4);
        let is_longer = window.want(usize::try_from(most.saturating_add(1)).unwrap_or(usize::MAX))?;
        let bytes = window.available();
        let index =
            if is_longer { Err("the segment is longer than may be held at once") } else { index_of(bytes) };
        let whole = ByteRange { offset: window.offset(), length: bytes.len() as u64 };
        self.index = Some(match index {
            Ok((index, true)) => index,
            Ok((index, false)) => {
                let reason =
                    "the checksum of the segment does not match: each block is read as far as it makes sense";
                batch.problem(Problem::note(whole, None, reason).hint(HINT));
                index
            }
            Err(reason) => {
                let compressed = if is_longer { None } else { compression_of(bytes).ok() };
                if let Some(salvaged) = compressed.and_then(|compressed| salvage(bytes, compressed, reason)) {
                    salvaged.problems.into_iter().for_each(|problem| batch.problem(problem));
                    salvaged.index
                } else {
                    let reason = format!("the segment cannot be read: {reason}");
                    batch.problem(
                        Problem::rejected(whole, None, reason)
                            .hint("Copy the segment again from its object store."),
                    );
                    Vec::new()
                }
            }
        });
        Ok(())
    }
}

impl Reader for SegmentReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        if !window.want(1)? {
            return Ok(false);
        }
        if self.index.is_none() {
            self.open(window, batch)?;
        }
        let at = window.offset();
        let index = self.index.as_deref().unwrap_or_default();
        let next = index.partition_point(|entry| entry.end <= at);
        let Some(entry) = index.get(next).copied() else {
            // The index and the footer, or what could not be read.
            window.pass_to(u64::MAX)?;
            return Ok(true);
        };
        if at < entry.begin {
            window.pass_to(entry.begin)?;
            return Ok(true);
        }
        let length =
            usize::try_from(entry.end - entry.begin).unwrap_or(usize::MAX).min(window.available().len());
        self.block(&window.available()[..length], entry, batch);
        window.pass_counting(length);
        Ok(true)
    }

    /// The index is read from the begin, wherever reading goes on.
    fn resume(&mut self, window: &mut Window, offset: u64) -> io::Result<bool> {
        if offset > 0 && window.want(1)? {
            self.open(window, &mut Batch::default())?;
        }
        window.pass_to(offset)
    }
}

impl SegmentReader {
    fn block(&mut self, stored: &[u8], entry: Entry, batch: &mut Batch) {
        let source = ByteRange { offset: entry.begin, length: stored.len() as u64 };
        let decoded = if entry.compressed { decompressed(stored) } else { Ok(stored.to_vec()) };
        let decoded = match decoded {
            Ok(decoded) => decoded,
            Err(reason) => {
                let reason = format!("the block cannot be decompressed: {reason}");
                batch.problem(Problem::rejected(source, None, reason).hint(HINT));
                return;
            }
        };
        let mut words = Words { bytes: &decoded, at: 0 };
        let (mut offset, mut millis, mut is_first) = (entry.offset, entry.millis, true);
        let mut left = entry.run.unwrap_or(u64::MAX);
        let mut budget = Budget::for_unit(decoded.len());
        while words.at < decoded.len() && left > 0 {
            left -= 1;
            let begin = words.at;
            let message = words.message();
            // What an event takes beyond the bytes of its message.
            let cost = RECORD_BYTES.saturating_sub(words.at - begin);
            let is_costly = message.is_some() && !budget.spend(cost);
            let Some((offset_delta, millis_delta, key, value)) = message.filter(|_| !is_costly) else {
                let rest =
                    ByteRange { offset: entry.begin + begin as u64, length: (decoded.len() - begin) as u64 };
                let source =
                    if entry.compressed { ByteRange { offset: source.end(), length: 0 } } else { rest };
                let what =
                    if is_costly { "would take far more memory than its length" } else { "is damaged" };
                let reason =
                    format!("the block {what} at its byte {begin}; the messages before it were read");
                batch.problem(Problem::rejected(source, None, reason).hint(HINT));
                return;
            };
            // Where an offset does not move on inside a block, the next one has begun, and its first time is not known.
            if entry.run.is_some() && !is_first && offset_delta == 0 {
                millis = None;
            }
            offset = offset.map(|offset| entry.moved(offset, offset_delta, is_first));
            millis = millis.map(|millis| millis.wrapping_add_signed(millis_delta));
            is_first = false;
            let own = ByteRange { offset: entry.begin + begin as u64, length: (words.at - begin) as u64 };
            let source = if entry.compressed { source } else { own };
            batch.push(self.streams.of(None), event_of(millis.unwrap_or(0), key, value, offset, source));
        }
    }
}

pub(super) fn decompressed(stored: &[u8]) -> Result<Vec<u8>, String> {
    let (size, block) = stored.split_first_chunk().ok_or("it is too short")?;
    let size = u32::from_le_bytes(*size) as usize;
    // LZ4 makes at most 255 bytes of one.
    if size > MOST_BLOCK_BYTES || size / 255 > block.len() {
        return Err(format!("it says that it holds {size} bytes"));
    }
    let mut decoded = vec![0; size];
    let count = lz4_flex::block::decompress_into(block, &mut decoded).map_err(|error| error.to_string())?;
    decoded.truncate(count);
    Ok(decoded)
}

/// Whether the blocks are compressed, by a header that makes sense.
fn compression_of(bytes: &[u8]) -> Result<bool, &'static str> {
    if bytes.len() < HEADER_BYTES || !bytes.starts_with(MARK) {
        return Err("it is too short, or does not begin with STRM");
    }
    if bytes[4..6] != [0, 1] {
        return Err("it is of a version that is not known");
    }
    match bytes[6..8] {
        [0, 0] => Ok(false),
        [0, 1] => Ok(true),
        _ => Err("its compression is not known"),
    }
}

/// The blocks in order, and whether the checksum holds.
fn index_of(bytes: &[u8]) -> Result<(Vec<Entry>, bool), &'static str> {
    let compressed = compression_of(bytes)?;
    let (body, footer) =
        bytes.split_at_checked(bytes.len() - FOOTER_BYTES).ok_or("the footer of the segment is missing")?;
    if body.len() < HEADER_BYTES || &footer[12..16] != MARK {
        return Err("the footer of the segment is missing");
    }
    let index_at = big_endian(&footer[..8]);
    let is_sound = u64::from(crc32fast::hash(body)) == big_endian(&footer[8..12]);
    let index = usize::try_from(index_at).ok().and_then(|at| body.get(at.max(HEADER_BYTES)..));
    let (count, entries) =
        index.and_then(|index| index.split_at_checked(4)).ok_or("the index of the segment is missing")?;
    let count = usize::try_from(big_endian(count)).unwrap_or(usize::MAX);
    Ok((entries_of(entries, count, index_at, compressed)?, is_sound))
}

/// What there is of the entries of an index that begins at `index_at`.
pub(super) fn entries_of(
    entries: &[u8],
    count: usize,
    index_at: u64,
    compressed: bool,
) -> Result<Vec<Entry>, &'static str> {
    let count = count.min(entries.len() / ENTRY_BYTES);
    let mut index: Vec<Entry> = Vec::with_capacity(count);
    for entry in entries.chunks_exact(ENTRY_BYTES).take(count) {
        let begin = big_endian(&entry[8..16]);
        let after = index.last().map_or(HEADER_BYTES as u64, |last| last.begin + 1);
        if !(after..index_at).contains(&begin) {
            return Err("the index of the segment is damaged");
        }
        if let Some(last) = index.last_mut() {
            last.end = begin;
        }
        let (offset, millis) = (Some(big_endian(&entry[..8])), Some(big_endian(&entry[16..24])));
        let is_first = index.is_empty();
        index.push(Entry { offset, millis, begin, end: index_at, is_first, compressed, run: None });
    }
    Ok(index)
}

pub(super) fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

/// The numbers and texts of messages, one behind the other.
pub(super) struct Words<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Words<'a> {
    /// The deltas of offset and time, the key and the value.
    pub(super) fn message(&mut self) -> Option<(i64, i64, &'a [u8], &'a [u8])> {
        Some((self.signed()?, self.signed()?, self.text()?, self.text()?))
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for (index, &byte) in self.bytes[self.at..].iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.at += index + 1;
                return Some(value);
            }
        }
        None
    }

    /// Zigzag.
    fn signed(&mut self) -> Option<i64> {
        self.number().map(|value| (value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let text = self.bytes[self.at..].get(..length)?;
        self.at += length;
        Some(text)
    }
}
