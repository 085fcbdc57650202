//! Typed tokens: words as they are, and variable parts by their shape.
//!
//! A variable part is recognised, not deleted: an identifier of a shape that was never seen is news, while one more
//! identifier of a known shape is not. A single space before a token is a flag on it and not a token of its own, so
//! that the two tokens of context are two words. Text to tokens is lossless but for the digits of shapes.

use std::borrow::Cow;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Shape {
    /// Letters, a run of at most three digits, or one other byte: coded as it stands.
    Literal,
    /// The path of a field; the value follows.
    Path,
    /// Severity of the record.
    Severity,
    /// A decimal number of this many digits (4 to 9), or a range of lengths from 10 on.
    Number(u8),
    /// Hexadecimal digits, this many; 8 to 31 by length, 32 and more together.
    Hex(u8),
    /// A mixture of letters and digits of at least 16 characters.
    Id,
    /// 8-4-4-4-12 hexadecimal digits.
    Uuid,
    /// Four decimal numbers with dots.
    Ipv4,
    /// A duration in nanoseconds, by its power of two.
    Duration(u8),
    /// The magnitude of a measured value: sign and half octaves.
    Magnitude(i16),
}

/// One token of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// What it is.
    pub(crate) shape: Shape,
    /// Whether exactly one space stands before it.
    pub(crate) space: bool,
    /// The bytes as they stand.
    pub(crate) text: &'a [u8],
}

impl Shape {
    /// How a person calls the shape; `None` for tokens that are coded as they stand.
    pub(crate) fn describe(self) -> Option<String> {
        Some(match self {
            Self::Literal | Self::Path | Self::Severity => return None,
            Self::Number(10) => "number of 10-12 digits".to_owned(),
            Self::Number(13) => "number of 13-15 digits".to_owned(),
            Self::Number(16) => "number of 16-20 digits".to_owned(),
            Self::Number(21) => "number of over 20 digits".to_owned(),
            Self::Number(n) => format!("number of {n} digits"),
            Self::Hex(32) => "hexadecimal of 32 or more digits".to_owned(),
            Self::Hex(n) => format!("hexadecimal of {n} digits"),
            Self::Id => "identifier".to_owned(),
            Self::Uuid => "UUID".to_owned(),
            Self::Ipv4 => "IPv4 address".to_owned(),
            Self::Duration(k) => format!("duration {}-{}", nanos(1 << k), nanos(2 << k)),
            Self::Magnitude(k) => format!("value {}", magnitude_range(k)),
        })
    }

    /// Canonical text of the token for the byte codes: the bytes, or a mark for the shape.
    pub(crate) fn canonical(self, text: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Literal => Cow::Borrowed(text),
            Self::Path => {
                let mut out = Vec::with_capacity(text.len() + 2);
                out.push(b'\x1f');
                out.extend_from_slice(text);
                out.push(b'=');
                Cow::Owned(out)
            }
            Self::Severity => Cow::Owned([b"<", text, b">"].concat()),
            Self::Number(n) => Cow::Owned(format!("#{n}").into_bytes()),
            Self::Hex(n) => Cow::Owned(format!("#x{n}").into_bytes()),
            Self::Id => Cow::Borrowed(b"#id"),
            Self::Uuid => Cow::Borrowed(b"#uuid"),
            Self::Ipv4 => Cow::Borrowed(b"#ip"),
            Self::Duration(k) => Cow::Owned(format!("#d{k}").into_bytes()),
            Self::Magnitude(k) => Cow::Owned(format!("#m{k}").into_bytes()),
        }
    }
}

fn nanos(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} ns"),
        1_000..1_000_000 => format!("{} µs", n / 1_000),
        1_000_000..1_000_000_000 => format!("{} ms", n / 1_000_000),
        _ => format!("{:.1} s", n as f64 / 1e9),
    }
}

/// The shape of a duration; negative ones are as 0.
pub(crate) fn duration_shape(duration_nanos: i64) -> Shape {
    Shape::Duration(63 - (duration_nanos.max(1) as u64).leading_zeros() as u8)
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

fn magnitude_range(step: i16) -> String {
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

/// Calls `emit` for each token of `text`, in order.
pub(crate) fn tokenize<'a>(text: &'a [u8], mut emit: impl FnMut(Token<'a>)) {
    let mut i = 0;
    while i < text.len() {
        let space = text[i] == b' ' && i + 1 < text.len() && text[i + 1] != b' ';
        let start = i + usize::from(space);
        let end = next_token(text, start, space, &mut emit);
        debug_assert!(end > i);
        i = end;
    }
}

/// Emits the token (or the tokens of one alphanumeric run) that begins at `start`; returns where the next begins.
fn next_token<'a>(text: &'a [u8], start: usize, space: bool, emit: &mut impl FnMut(Token<'a>)) -> usize {
    let first = text[start];
    if !is_word(first) {
        emit(Token { shape: Shape::Literal, space, text: &text[start..=start] });
        return start + 1;
    }
    if let Some(end) = uuid_end(text, start) {
        emit(Token { shape: Shape::Uuid, space, text: &text[start..end] });
        return end;
    }
    if first.is_ascii_digit()
        && let Some(end) = ipv4_end(text, start)
    {
        emit(Token { shape: Shape::Ipv4, space, text: &text[start..end] });
        return end;
    }
    let end = run_end(text, start, is_word);
    let run = &text[start..end];
    let digits = run.iter().filter(|b| b.is_ascii_digit()).count();
    if digits == run.len() {
        emit(Token { shape: number_shape(run.len()), space, text: run });
    } else if digits > 0 && run.len() >= 8 && run.iter().all(u8::is_ascii_hexdigit) {
        emit(Token { shape: Shape::Hex(run.len().min(32) as u8), space, text: run });
    } else if digits >= 3 && run.len() >= 16 && run.is_ascii() {
        emit(Token { shape: Shape::Id, space, text: run });
    } else {
        split_run(run, space, emit);
    }
    end
}

/// Letters and digits of a mixed run, each a token of its own.
fn split_run<'a>(run: &'a [u8], mut space: bool, emit: &mut impl FnMut(Token<'a>)) {
    let mut i = 0;
    while i < run.len() {
        let digit = run[i].is_ascii_digit();
        let end = run_end(run, i, |b| b.is_ascii_digit() == digit);
        let part = &run[i..end];
        let shape = if digit { number_shape(part.len()) } else { Shape::Literal };
        emit(Token { shape, space, text: part });
        space = false;
        i = end;
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

fn run_end(text: &[u8], start: usize, inside: impl Fn(u8) -> bool) -> usize {
    text[start..].iter().position(|&b| !inside(b)).map_or(text.len(), |n| start + n)
}

fn number_shape(digits: usize) -> Shape {
    match digits {
        0..=3 => Shape::Literal,
        4..=9 => Shape::Number(digits as u8),
        10..=12 => Shape::Number(10),
        13..=15 => Shape::Number(13),
        16..=20 => Shape::Number(16),
        _ => Shape::Number(21),
    }
}

fn uuid_end(text: &[u8], start: usize) -> Option<usize> {
    let candidate = text.get(start..start + 36)?;
    let shaped = candidate.iter().enumerate().all(|(i, b)| match i {
        8 | 13 | 18 | 23 => *b == b'-',
        _ => b.is_ascii_hexdigit(),
    });
    let ends = text.get(start + 36).is_none_or(|&b| !is_word(b));
    (shaped && ends).then_some(start + 36)
}

fn ipv4_end(text: &[u8], start: usize) -> Option<usize> {
    let mut i = start;
    for part in 0..4 {
        let end = run_end(text, i, |b| b.is_ascii_digit());
        if end == i || end - i > 3 {
            return None;
        }
        i = end;
        if part < 3 {
            if text.get(i) != Some(&b'.') {
                return None;
            }
            i += 1;
        }
    }
    let ends = text.get(i).is_none_or(|&b| !is_word(b) && b != b'.')
        || (text.get(i) == Some(&b'.') && text.get(i + 1).is_none_or(|&b| !is_word(b)));
    ends.then_some(i)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(text: &str) -> Vec<(Shape, String)> {
        let mut out = Vec::new();
        tokenize(text.as_bytes(), |t| {
            let space = if t.space { "_" } else { "" };
            out.push((t.shape, format!("{space}{}", String::from_utf8_lossy(t.text))));
        });
        out
    }

    #[test]
    fn shapes_are_recognised() {
        let cases: &[(&str, &[(Shape, &str)])] = &[
            ("GET /a", &[(Shape::Literal, "GET"), (Shape::Literal, "_/"), (Shape::Literal, "a")]),
            ("id 12345", &[(Shape::Literal, "id"), (Shape::Number(5), "_12345")]),
            ("1.2.3.4:80", &[(Shape::Ipv4, "1.2.3.4"), (Shape::Literal, ":"), (Shape::Literal, "80")]),
            ("deadbeef01", &[(Shape::Hex(10), "deadbeef01")]),
            (
                "0b8f7c1e-1111-2222-3333-444455556666",
                &[(Shape::Uuid, "0b8f7c1e-1111-2222-3333-444455556666")],
            ),
            ("eth0", &[(Shape::Literal, "eth"), (Shape::Literal, "0")]),
            ("a  b", &[(Shape::Literal, "a"), (Shape::Literal, " "), (Shape::Literal, "_b")]),
        ];
        for (text, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|(s, t)| (*s, (*t).to_owned())).collect();
            assert_eq!(shapes(text), expected, "{text}");
        }
    }

    #[test]
    fn every_byte_is_in_one_token() {
        let text = b"  x 10.0.0.1. \xff\xfe  a=1234567890123 \t end ";
        let mut total = 0;
        tokenize(text, |t| total += t.text.len() + usize::from(t.space));
        assert_eq!(total, text.len());
    }

    #[test]
    fn magnitudes_are_monotone_and_readable() {
        let mut last = i16::MIN;
        for value in [-8.0, -1.0, 0.0, 1e-20, 0.5, 1.0, 1.4, 1.5, 2.0, 1e9] {
            let Shape::Magnitude(step) = magnitude_shape(value) else { panic!("a magnitude") };
            assert!(step >= last, "{value}");
            last = step;
        }
        assert_eq!(magnitude_shape(1.6).describe().as_deref(), Some("value 1.5-2"));
        assert_eq!(duration_shape(100_000_000).describe().as_deref(), Some("duration 67 ms-134 ms"));
    }
}
