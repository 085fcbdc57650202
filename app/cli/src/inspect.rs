//! What the begin of a capture holds, before anything of it is kept: the guess of its format, and its fields.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use case::{CaseError, inert};
use cbad::Watch;
use ingest::{FieldSummary, Inspection, OpenOptions, Problem};
use serde::Serialize;

use crate::failure::Failure;
use crate::interrupt;
use crate::json::SCHEMA;
use crate::output;
use crate::progress::Progress;
use crate::table::{Align, Table};
use crate::words::{bytes, counted, time};

/// Fields listed in text; `--json` gives all.
const SHOWN_FIELDS: usize = 60;
const SHOWN_PROBLEMS: usize = 20;
const EXAMPLE_CHARS: usize = 40;

/// The shape of `inspection` in `info --json`.
#[derive(Serialize)]
pub(crate) struct InspectionJson {
    format: &'static str,
    confidence: f64,
    runners_up: Vec<Candidate>,
    wrapping: String,
    stored_bytes: u64,
    sample_bytes: u64,
    is_whole: bool,
    later_places: u32,
    later_bytes: u64,
    stated_records: Option<u64>,
    records: u64,
    events: u64,
    rejected: u64,
    untimed: u64,
    start_nanos: Option<i64>,
    end_nanos: Option<i64>,
    assumed: Option<String>,
    fields: Vec<FieldJson>,
    more_fields: u64,
}

#[derive(Serialize)]
struct Candidate {
    format: &'static str,
    confidence: f64,
}

#[derive(Serialize)]
struct FieldJson {
    path: String,
    types: Vec<&'static str>,
    events: u64,
    nulls: u64,
    nullable: bool,
    distinct: Option<u64>,
    suggestion: Option<&'static str>,
    examples: Vec<String>,
}

impl InspectionJson {
    pub(crate) fn new(inspection: &Inspection) -> Self {
        let field = |field: &FieldSummary| FieldJson {
            path: field.path.clone(),
            types: field.types.iter().copied().collect(),
            events: field.events,
            nulls: field.nulls,
            nullable: field.is_nullable(inspection.events),
            distinct: field.distinct,
            suggestion: field.suggestion.map(ingest::Suggestion::name),
            examples: field.examples.clone(),
        };
        let runners_up = inspection.runners_up.iter();
        Self {
            format: inspection.format.name(),
            confidence: inspection.confidence,
            runners_up: runners_up
                .map(|(format, confidence)| Candidate { format: format.name(), confidence: *confidence })
                .collect(),
            wrapping: inspection.wrapping.name(),
            stored_bytes: inspection.stored_bytes,
            sample_bytes: inspection.sample_bytes,
            is_whole: inspection.is_whole,
            later_places: inspection.later_places,
            later_bytes: inspection.later_bytes,
            stated_records: inspection.stated_records,
            records: inspection.records,
            events: inspection.events,
            rejected: inspection.rejected,
            untimed: inspection.untimed,
            start_nanos: inspection.start_nanos,
            end_nanos: inspection.end_nanos,
            assumed: inspection.assumed.as_ref().map(|note| note.reason.clone()),
            fields: inspection.fields.iter().map(field).collect(),
            more_fields: inspection.more_fields,
        }
    }
}

#[derive(Serialize)]
struct QuickJson {
    schema: u32,
    kind: &'static str,
    inspection: InspectionJson,
}

/// Reads the begin of a capture.
pub(crate) fn look(file: &Path, options: &OpenOptions) -> Result<Inspection, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let inspection = Inspection::of(file, options, Inspection::SAMPLE_BYTES, |_| !progress.cancelled());
    let cancelled = progress.cancelled();
    progress.clear();
    if cancelled {
        return Err(CaseError::Cancelled.into());
    }
    Ok(inspection.map_err(CaseError::from)?)
}

/// `driftlock info FILE --quick`.
pub(crate) fn quick(file: &Path, options: &OpenOptions, json: bool) -> Result<ExitCode, Failure> {
    let inspection = look(file, options)?;
    if json {
        let inspection = InspectionJson::new(&inspection);
        output::json(&QuickJson { schema: SCHEMA, kind: "inspection", inspection })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = output::stdout();
    write_head(&mut out, file, &inspection)?;
    write(&mut out, &inspection)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn write_head(out: &mut impl Write, file: &Path, inspection: &Inspection) -> Result<(), Failure> {
    writeln!(out, "{}", inert(file.to_string_lossy().as_bytes()))?;
    let (format, wrapping) = (inspection.format.name(), inspection.wrapping.name());
    writeln!(out, "  format    {format} ({:.0} % sure), wrapping {wrapping}", inspection.confidence * 100.0)?;
    writeln!(out, "  size      {} stored", bytes(inspection.stored_bytes))?;
    writeln!(
        out,
        "  records   {} = {} + {} rejected, in what was looked at",
        counted(inspection.records, "record", "records"),
        counted(inspection.events, "event", "events"),
        inspection.rejected
    )?;
    writeln!(out, "  times     {} to {}", time(inspection.start_nanos), time(inspection.end_nanos))?;
    for Problem { kind, source, reason, hint, .. } in inspection.problems.iter().take(SHOWN_PROBLEMS) {
        let place = format!("bytes {} to {}", source.offset, source.end());
        writeln!(out, "  {}, {place}: {}", kind.name(), inert(reason))?;
        if let Some(hint) = hint {
            writeln!(out, "    {}", inert(hint))?;
        }
    }
    Ok(())
}

/// What else the capture could be, and its fields.
pub(crate) fn write(out: &mut impl Write, inspection: &Inspection) -> Result<(), Failure> {
    let others = inspection.runners_up.iter();
    let others = others.map(|(format, sure)| format!("{} ({:.0} %)", format.name(), sure * 100.0));
    let others: Vec<_> = others.collect();
    if !others.is_empty() {
        writeln!(out, "It could also be {}; choose with --format.", others.join(", "))?;
    }
    if inspection.untimed > 0 {
        writeln!(out, "{} without a time.", counted(inspection.untimed, "event", "events"))?;
    }
    writeln!(out, "Looked at: {}.\n", inspection.looked_at(bytes))?;
    if inspection.fields.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&[
        ("Field", Align::Left),
        ("Types", Align::Left),
        ("Share", Align::Right),
        ("Null", Align::Left),
        ("Values", Align::Right),
        ("Good as", Align::Left),
        ("Examples", Align::Left),
    ]);
    for field in inspection.fields.iter().take(SHOWN_FIELDS) {
        let types: Vec<_> = field.types.iter().copied().collect();
        let share = field.events as f64 / inspection.events.max(1) as f64 * 100.0;
        let examples = field.examples.iter().map(|text| text.chars().take(EXAMPLE_CHARS).collect::<String>());
        table.row([
            inert(&field.path),
            types.join(", "),
            format!("{share:.0} %"),
            if field.is_nullable(inspection.events) { "yes" } else { "" }.to_owned(),
            field
                .distinct
                .map_or_else(|| format!("over {}", ingest::MOST_DISTINCT), |count| count.to_string()),
            field.suggestion.map_or("", ingest::Suggestion::name).to_owned(),
            inert(examples.collect::<Vec<_>>().join(" · ")),
        ]);
    }
    table.write(out, "")?;
    let more = inspection.fields.len().saturating_sub(SHOWN_FIELDS) as u64 + inspection.more_fields;
    if more > 0 {
        writeln!(out, "… and {}", counted(more, "more field", "more fields"))?;
    }
    writeln!(out)?;
    Ok(())
}
