//! The formats that can be read, each with its names and its order of analysis.

use crate::json::documents::Framing;

/// What the decoded bytes of a capture are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// OTLP as JSON, one request a line, or whole documents; logs, metrics and spans may be mixed.
    OtlpJson,
    /// OTLP protobuf messages, each after its length as four bytes, big-endian.
    OtlpProto,
    /// syslog, RFC 3164 or RFC 5424, one message a line, as sent or as files keep it.
    Syslog,
    /// syslog messages behind their lengths, RFC 6587.
    SyslogOctets,
    /// The journal export format of systemd.
    JournalExport,
    /// The journal of systemd as `journalctl` writes JSON.
    JournalJson,
    /// The common or combined access log of a web server.
    Access,
    /// The W3C extended log format, as IIS writes it.
    W3c,
    /// A container's output as the Kubernetes container runtime interface has it.
    Cri,
    /// A container's output as Docker's json-file driver has it.
    Docker,
    /// Lines of `key=value`.
    Logfmt,
    /// Rows of cells between commas, tabs, semicolons or bars, with or without a header.
    Table,
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
    /// Kafka topics as `kcat -J` dumps them, or as `kafka-console-consumer` prints them.
    Kafka,
    /// Events of Lynex and `WatchLLM`.
    Lynex,
    /// Calls to language models as the APIs of `OpenAI` and Anthropic take and give them: requests, responses, batches.
    LlmJson,
    /// Streamed responses of the same APIs, as server-sent events.
    LlmSse,
    /// Traces and observations of Langfuse, as JSON or in a table.
    Langfuse,
    /// Runs of `LangSmith`.
    Langsmith,
    /// Spans of Phoenix, from its data frame or its API.
    Phoenix,
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
    pub const ALL: [Self; 28] = [
        Self::OtlpProto,
        Self::OtlpJson,
        Self::Syslog,
        Self::SyslogOctets,
        Self::JournalExport,
        Self::JournalJson,
        Self::Access,
        Self::W3c,
        Self::Cri,
        Self::Docker,
        Self::Logfmt,
        Self::Table,
        Self::Jaeger,
        Self::Zipkin,
        Self::Prometheus,
        Self::Evtx,
        Self::Parquet,
        Self::Kafka,
        Self::Lynex,
        Self::LlmJson,
        Self::LlmSse,
        Self::Langfuse,
        Self::Langsmith,
        Self::Phoenix,
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
            Self::Syslog => "syslog",
            Self::SyslogOctets => "syslog-octets",
            Self::JournalExport => "journal-export",
            Self::JournalJson => "journal-json",
            Self::Access => "access-log",
            Self::W3c => "w3c-log",
            Self::Cri => "cri",
            Self::Docker => "docker",
            Self::Logfmt => "logfmt",
            Self::Table => "csv",
            Self::Jaeger => "jaeger",
            Self::Zipkin => "zipkin",
            Self::Prometheus => "prometheus",
            Self::Evtx => "evtx",
            Self::Parquet => "parquet",
            Self::Kafka => "kafka",
            Self::Lynex => "lynex",
            Self::LlmJson => "llm-json",
            Self::LlmSse => "llm-sse",
            Self::Langfuse => "langfuse",
            Self::Langsmith => "langsmith",
            Self::Phoenix => "phoenix",
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
            Self::Syslog => "Syslog",
            Self::SyslogOctets => "Syslog over TCP (octet-counted)",
            Self::JournalExport => "systemd journal (export format)",
            Self::JournalJson => "systemd journal (JSON)",
            Self::Access => "Web access log",
            Self::W3c => "W3C extended log",
            Self::Cri => "Kubernetes container log (CRI)",
            Self::Docker => "Docker container log (json-file)",
            Self::Logfmt => "logfmt",
            Self::Table => "Table (CSV, TSV)",
            Self::Jaeger => "Jaeger traces",
            Self::Zipkin => "Zipkin traces",
            Self::Prometheus => "Prometheus or OpenMetrics text",
            Self::Evtx => "Windows event log (EVTX)",
            Self::Parquet => "Parquet table",
            Self::Kafka => "Kafka topic",
            Self::Lynex => "Lynex or WatchLLM events",
            Self::LlmJson => "LLM calls (OpenAI, Anthropic)",
            Self::LlmSse => "Streamed LLM responses (SSE)",
            Self::Langfuse => "Langfuse export",
            Self::Langsmith => "LangSmith runs",
            Self::Phoenix => "Phoenix spans",
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
            Self::OtlpJson
            | Self::OtlpProto
            | Self::Jaeger
            | Self::Zipkin
            | Self::Lynex
            | Self::Langfuse
            | Self::Langsmith
            | Self::Phoenix => EventOrder::ByTime,
            Self::Syslog
            | Self::SyslogOctets
            | Self::JournalExport
            | Self::JournalJson
            | Self::Access
            | Self::W3c
            | Self::Cri
            | Self::Docker
            | Self::Logfmt
            | Self::Table
            | Self::Prometheus
            | Self::Evtx
            | Self::Parquet
            | Self::Kafka
            | Self::LlmJson
            | Self::LlmSse
            | Self::StreamHouseSegment
            | Self::StreamHouseWal
            | Self::JsonLines
            | Self::Text => EventOrder::AsWritten,
        }
    }

    /// Whether each line is a record by itself, in a capture whose JSON, if it is any, is framed so.
    pub(crate) fn is_by_line(self, framing: Framing) -> bool {
        match self {
            Self::Text
            | Self::Syslog
            | Self::Access
            | Self::W3c
            | Self::Cri
            | Self::Docker
            | Self::Logfmt => true,
            Self::OtlpJson
            | Self::JournalJson
            | Self::Jaeger
            | Self::Zipkin
            | Self::Kafka
            | Self::Lynex
            | Self::LlmJson
            | Self::Langfuse
            | Self::Langsmith
            | Self::Phoenix
            | Self::JsonLines => framing == Framing::Lines,
            // A cell may hold line ends, and a family of metrics takes several lines.
            Self::Table
            | Self::Prometheus
            | Self::LlmSse
            | Self::OtlpProto
            | Self::SyslogOctets
            | Self::JournalExport
            | Self::Evtx
            | Self::Parquet
            | Self::StreamHouseSegment
            | Self::StreamHouseWal => false,
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
