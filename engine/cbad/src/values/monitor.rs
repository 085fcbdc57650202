//! A series of numbers watched while it grows: each point judged by the past alone.

use crate::values::season::{Cycle, GrowingSeason, Residual, median};
use crate::values::surplus::{History, Mixture};

/// Points before anything is judged: they tell the middle of the series and how far apart points usually are.
const FIRST: usize = 40;

/// Fewest numbers in a history that another one is judged by.
const HISTORY_LEAST: usize = 40;

/// Points before which no alarm is raised.
const PROBATION: u64 = 100;

/// Values are held to this, so that no sum of them overflows.
const VALUE_MOST: f64 = 1e150;

/// Bits of surplus from which on a point is an alarm in the balanced profile.
const ALARM_BITS: f64 = 7.5;

/// After an alarm there is none for a tenth of what was seen before it, but no fewer and no more points than these: a
/// change is told once, and what lasts becomes part of what is ordinary.
const REST_SHARE: u64 = 10;
const REST_LEAST: u64 = 20;
const REST_MOST: u64 = 200;

/// Widths of the running means of a series and of its steps, in points.
const WIDTHS: [usize; 5] = [1, 3, 10, 30, 100];
/// The same for what is left after a season.
const SEASON_WIDTHS: [usize; 4] = [1, 3, 10, 30];
/// The same for the distance from the median of the points just before.
const NEAR_WIDTHS: [usize; 4] = [1, 3, 10, 30];
/// Points just before.
const NEAR: usize = 20;

/// What one point of a growing series is, given the points before it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StreamPoint {
    /// Bits of surplus over what the past leads to expect: 0 where nothing is unusual.
    pub bits: f64,
    /// Whether it is an alarm in the balanced profile.
    pub flagged: bool,
}

/// Judges each point of a series by the points before it.
///
/// Times are nanoseconds UTC and should not fall; values that are not finite are skipped. The same profile holds for
/// every series: nothing is set for one of them.
///
/// ```
/// let level = |i: i64| if i < 900 { 10.0 } else { 25.0 } + (i * 7 % 5) as f64;
/// let points: Vec<(i64, f64)> = (0..1000).map(|i| (i * 60_000_000_000, level(i))).collect();
/// let judged = cbad::stream_values(&points);
/// assert_eq!(judged.iter().position(|point| point.flagged), Some(900));
/// ```
pub fn stream_values(points: &[(i64, f64)]) -> Vec<StreamPoint> {
    let mut monitor = ValueMonitor::default();
    points.iter().map(|&(time_nanos, value)| monitor.push(time_nanos, value)).collect()
}

/// A series watched while it grows; its memory does not grow with it.
#[derive(Clone, Debug, Default)]
pub struct ValueMonitor {
    first: Vec<(i64, f64)>,
    experts: Option<Box<Experts>>,
    seen: u64,
    rest_until: u64,
}

impl ValueMonitor {
    /// Judges the next point of the series and takes it in.
    pub fn push(&mut self, time_nanos: i64, value: f64) -> StreamPoint {
        if !value.is_finite() {
            return StreamPoint::default();
        }
        let value = value.clamp(-VALUE_MOST, VALUE_MOST);
        self.seen += 1;
        let Some(experts) = &mut self.experts else {
            self.first.push((time_nanos, value));
            if self.first.len() == FIRST {
                self.experts = Some(Box::new(Experts::new(&std::mem::take(&mut self.first))));
            }
            return StreamPoint::default();
        };
        let bits = experts.push(time_nanos, value);
        let flagged = bits >= ALARM_BITS && self.seen > self.rest_until.max(PROBATION);
        if flagged {
            self.rest_until = self.seen + (self.seen / REST_SHARE).clamp(REST_LEAST, REST_MOST);
        }
        StreamPoint { bits, flagged }
    }
}

/// What looks at a series, each in its own way, and how the series stood at the last point.
#[derive(Clone, Debug)]
struct Experts {
    middle: f64,
    last: f64,
    level: RunningMeans,
    steps: RunningMeans,
    near: RunningMeans,
    seasons: [(GrowingSeason, RunningMeans); 2],
}

/// Running means, each judged on both sides.
const EXPERTS: usize = 2 * (2 * WIDTHS.len() + NEAR_WIDTHS.len() + 2 * SEASON_WIDTHS.len());

impl Experts {
    fn new(first: &[(i64, f64)]) -> Self {
        let mut gaps: Vec<f64> =
            first.windows(2).map(|pair| pair[1].0.saturating_sub(pair[0].0) as f64).collect();
        let gap_nanos = median(&mut gaps) as i64;
        let middle = median(&mut first.iter().map(|point| point.1).collect::<Vec<_>>());
        let season =
            |days| (GrowingSeason::new(Cycle::new(days, gap_nanos)), RunningMeans::new(&SEASON_WIDTHS));
        let mut experts = Self {
            middle,
            last: first[0].1 - middle,
            level: RunningMeans::new(&WIDTHS),
            steps: RunningMeans::new(&WIDTHS),
            near: RunningMeans::new(&NEAR_WIDTHS),
            seasons: [season(1), season(7)],
        };
        for &(time_nanos, value) in first {
            experts.push(time_nanos, value);
        }
        experts
    }

    /// Bits of a point given the points before it, which it then joins.
    fn push(&mut self, time_nanos: i64, value: f64) -> f64 {
        let value = value - self.middle;
        let mut mixture = Mixture::default();
        let near = self.level.median_of_last(NEAR).unwrap_or(value);
        self.near.push(value - near, true, &mut mixture);
        self.level.push(value, true, &mut mixture);
        self.steps.push((value - self.last).abs(), true, &mut mixture);
        self.last = value;
        for (season, means) in &mut self.seasons {
            if let Some(Residual { value, believed }) = season.push(time_nanos, value) {
                means.push(value, believed, &mut mixture);
            }
        }
        mixture.bits(EXPERTS)
    }
}

/// Means over the last few numbers, each ranked among the means that it does not overlap.
#[derive(Clone, Debug)]
struct RunningMeans {
    /// The last numbers, oldest first; cut back to the widest mean when twice as long.
    recent: Vec<f64>,
    means: Vec<RunningMean>,
}

#[derive(Clone, Debug)]
struct RunningMean {
    width: usize,
    /// Means too young to be compared with, as a ring.
    waiting: Vec<f64>,
    next: usize,
    high: History,
    low: History,
}

impl RunningMeans {
    fn new(widths: &[usize]) -> Self {
        let mean = |&width| RunningMean {
            width,
            waiting: Vec::with_capacity(width),
            next: 0,
            high: History::default(),
            low: History::default(),
        };
        Self { recent: Vec::new(), means: widths.iter().map(mean).collect() }
    }

    fn widest(&self) -> usize {
        self.means.last().map_or(1, |mean| mean.width)
    }

    fn median_of_last(&self, most: usize) -> Option<f64> {
        let mut last = [0.0; NEAR];
        let count = self.recent.len().min(most);
        let last = &mut last[..count];
        last.copy_from_slice(&self.recent[self.recent.len() - count..]);
        (count > 0).then(|| median(last))
    }

    fn push(&mut self, x: f64, judged: bool, mixture: &mut Mixture) {
        let widest = self.widest();
        if self.recent.len() >= 2 * widest.max(NEAR) {
            self.recent.drain(..self.recent.len() - widest.max(NEAR));
        }
        self.recent.push(x);
        // Summed anew each time, from the newest backwards: a sum that is kept up by adding and taking away would never
        // lose the rounding errors of one enormous value.
        let mut newest_first = self.recent.iter().rev();
        let (mut sum, mut taken) = (0.0, 0);
        for mean in &mut self.means {
            if self.recent.len() < mean.width {
                break;
            }
            sum = newest_first.by_ref().take(mean.width - taken).fold(sum, |sum, x| sum + x);
            taken = mean.width;
            // Equal numbers in another order sum to a hair more or less; 24 bits do not see it.
            let rounded = f64::from((sum / mean.width as f64) as f32);
            mean.push(rounded, judged, mixture);
        }
    }
}

impl RunningMean {
    fn push(&mut self, x: f64, judged: bool, mixture: &mut Mixture) {
        if self.waiting.len() < self.width {
            self.waiting.push(x);
        } else {
            let ready = std::mem::replace(&mut self.waiting[self.next], x);
            self.next = (self.next + 1) % self.width;
            self.high.push(ready);
            self.low.push(-ready);
        }
        if judged && self.high.count() >= HISTORY_LEAST {
            mixture.add(self.high.bits(x));
            mixture.add(self.low.bits(-x));
        }
    }
}
