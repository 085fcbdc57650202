//! What can be injected, how strong, and where.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A fault that can be put into a capture.
///
/// Of the three strengths, *moderate* is what an operator would notice on a dashboard within minutes and not an outage,
/// *light* what a dashboard hides, *strong* what somebody would be called for. They are given here in this order. A
/// stretch of time is shortened to an eighth of the capture where it would be longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Lines of another system (a mail server, a block store or a print spooler) in the log of one service:
    /// 3, 10 or 30 lines within as many half seconds.
    ForeignBurst,
    /// A template and an error code that the service never logged, in 1 of 20, 1 of 5 or 1 of 2 of its requests,
    /// for 2 minutes.
    NewError,
    /// A frequent template of a service is not logged: 1 of 2 lines for 2 minutes, every line for 2 minutes, every line
    /// for 5 minutes.
    MissingKind,
    /// 2, 4 or 10 times as many requests as usual, of the usual kinds, for 1 minute.
    RateSpike,
    /// Nothing arrives from one service, no log, span or metric, for 20 seconds, 1 minute or 3 minutes.
    Silence,
    /// One operation, with what it asks its database, takes 1.5, 3 or 8 times as long, for 2 minutes. Its callers wait.
    LatencyShift,
    /// The memory of a service climbs over a quarter of the capture, by 1, 2 or 4 times the height of its usual
    /// saw-tooth, and falls back at once, as after a restart.
    SlowLeak,
    /// A gauge lies 2, 4 or 8 standard deviations of its noise higher, for 2 minutes or 40 readings, whichever is longer.
    LevelShift,
    /// Three readings of a gauge in a row lie 6, 12 or 25 standard deviations of its noise higher.
    Spike,
    /// A gauge repeats its last reading for 15, 40 or 100 readings.
    FlatLine,
    /// The noise of a gauge is 2, 4 or 8 times as wide, for 2 minutes or 40 readings, whichever is longer.
    Variance,
    /// Two steps of a request are logged in the wrong order: in 1 of 4, 1 of 2 or every request, for 2 minutes.
    ReorderedSteps,
    /// The share of cache misses in `catalog`, usually 20 %, climbs steadily to 35, 55 or 85 % over the last third of
    /// the capture.
    GradualDrift,
    /// The last 20 lines of a service's log are written again with the same bodies: 1, 4 or 12 times, 2 seconds apart.
    DuplicatedBlock,
    /// Bodies of a service's log are damaged, cut off in the middle or with bytes that are no text: 1 of 20, 1 of 5 or
    /// 1 of 2 of them, for 2 minutes.
    Corruption,
    /// Calls to the language model use 2, 4 or 10 times as many tokens (history sent again, reasoning that is not in the
    /// answer), for 5 minutes. Their cost and duration follow.
    TokenBlowup,
}

/// How strong an injection is; [`Kind`] says what that means for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// What a dashboard hides.
    Light,
    /// What an operator would notice on a dashboard within minutes, and not an outage.
    #[default]
    Moderate,
    /// What somebody would be called for.
    Strong,
}

/// The way of looking that should see an injection, by the names of the engine's lenses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lens {
    /// Events and words that the stream does not have elsewhere.
    Content,
    /// The shares of templates.
    Mix,
    /// The times between events.
    Rate,
    /// Numbers off their distribution.
    Values,
    /// Templates that follow one another.
    Order,
}

impl Lens {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Mix => "mix",
            Self::Rate => "rate",
            Self::Values => "values",
            Self::Order => "order",
        }
    }
}

impl Kind {
    /// Every kind, in the order in which they are listed.
    pub const ALL: [Self; 16] = [
        Self::ForeignBurst,
        Self::NewError,
        Self::MissingKind,
        Self::RateSpike,
        Self::Silence,
        Self::LatencyShift,
        Self::SlowLeak,
        Self::LevelShift,
        Self::Spike,
        Self::FlatLine,
        Self::Variance,
        Self::ReorderedSteps,
        Self::GradualDrift,
        Self::DuplicatedBlock,
        Self::Corruption,
        Self::TokenBlowup,
    ];

    /// The stable name, as in `--inject` and in the truth file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ForeignBurst => "foreign_burst",
            Self::NewError => "new_error",
            Self::MissingKind => "missing_kind",
            Self::RateSpike => "rate_spike",
            Self::Silence => "silence",
            Self::LatencyShift => "latency_shift",
            Self::SlowLeak => "slow_leak",
            Self::LevelShift => "level_shift",
            Self::Spike => "spike",
            Self::FlatLine => "flat_line",
            Self::Variance => "variance",
            Self::ReorderedSteps => "reordered_steps",
            Self::GradualDrift => "gradual_drift",
            Self::DuplicatedBlock => "duplicated_block",
            Self::Corruption => "corruption",
            Self::TokenBlowup => "token_blowup",
        }
    }

    /// The lens that should see it first.
    pub const fn lens(self) -> Lens {
        match self {
            Self::ForeignBurst | Self::NewError | Self::Corruption => Lens::Content,
            Self::MissingKind | Self::GradualDrift => Lens::Mix,
            Self::RateSpike | Self::Silence | Self::DuplicatedBlock => Lens::Rate,
            Self::LatencyShift
            | Self::SlowLeak
            | Self::LevelShift
            | Self::Spike
            | Self::FlatLine
            | Self::Variance
            | Self::TokenBlowup => Lens::Values,
            Self::ReorderedSteps => Lens::Order,
        }
    }

    /// Other lenses that may rightly see it too.
    pub const fn also(self) -> &'static [Lens] {
        match self {
            Self::ForeignBurst => &[Lens::Mix, Lens::Rate, Lens::Order],
            Self::NewError | Self::Corruption => &[Lens::Mix, Lens::Order],
            Self::MissingKind => &[Lens::Order, Lens::Rate],
            Self::RateSpike | Self::GradualDrift => &[Lens::Order, Lens::Values],
            Self::LatencyShift | Self::TokenBlowup => &[Lens::Content],
            Self::DuplicatedBlock => &[Lens::Mix, Lens::Order, Lens::Content],
            Self::ReorderedSteps
            | Self::Silence
            | Self::SlowLeak
            | Self::LevelShift
            | Self::Spike
            | Self::FlatLine
            | Self::Variance => &[],
        }
    }

    /// What it is, in one line.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::ForeignBurst => "3, 10 or 30 lines of another system in a service's log",
            Self::NewError => "a new error in 1 of 20, 1 of 5 or 1 of 2 requests of a service, for 2 min",
            Self::MissingKind => "a frequent template is halved, gone for 2 min, or gone for 5 min",
            Self::RateSpike => "2, 4 or 10 times as many requests, for 1 min",
            Self::Silence => "nothing from one service for 20 s, 1 min or 3 min",
            Self::LatencyShift => "one operation takes 1.5, 3 or 8 times as long, for 2 min",
            Self::SlowLeak => {
                "memory climbs by 1, 2 or 4 times its usual saw-tooth, over a quarter of the capture"
            }
            Self::LevelShift => "a gauge lies 2, 4 or 8 standard deviations higher, for 2 min or 40 readings",
            Self::Spike => "three readings of a gauge lie 6, 12 or 25 standard deviations higher",
            Self::FlatLine => "a gauge repeats its last reading 15, 40 or 100 times",
            Self::Variance => "the noise of a gauge is 2, 4 or 8 times as wide, for 2 min or 40 readings",
            Self::ReorderedSteps => {
                "two steps are logged in the wrong order in 1 of 4, 1 of 2 or all requests, for 2 min"
            }
            Self::GradualDrift => "cache misses climb from 20 % to 35, 55 or 85 % over the last third",
            Self::DuplicatedBlock => "20 log lines are written again 1, 4 or 12 times",
            Self::Corruption => "1 of 20, 1 of 5 or 1 of 2 log bodies of a service are damaged, for 2 min",
            Self::TokenBlowup => "calls to the language model use 2, 4 or 10 times as many tokens, for 5 min",
        }
    }

    /// Whether it changes a metric and nothing else.
    pub const fn is_of_metrics(self) -> bool {
        matches!(self, Self::SlowLeak | Self::LevelShift | Self::Spike | Self::FlatLine | Self::Variance)
    }
}

impl Strength {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Light, Self::Moderate, Self::Strong];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Moderate => "moderate",
            Self::Strong => "strong",
        }
    }

    /// The one of three that belongs to this strength.
    pub(super) fn of<T: Copy>(self, [light, moderate, strong]: [T; 3]) -> T {
        match self {
            Self::Light => light,
            Self::Moderate => moderate,
            Self::Strong => strong,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One injection that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Injection {
    /// What.
    pub kind: Kind,
    /// How strong.
    pub strength: Strength,
    /// Seconds from the start of the capture; where not given, the seed chooses a place.
    pub offset_seconds: Option<u64>,
}

impl Injection {
    /// Moderate, at a place that the seed chooses.
    pub const fn new(kind: Kind) -> Self {
        Self { kind, strength: Strength::Moderate, offset_seconds: None }
    }
}

/// Why text is not an injection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InjectionError {
    /// No kind has this name.
    #[error("there is no injection '{0}'; `driftlock synth --list` lists them")]
    Kind(String),
    /// No strength has this name.
    #[error("there is no strength '{0}'; it is light, moderate or strong")]
    Strength(String),
    /// Not an offset.
    #[error("'{0}' is not an offset; write seconds (90), seconds or minutes with their unit (90s, 5m)")]
    Offset(String),
}

impl FromStr for Injection {
    type Err = InjectionError;

    /// `KIND[:STRENGTH][@OFFSET]`.
    fn from_str(text: &str) -> Result<Self, InjectionError> {
        let (what, offset) = text.split_once('@').map_or((text, None), |(what, offset)| (what, Some(offset)));
        let (kind, strength) = what.split_once(':').map_or((what, None), |(kind, s)| (kind, Some(s)));
        let spelled = kind.replace('-', "_");
        let kind = Kind::ALL.into_iter().find(|known| known.name() == spelled);
        let strength = strength.map_or(Ok(Strength::default()), |name| {
            let known = Strength::ALL.into_iter().find(|strength| strength.name() == name);
            known.ok_or_else(|| InjectionError::Strength(name.to_owned()))
        });
        Ok(Self {
            kind: kind.ok_or_else(|| InjectionError::Kind(spelled.clone()))?,
            strength: strength?,
            offset_seconds: offset.map(parse_offset).transpose()?,
        })
    }
}

fn parse_offset(text: &str) -> Result<u64, InjectionError> {
    let (number, unit) = match text.strip_suffix('m') {
        Some(number) => (number, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    seconds.ok_or_else(|| InjectionError::Offset(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn injections_are_written_as_kind_strength_and_offset() {
        let injection = |kind, strength, offset_seconds| Injection { kind, strength, offset_seconds };
        for (text, expected) in [
            ("silence", injection(Kind::Silence, Strength::Moderate, None)),
            ("slow-leak:light", injection(Kind::SlowLeak, Strength::Light, None)),
            ("new_error:strong@5m", injection(Kind::NewError, Strength::Strong, Some(300))),
            ("spike@90", injection(Kind::Spike, Strength::Moderate, Some(90))),
            ("spike@90s", injection(Kind::Spike, Strength::Moderate, Some(90))),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for (text, said) in [
            ("fire", "no injection 'fire'"),
            ("silence:huge", "no strength 'huge'"),
            ("silence@noon", "not an offset"),
            ("silence@99999999999999999999", "not an offset"),
            ("", "no injection ''"),
        ] {
            let error = text.parse::<Injection>().expect_err(text);
            assert!(error.to_string().contains(said), "{error}");
        }
    }

    #[test]
    fn names_are_those_of_the_truth_file() {
        for kind in Kind::ALL {
            let written = serde_json::to_string(&kind).expect("a name");
            assert_eq!(written, format!("\"{kind}\""));
        }
    }
}
