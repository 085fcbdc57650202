//! RFC 3164 and what is written in its name: `Mmm dd hh:mm:ss host tag[pid]: message`.

use super::{Message, word};
use crate::severity;
use crate::stamp::{self, Years};
use cbad::Value;

/// Longest tag that is taken for one. RFC 3164 says 32; names of programs are longer since.
const LONGEST_TAG_BYTES: usize = 64;

/// Reads what follows the priority. Without a time stamp the rest is a message only where a priority says that it is one
/// (RFC 3164, section 4.3.3).
pub(super) fn read(rest: &[u8], sent: bool, years: Years) -> Option<Message<'_>> {
    let mut message = Message::default();
    let rest = if sent { after_count(rest) } else { rest };
    let Some(stamp) = stamp::at_begin(rest, years) else {
        message.text = rest;
        return sent.then_some(message);
    };
    message.nanos = Some(stamp.nanos);
    let rest = &rest[stamp.end..];
    // Cisco: a colon ends the stamp, and a host may be missing.
    let rest = rest.strip_prefix(b": ").unwrap_or_else(|| {
        let rest = rest.trim_ascii_start();
        let (host, after) = word(rest);
        if !is_host(host) {
            return rest;
        }
        message.header("host", host);
        after.trim_ascii_start()
    });
    message.text = rest;
    if let Some(tag) = Tag::read(rest) {
        message.app = Some(String::from_utf8_lossy(tag.app).into_owned());
        if let Some(pid) = tag.pid {
            message.field("pid", Value::Text(String::from_utf8_lossy(pid).into_owned()));
        }
        message.text = tag.rest;
    }
    Some(message)
}

/// Cisco counts messages, and marks a clock that is not set: `189>42: *Mar  1 …`.
fn after_count(rest: &[u8]) -> &[u8] {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = match rest[digits..].strip_prefix(b": ") {
        Some(after) if digits > 0 => after,
        _ => rest,
    };
    match rest.split_first() {
        Some((b'*' | b'.', after)) if stamp::begins(after) => after,
        _ => rest,
    }
}

/// A name or an address; what ends in a colon or has brackets is a tag, and the host is missing.
fn is_host(word: &[u8]) -> bool {
    !word.is_empty()
        && !word.ends_with(b":")
        && !word.iter().any(|byte| matches!(byte, b'[' | b'(' | b'=' | b'"'))
}

/// `sshd[12]: `, `kernel: `, `sshd(pam_unix)[12]: `.
struct Tag<'a> {
    app: &'a [u8],
    pid: Option<&'a [u8]>,
    rest: &'a [u8],
}

impl<'a> Tag<'a> {
    fn read(text: &'a [u8]) -> Option<Self> {
        let near = &text[..text.len().min(2 * LONGEST_TAG_BYTES)];
        let length = near.iter().position(|byte| matches!(byte, b'[' | b':' | b' '))?;
        let app = &text[..length];
        if app.is_empty() || length > LONGEST_TAG_BYTES || matches!(app, b"CEF" | b"LEEF") {
            return None;
        }
        let (pid, rest) = match text[length] {
            b'[' => {
                let close = length + near[length..].iter().position(|&byte| byte == b']')?;
                (Some(&text[length + 1..close]), &text[close + 1..])
            }
            _ => (None, &text[length..]),
        };
        // rsyslog leaves the colon out where RFC 5424 is written as RFC 3164; a process number still says what it is.
        let rest = match rest.strip_prefix(b":") {
            Some(rest) => rest,
            None if pid.is_some() => rest,
            None => return None,
        };
        if !rest.is_empty() && !rest.starts_with(b" ") {
            return None;
        }
        Some(Self { app, pid, rest: rest.strip_prefix(b" ").unwrap_or(rest) })
    }
}

/// What a line without a priority looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// A month by its name, a host and a program: syslog as files keep it.
    Surely,
    /// A stamp that many programs write themselves, a host, and a program with its process number.
    Likely,
    /// The same without the number.
    Perhaps,
    No,
}

/// What a line looks like that files keep without its priority.
pub(super) fn kept(line: &[u8], years: Years) -> Kept {
    let Some(stamp) = stamp::at_begin(line, years) else { return Kept::No };
    let (host, rest) = word(line[stamp.end..].trim_ascii_start());
    if !is_host(host) || severity::of_word(host).is_some() || !host[0].is_ascii_alphanumeric() {
        return Kept::No;
    }
    let tag = Tag::read(rest.trim_ascii_start());
    let is_number = |pid: &[u8]| !pid.is_empty() && pid.iter().all(u8::is_ascii_digit);
    match (line[0], tag) {
        (b'A'..=b'Z', tag) if line.get(3) == Some(&b' ') && stamp.yearless.is_some() => {
            let of_the_daemon = rest.starts_with(b"last message repeated") || rest.starts_with(b"-- MARK --");
            if tag.is_some() || of_the_daemon { Kept::Surely } else { Kept::No }
        }
        (b'0'..=b'9', Some(tag)) if !stamp.zone.is_assumed() && line.get(10) == Some(&b'T') => {
            if tag.app == b"kernel" || tag.pid.is_some_and(is_number) { Kept::Likely } else { Kept::Perhaps }
        }
        _ => Kept::No,
    }
}
