//! `driftlock note`, `tag`, `acknowledge`, `dismiss`, `confirm`, `link`, `bookmark`, `withdraw` and `decisions`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use case::{Case, Decision, DecisionRow, FindingRef, Subject, inert};
use serde::Serialize;

use crate::arguments::decide::{AboutArguments, DecisionsArguments};
use crate::clocks::seconds;
use crate::failure::Failure;
use crate::json::SCHEMA;
use crate::output;
use crate::subject::{self, Meant};
use crate::table::{Align, Table};
use crate::words::time;

#[derive(Serialize)]
struct DecidedJson {
    schema: u32,
    decision: u64,
}

#[derive(Serialize)]
struct DecisionsJson {
    schema: u32,
    decisions: Vec<DecisionJson>,
}

#[derive(Serialize)]
struct DecisionJson {
    id: u64,
    at_nanos: i64,
    actor: String,
    subject: Subject,
    about: String,
    finding: Option<FindingRef>,
    decision: Decision,
    stands: bool,
}

/// Opens a case to change it, under the name that was given.
pub(crate) fn open(path: &Path, by: Option<&str>) -> Result<Case, Failure> {
    let mut case = Case::open(path)?;
    if let Some(by) = by {
        case.set_actor(by);
    }
    Ok(case)
}

/// One decision about one subject.
pub(crate) fn about(
    arguments: &AboutArguments,
    decision: &Decision,
    by: Option<&str>,
) -> Result<ExitCode, Failure> {
    let mut case = open(&arguments.case, by)?;
    let id = match subject::find(&case, &arguments.subject)? {
        Meant::Finding(run, finding) => case.decide_finding(run, finding, decision)?,
        Meant::Other(subject) => case.decide(&subject, decision)?,
    };
    say(&case, id, arguments.json)
}

/// A link, whose other end is named like the first one.
pub(crate) fn link(arguments: &AboutArguments, other: &str, by: Option<&str>) -> Result<ExitCode, Failure> {
    let case = Case::open_read_only(&arguments.case)?;
    let to = subject::find(&case, other)?.subject(&case)?;
    drop(case);
    about(arguments, &Decision::Link { to }, by)
}

pub(crate) fn withdraw(
    path: &Path,
    decision: u64,
    json: bool,
    by: Option<&str>,
) -> Result<ExitCode, Failure> {
    let mut case = open(path, by)?;
    let id = case.decide(&Subject::Case, &Decision::Withdraw { decision })?;
    say(&case, id, json)
}

/// What was kept, under which number.
pub(crate) fn say(case: &Case, id: u64, json: bool) -> Result<ExitCode, Failure> {
    if json {
        output::json(&DecidedJson { schema: SCHEMA, decision: id })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = output::stdout();
    if let Some(row) = case.decisions()?.into_iter().find(|row| row.id == id) {
        let (what, about) = (row.decision.name(), case.in_words(&row.subject)?);
        writeln!(out, "Decision {id}, by {}: {what}, {}", inert(&row.actor), inert(about))?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn list(arguments: &DecisionsArguments) -> Result<ExitCode, Failure> {
    let case = Case::open_read_only(&arguments.case)?;
    let mut rows = case.decisions()?;
    rows.retain(|row| row.stands || arguments.all);
    if arguments.json {
        let decisions = rows.into_iter().map(|row| in_json(&case, row)).collect::<Result<_, Failure>>()?;
        output::json(&DecisionsJson { schema: SCHEMA, decisions })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = output::stdout();
    if rows.is_empty() {
        writeln!(out, "Nothing has been decided about this case.")?;
    }
    let mut table = Table::new(&[
        ("#", Align::Right),
        ("When", Align::Left),
        ("By", Align::Left),
        ("What", Align::Left),
        ("About", Align::Left),
        ("Text", Align::Left),
    ]);
    for row in &rows {
        let replaced = if row.stands { "" } else { " (no longer)" };
        table.row([
            row.id.to_string(),
            time(Some(row.at_nanos)),
            inert(&row.actor),
            format!("{}{replaced}", row.decision.name()),
            inert(case.in_words(&row.subject)?),
            text(&case, &row.decision)?,
        ]);
    }
    if !rows.is_empty() {
        table.write(&mut out, "")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn text(case: &Case, decision: &Decision) -> Result<String, Failure> {
    Ok(match decision {
        Decision::Link { to } => format!("with {}", inert(case.in_words(to)?)),
        Decision::Withdraw { decision } => format!("decision {decision}"),
        Decision::Clock { service, offset_nanos, evidence } => format!(
            "{}{} {}",
            service.as_ref().map(|service| inert(service) + ": ").unwrap_or_default(),
            seconds(*offset_nanos),
            if evidence.is_some() { "by the estimate" } else { "as given" }
        ),
        other => inert(other.text().unwrap_or_default()),
    })
}

fn in_json(case: &Case, row: DecisionRow) -> Result<DecisionJson, Failure> {
    let DecisionRow { id, at_nanos, actor, subject, finding, decision, stands } = row;
    let about = case.in_words(&subject)?;
    Ok(DecisionJson { id, at_nanos, actor, subject, about, finding, decision, stands })
}
