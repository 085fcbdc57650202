//! Which fields the events of a stream have, from a look at some of them.

use std::collections::BTreeMap;

use cbad::{Field, Value};

use crate::error::CaseError;
use crate::event_table::value_text;
use crate::store::Case;

/// Runs of neighbouring events that are looked at, spread evenly over the stream, and the events of each.
const RUNS: u64 = 32;
const RUN: u64 = 64;
/// Paths that are told apart: `items[7].sku` has as many as a list has entries.
const MOST_PATHS: usize = 2048;
/// Examples kept of each field, and their characters.
const EXAMPLES: usize = 3;
const EXAMPLE: usize = 80;

/// The fields of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamFields {
    /// Events that were looked at.
    pub looked_at: u64,
    /// Those that most events have first, then by path.
    pub fields: Vec<FieldUse>,
    /// Whether there are more paths than are told apart.
    pub has_more: bool,
}

/// One field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldUse {
    /// Dotted path.
    pub path: String,
    /// Events, among those looked at, that have it.
    pub events: u64,
    /// Types of its values, in the order of their names.
    pub types: Vec<&'static str>,
    /// Its first different values, cut, made inert.
    pub examples: Vec<String>,
}

impl Case {
    /// The fields of a stream, from up to two thousand of its events.
    pub fn stream_fields(&self, stream: u32) -> Result<StreamFields, CaseError> {
        let events = self.stream(stream)?.events;
        let mut seen = Seen::default();
        let runs = RUNS.min(events.div_ceil(RUN));
        for run in 0..runs {
            let begin_of = |run: u64| {
                u64::try_from(u128::from(run) * u128::from(events) / u128::from(runs))
                    .expect("no more than the number of events")
            };
            // In a short stream a run ends where the next begins, so that no event counts twice.
            let first = begin_of(run);
            for row in self.events_readable(stream, first..begin_of(run + 1).min(first + RUN))?.events {
                seen.add(&row.event.fields);
            }
        }
        Ok(seen.told())
    }
}

#[derive(Default)]
struct Seen {
    looked_at: u64,
    fields: BTreeMap<String, FieldUse>,
    has_more: bool,
}

impl Seen {
    fn add(&mut self, fields: &[Field]) {
        self.looked_at += 1;
        for (place, field) in fields.iter().enumerate() {
            if !self.fields.contains_key(&field.path) {
                if self.fields.len() == MOST_PATHS {
                    self.has_more = true;
                    continue;
                }
                self.fields
                    .insert(field.path.clone(), FieldUse { path: field.path.clone(), ..FieldUse::default() });
            }
            let known = self.fields.get_mut(&field.path).expect("it was put there where it was missing");
            let is_first = fields[..place].iter().all(|earlier| earlier.path != field.path);
            known.events += u64::from(is_first);
            let name = type_name(&field.value);
            if let Err(at) = known.types.binary_search(&name) {
                known.types.insert(at, name);
            }
            if known.examples.len() < EXAMPLES {
                let example = example(&field.value);
                if !known.examples.contains(&example) {
                    known.examples.push(example);
                }
            }
        }
    }

    fn told(self) -> StreamFields {
        let mut fields: Vec<FieldUse> = self.fields.into_values().collect();
        fields.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.path.cmp(&b.path)));
        StreamFields { looked_at: self.looked_at, fields, has_more: self.has_more }
    }
}

fn example(value: &Value) -> String {
    let text = match value {
        // Before it is made inert, since a long text is long in every form.
        Value::Text(text) => value_text(&Value::Text(text.chars().take(EXAMPLE).collect())),
        Value::Bytes(bytes) => value_text(&Value::Bytes(bytes[..bytes.len().min(EXAMPLE)].to_vec())),
        other => value_text(other),
    };
    if text.chars().count() >= EXAMPLE {
        text.chars().take(EXAMPLE - 1).chain(['…']).collect()
    } else {
        text
    }
}

const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Int(_) => "whole number",
        Value::Float(_) => "number",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_once_an_event_and_told_with_types_and_examples() {
        let field = |path: &str, value| Field { path: path.to_owned(), value };
        let text = |text: &str| Value::Text(text.to_owned());
        let mut seen = Seen::default();
        seen.add(&[field("b", Value::Int(1)), field("b", text("x")), field("a", Value::Null)]);
        seen.add(&[field("b", Value::Int(1)), field("c", text(&"\u{202e}".repeat(500)))]);
        let told = seen.told();
        assert_eq!(told.looked_at, 2);
        let shown: Vec<_> =
            told.fields.iter().map(|f| (f.path.as_str(), f.events, f.types.join(", "))).collect();
        let expected = [("b", 2, "text, whole number"), ("a", 1, "null"), ("c", 1, "text")];
        assert_eq!(shown, expected.map(|(path, events, types)| (path, events, types.to_owned())));
        assert_eq!(told.fields[0].examples, ["1", "x"]);
        let long = &told.fields[2].examples[0];
        assert!(long.starts_with("\\u{202e}") && long.chars().count() == EXAMPLE && long.ends_with('…'));
    }

    #[test]
    fn more_paths_than_can_be_told_apart_are_said() {
        let mut seen = Seen::default();
        for index in 0..MOST_PATHS + 5 {
            seen.add(&[Field { path: format!("items[{index:05}]"), value: Value::Null }]);
        }
        let told = seen.told();
        assert!(told.has_more && told.fields.len() == MOST_PATHS);
    }
}
