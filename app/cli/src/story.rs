//! `driftlock story`: the steps of the story that is told of a case.

use std::io::Write;
use std::process::ExitCode;

use case::{Case, StepRow, Subject, inert};
use serde::Serialize;
use serde_json::Value;

use crate::arguments::review::StoryArguments;
use crate::failure::Failure;
use crate::json::SCHEMA;
use crate::output;
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

pub(crate) fn run(arguments: &StoryArguments) -> Result<ExitCode, Failure> {
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
        writeln!(out, "The case has no story. In the window, “Add this view to the story” begins one.")?;
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
