//! Jaeger: what its UI and API export, and the model that its storage keeps.
//!
//! Sources: `jaegertracing/jaeger`, `internal/uimodel` and `internal/storage/integration/fixtures/traces`.

use super::parts::{duration_of, id_of, pass, time_of};
use super::{Decoded, Decoder};
use crate::budget::Budget;
use crate::ids;
use crate::json::cursor::{Cursor, Fault, FaultKind, Kind, Read};
use crate::json::value::flatten;
use crate::otlp::{Resource, SpanEventParts};
use crate::otlp_json::typed::{Odd, each, f64_of, i64_of, members, string_of, text_of};
use cbad::{Field, Value};
use std::collections::HashMap;

/// The processes of a trace by the name that its spans use.
type Processes = HashMap<String, Resource>;

/// A reference of one span to another.
#[derive(Default)]
struct Reference {
    follows: bool,
    trace_id: Option<[u8; 16]>,
    span_id: Option<[u8; 8]>,
}

/// A span with the process that it stands in, by name or in place.
#[derive(Default)]
struct Parts {
    decoded: Decoded,
    process_id: String,
    process: Option<Resource>,
    duration_nanos: u64,
    references: Vec<Reference>,
    tags: Vec<Field>,
}

impl Decoder<'_, '_> {
    /// Reads an export, a trace or a span; false where the object is none.
    pub(super) fn jaeger(&mut self, cursor: &mut Cursor<'_>) -> Read<bool> {
        let begin = cursor.at();
        let start = cursor.clone();
        let mut lists = Vec::new();
        let mut processes = Processes::new();
        let (mut is_span, mut found) = (false, false);
        let read = cursor.object(|cursor, key| match &*key {
            b"data" if matches!(cursor.kind()?, Kind::Array | Kind::Object) => {
                found = true;
                self.traces(cursor)
            }
            b"spans" if cursor.kind()? == Kind::Array => {
                found = true;
                lists.push(cursor.clone());
                cursor.skip()
            }
            b"processes" | b"processMap" => self.processes(cursor, &mut processes),
            b"operationName" | b"spanID" | b"spanId" => {
                is_span = true;
                cursor.skip()
            }
            _ => cursor.skip(),
        });
        // The processes stand behind the spans that name them.
        for mut list in lists {
            list.array(|cursor| {
                let begin = cursor.at_value()?;
                if cursor.kind()? == Kind::Object {
                    return self.jaeger_span(cursor, begin, &processes);
                }
                cursor.skip()?;
                self.report.reject_one(begin, cursor.at(), "a span that is not an object")
            })?;
        }
        if is_span && !found {
            let mut again = start;
            self.jaeger_span(&mut again, begin, &processes)?;
            found = true;
        }
        read?;
        self.report.read_to = cursor.at();
        Ok(found)
    }

    fn traces(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        let mut trace = |cursor: &mut Cursor<'_>| {
            let begin = cursor.at_value()?;
            let found = cursor.kind()? == Kind::Object && self.jaeger(cursor)?;
            if cursor.at() == begin {
                cursor.skip()?;
            }
            if found { Ok(()) } else { self.report.reject_one(begin, cursor.at(), "a trace without spans") }
        };
        if cursor.kind()? == Kind::Array { cursor.array(trace) } else { trace(cursor) }
    }

    fn processes(&mut self, cursor: &mut Cursor<'_>, processes: &mut Processes) -> Read<()> {
        let (odd, budget) = (&mut self.report.odd, &mut self.report.budget);
        match cursor.kind()? {
            Kind::Object => cursor.object(|cursor, name| {
                let name = String::from_utf8_lossy(&name).into_owned();
                processes.insert(name, process(cursor, odd, budget)?);
                Ok(())
            }),
            Kind::Array => cursor.array(|cursor| {
                let (mut name, mut resource) = (String::new(), Resource::default());
                members(cursor, odd, "a process that is not an object", |cursor, odd, key| match key {
                    b"processId" | b"processID" => {
                        name = string_of(cursor, odd, "a process id that is not text")?;
                        Ok(())
                    }
                    b"process" => {
                        resource = process(cursor, odd, budget)?;
                        Ok(())
                    }
                    _ => cursor.skip(),
                })?;
                processes.insert(name, resource);
                Ok(())
            }),
            _ => cursor.skip(),
        }
    }

    fn jaeger_span(&mut self, cursor: &mut Cursor<'_>, begin: usize, processes: &Processes) -> Read<()> {
        let mut parts = span(cursor, &mut self.report.odd, &mut self.report.budget)?;
        let process = parts.process.take();
        let known = process.as_ref().or_else(|| processes.get(&parts.process_id));
        if known.is_none() {
            self.report.odd.get_or_insert("a process that the trace does not have");
        }
        let none = Resource::default();
        self.push(parts.into_decoded(), known.unwrap_or(&none), begin, cursor.at())
    }
}

impl Parts {
    fn into_decoded(mut self) -> Decoded {
        let span = &mut self.decoded.span;
        if span.start_nanos > 0 {
            span.end_nanos = span.start_nanos.saturating_add(self.duration_nanos);
        }
        let trace_id = span.trace_id;
        let is_parent =
            |reference: &Reference, follows| reference.trace_id == trace_id && reference.follows == follows;
        let of_trace = |follows| self.references.iter().position(|reference| is_parent(reference, follows));
        let parent = of_trace(false).or_else(|| of_trace(true)).filter(|_| span.parent_span_id.is_none());
        if let Some(index) = parent {
            span.parent_span_id = self.references.remove(index).span_id;
        }
        self.decoded.take_tags(self.tags);
        // What leads into other traces is a link: kept, but it is not the parent.
        for (index, reference) in self.references.into_iter().enumerate() {
            if reference.trace_id == trace_id && reference.span_id == self.decoded.span.parent_span_id {
                continue;
            }
            let mut push = |name: &str, id: Option<&[u8]>| {
                if let Some(id) = id {
                    let text = id.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
                    let path = format!("links[{index}].{name}");
                    self.decoded.span.attributes.push(Field { path, value: Value::Text(text) });
                }
            };
            push("trace_id", reference.trace_id.as_ref().map(|id| &id[..]));
            push("span_id", reference.span_id.as_ref().map(|id| &id[..]));
        }
        self.decoded
    }
}

fn span(cursor: &mut Cursor<'_>, odd: &mut Odd, budget: &mut Budget) -> Read<Parts> {
    let mut parts = Parts::default();
    cursor.object(|cursor, name| {
        let span = &mut parts.decoded.span;
        match &*name {
            b"traceID" | b"traceId" => span.trace_id = id_of(cursor, odd, "a trace id that is not 16 bytes")?,
            b"spanID" | b"spanId" => span.span_id = id_of(cursor, odd, "a span id that is not 8 bytes")?,
            b"parentSpanID" | b"parentSpanId" => {
                span.parent_span_id = id_of(cursor, odd, "a parent span id that is not 8 bytes")?;
            }
            b"operationName" => {
                span.name = text_of(cursor, odd, "an operation name that is not text")?.into_owned();
            }
            b"startTime" => span.start_nanos = time_of(cursor, odd, "a start time that is not one")?,
            b"duration" => parts.duration_nanos = duration_of(cursor, odd, "a duration that is not one")?,
            b"references" => references(cursor, odd, &mut parts.references)?,
            b"tags" => parts.tags.extend(tags(cursor, odd, budget)?),
            // The storage of Elasticsearch keeps tags as an object too.
            b"tag" if cursor.kind()? == Kind::Object => {
                flatten(cursor, &mut String::new(), &mut parts.tags, budget)?;
            }
            b"logs" => logs(cursor, odd, &mut span.events, budget)?,
            b"processID" | b"processId" => {
                parts.process_id = string_of(cursor, odd, "a process id that is not text")?;
            }
            b"process" if cursor.kind()? == Kind::Object => {
                parts.process = Some(process(cursor, odd, budget)?);
            }
            b"warnings" if cursor.kind()? == Kind::Array => {
                flatten(cursor, &mut "warnings".to_owned(), &mut parts.tags, budget)?;
            }
            _ => pass(cursor, odd, "Jaeger span", &name)?,
        }
        Ok(())
    })?;
    // An empty list of warnings says nothing.
    parts.tags.retain(|tag| tag.path != "warnings");
    Ok(parts)
}

fn process(cursor: &mut Cursor<'_>, odd: &mut Odd, budget: &mut Budget) -> Read<Resource> {
    let mut attributes = Vec::new();
    members(cursor, odd, "a process that is not an object", |cursor, odd, name| {
        match name {
            b"serviceName" => {
                let service = string_of(cursor, odd, "a service name that is not text")?;
                attributes.push(Field { path: "service.name".into(), value: Value::Text(service) });
            }
            b"tags" => attributes.extend(tags(cursor, odd, budget)?),
            _ => pass(cursor, odd, "Jaeger process", name)?,
        }
        Ok(())
    })?;
    Ok(Resource::new(attributes))
}

fn references(cursor: &mut Cursor<'_>, odd: &mut Odd, references: &mut Vec<Reference>) -> Read<()> {
    let is_list = each(cursor, |cursor| {
        let mut reference = Reference::default();
        members(cursor, odd, "a reference that is not an object", |cursor, odd, name| {
            match name {
                b"refType" if cursor.kind()? == Kind::Number => reference.follows = cursor.number()? == "1",
                b"refType" => {
                    reference.follows =
                        &*text_of(cursor, odd, "a kind of reference that is not text")? == b"FOLLOWS_FROM";
                }
                b"traceID" | b"traceId" => {
                    reference.trace_id = id_of(cursor, odd, "a trace id that is not 16 bytes")?;
                }
                b"spanID" | b"spanId" => {
                    reference.span_id = id_of(cursor, odd, "a span id that is not 8 bytes")?;
                }
                _ => pass(cursor, odd, "Jaeger reference", name)?,
            }
            Ok(())
        })?;
        references.push(reference);
        Ok(())
    })?;
    if !is_list {
        odd.get_or_insert("references that are not a list");
    }
    Ok(())
}

fn logs(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    events: &mut Vec<SpanEventParts>,
    budget: &mut Budget,
) -> Read<()> {
    let is_list = each(cursor, |cursor| {
        let mut event = SpanEventParts::default();
        members(cursor, odd, "a log of a span that is not an object", |cursor, odd, name| {
            match name {
                b"fields" => {}
                b"timestamp" => {
                    event.time_nanos = time_of(cursor, odd, "a time of a span's log that is not one")?;
                    return Ok(());
                }
                _ => return pass(cursor, odd, "Jaeger log", name),
            }
            for field in tags(cursor, odd, budget)? {
                match field {
                    Field { path, value: Value::Text(name) } if path == "event" && event.name.is_empty() => {
                        event.name = name;
                    }
                    field => event.attributes.push(field),
                }
            }
            Ok(())
        })?;
        events.push(event);
        Ok(())
    })?;
    if !is_list {
        odd.get_or_insert("logs of a span that are not a list");
    }
    Ok(())
}

/// A list of typed key and value pairs, of either model.
fn tags(cursor: &mut Cursor<'_>, odd: &mut Odd, budget: &mut Budget) -> Read<Vec<Field>> {
    let mut fields = Vec::new();
    let is_list = each(cursor, |cursor| {
        let mut tag = Tag::default();
        members(cursor, odd, "a tag that is not an object", |cursor, odd, name| {
            tag.member(cursor, odd, name, budget)
        })?;
        if !budget.spend(tag.key.len()) {
            return Err(Fault { at: cursor.at(), what: FaultKind::TooCostly });
        }
        tag.push_to(&mut fields);
        Ok(())
    })?;
    if !is_list {
        odd.get_or_insert("tags that are not a list");
    }
    Ok(fields)
}

#[derive(Default)]
struct Tag {
    key: String,
    kind: Vec<u8>,
    /// The value, flattened below no path.
    values: Vec<Field>,
}

impl Tag {
    fn member(
        &mut self,
        cursor: &mut Cursor<'_>,
        odd: &mut Odd,
        name: &[u8],
        budget: &mut Budget,
    ) -> Read<()> {
        let one = match name {
            b"key" => {
                self.key = string_of(cursor, odd, "a tag's key that is not text")?;
                return Ok(());
            }
            b"type" | b"vType" if cursor.kind()? == Kind::Text => {
                self.kind = cursor.text()?.into_owned();
                return Ok(());
            }
            b"value" | b"vStr" | b"vBool" => {
                return flatten(cursor, &mut String::new(), &mut self.values, budget);
            }
            b"vInt64" => {
                i64_of(cursor, odd, "a vInt64 that is not a number")?.map_or(Value::Null, Value::Int)
            }
            b"vFloat64" => {
                f64_of(cursor, odd, "a vFloat64 that is not a number")?.map_or(Value::Null, Value::Float)
            }
            b"vBinary" => {
                self.kind = b"binary".to_vec();
                return flatten(cursor, &mut String::new(), &mut self.values, budget);
            }
            _ => return pass(cursor, odd, "Jaeger tag", name),
        };
        self.values.push(Field { path: String::new(), value: one });
        Ok(())
    }

    fn push_to(mut self, fields: &mut Vec<Field>) {
        if let [Field { path, value }] = &mut self.values[..]
            && path.is_empty()
        {
            let value = typed(&self.kind, std::mem::replace(value, Value::Null));
            fields.push(Field { path: self.key, value });
            return;
        }
        if self.values.is_empty() {
            // The storage model leaves out what is empty, zero or false.
            let value = match &self.kind.to_ascii_lowercase()[..] {
                b"bool" => Value::Bool(false),
                b"int64" => Value::Int(0),
                b"float64" => Value::Float(0.0),
                _ => Value::Text(String::new()),
            };
            fields.push(Field { path: self.key, value });
            return;
        }
        fields.extend(self.values.into_iter().map(|field| {
            let joint = if field.path.is_empty() || field.path.starts_with('[') { "" } else { "." };
            Field { path: format!("{}{joint}{}", self.key, field.path), value: field.value }
        }));
    }
}

/// A value as its type says; whole numbers beyond 2^53 are often text.
fn typed(kind: &[u8], value: Value) -> Value {
    match (&kind.to_ascii_lowercase()[..], value) {
        (b"int64", Value::Text(digits)) => digits.parse().map_or(Value::Text(digits), Value::Int),
        (b"float64", Value::Text(digits)) => digits.parse().map_or(Value::Text(digits), Value::Float),
        (b"float64", Value::Int(whole)) if whole.unsigned_abs() < 1 << 53 => Value::Float(whole as f64),
        (b"bool", Value::Text(text)) if text == "true" || text == "false" => Value::Bool(text == "true"),
        (b"binary", Value::Text(text)) => {
            ids::from_base64(text.as_bytes()).map_or(Value::Text(text), Value::Bytes)
        }
        (_, value) => value,
    }
}
