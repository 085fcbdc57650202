//! Dates as people write them: day and month as numbers, or the year behind a comma; and clocks of twelve hours.

use super::{Scan, century};
use crate::stamp::civil::{Civil, DayOrder, ShortDates, Years};

/// What newer versions of the Unicode locale data put before AM and PM.
const NARROW_BLANK: &[u8] = "\u{202f}".as_bytes();

impl Scan<'_> {
    /// `11/20/2026 8:05:03 PM`, `20/11/2026 20:05:03`, `20.11.2026 20:05:03`, `11/20/2026, 8:05 PM`,
    /// `1/9/26 20:05:03`; moves `end` behind it.
    pub(super) fn numeric(mut self, years: Years, end: &mut usize) -> Option<Civil> {
        let first = self.short()?;
        let separator = self.eat_any(b"/.-")?;
        let second = self.short()?;
        self.eat(separator)?;
        let year = match self.digits(4) {
            Some(year) => year as i32,
            None if separator == b'/' => century(self.digits(2)?),
            None => return None,
        };
        let mut civil = Civil { year, ..Civil::default() };
        let _ = self.eat(b',');
        self.eat_any(b" T")?;
        let _ = self.eat(b' ');
        self.clock_of_minutes(&mut civil)?;
        self.half_of_day(&mut civil);
        self.zone(&mut civil);
        civil.order = match (first, second) {
            _ if separator == b'.' || first == second => DayOrder::Clear,
            (13.., _) => DayOrder::DayFirst,
            (_, 13..) => DayOrder::MonthFirst,
            _ => DayOrder::Open,
        };
        let day_first = match civil.order {
            DayOrder::Clear | DayOrder::DayFirst => true,
            DayOrder::Open => years.day_first || years.short == ShortDates::DayMonthYear,
            DayOrder::MonthFirst | DayOrder::Short(_) => false,
        };
        (civil.day, civil.month) = if day_first { (first, second) } else { (second, first) };
        *end = self.at;
        Some(civil)
    }

    /// `Nov 20, 2026 8:05:03 PM`, `Nov 20, 2026, 8:05:03 PM`, `Nov 20, 2026 @ 20:05:03.123`, from behind the first comma on.
    pub(super) fn after_comma(&mut self, mut civil: Civil) -> Option<Civil> {
        self.eat(b' ')?;
        civil.year = self.digits(4)? as i32;
        let _ = self.eat(b',');
        self.eat(b' ')?;
        if self.eat(b'@').is_some() {
            self.eat(b' ')?;
        }
        self.clock_of_minutes(&mut civil)?;
        self.half_of_day(&mut civil);
        self.zone(&mut civil);
        Some(civil)
    }

    /// A clock that may have no seconds; whether it has them.
    pub(super) fn clock_of_minutes(&mut self, civil: &mut Civil) -> Option<bool> {
        let mark = self.at;
        if self.clock(civil).is_some() {
            return Some(true);
        }
        self.at = mark;
        civil.hour = self.short()?;
        self.eat(b':')?;
        civil.minute = self.digits(2)?;
        civil.second = 0;
        self.no_digit_follows().map(|()| false)
    }

    /// `AM` or `PM` behind a clock of twelve hours.
    pub(super) fn half_of_day(&mut self, civil: &mut Civil) {
        let rest = &self.line[self.at..];
        let blank = if rest.starts_with(NARROW_BLANK) {
            NARROW_BLANK.len()
        } else {
            usize::from(rest.starts_with(b" "))
        };
        let is_afternoon = match rest.get(blank..blank + 2) {
            Some([b'A' | b'a', b'M' | b'm']) => false,
            Some([b'P' | b'p', b'M' | b'm']) => true,
            _ => return,
        };
        let goes_on = rest.get(blank + 2).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        if !goes_on && (1..=12).contains(&civil.hour) {
            civil.hour = civil.hour % 12 + if is_afternoon { 12 } else { 0 };
            self.at += blank + 2;
        }
    }
}
