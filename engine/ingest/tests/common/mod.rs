//! Reading captures from memory, for the tests.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use cbad::{Event, StreamKey};
use flate2::Compression;
use flate2::write::GzEncoder;
use ingest::{Batch, Capture, Format, IngestError, OpenOptions, Problem};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything that a capture gives.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) events: Vec<(Arc<StreamKey>, Event)>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) records: u64,
    pub(crate) batches: Vec<Batch>,
}

impl Reading {
    pub(crate) fn rejected(&self) -> usize {
        self.problems.iter().filter(|problem| problem.kind == ingest::ProblemKind::Rejected).count()
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.events.iter().map(|(_, event)| String::from_utf8_lossy(&event.body).into_owned()).collect()
    }
}

pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

pub(crate) fn as_format(format: Format) -> OpenOptions {
    OpenOptions { format: Some(format), ..OpenOptions::default() }
}

pub(crate) fn open(stored: &[u8], options: &OpenOptions) -> Result<Capture, IngestError> {
    Capture::from_reader(Path::new("capture.log"), Cursor::new(stored.to_vec()), stored.len() as u64, options)
}

/// Reads the whole capture from decoded byte `from` on, and checks that nothing is lost silently.
pub(crate) fn read_from(stored: &[u8], options: &OpenOptions, from: u64) -> Result<Reading, IngestError> {
    let mut capture = open(stored, options)?;
    if from > 0 {
        capture.resume_at(from)?;
    }
    let mut reading = Reading::default();
    let mut batch = Batch::default();
    while capture.next_batch(&mut batch)? {
        assert_eq!(
            batch.records,
            batch.events.len() as u64 + batch.rejected(),
            "records = events + rejected"
        );
        reading.records += batch.records;
        reading.events.extend(batch.events.iter().cloned());
        reading.problems.extend(batch.problems.iter().cloned());
        reading.batches.push(batch.clone());
    }
    assert!(batch.events.is_empty() && batch.problems.is_empty(), "false means nothing more");
    let end = capture.decoded_bytes();
    for problem in &reading.problems {
        assert!(problem.source.end() <= end, "{problem:?} ends after {end}");
    }
    Ok(reading)
}

pub(crate) fn read(stored: &[u8], options: &OpenOptions) -> Reading {
    read_from(stored, options, 0).unwrap()
}

/// Events as text, which also compares NaN with itself.
pub(crate) fn shown(reading: &Reading) -> String {
    format!("{:#?}\n{:#?}", reading.events, reading.problems)
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("a Vec takes all bytes");
    encoder.finish().expect("a Vec takes all bytes")
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("a Vec takes all bytes")
}

pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).expect("a Vec takes all bytes");
    encoder.write_all(bytes).expect("a Vec takes all bytes");
    encoder.finish().expect("a Vec takes all bytes")
}

pub(crate) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).expect("a Vec takes all bytes");
    encoder.finish().expect("a Vec takes all bytes")
}

pub(crate) fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(bytes).expect("a Vec takes all bytes");
    encoder.finish().expect("a Vec takes all bytes")
}

pub(crate) type Packer = fn(&[u8]) -> Vec<u8>;

/// Every compression that is undone.
pub(crate) const PACKERS: [Packer; 5] = [gzip, zstd, xz, bzip2, lz4];
