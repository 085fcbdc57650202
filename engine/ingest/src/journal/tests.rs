//! Entries of both formats, and what is damaged in them.

use super::*;
use crate::Capture;
use crate::format::Format;
use crate::model::{Batch, OpenOptions, ProblemKind};
use cbad::Severity;
use std::io::Cursor;
use std::path::Path;

fn read(bytes: &[u8], format: Format) -> Batch {
    let options = OpenOptions { format: Some(format), ..OpenOptions::default() };
    let stored = Cursor::new(bytes.to_vec());
    let mut capture =
        Capture::from_reader(Path::new("j"), stored, bytes.len() as u64, &options).expect("opens");
    let mut batch = Batch::default();
    capture.next_batch(&mut batch).expect("reads");
    assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected());
    batch
}

fn binary(name: &str, value: &[u8]) -> Vec<u8> {
    let length = (value.len() as u64).to_le_bytes();
    [name.as_bytes(), b"\n", &length, value, b"\n"].concat()
}

#[test]
fn an_entry_becomes_an_event() {
    let entry = [
        b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1700000000000001\n_SOURCE_REALTIME_TIMESTAMP=5\nPRIORITY=4\n"
            .to_vec(),
        b"_SYSTEMD_UNIT=shop.service\nB=2.5\nA=007\n_PID=12\nC=\n".to_vec(),
        binary("MESSAGE", b"one\n\ntwo\x00\xff"),
    ]
    .concat();
    let batch = read(&[&entry[..], b"\n", &entry].concat(), Format::JournalExport);
    assert_eq!((batch.events.len(), batch.problems.len()), (2, 0));
    let (stream, event) = &batch.events[1];
    assert_eq!(stream.service.as_deref(), Some("shop.service"));
    assert_eq!(event.body, b"one\n\ntwo\x00\xff");
    assert_eq!((event.time_nanos, event.severity), (Some(1_700_000_000_000_001_000), Some(Severity::Warn)));
    assert_eq!((event.source.offset, event.source.length), (entry.len() as u64 + 1, entry.len() as u64));
    let fields: Vec<_> =
        event.fields.iter().map(|field| (field.path.as_str(), field.value.clone())).collect();
    let text = |text: &str| Value::Text(text.into());
    let expected = [
        ("A", text("007")),
        ("B", Value::Float(2.5)),
        ("C", text("")),
        ("_PID", text("12")),
        ("_SYSTEMD_UNIT", text("shop.service")),
    ];
    assert_eq!(fields, expected);
}

#[test]
fn damage_in_an_export_costs_its_entry_only() {
    let good = b"__REALTIME_TIMESTAMP=1\nMESSAGE=good\n\n".to_vec();
    let lying = [b"MESSAGE\n".to_vec(), u64::MAX.to_le_bytes().to_vec(), b"x\nA=1\n\n".to_vec()].concat();
    let wrong = [b"MESSAGE\n".to_vec(), 1_u64.to_le_bytes().to_vec(), b"xyz\n\n".to_vec()].concat();
    for (damaged, why) in [
        (lying, "is announced, more than"),
        (wrong, "its end is not where it should be"),
        (b"A=1\nlower=2\nB=3\n\n".to_vec(), "no field name"),
    ] {
        let batch = read(&[&good[..], &damaged, &good].concat(), Format::JournalExport);
        assert_eq!((batch.events.len(), batch.rejected()), (2, 1), "{why}");
        let problem = &batch.problems[0];
        assert!(problem.reason.contains(why), "{}", problem.reason);
        assert_eq!(
            (problem.source.offset, problem.source.end()),
            (good.len() as u64, (good.len() + damaged.len()) as u64)
        );
        assert_eq!(problem.line, Some(4));
    }
    let cut = [&good[..], b"MESSAGE\n\x05\x00"].concat();
    let batch = read(&cut, Format::JournalExport);
    assert!(batch.problems[0].reason.contains("breaks off"));
}

#[test]
fn json_values_are_text_bytes_repeats_and_nulls() {
    let line = br#"{"MESSAGE":[98,0,255],"X":["a",[1,255],null],"__REALTIME_TIMESTAMP":"2","L":null,"E":[]}"#;
    let batch = read(line, Format::JournalJson);
    let event = &batch.events[0].1;
    assert_eq!(event.body, b"b\x00\xff");
    let fields: Vec<_> =
        event.fields.iter().map(|field| (field.path.as_str(), field.value.clone())).collect();
    let expected = [
        ("E", Value::Text(String::new())),
        ("L", Value::Null),
        ("X", Value::Text("a".into())),
        ("X", Value::Bytes(vec![1, 255])),
        ("X", Value::Null),
    ];
    assert_eq!(fields, expected);
    assert_eq!(batch.problems.len(), 1);
    assert!(batch.problems[0].hint.as_ref().is_some_and(|hint| hint.contains("--all")));
}

#[test]
fn damage_in_json_costs_its_line_only() {
    for line in ["{\"A\":[256]}", "{\"A\":{\"b\":1}}", "{\"A\":", "[1]"] {
        let text = format!("{{\"A\":\"1\"}}\n{line}\ndata: {{\"A\":\"2\"}}\n");
        let batch = read(text.as_bytes(), Format::JournalJson);
        assert_eq!((batch.events.len(), batch.rejected()), (2, 1), "{line}");
        let problem = batch.problems.iter().find(|problem| problem.kind == ProblemKind::Rejected);
        assert_eq!(problem.and_then(|problem| problem.line), Some(2), "{line}");
    }
}

#[test]
fn the_writer_is_the_unit_unless_it_is_a_login() {
    for (fields, writer) in [
        (&[("_SYSTEMD_UNIT", "a.service"), ("SYSLOG_IDENTIFIER", "b")][..], Some("a.service")),
        (&[("_SYSTEMD_UNIT", "session-3.scope"), ("SYSLOG_IDENTIFIER", "sshd")], Some("sshd")),
        (&[("_SYSTEMD_USER_UNIT", "c.service")], Some("c.service")),
        (&[("_COMM", "d")], Some("d")),
        (&[("MESSAGE", "x")], None),
    ] {
        let mut entry = Entry::default();
        for (name, value) in fields {
            entry.push(name, Value::Text((*value).into()));
        }
        assert_eq!(entry.writer().as_deref(), writer);
    }
}
