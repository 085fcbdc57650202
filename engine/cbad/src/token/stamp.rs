//! Time stamps inside a text. The record's own stamp is set apart by its reader; these are the others.

use super::scan::{is_word, run_end};

/// How a time stamp is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum StampKind {
    /// `2026-11-21T07:31:32.5Z`, with a blank for the T too (ISO 8601, RFC 3339).
    DateTime,
    /// `2026-11-21`.
    Date,
    /// `07:31:32`, with a fraction and a zone at times.
    Clock,
    /// `21 Nov 2026 07:31:32 +0000` (RFC 5322), `21/Nov/2026:07:31:32 +0000` (access logs).
    DayMonth,
    /// `Nov 21 07:31:32` (RFC 3164).
    Syslog,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Millis,
    /// Microseconds since 1970.
    Micros,
    /// Nanoseconds since 1970.
    Nanos,
}

impl StampKind {
    pub(super) const fn describe(self) -> &'static str {
        match self {
            Self::DateTime => "date and time",
            Self::Date => "date",
            Self::Clock => "time of day",
            Self::DayMonth => "date and time with the month's name",
            Self::Syslog => "date and time as in syslog",
            Self::Seconds => "seconds since 1970",
            Self::Millis => "milliseconds since 1970",
            Self::Micros => "microseconds since 1970",
            Self::Nanos => "nanoseconds since 1970",
        }
    }

    pub(super) const fn mark(self) -> &'static str {
        match self {
            Self::DateTime => "#dt",
            Self::Date => "#date",
            Self::Clock => "#time",
            Self::DayMonth => "#day",
            Self::Syslog => "#sys",
            Self::Seconds => "#es",
            Self::Millis => "#ems",
            Self::Micros => "#eus",
            Self::Nanos => "#ens",
        }
    }
}

/// A whole number that may be a time since 1970, by its number of digits: from May 2014 to May 2033. A wider range
/// would take more of the ids that happen to have as many digits.
pub(super) fn epoch(digits: &[u8]) -> Option<StampKind> {
    let kind = match digits.len() {
        10 => StampKind::Seconds,
        13 => StampKind::Millis,
        16 => StampKind::Micros,
        19 => StampKind::Nanos,
        _ => return None,
    };
    (*b"14"..=*b"19").contains(&[digits[0], digits[1]]).then_some(kind)
}

/// What begins with a digit run of `start..digits_end`.
pub(super) fn find(text: &[u8], start: usize, digits_end: usize) -> Option<(StampKind, usize)> {
    match (digits_end - start, *text.get(digits_end)?) {
        (2, b':') => Some((StampKind::Clock, clock_end(text, start)?)),
        (4, b'-' | b'/') => {
            let date = date_end(text, start)?;
            let clock = match text.get(date) {
                Some(b'T' | b't' | b' ' | b'_') => clock_end(text, date + 1),
                _ => None,
            };
            match clock {
                Some(end) => Some((StampKind::DateTime, end)),
                None => ends_here(text, date).then_some((StampKind::Date, date)),
            }
        }
        (1 | 2, b' ' | b'/' | b'-') => Some((StampKind::DayMonth, day_month_end(text, digits_end)?)),
        _ => None,
    }
}

/// `20261121T073132Z` and the same without the zone: one run of digits and letters.
pub(super) fn is_compact(run: &[u8]) -> bool {
    let zone = run.len() == 15 || run.len() == 16 && run[15] == b'Z';
    zone && run[8] == b'T'
        && run[..8].iter().chain(&run[9..15]).all(u8::is_ascii_digit)
        && within(run, 4, 1, 12)
        && within(run, 6, 1, 31)
        && within(run, 9, 0, 23)
}

/// `Nov 21 07:31:32` or `Nov  1 07:31:32` behind a word of three letters that ends at `month_end`.
pub(super) fn syslog_end(text: &[u8], month_end: usize) -> Option<usize> {
    if !is_month(&text[month_end - 3..month_end]) || text.get(month_end) != Some(&b' ') {
        return None;
    }
    let day = month_end + 1 + usize::from(text.get(month_end + 1) == Some(&b' '));
    let day_end = run_end(text, day, |b| b.is_ascii_digit());
    if !matches!(day_end - day, 1 | 2) || text.get(day_end) != Some(&b' ') {
        return None;
    }
    clock_end(text, day_end + 1)
}

/// Two digits at `at` within a range.
fn within(text: &[u8], at: usize, low: u8, high: u8) -> bool {
    match text.get(at..at + 2) {
        Some(&[tens @ b'0'..=b'9', ones @ b'0'..=b'9']) => {
            (low..=high).contains(&((tens - b'0') * 10 + ones - b'0'))
        }
        _ => false,
    }
}

fn ends_here(text: &[u8], end: usize) -> bool {
    text.get(end).is_none_or(|&b| !is_word(b) && b != b'-')
}

fn date_end(text: &[u8], start: usize) -> Option<usize> {
    let separator = text[start + 4];
    let shaped = matches!(&text[start..start + 2], b"19" | b"20" | b"21")
        && within(text, start + 5, 1, 12)
        && text.get(start + 7) == Some(&separator)
        && within(text, start + 8, 1, 31);
    let end = start + 10;
    (shaped && text.get(end).is_none_or(|b| !b.is_ascii_digit())).then_some(end)
}

/// The end of `hh:mm:ss` with a fraction and a zone where there are.
fn clock_end(text: &[u8], start: usize) -> Option<usize> {
    let shaped = within(text, start, 0, 23)
        && text.get(start + 2) == Some(&b':')
        && within(text, start + 3, 0, 59)
        && text.get(start + 5) == Some(&b':')
        && within(text, start + 6, 0, 60);
    if !shaped {
        return None;
    }
    let mut end = start + 8;
    let fraction_end = |from: usize| run_end(text, from, |b| b.is_ascii_digit());
    match text.get(end) {
        Some(b'.') => {
            let stop = fraction_end(end + 1);
            end = if (1..=9).contains(&(stop - end - 1)) { stop } else { end };
        }
        // A comma also parts values; milliseconds have three digits.
        Some(b',') if fraction_end(end + 1) - end == 4 => end += 4,
        _ => {}
    }
    end = zone_end(text, end);
    text.get(end).is_none_or(|&b| !is_word(b) && b != b':').then_some(end)
}

/// Behind a clock: `Z`, `+0000`, ` +00:00`, or nothing.
fn zone_end(text: &[u8], at: usize) -> usize {
    if text.get(at) == Some(&b'Z') {
        return at + 1;
    }
    let sign = at + usize::from(text.get(at) == Some(&b' '));
    if !matches!(text.get(sign), Some(b'+' | b'-')) || !within(text, sign + 1, 0, 14) {
        return at;
    }
    let minutes = sign + 3 + usize::from(text.get(sign + 3) == Some(&b':'));
    let ends = text.get(minutes + 2).is_none_or(|&b| !is_word(b));
    if within(text, minutes, 0, 59) && ends { minutes + 2 } else { at }
}

fn is_month(word: &[u8]) -> bool {
    const MONTHS: [&[u8; 3]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    MONTHS.iter().any(|month| word == *month)
}

/// `21 Nov 2026 07:31:32 +0000` with its separators; the clock is part of it.
fn day_month_end(text: &[u8], day_end: usize) -> Option<usize> {
    let separator = text[day_end];
    let month = text.get(day_end + 1..day_end + 4)?;
    let year = day_end + 5;
    let shaped = month[0].is_ascii_uppercase()
        && is_month(month)
        && text.get(day_end + 4) == Some(&separator)
        && text.get(year..year + 4)?.iter().all(u8::is_ascii_digit)
        && matches!(text.get(year + 4), Some(b' ' | b':'));
    if shaped { clock_end(text, year + 5) } else { None }
}
