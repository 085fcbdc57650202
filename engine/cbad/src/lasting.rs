//! Changes that last: stretches of a stream in which a kind of events keeps another share, or a number another level.
//!
//! A window is compared with all that is not near it. What fills more than a fifth of a stream is part of its own baseline then, and
//! calibrates itself: no window of it is unusual. So the stream as a whole is asked too where it changes: an epidemic change (Levin and
//! Kline, "The CUSUM test of homogeneity", Statistics in Medicine 4, 1985), or one that stays. The pace is not asked: it follows the clock.

mod moderated;
mod scan;
mod tell;
pub(crate) mod words;

use std::cmp::Reverse;
use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::analyze::Scored;
use crate::category::Category;
use crate::channel::Channel;
use crate::config::{Baseline, Config};
use crate::event::StreamKey;
use crate::permutation::{self, Tested};
use crate::result::Lens;
use crate::span::Span;
use crate::stream::Stream;
use crate::values;
use crate::watch::{Cancelled, Watch};
use scan::{Blocks, Series, Stretch};

pub(crate) use tell::{are_one, is_told, shifts};

/// Fewest events of a kind, or of a value, and fewest that are not: of fewer nothing can last.
const LEAST_EVENTS: u64 = 8;

/// Least odds ratio of a share within and outside of a stretch, and least distance of the mean ranks of numbers, as a part of all: a long
/// stream makes a difference certain that is nothing to anybody.
const LEAST_ODDS: f64 = 1.5;
const LEAST_RANKS: f64 = 0.1;

/// Stretches that overlap by this part of both together are one; so is a finding of windows with the stretch that it shows.
const ONE_STRETCH: f64 = 0.5;

/// Values of a field that are there for under two thirds of a stream, for the field to be a state that moves on. Two are a change.
const PASSING: usize = 3;

/// Most digits of a value that is a code: those of Windows' events and of databases' errors have four.
const CODE_DIGITS: usize = 4;

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

/// What may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A kind of events.
    Kind(u16),
    /// The value of a category.
    Value { category: usize, class: u8 },
    /// The numbers of a channel.
    Level(usize),
}

impl What {
    const fn lens(self) -> Lens {
        match self {
            Self::Kind(_) => Lens::Mix,
            Self::Value { .. } | Self::Level(_) => Lens::Values,
        }
    }
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

/// The stretches of all streams that last, at the level of the run. Where a baseline was given there are none: what is ordinary is
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
    let hypotheses = all.iter().map(|of_stream| of_stream.len().max(1)).sum();
    let mut found: Vec<Found> = all.into_iter().flatten().collect();
    correct(&mut found, hypotheses);
    found.retain(|found| match config.false_alarms {
        None => found.q <= config.alpha,
        Some(rate) => found.told.p <= rate,
    });
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
    let blocks = scan::blocks_of(stream.len())?;
    let is_wanted = |lens: Lens| s.tracks.iter().any(|track| track.lens == lens);
    let mut series: Vec<(What, Series)> = Vec::new();
    if is_wanted(Lens::Mix) {
        series.extend(kinds(stream, blocks));
    }
    if is_wanted(Lens::Values) {
        for (category, of) in stream.categories.iter().enumerate() {
            let values = values_of(of, stream.len(), blocks).into_iter();
            series.extend(values.map(|(class, series)| (What::Value { category, class }, series)));
        }
        let levels = stream.channels.iter().enumerate();
        series.extend(levels.map(|(at, of)| (What::Level(at), level(of, stream.len(), blocks))));
    }
    let many = libm::log2(series.len().max(1) as f64);
    let mut lasting: Vec<(usize, Stretch)> = (0..series.len())
        .filter_map(|at| Some((at, series[at].1.scan(many, &others(&series, at))?)))
        .filter(|(at, stretch)| stretch.bits > many && has_effect(&series[*at], stretch))
        .collect();
    lasting.sort_by(|a, b| b.1.bits.total_cmp(&a.1.bits).then(a.0.cmp(&b.0)));
    let mut found = Vec::new();
    for group in grouped(lasting) {
        let (leader, stretch) = &group[0];
        let (what, of_leader) = &series[*leader];
        let valued = Valued::of(stream, *what);
        let events = of_leader.refined(&stretch.blocks, stream.len(), &|position| valued.at(position));
        if s.plan.is_mostly_dismissed(&events) {
            continue;
        }
        let mut rng = permutation_of(config.seed, stream.key(), *leader);
        let tested =
            permutation::test(&mut Blocks::new(of_leader, stretch), blocks, config.permutations, &mut rng);
        let surprise_bits = (stretch.bits - many).max(0.0);
        // Two ways were tried, of which each order of the blocks tries one.
        let dealt_bits = -libm::log2(tested.modelled) - 1.0 - many;
        let item = |(at, stretch): &(usize, Stretch)| {
            let (what, of) = &series[*at];
            Item { what: *what, bits: stretch.bits - many, is_more: of.is_more_in(&stretch.blocks) }
        };
        let told = Lasting {
            others: (stream.len() - events.len()) as u64,
            stays: events.end == stream.len(),
            blocks: blocks as u32,
            looked_at: series.len() as u64,
            p: libm::exp2(-surprise_bits.min(dealt_bits).max(0.0)),
        };
        let items = told_first(group.iter().map(item).collect());
        found.push(Found { stream: at, events, items, surprise_bits, tested, q: 1.0, told });
    }
    Some(found)
}

fn others(series: &[(What, Series)], at: usize) -> impl Iterator<Item = &Series> + Clone {
    let all = series.iter().enumerate();
    all.filter(move |(other, _)| *other != at).map(|(_, (_, series))| series)
}

fn permutation_of(seed: u64, key: &StreamKey, leader: usize) -> rand_chacha::ChaCha20Rng {
    // Windows are numbered from below, so that no test of one has this number.
    permutation::generator(seed, key, Lens::Mix, u32::MAX - leader as u32)
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

/// Every kind that may last, by whether an event is of it.
fn kinds(stream: &Stream, blocks: usize) -> Vec<(What, Series)> {
    let events = stream.len();
    let mut counts = vec![0_u32; stream.kinds * blocks];
    for block in 0..blocks {
        for position in scan::positions(events, blocks, block) {
            counts[usize::from(stream.kind(position)) * blocks + block] += 1;
        }
    }
    let all: Vec<f64> = (0..blocks).map(|b| scan::positions(events, blocks, b).len() as f64).collect();
    let each = (0_u16..).zip(counts.chunks_exact(blocks));
    each.filter_map(|(kind, counts)| Some((What::Kind(kind), of_counts(counts, &all)?))).collect()
}

/// Every value of a field that may last, by whether an event that has the field has it; none where the field is a state that moves on, or
/// an identifier.
fn values_of(category: &Category, events: usize, blocks: usize) -> Vec<(u8, Series)> {
    let classes = category.values.len();
    let mut counts = vec![0_u32; classes * blocks];
    let mut all = vec![0.0; blocks];
    for block in 0..blocks {
        for position in scan::positions(events, blocks, block) {
            if let Some(class) = category.class_at(position) {
                counts[usize::from(class) * blocks + block] += 1;
                all[block] += 1.0;
            }
        }
    }
    if moves_on(counts.chunks_exact(blocks)) || category.values.iter().any(|value| is_identifier(value)) {
        return Vec::new();
    }
    let each = (0_u8..).zip(counts.chunks_exact(blocks));
    each.filter_map(|(class, counts)| Some((class, of_counts(counts, &all)?))).collect()
}

/// Whether a value is a whole number of more digits than a status or a code has: a port, a process, whose coming and going says nothing.
fn is_identifier(value: &str) -> bool {
    value.len() > CODE_DIGITS && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether values come and go for good, one after the other, as the names of workers do: that another
/// one is there says nothing. Each value by its events in every block.
fn moves_on<'a>(values: impl Iterator<Item = &'a [u32]>) -> bool {
    let (mut passing, mut staying) = (0, 0);
    for counts in values.filter(|counts| counts.iter().map(|&n| u64::from(n)).sum::<u64>() >= LEAST_EVENTS) {
        let there = |block: &usize| counts[*block] > 0;
        let (first, last) = ((0..counts.len()).find(there), (0..counts.len()).rev().find(there));
        let reach = last.zip(first).map_or(0, |(last, first)| last + 1 - first);
        if reach * 3 < counts.len() * 2 { passing += 1 } else { staying += 1 }
    }
    passing >= PASSING && passing > staying
}

/// `None` where it is too rare for anything to last, or nearly all.
fn of_counts(counts: &[u32], all: &[f64]) -> Option<Series> {
    let sums: Vec<f64> = counts.iter().copied().map(f64::from).collect();
    let (k, n): (f64, f64) = (sums.iter().sum(), all.iter().sum());
    let least = LEAST_EVENTS as f64;
    (k >= least && n - k >= least).then(|| Series {
        squares: sums.clone(),
        sums,
        counts: all.to_vec(),
        is_share: true,
    })
}

/// The numbers of a channel by their ranks, as parts of all: from -1/2 to 1/2.
fn level(channel: &Channel, events: usize, blocks: usize) -> Series {
    let ranks = values::ranks(channel);
    let none = vec![0.0; blocks];
    let mut series = Series { sums: none.clone(), squares: none.clone(), counts: none, is_share: false };
    let mut block = 0;
    for (&position, rank) in channel.positions.iter().zip(ranks) {
        while scan::positions(events, blocks, block).end <= position as usize {
            block += 1;
        }
        series.sums[block] += rank;
        series.squares[block] += rank * rank;
        series.counts[block] += 1.0;
    }
    series
}

/// What the events of a stream have of it: whether they are of a kind or have a value, or the ranks of their numbers.
struct Valued<'a> {
    stream: &'a Stream,
    what: What,
    ranks: Vec<f64>,
}

impl<'a> Valued<'a> {
    fn of(stream: &'a Stream, what: What) -> Self {
        let ranks = match what {
            What::Level(channel) => values::ranks(&stream.channels[channel]),
            What::Kind(_) | What::Value { .. } => Vec::new(),
        };
        Self { stream, what, ranks }
    }

    /// `None` where the event has no such field.
    fn at(&self, position: usize) -> Option<f64> {
        let as_number = |is: bool| f64::from(u8::from(is));
        match self.what {
            What::Kind(kind) => Some(as_number(self.stream.kind(position) == kind)),
            What::Value { category, class } => {
                self.stream.categories[category].class_at(position).map(|own| as_number(own == class))
            }
            What::Level(channel) => {
                let member = self.stream.channels[channel].positions.binary_search(&(position as u32));
                Some(self.ranks[member.ok()?])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_whose_values_come_and_go_is_no_change() {
        let there =
            |reach: Range<usize>| (0..64).map(|b| u32::from(reach.contains(&b)) * 9).collect::<Vec<_>>();
        let moves_on = |values: &[Range<usize>]| {
            let counts: Vec<Vec<u32>> = values.iter().cloned().map(there).collect();
            super::moves_on(counts.iter().map(Vec::as_slice))
        };
        assert!(moves_on(&[0..20, 15..40, 38..64]), "workers");
        assert!(!moves_on(&[0..30, 30..64]), "one version after another");
        assert!(!moves_on(&[0..64, 0..64, 0..64, 40..64]), "a status that never came");
        assert!(is_identifier("57074") && !is_identifier("4625") && !is_identifier("1.25.0"));
    }

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
