//! From flagged windows to findings: what overlaps belongs together.

use std::ops::Range;

use crate::window::Plan;

/// Windows `windows` of one stream, the dearest of them `peak`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cluster {
    pub(crate) stream: usize,
    pub(crate) windows: Range<usize>,
    pub(crate) peak: usize,
    pub(crate) flagged: bool,
}

impl Cluster {
    /// Positions of its events.
    pub(crate) fn events(&self, plan: &Plan) -> Range<usize> {
        plan.range(self.windows.start).start..plan.range(self.windows.end - 1).end
    }
}

/// Flagged windows joined where they overlap or stand less than a window apart.
pub(crate) fn clusters(stream: usize, plan: &Plan, scores: &[i64], flagged: &[bool]) -> Vec<Cluster> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for index in (0..flagged.len()).filter(|&i| flagged[i]) {
        match joined.last_mut() {
            Some(last) if plan.range(index).start < plan.range(last.end - 1).end + plan.window => {
                last.end = index + 1;
            }
            _ => joined.push(index..index + 1),
        }
    }
    joined
        .into_iter()
        .map(|windows| Cluster { stream, peak: peak(scores, &windows), windows, flagged: true })
        .collect()
}

fn peak(scores: &[i64], windows: &Range<usize>) -> usize {
    windows.clone().max_by_key(|&i| (scores[i], std::cmp::Reverse(i))).expect("a cluster holds a window")
}

/// The `most` dearest windows of a stream that neither overlap one another nor a window already `taken`.
pub(crate) fn most_unusual(
    stream: usize,
    plan: &Plan,
    scores: &[i64],
    taken: &[Cluster],
    most: usize,
) -> Vec<Cluster> {
    let mut order: Vec<usize> = (0..scores.len()).filter(|&i| plan.is_ranked(i)).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(scores[i]), i));
    let overlap = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
    let mut ranges: Vec<Range<usize>> = taken.iter().map(|c| c.events(plan)).collect();
    let mut found = Vec::new();
    for index in order {
        if found.len() == most {
            break;
        }
        let range = plan.range(index);
        if ranges.iter().any(|r| overlap(r, &range)) {
            continue;
        }
        ranges.push(range);
        found.push(Cluster { stream, windows: index..index + 1, peak: index, flagged: false });
    }
    found
}
