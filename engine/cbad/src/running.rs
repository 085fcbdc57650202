//! What a data point of a metric says in numbers: running totals as what came since the point before.

use std::collections::BTreeMap;

use crate::event::Measure;
use crate::histogram::{self, Buckets};

/// The field that names the instance which a data point comes from: two instances of one service write into one stream,
/// each with running totals of its own.
pub const INSTANCE_PATH: &str = "resource.service.instance.id";

/// Numbers of one data point, each with its label: `value`; of a histogram `count`, `mean`, `p50`, `p90`, `p99`.
pub type Numbers = Vec<(&'static str, f64)>;

/// The running totals of one stream, by instance.
#[derive(Clone, Debug, Default)]
pub struct RunningTotals {
    totals: BTreeMap<String, (f64, Option<i64>)>,
    histograms: BTreeMap<String, Buckets>,
}

impl RunningTotals {
    /// The numbers of a stream's next data point. The first of a running total has none, since it says nothing of a change;
    /// one that begins anew, or falls, counts from nothing.
    pub fn numbers_of(&mut self, measure: &Measure, instance: &str) -> Numbers {
        match measure {
            Measure::DurationNanos(nanos) => vec![("value", *nanos as f64)],
            Measure::Gauge(value) | Measure::Delta(value) => vec![("value", *value)],
            // What is no number says nothing, and is not what the next one is compared with.
            Measure::Cumulative { total, .. } if !total.is_finite() => Vec::new(),
            Measure::Cumulative { total, start_nanos } => {
                match replace(&mut self.totals, instance, (*total, *start_nanos)) {
                    Some((last, start)) if start == *start_nanos && *total >= last => {
                        vec![("value", total - last)]
                    }
                    Some(_) => vec![("value", *total)],
                    None => Vec::new(),
                }
            }
            Measure::Histogram { count, sum, bounds, counts, cumulative } => {
                let (bounds, counts) = (bounds.clone(), counts.clone());
                let mut buckets = Buckets { count: *count, sum: *sum, bounds, counts };
                if *cumulative {
                    match replace(&mut self.histograms, instance, buckets.clone()) {
                        Some(before) => buckets = buckets.since(&before),
                        None => return Vec::new(),
                    }
                }
                histogram::numbers(&buckets)
            }
        }
    }
}

/// Puts a value in the place of the one before, without a key being made for each point.
fn replace<T>(of: &mut BTreeMap<String, T>, instance: &str, value: T) -> Option<T> {
    match of.get_mut(instance) {
        Some(known) => Some(std::mem::replace(known, value)),
        None => of.insert(instance.to_owned(), value),
    }
}
