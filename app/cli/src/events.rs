//! `driftlock events`: events as they were imported, in the order of analysis.

use std::io::Write;
use std::ops::Range;
use std::process::ExitCode;

use case::{Case, Damage, EventFormat, EventRow, EventWriter, Moment, StreamRow, inert};

use crate::arguments::EventsArguments;
use crate::failure::{Failure, UNUSABLE};
use crate::output;
use crate::words::time;

/// Events read at once; memory does not grow with the stream.
const PAGE: u64 = 1000;

pub(crate) fn run(arguments: &EventsArguments) -> Result<ExitCode, Failure> {
    let case = Case::open_read_only(&arguments.case)?;
    let mut out = output::stdout();
    if arguments.fields {
        return fields(&case, arguments, &mut out);
    }
    let writer = writer(arguments.csv, arguments.json, &arguments.column);
    if let Some(writer) = &writer {
        writer.begin(&mut out)?;
    }
    let mut damaged: Vec<Damage> = Vec::new();
    for stream in chosen(&case, arguments.stream.as_deref())? {
        let range = range(&case, &stream, arguments.from, arguments.to)?;
        let mut is_named = writer.is_some();
        for first in range.clone().step_by(PAGE as usize) {
            let page = case.events_readable(stream.id, first..range.end.min(first + PAGE))?;
            for damage in page.damaged {
                // A block reaches over several pages.
                if damaged.last() != Some(&damage) {
                    damaged.push(damage);
                }
            }
            for row in page.events.iter().filter(|row| is_within(row, arguments.from, arguments.to)) {
                if !is_named {
                    writeln!(out, "Stream {} “{}”", stream.id, inert(stream.key.label()))?;
                    is_named = true;
                }
                match &writer {
                    Some(writer) => writer.event(&mut out, stream.id, &stream.key.label(), row)?,
                    None => write_event(&mut out, row)?,
                }
            }
        }
    }
    out.flush()?;
    Ok(say_damage(&damaged))
}

/// What writes events where they are not for a person.
pub(crate) fn writer(csv: bool, json: bool, columns: &[String]) -> Option<EventWriter> {
    let format = match (csv, json) {
        (true, _) => EventFormat::Csv,
        (false, true) => EventFormat::JsonLines,
        (false, false) => return None,
    };
    Some(EventWriter::new(format, columns.to_vec()))
}

/// The fields of each stream.
fn fields(case: &Case, arguments: &EventsArguments, out: &mut impl Write) -> Result<ExitCode, Failure> {
    for stream in chosen(case, arguments.stream.as_deref())? {
        let found = case.stream_fields(stream.id)?;
        let more = if found.has_more { ", and more fields than are listed" } else { "" };
        writeln!(
            out,
            "Stream {} “{}”: of {} events{more}",
            stream.id,
            inert(stream.key.label()),
            found.looked_at
        )?;
        for field in &found.fields {
            let share = 100.0 * field.events as f64 / found.looked_at.max(1) as f64;
            let (types, examples) = (field.types.join(", "), field.examples.join(" · "));
            writeln!(out, "  {}  {types}, {share:.0} %  {examples}", inert(&field.path))?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Says on standard error what could not be read, and gives the exit code that says so to a script.
pub(crate) fn say_damage(damaged: &[Damage]) -> ExitCode {
    for damage in damaged {
        eprintln!("driftlock: {}", inert(damage.to_string()));
    }
    if damaged.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("driftlock: Import the capture into a new case to get these events back.");
    ExitCode::from(UNUSABLE)
}

/// One stream by number or by name, or all of them.
pub(crate) fn chosen(case: &Case, name: Option<&str>) -> Result<Vec<StreamRow>, Failure> {
    let Some(name) = name else {
        return Ok(case.streams()?);
    };
    if let Ok(number) = name.parse() {
        return Ok(vec![case.stream(number)?]);
    }
    let named: Vec<_> = case.streams()?.into_iter().filter(|stream| stream.key.label() == name).collect();
    if named.is_empty() {
        let path = case.path().display();
        return Err(Failure::Usage(format!(
            "There is no stream “{name}”. `driftlock info {path}` lists the streams."
        )));
    }
    Ok(named)
}

/// Positions from `from` on and before `to`.
fn range(
    case: &Case,
    stream: &StreamRow,
    from: Option<Moment>,
    to: Option<Moment>,
) -> Result<Range<u64>, Failure> {
    let first = match from {
        None => 0,
        Some(Moment::Position(position)) => position,
        Some(Moment::Nanos(nanos)) => case.event_positions_at(stream.id, nanos, i64::MAX)?.start,
    };
    let end = match to {
        None => stream.events,
        Some(Moment::Position(position)) => position.min(stream.events),
        Some(Moment::Nanos(nanos)) => case.event_positions_at(stream.id, i64::MIN, nanos)?.end,
    };
    Ok(first..end.max(first))
}

/// Whether an event lies within the times that are asked for: where times go back and forth as written, others lie between.
/// One without a time is at no time.
fn is_within(row: &EventRow, from: Option<Moment>, to: Option<Moment>) -> bool {
    let fits = |moment: Option<Moment>, fits: fn(i64, i64) -> bool| match moment {
        Some(Moment::Nanos(nanos)) => row.event.time_nanos.is_some_and(|time| fits(time, nanos)),
        Some(Moment::Position(_)) | None => true,
    };
    fits(from, |time, from| time >= from) && fits(to, |time, to| time < to)
}

pub(crate) fn write_event(out: &mut impl Write, row: &EventRow) -> Result<(), Failure> {
    let event = &row.event;
    let severity = event.severity.map_or("-", cbad::Severity::name);
    write!(out, "{:>8}  {}  {severity:5}  {}", row.position, time(event.time_nanos), inert(&event.body))?;
    for field in &event.fields {
        write!(out, "  {}={}", inert(&field.path), case::value_text(&field.value))?;
    }
    writeln!(out)?;
    Ok(())
}
