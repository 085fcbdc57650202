//! Traces as Jaeger and Zipkin write them, made into the same spans as OpenTelemetry's.

mod jaeger;
mod parts;
mod zipkin;

use crate::budget::Budget;
use crate::format::Format;
use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::documents::{Document, Framing, next_document, separates};
use crate::json::report::{Report, too_costly};
use crate::model::{Batch, Limits};
use crate::otlp::{Context, Resource, SpanParts, TooCostly};
use crate::probe::{JsonObject, Probe};
use crate::reader::Reader;
use crate::streams::OtlpStreams;
use crate::window::Window;
use std::io;

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
pub(crate) struct TraceJsonReader {
    shape: Shape,
    streams: OtlpStreams,
    framing: Framing,
    limits: Limits,
}

impl TraceJsonReader {
    pub(crate) fn new(shape: Shape, framing: Framing, limits: Limits) -> Self {
        Self { shape, streams: OtlpStreams::default(), framing, limits }
    }
}

impl Reader for TraceJsonReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        let (length, next) = match next_document(window, self.framing, &self.limits, batch)? {
            Document::End => return Ok(false),
            Document::Passed => return Ok(true),
            Document::Bytes { length, next } => (length, next),
        };
        let (offset, line) = (window.offset(), window.line_number());
        let bytes = &window.available()[..length];
        let mut at = 0;
        while let Some(begin) = bytes[at..].iter().position(|&byte| !separates(byte)) {
            at += begin;
            let report = Report::new(batch, offset + at as u64, line, length - at);
            let mut decoder = Decoder { streams: &mut self.streams, report };
            at += decoder.document(&bytes[at..], self.shape, &self.limits);
        }
        window.pass_counting(next);
        Ok(true)
    }
}

/// How sure it is that the capture is of this shape.
pub(crate) fn confidence(format: Format, probe: &Probe<'_>) -> f64 {
    probe.json.share(|object| match format {
        Format::Jaeger => is_jaeger(object),
        _ => is_zipkin(object),
    })
}

fn is_jaeger(object: &JsonObject<'_>) -> bool {
    let holds = |text: &[u8]| memchr::memmem::find(object.bytes, text).is_some();
    let has_id = object.has("traceID") || object.has("traceId");
    let is_span = has_id && object.has("operationName");
    let is_trace = object.has("spans") && (has_id || holds(b"\"operationName\""));
    let is_export = object.has("data") && holds(b"\"traceID\"") && holds(b"\"spans\"");
    is_span || is_trace || is_export
}

fn is_zipkin(object: &JsonObject<'_>) -> bool {
    let marks =
        ["localEndpoint", "remoteEndpoint", "annotations", "binaryAnnotations", "parentId", "duration"];
    object.has("traceId") && object.has("id") && marks.iter().any(|mark| object.has(mark))
}

/// Decodes one document.
struct Decoder<'d> {
    streams: &'d mut OtlpStreams,
    report: Report<'d>,
}

impl Decoder<'_> {
    /// Reads the document that begins `bytes` and returns where it ends. What is damaged takes all bytes.
    fn document(&mut self, bytes: &[u8], shape: Shape, limits: &Limits) -> usize {
        let mut cursor = Cursor::new(bytes, limits.depth, limits.values);
        match self.value(&mut cursor, shape) {
            Ok(()) => cursor.at(),
            Err(fault) => {
                self.report.reject_rest(bytes.len(), fault);
                bytes.len()
            }
        }
    }

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
