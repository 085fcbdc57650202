//! Spans as Phoenix hands them out: its data frame as CSV, Parquet or JSON lines, and its API's JSON.
//!
//! What OpenTelemetry sent to it comes back in columns: `context.span_id`, `parent_id`, `attributes.llm.model_name` … They are made
//! into the spans of OTLP again, by the same code that reads those, with the attributes of `OpenInference` as they were sent:
//! the parts of a list of messages by number, `llm.input_messages.0.message.role`.
//!
//! Source: `phoenix.client`, `spans.get_spans_dataframe` and `helpers.spans.dataframe_to_spans`.

use super::call::time_in;
use super::names::element;
use super::python;
use crate::budget::Budget;
use crate::ids;
use crate::json::value::{budget_of_packed, values_in};
use crate::otlp::{Context, Resource, Scope, SpanEventParts, SpanParts};
use crate::stamp::Years;
use crate::streams::OtlpStreams;
use cbad::{ByteRange, Event, Field, StreamKey, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

const SPAN_KIND: &str = "openinference.span.kind";
/// Attributes that are lists or dictionaries, which a cell of CSV holds as Python prints them.
const NESTED: [&str; 12] = [
    "llm.input_messages",
    "llm.output_messages",
    "llm.prompts",
    "llm.choices",
    "llm.tools",
    "retrieval.documents",
    "reranker.input_documents",
    "reranker.output_documents",
    "embedding.embeddings",
    "metadata",
    "tag.tags",
    "events",
];

/// The event of a row or an object, and its stream.
pub(super) fn event_of(
    fields: Vec<Field>,
    source: ByteRange,
    years: Years,
    streams: &mut OtlpStreams,
) -> (Arc<StreamKey>, Event) {
    let mut row = Row { span: SpanParts::default(), kind: None, events: BTreeMap::new(), years };
    let mut budget = budget_of_packed(&fields);
    for field in fields {
        match nested(&field, &mut budget) {
            Some(inner) => inner.into_iter().for_each(|field| row.take(field)),
            None => row.take(field),
        }
    }
    let context = Context { resource: &Resource::default(), scope: &Scope::default() };
    let event = row.into_span().into_event(context, source, &mut Budget::for_unit(0));
    (streams.spans(""), event.expect("nothing surrounds the record, and every unit may cost that"))
}

/// What a cell holds that is a list or a dictionary, as JSON or as Python prints it.
fn nested(field: &Field, budget: &mut Budget) -> Option<Vec<Field>> {
    let name = field.path.strip_prefix("attributes.").unwrap_or(&field.path);
    match &field.value {
        Value::Text(text) if NESTED.contains(&name) && text.trim_start().starts_with(['[', '{', '(']) => {
            let value = values_in(text, &field.path, budget);
            value.or_else(|| python::to_json(text).and_then(|json| values_in(&json, &field.path, budget)))
        }
        _ => None,
    }
}

/// A span in the making.
struct Row {
    span: SpanParts,
    kind: Option<String>,
    events: BTreeMap<u32, SpanEventParts>,
    years: Years,
}

impl Row {
    fn take(&mut self, Field { path, value }: Field) {
        if value == Value::Null {
            return;
        }
        let text = match &value {
            Value::Text(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            _ => String::new(),
        };
        let span = &mut self.span;
        let taken = match path.as_str() {
            "context.trace_id" => set(&mut span.trace_id, ids::from_hex(text.as_bytes())),
            "context.span_id" => set(&mut span.span_id, ids::from_hex(text.as_bytes())),
            "parent_id" => text.is_empty() || set(&mut span.parent_span_id, ids::from_hex(text.as_bytes())),
            "name" => {
                span.name = text.into_bytes();
                true
            }
            "start_time" => self.time(&text, |span, nanos| span.start_nanos = nanos),
            "end_time" => self.time(&text, |span, nanos| span.end_nanos = nanos),
            "status_code" => status(&text).map(|code| span.status_code = code).is_some(),
            "status_message" => {
                span.status_message = text;
                true
            }
            "span_kind" => {
                self.kind = Some(text);
                true
            }
            // No events.
            "events" if text == "[]" => true,
            _ => match element(&path, "events") {
                Some((index, rest)) => self.span_event(index, rest, &value),
                None => false,
            },
        };
        if !taken {
            self.attribute(&path, value);
        }
    }

    fn time(&mut self, text: &str, put: impl Fn(&mut SpanParts, u64)) -> bool {
        let nanos = time_in(text, self.years).and_then(|nanos| u64::try_from(nanos).ok());
        nanos.map(|nanos| put(&mut self.span, nanos)).is_some()
    }

    /// True where it is a part of an event of the span.
    fn span_event(&mut self, index: &str, rest: &str, value: &Value) -> bool {
        let Ok(index) = index.parse() else { return false };
        let event = self.events.entry(index).or_default();
        match (rest, value) {
            ("timestamp", Value::Text(time)) => {
                let nanos = time_in(time, self.years).and_then(|nanos| u64::try_from(nanos).ok());
                event.time_nanos = nanos.unwrap_or_default();
            }
            ("name", Value::Text(name)) => event.name.clone_from(name),
            _ => {
                let path = rest.strip_prefix("attributes.").unwrap_or(rest).to_owned();
                event.attributes.push(Field { path, value: value.clone() });
            }
        }
        true
    }

    fn attribute(&mut self, path: &str, value: Value) {
        let path = numbered(path.strip_prefix("attributes.").unwrap_or(path));
        let value = match value {
            // A column that is empty in other rows has fractions in all of them.
            Value::Float(count) if path.starts_with("llm.token_count.") && count.fract() == 0.0 => {
                Value::Int(count as i64)
            }
            value => value,
        };
        self.span.attributes.push(Field { path, value });
    }

    fn into_span(mut self) -> SpanParts {
        self.span.events = self.events.into_values().collect();
        let has_kind = self.span.attributes.iter().any(|attribute| attribute.path == SPAN_KIND);
        if let Some(kind) = self.kind.filter(|kind| !has_kind && !kind.is_empty() && kind != "UNKNOWN") {
            self.span.attributes.insert(0, Field { path: SPAN_KIND.into(), value: Value::Text(kind) });
        }
        self.span
    }
}

fn set<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let is_some = value.is_some();
    *place = value;
    is_some
}

fn status(text: &str) -> Option<i64> {
    match text {
        "UNSET" | "" => Some(0),
        "OK" => Some(1),
        "ERROR" => Some(2),
        _ => None,
    }
}

/// `a[0].b` as `a.0.b`; a list of plain values keeps its brackets, as an attribute that is one does.
fn numbered(path: &str) -> String {
    let mut name = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, (index, behind))) =
        rest.split_once('[').and_then(|(before, tail)| Some((before, tail.split_once(']')?)))
    {
        name.push_str(before);
        let parts = if behind.is_empty() { ["[", index, "]"] } else { [".", index, ""] };
        name.extend(parts);
        rest = behind;
    }
    name + rest
}
