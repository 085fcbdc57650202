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

fn decode(stored: &[u8], limits: &Limits) -> (Wrapping, Vec<u8>, Option<TailFault>) {
    let mut decoder =
        Decoder::new(Box::new(Cursor::new(stored.to_vec())), limits).expect("memory can be read");
    let mut decoded = Vec::new();
    let mut buffer = [0; 1000];
    loop {
        match decoder.read(&mut buffer).expect("memory can be read") {
            0 => return (decoder.wrapping(), decoded, decoder.fault().cloned()),
            count => decoded.extend(&buffer[..count]),
        }
    }
}

#[test]
fn every_member_and_frame_is_read() {
    let parts = [gzip(b"one "), gzip(b"two")].concat();
    assert_eq!(decode(&parts, &Limits::default()), (Wrapping::Gzip, b"one two".to_vec(), None));
    let parts = [zstd(b"one "), zstd(b"two")].concat();
    assert_eq!(decode(&parts, &Limits::default()), (Wrapping::Zstd, b"one two".to_vec(), None));
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9][..], &zstd(b"two")].concat();
    assert_eq!(decode(&skippable, &Limits::default()), (Wrapping::Zstd, b"two".to_vec(), None));
    assert_eq!(decode(b"plain", &Limits::default()), (Wrapping::None, b"plain".to_vec(), None));
    assert_eq!(decode(b"", &Limits::default()), (Wrapping::None, vec![], None));
}

#[test]
fn framed_zstd_becomes_what_the_exporter_writes_without_compression() {
    let lines = framed(&[b"{\"a\":1}", b"{\"b\":2}\n"]);
    let decoded = decode(&lines, &Limits::default());
    assert_eq!(decoded, (Wrapping::ZstdFrames, b"{\"a\":1}\n{\"b\":2}\n".to_vec(), None));
    let messages = framed(&[&[0x0a, 1, 7], &[0x0a, 0]]);
    let decoded = decode(&messages, &Limits::default());
    assert_eq!(decoded.1, [0, 0, 0, 3, 0x0a, 1, 7, 0, 0, 0, 2, 0x0a, 0]);
}

#[test]
fn what_decoded_before_a_break_is_kept() {
    let text: Vec<u8> = (0..20_000_u32).flat_map(|n| n.to_string().into_bytes()).collect();
    for (stored, name) in [(gzip(&text), "gzip"), (zstd(&text), "zstd")] {
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
    for stored in [gzip(&same), zstd(&same)] {
        let (_, decoded, fault) = decode(&stored, &limits);
        assert!(decoded.len() < 40_000, "{}", decoded.len());
        assert!(fault.is_some_and(|fault| fault.reason.contains("10 to 1")));
    }
    let limits = Limits { record_bytes: 1000, ..Limits::default() };
    let (_, decoded, fault) = decode(&framed(&[&[b'a'; 1001]]), &limits);
    assert_eq!((decoded.len(), fault.is_some()), (0, true));
}

#[test]
fn a_range_is_read_again_through_any_wrapping() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let range = ByteRange { offset: 4, length: 3 };
    let cases = [
        (Wrapping::None, b"one two three".to_vec()),
        (Wrapping::Gzip, gzip(b"one two three")),
        (Wrapping::Zstd, zstd(b"one two three")),
    ];
    for (wrapping, stored) in cases {
        let path = folder.path().join(wrapping.name());
        std::fs::write(&path, stored).expect("the folder can be written");
        assert_eq!(read_range(&path, wrapping, range).expect("it is there"), b"two");
        for beyond in [ByteRange { offset: 10, length: 9 }, ByteRange { offset: 99, length: 1 }] {
            let error = read_range(&path, wrapping, beyond).expect_err("it is not there");
            assert!(matches!(error, IngestError::Shorter { .. }), "{error}");
        }
    }
    let missing = read_range(&folder.path().join("no"), Wrapping::None, range).expect_err("there is no file");
    assert!(matches!(missing, IngestError::NotFound { .. }));
}
