//! `driftlock clocks`: how far the clocks of sources are off, and what is done about it.

use std::io::Write;
use std::process::ExitCode;

use case::{Case, ClockEstimate, ClockEvidence, ClockSource, inert};
use cbad::Clock;
use serde::Serialize;

use crate::arguments::ClocksArguments;
use crate::decide::open;
use crate::failure::Failure;
use crate::json::SCHEMA;
use crate::progress::Progress;
use crate::words::counted;
use crate::{interrupt, output};

/// Fewest digits of a SHA-256 that stand for a capture.
const FEWEST_DIGITS: usize = 8;

/// A correction as a person gives it: a capture by number, name or SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    capture: String,
    service: Option<String>,
    offset_nanos: i64,
}

/// `CAPTURE[/SERVICE]=OFFSET`. The name of a service may hold slashes and the name of a file equals signs.
pub(crate) fn parse_clock(text: &str) -> Result<Given, String> {
    let shape = || format!("“{text}” is not CAPTURE[/SERVICE]=OFFSET, such as 2=-1.5s or 2/checkout=20ms");
    let (source, offset) = text.rsplit_once('=').ok_or_else(shape)?;
    let offset_nanos = parse_offset(offset).ok_or_else(shape)?;
    let (capture, service) = match source.split_once('/') {
        Some((capture, service)) => (capture, Some(service.to_owned())),
        None => (source, None),
    };
    if capture.is_empty() || service.as_deref() == Some("") {
        return Err(shape());
    }
    Ok(Given { capture: capture.to_owned(), service, offset_nanos })
}

/// A number with a unit, to the nanosecond.
fn parse_offset(text: &str) -> Option<i64> {
    let units = [("ns", 0_u32), ("us", 3), ("ms", 6), ("s", 9)];
    let (number, digits) =
        units.into_iter().find_map(|(unit, digits)| Some((text.strip_suffix(unit)?, digits)))?;
    let (sign, number) = match number.strip_prefix('-') {
        Some(number) => (-1, number),
        None => (1, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.len() > digits as usize || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction: i64 = format!("0{fraction:0<width$}", width = digits as usize).parse().ok()?;
    let whole = i64::from(whole.parse::<u32>().ok()?).checked_mul(10_i64.pow(digits))?;
    Some(sign * whole.checked_add(fraction)?)
}

/// The correction of a source that the case has.
pub(crate) fn resolve(case: &Case, given: &Given) -> Result<Clock, Failure> {
    let captures = case.captures()?;
    let wanted = given.capture.as_str();
    let found: Vec<_> = captures
        .iter()
        .filter(|capture| {
            capture.id.to_string() == wanted
                || capture.file_name == wanted
                || (wanted.len() >= FEWEST_DIGITS && capture.sha256.starts_with(wanted))
        })
        .collect();
    let [capture] = found.as_slice() else {
        let many = if found.is_empty() { "no capture" } else { "several captures" };
        let path = case.path().display();
        return Err(Failure::Usage(format!(
            "{many} of this case can be meant by “{wanted}”. Give a number from `driftlock info {path}`."
        )));
    };
    let has = |service: &String| {
        case.streams().map(|streams| {
            streams.iter().any(|row| row.capture == capture.id && row.key.service.as_ref() == Some(service))
        })
    };
    if let Some(service) = &given.service
        && !has(service)?
    {
        return Err(Failure::Usage(format!("{} has no service “{service}”.", capture.file_name)));
    }
    let (capture, service) = (capture.sha256.clone(), given.service.clone());
    Ok(Clock { capture, service, offset_nanos: given.offset_nanos })
}

/// Keeps corrections that were given.
pub(crate) fn correct(case: &mut Case, given: &[Given]) -> Result<Vec<Clock>, Failure> {
    let clocks: Vec<Clock> = given.iter().map(|given| resolve(case, given)).collect::<Result<_, _>>()?;
    for Clock { capture, service, offset_nanos } in &clocks {
        let source = ClockSource { capture: capture.clone(), service: service.clone() };
        case.correct_clock(&source, *offset_nanos, None)?;
    }
    Ok(clocks)
}

#[derive(Serialize)]
struct ClocksJson {
    schema: u32,
    corrections: Vec<Clock>,
    estimates: Vec<EstimateJson>,
}

#[derive(Serialize)]
struct EstimateJson {
    capture: String,
    service: Option<String>,
    offset_nanos: i64,
    is_sure: bool,
    evidence: ClockEvidence,
}

pub(crate) fn run(arguments: &ClocksArguments, by: Option<&str>) -> Result<ExitCode, Failure> {
    interrupt::listen();
    let mut case = if arguments.accept || !arguments.set.is_empty() {
        open(&arguments.case, by)?
    } else {
        Case::open_read_only(&arguments.case)?
    };
    let progress = Progress::new();
    let estimates = case.estimate_clocks(&progress);
    progress.clear();
    let estimates = estimates?;
    correct(&mut case, &arguments.set)?;
    if arguments.accept {
        for ClockEstimate { source, offset_nanos, evidence } in
            estimates.iter().filter(|estimate| estimate.is_sure())
        {
            case.correct_clock(source, *offset_nanos, Some(evidence.clone()))?;
        }
    }
    let corrections = case.clocks()?;
    if arguments.json {
        let estimates = estimates.into_iter().map(EstimateJson::from).collect();
        output::json(&ClocksJson { schema: SCHEMA, corrections, estimates })?;
    } else {
        write(&mut output::stdout(), &case, &corrections, &estimates)?;
    }
    Ok(ExitCode::SUCCESS)
}

impl From<ClockEstimate> for EstimateJson {
    fn from(estimate: ClockEstimate) -> Self {
        let is_sure = estimate.is_sure();
        let ClockEstimate { source: ClockSource { capture, service }, offset_nanos, evidence } = estimate;
        Self { capture, service, offset_nanos, is_sure, evidence }
    }
}

fn write(
    out: &mut impl Write,
    case: &Case,
    corrections: &[Clock],
    estimates: &[ClockEstimate],
) -> Result<(), Failure> {
    if corrections.is_empty() {
        writeln!(out, "No clock is corrected.")?;
    }
    for Clock { capture, service, offset_nanos } in corrections {
        let source = name(case, capture, service.as_deref())?;
        writeln!(out, "Corrected: {source} by {}, in later runs.", seconds(*offset_nanos))?;
    }
    if estimates.is_empty() {
        writeln!(out, "No two sources share spans by which their clocks could be compared.")?;
    }
    for estimate in estimates {
        let ClockEvidence { against, pairs, fit_before, fit_after, low_nanos, high_nanos } =
            &estimate.evidence;
        let source = name(case, &estimate.source.capture, estimate.source.service.as_deref())?;
        let other = name(case, &against.capture, against.service.as_deref())?;
        let pairs = counted(*pairs, "pair", "pairs");
        writeln!(out, "\n{source}, compared with {other} by {pairs} of spans and logs within spans:")?;
        if fit_before == fit_after {
            writeln!(out, "  the clocks agree: {fit_before} fit as they are, and no offset fits more")?;
            continue;
        }
        writeln!(
            out,
            "  off by {} ({} to {} fit as many): {fit_before} pairs fit as they are, {fit_after} with it{}",
            seconds(estimate.offset_nanos),
            seconds(*low_nanos),
            seconds(*high_nanos),
            if estimate.is_sure() { "" } else { "; too few to be sure" }
        )?;
    }
    if estimates.iter().any(ClockEstimate::is_sure) {
        writeln!(out, "\n`--accept` keeps the estimates that are sure, `--set` one of your own.")?;
    }
    out.flush()?;
    Ok(())
}

fn name(case: &Case, sha256: &str, service: Option<&str>) -> Result<String, Failure> {
    let capture = case.captures()?.into_iter().find(|capture| capture.sha256 == sha256);
    let file = capture.map_or_else(|| sha256.to_owned(), |capture| capture.file_name);
    Ok(inert(service.map_or_else(|| file.clone(), |service| format!("{service} in {file}"))))
}

/// Signed seconds, without zeros at the end.
pub(crate) fn seconds(nanos: i64) -> String {
    let (whole, rest) = (nanos.unsigned_abs() / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
    let sign = if nanos < 0 { '-' } else { '+' };
    let text = format!("{sign}{whole}.{rest:09}");
    format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
}

/// What a run did to clocks, a line each.
pub(crate) fn write_corrected(out: &mut impl Write, case: &Case, clocks: &[Clock]) -> Result<(), Failure> {
    for Clock { capture, service, offset_nanos } in clocks {
        let source = name(case, capture, service.as_deref())?;
        writeln!(out, "Times of {source} are corrected by {}.", seconds(*offset_nanos))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Given, parse_clock, seconds};

    #[test]
    fn corrections_are_read_to_the_nanosecond() {
        let given = |capture: &str, service: Option<&str>, offset_nanos| Given {
            capture: capture.to_owned(),
            service: service.map(str::to_owned),
            offset_nanos,
        };
        for (text, expected) in [
            ("2=-1.5s", given("2", None, -1_500_000_000)),
            ("a=b.log/x/y=+20ms", given("a=b.log", Some("x/y"), 20_000_000)),
            ("2=-7ns", given("2", None, -7)),
            ("2=0.000000001s", given("2", None, 1)),
        ] {
            assert_eq!(parse_clock(text), Ok(expected), "{text}");
        }
        for text in ["2", "=1s", "2=1", "2=1.5ns", "2=s", "2/=1s", "2=1.-5s", "2=--1s", "2=99999999999s"] {
            assert!(parse_clock(text).is_err(), "{text}");
        }
    }

    #[test]
    fn offsets_have_a_sign_and_no_needless_zeros() {
        assert_eq!([seconds(-1_500_000_000), seconds(0), seconds(7)], ["-1.5 s", "+0 s", "+0.000000007 s"]);
    }
}
