//! Zipkin: spans of version 2, and of version 1 with its annotations.
//!
//! Source: `openzipkin/zipkin-api`, `zipkin2-api.yaml` and `zipkin-api.yaml`.

use super::parts::{duration_of, id_of, kind_number, pass, time_of};
use super::{Decoded, Decoder};
use crate::budget::Budget;
use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::value::flatten;
use crate::otlp::{Resource, SpanEventParts};
use crate::otlp_json::typed::{Odd, each, members, string_of, text_of};
use cbad::{Field, Value};

/// Annotations of version 1 that say where a span begins and ends, with the kind of span that it makes.
const CORE: [(&str, &str, bool); 8] = [
    ("cs", "client", true),
    ("cr", "client", false),
    ("sr", "server", true),
    ("ss", "server", false),
    ("ms", "producer", true),
    ("mr", "consumer", true),
    ("ws", "", false),
    ("wr", "", false),
];

#[derive(Default)]
struct Annotation {
    at_nanos: u64,
    value: String,
    service: String,
}

#[derive(Default)]
struct Parts {
    decoded: Decoded,
    has_id: bool,
    has_trace_id: bool,
    duration_nanos: u64,
    service: String,
    tags: Vec<Field>,
    annotations: Vec<Annotation>,
}

impl Decoder<'_, '_> {
    /// Reads a span; false where the object is none.
    pub(super) fn zipkin(&mut self, cursor: &mut Cursor<'_>) -> Read<bool> {
        let begin = cursor.at();
        let mut parts = Parts::default();
        let (odd, budget) = (&mut self.report.odd, &mut self.report.budget);
        cursor.object(|cursor, name| parts.member(cursor, odd, &name, budget))?;
        if !(parts.has_id && parts.has_trace_id) {
            return Ok(false);
        }
        let (service, decoded) = parts.into_decoded();
        let name = Field { path: "service.name".into(), value: Value::Text(service) };
        self.push(decoded, &Resource::new(vec![name]), begin, cursor.at())?;
        Ok(true)
    }
}

impl Parts {
    fn member(
        &mut self,
        cursor: &mut Cursor<'_>,
        odd: &mut Odd,
        name: &[u8],
        budget: &mut Budget,
    ) -> Read<()> {
        let span = &mut self.decoded.span;
        match name {
            b"traceId" => {
                self.has_trace_id = true;
                span.trace_id = id_of(cursor, odd, "a trace id that is not 16 bytes")?;
            }
            b"id" => {
                self.has_id = true;
                span.span_id = id_of(cursor, odd, "a span id that is not 8 bytes")?;
            }
            b"parentId" => span.parent_span_id = id_of(cursor, odd, "a parent id that is not 8 bytes")?,
            b"name" => span.name = text_of(cursor, odd, "a span name that is not text")?.into_owned(),
            b"kind" => {
                let kind = string_of(cursor, odd, "a span kind that is not text")?;
                span.kind = kind_number(&kind).unwrap_or(0);
            }
            b"timestamp" => span.start_nanos = time_of(cursor, odd, "a timestamp that is not a number")?,
            b"duration" => self.duration_nanos = duration_of(cursor, odd, "a duration that is not a number")?,
            b"localEndpoint" => self.endpoint(cursor, "localEndpoint", budget)?,
            b"remoteEndpoint" => self.endpoint(cursor, "remoteEndpoint", budget)?,
            b"annotations" => annotations(cursor, odd, &mut self.annotations)?,
            b"binaryAnnotations" => self.binary_annotations(cursor, odd, budget)?,
            b"tags" if cursor.kind()? == Kind::Object => {
                flatten(cursor, &mut String::new(), &mut self.tags, budget)?;
            }
            // A server may go on with the client's span id: the id alone is then not unique.
            b"shared" | b"debug" if cursor.kind()? == Kind::Bool => {
                let path = String::from_utf8_lossy(name).into_owned();
                let value = cursor.bool()?;
                if value {
                    self.tags.push(Field { path, value: Value::Bool(value) });
                }
            }
            _ => pass(cursor, odd, "Zipkin span", name)?,
        }
        Ok(())
    }

    /// The service of the local endpoint is the span's; whatever else endpoints say is kept below their name.
    fn endpoint(&mut self, cursor: &mut Cursor<'_>, path: &str, budget: &mut Budget) -> Read<()> {
        if cursor.kind()? != Kind::Object {
            return cursor.skip();
        }
        let first = self.tags.len();
        flatten(cursor, &mut path.to_owned(), &mut self.tags, budget)?;
        if path == "localEndpoint"
            && let Some(index) =
                self.tags[first..].iter().position(|tag| tag.path == "localEndpoint.serviceName")
            && let Field { value: Value::Text(service), .. } = self.tags.remove(first + index)
        {
            self.service = service;
        }
        Ok(())
    }

    fn binary_annotations(
        &mut self,
        cursor: &mut Cursor<'_>,
        odd: &mut Odd,
        budget: &mut Budget,
    ) -> Read<()> {
        let is_list =
            each(cursor, |cursor| {
                let (mut key, mut value, mut service, mut endpoint) =
                    (String::new(), Vec::new(), String::new(), Vec::new());
                members(cursor, odd, "a binary annotation that is not an object", |cursor, odd, name| {
                    match name {
                        b"key" => {
                            key = string_of(cursor, odd, "a binary annotation's key that is not text")?;
                            Ok(())
                        }
                        b"value" => flatten(cursor, &mut String::new(), &mut value, budget),
                        b"endpoint" if cursor.kind()? == Kind::Object => {
                            flatten(cursor, &mut "remoteEndpoint".to_owned(), &mut endpoint, budget)?;
                            service = service_of(&endpoint);
                            Ok(())
                        }
                        _ => pass(cursor, odd, "Zipkin binary annotation", name),
                    }
                })?;
                match &*key {
                    // The address of the other side: its value says nothing.
                    "sa" | "ca" | "ma" => self.tags.append(&mut endpoint),
                    _ => {
                        if self.service.is_empty() {
                            self.service = service;
                        }
                        let value = value.pop().map_or(Value::Null, |field| field.value);
                        self.tags.push(Field { path: key, value });
                    }
                }
                Ok(())
            })?;
        if !is_list {
            odd.get_or_insert("binary annotations that are not a list");
        }
        Ok(())
    }

    fn into_decoded(mut self) -> (String, Decoded) {
        let span = &mut self.decoded.span;
        let (mut first, mut last) = (0, 0);
        for annotation in self.annotations {
            if let Some((_, kind, begins)) = CORE.iter().find(|(value, ..)| *value == annotation.value) {
                span.kind = if span.kind == 0 { kind_number(kind).unwrap_or(0) } else { span.kind };
                let edge = if *begins { &mut first } else { &mut last };
                if *edge == 0 {
                    *edge = annotation.at_nanos;
                }
                if !annotation.service.is_empty() {
                    self.service = annotation.service;
                }
            } else {
                if self.service.is_empty() {
                    self.service = annotation.service;
                }
                let Annotation { at_nanos: time_nanos, value: name, .. } = annotation;
                span.events.push(SpanEventParts { time_nanos, name, attributes: Vec::new() });
            }
        }
        if span.start_nanos == 0 {
            span.start_nanos = first;
            self.duration_nanos =
                if self.duration_nanos == 0 { last.saturating_sub(first) } else { self.duration_nanos };
        }
        // Without a duration a span has begun and is not known to have ended.
        if span.start_nanos > 0 && self.duration_nanos > 0 {
            span.end_nanos = span.start_nanos.saturating_add(self.duration_nanos);
        }
        // Zipkin's tag `error` is an error whatever it says, and most often says which.
        let error = self.tags.iter().position(|tag| tag.path == "error" && tag.value != Value::Bool(false));
        if let Some(index) = error {
            let Field { value, .. } = self.tags.remove(index);
            span.status_code = 2;
            match value {
                Value::Text(text) if text != "true" => span.status_message = text,
                _ => {}
            }
        }
        self.decoded.take_tags(self.tags);
        (self.service, self.decoded)
    }
}

fn annotations(cursor: &mut Cursor<'_>, odd: &mut Odd, annotations: &mut Vec<Annotation>) -> Read<()> {
    let is_list = each(cursor, |cursor| {
        let mut annotation = Annotation::default();
        members(cursor, odd, "an annotation that is not an object", |cursor, odd, name| {
            match name {
                b"timestamp" => {
                    annotation.at_nanos =
                        time_of(cursor, odd, "an annotation's timestamp that is not a number")?;
                }
                b"value" => annotation.value = string_of(cursor, odd, "an annotation that is not text")?,
                b"endpoint" => {
                    members(cursor, odd, "an endpoint that is not an object", |cursor, odd, name| {
                        if name == b"serviceName" {
                            annotation.service = string_of(cursor, odd, "a service name that is not text")?;
                            return Ok(());
                        }
                        cursor.skip()
                    })?;
                }
                _ => pass(cursor, odd, "Zipkin annotation", name)?,
            }
            Ok(())
        })?;
        annotations.push(annotation);
        Ok(())
    })?;
    if !is_list {
        odd.get_or_insert("annotations that are not a list");
    }
    Ok(())
}

fn service_of(endpoint: &[Field]) -> String {
    let name = endpoint.iter().find(|field| field.path == "remoteEndpoint.serviceName");
    match name {
        Some(Field { value: Value::Text(name), .. }) => name.clone(),
        _ => String::new(),
    }
}
