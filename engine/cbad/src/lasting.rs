//! Changes that last: stretches of a stream in which a kind of events keeps another share, or a number another level.
//!
//! A window is compared with all that is not near it. What fills more than a fifth of a stream is part of its own baseline then, and
//! calibrates itself: no window of it is unusual. So the stream as a whole is asked too where it changes: an epidemic change (Levin and
//! Kline, "The CUSUM test of homogeneity", Statistics in Medicine 4, 1985), or one that stays. The pace is not asked: it follows the clock.

mod moderated;
mod scan;
mod stability;
mod tell;
mod things;
pub(crate) mod words;

use std::cmp::Reverse;
use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::analyze::Scored;
use crate::config::{Baseline, Config};
use crate::permutation::Tested;
use crate::result::Lens;
use crate::span::Span;
use crate::stability::Stability;
use crate::stream::Stream;
use crate::watch::{Cancelled, Watch};
use scan::{Series, Stretch};
use things::{Things, What};

pub(crate) use tell::{are_one, is_told, shifts};

/// Least odds ratio of a share within and outside of a stretch, and least distance of the mean ranks of numbers, as a part of all: a long
/// stream makes a difference certain that is nothing to anybody.
const LEAST_ODDS: f64 = 1.5;
const LEAST_RANKS: f64 = 0.1;

/// Stretches that overlap by this part of both together are one; so is a finding of windows with the stretch that it shows.
const ONE_STRETCH: f64 = 0.5;

/// Most stretches that are told of one stream.
const MOST: usize = 3;

/// How a finding that lasts was found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lasting {
    /// Events of the stream that it is compared with: all others.
    pub others: u64,
    /// Whether it stays to the end of the stream.
    pub stays: bool,
    /// Blocks that the stream was cut into.
    pub blocks: u32,
    /// Kinds, values of fields and numbers that were looked at in the stream.
    pub looked_at: u64,
    /// The p that decides, over all of them and all stretches: the larger of what the spread of blocks and their permutation say.
    pub p: f64,
}

/// One thing that lasts, with the evidence for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) what: What,
    pub(crate) bits: f64,
    /// Whether there is more of it than elsewhere, or its numbers are higher.
    pub(crate) is_more: bool,
}

/// A stretch of a stream in which something lasts.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) stream: usize,
    pub(crate) events: Range<usize>,
    /// What lasts, what is told first before the others.
    pub(crate) items: Vec<Item>,
    /// Evidence by how blocks stray, over all that was tried in the stream, bits.
    pub(crate) surprise_bits: f64,
    pub(crate) tested: Tested,
    /// Share of the stretches up to this p that is expected to be false.
    pub(crate) q: f64,
    pub(crate) told: Lasting,
    pub(crate) stability: Option<Stability>,
}

impl Found {
    /// The positions that it is compared with.
    pub(crate) fn others(&self, stream: &Stream) -> Span {
        Span::new([stream.anchored()..self.events.start, self.events.end..stream.len()])
    }

    /// Evidence by both that decide, bits.
    pub(crate) fn evidence_bits(&self) -> f64 {
        -libm::log2(self.told.p)
    }

    /// The lenses that look at what lasts, that of what is told first before the others.
    pub(crate) fn lenses(&self) -> Vec<Lens> {
        let mut lenses: Vec<Lens> = Vec::new();
        for lens in self.items.iter().map(|item| item.what.lens()) {
            if !lenses.contains(&lens) {
                lenses.push(lens);
            }
        }
        lenses
    }

    /// Windows that lie in it, or else the one that overlaps it first, and the one that its first lens finds dearest.
    pub(crate) fn windows(&self, s: &Scored<'_>) -> (Range<usize>, usize) {
        let plan = &s.plan;
        let first =
            (0..plan.count).find(|&w| self.events.start <= plan.range(w).start).unwrap_or(plan.count - 1);
        let end = (first..plan.count).take_while(|&w| plan.range(w).end <= self.events.end).count();
        let windows = first..first + end.max(1);
        let lens = self.items[0].what.lens();
        let track = s.tracks.iter().find(|track| track.lens == lens).expect("only lenses of the stream look");
        let dearest = windows.clone().min_by_key(|&w| (Reverse(track.scores[w]), w));
        let dearest = dearest.unwrap_or(first);
        (windows, dearest)
    }
}

/// The stretches of all streams that last, at the level of the run, the surest first. Where a baseline was given there are none: what is ordinary is
/// known then, and a change that lasts is seen window by window.
pub(crate) fn look(
    scored: &[Option<Scored<'_>>],
    config: &Config,
    watch: &dyn Watch,
) -> Result<Vec<Found>, Cancelled> {
    if config.baseline != Baseline::Rest {
        return Ok(Vec::new());
    }
    let each = |(at, s): (usize, &Option<Scored<'_>>)| {
        if watch.cancelled() {
            return Err(Cancelled);
        }
        Ok(s.as_ref().and_then(|s| of_stream(at, s, config)))
    };
    let all: Result<Vec<_>, Cancelled> = scored.par_iter().enumerate().map(each).collect();
    let all: Vec<Vec<Found>> = all?.into_iter().flatten().collect();
    // A stream in which nothing lasts is a hypothesis too.
    let hypotheses: usize = all.iter().map(|of_stream| of_stream.len().max(1)).sum();
    let mut found: Vec<Found> = all.into_iter().flatten().collect();
    correct(&mut found, hypotheses);
    found.retain(|found| match config.false_alarms {
        None => found.q <= config.alpha,
        Some(rate) => found.told.p <= rate,
    });
    found.sort_by(|a, b| b.evidence_bits().total_cmp(&a.evidence_bits()));
    // The largest p that the rule lets pass, where as many do.
    let corrected = config.alpha * found.len() as f64 / hypotheses as f64;
    stability::look(&mut found, scored, config.false_alarms.unwrap_or(corrected), config, watch)?;
    Ok(found)
}

/// Benjamini and Hochberg's rule over so many hypotheses, of which those that are not here have a p of 1.
fn correct(found: &mut [Found], hypotheses: usize) {
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by(|&a, &b| found[a].told.p.total_cmp(&found[b].told.p).then(a.cmp(&b)));
    let mut least: f64 = 1.0;
    for (rank, &at) in order.iter().enumerate().rev() {
        least = least.min(found[at].told.p * hypotheses as f64 / (rank + 1) as f64);
        found[at].q = least;
    }
}

/// What lasts in a stream, whatever its p; `None` where the stream is too short to ask.
fn of_stream(at: usize, s: &Scored<'_>, config: &Config) -> Option<Vec<Found>> {
    let stream = s.stream;
    let things = Things::of(s, scan::blocks_of(stream.len())?);
    let mut found = Vec::new();
    for group in lasting(&things) {
        let (leader, stretch) = &group[0];
        let events = things.refined(stream, *leader, stretch);
        if s.plan.is_mostly_dismissed(&events) {
            continue;
        }
        let tested = things.dealt(stream, *leader, stretch, config);
        let surprise_bits = things.beyond_all(stretch);
        let item = |(at, stretch): &(usize, Stretch)| {
            let (what, of) = &things.series[*at];
            Item { what: *what, bits: things.beyond_all(stretch), is_more: of.is_more_in(&stretch.blocks) }
        };
        let told = Lasting {
            others: (stream.len() - events.len()) as u64,
            stays: events.end == stream.len(),
            blocks: things.blocks as u32,
            looked_at: things.series.len() as u64,
            p: things.p(stretch, &tested),
        };
        let items = told_first(group.iter().map(item).collect());
        found.push(Found { stream: at, events, items, surprise_bits, tested, q: 1.0, told, stability: None });
    }
    Some(found)
}

/// The stretches of a stream in which something lasts that is of some size, each with all that changes over it.
fn lasting(things: &Things) -> Vec<Vec<(usize, Stretch)>> {
    let mut lasting = things.scanned();
    lasting.retain(|(at, stretch)| has_effect(&things.series[*at], stretch));
    lasting.sort_by(|a, b| b.1.bits.total_cmp(&a.1.bits).then(a.0.cmp(&b.0)));
    grouped(lasting)
}

/// What changes over about the same stretch, the dearest first; at most [`MOST`] stretches.
fn grouped(lasting: Vec<(usize, Stretch)>) -> Vec<Vec<(usize, Stretch)>> {
    let mut groups: Vec<Vec<(usize, Stretch)>> = Vec::new();
    for (at, stretch) in lasting {
        let is_one =
            |group: &&mut Vec<(usize, Stretch)>| overlap(&group[0].1.blocks, &stretch.blocks) >= ONE_STRETCH;
        match groups.iter_mut().find(is_one) {
            Some(group) => group.push((at, stretch)),
            None => groups.push(vec![(at, stretch)]),
        }
    }
    groups.truncate(MOST);
    groups
}

/// What two ranges have in common, as a part of what they are together.
fn overlap(a: &Range<usize>, b: &Range<usize>) -> f64 {
    let common = a.end.min(b.end).saturating_sub(a.start.max(b.start));
    common as f64 / (a.len() + b.len() - common).max(1) as f64
}

/// A kind says in more detail what the share of a field's value says, where it says at least half as much.
fn told_first(mut items: Vec<Item>) -> Vec<Item> {
    let is_by_share = matches!(items[0].what, What::Value { .. });
    let kind = items.iter().position(|item| matches!(item.what, What::Kind(_)));
    if let Some(kind) = kind.filter(|&at| is_by_share && items[at].bits * 2.0 >= items[0].bits) {
        items[..=kind].rotate_right(1);
    }
    items
}

/// Whether a difference has some size.
fn has_effect((what, series): &(What, Series), stretch: &Stretch) -> bool {
    let of = |values: &[f64]| -> (f64, f64) {
        let inside: f64 = values[stretch.blocks.clone()].iter().sum();
        (inside, values.iter().sum::<f64>() - inside)
    };
    let ((here, there), (n, m)) = (of(&series.sums), of(&series.counts));
    if matches!(what, What::Level(_)) {
        return (here / n - there / m).abs() >= LEAST_RANKS;
    }
    let odds = |k: f64, n: f64| (k + 0.5) / (n - k + 0.5);
    let ratio = odds(here, n) / odds(there, m);
    ratio >= LEAST_ODDS || ratio <= 1.0 / LEAST_ODDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_one_where_half_of_both_together_is_common() {
        assert!((overlap(&(0..10), &(5..10)) - 0.5).abs() < f64::EPSILON);
        assert!(overlap(&(0..10), &(10..20)) < f64::EPSILON);
        let stretch = |blocks: Range<usize>| Stretch { blocks, bits: 9.0 };
        let groups = grouped(vec![(7, stretch(20..60)), (3, stretch(21..64)), (5, stretch(0..9))]);
        let members = |group: &Vec<(usize, Stretch)>| group.iter().map(|(at, _)| *at).collect::<Vec<_>>();
        assert_eq!(groups.iter().map(members).collect::<Vec<_>>(), [vec![7, 3], vec![5]]);
    }
}
