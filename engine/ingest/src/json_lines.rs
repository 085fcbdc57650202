//! Generic JSON lines: any object a line, read as a log event.

use crate::budget::Budget;
use crate::json::cursor::{Cursor, Fault, Kind};
use crate::json::documents::{Document, Framing, next_document, separates};
use crate::model::{Batch, Limits, Problem};
use crate::reader::Reader;
use crate::record::Record;
use crate::stamp::Years;
use crate::streams::LogStreams;
use crate::window::Window;
use cbad::ByteRange;
use std::io;

/// Reads JSON lines.
pub(crate) struct JsonLinesReader {
    streams: LogStreams,
    framing: Framing,
    years: Years,
    limits: Limits,
}

impl JsonLinesReader {
    pub(crate) fn new(name: String, framing: Framing, years: Years, limits: Limits) -> Self {
        Self { streams: LogStreams::new(name), framing, years, limits }
    }
}

impl Reader for JsonLinesReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        let (length, next) = match next_document(window, self.framing, &self.limits, batch)? {
            Document::End => return Ok(false),
            Document::Passed => return Ok(true),
            Document::Bytes { length, next } => (length, next),
        };
        let bytes = &window.available()[..length];
        let place = Place { offset: window.offset(), line: window.line_number() };
        let mut at = 0;
        while let Some(begin) = bytes[at..].iter().position(|&byte| !separates(byte)) {
            at = self.read_value(bytes, at + begin, &place, batch);
        }
        window.pass_counting(next);
        Ok(true)
    }
}

struct Place {
    offset: u64,
    line: u64,
}

impl Place {
    fn range(&self, from: usize, to: usize) -> ByteRange {
        ByteRange { offset: self.offset + from as u64, length: (to - from) as u64 }
    }
}

impl JsonLinesReader {
    /// Reads the value that begins at `begin`, and returns where it ends. What is damaged takes the rest of the bytes.
    fn read_value(&mut self, bytes: &[u8], begin: usize, place: &Place, batch: &mut Batch) -> usize {
        let rest = &bytes[begin..];
        let mut cursor = Cursor::new(rest, self.limits.depth, self.limits.values);
        let mut budget = Budget::for_unit(rest.len());
        let read = cursor.kind().and_then(|kind| match kind {
            Kind::Object => Record::read(&mut cursor, self.years, &mut budget).map(Some),
            _ => cursor.skip().map(|()| None),
        });
        let end = begin + cursor.at();
        match read {
            Ok(Some(record)) => {
                let source = place.range(begin, end);
                if let Some(path) = record.repeated_path() {
                    let reason =
                        format!("the key {path:?} stands more than once in the object; every value was kept");
                    batch.problem(Problem::note(source, Some(place.line), reason));
                }
                let (service, event) = record.into_event(source);
                batch.push(self.streams.of(service.as_deref()), event);
                end
            }
            Ok(None) => {
                let reason = "the line holds JSON that is not an object";
                batch.problem(Problem::rejected(place.range(begin, end), Some(place.line), reason));
                end
            }
            Err(fault) => {
                batch.problem(damaged(bytes, begin, place, fault));
                bytes.len()
            }
        }
    }
}

fn damaged(bytes: &[u8], begin: usize, place: &Place, fault: Fault) -> Problem {
    let at = place.offset + (begin + fault.at) as u64;
    let reason = format!("{} at byte {at}", fault.what.reason());
    Problem::rejected(place.range(begin, bytes.len()), Some(place.line), reason)
        .hint("Look at these bytes in the capture; the lines before and after were read.")
}

#[cfg(test)]
#[path = "json_lines_tests.rs"]
mod tests;
