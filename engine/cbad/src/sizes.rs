//! Sizes of every window under the codecs, against a baseline piece of the same number of events.
//!
//! With a long baseline and a short window NCD saturates, so that both pieces have the same length: the baseline piece
//! is as many events, spread evenly over the window's baseline.

use rayon::prelude::*;

use crate::codec::{Codec, CountCodec, Piece, Zstd};
use crate::count_code::Coder;
use crate::fixed::{Log2, bits};
use crate::result::Sizes;
use crate::stream::Stream;
use crate::watch::{Cancelled, Watch};
use crate::window::Plan;

const CHUNK: usize = 2048;

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
    watch: &dyn Watch,
    measured: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Measured>, Cancelled> {
    let starts: Vec<_> = (0..plan.count).step_by(CHUNK).collect();
    let chunks: Result<Vec<Vec<Measured>>, Cancelled> = starts
        .into_par_iter()
        .map(|first| {
            let (mut zstd, mut count) = (Zstd::new(), CountCodec::new(stream, coder));
            let (mut baseline, mut window) = (Piece::default(), Piece::default());
            let mut out = Vec::with_capacity(CHUNK);
            for index in first..(first + CHUNK).min(plan.count) {
                if watch.cancelled() {
                    return Err(Cancelled);
                }
                let span = plan.baseline(index);
                baseline.fill(stream, span.spread(plan.window).map(|p| stream.sequence[p]));
                window.fill(stream, stream.sequence[plan.range(index)].iter().copied());
                out.push(Measured {
                    zstd: zstd.sizes(&baseline, &window),
                    count: count.sizes(&baseline, &window),
                    entropy: entropy(&coder.log2, &window.text),
                });
                measured(1);
            }
            Ok(out)
        })
        .collect();
    Ok(chunks?.concat())
}

/// Shannon entropy of the bytes, bits a byte; order 0.
fn entropy(log2: &Log2, text: &[u8]) -> f64 {
    if text.is_empty() {
        return 0.0;
    }
    let mut counts = [0_u64; 256];
    for &byte in text {
        counts[usize::from(byte)] += 1;
    }
    let n = text.len() as u64;
    let whole = log2.of(n) * n as i64;
    let parts: i64 = counts.iter().filter(|&&c| c > 0).map(|&c| log2.of(c) * c as i64).sum();
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
