//! Against the numbers that the benchmark's authors publish: in the paper, in the scorer's documentation, in its tests.

use super::*;

fn profile(true_positive: f64, false_negative: f64, false_positive: f64) -> Profile {
    Profile { name: "test".to_owned(), true_positive, false_negative, false_positive }
}

fn labels(rows: usize, windows: &[RangeInclusive<usize>]) -> Labels {
    Labels { rows, windows: windows.to_vec() }
}

fn close(a: f64, b: f64, within: f64) {
    assert!((a - b).abs() <= within, "{a} is not {b}");
}

/// `score` counts nothing in the first 15 %, while some published examples have no such part: as many rows are put in
/// front as it takes.
fn led_in(rows: usize, windows: &[RangeInclusive<usize>]) -> (Labels, usize) {
    let lead = 1_000;
    let windows = windows.iter().map(|w| w.start() + lead..=w.end() + lead).collect();
    let labels = Labels { rows: lead + rows, windows };
    assert!(probation(labels.rows) <= lead);
    (labels, lead)
}

#[test]
fn the_sigmoid_has_its_documented_values() {
    for (position, value) in [(-1.0, 0.98661), (-0.5, 0.84828), (0.0, 0.0), (1.0, -0.98661), (3.0, -1.0)] {
        close(scaled_sigmoid(position), value, 5e-6);
    }
}

#[test]
fn the_paper_s_figure_adds_up() {
    // Lavin and Ahmad 2015, figure 2: a false positive before the window, two detections inside of which the first
    // counts, one false positive shortly after (-0.8093) and one far after; 0.6909 with the standard profile.
    let standard = profile(1.0, 1.0, 0.11);
    let (labels, lead) = led_in(300, &[100..=120]);
    let at = [50, 100, 110, 129, 280].map(|row| row + lead);
    let Row::Outside(loss) = labels.row(at[3], &standard) else { panic!("after the window") };
    close(loss / 0.11, -0.8093, 1e-4);
    close(labels.score(&standard, |row| at.contains(&row)), 0.6909, 1e-4);
}

#[test]
fn one_example_has_every_kind_of_detection() {
    // NAB, tests/integration/scorer_test.py, testScoringAllMetrics.
    let (labels, lead) = led_in(100, &[30..=34, 65..=69]);
    let at = [30, 31, 37].map(|row| row + lead);
    close(labels.score(&profile(1.0, 1.0, 1.0), |row| at.contains(&row)), -0.9540, 5e-5);
}

#[test]
fn published_results_come_out_to_the_last_digits() {
    // NAB, results/windowedGaussian/windowedGaussian_standard_scores.csv: rows at which the detector's score reaches the
    // threshold of 1, windows of combined_windows.json, and the score of the file.
    let standard = profile(1.0, 1.0, 0.11);
    let exchange_4 = labels(1643, &[340..=394, 749..=803, 1249..=1303]);
    let detected = [1, 102, 367, 372, 514, 518, 1276, 1401, 1565];
    close(exchange_4.score(&standard, |row| detected.contains(&row)), 0.292_288_463_427_603_5, 1e-12);
    let exchange_3 = labels(1538, &[271..=321, 413..=463, 952..=1002]);
    let detected = [1, 23, 296, 297, 438, 439, 976, 1121];
    close(exchange_3.score(&standard, |row| detected.contains(&row)), 2.502_663_261_186_613_8, 1e-12);
    let processor = labels(4032, &[2980..=3180, 3479..=3679]);
    close(processor.score(&standard, |row| (3080..3128).contains(&row)), -0.138_449_197_924_402_25, 1e-12);
}

#[test]
fn the_left_edge_is_worth_all_and_the_right_edge_nothing() {
    // NAB, tests/integration/true_positive_test.py.
    let even = profile(1.0, 1.0, 1.0);
    for width in [2, 3] {
        let (labels, lead) = led_in(10, &[4..=3 + width]);
        close(labels.score(&even, |row| row == lead + 4), 1.0, 1e-12);
        close(labels.score(&even, |row| row == lead + 4 || row == lead + 5), 1.0, 1e-12);
        assert!(labels.score(&even, |row| row == lead + 5) < 1.0);
    }
    let (labels, lead) = led_in(1000, &[450..=549]);
    let at = |at: usize| labels.score(&even, |row| row == lead + at);
    close(at(549) + at(550) + 1.0, 0.0, 1e-3);
}

#[test]
fn false_positives_cost_their_weight_and_less_behind_a_window() {
    // NAB, tests/integration/false_positive_test.py.
    let even = profile(1.0, 1.0, 1.0);
    close(labels(1000, &[]).score(&even, |row| row == 500), -1.0, 0.0);
    let (labels, lead) = led_in(10, &[4..=5]);
    let at = |at: usize| labels.score(&even, |row| row == lead + at);
    assert!(at(6) > at(7) && at(7) > at(8));
}

#[test]
fn what_is_for_learning_counts_nothing() {
    // NAB, tests/integration/sweeper_test.py: a share of the file that is capped at 5,000 rows.
    for (rows, learning) in [(100, 15), (1000, 150), (5000, 750), (6000, 750)] {
        assert_eq!(probation(rows), learning);
    }
    let standard = profile(1.0, 1.0, 0.11);
    close(labels(100, &[]).score(&standard, |row| row < 15), 0.0, 0.0);
    close(labels(100, &[]).score(&standard, |row| row <= 15), -0.11, 1e-12);
}

#[test]
fn scores_by_threshold_are_those_of_the_published_table() {
    // NAB, tests/integration/sweeper_test.py, testCalcScoreByThresholdReturnsExpectedScores: two windows, weights of
    // 20, 10 and 5 inside, -3 and -3 outside, 5 for a window missed; the sums are -10, -3, 12, 22, 19.
    let labels = labels(2, &[0..=0, 1..=1]);
    let missed = profile(1.0, 5.0, 1.0);
    let mut sum = Sum::new(&labels, &missed);
    let mut totals = vec![sum.total()];
    let steps: [&[Row]; 4] = [
        &[Row::Inside(1, 5.0), Row::Outside(-3.0)],
        &[Row::Inside(0, 10.0)],
        &[Row::Inside(0, 20.0)],
        &[Row::Outside(-3.0)],
    ];
    for rows in steps {
        for &row in rows {
            sum.add(row);
        }
        totals.push(sum.total());
    }
    assert_eq!(totals, [-10.0, -3.0, 12.0, 22.0, 19.0]);
}

#[test]
fn the_sweep_agrees_with_scoring_each_threshold_anew() {
    let standard = profile(1.0, 1.0, 0.11);
    let files = [labels(200, &[60..=80, 150..=160]), labels(120, &[90..=99])];
    let mut draw = crate::draw::Draw::new(7, &[]);
    // Few different scores, so that there are ties.
    let scores = files.clone().map(|file| (0..file.rows).map(|_| draw.below(12) as f64).collect::<Vec<_>>());
    let pairs: Vec<(&Labels, &[f64])> = files.iter().zip(&scores).map(|(l, s)| (l, s.as_slice())).collect();
    let sweep = score_by_threshold(&pairs, &standard);
    assert_eq!(sweep.len(), 13);
    for &(threshold, score) in &sweep {
        let anew: f64 = pairs.iter().map(|(l, s)| l.score(&standard, |row| s[row] >= threshold)).sum();
        close(score, anew, 1e-9);
    }
    let (best, threshold) = best_threshold(&pairs, &standard);
    assert!(sweep.iter().all(|&(_, score)| score <= best));
    assert!(sweep.contains(&(threshold, best)));
}

#[test]
fn nothing_is_0_and_perfection_100() {
    // The published scoreboard: the null detector 0, the perfect one 100, under every profile.
    let files = [labels(400, &[100..=120, 300..=310]), labels(400, &[])];
    for profile in [profile(1.0, 1.0, 0.11), profile(1.0, 1.0, 0.22), profile(1.0, 2.0, 0.11)] {
        let ends = files.iter().map(|file| file.null_and_perfect(&profile));
        let (null, perfect) = ends.fold((0.0, 0.0), |(a, b), (null, perfect)| (a + null, b + perfect));
        let score = |is_detected: fn(usize) -> bool| {
            let raw = files.iter().map(|file| file.score(&profile, is_detected)).sum();
            normalised(raw, null, perfect).expect("there are windows")
        };
        close(score(|_| false), 0.0, 0.0);
        let raw = files[0].score(&profile, |row| row == 100 || row == 300);
        close(normalised(raw, null, perfect).expect("there are windows"), 100.0, 1e-9);
    }
    assert_eq!(normalised(1.0, 0.0, 0.0), None);
}
