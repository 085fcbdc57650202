//! Made-up captures with one labelled fault each: is it found, named, and by which lens?

use crate::logs::{self, Placed};
use crate::table::{Cell, Report, Table};
use crate::{Setup, progress};
use anyhow::Context;
use cbad::{Config, Driver, Explanation, Finding, StreamKey};
use ingest::{Capture, OpenOptions};
use rayon::prelude::*;
use std::io::Cursor;
use std::path::Path;
use testkit::synth::{Company, Kind, Stream, Strength, Truth};

/// Captures of each kind, unless asked otherwise.
const TRIALS: usize = 10;

/// Drivers and shifts of an explanation that a person reads.
const READ: usize = 3;

/// Dearest tokens of a driver: what is marked in it.
const MARKED: usize = 5;

/// What came of one capture, or the sum over several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Outcome {
    captures: u64,
    first: u64,
    first_three: u64,
    own_stream: u64,
    named: u64,
    by_lens: u64,
    flagged: u64,
    flagged_findings: u64,
    false_findings: u64,
    windows: u64,
    false_windows: u64,
}

impl Outcome {
    fn plus(self, other: &Self) -> Self {
        Self {
            captures: self.captures + other.captures,
            first: self.first + other.first,
            first_three: self.first_three + other.first_three,
            own_stream: self.own_stream + other.own_stream,
            named: self.named + other.named,
            by_lens: self.by_lens + other.by_lens,
            flagged: self.flagged + other.flagged,
            flagged_findings: self.flagged_findings + other.flagged_findings,
            false_findings: self.false_findings + other.false_findings,
            windows: self.windows + other.windows,
            false_windows: self.false_windows + other.false_windows,
        }
    }
}

/// Every kind at moderate strength.
pub(crate) fn run(setup: &Setup) -> anyhow::Result<Report> {
    let trials = setup.trials(TRIALS);
    let jobs: Vec<(Kind, u64)> =
        setup.kinds.iter().flat_map(|&kind| (0..trials as u64).map(move |trial| (kind, trial))).collect();
    let ticks = progress("lenses", jobs.len());
    let outcomes = jobs
        .into_par_iter()
        .map(|(kind, trial)| {
            let company = Company::trial(kind, Strength::Moderate, setup.seed.wrapping_add(trial));
            let outcome = one(&company, setup).with_context(|| format!("{kind}, seed {}", company.seed));
            ticks.tick();
            Ok((kind, outcome?))
        })
        .collect::<anyhow::Result<Vec<(Kind, Outcome)>>>()?;
    Ok(report(&outcomes, trials, &setup.kinds))
}

fn one(company: &Company, setup: &Setup) -> anyhow::Result<Outcome> {
    let mut bytes = Vec::new();
    let written = company.plan()?.write(&mut bytes)?;
    let truth = written.truth.first().context("the capture has no injection")?;
    let length = bytes.len() as u64;
    let mut capture = Capture::from_reader(
        Path::new("made-up.jsonl"),
        Cursor::new(bytes),
        length,
        &OpenOptions::default(),
    )?;
    let events = logs::events(&mut capture)?;
    let pieces: Vec<Placed<'_>> =
        events.iter().map(|(key, event)| Placed { key, event: std::borrow::Cow::Borrowed(event) }).collect();
    let run = logs::analyze(&pieces, &Config { lenses: setup.lenses.clone(), ..Config::default() });
    let keys: Vec<&StreamKey> = run.keys().collect();
    let capture_nanos = i64::from(company.minutes) * 60_000_000_000;
    let shows = |f: &Finding, streams: &[Stream]| {
        is_then(truth, f.start_nanos, f.end_nanos)
            && is_a_place(truth, f, capture_nanos)
            && streams.iter().any(|s| is_stream(s, keys[f.stream as usize]))
    };
    let findings = &run.result.findings;
    let three = &findings[..findings.len().min(3)];
    let hits: Vec<&Finding> = three.iter().filter(|f| shows(f, &truth.touches)).collect();
    for finding in findings.iter().take(8).filter(|_| setup.findings) {
        let verdict = if shows(finding, &truth.touches) { "shows it" } else { "elsewhere" };
        let seed = company.seed;
        let p = |p: Option<cbad::PValue>| p.map_or(1.0, |p| p.value);
        eprintln!(
            "{}, seed {seed}, {verdict}, {} {:.1} bits, surprise {:.1}, test {:.1e}, rank {:.1e}: {}",
            truth.kind,
            finding.explanation.lens.name(),
            finding.score_bits,
            finding.surprise_bits,
            p(finding.p_permutation),
            p(finding.p_conformal),
            finding.explanation.sentence
        );
    }
    let mut outcome = Outcome {
        captures: 1,
        first: u64::from(three.first().is_some_and(|f| shows(f, &truth.touches))),
        first_three: u64::from(!hits.is_empty()),
        own_stream: u64::from(three.iter().any(|f| shows(f, std::slice::from_ref(&truth.stream)))),
        named: u64::from(hits.iter().any(|f| names(&f.explanation, &truth.names))),
        by_lens: u64::from(hits.iter().any(|f| is_lens(f, truth))),
        flagged: u64::from(findings.iter().any(|f| f.flagged && shows(f, &truth.touches))),
        flagged_findings: findings.iter().filter(|f| f.flagged).count() as u64,
        false_findings: findings.iter().filter(|f| f.flagged && !shows(f, &truth.touches)).count() as u64,
        ..Outcome::default()
    };
    for (stream, window) in run.windows() {
        let touched = truth.touches.iter().any(|s| is_stream(s, keys[stream]));
        if !(touched && is_then(truth, window.start_nanos, window.end_nanos)) {
            outcome.windows += 1;
            outcome.false_windows += u64::from(window.flagged);
        }
    }
    Ok(outcome)
}

/// Whether the stretch and the injection have a moment in common.
fn is_then(truth: &Truth, start_nanos: Option<i64>, end_nanos: Option<i64>) -> bool {
    start_nanos
        .zip(end_nanos)
        .is_some_and(|(start, end)| start <= truth.end_nanos && truth.start_nanos <= end)
}

/// Whether the finding says where to look: not longer than a quarter of the capture, or twice the injection.
fn is_a_place(truth: &Truth, finding: &Finding, capture_nanos: i64) -> bool {
    let most = (capture_nanos / 4).max(2 * (truth.end_nanos - truth.start_nanos));
    finding.start_nanos.zip(finding.end_nanos).is_some_and(|(start, end)| end - start <= most)
}

fn is_stream(stream: &Stream, key: &StreamKey) -> bool {
    let signal = serde_json::to_value(stream.signal).unwrap_or_default();
    signal == key.signal.name() && Some(stream.service) == key.service.as_deref() && stream.name == key.name
}

/// Whether the lens that drove the finding is one that should see this kind.
fn is_lens(finding: &Finding, truth: &Truth) -> bool {
    let driven = finding.explanation.lens.name();
    let is = |lens: &testkit::synth::Lens| serde_json::to_value(lens).unwrap_or_default() == driven;
    is(&truth.lens) || truth.also.iter().any(is)
}

/// Whether what a person reads first names what was injected.
fn names(explanation: &Explanation, names: &[String]) -> bool {
    let drivers = explanation.drivers.iter().take(READ);
    let shifts = explanation.shifts.iter().take(READ);
    names.iter().any(|name| {
        shifts.clone().any(|shift| {
            let named = std::iter::once(&shift.name).chain(&shift.left_out);
            named.into_iter().any(|text| text.contains(name.as_str()))
        }) || drivers.clone().any(|driver| driver_names(driver, name))
    })
}

/// Whether a name stands in the event and at least one of its dearest tokens belongs to it: a field that every event
/// has is named by nothing.
fn driver_names(driver: &Driver, name: &str) -> bool {
    let mut dearest: Vec<usize> = (0..driver.tokens.len()).collect();
    dearest.sort_by(|&a, &b| driver.tokens[b].bits.total_cmp(&driver.tokens[a].bits));
    dearest.truncate(MARKED);
    let mut text = String::new();
    let places: Vec<std::ops::Range<usize>> = driver
        .tokens
        .iter()
        .map(|token| {
            if token.space_before {
                text.push(' ');
            }
            let start = text.len();
            text.push_str(&token.text);
            start..text.len()
        })
        .collect();
    let in_name = |at: usize| {
        let place = &places[at];
        text.match_indices(name).any(|(start, found)| start < place.end && place.start < start + found.len())
    };
    let in_field = |at: usize| driver.tokens[at].field.as_deref() == Some(name);
    dearest.into_iter().any(|at| in_name(at) || in_field(at))
}

/// The lens that is to see a kind of fault.
fn lens_name(kind: Kind) -> String {
    format!("{:?}", kind.lens()).to_lowercase()
}

fn report(outcomes: &[(Kind, Outcome)], trials: usize, kinds: &[Kind]) -> Report {
    let sum = |is_wanted: &dyn Fn(Kind) -> bool| {
        let chosen = outcomes.iter().filter(|(kind, _)| is_wanted(*kind));
        chosen.map(|(_, outcome)| outcome).fold(Outcome::default(), Outcome::plus)
    };
    let mut lenses: Vec<String> = Vec::new();
    for kind in kinds {
        let lens = lens_name(*kind);
        if !lenses.contains(&lens) {
            lenses.push(lens);
        }
    }
    let mut report = Report::new("lenses", "Made-up captures with labelled faults");
    report.say(format!(
        "{trials} captures of each kind at moderate strength (`driftlock synth --list` says what that is), 20,000 to 60,000 events each, \
         analysed with the defaults. A finding shows the fault where it overlaps it in time, in a stream that the fault touches, and is no longer than a quarter of the \
         capture or twice the fault. 'Named': \
         among the first three drivers or shifts of such a finding is an injected field, token or value. 'False findings' are flagged \
         findings elsewhere, for each capture, and 'false of flagged' their share of all that are flagged."
    ));
    let header = [
        "kind",
        "lens",
        "first",
        "first three",
        "in its own stream",
        "named",
        "by its lens",
        "flagged",
        "false findings",
        "false of flagged",
        "other windows flagged",
    ];
    let mut table = Table::new("kinds", &header);
    let row = |name: &str, lens: &str, o: Outcome| {
        let of = |hits| Cell::Share(hits, o.captures);
        [
            Cell::text(name),
            Cell::text(lens),
            of(o.first),
            of(o.first_three),
            of(o.own_stream),
            of(o.named),
            of(o.by_lens),
            of(o.flagged),
            Cell::Number(o.false_findings as f64 / o.captures.max(1) as f64, 2),
            Cell::Share(o.false_findings, o.flagged_findings),
            Cell::Share(o.false_windows, o.windows),
        ]
    };
    for &kind in kinds {
        table.row(row(kind.name(), &lens_name(kind), sum(&|k| k == kind)));
    }
    for lens in &lenses {
        table.row(row("all of the lens", lens, sum(&|k| lens_name(k) == *lens)));
    }
    table.row(row("all", "", sum(&|_| true)));
    report.table(table);
    let kinds = kinds.iter().map(|&kind| (kind.name(), sum(&|k| k == kind)));
    let of_lenses = lenses.iter().map(|lens| (lens.as_str(), sum(&|k| lens_name(k) == *lens)));
    for (name, o) in kinds.chain(of_lenses) {
        report.at_least(format!("{name}, in the first three"), 90.0, o.first_three, o.captures);
        report.at_least(format!("{name}, named"), 90.0, o.named, o.captures);
    }
    let o = sum(&|_| true);
    if o.flagged_findings > 0 {
        report.at_most("flagged findings elsewhere", 5.0, o.false_findings, o.flagged_findings);
    }
    report.at_most("windows flagged elsewhere", 1.0, o.false_windows, o.windows);
    report
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::TokenCost;

    fn driver(tokens: &[(&str, Option<&str>, f64)]) -> Driver {
        let token = |&(text, field, bits): &(&str, Option<&str>, f64)| TokenCost {
            text: text.to_owned(),
            space_before: field.is_none(),
            field: field.map(str::to_owned),
            shape: None,
            bits,
            seen: 0,
            measure: None,
        };
        let tokens = tokens.iter().map(token).collect();
        Driver { event: 0, bits: 0.0, ordinary_bits: 0.0, tokens, left_out: None, nearest: None }
    }

    #[test]
    fn a_name_counts_only_where_it_is_dear() {
        let mut tokens = vec![("pool", None, 20.0), ("exhausted", None, 9.0)];
        tokens.extend([("GET", Some("http.method"), 0.1); 6]);
        let driver = driver(&tokens);
        assert!(driver_names(&driver, "pool exhausted") && driver_names(&driver, "exhausted"));
        assert!(!driver_names(&driver, "timeout"));
        let dear = self::driver(&[("503", Some("http.status_code"), 12.0)]);
        assert!(driver_names(&dear, "http.status_code"));
        // Six cheap tokens stand behind the two dear ones; the last of them is not marked.
        let mut cheap: Vec<_> = (0..6).map(|bits| ("dear", None, 10.0 + f64::from(bits))).collect();
        cheap.push(("GET", Some("http.method"), 0.1));
        assert!(!driver_names(&self::driver(&cheap), "http.method"));
    }

    #[test]
    fn a_burst_of_foreign_lines_is_judged_by_stream_and_time() -> anyhow::Result<()> {
        let company = Company { minutes: 10, ..Company::trial(Kind::ForeignBurst, Strength::Strong, 1) };
        let outcome = one(&company, &Setup::default())?;
        assert_eq!((outcome.captures, outcome.first_three, outcome.own_stream, outcome.named), (1, 1, 1, 1));
        assert!(outcome.windows > 200 && outcome.false_windows * 20 < outcome.windows);
        Ok(())
    }
}
