//! Which windows are held to be changes: both explanations that are not a change have to fail.
//!
//! A window may stand out because streams come in bursts (its rank among the stream's own windows says how often they
//! do), or by the chance of dealing (the test of its lens says so, exactly, where events are exchangeable). The larger
//! of the two p-values is corrected for all windows and lenses of the run, so that a flag holds under either.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::analyze::Scored;
use crate::config::Config;
use crate::count_code::Coder;
use crate::discovery::{self, Discovery, Hypothesis};
use crate::lens_test;
use crate::permutation::Tested;
use crate::significance::{self, Rank};
use crate::watch::{Cancelled, Stage, Watch};
use crate::window::Plan;

/// Rounds in which windows of a finding leave the calibration set and it may widen.
const ROUNDS: usize = 3;

/// One hypothesis: a window of a stream through one of its lenses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct At {
    pub(crate) stream: usize,
    pub(crate) track: usize,
    pub(crate) window: usize,
}

/// Something for every hypothesis: by stream, track and window.
pub(crate) type Each<T> = Vec<Vec<Vec<T>>>;

/// What significance says of every window through every lens.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) ranks: Each<Option<Rank>>,
    pub(crate) q: Each<Option<f64>>,
    /// What share of the windows up to this p is expected to be false.
    q_of_windows: Each<Option<f64>>,
    /// By what q is larger where nothing is known of how the tests depend on one another.
    stricter: f64,
    /// The p that a hypothesis must not exceed for its q to pass at the run's level.
    passing_q: f64,
    pub(crate) flagged: Each<bool>,
    /// Windows that belong to a flagged one beside them: significant as windows, some of them once that one no longer
    /// calibrates them.
    pub(crate) widened: Each<bool>,
    pub(crate) tested: BTreeMap<At, Tested>,
}

impl Verdicts {
    /// The p that decides: the larger of the tail's and the test's, where there is one.
    pub(crate) fn deciding(&self, at: At) -> Option<f64> {
        let tail = self.rank(at)?.tail.value;
        Some(self.tested.get(&at).map_or(tail, |t| tail.max(t.modelled)))
    }

    pub(crate) fn rank(&self, at: At) -> Option<Rank> {
        self.ranks[at.stream][at.track][at.window]
    }

    pub(crate) fn is_flagged(&self, at: At) -> bool {
        self.flagged[at.stream][at.track][at.window]
    }

    /// q after Benjamini and Yekutieli, which holds under any dependence of the tests: each counts, and all of them are larger
    /// by Σ 1/i.
    pub(crate) fn q_by(&self, at: At) -> Option<f64> {
        let q = self.q[at.stream][at.track][at.window]?;
        Some((q * self.stricter).min(1.0))
    }

    /// The p that a hypothesis of this stream must not exceed to be flagged: as [`passes`] has it.
    pub(crate) fn passing_p(&self, s: &Scored<'_>, config: &Config) -> f64 {
        config.false_alarms.map_or(self.passing_q, |rate| rate / s.tracks.len() as f64)
    }

    /// Whether any lens flags a window.
    pub(crate) fn any_flagged(&self, stream: usize, window: usize) -> bool {
        self.flagged[stream].iter().any(|track| track[window])
    }

    /// Whether any lens counts a window to a finding.
    pub(crate) fn any_widened(&self, stream: usize, window: usize) -> bool {
        self.widened[stream].iter().any(|track| track[window])
    }
}

/// By what a hypothesis passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// By q, which is of findings: whether there is one.
    Findings,
    /// By a q of windows: how far a finding reaches that is there.
    Windows,
}

/// Ranks, tests and flags the windows of a run.
///
/// A window is flagged where it passes among all windows of its stream. What joins it, and passes as a window, is of its
/// finding. Then those leave the calibration set, and their neighbours are judged again: so a finding grows to its full
/// width, which is how far it reaches and no further flag, since the set that it is judged by was chosen by what was found.
pub(crate) fn judge(
    scored: &[Option<Scored<'_>>],
    config: &Config,
    coder: &Coder,
    watch: &dyn Watch,
) -> Result<Verdicts, Cancelled> {
    let none = |s: &Option<Scored<'_>>| {
        s.as_ref().map_or_else(Vec::new, |s| s.tracks.iter().map(|t| vec![false; t.scores.len()]).collect())
    };
    let mut verdicts = Verdicts { widened: scored.iter().map(none).collect(), ..Verdicts::default() };
    rank(scored, &mut verdicts, config.alpha);
    let candidates = passing_by_either(scored, &verdicts, config);
    test_into(scored, &mut verdicts, &candidates, config, coder, watch)?;
    adjust(scored, &mut verdicts, config.alpha);
    let flagged = passing(scored, &verdicts, config, Rule::Findings);
    let is_any = widen(&mut verdicts, flagged);
    let flagged = verdicts.widened.clone();
    let joined = joined(scored, &verdicts, passing_by_either(scored, &verdicts, config));
    let mut widens = widen(&mut verdicts, joined) || is_any;
    let first = Verdicts {
        ranks: std::mem::take(&mut verdicts.ranks),
        q: std::mem::take(&mut verdicts.q),
        stricter: verdicts.stricter,
        passing_q: verdicts.passing_q,
        flagged,
        ..Verdicts::default()
    };
    for _ in 1..ROUNDS {
        if !widens {
            break;
        }
        rank(scored, &mut verdicts, config.alpha);
        let near = |verdicts: &Verdicts| {
            let passing = passing(scored, verdicts, config, Rule::Windows);
            near(scored, verdicts, passing)
        };
        let candidates = near(&verdicts);
        test_into(scored, &mut verdicts, &candidates, config, coder, watch)?;
        adjust(scored, &mut verdicts, config.alpha);
        let passed = near(&verdicts);
        widens = widen(&mut verdicts, passed);
    }
    Ok(Verdicts { widened: verdicts.widened, tested: verdicts.tested, ..first })
}

/// Counts hypotheses to findings; whether any was not yet.
fn widen(verdicts: &mut Verdicts, hypotheses: Vec<At>) -> bool {
    let mut widens = false;
    for at in hypotheses {
        widens |= !std::mem::replace(&mut verdicts.widened[at.stream][at.track][at.window], true);
    }
    widens
}

/// Ranks every window among those that are of no finding, and corrects for all of them.
fn rank(scored: &[Option<Scored<'_>>], verdicts: &mut Verdicts, alpha: f64) {
    verdicts.ranks = scored
        .par_iter()
        .zip(&verdicts.widened)
        .map(|(s, widened)| s.as_ref().map_or_else(Vec::new, |s| rank_tracks(s, widened)))
        .collect();
    adjust(scored, verdicts, alpha);
}

fn rank_tracks(s: &Scored<'_>, excluded: &[Vec<bool>]) -> Vec<Vec<Option<Rank>>> {
    if let Some(anchor) = &s.anchor {
        let tracks = s.tracks.par_iter().zip(anchor);
        return tracks.map(|(track, anchor)| significance::ranks_among(&s.plan, track, anchor)).collect();
    }
    let tracks = s.tracks.par_iter().zip(excluded);
    tracks.map(|(track, excluded)| significance::ranks(&s.plan, track, excluded)).collect()
}

/// Hypotheses that pass, with an effect of some size, in order.
fn passing(scored: &[Option<Scored<'_>>], verdicts: &Verdicts, config: &Config, rule: Rule) -> Vec<At> {
    let mut out = Vec::new();
    for (stream, s) in scored.iter().enumerate() {
        let Some(s) = s else { continue };
        for (track, of) in s.tracks.iter().enumerate() {
            let least = of.lens.least_effect();
            out.extend(
                (0..of.scores.len())
                    .filter(|&window| of.scores[window] >= least)
                    .map(|window| At { stream, track, window })
                    .filter(|&at| passes(s, verdicts, config, rule, at)),
            );
        }
    }
    out
}

fn passing_by_either(scored: &[Option<Scored<'_>>], verdicts: &Verdicts, config: &Config) -> Vec<At> {
    let passing = |rule| passing(scored, verdicts, config, rule);
    let either: BTreeSet<At> = passing(Rule::Findings).into_iter().chain(passing(Rule::Windows)).collect();
    either.into_iter().collect()
}

/// Those of the hypotheses whose windows are of one finding with a flagged one, through whatever lens.
fn joined(scored: &[Option<Scored<'_>>], verdicts: &Verdicts, mut passing: Vec<At>) -> Vec<At> {
    passing.sort_unstable_by_key(|at| (at.stream, at.window));
    let are_joined = |a: &At, b: &At| {
        let plan = scored[a.stream].as_ref().map(|s| &s.plan);
        a.stream == b.stream && plan.is_some_and(|plan| plan.are_joined(a.window, b.window))
    };
    let is_flagged = |at: &At| verdicts.any_widened(at.stream, at.window);
    let findings = passing.chunk_by(are_joined).filter(|of_one| of_one.iter().any(is_flagged));
    findings.flatten().copied().collect()
}

/// Those of the hypotheses that stand near one of a finding through the same lens, so that it may grow and nothing else appear.
fn near(scored: &[Option<Scored<'_>>], verdicts: &Verdicts, mut passing: Vec<At>) -> Vec<At> {
    let of_findings = |of: &[bool]| (0..of.len()).filter(|&i| of[i]).collect();
    let found: Each<usize> =
        verdicts.widened.iter().map(|tracks| tracks.iter().map(|of| of_findings(of)).collect()).collect();
    passing.retain(|at| {
        let Some(s) = &scored[at.stream] else { return false };
        let found = &found[at.stream][at.track];
        let after = found.partition_point(|&f| f < at.window);
        let neighbours = [after.checked_sub(1).map(|i| found[i]), found.get(after).copied()];
        neighbours.into_iter().flatten().any(|f| !s.plan.calibrates(at.window, f))
    });
    passing
}

/// Whether a hypothesis passes at the level of the run: by its q, or where a rate of false alarms was asked for by its p times
/// the lenses of its stream (Bonferroni's rule).
fn passes(s: &Scored<'_>, verdicts: &Verdicts, config: &Config, rule: Rule, at: At) -> bool {
    let q = if rule == Rule::Findings { &verdicts.q } else { &verdicts.q_of_windows };
    match config.false_alarms {
        None => q[at.stream][at.track][at.window].is_some_and(|q| q <= config.alpha),
        Some(rate) => verdicts.deciding(at).is_some_and(|p| p * s.tracks.len() as f64 <= rate),
    }
}

/// Corrects the p-values of all ranked windows of the run, through all lenses, together.
fn adjust(scored: &[Option<Scored<'_>>], verdicts: &mut Verdicts, alpha: f64) {
    let mut hypotheses = Vec::new();
    let mut places = Vec::new();
    for (stream, tracks) in verdicts.ranks.iter().enumerate() {
        for (track, ranks) in tracks.iter().enumerate() {
            let of = &scored[stream].as_ref().expect("ranks are of scored streams").tracks[track];
            for window in 0..ranks.len() {
                let at = At { stream, track, window };
                let Some(p) = verdicts.deciding(at) else { continue };
                let counts = of.scores[window] >= of.lens.least_effect();
                hypotheses.push(Hypothesis { stream, window, p, counts });
                places.push(at);
            }
        }
    }
    let plans: Vec<Option<&Plan>> = scored.iter().map(|s| s.as_ref().map(|s| &s.plan)).collect();
    let tails = verdicts.ranks.iter().zip(&plans).filter_map(|(tracks, plan)| Some((tracks, (*plan)?)));
    let tails = tails.flat_map(|(tracks, plan)| tracks.iter().map(move |ranks| (plan, tail_p(ranks))));
    let discovery = Discovery::of(&hypotheses, &plans, discovery::extremal_index(tails));
    let each = |q: &[f64]| {
        let none = |ranks: &Vec<Option<Rank>>| vec![None; ranks.len()];
        let mut each: Each<Option<f64>> =
            verdicts.ranks.iter().map(|tracks| tracks.iter().map(none).collect()).collect();
        for (at, q) in places.iter().zip(q) {
            each[at.stream][at.track][at.window] = Some(*q);
        }
        each
    };
    (verdicts.q, verdicts.q_of_windows) = (each(&discovery.q), each(&discovery.q_of_windows));
    verdicts.stricter = significance::harmonic(hypotheses.len()) / discovery.extremal_index;
    verdicts.passing_q = discovery.passing_p(alpha);
}

fn tail_p(ranks: &[Option<Rank>]) -> Vec<Option<f64>> {
    ranks.iter().map(|rank| rank.map(|rank| rank.tail.value)).collect()
}

/// Runs the tests of hypotheses that have none yet.
pub(crate) fn test_into(
    scored: &[Option<Scored<'_>>],
    verdicts: &mut Verdicts,
    hypotheses: &[At],
    config: &Config,
    coder: &Coder,
    watch: &dyn Watch,
) -> Result<(), Cancelled> {
    let new: Vec<At> = hypotheses.iter().copied().filter(|at| !verdicts.tested.contains_key(at)).collect();
    let done = AtomicU64::new(0);
    let each = || {
        watch.progress(Stage::Explain, done.fetch_add(1, Ordering::Relaxed) + 1, new.len() as u64);
        if watch.cancelled() { Err(Cancelled) } else { Ok(()) }
    };
    let of_stream: Vec<&[At]> = new.chunk_by(|a, b| a.stream == b.stream).collect();
    let tested: Result<Vec<_>, Cancelled> = of_stream
        .into_par_iter()
        .map(|hypotheses| {
            let s = scored[hypotheses[0].stream].as_ref().expect("candidates come from scored streams");
            lens_test::tests(s, hypotheses, config, coder, &each)
        })
        .collect();
    verdicts.tested.extend(tested?.into_iter().flatten());
    Ok(())
}
