//! A window measured again without some of its readings.

use crate::channel::Channel;
use crate::counterfactual::Reducible;
use crate::fixed::ONE_BIT;
use crate::values::measure::{self, Fixed, LOOKS, Measured, longest_run};
use crate::values::rolling::{self, Tiles};
use crate::values::series::centred_ranks;
use crate::values::surplus::Mixture;
use crate::values::{Known, Values};
use crate::window::Plan;

/// The readings of one window that are left, channel by channel.
pub(crate) struct Without<'a> {
    channels: Vec<OfChannel<'a>>,
    /// Events of the window.
    events: usize,
}

struct OfChannel<'a> {
    channel: &'a Channel,
    measured: &'a Measured,
    tiles: Tiles<'a>,
    tile: usize,
    usual: usize,
    distances: Vec<i64>,
    ranks: Vec<i32>,
    /// For each look the baseline's statistics, largest first.
    baselines: Vec<Vec<f64>>,
    /// The channel's values in the window, in order.
    members: Vec<usize>,
}

impl Values {
    /// The readings of a window, ready to be taken out.
    pub(crate) fn without<'a>(
        &'a self,
        channels: &'a [Channel],
        times_nanos: &'a [i64],
        plan: &'a Plan,
        window: usize,
    ) -> Without<'a> {
        let tiles = Tiles::new(plan);
        let baseline = tiles.baseline(window);
        let of_channel = |(at, Known { measured, .. }): (usize, &'a Known)| {
            let view = self.view(channels, times_nanos, at);
            let distances: Vec<i64> = (0..view.channel.values.len()).map(|m| view.distance(m)).collect();
            OfChannel {
                channel: &channels[at],
                measured,
                tiles,
                tile: tiles.of_window(window),
                usual: measure::usual(view, tiles),
                ranks: centred_ranks(&distances),
                distances,
                baselines: LOOKS.map(|look| rolling::descending(measured, look, &baseline)).into(),
                members: view.members(plan.range(window)).collect(),
            }
        };
        Without { channels: self.channels.iter().enumerate().map(of_channel).collect(), events: plan.window }
    }
}

impl OfChannel<'_> {
    fn position(&self, member: usize) -> usize {
        self.channel.positions[member] as usize
    }

    fn left(&self, gone: &[usize]) -> Vec<usize> {
        self.members.iter().copied().filter(|&m| !gone.contains(&self.position(m))).collect()
    }

    /// Adds what every look sees, and returns the most that one sees.
    fn add_to(&self, mixture: &mut Mixture, gone: &[usize]) -> f64 {
        let left = self.left(gone);
        let values: Vec<f64> = left.iter().map(|&m| self.channel.values[m]).collect();
        let fixed = Fixed {
            values: &values,
            distances: left.iter().map(|&m| self.distances[m]).collect(),
            ranks: left.iter().map(|&m| self.ranks[m]).collect(),
        };
        let own = measure::measured_alone(self.measured, self.tiles, self.tile, &fixed, self.usual);
        let mut most = 0.0_f64;
        for (look, baseline) in LOOKS.into_iter().zip(&self.baselines) {
            let value = look.side * own[look.statistic as usize];
            let bits = rolling::surplus_over(self.measured, look, baseline, value);
            mixture.add(bits);
            most = most.max(bits);
        }
        most
    }

    /// The farthest reading on either side, and the last of the longest run of equal ones.
    fn candidates(&self, gone: &[usize]) -> [Option<usize>; 3] {
        let left = self.left(gone);
        let far = |side: i64| left.iter().copied().max_by_key(|&m| side * self.distances[m]);
        let values: Vec<f64> = left.iter().map(|&m| self.channel.values[m]).collect();
        let run = longest_run(&values);
        let last = run.end.checked_sub(1).filter(|_| run.len() > 1).map(|at| left[at]);
        [far(1), far(-1), last]
    }
}

impl Reducible for Without<'_> {
    fn len(&self) -> usize {
        self.events
    }

    fn score(&self, gone: &[usize]) -> i64 {
        let mut mixture = Mixture::default();
        for channel in &self.channels {
            channel.add_to(&mut mixture, gone);
        }
        libm::rint(mixture.bits(LOOKS.len() * self.channels.len()) * ONE_BIT as f64) as i64
    }

    /// The reading without which the window scores least, of the farthest ones of the channel that says most.
    fn dearest(&self, gone: &[usize]) -> Option<usize> {
        let says = |channel: &OfChannel<'_>| channel.add_to(&mut Mixture::default(), gone);
        let dearest = self.channels.iter().max_by(|a, b| says(a).total_cmp(&says(b)))?;
        let candidates = dearest.candidates(gone).into_iter().flatten().map(|m| dearest.position(m));
        let without = |&p: &usize| (self.score(&gone.iter().copied().chain([p]).collect::<Vec<_>>()), p);
        candidates.min_by_key(without)
    }
}
