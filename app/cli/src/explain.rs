//! `driftlock explain`: one finding in full.

use std::io::Write;
use std::process::ExitCode;

use case::{Case, EventRow, FindingRow, RunRow, SourceBytes, inert};
use cbad::{CanonicalTest, Driver, Lens, Shift};
use serde::Serialize;

use crate::arguments::ExplainArguments;
use crate::clocks::write_corrected;
use crate::event_json::DriverJson;
use crate::failure::Failure;
use crate::findings::latest;
use crate::json::{FindingJson, Run, SCHEMA, dearest};
use crate::jury::{JuryJson, test_in_words, write_differences, write_jury};
use crate::output;
use crate::purge::write_purged;
use crate::redact;
use crate::table::{Align, Table};
use crate::words::{extent, probability, shell_word, time};

/// Bytes of the capture shown of one event.
const SHOWN_BYTES: usize = 400;

#[derive(Serialize)]
struct ExplainJson {
    schema: u32,
    run: Run,
    finding: FindingJson,
    paragraph: String,
    caveats: Vec<String>,
    drivers: Vec<DriverJson>,
    jury: Option<JuryJson>,
    tests: Vec<CanonicalTest>,
    reproduce: String,
    reproduce_note: Option<String>,
}

pub(crate) fn run(arguments: &ExplainArguments) -> Result<ExitCode, Failure> {
    let case = Case::open_read_only(&arguments.case)?;
    let run = latest(&case)?;
    let row = case.finding(run.id, arguments.finding)?;
    let tests = case.canonical_tests(run.id, row.id)?;
    let reproduce = reproduce(&case, &run)?;
    if arguments.json {
        let explanation = &row.finding.explanation;
        let driver = |driver: &Driver| DriverJson::new(&case, row.stream.id, driver);
        output::json(&ExplainJson {
            schema: SCHEMA,
            run: Run::from(&run),
            finding: FindingJson::new(&case, &row)?,
            paragraph: explanation.paragraph.clone(),
            caveats: explanation.caveats.clone(),
            drivers: explanation.drivers.iter().map(driver).collect::<Result<_, _>>()?,
            jury: row.finding.jury.as_ref().map(JuryJson::from),
            tests,
            reproduce: reproduce.line,
            reproduce_note: reproduce.note,
        })?;
    } else {
        let mut out = output::stdout();
        write_differences(&mut out, &run, "")?;
        write_corrected(&mut out, &case, &run.config.clocks)?;
        write_purged(&mut out, &case, &run)?;
        write(&mut out, &case, &row, &tests, &reproduce, arguments.reveal)?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// How to come to the same numbers.
struct Reproduce {
    line: String,
    /// Where the line alone does not give them.
    note: Option<String>,
}

/// The command line that gives the same numbers from the captures alone.
fn reproduce(case: &Case, run: &RunRow) -> Result<Reproduce, Failure> {
    let captures = case.captures()?;
    let mut words = vec!["driftlock".to_owned(), "analyze".to_owned()];
    let mut read = Vec::new();
    for sha256 in &run.captures {
        if let Some(capture) = captures.iter().find(|capture| capture.sha256 == *sha256) {
            words.push(shell_word(&capture.path.to_string_lossy()));
            let options = case.reading_options(capture.id)?.into_iter().map(|(name, value)| {
                value.map_or_else(|| name.to_owned(), |value| format!("{name} {}", shell_word(&value)))
            });
            read.push((&capture.file_name, options.collect::<Vec<_>>()));
        }
    }
    let is_alike = read.windows(2).all(|pair| pair[0].1 == pair[1].1);
    words.extend(read.first().filter(|_| is_alike).into_iter().flat_map(|(_, options)| options.clone()));
    let note = (!is_alike).then(|| said_of_reading(&read));
    words.extend(redact::option(&captures, &run.captures).map(str::to_owned));
    let anchor = case.anchor_path(&run.config.baseline)?;
    let anchor = anchor.map(|path| format!("anchor:{}", path.to_string_lossy()));
    words.extend(run.config.options().into_iter().map(|(name, value)| {
        let place = anchor.clone().filter(|_| name == "--baseline");
        format!("{name} {}", shell_word(&place.unwrap_or(value)))
    }));
    Ok(Reproduce { line: words.join(" "), note })
}

/// One command reads all captures in one way.
fn said_of_reading(read: &[(&String, Vec<String>)]) -> String {
    let said = read.iter().map(|(name, options)| match options.as_slice() {
        [] => format!("{name} without options"),
        options => format!("{name} with {}", options.join(" ")),
    });
    let said = said.collect::<Vec<_>>().join("; ");
    format!(
        "The captures were read in different ways, each to be taken into one case by a command of its own: {said}."
    )
}

fn write(
    out: &mut impl Write,
    case: &Case,
    row: &FindingRow,
    tests: &[CanonicalTest],
    reproduce: &Reproduce,
    reveal: bool,
) -> Result<(), Failure> {
    let FindingRow { id, stream, finding } = row;
    let explanation = &finding.explanation;
    writeln!(
        out,
        "Finding {id}, {}, by {}, stream {} “{}”",
        finding.grade.name(),
        lenses(&explanation.lenses),
        stream.id,
        inert(stream.key.label())
    )?;
    writeln!(
        out,
        "Events {}, {} to {}",
        extent(finding),
        time(finding.start_nanos),
        time(finding.end_nanos)
    )?;
    writeln!(out, "\n{}\n\n{}", inert(&explanation.sentence), inert(&explanation.paragraph))?;
    write_shifts(out, &explanation.shifts)?;
    writeln!(out, "\nHow sure")?;
    let mut sure = Table::new(&[
        ("", Align::Left),
        ("Value", Align::Right),
        ("Floor", Align::Right),
        ("From", Align::Right),
    ]);
    for (name, p) in [
        ("permutation p", finding.p_permutation),
        ("conformal p", finding.p_conformal),
        ("tail p", finding.p_tail),
    ] {
        let floor = probability(p.map(|p| p.floor));
        sure.row([
            name.into(),
            probability(p.map(|p| p.value)),
            floor,
            p.map_or("-".into(), |p| p.n.to_string()),
        ]);
    }
    sure.row(["q".into(), probability(finding.q), String::new(), String::new()]);
    sure.write(out, "  ")?;
    for test in tests {
        writeln!(out, "  {}", test_in_words(test))?;
    }
    if let Some(jury) = &finding.jury {
        write_jury(out, jury)?;
    }
    for driver in &explanation.drivers {
        write_driver(out, case, row, driver, reveal)?;
    }
    if !explanation.caveats.is_empty() {
        writeln!(out, "\nWhat this does not show")?;
        for caveat in &explanation.caveats {
            writeln!(out, "  {}", inert(caveat))?;
        }
    }
    writeln!(out, "\nTo do it again\n  {}", reproduce.line)?;
    if let Some(note) = &reproduce.note {
        writeln!(out, "  {}", inert(note))?;
    }
    Ok(())
}

/// `content`, or `mix and order`, or `content, mix and order`.
fn lenses(lenses: &[Lens]) -> String {
    let names: Vec<&str> = lenses.iter().map(|lens| lens.name()).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

fn write_shifts(out: &mut impl Write, shifts: &[Shift]) -> std::io::Result<()> {
    if shifts.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nWhat shifted")?;
    let mut table = Table::new(&[
        ("Lens", Align::Left),
        ("", Align::Left),
        ("Window", Align::Right),
        ("Baseline", Align::Right),
        ("Bits", Align::Right),
        ("What", Align::Left),
    ]);
    for shift in shifts {
        table.row([
            shift.lens.name().to_owned(),
            shift.kind.phrase().to_owned(),
            shift.in_window(),
            shift.in_baseline(),
            format!("{:.1}", shift.bits),
            inert(shift.what()),
        ]);
    }
    table.write(out, "  ")
}

fn write_driver(
    out: &mut impl Write,
    case: &Case,
    row: &FindingRow,
    driver: &Driver,
    reveal: bool,
) -> Result<(), Failure> {
    let stream = row.stream.id;
    let (bits, ordinary) = (driver.bits, driver.ordinary_bits);
    writeln!(out, "\nEvent {} costs {bits:.1} bits; an ordinary one {ordinary:.1}", driver.event)?;
    match case.event_readable(stream, driver.event)? {
        Some(row) => write_source(out, case, stream, &row, reveal)?,
        None => writeln!(out, "  It can no longer be shown: it was purged, or is damaged in the case file.")?,
    }
    let mut table = Table::new(&[
        ("Token", Align::Left),
        ("Field", Align::Left),
        ("Bits", Align::Right),
        ("Seen before", Align::Right),
    ]);
    for token in dearest(&driver.tokens) {
        table.row([
            inert(&token.text),
            token.field.as_ref().or(token.measure.as_ref()).map_or_else(|| "body".to_owned(), inert),
            format!("{:.1}", token.bits),
            token.seen.to_string(),
        ]);
    }
    table.write(out, "    ")?;
    if let Some(left_out) = driver.left_out {
        let (tokens, bits) = (left_out.tokens, left_out.bits);
        writeln!(
            out,
            "  The case keeps the {} dearest tokens of an event; {tokens} cheaper ones cost {bits:.1} bits together.",
            driver.tokens.len()
        )?;
    }
    if let Some(nearest) = driver.nearest {
        let said = match case.event_readable(stream, nearest)? {
            Some(row) => format!("\n    {}", excerpt(&row.event.body)),
            None => ", which can no longer be shown".to_owned(),
        };
        writeln!(out, "  Nearest in the baseline: event {nearest}{said}")?;
    }
    Ok(())
}

/// When an event was, and its bytes in the capture.
fn write_source(
    out: &mut impl Write,
    case: &Case,
    stream: u32,
    row: &EventRow,
    reveal: bool,
) -> Result<(), Failure> {
    let event = &row.event;
    writeln!(
        out,
        "  {}, bytes {} to {} of the capture",
        time(event.time_nanos),
        event.source.offset,
        event.source.end()
    )?;
    let source = if reveal {
        case.reveal_source_bytes(stream, row.position)?
    } else {
        case.source_bytes(stream, row.position)?
    };
    match source {
        SourceBytes::Withheld { rules, stored, .. } => {
            writeln!(out, "  {}", excerpt(&stored))?;
            writeln!(
                out,
                "  (redacted by “{}” at import; --reveal shows the capture's own bytes)",
                inert(rules)
            )?;
        }
        SourceBytes::Exact { bytes, .. } => writeln!(out, "  {}", excerpt(&bytes))?,
        SourceBytes::Missing { path } => {
            writeln!(out, "  {}", excerpt(&event.body))?;
            writeln!(
                out,
                "  (as imported; {} is no longer there)",
                inert(path.to_string_lossy().as_bytes())
            )?;
        }
        SourceBytes::Changed { path, difference, .. } => {
            writeln!(out, "  {}", excerpt(&event.body))?;
            writeln!(
                out,
                "  (as imported; {} has changed: {difference})",
                inert(path.to_string_lossy().as_bytes())
            )?;
        }
    }
    Ok(())
}

fn excerpt(bytes: &[u8]) -> String {
    if bytes.len() <= SHOWN_BYTES {
        return inert(bytes);
    }
    format!("{}… ({} more bytes)", inert(&bytes[..SHOWN_BYTES]), bytes.len() - SHOWN_BYTES)
}
