//! The application: receives messages, shows the views, carries out commands. Needs no native frame, so that tests drive
//! exactly what a person uses.

mod analysis;
mod ask;
mod decide;
mod events;
mod finished;
mod follow;
mod import_dialog;
mod keep;
mod matrix;
mod picture;
mod rest;
mod review;
mod sample;
mod search;
#[cfg(test)]
mod tests;
mod vault;

use crate::command::Command;
use crate::decisions::{Decisions, Request};
use crate::dialogs::{FileDialogs, SystemDialogs};
use crate::doc::{Doc, Selection};
use crate::history::History;
use crate::layout;
use crate::opening::{self, Working};
use crate::places::Places;
use crate::prefs::{Prefs, ThemeChoice};
use crate::query::{Answer, Query};
use crate::remembered::Kept;
use crate::state::{Level, Notice, Pane, State};
use crate::view;
use crate::work::{self, Failure, For, Message, Post, Spawn, Task, TaskWatch};
use crossbeam_channel::Receiver;
pub(crate) use decide::Written;
pub(crate) use search::Searched;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What the application asks of the system around it.
#[derive(Clone)]
pub struct Services {
    /// File dialogs.
    pub dialogs: Arc<dyn FileDialogs>,
    /// Threads.
    pub spawn: Spawn,
    /// Folders.
    pub places: Places,
}

impl Services {
    /// The real ones.
    pub fn of_system() -> Self {
        Self { dialogs: Arc::new(SystemDialogs), spawn: work::threads(), places: Places::of_user() }
    }
}

/// The workstation.
pub struct App {
    state: State,
    tree: egui_tiles::Tree<Pane>,
    services: Services,
    post: Post,
    inbox: Receiver<Message>,
    /// Received while a test waited; handled in the next frame.
    waiting: Vec<Message>,
    next_task: u64,
    /// Dialogs that a person has not answered yet.
    asking: usize,
    /// Where readers read.
    stores: crate::store::Stores,
    /// Decisions on their way into the case.
    on_their_way: Vec<Request>,
    keeper: keep::Keeper,
    searcher: search::Searcher,
    /// Looks at captures that have not ended.
    inspecting: usize,
    /// The case that is presented, which is read again at both ends of it.
    presented: Option<PathBuf>,
    /// The case that is open, or being read to be.
    case: Option<PathBuf>,
    batches: review::Batches,
}

impl App {
    /// A window without a case.
    pub fn new(ctx: &egui::Context, services: Services) -> Self {
        crate::theme::install(ctx);
        let (tx, inbox) = crossbeam_channel::unbounded();
        let mut state = State { sample_here: services.places.sample_capture().is_ok(), ..State::default() };
        match Prefs::load(&services.places.config) {
            Ok(prefs) => state.prefs = prefs,
            Err(why) => state.notice(
                Level::Warning,
                "The settings could not be read",
                format!("{why}. The window uses its first settings and writes new ones."),
            ),
        }
        crate::theme::apply(ctx, state.prefs.theme, state.prefs.percent);
        let tree = layout::triage();
        let post = Post::new(tx, ctx.clone());
        let spawn = crate::panics::told(Arc::clone(&services.spawn), post.clone());
        let services = Services { spawn, ..services };
        Self {
            state,
            tree,
            services,
            post,
            inbox,
            waiting: Vec::new(),
            next_task: 1,
            asking: 0,
            stores: crate::store::of_cases(),
            on_their_way: Vec::new(),
            keeper: keep::Keeper::default(),
            searcher: search::Searcher::default(),
            inspecting: 0,
            presented: None,
            case: None,
            batches: review::Batches::default(),
        }
    }

    /// Opens captures (together, in one case) or a case, in the background.
    pub fn open(&mut self, files: &[PathBuf]) {
        let Some(first) = files.first().filter(|_| self.presented.is_none()) else { return };
        let name = case::inert(crate::words::file_name(first));
        let more = if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
        let (files, places) = (crate::places::whole(files), self.services.places.clone());
        let how = self.state.prefs.analysis.clone();
        self.start(format!("Opening {name}{more}"), move |task, watch, post| {
            opening::open(&files, &places, &Working { task, how: &how, watch, post });
        });
    }

    /// Shows one frame.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        let arrived: Vec<Message> = self.waiting.drain(..).chain(self.inbox.try_iter()).collect();
        for message in arrived {
            self.receive(message);
        }
        let dropped: Vec<PathBuf> =
            ui.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
        self.choose(dropped);
        self.hold_window(ui.ctx());
        let is_presented = self.state.review.showing.is_some();
        if is_presented {
            view::present::keys(ui, &mut self.state);
        } else if let Some(command) = Command::pressed(ui) {
            self.state.command(command);
        }
        crate::words::show_times_in(self.state.prefs.zone);
        self.state.in_front = Some(layout::front(&self.tree));
        let prefs = self.state.prefs.clone();
        view::frame(ui, &mut self.state, &mut self.tree);
        view::presenter::show(ui.ctx(), &mut self.state);
        if !self.state.tasks.is_empty() {
            ui.ctx().request_repaint_after(Duration::from_millis(100));
        }
        let asked = std::mem::take(&mut self.state.open);
        self.open(&asked);
        for command in std::mem::take(&mut self.state.commands) {
            if self.state.enabled(command) {
                self.carry_out(ui.ctx(), command);
                ui.ctx().request_repaint();
            }
        }
        if let Some(pane) = self.state.front.take() {
            if self.state.doc.is_some() {
                layout::bring_to_front(&mut self.tree, pane);
            } else {
                self.state.alone = Some(pane);
            }
            ui.ctx().request_repaint();
        }
        self.follow_import(ui.ctx());
        self.write_asked();
        self.follow_figures();
        self.follow_vault();
        self.follow_filter();
        if !is_presented {
            self.follow_prefs(ui.ctx(), &prefs);
            self.remember(ui.ctx());
        }
        self.follow_review(ui.ctx());
    }

    /// Shows what the settings say now, and has them kept where they have changed.
    fn follow_prefs(&mut self, ctx: &egui::Context, before: &Prefs) {
        let prefs = &mut self.state.prefs;
        // Ctrl with plus and minus changes the size too.
        let percent = crate::theme::percent(ctx, before.theme);
        if prefs.percent == before.percent
            && percent != before.percent
            && crate::prefs::PERCENT.contains(&percent)
        {
            prefs.percent = percent;
        }
        if prefs != before {
            if (prefs.theme, prefs.percent) != (before.theme, before.percent) {
                crate::theme::apply(ctx, prefs.theme, prefs.percent);
            }
            self.prefs_changed();
            ctx.request_repaint();
        }
    }

    fn start(&mut self, name: String, job: impl FnOnce(u64, &TaskWatch, &Post) + Send + 'static) {
        let id = self.next_task;
        self.next_task += 1;
        let watch = Arc::new(TaskWatch::default());
        let (theirs, post) = (Arc::clone(&watch), self.post.clone());
        self.state.tasks.push(Task { id, name, watch, pace: work::Pace::default() });
        (self.services.spawn)("task", crate::panics::task(id, post, move |post| job(id, &theirs, post)));
    }

    fn receive(&mut self, message: Message) {
        match message {
            Message::Dialog(purpose, picked) => {
                self.asking -= 1;
                self.picked(purpose, picked);
            }
            Message::Imported { task, case, notices } => {
                if let Some(task) = self.state.tasks.iter_mut().find(|running| running.id == task) {
                    task.name = format!("Analysing {}", case::inert(crate::words::file_name(&case)));
                }
                for Failure { what, detail } in notices {
                    self.state.notice(Level::Error, what, detail);
                }
                self.show_case(&case, None);
            }
            Message::Finished { task, result } => {
                self.state.tasks.retain(|running| running.id != task);
                self.finished(result);
            }
            Message::Answer(doc, answer) if doc == self.state.doc_id => self.answered(answer),
            Message::Answer(..) => {}
            Message::Pixels(image) => self.cut_and_save(&image),
            Message::Decided(path, failure) => self.decided(&path, failure),
            Message::Kept(failures) => self.kept(failures),
            Message::Written { doc, written } => self.written(doc, *written),
            Message::Searched(number, said) => self.searched(number, said),
            Message::Found(found) => self.found(found),
            Message::Inspected(of, seen) => self.inspected(of, seen),
            Message::Rules(of, rules) => self.rules(of, rules),
            Message::Followed(said) => self.followed(said),
            Message::Tell(Notice { level, what, detail }) => self.state.notice(level, what, detail),
        }
    }

    /// Opens a case for reading, or reads it again where it is the open one.
    fn show_case(&mut self, path: &Path, run: Option<i64>) {
        if self.presented.is_some() {
            // It is read again when the presentation ends.
            return;
        }
        if self.state.doc.as_ref().is_none_or(|doc| doc.path != path) {
            self.close();
            self.open_readers(path);
        }
        self.state.loading = true;
        // A run that was not asked for by its number does not take the place of the one that is looked at.
        let shown = self.state.doc.as_ref().and_then(|doc| doc.run.as_ref()).map(|run| run.id);
        self.state.ask(Query::Load { run: run.or(shown) });
    }

    fn close(&mut self) {
        self.write_asked();
        self.state.review.keep_words();
        self.write_decisions();
        if let Some(draft) = self.state.decisions.draft.take().filter(|draft| !draft.text.trim().is_empty()) {
            let what = "What was being written of a finding was not kept";
            self.state.notice(Level::Warning, what, case::inert(draft.text));
        }
        self.state.doc_id += 1;
        self.state.doc = None;
        self.case = None;
        self.state.readers = None;
        self.state.telemetry = crate::telemetry::Telemetry::default();
        self.state.bits = crate::bits::Bits::default();
        self.state.review = crate::review::Review::default();
        self.state.selection = Selection::Nothing;
        self.state.stream = None;
        self.state.loading = false;
        self.state.bookmarks.clear();
        self.state.decisions = Decisions::default();
        self.state.columns.clear();
        self.state.trial = None;
        self.state.trail = History::default();
        self.state.changes = History::default();
        self.forget_kept();
        self.state.forget();
    }

    fn answered(&mut self, answer: Answer) {
        let state = &mut self.state;
        match answer {
            Answer::Loaded(Ok(loaded)) => self.loaded(loaded.0, loaded.1),
            Answer::Loaded(Err(why)) => {
                self.close();
                self.state.notice(Level::Error, "The case could not be read", why);
            }
            Answer::Stream(stream, Ok(data)) if state.stream == Some(stream) => {
                (state.data, state.data_missing) = (Some(data), None);
                if matches!(state.selection, Selection::Window { .. }) {
                    state.reveal_selected();
                }
            }
            // Said where the pictures would be, as long as they are not there.
            Answer::Stream(stream, Err(why)) if state.stream == Some(stream) => {
                state.data_missing = Some(why);
            }
            Answer::Stream(..) => {}
            Answer::Heat(Ok((rows, density))) => {
                (state.heat.rows, state.heat.density) = (Some(rows), Some(density));
            }
            Answer::Heat(Err(why)) => state.heat.missing = Some(why),
            Answer::Binned(binned) => {
                state.heat.version += 1;
                state.heat.binned = Some(binned);
            }
            Answer::Page(stream, page, rows, damaged) => {
                state.problems.found(damaged);
                if state.stream == Some(stream) {
                    state.events.pages.fill(page, rows);
                }
            }
            Answer::Event(stream, position, row) => {
                state.single.insert((stream, position), Some(row.map(Arc::new)));
            }
            Answer::Bytes(of, bytes) => {
                if state.bytes.as_ref().is_some_and(|(known, _)| *known == of) {
                    state.bytes = Some((of, Some(bytes.map(Arc::new))));
                }
            }
            Answer::Positions(stream, Ok(positions)) => {
                if state.stream == Some(stream) {
                    state.events.positions = Some(positions);
                    state.reveal_selected();
                }
            }
            Answer::Positions(_, Err(why)) => {
                state.notice(Level::Error, "A range of time could not be found", why);
            }
            Answer::Picked(stream, rows) => {
                if state.stream == Some(stream) {
                    state.filter.keep(rows);
                }
            }
            Answer::Fields(stream, fields) => state.fields = Some((stream, Some(fields.map(Arc::new)))),
            Answer::Problems(list, page, rows) => state.problems.take(list, page, rows),
            Answer::Previewed(Ok(previewed)) => {
                if let Some(trial) = &mut state.trial {
                    trial.answer = Some(previewed);
                }
            }
            Answer::Previewed(Err(why)) => state.notice(Level::Error, "The preview could not be made", why),
            Answer::Tests(of, Ok(made)) => {
                if state.tests.of == Some(of) {
                    state.tests.made = made;
                }
            }
            Answer::Bits(said) => state.bits.take(said),
            Answer::Telemetry(said) => state.telemetry.take(said),
            Answer::Review(said) => state.review.take(said),
            Answer::Tests(_, Err(why)) => state.notice(Level::Error, "The tests could not be read", why),
        }
    }

    fn loaded(&mut self, doc: Doc, kept: Option<Kept>) {
        let doc = Arc::new(doc);
        if self.take_grown(&doc) {
            if let Some(point) = self.state.after_load.take() {
                self.state.go_to(point);
            }
            return;
        }
        let state = &mut self.state;
        state.loading = false;
        let first = state.doc.is_none();
        let new_run = first || state.doc.as_ref().is_some_and(|old| old.run != doc.run);
        let new_extent = first || state.doc.as_ref().is_some_and(|old| old.extent != doc.extent);
        if new_extent {
            state.range = doc.extent;
        }
        state.prefs.remember(&doc.path);
        state.doc = Some(Arc::clone(&doc));
        if new_run {
            state.trail = History::default();
            state.changes = History::default();
            state.forget();
            if let Some(run) = &doc.run {
                let (streams, axis, extent) = (doc.scored.clone(), doc.axis, doc.extent);
                state.ask(Query::Heat { run: run.id, streams, axis, extent });
            }
            match (doc.findings.first(), doc.streams.first()) {
                (Some(finding), _) => state.select(Selection::Finding(finding.id)),
                (None, Some(stream)) => state.select(Selection::Stream(stream.id)),
                (None, None) => {}
            }
        }
        if first {
            self.restore(kept);
        }
        if let Some(point) = self.state.after_load.take() {
            self.state.go_to(point);
        }
        self.prefs_changed();
    }

    fn carry_out(&mut self, ctx: &egui::Context, command: Command) {
        match command {
            Command::OpenCapture => self.ask_person(For::Captures, self.services.dialogs.captures()),
            Command::OpenCase => self.ask_person(For::Case, self.services.dialogs.case()),
            Command::OpenSample => self.open_sample(),
            Command::FollowFile => self.ask_person(For::Follow, self.services.dialogs.growing()),
            Command::FollowFolder => self.ask_person(For::Follow, self.services.dialogs.folder()),
            Command::StopFollowing => self.stop_following(),
            Command::CloseCase => self.close(),
            Command::CancelTasks => self.state.tasks.iter().for_each(|task| task.watch.cancel()),
            Command::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            Command::ResetLayout => {
                self.tree = layout::triage();
                self.state.asked_sides = (None, None);
            }
            Command::LayoutTriage => self.tree = layout::triage(),
            Command::LayoutTimeline => self.tree = layout::timeline(),
            Command::LayoutCompare => self.tree = layout::over(Pane::Compare),
            Command::LayoutPresent => self.tree = layout::over(Pane::Story),
            Command::AddToStory => self.add_to_story(),
            Command::SetStep => self.set_step(),
            Command::Present => self.present(ctx),
            Command::ExportAudit => self.export_audit(),
            Command::CopyAudit => self.audit_csv().into_iter().for_each(|csv| ctx.copy_text(csv)),
            Command::ToggleTheme => {
                let dark = ctx.theme() == egui::Theme::Dark;
                self.state.prefs.theme = if dark { ThemeChoice::Light } else { ThemeChoice::Dark };
            }
            Command::ToggleRamp => self.state.prefs.ramp = self.state.prefs.ramp.other(),
            Command::Back => {
                let point = self.state.trail.back();
                self.step(point);
            }
            Command::Forward => {
                let point = self.state.trail.forward();
                self.step(point);
            }
            Command::Undo => {
                let step = self.state.changes.back();
                self.change(step);
            }
            Command::Redo => {
                let step = self.state.changes.forward();
                self.change(step);
            }
            Command::EncryptCase | Command::ChangePassphrase | Command::SaveDecrypted => {
                self.vault_command(command);
            }
            Command::ChooseAnchor => self.ask_anchor(),
            Command::AnalyzeAgain => self.analyze_again(),
            Command::AdoptLevel => self.adopt_level(),
            Command::CheckCase => self.check_case(),
            Command::TestFinding => self.test_finding(),
            Command::MakeMatrix => self.make_matrix(),
            Command::CopyEvents => self.copy_events(),
            Command::ExportEvents => self.export_events(),
            Command::ExportPlot => {
                let post = self.post.clone();
                ctx.request_screenshot(move |image| {
                    post.send(Message::Pixels(image));
                });
            }
            Command::CopyCommandLine => {
                if let Some(line) = view::explain::command_line(&self.state) {
                    ctx.copy_text(line);
                }
            }
            _ => view::carry_out(&mut self.state, command),
        }
    }
}
