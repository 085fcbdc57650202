//! Who did what to a case, in order: a row for every change of what it holds, each with a hash over the one before.
//!
//! The chain shows what was changed, removed or put elsewhere by somebody who did not compute it anew; against one who did,
//! only a head that is kept outside the case helps. Rows have no signatures: a signed checkpoint is a later row whose detail
//! is a signature over [`AuditHead`], and needs no other table. Time and name are those of this machine, unproven.

use cbad::rfc3339;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::CaseError;
use crate::schema::has_table;
use crate::sql::{AtPath, hex, now_nanos, unsigned};
use crate::store::Case;
use crate::verify::Verification;

/// What the hash of a row begins with, so that it is the hash of nothing else.
const ROW: &[u8] = b"driftlock audit row 1";
/// … and the hash that the first row has in the place of a row before it.
const CHAIN: &[u8] = b"driftlock audit chain 1";

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Migrate,
    ImportBegin,
    ImportDiscard,
    Import,
    Follow,
    Anchor,
    Run,
    Test,
    ForgetSalts,
    Decide,
    Purge,
    Encrypt,
    Decrypt,
    Passphrase,
}

impl Action {
    /// The stable name, which is hashed.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Migrate => "migrate",
            Self::ImportBegin => "import_begin",
            Self::ImportDiscard => "import_discard",
            Self::Import => "import",
            Self::Follow => "follow",
            Self::Anchor => "anchor",
            Self::Run => "run",
            Self::Test => "test",
            Self::ForgetSalts => "forget_salts",
            Self::Decide => "decide",
            Self::Purge => "purge",
            Self::Encrypt => "encrypt",
            Self::Decrypt => "decrypt",
            Self::Passphrase => "passphrase",
        }
    }
}

/// One change of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// 0, 1, … in the order in which they were committed.
    pub sequence: u64,
    /// When, nanoseconds UTC by this machine's clock.
    pub at_nanos: i64,
    /// Who, as they called themselves or as the system calls them.
    pub actor: String,
    /// What was done: `import`, `run`, `decide` and so on.
    pub action: String,
    /// To what, in words.
    pub subject: String,
    /// The particulars, as JSON with sorted keys and without white space.
    pub detail: String,
    /// Hash of the row before, lower-case hex; for the first row, of the chain's name.
    pub previous_sha256: String,
    /// Hash of this row, lower-case hex.
    pub sha256: String,
}

/// Where the chain ends. Whoever keeps it elsewhere can tell that the rows up to it are what they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// Random name of the chain, lower-case hex.
    pub chain: String,
    /// Number of rows.
    pub rows: u64,
    /// Hash of the last one, lower-case hex; of the chain's name where there is none.
    pub sha256: String,
}

/// What the hash of a row covers, but the row before it.
struct Row<'a> {
    sequence: i64,
    at_nanos: i64,
    actor: &'a str,
    action: &'a str,
    subject: &'a str,
    detail: &'a str,
}

impl Row<'_> {
    /// SHA-256 over parts, each after its length, so that no two rows give the same bytes. Of the detail its own hash takes
    /// part, so that one can be withheld from an extract and the extract still be checked.
    fn sha256(&self, previous: &[u8]) -> [u8; 32] {
        hash(&[
            ROW,
            previous,
            &self.sequence.to_le_bytes(),
            &self.at_nanos.to_le_bytes(),
            self.actor.as_bytes(),
            self.action.as_bytes(),
            self.subject.as_bytes(),
            &Sha256::digest(self.detail.as_bytes()),
        ])
    }
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// The name of the person at this machine, as its system gives it to programs.
pub(crate) fn system_user() -> String {
    let names = ["USER", "LOGNAME", "USERNAME"].into_iter().filter_map(|name| std::env::var(name).ok());
    names.map(|name| name.trim().to_owned()).find(|name| !name.is_empty()).unwrap_or("unknown".to_owned())
}

/// JSON as RFC 8785 has it, but that whole numbers keep all their digits. Details hold no fractions.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            let members = members
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), canonical(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        plain => plain.to_string(),
    }
}

/// Appends a row, in the transaction of the change itself. Gives back its number.
pub(crate) fn append(
    transaction: &Connection,
    actor: &str,
    action: Action,
    subject: &str,
    detail: &Value,
) -> rusqlite::Result<u64> {
    const INSERT: &str =
        "INSERT INTO audit (sequence, at_nanos, actor, action, subject, detail, previous, sha256)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    const MOVE: &str = "UPDATE audit_head SET rows = ?1 + 1, sha256 = ?2 WHERE id = 0";
    let (sequence, previous) = head(transaction)?;
    let detail = canonical(detail);
    let row = Row { sequence, at_nanos: now_nanos(), actor, action: action.name(), subject, detail: &detail };
    let sha256 = row.sha256(&previous);
    let values = params![
        sequence,
        row.at_nanos,
        actor,
        row.action,
        subject,
        detail,
        previous.as_slice(),
        sha256.as_slice()
    ];
    transaction.prepare_cached(INSERT)?.execute(values)?;
    transaction.prepare_cached(MOVE)?.execute(params![sequence, sha256.as_slice()])?;
    Ok(sequence as u64)
}

/// Number of rows, and the hash that the next one follows.
fn head(connection: &Connection) -> rusqlite::Result<(i64, Vec<u8>)> {
    let query = "SELECT rows, sha256, chain FROM audit_head WHERE id = 0";
    connection.prepare_cached(query)?.query_row([], |row| {
        let (rows, sha256): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        Ok(if rows == 0 { (0, hash(&[CHAIN, row.get_ref(2)?.as_blob()?]).to_vec()) } else { (rows, sha256) })
    })
}

const ROWS: &str = "SELECT sequence, at_nanos, actor, action, subject, detail, previous, sha256 FROM audit ORDER BY sequence";

fn audit_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        sequence: unsigned(row, 0)?,
        at_nanos: row.get(1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        subject: row.get(4)?,
        detail: row.get(5)?,
        previous_sha256: hex(row.get_ref(6)?.as_blob()?),
        sha256: hex(row.get_ref(7)?.as_blob()?),
    })
}

impl Case {
    /// Under which name changes are recorded from now on, instead of the system's name for the user.
    pub fn set_actor(&mut self, name: &str) {
        name.trim().clone_into(&mut self.actor);
    }

    /// Every change of the case, oldest first. How it is looked at is no change. None in cases of a schema before 4.
    pub fn audit(&self) -> Result<Vec<AuditRow>, CaseError> {
        if !has_table(&self.connection, "audit").at(&self.path)? {
            return Ok(Vec::new());
        }
        let mut statement = self.connection.prepare_cached(ROWS).at(&self.path)?;
        let rows = statement.query_map([], audit_row).at(&self.path)?;
        rows.collect::<rusqlite::Result<_>>().at(&self.path)
    }

    /// Where the chain of changes ends; `None` in cases of a schema before 4.
    pub fn audit_head(&self) -> Result<Option<AuditHead>, CaseError> {
        if !has_table(&self.connection, "audit_head").at(&self.path)? {
            return Ok(None);
        }
        let query = "SELECT hex(chain) FROM audit_head WHERE id = 0";
        let chain: Option<String> =
            self.connection.query_row(query, [], |row| row.get(0)).optional().at(&self.path)?;
        let Some(chain) = chain else { return Ok(None) };
        let (rows, sha256) = head(&self.connection).at(&self.path)?;
        Ok(Some(AuditHead { chain: chain.to_lowercase(), rows: rows as u64, sha256: hex(&sha256) }))
    }

    /// Appends a row for a change that `transaction` makes.
    pub(crate) fn record(
        &self,
        transaction: &Connection,
        action: Action,
        subject: &str,
        detail: &Value,
    ) -> Result<u64, CaseError> {
        append(transaction, &self.actor, action, subject, detail).at(&self.path)
    }

    /// Computes the chain again, and names each row that does not follow from the one before.
    pub(crate) fn verify_audit(&self, found: &mut Verification) -> Result<(), CaseError> {
        let checked = self.audit_checked()?;
        found.audit_rows += checked.rows.len() as u64;
        for CheckedRow { row, fault } in &checked.rows {
            found.problems.extend(fault.map(|what| format!("{} {what}", name(row))));
        }
        found.problems.extend(checked.missing);
        Ok(())
    }

    /// Every change of the case with whether it is what was recorded, and what of the chain is missing.
    pub fn audit_checked(&self) -> Result<CheckedAudit, CaseError> {
        let mut checked = CheckedAudit::default();
        if !has_table(&self.connection, "audit").at(&self.path)? {
            return Ok(checked);
        }
        let Some(end) = self.audit_head()? else {
            checked.missing.push("The audit chain has lost its head.".to_owned());
            checked.rows = self.audit()?.into_iter().map(|row| CheckedRow { row, fault: None }).collect();
            return Ok(checked);
        };
        let query = "SELECT chain FROM audit_head WHERE id = 0";
        let chain: Vec<u8> = self.connection.query_row(query, [], |row| row.get(0)).at(&self.path)?;
        let mut previous = hex(&hash(&[CHAIN, &chain]));
        let mut next = 0;
        for row in self.audit()? {
            if row.sequence != next {
                checked.missing.push(missing(next, row.sequence - 1));
            }
            let fault = fault(&row, (row.sequence == next).then_some(previous.as_str()));
            previous.clone_from(&row.sha256);
            next = row.sequence + 1;
            checked.rows.push(CheckedRow { row, fault });
        }
        if next < end.rows {
            checked.missing.push(missing(next, end.rows - 1));
        } else if next > end.rows || previous != end.sha256 {
            checked.missing.push(format!(
                "The audit chain has {next} rows and does not end in what was recorded as its end after {}.",
                end.rows
            ));
        }
        checked.head = Some(end);
        Ok(checked)
    }
}

/// A change of the case, and whether it is what was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedRow {
    /// The change.
    pub row: AuditRow,
    /// What is wrong with it, as the rest of a sentence that begins with the row.
    pub fault: Option<&'static str>,
}

/// The chain, computed again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckedAudit {
    /// Every change, oldest first.
    pub rows: Vec<CheckedRow>,
    /// What is missing between them or at the end, in sentences.
    pub missing: Vec<String>,
    /// Where the chain ends; `None` in cases of a schema before 4, and where it was lost.
    pub head: Option<AuditHead>,
}

impl CheckedAudit {
    /// Whether every row is what was recorded and none is missing.
    pub fn is_sound(&self) -> bool {
        self.missing.is_empty() && self.rows.iter().all(|row| row.fault.is_none())
    }
}

fn name(row: &AuditRow) -> String {
    let AuditRow { sequence, action, actor, at_nanos, .. } = row;
    format!("Audit row {sequence} ({action} by {actor}, {})", rfc3339(*at_nanos))
}

fn missing(first: u64, last: u64) -> String {
    if first == last {
        format!("Audit row {first} is missing: it was removed.")
    } else {
        format!("Audit rows {first} to {last} are missing: they were removed.")
    }
}

/// What is wrong with a row, given the hash of the one before where that is there.
fn fault(row: &AuditRow, previous: Option<&str>) -> Option<&'static str> {
    let parts = Row {
        sequence: row.sequence as i64,
        at_nanos: row.at_nanos,
        actor: &row.actor,
        action: &row.action,
        subject: &row.subject,
        detail: &row.detail,
    };
    if hex(&parts.sha256(&bytes(&row.previous_sha256))) != row.sha256 {
        return Some("is not what was recorded: it was changed, or put in the place of another row.");
    }
    (previous.is_some_and(|previous| previous != row.previous_sha256)).then_some(
        "does not follow the row before it: that one was changed, or rows were removed or put in another order.",
    )
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("it was written as hex here"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn canonical_json_has_sorted_keys_and_no_space() {
        let value = json!({"b": [1, {"z": null, "a": "é\u{1}\""}], "a": -3, "\u{e000}": 1, "\u{10000}": 2});
        let text = "{\"a\":-3,\"b\":[1,{\"a\":\"é\\u0001\\\"\",\"z\":null}],\"\u{10000}\":2,\"\u{e000}\":1}";
        assert_eq!(canonical(&value), text);
    }

    #[test]
    fn every_part_of_a_row_changes_its_hash() {
        let row = || Row { sequence: 1, at_nanos: 2, actor: "a", action: "run", subject: "s", detail: "{}" };
        let all = [
            row().sha256(b"p"),
            row().sha256(b"q"),
            Row { sequence: 2, ..row() }.sha256(b"p"),
            Row { at_nanos: 3, ..row() }.sha256(b"p"),
            Row { actor: "ar", action: "un", ..row() }.sha256(b"p"),
            Row { action: "test", ..row() }.sha256(b"p"),
            Row { subject: "t", ..row() }.sha256(b"p"),
            Row { detail: "[]", ..row() }.sha256(b"p"),
        ];
        assert!(all.iter().enumerate().all(|(at, one)| !all[..at].contains(one)));
    }
}
