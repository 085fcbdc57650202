//! One channel made ready: what trend and season lead to expect is taken away, and the rest put into fixed point.

use std::ops::Range;

use crate::channel::Channel;
use crate::fixed::ONE_BIT;
use crate::stream::NO_TIME;
use crate::values::season::{Season, median};
use crate::values::trend::{Line, steady_trend};

/// Largest distance from the middle, in fixed point: sums of a window's worth of them stay below 2^63.
const DISTANCE_MOST: f64 = (1_i64 << 46) as f64;

/// What is ordinary in one channel, and in which units to say how far from it a value is.
#[derive(Clone, Debug)]
pub(super) struct Model {
    /// Where the axis of the trend begins; `None` where it is the number of the value.
    origin_nanos: Option<i64>,
    trend: Option<Line>,
    season: Option<Season>,
    spread: Spread,
}

/// How values lie around their middle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Spread {
    /// The median.
    middle: f64,
    /// The distance between the quartiles; where half of the values are one, the mean distance of those that are not.
    scale: f64,
    /// From the median to the nearest other value: next to nothing, unless values come in steps.
    step: f64,
}

impl Model {
    pub(super) fn new(channel: &Channel, times_nanos: &[i64]) -> Self {
        let times: Vec<i64> = channel.positions.iter().map(|&at| times_nanos[at as usize]).collect();
        let in_order = !times.contains(&NO_TIME) && times.is_sorted();
        let span = || times.last()?.checked_sub(*times.first()?);
        let origin_nanos = if in_order && span().is_some_and(|span| span > 0) { times.first() } else { None };
        let mut model = Self {
            origin_nanos: origin_nanos.copied(),
            trend: None,
            season: None,
            spread: Spread::default(),
        };
        let axis: Vec<f64> = (0..times.len()).map(|member| model.axis(member, times[member])).collect();
        model.trend = steady_trend(&axis, &channel.values);
        let view = View { model: &model, channel, times_nanos };
        let mut left: Vec<f64> = (0..times.len()).map(|member| view.left(member)).collect();
        if origin_nanos.is_some() {
            model.season = Season::of(&times, &left);
        }
        let view = View { model: &model, channel, times_nanos };
        for (member, left) in left.iter_mut().enumerate() {
            *left = view.left(member);
        }
        model.spread = Spread::of(&mut left);
        model
    }

    /// What is ordinary where neither trend nor season is taken away.
    pub(super) fn plain(values: &[f64]) -> Self {
        let spread = Spread::of(&mut values.to_vec());
        Self { origin_nanos: None, trend: None, season: None, spread }
    }

    fn axis(&self, member: usize, time_nanos: i64) -> f64 {
        self.origin_nanos.map_or(member as f64, |origin| time_nanos.saturating_sub(origin) as f64)
    }
}

/// A channel with what is ordinary in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) model: &'a Model,
    pub(super) channel: &'a Channel,
    /// One for each position of the stream.
    pub(super) times_nanos: &'a [i64],
}

impl View<'_> {
    /// Which of the channel's values stand in a range of the stream's positions.
    pub(super) fn members(&self, positions: Range<usize>) -> Range<usize> {
        let at = |position: usize| self.channel.positions.partition_point(|&p| (p as usize) < position);
        at(positions.start)..at(positions.end)
    }

    /// What trend and season lead to expect of a value; 0 where there is neither.
    pub(super) fn expected(&self, member: usize) -> f64 {
        let time_nanos = self.times_nanos[self.channel.positions[member] as usize];
        let trend = self.model.trend.map_or(0.0, |line| line.at(self.model.axis(member, time_nanos)));
        trend + self.model.season.as_ref().map_or(0.0, |season| season.expected(time_nanos))
    }

    /// A value less what was expected of it.
    pub(super) fn left(&self, member: usize) -> f64 {
        self.channel.values[member] - self.expected(member)
    }

    /// The step in which values come, as a distance: at most that between the quartiles.
    pub(super) fn step(&self) -> f64 {
        let Spread { scale, step, .. } = self.model.spread;
        if scale > 0.0 { (step / scale).min(1.0) * ONE_BIT as f64 } else { 0.0 }
    }

    /// How far what is left of a value is from its middle: in units of the channel's spread, fixed point.
    pub(super) fn distance(&self, member: usize) -> i64 {
        let Spread { middle, scale, .. } = self.model.spread;
        let distance = if scale > 0.0 { (self.left(member) - middle) / scale * ONE_BIT as f64 } else { 0.0 };
        libm::rint(distance.clamp(-DISTANCE_MOST, DISTANCE_MOST)) as i64
    }
}

impl Spread {
    fn of(values: &mut [f64]) -> Self {
        if values.is_empty() {
            return Self::default();
        }
        values.sort_by(f64::total_cmp);
        let quartiles = values[values.len() * 3 / 4] - values[values.len() / 4];
        let middle = median(values);
        let off = values.iter().map(|value| (value - middle).abs()).filter(|distance| *distance > 0.0);
        let (sum, count, step) = off.fold((0.0, 0_u32, f64::MAX), |(sum, count, step), distance| {
            (sum + distance, count + 1, step.min(distance))
        });
        if count == 0 {
            return Self { middle, ..Self::default() };
        }
        let scale = if quartiles > 0.0 { quartiles } else { sum / f64::from(count) };
        Self { middle, scale, step }
    }
}

/// Twice the rank of each value less the mean of that: the sum is 0, and equal values have equal ranks.
pub(super) fn centred_ranks(values: &[i64]) -> Vec<i32> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_unstable_by_key(|&i| values[i as usize]);
    let mut ranks = vec![0_i32; values.len()];
    let mut below = 0;
    for equal in order.chunk_by(|&a, &b| values[a as usize] == values[b as usize]) {
        let larger = values.len() - below - equal.len();
        for &i in equal {
            ranks[i as usize] = below as i32 - larger as i32;
        }
        below += equal.len();
    }
    ranks
}

/// The ranks of a channel's values as parts of all: from -1/2 to 1/2, equal ones for equal values.
pub(crate) fn ranks(channel: &Channel) -> Vec<f64> {
    // Their bits as whole numbers in the order of the values; adding 0 makes -0 a 0.
    let in_order = |value: &f64| {
        let bits = (value + 0.0).to_bits() as i64;
        bits ^ (((bits >> 63) as u64) >> 1) as i64
    };
    let ordered: Vec<i64> = channel.values.iter().map(in_order).collect();
    let all = 2.0 * ordered.len() as f64;
    centred_ranks(&ordered).into_iter().map(|rank| f64::from(rank) / all).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_equal_values_are_equal_and_all_sum_to_nothing() {
        assert_eq!(centred_ranks(&[30, 10, 20, 20]), [3, -3, 0, 0]);
        assert_eq!(centred_ranks(&[7; 5]), [0; 5]);
        let values = vec![-0.5, 1e9, 0.0, -3.0, -0.0];
        let channel = Channel { positions: (0..5).collect(), values, ..Channel::default() };
        assert_eq!(ranks(&channel), [-0.2, 0.4, 0.1, -0.4, 0.1]);
    }

    #[test]
    fn a_channel_of_which_half_is_one_value_still_has_a_scale() {
        let mut values = vec![0.0; 90];
        values.extend([10.0; 10]);
        assert_eq!(Spread::of(&mut values), Spread { middle: 0.0, scale: 10.0, step: 10.0 });
        assert_eq!(Spread::of(&mut [4.0; 9]), Spread { middle: 4.0, scale: 0.0, step: 0.0 });
        assert_eq!(Spread::of(&mut []), Spread::default());
    }
}
