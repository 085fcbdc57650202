//! From the samples of one family to data points: the lines of a histogram or a summary are one point.

use super::line::{Exemplar, Sample};
use super::server;
use crate::budget::Budget;
use crate::ids;
use crate::otlp::{
    Context, MetricParts, NumberKind, PointData, PointParts, Resource, Scope, Temporality, TooCostly,
    known_id,
};
use crate::streams::OtlpStreams;
use cbad::{ByteRange, Event, Field, StreamKey, Value};
use std::sync::Arc;

/// More buckets or quantiles than any client writes; the next begins another point.
const MOST_PAIRS: usize = 1024;

/// What the metadata of a family say.
#[derive(Clone, Debug, Default)]
pub(super) struct Family {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) unit: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// It has no type, or the one that says so.
    #[default]
    Untyped,
    /// Gauges, and whatever has a type whose samples are plain numbers.
    Number,
    Counter,
    Info,
    Histogram,
    GaugeHistogram,
    Summary,
}

impl Kind {
    pub(super) fn of(name: &[u8]) -> Self {
        match name {
            b"counter" => Self::Counter,
            b"info" => Self::Info,
            b"histogram" => Self::Histogram,
            b"gaugehistogram" => Self::GaugeHistogram,
            b"summary" => Self::Summary,
            b"untyped" | b"unknown" => Self::Untyped,
            _ => Self::Number,
        }
    }
}

/// What a sample is to its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Value,
    Bucket,
    Sum,
    Count,
    Created,
}

impl Family {
    /// The role of the sample of this name, if it is of this family.
    pub(super) fn role(&self, name: &str) -> Option<Role> {
        let suffix = name.strip_prefix(&*self.name)?;
        Some(match (self.kind, suffix) {
            (Kind::Untyped | Kind::Number | Kind::Counter | Kind::Summary | Kind::Info, "")
            | (Kind::Counter, "_total")
            | (Kind::Info, "_info") => Role::Value,
            (Kind::Histogram | Kind::GaugeHistogram, "_bucket") => Role::Bucket,
            (Kind::Histogram | Kind::Summary, "_sum") | (Kind::GaugeHistogram, "_gsum") => Role::Sum,
            (Kind::Histogram | Kind::Summary, "_count") | (Kind::GaugeHistogram, "_gcount") => Role::Count,
            (Kind::Counter | Kind::Histogram | Kind::Summary, "_created") => Role::Created,
            _ => return None,
        })
    }

    /// The label by which the samples of one point differ.
    fn own_label(&self, role: Role) -> Option<&'static str> {
        match (self.kind, role) {
            (_, Role::Bucket) => Some("le"),
            (Kind::Summary, Role::Value) => Some("quantile"),
            _ => None,
        }
    }
}

/// A point in the making: samples that follow one another with the same labels.
#[derive(Debug, Default)]
pub(super) struct Point {
    pub(super) source: ByteRange,
    pub(super) line: u64,
    name: String,
    labels: Vec<Field>,
    time_nanos: Option<i64>,
    value: Option<f64>,
    count: Option<f64>,
    sum: Option<f64>,
    created: Option<f64>,
    /// Upper bound and count of values up to it; or quantile and value.
    pairs: Vec<(f64, f64)>,
    exemplars: Vec<Exemplar>,
}

impl Point {
    /// The first sample of a point.
    pub(super) fn of(
        family: &Family,
        role: Role,
        sample: Sample,
        source: ByteRange,
        line: u64,
    ) -> Result<Self, &'static str> {
        let mut point = Self { source, line, time_nanos: sample.time_nanos, ..Self::default() };
        let (labels, own) = split(sample.labels, family.own_label(role));
        point.labels = labels;
        point.name = if own.is_some() || matches!(role, Role::Sum | Role::Count | Role::Created) {
            family.name.clone()
        } else {
            sample.name
        };
        point.put(role, sample.value, own, sample.exemplar)?;
        Ok(point)
    }

    /// Takes in a sample that belongs to the same point; gives it back where it begins another.
    pub(super) fn join(
        &mut self,
        family: &Family,
        role: Role,
        sample: Sample,
        source: ByteRange,
    ) -> Result<(), Sample> {
        let own = family.own_label(role);
        let joins = (own.is_some()
            || matches!(role, Role::Sum | Role::Count | Role::Created)
            || self.is_only_created())
            && (sample.time_nanos == self.time_nanos || role == Role::Created)
            && same_labels(&self.labels, &sample.labels, own)
            && self.has_room(role, number_of(&sample.labels, own));
        if !joins {
            return Err(sample);
        }
        if role == Role::Value && own.is_none() {
            self.name.clone_from(&sample.name);
            self.time_nanos = sample.time_nanos;
        }
        let number = number_of(&sample.labels, own);
        self.put(role, sample.value, number, sample.exemplar).expect("room was found for it");
        self.source.length = source.end() - self.source.offset;
        Ok(())
    }

    fn is_only_created(&self) -> bool {
        self.created.is_some() && self.value.is_none() && self.pairs.is_empty() && self.count.is_none()
    }

    /// Whether the point lacks this sample: what stands twice begins another point.
    fn has_room(&self, role: Role, own: Option<f64>) -> bool {
        match role {
            Role::Value if own.is_none() => self.value.is_none(),
            Role::Value | Role::Bucket => {
                self.pairs.len() < MOST_PAIRS
                    && own.is_some_and(|own| {
                        !self.pairs.iter().any(|(known, _)| known.to_bits() == own.to_bits())
                    })
            }
            Role::Sum => self.sum.is_none(),
            Role::Count => self.count.is_none(),
            Role::Created => self.created.is_none(),
        }
    }

    fn put(
        &mut self,
        role: Role,
        value: f64,
        own: Option<f64>,
        exemplar: Option<Exemplar>,
    ) -> Result<(), &'static str> {
        match (role, own) {
            (Role::Bucket, None) => {
                return Err("a bucket without a bound: the label `le` is missing or no number");
            }
            (Role::Bucket | Role::Value, Some(own)) => self.pairs.push((own, value)),
            (Role::Value, None) => self.value = Some(value),
            (Role::Sum, _) => self.sum = Some(value),
            (Role::Count, _) => self.count = Some(value),
            (Role::Created, _) => self.created = Some(value),
        }
        self.exemplars.extend(exemplar);
        Ok(())
    }

    /// The stream and the event; where the numbers of a histogram contradict one another, why.
    pub(super) fn into_event(
        mut self,
        family: &Family,
        streams: &mut OtlpStreams,
        budget: &mut Budget,
    ) -> Result<(Arc<StreamKey>, Event), Loss> {
        let data = self.data(family.kind).map_err(Loss::Record)?;
        let is_counter = match family.kind {
            Kind::Untyped => server::is_running_total(&self.name),
            kind => kind == Kind::Counter,
        };
        let kind = if is_counter { NumberKind::Sum { monotonic: true } } else { NumberKind::Gauge };
        let temporality = if is_counter || family.kind == Kind::Histogram {
            Temporality::Cumulative
        } else {
            Temporality::Unspecified
        };
        let metric = MetricParts { name: self.name, unit: family.unit.clone(), kind, temporality };
        let service = server::take_service(&mut self.labels).unwrap_or_default();
        let point = PointParts {
            start_nanos: self.created.map_or(0, created_nanos),
            time_nanos: 0,
            attributes: self.labels,
            exemplars: Vec::new(),
            data,
        };
        let resource = Resource::of_service(service);
        let context = Context { resource: &resource, scope: &Scope::default() };
        let (stream, mut event) = point
            .into_event(&metric, context, streams, self.source, budget)
            .map_err(|TooCostly| Loss::Block)?;
        event.time_nanos = self.time_nanos;
        for (index, exemplar) in self.exemplars.iter_mut().enumerate() {
            put_exemplar(&mut event, index, exemplar);
        }
        Ok((stream, event))
    }

    fn data(&mut self, kind: Kind) -> Result<PointData, &'static str> {
        match kind {
            Kind::Histogram | Kind::GaugeHistogram if self.value.is_none() => self.histogram(),
            Kind::Summary if self.value.is_none() => Ok(PointData::Summary {
                count: whole(self.count.unwrap_or(0.0))?,
                sum: self.sum,
                quantiles: std::mem::take(&mut self.pairs),
            }),
            _ => Ok(self.value.map_or(PointData::None, PointData::Number)),
        }
    }

    /// Counts of each bucket out of counts up to each bound.
    fn histogram(&mut self) -> Result<PointData, &'static str> {
        let mut pairs = std::mem::take(&mut self.pairs);
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let last = pairs.last().filter(|(bound, _)| bound.is_infinite()).map(|&(_, count)| count);
        let count = whole(self.count.or(last).unwrap_or(0.0))?;
        let mut counts = Vec::with_capacity(pairs.len() + 1);
        let mut below = 0;
        let mut bounds = Vec::with_capacity(pairs.len());
        for (bound, up_to) in pairs {
            let up_to = whole(up_to)?;
            counts.push(up_to.checked_sub(below).ok_or("a histogram whose buckets count down")?);
            below = up_to;
            if bound.is_finite() {
                bounds.push(bound);
            }
        }
        if !counts.is_empty() && counts.len() == bounds.len() {
            counts
                .push(count.checked_sub(below).ok_or("a histogram whose buckets hold more than its count")?);
        }
        Ok(PointData::Histogram { count, sum: self.sum, bounds, counts })
    }
}

/// Seconds as a float hold microseconds of our time and no more.
fn created_nanos(seconds: f64) -> u64 {
    ((seconds * 1e6).round() as u64).saturating_mul(1000)
}

/// Why a point is no event.
pub(super) enum Loss {
    Record(&'static str),
    /// It would take more than its block may cost.
    Block,
}

fn whole(count: f64) -> Result<u64, &'static str> {
    if (0.0..18_446_744_073_709_551_616.0).contains(&count) {
        return Ok(count.round() as u64);
    }
    Err("a count that is negative or no number")
}

fn split(labels: Vec<Field>, own: Option<&str>) -> (Vec<Field>, Option<f64>) {
    let number = number_of(&labels, own);
    let rest = labels.into_iter().filter(|label| number.is_none() || Some(&*label.path) != own);
    (rest.collect(), number)
}

/// The number in the label by which the samples of one point differ.
fn number_of(labels: &[Field], own: Option<&str>) -> Option<f64> {
    let label = labels.iter().find(|label| Some(&*label.path) == own)?;
    match &label.value {
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// Whether two label sets are the same but for the own label of the second, in whatever order.
fn same_labels(labels: &[Field], others: &[Field], own: Option<&str>) -> bool {
    let mut others = others.iter().filter(|other| Some(&*other.path) != own);
    let count = others.clone().count();
    count == labels.len() && others.all(|other| labels.contains(other))
}

fn put_exemplar(event: &mut Event, index: usize, exemplar: &mut Exemplar) {
    let path = |name: &str| format!("exemplars[{index}].{name}");
    for Field { path: name, value } in std::mem::take(&mut exemplar.labels) {
        let id = match &value {
            Value::Text(text) => text.as_bytes(),
            _ => b"",
        };
        match &*name {
            "trace_id" if event.trace_id.is_none() && ids::from_hex::<16>(id).is_some() => {
                event.trace_id = ids::from_hex(id).and_then(|id: [u8; 16]| known_id(&id));
            }
            "span_id" if event.span_id.is_none() && ids::from_hex::<8>(id).is_some() => {
                event.span_id = ids::from_hex(id).and_then(|id: [u8; 8]| known_id(&id));
            }
            name => event.fields.push(Field { path: path(name), value }),
        }
    }
    event.fields.push(Field { path: path("value"), value: Value::Float(exemplar.value) });
    if let Some(nanos) = exemplar.time_nanos {
        event.fields.push(Field { path: path("time_unix_nano"), value: Value::Int(nanos) });
    }
}
