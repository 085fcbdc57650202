//! Events of Lynex and `WatchLLM`, as their SDKs send them and as their stores keep them.
//!
//! Source: `kaadipranav/lynex`, both SDKs and the ingest API. Keys come in camel and in snake case; events stand alone,
//! in an array, or in `{"events": […]}`. A time without a zone is UTC, as the Python SDK writes it.

use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::reader::{DocumentFormat, each_object};
use crate::json::report::Report;
use crate::json::value::flatten;
use crate::probe::{JsonObject, Probe};
use crate::severity;
use crate::stamp::{self, Years};
use crate::streams::LogStreams;
use cbad::{Event, Field, Severity, Value};

/// Where an event says what happened, the most telling first.
const MESSAGES: [&str; 6] =
    ["body.message", "body.name", "body.toolName", "body.tool_name", "body.action", "body.query"];

/// Reads Lynex events.
pub(crate) struct Lynex {
    streams: LogStreams,
    years: Years,
}

impl Lynex {
    pub(crate) fn new(name: String, years: Years) -> Self {
        Self { streams: LogStreams::new(name), years }
    }
}

/// How sure it is that the capture holds such events: the share of objects that do.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    let is_event = |object: &JsonObject<'_>| {
        let has = |camel: &str, snake: &str| object.has(camel) || object.has(snake);
        has("eventId", "event_id") && has("projectId", "project_id") && object.has("type")
    };
    let is_list = |object: &JsonObject<'_>| {
        object.has("events") && (object.holds("\"projectId\"") || object.holds("\"project_id\""))
    };
    probe.json.share(|object| is_event(object) || is_list(object))
}

impl DocumentFormat for Lynex {
    fn read(&mut self, cursor: &mut Cursor<'_>, report: &mut Report<'_>) -> Read<()> {
        each_object(cursor, report, "an event that is not an object", &mut |cursor, report| {
            self.object(cursor, report)
        })
    }
}

impl Lynex {
    /// An event, or an object around a list of events.
    fn object(&mut self, cursor: &mut Cursor<'_>, report: &mut Report<'_>) -> Read<()> {
        let begin = cursor.at();
        let (mut is_list, mut fields, mut path) = (false, Vec::new(), String::new());
        cursor.object(|cursor, key| {
            if &*key == b"events" && cursor.kind()? == Kind::Array {
                is_list = true;
                return self.read(cursor, report);
            }
            path.clear();
            path.push_str(&String::from_utf8_lossy(&key));
            flatten(cursor, &mut path, &mut fields, &mut report.budget)
        })?;
        let end = cursor.at();
        if is_list {
            report.read_to = end;
            return Ok(());
        }
        let Some(parts) = Parts::of(fields, self.years) else {
            return report.reject_one(begin, end, "the JSON object is no event: it has no type and no body");
        };
        let (project, event) = parts.into_event(report, begin, end);
        report.push(self.streams.of(project.as_deref()), event, end);
        Ok(())
    }
}

/// An event's fields, with those taken out that are something else of it.
#[derive(Default)]
struct Parts {
    kind: String,
    project: Option<String>,
    time_nanos: Option<i64>,
    severity: Option<Severity>,
    trace_id: Option<[u8; 16]>,
    message: Option<(usize, String)>,
    fields: Vec<Field>,
}

impl Parts {
    fn of(fields: Vec<Field>, years: Years) -> Option<Self> {
        let mut parts = Self::default();
        let mut has_body = false;
        for Field { path, value } in fields {
            has_body |= path.starts_with("body");
            let rank = MESSAGES.iter().position(|known| *known == path);
            match (&*path, value) {
                ("type", Value::Text(kind)) => parts.kind = kind,
                ("projectId" | "project_id", Value::Text(project)) if !project.is_empty() => {
                    parts.project = Some(project);
                }
                ("timestamp", Value::Text(text)) => {
                    parts.time_nanos =
                        stamp::whole(text.as_bytes(), years).or_else(|| stamp::epoch(text.as_bytes()));
                    if parts.time_nanos.is_none() {
                        parts.fields.push(Field { path, value: Value::Text(text) });
                    }
                }
                ("timestamp", Value::Int(number)) => {
                    parts.time_nanos = stamp::epoch(number.to_string().as_bytes());
                }
                ("body.level", Value::Text(level)) => {
                    parts.severity = severity::of_word(level.as_bytes());
                    parts.fields.push(Field { path, value: Value::Text(level) });
                }
                ("context.traceId" | "context.trace_id" | "traceId" | "trace_id", Value::Text(id))
                    if crate::ids::from_hex::<16>(id.as_bytes()).is_some() =>
                {
                    parts.trace_id = crate::ids::from_hex(id.as_bytes()).filter(|id| *id != [0; 16]);
                }
                (_, Value::Text(text)) if rank.is_some_and(|rank| parts.message_ranks_below(rank)) => {
                    let known = parts.message.take();
                    if let Some((rank, text)) = known {
                        parts.fields.push(Field { path: MESSAGES[rank].into(), value: Value::Text(text) });
                    }
                    parts.message = rank.map(|rank| (rank, text));
                }
                (_, value) => parts.fields.push(Field { path, value }),
            }
        }
        (!parts.kind.is_empty() || has_body).then_some(parts)
    }

    fn message_ranks_below(&self, rank: usize) -> bool {
        self.message.as_ref().is_none_or(|(known, _)| rank < *known)
    }

    fn into_event(self, report: &Report<'_>, begin: usize, end: usize) -> (Option<String>, Event) {
        let message = self.message.map(|(_, text)| text);
        // What a log says needs no type before it; of the other types the type is the better half.
        let body = match message {
            Some(message) if self.kind == "log" || self.kind.is_empty() => message,
            Some(message) => format!("{}: {message}", self.kind),
            None => self.kind.clone(),
        };
        let mut event = Event::new(body, report.range(begin, end));
        event.time_nanos = self.time_nanos;
        event.trace_id = self.trace_id;
        event.severity = self.severity.or((self.kind == "error").then_some(Severity::Error));
        event.fields.push(Field { path: "type".into(), value: Value::Text(self.kind) });
        event.fields.extend(self.fields);
        (self.project, event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, Capture, Format, OpenOptions};
    use std::io;
    use std::path::Path;

    fn read(text: &str) -> Batch {
        let stored = io::Cursor::new(text.as_bytes().to_vec());
        let options = OpenOptions::default();
        let mut capture =
            Capture::from_reader(Path::new("l"), stored, text.len() as u64, &options).expect("opens");
        assert_eq!(capture.format(), Format::Lynex, "{text}");
        let mut batch = Batch::default();
        assert!(capture.next_batch(&mut batch).expect("reads"));
        assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected());
        batch
    }

    const ERROR: &str = r#"{"eventId":"e1","projectId":"shop","type":"error","timestamp":"2023-11-14T22:13:20.5","sdk":{"name":"py","version":"1"},"body":{"type":"Timeout","message":"no answer","stacktrace":"…"},"context":{"traceId":"0af7651916cd43dd8448eb211c80319c","parentEventId":"e0"}}"#;
    const USAGE: &str = r#"{"event_id":"e2","project_id":"shop","type":"token_usage","timestamp":"2023-11-14T22:13:21Z","body":{"model":"m","totalTokens":12,"cost":0.5}}"#;

    #[test]
    fn both_casings_alone_in_arrays_and_in_lists() {
        for text in [
            format!("{ERROR}\n{USAGE}\n"),
            format!("[{ERROR},{USAGE}]"),
            format!("{{\"events\":[{ERROR},{USAGE}]}}"),
        ] {
            let batch = read(&text);
            assert_eq!((batch.events.len(), batch.problems.len()), (2, 1), "{text}");
            let note = &batch.problems[0];
            assert!(note.reason.contains("name no zone"), "the older SDK writes none: {}", note.reason);
            let (stream, event) = &batch.events[0];
            assert_eq!(
                (stream.service.as_deref(), &event.body[..]),
                (Some("shop"), &b"error: no answer"[..])
            );
            assert_eq!(
                (event.time_nanos, event.severity),
                (Some(1_700_000_000_500_000_000), Some(Severity::Error))
            );
            assert!(event.trace_id.is_some());
            assert_eq!(&text[event.source.offset as usize..event.source.end() as usize], ERROR);
            let (_, usage) = &batch.events[1];
            assert_eq!(&usage.body[..], b"token_usage");
            assert!(usage.fields.contains(&Field { path: "body.totalTokens".into(), value: Value::Int(12) }));
        }
    }

    #[test]
    fn what_is_no_event_costs_itself() {
        let batch =
            read(&format!("{{\"events\":[{ERROR},7,{{\"a\":1}},{USAGE}]}}\n{{\"events\":[{ERROR},{{"));
        assert_eq!((batch.events.len(), batch.rejected()), (3, 3));
    }
}
