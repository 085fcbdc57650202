//! The canonical test of one finding: a fixed number of permutations under one codec, each piece coded anew.
//!
//! The events of the baseline piece and of the window are shuffled together and cut where they were cut before; the
//! statistic is computed again from scratch. Each permutation has a generator of its own, so that the result does not
//! depend on threads, and a person can do any one of them again. p = (b + 1) / (m + 1), where b permutations are at least
//! as extreme (Phipson and Smyth, "Permutation p-values should never be zero", SAGMB 9, 2010).

use std::sync::atomic::{AtomicU64, Ordering};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::codec::{self, Codec, CodecInfo, CodecName, Piece};
use crate::config::Config;
use crate::count_code::Coder;
use crate::event::StreamKey;
use crate::jury;
use crate::permutation::below;
use crate::result::{PValue, Sizes};
use crate::stream::Stream;
use crate::watch::{Cancelled, Stage, Watch};
use crate::window::Plan;

/// Bins of the null histogram.
const BINS: usize = 40;

/// Permutations from one report of progress to the next.
const REPORT_EVERY: u64 = 16;

/// What is compared between the observed pieces and the shuffled ones; larger is more unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Normalised compression distance.
    Ncd,
    /// C(bw) - C(b), in bits.
    Delta,
}

impl Statistic {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Ncd, Self::Delta];

    /// The stable lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ncd => "ncd",
            Self::Delta => "delta",
        }
    }

    /// The statistic of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|statistic| statistic.name() == name)
    }

    /// Its value. Two different NCDs of pieces under 2^26 bits are two different floats, so that ties are exact.
    fn of(self, sizes: &Sizes) -> f64 {
        match self {
            Self::Ncd => sizes.ncd(),
            Self::Delta => sizes.delta_bits() as f64,
        }
    }
}

/// The null distribution, as counts in bins of equal width between its least and its greatest value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Least value.
    pub least: f64,
    /// Greatest value.
    pub greatest: f64,
    /// Values a bin; the greatest value is in the last bin. One bin where all values are equal.
    pub counts: Vec<u32>,
}

impl Histogram {
    /// Of these values, of which there is at least one.
    pub fn of(values: &[f64]) -> Self {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let width = greatest - least;
        if width <= 0.0 {
            return Self { least, greatest, counts: vec![values.len() as u32] };
        }
        let mut counts = vec![0; BINS];
        for value in values {
            let bin = ((value - least) / width * BINS as f64) as usize;
            counts[bin.min(BINS - 1)] += 1;
        }
        Self { least, greatest, counts }
    }
}

/// The result of a canonical test, with what it takes to do it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CanonicalTest {
    /// Index of the window in its stream.
    pub window: u32,
    /// The codec, with its version and self-test.
    pub codec: CodecInfo,
    /// What was compared.
    pub statistic: Statistic,
    /// Seed of the run.
    pub seed: u64,
    /// Sizes of the pieces as they were observed.
    pub sizes: Sizes,
    /// The statistic of the observed pieces.
    pub observed: f64,
    /// Permutations at least as extreme as the observed pieces.
    pub extreme: u32,
    /// p, its floor, and the number of permutations.
    pub p: PValue,
    /// Distribution of the statistic over the permutations.
    pub null: Histogram,
    /// SHA-256 over the statistic of each permutation in order, as 8 bytes little-endian; lower-case hex. Whoever does
    /// the test again can compare all values by it.
    pub null_sha256: String,
}

/// Why a canonical test has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TestError {
    /// [`Watch::cancelled`] said so.
    #[error("The test was stopped.")]
    Cancelled,
    /// The codec is not in this program.
    #[error("The codec {} cannot be used: {reason}. Choose another one.", codec.name())]
    Absent {
        /// Which.
        codec: CodecName,
        /// Why.
        reason: String,
    },
    /// The stream has no windows under this configuration.
    #[error("The stream has no windows to test: {reason}.")]
    NotScored {
        /// Why.
        reason: String,
    },
    /// There is no such window, or it has no baseline.
    #[error("The stream has no window {window} with a baseline; it has {windows} windows.")]
    NoWindow {
        /// Which was asked for.
        window: u32,
        /// How many there are.
        windows: u64,
    },
    /// Without a permutation there is no p.
    #[error("A test needs at least one permutation.")]
    NoPermutations,
}

impl From<Cancelled> for TestError {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

/// Tests one window of a stream against its baseline piece, the two that the run measured, with `permutations`
/// permutations. Runs on the pool of rayon that it is called in; the result depends on the arguments alone.
pub fn canonical_test(
    stream: &Stream,
    config: &Config,
    window: u32,
    codec: CodecName,
    statistic: Statistic,
    permutations: u32,
    watch: &dyn Watch,
) -> Result<CanonicalTest, TestError> {
    if permutations == 0 {
        return Err(TestError::NoPermutations);
    }
    let plan = Plan::new(stream, config).map_err(|reason| TestError::NotScored { reason })?;
    let index = window as usize;
    if index >= plan.count || plan.baseline(index).len() == 0 {
        return Err(TestError::NoWindow { window, windows: plan.count as u64 });
    }
    let coder = Coder::default();
    let mut tester = Tester::new(codec, stream, &coder)?;
    let [baseline, events] = jury::pieces(stream, &plan, index);
    let dealt = Dealt { cut: baseline.len(), deck: [baseline, events].concat() };
    let sizes = tester.sizes(&dealt.deck, dealt.cut);
    let observed = statistic.of(&sizes);
    let seed = Seed { run: config.seed, stream: stream.key(), window, codec };
    let values = null(&dealt, &seed, permutations, watch, |deck, cut, tester: &mut Option<Tester<'_>>| {
        let tester = tester.get_or_insert_with(|| {
            Tester::new(codec, stream, &coder).expect("the codec was there a moment ago")
        });
        statistic.of(&tester.sizes(deck, cut))
    })?;
    let extreme = values.iter().filter(|value| **value >= observed).count() as u32;
    let floor = 1.0 / (f64::from(permutations) + 1.0);
    let value = (f64::from(extreme) + 1.0) / (f64::from(permutations) + 1.0);
    Ok(CanonicalTest {
        window,
        codec: codec::info_of(codec),
        statistic,
        seed: config.seed,
        sizes,
        observed,
        extreme,
        p: PValue { value, floor, n: permutations },
        null: Histogram::of(&values),
        null_sha256: sha256_of(&values),
    })
}

/// The events of both pieces, the baseline's first, and how many of them are the baseline's.
struct Dealt {
    deck: Vec<u32>,
    cut: usize,
}

/// A codec with pieces to fill; one a thread.
struct Tester<'s> {
    codec: Box<dyn Codec + 's>,
    stream: &'s Stream,
    baseline: Piece,
    window: Piece,
}

impl<'s> Tester<'s> {
    fn new(name: CodecName, stream: &'s Stream, coder: &'s Coder) -> Result<Self, TestError> {
        let codec = codec::open(name, stream, coder)
            .map_err(|reason| TestError::Absent { codec: name, reason: reason.to_owned() })?;
        Ok(Self { codec, stream, baseline: Piece::default(), window: Piece::default() })
    }

    fn sizes(&mut self, deck: &[u32], cut: usize) -> Sizes {
        self.baseline.fill(self.stream, deck[..cut].iter().copied());
        self.window.fill(self.stream, deck[cut..].iter().copied());
        self.codec.sizes(&self.baseline, &self.window)
    }
}

/// The statistic of each permutation, in order. All of the deck is shuffled, and not only who is in which piece: the
/// order of lines matters to a byte codec, and only the full group of permutations gives an exact p.
fn null<T>(
    dealt: &Dealt,
    seed: &Seed<'_>,
    permutations: u32,
    watch: &dyn Watch,
    statistic: impl Fn(&[u32], usize, &mut Option<T>) -> f64 + Sync,
) -> Result<Vec<f64>, Cancelled> {
    let done = AtomicU64::new(0);
    let total = u64::from(permutations);
    (0..permutations)
        .into_par_iter()
        .with_min_len(8)
        .map_init(
            || (None, dealt.deck.clone()),
            |(tester, deck), index| {
                if watch.cancelled() {
                    return Err(Cancelled);
                }
                deck.copy_from_slice(&dealt.deck);
                shuffle(deck, &mut seed.generator(index));
                let value = statistic(deck, dealt.cut, tester);
                let now = done.fetch_add(1, Ordering::Relaxed) + 1;
                if now.is_multiple_of(REPORT_EVERY) || now == total {
                    watch.progress(Stage::Test, now, total);
                }
                Ok(value)
            },
        )
        .collect()
}

/// Fisher and Yates, from the front.
fn shuffle(deck: &mut [u32], rng: &mut ChaCha20Rng) {
    for i in 0..deck.len() {
        let j = i + below(rng, (deck.len() - i) as u32) as usize;
        deck.swap(i, j);
    }
}

/// What the generators of a test are made from.
struct Seed<'a> {
    run: u64,
    stream: &'a StreamKey,
    window: u32,
    codec: CodecName,
}

impl Seed<'_> {
    /// The generator of one permutation.
    fn generator(&self, index: u32) -> ChaCha20Rng {
        let mut hash = Sha256::new();
        hash.update(b"driftlock canonical test 1\0");
        hash.update(self.run.to_le_bytes());
        let service = self.stream.service.as_deref().unwrap_or_default();
        for text in [self.stream.signal.name(), service, &self.stream.name, self.codec.name()] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        hash.update(self.window.to_le_bytes());
        hash.update(index.to_le_bytes());
        ChaCha20Rng::from_seed(hash.finalize().into())
    }
}

fn sha256_of(values: &[f64]) -> String {
    let mut hash = Sha256::new();
    for value in values {
        hash.update(value.to_bits().to_le_bytes());
    }
    codec::hex(&hash.finalize())
}

#[cfg(test)]
#[path = "canonical_tests.rs"]
mod tests;
