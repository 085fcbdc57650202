//! `driftlock info`: what a capture or a case holds.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use case::{CaptureRow, CaptureState, Case, ProblemSeverity, PurgeRow, inert};
use cbad::rfc3339;
use ingest::Limits;
use serde::Serialize;

use crate::arguments::{InfoArguments, ReadingArguments};
use crate::failure::Failure;
use crate::inspect::{self, InspectionJson};
use crate::interrupt;
use crate::json::{Capture, CaptureLimit, Member, Problem, Run, SCHEMA, Stream, all};
use crate::jury::write_differences;
use crate::output;
use crate::progress::Progress;
use crate::redact;
use crate::table::{Align, Table};
use crate::words::{bytes, counted, time, write_drifts};

/// Problems listed in text; `--json` gives a thousand.
const SHOWN_PROBLEMS: u64 = 20;
const JSON_PROBLEMS: u64 = 1000;
/// The same of members.
const SHOWN_MEMBERS: u64 = 20;
const JSON_MEMBERS: u64 = 1000;

#[derive(Serialize)]
struct InfoJson {
    schema: u32,
    kind: &'static str,
    content_sha256: String,
    evidence_sha256: String,
    captures: Vec<Capture>,
    streams: Vec<Stream>,
    runs: Vec<Run>,
    problems: Vec<Problem>,
    members: Vec<Member>,
    limits: Vec<CaptureLimit>,
    purged: Vec<PurgedJson>,
    inspection: Option<InspectionJson>,
}

/// A capture that was emptied for good.
#[derive(Serialize)]
struct PurgedJson {
    capture: i64,
    at_nanos: i64,
    actor: String,
    reason: String,
    events: u64,
}

impl From<&PurgeRow> for PurgedJson {
    fn from(row: &PurgeRow) -> Self {
        Self {
            capture: row.purge.capture,
            at_nanos: row.at_nanos,
            actor: row.actor.clone(),
            reason: row.purge.reason.clone(),
            events: row.purge.events,
        }
    }
}

pub(crate) fn run(arguments: &InfoArguments) -> Result<ExitCode, Failure> {
    if let Some(rules) = &arguments.redact {
        return redact::preview(&arguments.file, rules, &arguments.reading.options(), arguments.json);
    }
    let is_case = Case::is_case(&arguments.file);
    if arguments.quick && !is_case {
        return inspect::quick(&arguments.file, &arguments.reading.options(), arguments.json);
    }
    let inspection =
        if is_case { None } else { Some(inspect::look(&arguments.file, &arguments.reading.options())?) };
    let case = if is_case {
        Case::open_read_only(&arguments.file)?
    } else {
        read(&arguments.file, &arguments.reading)?
    };
    if arguments.json {
        output::json(&InfoJson {
            schema: SCHEMA,
            kind: if is_case { "case" } else { "capture" },
            content_sha256: case.content_sha256()?,
            evidence_sha256: case.evidence_sha256()?,
            captures: all(&case.captures()?),
            streams: all(&case.streams()?),
            runs: all(&case.runs()?),
            problems: all(&case.problems(None, JSON_PROBLEMS, 0)?),
            members: members(&case)?,
            limits: limits(&case)?,
            purged: all(&case.purges()?),
            inspection: inspection.as_ref().map(InspectionJson::new),
        })?;
    } else {
        let mut out = output::stdout();
        write(&mut out, &case)?;
        if let Some(inspection) = &inspection {
            writeln!(out)?;
            inspect::write(&mut out, inspection)?;
        }
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn members(case: &Case) -> Result<Vec<Member>, Failure> {
    let mut members = Vec::new();
    for capture in case.captures()? {
        let rows = case.members(capture.id, JSON_MEMBERS, 0)?;
        members.extend(rows.iter().map(|row| Member::new(capture.id, row)));
    }
    Ok(members)
}

fn limits(case: &Case) -> Result<Vec<CaptureLimit>, Failure> {
    let mut limits = Vec::new();
    for capture in case.captures()? {
        let named = case.limits(capture.id)?.named().into_iter();
        limits.extend(named.map(|(name, value)| CaptureLimit { capture: capture.id, name, value }));
    }
    Ok(limits)
}

/// Reads all of a capture into a case that is thrown away: only then are its counts, times and problems known.
fn read(file: &Path, reading: &ReadingArguments) -> Result<Case, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let mut case = Case::temporary()?;
    let outcome = case.import(file, &reading.options(), &progress);
    progress.clear();
    outcome?;
    Ok(case)
}

fn write(out: &mut impl Write, case: &Case) -> Result<(), Failure> {
    let purges = case.purges()?;
    for capture in case.captures()? {
        let purge = purges.iter().find(|row| row.purge.capture == capture.id);
        write_capture(out, &capture, purge)?;
        write_members(out, case, &capture)?;
        write_limits(out, &case.limits(capture.id)?)?;
        write_problems(out, case, &capture)?;
        writeln!(out)?;
    }
    let streams = case.streams()?;
    if !streams.is_empty() {
        let mut table = Table::new(&[
            ("Stream", Align::Right),
            ("Name", Align::Left),
            ("Signal", Align::Left),
            ("Events", Align::Right),
            ("Begins", Align::Left),
            ("Ends", Align::Left),
        ]);
        for stream in &streams {
            table.row([
                stream.id.to_string(),
                inert(stream.key.label()),
                stream.key.signal.name().to_owned(),
                stream.events.to_string(),
                time(stream.start_nanos),
                time(stream.end_nanos),
            ]);
        }
        table.write(out, "")?;
    }
    for run in case.runs()? {
        let (windows, findings) =
            (counted(run.windows, "window", "windows"), counted(run.findings, "finding", "findings"));
        writeln!(out, "\nRun {}: {}, {windows}, {} flagged, {findings}", run.id, run.engine, run.flagged)?;
        writeln!(out, "  results SHA-256 {}", run.results_sha256)?;
        write_differences(out, &run, "  ")?;
        write_drifts(out, &run, "")?;
        for stream in run.streams.iter().filter(|stream| stream.note.is_some()) {
            writeln!(
                out,
                "  stream {}: {}",
                stream.stream,
                inert(stream.note.as_deref().unwrap_or_default())
            )?;
        }
    }
    Ok(())
}

fn write_capture(
    out: &mut impl Write,
    capture: &CaptureRow,
    purge: Option<&PurgeRow>,
) -> Result<(), Failure> {
    writeln!(out, "{}", inert(capture.path.to_string_lossy().as_bytes()))?;
    let confidence = capture.confidence * 100.0;
    writeln!(
        out,
        "  format    {} ({confidence:.0} % sure), wrapping {}",
        capture.format.name(),
        capture.wrapping.name()
    )?;
    let (stored, decoded) = (bytes(capture.stored_bytes), bytes(capture.decoded_bytes));
    writeln!(out, "  size      {stored} stored, {decoded} decoded")?;
    writeln!(out, "  SHA-256   {}", capture.sha256)?;
    if let Some(redaction) = &capture.redaction {
        writeln!(out, "  redaction {}", inert(redact::in_words(redaction)))?;
    }
    let records = counted(capture.records, "record", "records");
    let events = counted(capture.events, "event", "events");
    writeln!(
        out,
        "  records   {records} = {events} + {} rejected; {}",
        capture.rejected,
        counted(capture.notes, "note", "notes")
    )?;
    writeln!(out, "  times     {} to {}", time(capture.start_nanos), time(capture.end_nanos))?;
    if let Some(PurgeRow { at_nanos, actor, purge }) = purge {
        let (events, at) = (counted(purge.events, "event", "events"), rfc3339(*at_nanos));
        let (actor, reason) = (inert(actor), inert(&purge.reason));
        writeln!(out, "  purged    {events} on {at} by {actor}: {reason}")?;
    }
    if capture.state == CaptureState::Importing {
        writeln!(out, "  The import was interrupted. `driftlock analyze` with this case goes on with it.")?;
    }
    Ok(())
}

fn write_members(out: &mut impl Write, case: &Case, capture: &CaptureRow) -> Result<(), Failure> {
    let members = case.members(capture.id, SHOWN_MEMBERS, 0)?;
    if members.is_empty() {
        return Ok(());
    }
    let count = case.member_count(capture.id)?;
    writeln!(out, "  members   {}", counted(count, "member", "members"))?;
    for member in &members {
        let what = match member.format {
            Some(format) => format!("{} ({:.0} % sure)", format.name(), member.confidence * 100.0),
            None => "not read".to_owned(),
        };
        let (name, wrapping) = (inert(&member.name), member.wrapping.name());
        writeln!(
            out,
            "    from byte {}, {}: {name}: {what}, wrapping {wrapping}",
            member.begin,
            bytes(member.length)
        )?;
    }
    if count > members.len() as u64 {
        let more = counted(count - members.len() as u64, "more member", "more members");
        writeln!(out, "    … and {more}; --json lists up to {JSON_MEMBERS}")?;
    }
    Ok(())
}

/// Every limit, those that were changed marked.
fn write_limits(out: &mut impl Write, limits: &Limits) -> Result<(), Failure> {
    let shown =
        limits.named().into_iter().zip(Limits::default().named()).map(|((name, value), (_, usual))| {
            let mark = if value == usual { "" } else { " (changed)" };
            format!("{name}={value}{mark}")
        });
    writeln!(out, "  limits    {}", shown.collect::<Vec<_>>().join(", "))?;
    Ok(())
}

fn write_problems(out: &mut impl Write, case: &Case, capture: &CaptureRow) -> Result<(), Failure> {
    let problems = case.problems(Some(capture.id), SHOWN_PROBLEMS, 0)?;
    for problem in &problems {
        let severity = match problem.severity {
            ProblemSeverity::Rejected => "rejected",
            ProblemSeverity::Note => "note",
        };
        let line = problem.line.map_or_else(String::new, |line| format!(", line {line}"));
        let place = format!("bytes {} to {}{line}", problem.source.offset, problem.source.end());
        writeln!(out, "  {severity}, {place}: {}", inert(&problem.reason))?;
        if let Some(hint) = &problem.hint {
            writeln!(out, "    {}", inert(hint))?;
        }
    }
    let more = capture.rejected + capture.notes - problems.len() as u64;
    if more > 0 {
        writeln!(
            out,
            "  … and {}; --json lists up to {JSON_PROBLEMS}",
            counted(more, "more problem", "more problems")
        )?;
    }
    Ok(())
}
