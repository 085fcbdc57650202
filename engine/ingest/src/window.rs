//! A sliding window over the decoded bytes: the readers look at what is in it, then pass over it.

use crate::decode::Decoder;
use crate::probe::PROBE_BYTES;
use memchr::{memchr, memchr_iter};
use std::io;

const CHUNK_BYTES: usize = 256 << 10;
/// A buffer that one long record made larger than this is given back once it is nearly empty.
const KEPT_BYTES: usize = 4 << 20;
/// The buffer doubles up to steps of this size, so that a record at the limit does not cost twice the limit.
const MOST_GROWTH_BYTES: usize = 8 << 20;

/// The bytes from `offset` on that have been read and not yet passed.
pub(crate) struct Window {
    decoder: Decoder,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
    lines: u64,
    ended: bool,
}

/// A line, as positions from the start of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// One past its last byte, without `\n` or `\r\n`.
    pub(crate) end: usize,
    /// Where the next line begins.
    pub(crate) next: usize,
}

/// How much is cut off at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinesCut {
    pub(crate) lines: usize,
    /// Bytes of these lines together; the window must hold as many.
    pub(crate) bytes: usize,
    /// Bytes of a line that is longer than that, and is cut off alone.
    pub(crate) line_bytes: u64,
}

/// What stands at a place where a line should begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineAt {
    Line(Line),
    /// More bytes than the limit without a line end.
    TooLong,
    End,
}

impl Window {
    /// A window with as much in it as is looked at to recognise a format. `room` is memory of another that is over: making
    /// new room costs more than reading a small member does.
    pub(crate) fn begin(decoder: Decoder, mut room: Vec<u8>) -> io::Result<Self> {
        // Of the size that a window begins with, so that as much is read into it at first.
        if room.len() < 2 * CHUNK_BYTES || room.capacity() > KEPT_BYTES {
            room = Vec::new();
        }
        room.truncate(2 * CHUNK_BYTES);
        let mut window = Self { decoder, bytes: room, start: 0, end: 0, offset: 0, lines: 0, ended: false };
        window.want(PROBE_BYTES)?;
        Ok(window)
    }

    /// What has been read and not passed.
    pub(crate) fn available(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Decoded offset of the first available byte.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Number, from 1, of the line that the first available byte is on.
    pub(crate) fn line_number(&self) -> u64 {
        self.lines + 1
    }

    pub(crate) fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// Passes over `count` available bytes, `line_ends` of which end a line.
    pub(crate) fn pass(&mut self, count: usize, line_ends: u64) {
        debug_assert!(count <= self.end - self.start, "readers pass only what they have seen");
        self.start += count;
        self.offset += count as u64;
        self.lines += line_ends;
    }

    /// Passes over `count` available bytes and counts the line ends among them.
    pub(crate) fn pass_counting(&mut self, count: usize) {
        let line_ends = memchr_iter(b'\n', &self.available()[..count]).count() as u64;
        self.pass(count, line_ends);
    }

    /// Reads more; false at the end of the decoded bytes.
    pub(crate) fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.end == self.bytes.len() {
            self.make_room();
        }
        let count = self.decoder.read(&mut self.bytes[self.end..])?;
        self.end += count;
        self.ended = count == 0;
        Ok(count > 0)
    }

    fn make_room(&mut self) {
        let held = self.end - self.start;
        self.bytes.copy_within(self.start..self.end, 0);
        self.start = 0;
        self.end = held;
        if held < CHUNK_BYTES && self.bytes.len() > KEPT_BYTES {
            self.bytes.truncate(2 * CHUNK_BYTES);
            self.bytes.shrink_to_fit();
        } else if self.bytes.len() - held < CHUNK_BYTES {
            let wanted = held + held.clamp(2 * CHUNK_BYTES, MOST_GROWTH_BYTES);
            // Not doubled, as a vector does by itself: a limit on what is held would hold for half of it.
            self.bytes.reserve_exact(wanted.saturating_sub(self.bytes.len()));
            self.bytes.resize(wanted, 0);
        }
    }

    /// Reads until at least `count` bytes are available; false where the decoded bytes end before.
    pub(crate) fn want(&mut self, count: usize) -> io::Result<bool> {
        while self.end - self.start < count {
            if !self.fill()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The line that begins `from` bytes into the window, if it is no longer than `limit` bytes.
    pub(crate) fn line_at(&mut self, from: usize, limit: u64) -> io::Result<LineAt> {
        let mut searched = from;
        loop {
            if let Some(found) = memchr(b'\n', &self.available()[searched..]) {
                let newline = searched + found;
                if (newline - from) as u64 > limit {
                    return Ok(LineAt::TooLong);
                }
                let cut = newline > from && self.available()[newline - 1] == b'\r';
                return Ok(LineAt::Line(Line { end: newline - usize::from(cut), next: newline + 1 }));
            }
            searched = self.end - self.start;
            if (searched - from) as u64 > limit {
                return Ok(LineAt::TooLong);
            }
            if !self.fill()? {
                let end = self.end - self.start;
                return Ok(if end == from { LineAt::End } else { LineAt::Line(Line { end, next: end }) });
            }
        }
    }

    /// The line that begins `from` available bytes on, where it ends within the first `most`.
    pub(crate) fn line_within(&mut self, from: usize, most: u64) -> io::Result<Option<Line>> {
        match self.line_at(from, most.saturating_sub(from as u64))? {
            LineAt::Line(line) if line.end as u64 <= most => Ok(Some(line)),
            LineAt::Line(_) | LineAt::TooLong | LineAt::End => Ok(None),
        }
    }

    /// Cuts off whole lines from here on, and passes over them: as many as fit, or one that is longer. Nothing where none ends
    /// within reach, or where the decoded bytes end soon. They are put into `room`.
    pub(crate) fn cut_lines(&mut self, most: LinesCut, room: &mut Vec<u8>) -> io::Result<Option<Self>> {
        if !self.want(most.bytes)? {
            return Ok(None);
        }
        let ends = memchr_iter(b'\n', &self.available()[..most.bytes]).take(most.lines);
        let (mut length, mut lines) = ends.fold((0, 0), |(_, lines), end| (end + 1, lines + 1));
        if lines == 0 {
            let LineAt::Line(line) = self.line_at(0, most.line_bytes)? else { return Ok(None) };
            (length, lines) = (line.next, 1);
        }
        let mut bytes = std::mem::take(room);
        bytes.clear();
        bytes.extend_from_slice(&self.available()[..length]);
        let cut = Self {
            decoder: Decoder::nothing(),
            bytes,
            start: 0,
            end: length,
            offset: self.offset,
            lines: self.lines,
            ended: true,
        };
        self.pass(length, lines);
        Ok(Some(cut))
    }

    /// The memory of what it held, for another.
    pub(crate) fn into_room(self) -> Vec<u8> {
        self.bytes
    }

    /// Passes over the rest of the line, its end included, however long it is, and returns its length.
    pub(crate) fn skip_line(&mut self) -> io::Result<u64> {
        let begin = self.offset;
        loop {
            if let Some(found) = memchr(b'\n', self.available()) {
                self.pass(found + 1, 1);
                return Ok(self.offset - begin);
            }
            self.pass(self.end - self.start, 0);
            if !self.fill()? {
                return Ok(self.offset - begin);
            }
        }
    }

    /// Passes over everything before decoded byte `offset`; false where the decoded bytes end before.
    pub(crate) fn pass_to(&mut self, offset: u64) -> io::Result<bool> {
        while self.offset < offset {
            if self.start == self.end && !self.fill()? {
                return Ok(false);
            }
            let wanted = usize::try_from(offset - self.offset).unwrap_or(usize::MAX);
            self.pass_counting(wanted.min(self.end - self.start));
        }
        Ok(true)
    }
}
