//! The tables of a case file, and what makes a `SQLite` file a case.

use std::path::Path;

use rusqlite::{Connection, Transaction};

use crate::error::CaseError;
use crate::sql::AtPath;

/// `Drft` in ASCII, at byte 68 of the file; `file(1)` and `is_case` go by it.
pub(crate) const APPLICATION_ID: i32 = 0x4472_6674;
/// Schema of the tables below. A case with a later number is refused; one with an earlier number is read as it is, and
/// moved forward only when something is to be kept that it has no table for.
pub(crate) const SCHEMA_VERSION: i64 = 5;
/// Earliest schema that is read.
const OLDEST_SCHEMA: i64 = 1;
/// First bytes of every `SQLite` database.
pub(crate) const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// A block is one row, its data last: `SQLite` keeps the columns before it on the table's own pages, so that a search by
/// position never touches the data. 16 KiB pages, because the data are some 50 KiB a block and the pages of a block
/// are chained.
const TABLES: &str = "
CREATE TABLE capture (
    id INTEGER PRIMARY KEY,
    path ANY NOT NULL,                  -- text, or the raw bytes of a path that is not UTF-8
    file_name TEXT NOT NULL,
    sha256 BLOB NOT NULL UNIQUE,        -- of the file as stored
    stored_bytes INTEGER NOT NULL,
    modified_nanos INTEGER,             -- the file's own time stamp, to notice a change during the import
    forced_format TEXT,                 -- the options that the import began with
    assumed_year INTEGER NOT NULL,
    format TEXT NOT NULL,
    wrapping TEXT NOT NULL,
    confidence REAL NOT NULL,
    event_order TEXT NOT NULL,
    decoded_bytes INTEGER NOT NULL DEFAULT 0,   -- where the import goes on, until it is complete
    checkpoints INTEGER NOT NULL DEFAULT 0,
    records INTEGER NOT NULL DEFAULT 0,
    events INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    notes INTEGER NOT NULL DEFAULT 0,
    read_to_end INTEGER NOT NULL DEFAULT 0,
    completion INTEGER UNIQUE,          -- 0, 1, … in the order of completion; null while importing
    imported_at_nanos INTEGER NOT NULL
) STRICT;

CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    capture INTEGER NOT NULL REFERENCES capture ON DELETE CASCADE,
    number INTEGER UNIQUE,              -- the public stream id: dense from 0, given at completion in key order
    signal TEXT NOT NULL,
    service TEXT,
    name TEXT NOT NULL,
    events INTEGER NOT NULL,
    start_nanos INTEGER,
    end_nanos INTEGER,
    last_nanos INTEGER,                 -- time of the last timed event as written
    in_order INTEGER NOT NULL,          -- whether times never went back as written
    settled INTEGER NOT NULL DEFAULT 0  -- whether the blocks stand in analysis order
) STRICT;
CREATE INDEX stream_capture ON stream (capture);

CREATE TABLE block (
    id INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL REFERENCES stream ON DELETE CASCADE,
    first_position INTEGER NOT NULL,
    events INTEGER NOT NULL,
    start_nanos INTEGER,
    end_nanos INTEGER,
    raw_bytes INTEGER NOT NULL,         -- before compression
    sha256 BLOB NOT NULL,               -- of data
    data BLOB NOT NULL,                 -- zstd frame: length (u32, little-endian) and postcard bytes of each event;
                                        -- since schema 5 behind a byte 2 and written lean (lean.rs)
    UNIQUE (stream, first_position)
) STRICT;

CREATE TABLE problem (
    capture INTEGER NOT NULL REFERENCES capture ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    kind TEXT NOT NULL,
    byte_offset INTEGER NOT NULL,
    byte_length INTEGER NOT NULL,
    line INTEGER,
    reason TEXT NOT NULL,
    hint TEXT,
    PRIMARY KEY (capture, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    key_sha256 BLOB NOT NULL UNIQUE,    -- of engine, configuration and captures: what decides the result
    engine TEXT NOT NULL,
    codecs TEXT NOT NULL,               -- JSON
    config TEXT NOT NULL,               -- JSON
    captures TEXT NOT NULL,             -- JSON array of SHA-256
    results_sha256 TEXT NOT NULL,
    windows INTEGER NOT NULL,
    flagged INTEGER NOT NULL,
    findings INTEGER NOT NULL,
    finished_at_nanos INTEGER NOT NULL
) STRICT;

CREATE TABLE run_stream (
    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    stream INTEGER NOT NULL,            -- stream.number
    windows INTEGER NOT NULL,
    note TEXT,
    PRIMARY KEY (run, stream)
) STRICT, WITHOUT ROWID;

CREATE TABLE window (
    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    stream INTEGER NOT NULL,
    position INTEGER NOT NULL,
    first_event INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    start_nanos INTEGER,
    end_nanos INTEGER,
    score_bits REAL NOT NULL,
    q REAL,
    flagged INTEGER NOT NULL,
    payload BLOB NOT NULL,              -- postcard of the whole score
    PRIMARY KEY (run, stream, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE finding (
    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    id INTEGER NOT NULL,                -- rank from 1
    stream INTEGER NOT NULL,
    first_event INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    start_nanos INTEGER,
    end_nanos INTEGER,
    grade TEXT NOT NULL,
    flagged INTEGER NOT NULL,
    q REAL,
    score_bits REAL NOT NULL,
    sentence TEXT NOT NULL,
    payload TEXT NOT NULL,              -- JSON of the whole finding
    PRIMARY KEY (run, id)
) STRICT, WITHOUT ROWID;
";

/// What each later schema adds to the one before: the first brings 1 to 2. Tables are added and never altered, so that a
/// case can be read at any of these versions. Schema 5 adds no table; programs that know 4 cannot read its blocks.
const STEPS: [&[&str]; (SCHEMA_VERSION - OLDEST_SCHEMA) as usize] = [&["
-- What was taken out of a capture before it was stored: a row for a capture that has rules, and a count a rule.
CREATE TABLE redaction (
    capture INTEGER PRIMARY KEY REFERENCES capture ON DELETE CASCADE,
    rules TEXT NOT NULL,                -- JSON
    salt BLOB,                          -- null once it is forgotten
    forget INTEGER NOT NULL             -- whether the salt goes when the import is complete
) STRICT;

CREATE TABLE redaction_count (
    capture INTEGER NOT NULL REFERENCES capture ON DELETE CASCADE,
    rule TEXT NOT NULL,
    hits INTEGER NOT NULL,
    PRIMARY KEY (capture, rule)
) STRICT, WITHOUT ROWID;

CREATE TABLE canonical_test (
    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    finding INTEGER NOT NULL,           -- finding.id
    codec TEXT NOT NULL,
    statistic TEXT NOT NULL,
    permutations INTEGER NOT NULL,
    codec_sha256 BLOB NOT NULL,         -- of the codec's record as JSON: another version is another test
    p REAL NOT NULL,
    payload TEXT NOT NULL,              -- JSON of the whole result
    finished_at_nanos INTEGER NOT NULL,
    PRIMARY KEY (run, finding, codec, statistic, permutations, codec_sha256)
) STRICT, WITHOUT ROWID;
"], &["
-- Other cases that runs were compared with: where each was seen last.
CREATE TABLE anchor (
    sha256 TEXT PRIMARY KEY,            -- of its captures and events
    path ANY NOT NULL,                  -- as capture.path
    seen_at_nanos INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE run_drift (
    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    stream INTEGER NOT NULL,            -- stream.number
    payload TEXT NOT NULL,              -- JSON
    PRIMARY KEY (run, stream)
) STRICT, WITHOUT ROWID;
"], &["
-- What a search asks before it reads a block, and where its events came from should it be damaged. Derived from the
-- block, and absent for blocks of earlier schemas.
CREATE TABLE block_index (
    block INTEGER PRIMARY KEY REFERENCES block ON DELETE CASCADE,
    source_start INTEGER NOT NULL,      -- in the decoded capture: least first byte of its events
    source_end INTEGER NOT NULL,        -- … and the greatest last one, exclusive
    grams BLOB NOT NULL                 -- filter over pieces of its text, CRC-32 last
) STRICT;

-- Who did what, in order. Rows are added, and nothing here changes or removes one.
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,       -- 0, 1, …
    at_nanos INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,              -- for a person
    detail TEXT NOT NULL,               -- canonical JSON
    previous BLOB NOT NULL,             -- the sha256 of the row before
    sha256 BLOB NOT NULL                -- over all of the above
) STRICT;
CREATE INDEX audit_action ON audit (action);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'audit rows are only added'); END;
CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'audit rows are only added'); END;

CREATE TABLE audit_head (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    chain BLOB NOT NULL,                -- random: no two cases have one chain
    rows INTEGER NOT NULL,
    sha256 BLOB NOT NULL                -- of the last row
) STRICT;
INSERT INTO audit_head (id, chain, rows, sha256) VALUES (0, randomblob(16), 0, zeroblob(32));

-- Windows of a run, many at a time: their payloads in window are empty.
CREATE TABLE window_block (
    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    stream INTEGER NOT NULL,            -- stream.number
    first_position INTEGER NOT NULL,
    windows INTEGER NOT NULL,
    sha256 BLOB NOT NULL,               -- of data
    data BLOB NOT NULL,                 -- zstd frame of the postcard list of whole scores
    PRIMARY KEY (run, stream, first_position)
) STRICT;
", crate::members::TABLES], &[]];

/// Makes an empty database a case, all or nothing.
pub(crate) fn initialise(connection: &mut Connection, path: &Path) -> Result<(), CaseError> {
    connection.pragma_update(None, "page_size", 16384).at(path)?;
    let transaction = connection.transaction().at(path)?;
    transaction.execute_batch(TABLES).at(path)?;
    for tables in STEPS.into_iter().flatten() {
        transaction.execute_batch(tables).at(path)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).at(path)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION).at(path)?;
    transaction.commit().at(path)
}

/// The schema that a case has.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Adds what an earlier schema lacks.
pub(crate) fn add_later_tables(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let found = version(transaction)?;
    let known = (found - OLDEST_SCHEMA).clamp(0, STEPS.len() as i64) as usize;
    for tables in STEPS[known..].iter().copied().flatten() {
        transaction.execute_batch(tables)?;
    }
    if found < SCHEMA_VERSION {
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    Ok(())
}

/// Whether a table of a later schema is there.
pub(crate) fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let query = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    connection.query_row(query, [name], |row| row.get::<_, i64>(0)).map(|count| count == 1)
}

/// What a database is, by its header and not by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A case of a schema known here.
    Case,
    /// No tables, no identity: a case that was about to be made, or a new file.
    Empty,
    /// A case of a later schema.
    OtherSchema(i64),
    /// Some other database.
    Foreign,
}

pub(crate) fn kind(connection: &Connection) -> rusqlite::Result<Kind> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version = version(connection)?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (application, version, tables) {
        (APPLICATION_ID, OLDEST_SCHEMA..=SCHEMA_VERSION, _) => Kind::Case,
        (APPLICATION_ID, other, _) => Kind::OtherSchema(other),
        (0, 0, 0) => Kind::Empty,
        _ => Kind::Foreign,
    })
}
