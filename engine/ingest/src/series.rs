//! Series as the interfaces of stores answer them: labels, and points with a time each. `{"metric":{…},"values":[[t,"1"],…]}`
//! or one `value` of Prometheus and its kin, `values` beside `timestamps` of `VictoriaMetrics`' export,
//! `{"stream":{…},"values":[["t","line"],…]}` of Loki.
//!
//! A point is a record; the numbers become metrics, the lines logs.

use crate::budget::{Budget, RECORD_BYTES};
use crate::envelope::bytes_of;
use crate::json::cursor::{Cursor, Kind, Read, Text};
use crate::json::report::{Report, too_costly};
use crate::json::value::{flatten, text_value};
use crate::otlp::{Context, MetricParts, NumberKind, PointData, PointParts, Resource, Scope, Temporality};
use crate::prometheus::server;
use crate::record::Record;
use crate::stamp::{self, Years};
use crate::streams::{LogStreams, OtlpStreams};
use cbad::Field;

/// Memory for the labels of a series, in terms of [`Budget`].
const LABELS_BYTES: usize = 1 << 16;
/// A metric that a query made and gave no name.
const UNNAMED: &str = "value";

/// Labels, and where the points stand.
pub(crate) struct Series<'a> {
    labels: Vec<Field>,
    points: Points<'a>,
    /// How many members there are that are no labels and no points.
    pub(crate) left_out: usize,
}

enum Points<'a> {
    /// Lines, each beside its time.
    Lines(Cursor<'a>),
    /// Numbers, each beside its time.
    Numbers(Cursor<'a>),
    /// One number beside its time.
    Number(Cursor<'a>),
    /// Numbers, and their times in a list of their own.
    Columns { values: Cursor<'a>, times: Cursor<'a> },
}

impl<'a> Series<'a> {
    /// The object at the cursor as a series, where it is one, and how reading to its end went: of points that break off
    /// those are there up to that place.
    pub(crate) fn of(cursor: &mut Cursor<'a>) -> (Option<Self>, Read<()>) {
        let mut seen = Seen::default();
        let read = cursor.object(|cursor, key| seen.member(&key, cursor));
        (seen.into_series(), read)
    }

    /// Reads each point into an event.
    pub(crate) fn read(
        self,
        logs: &mut LogStreams,
        metrics: &mut OtlpStreams,
        years: Years,
        report: &mut Report<'_>,
    ) -> Read<()> {
        match self.points {
            Points::Lines(mut list) => {
                let labels = below_labels(self.labels);
                list.array(|cursor| read_line(cursor, &labels, logs, years, report))
            }
            Points::Numbers(mut list) => {
                let metric = Metric::of(self.labels);
                list.array(|cursor| metric.read_pair(cursor, metrics, report))
            }
            Points::Number(mut pair) => Metric::of(self.labels).read_pair(&mut pair, metrics, report),
            Points::Columns { mut values, times } => {
                let metric = Metric::of(self.labels);
                let mut times = times_in(times)?.into_iter();
                values.array(|cursor| {
                    let begin = cursor.at_value()?;
                    let value = scalar(cursor)?;
                    metric.push(times.next().flatten(), value, begin, cursor.at(), metrics, report)
                })?;
                note_spare(times.len(), values.at(), report);
                Ok(())
            }
        }
    }
}

#[derive(Default)]
struct Seen<'a> {
    labels: Option<Vec<Field>>,
    /// Whether the labels are those of lines.
    is_stream: bool,
    values: Option<Cursor<'a>>,
    value: Option<Cursor<'a>>,
    timestamps: Option<Cursor<'a>>,
    left_out: usize,
}

impl<'a> Seen<'a> {
    fn member(&mut self, key: &[u8], cursor: &mut Cursor<'a>) -> Read<()> {
        let kind = cursor.kind()?;
        let list = match (key, kind) {
            (b"metric" | b"stream", Kind::Object) if self.labels.is_none() => {
                let mut labels = Vec::new();
                let mut budget = Budget::for_unit(LABELS_BYTES);
                flatten(cursor, &mut String::new(), &mut labels, &mut budget)?;
                self.labels = Some(labels);
                self.is_stream = key == b"stream";
                return Ok(());
            }
            (b"values", Kind::Array) => &mut self.values,
            (b"value", Kind::Array) => &mut self.value,
            (b"timestamps", Kind::Array) => &mut self.timestamps,
            _ => {
                self.left_out += 1;
                return cursor.skip();
            }
        };
        *list = Some(cursor.clone());
        cursor.skip()
    }

    fn into_series(self) -> Option<Series<'a>> {
        let labels = self.labels?;
        let points = match (self.values, self.value, self.timestamps) {
            (Some(list), None, None) if self.is_stream => {
                begins_with_pair(&list, Kind::Text).then_some(Points::Lines(list))
            }
            (Some(list), None, None) => {
                begins_with_pair(&list, Kind::Number).then_some(Points::Numbers(list))
            }
            (None, Some(pair), None) if !self.is_stream => {
                is_pair(&mut pair.clone(), Kind::Number).then_some(Points::Number(pair))
            }
            (Some(values), None, Some(times)) if !self.is_stream => {
                let is_list = first_kind(&times) == Some(Kind::Number) && first_kind(&values).is_some();
                is_list.then_some(Points::Columns { values, times })
            }
            _ => None,
        };
        points.map(|points| Series { labels, points, left_out: self.left_out })
    }
}

/// The kind of the first element of the array at the cursor.
fn first_kind(list: &Cursor<'_>) -> Option<Kind> {
    let mut first = None;
    let _ = list.clone().array(|cursor| {
        first = first.or(cursor.kind().ok());
        cursor.stop()
    });
    first
}

/// Whether the first element of the array at the cursor is a pair whose time is of this kind.
fn begins_with_pair(list: &Cursor<'_>, kind: Kind) -> bool {
    let mut is_one = false;
    let _ = list.clone().array(|cursor| {
        is_one = is_pair(cursor, kind);
        cursor.stop()
    });
    is_one
}

/// Whether a pair of a time of this kind and a value is at the cursor. The value need not be there yet.
fn is_pair(cursor: &mut Cursor<'_>, kind: Kind) -> bool {
    let mut is_time = false;
    let _ = cursor.array(|cursor| {
        is_time = cursor.kind()? == kind && time(cursor)?.is_some();
        cursor.stop()
    });
    is_time
}

/// Text or a number as written; none where it is neither.
fn scalar<'a>(cursor: &mut Cursor<'a>) -> Read<Option<Text<'a>>> {
    Ok(match cursor.kind()? {
        Kind::Text => Some(cursor.text()?),
        Kind::Number => Some(cursor.number()?.as_bytes().into()),
        _ => {
            cursor.skip()?;
            None
        }
    })
}

/// The time that text or a number is.
fn time(cursor: &mut Cursor<'_>) -> Read<Option<i64>> {
    Ok(scalar(cursor)?.and_then(|text| stamp::epoch(&text)))
}

fn times_in(mut list: Cursor<'_>) -> Read<Vec<Option<i64>>> {
    let mut times = Vec::new();
    list.array(|cursor| {
        times.push(time(cursor)?);
        Ok(())
    })?;
    Ok(times)
}

fn note_spare(times: usize, at: usize, report: &mut Report<'_>) {
    if times > 0 {
        let plural = if times == 1 { "" } else { "s" };
        let reason = format!("the series has {times} time{plural} more than values: passed over");
        report.remark(at, at, reason, Some("Its values were read; compare the two lists in the capture."));
    }
}

/// The names as Grafana writes labels beside a line, so that they are no fields of the line itself.
fn below_labels(labels: Vec<Field>) -> Vec<Field> {
    labels.into_iter().map(|label| Field { path: format!("labels.{}", label.path), ..label }).collect()
}

/// Reads `["nanoseconds", "line"]`, with what else is known of the line behind it.
fn read_line(
    cursor: &mut Cursor<'_>,
    labels: &[Field],
    streams: &mut LogStreams,
    years: Years,
    report: &mut Report<'_>,
) -> Read<()> {
    let begin = cursor.at_value()?;
    if cursor.kind()? != Kind::Array {
        cursor.skip()?;
        return report.reject_one(begin, cursor.at(), "a point that is no pair of a time and a line");
    }
    let mut fields: Vec<Field> = Vec::with_capacity(2 + labels.len());
    let mut index = 0;
    cursor.array(|cursor| {
        index += 1;
        match (index, cursor.kind()?) {
            (1, Kind::Text) => fields.push(field("timestamp", cursor.text()?)),
            (2, Kind::Text) => {
                fields.push(field("message", cursor.text()?));
                fields.extend_from_slice(labels);
            }
            (3, Kind::Object) => flatten(cursor, &mut String::new(), &mut fields, &mut report.budget)?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    let end = cursor.at();
    if fields.get(1).is_none_or(|field| field.path != "message") {
        return report.reject_one(begin, end, "a point that is no pair of a time and a line");
    }
    if !report.budget.spend(RECORD_BYTES + fields.iter().map(bytes_of).sum::<usize>()) {
        return too_costly(begin);
    }
    let (service, event) = Record::of_fields(fields, years).into_event(report.range(begin, end));
    report.push(streams.of(service.as_deref()), event, end);
    Ok(())
}

fn field(path: &str, text: Text<'_>) -> Field {
    Field { path: path.to_owned(), value: text_value(text) }
}

/// What the labels of numbers say.
struct Metric {
    parts: MetricParts,
    resource: Resource,
    attributes: Vec<Field>,
}

impl Metric {
    fn of(mut labels: Vec<Field>) -> Self {
        let name = server::take_name(&mut labels).unwrap_or_else(|| UNNAMED.to_owned());
        let service = server::take_service(&mut labels).unwrap_or_default();
        let (kind, temporality) = if server::is_running_total(&name) {
            (NumberKind::Sum { monotonic: true }, Temporality::Cumulative)
        } else {
            (NumberKind::Gauge, Temporality::Unspecified)
        };
        let parts = MetricParts { name, unit: String::new(), kind, temporality };
        Self { parts, resource: Resource::of_service(service), attributes: labels }
    }

    fn read_pair(
        &self,
        cursor: &mut Cursor<'_>,
        streams: &mut OtlpStreams,
        report: &mut Report<'_>,
    ) -> Read<()> {
        let begin = cursor.at_value()?;
        if cursor.kind()? != Kind::Array {
            cursor.skip()?;
            return report.reject_one(begin, cursor.at(), "a point that is no pair of a time and a number");
        }
        let (mut index, mut time_nanos, mut value) = (0, None, None);
        cursor.array(|cursor| {
            index += 1;
            match index {
                1 => time_nanos = time(cursor)?,
                2 => value = scalar(cursor)?,
                _ => cursor.skip()?,
            }
            Ok(())
        })?;
        self.push(time_nanos, value, begin, cursor.at(), streams, report)
    }

    /// A point without a time or a number cannot be one of a series.
    fn push(
        &self,
        time_nanos: Option<i64>,
        value: Option<Text<'_>>,
        begin: usize,
        end: usize,
        streams: &mut OtlpStreams,
        report: &mut Report<'_>,
    ) -> Read<()> {
        let number = value.and_then(|text| std::str::from_utf8(&text).ok()?.parse::<f64>().ok());
        let (Some(number), Some(_)) = (number, time_nanos) else {
            return report.reject_one(begin, end, "a point that is no pair of a time and a number");
        };
        let point = PointParts {
            attributes: self.attributes.clone(),
            data: PointData::Number(number),
            ..PointParts::default()
        };
        let context = Context { resource: &self.resource, scope: &Scope::default() };
        let source = report.range(begin, end);
        let made = point.into_event(&self.parts, context, streams, source, &mut report.budget);
        let Ok((stream, mut event)) = made else { return too_costly(begin) };
        event.time_nanos = time_nanos;
        report.push(stream, event, end);
        Ok(())
    }
}

#[cfg(test)]
#[path = "series_tests.rs"]
mod tests;
