//! Events of Lynex and `WatchLLM`, as their SDKs send them and as their stores keep them.
//!
//! Source: `kaadipranav/lynex`, both SDKs and the ingest API. Keys come in camel and in snake case; events stand alone,
//! in an array, or in `{"events": […]}`. A time without a zone is UTC, as the Python SDK writes it.

use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::reader::{DocumentFormat, each_object};
use crate::json::report::Report;
use crate::json::value::{budget_of_packed, flatten, values_in};
use crate::probe::{JsonObject, Probe};
use crate::severity;
use crate::stamp::{self, Years};
use crate::streams::LogStreams;
use cbad::{ByteRange, Event, Field, Measure, Severity, Value};

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
        let Some((project, event)) = event_of(fields, report.range(begin, end), self.years) else {
            return report.reject_one(begin, end, "the JSON object is no event: it has no type and no body");
        };
        report.push(self.streams.of(project.as_deref()), event, end);
        Ok(())
    }
}

/// The columns of the archive that no other table has together.
pub(crate) fn is_row(fields: &[Field]) -> bool {
    ["event_id", "project_id", "type", "body"]
        .iter()
        .all(|name| fields.iter().any(|field| field.path == *name))
}

/// The event of a record or of a row of the archive, and its project; none where nothing says what it is.
pub(crate) fn event_of(
    fields: Vec<Field>,
    source: ByteRange,
    years: Years,
) -> Option<(Option<String>, Event)> {
    let mut budget = budget_of_packed(&fields);
    let mut unpacked = Vec::with_capacity(fields.len());
    for field in fields {
        // The stores keep these as JSON inside text.
        let inner = match &field.value {
            Value::Text(text) if matches!(&*field.path, "body" | "context") => {
                values_in(text, &field.path, &mut budget)
            }
            _ => None,
        };
        match inner {
            Some(inner) => unpacked.extend(inner),
            None => unpacked.push(field),
        }
    }
    let mut parts = Parts::of(unpacked, years)?;
    parts.name_call();
    Some(parts.into_event(source))
}

/// What a call is called in each casing, and in the conventions that the list of calls reads.
const OF_CALL: [(&str, &str); 20] = [
    ("body.model", "gen_ai.request.model"),
    ("body.modelName", "gen_ai.request.model"),
    ("body.model_name", "gen_ai.request.model"),
    ("body.inputTokens", "gen_ai.usage.input_tokens"),
    ("body.input_tokens", "gen_ai.usage.input_tokens"),
    ("body.promptTokens", "gen_ai.usage.input_tokens"),
    ("body.usage.inputTokens", "gen_ai.usage.input_tokens"),
    ("body.usage.input_tokens", "gen_ai.usage.input_tokens"),
    ("body.usage.promptTokens", "gen_ai.usage.input_tokens"),
    ("body.usage.prompt_tokens", "gen_ai.usage.input_tokens"),
    ("body.outputTokens", "gen_ai.usage.output_tokens"),
    ("body.output_tokens", "gen_ai.usage.output_tokens"),
    ("body.completionTokens", "gen_ai.usage.output_tokens"),
    ("body.usage.outputTokens", "gen_ai.usage.output_tokens"),
    ("body.usage.output_tokens", "gen_ai.usage.output_tokens"),
    ("body.usage.completionTokens", "gen_ai.usage.output_tokens"),
    ("body.usage.completion_tokens", "gen_ai.usage.output_tokens"),
    ("body.costUSD", "gen_ai.usage.cost"),
    ("body.cost", "gen_ai.usage.cost"),
    ("estimated_cost_usd", "gen_ai.usage.cost"),
];

/// An event's fields, with those taken out that are something else of it.
#[derive(Default)]
struct Parts {
    kind: String,
    project: Option<String>,
    time_nanos: Option<i64>,
    severity: Option<Severity>,
    trace_id: Option<[u8; 16]>,
    span_id: Option<[u8; 8]>,
    parent_span_id: Option<[u8; 8]>,
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
                    if !id.is_empty() =>
                {
                    let known = crate::ids::of_any(&id);
                    parts.trace_id = known.map(|(id, _)| id);
                    if !known.is_some_and(|(_, is_exact)| is_exact) {
                        parts.fields.push(Field { path, value: Value::Text(id) });
                    }
                }
                ("eventId" | "event_id", Value::Text(id)) => {
                    parts.span_id = crate::ids::of_any(&id).map(|(id, _)| id);
                    parts.fields.push(Field { path, value: Value::Text(id) });
                }
                (
                    "context.parentEventId" | "context.parent_event_id" | "parentEventId" | "parent_event_id",
                    Value::Text(id),
                ) => {
                    parts.parent_span_id = crate::ids::of_any(&id).map(|(id, _)| id);
                    parts.fields.push(Field { path, value: Value::Text(id) });
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

    /// Gives the fields of a call to a model the names of the `GenAI` conventions; a name is given once.
    fn name_call(&mut self) {
        let is_tool = matches!(&*self.kind, "tool_call" | "toolCall");
        if !is_tool
            && !matches!(&*self.kind, "model_response" | "modelResponse" | "token_usage" | "tokenUsage")
        {
            return;
        }
        if is_tool {
            let name = self.message.clone().filter(|(rank, _)| MESSAGES[*rank].ends_with("ame"));
            self.fields.extend(name.map(|(_, name)| text("gen_ai.tool.name", name)));
            self.fields.push(text("gen_ai.operation.name", "execute_tool".to_owned()));
            return;
        }
        for (path, name) in OF_CALL {
            if self.fields.iter().any(|field| field.path == name) {
                continue;
            }
            if let Some(field) = self.fields.iter_mut().find(|field| field.path == path) {
                name.clone_into(&mut field.path);
            }
        }
        // Usage is said of a call that its own event tells of; alone it has no operation.
        if matches!(&*self.kind, "model_response" | "modelResponse") {
            self.fields.push(text("gen_ai.operation.name", "chat".to_owned()));
        }
        let failed = |field: &Field| field.path == "body.success" && field.value == Value::Bool(false);
        if self.fields.iter().any(failed) {
            self.severity = self.severity.or(Some(Severity::Error));
            self.fields.push(text("error.type", "not successful".to_owned()));
        }
    }

    fn into_event(self, source: ByteRange) -> (Option<String>, Event) {
        let message = self.message.map(|(_, text)| text);
        // What a log says needs no type before it; of the other types the type is the better half.
        let body = match message {
            Some(message) if self.kind == "log" || self.kind.is_empty() => message,
            Some(message) => format!("{}: {message}", self.kind),
            None => self.kind.clone(),
        };
        let mut event = Event::new(body, source);
        event.measure = duration(&self.fields).map(Measure::DurationNanos);
        event.time_nanos = self.time_nanos;
        event.trace_id = self.trace_id;
        event.span_id = self.span_id;
        event.parent_span_id = self.parent_span_id;
        event.severity = self.severity.or((self.kind == "error").then_some(Severity::Error));
        event.fields.push(Field { path: "type".into(), value: Value::Text(self.kind) });
        event.fields.extend(self.fields);
        (self.project, event)
    }
}

fn text(path: &str, text: String) -> Field {
    Field { path: path.to_owned(), value: Value::Text(text) }
}

/// How long a call or a span took, in whole or broken milliseconds.
fn duration(fields: &[Field]) -> Option<i64> {
    const DURATIONS: [&str; 6] = [
        "body.durationMs",
        "body.duration_ms",
        "body.latencyMs",
        "body.latency_ms",
        "body.usage.latencyMs",
        "body.usage.latency_ms",
    ];
    let field = DURATIONS.iter().find_map(|path| fields.iter().find(|field| field.path == *path))?;
    match field.value {
        Value::Int(millis) => millis.checked_mul(1_000_000),
        Value::Float(millis) if millis.is_finite() && millis < 9e12 => Some((millis * 1e6) as i64),
        _ => None,
    }
    .filter(|nanos| *nanos >= 0)
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

    #[test]
    fn what_stores_keep_as_text_is_read_and_calls_have_the_names_of_calls() {
        let row = r#"{"event_id":"e","project_id":"p","type":"log","timestamp":"2024-01-01 00:00:00.123","sdk_name":"py","body":"{\"level\": \"error\", \"message\": \"m\"}","context":"{}","estimated_cost_usd":0.2}"#;
        let batch = read(&format!("{row}\n"));
        let (_, event) = &batch.events[0];
        assert_eq!((&event.body[..], event.severity), (&b"m"[..], Some(Severity::Error)));
        let response = r#"{"eventId":"e2","projectId":"p","type":"model_response","timestamp":"2024-01-01T00:00:01Z","body":{"model":"m-1","success":false,"latencyMs":1.5,"usage":{"promptTokens":3,"completionTokens":4},"costUSD":0.5},"context":{"traceId":"t1","parentEventId":"e"}}"#;
        let batch = read(&format!("{row}\n{response}\n"));
        let (_, call) = &batch.events[1];
        for (path, value) in [
            ("gen_ai.request.model", Value::Text("m-1".into())),
            ("gen_ai.operation.name", Value::Text("chat".into())),
            ("gen_ai.usage.input_tokens", Value::Int(3)),
            ("gen_ai.usage.output_tokens", Value::Int(4)),
            ("gen_ai.usage.cost", Value::Float(0.5)),
        ] {
            assert!(call.fields.contains(&Field { path: path.into(), value }), "{path}: {:?}", call.fields);
        }
        assert_eq!(
            (call.measure.clone(), call.severity),
            (Some(Measure::DurationNanos(1_500_000)), Some(Severity::Error))
        );
        assert!(call.trace_id.is_some() && call.parent_span_id == batch.events[0].1.span_id);
    }

    #[test]
    fn a_row_of_the_archive_is_the_event_that_was_sent() {
        let field = |path: &str, text: &str| Field { path: path.into(), value: Value::Text(text.into()) };
        let fields = vec![
            field("event_id", "e1"),
            field("project_id", "shop"),
            field("type", "error"),
            field("body", r#"{"message":"no answer"}"#),
        ];
        assert!(is_row(&fields) && !is_row(&fields[1..]));
        let (project, event) = event_of(fields, ByteRange::default(), Years::new(1970)).expect("an event");
        assert_eq!((project.as_deref(), &event.body[..]), (Some("shop"), &b"error: no answer"[..]));
    }
}
