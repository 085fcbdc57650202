//! Notes that say the same of many members, or of many places, kept as one.
//!
//! What such a note says is kept beside its words until the capture has been read to its end, so that an import that was
//! killed goes on to know it; the table is there only while there is such a note.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use ingest::{Problem, Repeated, RepeatedKind};
use rusqlite::{Connection, Row, Transaction, params};

use crate::schema::has_table;
use crate::sql::{named, unsigned};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS repeated_note (
    capture INTEGER NOT NULL REFERENCES capture ON DELETE CASCADE,
    sequence INTEGER NOT NULL,          -- problem.sequence
    kind TEXT NOT NULL,
    about TEXT NOT NULL,                -- what is assumed, or the path of the field
    times INTEGER NOT NULL,             -- 0 where that is not counted
    member TEXT,
    PRIMARY KEY (capture, sequence)
) STRICT, WITHOUT ROWID";

/// Keeps what those of the problems say that may be said again, the first of them being of this number.
pub(crate) fn remember(
    transaction: &Transaction<'_>,
    capture: i64,
    first: u64,
    problems: &[Problem],
) -> rusqlite::Result<()> {
    const INSERT: &str = "INSERT INTO repeated_note (capture, sequence, kind, about, times, member)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    const IS_JOINED: &str = "SELECT read_to_end FROM capture WHERE id = ?1";
    let is_told = problems.iter().any(|problem| problem.repeated.is_some());
    // What is followed goes on after it was joined.
    if !is_told || transaction.query_row(IS_JOINED, [capture], |row| row.get(0))? {
        return Ok(());
    }
    transaction.execute_batch(TABLE)?;
    let mut statement = transaction.prepare_cached(INSERT)?;
    for (sequence, problem) in (first as i64..).zip(problems) {
        if let Some(Repeated { kind, about, times, members }) = &problem.repeated {
            let (times, member) = (*times as i64, members.first());
            statement.execute(params![capture, sequence, kind.name(), about, times, member])?;
        }
    }
    Ok(())
}

/// A group of notes, with the number of the first.
struct Group {
    sequence: i64,
    note: Repeated,
    is_joined: bool,
}

/// Joins the notes of a capture that say the same; the first stays, with the place that it is about. To be called in a
/// transaction, once a capture has been read to its end: what was joined before stays as it is.
pub(crate) fn join_notes(connection: &Connection, capture: i64) -> rusqlite::Result<()> {
    const REWORD: &str = "UPDATE problem SET reason = ?3 WHERE capture = ?1 AND sequence = ?2";
    const DELETE: &str = "DELETE FROM problem WHERE capture = ?1 AND sequence = ?2";
    const COUNT: &str = "UPDATE capture SET notes = notes - ?2 WHERE id = ?1";
    if !has_table(connection, "repeated_note")? {
        return Ok(());
    }
    let (groups, repeats) = groups_of(connection, capture)?;
    forget(connection, capture)?;
    let Some(first) = repeats.first() else { return Ok(()) };
    for group in groups.iter().filter(|group| group.is_joined) {
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
    const NOTES: &str = "SELECT sequence, kind, about, times, member FROM repeated_note
        WHERE capture = ?1 ORDER BY sequence";
    let row = |row: &Row<'_>| -> rusqlite::Result<(i64, Repeated)> {
        let kind = named(row, 1, RepeatedKind::from_name)?;
        let members = row.get::<_, Option<String>>(4)?.into_iter().collect();
        Ok((row.get(0)?, Repeated { kind, about: row.get(2)?, times: unsigned(row, 3)?, members }))
    };
    let mut statement = connection.prepare(NOTES)?;
    let (mut groups, mut repeats) = (Vec::<Group>::new(), Vec::new());
    let mut known = HashMap::<_, usize>::new();
    for note in statement.query_map([capture], row)? {
        let (sequence, note) = note?;
        match known.entry(note.key()) {
            Entry::Occupied(group) => {
                let group = &mut groups[*group.get()];
                group.note.join(note);
                group.is_joined = true;
                repeats.push(sequence);
            }
            Entry::Vacant(place) => {
                place.insert(groups.len());
                groups.push(Group { sequence, note, is_joined: false });
            }
        }
    }
    Ok((groups, repeats))
}

/// What is joined is said by the notes alone; another import may still be at it.
fn forget(connection: &Connection, capture: i64) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM repeated_note WHERE capture = ?1", [capture])?;
    let left: i64 = connection.query_row("SELECT count(*) FROM repeated_note", [], |row| row.get(0))?;
    if left == 0 {
        connection.execute_batch("DROP TABLE repeated_note")?;
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;
    use cbad::ByteRange;
    use ingest::ProblemKind;
    use std::path::Path;

    fn note(repeated: Repeated) -> Problem {
        Problem {
            kind: ProblemKind::Note,
            source: ByteRange::default(),
            line: None,
            reason: repeated.reason(),
            hint: None,
            repeated: Some(repeated),
        }
    }

    fn of_field(path: &str, times: u64, member: &str) -> Problem {
        let members = vec![member.to_owned()];
        note(Repeated { kind: RepeatedKind::Field, about: path.to_owned(), times, members })
    }

    /// A case with one capture that is being read.
    fn reading() -> Connection {
        const CAPTURE: &str = "INSERT INTO capture (id, path, file_name, sha256, stored_bytes, assumed_year, format,
            wrapping, confidence, event_order, imported_at_nanos) VALUES (1, 'c', 'c', x'00', 1, 1970, 'text', 'none',
            1.0, 'as-written', 0)";
        let mut connection = Connection::open_in_memory().expect("memory can be opened");
        schema::initialise(&mut connection, Path::new("c")).expect("it is empty");
        connection.execute(CAPTURE, []).expect("it has the columns");
        connection
    }

    fn commit(connection: &mut Connection, first: u64, problems: &[Problem]) {
        const PROBLEM: &str =
            "INSERT INTO problem (capture, sequence, kind, byte_offset, byte_length, reason)
            VALUES (1, ?1, 'note', 0, 0, ?2)";
        let transaction = connection.transaction().expect("there is no other");
        for (sequence, problem) in (first as i64..).zip(problems) {
            transaction.execute(PROBLEM, params![sequence, problem.reason]).expect("it has the columns");
        }
        remember(&transaction, 1, first, problems).expect("the table can be made");
        transaction.commit().expect("nothing hinders it");
    }

    fn reasons(connection: &Connection) -> Vec<String> {
        let mut statement =
            connection.prepare("SELECT reason FROM problem ORDER BY sequence").expect("it has the table");
        let rows = statement.query_map([], |row| row.get(0)).expect("it has the column");
        rows.collect::<rusqlite::Result<_>>().expect("they are text")
    }

    #[test]
    fn notes_of_several_commits_are_joined_by_what_they_are_and_not_by_their_words() {
        let mut connection = reading();
        let alike = Problem { repeated: None, ..of_field("Span.x", 2, "a") };
        commit(&mut connection, 0, &[of_field("Span.x", 2, "a"), alike.clone(), of_field("Span.y", 1, "a")]);
        commit(&mut connection, 3, &[of_field("Span.x", 3, "b: c")]);
        join_notes(&connection, 1).expect("they can be joined");
        let of_x = Repeated {
            kind: RepeatedKind::Field,
            about: "Span.x".into(),
            times: 5,
            members: vec!["a".into(), "b: c".into()],
        };
        let expected = [of_x.reason(), alike.reason, of_field("Span.y", 1, "a").reason];
        assert_eq!(reasons(&connection), expected);
        assert!(!has_table(&connection, "repeated_note").expect("it can be asked"), "nothing is left of it");

        // What comes after, as of a file that is followed, stands by itself.
        connection.execute("UPDATE capture SET read_to_end = 1", []).expect("it has the column");
        commit(&mut connection, 3, &[of_field("Span.x", 1, "a")]);
        join_notes(&connection, 1).expect("there is nothing to join");
        assert_eq!(reasons(&connection).len(), 4);
    }
}
