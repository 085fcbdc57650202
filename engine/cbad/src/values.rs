//! The values lens: numbers off their distribution.
//!
//! A channel is measured window by window by a few robust statistics, each of which moves for one kind of change:
//! rank and median (higher, lower), quartile distance and step (wider, narrower), the longest run without a change
//! (flat), the extremes (spike), slope and climb (trend). Each is judged among the same statistic of stretches of the
//! baseline as long as a window, by rank and beyond the largest by a modelled tail, so that all speak of one thing: how
//! often as much is to be expected. Steady trends and seasons that explain enough are taken away first. The score is a
//! mixture of all.
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
mod surplus;
#[cfg(test)]
mod tests;
mod trend;
mod without;

use crate::channel::Channel;
use crate::fixed::ONE_BIT;
use crate::window::Plan;

pub(crate) use contrast::contrast;
pub(crate) use deck::ValuesDeck;
use extremes::Extremes;
use measure::{LOOKS, Measured};
pub use monitor::{StreamPoint, ValueMonitor, stream_values};
use rolling::Tiles;
use series::{Model, View};
use surplus::Mixture;

/// What is known of the channels of one stream under one plan. The channels and times that its methods take are those
/// that it was made from; times are one for each position of the stream, `NO_TIME` where it is not known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    channels: Vec<Known>,
}

#[derive(Clone, Debug)]
struct Known {
    model: Model,
    measured: Measured,
    extremes: Extremes,
}

impl Values {
    pub(crate) fn new(channels: &[Channel], times_nanos: &[i64], plan: &Plan) -> Self {
        let know = |channel| {
            let model = Model::new(channel, times_nanos);
            let view = View { model: &model, channel, times_nanos };
            let (measured, extremes) = (Measured::new(view, Tiles::new(plan)), Extremes::of(view));
            Known { model, measured, extremes }
        };
        Self { channels: channels.iter().map(know).collect() }
    }

    /// Bits of surplus of each window in fixed point: higher is more unusual, 0 is not unusual at all.
    pub(crate) fn scores(&self, plan: &Plan) -> Vec<i64> {
        let groups = rolling::groups(plan);
        let tiles = Tiles::new(plan);
        let mut mixtures = vec![Mixture::default(); plan.count];
        for Known { measured, .. } in &self.channels {
            for look in LOOKS {
                rolling::surpluses(measured, look, tiles, &groups, |window, bits| mixtures[window].add(bits));
            }
        }
        let experts = LOOKS.len() * self.channels.len();
        let fixed = |mixture: Mixture| libm::rint(mixture.bits(experts) * ONE_BIT as f64) as i64;
        mixtures.into_iter().map(fixed).collect()
    }

    /// The deck of the permutation test: positions of the window first, then those of its baseline.
    pub(crate) fn deck(&self, channels: &[Channel], times_nanos: &[i64], positions: &[usize]) -> ValuesDeck {
        let views = (0..self.channels.len()).map(|channel| self.view(channels, times_nanos, channel));
        ValuesDeck::new(views, positions)
    }

    /// Evidence of the single value of a window that is farthest out, in bits.
    pub(crate) fn single_bits(
        &self,
        channels: &[Channel],
        times_nanos: &[i64],
        plan: &Plan,
        window: usize,
    ) -> f64 {
        let baseline = plan.baseline(window);
        let bits = self.channels.iter().enumerate().map(|(channel, known)| {
            let view = self.view(channels, times_nanos, channel);
            known.extremes.bits(view, plan.range(window), &baseline)
        });
        let tried = libm::log2(self.channels.len().max(1) as f64);
        (bits.fold(0.0, f64::max) - tried).max(0.0)
    }

    fn view<'a>(&'a self, channels: &'a [Channel], times_nanos: &'a [i64], channel: usize) -> View<'a> {
        View { model: &self.channels[channel].model, channel: &channels[channel], times_nanos }
    }
}
