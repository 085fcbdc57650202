//! `journalctl -o json`, `json-seq`, `json-sse` and `json-pretty`. All values are text; bytes that are not text are an
//! array of their numbers; a field that stands more than once is an array of its values; what is too long is null.

use super::Entry;
use crate::json::cursor::{Cursor, Fault, FaultKind, Kind, Read};
use crate::json::reader::DocumentFormat;
use crate::json::report::Report;
use crate::json::value::{number_value, text_value};
use crate::probe::Probe;
use crate::streams::LogStreams;
use cbad::Value;

/// What `json-sse` puts before each entry.
const EVENT: &[u8] = b"data: ";

/// Reads journal entries as JSON.
pub(crate) struct JournalJson {
    streams: LogStreams,
}

impl JournalJson {
    pub(crate) fn new(name: String) -> Self {
        Self { streams: LogStreams::new(name) }
    }
}

impl DocumentFormat for JournalJson {
    const LEAD: &'static [u8] = EVENT;

    fn fresh(&self) -> Option<Self> {
        Some(Self { streams: self.streams.emptied() })
    }

    fn read(&mut self, cursor: &mut Cursor<'_>, report: &mut Report<'_>) -> Read<()> {
        let entry = entry(cursor)?;
        let end = cursor.at();
        let cut = entry.fields.iter().find(|field| field.value == Value::Null);
        if let Some(field) = cut {
            let reason = format!(
                "the field {} is null: journalctl leaves out what is over 4096 bytes long",
                field.path
            );
            report.remark(0, end, reason, Some("Export it again with `journalctl --all`."));
        }
        let (stream, event) = entry.into_event(report.range(0, end), &mut self.streams);
        report.push(stream, event, end);
        Ok(())
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
