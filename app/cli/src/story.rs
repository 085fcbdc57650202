//! `driftlock story`: the steps of the story that is told of a case, listed and changed.

use std::io::Write;
use std::process::ExitCode;

use case::{Case, Decision, StepRow, Subject, in_this_order, inert, next_place};
use serde::Serialize;
use serde_json::Value;

use crate::arguments::review::{StoryArguments, StoryChange};
use crate::decide;
use crate::failure::Failure;
use crate::json::SCHEMA;
use crate::output;
use crate::saved_views::state_of;
use crate::subject;
use crate::words::time;

#[derive(Serialize)]
struct StoryJson {
    schema: u32,
    steps: Vec<StepJson>,
}

#[derive(Serialize)]
struct StepJson {
    number: usize,
    step: u64,
    decision: u64,
    at_nanos: i64,
    actor: String,
    subject: Subject,
    about: String,
    title: String,
    note: String,
    /// What the window showed; its shape is the window's own.
    state: Value,
}

pub(crate) fn run(arguments: &StoryArguments, by: Option<&str>) -> Result<ExitCode, Failure> {
    match &arguments.change {
        None => list(arguments),
        Some(change) => carry_out(arguments, change, by),
    }
}

/// Does what is asked, and says the decision that came of it; of several the last.
fn carry_out(
    arguments: &StoryArguments,
    change: &StoryChange,
    by: Option<&str>,
) -> Result<ExitCode, Failure> {
    let mut case = decide::open(&arguments.case, by)?;
    let mut steps = case.story()?;
    let pending = match change {
        StoryChange::Add { subject, title, note, state } => {
            let about = subject::find(&case, subject)?.subject(&case)?;
            let state = state_of(&case, state)?.unwrap_or_default();
            let (title, note) = (title.clone(), note.clone());
            vec![(about, Decision::Step { step: None, place: next_place(&steps), title, note, state })]
        }
        StoryChange::Set { step, title, note, about, state } => {
            let at = place(&steps, *step)?;
            let row = &mut steps[at];
            if let Some(title) = title {
                row.title.clone_from(title);
            }
            if let Some(note) = note {
                row.note.clone_from(note);
            }
            if let Some(about) = about {
                row.subject = subject::find(&case, about)?.subject(&case)?;
            }
            if let Some(state) = state_of(&case, state)? {
                row.state = state;
            }
            vec![(row.subject.clone(), row.again())]
        }
        StoryChange::Move { step, to } => {
            let (from, to) = (place(&steps, *step)?, place(&steps, *to)?);
            let moved = steps.remove(from);
            steps.insert(to, moved);
            in_this_order(&mut steps)
        }
        StoryChange::Remove { step } => {
            let decision = steps[place(&steps, *step)?].decision;
            vec![(Subject::Case, Decision::Withdraw { decision })]
        }
    };
    let mut last = None;
    for (subject, decision) in &pending {
        last = Some(case.decide(subject, decision)?);
    }
    match last {
        Some(id) => decide::say(&case, id, arguments.json),
        None => list(arguments),
    }
}

/// Where the step of this number stands.
fn place(steps: &[StepRow], number: u32) -> Result<usize, Failure> {
    let place = number as usize - 1;
    if place < steps.len() {
        return Ok(place);
    }
    Err(Failure::Usage(format!(
        "The story has no step {number}: it has {}. `driftlock story CASE` lists them.",
        steps.len()
    )))
}

fn list(arguments: &StoryArguments) -> Result<ExitCode, Failure> {
    let case = Case::open_read_only(&arguments.case)?;
    let steps = case.story()?;
    if arguments.json {
        let step = |(number, row): (usize, StepRow)| {
            let about = case.in_words(&row.subject)?;
            let StepRow { step, decision, at_nanos, actor, subject, title, note, state, .. } = row;
            let state = serde_json::from_str(&state).unwrap_or(Value::String(state));
            Ok(StepJson { number, step, decision, at_nanos, actor, subject, about, title, note, state })
        };
        let steps = (1..).zip(steps).map(step).collect::<Result<_, Failure>>()?;
        output::json(&StoryJson { schema: SCHEMA, steps })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = output::stdout();
    if steps.is_empty() {
        writeln!(
            out,
            "The case has no story. `driftlock story CASE add SUBJECT TITLE` begins one, and so does “Add this view to the story” in the window."
        )?;
    }
    for (number, row) in (1..).zip(&steps) {
        writeln!(out, "{number}. {}", inert(&row.title))?;
        writeln!(out, "   about {}", inert(case.in_words(&row.subject)?))?;
        for line in row.note.lines() {
            writeln!(out, "   {}", inert(line))?;
        }
        writeln!(
            out,
            "   by {}, {} (decision {})",
            inert(&row.actor),
            time(Some(row.at_nanos)),
            row.decision
        )?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
