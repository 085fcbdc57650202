//! The self-test: what each codec makes of one fixed text.

use sha2::{Digest, Sha256};

use super::bytes::ByteCoder;
use super::count::{self, whole};
use super::info::{CodecInfo, CodecName, SelfTest, hex};
use super::{gzip, lz4, zstd};
use crate::builder::StreamBuilder;
use crate::count_code::{Coder, Counts};
use crate::event::{ByteRange, Event, Signal, StreamKey};
use crate::stream::Stream;

/// The fixed text: lines such as logs have, with repeats, numbers, and bytes that are not ASCII. Never changed: runs
/// hold its results.
pub(super) const TEXT: &str = include_str!("self_test.txt");

/// What a codec is, with its self-test.
pub(super) fn tested(name: CodecName) -> CodecInfo {
    let (info, test) = match name {
        CodecName::Zstd => of_bytes(zstd::ZstdCoder::new()),
        CodecName::Lz4 => of_bytes(lz4::Lz4Coder),
        CodecName::Gzip => of_bytes(gzip::GzipCoder::new()),
        #[cfg(feature = "openzl")]
        CodecName::Openzl => of_columns(),
        #[cfg(not(feature = "openzl"))]
        CodecName::Openzl => return CodecInfo::absent(name, super::NOT_BUILT_IN),
        CodecName::Count => of_counts(),
    };
    CodecInfo { self_test: Some(test), ..info }
}

fn result(bits: u64, output: &[u8]) -> SelfTest {
    SelfTest { bits, sha256: hex(&Sha256::digest(output)) }
}

fn of_bytes(mut coder: impl ByteCoder) -> (CodecInfo, SelfTest) {
    let mut out = Vec::new();
    coder.encode(TEXT.as_bytes(), &mut out);
    (coder.info(), result(out.len() as u64 * 8, &out))
}

#[cfg(feature = "openzl")]
fn of_columns() -> (CodecInfo, SelfTest) {
    let mut codec = super::openzl::OpenZl::new();
    let test = {
        let frame = codec.encode(&[&piece()]);
        result(frame.len() as u64 * 8, frame)
    };
    (super::openzl::info(), test)
}

/// The text as a piece: a line an event, equal lines the same distinct event.
#[cfg(feature = "openzl")]
fn piece() -> super::Piece {
    let lines: Vec<&str> = TEXT.split_inclusive('\n').collect();
    let mut piece = super::Piece::default();
    for line in &lines {
        let first = lines.iter().position(|other| other == line).expect("each line is among them");
        piece.events.push(first as u32);
        piece.text.extend_from_slice(line.as_bytes());
        piece.ends.push(piece.text.len() as u32);
    }
    piece
}

/// The count code makes no bytes: its output is the cost of each event in units of 2^-20 bit, as 8 bytes little-endian.
fn of_counts() -> (CodecInfo, SelfTest) {
    let stream = stream();
    let coder = Coder::default();
    let mut counts = Counts::new(&stream);
    let costs: Vec<i64> =
        stream.sequence.iter().map(|&event| counts.add_coded(&coder, &stream, event)).collect();
    let output: Vec<u8> = costs.iter().flat_map(|cost| cost.to_le_bytes()).collect();
    (count::info(), result(whole(costs.iter().sum()), &output))
}

fn stream() -> Stream {
    let key = StreamKey { signal: Signal::Log, service: None, name: "self-test".to_owned() };
    let mut builder = StreamBuilder::new(key);
    for line in TEXT.lines() {
        builder.push(&Event::new(line, ByteRange::default()));
    }
    builder.finish()
}
