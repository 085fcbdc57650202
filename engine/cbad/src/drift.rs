//! How far a capture has drifted from its anchor, as one number a stream: not whether some window changed, but all of it.

use serde::{Deserialize, Serialize};

use crate::codec::{Codec, Piece, Zstd};
use crate::count_code::{Coder, Counts};
use crate::fixed::bits;
use crate::result::Sizes;
use crate::span::Span;
use crate::stream::Stream;

/// Most events of either side that the distance is measured on: zstd keeps no more in sight at its level.
const SAMPLE: usize = 2_000;

/// How far a whole stream is from its anchor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Events of the anchor's stream.
    pub anchor_events: u64,
    /// Bits that an event of the stream costs under the count code given the anchor, in the mean.
    pub event_bits: f64,
    /// Bits that an event of the anchor costs given all its other events, in the mean.
    pub anchor_event_bits: f64,
    /// Sizes under zstd of as many events of the anchor and of the stream, spread evenly over each.
    pub zstd: Sizes,
}

impl Drift {
    /// How many times as much an event costs as in the anchor itself: near 1 where nothing has drifted.
    pub fn ratio(&self) -> f64 {
        // An anchor of one event over and over costs nothing; then a bit stands for it.
        self.event_bits.max(LEAST_BITS) / self.anchor_event_bits.max(LEAST_BITS)
    }

    /// Normalised compression distance of the two samples.
    pub fn ncd(&self) -> f64 {
        self.zstd.ncd()
    }
}

/// Bits of an event below which a ratio says nothing.
const LEAST_BITS: f64 = 1.0;

/// The drift of a stream; `None` where it has no anchor, or nothing but one.
pub(crate) fn of(stream: &Stream, coder: &Coder) -> Option<Drift> {
    let (first, end) = (stream.anchored(), stream.len());
    if first < 2 || first == end {
        return None;
    }
    let [anchor, own] = [0..first, first..end].map(|positions| copies(stream, &stream.sequence[positions]));
    let mut counts = Counts::new(stream);
    for (distinct, copies) in each(&anchor) {
        counts.add_copies(stream, distinct, copies);
    }
    let cost = |counts: &Counts, distinct| i128::from(counts.event_cost(coder, stream, distinct));
    let event = each(&own).map(|(distinct, copies)| cost(&counts, distinct) * i128::from(copies)).sum();
    let mut of_anchor = 0;
    for (distinct, copies) in each(&anchor) {
        counts.remove(stream, distinct);
        of_anchor += cost(&counts, distinct) * i128::from(copies);
        counts.add(stream, distinct);
    }
    let mean = |sum: i128, events: usize| bits((sum / events as i128) as i64);
    let sample = SAMPLE.min(first).min(end - first);
    let [anchor, own] = [0..first, first..end].map(|positions| {
        let mut piece = Piece::default();
        piece.fill(stream, Span::new([positions]).spread(sample).map(|p| stream.sequence[p]));
        piece
    });
    Some(Drift {
        anchor_events: first as u64,
        event_bits: mean(event, end - first),
        anchor_event_bits: mean(of_anchor, first),
        zstd: Zstd::new().sizes(&anchor, &own),
    })
}

/// How often each distinct event is among these.
fn copies(stream: &Stream, events: &[u32]) -> Vec<u32> {
    let mut copies = vec![0; stream.distinct_len()];
    for &distinct in events {
        copies[distinct as usize] += 1;
    }
    copies
}

fn each(copies: &[u32]) -> impl Iterator<Item = (u32, u32)> + '_ {
    (0..).zip(copies.iter().copied()).filter(|(_, copies)| *copies > 0)
}
