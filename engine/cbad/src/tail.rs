//! The tail beyond what a rank can say: a generalised Pareto distribution over the largest scores.
//!
//! Pickands, "Statistical inference using extreme order statistics", Ann. Statist. 3 (1975); fitted by probability-
//! weighted moments, Hosking and Wallis, "Parameter and quantile estimation for the generalized Pareto distribution",
//! Technometrics 29 (1987). For permutation nulls the same is known from Knijnenburg et al., "Fewer permutations, more
//! accurate P-values", Bioinformatics 25 (2009).

/// Least shape of a fitted tail: 0 is exponential, and a bounded tail would claim that something cannot be.
const SHAPE_LEAST: f64 = 0.0;
/// Most of scores, which are code lengths: the variance is infinite from one half on.
const SHAPE_MOST: f64 = 0.5;
/// Most of what is measured: many sizes and times have no variance, and of some hardly a mean (1).
const MEASURED_SHAPE_MOST: f64 = 0.9;
/// By how much the shape of what is measured is raised, divided by the number of excesses: of few values the heavier tails are fitted
/// too light (decision 0024).
const MEASURED_CAUTION: f64 = 4.0;

/// A fitted tail of excesses over a threshold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pareto {
    scale: f64,
    shape: f64,
}

impl Pareto {
    /// Fits excesses of scores, largest first, all at least 0.
    pub(crate) fn fit(descending: &[f64]) -> Self {
        Self::fit_up_to(SHAPE_MOST, descending)
    }

    /// The tail of what is measured, whose excesses may be far heavier.
    pub(crate) fn of_measured(descending: &[f64]) -> Self {
        let caution = MEASURED_CAUTION / descending.len().max(1) as f64;
        Self::fit_up_to(MEASURED_SHAPE_MOST, descending).heavier(caution, MEASURED_SHAPE_MOST)
    }

    fn fit_up_to(shape_most: f64, descending: &[f64]) -> Self {
        let n = descending.len() as f64;
        let mean = descending.iter().sum::<f64>() / n;
        // E[X (1 - F(X))], by plotting positions (j - 0.35) / n of the ascending order.
        let weighted: f64 =
            descending.iter().enumerate().map(|(j, x)| x * (j as f64 + 0.35) / n).sum::<f64>() / n;
        let spread = mean - 2.0 * weighted;
        if mean <= 0.0 || spread <= 0.0 {
            return Self { scale: mean.max(f64::MIN_POSITIVE), shape: SHAPE_LEAST };
        }
        let shape = 2.0 - mean / spread;
        if shape <= SHAPE_LEAST {
            return Self { scale: mean, shape: SHAPE_LEAST };
        }
        // With the shape held at its bound, the mean alone gives the scale: E[X] = scale / (1 - shape).
        let shape = shape.min(shape_most);
        Self { scale: mean * (1.0 - shape), shape }
    }

    /// The same tail one standard error heavier, with its mean kept: the shape of few values is known badly (its standard
    /// error is about 1 / √n), and what is extrapolated from them is to err to the cautious side.
    pub(crate) fn cautious(self, values: usize) -> Self {
        self.heavier(1.0 / (values.max(1) as f64).sqrt(), SHAPE_MOST)
    }

    fn heavier(self, by: f64, shape_most: f64) -> Self {
        let mean = self.scale / (1.0 - self.shape);
        let shape = (self.shape + by).min(shape_most);
        Self { scale: mean * (1.0 - shape), shape }
    }

    /// The same tail with a scale of at least this much.
    pub(crate) fn at_least(self, scale: f64) -> Self {
        Self { scale: self.scale.max(scale), ..self }
    }

    /// The same mean with a share of the shape: a shape fitted to few excesses is mostly chance.
    pub(crate) fn shrunk(self, share: f64) -> Self {
        let shape = self.shape * share;
        Self { scale: self.scale / (1.0 - self.shape) * (1.0 - shape), shape }
    }

    /// Probability of an excess at least this large.
    pub(crate) fn survival(self, excess: f64) -> f64 {
        let z = (excess / self.scale).max(0.0);
        if self.shape == 0.0 { libm::exp(-z) } else { libm::pow(1.0 + self.shape * z, -1.0 / self.shape) }
    }
}

/// Share of a sample that counts as its tail, in parts; and the fewest and most values of it.
const TAIL_SHARE: usize = 10;
const TAIL_LEAST: usize = 20;
const TAIL_MOST: usize = 2_000;

/// Largest values of a sample that are left out of its own tail, so that what is looked for does not hide itself; and of how
/// many values there is one. Of fewer the largest are no exception but what there is.
pub(crate) const LEFT_OUT: usize = 3;
const LEFT_OUT_OF: usize = 100;

/// The tail of a sample of single values: waits, gaps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tail {
    threshold: f64,
    share: f64,
    pareto: Pareto,
}

impl Tail {
    /// Of the largest values but at most the first [`LEFT_OUT`]; `None` where there are too few to have a tail.
    pub(crate) fn of(values: impl Iterator<Item = u64>) -> Option<Self> {
        let mut largest = std::collections::BinaryHeap::new();
        let mut count = 0;
        for value in values {
            count += 1;
            if largest.len() <= TAIL_MOST + LEFT_OUT {
                largest.push(std::cmp::Reverse(value));
            } else if largest.peek().is_some_and(|least| value > least.0) {
                largest.pop();
                largest.push(std::cmp::Reverse(value));
            }
        }
        let size = (count / TAIL_SHARE).clamp(TAIL_LEAST, TAIL_MOST);
        let descending: Vec<u64> = largest.into_sorted_vec().into_iter().map(|r| r.0).collect();
        let left_out = (count / LEFT_OUT_OF).min(LEFT_OUT);
        let threshold = *descending.get(left_out + size)? as f64;
        let excesses: Vec<f64> =
            descending[left_out..left_out + size].iter().map(|&x| x as f64 - threshold).collect();
        let share = size as f64 / (count - left_out) as f64;
        Some(Self { threshold, share, pareto: Pareto::fit(&excesses) })
    }

    /// -log2 of the chance that one of `tried` values is at least this large; 0 below the threshold.
    pub(crate) fn surprise_bits(&self, value: u64, tried: usize) -> f64 {
        let excess = value as f64 - self.threshold;
        if excess <= 0.0 {
            return 0.0;
        }
        let p = self.share * self.pareto.survival(excess) * tried as f64;
        -libm::log2(p.clamp(f64::MIN_POSITIVE, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantiles(n: u32, of: impl Fn(f64) -> f64) -> Vec<f64> {
        (0..n).map(|i| of((f64::from(i) + 0.5) / f64::from(n))).collect()
    }

    #[test]
    fn an_exponential_tail_is_fitted_as_one() {
        let fit = Pareto::fit(&quantiles(1000, |u| -3.0 * libm::log(u)));
        assert!(fit.shape < 0.05 && (fit.scale - 3.0).abs() < 0.2, "{fit:?}");
        assert!((fit.survival(3.0) - libm::exp(-1.0)).abs() < 0.03);
    }

    #[test]
    fn a_heavy_tail_is_fitted_as_one() {
        let fit = Pareto::fit(&quantiles(1000, |u| (libm::pow(u, -0.3) - 1.0) / 0.3));
        assert!((fit.shape - 0.3).abs() < 0.06, "{fit:?}");
        assert!((fit.survival(10.0) - libm::pow(4.0, -1.0 / 0.3)).abs() < 3e-3);
    }

    #[test]
    fn equal_excesses_have_a_scale_and_never_nothing() {
        let fit = Pareto::fit(&[2.0; 20]);
        assert!(fit.survival(2.0) > 0.1 && fit.survival(200.0) < 1e-9, "{fit:?}");
        assert!(Pareto::fit(&[0.0; 20]).survival(0.0) >= 1.0);
    }
}
