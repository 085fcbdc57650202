//! Code lengths in integer arithmetic: the same number on every machine, whatever its libm.

/// Fractional bits of a code length: lengths are `i64` in units of 2^-20 bit.
pub(crate) const FRACTION: u32 = 20;

/// One bit, in fixed point.
pub(crate) const ONE_BIT: i64 = 1 << FRACTION;

const TABLE_LEN: usize = 1 << 16;

/// log2(x) in fixed point by repeated squaring; `x` must not be 0.
///
/// Feldman, "Digit-by-digit computation of logarithms": one squaring gives one more binary digit. The error is
/// below 2^-20 bit, always downwards.
pub(crate) fn log2_exact(x: u64) -> i64 {
    assert!(x > 0, "log2 of 0");
    let exponent = x.ilog2();
    let mut mantissa = (u128::from(x) << 63 >> exponent) >> 1;
    let mut result = i64::from(exponent) << FRACTION;
    for digit in 1..=FRACTION {
        mantissa = (mantissa * mantissa) >> 62;
        if mantissa >= 1_u128 << 63 {
            mantissa >>= 1;
            result += 1_i64 << (FRACTION - digit);
        }
    }
    result
}

/// log2 of counts, from a table for counts below 2^16 and from the leading 16 bits above.
///
/// Above the table the argument is cut to 16 significant bits, which shortens a code length by less than 2^-15 · log2 e
/// bits. The cut is the same everywhere, so it is part of the definition of the code and not an error between machines.
#[derive(Clone, Debug)]
pub(crate) struct Log2 {
    table: Vec<i64>,
}

impl Default for Log2 {
    fn default() -> Self {
        let table = (0..TABLE_LEN as u64).map(|x| if x == 0 { 0 } else { log2_exact(x) }).collect();
        Self { table }
    }
}

impl Log2 {
    /// log2(x) in fixed point; 0 for 0.
    #[inline]
    pub(crate) fn of(&self, x: u64) -> i64 {
        if x < TABLE_LEN as u64 {
            return self.table[x as usize];
        }
        let shift = 48 - x.leading_zeros();
        self.table[(x >> shift) as usize] + (i64::from(shift) << FRACTION)
    }
}

/// A fixed-point code length as a float, for display and for JSON.
pub(crate) fn bits(fixed: i64) -> f64 {
    fixed as f64 / ONE_BIT as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_are_exact() {
        for k in 0..63 {
            assert_eq!(log2_exact(1 << k), i64::from(k) << FRACTION);
        }
    }

    #[test]
    fn agrees_with_floating_point() {
        let log2 = Log2::default();
        for x in (1..200_000).step_by(7).chain([1 << 40, (1 << 40) + 12345, u64::MAX]) {
            let expected = (x as f64).log2();
            assert!((bits(log2_exact(x)) - expected).abs() < 1e-5, "{x}");
            assert!((bits(log2.of(x)) - expected).abs() < 5e-5, "{x}");
        }
    }

    #[test]
    fn never_falls_as_the_count_grows() {
        let log2 = Log2::default();
        let mut last = 0;
        for x in 1..300_000 {
            assert!(log2.of(x) >= last);
            last = log2.of(x);
        }
    }
}
