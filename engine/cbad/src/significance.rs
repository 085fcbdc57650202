//! How unusual a window is among the stream's own ordinary windows.

use crate::fixed::bits;
use crate::lens::Track;
use crate::nearby::{self, Nearby};
use crate::result::PValue;
use crate::tail::Pareto;
use crate::window::{MIN_HISTORY, Plan};

/// Share of the calibration scores that counts as their tail.
const TAIL_SHARE: f64 = 0.1;

/// Fewest and most scores that a tail is fitted to.
const TAIL_LEAST: usize = 10;
const TAIL_MOST: usize = 2_000;

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
    let usable = usable(plan, scores, excluded);
    let ordinary = dearest_dismissed(plan, track);
    let sorted = dearest_first(scores, &usable);
    let nearby = nearby::of_each(plan, scores, &sorted, &usable);
    (0..scores.len())
        .map(|i| {
            let is_judged = plan.is_ranked(i) && !plan.is_dismissed(i);
            if is_judged { rank(track, i, &nearby[i], &sorted, ordinary) } else { None }
        })
        .collect()
}

/// Ranks every window with nothing excluded, among those of an anchor where there is one.
pub(crate) fn ranks_of_all(plan: &Plan, track: &Track, anchor: Option<&Track>) -> Vec<Option<Rank>> {
    anchor.map_or_else(
        || ranks(plan, track, &vec![false; track.scores.len()]),
        |anchor| ranks_among(plan, track, anchor),
    )
}

/// The least score at which a window's cautious tail p would be at most `p`, with nothing excluded; `None` where its own
/// score does not pass.
pub(crate) fn least_score(
    plan: &Plan,
    track: &Track,
    anchor: Option<&Track>,
    window: usize,
    p: f64,
) -> Option<i64> {
    let sorted: Vec<i64> = if let Some(anchor) = anchor {
        of_anchor(plan, track, anchor)
    } else {
        let usable = usable(plan, &track.scores, &vec![false; track.scores.len()]);
        let near = nearby::too_close(plan, window, plan.count);
        let elsewhere = dearest_first(&track.scores, &usable).into_iter();
        elsewhere.filter(|(_, j)| !near.contains(&(*j as usize))).map(|(score, _)| score).collect()
    };
    let ordinary = dearest_dismissed(plan, track);
    let passes = |score: i64| {
        let exceeding = sorted.partition_point(|s| *s >= score);
        let rank = rank_among(track, score, exceeding, sorted.len(), sorted.iter().copied(), ordinary);
        rank.tail.value <= p
    };
    let mut least = track.scores[window];
    if sorted.len() < MIN_HISTORY || !passes(least) {
        return None;
    }
    let mut fails = -1;
    while least - fails > 1 {
        let middle = fails.midpoint(least);
        if passes(middle) { least = middle } else { fails = middle }
    }
    Some(least)
}

/// Which windows calibrate others.
fn usable(plan: &Plan, scores: &[i64], excluded: &[bool]) -> Vec<bool> {
    let is_usable = |i: usize| {
        let is_ordinary = plan.is_calibrating(i) && !excluded[i] && !plan.is_confirmed(i);
        plan.is_ranked(i) && (plan.is_dismissed(i) || is_ordinary)
    };
    (0..scores.len()).map(is_usable).collect()
}

fn dearest_first(scores: &[i64], usable: &[bool]) -> Vec<(i64, u32)> {
    let mut sorted: Vec<(i64, u32)> =
        (0..scores.len()).filter(|&i| usable[i]).map(|i| (scores[i], i as u32)).collect();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted
}

/// Score up to which windows of this stream are known to be ordinary: that of its dearest dismissed window.
fn dearest_dismissed(plan: &Plan, track: &Track) -> i64 {
    let dismissed = (0..plan.count).filter(|&i| plan.is_dismissed(i));
    dismissed.map(|i| track.scores[i]).max().unwrap_or(i64::MIN)
}

fn rank(track: &Track, index: usize, nearby: &Nearby, sorted: &[(i64, u32)], ordinary: i64) -> Option<Rank> {
    let n = sorted.len() - nearby.usable;
    if n < MIN_HISTORY {
        return None;
    }
    let elsewhere = sorted.iter().filter(|(_, j)| !nearby.windows.contains(&(*j as usize)));
    let descending = elsewhere.map(|(score, _)| *score);
    Some(rank_among(track, track.scores[index], nearby.exceeding, n, descending, ordinary))
}

/// Ranks every window against those of an anchor, and those that are known to be ordinary.
pub(crate) fn ranks_among(plan: &Plan, track: &Track, anchor: &Track) -> Vec<Option<Rank>> {
    let (sorted, ordinary) = (of_anchor(plan, track, anchor), dearest_dismissed(plan, track));
    let rank = |(window, &score): (usize, &i64)| {
        let exceeding = sorted.partition_point(|s| *s >= score);
        (plan.is_ranked(window) && !plan.is_dismissed(window) && sorted.len() >= MIN_HISTORY)
            .then(|| rank_among(track, score, exceeding, sorted.len(), sorted.iter().copied(), ordinary))
    };
    track.scores.iter().enumerate().map(rank).collect()
}

/// Scores of an anchor and of windows that are known to be ordinary, largest first.
fn of_anchor(plan: &Plan, track: &Track, anchor: &Track) -> Vec<i64> {
    let dismissed = (0..plan.count).filter(|&i| plan.is_dismissed(i)).map(|i| track.scores[i]);
    let mut sorted: Vec<i64> = anchor.scores.iter().copied().chain(dismissed).collect();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted
}

/// The rank of a score among `n` others, largest first, of which `exceeding` are at least as large. No tail is modelled up
/// to a score that is known to be ordinary.
fn rank_among(
    track: &Track,
    score: i64,
    exceeding: usize,
    n: usize,
    descending: impl Iterator<Item = i64>,
    ordinary: i64,
) -> Rank {
    let floor = 1.0 / (n + 1) as f64;
    let conformal = PValue { value: (exceeding + 1) as f64 / (n + 1) as f64, floor, n: n as u32 };
    let tail_floor = floor * floor * floor;
    let size = ((n as f64 * TAIL_SHARE) as usize).clamp(TAIL_LEAST, TAIL_MOST);
    // Inside the body the rank is all there is to know; the tail is only modelled where it speaks.
    if exceeding >= size || score <= ordinary {
        let tail = PValue { floor: tail_floor, ..conformal };
        return Rank { conformal, tail, surprise_bits: -libm::log2(conformal.value) };
    }
    let tail: Vec<f64> = descending.take(size + 1).map(bits).collect();
    let threshold = tail[tail.len() - 1];
    let excesses: Vec<f64> = tail[..tail.len() - 1].iter().map(|s| s - threshold).collect();
    let share = excesses.len() as f64 / (n + 1) as f64;
    let (fitted, excess) =
        (Pareto::fit(&excesses).at_least(track.lens.least_scale()), bits(score) - threshold);
    // What is flagged is to err to the cautious side; what comes first among findings is only a matter of order.
    let value = (share * fitted.cautious(excesses.len()).survival(excess)).max(tail_floor).min(1.0);
    let surprise_bits = -libm::log2((share * fitted.survival(excess)).clamp(f64::MIN_POSITIVE, 1.0));
    Rank { conformal, tail: PValue { value, floor: tail_floor, n: n as u32 }, surprise_bits }
}

/// Σ 1/i up to n: by what Benjamini and Yekutieli ("The control of the false discovery rate in multiple testing under
/// dependency", Ann. Statist. 29, 2001) are stricter than Benjamini and Hochberg.
pub(crate) fn harmonic(n: usize) -> f64 {
    (1..=n).map(|i| 1.0 / i as f64).sum()
}
