//! A histogram as a few numbers that together say where its observations lie.

use crate::running::Numbers;

/// Observations of one histogram: how many, their sum, and how many in each bucket, between bounds that rise.
#[derive(Clone, Debug)]
pub(crate) struct Buckets {
    pub(crate) count: u64,
    pub(crate) sum: Option<f64>,
    pub(crate) bounds: Vec<f64>,
    pub(crate) counts: Vec<u64>,
}

impl Buckets {
    /// What came since an earlier running total; all of it where the total began anew in between.
    ///
    /// Where the buckets cannot be compared the count and the sum still say what came, and in which buckets it lies is not known.
    pub(crate) fn since(&self, before: &Self) -> Self {
        if self.count < before.count {
            return self.clone();
        }
        let then = before.in_buckets_of(&self.bounds).filter(|then| then.len() == self.counts.len());
        let fallen = then.iter().flatten().zip(&self.counts).map(|(then, now)| then.saturating_sub(*now));
        let fallen = fallen.max().unwrap_or(0);
        // The buckets of a summary are shares of its count, each rounded, so that one may hold one less than before.
        if fallen > 1 && self.bounds == before.bounds {
            return self.clone();
        }
        let came = |then: Vec<u64>| self.counts.iter().zip(then).map(|(now, then)| now - then).collect();
        Self {
            count: self.count - before.count,
            sum: self.sum.zip(before.sum).map(|(now, then)| now - then),
            bounds: self.bounds.clone(),
            counts: then.filter(|_| fallen == 0).map_or_else(Vec::new, came),
        }
    }

    /// Its counts in the buckets between other bounds; `None` where one of those would have to be cut.
    ///
    /// An exponential histogram takes in new buckets at both ends, and joins every two when they become too many.
    fn in_buckets_of(&self, bounds: &[f64]) -> Option<Vec<u64>> {
        if self.bounds == bounds {
            return Some(self.counts.clone());
        }
        let (first, last) = (self.bounds.first()?, self.bounds.last()?);
        let are_known = bounds
            .iter()
            .filter(|bound| (first..=last).contains(bound))
            .all(|bound| self.bounds.iter().any(|known| known.total_cmp(bound).is_eq()));
        if !are_known || self.counts.len() != self.bounds.len() + 1 {
            return None;
        }
        let mut counts = vec![0; bounds.len() + 1];
        for (index, count) in self.counts.iter().enumerate() {
            let low = index.checked_sub(1).map(|i| self.bounds[i]);
            let high = self.bounds.get(index);
            // The outermost buckets are open here and not in truth: what tells where one lies is its end that is nearer to zero.
            let at = match (low, high) {
                (Some(low), _) if low >= 0.0 => bounds.partition_point(|bound| *bound <= low),
                (_, Some(high)) if *high <= 0.0 => bounds.partition_point(|bound| bound < high),
                _ => bounds.partition_point(|bound| *bound < 0.0),
            };
            counts[at] += count;
        }
        Some(counts)
    }
}

/// Count, mean and the quantiles that dashboards show, so that distributions are compared and not only their means.
pub(crate) fn numbers(buckets: &Buckets) -> Numbers {
    let bounds = &buckets.bounds;
    let mut numbers = vec![("count", buckets.count as f64)];
    if buckets.count == 0 {
        return numbers;
    }
    if let Some(sum) = buckets.sum.filter(|sum| sum.is_finite()) {
        numbers.push(("mean", sum / buckets.count as f64));
    }
    // Without buckets there are no quantiles, and with them one more than bounds.
    if buckets.counts.len() == bounds.len() + 1 {
        for (label, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
            numbers.extend(quantile(&buckets.counts, bounds, share).map(|value| (label, value)));
        }
    }
    numbers
}

/// The quantile by linear interpolation within its bucket; the open buckets at both ends give their one bound.
fn quantile(counts: &[u64], bounds: &[f64], share: f64) -> Option<f64> {
    let total: u64 = counts.iter().sum();
    let wanted = share * total as f64;
    let mut below = 0.0;
    for (i, &count) in counts.iter().enumerate() {
        let next = below + count as f64;
        if count > 0 && next >= wanted {
            let low = i.checked_sub(1).and_then(|i| bounds.get(i));
            return match (low, bounds.get(i)) {
                (Some(low), Some(high)) => Some(low + (high - low) * (wanted - below) / count as f64),
                (Some(one), None) | (None, Some(one)) => Some(*one),
                (None, None) => None,
            };
        }
        below = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(count: u64, sum: f64, bounds: &[f64], counts: &[u64]) -> Buckets {
        Buckets { count, sum: Some(sum), bounds: bounds.to_vec(), counts: counts.to_vec() }
    }

    #[test]
    fn quantiles_are_interpolated() {
        let numbers = numbers(&buckets(100, 50.0, &[1.0, 2.0, 4.0], &[0, 50, 40, 10]));
        assert_eq!(numbers, [("count", 100.0), ("mean", 0.5), ("p50", 2.0), ("p90", 4.0), ("p99", 4.0)]);
    }

    #[test]
    fn a_running_total_gives_what_came_since() {
        let before = buckets(3, 1.0, &[1.0], &[1, 2]);
        let now = buckets(5, 4.0, &[1.0], &[1, 4]);
        let since = now.since(&before);
        assert_eq!((since.count, since.sum, since.counts), (2, Some(3.0), vec![0, 2]));
        assert_eq!(before.since(&now).count, 3, "a reset begins anew");
        let begun_anew = buckets(6, 9.0, &[1.0], &[6, 0]);
        assert_eq!(begun_anew.since(&now).count, 6, "as one with more than before does");
    }

    #[test]
    fn an_exponential_histogram_takes_in_buckets_and_joins_them() {
        let before = buckets(6, 9.0, &[1.0, 2.0, 4.0], &[1, 2, 2, 1]);
        // One below, one above; the last one before was of 4 to 8.
        let grown = buckets(9, 30.0, &[0.5, 1.0, 2.0, 4.0, 8.0], &[1, 1, 2, 2, 1, 2]);
        let since = grown.since(&before);
        assert_eq!((since.count, since.counts), (3, vec![0, 1, 0, 0, 0, 2]));
        let joined = buckets(10, 40.0, &[0.25, 1.0, 4.0, 16.0], &[1, 1, 4, 4, 0]);
        assert_eq!(joined.since(&grown).counts, [0, 0, 0, 1, 0]);
        let negative = buckets(5, -9.0, &[-4.0, -2.0, 1.0], &[2, 1, 1, 1]);
        let lower = buckets(7, -40.0, &[-8.0, -4.0, -2.0, 1.0], &[1, 3, 1, 1, 1]);
        assert_eq!(lower.since(&negative).counts, [1, 1, 0, 0, 0]);
    }

    #[test]
    fn the_shares_of_a_summary_are_no_reset() {
        let before = buckets(1, 5.0, &[0.25, 0.5], &[0, 1, 0]);
        let now = buckets(2, 10.0, &[0.25, 0.5], &[1, 0, 1]);
        assert_eq!((now.since(&before).count, now.since(&before).counts.len()), (1, 0));
        let elsewhere = buckets(100, 90.0, &[0.3, 0.6], &[25, 25, 50]);
        let later = buckets(101, 91.0, &[0.31, 0.55], &[25, 26, 50]);
        assert_eq!((later.since(&elsewhere).count, later.since(&elsewhere).sum), (1, Some(1.0)));
        assert_eq!(later.since(&elsewhere).counts, [0; 0]);
        let without = buckets(3, 3.0, &[], &[]);
        assert_eq!((without.since(&before).count, without.since(&without).count), (2, 0));
    }
}
