//! Windows of a stream, and which of its other events each is compared with.

use std::iter;
use std::ops::Range;

use crate::config::{Baseline, Config};
use crate::recalibration::Marks;
use crate::season;
use crate::span::Span;
use crate::stream::Stream;

/// Fewest calibration windows that a p-value is given for.
pub(crate) const MIN_HISTORY: usize = 19;

/// Windows that a marked stretch has at least for it to calibrate by itself: those within its guard beside a window do not.
const MARKED_LEAST: usize = 2 * MIN_HISTORY;

/// Groups that a stream is divided into, where it has windows enough.
const GROUPS: usize = 50;

/// Most windows that an automatic plan makes of one stream; a longer stream gets longer windows instead.
const MOST_WINDOWS: usize = 20_000;

/// The windows of one stream and their baselines.
///
/// Windows that begin close to one another form a group and share one baseline, so that the baseline is counted, and
/// each distinct event coded, once a group and not once a window.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) window: usize,
    pub(crate) hop: usize,
    pub(crate) guard: usize,
    pub(crate) events: usize,
    pub(crate) count: usize,
    /// Windows a group.
    group: usize,
    /// Events before the first window: those of an anchor, which are baseline and never looked at.
    first: usize,
    baseline: Reference,
    /// What was said of findings of an earlier run.
    marks: Marks,
}

#[derive(Clone, Debug)]
enum Reference {
    Rest,
    Trailing(usize),
    /// One stretch of positions.
    Marked(Range<usize>),
    /// For each group, its positions.
    Season(Vec<Span>),
}

impl Plan {
    /// The plan for a stream, or why there is none.
    pub(crate) fn new(stream: &Stream, config: &Config) -> Result<Self, String> {
        let signal = stream.key().signal;
        if !config.signals.contains(&signal) {
            return Err(format!("left out: this run looks at other signals than {}", signal.name()));
        }
        if stream.key().is_further() {
            return Err(
                "left out: it holds the events of many streams, which are not one another's baseline"
                    .to_owned(),
            );
        }
        let first = stream.anchored();
        if first == 0 && matches!(config.baseline, Baseline::Anchor { .. }) {
            return Err("the anchor has no such stream".to_owned());
        }
        let events = stream.len();
        let own = events - first;
        let window = config.window.map_or_else(|| auto_window(own), |w| w as usize).max(1);
        let hop = config.hop.map_or_else(|| auto_hop(own, window), |h| h as usize).clamp(1, window);
        let least = if first == 0 { window * 4 } else { window };
        if own < least {
            let what = if first == 0 { "four windows" } else { "one window" };
            let events = if own == 1 { "event" } else { "events" };
            return Err(format!("not enough history: {own} {events}, and {what} of {window} need {least}"));
        }
        let mut plan = Self {
            window,
            hop,
            guard: 0,
            events,
            count: (own - window).div_ceil(hop) + 1,
            group: 1,
            first,
            baseline: Reference::Rest,
            marks: Marks::of(stream, config),
        };
        plan.refer_to(stream, &config.baseline)?;
        Ok(plan)
    }

    /// The windows of the anchor itself, cut alike, each compared with the rest of the anchor: what those of the capture
    /// are ranked among. `None` where there is no anchor, or one of less than four windows.
    pub(crate) fn of_anchor(&self) -> Option<Self> {
        let events = self.first;
        (events > 0 && events >= self.window * 4).then(|| Self {
            guard: events / 10,
            events,
            count: (events - self.window).div_ceil(self.hop) + 1,
            group: (events / GROUPS / self.hop).max(1),
            first: 0,
            baseline: Reference::Rest,
            marks: Marks::default(),
            ..*self
        })
    }

    fn refer_to(&mut self, stream: &Stream, baseline: &Baseline) -> Result<(), String> {
        let own = self.events - self.first;
        let marked = match baseline {
            Baseline::Anchor { .. } => 0..self.first,
            Baseline::Rest => {
                // A baseline that holds the neighbours of a window masks an incident that lasts: its later lines make
                // its earlier ones look ordinary. docs/decisions/0004-guard.md has the measurement.
                self.guard = own / 10;
                self.group = (own / GROUPS / self.hop).max(1);
                return Ok(());
            }
            Baseline::Trailing { events } => {
                let (held, least) = (*events as usize, self.window * 2);
                if held < least {
                    return Err(format!(
                        "the trailing baseline holds {held} events, and two windows of {} need {least}",
                        self.window
                    ));
                }
                self.baseline = Reference::Trailing(held);
                return Ok(());
            }
            Baseline::Season { period } => {
                self.group = (own / GROUPS / self.hop).max(1);
                let spans = season::spans(stream, self, *period)?;
                self.baseline = Reference::Season(spans);
                return Ok(());
            }
            Baseline::Times { start_nanos, end_nanos } => positions_between(stream, *start_nanos, *end_nanos),
            Baseline::Events { first, end } => (*first as usize).min(own)..(*end as usize).min(own),
        };
        let held = marked.len();
        if held < self.window * 2 {
            return Err(format!(
                "the marked baseline holds {held} events of this stream, and two windows of {} need {}",
                self.window,
                self.window * 2
            ));
        }
        // As wide beside a window as it is within an anchor.
        self.guard = held / 10;
        self.baseline = Reference::Marked(marked);
        Ok(())
    }

    /// Positions of a window. The last one is moved back so that it ends with the stream.
    pub(crate) fn range(&self, index: usize) -> Range<usize> {
        let start = (self.first + index * self.hop).min(self.events - self.window);
        start..start + self.window
    }

    /// Whether two windows, of which the first begins no later, are of one finding: they overlap or stand less than a window
    /// apart.
    pub(crate) fn are_joined(&self, earlier: usize, later: usize) -> bool {
        self.range(later).start < self.range(earlier).end + self.window
    }

    /// Events before the first window, which belong to the anchor.
    pub(crate) fn first(&self) -> usize {
        self.first
    }

    /// Windows that share one baseline.
    pub(crate) fn groups(&self) -> impl ExactSizeIterator<Item = Range<usize>> + Clone + use<> {
        let (group, count) = (self.group, self.count);
        (0..count.div_ceil(group)).map(move |g| g * group..((g + 1) * group).min(count))
    }

    /// Positions that the windows of a group cover.
    pub(crate) fn covered(&self, group: &Range<usize>) -> Range<usize> {
        self.range(group.start).start..self.range(group.end - 1).end
    }

    /// Positions that a window is compared with.
    pub(crate) fn baseline(&self, index: usize) -> Span {
        let group = index / self.group * self.group;
        let group = group..(group + self.group).min(self.count);
        let own = self.covered(&group);
        let n = self.events;
        let span = match &self.baseline {
            Reference::Rest => Span::new([
                self.first..own.start.saturating_sub(self.guard).max(self.first),
                (own.end + self.guard).min(n)..n,
            ]),
            Reference::Trailing(events) => {
                Span::new(iter::once(own.start.saturating_sub(*events).max(self.first)..own.start))
            }
            Reference::Marked(m) => Span::new([
                m.start..m.end.min(own.start.saturating_sub(self.guard)),
                m.start.max(own.end + self.guard)..m.end,
            ]),
            Reference::Season(spans) => spans[index / self.group].clone(),
        };
        self.marks.apply(span, &own)
    }

    /// Whether a window is ordinary because the investigator said so.
    pub(crate) fn is_dismissed(&self, index: usize) -> bool {
        self.marks.is_dismissed(&self.range(index))
    }

    /// Whether more than half of a stretch is ordinary because the investigator said so.
    pub(crate) fn is_mostly_dismissed(&self, stretch: &Range<usize>) -> bool {
        self.marks.is_mostly_dismissed(stretch)
    }

    /// Whether a window holds part of a confirmed incident.
    pub(crate) fn is_confirmed(&self, index: usize) -> bool {
        self.marks.is_confirmed(&self.range(index))
    }

    /// Whether a window has enough baseline to be ranked at all: early windows of a trailing baseline have not.
    pub(crate) fn is_ranked(&self, index: usize) -> bool {
        self.baseline(index).len() >= self.window * 2
    }

    /// Whether a window is among those that others are ranked against, as far as its place goes: where a stretch is marked as good, only
    /// what lies in it is known to be ordinary. Of a stretch with too few windows for that, all are.
    pub(crate) fn is_calibrating(&self, index: usize) -> bool {
        let Reference::Marked(marked) = &self.baseline else { return true };
        let own = self.range(index);
        let windows = marked.len().saturating_sub(self.window) / self.hop + 1;
        windows < MARKED_LEAST || marked.start <= own.start && own.end <= marked.end
    }

    /// Whether window `other` may calibrate window `index`: neither overlaps nor stands within its guard.
    ///
    /// At the beginning of a stream there is no before that could tell an incident from a state in which the capture was
    /// begun. There the guard is no wider than what stands before the window, and earlier windows calibrate at any
    /// distance: docs/decisions/0006-beginning.md.
    pub(crate) fn calibrates(&self, index: usize, other: usize) -> bool {
        let (a, b) = (self.range(index), self.range(other));
        let before = a.start - self.first;
        let (guard_before, guard_after) =
            if before < 2 * self.guard { (0, self.guard.min(before)) } else { (self.guard, self.guard) };
        b.end + guard_before <= a.start || a.end + guard_after <= b.start
    }
}

fn auto_window(events: usize) -> usize {
    let window = if events >= 1000 { 50 } else { (events / 20).max(8) };
    window.max(events.div_ceil(MOST_WINDOWS))
}

/// Short streams get windows that overlap five times, so that an odd stretch lies whole in one of them; long ones have
/// windows enough, and time that grows with the events alone.
fn auto_hop(events: usize, window: usize) -> usize {
    let overlap = match events {
        0..50_000 => 5,
        50_000..100_000 => 2,
        _ => 1,
    };
    (window / overlap).max(1)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::StreamBuilder;
    use crate::event::{ByteRange, Event, Signal, StreamKey};

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
            for i in 0..plan.count {
                assert!(plan.baseline(i).iter().all(|p| !plan.range(i).contains(&p)));
            }
        }
    }

    #[test]
    fn too_short_a_stream_says_so() {
        let error = Plan::new(&stream(31), &Config::default()).expect_err("31 events are too few");
        assert!(error.contains("31 events"), "{error}");
        let short = Config { baseline: Baseline::Trailing { events: 99 }, ..Config::default() };
        let error = Plan::new(&stream(3000), &short).expect_err("nothing can be ranked among so few");
        assert!(error.contains("holds 99 events, and two windows of 50 need 100"), "{error}");
    }
}
