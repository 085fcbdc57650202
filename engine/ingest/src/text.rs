//! Plain text logs: a line is an event, with the lines that continue it.

use crate::continued::{SEEN_BYTES, Trace, begins_indented};
use crate::heads::{ends_headed, is_head, is_second, says_zone, set_nanos};
use crate::model::{Batch, Limits, Problem};
use crate::own_json::behind_stamp;
use crate::reader::Reader;
use crate::severity;
use crate::stamp::{self, Years};
use crate::streams::LogStreams;
use crate::window::{LineAt, Window};
use cbad::{ByteRange, Event};
use std::io;
use std::ops::Range;

/// Reads plain text.
pub(crate) struct TextReader {
    streams: LogStreams,
    /// Whether the capture's lines carry time stamps, so that what carries none may continue an event.
    stamped: bool,
    years: Years,
    limits: Limits,
    open_since: Option<u64>,
}

impl TextReader {
    pub(crate) fn new(name: String, stamped: bool, years: Years, limits: Limits) -> Self {
        Self { streams: LogStreams::new(name), stamped, years, limits, open_since: None }
    }
}

impl Reader for TextReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        skip_byte_order_mark(window)?;
        let first = match window.line_at(0, self.limits.record_bytes)? {
            LineAt::End => return Ok(false),
            LineAt::TooLong => {
                reject_long_line(window, batch, self.limits.record_bytes)?;
                return Ok(true);
            }
            LineAt::Line(line) => line,
        };
        if is_blank(&window.available()[..first.end]) {
            window.pass(first.next, 1);
            return Ok(true);
        }
        let (mut end, mut next, mut lines) = (first.end, first.next, 1);
        let (mut ahead, mut ahead_lines) = (next, lines);
        let mut so_far = SoFar {
            headed: is_head(&window.available()[..first.end]),
            first_end: first.end,
            last: 0..first.end,
            trace: Trace::of(&window.available()[..first.end]),
        };
        // Blank lines belong to the event only if something after them continues it.
        while let Continuation::Line { end: line_end, next: line_next, blank } =
            continuation(window, ahead, &so_far, self.stamped, self.limits.event_bytes)?
        {
            if lines == 1 && is_second(&window.available()[ahead..line_end], &window.available()[..first.end])
            {
                so_far.first_end = line_end;
            }
            so_far.last = ahead..line_end;
            so_far.trace = so_far.trace.after(&window.available()[ahead..line_end]);
            (ahead, ahead_lines) = (line_next, ahead_lines + 1);
            if !blank {
                (end, next, lines) = (line_end, ahead, ahead_lines);
            }
        }
        let source = ByteRange { offset: window.offset(), length: end as u64 };
        self.open_since = if window.want(ahead + 1)? { None } else { Some(source.offset) };
        let text = &window.available()[..end];
        if let Some((service, event)) = behind_stamp(text, source, self.years, &self.limits) {
            batch.push(self.streams.of(service.as_deref()), event);
            window.pass(next, lines);
            return Ok(true);
        }
        let mut event = event_of(text, so_far.first_end, self.years, source);
        if so_far.headed && !says_zone(&text[..first.end], self.years) {
            event.time_nanos = set_nanos(text).or(event.time_nanos);
        }
        batch.push(self.streams.of(None), event);
        window.pass(next, lines);
        Ok(true)
    }

    fn open_since(&self) -> Option<u64> {
        self.open_since
    }
}

/// The event of a text whose first line takes up its first bytes.
#[inline]
pub(crate) fn event_of(text: &[u8], first_line: usize, years: Years, source: ByteRange) -> Event {
    let line = &text[..first_line];
    let stamp = stamp::find(line, years);
    let place = stamp.map(|stamp| (stamp.start, stamp.end));
    let mut event = Event::new(text, source);
    event.time_nanos = stamp.map(|stamp| stamp.nanos);
    event.body_stamp = place.map(|(start, end)| (start as u32, end as u32));
    event.severity = severity::find(line, place);
    event
}

/// What is known of an event whose lines are still read.
struct SoFar {
    /// Whether its first line heads all that follow.
    headed: bool,
    /// Where the lines end that say what it is.
    first_end: usize,
    /// Its last line.
    last: Range<usize>,
    trace: Trace,
}

enum Continuation {
    Line { end: usize, next: usize, blank: bool },
    No,
}

/// Whether the line that begins `from` bytes into the window continues the event that begins the window.
fn continuation(
    window: &mut Window,
    from: usize,
    so_far: &SoFar,
    stamped: bool,
    limit: u64,
) -> io::Result<Continuation> {
    if !window.want(from + 1)? {
        return Ok(Continuation::No);
    }
    let first = window.available()[from];
    if !first.is_ascii_whitespace() {
        if !(Trace::may_begin(first) || so_far.headed) {
            return Ok(Continuation::No);
        }
        window.want(from + SEEN_BYTES)?;
        let rest = &window.available()[from..];
        let begin = &rest[..rest.len().min(SEEN_BYTES)];
        let before = window.available();
        let line = &begin[..memchr::memchr(b'\n', begin).unwrap_or(begin.len())];
        let continues = if so_far.headed {
            !ends_headed(line.trim_ascii_end(), &before[so_far.last.clone()])
        } else {
            stamped && so_far.trace.takes(line)
                || so_far.last.start == 0 && is_second(begin, &before[..so_far.first_end])
        };
        if !continues {
            return Ok(Continuation::No);
        }
    }
    let Some(line) = window.line_within(from, limit)? else { return Ok(Continuation::No) };
    let text = &window.available()[from..line.end];
    let begin = text.trim_ascii_start();
    let is_own = if so_far.headed {
        begin.len() < text.len() && stamp::begins(begin)
    } else {
        begins_indented(text, &window.available()[..so_far.first_end])
    };
    if is_own {
        return Ok(Continuation::No);
    }
    Ok(Continuation::Line { end: line.end, next: line.next, blank: begin.is_empty() })
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// Passes over a UTF-8 byte order mark at the capture's begin.
pub(crate) fn skip_byte_order_mark(window: &mut Window) -> io::Result<()> {
    if window.offset() == 0 && window.want(3)? && window.available().starts_with(b"\xef\xbb\xbf") {
        window.pass(3, 0);
    }
    Ok(())
}

/// Passes over a line that is longer than may be held, and says so.
pub(crate) fn reject_long_line(window: &mut Window, batch: &mut Batch, limit: u64) -> io::Result<()> {
    let (offset, line) = (window.offset(), window.line_number());
    let length = window.skip_line()?;
    let reason = format!("the line is {length} bytes long, more than the {limit} that one record may take");
    batch.problem(Problem::rejected(ByteRange { offset, length }, Some(line), reason).hint(
        "Split the line, or raise the limit with `--limit record-bytes=…` if it is one genuine record.",
    ));
    Ok(())
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
