//! Positions of a stream as a few ranges: what a window is compared with.

use std::ops::Range;

/// Sorted, disjoint, non-empty ranges of positions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    ranges: Vec<Range<usize>>,
}

impl Span {
    /// Ranges in ascending order, which may be empty or touch.
    pub(crate) fn new(ranges: impl IntoIterator<Item = Range<usize>>) -> Self {
        let mut kept: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            match kept.last_mut() {
                _ if range.is_empty() => {}
                Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
                _ => kept.push(range),
            }
        }
        Self { ranges: kept }
    }

    /// The ranges, ascending.
    pub(crate) fn ranges(&self) -> &[Range<usize>] {
        &self.ranges
    }

    /// Number of positions.
    pub(crate) fn len(&self) -> usize {
        self.ranges.iter().map(ExactSizeIterator::len).sum()
    }

    /// Every position, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.ranges.iter().flat_map(Clone::clone)
    }

    /// `count` positions spread evenly over the span, ascending; all of them where it has fewer.
    pub(crate) fn spread(&self, count: usize) -> impl Iterator<Item = usize> + '_ {
        let len = self.len();
        let count = count.min(len);
        let (mut at, mut before) = (0, 0);
        (0..count).map(move |j| {
            let wanted = j * len / count;
            while wanted - before >= self.ranges[at].len() {
                before += self.ranges[at].len();
                at += 1;
            }
            self.ranges[at].start + wanted - before
        })
    }

    /// Positions that are not in another span.
    pub(crate) fn without(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        difference(&self.ranges, &other.ranges, |range| left.push(range));
        Self { ranges: left }
    }

    /// Whether it has a position of a range.
    pub(crate) fn touches(&self, range: &Range<usize>) -> bool {
        let after = self.ranges.partition_point(|r| r.end <= range.start);
        self.ranges.get(after).is_some_and(|r| r.start < range.end)
    }

    /// Tells `change` which ranges of positions leave (`false`) and which come (`true`) on the way to `next`.
    pub(crate) fn move_to(&self, next: &Self, mut change: impl FnMut(Range<usize>, bool)) {
        difference(&self.ranges, &next.ranges, |range| change(range, false));
        difference(&next.ranges, &self.ranges, |range| change(range, true));
    }
}

/// What is in `of` and not in `without`.
fn difference(of: &[Range<usize>], without: &[Range<usize>], mut take: impl FnMut(Range<usize>)) {
    let mut at = 0;
    for range in of {
        let mut start = range.start;
        while start < range.end {
            match without.get(at) {
                Some(w) if w.end <= start => at += 1,
                Some(w) if w.start <= start => start = w.end,
                Some(w) => {
                    take(start..w.start.min(range.end));
                    start = w.start;
                }
                None => {
                    take(start..range.end);
                    start = range.end;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn span(bounds: &[usize]) -> Span {
        let mut bounds = bounds.to_vec();
        bounds.sort_unstable();
        Span::new(bounds.chunks_exact(2).map(|pair| pair[0]..pair[1]))
    }

    proptest! {
        #[test]
        fn moving_gives_the_next_span(
            from in prop::collection::vec(0_usize..60, 0..8),
            to in prop::collection::vec(0_usize..60, 0..8),
        ) {
            let (from, to) = (span(&from), span(&to));
            let mut held: BTreeSet<usize> = from.iter().collect();
            prop_assert_eq!(held.len(), from.len());
            from.move_to(&to, |range, comes| for p in range {
                assert!(if comes { held.insert(p) } else { held.remove(&p) });
            });
            prop_assert_eq!(held.into_iter().collect::<Vec<_>>(), to.iter().collect::<Vec<_>>());
        }

        #[test]
        fn spread_positions_lie_in_the_span_and_ascend(
            bounds in prop::collection::vec(0_usize..60, 0..8), count in 0_usize..30,
        ) {
            let span = span(&bounds);
            let spread: Vec<usize> = span.spread(count).collect();
            prop_assert_eq!(spread.len(), count.min(span.len()));
            prop_assert!(spread.windows(2).all(|w| w[0] < w[1]));
            prop_assert!(spread.iter().all(|p| span.iter().any(|q| q == *p)));
        }
    }
}
