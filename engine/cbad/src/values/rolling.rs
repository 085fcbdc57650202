//! The surplus of each window of a plan over stretches of its baseline, while the baseline moves.

use std::ops::Range;

use crate::mix::LONG_WINDOWS;
use crate::span::Span;
use crate::values::surplus::{Ranked, TailOf, rank_bits, tail_len};
use crate::window::Plan;

/// Fewest baseline tiles by which another one is judged.
const BASELINE_LEAST: usize = 8;

/// Stretches of a stream as long as a window: the windows of a plan and, before them, as many over its anchor, which
/// has no windows of its own and is what they are compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tiles<'a> {
    plan: &'a Plan,
    anchored: usize,
}

impl<'a> Tiles<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let anchored = plan.first().checked_sub(plan.window).map_or(0, |room| room / plan.hop + 1);
        Self { plan, anchored }
    }

    pub(super) fn count(self) -> usize {
        self.anchored + self.plan.count
    }

    /// The tile that is a window of the plan.
    pub(super) fn of_window(self, window: usize) -> usize {
        self.anchored + window
    }

    /// Positions of a tile.
    pub(super) fn range(self, tile: usize) -> Range<usize> {
        match tile.checked_sub(self.anchored) {
            Some(window) => self.plan.range(window),
            None => tile * self.plan.hop..tile * self.plan.hop + self.plan.window,
        }
    }

    /// The windows' worth of events that end with a tile; `None` where there are not as many.
    pub(super) fn long_stretch(self, tile: usize) -> Option<Range<usize>> {
        let end = self.range(tile).end;
        let first = if tile < self.anchored { 0 } else { self.plan.first() };
        let start = end.checked_sub(LONG_WINDOWS * self.plan.window).filter(|start| *start >= first)?;
        Some(start..end)
    }

    /// From a tile to the next one that does not overlap it.
    pub(super) fn apart(self) -> usize {
        self.plan.window.div_ceil(self.plan.hop)
    }

    /// The tiles that lie wholly in the baseline of a window.
    pub(super) fn baseline(self, window: usize) -> Span {
        let span = self.plan.baseline(window);
        Span::new(span.ranges().iter().map(|positions| {
            let first = self.partition(|range| range.start < positions.start);
            let end = self.partition(|range| range.end <= positions.end);
            first.min(end)..end
        }))
    }

    fn partition(self, holds: impl Fn(Range<usize>) -> bool) -> usize {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = usize::midpoint(low, high);
            if holds(self.range(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }
}

/// A statistic of every tile on one side of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sided<'a> {
    /// NaN where a tile has none.
    pub(super) values: &'a [f32],
    /// 1 where large values are unusual, -1 where small ones are.
    pub(super) side: f64,
    /// The least difference that means anything.
    pub(super) grain: f64,
    pub(super) tail: TailOf,
}

impl Sided<'_> {
    fn of(self, tile: usize) -> f64 {
        // Adding 0 makes -0 a 0, which it must tie with.
        self.side * f64::from(self.values[tile]) + 0.0
    }
}

/// Windows with the baseline that they share.
pub(super) type Group = (Range<usize>, Span);

/// The groups of a plan, each with the tiles of its baseline.
pub(super) fn groups(plan: &Plan) -> Vec<Group> {
    let tiles = Tiles::new(plan);
    plan.groups().map(|group| (group.clone(), tiles.baseline(group.start))).collect()
}

/// Bits of each window's statistic on one side over those of its baseline, told one by one in order.
///
/// The baseline's statistics are counted by rank in a Fenwick tree, so that a baseline moves in O(log n) a tile that
/// comes or leaves. Only a window beyond all of its baseline needs the tail itself.
pub(super) fn surpluses(
    statistic: Sided<'_>,
    tiles: Tiles<'_>,
    groups: &[Group],
    mut tell: impl FnMut(usize, f64),
) {
    let Sided { grain, tail, .. } = statistic;
    let places = Places::of(statistic);
    let mut counts = Counts::new(places.values.len());
    let mut top = Vec::new();
    let mut last = Span::default();
    for (group, baseline) in groups {
        last.move_to(baseline, |range, comes| {
            for &place in places.of_tiles[range].iter().filter(|place| **place > 0) {
                counts.add(place, if comes { 1 } else { -1 });
            }
        });
        last = baseline.clone();
        let count = counts.total as usize;
        if count < BASELINE_LEAST {
            continue;
        }
        for window in group.clone() {
            let place = places.of_tiles[tiles.of_window(window)];
            if place == 0 {
                continue;
            }
            let above = counts.up_to(place) as usize;
            let size = tail_len(count);
            if above > size {
                continue;
            }
            let bits = if above > 0 {
                rank_bits(count, above)
            } else {
                let value = |nth: usize| places.values[counts.nth(nth as u32) as usize - 1];
                top.clear();
                top.extend((1..=size + 1).map(value));
                Ranked { top: &top, count, least: value(count), grain, tail }
                    .bits(places.values[place as usize - 1])
            };
            tell(window, bits);
        }
    }
}

/// The same for one window, from the definition.
pub(super) fn surplus(statistic: Sided<'_>, tiles: Tiles<'_>, baseline: &Span, window: usize) -> f64 {
    let own = statistic.of(tiles.of_window(window));
    surplus_over(statistic, &descending(statistic, baseline), own)
}

/// A statistic of the baseline's tiles on one side, largest first.
pub(super) fn descending(statistic: Sided<'_>, baseline: &Span) -> Vec<f64> {
    let of_tiles = baseline.iter().map(|tile| statistic.of(tile));
    let mut values: Vec<f64> = of_tiles.filter(|value| !value.is_nan()).collect();
    values.sort_unstable_by(|a, b| b.total_cmp(a));
    values
}

/// Bits of a value over those of [`descending`]; 0 where they are too few.
pub(super) fn surplus_over(statistic: Sided<'_>, values: &[f64], own: f64) -> f64 {
    let Sided { grain, tail, .. } = statistic;
    if values.len() < BASELINE_LEAST || own.is_nan() {
        return 0.0;
    }
    let count = values.len();
    Ranked { top: values, count, least: values[count - 1], grain, tail }.bits(own)
}

/// Where each tile's value stands among all of them.
struct Places {
    /// The values, descending; of equal ones only the last is set.
    values: Vec<f64>,
    /// From 1, the largest first; equal values share the last place. 0 for a tile without a value.
    of_tiles: Vec<u32>,
}

impl Places {
    fn of(statistic: Sided<'_>) -> Self {
        let tiles = statistic.values.len();
        let value = |tile: u32| statistic.of(tile as usize);
        let mut order: Vec<u32> = (0..tiles as u32).filter(|&tile| !value(tile).is_nan()).collect();
        order.sort_unstable_by(|&a, &b| value(b).total_cmp(&value(a)));
        let mut places = Self { values: vec![0.0; order.len()], of_tiles: vec![0; tiles] };
        let mut place = 0;
        for equal in order.chunk_by(|&a, &b| value(a).total_cmp(&value(b)).is_eq()) {
            place += equal.len();
            places.values[place - 1] = value(equal[0]);
            for &tile in equal {
                places.of_tiles[tile as usize] = place as u32;
            }
        }
        places
    }
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
