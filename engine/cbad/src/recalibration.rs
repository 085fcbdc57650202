//! What the investigator said of findings of an earlier run, as a new run takes it: ordinary, or to be left out.
//!
//! A dismissed stretch is ordinary. Its events belong to every baseline, its windows calibrate at any distance and are
//! themselves not judged, and a window that is no dearer than they are is given its rank alone: where the like is known to
//! be ordinary, no tail is modelled beyond it. A confirmed stretch is an incident: its events are in no baseline, and its
//! windows calibrate nothing.

use std::ops::Range;

use crate::config::{Config, Stretch};
use crate::span::Span;
use crate::stream::Stream;

/// The stretches of one stream, as its positions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    dismissed: Span,
    confirmed: Span,
}

impl Marks {
    pub(crate) fn of(stream: &Stream, config: &Config) -> Self {
        let span = |stretches: &[Stretch]| {
            let mut ranges: Vec<Range<usize>> =
                of_stream(stream, stretches).map(|s| positions(stream, s)).collect();
            ranges.sort_unstable_by_key(|range| (range.start, range.end));
            Span::new(ranges)
        };
        Self { dismissed: span(&config.dismissed), confirmed: span(&config.confirmed) }
    }

    /// The baseline of windows that cover `own`, as recalibrated.
    pub(crate) fn apply(&self, baseline: Span, own: &Range<usize>) -> Span {
        if self.dismissed.len() + self.confirmed.len() == 0 {
            return baseline;
        }
        let elsewhere = self.dismissed.without(&Span::new([own.clone()]));
        let mut ranges = [baseline.ranges(), elsewhere.ranges()].concat();
        ranges.sort_unstable_by_key(|range| (range.start, range.end));
        Span::new(ranges).without(&self.confirmed)
    }

    /// Whether a window has an event of a dismissed stretch.
    pub(crate) fn is_dismissed(&self, window: &Range<usize>) -> bool {
        self.dismissed.touches(window)
    }

    /// Whether more than half of a stretch is dismissed.
    pub(crate) fn is_mostly_dismissed(&self, stretch: &Range<usize>) -> bool {
        let left = Span::new([stretch.clone()]).without(&self.dismissed);
        left.len() * 2 < stretch.len()
    }

    /// Whether a window has an event of a confirmed stretch.
    pub(crate) fn is_confirmed(&self, window: &Range<usize>) -> bool {
        self.confirmed.touches(window)
    }
}

/// What a run says of a stream that was recalibrated; `None` where it was not.
pub(crate) fn note(stream: &Stream, config: &Config) -> Option<String> {
    let told = |stretches: &[Stretch], what: &str| {
        let of_each = of_stream(stream, stretches);
        let listed: Vec<String> =
            of_each.map(|s| format!("events {} to {}", s.first_event, s.last_event)).collect();
        (!listed.is_empty()).then(|| format!("{what}: {}", listed.join(", ")))
    };
    let dismissed = told(
        &config.dismissed,
        "recalibrated by what was dismissed, which counts as ordinary, calibrates and is not flagged",
    );
    let confirmed = told(
        &config.confirmed,
        "recalibrated by what was confirmed, which is in no baseline and calibrates nothing",
    );
    let notes: Vec<String> = dismissed.into_iter().chain(confirmed).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

fn of_stream<'a>(stream: &Stream, stretches: &'a [Stretch]) -> impl Iterator<Item = &'a Stretch> {
    let label = stream.key().label();
    stretches.iter().filter(move |stretch| stretch.stream == label)
}

fn positions(stream: &Stream, stretch: &Stretch) -> Range<usize> {
    let own = stream.len() - stream.anchored();
    let within = |position: u64| stream.anchored() + usize::try_from(position).unwrap_or(own).min(own);
    within(stretch.first_event)..within(stretch.last_event.saturating_add(1))
}
