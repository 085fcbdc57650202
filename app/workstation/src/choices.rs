//! What a person has chosen in the views beside selection and time, as a value: undone and done again, kept in the case, and
//! part of saved views and of the steps of a story.

use crate::doc::Doc;
use crate::layout::Layout;
use crate::remembered::Point;
use crate::review::compare::Sides;
use crate::state::{State, Trial};
use crate::telemetry::ChosenTraces;
use crate::telemetry::calls::ChosenCalls;
use crate::telemetry::metrics::Drawn;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Seconds within which changes that go on are one step of undo: a turn of the wheel, a word being typed.
const ONE_STEP_SECONDS: f64 = 0.7;

/// The choices. What an earlier version did not keep is as at first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Choices {
    /// The stream that is looked at.
    pub(crate) stream: Option<u32>,
    /// What the filter bar of the events says.
    pub(crate) filter: String,
    /// Whether events that do not fit are listed too.
    pub(crate) with_others: bool,
    /// Whether only the time shown is listed.
    pub(crate) in_range: bool,
    /// Fields with columns of their own, by the label of the stream.
    pub(crate) columns: BTreeMap<String, Vec<String>>,
    /// Whether each stream keeps a lane of its own.
    pub(crate) lanes_apart: bool,
    /// The trial of another level, where one is shown.
    pub(crate) trial_alpha: Option<f64>,
    /// What the view of two sides compares.
    pub(crate) compare: Compared,
    /// The series of metrics that a person chose; none where nobody chose.
    pub(crate) metrics: Option<Vec<u32>>,
    /// How they are drawn.
    pub(crate) drawn: Drawn,
    /// What is looked at of the traces, and how.
    pub(crate) traces: ChosenTraces,
    /// What is looked at of the calls to language models, and how.
    pub(crate) calls: ChosenCalls,
}

/// What the view of two sides compares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Compared {
    sides: Sides,
    // As earlier versions wrote it: by the axis as it was then.
    #[serde(skip_serializing)]
    kept: Option<(f64, f64)>,
    kept_times: Option<(i64, i64)>,
    captures: [Option<i64>; 2],
    runs: [Option<i64>; 2],
}

/// Everything that undo and redo go through.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) point: Point,
    pub(crate) choices: Choices,
    pub(crate) layout: Layout,
}

impl Step {
    /// Whether both show the same, whenever they came to be.
    pub(crate) fn shows_as(&self, other: &Self) -> bool {
        self.point.shows_as(other.point) && self.choices == other.choices && self.layout == other.layout
    }

    /// Whether `next` only goes on with a change that was begun: of the range, of what is typed or dragged, or of where the
    /// views stand.
    pub(crate) fn goes_on(&self, next: &Self) -> bool {
        let Choices { filter, trial_alpha, .. } = &self.choices;
        let is_tried = trial_alpha.is_some() && next.choices.trial_alpha.is_some();
        let trial_alpha = if is_tried { *trial_alpha } else { next.choices.trial_alpha };
        let mut choices = Choices { filter: filter.clone(), trial_alpha, ..next.choices.clone() };
        choices.traces.filter.clone_from(&self.choices.traces.filter);
        choices.calls.filter.clone_from(&self.choices.calls.filter);
        self.point.goes_on(&next.point, ONE_STEP_SECONDS) && choices == self.choices
    }
}

impl State {
    /// What is chosen now.
    pub(crate) fn choices(&self) -> Choices {
        let compare = &self.review.compare;
        let metrics = &self.telemetry.metrics;
        Choices {
            stream: self.stream,
            filter: self.filter.text.clone(),
            with_others: self.filter.with_others,
            in_range: self.events.in_range,
            columns: self.columns.clone(),
            lanes_apart: self.heat.lanes_apart,
            trial_alpha: self.trial.as_ref().map(|trial| trial.alpha),
            compare: Compared {
                sides: compare.sides,
                kept: None,
                kept_times: compare.kept,
                captures: compare.captures,
                runs: compare.runs,
            },
            metrics: metrics.is_chosen.then(|| metrics.shown.clone()),
            drawn: metrics.drawn,
            traces: self.telemetry.traces.chosen.clone(),
            calls: self.telemetry.calls.chosen.clone(),
        }
    }

    /// Chooses what was chosen then, as far as the case still has it.
    pub(crate) fn choose(&mut self, choices: Choices) {
        let Some(doc) = self.doc.clone() else { return };
        let Choices { stream, filter, with_others, in_range, columns, lanes_apart, .. } = choices;
        if let Some(stream) = stream.filter(|stream| doc.stream(*stream).is_some()) {
            self.show_stream(stream);
        }
        if self.filter.text != filter {
            self.filter.text = filter;
            self.filter.read();
        }
        (self.filter.with_others, self.events.in_range) = (with_others, in_range);
        (self.columns, self.heat.lanes_apart) = (columns, lanes_apart);
        if self.trial.as_ref().map(|trial| trial.alpha) != choices.trial_alpha {
            self.trial = choices.trial_alpha.map(|alpha| Trial { alpha, asked: None, answer: None });
        }
        let Compared { sides, kept, kept_times, captures, runs } = choices.compare;
        let kept = kept_times.or_else(|| doc.axis.times(kept?));
        let comparing = &mut self.review.compare;
        (comparing.sides, comparing.kept) = (sides, kept);
        (comparing.captures, comparing.runs) = (captures, runs);
        self.choose_metrics(&doc, choices.metrics, choices.drawn);
        self.telemetry.traces.choose(choices.traces);
        self.telemetry.calls.choose(choices.calls);
    }

    fn choose_metrics(&mut self, doc: &Doc, shown: Option<Vec<u32>>, drawn: Drawn) {
        let metrics = &mut self.telemetry.metrics;
        metrics.drawn = drawn;
        let is_metric =
            |stream: &u32| doc.stream(*stream).is_some_and(|row| row.key.signal == cbad::Signal::Metric);
        match shown {
            Some(shown) => {
                metrics.shown = shown.into_iter().filter(is_metric).collect();
                metrics.is_chosen = true;
            }
            // Nobody had chosen, so that the view chooses again.
            None if metrics.is_chosen => {
                metrics.shown.clear();
                metrics.is_chosen = false;
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Upper;

    fn step(state: &State, at_seconds: f64) -> Step {
        Step {
            point: state.point(at_seconds),
            choices: state.choices(),
            layout: Layout::of(&crate::layout::triage()),
        }
    }

    #[test]
    fn every_choice_is_kept_and_made_again_as_far_as_the_case_has_it() {
        let mut state = crate::scene::state();
        "level:error".clone_into(&mut state.filter.text);
        state.filter.read();
        (state.filter.with_others, state.events.in_range, state.heat.lanes_apart) = (true, true, true);
        state.columns.insert("a".to_owned(), vec!["b".to_owned()]);
        state.trial = Some(Trial { alpha: 0.2, asked: None, answer: None });
        (state.review.compare.sides, state.review.compare.runs) = (Sides::Runs, [Some(1), Some(2)]);
        state.review.compare.kept = Some((1, 2));
        (state.telemetry.metrics.drawn, state.telemetry.metrics.is_chosen) = (Drawn::Together, true);
        state.telemetry.traces.chosen = ChosenTraces {
            upper: Upper::Map,
            trace: Some([7; 16]),
            errors_only: true,
            ..ChosenTraces::default()
        };
        state.telemetry.calls.chosen = ChosenCalls { call: Some((0, 3)), ..ChosenCalls::default() };
        let choices = state.choices();
        let text = serde_json::to_string(&choices).expect("choices are plain");
        let read: Choices = serde_json::from_str(&text).expect("as it was written");
        assert_eq!(read, choices);
        let mut other = crate::scene::state();
        other.choose(read);
        assert_eq!(other.choices(), choices);
        assert!(other.filter.query.is_some(), "the filter is looked for again");
        let gone = Choices { stream: Some(9999), metrics: Some(vec![9999]), ..Choices::default() };
        other.choose(gone);
        let now = other.choices();
        assert_eq!((now.stream, now.metrics), (choices.stream, Some(Vec::new())), "it has no such stream");
        assert!(now.filter.is_empty() && now.trial_alpha.is_none() && other.filter.query.is_none());
    }

    #[test]
    fn what_an_earlier_version_kept_is_read_with_the_rest_as_at_first() {
        let read: Choices = serde_json::from_str("{}").expect("nothing is needed");
        assert_eq!(read, Choices::default());
        let read: Choices = serde_json::from_str(r#"{"filter":"x","later":7}"#).expect("more is passed over");
        assert_eq!(read.filter, "x");
        let text = r#"{"compare":{"kept":[1.0,2.0]}}"#;
        let mut state = crate::scene::state();
        state.choose(serde_json::from_str(text).expect("an earlier version kept it by the axis"));
        let axis = state.doc.as_ref().map(|doc| doc.axis).expect("a case");
        assert_eq!(state.review.compare.kept, axis.times((1.0, 2.0)));
    }

    #[test]
    fn typing_is_one_step_and_a_switch_is_another() {
        let mut state = crate::scene::state();
        let begun = step(&state, 1.0);
        "ti".clone_into(&mut state.filter.text);
        "ga".clone_into(&mut state.telemetry.traces.chosen.filter);
        assert!(begun.goes_on(&step(&state, 1.3)) && !begun.goes_on(&step(&state, 2.0)));
        assert!(!begun.shows_as(&step(&state, 1.0)));
        state.heat.lanes_apart = true;
        assert!(!begun.goes_on(&step(&state, 1.3)), "lanes are switched, not dragged");
        state.heat.lanes_apart = false;
        state.trial = Some(Trial { alpha: 0.2, asked: None, answer: None });
        assert!(!begun.goes_on(&step(&state, 1.3)), "a trial begins");
        let tried = step(&state, 1.3);
        state.trial = Some(Trial { alpha: 0.3, asked: None, answer: None });
        assert!(tried.goes_on(&step(&state, 1.4)), "the level is dragged");
        let layout = Layout::of(&crate::layout::timeline());
        assert!(tried.goes_on(&Step { layout, ..step(&state, 1.4) }));
    }
}
