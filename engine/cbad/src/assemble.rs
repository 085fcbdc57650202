//! From verdicts to the window scores that a run keeps.

use crate::analyze::Scored;
use crate::drift::Drift;
use crate::fixed::bits;
use crate::judge::{At, Verdicts};
use crate::result::{LensScore, StreamResult, WindowScore};

/// The windows of every stream, or why there are none.
pub(crate) fn streams(
    scored: &[Option<Scored<'_>>],
    notes: Vec<Option<String>>,
    drifts: Vec<Option<Drift>>,
    verdicts: &Verdicts,
) -> Vec<StreamResult> {
    let windows_of = |(stream, s): (usize, &Option<Scored<'_>>)| {
        let s = s.as_ref()?;
        // A stream without a lens that applies has nothing to show.
        (!s.tracks.is_empty()).then(|| (0..s.plan.count).map(|i| window(stream, s, i, verdicts)).collect())
    };
    let windows = scored.iter().enumerate().map(windows_of);
    windows
        .zip(notes)
        .zip(drifts)
        .map(|((windows, note), drift)| StreamResult { windows: windows.unwrap_or_default(), note, drift })
        .collect()
}

fn window(stream: usize, s: &Scored<'_>, index: usize, verdicts: &Verdicts) -> WindowScore {
    let events = s.plan.range(index);
    let (start_nanos, end_nanos) = s.stream.time_range(events.start, events.end);
    let own = |position| s.own(position).expect("windows begin after the anchor");
    let hypotheses = || (0..s.tracks.len()).map(|track| At { stream, track, window: index });
    let lenses: Vec<LensScore> = hypotheses().map(|at| lens_score(s, at, verdicts)).collect();
    let deciding = |at: At| verdicts.deciding(at).unwrap_or(2.0);
    let least = hypotheses().min_by(|&a, &b| deciding(a).total_cmp(&deciding(b)));
    let least = least.expect("a scored stream has a lens");
    let (said, measured) = (lenses[least.track], s.measured[index]);
    WindowScore {
        index: index as u32,
        first_event: own(events.start),
        last_event: own(events.end - 1),
        start_nanos,
        end_nanos,
        zstd: measured.zstd,
        count: measured.count,
        entropy: measured.entropy,
        lens: said.lens,
        score_bits: lenses[0].score_bits,
        p: verdicts.deciding(least).map(|p| (p * lenses.len() as f64).min(1.0)),
        p_permutation: said.p_permutation,
        p_conformal: said.p_conformal,
        p_tail: said.p_tail,
        q: lenses.iter().filter_map(|l| l.q).reduce(f64::min),
        flagged: verdicts.any_flagged(stream, index),
        lenses,
    }
}

fn lens_score(s: &Scored<'_>, at: At, verdicts: &Verdicts) -> LensScore {
    let rank = verdicts.rank(at);
    LensScore {
        lens: s.tracks[at.track].lens,
        score_bits: bits(s.tracks[at.track].scores[at.window]),
        p_permutation: verdicts.tested.get(&at).map(|t| t.exact),
        p_conformal: rank.map(|r| r.conformal),
        p_tail: rank.map(|r| r.tail),
        q: verdicts.q[at.stream][at.track][at.window],
        q_by: verdicts.q_by(at),
    }
}
