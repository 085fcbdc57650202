//! `driftlock audit`: who did what to a case.

use std::io::Write;
use std::process::ExitCode;

use case::{AuditRow, Case, inert};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::arguments::decide::AuditArguments;
use crate::failure::Failure;
use crate::json::SCHEMA;
use crate::output;
use crate::table::{Align, Table};
use crate::words::time;

#[derive(Serialize)]
struct AuditJson {
    schema: u32,
    head: Option<HeadJson>,
    rows: Vec<RowJson>,
}

#[derive(Serialize)]
struct HeadJson {
    chain: String,
    rows: u64,
    sha256: String,
}

#[derive(Serialize)]
struct RowJson {
    sequence: u64,
    at_nanos: i64,
    actor: String,
    action: String,
    subject: String,
    /// The very bytes that are hashed.
    detail: Box<RawValue>,
    previous_sha256: String,
    sha256: String,
}

pub(crate) fn run(arguments: &AuditArguments) -> Result<ExitCode, Failure> {
    let case = Case::open_read_only(&arguments.case)?;
    let (rows, head) = (case.audit()?, case.audit_head()?);
    if arguments.json {
        let head = head.map(|head| HeadJson { chain: head.chain, rows: head.rows, sha256: head.sha256 });
        let rows = rows.into_iter().map(in_json).collect::<Result<_, Failure>>()?;
        output::json(&AuditJson { schema: SCHEMA, head, rows })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = output::stdout();
    let mut table = Table::new(&[
        ("#", Align::Right),
        ("When", Align::Left),
        ("Who", Align::Left),
        ("What", Align::Left),
        ("About", Align::Left),
        ("Particulars", Align::Left),
    ]);
    for row in &rows {
        table.row([
            row.sequence.to_string(),
            time(Some(row.at_nanos)),
            inert(&row.actor),
            inert(&row.action),
            inert(&row.subject),
            inert(&row.detail),
        ]);
    }
    match head {
        Some(head) if !rows.is_empty() => {
            table.write(&mut out, "")?;
            writeln!(out, "\nChain {} ends in {}.", head.chain, head.sha256)?;
            writeln!(out, "`driftlock case verify` checks it; keep its end elsewhere to prove it later.")?;
        }
        Some(_) => writeln!(out, "Nothing has been done to this case.")?,
        None => writeln!(out, "This case is of an earlier schema, which kept no record of changes.")?,
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn in_json(row: AuditRow) -> Result<RowJson, Failure> {
    let AuditRow { sequence, at_nanos, actor, action, subject, detail, previous_sha256, sha256 } = row;
    // A row that somebody changed may hold anything.
    let detail = RawValue::from_string(detail).map_err(|error| {
        Failure::Output(std::io::Error::other(format!("audit row {sequence} is damaged: {error}")))
    })?;
    Ok(RowJson { sequence, at_nanos, actor, action, subject, detail, previous_sha256, sha256 })
}
