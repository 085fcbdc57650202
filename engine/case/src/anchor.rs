//! Another case as the baseline of a run: where it is, whether it is still what it was, and which of its streams belong to which.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use cbad::{Baseline, Signal, StreamKey};
use rusqlite::{OptionalExtension, TransactionBehavior, params};

use crate::audit::{Action, append as record};
use crate::error::CaseError;
use crate::rows::StreamRow;
use crate::schema::has_table;
use crate::sql::{AtPath, now_nanos, path_column, path_value};
use crate::store::Case;

impl Case {
    /// The baseline that is another case: its streams stand for what is healthy. Where it lies is kept, so that runs against
    /// it can be tested and done again.
    pub fn anchor(&mut self, anchor: &Path) -> Result<Baseline, CaseError> {
        const KEEP: &str = "INSERT INTO anchor (sha256, path, seen_at_nanos) VALUES (?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET path = excluded.path, seen_at_nanos = excluded.seen_at_nanos";
        let sha256 = match Self::open_read_only(anchor) {
            Err(CaseError::NotACase { path }) => return Err(CaseError::AnchorNotACase { path }),
            opened => opened?.evidence_sha256()?,
        };
        let absolute = std::path::absolute(anchor).map_err(CaseError::io("find", anchor))?;
        self.move_forward()?;
        let path = self.path.clone();
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).at(&path)?;
        transaction.execute(KEEP, params![sha256, path_value(&absolute), now_nanos()]).at(&path)?;
        let subject = absolute.file_name().unwrap_or_default().to_string_lossy();
        let detail = serde_json::json!({ "sha256": sha256 });
        record(&transaction, &self.actor, Action::Anchor, &subject, &detail).at(&path)?;
        transaction.commit().at(&path)?;
        let file_name = absolute.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Baseline::Anchor { sha256, file_name })
    }

    /// Where the anchor of a run was seen last; `None` where the run has none, or the case does not know it.
    pub fn anchor_path(&self, baseline: &Baseline) -> Result<Option<PathBuf>, CaseError> {
        let Baseline::Anchor { sha256, .. } = baseline else { return Ok(None) };
        if !has_table(&self.connection, "anchor").at(&self.path)? {
            return Ok(None);
        }
        let query = "SELECT path FROM anchor WHERE sha256 = ?1";
        self.connection.query_row(query, [sha256], |row| path_column(row, 0)).optional().at(&self.path)
    }

    /// The anchor of a baseline, opened to read, and found to hold what it held.
    pub(crate) fn open_anchor(&self, baseline: &Baseline) -> Result<Option<Anchor>, CaseError> {
        let Baseline::Anchor { sha256, file_name } = baseline else { return Ok(None) };
        let Some(path) = self.anchor_path(baseline)? else {
            return Err(CaseError::AnchorUnknown { file_name: file_name.clone() });
        };
        let case = match Self::open_read_only(&path) {
            Err(CaseError::NotFound { path } | CaseError::NotACase { path }) => {
                return Err(CaseError::AnchorChanged { path });
            }
            opened => opened?,
        };
        if case.evidence_sha256()? != *sha256 {
            return Err(CaseError::AnchorChanged { path });
        }
        let streams = Candidates::of(case.streams()?);
        Ok(Some(Anchor { case, streams }))
    }

    /// Name of the file that a stream of logs is called after; `None` for streams that have a name of their own.
    fn named_after(&self, stream: &StreamRow) -> Result<Option<String>, CaseError> {
        let file_name = self.capture(stream.capture)?.file_name;
        Ok((stream.key.signal == Signal::Log && stream.key.name == file_name).then_some(file_name))
    }

    /// The stream among `candidates`, which are of this case, that one of `case` is compared with: that of the same key. Logs in
    /// files are called after their file, which tomorrow has another name: where no key is the same, the one such stream of
    /// the same service is it. Of several the longest is taken, since between captures there are times that nobody waited.
    pub(crate) fn partner_among<'a>(
        &self,
        candidates: &'a Candidates,
        case: &Self,
        stream: &StreamRow,
    ) -> Result<Option<&'a StreamRow>, CaseError> {
        if let Some(same) = candidates.of_key(&stream.key) {
            return Ok(Some(same));
        }
        if case.named_after(stream)?.is_none() {
            return Ok(None);
        }
        let mut likely = Vec::new();
        for other in candidates.left().filter(|s| s.key.service == stream.key.service) {
            if self.named_after(other)?.is_some() {
                likely.push(other);
            }
        }
        Ok(if let [one] = likely[..] { Some(one) } else { None })
    }
}

/// Streams among which partners of others are looked for: a capture may have very many, and so may the other.
pub(crate) struct Candidates {
    rows: Vec<StreamRow>,
    /// Of each key the place of the longest stream that is left.
    longest: HashMap<StreamKey, usize>,
    is_taken: Vec<bool>,
}

impl Candidates {
    pub(crate) fn of(rows: Vec<StreamRow>) -> Self {
        let mut longest: HashMap<StreamKey, usize> = HashMap::new();
        for (place, row) in rows.iter().enumerate() {
            let best = longest.entry(row.key.clone()).or_insert(place);
            let is_longer = row.events.cmp(&rows[*best].events).then(rows[*best].id.cmp(&row.id)).is_gt();
            if is_longer {
                *best = place;
            }
        }
        Self { is_taken: vec![false; rows.len()], rows, longest }
    }

    fn of_key(&self, key: &StreamKey) -> Option<&StreamRow> {
        let place = *self.longest.get(key)?;
        (!self.is_taken[place]).then(|| &self.rows[place])
    }

    /// Those that were not taken, in their order.
    fn left(&self) -> impl Iterator<Item = &StreamRow> {
        self.rows.iter().zip(&self.is_taken).filter(|(_, is_taken)| !**is_taken).map(|(row, _)| row)
    }

    /// Takes one, so that it is no other's partner. The streams have to be of one capture, in which each key stands once.
    pub(crate) fn take(&mut self, id: u32) -> Option<StreamRow> {
        // Ids of a case are in the order of the rows.
        let place = self.rows.binary_search_by_key(&id, |row| row.id).ok()?;
        self.is_taken[place] = true;
        Some(self.rows[place].clone())
    }

    /// Those that nobody took.
    pub(crate) fn into_left(self) -> impl Iterator<Item = StreamRow> {
        self.rows.into_iter().zip(self.is_taken).filter(|(_, is_taken)| !is_taken).map(|(row, _)| row)
    }
}

/// An anchor at work.
pub(crate) struct Anchor {
    pub(crate) case: Case,
    streams: Candidates,
}

impl Anchor {
    /// The stream that one of `case` is compared with.
    pub(crate) fn partner(&self, case: &Case, stream: &StreamRow) -> Result<Option<&StreamRow>, CaseError> {
        self.case.partner_among(&self.streams, case, stream)
    }
}
