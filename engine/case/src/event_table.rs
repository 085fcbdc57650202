//! Events written out: as CSV for a spreadsheet, or as JSON lines.
//!
//! CSV follows RFC 4180, with line feeds as in the rest of what is printed. A cell of text that a spreadsheet would take
//! for a formula (it begins with `=`, `+`, `-` or `@`) has an apostrophe before it ("CSV injection", OWASP); numbers are
//! numbers and have none. So has what stands behind a semicolon: where a comma is the decimal mark, spreadsheets part cells
//! at semicolons. Text is made inert, so that a cell is one line and nothing in it is hidden.

use std::io::{self, Write};
use std::sync::Arc;

use cbad::{Event, Measure, Value};
use serde::Serialize;

use crate::event_json::{EventJson, FieldJson};
use crate::inert::{inert, inert_for_file};
use crate::rows::EventRow;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventFormat {
    /// A line of column names, then a line an event.
    Csv,
    /// One JSON object a line, with every field.
    JsonLines,
    /// One JSON object a line, with what the line of the CSV has and no more.
    JsonColumns,
}

/// Writes events one by one.
#[derive(Clone, Debug)]
pub struct EventWriter {
    format: EventFormat,
    columns: Vec<String>,
    times: Times,
}

/// How times are written where a format has them as text.
#[derive(Clone)]
struct Times(Arc<dyn Fn(i64) -> String + Send + Sync>);

impl std::fmt::Debug for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Times")
    }
}

/// Columns before those of fields.
const FIRST: [&str; 5] = ["position", "time", "level", "stream", "value"];

impl EventWriter {
    /// With these fields as columns of their own, by path; of [`EventFormat::JsonLines`] they change nothing. Times are in UTC.
    pub fn new(format: EventFormat, columns: Vec<String>) -> Self {
        Self { format, columns, times: Times(Arc::new(cbad::rfc3339)) }
    }

    /// With times as these words say them, of nanoseconds UTC.
    #[must_use]
    pub fn with_times(self, words: impl Fn(i64) -> String + Send + Sync + 'static) -> Self {
        Self { times: Times(Arc::new(words)), ..self }
    }

    /// What comes before the first event.
    pub fn begin(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.format {
            EventFormat::JsonLines | EventFormat::JsonColumns => Ok(()),
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
            EventFormat::JsonColumns => {
                serde_json::to_writer(&mut *out, &self.object(label, row))?;
                writeln!(out)
            }
            EventFormat::Csv => writeln!(out, "{}", self.cells(label, row).join(",")),
        }
    }

    fn object<'a>(&self, label: &'a str, row: &'a EventRow) -> ColumnsJson<'a> {
        let event = &row.event;
        let of = |path: &String| {
            let (fields, path) = (event.fields.iter(), path.clone());
            fields.filter(move |field| field.path == path)
        };
        ColumnsJson {
            position: row.position,
            time: event.time_nanos.map(|nanos| (self.times.0)(nanos)),
            level: event.severity.map(cbad::Severity::name),
            stream: label,
            value: event.measure.as_ref().map(measured),
            fields: self.columns.iter().flat_map(of).map(FieldJson::from).collect(),
            text: self.text(event),
        }
    }

    fn cells(&self, label: &str, row: &EventRow) -> Vec<String> {
        let event = &row.event;
        let mut cells = vec![
            row.position.to_string(),
            event.time_nanos.map(|nanos| (self.times.0)(nanos)).unwrap_or_default(),
            event.severity.map_or("", cbad::Severity::name).to_owned(),
            text_cell(label),
            event.measure.as_ref().map(measured).unwrap_or_default(),
        ];
        cells.extend(self.columns.iter().map(|path| value_cell(event, path)));
        cells.push(text_cell(&self.text(event)));
        cells
    }

    fn text(&self, event: &Event) -> String {
        text_of(event, None, &self.columns, usize::MAX, inert_for_file)
    }
}

/// What a line of the CSV has, as one object; of fields those with a column of their own.
#[derive(Serialize)]
struct ColumnsJson<'a> {
    position: u64,
    time: Option<String>,
    level: Option<&'static str>,
    stream: &'a str,
    value: Option<String>,
    fields: Vec<FieldJson>,
    text: String,
}

/// One line for an event: its body without its own time stamp, what it measures in the words given, and its fields as
/// `path=value` but for those `without`. It ends soon after `most_bytes`, and nothing in it acts on a reader.
pub fn event_text(event: &Event, measured: Option<&str>, without: &[String], most_bytes: usize) -> String {
    text_of(event, measured, without, most_bytes, on_screen)
}

fn text_of(
    event: &Event,
    measured: Option<&str>,
    without: &[String],
    most_bytes: usize,
    inert: Inert,
) -> String {
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
        let value = value_of(&field.value, most_bytes, inert);
        text.extend([separator, &inert(field.path.as_bytes()), "=", &value]);
    }
    text
}

/// A field's value as text that cannot act: bytes as hex after `0x`.
pub fn value_text(value: &Value) -> String {
    value_text_within(value, usize::MAX)
}

/// The same of no more than the first `most_bytes` of the value: a list need not look at a megabyte to show a line.
pub fn value_text_within(value: &Value, most_bytes: usize) -> String {
    value_of(value, most_bytes, on_screen)
}

/// How text is made harmless: for a screen, or for a file.
type Inert = fn(&[u8]) -> String;

fn on_screen(evidence: &[u8]) -> String {
    inert(evidence)
}

fn value_of(value: &Value, most_bytes: usize, inert: Inert) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(text) => inert(&text.as_bytes()[..text.floor_char_boundary(most_bytes)]),
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
        _ => {
            let texts = values.into_iter().map(|value| value_of(value, usize::MAX, inert_for_file));
            text_cell(&texts.collect::<Vec<_>>().join("; "))
        }
    }
}

/// A cell of text in a CSV file: made inert, in quotes where it must be, and never a formula.
pub fn text_cell(text: &str) -> String {
    let would_act = |part: &str| {
        let begin = part.trim_start_matches(|character: char| character.is_whitespace() || character == '"');
        begin.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
    };
    let text = inert_for_file(text.as_bytes());
    let parts =
        text.split(';').map(|part| if would_act(part) { format!("'{part}") } else { part.to_owned() });
    let text = parts.collect::<Vec<_>>().join(";");
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
            ("a;=1+1; b;\"@c", "\"a;'=1+1; b;'\"\"@c\""),
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
        let shown = EventWriter::new(EventFormat::JsonColumns, columns.clone());
        let shown = shown.with_times(|nanos| format!("{nanos} after noon"));
        shown.begin(&mut out)?;
        shown.event(&mut out, 2, "shop · logs", &row)?;
        assert_eq!(
            String::from_utf8_lossy(&out),
            "{\"position\":9,\"time\":\"0 after noon\",\"level\":\"warn\",\"stream\":\"shop · logs\",\"value\":\"-7\",\
             \"fields\":[{\"path\":\"code\",\"value\":-3},{\"path\":\"who\",\"value\":\"@all\"},{\"path\":\"who\",\"value\":\"ff\"}],\
             \"text\":\"=cmd|' /C calc'!A0  rest=x\"}\n"
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
    fn a_file_has_what_the_screen_has_no_picture_for() {
        crate::inert::escape_undrawn(|character| character != '据');
        let event = Event::new("数据库 ready", ByteRange::default());
        assert_eq!(event_text(&event, None, &[], 100), "数\\u{636e}库 ready");
        let row = EventRow { position: 0, capture: 1, event };
        let cells = EventWriter::new(EventFormat::Csv, Vec::new()).cells("据", &row);
        assert_eq!((cells[3].as_str(), cells[5].as_str()), ("据", "数据库 ready"));
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
