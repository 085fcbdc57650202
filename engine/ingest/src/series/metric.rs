//! Numbers around a time as points of a metric.

use super::points::{number, time};
use super::{Order, Said};
use crate::envelope::bytes_of;
use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::report::{Report, too_costly};
use crate::otlp::{Context, MetricParts, NumberKind, PointData, PointParts, Resource, Scope, Temporality};
use crate::prometheus::server;
use crate::streams::OtlpStreams;
use cbad::{Field, Value};
use std::ops::Range;

/// A metric that a query made and gave no name.
const UNNAMED: &str = "value";
const NO_POINT: &str = "a point that is no pair of a time and a number";

/// What stands where a number should.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Is(f64),
    /// Null: the store has nothing of that time.
    NotThere,
    Other,
}

/// What the labels of numbers say, and what stands beside every point.
pub(super) struct Metric {
    parts: MetricParts,
    resource: Resource,
    attributes: Vec<Field>,
    beside: Vec<Field>,
}

impl Metric {
    pub(super) fn of(mut labels: Vec<Field>, said: Said, beside: Vec<Field>) -> Self {
        let name = said.name.filter(|name| !name.is_empty()).or_else(|| server::take_name(&mut labels));
        let name = name.unwrap_or_else(|| UNNAMED.to_owned());
        // Graphite has the name among its tags again.
        let is_name = |value: &Value| matches!(value, Value::Text(text) if *text == name);
        labels.retain(|label| label.path != "name" || !is_name(&label.value));
        let service = server::take_service(&mut labels).unwrap_or_default();
        let sum = NumberKind::Sum { monotonic: true };
        let (kind, temporality) = match said.kind.as_deref() {
            Some("CUMULATIVE") => (sum, Temporality::Cumulative),
            Some("DELTA") => (sum, Temporality::Delta),
            None if server::is_running_total(&name) => (sum, Temporality::Cumulative),
            _ => (NumberKind::Gauge, Temporality::Unspecified),
        };
        let parts = MetricParts { name, unit: said.unit.unwrap_or_default(), kind, temporality };
        Self { parts, resource: Resource::of_service(service), attributes: labels, beside }
    }

    pub(super) fn read_pair(
        &self,
        cursor: &mut Cursor<'_>,
        order: Order,
        streams: &mut OtlpStreams,
        report: &mut Report<'_>,
    ) -> Read<()> {
        let begin = cursor.at_value()?;
        if cursor.kind()? != Kind::Array {
            cursor.skip()?;
            return report.reject_one(begin, cursor.at(), NO_POINT);
        }
        let (mut index, mut time_nanos, mut value) = (0, None, Number::Other);
        cursor.array(|cursor| {
            index += 1;
            match (index, order) {
                (1, Order::TimeFirst) | (2, Order::NumberFirst) => time_nanos = time(cursor)?,
                (1, Order::NumberFirst) | (2, Order::TimeFirst) => value = number(cursor)?,
                _ => cursor.skip()?,
            }
            Ok(())
        })?;
        self.push(time_nanos, value, begin..cursor.at(), streams, report)
    }

    /// A point without a time or a number cannot be one of a series.
    pub(super) fn push(
        &self,
        time_nanos: Option<i64>,
        value: Number,
        place: Range<usize>,
        streams: &mut OtlpStreams,
        report: &mut Report<'_>,
    ) -> Read<()> {
        let data = match (value, time_nanos) {
            (Number::Is(number), Some(_)) => PointData::Number(number),
            (Number::NotThere, Some(_)) => PointData::None,
            (Number::Other, _) | (_, None) => return report.reject_one(place.start, place.end, NO_POINT),
        };
        self.push_data((None, time_nanos), data, place, streams, report)
    }

    /// A point between the times at which its counting began, where that is known, and ended.
    pub(super) fn push_data(
        &self,
        (start_nanos, time_nanos): (Option<i64>, Option<i64>),
        data: PointData,
        place: Range<usize>,
        streams: &mut OtlpStreams,
        report: &mut Report<'_>,
    ) -> Read<()> {
        let start_nanos = start_nanos.and_then(|nanos| u64::try_from(nanos).ok()).unwrap_or_default();
        let point =
            PointParts { attributes: self.attributes.clone(), start_nanos, data, ..PointParts::default() };
        let context = Context { resource: &self.resource, scope: &Scope::default() };
        let source = report.range(place.start, place.end);
        let made = point.into_event(&self.parts, context, streams, source, &mut report.budget);
        let Ok((stream, mut event)) = made else { return too_costly(place.start) };
        if !report.budget.spend(self.beside.iter().map(bytes_of).sum()) {
            return too_costly(place.start);
        }
        event.time_nanos = time_nanos;
        event.fields.extend_from_slice(&self.beside);
        report.push(stream, event, place.end);
        Ok(())
    }
}
