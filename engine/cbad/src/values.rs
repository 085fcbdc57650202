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
}

#[derive(Clone, Debug)]
struct Known {
    model: Model,
    measured: Measured,
    extremes: Extremes,
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
        Self {
            channels: readings.channels.iter().map(know).collect(),
            categories: readings.categories.iter().map(|c| Shares::new(c, tiles, log2)).collect(),
        }
    }

    /// Bits of surplus of each window in fixed point: higher is more unusual, 0 is not unusual at all.
    pub(crate) fn scores(&self, plan: &Plan) -> Vec<i64> {
        let groups = rolling::groups(plan);
        let tiles = Tiles::new(plan);
        let mut mixtures = vec![Mixture::default(); plan.count];
        for sided in self.looks() {
            rolling::surpluses(sided, tiles, &groups, |window, bits| mixtures[window].add(bits));
        }
        let experts = self.experts();
        let fixed = |mixture: Mixture| libm::rint(mixture.bits(experts) * ONE_BIT as f64) as i64;
        mixtures.into_iter().map(fixed).collect()
    }

    /// Everything that is looked at in a window.
    fn looks(&self) -> impl Iterator<Item = Sided<'_>> {
        let of_channels = self.channels.iter().flat_map(|known| LOOKS.map(|look| known.measured.sided(look)));
        of_channels.chain(self.categories.iter().flat_map(Shares::looks).map(|(_, sided)| sided))
    }

    fn experts(&self) -> usize {
        self.looks().count()
    }

    /// What is told of a window: itself, or the long stretch that ends with it where the shares of a category there say most.
    pub(crate) fn stretch(&self, plan: &Plan, window: usize) -> Range<usize> {
        let tiles = Tiles::new(plan);
        let tile = tiles.of_window(window);
        let long = tiles.long_stretch(tile);
        let long = long.filter(|_| self.shares_say_most(plan, window, |value| value.is_long(tile)));
        long.unwrap_or_else(|| plan.range(window))
    }

    /// Whether it is the share of a category's value by which a window is unusual.
    pub(crate) fn is_by_shares(&self, plan: &Plan, window: usize) -> bool {
        self.shares_say_most(plan, window, |_| true)
    }

    /// Whether nothing says more of a window than the share of one of these values.
    fn shares_say_most(&self, plan: &Plan, window: usize, of: impl Fn(&OfValue) -> bool) -> bool {
        let shares = self.categories.iter().flat_map(Shares::looks);
        let mut asked = shares.filter(|(value, _)| of(value)).peekable();
        if asked.peek().is_none() {
            return false;
        }
        let tiles = Tiles::new(plan);
        let baseline = tiles.baseline(window);
        let bits = |sided: Sided<'_>| rolling::surplus(sided, tiles, &baseline, window);
        let most = asked.map(|(_, sided)| bits(sided)).fold(0.0, f64::max);
        most > 0.0 && self.looks().all(|sided| bits(sided) <= most)
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
