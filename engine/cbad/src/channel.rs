//! Numbers that a stream carries, apart from its text.

use hashbrown::HashMap;

use crate::event::{Event, Measure, Value};
use crate::in_text::Written;
use crate::instances::{self, Instances};
use crate::keys;
use crate::quantity;
use crate::result::Unit;
use crate::running::{INSTANCE_PATH, Numbers, RunningTotals};

/// One series of numbers of a stream: a metric's value, the duration of spans, a numeric field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Channel {
    /// What a person calls it: the path of the field, or `duration of GET /cart`.
    pub(crate) name: String,
    /// What its values count.
    pub(crate) unit: Unit,
    /// Positions in the stream of the events that carry a value, ascending.
    pub(crate) positions: Vec<u32>,
    /// The values, one for each position; finite.
    pub(crate) values: Vec<f64>,
}

/// Most channels of one stream: the first that appear.
const MOST_CHANNELS: usize = 32;

/// Most names with a key in them whose places are remembered; what these are is asked anew for the others.
const MOST_REMEMBERED: usize = 4_096;

/// Most numbers of one stream; beyond it, channels that are not begun yet stay out and no other takes more.
const MOST_NUMBERS: usize = 4 << 20;

/// What is written in messages and kept: at most so many, and only what one event in so many has. Of fewer than two or three values a
/// window nothing can be told.
const MOST_COMMON: usize = 8;
const COMMON: usize = 20;

/// The field of a data point with the unit of its values.
const UNIT_PATH: &str = "unit";

/// A field with fewer different values than this is a category and not a measurement.
const LEAST_DIFFERENT: usize = 12;

/// Values after which a field is known to be a category.
const LOOKED_AT: usize = 500;

/// Collects channels while a stream is built.
///
/// Whether the keys in names are names themselves is known at the end (`keys.rs`): `duration of GET /orders/12345` may be one of
/// very many. Until then a name with a key has a channel of its own, as long as there is room, and a place in that of all names which are
/// the same without their keys.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    kept: Vec<(Channel, OfKey)>,
    by_name: HashMap<String, Places>,
    /// Names that are the same without their keys, and which they are.
    kinds: Vec<Kind>,
    by_masked: HashMap<Vec<u8>, usize>,
    /// How many channels there are of names without a key, of names with one, and of kinds.
    counts: [usize; 3],
    /// How many numbers there are but for those of kinds, and in those.
    numbers: [usize; 2],
    running: RunningTotals,
    instances: Instances,
}

/// Names that are the same without their keys.
#[derive(Debug, Default)]
struct Kind {
    channel: Option<usize>,
    different: usize,
    times: u64,
}

/// Whether a channel's name has a key in it; with the number of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OfKey {
    Without,
    With(usize),
    All(usize),
}

impl OfKey {
    const fn index(self) -> usize {
        match self {
            Self::Without => 0,
            Self::With(_) => 1,
            Self::All(_) => 2,
        }
    }
}

/// Where the values of a name go: its own channel, and that of its kind. Not where there is no room, or where the values were found to be
/// a category.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    own: Option<usize>,
    kind: Option<usize>,
}

impl Channels {
    /// Takes the numbers of a data point, running totals as their differences, and returns them.
    pub(crate) fn take_point(&mut self, position: u32, event: &Event) -> Numbers {
        let measure = event.measure.as_ref();
        let numbers =
            measure.map_or_else(Vec::new, |measure| self.running.numbers_of(measure, instance(event)));
        if !numbers.is_empty() {
            self.instances.take(position, instance(event));
            let unit = named_unit(event);
            for &(label, value) in &numbers {
                let unit = if label == "count" { Unit::Number } else { unit };
                self.add(label, unit, position, value);
            }
        }
        numbers
    }

    /// Takes the duration and the numeric fields of a log record, a span or a call.
    pub(crate) fn take_fields(&mut self, position: u32, event: &Event) {
        match &event.measure {
            Some(Measure::DurationNanos(d)) => {
                let name = format!("duration of {}", String::from_utf8_lossy(&event.body));
                self.add(&name, Unit::Nanos, position, *d as f64);
            }
            Some(Measure::Gauge(v) | Measure::Delta(v)) => self.add("value", Unit::Number, position, *v),
            Some(Measure::Cumulative { .. } | Measure::Histogram { .. }) | None => {}
        }
        for field in &event.fields {
            let value = match field.value {
                Value::Int(v) => v as f64,
                Value::Float(v) => v,
                _ => continue,
            };
            if !is_name(&field.path) {
                self.add(&field.path, Unit::Number, position, value);
            }
        }
    }

    /// Takes a measurement from the text of a message.
    pub(crate) fn take_written(&mut self, position: u32, written: &Written) {
        for name in std::iter::once(&written.name).chain(&written.longer) {
            self.add(name, written.unit, position, written.value);
        }
    }

    /// What follows does not follow on what came before: a running total says nothing of the time between.
    pub(crate) fn forget_totals(&mut self) {
        self.running = RunningTotals::default();
    }

    /// The channels that measure something, in the order in which they appeared.
    pub(crate) fn finish(self) -> Vec<Channel> {
        let Self { kept, kinds, instances, .. } = self;
        let are_values = |kind: usize| keys::are_values(kinds[kind].different, kinds[kind].times);
        kept.into_iter()
            .filter(|(_, of_key)| match *of_key {
                OfKey::Without => true,
                OfKey::With(kind) => !are_values(kind),
                OfKey::All(kind) => are_values(kind),
            })
            .flat_map(|(channel, _)| {
                let apart =
                    if is_metric_label(&channel.name) { instances.apart(&channel) } else { Vec::new() };
                std::iter::once(channel).chain(apart)
            })
            .take(MOST_CHANNELS)
            .filter(|c| c.unit == Unit::Nanos || is_metric_label(&c.name) || !is_category(&c.values))
            .filter(|c| !c.values.is_empty())
            .collect()
    }

    /// The channels that one event in [`COMMON`] has, those with most values first: of what may stand anywhere there is very much. Of two
    /// names of the same values the later one, which says more.
    pub(crate) fn finish_common(self, events: usize) -> Vec<Channel> {
        let mut channels = self.finish();
        channels.retain(|channel| channel.values.len() * COMMON >= events);
        channels.sort_by_key(|channel| std::cmp::Reverse(channel.values.len()));
        for at in (1..channels.len()).rev() {
            let same = channels[..at].iter().position(|other| {
                other.positions == channels[at].positions && other.values == channels[at].values
            });
            if let Some(same) = same {
                channels[same].name = channels.remove(at).name;
            }
        }
        channels.truncate(MOST_COMMON);
        channels
    }

    fn add(&mut self, name: &str, unit: Unit, position: u32, value: f64) {
        if !value.is_finite() {
            return;
        }
        let places = match self.by_name.get(name) {
            Some(places) => *places,
            None => self.places_of(name, unit),
        };
        if let Some(own) = places.own
            && !self.push(own, unit, position, value)
        {
            self.by_name.insert(name.to_owned(), Places { own: None, ..places });
        }
        if let Some(kind) = places.kind {
            self.kinds[kind].times += 1;
            if let Some(all) = self.kinds[kind].channel {
                self.push(all, unit, position, value);
            }
        }
    }

    fn places_of(&mut self, name: &str, unit: Unit) -> Places {
        let masked = if is_metric_label(name) { None } else { keys::masked(name.as_bytes()) };
        let Some(masked) = masked else {
            let places = Places { own: self.begin(name, unit, OfKey::Without), kind: None };
            if places.own.is_some() {
                self.by_name.insert(name.to_owned(), places);
            }
            return places;
        };
        let kind = match self.by_masked.get(&masked) {
            Some(kind) => *kind,
            None if self.kinds.len() == MOST_REMEMBERED => return Places::default(),
            None => {
                let kind = self.kinds.len();
                let all = self.begin(&String::from_utf8_lossy(&masked), unit, OfKey::All(kind));
                self.kinds.push(Kind { channel: all, ..Kind::default() });
                self.by_masked.insert(masked, kind);
                kind
            }
        };
        self.kinds[kind].different += 1;
        let places = Places { own: self.begin(name, unit, OfKey::With(kind)), kind: Some(kind) };
        if self.by_name.len() < MOST_REMEMBERED {
            self.by_name.insert(name.to_owned(), places);
        }
        places
    }

    /// A new channel, where there is room for one.
    fn begin(&mut self, name: &str, unit: Unit, of_key: OfKey) -> Option<usize> {
        let count = &mut self.counts[of_key.index()];
        if *count == MOST_CHANNELS || self.numbers[usize::from(of_key.index() == 2)] >= MOST_NUMBERS {
            return None;
        }
        *count += 1;
        self.kept.push((Channel { name: name.to_owned(), unit, ..Channel::default() }, of_key));
        Some(self.kept.len() - 1)
    }

    /// Adds a value to a channel; false where that is a category.
    fn push(&mut self, at: usize, unit: Unit, position: u32, value: f64) -> bool {
        let (channel, of_key) = &mut self.kept[at];
        let is_of_all = matches!(of_key, OfKey::All(_));
        let numbers = &mut self.numbers[usize::from(is_of_all)];
        if *numbers >= MOST_NUMBERS {
            return true;
        }
        if channel.unit != unit {
            // Two units, of which only the numbers can be told.
            channel.unit = Unit::Number;
        }
        // Of several keys in one event the largest value counts.
        if is_of_all && channel.positions.last() == Some(&position) {
            if let Some(last) = channel.values.last_mut() {
                *last = last.max(value);
            }
            return true;
        }
        channel.positions.push(position);
        channel.values.push(value);
        *numbers += 1;
        if channel.values.len() == LOOKED_AT
            && unit != Unit::Nanos
            && !is_metric_label(&channel.name)
            && is_category(&channel.values)
        {
            // The room is given back, and the name is not asked about again.
            *numbers -= LOOKED_AT;
            (channel.positions, channel.values) = (Vec::new(), Vec::new());
            return false;
        }
        true
    }
}

/// Labels of a data point's numbers: never categories, whatever their values.
fn is_metric_label(name: &str) -> bool {
    matches!(instances::label(name), "value" | "count" | "mean" | "p50" | "p90" | "p99")
}

fn is_category(values: &[f64]) -> bool {
    let mut different: Vec<u64> = Vec::with_capacity(LEAST_DIFFERENT);
    for value in values {
        if !different.contains(&value.to_bits()) {
            different.push(value.to_bits());
            if different.len() == LEAST_DIFFERENT {
                return false;
            }
        }
    }
    true
}

/// Whether a field names something by a number, so that its size means nothing.
fn is_name(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    ["id", "pid", "tid", "port", "lineno", "line", "timestamp", "time", "date", "version", "seed"]
        .iter()
        .any(|name| last.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with(['_', '-'])))
}

/// The instance that a data point comes from, where the capture says.
fn instance(event: &Event) -> &str {
    text_at(event, INSTANCE_PATH)
}

/// A value of a data point as a person writes it, in the unit that the capture names for the point.
pub fn amount_in(point: &Event, value: f64) -> String {
    quantity::amount(value, named_unit(point))
}

/// What the capture says that the values count, in the code of UCUM or in a word of `OpenMetrics`.
fn named_unit(event: &Event) -> Unit {
    match text_at(event, UNIT_PATH) {
        "ns" | "nanoseconds" => Unit::Nanos,
        "us" | "µs" | "microseconds" => Unit::Micros,
        "ms" | "milliseconds" => Unit::Millis,
        "s" | "seconds" => Unit::Seconds,
        "By" | "bytes" => Unit::Bytes,
        _ => Unit::Number,
    }
}

/// The text of a field, empty where the event has none.
fn text_at<'a>(event: &'a Event, path: &str) -> &'a str {
    match event.fields.iter().find(|field| field.path == path).map(|field| &field.value) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ByteRange, Field};

    fn point(measure: Measure) -> Event {
        let mut event = Event::new("requests", ByteRange::default());
        event.measure = Some(measure);
        event
    }

    #[test]
    fn counters_are_differenced_and_a_reset_begins_anew() {
        let mut channels = Channels::default();
        let totals = [(5.0, 1), (7.0, 1), (12.0, 1), (3.0, 2), (4.0, 2)];
        for (position, (total, start)) in totals.into_iter().enumerate() {
            let event = point(Measure::Cumulative { total, start_nanos: Some(start) });
            channels.take_point(position as u32, &event);
        }
        let channels = channels.finish();
        assert_eq!(channels[0].values, [2.0, 5.0, 3.0, 1.0]);
        assert_eq!(channels[0].positions, [1, 2, 3, 4]);
    }

    #[test]
    fn values_have_the_unit_of_the_capture_and_counts_have_none() {
        let measured = |units: &[&str], measure: Measure| {
            let mut channels = Channels::default();
            for (position, unit) in (0..).zip(units) {
                let mut event = point(measure.clone());
                event.fields.push(Field { path: "unit".to_owned(), value: Value::Text((*unit).to_owned()) });
                channels.take_point(position, &event);
            }
            channels.finish().into_iter().map(|c| (c.name, c.unit)).collect::<Vec<_>>()
        };
        let gauge = |units: &[&str]| measured(units, Measure::Gauge(1.0))[0].1;
        assert_eq!(gauge(&["s", "s"]), Unit::Seconds);
        assert_eq!(gauge(&["By"]), Unit::Bytes);
        assert_eq!(gauge(&["{request}"]), Unit::Number);
        assert_eq!(gauge(&["ms", "s"]), Unit::Number, "what changes its unit has none");
        let histogram = Measure::Histogram {
            count: 4,
            sum: Some(2.0),
            bounds: vec![1.0],
            counts: vec![3, 1],
            cumulative: false,
        };
        let of_histogram = measured(&["ms"], histogram);
        assert_eq!(
            of_histogram[..2],
            [("count".to_owned(), Unit::Number), ("mean".to_owned(), Unit::Millis)]
        );
    }

    #[test]
    fn names_of_spans_with_a_key_that_never_comes_back_are_one_channel() {
        let mut channels = Channels::default();
        for position in 0..600_u32 {
            let mut event = Event::new(format!("GET /orders/{}", 70_000 + position), ByteRange::default());
            event.measure = Some(Measure::DurationNanos(i64::from(position % 50)));
            channels.take_fields(position, &event);
            let mut event = Event::new(format!("GET /v{}/cart", position % 2), ByteRange::default());
            event.measure = Some(Measure::DurationNanos(7));
            channels.take_fields(position, &event);
        }
        let channels = channels.finish();
        let names: Vec<&str> = channels.iter().map(|channel| &*channel.name).collect();
        assert_eq!(
            names,
            ["duration of GET /orders/*", "duration of GET /v0/cart", "duration of GET /v1/cart"]
        );
        assert_eq!((channels[0].unit, channels[0].values.len()), (Unit::Nanos, 600));
    }

    #[test]
    fn two_measurements_of_a_message_are_two_and_two_names_of_one_are_one() {
        let mut channels = Channels::default();
        for position in 0..600_u32 {
            let taken = Written {
                name: "“took …”".to_owned(),
                longer: Some("“done took …”".to_owned()),
                unit: Unit::Millis,
                value: f64::from(position % 50),
            };
            let heap = Written {
                name: "“heap …”".to_owned(),
                longer: None,
                unit: Unit::Bytes,
                value: f64::from(position % 70),
            };
            channels.take_written(position, &taken);
            channels.take_written(position, &heap);
        }
        let kept: Vec<(String, f64)> =
            channels.finish_common(600).into_iter().map(|c| (c.name, c.values[60])).collect();
        assert_eq!(kept, [("“done took …”".to_owned(), 10.0), ("“heap …”".to_owned(), 60.0)]);
    }

    #[test]
    fn codes_and_names_are_not_measured() {
        let mut channels = Channels::default();
        for position in 0..600_u32 {
            let mut event = Event::new("GET /cart", ByteRange::default());
            event.measure = Some(Measure::DurationNanos(i64::from(position % 5)));
            for (path, value) in [
                ("http.status_code", i64::from(200 + position % 3)),
                ("order_id", i64::from(position)),
                ("bytes", i64::from(position * 7 % 1000)),
            ] {
                event.fields.push(Field { path: path.to_owned(), value: Value::Int(value) });
            }
            channels.take_fields(position, &event);
        }
        let names: Vec<String> = channels.finish().into_iter().map(|c| c.name).collect();
        assert_eq!(names, ["duration of GET /cart", "bytes"]);
    }
}
