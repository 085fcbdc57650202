//! `driftlock coverage`: what of a case has been looked at in the window, and what not.

use std::io::Write;
use std::process::ExitCode;

use case::{Case, Coverage, inert};
use serde::Serialize;

use crate::arguments::review::CoverageArguments;
use crate::failure::Failure;
use crate::json::SCHEMA;
use crate::output;
use crate::table::{Align, Table};
use crate::words::counted;

#[derive(Serialize)]
struct CoverageJson {
    schema: u32,
    findings: u64,
    findings_unseen: Vec<i64>,
    significant_unseen: u64,
    problems: u64,
    problems_seen: u64,
    nanos: u64,
    nanos_seen: u64,
    captures: Vec<CaptureJson>,
    streams: Vec<StreamJson>,
}

#[derive(Serialize)]
struct CaptureJson {
    capture: i64,
    file_name: String,
    streams: u64,
    streams_seen: u64,
}

#[derive(Serialize)]
struct StreamJson {
    stream: u32,
    label: String,
    events: u64,
    events_seen: u64,
    findings: u64,
    findings_seen: u64,
}

pub(crate) fn run(arguments: &CoverageArguments) -> Result<ExitCode, Failure> {
    let coverage = Case::open_read_only(&arguments.case)?.coverage()?;
    if arguments.json {
        output::json(&in_json(coverage))?;
    } else {
        write(&coverage)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn in_json(coverage: Coverage) -> CoverageJson {
    let captures = coverage.captures.into_iter().map(|row| CaptureJson {
        capture: row.capture,
        file_name: row.file_name,
        streams: row.streams,
        streams_seen: row.streams_seen,
    });
    let streams = coverage.streams.into_iter().map(|row| StreamJson {
        stream: row.stream,
        label: row.label,
        events: row.events,
        events_seen: row.events_seen,
        findings: row.findings,
        findings_seen: row.findings_seen,
    });
    CoverageJson {
        schema: SCHEMA,
        findings: coverage.findings,
        findings_unseen: coverage.findings_unseen,
        significant_unseen: coverage.significant_unseen,
        problems: coverage.problems,
        problems_seen: coverage.problems_seen,
        nanos: coverage.nanos,
        nanos_seen: coverage.nanos_seen,
        captures: captures.collect(),
        streams: streams.collect(),
    }
}

fn write(coverage: &Coverage) -> Result<(), Failure> {
    use Align::{Left, Right};
    let mut out = output::stdout();
    let seen = coverage.findings - coverage.findings_unseen.len() as u64;
    writeln!(
        out,
        "Findings opened: {seen} of {}; {} significant not opened",
        coverage.findings, coverage.significant_unseen
    )?;
    writeln!(out, "Problems read:   {} of {}", coverage.problems_seen, coverage.problems)?;
    let share = coverage.nanos_seen as f64 * 100.0 / coverage.nanos.max(1) as f64;
    writeln!(out, "Time shown:      {share:.1} %, in lists of events and in findings")?;
    for row in &coverage.captures {
        let streams = counted(row.streams, "stream", "streams");
        writeln!(out, "{}: {} of {streams} looked at", inert(&row.file_name), row.streams_seen)?;
    }
    let mut table = Table::new(&[
        ("Stream", Right),
        ("Events", Right),
        ("Listed", Right),
        ("Findings", Right),
        ("Opened", Right),
        ("Name", Left),
    ]);
    for row in &coverage.streams {
        table.row([
            row.stream.to_string(),
            row.events.to_string(),
            row.events_seen.to_string(),
            row.findings.to_string(),
            row.findings_seen.to_string(),
            inert(&row.label),
        ]);
    }
    writeln!(out)?;
    table.write(&mut out, "")?;
    out.flush()?;
    Ok(())
}
