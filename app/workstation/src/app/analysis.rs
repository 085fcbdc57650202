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

    /// A run like the one that is shown, at the level that is being tried; the settings have it from now on.
    pub(super) fn adopt_level(&mut self) {
        let (Some(doc), Some(trial)) = (self.state.doc.clone(), &self.state.trial) else { return };
        let Some(run) = &doc.run else { return };
        self.state.prefs.analysis.adopt(trial.alpha);
        let alpha = self.state.prefs.analysis.alpha();
        let config = cbad::Config { alpha, false_alarms: None, ..run.config.clone() };
        let name = format!("Analysing {} at {} %", doc.name(), crate::view::trial::percent(alpha));
        self.analyze(&name, Wanted { config, anchor: None });
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

    /// Looks for damage in all of the case.
    pub(super) fn check_case(&mut self) {
        let Some(doc) = self.state.doc.clone() else { return };
        self.state.front = Some(Pane::Problems);
        let path = doc.path.clone();
        self.start(format!("Checking {} for damage", doc.name()), move |task, watch, post| {
            post.send(Message::Finished { task, result: runs::check(&path, watch) });
        });
    }

    /// The case was checked.
    pub(super) fn checked(&mut self, found: case::Verification) {
        let (level, what, detail) = if found.is_sound() {
            let blocks = crate::words::counted(found.blocks, "block", "blocks");
            let events = crate::words::counted(found.events, "event", "events");
            (Level::Done, "The case is whole", format!("{blocks} with {events} were hashed again."))
        } else {
            let faults = (found.damaged.len() + found.problems.len()) as u64;
            let faults = crate::words::counted(faults, "fault is", "faults are");
            (Level::Error, "The case is damaged", format!("{faults} listed among the problems."))
        };
        self.state.problems.checked(found.damaged, found.problems);
        self.state.notice(level, what, detail);
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
