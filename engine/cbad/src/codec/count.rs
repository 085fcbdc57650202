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
    /// Nothing but while a window is measured by itself.
    alone: Counts,
    /// The baseline piece measured last, which windows that follow one another share.
    after_baseline: Counts,
    baseline: Vec<u32>,
    baseline_alone: i64,
}

impl<'s> CountCodec<'s> {
    pub(crate) fn new(stream: &'s Stream, coder: &'s Coder) -> Self {
        let nothing = Counts::new(stream);
        let (alone, after_baseline) = (nothing.clone(), nothing);
        Self { stream, coder, alone, after_baseline, baseline: Vec::new(), baseline_alone: 0 }
    }

    /// Leaves a baseline piece in place of the one before.
    fn follow(&mut self, baseline: &[u32]) {
        if self.baseline != baseline {
            remove(&mut self.after_baseline, self.stream, &self.baseline);
            self.baseline_alone = add(&mut self.after_baseline, self.coder, self.stream, baseline);
            baseline.clone_into(&mut self.baseline);
        }
    }
}

fn add(counts: &mut Counts, coder: &Coder, stream: &Stream, events: &[u32]) -> i64 {
    events.iter().map(|&e| counts.add_coded(coder, stream, e)).sum()
}

fn remove(counts: &mut Counts, stream: &Stream, events: &[u32]) {
    for &event in events {
        counts.remove(stream, event);
    }
}

impl Codec for CountCodec<'_> {
    fn sizes(&mut self, baseline: &Piece, window: &Piece) -> Sizes {
        self.follow(&baseline.events);
        let (coder, stream) = (self.coder, self.stream);
        let window_alone = add(&mut self.alone, coder, stream, &window.events);
        remove(&mut self.alone, stream, &window.events);
        let both = self.baseline_alone + add(&mut self.after_baseline, coder, stream, &window.events);
        remove(&mut self.after_baseline, stream, &window.events);
        Sizes {
            baseline_bytes: baseline.text.len() as u64,
            window_bytes: window.text.len() as u64,
            baseline_bits: whole(self.baseline_alone),
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
