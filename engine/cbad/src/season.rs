//! The same hour of other days, or the same hour of other weeks: a baseline for captures with a rhythm.

use std::ops::Range;

use crate::config::Period;
use crate::span::Span;
use crate::stream::Stream;
use crate::window::Plan;

const HOUR: i64 = 3_600_000_000_000;

/// Periods that a capture must hold for its rhythm to be known: the window's own, and two to compare it with.
const LEAST_PERIODS: i64 = 3;

impl Period {
    /// Length of the period, nanoseconds.
    pub const fn nanos(self) -> i64 {
        match self {
            Self::Day => 24 * HOUR,
            Self::Week => 7 * 24 * HOUR,
        }
    }
}

/// The baseline of each group: events of other periods at the group's own hours, half an hour wider on each side.
pub(crate) fn spans(stream: &Stream, plan: &Plan, period: Period) -> Result<Vec<Span>, String> {
    let (name, needed) = match period {
        Period::Day => ("day", "three days"),
        Period::Week => ("week", "three weeks"),
    };
    let order = || (plan.first()..stream.len()).map(|p| stream.time_nanos(p));
    let Some(times) = order().collect::<Option<Vec<i64>>>() else {
        return Err(format!("some events have no time, so that the same hour of another {name} is unknown"));
    };
    if !times.is_sorted() {
        return Err(format!("events are not in the order of time, so that there is no other {name}"));
    }
    let (earliest, latest) = (times[0], times[times.len() - 1]);
    let length = period.nanos();
    if latest - earliest < (LEAST_PERIODS - 1) * length {
        return Err(format!("the stream is shorter than it takes to compare a {name} with others: {needed}"));
    }
    let between = |start: i64, end: i64| -> Range<usize> {
        let first = times.partition_point(|t| *t < start);
        plan.first() + first..plan.first() + times.partition_point(|t| *t < end).max(first)
    };
    let spans = plan.groups().map(|group| {
        let own = plan.covered(&group);
        let start = times[own.start - plan.first()] - HOUR / 2;
        let end = (times[own.end - 1 - plan.first()] + HOUR / 2).min(start + length);
        let back = (start - earliest) / length + 1;
        let ahead = (latest - start) / length + 1;
        Span::new((-back..=ahead).filter(|k| *k != 0).map(|k| {
            let range = between(start + k * length, end + k * length);
            // A group of several hours may reach into its own neighbour periods.
            if k < 0 { range.start..range.end.min(own.start) } else { range.start.max(own.end)..range.end }
        }))
    });
    Ok(spans.collect())
}
