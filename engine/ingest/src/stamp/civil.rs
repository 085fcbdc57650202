//! Calendar dates to nanoseconds, in the proleptic Gregorian calendar and without a time zone database.

use super::zones::Zone;

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// A leap year's half: a step back of that size or more over the calendar is one over the new year.
const HALF_A_YEAR_DAYS: i64 = 183;
/// A step of all but two weeks of a year to a later day of the calendar is one back over the new year: a line that is late.
const NEARLY_A_YEAR_DAYS: i64 = 352;

/// A date and time of day as written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i32,
    pub(crate) month: u32,
    pub(crate) day: u32,
    pub(crate) hour: u32,
    pub(crate) minute: u32,
    pub(crate) second: u32,
    pub(crate) nanos: u32,
    /// East of UTC.
    pub(crate) zone_seconds: i32,
    /// What is written of the zone.
    pub(crate) zone: Zone,
    /// Where day and month are numbers behind one another.
    pub(crate) order: DayOrder,
}

/// Which of two numbers is the day and which the month, by the numbers alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DayOrder {
    /// They stand where only one of them can, or are the same.
    #[default]
    Clear,
    /// The first is no month.
    DayFirst,
    /// The second is no month.
    MonthFirst,
    /// It could be either way round.
    Open,
    /// They are three of two digits each, of which the year could be the first or the last; how they are taken.
    Short(ShortDates),
}

/// How a date of three numbers of two digits each is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ShortDates {
    /// As Spark writes it.
    #[default]
    YearMonthDay,
    DayMonthYear,
    MonthDayYear,
}

impl ShortDates {
    pub(crate) const ALL: [Self; 3] = [Self::YearMonthDay, Self::DayMonthYear, Self::MonthDayYear];

    /// Year, month and day, of which the year is without its century.
    pub(super) const fn of(self, [first, second, third]: [u32; 3]) -> (u32, u32, u32) {
        match self {
            Self::YearMonthDay => (first, second, third),
            Self::DayMonthYear => (third, second, first),
            Self::MonthDayYear => (third, first, second),
        }
    }

    /// What it is called in words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::YearMonthDay => "year, month, day",
            Self::DayMonthYear => "day, month, year",
            Self::MonthDayYear => "month, day, year",
        }
    }
}

impl Civil {
    /// Nanoseconds since 1970-01-01 UTC; `None` where a part is out of range or the time does not fit.
    /// A leap second counts as the first second of the next minute.
    pub(crate) fn nanos_utc(self) -> Option<i64> {
        let is_time = self.hour < 24 && self.minute < 60 && self.second <= 60;
        if !is_time || !is_date(self.year, self.month, self.day) {
            return None;
        }
        let days = days_since_epoch(self.year, self.month, self.day);
        let of_day = i64::from(self.hour * 3600 + self.minute * 60 + self.second);
        let seconds = days * SECONDS_PER_DAY + of_day - i64::from(self.zone_seconds);
        seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(i64::from(self.nanos))
    }
}

fn is_date(year: i32, month: u32, day: u32) -> bool {
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    (1..=last).contains(&day)
}

const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days from 1970-01-01 to the date, by Howard Hinnant's `days_from_civil`
/// (<https://howardhinnant.github.io/date_algorithms.html>).
pub(crate) fn days_since_epoch(year: i32, month: u32, day: u32) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = i64::from((153 * ((month + 9) % 12) + 2) / 5 + day - 1);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// What a capture's stamps leave open: above all the year of a stamp that names none.
///
/// A capture runs forward: without years, a day that stands half a year or more before its first stamp in the calendar belongs
/// to the year after, one that stands behind it to the same year, unless nothing but a line that is late by days could be
/// that far behind. Lines that are a little late stay where they are. That depends on the capture's beginning alone, so
/// reading can begin anywhere in it and give the same times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Years {
    pub(crate) assumed: i32,
    pub(crate) first: Option<(u32, u32)>,
    /// Whether of two numbers that could each be the month the first is the day, as the capture's other stamps show.
    pub(crate) day_first: bool,
    pub(crate) short: ShortDates,
    /// Whether a number that could be a time since 1970 is taken for it, as no line has a stamp and each has such a number.
    pub(crate) from_numbers: bool,
}

impl Years {
    pub(crate) const fn new(assumed: i32) -> Self {
        Self { assumed, first: None, day_first: false, short: ShortDates::YearMonthDay, from_numbers: false }
    }

    /// The year for this month and day. 29 February moves on to the next leap year, for only there it exists;
    /// what is no date at all may have any year, for it is no date in none.
    pub(crate) fn year_of(self, month: u32, day: u32) -> i32 {
        if !is_date(1972, month, day) {
            return self.assumed;
        }
        let turn = self.first.map_or(0, |first| turn_of_year(first, (month, day)));
        let year = self.assumed.saturating_add(turn);
        if (month, day) != (2, 29) {
            return year;
        }
        (year..year.saturating_add(8)).find(|&year| is_leap(year)).unwrap_or(year)
    }
}

/// In which year a day lies that follows a first one in a capture: the same, the one after or the one before.
fn turn_of_year(first: (u32, u32), (month, day): (u32, u32)) -> i32 {
    // In a leap year every month and day that can be written exists.
    let step = days_since_epoch(1972, month, day) - days_since_epoch(1972, first.0, first.1);
    match step {
        days if days <= -HALF_A_YEAR_DAYS => 1,
        NEARLY_A_YEAR_DAYS.. => -1,
        _ => 0,
    }
}

/// The year of a capture's first stamp, so that its last one, or the first where that is all that is known, lies as late as
/// it can and not after this time. A day is allowed for zones.
pub(crate) fn latest_year(first: (u32, u32), last: Option<(u32, u32)>, written_nanos: i64) -> i32 {
    let most_days = written_nanos.div_euclid(NANOS_PER_SECOND * SECONDS_PER_DAY) + 1;
    let (month, day) = last.unwrap_or(first);
    // A year is at least 365 days long, so the first guess is never too early.
    let latest = (1970 + most_days.div_euclid(365)).clamp(1, 9999) as i32;
    // 29 February comes again after eight years at most.
    let fits = |year: &i32| is_date(*year, month, day) && days_since_epoch(*year, month, day) <= most_days;
    let year = (latest - 200..=latest).rev().find(fits).unwrap_or(latest);
    year - turn_of_year(first, (month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_match_known_dates() {
        for (year, month, day, days) in [
            (1970, 1, 1, 0),
            (1969, 12, 31, -1),
            (2000, 2, 29, 11_016),
            (2015, 5, 17, 16_572),
            (1600, 3, 1, -135_080),
        ] {
            assert_eq!(days_since_epoch(year, month, day), days, "{year}-{month}-{day}");
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut days = days_since_epoch(1999, 12, 31);
        for year in 2000..2005 {
            for month in 1..=12 {
                for day in (1..=31).filter(|&day| is_date(year, month, day)) {
                    days += 1;
                    assert_eq!(days_since_epoch(year, month, day), days, "{year}-{month}-{day}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_date_or_time_is_refused() {
        let good =
            Civil { year: 2023, month: 2, day: 28, hour: 23, minute: 59, second: 60, ..Civil::default() };
        assert_eq!(
            good.nanos_utc(),
            Civil { month: 3, day: 1, hour: 0, minute: 0, second: 0, ..good }.nanos_utc()
        );
        for bad in [
            Civil { day: 29, ..good },
            Civil { day: 0, ..good },
            Civil { month: 13, ..good },
            Civil { month: 0, ..good },
            Civil { hour: 24, ..good },
            Civil { minute: 60, ..good },
            Civil { second: 61, ..good },
            Civil { year: 9999, ..good },
        ] {
            assert_eq!(bad.nanos_utc(), None, "{bad:?}");
        }
    }

    #[test]
    fn a_capture_over_new_year_goes_on_into_the_next() {
        let years = Years { first: Some((12, 30)), ..Years::new(2023) };
        assert_eq!(years.year_of(12, 31), 2023);
        assert_eq!(years.year_of(12, 29), 2023, "a little out of order is not a year");
        assert_eq!(years.year_of(11, 2), 2023, "nor is a line that was held back for weeks");
        assert_eq!(years.year_of(1, 1), 2024);
        assert_eq!(years.year_of(2, 29), 2024);
        assert_eq!(Years::new(1970).year_of(2, 29), 1972);
    }

    #[test]
    fn the_year_is_the_latest_in_which_the_last_stamp_is_not_after_the_writing() {
        let nanos = |year, month, day| days_since_epoch(year, month, day) * 86_400 * NANOS_PER_SECOND;
        for (first, last, written, year) in [
            ((1, 5), None, nanos(2023, 6, 1), 2023),
            ((6, 2), None, nanos(2023, 6, 1), 2023),
            ((6, 3), None, nanos(2023, 6, 1), 2022),
            ((12, 31), Some((1, 2)), nanos(2023, 1, 2), 2022),
            ((1, 1), Some((12, 31)), nanos(2023, 6, 1), 2023),
            ((1, 5), Some((11, 20)), nanos(2023, 11, 20), 2023),
            ((2, 29), None, nanos(2023, 6, 1), 2020),
            ((5, 1), Some((6, 1)), nanos(1970, 6, 1), 1970),
            ((5, 1), None, i64::MAX, 2261),
        ] {
            assert_eq!(latest_year(first, last, written), year, "{first:?} {last:?}");
        }
    }

    #[test]
    fn a_late_line_stays_in_its_year_and_one_from_before_new_year_steps_back() {
        let years = Years { first: Some((3, 10)), ..Years::new(2024) };
        assert_eq!([(3, 8), (1, 1), (8, 1)].map(|(month, day)| years.year_of(month, day)), [2024; 3]);
        let years = Years { first: Some((1, 1)), ..Years::new(2024) };
        assert_eq!(years.year_of(12, 31), 2023);
        assert_eq!(years.year_of(5, 31), 2024);
        assert_eq!(years.year_of(11, 20), 2024, "most of a year is one that the capture runs through");
    }
}
