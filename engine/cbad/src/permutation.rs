//! The permutation test: could a window and its baseline be one shuffled deck?
//!
//! The statistic is the novelty ratio under the relative code, a function of the labels alone, so that the test is
//! exact where events are exchangeable. Stopping is sequential (Besag and Clifford, "Sequential Monte Carlo p-values",
//! Biometrika 78, 1991): after h permutations at least as extreme, p = h / drawn; otherwise p = (b + 1) / (R + 1).

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use crate::event::StreamKey;
use crate::fixed::bits;
use crate::relative_code::Pool;
use crate::result::{Lens, PValue};
use crate::tail::Pareto;

/// Permutations at least as extreme after which the test stops.
const ENOUGH: u32 = 10;

/// How many baseline events a pool has for each window event.
pub(crate) const POOL_FACTOR: usize = 19;

/// Most baseline events of a pool.
pub(crate) const POOL_MOST: usize = 2_000;

/// Bytes of canonical text above which a pool takes fewer baseline events.
pub(crate) const POOL_BYTES: usize = 1 << 18;

/// The generator of one test: its seed is a hash of (run seed, lens, stream, window), so no test depends on another.
pub(crate) fn generator(seed: u64, stream: &StreamKey, lens: Lens, window: u32) -> ChaCha20Rng {
    let mut hash = Sha256::new();
    hash.update(b"driftlock permutation 2\0");
    hash.update(seed.to_le_bytes());
    hash.update(lens.name().as_bytes());
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

/// What the permutations say of one window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tested {
    /// The exact p-value.
    pub(crate) exact: PValue,
    /// The same from the modelled tail of the permutation null, where no permutation is as extreme as the window: it
    /// is what takes part in the correction for many windows, which the floor of an exact p could never pass.
    pub(crate) modelled: f64,
}

/// Share of the permutations that counts as the tail of their distribution.
const TAIL_SHARE: u32 = 10;

/// What is dealt: the members of a window first, then those of its baseline, and a statistic of the labels alone.
pub(crate) trait Deck {
    /// Number of members.
    fn len(&self) -> usize;
    /// How unusual these members are as the window, all others being the baseline; larger is more unusual. Fixed point.
    fn statistic(&mut self, window: &[u32]) -> i64;
}

impl Deck for Pool<'_> {
    fn len(&self) -> usize {
        Self::len(self)
    }

    fn statistic(&mut self, window: &[u32]) -> i64 {
        self.novelty(window)
    }
}

/// Tests the deck's first `window` members against the rest, with at most `most` permutations.
pub(crate) fn test(pool: &mut dyn Deck, window: usize, most: u32, rng: &mut ChaCha20Rng) -> Tested {
    let mut deck: Vec<u32> = (0..pool.len() as u32).collect();
    let observed = pool.statistic(&deck[..window]);
    let floor = 1.0 / f64::from(most + 1);
    let mut null = Vec::with_capacity(most as usize);
    let mut extreme = 0;
    for drawn in 1..=most {
        // A partial Fisher-Yates shuffle deals a uniform window, whatever the deck was before.
        for i in 0..window {
            let j = i + below(rng, (deck.len() - i) as u32) as usize;
            deck.swap(i, j);
        }
        let statistic = pool.statistic(&deck[..window]);
        null.push(statistic);
        if statistic >= observed {
            extreme += 1;
            if extreme == ENOUGH {
                let value = f64::from(ENOUGH) / f64::from(drawn);
                return Tested { exact: PValue { value, floor, n: drawn }, modelled: value };
            }
        }
    }
    let exact = PValue { value: f64::from(extreme + 1) / f64::from(most + 1), floor, n: most };
    Tested { exact, modelled: modelled(&mut null, observed, exact) }
}

fn modelled(null: &mut [i64], observed: i64, exact: PValue) -> f64 {
    let size = null.len() / TAIL_SHARE as usize;
    if exact.value > exact.floor || size < 20 {
        return exact.value;
    }
    null.sort_unstable_by(|a, b| b.cmp(a));
    let excess = |x: i64| bits(x - null[size]);
    let tail = Pareto::fit(&null[..size].iter().map(|&x| excess(x)).collect::<Vec<_>>());
    let value = size as f64 / (null.len() + 1) as f64 * tail.survival(excess(observed));
    value.clamp(exact.floor * exact.floor, exact.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::StreamBuilder;
    use crate::event::{ByteRange, Event, Signal};
    use crate::relative_code::Texts;
    use crate::stream::Stream;

    fn key() -> StreamKey {
        StreamKey { signal: Signal::Log, service: None, name: "shop".to_owned() }
    }

    fn shop() -> Stream {
        let mut builder = StreamBuilder::new(key());
        for line in include_str!("../tests/data/shop.log").lines() {
            builder.push(&Event::new(line, ByteRange::default()));
        }
        builder.finish()
    }

    fn texts(stream: &Stream) -> Texts {
        Texts::new(0..stream.distinct_len() as u32, |event, out| stream.append_compact(event, out))
    }

    /// Over shuffled real lines the largest gap between the share of p-values at most x and x itself stays below the
    /// 1 % point of Kolmogorov's distribution, 1.63 / √n, and the exact p is never 0. Sequential stopping gives p a grid,
    /// coarse at its top (1 in one test of eleven), and only on the grid is the share to be x.
    #[test]
    fn over_shuffled_lines_p_is_uniform() {
        const TESTS: u32 = 400;
        const MOST: u32 = 199;
        let stream = shop();
        let mut order: Vec<u32> = stream.sequence.clone();
        let mut rng = generator(7, &key(), Lens::Content, 0);
        let texts = texts(&stream);
        let mut values: Vec<f64> = (0..TESTS)
            .map(|window| {
                for i in 0..240 {
                    let j = i + below(&mut rng, (order.len() - i) as u32) as usize;
                    order.swap(i, j);
                }
                let mut pool = Pool::new(&texts, &order[..240]);
                let tested = test(&mut pool, 20, MOST, &mut generator(42, &key(), Lens::Content, window));
                assert!(tested.exact.value >= tested.exact.floor && tested.exact.floor > 0.0);
                assert!(tested.modelled > 0.0 && tested.modelled <= tested.exact.value);
                tested.exact.value
            })
            .collect();
        values.sort_by(f64::total_cmp);
        let n = values.len() as f64;
        // Sequential stopping gives few different p-values near 1: the share is taken after the last of equal ones.
        let share = |p: f64| values.partition_point(|v| *v <= p) as f64 / n;
        let largest = values.iter().map(|p| (share(*p) - p).abs()).fold(0.0, f64::max);
        let bound = 1.63 / n.sqrt();
        assert!(largest < bound, "largest gap {largest}, bound {bound}");
    }

    #[test]
    fn a_test_is_its_own_whatever_was_tested_before() {
        let stream = shop();
        let texts = texts(&stream);
        let run = || {
            let mut pool = Pool::new(&texts, &stream.sequence[..200]);
            test(&mut pool, 20, 99, &mut generator(42, &key(), Lens::Content, 3)).exact
        };
        assert_eq!(run(), run());
        let mut other = generator(42, &key(), Lens::Content, 4);
        assert_ne!(other.next_u64(), generator(42, &key(), Lens::Content, 3).next_u64());
    }

    #[test]
    fn below_is_uniform() {
        let mut counts = [0_u32; 7];
        let mut rng = generator(1, &key(), Lens::Content, 0);
        for _ in 0..70_000 {
            counts[below(&mut rng, 7) as usize] += 1;
        }
        // Six degrees of freedom: the 0.1 % point of chi-square is 22.5.
        let chi: f64 = counts.iter().map(|&c| (f64::from(c) - 1e4).powi(2) / 1e4).sum();
        assert!(chi < 22.5, "{counts:?}");
    }
}
