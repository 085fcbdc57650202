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
use crate::judge::Verdicts;
use crate::lens;
use crate::mix::{self, Tally};
use crate::order::{self, Steps};
use crate::rate;
use crate::result::{Lens, Shift, ShiftKind};
use crate::significance;
use crate::stream::Stream;
use crate::template;

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
    /// A kind that is missing would have to come as often as in the baseline.
    Present {
        /// Name of its template.
        name: String,
        /// How often, in a window.
        times: u32,
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

/// The p that a hypothesis of the run must not exceed to be flagged: α times the share of those that pass (Benjamini and
/// Hochberg's rule, read backwards). 0 where nothing passes.
pub(crate) fn passing_p(verdicts: &Verdicts, alpha: f64) -> f64 {
    let all = || verdicts.q.iter().flatten().flatten().flatten();
    let passed = all().filter(|q| **q <= alpha).count();
    alpha * passed as f64 / all().count().max(1) as f64
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
    let least = significance::least_score(&s.plan, track, cluster.peak, passing_p)?;
    let case = Case { s, peak: cluster.peak, threshold: least.max(track.lens.least_effect()), coder };
    match track.lens {
        Lens::Content => Some(case.take_out(&mut OfContent::new(s, cluster.peak, coder))),
        Lens::Mix => Some(case.of_mix(shifts)),
        Lens::Rate => Some(case.of_rate(shifts)),
        Lens::Order => Some(case.take_out(&mut OfOrder::new(s, cluster.peak, &coder.log2))),
        Lens::Values => {
            let values: usize = s.stream.channels.iter().map(|c| c.values.len()).sum();
            let (stream, values_lens) = (s.stream, &s.singles.values);
            (values <= VALUES_MOST).then(|| {
                let times = &stream.times_nanos;
                case.take_out(&mut values_lens.without(&stream.channels, times, &s.plan, cluster.peak))
            })
        }
    }
}

/// A window from which events can be taken out.
pub(crate) trait Reducible {
    /// Its score without what was taken out, fixed point.
    fn score(&mut self) -> i64;
    /// Takes out the event that carries most, and says which; `None` where none carries anything.
    fn take_out(&mut self) -> Option<usize>;
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
        Counterfactual {
            way,
            events,
            threshold_bits: bits(self.threshold),
            score_without_bits: bits(score),
        }
    }

    fn take_out(&self, window: &mut dyn Reducible) -> Counterfactual {
        let mut gone = Vec::new();
        let mut lowest = window.score();
        while lowest >= self.threshold {
            let next = if gone.len() < self.s.plan.window / 2 { window.take_out() } else { None };
            let Some(position) = next else { return self.result(Way::Whole, &[], lowest) };
            gone.push(position);
            lowest = lowest.min(window.score());
        }
        self.result(Way::Events, &gone, lowest)
    }

    fn of_mix(&self, shifts: &[Shift]) -> Counterfactual {
        let mut window = OfMix::new(self.s, self.peak, &self.coder.log2);
        let is_too_few = matches!(
            shifts.iter().find(|shift| shift.lens == Lens::Mix).map(|shift| shift.kind),
            Some(ShiftKind::Missing | ShiftKind::LessOften)
        );
        if is_too_few && let Some((template, times)) = window.most_missed() {
            let score = window.score_with(template, times);
            if score < self.threshold {
                let name = template::name(self.s.stream, template);
                return self.result(Way::Present { name, times }, &[], score);
            }
        }
        self.take_out(&mut window)
    }

    /// The pace on the near side of the threshold, by halving: the surplus grows steadily away from the ordinary pace.
    fn of_rate(&self, shifts: &[Shift]) -> Counterfactual {
        let (s, log2) = (self.s, &self.coder.log2);
        let (window, n) = (s.plan.range(self.peak), s.plan.window as u64);
        let (all_nanos, all_events) = rate::waited(s.stream, &s.plan.baseline(self.peak));
        let cost = |nanos: u64| rate::surplus(log2, nanos, n, all_nanos, all_events);
        let taken = rate::taken(s.stream, &window);
        let ordinary = (u128::from(all_nanos) * u128::from(n) / u128::from(all_events.max(1))) as u64;
        if cost(ordinary) >= self.threshold {
            return self.result(Way::Whole, &[], cost(ordinary));
        }
        let (mut passes, mut flagged) = (ordinary, taken);
        while passes.abs_diff(flagged) > 1 {
            let middle = passes.midpoint(flagged);
            if cost(middle) < self.threshold { passes = middle } else { flagged = middle }
        }
        let is_silence = shifts.iter().any(|shift| shift.kind == ShiftKind::Silence);
        let (longest, _) = rate::longest_wait(s.stream, &window);
        let way = match taken.checked_sub(passes) {
            Some(excess) if is_silence && longest >= excess => Way::Pause { nanos: longest - excess },
            Some(_) => Way::Faster { nanos: passes },
            None => Way::Slower { nanos: passes },
        };
        self.result(way, &[], cost(passes))
    }
}

/// Novelties of the window, dearest last.
struct OfContent(Vec<(i64, Reverse<usize>)>);

impl OfContent {
    fn new(s: &Scored<'_>, peak: usize, coder: &Coder) -> Self {
        let counts = content::counts_of(s.stream, &s.plan.baseline(peak));
        let cost = |position: usize| {
            let distinct = s.stream.sequence[position];
            novelty(counts.event_cost(coder, s.stream, distinct), s.stream.different_len(distinct))
        };
        let mut costs: Vec<_> = s.plan.range(peak).map(|p| (cost(p), Reverse(p))).collect();
        costs.sort_unstable();
        Self(costs)
    }
}

impl Reducible for OfContent {
    fn score(&mut self) -> i64 {
        let mut costs: Vec<i64> = self.0.iter().map(|(cost, _)| *cost).collect();
        lens::combine(&mut costs, content::DEAREST)
    }

    fn take_out(&mut self) -> Option<usize> {
        self.0.pop().map(|(_, position)| position.0)
    }
}

/// The kinds of the window against those of the baseline.
struct OfMix<'a> {
    stream: &'a Stream,
    log2: &'a Log2,
    tally: Tally,
    baseline: Vec<u32>,
    events: u64,
    left: Vec<usize>,
    /// The dearest absence that the window lies in: template and fixed-point bits.
    absence: Option<(u16, i64)>,
}

impl<'a> OfMix<'a> {
    fn new(s: &'a Scored<'_>, peak: usize, log2: &'a Log2) -> Self {
        let window = s.plan.range(peak);
        let (baseline, events) = mix::shares_of(s.stream, &s.plan.baseline(peak));
        let mut tally = Tally::new(s.stream.template_count);
        window.clone().for_each(|p| tally.add(s.stream.template(p)));
        let over = s.singles.absences.iter().filter(|a| mix::lies_in(&window, &a.positions));
        let absence = over.map(|a| ((a.bits * ONE_BIT as f64) as i64, a.template)).max();
        Self {
            stream: s.stream,
            log2,
            tally,
            baseline,
            events,
            left: window.collect(),
            absence: absence.map(|(bits, template)| (template, bits)),
        }
    }

    /// The kind that comes too seldom, and how often a window of the baseline has it.
    fn most_missed(&self) -> Option<(u16, u32)> {
        let n = self.left.len() as u64;
        let usual = |t: u16| (u64::from(self.baseline[usize::from(t)]) * n).div_ceil(self.events.max(1));
        let short = |t: u16| usual(t).saturating_sub(u64::from(self.tally.count(t)));
        let by_share = (0..self.baseline.len() as u16).max_by_key(|&t| (short(t), Reverse(t)));
        let template = self.absence.map(|(template, _)| template).or(by_share)?;
        Some((template, usual(template).max(1) as u32))
    }

    /// The score if a kind came so often: its absence is over then.
    fn score_with(&self, template: u16, times: u32) -> i64 {
        let mut tally = self.tally.clone();
        (tally.count(template)..times).for_each(|_| tally.add(template));
        let score = mix::divergence(self.log2, &tally, &self.baseline, self.events);
        match self.absence {
            Some((other, bits)) if other != template => score.max(bits),
            _ => score,
        }
    }
}

impl Reducible for OfMix<'_> {
    fn score(&mut self) -> i64 {
        let score = mix::divergence(self.log2, &self.tally, &self.baseline, self.events);
        score.max(self.absence.map_or(0, |(_, bits)| bits))
    }

    fn take_out(&mut self) -> Option<usize> {
        let n = self.left.len() as u64;
        let cost = |template: u16| {
            let (here, there) = (self.tally.count(template), self.baseline[usize::from(template)]);
            mix::template_bits(self.log2, here, n, there, self.events, self.baseline.len())
        };
        // Of the dearest kind the latest event.
        let kind = |at: usize| self.stream.template(self.left[at]);
        let dearest = (0..self.left.len()).max_by_key(|&at| (cost(kind(at)), Reverse(kind(at)), at))?;
        if cost(kind(dearest)) <= 0 {
            return None;
        }
        self.tally.remove(kind(dearest));
        Some(self.left.remove(dearest))
    }
}

/// The steps of the window as they would be without some of its events.
struct OfOrder<'a> {
    stream: &'a Stream,
    log2: &'a Log2,
    steps: Steps,
    window: Range<usize>,
    gone: Vec<usize>,
}

impl<'a> OfOrder<'a> {
    fn new(s: &'a Scored<'_>, peak: usize, log2: &'a Log2) -> Self {
        let steps = order::steps_of(s.stream, &s.plan.baseline(peak));
        let window = s.plan.range(peak);
        Self { stream: s.stream, log2, steps, window, gone: Vec::new() }
    }

    /// The event before one in its chain that is still there.
    fn before(&self, position: usize) -> Option<usize> {
        let mut before = order::before(self.stream, position);
        while let Some(at) = before.filter(|at| self.gone.contains(at)) {
            before = order::before(self.stream, at);
        }
        before
    }

    fn surpluses(&self) -> Vec<(i64, Reverse<usize>)> {
        let left = self.window.clone().filter(|p| !self.gone.contains(p));
        let cost = |p: usize| {
            let before = self.before(p).map(|b| self.stream.template(b));
            let step = (before.unwrap_or(self.stream.template_count as u16), self.stream.template(p));
            (self.steps.surplus(self.log2, step), Reverse(p))
        };
        left.map(cost).collect()
    }

    /// The score, and the sum of all surpluses beside it: of two sets of equal score the one that mends more is better.
    fn scores(&self) -> (i64, i64) {
        let mut costs: Vec<i64> = self.surpluses().into_iter().map(|(cost, _)| cost).collect();
        let sum = costs.iter().sum();
        (lens::combine(&mut costs, order::DEAREST), sum)
    }
}

impl Reducible for OfOrder<'_> {
    fn score(&mut self) -> i64 {
        self.scores().0
    }

    /// Either end of the dearest step may be the one that does not belong.
    fn take_out(&mut self) -> Option<usize> {
        let (cost, Reverse(end)) = self.surpluses().into_iter().max()?;
        if cost <= 0 {
            return None;
        }
        let ends = [Some(end), self.before(end).filter(|p| self.window.contains(p))];
        let mut best = None;
        for position in ends.into_iter().flatten() {
            self.gone.push(position);
            let scores = self.scores();
            self.gone.pop();
            if best.is_none_or(|(least, _)| scores < least) {
                best = Some((scores, position));
            }
        }
        let (_, position) = best?;
        self.gone.push(position);
        Some(position)
    }
}
