//! Calls to language models: what the APIs of `OpenAI` and Anthropic take and give, and what Langfuse, `LangSmith` and Phoenix
//! keep, as JSON and in tables.
//!
//! Every source gives the same shape: one event a call, its fields named as OpenTelemetry's `GenAI` conventions name them
//! (`docs/decisions/0011-llm-calls.md`). A call that arrives through OTLP is a span or a log record with these names.

mod call;
mod columns;
mod names;
mod phoenix;
mod python;
pub(crate) mod sse;
#[cfg(test)]
mod tests;

pub(crate) use call::{Origin, event_of};
pub(crate) use columns::{cell_value, origin_of};

use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::reader::{DocumentFormat, each_object};
use crate::json::report::Report;
use crate::json::value::flatten;
use crate::probe::{JsonObject, Probe};
use crate::stamp::Years;
use crate::streams::OtlpStreams;
use cbad::Field;

/// Reads calls from JSON.
pub(crate) struct LlmJson {
    origin: Origin,
    streams: OtlpStreams,
    years: Years,
}

impl LlmJson {
    pub(crate) fn new(origin: Origin, years: Years) -> Self {
        Self { origin, streams: OtlpStreams::default(), years }
    }
}

/// How sure it is that the capture holds such records: the share of objects that are some.
pub(crate) fn confidence(origin: Origin, probe: &Probe<'_>) -> f64 {
    probe.json.share(|object| match origin {
        Origin::Api => is_of_api(object),
        Origin::Langfuse => is_langfuse(object),
        Origin::Langsmith => is_langsmith(object),
        Origin::Phoenix => is_phoenix(object),
    })
}

/// A log line that mentions a conversation is still a log line.
fn is_of_api(object: &JsonObject<'_>) -> bool {
    const OF_LOGS: [&str; 9] =
        ["level", "severity", "msg", "message", "@timestamp", "timestamp", "ts", "time", "logger"];
    if OF_LOGS.iter().any(|key| object.has(key)) {
        return false;
    }
    let has_messages = object.holds("\"messages\"") && object.holds("\"role\"");
    let is_request = object.has("messages") && has_messages;
    let is_input =
        object.has("model") && object.has("input") && object.keys.iter().all(|key| is_setting(key));
    let is_response = object.has("choices") && (object.has("object") || object.has("usage"));
    let is_list = object.has("object") && object.has("model") && (object.has("output") || object.has("data"));
    let is_message = ["type", "role", "content", "model", "usage"].iter().all(|key| object.has(key));
    let is_batch = object.has("custom_id") && (object.has("body") || object.has("response"));
    let is_pair = object.has("request") && object.has("response") && has_messages;
    is_request || is_input || is_response || is_list || is_message || is_batch || is_pair
}

fn is_setting(key: &[u8]) -> bool {
    const SETTINGS: [&[u8]; 22] = [
        b"model",
        b"input",
        b"instructions",
        b"temperature",
        b"top_p",
        b"max_output_tokens",
        b"tools",
        b"tool_choice",
        b"stream",
        b"store",
        b"metadata",
        b"reasoning",
        b"text",
        b"user",
        b"previous_response_id",
        b"parallel_tool_calls",
        b"truncation",
        b"include",
        b"background",
        b"encoding_format",
        b"dimensions",
        b"service_tier",
    ];
    SETTINGS.contains(&key)
}

fn is_langfuse(object: &JsonObject<'_>) -> bool {
    let is_observation = object.has("traceId") && object.has("type") && object.has("startTime");
    let is_export = object.has("observations") && object.holds("\"startTime\"") && object.holds("\"type\"");
    is_observation && !object.has("eventId") || is_export || is_row_of(Origin::Langfuse, object)
}

/// Whether an object is a row of an export, with the columns as keys.
fn is_row_of(origin: Origin, object: &JsonObject<'_>) -> bool {
    origin_of(|column| object.has(column)) == Some(origin)
}

fn is_phoenix(object: &JsonObject<'_>) -> bool {
    let is_nested = |object: &JsonObject<'_>| object.holds("\"span_kind\"") && object.holds("\"trace_id\"");
    let is_span = object.has("context") && object.has("parent_id") && object.has("start_time");
    let is_page = object.has("data") && object.has("next_cursor");
    is_row_of(Origin::Phoenix, object) || (is_span || is_page) && is_nested(object)
}

fn is_langsmith(object: &JsonObject<'_>) -> bool {
    let is_run = object.has("run_type") && (object.has("inputs") || object.has("start_time"));
    is_run || object.has("runs") && object.holds("\"run_type\"")
}

impl DocumentFormat for LlmJson {
    fn read(&mut self, cursor: &mut Cursor<'_>, report: &mut Report<'_>) -> Read<()> {
        each_object(cursor, report, "a record that is not an object", &mut |cursor, report| {
            self.object(cursor, report)
        })
    }
}

impl LlmJson {
    /// A record, or records within an export; what stands beside those is a record of its own.
    fn object(&mut self, cursor: &mut Cursor<'_>, report: &mut Report<'_>) -> Read<()> {
        let begin = cursor.at_value()?;
        let (mut holds_records, mut fields, mut path) = (false, Vec::<Field>::new(), String::new());
        cursor.object(|cursor, key| {
            let kind = cursor.kind()?;
            let is_inner = match self.origin {
                Origin::Api => false,
                Origin::Langfuse => {
                    matches!((&*key, kind), (b"observations", Kind::Array) | (b"trace", Kind::Object))
                }
                Origin::Langsmith => matches!((&*key, kind), (b"runs" | b"child_runs", Kind::Array)),
                Origin::Phoenix => matches!((&*key, kind), (b"data", Kind::Array)),
            };
            if is_inner {
                holds_records = true;
                return self.read(cursor, report);
            }
            // Where the next page of an answer begins says nothing of what is in this one.
            if self.origin == Origin::Phoenix && &*key == b"next_cursor" {
                return cursor.skip();
            }
            path.clear();
            path.push_str(&String::from_utf8_lossy(&key));
            flatten(cursor, &mut path, &mut fields, &mut report.budget)
        })?;
        let end = cursor.at();
        if fields.is_empty() {
            if holds_records {
                report.read_to = end;
                return Ok(());
            }
            return report.reject_one(begin, end, "an object that says nothing");
        }
        let source = report.range(begin, end);
        let (stream, event) = event_of(self.origin, fields, source, self.years, &mut self.streams);
        report.push(stream, event, end);
        Ok(())
    }
}
