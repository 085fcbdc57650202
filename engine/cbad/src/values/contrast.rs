//! The numbers of one side of a comparison against those of the other.

use crate::channel::Channel;
use crate::values::deck::ValuesDeck;
use crate::values::series::{Model, View};

/// Fewest values of either side.
const LEAST_VALUES: usize = 5;

/// How the later values of a channel lie among all of them. Bits are those of the rank statistics of the permutation test,
/// below 0 for lower and narrower.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Contrast {
    pub(crate) level: f64,
    pub(crate) spread: f64,
    /// Never below 0: that none lies far out is for the spread to tell.
    pub(crate) far_out: f64,
}

/// The values from position `border` on against those before it; `None` where either side has too few.
///
/// Neither trend nor season is taken away: what is compared is what was, and not what was to be expected.
pub(crate) fn contrast(channel: &Channel, times_nanos: &[i64], border: usize) -> Option<Contrast> {
    let split = channel.positions.partition_point(|position| (*position as usize) < border);
    let (before, after) = channel.positions.split_at(split);
    if before.len().min(after.len()) < LEAST_VALUES {
        return None;
    }
    let positions: Vec<usize> = after.iter().chain(before).map(|position| *position as usize).collect();
    let model = Model::plain(&channel.values);
    let view = View { model: &model, channel, times_nanos };
    let deck = ValuesDeck::new(std::iter::once(view), std::iter::empty(), &positions);
    let [level, spread, far_out] = deck.looks(after.len() as u32);
    Some(Contrast { level, spread, far_out: far_out.max(0.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(before: impl Iterator<Item = f64>, after: impl Iterator<Item = f64>) -> Option<Contrast> {
        let before: Vec<f64> = before.collect();
        let border = before.len();
        let values: Vec<f64> = before.into_iter().chain(after).collect();
        let positions = (0..values.len() as u32).collect();
        let times: Vec<i64> = (0..values.len() as i64).collect();
        contrast(&Channel { positions, values, ..Channel::default() }, &times, border)
    }

    #[test]
    fn level_spread_and_distance_are_told_apart() {
        let usual = || (0..200).map(|i| f64::from(i % 10));
        let same = of(usual(), usual()).expect("enough values");
        assert!(same.level.abs() < 1e-9 && same.spread.abs() < 1e-9, "{same:?}");
        let higher = of(usual(), usual().map(|v| v + 4.0)).expect("enough values");
        assert!(higher.level > 40.0 && higher.level > higher.spread, "{higher:?}");
        let lower = of(usual().map(|v| v + 4.0), usual()).expect("enough values");
        assert!((higher.level + lower.level).abs() < 1e-9, "the other way round it is as much, and below 0");
        let wider = of(usual(), usual().map(|v| 4.5 + (v - 4.5) * 3.0)).expect("enough values");
        assert!(wider.spread > 20.0 && wider.spread > wider.level.abs(), "{wider:?}");
        assert!(of(usual(), usual().take(4)).is_none(), "four values are no distribution");
    }
}
