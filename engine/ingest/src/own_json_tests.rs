//! Objects behind times, levels and tags, and text that only looks so.

use super::*;
use crate::whole::read_whole;
use crate::{Batch, Capture, Format, OpenOptions};
use std::io::Cursor as Stored;
use std::path::Path;

fn read(text: &str) -> Batch {
    let stored = Stored::new(text.as_bytes().to_vec());
    let options = OpenOptions::default();
    let mut capture =
        Capture::from_reader(Path::new("all.log"), stored, text.len() as u64, &options).expect("opens");
    assert_eq!(capture.format(), Format::Text, "{text}");
    read_whole(&mut capture)
}

fn value<'e>(event: &'e Event, path: &str) -> Option<&'e Value> {
    event.fields.iter().find(|field| field.path == path).map(|field| &field.value)
}

const AT: i64 = 1_714_557_601_123_000_000;

#[test]
fn an_object_behind_a_time_is_the_programs_record() {
    for before in [
        "2024-05-01T10:00:01.123456789Z ",
        "[2024-05-01 10:00:01.123+00:00] ",
        "2024-05-01T10:00:01.123Z INFO ",
        "2024-05-01T10:00:01.123Z [info] ",
        "2024-05-01T10:00:01.123+00:00\tshop.pay\t",
    ] {
        let batch = read(
            &format!("{before}{{\"msg\":\"slow\",\"ms\":7,\"service\":\"pay\",\"time\":5}}\n").repeat(3),
        );
        assert_eq!((batch.events.len(), batch.problems.len()), (3, 0), "{before}");
        let (stream, event) = &batch.events[0];
        assert_eq!((stream.service.as_deref(), &event.body[..]), (Some("pay"), &b"slow"[..]), "{before}");
        assert_eq!(event.time_nanos.map(|nanos| nanos / 1_000_000 * 1_000_000), Some(AT), "{before}");
        assert_eq!(value(event, "ms"), Some(&Value::Int(7)), "{before}");
        let level = before.to_lowercase().contains("info").then_some(Severity::Info);
        assert_eq!(event.severity, level, "{before}");
        let tag = before.contains("shop").then(|| Value::Text("shop.pay".to_owned()));
        assert_eq!(value(event, "tag"), tag.as_ref(), "{before}");
    }
}

#[test]
fn among_lines_of_text_records_are_read_and_text_stays_text() {
    let lines = [
        "2024-05-01T10:00:01.123Z starting with {\"port\":80}",
        "2024-05-01T10:00:01.123Z {port 80}",
        "{\"msg\":\"alone\",\"level\":\"warn\"}",
        "2024-05-01T10:00:01.123Z {\"msg\":\"cut\"",
        "2024-05-01T10:00:01.123Z {\"msg\":\"two\"} {}",
        "2024-05-01T10:00:01.123Z done}",
    ];
    let batch = read(&lines.join("\n"));
    let told: Vec<_> = batch.events.iter().map(|(_, event)| String::from_utf8_lossy(&event.body)).collect();
    assert_eq!(told, [lines[0], lines[1], "alone", lines[3], lines[4], lines[5]]);
    assert_eq!(batch.events[2].1.severity, Some(Severity::Warn));
    assert!(
        batch.events.iter().enumerate().all(|(at, (_, event))| (event.time_nanos == Some(AT)) == (at != 2))
    );
}
