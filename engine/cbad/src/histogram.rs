//! A histogram as a few numbers that together say where its observations lie.

use crate::running::Numbers;

/// Observations of one histogram: how many, their sum, and how many in each bucket.
#[derive(Clone, Debug)]
pub(crate) struct Buckets {
    pub(crate) count: u64,
    pub(crate) sum: Option<f64>,
    pub(crate) counts: Vec<u64>,
}

impl Buckets {
    /// What came since an earlier running total; all of it where the total began anew in between.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let is_later = self.count >= before.count
            && self.counts.len() == before.counts.len()
            && self.counts.iter().zip(&before.counts).all(|(now, then)| now >= then);
        if !is_later {
            return self.clone();
        }
        Self {
            count: self.count - before.count,
            sum: self.sum.zip(before.sum).map(|(now, then)| now - then),
            counts: self.counts.iter().zip(&before.counts).map(|(now, then)| now - then).collect(),
        }
    }
}

/// Count, mean and the quantiles that dashboards show, so that distributions are compared and not only their means.
pub(crate) fn numbers(buckets: &Buckets, bounds: &[f64]) -> Numbers {
    let mut numbers = vec![("count", buckets.count as f64)];
    if buckets.count == 0 {
        return numbers;
    }
    if let Some(sum) = buckets.sum.filter(|sum| sum.is_finite()) {
        numbers.push(("mean", sum / buckets.count as f64));
    }
    // A summary has its quantiles already, without buckets; explicit buckets are one more than their bounds.
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

    #[test]
    fn quantiles_are_interpolated() {
        let buckets = Buckets { count: 100, sum: Some(50.0), counts: vec![0, 50, 40, 10] };
        let numbers = numbers(&buckets, &[1.0, 2.0, 4.0]);
        assert_eq!(numbers, [("count", 100.0), ("mean", 0.5), ("p50", 2.0), ("p90", 4.0), ("p99", 4.0)]);
    }

    #[test]
    fn a_running_total_gives_what_came_since() {
        let before = Buckets { count: 3, sum: Some(1.0), counts: vec![1, 2] };
        let now = Buckets { count: 5, sum: Some(4.0), counts: vec![1, 4] };
        let since = now.since(&before);
        assert_eq!((since.count, since.sum, since.counts), (2, Some(3.0), vec![0, 2]));
        assert_eq!(before.since(&now).count, 3, "a reset begins anew");
    }
}
