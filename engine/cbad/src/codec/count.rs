//! The count code as a codec: lengths in closed form, whatever the order of events.

use super::info::{CodecInfo, CodecName};
use super::{Codec, Piece};
use crate::count_code::{Coder, Counts};
use crate::fixed::ONE_BIT;
use crate::result::Sizes;
use crate::stream::Stream;

/// The adaptive code's length of each piece, in whole bits rounded up.
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
    fn sizes(&mut self, baseline: &Piece, window: &Piece) -> Sizes {
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

/// Whole bits, rounded up.
pub(super) fn whole(fixed: i64) -> u64 {
    (fixed + ONE_BIT - 1).max(0) as u64 / ONE_BIT as u64
}

pub(super) fn info() -> CodecInfo {
    CodecInfo::new(CodecName::Count, env!("CARGO_PKG_VERSION"))
}
