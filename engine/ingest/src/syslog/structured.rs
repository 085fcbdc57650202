//! RFC 5424: `TIME HOST APP PROCID MSGID [id name="value"] message`, after the priority and the version.

use super::{Message, word};
use crate::json::value::{number_value, text_value};
use crate::logfmt::is_number;
use crate::severity;
use crate::stamp::{self, Years};
use cbad::Value;
use std::borrow::Cow;

/// Structured data that RFC 5424 registers (section 7): counters and marks of the transport, which measure nothing.
const REGISTERED: [&[u8]; 3] = [b"timeQuality", b"origin", b"meta"];

/// Longest id that is taken for one, for it is repeated before each of its names; RFC 5424 says 32.
const LONGEST_ID_BYTES: usize = 64;

/// Whether a line with a priority begins as a message of this kind does, whatever is wrong with it further on.
pub(super) fn begins(line: &[u8]) -> bool {
    let rest = severity::syslog_priority(line).and_then(|(_, rest)| rest.strip_prefix(b"1 "));
    let Some(rest) = rest else { return false };
    let (time, rest) = word(rest);
    let is_time =
        time == b"-" || time.len() > 10 && time[..4].iter().all(u8::is_ascii_digit) && time[10] == b'T';
    is_time && rest.split(|&byte| byte == b' ').take(4).filter(|word| !word.is_empty()).count() == 4
}

pub(super) fn read(rest: &[u8], most: u32) -> Result<Message<'_>, &'static str> {
    let mut message = Message::default();
    let (time, rest) = word(rest);
    if time != b"-" {
        let nanos = stamp::whole(time, Years::new(1970)).ok_or("its time stamp is none that RFC 5424 has")?;
        message.nanos = Some(nanos);
    }
    let (host, rest) = word(rest);
    let (app, rest) = word(rest);
    let (process, rest) = word(rest);
    let (id, rest) = word(rest);
    if id.is_empty() {
        return Err("its header breaks off");
    }
    message.header("host", host);
    message.app = (app != b"-").then(|| String::from_utf8_lossy(app).into_owned());
    message.header("pid", process);
    message.header("msgid", id);
    let rest = match rest.first() {
        Some(b'[') => elements(rest, most, &mut message)?,
        Some(b'-') => &rest[1..],
        _ => return Err("it has no structured data and no '-' in its place"),
    };
    let text = match rest.split_first() {
        Some((b' ', text)) => text,
        None => rest,
        Some(_) => return Err("a blank is missing after its structured data"),
    };
    message.text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    Ok(message)
}

/// Reads `[id name="value" …][…]`, and returns what follows.
fn elements<'a>(mut rest: &'a [u8], most: u32, message: &mut Message<'a>) -> Result<&'a [u8], &'static str> {
    const BREAKS_OFF: &str = "its structured data breaks off";
    while let Some(element) = rest.strip_prefix(b"[") {
        let length = element.iter().position(|byte| matches!(byte, b' ' | b']')).ok_or(BREAKS_OFF)?;
        if length > LONGEST_ID_BYTES {
            return Err("an element of its structured data has no id");
        }
        let id = &element[..length];
        rest = &element[length..];
        loop {
            rest = &rest[rest.iter().take_while(|&&byte| byte == b' ').count()..];
            if let Some(after) = rest.strip_prefix(b"]") {
                rest = after;
                break;
            }
            let equals = memchr::memmem::find(rest, b"=\"").ok_or(BREAKS_OFF)?;
            let (value, after) = quoted(&rest[equals + 2..]).ok_or(BREAKS_OFF)?;
            if message.fields.len() as u64 >= u64::from(most) {
                return Err("its structured data holds more values than the limit values");
            }
            let name = String::from_utf8_lossy(&rest[..equals]);
            message.field(format!("{}.{name}", String::from_utf8_lossy(id)), typed(id, value));
            rest = after;
        }
    }
    Ok(rest)
}

/// The value up to its closing quote, with `\"`, `\\` and `\]` undone, and what follows the quote.
fn quoted(text: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let mut value = Vec::new();
    let (mut begin, mut at) = (0, 0);
    loop {
        match *text.get(at)? {
            b'"' => break,
            b'\\' if matches!(text.get(at + 1), Some(b'"' | b'\\' | b']')) => {
                value.extend_from_slice(&text[begin..at]);
                begin = at + 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    let rest = &text[at + 1..];
    if begin == 0 {
        return Some((Cow::Borrowed(&text[..at]), rest));
    }
    value.extend_from_slice(&text[begin..at]);
    Some((Cow::Owned(value), rest))
}

fn typed(id: &[u8], value: Cow<'_, [u8]>) -> Value {
    let digits = std::str::from_utf8(&value).ok().filter(|text| is_number(text) && !REGISTERED.contains(&id));
    match digits {
        Some(digits) => number_value(digits),
        None => text_value(value),
    }
}
