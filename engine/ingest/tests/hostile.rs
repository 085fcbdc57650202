//! Captures that are broken, empty, huge or malicious: a clear report, never a panic, bounded memory.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod common;

use common::{as_format, gzip, open, read, zstd};
use ingest::{Batch, Capture, Format, IngestError, OpenOptions};
use std::io::Read;
use std::path::Path;

const MEBIBYTE: u64 = 1 << 20;

/// Text around one line of `length` bytes, made while it is read.
struct LongLine {
    parts: [Box<dyn Read + Send>; 3],
}

impl LongLine {
    fn new(length: u64, before: &'static [u8], after: &'static [u8]) -> Self {
        Self { parts: [Box::new(before), Box::new(std::io::repeat(b'x').take(length)), Box::new(after)] }
    }
}

impl Read for LongLine {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        for part in &mut self.parts {
            let count = part.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
        }
        Ok(0)
    }
}

#[test]
fn a_line_of_256_mebibytes_is_rejected_and_the_lines_around_it_are_read() {
    for (format, before, after) in [
        (Format::Text, &b"first\n"[..], &b"\nlast\n"[..]),
        (Format::JsonLines, b"{\"n\":1}\n", b"\n{\"n\":2}\n"),
        (
            Format::OtlpJson,
            b"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{}]}]}]}\n{\"",
            b"\n{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{}]}]}]}\n",
        ),
    ] {
        let length = 256 * MEBIBYTE;
        let stored = LongLine::new(length, before, after);
        let mut capture = Capture::from_reader(Path::new("x"), stored, length, &as_format(format)).unwrap();
        let mut batch = Batch::default();
        let (mut events, mut problems) = (0, Vec::new());
        while capture.next_batch(&mut batch).unwrap() {
            events += batch.events.len();
            problems.append(&mut batch.problems);
        }
        assert_eq!((events, problems.len()), (2, 1), "{}", format.name());
        let begin = before.iter().rposition(|&byte| byte == b'\n').unwrap() as u64 + 1;
        let end = before.len() as u64 + length + 1;
        assert_eq!(
            (problems[0].source.offset, problems[0].source.end(), problems[0].line),
            (begin, end, Some(2))
        );
    }
}

#[test]
fn nothing_to_read_is_an_error_that_says_so() {
    for bytes in [&b""[..], b"\n\n \r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"] {
        for stored in [bytes.to_vec(), gzip(bytes), zstd(bytes)] {
            let error = open(&stored, &OpenOptions::default()).err().unwrap();
            assert!(matches!(error, IngestError::Empty { .. }), "{error}");
            assert!(error.to_string().contains("nothing to read"), "{error}");
        }
    }
}

#[test]
fn what_is_no_capture_is_an_error_that_names_it() {
    let random: Vec<u8> = (0..5000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (bytes, what) in [(&random[..], "binary data"), (b"7z\xbc\xaf\x27\x1czip", "7-Zip")] {
        let error = open(bytes, &OpenOptions::default()).err().unwrap();
        assert!(matches!(error, IngestError::Binary { .. }), "{error}");
        assert!(error.to_string().contains(what), "{error}");
    }
    let error = open(&gzip(&random)[..15], &OpenOptions::default()).err().unwrap();
    assert!(matches!(error, IngestError::Damaged { .. }), "{error}");
}

#[test]
fn files_that_are_none_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let error = Capture::open(&folder.path().join("none"), &OpenOptions::default()).err().unwrap();
    assert!(matches!(error, IngestError::NotFound { .. }), "{error}");
    let error = Capture::open(folder.path(), &OpenOptions::default()).err().unwrap();
    assert!(matches!(error, IngestError::Nothing { members: 0, .. }), "{error}");
}

#[test]
fn reading_goes_on_only_where_the_capture_still_is() {
    let mut capture = open(b"a\nb\n", &OpenOptions::default()).unwrap();
    let error = capture.resume_at(9).err().unwrap();
    assert!(matches!(error, IngestError::Shorter { offset: 9, end: 4, .. }), "{error}");
    let mut capture = open(b"a\nb\n", &OpenOptions::default()).unwrap();
    capture.next_batch(&mut Batch::default()).unwrap();
    assert!(matches!(capture.resume_at(0).err().unwrap(), IngestError::Started { .. }));
}

#[test]
fn line_numbers_are_right_after_going_on() {
    let text = format!("{}broken\n", "{\"a\":1}\n".repeat(3000));
    let options = as_format(Format::JsonLines);
    let whole = read(text.as_bytes(), &options);
    let rest = common::read_from(text.as_bytes(), &options, whole.batches[1].next_offset).unwrap();
    assert_eq!(rest.problems, whole.problems);
    assert_eq!(rest.problems[0].line, Some(3001));
}

#[test]
fn a_gzip_bomb_is_stopped_and_what_was_read_is_kept() {
    let line = "2015-05-17 10:05:03 the same line again and again\n";
    let stored = gzip(line.repeat(2_000_000).as_bytes());
    let mut options = OpenOptions::default();
    options.limits.decoded_ratio = 50;
    options.limits.decoded_floor_bytes = MEBIBYTE;
    let reading = read(&stored, &options);
    assert!(reading.events.len() > 10_000 && reading.events.len() < 2_000_000, "{}", reading.events.len());
    assert_eq!(reading.rejected(), 1);
    let is_it = |problem: &&ingest::Problem| problem.reason.contains("50 to 1");
    assert_eq!(reading.problems.iter().filter(is_it).count(), 1, "{:?}", reading.problems);
}

#[test]
fn deep_nesting_is_rejected_and_the_next_line_is_read() {
    let deep = "[".repeat(1_000_000);
    let text = format!("{{\"n\":1}}\n{{\"a\":{deep}\n{{\"n\":2}}\n");
    let reading = read(text.as_bytes(), &OpenOptions::default());
    assert_eq!((reading.events.len(), reading.rejected()), (2, 1));
    assert!(reading.problems[0].reason.contains("nested deeper"), "{}", reading.problems[0].reason);
}

#[test]
fn half_a_json_document_says_where_it_breaks_off() {
    let reading =
        read(b"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\"", &OpenOptions::default());
    assert_eq!((reading.events.len(), reading.rejected()), (0, 1));
    assert!(reading.problems[0].reason.contains("breaks off at byte 53"), "{}", reading.problems[0].reason);
}

#[test]
fn a_long_document_over_many_lines_is_passed_over() {
    let mut options = as_format(Format::JsonLines);
    options.limits.record_bytes = 1000;
    let long = format!("{{\n{}\"z\":1\n}}\n", "\"k\": 1,\n".repeat(500));
    let text = format!("{{\n\"n\":1\n}}\n{long}{{\n\"n\":2\n}}\n");
    let reading = read(text.as_bytes(), &options);
    assert_eq!((reading.events.len(), reading.rejected()), (2, 1));
    assert_eq!(reading.problems[0].source.length, long.len() as u64);
}
