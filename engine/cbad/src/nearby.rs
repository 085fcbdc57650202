//! Windows that stand too close to one another for either to calibrate the other, counted for all windows at once.
//!
//! One by one each window would look at its whole neighbourhood, a fifth of its stream: time would grow with the square
//! of the number of windows. Those that are too close to a window stand side by side, so that sums over the first so
//! many windows answer for all of them.

use std::ops::Range;

use crate::window::Plan;

/// What stands too close to one window, itself included, and how it compares with all that does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Nearby {
    /// The windows that may not calibrate it.
    pub(crate) windows: Range<usize>,
    /// How many of them are usable.
    pub(crate) usable: usize,
    /// Usable windows elsewhere that score as high or higher.
    pub(crate) exceeding: usize,
}

/// For each window. `sorted` holds the usable windows and their scores, the highest first.
pub(crate) fn of_each(plan: &Plan, scores: &[i64], sorted: &[(i64, u32)], usable: &[bool]) -> Vec<Nearby> {
    let mut before = vec![0];
    before.extend(usable.iter().scan(0, |sum, usable| {
        *sum += usize::from(*usable);
        Some(*sum)
    }));
    let each = |index: usize| {
        let windows = too_close(plan, index, scores.len());
        let usable = before[windows.end] - before[windows.start];
        Nearby { windows, usable, exceeding: 0 }
    };
    let mut nearby: Vec<Nearby> = (0..scores.len()).map(each).collect();
    let mut descending: Vec<usize> = (0..scores.len()).collect();
    descending.sort_unstable_by_key(|&index| std::cmp::Reverse(scores[index]));
    let (mut seen, mut counted) = (Sums::new(scores.len()), 0);
    for index in descending {
        while sorted.get(counted).is_some_and(|(score, _)| *score >= scores[index]) {
            seen.add(sorted[counted].1 as usize);
            counted += 1;
        }
        let Range { start, end } = nearby[index].windows;
        nearby[index].exceeding = counted - (seen.before(end) - seen.before(start));
    }
    nearby
}

/// The windows of `count` that may not calibrate a window: from the first that overlaps it or its guard to the last.
pub(crate) fn too_close(plan: &Plan, index: usize, count: usize) -> Range<usize> {
    let first = |range: Range<usize>, wanted: bool| {
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if plan.calibrates(index, middle) == wanted {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    };
    first(0..index, false)..first(index..count, true)
}

/// Counts of windows, summed from the first on: Fenwick, "A new data structure for cumulative frequency tables",
/// Software: Practice and Experience 24 (1994).
struct Sums(Vec<u32>);

impl Sums {
    fn new(len: usize) -> Self {
        Self(vec![0; len + 1])
    }

    fn add(&mut self, index: usize) {
        let mut at = index + 1;
        while at < self.0.len() {
            self.0[at] += 1;
            at += at & at.wrapping_neg();
        }
    }

    /// Windows added below an index.
    fn before(&self, index: usize) -> usize {
        let (mut at, mut sum) = (index, 0);
        while at > 0 {
            sum += self.0[at] as usize;
            at &= at - 1;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::StreamBuilder;
    use crate::config::{Baseline, Config};
    use crate::event::{ByteRange, Event, Signal, StreamKey};
    use proptest::prelude::*;

    fn plan(events: usize, anchored: usize, baseline: Baseline, hop: u32) -> Plan {
        let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
        let mut builder = StreamBuilder::new(key);
        for i in 0..anchored + events {
            if i == anchored {
                builder.end_anchor();
            }
            builder.push(&Event::new("x", ByteRange::default()));
        }
        let config = Config { baseline, window: Some(20), hop: Some(hop), ..Config::default() };
        Plan::new(&builder.finish(), &config).expect("long enough")
    }

    proptest! {
        #[test]
        fn as_counted_one_by_one(
            events in 80_usize..700, anchored in 0_usize..90, hop in 1_u32..21, trailing in any::<bool>(),
            drawn in prop::collection::vec((0_i64..9, any::<bool>()), 700),
        ) {
            let baseline = if trailing { Baseline::Trailing { events: 60 } } else { Baseline::Rest };
            let plan = plan(events, anchored, baseline, hop);
            let (scores, usable): (Vec<i64>, Vec<bool>) = drawn[..plan.count].iter().copied().unzip();
            let mut sorted: Vec<(i64, u32)> =
                (0..plan.count).filter(|&i| usable[i]).map(|i| (scores[i], i as u32)).collect();
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            for (index, nearby) in of_each(&plan, &scores, &sorted, &usable).into_iter().enumerate() {
                let (elsewhere, close): (Vec<usize>, Vec<usize>) =
                    (0..plan.count).partition(|&j| plan.calibrates(index, j));
                prop_assert_eq!(nearby.windows.collect::<Vec<_>>(), close.clone());
                prop_assert_eq!(nearby.usable, close.iter().filter(|&&j| usable[j]).count());
                let exceeding = elsewhere.iter().filter(|&&j| usable[j] && scores[j] >= scores[index]).count();
                prop_assert_eq!(nearby.exceeding, exceeding);
            }
        }
    }
}
