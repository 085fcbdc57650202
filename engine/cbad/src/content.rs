//! The content lens: what the events of a window cost under the count code when only the baseline may be used.

use std::ops::Range;

use crate::count_code::{Coder, Counts};
use crate::lens::{self, Pace, Rolling};
use crate::span::Span;
use crate::stream::Stream;
use crate::watch::Cancelled;
use crate::window::Plan;

/// How many of the dearest events the lens averages.
pub(crate) const DEAREST: usize = 5;

/// Tokens added to the length that an event's bits are divided by, so that an event of one odd word does not outrank
/// a whole odd line.
const DAMPING: i64 = 5;

/// Events from which a change of the baseline is gathered by distinct event first.
const GATHERED: usize = 2_048;

/// Novelty of one event: fixed-point bits by (different transitions + 5).
pub(crate) fn novelty(cost: i64, tokens: usize) -> i64 {
    cost / (tokens as i64 + DAMPING)
}

/// Scores every window of the plan: two parts the dearest event, one part the mean of the dearest five, fixed point.
pub(crate) fn score(
    stream: &Stream,
    plan: &Plan,
    coder: &Coder,
    pace: &Pace<'_>,
) -> Result<Vec<i64>, Cancelled> {
    lens::over_groups(plan, Baselined::new(stream), |baseline, group| {
        let covered = plan.covered(&group);
        let novelties = baseline.novelties(coder, &stream.sequence[covered.clone()]);
        let mut window = Vec::with_capacity(plan.window);
        let scores = group.clone().map(|index| {
            let range = plan.range(index);
            window.clear();
            window.extend_from_slice(&novelties[range.start - covered.start..range.end - covered.start]);
            lens::combine(&mut window, DEAREST)
        });
        let scores = scores.collect();
        pace.step(group.len())?;
        Ok(scores)
    })
}

/// Counts of the events at these positions.
pub(crate) fn counts_of(stream: &Stream, span: &Span) -> Counts {
    let mut baseline = Baselined::new(stream);
    span.ranges().iter().for_each(|range| baseline.change(range.clone(), true));
    baseline.counts
}

/// The event of a window that costs most given the window's baseline, by novelty.
pub(crate) fn dearest(stream: &Stream, plan: &Plan, window: usize, coder: &Coder) -> usize {
    let counts = counts_of(stream, &plan.baseline(window));
    let cost = |position: usize| {
        let distinct = stream.sequence[position];
        novelty(counts.event_cost(coder, stream, distinct), stream.different_len(distinct))
    };
    let dearest = plan.range(window).max_by_key(|&position| (cost(position), std::cmp::Reverse(position)));
    dearest.expect("a window has events")
}

/// Counts of a baseline, and what distinct events cost under it, each taken once a group.
#[derive(Clone)]
struct Baselined<'s> {
    stream: &'s Stream,
    counts: Counts,
    /// Copies of each distinct event in the change at hand.
    copies: Vec<u32>,
    /// Novelty of each distinct event in the group at hand; -1 where it was not taken yet.
    known: Vec<i64>,
}

impl<'s> Baselined<'s> {
    fn new(stream: &'s Stream) -> Self {
        let n = stream.distinct_len();
        Self { stream, counts: Counts::new(stream), copies: vec![0; n], known: vec![-1; n] }
    }

    fn novelties(&mut self, coder: &Coder, events: &[u32]) -> Vec<i64> {
        let (stream, counts, known) = (self.stream, &self.counts, &mut self.known);
        let novelties = events.iter().map(|&distinct| {
            let known = &mut known[distinct as usize];
            if *known < 0 {
                *known = novelty(counts.event_cost(coder, stream, distinct), stream.different_len(distinct));
            }
            *known
        });
        let novelties = novelties.collect();
        for &distinct in events {
            self.known[distinct as usize] = -1;
        }
        novelties
    }

    fn change_one(&mut self, distinct: u32, copies: u32, comes: bool) {
        if comes {
            self.counts.add_copies(self.stream, distinct, copies);
        } else {
            self.counts.remove_copies(self.stream, distinct, copies);
        }
    }
}

impl Rolling for Baselined<'_> {
    fn change(&mut self, positions: Range<usize>, comes: bool) {
        let events = &self.stream.sequence[positions];
        if events.len() < GATHERED {
            for &distinct in events {
                self.change_one(distinct, 1, comes);
            }
            return;
        }
        for &distinct in events {
            self.copies[distinct as usize] += 1;
        }
        for &distinct in events {
            let copies = std::mem::take(&mut self.copies[distinct as usize]);
            if copies > 0 {
                self.change_one(distinct, copies, comes);
            }
        }
    }
}
