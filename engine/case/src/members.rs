//! The members of a capture that has several, and the limits that a capture was read under.

use std::path::Path;

use ingest::{Format, Layer, Limits, Member, OpenOptions, Wrapping};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::error::CaseError;
use crate::rows::MemberRow;
use crate::schema::has_table;
use crate::sql::{AtPath, hex, named, unsigned};
use crate::store::Case;

/// What schema 4 adds.
pub(crate) const TABLES: &str = "
-- The files of a folder or a rotated set, the entries of an archive, in their one order.
CREATE TABLE capture_member (
    capture INTEGER NOT NULL REFERENCES capture ON DELETE CASCADE,
    begin_offset INTEGER NOT NULL,      -- decoded offset in the capture
    byte_length INTEGER NOT NULL,       -- decoded
    name TEXT NOT NULL,                 -- a label, unique in the capture
    wrapping TEXT NOT NULL,
    format TEXT,                        -- null where it was not read
    confidence REAL NOT NULL,
    PRIMARY KEY (capture, begin_offset)
) STRICT, WITHOUT ROWID;

-- The files of a folder or a rotated set with their hashes, where the capture is not one file.
CREATE TABLE capture_file (
    capture INTEGER NOT NULL REFERENCES capture ON DELETE CASCADE,
    name TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    PRIMARY KEY (capture, name)
) STRICT, WITHOUT ROWID;

-- Limits that a capture was read under, where they are not the usual ones.
CREATE TABLE capture_limit (
    capture INTEGER NOT NULL REFERENCES capture ON DELETE CASCADE,
    name TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (capture, name)
) STRICT, WITHOUT ROWID;
";

/// Tables of [`TABLES`] with what of them makes up the content of a case.
pub(crate) const CONTENT: [(&str, &str); 3] = [
    (
        "capture_member",
        "SELECT sha256, begin_offset, byte_length, name, capture_member.wrapping, capture_member.format,
        capture_member.confidence FROM capture_member JOIN capture ON capture.id = capture_member.capture
        ORDER BY sha256, begin_offset",
    ),
    (
        "capture_file",
        "SELECT capture.sha256, name, capture_file.sha256 FROM capture_file
        JOIN capture ON capture.id = capture_file.capture ORDER BY capture.sha256, name",
    ),
    (
        "capture_limit",
        "SELECT sha256, name, value FROM capture_limit JOIN capture ON capture.id = capture_limit.capture
        ORDER BY sha256, name",
    ),
];

/// What of the options does not show in the capture's own row.
pub(crate) fn begin(
    transaction: &Transaction<'_>,
    capture: i64,
    wrapping: &Wrapping,
    limits: &Limits,
    files: &[(String, [u8; 32])],
) -> rusqlite::Result<()> {
    const LIMIT: &str = "INSERT INTO capture_limit (capture, name, value) VALUES (?1, ?2, ?3)";
    const FILE: &str = "INSERT INTO capture_file (capture, name, sha256) VALUES (?1, ?2, ?3)";
    let unusual = unusual(limits);
    if !wrapping.holds_members() && unusual.is_empty() {
        return Ok(());
    }
    for (name, value) in unusual {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        transaction.prepare_cached(LIMIT)?.execute(params![capture, name, value])?;
    }
    for (name, sha256) in files {
        transaction.prepare_cached(FILE)?.execute(params![capture, name, sha256.as_slice()])?;
    }
    Ok(())
}

/// Limits that decide what is read and are not the usual ones. How long it may take decides nothing.
pub(crate) fn unusual(limits: &Limits) -> Vec<(&'static str, u64)> {
    let usual = Limits::default().named();
    let differs =
        |((name, value), (_, usual)): &((&str, u64), (&str, u64))| value != usual && *name != "seconds";
    limits.named().into_iter().zip(usual).filter(differs).map(|(limit, _)| limit).collect()
}

pub(crate) fn insert(
    transaction: &Transaction<'_>,
    capture: i64,
    members: &[Member],
) -> rusqlite::Result<()> {
    const INSERT: &str = "INSERT INTO capture_member
        (capture, begin_offset, byte_length, name, wrapping, format, confidence)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    for member in members {
        transaction.prepare_cached(INSERT)?.execute(params![
            capture,
            member.begin as i64,
            member.length as i64,
            member.name,
            member.wrapping.name(),
            member.format.map(Format::name),
            member.confidence,
        ])?;
    }
    Ok(())
}

/// Whether the wrapping is that of a rotated set, which the path alone does not tell.
pub(crate) fn is_set(wrapping: &Wrapping) -> bool {
    wrapping.layers() == [Layer::Set]
}

const MEMBER: &str = "SELECT begin_offset, byte_length, name, wrapping, format, confidence,
    (SELECT sha256 FROM capture_file
        WHERE capture_file.capture = capture_member.capture AND capture_file.name = capture_member.name)
    FROM capture_member WHERE capture = ?1";

fn member_row(row: &Row<'_>) -> rusqlite::Result<MemberRow> {
    let is_read = row.get::<_, Option<String>>(4)?.is_some();
    Ok(MemberRow {
        begin: unsigned(row, 0)?,
        length: unsigned(row, 1)?,
        name: row.get(2)?,
        wrapping: named(row, 3, Wrapping::from_name)?,
        format: is_read.then(|| named(row, 4, Format::from_name)).transpose()?,
        confidence: row.get(5)?,
        sha256: row.get::<_, Option<Vec<u8>>>(6)?.map(|sha256| hex(&sha256)),
    })
}

impl Case {
    /// The members of a capture in their order: `limit` of them after the first `offset`. None where it is one file that
    /// is no archive.
    pub fn members(&self, capture: i64, limit: u64, offset: u64) -> Result<Vec<MemberRow>, CaseError> {
        if !has_table(&self.connection, "capture_member").at(&self.path)? {
            return Ok(Vec::new());
        }
        let query = format!("{MEMBER} ORDER BY begin_offset LIMIT ?2 OFFSET ?3");
        let clamp = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(&query).at(&self.path)?;
        let rows =
            statement.query_map(params![capture, clamp(limit), clamp(offset)], member_row).at(&self.path)?;
        rows.collect::<rusqlite::Result<_>>().at(&self.path)
    }

    /// How many members a capture has.
    pub fn member_count(&self, capture: i64) -> Result<u64, CaseError> {
        const QUERY: &str = "SELECT count(*) FROM capture_member WHERE capture = ?1";
        if !has_table(&self.connection, "capture_member").at(&self.path)? {
            return Ok(0);
        }
        self.connection.query_row(QUERY, [capture], |row| unsigned(row, 0)).at(&self.path)
    }

    /// The member that a decoded offset of the capture lies in.
    pub fn member_at(&self, capture: i64, offset: u64) -> Result<Option<MemberRow>, CaseError> {
        if !has_table(&self.connection, "capture_member").at(&self.path)? {
            return Ok(None);
        }
        let query = format!("{MEMBER} AND begin_offset <= ?2 ORDER BY begin_offset DESC LIMIT 1");
        let mut statement = self.connection.prepare_cached(&query).at(&self.path)?;
        statement.query_row(params![capture, offset as i64], member_row).optional().at(&self.path)
    }

    /// The limits that a capture was read under.
    pub fn limits(&self, capture: i64) -> Result<Limits, CaseError> {
        limits_of(&self.connection, &self.path, capture)
    }

    /// Whether any member is of a format whose events are analysed by time: then the streams of all are.
    pub(crate) fn has_members_by_time(&self, capture: i64) -> Result<bool, CaseError> {
        if !has_table(&self.connection, "capture_member").at(&self.path)? {
            return Ok(false);
        }
        let query = "SELECT DISTINCT format FROM capture_member WHERE capture = ?1 AND format IS NOT NULL";
        let mut statement = self.connection.prepare(query).at(&self.path)?;
        let formats = statement
            .query_map([capture], |row| named(row, 0, Format::from_name))
            .at(&self.path)?
            .collect::<rusqlite::Result<Vec<_>>>()
            .at(&self.path)?;
        Ok(formats.iter().any(|format| format.order() == ingest::EventOrder::ByTime))
    }
}

fn limits_of(connection: &Connection, path: &Path, capture: i64) -> Result<Limits, CaseError> {
    let mut limits = Limits::default();
    if has_table(connection, "capture_limit").at(path)? {
        let query = "SELECT name, value FROM capture_limit WHERE capture = ?1 ORDER BY name";
        let mut statement = connection.prepare(query).at(path)?;
        let mut rows = statement.query([capture]).at(path)?;
        while let Some(row) = rows.next().at(path)? {
            let (name, value): (String, i64) = (row.get(0).at(path)?, row.get(1).at(path)?);
            limits.set(&format!("{name}={value}")).map_err(|error| CaseError::DamagedRow {
                path: path.to_owned(),
                table: "capture_limit",
                what: error.to_string(),
            })?;
        }
    }
    Ok(limits)
}

/// Whether two ways of opening read the same: how long it may take decides nothing.
pub(crate) fn read_alike(limits: &Limits, options: &OpenOptions) -> bool {
    unusual(limits) == unusual(&options.limits)
}
