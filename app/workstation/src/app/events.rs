//! The events of the list, copied and exported.

use super::App;
use crate::export::{self, Export};
use crate::state::Level;
use crate::words;
use crate::work::{For, Message};
use std::path::{Path, PathBuf};

impl App {
    /// What the list of events is of now. It is drawn in the Events view alone, so that its rows may be those of before.
    fn shown_events(&self) -> Option<Export> {
        let doc = self.state.doc.as_ref()?;
        let stream = doc.stream(self.state.stream?)?;
        Some(Export {
            case: doc.path.clone(),
            stream: stream.id,
            label: stream.key.label(),
            events: stream.events,
            times: self.state.listed_times(),
            hits: (self.state.filters() && !self.state.filter.with_others)
                .then(|| self.state.filter.hits.clone()),
            columns: self.state.columns().to_vec(),
            zone: self.state.prefs.zone,
        })
    }

    pub(super) fn copy_events(&mut self) {
        let Some(what) = self.shown_events() else { return };
        self.start("Copying events".to_owned(), move |task, watch, post| {
            post.send(Message::Finished { task, result: export::to_text(&what, watch) });
        });
    }

    pub(super) fn export_events(&mut self) {
        let Some(what) = self.shown_events() else { return };
        let dialog = self.services.dialogs.save_events("events.csv");
        self.ask_person(For::Events(Box::new(what)), dialog);
    }

    pub(super) fn export_to(&mut self, what: Export, paths: Vec<PathBuf>) {
        let Some(path) = paths.into_iter().next() else { return };
        let name = case::inert(words::file_name(&path));
        self.start(format!("Exporting events to {name}"), move |task, watch, post| {
            post.send(Message::Finished { task, result: export::to_file(&what, &path, watch) });
        });
    }

    pub(super) fn exported(&mut self, path: &Path, events: u64, lost: u64) {
        let written = words::counted(events, "event", "events");
        let place = case::inert(path.display().to_string());
        self.say(format!("{written} exported"), lost, place);
    }

    pub(super) fn copied(&mut self, text: String, events: u64, lost: u64, of: u64) {
        self.post.copy(text);
        if of > export::MOST_COPIED {
            let (first, all) = (words::count(export::MOST_COPIED), words::count(of));
            let more = "No more than these are copied; export the events to a file to have them all.";
            return self.say(format!("The first {first} of {all} events copied"), lost, more.to_owned());
        }
        let copied = words::counted(events, "event", "events");
        self.say(
            format!("{copied} copied"),
            lost,
            "As CSV, with the columns and the zone of the list.".to_owned(),
        );
    }

    fn say(&mut self, what: String, lost: u64, detail: String) {
        if lost == 0 {
            self.state.notice(Level::Done, what, detail);
            return;
        }
        let damaged = words::counted(lost, "event is", "events are");
        let advice = "Import the capture into a new case to get them back.";
        let detail = format!("{damaged} damaged in the case and missing. {advice} {detail}");
        self.state.notice(Level::Warning, what, detail);
    }
}
