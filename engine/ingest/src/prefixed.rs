//! Text of several programs in one: each line behind the name of the one that wrote it, as `docker compose logs`,
//! `docker service logs` and `kubectl logs --prefix` print them. The name is the service; what stands behind it is the line.

use crate::ansi::escape_length;
use crate::continued::{Trace, begins_indented};
use crate::lines::next_line;
use crate::model::{Batch, Limits};
use crate::own_json::behind_stamp;
use crate::probe::Probe;
use crate::reader::Reader;
use crate::stamp::Years;
use crate::streams::LogStreams;
use crate::text::event_of;
use crate::window::Window;
use cbad::{ByteRange, Field, Value};
use std::io;

/// Some lines may be of the tool itself: `Attaching to …`, `web-1 exited with code 0`.
const LEAST_SHARE: f64 = 0.8;
/// A container may have a name of its own; the others end in their number.
const LEAST_NUMBERED: f64 = 0.5;

/// How the names stand before the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefix {
    /// `web-1  | text`; of a swarm `web.1.id@node    | text`.
    Compose,
    /// `[pod/NAME/CONTAINER] text`.
    Pod,
}

/// A line taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Named<'a> {
    service: &'a [u8],
    pod: Option<&'a [u8]>,
    /// Where the program's own text begins.
    text: usize,
}

impl Prefix {
    /// That of the capture's lines, where they have one, and the share of lines that have it.
    pub(crate) fn of(probe: &Probe<'_>) -> Option<(Self, f64)> {
        let numbered =
            || probe.share_of_lines(|line| compose(line).is_some_and(|it| is_numbered(it.service)));
        let found = [Self::Pod, Self::Compose].into_iter().find_map(|prefix| {
            let share = probe.share_of_lines(|line| prefix.split(line).is_some());
            (share >= LEAST_SHARE).then_some((prefix, share))
        });
        found.filter(|(prefix, _)| *prefix == Self::Pod || numbered() >= LEAST_NUMBERED)
    }

    fn split(self, line: &[u8]) -> Option<Named<'_>> {
        match self {
            Self::Compose => compose(line),
            Self::Pod => pod(line),
        }
    }
}

fn compose(line: &[u8]) -> Option<Named<'_>> {
    let begin = escape_length(line).unwrap_or(0);
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'-' | b'_' | b'.' | b'@');
    let name = &line[begin..][..line[begin..].iter().take_while(is_name).count()];
    let rest = &line[begin + name.len()..];
    let bar = rest.iter().position(|&byte| byte != b' ')?;
    if !name.first()?.is_ascii_alphanumeric() || bar == 0 || rest[bar] != b'|' {
        return None;
    }
    let mut text = begin + name.len() + bar + 1;
    text += escape_length(&line[text..]).unwrap_or(0);
    match line.get(text) {
        Some(b' ') => text += 1,
        Some(_) => return None,
        None => {}
    }
    text += escape_length(&line[text..]).filter(|_| begin > 0).unwrap_or(0);
    Some(Named { service: name, pod: None, text })
}

/// Whether a container's name ends in its number, or in that and what a swarm puts behind it.
fn is_numbered(name: &[u8]) -> bool {
    let is_number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let last = name.rsplit(|byte| matches!(byte, b'-' | b'_')).next().unwrap_or_default();
    is_number(last) && last.len() < name.len()
        || name.contains(&b'@') && name.split(|&byte| byte == b'.').any(is_number)
}

fn pod(line: &[u8]) -> Option<Named<'_>> {
    let rest = line.strip_prefix(b"[pod/")?;
    let end = memchr::memchr(b']', rest)?;
    let slash = memchr::memchr(b'/', &rest[..end])?;
    let (name, container) = (&rest[..slash], &rest[slash + 1..end]);
    let is_name = |name: &[u8]| {
        !name.is_empty()
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
    };
    let mut text = b"[pod/".len() + end + 1;
    match line.get(text) {
        Some(b' ') => text += 1,
        Some(_) => return None,
        None => {}
    }
    (is_name(name) && is_name(container)).then_some(Named { service: container, pod: Some(name), text })
}

/// Reads text whose lines are behind names.
pub(crate) struct PrefixedReader {
    prefix: Prefix,
    streams: LogStreams,
    /// Whether the lines carry time stamps, so that what carries none may continue an event.
    stamped: bool,
    years: Years,
    limits: Limits,
    open_since: Option<u64>,
}

impl PrefixedReader {
    pub(crate) fn new(prefix: Prefix, name: String, stamped: bool, years: Years, limits: Limits) -> Self {
        Self { prefix, streams: LogStreams::new(name), stamped, years, limits, open_since: None }
    }

    /// Whether the program's text goes on with an event of its that begins with the line `first`, and of whose trace the
    /// last line before is.
    fn continues(&self, text: &[u8], first: &[u8], trace: Trace) -> bool {
        let begin = text.trim_ascii_start();
        let is_indented = begin.len() < text.len() && !begin.is_empty() && !begins_indented(text, first);
        is_indented || self.stamped && trace.takes(text)
    }

    /// The program's lines that go on with the event at the window's begin, put behind its first; where they end, where
    /// the line after them begins, and how many lines there are in all.
    fn take_more(
        &self,
        window: &mut Window,
        prefix: &[u8],
        body: &mut Vec<u8>,
        (mut end, mut next): (usize, usize),
    ) -> io::Result<(usize, usize, u64)> {
        let mut lines = 1;
        let first = body.len();
        let mut trace = Trace::of(body);
        loop {
            let Some(ahead) = window.line_within(next, self.limits.event_bytes)? else {
                return Ok((end, next, lines));
            };
            let text = window.available()[next..ahead.end].strip_prefix(prefix);
            let Some(text) = text.filter(|text| self.continues(text, &body[..first], trace)) else {
                return Ok((end, next, lines));
            };
            trace = trace.after(text);
            body.push(b'\n');
            body.extend_from_slice(text);
            (end, next, lines) = (ahead.end, ahead.next, lines + 1);
        }
    }
}

impl Reader for PrefixedReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        let Some((length, next)) = next_line(window, self.limits.record_bytes, batch)? else {
            return Ok(false);
        };
        self.open_since = None;
        let line = &window.available()[..length];
        let offset = window.offset();
        let source = |length: usize| ByteRange { offset, length: length as u64 };
        let Some(named) = self.prefix.split(line) else {
            if length > 0 {
                batch.push(self.streams.of(None), event_of(line, length, self.years, source(length)));
            }
            window.pass(next, u64::from(next > 0));
            return Ok(true);
        };
        let (prefix, mut body) = (line[..named.text].to_vec(), line[named.text..].to_vec());
        if body.trim_ascii().is_empty() {
            window.pass(next, 1);
            return Ok(true);
        }
        let text_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (service, pod) = (text_of(named.service), named.pod.map(text_of));
        let first_line = body.len();
        let (end, next, lines) = self.take_more(window, &prefix, &mut body, (length, next))?;
        self.open_since = if window.want(next + 1)? { None } else { Some(offset) };
        let (own, mut event) = behind_stamp(&body, source(end), self.years, &self.limits)
            .unwrap_or_else(|| (None, event_of(&body, first_line, self.years, source(end))));
        event.fields.extend(pod.map(|pod| Field { path: "k8s.pod.name".into(), value: Value::Text(pod) }));
        batch.push(self.streams.of(Some(&own.unwrap_or(service))), event);
        window.pass(next, lines);
        Ok(true)
    }

    fn open_since(&self) -> Option<u64> {
        self.open_since
    }
}

#[cfg(test)]
#[path = "prefixed_tests.rs"]
mod tests;
