//! systemd's journal, as `journalctl -o export` and `-o json` write it. Both give the same events.

pub(crate) mod export;
pub(crate) mod json;

use crate::json::value::number_value;
use crate::logfmt::is_number;
use crate::severity;
use crate::streams::LogStreams;
use cbad::{ByteRange, Event, Field, StreamKey, Value};
use std::sync::Arc;

/// Where the time of an entry stands, the most telling first; microseconds since 1970.
const TIMES: [&str; 2] = ["__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP"];
/// Stamps of the same moment by other clocks, and what the sender took it for.
const OTHER_TIMES: [&str; 2] = ["_SOURCE_MONOTONIC_TIMESTAMP", "SYSLOG_TIMESTAMP"];
/// What wrote an entry, the most telling first.
const WRITERS: [&str; 4] = ["_SYSTEMD_UNIT", "_SYSTEMD_USER_UNIT", "SYSLOG_IDENTIFIER", "_COMM"];

/// The fields of one entry.
#[derive(Debug, Default)]
struct Entry {
    fields: Vec<Field>,
}

impl Entry {
    fn push(&mut self, name: &str, value: Value) {
        self.fields.push(Field { path: name.to_owned(), value });
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.fields.iter().find_map(|field| match &field.value {
            Value::Text(text) if field.path == name && !text.is_empty() => Some(text.as_str()),
            _ => None,
        })
    }

    /// A session's scope has a number of its own for each login; there the program is more telling.
    fn writer(&self) -> Option<String> {
        let is_telling = |unit: &&str| unit.rsplit_once('.').is_none_or(|(_, kind)| kind != "scope");
        WRITERS.iter().find_map(|name| self.text(name).filter(is_telling)).map(str::to_owned)
    }

    /// The order of fields is the order of names, for journalctl writes JSON in any order.
    fn into_event(mut self, source: ByteRange, streams: &mut LogStreams) -> (Arc<StreamKey>, Event) {
        let writer = self.writer();
        let mut event = Event::new(Vec::new(), source);
        let micros = TIMES.iter().find_map(|name| self.text(name)?.parse::<i64>().ok());
        event.time_nanos = micros.and_then(|micros| micros.checked_mul(1000));
        let priority =
            self.text("PRIORITY").and_then(|text| text.parse().ok()).filter(|priority| *priority < 8);
        event.severity = priority.map(severity::of_priority);
        if let Some(at) = self.fields.iter().position(|field| field.path == "MESSAGE") {
            match self.fields.remove(at).value {
                Value::Text(text) => event.body = text.into_bytes(),
                Value::Bytes(bytes) => event.body = bytes,
                _ => {}
            }
        }
        let (timed, placed) = (event.time_nanos.is_some(), priority.is_some());
        self.fields.retain(|field| {
            let name = field.path.as_str();
            !(timed && (name.starts_with("__") || TIMES.contains(&name) || OTHER_TIMES.contains(&name))
                || placed && name == "PRIORITY")
        });
        self.fields.sort_by(|a, b| a.path.cmp(&b.path));
        self.fields.iter_mut().for_each(measure);
        event.fields = self.fields;
        (streams.of(writer.as_deref()), event)
    }
}

/// What programs hand over as digits are numbers; fields that begin with an underscore are journald's own, and there
/// digits are ids.
fn measure(field: &mut Field) {
    if let Value::Text(text) = &field.value
        && !field.path.starts_with('_')
        && is_number(text)
    {
        field.value = number_value(text);
    }
}

#[cfg(test)]
mod tests;
