//! Which members of an object make a series:
//!
//! - Prometheus and its kin: `{"metric":{…},"values":[[t,"1"],…]}`, or one `value`; `VictoriaMetrics`' export has `timestamps`
//!   beside `values`;
//! - Loki: `{"stream":{…},"values":[["t","line"],…]}`;
//! - Graphite: `{"target":"…","datapoints":[[1,t],…]}`;
//! - Datadog: `{"metric":"…","pointlist":[[t,1],…]}`;
//! - `OpenTSDB`: `{"metric":"…","tags":{…},"dps":{"t":1,…}}`, or pairs;
//! - `CloudWatch`: `{"Label":"…","Timestamps":[…],"Values":[…]}`;
//! - Google Cloud: `{"metric":{"type":"…","labels":{…}},"points":[{"interval":{…},"value":{…}},…]}`.

use super::points::{begins_with_pair, first_kind, is_pair, time, time_in};
use super::typed;
use super::{Order, Points, Said, Series};
use crate::budget::Budget;
use crate::envelope::{MOST_FIELD_BYTES, MOST_FIELDS};
use crate::json::cursor::{Cursor, Kind, Read, Text};
use crate::json::value::{flatten, text_value};
use cbad::{Field, Value};

/// Memory for the labels of a series, in terms of [`Budget`].
const LABELS_BYTES: usize = 1 << 16;

/// The members that were met.
#[derive(Default)]
pub(super) struct Seen<'a> {
    labels: Vec<Field>,
    /// Whether there was an object of labels by this name.
    is_metric: bool,
    is_stream: bool,
    said: Said,
    /// Numbers and short texts.
    beside: Vec<(Text<'a>, Cursor<'a>)>,
    values: Option<Cursor<'a>>,
    value: Option<Cursor<'a>>,
    timestamps: Option<Cursor<'a>>,
    datapoints: Option<Cursor<'a>>,
    pointlist: Option<Cursor<'a>>,
    dps: Option<Cursor<'a>>,
    points: Option<Cursor<'a>>,
    left_out: usize,
}

impl<'a> Seen<'a> {
    pub(super) fn member(&mut self, key: Text<'a>, cursor: &mut Cursor<'a>) -> Read<()> {
        let kind = cursor.kind()?;
        let list = match (&*key, kind) {
            (b"metric", Kind::Object) if !self.is_metric => {
                self.is_metric = true;
                return self.label(cursor, "");
            }
            (b"stream", Kind::Object) if !self.is_stream => {
                self.is_stream = true;
                return self.label(cursor, "");
            }
            (b"tags", Kind::Object) => return self.label(cursor, ""),
            (b"resource", Kind::Object) => return self.label(cursor, "resource"),
            (b"scope", Kind::Text) => return self.label(cursor, "scope"),
            (b"metric" | b"target" | b"Label", Kind::Text) => return say(&mut self.said.name, cursor),
            (b"unit", Kind::Text) => return say(&mut self.said.unit, cursor),
            (b"metricKind", Kind::Text) => return say(&mut self.said.kind, cursor),
            (b"values" | b"Values", Kind::Array) => &mut self.values,
            (b"value", Kind::Array) => &mut self.value,
            (b"timestamps" | b"Timestamps", Kind::Array) => &mut self.timestamps,
            (b"datapoints", Kind::Array) => &mut self.datapoints,
            (b"pointlist", Kind::Array) => &mut self.pointlist,
            (b"dps", Kind::Array | Kind::Object) => &mut self.dps,
            (b"points", Kind::Array) => &mut self.points,
            _ => return self.other(key, kind, cursor),
        };
        *list = Some(cursor.clone());
        cursor.skip()
    }

    fn label(&mut self, cursor: &mut Cursor<'a>, path: &str) -> Read<()> {
        let mut budget = Budget::for_unit(LABELS_BYTES);
        flatten(cursor, &mut path.to_owned(), &mut self.labels, &mut budget)
    }

    fn other(&mut self, key: Text<'a>, kind: Kind, cursor: &mut Cursor<'a>) -> Read<()> {
        let begin = cursor.clone();
        cursor.skip()?;
        let is_short = key.len() + cursor.since(begin.at()).len() <= MOST_FIELD_BYTES;
        if matches!(kind, Kind::Array | Kind::Object) || !is_short || self.beside.len() >= MOST_FIELDS {
            self.left_out += 1;
        } else {
            self.beside.push((key, begin));
        }
        Ok(())
    }

    pub(super) fn into_series(self) -> Option<Series<'a>> {
        let points = self.points()?;
        let Self { mut labels, mut said, left_out, .. } = self;
        if matches!(points, Points::Typed(_)) {
            typed::name(&mut labels, &mut said);
        }
        let (mut beside, mut budget) = (Vec::new(), Budget::for_unit(LABELS_BYTES));
        for (key, mut value) in self.beside {
            let mut path = String::from_utf8_lossy(&key).into_owned();
            flatten(&mut value, &mut path, &mut beside, &mut budget).ok()?;
        }
        Some(Series { labels, said, beside, points, left_out })
    }

    fn points(&self) -> Option<Points<'a>> {
        let number_behind_time =
            |list: &Cursor<'a>| begins_with_pair(list, Order::TimeFirst, Kind::Number).then(|| list.clone());
        match (&self.values, &self.value, &self.timestamps) {
            (Some(list), None, None) if self.is_stream => {
                return begins_with_pair(list, Order::TimeFirst, Kind::Text)
                    .then(|| Points::Lines(list.clone()));
            }
            (Some(list), None, None) if self.is_metric => {
                return number_behind_time(list).map(|list| Points::Pairs(list, Order::TimeFirst));
            }
            (None, Some(pair), None) if self.is_metric => {
                let is_one = is_pair(&mut pair.clone(), Order::TimeFirst, Kind::Number);
                return is_one.then(|| Points::Pair(pair.clone()));
            }
            (Some(values), None, Some(times)) if self.is_metric || self.said.name.is_some() => {
                let mut is_timed = false;
                let _ = times.clone().array(|cursor| {
                    is_timed = time(cursor)?.is_some();
                    cursor.stop()
                });
                let is_list = is_timed && first_kind(values).is_some();
                return is_list.then(|| Points::Columns { values: values.clone(), times: times.clone() });
            }
            _ => {}
        }
        if self.is_metric {
            let typed = self.points.clone().filter(typed::begins)?;
            return Some(Points::Typed(typed));
        }
        self.said.name.as_ref()?;
        if let Some(list) = &self.datapoints {
            let is_list = begins_with_pair(list, Order::NumberFirst, Kind::Number);
            return is_list.then(|| Points::Pairs(list.clone(), Order::NumberFirst));
        }
        let pairs = self.pointlist.as_ref().or(self.dps.as_ref())?;
        match pairs.clone().kind() {
            Ok(Kind::Object) => begins_with_time(pairs).then(|| Points::Keyed(pairs.clone())),
            _ => number_behind_time(pairs).map(|list| Points::Pairs(list, Order::TimeFirst)),
        }
    }
}

fn say(of: &mut Option<String>, cursor: &mut Cursor<'_>) -> Read<()> {
    if let Value::Text(text) = text_value(cursor.text()?) {
        *of = Some(text);
    }
    Ok(())
}

/// Whether the first key of the object is a time.
fn begins_with_time(object: &Cursor<'_>) -> bool {
    let mut is_one = false;
    let _ = object.clone().object(|cursor, key| {
        is_one = time_in(&key).is_some();
        cursor.stop()
    });
    is_one
}
