//! `driftlock traces`: traces and calls between services over a range of time, one trace as a tree, two traces compared.

use std::io::Write;
use std::ops::Range;
use std::process::ExitCode;

use case::{Case, Edge, FindingRow, Moment, Trace, TraceRow, TraceSpan, compare_traces, inert};
use serde::Serialize;

use crate::arguments::telemetry::TracesArguments;
use crate::events::{say_damage, write_event};
use crate::failure::Failure;
use crate::grep::Quiet;
use crate::json::SCHEMA;
use crate::table::{Align, Table};
use crate::words::{counted, duration, time};
use crate::{interrupt, output};
use case::EventJson;
use case::hex;

/// A trace id: 32 hex digits.
pub(crate) fn parse_trace(text: &str) -> Result<[u8; 16], String> {
    let is_whole = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u128::from_str_radix(text, 16).ok().filter(|_| is_whole);
    number.map(u128::to_be_bytes).ok_or_else(|| "a trace id has 32 hex digits".to_owned())
}

/// A range of times from two moments. A position has no place among the events of many streams.
pub(crate) fn times(from: Option<Moment>, until: Option<Moment>) -> Result<Range<i64>, Failure> {
    let nanos = |moment: Option<Moment>, absent: i64| match moment {
        None => Ok(absent),
        Some(Moment::Nanos(nanos)) => Ok(nanos),
        Some(Moment::Position(_)) => Err(Failure::Usage(
            "These events are of many streams: give times such as 2026-03-01T12:00:00Z, not positions."
                .to_owned(),
        )),
    };
    Ok(nanos(from, i64::MIN)?..nanos(until, i64::MAX)?)
}

/// The findings of the latest run, where there is one.
pub(crate) fn findings(case: &Case) -> Result<Vec<FindingRow>, Failure> {
    Ok(case.latest_run()?.map(|run| case.findings(run.id)).transpose()?.unwrap_or_default())
}

pub(crate) fn run(arguments: &TracesArguments) -> Result<ExitCode, Failure> {
    interrupt::listen();
    let case = Case::open_read_only(&arguments.case)?;
    match (arguments.trace, arguments.compare) {
        (Some(first), Some(second)) => compare(&case, first, second, arguments.json),
        (Some(trace), None) => one(&case, trace, arguments.json),
        _ => list(&case, arguments),
    }
}

fn list(case: &Case, arguments: &TracesArguments) -> Result<ExitCode, Failure> {
    let mut range = times(arguments.from, arguments.until)?;
    let streams = case.streams()?;
    // A rate needs the ends of the time.
    range.start =
        range.start.max(streams.iter().filter_map(|row| row.start_nanos).min().unwrap_or(range.start));
    let last = streams.iter().filter_map(|row| row.end_nanos).max().map(|end| end.saturating_add(1));
    range.end = range.end.min(last.unwrap_or(range.end));
    let index = case.spans_in(range, &Quiet)?;
    let mut rows = index.traces(&findings(case)?);
    if arguments.errors {
        rows.retain(|row| row.errors > 0);
    }
    if arguments.slowest {
        rows.sort_by_key(|row| std::cmp::Reverse(row.duration_nanos));
    }
    let edges = index.service_map();
    let shown = &rows[..rows.len().min(arguments.limit)];
    if arguments.json {
        output::json(&ListJson {
            schema: SCHEMA,
            spans: index.total(),
            spans_without_trace: index.without_trace(),
            one_trace_of: index.one_of(),
            traces: shown.iter().map(TraceRowJson::from).collect(),
            services: edges.iter().map(EdgeJson::from).collect(),
        })?;
    } else {
        write_list(shown, &edges)?;
    }
    if index.one_of() > 1 {
        eprintln!(
            "driftlock: There are more spans than fit at once; one trace of {} is listed, chosen by its id. --from and --until narrow the time.",
            index.one_of()
        );
    }
    if shown.len() < rows.len() {
        eprintln!(
            "driftlock: {} of {} are listed; --limit lists more.",
            shown.len(),
            counted(rows.len() as u64, "trace", "traces")
        );
    }
    Ok(say_damage(index.damaged()))
}

fn write_list(rows: &[TraceRow], edges: &[Edge]) -> Result<(), Failure> {
    use Align::{Left, Right};
    let mut out = output::stdout();
    let mut table = Table::new(&[
        ("Trace", Left),
        ("Begins", Left),
        ("Duration", Right),
        ("Root", Left),
        ("Spans", Right),
        ("Errors", Right),
        ("In findings", Right),
    ]);
    for row in rows {
        let lead = if row.has_root { "" } else { "… " };
        table.row([
            hex(&row.trace),
            time(Some(row.start_nanos)),
            duration(row.duration_nanos),
            format!("{} {lead}{}", inert(&row.service), inert(&row.operation)),
            row.spans.to_string(),
            row.errors.to_string(),
            row.in_findings.to_string(),
        ]);
    }
    table.write(&mut out, "")?;
    let mut table = Table::new(&[
        ("From", Left),
        ("To", Left),
        ("Calls", Right),
        ("A second", Right),
        ("Errors", Right),
        ("Median", Right),
        ("95 %", Right),
    ]);
    for edge in edges {
        table.row([
            edge.from.as_deref().map_or_else(|| "(outside)".to_owned(), inert),
            inert(&edge.to),
            edge.calls.to_string(),
            format!("{:.3}", edge.rate),
            edge.errors.to_string(),
            duration(edge.median_nanos),
            duration(edge.p95_nanos),
        ]);
    }
    writeln!(out, "\nCalls between services")?;
    table.write(&mut out, "")?;
    out.flush()?;
    Ok(())
}

/// One trace, refused where the case has nothing of it.
fn read(case: &Case, trace: [u8; 16]) -> Result<Trace, Failure> {
    let read = case.trace(trace, &findings(case)?, &Quiet)?;
    if read.total == 0 {
        return Err(Failure::Usage(format!("The case has no event of the trace {}.", hex(&trace))));
    }
    Ok(read)
}

fn one(case: &Case, trace: [u8; 16], json: bool) -> Result<ExitCode, Failure> {
    let trace = read(case, trace)?;
    if json {
        output::json(&TraceJson {
            schema: SCHEMA,
            trace: hex(&trace.trace),
            total: trace.total,
            spans: trace.spans.iter().map(SpanJson::from).collect(),
            events: trace.events.iter().map(|hit| EventJson::new(hit.stream, &hit.row)).collect(),
        })?;
        return Ok(say_damage(&trace.damaged));
    }
    let mut out = output::stdout();
    writeln!(out, "Trace {}: {}", hex(&trace.trace), counted(trace.spans.len() as u64, "span", "spans"))?;
    let begin = trace.spans.iter().map(|span| span.start_nanos).min().unwrap_or(0);
    let mut table = Table::new(&[
        ("Span", Align::Left),
        ("After", Align::Right),
        ("Duration", Align::Right),
        ("Alone", Align::Right),
        ("Critical", Align::Right),
        ("", Align::Left),
    ]);
    for span in &trace.spans {
        let mut notes = Vec::new();
        if span.is_error {
            notes.push("error".to_owned());
        }
        notes.extend(span.finding.map(|id| format!("finding {id}")));
        table.row([
            format!(
                "{}{} {}",
                "  ".repeat(span.depth as usize),
                inert(&span.service),
                inert(&span.operation)
            ),
            duration(span.start_nanos - begin),
            duration(span.duration_nanos),
            duration(span.self_nanos),
            duration(critical_nanos(span)),
            notes.join(", "),
        ]);
    }
    table.write(&mut out, "")?;
    if !trace.events.is_empty() {
        writeln!(out, "\nOther events of the trace")?;
    }
    for hit in &trace.events {
        write_event(&mut out, &hit.row)?;
    }
    out.flush()?;
    Ok(say_damage(&trace.damaged))
}

fn critical_nanos(span: &TraceSpan) -> i64 {
    span.critical.iter().map(|(from, to)| to - from).sum()
}

fn compare(case: &Case, first: [u8; 16], second: [u8; 16], json: bool) -> Result<ExitCode, Failure> {
    let (first, second) = (read(case, first)?, read(case, second)?);
    let rows = compare_traces(&first, &second);
    let side = |totals: Option<case::PathTotals>| {
        totals.map(|totals| TotalsJson {
            spans: totals.spans,
            errors: totals.errors,
            duration_nanos: totals.duration_nanos,
        })
    };
    if json {
        let paths = rows.iter().map(|row| PathJson {
            service: &row.service,
            operation: &row.operation,
            depth: row.depth,
            first: side(row.first),
            second: side(row.second),
            difference_nanos: row.difference_nanos(),
        });
        output::json(&ComparisonJson {
            schema: SCHEMA,
            first: hex(&first.trace),
            second: hex(&second.trace),
            paths: paths.collect(),
        })?;
    } else {
        let mut out = output::stdout();
        let mut table = Table::new(&[
            ("Path", Align::Left),
            ("First", Align::Right),
            ("Second", Align::Right),
            ("Difference", Align::Right),
        ]);
        let said = |totals: Option<case::PathTotals>| {
            totals.map_or_else(
                || "-".to_owned(),
                |totals| {
                    let spans = counted(totals.spans, "span", "spans");
                    format!("{} in {spans}", duration(totals.duration_nanos))
                },
            )
        };
        for row in &rows {
            let difference = row.difference_nanos();
            let sign = if difference < 0 { "-" } else { "+" };
            table.row([
                format!(
                    "{}{} {}",
                    "  ".repeat(row.depth as usize),
                    inert(&row.service),
                    inert(&row.operation)
                ),
                said(row.first),
                said(row.second),
                format!("{sign}{}", duration(difference.saturating_abs())),
            ]);
        }
        table.write(&mut out, "")?;
        out.flush()?;
    }
    let damaged: Vec<_> = first.damaged.iter().chain(&second.damaged).cloned().collect();
    Ok(say_damage(&damaged))
}

#[derive(Serialize)]
struct ListJson<'a> {
    schema: u32,
    spans: u64,
    spans_without_trace: u64,
    one_trace_of: u64,
    traces: Vec<TraceRowJson<'a>>,
    services: Vec<EdgeJson<'a>>,
}

#[derive(Serialize)]
struct TraceRowJson<'a> {
    trace: String,
    service: &'a str,
    operation: &'a str,
    has_root: bool,
    start_nanos: i64,
    duration_nanos: i64,
    spans: u64,
    errors: u64,
    services: &'a [String],
    spans_in_findings: u64,
}

impl<'a> From<&'a TraceRow> for TraceRowJson<'a> {
    fn from(row: &'a TraceRow) -> Self {
        Self {
            trace: hex(&row.trace),
            service: &row.service,
            operation: &row.operation,
            has_root: row.has_root,
            start_nanos: row.start_nanos,
            duration_nanos: row.duration_nanos,
            spans: row.spans,
            errors: row.errors,
            services: &row.services,
            spans_in_findings: row.in_findings,
        }
    }
}

#[derive(Serialize)]
struct EdgeJson<'a> {
    from: Option<&'a str>,
    to: &'a str,
    calls: u64,
    errors: u64,
    calls_per_second: f64,
    median_nanos: i64,
    p95_nanos: i64,
}

impl<'a> From<&'a Edge> for EdgeJson<'a> {
    fn from(edge: &'a Edge) -> Self {
        Self {
            from: edge.from.as_deref(),
            to: &edge.to,
            calls: edge.calls,
            errors: edge.errors,
            calls_per_second: edge.rate,
            median_nanos: edge.median_nanos,
            p95_nanos: edge.p95_nanos,
        }
    }
}

#[derive(Serialize)]
struct TraceJson {
    schema: u32,
    trace: String,
    total: u64,
    spans: Vec<SpanJson>,
    events: Vec<EventJson>,
}

#[derive(Serialize)]
struct SpanJson {
    depth: u32,
    parent: Option<usize>,
    service: String,
    duration_nanos: i64,
    self_nanos: i64,
    critical_nanos: Vec<(i64, i64)>,
    is_error: bool,
    is_orphan: bool,
    finding: Option<i64>,
    event: EventJson,
}

impl From<&TraceSpan> for SpanJson {
    fn from(span: &TraceSpan) -> Self {
        Self {
            depth: span.depth,
            parent: span.parent,
            service: span.service.clone(),
            duration_nanos: span.duration_nanos,
            self_nanos: span.self_nanos,
            critical_nanos: span.critical.clone(),
            is_error: span.is_error,
            is_orphan: span.is_orphan,
            finding: span.finding,
            event: EventJson::new(span.stream, &span.row),
        }
    }
}

#[derive(Serialize)]
struct ComparisonJson<'a> {
    schema: u32,
    first: String,
    second: String,
    paths: Vec<PathJson<'a>>,
}

#[derive(Serialize)]
struct PathJson<'a> {
    service: &'a str,
    operation: &'a str,
    depth: u32,
    first: Option<TotalsJson>,
    second: Option<TotalsJson>,
    difference_nanos: i64,
}

#[derive(Serialize)]
struct TotalsJson {
    spans: u64,
    errors: u64,
    duration_nanos: i64,
}
