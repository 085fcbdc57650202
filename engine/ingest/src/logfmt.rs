//! logfmt: `key=value key="quoted \"value\"" flag`, one record a line. There is no specification; this takes what
//! Go's and Heroku's writers write. A bare key is true, and a key may stand more than once.

use crate::field_names::{role_of, time_rank};
use crate::json::value::{number_value, text_value};
use crate::lines::{At, LineFormat, TOO_MANY, keep_as_text};
use crate::model::{Batch, Problem};
use crate::probe::Probe;
use crate::record::Record;
use crate::stamp::{self, Stamp, Years};
use crate::streams::LogStreams;
use cbad::Value;
use std::borrow::Cow;

/// Reads logfmt.
pub(crate) struct Logfmt {
    streams: LogStreams,
    years: Years,
    /// Most pairs of one line.
    most: u32,
}

impl Logfmt {
    pub(crate) fn new(name: String, years: Years, most: u32) -> Self {
        Self { streams: LogStreams::new(name), years, most }
    }
}

impl LineFormat for Logfmt {
    fn fresh(&self) -> Self {
        Self { streams: self.streams.emptied(), ..*self }
    }

    fn read(&mut self, line: &[u8], at: At, batch: &mut Batch) {
        let mut record = Record::default();
        let mut pairs = 0;
        for part in Parts::of(line) {
            let why = match part {
                Ok(_) if record.fields.len() as u64 >= u64::from(self.most) => TOO_MANY.to_owned(),
                Ok((key, value)) => {
                    pairs += u32::from(value.is_some());
                    let path = String::from_utf8_lossy(key).into_owned();
                    record.push(path, value.map_or(Value::Bool(true), Written::typed), self.years);
                    continue;
                }
                Err(fault) => format!("the line is not logfmt: {} at byte {}", fault.what, fault.at),
            };
            return keep_as_text(line, at, self.streams.of(None), self.years, why, batch);
        }
        if pairs == 0 {
            let why = "the line is not logfmt: it has no key=value";
            return keep_as_text(line, at, self.streams.of(None), self.years, why, batch);
        }
        if let Some(path) = record.repeated_path() {
            let why = format!("the key {path:?} stands more than once in the line; every value was kept");
            let note = Problem::note(at.source, Some(at.line), why);
            batch.problem(note.hint("The record was kept; compare it with its line in the capture."));
        }
        record.join_date_and_time(self.years);
        let (service, event) = record.into_event(at.source);
        batch.push(self.streams.of(service.as_deref()), event);
    }
}

/// The time of a line that gives date and time of day by themselves.
pub(crate) fn date_and_time(line: &[u8], years: Years) -> Option<Stamp> {
    let value = |name: &[u8]| {
        let mut pairs = Parts::of(line).filter_map(Result::ok);
        let (_, value) = pairs.find(|(key, _)| *key == name)?;
        Some(String::from_utf8_lossy(&value?.bytes).into_owned())
    };
    let joined = format!("{} {}{}", value(b"date")?, value(b"time")?, value(b"tz").unwrap_or_default());
    stamp::whole_stamp(joined.as_bytes(), years)
}

/// A value as it is written.
struct Written<'a> {
    bytes: Cow<'a, [u8]>,
    quoted: bool,
}

impl Written<'_> {
    /// A number or a truth value only where it has no quotes.
    fn typed(self) -> Value {
        if self.quoted {
            return text_value(self.bytes);
        }
        match &*self.bytes {
            b"true" => Value::Bool(true),
            b"false" => Value::Bool(false),
            bytes => match std::str::from_utf8(bytes).ok().filter(|text| is_number(text)) {
                Some(digits) => number_value(digits),
                None => text_value(self.bytes),
            },
        }
    }
}

/// Whether the text is a number as JSON writes it, so that `007` and `+1` stay what they are.
pub(crate) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let plain =
        digits.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    let led_by_zero = digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit();
    let ends =
        digits.first().is_some_and(u8::is_ascii_digit) && digits.last().is_some_and(u8::is_ascii_digit);
    plain && ends && !led_by_zero && text.parse::<f64>().is_ok()
}

struct Fault {
    at: usize,
    what: &'static str,
}

/// The pairs of a line, one after the other; nothing after a fault.
struct Parts<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Parts<'a> {
    fn of(line: &'a [u8]) -> Self {
        Self { line, at: 0 }
    }

    /// Ends the reading.
    fn fault(&mut self, what: &'static str) -> Fault {
        Fault { at: std::mem::replace(&mut self.at, self.line.len()), what }
    }

    /// The value after the quote that stands here, escapes undone.
    fn quoted(&mut self) -> Option<Cow<'a, [u8]>> {
        let begin = self.at + 1;
        let mut end = begin;
        let mut escaped = false;
        while *self.line.get(end)? != b'"' {
            escaped |= self.line[end] == b'\\';
            end += 1 + usize::from(self.line[end] == b'\\');
        }
        self.at = end + 1;
        let raw = &self.line[begin..end];
        Some(if escaped { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) })
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<(&'a [u8], Option<Written<'a>>), Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        self.at += self.line[self.at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let rest = &self.line[self.at..];
        let length = rest.iter().position(|&byte| byte == b'=' || byte == b'"' || byte.is_ascii_whitespace());
        let key = &rest[..length.unwrap_or(rest.len())];
        if rest.is_empty() {
            return None;
        }
        match rest.get(key.len()) {
            _ if key.is_empty() => Some(Err(self.fault("a key is missing"))),
            Some(b'"') => Some(Err(self.fault("a quote stands in a key"))),
            Some(b'=') => {
                self.at += key.len() + 1;
                if self.line.get(self.at) == Some(&b'"') {
                    return match self.quoted() {
                        Some(bytes) => Some(Ok((key, Some(Written { bytes, quoted: true })))),
                        None => Some(Err(self.fault("a quote is not closed"))),
                    };
                }
                let rest = &self.line[self.at..];
                let length = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
                self.at += length;
                Some(Ok((key, Some(Written { bytes: Cow::Borrowed(&rest[..length]), quoted: false }))))
            }
            _ => {
                self.at += key.len();
                Some(Ok((key, None)))
            }
        }
    }
}

/// Undoes the escapes of Go's `%q`: `\n`, `\t`, `\"`, `\\`, `\xhh` and the `\uXXXX` that its JSON cousins write.
fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let hex = |digits: usize| {
            let part = std::str::from_utf8(raw.get(at + 2..at + 2 + digits)?).ok()?;
            u32::from_str_radix(part, 16).ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
        };
        let (piece, used): (Vec<u8>, usize) = match (raw[at], raw.get(at + 1)) {
            (b'\\', Some(b'n')) => (vec![b'\n'], 2),
            (b'\\', Some(b't')) => (vec![b'\t'], 2),
            (b'\\', Some(b'r')) => (vec![b'\r'], 2),
            (b'\\', Some(b'x')) if hex(2).is_some() => (vec![hex(2).unwrap_or_default() as u8], 4),
            (b'\\', Some(b'u')) if hex(4).and_then(char::from_u32).is_some() => {
                let char = hex(4).and_then(char::from_u32).unwrap_or_default();
                (char.to_string().into_bytes(), 6)
            }
            (b'\\', Some(&other)) => (vec![other], 2),
            (byte, _) => (vec![byte], 1),
        };
        text.extend_from_slice(&piece);
        at += used;
    }
    text
}

/// How sure it is that the lines are logfmt: most of them begin with a pair, have more pairs than loose words, and one of
/// the names that loggers give. Prose with a few `key=value` in it has none of that, and the records of auditd, which look
/// alike, carry their time in a way of their own that plain text reads.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    let share = probe.share_of_lines(|line| {
        let (mut pairs, mut loose, mut named) = (0, 0, false);
        for part in Parts::of(line) {
            match part {
                // What a logger wrote and something cut or damaged begins like its other lines.
                Err(_) => break,
                Ok((_, None)) if pairs == 0 => return false,
                Ok((_, None)) => loose += 1,
                Ok((key, Some(_))) if !is_key(key) => return false,
                Ok((key, Some(_))) => {
                    pairs += 1;
                    named |= std::str::from_utf8(key).is_ok_and(is_telling);
                }
            }
        }
        pairs >= 2
            && loose < pairs
            && named
            && !(line.starts_with(b"type=") && memchr::memmem::find(line, b"msg=audit(").is_some())
    });
    if share >= 0.8 { share } else { 0.0 }
}

fn is_key(key: &[u8]) -> bool {
    let joins =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'@' | b'#');
    key.iter().all(joins) && !key[0].is_ascii_digit()
}

fn is_telling(key: &str) -> bool {
    time_rank(key).is_some() || role_of(key).is_some() || key == "at"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str) -> Vec<(String, Value)> {
        let parts = Parts::of(line.as_bytes()).filter_map(Result::ok);
        let typed = |(key, value): (&[u8], Option<Written<'_>>)| {
            (String::from_utf8_lossy(key).into_owned(), value.map_or(Value::Bool(true), Written::typed))
        };
        parts.map(typed).collect()
    }

    #[test]
    fn values_keep_what_they_say() {
        let text = |text: &str| Value::Text(text.into());
        for (line, expected) in [
            ("a=1", vec![("a", Value::Int(1))]),
            ("a=1.5 b=-2e3", vec![("a", Value::Float(1.5)), ("b", Value::Float(-2000.0))]),
            ("a=\"1\"", vec![("a", text("1"))]),
            ("a=007 b=+1 c=1.", vec![("a", text("007")), ("b", text("+1")), ("c", text("1."))]),
            ("flag a= b=\"\"", vec![("flag", Value::Bool(true)), ("a", text("")), ("b", text(""))]),
            ("a=x=y", vec![("a", text("x=y"))]),
            (r#"m="say \"hi\" \\ \x41\u00e9\n""#, vec![("m", text("say \"hi\" \\ A\u{e9}\n"))]),
            ("a=1 a=2", vec![("a", Value::Int(1)), ("a", Value::Int(2))]),
            ("t=true f=false", vec![("t", Value::Bool(true)), ("f", Value::Bool(false))]),
            ("a=NaN", vec![("a", text("NaN"))]),
            ("d=12.5ms", vec![("d", text("12.5ms"))]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            assert_eq!(fields(line), expected, "{line}");
        }
    }

    #[test]
    fn a_date_and_a_time_of_day_are_the_time_in_the_zone_beside_them() {
        let nanos = |line: &str| {
            let mut batch = Batch::default();
            let source = cbad::ByteRange { offset: 0, length: line.len() as u64 };
            let mut reader = Logfmt::new("a".into(), Years::new(1970), 100);
            reader.read(line.as_bytes(), At { source, line: 1 }, &mut batch);
            batch.events[0].1.time_nanos
        };
        let utc = 1_431_857_103_000_000_000;
        assert_eq!(nanos("date=2015-05-17 time=10:05:03 level=\"notice\""), Some(utc));
        assert_eq!(nanos("date=2015-05-17 time=12:05:03 tz=\"+0200\""), Some(utc));
        assert_eq!(nanos("date=2015-05-17 time=10:05:03 eventtime=1431857104"), Some(utc + 1_000_000_000));
        assert_eq!(nanos("date=2015-05-17 user=a"), None);
    }

    #[test]
    fn faults_say_where() {
        for (line, at, what) in [
            ("a=\"x", 2, "a quote is not closed"),
            ("a=1 =2", 4, "a key is missing"),
            ("a=1 \"x\"", 4, "a key is missing"),
            ("a\"b=1", 0, "a quote stands in a key"),
            ("a=\"x\\", 2, "a quote is not closed"),
        ] {
            let fault = Parts::of(line.as_bytes()).find_map(Result::err).expect("it is damaged");
            assert_eq!((fault.at, fault.what), (at, what), "{line}");
            assert!(Parts::of(line.as_bytes()).count() < 4, "nothing follows a fault");
        }
    }
}
