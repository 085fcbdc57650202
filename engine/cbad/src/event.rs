//! The event: what a reader makes of one record, and what the lenses see.

use serde::{Deserialize, Serialize};

/// Which of the telemetry signals an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// A log record.
    Log,
    /// A metric data point.
    Metric,
    /// A span of a trace.
    Span,
    /// One call to a large language model.
    LlmCall,
}

impl Signal {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Log, Self::Metric, Self::Span, Self::LlmCall];

    /// The stable lower-case name used in JSON and in the case file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Metric => "metric",
            Self::Span => "span",
            Self::LlmCall => "llm_call",
        }
    }

    /// The signal with this stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.name() == name)
    }
}

/// Severity of a log record, in the six ranges of the OpenTelemetry log data model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// OpenTelemetry 1-4.
    Trace,
    /// OpenTelemetry 5-8.
    Debug,
    /// OpenTelemetry 9-12.
    Info,
    /// OpenTelemetry 13-16.
    Warn,
    /// OpenTelemetry 17-20.
    Error,
    /// OpenTelemetry 21-24.
    Fatal,
}

impl Severity {
    /// The range that an OpenTelemetry severity number (1-24) falls in; 0 and others are unknown.
    pub const fn from_otel_number(number: i64) -> Option<Self> {
        match number {
            1..=4 => Some(Self::Trace),
            5..=8 => Some(Self::Debug),
            9..=12 => Some(Self::Info),
            13..=16 => Some(Self::Warn),
            17..=20 => Some(Self::Error),
            21..=24 => Some(Self::Fatal),
            _ => None,
        }
    }

    /// The stable lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

/// Bytes `offset..offset + length` of the decoded capture (after gzip or zstd is undone).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ByteRange {
    /// First byte, from the start of the decoded capture.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}

impl ByteRange {
    /// One past the last byte.
    pub const fn end(self) -> u64 {
        self.offset + self.length
    }
}

/// What makes events comparable with one another: a signal, a service and a name within it.
///
/// Logs and spans: the service (the operation and the scope are fields, and so context for the code);
/// metrics: the service, with the metric's name and attribute set as `name`; plain files: the file name.
/// `docs/decisions/0003-streams.md` says why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamKey {
    /// The signal of every event in the stream.
    pub signal: Signal,
    /// `service.name` of the resource, where the capture has one.
    pub service: Option<String>,
    /// Name within the service: `logs`, `spans`, a metric with its attributes, or a file name.
    pub name: String,
}

impl StreamKey {
    /// The name of a stream that holds the events of many, where a capture has more than can be kept apart.
    pub const FURTHER: &'static str = "further streams, over the limit";

    /// The stream of this signal that holds the events of many.
    pub fn further(signal: Signal) -> Self {
        Self { signal, service: None, name: Self::FURTHER.to_owned() }
    }

    /// Whether it holds the events of many streams, so that it is not comparable with itself.
    pub fn is_further(&self) -> bool {
        self.service.is_none() && self.name == Self::FURTHER
    }

    /// The name a person reads: `checkout · spans`, or just the name where there is no service.
    pub fn label(&self) -> String {
        match &self.service {
            Some(service) => format!("{service} · {}", self.name),
            None => self.name.clone(),
        }
    }
}

/// A typed field value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Absent or null.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number that fits.
    Int(i64),
    /// A floating point number, NaN and infinities included.
    Float(f64),
    /// Text, or the exact digits of a number that fits neither of the above.
    Text(String),
    /// Bytes that are not text.
    Bytes(Vec<u8>),
}

/// One field: a dotted path and its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Dotted path, for example `http.response.status_code` or `items[2].sku`.
    pub path: String,
    /// The value.
    pub value: Value,
}

/// The number that an event measures, where it measures one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Measure {
    /// Duration of a span or call, nanoseconds.
    DurationNanos(i64),
    /// A value that goes up and down.
    Gauge(f64),
    /// A running total since `start_nanos`; the lenses see its differences.
    Cumulative {
        /// The total.
        total: f64,
        /// When the total began, nanoseconds UTC; a new start means a reset.
        start_nanos: Option<i64>,
    },
    /// A change since the previous point.
    Delta(f64),
    /// A histogram or exponential histogram or summary, reduced to bucket counts.
    Histogram {
        /// Number of observations.
        count: u64,
        /// Their sum, where given.
        sum: Option<f64>,
        /// Upper bounds (or quantiles), ascending; one fewer than `counts` for explicit buckets.
        bounds: Vec<f64>,
        /// Observations a bucket.
        counts: Vec<u64>,
        /// Whether count and buckets are running totals.
        cumulative: bool,
    },
}

/// One event, with its provenance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Nanoseconds since 1970-01-01 UTC; `None` where the record gives no time.
    pub time_nanos: Option<i64>,
    /// Severity, where the record gives one that can be read.
    pub severity: Option<Severity>,
    /// 16-byte trace id, where given and not all zero.
    pub trace_id: Option<[u8; 16]>,
    /// 8-byte span id, where given and not all zero.
    pub span_id: Option<[u8; 8]>,
    /// 8-byte parent span id, where given and not all zero.
    pub parent_span_id: Option<[u8; 8]>,
    /// The message as bytes: log body, span name, metric name, or the whole line of a text log. Invalid UTF-8 is kept.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
    /// Part of `body` that is the record's own time stamp, `start..end` in bytes; the codes skip it.
    pub body_stamp: Option<(u32, u32)>,
    /// The number it measures.
    pub measure: Option<Measure>,
    /// Attributes and other fields in the order written; the time stamp itself is not among them.
    pub fields: Vec<Field>,
    /// The bytes in the decoded capture that it was read from.
    pub source: ByteRange,
}

impl Event {
    /// An event with a body and a source and nothing else.
    // An event is over 200 bytes: inlined, readers make it where it stays, and it is not copied on its way there.
    #[inline]
    pub fn new(body: impl Into<Vec<u8>>, source: ByteRange) -> Self {
        Self {
            time_nanos: None,
            severity: None,
            trace_id: None,
            span_id: None,
            parent_span_id: None,
            body: body.into(),
            body_stamp: None,
            measure: None,
            fields: Vec::new(),
            source,
        }
    }
}
