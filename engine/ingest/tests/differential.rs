//! Tables and syslog messages as independent readers take them apart: Python's `csv`, and rsyslog.
//!
//! `tests/data/make/differential.py` wrote what is compared with.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod common;

use cbad::{Event, Severity, Value};
use common::{as_format, data, read};
use ingest::Format;
use serde_json::Value as Json;
use std::fs::{read as bytes_of, read_to_string as text_of};

fn path(name: &str) -> std::path::PathBuf {
    data("differential").join(name)
}

/// Whether a field holds what the cell says.
fn says(event: &Event, column: &str, cell: &str) -> bool {
    let value = event.fields.iter().find(|field| field.path == column).map(|field| &field.value);
    match value {
        None => cell.is_empty(),
        Some(Value::Text(text)) => text == cell,
        Some(Value::Int(whole)) => cell.parse() == Ok(*whole),
        Some(Value::Float(number)) => cell.parse() == Ok(*number),
        Some(_) => false,
    }
}

#[test]
fn tables_have_the_cells_that_python_reads() {
    for name in ["commas.csv", "tabs.csv", "semicolons.csv", "bars.csv"] {
        let reading = read(&bytes_of(path(name)).unwrap(), &as_format(Format::Table));
        let rows: Vec<Vec<String>> =
            serde_json::from_str(&text_of(path(&format!("{name}.json"))).unwrap()).unwrap();
        let (header, rows) = rows.split_first().unwrap();
        assert_eq!((reading.events.len(), reading.problems.len()), (200, 0), "{name}");
        assert_eq!(rows.len(), 200);
        for ((_, event), row) in reading.events.iter().zip(rows) {
            for (column, cell) in header.iter().zip(row) {
                assert!(says(event, column, cell), "{name}: {column} is not {cell:?} in {event:?}");
            }
        }
    }
}

/// The severities of RFC 5424, table 2, in the six ranges of OpenTelemetry.
fn severity(code: &str) -> Severity {
    match code {
        "0" | "1" | "2" => Severity::Fatal,
        "3" => Severity::Error,
        "4" => Severity::Warn,
        "5" | "6" => Severity::Info,
        _ => Severity::Debug,
    }
}

#[test]
fn syslog_messages_have_the_parts_that_rsyslog_finds() {
    let reading = read(&bytes_of(path("syslog.log")).unwrap(), &as_format(Format::Syslog));
    let expected = text_of(path("syslog.log.json")).unwrap();
    assert_eq!(reading.events.len(), expected.lines().count());
    for ((stream, event), line) in reading.events.iter().zip(expected.lines()) {
        let json: Json = serde_json::from_str(line).unwrap();
        let text = |key: &str| json[key].as_str().unwrap();
        let field = |path: &str| {
            let value = event.fields.iter().find(|field| field.path == path).map(|field| &field.value);
            match value {
                Some(Value::Text(text)) => text.as_str(),
                _ => "-",
            }
        };
        assert_eq!(stream.service.as_deref(), Some(text("app")), "{line}");
        assert_eq!(field("host"), text("host"), "{line}");
        assert_eq!(field("pid"), text("pid"), "{line}");
        assert_eq!(field("msgid"), text("msgid"), "{line}");
        assert_eq!(event.severity, Some(severity(text("severity"))), "{line}");
        if text("raw").contains(&text("time")[..10]) {
            let time = read(text("time").as_bytes(), &as_format(Format::Text)).events[0].1.time_nanos;
            assert_eq!(event.time_nanos, time, "{line}");
        }
        // rsyslog leaves the blank after the tag of RFC 3164 to the message.
        let message = text("msg");
        assert_eq!(event.body, message.strip_prefix(' ').unwrap_or(message).as_bytes(), "{line}");
    }
}
