//! From the fields of a record to an event: one shape of a call for every source.

use super::names::{self, Names, OPERATION, REQUEST_MODEL, RESPONSE_MODEL, element, own};
use super::phoenix;
use crate::access::typed;
use crate::ids;
use crate::json::value::{budget_of_packed, values_in};
use crate::record::time_of;
use crate::severity;
use crate::stamp::{self, Years};
use crate::streams::OtlpStreams;
use cbad::{ByteRange, Event, Field, Measure, Severity, StreamKey, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// Who wrote a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The API of `OpenAI` or Anthropic: requests, responses, batches, examples for training.
    Api,
    Langfuse,
    Langsmith,
    /// Phoenix, whose records are spans as OpenTelemetry has them.
    Phoenix,
}

/// Fields in which stores keep JSON inside text.
const PACKED: [&str; 12] = [
    "input",
    "output",
    "metadata",
    "inputs",
    "outputs",
    "extra",
    "modelParameters",
    "model_parameters",
    "usageDetails",
    "usage_details",
    "costDetails",
    "cost_details",
];

const DIMENSIONS: &str = "gen_ai.embeddings.dimension.count";

/// An event in the making.
struct Call {
    event: Event,
    service: String,
    end_nanos: Option<i64>,
    operation: Option<&'static str>,
    model: Option<String>,
    /// Where `LangSmith` says that a run stands: the run, and before it those that it is in.
    order: Option<String>,
    /// The span that the trace of Langfuse is which this is in: what an observation without a parent is below.
    top: Option<[u8; 8]>,
    years: Years,
}

/// The event of a record and its stream.
pub(crate) fn event_of(
    origin: Origin,
    fields: Vec<Field>,
    source: ByteRange,
    years: Years,
    streams: &mut OtlpStreams,
) -> (Arc<StreamKey>, Event) {
    if origin == Origin::Phoenix {
        return phoenix::event_of(fields, source, years, streams);
    }
    let fields = unpack(origin, fields);
    let is_trace = origin == Origin::Langfuse && !fields.iter().any(|field| names::is_trace_id(&field.path));
    let has_failed = origin == Origin::Langfuse && fields.iter().any(says_error);
    let operation = operation_of(origin, &fields);
    let is_response = origin == Origin::Api && has_response(&fields);
    let event = Event::new(Vec::new(), source);
    let mut call = Call {
        event,
        service: String::new(),
        end_nanos: None,
        operation,
        model: None,
        order: None,
        top: None,
        years,
    };
    if let Some(operation) = operation {
        call.event.fields.push(Field { path: OPERATION.into(), value: Value::Text(operation.into()) });
    }
    let mut names = Names::default();
    let mut seen = HashSet::new();
    let mut dimensions = 0_i64;
    for Field { path, value } in fields {
        // Parquet has exact decimals, and JSON large integers, which arrive as text.
        let value = match value {
            Value::Text(digits) if origin == Origin::Langfuse && names::is_amount(&path) => {
                typed(digits.into_bytes().into())
            }
            value => value,
        };
        if element(&path, "data").or_else(|| element(&path, "response.body.data")).is_some_and(is_of_vector) {
            dimensions += 1;
            continue;
        }
        if is_trace && path == "latency" {
            call.event.measure = seconds_of(&value).map(Measure::DurationNanos);
        }
        // SDKs write all the keys that they know: of one that has a name, null says nothing.
        if value == Value::Null && name_of(&mut Names::default(), origin, &path, is_response).is_some() {
            continue;
        }
        // LangChain's mark of a serialised object stands where others have a message's role.
        let is_mark = matches!(&value, Value::Text(text) if text == "constructor");
        let name = if value == Value::Null || is_mark {
            None
        } else {
            name_of(&mut names, origin, &path, is_response)
        };
        match name {
            // A trace of Langfuse is known by its own id, and its observations by that too.
            Some(name) if is_trace && name == own::SPAN => {
                call.event.span_id = top_of(&value);
                call.take(own::TRACE, path, value);
            }
            Some(name) if origin == Origin::Langfuse && name == own::TRACE => {
                call.top = top_of(&value);
                call.take(own::TRACE, path, value);
            }
            Some(name) if has_failed && name == names::STATUS_MESSAGE => {
                call.take("error.message", path, value);
            }
            // A second value of a name keeps the path that it was written with.
            Some(name) if !seen.contains(&name) => {
                call.take(&name, path, value);
                seen.insert(name);
            }
            _ => call.event.fields.push(Field { path, value }),
        }
    }
    if dimensions > 0 {
        call.event.fields.push(Field { path: DIMENSIONS.into(), value: Value::Int(dimensions) });
    }
    call.finish(streams)
}

/// Whether a field is the level of an observation of Langfuse that failed. A warning has a message too.
fn says_error(field: &Field) -> bool {
    field.path == "level" && matches!(&field.value, Value::Text(level) if level == "ERROR")
}

fn name_of(names: &mut Names, origin: Origin, path: &str, is_response: bool) -> Option<String> {
    match origin {
        Origin::Api => api_name(names, path, is_response),
        Origin::Langfuse => names.langfuse(path),
        Origin::Langsmith => names.langsmith(path),
        Origin::Phoenix => None,
    }
}

/// The span that a trace of Langfuse with this id is. The store keeps it apart from its observations, and shows both as
/// one tree.
fn top_of(trace: &Value) -> Option<[u8; 8]> {
    match trace {
        Value::Text(id) => ids::of_any(id).map(|(id, _)| id),
        _ => None,
    }
}

/// How long a trace took, which Langfuse says in seconds and without an end.
fn seconds_of(value: &Value) -> Option<i64> {
    let seconds = match value {
        Value::Float(seconds) => *seconds,
        Value::Int(seconds) => *seconds as f64,
        _ => return None,
    };
    (0.0..9e9).contains(&seconds).then(|| (seconds * 1e9).round() as i64)
}

/// A number of an embedding says nothing by itself; how many there are does.
fn is_of_vector((_, rest): (&str, &str)) -> bool {
    element(rest, "embedding").is_some_and(|(_, rest)| rest.is_empty())
}

fn has_response(fields: &[Field]) -> bool {
    let is_message = |field: &Field| {
        field.path == "type" && matches!(&field.value, Value::Text(kind) if kind == "message")
    };
    let tells = |field: &Field| {
        element(&field.path, "choices").is_some()
            || element(&field.path, "output").is_some()
            || is_message(field)
            || field.path == "object"
    };
    fields.iter().any(tells)
}

/// A record is a request or a response, or holds both below a name each, as batches and gateways do.
fn api_name(names: &mut Names, path: &str, is_response: bool) -> Option<String> {
    let below = |begins: &[&str]| begins.iter().find_map(|begin| path.strip_prefix(begin)).map(str::to_owned);
    if let Some(rest) = below(&["response.body.", "response."]) {
        return names.response(&rest);
    }
    if let Some(rest) = below(&["request.body.", "request.", "body."]) {
        return names.request(&rest);
    }
    match path {
        // An answer that is an error, or what a batch says of one of its requests, which has no type.
        "error.code" => Some("error.type".into()),
        "error.type" | "error.message" => Some(path.into()),
        _ if is_response => names.response(path).or_else(|| names.request(path)),
        _ => names.request(path),
    }
}

fn operation_of(origin: Origin, fields: &[Field]) -> Option<&'static str> {
    let text = |path: &str| {
        fields.iter().find(|field| field.path == path).and_then(|field| match &field.value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    };
    match origin {
        Origin::Langfuse => match text("type")? {
            "GENERATION" => Some("chat"),
            "EMBEDDING" => Some("embeddings"),
            "TOOL" => Some("execute_tool"),
            "AGENT" => Some("invoke_agent"),
            _ => None,
        },
        Origin::Langsmith => match text("run_type")? {
            "llm" => Some("chat"),
            "embedding" => Some("embeddings"),
            "tool" => Some("execute_tool"),
            _ => None,
        },
        Origin::Phoenix => None,
        Origin::Api => {
            let object = text("object").or_else(|| text("response.body.object")).unwrap_or_default();
            let url = text("url").unwrap_or_default();
            let has = |path: &str| fields.iter().any(|field| field.path == path);
            let embeds = object == "list" || url.ends_with("/embeddings") || has("encoding_format");
            let completes = object == "text_completion" || has("prompt") || has("body.prompt");
            Some(if embeds {
                "embeddings"
            } else if completes {
                "text_completion"
            } else {
                "chat"
            })
        }
    }
}

/// Undoes JSON inside the text of fields that are known to hold it. What is none stays text.
fn unpack(origin: Origin, fields: Vec<Field>) -> Vec<Field> {
    let is_packed = |field: &Field| {
        PACKED.contains(&field.path.as_str())
            && matches!(&field.value, Value::Text(text) if text.trim_start().starts_with(['{', '[']))
    };
    if origin == Origin::Api || !fields.iter().any(is_packed) {
        return fields;
    }
    let mut budget = budget_of_packed(&fields);
    let mut unpacked = Vec::with_capacity(fields.len());
    for field in fields {
        let inner = match &field.value {
            Value::Text(text) if is_packed(&field) => values_in(text, &field.path, &mut budget),
            _ => None,
        };
        match inner {
            Some(inner) => unpacked.extend(inner),
            None => unpacked.push(field),
        }
    }
    unpacked
}

impl Call {
    /// Takes a value by its name in the conventions; what an event has no place for, or cannot be read, is a field.
    fn take(&mut self, name: &str, path: String, value: Value) {
        let event = &mut self.event;
        let text = match &value {
            Value::Text(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Bytes(_) => String::new(),
        };
        let taken = match name {
            own::BEGIN => set(&mut event.time_nanos, time_in(&text, self.years)),
            own::END => set(&mut self.end_nanos, time_in(&text, self.years)),
            own::LEVEL => set(&mut event.severity, level_of(&text)),
            own::TRACE => set_id(&mut event.trace_id, &text),
            own::SPAN => set_id(&mut event.span_id, &text),
            own::PARENT => set_id(&mut event.parent_span_id, &text),
            own::ORDER => {
                self.order = Some(text);
                false
            }
            own::NAME => {
                event.body = text.into_bytes();
                true
            }
            own::SERVICE => {
                self.service = text;
                true
            }
            _ => {
                match name {
                    REQUEST_MODEL if self.model.is_none() => self.model = Some(text),
                    RESPONSE_MODEL => self.model = self.model.take().or(Some(text)),
                    "error.message" | "error.type" if !text.is_empty() => {
                        event.severity = event.severity.or(Some(Severity::Error));
                    }
                    _ => {}
                }
                event.fields.push(Field { path: name.to_owned(), value });
                return;
            }
        };
        if !taken {
            event.fields.push(Field { path, value });
        }
    }

    fn finish(mut self, streams: &mut OtlpStreams) -> (Arc<StreamKey>, Event) {
        if let Some(order) = &self.order {
            stand(&mut self.event, order);
        }
        let event = &mut self.event;
        event.parent_span_id = event.parent_span_id.or(self.top);
        let status = event.fields.iter().find(|field| field.path == "response.status_code");
        if let Some(Field { value: Value::Int(status), .. }) = status {
            let of_status = severity::of_http_status(*status).filter(|severity| *severity > Severity::Info);
            event.severity = event.severity.or(of_status);
        }
        let duration = event.time_nanos.zip(self.end_nanos).and_then(|(begin, end)| end.checked_sub(begin));
        let duration = duration.filter(|nanos| *nanos >= 0).map(Measure::DurationNanos);
        event.measure = duration.or(event.measure.take());
        let model = self.model.unwrap_or_default();
        if event.body.is_empty() {
            let operation = self.operation.unwrap_or("trace");
            event.body = format!("{operation} {model}").trim_end().into();
        }
        let stream = match self.operation {
            Some("chat" | "text_completion" | "embeddings") => streams.calls(&self.service, &model),
            _ => streams.spans(&self.service),
        };
        (stream, self.event)
    }
}

fn set<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let is_some = value.is_some();
    if place.is_none() {
        *place = value;
    }
    is_some
}

pub(super) fn time_in(text: &str, years: Years) -> Option<i64> {
    time_of(text.as_bytes(), years).or_else(|| stamp::epoch(text.as_bytes()))
}

fn level_of(text: &str) -> Option<Severity> {
    if text == "DEFAULT" { Some(Severity::Info) } else { severity::of_field(text) }
}

/// Takes an id; true where nothing of it is lost, so that it need not be kept as it was written.
fn set_id<const N: usize>(place: &mut Option<[u8; N]>, text: &str) -> bool {
    let id = ids::of_any(text);
    set(place, id.map(|(id, _)| id));
    id.is_some_and(|(_, is_exact)| is_exact)
}

/// What `dotted_order` says where the run itself does not: `<time>Z<id>` of the trace's first run, of each run below it
/// that leads to this one, and of this one.
///
/// Source: `LangSmith`'s reference of the run data format.
fn stand(event: &mut Event, order: &str) {
    let ids: Vec<&str> = order.split('.').filter_map(|step| step.split_once('Z')).map(|(_, id)| id).collect();
    let Some((last, before)) = ids.split_last() else { return };
    set(&mut event.trace_id, ids::of_any(ids[0]).map(|(id, _)| id));
    set(&mut event.span_id, ids::of_any(last).map(|(id, _)| id));
    let parent = before.last().and_then(|id| ids::of_any(id));
    set(&mut event.parent_span_id, parent.map(|(id, _)| id));
}
