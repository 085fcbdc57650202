//! What a record says of other records, and when parts of it happened: links, exemplars, times of span events.
//!
//! Each is a field under the name that the protocol gives it. The codes pass over ids and times among them
//! (`event_tokens.rs` of `cbad`), as they never see those of the record itself.

use super::{TooCostly, text_field};
use crate::budget::{Budget, RECORD_BYTES};
use cbad::{Field, Value};
use std::fmt::Write;

/// A link of a span as decoded.
#[derive(Debug, Default)]
pub(crate) struct LinkParts {
    pub(crate) trace_id: Option<[u8; 16]>,
    pub(crate) span_id: Option<[u8; 8]>,
    pub(crate) trace_state: String,
    pub(crate) flags: u64,
    pub(crate) attributes: Vec<Field>,
}

/// An exemplar of a data point as decoded.
#[derive(Debug, Default)]
pub(crate) struct ExemplarParts {
    pub(crate) time_nanos: u64,
    pub(crate) value: Option<f64>,
    pub(crate) trace_id: Option<[u8; 16]>,
    pub(crate) span_id: Option<[u8; 8]>,
    pub(crate) attributes: Vec<Field>,
}

/// Puts fields below `path`, as long as the record may cost them.
pub(super) struct Below<'f> {
    pub(super) path: String,
    pub(super) fields: &'f mut Vec<Field>,
}

impl Below<'_> {
    fn push(&mut self, name: &str, value: Value) {
        self.fields.push(Field { path: format!("{}{name}", self.path), value });
    }

    /// The name, which is there even where it is empty.
    pub(super) fn name(&mut self, name: String) {
        self.push("name", Value::Text(name));
    }

    pub(super) fn text(&mut self, name: &str, text: String) {
        if !text.is_empty() {
            self.push(name, Value::Text(text));
        }
    }

    /// A number of which 0 says nothing.
    pub(super) fn number(&mut self, name: &str, number: u64) {
        if number != 0 {
            self.push(name, whole(number));
        }
    }

    fn id(&mut self, name: &str, id: Option<&[u8]>) {
        if let Some(id) = id {
            self.push(name, Value::Text(hex(id)));
        }
    }

    pub(super) fn attributes(&mut self, name: &str, attributes: Vec<Field>) {
        for Field { path, value } in attributes {
            self.push(&format!("{name}{path}"), value);
        }
    }
}

/// A whole number, or its digits where it does not fit.
fn whole(number: u64) -> Value {
    i64::try_from(number).map_or_else(|_| Value::Text(number.to_string()), Value::Int)
}

fn hex(id: &[u8]) -> String {
    id.iter().fold(String::with_capacity(2 * id.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
        text
    })
}

/// The fields of links.
pub(super) fn links(
    links: Vec<LinkParts>,
    fields: &mut Vec<Field>,
    budget: &mut Budget,
) -> Result<(), TooCostly> {
    for (index, link) in links.into_iter().enumerate() {
        if !budget.spend(RECORD_BYTES) {
            return Err(TooCostly);
        }
        let mut below = Below { path: format!("links[{index}]."), fields };
        below.id("trace_id", link.trace_id.as_ref().map(|id| &id[..]));
        below.id("span_id", link.span_id.as_ref().map(|id| &id[..]));
        below.text("trace_state", link.trace_state);
        below.number("flags", link.flags);
        below.attributes("", link.attributes);
    }
    Ok(())
}

/// The fields of exemplars.
pub(super) fn exemplars(
    exemplars: Vec<ExemplarParts>,
    fields: &mut Vec<Field>,
    budget: &mut Budget,
) -> Result<(), TooCostly> {
    for (index, exemplar) in exemplars.into_iter().enumerate() {
        if !budget.spend(RECORD_BYTES) {
            return Err(TooCostly);
        }
        let mut below = Below { path: format!("exemplars[{index}]."), fields };
        below.number("time_unix_nano", exemplar.time_nanos);
        if let Some(value) = exemplar.value {
            below.push("value", Value::Float(value));
        }
        below.id("trace_id", exemplar.trace_id.as_ref().map(|id| &id[..]));
        below.id("span_id", exemplar.span_id.as_ref().map(|id| &id[..]));
        below.attributes("filtered_attributes.", exemplar.attributes);
    }
    Ok(())
}

/// The field of a record's own flags or trace state, where there is one.
pub(super) fn own(trace_state: String, flags: u64, fields: &mut Vec<Field>) {
    if !trace_state.is_empty() {
        fields.push(text_field("trace_state", trace_state));
    }
    Below { path: String::new(), fields }.number("flags", flags);
}
