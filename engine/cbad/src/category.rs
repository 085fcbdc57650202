//! Fields of few values: what an event is by each of them.
//!
//! A status, a method, a level, a region say what kind an event is as its wording does, and where pages, users or queries make every event
//! another one they are all that says it. They are no measurements: a status of 500 is not more than one of 404.

use std::cmp::Reverse;
use std::ops::Range;

use hashbrown::HashMap;

use crate::event::{Event, Field, Value};

/// A field whose values are few.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Category {
    /// Its path, or `severity`.
    pub(crate) name: String,
    /// Its values, the commonest first; those that are too rare to be counted, or too many, are [`RARE`] together, the last.
    pub(crate) values: Vec<String>,
    /// For each event of the stream which of the values it has; [`ABSENT`] where it has none.
    pub(crate) classes: Vec<u8>,
}

/// Stands for the value of an event that does not have the field.
pub(crate) const ABSENT: u8 = u8::MAX;

/// The name of all values that are too rare to be counted.
pub(crate) const RARE: &str = "any rare value";

/// What the severity of records is called.
const SEVERITY: &str = "severity";

/// Fields that are looked at, and those that are kept: the first that appear.
const MOST_FIELDS: usize = 128;
const MOST_CATEGORIES: usize = 32;

/// Values of a field that are counted, and those that are told apart in the end.
const MOST_COUNTED: usize = 254;
const MOST_VALUES: usize = 15;

/// Stands for all values beyond those that are counted.
const UNCOUNTED: u8 = 254;

/// Longest value that is looked at, bytes.
const LONGEST: usize = 256;

/// Fewest events of a value that is told from the rare ones.
const LEAST_EVENTS: u32 = 5;

/// At most one event in so many has a value that hardly comes again: of pages, visitors and users there is always another one, and one of
/// them is there in bursts.
const MOST_UNKNOWN: u32 = 50;

/// Values after which a field is asked about for the first time, and then whenever there are twice as many: where too many are not counted, it
/// is given up.
const LOOKED_AT: u32 = 512;

/// One event in so many has a field that is kept.
const LEAST_SHARE: u32 = 20;

/// Most bytes for the values of one stream's events, and stretches that a field of a single value may come in.
const MOST_BYTES: usize = 64 << 20;
const MOST_RUNS: usize = 1 << 16;

/// Values that a field has at least, events that one stands for at least, and stretches in which it stands at most, both in the mean, for
/// it to be the state of something that moves on: an hour, a file, a leader. When it moves says nothing.
const STATES: usize = 4;
const STANDS: u32 = 10;
const RETURNS: f64 = 1.5;

/// Collects categories while a stream is built.
#[derive(Debug, Default)]
pub(crate) struct Categories {
    fields: Vec<Collected>,
    by_name: HashMap<String, usize>,
    /// The field that stood at each place of the event before: mostly it stands there again.
    places: Vec<usize>,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Collected {
    name: String,
    /// What is known not to be a category takes no more values.
    is_given_up: bool,
    values: Vec<String>,
    by_text: HashMap<String, u8>,
    by_number: HashMap<i64, u8>,
    last: u8,
    /// Events that have each value, and those that have one that is not counted.
    events: Vec<u32>,
    uncounted: u32,
    /// Events that have a value.
    present: u32,
    /// The position after that of the last of them.
    end: u32,
    /// As long as there is one value only, where it stands; from the second on the value of each event.
    runs: Vec<Range<u32>>,
    classes: Vec<u8>,
}

impl Categories {
    /// Takes the fields of a log record, a span or a call.
    pub(crate) fn take(&mut self, position: u32, event: &Event) {
        if let Some(severity) = event.severity {
            self.take_one(0, position, SEVERITY, Known::Text(severity.name()));
        }
        for (place, field) in (1..).zip(&event.fields) {
            if let Some(value) = Known::of(field) {
                self.take_one(place, position, &field.path, value);
            }
        }
    }

    fn take_one(&mut self, place: usize, position: u32, name: &str, value: Known<'_>) {
        let Some(at) = self.field_at(place, name) else { return };
        let field = &mut self.fields[at];
        if field.is_given_up || field.end > position {
            return;
        }
        let before = field.classes.len();
        field.take(position, value);
        self.bytes = self.bytes + field.classes.len() - before;
        if self.bytes > MOST_BYTES {
            self.bytes -= field.classes.len();
            field.give_up();
        }
    }

    fn field_at(&mut self, place: usize, name: &str) -> Option<usize> {
        let guess = self.places.get(place).copied().unwrap_or(0);
        if self.fields.get(guess).is_some_and(|field| field.name == name) {
            return Some(guess);
        }
        let at = match self.by_name.get(name) {
            Some(at) => *at,
            None if self.fields.len() == MOST_FIELDS => return None,
            None => {
                let at = self.fields.len();
                self.fields.push(Collected { name: name.to_owned(), ..Collected::default() });
                self.by_name.insert(name.to_owned(), at);
                at
            }
        };
        if place < MOST_FIELDS {
            self.places.resize(self.places.len().max(place + 1), 0);
            self.places[place] = at;
        }
        Some(at)
    }

    /// The categories of a stream of so many events, in the order in which they appeared. Of fields that say the same the first.
    pub(crate) fn finish(self, events: usize) -> Vec<Category> {
        let mut kept: Vec<Category> = Vec::new();
        for field in self.fields {
            if kept.len() == MOST_CATEGORIES {
                break;
            }
            let category = field.finish(events);
            kept.extend(category.filter(|new| kept.iter().all(|known| known.classes != new.classes)));
        }
        kept
    }
}

/// A value as it is known again.
#[derive(Clone, Copy, Debug)]
enum Known<'a> {
    Text(&'a str),
    Number(i64),
    /// No value of a category.
    Measured,
}

impl<'a> Known<'a> {
    fn of(field: &'a Field) -> Option<Self> {
        Some(match &field.value {
            Value::Null | Value::Bytes(_) => return None,
            Value::Bool(true) => Self::Text("true"),
            Value::Bool(false) => Self::Text("false"),
            Value::Int(number) => Self::Number(*number),
            // JSON has one kind of numbers: a status may be 200.0.
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                Self::Number(*number as i64)
            }
            Value::Float(_) => Self::Measured,
            Value::Text(text) => Self::Text(text),
        })
    }
}

impl Collected {
    fn take(&mut self, position: u32, value: Known<'_>) {
        let class = match value {
            Known::Measured => return self.give_up(),
            Known::Text(text) => self.class_of_text(text),
            Known::Number(number) => self.class_of_number(number),
        };
        self.last = class;
        self.present += 1;
        match self.events.get_mut(usize::from(class)) {
            Some(events) => *events += 1,
            None => self.uncounted += 1,
        }
        let is_asked = self.present >= LOOKED_AT && self.present.is_power_of_two();
        if is_asked && self.uncounted > self.present / MOST_UNKNOWN {
            return self.give_up();
        }
        if !self.classes.is_empty() || class != 0 {
            self.put(position, class);
        } else if let Some(run) = self.runs.last_mut().filter(|run| run.end == position) {
            run.end += 1;
        } else if self.runs.len() < MOST_RUNS {
            self.runs.push(position..position + 1);
        } else {
            return self.give_up();
        }
        self.end = position + 1;
    }

    fn class_of_text(&mut self, text: &str) -> u8 {
        if self.values.get(usize::from(self.last)).is_some_and(|last| last == text) {
            return self.last;
        }
        if let Some(class) = self.by_text.get(text) {
            return *class;
        }
        if text.len() > LONGEST {
            return UNCOUNTED;
        }
        let class = self.new_value(text);
        if class != UNCOUNTED {
            self.by_text.insert(text.to_owned(), class);
        }
        class
    }

    fn class_of_number(&mut self, number: i64) -> u8 {
        if let Some(class) = self.by_number.get(&number) {
            return *class;
        }
        let class = self.new_value(&number.to_string());
        if class != UNCOUNTED {
            self.by_number.insert(number, class);
        }
        class
    }

    /// The number of a value that was not met before.
    fn new_value(&mut self, text: &str) -> u8 {
        if self.values.len() == MOST_COUNTED {
            return UNCOUNTED;
        }
        self.values.push(text.to_owned());
        self.events.push(0);
        self.values.len() as u8 - 1
    }

    fn put(&mut self, position: u32, class: u8) {
        self.classes.resize(position as usize, ABSENT);
        for run in std::mem::take(&mut self.runs) {
            self.classes[run.start as usize..run.end as usize].fill(0);
        }
        self.classes.push(class);
    }

    fn give_up(&mut self) {
        *self = Self { name: std::mem::take(&mut self.name), is_given_up: true, ..Self::default() };
    }

    /// `None` where it is no category.
    fn finish(mut self, events: usize) -> Option<Category> {
        if self.is_given_up || self.present < (events as u32).div_ceil(LEAST_SHARE) {
            return None;
        }
        let mut order: Vec<usize> =
            (0..self.values.len()).filter(|&v| self.events[v] >= LEAST_EVENTS).collect();
        order.sort_by_key(|&value| (Reverse(self.events[value]), value));
        // Values of one size are kept or left together: the choice among them would follow their place in the stream.
        if order.len() > MOST_VALUES {
            let least = self.events[order[MOST_VALUES]];
            order.retain(|&value| self.events[value] > least);
        }
        let told: u32 = order.iter().map(|&value| self.events[value]).sum();
        let has_rare = told < self.present;
        let known: u32 = self.events.iter().filter(|events| **events >= LEAST_EVENTS).sum();
        let is_open = (self.present - known) * MOST_UNKNOWN > self.present;
        if is_open || order.len() + usize::from(has_rare) < 2 {
            return None;
        }
        let mut number = [order.len() as u8; ABSENT as usize + 1];
        number[usize::from(ABSENT)] = ABSENT;
        for (rank, &value) in order.iter().enumerate() {
            number[value] = rank as u8;
        }
        self.classes.resize(events, ABSENT);
        self.classes.iter_mut().for_each(|class| *class = number[usize::from(*class)]);
        let rare = has_rare.then(|| RARE.to_owned());
        let values =
            order.into_iter().map(|value| std::mem::take(&mut self.values[value])).chain(rare).collect();
        let category = Category { name: self.name, values, classes: self.classes };
        (!category.is_of_states()).then_some(category)
    }
}

impl Category {
    /// Which of the values the event at a position has; `None` where it does not have the field.
    pub(crate) fn class_at(&self, position: usize) -> Option<u8> {
        Some(self.classes[position]).filter(|class| *class != ABSENT)
    }

    /// The field with one of its values, as a person looks for it.
    pub(crate) fn named(&self, class: u8) -> String {
        format!("{}={}", self.name, self.values[usize::from(class)])
    }

    /// Whether a class is that of all rare values together.
    pub(crate) fn is_rare(&self, class: u8) -> bool {
        self.values.get(usize::from(class)).is_some_and(|value| value == RARE)
    }

    fn is_of_states(&self) -> bool {
        if self.values.len() < STATES {
            return false;
        }
        let (mut stretches, mut present, mut last) = (0_u32, 0_u32, ABSENT);
        for &class in self.classes.iter().filter(|class| **class != ABSENT) {
            present += 1;
            stretches += u32::from(class != last);
            last = class;
        }
        f64::from(stretches) < RETURNS * self.values.len() as f64 && present >= STANDS * stretches
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ByteRange, Severity};

    fn of(events: u32, fields: impl Fn(u32) -> Vec<(&'static str, Value)>) -> Vec<Category> {
        let mut categories = Categories::default();
        for position in 0..events {
            let mut event = Event::new("GET", ByteRange::default());
            event.fields = fields(position)
                .into_iter()
                .map(|(path, value)| Field { path: path.to_owned(), value })
                .collect();
            categories.take(position, &event);
        }
        categories.finish(events as usize)
    }

    fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn a_status_is_a_category_and_a_size_an_identifier_and_a_constant_are_not() {
        let categories = of(3_000, |at| {
            vec![
                ("host", text("web-1")),
                ("status", Value::Int(if at % 7 == 0 { 5001 } else { 200 })),
                ("bytes", Value::Int(i64::from(at * 7919 % 5_003))),
                ("took", Value::Float(f64::from(at % 5) + 0.5)),
                ("request", text(format!("{at:x}"))),
                ("is_cached", Value::Bool(at % 3 == 0)),
            ]
        });
        let names: Vec<&str> = categories.iter().map(|category| &*category.name).collect();
        assert_eq!(names, ["status", "is_cached"]);
        assert_eq!(categories[0].values, ["200", "5001"]);
        assert_eq!(categories[0].classes[..8], [1, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(categories[1].named(0), "is_cached=false");
    }

    #[test]
    fn a_value_that_comes_late_is_told_from_where_the_first_one_stood() {
        let categories = of(1_000, |at| match at {
            900.. => vec![("status", Value::Float(503.0))],
            _ if at % 2 == 0 => vec![("status", Value::Float(200.0))],
            _ => vec![],
        });
        assert_eq!(categories[0].values, ["200", "503"]);
        assert_eq!(categories[0].classes[..3], [0, ABSENT, 0]);
        assert_eq!(categories[0].classes[898..902], [0, ABSENT, 1, 1]);
    }

    #[test]
    fn rare_values_are_one_and_a_field_with_many_of_them_is_none() {
        let agents = |one_in: u32| {
            of(2_000, move |at| {
                vec![(
                    "agent",
                    text(if at % one_in == 0 { format!("rare {at}") } else { format!("a{}", at % 3) }),
                )]
            })
        };
        let categories = agents(100);
        assert_eq!(categories[0].values, ["a1", "a2", "a0", RARE]);
        assert_eq!(categories[0].classes.iter().map(|class| usize::from(*class == 3)).sum::<usize>(), 20);
        assert!(agents(10).is_empty());
    }

    #[test]
    fn states_that_move_on_are_no_category_and_two_versions_are_one() {
        assert!(of(2_000, |at| vec![("hour", Value::Int(i64::from(at / 200)))]).is_empty());
        assert_eq!(of(2_000, |at| vec![("version", text(["1.2", "1.3"][at as usize / 1_500]))]).len(), 1);
    }

    #[test]
    fn fields_that_say_the_same_are_one_and_severity_is_a_field() {
        let mut categories = Categories::default();
        for position in 0..500_u32 {
            let mut event = Event::new("x", ByteRange::default());
            let is_error = position % 9 == 0;
            event.severity = Some(if is_error { Severity::Error } else { Severity::Info });
            let level = Value::Text(if is_error { "E" } else { "I" }.to_owned());
            event.fields = vec![Field { path: "level".to_owned(), value: level }];
            categories.take(position, &event);
        }
        let categories = categories.finish(500);
        assert_eq!(categories.len(), 1);
        assert_eq!(categories[0].named(1), "severity=error");
    }
}
