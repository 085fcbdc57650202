//! Codecs that see the canonical text as plain bytes.

use super::{Codec, CodecInfo, Piece};
use crate::result::Sizes;

/// Codes one text; the same bytes for the same text, whatever came before.
pub(crate) trait ByteCoder {
    /// What it is.
    fn info(&self) -> CodecInfo;
    /// Appends the coded text, everything that its decoder needs included.
    fn encode(&mut self, text: &[u8], out: &mut Vec<u8>);
}

/// A byte coder as a codec: C(bw) is the size of both texts, one after the other, coded as one.
pub(crate) struct ByteCodec<C> {
    coder: C,
    joined: Vec<u8>,
    out: Vec<u8>,
    last_baseline: Vec<u32>,
    last_bits: u64,
}

impl<C: ByteCoder> ByteCodec<C> {
    pub(super) fn with(coder: C) -> Self {
        Self { coder, joined: Vec::new(), out: Vec::new(), last_baseline: Vec::new(), last_bits: 0 }
    }

    fn bits(&mut self, text: &[u8]) -> u64 {
        self.out.clear();
        self.coder.encode(text, &mut self.out);
        self.out.len() as u64 * 8
    }
}

impl<C: ByteCoder> Codec for ByteCodec<C> {
    fn sizes(&mut self, baseline: &Piece, window: &Piece) -> Sizes {
        // Windows that follow one another often have the same baseline piece.
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
