//! Two sets of events of one stream against one another: what is new, gone or shifted, in bits.
//!
//! No statistic is made up for it. Kinds of events, words and values of fields are counted on both sides and weighed as the
//! mix lens weighs a kind against all others, in both directions, of which the smaller counts; numbers as the permutation test of the values lens; the pace as the rate
//! lens. The bits are evidence under the assumption that events do not depend on one another, and no p-value.

use crate::channel::Channel;
use crate::compare_items::{self, Item};
use crate::event::Signal;
use crate::fixed::{Log2, bits};
use crate::instances;
use crate::kind_names;
use crate::mix;
use crate::rate;
use crate::result::Unit;
use crate::span::Span;
use crate::stream::Stream;
use crate::values;
use crate::watch::{Cancelled, Watch};

/// What of a stream differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// The stream itself, among all streams.
    Stream,
    /// A kind of events: a line with its variable parts left out.
    Kind,
    /// The value of a field.
    Value,
    /// A word in the text.
    Word,
    /// The numbers of a field, a metric or a duration.
    Number,
    /// How fast events come.
    Pace,
}

impl Aspect {
    /// Every aspect.
    pub const ALL: [Self; 6] = [Self::Stream, Self::Kind, Self::Value, Self::Word, Self::Number, Self::Pace];

    /// What a person calls it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Kind => "kind of event",
            Self::Value => "field value",
            Self::Word => "word",
            Self::Number => "number",
            Self::Pace => "pace",
        }
    }
}

/// Which way it differs, from before to after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is only after.
    New,
    /// It is only before.
    Gone,
    /// A larger share after.
    More,
    /// A smaller share after.
    Less,
    /// Larger numbers, or a faster pace.
    Higher,
    /// Smaller numbers, or a slower pace.
    Lower,
    /// Numbers that lie farther apart.
    Wider,
    /// Numbers that lie closer together.
    Narrower,
}

impl Change {
    /// Whether there is more of it after than before: drawn to the right.
    pub const fn is_more(self) -> bool {
        matches!(self, Self::New | Self::More | Self::Higher | Self::Wider)
    }
}

/// What is on either side.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Amounts {
    /// How many events have it.
    Events {
        /// Before.
        before: u64,
        /// After.
        after: u64,
        /// Of how many before.
        of_before: u64,
        /// Of how many after.
        of_after: u64,
    },
    /// The 10th, 50th and 90th percentile of the numbers.
    Quantiles {
        /// Before.
        before: [f64; 3],
        /// After.
        after: [f64; 3],
        /// What they count.
        unit: Unit,
    },
    /// Events a second.
    Pace {
        /// Before.
        before: f64,
        /// After.
        after: f64,
    },
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Difference {
    /// What it is.
    pub aspect: Aspect,
    /// Which way it differs.
    pub change: Change,
    /// Its name: a kind of event, `path=value`, words, the name of a number. Text from the capture.
    pub name: String,
    /// What is on either side.
    pub amounts: Amounts,
    /// Evidence that the sides differ in it, bits.
    pub bits: f64,
    /// An event that shows it, by its position in the stream as it was compared: the first after the border, else the first
    /// before it.
    pub event: Option<u64>,
}

/// How two sides of a stream differ.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Events before the border and after it.
    pub events: [u64; 2],
    /// How many things were compared.
    pub compared: u64,
    /// Those with more evidence than it costs to say which of them they are, by bits, the dearest first.
    pub differences: Vec<Difference>,
}

/// Compares the events of a stream after its anchor with those of the anchor. `nanos` is how long either side was watched,
/// where that is known.
pub fn compare(stream: &Stream, nanos: [Option<u64>; 2], watch: &dyn Watch) -> Result<Comparison, Cancelled> {
    let border = stream.anchored();
    let log2 = Log2::default();
    let events = [border as u64, (stream.len() - border) as u64];
    let mut all = Vec::new();
    if events[0] > 0 && events[1] > 0 {
        if stream.key().signal != Signal::Metric {
            kinds(stream, &log2, &mut all);
            stop(watch)?;
            for item in compare_items::of(stream, watch)? {
                all.push(of_item(item, events, &log2));
            }
        }
        for channel in &stream.channels {
            stop(watch)?;
            all.extend(number(stream, channel));
        }
        all.extend(pace(events, nanos, &log2));
    }
    let compared = all.len() as u64;
    let least = least_bits(compared);
    all.retain(|difference| difference.bits > least);
    compare_items::drop_words_of_kinds(&mut all);
    all.sort_by(order);
    Ok(Comparison { events, compared, differences: all })
}

/// What it costs to say which of so many things is meant, bits: less evidence than that is no difference worth naming.
pub fn least_bits(compared: u64) -> f64 {
    libm::log2(compared.max(2) as f64)
}

/// The dearest first; equals by what they are.
pub(crate) fn order(a: &Difference, b: &Difference) -> std::cmp::Ordering {
    b.bits.total_cmp(&a.bits).then_with(|| (a.aspect, &a.name).cmp(&(b.aspect, &b.name)))
}

/// Bits by which the shares of some things differ between two sides: of each, its count before and after. The measure is
/// that of [`Aspect::Kind`].
pub fn shares_bits(counts: &[(u64, u64)]) -> Vec<f64> {
    let log2 = Log2::default();
    let (before, after) = counts.iter().fold((0, 0), |sum, each| (sum.0 + each.0, sum.1 + each.1));
    let of = |&(b, a): &(u64, u64)| share(&log2, a, after, b, before, counts.len());
    counts.iter().map(of).collect()
}

/// Bits by which one side's share explains its events better than the other's does, and the other way round: the smaller
/// of the two. A side of few events cannot make much evidence of what the other has by chance.
fn share(log2: &Log2, after: u64, of_after: u64, before: u64, of_before: u64, things: usize) -> f64 {
    let short = |events: u64| u32::try_from(events).unwrap_or(u32::MAX);
    let (a, b) = (short(after), short(before));
    let forward = mix::one_against_rest(log2, a, of_after, b, of_before, things);
    bits(forward.min(mix::one_against_rest(log2, b, of_before, a, of_after, things)))
}

fn stop(watch: &dyn Watch) -> Result<(), Cancelled> {
    if watch.cancelled() { Err(Cancelled) } else { Ok(()) }
}

/// Which way a share moves.
fn direction(before: u64, of_before: u64, after: u64, of_after: u64) -> Change {
    match (before, after) {
        (0, _) => Change::New,
        (_, 0) => Change::Gone,
        _ if u128::from(after) * u128::from(of_before) >= u128::from(before) * u128::from(of_after) => {
            Change::More
        }
        _ => Change::Less,
    }
}

fn kinds(stream: &Stream, log2: &Log2, all: &mut Vec<Difference>) {
    let border = stream.anchored();
    let (before, of_before) = mix::shares_of(stream, &Span::new(std::iter::once(0..border)));
    let (after, of_after) = mix::shares_of(stream, &Span::new(std::iter::once(border..stream.len())));
    let mut shown = vec![None; stream.kinds];
    for position in (0..border).rev().chain((border..stream.len()).rev()) {
        shown[usize::from(stream.kind(position))] = Some(position as u64);
    }
    for (kind, (&b, &a)) in (0_u16..).zip(before.iter().zip(&after)) {
        all.push(Difference {
            aspect: Aspect::Kind,
            change: direction(u64::from(b), of_before, u64::from(a), of_after),
            name: kind_names::kind_name(stream, kind),
            amounts: Amounts::Events { before: u64::from(b), after: u64::from(a), of_before, of_after },
            bits: share(log2, u64::from(a), of_after, u64::from(b), of_before, stream.kinds),
            event: shown[usize::from(kind)],
        });
    }
}

fn of_item(item: Item, events: [u64; 2], log2: &Log2) -> Difference {
    let Item { aspect, name, before, after, event } = item;
    Difference {
        aspect,
        change: direction(before, events[0], after, events[1]),
        name,
        amounts: Amounts::Events { before, after, of_before: events[0], of_after: events[1] },
        // An event has it or not: two kinds.
        bits: share(log2, after, events[1], before, events[0], 2),
        event: Some(event),
    }
}

fn number(stream: &Stream, channel: &Channel) -> Option<Difference> {
    let border = stream.anchored();
    let contrast = values::contrast(channel, &stream.times_nanos, border)?;
    let split = channel.positions.partition_point(|position| (*position as usize) < border);
    let (before, after) = channel.values.split_at(split);
    let (level, spread) = (contrast.level, contrast.spread);
    let wide = if spread.abs() >= contrast.far_out { spread } else { contrast.far_out };
    let (change, bits) = if level.abs() >= wide.abs() {
        (if level > 0.0 { Change::Higher } else { Change::Lower }, level.abs())
    } else {
        (if wide > 0.0 { Change::Wider } else { Change::Narrower }, wide.abs())
    };
    let name = match stream.key().signal {
        Signal::Metric => instances::series_name(&channel.name, &stream.key().name),
        _ => channel.name.clone(),
    };
    Some(Difference {
        aspect: Aspect::Number,
        change,
        name,
        amounts: Amounts::Quantiles {
            before: quantiles(before),
            after: quantiles(after),
            unit: channel.unit,
        },
        bits,
        event: channel.positions.get(split).map(|position| u64::from(*position)),
    })
}

/// The 10th, 50th and 90th percentile: values that were there, and none between them.
fn quantiles(values: &[f64]) -> [f64; 3] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    [10, 50, 90]
        .map(|share| sorted.get((sorted.len().saturating_sub(1)) * share / 100).copied().unwrap_or(0.0))
}

fn pace(events: [u64; 2], nanos: [Option<u64>; 2], log2: &Log2) -> Option<Difference> {
    let (before, after) = (nanos[0].filter(|n| *n > 0)?, nanos[1].filter(|n| *n > 0)?);
    let per_second = |events: u64, nanos: u64| events as f64 * 1e9 / nanos as f64;
    let (usual, now) = (per_second(events[0], before), per_second(events[1], after));
    Some(Difference {
        aspect: Aspect::Pace,
        change: if now >= usual { Change::Higher } else { Change::Lower },
        name: "events".to_owned(),
        amounts: Amounts::Pace { before: usual, after: now },
        bits: bits(rate::surplus(log2, after, events[1], before, events[0])),
        event: None,
    })
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
