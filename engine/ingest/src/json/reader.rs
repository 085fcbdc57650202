//! What the readers of JSON documents share: cutting them, and what becomes of one that is damaged.

use super::cursor::{Cursor, Kind, Read};
use super::documents::{Document, Framing, next_document, separates};
use super::report::{Report, too_costly};
use crate::budget::{Budget, RECORD_BYTES};
use crate::lines::{self, keep_as_text};
use crate::model::{Batch, Limits};
use crate::reader::Reader;
use crate::stamp::Years;
use crate::window::Window;
use cbad::StreamKey;
use std::io;
use std::sync::Arc;

/// Makes of one JSON document what its format says. It keeps nothing from one document to the next that could change an
/// event.
pub(crate) trait DocumentFormat: Send {
    /// What may stand before the documents of a line and is none of them.
    const LEAD: &'static [u8] = b"";

    /// Another one that reads the same, with nothing in it, where it is worth decoding on several threads.
    fn fresh(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }

    /// Where lines that are no JSON go, and what their times lack, where they are kept as text.
    fn foreign(&mut self) -> Option<(Arc<StreamKey>, Years)> {
        None
    }

    /// Reads the document at which the cursor stands, to its end. A fault costs what was not read or rejected before it.
    fn read(&mut self, cursor: &mut Cursor<'_>, report: &mut Report<'_>) -> Read<()>;
}

/// Reads a format of JSON documents.
pub(crate) struct DocumentReader<F> {
    format: F,
    framing: Framing,
    limits: Limits,
}

impl<F> DocumentReader<F> {
    pub(crate) fn new(format: F, framing: Framing, limits: Limits) -> Self {
        Self { format, framing, limits }
    }
}

impl<F: DocumentFormat + 'static> Reader for DocumentReader<F> {
    fn fresh(&self) -> Option<Box<dyn Reader>> {
        let format = self.format.fresh().filter(|_| self.framing == Framing::Lines)?;
        Some(Box::new(Self { format, ..*self }))
    }

    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        let (length, next) = match next_document(window, self.framing, &self.limits, batch)? {
            Document::End => return Ok(false),
            Document::Passed => return Ok(true),
            Document::Bytes { length, next } => (length, next),
        };
        let (offset, line) = (window.offset(), window.line_number());
        let bytes = &window.available()[..length];
        if self.framing == Framing::Lines
            && is_foreign(bytes, &self.limits)
            && let Some((stream, years)) = self.format.foreign()
        {
            keep_as_text(bytes, lines::at(window, length), stream, years, "the line is no JSON", batch);
            window.pass_counting(next);
            return Ok(true);
        }
        let mut at = if bytes.starts_with(F::LEAD) { F::LEAD.len() } else { 0 };
        // A line has one allowance, however many documents stand in it.
        let (mut budget, mut values) = (Budget::for_unit(length), self.limits.values);
        while let Some(begin) = bytes[at..].iter().position(|&byte| !separates(byte)) {
            at += begin;
            let is_paid = budget.spend(RECORD_BYTES);
            let mut report = Report::new(batch, offset + at as u64, line, budget);
            let mut cursor = Cursor::new(&bytes[at..], self.limits.depth, values);
            let read =
                if is_paid { self.format.read(&mut cursor, &mut report) } else { too_costly(cursor.at()) };
            at += match read {
                Ok(()) => cursor.at(),
                Err(fault) => {
                    report.reject_rest(length - at, fault);
                    length - at
                }
            };
            (budget, values) = (report.budget, cursor.values_left());
        }
        window.pass_counting(next);
        Ok(true)
    }
}

/// Whether a line is something else than JSON. What begins as an object is taken for one that is damaged.
fn is_foreign(line: &[u8], limits: &Limits) -> bool {
    let mut at = 0;
    while let Some(begin) = line[at..].iter().position(|&byte| !separates(byte)) {
        if at == 0 && line[begin] == b'{' {
            return false;
        }
        let mut cursor = Cursor::new(&line[at + begin..], limits.depth, limits.values);
        if let Err(fault) = cursor.skip() {
            return fault.raise().is_none();
        }
        at += begin + cursor.at();
    }
    false
}

/// Reads an object, or each object of an array and of arrays within it; what is neither is rejected as one record.
pub(crate) fn each_object<'a>(
    cursor: &mut Cursor<'a>,
    report: &mut Report<'_>,
    reason: &'static str,
    object: &mut dyn FnMut(&mut Cursor<'a>, &mut Report<'_>) -> Read<()>,
) -> Read<()> {
    match cursor.kind()? {
        Kind::Array => cursor.array(|cursor| each_object(cursor, report, reason, object)),
        Kind::Object => object(cursor, report),
        _ => {
            let begin = cursor.at();
            cursor.skip()?;
            report.reject_one(begin, cursor.at(), reason)
        }
    }
}
