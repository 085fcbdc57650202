//! Cuts a capture into JSON documents: one a line, or, in pretty-printed captures and arrays, one a value.

use crate::model::{Batch, Limits, Problem};
use crate::text::{reject_long_line, skip_byte_order_mark};
use crate::window::{LineAt, Window};
use cbad::ByteRange;
use std::io;

/// How documents follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// A line holds whole documents, nearly always one. A damaged line costs itself only.
    Lines,
    /// Documents run over several lines, or stand in one array, or behind one another.
    Values,
    /// A record separator stands before each document, RFC 7464. A damaged one costs itself only.
    Sequence,
    /// The length of each document stands before it as four bytes, big-endian: the collector's file exporter.
    Lengths,
}

const LENGTH_BYTES: usize = 4;

/// The document that such a length leads to, as far as it is there, and the length.
pub(crate) fn behind_length(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    Some((&rest[..length.min(rest.len())], length))
}

/// What RFC 7464 puts before each document.
pub(crate) const RECORD_SEPARATOR: u8 = 0x1e;

/// What comes next in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    /// So many bytes from the window's begin hold documents; `next` bytes lead to what follows.
    Bytes {
        length: usize,
        next: usize,
    },
    /// Something was passed over: blanks, separators, or a document that was too long and is a problem in the batch.
    Passed,
    End,
}

/// Finds the next document. Only the file itself can fail.
pub(crate) fn next_document(
    window: &mut Window,
    framing: Framing,
    limits: &Limits,
    batch: &mut Batch,
) -> io::Result<Document> {
    skip_byte_order_mark(window)?;
    match framing {
        Framing::Lines => next_line(window, limits, batch),
        Framing::Values => next_value(window, limits, batch),
        Framing::Sequence => next_of_sequence(window, limits, batch),
        Framing::Lengths => next_behind_length(window, limits, batch),
    }
}

/// Passes over the length, so that the window begins with the document. A length is believed only as far as bytes are
/// there.
fn next_behind_length(window: &mut Window, limits: &Limits, batch: &mut Batch) -> io::Result<Document> {
    if !window.want(1)? {
        return Ok(Document::End);
    }
    let offset = window.offset();
    window.want(LENGTH_BYTES)?;
    let Some((_, length)) = behind_length(window.available()) else {
        let left = window.available().len();
        window.pass_counting(left);
        let source = ByteRange { offset, length: left as u64 };
        batch.problem(Problem::rejected(source, None, "the capture breaks off inside a document's length"));
        return Ok(Document::Passed);
    };
    if length as u64 > limits.record_bytes {
        window.pass_to(offset.saturating_add((LENGTH_BYTES + length) as u64))?;
        let source = ByteRange { offset, length: window.offset() - offset };
        let reason = format!(
            "a document says it is {length} bytes long, more than the {} that one record may take",
            limits.record_bytes
        );
        batch.problem(
            Problem::rejected(source, None, reason)
                .hint("The length may be damaged; what follows this place cannot be told apart without it."),
        );
        return Ok(Document::Passed);
    }
    window.pass_counting(LENGTH_BYTES);
    if !window.want(length)? {
        let left = window.available().len();
        let source = ByteRange { offset, length: (LENGTH_BYTES + left) as u64 };
        let reason =
            format!("a document says it is {length} bytes long, and the capture ends after {left} of them");
        if left == 0 {
            batch.problem(Problem::rejected(source, None, reason));
            return Ok(Document::Passed);
        }
        batch.problem(
            Problem::note(source, None, reason).hint("What is there of it was read as far as it goes."),
        );
        return Ok(Document::Bytes { length: left, next: left });
    }
    Ok(Document::Bytes { length, next: length })
}

fn next_line(window: &mut Window, limits: &Limits, batch: &mut Batch) -> io::Result<Document> {
    match window.line_at(0, limits.record_bytes)? {
        LineAt::End => Ok(Document::End),
        LineAt::TooLong => {
            reject_long_line(window, batch, limits.record_bytes)?;
            Ok(Document::Passed)
        }
        LineAt::Line(line) if window.available()[..line.end].iter().copied().all(separates) => {
            window.pass(line.next, 1);
            Ok(Document::Passed)
        }
        LineAt::Line(line) => Ok(Document::Bytes { length: line.end, next: line.next }),
    }
}

/// Blanks, and the record separator of RFC 7464.
pub(crate) fn separates(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == RECORD_SEPARATOR
}

/// The document up to the next record separator.
fn next_of_sequence(window: &mut Window, limits: &Limits, batch: &mut Batch) -> io::Result<Document> {
    if !window.want(1)? {
        return Ok(Document::End);
    }
    let blanks = window.available().iter().take_while(|byte| separates(**byte)).count();
    if blanks > 0 {
        window.pass_counting(blanks);
        return Ok(Document::Passed);
    }
    let (offset, line) = (window.offset(), window.line_number());
    let mut searched = 0;
    loop {
        if let Some(found) = memchr::memchr(RECORD_SEPARATOR, &window.available()[searched..]) {
            let next = searched + found;
            if next as u64 <= limits.record_bytes {
                return Ok(Document::Bytes { length: next, next });
            }
        }
        searched = window.available().len();
        if searched as u64 > limits.record_bytes {
            break;
        }
        if !window.fill()? {
            return Ok(Document::Bytes { length: searched, next: searched });
        }
    }
    // Too long: passed over up to the next separator, whatever it holds.
    loop {
        let found = memchr::memchr(RECORD_SEPARATOR, window.available());
        window.pass_counting(found.unwrap_or(window.available().len()));
        if found.is_some() || !window.fill()? {
            break;
        }
    }
    let length = window.offset() - offset;
    let reason = format!(
        "the JSON document is {length} bytes long, more than the {} that one record may take",
        limits.record_bytes
    );
    batch.problem(
        Problem::rejected(ByteRange { offset, length }, Some(line), reason)
            .hint("Raise the record-bytes limit if it is one genuine record."),
    );
    Ok(Document::Passed)
}

fn next_value(window: &mut Window, limits: &Limits, batch: &mut Batch) -> io::Result<Document> {
    if !window.want(1)? {
        return Ok(Document::End);
    }
    // The brackets and commas of an array around all documents are passed over like blanks.
    let between = |byte: &u8| separates(*byte) || matches!(byte, b',' | b'[' | b']');
    let blanks = window.available().iter().take_while(|byte| between(byte)).count();
    if blanks > 0 {
        window.pass_counting(blanks);
        return Ok(Document::Passed);
    }
    let mut extent = Extent::default();
    let most = usize::try_from(limits.record_bytes).unwrap_or(usize::MAX);
    loop {
        let available = window.available();
        // Looking no further than the limit keeps the verdict the same however much happens to be in the window.
        if let Some(length) = extent.advance(&available[..available.len().min(most)]) {
            return Ok(Document::Bytes { length, next: length });
        }
        if available.len() > most {
            reject_long_value(window, batch, limits.record_bytes)?;
            return Ok(Document::Passed);
        }
        if !window.fill()? {
            let length = window.available().len();
            return Ok(Document::Bytes { length, next: length });
        }
    }
}

/// Where a value ends, by brackets and quotes alone, found piece by piece as bytes come in.
#[derive(Debug, Default)]
struct Extent {
    seen: usize,
    depth: u64,
    in_text: bool,
    escaped: bool,
}

impl Extent {
    /// The length of the value that begins `bytes`, once it is all there.
    fn advance(&mut self, bytes: &[u8]) -> Option<usize> {
        for &byte in &bytes[self.seen..] {
            self.seen += 1;
            if self.in_text {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                // A value that is no object ends with its line.
                b'\n' if self.depth == 0 => return Some(self.seen),
                _ => continue,
            }
            if self.depth == 0 && matches!(byte, b'}' | b']') {
                return Some(self.seen);
            }
        }
        None
    }
}

/// Passes on to the next line that looks like the begin of a document.
fn reject_long_value(window: &mut Window, batch: &mut Batch, limit: u64) -> io::Result<()> {
    let (offset, line) = (window.offset(), window.line_number());
    loop {
        window.skip_line()?;
        if !window.want(1)? || matches!(window.available()[0], b'{' | b'[') {
            break;
        }
    }
    let length = window.offset() - offset;
    let reason = format!(
        "the JSON document is over {limit} bytes long, more than one record may take; {length} bytes were passed over"
    );
    batch.problem(
        Problem::rejected(ByteRange { offset, length }, Some(line), reason).hint(
            "Write one JSON object a line (for example with `jq -c`), or raise the limit with `--limit record-bytes=…`.",
        ),
    );
    Ok(())
}
