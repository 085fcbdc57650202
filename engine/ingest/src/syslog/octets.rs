//! syslog over TCP as captured, RFC 6587: each message after its length (`72 <13>1 …`), so that it may hold line ends; a
//! message that begins with its priority instead ends with its line.

use super::Syslog;
use crate::lines::{LineFormat, at};
use crate::model::{Batch, Limits, Problem};
use crate::probe::Probe;
use crate::reader::Reader;
use crate::stamp::Years;
use crate::text::{reject_long_line, skip_byte_order_mark};
use crate::window::{LineAt, Window};
use cbad::ByteRange;
use std::io;

const MOST_DIGITS: usize = 10;
/// Enough for a length, a blank and the begin of a priority.
const HEAD_BYTES: usize = MOST_DIGITS + 3;

/// Reads octet-counted syslog.
pub(crate) struct OctetReader {
    syslog: Syslog,
    limits: Limits,
}

impl OctetReader {
    pub(crate) fn new(name: String, years: Years, limits: Limits) -> Self {
        Self { syslog: Syslog::new(name, years, limits.values), limits }
    }

    fn read_line(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<()> {
        let LineAt::Line(line) = window.line_at(0, self.limits.record_bytes)? else {
            return reject_long_line(window, batch, self.limits.record_bytes);
        };
        self.syslog.read(&window.available()[..line.end], at(window, line.end), batch);
        window.pass(line.next, 1);
        Ok(())
    }

    /// Whether the message of `length` bytes after `head` is all there, and something follows it that may.
    fn holds(&self, window: &mut Window, head: usize, length: usize) -> io::Result<bool> {
        if (head + length) as u64 > self.limits.record_bytes || !window.want(head + length)? {
            return Ok(false);
        }
        window.want(head + length + HEAD_BYTES)?;
        let after = &window.available()[head + length..];
        let after = &after[after.iter().take_while(|byte| byte.is_ascii_whitespace()).count()..];
        Ok(after.is_empty() || after[0] == b'<' || after[0].is_ascii_digit())
    }
}

impl Reader for OctetReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        skip_byte_order_mark(window)?;
        if !window.want(1)? {
            return Ok(false);
        }
        let blanks = window.available().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if blanks > 0 {
            window.pass_counting(blanks);
            return Ok(true);
        }
        window.want(HEAD_BYTES)?;
        if window.available()[0] == b'<' {
            self.read_line(window, batch)?;
            return Ok(true);
        }
        let Some((head, length)) = head(window.available()) else {
            reject(window, batch, "no length of a message stands where one belongs")?;
            return Ok(true);
        };
        if !self.holds(window, head, length)? {
            let why =
                format!("a message of {length} bytes is announced, and its end is not where it should be");
            reject(window, batch, &why)?;
            return Ok(true);
        }
        let whole = head + length;
        let message = window.available()[head..whole].trim_ascii_end();
        self.syslog.read(message, at(window, whole), batch);
        window.pass_counting(whole);
        Ok(true)
    }
}

/// Bytes of the length with its blank, and the length.
fn head(bytes: &[u8]) -> Option<(usize, usize)> {
    let digits = bytes.iter().take(MOST_DIGITS).take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || bytes[0] == b'0' || bytes.get(digits) != Some(&b' ') {
        return None;
    }
    let length = std::str::from_utf8(&bytes[..digits]).ok()?.parse().ok()?;
    Some((digits + 1, length))
}

/// Passes on to the next place after this one where a message may begin.
fn reject(window: &mut Window, batch: &mut Batch, why: &str) -> io::Result<()> {
    let (offset, line) = (window.offset(), window.line_number());
    // The rest of a damaged length is no length of its own.
    if !window.available()[0].is_ascii_digit() {
        window.pass_counting(1);
    }
    while window.want(1)? && window.available()[0].is_ascii_digit() {
        window.pass(1, 0);
    }
    loop {
        let more = window.want(HEAD_BYTES + 1)?;
        let available = window.available();
        let searched = if more { available.len() - HEAD_BYTES } else { available.len() };
        let found = (0..searched).find(|&begin| begins(&available[begin..]));
        window.pass_counting(found.unwrap_or(searched));
        if found.is_some() || !more {
            break;
        }
    }
    let length = window.offset() - offset;
    let reason = format!("{why}; {length} bytes were passed over");
    batch.problem(
        Problem::rejected(ByteRange { offset, length }, Some(line), reason)
            .hint("Look at these bytes in the capture; the messages before and after were read."),
    );
    Ok(())
}

/// Whether a counted message begins here: a length and the priority of what it counts.
fn begins(bytes: &[u8]) -> bool {
    head(bytes).is_some_and(|(head, _)| {
        bytes.get(head) == Some(&b'<') && bytes.get(head + 1).is_some_and(u8::is_ascii_digit)
    })
}

/// How sure it is that the bytes are counted messages: the share of them that chains of lengths cover.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    let mut covered = 0;
    let mut rest = probe.text;
    while begins(rest) {
        let (head, length) = head(rest).unwrap_or_default();
        let Some(after) = rest.get(head + length..) else {
            covered += if probe.whole { 0 } else { rest.len() };
            break;
        };
        let blanks = after.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        covered += head + length + blanks;
        rest = &after[blanks..];
    }
    covered as f64 / probe.text.len().max(1) as f64
}
