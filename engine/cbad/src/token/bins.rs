//! Bins of what is measured: durations, sizes, values.

use super::Shape;

/// The power of two at or below a number; 0 counts as 1.
fn power(value: u64) -> u8 {
    63 - value.max(1).leading_zeros() as u8
}

/// The shape of a measured duration; negative ones are as 0.
pub(crate) fn duration_shape(duration_nanos: i64) -> Shape {
    Shape::Duration(power(duration_nanos.max(1) as u64))
}

/// The shape of a duration that the text has.
pub(super) fn written_duration(nanos: u64) -> Shape {
    Shape::WrittenDuration(power(nanos))
}

/// The shape of a number of bytes.
pub(super) fn size(bytes: u64) -> Shape {
    Shape::Size(power(bytes))
}

/// The shape of a measured value: 0, or its sign with its half octave, so that 1.0, 1.5, 2, 3, 4, 6, 8 … begin bins.
pub(crate) fn magnitude_shape(value: f64) -> Shape {
    if value == 0.0 {
        return Shape::Magnitude(0);
    }
    if !value.is_finite() {
        return Shape::Magnitude(i16::MAX);
    }
    let raw = value.abs().to_bits();
    let exponent = ((raw >> 52) & 0x7ff) as i16 - 1023;
    let half = ((raw >> 51) & 1) as i16;
    // Below 2^-40 every value is as good as zero to a person, but not to the code: one bin for all.
    let step = (exponent.max(-40) + 41) * 2 + half;
    Shape::Magnitude(if value < 0.0 { -step } else { step })
}

pub(super) fn nanos_range(k: u8) -> String {
    format!("{}-{}", nanos(1 << k), nanos((1_u64 << k).saturating_mul(2)))
}

fn nanos(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} ns"),
        1_000..1_000_000 => format!("{} µs", n / 1_000),
        1_000_000..1_000_000_000 => format!("{} ms", n / 1_000_000),
        _ => format!("{:.1} s", n as f64 / 1e9),
    }
}

pub(super) fn bytes_range(k: u8) -> String {
    format!("{}-{}", bytes(k), bytes(k + 1))
}

/// A power of two of bytes in the largest unit that it fills.
fn bytes(k: u8) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    format!("{} {}", 1_u64 << (k % 10), units[usize::from(k / 10)])
}

pub(super) fn magnitude_range(step: i16) -> String {
    if step == 0 {
        return "0".to_owned();
    }
    if step == i16::MAX {
        return "not a number or infinite".to_owned();
    }
    let low_of = |s: i16| 2_f64.powi(i32::from(s / 2) - 41) * if s % 2 == 1 { 1.5 } else { 1.0 };
    let (low, high) = (low_of(step.abs()), low_of(step.abs() + 1));
    let sign = if step < 0 { "-" } else { "" };
    format!("{sign}{}-{}", short(low), short(high))
}

fn short(x: f64) -> String {
    if !(1e-3..1e15).contains(&x) {
        format!("{x:.1e}")
    } else if x >= 10.0 {
        format!("{x:.0}")
    } else {
        let text = format!("{x:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}
