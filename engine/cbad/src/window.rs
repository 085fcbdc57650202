//! Windows of a stream, and which of its other events each is compared with.

use std::ops::Range;

use crate::config::{Baseline, Config};
use crate::stream::Stream;

/// Fewest calibration windows that a p-value is given for.
pub(crate) const MIN_HISTORY: usize = 19;

/// Most windows that an automatic plan makes of one stream; a longer stream gets longer windows instead.
const MOST_WINDOWS: usize = 20_000;

/// The windows of one stream and their baselines.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) window: usize,
    pub(crate) hop: usize,
    pub(crate) guard: usize,
    pub(crate) events: usize,
    pub(crate) count: usize,
    baseline: Reference,
}

#[derive(Clone, Debug)]
enum Reference {
    Rest,
    Trailing(usize),
    Marked(Range<usize>),
}

/// Up to two ranges of positions: the baseline before a window and the one after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) before: Range<usize>,
    pub(crate) after: Range<usize>,
}

impl Span {
    pub(crate) fn len(&self) -> usize {
        self.before.len() + self.after.len()
    }

    /// `count` positions spread evenly over the span, ascending; all of them where it has fewer.
    pub(crate) fn spread(&self, count: usize) -> impl Iterator<Item = usize> + '_ {
        let len = self.len();
        let count = count.min(len);
        (0..count).map(move |j| {
            let at = j * len / count;
            if at < self.before.len() {
                self.before.start + at
            } else {
                self.after.start + at - self.before.len()
            }
        })
    }
}

impl Plan {
    /// The plan for a stream, or why there is none.
    pub(crate) fn new(stream: &Stream, config: &Config) -> Result<Self, String> {
        let events = stream.len();
        let window = config.window.map_or_else(|| auto_window(events), |w| w as usize).max(1);
        let hop = config.hop.map_or_else(|| auto_hop(events, window), |h| h as usize).max(1);
        let (least, what) = (window * 4, "four windows");
        if events < least {
            return Err(format!("not enough history: {events} events, and {what} of {window} need {least}"));
        }
        let baseline = match &config.baseline {
            Baseline::Rest => Reference::Rest,
            Baseline::Trailing { events } => Reference::Trailing((*events as usize).max(window)),
            Baseline::Times { start_nanos, end_nanos } => {
                Reference::Marked(positions_between(stream, *start_nanos, *end_nanos))
            }
            Baseline::Events { first, end } => {
                Reference::Marked((*first as usize).min(events)..(*end as usize).min(events))
            }
        };
        if let Reference::Marked(range) = &baseline
            && range.len() < window * 2
        {
            return Err(format!(
                "the marked baseline holds {} events of this stream, and two windows of {window} need {}",
                range.len(),
                window * 2
            ));
        }
        // A baseline that holds the neighbours of a window masks an incident that lasts: its later lines make its
        // earlier ones look ordinary. docs/decisions/0004-guard.md has the measurement.
        let guard = if matches!(baseline, Reference::Rest) { events / 10 } else { 0 };
        let count = (events - window).div_ceil(hop) + 1;
        Ok(Self { window, hop, guard, events, count, baseline })
    }

    /// Positions of a window. The last one is moved back so that it ends with the stream.
    pub(crate) fn range(&self, index: usize) -> Range<usize> {
        let start = (index * self.hop).min(self.events - self.window);
        start..start + self.window
    }

    /// Positions that a window is compared with.
    pub(crate) fn baseline(&self, index: usize) -> Span {
        let window = self.range(index);
        let n = self.events;
        match &self.baseline {
            Reference::Rest => Span {
                before: 0..window.start.saturating_sub(self.guard),
                after: (window.end + self.guard).min(n)..n,
            },
            Reference::Trailing(events) => {
                Span { before: window.start.saturating_sub(*events)..window.start, after: n..n }
            }
            Reference::Marked(marked) => Span {
                before: marked.start..marked.end.min(window.start).max(marked.start),
                after: marked.start.max(window.end).min(marked.end)..marked.end,
            },
        }
    }

    /// Whether a window has enough baseline to be ranked at all: early windows of a trailing baseline have not.
    pub(crate) fn is_ranked(&self, index: usize) -> bool {
        self.baseline(index).len() >= self.window * 2
    }

    /// Whether window `other` may calibrate window `index`: neither overlaps nor stands within its guard.
    pub(crate) fn calibrates(&self, index: usize, other: usize) -> bool {
        let (a, b) = (self.range(index), self.range(other));
        b.end + self.guard <= a.start || a.end + self.guard <= b.start
    }
}

fn auto_window(events: usize) -> usize {
    let window = if events >= 1000 { 50 } else { (events / 20).max(8) };
    window.max(events.div_ceil(MOST_WINDOWS))
}

fn auto_hop(events: usize, window: usize) -> usize {
    (window / 5).max(events.div_ceil(MOST_WINDOWS)).clamp(1, window)
}

fn positions_between(stream: &Stream, start_nanos: i64, end_nanos: i64) -> Range<usize> {
    let inside = |i: &usize| stream.time_nanos(*i).is_some_and(|t| (start_nanos..end_nanos).contains(&t));
    let first = (0..stream.len()).find(inside);
    let last = (0..stream.len()).rev().find(inside);
    match (first, last) {
        (Some(first), Some(last)) => first..last + 1,
        _ => 0..0,
    }
}

/// Tells `change` which positions leave (`false`) and which come (`true`) when the baseline moves from `old` to `new`.
pub(crate) fn move_span(old: &Span, new: &Span, mut change: impl FnMut(usize, bool)) {
    for (old, new) in [(&old.before, &new.before), (&old.after, &new.after)] {
        if old.end <= new.start || new.end <= old.start {
            old.clone().for_each(|i| change(i, false));
            new.clone().for_each(|i| change(i, true));
            continue;
        }
        (old.start..new.start).for_each(|i| change(i, false));
        (new.start..old.start).for_each(|i| change(i, true));
        (new.end..old.end).for_each(|i| change(i, false));
        (old.end..new.end).for_each(|i| change(i, true));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ByteRange, Event, Signal, StreamKey};
    use crate::stream::StreamBuilder;

    fn stream(events: usize) -> Stream {
        let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
        let mut builder = StreamBuilder::new(key);
        for i in 0..events {
            let mut event = Event::new("x", ByteRange::default());
            event.time_nanos = Some(i as i64);
            builder.push(&event);
        }
        builder.finish()
    }

    #[test]
    fn windows_cover_every_event_and_never_leave_the_stream() {
        for events in [40, 160, 999, 1000, 1003, 5000] {
            let plan = Plan::new(&stream(events), &Config::default()).expect("long enough");
            let mut covered = vec![false; events];
            for i in 0..plan.count {
                covered[plan.range(i)].fill(true);
            }
            assert!(covered.iter().all(|c| *c), "{events}");
            assert!(plan.range(plan.count - 1).end == events);
        }
    }

    #[test]
    fn no_baseline_holds_its_window() {
        let stream = stream(1000);
        let baselines = [
            Baseline::Rest,
            Baseline::Trailing { events: 200 },
            Baseline::Events { first: 100, end: 400 },
            Baseline::Times { start_nanos: 100, end_nanos: 400 },
        ];
        for baseline in baselines {
            let plan = Plan::new(&stream, &Config { baseline, ..Config::default() }).expect("long enough");
            let mut held = std::collections::BTreeSet::new();
            let mut last = Span { before: 0..0, after: 0..0 };
            for i in 0..plan.count {
                let span = plan.baseline(i);
                move_span(&last, &span, |p, add| {
                    assert!(if add { held.insert(p) } else { held.remove(&p) });
                });
                let expected: Vec<_> = span.before.clone().chain(span.after.clone()).collect();
                assert_eq!(held.iter().copied().collect::<Vec<_>>(), expected);
                assert!(expected.iter().all(|p| !plan.range(i).contains(p)));
                last = span;
            }
        }
    }

    #[test]
    fn too_short_a_stream_says_so() {
        let error = Plan::new(&stream(31), &Config::default()).expect_err("31 events are too few");
        assert!(error.contains("31 events"), "{error}");
    }
}
