//! `driftlock view`: views of the window that have a name.

use std::fs;
use std::io::Write;
use std::process::ExitCode;

use case::{Case, Decision, Subject, ViewRow, inert};
use serde::Serialize;
use serde_json::Value;

use crate::arguments::review::{StateArguments, ViewArguments, ViewChange};
use crate::decide;
use crate::failure::Failure;
use crate::json::SCHEMA;
use crate::output;
use crate::subject;
use crate::table::{Align, Table};
use crate::words::time;

#[derive(Serialize)]
struct ViewsJson {
    schema: u32,
    views: Vec<ViewJson>,
}

#[derive(Serialize)]
struct ViewJson {
    decision: u64,
    at_nanos: i64,
    actor: String,
    subject: Subject,
    about: String,
    name: String,
    /// What the window showed; its shape is the window's own. `null` where it shows what the view is about.
    state: Value,
}

pub(crate) fn run(arguments: &ViewArguments, by: Option<&str>) -> Result<ExitCode, Failure> {
    let Some(change) = &arguments.change else { return list(arguments) };
    let json = arguments.json;
    match change {
        ViewChange::Save { name, about, state } => {
            let mut case = decide::open(&arguments.case, by)?;
            let about = subject::find(&case, about)?.subject(&case)?;
            let state = state_of(&case, state)?.unwrap_or_default();
            let id = case.decide(&about, &Decision::View { name: name.clone(), state })?;
            decide::say(&case, id, json)
        }
        ViewChange::Show { name } => {
            let case = Case::open_read_only(&arguments.case)?;
            output::json(&in_json(&case, named(&case, name)?)?)?;
            Ok(ExitCode::SUCCESS)
        }
        ViewChange::Remove { name } => {
            let mut case = decide::open(&arguments.case, by)?;
            let decision = named(&case, name)?.decision;
            let id = case.decide(&Subject::Case, &Decision::Withdraw { decision })?;
            decide::say(&case, id, json)
        }
    }
}

/// What a step or a view is to show: as another view does, or as a file says. `None` where neither is given.
pub(crate) fn state_of(case: &Case, wanted: &StateArguments) -> Result<Option<String>, Failure> {
    if let Some(name) = &wanted.view {
        return Ok(Some(named(case, name)?.state));
    }
    let Some(path) = &wanted.state else { return Ok(None) };
    let unusable = |why: String| Failure::Usage(format!("{}: {why}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| unusable(format!("{error}. Check the path.")))?;
    let read: Value = serde_json::from_str(&text).map_err(|error| {
        unusable(format!("{error}. Give the `state` of a step or a view, as `--json` prints it."))
    })?;
    // A whole view as `view CASE show` prints it is taken as well.
    let state = read.get("state").unwrap_or(&read);
    if !state.is_object() {
        return Err(unusable(
            "this is no state of a view. Give one as `driftlock view CASE show NAME` prints it.".to_owned(),
        ));
    }
    Ok(Some(state.to_string()))
}

fn named(case: &Case, name: &str) -> Result<ViewRow, Failure> {
    let view = case.saved_views()?.into_iter().find(|view| view.name == name);
    view.ok_or_else(|| {
        Failure::Usage(format!(
            "No view of this case is called “{}”. `driftlock view CASE` lists them.",
            inert(name)
        ))
    })
}

fn in_json(case: &Case, row: ViewRow) -> Result<ViewJson, Failure> {
    let about = case.in_words(&row.subject)?;
    let ViewRow { decision, at_nanos, actor, subject, name, state } = row;
    let state = if state.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&state).unwrap_or(Value::String(state))
    };
    Ok(ViewJson { decision, at_nanos, actor, subject, about, name, state })
}

fn list(arguments: &ViewArguments) -> Result<ExitCode, Failure> {
    let case = Case::open_read_only(&arguments.case)?;
    let views = case.saved_views()?;
    if arguments.json {
        let views = views.into_iter().map(|row| in_json(&case, row)).collect::<Result<_, Failure>>()?;
        output::json(&ViewsJson { schema: SCHEMA, views })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = output::stdout();
    if views.is_empty() {
        writeln!(
            out,
            "No view of this case is saved. `driftlock view CASE save NAME` saves one, and so does “Save this view as…” in the window."
        )?;
    } else {
        let mut table = Table::new(&[
            ("Name", Align::Left),
            ("About", Align::Left),
            ("When", Align::Left),
            ("By", Align::Left),
        ]);
        for row in &views {
            table.row([
                inert(&row.name),
                inert(case.in_words(&row.subject)?),
                time(Some(row.at_nanos)),
                inert(&row.actor),
            ]);
        }
        table.write(&mut out, "")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
