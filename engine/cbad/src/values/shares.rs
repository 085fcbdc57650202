//! Shares: how far the values of a category in a window are from those of the whole stream.
//!
//! Of each value the log-likelihood ratio of its share against the others', and of all values the largest: one status that comes ten
//! times as often is seen whatever the others do. As for kinds of events (`mix.rs`), the windows before count where a small change lasts.

use std::ops::Range;

use crate::category::{ABSENT, Category};
use crate::fixed::{Log2, bits};
use crate::mix::{self, LONG_WINDOWS};
use crate::values::rolling::{Sided, Tiles};
use crate::values::surplus::TailOf;

/// Least scale of the tail of shares over tiles, bits: that of a likelihood ratio where events are independent.
const GRAIN: f64 = std::f64::consts::LOG2_E;

/// How often each value of a category is in some events.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counts {
    of: Vec<u32>,
    events: u64,
}

impl Counts {
    pub(super) fn new(category: &Category) -> Self {
        Self { of: vec![0; category.values.len()], events: 0 }
    }

    pub(super) fn of(category: &Category, positions: impl IntoIterator<Item = usize>) -> Self {
        let mut counts = Self::new(category);
        positions.into_iter().for_each(|position| counts.add(category.classes[position]));
        counts
    }

    fn add(&mut self, class: u8) {
        if class != ABSENT {
            self.of[usize::from(class)] += 1;
            self.events += 1;
        }
    }

    fn remove(&mut self, class: u8) {
        if class != ABSENT {
            self.of[usize::from(class)] -= 1;
            self.events -= 1;
        }
    }

    /// Percent of the events that have the field which have this value.
    pub(super) fn percent(&self, class: u8) -> f64 {
        if self.events == 0 {
            0.0
        } else {
            f64::from(self.of[usize::from(class)]) * 100.0 / self.events as f64
        }
    }
}

/// How far the share of a value in some events is from its share in others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Off {
    /// Bits by which its own share explains the events better than that in the others does; below 0 where it comes less often. Fixed point.
    bits: i64,
    /// Whether this is so in the long stretch that ends with the window, and not in the window.
    pub(super) is_long: bool,
}

impl Off {
    fn of(log2: &Log2, here: &Counts, there: &Counts, class: u8) -> i64 {
        let (k, b) = (here.of[usize::from(class)], there.of[usize::from(class)]);
        let values = here.of.len();
        let bits = mix::one_against_rest(log2, k, here.events, b, there.events, values);
        let is_more = u64::from(k) * (there.events + values as u64) >= (u64::from(b) + 1) * here.events;
        if is_more { bits } else { -bits }
    }

    /// As a statistic of a tile.
    pub(super) fn statistic(self) -> f32 {
        bits(self.bits) as f32 + 0.0
    }
}

/// The events of a window that have a field, and those of the stretch that ends with it.
pub(super) struct Stretches {
    pub(super) own: Counts,
    pub(super) long: Option<Counts>,
}

impl Stretches {
    /// How far off a value is in the window, or in the long stretch where it is farther off and the window has its share in that.
    pub(super) fn off(&self, log2: &Log2, all: &Counts, class: u8) -> Off {
        let own = Off::of(log2, &self.own, all, class);
        let of_long = self.long.as_ref().map(|long| Off::of(log2, long, all, class));
        let has_its_share =
            |long: i64| own.signum() == long.signum() && own.abs() * LONG_WINDOWS as i64 >= long.abs();
        match of_long.filter(|long| long.abs() > own.abs() && has_its_share(*long)) {
            Some(bits) => Off { bits, is_long: true },
            None => Off { bits: own, is_long: false },
        }
    }
}

/// What is known of one category.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    pub(super) all: Counts,
    values: Vec<OfValue>,
}

/// How far off one value is in each tile.
#[derive(Clone, Debug)]
pub(super) struct OfValue {
    pub(super) class: u8,
    statistics: Vec<f32>,
    is_long: Vec<bool>,
}

impl Shares {
    pub(super) fn new(category: &Category, tiles: Tiles<'_>, log2: &Log2) -> Self {
        let all = Counts::of(category, 0..category.classes.len());
        // Of two values one comes as much more often as the other comes less.
        let first = u8::from(category.values.len() == 2);
        let value = |class| OfValue { class, statistics: Vec::new(), is_long: Vec::new() };
        let mut values: Vec<OfValue> = (first..category.values.len() as u8).map(value).collect();
        let (mut own, mut long) = (Sliding::new(category), Sliding::new(category));
        let mut stretches = Stretches { own: Counts::new(category), long: None };
        for tile in 0..tiles.count() {
            own.move_to(tiles.range(tile), &mut stretches.own);
            let stretch = tiles.long_stretch(tile);
            stretches.long = stretch.map(|stretch| {
                let mut counts = stretches.long.take().unwrap_or_else(|| long.begin());
                long.move_to(stretch, &mut counts);
                counts
            });
            for value in &mut values {
                let off = stretches.off(log2, &all, value.class);
                value.statistics.push(off.statistic());
                value.is_long.push(off.is_long);
            }
        }
        Self { all, values }
    }

    /// The window and the stretch that ends with it, of those events that are left.
    pub(super) fn stretches(
        category: &Category,
        tiles: Tiles<'_>,
        tile: usize,
        is_left: impl Fn(usize) -> bool,
    ) -> Stretches {
        let left = |range: Range<usize>| Counts::of(category, range.filter(|&position| is_left(position)));
        Stretches { own: left(tiles.range(tile)), long: tiles.long_stretch(tile).map(left) }
    }

    /// What is looked at: each value on both sides.
    pub(super) fn looks(&self) -> impl Iterator<Item = (&OfValue, Sided<'_>)> {
        self.values.iter().flat_map(|value| SIDES.map(|side| (value, value.sided(side))))
    }
}

/// The sides of a value: more often, and less often.
pub(super) const SIDES: [f64; 2] = [1.0, -1.0];

impl OfValue {
    /// Whether the long stretch that ends with a tile says more than the tile does.
    pub(super) fn is_long(&self, tile: usize) -> bool {
        self.is_long[tile]
    }

    fn sided(&self, side: f64) -> Sided<'_> {
        Sided { values: &self.statistics, side, grain: GRAIN, tail: TailOf::Bursts }
    }
}

/// A range of positions that moves, and is counted as it does.
struct Sliding<'a> {
    category: &'a Category,
    at: Range<usize>,
}

impl<'a> Sliding<'a> {
    const fn new(category: &'a Category) -> Self {
        Self { category, at: 0..0 }
    }

    fn begin(&mut self) -> Counts {
        self.at = 0..0;
        Counts::new(self.category)
    }

    fn move_to(&mut self, next: Range<usize>, counts: &mut Counts) {
        if next.start < self.at.start || self.at.end <= next.start {
            *counts = self.begin();
            self.at = next.start..next.start;
        }
        (self.at.start..next.start).for_each(|position| counts.remove(self.category.classes[position]));
        (self.at.end..next.end).for_each(|position| counts.add(self.category.classes[position]));
        self.at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::StreamBuilder;
    use crate::config::Config;
    use crate::event::{ByteRange, Event, Signal, StreamKey};
    use crate::window::Plan;

    fn category(events: usize, class: impl Fn(usize) -> u8) -> Category {
        let values = ["a", "b", "c"].map(str::to_owned).into();
        Category { name: "status".to_owned(), values, classes: (0..events).map(class).collect() }
    }

    #[test]
    fn sliding_counts_are_those_of_each_tile() {
        let category = category(2_000, |at| if at % 5 == 4 { ABSENT } else { (at * at % 7 % 3) as u8 });
        let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
        let mut builder = StreamBuilder::new(key);
        (0..2_000).for_each(|_| builder.push(&Event::new("x", ByteRange::default())));
        let plan = Plan::new(&builder.finish(), &Config::default()).expect("long enough");
        let (tiles, log2) = (Tiles::new(&plan), Log2::default());
        let shares = Shares::new(&category, tiles, &log2);
        assert_eq!(shares.looks().count(), 6);
        for tile in 0..tiles.count() {
            let alone = Shares::stretches(&category, tiles, tile, |_| true);
            for value in &shares.values {
                let off = alone.off(&log2, &shares.all, value.class);
                let known = (value.statistics[tile].to_bits(), value.is_long(tile));
                assert_eq!(known, (off.statistic().to_bits(), off.is_long), "{tile}");
            }
        }
        assert!((0..tiles.count()).any(|tile| tiles.long_stretch(tile).is_some()));
    }

    #[test]
    fn a_value_is_off_to_the_side_on_which_it_is() {
        let log2 = Log2::default();
        let there = Counts { of: vec![900, 90, 10], events: 1_000 };
        let off = |of: [u32; 3]| {
            let here = Counts { of: of.to_vec(), events: of.iter().copied().map(u64::from).sum() };
            [0, 1, 2].map(|class| bits(Off::of(&log2, &here, &there, class)))
        };
        let [usual, other, rare] = off([40, 4, 6]);
        assert!(usual < 0.0 && other.abs() < 1.0 && rare > 12.0, "{usual} {other} {rare}");
        assert!(off([0, 0, 0]).iter().all(|bits| *bits == 0.0));
    }
}
