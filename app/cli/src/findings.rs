//! `driftlock findings`: the findings of the latest run.

use std::io::Write;
use std::process::ExitCode;

use case::{Case, FindingRow, RunRow, inert};
use serde::Serialize;

use crate::arguments::FindingsArguments;
use crate::clocks::write_corrected;
use crate::failure::Failure;
use crate::json::{FindingJson, Run, SCHEMA};
use crate::jury::write_differences;
use crate::output;
use crate::preview;
use crate::purge::write_purged;
use crate::table::{Align, Table};
use crate::text_search;
use crate::words::{extent, probability, time, verdict};

#[derive(Serialize)]
struct FindingsJson {
    schema: u32,
    run: Run,
    findings: Vec<FindingJson>,
}

pub(crate) fn run(arguments: &FindingsArguments) -> Result<ExitCode, Failure> {
    let case = Case::open_read_only(&arguments.case)?;
    if let Some(words) = &arguments.search {
        return text_search::show(&case, words, arguments.json);
    }
    let run = latest(&case)?;
    if let Some(alpha) = arguments.at_alpha {
        return preview::show(&case, &run, alpha, arguments.json);
    }
    let findings = case.findings(run.id)?;
    if arguments.json {
        let findings = in_json(&case, &findings)?;
        output::json(&FindingsJson { schema: SCHEMA, run: Run::from(&run), findings })?;
    } else {
        let mut out = output::stdout();
        write(&mut out, &case, &run, &findings)?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The latest run, or what to do to have one.
pub(crate) fn latest(case: &Case) -> Result<RunRow, Failure> {
    case.latest_run()?.ok_or_else(|| {
        let path = case.path().display().to_string();
        Failure::Usage(format!("{path} has not been analysed. Run `driftlock analyze {path}` first."))
    })
}

pub(crate) fn in_json(case: &Case, findings: &[FindingRow]) -> Result<Vec<FindingJson>, Failure> {
    findings.iter().map(|row| FindingJson::new(case, row).map_err(Failure::from)).collect()
}

/// Verdict, table, and the sentence of each finding.
pub(crate) fn write(
    out: &mut impl Write,
    case: &Case,
    run: &RunRow,
    findings: &[FindingRow],
) -> Result<(), Failure> {
    let significant = findings.iter().filter(|row| row.finding.flagged).count() as u64;
    writeln!(out, "{}", verdict(run, significant))?;
    if run.windows == 0 {
        for stream in &run.streams {
            let why = stream.note.as_deref().unwrap_or("nothing is known of why");
            writeln!(out, "  stream {}: {}", stream.stream, inert(why))?;
        }
    }
    write_differences(out, run, "")?;
    write_corrected(out, case, &run.config.clocks)?;
    write_purged(out, case, run)?;
    if findings.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&[
        ("#", Align::Right),
        ("Grade", Align::Left),
        ("Lens", Align::Left),
        ("Stream", Align::Left),
        ("Begins", Align::Left),
        ("Events", Align::Left),
        ("Bits", Align::Right),
        ("q", Align::Right),
        ("p", Align::Right),
    ]);
    for FindingRow { id, stream, finding } in findings {
        table.row([
            id.to_string(),
            finding.grade.name().to_owned(),
            finding.explanation.lens.name().to_owned(),
            inert(stream.key.label()),
            time(finding.start_nanos),
            extent(finding),
            format!("{:.1}", finding.score_bits),
            probability(finding.q),
            probability(finding.p_permutation.map(|p| p.value)),
        ]);
    }
    writeln!(out)?;
    table.write(out, "")?;
    writeln!(out)?;
    for row in findings {
        writeln!(out, "{:>3}  {}", row.id, inert(&row.finding.explanation.sentence))?;
    }
    Ok(())
}
