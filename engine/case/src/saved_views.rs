//! Views of the window that have a name: decisions, of which the last of each name stands.

use crate::decisions::{Decision, Subject};
use crate::error::CaseError;
use crate::store::Case;

/// A saved view as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewRow {
    /// The decision that says what it is now.
    pub decision: u64,
    /// When it was saved, nanoseconds UTC by the clock of the machine.
    pub at_nanos: i64,
    /// Who saved it.
    pub actor: String,
    /// What it is about.
    pub subject: Subject,
    /// What it is called.
    pub name: String,
    /// How the window showed the case, as the window reads it; empty where the window is to show what it is about.
    pub state: String,
}

impl Case {
    /// The saved views that stand, oldest first.
    pub fn saved_views(&self) -> Result<Vec<ViewRow>, CaseError> {
        let mut views = Vec::new();
        for row in self.decisions()?.into_iter().filter(|row| row.stands) {
            let Decision::View { name, state } = row.decision else { continue };
            let (decision, at_nanos, actor, subject) = (row.id, row.at_nanos, row.actor, row.subject);
            views.push(ViewRow { decision, at_nanos, actor, subject, name, state });
        }
        Ok(views)
    }
}
