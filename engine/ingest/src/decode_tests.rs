//! Wrappings undone, broken off, damaged, and blown up.

use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{Cursor, Write};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).expect("memory takes it")
}

fn framed(frames: &[&[u8]]) -> Vec<u8> {
    let mut stored = Vec::new();
    for frame in frames {
        let compressed = zstd(frame);
        stored.extend((compressed.len() as u32).to_be_bytes());
        stored.extend(compressed);
    }
    stored
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).expect("the options are its own");
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

type Compressor = fn(&[u8]) -> Vec<u8>;
const COMPRESSORS: [(Layer, Compressor); 5] =
    [(Layer::Gzip, gzip), (Layer::Zstd, zstd), (Layer::Xz, xz), (Layer::Bzip2, bzip2), (Layer::Lz4, lz4)];

fn opened(stored: &[u8], limits: &Limits) -> Opening {
    let meter = Arc::new(Meter::new(limits, limits.decoded_floor_bytes, Arc::default()));
    let source = counted(Box::new(Cursor::new(stored.to_vec())), &meter);
    open(source, &meter, 0, limits.decoded_bytes, limits).expect("memory can be read")
}

fn decode(stored: &[u8], limits: &Limits) -> (String, Vec<u8>, Option<TailFault>) {
    let Opening::Plain(mut decoder) = opened(stored, limits) else { panic!("it is no archive") };
    let mut decoded = Vec::new();
    let mut buffer = [0; 1000];
    loop {
        match decoder.read(&mut buffer).expect("memory can be read") {
            0 => return (decoder.wrapping().name(), decoded, decoder.fault().cloned()),
            count => decoded.extend(&buffer[..count]),
        }
    }
}

#[test]
fn every_member_and_frame_is_read() {
    let long = b"a part that is longer than any buffer ".repeat(10_000);
    for (layer, compress) in COMPRESSORS {
        let parts = [compress(&long), compress(b""), compress(b"two")].concat();
        let expected = (layer.name().to_owned(), [&long[..], b"two"].concat(), None);
        assert!(decode(&parts, &Limits::default()) == expected, "{}", layer.name());
    }
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9][..], &zstd(b"two")].concat();
    assert_eq!(decode(&skippable, &Limits::default()), ("zstd".to_owned(), b"two".to_vec(), None));
    assert_eq!(decode(b"plain", &Limits::default()), ("none".to_owned(), b"plain".to_vec(), None));
    assert_eq!(decode(b"", &Limits::default()), ("none".to_owned(), vec![], None));
}

#[test]
fn framed_zstd_becomes_what_the_exporter_writes_without_compression() {
    let lines = framed(&[b"{\"a\":1}", b"{\"b\":2}\n"]);
    let decoded = decode(&lines, &Limits::default());
    assert_eq!(decoded, ("zstd-frames".to_owned(), b"{\"a\":1}\n{\"b\":2}\n".to_vec(), None));
    let messages = framed(&[&[0x0a, 1, 7], &[0x0a, 0]]);
    let decoded = decode(&messages, &Limits::default());
    assert_eq!(decoded.1, [0, 0, 0, 3, 0x0a, 1, 7, 0, 0, 0, 2, 0x0a, 0]);
}

#[test]
fn what_was_decoded_once_is_shown_again() {
    let whole = b"{\"a\":1}\n{\"b\":2}\n";
    let frames = |_: &[u8]| framed(&[b"{\"a\":1}", b"{\"b\":2}"]);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("capture");
    for (layer, compress) in COMPRESSORS.into_iter().chain([(Layer::ZstdFrames, frames as Compressor)]) {
        std::fs::write(&path, compress(whole)).expect("it can be written");
        let wrapping = Wrapping::from_name(layer.name()).expect("it is a layer's name");
        let shown = crate::range::read_range(&path, &wrapping, cbad::ByteRange { offset: 8, length: 7 });
        assert_eq!(shown.expect("it is there"), b"{\"b\":2}", "{}", layer.name());
    }
}

#[test]
fn what_decoded_before_a_break_is_kept() {
    let text: Vec<u8> = (0..20_000_u32).flat_map(|n| n.to_string().into_bytes()).collect();
    for (layer, compress) in COMPRESSORS {
        let (stored, name) = (compress(&text), layer.name());
        let (_, decoded, fault) = decode(&stored[..stored.len() / 2], &Limits::default());
        assert!(text.starts_with(&decoded), "{name}");
        let fault = fault.expect("the break is noticed");
        assert!(fault.reason.contains("break off"), "{}", fault.reason);
        assert_eq!(fault.stored_offset, stored.len() as u64 / 2);
    }
    let frames = framed(&[b"{\"a\":1}\n", b"{\"b\":2}\n"]);
    let (_, decoded, fault) = decode(&frames[..frames.len() - 1], &Limits::default());
    assert_eq!((decoded.as_slice(), fault.is_some()), (&b"{\"a\":1}\n"[..], true));
}

#[test]
fn what_follows_the_last_member_and_is_none_is_noticed() {
    let stored = [&gzip(b"one")[..], b"garbage after the end"].concat();
    let (_, decoded, fault) = decode(&stored, &Limits::default());
    assert_eq!((decoded.as_slice(), fault.is_some()), (&b"one"[..], true));
}

#[test]
fn a_bomb_is_stopped() {
    let limits = Limits { decoded_ratio: 10, decoded_floor_bytes: 10_000, ..Limits::default() };
    let same = vec![b'a'; 1 << 20];
    let nested = gzip(&gzip(&same));
    let stored = COMPRESSORS.map(|(_, compress)| compress(&same));
    for stored in stored.iter().chain([&nested]) {
        let (_, decoded, fault) = decode(stored, &limits);
        assert!(decoded.len() < 40_000, "{}", decoded.len());
        assert!(fault.is_some_and(|fault| fault.reason.contains("10 to 1")));
    }
    let limits = Limits { record_bytes: 1000, ..Limits::default() };
    let (_, decoded, fault) = decode(&framed(&[&[b'a'; 1001]]), &limits);
    assert_eq!((decoded.len(), fault.is_some()), (0, true));
}

#[test]
fn layers_in_one_another_are_undone_to_the_limit() {
    let text = b"a line of text\n".repeat(100);
    for (outer, wrap) in COMPRESSORS {
        for (inner, compress) in COMPRESSORS {
            let name = format!("{}+{}", outer.name(), inner.name());
            assert_eq!(decode(&wrap(&compress(&text)), &Limits::default()), (name, text.clone(), None));
        }
    }
    let three = gzip(&xz(&zstd(&text)));
    assert_eq!(decode(&three, &Limits::default()).1, text);
    let Opening::TooDeep { wrapping } = opened(&gzip(&three), &Limits::default()) else {
        panic!("four are more than three")
    };
    assert_eq!(wrapping.name(), "gzip+gzip+xz+zstd");
}

#[test]
fn the_absolute_limit_is_met_at_its_byte() {
    let limits = Limits { decoded_bytes: 1234, ..Limits::default() };
    for stored in [gzip(&[b'a'; 5000]), vec![b'a'; 5000]] {
        let (_, decoded, fault) = decode(&stored, &limits);
        let fault = fault.expect("the limit is met");
        assert_eq!((decoded.len(), fault.ends_capture), (1234, true));
        assert!(fault.hint.contains("--limit decoded-bytes=2468"), "{}", fault.hint);
    }
    assert_eq!(decode(&[b'a'; 1234], &limits).2, None);
}

#[test]
fn an_xz_dictionary_larger_than_the_limit_is_refused() {
    let limits = Limits { memory_bytes: 64 << 10, ..Limits::default() };
    let (_, decoded, fault) = decode(&xz(b"text"), &limits);
    assert_eq!((decoded.len(), fault.is_some()), (0, true));
}

#[test]
fn encodings_are_layers_within_the_compression() {
    let text = "2024-01-01 00:00:00 \u{e9}t\u{e9}\r\n".repeat(50);
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let expected = format!("\u{feff}{text}").into_bytes();
    assert_eq!(decode(&gzip(&utf16), &Limits::default()), ("gzip+utf-16le".to_owned(), expected, None));
    let returns = b"a line\ranother\r".repeat(3000);
    let (name, decoded, _) = decode(&returns, &Limits::default());
    assert_eq!((name.as_str(), decoded), ("cr-lines", b"a line\nanother\n".repeat(3000)));
}
