//! Traces as Jaeger and Zipkin write them, made into the same spans as OpenTelemetry's.

mod jaeger;
mod parts;
mod zipkin;

use crate::budget::Budget;
use crate::format::Format;
use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::reader::DocumentFormat;
use crate::json::report::{Report, too_costly};
use crate::otlp::{Context, Resource, Scope, SpanParts, TooCostly};
use crate::probe::{JsonObject, Probe};
use crate::streams::OtlpStreams;

/// A span as decoded, with what its process and library say of it.
#[derive(Default)]
struct Decoded {
    span: SpanParts,
    scope: String,
}

/// Which of the two shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Jaeger,
    Zipkin,
}

impl Shape {
    fn hint(self) -> &'static str {
        match self {
            Self::Jaeger => "A Jaeger trace has an array `spans`, alone or within `data`.",
            Self::Zipkin => "A Zipkin span has `traceId` and `id`.",
        }
    }
}

/// Reads Jaeger or Zipkin JSON.
pub(crate) struct TraceJson {
    shape: Shape,
    streams: OtlpStreams,
}

impl TraceJson {
    pub(crate) fn new(shape: Shape) -> Self {
        Self { shape, streams: OtlpStreams::default() }
    }
}

impl DocumentFormat for TraceJson {
    fn read(&mut self, cursor: &mut Cursor<'_>, report: &mut Report<'_>) -> Read<()> {
        Decoder { streams: &mut self.streams, report }.value(cursor, self.shape)
    }
}

/// How sure it is that the capture is of this shape.
pub(crate) fn confidence(format: Format, probe: &Probe<'_>) -> f64 {
    probe.json.share(|object| match format {
        Format::Jaeger => is_jaeger(object),
        _ => is_zipkin(object),
    })
}

/// Logs have a trace id and the name of an operation too, as those of GraphQL do.
fn is_jaeger(object: &JsonObject<'_>) -> bool {
    let has_any = |keys: &[&str]| keys.iter().any(|key| object.has(key));
    let is_span = has_any(&["traceID", "traceId"])
        && has_any(&["spanID", "spanId"])
        && object.has("operationName")
        && object.has("startTime");
    let has_spans = has_any(&["processes", "processMap"]) || object.holds("\"operationName\"");
    let is_trace = object.has("spans") && has_spans;
    let is_export = object.has("data") && object.holds("\"traceID\"") && object.holds("\"spans\"");
    is_span || is_trace || is_export
}

/// Members of spans of both versions that logs may have too.
const ZIPKIN_MEMBERS: [&str; 13] = [
    "traceId",
    "id",
    "parentId",
    "name",
    "kind",
    "timestamp",
    "timestamp_millis",
    "duration",
    "annotations",
    "tags",
    "shared",
    "debug",
    "_q",
];

/// What only Zipkin names so tells a span; without it, that it has nothing else than a span may have.
fn is_zipkin(object: &JsonObject<'_>) -> bool {
    let is_told =
        ["localEndpoint", "remoteEndpoint", "binaryAnnotations"].iter().any(|mark| object.has(mark));
    let is_known = |key: &Vec<u8>| ZIPKIN_MEMBERS.iter().any(|known| known.as_bytes() == key);
    let marks = ["annotations", "parentId", "duration"];
    let has_ids = object.has("traceId") && object.has("id");
    has_ids && (is_told || marks.iter().any(|mark| object.has(mark)) && object.keys.iter().all(is_known))
}

/// Decodes one document.
struct Decoder<'d, 'b> {
    streams: &'d mut OtlpStreams,
    report: &'d mut Report<'b>,
}

impl Decoder<'_, '_> {
    fn value(&mut self, cursor: &mut Cursor<'_>, shape: Shape) -> Read<()> {
        match cursor.kind()? {
            Kind::Array => cursor.array(|cursor| self.value(cursor, shape)),
            Kind::Object => {
                let begin = cursor.at();
                let found = match shape {
                    Shape::Jaeger => self.jaeger(cursor)?,
                    Shape::Zipkin => self.zipkin(cursor)?,
                };
                self.report.note(begin, cursor.at());
                if !found {
                    let reason = "the JSON object is no span and no trace";
                    self.report.reject(begin, cursor.at(), reason, shape.hint());
                }
                Ok(())
            }
            _ => {
                let begin = cursor.at();
                cursor.skip()?;
                self.report.reject_one(begin, cursor.at(), "JSON that is not an object")
            }
        }
    }

    /// Puts a span that took up `begin..end` into the batch.
    fn push(&mut self, decoded: Decoded, resource: &Resource, begin: usize, end: usize) -> Read<()> {
        let Decoded { span, scope } = decoded;
        self.report.note(begin, end);
        let scope = Scope::named(scope, String::new());
        let context = Context { resource, scope: &scope };
        let source = self.report.range(begin, end);
        let budget: &mut Budget = &mut self.report.budget;
        match span.into_event(context, source, budget) {
            Ok(event) => {
                self.report.push(self.streams.spans(&resource.service), event, end);
                Ok(())
            }
            Err(TooCostly) => too_costly(begin),
        }
    }
}

#[cfg(test)]
mod tests;
