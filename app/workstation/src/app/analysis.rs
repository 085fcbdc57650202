//! Runs and tests that a person asks for over the open case, each a task.

use super::App;
use crate::runs::{self, Wanted};
use crate::state::{Level, Pane};
use crate::work::Message;
use case::FindingRef;
use std::path::PathBuf;

impl App {
    /// Starts a run over the open case.
    fn analyze(&mut self, name: &str, wanted: Wanted) {
        let Some(path) = self.state.doc.as_ref().map(|doc| doc.path.clone()) else { return };
        self.start(name.to_owned(), move |task, watch, post| {
            post.send(Message::Finished { task, result: runs::analyze(&path, wanted, watch) });
        });
    }

    /// A run with the settings as they are now.
    pub(super) fn analyze_again(&mut self) {
        let Some(doc) = self.state.doc.clone() else { return };
        match self.state.prefs.analysis.config(Some((&doc, self.state.range))) {
            Ok(config) => {
                self.analyze(&format!("Analysing {} again", doc.name()), Wanted { config, anchor: None });
            }
            Err(why) => self.state.notice(Level::Error, "The settings cannot be used", why),
        }
    }

    /// A run like the one in which a finding was judged to be ordinary or an incident, now that the case says so.
    pub(super) fn judged(&mut self, of: FindingRef, is_incident: bool) {
        let Some(doc) = self.state.doc.clone() else { return };
        let Some(run) = doc.runs.iter().find(|run| run.id == of.run) else { return };
        let what = if is_incident { "an incident" } else { "ordinary" };
        self.analyze(
            &format!("Analysing with finding {} as {what}", of.finding),
            Wanted { config: run.config.clone(), anchor: None },
        );
    }

    /// Tests the selected finding by shuffling.
    pub(super) fn test_finding(&mut self) {
        let (Some(doc), Some(row)) = (self.state.doc.clone(), self.state.selected_finding()) else { return };
        let Some(run) = doc.run.as_ref().map(|run| run.id) else { return };
        let (choice, path) = (self.state.tests.choice, doc.path.clone());
        self.state.front = Some(Pane::Finding);
        self.start(format!("Testing finding {}", row.id), move |task, watch, post| {
            let result = runs::test(&path, (run, row.id), choice, watch);
            post.send(Message::Finished { task, result });
        });
    }

    /// A run with the settings as they are now, but against another case.
    pub(super) fn compare_with(&mut self, anchor: PathBuf) {
        let name = case::inert(crate::words::file_name(&anchor));
        match self.state.prefs.analysis.config(None) {
            Ok(config) => {
                self.analyze(&format!("Comparing with {name}"), Wanted { config, anchor: Some(anchor) });
            }
            Err(why) => self.state.notice(Level::Error, "The settings cannot be used", why),
        }
    }
}
