//! Trees, critical paths and comparisons over made-up spans.

use super::{TraceSpan, as_span, in_tree_order};
use crate::rows::EventRow;
use crate::search::Hit;
use cbad::{ByteRange, Event, Field, Measure, Value};

/// Spans of (id, parent, service, operation, start, duration); ids from 1, 0 for none.
pub(crate) fn tree(parts: &[(u8, u8, &str, &str, i64, i64)]) -> Vec<TraceSpan> {
    tree_of(parts, |_| false)
}

/// The same, of which some operations are served under the id of the span that called.
fn tree_of(parts: &[(u8, u8, &str, &str, i64, i64)], is_shared: impl Fn(&str) -> bool) -> Vec<TraceSpan> {
    let mut spans = Vec::new();
    for (position, &(id, parent, service, operation, start, duration)) in parts.iter().enumerate() {
        let mut event = Event::new(operation, ByteRange::default());
        event.time_nanos = Some(start);
        event.measure = Some(Measure::DurationNanos(duration));
        event.span_id = (id > 0).then_some([id; 8]);
        event.parent_span_id = (parent > 0).then_some([parent; 8]);
        if is_shared(operation) {
            event.fields.push(Field { path: "shared".to_owned(), value: Value::Bool(true) });
        }
        let row = EventRow { position: position as u64, capture: 1, event };
        spans.push(as_span(Hit { stream: 0, row }, String::from(service), 0, None));
    }
    in_tree_order(spans)
}

fn said(spans: &[TraceSpan]) -> Vec<(&str, u32)> {
    spans.iter().map(|span| (span.operation.as_str(), span.depth)).collect()
}

#[test]
fn children_follow_their_parents_by_start() {
    let spans = tree(&[
        (3, 1, "b", "late", 60, 20),
        (1, 0, "a", "root", 0, 100),
        (4, 2, "c", "inner", 15, 10),
        (2, 1, "b", "early", 10, 30),
        (5, 9, "d", "lost", 30, 5),
    ]);
    assert_eq!(said(&spans), [("root", 0), ("early", 1), ("inner", 2), ("late", 1), ("lost", 0)]);
    assert!(spans[4].is_orphan && !spans[0].is_orphan);
    assert_eq!(spans.iter().map(|span| span.self_nanos).collect::<Vec<_>>(), [50, 20, 10, 20, 5]);
}

#[test]
fn a_server_with_the_id_of_its_client_stands_below_it_and_above_what_it_began() {
    let parts = [
        (1, 0, "shop", "page", 0, 100),
        (2, 1, "shop", "call", 10, 80),
        // Its clock is behind.
        (2, 1, "stock", "serve", 5, 60),
        (3, 2, "stock", "look up", 20, 30),
        (4, 2, "shop", "write down", 70, 5),
        (5, 2, "", "elsewhere", 75, 1),
    ];
    let spans = tree_of(&parts, |operation| operation == "serve");
    let depths =
        [("page", 0), ("call", 1), ("serve", 2), ("look up", 3), ("elsewhere", 3), ("write down", 2)];
    assert_eq!(said(&spans), depths);
    let unnamed =
        tree_of(&[(2, 0, "shop", "call", 0, 80), (2, 0, "stock", "serve", 5, 60)], |name| name == "serve");
    assert_eq!(said(&unnamed), [("call", 0), ("serve", 1)]);
}

#[test]
fn the_critical_path_is_as_long_as_the_trace_and_leaves_out_what_ran_beside_it() {
    let spans = tree(&[
        (1, 0, "a", "root", 0, 100),
        (2, 1, "b", "slow", 10, 70),
        (3, 1, "b", "beside", 10, 40),
        (4, 1, "b", "last", 85, 10),
        (5, 1, "b", "after the answer", 90, 400),
    ]);
    let on: Vec<_> = spans.iter().map(|span| (span.operation.as_str(), span.critical.clone())).collect();
    assert_eq!(on[0], ("root", vec![(0, 10), (80, 85), (95, 100)]));
    assert_eq!(on[1], ("slow", vec![(10, 80)]));
    assert_eq!(on[2], ("beside", vec![]));
    assert_eq!(on[3], ("last", vec![(85, 95)]));
    assert_eq!(on[4], ("after the answer", vec![]));
    let whole: i64 = spans.iter().flat_map(|span| &span.critical).map(|(from, to)| to - from).sum();
    assert_eq!(whole, 100);
}

#[test]
fn a_span_of_unknown_duration_lasts_as_long_as_what_is_below_it() {
    let spans = [("top", 1, 0, 0, None), ("step", 2, 1, 5, None), ("call", 3, 2, 10, Some(30))];
    let hits = spans.map(|(name, id, parent, start, duration): (_, u8, u8, i64, Option<i64>)| {
        let mut event = Event::new(name, ByteRange::default());
        event.time_nanos = Some(start);
        event.measure = duration.map(Measure::DurationNanos);
        event.span_id = Some([id; 8]);
        event.parent_span_id = (parent > 0).then_some([parent; 8]);
        let row = EventRow { position: u64::from(id), capture: 1, event };
        as_span(Hit { stream: 0, row }, String::new(), 0, None)
    });
    let spans = in_tree_order(hits.into());
    assert_eq!(spans.iter().map(|span| span.duration_nanos).collect::<Vec<_>>(), [40, 35, 30]);
    assert_eq!(spans[2].critical, [(10, 40)], "the path leads through spans that have no end of their own");
}

#[test]
fn rings_and_repeated_ids_lose_no_span() {
    let spans = tree(&[
        (1, 2, "a", "x", 0, 10),
        (2, 1, "a", "y", 1, 10),
        (3, 3, "a", "own parent", 2, 1),
        (1, 0, "a", "again", 3, 1),
    ]);
    let mut names: Vec<_> = spans.iter().map(|span| span.operation.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["again", "own parent", "x", "y"]);
}
