//! What the window shows, as a value: what a step of the story and a saved view remember.

use super::compare::Sides;
use crate::doc::{Doc, Selection};
use crate::layout::Layout;
use crate::remembered::Point;
use crate::state::{Pane, State};
use case::Subject;
use serde::{Deserialize, Serialize};

/// Everything that decides what is seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shown {
    /// Where the views stand.
    pub(crate) layout: Layout,
    /// The view that a person looks at.
    pub(crate) front: Pane,
    /// Whether that view alone fills the screen when it is presented.
    pub(crate) alone: bool,
    /// The run that the selection is of.
    pub(crate) run: Option<i64>,
    /// Selection, range, lens and so on.
    pub(crate) point: Point,
    /// The stream that is looked at.
    #[serde(default)]
    pub(crate) stream: Option<u32>,
    /// What the view of two sides compares.
    #[serde(default)]
    pub(crate) compare: Compared,
    /// The trial of another level, where one was shown.
    #[serde(default)]
    pub(crate) trial_alpha: Option<f64>,
}

/// What the view of two sides compares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Compared {
    sides: Sides,
    kept: Option<(f64, f64)>,
    captures: [Option<i64>; 2],
    runs: [Option<i64>; 2],
}

impl Shown {
    /// What is shown now.
    pub(crate) fn of(state: &State, tree: &egui_tiles::Tree<Pane>) -> Self {
        let compare = &state.review.compare;
        Self {
            layout: Layout::of(tree),
            front: crate::layout::front(tree),
            alone: true,
            run: state.doc.as_ref().and_then(|doc| doc.run.as_ref()).map(|run| run.id),
            point: state.point(0.0),
            stream: state.stream,
            compare: Compared {
                sides: compare.sides,
                kept: compare.kept,
                captures: compare.captures,
                runs: compare.runs,
            },
            trial_alpha: state.trial.as_ref().map(|trial| trial.alpha),
        }
    }

    /// What shows what a step or a view is about, for one that was made without a window.
    pub(crate) fn about(doc: &Doc, subject: &Subject) -> Self {
        let point = crate::remembered::point_at(doc, subject);
        Self {
            layout: Layout::of(&crate::layout::triage()),
            front: match point.selection {
                Selection::Finding(_) => Pane::Finding,
                Selection::Event { .. } => Pane::Events,
                _ => Pane::Overview,
            },
            alone: true,
            run: doc.run.as_ref().map(|run| run.id),
            point,
            stream: None,
            compare: Compared::default(),
            trial_alpha: None,
        }
    }

    /// As a decision has it, or by what the decision is about where it has nothing; `None` where a later version wrote it
    /// otherwise.
    pub(crate) fn of_decision(text: &str, subject: &Subject, doc: &Doc) -> Option<Self> {
        if text.is_empty() { Some(Self::about(doc, subject)) } else { Self::read(text) }
    }

    /// As a decision has it; `None` where a later version wrote it otherwise.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// For a decision.
    pub(crate) fn written(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Sets what is compared, and the level that is tried.
    pub(crate) fn set(&self, state: &mut State) {
        let Compared { sides, kept, captures, runs } = self.compare.clone();
        let comparing = &mut state.review.compare;
        (comparing.sides, comparing.kept) = (sides, kept);
        (comparing.captures, comparing.runs) = (captures, runs);
        state.trial = self.trial_alpha.map(|alpha| crate::state::Trial { alpha, asked: None, answer: None });
    }
}
