//! Runs and tests that a person asks for over the open case, each a task.

use super::App;
use crate::runs::{self, Wanted};
use crate::state::{Level, Pane};
use crate::work::{For, Message};
use case::FindingRef;
use std::path::{Path, PathBuf};

impl App {
    /// Starts a run over a case.
    fn analyze(&mut self, path: &Path, name: &str, wanted: Wanted) {
        let path = path.to_owned();
        self.start(name.to_owned(), move |task, watch, post| {
            post.send(Message::Finished { task, result: runs::analyze(&path, wanted, watch) });
        });
    }

    /// A run with the settings as they are now.
    pub(super) fn analyze_again(&mut self) {
        let Some(doc) = self.state.doc.clone() else { return };
        match self.state.prefs.analysis.config(Some((&doc, self.state.range))) {
            Ok(config) => {
                let name = format!("Analysing {} again", doc.name());
                self.analyze(&doc.path, &name, Wanted { config, anchor: None });
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
        self.analyze(&doc.path, &name, Wanted { config, anchor: None });
    }

    /// A run like the one in which a finding was judged to be ordinary or an incident, now that the case says so.
    pub(super) fn judged(&mut self, of: FindingRef, is_incident: bool) {
        let Some(doc) = self.state.doc.clone() else { return };
        let Some(run) = doc.runs.iter().find(|run| run.id == of.run) else { return };
        let what = if is_incident { "an incident" } else { "ordinary" };
        self.analyze(
            &doc.path,
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

    /// A case was checked, which may not be open any more.
    pub(super) fn checked(&mut self, path: &Path, found: case::Verification) {
        let is_open = self.is_open(path);
        let name = if is_open { "The case".to_owned() } else { case::inert(crate::words::file_name(path)) };
        let (level, what, detail) = if found.is_sound() {
            let blocks = crate::words::counted(found.blocks, "block", "blocks");
            let events = crate::words::counted(found.events, "event", "events");
            (Level::Done, format!("{name} is whole"), format!("{blocks} with {events} were hashed again."))
        } else {
            let faults = (found.damaged.len() + found.problems.len()) as u64;
            let detail = if is_open {
                format!(
                    "{} listed among the problems.",
                    crate::words::counted(faults, "fault is", "faults are")
                )
            } else {
                let faults = crate::words::counted(faults, "fault was", "faults were");
                format!("{faults} found. Open it and check it again to have the list.")
            };
            (Level::Error, format!("{name} is damaged"), detail)
        };
        if is_open {
            self.state.problems.checked(found.damaged, found.problems);
        }
        self.state.notice(level, what, detail);
    }

    /// Has a person choose the case that the open one is compared with.
    pub(super) fn ask_anchor(&mut self) {
        let Some(path) = self.state.doc.as_ref().map(|doc| doc.path.clone()) else { return };
        self.ask_person(For::Anchor(path), self.services.dialogs.case());
    }

    /// A run of a case with the settings as they are now, but against another case.
    pub(super) fn compare_with(&mut self, of: &Path, anchor: Vec<PathBuf>) {
        let Some(anchor) = anchor.into_iter().next() else { return };
        let name = case::inert(crate::words::file_name(&anchor));
        match self.state.prefs.analysis.config(None) {
            Ok(config) => {
                let wanted = Wanted { config, anchor: Some(anchor) };
                self.analyze(of, &format!("Comparing with {name}"), wanted);
            }
            Err(why) => self.state.notice(Level::Error, "The settings cannot be used", why),
        }
    }
}
