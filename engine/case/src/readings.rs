//! The readings of a metric over a range of time: each of them where they are few, and in bins of time in any case.
//!
//! A reading is the number that the values lens judges: a gauge or a change as it is, of a running total the increase since
//! the reading before it of the same instance, of a histogram the mean of what was observed since then.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use cbad::{INSTANCE_PATH, Measure, RunningTotals, Watch};

use crate::damage::Damage;
use crate::error::CaseError;
use crate::query::Query;
use crate::rows::StreamRow;
use crate::store::Case;
use crate::view::{EventView, ValueView};

/// Readings given one by one; beyond them there are bins.
const MOST_READINGS: usize = 20_000;

/// One reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Its position in the stream.
    pub position: u64,
    /// When.
    pub time_nanos: i64,
    /// The number.
    pub value: f64,
}

/// Readings of a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadingBin {
    /// Beginning of the stretch.
    pub start_nanos: i64,
    /// Its end, exclusive.
    pub end_nanos: i64,
    /// Readings in it, at least one.
    pub count: u64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// Their mean.
    pub mean: f64,
}

/// What the numbers of a metric are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadingKind {
    /// As recorded.
    #[default]
    Value,
    /// The increase since the reading before.
    Increase,
    /// The mean of what was observed since the reading before.
    Mean,
    /// A duration in nanoseconds.
    DurationNanos,
}

impl ReadingKind {
    /// What a person reads beside the unit.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Increase => "increase",
            Self::Mean => "mean",
            Self::DurationNanos => "duration in nanoseconds",
        }
    }
}

/// The readings of one stream in a range of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Readings {
    /// The stream.
    pub stream: u32,
    /// What they are.
    pub kind: ReadingKind,
    /// Their unit, as the capture gives it.
    pub unit: Option<String>,
    /// Every one of them, in order of time, where they are no more than can be shown one by one; else empty.
    pub readings: Vec<Reading>,
    /// All of them in bins; stretches without a reading have none.
    pub bins: Vec<ReadingBin>,
    /// How many there are.
    pub total: u64,
    /// Points in the range from which no number follows: without a value, not finite, or the first of a running total.
    pub without_value: u64,
    /// Points without a time, which are at no place of a picture; counted where all times are asked for.
    pub without_time: u64,
    /// Blocks that could not be read.
    pub damaged: Vec<Damage>,
}

/// What was read of one point.
struct Point {
    position: u64,
    time_nanos: Option<i64>,
    measure: Option<Measure>,
    instance: String,
    unit: Option<String>,
}

/// Sums of a bin while it is filled.
#[derive(Clone, Copy)]
struct Filling {
    count: u64,
    min: f64,
    max: f64,
    sum: f64,
}

impl Case {
    /// The readings of a stream at or after `times.start` and before `times.end`, in `bins` bins of equal length.
    pub fn readings(
        &self,
        stream: u32,
        times: Range<i64>,
        bins: u32,
        watch: &dyn Watch,
    ) -> Result<Readings, CaseError> {
        let row = self.stream(stream)?;
        let query = Query::new().with_stream(&stream.to_string()).within(&times);
        let times = within(&row, &times);
        let mut made = Readings { stream, ..Readings::default() };
        let mut fill = Fill {
            running: RunningTotals::default(),
            bins: BTreeMap::new(),
            times,
            count: i128::from(bins.max(1)),
        };
        let look = |_: &StreamRow, position: u64, view: &EventView<'_>| Some(point(position, view));
        let summary = self.scan(&query, watch, Arc::new(look), &mut |point| fill.take(&point, &mut made))?;
        made.damaged = summary.damaged;
        made.bins = fill.finish();
        if made.total > MOST_READINGS as u64 {
            made.readings = Vec::new();
        }
        made.readings.sort_by_key(|reading| (reading.time_nanos, reading.position));
        Ok(made)
    }
}

/// The part of a range in which a stream has events: bins of an endless range would all be one.
fn within(row: &StreamRow, times: &Range<i64>) -> Range<i64> {
    match (row.start_nanos, row.end_nanos, times.start, times.end) {
        (Some(start), Some(end), i64::MIN, i64::MAX) => start..end.saturating_add(1),
        (Some(start), _, i64::MIN, to) => start.min(to)..to,
        (_, Some(end), from, i64::MAX) => from..end.saturating_add(1).max(from),
        _ => times.clone(),
    }
}

fn point(position: u64, view: &EventView<'_>) -> Point {
    let text = |path: &str| {
        view.fields.iter().find(|field| field.path == path).and_then(|field| match field.value {
            ValueView::Text(text) => Some(text.to_owned()),
            _ => None,
        })
    };
    Point {
        position,
        time_nanos: view.time_nanos,
        measure: view.measure.clone(),
        instance: text(INSTANCE_PATH).unwrap_or_default(),
        unit: text("unit"),
    }
}

struct Fill {
    running: RunningTotals,
    bins: BTreeMap<i64, Filling>,
    times: Range<i64>,
    count: i128,
}

impl Fill {
    fn take(&mut self, point: &Point, made: &mut Readings) {
        if made.unit.is_none() {
            made.unit.clone_from(&point.unit);
        }
        let Some(time_nanos) = point.time_nanos else {
            made.without_time += 1;
            return;
        };
        let value = self.number(point, &mut made.kind).filter(|value| value.is_finite());
        let Some(value) = value else {
            made.without_value += 1;
            return;
        };
        made.total += 1;
        if made.readings.len() < MOST_READINGS {
            made.readings.push(Reading { position: point.position, time_nanos, value });
        }
        let filling = self.bins.entry(self.bin(time_nanos)).or_insert(Filling {
            count: 0,
            min: value,
            max: value,
            sum: 0.0,
        });
        filling.count += 1;
        filling.min = filling.min.min(value);
        filling.max = filling.max.max(value);
        filling.sum += value;
    }

    /// The number of a point, where one follows from it: of a histogram its mean.
    fn number(&mut self, point: &Point, kind: &mut ReadingKind) -> Option<f64> {
        let measure = point.measure.as_ref()?;
        let label = match measure {
            Measure::Gauge(_) | Measure::Delta(_) => "value",
            Measure::DurationNanos(_) => {
                *kind = ReadingKind::DurationNanos;
                "value"
            }
            Measure::Cumulative { .. } => {
                *kind = ReadingKind::Increase;
                "value"
            }
            Measure::Histogram { .. } => {
                *kind = ReadingKind::Mean;
                "mean"
            }
        };
        let numbers = self.running.numbers_of(measure, &point.instance);
        numbers.into_iter().find_map(|(of, value)| (of == label).then_some(value))
    }

    fn bin(&self, time_nanos: i64) -> i64 {
        let length = (i128::from(self.times.end) - i128::from(self.times.start)).max(1);
        ((i128::from(time_nanos) - i128::from(self.times.start)) * self.count / length) as i64
    }

    fn finish(self) -> Vec<ReadingBin> {
        let length = (i128::from(self.times.end) - i128::from(self.times.start)).max(1);
        let at = |bin: i64| {
            let nanos = i128::from(self.times.start) + (i128::from(bin) * length).div_euclid(self.count);
            nanos.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
        };
        let bin = |(bin, filling): (&i64, &Filling)| ReadingBin {
            start_nanos: at(*bin),
            end_nanos: at(*bin + 1),
            count: filling.count,
            min: filling.min,
            max: filling.max,
            mean: filling.sum / filling.count as f64,
        };
        self.bins.iter().map(bin).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(measures: &[Measure]) -> (Readings, Vec<ReadingBin>) {
        let mut made = Readings::default();
        let mut fill =
            Fill { running: RunningTotals::default(), bins: BTreeMap::new(), times: 0..100, count: 2 };
        for (index, measure) in measures.iter().enumerate() {
            let point = Point {
                position: index as u64,
                time_nanos: Some(index as i64 * 20),
                measure: Some(measure.clone()),
                instance: String::new(),
                unit: Some("ms".to_owned()),
            };
            fill.take(&point, &mut made);
        }
        (made, fill.finish())
    }

    #[test]
    fn totals_are_read_as_their_increase_and_a_new_beginning_counts_from_nothing() {
        let total = |total| Measure::Cumulative { total, start_nanos: Some(1) };
        let (made, bins) = filled(&[total(10.0), total(14.0), total(15.0), total(3.0)]);
        let values: Vec<f64> = made.readings.iter().map(|reading| reading.value).collect();
        assert_eq!((values, made.kind, made.without_value), (vec![4.0, 1.0, 3.0], ReadingKind::Increase, 1));
        assert_eq!(bins.len(), 2);
        assert_eq!((bins[0].count, bins[0].min, bins[0].max, bins[0].mean), (2, 1.0, 4.0, 2.5));
        assert_eq!((bins[1].start_nanos, bins[1].end_nanos, bins[1].count), (50, 100, 1));
    }

    #[test]
    fn histograms_are_read_as_the_mean_of_what_is_new_in_them() {
        let histogram = |count, sum| Measure::Histogram {
            count,
            sum: Some(sum),
            bounds: Vec::new(),
            counts: Vec::new(),
            cumulative: true,
        };
        let (made, _) =
            filled(&[histogram(2, 10.0), histogram(4, 30.0), histogram(4, 30.0), histogram(1, 7.0)]);
        let values: Vec<f64> = made.readings.iter().map(|reading| reading.value).collect();
        assert_eq!(
            (values, made.kind, made.total, made.without_value),
            (vec![10.0, 7.0], ReadingKind::Mean, 2, 2)
        );
    }

    #[test]
    fn what_is_not_a_number_is_counted_and_left_out() {
        let (made, bins) =
            filled(&[Measure::Gauge(f64::NAN), Measure::Gauge(-2.0), Measure::Gauge(f64::INFINITY)]);
        assert_eq!((made.total, made.without_value, bins.len()), (1, 2, 1));
        assert_eq!(made.unit.as_deref(), Some("ms"));
    }

    #[test]
    fn what_has_no_time_is_counted_and_left_out() {
        let mut made = Readings::default();
        let mut fill =
            Fill { running: RunningTotals::default(), bins: BTreeMap::new(), times: 0..100, count: 2 };
        let measure = Some(Measure::Gauge(1.0));
        let point = Point { position: 0, time_nanos: None, measure, instance: String::new(), unit: None };
        fill.take(&point, &mut made);
        assert_eq!((made.total, made.without_time, fill.finish().len()), (0, 1, 0));
    }
}
