//! A block without what each event nearly shares with the one before: its time, and its place in the capture.
//!
//! A time takes nine bytes of an encoded event and a place five, new ones each time, in which a compressor finds little. They are
//! written as what they are off from the event before, in front of all events (`docs/BENCHMARKS.md`, the case file; delta coding of
//! time series: Pelkonen et al., Gorilla, VLDB 2015). The bytes come back exactly: an event whose own encoding would not is
//! refused, and then its block is kept as it is.

use crate::block::Places;
use crate::numbers::{MOST_NUMBER_BYTES, put, take, unzigzag, zigzag};
use crate::view::EventView;

const LENGTH_BYTES: usize = 4;
/// The most that four numbers of an event take in front, beside what it gives away.
const MOST_HEAD_BYTES: u64 = 40;

/// A block being written lean, event by event.
#[derive(Debug, Default)]
pub(crate) struct Lean {
    /// For each event: the bytes that are left of it and whether it has a time, the time, offset and length of its place.
    heads: Vec<u8>,
    /// What is left of each event.
    rests: Vec<u8>,
    before: Before,
    is_refused: bool,
}

/// What the next event's numbers are counted from.
#[derive(Clone, Copy, Debug, Default)]
struct Before {
    time_nanos: i64,
    source_end: u64,
}

impl Lean {
    /// Takes an encoded event, and what is in it.
    pub(crate) fn push(&mut self, encoded: &[u8], view: &EventView<'_>) {
        let Some(rest) = rest_of(encoded, view) else {
            self.is_refused = true;
            return;
        };
        let before = self.before;
        let length = rest.len() as u64;
        put(length << 1 | u64::from(view.time_nanos.is_some()), &mut self.heads);
        if let Some(time) = view.time_nanos {
            put(zigzag(time.wrapping_sub(before.time_nanos)), &mut self.heads);
            self.before.time_nanos = time;
        }
        let source = view.source;
        put(zigzag(source.offset.wrapping_sub(before.source_end) as i64), &mut self.heads);
        put(zigzag(source.length.wrapping_sub(length) as i64), &mut self.heads);
        self.before.source_end = source.offset.wrapping_add(source.length);
        self.rests.extend_from_slice(rest);
    }

    /// Writes all of it, and makes room for the next block; false where an event was refused.
    pub(crate) fn finish(&mut self, into: &mut Vec<u8>) -> bool {
        into.clear();
        put(self.heads.len() as u64, into);
        into.extend_from_slice(&self.heads);
        into.extend_from_slice(&self.rests);
        self.heads.clear();
        self.rests.clear();
        self.before = Before::default();
        !std::mem::take(&mut self.is_refused)
    }
}

/// What lies between an event's time, which comes first, and its place, which comes last; none where they are not written as
/// they would be written again.
fn rest_of<'e>(encoded: &'e [u8], view: &EventView<'_>) -> Option<&'e [u8]> {
    let (has_time, after) = encoded.split_first()?;
    let after = match view.time_nanos {
        None if *has_time == 0 => after,
        Some(time) if *has_time == 1 => Number::of(zigzag(time)).after(after)?,
        _ => return None,
    };
    let rest = Number::of(view.source.length).before(after)?;
    Number::of(view.source.offset).before(rest)
}

/// The most bytes that a lean block may have whose events take `raw_bytes`.
pub(crate) fn most_bytes(raw_bytes: u64, events: u64) -> u64 {
    raw_bytes.saturating_add(events.saturating_mul(MOST_HEAD_BYTES))
}

/// The block's bytes again, and where its events are in them.
pub(crate) fn restore(lean: &[u8], raw_bytes: u64) -> Result<(Vec<u8>, Places), &'static str> {
    const SHORT: &str = "it ends within an event";
    let mut rests = lean;
    let heads_bytes = take(&mut rests).ok_or(SHORT)?;
    let heads_bytes = usize::try_from(heads_bytes).map_err(|_| SHORT)?;
    let (mut heads, mut rests) = rests.split_at_checked(heads_bytes).ok_or(SHORT)?;
    let mut bytes = Vec::with_capacity(raw_bytes.min(2 * lean.len() as u64) as usize);
    let mut places = Vec::with_capacity(heads.len() / 4);
    let mut before = Before::default();
    while !heads.is_empty() {
        let first = take(&mut heads).ok_or(SHORT)?;
        let time_nanos = if first & 1 == 1 {
            let off = unzigzag(take(&mut heads).ok_or(SHORT)?);
            before.time_nanos = before.time_nanos.wrapping_add(off);
            Some(before.time_nanos)
        } else {
            None
        };
        let offset = before.source_end.wrapping_add(unzigzag(take(&mut heads).ok_or(SHORT)?) as u64);
        let length = (first >> 1).wrapping_add(unzigzag(take(&mut heads).ok_or(SHORT)?) as u64);
        before.source_end = offset.wrapping_add(length);
        let rest_bytes = usize::try_from(first >> 1).map_err(|_| SHORT)?;
        let (rest, after) = rests.split_at_checked(rest_bytes).ok_or(SHORT)?;
        rests = after;

        let start = bytes.len() + LENGTH_BYTES;
        bytes.extend_from_slice(&[0; LENGTH_BYTES]);
        put_time(time_nanos, &mut bytes);
        bytes.extend_from_slice(rest);
        put(offset, &mut bytes);
        put(length, &mut bytes);
        if bytes.len() as u64 > raw_bytes {
            return Err("it holds more bytes than were announced");
        }
        let length = u32::try_from(bytes.len() - start).map_err(|_| "an event of it is too long")?;
        bytes[start - LENGTH_BYTES..start].copy_from_slice(&length.to_le_bytes());
        places.push((start as u32, length));
    }
    if rests.is_empty() { Ok((bytes, places)) } else { Err("bytes are left over after its last event") }
}

/// A time as `postcard` writes it.
fn put_time(time_nanos: Option<i64>, bytes: &mut Vec<u8>) {
    bytes.push(u8::from(time_nanos.is_some()));
    if let Some(time) = time_nanos {
        put(zigzag(time), bytes);
    }
}

/// A number as it is written: seven bits a byte, the lowest first, as `postcard` and Protocol Buffers have it.
struct Number {
    bytes: [u8; MOST_NUMBER_BYTES],
    length: usize,
}

impl Number {
    #[inline]
    fn of(mut number: u64) -> Self {
        let (mut bytes, mut last) = ([0; MOST_NUMBER_BYTES], 0);
        while number >= 0x80 {
            bytes[last] = number as u8 | 0x80;
            number >>= 7;
            last += 1;
        }
        bytes[last] = number as u8;
        Self { bytes, length: last + 1 }
    }

    /// What comes after it in bytes that begin with it.
    fn after<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let (begin, rest) = bytes.split_at_checked(self.length)?;
        self.is(begin).then_some(rest)
    }

    /// What comes before it in bytes that end with it.
    fn before<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let (rest, end) = bytes.split_at_checked(bytes.len().checked_sub(self.length)?)?;
        self.is(end).then_some(rest)
    }

    /// Byte by byte: the call that compares takes longer than the few bytes.
    #[inline]
    fn is(&self, bytes: &[u8]) -> bool {
        bytes.iter().zip(&self.bytes).all(|(one, other)| one == other)
    }
}

#[cfg(test)]
mod tests {
    use super::{Lean, most_bytes, restore};
    use crate::block::{append, encodings};
    use crate::view::EventView;
    use cbad::{ByteRange, Event, Field, Value};

    /// Events with and without times, out of order, at the ends of what numbers can be, with texts that end in bytes like those
    /// of a number.
    fn strange() -> Vec<Event> {
        let times =
            [None, Some(0), Some(i64::MIN), Some(i64::MAX), Some(-1), None, Some(1_700_000_000_000_000_000)];
        let offsets = [0, u64::MAX, 1 << 63, 5, 0x80, 0x7f];
        let mut events = Vec::new();
        for (index, time) in times.iter().cycle().take(60).enumerate() {
            let offset = offsets[index % offsets.len()];
            let source = ByteRange { offset, length: offsets[index / 7 % offsets.len()] };
            let mut event = Event::new(vec![0x80 | index as u8; index % 5], source);
            event.time_nanos = *time;
            if index % 3 == 0 {
                event.fields.push(Field { path: "é".into(), value: Value::Text("ß".repeat(index)) });
            }
            events.push(event);
        }
        events
    }

    fn lean(raw: &[u8]) -> Option<Vec<u8>> {
        let (mut lean, mut bytes) = (Lean::default(), Vec::new());
        for encoded in encodings(raw) {
            let encoded = encoded.expect("whole");
            lean.push(encoded, &EventView::of(encoded).expect("its own encoding"));
        }
        lean.finish(&mut bytes).then_some(bytes)
    }

    #[test]
    fn every_byte_comes_back() {
        let mut raw = Vec::new();
        assert_eq!(restore(&lean(&raw).expect("nothing"), 0), Ok((Vec::new(), Vec::new())));
        for event in strange() {
            append(&event, &mut raw);
        }
        let written = lean(&raw).expect("they are written as they are written");
        assert!(written.len() as u64 <= most_bytes(raw.len() as u64, 60));
        let (bytes, places) = restore(&written, raw.len() as u64).expect("whole");
        assert_eq!(bytes, raw);
        let found: Vec<_> =
            places.iter().map(|(start, length)| &bytes[*start as usize..][..*length as usize]).collect();
        assert_eq!(found, encodings(&raw).map(|encoded| encoded.expect("whole")).collect::<Vec<_>>());
    }

    #[test]
    fn lines_of_a_log_take_few_bytes_in_front() {
        let mut raw = Vec::new();
        for line in 0..100_u64 {
            let mut event = Event::new("worker 17 took job", ByteRange { offset: line * 19, length: 18 });
            event.time_nanos = Some(1_700_000_000_000_000_000 + line as i64 * 1000);
            append(&event, &mut raw);
        }
        let written = lean(&raw).expect("they are written as they are written");
        assert!(written.len() + 1000 < raw.len(), "{} of {}", written.len(), raw.len());
    }

    #[test]
    fn another_spelling_of_a_number_is_refused() {
        let mut raw = Vec::new();
        append(&Event::new("line", ByteRange { offset: 1, length: 4 }), &mut raw);
        // The last number, 4, in two bytes.
        let last = raw.len() - 1;
        raw.splice(last.., [0x84, 0]);
        raw[0] += 1;
        assert_eq!(lean(&raw), None);
    }

    #[test]
    fn damage_is_said_and_never_panics() {
        let mut raw = Vec::new();
        for event in strange() {
            append(&event, &mut raw);
        }
        let written = lean(&raw).expect("they are written as they are written");
        for cut in 0..written.len() {
            assert!(restore(&written[..cut], raw.len() as u64).is_err(), "cut at {cut}");
        }
        assert!(restore(&written, raw.len() as u64 - 1).is_err());
        for at in 0..written.len() {
            let mut flipped = written.clone();
            flipped[at] ^= 0x81;
            let _ = restore(&flipped, raw.len() as u64);
        }
    }
}
