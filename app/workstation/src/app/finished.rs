//! What a task left behind, put where it belongs: into the case that it is of, where that is open, and told of where it is not.

use super::App;
use crate::query::Query;
use crate::state::Level;
use crate::work::{Failure, Finished};
use std::path::Path;

impl App {
    pub(super) fn finished(&mut self, result: Result<Finished, Failure>) {
        match result {
            Ok(Finished::Case(path)) => self.show_case(&path, None),
            Ok(Finished::Locked(path, why)) => self.ask_passphrase(path, why),
            Ok(Finished::Run(path, run)) if self.is_open(&path) => self.show_case(&path, Some(run)),
            Ok(Finished::Run(path, _)) => {
                self.elsewhere(&path, "was analysed", "Open it again to see what was found.");
            }
            Ok(Finished::Tested { case, of: (run, finding) }) if self.is_open(&case) => {
                self.state.ask(Query::Tests { run, finding });
            }
            Ok(Finished::Tested { case, of: (run, finding) }) => {
                let next =
                    format!("The test stands with finding {finding} of run {run}. Open it again to see it.");
                self.elsewhere(&case, "has a new test", &next);
            }
            Ok(Finished::Matrix(path, made)) if self.is_open(&path) => self.state.matrix.take(made),
            Ok(Finished::Matrix(path, _)) => {
                self.elsewhere(
                    &path,
                    "was measured",
                    "No case keeps that: open it again and measure it anew.",
                );
            }
            Ok(Finished::Stopped(detail)) => self.state.notice(Level::Warning, "Cancelled", detail),
            Ok(Finished::Checked(path, found)) => self.checked(&path, *found),
            Ok(Finished::Written(path)) => {
                self.state.notice(Level::Done, "Written", case::inert(path.display().to_string()));
            }
            Ok(Finished::Exported { path, events, lost }) => self.exported(&path, events, lost),
            Ok(Finished::Copied { text, events, lost, of }) => self.copied(text, events, lost, of),
            Ok(Finished::Cancelled(kept)) => {
                let detail = match kept {
                    Some(path) => format!(
                        "What was done so far is kept in {}. Open the same file again to go on from there.",
                        case::inert(path.display().to_string())
                    ),
                    None => "Nothing was kept.".to_owned(),
                };
                self.state.notice(Level::Warning, "Cancelled", detail);
            }
            Err(Failure { what, detail }) => self.state.notice(Level::Error, what, detail),
        }
    }

    /// Whether this case is the open one, or is being read to be.
    pub(super) fn is_open(&self, path: &Path) -> bool {
        self.case.as_deref() == Some(path)
    }

    /// Tells of a case that is not open any more: it does not come back by itself, and nothing of it is put into another.
    fn elsewhere(&mut self, path: &Path, what: &str, next: &str) {
        let name = case::inert(crate::words::file_name(path));
        self.state.notice(Level::Done, format!("{name} {what}"), format!("It is not open any more. {next}"));
    }
}
