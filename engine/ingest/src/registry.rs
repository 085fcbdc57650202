//! Every format with its probe and its reader: the one place to enter a new one, besides its names in `format.rs`.

use crate::access::w3c::{self, W3cReader};
use crate::access::{self, Access};
use crate::container_logs::PartReader;
use crate::container_logs::cri::{self, Cri};
use crate::container_logs::docker::{self, Docker};
use crate::envelope;
use crate::evtx::{self, EvtxReader};
use crate::format::Format;
use crate::journal;
use crate::journal::export::ExportReader;
use crate::journal::json::JournalJson;
use crate::json::reader::DocumentReader;
use crate::json_lines::{self, JsonLines};
use crate::kafka::console::ConsoleReader;
use crate::kafka::{self, Kafka};
use crate::lines::LineReader;
use crate::llm::sse::{self, SseReader};
use crate::llm::{self, LlmJson, Origin};
use crate::logfmt::{self, Logfmt};
use crate::lynex::{self, Lynex};
use crate::model::{Limits, OpenOptions, Problem};
use crate::otlp_json::{self, OtlpJson};
use crate::otlp_proto::{self, OtlpProtoReader};
use crate::parquet_file::{self, ParquetReader};
use crate::prefixed::PrefixedReader;
use crate::probe::Probe;
use crate::prometheus::{self, PrometheusReader};
use crate::reader::Reader;
use crate::sniff::Sniffed;
use crate::streamhouse::{self, SegmentReader, WalReader};
use crate::syslog::octets::OctetReader;
use crate::syslog::{self, Syslog};
use crate::table::dialect::{self, Dialect};
use crate::table::{TableReader, calls, perfmon};
use crate::text::TextReader;
use crate::times;
use crate::trace_json::{self, Shape, TraceJson};

/// How sure it is that the probe is of this format, 0 to 1; under a half it is not taken for it.
pub(crate) fn confidence(format: Format, probe: &Probe<'_>) -> f64 {
    match format {
        Format::OtlpProto => otlp_proto::recognise(probe.bytes, probe.whole).map_or(0.0, |(_, sure)| sure),
        Format::OtlpJson => otlp_json::confidence(probe),
        Format::Syslog => syslog::confidence(probe),
        Format::SyslogOctets => syslog::octets::confidence(probe),
        Format::JournalExport => journal::export::confidence(probe),
        Format::JournalJson => journal::json::confidence(probe),
        Format::Access => access::confidence(probe),
        Format::W3c => w3c::confidence(probe),
        Format::Cri => cri::confidence(probe),
        Format::Docker => docker::confidence(probe),
        Format::Logfmt => logfmt::confidence(probe),
        Format::Table => dialect::confidence(probe),
        Format::Jaeger | Format::Zipkin => trace_json::confidence(format, probe),
        Format::Prometheus => prometheus::confidence(probe),
        Format::Evtx => f64::from(u8::from(probe.bytes.starts_with(evtx::MARK))),
        Format::Parquet => f64::from(u8::from(probe.bytes.starts_with(parquet_file::MARK))),
        Format::Kafka => kafka::confidence(probe),
        Format::Lynex => lynex::confidence(probe),
        Format::LlmJson => llm::confidence(Origin::Api, probe),
        Format::LlmSse => sse::confidence(probe),
        Format::Langfuse => of_calls(Origin::Langfuse, probe),
        Format::Langsmith => of_calls(Origin::Langsmith, probe),
        Format::Phoenix => of_calls(Origin::Phoenix, probe),
        Format::StreamHouseSegment => f64::from(u8::from(probe.bytes.starts_with(streamhouse::MARK))),
        Format::StreamHouseWal => f64::from(u8::from(streamhouse::is_wal(probe.bytes))),
        Format::JsonLines => json_lines::confidence(probe),
        Format::Text => probe.stamps.confidence(),
    }
}

/// As JSON or as a table.
fn of_calls(origin: Origin, probe: &Probe<'_>) -> f64 {
    llm::confidence(origin, probe).max(calls::confidence(origin, probe))
}

/// How a table is written, in a capture that is one as this format.
pub(crate) fn dialect(format: Format, probe: &Probe<'_>) -> Option<Dialect> {
    match format {
        Format::Table => Some(Dialect::of(probe)),
        Format::Langfuse => calls::dialect(Origin::Langfuse, probe),
        Format::Langsmith => calls::dialect(Origin::Langsmith, probe),
        Format::Phoenix => calls::dialect(Origin::Phoenix, probe),
        _ => None,
    }
}

/// What a person should know about a capture of this format as a whole.
pub(crate) fn note(format: Format, probe: &Probe<'_>, options: &OpenOptions) -> Option<Problem> {
    match format {
        Format::Prometheus => prometheus::note(probe),
        Format::W3c => w3c::note(probe),
        Format::Table if perfmon::is_zoned(probe) => None,
        Format::JsonLines => times::note(format, probe, options).or_else(|| envelope::note(probe, options)),
        format => times::note(format, probe, options),
    }
}

/// A reader for what was recognised; `name` is the capture's file name, which names streams that nothing else names.
pub(crate) fn reader_for(name: String, sniffed: &Sniffed, limits: Limits) -> Box<dyn Reader> {
    let (years, framing) = (sniffed.years, sniffed.framing);
    match sniffed.format {
        Format::OtlpJson => Box::new(DocumentReader::new(OtlpJson::default(), framing, limits)),
        Format::OtlpProto => Box::new(OtlpProtoReader::new(sniffed.proto_framing, limits)),
        Format::Jaeger => Box::new(DocumentReader::new(TraceJson::new(Shape::Jaeger), framing, limits)),
        Format::Zipkin => Box::new(DocumentReader::new(TraceJson::new(Shape::Zipkin), framing, limits)),
        Format::Prometheus => Box::new(PrometheusReader::new(sniffed.is_open_metrics, limits)),
        Format::Evtx => Box::new(EvtxReader::new(name, limits)),
        Format::Parquet => Box::new(ParquetReader::new(name, sniffed.years, limits)),
        Format::Kafka => match sniffed.console {
            Some(columns) => Box::new(ConsoleReader::new(columns, name, years, limits)),
            None => Box::new(DocumentReader::new(Kafka::new(name, years, limits), framing, limits)),
        },
        Format::Lynex => Box::new(DocumentReader::new(Lynex::new(name, years), framing, limits)),
        Format::LlmJson => Box::new(DocumentReader::new(LlmJson::new(Origin::Api, years), framing, limits)),
        Format::LlmSse => Box::new(SseReader::new(years, limits)),
        Format::Langfuse => calls_reader(Origin::Langfuse, name, sniffed, limits),
        Format::Langsmith => calls_reader(Origin::Langsmith, name, sniffed, limits),
        Format::Phoenix => calls_reader(Origin::Phoenix, name, sniffed, limits),
        Format::StreamHouseSegment => Box::new(SegmentReader::new(name, limits)),
        Format::StreamHouseWal => Box::new(WalReader::new(name, limits)),
        Format::Syslog => Box::new(LineReader::new(Syslog::new(name, years, limits.values), limits)),
        Format::SyslogOctets => Box::new(OctetReader::new(name, years, limits)),
        Format::JournalExport => Box::new(ExportReader::new(name, limits)),
        Format::JournalJson => Box::new(DocumentReader::new(JournalJson::new(name), framing, limits)),
        Format::Access => Box::new(LineReader::new(Access::new(name, limits.values), limits)),
        Format::W3c => Box::new(W3cReader::new(name, limits)),
        Format::Cri => Box::new(PartReader::new(Cri, name, years, limits)),
        Format::Docker => Box::new(PartReader::new(Docker, name, years, limits)),
        Format::Logfmt => Box::new(LineReader::new(Logfmt::new(name, years, limits.values), limits)),
        Format::Table => {
            let dialect = sniffed.dialect.clone().expect("sniffing a table finds its dialect");
            Box::new(TableReader::new(name, dialect, years, limits))
        }
        Format::JsonLines => {
            Box::new(DocumentReader::new(JsonLines::new(name, years, sniffed.enveloped), framing, limits))
        }
        Format::Text => match sniffed.prefix {
            Some(prefix) => Box::new(PrefixedReader::new(prefix, name, sniffed.stamped, years, limits)),
            None => Box::new(TextReader::new(name, sniffed.stamped, years, limits)),
        },
    }
}

fn calls_reader(origin: Origin, name: String, sniffed: &Sniffed, limits: Limits) -> Box<dyn Reader> {
    match &sniffed.dialect {
        Some(dialect) => {
            Box::new(TableReader::new(name, dialect.clone(), sniffed.years, limits).of_calls(origin))
        }
        None => Box::new(DocumentReader::new(LlmJson::new(origin, sniffed.years), sniffed.framing, limits)),
    }
}
