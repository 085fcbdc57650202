//! What goes over a case as a whole: comparisons, the story that is told of it, saved views, coverage, the audit chain. Asked
//! with tickets that a newer question makes void, and answered by a reader of its own, since a comparison reads many events.

pub(crate) mod audit;
pub(crate) mod compare;
pub(crate) mod coverage;
pub(crate) mod shown;
pub(crate) mod story;

use crate::command::Command;
use crate::query::{Query, Reader};
use crate::state::{Pane, State};
use crate::telemetry::{Desk, Ticket};
use case::{Case, CaseError, CheckedAudit, Decision, Looked, StepRow, Subject, ViewRow};
use cbad::Watch as _;
use std::sync::Arc;

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// Two sides, or two runs.
    Compare(compare::Question),
    /// The story and the saved views.
    Decided,
    /// The audit chain, computed again.
    Audit,
}

/// A question with its ticket.
pub(crate) type Ask = crate::telemetry::Ask<Asked>;

impl Ask {
    /// Asks the case. What is wrong is said in words.
    pub(crate) fn answer(self, case: Result<&Case, &String>) -> Said {
        let found = match &self.what {
            Asked::Compare(question) => {
                Found::Compared(said(case, |case| compare::answer(case, question, &self.ticket)))
            }
            Asked::Decided => Found::Decided(said(case, Decided::of)),
            Asked::Audit => Found::Audit(said(case, Case::audit_checked)),
        };
        Said { ticket: self.ticket, found }
    }
}

fn said<T>(
    case: Result<&Case, &String>,
    ask: impl FnOnce(&Case) -> Result<T, CaseError>,
) -> Result<Arc<T>, String> {
    let case = case.map_err(Clone::clone)?;
    ask(case).map(Arc::new).map_err(|error| case::inert(error.to_string()))
}

/// What was decided about how the case is shown.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    steps: Vec<StepRow>,
    views: Vec<ViewRow>,
    looked: Looked,
}

impl Decided {
    fn of(case: &Case) -> Result<Self, CaseError> {
        Ok(Self { steps: case.story()?, views: case.saved_views()?, looked: case.looked()? })
    }
}

/// What came back, and to which question.
#[derive(Debug)]
pub(crate) struct Said {
    ticket: Ticket,
    found: Found,
}

#[derive(Debug)]
enum Found {
    Compared(Result<Arc<compare::Answer>, String>),
    Decided(Result<Arc<Decided>, String>),
    Audit(Result<Arc<CheckedAudit>, String>),
}

/// Everything of this kind that the window knows.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each stands for one thing that is asked for or on its way")]
pub(crate) struct Review {
    /// Reads the case without holding up the other readers.
    pub(crate) reader: Option<Reader>,
    desk: Desk,
    asked: bool,
    pub(crate) compare: compare::Comparing,
    pub(crate) story: story::Story,
    pub(crate) showing: Option<story::Showing>,
    /// What is to be shown once the case has been read again after a presentation.
    pub(crate) returning: Option<shown::Shown>,
    pub(crate) audit: audit::Audit,
    pub(crate) coverage: coverage::Covering,
    /// Saved views, the latest last.
    pub(crate) views: Vec<ViewRow>,
    /// The name of the view that is being saved.
    pub(crate) naming: Option<String>,
    /// Whether that name was confirmed.
    pub(crate) save: bool,
    /// Whether the sheet of the saved views is open.
    pub(crate) managing: bool,
    /// A saved view that is to be shown.
    pub(crate) open: Option<(String, Subject)>,
    /// Decisions on their way to the case.
    pub(crate) pending: Vec<story::Pending>,
    /// Whether some are being written.
    pub(crate) is_writing: bool,
    /// Whether what is known of the story is older than what was decided.
    pub(crate) is_stale: bool,
    /// Why the story could not be read.
    pub(crate) failed: Option<String>,
}

impl Review {
    /// Whether a question is being answered, or a decision is on its way.
    pub(crate) fn busy(&self) -> bool {
        self.is_writing
            || !self.pending.is_empty()
            || self.returning.is_some()
            || self.showing.as_ref().is_some_and(|showing| !showing.is_shown)
            || self.reader.as_ref().is_some_and(Reader::busy)
    }

    fn ask(&self, what: Asked, ticket: Ticket) {
        if let Some(reader) = &self.reader {
            reader.ask(Query::Review(Ask { what, ticket }));
        }
    }

    /// Whether everything that was decided is in the case and has been read again.
    fn is_settled(&self) -> bool {
        self.pending.is_empty() && !self.is_writing && !self.is_stale
    }

    /// Has the story and the saved views read, where that has not been asked for since the last change.
    pub(crate) fn want_decided(&mut self) {
        if self.reader.is_some() && !std::mem::replace(&mut self.asked, true) {
            let ticket = self.desk.ticket();
            self.ask(Asked::Decided, ticket);
        }
    }

    /// Decisions were written, or could not be: what is there now is to be read.
    pub(crate) fn decided(&mut self) {
        self.is_writing = false;
        self.asked = false;
        self.audit.outdated();
    }

    /// The case has changed: what is listed of its chain is old.
    pub(crate) fn outdated(&mut self) {
        self.audit.outdated();
    }

    /// Forgets what was read for one run, since another is shown.
    pub(crate) fn forget(&mut self) {
        self.compare.forget();
        self.audit.outdated();
    }

    /// Takes an answer, where it is still wanted.
    pub(crate) fn take(&mut self, said: Said) {
        if said.ticket.cancelled() {
            return;
        }
        match said.found {
            Found::Compared(found) => self.compare.take(found),
            Found::Audit(found) => self.audit.take(found),
            Found::Decided(Ok(decided)) => {
                self.failed = None;
                self.coverage.looked.join(&decided.looked);
                // What is still on its way is newer than what was read.
                if self.pending.is_empty() && !self.is_writing {
                    self.is_stale = false;
                    self.story.take(decided.steps.clone());
                    self.views.clone_from(&decided.views);
                }
            }
            Found::Decided(Err(why)) => self.failed = Some(why),
        }
    }

    /// What is being written in the story is a decision from now on: its field may be gone before it loses the keyboard.
    pub(crate) fn keep_words(&mut self) {
        self.pending.extend(self.story.keep_draft());
    }

    /// Takes a saved view away.
    pub(crate) fn remove_view(&mut self, decision: u64) {
        self.views.retain(|view| view.decision != decision);
        self.pending.push((Subject::Case, Decision::Withdraw { decision }));
    }
}

impl State {
    /// Commands about the case as a whole that change what is shown, or what is decided about it.
    pub(crate) fn review_command(&mut self, command: Command) {
        let story = &mut self.review.story;
        let pending = match command {
            Command::MoveStepUp => story.move_step(false),
            Command::MoveStepDown => story.move_step(true),
            Command::RemoveStep => story.remove(),
            Command::UndoStory => story.undo(),
            _ => Vec::new(),
        };
        self.review.pending.extend(pending);
        match command {
            Command::ShowCompare => {}
            Command::CompareSelection => self.review.compare.sides = compare::Sides::Selection,
            Command::CompareTime => self.review.compare.sides = compare::Sides::Time,
            Command::KeepTime => {
                self.review.compare.kept = self.doc.as_ref().and_then(|doc| doc.axis.times(self.range));
                self.review.compare.sides = compare::Sides::Times;
            }
            Command::ShowStory => return self.front = Some(Pane::Story),
            Command::ShowCoverage => return self.front = Some(Pane::Coverage),
            Command::NextUnseen => return self.select_unseen(),
            Command::ShowAudit => return self.front = Some(Pane::Audit),
            Command::SaveView => {
                let front = self.in_front.unwrap_or(Pane::Overview);
                return self.review.naming = Some(self.title_of_view(front));
            }
            Command::ManageViews => return self.review.managing = true,
            Command::TogglePresenter => return self.prefs.presenter_window ^= true,
            _ => return,
        }
        self.front = Some(Pane::Compare);
    }

    /// Whether a command about the case as a whole can be carried out now.
    pub(crate) fn review_enabled(&self, command: Command) -> bool {
        let story = &self.review.story;
        match command {
            Command::Present => !story.steps.is_empty(),
            Command::MoveStepUp => story.place().is_some_and(|place| place > 0),
            Command::MoveStepDown => story.place().is_some_and(|place| place + 1 < story.steps.len()),
            // These name decisions, whose numbers are known once they are in the case.
            Command::RemoveStep => story.place().is_some() && self.review.is_settled(),
            Command::UndoStory => story.can_undo() && self.review.is_settled(),
            Command::NextUnseen => self.first_unseen().is_some(),
            Command::ManageViews => !self.review.views.is_empty(),
            _ => true,
        }
    }
}
