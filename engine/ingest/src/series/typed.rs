//! Points of Google Cloud's monitoring, each with its interval and a value that says what it is.
//!
//! Source: Cloud Monitoring API v3, `TimeSeries`, `TypedValue` and `Distribution`.

use super::Said;
use super::metric::{Metric, Number};
use super::points::{number, time};
use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::report::Report;
use crate::otlp::PointData;
use crate::streams::OtlpStreams;
use cbad::{Field, Value};

/// Bounds of a distribution; Google Cloud has at most 200 buckets.
const MOST_BOUNDS: usize = 1_000;

/// Whether the first element of the array at the cursor is such a point. Its value need not be there yet.
pub(super) fn begins(list: &Cursor<'_>) -> bool {
    let mut is_one = false;
    let _ = list.clone().array(|cursor| {
        cursor.object(|cursor, key| {
            if &*key == b"interval" && cursor.kind()? == Kind::Object {
                is_one = interval(cursor)?.1.is_some();
            } else {
                cursor.skip()?;
            }
            Ok(())
        })?;
        cursor.stop()
    });
    is_one
}

/// The metric's type is its name, and its labels are named without what stands around them.
pub(super) fn name(labels: &mut Vec<Field>, said: &mut Said) {
    if let Some(place) = labels.iter().position(|label| label.path == "type")
        && let Value::Text(text) = labels.remove(place).value
    {
        said.name = Some(text);
    }
    for label in labels {
        if let Some(short) = label.path.strip_prefix("labels.") {
            label.path = short.to_owned();
        }
    }
}

/// Begin and end of the interval at the cursor.
fn interval(cursor: &mut Cursor<'_>) -> Read<(Option<i64>, Option<i64>)> {
    let mut times = (None, None);
    cursor.object(|cursor, key| {
        match &*key {
            b"startTime" => times.0 = time(cursor)?,
            b"endTime" => times.1 = time(cursor)?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    Ok(times)
}

impl Metric {
    pub(super) fn read_typed(
        &self,
        cursor: &mut Cursor<'_>,
        streams: &mut OtlpStreams,
        report: &mut Report<'_>,
    ) -> Read<()> {
        let begin = cursor.at_value()?;
        let (mut times, mut data) = ((None, None), None);
        if cursor.kind()? == Kind::Object {
            cursor.object(|cursor, key| {
                match (&*key, cursor.kind()?) {
                    (b"interval", Kind::Object) => times = interval(cursor)?,
                    (b"value", Kind::Object) => data = value(cursor)?,
                    _ => cursor.skip()?,
                }
                Ok(())
            })?;
        } else {
            cursor.skip()?;
        }
        let end = cursor.at();
        match (data, times.1) {
            (Some(data), Some(_)) => self.push_data(times, data, begin..end, streams, report),
            _ => report.reject_one(begin, end, "a point without a time, or whose value is no number"),
        }
    }
}

/// The numbers of the value at the cursor; none where it has none.
fn value(cursor: &mut Cursor<'_>) -> Read<Option<PointData>> {
    let mut data = None;
    cursor.object(|cursor, key| {
        match (&*key, cursor.kind()?) {
            (b"doubleValue" | b"int64Value", _) => {
                if let Number::Is(number) = number(cursor)? {
                    data = Some(PointData::Number(number));
                }
            }
            (b"boolValue", Kind::Bool) => data = Some(PointData::Number(f64::from(u8::from(cursor.bool()?)))),
            (b"distributionValue", Kind::Object) => data = Some(distribution(cursor)?),
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    Ok(data)
}

/// A distribution; a part that is no number is as if it were not there.
fn distribution(cursor: &mut Cursor<'_>) -> Read<PointData> {
    let (mut count, mut mean) = (0.0, None);
    let (mut bounds, mut counts) = (Vec::new(), Vec::new());
    cursor.object(|cursor, key| {
        match (&*key, cursor.kind()?) {
            (b"count", _) => count = finite(cursor)?.unwrap_or_default(),
            (b"mean", _) => mean = finite(cursor)?,
            (b"bucketOptions", Kind::Object) => bounds = bounds_of(cursor)?,
            (b"bucketCounts", Kind::Array) => cursor.array(|cursor| {
                counts.push(finite(cursor)?.unwrap_or_default() as u64);
                Ok(())
            })?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    // Empty buckets at the end are left out.
    if bounds.is_empty() || counts.len() > bounds.len() + 1 {
        (bounds, counts) = (Vec::new(), Vec::new());
    } else {
        counts.resize(bounds.len() + 1, 0);
    }
    Ok(PointData::Histogram { count: count as u64, sum: mean.map(|mean| mean * count), bounds, counts })
}

fn finite(cursor: &mut Cursor<'_>) -> Read<Option<f64>> {
    Ok(match number(cursor)? {
        Number::Is(number) if number.is_finite() => Some(number),
        _ => None,
    })
}

/// The bounds between buckets: as they are, or at even distances, or each as many times the one before.
fn bounds_of(cursor: &mut Cursor<'_>) -> Read<Vec<f64>> {
    let mut bounds = Vec::new();
    cursor.object(|cursor, kind| {
        let (mut buckets, mut width, mut factor, mut first) = (0.0, None, None, 0.0);
        if cursor.kind()? != Kind::Object {
            return cursor.skip();
        }
        cursor.object(|cursor, key| {
            match (&*key, cursor.kind()?) {
                (b"bounds", Kind::Array) => cursor.array(|cursor| {
                    bounds.extend(finite(cursor)?);
                    Ok(())
                })?,
                (b"numFiniteBuckets", _) => buckets = finite(cursor)?.unwrap_or_default(),
                (b"width", _) => width = finite(cursor)?,
                (b"growthFactor", _) => factor = finite(cursor)?,
                (b"offset" | b"scale", _) => first = finite(cursor)?.unwrap_or_default(),
                _ => cursor.skip()?,
            }
            Ok(())
        })?;
        let steps = 0..=(buckets.clamp(0.0, MOST_BOUNDS as f64) as usize);
        match (&*kind, width, factor) {
            (b"linearBuckets", Some(width), _) => {
                bounds = steps.map(|step| first + width * step as f64).collect();
            }
            (b"exponentialBuckets", _, Some(factor)) => {
                let next = |bound: &f64| Some(bound * factor);
                bounds = std::iter::successors(Some(first), next).take(steps.count()).collect();
            }
            _ => {}
        }
        Ok(())
    })?;
    bounds.truncate(MOST_BOUNDS);
    Ok(bounds)
}
