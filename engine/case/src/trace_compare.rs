//! Two traces side by side: spans aligned by the path of operations that leads to them.

use std::collections::BTreeMap;

use crate::trace::{Trace, TraceSpan};

/// The spans of one path in one trace, together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PathTotals {
    /// Number of spans.
    pub spans: u64,
    /// Of them with an error.
    pub errors: u64,
    /// Sum of their durations.
    pub duration_nanos: i64,
    /// Sum of the time in which none of their children was at work.
    pub self_nanos: i64,
}

/// One path of operations in two traces.
#[derive(Clone, Debug, PartialEq)]
pub struct PathDifference {
    /// Service at the end of the path.
    pub service: String,
    /// Operation at the end of the path.
    pub operation: String,
    /// Steps from the root.
    pub depth: u32,
    /// In the first trace; `None` where it does not have the path.
    pub first: Option<PathTotals>,
    /// In the second trace.
    pub second: Option<PathTotals>,
}

impl PathDifference {
    /// How much longer the second took; a path that is absent took no time.
    pub fn difference_nanos(&self) -> i64 {
        let of = |totals: Option<PathTotals>| totals.unwrap_or_default().duration_nanos;
        of(self.second).saturating_sub(of(self.first))
    }
}

/// A service and an operation under a parent.
#[derive(Default)]
struct Node {
    first: Option<PathTotals>,
    second: Option<PathTotals>,
    /// When it first begins, from the beginning of its trace.
    begins_nanos: Option<i64>,
    children: BTreeMap<(String, String), usize>,
    depth: u32,
}

/// The paths of both traces, each before those that it leads to, in the order in which they begin.
pub fn compare_traces(first: &Trace, second: &Trace) -> Vec<PathDifference> {
    let mut nodes = vec![Node::default()];
    add(&mut nodes, &first.spans, |node| &mut node.first);
    add(&mut nodes, &second.spans, |node| &mut node.second);
    let mut rows = Vec::new();
    let mut stack = children_in_order(&nodes, 0);
    while let Some((index, (service, operation))) = stack.pop() {
        let node = &nodes[index];
        rows.push(PathDifference {
            service,
            operation,
            depth: node.depth - 1,
            first: node.first,
            second: node.second,
        });
        stack.extend(children_in_order(&nodes, index));
    }
    rows
}

/// Children of a node, the one that begins last first: they are taken from the end.
fn children_in_order(nodes: &[Node], index: usize) -> Vec<(usize, (String, String))> {
    let children = nodes[index].children.iter();
    let mut children: Vec<_> = children.map(|(key, child)| (*child, key.clone())).collect();
    children.sort_by(|(a, key_a), (b, key_b)| {
        (nodes[*b].begins_nanos, key_b).cmp(&(nodes[*a].begins_nanos, key_a))
    });
    children
}

fn add(nodes: &mut Vec<Node>, spans: &[TraceSpan], side: fn(&mut Node) -> &mut Option<PathTotals>) {
    let begin = spans.iter().map(|span| span.start_nanos).min().unwrap_or(0);
    let mut node_of: Vec<usize> = Vec::with_capacity(spans.len());
    // A parent stands before its children.
    for span in spans {
        let parent = span.parent.map_or(0, |parent| node_of[parent]);
        let key = (span.service.clone(), span.operation.clone());
        let next = nodes.len();
        let index = *nodes[parent].children.entry(key).or_insert(next);
        if index == next {
            let depth = nodes[parent].depth + 1;
            nodes.push(Node { depth, ..Node::default() });
        }
        let node = &mut nodes[index];
        let begins = span.start_nanos.saturating_sub(begin);
        node.begins_nanos = Some(node.begins_nanos.map_or(begins, |before| before.min(begins)));
        let totals = side(node).get_or_insert_with(PathTotals::default);
        totals.spans += 1;
        totals.errors += u64::from(span.is_error);
        totals.duration_nanos = totals.duration_nanos.saturating_add(span.duration_nanos);
        totals.self_nanos = totals.self_nanos.saturating_add(span.self_nanos);
        node_of.push(index);
    }
}

#[cfg(test)]
mod tests {
    use super::compare_traces;
    use crate::trace::{Trace, tree};

    fn trace(parts: &[(u8, u8, &str, &str, i64, i64)]) -> Trace {
        Trace { trace: [1; 16], spans: tree(parts), events: Vec::new(), total: 0, damaged: Vec::new() }
    }

    #[test]
    fn spans_are_aligned_by_the_way_to_them() {
        let first = trace(&[
            (1, 0, "gateway", "GET /", 0, 100),
            (2, 1, "db", "SELECT", 10, 20),
            (3, 1, "cache", "get", 40, 5),
        ]);
        let second = trace(&[
            (1, 0, "gateway", "GET /", 1000, 180),
            (2, 1, "db", "SELECT", 1010, 30),
            (3, 1, "db", "SELECT", 1050, 30),
            (4, 1, "queue", "send", 1005, 2),
        ]);
        let rows = compare_traces(&first, &second);
        let said: Vec<_> =
            rows.iter().map(|row| (row.operation.as_str(), row.depth, row.difference_nanos())).collect();
        assert_eq!(said, [("GET /", 0, 80), ("send", 1, 2), ("SELECT", 1, 40), ("get", 1, -5)]);
        assert_eq!(rows[2].second.map(|totals| totals.spans), Some(2));
        assert!(rows[1].first.is_none() && rows[3].second.is_none());
        assert!(compare_traces(&first, &first).iter().all(|row| row.difference_nanos() == 0));
    }
}
