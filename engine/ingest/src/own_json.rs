//! A program's own JSON in a line of text: alone, or behind the time at which something else passed the line on, as `docker logs -t`,
//! `kubectl logs --timestamps` and Fluentd's files have it.

use crate::budget::Budget;
use crate::json::cursor::{Cursor, Kind};
use crate::model::Limits;
use crate::record::Record;
use crate::severity;
use crate::stamp::{self, Stamp, Years};
use cbad::{ByteRange, Event, Field, Severity, Value};

/// The program's own record, where the line is one JSON object, or a JSON string that holds one, as it is where a wrapper
/// wrote the program's line as JSON again. Text within the record that holds JSON stays text.
pub(crate) fn own_json(
    text: &[u8],
    source: ByteRange,
    years: Years,
    limits: &Limits,
) -> Option<(Option<String>, Event)> {
    let mut cursor = Cursor::new(text, limits.depth, limits.values);
    if text.first() == Some(&b'"') {
        let inner = cursor.text().ok()?;
        let is_whole = cursor.at() == text.trim_ascii_end().len();
        return own_json(&inner, source, years, limits).filter(|_| is_whole && inner.first() == Some(&b'{'));
    }
    if text.first() != Some(&b'{') || cursor.kind() != Ok(Kind::Object) {
        return None;
    }
    let record = Record::read(&mut cursor, years, &mut Budget::for_unit(text.len())).ok()?;
    cursor.skip_blanks();
    (cursor.at() == text.len()).then(|| record.into_event(source))
}

/// The same where a time may stand before the object, and between them a level, or a tag in a column. The time is that of the
/// event, as it is where a runtime's format has it.
#[inline]
pub(crate) fn behind_stamp(
    line: &[u8],
    source: ByteRange,
    years: Years,
    limits: &Limits,
) -> Option<(Option<String>, Event)> {
    let line = line.trim_ascii_end();
    match (line.first()?, line.last()?) {
        (b'{', b'}') | (b'"', b'"') => return own_json(line, source, years, limits),
        (_, b'}') => {}
        // Most lines of text.
        _ => return None,
    }
    let before = Before::of(line, years)?;
    let (service, mut event) = own_json(before.object, source, years, limits)?;
    event.time_nanos = Some(before.stamp.nanos);
    event.severity = event.severity.or(before.level);
    event.fields.extend(before.tag.map(|tag| Field { path: "tag".into(), value: Value::Text(tag) }));
    Some((service, event))
}

/// What stands before an object.
struct Before<'a> {
    stamp: Stamp,
    level: Option<Severity>,
    tag: Option<String>,
    object: &'a [u8],
}

impl<'a> Before<'a> {
    fn of(line: &'a [u8], years: Years) -> Option<Self> {
        let brace = memchr::memchr(b'{', line)?;
        let (head, object) = line.split_at(brace);
        let stamp =
            stamp::find(head, years).filter(|stamp| stamp.start == 0 || head[..stamp.start] == *b"[")?;
        let between = head[stamp.end..].strip_prefix(b"]").unwrap_or(&head[stamp.end..]);
        let word = between.trim_ascii();
        let is_word = !word.iter().any(u8::is_ascii_whitespace);
        let level = severity::find(head, Some((stamp.start, stamp.end)));
        let (level, tag) = match word {
            b"" => (None, None),
            _ if is_word && level.is_some() => (level, None),
            _ if is_word && between.ends_with(b"\t") => {
                (None, Some(String::from_utf8_lossy(word).into_owned()))
            }
            _ => return None,
        };
        Some(Self { stamp, level, tag, object })
    }
}

#[cfg(test)]
#[path = "own_json_tests.rs"]
mod tests;
