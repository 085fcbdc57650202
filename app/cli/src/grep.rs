//! `driftlock grep`: events that fit a query, in the order of analysis.

use std::io::Write;
use std::ops::ControlFlow;
use std::process::ExitCode;

use case::{Case, Damage, EventWriter, Hit, Query, SearchSummary, inert};
use cbad::{Signal, Stage, Watch};
use serde::Serialize;

use crate::arguments::GrepArguments;
use crate::events::{say_damage, write_event};
use crate::failure::Failure;
use crate::json::SCHEMA;
use crate::words::counted;
use crate::{interrupt, output};

/// A signal by its stable name.
pub(crate) fn parse_signal(text: &str) -> Result<Signal, String> {
    Signal::from_name(text).ok_or_else(|| "there are log, metric, span and llm_call".to_owned())
}

pub(crate) fn run(arguments: &GrepArguments) -> Result<ExitCode, Failure> {
    let query = query(arguments)?;
    interrupt::listen();
    let case = Case::open_read_only(&arguments.case)?;
    if let Some(stream) = &arguments.stream {
        refuse_unknown(&case, stream)?;
    }
    let mut out = output::stdout();
    let writer = crate::events::writer(arguments.csv, arguments.json, &arguments.column);
    if let Some(writer) = writer.as_ref().filter(|_| !arguments.count) {
        writer.begin(&mut out)?;
    }
    let mut last_stream = None;
    let mut failed = None;
    let limit = if arguments.count { 0 } else { arguments.limit.unwrap_or(u64::MAX) };
    let summary = case.search(&query, limit, &Quiet, &mut |hit| {
        let is_first = last_stream.replace(hit.stream) != Some(hit.stream);
        match write_hit(&mut out, &case, &hit, is_first, writer.as_ref()) {
            Ok(()) => ControlFlow::Continue(()),
            Err(failure) => {
                failed = Some(failure);
                ControlFlow::Break(())
            }
        }
    })?;
    if let Some(failure) = failed {
        return Err(failure);
    }
    if arguments.count && arguments.json {
        output::json_line(&mut out, &CountJson::new(&summary))?;
    } else if arguments.count {
        writeln!(out, "{}", summary.total)?;
    }
    out.flush()?;
    if !arguments.count && summary.total > summary.given {
        let total = counted(summary.total, "event", "events");
        eprintln!("driftlock: {} of {total} that fit are shown; --limit shows more.", summary.given);
    }
    Ok(say_damage(&summary.damaged))
}

fn query(arguments: &GrepArguments) -> Result<Query, Failure> {
    let mut query = match &arguments.pattern {
        None => Query::new(),
        Some(text) if arguments.query => Query::parse(text)?,
        Some(text) if arguments.regex => Query::new().with_regex(text, arguments.ignore_case)?,
        Some(text) if text.is_empty() => {
            return Err(Failure::Usage("The text to look for is empty. Every event has it.".to_owned()));
        }
        Some(text) => Query::new().with_text(text, arguments.ignore_case),
    };
    for field in &arguments.field {
        query = query.with_field(field)?;
    }
    if let Some(stream) = &arguments.stream {
        query = query.with_stream(stream);
    }
    if let Some(signal) = arguments.signal {
        query = query.with_signal(signal);
    }
    if let Some(from) = arguments.from {
        query = query.from(from);
    }
    if let Some(until) = arguments.until {
        query = query.until(until);
    }
    Ok(query)
}

/// A name that no stream has is a slip, and not a search without hits.
fn refuse_unknown(case: &Case, name: &str) -> Result<(), Failure> {
    crate::events::chosen(case, Some(name)).map(drop)
}

fn write_hit(
    out: &mut impl Write,
    case: &Case,
    hit: &Hit,
    is_first: bool,
    writer: Option<&EventWriter>,
) -> Result<(), Failure> {
    if let Some(writer) = writer {
        writer.event(out, hit.stream, &case.stream(hit.stream)?.key.label(), &hit.row)?;
        return Ok(());
    }
    if is_first {
        writeln!(out, "Stream {} “{}”", hit.stream, inert(case.stream(hit.stream)?.key.label()))?;
    }
    write_event(out, &hit.row)
}

/// Ctrl-C ends a search; its hits are its progress.
pub(crate) struct Quiet;

impl Watch for Quiet {
    fn progress(&self, _stage: Stage, _done: u64, _total: u64) {}

    fn cancelled(&self) -> bool {
        interrupt::asked()
    }
}

#[derive(Serialize)]
struct CountJson {
    schema: u32,
    total: u64,
    blocks: u64,
    skipped_blocks: u64,
    damaged: Vec<DamageJson>,
}

impl CountJson {
    fn new(summary: &SearchSummary) -> Self {
        Self {
            schema: SCHEMA,
            total: summary.total,
            blocks: summary.blocks,
            skipped_blocks: summary.skipped_blocks,
            damaged: summary.damaged.iter().map(DamageJson::from).collect(),
        }
    }
}

/// Events that are lost, in the shape of `--json`.
#[derive(Serialize)]
pub(crate) struct DamageJson {
    capture: i64,
    file_name: String,
    stream: Option<u32>,
    stream_name: String,
    first_event: u64,
    last_event: u64,
    byte_offset: Option<u64>,
    byte_length: Option<u64>,
    what: String,
}

impl From<&Damage> for DamageJson {
    fn from(damage: &Damage) -> Self {
        Self {
            capture: damage.capture,
            file_name: damage.file_name.clone(),
            stream: damage.stream,
            stream_name: damage.stream_label.clone(),
            first_event: damage.first_event,
            last_event: damage.last_event,
            byte_offset: damage.source.map(|source| source.offset),
            byte_length: damage.source.map(|source| source.length),
            what: damage.what.clone(),
        }
    }
}
