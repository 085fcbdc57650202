//! Which windows are held to be changes: both explanations that are not a change have to fail.
//!
//! A window may stand out because streams come in bursts (its rank among the stream's own windows says how often they
//! do), or by the chance of dealing (the permutation test says so, exactly, where events are exchangeable). The larger
//! of the two p-values takes part in Benjamini-Hochberg over all windows of the run, so that a flag holds under either.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::analyze::Scored;
use crate::config::Config;
use crate::permutation::{self, POOL_BYTES, POOL_FACTOR, POOL_MOST, Tested};
use crate::relative_code::Pool;
use crate::significance::{self, Rank};
use crate::watch::{Cancelled, Stage, Watch};

/// Rounds in which flagged windows leave the calibration set and their findings may widen.
const ROUNDS: usize = 4;

/// (stream, window).
pub(crate) type At = (usize, usize);

/// What significance says of every window.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) ranks: Vec<Vec<Option<Rank>>>,
    pub(crate) q: Vec<Vec<Option<f64>>>,
    pub(crate) flagged: Vec<Vec<bool>>,
    pub(crate) tested: BTreeMap<At, Tested>,
}

impl Verdicts {
    /// The p that decides: the larger of tail and permutation, where there is one.
    pub(crate) fn deciding(&self, at: At) -> Option<f64> {
        let tail = self.ranks[at.0][at.1]?.tail.value;
        Some(self.tested.get(&at).map_or(tail, |t| tail.max(t.modelled)))
    }
}

/// Ranks, tests and flags the windows of a run.
pub(crate) fn judge(
    scored: &[Option<Scored<'_>>],
    config: &Config,
    watch: &dyn Watch,
) -> Result<Verdicts, Cancelled> {
    let windows = |s: &Option<Scored<'_>>| s.as_ref().map_or(0, |s| s.scores.len());
    let mut verdicts =
        Verdicts { flagged: scored.iter().map(|s| vec![false; windows(s)]).collect(), ..Verdicts::default() };
    for round in 0..ROUNDS {
        verdicts.ranks = scored
            .par_iter()
            .zip(&verdicts.flagged)
            .map(|(s, f)| s.as_ref().map_or_else(Vec::new, |s| significance::ranks(&s.plan, &s.scores, f)))
            .collect();
        verdicts.q = adjust(&verdicts);
        let candidates = passing(scored, &verdicts, config.alpha, round);
        test_into(scored, &mut verdicts, &candidates, config, watch)?;
        verdicts.q = adjust(&verdicts);
        let flagged = passing(scored, &verdicts, config.alpha, round);
        let changed = flagged.iter().any(|&(stream, window)| !verdicts.flagged[stream][window]);
        for (stream, window) in flagged {
            verdicts.flagged[stream][window] = true;
        }
        if !changed {
            break;
        }
    }
    Ok(verdicts)
}

/// Windows whose q passes. After the first round a window only passes near one that is flagged: taking flagged windows
/// out of the calibration lets a finding grow to its full width, and nothing else appear.
fn passing(scored: &[Option<Scored<'_>>], verdicts: &Verdicts, alpha: f64, round: usize) -> Vec<At> {
    let mut out = Vec::new();
    for (stream, s) in scored.iter().enumerate() {
        let Some(s) = s else { continue };
        let flagged: Vec<usize> = (0..s.scores.len()).filter(|&i| verdicts.flagged[stream][i]).collect();
        let near = |window: usize| {
            let after = flagged.partition_point(|&f| f < window);
            let neighbours = [after.checked_sub(1).map(|i| flagged[i]), flagged.get(after).copied()];
            neighbours.into_iter().flatten().any(|f| !s.plan.calibrates(window, f))
        };
        out.extend(
            (0..s.scores.len())
                .filter(|&i| verdicts.q[stream][i].is_some_and(|q| q <= alpha))
                .filter(|&i| round == 0 || near(i))
                .map(|i| (stream, i)),
        );
    }
    out
}

/// Adjusts the p-values of all ranked windows of the run together.
fn adjust(verdicts: &Verdicts) -> Vec<Vec<Option<f64>>> {
    let deciding =
        |stream: usize| (0..verdicts.ranks[stream].len()).map(move |i| verdicts.deciding((stream, i)));
    let all: Vec<Option<f64>> = (0..verdicts.ranks.len()).flat_map(deciding).collect();
    let known: Vec<f64> = all.iter().flatten().copied().collect();
    let mut adjusted = significance::benjamini_hochberg(&known).into_iter();
    let mut all = all.into_iter().map(|p| p.and_then(|_| adjusted.next()));
    verdicts.ranks.iter().map(|stream| all.by_ref().take(stream.len()).collect()).collect()
}

/// Runs the permutation tests of windows that were not tested before.
pub(crate) fn test_into(
    scored: &[Option<Scored<'_>>],
    verdicts: &mut Verdicts,
    windows: &[At],
    config: &Config,
    watch: &dyn Watch,
) -> Result<(), Cancelled> {
    let new: Vec<At> = windows.iter().copied().filter(|at| !verdicts.tested.contains_key(at)).collect();
    let done = AtomicU64::new(0);
    let tested: Result<Vec<(At, Tested)>, Cancelled> = new
        .par_iter()
        .map(|&(stream, window)| {
            if watch.cancelled() {
                return Err(Cancelled);
            }
            let s = scored[stream].as_ref().expect("candidates come from scored streams");
            let mut rng = permutation::generator(config.seed, s.stream.key(), window as u32);
            let mut pool = pool_of(s, &pool_positions(s, window));
            let tested = permutation::test(&mut pool, s.plan.window, config.permutations, &mut rng);
            watch.progress(Stage::Explain, done.fetch_add(1, Ordering::Relaxed) + 1, new.len() as u64);
            Ok(((stream, window), tested))
        })
        .collect();
    verdicts.tested.extend(tested?);
    Ok(())
}

/// Positions in the pool of a window's test: its own events first, then a sample spread over its baseline.
pub(crate) fn pool_positions(s: &Scored<'_>, window: usize) -> Vec<usize> {
    let mut positions: Vec<usize> = s.plan.range(window).collect();
    let mut text = Vec::new();
    for &p in &positions {
        s.stream.append_canonical(s.stream.sequence[p], &mut text);
    }
    // Long events make a long suffix array: fewer of them are enough, and twice the window is the least.
    let by_bytes = POOL_BYTES * s.plan.window / text.len().max(1);
    let most = (s.plan.window * POOL_FACTOR).min(POOL_MOST).min(by_bytes).max(s.plan.window * 2);
    positions.extend(s.plan.baseline(window).spread(most));
    positions
}

/// The pool of these positions, in this order.
pub(crate) fn pool_of(s: &Scored<'_>, positions: &[usize]) -> Pool {
    let members: Vec<u32> = positions.iter().map(|&p| s.stream.sequence[p]).collect();
    Pool::new(&members, |event, out| s.stream.append_canonical(event, out))
}
