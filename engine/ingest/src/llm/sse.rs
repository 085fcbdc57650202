//! Responses as they stream in: server-sent events of `OpenAI` and Anthropic, put together into one response each.
//!
//! Source: WHATWG HTML, "Server-sent events"; the streaming references of both APIs.

use super::call::{Origin, event_of};
use super::names::element;
use crate::budget::Budget;
use crate::json::cursor::{Cursor, Fault, Read};
use crate::json::value::flatten;
use crate::model::{Batch, Limits, Problem};
use crate::probe::Probe;
use crate::reader::Reader;
use crate::stamp::Years;
use crate::streams::OtlpStreams;
use crate::text::{reject_long_line, skip_byte_order_mark};
use crate::window::{LineAt, Window};
use cbad::{ByteRange, Field, Value};
use std::collections::HashMap;
use std::io;

/// Reads streamed responses.
pub(crate) struct SseReader {
    streams: OtlpStreams,
    years: Years,
    limits: Limits,
}

impl SseReader {
    pub(crate) fn new(years: Years, limits: Limits) -> Self {
        Self { streams: OtlpStreams::default(), years, limits }
    }
}

/// How sure it is that the capture is such a stream: the share of its lines, where one of them is of a response.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    let marks: [&[u8]; 3] = [b"\"choices\"", b"\"response.", b"\"message_start\""];
    let is_response = marks.iter().any(|mark| memchr::memmem::find(probe.text, mark).is_some());
    if is_response { probe.share_of_lines(|line| !matches!(Line::of(line), Line::Foreign)) } else { 0.0 }
}

/// A line of the stream.
enum Line<'a> {
    Data(&'a [u8]),
    /// A blank line, a comment, or a field that says nothing of the response.
    Other,
    Foreign,
}

impl<'a> Line<'a> {
    fn of(line: &'a [u8]) -> Self {
        if let Some(data) = line.strip_prefix(b"data:") {
            return Self::Data(data.trim_ascii());
        }
        let others: [&[u8]; 4] = [b":", b"event:", b"id:", b"retry:"];
        let is_other = line.trim_ascii().is_empty() || others.iter().any(|begin| line.starts_with(begin));
        if is_other { Self::Other } else { Self::Foreign }
    }
}

/// What a line does to the response.
enum Step {
    Goes,
    /// The response ends with this line.
    Ends,
    /// The line belongs to the next response.
    Next,
    /// The line cannot be read.
    Reject(String),
}

impl Reader for SseReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        skip_byte_order_mark(window)?;
        let mut response = Response::new(&self.limits);
        let (mut at, mut end) = (0, 0);
        let mut passed_any = false;
        while (at as u64) < self.limits.record_bytes {
            let line = match window.line_at(at, self.limits.record_bytes)? {
                LineAt::TooLong if response.is_empty() => {
                    window.pass_counting(at);
                    reject_long_line(window, batch, self.limits.record_bytes)?;
                    return Ok(true);
                }
                LineAt::End | LineAt::TooLong => break,
                LineAt::Line(line) => line,
            };
            let bytes = &window.available()[at..line.end];
            let step = match Line::of(bytes) {
                Line::Data(data) => response.take(data),
                Line::Other => Step::Goes,
                Line::Foreign => Step::Reject("the line is no server-sent event".into()),
            };
            match step {
                Step::Goes | Step::Ends => {
                    end = if bytes.is_empty() { end } else { line.end };
                    at = line.next;
                    passed_any = true;
                    if matches!(step, Step::Ends) {
                        break;
                    }
                }
                Step::Next => break,
                // What stands before it is a response of its own.
                Step::Reject(_) if !response.is_empty() => break,
                Step::Reject(reason) => {
                    let source =
                        ByteRange { offset: window.offset() + at as u64, length: (line.end - at) as u64 };
                    let lines = memchr::memchr_iter(b'\n', &window.available()[..at]).count() as u64;
                    let hint = "Look at these bytes in the capture; the lines before and after were read.";
                    let number = Some(window.line_number() + lines);
                    batch.problem(Problem::rejected(source, number, reason).hint(hint));
                    window.pass_counting(line.next);
                    return Ok(true);
                }
            }
        }
        if !response.is_empty() {
            let source = ByteRange { offset: window.offset(), length: end as u64 };
            let (stream, event) =
                event_of(Origin::Api, response.fields, source, self.years, &mut self.streams);
            batch.push(stream, event);
        }
        window.pass_counting(at);
        Ok(passed_any)
    }
}

/// A response as far as it has come in.
struct Response {
    fields: Vec<Field>,
    places: HashMap<String, usize>,
    id: Option<String>,
    depth: u32,
    values: u32,
    budget: Budget,
}

impl Response {
    fn new(limits: &Limits) -> Self {
        let most = usize::try_from(limits.record_bytes).unwrap_or(usize::MAX);
        Self {
            fields: Vec::new(),
            places: HashMap::new(),
            id: None,
            depth: limits.depth,
            values: limits.values,
            budget: Budget::for_unit(most),
        }
    }

    fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    fn take(&mut self, data: &[u8]) -> Step {
        if data == b"[DONE]" {
            return Step::Ends;
        }
        let chunk = match self.read(data) {
            Ok(chunk) => chunk,
            Err(fault) => return Step::Reject(format!("{} in the data of the line", fault.what.reason())),
        };
        let text = |path: &str| {
            chunk.iter().find(|field| field.path == path).and_then(|field| match &field.value {
                Value::Text(text) => Some(text.clone()),
                _ => None,
            })
        };
        let (kind, id) = (text("type").unwrap_or_default(), text("id"));
        let begins = matches!(&*kind, "response.created" | "message_start");
        let is_other = kind.is_empty() && id.is_some() && self.id.is_some() && id != self.id;
        if !self.is_empty() && (begins || is_other) {
            return Step::Next;
        }
        self.id = self.id.take().or(id);
        self.merge(&kind, chunk);
        match &*kind {
            "response.completed" | "response.failed" | "response.incomplete" | "message_stop" => Step::Ends,
            _ => Step::Goes,
        }
    }

    fn read(&mut self, data: &[u8]) -> Read<Vec<Field>> {
        let mut cursor = Cursor::new(data, self.depth, self.values);
        let mut fields = Vec::new();
        cursor.object(|cursor, key| {
            flatten(cursor, &mut String::from_utf8_lossy(&key).into_owned(), &mut fields, &mut self.budget)
        })?;
        cursor.skip_blanks();
        if cursor.at() < data.len() {
            let what = crate::json::cursor::FaultKind::Expected("the end of the line");
            return Err(Fault { at: cursor.at(), what });
        }
        Ok(fields)
    }

    /// Puts a chunk where the whole response would have it.
    fn merge(&mut self, kind: &str, chunk: Vec<Field>) {
        let places = Places::of(&chunk);
        for Field { path, value } in chunk {
            if value == Value::Null {
                continue;
            }
            let Some((name, appends)) = place(kind, &path, &places) else { continue };
            self.put(name, value, appends);
        }
    }

    fn put(&mut self, path: String, value: Value, appends: bool) {
        // An empty list that is about to fill up.
        if matches!(&value, Value::Text(text) if text == "[]" || text == "{}") {
            return;
        }
        let Some(&place) = self.places.get(&path) else {
            self.places.insert(path.clone(), self.fields.len());
            self.fields.push(Field { path, value });
            return;
        };
        let known = &mut self.fields[place].value;
        match (appends, known, value) {
            (true, Value::Text(text), Value::Text(more)) => text.push_str(&more),
            (_, known, value) => *known = value,
        }
    }
}

/// The numbers that a chunk gives for its choices, calls of tools and blocks, whatever their places in the chunk.
struct Places {
    indexes: HashMap<String, i64>,
}

impl Places {
    fn of(chunk: &[Field]) -> Self {
        let indexes = chunk.iter().filter_map(|field| match (&field.value, field.path.rsplit_once('.')) {
            (Value::Int(index), Some((element, "index"))) => Some((element.to_owned(), *index)),
            (Value::Int(index), None) => Some((field.path.clone(), *index)),
            _ => None,
        });
        Self { indexes: indexes.collect() }
    }

    fn of_element(&self, element: &str, written: &str) -> String {
        self.indexes.get(element).map_or_else(|| written.to_owned(), i64::to_string)
    }

    fn top(&self, name: &str) -> i64 {
        self.indexes.get(name).copied().unwrap_or(0)
    }
}

/// Where a value of a chunk belongs in the whole response, and whether it is one more piece of a text.
fn place(kind: &str, path: &str, places: &Places) -> Option<(String, bool)> {
    let rest = |begin: &str| path.strip_prefix(begin).map(str::to_owned);
    let set = |path: String| Some((path, false));
    let add = |path: String| Some((path, true));
    match kind {
        "response.created"
        | "response.in_progress"
        | "response.completed"
        | "response.failed"
        | "response.incomplete" => set(rest("response.")?),
        "response.output_item.added" | "response.output_item.done" => {
            set(format!("output[{}].{}", places.top("output_index"), rest("item.")?))
        }
        "response.output_text.delta" if path == "delta" => {
            let (item, part) = (places.top("output_index"), places.top("content_index"));
            add(format!("output[{item}].content[{part}].text"))
        }
        "response.function_call_arguments.delta" if path == "delta" => {
            add(format!("output[{}].arguments", places.top("output_index")))
        }
        "message_start" => set(rest("message.")?),
        "content_block_start" => set(format!("content[{}].{}", places.top("index"), rest("content_block.")?)),
        "content_block_delta" => {
            let leaf = match path {
                "delta.partial_json" => "input",
                "delta.text" => "text",
                "delta.thinking" => "thinking",
                _ => return None,
            };
            add(format!("content[{}].{leaf}", places.top("index")))
        }
        "message_delta" => set(rest("delta.").unwrap_or_else(|| path.to_owned())).filter(|_| path != "type"),
        "error" => set(path.to_owned()),
        "" => chat_place(path, places),
        _ => None,
    }
}

/// The same of a chunk of chat completions, or of plain completions.
fn chat_place(path: &str, places: &Places) -> Option<(String, bool)> {
    let Some((written, rest)) = element(path, "choices") else { return Some((path.to_owned(), false)) };
    let choice = places.of_element(&format!("choices[{written}]"), written);
    let Some(rest) = rest.strip_prefix("delta.") else {
        return (rest != "index").then(|| (format!("choices[{choice}].{rest}"), rest == "text"));
    };
    let Some((written_call, leaf)) = element(rest, "tool_calls") else {
        let appends = !matches!(rest, "role" | "name");
        return Some((format!("choices[{choice}].message.{rest}"), appends));
    };
    let call =
        places.of_element(&format!("choices[{written}].delta.tool_calls[{written_call}]"), written_call);
    let appends = leaf == "function.arguments";
    (leaf != "index").then(|| (format!("choices[{choice}].message.tool_calls[{call}].{leaf}"), appends))
}
