//! Lines of another system in a stretch of a real log: are they found first?

use crate::draw::Draw;
use crate::evalues;
use crate::logs::{self, Log, Placed};
use crate::table::{Cell, Report, Table};
use crate::{Setup, progress};
use cbad::{Config, Finding, Grade, WindowScore};
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;

/// Events of the host in one trial, where it has as many.
const STRETCH: usize = 2_000;

/// Trials for each host and kind, unless asked otherwise.
const TRIALS: usize = 16;

/// What is put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// This many consecutive lines.
    Burst(usize),
    /// 200 lines long, a third of them foreign, of 8 lines in turn.
    Sustained,
}

const KINDS: [Kind; 6] =
    [Kind::Burst(1), Kind::Burst(2), Kind::Burst(5), Kind::Burst(10), Kind::Burst(25), Kind::Sustained];

impl Kind {
    fn name(self) -> String {
        match self {
            Self::Burst(1) => "1 line".to_owned(),
            Self::Burst(lines) => format!("{lines} lines"),
            Self::Sustained => "sustained".to_owned(),
        }
    }

    const fn reach(self) -> usize {
        match self {
            Self::Burst(lines) => lines,
            Self::Sustained => 200,
        }
    }

    /// For each foreign line: its offset in the host's stretch and in the guest's.
    fn offsets(self, draw: &mut Draw) -> Vec<(usize, usize)> {
        const KINDS_OF_LINE: usize = 8;
        match self {
            Self::Burst(lines) => (0..lines).map(|line| (line, line)).collect(),
            Self::Sustained => {
                // One is always there, so that no trial is without an injection.
                let foreign = (0..self.reach()).filter(|&line| line == 0 || draw.below(3) == 0);
                foreign.map(|line| (line, line % KINDS_OF_LINE)).collect()
            }
        }
    }
}

/// What came of one trial, or the sum over several.
#[derive(Clone, Copy, Debug, Default)]
struct Outcome {
    trials: u64,
    best_window: u64,
    three_windows: u64,
    first_finding: u64,
    first_worded: u64,
    three_findings: u64,
    flagged: u64,
    other_windows: u64,
    other_flagged: u64,
    e_flagged: u64,
    e_other_flagged: u64,
}

impl Outcome {
    fn plus(self, other: &Self) -> Self {
        Self {
            trials: self.trials + other.trials,
            best_window: self.best_window + other.best_window,
            three_windows: self.three_windows + other.three_windows,
            first_finding: self.first_finding + other.first_finding,
            first_worded: self.first_worded + other.first_worded,
            three_findings: self.three_findings + other.three_findings,
            flagged: self.flagged + other.flagged,
            other_windows: self.other_windows + other.other_windows,
            other_flagged: self.other_flagged + other.other_flagged,
            e_flagged: self.e_flagged + other.e_flagged,
            e_other_flagged: self.e_other_flagged + other.e_other_flagged,
        }
    }
}

/// Runs the trials.
pub(crate) fn run(setup: &Setup) -> anyhow::Result<Report> {
    let logs = logs::load(setup.data()?)?;
    let trials = setup.trials(TRIALS);
    let mut jobs = Vec::new();
    for (host, log) in logs.iter().enumerate() {
        for kind in KINDS {
            jobs.extend((0..log.fewer(trials, STRETCH)).map(|trial| (host, kind, trial)));
        }
    }
    let ticks = progress("injection", jobs.len());
    let outcomes: Vec<(usize, Kind, Option<Outcome>)> = jobs
        .into_par_iter()
        .map(|(host, kind, trial)| {
            let outcome = one(&logs, host, kind, setup, trial as u64);
            ticks.tick();
            (host, kind, outcome)
        })
        .collect();
    Ok(report(&logs, &outcomes, trials))
}

/// One trial; none where no other log is foreign to the host or long enough.
fn one(logs: &[Log], host: usize, kind: Kind, setup: &Setup, trial: u64) -> Option<Outcome> {
    let mut draw = Draw::new(setup.seed, &[host as u64, kind.reach() as u64, trial]);
    let guests: Vec<&Log> =
        logs.iter().filter(|log| log.is_foreign_to(&logs[host]) && log.events.len() > kind.reach()).collect();
    let guest = *guests.get(draw.below(guests.len()))?;
    let events = &logs[host].events;
    let stretch = STRETCH.min(events.len());
    let first = draw.below(events.len() - stretch + 1);
    let from = draw.below(guest.events.len() - kind.reach());
    let at = draw.below(stretch.checked_sub(kind.reach())?);
    let mut pieces = logs[host].piece(first..first + stretch);
    let mut is_foreign = vec![false; stretch];
    for (offset, line) in kind.offsets(&mut draw) {
        replace(&mut pieces[at + offset], &guest.events[from + line].1);
        is_foreign[at + offset] = true;
    }
    let config =
        Config { window: Some(50), hop: Some(10), lenses: setup.lenses.clone(), ..Config::default() };
    Some(judge(&pieces, &is_foreign, &config))
}

/// The foreign event takes the place of the host's, and its time: what it says is foreign, and no clock gives it away.
fn replace(place: &mut Placed<'_>, foreign: &cbad::Event) {
    let mut event = foreign.clone();
    event.time_nanos = place.event.time_nanos;
    place.event = Cow::Owned(event);
}

fn judge(pieces: &[Placed<'_>], is_foreign: &[bool], config: &Config) -> Outcome {
    let run = logs::analyze(pieces, config);
    let is_odd = |index: usize| is_foreign[index];
    let window_hit =
        |(stream, w): (usize, &WindowScore)| run.holds(stream, w.first_event, w.last_event, is_odd);
    let finding_hit = |f: &Finding| run.holds(f.stream as usize, f.first_event, f.last_event, is_odd);
    let best = dearest_apart(run.windows().collect(), 3);
    let findings = &run.result.findings;
    let mut outcome = Outcome {
        trials: 1,
        best_window: u64::from(best.first().is_some_and(|&w| window_hit(w))),
        three_windows: u64::from(best.iter().any(|&w| window_hit(w))),
        first_finding: u64::from(findings.first().is_some_and(finding_hit)),
        first_worded: u64::from(findings.iter().find(|f| is_of_words(f)).is_some_and(finding_hit)),
        three_findings: u64::from(findings.iter().take(3).any(finding_hit)),
        flagged: u64::from(findings.iter().any(|f| f.flagged && finding_hit(f))),
        ..Outcome::default()
    };
    for (_, window) in run.windows().filter(|&w| !window_hit(w)) {
        outcome.other_windows += 1;
        outcome.other_flagged += u64::from(window.flagged);
    }
    let (hit, other): (Vec<_>, Vec<_>) =
        evalues::flagged(&run, config.alpha).into_iter().partition(|&window| window_hit(window));
    outcome.e_flagged = u64::from(!hit.is_empty());
    outcome.e_other_flagged = other.len() as u64;
    outcome
}

/// The `most` dearest windows of which no two overlap; of equal ones the earlier.
fn dearest_apart(mut windows: Vec<(usize, &WindowScore)>, most: usize) -> Vec<(usize, &WindowScore)> {
    windows.sort_by(|a, b| logs::content_bits(b.1).total_cmp(&logs::content_bits(a.1)));
    let events = |w: &WindowScore| -> Range<u64> { w.first_event..w.last_event + 1 };
    let mut taken: Vec<(usize, &WindowScore)> = Vec::new();
    for (stream, window) in windows {
        let overlaps = |&(other, taken): &(usize, &WindowScore)| {
            let (a, b) = (events(window), events(taken));
            other == stream && a.start < b.end && b.start < a.end
        };
        if !taken.iter().any(overlaps) {
            taken.push((stream, window));
        }
        if taken.len() == most {
            break;
        }
    }
    taken
}

fn report(logs: &[Log], outcomes: &[(usize, Kind, Option<Outcome>)], trials: usize) -> Report {
    let sum = |wanted: &dyn Fn(usize, Kind) -> bool| {
        let chosen = outcomes.iter().filter(|(host, kind, _)| wanted(*host, *kind));
        chosen.filter_map(|(_, _, outcome)| outcome.as_ref()).fold(Outcome::default(), Outcome::plus)
    };
    let mut report = Report::new("injection", "Foreign lines in real logs");
    report.say(format!(
        "{} logs, {trials} trials for each log and kind, a quarter of that for logs of very long lines; {STRETCH} events of the host, window 50, hop 10, the rest as \
         baseline. Each log is read by the product's own readers; a foreign event then takes the place and the time of \
         one of the host's, so that only what it says is foreign. 'Window' is the content lens's dearest window, 'finding' \
         the first of the engine's own list, 'by wording' the first of it that is an odd event or that the content lens \
         sees; 'of three' counts windows that do not overlap, and findings. 'By e-values' is what e-BH would flag.",
        logs.len()
    ));
    let header = [
        "injected",
        "trials",
        "window first",
        "window of three",
        "finding first",
        "first by wording",
        "finding of three",
        "flagged",
        "other windows flagged",
        "flagged by e-values",
        "other windows so",
    ];
    let mut kinds = Table::new("kinds", &header);
    for kind in KINDS {
        let o = sum(&|_, k| k == kind);
        kinds.row([
            Cell::Text(kind.name()),
            Cell::Count(o.trials),
            Cell::Share(o.best_window, o.trials),
            Cell::Share(o.three_windows, o.trials),
            Cell::Share(o.first_finding, o.trials),
            Cell::Share(o.first_worded, o.trials),
            Cell::Share(o.three_findings, o.trials),
            Cell::Share(o.flagged, o.trials),
            Cell::Share(o.other_flagged, o.other_windows),
            Cell::Share(o.e_flagged, o.trials),
            Cell::Share(o.e_other_flagged, o.other_windows),
        ]);
    }
    report.table(kinds);
    let names: Vec<String> = KINDS.iter().map(|kind| kind.name()).collect();
    let header: Vec<&str> =
        std::iter::once("window first, by host").chain(names.iter().map(String::as_str)).collect();
    let mut hosts = Table::new("hosts", &header);
    for (host, log) in logs.iter().enumerate() {
        let shares = KINDS.map(|kind| {
            let o = sum(&|h, k| h == host && k == kind);
            Cell::Share(o.best_window, o.trials)
        });
        hosts.row(std::iter::once(Cell::text(&log.name)).chain(shares));
    }
    report.table(hosts);
    for (lines, least) in [(1, 75.0), (5, 90.0)] {
        let o = sum(&|_, k| k == Kind::Burst(lines));
        let name = Kind::Burst(lines).name();
        report.at_least(format!("{name}, dearest window"), least, o.best_window, o.trials);
        report.at_least(format!("{name}, first of wording"), least, o.first_worded, o.trials);
    }
    report
}

/// Whether a finding tells of what events say: an odd event, or a change that the content lens sees.
fn is_of_words(finding: &Finding) -> bool {
    finding.grade == Grade::Odd || finding.explanation.lenses.contains(&cbad::Lens::Content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::{ByteRange, Event, Signal, StreamKey};
    use std::sync::Arc;

    fn log(name: &str, line: impl Fn(usize) -> String) -> Log {
        let key = Arc::new(StreamKey { signal: Signal::Log, service: None, name: name.to_owned() });
        let event = |index: usize| {
            let mut event = Event::new(line(index), ByteRange::default());
            event.time_nanos = Some(index as i64);
            (Arc::clone(&key), event)
        };
        Log { name: name.to_owned(), events: (0..1000).map(event).collect() }
    }

    #[test]
    fn a_foreign_line_in_a_plain_log_is_first() {
        let logs = [
            log("plain", |index| format!("request {} served", ["a", "b", "c"][index % 3])),
            log("other", |_| "segfault in module frobnicator at address".to_owned()),
        ];
        let outcome = one(&logs, 0, Kind::Burst(1), &Setup::default(), 0).expect("the other log is foreign");
        assert_eq!((outcome.best_window, outcome.first_worded, outcome.other_flagged), (1, 1, 0));
        assert!(outcome.other_windows > 90);
        assert!(one(&logs[..1], 0, Kind::Burst(1), &Setup::default(), 0).is_none());
    }

    #[test]
    fn a_sustained_injection_has_a_third_of_eight_lines() {
        let offsets = Kind::Sustained.offsets(&mut Draw::new(1, &[]));
        assert!((40..95).contains(&offsets.len()), "{}", offsets.len());
        assert!(offsets.iter().all(|&(host, line)| host < 200 && line == host % 8));
    }
}
