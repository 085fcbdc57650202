//! From the generated protobuf types to what the events are made of.

use crate::budget::Budget;
use crate::otlp::{
    Buckets, ExemplarParts, LinkParts, LogParts, PointData, PointParts, Scope, SpanEventParts, SpanParts,
    TooCostly, known_id,
};
use crate::severity;
use cbad::{Field, Value};
use opentelemetry_proto::tonic::common::v1::any_value::Value as ProtoValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint, SummaryDataPoint, exemplar,
    exponential_histogram_data_point, number_data_point,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use std::fmt::Write;

/// Bit 0 of a point's flags: no value was recorded.
const NO_RECORDED_VALUE: u32 = 1;

type Converted<T> = Result<T, TooCostly>;

/// Attributes, flattened.
pub(super) fn attributes(list: Vec<KeyValue>, budget: &mut Budget) -> Converted<Vec<Field>> {
    let mut fields = Vec::with_capacity(list.len());
    key_values(list, &mut String::new(), &mut fields, budget)?;
    Ok(fields)
}

fn key_values(
    list: Vec<KeyValue>,
    path: &mut String,
    fields: &mut Vec<Field>,
    budget: &mut Budget,
) -> Converted<()> {
    let length = path.len();
    for KeyValue { key, value, .. } in list {
        if length > 0 {
            path.push('.');
        }
        path.push_str(&key);
        any_value(value, path, fields, budget)?;
        path.truncate(length);
    }
    Ok(())
}

fn any_value(
    value: Option<AnyValue>,
    path: &mut String,
    fields: &mut Vec<Field>,
    budget: &mut Budget,
) -> Converted<()> {
    let before = fields.len();
    let value = match value.and_then(|value| value.value) {
        // References into a dictionary exist in profiles only.
        None | Some(ProtoValue::StringValueStrindex(_)) => Value::Null,
        Some(ProtoValue::StringValue(text)) => Value::Text(text),
        Some(ProtoValue::BoolValue(value)) => Value::Bool(value),
        Some(ProtoValue::IntValue(value)) => Value::Int(value),
        Some(ProtoValue::DoubleValue(value)) => Value::Float(value),
        Some(ProtoValue::BytesValue(bytes)) => Value::Bytes(bytes),
        Some(ProtoValue::ArrayValue(array)) => {
            let length = path.len();
            for (index, value) in array.values.into_iter().enumerate() {
                write!(path, "[{index}]").expect("writing to a String does not fail");
                any_value(Some(value), path, fields, budget)?;
                path.truncate(length);
            }
            if fields.len() > before {
                return Ok(());
            }
            Value::Text("[]".into())
        }
        Some(ProtoValue::KvlistValue(list)) => {
            key_values(list.values, path, fields, budget)?;
            if fields.len() > before {
                return Ok(());
            }
            Value::Text("{}".into())
        }
    };
    if !budget.spend(path.len()) {
        return Err(TooCostly);
    }
    fields.push(Field { path: path.clone(), value });
    Ok(())
}

pub(super) fn scope(scope: InstrumentationScope, budget: &mut Budget) -> Converted<Scope> {
    let attributes = attributes(scope.attributes, budget)?;
    let mut described = Scope::named(scope.name, scope.version);
    described.describe(attributes, scope.dropped_attributes_count.into());
    Ok(described)
}

pub(super) fn log(log: LogRecord, budget: &mut Budget) -> Converted<LogParts> {
    let mut body = Vec::new();
    if log.body.is_some() {
        any_value(log.body, &mut "body".to_owned(), &mut body, budget)?;
    }
    Ok(LogParts {
        time_nanos: log.time_unix_nano,
        observed_nanos: log.observed_time_unix_nano,
        severity_number: log.severity_number.into(),
        severity_text: severity::of_word(log.severity_text.as_bytes()),
        event_name: log.event_name,
        text: Vec::new(),
        body,
        flags: log.flags.into(),
        attributes: attributes(log.attributes, budget)?,
        trace_id: known_id(&log.trace_id),
        span_id: known_id(&log.span_id),
    })
}

pub(super) fn span(span: Span, budget: &mut Budget) -> Converted<SpanParts> {
    let (status_code, status_message) =
        span.status.map_or((0, String::new()), |status| (status.code.into(), status.message));
    let mut events = Vec::with_capacity(span.events.len());
    for event in span.events {
        let attributes = attributes(event.attributes, budget)?;
        events.push(SpanEventParts { time_nanos: event.time_unix_nano, name: event.name, attributes });
    }
    let mut links = Vec::with_capacity(span.links.len());
    for link in span.links {
        links.push(LinkParts {
            trace_id: known_id(&link.trace_id),
            span_id: known_id(&link.span_id),
            trace_state: link.trace_state,
            flags: link.flags.into(),
            attributes: attributes(link.attributes, budget)?,
        });
    }
    Ok(SpanParts {
        name: span.name.into_bytes(),
        kind: span.kind.into(),
        start_nanos: span.start_time_unix_nano,
        end_nanos: span.end_time_unix_nano,
        trace_id: known_id(&span.trace_id),
        span_id: known_id(&span.span_id),
        parent_span_id: known_id(&span.parent_span_id),
        status_code,
        status_message,
        trace_state: span.trace_state,
        flags: span.flags.into(),
        links,
        attributes: attributes(span.attributes, budget)?,
        events,
    })
}

/// A point's numbers, unless its flags say that there are none.
fn recorded(flags: u32, data: PointData) -> PointData {
    if flags & NO_RECORDED_VALUE == 0 { data } else { PointData::None }
}

pub(super) fn number_point(point: NumberDataPoint, budget: &mut Budget) -> Converted<PointParts> {
    let data = match point.value {
        None => PointData::None,
        Some(number_data_point::Value::AsDouble(value)) => PointData::Number(value),
        Some(number_data_point::Value::AsInt(value)) => PointData::Number(value as f64),
    };
    Ok(PointParts {
        start_nanos: point.start_time_unix_nano,
        time_nanos: point.time_unix_nano,
        attributes: attributes(point.attributes, budget)?,
        exemplars: exemplars(point.exemplars, budget)?,
        data: recorded(point.flags, data),
    })
}

pub(super) fn histogram_point(point: HistogramDataPoint, budget: &mut Budget) -> Converted<PointParts> {
    let data = PointData::Histogram {
        count: point.count,
        sum: point.sum,
        bounds: point.explicit_bounds,
        counts: point.bucket_counts,
    };
    Ok(PointParts {
        start_nanos: point.start_time_unix_nano,
        time_nanos: point.time_unix_nano,
        attributes: attributes(point.attributes, budget)?,
        exemplars: exemplars(point.exemplars, budget)?,
        data: recorded(point.flags, data),
    })
}

pub(super) fn exponential_point(
    point: ExponentialHistogramDataPoint,
    budget: &mut Budget,
) -> Converted<PointParts> {
    let data = PointData::Exponential {
        count: point.count,
        sum: point.sum,
        scale: point.scale,
        zero_count: point.zero_count,
        positive: buckets(point.positive),
        negative: buckets(point.negative),
    };
    Ok(PointParts {
        start_nanos: point.start_time_unix_nano,
        time_nanos: point.time_unix_nano,
        attributes: attributes(point.attributes, budget)?,
        exemplars: exemplars(point.exemplars, budget)?,
        data: recorded(point.flags, data),
    })
}

fn exemplars(list: Vec<Exemplar>, budget: &mut Budget) -> Converted<Vec<ExemplarParts>> {
    let exemplar = |exemplar: Exemplar| {
        Ok(ExemplarParts {
            time_nanos: exemplar.time_unix_nano,
            value: exemplar.value.map(|value| match value {
                exemplar::Value::AsDouble(value) => value,
                exemplar::Value::AsInt(value) => value as f64,
            }),
            trace_id: known_id(&exemplar.trace_id),
            span_id: known_id(&exemplar.span_id),
            attributes: attributes(exemplar.filtered_attributes, budget)?,
        })
    };
    list.into_iter().map(exemplar).collect()
}

fn buckets(buckets: Option<exponential_histogram_data_point::Buckets>) -> Buckets {
    buckets.map_or_else(Buckets::default, |buckets| Buckets {
        offset: buckets.offset,
        counts: buckets.bucket_counts,
    })
}

pub(super) fn summary_point(point: SummaryDataPoint, budget: &mut Budget) -> Converted<PointParts> {
    let quantiles = point.quantile_values.iter().map(|at| (at.quantile, at.value)).collect();
    let data = PointData::Summary { count: point.count, sum: Some(point.sum), quantiles };
    Ok(PointParts {
        start_nanos: point.start_time_unix_nano,
        time_nanos: point.time_unix_nano,
        attributes: attributes(point.attributes, budget)?,
        exemplars: Vec::new(),
        data: recorded(point.flags, data),
    })
}
