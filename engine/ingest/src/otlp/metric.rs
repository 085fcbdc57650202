//! Metric data points.

use super::histogram::{self, Buckets};
use super::references::{self, ExemplarParts};
use super::{Context, FAR_TIME, TooCostly, is_far, text_field, time};
use crate::budget::Budget;
use crate::streams::{OtlpStreams, push_quoted};
use cbad::{ByteRange, Event, Field, Measure, StreamKey, Value};
use std::fmt::Write;
use std::sync::Arc;

/// What a point's numbers count since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Temporality {
    #[default]
    Unspecified,
    Delta,
    Cumulative,
}

impl Temporality {
    pub(crate) fn from_number(number: i64) -> Self {
        match number {
            1 => Self::Delta,
            2 => Self::Cumulative,
            _ => Self::Unspecified,
        }
    }
}

/// How the plain numbers of a metric are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum NumberKind {
    /// A value that goes up and down.
    #[default]
    Gauge,
    /// A sum.
    Sum { monotonic: bool },
}

/// A metric as decoded, without its points.
#[derive(Debug, Default)]
pub(crate) struct MetricParts {
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) kind: NumberKind,
    pub(crate) temporality: Temporality,
}

/// A data point as decoded.
#[derive(Debug, Default)]
pub(crate) struct PointParts {
    pub(crate) start_nanos: u64,
    pub(crate) time_nanos: u64,
    pub(crate) attributes: Vec<Field>,
    pub(crate) exemplars: Vec<ExemplarParts>,
    pub(crate) data: PointData,
}

/// The numbers of a data point.
#[derive(Debug, Default, PartialEq)]
pub(crate) enum PointData {
    /// No value recorded.
    #[default]
    None,
    Number(f64),
    Histogram {
        count: u64,
        sum: Option<f64>,
        bounds: Vec<f64>,
        counts: Vec<u64>,
    },
    Exponential {
        count: u64,
        sum: Option<f64>,
        scale: i32,
        zero_count: u64,
        positive: Buckets,
        negative: Buckets,
    },
    /// Pairs of quantile and value.
    Summary {
        count: u64,
        sum: Option<f64>,
        quantiles: Vec<(f64, f64)>,
    },
}

impl PointParts {
    /// What of its times is lost in the event, where something is.
    pub(crate) fn odd_time(&self) -> Option<&'static str> {
        (is_far(self.time_nanos) || is_far(self.start_nanos)).then_some(FAR_TIME)
    }

    /// The stream that the point belongs to, and the event.
    pub(crate) fn into_event(
        mut self,
        metric: &MetricParts,
        context: Context<'_>,
        streams: &mut OtlpStreams,
        source: ByteRange,
        budget: &mut Budget,
    ) -> Result<(Arc<StreamKey>, Event), TooCostly> {
        // The name is copied into the body and into the stream's name.
        if !budget.spend(2 * metric.name.len() + metric.unit.len()) {
            return Err(TooCostly);
        }
        let name = stream_name(&metric.name, &mut self.attributes);
        let stream = streams.metric(&context.resource.service, &name);
        let mut event = Event::new(metric.name.as_bytes(), source);
        event.time_nanos = time(self.time_nanos);
        event.measure = self.data.measure(metric, time(self.start_nanos));
        let mut own =
            if metric.unit.is_empty() { Vec::new() } else { vec![text_field("unit", metric.unit.as_str())] };
        references::exemplars(self.exemplars, &mut own, budget)?;
        context.surround(&mut event, own, budget)?;
        Ok((stream, event))
    }
}

/// `name{key=value,…}`, keys in order, so that one attribute set is one stream however it was written.
fn stream_name(metric: &str, attributes: &mut [Field]) -> String {
    let mut name = metric.to_owned();
    attributes.sort_by(|a, b| a.path.cmp(&b.path));
    for (index, Field { path, value }) in attributes.iter().enumerate() {
        name.push(if index == 0 { '{' } else { ',' });
        push_quoted(&mut name, path);
        name.push('=');
        match value {
            Value::Null => Ok(()),
            Value::Bool(value) => write!(name, "{value}"),
            Value::Int(value) => write!(name, "{value}"),
            Value::Float(value) => write!(name, "{value}"),
            Value::Text(text) => {
                push_quoted(&mut name, text);
                Ok(())
            }
            Value::Bytes(bytes) => {
                push_quoted(&mut name, &bytes.escape_ascii().to_string());
                Ok(())
            }
        }
        .expect("writing to a String does not fail");
    }
    if !attributes.is_empty() {
        name.push('}');
    }
    name
}

impl PointData {
    fn measure(self, metric: &MetricParts, start_nanos: Option<i64>) -> Option<Measure> {
        let cumulative = metric.temporality == Temporality::Cumulative;
        match self {
            Self::None => None,
            Self::Number(value) => Some(match (metric.kind, metric.temporality) {
                (NumberKind::Sum { monotonic: true }, Temporality::Cumulative) => {
                    Measure::Cumulative { total: value, start_nanos }
                }
                (NumberKind::Sum { .. }, Temporality::Delta) => Measure::Delta(value),
                // The running total of what also goes down is a level.
                (NumberKind::Gauge | NumberKind::Sum { .. }, _) => Measure::Gauge(value),
            }),
            Self::Histogram { count, sum, bounds, counts } => {
                Some(Measure::Histogram { count, sum, bounds, counts, cumulative })
            }
            Self::Exponential { count, sum, scale, zero_count, positive, negative } => {
                let (bounds, counts) = histogram::explicit(scale, zero_count, &positive, &negative);
                Some(Measure::Histogram { count, sum, bounds, counts, cumulative })
            }
            Self::Summary { count, sum, quantiles } => {
                let (bounds, counts) = histogram::between_quantiles(count, quantiles);
                // Counts and sums of summaries run since the start.
                Some(Measure::Histogram { count, sum, bounds, counts, cumulative: true })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_name_does_not_depend_on_the_order_of_attributes() {
        let field = |path: &str, value| Field { path: path.into(), value };
        let mut one = [field("b", Value::Int(2)), field("a", Value::Text("x".into()))];
        let mut other = [field("a", Value::Text("x".into())), field("b", Value::Int(2))];
        assert_eq!(stream_name("m", &mut one), "m{a=x,b=2}");
        assert_eq!(stream_name("m", &mut other), "m{a=x,b=2}");
        assert_eq!(stream_name("m", &mut []), "m");
        let mut forged = [field("a", Value::Text("x,b=2".into()))];
        assert_eq!(stream_name("m", &mut forged), r#"m{a="x,b=2"}"#);
    }

    #[test]
    fn numbers_are_read_as_the_metric_means_them() {
        use NumberKind::{Gauge, Sum};
        use Temporality::{Cumulative, Delta, Unspecified};
        for (kind, temporality, expected) in [
            (Gauge, Unspecified, Measure::Gauge(2.0)),
            (Sum { monotonic: true }, Cumulative, Measure::Cumulative { total: 2.0, start_nanos: Some(7) }),
            (Sum { monotonic: false }, Cumulative, Measure::Gauge(2.0)),
            (Sum { monotonic: true }, Delta, Measure::Delta(2.0)),
            (Sum { monotonic: true }, Unspecified, Measure::Gauge(2.0)),
        ] {
            let metric = MetricParts { kind, temporality, ..MetricParts::default() };
            assert_eq!(PointData::Number(2.0).measure(&metric, Some(7)), Some(expected));
        }
        assert_eq!(PointData::None.measure(&MetricParts::default(), None), None);
    }
}
