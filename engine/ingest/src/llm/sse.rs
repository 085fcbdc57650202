//! Responses as they stream in: server-sent events of `OpenAI` and Anthropic, put together into one response each.
//!
//! Source: WHATWG HTML, "Server-sent events"; the streaming references of both APIs.

use super::call::{Origin, event_of};
use super::names::element;
use crate::budget::Budget;
use crate::json::cursor::{Cursor, Fault, FaultKind, Read};
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

/// What the data of an event do to the responses at hand.
enum Step {
    Goes,
    /// No response is left that anything could come for.
    Ends,
    /// They belong to a response behind these.
    Next,
    /// They cannot be read.
    Reject(String),
}

/// What stands at a place: one line, or the lines that give the data of one event together.
enum Found {
    Data { data: Vec<u8>, end: usize, next: usize },
    Other { is_blank: bool, next: usize },
    Foreign { end: usize, next: usize },
    TooLong,
    End,
}

impl Reader for SseReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        skip_byte_order_mark(window)?;
        let mut open = Open::new(self.limits);
        let mut at = 0;
        // Where the event begins that is at hand, with the lines before its data.
        let mut begin = None;
        while (at as u64) < self.limits.record_bytes {
            let (step, end, next) = match self.find(window, at)? {
                Found::TooLong if open.responses.is_empty() => {
                    window.pass_counting(at);
                    reject_long_line(window, batch, self.limits.record_bytes)?;
                    return Ok(true);
                }
                Found::End | Found::TooLong => break,
                Found::Other { is_blank, next } => {
                    begin = if is_blank { None } else { begin.or(Some(at)) };
                    at = next;
                    continue;
                }
                Found::Foreign { end, next } => {
                    (Step::Reject("the line is no server-sent event".into()), end, next)
                }
                Found::Data { data, end, next } => (open.take(&data, begin.unwrap_or(at), end), end, next),
            };
            match step {
                Step::Goes => (at, begin) = (next, None),
                Step::Ends => {
                    at = next;
                    break;
                }
                Step::Next => break,
                // What stands before it is read by itself.
                Step::Reject(_) if !open.responses.is_empty() => break,
                Step::Reject(reason) => {
                    let source = ByteRange { offset: window.offset() + at as u64, length: (end - at) as u64 };
                    let hint = "Look at these bytes in the capture; the lines before and after were read.";
                    let line = Some(line_at(window, at));
                    batch.problem(Problem::rejected(source, line, reason).hint(hint));
                    window.pass_counting(next);
                    return Ok(true);
                }
            }
        }
        self.give(open, window, batch);
        window.pass_counting(at);
        Ok(at > 0)
    }
}

fn line_at(window: &Window, at: usize) -> u64 {
    window.line_number() + memchr::memchr_iter(b'\n', &window.available()[..at]).count() as u64
}

impl SseReader {
    /// What stands at a place. Data that break off go on in the data lines behind them, as the standard joins them;
    /// captures that leave out the blank line between events are told by each line being whole.
    fn find(&self, window: &mut Window, at: usize) -> io::Result<Found> {
        let limit = self.limits.record_bytes;
        let line = match window.line_at(at, limit)? {
            LineAt::End => return Ok(Found::End),
            LineAt::TooLong => return Ok(Found::TooLong),
            LineAt::Line(line) => line,
        };
        let bytes = &window.available()[at..line.end];
        let mut data = match Line::of(bytes) {
            Line::Data(data) => data.to_vec(),
            Line::Other => return Ok(Found::Other { is_blank: bytes.is_empty(), next: line.next }),
            Line::Foreign => return Ok(Found::Foreign { end: line.end, next: line.next }),
        };
        let (mut end, mut next) = (line.end, line.next);
        if self.breaks_off(&data) {
            while let LineAt::Line(line) = window.line_at(next, limit)? {
                let more = Line::of(&window.available()[next..line.end]);
                match more {
                    Line::Data(more) if (data.len() + more.len()) as u64 <= limit => {
                        data.push(b'\n');
                        data.extend_from_slice(more);
                    }
                    _ => break,
                }
                (end, next) = (line.end, line.next);
            }
        }
        Ok(Found::Data { data, end, next })
    }

    fn breaks_off(&self, data: &[u8]) -> bool {
        let read = Cursor::new(data, self.limits.depth, self.limits.values).skip();
        data.first() == Some(&b'{') && read.is_err_and(|fault| fault.what == FaultKind::Ends)
    }

    fn give(&mut self, open: Open, window: &Window, batch: &mut Batch) {
        for response in open.responses.into_iter().filter(|response| !response.fields.is_empty()) {
            let length = (response.end - response.begin) as u64;
            let source = ByteRange { offset: window.offset() + response.begin as u64, length };
            if !response.is_finished && open.done == 0 {
                let reason = "the stream of this response ends without [DONE] and without a reason to stop";
                let line = Some(line_at(window, response.begin));
                let hint = "It may have been cut off: what there is of it was read.";
                batch.problem(Problem::note(source, line, reason).hint(hint));
            }
            let (stream, event) =
                event_of(Origin::Api, response.fields, source, self.years, &mut self.streams);
            batch.push(stream, event);
        }
    }
}

/// Responses at hand at once. Those that a proxy writes into one another are few.
const MOST_OPEN: usize = 16;

/// The responses whose chunks may still come: nearly always one.
struct Open {
    responses: Vec<Response>,
    /// The one that the last chunk was for.
    last: usize,
    /// How many `[DONE]` have come. They name no response.
    done: usize,
    limits: Limits,
    /// Of all their chunks, which they are made of.
    budget: Budget,
}

impl Open {
    fn new(limits: Limits) -> Self {
        Self { responses: Vec::new(), last: 0, done: 0, limits, budget: Budget::for_unit(0) }
    }

    /// Takes the data of an event that lies at `begin..end`.
    fn take(&mut self, data: &[u8], begin: usize, end: usize) -> Step {
        if data == b"[DONE]" {
            return self.end_one(end);
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
        let known = match &id {
            _ if begins => None,
            Some(id) if kind.is_empty() => {
                let is_same = |one: &Response| one.id.as_ref().is_none_or(|known| known == id);
                self.responses.iter().position(is_same)
            }
            _ => (!self.responses.is_empty()).then_some(self.last),
        };
        let Some(place) = known.or_else(|| self.begin_one(begins, begin)) else { return Step::Next };
        self.last = place;
        let response = &mut self.responses[place];
        response.id = response.id.take().or(id);
        response.end = end;
        response.merge(&kind, chunk);
        let ends = matches!(
            &*kind,
            "response.completed" | "response.failed" | "response.incomplete" | "message_stop" | "error"
        );
        response.is_finished |= ends;
        if ends && self.responses.len() == 1 { Step::Ends } else { Step::Goes }
    }

    /// Begins a response, unless all at hand are over or they are too many: it is then behind them.
    fn begin_one(&mut self, is_told: bool, begin: usize) -> Option<usize> {
        let are_over = self.responses.iter().all(|response| response.is_finished);
        let is_behind = !self.responses.is_empty() && (is_told || are_over);
        if is_behind || self.responses.len() == MOST_OPEN {
            return None;
        }
        self.responses.push(Response::new(begin));
        Some(self.responses.len() - 1)
    }

    fn end_one(&mut self, end: usize) -> Step {
        if let Some(response) = self.responses.get_mut(self.done) {
            response.end = response.end.max(end);
        }
        self.done += 1;
        if self.done >= self.responses.len() { Step::Ends } else { Step::Goes }
    }

    fn read(&mut self, data: &[u8]) -> Read<Vec<Field>> {
        let mut cursor = Cursor::new(data, self.limits.depth, self.limits.values);
        let budget = &mut self.budget;
        budget.grow(data.len());
        let mut fields = Vec::new();
        cursor.object(|cursor, key| {
            flatten(cursor, &mut String::from_utf8_lossy(&key).into_owned(), &mut fields, budget)
        })?;
        cursor.skip_blanks();
        if cursor.at() < data.len() {
            return Err(Fault { at: cursor.at(), what: FaultKind::Expected("the end of the line") });
        }
        Ok(fields)
    }
}

/// A response as far as it has come in.
struct Response {
    fields: Vec<Field>,
    places: HashMap<String, usize>,
    id: Option<String>,
    begin: usize,
    end: usize,
    /// Whether it said why it stops, or that it is complete.
    is_finished: bool,
}

impl Response {
    fn new(begin: usize) -> Self {
        Self { fields: Vec::new(), places: HashMap::new(), id: None, begin, end: begin, is_finished: false }
    }

    /// Puts a chunk where the whole response would have it.
    fn merge(&mut self, kind: &str, chunk: Vec<Field>) {
        let places = Places::of(&chunk);
        for Field { path, value } in chunk {
            if value == Value::Null {
                continue;
            }
            let Some((name, appends)) = place(kind, &path, &places) else { continue };
            self.is_finished |= name.ends_with("finish_reason") || name == "stop_reason";
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
        // One API has what went wrong below `error`, the other beside the type of the event.
        "error" => match path {
            "type" | "sequence_number" => None,
            "code" | "message" | "param" => set(format!("error.{path}")),
            _ => set(path.to_owned()),
        },
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
