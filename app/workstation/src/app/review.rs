//! Decisions about the case as a whole on their way to it, the story presented, saved views shown.

use super::App;
use crate::layout;
use crate::prefs::ThemeChoice;
use crate::query::{Query, Reader};
use crate::review::shown::Shown;
use crate::review::story::{Pending, Showing};
use crate::state::{Level, State};
use crate::work::{Failure, For, Message};
use case::{Case, CaseError, Decision, Veil};
use crossbeam_channel::{Receiver, Sender};
use egui::ViewportCommand;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What a person is told of a new step.
const ADDED: &str = "Added to the story";

/// What has been looked at is kept so often.
const OFTEN_SECONDS: f64 = 1.0;

/// Decisions about one case, on their way to it.
struct Batch {
    path: PathBuf,
    pending: Vec<Pending>,
}

/// Where batches of decisions wait for a thread that writes them.
pub(super) struct Batches {
    put: Sender<Batch>,
    take: Receiver<Batch>,
    /// Held by the thread that writes, so that batches reach the case in the order in which they were decided.
    turn: Arc<Mutex<()>>,
    /// How many have not been written yet.
    on_their_way: usize,
}

impl Default for Batches {
    fn default() -> Self {
        let (put, take) = crossbeam_channel::unbounded();
        Self { put, take, turn: Arc::default(), on_their_way: 0 }
    }
}

/// Writes decisions, in order; what is on the disk stays there where a later one fails.
fn write(path: &Path, pending: &[Pending]) -> Result<(), CaseError> {
    let mut case = Case::open(path)?;
    for (subject, decision) in pending {
        case.decide(subject, decision)?;
    }
    Ok(())
}

impl App {
    /// Readers of a case, through a veil where it is presented.
    pub(super) fn open_readers(&mut self, path: &Path) {
        let veil = self.state.review.showing.as_ref().and_then(|showing| showing.veil.clone());
        self.case = Some(path.to_owned());
        let (doc, spawn) = (self.state.doc_id, &self.services.spawn);
        let reader = || Reader::start(path, doc, &self.stores, spawn, self.post.clone(), veil.clone());
        self.state.readers = Some((reader(), reader()));
        self.state.bits.reader = Some(reader());
        self.state.telemetry.reader = Some(reader());
        self.state.review.reader = Some(reader());
    }

    /// After a frame: what was decided is written, and what is to be shown is shown.
    pub(super) fn follow_review(&mut self, ctx: &egui::Context) {
        if self.state.doc.is_some() {
            self.state.review.want_decided();
        }
        if std::mem::take(&mut self.state.review.save) {
            self.save_view();
        }
        if !self.state.review.is_writing {
            self.write_decisions();
        }
        self.keep_coverage(ctx);
        if let Some((text, subject)) = self.state.review.open.take()
            && let Some(doc) = self.state.doc.clone()
        {
            match Shown::of_decision(&text, &subject, &doc) {
                Some(shown) => self.show_again(&shown),
                None => self.state.notice(
                    Level::Error,
                    "The view cannot be shown",
                    "A later version of this program saved it. Save it anew with this one.",
                ),
            }
        }
        if self.state.review.showing.as_ref().is_some_and(|showing| showing.end) {
            self.end_presentation(ctx);
        }
        let is_read = self.state.doc.is_some() && !self.state.loading;
        if is_read
            && let Some(showing) = &mut self.state.review.showing
            && !std::mem::replace(&mut showing.is_shown, true)
            && let Some(shown) = showing.shown()
        {
            self.show_again(&shown);
            ctx.request_repaint();
        }
        if is_read && let Some(shown) = self.state.review.returning.take() {
            self.show_again(&shown);
            ctx.request_repaint();
        }
    }

    /// Has what was decided written; before the case is closed what is being written in its story too.
    pub(super) fn write_decisions(&mut self) {
        let review = &mut self.state.review;
        if review.pending.is_empty() {
            return;
        }
        let Some(doc) = &self.state.doc else { return review.pending.clear() };
        let pending = std::mem::take(&mut review.pending);
        (review.is_writing, review.is_stale) = (true, true);
        // Both ends are in the window's hands: it is never closed.
        drop(self.batches.put.send(Batch { path: doc.path.clone(), pending }));
        self.batches.on_their_way += 1;
        let (take, turn) = (self.batches.take.clone(), Arc::clone(&self.batches.turn));
        let post = self.post.clone();
        let job = move || {
            let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
            // As many jobs as batches: each finds one, the oldest.
            let Ok(Batch { path, pending }) = take.try_recv() else { return };
            let failure = write(&path, &pending).err().map(|error| {
                let advice = "What was decided before it is in the case.";
                Failure::new("The decision could not be kept", format!("{error} {advice}"))
            });
            post.send(Message::Decided(path, failure));
        };
        (self.services.spawn)("decisions", Box::new(job));
    }

    /// Whether decisions about the case as a whole are still to be written.
    pub(super) fn is_deciding(&self) -> bool {
        self.batches.on_their_way > 0
    }

    /// Keeps what has been looked at, now and then while a person goes through a case. Nothing is kept before they touch the
    /// window: what is in view when a case is opened was looked at by nobody.
    fn keep_coverage(&mut self, ctx: &egui::Context) {
        let (now, is_touched) = ctx.input(|input| {
            let is_used = |event: &egui::Event| {
                matches!(
                    event,
                    egui::Event::Key { .. }
                        | egui::Event::PointerButton { .. }
                        | egui::Event::MouseWheel { .. }
                )
            };
            (input.time, input.events.iter().any(is_used))
        });
        let covering = &mut self.state.review.coverage;
        covering.is_touched |= is_touched && self.state.doc.is_some();
        if !covering.is_new || self.presented.is_some() || !covering.is_touched {
            return;
        }
        let Some(doc) = self.state.doc.as_ref().filter(|_| !self.state.review.is_writing) else { return };
        let wait = covering.kept_at_seconds + OFTEN_SECONDS - now;
        if wait > 0.0 {
            return ctx.request_repaint_after(std::time::Duration::from_secs_f64(wait));
        }
        (covering.is_new, covering.kept_at_seconds) = (false, now);
        let (path, looked) = (doc.path.clone(), covering.looked.clone());
        let job = move || {
            // A case on read-only media cannot keep it, which the views of the case say already; the view has it as it is.
            drop(Case::open(&path).and_then(|mut case| case.keep_looked(&looked)));
        };
        (self.services.spawn)("coverage", Box::new(job));
    }

    /// Keeps at once what has been looked at, since the window is about to be gone.
    pub(super) fn keep_coverage_now(&mut self) {
        let covering = &mut self.state.review.coverage;
        if let Some(doc) = self.state.doc.as_ref().filter(|_| covering.is_new && covering.is_touched) {
            covering.is_new = false;
            // There is nobody left to be told.
            drop(Case::open(&doc.path).and_then(|mut case| case.keep_looked(&covering.looked)));
        }
    }

    /// Decisions were written, or not.
    pub(super) fn decided(&mut self, path: &Path, failure: Option<Failure>) {
        self.batches.on_their_way = self.batches.on_their_way.saturating_sub(1);
        if let Some(Failure { what, detail }) = failure {
            self.state.notice(Level::Error, what, detail);
        }
        // A case that is presented has been opened anew, and its story may have been read before this.
        if self.is_open(path) && !self.is_deciding() {
            self.state.review.decided();
        }
    }

    /// Shows what was shown then; of another run once that has been read.
    fn show_again(&mut self, shown: &Shown) {
        let Some(doc) = self.state.doc.clone() else { return };
        if let Some(tree) = shown.layout.tree() {
            self.tree = tree;
        }
        layout::bring_to_front(&mut self.tree, shown.front);
        self.state.choose(shown.choices.clone().unwrap_or_default());
        let run = doc.run.as_ref().map(|run| run.id);
        let is_there = doc.runs.iter().any(|known| Some(known.id) == shown.run);
        if run == shown.run || !is_there {
            self.state.go_to(shown.point);
        } else {
            self.state.after_load = Some(shown.point);
            self.state.loading = true;
            self.state.ask(Query::Load { run: shown.run });
        }
    }

    /// Puts what is shown now at the end of the story.
    pub(super) fn add_to_story(&mut self) {
        if self.state.doc.is_none() {
            return;
        }
        // The new step will be the selected one.
        self.state.review.keep_words();
        let shown = Shown::of(&self.state, &self.tree);
        let title = self.state.title_of_view(shown.front);
        let subject = self.state.selected_subject();
        let pending = self.state.review.story.add(subject, title.clone(), &shown);
        self.state.review.pending.extend(pending);
        let number = self.state.review.story.steps.len() + 1;
        let detail = format!("Step {number}: {}", case::inert(title));
        self.state.notice(Level::Done, ADDED, detail);
    }

    /// The selected step of the story shows from now on what is shown now.
    pub(super) fn set_step(&mut self) {
        let shown = Shown::of(&self.state, &self.tree);
        let subject = self.state.selected_subject();
        let story = &mut self.state.review.story;
        let pending = story.change(|step| {
            let alone = Shown::read(&step.state).is_none_or(|old| old.alone);
            step.state = Shown { alone, ..shown }.written();
            step.subject = subject;
        });
        self.state.review.pending.extend(pending);
    }

    /// Saves what is shown now under the name that was given.
    pub(super) fn save_view(&mut self) {
        let Some(name) = self.state.review.naming.take() else { return };
        let state = Shown::of(&self.state, &self.tree).written();
        let subject = self.state.selected_subject();
        self.state.review.pending.push((subject, Decision::View { name: name.trim().to_owned(), state }));
    }

    /// Begins to present the story, from the selected step on. Everything that was read is forgotten, and read again
    /// through the rules of redaction, before anything of it is drawn.
    pub(super) fn present(&mut self, ctx: &egui::Context) {
        let Some(doc) = self.state.doc.clone() else { return };
        self.state.review.keep_words();
        let mut steps = self.state.review.story.steps.clone();
        let at = self.state.review.story.place().unwrap_or(0);
        if steps.is_empty() || self.state.review.showing.is_some() {
            return;
        }
        for step in &mut steps {
            if let Some(shown) = Shown::of_decision(&step.state, &step.subject, &doc) {
                step.state = shown.written();
            }
        }
        let steps = Arc::new(steps);
        let rules = self.state.prefs.presented_through();
        let veil = rules.map(|rules| {
            let veil = Veil::new(rules)?;
            case::show_through(Some(&veil))?;
            Ok::<_, CaseError>(Arc::new(veil))
        });
        let veil = match veil.transpose() {
            Ok(veil) => veil,
            Err(error) => {
                let detail = format!("{error} Nothing was shown.");
                return self.state.notice(Level::Error, "The presentation could not begin", detail);
            }
        };
        let before = Box::new(Shown::of(&self.state, &self.tree));
        let run = Shown::read(&steps[at].state).and_then(|shown| shown.run);
        // Where there can be no second window the notes stand in this one.
        let (presenter, has_windows) = (self.state.prefs.presenter_window, !ctx.embed_viewports());
        let showing = Showing {
            steps,
            at,
            is_shown: false,
            blank: false,
            notes: presenter && !has_windows,
            presenter: presenter && has_windows,
            begun_at_seconds: ctx.input(|input| input.time),
            pointer: false,
            end: false,
            before,
            veil,
        };
        self.read_again(Some(showing), None, run);
        crate::theme::apply(ctx, ThemeChoice::Projector, self.state.prefs.percent);
        ctx.send_viewport_cmd(ViewportCommand::Fullscreen(true));
        ctx.request_repaint();
    }

    fn end_presentation(&mut self, ctx: &egui::Context) {
        let Some(showing) = self.state.review.showing.take() else { return };
        // Cannot fail: there is no veil to be made.
        case::show_through(None).unwrap_or_default();
        let run = showing.before.run;
        self.read_again(None, Some(*showing.before), run);
        crate::theme::apply(ctx, self.state.prefs.theme, self.state.prefs.percent);
        ctx.send_viewport_cmd(ViewportCommand::Fullscreen(false));
        ctx.request_repaint();
    }

    /// Forgets all that was read of the case and reads it again, through a veil or without.
    fn read_again(&mut self, showing: Option<Showing>, returning: Option<Shown>, run: Option<i64>) {
        let path = match (&self.state.doc, &self.presented) {
            (Some(doc), _) => doc.path.clone(),
            (None, Some(path)) => path.clone(),
            (None, None) => return,
        };
        self.presented = showing.is_some().then(|| path.clone());
        self.keep_coverage_now();
        let State { notices, log, .. } = &mut self.state;
        let (notices, log) = (std::mem::take(notices), std::mem::take(log));
        self.state.review.keep_words();
        self.write_decisions();
        let story = std::mem::take(&mut self.state.review.story);
        let draft = self.state.decisions.draft.take();
        self.close();
        (self.state.notices, self.state.log) = (notices, log);
        self.state.review.story = story;
        self.state.decisions.draft = draft;
        (self.state.review.showing, self.state.review.returning) = (showing, returning);
        self.open_readers(&path);
        self.state.loading = true;
        self.state.ask(Query::Load { run });
    }

    /// Where the rows of the audit chain are to be written.
    pub(super) fn export_audit(&mut self) {
        let Some(csv) = self.audit_csv() else { return };
        let dialog = self.services.dialogs.save_events("audit.csv");
        self.ask_person(For::Table("the audit chain", csv.into()), dialog);
    }

    /// The rows of the audit chain that are listed.
    pub(super) fn audit_csv(&self) -> Option<String> {
        let audit = &self.state.review.audit;
        let checked = audit.found.as_ref()?.as_ref().ok()?;
        let rows: Vec<case::CheckedRow> = audit.listed(checked).into_iter().rev().cloned().collect();
        Some(case::audit_csv(&rows))
    }
}
