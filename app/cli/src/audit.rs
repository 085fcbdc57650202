//! `driftlock audit`: who did what to a case.

use std::io::Write;
use std::process::ExitCode;

use case::{AuditFilter, AuditHead, AuditRow, Case, CheckedRow, audit_csv, inert};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::arguments::decide::AuditArguments;
use crate::failure::{Failure, UNUSABLE, shown};
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
    /// What is wrong with the row, where anything is.
    fault: Option<&'static str>,
}

pub(crate) fn run(arguments: &AuditArguments) -> Result<ExitCode, Failure> {
    let case = Case::open_read_only(&arguments.case)?;
    let checked = case.audit_checked()?;
    let is_sound = checked.is_sound();
    let filter = AuditFilter {
        who: arguments.who.clone().unwrap_or_default(),
        action: arguments.action.clone().unwrap_or_default(),
        text: arguments.text.clone().unwrap_or_default(),
    };
    let (mut rows, head) = (checked.rows, checked.head);
    rows.retain(|checked| filter.fits(&checked.row));
    let code = if is_sound { ExitCode::SUCCESS } else { ExitCode::from(UNUSABLE) };
    for what in &checked.missing {
        eprintln!("driftlock: {what}");
    }
    let told = if arguments.csv {
        write_csv(&rows)
    } else if arguments.json {
        write_json(rows, head)
    } else {
        write(&rows, head, &filter)
    };
    shown(told, code)
}

fn write_csv(rows: &[CheckedRow]) -> Result<(), Failure> {
    let mut out = output::stdout();
    out.write_all(audit_csv(rows).as_bytes())?;
    out.flush()?;
    Ok(())
}

fn write_json(rows: Vec<CheckedRow>, head: Option<AuditHead>) -> Result<(), Failure> {
    let head = head.map(|head| HeadJson { chain: head.chain, rows: head.rows, sha256: head.sha256 });
    let rows = rows.into_iter().map(in_json).collect();
    output::json(&AuditJson { schema: SCHEMA, head, rows })?;
    Ok(())
}

fn write(rows: &[CheckedRow], head: Option<AuditHead>, filter: &AuditFilter) -> Result<(), Failure> {
    let mut out = output::stdout();
    let mut table = Table::new(&[
        ("#", Align::Right),
        ("When", Align::Left),
        ("Who", Align::Left),
        ("What", Align::Left),
        ("About", Align::Left),
        ("Chain", Align::Left),
        ("Particulars", Align::Left),
    ]);
    for CheckedRow { row, fault } in rows {
        table.row([
            row.sequence.to_string(),
            time(Some(row.at_nanos)),
            inert(&row.actor),
            inert(&row.action),
            inert(&row.subject),
            if fault.is_some() { "BROKEN" } else { "holds" }.to_owned(),
            inert(&row.detail),
        ]);
        if let Some(what) = fault {
            eprintln!("driftlock: Audit row {} {what}", row.sequence);
        }
    }
    match head {
        Some(head) if !rows.is_empty() => {
            table.write(&mut out, "")?;
            writeln!(out, "\nChain {} ends in {}.", head.chain, head.sha256)?;
            writeln!(out, "It was computed again just now; keep its end elsewhere to prove it later.")?;
        }
        Some(_) if filter.is_empty() => writeln!(out, "Nothing has been done to this case.")?,
        Some(_) => writeln!(out, "No row fits.")?,
        None => writeln!(out, "This case is of an earlier schema, which kept no record of changes.")?,
    }
    out.flush()?;
    Ok(())
}

fn in_json(CheckedRow { row, fault }: CheckedRow) -> RowJson {
    let AuditRow { sequence, at_nanos, actor, action, subject, detail, previous_sha256, sha256 } = row;
    // A row that somebody changed may hold anything: what is no JSON is given as a text.
    let text = Value::from(detail.as_str()).to_string();
    let detail = RawValue::from_string(detail).or_else(|_| RawValue::from_string(text));
    let detail = detail.expect("a text in quotes is JSON");
    RowJson { sequence, at_nanos, actor, action, subject, detail, previous_sha256, sha256, fault }
}
