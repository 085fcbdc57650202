//! Events written out: as CSV for a spreadsheet, or as JSON lines.
//!
//! CSV follows RFC 4180, with line feeds as in the rest of what is printed. A cell of text that a spreadsheet would take
//! for a formula (it begins with `=`, `+`, `-` or `@`) has an apostrophe before it ("CSV injection", OWASP); numbers are
//! numbers and have none. Text is made inert, so that a cell is one line and nothing in it is hidden.

use std::io::{self, Write};

use cbad::{Event, Measure, Value};

use crate::event_json::EventJson;
use crate::inert::inert;
use crate::rows::EventRow;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventFormat {
    /// A line of column names, then a line an event.
    Csv,
    /// One JSON object a line, with every field.
    JsonLines,
}

/// Writes events one by one.
#[derive(Clone, Debug)]
pub struct EventWriter {
    format: EventFormat,
    columns: Vec<String>,
}

/// Columns before those of fields.
const FIRST: [&str; 5] = ["position", "time", "level", "stream", "value"];

impl EventWriter {
    /// With these fields as columns of their own, by path; of JSON lines they change nothing.
    pub fn new(format: EventFormat, columns: Vec<String>) -> Self {
        Self { format, columns }
    }

    /// What comes before the first event.
    pub fn begin(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.format {
            EventFormat::JsonLines => Ok(()),
            EventFormat::Csv => {
                let names = FIRST.into_iter().chain(self.columns.iter().map(String::as_str)).chain(["text"]);
                let cells: Vec<String> = names.map(text_cell).collect();
                writeln!(out, "{}", cells.join(","))
            }
        }
    }

    /// One event of a stream with this label.
    pub fn event(&self, out: &mut dyn Write, stream: u32, label: &str, row: &EventRow) -> io::Result<()> {
        match self.format {
            EventFormat::JsonLines => {
                serde_json::to_writer(&mut *out, &EventJson::new(stream, row))?;
                writeln!(out)
            }
            EventFormat::Csv => writeln!(out, "{}", self.cells(label, row).join(",")),
        }
    }

    fn cells(&self, label: &str, row: &EventRow) -> Vec<String> {
        let event = &row.event;
        let mut cells = vec![
            row.position.to_string(),
            event.time_nanos.map(cbad::rfc3339).unwrap_or_default(),
            event.severity.map_or("", cbad::Severity::name).to_owned(),
            text_cell(label),
            event.measure.as_ref().map(measured).unwrap_or_default(),
        ];
        cells.extend(self.columns.iter().map(|path| value_cell(event, path)));
        cells.push(text_cell(&event_text(event, None, &self.columns, usize::MAX)));
        cells
    }
}

/// One line for an event: its body without its own time stamp, what it measures in the words given, and its fields as
/// `path=value` but for those `without`. It ends soon after `most_bytes`, and nothing in it acts on a reader.
pub fn event_text(event: &Event, measured: Option<&str>, without: &[String], most_bytes: usize) -> String {
    let stamp_end = event.body_stamp.filter(|(start, _)| *start == 0).map_or(0, |(_, end)| end as usize);
    let body = event.body.get(stamp_end..).unwrap_or(&event.body);
    let mut text = inert(&body[..body.len().min(most_bytes)]).trim_start().to_owned();
    if let Some(measured) = measured {
        text.extend(["  ", measured]);
    }
    for field in event.fields.iter().filter(|field| !without.contains(&field.path)) {
        if text.len() > most_bytes {
            break;
        }
        let separator = if text.is_empty() { "" } else { "  " };
        text.extend([separator, &inert(&field.path), "=", &value_text_within(&field.value, most_bytes)]);
    }
    text
}

/// A field's value as text that cannot act: bytes as hex after `0x`.
pub fn value_text(value: &Value) -> String {
    value_text_within(value, usize::MAX)
}

/// The same of no more than the first `most_bytes` of the value: a list need not look at a megabyte to show a line.
pub fn value_text_within(value: &Value, most_bytes: usize) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(text) => inert(&text[..text.floor_char_boundary(most_bytes)]),
        Value::Bytes(bytes) => format!("0x{}", crate::sql::hex(&bytes[..bytes.len().min(most_bytes)])),
    }
}

/// The number that an event measures, alone: nanoseconds, a value, or of a histogram the number of observations.
fn measured(measure: &Measure) -> String {
    match measure {
        Measure::DurationNanos(nanos) => nanos.to_string(),
        Measure::Gauge(value) | Measure::Delta(value) | Measure::Cumulative { total: value, .. } => {
            value.to_string()
        }
        Measure::Histogram { count, .. } => count.to_string(),
    }
}

/// The values of a field; an event may have it more than once.
fn value_cell(event: &Event, path: &str) -> String {
    let values: Vec<&Value> = event.fields.iter().filter(|f| f.path == path).map(|f| &f.value).collect();
    match values[..] {
        [] | [Value::Null] => String::new(),
        [value @ (Value::Int(_) | Value::Float(_) | Value::Bool(_))] => value_text(value),
        _ => text_cell(&values.into_iter().map(value_text).collect::<Vec<_>>().join("; ")),
    }
}

/// A cell of text.
pub(crate) fn text_cell(text: &str) -> String {
    let text = inert(text);
    let would_act = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let text = if would_act { format!("'{text}") } else { text };
    if text.contains(['"', ',', ';', '\'']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::{ByteRange, Field, Severity};

    #[test]
    fn cells_cannot_become_formulas_and_stay_one_cell() {
        for (text, cell) in [
            ("plain", "plain"),
            ("=1+1", "\"'=1+1\""),
            ("  @SUM(A1)", "\"'  @SUM(A1)\""),
            ("-2", "\"'-2\""),
            ("＝HYPERLINK()", "\"'＝HYPERLINK()\""),
            ("\t=1", "\\u{9}=1"),
            ("a,b \"c\"", "\"a,b \"\"c\"\"\""),
            ("two\nlines\u{202e}", "two\\u{a}lines\\u{202e}"),
        ] {
            assert_eq!(text_cell(text), cell, "{text:?}");
        }
    }

    #[test]
    fn an_event_is_a_line_of_its_columns() -> io::Result<()> {
        let mut event = Event::new(*b"09:00 =cmd|' /C calc'!A0", ByteRange { offset: 3, length: 24 });
        (event.time_nanos, event.severity, event.body_stamp) = (Some(0), Some(Severity::Warn), Some((0, 5)));
        event.measure = Some(Measure::DurationNanos(-7));
        let field = |path: &str, value| Field { path: path.to_owned(), value };
        event.fields = vec![
            field("code", Value::Int(-3)),
            field("who", Value::Text("@all".to_owned())),
            field("rest", Value::Text("x".to_owned())),
            field("who", Value::Bytes(vec![255])),
        ];
        let row = EventRow { position: 9, capture: 1, event };
        let columns = ["code", "who", "gone"].map(str::to_owned).to_vec();
        let mut out = Vec::new();
        let csv = EventWriter::new(EventFormat::Csv, columns.clone());
        csv.begin(&mut out)?;
        csv.event(&mut out, 2, "shop · logs", &row)?;
        assert_eq!(
            String::from_utf8_lossy(&out),
            "position,time,level,stream,value,code,who,gone,text\n\
             9,1970-01-01T00:00:00Z,warn,shop · logs,-7,-3,\"'@all; 0xff\",,\"'=cmd|' /C calc'!A0  rest=x\"\n"
        );
        out.clear();
        let json = EventWriter::new(EventFormat::JsonLines, columns);
        json.begin(&mut out)?;
        json.event(&mut out, 2, "shop · logs", &row)?;
        let read: serde_json::Value = serde_json::from_slice(&out)?;
        assert_eq!((&read["position"], &read["fields"][1]["value"]), (&9.into(), &"@all".into()));
        Ok(())
    }

    #[test]
    fn a_line_of_any_length_is_cut_and_cannot_act() {
        let mut body = vec![b'a'; 1 << 20];
        body[5] = 0x1b;
        let mut event = Event::new(body, ByteRange::default());
        let text = event_text(&event, Some("2 s"), &[], 100);
        assert!(text.starts_with("aaaaa\\u{1b}a") && text.ends_with("a  2 s") && text.len() < 120, "{text}");
        event.body.clear();
        event.fields = vec![Field { path: "a".to_owned(), value: Value::Text("é".repeat(1 << 20)) }];
        assert_eq!(event_text(&event, None, &[], 101), format!("a={}", "é".repeat(50)));
    }
}
