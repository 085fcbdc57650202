//! Decisions on their way into the case. What the window shows as decided is committed: a crash after that loses nothing,
//! and one before it has shown nothing that would be lost.

use super::{App, keep};
use crate::state::Level;
use crate::work::{Failure, Message};
use case::{Case, CaseError, Decision, Subject};
use std::path::Path;

/// A finding, and whether it is to count as seen.
pub(crate) type Seen = (Subject, bool);

impl App {
    /// After a frame: what was clicked in it begins its way at once.
    pub(super) fn decide_seen(&mut self) {
        let asked = std::mem::take(&mut self.state.deciding);
        let Some(path) = self.state.doc.as_ref().map(|doc| doc.path.clone()).filter(|_| !asked.is_empty())
        else {
            return;
        };
        let deciding = self.seen_on_its_way.iter();
        let is_new = |subject: &Subject| deciding.clone().all(|(on_its_way, _)| on_its_way != subject);
        let new: Vec<Seen> = asked.into_iter().filter(|(subject, _)| is_new(subject)).collect();
        if new.is_empty() {
            return;
        }
        self.seen_on_its_way.extend(new.iter().cloned());
        let (doc, post) = (self.state.doc_id, self.post.clone());
        let write = move || {
            for seen in new {
                let failure = write(&path, &seen).err();
                let failure = failure.map(|error| Failure::new("A decision could not be written", error));
                post.send(Message::Seen { doc, seen, failure });
            }
        };
        (self.services.spawn)("decision", Box::new(write));
    }

    /// Takes what has been written, or was not.
    pub(super) fn seen(&mut self, doc: u64, seen: Seen, failure: Option<Failure>) {
        self.seen_on_its_way.retain(|on_its_way| *on_its_way != seen);
        if let Some(Failure { what, detail }) = failure {
            self.state.notice(Level::Error, what, detail);
        } else if doc == self.state.doc_id {
            let (subject, is_seen) = seen;
            self.state.acknowledged.retain(|known| *known != subject);
            if is_seen {
                self.state.acknowledged.push(subject);
            }
        }
    }
}

/// Writes a decision, in one transaction with its row of the audit chain.
fn write(path: &Path, (subject, is_seen): &Seen) -> Result<(), CaseError> {
    let mut case = Case::open(path)?;
    keep::decide(&mut case, subject, &Decision::Acknowledge, *is_seen, |row| row.subject == *subject)
}
