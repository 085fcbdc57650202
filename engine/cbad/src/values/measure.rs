//! What is measured of a channel in each tile: a few robust statistics, each of which moves for one kind of change.

use std::ops::Range;

use crate::fixed::ONE_BIT;
use crate::result::ShiftKind;
use crate::values::rolling::{Sided, Tiles};
use crate::values::series::{View, centred_ranks};
use crate::values::surplus::TailOf;

/// A statistic of the values in one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statistic {
    /// Mean rank: the Mann-Whitney statistic.
    Rank,
    /// The median.
    Median,
    /// Distance between the quartiles.
    Quartiles,
    /// Median step from one value to the next, whatever its direction.
    Step,
    /// Longest run of values that do not change.
    Unchanged,
    /// How far the largest value is above the median.
    Above,
    /// How far the smallest value is below the median.
    Below,
    /// How steadily the values climb within the window.
    Slope,
    /// How steadily the medians climb towards this window over those before it.
    Climb,
}

/// Number of statistics.
const STATISTICS: usize = 9;

/// One side of one statistic, and what it is a sign of. They are listed in the order in which they are judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) statistic: Statistic,
    /// 1 where large values are unusual, -1 where small ones are.
    pub(super) side: f64,
    pub(super) kind: ShiftKind,
}

const fn look(statistic: Statistic, side: f64, kind: ShiftKind) -> Look {
    Look { statistic, side, kind }
}

pub(super) const LOOKS: [Look; 15] = [
    look(Statistic::Rank, 1.0, ShiftKind::Higher),
    look(Statistic::Rank, -1.0, ShiftKind::Lower),
    look(Statistic::Median, 1.0, ShiftKind::Higher),
    look(Statistic::Median, -1.0, ShiftKind::Lower),
    look(Statistic::Quartiles, 1.0, ShiftKind::Wider),
    look(Statistic::Quartiles, -1.0, ShiftKind::Narrower),
    look(Statistic::Step, 1.0, ShiftKind::Wider),
    look(Statistic::Step, -1.0, ShiftKind::Narrower),
    look(Statistic::Unchanged, 1.0, ShiftKind::Flat),
    look(Statistic::Above, 1.0, ShiftKind::Spike),
    look(Statistic::Below, 1.0, ShiftKind::Spike),
    look(Statistic::Slope, 1.0, ShiftKind::Trend),
    look(Statistic::Slope, -1.0, ShiftKind::Trend),
    look(Statistic::Climb, 1.0, ShiftKind::Trend),
    look(Statistic::Climb, -1.0, ShiftKind::Trend),
];

/// Tiles of which a climb is made.
pub(super) const CLIMB_WINDOWS: usize = 8;

/// Pieces of a window of which its slope is made.
const SLOPE_PIECES: usize = 5;

/// Fewest values in a window from which on it has a middle and a spread.
const SPREAD_LEAST: usize = 4;

/// Every statistic of every tile of a channel; NaN where a tile has too few values for it.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    tiles: usize,
    values: Vec<f32>,
    grains: [f64; STATISTICS],
}

/// About the scale of the tail that each statistic has over tiles of `usual` independent values of `all`: half a standard
/// error, and half a step where values come in steps. The same median in nearly every tile does not make the next step
/// impossible.
fn grains(all: usize, usual: usize, step: f64) -> [f64; STATISTICS] {
    let root = (usual.max(1) as f64).sqrt();
    let (rank, distance) = (all as f64 / root, ONE_BIT as f64 / root);
    let of_one = (distance / 2.0).max(step / 2.0);
    let extreme = (ONE_BIT as f64 / 4.0).max(step / 2.0);
    // Of five pieces each has a fifth of the values; a climb takes seven times a step that strays by two medians.
    let slope = rank * (SLOPE_PIECES as f64).sqrt();
    let climb = (distance * 2.0).max(step);
    [rank / 4.0, of_one, of_one, of_one, 1.0, extreme, extreme, slope, climb]
}

/// The values of a channel in fixed point, as long as they are measured.
pub(super) struct Fixed<'a> {
    pub(super) values: &'a [f64],
    pub(super) distances: Vec<i64>,
    pub(super) ranks: Vec<i32>,
}

impl Measured {
    /// The statistic in each tile.
    pub(super) fn of(&self, statistic: Statistic) -> &[f32] {
        &self.values[statistic as usize * self.tiles..][..self.tiles]
    }

    /// What a look sees in each tile.
    pub(super) fn sided(&self, look: Look) -> Sided<'_> {
        let (values, grain) = (self.of(look.statistic), self.grains[look.statistic as usize]);
        Sided { values, side: look.side, grain, tail: TailOf::Statistics }
    }

    pub(super) fn new(view: View<'_>, tiles: Tiles<'_>) -> Self {
        let distances: Vec<i64> =
            (0..view.channel.values.len()).map(|member| view.distance(member)).collect();
        let fixed = Fixed { values: &view.channel.values, ranks: centred_ranks(&distances), distances };
        let members: Vec<Range<usize>> = (0..tiles.count()).map(|t| view.members(tiles.range(t))).collect();
        let usual = usual_len(&members);
        let values = vec![f32::NAN; STATISTICS * tiles.count()];
        let grains = grains(fixed.values.len(), usual, view.step());
        let mut measured = Self { tiles: tiles.count(), values, grains };
        let mut scratch = Vec::new();
        for (tile, members) in members.into_iter().enumerate() {
            let mut set = |statistic: Statistic, value: f64| {
                // Adding 0 makes -0 a 0, which it must tie with.
                measured.values[statistic as usize * tiles.count() + tile] = value as f32 + 0.0;
            };
            one_tile(&fixed, members, usual, &mut scratch, &mut set);
        }
        for tile in 0..tiles.count() {
            let climb = climb(measured.of(Statistic::Median), tile, tiles.apart());
            measured.values[Statistic::Climb as usize * tiles.count() + tile] = climb as f32 + 0.0;
        }
        measured
    }
}

/// The statistics of one tile if it had only these values, `usual` of which is the usual number.
pub(super) fn measured_alone(
    measured: &Measured,
    tiles: Tiles<'_>,
    tile: usize,
    left: &Fixed<'_>,
    usual: usize,
) -> [f64; STATISTICS] {
    let mut own = [f64::NAN; STATISTICS];
    let mut set = |statistic: Statistic, value: f64| own[statistic as usize] = f64::from(value as f32 + 0.0);
    one_tile(left, 0..left.values.len(), usual, &mut Vec::new(), &mut set);
    let before = path(measured.of(Statistic::Median), tile, tiles.apart());
    own[Statistic::Climb as usize] = before.map_or(f64::NAN, |mut path| {
        path[CLIMB_WINDOWS - 1] = own[Statistic::Median as usize];
        f64::from(climb_along(&path) as f32 + 0.0)
    });
    own
}

/// The usual number of values of a channel in a tile.
pub(super) fn usual(view: View<'_>, tiles: Tiles<'_>) -> usize {
    usual_len(&(0..tiles.count()).map(|t| view.members(tiles.range(t))).collect::<Vec<_>>())
}

/// The median number of values in those tiles that have any.
fn usual_len(members: &[Range<usize>]) -> usize {
    let mut lens: Vec<usize> = members.iter().map(Range::len).filter(|len| *len > 0).collect();
    if lens.is_empty() {
        return 0;
    }
    let middle = lens.len() / 2;
    *lens.select_nth_unstable(middle).1
}

fn one_tile(
    fixed: &Fixed<'_>,
    members: Range<usize>,
    usual: usize,
    scratch: &mut Vec<i64>,
    set: &mut impl FnMut(Statistic, f64),
) {
    if members.is_empty() {
        return;
    }
    let distances = &fixed.distances[members.clone()];
    let len = distances.len();
    let median = middle(distances, scratch);
    // Of two or three values the median is not what the rest of them is like.
    let body = if len >= SPREAD_LEAST { median } else { 0 };
    let (least, most) = distances.iter().fold((i64::MAX, i64::MIN), |(a, b), &d| (a.min(d), b.max(d)));
    set(Statistic::Above, (most - body.max(0)) as f64);
    set(Statistic::Below, (body.min(0) - least) as f64);
    if 2 * len < usual {
        return;
    }
    // A mean of fewer values strays further; shrunk so that it strays as far as that of a usual window.
    let shrink = if len < usual { (len as f64 / usual as f64).sqrt() } else { 1.0 };
    let ranks = &fixed.ranks[members.clone()];
    set(Statistic::Rank, ranks.iter().copied().map(i64::from).sum::<i64>() as f64 / len as f64 * shrink);
    if len < SPREAD_LEAST {
        return;
    }
    set(Statistic::Median, median as f64 * shrink);
    scratch.clear();
    scratch.extend_from_slice(distances);
    let quartile = |at: usize, scratch: &mut Vec<i64>| *scratch.select_nth_unstable(at).1;
    let quartiles = quartile(len * 3 / 4, scratch) - quartile(len / 4, scratch);
    set(Statistic::Quartiles, quartiles as f64);
    scratch.clear();
    scratch.extend(distances.windows(2).map(|pair| (pair[1] - pair[0]).abs()));
    set(Statistic::Step, quartile((len - 1) / 2, scratch) as f64);
    set(Statistic::Unchanged, longest_run(&fixed.values[members]).len() as f64);
    if len >= 2 * SLOPE_PIECES {
        let piece = |i: usize| i * len / SLOPE_PIECES..(i + 1) * len / SLOPE_PIECES;
        let mut medians = [0.0; SLOPE_PIECES];
        for (i, median) in medians.iter_mut().enumerate() {
            scratch.clear();
            scratch.extend(ranks[piece(i)].iter().copied().map(i64::from));
            let middle = scratch.len() / 2;
            *median = *scratch.select_nth_unstable(middle).1 as f64;
        }
        set(Statistic::Slope, steady_climb(&medians));
    }
}

/// The upper middle value.
fn middle(values: &[i64], scratch: &mut Vec<i64>) -> i64 {
    scratch.clear();
    scratch.extend_from_slice(values);
    *scratch.select_nth_unstable(values.len() / 2).1
}

/// Where the longest run of equal values stands.
pub(super) fn longest_run(values: &[f64]) -> Range<usize> {
    let mut longest = 0..0;
    let mut start = 0;
    for run in values.chunk_by(|a, b| a.total_cmp(b).is_eq()) {
        if run.len() > longest.len() {
            longest = start..start + run.len();
        }
        start += run.len();
    }
    longest
}

/// How far some numbers climb in all if each step were their median step, and no farther than they do: one jump is no
/// climb, nor is it to go and come back.
fn steady_climb(numbers: &[f64]) -> f64 {
    let mut steps = [0.0; CLIMB_WINDOWS];
    let count = numbers.len() - 1;
    for (step, pair) in steps.iter_mut().zip(numbers.windows(2)) {
        *step = pair[1] - pair[0];
    }
    steps[..count].sort_by(f64::total_cmp);
    let steady = f64::midpoint(steps[(count - 1) / 2], steps[count / 2]) * count as f64;
    let whole = numbers[count] - numbers[0];
    if steady * whole <= 0.0 {
        return 0.0;
    }
    if steady.abs() < whole.abs() { steady } else { whole }
}

/// The medians of a tile and of those before it, none of which overlap, oldest first.
fn path(medians: &[f32], tile: usize, apart: usize) -> Option<[f64; CLIMB_WINDOWS]> {
    let first = tile.checked_sub(apart * (CLIMB_WINDOWS - 1))?;
    let path = std::array::from_fn(|i| f64::from(medians[first + i * apart]));
    (!path.iter().any(|median| median.is_nan())).then_some(path)
}

/// The climb of the medians up to this tile. To come back to the middle is no news.
fn climb(medians: &[f32], tile: usize, apart: usize) -> f64 {
    path(medians, tile, apart).map_or(f64::NAN, |path| climb_along(&path))
}

fn climb_along(path: &[f64; CLIMB_WINDOWS]) -> f64 {
    if path[CLIMB_WINDOWS - 1].abs() > path[0].abs() { steady_climb(path) } else { 0.0 }
}

/// How far the medians climb up to this tile, where no single step makes half of it; 0 otherwise.
pub(super) fn even_climb(measured: &Measured, tiles: Tiles<'_>, tile: usize) -> f64 {
    let Some(path) = path(measured.of(Statistic::Median), tile, tiles.apart()) else { return 0.0 };
    let whole = path[CLIMB_WINDOWS - 1] - path[0];
    let largest = path.windows(2).map(|pair| (pair[1] - pair[0]) * whole.signum()).fold(0.0, f64::max);
    if largest > whole.abs() / 2.0 { 0.0 } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_no_climb_and_a_leak_is() {
        assert!(steady_climb(&[0.0, 0.0, 0.0, 9.0, 9.0]).abs() < 1e-12);
        assert!(steady_climb(&[0.0, -8.0, -7.0, -6.0, 0.0]).abs() < 1e-12);
        assert!((steady_climb(&[0.0, 1.0, 2.5, 3.0, 4.0]) - 4.0).abs() < 1e-12);
        assert!(steady_climb(&[4.0, 3.0, 2.0, 1.0, 0.0]) < -3.9);
    }

    #[test]
    fn the_longest_run_is_the_first_of_that_length() {
        assert_eq!(longest_run(&[1.0, 2.0, 2.0, 3.0, 3.0]), 1..3);
        assert_eq!(longest_run(&[]), 0..0);
    }
}
