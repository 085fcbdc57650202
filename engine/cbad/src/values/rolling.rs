//! The surplus of each window of a plan over the windows of its baseline, while the baseline moves.

use std::ops::Range;

use crate::values::measure::{Look, Measured};
use crate::values::surplus::{Ranked, rank_bits, tail_len};
use crate::window::{Plan, Span, move_span};

/// Fewest baseline windows by which another one is judged.
const BASELINE_LEAST: usize = 8;

/// The windows that lie wholly in the baseline of a window, as indices of windows.
pub(super) fn baseline_windows(plan: &Plan, window: usize) -> Span {
    let span = plan.baseline(window);
    let inside = |positions: Range<usize>| {
        let first = partition_windows(plan, |range| range.start < positions.start);
        let end = partition_windows(plan, |range| range.end <= positions.end);
        first.min(end)..end
    };
    Span { before: inside(span.before), after: inside(span.after) }
}

fn partition_windows(plan: &Plan, holds: impl Fn(Range<usize>) -> bool) -> usize {
    let (mut low, mut high) = (0, plan.count);
    while low < high {
        let middle = usize::midpoint(low, high);
        if holds(plan.range(middle)) { low = middle + 1 } else { high = middle }
    }
    low
}

/// Bits of each window's statistic on one side over those of its baseline windows, told one by one in order.
///
/// The baseline's statistics are counted by rank in a Fenwick tree, so that a baseline moves in O(log n) a window
/// that enters or leaves it. Only a window beyond all of its baseline needs the tail itself.
pub(super) fn surpluses(
    measured: &Measured,
    look: Look,
    baselines: &[Span],
    mut tell: impl FnMut(usize, f64),
) {
    let (statistics, side) = (measured.of(look.statistic), look.side);
    let mut order: Vec<u32> =
        (0..statistics.len() as u32).filter(|&w| !statistics[w as usize].is_nan()).collect();
    order.sort_unstable_by(|&a, &b| {
        (side * statistics[b as usize]).total_cmp(&(side * statistics[a as usize]))
    });
    // Place of each window's value among all values, the largest first; equal values share the last place.
    let mut places = vec![0_u32; statistics.len()];
    let mut place = 0;
    for equal in order.chunk_by(|&a, &b| statistics[a as usize].total_cmp(&statistics[b as usize]).is_eq()) {
        place += equal.len() as u32;
        for &w in equal {
            places[w as usize] = place;
        }
    }
    let mut values = vec![0.0; order.len()];
    for &w in &order {
        values[places[w as usize] as usize - 1] = side * statistics[w as usize];
    }
    let mut counts = Counts::new(order.len());
    let mut top = Vec::new();
    let mut last = Span { before: 0..0, after: 0..0 };
    for (window, baseline) in baselines.iter().enumerate() {
        move_span(&last, baseline, |w, comes| {
            if places[w] > 0 {
                counts.add(places[w], if comes { 1 } else { -1 });
            }
        });
        last = baseline.clone();
        let count = counts.total as usize;
        if places[window] == 0 || count < BASELINE_LEAST {
            continue;
        }
        let above = counts.up_to(places[window]) as usize;
        let size = tail_len(count);
        let bits = if above > size {
            0.0
        } else if above > 0 {
            rank_bits(count, above)
        } else {
            top.clear();
            top.extend((1..=size as u32 + 1).map(|nth| values[counts.nth(nth) as usize - 1]));
            let least = values[counts.nth(count as u32) as usize - 1];
            Ranked { top: &top, count, least, grain: measured.grain(look.statistic) }
                .bits(side * statistics[window])
        };
        if bits > 0.0 {
            tell(window, bits);
        }
    }
}

/// The same for one window, from the definition.
pub(super) fn surplus(measured: &Measured, look: Look, baseline: &Span, window: usize) -> f64 {
    let (statistics, side) = (measured.of(look.statistic), look.side);
    let windows = baseline.before.clone().chain(baseline.after.clone());
    let mut values: Vec<f64> =
        windows.map(|w| side * statistics[w]).filter(|value| !value.is_nan()).collect();
    if values.len() < BASELINE_LEAST || statistics[window].is_nan() {
        return 0.0;
    }
    values.sort_unstable_by(|a, b| b.total_cmp(a));
    let count = values.len();
    Ranked { top: &values, count, least: values[count - 1], grain: measured.grain(look.statistic) }
        .bits(side * statistics[window])
}

/// A Fenwick tree: how many are at each place, and which place the nth is at; places from 1.
struct Counts {
    tree: Vec<i32>,
    total: i32,
}

impl Counts {
    fn new(places: usize) -> Self {
        Self { tree: vec![0; places + 1], total: 0 }
    }

    fn add(&mut self, place: u32, change: i32) {
        let mut at = place as usize;
        while at < self.tree.len() {
            self.tree[at] += change;
            at += at & at.wrapping_neg();
        }
        self.total += change;
    }

    fn up_to(&self, place: u32) -> i32 {
        let (mut at, mut sum) = (place as usize, 0);
        while at > 0 {
            sum += self.tree[at];
            at &= at - 1;
        }
        sum
    }

    /// Place of the nth, from 1; there must be so many.
    fn nth(&self, nth: u32) -> u32 {
        let (mut at, mut left) = (0, nth as i32);
        let mut width = self.tree.len().next_power_of_two() / 2;
        while width > 0 {
            if at + width < self.tree.len() && self.tree[at + width] < left {
                at += width;
                left -= self.tree[at];
            }
            width /= 2;
        }
        at as u32 + 1
    }
}
