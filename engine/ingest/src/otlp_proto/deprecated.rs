//! What OTLP up to 0.8 had and the generated types no longer have: points of whole numbers, and labels in place of attributes.
//!
//! Source: `opentelemetry/proto/metrics/v1/metrics.proto` of opentelemetry-proto 0.9, which still names them.

use super::wire::Fields;
use opentelemetry_proto::tonic::common::v1::any_value::Value as ProtoValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::{HistogramDataPoint, NumberDataPoint, number_data_point};
use prost::Message;

/// Fields of a metric that hold its data: `int_gauge`, `int_sum`, `int_histogram`.
pub(super) const INT_GAUGE: u32 = 4;
pub(super) const INT_SUM: u32 = 6;
pub(super) const INT_HISTOGRAM: u32 = 8;

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
}

/// The labels of any point; what else it has is passed over.
#[derive(Clone, PartialEq, Message)]
struct Labels {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
}

#[derive(Clone, PartialEq, Message)]
struct IntPoint {
    #[prost(fixed64, tag = "2")]
    start_time_unix_nano: u64,
    #[prost(fixed64, tag = "3")]
    time_unix_nano: u64,
    #[prost(sfixed64, tag = "4")]
    value: i64,
}

#[derive(Clone, PartialEq, Message)]
struct IntHistogramPoint {
    #[prost(fixed64, tag = "2")]
    start_time_unix_nano: u64,
    #[prost(fixed64, tag = "3")]
    time_unix_nano: u64,
    #[prost(fixed64, tag = "4")]
    count: u64,
    #[prost(sfixed64, tag = "5")]
    sum: i64,
    #[prost(fixed64, repeated, tag = "6")]
    bucket_counts: Vec<u64>,
    #[prost(double, repeated, tag = "7")]
    explicit_bounds: Vec<f64>,
}

/// A point of whole numbers as its successor.
pub(super) fn int_point(bytes: &[u8]) -> Result<NumberDataPoint, prost::DecodeError> {
    let point = IntPoint::decode(bytes)?;
    Ok(NumberDataPoint {
        start_time_unix_nano: point.start_time_unix_nano,
        time_unix_nano: point.time_unix_nano,
        value: Some(number_data_point::Value::AsInt(point.value)),
        ..NumberDataPoint::default()
    })
}

/// A histogram of whole numbers as its successor.
pub(super) fn int_histogram_point(bytes: &[u8]) -> Result<HistogramDataPoint, prost::DecodeError> {
    let point = IntHistogramPoint::decode(bytes)?;
    Ok(HistogramDataPoint {
        start_time_unix_nano: point.start_time_unix_nano,
        time_unix_nano: point.time_unix_nano,
        count: point.count,
        sum: Some(point.sum as f64),
        bucket_counts: point.bucket_counts,
        explicit_bounds: point.explicit_bounds,
        ..HistogramDataPoint::default()
    })
}

/// The labels of a point as attributes; none where it has the attributes that came after them.
pub(super) fn labels(bytes: &[u8]) -> Result<Vec<KeyValue>, prost::DecodeError> {
    if !Fields::of(bytes).any(|field| field.is_ok_and(|field| field.number == 1)) {
        return Ok(Vec::new());
    }
    let attribute = |Label { key, value }| KeyValue {
        key,
        value: Some(AnyValue { value: Some(ProtoValue::StringValue(value)) }),
        ..KeyValue::default()
    };
    Ok(Labels::decode(bytes)?.labels.into_iter().map(attribute).collect())
}
