//! Clocks that disagree: how far each source's is off, from what must hold between events of several sources.
//!
//! A span that one service began on behalf of another lies within the span that it serves, and a log record within the span
//! that it names. Where the two come from machines with different clocks, each such pair says between which bounds the
//! difference of the clocks must be (Cristian, Probabilistic clock synchronization, 1989). The bounds that most pairs
//! agree on are the estimate, their middle the offset. A clock that drifts during a capture is not modelled: it shows by pairs
//! that do not fit.
//!
//! An estimate changes nothing. A correction is a decision, and part of the configuration of the runs made after it; events
//! keep their own times.

use std::collections::{BTreeMap, HashMap};

use cbad::{Clock, Config, Event, Measure, Signal, Stage, Watch};
use serde::{Deserialize, Serialize};

use crate::apart::apart;
use crate::decisions::{Decision, Subject};
use crate::error::CaseError;
use crate::rows::StreamRow;
use crate::sql::AtPath;
use crate::store::Case;

/// Spans that are held in memory at once; of more, every n-th trace is looked at.
const MOST_SPANS: u64 = 1_000_000;
/// Events read at once.
const PAGE: u64 = 4096;
/// Pairs that an estimate needs to be offered as a correction, and the share of them that must fit it, in tenths.
const FEWEST_PAIRS: u64 = 10;
const TENTHS_THAT_FIT: u64 = 9;

/// Where events with one clock come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClockSource {
    /// SHA-256 of the capture, lower-case hex.
    pub capture: String,
    /// The service within it.
    pub service: Option<String>,
}

/// What an estimate rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockEvidence {
    /// The source whose clock it was compared with.
    pub against: ClockSource,
    /// Pairs of events of the two sources, one of which must lie within the other.
    pub pairs: u64,
    /// How many of them fit the times as they are.
    pub fit_before: u64,
    /// … and with the correction.
    pub fit_after: u64,
    /// Least offset that fits as many, nanoseconds.
    pub low_nanos: i64,
    /// Greatest offset that fits as many, nanoseconds.
    pub high_nanos: i64,
}

/// How far the clock of a source seems to be off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockEstimate {
    /// The source.
    pub source: ClockSource,
    /// What would have to be added to its times; 0 where these fit as well as any.
    pub offset_nanos: i64,
    /// Why.
    pub evidence: ClockEvidence,
}

impl ClockEstimate {
    /// Whether it is sure enough to be offered: pairs enough, nearly all of which fit, and more of them than without it.
    pub fn is_sure(&self) -> bool {
        let ClockEvidence { pairs, fit_before, fit_after, .. } = self.evidence;
        pairs >= FEWEST_PAIRS && fit_after * 10 >= pairs * TENTHS_THAT_FIT && fit_after > fit_before
    }
}

/// A span: its source, its begin and its end.
type Span = (usize, i64, i64);
type SpanId = ([u8; 16], [u8; 8]);
/// Bounds of (clock of the first − clock of the second), by the two sources, the smaller first.
type Bounds = BTreeMap<(usize, usize), Vec<(i64, i64)>>;

impl Case {
    /// How far the clocks of captures and of services in them are off, by the pairs of events that they share. The source that
    /// comes first, by capture and service, is right by definition. Sources that share nothing with another have no estimate.
    pub fn estimate_clocks(&self, watch: &dyn Watch) -> Result<Vec<ClockEstimate>, CaseError> {
        let streams = self.streams()?;
        let (sources, of_stream) = self.clock_sources(&streams)?;
        let spans: u64 = streams.iter().filter(|stream| has_spans(stream)).map(|stream| stream.events).sum();
        let step = spans.div_ceil(MOST_SPANS).max(1);
        let total = 2 * streams.iter().map(|stream| stream.events).sum::<u64>();
        let mut done = 0;
        let mut known: HashMap<SpanId, Span> = HashMap::new();
        let mut bounds = Bounds::new();
        for is_second in [false, true] {
            for (stream, source) in streams.iter().zip(&of_stream) {
                let is_wanted = stream.key.signal != Signal::Metric && (is_second || has_spans(stream));
                for first in (0..if is_wanted { stream.events } else { 0 }).step_by(PAGE as usize) {
                    if watch.cancelled() {
                        return Err(CaseError::Cancelled);
                    }
                    for row in self.events(stream.id, first..first + PAGE)? {
                        let event = &row.event;
                        let is_looked_at = event.trace_id.is_some_and(|id| sampled(&id, step));
                        match is_looked_at.then(|| extent(event)).flatten() {
                            Some(extent) if is_second => {
                                bound(&known, &mut bounds, stream.key.signal, event, *source, extent);
                            }
                            Some((start, end)) => {
                                let id = event.trace_id.zip(event.span_id);
                                known.extend(id.map(|id| (id, (*source, start, end))));
                            }
                            None => {}
                        }
                    }
                }
                done += stream.events;
                watch.progress(Stage::Prepare, done, total);
            }
        }
        // Of millions of bounds the sorting alone takes seconds.
        drop(known);
        apart(watch, move |_| solve(&sources, &bounds))
    }

    /// The corrections that stand, by capture and service.
    pub fn clocks(&self) -> Result<Vec<Clock>, CaseError> {
        Ok(self.with_decisions(Config::default())?.clocks)
    }

    /// What a configuration adds to the times of each stream, by stream id from 0, nanoseconds: the correction of its service
    /// where there is one, else that of its capture, else none.
    pub fn clock_offsets(&self, config: &Config) -> Result<Vec<i64>, CaseError> {
        if config.clocks.is_empty() {
            const COUNT: &str = "SELECT count(*) FROM stream WHERE number IS NOT NULL";
            let count: i64 = self.connection.query_row(COUNT, [], |row| row.get(0)).at(&self.path)?;
            return Ok(vec![0; count as usize]);
        }
        let streams = self.streams()?;
        let captures = self.captures()?;
        // Those of a run name a capture by the SHA-256 that it had then.
        let clocks = config.clocks.iter().map(|clock| Ok((self.sha256_now(&clock.capture)?, clock)));
        let clocks: Vec<(String, &Clock)> = clocks.collect::<Result<_, CaseError>>()?;
        let offset = |stream: &StreamRow| {
            let sha256 = captures.iter().find(|capture| capture.id == stream.capture).map(|row| &row.sha256);
            let of = |service: Option<&String>| {
                clocks
                    .iter()
                    .find(|(capture, clock)| Some(capture) == sha256 && clock.service.as_ref() == service)
            };
            of(stream.key.service.as_ref()).or_else(|| of(None)).map_or(0, |(_, clock)| clock.offset_nanos)
        };
        Ok(streams.iter().map(offset).collect())
    }

    /// Keeps a correction of the clock of a capture, or of one service in it; one of before no longer stands.
    pub fn correct_clock(
        &mut self,
        source: &ClockSource,
        offset_nanos: i64,
        evidence: Option<ClockEvidence>,
    ) -> Result<u64, CaseError> {
        let subject = Subject::Capture { sha256: source.capture.clone() };
        self.decide(&subject, &Decision::Clock { service: source.service.clone(), offset_nanos, evidence })
    }

    /// Every source in order, and which of them each stream is of.
    fn clock_sources(&self, streams: &[StreamRow]) -> Result<(Vec<ClockSource>, Vec<usize>), CaseError> {
        let captures = self.captures()?;
        let mut sources: Vec<(u32, i64, Option<String>)> = Vec::new();
        let mut of_stream = Vec::with_capacity(streams.len());
        for stream in streams {
            let (capture, service) = (stream.capture, stream.key.service.clone());
            let known = sources.iter().position(|(_, c, s)| *c == capture && *s == service);
            of_stream.push(known.unwrap_or_else(|| {
                sources.push((stream.id, capture, service));
                sources.len() - 1
            }));
        }
        let named = sources.into_iter().map(|(_, id, service)| {
            let capture = captures.iter().find(|capture| capture.id == id);
            ClockSource {
                capture: capture.map(|capture| capture.sha256.clone()).unwrap_or_default(),
                service,
            }
        });
        Ok((named.collect(), of_stream))
    }
}

fn has_spans(stream: &StreamRow) -> bool {
    matches!(stream.key.signal, Signal::Span | Signal::LlmCall)
}

/// Whether a trace is one of those that are looked at. Ids of traces are random, their last bytes at least.
fn sampled(trace: &[u8; 16], step: u64) -> bool {
    let last: [u8; 8] = trace[8..].try_into().expect("the last eight of sixteen bytes");
    u64::from_be_bytes(last).is_multiple_of(step)
}

/// When an event began and ended.
fn extent(event: &Event) -> Option<(i64, i64)> {
    let start = event.time_nanos?;
    match event.measure {
        Some(Measure::DurationNanos(nanos)) => Some((start, start.saturating_add(nanos.max(0)))),
        _ => Some((start, start)),
    }
}

/// Notes what an event says of two clocks, where it lies within a span of another source.
fn bound(
    known: &HashMap<SpanId, Span>,
    bounds: &mut Bounds,
    signal: Signal,
    event: &Event,
    source: usize,
    (start, end): (i64, i64),
) {
    let around = if signal == Signal::Log { event.span_id } else { event.parent_span_id };
    let Some(&(other, from, to)) = event.trace_id.zip(around).and_then(|id| known.get(&id)) else { return };
    // What is to be added to this source's times, were the other's right.
    let (low, high) = (from.saturating_sub(start), to.saturating_sub(end));
    // One that outlasts what it was called by did not have to lie within it.
    if source == other || low > high {
        return;
    }
    if source < other {
        bounds.entry((source, other)).or_default().push((low, high));
    } else {
        bounds.entry((other, source)).or_default().push((high.saturating_neg(), low.saturating_neg()));
    }
}

/// What the pairs of two sources agree on.
struct Agreed {
    low: i64,
    high: i64,
    offset: i64,
    fit: u64,
    fit_unchanged: u64,
    pairs: u64,
}

/// The least stretch that lies within the most bounds.
fn agree(bounds: &[(i64, i64)]) -> Agreed {
    let mut ends: Vec<(i64, bool)> =
        bounds.iter().flat_map(|(low, high)| [(*low, false), (*high, true)]).collect();
    // At one place what begins comes before what ends: bounds that only touch agree.
    ends.sort_unstable();
    let (mut depth, mut fit, mut low, mut low_at) = (0_u64, 0, 0, 0);
    for (at, (place, is_end)) in ends.iter().enumerate() {
        if *is_end {
            depth -= 1;
            continue;
        }
        depth += 1;
        if depth > fit {
            (fit, low, low_at) = (depth, *place, at);
        }
    }
    let high = ends[low_at..].iter().find(|(_, is_end)| *is_end).map_or(low, |(place, _)| *place);
    let fit_unchanged = bounds.iter().filter(|(low, high)| (*low..=*high).contains(&0)).count() as u64;
    let offset = if fit_unchanged == fit { 0 } else { low + (high - low) / 2 };
    Agreed { low, high, offset, fit, fit_unchanged, pairs: bounds.len() as u64 }
}

/// Offsets of all sources that are joined, along the pairs that say the most, from the first source of each group.
fn solve(sources: &[ClockSource], bounds: &Bounds) -> Vec<ClockEstimate> {
    let mut edges: Vec<((usize, usize), Agreed)> =
        bounds.iter().map(|(pair, bounds)| (*pair, agree(bounds))).collect();
    edges.sort_by(|(a, x), (b, y)| y.fit.cmp(&x.fit).then(a.cmp(b)));
    let mut offsets: Vec<Option<i64>> = vec![None; sources.len()];
    let mut estimates = Vec::new();
    for first in 0..sources.len() {
        if offsets[first].is_some() {
            continue;
        }
        offsets[first] = Some(0);
        // The best edge from what is known to what is not: Prim's tree, over as many sources as there are services.
        while let Some(((known, new), agreed, is_reversed)) =
            edges.iter().find_map(|((a, b), agreed)| match (offsets[*a], offsets[*b]) {
                (Some(_), None) => Some(((*a, *b), agreed, true)),
                (None, Some(_)) => Some(((*b, *a), agreed, false)),
                _ => None,
            })
        {
            let base = offsets[known].unwrap_or_default();
            let (low, high, offset) = if is_reversed {
                (-agreed.high, -agreed.low, -agreed.offset)
            } else {
                (agreed.low, agreed.high, agreed.offset)
            };
            offsets[new] = Some(base.saturating_add(offset));
            estimates.push((
                new,
                ClockEstimate {
                    source: sources[new].clone(),
                    offset_nanos: base.saturating_add(offset),
                    evidence: ClockEvidence {
                        against: sources[known].clone(),
                        pairs: agreed.pairs,
                        fit_before: agreed.fit_unchanged,
                        fit_after: agreed.fit,
                        low_nanos: base.saturating_add(low),
                        high_nanos: base.saturating_add(high),
                    },
                },
            ));
        }
    }
    estimates.sort_by_key(|(source, _)| *source);
    estimates.into_iter().map(|(_, estimate)| estimate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stretch_that_most_bounds_share_is_found() {
        let agreed = agree(&[(10, 30), (20, 40), (25, 28), (90, 99)]);
        assert_eq!((agreed.low, agreed.high, agreed.offset), (25, 28, 26));
        assert_eq!((agreed.fit, agreed.fit_unchanged, agreed.pairs), (3, 0, 4));
        let agreed = agree(&[(-5, 5), (5, 9)]);
        assert_eq!((agreed.low, agreed.high, agreed.fit), (5, 5, 2));
        assert_eq!(agree(&[(-5, 7), (-3, 9)]).offset, 0, "what fits is not corrected");
    }

    /// Two clocks as ordinary captures have them: nearly all of the bounds agree, and each raises how many do.
    #[test]
    fn a_million_bounds_that_agree_are_looked_through_once() {
        let bounds: Vec<_> = (0..1_000_000).map(|at| (at, 2_000_000 + at)).collect();
        let agreed = agree(&bounds);
        assert_eq!((agreed.low, agreed.high, agreed.fit), (999_999, 2_000_000, 1_000_000));
    }

    #[test]
    fn offsets_add_up_along_the_best_pairs() {
        let source = |name: &str| ClockSource { capture: name.to_owned(), service: None };
        let sources = ["a", "b", "c", "d"].map(source);
        let bounds = Bounds::from([
            // a − b is −100, b − c is 30; a − c rests on one pair alone, and is wrong.
            ((0, 1), vec![(-110, -90); 20]),
            ((1, 2), vec![(29, 31); 20]),
            ((0, 2), vec![(5, 6)]),
        ]);
        let found = solve(&sources, &bounds);
        let offsets: Vec<_> =
            found.iter().map(|one| (one.source.capture.as_str(), one.offset_nanos)).collect();
        assert_eq!(offsets, [("b", 100), ("c", 70)], "d shares nothing with the others");
        assert_eq!(found[1].evidence.against.capture, "b");
        assert!(found.iter().all(ClockEstimate::is_sure));
    }
}
