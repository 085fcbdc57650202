//! Times of day, with what logs write behind their seconds; and times that name no day at all.

use super::Scan;
use crate::stamp::civil::Civil;

/// Where a time without a day ends that begins at `at`: `10:05:03.123`, `[10:05:03 `, `10:05AM`, `[    0.000000]`.
pub(in crate::stamp) fn dayless(line: &[u8], at: usize) -> Option<usize> {
    let is_bracketed = line.get(at) == Some(&b'[');
    let scan = || Scan { line, at: at + usize::from(is_bracketed) };
    if is_bracketed && let Some(end) = scan().since_start() {
        return Some(end);
    }
    let (mut scan, mut civil) = (scan(), Civil::default());
    let has_seconds = line.get(scan.at)?.is_ascii_digit() && scan.clock_of_minutes(&mut civil)?;
    let clock_end = scan.at;
    scan.half_of_day(&mut civil);
    (has_seconds || scan.at > clock_end).then_some(scan.at)
}

impl Scan<'_> {
    /// `10:05:03`, with a fraction after `.` or `,` or milliseconds after `:` where they are there.
    pub(super) fn clock(&mut self, civil: &mut Civil) -> Option<()> {
        civil.hour = self.short()?;
        self.eat(b':')?;
        civil.minute = self.digits(2)?;
        self.eat(b':')?;
        civil.second = self.digits(2)?;
        if self.colon_millis(civil).is_none() {
            self.clock_fraction(civil, b".,");
        }
        self.no_digit_follows()
    }

    /// `:123` behind the seconds, as log4j's `HH:mm:ss:SSS` writes it: three digits, or it is something else.
    fn colon_millis(&mut self, civil: &mut Civil) -> Option<()> {
        let mut ahead = Scan { line: self.line, at: self.at };
        ahead.eat(b':')?;
        let millis = ahead.digits(3)?;
        if ahead.peek().is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b':' | b'_')) {
            return None;
        }
        civil.nanos = millis * 1_000_000;
        self.at = ahead.at;
        Some(())
    }

    /// `    0.000000`, before the bracket that ends it: seconds since a start.
    fn since_start(mut self) -> Option<usize> {
        while self.eat(b' ').is_some() {}
        self.number(1, 9)?;
        self.eat(b'.')?;
        self.digits(6)?;
        (self.peek()? == b']').then_some(self.at)
    }

    pub(super) fn clock_fraction(&mut self, civil: &mut Civil, marks: &[u8]) {
        let mark = self.at;
        if self.eat_any(marks).is_some() {
            match self.fraction(9) {
                Some(nanos) => civil.nanos = nanos,
                None => self.at = mark,
            }
        }
    }

    pub(super) fn no_digit_follows(&self) -> Option<()> {
        (!self.peek().is_some_and(|byte| byte.is_ascii_digit())).then_some(())
    }

    pub(super) fn dotted_clock(&mut self, civil: &mut Civil) -> Option<()> {
        let mark = self.at;
        if self.clock(civil).is_some() {
            return Some(());
        }
        self.at = mark;
        civil.hour = self.digits(2)?;
        self.eat(b'.')?;
        civil.minute = self.digits(2)?;
        self.eat(b'.')?;
        civil.second = self.digits(2)?;
        self.clock_fraction(civil, b".");
        self.no_digit_follows()
    }

    /// `103615`: six digits. Moves on only where they are there.
    pub(super) fn compact_clock(&mut self, civil: &mut Civil) -> bool {
        let mark = self.at;
        let read = (|| Some((self.digits(2)?, self.digits(2)?, self.digits(2)?)))();
        match read {
            Some((hour, minute, second)) => (civil.hour, civil.minute, civil.second) = (hour, minute, second),
            None => self.at = mark,
        }
        read.is_some()
    }

    /// `:606` after the seconds is a whole number of milliseconds, `:6` too; `.6` is a fraction.
    pub(super) fn last_colon_millis(&mut self, civil: &mut Civil) {
        let mark = self.at;
        if self.eat(b':').is_some() {
            match self.number(1, 3) {
                Some((millis, _)) => civil.nanos = millis as u32 * 1_000_000,
                None => self.at = mark,
            }
        } else {
            self.clock_fraction(civil, b".,");
        }
    }
}
