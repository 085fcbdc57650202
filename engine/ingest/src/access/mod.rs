//! Access logs of web servers: the common log format, the combined one, and what servers put before or behind them; and
//! those of load balancers, proxies and stores.

mod balancers;
pub(crate) mod w3c;

use crate::json::value::{number_value, text_value};
use crate::lines::{At, LineFormat, TOO_MANY, keep_as_text};
use crate::logfmt::is_number;
use crate::model::Batch;
use crate::probe::Probe;
use crate::severity;
use crate::stamp::{self, Years};
use crate::streams::LogStreams;
use cbad::{Event, Field, Value};
use std::borrow::Cow;

/// Fields that every line has; a column that calls itself so keeps its place for a name.
const OWN: [&str; 7] = ["client", "ident", "user", "status", "bytes", "referer", "user_agent"];
/// Columns of a line that are called by their own names; further ones are by their place.
const MOST_NAMED: usize = 64;
const MOST_NAME_BYTES: usize = 40;

/// Reads common and combined access logs.
pub(crate) struct Access {
    streams: LogStreams,
    /// Most values of one line.
    most: u32,
}

impl Access {
    pub(crate) fn new(name: String, most: u32) -> Self {
        Self { streams: LogStreams::new(name), most }
    }
}

impl LineFormat for Access {
    fn fresh(&self) -> Self {
        Self { streams: self.streams.emptied(), ..*self }
    }

    fn read(&mut self, line: &[u8], at: At, batch: &mut Batch) {
        const UNKNOWN: &str =
            "the line is no access log line of the common or combined format, nor of another that is known";
        let read = match Answer::read(line) {
            Some(answer) => answer.into_event(at, self.most).ok_or(TOO_MANY),
            None => balancers::event(line, at).ok_or(UNKNOWN),
        };
        match read {
            Ok((host, event)) => batch.push(self.streams.of(host.as_deref()), event),
            Err(why) => keep_as_text(line, at, self.streams.of(None), Years::new(1970), why, batch),
        }
    }
}

/// One answered request as it is written.
struct Answer<'a> {
    /// The virtual host, where it stands before the client.
    host: Option<&'a [u8]>,
    client: &'a [u8],
    ident: &'a [u8],
    user: &'a [u8],
    nanos: i64,
    request: Cow<'a, [u8]>,
    status: &'a [u8],
    bytes: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Answer<'a> {
    fn read(line: &'a [u8]) -> Option<Self> {
        // A user name may hold blanks and brackets: the stamp is where a stamp can be read.
        let (open, stamp) = memchr::memmem::find_iter(line, b" [").take(8).find_map(|open| {
            Some((
                open,
                stamp::at_begin(&line[open + 2..], Years::new(1970))
                    .filter(|stamp| !stamp.zone.is_assumed())?,
            ))
        })?;
        let mut names = line[..open].splitn(4, |&byte| byte == b' ');
        let (first, second, third, fourth) = (names.next()?, names.next()?, names.next()?, names.next());
        // `vhost:port client ident user`: ident is nearly always a dash.
        let (host, client, ident, user) = match fourth {
            Some(user) if third == b"-" && second != b"-" => (Some(first), second, third, user),
            Some(_) => (None, first, second, &line[first.len() + second.len() + 2..open]),
            None => (None, first, second, third),
        };
        let rest = line[open + 2 + stamp.end..].strip_prefix(b"] \"")?;
        let (request, rest) = quoted(rest)?;
        let (status, rest) = word(rest.strip_prefix(b" ")?);
        let (bytes, rest) = word(rest);
        let is_number = |word: &[u8]| word == b"-" || !word.is_empty() && word.iter().all(u8::is_ascii_digit);
        (is_number(status) && is_number(bytes)).then_some(Self {
            host,
            client,
            ident,
            user,
            nanos: stamp.nanos,
            request,
            status,
            bytes,
            rest,
        })
    }

    /// The virtual host and the event; nothing where it would have more values than `most`.
    fn into_event(self, at: At, most: u32) -> Option<(Option<String>, Event)> {
        let mut event = Event::new(self.request, at.source);
        event.time_nanos = Some(self.nanos);
        let fields = &mut event.fields;
        let mut field = |path: &str, value: Cow<'_, [u8]>, counted: bool| {
            if &*value != b"-" && !value.is_empty() {
                let value = if counted { typed(value) } else { text_value(value) };
                fields.push(Field { path: path.to_owned(), value });
            }
        };
        field("client", self.client.into(), false);
        field("ident", self.ident.into(), false);
        field("user", self.user.into(), false);
        field("status", self.status.into(), true);
        field("bytes", self.bytes.into(), true);
        columns(self.rest, most, field)?;
        let status = std::str::from_utf8(self.status).ok().and_then(|status| status.parse().ok());
        event.severity = status.and_then(severity::of_http_status);
        Some((self.host.map(|host| String::from_utf8_lossy(host).into_owned()), event))
    }
}

/// What stands behind the columns that every server writes, in the order in which it stands: the field's name, its value, and
/// whether it may be a number. Nothing where there are more of them than `most`.
fn columns<'a>(
    mut rest: &'a [u8],
    most: u32,
    mut field: impl FnMut(&str, Cow<'a, [u8]>, bool),
) -> Option<()> {
    let mut names: Vec<&str> = Vec::new();
    for number in 0..most {
        let is_free = |own: &Named<'_>| !OWN.contains(&own.name) && !names.contains(&own.name);
        let own = named(rest).filter(|own| names.len() < MOST_NAMED && is_free(own));
        rest = if let Some(Named { name, value, after }) = own {
            names.push(name);
            field(name, value, true);
            after
        } else {
            let was_quoted = rest.starts_with(b"\"");
            let (value, after) = column(rest);
            match (number, was_quoted) {
                (0, true) => field("referer", value, false),
                (1, true) => field("user_agent", value, false),
                _ => field(&format!("extra[{number}]"), value, true),
            }
            after
        };
        if rest.is_empty() {
            return Some(());
        }
    }
    None
}

/// A column under a name, as formats of one's own have them behind the combined one: `rt=0.003 uct="0.001"`.
struct Named<'a> {
    name: &'a str,
    value: Cow<'a, [u8]>,
    /// What follows it.
    after: &'a [u8],
}

fn named(rest: &[u8]) -> Option<Named<'_>> {
    let of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let end = rest.iter().take(MOST_NAME_BYTES + 1).position(|byte| !of_name(byte))?;
    let (name, after) = rest.split_at(end);
    let after = after.strip_prefix(b"=").filter(|_| name.first().is_some_and(u8::is_ascii_alphabetic))?;
    let (value, after) = column(after);
    // Base64 ends in what looks like a name without a value.
    let is_value = !value.is_empty() && !value.starts_with(b"=");
    is_value.then_some(Named { name: std::str::from_utf8(name).ok()?, value, after })
}

/// The quoted text or the word that the rest begins with, and what follows it. An open quote takes all.
fn column(rest: &[u8]) -> (Cow<'_, [u8]>, &[u8]) {
    match rest.strip_prefix(b"\"").map(quoted) {
        Some(Some((value, after))) => (value, after.strip_prefix(b" ").unwrap_or(after)),
        Some(None) => (rest.into(), &rest[..0]),
        None => {
            let (value, after) = word(rest);
            (value.into(), after)
        }
    }
}

/// A number where it is one, else text.
pub(super) fn typed(value: Cow<'_, [u8]>) -> Value {
    match std::str::from_utf8(&value).ok().filter(|text| is_number(text)) {
        Some(digits) => number_value(digits),
        None => text_value(value),
    }
}

/// The word up to the next blank, and what follows the blank.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|&byte| byte == b' ') {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, &[]),
    }
}

/// The text up to its closing quote, and what follows the quote. Apache writes `\"`, `\\` and `\xhh`, nginx `\xHH`.
fn quoted(text: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let mut at = 0;
    let mut escaped = false;
    loop {
        match *text.get(at)? {
            b'"' => break,
            b'\\' => {
                escaped = true;
                at += 2;
            }
            _ => at += 1,
        }
    }
    let raw = &text[..at];
    Some((if escaped { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) }, &text[at + 1..]))
}

fn unescape(raw: &[u8]) -> Vec<u8> {
    let hex = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let mut text = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let (byte, used) = match raw[at..] {
            [b'\\', b'x', high, low, ..] if hex(high).is_some() && hex(low).is_some() => {
                (hex(high).unwrap_or(0) << 4 | hex(low).unwrap_or(0), 4)
            }
            [b'\\', b'n', ..] => (b'\n', 2),
            [b'\\', b't', ..] => (b'\t', 2),
            [b'\\', b'r', ..] => (b'\r', 2),
            [b'\\', byte @ (b'"' | b'\\'), ..] => (byte, 2),
            _ => (raw[at], 1),
        };
        text.push(byte);
        at += used;
    }
    text
}

/// How sure it is that the lines are of an access log.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    let share = probe.share_of_lines(|line| Answer::read(line).is_some() || balancers::is_one(line));
    if share >= 0.6 { share } else { 0.0 }
}

#[cfg(test)]
mod tests;
