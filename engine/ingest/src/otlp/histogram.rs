//! Exponential histograms and summaries as plain buckets.

/// One side of an exponential histogram: the index of its first bucket, and the counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Buckets {
    pub(crate) offset: i32,
    pub(crate) counts: Vec<u64>,
}

/// More buckets a side than any exporter writes (the specification's default is 160).
const MOST_BUCKETS: usize = 4096;
const SMALLEST_SCALE: i32 = -10;
const LARGEST_SCALE: i32 = 20;

/// Bounds and counts of an exponential histogram, most negative bucket first; one more count than bounds.
///
/// Bucket `i` of scale `s` holds values in `(2^(i/2^s), 2^((i+1)/2^s)]`. A histogram out of the specification's
/// range of scales, or with more buckets than any exporter writes, keeps its count and sum only.
/// Source: OpenTelemetry metrics data model, section `ExponentialHistogram`.
pub(super) fn explicit(
    scale: i32,
    zero_count: u64,
    positive: &Buckets,
    negative: &Buckets,
) -> (Vec<f64>, Vec<u64>) {
    let is_sound = (SMALLEST_SCALE..=LARGEST_SCALE).contains(&scale)
        && positive.counts.len() <= MOST_BUCKETS
        && negative.counts.len() <= MOST_BUCKETS;
    if !is_sound {
        return (Vec::new(), Vec::new());
    }
    let edge = |buckets: &Buckets, index: usize| {
        power_of_two(i64::from(buckets.offset).saturating_add(index as i64), scale)
    };
    let mut bounds = Vec::new();
    let mut counts = Vec::new();
    for (index, &count) in negative.counts.iter().enumerate().rev() {
        bounds.push(-edge(negative, index));
        counts.push(count);
    }
    // The bucket around zero reaches up to the first positive edge.
    counts.push(zero_count);
    if !positive.counts.is_empty() {
        bounds.push(edge(positive, 0));
    }
    for (index, &count) in positive.counts.iter().enumerate() {
        counts.push(count);
        if index + 1 < positive.counts.len() {
            bounds.push(edge(positive, index + 1));
        }
    }
    (bounds, counts)
}

/// `2^(index / 2^scale)` by square roots and products only: IEEE 754 rounds both correctly, so every machine
/// gets the same bits, which `powf` of different libraries does not promise.
fn power_of_two(index: i64, scale: i32) -> f64 {
    if scale <= 0 {
        return whole_power(index.saturating_mul(1 << -scale));
    }
    let steps = 1_i64 << scale;
    let mut value = whole_power(index.div_euclid(steps));
    let part = index.rem_euclid(steps);
    let mut root = 2.0_f64;
    for bit in (0..scale).rev() {
        root = root.sqrt();
        if part >> bit & 1 == 1 {
            value *= root;
        }
    }
    value
}

fn whole_power(exponent: i64) -> f64 {
    match exponent {
        1024.. => f64::INFINITY,
        -1022..1024 => f64::from_bits(((exponent + 1023) as u64) << 52),
        _ => 0.0,
    }
}

/// Bounds and counts between the values of a summary's quantiles; one more count than bounds.
pub(super) fn between_quantiles(count: u64, mut quantiles: Vec<(f64, f64)>) -> (Vec<f64>, Vec<u64>) {
    quantiles.retain(|(quantile, value)| (0.0..=1.0).contains(quantile) && !value.is_nan());
    quantiles.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut counts = Vec::with_capacity(quantiles.len() + 1);
    let mut below = 0;
    for (quantile, _) in &quantiles {
        let up_to = ((quantile * count as f64).round() as u64).clamp(below, count);
        counts.push(up_to - below);
        below = up_to;
    }
    if !quantiles.is_empty() {
        counts.push(count - below);
    }
    (quantiles.into_iter().map(|(_, value)| value).collect(), counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_match_the_definition() {
        for (index, scale, value) in [
            (0, 0, 1.0),
            (3, 0, 8.0),
            (-2, 0, 0.25),
            (1, 1, std::f64::consts::SQRT_2),
            (2, 1, 2.0),
            (-1, 1, std::f64::consts::FRAC_1_SQRT_2),
            (1, -2, 16.0),
            (5000, 0, f64::INFINITY),
            (-5000, 0, 0.0),
        ] {
            let got = power_of_two(index, scale);
            let close = got.to_bits() == value.to_bits() || (got / value - 1.0).abs() < 1e-14;
            assert!(close, "2^({index}/2^{scale}) = {value}, got {got}");
        }
    }

    #[test]
    fn buckets_are_laid_out_from_most_negative_to_most_positive() {
        let positive = Buckets { offset: 0, counts: vec![5, 6] };
        let negative = Buckets { offset: 1, counts: vec![1, 2] };
        let (bounds, counts) = explicit(0, 9, &positive, &negative);
        assert_eq!(counts, [2, 1, 9, 5, 6]);
        assert_eq!(bounds, [-4.0, -2.0, 1.0, 2.0]);
        assert_eq!(explicit(99, 9, &positive, &negative), (vec![], vec![]));
        assert_eq!(explicit(0, 9, &Buckets::default(), &Buckets::default()), (vec![], vec![9]));
    }

    #[test]
    fn quantiles_become_buckets_that_hold_every_observation() {
        let (bounds, counts) = between_quantiles(100, vec![(0.9, 30.0), (0.5, 10.0), (2.0, 1.0)]);
        assert_eq!((bounds, counts), (vec![10.0, 30.0], vec![50, 40, 10]));
        assert_eq!(between_quantiles(3, vec![]), (vec![], vec![]));
    }
}
