//! The permutation test: could a window and its baseline be one shuffled deck?
//!
//! The statistic is the novelty ratio under the relative code, a function of the labels alone, so that the test is
//! exact where events are exchangeable. Stopping is sequential (Besag and Clifford, "Sequential Monte Carlo p-values",
//! Biometrika 78, 1991): after h permutations at least as extreme, p = h / drawn; otherwise p = (b + 1) / (R + 1).

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use crate::event::StreamKey;
use crate::relative_code::Pool;
use crate::result::PValue;

/// Permutations at least as extreme after which the test stops.
const ENOUGH: u32 = 10;

/// How many baseline events a pool has for each window event.
pub(crate) const POOL_FACTOR: usize = 19;

/// Most baseline events of a pool.
pub(crate) const POOL_MOST: usize = 2_000;

/// The generator of one test: its seed is a hash of (run seed, stream, window), so no test depends on another.
pub(crate) fn generator(seed: u64, stream: &StreamKey, window: u32) -> ChaCha20Rng {
    let mut hash = Sha256::new();
    hash.update(b"driftlock permutation 1\0");
    hash.update(seed.to_le_bytes());
    hash.update(stream.signal.name().as_bytes());
    for text in [stream.service.as_deref().unwrap_or_default(), &stream.name] {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    hash.update(window.to_le_bytes());
    ChaCha20Rng::from_seed(hash.finalize().into())
}

/// A number below `n`, without bias: Lemire, "Fast random integer generation in an interval", TOMACS 29 (2019).
///
/// Our own five lines, since a library may change its algorithm, and with it every stored p-value.
pub(crate) fn below(rng: &mut ChaCha20Rng, n: u32) -> u32 {
    loop {
        let product = u64::from(rng.next_u32()) * u64::from(n);
        let low = product as u32;
        if low >= n || low >= n.wrapping_neg() % n {
            return (product >> 32) as u32;
        }
    }
}

/// p of the pool's first `window` members against the rest, with at most `most` permutations.
pub(crate) fn test(pool: &mut Pool, window: usize, most: u32, rng: &mut ChaCha20Rng) -> PValue {
    let mut deck: Vec<u32> = (0..pool.len() as u32).collect();
    let observed = pool.novelty(&deck[..window]);
    let floor = 1.0 / f64::from(most + 1);
    let mut extreme = 0;
    for drawn in 1..=most {
        // A partial Fisher-Yates shuffle deals a uniform window, whatever the deck was before.
        for i in 0..window {
            let j = i + below(rng, (deck.len() - i) as u32) as usize;
            deck.swap(i, j);
        }
        if pool.novelty(&deck[..window]) >= observed {
            extreme += 1;
            if extreme == ENOUGH {
                return PValue { value: f64::from(ENOUGH) / f64::from(drawn), floor, n: drawn };
            }
        }
    }
    PValue { value: f64::from(extreme + 1) / f64::from(most + 1), floor, n: most }
}
