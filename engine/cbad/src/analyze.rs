//! One analysis from prepared streams to findings.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::assemble;
use crate::config::Config;
use crate::content;
use crate::count_code::Coder;
use crate::counterfactual;
use crate::drift;
use crate::event::Event;
use crate::explain;
use crate::finding::{self, Cluster};
use crate::fixed::bits;
use crate::judge::{self, At, Verdicts};
use crate::jury;
use crate::lasting::{self, Found};
use crate::lens::{self, Pace, Singles, Track};
use crate::lens_test;
use crate::recalibration;
use crate::result::{Finding, Grade, Lens, RunResult};
use crate::sizes::{self, Measured};
use crate::stability::Looking;
use crate::stream::Stream;
use crate::watch::{Cancelled, Stage, Watch};
use crate::window::Plan;

/// Most unusual windows listed beside the flagged findings, and how many are tested to choose them. What is unusual in its
/// wording and not flagged is told by its odd events.
const LISTED: usize = 5;
const LOOKED_AT: usize = 20;

/// Single odd events listed, and the surprise from which an event is one: one window in sixty has one as odd.
const ODD: usize = 5;
const ODD_BITS: f64 = 6.0;

/// Surprise from which a finding is severe: one window in a million is as unusual.
const SEVERE_BITS: f64 = 20.0;

/// Gives back an event for the explanation of a finding. Called a few times a finding, from any thread.
pub trait EventLookup: Sync {
    /// The event at a position of a stream (an index into the streams given), or `None` where it cannot be read.
    /// Positions count from the stream's first own event: those of an anchor have none.
    fn event(&self, stream: u32, position: u64) -> Option<Event>;
}

/// A stream with its plan and scores.
pub(crate) struct Scored<'s> {
    pub(crate) stream: &'s Stream,
    pub(crate) plan: Plan,
    pub(crate) tracks: Vec<Track>,
    pub(crate) singles: Singles,
    pub(crate) measured: Vec<Measured>,
    /// Scores of the anchor's own windows, a track each, where the stream has an anchor: what its windows are ranked among.
    pub(crate) anchor: Option<Vec<Track>>,
}

impl Scored<'_> {
    /// The position of an event as callers count it: `None` for one of the anchor's.
    pub(crate) fn own(&self, position: usize) -> Option<u64> {
        position.checked_sub(self.plan.first()).map(|p| p as u64)
    }
}

/// Analyses the streams. The result depends on the streams and the configuration alone, not on the number of threads.
pub fn analyze(
    streams: &[Stream],
    config: &Config,
    lookup: &dyn EventLookup,
    watch: &dyn Watch,
) -> Result<RunResult, Cancelled> {
    let coder = Coder::default();
    let (scored, notes) = score_all(streams, config, &coder, watch)?;
    let mut verdicts = judge::judge(&scored, config, &coder, watch)?;
    let mut clusters: Vec<Cluster> = Vec::new();
    for (at, stream) in scored.iter().enumerate() {
        let Some(s) = stream else { continue };
        clusters.extend(finding::clusters(at, s, &verdicts));
    }
    let mut unusual = list_unusual(&scored, &clusters, &verdicts);
    let mut peaks: Vec<At> = unusual.iter().map(Cluster::at).collect();
    peaks.sort_unstable();
    judge::test_into(&scored, &mut verdicts, &peaks, config, &coder, watch)?;
    unusual.sort_by(|a, b| order_of(&scored, &verdicts, a).total_cmp(&order_of(&scored, &verdicts, b)));
    let unusual = each_happening_once(&scored, unusual);
    clusters.extend(unusual);
    let odd = list_odd(&scored, &clusters, &verdicts, &coder);
    clusters.extend(odd);
    clusters.sort_by(|a, b| order_of(&scored, &verdicts, a).total_cmp(&order_of(&scored, &verdicts, b)));
    let explained = explain_all(&scored, &verdicts, &clusters, config, &coder, lookup, watch)?;
    let evidence = clusters.iter().map(|cluster| evidence_bits(&verdicts, cluster.at()));
    let lasting = lasting::look(&scored, config, watch)?;
    let findings = with_lasting(&scored, &lasting, explained.into_iter().zip(evidence), &coder, lookup);
    let drifts = streams.par_iter().map(|stream| drift::of(stream, &coder)).collect();
    let streams = assemble::streams(&scored, notes, drifts, &verdicts);
    Ok(RunResult { streams, findings })
}

type ScoredStreams<'s> = (Vec<Option<Scored<'s>>>, Vec<Option<String>>);

fn score_all<'s>(
    streams: &'s [Stream],
    config: &Config,
    coder: &Coder,
    watch: &dyn Watch,
) -> Result<ScoredStreams<'s>, Cancelled> {
    let plans: Vec<Result<Plan, String>> = streams.iter().map(|s| Plan::new(s, config)).collect();
    let lenses: Vec<Vec<Lens>> = streams.iter().map(|s| lenses_of(s, config)).collect();
    // Each window is scored once a lens and measured once.
    let total: u64 = plans
        .iter()
        .zip(&lenses)
        .filter_map(|(plan, lenses)| Some((lenses.len() + 1) as u64 * plan.as_ref().ok()?.count as u64))
        .sum();
    let done = AtomicU64::new(0);
    let scored = |n: u64| {
        let before = done.fetch_add(n, Ordering::Relaxed);
        if before >> 8 != (before + n) >> 8 || before + n == total {
            watch.progress(Stage::Score, before + n, total);
        }
    };
    let pace = Pace { watch, scored: &scored };
    let note = |(plan, stream): (&Result<Plan, String>, &Stream)| match plan {
        Ok(_) => recalibration::note(stream, config),
        Err(why) => Some(why.clone()),
    };
    let notes = plans.iter().zip(streams).map(note).collect();
    let scored: Result<Vec<_>, Cancelled> = streams
        .par_iter()
        .zip(plans)
        .zip(lenses)
        .map(|((stream, plan), lenses)| {
            let Ok(plan) = plan else { return Ok(None) };
            let singles = Singles::of(stream, &plan, &lenses, &coder.log2);
            let tracks: Result<Vec<Track>, Cancelled> =
                lenses.iter().map(|&l| lens::score(l, stream, &plan, &singles, coder, &pace)).collect();
            let measured = sizes::measure(stream, &plan, coder, &pace)?;
            let anchor = anchor_tracks(stream, &plan, &lenses, coder, watch)?;
            Ok(Some(Scored { stream, plan, tracks: tracks?, singles, measured, anchor }))
        })
        .collect();
    Ok((scored?, notes))
}

/// Scores of the windows of a stream's anchor; `None` where it has none. An anchor of less than four windows has no scores,
/// and then nothing is ranked.
pub(crate) fn anchor_tracks(
    stream: &Stream,
    plan: &Plan,
    lenses: &[Lens],
    coder: &Coder,
    watch: &dyn Watch,
) -> Result<Option<Vec<Track>>, Cancelled> {
    if plan.first() == 0 {
        return Ok(None);
    }
    let Some(plan) = plan.of_anchor() else {
        return Ok(Some(lenses.iter().map(|&lens| Track { lens, scores: Vec::new() }).collect()));
    };
    let pace = Pace { watch, scored: &|_| () };
    let singles = Singles::of(stream, &plan, lenses, &coder.log2);
    let score = |&lens: &Lens| lens::score(lens, stream, &plan, &singles, coder, &pace);
    lenses.iter().map(score).collect::<Result<_, _>>().map(Some)
}

/// The lenses of a run that have something to look at in a stream.
fn lenses_of(stream: &Stream, config: &Config) -> Vec<Lens> {
    let wanted = |lens: &Lens| config.lenses.contains(lens) && lens::applies(*lens, stream);
    Lens::ALL.into_iter().filter(wanted).collect()
}

/// A cluster is only ever made of a stream that was scored.
pub(crate) fn at<'a, 's>(scored: &'a [Option<Scored<'s>>], cluster: &Cluster) -> &'a Scored<'s> {
    scored[cluster.stream].as_ref().expect("clusters come from scored streams")
}

fn list_unusual(scored: &[Option<Scored<'_>>], kept: &[Cluster], verdicts: &Verdicts) -> Vec<Cluster> {
    let mut listed: Vec<Cluster> = Vec::new();
    for (stream, s) in scored.iter().enumerate() {
        let Some(s) = s else { continue };
        let taken = kept.iter().filter(|c| c.stream == stream).map(|c| c.surroundings(&s.plan));
        let not_by_words = |lens| lens != Lens::Content;
        listed.extend(finding::most_unusual(stream, s, verdicts, not_by_words, taken.collect(), LISTED));
    }
    listed.sort_by(|a, b| order_of(scored, verdicts, a).total_cmp(&order_of(scored, verdicts, b)));
    listed.truncate(LOOKED_AT);
    listed
}

/// The first of the list, without what shows the same as one before it: the same lens, at the same time, in another stream.
fn each_happening_once(scored: &[Option<Scored<'_>>], sorted: Vec<Cluster>) -> Vec<Cluster> {
    let what = |cluster: &Cluster| {
        let s = at(scored, cluster);
        let events = cluster.events(&s.plan);
        let (start, end) = s.stream.time_range(events.start, events.end);
        Some((s.tracks[cluster.track].lens, start?, end?))
    };
    let mut kept: Vec<Cluster> = Vec::new();
    for cluster in sorted {
        let is_told = kept.iter().any(|before| {
            what(before).zip(what(&cluster)).is_some_and(|((lens, from, to), (other, start, end))| {
                lens == other && before.stream != cluster.stream && start <= to && from <= end
            })
        });
        if !is_told && kept.len() < LISTED {
            kept.push(cluster);
        }
    }
    kept
}

/// The oddest single events, apart from those of a finding. One event falls into some window whatever happens, so that no
/// shuffle of it is evidence of a change; it is what an investigator may look for all the same.
fn list_odd(
    scored: &[Option<Scored<'_>>],
    kept: &[Cluster],
    verdicts: &Verdicts,
    coder: &Coder,
) -> Vec<Cluster> {
    let mut listed: Vec<Cluster> = Vec::new();
    for (stream, s) in scored.iter().enumerate() {
        let Some(s) = s else { continue };
        let taken = kept.iter().filter(|c| c.stream == stream && c.flagged).map(|c| c.events(&s.plan));
        let by_words = |lens| lens == Lens::Content;
        let windows = finding::most_unusual(stream, s, verdicts, by_words, taken.collect(), ODD);
        listed.extend(windows.into_iter().filter(|c| surprise_bits(verdicts, c.at()) >= ODD_BITS));
    }
    let surprise = |c: &Cluster| surprise_bits(verdicts, c.at());
    listed.sort_by(|a, b| surprise(b).total_cmp(&surprise(a)).then(a.at().cmp(&b.at())));
    listed.truncate(ODD);
    for cluster in &mut listed {
        let s = at(scored, cluster);
        cluster.odd = Some(content::dearest(s.stream, &s.plan, cluster.peak, coder));
    }
    listed
}

/// Why a cluster is listed, in the order of the list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Listed {
    Flagged,
    Unusual,
    Odd,
}

/// Flagged findings come first; each kind by evidence, which is one currency over all streams and lenses.
#[derive(PartialEq)]
struct Order {
    kind: Listed,
    evidence_bits: f64,
    score: i64,
    at: At,
}

impl Order {
    fn total_cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.kind.cmp(&other.kind))
            .then(other.evidence_bits.total_cmp(&self.evidence_bits))
            .then(other.score.cmp(&self.score))
            .then(self.at.cmp(&other.at))
    }
}

fn order_of(scored: &[Option<Scored<'_>>], verdicts: &Verdicts, cluster: &Cluster) -> Order {
    let kind = match (cluster.flagged, cluster.odd) {
        (true, _) => Listed::Flagged,
        (false, None) => Listed::Unusual,
        (false, Some(_)) => Listed::Odd,
    };
    Order {
        kind,
        evidence_bits: match kind {
            Listed::Odd => surprise_bits(verdicts, cluster.at()),
            Listed::Flagged | Listed::Unusual => evidence_bits(verdicts, cluster.at()),
        },
        score: at(scored, cluster).tracks[cluster.track].scores[cluster.peak],
        at: cluster.at(),
    }
}

fn surprise_bits(verdicts: &Verdicts, at: At) -> f64 {
    verdicts.rank(at).map_or(0.0, |r| r.surprise_bits)
}

/// The smaller of how rare a window is in its stream and how rare among shuffles of its events.
fn evidence_bits(verdicts: &Verdicts, at: At) -> f64 {
    let tested = verdicts.tested.get(&at).map_or(f64::INFINITY, |tested| -libm::log2(tested.modelled));
    surprise_bits(verdicts, at).min(tested)
}

fn explain_all(
    scored: &[Option<Scored<'_>>],
    verdicts: &Verdicts,
    clusters: &[Cluster],
    config: &Config,
    coder: &Coder,
    lookup: &dyn EventLookup,
    watch: &dyn Watch,
) -> Result<Vec<Finding>, Cancelled> {
    let done = AtomicU64::new(0);
    let stabilities = Looking { scored, verdicts, config, coder, watch }.look(clusters)?;
    let juries = jury_samples(scored, verdicts, clusters, coder);
    clusters
        .par_iter()
        .zip(stabilities)
        .map(|(cluster, stability)| {
            if watch.cancelled() {
                return Err(Cancelled);
            }
            let s = at(scored, cluster);
            let events = cluster.events(&s.plan);
            let (start_nanos, end_nanos) = s.stream.time_range(events.start, events.end);
            let rank = verdicts.rank(cluster.at());
            let q = verdicts.q[cluster.stream].iter().flat_map(|track| &track[cluster.windows.clone()]);
            let mut finding = Finding {
                stream: cluster.stream as u32,
                window: cluster.peak as u32,
                first_event: s.own(events.start).expect("windows begin after the anchor"),
                last_event: s.own(events.end - 1).expect("windows begin after the anchor"),
                start_nanos,
                end_nanos,
                grade: Grade::Unusual,
                flagged: cluster.flagged,
                q: q.flatten().copied().reduce(f64::min),
                p_permutation: verdicts.tested.get(&cluster.at()).map(|t| t.exact),
                p_block: cluster
                    .odd
                    .is_none()
                    .then(|| lens_test::test_in_blocks(s, cluster.at(), config, coder)),
                p_conformal: rank.map(|r| r.conformal),
                p_tail: rank.map(|r| r.tail),
                score_bits: bits(s.tracks[cluster.track].scores[cluster.peak]),
                surprise_bits: rank.map_or(0.0, |r| r.surprise_bits),
                explanation: explain::explain(s, cluster, verdicts, coder, lookup),
                jury: juries[cluster.stream]
                    .as_ref()
                    .map(|j| j.judge(s.stream, &s.plan, cluster.peak, coder)),
                lasting: None,
            };
            finding.grade = if cluster.odd.is_some() { Grade::Odd } else { grade(&finding) };
            let passing_p = verdicts.passing_p(s, config);
            let explanation = &mut finding.explanation;
            explanation.counterfactual =
                counterfactual::of(s, cluster, &explanation.shifts, passing_p, coder);
            explanation.stability = stability;
            explain::put_in_words(&mut finding, s);
            watch.progress(Stage::Explain, done.fetch_add(1, Ordering::Relaxed) + 1, clusters.len() as u64);
            Ok(finding)
        })
        .collect()
}

/// The findings with the changes that last, each before what has less evidence. What windows show for most of a stretch is not told again
/// as a change that lasts: they say more of it. Else what they show of it is not told beside it.
fn with_lasting(
    scored: &[Option<Scored<'_>>],
    lasting: &[Found],
    explained: impl Iterator<Item = (Finding, f64)>,
    coder: &Coder,
    lookup: &dyn EventLookup,
) -> Vec<Finding> {
    let scored_of = |found: &Found| scored[found.stream].as_ref().expect("only scored streams are looked at");
    let of = |found: &Found| lasting_finding(scored_of(found), found, coder, lookup);
    let mut told: Vec<(&Found, Finding)> = lasting.par_iter().map(|found| (found, of(found))).collect();
    let mut explained: Vec<(Finding, f64)> = explained.collect();
    let says = |finding: &Finding, (found, lasting): &(&Found, Finding)| {
        lasting::is_told(finding, scored_of(found), found, lasting)
    };
    told.retain(|told| {
        !explained.iter().any(|(f, _)| f.flagged && lasting::are_one(f, &told.1) && says(f, told))
    });
    explained.retain(|(finding, _)| !told.iter().any(|told| says(finding, told)));
    let mut told = told.into_iter().peekable();
    let mut findings = Vec::new();
    for (finding, evidence) in explained {
        let goes_before =
            |(found, _): &(&Found, Finding)| !finding.flagged || found.evidence_bits() >= evidence;
        findings.extend(std::iter::from_fn(|| told.next_if(goes_before)).map(|(_, lasting)| lasting));
        findings.push(finding);
    }
    findings.extend(told.map(|(_, lasting)| lasting));
    findings
}

fn lasting_finding(s: &Scored<'_>, found: &Found, coder: &Coder, lookup: &dyn EventLookup) -> Finding {
    let Range { start, end } = found.events;
    let (start_nanos, end_nanos) = s.stream.time_range(start, end);
    let (_, dearest) = found.windows(s);
    let mut finding = Finding {
        stream: found.stream as u32,
        window: dearest as u32,
        first_event: start as u64,
        last_event: end as u64 - 1,
        start_nanos,
        end_nanos,
        grade: Grade::Unusual,
        flagged: true,
        q: Some(found.q),
        p_permutation: Some(found.tested.exact),
        p_block: None,
        p_conformal: None,
        p_tail: None,
        score_bits: found.items[0].bits,
        surprise_bits: found.surprise_bits,
        explanation: explain::explain_lasting(s, found, coder, lookup),
        jury: None,
        lasting: Some(found.told),
    };
    finding.grade = grade(&finding);
    finding.explanation.stability.clone_from(&found.stability);
    explain::put_in_words(&mut finding, s);
    finding
}

/// What each codec makes of ordinary windows, for the streams that have a finding.
fn jury_samples(
    scored: &[Option<Scored<'_>>],
    verdicts: &Verdicts,
    clusters: &[Cluster],
    coder: &Coder,
) -> Vec<Option<jury::Sample>> {
    let sample = |stream: usize| {
        let s = scored[stream].as_ref().filter(|_| clusters.iter().any(|c| c.stream == stream))?;
        let flagged: Vec<bool> = (0..s.plan.count).map(|i| verdicts.any_widened(stream, i)).collect();
        Some(jury::Sample::new(s.stream, &s.plan, &flagged, coder))
    };
    (0..scored.len()).into_par_iter().map(sample).collect()
}

/// Severe: as rare as one window in a million by its own tail, and chance is all but excluded.
fn grade(finding: &Finding) -> Grade {
    let is_severe = finding.surprise_bits >= SEVERE_BITS && finding.q.is_some_and(|q| q <= 0.01);
    match (finding.flagged, is_severe) {
        (false, _) => Grade::Unusual,
        (true, false) => Grade::Notable,
        (true, true) => Grade::Severe,
    }
}
