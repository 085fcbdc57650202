//! Made-up streams in which something changes for long, or for good, and such in which nothing does: is it found, where, and named?

use crate::draw::Draw;
use crate::logs::{self, Placed};
use crate::table::{Cell, Report, Table, interval_cell};
use crate::{Setup, progress};
use cbad::{ByteRange, Config, Event, Finding, Measure, Signal, StreamKey};
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;

/// Events of one stream.
const EVENTS: usize = 4_000;

/// Streams of each change, way and temper, and for each where nothing changes so many times as many, unless asked otherwise.
const TRIALS: usize = 20;
const UNCHANGED: usize = 10;

/// What a finding and the change have in common, as a part of both together, from which on it is found where it is.
const WHERE_IT_IS: f64 = 0.8;

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    New,
    Rare,
    Doubled,
    Halved,
    Missing,
    Slower,
    Gauge,
}

const CHANGES: [Change; 7] = [
    Change::New,
    Change::Rare,
    Change::Doubled,
    Change::Halved,
    Change::Missing,
    Change::Slower,
    Change::Gauge,
];

impl Change {
    const fn name(self) -> &'static str {
        match self {
            Self::New => "a new kind, 5 % of the lines",
            Self::Rare => "a new kind, 1 % of the lines",
            Self::Doubled => "a kind comes twice as often",
            Self::Halved => "a kind comes half as often",
            Self::Missing => "a kind of 6 % is missing",
            Self::Slower => "durations are half as long again",
            Self::Gauge => "a metric is higher by two of its spreads",
        }
    }

    /// What its finding has to name.
    const fn names(self) -> &'static str {
        match self {
            Self::New | Self::Rare => "refused",
            Self::Doubled | Self::Halved => "cache",
            Self::Missing => "finished",
            Self::Slower => "took",
            Self::Gauge => "higher",
        }
    }
}

/// How a stream is without a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Temper {
    /// Every line by the same odds.
    Steady,
    /// The odds wander: each kind has its own way, and is forgotten after some 500 lines.
    Restless,
}

const TEMPERS: [Temper; 2] = [Temper::Steady, Temper::Restless];

impl Temper {
    const fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Restless => "restless",
        }
    }
}

/// One kind of line: its text before and after a number, its weight, and whether the number is a duration.
const KINDS: [(&str, &str, f64, bool); 9] = [
    ("INFO shop: request served path=/api/orders status=200 took ", "ms", 30.0, true),
    ("INFO shop: request served path=/api/items status=200 took ", "ms", 25.0, true),
    ("DEBUG shop: cache hit key=user:", "", 15.0, false),
    ("DEBUG shop: page rendered for visitor ", "", 5.0, false),
    ("INFO shop: session opened for user ", "", 6.0, false),
    ("INFO shop: session closed for user ", "", 6.0, false),
    ("WARN shop: slow query took ", "ms", 1.0, true),
    ("INFO shop: job ", " enqueued", 6.0, false),
    ("INFO shop: job ", " finished", 6.0, false),
];
const CACHE: usize = 2;
const FINISHED: usize = 8;

/// Lines for which odds stay as they are, how much of what they are off is left after them, and how much comes.
const STAYS: usize = 50;
const LEFT: f64 = 0.9;
const COMES: f64 = 0.25;

/// What is made up.
#[derive(Clone, Debug)]
struct Made {
    change: Option<Change>,
    /// Whether it is a metric and no log.
    is_metric: bool,
    temper: Temper,
    /// The events that it changes.
    changed: Range<usize>,
}

/// A number about 0 with a spread of 1: the sum of twelve lots.
fn normal(draw: &mut Draw) -> f64 {
    (0..12).map(|_| draw.unit()).sum::<f64>() - 6.0
}

/// The values of a metric, one a second.
fn values(made: &Made, draw: &mut Draw) -> Vec<Event> {
    let mut off = 0.0;
    let mut event = |position: usize| {
        if made.temper == Temper::Restless && position.is_multiple_of(STAYS) {
            off = off * LEFT + COMES * normal(draw);
        }
        let is_changed = made.change.is_some() && made.changed.contains(&position);
        let value = 100.0 + 4.0 * (normal(draw) + off) + if is_changed { 8.0 } else { 0.0 };
        let mut event = Event::new(Vec::new(), ByteRange { offset: position as u64, length: 1 });
        event.time_nanos = Some(1_700_000_000_000_000_000 + position as i64 * 1_000_000_000);
        event.measure = Some(Measure::Gauge(value));
        event
    };
    (0..EVENTS).map(&mut event).collect()
}

fn events(made: &Made, draw: &mut Draw) -> Vec<Event> {
    if made.is_metric {
        return values(made, draw);
    }
    let mut off = [0.0_f64; KINDS.len()];
    let mut nanos = 1_700_000_000_000_000_000_i64;
    let mut event = |position: usize| {
        if made.temper == Temper::Restless && position.is_multiple_of(STAYS) {
            for off in &mut off {
                *off = *off * LEFT + COMES * normal(draw);
            }
        }
        let change = made.change.filter(|_| made.changed.contains(&position));
        let weight = |kind: usize| {
            let factor = match change {
                Some(Change::Doubled) if kind == CACHE => 2.0,
                Some(Change::Halved) if kind == CACHE => 0.5,
                Some(Change::Missing) if kind == FINISHED => 0.0,
                _ => 1.0,
            };
            KINDS[kind].2 * factor * off[kind].exp()
        };
        let all: f64 = (0..KINDS.len()).map(weight).sum();
        let mut left = draw.unit() * all;
        let kind = (0..KINDS.len() - 1).find(|&kind| {
            left -= weight(kind);
            left < 0.0
        });
        let (before, after, _, is_duration) = KINDS[kind.unwrap_or(KINDS.len() - 1)];
        let times = if change == Some(Change::Slower) { 1.5 } else { 1.0 };
        let number = if is_duration {
            (30.0 * (normal(draw) * 0.5).exp() * times) as u64
        } else {
            draw.next() % 90_000
        };
        let is_new = match change {
            Some(Change::New) => draw.unit() < 0.05,
            Some(Change::Rare) => draw.unit() < 0.01,
            _ => false,
        };
        let body = if is_new {
            format!("ERROR shop: connection to db-primary refused, attempt {}", 1 + draw.below(3))
        } else {
            format!("{before}{number}{after}")
        };
        nanos += (-draw.unit().max(1e-9).ln() * 3e8) as i64;
        let mut event = Event::new(body, ByteRange { offset: position as u64, length: 1 });
        event.time_nanos = Some(nanos);
        event
    };
    (0..EVENTS).map(&mut event).collect()
}

/// What came of one stream.
struct Outcome {
    made: Made,
    /// Whether anything lasting is told.
    told: bool,
    /// Whether it is found where it is, be it by its windows.
    there: bool,
    /// Whether the first of the run is it, and says what changed.
    named: bool,
}

/// Changes that last, and streams without one.
#[expect(clippy::unnecessary_wraps, reason = "every part has this form")]
pub(crate) fn run(setup: &Setup) -> anyhow::Result<Report> {
    let trials = setup.trials(TRIALS);
    let mut jobs = Vec::new();
    for temper in TEMPERS {
        for change in CHANGES {
            // Half of them end again, half stay.
            let is_metric = change == Change::Gauge;
            jobs.extend((0..2 * trials).map(|trial| (Some(change), is_metric, temper, trial)));
        }
        for is_metric in [false, true] {
            jobs.extend((0..UNCHANGED * trials).map(|trial| (None, is_metric, temper, trial)));
        }
    }
    let ticks = progress("lasting", jobs.len());
    let outcomes: Vec<Outcome> = jobs
        .into_par_iter()
        .map(|(change, is_metric, temper, trial)| {
            let outcome = one(setup, change, is_metric, temper, trial);
            ticks.tick();
            outcome
        })
        .collect();
    Ok(report(&outcomes, trials))
}

fn one(setup: &Setup, change: Option<Change>, is_metric: bool, temper: Temper, trial: usize) -> Outcome {
    let which = change.map_or(u64::from(is_metric) * 100, |change| change as u64 + 1);
    let mut draw = Draw::new(setup.seed, &[which, temper as u64, trial as u64]);
    let stays = trial.is_multiple_of(2);
    let begins = 0.25 + 0.35 * draw.unit();
    let ends = if stays { 1.0 } else { begins + 0.15 + 0.2 * draw.unit() };
    let at = |share: f64| (share * EVENTS as f64) as usize;
    let made = Made { change, is_metric, temper, changed: at(begins)..at(ends) };
    let events = events(&made, &mut draw);
    let signal = if is_metric { Signal::Metric } else { Signal::Log };
    let key = StreamKey { signal, service: None, name: "shop".to_owned() };
    let pieces: Vec<Placed<'_>> =
        events.iter().map(|event| Placed { key: &key, event: Cow::Borrowed(event) }).collect();
    let run = logs::analyze(&pieces, &Config { lenses: setup.lenses.clone(), ..Config::default() });
    let findings = &run.result.findings;
    setup.tell(&format!("{change:?}, {temper:?}, {:?}", made.changed), findings);
    let flagged = |finding: &&Finding| finding.flagged;
    let is_there = |finding: &Finding| overlap(finding, &made.changed) >= WHERE_IT_IS;
    let there = findings.iter().filter(flagged).any(is_there);
    let first = findings.first().filter(flagged).filter(|finding| is_there(finding));
    let says = |finding: &Finding| {
        change.is_some_and(|change| finding.explanation.sentence.contains(change.names()))
    };
    Outcome {
        told: findings.iter().any(|finding| finding.lasting.is_some()),
        there,
        named: first.is_some_and(says),
        made,
    }
}

fn overlap(finding: &Finding, changed: &Range<usize>) -> f64 {
    let own = finding.first_event as usize..finding.last_event as usize + 1;
    let common = own.end.min(changed.end).saturating_sub(own.start.max(changed.start));
    common as f64 / (own.len() + changed.len() - common).max(1) as f64
}

fn report(outcomes: &[Outcome], trials: usize) -> Report {
    let count = |wanted: &dyn Fn(&Made) -> bool, is: fn(&Outcome) -> bool| {
        let chosen: Vec<&Outcome> = outcomes.iter().filter(|outcome| wanted(&outcome.made)).collect();
        (chosen.iter().filter(|outcome| is(outcome)).count() as u64, chosen.len() as u64)
    };
    let mut report = Report::new("lasting", "Changes that last");
    report.say(format!(
        "Made-up streams of {EVENTS} lines of nine kinds, {} for each change and temper, half of which stay to the end and half of which \
         last for 15 to 35 % of the stream; without a change {} for each temper. Told: a change that lasts is. There: where it is, by {WHERE_IT_IS} of \
         both together, be it found as a change that lasts or by its windows. Named: it is the first finding, and names what changed.",
        2 * trials,
        UNCHANGED * trials,
    ));
    let mut table = Table::new("changes", &["change", "temper", "told", "there", "named"]);
    for change in CHANGES {
        for temper in TEMPERS {
            let of = |is: fn(&Outcome) -> bool| {
                let (hits, of) = count(&|made| made.change == Some(change) && made.temper == temper, is);
                Cell::Share(hits, of)
            };
            let cells = [of(|o| o.told), of(|o| o.there), of(|o| o.named)];
            table.row([Cell::text(change.name()), Cell::text(temper.name())].into_iter().chain(cells));
        }
    }
    report.table(table);
    let unchanged = |is_metric: bool, temper: Temper| {
        move |made: &Made| made.change.is_none() && made.is_metric == is_metric && made.temper == temper
    };
    let stream = |is_metric: bool| if is_metric { "metric" } else { "log" };
    let mut table = Table::new("unchanged", &["stream", "temper", "told", "95 % interval"]);
    for is_metric in [false, true] {
        for temper in TEMPERS {
            let (hits, of) = count(&unchanged(is_metric, temper), |o| o.told);
            let share = [Cell::Share(hits, of), interval_cell(hits, of)];
            table.row([Cell::text(stream(is_metric)), Cell::text(temper.name())].into_iter().chain(share));
        }
    }
    report.table(table);
    let is_changed = |temper: Temper| move |made: &Made| made.change.is_some() && made.temper == temper;
    let (hits, of) = count(&is_changed(Temper::Steady), |o| o.there);
    report.at_least("found where they are, steady streams", 80.0, hits, of);
    let (hits, of) = count(&is_changed(Temper::Steady), |o| o.named);
    report.at_least("first and named, steady streams", 80.0, hits, of);
    for is_metric in [false, true] {
        for temper in TEMPERS {
            let (hits, of) = count(&unchanged(is_metric, temper), |o| o.told);
            let what = format!("told where nothing changes, {} {}s", temper.name(), stream(is_metric));
            report.at_most(what, 5.0, hits, of);
        }
    }
    report
}
