//! `driftlock series`: the series of metrics of a case, and the readings of one of them.

use std::io::Write;
use std::process::ExitCode;

use case::{Case, FindingRow, Readings, inert};
use cbad::Signal;
use serde::Serialize;

use crate::arguments::telemetry::SeriesArguments;
use crate::events::{chosen, say_damage};
use crate::failure::Failure;
use crate::grep::Quiet;
use crate::json::SCHEMA;
use crate::table::{Align, Table};
use crate::traces::{findings, times};
use crate::words::{counted, time};
use crate::{interrupt, output};

pub(crate) fn run(arguments: &SeriesArguments) -> Result<ExitCode, Failure> {
    interrupt::listen();
    let case = Case::open_read_only(&arguments.case)?;
    match &arguments.stream {
        Some(stream) => one(&case, stream, arguments),
        None => list(&case, arguments.json),
    }
}

fn list(case: &Case, json: bool) -> Result<ExitCode, Failure> {
    let findings = findings(case)?;
    let streams: Vec<_> =
        case.streams()?.into_iter().filter(|row| row.key.signal == Signal::Metric).collect();
    let found = |stream: u32| of_stream(&findings, stream).map(|row| row.id).collect::<Vec<_>>();
    if json {
        let series = streams.iter().map(|row| SeriesRowJson {
            stream: row.id,
            name: row.key.label(),
            readings: row.events,
            start_nanos: row.start_nanos,
            end_nanos: row.end_nanos,
            findings: found(row.id),
        });
        output::json(&ListJson { schema: SCHEMA, series: series.collect() })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[
        ("Stream", Align::Right),
        ("Points", Align::Right),
        ("Findings", Align::Right),
        ("Series", Align::Left),
    ]);
    for row in &streams {
        table.row([
            row.id.to_string(),
            row.events.to_string(),
            found(row.id).len().to_string(),
            inert(row.key.label()),
        ]);
    }
    let mut out = output::stdout();
    table.write(&mut out, "")?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The significant findings of one stream.
fn of_stream(findings: &[FindingRow], stream: u32) -> impl Iterator<Item = &FindingRow> {
    findings.iter().filter(move |row| row.stream.id == stream && row.finding.flagged)
}

fn one(case: &Case, name: &str, arguments: &SeriesArguments) -> Result<ExitCode, Failure> {
    let range = times(arguments.from, arguments.until)?;
    let findings = findings(case)?;
    let mut damaged = Vec::new();
    for stream in chosen(case, Some(name))? {
        if stream.key.signal != Signal::Metric {
            return Err(Failure::Usage(format!(
                "Stream {} “{}” is of the signal {} and has no series. `driftlock series {}` lists those that have.",
                stream.id,
                stream.key.label(),
                stream.key.signal.name(),
                case.path().display()
            )));
        }
        let bins = arguments.bins.unwrap_or(100);
        let mut readings = case.readings(stream.id, range.clone(), bins, &Quiet)?;
        if arguments.bins.is_some() {
            readings.readings = Vec::new();
        }
        damaged.append(&mut readings.damaged);
        if arguments.json {
            output::json(&ReadingsJson::new(&readings, stream.key.label(), &findings))?;
        } else {
            write(&readings, &stream.key.label(), &findings)?;
        }
    }
    Ok(say_damage(&damaged))
}

fn write(readings: &Readings, label: &str, findings: &[FindingRow]) -> Result<(), Failure> {
    let mut out = output::stdout();
    let unit = readings.unit.as_deref().map(|unit| format!(" in {}", inert(unit))).unwrap_or_default();
    writeln!(out, "Stream {} “{}”: {}{unit}", readings.stream, inert(label), readings.kind.label())?;
    for row in of_stream(findings, readings.stream) {
        let finding = &row.finding;
        writeln!(
            out,
            "Finding {} from {} to {}",
            row.id,
            time(finding.start_nanos),
            time(finding.end_nanos)
        )?;
    }
    if readings.without_time > 0 {
        writeln!(out, "{} without a time", counted(readings.without_time, "reading", "readings"))?;
    }
    if readings.readings.is_empty() {
        let right = Align::Right;
        let mut table = Table::new(&[
            ("From", Align::Left),
            ("Readings", right),
            ("Least", right),
            ("Mean", right),
            ("Most", right),
        ]);
        for bin in &readings.bins {
            table.row([
                time(Some(bin.start_nanos)),
                bin.count.to_string(),
                bin.min.to_string(),
                format!("{:.6}", bin.mean),
                bin.max.to_string(),
            ]);
        }
        table.write(&mut out, "")?;
    } else {
        let mut table =
            Table::new(&[("Position", Align::Right), ("Time", Align::Left), ("Value", Align::Right)]);
        for reading in &readings.readings {
            table.row([
                reading.position.to_string(),
                time(Some(reading.time_nanos)),
                reading.value.to_string(),
            ]);
        }
        table.write(&mut out, "")?;
    }
    out.flush()?;
    Ok(())
}

#[derive(Serialize)]
struct ListJson {
    schema: u32,
    series: Vec<SeriesRowJson>,
}

#[derive(Serialize)]
struct SeriesRowJson {
    stream: u32,
    name: String,
    readings: u64,
    start_nanos: Option<i64>,
    end_nanos: Option<i64>,
    findings: Vec<i64>,
}

#[derive(Serialize)]
struct ReadingsJson {
    schema: u32,
    stream: u32,
    name: String,
    kind: &'static str,
    unit: Option<String>,
    total: u64,
    without_value: u64,
    without_time: u64,
    findings: Vec<i64>,
    readings: Vec<ReadingJson>,
    bins: Vec<BinJson>,
}

#[derive(Serialize)]
struct ReadingJson {
    position: u64,
    time_nanos: i64,
    value: f64,
}

#[derive(Serialize)]
struct BinJson {
    start_nanos: i64,
    end_nanos: i64,
    count: u64,
    min: f64,
    mean: f64,
    max: f64,
}

impl ReadingsJson {
    fn new(readings: &Readings, name: String, findings: &[FindingRow]) -> Self {
        let reading = |reading: &case::Reading| ReadingJson {
            position: reading.position,
            time_nanos: reading.time_nanos,
            value: reading.value,
        };
        let bin = |bin: &case::ReadingBin| BinJson {
            start_nanos: bin.start_nanos,
            end_nanos: bin.end_nanos,
            count: bin.count,
            min: bin.min,
            mean: bin.mean,
            max: bin.max,
        };
        Self {
            schema: SCHEMA,
            stream: readings.stream,
            name,
            kind: readings.kind.label(),
            unit: readings.unit.clone(),
            total: readings.total,
            without_value: readings.without_value,
            without_time: readings.without_time,
            findings: of_stream(findings, readings.stream).map(|row| row.id).collect(),
            readings: readings.readings.iter().map(reading).collect(),
            bins: readings.bins.iter().map(bin).collect(),
        }
    }
}
