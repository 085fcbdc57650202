//! What all lenses share: a score for each window, from a baseline that moves group by group.

use std::ops::Range;

use rayon::prelude::*;

use crate::count_code::Coder;
use crate::event::Signal;
use crate::fixed::{Log2, ONE_BIT};
use crate::mix::Absence;
use crate::result::Lens;
use crate::span::Span;
use crate::stream::Stream;
use crate::tail::Tail;
use crate::values::Values;
use crate::watch::{Cancelled, Watch};
use crate::window::Plan;
use crate::{content, mix, order, rate};

/// Scores of every window of a stream through one lens, fixed-point bits: higher is more unusual.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub(crate) lens: Lens,
    pub(crate) scores: Vec<i64>,
}

impl Lens {
    /// Least scale of the tail of its scores, bits: where a stream's windows all score about the same, a difference of
    /// less than this is nothing. A token of a line, a few events of fifty.
    pub(crate) const fn least_scale(self) -> f64 {
        match self {
            Self::Content => 0.125,
            Self::Values => 1.0,
            Self::Mix | Self::Rate | Self::Order => 2.0,
        }
    }

    /// Least score that a flag takes, fixed point: below it a difference may be certain, and is nothing to anybody.
    pub(crate) const fn least_effect(self) -> i64 {
        match self {
            Self::Content => 2 * ONE_BIT,
            // A pace that is half or double over fifty events, a kind that comes eight events of fifty too often, two or
            // three steps that were never taken before.
            Self::Mix | Self::Rate | Self::Order => 16 * ONE_BIT,
            Self::Values => 0,
        }
    }
}

/// Tells how many windows were scored, and asks whether to go on.
pub(crate) struct Pace<'a> {
    pub(crate) watch: &'a dyn Watch,
    pub(crate) scored: &'a (dyn Fn(u64) + Sync),
}

impl Pace<'_> {
    /// So many more windows are done.
    pub(crate) fn step(&self, windows: usize) -> Result<(), Cancelled> {
        (self.scored)(windows as u64);
        if self.watch.cancelled() { Err(Cancelled) } else { Ok(()) }
    }
}

/// Evidence that is one thing and not many: found once in a stream.
#[derive(Debug, Default)]
pub(crate) struct Singles {
    pub(crate) absences: Vec<Absence>,
    pub(crate) waits: Option<Tail>,
    /// What is known of the stream's channels and categories.
    pub(crate) values: Values,
}

impl Singles {
    pub(crate) fn of(stream: &Stream, plan: &Plan, lenses: &[Lens], log2: &Log2) -> Self {
        let absences = if lenses.contains(&Lens::Mix) {
            mix::absences(stream, plan.first()..plan.events)
        } else {
            Vec::new()
        };
        let waits = if lenses.contains(&Lens::Rate) { rate::tail(stream) } else { None };
        let values = if lenses.contains(&Lens::Values) {
            Values::new(stream.readings(), plan, log2)
        } else {
            Values::default()
        };
        Self { absences, waits, values }
    }
}

/// Whether a stream has what a lens looks at.
pub(crate) fn applies(lens: Lens, stream: &Stream) -> bool {
    let is_metric = stream.key().signal == Signal::Metric;
    match lens {
        Lens::Content => !is_metric,
        Lens::Mix | Lens::Order => !is_metric && stream.kinds > 1,
        Lens::Rate => rate::applies(stream),
        Lens::Values => !stream.channels.is_empty() || !stream.categories.is_empty(),
    }
}

/// Scores every window of the plan through one lens.
pub(crate) fn score(
    lens: Lens,
    stream: &Stream,
    plan: &Plan,
    singles: &Singles,
    coder: &Coder,
    pace: &Pace<'_>,
) -> Result<Track, Cancelled> {
    let scores = match lens {
        Lens::Content => content::score(stream, plan, coder, pace)?,
        Lens::Mix => mix::score(stream, plan, &singles.absences, &coder.log2, pace)?,
        Lens::Rate => rate::score(stream, plan, singles.waits, &coder.log2, pace)?,
        Lens::Values => {
            pace.step(plan.count)?;
            singles.values.scores().to_vec()
        }
        Lens::Order => order::score(stream, plan, &coder.log2, pace)?,
    };
    Ok(Track { lens, scores })
}

/// Counts of a baseline that moves: what they count is the lens's own affair.
pub(crate) trait Rolling: Clone + Send + Sync {
    /// The events at these positions come into the baseline, or leave it.
    fn change(&mut self, positions: Range<usize>, comes: bool);
}

/// Visits every group with its baseline in place, in parallel stretches, and joins what each gives in order.
///
/// Counts are exact, so that the number of stretches, which follows the number of threads, changes nothing.
pub(crate) fn over_groups<R: Rolling, T: Send>(
    plan: &Plan,
    empty: R,
    visit: impl Fn(&mut R, Range<usize>) -> Result<Vec<T>, Cancelled> + Sync,
) -> Result<Vec<T>, Cancelled> {
    let groups: Vec<Range<usize>> = plan.groups().collect();
    let stretch = groups.len().div_ceil(rayon::current_num_threads()).max(1);
    let mut first = empty;
    let start = plan.baseline(groups[0].start);
    Span::default().move_to(&start, |range, comes| first.change(range, comes));
    let parts: Result<Vec<Vec<T>>, Cancelled> = groups
        .par_chunks(stretch)
        .map(|groups| {
            let (mut rolling, mut at) = (first.clone(), start.clone());
            let mut out = Vec::new();
            for group in groups {
                let next = plan.baseline(group.start);
                at.move_to(&next, |range, comes| rolling.change(range, comes));
                at = next;
                out.extend(visit(&mut rolling, group.clone())?);
            }
            Ok(out)
        })
        .collect();
    Ok(parts?.into_iter().flatten().collect())
}

/// log2(a / b) in fixed point, for positive numbers.
pub(crate) fn log2_ratio(log2: &Log2, a: u64, b: u64) -> i64 {
    log2.of(a) - log2.of(b)
}

/// Two parts the dearest, one part the mean of the dearest few: a single odd event counts, several count more.
pub(crate) fn combine(costs: &mut [i64], few: usize) -> i64 {
    let few = few.min(costs.len());
    if few == 0 {
        return 0;
    }
    costs.select_nth_unstable_by(few - 1, |a, b| b.cmp(a));
    let dearest = costs[..few].iter().copied().max().unwrap_or(0);
    let mean = costs[..few].iter().sum::<i64>() / few as i64;
    (2 * dearest + mean) / 3
}
