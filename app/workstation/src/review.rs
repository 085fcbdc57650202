//! What goes over a case as a whole: comparisons. Asked with tickets that a newer question makes void, and
//! answered by a reader of its own, since a comparison reads many events.

pub(crate) mod compare;

use crate::query::{Query, Reader};
use crate::telemetry::Ticket;
use case::{Case, CaseError};
use cbad::Watch as _;
use std::sync::Arc;

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// Two sides, or two runs.
    Compare(compare::Question),
}

/// A question with its ticket.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    what: Asked,
    ticket: Ticket,
}

impl PartialEq for Ask {
    fn eq(&self, other: &Self) -> bool {
        self.ticket == other.ticket
    }
}

impl Ask {
    /// Whether the older question is of the same kind, so that nobody waits for it any more.
    pub(crate) fn replaces(&self, older: &Self) -> bool {
        std::mem::discriminant(&self.what) == std::mem::discriminant(&older.what)
    }

    /// Asks the case. What is wrong is said in words.
    pub(crate) fn answer(self, case: Result<&Case, &String>) -> Said {
        let found = match (case, &self.what) {
            (Ok(case), Asked::Compare(question)) => {
                Found::Compared(said(compare::answer(case, question, &self.ticket)))
            }
            (Err(why), Asked::Compare(_)) => Found::Compared(Err(why.clone())),
        };
        Said { ticket: self.ticket, found }
    }
}

fn said<T>(result: Result<T, CaseError>) -> Result<Arc<T>, String> {
    result.map(Arc::new).map_err(|error| case::inert(error.to_string()))
}

/// What came back, and to which question.
#[derive(Debug)]
pub(crate) struct Said {
    ticket: Ticket,
    found: Found,
}

#[derive(Debug)]
enum Found {
    Compared(Result<Arc<compare::Answer>, String>),
}

/// Everything of this kind that the window knows.
#[derive(Debug, Default)]
pub(crate) struct Review {
    /// Reads the case without holding up the other readers.
    pub(crate) reader: Option<Reader>,
    pub(crate) compare: compare::Comparing,
}

impl Review {
    /// Whether a question is being answered.
    pub(crate) fn busy(&self) -> bool {
        self.reader.as_ref().is_some_and(Reader::busy)
    }

    fn ask(&self, what: Asked, ticket: Ticket) {
        if let Some(reader) = &self.reader {
            reader.ask(Query::Review(Ask { what, ticket }));
        }
    }

    /// Forgets what was read for one run, since another is shown.
    pub(crate) fn forget(&mut self) {
        self.compare.forget();
    }

    /// Takes an answer, where it is still wanted.
    pub(crate) fn take(&mut self, said: Said) {
        if said.ticket.cancelled() {
            return;
        }
        match said.found {
            Found::Compared(found) => self.compare.take(found),
        }
    }
}
