//! The spans of a range of time, small enough to hold: what lists of traces and the map of services are made of.
//!
//! Where there are more spans than fit, a part of the traces is kept whole: those whose ids begin with zero bits once
//! hashed. The part depends on the ids alone, so that it is the same on every machine and for every order of the spans.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use cbad::{Measure, Signal, Watch};

use crate::damage::Damage;
use crate::error::CaseError;
use crate::moment::Moment;
use crate::query::Query;
use crate::rows::FindingRow;
use crate::rows::StreamRow;
use crate::store::Case;
use crate::view::{EventView, ValueView};

/// Spans held at once: some forty megabytes.
const MOST_SPANS: usize = 500_000;
/// Names of operations held at once, and the bytes of each: names that a fault fills with ids must not fill the memory.
const MOST_OPERATIONS: usize = 1 << 16;
const OPERATION_BYTES: usize = 120;
/// What an operation is called when there are more than [`MOST_OPERATIONS`].
const OTHER: &str = "other operations";

/// A span as it is held: names are numbers.
#[derive(Clone, Copy, Debug)]
struct Span {
    trace: [u8; 16],
    id: Option<[u8; 8]>,
    parent: Option<[u8; 8]>,
    service: u32,
    operation: u32,
    start_nanos: i64,
    duration_nanos: i64,
    is_error: bool,
    /// Whether it goes on with the id of the span that called it, as servers may in Zipkin's format.
    is_shared: bool,
    /// The stream, and the position in it.
    place: (u32, u64),
}

/// What was read of one span.
enum Read {
    /// A span of a trace, with its names.
    Named { span: Span, service: Option<String>, operation: String },
    /// A span without a trace id.
    WithoutTrace,
}

/// One trace, as far as its spans begin in the range.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceRow {
    /// Its id.
    pub trace: [u8; 16],
    /// Service of the root: the span without a parent, or the earliest whose parent is not in the range.
    pub service: String,
    /// Operation of the root.
    pub operation: String,
    /// Whether the root has no parent: false where the beginning of the trace is not in the range or not in the case.
    pub has_root: bool,
    /// When its earliest span begins.
    pub start_nanos: i64,
    /// From there to the latest end.
    pub duration_nanos: i64,
    /// Number of spans.
    pub spans: u64,
    /// Spans whose status is an error.
    pub errors: u64,
    /// Names of its services, in order; shared by all traces through the same ones.
    pub services: Arc<[String]>,
    /// Spans that lie in a significant finding.
    pub in_findings: u64,
}

/// Calls from one service to another; or into a service from outside, where there is no caller.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// Service of the parent span; `None` where the span has none.
    pub from: Option<String>,
    /// Service of the span.
    pub to: String,
    /// Number of calls among the spans that are held.
    pub calls: u64,
    /// Calls whose status is an error.
    pub errors: u64,
    /// Calls a second over the range; estimated where only a part of the traces is held.
    pub rate: f64,
    /// Median of the durations of the called spans.
    pub median_nanos: i64,
    /// 95th percentile of these durations.
    pub p95_nanos: i64,
}

/// The spans that begin in a range of time.
#[derive(Debug, Default)]
pub struct SpanIndex {
    /// Sorted by trace, start, place.
    spans: Vec<Span>,
    services: Vec<String>,
    operations: Vec<String>,
    times: Range<i64>,
    /// One trace of `2^thinned` is held.
    thinned: u32,
    /// Spans in the range, those that are not held and those of no trace too.
    total: u64,
    /// Spans without a trace id.
    without_trace: u64,
    /// Blocks that could not be read: their spans are missing.
    damaged: Vec<Damage>,
}

impl Case {
    /// The spans that begin at or after `times.start` and before `times.end`.
    pub fn spans_in(&self, times: Range<i64>, watch: &dyn Watch) -> Result<SpanIndex, CaseError> {
        let query = Query::new()
            .with_signal(Signal::Span)
            .from(Moment::Nanos(times.start))
            .until(Moment::Nanos(times.end));
        let mut index = SpanIndex { times, ..SpanIndex::default() };
        let mut names = Names::default();
        let summary = self.scan(&query, watch, Arc::new(look), &mut |read| index.take(read, &mut names))?;
        index.total = summary.total;
        index.damaged = summary.damaged;
        (index.services, index.operations) = (names.services.names, names.operations.names);
        index.spans.sort_unstable_by_key(|span| (span.trace, span.start_nanos, span.place));
        Ok(index)
    }
}

/// Reads a span. One without a trace id is counted, and no more.
fn look(stream: &StreamRow, position: u64, view: &EventView<'_>) -> Option<Read> {
    let start_nanos = view.time_nanos?;
    let Some(trace) = view.trace_id else { return Some(Read::WithoutTrace) };
    let duration_nanos = match view.measure {
        Some(Measure::DurationNanos(nanos)) => nanos,
        _ => 0,
    };
    let is_error = view.fields.iter().any(|field| {
        field.path == "status.code"
            && matches!(field.value, ValueView::Text(text) if text.eq_ignore_ascii_case("error"))
    });
    let is_shared = view
        .fields
        .iter()
        .any(|field| field.path == "shared" && matches!(field.value, ValueView::Bool(true)));
    let name = String::from_utf8_lossy(view.body);
    Some(Read::Named {
        span: Span {
            trace,
            id: view.span_id,
            parent: view.parent_span_id,
            service: 0,
            operation: 0,
            start_nanos,
            duration_nanos,
            is_error,
            is_shared,
            place: (stream.id, position),
        },
        service: stream.key.service.clone(),
        operation: name[..name.floor_char_boundary(OPERATION_BYTES)].to_owned(),
    })
}

/// Names as numbers, in the order in which they came.
#[derive(Default)]
struct Table {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Table {
    fn number(&mut self, name: String) -> u32 {
        let next = self.names.len() as u32;
        *self.numbers.entry(name).or_insert_with_key(|name| {
            self.names.push(name.clone());
            next
        })
    }
}

/// Names of services by their numbers.
type ServiceSets = HashMap<Vec<u32>, Arc<[String]>>;

#[derive(Default)]
struct Names {
    services: Table,
    operations: Table,
}

impl SpanIndex {
    fn take(&mut self, read: Read, names: &mut Names) {
        let Read::Named { mut span, service, operation } = read else {
            self.without_trace += 1;
            return;
        };
        if !is_held(span.trace, self.thinned) {
            return;
        }
        span.service = names.services.number(service.unwrap_or_else(|| "no service".to_owned()));
        let is_room = names.operations.names.len() < MOST_OPERATIONS;
        let known = is_room || names.operations.numbers.contains_key(&operation);
        span.operation = names.operations.number(if known { operation } else { OTHER.to_owned() });
        self.spans.push(span);
        while self.spans.len() > MOST_SPANS && self.thinned < u64::BITS - 1 {
            self.thinned += 1;
            let thinned = self.thinned;
            self.spans.retain(|span| is_held(span.trace, thinned));
        }
    }

    /// Of how many traces one is held: 1 where all are.
    pub fn one_of(&self) -> u64 {
        1 << self.thinned
    }

    /// Spans in the range, those that are not held too.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Spans in the range that carry no trace id, and so stand in no trace.
    pub fn without_trace(&self) -> u64 {
        self.without_trace
    }

    /// Blocks that could not be read: their spans are missing.
    pub fn damaged(&self) -> &[Damage] {
        &self.damaged
    }

    /// The traces, earliest first. Spans in significant findings are counted.
    pub fn traces(&self, findings: &[FindingRow]) -> Vec<TraceRow> {
        let marks = Marks::new(findings);
        let mut sets = ServiceSets::new();
        let groups = self.spans.chunk_by(|a, b| a.trace == b.trace);
        let mut rows: Vec<TraceRow> = groups.map(|spans| self.row(spans, &marks, &mut sets)).collect();
        rows.sort_by_key(|row| (row.start_nanos, row.trace));
        rows
    }

    fn row(&self, spans: &[Span], marks: &Marks, sets: &mut ServiceSets) -> TraceRow {
        let has = |id: [u8; 8]| spans.iter().any(|span| span.id == Some(id));
        let root = spans.iter().find(|span| span.parent.is_none() && !span.is_shared);
        let root = root.or_else(|| spans.iter().find(|span| span.parent.is_none()));
        let orphan = || spans.iter().find(|span| span.parent.is_none_or(|parent| !has(parent)));
        // In a ring of parents the earliest will do.
        let top = root.or_else(orphan).unwrap_or(&spans[0]);
        let end = spans.iter().map(|span| span.start_nanos.saturating_add(span.duration_nanos)).max();
        let mut services: Vec<u32> = spans.iter().map(|span| span.service).collect();
        services.sort_unstable();
        services.dedup();
        let services = sets.entry(services).or_insert_with_key(|services| {
            let mut names: Vec<_> =
                services.iter().map(|service| self.services[*service as usize].clone()).collect();
            names.sort_unstable();
            names.into()
        });
        let start_nanos = spans[0].start_nanos;
        TraceRow {
            trace: top.trace,
            service: self.services[top.service as usize].clone(),
            operation: self.operations[top.operation as usize].clone(),
            has_root: root.is_some(),
            start_nanos,
            duration_nanos: end.map_or(0, |end| end.saturating_sub(start_nanos)),
            spans: spans.len() as u64,
            errors: spans.iter().filter(|span| span.is_error).count() as u64,
            services: Arc::clone(services),
            in_findings: spans.iter().filter(|span| marks.has(span.place)).count() as u64,
        }
    }

    /// Who calls whom, by the parents of the spans: callers by name, calls from outside first.
    pub fn service_map(&self) -> Vec<Edge> {
        let mut durations: BTreeMap<(Option<u32>, u32), (Vec<i64>, u64)> = BTreeMap::new();
        for spans in self.spans.chunk_by(|a, b| a.trace == b.trace) {
            // By id, and whether the span goes on with the id of the span that called it.
            let service_of: HashMap<([u8; 8], bool), u32> =
                spans.iter().filter_map(|span| Some(((span.id?, span.is_shared), span.service))).collect();
            for span in spans {
                let called = span.id.filter(|_| span.is_shared).and_then(|id| service_of.get(&(id, false)));
                let named =
                    span.parent.map(|id| [true, false].map(|is_shared| service_of.get(&(id, is_shared))));
                let from = match (called, named) {
                    (None, None) => None,
                    // Work within a service is no call; a parent outside the range is unknown. A call arrives at the server
                    // of two that share an id.
                    (Some(caller), _) if *caller != span.service => Some(*caller),
                    (None, Some(callers)) if !callers.contains(&Some(&span.service)) => {
                        match callers.into_iter().flatten().next() {
                            Some(caller) => Some(*caller),
                            None => continue,
                        }
                    }
                    _ => continue,
                };
                let (durations, errors) = durations.entry((from, span.service)).or_default();
                durations.push(span.duration_nanos);
                *errors += u64::from(span.is_error);
            }
        }
        let seconds = (self.times.end as f64 - self.times.start as f64) / 1e9;
        let edge = |((from, to), (mut durations, errors)): ((Option<u32>, u32), (Vec<i64>, u64))| {
            durations.sort_unstable();
            let calls = durations.len() as u64;
            Edge {
                from: from.map(|from| self.services[from as usize].clone()),
                to: self.services[to as usize].clone(),
                calls,
                errors,
                rate: (calls * self.one_of()) as f64 / seconds.max(f64::MIN_POSITIVE),
                median_nanos: quantile(&durations, 50),
                p95_nanos: quantile(&durations, 95),
            }
        };
        let mut edges: Vec<Edge> = durations.into_iter().map(edge).collect();
        edges.sort_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
        edges
    }
}

/// The least value that so many percent of the sorted values do not exceed (nearest rank).
pub(crate) fn quantile(sorted: &[i64], percent: usize) -> i64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

/// Whether a trace is among the one of `2^thinned` that is held. Ids are random in most systems and counted in some, so
/// they are spread first.
fn is_held(trace: [u8; 16], thinned: u32) -> bool {
    let number = u128::from_be_bytes(trace);
    // 64-bit finalizer of MurmurHash3.
    let mut hash = (number as u64) ^ ((number >> 64) as u64);
    hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^= hash >> 33;
    hash.leading_zeros() >= thinned
}

/// The stretches of significant findings, to ask of many places whether they lie in one.
pub(crate) struct Marks(BTreeMap<u32, Vec<(u64, u64, i64)>>);

impl Marks {
    pub(crate) fn new(findings: &[FindingRow]) -> Self {
        let mut marks: BTreeMap<u32, Vec<(u64, u64, i64)>> = BTreeMap::new();
        for row in findings.iter().filter(|row| row.finding.flagged) {
            let stretch = (row.finding.first_event, row.finding.last_event, row.id);
            marks.entry(row.finding.stream).or_default().push(stretch);
        }
        Self(marks)
    }

    /// The best-ranked finding over a place.
    pub(crate) fn at(&self, (stream, position): (u32, u64)) -> Option<i64> {
        let over = self.0.get(&stream)?.iter();
        over.filter(|(first, last, _)| (*first..=*last).contains(&position)).map(|(_, _, id)| *id).min()
    }

    fn has(&self, place: (u32, u64)) -> bool {
        self.at(place).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::{is_held, quantile};

    #[test]
    fn quantiles_are_values_that_were_there() {
        let durations: Vec<i64> = (1..=100).collect();
        assert_eq!((quantile(&durations, 50), quantile(&durations, 95)), (50, 95));
        assert_eq!((quantile(&[7], 50), quantile(&[7], 95), quantile(&[], 50)), (7, 7, 0));
    }

    #[test]
    fn a_part_of_the_traces_is_held_and_a_larger_part_holds_it() {
        let ids = || (0..4000_u128).map(u128::to_be_bytes);
        let held = |thinned| ids().filter(|id| is_held(*id, thinned)).count();
        assert_eq!(held(0), 4000);
        assert!((1800..2200).contains(&held(1)) && (400..600).contains(&held(3)), "{}", held(3));
        assert!(ids().all(|id| !is_held(id, 3) || is_held(id, 2)));
    }
}
