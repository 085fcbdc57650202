//! Where the answers of the readers come from: a case file, and in tests something slow or made up.

use crate::query::{self, Answer, Query};
use crate::telemetry::Ticket;
use case::{Case, Veil};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Answers questions, on the thread of a reader.
pub(crate) trait Store {
    /// The answer, however long it takes; soon where the ticket is void, and then nobody reads it.
    fn answer(&mut self, query: Query, ticket: &Ticket) -> Answer;
}

/// Makes the store of a path, seen through a veil where there is one, on the thread that is going to ask it.
pub(crate) type Stores = Arc<dyn Fn(&Path, Option<&Veil>) -> Box<dyn Store> + Send + Sync>;

/// Case files, opened for reading.
pub(crate) fn of_cases() -> Stores {
    Arc::new(|path, veil| {
        let case = query::opened(path, veil).map_err(|error| query::said(&error));
        Box::new(OfCase { case, path: path.to_owned() })
    })
}

/// A case file, or why it cannot be read.
struct OfCase {
    case: Result<Case, String>,
    path: PathBuf,
}

impl Store for OfCase {
    fn answer(&mut self, query: Query, ticket: &Ticket) -> Answer {
        query::answer(self.case.as_ref(), &self.path, query, ticket)
    }
}
