//! Segments: a header, blocks of delta-coded messages, an index, and a footer with a checksum.

use super::event_of;
use crate::model::{Batch, Limits, Problem};
use crate::reader::Reader;
use crate::streams::LogStreams;
use crate::window::Window;
use cbad::ByteRange;
use std::io;

pub(crate) const MARK: &[u8] = b"STRM";
const HEADER_BYTES: usize = 64;
const FOOTER_BYTES: usize = 32;
const ENTRY_BYTES: usize = 24;
/// A block is about a mebibyte before it is compressed; one message may be longer.
const MOST_BLOCK_BYTES: usize = 64 << 20;
const HINT: &str = "Copy the segment again from its object store; the blocks around this place were read.";

/// Reads segments.
pub(crate) struct SegmentReader {
    streams: LogStreams,
    limits: Limits,
    index: Option<Vec<Entry>>,
}

/// Where a block lies, and what its first deltas add to.
#[derive(Clone, Copy, Debug)]
struct Entry {
    offset: u64,
    millis: u64,
    begin: u64,
    end: u64,
    is_first: bool,
    compressed: bool,
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
                batch.problem(Problem::rejected(whole, None, format!("the segment cannot be read: {reason}")).hint(
                    "Without its index the blocks cannot be told apart. Copy the segment again from its object store.",
                ));
                Vec::new()
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
        while words.at < decoded.len() {
            let begin = words.at;
            let Some((offset_delta, millis_delta, key, value)) = words.message() else {
                let rest =
                    ByteRange { offset: entry.begin + begin as u64, length: (decoded.len() - begin) as u64 };
                let source =
                    if entry.compressed { ByteRange { offset: source.end(), length: 0 } } else { rest };
                let reason =
                    format!("the block is damaged at its byte {begin}; the messages before it were read");
                batch.problem(Problem::rejected(source, None, reason).hint(HINT));
                return;
            };
            // Writers that do not begin anew count the first delta from the message before the block, which is one
            // before the offset in the index.
            let carries = is_first && !entry.is_first && offset_delta > 0;
            offset = offset.wrapping_add_signed(offset_delta).wrapping_sub(u64::from(carries));
            millis = millis.wrapping_add_signed(millis_delta);
            is_first = false;
            let own = ByteRange { offset: entry.begin + begin as u64, length: (words.at - begin) as u64 };
            let source = if entry.compressed { source } else { own };
            batch.push(self.streams.of(None), event_of(millis, key, value, Some(offset), source));
        }
    }
}

fn decompressed(stored: &[u8]) -> Result<Vec<u8>, String> {
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

/// The blocks in order, and whether the checksum holds.
fn index_of(bytes: &[u8]) -> Result<(Vec<Entry>, bool), &'static str> {
    if bytes.len() < HEADER_BYTES + FOOTER_BYTES || !bytes.starts_with(MARK) {
        return Err("it is too short, or does not begin with STRM");
    }
    if bytes[4..6] != [0, 1] {
        return Err("it is of a version that is not known");
    }
    let compressed = match bytes[6..8] {
        [0, 0] => false,
        [0, 1] => true,
        _ => return Err("its compression is not known"),
    };
    let (body, footer) = bytes.split_at(bytes.len() - FOOTER_BYTES);
    if &footer[12..16] != MARK {
        return Err("its footer is missing");
    }
    let index_at = big_endian(&footer[..8]);
    let is_sound = u64::from(crc32fast::hash(body)) == big_endian(&footer[8..12]);
    let index = usize::try_from(index_at).ok().and_then(|at| body.get(at.max(HEADER_BYTES)..));
    let (count, entries) = index.and_then(|index| index.split_at_checked(4)).ok_or("its index is missing")?;
    let count = usize::try_from(big_endian(count)).unwrap_or(usize::MAX).min(entries.len() / ENTRY_BYTES);
    let mut index: Vec<Entry> = Vec::with_capacity(count);
    for entry in entries.chunks_exact(ENTRY_BYTES).take(count) {
        let begin = big_endian(&entry[8..16]);
        let after = index.last().map_or(HEADER_BYTES as u64, |last| last.begin + 1);
        if !(after..index_at).contains(&begin) {
            return Err("its index is damaged");
        }
        if let Some(last) = index.last_mut() {
            last.end = begin;
        }
        let (offset, millis) = (big_endian(&entry[..8]), big_endian(&entry[16..24]));
        index.push(Entry { offset, millis, begin, end: index_at, is_first: index.is_empty(), compressed });
    }
    Ok((index, is_sound))
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

struct Words<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Words<'a> {
    /// The deltas of offset and time, the key and the value.
    fn message(&mut self) -> Option<(i64, i64, &'a [u8], &'a [u8])> {
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
