//! What people decided about findings: as the case has it, what was asked for in this frame, and what is being written.

use crate::doc::Selection;
use crate::remembered::{Bookmark, subject};
use crate::state::{Level, Pane, State};
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
    /// The events that it is about: another run ranks findings otherwise.
    pub(crate) about: Subject,
    /// The finding that was looked at when the writing began.
    pub(crate) finding: FindingRef,
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
    /// The words for which the window was not closed, when it was last asked to.
    held: Option<String>,
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
        let finding = self.looked_at(row);
        self.decisions.asked.push(Request {
            subject: subject(row),
            finding,
            decision,
            stands,
            bookmark: None,
        });
    }

    /// A finding as the run that is shown numbers it.
    fn looked_at(&self, row: &FindingRow) -> Option<FindingRef> {
        let run = self.doc.as_ref()?.run.as_ref()?.id;
        Some(FindingRef { run, finding: row.id })
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

    /// Asks for the words of a decision about the selected finding. Words that are there already come to the front instead.
    pub(crate) fn begin_draft(&mut self, kind: Kind) {
        let Some(row) = self.selected_finding() else { return };
        let Some(finding) = self.looked_at(&row) else { return };
        self.front = Some(Pane::Finding);
        let about = subject(&row);
        if let Some(draft) = self.decisions.draft.as_mut().filter(|draft| !draft.text.trim().is_empty()) {
            draft.wants_focus = true;
            if (draft.kind, &draft.about) != (kind, &about) {
                self.show_draft("Keep it or cancel writing it, and then begin the next.");
            }
            return;
        }
        let text = String::new();
        self.decisions.draft = Some(Draft { kind, about, finding, text, wants_focus: true });
    }

    /// Says that something is still being written, and shows it.
    fn show_draft(&mut self, next: &str) {
        let Some(draft) = &mut self.decisions.draft else { return };
        draft.wants_focus = true;
        let about = draft.about.clone();
        let findings = self.doc.iter().flat_map(|doc| &doc.findings);
        if let Some(id) = findings.into_iter().find(|row| subject(row) == about).map(|row| row.id) {
            self.select(Selection::Finding(id));
        }
        self.front = Some(Pane::Finding);
        self.notice(Level::Warning, "Something is still being written", next);
    }

    /// Whether the window has to stay for what is being written about a finding. It is shown then; a person who asks a
    /// second time, without writing on, is not held.
    pub(crate) fn holds_window(&mut self) -> bool {
        let written = self.decisions.draft.as_ref().filter(|draft| draft.kind != Kind::Link);
        let Some(text) = written.map(|draft| draft.text.trim().to_owned()).filter(|text| !text.is_empty())
        else {
            return false;
        };
        if self.decisions.held.as_ref() == Some(&text) {
            return false;
        }
        self.decisions.held = Some(text);
        self.show_draft("Keep it, then close the window. Closing the window again leaves it behind.");
        true
    }

    /// Whether what is being written stands under this finding: under its own, or under any where the run has not that one.
    pub(crate) fn is_written_under(&self, draft: &Draft, row: &FindingRow) -> bool {
        let mut findings = self.doc.iter().flat_map(|doc| &doc.findings);
        draft.about == subject(row) || !findings.any(|row| subject(row) == draft.about)
    }

    /// What is written becomes a decision about its finding.
    pub(crate) fn keep_draft(&mut self) {
        let Some(draft) = self.decisions.draft.take() else { return };
        let text = draft.text.trim().to_owned();
        let decision = match draft.kind {
            Kind::Note => Decision::Note { text },
            Kind::Tag => Decision::Tag { tag: text },
            Kind::Dismiss => Decision::Dismiss { reason: Some(text) },
            Kind::Confirm => Decision::Confirm { reason: Some(text).filter(|text| !text.is_empty()) },
            // A link is made by choosing the other finding.
            Kind::Link => return,
        };
        self.decide_drafted(&draft, decision);
    }

    /// Asks for a decision about the finding that something is being written about.
    pub(crate) fn decide_drafted(&mut self, draft: &Draft, decision: Decision) {
        self.decisions.asked.push(Request {
            subject: draft.about.clone(),
            finding: Some(draft.finding),
            decision,
            stands: true,
            bookmark: None,
        });
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

    #[test]
    fn words_stay_with_their_finding_when_another_run_ranks_it_otherwise() {
        let mut state = crate::scene::state();
        state.begin_draft(Kind::Note);
        let was = state.decisions.draft.clone().expect("a finding is selected");
        state.decisions.draft.as_mut().expect("it was begun").text = "of the first".to_owned();
        let mut doc = state.doc.as_ref().expect("the scene has a case").as_ref().clone();
        doc.findings.rotate_left(1);
        for (rank, row) in (1..).zip(&mut doc.findings) {
            row.id = rank;
        }
        doc.run.as_mut().expect("the scene has a run").id += 1;
        let last = doc.findings.len() as i64;
        state.doc = Some(std::sync::Arc::new(doc));
        let under = |state: &State| {
            let draft = state.decisions.draft.as_ref().expect("it is being written");
            let findings = &state.doc.as_ref().expect("the scene has a case").findings;
            let under = findings.iter().filter(|row| state.is_written_under(draft, row));
            under.map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(under(&state), [last], "by its events, not by its rank");

        // Another form would take its place: it comes to the front instead.
        state.begin_draft(Kind::Dismiss);
        let draft = state.decisions.draft.clone().expect("it is not lost");
        assert_eq!((draft.kind, draft.text.as_str()), (Kind::Note, "of the first"));
        assert_eq!((state.selection, state.notices.len()), (Selection::Finding(last), 1));

        let mut doc = state.doc.as_ref().expect("the scene has a case").as_ref().clone();
        doc.findings.pop();
        state.doc = Some(std::sync::Arc::new(doc));
        assert_eq!(under(&state).len() as i64, last - 1, "where there is no such finding, under each");
        state.keep_draft();
        let request = state.decisions.asked.pop().expect("it was asked for");
        assert_eq!((request.subject, request.finding), (was.about, Some(was.finding)));
    }
}
