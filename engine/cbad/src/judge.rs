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

/// Rounds in which flagged windows leave the calibration set and their findings may widen.
const ROUNDS: usize = 4;

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
    pub(crate) flagged: Each<bool>,
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
        Some((q * significance::harmonic(self.tests)).min(1.0))
    }

    /// Whether any lens flags a window.
    pub(crate) fn any_flagged(&self, stream: usize, window: usize) -> bool {
        self.flagged[stream].iter().any(|track| track[window])
    }
}

/// Ranks, tests and flags the windows of a run.
pub(crate) fn judge(
    scored: &[Option<Scored<'_>>],
    config: &Config,
    coder: &Coder,
    watch: &dyn Watch,
) -> Result<Verdicts, Cancelled> {
    let none = |s: &Option<Scored<'_>>| {
        s.as_ref().map_or_else(Vec::new, |s| s.tracks.iter().map(|t| vec![false; t.scores.len()]).collect())
    };
    let mut verdicts = Verdicts { flagged: scored.iter().map(none).collect(), ..Verdicts::default() };
    for round in 0..ROUNDS {
        verdicts.ranks = scored
            .par_iter()
            .zip(&verdicts.flagged)
            .map(|(s, flagged)| s.as_ref().map_or_else(Vec::new, |s| rank_tracks(s, flagged)))
            .collect();
        adjust(&mut verdicts);
        let candidates = passing(scored, &verdicts, config.alpha, round);
        test_into(scored, &mut verdicts, &candidates, config, coder, watch)?;
        adjust(&mut verdicts);
        let flagged = passing(scored, &verdicts, config.alpha, round);
        let changed = flagged.iter().any(|&at| !verdicts.is_flagged(at));
        for at in flagged {
            verdicts.flagged[at.stream][at.track][at.window] = true;
        }
        if !changed {
            break;
        }
    }
    Ok(verdicts)
}

fn rank_tracks(s: &Scored<'_>, flagged: &[Vec<bool>]) -> Vec<Vec<Option<Rank>>> {
    let tracks = s.tracks.par_iter().zip(flagged);
    tracks.map(|(track, flagged)| significance::ranks(&s.plan, &track.scores, flagged)).collect()
}

/// Hypotheses whose q passes. After the first round a window only passes near one that is flagged through the same
/// lens: taking flagged windows out of the calibration lets a finding grow to its full width, and nothing else appear.
fn passing(scored: &[Option<Scored<'_>>], verdicts: &Verdicts, alpha: f64, round: usize) -> Vec<At> {
    let mut out = Vec::new();
    for (stream, s) in scored.iter().enumerate() {
        let Some(s) = s else { continue };
        for (track, of_windows) in verdicts.flagged[stream].iter().enumerate() {
            let flagged: Vec<usize> = (0..of_windows.len()).filter(|&i| of_windows[i]).collect();
            let near = |window: usize| {
                let after = flagged.partition_point(|&f| f < window);
                let neighbours = [after.checked_sub(1).map(|i| flagged[i]), flagged.get(after).copied()];
                neighbours.into_iter().flatten().any(|f| !s.plan.calibrates(window, f))
            };
            out.extend(
                (0..of_windows.len())
                    .filter(|&i| verdicts.q[stream][track][i].is_some_and(|q| q <= alpha))
                    .filter(|&i| round == 0 || near(i))
                    .map(|window| At { stream, track, window }),
            );
        }
    }
    out
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
