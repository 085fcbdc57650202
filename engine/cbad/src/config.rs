//! Everything that decides a result, but the events themselves.

use serde::{Deserialize, Serialize};

use crate::event::{Signal, StreamKey};
use crate::result::{Finding, Lens};
use crate::words::rfc3339;

/// Version of the engine's arithmetic. It changes whenever the same input could give other numbers.
pub const ENGINE_VERSION: &str = concat!("cbad ", env!("CARGO_PKG_VERSION"));

/// What a window is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Baseline {
    /// Every event of the stream outside the window: the strongest choice when the whole capture is there.
    Rest,
    /// The `events` events just before the window.
    Trailing {
        /// How many.
        events: u32,
    },
    /// Events with `start_nanos <= time < end_nanos`, marked by the investigator as good.
    Times {
        /// First instant, nanoseconds UTC.
        start_nanos: i64,
        /// One past the last instant, nanoseconds UTC.
        end_nanos: i64,
    },
    /// Events at positions `first..end` of each stream, marked as good.
    Events {
        /// First position, from 0.
        first: u64,
        /// One past the last position.
        end: u64,
    },
    /// Events of the same hour on other days, or in other weeks: for captures with a rhythm, of three periods or more.
    Season {
        /// What comes round.
        period: Period,
    },
    /// The events of a saved baseline: another capture, whose streams of the same key are compared with.
    Anchor {
        /// SHA-256 of what the anchor holds, as lower-case hexadecimal digits.
        sha256: String,
        /// Name of its file, for people; nothing is decided by it.
        file_name: String,
    },
}

/// A rhythm that telemetry has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// 24 hours.
    Day,
    /// Seven days.
    Week,
}

impl std::fmt::Display for Baseline {
    /// As the command line takes it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rest => f.write_str("rest"),
            Self::Trailing { events } => write!(f, "trailing:{events}"),
            Self::Times { start_nanos, end_nanos } => {
                write!(f, "range:{}..{}", rfc3339(*start_nanos), rfc3339(*end_nanos))
            }
            Self::Events { first, end } => write!(f, "range:{first}..{end}"),
            Self::Season { period: Period::Day } => f.write_str("season:day"),
            Self::Season { period: Period::Week } => f.write_str("season:week"),
            Self::Anchor { file_name, .. } => write!(f, "anchor:{file_name}"),
        }
    }
}

impl Config {
    /// The configuration by which what is asked of a finding later is compared: what lasts is in no baseline, its own included.
    #[must_use]
    pub fn asked_of(mut self, finding: &Finding, stream: &StreamKey) -> Self {
        if finding.lasting.is_some() {
            let Finding { first_event, last_event, .. } = *finding;
            self.confirmed.push(Stretch { stream: stream.label(), first_event, last_event });
        }
        self
    }

    /// The options that make this configuration on the command line, each with its value.
    pub fn options(&self) -> Vec<(&'static str, String)> {
        let mut options = vec![("--baseline", self.baseline.to_string())];
        options.extend(self.window.map(|window| ("--window", window.to_string())));
        options.extend(self.hop.map(|hop| ("--hop", hop.to_string())));
        if self.lenses != Lens::ALL {
            let names: Vec<&str> = self.lenses.iter().map(|lens| lens.name()).collect();
            options.push(("--lenses", names.join(",")));
        }
        if !has_all_signals(&self.signals) {
            let names: Vec<&str> = self.signals.iter().map(|signal| signal.name()).collect();
            options.push(("--signals", names.join(",")));
        }
        options.push(("--seed", self.seed.to_string()));
        options.push(("--alpha", self.alpha.to_string()));
        options.extend(self.false_alarms.map(|rate| ("--false-alarms", rate.to_string())));
        options.extend(self.dismissed.iter().map(|stretch| ("--dismiss", stretch.to_string())));
        options.extend(self.confirmed.iter().map(|stretch| ("--confirm", stretch.to_string())));
        options.extend(self.clocks.iter().map(|clock| ("--clock", clock.to_string())));
        options
    }
}

/// The configuration of a run. The same events, configuration and engine version give the same bytes of result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// What a window is compared with.
    pub baseline: Baseline,
    /// Events a window; `None` chooses by the length of the stream.
    pub window: Option<u32>,
    /// Events from one window's start to the next; `None` chooses by the window.
    pub hop: Option<u32>,
    /// Seed of every random choice.
    pub seed: u64,
    /// False discovery rate that the flags are held to.
    pub alpha: f64,
    /// Most permutations a candidate may use.
    pub permutations: u32,
    /// Lenses that take part, in any order; every window is looked at through each.
    #[serde(default = "all_lenses")]
    pub lenses: Vec<Lens>,
    /// Signals whose streams are analysed, in the order of [`Signal::ALL`]; those of the others have no windows.
    #[serde(default = "all_signals", skip_serializing_if = "has_all_signals")]
    pub signals: Vec<Signal>,
    /// Share of ordinary windows that may be flagged. Where it is given, a window is flagged by its own p, corrected for
    /// its lenses alone, and not by the false discovery rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub false_alarms: Option<f64>,
    /// Stretches that are ordinary: part of every baseline, never flagged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dismissed: Vec<Stretch>,
    /// Stretches that are incidents: part of no baseline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<Stretch>,
    /// What was added to the times of events before the engine saw them, by capture and service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clocks: Vec<Clock>,
}

/// The clock of a source, corrected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Clock {
    /// SHA-256 of the capture, lower-case hex.
    pub capture: String,
    /// The service in it; without one, all of its services that have no correction of their own.
    pub service: Option<String>,
    /// What is added to its times.
    pub offset_nanos: i64,
}

impl std::fmt::Display for Clock {
    /// As the command line takes it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.capture)?;
        if let Some(service) = &self.service {
            write!(f, "/{service}")?;
        }
        write!(f, "={}ns", self.offset_nanos)
    }
}

/// A stretch of a stream, which the investigator said something of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Label of the stream; in a case whose captures have streams of the same label, all of these are meant.
    pub stream: String,
    /// Position of its first event.
    pub first_event: u64,
    /// Position of its last event, inclusive.
    pub last_event: u64,
}

impl std::fmt::Display for Stretch {
    /// As the command line takes it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}..{}", self.stream, self.first_event, self.last_event)
    }
}

/// How much is flagged, as a false discovery rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// One flag in five may be false: to miss little.
    Sensitive,
    /// One flag in twenty.
    #[default]
    Balanced,
    /// One flag in a hundred: to be disturbed by little.
    Strict,
}

impl Profile {
    /// All three, the most sensitive first.
    pub const ALL: [Self; 3] = [Self::Sensitive, Self::Balanced, Self::Strict];

    /// The false discovery rate that it stands for.
    pub const fn alpha(self) -> f64 {
        match self {
            Self::Sensitive => 0.2,
            Self::Balanced => 0.05,
            Self::Strict => 0.01,
        }
    }

    /// The stable lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sensitive => "sensitive",
            Self::Balanced => "balanced",
            Self::Strict => "strict",
        }
    }
}

fn all_lenses() -> Vec<Lens> {
    Lens::ALL.to_vec()
}

fn all_signals() -> Vec<Signal> {
    Signal::ALL.to_vec()
}

/// Such a configuration reads as it did before signals could be chosen, and finds the runs of before.
fn has_all_signals(signals: &[Signal]) -> bool {
    Signal::ALL.iter().all(|signal| signals.contains(signal))
}

impl Default for Config {
    fn default() -> Self {
        Self {
            baseline: Baseline::Rest,
            window: None,
            hop: None,
            seed: 42,
            alpha: Profile::default().alpha(),
            permutations: 999,
            lenses: all_lenses(),
            signals: all_signals(),
            false_alarms: None,
            dismissed: Vec::new(),
            confirmed: Vec::new(),
            clocks: Vec::new(),
        }
    }
}
