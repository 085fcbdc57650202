//! `driftlock purge`: events of captures taken out of a case for good.

use std::io::Write;
use std::process::ExitCode;

use case::{Case, Moment, Purge, RunRow, inert};
use cbad::rfc3339;
use serde::Serialize;

use crate::arguments::PurgeArguments;
use crate::decide::open;
use crate::failure::Failure;
use crate::json::SCHEMA;
use crate::output;
use crate::words::counted;

#[derive(Serialize)]
struct PurgeJson {
    schema: u32,
    is_done: bool,
    purged: Vec<Purge>,
}

pub(crate) fn run(arguments: &PurgeArguments, by: Option<&str>) -> Result<ExitCode, Failure> {
    let mut case =
        if arguments.yes { open(&arguments.case, by)? } else { Case::open_read_only(&arguments.case)? };
    let mut captures = arguments.captures.clone();
    match arguments.before {
        Some(Moment::Nanos(nanos)) => captures.extend(case.captures_before(nanos)?),
        Some(Moment::Position(_)) => {
            return Err(Failure::Usage("--before takes a time such as 2026-03-01T12:00:00Z.".to_owned()));
        }
        None => {}
    }
    captures.sort_unstable();
    captures.dedup();
    let (reason, runs) = (arguments.reason.as_str(), arguments.runs);
    // All of them before the first is removed: one that is refused refuses the command, and what is gone is gone.
    let weighed = captures.iter().map(|capture| case.weigh_purge(*capture, reason, runs));
    let mut purged = weighed.collect::<Result<Vec<_>, _>>()?;
    if arguments.yes {
        for purge in &mut purged {
            *purge = case.purge(purge.capture, reason, runs)?;
        }
    }
    if arguments.json {
        output::json(&PurgeJson { schema: SCHEMA, is_done: arguments.yes, purged })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = output::stdout();
    for purge in &purged {
        write(&mut out, purge, arguments.yes)?;
    }
    match (purged.is_empty(), arguments.yes) {
        (true, _) => writeln!(out, "There is nothing to purge.")?,
        (false, false) => writeln!(out, "Nothing was removed. With --yes it is, for good.")?,
        (false, true) => {}
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn write(out: &mut impl Write, purge: &Purge, is_done: bool) -> std::io::Result<()> {
    let events = counted(purge.events, "event", "events");
    let problems = counted(purge.problems, "problem", "problems");
    let did = if is_done { "removed" } else { "would be removed" };
    writeln!(out, "{}: {events} and {problems} {did}.", inert(&purge.file_name))?;
    let runs: Vec<String> = purge.runs.iter().map(ToString::to_string).collect();
    match (runs.is_empty(), purge.removes_runs) {
        (true, _) => Ok(()),
        (false, true) => writeln!(out, "  with the runs that it took part in: {}", runs.join(", ")),
        (false, false) => writeln!(
            out,
            "  it took part in runs {}, which stay, and whose findings may quote it; --runs removes them too",
            runs.join(", ")
        ),
    }
}

/// Says of a run which of its captures were purged since.
pub(crate) fn write_purged(out: &mut impl Write, case: &Case, run: &RunRow) -> Result<(), Failure> {
    for row in case.purged_of(run)? {
        let (name, at, actor) = (inert(&row.purge.file_name), rfc3339(row.at_nanos), inert(&row.actor));
        writeln!(
            out,
            "Run {} used {name}, which {actor} purged on {at}: its events can no longer be shown.",
            run.id
        )?;
    }
    Ok(())
}
