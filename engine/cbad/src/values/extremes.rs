//! Single values far out: evidence that is one thing and not many, which no permutation of a window can weigh.

use std::cmp::Reverse;
use std::ops::Range;

use crate::fixed::ONE_BIT;
use crate::span::Span;
use crate::values::series::View;
use crate::values::surplus::{KEPT, Ranked, TailOf};

/// Fewest values beyond which another one is judged.
const JUDGED_LEAST: usize = 20;

/// Least scale of the tail of distances: a quarter of a quartile distance.
const GRAIN: f64 = ONE_BIT as f64 / 4.0;

/// The values of a channel that are farthest from the middle on either side, farthest first.
#[derive(Clone, Debug)]
pub(super) struct Extremes {
    /// Distance to that side and number of the value, for above and below.
    sides: [Vec<(i64, u32)>; 2],
}

impl Extremes {
    pub(super) fn of(view: View<'_>) -> Self {
        let members = 0..view.channel.values.len();
        Self {
            sides: [1, -1].map(|side| {
                let mut farthest: Vec<(i64, u32)> =
                    members.clone().map(|member| (side * view.distance(member), member as u32)).collect();
                if farthest.len() > KEPT {
                    farthest.select_nth_unstable_by_key(KEPT, |&(d, member)| (Reverse(d), member));
                    farthest.truncate(KEPT);
                    farthest.shrink_to_fit();
                }
                farthest.sort_unstable_by_key(|&(d, member)| (Reverse(d), member));
                farthest
            }),
        }
    }

    /// -log2 of the chance that one of a window's values is as far out on either side, against those of its baseline.
    pub(super) fn bits(&self, view: View<'_>, window: Range<usize>, baseline: &Span) -> f64 {
        let own = view.members(window);
        let held: Vec<Range<usize>> =
            baseline.ranges().iter().map(|part| view.members(part.clone())).collect();
        let count: usize = held.iter().map(Range::len).sum();
        let mut most = 0.0_f64;
        for (farthest, side) in self.sides.iter().zip([1, -1]) {
            let Some(distance) = own.clone().map(|member| side * view.distance(member)).max() else {
                continue;
            };
            let held = |member: u32| held.iter().any(|part| part.contains(&(member as usize)));
            let top: Vec<f64> = farthest.iter().filter(|far| held(far.1)).map(|far| far.0 as f64).collect();
            if top.len() >= JUDGED_LEAST {
                // The channel's least distance would do for the range, which the grain exceeds where it matters.
                let least = top[top.len() - 1];
                let ranked = Ranked { top: &top, count, least, grain: GRAIN, tail: TailOf::SingleValues };
                most = most.max(ranked.bits(distance as f64));
            }
        }
        let tried = 2.0 * own.len().max(1) as f64;
        (most - libm::log2(tried)).max(0.0)
    }
}
