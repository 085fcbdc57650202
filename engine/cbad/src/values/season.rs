//! The day and the week in a series of numbers: what is ordinary at this hour.

/// Nanoseconds of a day.
pub(super) const DAY_NANOS: i64 = 86_400 * 1_000_000_000;

/// Most phases that a day is divided into: a quarter of an hour each.
const PHASES_A_DAY: i64 = 96;

/// Fewest periods that a phase must have been seen in.
pub(super) const PERIODS_LEAST: usize = 3;

/// A season must leave less than this share of the mean distance from the middle.
pub(super) const SHARE_LEFT: f64 = 0.5;

/// A period and how it is divided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cycle {
    period_nanos: i64,
    phases: i64,
}

impl Cycle {
    /// A cycle of some days, for points that are usually `gap_nanos` apart: no phase is shorter than that.
    pub(super) fn new(days: i64, gap_nanos: i64) -> Self {
        let phases = (DAY_NANOS / gap_nanos.max(1)).clamp(1, PHASES_A_DAY) * days;
        Self { period_nanos: DAY_NANOS * days, phases }
    }

    pub(super) fn phases(self) -> usize {
        self.phases as usize
    }

    /// Which period, and which phase of it.
    pub(super) fn place(self, time_nanos: i64) -> (i64, usize) {
        let within = i128::from(time_nanos.rem_euclid(self.period_nanos));
        let phase = within * i128::from(self.phases) / i128::from(self.period_nanos);
        (time_nanos.div_euclid(self.period_nanos), phase as usize)
    }
}

/// The middle of some numbers, or between the two middle ones of an even number of them. Reorders them.
pub(super) fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if even { f64::midpoint(below.iter().copied().fold(f64::MIN, f64::max), upper) } else { upper }
}

/// Periods that a growing season remembers of each phase.
const REMEMBERED: usize = 7;

/// What is left of a value once its season is taken away.
#[derive(Clone, Copy, Debug)]
pub(super) struct Residual {
    /// The value less what was ordinary at its phase.
    pub(super) value: f64,
    /// Whether the season has explained enough so far to be believed.
    pub(super) believed: bool,
}

/// A season learned while a series grows: each phase is expected to be the median of its last seven periods.
#[derive(Clone, Debug)]
pub(super) struct GrowingSeason {
    cycle: Cycle,
    means: Vec<[f64; REMEMBERED]>,
    seen: Vec<u32>,
    /// Sum and number of the means remembered: their mean is what a season must do better than.
    sum: f64,
    remembered: u32,
    open: Option<(i64, usize)>,
    open_sum: f64,
    open_count: u32,
    left: f64,
    before: f64,
    judged: u32,
}

impl GrowingSeason {
    pub(super) fn new(cycle: Cycle) -> Self {
        Self {
            cycle,
            means: vec![[0.0; REMEMBERED]; cycle.phases()],
            seen: vec![0; cycle.phases()],
            sum: 0.0,
            remembered: 0,
            open: None,
            open_sum: 0.0,
            open_count: 0,
            left: 0.0,
            before: 0.0,
            judged: 0,
        }
    }

    /// What is left of a value, given the past; `None` where its phase has not been seen in three periods.
    pub(super) fn push(&mut self, time_nanos: i64, value: f64) -> Option<Residual> {
        let place = self.cycle.place(time_nanos);
        if self.open != Some(place) {
            self.close();
            self.open = Some(place);
        }
        let residual = self.expected(place.1).map(|expected| self.judge(value, expected));
        self.open_sum += value;
        self.open_count += 1;
        residual
    }

    fn expected(&self, phase: usize) -> Option<f64> {
        let known = (self.seen[phase] as usize).min(REMEMBERED);
        (known >= PERIODS_LEAST).then(|| median(&mut { self.means[phase] }[..known]))
    }

    fn judge(&mut self, value: f64, expected: f64) -> Residual {
        /// Points that a season is judged by before it is believed.
        const JUDGED_LEAST: u32 = 100;
        let believed = self.judged >= JUDGED_LEAST && self.left < self.before * SHARE_LEFT;
        let residual = value - expected;
        self.left += residual.abs();
        self.before += (value - self.sum / f64::from(self.remembered)).abs();
        self.judged += 1;
        Residual { value: residual, believed }
    }

    /// Remembers the mean of the phase that has just ended.
    fn close(&mut self) {
        let Some((_, phase)) = self.open else { return };
        let mean = self.open_sum / f64::from(self.open_count);
        let slot = &mut self.means[phase][self.seen[phase] as usize % REMEMBERED];
        if self.seen[phase] as usize >= REMEMBERED {
            self.sum -= *slot;
        } else {
            self.remembered += 1;
        }
        *slot = mean;
        self.sum += mean;
        self.seen[phase] += 1;
        (self.open_sum, self.open_count) = (0.0, 0);
    }
}

/// A season of a whole capture: each phase is expected to be the median of its values in all periods.
#[derive(Clone, Debug)]
pub(super) struct Season {
    cycle: Cycle,
    medians: Vec<f64>,
}

impl Season {
    /// The season of a series in the order of time. `None` where the capture is shorter than three periods, or no
    /// season explains enough.
    pub(super) fn of(times_nanos: &[i64], values: &[f64]) -> Option<Self> {
        /// A week must leave less than this share of what a day leaves: it has seven times as many medians for that.
        const WEEK_SHARE: f64 = 0.8;
        let span = times_nanos.last()?.checked_sub(*times_nanos.first()?)?;
        if times_nanos.len() < 2 || span / DAY_NANOS < PERIODS_LEAST as i64 {
            return None;
        }
        let mut gaps: Vec<f64> = times_nanos.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
        let gap_nanos = median(&mut gaps) as i64;
        let middle = median(&mut values.to_vec());
        // Of the middle distance and not of the mean: a season is of the series, and what explains a job each night only makes outliers of
        // the ordinary values beside it.
        let before = median(&mut values.iter().map(|value| (value - middle).abs()).collect::<Vec<_>>());
        let mut best: Option<(f64, Self)> = None;
        for days in [1, 7] {
            let cycle = Cycle::new(days, gap_nanos);
            if span / cycle.period_nanos < PERIODS_LEAST as i64 {
                continue;
            }
            let season = Self { cycle, medians: phase_medians(cycle, times_nanos, values, middle) };
            let left = |(&time, value): (&i64, &f64)| (value - season.expected(time)).abs();
            let left = median(&mut times_nanos.iter().zip(values).map(left).collect::<Vec<_>>());
            if left < best.as_ref().map_or(before * SHARE_LEFT, |(day, _)| day * WEEK_SHARE) {
                best = Some((left, season));
            }
        }
        best.map(|(_, season)| season)
    }

    /// What is ordinary at a time.
    pub(super) fn expected(&self, time_nanos: i64) -> f64 {
        self.medians[self.cycle.place(time_nanos).1]
    }
}

/// The median of each phase; `otherwise` where the phase was seen in too few periods.
fn phase_medians(cycle: Cycle, times_nanos: &[i64], values: &[f64], otherwise: f64) -> Vec<f64> {
    let mut places: Vec<(usize, i64, f64)> = Vec::with_capacity(values.len());
    places.extend(times_nanos.iter().zip(values).map(|(&time, &value)| {
        let (period, phase) = cycle.place(time);
        (phase, period, value)
    }));
    places.sort_by_key(|&(phase, period, _)| (phase, period));
    let mut medians = vec![otherwise; cycle.phases()];
    let mut group: Vec<f64> = Vec::new();
    for members in places.chunk_by(|a, b| a.0 == b.0) {
        if members.chunk_by(|a, b| a.1 == b.1).count() >= PERIODS_LEAST {
            group.clear();
            group.extend(members.iter().map(|member| member.2));
            medians[members[0].0] = median(&mut group);
        }
    }
    medians
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_each_night_is_no_season_of_the_series_and_a_tide_is() {
        let minutes = 5 * 24 * 60;
        let times: Vec<i64> = (0..minutes).map(|minute| minute * (DAY_NANOS / (24 * 60))).collect();
        let chance = |minute: i64| ((minute * 7_919) % 101) as f64;
        let nightly: Vec<f64> = (0..minutes)
            .map(|minute| chance(minute) + if minute % 1_440 < 30 { 40_000.0 } else { 0.0 })
            .collect();
        assert!(Season::of(&times, &nightly).is_none());
        let tide: Vec<f64> = (0..minutes)
            .map(|minute| chance(minute) + 400.0 * ((minute % 1_440) as f64 / 720.0 - 1.0).abs())
            .collect();
        assert!(Season::of(&times, &tide).is_some());
    }
}
