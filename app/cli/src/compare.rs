//! `driftlock compare`: what is new, gone or shifted between two sides of a case, or between two runs.

use std::io::Write;
use std::process::ExitCode;

use case::{Case, Compared, ComparedDifference, FindingRow, RunsCompared, inert};
use cbad::{Amounts, Aspect, Change};
use serde::Serialize;

use crate::arguments::review::CompareArguments;
use crate::failure::{Failure, UNUSABLE};
use crate::json::SCHEMA;
use crate::progress::Progress;
use crate::table::{Align, Table};
use crate::words::{counted, extent, probability};
use crate::{interrupt, output, subject};

#[derive(Serialize)]
struct SidesJson<'a> {
    schema: u32,
    before: SideJson<'a>,
    after: SideJson<'a>,
    streams: u64,
    compared: u64,
    differences: Vec<DifferenceJson<'a>>,
    left_out: u64,
    damaged: &'a [String],
}

#[derive(Serialize)]
struct SideJson<'a> {
    name: &'a str,
    events: u64,
}

#[derive(Serialize)]
struct DifferenceJson<'a> {
    stream: u32,
    label: &'a str,
    aspect: Aspect,
    change: Change,
    name: &'a str,
    amounts: Amounts,
    bits: f64,
    sentence: String,
    event_stream: Option<u32>,
    event_position: Option<u64>,
}

#[derive(Serialize)]
struct RunsJson<'a> {
    schema: u32,
    first: i64,
    second: i64,
    only_first: Vec<FindingJson<'a>>,
    only_second: Vec<FindingJson<'a>>,
    both: Vec<PairJson<'a>>,
    settings: Vec<SettingJson<'a>>,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    id: i64,
    stream: u32,
    first_event: u64,
    last_event: u64,
    q: Option<f64>,
    flagged: bool,
    sentence: &'a str,
}

#[derive(Serialize)]
struct PairJson<'a> {
    first: FindingJson<'a>,
    second: FindingJson<'a>,
}

#[derive(Serialize)]
struct SettingJson<'a> {
    name: &'a str,
    first: &'a str,
    second: &'a str,
}

impl<'a> From<&'a FindingRow> for FindingJson<'a> {
    fn from(row: &'a FindingRow) -> Self {
        let finding = &row.finding;
        Self {
            id: row.id,
            stream: finding.stream,
            first_event: finding.first_event,
            last_event: finding.last_event,
            q: finding.q,
            flagged: finding.flagged,
            sentence: &finding.explanation.sentence,
        }
    }
}

impl<'a> From<&'a ComparedDifference> for DifferenceJson<'a> {
    fn from(one: &'a ComparedDifference) -> Self {
        let difference = &one.difference;
        Self {
            stream: one.stream,
            label: &one.label,
            aspect: difference.aspect,
            change: difference.change,
            name: &difference.name,
            amounts: difference.amounts,
            bits: difference.bits,
            sentence: difference.sentence(),
            event_stream: one.event.map(|(stream, _)| stream),
            event_position: one.event.map(|(_, position)| position),
        }
    }
}

pub(crate) fn run(arguments: &CompareArguments) -> Result<ExitCode, Failure> {
    interrupt::listen();
    let case = Case::open_read_only(&arguments.case)?;
    let (before, after) = match arguments.subjects.as_slice() {
        [after] => (None, after),
        [before, after] => (Some(before), after),
        _ => return Err(Failure::Usage("Name one subject or two.".to_owned())),
    };
    let run = |text: &String| text.strip_prefix("run:").and_then(|number| number.parse::<i64>().ok());
    match (before.and_then(run), run(after)) {
        (Some(first), Some(second)) => return runs(&case, first, second, arguments),
        (None, None) => {}
        _ => return Err(Failure::Usage("A run is compared with another run: run:1 run:2.".to_owned())),
    }
    let side = |text: &String| subject::find(&case, text)?.subject(&case);
    let (before, after) = (before.map(side).transpose()?, side(after)?);
    let progress = Progress::new();
    let compared = case.compare(before.as_ref(), &after, &progress);
    progress.clear();
    let compared = compared?;
    let shown = &compared.differences[..compared.differences.len().min(arguments.limit)];
    if arguments.json {
        let [before, after] = [0, 1]
            .map(|side| SideJson { name: &compared.sides[side].name, events: compared.sides[side].events });
        output::json(&SidesJson {
            schema: SCHEMA,
            before,
            after,
            streams: compared.streams,
            compared: compared.compared,
            differences: shown.iter().map(DifferenceJson::from).collect(),
            left_out: compared.left_out + (compared.differences.len() - shown.len()) as u64,
            damaged: &compared.damaged,
        })?;
    } else {
        write(&compared, shown)?;
    }
    if shown.len() < compared.differences.len() {
        eprintln!(
            "driftlock: {} of {} are listed; --limit lists more.",
            shown.len(),
            counted(compared.differences.len() as u64, "difference", "differences")
        );
    }
    for what in &compared.damaged {
        eprintln!("driftlock: {}", inert(what));
    }
    Ok(if compared.damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(UNUSABLE) })
}

fn write(compared: &Compared, shown: &[ComparedDifference]) -> Result<(), Failure> {
    use Align::{Left, Right};
    let mut out = output::stdout();
    for (title, side) in ["Before:", "After: "].into_iter().zip(&compared.sides) {
        writeln!(out, "{title} {}, {}", inert(&side.name), counted(side.events, "event", "events"))?;
    }
    let things = counted(compared.compared, "thing", "things");
    if shown.is_empty() {
        writeln!(out, "\nNo difference among {things} that were compared.")?;
        out.flush()?;
        return Ok(());
    }
    let mut table = Table::new(&[
        ("Bits", Right),
        ("Change", Left),
        ("What", Left),
        ("Name", Left),
        ("Before", Left),
        ("After", Left),
        ("Stream", Left),
        ("At event", Right),
    ]);
    for one in shown {
        let difference = &one.difference;
        let (before, after) = difference.both_sides();
        table.row([
            format!("{:.0}", difference.bits),
            difference.phrase().to_owned(),
            difference.aspect.label().to_owned(),
            inert(&difference.name),
            before,
            after,
            inert(&one.label),
            one.event.map_or_else(|| "-".to_owned(), |(stream, position)| format!("{stream}:{position}")),
        ]);
    }
    writeln!(out)?;
    table.write(&mut out, "")?;
    writeln!(out, "\nFound among {things} that were compared. The bits are evidence, and no test.")?;
    out.flush()?;
    Ok(())
}

fn runs(case: &Case, first: i64, second: i64, arguments: &CompareArguments) -> Result<ExitCode, Failure> {
    let compared = case.compare_runs(first, second)?;
    if arguments.json {
        let RunsCompared { only_first, only_second, both, settings } = &compared;
        output::json(&RunsJson {
            schema: SCHEMA,
            first,
            second,
            only_first: only_first.iter().map(FindingJson::from).collect(),
            only_second: only_second.iter().map(FindingJson::from).collect(),
            both: both
                .iter()
                .map(|pair| PairJson { first: (&pair.first).into(), second: (&pair.second).into() })
                .collect(),
            settings: settings
                .iter()
                .map(|one| SettingJson { name: &one.name, first: &one.first, second: &one.second })
                .collect(),
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    write_runs(&compared, first, second, arguments.limit)?;
    Ok(ExitCode::SUCCESS)
}

fn write_runs(compared: &RunsCompared, first: i64, second: i64, limit: usize) -> Result<(), Failure> {
    use Align::{Left, Right};
    let mut out = output::stdout();
    for one in &compared.settings {
        writeln!(
            out,
            "{}: {} in run {first}, {} in run {second}",
            one.name,
            inert(&one.first),
            inert(&one.second)
        )?;
    }
    if compared.settings.is_empty() {
        writeln!(out, "Both runs were made alike.")?;
    }
    for (title, rows) in [
        (format!("Only in run {second}"), &compared.only_second),
        (format!("Only in run {first}"), &compared.only_first),
    ] {
        writeln!(out, "\n{title}: {}", counted(rows.len() as u64, "finding", "findings"))?;
        let mut table = Table::new(&[("#", Right), ("q", Right), ("Events", Left), ("What", Left)]);
        for row in rows.iter().take(limit) {
            table.row([
                row.id.to_string(),
                probability(row.finding.q),
                extent(&row.finding),
                inert(&row.finding.explanation.sentence),
            ]);
        }
        if !rows.is_empty() {
            table.write(&mut out, "")?;
        }
    }
    writeln!(out, "\nIn both: {}", counted(compared.both.len() as u64, "finding", "findings"))?;
    let mut table = Table::new(&[
        ("# before", Right),
        ("# after", Right),
        ("q before", Right),
        ("q after", Right),
        ("What", Left),
    ]);
    for pair in compared.both.iter().take(limit) {
        table.row([
            pair.first.id.to_string(),
            pair.second.id.to_string(),
            probability(pair.first.finding.q),
            probability(pair.second.finding.q),
            inert(&pair.second.finding.explanation.sentence),
        ]);
    }
    if !compared.both.is_empty() {
        table.write(&mut out, "")?;
    }
    out.flush()?;
    Ok(())
}
