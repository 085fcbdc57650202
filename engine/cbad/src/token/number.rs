//! Numbers: whole, with a point, with a unit; versions, which look like them.

use super::scan::{is_word, run_end};
use super::{Shape, address, bins, stamp};

/// Longest version that is one token, bytes.
const LONGEST_VERSION: usize = 24;

/// The number that begins with the digits `start..digits_end`, and where it ends. `start` is behind a sign, if any.
pub(super) fn find(text: &[u8], start: usize, digits_end: usize, negative: bool) -> (Shape, usize) {
    if text.get(digits_end) == Some(&b'.') && text.get(digits_end + 1).is_some_and(u8::is_ascii_digit) {
        if let Some(found) = with_points(text, start, digits_end, negative) {
            return found;
        }
    } else if let Some(found) = with_unit(text, start, digits_end, digits_end) {
        return found;
    }
    let part_of_a_name = start > 0 && matches!(text[start - 1], b'_' | b'-');
    let digits = &text[start..digits_end];
    (if part_of_a_name { whole(digits.len(), negative) } else { plain(digits) }, digits_end)
}

/// The shape of digits that stand for themselves: a time, or a whole number.
pub(super) fn plain(digits: &[u8]) -> Shape {
    stamp::epoch(digits).map_or_else(|| whole(digits.len(), false), Shape::Stamp)
}

/// The shape of a whole number. Up to three digits are counts and codes (HTTP 503, exit 137) and stand as they are.
pub(super) fn whole(digits: usize, negative: bool) -> Shape {
    let digits = match digits {
        0..=3 => return Shape::Literal,
        4..=9 => digits as u8,
        10..=12 => 10,
        13..=15 => 13,
        16..=20 => 16,
        _ => 21,
    };
    Shape::Number { digits, negative }
}

/// An address, a version, or a number with a point; `None` for chains that are none of these.
fn with_points(text: &[u8], start: usize, digits_end: usize, negative: bool) -> Option<(Shape, usize)> {
    if let Some(end) = address::ipv4_end(text, start) {
        return Some((Shape::Ipv4, end));
    }
    let fraction_end = run_end(text, digits_end + 1, |b| b.is_ascii_digit());
    if text.get(fraction_end) == Some(&b'.') && text.get(fraction_end + 1).is_some_and(u8::is_ascii_digit) {
        return version_end(text, start).map(|end| (Shape::Literal, end));
    }
    if let Some(found) = with_unit(text, start, digits_end, fraction_end) {
        return Some(found);
    }
    let (exponent, end) = exponent(text, fraction_end);
    // `HTTP/1.1`, `Firefox/22.0`, `2.0`, `3.11rc1`: versions and the like stand as they are.
    let is_name = start > 0 && text[start - 1] == b'/';
    let is_short = fraction_end - start <= 3 && end == fraction_end;
    if is_name || is_short || text.get(end).is_some_and(|&b| is_word(b)) {
        return Some((Shape::Literal, end));
    }
    let zeros = text[start..digits_end].iter().take_while(|&&b| b == b'0').count();
    let decade = (digits_end - start - zeros) as i64 + exponent;
    Some((Shape::Decimal { decade: decade.clamp(0, 60) as i8, negative }, end))
}

/// At least three numbers with dots, short enough to be a name.
fn version_end(text: &[u8], start: usize) -> Option<usize> {
    let mut end = start;
    while end - start <= LONGEST_VERSION {
        end = run_end(text, end, |b| b.is_ascii_digit());
        if text.get(end) != Some(&b'.') || !text.get(end + 1).is_some_and(u8::is_ascii_digit) {
            return (end - start <= LONGEST_VERSION).then_some(end);
        }
        end += 1;
    }
    None
}

/// `e-7`, `E+12`, `e5` behind a fraction: the exponent, and where it ends.
fn exponent(text: &[u8], at: usize) -> (i64, usize) {
    if !matches!(text.get(at), Some(b'e' | b'E')) {
        return (0, at);
    }
    let sign = text.get(at + 1).copied();
    let digits = at + 1 + usize::from(matches!(sign, Some(b'+' | b'-')));
    let end = run_end(text, digits, |b| b.is_ascii_digit());
    if end == digits || end - digits > 3 {
        return (0, at);
    }
    let value = text[digits..end].iter().fold(0, |value, b| value * 10 + i64::from(b - b'0'));
    (if sign == Some(b'-') { -value } else { value }, end)
}

enum Unit {
    Nanos(u64),
    Bytes(u64),
}

/// A number of which the integer part ends at `point` and all of it at `end`, with a unit behind it.
fn with_unit(text: &[u8], start: usize, point: usize, end: usize) -> Option<(Shape, usize)> {
    let first = *text.get(end)?;
    if first == b'%' {
        let is_last = text.get(end + 1).is_none_or(|&b| !is_word(b));
        let tens = (integer(&text[start..point]) / 10).min(10) as u8;
        return is_last.then_some((Shape::Percent(tens), end + 1));
    }
    let spaced = first == b' ';
    let word = end + usize::from(spaced);
    if !text.get(word).is_some_and(|&b| can_begin_unit(b)) {
        return None;
    }
    let word_end = run_end(text, word, |b| b.is_ascii_alphabetic() || b >= 0x80);
    let digits = point - start;
    let after_name = start > 0 && matches!(text[start - 1], b'-' | b'_');
    match unit(&text[word..word_end], spaced)? {
        // `us-east-1d` is a place; a count of days has few digits, a hash that ends in d has many.
        Unit::Nanos(_) if !spaced && (after_name || digits > 9) => None,
        Unit::Nanos(scale) => {
            let nanos = scaled(text, start, point, end, scale);
            if text.get(word_end).is_some_and(u8::is_ascii_digit) {
                return if spaced { None } else { compound(text, word_end, nanos) };
            }
            Some((bins::written_duration(nanos), word_end))
        }
        Unit::Bytes(_) if text.get(word_end).is_some_and(u8::is_ascii_digit) => None,
        Unit::Bytes(scale) => Some((bins::size(scaled(text, start, point, end, scale)), word_end)),
    }
}

/// The further parts of `1h3m20.5s`; each must have a unit of time.
fn compound(text: &[u8], start: usize, mut nanos: u64) -> Option<(Shape, usize)> {
    let mut at = start;
    loop {
        let point = run_end(text, at, |b| b.is_ascii_digit());
        if point == at || point - at > 9 {
            return None;
        }
        let mut end = point;
        if text.get(point) == Some(&b'.') {
            end = run_end(text, point + 1, |b| b.is_ascii_digit());
        }
        let word_end = run_end(text, end, |b| b.is_ascii_alphabetic() || b >= 0x80);
        let Some(Unit::Nanos(scale)) = unit(&text[end..word_end], false) else { return None };
        nanos = nanos.saturating_add(scaled(text, at, point, end, scale));
        if !text.get(word_end).is_some_and(u8::is_ascii_digit) {
            return Some((bins::written_duration(nanos), word_end));
        }
        at = word_end;
    }
}

fn can_begin_unit(byte: u8) -> bool {
    matches!(byte, b'n' | b'u' | b'm' | b's' | b'h' | b'd' | b'b' | b'k' | b'g' | b't')
        || matches!(byte, b'B' | b'K' | b'M' | b'G' | b'T' | 0xc2 | 0xce)
}

/// What a word behind a number counts. Single letters need the number right before them, but for `s` and `B`.
fn unit(word: &[u8], spaced: bool) -> Option<Unit> {
    const SECOND: u64 = 1_000_000_000;
    let nanos = match word {
        b"ns" | b"nanoseconds" | b"nanos" => 1,
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" | b"usec" | b"microseconds" | b"micros" => 1_000,
        b"ms" | b"msec" | b"msecs" | b"millis" | b"millisecond" | b"milliseconds" => 1_000_000,
        b"s" | b"sec" | b"secs" | b"second" | b"seconds" => SECOND,
        b"m" if !spaced => 60 * SECOND,
        b"min" | b"mins" | b"minute" | b"minutes" => 60 * SECOND,
        b"h" if !spaced => 3600 * SECOND,
        b"hr" | b"hrs" | b"hour" | b"hours" => 3600 * SECOND,
        b"d" if !spaced => 86_400 * SECOND,
        b"day" | b"days" => 86_400 * SECOND,
        _ => 0,
    };
    if nanos > 0 {
        return Some(Unit::Nanos(nanos));
    }
    let power = match word {
        b"B" | b"byte" | b"bytes" | b"Bytes" => 0,
        b"kB" | b"KB" | b"kb" | b"KiB" | b"kiB" => 1,
        b"Ki" if !spaced => 1,
        b"MB" | b"mb" | b"MiB" => 2,
        b"Mi" if !spaced => 2,
        b"GB" | b"gb" | b"GiB" => 3,
        b"Gi" if !spaced => 3,
        b"TB" | b"tb" | b"TiB" => 4,
        _ => return None,
    };
    Some(Unit::Bytes(1 << (10 * power)))
}

/// The value of a token that is a number with a unit, or with a point: nanoseconds, bytes, percent or as it stands.
pub(crate) fn written(shape: Shape, text: &[u8]) -> Option<(f64, crate::result::Unit)> {
    use crate::result::Unit as Of;
    let number = |part: &[u8]| std::str::from_utf8(part).ok()?.parse::<f64>().ok();
    match shape {
        Shape::Decimal { .. } => Some((number(text)?, Of::Number)),
        Shape::Percent(_) => Some((number(text.strip_suffix(b"%")?)?, Of::Percent)),
        Shape::WrittenDuration(_) | Shape::Size(_) => {
            let (mut sum, mut of, mut at) = (0.0, Of::Number, 0);
            while at < text.len() {
                let end = run_end(text, at, |b| b.is_ascii_digit() || b == b'.');
                let spaced = text.get(end) == Some(&b' ');
                let word = end + usize::from(spaced);
                let word_end = run_end(text, word, |b| b.is_ascii_alphabetic() || b >= 0x80);
                let scale;
                (scale, of) = match unit(&text[word..word_end], spaced)? {
                    Unit::Nanos(scale) => (scale, Of::Nanos),
                    Unit::Bytes(scale) => (scale, Of::Bytes),
                };
                sum += number(&text[at..end])? * scale as f64;
                at = word_end;
            }
            Some((sum, of))
        }
        _ => None,
    }
}

fn integer(digits: &[u8]) -> u64 {
    digits.iter().fold(0_u64, |value, b| value.saturating_mul(10).saturating_add(u64::from(b - b'0')))
}

/// The number times a scale, in whole units; of the fraction three digits count.
fn scaled(text: &[u8], start: usize, point: usize, end: usize, scale: u64) -> u64 {
    let whole = integer(&text[start..point]).saturating_mul(scale);
    let fraction = text.get(point + 1..end).unwrap_or_default();
    let fraction = &fraction[..fraction.len().min(3)];
    let per = [1, 10, 100, 1000][fraction.len()];
    whole.saturating_add(integer(fraction) * (scale / 1000) * (1000 / per)).saturating_add(if scale < 1000 {
        integer(fraction) * scale / per
    } else {
        0
    })
}
