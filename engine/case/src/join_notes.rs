//! Notes that say the same of many members, or of many places, kept as one.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use ingest::Repeated;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::schema::has_table;

/// A group of notes, with the number of the first.
struct Group {
    sequence: i64,
    note: Repeated,
}

/// Joins the notes of a capture that say the same; the first stays, with the place that it is about. To be called in a
/// transaction, once a capture has been read to its end: what was joined before stays as it is.
pub(crate) fn join_notes(connection: &Connection, capture: i64) -> rusqlite::Result<()> {
    const REWORD: &str = "UPDATE problem SET reason = ?3 WHERE capture = ?1 AND sequence = ?2";
    const DELETE: &str = "DELETE FROM problem WHERE capture = ?1 AND sequence = ?2";
    const COUNT: &str = "UPDATE capture SET notes = notes - ?2 WHERE id = ?1";
    let (groups, repeats) = groups_of(connection, capture)?;
    let Some(first) = repeats.first() else { return Ok(()) };
    for group in groups.iter().filter(|group| group.note.is_joined()) {
        connection.prepare_cached(REWORD)?.execute(params![capture, group.sequence, group.note.reason()])?;
    }
    for repeat in &repeats {
        connection.prepare_cached(DELETE)?.execute([capture, *repeat])?;
    }
    connection.execute(COUNT, [capture, repeats.len() as i64])?;
    renumber(connection, capture, *first)
}

/// What is said how often, and the numbers of the notes that say it again.
fn groups_of(connection: &Connection, capture: i64) -> rusqlite::Result<(Vec<Group>, Vec<i64>)> {
    const NOTES: &str = "SELECT sequence, byte_offset, reason, hint FROM problem
        WHERE capture = ?1 AND kind = 'note' AND hint IN (?2, ?3, ?4) ORDER BY sequence";
    const MEMBER: &str = "SELECT name FROM capture_member WHERE capture = ?1 AND begin_offset <= ?2
        ORDER BY begin_offset DESC LIMIT 1";
    let has_members = has_table(connection, "capture_member")?;
    let [first, second, third] = Repeated::HINTS;
    let mut statement = connection.prepare_cached(NOTES)?;
    let row = |row: &Row<'_>| -> rusqlite::Result<(i64, i64, String, String)> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    };
    let (mut groups, mut repeats) = (Vec::<Group>::new(), Vec::new());
    let mut known = HashMap::<_, usize>::new();
    for note in statement.query_map(params![capture, first, second, third], row)? {
        let (sequence, offset, reason, hint) = note?;
        let member: Option<String> = if has_members {
            connection.prepare_cached(MEMBER)?.query_row([capture, offset], |row| row.get(0)).optional()?
        } else {
            None
        };
        let Some(note) = Repeated::of(&reason, &hint, member.as_deref()) else { continue };
        match known.entry(note.key()) {
            Entry::Occupied(group) => {
                groups[*group.get()].note.join(&note);
                repeats.push(sequence);
            }
            Entry::Vacant(place) => {
                place.insert(groups.len());
                groups.push(Group { sequence, note });
            }
        }
    }
    Ok((groups, repeats))
}

/// Problems are numbered without gaps: one that is added later is numbered by how many there are.
fn renumber(connection: &Connection, capture: i64, from: i64) -> rusqlite::Result<()> {
    const AFTER: &str = "SELECT sequence FROM problem WHERE capture = ?1 AND sequence > ?2 ORDER BY sequence";
    const MOVE: &str = "UPDATE problem SET sequence = ?3 WHERE capture = ?1 AND sequence = ?2";
    let after: Vec<i64> = {
        let mut statement = connection.prepare_cached(AFTER)?;
        let rows = statement.query_map([capture, from], |row| row.get(0))?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    // Each moves to a place that is free, for those before it have moved.
    for (place, sequence) in (from..).zip(after) {
        connection.prepare_cached(MOVE)?.execute([capture, sequence, place])?;
    }
    Ok(())
}
