//! q: what share of the findings of a run is expected to be false, where a finding counts once however many windows see it.
//!
//! After Siegmund, Zhang and Yakir, "False discovery rate for scanning statistics", Biometrika 98 (2011).

use crate::window::Plan;

/// Beyond this p nothing is found: q is 1.
const ORDINARY: f64 = 0.5;

/// p up to which windows tell how far chance alone makes neighbours exceed together.
const RARE: f64 = 0.01;

/// One hypothesis that takes part: a window of a stream through a lens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hypothesis {
    pub(crate) stream: usize,
    pub(crate) window: usize,
    /// The p that decides.
    pub(crate) p: f64,
    /// Whether its effect has some size. Without it makes no finding, whatever its p.
    pub(crate) counts: bool,
}

/// The adjusted p-values of a run.
#[derive(Debug, Default)]
pub(crate) struct Discovery {
    /// In the order of the hypotheses.
    pub(crate) q: Vec<f64>,
    /// Share of the windows up to this p that is expected to be false (Benjamini and Hochberg, J. R. Statist. Soc. B 57, 1995).
    pub(crate) q_of_windows: Vec<f64>,
    /// False findings expected for each hypothesis and unit of p: 1 where neighbours exceed apart from one another.
    pub(crate) extremal_index: f64,
    /// By p ascending: p, and the findings that all hypotheses up to it make.
    steps: Vec<(f64, usize)>,
}

impl Discovery {
    /// q of all hypotheses, whose windows are of the streams planned so; `extremal_index` is that of their overlap.
    pub(crate) fn of(hypotheses: &[Hypothesis], plans: &[Option<&Plan>], extremal_index: f64) -> Self {
        let mut order: Vec<usize> = (0..hypotheses.len()).filter(|&i| hypotheses[i].p <= ORDINARY).collect();
        order.sort_by(|&a, &b| hypotheses[a].p.total_cmp(&hypotheses[b].p).then(a.cmp(&b)));
        let mut joined = Joined::new(plans);
        let mut steps: Vec<(f64, usize)> = order
            .iter()
            .map(|&i| {
                let Hypothesis { stream, window, p, counts } = hypotheses[i];
                if counts {
                    joined.add(stream, window);
                }
                (p, joined.findings)
            })
            .collect();
        // Hypotheses of one p pass together.
        for i in (1..steps.len()).rev() {
            if steps[i - 1].0.total_cmp(&steps[i].0).is_eq() {
                steps[i - 1].1 = steps[i].1;
            }
        }
        let all = hypotheses.len() as f64;
        let adjusted = |expected: &dyn Fn(usize) -> f64| {
            let mut q = vec![1.0; hypotheses.len()];
            let mut least: f64 = 1.0;
            for (rank, &index) in order.iter().enumerate().rev() {
                least = least.min(expected(rank));
                q[index] = least;
            }
            q
        };
        let of_findings = |rank: usize| steps[rank].0 * all * extremal_index / steps[rank].1.max(1) as f64;
        let of_windows = |rank: usize| steps[rank].0 * all / (rank + 1) as f64;
        let (q, q_of_windows) = (adjusted(&of_findings), adjusted(&of_windows));
        Self { q, q_of_windows, extremal_index, steps }
    }

    /// The p that a hypothesis must not exceed to be found at a level: the level's share of the findings there are, read
    /// backwards. 0 where nothing passes.
    pub(crate) fn passing_p(&self, alpha: f64) -> f64 {
        let tests = self.q.len() as f64 * self.extremal_index;
        let passes = |&&(p, findings): &&(f64, usize)| p * tests <= alpha * findings as f64;
        self.steps.iter().rev().find(passes).map_or(0.0, |&(_, findings)| alpha * findings as f64 / tests)
    }
}

/// Windows that passed so far, joined as findings are.
struct Joined<'p> {
    plans: &'p [Option<&'p Plan>],
    passed: Vec<Vec<bool>>,
    findings: usize,
}

impl<'p> Joined<'p> {
    fn new(plans: &'p [Option<&'p Plan>]) -> Self {
        let passed = plans.iter().map(|plan| vec![false; plan.map_or(0, |plan| plan.count)]).collect();
        Self { plans, passed, findings: 0 }
    }

    fn add(&mut self, stream: usize, window: usize) {
        let (Some(plan), passed) = (self.plans[stream], &mut self.passed[stream]) else { return };
        if std::mem::replace(&mut passed[window], true) {
            return;
        }
        let before = (0..window).rev().take_while(|&w| plan.are_joined(w, window)).find(|&w| passed[w]);
        let after = (window + 1..plan.count).take_while(|&w| plan.are_joined(window, w)).find(|&w| passed[w]);
        match (before, after) {
            (None, None) => self.findings += 1,
            (Some(before), Some(after)) if !plan.are_joined(before, after) => self.findings -= 1,
            _ => {}
        }
    }
}

/// How many runs of overlapping windows there are for each rare window: 1 where windows are rare one by one, the hop's share
/// of the window where what is in one is in all that overlap it.
///
/// A run that is longer than windows overlap is no chance but a change that lasts, and counts as no longer than that: it
/// must not make up for false findings elsewhere. Where hardly a window is rare the answer is near 1, the cautious end.
pub(crate) fn extremal_index<'a>(tracks: impl Iterator<Item = (&'a Plan, Vec<Option<f64>>)>) -> f64 {
    let (mut runs, mut windows) = (1_usize, 1_usize);
    for (plan, p_values) in tracks {
        let overlapping = plan.window.div_ceil(plan.hop);
        let rare = (0..p_values.len()).filter(|&w| p_values[w].is_some_and(|p| p <= RARE));
        let mut last: Option<(usize, usize)> = None;
        for window in rare {
            let of_run = match last {
                Some((before, of_run)) if plan.range(window).start < plan.range(before).end => of_run + 1,
                _ => {
                    runs += 1;
                    1
                }
            };
            windows += usize::from(of_run <= overlapping);
            last = Some((window, of_run));
        }
    }
    runs as f64 / windows as f64
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use proptest::prelude::*;

    use super::*;
    use crate::builder::StreamBuilder;
    use crate::config::Config;
    use crate::event::{ByteRange, Event, Signal, StreamKey};

    /// Windows of 20 events, of which one begins every four: five overlap, and ten are of one finding.
    fn plan(windows: usize) -> Plan {
        let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
        let mut builder = StreamBuilder::new(key);
        (0..16 + 4 * windows).for_each(|_| builder.push(&Event::new("x", ByteRange::default())));
        let config = Config { window: Some(20), hop: Some(4), ..Config::default() };
        Plan::new(&builder.finish(), &config).expect("long enough")
    }

    fn hypothesis((window, p): (usize, f64)) -> Hypothesis {
        Hypothesis { stream: 0, window, p, counts: true }
    }

    fn found(q: &[f64], alpha: f64) -> Vec<usize> {
        (0..q.len()).filter(|&i| q[i] <= alpha).collect()
    }

    #[test]
    fn windows_apart_are_found_as_by_benjamini_and_hochberg() {
        // Benjamini and Hochberg, J. R. Statist. Soc. B 57 (1995), section 3.2: at 0.05 the four smallest of these are found.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.0000,
        ];
        let plan = plan(15 * 10);
        let hypotheses: Vec<Hypothesis> = (0..p.len()).map(|i| hypothesis((i * 10, p[i]))).collect();
        let discovery = Discovery::of(&hypotheses, &[Some(&plan)], 1.0);
        assert_eq!(found(&discovery.q, 0.05), [0, 1, 2, 3]);
        assert_eq!(found(&discovery.q_of_windows, 0.05), [0, 1, 2, 3]);
        assert!((discovery.q[0] - 0.0015).abs() < 1e-12);
        assert!((discovery.q[3] - 0.035_625).abs() < 1e-12);
        assert!((discovery.passing_p(0.05) - 0.05 * 4.0 / 15.0).abs() < 1e-12);
    }

    #[test]
    fn a_change_that_lasts_makes_room_for_no_other() {
        let plan = plan(200);
        let at = |window| match window {
            0..40 => 1e-6,
            120 => 0.005,
            _ => 0.9,
        };
        let hypotheses: Vec<Hypothesis> = (0..200).map(|window| hypothesis((window, at(window)))).collect();
        let discovery = Discovery::of(&hypotheses, &[Some(&plan)], 1.0);
        // Of 41 windows up to 0.005 one is expected to be false; of two findings it would be every other.
        assert_eq!(found(&discovery.q, 0.05), (0..40).collect::<Vec<_>>());
        assert_eq!(found(&discovery.q_of_windows, 0.05).len(), 41);
        assert!((discovery.q[120] - 0.005 * 200.0 / 2.0).abs() < 1e-12);
    }

    #[test]
    fn what_has_no_size_makes_no_finding() {
        let plan = plan(100);
        let hypotheses: Vec<Hypothesis> = (0..10)
            .map(|i| Hypothesis { counts: i == 9, ..hypothesis((i * 10, if i == 9 { 0.02 } else { 1e-9 })) })
            .collect();
        let discovery = Discovery::of(&hypotheses, &[Some(&plan)], 1.0);
        assert!((discovery.q[9] - 0.2).abs() < 1e-12, "{:?}", discovery.q);
    }

    #[test]
    fn rare_windows_that_overlap_are_one_run() {
        let plan = plan(1_000);
        let index = |rare: &dyn Fn(usize) -> bool| {
            let p_values = (0..1_000).map(|w| Some(if rare(w) { 0.001 } else { 0.5 })).collect();
            extremal_index(std::iter::once((&plan, p_values)))
        };
        let is = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(is(index(&|_| false), 1.0));
        assert!(is(index(&|w| w % 50 == 0), 1.0));
        assert!(is(index(&|w| w % 50 < 5), 21.0 / 101.0));
        assert!(is(index(&|w| w % 50 < 25), 21.0 / 101.0), "a change that lasts counts as no longer");
    }

    proptest! {
        #[test]
        fn as_counted_anew_for_every_level(
            p in prop::collection::vec((0_u32..60, any::<bool>()), 120), theta in 0.2_f64..1.0,
        ) {
            let plan = plan(p.len());
            let hypotheses: Vec<Hypothesis> = (0..p.len())
                .map(|i| Hypothesis { counts: p[i].1, ..hypothesis((i, f64::from(p[i].0) / 100.0)) })
                .collect();
            let discovery = Discovery::of(&hypotheses, &[Some(&plan)], theta);
            let findings = |level: f64| {
                let passed = hypotheses.iter().filter(|h| h.counts && h.p <= level);
                let mut last: Option<Range<usize>> = None;
                passed.fold(0_usize, |findings, h| {
                    let joins = last.as_ref().is_some_and(|last| plan.range(h.window).start < last.end + plan.window);
                    last = Some(plan.range(h.window));
                    findings + usize::from(!joins)
                })
            };
            for (h, q) in hypotheses.iter().zip(&discovery.q) {
                let from = hypotheses.iter().filter(|other| other.p >= h.p && other.p <= ORDINARY);
                let all = hypotheses.len() as f64 * theta;
                let expected = from.map(|other| other.p * all / findings(other.p).max(1) as f64).fold(1.0, f64::min);
                let expected = if h.p <= ORDINARY { expected } else { 1.0 };
                prop_assert!((q - expected).abs() < 1e-12, "{q} and {expected}");
            }
        }
    }
}
