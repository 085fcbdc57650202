//! What the audit chain recorded of captures and runs, and whether the case still holds it.
//!
//! A hash within the case vouches for nothing by itself: who rewrites a block can rewrite its hash. So each row about a capture
//! that came or grew has its counts, one hash over what it is (name, format, streams), and one over what came with it (blocks by
//! their hashes, problems). Of a followed file that is what came since the row before: a hash over all of it, at each piece,
//! would make following a long file ever slower. Rows of earlier versions have counts alone.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, ToSql, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::digest::add_rows;
use crate::error::CaseError;
use crate::import::completed;
use crate::sql::{AtPath, hex};
use crate::store::Case;
use crate::verify::Verification;

/// What of a capture stays as it is while it grows. Streams without a number are of a piece that is being taken.
const HEAD: [&str; 2] = [
    "SELECT file_name, forced_format, assumed_year, format, wrapping, confidence, event_order
        FROM capture WHERE id = ?1",
    "SELECT number, signal, service, name FROM stream WHERE capture = ?1 AND number IS NOT NULL ORDER BY number",
];

/// Blocks keep their numbers, and those that come later have greater ones, until they are joined. Looked for by number, so that
/// the many pieces of a file that was followed for long are each found at once.
const BLOCKS: &str =
    "SELECT signal, service, name, first_position, block.events, block.start_nanos, block.end_nanos,
        raw_bytes, sha256 FROM block CROSS JOIN stream ON stream.id = block.stream
        WHERE stream.capture = ?1 AND block.id > ?2 AND block.id <= ?3 ORDER BY block.id";
const PROBLEMS: &str = "SELECT sequence, kind, byte_offset, byte_length, line, reason, hint FROM problem
        WHERE capture = ?1 AND sequence >= ?2 AND sequence < ?3 ORDER BY sequence";

/// Which counts a row has, and what they are called.
const COUNTS: [(&str, &str); 6] = [
    ("records", "records"),
    ("events", "events"),
    ("rejected", "rejected records"),
    ("notes", "notes"),
    ("decoded_bytes", "decoded bytes"),
    ("streams", "streams"),
];

/// What came between two rows: numbers of blocks, the first excluded, and of problems, the last excluded.
#[derive(Clone, Copy)]
struct Came {
    blocks: [i64; 2],
    problems: [i64; 2],
}

/// What a row says of a capture's content as it is now, from the row before it; with `is_anew` from the begin, since all of its
/// blocks were written again.
pub(crate) fn evidence(connection: &Connection, capture: i64, is_anew: bool) -> rusqlite::Result<Value> {
    const RANGE: &str = "SELECT coalesce(min(block.id) - 1, 0), coalesce(max(block.id), 0)
        FROM stream JOIN block ON block.stream = stream.id WHERE capture = ?1";
    const COUNT: &str = "SELECT count(*) FROM problem WHERE capture = ?1";
    // From the end, where it most often is: the index of actions would have all of them sorted.
    const BEFORE: &str = "SELECT detail FROM audit WHERE +action IN ('import', 'follow')
        AND CASE WHEN json_valid(detail) THEN json_extract(detail, '$.capture') END = ?1 ORDER BY sequence DESC LIMIT 1";
    let before: Option<String> =
        connection.query_row(BEFORE, [capture], |row| row.get(0)).optional()?.filter(|_| !is_anew);
    let before = before.and_then(|detail| serde_json::from_str::<Value>(&detail).ok());
    let before = before.and_then(|detail| came(&detail));
    let (begin, last): (i64, i64) =
        connection.query_row(RANGE, [capture], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let problems: i64 = connection.query_row(COUNT, [capture], |row| row.get(0))?;
    let now = Came {
        blocks: [before.map_or(begin, |before| before.blocks[1]), last],
        problems: [before.map_or(0, |before| before.problems[1]), problems],
    };
    Ok(json!({
        "blocks": now.blocks,
        "problems": now.problems,
        "capture_sha256": head_sha256(connection, capture)?,
        "came_sha256": came_sha256(connection, capture, now)?,
    }))
}

fn came(detail: &Value) -> Option<Came> {
    let pair = |name| {
        let numbers: &Value = &detail["evidence"][name];
        Some([numbers[0].as_i64()?, numbers[1].as_i64()?])
    };
    Some(Came { blocks: pair("blocks")?, problems: pair("problems")? })
}

fn head_sha256(connection: &Connection, capture: i64) -> rusqlite::Result<String> {
    hashed(connection, &HEAD.map(|query| (query, vec![capture])))
}

fn came_sha256(connection: &Connection, capture: i64, came: Came) -> rusqlite::Result<String> {
    let [[after, last], [from, to]] = [came.blocks, came.problems];
    hashed(connection, &[(BLOCKS, vec![capture, after, last]), (PROBLEMS, vec![capture, from, to])])
}

fn hashed(connection: &Connection, queries: &[(&str, Vec<i64>)]) -> rusqlite::Result<String> {
    let mut hash = Sha256::new();
    for (query, values) in queries {
        let values: Vec<&dyn ToSql> = values.iter().map(|value| value as &dyn ToSql).collect();
        add_rows(&mut hash, connection, query, &values)?;
    }
    Ok(hex(&hash.finalize()))
}

/// What the chain has of one capture.
#[derive(Default)]
struct Recorded {
    file_name: String,
    /// Its rows, but for those that a later one made void.
    details: Vec<Value>,
    is_purged: bool,
}

/// What the chain has of everything that should be there.
#[derive(Default)]
struct Chained {
    captures: BTreeMap<i64, Recorded>,
    runs: BTreeSet<i64>,
}

impl Case {
    /// Compares captures and runs with what the audit chain recorded of them. Rows of the chain that are themselves not what
    /// was recorded say nothing.
    pub(crate) fn verify_chained(&self, found: &mut Verification) -> Result<(), CaseError> {
        let chained = self.chained()?;
        for (capture, recorded) in &chained.captures {
            found.problems.extend(self.other_capture(*capture, recorded)?);
        }
        let there: BTreeSet<i64> = self.runs()?.iter().map(|run| run.id).collect();
        let gone = chained.runs.difference(&there);
        found.problems.extend(gone.map(|run| format!("Run {run}, which the audit chain recorded, is gone.")));
        Ok(())
    }

    fn chained(&self) -> Result<Chained, CaseError> {
        let mut chained = Chained::default();
        for checked in self.audit_checked()?.rows.into_iter().filter(|checked| checked.fault.is_none()) {
            let row = checked.row;
            let Ok(detail) = serde_json::from_str::<Value>(&row.detail) else { continue };
            let (capture, run) = (detail["capture"].as_i64(), detail["run"].as_i64());
            match (row.action.as_str(), capture, run) {
                ("import" | "follow", Some(capture), _) => {
                    let recorded = chained.captures.entry(capture).or_default();
                    if detail["joined"] == true {
                        recorded.details.clear();
                    }
                    recorded.file_name = row.subject;
                    recorded.details.push(detail);
                }
                ("purge", Some(capture), _) => {
                    let recorded = chained.captures.entry(capture).or_default();
                    (recorded.file_name, recorded.is_purged) = (row.subject, true);
                    let runs = detail["runs"].as_array().filter(|_| detail["removes_runs"] == true);
                    for run in runs.into_iter().flatten().filter_map(Value::as_i64) {
                        chained.runs.remove(&run);
                    }
                }
                ("run", _, Some(run)) => {
                    chained.runs.insert(run);
                }
                _ => {}
            }
        }
        Ok(chained)
    }

    /// In which way a capture is not what the chain recorded.
    fn other_capture(&self, capture: i64, recorded: &Recorded) -> Result<Option<String>, CaseError> {
        let named = format!("Capture {capture} ({})", recorded.file_name);
        let is_there = "SELECT count(*) FROM capture WHERE id = ?1 AND completion IS NOT NULL";
        let is_there: i64 = self.connection.query_row(is_there, [capture], |row| row.get(0)).at(&self.path)?;
        if is_there == 0 {
            return Ok(Some(format!("{named}, which the audit chain recorded, is gone.")));
        }
        let (_, now) = completed(&self.connection, capture).at(&self.path)?;
        if recorded.is_purged {
            let is_empty = ["records", "notes"].iter().all(|count| now[*count] == 0);
            return Ok((!is_empty).then(|| format!("{named} was purged, and holds something again.")));
        }
        let Some(last) = recorded.details.last() else { return Ok(None) };
        if last["sha256"].is_string() && last["sha256"] != now["sha256"] {
            return Ok(Some(format!("{named} has another SHA-256 than the audit chain recorded.")));
        }
        // A piece of a followed file is taken in several commits, and recorded in the last.
        let is_growing = last["decoded_bytes"].as_i64() < now["decoded_bytes"].as_i64()
            && self.is_in_the_clear(capture)?;
        let is_other = |count: &str| {
            let (was, is) = (last[count].as_i64(), now[count].as_i64());
            was.is_some() && if is_growing { is < was } else { is != was }
        };
        if let Some((count, what)) = COUNTS.iter().find(|(count, _)| is_other(count)) {
            let (was, is) = (&last[*count], &now[*count]);
            return Ok(Some(format!("{named} has {is} {what}, and the audit chain recorded {was}.")));
        }
        self.other_evidence(capture, recorded, &named)
    }

    /// Whether a capture is a file that can be followed: one with nothing around it.
    fn is_in_the_clear(&self, capture: i64) -> Result<bool, CaseError> {
        let query = "SELECT wrapping = 'none' FROM capture WHERE id = ?1";
        self.connection.query_row(query, params![capture], |row| row.get(0)).at(&self.path)
    }

    fn other_evidence(
        &self,
        capture: i64,
        recorded: &Recorded,
        named: &str,
    ) -> Result<Option<String>, CaseError> {
        let is_other = |was: &Value, now: &str| was.as_str().is_some_and(|was| was != now);
        let head =
            recorded.details.last().map_or(&Value::Null, |detail| &detail["evidence"]["capture_sha256"]);
        if is_other(head, &head_sha256(&self.connection, capture).at(&self.path)?) {
            return Ok(Some(format!(
                "{named} has another name, format or other streams than the audit chain recorded."
            )));
        }
        for detail in &recorded.details {
            let Some(came) = came(detail) else { continue };
            let now = came_sha256(&self.connection, capture, came).at(&self.path)?;
            if is_other(&detail["evidence"]["came_sha256"], &now) {
                return Ok(Some(format!(
                    "{named} has other events or problems than the audit chain recorded."
                )));
            }
        }
        Ok(None)
    }
}
