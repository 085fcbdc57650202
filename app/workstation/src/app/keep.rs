//! What is remembered: the steps of a person through the views, and what the case and the user's folder keep of them.

use super::App;
use crate::choices::{Choices, Step};
use crate::layout::{self, Layout};
use crate::remembered::{KEY, Kept, Point};
use crate::state::{Level, State};
use crate::work::{Failure, Message};
use case::{Case, CaseError};
use std::path::PathBuf;
use std::time::Duration;

/// How long the end of the window waits for a case that another program is writing to.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was kept last, and whether something is being kept.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    /// What the case has, or what was there when it was opened: opening a case changes nothing in it.
    case: Option<Kept>,
    prefs_changed: bool,
    at_work: bool,
    /// Whether it was said that this case cannot be written.
    has_failed: bool,
}

/// What is written in one go.
struct Work {
    prefs: Option<(PathBuf, crate::prefs::Prefs)>,
    case: Option<Changed>,
}

/// What has changed in a case.
struct Changed {
    path: PathBuf,
    views: String,
}

impl Changed {
    fn keep(&self) -> Result<(), CaseError> {
        Case::open(&self.path)?.keep_view_state(KEY, &self.views)
    }
}

impl Work {
    /// Writes; gives back what could not be.
    fn done(self) -> Vec<Failure> {
        let mut failures = Vec::new();
        if let Some((folder, prefs)) = self.prefs
            && let Err(why) = prefs.save(&folder)
        {
            let advice = "The window works, but will not remember its settings and the recent cases.";
            failures.push(Failure::new("The settings could not be written", format!("{why}. {advice}")));
        }
        if let Some(changed) = self.case
            && let Err(error) = changed.keep()
        {
            let what = "The views of this case cannot be remembered";
            failures.push(Failure::new(what, format!("{error} Everything else works.")));
        }
        failures
    }
}

impl App {
    /// The settings or the recent cases have changed.
    pub(super) fn prefs_changed(&mut self) {
        self.keeper.prefs_changed = true;
    }

    /// Another case is open, or none.
    pub(super) fn forget_kept(&mut self) {
        self.keeper.case = None;
        self.keeper.has_failed = false;
    }

    /// Whether something is being kept or will be in the next frame.
    pub(super) fn is_keeping(&self) -> bool {
        // While a case is presented nothing is kept.
        self.keeper.at_work
            || (self.keeper.prefs_changed && self.presented.is_none())
            || !self.on_their_way.is_empty()
            || self.is_deciding()
    }

    /// What was kept has been written, or not.
    pub(super) fn kept(&mut self, failures: Vec<Failure>) {
        self.keeper.at_work = false;
        self.state.review.outdated();
        for Failure { what, detail } in failures {
            // A case on read-only media would say the same after every click.
            if !std::mem::replace(&mut self.keeper.has_failed, true) {
                self.state.notice(Level::Warning, what, detail);
            }
        }
    }

    /// After a frame: steps for back and undo, and what has changed on its way to the disk.
    pub(super) fn remember(&mut self, ctx: &egui::Context) {
        let (now, is_dragging) = ctx.input(|input| (input.time, input.pointer.any_down()));
        if is_dragging {
            return;
        }
        let layout = Layout::of(&self.tree);
        steps(&mut self.state, layout, now);
        if self.keeper.at_work {
            return;
        }
        let work = self.changed();
        if work.prefs.is_none() && work.case.is_none() {
            return;
        }
        self.keeper.at_work = true;
        let post = self.post.clone();
        let keep = move || {
            post.send(Message::Kept(work.done()));
        };
        (self.services.spawn)("keeper", Box::new(keep));
    }

    /// Keeps the window open where closing it would lose what is being written about a finding.
    pub(super) fn hold_window(&mut self, ctx: &egui::Context) {
        let is_asked = ctx.input(|input| input.viewport().close_requested());
        if is_asked && self.presented.is_none() && self.state.holds_window() {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        }
    }

    /// Writes what has changed at once, since the window is about to be gone, and lets a decision that was just clicked and
    /// the words of the story reach the case.
    pub fn close_window(&mut self) {
        self.write_asked();
        self.state.review.keep_words();
        self.write_decisions();
        while !self.on_their_way.is_empty() || self.is_deciding() {
            match self.inbox.recv_timeout(PATIENCE) {
                Ok(Message::Written { doc, written }) => self.written(doc, *written),
                Ok(Message::Decided(path, failure)) => self.decided(&path, failure),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        if self.presented.is_some() {
            // What is shown belongs to the presentation.
            return;
        }
        self.keep_coverage_now();
        // There is nobody left to be told.
        drop(self.changed().done());
    }

    /// What has changed since it was last kept; it is taken as kept from now on.
    fn changed(&mut self) -> Work {
        let case = self.changed_in_case();
        if case.is_some() {
            self.state.prefs.layout = Some(Layout::of(&self.tree));
            self.keeper.prefs_changed = true;
        }
        let folder = self.services.places.config.clone();
        let prefs = std::mem::take(&mut self.keeper.prefs_changed);
        Work { prefs: prefs.then(|| (folder, self.state.prefs.clone())), case }
    }

    fn changed_in_case(&mut self) -> Option<Changed> {
        let doc = self.state.doc.as_ref().filter(|_| !self.state.loading)?;
        let kept = Kept {
            layout: Some(Layout::of(&self.tree)),
            run: doc.run.as_ref().map(|run| run.id),
            point: Some(self.state.point(0.0)),
            bookmarks: self.state.bookmarks.clone(),
            // These are written as such.
            decisions: Vec::new(),
            choices: Some(self.state.choices()),
            ..Kept::default()
        };
        let path = doc.path.clone();
        let is_first = self.keeper.case.is_none();
        if self.keeper.case.as_ref() == Some(&kept) {
            return None;
        }
        let views = kept.written();
        self.keeper.case = Some(kept);
        (!is_first).then_some(Changed { path, views })
    }

    /// Puts the views of a case where they were left; one that was never left has those of the last one.
    pub(super) fn restore(&mut self, kept: Option<Kept>) {
        let kept = kept.unwrap_or_default();
        let layout = kept.layout.or_else(|| self.state.prefs.layout.clone());
        self.tree = layout.as_ref().and_then(Layout::tree).unwrap_or_else(layout::triage);
        self.state.bookmarks = kept.bookmarks;
        self.state.decisions.take(kept.decisions);
        let choices = kept.choices.unwrap_or_else(|| Choices {
            stream: self.state.stream,
            in_range: self.state.events.in_range,
            lanes_apart: self.state.heat.lanes_apart,
            ..Choices::default()
        });
        self.state.choose(choices);
        let run = self.state.doc.as_ref().and_then(|doc| doc.run.as_ref()).map(|run| run.id);
        if let Some(point) = kept.point.filter(|_| kept.run == run) {
            self.state.go_to(point);
        }
    }

    /// Shows what was shown before a change, or after it.
    pub(super) fn change(&mut self, step: Option<Step>) {
        let Some(Step { point, choices, layout }) = step else { return };
        if layout != Layout::of(&self.tree)
            && let Some(tree) = layout.tree()
        {
            self.tree = tree;
        }
        self.state.choose(choices);
        self.state.go_to(point);
    }

    /// Shows what was selected before or after.
    pub(super) fn step(&mut self, point: Option<Point>) {
        if let Some(point) = point {
            self.state.go_to(point);
        }
    }
}

/// Notes where the views have come to.
fn steps(state: &mut State, layout: Layout, now_seconds: f64) {
    if state.doc.is_none() || state.loading {
        return;
    }
    let point = state.point(now_seconds);
    let step = Step { point, choices: state.choices(), layout };
    if state.changes.now().is_none_or(|now| !now.shows_as(&step)) {
        state.changes.visit(step, Step::goes_on);
    }
    match state.trail.now() {
        Some(now) if now.selection == point.selection => state.trail.amend(point),
        _ => state.trail.visit(point, |_, _| false),
    }
}
