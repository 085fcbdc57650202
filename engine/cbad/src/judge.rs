//! Which windows are held to be changes: both explanations that are not a change have to fail.
//!
//! A window may stand out because streams come in bursts (its rank among the stream's own windows says how often they
//! do), or by the chance of dealing (the test of its lens says so, exactly, where events are exchangeable). The larger
//! of the two p-values takes part in Benjamini-Hochberg over all windows and lenses of the run, so that a flag holds
//! under either.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::analyze::Scored;
use crate::config::Config;
use crate::count_code::Coder;
use crate::lens_test;
use crate::permutation::Tested;
use crate::significance::{self, Rank};
use crate::watch::{Cancelled, Stage, Watch};

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
    /// Hypotheses that take part in the correction.
    pub(crate) tests: usize,
    /// By what Benjamini and Yekutieli are stricter with that many.
    stricter: f64,
    pub(crate) flagged: Each<bool>,
    /// Windows that belong to a flagged one beside them: significant once that one no longer calibrates them.
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

    /// q of Benjamini and Yekutieli, which holds under any dependence of the tests: larger by Σ 1/i over all of them.
    pub(crate) fn q_by(&self, at: At) -> Option<f64> {
        let q = self.q[at.stream][at.track][at.window]?;
        Some((q * self.stricter).min(1.0))
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

/// Ranks, tests and flags the windows of a run.
///
/// A window is flagged where it passes among all windows of its stream. Then the flagged ones leave the calibration set,
/// and their neighbours are judged again: so a finding grows to its full width, which is how far it reaches and no
/// further flag, since the set that it is judged by was chosen by what was found.
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
    let mut first = None;
    for _ in 0..ROUNDS {
        verdicts.ranks = scored
            .par_iter()
            .zip(&verdicts.widened)
            .map(|(s, widened)| s.as_ref().map_or_else(Vec::new, |s| rank_tracks(s, widened)))
            .collect();
        adjust(&mut verdicts);
        let is_first = first.is_none();
        let candidates = passing(scored, &verdicts, config, is_first);
        test_into(scored, &mut verdicts, &candidates, config, coder, watch)?;
        adjust(&mut verdicts);
        let passed = passing(scored, &verdicts, config, is_first);
        let changed = passed.iter().any(|at| !verdicts.widened[at.stream][at.track][at.window]);
        for at in passed {
            verdicts.widened[at.stream][at.track][at.window] = true;
        }
        first = first.or_else(|| {
            let (ranks, q) = (std::mem::take(&mut verdicts.ranks), std::mem::take(&mut verdicts.q));
            Some((ranks, q, verdicts.widened.clone()))
        });
        if !changed {
            break;
        }
    }
    let (ranks, q, flagged) = first.expect("there is at least one round");
    Ok(Verdicts { ranks, q, flagged, ..verdicts })
}

fn rank_tracks(s: &Scored<'_>, excluded: &[Vec<bool>]) -> Vec<Vec<Option<Rank>>> {
    if let Some(anchor) = &s.anchor {
        let tracks = s.tracks.par_iter().zip(anchor);
        return tracks.map(|(track, anchor)| significance::ranks_among(&s.plan, track, anchor)).collect();
    }
    let tracks = s.tracks.par_iter().zip(excluded);
    tracks.map(|(track, excluded)| significance::ranks(&s.plan, track, excluded)).collect()
}

/// Hypotheses that pass, with an effect of some size. After the first round a window only passes near one that is
/// flagged through the same lens, so that a finding may grow and nothing else appear.
fn passing(scored: &[Option<Scored<'_>>], verdicts: &Verdicts, config: &Config, is_first: bool) -> Vec<At> {
    let mut out = Vec::new();
    for (stream, s) in scored.iter().enumerate() {
        let Some(s) = s else { continue };
        for (track, of_windows) in verdicts.widened[stream].iter().enumerate() {
            let least = s.tracks[track].lens.least_effect();
            let flagged: Vec<usize> = (0..of_windows.len()).filter(|&i| of_windows[i]).collect();
            let near = |window: usize| {
                let after = flagged.partition_point(|&f| f < window);
                let neighbours = [after.checked_sub(1).map(|i| flagged[i]), flagged.get(after).copied()];
                neighbours.into_iter().flatten().any(|f| !s.plan.calibrates(window, f))
            };
            out.extend(
                (0..of_windows.len())
                    .filter(|&window| passes(s, verdicts, config, At { stream, track, window }))
                    .filter(|&i| s.tracks[track].scores[i] >= least)
                    .filter(|&i| is_first || near(i))
                    .map(|window| At { stream, track, window }),
            );
        }
    }
    out
}

/// Whether a hypothesis passes at the level of the run: by its q, or where a rate of false alarms was asked for by its p times
/// the lenses of its stream (Bonferroni's rule).
fn passes(s: &Scored<'_>, verdicts: &Verdicts, config: &Config, at: At) -> bool {
    match config.false_alarms {
        None => verdicts.q[at.stream][at.track][at.window].is_some_and(|q| q <= config.alpha),
        Some(rate) => verdicts.deciding(at).is_some_and(|p| p * s.tracks.len() as f64 <= rate),
    }
}

/// Adjusts the p-values of all ranked windows of the run, through all lenses, together.
fn adjust(verdicts: &mut Verdicts) {
    let mut known = Vec::new();
    let mut all: Each<Option<usize>> = Vec::new();
    for (stream, tracks) in verdicts.ranks.iter().enumerate() {
        let of_track = |(track, ranks): (usize, &Vec<Option<Rank>>)| {
            let place = |window| {
                verdicts.deciding(At { stream, track, window }).map(|p| {
                    known.push(p);
                    known.len() - 1
                })
            };
            (0..ranks.len()).map(place).collect()
        };
        all.push(tracks.iter().enumerate().map(of_track).collect());
    }
    let adjusted = significance::benjamini_hochberg(&known);
    verdicts.tests = known.len();
    verdicts.stricter = significance::harmonic(known.len());
    verdicts.q = all
        .into_iter()
        .map(|tracks| {
            let of_track = |track: Vec<Option<usize>>| track.into_iter().map(|i| i.map(|i| adjusted[i]));
            tracks.into_iter().map(|track| of_track(track).collect()).collect()
        })
        .collect();
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
