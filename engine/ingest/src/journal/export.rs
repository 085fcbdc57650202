//! The export format (<https://systemd.io/JOURNAL_EXPORT_FORMATS>): `FIELD=value` lines, an empty line after each
//! entry; a value with control bytes stands after its length, eight bytes little-endian, which follow the field's line.

use super::Entry;
use crate::json::value::text_value;
use crate::model::{Batch, Limits, Problem};
use crate::probe::Probe;
use crate::reader::Reader;
use crate::streams::LogStreams;
use crate::window::{LineAt, Window};
use cbad::ByteRange;
use std::borrow::Cow;
use std::io;

const LENGTH_BYTES: usize = 8;
/// journald's own limit (`journal-importer.h`: `ENTRY_FIELD_COUNT_MAX`).
const MOST_FIELDS: usize = 1024;

/// Reads the export format.
pub(crate) struct ExportReader {
    streams: LogStreams,
    limits: Limits,
}

impl ExportReader {
    pub(crate) fn new(name: String, limits: Limits) -> Self {
        Self { streams: LogStreams::new(name), limits }
    }
}

impl Reader for ExportReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        if !window.want(1)? {
            return Ok(false);
        }
        let blank = window.available().iter().take_while(|&&byte| byte == b'\n').count();
        if blank > 0 {
            window.pass(blank, blank as u64);
            return Ok(true);
        }
        match entry_at(window, self.limits.record_bytes)? {
            Ok((entry, length)) => {
                let source = ByteRange { offset: window.offset(), length: length as u64 };
                let (stream, event) = entry.into_event(source, &mut self.streams);
                batch.push(stream, event);
                window.pass_counting(length);
            }
            Err(fault) => reject(window, &fault, batch)?,
        }
        Ok(true)
    }
}

struct Fault {
    /// From the entry's begin.
    at: usize,
    what: String,
}

/// The entry that begins the window and its length, the line end of its last field included.
fn entry_at(window: &mut Window, limit: u64) -> io::Result<Result<(Entry, usize), Fault>> {
    let mut entry = Entry::default();
    let mut at = 0;
    let fault = |at, what: &str| Ok(Err(Fault { at, what: what.into() }));
    loop {
        let line = match window.line_at(at, limit.saturating_sub(at as u64))? {
            LineAt::Line(line) => line,
            LineAt::End => return Ok(Ok((entry, at))),
            LineAt::TooLong => {
                return fault(
                    at,
                    &format!("the entry is longer than the {limit} bytes that one record may take"),
                );
            }
        };
        let available = window.available();
        let ended = line.next > at && available[line.next - 1] == b'\n';
        // A carriage return before the line end belongs to the value.
        let text = &available[at..line.next - usize::from(ended)];
        if text.is_empty() {
            return Ok(Ok((entry, at)));
        }
        if entry.fields.len() >= MOST_FIELDS {
            return fault(at, "the entry has more fields than journald takes");
        }
        let name = match memchr::memchr(b'=', text) {
            Some(equals) => &text[..equals],
            None => text,
        };
        let Some(name) = field_name(name) else {
            return fault(at, "no field name stands where one belongs");
        };
        if name.len() < text.len() {
            entry.push(name, text_value(Cow::Borrowed(&text[name.len() + 1..])));
            at = line.next;
            continue;
        }
        if !ended {
            return fault(at, "the entry breaks off");
        }
        let name = name.to_owned();
        let begin = line.next + LENGTH_BYTES;
        if !window.want(begin)? {
            return fault(at, "the entry breaks off");
        }
        let length = window.available()[line.next..].first_chunk::<LENGTH_BYTES>();
        let length = u64::from_le_bytes(*length.expect("so many bytes are there"));
        if length > limit.saturating_sub(begin as u64) {
            return fault(
                at,
                &format!("a value of {length} bytes is announced, more than one record may take"),
            );
        }
        let end = begin + length as usize;
        if !window.want(end + 1)? {
            return fault(
                at,
                &format!("a value of {length} bytes is announced, and the capture ends before"),
            );
        }
        if window.available()[end] != b'\n' {
            return fault(
                at,
                &format!("a value of {length} bytes is announced, and its end is not where it should be"),
            );
        }
        entry.push(&name, text_value(Cow::Borrowed(&window.available()[begin..end])));
        at = end + 1;
    }
}

/// Capital letters, digits and underscores, at most 64 (`systemd.journal-fields(7)`).
fn field_name(name: &[u8]) -> Option<&str> {
    let fits = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    let is_name = (1..=64).contains(&name.len()) && name.iter().all(fits);
    std::str::from_utf8(name).ok().filter(|_| is_name)
}

/// Passes on to the empty line after the damage.
fn reject(window: &mut Window, fault: &Fault, batch: &mut Batch) -> io::Result<()> {
    let (offset, line) = (window.offset(), window.line_number());
    let at = offset + fault.at as u64;
    window.pass_counting(fault.at);
    // An empty line ends the entry; at the capture's end nothing is left to pass.
    while window.skip_line()? > 1 {}
    let length = window.offset() - offset;
    let reason = format!("the journal entry is damaged at byte {at}: {}", fault.what);
    batch.problem(
        Problem::rejected(ByteRange { offset, length }, Some(line), reason)
            .hint("Look at these bytes in the capture; the entries before and after were read."),
    );
    Ok(())
}

/// How sure it is that the bytes are an export: they begin with fields, and the first entry says when it was.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    let mut lines = probe.text.split(|&byte| byte == b'\n').skip_while(|line| line.is_empty());
    let mut begun = lines.clone().take_while(|line| {
        let name = memchr::memchr(b'=', line).map_or(*line, |equals| &line[..equals]);
        field_name(name).is_some()
    });
    let begins = lines.next().is_some_and(|line| line.starts_with(b"__") || line.starts_with(b"_"));
    let timed = begun.any(|line| line.starts_with(b"__REALTIME_TIMESTAMP="));
    f64::from(u8::from(begins && timed))
}
