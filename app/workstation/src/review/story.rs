//! The story of a case: its steps, which one is being worked on, and every change as decisions.

use super::shown::Shown;
use crate::doc::Selection;
use crate::state::{Pane, State};
use crate::ui::rows::ListState;
use case::{Decision, StepRow, Subject, Veil};
use std::sync::Arc;

/// Changes of the story that can be taken back.
const KEPT: usize = 100;

/// A decision that is on its way to the case, and what it is about.
pub(crate) type Pending = (Subject, Decision);

/// The story.
#[derive(Debug, Default)]
pub(crate) struct Story {
    /// The steps that stand, in order.
    pub(crate) steps: Vec<StepRow>,
    /// The step that is worked on, by its number.
    pub(crate) selected: Option<u64>,
    /// Its words while they are written.
    pub(crate) draft: Option<Draft>,
    pub(crate) list: ListState,
    /// What the story was before each change.
    before: Vec<Vec<StepRow>>,
}

/// The words of a step while a person writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) step: u64,
    pub(crate) title: String,
    pub(crate) note: String,
}

impl Draft {
    /// The words of a step, ready to be changed: a case from elsewhere may have hostile ones, and a field shows what it is
    /// given.
    pub(crate) fn of(step: &StepRow) -> Self {
        let note: Vec<String> = step.note.lines().map(case::inert).collect();
        Self { step: step.step, title: case::inert(&step.title), note: note.join("\n") }
    }
}

impl Story {
    /// Takes the steps as the case has them now.
    pub(super) fn take(&mut self, steps: Vec<StepRow>) {
        let is_new = |step: &&StepRow| self.steps.iter().all(|known| known.step != step.step);
        let had = !self.steps.is_empty();
        let newest = steps.iter().filter(is_new).max_by_key(|step| step.step).map(|step| step.step);
        if let Some(newest) = newest.filter(|_| had || steps.len() == 1) {
            self.selected = Some(newest);
        }
        self.steps = steps;
        if self.place().is_none() {
            self.selected = self.steps.first().map(|step| step.step);
        }
        self.list.selected = self.place().map(|place| place as u64);
        self.list.reveal = self.list.selected;
        if self.draft.as_ref().is_some_and(|draft| Some(draft.step) != self.selected) {
            self.draft = None;
        }
    }

    /// Place of the selected step.
    pub(crate) fn place(&self) -> Option<usize> {
        self.steps.iter().position(|step| Some(step.step) == self.selected)
    }

    /// The selected step.
    pub(crate) fn step(&self) -> Option<&StepRow> {
        self.steps.get(self.place()?)
    }

    /// Whether there is a change to take back.
    pub(crate) fn can_undo(&self) -> bool {
        !self.before.is_empty()
    }

    fn remember(&mut self) {
        self.before.push(self.steps.clone());
        if self.before.len() > KEPT {
            self.before.remove(0);
        }
    }

    /// A new step at the end.
    pub(crate) fn add(&mut self, subject: Subject, title: String, shown: &Shown) -> Vec<Pending> {
        self.remember();
        let place = case::next_place(&self.steps);
        vec![(
            subject,
            Decision::Step { step: None, place, title, note: String::new(), state: shown.written() },
        )]
    }

    /// The selected step with something changed in it.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut StepRow)) -> Vec<Pending> {
        let Some(place) = self.place() else { return Vec::new() };
        let mut changed = self.steps[place].clone();
        change(&mut changed);
        if changed == self.steps[place] {
            return Vec::new();
        }
        self.remember();
        self.steps[place] = changed.clone();
        vec![(changed.subject.clone(), changed.again())]
    }

    /// What was written becomes the words of the step; a title that was emptied stays as it was.
    pub(crate) fn keep_draft(&mut self) -> Vec<Pending> {
        let Some(draft) = self.draft.clone().filter(|draft| Some(draft.step) == self.selected) else {
            return Vec::new();
        };
        if self.step().is_some_and(|step| Draft::of(step) == draft) {
            return Vec::new();
        }
        self.change(|step| {
            if !draft.title.trim().is_empty() {
                draft.title.trim().clone_into(&mut step.title);
            }
            step.note = draft.note;
        })
    }

    /// The selected step changes places with the one before or after it.
    pub(crate) fn move_step(&mut self, later: bool) -> Vec<Pending> {
        let Some(place) = self.place() else { return Vec::new() };
        let other = if later { place + 1 } else { place.wrapping_sub(1) };
        if other >= self.steps.len() {
            return Vec::new();
        }
        self.remember();
        self.steps.swap(place, other);
        case::in_this_order(&mut self.steps)
    }

    /// Takes the selected step out.
    pub(crate) fn remove(&mut self) -> Vec<Pending> {
        let Some(place) = self.place() else { return Vec::new() };
        self.remember();
        let gone = self.steps.remove(place);
        self.selected = self.steps.get(place).or(self.steps.last()).map(|step| step.step);
        vec![(Subject::Case, Decision::Withdraw { decision: gone.decision })]
    }

    /// What makes the story what it was before the last change.
    pub(crate) fn undo(&mut self) -> Vec<Pending> {
        let Some(before) = self.before.pop() else { return Vec::new() };
        let mut pending = Vec::new();
        for step in &self.steps {
            if before.iter().all(|old| old.step != step.step) {
                pending.push((Subject::Case, Decision::Withdraw { decision: step.decision }));
            }
        }
        for old in before {
            let now = self.steps.iter().find(|step| step.step == old.step);
            if now.is_none_or(|now| now.again() != old.again()) {
                pending.push((old.subject.clone(), old.again()));
            }
        }
        self.draft = None;
        pending
    }
}

/// A presentation that is going on.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the person who presents")]
pub(crate) struct Showing {
    /// The steps as they were when it began.
    pub(crate) steps: Arc<Vec<StepRow>>,
    /// The present one.
    pub(crate) at: usize,
    /// Whether the present one is shown, and not still being read.
    pub(crate) is_shown: bool,
    /// Nothing is shown.
    pub(crate) blank: bool,
    /// The speaker's notes are shown.
    pub(crate) notes: bool,
    /// The window of whoever speaks is open.
    pub(crate) presenter: bool,
    /// When it began, seconds of the window's clock.
    pub(crate) begun_at_seconds: f64,
    /// A dot follows the mouse.
    pub(crate) pointer: bool,
    /// It is to end.
    pub(crate) end: bool,
    /// What was shown before it.
    pub(crate) before: Box<Shown>,
    /// What everything is shown through.
    pub(crate) veil: Option<Arc<Veil>>,
}

impl Showing {
    /// What the present step shows; `None` where it cannot be read.
    pub(crate) fn shown(&self) -> Option<Shown> {
        Shown::read(&self.steps.get(self.at)?.state)
    }

    /// Goes so many steps on, or back.
    pub(crate) fn go(&mut self, by: isize) {
        let last = self.steps.len().saturating_sub(1);
        let to = self.at.saturating_add_signed(by).min(last);
        self.blank = false;
        if to != self.at {
            (self.at, self.is_shown) = (to, false);
        }
    }
}

impl State {
    /// What is selected, as decisions name it.
    pub(crate) fn selected_subject(&self) -> Subject {
        let events = self.selected_events().zip(self.stream).filter(|(events, _)| !events.is_empty());
        match (self.selection, events) {
            (Selection::Stream(stream), _) => Subject::Stream { stream },
            (_, Some((events, stream))) => {
                Subject::Events { stream, first_event: events.start, last_event: events.end - 1 }
            }
            _ => Subject::Case,
        }
    }

    /// What a view of this state could be called.
    pub(crate) fn title_of_view(&self, front: Pane) -> String {
        const MOST: usize = 140;
        let about = match self.selected_finding() {
            Some(row) => Some(self.in_short(&row)),
            None => self.bookmark().map(|bookmark| bookmark.name),
        };
        // What comes of evidence becomes a person's words, and stands in a field.
        let about = about.map(case::inert);
        let name = match (about, front) {
            (Some(about), Pane::Overview | Pane::Finding) => about,
            (Some(about), _) => format!("{}: {about}", front.title()),
            (None, _) => front.title().to_owned(),
        };
        if name.chars().count() <= MOST {
            return name;
        }
        name.chars().take(MOST - 1).chain(['…']).collect()
    }

    /// A finding as a title: its stream by the short name, and what was seen; the picture below it says when.
    fn in_short(&self, row: &case::FindingRow) -> String {
        let sentence = &row.finding.explanation.sentence;
        let label = row.stream.key.label();
        let what = sentence.strip_prefix(&label).and_then(|rest| rest.split_once(": "));
        let short = |text: &str| match &self.doc {
            Some(doc) => doc.names.within(row.stream.id, text),
            None => text.to_owned(),
        };
        what.map_or_else(|| short(sentence), |(_, what)| format!("{}: {}", short(&label), short(what)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> Shown {
        Shown::of(&crate::scene::state(), &crate::layout::triage())
    }

    /// What the case would say after these decisions.
    fn carried_out(story: &mut Story, pending: &[Pending], next: &mut u64) {
        let mut steps = story.steps.clone();
        for (subject, decision) in pending {
            *next += 1;
            match decision {
                Decision::Withdraw { decision } => steps.retain(|step| step.decision != *decision),
                Decision::Step { step, place, title, note, state } => {
                    let number = step.unwrap_or(*next);
                    steps.retain(|known| known.step != number);
                    steps.push(StepRow {
                        step: number,
                        decision: *next,
                        place: *place,
                        at_nanos: 0,
                        actor: "anna".to_owned(),
                        subject: subject.clone(),
                        title: title.clone(),
                        note: note.clone(),
                        state: state.clone(),
                    });
                }
                other => panic!("{other:?} is no change of a story"),
            }
        }
        steps.sort_by_key(|step| (step.place, step.step));
        story.take(steps);
    }

    fn titles(story: &Story) -> Vec<&str> {
        story.steps.iter().map(|step| step.title.as_str()).collect()
    }

    #[test]
    fn steps_are_added_moved_written_taken_out_and_every_change_is_taken_back() {
        let (mut story, mut next) = (Story::default(), 10);
        for title in ["one", "two", "three"] {
            let pending = story.add(Subject::Case, title.to_owned(), &shown());
            carried_out(&mut story, &pending, &mut next);
        }
        assert_eq!((titles(&story), story.place()), (vec!["one", "two", "three"], Some(2)));
        let pending = story.move_step(false);
        carried_out(&mut story, &pending, &mut next);
        assert_eq!(titles(&story), ["one", "three", "two"]);
        assert_eq!((story.place(), story.move_step(false).len()), (Some(1), 2));
        assert_eq!((story.place(), story.move_step(false).len()), (Some(0), 0), "it is the first");
        let draft =
            Draft { step: story.selected.expect("one is"), title: " THREE ".into(), note: "say it".into() };
        story.draft = Some(draft);
        let pending = story.keep_draft();
        carried_out(&mut story, &pending, &mut next);
        assert!(story.keep_draft().is_empty(), "it is kept already");
        assert_eq!(
            story.step().map(|step| (step.title.as_str(), step.note.as_str())),
            Some(("THREE", "say it"))
        );
        let pending = story.remove();
        carried_out(&mut story, &pending, &mut next);
        assert_eq!(titles(&story), ["one", "two"]);
        let mut undone = 0;
        while story.can_undo() {
            let pending = story.undo();
            carried_out(&mut story, &pending, &mut next);
            undone += 1;
        }
        assert_eq!((undone, titles(&story)), (7, Vec::new()));
    }

    #[test]
    fn a_presentation_goes_from_step_to_step_and_stays_at_its_ends() {
        let (mut story, mut next) = (Story::default(), 0);
        for title in ["one", "two"] {
            let pending = story.add(Subject::Case, title.to_owned(), &shown());
            carried_out(&mut story, &pending, &mut next);
        }
        let mut showing = Showing {
            steps: Arc::new(story.steps),
            at: 0,
            is_shown: true,
            blank: true,
            notes: false,
            presenter: false,
            begun_at_seconds: 0.0,
            pointer: false,
            end: false,
            before: Box::new(shown()),
            veil: None,
        };
        for (by, at, is_shown) in [(-1, 0, true), (1, 1, false), (1, 1, false), (isize::MIN, 0, false)] {
            showing.go(by);
            assert_eq!((showing.at, showing.is_shown, showing.blank), (at, is_shown, false));
        }
        assert_eq!(showing.shown(), Some(shown()), "what was kept is read again");
    }
}
