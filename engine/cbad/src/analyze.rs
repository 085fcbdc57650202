//! One analysis from prepared streams to findings.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::config::Config;
use crate::content;
use crate::count_code::Coder;
use crate::event::Event;
use crate::explain;
use crate::finding::{self, Cluster};
use crate::fixed::bits;
use crate::judge::{self, Verdicts};
use crate::jury;
use crate::result::{Finding, Grade, RunResult, StreamResult, WindowScore};
use crate::sizes::{self, Measured};
use crate::stream::Stream;
use crate::watch::{Cancelled, Stage, Watch};
use crate::window::Plan;

/// Most unusual windows listed beside the flagged findings.
const LISTED: usize = 5;

/// Gives back an event for the explanation of a finding. Called a few times a finding, from any thread.
pub trait EventLookup: Sync {
    /// The event at a position of a stream (an index into the streams given), or `None` where it cannot be read.
    fn event(&self, stream: u32, position: u64) -> Option<Event>;
}

/// A stream with its plan and scores.
pub(crate) struct Scored<'s> {
    pub(crate) stream: &'s Stream,
    pub(crate) plan: Plan,
    pub(crate) scores: Vec<i64>,
    pub(crate) measured: Vec<Measured>,
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
    let mut verdicts = judge::judge(&scored, config, watch)?;
    let mut clusters: Vec<Cluster> = Vec::new();
    for (at, stream) in scored.iter().enumerate() {
        let Some(s) = stream else { continue };
        clusters.extend(finding::clusters(at, &s.plan, &s.scores, &verdicts.flagged[at]));
    }
    let unusual = list_unusual(&scored, &clusters, &verdicts);
    let peaks: Vec<_> = unusual.iter().map(|c| (c.stream, c.peak)).collect();
    judge::test_into(&scored, &mut verdicts, &peaks, config, watch)?;
    clusters.extend(unusual);
    clusters.sort_by(|a, b| order_of(&scored, &verdicts, a).total_cmp(&order_of(&scored, &verdicts, b)));
    let findings = explain_all(&scored, &verdicts, &clusters, &coder, lookup, watch)?;
    let streams = assemble(&scored, notes, &verdicts);
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
    // Each window is scored once and measured once.
    let total: u64 = plans.iter().flatten().map(|p| 2 * p.count as u64).sum();
    let done = AtomicU64::new(0);
    let step = |n: u64| {
        let before = done.fetch_add(n, Ordering::Relaxed);
        if before.is_multiple_of(256) || before + n == total {
            watch.progress(Stage::Score, before + n, total);
        }
    };
    let notes = plans.iter().map(|p| p.as_ref().err().cloned()).collect();
    let scored: Result<Vec<_>, Cancelled> = streams
        .par_iter()
        .zip(plans)
        .map(|(stream, plan)| {
            let Ok(plan) = plan else { return Ok(None) };
            let scores = content::score(stream, &plan, coder, watch, &step)?;
            let measured = sizes::measure(stream, &plan, coder, watch, &step)?;
            Ok(Some(Scored { stream, plan, scores, measured }))
        })
        .collect();
    Ok((scored?, notes))
}

/// A cluster is only ever made of a stream that was scored.
pub(crate) fn at<'a, 's>(scored: &'a [Option<Scored<'s>>], cluster: &Cluster) -> &'a Scored<'s> {
    scored[cluster.stream].as_ref().expect("clusters come from scored streams")
}

fn list_unusual(scored: &[Option<Scored<'_>>], kept: &[Cluster], verdicts: &Verdicts) -> Vec<Cluster> {
    let mut listed: Vec<Cluster> = Vec::new();
    for (stream, s) in scored.iter().enumerate() {
        let Some(s) = s else { continue };
        let taken: Vec<Cluster> = kept.iter().filter(|c| c.stream == stream).cloned().collect();
        listed.extend(finding::most_unusual(stream, &s.plan, &s.scores, &taken, LISTED));
    }
    listed.sort_by(|a, b| order_of(scored, verdicts, a).total_cmp(&order_of(scored, verdicts, b)));
    listed.truncate(LISTED);
    listed
}

/// Flagged findings come first, by score: bits are one currency over all streams, and a root cause costs more of them
/// than its echoes. What is not flagged is listed by how unusual it is for its own stream.
#[derive(PartialEq)]
struct Order {
    unflagged: bool,
    p: f64,
    score: i64,
    stream: usize,
    window: usize,
}

impl Order {
    fn total_cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.unflagged.cmp(&other.unflagged))
            .then(self.p.total_cmp(&other.p))
            .then(other.score.cmp(&self.score))
            .then((self.stream, self.window).cmp(&(other.stream, other.window)))
    }
}

fn order_of(scored: &[Option<Scored<'_>>], verdicts: &Verdicts, cluster: &Cluster) -> Order {
    Order {
        unflagged: !cluster.flagged,
        p: match verdicts.ranks[cluster.stream][cluster.peak] {
            _ if cluster.flagged => 0.0,
            Some(rank) => rank.tail.value,
            None => 1.0,
        },
        score: at(scored, cluster).scores[cluster.peak],
        stream: cluster.stream,
        window: cluster.peak,
    }
}

fn explain_all(
    scored: &[Option<Scored<'_>>],
    verdicts: &Verdicts,
    clusters: &[Cluster],
    coder: &Coder,
    lookup: &dyn EventLookup,
    watch: &dyn Watch,
) -> Result<Vec<Finding>, Cancelled> {
    let done = AtomicU64::new(0);
    let juries = jury_samples(scored, verdicts, clusters, coder);
    clusters
        .par_iter()
        .map(|cluster| {
            if watch.cancelled() {
                return Err(Cancelled);
            }
            let s = at(scored, cluster);
            let events = cluster.events(&s.plan);
            let (start_nanos, end_nanos) = s.stream.time_range(events.start, events.end);
            let rank = verdicts.ranks[cluster.stream][cluster.peak];
            let q = verdicts.q[cluster.stream][cluster.windows.clone()]
                .iter()
                .flatten()
                .copied()
                .reduce(f64::min);
            let mut finding = Finding {
                stream: cluster.stream as u32,
                window: cluster.peak as u32,
                first_event: events.start as u64,
                last_event: events.end as u64 - 1,
                start_nanos,
                end_nanos,
                grade: Grade::Unusual,
                flagged: cluster.flagged,
                q,
                p_permutation: verdicts.tested.get(&(cluster.stream, cluster.peak)).map(|t| t.exact),
                p_conformal: rank.map(|r| r.conformal),
                p_tail: rank.map(|r| r.tail),
                score_bits: bits(s.scores[cluster.peak]),
                explanation: explain::explain(s, cluster, coder, lookup),
                jury: juries[cluster.stream]
                    .as_ref()
                    .map(|j| j.judge(s.stream, &s.plan, cluster.peak, coder)),
            };
            finding.grade = grade(&finding);
            explain::put_in_words(&mut finding, s);
            watch.progress(Stage::Explain, done.fetch_add(1, Ordering::Relaxed) + 1, clusters.len() as u64);
            Ok(finding)
        })
        .collect()
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
        Some(jury::Sample::new(s.stream, &s.plan, &verdicts.flagged[stream], coder))
    };
    (0..scored.len()).into_par_iter().map(sample).collect()
}

/// Severe: the dearest event costs at least three times what an ordinary one does, and chance is all but excluded.
fn grade(finding: &Finding) -> Grade {
    let large = finding.explanation.drivers.first().is_some_and(|d| d.bits >= 3.0 * d.ordinary_bits.max(1.0));
    match (finding.flagged, large && finding.q.is_some_and(|q| q <= 0.01)) {
        (false, _) => Grade::Unusual,
        (true, false) => Grade::Notable,
        (true, true) => Grade::Severe,
    }
}

fn assemble(
    scored: &[Option<Scored<'_>>],
    notes: Vec<Option<String>>,
    verdicts: &Verdicts,
) -> Vec<StreamResult> {
    let mut streams: Vec<StreamResult> =
        notes.into_iter().map(|note| StreamResult { windows: Vec::new(), note }).collect();
    for (at, s) in scored.iter().enumerate() {
        let Some(s) = s else { continue };
        streams[at].windows = (0..s.plan.count)
            .map(|index| {
                let events = s.plan.range(index);
                let (start_nanos, end_nanos) = s.stream.time_range(events.start, events.end);
                let (rank, measured) = (verdicts.ranks[at][index], s.measured[index]);
                WindowScore {
                    index: index as u32,
                    first_event: events.start as u64,
                    last_event: events.end as u64 - 1,
                    start_nanos,
                    end_nanos,
                    zstd: measured.zstd,
                    count: measured.count,
                    entropy: measured.entropy,
                    score_bits: bits(s.scores[index]),
                    p_permutation: None,
                    p_conformal: rank.map(|r| r.conformal),
                    p_tail: rank.map(|r| r.tail),
                    q: verdicts.q[at][index],
                    flagged: verdicts.flagged[at][index],
                }
            })
            .collect();
    }
    for (&(stream, window), tested) in &verdicts.tested {
        streams[stream].windows[window].p_permutation = Some(tested.exact);
    }
    streams
}
