//! The audit chain as it was computed again, and which rows of it are listed.

use super::Asked;
use crate::state::State;
use crate::telemetry::Desk;
use crate::ui::rows::ListState;
use case::{AuditFilter, CheckedAudit, CheckedRow};
use std::sync::Arc;

/// The view of the chain.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    pub(super) desk: Desk,
    asked: bool,
    pub(crate) found: Option<Result<Arc<CheckedAudit>, String>>,
    pub(crate) filter: AuditFilter,
    /// Only rows that are not what was recorded.
    pub(crate) broken_only: bool,
    pub(crate) list: ListState,
}

impl Audit {
    /// What is there is old: the case has changed.
    pub(super) fn outdated(&mut self) {
        self.asked = false;
    }

    /// Takes an answer.
    pub(super) fn take(&mut self, found: Result<Arc<CheckedAudit>, String>) {
        self.found = Some(found);
    }

    /// Rows that the filter leaves, the latest first.
    pub(crate) fn listed<'a>(&self, checked: &'a CheckedAudit) -> Vec<&'a CheckedRow> {
        let fits =
            |row: &&CheckedRow| self.filter.fits(&row.row) && (!self.broken_only || row.fault.is_some());
        checked.rows.iter().rev().filter(fits).collect()
    }
}

impl State {
    /// Has the chain read and computed again, where that has not been asked for since the last change.
    pub(crate) fn want_audit(&mut self) {
        if !std::mem::replace(&mut self.review.audit.asked, true) {
            let ticket = self.review.audit.desk.ticket();
            self.review.ask(Asked::Audit, ticket);
        }
    }
}
