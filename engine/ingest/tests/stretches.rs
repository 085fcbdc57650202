//! Lines cut off for other threads are the same records as those read one batch after the other.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

#[path = "common/archives.rs"]
mod archives;
mod common;

use archives::zip_of;
use common::{Reading, as_format, data, open, read, shown, zstd};
use ingest::{Batch, Format, OpenOptions};
use std::fs;

const MEBIBYTE: usize = 1 << 20;

/// A capture's records, cut off where that can be; with the number of stretches and where each batch ended.
fn read_apart(stored: &[u8], options: &OpenOptions, from: u64) -> (Reading, usize, Vec<u64>) {
    let mut capture = open(stored, options).unwrap();
    if from > 0 {
        capture.resume_at(from).unwrap();
    }
    let (mut reading, mut stretches, mut ends) = (Reading::default(), 0, Vec::new());
    let (mut batch, mut room) = (Batch::default(), Vec::new());
    loop {
        if let Some(stretch) = capture.cut(&mut room).unwrap() {
            stretches += 1;
            room = stretch.decode(&mut batch);
        } else if !capture.next_batch(&mut batch).unwrap() {
            break;
        }
        assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected());
        reading.records += batch.records;
        reading.events.append(&mut batch.events);
        reading.problems.append(&mut batch.problems);
        ends.push(batch.next_offset);
    }
    assert_eq!(ends.last(), Some(&capture.decoded_bytes()));
    (reading, stretches, ends)
}

/// Only values that are no number differ from themselves, and they are compared as text.
fn is_same(one: &Reading, other: &Reading) -> bool {
    one.events == other.events && one.problems == other.problems || shown(one) == shown(other)
}

/// A golden capture again and again, with broken and blank lines between, a line of two mebibytes and one of nine.
fn enlarged(name: &str) -> Vec<u8> {
    let golden = fs::read(data(name)).unwrap();
    let mut capture = Vec::new();
    for round in 0..1.max(3 * MEBIBYTE / golden.len()) {
        capture.extend_from_slice(&golden);
        if !capture.ends_with(b"\n") {
            capture.push(b'\n');
        }
        match round % 50 {
            7 => capture.extend_from_slice(b"\r\n  \n"),
            9 => capture.extend_from_slice(b"{\"broken\": [1,\xff\n"),
            _ => {}
        }
    }
    for length in [2 * MEBIBYTE, 9 * MEBIBYTE] {
        capture.extend_from_slice(b"{\"padding\":\"");
        capture.resize(capture.len() + length, b'x');
        capture.extend_from_slice(b"\"}\n");
    }
    capture.extend_from_slice(&golden);
    capture
}

#[test]
fn lines_cut_off_are_the_records_that_batches_bring() {
    for (name, format) in [
        ("logs.jsonl", Format::OtlpJson),
        ("traces.jsonl", Format::OtlpJson),
        ("metrics.jsonl", Format::OtlpJson),
        ("app.jsonl", Format::JsonLines),
        ("journal.json", Format::JournalJson),
        ("logfmter.log", Format::Logfmt),
        ("nginx-combined.log", Format::Access),
        ("rsyslog-structured.log", Format::Syslog),
    ] {
        let stored = enlarged(name);
        let options = as_format(format);
        let whole = read(&stored, &options);
        let (apart, stretches, ends) = read_apart(&stored, &options, 0);
        assert!(stretches >= 3, "{name}: {stretches} stretches");
        assert_eq!(apart.records, whole.records, "{name}");
        assert!(is_same(&apart, &whole), "{name}: cut off, other records");
        for from in [0, ends.len() / 2, ends.len() - 2] {
            let (rest, _, rest_ends) = read_apart(&stored, &options, ends[from]);
            assert_eq!(rest_ends, ends[from + 1..], "{name}: batches after {}", ends[from]);
            let before = whole.events.len() - rest.events.len();
            assert!(rest.events == whole.events[before..], "{name}: events after {}", ends[from]);
        }
    }
}

#[test]
fn lines_of_a_member_keep_their_place_and_its_name() {
    let logs = enlarged("app.jsonl");
    let more = zstd(&enlarged("logs.jsonl"));
    let stored = zip_of(&[("a/app.jsonl", &logs), ("b/logs.jsonl.zst", &more)]);
    let options = OpenOptions::default();
    let whole = read(&stored, &options);
    let (apart, stretches, _) = read_apart(&stored, &options, 0);
    assert!(stretches >= 6, "{stretches} stretches");
    assert!(apart.problems.iter().any(|problem| problem.reason.starts_with("b/logs.jsonl.zst: ")));
    assert!(is_same(&apart, &whole), "cut off, other records");
}

#[test]
fn what_keeps_something_from_line_to_line_is_never_cut() {
    for (name, format) in
        [("app.log", Format::Text), ("table.csv", Format::Table), ("docker.log", Format::Docker)]
    {
        let stored = enlarged(name);
        let (_, stretches, _) = read_apart(&stored, &as_format(format), 0);
        assert_eq!(stretches, 0, "{name}");
    }
}
