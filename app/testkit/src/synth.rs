//! A small company's telemetry, made up: eight services that call one another, and labelled faults in them.
//!
//! Logs, spans (calls to a language model among them) and metrics, as OTLP JSON lines in time order. Customers arrive as
//! a Poisson process and go from page to page; each page is a request through several services with its own lines and
//! spans. The same company gives the same bytes on every machine: the generator is `ChaCha20`, and mathematical functions
//! come from `libm`. Each part draws from a generator of its own, so that a capture with an injection is the capture
//! without it but for what the injection touches.
//!
//! ```
//! use testkit::synth::{Company, Injection, Kind};
//!
//! let company = Company { minutes: 2, injections: vec![Injection::new(Kind::Silence)], ..Company::new(7) };
//! let mut capture = Vec::new();
//! let written = company.plan()?.write(&mut capture)?;
//! assert_eq!(written.truth[0].kind, Kind::Silence);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod assistant;
mod background;
mod company;
mod faults;
mod journeys;
mod kinds;
mod metrics;
mod numbers;
mod otlp;
mod record;
mod request;
mod run;
mod strange;
#[cfg(test)]
mod tests;
mod truth;

use std::io::{self, Write};

pub use kinds::{Injection, InjectionError, Kind, Lens, Strength};
pub use truth::{Signal, Stream, Truth};

use company::At;
use faults::{Fault, Target};
use numbers::{Numbers, Part};
use strange::{FOREIGN, LOGGING, MISSABLE, NEW_ERRORS, SLOWABLE, STEPS};

const SECOND: i64 = 1_000_000_000;

/// 2026-03-02 08:00:00 UTC, a Monday: the first moment of every capture.
pub const START_NANOS: i64 = 1_772_438_400 * SECOND;

/// Longest capture, a year.
const MOST_MINUTES: u32 = 366 * 24 * 60;
/// Most requests a second.
const MOST_RATE: f64 = 10_000.0;

/// What to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Company {
    /// Decides every random choice.
    pub seed: u64,
    /// Length of the capture.
    pub minutes: u32,
    /// Requests of customers a second, in the mean over a day.
    pub rate: f64,
    /// Seconds between two readings of a metric.
    pub scrape_seconds: u32,
    /// How many times as often as usual the assistant is asked.
    pub assistant_factor: u32,
    /// What goes wrong.
    pub injections: Vec<Injection>,
}

/// A company that cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// Too short or too long.
    #[error("{minutes} minutes cannot be made; ask for 1 to {most} minutes")]
    Minutes {
        /// What was asked for.
        minutes: u32,
        /// The longest.
        most: u32,
    },
    /// Too few or too many requests.
    #[error("{rate} requests a second cannot be made; ask for more than 0 and at most {most}")]
    Rate {
        /// What was asked for.
        rate: f64,
        /// The highest.
        most: f64,
    },
    /// No time between readings.
    #[error("metrics cannot be read every {seconds} s; ask for 1 to 3600 s")]
    Scrape {
        /// What was asked for.
        seconds: u32,
    },
    /// An injection after the end.
    #[error(
        "{kind} at {offset_seconds} s is beyond the capture, which is {minutes} min long; choose an earlier offset or more minutes"
    )]
    Beyond {
        /// What was to be injected.
        kind: Kind,
        /// Where.
        offset_seconds: u64,
        /// Length of the capture.
        minutes: u32,
    },
}

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// Every injection, in the order in which they were asked for.
    pub truth: Vec<Truth>,
    /// Log records.
    pub logs: u64,
    /// Spans.
    pub spans: u64,
    /// Metric data points.
    pub points: u64,
    /// Bytes, uncompressed.
    pub bytes: u64,
}

impl Written {
    /// Records of all signals.
    pub fn records(&self) -> u64 {
        self.logs + self.spans + self.points
    }
}

/// A company with every injection at its place, ready to be written.
pub struct Plan {
    company: Company,
    end_nanos: i64,
    faults: Vec<Fault>,
}

impl Company {
    /// Thirty quiet minutes at four requests a second, metrics every ten seconds.
    pub const fn new(seed: u64) -> Self {
        Self { seed, minutes: 30, rate: 4.0, scrape_seconds: 10, assistant_factor: 1, injections: Vec::new() }
    }

    /// A small capture with exactly one injection, for benchmarks of hundreds: 20,000 to 60,000 events, and the stream
    /// in which the injection is to be found has at least 1,500 of them, thirty windows of fifty.
    pub fn trial(kind: Kind, strength: Strength, seed: u64) -> Self {
        let injections = vec![Injection { strength, ..Injection::new(kind) }];
        let quiet = Self { injections, scrape_seconds: 60, minutes: 25, ..Self::new(seed) };
        match kind {
            // Readings every two seconds, and few requests.
            _ if kind.is_of_metrics() => Self { minutes: 52, rate: 0.3, scrape_seconds: 2, ..quiet },
            Kind::TokenBlowup => Self { assistant_factor: 8, rate: 1.5, ..quiet },
            _ => Self { rate: 3.0, ..quiet },
        }
    }

    /// Finds a place for every injection.
    pub fn plan(&self) -> Result<Plan, PlanError> {
        if !(1..=MOST_MINUTES).contains(&self.minutes) {
            return Err(PlanError::Minutes { minutes: self.minutes, most: MOST_MINUTES });
        }
        if !(self.rate > 0.0 && self.rate <= MOST_RATE) {
            return Err(PlanError::Rate { rate: self.rate, most: MOST_RATE });
        }
        if !(1..=3600).contains(&self.scrape_seconds) {
            return Err(PlanError::Scrape { seconds: self.scrape_seconds });
        }
        let faults = self.injections.iter().zip(0..);
        let faults =
            faults.map(|(&injection, index)| self.fault(injection, index)).collect::<Result<_, _>>()?;
        Ok(Plan { company: self.clone(), end_nanos: START_NANOS + self.length_nanos(), faults })
    }

    fn length_nanos(&self) -> i64 {
        i64::from(self.minutes) * 60 * SECOND
    }

    fn fault(&self, injection: Injection, index: u64) -> Result<Fault, PlanError> {
        let Injection { kind, strength, offset_seconds } = injection;
        // By its kind too: several captures of one seed are not to have all their faults in one place.
        let part = 1000 * (kind as u64) + index;
        let mut numbers = Numbers::of(self.seed, Part::Place, part);
        let length = self.length_nanos();
        let lasts = self.lasts(kind, strength);
        // Drawn even where it is given, so that the target does not depend on it.
        let seeded = self.place(kind, lasts, &mut numbers);
        let offset = match offset_seconds {
            None => seeded,
            Some(offset_seconds) => i64::try_from(offset_seconds)
                .ok()
                .and_then(|seconds| seconds.checked_mul(SECOND))
                .filter(|&nanos| nanos < length)
                .ok_or(PlanError::Beyond { kind, offset_seconds, minutes: self.minutes })?,
        };
        let end = (offset + lasts).min(length);
        let target = target(kind, &mut numbers);
        let effect = Numbers::of(self.seed, Part::Effect, part);
        Ok(Fault::new(kind, strength, (START_NANOS + offset, START_NANOS + end), target, effect))
    }

    /// How long an injection lasts; see [`Kind`].
    fn lasts(&self, kind: Kind, strength: Strength) -> i64 {
        let length = self.length_nanos();
        let readings = |n: i64| n * i64::from(self.scrape_seconds) * SECOND;
        let lasts = match kind {
            Kind::SlowLeak => return length / 4,
            Kind::GradualDrift => return length / 3,
            Kind::Spike => return readings(3),
            Kind::FlatLine => return readings(strength.of([15, 40, 100])).min(length / 2),
            Kind::LevelShift | Kind::Variance => (120 * SECOND).max(readings(40)),
            Kind::MissingKind => strength.of([120, 120, 300]) * SECOND,
            Kind::RateSpike => 60 * SECOND,
            Kind::Silence => strength.of([20, 60, 180]) * SECOND,
            Kind::TokenBlowup => 300 * SECOND,
            Kind::ForeignBurst | Kind::DuplicatedBlock => 30 * SECOND,
            Kind::NewError | Kind::LatencyShift | Kind::ReorderedSteps | Kind::Corruption => 120 * SECOND,
        };
        lasts.min(length / 8)
    }

    /// Somewhere after the first third of the capture, and before its last tenth; a drift goes on to the end.
    fn place(&self, kind: Kind, lasts: i64, numbers: &mut Numbers) -> i64 {
        let length = self.length_nanos();
        let first = if kind == Kind::GradualDrift { length - lasts } else { length / 3 };
        let last = (length * 9 / 10 - lasts).max(first);
        // Whole seconds, as a person would write the offset.
        numbers.between((first / SECOND) as u64, (last / SECOND) as u64) as i64 * SECOND
    }
}

/// What an injection acts on, chosen by the seed.
fn target(kind: Kind, numbers: &mut Numbers) -> Target {
    match kind {
        Kind::ForeignBurst => {
            Target::Foreign(*numbers.pick(&LOGGING), numbers.below(FOREIGN.len() as u64) as usize)
        }
        Kind::NewError => Target::Error(numbers.below(NEW_ERRORS.len() as u64) as usize),
        Kind::MissingKind => {
            let &(at, template) = numbers.pick(&MISSABLE);
            Target::Template(at, template)
        }
        Kind::LatencyShift => {
            let &(at, operation) = numbers.pick(&SLOWABLE);
            Target::Operation(at, operation)
        }
        Kind::ReorderedSteps => {
            let &(at, first, second) = numbers.pick(&STEPS);
            Target::Steps(at, first, second)
        }
        Kind::SlowLeak => Target::Series(*numbers.pick(&metrics::gauges(true))),
        Kind::LevelShift | Kind::Spike | Kind::FlatLine | Kind::Variance => {
            Target::Series(*numbers.pick(&metrics::gauges(false)))
        }
        Kind::Silence | Kind::DuplicatedBlock | Kind::Corruption => Target::Service(*numbers.pick(&LOGGING)),
        Kind::RateSpike => Target::Service(At::Gateway),
        Kind::GradualDrift => Target::Service(At::Catalog),
        Kind::TokenBlowup => Target::Service(At::Assistant),
    }
}

impl Plan {
    /// One past the last moment of the capture.
    pub const fn end_nanos(&self) -> i64 {
        self.end_nanos
    }

    /// Writes the capture. Memory does not grow with its length.
    pub fn write(self, out: &mut impl Write) -> io::Result<Written> {
        run::write(self, out)
    }
}
