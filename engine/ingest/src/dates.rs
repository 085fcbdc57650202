//! In which order the numbers of a date stand that do not say so themselves, such as 03/11/2026: what the other dates of the
//! capture show.
//!
//! Looked at are all lines of a capture's first bytes, and of a file whose bytes are the capture's own, where those leave it
//! open, its end and some places between. The places between are the same whatever the length, so that a file that grows keeps
//! what it has shown.

use crate::probe::PROBE_BYTES;
use crate::stamp::{self, DayOrder, Years};
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
        Self { day_first: seen.day_first() }
    }
}

#[derive(Debug, Default)]
struct Seen {
    open: usize,
    day_first: usize,
    month_first: usize,
}

impl Seen {
    fn take(&mut self, text: &[u8]) {
        let years = Years::new(YEAR_OF_LAST_RESORT);
        for stamp in text.split(|&byte| byte == b'\n').filter_map(|line| stamp::find(line, years)) {
            match stamp.order {
                DayOrder::Clear => {}
                DayOrder::Open => self.open += 1,
                DayOrder::DayFirst => self.day_first += 1,
                DayOrder::MonthFirst => self.month_first += 1,
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
        self.open > 0 && self.day_first().is_none()
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
    fn a_file_that_grows_keeps_its_places() {
        let (short, long) = (40 << 20, 1 << 40);
        let kept: Vec<u64> = places(short).filter(|at| at + (PROBE_BYTES as u64) < short).collect();
        let later: Vec<u64> = places(long).take(kept.len() - 1).collect();
        assert_eq!(kept[..later.len()], later);
        assert!(kept.len() > 30 && places(long).count() < 200);
    }
}
