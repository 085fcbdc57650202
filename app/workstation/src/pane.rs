//! The docked views by name.

use serde::{Deserialize, Serialize};

/// A docked view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Pane {
    Overview,
    Finding,
    Events,
    Bytes,
    Problems,
    Activity,
    Settings,
    Traces,
    Metrics,
    Calls,
    Compare,
    Story,
    Audit,
    Coverage,
    Matrix,
}

impl Pane {
    /// Every view.
    pub(crate) const ALL: [Self; 15] = [
        Self::Overview,
        Self::Finding,
        Self::Events,
        Self::Bytes,
        Self::Problems,
        Self::Activity,
        Self::Settings,
        Self::Traces,
        Self::Metrics,
        Self::Calls,
        Self::Compare,
        Self::Story,
        Self::Audit,
        Self::Coverage,
        Self::Matrix,
    ];

    /// Those that are there at first, in their order. The others come when they are asked for, and can be closed.
    pub(crate) const FIRST: [Self; 5] =
        [Self::Overview, Self::Finding, Self::Events, Self::Bytes, Self::Problems];

    /// The words on its tab.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Finding => "Finding",
            Self::Events => "Events",
            Self::Bytes => "Exact bytes",
            Self::Problems => "Problems",
            Self::Activity => "Activity",
            Self::Settings => "Settings",
            Self::Traces => "Traces",
            Self::Metrics => "Metrics",
            Self::Calls => "LLM calls",
            Self::Compare => "Compare",
            Self::Story => "Story",
            Self::Audit => "Audit",
            Self::Coverage => "Coverage",
            Self::Matrix => "Blocks",
        }
    }
}
