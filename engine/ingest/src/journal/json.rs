//! `journalctl -o json`, `json-seq`, `json-sse` and `json-pretty`. All values are text; bytes that are not text are an
//! array of their numbers; a field that stands more than once is an array of its values; what is too long is null.

use super::Entry;
use crate::json::cursor::{Cursor, Fault, FaultKind, Kind, Read};
use crate::json::documents::{Document, Framing, next_document, separates};
use crate::json::value::{number_value, text_value};
use crate::model::{Batch, Limits, Problem};
use crate::probe::Probe;
use crate::reader::Reader;
use crate::streams::LogStreams;
use crate::window::Window;
use cbad::{ByteRange, Value};
use std::io;

/// What `json-sse` puts before each entry.
const EVENT: &[u8] = b"data: ";

/// Reads journal entries as JSON.
pub(crate) struct JournalJsonReader {
    streams: LogStreams,
    framing: Framing,
    limits: Limits,
}

impl JournalJsonReader {
    pub(crate) fn new(name: String, framing: Framing, limits: Limits) -> Self {
        Self { streams: LogStreams::new(name), framing, limits }
    }

    /// Reads the entry that begins at `begin`, and returns where it ends. What is damaged takes the rest.
    fn read_entry(&mut self, bytes: &[u8], begin: usize, offset: u64, line: u64, batch: &mut Batch) -> usize {
        let mut cursor = Cursor::new(&bytes[begin..], self.limits.depth, self.limits.values);
        let read = entry(&mut cursor);
        let end = begin + cursor.at();
        let range = |end: usize| ByteRange { offset: offset + begin as u64, length: (end - begin) as u64 };
        match read {
            Ok(entry) => {
                let cut = entry.fields.iter().find(|field| field.value == Value::Null);
                if let Some(field) = cut {
                    let reason = format!(
                        "the field {} is null: journalctl leaves out what is over 4096 bytes long",
                        field.path
                    );
                    let note = Problem::note(range(end), Some(line), reason);
                    batch.problem(note.hint("Export it again with `journalctl --all`."));
                }
                let (stream, event) = entry.into_event(range(end), &mut self.streams);
                batch.push(stream, event);
                end
            }
            Err(fault) => {
                let at = offset + (begin + fault.at) as u64;
                let reason = format!("{} at byte {at}", fault.what.reason());
                batch.problem(
                    Problem::rejected(range(bytes.len()), Some(line), reason)
                        .hint("Look at these bytes in the capture; the entries before and after were read."),
                );
                bytes.len()
            }
        }
    }
}

impl Reader for JournalJsonReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        let (length, next) = match next_document(window, self.framing, &self.limits, batch)? {
            Document::End => return Ok(false),
            Document::Passed => return Ok(true),
            Document::Bytes { length, next } => (length, next),
        };
        let (offset, line) = (window.offset(), window.line_number());
        let bytes = &window.available()[..length];
        let mut at = if bytes.starts_with(EVENT) { EVENT.len() } else { 0 };
        while let Some(begin) = bytes[at..].iter().position(|&byte| !separates(byte)) {
            at = self.read_entry(bytes, at + begin, offset, line, batch);
        }
        window.pass_counting(next);
        Ok(true)
    }
}

fn entry(cursor: &mut Cursor<'_>) -> Read<Entry> {
    let mut entry = Entry::default();
    cursor.object(|cursor, name| {
        let name = String::from_utf8_lossy(&name);
        if cursor.kind()? != Kind::Array {
            let value = value(cursor)?;
            entry.push(&name, value);
            return Ok(());
        }
        let mut bytes = Vec::new();
        let mut values = Vec::new();
        cursor.array(|cursor| {
            if cursor.kind()? == Kind::Number {
                bytes.push(byte(cursor)?);
            } else {
                values.push(value(cursor)?);
            }
            Ok(())
        })?;
        if values.is_empty() {
            values.push(text_value(bytes.into()));
        }
        for value in values {
            entry.push(&name, value);
        }
        Ok(())
    })?;
    Ok(entry)
}

fn value(cursor: &mut Cursor<'_>) -> Read<Value> {
    Ok(match cursor.kind()? {
        Kind::Text => text_value(cursor.text()?),
        Kind::Array => {
            let mut bytes = Vec::new();
            cursor.array(|cursor| byte(cursor).map(|byte| bytes.push(byte)))?;
            text_value(bytes.into())
        }
        Kind::Number => number_value(cursor.number()?),
        Kind::Bool => Value::Bool(cursor.bool()?),
        Kind::Null => {
            cursor.null()?;
            Value::Null
        }
        Kind::Object => {
            return Err(Fault { at: cursor.at(), what: FaultKind::Expected("the value of a journal field") });
        }
    })
}

fn byte(cursor: &mut Cursor<'_>) -> Read<u8> {
    let at = cursor.at();
    let number = cursor.number()?;
    number.parse().map_err(|_| Fault { at, what: FaultKind::Expected("a byte, 0 to 255") })
}

/// How sure it is that the bytes are journal entries: their names are journald's own.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    let entries = probe.json.share(|object| object.has("__REALTIME_TIMESTAMP") && object.has("__CURSOR"));
    let is_event = |line: &[u8]| {
        line.starts_with(EVENT) && memchr::memmem::find(line, b"\"__REALTIME_TIMESTAMP\"").is_some()
    };
    entries.max(probe.share_of_lines(is_event))
}
