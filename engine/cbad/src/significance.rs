//! How unusual a window is among the stream's own ordinary windows, and how many of those may be flagged.

use crate::fixed::bits;
use crate::lens::Track;
use crate::result::PValue;
use crate::tail::Pareto;
use crate::window::{MIN_HISTORY, Plan};

/// Share of the calibration scores that counts as their tail.
const TAIL_SHARE: f64 = 0.1;

/// Fewest and most scores that a tail is fitted to.
const TAIL_LEAST: usize = 10;
const TAIL_MOST: usize = 2_000;

/// Least scale of a tail, bits: where a stream's windows all score the same, a difference of less is nothing.
const SCALE_LEAST: f64 = 0.0625;

/// The two p-values of one window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rank {
    pub(crate) conformal: PValue,
    pub(crate) tail: PValue,
    /// -log2 of p by the tail as fitted, without caution and floor: what findings are ordered by.
    pub(crate) surprise_bits: f64,
}

/// Ranks every window against the windows that may calibrate it, but for those in `excluded`.
pub(crate) fn ranks(plan: &Plan, track: &Track, excluded: &[bool]) -> Vec<Option<Rank>> {
    let scores = &track.scores;
    let (usable, sorted) = usable(plan, scores, excluded);
    (0..scores.len())
        .map(|i| if plan.is_ranked(i) { rank(plan, scores[i], i, &sorted, &usable) } else { None })
        .collect()
}

/// Ranks some windows, with nothing excluded.
pub(crate) fn ranks_in(plan: &Plan, track: &Track, windows: &[usize]) -> Vec<Option<Rank>> {
    let scores = &track.scores;
    let (usable, sorted) = usable(plan, scores, &vec![false; scores.len()]);
    let rank_one = |&i: &usize| usable[i].then(|| rank(plan, scores[i], i, &sorted, &usable)).flatten();
    windows.iter().map(rank_one).collect()
}

/// The least score at which a window's cautious tail p would be at most `p`, with nothing excluded; `None` where its own
/// score does not pass.
pub(crate) fn least_score(plan: &Plan, track: &Track, window: usize, p: f64) -> Option<i64> {
    let (usable, sorted) = usable(plan, &track.scores, &vec![false; track.scores.len()]);
    let passes = |score| rank(plan, score, window, &sorted, &usable).is_some_and(|r| r.tail.value <= p);
    let mut least = track.scores[window];
    if !passes(least) {
        return None;
    }
    let mut fails = -1;
    while least - fails > 1 {
        let middle = fails.midpoint(least);
        if passes(middle) { least = middle } else { fails = middle }
    }
    Some(least)
}

/// Which windows calibrate others, and their scores, dearest first.
fn usable(plan: &Plan, scores: &[i64], excluded: &[bool]) -> (Vec<bool>, Vec<(i64, u32)>) {
    let usable: Vec<bool> = (0..scores.len()).map(|i| plan.is_ranked(i) && !excluded[i]).collect();
    let mut sorted: Vec<(i64, u32)> =
        (0..scores.len()).filter(|&i| usable[i]).map(|i| (scores[i], i as u32)).collect();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    (usable, sorted)
}

fn rank(plan: &Plan, score: i64, index: usize, sorted: &[(i64, u32)], usable: &[bool]) -> Option<Rank> {
    let reach = (plan.window + plan.guard).div_ceil(plan.hop) + 1;
    let near = index.saturating_sub(reach)..(index + reach + 1).min(usable.len());
    let own = near.clone().filter(|&j| usable[j] && !plan.calibrates(index, j)).count();
    let n = sorted.len() - own;
    if n < MIN_HISTORY {
        return None;
    }
    let calibrates = |j: u32| !near.contains(&(j as usize)) || plan.calibrates(index, j as usize);
    let at_least = sorted.partition_point(|(s, _)| *s >= score);
    let own_above = sorted[..at_least].iter().filter(|(_, j)| !calibrates(*j)).count();
    let exceeding = at_least - own_above;
    let floor = 1.0 / (n + 1) as f64;
    let conformal = PValue { value: (exceeding + 1) as f64 / (n + 1) as f64, floor, n: n as u32 };
    let tail_floor = floor * floor;
    let size = ((n as f64 * TAIL_SHARE) as usize).clamp(TAIL_LEAST, TAIL_MOST);
    // Inside the body the rank is all there is to know; the tail is only modelled where it speaks.
    if exceeding >= size {
        let tail = PValue { floor: tail_floor, ..conformal };
        return Some(Rank { conformal, tail, surprise_bits: -libm::log2(conformal.value) });
    }
    let tail: Vec<f64> =
        sorted.iter().filter(|(_, j)| calibrates(*j)).take(size + 1).map(|(s, _)| bits(*s)).collect();
    let threshold = tail[tail.len() - 1];
    let excesses: Vec<f64> = tail[..tail.len() - 1].iter().map(|s| s - threshold).collect();
    let share = excesses.len() as f64 / (n + 1) as f64;
    let (fitted, excess) = (Pareto::fit(&excesses).at_least(SCALE_LEAST), bits(score) - threshold);
    // What is flagged is to err to the cautious side; what comes first among findings is only a matter of order.
    let value = (share * fitted.cautious(excesses.len()).survival(excess)).max(tail_floor).min(1.0);
    let surprise_bits = -libm::log2((share * fitted.survival(excess)).clamp(f64::MIN_POSITIVE, 1.0));
    Some(Rank { conformal, tail: PValue { value, floor: tail_floor, n: n as u32 }, surprise_bits })
}

/// Σ 1/i up to n: by what Benjamini and Yekutieli ("The control of the false discovery rate in multiple testing under
/// dependency", Ann. Statist. 29, 2001) are stricter than Benjamini and Hochberg.
pub(crate) fn harmonic(n: usize) -> f64 {
    (1..=n).map(|i| 1.0 / i as f64).sum()
}

/// Benjamini-Hochberg adjusted p-values (J. R. Statist. Soc. B 57, 1995), in the order given.
pub(crate) fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]).then(a.cmp(&b)));
    let n = p_values.len() as f64;
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least: f64 = 1.0;
    for (rank, &index) in order.iter().enumerate().rev() {
        least = least.min(p_values[index] * n / (rank + 1) as f64);
        adjusted[index] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjusts_as_in_the_published_example() {
        // Benjamini and Hochberg 1995, section 3.2: at 0.05 the four smallest of these fifteen are rejected.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.0000,
        ];
        let q = benjamini_hochberg(&p);
        assert_eq!(q.iter().filter(|q| **q <= 0.05).count(), 4);
        assert!((q[0] - 0.0015).abs() < 1e-12);
        assert!((q[3] - 0.035_625).abs() < 1e-12);
    }
}
