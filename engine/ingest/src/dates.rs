//! In which order the numbers of a date stand that do not say so themselves, such as 03/11/2026 or 18/11/26: what the other dates
//! of the capture show.
//!
//! Looked at are all lines of a capture's first bytes, and of a file whose bytes are the capture's own, where those leave it
//! open, its end and some places between. The places between are the same whatever the length, so that a file that grows keeps
//! what it has shown.

use crate::probe::PROBE_BYTES;
use crate::stamp::{self, DayOrder, ShortDates, Stamp, Years};
use crate::times::YEAR_OF_LAST_RESORT;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::iter::{once, successors};
use std::path::Path;

/// What a capture's dates show of their order, as far as that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dates {
    /// Whether of two numbers that could each be the month the first is the day.
    pub(crate) day_first: Option<bool>,
    /// How dates of three numbers of two digits are read, and whether most of them can be read in no other way.
    pub(crate) short: ShortDates,
    pub(crate) is_short_shown: bool,
}

impl Dates {
    /// What is shown by a capture that begins with these decoded bytes, and by the file where its bytes are the capture's own.
    pub(crate) fn of(begin: &[u8], plain: Option<&Path>) -> Self {
        let mut seen = Seen::default();
        seen.take(begin);
        if let Some(path) = plain.filter(|_| seen.is_open()) {
            // What cannot be read here cannot be read as a capture either, and is said there.
            let _ = seen.take_places(path);
        }
        let (short, is_short_shown) = seen.short();
        Self { day_first: seen.day_first(), short, is_short_shown }
    }
}

/// The dates that can be read in one order of three numbers of two digits.
#[derive(Clone, Copy, Debug, Default)]
struct InOrder {
    lines: usize,
    first: i64,
    last: i64,
}

impl InOrder {
    fn take(&mut self, nanos: i64) {
        (self.first, self.last) =
            if self.lines == 0 { (nanos, nanos) } else { (self.first.min(nanos), self.last.max(nanos)) };
        self.lines += 1;
    }

    /// The fewer lines cannot be read and the closer together the times lie, the better.
    fn rank(self) -> (usize, i128) {
        (usize::MAX - self.lines, i128::from(self.last) - i128::from(self.first))
    }
}

#[derive(Debug, Default)]
struct Seen {
    open: usize,
    day_first: usize,
    month_first: usize,
    /// By [`ShortDates::ALL`].
    short: [InOrder; 3],
}

impl Seen {
    fn take(&mut self, text: &[u8]) {
        let years = Years::new(YEAR_OF_LAST_RESORT);
        for line in text.split(|&byte| byte == b'\n') {
            let is_short = |stamp: &Stamp| matches!(stamp.order, DayOrder::Short(_));
            match stamp::find(line, years).filter(|stamp| !is_short(stamp)).map(|stamp| stamp.order) {
                Some(DayOrder::Clear | DayOrder::Short(_)) => {}
                Some(DayOrder::Open) => self.open += 1,
                Some(DayOrder::DayFirst) => self.day_first += 1,
                Some(DayOrder::MonthFirst) => self.month_first += 1,
                None => {
                    for (short, read) in ShortDates::ALL.into_iter().zip(&mut self.short) {
                        let stamp = stamp::find(line, Years { short, ..years }).filter(is_short);
                        if let Some(stamp) = stamp {
                            read.take(stamp.nanos);
                        }
                    }
                }
            }
        }
    }

    fn take_places(&mut self, path: &Path) -> io::Result<()> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut bytes = Vec::new();
        for place in places(length) {
            bytes.clear();
            file.seek(SeekFrom::Start(place))?;
            file.by_ref().take(PROBE_BYTES as u64).read_to_end(&mut bytes)?;
            // The first line may be the rest of one.
            let whole = memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |end| end + 1);
            self.take(&bytes[whole..]);
            if !self.is_open() {
                break;
            }
        }
        Ok(())
    }

    fn is_open(&self) -> bool {
        let has_short = self.short.iter().any(|read| read.lines > 0);
        self.open > 0 && self.day_first().is_none() || has_short && !self.is_best(InOrder::rank)
    }

    /// Whether one order is better than both others.
    fn is_best<T: Ord>(&self, rank: fn(InOrder) -> T) -> bool {
        let mut ranks = self.short.map(rank);
        ranks.sort_unstable();
        ranks[0] < ranks[1]
    }

    /// The best order, the first of those that are alike; whether there are dates that no other can read.
    fn short(&self) -> (ShortDates, bool) {
        let ranked = ShortDates::ALL.into_iter().zip(self.short);
        let best = ranked.min_by_key(|(_, read)| read.rank());
        (best.map_or(ShortDates::YearMonthDay, |(short, _)| short), self.is_best(|read| read.rank().0))
    }

    fn day_first(&self) -> Option<bool> {
        (self.day_first + self.month_first > 0).then_some(self.day_first > self.month_first)
    }
}

/// Each an eighth of the file before it behind the one before, and the end.
fn places(length: u64) -> impl Iterator<Item = u64> {
    let bytes = PROBE_BYTES as u64;
    let between = successors(Some(bytes), move |&at| Some(at + bytes.max(at / 8)));
    between.take_while(move |&at| at + bytes < length).chain(once(length.saturating_sub(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_file(text: &str) -> Dates {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("d.log");
        std::fs::write(&path, text).expect("the folder is ours");
        Dates::of(&text.as_bytes()[..text.len().min(PROBE_BYTES)], Some(&path))
    }

    fn lines(day: u32, count: usize) -> String {
        format!("{day:02}/11/2026 10:00:00 INFO a\n").repeat(count)
    }

    #[test]
    fn what_a_capture_shows_further_on_holds_from_its_begin() {
        assert_eq!(of_file(&lines(3, 100)), Dates::default());
        assert_eq!(of_file(&(lines(3, 300) + &lines(13, 1))).day_first, Some(true));
        let between = lines(3, 20_000) + &lines(13, 5_000) + &lines(3, 20_000);
        assert_eq!(of_file(&between).day_first, Some(true));
        let end = lines(3, 20_000) + "11/13/2026 10:00:00 INFO a\n";
        assert_eq!(of_file(&end).day_first, Some(false));
    }

    #[test]
    fn dates_of_two_digits_are_read_as_they_lie_closest_together() {
        let short = |dates: [&str; 3]| {
            let text = dates.map(|date| format!("[{date} 10:05:03:123 CET] a\n")).concat();
            let shown = of_file(&text);
            (shown.short, shown.is_short_shown)
        };
        assert_eq!(short(["18/11/26", "19/11/26", "20/11/26"]), (ShortDates::DayMonthYear, false));
        assert_eq!(short(["11/09/26", "11/10/26", "11/13/26"]), (ShortDates::MonthDayYear, true));
        assert_eq!(short(["15/05/31", "15/06/01", "15/06/01"]), (ShortDates::YearMonthDay, false));
        assert_eq!(short(["15/05/11", "15/05/11", "15/05/11"]), (ShortDates::YearMonthDay, false));
    }

    #[test]
    fn a_file_that_grows_keeps_its_places() {
        let (short, long) = (40 << 20, 1 << 40);
        let kept: Vec<u64> = places(short).filter(|at| at + (PROBE_BYTES as u64) < short).collect();
        let later: Vec<u64> = places(long).take(kept.len() - 1).collect();
        assert_eq!(kept[..later.len()], later);
        assert!(kept.len() > 30 && places(long).count() < 200);
    }
}
