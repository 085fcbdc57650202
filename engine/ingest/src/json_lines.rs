//! Generic JSON lines: any object a line, read as a log event.

use crate::budget::Budget;
use crate::json::cursor::{Cursor, Fault, Kind, Read};
use crate::json::documents::{Document, Framing, next_document, separates};
use crate::json::value::{flatten, number_value};
use crate::model::{Batch, Limits, Problem};
use crate::reader::Reader;
use crate::severity;
use crate::stamp::{self, Years};
use crate::streams::LogStreams;
use crate::window::Window;
use cbad::{ByteRange, Event, Field, Severity, Value};
use std::io;

/// Fields that hold the time, the most telling first.
const TIMES: [&str; 7] = ["@timestamp", "timestamp", "time", "ts", "t", "eventTime", "_time"];
/// Fields that hold the message, the most telling first.
const MESSAGES: [&str; 5] = ["message", "msg", "log", "body", "event"];
/// Fields that hold the severity.
const LEVELS: [&str; 8] =
    ["level", "severity", "lvl", "log.level", "loglevel", "levelname", "severity_text", "severityText"];
/// Fields that name the service.
const SERVICES: [&str; 3] = ["service.name", "service", "app"];
const TRACE_IDS: [&str; 3] = ["trace_id", "traceId", "trace.id"];
const SPAN_IDS: [&str; 3] = ["span_id", "spanId", "span.id"];

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

/// One object, flattened, with the time that its best time field gives.
#[derive(Default)]
struct Record {
    fields: Vec<Field>,
    /// Rank of the time field, its place among the fields, and the time.
    time: Option<(usize, usize, i64)>,
}

impl Record {
    fn read(cursor: &mut Cursor<'_>, years: Years, budget: &mut Budget) -> Read<Self> {
        let mut record = Self::default();
        let mut path = String::new();
        cursor.object(|cursor, key| {
            path.clear();
            path.push_str(&String::from_utf8_lossy(&key));
            let index = record.fields.len();
            let rank = TIMES.iter().position(|name| *name == path);
            let mut nanos = None;
            if rank.is_some() && cursor.kind()? == Kind::Number {
                let digits = cursor.number()?;
                nanos = stamp::epoch(digits.as_bytes());
                record.fields.push(Field { path: path.clone(), value: number_value(digits) });
            } else {
                flatten(cursor, &mut path, &mut record.fields, budget)?;
                if let (Some(_), Some(Field { value: Value::Text(text), .. })) =
                    (rank, record.fields.get(index))
                {
                    nanos = stamp::whole(text.as_bytes(), years).or_else(|| stamp::epoch(text.as_bytes()));
                }
            }
            if let (Some(rank), Some(nanos)) = (rank, nanos)
                && record.time.is_none_or(|(best, ..)| rank < best)
            {
                record.time = Some((rank, index, nanos));
            }
            Ok(())
        })?;
        Ok(record)
    }

    /// A path that stands twice. RFC 8259 leaves open what that means, so a person should know.
    fn repeated_path(&self) -> Option<&str> {
        const FEW: usize = 24;
        if self.fields.len() <= FEW {
            let earlier =
                |index: usize, path: &str| self.fields[..index].iter().any(|field| field.path == path);
            let repeated = self.fields.iter().enumerate().find(|(index, field)| earlier(*index, &field.path));
            return repeated.map(|(_, field)| field.path.as_str());
        }
        let mut paths: Vec<&str> = self.fields.iter().map(|field| field.path.as_str()).collect();
        paths.sort_unstable();
        paths.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }

    /// The event, and the service that the object names. Fields that became something else leave the list.
    fn into_event(mut self, source: ByteRange) -> (Option<String>, Event) {
        let mut event = Event::new(Vec::new(), source);
        if let Some((_, index, nanos)) = self.time {
            event.time_nanos = Some(nanos);
            self.fields.remove(index);
        }
        event.severity = self.take(&LEVELS, severity_of);
        event.trace_id = self.take(&TRACE_IDS, id_of);
        event.span_id = self.take(&SPAN_IDS, id_of);
        let service = self.take(&SERVICES, |value| match value {
            Value::Text(text) if !text.is_empty() => Some(std::mem::take(text)),
            _ => None,
        });
        event.body = self
            .take(&MESSAGES, |value| match value {
                Value::Text(text) => Some(std::mem::take(text).into_bytes()),
                Value::Bytes(bytes) => Some(std::mem::take(bytes)),
                _ => None,
            })
            .unwrap_or_default();
        // Container runtimes keep the line end inside the message.
        if event.body.last() == Some(&b'\n') {
            event.body.pop();
        }
        event.fields = self.fields;
        (service, event)
    }

    /// Takes out the first field, in the order of `names`, that `read` makes something of.
    fn take<T>(&mut self, names: &[&str], mut read: impl FnMut(&mut Value) -> Option<T>) -> Option<T> {
        names.iter().find_map(|name| {
            let index = self.fields.iter().position(|field| field.path == *name)?;
            let value = read(&mut self.fields[index].value)?;
            self.fields.remove(index);
            Some(value)
        })
    }
}

fn severity_of(value: &mut Value) -> Option<Severity> {
    match value {
        Value::Text(text) => severity::of_word(text.as_bytes()),
        Value::Int(number) => severity::of_json_number(*number),
        _ => None,
    }
}

fn id_of<const N: usize>(value: &mut Value) -> Option<[u8; N]> {
    match value {
        Value::Text(text) => crate::ids::from_hex(text.as_bytes()).filter(|id| *id != [0; N]),
        _ => None,
    }
}

#[cfg(test)]
#[path = "json_lines_tests.rs"]
mod tests;
