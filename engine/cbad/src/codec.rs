//! Codecs: anything that gives a piece of a stream a coded size.

use crate::count_code::{Coder, Counts};
use crate::fixed::ONE_BIT;
use crate::result::Sizes;
use crate::stream::Stream;
use serde::{Deserialize, Serialize};

/// Which codec made a number; numbers of different codecs or versions are never compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodecInfo {
    /// Short name: `zstd`, `count`.
    pub name: String,
    /// Version of the library, or of our own arithmetic.
    pub version: String,
    /// Compression level, where the codec has one.
    pub level: Option<i32>,
}

/// Events of one stream, as distinct event numbers and as canonical text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Piece {
    pub(crate) events: Vec<u32>,
    pub(crate) text: Vec<u8>,
}

impl Piece {
    pub(crate) fn fill(&mut self, stream: &Stream, events: impl Iterator<Item = u32>) {
        self.events.clear();
        self.text.clear();
        for event in events {
            self.events.push(event);
            stream.append_canonical(event, &mut self.text);
        }
    }
}

/// Gives sizes to pieces of one stream. It may keep buffers between calls, never anything that changes a size.
pub(crate) trait Codec {
    /// What it is.
    fn info(&self) -> CodecInfo;
    /// C(b), C(w) and C(bw).
    fn sizes(&mut self, baseline: &Piece, window: &Piece) -> Sizes;
}

/// zstd at one level, one frame a piece without checksum or content size, so that a size is the code's own.
pub(crate) struct Zstd {
    compressor: zstd::bulk::Compressor<'static>,
    level: i32,
    joined: Vec<u8>,
    out: Vec<u8>,
    last_baseline: Vec<u32>,
    last_bits: u64,
}

/// The level of the headline NCD.
pub(crate) const ZSTD_LEVEL: i32 = 3;

impl Zstd {
    pub(crate) fn new() -> Self {
        let mut compressor =
            zstd::bulk::Compressor::new(ZSTD_LEVEL).expect("level 3 is a level of every zstd library");
        compressor.include_checksum(false).expect("a parameter of every zstd library");
        compressor.include_contentsize(false).expect("a parameter of every zstd library");
        Self {
            compressor,
            level: ZSTD_LEVEL,
            joined: Vec::new(),
            out: Vec::new(),
            last_baseline: Vec::new(),
            last_bits: 0,
        }
    }

    fn bits(&mut self, text: &[u8]) -> u64 {
        let bound = zstd::zstd_safe::compress_bound(text.len());
        if self.out.len() < bound {
            self.out.resize(bound, 0);
        }
        let bytes = self
            .compressor
            .compress_to_buffer(text, &mut self.out[..])
            .expect("a buffer of the bound's size holds any frame");
        bytes as u64 * 8
    }
}

impl Codec for Zstd {
    fn info(&self) -> CodecInfo {
        let version = zstd::zstd_safe::version_string().to_owned();
        CodecInfo { name: "zstd".to_owned(), version, level: Some(self.level) }
    }

    fn sizes(&mut self, baseline: &Piece, window: &Piece) -> Sizes {
        if self.last_bits == 0 || self.last_baseline != baseline.events {
            self.last_bits = self.bits(&baseline.text);
            self.last_baseline.clone_from(&baseline.events);
        }
        let window_bits = self.bits(&window.text);
        let mut joined = std::mem::take(&mut self.joined);
        joined.clear();
        joined.extend_from_slice(&baseline.text);
        joined.extend_from_slice(&window.text);
        let both_bits = self.bits(&joined);
        self.joined = joined;
        Sizes {
            baseline_bytes: baseline.text.len() as u64,
            window_bytes: window.text.len() as u64,
            baseline_bits: self.last_bits,
            window_bits,
            both_bits,
        }
    }
}

/// The count code as a codec: the adaptive code's length of each piece, in whole bits rounded up.
pub(crate) struct CountCodec<'s> {
    stream: &'s Stream,
    coder: &'s Coder,
    counts: Counts,
}

impl<'s> CountCodec<'s> {
    pub(crate) fn new(stream: &'s Stream, coder: &'s Coder) -> Self {
        Self { stream, coder, counts: Counts::new(stream) }
    }

    fn add(&mut self, events: &[u32]) -> i64 {
        events.iter().map(|&e| self.counts.add_coded(self.coder, self.stream, e)).sum()
    }

    fn remove(&mut self, events: &[u32]) {
        for &e in events {
            self.counts.remove(self.stream, e);
        }
    }
}

impl Codec for CountCodec<'_> {
    fn info(&self) -> CodecInfo {
        count_info()
    }

    fn sizes(&mut self, baseline: &Piece, window: &Piece) -> Sizes {
        let whole = |fixed: i64| (fixed + ONE_BIT - 1).max(0) as u64 / ONE_BIT as u64;
        let window_alone = self.add(&window.events);
        self.remove(&window.events);
        let baseline_alone = self.add(&baseline.events);
        let both = baseline_alone + self.add(&window.events);
        self.remove(&window.events);
        self.remove(&baseline.events);
        Sizes {
            baseline_bytes: baseline.text.len() as u64,
            window_bytes: window.text.len() as u64,
            baseline_bits: whole(baseline_alone),
            window_bits: whole(window_alone),
            both_bits: whole(both),
        }
    }
}

fn count_info() -> CodecInfo {
    CodecInfo { name: "count".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), level: None }
}

/// The codecs of a run, as they are recorded in it.
pub fn codecs() -> Vec<CodecInfo> {
    vec![Zstd::new().info(), count_info()]
}
