//! What the window shows, as a value: what a step of the story and a saved view remember.

use crate::choices::{Choices, Compared};
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
    /// What was chosen in the views beside these.
    #[serde(default)]
    pub(crate) choices: Option<Choices>,
    // As earlier versions wrote them.
    #[serde(default, skip_serializing)]
    pub(crate) stream: Option<u32>,
    #[serde(default, skip_serializing)]
    pub(crate) compare: Compared,
    #[serde(default, skip_serializing)]
    pub(crate) trial_alpha: Option<f64>,
}

impl Shown {
    /// What is shown now.
    pub(crate) fn of(state: &State, tree: &egui_tiles::Tree<Pane>) -> Self {
        Self {
            layout: Layout::of(tree),
            front: crate::layout::front(tree),
            alone: true,
            run: state.doc.as_ref().and_then(|doc| doc.run.as_ref()).map(|run| run.id),
            point: state.point(0.0),
            choices: Some(state.choices()),
            stream: None,
            compare: Compared::default(),
            trial_alpha: None,
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
            choices: None,
            stream: None,
            compare: Compared::default(),
            trial_alpha: None,
        }
    }

    /// As a decision has it, or by what the decision is about where it has nothing; `None` where a later version wrote it
    /// otherwise.
    pub(crate) fn of_decision(text: &str, subject: &Subject, doc: &Doc) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::about(doc, subject));
        }
        let mut shown = Self::read(text)?;
        if doc.is_gone(shown.run) {
            // The run shown numbers findings and windows otherwise; the events are the same.
            shown.run = doc.run.as_ref().map(|run| run.id);
            shown.point.selection = crate::remembered::point_at(doc, subject).selection;
        }
        Some(shown)
    }

    /// As a decision has it; `None` where a later version wrote it otherwise.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut shown: Self = serde_json::from_str(text).ok()?;
        let (stream, compare) = (shown.stream.take(), std::mem::take(&mut shown.compare));
        let trial_alpha = shown.trial_alpha.take();
        if shown.choices.is_none() {
            shown.choices = Some(Choices { stream, trial_alpha, compare, ..Choices::default() });
        }
        Some(shown)
    }

    /// For a decision.
    pub(crate) fn written(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_of_a_run_that_is_gone_is_found_by_its_events() {
        let state = crate::scene::state();
        let doc = state.doc.clone().expect("the scene has a case");
        let second = crate::remembered::subject(doc.finding(2).expect("a finding"));
        let saved = Shown { run: Some(9), ..Shown::of(&state, &crate::layout::triage()) };
        for (about, selection) in [(second, Selection::Finding(2)), (Subject::Case, Selection::Nothing)] {
            let shown = Shown::of_decision(&saved.written(), &about, &doc).expect("as it was written");
            assert_eq!((shown.run, shown.point.selection), (Some(1), selection));
        }
    }

    #[test]
    fn everything_chosen_comes_back_and_what_an_earlier_version_wrote_is_read() {
        let mut state = crate::scene::state();
        "level:error".clone_into(&mut state.filter.text);
        (state.telemetry.metrics.is_chosen, state.events.in_range) = (true, true);
        let shown = Shown::of(&state, &crate::layout::triage());
        let read = Shown::read(&shown.written()).expect("as it was written");
        assert_eq!(read, shown);
        let choices = read.choices.expect("they were kept");
        assert_eq!((choices.filter.as_str(), choices.in_range), ("level:error", true));
        assert_eq!(choices.metrics, Some(Vec::new()));

        let mut older = serde_json::to_value(&shown).expect("it is plain");
        let fields = older.as_object_mut().expect("an object");
        fields.remove("choices");
        fields.insert("stream".to_owned(), 1.into());
        fields.insert("trial_alpha".to_owned(), 0.2.into());
        let compare = serde_json::json!({
            "sides": "Runs", "kept": [1.0, 2.0], "captures": [null, null], "runs": [1, 2],
        });
        fields.insert("compare".to_owned(), compare);
        let read = Shown::read(&older.to_string()).expect("an earlier version wrote it");
        let choices = read.choices.expect("made of what it had");
        assert_eq!((choices.stream, choices.trial_alpha), (Some(1), Some(0.2)));
        assert_ne!(choices.compare, Compared::default());
    }
}
