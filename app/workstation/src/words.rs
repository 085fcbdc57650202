//! Numbers, times and sizes as a person reads them. The same everywhere in the window.

use serde::{Deserialize, Serialize};
use std::cell::Cell;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

/// In which zone times are shown. Evidence and command lines stay UTC; what is exported says its distance from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Zone {
    /// UTC.
    #[default]
    Utc,
    /// That of this computer, with its summer time.
    Local,
    /// A fixed distance from UTC, in minutes, east positive.
    Fixed(i16),
}

impl Zone {
    /// Farthest distance from UTC, in minutes, that any place on earth has had.
    pub(crate) const FARTHEST_MINUTES: i16 = 16 * 60;

    fn offset(self, nanos: i64) -> UtcOffset {
        let seconds = match self {
            Self::Utc => 0,
            Self::Local => jiff::Timestamp::from_nanosecond(i128::from(nanos))
                .map_or(0, |at| jiff::tz::TimeZone::system().to_offset(at).seconds()),
            Self::Fixed(minutes) => i32::from(minutes) * 60,
        };
        UtcOffset::from_whole_seconds(seconds).unwrap_or(UtcOffset::UTC)
    }
}

thread_local! {
    // Views show times in some thirty places, deep in pictures and lists, always on the thread of the window: there the
    // zone is a property of the display as the size of its pixels is. Nothing that is stored or computed asks for it.
    static SHOWN: Cell<Zone> = const { Cell::new(Zone::Utc) };
}

/// From now on times are shown so, on this thread.
pub(crate) fn show_times_in(zone: Zone) {
    SHOWN.set(zone);
}

/// Seconds between UTC and the zone shown, at this time.
pub(crate) fn offset_seconds(nanos: i64) -> i32 {
    SHOWN.get().offset(nanos).whole_seconds()
}

/// The zone shown, at this time: `UTC`, `UTC+02:00`.
pub(crate) fn zone(nanos: i64) -> String {
    let (hours, minutes, _) = SHOWN.get().offset(nanos).as_hms();
    if (hours, minutes) == (0, 0) {
        return "UTC".to_owned();
    }
    let sign = if hours < 0 || minutes < 0 { '−' } else { '+' };
    format!("UTC{sign}{:02}:{:02}", hours.unsigned_abs(), minutes.unsigned_abs())
}

/// A count with thin groups: `12,345`.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 event`, `12 events`.
pub(crate) fn counted(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// A size in binary units: `3.4 MiB`.
pub(crate) fn bytes(value: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if value < 1024 {
        return counted(value, "byte", "bytes");
    }
    let mut size = value as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1000.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// Bits with one decimal below 1000: `12.3 bits`, `12,040 bits`.
pub(crate) fn bits(value: f64) -> String {
    // From 1000 on a tenth of a bit says nothing, and the column has no room for it.
    if value.abs() < 1000.0 {
        return format!("{value:.1} bits");
    }
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{} bits", count(value.abs().round_ties_even() as u64))
}

/// A probability: three significant digits, never a bare 0.
pub(crate) fn probability(value: f64) -> String {
    if value >= 0.0995 {
        format!("{value:.2}")
    } else if value >= 0.000_995 {
        let decimals = if value >= 0.009_95 { 3 } else { 4 };
        format!("{value:.decimals$}")
    } else if value > 0.0 {
        let text = format!("{value:.1e}");
        let (digits, exponent) = text.split_once("e-").unwrap_or((&text, "0"));
        let raised = exponent.chars().filter_map(|c| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(c.to_digit(10)? as usize));
        format!("{digits} × 10⁻{}", raised.collect::<String>())
    } else {
        "below what a number can hold".to_owned()
    }
}

fn shown(nanos: i64) -> OffsetDateTime {
    // An i64 of nanoseconds spans the years 1677 to 2262, all of which the type holds with every offset.
    let utc =
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(nanos)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    utc.to_offset(SHOWN.get().offset(nanos))
}

/// `2015-05-17 10:05:03.123` in the zone shown.
pub(crate) fn time(nanos: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:3]");
    shown(nanos).format(&format).unwrap_or_default()
}

/// A time for other programs, to the nanosecond: `2015-05-17T12:05:03.5+02:00`, or with `Z` in UTC.
pub(crate) fn rfc3339(zone: Zone, nanos: i64) -> String {
    let (hours, minutes, seconds) = zone.offset(nanos).as_hms();
    let offset_seconds = zone.offset(nanos).whole_seconds();
    let shown = nanos.checked_add(i64::from(offset_seconds) * 1_000_000_000);
    // RFC 3339 has no seconds in an offset; zones of before 1900 do.
    let Some(shown) = shown.filter(|_| offset_seconds != 0 && seconds == 0) else {
        return cbad::rfc3339(nanos);
    };
    let sign = if offset_seconds < 0 { '-' } else { '+' };
    let local = cbad::rfc3339(shown);
    let local = local.strip_suffix('Z').unwrap_or(&local);
    format!("{local}{sign}{:02}:{:02}", hours.unsigned_abs(), minutes.unsigned_abs())
}

/// `10:05:03.123` in the zone shown.
pub(crate) fn clock(nanos: i64) -> String {
    let format = format_description!("[hour]:[minute]:[second].[subsecond digits:3]");
    shown(nanos).format(&format).unwrap_or_default()
}

/// `2015-05-17 10:05:03.123456789 UTC`.
pub(crate) fn exact_time(nanos: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:9]");
    format!("{} {}", shown(nanos).format(&format).unwrap_or_default(), zone(nanos))
}

/// A time in a place where `step_nanos` between neighbours says how much of it is needed.
pub(crate) fn tick(nanos: i64, step_nanos: f64) -> String {
    const SECOND: f64 = 1e9;
    let at = shown(nanos);
    let text = if step_nanos >= 86_400.0 * SECOND {
        at.format(format_description!("[year]-[month]-[day]"))
    } else if step_nanos >= 60.0 * SECOND {
        if at.time() == time::Time::MIDNIGHT {
            at.format(format_description!("[month repr:short] [day padding:none]"))
        } else {
            at.format(format_description!("[hour]:[minute]"))
        }
    } else if step_nanos >= SECOND {
        at.format(format_description!("[hour]:[minute]:[second]"))
    } else {
        at.format(format_description!("[minute]:[second].[subsecond digits:3]"))
    };
    text.unwrap_or_default()
}

/// `10:05:03 to 10:07:00` with the day in front, as short as it stays clear.
pub(crate) fn span(start_nanos: i64, end_nanos: i64) -> String {
    let (start, end) = (shown(start_nanos), shown(end_nanos));
    let day = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let clock = format_description!("[hour]:[minute]:[second]");
    let from = start.format(&day).unwrap_or_default();
    let to = if start.date() == end.date() { end.format(&clock) } else { end.format(&day) };
    let to = to.unwrap_or_default();
    if from.ends_with(&to) { from } else { format!("{from} to {to}") }
}

/// Now, by the clock of this computer, in nanoseconds UTC.
pub(crate) fn now_nanos() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)
}

/// `10:05:03 to 10:07:00`, for a case within which the day goes without saying.
pub(crate) fn clock_span(start_nanos: i64, end_nanos: i64) -> String {
    let clock = format_description!("[hour]:[minute]:[second]");
    let from = shown(start_nanos).format(&clock).unwrap_or_default();
    let to = shown(end_nanos).format(&clock).unwrap_or_default();
    if from == to { from } else { format!("{from} to {to}") }
}

/// A length of time: `850 ms`, `12.5 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn duration(nanos: i64) -> String {
    let seconds = nanos as f64 / 1e9;
    match nanos {
        ..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.1} µs", nanos as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", nanos as f64 / 1e6),
        1_000_000_000..60_000_000_000 => format!("{seconds:.1} s"),
        60_000_000_000..3_600_000_000_000 => {
            format!("{} min {} s", nanos / 60_000_000_000, nanos / 1_000_000_000 % 60)
        }
        _ => format!("{} h {} min", nanos / 3_600_000_000_000, nanos / 60_000_000_000 % 60),
    }
}

/// A length of time that is itself a guess: `8 s`, `3 min`, `2 h 5 min`.
pub(crate) fn rough_duration(length: std::time::Duration) -> String {
    match length.as_secs() {
        0..=59 => format!("{} s", length.as_secs().max(1)),
        60..=3599 => format!("{} min", (length.as_secs() + 30) / 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// `207,042 to 207,150`: the first and the last byte.
pub(crate) fn byte_range(range: cbad::ByteRange) -> String {
    format!("{} to {}", count(range.offset), count(range.end().saturating_sub(1).max(range.offset)))
}

/// The end of a path that fits a line: its name, or the whole where it has none.
pub(crate) fn file_name(path: &std::path::Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr as _;

    #[test]
    fn numbers_read_well() {
        for (value, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (134_217_729, "134,217,729")] {
            assert_eq!(count(value), text);
        }
        for (value, text) in
            [(1, "1 byte"), (1023, "1,023 bytes"), (1536, "1.5 KiB"), (1_048_576_000, "1.0 GiB")]
        {
            assert_eq!(bytes(value), text);
        }
        for (value, text) in [
            (1.0, "1.00"),
            (0.05, "0.050"),
            (0.0042, "0.0042"),
            (0.000_012_3, "1.2 × 10⁻⁵"),
            (0.0, "below what a number can hold"),
        ] {
            assert_eq!(probability(value), text);
        }
        for (nanos, text) in [
            (12, "12 ns"),
            (1_500, "1.5 µs"),
            (850_000_000, "850.0 ms"),
            (12_500_000_000, "12.5 s"),
            (200_000_000_000, "3 min 20 s"),
            (7_500_000_000_000, "2 h 5 min"),
        ] {
            assert_eq!(duration(nanos), text);
        }
    }

    #[test]
    fn the_last_byte_is_within() {
        for (offset, length, text) in
            [(207_042, 109, "207,042 to 207,150"), (0, 1, "0 to 0"), (7, 0, "7 to 7")]
        {
            assert_eq!(byte_range(cbad::ByteRange { offset, length }), text);
        }
    }

    #[test]
    fn guesses_are_rough() {
        for (seconds, text) in [(0, "1 s"), (59, "59 s"), (60, "1 min"), (200, "3 min"), (7500, "2 h 5 min")]
        {
            assert_eq!(rough_duration(std::time::Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn times_read_well() {
        let at = 1_431_857_103_123_456_789;
        assert_eq!(time(at), "2015-05-17 10:05:03.123");
        assert_eq!(exact_time(at), "2015-05-17 10:05:03.123456789 UTC");
        assert_eq!(span(at, at + 117_000_000_000), "2015-05-17 10:05:03 to 10:07:00");
        assert_eq!(span(at, at), "2015-05-17 10:05:03");
        assert_eq!(span(at, at + 86_400_000_000_000), "2015-05-17 10:05:03 to 2015-05-18 10:05:03");
        assert_eq!(clock_span(at, at + 117_000_000_000), "10:05:03 to 10:07:00");
        assert_eq!(clock_span(at, at), "10:05:03");
        assert_eq!(tick(at, 6e10), "10:05");
        assert_eq!(tick(at, 1e9), "10:05:03");
        assert_eq!(tick(at, 1e6), "05:03.123");
        assert_eq!(time(i64::MIN), "1677-09-21 00:12:43.145");
    }

    #[test]
    fn times_are_shown_in_the_zone_that_was_chosen() {
        let at = 1_431_857_103_123_456_789;
        for (zone_shown, text, name) in [
            (Zone::Fixed(120), "2015-05-17 12:05:03.123", "UTC+02:00"),
            (Zone::Fixed(-210), "2015-05-17 06:35:03.123", "UTC−03:30"),
            (Zone::Utc, "2015-05-17 10:05:03.123", "UTC"),
        ] {
            show_times_in(zone_shown);
            assert_eq!((time(at), zone(at)), (text.to_owned(), name.to_owned()));
            assert!(exact_time(at).ends_with(name));
            assert_eq!(span(i64::MAX, i64::MAX).len(), 19, "no time is too far away for an offset");
        }
    }

    #[test]
    fn what_is_exported_says_the_zone_and_is_the_same_instant() {
        for (zone, text) in [
            (Zone::Utc, "1970-01-01T00:00:00.5Z"),
            (Zone::Fixed(330), "1970-01-01T05:30:00.5+05:30"),
            (Zone::Fixed(-90), "1969-12-31T22:30:00.5-01:30"),
        ] {
            assert_eq!(rfc3339(zone, 500_000_000), text);
            let parsed = jiff::Timestamp::from_str(text).expect("RFC 3339");
            assert_eq!(parsed.as_nanosecond(), 500_000_000);
        }
        assert!(rfc3339(Zone::Fixed(60), i64::MAX).ends_with('Z'), "what does not fit stays UTC");
    }
}
