//! Injections at work: what each does to a request, a line or a reading, and what it has touched.

use std::collections::{BTreeSet, VecDeque};

use super::company::At;
use super::journeys::{MISS_SHARE, template};
use super::kinds::{Kind, Strength};
use super::metrics::{self, SERIES};
use super::numbers::Numbers;
use super::record::{Data, Line, Record};
use super::strange::{self, NEW_ERRORS, NewError};
use super::truth::{Signal, Stream};

/// Lines of a block that is written again, and the time between two copies.
const BLOCK_LINES: usize = 20;
const COPY_GAP_NANOS: i64 = 2_000_000_000;

/// What a fault acts on.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Service(At),
    /// Lines of the foreign system with this index, in the log of a service.
    Foreign(At, usize),
    /// By its index in [`NEW_ERRORS`].
    Error(usize),
    Template(At, &'static str),
    Operation(At, &'static str),
    Steps(At, &'static str, &'static str),
    /// By its index in [`SERIES`].
    Series(usize),
}

impl Target {
    pub(super) fn at(&self) -> At {
        match *self {
            Self::Service(at)
            | Self::Foreign(at, _)
            | Self::Template(at, _)
            | Self::Operation(at, _)
            | Self::Steps(at, ..) => at,
            Self::Error(index) => NEW_ERRORS[index].at,
            Self::Series(index) => SERIES[index].at,
        }
    }
}

/// An injection with its place.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) kind: Kind,
    pub(super) strength: Strength,
    pub(super) start_nanos: i64,
    pub(super) end_nanos: i64,
    pub(super) target: Target,
    /// For what it makes up.
    pub(super) numbers: Numbers,
    /// Chances to act so far.
    chances: u64,
    /// The last lines of its service, where it may repeat them.
    recent: VecDeque<Line>,
    pub(super) touched: Touched,
}

/// What a fault has made, changed or withheld.
#[derive(Clone, Debug, Default)]
pub(super) struct Touched {
    /// Records of its own stream.
    pub(super) events: u64,
    /// Time of the earliest and the latest of them.
    pub(super) times_nanos: Option<(i64, i64)>,
    /// Every stream that shows it.
    pub(super) streams: BTreeSet<Stream>,
}

impl Fault {
    pub(super) fn new(
        kind: Kind,
        strength: Strength,
        (start_nanos, end_nanos): (i64, i64),
        target: Target,
        numbers: Numbers,
    ) -> Self {
        Self {
            kind,
            strength,
            start_nanos,
            end_nanos,
            target,
            numbers,
            chances: 0,
            recent: VecDeque::new(),
            touched: Touched::default(),
        }
    }

    fn is_on(&self, time_nanos: i64) -> bool {
        (self.start_nanos..self.end_nanos).contains(&time_nanos)
    }

    /// How far it has come, from 0 to 1.
    fn progress(&self, time_nanos: i64) -> f64 {
        (time_nanos - self.start_nanos) as f64 / (self.end_nanos - self.start_nanos) as f64
    }

    /// True for the first chance and for every `n`th after it.
    fn is_turn(&mut self, n: u64) -> bool {
        self.chances += 1;
        (self.chances - 1).is_multiple_of(n)
    }

    /// The stream in which it is to be found.
    pub(super) fn stream(&self) -> Stream {
        let at = self.target.at();
        let (signal, name) = match (&self.target, self.kind) {
            (Target::Series(index), _) => (Signal::Metric, SERIES[*index].stream()),
            (Target::Operation(..), _) | (_, Kind::TokenBlowup) => (Signal::Span, "spans".to_owned()),
            _ => (Signal::Log, "logs".to_owned()),
        };
        Stream { signal, service: at.name(), name }
    }

    fn touch(&mut self, record: &Record) {
        let stream = Stream::of(record);
        if stream == self.stream() {
            let time = record.time_nanos;
            let (first, last) = self.touched.times_nanos.unwrap_or((time, time));
            self.touched.times_nanos = Some((first.min(time), last.max(time)));
            self.touched.events += 1;
        }
        if matches!(record.data, Data::Span(_)) {
            self.touched.streams.extend(metrics::fed_by_spans(record.at));
        }
        self.touched.streams.insert(stream);
    }
}

/// Every fault of a capture.
pub(super) struct Faults(pub(super) Vec<Fault>);

impl Faults {
    fn on(&mut self, kind: Kind, time_nanos: i64) -> impl Iterator<Item = (usize, &mut Fault)> {
        let all = self.0.iter_mut().enumerate();
        all.filter(move |(_, fault)| fault.kind == kind && fault.is_on(time_nanos))
    }

    /// The generator of a fault's own text.
    pub(super) fn effect(&mut self, fault: usize) -> &mut Numbers {
        &mut self.0[fault].numbers
    }

    /// How much longer an operation takes.
    pub(super) fn latency(&mut self, at: At, operation: &str, time_nanos: i64) -> Option<(usize, f64)> {
        let mut slow = self.on(Kind::LatencyShift, time_nanos);
        slow.find(|(_, fault)| matches!(fault.target, Target::Operation(a, o) if a == at && o == operation))
            .map(|(index, fault)| (index, fault.strength.of([1.5, 3.0, 8.0])))
    }

    /// Whether this request of the service fails in a new way.
    pub(super) fn new_error(&mut self, at: At, time_nanos: i64) -> Option<(usize, &'static NewError)> {
        for (index, fault) in self.on(Kind::NewError, time_nanos) {
            if let Target::Error(error) = fault.target
                && NEW_ERRORS[error].at == at
                && fault.is_turn(fault.strength.of([20, 5, 2]))
            {
                return Some((index, &NEW_ERRORS[error]));
            }
        }
        None
    }

    /// The share of cache misses, and what raises it.
    pub(super) fn miss_share(&mut self, time_nanos: i64) -> (f64, Option<usize>) {
        let drift = self.on(Kind::GradualDrift, time_nanos).next();
        drift.map_or((MISS_SHARE, None), |(index, fault)| {
            let last = fault.strength.of([0.35, 0.55, 0.85]);
            (MISS_SHARE + (last - MISS_SHARE) * fault.progress(time_nanos), Some(index))
        })
    }

    /// How many times as many tokens a call uses.
    pub(super) fn tokens(&mut self, time_nanos: i64) -> Option<(usize, u64)> {
        let blowup = self.on(Kind::TokenBlowup, time_nanos).next();
        blowup.map(|(index, fault)| (index, fault.strength.of([2, 4, 10])))
    }

    /// Swaps two steps of a finished request, where it is its turn.
    pub(super) fn reorder(&mut self, records: &mut [Record], time_nanos: i64) {
        for (index, fault) in self.on(Kind::ReorderedSteps, time_nanos) {
            let Target::Steps(at, first, second) = fault.target else { continue };
            let find = |wanted: &str| {
                records.iter().position(|record| {
                    record.at == at && matches!(&record.data, Data::Line(line) if line.template == wanted)
                })
            };
            if let (Some(first), Some(second)) = (find(first), find(second))
                && fault.is_turn(fault.strength.of([4, 2, 1]))
            {
                let time = records[first].time_nanos;
                records[first].time_nanos = records[second].time_nanos;
                records[second].time_nanos = time;
                records[first].by = Some(index);
                records[second].by = Some(index);
            }
        }
    }

    /// What a gauge reads instead of `mean + noise`, and the fault that did it.
    pub(super) fn gauge(
        &mut self,
        series: usize,
        time_nanos: i64,
        (mean, noise, deviation): (f64, f64, f64),
        last: f64,
    ) -> (f64, Option<usize>) {
        let (mut value, mut by) = (mean + noise, None);
        let faults = self.0.iter_mut().enumerate();
        for (index, fault) in faults.filter(|(_, fault)| fault.is_on(time_nanos)) {
            if !matches!(fault.target, Target::Series(own) if own == series) {
                continue;
            }
            by = Some(index);
            match fault.kind {
                Kind::LevelShift => value += fault.strength.of([2.0, 4.0, 8.0]) * deviation,
                Kind::Spike => value += fault.strength.of([6.0, 12.0, 25.0]) * deviation,
                Kind::Variance => value += (fault.strength.of([2.0, 4.0, 8.0]) - 1.0) * noise,
                Kind::SlowLeak => {
                    let height = metrics::saw_height(series);
                    value += fault.strength.of([1.0, 2.0, 4.0]) * height * fault.progress(time_nanos);
                }
                Kind::FlatLine => value = last,
                _ => by = None,
            }
        }
        (value, by)
    }

    /// Lines that a fault writes by itself when it begins.
    pub(super) fn begin(&mut self, index: usize) -> Vec<Record> {
        let fault = &mut self.0[index];
        let at = fault.target.at();
        let start = fault.start_nanos;
        let record = |time_nanos, line| Record { time_nanos, at, data: Data::Line(line), by: Some(index) };
        match (fault.kind, &fault.target) {
            (Kind::ForeignBurst, Target::Foreign(_, system)) => {
                let foreign = &strange::FOREIGN[*system];
                let lines: i64 = fault.strength.of([3, 10, 30]);
                let numbers = &mut fault.numbers;
                let line = |n| {
                    let line = Line {
                        level: super::record::Level::Info,
                        template: "foreign",
                        body: (foreign.body)(numbers),
                        attributes: Vec::new(),
                        span: None,
                    };
                    record(start + n * 500_000_000 + numbers.below(400_000_000) as i64, line)
                };
                (0..lines).map(line).collect()
            }
            (Kind::DuplicatedBlock, _) => {
                let copies = fault.strength.of([1, 4, 12]);
                let step = COPY_GAP_NANOS / 2 / BLOCK_LINES as i64;
                let lines = (0..copies).flat_map(|copy| fault.recent.iter().zip(0..).map(move |l| (copy, l)));
                lines
                    .map(|(copy, (line, n))| record(start + copy * COPY_GAP_NANOS + n * step, line.clone()))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Passes a record on, changed or not, or withholds it; and remembers what was touched.
    pub(super) fn pass(&mut self, mut record: Record) -> Option<Record> {
        let time = record.time_nanos;
        let mut withheld = false;
        for (index, fault) in self.0.iter_mut().enumerate() {
            let at = fault.target.at();
            if at != record.at || record.by == Some(index) {
                continue;
            }
            let is_on = fault.is_on(time);
            match (fault.kind, &mut record.data) {
                (Kind::Silence, _) if is_on => withheld = true,
                (Kind::MissingKind, Data::Line(line)) if is_on => {
                    let is_it =
                        matches!(fault.target, Target::Template(_, template) if template == line.template);
                    if !(is_it && fault.is_turn(fault.strength.of([2, 1, 1]))) {
                        continue;
                    }
                    withheld = true;
                }
                (Kind::Corruption, Data::Line(line)) if is_on => {
                    if !fault.is_turn(fault.strength.of([20, 5, 2])) {
                        continue;
                    }
                    line.body = strange::damage(&line.body, &mut fault.numbers);
                }
                (Kind::DuplicatedBlock, Data::Line(line)) if time < fault.start_nanos => {
                    if fault.recent.len() == BLOCK_LINES {
                        fault.recent.pop_front();
                    }
                    fault.recent.push_back(line.clone());
                    continue;
                }
                _ => continue,
            }
            fault.touch(&record);
        }
        if withheld {
            return None;
        }
        if let Some(by) = record.by {
            self.0[by].touch(&record);
        }
        Some(record)
    }
}

/// What an explanation of a fault should name one of.
pub(super) fn names(fault: &Fault) -> Vec<String> {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let words = |texts: &[&str]| {
        let words = texts.iter().flat_map(|text| text.split(' ')).filter(|word| word.len() > 3);
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    match (fault.kind, &fault.target) {
        (_, Target::Foreign(_, system)) => owned(strange::FOREIGN[*system].names),
        (_, Target::Error(error)) => owned(NEW_ERRORS[*error].names),
        (_, Target::Template(_, template)) => words(&[template]),
        (_, Target::Operation(_, name)) => owned(&[name, "duration"]),
        (_, Target::Steps(_, first, second)) => words(&[first, second]),
        (_, Target::Series(series)) => vec![SERIES[*series].metric.to_owned(), "value".to_owned()],
        (Kind::GradualDrift, _) => words(&[template::CACHE_MISS, template::CACHE_HIT]),
        (Kind::Corruption, _) => vec![strange::REPLACEMENT.to_string()],
        (Kind::TokenBlowup, _) => owned(&[
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.cost",
            "duration",
        ]),
        // The rate of events has no name in the data.
        (_, Target::Service(at)) => owned(&[at.name(), "events", "rate"]),
    }
}
