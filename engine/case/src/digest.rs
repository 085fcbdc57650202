//! One number for all that a case holds, whatever the moment and the machine at which it was made.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ToSql};
use sha2::{Digest, Sha256};

use crate::error::CaseError;
use crate::schema::has_table;
use crate::sql::{AtPath, hex};
use crate::store::Case;

/// Everything but row ids, paths, salts, and times of this machine's clock; blocks by their hashes. The order is fixed.
const CONTENT: [&str; 7] = [
    "SELECT completion, file_name, sha256, stored_bytes, forced_format, assumed_year, format, wrapping, confidence,
        event_order, decoded_bytes, checkpoints, records, events, rejected, notes, read_to_end
        FROM capture ORDER BY sha256",
    "SELECT capture.sha256, number, signal, service, name, stream.events, start_nanos, end_nanos, last_nanos, in_order,
        settled FROM stream JOIN capture ON capture.id = stream.capture
        ORDER BY capture.sha256, signal, service, name",
    "SELECT capture.sha256, signal, service, name, first_position, block.events, block.start_nanos, block.end_nanos,
        raw_bytes, block.sha256 FROM block JOIN stream ON stream.id = block.stream
        JOIN capture ON capture.id = stream.capture
        ORDER BY capture.sha256, signal, service, name, first_position",
    "SELECT capture.sha256, sequence, kind, byte_offset, byte_length, line, reason, hint
        FROM problem JOIN capture ON capture.id = problem.capture ORDER BY capture.sha256, sequence",
    "SELECT key_sha256, engine, codecs, config, captures, results_sha256, windows, flagged, findings
        FROM run ORDER BY key_sha256",
    "SELECT key_sha256, stream, position, payload FROM window JOIN run ON run.id = window.run
        ORDER BY key_sha256, stream, position",
    "SELECT key_sha256, finding.id, payload FROM finding JOIN run ON run.id = finding.run
        ORDER BY key_sha256, finding.id",
];

/// How many of these come before the runs.
const EVIDENCE: usize = 4;

/// Tables of later schemas, where the case has them.
const LATER: [(&str, &str); 5] = [
    ("redaction",
    "SELECT capture.sha256, rules, forget FROM redaction JOIN capture ON capture.id = redaction.capture
        ORDER BY capture.sha256"),
    ("redaction_count",
    "SELECT capture.sha256, rule, hits FROM redaction_count JOIN capture ON capture.id = redaction_count.capture
        ORDER BY capture.sha256, rule"),
    ("run_drift",
    "SELECT key_sha256, stream, payload FROM run_drift JOIN run ON run.id = run_drift.run
        ORDER BY key_sha256, stream"),
    ("window_block",
    "SELECT key_sha256, stream, first_position, window_block.windows, sha256 FROM window_block
        JOIN run ON run.id = window_block.run ORDER BY key_sha256, stream, first_position"),
    ("canonical_test",
    "SELECT key_sha256, finding, codec, statistic, permutations, codec_sha256, payload FROM canonical_test
        JOIN run ON run.id = canonical_test.run
        ORDER BY key_sha256, finding, codec, statistic, permutations, codec_sha256"),
];

impl Case {
    /// SHA-256 over the content: captures, streams, hashes of blocks, problems, redactions, runs, tests on demand. Two
    /// cases made from the same files by the same version have the same, however often an import was interrupted.
    /// Lower-case hex.
    pub fn content_sha256(&self) -> Result<String, CaseError> {
        let mut queries = CONTENT.to_vec();
        for (table, query) in LATER.into_iter().chain(crate::members::CONTENT) {
            if has_table(&self.connection, table).at(&self.path)? {
                queries.push(query);
            }
        }
        self.sha256_of(&queries)
    }

    /// SHA-256 over captures, streams, hashes of blocks and problems alone: what stays the same however often the case is
    /// analysed, and what an anchor is known by. Lower-case hex.
    pub fn evidence_sha256(&self) -> Result<String, CaseError> {
        self.sha256_of(&CONTENT[..EVIDENCE])
    }

    fn sha256_of(&self, queries: &[&str]) -> Result<String, CaseError> {
        let mut hash = Sha256::new();
        for query in queries {
            add_rows(&mut hash, &self.connection, query, &[]).at(&self.path)?;
        }
        Ok(hex(&hash.finalize()))
    }
}

/// Every row of a query, behind a mark that begins no row.
pub(crate) fn add_rows(
    hash: &mut Sha256,
    connection: &Connection,
    query: &str,
    values: &[&dyn ToSql],
) -> rusqlite::Result<()> {
    hash.update(b"\nTable\n");
    let mut statement = connection.prepare(query)?;
    let columns = statement.column_count();
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            add(hash, row.get_ref(column)?);
        }
    }
    Ok(())
}

/// Each value with its kind and length before it, so that no two rows give the same bytes.
fn add(hash: &mut Sha256, value: ValueRef<'_>) {
    let mut tagged = |tag: u8, bytes: &[u8]| {
        hash.update([tag]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    match value {
        ValueRef::Null => tagged(0, &[]),
        ValueRef::Integer(value) => tagged(1, &value.to_le_bytes()),
        ValueRef::Real(value) => tagged(2, &value.to_bits().to_le_bytes()),
        ValueRef::Text(bytes) => tagged(3, bytes),
        ValueRef::Blob(bytes) => tagged(4, bytes),
    }
}
