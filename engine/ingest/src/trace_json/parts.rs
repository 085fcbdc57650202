//! What the two shapes share: ids that may lack leading zeros, times in microseconds, well-known tags.

use super::Decoded;
use crate::ids;
use crate::json::cursor::{Cursor, Kind, Read};
use crate::otlp_json::typed::{Odd, id_by, text_of};
use crate::stamp::{self, Years};
use cbad::{Field, Value};

/// An id in hexadecimal, with or without its leading zeros, or in base64; empty and all zero mean none.
pub(super) fn id_of<const N: usize>(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    what: &'static str,
) -> Read<Option<[u8; N]>> {
    id_by(cursor, odd, what, padded)
}

/// Passes over a member that is not read, and counts it where it says something that no version has.
pub(super) fn pass(cursor: &mut Cursor<'_>, odd: &mut Odd, message: &'static str, name: &[u8]) -> Read<()> {
    match cursor.kind()? {
        Kind::Null => cursor.null(),
        _ => odd.pass_other(cursor, message, name),
    }
}

fn padded<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let missing = (2 * N).checked_sub(digits.len())?;
    ids::from_hex(&[&b"0".repeat(missing)[..], digits].concat())
}

/// Nanoseconds of a number of microseconds, or of a time stamp in text; 0 where there is none.
pub(super) fn time_of(cursor: &mut Cursor<'_>, odd: &mut Odd, what: &'static str) -> Read<u64> {
    nanos_of(cursor, odd, what, |text| {
        micros(text).or_else(|| stamp::whole(text.as_bytes(), Years::new(1970))?.try_into().ok())
    })
}

/// Nanoseconds of a number of microseconds, or of a number with its unit.
pub(super) fn duration_of(cursor: &mut Cursor<'_>, odd: &mut Odd, what: &'static str) -> Read<u64> {
    nanos_of(cursor, odd, what, |text| micros(text).or_else(|| with_unit(text)))
}

fn nanos_of(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    what: &'static str,
    parse: impl Fn(&str) -> Option<u64>,
) -> Read<u64> {
    let nanos = if cursor.kind()? == Kind::Number {
        parse(cursor.number()?)
    } else {
        let text = text_of(cursor, odd, what)?;
        if text.is_empty() {
            return Ok(0);
        }
        std::str::from_utf8(&text).ok().and_then(|text| parse(text.trim()))
    };
    if nanos.is_none() {
        odd.get_or_insert(what);
    }
    Ok(nanos.unwrap_or(0))
}

fn micros(digits: &str) -> Option<u64> {
    scaled(digits, 1000)
}

/// `10000ns` as Go prints durations of one unit, `0.5s` as protobuf's JSON does.
fn with_unit(text: &str) -> Option<u64> {
    let units =
        [("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000)];
    let (digits, nanos) = units.iter().find_map(|(unit, nanos)| Some((text.strip_suffix(unit)?, *nanos)))?;
    scaled(digits, nanos)
}

/// `digits` times `factor`, exactly where they are whole.
fn scaled(digits: &str, factor: u64) -> Option<u64> {
    if let Ok(whole) = digits.parse::<u64>() {
        return whole.checked_mul(factor);
    }
    let nanos = (digits.parse::<f64>().ok()? * factor as f64).round();
    (0.0..18_446_744_073_709_551_616.0).contains(&nanos).then_some(nanos as u64)
}

const KINDS: [(&str, i64); 5] =
    [("internal", 1), ("server", 2), ("client", 3), ("producer", 4), ("consumer", 5)];

/// The number that OpenTelemetry gives a kind of span.
pub(super) fn kind_number(name: &str) -> Option<i64> {
    KINDS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|&(_, number)| number)
}

impl Decoded {
    /// Tags of this meaning become what OpenTelemetry has for it; the others are attributes.
    ///
    /// Source: OpenTelemetry specification, "Transformation to non-OTLP formats".
    pub(super) fn take_tags(&mut self, tags: Vec<Field>) {
        let mut is_error = false;
        for Field { path, value } in tags {
            match (path.as_str(), value) {
                ("span.kind", Value::Text(kind)) if kind_number(&kind).is_some() => {
                    self.span.kind = kind_number(&kind).unwrap_or(0);
                }
                ("otel.status_code", Value::Text(code)) if code.eq_ignore_ascii_case("error") => {
                    self.span.status_code = 2;
                }
                ("otel.status_code", Value::Text(code)) if code.eq_ignore_ascii_case("ok") => {
                    self.span.status_code = 1;
                }
                ("otel.status_description", Value::Text(text)) => self.span.status_message = text,
                ("otel.scope.name", Value::Text(name)) => self.scope = name,
                // Older exporters write the name twice, under both keys.
                ("otel.library.name", Value::Text(name)) if self.scope.is_empty() || self.scope == name => {
                    self.scope = name;
                }
                ("error", Value::Bool(true)) => is_error = true,
                ("error", Value::Text(text)) if text == "true" => is_error = true,
                (_, value) => self.span.attributes.push(Field { path, value }),
            }
        }
        if is_error && self.span.status_code == 0 {
            self.span.status_code = 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_padded_and_durations_have_units() {
        assert_eq!(padded(b"1f"), Some([0, 0, 0, 0x1f]));
        assert_eq!(padded::<2>(b"12345"), None);
        assert_eq!(padded::<2>(b"xy"), None);
        for (text, nanos) in [("10000ns", 10_000), ("0.5s", 500_000_000), ("3µs", 3000), ("2ms", 2_000_000)]
        {
            assert_eq!(with_unit(text), Some(nanos), "{text}");
        }
        assert_eq!(micros("1485467191639875"), Some(1_485_467_191_639_875_000));
        assert_eq!((micros("1.5"), micros("-1"), micros("1e30")), (Some(1500), None, None));
    }
}
