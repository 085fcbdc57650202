//! A trend that is steady over a whole capture, and so no news at its ends.

use crate::values::season::median;

/// Stretches that a series is cut into; the trend is that of their medians.
const STRETCHES: usize = 24;

/// Fewest values in a stretch.
const STRETCH_LEAST: usize = 4;

/// A steady trend's slope in each third of the capture is at most this much steeper or flatter than the whole's.
const UNEVEN_MOST: f64 = 3.0;

/// The stretches must lie this close to the line, as a share of how far they lie from their middle.
const SHARE_LEFT: f64 = 0.25;

/// A line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    start: f64,
    slope: f64,
}

impl Line {
    pub(super) fn at(self, x: f64) -> f64 {
        self.start + self.slope * x
    }
}

/// The steady trend of values along an axis, or `None` where there is none.
///
/// A leak that begins inside the capture has a flat third and a level shift has two, so that neither is taken away.
pub(super) fn steady_trend(axis: &[f64], values: &[f64]) -> Option<Line> {
    if values.len() < STRETCHES * STRETCH_LEAST {
        return None;
    }
    let mut stretches = Vec::with_capacity(STRETCHES);
    for i in 0..STRETCHES {
        let range = i * values.len() / STRETCHES..(i + 1) * values.len() / STRETCHES;
        stretches.push((median(&mut axis[range.clone()].to_vec()), median(&mut values[range].to_vec())));
    }
    let slope = slope_of(&stretches)?;
    let steady = stretches.chunks(STRETCHES / 3).all(|third| {
        slope_of(third)
            .is_some_and(|s| s * slope > 0.0 && s / slope <= UNEVEN_MOST && slope / s <= UNEVEN_MOST)
    });
    let start = median(&mut stretches.iter().map(|(x, y)| y - slope * x).collect::<Vec<_>>());
    let middle = median(&mut stretches.iter().map(|(_, y)| *y).collect::<Vec<_>>());
    let left: f64 = stretches.iter().map(|(x, y)| (y - start - slope * x).abs()).sum();
    let before: f64 = stretches.iter().map(|(_, y)| (y - middle).abs()).sum();
    (steady && left < before * SHARE_LEFT).then_some(Line { start, slope })
}

/// The median of the slopes between all pairs (Theil 1950, Sen 1968): a third of the points may be anywhere.
fn slope_of(points: &[(f64, f64)]) -> Option<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (i, a) in points.iter().enumerate() {
        for b in &points[i + 1..] {
            if b.0 > a.0 {
                slopes.push((b.1 - a.1) / (b.0 - a.0));
            }
        }
    }
    (!slopes.is_empty()).then(|| median(&mut slopes)).filter(|slope| *slope != 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wobble(i: usize) -> f64 {
        (i * 7919 % 101) as f64 / 50.0 - 1.0
    }

    fn trend(of: impl Fn(usize) -> f64) -> Option<Line> {
        let axis: Vec<f64> = (0..1200_u32).map(f64::from).collect();
        steady_trend(&axis, &(0..1200).map(of).collect::<Vec<_>>())
    }

    #[test]
    fn a_trend_over_the_whole_capture_is_found() {
        let line = trend(|i| 5.0 - 0.01 * i as f64 + wobble(i)).expect("a steady trend");
        assert!((line.at(0.0) - 5.0).abs() < 0.5 && (line.at(1199.0) + 7.0).abs() < 0.5, "{line:?}");
    }

    #[test]
    fn neither_noise_nor_a_shift_nor_a_leak_in_a_part_is_one() {
        assert!(trend(wobble).is_none());
        assert!(trend(|i| wobble(i) + if i > 600 { 10.0 } else { 0.0 }).is_none());
        assert!(trend(|i| wobble(i) + 0.02 * i.saturating_sub(700) as f64).is_none());
    }
}
