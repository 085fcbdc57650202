//! What would have to be otherwise for a finding's dearest window not to be flagged.
//!
//! The window is held to the score that its lens would have needed: the least at which the cautious tail p still passes
//! the run's correction. Events are taken out greedily, the one that carries most first, and the window is scored anew
//! after each. For the content lens that is the smallest set there is; for the others it is a small one.

use std::cmp::Reverse;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::analyze::Scored;
use crate::content::{self, novelty};
use crate::count_code::Coder;
use crate::finding::Cluster;
use crate::fixed::{Log2, ONE_BIT, bits};
use crate::kind_names;
use crate::lens;
use crate::mix::{self, Tally};
use crate::order::{self, Steps};
use crate::rate;
use crate::result::{Lens, Shift, ShiftKind};
use crate::significance;
use crate::stream::Stream;

/// Most values of a stream's channels at which readings are taken out one by one.
const VALUES_MOST: usize = 500_000;

/// What would have to be otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Way {
    /// The events of [`Counterfactual::events`] would have to be gone.
    Events,
    /// The one long pause would have to be no longer than this.
    Pause {
        /// Longest pause, nanoseconds.
        nanos: u64,
    },
    /// The window's events would have to take no longer than this.
    Faster {
        /// Longest time for all events of the window, nanoseconds.
        nanos: u64,
    },
    /// The window's events would have to take at least this long.
    Slower {
        /// Shortest time for all events of the window, nanoseconds.
        nanos: u64,
    },
    /// Kinds that are missing would have to come as often as in the baseline.
    Present {
        /// Names of their templates.
        names: Vec<String>,
    },
    /// Nothing that leaves half of the window in place does it: the whole window is unusual.
    Whole,
}

/// What would have to be otherwise for the dearest window of a finding not to be flagged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counterfactual {
    /// What it takes.
    pub way: Way,
    /// Positions in the stream, ascending, of a small set of events without which the window would not be flagged.
    pub events: Vec<u64>,
    /// Least score, bits, that is flagged in this place.
    pub threshold_bits: f64,
    /// Score of the window if it were so, bits; the lowest that was reached where nothing does it.
    pub score_without_bits: f64,
}

/// What would have to be otherwise; `None` for a finding that is not flagged, or where no score can be told.
pub(crate) fn of(
    s: &Scored<'_>,
    cluster: &Cluster,
    shifts: &[Shift],
    passing_p: f64,
    coder: &Coder,
) -> Option<Counterfactual> {
    let track = &s.tracks[cluster.track];
    if !cluster.flagged {
        return None;
    }
    let anchor = s.anchor.as_ref().map(|tracks| &tracks[cluster.track]);
    let least = significance::least_score(&s.plan, track, anchor, cluster.peak, passing_p)?;
    let case = Case { s, peak: cluster.peak, threshold: least.max(track.lens.least_effect()), coder };
    match track.lens {
        Lens::Content => Some(case.take_out(&OfContent::new(s, cluster.peak, coder))),
        Lens::Mix => Some(case.of_mix(shifts)),
        Lens::Rate => Some(case.of_rate(shifts)),
        Lens::Order => Some(case.take_out(&OfOrder::new(s, cluster.peak, &coder.log2))),
        Lens::Values => {
            let values: usize = s.stream.channels.iter().map(|c| c.values.len()).sum();
            let (stream, values_lens) = (s.stream, &s.singles.values);
            (values <= VALUES_MOST).then(|| {
                let readings = stream.readings();
                case.take_out(&values_lens.without(readings, &s.plan, cluster.peak, &coder.log2))
            })
        }
    }
}

/// A window from which events can be taken out.
pub(crate) trait Reducible {
    /// Number of its events.
    fn len(&self) -> usize;
    /// Its score without the events at these positions, fixed point.
    fn score(&self, gone: &[usize]) -> i64;
    /// The event that carries most of what is left; `None` where none carries anything.
    fn dearest(&self, gone: &[usize]) -> Option<usize>;
}

struct Case<'a, 's> {
    s: &'a Scored<'s>,
    peak: usize,
    threshold: i64,
    coder: &'a Coder,
}

impl Case<'_, '_> {
    fn result(&self, way: Way, events: &[usize], score: i64) -> Counterfactual {
        let mut events: Vec<u64> = events.iter().filter_map(|&p| self.s.own(p)).collect();
        events.sort_unstable();
        Counterfactual { way, events, threshold_bits: bits(self.threshold), score_without_bits: bits(score) }
    }

    fn take_out(&self, window: &dyn Reducible) -> Counterfactual {
        let mut gone: Vec<usize> = Vec::new();
        let mut lowest = window.score(&gone);
        while lowest >= self.threshold {
            let next = if gone.len() < window.len() / 2 { window.dearest(&gone) } else { None };
            let Some(position) = next else { return self.result(Way::Whole, &[], lowest) };
            gone.push(position);
            lowest = lowest.min(window.score(&gone));
        }
        // What was taken out before the event that decides may not have been needed.
        for position in gone.clone() {
            let fewer: Vec<usize> = gone.iter().copied().filter(|p| *p != position).collect();
            if window.score(&fewer) < self.threshold {
                gone = fewer;
            }
        }
        self.result(Way::Events, &gone, window.score(&gone))
    }

    fn of_mix(&self, shifts: &[Shift]) -> Counterfactual {
        let window = OfMix::new(self.s, self.peak, &self.coder.log2);
        let is_too_few = matches!(
            shifts.iter().find(|shift| shift.lens == Lens::Mix).map(|shift| shift.kind),
            Some(ShiftKind::Missing | ShiftKind::LessOften)
        );
        if is_too_few {
            let missed = window.missed(self.threshold);
            let score = window.score_with(&missed);
            if score < self.threshold {
                let names = missed.iter().map(|&(t, _)| kind_names::kind_name(self.s.stream, t)).collect();
                return self.result(Way::Present { names }, &[], score);
            }
        }
        self.take_out(&window)
    }

    /// The pace, or the one long wait, on the near side of the threshold, by halving.
    fn of_rate(&self, shifts: &[Shift]) -> Counterfactual {
        let (s, log2) = (self.s, &self.coder.log2);
        let (window, n) = (s.plan.range(self.peak), s.plan.window as u64);
        let (all_nanos, all_events) = rate::waited(s.stream, &s.plan.baseline(self.peak));
        let taken = rate::taken(s.stream, &window);
        let (longest, _) = rate::longest_wait(s.stream, &window);
        let score = |nanos: u64, wait: u64| {
            let wait = (rate::wait_bits(s.stream, s.singles.waits, wait) * ONE_BIT as f64) as i64;
            rate::surplus(log2, nanos, n, all_nanos, all_events).max(wait)
        };
        let ordinary = (u128::from(all_nanos) * u128::from(n) / u128::from(all_events.max(1))) as u64;
        if shifts.iter().any(|shift| shift.kind == ShiftKind::Silence) {
            let of_pause = |pause: u64| score(taken - longest + pause, pause);
            // As long as makes the pace an ordinary one, or as one ordinary wait.
            let fitting = longest.saturating_sub(taken.saturating_sub(ordinary));
            let ordinary_wait = (ordinary / n.max(1)).min(longest);
            let passing =
                [fitting, ordinary_wait].into_iter().find(|&pause| of_pause(pause) < self.threshold);
            if let Some(passing) = passing {
                let nanos = nearest_passing(passing, longest, |pause| of_pause(pause) < self.threshold);
                return self.result(Way::Pause { nanos }, &[], of_pause(nanos));
            }
        }
        // What comes sooner is waited for less, each event as much.
        let wait = |nanos: u64| {
            let part = u128::from(longest) * u128::from(nanos) / u128::from(taken.max(1));
            if nanos < taken { part as u64 } else { longest }
        };
        let of_pace = |nanos: u64| score(nanos, wait(nanos));
        if of_pace(ordinary) >= self.threshold {
            return self.result(Way::Whole, &[], of_pace(ordinary));
        }
        let nanos = nearest_passing(ordinary, taken, |nanos| of_pace(nanos) < self.threshold);
        let way = if nanos < taken { Way::Faster { nanos } } else { Way::Slower { nanos } };
        self.result(way, &[], of_pace(nanos))
    }
}

/// From what passes towards what does not, as far as it passes.
fn nearest_passing(mut passing: u64, mut failing: u64, passes: impl Fn(u64) -> bool) -> u64 {
    while passing.abs_diff(failing) > 1 {
        let middle = passing.midpoint(failing);
        if passes(middle) { passing = middle } else { failing = middle }
    }
    passing
}

/// Novelties of the window, dearest first.
struct OfContent(Vec<(Reverse<i64>, usize)>);

impl OfContent {
    fn new(s: &Scored<'_>, peak: usize, coder: &Coder) -> Self {
        let counts = content::counts_of(s.stream, &s.plan.baseline(peak));
        let cost = |position: usize| {
            let distinct = s.stream.sequence[position];
            novelty(counts.event_cost(coder, s.stream, distinct), s.stream.different_len(distinct))
        };
        let mut costs: Vec<_> = s.plan.range(peak).map(|p| (Reverse(cost(p)), p)).collect();
        costs.sort_unstable();
        Self(costs)
    }

    fn left(&self, gone: &[usize]) -> impl Iterator<Item = &(Reverse<i64>, usize)> {
        self.0.iter().filter(move |(_, position)| !gone.contains(position))
    }
}

impl Reducible for OfContent {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn score(&self, gone: &[usize]) -> i64 {
        let mut costs: Vec<i64> = self.left(gone).map(|(cost, _)| cost.0).collect();
        lens::combine(&mut costs, content::DEAREST)
    }

    fn dearest(&self, gone: &[usize]) -> Option<usize> {
        self.left(gone).next().map(|(_, position)| *position)
    }
}

/// The kinds of the window against those of the baseline.
struct OfMix<'a> {
    stream: &'a Stream,
    log2: &'a Log2,
    window: Range<usize>,
    baseline: Vec<u32>,
    events: u64,
    /// The absences that the window lies in: template and fixed-point bits.
    absences: Vec<(u16, i64)>,
}

impl<'a> OfMix<'a> {
    fn new(s: &'a Scored<'_>, peak: usize, log2: &'a Log2) -> Self {
        let (own, window) = (s.plan.range(peak), mix::stretch(s.stream, &s.plan, peak, log2));
        let (baseline, events) = mix::shares_of(s.stream, &s.plan.baseline(peak));
        let over = s.singles.absences.iter().filter(|a| mix::lies_in(&own, &a.positions));
        let absences = over.map(|a| (a.template, (a.bits * ONE_BIT as f64) as i64)).collect();
        Self { stream: s.stream, log2, window, baseline, events, absences }
    }

    fn left(&self, gone: &[usize]) -> (Vec<usize>, Tally) {
        let left: Vec<usize> = self.window.clone().filter(|p| !gone.contains(p)).collect();
        let mut tally = Tally::new(self.stream.kinds);
        for &position in &left {
            tally.add(self.stream.kind(position));
        }
        (left, tally)
    }

    /// The kinds whose absence alone would be flagged, or else the one that falls shortest, and how often a window of the
    /// baseline has each.
    fn missed(&self, threshold: i64) -> Vec<(u16, u64)> {
        let (left, tally) = self.left(&[]);
        let n = left.len() as u64;
        let usual = |t: u16| (u64::from(self.baseline[usize::from(t)]) * n).div_ceil(self.events.max(1));
        let short = |t: u16| usual(t).saturating_sub(u64::from(tally.count(t)));
        let mut missed: Vec<u16> =
            self.absences.iter().filter(|(_, bits)| *bits >= threshold).map(|(t, _)| *t).collect();
        missed.sort_unstable();
        missed.dedup();
        if missed.is_empty() {
            missed.extend((0..self.baseline.len() as u16).max_by_key(|&t| (short(t), Reverse(t))));
        }
        missed.into_iter().map(|t| (t, usual(t).max(1))).collect()
    }

    /// The score if these kinds came so often: their absences are over then.
    fn score_with(&self, kinds: &[(u16, u64)]) -> i64 {
        let (_, mut tally) = self.left(&[]);
        for &(template, times) in kinds {
            (u64::from(tally.count(template))..times).for_each(|_| tally.add(template));
        }
        let is_over = |template: u16| kinds.iter().any(|(t, _)| *t == template);
        let absences = self.absences.iter().filter(|(t, _)| !is_over(*t)).map(|(_, bits)| *bits);
        absences.fold(mix::divergence(self.log2, &tally, &self.baseline, self.events), i64::max)
    }
}

impl Reducible for OfMix<'_> {
    fn len(&self) -> usize {
        self.window.len()
    }

    fn score(&self, gone: &[usize]) -> i64 {
        let score = mix::divergence(self.log2, &self.left(gone).1, &self.baseline, self.events);
        self.absences.iter().map(|(_, bits)| *bits).fold(score, i64::max)
    }

    fn dearest(&self, gone: &[usize]) -> Option<usize> {
        let (left, tally) = self.left(gone);
        let cost = |position: usize| {
            let template = self.stream.kind(position);
            let (here, there) = (tally.count(template), self.baseline[usize::from(template)]);
            let n = left.len() as u64;
            mix::template_bits(self.log2, here, n, there, self.events, self.baseline.len())
        };
        // Of equally dear kinds the first, and of its events the latest.
        let dearest = left.iter().copied().max_by_key(|&p| (cost(p), Reverse(self.stream.kind(p)), p));
        dearest.filter(|&p| cost(p) > 0)
    }
}

/// The steps of the window as they would be without some of its events.
struct OfOrder<'a> {
    stream: &'a Stream,
    log2: &'a Log2,
    steps: Steps,
    window: Range<usize>,
}

impl<'a> OfOrder<'a> {
    fn new(s: &'a Scored<'_>, peak: usize, log2: &'a Log2) -> Self {
        let steps = order::steps_of(s.stream, &s.plan.baseline(peak));
        Self { stream: s.stream, log2, steps, window: s.plan.range(peak) }
    }

    /// The event before one in its chain that is still there.
    fn before(&self, position: usize, gone: &[usize]) -> Option<usize> {
        let mut before = order::before(self.stream, position);
        while let Some(at) = before.filter(|at| gone.contains(at)) {
            before = order::before(self.stream, at);
        }
        before
    }

    fn surpluses(&self, gone: &[usize]) -> Vec<(i64, Reverse<usize>)> {
        let left = self.window.clone().filter(|p| !gone.contains(p));
        let cost = |p: usize| {
            let step = self.before(p, gone).map(|b| (self.stream.template(b), self.stream.template(p)));
            (step.map_or(0, |step| self.steps.surplus(self.log2, step)), Reverse(p))
        };
        left.map(cost).collect()
    }
}

impl Reducible for OfOrder<'_> {
    fn len(&self) -> usize {
        self.window.len()
    }

    fn score(&self, gone: &[usize]) -> i64 {
        self.surpluses(gone).into_iter().map(|(cost, _)| cost).sum()
    }

    /// Either end of the dearest step may be the one that does not belong.
    fn dearest(&self, gone: &[usize]) -> Option<usize> {
        let (cost, Reverse(end)) = self.surpluses(gone).into_iter().max()?;
        if cost <= 0 {
            return None;
        }
        let ends = [Some(end), self.before(end, gone).filter(|p| self.window.contains(p))];
        let without = |&p: &usize| self.score(&gone.iter().copied().chain([p]).collect::<Vec<_>>());
        ends.into_iter().flatten().min_by_key(without)
    }
}
