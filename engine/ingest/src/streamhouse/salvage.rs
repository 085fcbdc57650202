//! A segment whose index or footer is missing or damaged: its blocks found one behind the other.
//!
//! The first time of each block stands in the index alone, so messages of a block without an entry there have none. The end
//! of a compressed block follows from its own sequences (LZ4 block format description); blocks that are not compressed
//! are one run of messages, in which an offset that does not move on begins a block.

use super::segment::{Entry, HEADER_BYTES, MOST_BLOCK_BYTES, Words, big_endian, decompressed, entries_of};
use crate::model::Problem;
use cbad::ByteRange;
use memchr::memmem;

/// What can be read of such a segment.
pub(super) struct Salvaged {
    pub(super) index: Vec<Entry>,
    /// What a person should know of it, and what of the messages is lost.
    pub(super) problems: Vec<Problem>,
}

/// What the header says of the whole segment.
struct Header {
    offset: u64,
    messages: u64,
    blocks: u64,
    compressed: bool,
}

/// Finds the blocks; none where the header itself cannot be read.
pub(super) fn salvage(bytes: &[u8], compressed: bool, why: &str) -> Option<Salvaged> {
    let head = bytes.first_chunk::<HEADER_BYTES>()?;
    let header = Header {
        offset: big_endian(&head[8..16]),
        messages: big_endian(&head[24..28]),
        blocks: big_endian(&head[28..32]),
        compressed,
    };
    let known = begun_index(bytes, &header);
    let end = known.as_ref().map_or(bytes.len(), |(at, _)| *at);
    let mut index = known.map(|(_, entries)| entries).unwrap_or_default();
    let found =
        if compressed { walk(bytes, end, &header, &mut index) } else { run(bytes, end, &header, &mut index) };
    let Found { messages, read_to, is_told } = found;
    let untimed = index.iter().filter(|entry| entry.millis.is_none()).count();
    let times = match untimed {
        0 => "",
        _ if untimed == index.len() => "; the times of its messages are lost with its index",
        _ => "; the times of the messages whose blocks the index does not name are lost",
    };
    let whole = ByteRange { offset: 0, length: bytes.len() as u64 };
    let reason = format!("{why}: its blocks are read one behind the other up to byte {read_to}{times}");
    let mut problems = vec![Problem::note(whole, None, reason).hint(
        "Copy the segment again from its object store; where the writer was stopped, its write-ahead log may hold the rest.",
    )];
    // Whole messages as the header tells of them, and behind them what may be the begin of an index.
    let is_all = header.messages > 0 && messages >= header.messages;
    if !is_all && (read_to < end || !is_told) {
        let tail = ByteRange { offset: read_to as u64, length: (end - read_to) as u64 };
        let reason = format!(
            "the segment breaks off or is damaged at byte {read_to}: its header tells of {} messages, {messages} are there",
            header.messages
        );
        problems
            .push(Problem::rejected(tail, None, reason).hint("The messages before this place were read."));
    }
    Some(Salvaged { index, problems })
}

/// Where the index begins and what is there of it, where the segment has lost only what follows.
fn begun_index(bytes: &[u8], header: &Header) -> Option<(usize, Vec<Entry>)> {
    let first = [header.offset.to_be_bytes(), (HEADER_BYTES as u64).to_be_bytes()].concat();
    let found = memmem::rfind(&bytes[HEADER_BYTES..], &first)? + HEADER_BYTES;
    let at = found.checked_sub(4).filter(|at| *at >= HEADER_BYTES)?;
    if big_endian(&bytes[at..found]) != header.blocks {
        return None;
    }
    let count = usize::try_from(header.blocks).ok()?;
    let entries = entries_of(&bytes[found..], count, at as u64, header.compressed).ok()?;
    Some((at, entries))
}

/// What there is of a segment.
struct Found {
    messages: u64,
    /// Where the last block ends that can be read.
    read_to: usize,
    /// Whether reading a block will tell that messages of it are lost.
    is_told: bool,
}

/// Finds the compressed blocks; `index` has those that it names before, and all of them after.
fn walk(bytes: &[u8], end: usize, header: &Header, index: &mut Vec<Entry>) -> Found {
    let known = std::mem::take(index);
    let (mut messages, mut at, mut offset) = (0, HEADER_BYTES, Some(header.offset));
    let mut is_told = false;
    while at < end {
        let Some(length) = block_length(&bytes[at..end]) else { break };
        let named = known.iter().find(|entry| entry.begin == at as u64);
        let entry = Entry {
            offset: named.and_then(|entry| entry.offset).or(offset),
            millis: named.and_then(|entry| entry.millis),
            begin: at as u64,
            end: (at + length) as u64,
            is_first: index.is_empty(),
            compressed: true,
            run: None,
        };
        let decoded = decompressed(&bytes[at..at + length]);
        let (count, last, length_read) = counted(decoded.as_deref().unwrap_or_default(), entry);
        let is_whole = decoded.is_ok_and(|decoded| decoded.len() == length_read);
        messages += count;
        is_told |= !is_whole;
        offset = last.filter(|_| is_whole).map(|last| last.wrapping_add(1));
        index.push(entry);
        at += length;
    }
    Found { messages, read_to: at, is_told }
}

/// Finds the messages of blocks that are not compressed; what the index does not name is one run.
fn run(bytes: &[u8], end: usize, header: &Header, index: &mut Vec<Entry>) -> Found {
    let (begin, end) = (HEADER_BYTES as u64, end as u64);
    let run = Some(if header.messages == 0 { u64::MAX } else { header.messages });
    if index.is_empty() {
        let offset = Some(header.offset);
        index.push(Entry { offset, millis: None, begin, end, is_first: true, compressed: false, run });
    } else if (index.len() as u64) < header.blocks {
        index.iter_mut().last().expect("it is not empty").run = run;
    }
    let (mut messages, mut read_to, mut is_told) = (0, HEADER_BYTES, false);
    let last = index.len() - 1;
    for (number, entry) in index.iter_mut().enumerate() {
        let stored = &bytes[entry.begin as usize..entry.end as usize];
        let (count, _, length) = counted(stored, *entry);
        messages += count;
        read_to = entry.begin as usize + length;
        if number == last {
            // What follows is told of once, for the whole segment.
            entry.end = read_to as u64;
        } else {
            is_told |= length < stored.len();
        }
    }
    Found { messages, read_to, is_told }
}

/// The whole messages of a block, the offset of its last one, and how many bytes they take.
fn counted(decoded: &[u8], entry: Entry) -> (u64, Option<u64>, usize) {
    let mut words = Words { bytes: decoded, at: 0 };
    let (mut count, mut offset, mut length) = (0, entry.offset, 0);
    while count < entry.run.unwrap_or(u64::MAX) && words.at < decoded.len() {
        let Some((delta, _, _, _)) = words.message() else { break };
        offset = offset.map(|offset| entry.moved(offset, delta, count == 0));
        count += 1;
        length = words.at;
    }
    (count, offset, length)
}

/// The bytes of a compressed block, its size included: the sequences that make as many bytes as it says.
fn block_length(stored: &[u8]) -> Option<usize> {
    let size = u32::from_le_bytes(*stored.first_chunk()?) as usize;
    let (mut at, mut made) = (4, 0_usize);
    if size > MOST_BLOCK_BYTES {
        return None;
    }
    loop {
        let token = *stored.get(at)?;
        at += 1;
        let literals = extended(stored, &mut at, token >> 4)?;
        at = at.checked_add(literals).filter(|at| *at <= stored.len())?;
        made = made.checked_add(literals)?;
        if made >= size {
            return (made == size).then_some(at);
        }
        // The distance of a match, then how much more than four bytes it has.
        at += 2;
        made = made.checked_add(4 + extended(stored, &mut at, token & 0x0f)?)?;
    }
}

/// A length of which a token holds four bits, and the bytes behind it the rest.
fn extended(stored: &[u8], at: &mut usize, bits: u8) -> Option<usize> {
    let mut length = usize::from(bits);
    if bits == 15 {
        loop {
            let byte = *stored.get(*at)?;
            *at += 1;
            length += usize::from(byte);
            if byte != u8::MAX {
                break;
            }
        }
    }
    Some(length)
}
