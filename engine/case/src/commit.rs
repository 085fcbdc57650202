//! What one checkpoint of an import brings into the case, in one transaction.

use cbad::Watch;
use ingest::Problem;
use rusqlite::{Transaction, TransactionBehavior, params};

use crate::apart::look;
use crate::beginning::{Beginning, Hashing};
use crate::block::SealedBlock;
use crate::error::CaseError;
use crate::import::Begun;
use crate::join_notes;
use crate::members;
use crate::pack::{Checkpoint, StreamState};
use crate::redact::insert_counts;
use crate::source::Fingerprint;
use crate::sql::AtPath;
use crate::store::Case;

/// Writes checkpoints of one import.
pub(crate) struct Writer<'case, 'scope, 'a> {
    case: &'case mut Case,
    /// Row id of each slot's stream.
    ids: Vec<i64>,
    begun: Option<Begun>,
    /// Until the import has begun.
    hashing: Option<Hashing<'scope, 'a>>,
    fingerprint: Option<Fingerprint>,
}

impl<'case, 'scope, 'a> Writer<'case, 'scope, 'a> {
    pub(crate) fn new(case: &'case mut Case, ids: Vec<i64>, beginning: Beginning<'scope, 'a>) -> Self {
        let (begun, hashing) = match beginning {
            Beginning::Begun(begun) => (Some(begun), None),
            Beginning::Hashing(hashing) => (None, Some(hashing)),
        };
        Self { case, ids, begun, hashing, fingerprint: None }
    }

    /// Whether the import has begun, so that checkpoints can be committed; waits for its hash where it `must`.
    pub(crate) fn begin(&mut self, must: bool) -> Result<bool, CaseError> {
        if let Some(hashing) = self.hashing.take_if(|hashing| must || hashing.is_done()) {
            let (begun, fingerprint) = hashing.begin(self.case)?;
            (self.begun, self.fingerprint) = (Some(begun), Some(fingerprint));
        }
        Ok(self.begun.is_some())
    }

    /// The import, and its fingerprint where that was taken meanwhile.
    pub(crate) fn end(mut self) -> Result<(Begun, Option<Fingerprint>), CaseError> {
        self.begin(true)?;
        let begun = self.begun.expect("it has begun");
        Ok((begun, self.fingerprint))
    }

    /// Everything that one checkpoint brings, and the offset to go on from, or nothing of it.
    pub(crate) fn commit(&mut self, checkpoint: Checkpoint, watch: &dyn Watch) -> Result<(), CaseError> {
        let begun = self.begun.as_mut().expect("nothing is committed before the import has begun");
        let path = self.case.path.clone();
        let bytes = checkpoint.sealed_bytes() as u64;
        let transaction =
            self.case.connection.transaction_with_behavior(TransactionBehavior::Immediate).at(&path)?;
        if !advance(&transaction, begun, &checkpoint).at(&path)? {
            return Err(CaseError::ImportedElsewhere { path: begun.path.clone() });
        }
        for (slot, state) in checkpoint.streams {
            if slot < self.ids.len() {
                update_stream(&transaction, self.ids[slot], &state).at(&path)?;
            } else {
                // Slots are numbered as streams appear, and a checkpoint lists them in that order.
                self.ids.push(insert_stream(&transaction, begun.capture, &state).at(&path)?);
            }
        }
        for (slot, block) in checkpoint.blocks {
            look(watch)?;
            let block = block.expect("a checkpoint is committed once its last block is sealed");
            insert_block(&transaction, self.ids[slot], &block).at(&path)?;
        }
        insert_counts(&transaction, begun.capture, &checkpoint.redacted).at(&path)?;
        members::insert(&transaction, begun.capture, &checkpoint.members).at(&path)?;
        let sequence = begun.problems;
        insert_problems(&transaction, begun.capture, sequence, &checkpoint.problems).at(&path)?;
        transaction.commit().at(&path)?;
        self.case.committed(bytes)?;
        begun.checkpoints += 1;
        begun.problems += checkpoint.problems.len() as u64;
        Ok(())
    }
}

/// Moves the counts and the offset on; false where another program did so since.
fn advance(transaction: &Transaction<'_>, begun: &Begun, by: &Checkpoint) -> rusqlite::Result<bool> {
    const ADVANCE: &str =
        "UPDATE capture SET checkpoints = checkpoints + 1, decoded_bytes = max(decoded_bytes, ?3),
        records = records + ?4, events = events + ?5, rejected = rejected + ?6, notes = notes + ?7
        WHERE id = ?1 AND checkpoints = ?2";
    let mut statement = transaction.prepare_cached(ADVANCE)?;
    let changed = statement.execute(params![
        begun.capture,
        begun.checkpoints as i64,
        by.decoded_offset as i64,
        by.records as i64,
        by.events as i64,
        by.rejected as i64,
        by.notes as i64,
    ])?;
    Ok(changed == 1)
}

fn insert_stream(transaction: &Transaction<'_>, capture: i64, state: &StreamState) -> rusqlite::Result<i64> {
    const INSERT: &str =
        "INSERT INTO stream (capture, signal, service, name, events, start_nanos, end_nanos, last_nanos,
        in_order) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let StreamState { key, events, start_nanos, end_nanos, last_nanos, in_order } = state;
    let (signal, events) = (key.signal.name(), *events as i64);
    transaction.prepare_cached(INSERT)?.insert(params![
        capture,
        signal,
        key.service,
        key.name,
        events,
        start_nanos,
        end_nanos,
        last_nanos,
        in_order
    ])
}

fn update_stream(transaction: &Transaction<'_>, id: i64, state: &StreamState) -> rusqlite::Result<()> {
    const UPDATE: &str =
        "UPDATE stream SET events = ?2, start_nanos = ?3, end_nanos = ?4, last_nanos = ?5, in_order = ?6
        WHERE id = ?1";
    let StreamState { events, start_nanos, end_nanos, last_nanos, in_order, .. } = state;
    let values = params![id, *events as i64, start_nanos, end_nanos, last_nanos, in_order];
    transaction.prepare_cached(UPDATE)?.execute(values).map(drop)
}

pub(crate) fn insert_block(
    transaction: &Transaction<'_>,
    stream: i64,
    block: &SealedBlock,
) -> rusqlite::Result<()> {
    const INSERT: &str =
        "INSERT INTO block (stream, first_position, events, start_nanos, end_nanos, raw_bytes, sha256, data)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    const INDEX: &str =
        "INSERT INTO block_index (block, source_start, source_end, grams) VALUES (?1, ?2, ?3, ?4)";
    let values = params![
        stream,
        block.first_position as i64,
        block.events as i64,
        block.start_nanos,
        block.end_nanos,
        block.raw_bytes as i64,
        block.sha256.as_slice(),
        block.data,
    ];
    let id = transaction.prepare_cached(INSERT)?.insert(values)?;
    let index = &block.index;
    let values = params![id, index.source_start as i64, index.source_end as i64, index.grams];
    transaction.prepare_cached(INDEX)?.execute(values).map(drop)
}

fn insert_problems(
    transaction: &Transaction<'_>,
    capture: i64,
    first: u64,
    problems: &[Problem],
) -> rusqlite::Result<()> {
    const INSERT: &str =
        "INSERT INTO problem (capture, sequence, kind, byte_offset, byte_length, line, reason, hint)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let mut statement = transaction.prepare_cached(INSERT)?;
    for (sequence, problem) in (first as i64..).zip(problems) {
        statement.execute(params![
            capture,
            sequence,
            problem.kind.name(),
            problem.source.offset as i64,
            problem.source.length as i64,
            problem.line.map(|line| line as i64),
            problem.reason,
            problem.hint,
        ])?;
    }
    drop(statement);
    join_notes::remember(transaction, capture, first, problems)
}
