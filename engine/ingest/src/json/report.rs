//! What a decoder of JSON documents tells the batch: where each record lies, what was lost and what was odd.

use super::cursor::{Fault, FaultKind, Read};
use crate::budget::{Budget, RECORD_BYTES};
use crate::model::{Batch, Problem};
use crate::otlp_json::typed::Odd;
use cbad::{ByteRange, Event, StreamKey};
use std::sync::Arc;

/// The decoding of one document. Places count from the document's begin.
pub(crate) struct Report<'d> {
    batch: &'d mut Batch,
    offset: u64,
    line: u64,
    pub(crate) budget: Budget,
    /// Where the last record ended that was read or rejected.
    pub(crate) read_to: usize,
    pub(crate) odd: Odd,
}

pub(crate) fn too_costly(at: usize) -> Read<()> {
    Err(Fault { at, what: FaultKind::TooCostly })
}

impl<'d> Report<'d> {
    /// A document that begins at decoded byte `offset`.
    pub(crate) fn new(batch: &'d mut Batch, offset: u64, line: u64, budget: Budget) -> Self {
        Self { batch, offset, line, budget, read_to: 0, odd: Odd::default() }
    }

    pub(crate) fn range(&self, begin: usize, end: usize) -> ByteRange {
        ByteRange { offset: self.offset + begin as u64, length: (end - begin) as u64 }
    }

    /// A record that ends at `end`.
    pub(crate) fn push(&mut self, stream: Arc<StreamKey>, event: Event, end: usize) {
        self.batch.push(stream, event);
        self.read_to = end;
    }

    pub(crate) fn reject(&mut self, begin: usize, end: usize, reason: impl Into<String>, hint: &str) {
        let problem = Problem::rejected(self.range(begin, end), Some(self.line), reason).hint(hint);
        self.batch.problem(problem);
        self.read_to = end;
    }

    /// Rejects one record among others, as long as the line may cost it.
    pub(crate) fn reject_one(&mut self, begin: usize, end: usize, reason: &'static str) -> Read<()> {
        if !self.budget.spend(RECORD_BYTES) {
            return too_costly(begin);
        }
        self.reject(
            begin,
            end,
            reason,
            "Look at these bytes in the capture; the records around them were read.",
        );
        Ok(())
    }

    pub(crate) fn reject_rest(&mut self, end: usize, fault: Fault) {
        let at = self.offset + fault.at as u64;
        let reason = format!("{} at byte {at}", fault.what.reason());
        let hint = if let Some(raise) = fault.raise() {
            raise
        } else if self.read_to == 0 {
            "Look at these bytes in the capture; the lines before and after were read."
        } else {
            "Look at these bytes in the capture; the records of the line before this place were read."
        };
        self.reject(self.read_to, end, reason, hint);
    }

    /// Tells of what was odd in a record that was read all the same.
    pub(crate) fn note(&mut self, begin: usize, end: usize) {
        if let Some(odd) = self.odd.take() {
            self.remark(begin, end, format!("{odd}: passed over"), None);
        }
        for path in self.odd.take_unknown() {
            self.batch.pass_field(&path, self.range(begin, end), Some(self.line));
        }
    }

    /// Says something of a record that was read all the same.
    pub(crate) fn remark(&mut self, begin: usize, end: usize, what: String, hint: Option<&str>) {
        let note = Problem::note(self.range(begin, end), Some(self.line), what);
        let usual = "The record was kept; compare it with these bytes in the capture.";
        self.batch.problem(note.hint(hint.unwrap_or(usual)));
    }
}
