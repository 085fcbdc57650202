//! What the readers of one record a line share: cutting lines, and what becomes of a line of another kind.

use crate::model::{Batch, Limits, Problem};
use crate::reader::Reader;
use crate::stamp::Years;
use crate::text::{event_of, reject_long_line, skip_byte_order_mark};
use crate::window::{LineAt, Window};
use cbad::{ByteRange, StreamKey};
use std::io;
use std::sync::Arc;

/// Makes of one line what its format says. It keeps nothing from one line to the next that could change an event.
pub(crate) trait LineFormat: Send {
    /// Another one that reads the same, with nothing in it.
    fn fresh(&self) -> Self;

    /// Reads a line that is not blank.
    fn read(&mut self, line: &[u8], at: At, batch: &mut Batch);
}

/// Why a line is kept as text that would make more values than one may.
pub(crate) const TOO_MANY: &str = "the line holds more values than the limit values";

/// Where a line stands in the capture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    /// Its bytes, without the line end.
    pub(crate) source: ByteRange,
    /// Its number, from 1.
    pub(crate) line: u64,
}

/// Reads a format of one record a line.
pub(crate) struct LineReader<F> {
    format: F,
    limits: Limits,
}

impl<F> LineReader<F> {
    pub(crate) fn new(format: F, limits: Limits) -> Self {
        Self { format, limits }
    }
}

impl<F: LineFormat + 'static> Reader for LineReader<F> {
    fn fresh(&self) -> Option<Box<dyn Reader>> {
        Some(Box::new(Self { format: self.format.fresh(), limits: self.limits }))
    }

    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        let Some((length, next)) = next_line(window, self.limits.record_bytes, batch)? else {
            return Ok(false);
        };
        if length > 0 {
            self.format.read(&window.available()[..length], at(window, length), batch);
        }
        window.pass(next, u64::from(next > 0));
        Ok(true)
    }
}

/// Length of the next line and of all up to the line after; a length of 0 where it is blank or was too long, which is
/// a problem in the batch. Nothing at the end.
pub(crate) fn next_line(
    window: &mut Window,
    limit: u64,
    batch: &mut Batch,
) -> io::Result<Option<(usize, usize)>> {
    skip_byte_order_mark(window)?;
    match window.line_at(0, limit)? {
        LineAt::End => Ok(None),
        LineAt::TooLong => {
            reject_long_line(window, batch, limit)?;
            Ok(Some((0, 0)))
        }
        LineAt::Line(line) => {
            let blank = window.available()[..line.end].iter().all(u8::is_ascii_whitespace);
            Ok(Some((if blank { 0 } else { line.end }, line.next)))
        }
    }
}

/// The place of the first `length` available bytes.
pub(crate) fn at(window: &Window, length: usize) -> At {
    let source = ByteRange { offset: window.offset(), length: length as u64 };
    At { source, line: window.line_number() }
}

/// Keeps a line that is not of the format as text, so that what a program cries out in between is seen, and says so.
pub(crate) fn keep_as_text(
    line: &[u8],
    at: At,
    stream: Arc<StreamKey>,
    years: Years,
    why: impl Into<String>,
    batch: &mut Batch,
) {
    batch.push(stream, event_of(line, line.len(), years, at.source));
    let note = Problem::note(at.source, Some(at.line), why);
    batch.problem(note.hint("The line was kept as text; look at it in the capture."));
}
