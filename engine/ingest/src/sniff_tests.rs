//! What captures are taken for.

use super::*;

fn sniffed(text: &[u8]) -> Sniffed {
    sniff_bytes(text, true, &OpenOptions::default()).expect("it can be read")
}

#[test]
fn formats_are_recognised_by_content() {
    use Format::{JsonLines, OtlpJson, Text};
    for (text, format) in [
        (&b"hello\nworld\n"[..], Text),
        (b"2015-05-17 10:05:03 x\n", Text),
        (b"[17/May/2015:10:05:03 +0000] x\n", Text),
        (b"{not json\n{either\n", Text),
        (b"{\"a\":1}\n{\"b\":2}\n", JsonLines),
        (b"\xef\xbb\xbf{\"a\":1}\n", JsonLines),
        (b"\x1e{\"a\":1}\n\x1e{\"a\":1}\n", JsonLines),
        (b"[{\"a\":1},{\"b\":2}]", JsonLines),
        (b"starting\n{\"a\":1}\n{\"b\":2}\n", JsonLines),
        (b"text\ntext\n{\"b\":2}\n", Text),
        (b"{\"resourceLogs\":[]}\n", OtlpJson),
        (b"{\"resource_spans\":[]}\n{\"resourceMetrics\":[]}\n", OtlpJson),
        (b"{\n \"batches\": [\n {}\n ]\n}\n", OtlpJson),
        (b"{\"trace\":{\"resourceSpans\":[]}}", OtlpJson),
        (b"{\"resourceLogs\":[{\"scopeLo", OtlpJson),
    ] {
        assert_eq!(sniffed(text).format, format, "{}", text.escape_ascii());
    }
}

#[test]
fn documents_over_several_lines_are_told_from_damaged_lines() {
    use Framing::{Lines, Values};
    for (text, framing) in [
        (&b"{\"a\":1}\n{\"b\":2}\n"[..], Lines),
        (b"{\"a\":1\n{\"b\":2}\n{\"c\":3}\n", Lines),
        (b"{\"a\":\"cut\n{\"b\":2}\n", Lines),
        (b"{\"a\":\n", Lines),
        (b"{\n\"a\":1\n}\n", Values),
        (b"{\n\"a\":1,\n\"b\":\n", Values),
        (b"[\n{\"a\":1}\n]", Values),
        (b"[\n{\"a\":1},\n{\"b\"", Values),
        (b"[error] x\n", Lines),
        (b"", Lines),
    ] {
        assert_eq!(sniffed(text).framing, framing, "{}", text.escape_ascii());
    }
}

#[test]
fn what_is_no_capture_is_refused_by_name() {
    for (bytes, what) in [
        (&b"7z\xbc\xaf\x27\x1crest"[..], "a 7-Zip archive"),
        (b"PAR1rest", "a Parquet file"),
        (b"SQLite format 3\x00rest", "a SQLite database"),
        (b"\x00\x01\x02\x03\x04\x05", "binary data"),
        (b"abc\xff\xfe\xfd\xfc", "binary data"),
    ] {
        let refusal = sniff_bytes(bytes, true, &OpenOptions::default()).expect_err("refused");
        assert_eq!(refusal.what, what);
    }
    let refusal = sniff_bytes(b"ab\x01\x02", true, &OpenOptions::default()).expect_err("refused");
    assert_eq!(refusal.offset, 2);
}

#[test]
fn a_format_that_was_asked_for_is_taken() {
    let options = OpenOptions { format: Some(Format::Text), ..OpenOptions::default() };
    let sniffed = sniff_bytes(b"\x00\x01\x02{}", true, &options).expect("taken");
    assert_eq!((sniffed.format, sniffed.confidence), (Format::Text, 1.0));
}

#[test]
fn stamped_text_is_surer_than_plain_text() {
    let stamped = sniffed(b"2015-05-17 10:05:03 x\n2015-05-17 10:05:04 x\n");
    let plain = sniffed(b"x\ny\n");
    assert_eq!((stamped.confidence, stamped.stamped), (1.0, true));
    assert_eq!((plain.confidence, plain.stamped), (0.5, false));
    assert_eq!(plain.note, None);
}

#[test]
fn years_that_are_missing_are_noted_once() {
    let sniffed = sniffed(b"Dec 30 10:05:03 x\nDec 31 10:05:04 x\n");
    assert_eq!(sniffed.years.first, Some((12, 30)));
    assert!(sniffed.note.is_some_and(|note| note.reason.contains("1970")));
}
