//! What people decided about findings: as the case has it, what was asked for in this frame, and what is being written.

use crate::remembered::{Bookmark, subject};
use crate::state::{Pane, State};
use case::{Decision, DecisionRow, FindingRef, FindingRow, Subject};

/// A decision that is asked for, on its way into the case.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    /// About what.
    pub(crate) subject: Subject,
    /// The finding that was looked at, where one was.
    pub(crate) finding: Option<FindingRef>,
    pub(crate) decision: Decision,
    /// Whether it is to stand; otherwise what stands of the same is taken back.
    pub(crate) stands: bool,
    /// The place that a bookmark leads back to.
    pub(crate) bookmark: Option<Bookmark>,
}

/// What is being written about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Note,
    Tag,
    Link,
    Dismiss,
    Confirm,
}

/// Words about a finding while a person writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    /// The finding, by its rank.
    pub(crate) finding: i64,
    pub(crate) text: String,
    /// Whether the field is still to be given the keyboard.
    pub(crate) wants_focus: bool,
}

/// What the window knows of the decisions of the open case.
#[derive(Debug, Default)]
pub(crate) struct Decisions {
    /// As the case has them, oldest first.
    rows: Vec<DecisionRow>,
    /// Findings that were seen, from those rows.
    acknowledged: Vec<Subject>,
    /// What was asked for in this frame.
    pub(crate) asked: Vec<Request>,
    pub(crate) draft: Option<Draft>,
}

impl Decisions {
    /// Takes what the case has.
    pub(crate) fn take(&mut self, rows: Vec<DecisionRow>) {
        let seen = rows.iter().filter(|row| row.stands && row.decision == Decision::Acknowledge);
        self.acknowledged = seen.map(|row| row.subject.clone()).collect();
        self.rows = rows;
    }

    /// What stands of a finding that a person wrote: notes, tags, verdicts, and links to it or from it, oldest first.
    pub(crate) fn of<'a>(&'a self, about: &'a Subject) -> impl Iterator<Item = &'a DecisionRow> {
        self.rows.iter().filter(move |row| match &row.decision {
            _ if !row.stands => false,
            Decision::Link { to } => overlaps(to, about) || overlaps(&row.subject, about),
            Decision::Note { .. }
            | Decision::Tag { .. }
            | Decision::Dismiss { .. }
            | Decision::Confirm { .. } => overlaps(&row.subject, about),
            _ => false,
        })
    }
}

/// Whether two subjects share events: another run may draw the ends of the same finding otherwise.
pub(crate) fn overlaps(one: &Subject, other: &Subject) -> bool {
    let events = |subject: &Subject| match *subject {
        Subject::Events { stream, first_event, last_event } => Some((stream, first_event, last_event)),
        _ => None,
    };
    match (events(one), events(other)) {
        (Some(a), Some(b)) => a.0 == b.0 && a.1 <= b.2 && b.1 <= a.2,
        _ => one == other,
    }
}

impl State {
    /// Whether a finding was marked as seen.
    pub(crate) fn is_acknowledged(&self, row: &FindingRow) -> bool {
        self.decisions.acknowledged.contains(&subject(row))
    }

    /// Asks that the selected finding is marked as seen, or that the mark is taken away.
    pub(crate) fn toggle_acknowledged(&mut self) {
        let Some(row) = self.selected_finding() else { return };
        let stands = !self.is_acknowledged(&row);
        self.decide(&row, Decision::Acknowledge, stands);
    }

    /// Asks for a decision about a finding.
    pub(crate) fn decide(&mut self, row: &FindingRow, decision: Decision, stands: bool) {
        let run = self.doc.as_ref().and_then(|doc| doc.run.as_ref()).map(|run| run.id);
        let finding = run.map(|run| FindingRef { run, finding: row.id });
        self.decisions.asked.push(Request {
            subject: subject(row),
            finding,
            decision,
            stands,
            bookmark: None,
        });
    }

    /// Asks that a decision no longer stands.
    pub(crate) fn withdraw(&mut self, row: &DecisionRow) {
        self.decisions.asked.push(Request {
            subject: row.subject.clone(),
            finding: None,
            decision: Decision::Withdraw { decision: row.id },
            stands: true,
            bookmark: None,
        });
    }

    /// Asks for the words of a decision about the selected finding.
    pub(crate) fn begin_draft(&mut self, kind: Kind) {
        let Some(row) = self.selected_finding() else { return };
        let text = String::new();
        self.decisions.draft = Some(Draft { kind, finding: row.id, text, wants_focus: true });
        self.front = Some(Pane::Finding);
    }

    /// What is written becomes a decision about its finding.
    pub(crate) fn keep_draft(&mut self) {
        let Some(draft) = self.decisions.draft.take() else { return };
        let Some(row) = self.doc.as_ref().and_then(|doc| doc.finding(draft.finding)).cloned() else { return };
        let text = draft.text.trim().to_owned();
        let decision = match draft.kind {
            Kind::Note => Decision::Note { text },
            Kind::Tag => Decision::Tag { tag: text },
            Kind::Dismiss => Decision::Dismiss { reason: Some(text) },
            Kind::Confirm => Decision::Confirm { reason: Some(text).filter(|text| !text.is_empty()) },
            // A link is made by choosing the other finding.
            Kind::Link => return,
        };
        self.decide(&row, decision, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: u64, subject: Subject, decision: Decision) -> DecisionRow {
        let (actor, finding) = ("anna".to_owned(), None);
        DecisionRow { id, at_nanos: 0, actor, subject, finding, decision, stands: true }
    }

    #[test]
    fn what_is_said_of_the_same_events_is_of_the_finding() {
        let events = |first_event, last_event| Subject::Events { stream: 0, first_event, last_event };
        let note = |text: &str| Decision::Note { text: text.to_owned() };
        let mut decisions = Decisions::default();
        let mut gone = row(5, events(10, 20), note("withdrawn"));
        gone.stands = false;
        decisions.take(vec![
            row(1, events(15, 30), note("overlaps")),
            row(2, events(21, 30), note("beside")),
            row(3, events(90, 99), Decision::Link { to: events(10, 20) }),
            row(4, Subject::Case, note("of the case")),
            gone,
            row(6, events(10, 20), Decision::Acknowledge),
        ]);
        let of: Vec<u64> = decisions.of(&events(10, 20)).map(|row| row.id).collect();
        assert_eq!(of, [1, 3]);
        assert!(!overlaps(&events(0, 5), &Subject::Events { stream: 1, first_event: 0, last_event: 5 }));
    }

    #[test]
    fn words_that_were_written_are_asked_for_as_decisions() {
        let mut state = crate::scene::state();
        let reason = Some("a drill".to_owned());
        for (kind, expected) in [
            (Kind::Note, Decision::Note { text: "a drill".to_owned() }),
            (Kind::Tag, Decision::Tag { tag: "a drill".to_owned() }),
            (Kind::Dismiss, Decision::Dismiss { reason: reason.clone() }),
            (Kind::Confirm, Decision::Confirm { reason }),
        ] {
            state.begin_draft(kind);
            state.decisions.draft.as_mut().expect("a finding is selected").text = " a drill\n".to_owned();
            state.keep_draft();
            let request = state.decisions.asked.pop().expect("it was asked for");
            assert_eq!(request.decision, expected);
            assert!(request.stands && request.finding.is_some_and(|of| of.finding == 1));
            assert!(state.decisions.draft.is_none());
        }
    }
}
