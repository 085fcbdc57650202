//! One channel made ready: what trend and season lead to expect is taken away, and the rest put into fixed point.

use crate::channel::Channel;
use crate::fixed::ONE_BIT;
use crate::values::season::{median, season_of};
use crate::values::trend::steady_trend;

/// Largest distance from the middle, in fixed point: sums of a window's worth of them stay below 2^63.
const DISTANCE_MOST: f64 = (1_i64 << 46) as f64;

/// One channel made ready for its windows.
#[derive(Clone, Debug)]
pub(super) struct Series<'a> {
    pub(super) channel: &'a Channel,
    /// What trend and season lead to expect of each value; empty where neither was taken away.
    expected: Vec<f64>,
    /// Distance of each value from the middle, in units of the quartile distance, fixed point.
    pub(super) distances: Vec<i64>,
    /// Twice the rank of each distance, from 0, less one for each that is larger: ties share theirs, and the sum is 0.
    pub(super) ranks: Vec<i64>,
}

impl<'a> Series<'a> {
    pub(super) fn new(channel: &'a Channel, times_nanos: &[i64]) -> Self {
        let mut left = channel.values.clone();
        let mut expected = Vec::new();
        let times: Vec<i64> = channel.positions.iter().map(|&at| times_nanos[at as usize]).collect();
        let timed =
            !times.contains(&i64::MIN) && times.is_sorted() && span(&times).is_some_and(|span| span > 0);
        let axis: Vec<f64> = if timed {
            times.iter().map(|time| (time - times[0]) as f64).collect()
        } else {
            (0..left.len() as u32).map(f64::from).collect()
        };
        let mut take = |taken: Option<Vec<f64>>, left: &mut Vec<f64>| {
            let Some(taken) = taken else { return };
            left.iter_mut().zip(&taken).for_each(|(value, part)| *value -= part);
            if expected.is_empty() {
                expected = taken;
            } else {
                expected.iter_mut().zip(taken).for_each(|(sum, part)| *sum += part);
            }
        };
        take(steady_trend(&axis, &left), &mut left);
        if timed {
            take(season_of(&times, &left), &mut left);
        }
        let distances = distances(&left);
        let ranks = centred_ranks(&distances);
        Self { channel, expected, distances, ranks }
    }

    /// Indices into the channel of the values in a range of the stream's positions.
    pub(super) fn members(&self, positions: std::ops::Range<usize>) -> std::ops::Range<usize> {
        let at = |position: usize| self.channel.positions.partition_point(|&p| (p as usize) < position);
        at(positions.start)..at(positions.end)
    }

    /// A value less what was expected of it.
    pub(super) fn left(&self, member: usize) -> f64 {
        self.channel.values[member] - self.expected(member)
    }

    /// What trend and season lead to expect of a value, 0 where neither was taken away.
    pub(super) fn expected(&self, member: usize) -> f64 {
        self.expected.get(member).copied().unwrap_or(0.0)
    }
}

/// Nanoseconds between the first and the last time, where that can be said.
fn span(times_nanos: &[i64]) -> Option<i64> {
    times_nanos.last()?.checked_sub(*times_nanos.first()?)
}

/// Distances from the median in units of the quartile distance; where half of the values are one, in units of the mean
/// distance of those that are not.
fn distances(values: &[f64]) -> Vec<i64> {
    if values.is_empty() {
        return Vec::new();
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = median(&mut sorted.clone());
    let quartiles = sorted[sorted.len() * 3 / 4] - sorted[sorted.len() / 4];
    let (sum, off) = values
        .iter()
        .filter(|value| (**value - middle).abs() > 0.0)
        .fold((0.0, 0_u32), |(sum, off), value| (sum + (value - middle).abs(), off + 1));
    let scale = if quartiles > 0.0 || off == 0 { quartiles } else { sum / f64::from(off) };
    let fixed = |value: &f64| {
        let distance = if scale > 0.0 { (value - middle) / scale * ONE_BIT as f64 } else { 0.0 };
        libm::rint(distance.clamp(-DISTANCE_MOST, DISTANCE_MOST)) as i64
    };
    values.iter().map(fixed).collect()
}

/// Twice the rank of each value less the mean of that: the sum is 0, and equal values have equal ranks.
pub(super) fn centred_ranks(values: &[i64]) -> Vec<i64> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_unstable_by_key(|&i| values[i as usize]);
    let mut ranks = vec![0; values.len()];
    let mut below = 0;
    for equal in order.chunk_by(|&a, &b| values[a as usize] == values[b as usize]) {
        let larger = values.len() - below - equal.len();
        for &i in equal {
            ranks[i as usize] = below as i64 - larger as i64;
        }
        below += equal.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_equal_values_are_equal_and_all_sum_to_nothing() {
        assert_eq!(centred_ranks(&[30, 10, 20, 20]), [3, -3, 0, 0]);
        assert_eq!(centred_ranks(&[7; 5]), [0; 5]);
    }

    #[test]
    fn a_channel_of_which_half_is_one_value_still_has_a_scale() {
        let mut values = vec![0.0; 90];
        values.extend([10.0; 10]);
        let distances = distances(&values);
        assert!(distances[0] == 0 && distances[95] == ONE_BIT, "{}", distances[95]);
        assert!(super::distances(&[4.0; 9]).iter().all(|d| *d == 0));
    }
}
