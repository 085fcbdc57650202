//! Text that is not UTF-8 with line feeds, made so: UTF-16, and lines that end in a carriage return alone.
//!
//! Nothing is lost on the way: half of a surrogate pair becomes the three bytes that it would have in UTF-8, which are
//! invalid there and so shown as what they are, and half of a unit at the end is a fault that is said.

use crate::wrapping::Layer;
use std::io::{self, BufRead, Read};

const LEAST_UNITS: usize = 8;
/// Longest UTF-8 of what one step takes in: a character, or a broken surrogate and one more.
const MOST_STEP_BYTES: usize = 6;

/// The UTF-16 that the first bytes are in: by a byte order mark, or where they make no sense as anything else.
pub(crate) fn utf16_of(head: &[u8]) -> Option<Layer> {
    if head.starts_with(b"\xff\xfe") && !head.starts_with(b"\xff\xfe\0\0") {
        return Some(Layer::Utf16Le);
    }
    if head.starts_with(b"\xfe\xff") {
        return Some(Layer::Utf16Be);
    }
    [Layer::Utf16Le, Layer::Utf16Be].into_iter().find(|&layer| is_mostly_latin(head, layer))
}

/// Whether all units are text and seven in ten are ASCII: not so of any binary format, nor of text in UTF-8.
fn is_mostly_latin(head: &[u8], layer: Layer) -> bool {
    let units = head.chunks_exact(2).map(|pair| unit(layer, pair[0], pair[1]));
    let (mut seen, mut ascii) = (0, 0);
    for character in char::decode_utf16(units) {
        let plain = match character {
            Ok(found) => !found.is_control() || matches!(found, '\t' | '\n' | '\r' | '\u{1b}'),
            // The sample may end within a pair.
            Err(_) => seen + 1 >= head.len() / 2,
        };
        if !plain {
            return false;
        }
        seen += 1;
        ascii += usize::from(character.is_ok_and(|found| found.is_ascii()));
    }
    seen >= LEAST_UNITS && ascii * 10 >= seen * 7
}

fn unit(layer: Layer, first: u8, second: u8) -> u16 {
    if layer == Layer::Utf16Be {
        u16::from_be_bytes([first, second])
    } else {
        u16::from_le_bytes([first, second])
    }
}

/// Whether the first bytes are text whose lines end in carriage returns alone.
pub(crate) fn has_carriage_returns_alone(head: &[u8]) -> bool {
    memchr::memchr_iter(b'\r', head).count() >= 2
        && !head.contains(&b'\n')
        && head.iter().all(|&byte| byte >= 0x20 || matches!(byte, b'\t' | b'\r' | 0x1b))
        && head.utf8_chunks().map(|chunk| chunk.invalid().len()).sum::<usize>() * 20 <= head.len()
}

/// UTF-8 of what is stored as UTF-16.
pub(crate) struct FromUtf16<R> {
    stored: R,
    layer: Layer,
    /// A high surrogate whose other half has not been seen.
    high: Option<u16>,
    decoded: Vec<u8>,
    at: usize,
    /// Whether the bytes broke off inside a unit.
    breaks_off: bool,
}

const DECODED_BYTES: usize = 64 << 10;

impl<R: BufRead> FromUtf16<R> {
    pub(crate) fn new(stored: R, layer: Layer) -> Self {
        Self {
            stored,
            layer,
            high: None,
            decoded: Vec::with_capacity(DECODED_BYTES),
            at: 0,
            breaks_off: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        self.decoded.clear();
        self.at = 0;
        if self.breaks_off {
            return Err(broken_off());
        }
        while self.decoded.len() + MOST_STEP_BYTES <= DECODED_BYTES {
            let mut pair = [0; 2];
            let available = match self.stored.fill_buf() {
                // What was decoded before is given first; whoever fails fails again.
                Err(_) if !self.decoded.is_empty() => return Ok(()),
                available => available?,
            };
            match available {
                [] => {
                    if let Some(high) = self.high.take() {
                        push_surrogate(&mut self.decoded, high);
                    }
                    return Ok(());
                }
                [first, second, ..] => {
                    pair = [*first, *second];
                    self.stored.consume(2);
                }
                [first] => {
                    pair[0] = *first;
                    self.stored.consume(1);
                    let Some(second) = self.stored.fill_buf().ok().and_then(|more| more.first().copied())
                    else {
                        if let Some(high) = self.high.take() {
                            push_surrogate(&mut self.decoded, high);
                        }
                        self.breaks_off = true;
                        return if self.decoded.is_empty() { Err(broken_off()) } else { Ok(()) };
                    };
                    pair[1] = second;
                    self.stored.consume(1);
                }
            }
            self.take(unit(self.layer, pair[0], pair[1]));
        }
        Ok(())
    }

    fn take(&mut self, unit: u16) {
        if let Some(high) = self.high.take() {
            if let Some(Ok(found)) = char::decode_utf16([high, unit]).next() {
                push(&mut self.decoded, found);
                return;
            }
            push_surrogate(&mut self.decoded, high);
        }
        match char::from_u32(u32::from(unit)) {
            Some(found) => push(&mut self.decoded, found),
            None if unit < 0xdc00 => self.high = Some(unit),
            None => push_surrogate(&mut self.decoded, unit),
        }
    }
}

fn broken_off() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "half of a unit")
}

fn push(decoded: &mut Vec<u8>, found: char) {
    decoded.extend_from_slice(found.encode_utf8(&mut [0; 4]).as_bytes());
}

fn push_surrogate(decoded: &mut Vec<u8>, unit: u16) {
    decoded.extend([0xed, 0x80 | (unit >> 6 & 0x3f) as u8, 0x80 | (unit & 0x3f) as u8]);
}

impl<R: BufRead> Read for FromUtf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.decoded.len() {
            self.refill()?;
        }
        let count = buffer.len().min(self.decoded.len() - self.at);
        buffer[..count].copy_from_slice(&self.decoded[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// A line feed for each carriage return that has none behind it; as many bytes as there were.
pub(crate) struct LineFeeds<R> {
    stored: R,
}

impl<R: BufRead> LineFeeds<R> {
    pub(crate) fn new(stored: R) -> Self {
        Self { stored }
    }
}

impl<R: BufRead> Read for LineFeeds<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.stored.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.stored.consume(count);
        for at in memchr::memchr_iter(b'\r', &buffer[..count]).collect::<Vec<_>>() {
            let next = match buffer[..count].get(at + 1) {
                Some(&next) => Some(next),
                // Whoever fails fails again, when what was read before has been given.
                None => self.stored.fill_buf().ok().and_then(|more| more.first().copied()),
            };
            if next != Some(b'\n') {
                buffer[at] = b'\n';
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, layer: Layer) -> Vec<u8> {
        let bytes = |unit: u16| if layer == Layer::Utf16Le { unit.to_le_bytes() } else { unit.to_be_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    }

    /// A reader that gives one byte at a time.
    fn decoded(stored: &[u8], layer: Layer, capacity: usize) -> Vec<u8> {
        let mut decoded = Vec::new();
        let stored = io::BufReader::with_capacity(capacity, stored);
        FromUtf16::new(stored, layer).read_to_end(&mut decoded).expect("memory can be read");
        decoded
    }

    #[test]
    fn utf16_becomes_utf8_and_what_is_broken_is_kept() {
        for layer in [Layer::Utf16Le, Layer::Utf16Be] {
            let text = "a line\r\n\u{e9}\u{4e2d}\u{1f600} end";
            for capacity in [1, 2, 3, 100] {
                assert_eq!(decoded(&utf16(text, layer), layer, capacity), text.as_bytes());
            }
        }
        assert_eq!(decoded(b"\x3d\xd8a\0", Layer::Utf16Le, 9), b"\xed\xa0\xbda");
        assert_eq!(decoded(b"\x00\xdea\0\x3d\xd8", Layer::Utf16Le, 9), b"\xed\xb8\x80a\xed\xa0\xbd");
    }

    #[test]
    fn half_a_unit_at_the_end_is_a_fault_behind_what_was_decoded() {
        for capacity in [1, 9] {
            let stored = io::BufReader::with_capacity(capacity, &b"a\0b\0c"[..]);
            let mut decoded = Vec::new();
            let read = FromUtf16::new(stored, Layer::Utf16Le).read_to_end(&mut decoded);
            assert_eq!(read.map_err(|error| error.kind()), Err(io::ErrorKind::UnexpectedEof));
            assert_eq!(decoded, b"ab");
        }
    }

    #[test]
    fn utf16_is_told_by_its_mark_or_by_its_zeros() {
        assert_eq!(utf16_of(b"\xff\xfea\0"), Some(Layer::Utf16Le));
        assert_eq!(utf16_of(b"\xfe\xff\0a"), Some(Layer::Utf16Be));
        for layer in [Layer::Utf16Le, Layer::Utf16Be] {
            assert_eq!(utf16_of(&utf16("2024-01-01 it began\r\n", layer)), Some(layer));
        }
        assert_eq!(utf16_of(b"2024-01-01 plain text in ASCII"), None);
        assert_eq!(utf16_of(&[0, 0, 0, 4, 10, 2, 18, 0, 0, 0, 0, 4, 10, 2, 18, 0]), None);
        assert_eq!(utf16_of("\u{6587}\u{5b57}\u{5316}\u{3051}".repeat(9).as_bytes()), None);
    }

    #[test]
    fn carriage_returns_alone_become_line_feeds() {
        assert!(has_carriage_returns_alone(b"a;b\rc;d\re;f\r"));
        assert!(!has_carriage_returns_alone(b"a;b\r\nc;d\r\n"));
        assert!(!has_carriage_returns_alone(b"\x00\r\x01\r"));
        for capacity in [1, 2, 100] {
            let mut decoded = Vec::new();
            let stored = io::BufReader::with_capacity(capacity, &b"a\rb\r\nc\r\rd\r"[..]);
            LineFeeds::new(stored).read_to_end(&mut decoded).expect("memory can be read");
            assert_eq!(decoded, b"a\nb\r\nc\n\nd\n");
        }
    }
}
