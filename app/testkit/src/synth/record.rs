//! What the services record, before it is written.

use super::company::At;

/// The value of an attribute.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Int(i64),
    Double(f64),
    Texts(Vec<&'static str>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Int(number as i64)
    }
}

/// Name and value.
pub(super) type Attribute = (&'static str, Value);

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// A log line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) level: Level,
    /// Which of the service's templates it was made from.
    pub(super) template: &'static str,
    pub(super) body: String,
    pub(super) attributes: Vec<Attribute>,
    /// The request that it was written in.
    pub(super) span: Option<([u8; 16], [u8; 8])>,
}

/// The role of a span, by OTLP's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SpanKind {
    Server = 2,
    Client = 3,
}

/// A span; its start is the record's time.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) trace: [u8; 16],
    pub(super) id: [u8; 8],
    pub(super) parent: Option<[u8; 8]>,
    pub(super) name: &'static str,
    pub(super) kind: SpanKind,
    pub(super) end_nanos: i64,
    pub(super) attributes: Vec<Attribute>,
    /// The message of the error, where it failed.
    pub(super) error: Option<&'static str>,
}

/// The number of a data point.
#[derive(Clone, Debug)]
pub(super) enum Reading {
    Gauge(f64),
    /// A running total since the capture's start.
    Total(u64),
    /// Running bucket counts since the capture's start.
    Histogram {
        bounds: &'static [f64],
        counts: Vec<u64>,
        sum: f64,
    },
}

/// A data point of a metric series.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) metric: &'static str,
    pub(super) unit: &'static str,
    /// At most one attribute tells the series of a metric apart.
    pub(super) attribute: Option<(&'static str, &'static str)>,
    pub(super) reading: Reading,
}

impl Point {
    /// The stream's name as the reader makes it.
    pub(super) fn stream(&self) -> String {
        stream_name(self.metric, self.attribute)
    }
}

/// `name` or `name{key=value}`, as the reader of captures calls the stream of a metric series.
pub(super) fn stream_name(metric: &str, attribute: Option<(&str, &str)>) -> String {
    match attribute {
        Some((key, value)) => format!("{metric}{{{key}={value}}}"),
        None => metric.to_owned(),
    }
}

/// Any of the three.
#[derive(Clone, Debug)]
pub(super) enum Data {
    Line(Line),
    Span(Span),
    Point(Point),
}

/// One record of one service.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) time_nanos: i64,
    pub(super) at: At,
    pub(super) data: Data,
    /// The injection that made or changed it, by its place in the plan.
    pub(super) by: Option<usize>,
}
