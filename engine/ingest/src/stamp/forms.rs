//! The forms of time stamps, each read at one place in a line.

mod clock;
mod numeric;

use super::Stamp;
use super::civil::{Civil, DayOrder, Years};
use super::zones::{self, Zone};

pub(super) use clock::dayless;

/// Reads the stamp that begins at `at`, whatever its form.
pub(super) fn read_at(line: &[u8], at: usize, years: Years) -> Option<Stamp> {
    let mut scan = Scan { line, at };
    let stamp = |civil: Civil, end: usize, yearless: Option<(u32, u32)>| {
        let (nanos, zone, order) = (civil.nanos_utc()?, civil.zone, civil.order);
        Some(Stamp { nanos, start: at, end, yearless, zone, order })
    };
    if !line.get(at)?.is_ascii_digit() {
        let (civil, yearless) = scan.named_month_first(years)?;
        return stamp(civil, scan.at, yearless);
    }
    let digits = line[at..].iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    let (civil, yearless) = match digits {
        4 => (scan.year_first()?, None),
        2 => match scan.two_digits_first(years) {
            Some(read) => read,
            None => (Scan { line, at }.numeric(years, &mut scan.at)?, None),
        },
        1 => match scan.day_month_name() {
            Some(civil) => (civil, None),
            None => (Scan { line, at }.numeric(years, &mut scan.at)?, None),
        },
        6 => (scan.six_digit_date()?, None),
        8 => (scan.eight_digit_date()?, None),
        10 | 13 | 16 | 19 if epoch_may_stand(line, at) => {
            let (nanos, used) = epoch_number(&line[at..])?;
            let (zone, order) = (Zone::Written, DayOrder::Clear);
            return Some(Stamp { nanos, start: at, end: at + used, yearless: None, zone, order });
        }
        _ => return None,
    };
    stamp(civil, scan.at, yearless)
}

/// Bare numbers are times only where a line begins, after the marks that introduce one, or in a field named so.
fn epoch_may_stand(line: &[u8], at: usize) -> bool {
    const NAMES: [&[u8]; 9] = [
        b"ts=",
        b"time=",
        b"timestamp=",
        b"audit(",
        b"\"ts\":",
        b"\"time\":",
        b"\"timestamp\":",
        b"t=",
        b"@",
    ];
    let before = &line[..at];
    before.iter().all(|byte| matches!(byte, b' ' | b'[' | b'(' | b'-' | b'"'))
        || NAMES.iter().any(|name| before.ends_with(name))
        || before.strip_suffix(b": ").is_some_and(|before| {
            NAMES.iter().any(|name| name.strip_suffix(b":").is_some_and(|name| before.ends_with(name)))
        })
}

/// Seconds, milliseconds, microseconds or nanoseconds by magnitude, with a fraction; and how many bytes it took.
pub(super) fn epoch_number(text: &[u8]) -> Option<(i64, usize)> {
    const EARLIEST_SECONDS: i64 = 631_152_000;
    const LATEST_SECONDS: i64 = 4_102_444_800;
    let mut scan = Scan { line: text, at: 0 };
    let (whole, _) = scan.number(1, 19)?;
    let (nanos_a_unit, decimals) = match whole {
        0..100_000_000_000 => (1_000_000_000, 9),
        100_000_000_000..100_000_000_000_000 => (1_000_000, 6),
        100_000_000_000_000..100_000_000_000_000_000 => (1_000, 3),
        _ => (1, 0),
    };
    let whole_nanos = i64::try_from(whole).ok()?.checked_mul(nanos_a_unit)?;
    let mut fraction_nanos = 0;
    if decimals > 0 && scan.peek() == Some(b'.') {
        let mark = scan.at;
        scan.at += 1;
        match scan.fraction(decimals) {
            Some(value) => fraction_nanos = value,
            None => scan.at = mark,
        }
    }
    let is_plausible = (EARLIEST_SECONDS..LATEST_SECONDS).contains(&(whole_nanos / 1_000_000_000));
    let is_bounded = !scan.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_plausible && is_bounded).then(|| (whole_nanos + i64::from(fraction_nanos), scan.at))
}

/// A place in a line that moves on as parts of a stamp are read.
struct Scan<'a> {
    line: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn eat_any(&mut self, bytes: &[u8]) -> Option<u8> {
        let byte = self.peek()?;
        bytes.contains(&byte).then(|| {
            self.at += 1;
            byte
        })
    }

    /// A number of `least..=most` digits with no digit after it, and how many digits it has.
    fn number(&mut self, least: usize, most: usize) -> Option<(u64, usize)> {
        let begin = self.at;
        let mut value = 0_u64;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            if self.at - begin == most {
                return None;
            }
            value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
            self.at += 1;
        }
        let count = self.at - begin;
        (count >= least).then_some((value, count))
    }

    /// Exactly `count` digits, whatever follows.
    fn digits(&mut self, count: usize) -> Option<u32> {
        let mut value = 0;
        for &byte in self.line.get(self.at..self.at + count)? {
            if !byte.is_ascii_digit() {
                return None;
            }
            value = value * 10 + u32::from(byte - b'0');
        }
        self.at += count;
        Some(value)
    }

    /// One or two digits with no digit after them.
    fn short(&mut self) -> Option<u32> {
        self.number(1, 2).map(|(value, _)| value as u32)
    }

    fn month_name(&mut self) -> Option<u32> {
        let month = match &self.lower_letters()? {
            b"jan" => 1,
            b"feb" => 2,
            b"mar" => 3,
            b"apr" => 4,
            b"may" => 5,
            b"jun" => 6,
            b"jul" => 7,
            b"aug" => 8,
            b"sep" => 9,
            b"oct" => 10,
            b"nov" => 11,
            b"dec" => 12,
            _ => return None,
        };
        self.at += 3;
        Some(month)
    }

    fn is_weekday(&self) -> bool {
        let days = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];
        self.lower_letters().is_some_and(|letters| days.contains(&&letters))
    }

    /// The next three bytes, letters among them in lower case.
    fn lower_letters(&self) -> Option<[u8; 3]> {
        let mut letters = *self.line[self.at..].first_chunk::<3>()?;
        letters.make_ascii_lowercase();
        Some(letters)
    }

    /// A decimal fraction of a unit of `10^decimals` nanoseconds; digits beyond the nanosecond are read and dropped.
    fn fraction(&mut self, decimals: u32) -> Option<u32> {
        let begin = self.at;
        let mut value = 0;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            if ((self.at - begin) as u32) < decimals {
                value = value * 10 + u32::from(digit - b'0');
            }
            self.at += 1;
        }
        let read = ((self.at - begin) as u32).min(decimals);
        (self.at > begin).then(|| value * 10_u32.pow(decimals - read))
    }

    /// `Z`, `UTC`, `CEST`, `+02:00`, `+0200` or `+02`, after one blank at most; without any of them the time is UTC.
    fn zone(&mut self, civil: &mut Civil) {
        let mark = self.at;
        let spaced = self.eat(b' ').is_some();
        if self.zone_name(civil, spaced).is_some() {
            return;
        }
        if self.zone_offset(civil, spaced).is_some() {
            civil.zone = Zone::Written;
        } else {
            self.at = mark;
        }
    }

    /// The name of a zone as a word by itself. Right behind the clock only UTC's own may stand.
    fn zone_name(&mut self, civil: &mut Civil, spaced: bool) -> Option<()> {
        let rest = self.line.get(self.at..)?;
        let is_letter = |byte: &&u8| byte.is_ascii_alphabetic();
        let letters = rest.iter().take(zones::MOST_LETTERS + 1).take_while(is_letter).count();
        let is_joined = rest.get(letters + 1).is_some_and(u8::is_ascii_alphabetic);
        let goes_on = rest.get(letters).is_some_and(|byte| {
            byte.is_ascii_digit() || matches!(byte, b'_' | b'/') || *byte == b'-' && is_joined
        });
        let (name, is_z) = (&rest[..letters], matches!(&rest[..letters], b"Z" | b"z"));
        let may_stand = if spaced { !is_z } else { is_z || matches!(name, b"UTC" | b"GMT") };
        if goes_on || !may_stand {
            return None;
        }
        let (zone, seconds) = if is_z { (Zone::Written, 0) } else { zones::of_name(name)? };
        (civil.zone, civil.zone_seconds) = (zone, seconds);
        self.at += letters;
        Some(())
    }

    fn zone_offset(&mut self, civil: &mut Civil, spaced: bool) -> Option<()> {
        let sign = if self.eat_any(b"+-")? == b'-' { -1 } else { 1 };
        let hours = self.digits(2)?;
        let has_colon = self.eat(b':').is_some();
        let has_minutes = has_colon || self.peek().is_some_and(|byte| byte.is_ascii_digit());
        let minutes = if has_minutes { self.digits(2)? } else { 0 };
        // PostgreSQL writes `+03 [77]` where its zone has no name.
        let may_stand = !spaced || has_minutes || self.line[self.at..].starts_with(b" [");
        let is_zone = hours <= 18 && minutes < 60 && may_stand;
        let goes_on = self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric());
        (is_zone && !goes_on).then(|| civil.zone_seconds = sign * (hours * 3600 + minutes * 60) as i32)
    }

    /// `2015-05-17T10:05:03.123Z` and its relatives, `2005-06-03-15.42.50.675872`.
    fn year_first(&mut self) -> Option<Civil> {
        let mut civil = Civil { year: self.digits(4)? as i32, ..Civil::default() };
        let separator = self.eat_any(b"-/.")?;
        civil.month = self.short()?;
        self.eat(separator)?;
        civil.day = self.short()?;
        match self.eat_any(b"Tt -:")? {
            b'-' => self.dotted_clock(&mut civil)?,
            between => {
                if between == b' ' {
                    let _ = self.eat(b' ');
                }
                self.clock(&mut civil)?;
                self.half_of_day(&mut civil);
            }
        }
        self.zone(&mut civil);
        Some(civil)
    }

    /// `17/May/2015:10:05:03 +0000`, `17 May 2015 10:05:03`, `15/05/17 10:05:03`, `05-17 10:05:03.123`.
    fn two_digits_first(&mut self, years: Years) -> Option<(Civil, Option<(u32, u32)>)> {
        let mark = self.at;
        if let Some(civil) = self.day_month_name() {
            return Some((civil, None));
        }
        self.at = mark;
        let first = self.digits(2)?;
        let separator = self.eat_any(b"/-")?;
        let second = self.digits(2)?;
        let mut civil = Civil::default();
        if separator == b'/' {
            self.eat(b'/')?;
            let third = self.digits(2)?;
            self.eat(b' ')?;
            let (year, month, day) = years.short.of([first, second, third]);
            (civil.year, civil.month, civil.day) = (century(year), month, day);
            civil.order = DayOrder::Short(years.short);
            self.clock(&mut civil)?;
            self.zone(&mut civil);
            return Some((civil, None));
        }
        self.eat(b' ')?;
        (civil.year, civil.month, civil.day) = (years.year_of(first, second), first, second);
        self.clock(&mut civil)?;
        self.zone(&mut civil);
        Some((civil, Some((first, second))))
    }

    /// `17/May/2015:10:05:03 +0000`, `6 Nov 1994 08:49:37 GMT`, `17-May-2015 10:05:03`.
    fn day_month_name(&mut self) -> Option<Civil> {
        let mut civil = Civil { day: self.short()?, ..Civil::default() };
        let separator = self.eat_any(b"/- ")?;
        civil.month = self.month_name()?;
        self.eat(separator)?;
        civil.year = self.digits(4)? as i32;
        self.eat_any(b": ")?;
        self.clock(&mut civil)?;
        self.zone(&mut civil);
        Some(civil)
    }

    /// `081109 203615`, `150517 10:05:03`.
    fn six_digit_date(&mut self) -> Option<Civil> {
        let mut civil = Civil { year: century(self.digits(2)?), ..Civil::default() };
        (civil.month, civil.day) = (self.digits(2)?, self.digits(2)?);
        self.eat(b' ')?;
        if self.line.get(self.at + 6).is_none_or(|byte| !byte.is_ascii_digit())
            && self.compact_clock(&mut civil)
        {
            return Some(civil);
        }
        let _ = self.eat(b' ');
        self.clock(&mut civil)?;
        Some(civil)
    }

    /// `20171223-22:15:29:606`, `20150517T100503.123Z`, `20150517 10:05:03`.
    fn eight_digit_date(&mut self) -> Option<Civil> {
        let mut civil = Civil { year: self.digits(4)? as i32, ..Civil::default() };
        (civil.month, civil.day) = (self.digits(2)?, self.digits(2)?);
        self.eat_any(b"-T ")?;
        if self.compact_clock(&mut civil) {
            self.clock_fraction(&mut civil, b".,");
            self.no_digit_follows()?;
        } else {
            civil.hour = self.short()?;
            self.eat(b':')?;
            civil.minute = self.short()?;
            self.eat(b':')?;
            civil.second = self.short()?;
            self.last_colon_millis(&mut civil);
        }
        self.zone(&mut civil);
        Some(civil)
    }

    /// `Mar 27 13:06:56`, `Mar 27 2015 13:06:56`, `Sun Dec 04 04:47:44 2005`, and glog's `I0517 10:05:03.123456`.
    fn named_month_first(&mut self, years: Years) -> Option<(Civil, Option<(u32, u32)>)> {
        if let Some(found) = self.glog(years) {
            return Some(found);
        }
        let after_weekday = self.is_weekday();
        if after_weekday {
            self.at += 3;
            self.eat(b' ')?;
        }
        let mut civil = Civil { month: self.month_name()?, ..Civil::default() };
        self.eat(b' ')?;
        let _ = self.eat(b' ');
        civil.day = self.short()?;
        if self.eat(b',').is_some() {
            return Some((self.after_comma(civil)?, None));
        }
        self.eat(b' ')?;
        let mark = self.at;
        if let Some(year) = self.digits(4).filter(|_| self.peek() == Some(b' ')) {
            self.at += 1;
            civil.year = year as i32;
            self.clock(&mut civil)?;
            self.zone(&mut civil);
            return Some((civil, None));
        }
        self.at = mark;
        self.clock(&mut civil)?;
        if after_weekday && self.year_after(&mut civil).is_some() {
            return Some((civil, None));
        }
        self.zone_before_colon(&mut civil);
        let date = (civil.month, civil.day);
        civil.year = years.year_of(civil.month, civil.day);
        Some((civil, Some(date)))
    }

    /// The zone of a device that ends its stamps with a colon: `Mar  1 10:00:00.123 UTC: %SYS-5-X`. Elsewhere what stands
    /// behind a stamp without a year is the name of a host.
    fn zone_before_colon(&mut self, civil: &mut Civil) {
        let (mark, before) = (self.at, *civil);
        self.zone(civil);
        if self.peek() != Some(b':') {
            (self.at, *civil) = (mark, before);
        }
    }

    /// The year behind the clock, and the zone between them that `date` writes.
    fn year_after(&mut self, civil: &mut Civil) -> Option<()> {
        let mut ahead = Scan { line: self.line, at: self.at };
        ahead.zone(civil);
        ahead.eat(b' ')?;
        let year = ahead.digits(4)? as i32;
        ahead.no_digit_follows()?;
        civil.year = year;
        self.at = ahead.at;
        Some(())
    }

    fn glog(&mut self, years: Years) -> Option<(Civil, Option<(u32, u32)>)> {
        let mut ahead = Scan { line: self.line, at: self.at };
        ahead.eat_any(b"IWEF")?;
        let (month, day) = (ahead.digits(2)?, ahead.digits(2)?);
        ahead.eat(b' ')?;
        let mut civil = Civil { year: years.year_of(month, day), month, day, ..Civil::default() };
        ahead.clock(&mut civil)?;
        self.at = ahead.at;
        Some((civil, Some((month, day))))
    }
}

/// Two-digit years by the POSIX rule: 69-99 are 1969-1999, 00-68 are 2000-2068.
fn century(year: u32) -> i32 {
    year as i32 + if year < 69 { 2000 } else { 1900 }
}
