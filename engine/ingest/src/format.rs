//! The formats that can be read, each with its names and its order of analysis.

/// What the decoded bytes of a capture are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// OTLP as JSON, one request a line, or whole documents; logs, metrics and spans may be mixed.
    OtlpJson,
    /// OTLP protobuf messages, each after its length as four bytes, big-endian.
    OtlpProto,
    /// Jaeger's JSON: what its UI and API export, and its storage model.
    Jaeger,
    /// Zipkin's JSON, versions 1 and 2.
    Zipkin,
    /// What a Prometheus target answers: text format 0.0.4 or `OpenMetrics`.
    Prometheus,
    /// Windows event logs.
    Evtx,
    /// Parquet tables; the source of a row is its row group.
    Parquet,
    /// Kafka topics as `kcat -J` dumps them.
    Kafka,
    /// Events of Lynex and `WatchLLM`.
    Lynex,
    /// `StreamHouse` segments (`.strm`); the source of a message in a compressed block is the block.
    StreamHouseSegment,
    /// `StreamHouse` write-ahead logs.
    StreamHouseWal,
    /// One JSON object a line, of any shape.
    JsonLines,
    /// Lines of text, with or without time stamps.
    Text,
}

impl Format {
    /// Every format, in the order in which they are tried.
    pub const ALL: [Self; 13] = [
        Self::OtlpProto,
        Self::OtlpJson,
        Self::Jaeger,
        Self::Zipkin,
        Self::Prometheus,
        Self::Evtx,
        Self::Parquet,
        Self::Kafka,
        Self::Lynex,
        Self::StreamHouseSegment,
        Self::StreamHouseWal,
        Self::JsonLines,
        Self::Text,
    ];

    /// The stable name used on the command line and in the case file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OtlpJson => "otlp-json",
            Self::OtlpProto => "otlp-proto",
            Self::Jaeger => "jaeger",
            Self::Zipkin => "zipkin",
            Self::Prometheus => "prometheus",
            Self::Evtx => "evtx",
            Self::Parquet => "parquet",
            Self::Kafka => "kafka",
            Self::Lynex => "lynex",
            Self::StreamHouseSegment => "streamhouse-segment",
            Self::StreamHouseWal => "streamhouse-wal",
            Self::JsonLines => "json-lines",
            Self::Text => "text",
        }
    }

    /// The name that a person reads.
    pub const fn title(self) -> &'static str {
        match self {
            Self::OtlpJson => "OpenTelemetry (OTLP) as JSON",
            Self::OtlpProto => "OpenTelemetry (OTLP) as protobuf",
            Self::Jaeger => "Jaeger traces",
            Self::Zipkin => "Zipkin traces",
            Self::Prometheus => "Prometheus or OpenMetrics text",
            Self::Evtx => "Windows event log (EVTX)",
            Self::Parquet => "Parquet table",
            Self::Kafka => "Kafka topic (kcat)",
            Self::Lynex => "Lynex or WatchLLM events",
            Self::StreamHouseSegment => "StreamHouse segment",
            Self::StreamHouseWal => "StreamHouse write-ahead log",
            Self::JsonLines => "JSON lines",
            Self::Text => "Plain text log",
        }
    }

    /// The format with this stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The order in which events of this format are analysed.
    pub const fn order(self) -> EventOrder {
        match self {
            Self::OtlpJson | Self::OtlpProto | Self::Jaeger | Self::Zipkin | Self::Lynex => {
                EventOrder::ByTime
            }
            Self::Prometheus
            | Self::Evtx
            | Self::Parquet
            | Self::Kafka
            | Self::StreamHouseSegment
            | Self::StreamHouseWal
            | Self::JsonLines
            | Self::Text => EventOrder::AsWritten,
        }
    }

    /// Whether the format takes what a more telling one describes better: it is tried after all others.
    pub(crate) const fn is_general(self) -> bool {
        matches!(self, Self::JsonLines | Self::Text)
    }
}

/// The order of a stream's events in analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventOrder {
    /// As they stand in the capture.
    AsWritten,
    /// By time; events with equal times as they stand in the capture. Exporters batch, so written order is not time order.
    ByTime,
}

impl EventOrder {
    /// The stable name used in the case file and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsWritten => "as-written",
            Self::ByTime => "by-time",
        }
    }

    /// The order with this stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::AsWritten, Self::ByTime].into_iter().find(|order| order.name() == name)
    }
}
