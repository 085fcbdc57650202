//! Everything that decides a result, but the events themselves.

use serde::{Deserialize, Serialize};

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
}

impl Default for Config {
    fn default() -> Self {
        Self { baseline: Baseline::Rest, window: None, hop: None, seed: 42, alpha: 0.05, permutations: 999 }
    }
}
