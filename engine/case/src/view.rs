//! An encoded event seen without copying it, and its text: what a person sees of it.

use std::fmt::Write as _;

use cbad::{ByteRange, Event, Field, Measure, Severity, Value};
#[cfg(test)]
use serde::Deserialize;

/// [`cbad::Event`], borrowed from its encoding: the same fields in the same order.
#[derive(Debug)]
#[cfg_attr(test, derive(Deserialize, PartialEq))]
pub(crate) struct EventView<'a> {
    pub(crate) time_nanos: Option<i64>,
    pub(crate) severity: Option<Severity>,
    pub(crate) trace_id: Option<[u8; 16]>,
    pub(crate) span_id: Option<[u8; 8]>,
    pub(crate) parent_span_id: Option<[u8; 8]>,
    #[cfg_attr(test, serde(borrow))]
    pub(crate) body: &'a [u8],
    pub(crate) body_stamp: Option<(u32, u32)>,
    pub(crate) measure: Option<Measure>,
    #[cfg_attr(test, serde(borrow))]
    pub(crate) fields: Vec<FieldView<'a>>,
    pub(crate) source: ByteRange,
}

/// [`cbad::Field`], borrowed.
#[derive(Debug, PartialEq)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct FieldView<'a> {
    pub(crate) path: &'a str,
    #[cfg_attr(test, serde(borrow))]
    pub(crate) value: ValueView<'a>,
}

/// [`cbad::Value`], borrowed.
#[derive(Debug, PartialEq)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) enum ValueView<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> EventView<'a> {
    /// Borrows from an encoding what is in it ([`crate::encoding`]).
    pub(crate) fn of(encoded: &'a [u8]) -> Result<Self, postcard::Error> {
        crate::encoding::read(encoded)
    }

    /// The event itself.
    pub(crate) fn to_event(&self) -> Event {
        let field =
            |field: &FieldView<'_>| Field { path: field.path.to_owned(), value: field.value.to_value() };
        Event {
            time_nanos: self.time_nanos,
            severity: self.severity,
            trace_id: self.trace_id,
            span_id: self.span_id,
            parent_span_id: self.parent_span_id,
            body_stamp: self.body_stamp,
            measure: self.measure.clone(),
            fields: self.fields.iter().map(field).collect(),
            ..Event::new(self.body, self.source)
        }
    }
}

impl FieldView<'_> {
    /// `path=value`, as `driftlock events` shows it.
    pub(crate) fn write(&self, text: &mut String) {
        text.push_str(self.path);
        text.push('=');
        self.value.write(text);
    }
}

impl ValueView<'_> {
    fn to_value(&self) -> Value {
        match *self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Float(value) => Value::Float(value),
            Self::Text(value) => Value::Text(value.to_owned()),
            Self::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
        }
    }

    /// The value as a person sees it: bytes as hex after `0x`.
    pub(crate) fn write(&self, text: &mut String) {
        let written = match self {
            Self::Null => write!(text, "null"),
            Self::Bool(value) => write!(text, "{value}"),
            Self::Int(value) => write!(text, "{value}"),
            Self::Float(value) => write!(text, "{value}"),
            Self::Text(value) => write!(text, "{value}"),
            Self::Bytes(bytes) => {
                text.push_str("0x");
                bytes.iter().try_for_each(|byte| write!(text, "{byte:02x}"))
            }
        };
        written.expect("writing to a String cannot fail");
    }
}

#[cfg(test)]
mod tests {
    use super::{EventView, ValueView};
    use cbad::{ByteRange, Event, Field, Measure, Severity, Value};

    #[test]
    fn a_view_sees_what_was_encoded() {
        let mut event = Event::new(*b"paid \xff", ByteRange { offset: 10, length: 6 });
        event.time_nanos = Some(-5);
        event.severity = Some(Severity::Warn);
        event.trace_id = Some([7; 16]);
        event.parent_span_id = Some([9; 8]);
        event.body_stamp = Some((0, 4));
        event.measure = Some(Measure::Histogram {
            count: 3,
            sum: Some(1.5),
            bounds: vec![0.1],
            counts: vec![1, 2],
            cumulative: true,
        });
        let values = [
            (Value::Null, "null"),
            (Value::Bool(true), "true"),
            (Value::Int(-3), "-3"),
            (Value::Float(0.5), "0.5"),
            (Value::Text("é".to_owned()), "é"),
            (Value::Bytes(vec![0, 255]), "0x00ff"),
        ];
        event.fields =
            values.iter().map(|(value, _)| Field { path: "a.b".to_owned(), value: value.clone() }).collect();
        let encoded = postcard::to_stdvec(&event).expect("an event can be encoded");
        let view = EventView::of(&encoded).expect("its own encoding");
        assert_eq!(
            (view.time_nanos, view.severity, view.trace_id),
            (Some(-5), event.severity, event.trace_id)
        );
        assert_eq!((view.span_id, view.parent_span_id), (None, Some([9; 8])));
        assert_eq!((view.body, view.source), (event.body.as_slice(), event.source));
        for (field, (_, shown)) in view.fields.iter().zip(&values) {
            let mut text = String::new();
            field.write(&mut text);
            assert_eq!(text, format!("a.b={shown}"));
        }
        assert_eq!(view.fields[4].value, ValueView::Text("é"));
        assert_eq!(view.to_event(), event);
    }
}
