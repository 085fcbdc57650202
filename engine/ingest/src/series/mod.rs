//! Series as the interfaces of stores answer them: labels or a name, and points with a time each. `shape.rs` has which
//! members of an object make one, store by store.
//!
//! A point is a record; the numbers become metrics, the lines logs.

mod metric;
mod points;
mod shape;
mod typed;

use crate::json::cursor::{Cursor, Read};
use crate::json::report::Report;
use crate::stamp::Years;
use crate::streams::{LogStreams, OtlpStreams};
use cbad::Field;
use metric::Metric;
use shape::Seen;

/// Labels, and where the points stand.
pub(crate) struct Series<'a> {
    labels: Vec<Field>,
    said: Said,
    /// What stands beside the points and is no label of theirs; each point has it.
    beside: Vec<Field>,
    points: Points<'a>,
    /// How many members there are that are none of these: too long, or lists and objects.
    pub(crate) left_out: usize,
}

/// What a series says of its metric beside the labels.
#[derive(Default)]
struct Said {
    name: Option<String>,
    unit: Option<String>,
    /// Of Google Cloud: `GAUGE`, `DELTA`, `CUMULATIVE`.
    kind: Option<String>,
}

enum Points<'a> {
    /// Lines, each behind its time.
    Lines(Cursor<'a>),
    /// Pairs of a time and a number.
    Pairs(Cursor<'a>, Order),
    /// One such pair.
    Pair(Cursor<'a>),
    /// Numbers, and their times in a list of their own.
    Columns { values: Cursor<'a>, times: Cursor<'a> },
    /// Numbers, each under its time.
    Keyed(Cursor<'a>),
    /// Values that say what they are, each with its interval.
    Typed(Cursor<'a>),
}

/// Which of a pair is the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    TimeFirst,
    /// Graphite.
    NumberFirst,
}

impl<'a> Series<'a> {
    /// The object at the cursor as a series, where it is one, and how reading to its end went: of points that break off
    /// those are there up to that place.
    pub(crate) fn of(cursor: &mut Cursor<'a>) -> (Option<Self>, Read<()>) {
        let mut seen = Seen::default();
        let read = cursor.object(|cursor, key| seen.member(key, cursor));
        (seen.into_series(), read)
    }

    /// Reads each point into an event.
    pub(crate) fn read(
        self,
        logs: &mut LogStreams,
        streams: &mut OtlpStreams,
        years: Years,
        report: &mut Report<'_>,
    ) -> Read<()> {
        if let Points::Lines(mut list) = self.points {
            let labels = points::below_labels(self.labels);
            return list
                .array(|cursor| points::read_line(cursor, &labels, &self.beside, logs, years, report));
        }
        let metric = Metric::of(self.labels, self.said, self.beside);
        match self.points {
            Points::Lines(_) => Ok(()),
            Points::Pairs(mut list, order) => {
                list.array(|cursor| metric.read_pair(cursor, order, streams, report))
            }
            Points::Pair(mut pair) => metric.read_pair(&mut pair, Order::TimeFirst, streams, report),
            Points::Typed(mut list) => list.array(|cursor| metric.read_typed(cursor, streams, report)),
            Points::Keyed(mut object) => object.object(|cursor, key| {
                let begin = cursor.at_value()?;
                let value = points::number(cursor)?;
                metric.push(points::time_in(&key), value, begin..cursor.at(), streams, report)
            }),
            Points::Columns { mut values, times } => {
                let mut times = points::times_in(times)?.into_iter();
                values.array(|cursor| {
                    let begin = cursor.at_value()?;
                    let value = points::number(cursor)?;
                    metric.push(times.next().flatten(), value, begin..cursor.at(), streams, report)
                })?;
                points::note_spare(times.len(), values.at(), report);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
