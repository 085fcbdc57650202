//! How much a number strays, of which a few blocks tell little: moderated by how much other numbers of the stream do.
//!
//! Smyth, "Linear models and empirical Bayes methods", SAGMB 3 (2004): variances of many things are taken as drawn from one inverse
//! chi-squared distribution, whose middle and degrees of freedom are read off them. Each is then the mean of its own and of the middle.

/// Others that are needed to say how much a number strays usually.
pub(super) const OTHERS_LEAST: usize = 4;

/// Most degrees of freedom that the others give: more make no difference.
const FREEDOM_MOST: f64 = 1e4;

/// Standard errors by which a variance is larger than chance makes it.
const APART: f64 = 2.0;

/// Degrees of freedom that others give at most to what strays in another way than they do, by its own.
pub(super) const OF_ANOTHER_SORT: f64 = 2.0;

/// A variance with its degrees of freedom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Variance {
    pub(super) value: f64,
    pub(super) freedom: f64,
}

/// A variance, moderated by those of others, which give it so many degrees of freedom at most; itself where these are too few, or where it
/// is larger than chance makes any of theirs: what strays in its own way is no draw of theirs, who tell no more of it than of another sort.
pub(super) fn moderated(own: Variance, others: &[Variance], most: f64) -> Variance {
    let known: Vec<&Variance> = others.iter().filter(|v| v.value > 0.0 && v.freedom > 0.0).collect();
    if known.len() < OTHERS_LEAST {
        return own;
    }
    let n = known.len() as f64;
    let centred = |v: &&Variance| libm::log(v.value) - digamma(v.freedom / 2.0) + libm::log(v.freedom / 2.0);
    let mean = known.iter().map(centred).sum::<f64>() / n;
    let spread = known.iter().map(|v| (centred(v) - mean) * (centred(v) - mean)).sum::<f64>() / (n - 1.0);
    let by_chance = known.iter().map(|v| trigamma(v.freedom / 2.0)).sum::<f64>() / n;
    let left = spread - by_chance;
    let freedom = if left > 0.0 { 2.0 * trigamma_inverse(left) } else { FREEDOM_MOST };
    let freedom = freedom.min(most).min(FREEDOM_MOST);
    let usual = libm::exp(mean + digamma(freedom / 2.0) - libm::log(freedom / 2.0));
    if own.value > usual * (1.0 + APART * libm::sqrt(2.0 / own.freedom + 2.0 / freedom)) {
        let freedom = own.freedom + freedom.min(OF_ANOTHER_SORT * own.freedom);
        return Variance { value: own.value, freedom };
    }
    let all = freedom + own.freedom;
    Variance { value: (freedom * usual + own.freedom * own.value) / all, freedom: all }
}

/// The series of the digamma and trigamma functions are good to 1e-9 from here on.
const FAR: f64 = 10.0;

fn digamma(mut x: f64) -> f64 {
    let mut less = 0.0;
    while x < FAR {
        less += 1.0 / x;
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    libm::log(x) - 0.5 / x - r * (1.0 / 12.0 - r * (1.0 / 120.0 - r / 252.0)) - less
}

fn trigamma(mut x: f64) -> f64 {
    let mut more = 0.0;
    while x < FAR {
        more += 1.0 / (x * x);
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    1.0 / x + r / 2.0 + r / x * (1.0 / 6.0 - r * (1.0 / 30.0 - r / 42.0)) + more
}

/// Where the trigamma function has a value; by halving, as it falls all the way.
fn trigamma_inverse(value: f64) -> f64 {
    let (mut low, mut high) = (1e-3, FREEDOM_MOST);
    for _ in 0..60 {
        let middle = (low * high).sqrt();
        if trigamma(middle) > value { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digamma_and_trigamma_are_as_in_the_tables() {
        assert!((digamma(1.0) + 0.577_215_664_9).abs() < 1e-9);
        assert!((trigamma(1.0) - 1.644_934_066_8).abs() < 1e-9);
        assert!((trigamma(0.5) - 4.934_802_200_5).abs() < 1e-9);
        for x in [0.3, 2.0, 7.0, 100.0] {
            assert!((trigamma_inverse(trigamma(x)) / x - 1.0).abs() < 1e-6, "{x}");
        }
    }

    #[test]
    fn where_all_stray_alike_a_number_strays_as_they_do() {
        let of = |value: f64| Variance { value, freedom: 14.0 };
        let alike: Vec<Variance> = [0.8, 1.1, 0.9, 1.3, 1.0, 0.7, 1.2, 1.0].map(of).to_vec();
        let moderated_one = moderated(of(1.7), &alike, FREEDOM_MOST);
        assert!(moderated_one.value < 1.1 && moderated_one.freedom > 1e3, "{moderated_one:?}");
        let apart: Vec<Variance> = [0.1, 30.0, 0.9, 400.0, 1.0, 9.0, 0.2, 60.0].map(of).to_vec();
        let own = moderated(of(2.0), &apart, FREEDOM_MOST);
        assert!(own.freedom < 17.0 && (own.value - 2.0).abs() < 1.0, "{own:?}");
        assert_eq!(moderated(of(1.7), &alike[..3], FREEDOM_MOST), of(1.7), "too few");
        let in_its_own_way = moderated(of(2.5), &alike, FREEDOM_MOST);
        assert_eq!(in_its_own_way, Variance { value: 2.5, freedom: 42.0 });
        let of_another_sort = moderated(of(1.3), &alike, 28.0);
        assert!(of_another_sort.freedom < 43.0 && of_another_sort.value > 1.05, "{of_another_sort:?}");
    }
}
