//! Detectors that see a series one point at a time, and only what came before.

use crate::draw::Draw;

/// A point of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    /// Nanoseconds UTC.
    pub(crate) time_nanos: i64,
    /// The value.
    pub(crate) value: f64,
}

/// What a detector says of a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Verdict {
    /// Higher is more unusual.
    pub(crate) score: f64,
    /// Whether it raises an alarm by itself; none where it has no opinion and only its score is used.
    pub(crate) flagged: Option<bool>,
}

/// A detector: its name, its published score over all 58 files where it has one, and what it says of each point.
pub(crate) struct Detector {
    pub(crate) name: &'static str,
    pub(crate) published: Option<f64>,
    pub(crate) judge: fn(&[Point]) -> Vec<Verdict>,
}

/// The detectors that are compared.
pub(crate) const DETECTORS: [Detector; 3] = [
    Detector { name: "driftlock, values of a growing series", published: None, judge: growing_series },
    Detector { name: "windowed Gaussian", published: Some(39.6), judge: windowed_gaussian },
    Detector { name: "random", published: Some(11.0), judge: random },
];

/// The engine's own, with its defaults. A point without an alarm scores nothing, as alarms rest after one another: a
/// threshold picks among the alarms.
fn growing_series(points: &[Point]) -> Vec<Verdict> {
    let series: Vec<(i64, f64)> = points.iter().map(|point| (point.time_nanos, point.value)).collect();
    let judged = cbad::stream_values(&series);
    let verdict = |point: &cbad::StreamPoint| Verdict {
        score: if point.flagged { point.bits } else { 0.0 },
        flagged: Some(point.flagged),
    };
    judged.iter().map(verdict).collect()
}

/// Newest points that the Gaussian is fitted to, and how many come at a time once there are as many.
const WINDOW: usize = 6_400;
const STEP: usize = 100;

/// The probability of a value less far from the mean, under a Gaussian of the last 6,400 points: the benchmark's own
/// baseline, so that our scorer can be compared with the published one.
fn windowed_gaussian(points: &[Point]) -> Vec<Verdict> {
    let mut held = 0..0;
    let (mut mean, mut deviation) = (0.0, 1.0);
    let mut verdicts = Vec::with_capacity(points.len());
    for (index, point) in points.iter().enumerate() {
        let score = if held.is_empty() {
            0.0
        } else {
            let z = (point.value - mean).abs() / deviation;
            1.0 - 0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
        };
        verdicts.push(Verdict { score, flagged: None });
        let seen = index + 1;
        if seen <= WINDOW {
            held = 0..seen;
        } else if (seen - WINDOW).is_multiple_of(STEP) {
            held = seen - WINDOW..seen;
        } else {
            continue;
        }
        (mean, deviation) = moments(&points[held.clone()]);
    }
    verdicts
}

fn moments(points: &[Point]) -> (f64, f64) {
    let n = points.len() as f64;
    let mean = points.iter().map(|p| p.value).sum::<f64>() / n;
    let variance = points.iter().map(|p| (p.value - mean) * (p.value - mean)).sum::<f64>() / n;
    let deviation = variance.sqrt();
    (mean, if deviation == 0.0 { 1e-6 } else { deviation })
}

/// A number in [0, 1) for each point.
fn random(points: &[Point]) -> Vec<Verdict> {
    // By the series' own values, so that no two series have the same numbers.
    let place: Vec<u64> = points.iter().take(100).map(|point| point.value.to_bits()).collect();
    let mut draw = Draw::new(points.len() as u64, &place);
    points.iter().map(|_| Verdict { score: draw.unit(), flagged: None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: impl IntoIterator<Item = f64>) -> Vec<Point> {
        let point = |(index, value)| Point { time_nanos: index as i64, value };
        values.into_iter().enumerate().map(point).collect()
    }

    #[test]
    fn the_gaussian_knows_only_the_past() {
        let mut points = series((0..200).map(|index| f64::from(index % 2)));
        points[150].value = 10.0;
        let all = windowed_gaussian(&points);
        let part = windowed_gaussian(&points[..151]);
        assert_eq!(all[..151], part[..]);
        assert!(all[150].score > 0.999_999 && all[149].score < 0.9);
    }

    #[test]
    fn the_engine_raises_its_alarm_at_the_step() {
        let points: Vec<Point> =
            series((0..1000).map(|i| if i < 900 { 10.0 } else { 25.0 } + f64::from(i * 7 % 5)))
                .into_iter()
                .map(|point| Point { time_nanos: point.time_nanos * 60_000_000_000, ..point })
                .collect();
        let verdicts = growing_series(&points);
        assert_eq!(verdicts.iter().position(|verdict| verdict.flagged == Some(true)), Some(900));
        assert!(verdicts[..900].iter().all(|verdict| verdict.score.abs() < f64::EPSILON));
    }

    #[test]
    fn a_long_series_forgets_its_beginning() {
        let points = series((0..8_000).map(|index| if index < 200 { 100.0 } else { f64::from(index % 2) }));
        let verdicts = windowed_gaussian(&points);
        // Values of 100 are still held at 6,500 and are not at 6,700.
        assert!(verdicts[6_500].score < verdicts[6_700].score);
    }
}
