//! How many bits a number is beyond a history of its own kind: by rank inside it, by a modelled tail beyond it.

use crate::tail::Pareto;

/// Largest values that a history keeps: the tail is fitted on a tenth of it, and on no more than these.
pub(super) const KEPT: usize = 512;

/// Fewest values that a tail is fitted on, where the history has as many.
const TAIL_LEAST: usize = 10;

/// Share of a history that is its tail: one in this many.
const TAIL_SHARE: usize = 10;

/// Excesses that the exponential tail is worth beforehand: the fitted shape has that much of a say less.
const SHAPE_PRIOR: f64 = 50.0;

/// Most bits of one number: beyond, a mixture would only lose the others in rounding.
const MOST_BITS: f64 = 200.0;

/// Bits of any change from a history that never varied: it has no scale to tell a large one from a small one by.
const FIRST_CHANGE_BITS: f64 = 40.0;

/// Least scale of a tail where nothing else is known, as a share of the history's range: where most of a history is one value, its largest tenth
/// may be all the same, and the least step beyond it would weigh without bound.
const SCALE_LEAST: f64 = 1e-3;

/// The largest values of a history, descending, with what it takes to rank among all of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranked<'a> {
    /// The largest values, descending: all of them, or [`tail_len`] + 1. Where there are fewer, they are the tail.
    pub(super) top: &'a [f64],
    /// Values in all.
    pub(super) count: usize,
    /// The smallest value.
    pub(super) least: f64,
    /// The least difference that means anything; 0 where that is not known.
    pub(super) grain: f64,
    pub(super) tail: TailOf,
}

/// Of what a history is, which says how heavy its tail is taken to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TailOf {
    /// A statistic of many values: lighter than fitted, since the shape of few is mostly chance.
    Statistics,
    /// A statistic whose largest come in bursts: as fitted.
    Bursts,
    /// Single values: as heavy as sizes and times are, and a little heavier than fitted to few.
    SingleValues,
}

impl TailOf {
    /// The tail of excesses, largest first.
    fn fit(self, excesses: &[f64]) -> Pareto {
        match self {
            Self::Statistics => {
                let share = excesses.len() as f64 / (excesses.len() as f64 + SHAPE_PRIOR);
                Pareto::fit(excesses).shrunk(share)
            }
            Self::Bursts => Pareto::fit(excesses),
            Self::SingleValues => Pareto::of_measured(excesses),
        }
    }
}

/// Number of largest values among `count` that are its tail.
pub(super) fn tail_len(count: usize) -> usize {
    (count / TAIL_SHARE).clamp(TAIL_LEAST, KEPT - 1).min(count.saturating_sub(1))
}

/// Bits of a value that `above` of `count` others reach.
pub(super) fn rank_bits(count: usize, above: usize) -> f64 {
    libm::log2((count + 1) as f64 / (above + 1) as f64)
}

impl Ranked<'_> {
    /// Bits of `x` against this history: -log2 of how often one as large is to be expected. 0 inside its body.
    pub(super) fn bits(self, x: f64) -> f64 {
        let size = tail_len(self.count).min(self.top.len().saturating_sub(1));
        if size == 0 || x <= self.top[size] {
            return 0.0;
        }
        let above = self.top[..size].iter().take_while(|&&largest| largest >= x).count();
        let rank = rank_bits(self.count, above);
        if above > 0 {
            return rank;
        }
        let range = self.top[0] - self.least;
        let scale_least = self.grain.max(range * SCALE_LEAST);
        if scale_least <= 0.0 {
            return FIRST_CHANGE_BITS;
        }
        let edge = self.top[size];
        let mut excesses = [0.0; KEPT];
        for (excess, value) in excesses.iter_mut().zip(&self.top[..size]) {
            *excess = value - edge;
        }
        let tail = self.tail.fit(&excesses[..size]).at_least(scale_least);
        let survival = size as f64 / (self.count + 1) as f64 * tail.survival(x - edge);
        let modelled = if survival > 0.0 { -libm::log2(survival) } else { MOST_BITS };
        modelled.max(rank).min(MOST_BITS)
    }
}

/// A history that grows, in bounded memory: its largest values and how many there were.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    top: Vec<f64>,
    count: usize,
    least: f64,
}

impl History {
    /// Takes one more value in.
    pub(super) fn push(&mut self, x: f64) {
        self.least = if self.count == 0 { x } else { self.least.min(x) };
        self.count += 1;
        if self.top.len() == KEPT {
            if x <= self.top[KEPT - 1] {
                return;
            }
            self.top.pop();
        }
        let at = self.top.partition_point(|&largest| largest >= x);
        self.top.insert(at, x);
    }

    /// Number of values so far.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Bits of `x` against what was taken in so far.
    pub(super) fn bits(&self, x: f64) -> f64 {
        let Self { top, count, least } = self;
        Ranked { top, count: *count, least: *least, grain: 0.0, tail: TailOf::Statistics }.bits(x)
    }
}

/// Evidence of several experts as one code length: a mixture that gives each the same weight beforehand.
///
/// An expert that sees nothing stands at 0 bits. One that sees b bits alone brings the mixture to b - log2(experts)
/// and a little; several that see the same thing help one another. The largest alone would not tell one expert's
/// chance excess from a change that five of them see.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mixture {
    excess: f64,
}

impl Mixture {
    /// Adds what one expert sees.
    pub(super) fn add(&mut self, bits: f64) {
        if bits > 0.0 {
            self.excess += libm::exp2(bits) - 1.0;
        }
    }

    /// Bits of the mixture of `experts`; never below 0.
    pub(super) fn bits(self, experts: usize) -> f64 {
        libm::log2(1.0 + self.excess / experts.max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(values: impl IntoIterator<Item = f64>) -> History {
        let mut history = History::default();
        values.into_iter().for_each(|x| history.push(x));
        history
    }

    #[test]
    fn inside_the_body_nothing_is_unusual_and_in_the_tail_the_rank_counts() {
        let history = history((0..1000).map(f64::from));
        assert!(history.bits(500.0) == 0.0);
        // Ten values are at least 990: (10 + 1) / 1001.
        assert!((history.bits(990.0) - libm::log2(1001.0 / 11.0)).abs() < 1e-12);
    }

    #[test]
    fn beyond_the_largest_the_bits_grow_with_the_distance() {
        let history = history((0..1000).map(f64::from));
        let bits: Vec<f64> = [1200.0, 1500.0, 2000.0].map(|x| history.bits(x)).to_vec();
        assert!(bits[0] > libm::log2(1001.0) && bits[0] < bits[1] && bits[1] < bits[2], "{bits:?}");
    }

    #[test]
    fn a_history_that_never_varied_is_left_by_the_least_step_and_bounded() {
        let history = history([5.0; 100]);
        assert!(history.bits(5.0) == 0.0);
        assert!((history.bits(5.1) - FIRST_CHANGE_BITS).abs() < 1e-12);
    }

    #[test]
    fn what_is_kept_is_enough() {
        let values: Vec<f64> =
            (0..20_000_u32).map(|i| f64::from(i.wrapping_mul(2_654_435_761) >> 8)).collect();
        let mut sorted = values.clone();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let whole = Ranked {
            top: &sorted,
            count: sorted.len(),
            least: sorted[sorted.len() - 1],
            grain: 0.0,
            tail: TailOf::Statistics,
        };
        let kept = history(values);
        for x in [sorted[0] * 1.1, sorted[0] + 1.0, sorted[3], sorted[400], sorted[600]] {
            assert!((whole.bits(x) - kept.bits(x)).abs() < 1e-12, "{x}");
        }
    }

    #[test]
    fn a_mixture_lies_between_its_dearest_expert_less_its_weight_and_that_expert() {
        let mut mixture = Mixture::default();
        for bits in [12.0, 3.0, 0.0, 0.0] {
            mixture.add(bits);
        }
        assert!(mixture.bits(4) > 10.0 && mixture.bits(4) < 10.01, "{}", mixture.bits(4));
        assert!(Mixture::default().bits(39) == 0.0);
    }
}
