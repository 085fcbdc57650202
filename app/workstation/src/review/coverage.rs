//! What has been looked at, as it is noted while a person goes through a case.

use crate::doc::Selection;
use crate::state::{Pane, State};
use crate::telemetry::Sort;
use crate::ui::rows::ListState;
use case::Looked;

/// What is noted, and the view of it.
#[derive(Debug)]
pub(crate) struct Covering {
    /// Of this window and of those before it.
    pub(crate) looked: Looked,
    /// Whether something of it is not in the case yet.
    pub(crate) is_new: bool,
    /// Whether a person has touched the window since the case was opened.
    pub(crate) is_touched: bool,
    /// When it was last kept, in seconds of the window.
    pub(crate) kept_at_seconds: f64,
    pub(crate) list: ListState,
    pub(crate) sort: Sort,
}

impl Default for Covering {
    fn default() -> Self {
        Self {
            looked: Looked::default(),
            is_new: false,
            is_touched: false,
            kept_at_seconds: f64::NEG_INFINITY,
            list: ListState::default(),
            // What has findings that nobody opened first.
            sort: Sort(4, true),
        }
    }
}

impl Covering {
    /// Notes something; what stood in view when the case was opened is noted once the window is touched.
    pub(crate) fn see(&mut self, note: impl FnOnce(&mut Looked) -> bool) {
        if self.is_touched {
            self.is_new |= note(&mut self.looked);
        }
    }
}

impl State {
    /// The first finding by rank that was not opened.
    pub(crate) fn first_unseen(&self) -> Option<i64> {
        let doc = self.doc.as_ref()?;
        let run = doc.run.as_ref()?.id;
        let looked = &self.review.coverage.looked;
        doc.findings.iter().map(|row| row.id).find(|id| !looked.has_finding(run, *id))
    }

    /// Opens it.
    pub(super) fn select_unseen(&mut self) {
        if let Some(finding) = self.first_unseen() {
            self.select(Selection::Finding(finding));
            self.front = Some(Pane::Finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_noted_before_a_person_touches_the_window() {
        let mut state = crate::scene::state();
        assert_eq!(state.first_unseen(), Some(1));
        let row = state.doc.as_ref().and_then(|doc| doc.finding(1).cloned()).expect("a finding");
        let covering = &mut state.review.coverage;
        covering.see(|looked| looked.see_finding(1, &row));
        assert!(!covering.is_new && covering.looked == Looked::default());
        covering.is_touched = true;
        covering.see(|looked| looked.see_finding(1, &row));
        assert!(covering.is_new);
        assert_eq!(state.first_unseen(), Some(2));
        state.select_unseen();
        assert_eq!(state.selection, Selection::Finding(2));
    }
}
