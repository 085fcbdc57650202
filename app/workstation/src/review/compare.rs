//! Two sides that are compared: which they are, what was asked, and what came back.

use super::Asked;
use crate::doc::Doc;
use crate::state::State;
use crate::telemetry::{Desk, Sort, Ticket};
use crate::ui::rows::ListState;
use case::{Case, CaseError, Compared, RunsCompared, Subject};
use std::sync::Arc;

/// What is compared with what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Sides {
    /// The selected events with the others of their stream.
    #[default]
    Selection,
    /// The time shown with the rest of the time.
    Time,
    /// A time that was kept with the time shown.
    Times,
    /// Two captures.
    Captures,
    /// Two runs.
    Runs,
}

impl Sides {
    /// Every choice, in the order in which they are offered.
    pub(crate) const ALL: [Self; 5] = [Self::Selection, Self::Time, Self::Times, Self::Captures, Self::Runs];

    /// The words that it is chosen by.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Selection => "Selection with the rest",
            Self::Time => "Time shown with the rest",
            Self::Times => "Kept time with time shown",
            Self::Captures => "Two captures",
            Self::Runs => "Two runs",
        }
    }
}

/// What the case is asked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Question {
    /// What differs from before to after.
    Sides(Option<Subject>, Subject),
    /// What two runs found.
    Runs(i64, i64),
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Sides(Compared),
    Runs(RunsCompared),
}

/// Asks the case.
pub(super) fn answer(case: &Case, question: &Question, ticket: &Ticket) -> Result<Answer, CaseError> {
    Ok(match question {
        Question::Sides(before, after) => Answer::Sides(case.compare(before.as_ref(), after, ticket)?),
        Question::Runs(first, second) => Answer::Runs(case.compare_runs(*first, *second)?),
    })
}

/// Rows of the differences that are listed, and what they are listed by: the answer, the filter, the order.
type Listed = (usize, String, Option<Sort>, Arc<Vec<usize>>);

/// The view of two sides.
#[derive(Debug, Default)]
pub(crate) struct Comparing {
    desk: Desk,
    asked: Option<Question>,
    is_old: bool,
    pub(crate) sides: Sides,
    /// A stretch of time that others are compared with, nanoseconds UTC.
    pub(crate) kept: Option<(i64, i64)>,
    /// Captures before and after, where they were chosen.
    pub(crate) captures: [Option<i64>; 2],
    /// Runs before and after, where they were chosen.
    pub(crate) runs: [Option<i64>; 2],
    pub(crate) reading: bool,
    pub(crate) found: Option<Result<Arc<Answer>, String>>,
    pub(crate) filter: String,
    /// How the table of differences is sorted; by bits where nobody chose.
    pub(crate) sort: Option<Sort>,
    /// The differences that the filter leaves, sorted, of the answer at this address.
    pub(crate) listed: Option<Listed>,
    pub(crate) list: ListState,
}

impl Comparing {
    /// Forgets the answer.
    pub(super) fn forget(&mut self) {
        (self.asked, self.found, self.listed, self.reading) = (None, None, None, false);
        self.desk = Desk::default();
    }

    /// The case has grown or has another run: it is compared again, and what was found before stands until then.
    pub(crate) fn outdated(&mut self) {
        self.is_old = true;
    }

    /// Takes an answer.
    pub(super) fn take(&mut self, found: Result<Arc<Answer>, String>) {
        self.reading = false;
        self.listed = None;
        self.list = ListState::default();
        self.found = Some(found);
    }
}

/// Two of several things by their ids: what was chosen, else the first and the last.
pub(crate) fn two_of(chosen: [Option<i64>; 2], ids: &[i64]) -> Option<(i64, i64)> {
    let known = |id: Option<i64>| id.filter(|id| ids.contains(id));
    let (first, last) = (*ids.first()?, *ids.last()?);
    let (before, after) = (known(chosen[0]).unwrap_or(first), known(chosen[1]).unwrap_or(last));
    (before != after).then_some((before, after))
}

impl State {
    /// Whether the case has times, so that ranges of it can be compared.
    pub(crate) fn has_times(&self) -> bool {
        self.doc.as_ref().is_some_and(|doc| doc.axis.nanos(0.0).is_some())
    }

    /// What is to be asked now; the error says what a person has to do first.
    pub(crate) fn question(&self, doc: &Doc) -> Result<Question, &'static str> {
        let comparing = &self.review.compare;
        let times = |(start_nanos, end_nanos): (i64, i64)| Subject::Times {
            start_nanos,
            end_nanos: end_nanos.max(start_nanos.saturating_add(1)),
        };
        let shown = doc.axis.times(self.range).map(times);
        match comparing.sides {
            Sides::Selection => {
                let events = self.selected_events().zip(self.stream).filter(|(events, _)| !events.is_empty());
                let (events, stream) =
                    events.ok_or("Select a finding, or a window in the overview: its events are compared with all others of their stream.")?;
                let after = Subject::Events { stream, first_event: events.start, last_event: events.end - 1 };
                Ok(Question::Sides(None, after))
            }
            Sides::Time if self.range == doc.extent => Err(
                "All of the time is shown. Zoom in on a part of it, in the overview or with Alt and the arrow up: that part is compared with the rest.",
            ),
            Sides::Time => {
                let after = shown.ok_or("No event of this case says when it was.")?;
                Ok(Question::Sides(None, after))
            }
            Sides::Times => {
                let kept = comparing.kept.map(times);
                let kept = kept.ok_or("Show a time that others are to be compared with, and choose “Compare times with this one”.")?;
                let after = shown.filter(|after| *after != kept);
                let after = after.ok_or(
                    "This is the kept time itself. Move to another time: it is compared with the kept one.",
                )?;
                Ok(Question::Sides(Some(kept), after))
            }
            Sides::Captures => {
                let ids: Vec<i64> = doc.captures.iter().map(|capture| capture.id).collect();
                let two = two_of(comparing.captures, &ids);
                let (before, after) = two.ok_or("The case has one capture, or the same one is chosen twice. Open another capture together with this one.")?;
                let subject = |id| {
                    let capture = doc.captures.iter().find(|capture| capture.id == id);
                    capture.map(|capture| Subject::Capture { sha256: capture.sha256.clone() })
                };
                let after = subject(after).ok_or("The capture is not in the case any more.")?;
                Ok(Question::Sides(subject(before), after))
            }
            Sides::Runs => {
                let ids: Vec<i64> = doc.runs.iter().map(|run| run.id).collect();
                let two = two_of(comparing.runs, &ids);
                let (first, second) = two.ok_or("The case has one run, or the same one is chosen twice. Analyze again with other settings to have another.")?;
                Ok(Question::Runs(first, second))
            }
        }
    }

    /// Has the two sides compared, where that has not been asked for yet.
    pub(crate) fn want_comparison(&mut self, question: Question) {
        let comparing = &mut self.review.compare;
        let is_old = !comparing.reading && std::mem::take(&mut comparing.is_old);
        if !is_old && comparing.asked.as_ref() == Some(&question) {
            return;
        }
        comparing.asked = Some(question.clone());
        comparing.reading = true;
        let ticket = comparing.desk.ticket();
        self.review.ask(Asked::Compare(question), ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::doc::Selection;

    #[test]
    fn two_are_what_was_chosen_or_the_first_and_the_last() {
        for (chosen, two) in [
            ([None, None], Some((1, 4))),
            ([Some(2), None], Some((2, 4))),
            ([Some(4), None], None),
            ([Some(9), Some(2)], Some((1, 2))),
        ] {
            assert_eq!(two_of(chosen, &[1, 2, 4]), two, "{chosen:?}");
        }
        assert_eq!((two_of([None, None], &[7]), two_of([None, None], &[])), (None, None));
    }

    #[test]
    fn each_choice_asks_for_its_two_sides_or_says_what_is_missing() {
        let mut state = crate::scene::state();
        let doc = state.doc.clone().expect("the scene has a case");
        state.selection = Selection::Finding(1);
        let first = doc.finding(1).expect("a finding").finding.first_event;
        assert!(
            matches!(state.question(&doc), Ok(Question::Sides(None, Subject::Events { first_event, .. })) if first_event == first)
        );
        state.selection = Selection::Nothing;
        state.range = doc.extent;
        for sides in Sides::ALL {
            state.review.compare.sides = sides;
            let missing = state.question(&doc).expect_err("nothing is selected, one capture, one run");
            assert!(missing.ends_with('.'), "{missing}");
        }
        state.range = (10.0, 20.0);
        state.review_command(Command::KeepTime);
        assert!(state.question(&doc).is_err(), "it is the kept time itself");
        state.range = (30.0, 40.0);
        assert!(matches!(
            state.question(&doc),
            Ok(Question::Sides(Some(Subject::Times { .. }), Subject::Times { .. }))
        ));
        state.review_command(Command::CompareTime);
        assert!(matches!(state.question(&doc), Ok(Question::Sides(None, Subject::Times { .. }))));
    }
}
