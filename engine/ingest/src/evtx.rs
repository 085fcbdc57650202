//! Windows event logs (EVTX): a header, then chunks of 64 KiB that each stand alone, each with its records.
//!
//! The records' `BinXML` is decoded by the `evtx` crate, chunk by chunk, so that a damaged record or chunk costs itself.
//! A log does not hold the text of its messages, which lies in the programs that wrote it: the body names the provider
//! and the event instead, and the data are fields.
//! Source: [MS-EVEN6]; <https://github.com/libyal/libevtx/blob/main/documentation/>.

use crate::budget::{Budget, RECORD_BYTES};
use crate::json::cursor::Cursor;
use crate::json::value::flatten;
use crate::model::{Batch, Limits, Problem};
use crate::reader::Reader;
use crate::stamp::{self, Years};
use crate::streams::LogStreams;
use crate::window::Window;
use cbad::{ByteRange, Event, Field, Severity, Value};
use evtx::{EvtxChunkData, ParserSettings};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

pub(crate) const MARK: &[u8] = b"ElfFile\0";
const CHUNK_MARK: &[u8] = b"ElfChnk\0";
const RECORD_MARK: &[u8] = b"**\0\0";
const FILE_HEADER_BYTES: usize = 4096;
const CHUNK_BYTES: usize = 64 << 10;
const CHUNK_HEADER_BYTES: usize = 512;
const RECORD_HEADER_BYTES: usize = 24;
const HINT: &str = "The records and chunks around it were read. A log that was in use when it was copied may be damaged: export it with `wevtutil epl`.";

/// Reads Windows event logs.
pub(crate) struct EvtxReader {
    streams: LogStreams,
    settings: Arc<ParserSettings>,
    limits: Limits,
}

impl EvtxReader {
    pub(crate) fn new(name: String, limits: Limits) -> Self {
        let settings = ParserSettings::new().indent(false).validate_checksums(false);
        Self { streams: LogStreams::new(name), settings: Arc::new(settings), limits }
    }
}

impl Reader for EvtxReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        let offset = window.offset();
        let wanted = if offset == 0 { FILE_HEADER_BYTES } else { CHUNK_BYTES };
        let is_whole = window.want(wanted)?;
        let length = window.available().len().min(wanted);
        if length == 0 {
            return Ok(false);
        }
        let source = ByteRange { offset, length: length as u64 };
        let bytes = &window.available()[..length];
        if offset == 0 && bytes.starts_with(MARK) {
            if !is_whole {
                batch.problem(
                    Problem::rejected(source, None, "the event log breaks off in its header").hint(HINT),
                );
            }
        } else if bytes.starts_with(CHUNK_MARK) {
            self.chunk(bytes, offset, batch);
            if !is_whole {
                let end = ByteRange { offset: source.end(), length: 0 };
                batch.problem(
                    Problem::rejected(end, None, "the event log breaks off inside a chunk").hint(HINT),
                );
            }
        } else if bytes.iter().any(|&byte| byte != 0) {
            // Zeros are room that was not used yet.
            let reason = if offset == 0 {
                "no event log begins here: the mark `ElfFile` is missing"
            } else {
                "no chunk of an event log begins here: the mark `ElfChnk` is missing"
            };
            batch.problem(Problem::rejected(source, None, reason).hint(HINT));
        }
        window.pass(length, 0);
        Ok(true)
    }
}

/// A record as decoded, or why it could not be, with its place in the chunk.
struct Placed {
    begin: usize,
    end: usize,
    record: Result<String, String>,
    time_nanos: i64,
}

impl EvtxReader {
    fn chunk(&mut self, bytes: &[u8], offset: u64, batch: &mut Batch) {
        let range = |begin: usize, end: usize| ByteRange {
            offset: offset + begin as u64,
            length: end.saturating_sub(begin) as u64,
        };
        // The crate is not known to panic, but bytes are bytes.
        let placed = catch_unwind(AssertUnwindSafe(|| records(bytes, &self.settings)));
        let placed = placed.unwrap_or_else(|_| Err("its records cannot be decoded".into()));
        let (placed, is_sound) = match placed {
            Ok(placed) => placed,
            Err(reason) => {
                let reason = format!("the chunk is damaged: {reason}");
                batch.problem(Problem::rejected(range(0, bytes.len()), None, reason).hint(HINT));
                return;
            }
        };
        if !is_sound {
            let reason =
                "the chunk's checksum does not match: it was damaged, or copied while it was written";
            batch.problem(Problem::note(range(0, bytes.len()), None, reason).hint(HINT));
        }
        let mut budget = Budget::for_unit(CHUNK_BYTES);
        for Placed { begin, end, record, time_nanos } in placed {
            let source = range(begin, end.min(bytes.len()));
            let read = record.and_then(|json| self.fields(&json, &mut budget));
            match read {
                Ok(fields) => {
                    let (service, event) = Parts::of(fields, time_nanos).into_event(source);
                    batch.push(self.streams.of(service.as_deref()), event);
                }
                Err(reason) => batch.problem(
                    Problem::rejected(source, None, format!("the record cannot be read: {reason}"))
                        .hint(HINT),
                ),
            }
        }
    }

    fn fields(&self, json: &str, budget: &mut Budget) -> Result<Vec<Field>, String> {
        let mut fields = Vec::new();
        let mut cursor = Cursor::new(json.as_bytes(), self.limits.depth, self.limits.values);
        let read = flatten(&mut cursor, &mut String::new(), &mut fields, budget);
        match read {
            Ok(()) if budget.spend(RECORD_BYTES) => Ok(fields),
            Ok(()) => Err("the chunk would take far more memory than its own length".into()),
            Err(fault) => Err(fault.what.reason()),
        }
    }
}

/// The records of a chunk in order, and whether its checksums hold.
fn records(bytes: &[u8], settings: &Arc<ParserSettings>) -> Result<(Vec<Placed>, bool), String> {
    let mut whole = bytes.to_vec();
    whole.resize(CHUNK_BYTES, 0);
    let mut data = EvtxChunkData::new(whole, false).map_err(|error| error.to_string())?;
    let is_sound = data.validate_checksum();
    let mut chunk = data.parse(Arc::clone(settings)).map_err(|error| error.to_string())?;
    let mut placed: Vec<Placed> = Vec::new();
    for record in chunk.iter() {
        let after = placed.last().map_or(CHUNK_HEADER_BYTES, |last| last.end);
        let (begin, time_nanos) = match &record {
            Ok(record) => {
                let nanos = i64::try_from(record.timestamp.as_nanosecond()).unwrap_or(0);
                ((record.binxml_offset as usize).saturating_sub(RECORD_HEADER_BYTES), nanos)
            }
            Err(_) => (after, 0),
        };
        // What could not be read ends where the next record begins.
        if let Some(last) = placed.last_mut()
            && last.record.is_err()
            && last.begin < begin
        {
            last.end = last.end.min(begin);
        }
        let end = begin + record_bytes(bytes, begin);
        let record = record.and_then(evtx::EvtxRecord::into_json).map(|json| json.data);
        placed.push(Placed { begin, end, record: record.map_err(|error| reason(&error)), time_nanos });
    }
    Ok((placed, is_sound))
}

/// The length that the record says, where one begins here; else all that is left.
fn record_bytes(chunk: &[u8], begin: usize) -> usize {
    let rest = chunk.get(begin..).unwrap_or_default();
    let said = rest.get(4..8).and_then(|length| length.try_into().ok()).map(u32::from_le_bytes);
    let said = said.filter(|_| rest.starts_with(RECORD_MARK)).and_then(|length| usize::try_from(length).ok());
    said.filter(|&length| length >= RECORD_HEADER_BYTES).unwrap_or(rest.len()).min(rest.len())
}

/// What the crate says, down to the cause.
fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text += ": ";
            text += &inner_text;
        }
        cause = inner.source();
    }
    text
}

/// A record's fields, with those taken out that are something else of an event.
#[derive(Default)]
struct Parts {
    time_nanos: Option<i64>,
    severity: Option<Severity>,
    provider: Option<String>,
    event_id: String,
    fields: Vec<Field>,
}

impl Parts {
    fn of(fields: Vec<Field>, header_nanos: i64) -> Self {
        let mut parts =
            Self { time_nanos: Some(header_nanos).filter(|&nanos| nanos != 0), ..Self::default() };
        for Field { path, value } in fields {
            let path = plain_path(&path);
            match (&*path, value) {
                ("xmlns", _) | (_, Value::Null) => {}
                ("System.Provider.Name", Value::Text(name)) if !name.is_empty() => {
                    parts.provider = Some(name);
                }
                ("System.TimeCreated.SystemTime", Value::Text(time)) => {
                    match stamp::whole(time.as_bytes(), Years::new(1970)) {
                        Some(nanos) => parts.time_nanos = Some(nanos),
                        None => parts.fields.push(Field { path, value: Value::Text(time) }),
                    }
                }
                ("System.EventID", value) => {
                    parts.event_id = match &value {
                        Value::Int(id) => id.to_string(),
                        Value::Text(id) => id.clone(),
                        _ => String::new(),
                    };
                    parts.fields.push(Field { path, value });
                }
                ("System.Level", value) => {
                    parts.severity = level(&value);
                    parts.fields.push(Field { path, value });
                }
                (_, value) => parts.fields.push(Field { path, value }),
            }
        }
        parts
    }

    fn into_event(self, source: ByteRange) -> (Option<String>, Event) {
        let provider = self.provider.as_deref().unwrap_or("event");
        let mut event = Event::new(format!("{provider} {}", self.event_id).trim_end(), source);
        event.time_nanos = self.time_nanos;
        event.severity = self.severity;
        event.fields = self.fields;
        (self.provider, event)
    }
}

/// `Event.System.Provider.#attributes.Name` is `System.Provider.Name`, `….#text` the value itself.
fn plain_path(path: &str) -> String {
    let path = path.strip_prefix("Event.").unwrap_or(path);
    path.split('.').filter(|part| !matches!(*part, "#attributes" | "#text")).collect::<Vec<_>>().join(".")
}

/// Source: `winmeta.xml`. Level 0 says nothing, and audits have no other.
fn level(value: &Value) -> Option<Severity> {
    let number = match value {
        Value::Int(number) => *number,
        Value::Text(text) => text.parse().ok()?,
        _ => return None,
    };
    Some(match number {
        1 => Severity::Fatal,
        2 => Severity::Error,
        3 => Severity::Warn,
        4 => Severity::Info,
        5 => Severity::Debug,
        _ => return None,
    })
}

#[cfg(test)]
#[path = "evtx_tests.rs"]
mod tests;
