//! Progress and cancellation, without a clock and without a thread of its own.

/// The long steps of the work, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Reading a capture, in bytes of the file as stored.
    Import,
    /// Turning events into tokens, in events.
    Prepare,
    /// Scoring windows, in windows.
    Score,
    /// Permutation tests and explanations, in candidates.
    Explain,
    /// The canonical test of one finding, in permutations.
    Test,
}

impl Stage {
    /// What a person reads beside the progress bar.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Import => "Importing",
            Self::Prepare => "Reading events",
            Self::Score => "Scoring windows",
            Self::Explain => "Testing and explaining",
            Self::Test => "Permuting",
        }
    }
}

/// Told how far the work is, and asked whether to go on. Called often, from any thread: implementations are cheap.
pub trait Watch: Sync {
    /// `done` of `total` units of the stage are complete; `total` may be 0 where it is not known.
    fn progress(&self, stage: Stage, done: u64, total: u64);
    /// Whether the work is to stop at the next safe point.
    fn cancelled(&self) -> bool;
}

/// Watches nothing and never cancels.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn progress(&self, _stage: Stage, _done: u64, _total: u64) {}
    fn cancelled(&self) -> bool {
        false
    }
}

/// The work was stopped because [`Watch::cancelled`] said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

impl std::fmt::Display for Cancelled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cancelled")
    }
}

impl std::error::Error for Cancelled {}
