//! Finds and reads the time stamp of a text line: where it stands, and which nanosecond it means.
//!
//! A hand-written recogniser of the forms that logs use; it tries each place in the first bytes of the line
//! where a stamp could begin, and the first that reads as a whole wins. A stamp without a zone is UTC.

use crate::ansi::escape_length;

mod civil;
mod forms;
mod zones;

pub(crate) use civil::{DayOrder, ShortDates, Years, latest_year};
pub(crate) use zones::Zone;

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
    /// What it says of its zone; a count from 1970 needs none.
    pub(crate) zone: Zone,
    /// Whether day and month could be the other way round.
    pub(crate) order: DayOrder,
}

/// The first stamp in the line's first bytes.
///
/// A line whose own time names no day says none: what stands in its text is another time, such as the end of a licence. A stamp
/// right behind it is the line's own, where something put its clock before the lines of a program, as Jenkins does.
pub(crate) fn find(line: &[u8], years: Years) -> Option<Stamp> {
    let searched = line.len().min(match dayless(line) {
        Some(end) => end + line[end..].iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count() + 1,
        None => SEARCHED_BYTES,
    });
    let mut before = Role::Other;
    let mut at = 0;
    while at < searched {
        let role = ROLES[usize::from(line[at])];
        if matches!(role, Role::Digit | Role::Initial)
            && before == Role::Other
            && let Some(stamp) = forms::read_at(line, at, years)
        {
            return Some(stamp);
        }
        if role == Role::Escape
            && let Some(length) = escape_length(&line[at..])
        {
            before = Role::Other;
            at += length;
            continue;
        }
        before = role;
        at += 1;
    }
    if years.from_numbers { number_in(line) } else { None }
}

/// Where the time ends that a line begins with and that names no day: a clock, or the kernel's seconds since its start.
pub(crate) fn dayless(line: &[u8]) -> Option<usize> {
    forms::dayless(line, escape_length(line).unwrap_or(0))
}

/// The first number between blanks in the line's first bytes that could be a time since 1970, as measurements and flow
/// records have it; a value may follow behind a colon, as collectd writes it.
pub(crate) fn number_in(line: &[u8]) -> Option<Stamp> {
    const SEARCHED_BYTES: usize = 1024;
    let line = &line[..line.len().min(SEARCHED_BYTES)];
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| word.len() >= 10);
    words.find_map(|word| {
        let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (nanos, used) = forms::epoch_number(word).filter(|_| matches!(digits, 10 | 13 | 16 | 19))?;
        let start = word.as_ptr() as usize - line.as_ptr() as usize;
        let is_whole = matches!(word.get(used), None | Some(b':'));
        let (zone, order) = (Zone::Written, DayOrder::Clear);
        is_whole.then_some(Stamp { nanos, start, end: start + used, yearless: None, zone, order })
    })
}

/// What a byte means for where a stamp may begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Before it or after it a stamp may begin.
    Other,
    /// A stamp may begin with it.
    Digit,
    /// A stamp may begin with it: the first letter of a month, a weekday, or a level of glog.
    Initial,
    /// What follows belongs to a longer word.
    Joins,
    /// A sequence that colours what follows may begin with it.
    Escape,
}

const ROLES: [Role; 256] = {
    let mut roles = [Role::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        roles[byte] = match byte as u8 {
            b'0'..=b'9' => Role::Digit,
            b'J' | b'F' | b'M' | b'A' | b'S' | b'O' | b'N' | b'D' | b'T' | b'W' | b'I' | b'E' => {
                Role::Initial
            }
            0x1b => Role::Escape,
            b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'-' | b'/' | b'_' | b':' | b'+' | 0x80.. => Role::Joins,
            _ => Role::Other,
        };
        byte += 1;
    }
    roles
};

/// Whether the text begins with a stamp.
pub(crate) fn begins(text: &[u8]) -> bool {
    let is_read = |short| forms::read_at(text, 0, Years { short, ..Years::new(2000) }).is_some();
    ShortDates::ALL.into_iter().any(is_read)
}

/// The stamp that the text begins with.
pub(crate) fn at_begin(text: &[u8], years: Years) -> Option<Stamp> {
    forms::read_at(text, 0, years)
}

/// A stamp that takes up the whole text, for fields that hold nothing else.
pub(crate) fn whole(text: &[u8], years: Years) -> Option<i64> {
    whole_stamp(text, years).map(|stamp| stamp.nanos)
}

/// [`whole`] with what the text says of the zone. A word where the name of a zone would stand is one, for what else
/// would it be in a field that holds a time; its time is taken to be UTC.
pub(crate) fn whole_stamp(text: &[u8], years: Years) -> Option<Stamp> {
    let text = text.trim_ascii();
    let stamp = forms::read_at(text, 0, years)?;
    match &text[stamp.end..] {
        [] => Some(stamp),
        [b' ', name @ ..]
            if stamp.zone == Zone::Missing
                && (3..=zones::MOST_LETTERS).contains(&name.len())
                && name.iter().all(u8::is_ascii_uppercase) =>
        {
            Some(Stamp { end: text.len(), zone: Zone::Unknown, ..stamp })
        }
        _ => None,
    }
}

/// Nanoseconds of a number of seconds, milliseconds, microseconds or nanoseconds since 1970, by its magnitude.
/// Only times between 1990 and 2100 are taken: other numbers are counters, durations or ids.
pub(crate) fn epoch(digits: &[u8]) -> Option<i64> {
    let (nanos, used) = forms::epoch_number(digits)?;
    (used == digits.len()).then_some(nanos)
}

#[cfg(test)]
mod tests;
