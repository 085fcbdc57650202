//! The story that is told of a case: steps in an order, each with what the window showed.
//!
//! A step is a decision, and so is every change of one: what was told when, and by whom it was changed, stands in the audit
//! chain. A step that is taken out is withdrawn, and comes back when the same number is decided again.

use crate::decisions::{Decision, Subject};
use crate::error::CaseError;
use crate::store::Case;

/// A step as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    /// Its number, which it keeps through every change.
    pub step: u64,
    /// The decision that says what it is now.
    pub decision: u64,
    /// Its place in the order, as it was decided.
    pub place: u32,
    /// When it was last changed, nanoseconds UTC by the clock of the machine.
    pub at_nanos: i64,
    /// Who changed it last.
    pub actor: String,
    /// What it is about.
    pub subject: Subject,
    /// What it is called.
    pub title: String,
    /// What is to be said.
    pub note: String,
    /// How the window showed the case, as the window reads it.
    pub state: String,
}

impl StepRow {
    /// The decision that makes the step what it is here, again.
    pub fn again(&self) -> Decision {
        Decision::Step {
            step: Some(self.step),
            place: self.place,
            title: self.title.clone(),
            note: self.note.clone(),
            state: self.state.clone(),
        }
    }
}

/// The place of a step that comes after all of these.
pub fn next_place(steps: &[StepRow]) -> u32 {
    steps.iter().map(|step| step.place).max().map_or(1, |last| last.saturating_add(1))
}

/// Gives the steps the places that they stand at here, anew, so that two of one place are told apart from now on; and what is to
/// be decided about what for it.
pub fn in_this_order(steps: &mut [StepRow]) -> Vec<(Subject, Decision)> {
    let mut pending = Vec::new();
    for (place, step) in (1_u32..).zip(steps) {
        if step.place != place {
            step.place = place;
            pending.push((step.subject.clone(), step.again()));
        }
    }
    pending
}

impl Case {
    /// The steps that stand, in the order of the story.
    pub fn story(&self) -> Result<Vec<StepRow>, CaseError> {
        let mut steps = Vec::new();
        for row in self.decisions()?.into_iter().filter(|row| row.stands) {
            let Decision::Step { step, place, title, note, state } = row.decision else { continue };
            steps.push(StepRow {
                step: step.unwrap_or(row.id),
                decision: row.id,
                place,
                at_nanos: row.at_nanos,
                actor: row.actor,
                subject: row.subject,
                title,
                note,
                state,
            });
        }
        steps.sort_by_key(|step| (step.place, step.step));
        Ok(steps)
    }

    /// Whether a decision of this number made a step, standing or not.
    pub(crate) fn is_step(&self, id: u64) -> Result<bool, CaseError> {
        let is_it = |decision: &Decision| matches!(decision, Decision::Step { step: None, .. });
        Ok(self.decisions()?.iter().any(|row| row.id == id && is_it(&row.decision)))
    }
}
