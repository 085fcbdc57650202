//! Finds and reads the time stamp of a text line: where it stands, and which nanosecond it means.
//!
//! A hand-written recogniser of the forms that logs use; it tries each place in the first bytes of the line
//! where a stamp could begin, and the first that reads as a whole wins. A stamp without a zone is UTC.

mod civil;
mod forms;

pub(crate) use civil::Years;

/// How far into a line a stamp is looked for.
const SEARCHED_BYTES: usize = 128;

/// A time stamp in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Nanoseconds since 1970-01-01 UTC.
    pub(crate) nanos: i64,
    /// First byte in the line.
    pub(crate) start: usize,
    /// One past the last byte, zone included.
    pub(crate) end: usize,
    /// Month and day of a stamp that names no year.
    pub(crate) yearless: Option<(u32, u32)>,
}

/// The first stamp in the line's first bytes.
pub(crate) fn find(line: &[u8], years: Years) -> Option<Stamp> {
    let mut before = b' ';
    let mut at = 0;
    let searched = line.len().min(SEARCHED_BYTES);
    while at < searched {
        let byte = line[at];
        let starts = byte.is_ascii_digit() || byte.is_ascii_uppercase();
        if starts && !joins(before) {
            if let Some(stamp) = forms::read_at(line, at, years) {
                return Some(stamp);
            }
            // What follows belongs to the same word: no stamp begins inside it.
            while at < searched && line[at].is_ascii_alphanumeric() {
                at += 1;
            }
            before = line[at - 1];
        } else {
            before = byte;
            at += 1;
        }
    }
    None
}

/// Whether the text begins with a stamp.
pub(crate) fn begins(text: &[u8]) -> bool {
    forms::read_at(text, 0, Years::new(2000)).is_some()
}

/// A stamp that takes up the whole text, for fields that hold nothing else.
pub(crate) fn whole(text: &[u8], years: Years) -> Option<i64> {
    let text = text.trim_ascii();
    forms::read_at(text, 0, years).filter(|stamp| stamp.end == text.len()).map(|stamp| stamp.nanos)
}

/// Nanoseconds of a number of seconds, milliseconds, microseconds or nanoseconds since 1970, by its magnitude.
/// Only times between 1990 and 2100 are taken: other numbers are counters, durations or ids.
pub(crate) fn epoch(digits: &[u8]) -> Option<i64> {
    let (nanos, used) = forms::epoch_number(digits)?;
    (used == digits.len()).then_some(nanos)
}

/// Whether a byte before a digit or letter makes it part of something longer than a stamp.
fn joins(before: u8) -> bool {
    before.is_ascii_alphanumeric()
        || matches!(before, b'.' | b'-' | b'/' | b'_' | b':' | b'+')
        || before >= 0x80
}

#[cfg(test)]
mod tests;
