//! What was injected, as the file beside a capture says it.

use serde::{Deserialize, Serialize};

use super::kinds::{Kind, Lens, Strength};
use super::record::{Data, Record};

/// Signals, by the engine's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Log records.
    Log,
    /// Metric data points.
    Metric,
    /// Spans.
    Span,
}

/// A stream, as the reader of captures makes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Stream {
    /// Its signal.
    pub signal: Signal,
    /// `service.name`.
    pub service: &'static str,
    /// Its name within the service: `logs`, `spans`, or the metric with its attribute.
    #[serde(rename = "stream")]
    pub name: String,
}

impl Stream {
    pub(super) fn of(record: &Record) -> Self {
        let (signal, name) = match &record.data {
            Data::Line(_) => (Signal::Log, "logs".to_owned()),
            Data::Span(_) => (Signal::Span, "spans".to_owned()),
            Data::Point(point) => (Signal::Metric, point.stream()),
        };
        Self { signal, service: record.at.name(), name }
    }
}

/// One injection as it turned out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Truth {
    /// What was injected.
    pub kind: Kind,
    /// How strong.
    pub strength: Strength,
    /// The lens that should see it.
    pub lens: Lens,
    /// Lenses that may rightly see it too.
    pub also: Vec<Lens>,
    /// Where it is to be found.
    #[serde(flatten)]
    pub stream: Stream,
    /// Time of the earliest record of that stream that was made, changed or withheld, nanoseconds UTC.
    pub start_nanos: i64,
    /// Time of the latest such record.
    pub end_nanos: i64,
    /// How many such records there are.
    pub events: u64,
    /// Fields, tokens or values; an explanation should name at least one.
    pub names: Vec<String>,
    /// Every stream that shows it, its own among them: callers wait, totals grow.
    pub touches: Vec<Stream>,
}
