//! The rate lens: how long a window takes against the pace of its baseline, and how long nothing comes.
//!
//! A window of n events that takes x times as long as n events of the baseline costs n (x - 1 - ln x) / ln 2 bits more
//! when its arrivals are coded at the baseline's pace than at its own: the log-likelihood ratio of two Poisson rates. It
//! grows both ways, and a silence is a window that takes very long. A stream that ends before its capture has a silence
//! after its last event.

use std::ops::Range;

use crate::fixed::{FRACTION, Log2, ONE_BIT};
use crate::lens::{self, Pace, Rolling};
use crate::permutation::Deck;
use crate::span::Span;
use crate::stream::{NO_TIME, Stream};
use crate::tail::Tail;
use crate::watch::Cancelled;
use crate::window::Plan;

/// log2 e in fixed point.
const LOG2_E: i64 = 1_512_775;

/// Least share of events with a time, in hundredths.
const TIMED: usize = 99;

/// Part of the time from a stream's first event to the end of its capture below which it was there for a moment: that of the
/// guard beside a window.
const MOMENT: u64 = 10;

/// Longest x that is told apart, and shortest 1 / x: 2^20.
const FARTHEST: i64 = 20 << FRACTION;

/// Whether the stream's events have times, in order, that are not all the same.
pub(crate) fn applies(stream: &Stream) -> bool {
    let times = &stream.times_nanos[stream.anchored()..];
    let known = times.iter().filter(|t| **t != NO_TIME).count();
    if known == 0 || known * 100 < times.len() * TIMED {
        return false;
    }
    let mut in_order = times.iter().filter(|t| **t != NO_TIME);
    let (first, last) = (in_order.clone().next(), in_order.clone().next_back());
    first < last && in_order.try_fold(i64::MIN, |a, &b| (a <= b).then_some(b)).is_some()
}

/// Nanoseconds before an event since the event before it; 0 where either time is unknown, and for the first.
#[inline]
pub(crate) fn wait(stream: &Stream, position: usize) -> u64 {
    // The last event of an anchor and the first after it have nothing to do with one another.
    if position == 0 || position == stream.anchored() {
        return 0;
    }
    between(stream.times_nanos[position - 1], stream.times_nanos[position])
}

fn between(before: i64, time: i64) -> u64 {
    if before == NO_TIME || time == NO_TIME { 0 } else { time.saturating_sub(before).max(0) as u64 }
}

/// The tail of a stream's waits.
pub(crate) fn tail(stream: &Stream) -> Option<Tail> {
    Tail::of((stream.anchored()..stream.len()).map(|p| wait(stream, p)))
}

/// Nanoseconds from a stream's last event to the end of its capture; 0 of a stream that was there for a moment only, which is a task
/// that was done and not a service that fell silent.
pub(crate) fn silence_at_end(stream: &Stream) -> u64 {
    let mut known = stream.times_nanos[stream.anchored()..].iter().filter(|t| **t != NO_TIME);
    let (Some(&first), Some(until)) = (known.next(), stream.covered_until_nanos) else { return 0 };
    let last = known.next_back().copied().unwrap_or(first);
    let silence = between(last, until);
    if between(first, last) < between(first, until) / MOMENT { 0 } else { silence }
}

/// Evidence of the longest wait of these positions against the tail of all waits of the stream, bits.
pub(crate) fn silence_bits(stream: &Stream, waits: Option<Tail>, positions: &Range<usize>) -> f64 {
    wait_bits(stream, waits, longest_wait(stream, positions).0)
}

/// The same of a wait of so many nanoseconds.
pub(crate) fn wait_bits(stream: &Stream, waits: Option<Tail>, nanos: u64) -> f64 {
    waits.map_or(0.0, |tail| tail.surprise_bits(nanos, stream.len() - stream.anchored()))
}

/// Scores every window of the plan, fixed point: the larger evidence of its pace and of its longest wait.
pub(crate) fn score(
    stream: &Stream,
    plan: &Plan,
    waits: Option<Tail>,
    log2: &Log2,
    pace: &Pace<'_>,
) -> Result<Vec<i64>, Cancelled> {
    let empty = Waited { stream, nanos: 0, events: 0 };
    lens::over_groups(plan, empty, |baseline, group| {
        let scores = group.clone().map(|index| {
            let range = plan.range(index);
            let taken = taken(stream, &range);
            let pace = surplus(log2, taken, plan.window as u64, baseline.nanos, baseline.events);
            pace.max((silence_bits(stream, waits, &range) * ONE_BIT as f64) as i64)
        });
        let scores = scores.collect();
        pace.step(group.len())?;
        Ok(scores)
    })
}

/// Nanoseconds that the events at these positions were waited for, and the silence after them if nothing follows.
pub(crate) fn taken(stream: &Stream, positions: &Range<usize>) -> u64 {
    let sum: u64 = positions.clone().map(|p| wait(stream, p)).sum();
    if positions.end == stream.len() { sum + silence_at_end(stream) } else { sum }
}

/// The longest wait of these positions, and the event that ended it; the silence after a stream's end has none.
pub(crate) fn longest_wait(stream: &Stream, positions: &Range<usize>) -> (u64, Option<usize>) {
    let inside = positions.clone().map(|p| (wait(stream, p), Some(p))).max().unwrap_or((0, None));
    if positions.end < stream.len() { inside } else { inside.max((silence_at_end(stream), None)) }
}

/// Nanoseconds waited in a span, and for how many events.
pub(crate) fn waited(stream: &Stream, span: &Span) -> (u64, u64) {
    let mut baseline = Waited { stream, nanos: 0, events: 0 };
    span.ranges().iter().for_each(|range| baseline.change(range.clone(), true));
    (baseline.nanos, baseline.events)
}

#[derive(Clone)]
struct Waited<'s> {
    stream: &'s Stream,
    nanos: u64,
    events: u64,
}

impl Rolling for Waited<'_> {
    fn change(&mut self, positions: Range<usize>, comes: bool) {
        let (nanos, events): (u64, u64) =
            (positions.clone().map(|p| wait(self.stream, p)).sum(), positions.len() as u64);
        if comes {
            self.nanos += nanos;
            self.events += events;
        } else {
            self.nanos -= nanos;
            self.events -= events;
        }
    }
}

/// Fixed-point bits of `events` that took `nanos`, against a baseline. One more event at the baseline's pace is added
/// to the window, so that events that all carry one time cost a finite number.
pub(crate) fn surplus(log2: &Log2, nanos: u64, events: u64, all_nanos: u64, all_events: u64) -> i64 {
    if all_nanos == 0 || all_events == 0 {
        return 0;
    }
    let log2_x = log2_x(log2, nanos, events, all_nanos, all_events);
    let n = events as i64 + 1;
    let x = fixed_exp2(log2_x);
    let linear = (i128::from(x - (1 << FRACTION)) * i128::from(LOG2_E)) >> FRACTION;
    n * (linear as i64 - log2_x).max(0)
}

/// log2 of how many times as long as at the baseline's pace, fixed point.
pub(crate) fn log2_x(log2: &Log2, nanos: u64, events: u64, all_nanos: u64, all_events: u64) -> i64 {
    let top = u128::from(nanos) * u128::from(all_events) + u128::from(all_nanos);
    let below = u128::from(events + 1) * u128::from(all_nanos);
    (wide(log2, top) - wide(log2, below)).clamp(-FARTHEST, FARTHEST)
}

/// log2 of a number of up to 128 bits, from its leading 64.
fn wide(log2: &Log2, x: u128) -> i64 {
    let shift = 64_u32.saturating_sub(x.leading_zeros());
    log2.of((x >> shift) as u64) + (i64::from(shift) << FRACTION)
}

/// 2^x in fixed point, for |x| up to [`FARTHEST`]: a product of square roots of 2, one for each binary digit.
fn fixed_exp2(x: i64) -> i64 {
    let whole = x >> FRACTION;
    let fraction = x - (whole << FRACTION);
    // 2^(2^-k) in 62 fractional bits, by repeated square roots, so that it is the same everywhere.
    let mut root: u128 = 2 << 62;
    let mut product: u128 = 1 << 62;
    for digit in (0..FRACTION).rev() {
        root = (root << 62).isqrt();
        if fraction >> digit & 1 == 1 {
            product = (product * root) >> 62;
        }
    }
    let shift = 62 - i64::from(FRACTION) - whole;
    (product >> shift) as i64
}

/// The pace of a dealt window against the rest of its deck.
pub(crate) struct RateDeck<'a> {
    log2: &'a Log2,
    waits: Vec<u64>,
    total: u64,
}

impl<'a> RateDeck<'a> {
    pub(crate) fn new(stream: &Stream, log2: &'a Log2, positions: &[usize]) -> Self {
        let waits: Vec<u64> = positions.iter().map(|&p| wait(stream, p)).collect();
        Self { log2, total: waits.iter().sum(), waits }
    }
}

impl Deck for RateDeck<'_> {
    fn len(&self) -> usize {
        self.waits.len()
    }

    fn statistic(&mut self, window: &[u32]) -> i64 {
        let nanos: u64 = window.iter().map(|&m| self.waits[m as usize]).sum();
        let events = window.len() as u64;
        surplus(self.log2, nanos, events, self.total - nanos, self.waits.len() as u64 - events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixed::bits;

    #[test]
    fn powers_of_two() {
        for (x, expected) in [(0.0, 1.0), (1.0, 2.0), (-1.0, 0.5), (10.5, 1_448.154_687), (-3.25, 0.105_112)]
        {
            let power = bits(fixed_exp2((x * ONE_BIT as f64) as i64));
            assert!((power / expected - 1.0).abs() < 1e-4, "2^{x} is {power}");
        }
    }

    #[test]
    fn bits_grow_both_ways_from_the_baselines_pace() {
        let log2 = Log2::default();
        let cost = |nanos| bits(surplus(&log2, nanos, 50, 1_000_000, 1_000));
        assert!(cost(50_000) < 0.01, "{}", cost(50_000));
        // n (x - 1 - ln x) / ln 2 at x = 151 / 51 of one pace: 51 · (2.961 - 1 - 1.0855) / 0.6931.
        assert!((cost(150_000) - 64.4).abs() < 0.2, "{}", cost(150_000));
        assert!(cost(10_000) > 40.0 && cost(0) > cost(10_000));
        assert!(cost(1_000_000) > cost(500_000));
    }
}
