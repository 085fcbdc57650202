//! Every thing of a stream that may last, by what its blocks have of it.

use std::ops::Range;

use rand_chacha::ChaCha20Rng;

use crate::analyze::Scored;
use crate::category::Category;
use crate::channel::Channel;
use crate::config::Config;
use crate::event::StreamKey;
use crate::lasting::scan::{self, Blocks, Series, Stretch};
use crate::permutation::{self, Tested};
use crate::result::Lens;
use crate::stream::Stream;
use crate::values;

/// Fewest events of a kind, or of a value, and fewest that are not: of fewer nothing can last.
const LEAST_EVENTS: u64 = 8;

/// Values of a field that are there for under two thirds of a stream, for the field to be a state that moves on. Two are a change.
const PASSING: usize = 3;

/// Most digits of a value that is a code: those of Windows' events and of databases' errors have four.
const CODE_DIGITS: usize = 4;

/// Orders of blocks for each permutation that a window may use. They are dealt in no time, and of 999 the modelled tail is off by so much
/// that another seed says something else.
const ORDERS: u32 = 10;

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
    pub(super) const fn lens(self) -> Lens {
        match self {
            Self::Kind(_) => Lens::Mix,
            Self::Value { .. } | Self::Level(_) => Lens::Values,
        }
    }
}

/// A stream cut into blocks, with all in it that may last.
pub(super) struct Things {
    pub(super) blocks: usize,
    pub(super) series: Vec<(What, Series)>,
}

impl Things {
    /// Of the lenses that look at the stream.
    pub(super) fn of(s: &Scored<'_>, blocks: usize) -> Self {
        let stream = s.stream;
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
        Self { blocks, series }
    }

    /// What looking at so many things costs, bits.
    fn many_bits(&self) -> f64 {
        libm::log2(self.series.len().max(1) as f64)
    }

    /// Evidence for a stretch over all that was looked at, bits.
    pub(super) fn beyond_all(&self, stretch: &Stretch) -> f64 {
        (stretch.bits - self.many_bits()).max(0.0)
    }

    /// Each thing that differs in some stretch by more than looking at all of them costs.
    pub(super) fn scanned(&self) -> Vec<(usize, Stretch)> {
        let many = self.many_bits();
        let of = |at: usize| {
            let others = self.series.iter().enumerate().filter(move |(other, _)| *other != at);
            Some((at, self.series[at].1.scan(many, &others.map(|(_, (_, series))| series))?))
        };
        (0..self.series.len()).filter_map(of).filter(|(_, stretch)| stretch.bits > many).collect()
    }

    /// How often the best stretch of a thing is as good where its blocks are dealt in another order.
    pub(super) fn dealt(&self, stream: &Stream, at: usize, stretch: &Stretch, config: &Config) -> Tested {
        let mut rng = permutation_of(config.seed, stream.key(), at);
        let mut blocks = Blocks::new(&self.series[at].1, stretch);
        permutation::test(&mut blocks, self.blocks, config.permutations.saturating_mul(ORDERS), &mut rng)
    }

    /// The p that decides: the larger of what the spread of blocks and their permutation say.
    pub(super) fn p(&self, stretch: &Stretch, tested: &Tested) -> f64 {
        // Two ways were tried, of which each order of the blocks tries one.
        let dealt_bits = -libm::log2(tested.modelled) - 1.0 - self.many_bits();
        libm::exp2(-self.beyond_all(stretch).min(dealt_bits).max(0.0))
    }

    /// The events of a thing's stretch.
    pub(super) fn refined(&self, stream: &Stream, at: usize, stretch: &Stretch) -> Range<usize> {
        let (what, series) = &self.series[at];
        let valued = Valued::of(stream, *what);
        series.refined(&stretch.blocks, stream.len(), &|position| valued.at(position))
    }
}

fn permutation_of(seed: u64, key: &StreamKey, leader: usize) -> ChaCha20Rng {
    // Windows are numbered from below, so that no test of one has this number.
    permutation::generator(seed, key, Lens::Mix, u32::MAX - leader as u32)
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
}
