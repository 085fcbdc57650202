//! From flagged windows to findings: what overlaps belongs together.

use std::cmp::Ordering;
use std::ops::Range;

use crate::analyze::Scored;
use crate::judge::{At, Verdicts};
use crate::result::Lens;
use crate::window::Plan;

/// Windows `windows` of one stream, the most surprising of them `peak` through the lens of `track`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cluster {
    pub(crate) stream: usize,
    pub(crate) windows: Range<usize>,
    pub(crate) peak: usize,
    pub(crate) track: usize,
    pub(crate) flagged: bool,
    /// The one event of its window that is told, and nothing else of it.
    pub(crate) odd: Option<usize>,
}

impl Cluster {
    /// Positions of its events.
    pub(crate) fn events(&self, plan: &Plan) -> Range<usize> {
        if let Some(position) = self.odd {
            return position..position + 1;
        }
        plan.range(self.windows.start).start..plan.range(self.windows.end - 1).end
    }

    /// Positions of its events and, where it is flagged, of a window before and after: what led to a fault and what is left of
    /// it are no news beside it.
    pub(crate) fn surroundings(&self, plan: &Plan) -> Range<usize> {
        let Range { start, end } = self.events(plan);
        let around = if self.flagged { plan.window } else { 0 };
        start.saturating_sub(around)..end.saturating_add(around)
    }

    /// The hypothesis that stands for it.
    pub(crate) fn at(&self) -> At {
        At { stream: self.stream, track: self.track, window: self.peak }
    }
}

/// Windows that any lens flags, or widens a finding to, joined where they overlap or stand less than a window apart.
pub(crate) fn clusters(stream: usize, s: &Scored<'_>, verdicts: &Verdicts) -> Vec<Cluster> {
    let plan = &s.plan;
    let mut joined: Vec<Range<usize>> = Vec::new();
    for index in (0..plan.count).filter(|&i| verdicts.any_widened(stream, i)) {
        match joined.last_mut() {
            Some(last) if plan.are_joined(last.end - 1, index) => last.end = index + 1,
            _ => joined.push(index..index + 1),
        }
    }
    // A stretch may widen to windows near the flagged ones and not beside them: those alone are no finding.
    let peak_of = |windows: Range<usize>| {
        let flagged = || {
            let windows = windows
                .clone()
                .flat_map(|window| (0..s.tracks.len()).map(move |track| At { stream, track, window }));
            windows.filter(|&at| verdicts.is_flagged(at))
        };
        let peak = flagged().max_by(|&a, &b| by_surprise(s, verdicts, a, b))?;
        // A kind says in more detail what the share of a field's value says: that there are more errors, and which.
        let of_kinds = flagged().filter(|at| s.tracks[at.track].lens == Lens::Mix);
        let of_kinds = of_kinds.max_by(|&a, &b| by_surprise(s, verdicts, a, b));
        let peak = of_kinds.filter(|_| is_by_shares(s, peak)).unwrap_or(peak);
        Some(Cluster { stream, peak: peak.window, track: peak.track, windows, flagged: true, odd: None })
    };
    joined.into_iter().filter_map(peak_of).collect()
}

/// Whether it is the share of a field's value by which a window is unusual.
fn is_by_shares(s: &Scored<'_>, at: At) -> bool {
    s.tracks[at.track].lens == Lens::Values && s.singles.values.is_by_shares(at.window)
}

/// Which of two hypotheses of one stream says more: by surprise, then by score, then the earlier lens and window.
fn by_surprise(s: &Scored<'_>, verdicts: &Verdicts, a: At, b: At) -> Ordering {
    let surprise = |at: At| verdicts.rank(at).map_or(0.0, |r| r.surprise_bits);
    let score = |at: At| s.tracks[at.track].scores[at.window];
    (surprise(a).total_cmp(&surprise(b)))
        .then((b.track, score(a)).cmp(&(a.track, score(b))))
        .then(b.window.cmp(&a.window))
}

/// The `most` most surprising windows of a stream through lenses that are `wanted`, which neither overlap one another nor
/// events that are `taken` already.
pub(crate) fn most_unusual(
    stream: usize,
    s: &Scored<'_>,
    verdicts: &Verdicts,
    wanted: impl Fn(Lens) -> bool,
    taken: Vec<Range<usize>>,
    most: usize,
) -> Vec<Cluster> {
    let plan = &s.plan;
    let wanted: Vec<usize> = (0..s.tracks.len()).filter(|&track| wanted(s.tracks[track].lens)).collect();
    let mut order: Vec<At> = (0..plan.count)
        .filter_map(|window| {
            let tracks = wanted.iter().map(|&track| At { stream, track, window });
            tracks.filter(|&at| verdicts.rank(at).is_some()).max_by(|&a, &b| by_surprise(s, verdicts, a, b))
        })
        .collect();
    order.sort_by(|&a, &b| by_surprise(s, verdicts, b, a));
    let overlap = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
    let mut ranges = taken;
    let mut found = Vec::new();
    for At { track, window, .. } in order {
        if found.len() == most {
            break;
        }
        let range = plan.range(window);
        if ranges.iter().any(|r| overlap(r, &range)) {
            continue;
        }
        ranges.push(range);
        let windows = window..window + 1;
        found.push(Cluster { stream, windows, peak: window, track, flagged: false, odd: None });
    }
    found
}
