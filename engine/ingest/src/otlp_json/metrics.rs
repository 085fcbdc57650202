//! Metrics out of OTLP JSON. A point is a record, but what it means stands in the metric around it, often after it.

use super::typed::{
    Odd, attributes_of, bool_of, each, enum_of, f64_of, i64_of, id_of, members, message, string_of, u64_of,
};
use crate::budget::Budget;
use crate::json::cursor::{Cursor, Kind, Read};
use crate::otlp::{Buckets, ExemplarParts, MetricParts, NumberKind, PointData, PointParts, Temporality};

const TEMPORALITIES: [(&str, i64); 3] = [("UNSPECIFIED", 0), ("DELTA", 1), ("CUMULATIVE", 2)];
/// Bit 0 of a point's flags: no value was recorded.
const NO_RECORDED_VALUE: u64 = 1;

/// A point, and the bytes that it takes up in the text.
pub(super) struct Placed {
    pub(super) begin: usize,
    pub(super) end: usize,
    /// Why it is none, where it is none.
    pub(super) point: Result<PointParts, &'static str>,
    pub(super) odd: Odd,
}

/// Reads a metric and its points; the points are not events before the whole metric is known.
pub(super) fn metric(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    points: &mut Vec<Placed>,
    budget: &mut Budget,
) -> Read<MetricParts> {
    let mut metric = MetricParts::default();
    let mut has_data = false;
    message(cursor, odd, |cursor, odd, name| {
        let kind = match name {
            b"name" => {
                metric.name = string_of(cursor, odd, "a metric name that is not text")?;
                return Ok(());
            }
            b"unit" => {
                metric.unit = string_of(cursor, odd, "a metric unit that is not text")?;
                return Ok(());
            }
            // The kinds up to OTLP 0.8 hold what their successors do, with a type for each type of number.
            b"gauge"
            | b"histogram"
            | b"exponentialHistogram"
            | b"exponential_histogram"
            | b"summary"
            | b"intGauge"
            | b"int_gauge"
            | b"doubleGauge"
            | b"double_gauge"
            | b"intHistogram"
            | b"int_histogram"
            | b"doubleHistogram"
            | b"double_histogram"
            | b"doubleSummary"
            | b"double_summary" => NumberKind::Gauge,
            b"sum" | b"intSum" | b"int_sum" | b"doubleSum" | b"double_sum" => {
                NumberKind::Sum { monotonic: false }
            }
            b"description" | b"metadata" => return cursor.skip(),
            _ => {
                let mut ahead = cursor.clone();
                if of_unknown_kind(&mut ahead, points)? {
                    has_data = true;
                    *cursor = ahead;
                    return Ok(());
                }
                return odd.pass_other(cursor, "Metric", name);
            }
        };
        // Some writers write every kind and null for those that it is not.
        if cursor.kind()? == Kind::Null {
            return cursor.null();
        }
        has_data = true;
        metric.kind = kind;
        let is_summary = matches!(name, b"summary" | b"doubleSummary" | b"double_summary");
        data(cursor, odd, &mut metric, &mut |cursor| {
            points.push(placed(cursor, is_summary, budget)?);
            Ok(())
        })
    })?;
    if !has_data {
        odd.get_or_insert("a metric without data of a known kind");
    }
    Ok(metric)
}

/// Points of a kind that is not known, each lost by itself; false where the member holds none.
fn of_unknown_kind(cursor: &mut Cursor<'_>, points: &mut Vec<Placed>) -> Read<bool> {
    const REASON: &str = "a data point of a metric whose kind is not known";
    if cursor.kind()? != Kind::Object {
        return cursor.skip().map(|()| false);
    }
    let before = points.len();
    cursor.object(|cursor, name| {
        if !matches!(&*name, b"dataPoints" | b"data_points") {
            return cursor.skip();
        }
        each(cursor, |cursor| {
            let begin = cursor.at_value()?;
            cursor.skip()?;
            points.push(Placed { begin, end: cursor.at(), point: Err(REASON), odd: Odd::default() });
            Ok(())
        })
        .map(drop)
    })?;
    Ok(points.len() > before)
}

fn data(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    metric: &mut MetricParts,
    point: &mut dyn FnMut(&mut Cursor<'_>) -> Read<()>,
) -> Read<()> {
    members(cursor, odd, "metric data that are not an object", |cursor, odd, name| {
        match name {
            b"dataPoints" | b"data_points" => {
                let is_list = each(cursor, |cursor| point(cursor))?;
                if !is_list {
                    odd.get_or_insert("data points that are not a list");
                }
            }
            b"aggregationTemporality" | b"aggregation_temporality" => {
                let what = "an aggregationTemporality that is not one";
                let number = enum_of(cursor, odd, what, "AGGREGATION_TEMPORALITY_", &TEMPORALITIES)?;
                metric.temporality = Temporality::from_number(number);
            }
            b"isMonotonic" | b"is_monotonic" => {
                let monotonic = bool_of(cursor, odd, "an isMonotonic that is not true or false")?;
                if let NumberKind::Sum { monotonic: known } = &mut metric.kind {
                    *known = monotonic;
                }
            }
            _ => odd.pass_other(cursor, "data of a metric", name)?,
        }
        Ok(())
    })
}

fn placed(cursor: &mut Cursor<'_>, is_summary: bool, budget: &mut Budget) -> Read<Placed> {
    let kind = cursor.kind()?;
    let begin = cursor.at();
    let mut odd = Odd::default();
    let point = if kind == Kind::Object {
        Ok(point(cursor, &mut odd, is_summary, budget)?)
    } else {
        cursor.skip()?;
        Err("a data point that is not an object")
    };
    Ok(Placed { begin, end: cursor.at(), point, odd })
}

/// The numbers of every kind of point, by name; the kind shows in which of them are there, but for summaries.
#[derive(Default)]
struct Numbers {
    value: Option<f64>,
    flags: u64,
    count: Option<u64>,
    sum: Option<f64>,
    bounds: Vec<f64>,
    counts: Vec<u64>,
    scale: Option<i64>,
    zero_count: u64,
    positive: Buckets,
    negative: Buckets,
    quantiles: Option<Vec<(f64, f64)>>,
}

impl Numbers {
    /// A summary may be without quantiles; it is not a histogram then.
    fn into_data(self, is_summary: bool) -> PointData {
        if self.flags & NO_RECORDED_VALUE != 0 {
            return PointData::None;
        }
        if let Some(value) = self.value {
            return PointData::Number(value);
        }
        let (count, sum) = (self.count.unwrap_or(0), self.sum);
        if is_summary || self.quantiles.is_some() {
            return PointData::Summary { count, sum, quantiles: self.quantiles.unwrap_or_default() };
        }
        let is_exponential =
            self.scale.is_some() || !self.positive.counts.is_empty() || !self.negative.counts.is_empty();
        if is_exponential {
            let scale = self.scale.unwrap_or(0).try_into().unwrap_or(i32::MAX);
            let (zero_count, positive, negative) = (self.zero_count, self.positive, self.negative);
            return PointData::Exponential { count, sum, scale, zero_count, positive, negative };
        }
        if self.count.is_none() && self.counts.is_empty() {
            return PointData::None;
        }
        PointData::Histogram { count, sum, bounds: self.bounds, counts: self.counts }
    }
}

fn point(cursor: &mut Cursor<'_>, odd: &mut Odd, is_summary: bool, budget: &mut Budget) -> Read<PointParts> {
    let mut point = PointParts::default();
    let mut numbers = Numbers::default();
    message(cursor, odd, |cursor, odd, name| {
        match name {
            b"exemplars" => exemplars(cursor, odd, &mut point.exemplars, budget)?,
            b"attributes" | b"labels" => point.attributes = attributes_of(cursor, odd, budget)?,
            b"startTimeUnixNano" | b"start_time_unix_nano" => {
                point.start_nanos = u64_of(cursor, odd, "a startTimeUnixNano that is not a number")?;
            }
            b"timeUnixNano" | b"time_unix_nano" => {
                point.time_nanos = u64_of(cursor, odd, "a timeUnixNano that is not a number")?;
            }
            // `value` is what the point of a deprecated kind holds.
            b"asDouble" | b"as_double" | b"value" => {
                numbers.value = f64_of(cursor, odd, "an asDouble that is not a number")?;
            }
            b"asInt" | b"as_int" => {
                numbers.value =
                    i64_of(cursor, odd, "an asInt that is not a number")?.map(|whole| whole as f64);
            }
            name => return number(cursor, odd, name, &mut numbers),
        }
        Ok(())
    })?;
    point.data = numbers.into_data(is_summary);
    odd.or(point.odd_time());
    Ok(point)
}

fn exemplars(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    exemplars: &mut Vec<ExemplarParts>,
    budget: &mut Budget,
) -> Read<()> {
    let is_list = each(cursor, |cursor| {
        let mut exemplar = ExemplarParts::default();
        members(cursor, odd, "an exemplar that is not an object", |cursor, odd, name| {
            match name {
                b"timeUnixNano" | b"time_unix_nano" => {
                    exemplar.time_nanos = u64_of(cursor, odd, "an exemplar's time that is not a number")?;
                }
                b"asDouble" | b"as_double" | b"asInt" | b"as_int" | b"value" => {
                    exemplar.value = f64_of(cursor, odd, "an exemplar's value that is not a number")?;
                }
                b"traceId" | b"trace_id" => {
                    exemplar.trace_id = id_of(cursor, odd, "an exemplar's traceId that is not 16 bytes")?;
                }
                b"spanId" | b"span_id" => {
                    exemplar.span_id = id_of(cursor, odd, "an exemplar's spanId that is not 8 bytes")?;
                }
                b"filteredAttributes" | b"filtered_attributes" => {
                    exemplar.attributes = attributes_of(cursor, odd, budget)?;
                }
                _ => odd.pass_other(cursor, "Exemplar", name)?,
            }
            Ok(())
        })?;
        exemplars.push(exemplar);
        Ok(())
    })?;
    if !is_list {
        odd.get_or_insert("exemplars that are not a list");
    }
    Ok(())
}

fn number(cursor: &mut Cursor<'_>, odd: &mut Odd, name: &[u8], numbers: &mut Numbers) -> Read<()> {
    match name {
        b"flags" => numbers.flags = u64_of(cursor, odd, "flags that are not a number")?,
        b"count" => numbers.count = Some(u64_of(cursor, odd, "a count that is not a number")?),
        b"sum" => numbers.sum = f64_of(cursor, odd, "a sum that is not a number")?,
        b"bucketCounts" | b"bucket_counts" => numbers.counts = counts(cursor, odd)?,
        b"explicitBounds" | b"explicit_bounds" => {
            let is_list = each(cursor, |cursor| {
                numbers.bounds.extend(f64_of(cursor, odd, "a bound that is not a number")?);
                Ok(())
            })?;
            if !is_list {
                odd.get_or_insert("bounds that are not a list");
            }
        }
        b"scale" => numbers.scale = i64_of(cursor, odd, "a scale that is not a number")?,
        b"zeroCount" | b"zero_count" => {
            numbers.zero_count = u64_of(cursor, odd, "a zeroCount that is not a number")?;
        }
        b"positive" => numbers.positive = buckets(cursor, odd)?,
        b"negative" => numbers.negative = buckets(cursor, odd)?,
        b"quantileValues" | b"quantile_values" => numbers.quantiles = Some(quantiles(cursor, odd)?),
        _ => odd.pass_other(cursor, "data point", name)?,
    }
    Ok(())
}

fn counts(cursor: &mut Cursor<'_>, odd: &mut Odd) -> Read<Vec<u64>> {
    let mut counts = Vec::new();
    let is_list = each(cursor, |cursor| {
        counts.push(u64_of(cursor, odd, "a bucket count that is not a number")?);
        Ok(())
    })?;
    if !is_list {
        odd.get_or_insert("bucket counts that are not a list");
    }
    Ok(counts)
}

fn buckets(cursor: &mut Cursor<'_>, odd: &mut Odd) -> Read<Buckets> {
    let mut buckets = Buckets::default();
    members(cursor, odd, "buckets that are not an object", |cursor, odd, name| {
        match name {
            b"offset" => {
                let offset = i64_of(cursor, odd, "a bucket offset that is not a number")?.unwrap_or(0);
                buckets.offset = offset.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
            }
            b"bucketCounts" | b"bucket_counts" => buckets.counts = counts(cursor, odd)?,
            _ => odd.pass_other(cursor, "Buckets", name)?,
        }
        Ok(())
    })?;
    Ok(buckets)
}

fn quantiles(cursor: &mut Cursor<'_>, odd: &mut Odd) -> Read<Vec<(f64, f64)>> {
    let mut quantiles = Vec::new();
    let is_list = each(cursor, |cursor| {
        // Zero is the default of both, and left out by some writers.
        let (mut quantile, mut value) = (0.0, 0.0);
        members(cursor, odd, "a quantile that is not an object", |cursor, odd, name| {
            match name {
                b"quantile" => {
                    quantile = f64_of(cursor, odd, "a quantile that is not a number")?.unwrap_or(f64::NAN);
                }
                b"value" => {
                    value = f64_of(cursor, odd, "a quantile value that is not a number")?.unwrap_or(f64::NAN);
                }
                _ => odd.pass_other(cursor, "ValueAtQuantile", name)?,
            }
            Ok(())
        })?;
        quantiles.push((quantile, value));
        Ok(())
    })?;
    if !is_list {
        odd.get_or_insert("quantiles that are not a list");
    }
    Ok(quantiles)
}
