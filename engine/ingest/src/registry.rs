//! Every format with its probe and its reader: the one place to enter a new one, besides its names in `format.rs`.

use crate::evtx::{self, EvtxReader};
use crate::format::Format;
use crate::json_lines::JsonLinesReader;
use crate::kafka::{self, KafkaReader};
use crate::lynex::{self, LynexReader};
use crate::model::{Limits, OpenOptions, Problem};
use crate::otlp_json::{self, OtlpJsonReader};
use crate::otlp_proto::{self, OtlpProtoReader};
use crate::parquet_file::{self, ParquetReader};
use crate::probe::Probe;
use crate::prometheus::{self, PrometheusReader};
use crate::reader::Reader;
use crate::sniff::Sniffed;
use crate::streamhouse::{self, SegmentReader, WalReader};
use crate::text::TextReader;
use crate::trace_json::{self, Shape, TraceJsonReader};

/// How sure it is that the probe is of this format, 0 to 1; under a half it is not taken for it.
pub(crate) fn confidence(format: Format, probe: &Probe<'_>) -> f64 {
    match format {
        Format::OtlpProto => otlp_proto::recognise(probe.bytes, probe.whole).map_or(0.0, |(_, sure)| sure),
        Format::OtlpJson => otlp_json::confidence(probe),
        Format::Jaeger | Format::Zipkin => trace_json::confidence(format, probe),
        Format::Prometheus => prometheus::confidence(probe),
        Format::Evtx => f64::from(u8::from(probe.bytes.starts_with(evtx::MARK))),
        Format::Parquet => f64::from(u8::from(probe.bytes.starts_with(parquet_file::MARK))),
        Format::Kafka => kafka::confidence(probe),
        Format::Lynex => lynex::confidence(probe),
        Format::StreamHouseSegment => f64::from(u8::from(probe.bytes.starts_with(streamhouse::MARK))),
        Format::StreamHouseWal => f64::from(u8::from(streamhouse::is_wal(probe.bytes))),
        Format::JsonLines => probe.json.share(|_| true),
        Format::Text => probe.stamps.confidence(),
    }
}

/// What a person should know about a capture of this format as a whole.
pub(crate) fn note(format: Format, probe: &Probe<'_>, options: &OpenOptions) -> Option<Problem> {
    match format {
        Format::Text => probe.stamps.note(options.assumed_year),
        Format::Prometheus => prometheus::note(probe),
        _ => None,
    }
}

/// A reader for what was recognised; `name` is the capture's file name, which names streams that nothing else names.
pub(crate) fn reader_for(name: String, sniffed: &Sniffed, limits: Limits) -> Box<dyn Reader> {
    match sniffed.format {
        Format::OtlpJson => Box::new(OtlpJsonReader::new(sniffed.framing, limits)),
        Format::OtlpProto => Box::new(OtlpProtoReader::new(sniffed.proto_framing, limits)),
        Format::Jaeger => Box::new(TraceJsonReader::new(Shape::Jaeger, sniffed.framing, limits)),
        Format::Zipkin => Box::new(TraceJsonReader::new(Shape::Zipkin, sniffed.framing, limits)),
        Format::Prometheus => Box::new(PrometheusReader::new(limits)),
        Format::Evtx => Box::new(EvtxReader::new(name, limits)),
        Format::Parquet => Box::new(ParquetReader::new(name, sniffed.years, limits)),
        Format::Kafka => Box::new(KafkaReader::new(name, sniffed.framing, sniffed.years, limits)),
        Format::Lynex => Box::new(LynexReader::new(name, sniffed.framing, sniffed.years, limits)),
        Format::StreamHouseSegment => Box::new(SegmentReader::new(name, limits)),
        Format::StreamHouseWal => Box::new(WalReader::new(name, limits)),
        Format::JsonLines => Box::new(JsonLinesReader::new(name, sniffed.framing, sniffed.years, limits)),
        Format::Text => Box::new(TextReader::new(name, sniffed.stamped, sniffed.years, limits)),
    }
}
