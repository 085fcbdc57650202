//! Lines that head the lines after them, though nothing indents those: a time stamp alone (Oracle's alert log, output of
//! scripts below `date`), `# Time: …` of the slow query log, a first line of Java's own logger.

use crate::severity;
use crate::stamp::{self, Years};

/// Longest line that holds nothing but a stamp.
const LONGEST_HEAD: usize = 64;
/// Of a weekday, a month and a zone.
const MOST_LETTERS: usize = 24;
/// What a record of the slow query log begins with, and where the query began in the same second as the one before.
const SLOW: &[u8] = b"# Time: ";
const SAME_SECOND: &[u8] = b"# User@Host: ";

/// Whether the lines after this one belong to it, up to the next that says when it was written.
pub(crate) fn is_head(line: &[u8]) -> bool {
    if line.starts_with(SLOW) || line.starts_with(SAME_SECOND) {
        return true;
    }
    // Most lines are looked at no further.
    let letters = || line.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let ends = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_punctuation() || *byte == b'Z';
    if line.len() > LONGEST_HEAD
        || !line.trim_ascii_end().last().is_some_and(ends)
        || letters() > MOST_LETTERS
    {
        return false;
    }
    let Some(stamp) = stamp::find(line, Years::new(2000)) else { return false };
    let before = line[..stamp.start].trim_ascii();
    let after = line[stamp.end..].trim_ascii();
    let is_line = |text: &[u8]| text.iter().all(|byte| byte.is_ascii_punctuation() || *byte == b' ');
    is_line(before) && is_line(after)
}

/// Whether a line begins what is another record than the one whose head stands above, of which `last` is the line before.
pub(crate) fn ends_headed(line: &[u8], last: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    let begins_query = line.starts_with(SAME_SECOND) && !last.starts_with(b"#");
    begins_query || stamp::begins(text) || !line.starts_with(SAME_SECOND) && is_head(line)
}

/// Whether the line has a stamp that leaves nothing to be assumed.
pub(crate) fn says_zone(line: &[u8], years: Years) -> bool {
    stamp::find(line, years).is_some_and(|stamp| !stamp.zone.is_assumed())
}

/// The time that a slow query log gives within a record: `SET timestamp=…;`.
pub(crate) fn set_nanos(text: &[u8]) -> Option<i64> {
    const SET: &[u8] = b"SET timestamp=";
    let at = memchr::memmem::find(text, SET)? + SET.len();
    let digits = text[at..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    stamp::epoch(&text[at..at + digits])
}

/// Whether this is the second line of a record of `java.util.logging`, which has the level before its text; the first,
/// `first`, has the time and where it was logged.
pub(crate) fn is_second(line: &[u8], first: &[u8]) -> bool {
    const LEVELS: [&[u8]; 7] =
        [b"SEVERE: ", b"WARNING: ", b"INFO: ", b"CONFIG: ", b"FINE: ", b"FINER: ", b"FINEST: "];
    LEVELS.iter().any(|level| line.starts_with(level)) && {
        let stamp = stamp::find(first, Years::new(2000)).filter(|stamp| stamp.start == 0);
        stamp.is_some_and(|stamp| severity::find(first, Some((stamp.start, stamp.end))).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_alone_is_a_head() {
        for head in [
            "2015-05-17T10:05:03.123456+00:00",
            "Sun May 17 10:05:03 2015",
            "Sun May 17 10:05:03 UTC 2015",
            "# Time: 2015-05-17T10:05:03.123456Z",
            "# Time: 150517 10:05:03",
            "*** 2015-05-17 10:05:03.123",
            "==== [2015-05-17 10:05:03] ====",
            "# User@Host: app[app] @ localhost []  Id:    12",
        ] {
            assert!(is_head(head.as_bytes()), "{head}");
        }
        for line in ["", "2015-05-17 10:05:03 started", "at 2015-05-17 10:05:03", "10:05", "# Times"] {
            assert!(!is_head(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn the_level_of_the_second_line_is_of_a_first_line_without_one() {
        let first = b"May 17, 2015 10:05:03 AM org.example.Main start";
        assert!(is_second(b"SEVERE: no", first) && !is_second(b"SEVERE no", first));
        assert!(!is_second(b"INFO: a", b"no stamp") && !is_second(b"INFO: a", b"2015-05-17 10:05:03 WARN b"));
    }
}
