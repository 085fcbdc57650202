//! The values lens: numbers off their distribution.
//!
//! A channel is measured window by window by a few robust statistics, each of which moves for one kind of change:
//! rank and median (higher, lower), quartile distance and step (wider, narrower), the longest run without a change
//! (flat), the extremes (spike), slope and climb (trend). Each is judged among the same statistic of the windows of the
//! baseline, by rank and beyond the largest by a modelled tail, so that all speak of one thing: how often as much is to
//! be expected. Steady trends and seasons that explain enough are taken away first. The score is a mixture of all.
//!
//! The same judgement over running means of a growing series, given the past alone, is [`stream_values`].

mod deck;
mod explain;
mod measure;
mod monitor;
mod rolling;
mod season;
mod series;
mod surplus;
#[cfg(test)]
mod tests;
mod trend;

use crate::channel::Channel;
use crate::fixed::ONE_BIT;
use crate::window::{Plan, Span};

pub(crate) use deck::ValuesDeck;
use measure::{LOOKS, Measured};
pub use monitor::{StreamPoint, ValueMonitor, stream_values};
use series::Series;
use surplus::Mixture;

/// The channels of one stream, made ready and measured in the windows of a plan.
#[derive(Clone, Debug)]
pub(crate) struct Values<'a> {
    plan: &'a Plan,
    channels: Vec<(Series<'a>, Measured)>,
}

impl<'a> Values<'a> {
    /// `times_nanos` has one time for each position of the stream, `i64::MIN` where it is not known.
    pub(crate) fn new(channels: &'a [Channel], times_nanos: &[i64], plan: &'a Plan) -> Self {
        let measure = |channel| {
            let series = Series::new(channel, times_nanos);
            let measured = Measured::new(&series, plan);
            (series, measured)
        };
        Self { plan, channels: channels.iter().map(measure).collect() }
    }

    /// Bits of surplus of each window in fixed point: higher is more unusual, 0 is not unusual at all.
    pub(crate) fn scores(&self) -> Vec<i64> {
        let count = self.plan.count;
        let baselines: Vec<Span> =
            (0..count).map(|window| rolling::baseline_windows(self.plan, window)).collect();
        let mut mixtures = vec![Mixture::default(); count];
        for (_, measured) in &self.channels {
            for look in LOOKS {
                rolling::surpluses(measured, look, &baselines, |window, bits| mixtures[window].add(bits));
            }
        }
        let experts = LOOKS.len() * self.channels.len();
        let fixed = |mixture: Mixture| libm::rint(mixture.bits(experts) * ONE_BIT as f64) as i64;
        mixtures.into_iter().map(fixed).collect()
    }
}

/// Bits of surplus of each window of a plan, in fixed point.
pub(crate) fn score(channels: &[Channel], times_nanos: &[i64], plan: &Plan) -> Vec<i64> {
    Values::new(channels, times_nanos, plan).scores()
}
