//! The import dialog: what was chosen is looked at in the background, and imported as it was chosen.

use super::App;
use crate::import_dialog::{Asked, Destinations, Found, ImportDialog, Looking, Redact, find};
use crate::opening::{self, Working};
use crate::redaction::RulesFor;
use crate::state::Level;
use crate::work::{For, Message, Post, TaskWatch};
use cbad::{Stage, Watch as _};
use ingest::{Inspection, OpenOptions, Redaction};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Captures that are looked at at the same time.
const AT_ONCE: usize = 2;

impl App {
    /// Captures that were chosen or dropped: a person is asked how to import them. A case is opened.
    pub(super) fn choose(&mut self, paths: Vec<PathBuf>) {
        if self.presented.is_some() || paths.is_empty() {
            return;
        }
        if self.state.prefs.import_without_asking && self.state.import.is_none() {
            return self.open(&paths);
        }
        self.asking += 1;
        let (post, places) = (self.post.clone(), self.services.places.clone());
        let look = move || {
            post.send(Message::Found(find(&paths, &places)));
        };
        (self.services.spawn)("import dialog", Box::new(look));
    }

    /// What was chosen is there to be looked at.
    pub(super) fn found(&mut self, found: Option<Found>) {
        self.asking -= 1;
        match (found, &mut self.state.import) {
            (None, _) => {}
            (Some(Found::Case(path)), None) => self.open(&[path]),
            (Some(Found::Case(path)), Some(_)) => {
                let what = format!("{} is a case", case::inert(crate::words::file_name(&path)));
                self.state.notice(Level::Warning, what, "Close the import dialog, then open the case.");
            }
            (Some(Found::Captures { captures, .. }), Some(dialog)) => dialog.add(captures),
            (Some(Found::Captures { captures, new_case, known_case }), None) => {
                let open_case = self.state.doc.as_ref().map(|doc| doc.path.clone());
                let open_case = open_case.filter(|path| known_case.as_ref() != Some(path));
                let places = Destinations { new: new_case, known: known_case, open: open_case };
                let redact = self.state.prefs.analysis.redact.clone();
                self.state.import = Some(ImportDialog::new(captures, places, redact));
            }
        }
    }

    /// After a frame: what was asked for in the dialog is done, and what waits is looked at.
    pub(super) fn follow_import(&mut self, ctx: &egui::Context) {
        if let Some(of) = self.state.asked_rules.take() {
            self.ask_person(For::Rules(of), self.services.dialogs.rules());
        }
        let Some(dialog) = &mut self.state.import else { return };
        match dialog.asked.take() {
            None => {}
            Some(Asked::Close) => self.close_import(ctx),
            Some(Asked::Import) => self.import_chosen(ctx),
            Some(Asked::AddFiles) => self.ask_person(For::Captures, self.services.dialogs.captures()),
            Some(Asked::AddFolder) => self.ask_person(For::Captures, self.services.dialogs.folder()),
            Some(Asked::Rules) => {
                self.ask_person(For::Rules(RulesFor::Dialog), self.services.dialogs.rules());
            }
        }
        self.look_at_captures(ctx);
    }

    fn close_import(&mut self, ctx: &egui::Context) {
        if let Some(dialog) = self.state.import.take() {
            dialog.give_up();
            ctx.request_repaint();
        }
    }

    fn import_chosen(&mut self, ctx: &egui::Context) {
        let Some(import) = self.state.import.as_ref().map(ImportDialog::import) else { return };
        self.close_import(ctx);
        let Some((first, _)) = import.captures.first() else { return };
        let name = case::inert(crate::words::file_name(first));
        let more = match import.captures.len() {
            1 => String::new(),
            all => format!(" and {} more", all - 1),
        };
        let (how, places) = (self.state.prefs.analysis.clone(), self.services.places.clone());
        self.start(format!("Importing {name}{more}"), move |task, watch, post| {
            opening::import_chosen(&import, &places, &Working { task, how: &how, watch, post });
        });
    }

    fn look_at_captures(&mut self, ctx: &egui::Context) {
        let Some(dialog) = &mut self.state.import else { return };
        let rules = dialog.redact.rules();
        while self.inspecting < AT_ONCE {
            let Some(at) = dialog.rows.iter().position(|row| matches!(row.looking, Looking::Waiting)) else {
                break;
            };
            let options = dialog.options(&dialog.rows[at]);
            let watch = Arc::new(TaskWatch::default());
            let row = &mut dialog.rows[at];
            row.looking = Looking::Now(Arc::clone(&watch));
            let (path, of) = (row.chosen.path.clone(), (row.id, row.look));
            let (post, rules) = (self.post.clone(), rules.clone());
            self.inspecting += 1;
            let job = move || inspect(&path, &options, rules.as_ref(), (of, &watch, &post));
            (self.services.spawn)("inspection", Box::new(job));
        }
        if dialog.is_looking() {
            ctx.request_repaint_after(Duration::from_millis(100));
        }
    }

    /// A look at a capture has ended.
    pub(super) fn inspected(&mut self, (id, look): (u64, u64), seen: Result<Box<Inspection>, String>) {
        self.inspecting -= 1;
        let Some(dialog) = &mut self.state.import else { return };
        if let Some(row) = dialog.rows.iter_mut().find(|row| row.id == id && row.look == look) {
            (row.seen, row.looking) = (Some(seen), Looking::Done);
        }
    }

    /// Reads the rules in a file, in the background.
    pub(super) fn load_rules(&mut self, of: RulesFor, paths: Vec<PathBuf>) {
        let Some(path) = paths.into_iter().next() else { return };
        self.asking += 1;
        let post = self.post.clone();
        let load = move || {
            // Asked for once, so that what is wrong with them is said now and not in every row.
            let rules = Redaction::load(&path).map_err(case::CaseError::from);
            let rules = rules.and_then(|rules| case::preview_redactor(&rules).map(|_| rules));
            let rules = rules.map(|rules| (path, rules)).map_err(|error| case::inert(error.to_string()));
            post.send(Message::Rules(of, rules));
        };
        (self.services.spawn)("import dialog", Box::new(load));
    }

    /// Rules were read, or not.
    pub(super) fn rules(&mut self, of: RulesFor, rules: Result<(PathBuf, Redaction), String>) {
        self.asking -= 1;
        let redact = match rules {
            Ok((path, rules)) => Redact::Rules(path, Box::new(rules)),
            Err(why) => return self.state.notice(Level::Error, "The rules of redaction cannot be used", why),
        };
        match (of, &mut self.state.import) {
            (RulesFor::Dialog, Some(dialog)) => {
                dialog.redact = redact;
                dialog.look_at_all_again();
            }
            (RulesFor::Dialog, None) => {}
            (RulesFor::Imports, _) => self.state.prefs.analysis.redact = redact,
            (RulesFor::Presentations, _) => {
                (self.state.prefs.present_redact, self.state.prefs.present_in_the_clear) = (redact, false);
            }
        }
    }
}

/// Looks at a capture, on a thread of its own.
fn inspect(
    path: &Path,
    options: &OpenOptions,
    rules: Option<&Redaction>,
    (of, watch, post): ((u64, u64), &TaskWatch, &Post),
) {
    let seen = rules.map(case::preview_redactor).transpose().and_then(|redactor| {
        let goes_on = |read| {
            watch.progress(Stage::Import, read, Inspection::SAMPLE_BYTES);
            !watch.cancelled()
        };
        let most = Inspection::SAMPLE_BYTES;
        Inspection::redacting(path, options, most, redactor, goes_on).map_err(case::CaseError::from)
    });
    let seen = seen.map(Box::new).map_err(|error| case::inert(error.to_string()));
    post.send(Message::Inspected(of, seen));
}
