//! Kafka topics as `kafka-console-consumer` prints them with `print.timestamp`, `print.partition` or `print.offset`:
//! `CreateTime:1700000000000⇥Partition:0⇥Offset:5⇥name:value,…⇥key⇥value`, each part there only where it was asked for.
//!
//! Source: `org.apache.kafka.tools.consumer.DefaultMessageFormatter`. Nothing says where a value ends, which may have several
//! lines: it goes on until another message begins.

use super::Message;
use crate::budget::Budget;
use crate::lines::{TOO_MANY, at, keep_as_text, next_line};
use crate::model::{Batch, Limits};
use crate::probe::Probe;
use crate::reader::Reader;
use crate::stamp::Years;
use crate::streams::LogStreams;
use crate::window::Window;
use cbad::{ByteRange, Field, Value};
use std::io;

/// What a column holds that has nothing to say.
const NOTHING: &[u8] = b"null";
const NO_HEADERS: &[u8] = b"NO_HEADERS";
/// Lines of which one begins a message: its value may have several.
const LEAST_SHARE: f64 = 0.2;
/// Messages that have a column where the dump has it: what a line without a tab has is its value.
const COLUMN_SHARE: f64 = 0.8;

/// The columns without a label that stand before the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Columns {
    headers: bool,
    key: bool,
}

/// The labelled columns at a line's begin.
#[derive(Debug, PartialEq, Eq)]
struct Head<'a> {
    /// As kcat calls it: `create` or `logappend`.
    tstype: Option<&'static str>,
    ts_millis: Option<i64>,
    partition: Option<i64>,
    offset: Option<i64>,
    /// What stands behind them.
    rest: &'a [u8],
}

impl<'a> Head<'a> {
    fn of(line: &'a [u8]) -> Option<Self> {
        let mut head = Self { tstype: None, ts_millis: None, partition: None, offset: None, rest: line };
        while let Some((column, rest)) = cut(head.rest) {
            let number = |label: &[u8]| {
                let digits = std::str::from_utf8(column.strip_prefix(label)?).ok()?;
                digits.parse::<i64>().ok()
            };
            if let Some(millis) = number(b"CreateTime:") {
                (head.tstype, head.ts_millis) = (Some("create"), Some(millis));
            } else if let Some(millis) = number(b"LogAppendTime:") {
                (head.tstype, head.ts_millis) = (Some("logappend"), Some(millis));
            } else if let Some(partition) = number(b"Partition:") {
                head.partition = Some(partition);
            } else if let Some(offset) = number(b"Offset:") {
                head.offset = Some(offset);
            } else if column != b"NO_TIMESTAMP" {
                break;
            }
            head.rest = rest;
        }
        (head.rest.len() < line.len()).then_some(head)
    }

    /// The message, its value aside.
    fn into_message(self) -> Message {
        let int = |name: &str, value| Field { path: format!("kafka.{name}"), value: Value::Int(value) };
        let mut about = Vec::new();
        about.extend(self.partition.map(|partition| int("partition", partition)));
        about.extend(self.offset.map(|offset| int("offset", offset)));
        about.extend(self.tstype.map(|tstype| text("tstype", tstype.as_bytes())));
        Message { ts_millis: self.ts_millis.filter(|&ts| ts > 0), about, ..Message::default() }
    }
}

fn cut(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let tab = memchr::memchr(b'\t', text)?;
    Some((&text[..tab], &text[tab + 1..]))
}

fn text(name: &str, value: &[u8]) -> Field {
    let value = Value::Text(String::from_utf8_lossy(value).into_owned());
    Field { path: format!("kafka.{name}"), value }
}

/// Whether the messages have no time but the one that may stand in their payloads.
pub(crate) fn is_untimed(probe: &Probe<'_>) -> bool {
    probe.lines().next().and_then(Head::of).is_some_and(|head| head.ts_millis.is_none())
}

impl Columns {
    /// Those of the capture, where it is such a dump: it begins with a message.
    pub(crate) fn of(probe: &Probe<'_>) -> Option<Self> {
        Head::of(probe.lines().next()?)?;
        if probe.share_of_lines(|line| Head::of(line).is_some()) < LEAST_SHARE {
            return None;
        }
        let rests: Vec<&[u8]> = probe.lines().filter_map(|line| Some(Head::of(line)?.rest)).collect();
        let are = |is: &dyn Fn(&[u8]) -> bool| {
            rests.iter().filter(|rest| is(rest)).count() as f64 >= COLUMN_SHARE * rests.len() as f64
        };
        let second = |rest: &[u8]| cut(rest).and_then(|(_, rest)| cut(rest)).is_some();
        let is_said = rests.iter().any(|rest| cut(rest).is_some_and(|(first, _)| first == NO_HEADERS));
        let headers = are(&|rest| cut(rest).is_some_and(|(first, _)| headers_in(first).is_some()))
            && (is_said || are(&second));
        let key = are(&|rest| if headers { second(rest) } else { cut(rest).is_some() });
        Some(Self { headers, key })
    }

    /// The message that begins in this line, without its value; what of the line is the value.
    fn read(self, line: &[u8], most: u32) -> Result<(Message, &[u8]), &'static str> {
        let head = Head::of(line).ok_or("the line begins no Kafka message, and goes on with none")?;
        let mut rest = head.rest;
        let mut message = head.into_message();
        let headers = cut(rest).filter(|_| self.headers);
        if headers.is_some_and(|(column, _)| memchr::memchr_iter(b',', column).count() >= most as usize) {
            return Err(TOO_MANY);
        }
        if let Some((names, behind)) =
            headers.and_then(|(column, behind)| Some((headers_in(column)?, behind)))
        {
            let named = |(name, value): (&[u8], &[u8])| {
                text(&format!("headers.{}", String::from_utf8_lossy(name)), value)
            };
            message.about.extend(names.into_iter().map(named));
            rest = behind;
        }
        if let Some((key, behind)) = cut(rest).filter(|_| self.key) {
            message.about.push(match key {
                NOTHING => Field { path: "kafka.key".into(), value: Value::Null },
                key => text("key", key),
            });
            rest = behind;
        }
        Ok((message, rest))
    }
}

/// `name:value,name:value`, or that there are none.
fn headers_in(column: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    if column == NO_HEADERS {
        return Some(Vec::new());
    }
    let is_name_byte = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let headers = column.split(|&byte| byte == b',').map(|header| {
        let colon = memchr::memchr(b':', header)?;
        let (name, value) = (&header[..colon], &header[colon + 1..]);
        (!name.is_empty() && name.iter().all(is_name_byte)).then_some((name, value))
    });
    headers.collect()
}

/// What the consumer prints when it is stopped.
fn is_its_own(line: &[u8]) -> bool {
    line.starts_with(b"Processed a total of ") && line.trim_ascii_end().ends_with(b" messages")
}

/// Reads what the consumer prints.
pub(crate) struct ConsoleReader {
    columns: Columns,
    streams: LogStreams,
    years: Years,
    limits: Limits,
    open_since: Option<u64>,
}

impl ConsoleReader {
    pub(crate) fn new(columns: Columns, name: String, years: Years, limits: Limits) -> Self {
        Self { columns, streams: LogStreams::new(name), years, limits, open_since: None }
    }

    /// Where the value ends whose first line is the window's, where the line after it begins, and how many lines
    /// there are up to there.
    fn value_end(
        &self,
        window: &mut Window,
        mut end: usize,
        mut next: usize,
    ) -> io::Result<(usize, usize, u64)> {
        let mut lines = 1;
        loop {
            let Some(ahead) = window.line_within(next, self.limits.event_bytes)? else {
                return Ok((end, next, lines));
            };
            let line = &window.available()[next..ahead.end];
            if Head::of(line).is_some() || is_its_own(line) {
                return Ok((end, next, lines));
            }
            if !line.trim_ascii().is_empty() {
                end = ahead.end;
            }
            (next, lines) = (ahead.next, lines + 1);
        }
    }
}

impl Reader for ConsoleReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        let Some((length, next)) = next_line(window, self.limits.record_bytes, batch)? else {
            return Ok(false);
        };
        self.open_since = None;
        let line = &window.available()[..length];
        let (mut message, value) = match self.columns.read(line, self.limits.values) {
            Ok(read) => read,
            Err(why) => {
                if length > 0 {
                    keep_as_text(line, at(window, length), self.streams.of(None), self.years, why, batch);
                }
                window.pass(next, u64::from(next > 0));
                return Ok(true);
            }
        };
        let begin = length - value.len();
        let (end, next, lines) = self.value_end(window, length, next)?;
        self.open_since = if window.want(next + 1)? { None } else { Some(window.offset()) };
        let source = ByteRange { offset: window.offset(), length: end as u64 };
        match &window.available()[begin..end] {
            // A message without a value deletes its key.
            NOTHING => message.decoded.push(Field { path: "payload".into(), value: Value::Null }),
            value => message.payload = Some(value.to_vec()),
        }
        let mut budget = Budget::for_unit(end);
        let (service, event) = message.into_event(source, &mut budget, self.years, &self.limits);
        batch.push(self.streams.of(service.as_deref()), event);
        window.pass(next, lines);
        Ok(true)
    }

    fn open_since(&self) -> Option<u64> {
        self.open_since
    }
}
