//! Decisions on their way into the case. What the window shows as decided is committed: a crash after that loses nothing,
//! and one before it has shown nothing that would be lost.

use super::App;
use crate::decisions::Request;
use crate::state::Level;
use crate::work::{Failure, Message};
use case::{Case, CaseError, Decision, DecisionRow};
use std::path::Path;

/// What has been written, and every decision that the case has since.
pub(crate) type Written = (Request, Result<Vec<DecisionRow>, Failure>);

impl App {
    /// After a frame: what was clicked in it begins its way at once.
    pub(super) fn write_asked(&mut self) {
        let asked = std::mem::take(&mut self.state.decisions.asked);
        let Some(path) = self.state.doc.as_ref().map(|doc| doc.path.clone()).filter(|_| !asked.is_empty())
        else {
            return;
        };
        // The same click again, while the first is on its way, is one click.
        let mut new: Vec<Request> = Vec::new();
        for request in asked {
            if !self.on_their_way.contains(&request) && !new.contains(&request) {
                new.push(request);
            }
        }
        if new.is_empty() {
            return;
        }
        self.on_their_way.extend(new.iter().cloned());
        let (doc, post) = (self.state.doc_id, self.post.clone());
        let write = move || {
            for request in new {
                let result = write(&path, &request)
                    .map_err(|error| Failure::new("A decision could not be written", error));
                post.send(Message::Written { doc, written: Box::new((request, result)) });
            }
        };
        (self.services.spawn)("decision", Box::new(write));
    }

    /// Takes what has been written, or was not.
    pub(super) fn written(&mut self, doc: u64, (request, result): Written) {
        self.on_their_way.retain(|on_its_way| *on_its_way != request);
        let rows = match result {
            Ok(rows) => rows,
            Err(Failure { what, detail }) => return self.state.notice(Level::Error, what, detail),
        };
        if doc != self.state.doc_id {
            return;
        }
        self.state.decisions.take(rows);
        self.state.review.outdated();
        if let Some(bookmark) = request.bookmark {
            self.state.bookmarks.retain(|known| known.name != bookmark.name);
            if request.stands {
                self.state.bookmarks.push(bookmark);
            }
        }
        if let (Decision::Dismiss { .. } | Decision::Confirm { .. }, Some(of)) =
            (&request.decision, request.finding)
        {
            self.judged(of, matches!(request.decision, Decision::Confirm { .. }));
        }
    }
}

/// Writes a decision, in one transaction with its row of the audit chain.
fn write(path: &Path, request: &Request) -> Result<Vec<DecisionRow>, CaseError> {
    let mut case = Case::open(path)?;
    if request.stands {
        match request.finding {
            Some(of) => case.decide_finding(of.run, of.finding, &request.decision)?,
            None => case.decide(&request.subject, &request.decision)?,
        };
    } else {
        take_back(&mut case, request)?;
    }
    case.decisions()
}

/// Withdraws what stands of the same; a bookmark is known by its name, everything else by what it is about.
fn take_back(case: &mut Case, request: &Request) -> Result<(), CaseError> {
    let is_same = |row: &DecisionRow| {
        row.stands
            && row.decision == request.decision
            && (row.subject == request.subject || matches!(row.decision, Decision::Bookmark { .. }))
    };
    if let Some(row) = case.decisions()?.into_iter().find(is_same) {
        case.decide(&row.subject, &Decision::Withdraw { decision: row.id })?;
    }
    Ok(())
}
