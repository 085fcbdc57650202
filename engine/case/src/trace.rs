//! One trace: its spans as a tree, the path that its duration hangs on, and what else the case has of it.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use cbad::{Event, Measure, Severity, Signal, Value, Watch};

use crate::damage::Damage;
use crate::error::CaseError;
use crate::query::Query;
use crate::rows::{EventRow, FindingRow};
use crate::search::Hit;
use crate::store::Case;
use crate::traces::Marks;

/// Events read of one trace. A trace with more is broken, or one of a system that never ends its traces.
const MOST_EVENTS: u64 = 20_000;

/// A span of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceSpan {
    /// The stream that it is in.
    pub stream: u32,
    /// The span.
    pub row: EventRow,
    /// Its service; empty where the capture names none.
    pub service: String,
    /// Its operation: invalid UTF-8 replaced.
    pub operation: String,
    /// When it began; that of the trace where it has no time.
    pub start_nanos: i64,
    /// How long it took; where that is not known, until the last span below it ended.
    pub duration_nanos: i64,
    /// How long none of its children was at work.
    pub self_nanos: i64,
    /// Whether its status is an error.
    pub is_error: bool,
    /// Steps from the root.
    pub depth: u32,
    /// Index of its parent among the spans.
    pub parent: Option<usize>,
    /// Whether it names a parent that the case does not have.
    pub is_orphan: bool,
    /// Stretches of time in which the trace waited for this span and none of its children.
    pub critical: Vec<(i64, i64)>,
    /// The best-ranked significant finding that it lies in.
    pub finding: Option<i64>,
}

impl TraceSpan {
    /// When it ended.
    pub fn end_nanos(&self) -> i64 {
        self.start_nanos.saturating_add(self.duration_nanos)
    }
}

/// A trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Its id.
    pub trace: [u8; 16],
    /// Its spans: each before its children, children by start.
    pub spans: Vec<TraceSpan>,
    /// Other events with its id, logs mostly, by time.
    pub events: Vec<Hit>,
    /// Events with its id in the case. More than are here where a trace is too large to be shown whole.
    pub total: u64,
    /// Blocks that could not be read: what they have of the trace is missing.
    pub damaged: Vec<Damage>,
}

impl Case {
    /// Everything that the case has of one trace. Spans in significant findings carry the finding.
    pub fn trace(
        &self,
        trace: [u8; 16],
        findings: &[FindingRow],
        watch: &dyn Watch,
    ) -> Result<Trace, CaseError> {
        let query = Query::new().with_trace(trace);
        let (mut hits, mut events) = (Vec::new(), Vec::new());
        let streams = self.streams()?;
        let summary = self.search(&query, MOST_EVENTS, watch, &mut |hit| {
            // A call to a model that names itself is a step of the trace like any other.
            let is_span = streams.get(hit.stream as usize).is_some_and(|row| match row.key.signal {
                Signal::Span => true,
                Signal::LlmCall => hit.row.event.span_id.is_some(),
                Signal::Log | Signal::Metric => false,
            });
            if is_span {
                hits.push(hit);
            } else {
                events.push(hit);
            }
            ControlFlow::Continue(())
        })?;
        events.sort_by_key(|hit| (hit.row.event.time_nanos, hit.stream, hit.row.position));
        let marks = Marks::new(findings);
        let begin = hits.iter().filter_map(|hit| hit.row.event.time_nanos).min().unwrap_or(0);
        let span = |hit: Hit| {
            let service = streams.get(hit.stream as usize).and_then(|row| row.key.service.clone());
            let finding = marks.at((hit.stream, hit.row.position));
            as_span(hit, service.unwrap_or_default(), begin, finding)
        };
        let spans = in_tree_order(hits.into_iter().map(span).collect());
        Ok(Trace { trace, spans, events, total: summary.total, damaged: summary.damaged })
    }
}

fn as_span(hit: Hit, service: String, begin_nanos: i64, finding: Option<i64>) -> TraceSpan {
    let event = &hit.row.event;
    let is_error = event.severity.is_some_and(|level| level >= Severity::Error)
        || event.fields.iter().any(|field| {
            field.path == "status.code"
                && matches!(&field.value, Value::Text(text) if text.eq_ignore_ascii_case("error"))
        });
    TraceSpan {
        operation: String::from_utf8_lossy(&event.body).into_owned(),
        start_nanos: event.time_nanos.unwrap_or(begin_nanos),
        duration_nanos: match event.measure {
            Some(Measure::DurationNanos(nanos)) => nanos,
            _ => 0,
        },
        self_nanos: 0,
        is_error,
        depth: 0,
        parent: None,
        is_orphan: false,
        critical: Vec::new(),
        finding,
        service,
        stream: hit.stream,
        row: hit.row,
    }
}

/// Puts spans in the order of a tree, and fills in what the tree says of them.
fn in_tree_order(mut spans: Vec<TraceSpan>) -> Vec<TraceSpan> {
    spans.sort_by_key(|span| {
        (span.start_nanos, std::cmp::Reverse(span.duration_nanos), span.stream, span.row.position)
    });
    let parents = parents_of(&spans);
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    let mut tops = Vec::new();
    for (index, span) in spans.iter_mut().enumerate() {
        if let Some(parent) = parents[index] {
            children[parent].push(index);
        } else {
            span.is_orphan = span.row.event.parent_span_id.is_some();
            tops.push(index);
        }
    }
    let mut order: Vec<(usize, u32, Option<usize>)> = Vec::with_capacity(spans.len());
    let mut seen = BTreeSet::new();
    // A ring of parents has no top: it is entered where it begins.
    for top in tops.into_iter().chain(0..spans.len()) {
        let mut stack = vec![(top, 0, None)];
        while let Some((index, depth, parent)) = stack.pop() {
            if !seen.insert(index) {
                continue;
            }
            let place = order.len();
            order.push((index, depth, parent));
            stack.extend(children[index].iter().rev().map(|child| (*child, depth + 1, Some(place))));
        }
    }
    let mut taken: Vec<Option<TraceSpan>> = spans.into_iter().map(Some).collect();
    let ordered = order.into_iter().map(|(index, depth, parent)| {
        let span = taken[index].take().expect("each index stands once in the order");
        TraceSpan { depth, parent, ..span }
    });
    let mut spans: Vec<TraceSpan> = ordered.collect();
    last_as_long_as_children(&mut spans);
    time_alone(&mut spans);
    critical_path(&mut spans);
    spans
}

/// Which span each stands below. In Zipkin's format a server may go on with the id of its client's span, and says so
/// (`shared`, <https://github.com/openzipkin/b3-propagation>): it stands below the client, and what names that id as its
/// parent below the one of both that is of its own service; else below the server, at which the call arrived.
fn parents_of(spans: &[TraceSpan]) -> Vec<Option<usize>> {
    let mut by_id: HashMap<[u8; 8], Vec<usize>> = HashMap::new();
    for (index, span) in spans.iter().enumerate() {
        if let Some(id) = span.row.event.span_id {
            by_id.entry(id).or_default().push(index);
        }
    }
    let of_id = |id: Option<[u8; 8]>| id.and_then(|id| by_id.get(&id)).map_or(&[][..], Vec::as_slice);
    let parent = |(index, span): (usize, &TraceSpan)| {
        let client =
            || of_id(span.row.event.span_id).iter().find(|other| !is_shared(&spans[**other].row.event));
        if let Some(client) = is_shared(&span.row.event).then(client).flatten() {
            return Some(*client);
        }
        let named = of_id(span.row.event.parent_span_id);
        let has_shared = named.iter().any(|other| is_shared(&spans[*other].row.event));
        let own = || named.iter().find(|other| **other != index && spans[**other].service == span.service);
        let server = || named.iter().find(|other| is_shared(&spans[**other].row.event));
        let chosen = if has_shared { own().or_else(server) } else { named.first() };
        chosen.copied().filter(|parent| *parent != index)
    };
    spans.iter().enumerate().map(parent).collect()
}

/// Whether a span goes on with the id of the span that called it.
fn is_shared(event: &Event) -> bool {
    event.fields.iter().any(|field| field.path == "shared" && field.value == Value::Bool(true))
}

fn children_of(spans: &[TraceSpan]) -> Vec<Vec<usize>> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    for (index, span) in spans.iter().enumerate() {
        if let Some(parent) = span.parent {
            children[parent].push(index);
        }
    }
    children
}

/// Gives a span whose duration is not known that of what is below it: a trace of Langfuse is kept without an end.
fn last_as_long_as_children(spans: &mut [TraceSpan]) {
    // Each stands before its children.
    for index in (0..spans.len()).rev() {
        let end = spans[index].end_nanos();
        let Some(parent) = spans[index].parent.map(|parent| &mut spans[parent]) else { continue };
        if parent.row.event.measure.is_none() {
            parent.duration_nanos = parent.duration_nanos.max(end.saturating_sub(parent.start_nanos));
        }
    }
}

/// How long each span was at work while none of its children was.
fn time_alone(spans: &mut [TraceSpan]) {
    for (index, children) in children_of(spans).into_iter().enumerate() {
        let (start, end) = (spans[index].start_nanos, spans[index].end_nanos());
        let mut covered = 0;
        let mut until = start;
        // Children stand by start.
        for child in children {
            let from = spans[child].start_nanos.clamp(until, end.max(until));
            let to = spans[child].end_nanos().clamp(from, end.max(from));
            covered += to - from;
            until = to;
        }
        spans[index].self_nanos = (end - start - covered).max(0);
    }
}

/// Marks what the duration of the trace hangs on: from the end of the longest-lasting top span back in time, always to the
/// child that ended last before it (Zhang et al., "CRISP: critical path analysis of large-scale microservice
/// architectures", USENIX ATC 2022, section 3). Work that outlives its parent is on no such path.
fn critical_path(spans: &mut [TraceSpan]) {
    let mut children = children_of(spans);
    for list in &mut children {
        list.sort_by_key(|child| (spans[*child].end_nanos(), *child));
    }
    let tops = (0..spans.len()).filter(|index| spans[*index].parent.is_none());
    let Some(top) = tops.max_by_key(|index| (spans[*index].duration_nanos, std::cmp::Reverse(*index))) else {
        return;
    };
    let mut stack = vec![(top, spans[top].end_nanos())];
    while let Some((index, until)) = stack.pop() {
        let start = spans[index].start_nanos;
        let mut at = until;
        for &child in children[index].iter().rev() {
            let (from, to) = (spans[child].start_nanos.max(start), spans[child].end_nanos());
            if to > at || to <= start || from >= to {
                continue;
            }
            if at > to {
                spans[index].critical.push((to, at));
            }
            stack.push((child, to));
            at = from;
        }
        if at > start {
            spans[index].critical.push((start, at));
        }
        spans[index].critical.reverse();
    }
}

#[cfg(test)]
#[path = "trace_tests.rs"]
mod tests;
#[cfg(test)]
pub(crate) use tests::tree;
