//! Quantities as a person writes them: a number with the unit that reads best.

use crate::result::Unit;
use crate::words::{duration, significant};

/// From so many seconds on a number is a point in time, which nobody says as a duration: thirty years.
const POINT_IN_TIME_SECONDS: f64 = 1e9;

/// Two quantities of one unit, with digits enough to tell them apart.
pub(crate) fn told_apart(here: f64, usual: f64, unit: Unit) -> (String, String) {
    let said = (amount(here, unit), amount(usual, unit));
    if said.0 != said.1 || here.total_cmp(&usual).is_eq() {
        return said;
    }
    let at = |digits| (unscaled(here, digits, unit), unscaled(usual, digits, unit));
    (3..8).map(at).find(|(a, b)| a != b).unwrap_or_else(|| at(3))
}

/// One quantity.
pub(crate) fn amount(value: f64, unit: Unit) -> String {
    let nanos = match unit {
        Unit::Nanos => value,
        Unit::Micros => value * 1e3,
        Unit::Millis => value * 1e6,
        Unit::Seconds => value * 1e9,
        Unit::Bytes => return bytes(value),
        Unit::Number | Unit::Percent | Unit::PerSecond | Unit::Times => return unscaled(value, 3, unit),
    };
    let size = nanos.abs();
    if !(1.0..POINT_IN_TIME_SECONDS * 1e9).contains(&size) {
        return unscaled(value, 3, unit);
    }
    let sign = if nanos < 0.0 { "-" } else { "" };
    format!("{sign}{}", duration(size as i64))
}

/// Bytes in steps of 1,024.
fn bytes(value: f64) -> String {
    const STEPS: [&str; 5] = [" KiB", " MiB", " GiB", " TiB", " PiB"];
    let (mut scaled, mut name) = (value, symbol(Unit::Bytes));
    for step in STEPS {
        if scaled.abs() < 1024.0 {
            break;
        }
        (scaled, name) = (scaled / 1024.0, step);
    }
    format!("{}{name}", significant(scaled, 3))
}

fn unscaled(value: f64, digits: usize, unit: Unit) -> String {
    if unit == Unit::Nanos && value.abs() >= 1e9 {
        return unscaled(value / 1e9, digits, Unit::Seconds);
    }
    format!("{}{}", significant(value, digits), symbol(unit))
}

/// What stands behind a number that is not scaled.
const fn symbol(unit: Unit) -> &'static str {
    match unit {
        Unit::Nanos => " ns",
        Unit::Micros => " µs",
        Unit::Millis => " ms",
        Unit::Seconds => " s",
        Unit::Bytes => " bytes",
        Unit::Percent => " %",
        Unit::Number | Unit::PerSecond | Unit::Times => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_has_the_unit_that_reads_best() {
        for (value, unit, said) in [
            (0.216, Unit::Seconds, "216.0 ms"),
            (0.0026, Unit::Seconds, "2.6 ms"),
            (-90.0, Unit::Seconds, "-1 min 30 s"),
            (1_800_000_000.0, Unit::Seconds, "1800000000 s"),
            (3e-10, Unit::Seconds, "0.0000000003 s"),
            (0.0, Unit::Seconds, "0 s"),
            (1500.0, Unit::Millis, "1.5 s"),
            (7.0, Unit::Micros, "7.0 µs"),
            (90e9, Unit::Nanos, "1 min 30 s"),
            (512.0, Unit::Bytes, "512 bytes"),
            (1_572_864.0, Unit::Bytes, "1.5 MiB"),
            (-2048.0, Unit::Bytes, "-2 KiB"),
            (12.345, Unit::Number, "12.3"),
            (97.0, Unit::Percent, "97 %"),
        ] {
            assert_eq!(amount(value, unit), said);
        }
    }

    #[test]
    fn two_quantities_that_differ_never_read_the_same() {
        let apart = |here, usual, unit, said: [&str; 2]| {
            assert_eq!(told_apart(here, usual, unit), (said[0].to_owned(), said[1].to_owned()));
        };
        apart(0.5, 0.5, Unit::Seconds, ["500.0 ms", "500.0 ms"]);
        apart(0.500_01, 0.500_02, Unit::Seconds, ["0.50001 s", "0.50002 s"]);
        apart(3_601e9, 3_602e9, Unit::Nanos, ["3601 s", "3602 s"]);
        apart(1_572_864.0, 1_572_865.0, Unit::Bytes, ["1572864 bytes", "1572865 bytes"]);
        apart(12.34, 12.31, Unit::Number, ["12.34", "12.31"]);
    }
}
