//! Documents behind their lengths: whole, cut, lying.

use crate::Capture;
use crate::format::Format;
use crate::model::{Batch, Limits, OpenOptions};
use crate::whole::read_whole;
use std::io::Cursor;
use std::path::Path;

fn document(name: &str) -> String {
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"shop"}}}}]}},"scopeSpans":[{{"spans":[{{"name":"{name}","startTimeUnixNano":"1544712660300000000"}}]}}]}}]}}"#
    )
}

fn framed(documents: &[String]) -> Vec<u8> {
    let frame =
        |document: &String| [&(document.len() as u32).to_be_bytes()[..], document.as_bytes()].concat();
    documents.iter().flat_map(frame).collect()
}

fn read(stored: &[u8], format: Option<Format>, limits: Limits) -> Batch {
    let options = OpenOptions { format, limits, ..OpenOptions::default() };
    let length = stored.len() as u64;
    let stored = Cursor::new(stored.to_vec());
    let mut capture = Capture::from_reader(Path::new("c.bin"), stored, length, &options).expect("opens");
    assert_eq!(capture.format(), Format::OtlpJson);
    let all = read_whole(&mut capture);
    assert_eq!(capture.decoded_bytes(), length);
    assert!(all.problems.iter().all(|problem| problem.source.end() <= length));
    all
}

fn bodies(batch: &Batch) -> Vec<String> {
    batch.events.iter().map(|(_, event)| String::from_utf8_lossy(&event.body).into_owned()).collect()
}

#[test]
fn each_document_behind_its_length_is_read_with_its_bytes() {
    let documents = ["a", "b", "c"].map(document);
    let stored = framed(&documents);
    for format in [None, Some(Format::OtlpJson)] {
        let batch = read(&stored, format, Limits::default());
        assert_eq!(
            (bodies(&batch), &batch.problems[..]),
            (vec!["a".into(), "b".into(), "c".into()], &[][..])
        );
        let source = batch.events[1].1.source;
        assert!(stored[source.offset as usize..source.end() as usize].starts_with(b"{\"name\":\"b\""));
    }
}

#[test]
fn every_cut_keeps_what_was_whole_and_reports_the_rest() {
    let documents = ["a", "b"].map(document);
    let stored = framed(&documents);
    let first = 4 + documents[0].len();
    for length in first + 1..stored.len() {
        let batch = read(&stored[..length], None, Limits::default());
        assert_eq!(bodies(&batch)[0], "a", "{length}");
        // A span that is whole within a document that is cut is an event.
        assert_eq!(batch.rejected(), 1, "{length}");
    }
    for length in 12..first {
        let batch = read(&stored[..length], Some(Format::OtlpJson), Limits::default());
        assert_eq!(batch.rejected(), 1, "{length}");
    }
}

#[test]
fn a_lying_length_costs_no_memory_and_is_reported() {
    for length in [0xffff_fff0_u32, 0x7fff_ffff, 0x0500_0000, 10] {
        let lie = [&length.to_be_bytes()[..], document("lost").as_bytes()].concat();
        let batch = read(&[framed(&[document("a")]), lie.clone()].concat(), None, Limits::default());
        assert_eq!(bodies(&batch), ["a"], "{length:x}");
        assert!(batch.rejected() >= 1, "{length:x}");
        if length > 10 {
            assert_eq!(read(&lie, None, Limits::default()).rejected(), 1, "{length:x}");
        }
    }
    let batch = read(
        &framed(&[document("a"), document(&"x".repeat(900)), document("b")]),
        None,
        Limits { record_bytes: 800, ..Limits::default() },
    );
    assert_eq!((bodies(&batch), batch.rejected()), (vec!["a".into(), "b".into()], 1));
}
