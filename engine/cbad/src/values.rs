//! The values lens: numbers off their distribution, and fields of few values off their shares.
//!
//! A channel is measured window by window by a few robust statistics, each of which moves for one kind of change:
//! rank and median (higher, lower), quartile distance and step (wider, narrower), the longest run without a change
//! (flat), the extremes (spike), slope and climb (trend). Each is judged among the same statistic of stretches of the
//! baseline as long as a window, by rank and beyond the largest by a modelled tail, so that all speak of one thing: how
//! often as much is to be expected. Steady trends and seasons that explain enough are taken away first. The score is a
//! mixture of all. Of a field of few values it is its shares that are measured and judged alike (`shares.rs`).
//!
//! The same judgement over running means of a growing series, given the past alone, is [`stream_values`].

mod contrast;
mod deck;
mod explain;
mod extremes;
mod measure;
mod monitor;
mod rolling;
mod season;
mod series;
mod shares;
mod surplus;
#[cfg(test)]
mod tests;
mod trend;
mod without;

use std::ops::Range;

use crate::category::Category;
use crate::channel::Channel;
use crate::fixed::{Log2, ONE_BIT};
use crate::window::Plan;

pub(crate) use contrast::contrast;
pub(crate) use deck::ValuesDeck;
pub(crate) use explain::Shown;
use extremes::Extremes;
use measure::{LOOKS, Measured};
pub use monitor::{StreamPoint, ValueMonitor, stream_values};
use rolling::{Sided, Tiles};
pub(crate) use series::ranks;
use series::{Model, View};
use shares::{OfValue, Shares};
use surplus::Mixture;

/// What the events of a stream carry besides their text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Readings<'a> {
    pub(crate) channels: &'a [Channel],
    pub(crate) categories: &'a [Category],
    /// One for each position of the stream, `NO_TIME` where it is not known.
    pub(crate) times_nanos: &'a [i64],
}

/// What is known of the readings of one stream under one plan. The readings that its methods take are those that it was made from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    channels: Vec<Known>,
    categories: Vec<Shares>,
    /// For each window bits of surplus in fixed point, and what says most.
    scores: Vec<i64>,
    leading: Vec<Leading>,
}

/// What says most of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Leading {
    #[default]
    Numbers,
    /// The share of a category's value.
    Shares,
    /// The same, in the long stretch that ends with the window.
    LongShares,
}

#[derive(Clone, Debug)]
struct Known {
    model: Model,
    measured: Measured,
    extremes: Extremes,
}

impl Leading {
    const fn by_shares(is_long: bool) -> Self {
        if is_long { Self::LongShares } else { Self::Shares }
    }
}

impl Values {
    pub(crate) fn new(readings: Readings<'_>, plan: &Plan, log2: &Log2) -> Self {
        let (times_nanos, tiles) = (readings.times_nanos, Tiles::new(plan));
        let know = |channel| {
            let model = Model::new(channel, times_nanos);
            let view = View { model: &model, channel, times_nanos };
            let (measured, extremes) = (Measured::new(view, tiles), Extremes::of(view));
            Known { model, measured, extremes }
        };
        let mut values = Self {
            channels: readings.channels.iter().map(know).collect(),
            categories: readings.categories.iter().map(|c| Shares::new(c, tiles, log2)).collect(),
            ..Self::default()
        };
        values.judge(plan);
        values
    }

    /// Scores every window: the mixture of all that is looked at.
    fn judge(&mut self, plan: &Plan) {
        let groups = rolling::groups(plan);
        let tiles = Tiles::new(plan);
        let mut mixtures = vec![Mixture::default(); plan.count];
        let mut leading = vec![(0.0, Leading::Numbers); plan.count];
        for (value, sided) in self.looks() {
            rolling::surpluses(sided, tiles, &groups, |window, bits| {
                mixtures[window].add(bits);
                if bits > leading[window].0 {
                    let as_long = value.map(|value| value.is_long(tiles.of_window(window)));
                    leading[window] = (bits, as_long.map_or(Leading::Numbers, Leading::by_shares));
                }
            });
        }
        let experts = self.experts();
        let fixed = |mixture: Mixture| libm::rint(mixture.bits(experts) * ONE_BIT as f64) as i64;
        self.scores = mixtures.into_iter().map(fixed).collect();
        self.leading = leading.into_iter().map(|(_, leading)| leading).collect();
    }

    /// Bits of surplus of each window in fixed point: higher is more unusual, 0 is not unusual at all.
    pub(crate) fn scores(&self) -> &[i64] {
        &self.scores
    }

    /// Everything that is looked at in a window, with the value of a category whose share it is.
    fn looks(&self) -> impl Iterator<Item = (Option<&OfValue>, Sided<'_>)> {
        let of_channels = self.channels.iter().flat_map(|known| LOOKS.map(|look| known.measured.sided(look)));
        let of_categories = self.categories.iter().flat_map(Shares::looks);
        let of_categories = of_categories.map(|(value, sided)| (Some(value), sided));
        of_channels.map(|sided| (None, sided)).chain(of_categories)
    }

    fn experts(&self) -> usize {
        self.looks().count()
    }

    /// What is told of a window: itself, or the long stretch that ends with it where the shares of a category there say most.
    pub(crate) fn stretch(&self, plan: &Plan, window: usize) -> Range<usize> {
        let tiles = Tiles::new(plan);
        let long = tiles.long_stretch(tiles.of_window(window));
        long.filter(|_| self.leading[window] == Leading::LongShares).unwrap_or_else(|| plan.range(window))
    }

    /// Whether it is the share of a category's value by which a window is unusual.
    pub(crate) fn is_by_shares(&self, window: usize) -> bool {
        self.leading[window] != Leading::Numbers
    }

    /// The deck of the permutation test: positions of the window first, then those of its baseline.
    pub(crate) fn deck<'a>(
        &self,
        readings: Readings<'_>,
        positions: &[usize],
        log2: &'a Log2,
    ) -> ValuesDeck<'a> {
        let views = (0..self.channels.len()).map(|channel| self.view(readings, channel));
        ValuesDeck::new(views, readings.categories.iter().map(|category| (category, log2)), positions)
    }

    /// Evidence of the single value of a window that is farthest out, in bits.
    pub(crate) fn single_bits(&self, readings: Readings<'_>, plan: &Plan, window: usize) -> f64 {
        let baseline = plan.baseline(window);
        let bits = self.channels.iter().enumerate().map(|(channel, known)| {
            known.extremes.bits(self.view(readings, channel), plan.range(window), &baseline)
        });
        let tried = libm::log2(self.channels.len().max(1) as f64);
        (bits.fold(0.0, f64::max) - tried).max(0.0)
    }

    fn view<'a>(&'a self, readings: Readings<'a>, channel: usize) -> View<'a> {
        let Readings { channels, times_nanos, .. } = readings;
        View { model: &self.channels[channel].model, channel: &channels[channel], times_nanos }
    }
}
