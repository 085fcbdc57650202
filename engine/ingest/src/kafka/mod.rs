//! Kafka topics as `kcat -J` dumps them: one object a message, with the payload as a string; and as Kafka's own consumer
//! prints them ([`console`]). A payload that is a JSON object is read as a JSON line would be.
//!
//! Source: `edenhill/kcat`, `json.c`. Headers stand in one flat list of names and values; payloads are the bytes of the
//! message, UTF-8 or not.

pub(crate) mod console;

use crate::budget::Budget;
use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::reader::DocumentFormat;
use crate::json::report::Report;
use crate::json::value::{flatten, number_value, text_value};
use crate::model::Limits;
use crate::otlp_json::typed::{i64_of, text_of};
use crate::probe::{JsonObject, Probe};
use crate::record::Record;
use crate::stamp::Years;
use crate::streams::LogStreams;
use crate::text::event_of;
use cbad::{ByteRange, Event, Field, Value};
use console::Columns;

/// Reads dumps of Kafka topics.
pub(crate) struct Kafka {
    streams: LogStreams,
    years: Years,
    limits: Limits,
}

impl Kafka {
    pub(crate) fn new(name: String, years: Years, limits: Limits) -> Self {
        Self { streams: LogStreams::new(name), years, limits }
    }
}

/// How sure it is that the capture is such a dump: the share of objects that are messages, or that it is what the consumer prints.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    let is_message = |object: &JsonObject<'_>| {
        ["topic", "partition", "offset"].iter().all(|key| object.has(key))
            && (object.has("payload") || object.has("tstype"))
    };
    if Columns::of(probe).is_some() { 1.0 } else { probe.json.share(is_message) }
}

impl DocumentFormat for Kafka {
    fn read(&mut self, cursor: &mut Cursor<'_>, report: &mut Report<'_>) -> Read<()> {
        let message = match cursor.kind()? {
            Kind::Object => Message::read(cursor, report)?,
            _ => cursor.skip().map(|()| Message::default())?,
        };
        let end = cursor.at();
        if message.topic.is_none() {
            let hint = "Open the capture as json-lines if it is no dump of a Kafka topic.";
            report.reject(0, end, "the JSON is no Kafka message: it names no topic", hint);
            return Ok(());
        }
        report.note(0, end);
        let source = report.range(0, end);
        let (service, event) = message.into_event(source, &mut report.budget, self.years, &self.limits);
        report.push(self.streams.of(service.as_deref()), event, end);
        Ok(())
    }
}

#[derive(Default)]
struct Message {
    topic: Option<String>,
    ts_millis: Option<i64>,
    payload: Option<Vec<u8>>,
    /// The payload where it is no string: Avro that was decoded, or null.
    decoded: Vec<Field>,
    /// What is said about the message.
    about: Vec<Field>,
}

impl Message {
    fn read(cursor: &mut Cursor<'_>, report: &mut Report<'_>) -> Read<Self> {
        let mut message = Self::default();
        let (odd, budget) = (&mut report.odd, &mut report.budget);
        cursor.object(|cursor, name| {
            match &*name {
                b"topic" => {
                    let topic = text_of(cursor, odd, "a topic that is not text")?;
                    message.topic = Some(String::from_utf8_lossy(&topic).into_owned());
                }
                b"ts" => {
                    message.ts_millis =
                        i64_of(cursor, odd, "a ts that is not a number")?.filter(|&ts| ts > 0);
                }
                b"headers" => headers(cursor, &mut message.about, budget)?,
                b"payload" if cursor.kind()? == Kind::Text => {
                    message.payload = Some(cursor.text()?.into_owned());
                }
                b"payload" => {
                    // A message without a payload deletes its key.
                    let mut path =
                        if cursor.kind()? == Kind::Object { String::new() } else { "payload".to_owned() };
                    flatten(cursor, &mut path, &mut message.decoded, budget)?;
                }
                name => {
                    let mut path = format!("kafka.{}", String::from_utf8_lossy(name));
                    flatten(cursor, &mut path, &mut message.about, budget)?;
                }
            }
            Ok(())
        })?;
        Ok(message)
    }

    /// The event, in the stream of the service that the payload names, else of the topic.
    fn into_event(
        self,
        source: ByteRange,
        budget: &mut Budget,
        years: Years,
        limits: &Limits,
    ) -> (Option<String>, Event) {
        let (service, mut event) = match self.payload {
            Some(payload) => {
                if let Some(fields) = object_in(&payload, limits, budget) {
                    Record::of_fields(fields, years).into_event(source)
                } else {
                    let first_line = memchr::memchr(b'\n', &payload).unwrap_or(payload.len());
                    let stamps = Years { from_numbers: false, ..years };
                    let mut event = event_of(&payload, first_line, stamps, source);
                    // The time of the message leaves nothing to be assumed.
                    event.time_nanos = event.time_nanos.filter(|_| self.ts_millis.is_none());
                    (None, event)
                }
            }
            None => Record::of_fields(self.decoded, years).into_event(source),
        };
        let nanos = self.ts_millis.and_then(|millis| millis.checked_mul(1_000_000));
        match (event.time_nanos, nanos) {
            (None, _) => event.time_nanos = nanos,
            (Some(_), Some(nanos)) => {
                event.fields.push(Field { path: "kafka.ts_unix_nano".into(), value: Value::Int(nanos) });
            }
            (Some(_), None) => {}
        }
        if let (Some(_), Some(topic)) = (&service, &self.topic) {
            event.fields.push(Field { path: "kafka.topic".into(), value: Value::Text(topic.clone()) });
        }
        event.fields.extend(self.about);
        (service.or(self.topic), event)
    }
}

/// The fields of a payload that is a JSON object and nothing else.
fn object_in(payload: &[u8], limits: &Limits, budget: &mut Budget) -> Option<Vec<Field>> {
    if payload.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    let mut fields = Vec::new();
    let mut cursor = Cursor::new(payload, limits.depth, limits.values);
    flatten(&mut cursor, &mut String::new(), &mut fields, budget).ok()?;
    cursor.skip_blanks();
    (cursor.at() == payload.len()).then_some(fields)
}

/// `[name, value, name, value …]`; a name without a value has none.
fn headers(cursor: &mut Cursor<'_>, fields: &mut Vec<Field>, budget: &mut Budget) -> Read<()> {
    if cursor.kind()? != Kind::Array {
        return flatten(cursor, &mut "kafka.headers".to_owned(), fields, budget);
    }
    let mut name: Option<String> = None;
    cursor.array(|cursor| {
        let Some(known) = name.take() else {
            name = Some(match cursor.kind()? {
                Kind::Text => String::from_utf8_lossy(&cursor.text()?).into_owned(),
                _ => cursor.skip().map(|()| String::new())?,
            });
            return Ok(());
        };
        let mut path = format!("kafka.headers.{known}");
        let value = match cursor.kind()? {
            Kind::Text => text_value(cursor.text()?),
            Kind::Number => number_value(cursor.number()?),
            _ => return flatten(cursor, &mut path, fields, budget),
        };
        fields.push(Field { path, value });
        Ok(())
    })?;
    if let Some(name) = name {
        fields.push(Field { path: format!("kafka.headers.{name}"), value: Value::Null });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
