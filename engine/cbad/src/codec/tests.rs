use super::bytes::ByteCoder;
use super::info::{CodecInfo, CodecName, SelfTest, codecs, differences};
use super::*;
use crate::builder::StreamBuilder;
use crate::event::{ByteRange, Event, Signal, StreamKey};
use proptest::prelude::*;
use std::io::Read as _;

fn stream(lines: &[String]) -> Stream {
    let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
    let mut builder = StreamBuilder::new(key);
    for line in lines {
        builder.push(&Event::new(line.as_str(), ByteRange::default()));
    }
    builder.finish()
}

fn piece(stream: &Stream, events: &[u32]) -> Piece {
    let mut piece = Piece::default();
    piece.fill(stream, events.iter().copied());
    piece
}

/// What a decoder that this project did not write makes of the coded bytes.
fn decoded(name: CodecName, coded: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    match name {
        CodecName::Zstd => text = zstd_decoded(coded),
        CodecName::Lz4 => {
            let length = u32::from_le_bytes(coded[..4].try_into().expect("four bytes")) as usize;
            text = lz4_flex::block::decompress(&coded[4..], length).expect("an LZ4 block");
        }
        CodecName::Gzip => {
            flate2::read::GzDecoder::new(coded).read_to_end(&mut text).expect("a gzip member");
        }
        CodecName::Openzl | CodecName::Count => unreachable!("not a byte codec"),
    }
    text
}

fn zstd_decoded(coded: &[u8]) -> Vec<u8> {
    ::zstd::stream::decode_all(coded).expect("a zstd frame")
}

fn encoded(name: CodecName, text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match name {
        CodecName::Zstd => super::zstd::ZstdCoder::new().encode(text, &mut out),
        CodecName::Lz4 => lz4::Lz4Coder.encode(text, &mut out),
        CodecName::Gzip => gzip::GzipCoder::new().encode(text, &mut out),
        CodecName::Openzl | CodecName::Count => unreachable!("not a byte codec"),
    }
    out
}

const BYTE_CODECS: [CodecName; 3] = [CodecName::Zstd, CodecName::Lz4, CodecName::Gzip];

proptest! {
    #[test]
    fn byte_codecs_give_back_any_text(
        text in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..600),
            "([a-c ]{0,9}\\n){0,80}".prop_map(String::into_bytes),
        ],
    ) {
        for name in BYTE_CODECS {
            prop_assert_eq!(&decoded(name, &encoded(name, &text)), &text, "{}", name.name());
        }
    }

    #[cfg(feature = "openzl")]
    #[test]
    fn openzl_gives_back_the_events_and_their_text(lines in prop::collection::vec("[a-c0-9 ]{0,8}", 0..60)) {
        let stream = stream(&lines);
        let whole = piece(&stream, &stream.sequence);
        let mut codec = super::openzl::OpenZl::new();
        let columns = ::openzl::decompress(codec.encode(&[&whole])).expect("a frame");
        let [::openzl::OwnedColumn::U32(order), ::openzl::OwnedColumn::Strings { bytes, lengths }] = &columns[..] else {
            panic!("two columns: {columns:?}");
        };
        let mut ends = vec![0];
        ends.extend(lengths.iter().scan(0, |end, &length| { *end += length as usize; Some(*end) }));
        let text: Vec<u8> =
            order.iter().flat_map(|&n| &bytes[ends[n as usize]..ends[n as usize + 1]]).copied().collect();
        prop_assert_eq!(text, whole.text);
    }

    /// A size is the piece's own: neither what was sized before nor a new codec changes it.
    #[test]
    fn sizes_depend_on_the_pieces_alone(
        lines in prop::collection::vec("(GET|POST) /[a-d] [0-9]{1,3}", 6..40),
        cut in 1_usize..5,
    ) {
        let stream = stream(&lines);
        let coder = Coder::default();
        let (b, w) = stream.sequence.split_at(stream.sequence.len() * cut / 6);
        let (b, w) = (piece(&stream, b), piece(&stream, w));
        for name in CodecName::ALL {
            let (Ok(mut fresh), Ok(mut used)) = (open(name, &stream, &coder), open(name, &stream, &coder)) else {
                continue;
            };
            used.sizes(&w, &b);
            used.sizes(&b, &b);
            let expected = fresh.sizes(&b, &w);
            prop_assert_eq!(used.sizes(&b, &w), expected, "{}", name.name());
            prop_assert_eq!(used.sizes(&b, &w), expected, "{}", name.name());
        }
    }
}

#[test]
fn versions_are_those_of_the_lock_file() {
    let lock = include_str!("../../../../Cargo.lock");
    for (name, version) in [("lz4_flex", lz4::VERSION), ("miniz_oxide", gzip::VERSION)] {
        let pinned = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        assert!(lock.contains(&pinned), "{name} is not {version}");
    }
}

/// Runs hold these: another result means another codec, and a new version of the engine.
#[test]
fn the_self_test_gives_what_it_always_gave() {
    let expected = [
        ("zstd", 3128, "65c2e5f12d527d0f"),
        ("lz4", 3880, "7213036cb7f123f5"),
        ("gzip", 3088, "cac58d0dc7c902dc"),
        ("openzl", 4112, "3c3bfc75eab511ae"),
        ("count", 2107, "ea6a034e7554f1c4"),
    ];
    let found = codecs();
    let found: Vec<_> = found
        .iter()
        .filter(|info| info.absent.is_none())
        .map(|info| {
            let test = info.self_test.as_ref().expect("a codec that is there is tested");
            (info.name.as_str(), test.bits, &test.sha256[..16])
        })
        .collect();
    let there = |name: &str| name != "openzl" || cfg!(feature = "openzl");
    let expected: Vec<_> = expected.into_iter().filter(|(name, ..)| there(name)).collect();
    assert_eq!(found, expected);
}

#[test]
fn what_is_absent_is_named_and_not_replaced() {
    for (name, info) in CodecName::ALL.into_iter().zip(codecs()) {
        assert_eq!(CodecName::from_name(&info.name), Some(name));
        let stream = stream(&[]);
        assert_eq!(open(name, &stream, &Coder::default()).is_err(), info.absent.is_some());
        assert_eq!(info.absent.is_some(), name == CodecName::Openzl && cfg!(not(feature = "openzl")));
        assert_eq!(info.version.is_empty(), info.absent.is_some());
    }
}

#[test]
fn differences_are_said_in_words_and_only_where_there_are_some() {
    assert_eq!(differences(&codecs()), Vec::<String>::new());
    assert_eq!(differences(&[]), Vec::<String>::new());
    let zstd = codecs().swap_remove(0);
    let said = |then: CodecInfo| differences(&[then]).concat();
    assert!(
        said(CodecInfo { version: "1.4.0".to_owned(), ..zstd.clone() })
            .contains("made with zstd 1.4.0, level 3")
    );
    assert!(said(CodecInfo { level: Some(19), ..zstd.clone() }).contains("level 19"));
    assert!(said(CodecInfo { settings: Some("checksum".to_owned()), ..zstd.clone() }).contains("(checksum)"));
    let other = SelfTest { bits: 1, sha256: "00".to_owned() };
    assert!(said(CodecInfo { self_test: Some(other), ..zstd.clone() }).contains("different results"));
    assert!(said(CodecInfo { name: "brotli".to_owned(), ..zstd.clone() }).contains("does not know"));
    assert!(said(CodecInfo { absent: Some("not built".to_owned()), ..zstd }).contains("was absent"));
}

#[test]
fn runs_of_before_the_self_test_can_still_be_read() {
    let old = format!(
        r#"[{{"name":"zstd","version":"1.5.7","level":3}},{{"name":"count","version":"{}","level":null}}]"#,
        env!("CARGO_PKG_VERSION")
    );
    let read: Vec<CodecInfo> = serde_json::from_str(&old).expect("an old run");
    assert_eq!(read[0].self_test, None);
    assert_eq!(differences(&read), Vec::<String>::new());
}
