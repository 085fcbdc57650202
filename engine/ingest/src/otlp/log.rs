//! Log records.

use super::{Context, FAR_TIME, TooCostly, is_far, references, text_field, time};
use crate::budget::Budget;
use cbad::{ByteRange, Event, Field, Severity, Value};

/// A log record as decoded.
#[derive(Debug, Default)]
pub(crate) struct LogParts {
    pub(crate) time_nanos: u64,
    pub(crate) observed_nanos: u64,
    pub(crate) severity_number: i64,
    pub(crate) severity_text: Option<Severity>,
    pub(crate) event_name: String,
    /// The body where it is plain text.
    pub(crate) text: Vec<u8>,
    /// Any other body, flattened below the path `body`.
    pub(crate) body: Vec<Field>,
    pub(crate) flags: u64,
    pub(crate) attributes: Vec<Field>,
    pub(crate) trace_id: Option<[u8; 16]>,
    pub(crate) span_id: Option<[u8; 8]>,
}

impl LogParts {
    /// What of its times is lost in the event, where something is.
    pub(crate) fn odd_time(&self) -> Option<&'static str> {
        (is_far(self.time_nanos) || is_far(self.observed_nanos)).then_some(FAR_TIME)
    }

    pub(crate) fn into_event(
        mut self,
        context: Context<'_>,
        source: ByteRange,
        budget: &mut Budget,
    ) -> Result<Event, TooCostly> {
        let body = if self.body.len() == 1 && self.body[0].path == "body" {
            self.body.pop().map_or_else(Vec::new, |field| scalar_text(field.value))
        } else {
            self.text
        };
        let mut event = Event::new(body, source);
        event.time_nanos = time(self.time_nanos).or_else(|| time(self.observed_nanos));
        event.severity = Severity::from_otel_number(self.severity_number).or(self.severity_text);
        event.trace_id = self.trace_id;
        event.span_id = self.span_id;
        let mut own = self.attributes;
        if !self.event_name.is_empty() {
            own.insert(0, text_field("event.name", self.event_name));
        }
        own.append(&mut self.body);
        references::own(String::new(), self.flags, &mut own);
        context.surround(&mut event, own, budget)?;
        Ok(event)
    }
}

/// A body that is one value, as text.
fn scalar_text(value: Value) -> Vec<u8> {
    match value {
        Value::Null => Vec::new(),
        Value::Bool(value) => value.to_string().into_bytes(),
        Value::Int(value) => value.to_string().into_bytes(),
        Value::Float(value) => value.to_string().into_bytes(),
        Value::Text(text) => text.into_bytes(),
        Value::Bytes(bytes) => bytes,
    }
}
