//! The scorer of the Numenta Anomaly Benchmark, written anew from its description.
//!
//! Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms: the Numenta Anomaly Benchmark", ICMLA 2015. A
//! labelled window counts by its earliest detection, the more the earlier; a detection outside counts against, the less
//! the closer it follows a window; the first 15 % of a file are for learning and count nothing.

use std::ops::RangeInclusive;

/// What right and wrong detections weigh.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Profile {
    /// The benchmark's name for it.
    pub(crate) name: String,
    /// For a window that is detected at its left edge.
    pub(crate) true_positive: f64,
    /// Against, for a window that is not detected.
    pub(crate) false_negative: f64,
    /// Against, for a detection far from any window.
    pub(crate) false_positive: f64,
}

/// A file of the benchmark: how many rows, and which of them are labelled windows, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Labels {
    /// Number of rows.
    pub(crate) rows: usize,
    /// First and last row of each window.
    pub(crate) windows: Vec<RangeInclusive<usize>>,
}

/// Share of a file that is for learning, and the length of a file beyond which it does not grow.
const PROBATION: f64 = 0.15;
const PROBATION_ROWS: f64 = 5_000.0;

/// Rows at the beginning of a file that count nothing.
pub(crate) fn probation(rows: usize) -> usize {
    (PROBATION * rows as f64).floor().min(PROBATION * PROBATION_ROWS) as usize
}

/// What a detection is worth at a position relative to a window: -1 is its left edge, 0 just behind its right edge, and
/// 1 one width further on.
pub(crate) fn scaled_sigmoid(position: f64) -> f64 {
    if position >= 3.0 { -1.0 } else { 2.0 / (1.0 + libm::exp(5.0 * position)) - 1.0 }
}

/// What a detection at one row does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Row {
    /// Nothing: it is for learning.
    Learning,
    /// It is inside a window, and worth this much.
    Inside(usize, f64),
    /// It is outside, and this much is lost (a negative number).
    Outside(f64),
}

impl Labels {
    /// Windows that can be detected at all.
    fn countable(&self) -> impl Iterator<Item = usize> + '_ {
        let learning = probation(self.rows);
        (0..self.windows.len()).filter(move |&w| *self.windows[w].end() >= learning)
    }

    fn row(&self, row: usize, profile: &Profile) -> Row {
        if row < probation(self.rows) {
            return Row::Learning;
        }
        let width = |w: &RangeInclusive<usize>| (w.end() - w.start() + 1) as f64;
        if let Some(at) = self.windows.iter().position(|w| w.contains(&row)) {
            let window = &self.windows[at];
            let position = -((window.end() - row + 1) as f64) / width(window);
            return Row::Inside(at, profile.true_positive * scaled_sigmoid(position) / scaled_sigmoid(-1.0));
        }
        let before = self.windows.iter().rev().find(|w| *w.end() < row);
        let position = before.map_or(3.0, |w| (row - w.end()) as f64 / (width(w) - 1.0).max(1.0));
        Row::Outside(profile.false_positive * scaled_sigmoid(position))
    }

    /// The raw score of a file for the rows at which something was detected.
    pub(crate) fn score(&self, profile: &Profile, is_detected: impl Fn(usize) -> bool) -> f64 {
        let mut sum = Sum::new(self, profile);
        (0..self.rows).filter(|&row| is_detected(row)).for_each(|row| sum.add(self.row(row, profile)));
        sum.total()
    }

    /// The raw score of a detector that detects nothing, and of one that detects each window at once and nothing else.
    pub(crate) fn null_and_perfect(&self, profile: &Profile) -> (f64, f64) {
        let windows = self.countable().count() as f64;
        (-windows * profile.false_negative, windows * profile.true_positive)
    }
}

/// The score of a file as detections are added in any order.
struct Sum {
    by_window: Vec<f64>,
    outside: f64,
}

impl Sum {
    fn new(labels: &Labels, profile: &Profile) -> Self {
        let mut by_window = vec![0.0; labels.windows.len()];
        labels.countable().for_each(|w| by_window[w] = -profile.false_negative);
        Self { by_window, outside: 0.0 }
    }

    fn add(&mut self, row: Row) {
        match row {
            Row::Learning => {}
            // The earliest detection is worth most.
            Row::Inside(window, value) => self.by_window[window] = self.by_window[window].max(value),
            Row::Outside(loss) => self.outside += loss,
        }
    }

    fn total(&self) -> f64 {
        self.by_window.iter().sum::<f64>() + self.outside
    }
}

/// The raw score over all files at the one threshold at which it is highest, and that threshold: a row is detected where
/// its score is at least as high. Infinite where it is best to detect nothing.
pub(crate) fn best_threshold(files: &[(&Labels, &[f64])], profile: &Profile) -> (f64, f64) {
    let by_threshold = score_by_threshold(files, profile);
    let best = |best: (f64, f64), (threshold, score): (f64, f64)| {
        if score > best.1 { (threshold, score) } else { best }
    };
    let (threshold, score) = by_threshold.into_iter().fold((f64::INFINITY, f64::NEG_INFINITY), best);
    (score, threshold)
}

/// Raw scores over all files for falling thresholds, beginning with one that nothing reaches.
fn score_by_threshold(files: &[(&Labels, &[f64])], profile: &Profile) -> Vec<(f64, f64)> {
    let mut sums: Vec<Sum> = files.iter().map(|(labels, _)| Sum::new(labels, profile)).collect();
    let mut rows: Vec<(f64, usize, usize)> = Vec::new();
    for (file, (labels, scores)) in files.iter().enumerate() {
        let learning = probation(labels.rows);
        rows.extend(scores.iter().enumerate().skip(learning).map(|(row, &score)| (score, file, row)));
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut total: f64 = sums.iter().map(Sum::total).sum();
    let mut by_threshold = vec![(f64::INFINITY, total)];
    for group in rows.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        for &(_, file, row) in group {
            let before = sums[file].total();
            sums[file].add(files[file].0.row(row, profile));
            total += sums[file].total() - before;
        }
        by_threshold.push((group[0].0, total));
    }
    by_threshold
}

/// A raw score on the scale on which detecting nothing is 0 and the perfect detector 100; none without a window.
pub(crate) fn normalised(raw: f64, null: f64, perfect: f64) -> Option<f64> {
    (perfect > null).then(|| 100.0 * (raw - null) / (perfect - null))
}

#[cfg(test)]
#[path = "nab_scorer_tests.rs"]
mod tests;
