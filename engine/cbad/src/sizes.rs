//! Sizes of every window under the codecs, against a baseline piece of the same number of events.
//!
//! With a long baseline and a short window NCD saturates, so that both pieces have the same length: the baseline piece
//! is as many events, spread evenly over the window's baseline, and one piece serves all windows of a group.

use rayon::prelude::*;

use crate::codec::{Codec, CountCodec, Piece, Zstd};
use crate::count_code::Coder;
use crate::fixed::{Log2, bits};
use crate::lens::Pace;
use crate::result::Sizes;
use crate::stream::Stream;
use crate::watch::Cancelled;
use crate::window::Plan;

/// What the codecs say of one window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) zstd: Sizes,
    pub(crate) count: Sizes,
    pub(crate) entropy: f64,
}

/// Measures every window of the plan.
pub(crate) fn measure(
    stream: &Stream,
    plan: &Plan,
    coder: &Coder,
    pace: &Pace<'_>,
) -> Result<Vec<Measured>, Cancelled> {
    let groups: Vec<_> = plan.groups().collect();
    let measured: Result<Vec<Vec<Measured>>, Cancelled> = groups
        .into_par_iter()
        .map_init(
            || (Zstd::new(), CountCodec::new(stream, coder), Piece::default(), Piece::default()),
            |(zstd, count, baseline, window), group| {
                let span = plan.baseline(group.start);
                baseline.fill(stream, span.spread(plan.window).map(|p| stream.sequence[p]));
                let windows = group.clone().map(|index| {
                    window.fill(stream, stream.sequence[plan.range(index)].iter().copied());
                    Measured {
                        zstd: zstd.sizes(baseline, window),
                        count: count.sizes(baseline, window),
                        entropy: entropy(&coder.log2, &window.text),
                    }
                });
                let windows = windows.collect();
                pace.step(group.len())?;
                Ok(windows)
            },
        )
        .collect();
    Ok(measured?.concat())
}

/// Shannon entropy of the bytes, bits a byte; order 0.
fn entropy(log2: &Log2, text: &[u8]) -> f64 {
    if text.is_empty() {
        return 0.0;
    }
    // Four tables, so that a byte which comes twice running does not wait for its own count.
    let mut counts = [[0_u32; 256]; 4];
    let quads = text.chunks_exact(4);
    quads.remainder().iter().for_each(|&byte| counts[0][usize::from(byte)] += 1);
    for quad in quads {
        (0..4).for_each(|lane| counts[lane][usize::from(quad[lane])] += 1);
    }
    let n = text.len() as u64;
    let whole = log2.of(n) * n as i64;
    let summed = (0..256).map(|byte| counts.iter().map(|lane| u64::from(lane[byte])).sum::<u64>());
    let parts: i64 = summed.filter(|&c| c > 0).map(|c| log2.of(c) * c as i64).sum();
    bits(whole - parts) / n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_of_known_texts() {
        let log2 = Log2::default();
        assert!((entropy(&log2, b"aaaa")).abs() < 1e-9);
        assert!((entropy(&log2, b"abab") - 1.0).abs() < 1e-9);
        let all: Vec<u8> = (0..=255).collect();
        assert!((entropy(&log2, &all) - 8.0).abs() < 1e-9);
    }
}
