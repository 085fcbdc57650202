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
/// What a field is besides a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Severity,
    TraceId,
    SpanId,
    Service,
    Message,
}

/// The role of the field with this path and its rank in it, the most telling first.
fn role_of(path: &str) -> Option<(Role, u8)> {
    Some(match path {
        "level" => (Role::Severity, 0),
        "severity" => (Role::Severity, 1),
        "lvl" => (Role::Severity, 2),
        "log.level" => (Role::Severity, 3),
        "loglevel" => (Role::Severity, 4),
        "levelname" => (Role::Severity, 5),
        "severity_text" => (Role::Severity, 6),
        "severityText" => (Role::Severity, 7),
        "trace_id" => (Role::TraceId, 0),
        "traceId" => (Role::TraceId, 1),
        "trace.id" => (Role::TraceId, 2),
        "span_id" => (Role::SpanId, 0),
        "spanId" => (Role::SpanId, 1),
        "span.id" => (Role::SpanId, 2),
        "service.name" => (Role::Service, 0),
        "service" => (Role::Service, 1),
        "app" => (Role::Service, 2),
        "message" => (Role::Message, 0),
        "msg" => (Role::Message, 1),
        "log" => (Role::Message, 2),
        "body" => (Role::Message, 3),
        "event" => (Role::Message, 4),
        _ => return None,
    })
}

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
pub(crate) struct Record {
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

    /// A record of another format with the same kind of fields.
    pub(crate) fn of_fields(fields: Vec<Field>, years: Years) -> Self {
        let mut time: Option<(usize, usize, i64)> = None;
        for (index, field) in fields.iter().enumerate() {
            let Some(rank) = TIMES.iter().position(|name| *name == field.path) else { continue };
            let nanos = match &field.value {
                Value::Text(text) => {
                    stamp::whole(text.as_bytes(), years).or_else(|| stamp::epoch(text.as_bytes()))
                }
                Value::Int(number) => stamp::epoch(number.to_string().as_bytes()),
                Value::Float(number) => stamp::epoch(number.to_string().as_bytes()),
                _ => None,
            };
            if let Some(nanos) = nanos.filter(|_| time.is_none_or(|(best, ..)| rank < best)) {
                time = Some((rank, index, nanos));
            }
        }
        Self { fields, time }
    }

    /// A path that stands twice. RFC 8259 leaves open what that means, so a person should know.
    fn repeated_path(&self) -> Option<&str> {
        let mut hashes: Vec<u64> = self.fields.iter().map(|field| path_hash(field.path.as_bytes())).collect();
        hashes.sort_unstable();
        if !hashes.windows(2).any(|pair| pair[0] == pair[1]) {
            return None;
        }
        let mut paths: Vec<&str> = self.fields.iter().map(|field| field.path.as_str()).collect();
        paths.sort_unstable();
        paths.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }

    /// The event, and the service that the object names. Fields that became something else leave the list.
    pub(crate) fn into_event(self, source: ByteRange) -> (Option<String>, Event) {
        let mut event = Event::new(Vec::new(), source);
        let mut roles = Roles::of(self.fields);
        if let Some((_, index, nanos)) = self.time {
            event.time_nanos = Some(nanos);
            roles.taken.push(index);
        }
        event.severity = roles.take(Role::Severity, severity_of);
        event.trace_id = roles.take(Role::TraceId, id_of);
        event.span_id = roles.take(Role::SpanId, id_of);
        let service = roles.take(Role::Service, |value| match value {
            Value::Text(text) if !text.is_empty() => Some(std::mem::take(text)),
            _ => None,
        });
        let message = roles.take(Role::Message, |value| match value {
            Value::Text(text) => Some(std::mem::take(text).into_bytes()),
            Value::Bytes(bytes) => Some(std::mem::take(bytes)),
            _ => None,
        });
        event.body = message.unwrap_or_default();
        // Container runtimes keep the line end inside the message.
        if event.body.last() == Some(&b'\n') {
            event.body.pop();
        }
        event.fields = roles.rest();
        (service, event)
    }
}

/// FNV-1a, 64 bits: two paths of one object that differ and hash alike only cost a second look.
fn path_hash(path: &[u8]) -> u64 {
    path.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Fields with their roles, and which of them were taken out.
struct Roles {
    fields: Vec<Field>,
    /// Role, rank and place, in this order.
    found: Vec<(Role, u8, usize)>,
    taken: Vec<usize>,
}

impl Roles {
    fn of(fields: Vec<Field>) -> Self {
        let roles = fields
            .iter()
            .enumerate()
            .filter_map(|(index, field)| role_of(&field.path).map(|(role, rank)| (role, rank, index)));
        let mut found: Vec<_> = roles.collect();
        found.sort_unstable();
        Self { fields, found, taken: Vec::new() }
    }

    /// Takes out the most telling field of the role that `read` makes something of.
    fn take<T>(&mut self, role: Role, mut read: impl FnMut(&mut Value) -> Option<T>) -> Option<T> {
        let (fields, of_role) = (&mut self.fields, self.found.iter().filter(|(found, ..)| *found == role));
        let (index, value) =
            of_role.into_iter().find_map(|&(.., index)| Some((index, read(&mut fields[index].value)?)))?;
        self.taken.push(index);
        Some(value)
    }

    /// The fields that were not taken out, in the order written.
    fn rest(mut self) -> Vec<Field> {
        let mut index = 0;
        self.fields.retain(|_| {
            index += 1;
            !self.taken.contains(&(index - 1))
        });
        self.fields
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
