//! The tokens of an event in the one order in which every code sees them.

use std::ops::Range;
use std::sync::LazyLock;

use crate::event::{Event, Measure, Value};
use crate::token::{self, Shape, Token};

/// The tokens of a log record, a span or a call, in the order in which the codes see them: severity, body without its
/// time stamp, measure, fields.
pub(crate) fn canonical_tokens<'a>(event: &'a Event, mut emit: impl FnMut(Token<'a>)) {
    tokens_in_place(event, |_, token| emit(token));
}

/// Where each of those tokens stands in its event, in the same order. Not for the points of a metric, which are told by
/// their values alone.
pub fn token_places(event: &Event) -> Vec<TokenPlace> {
    let mut places = Vec::new();
    tokens_in_place(event, |part, token| {
        let whole = match part {
            Part::Body => Some(&event.body[..]),
            Part::Path(field) => event.fields.get(field as usize).map(|field| field.path.as_bytes()),
            Part::Field(field) => event.fields.get(field as usize).and_then(|field| match &field.value {
                Value::Text(text) => Some(text.as_bytes()),
                Value::Bytes(bytes) => Some(&bytes[..]),
                _ => None,
            }),
            Part::Severity | Part::Measure => None,
        };
        let bytes = whole.map_or(0..0, |whole| {
            // A token of a text is a slice of it.
            let start = token.text.as_ptr().addr() - whole.as_ptr().addr();
            start as u32..(start + token.text.len()) as u32
        });
        places.push(TokenPlace { part, bytes });
    });
    places
}

/// A part of an event that has tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The severity, which is one token.
    Severity,
    /// The body.
    Body,
    /// What was measured, which is one token.
    Measure,
    /// The path of the field with this index.
    Path(u32),
    /// The value of the field with this index.
    Field(u32),
}

/// Where a token stands in its event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPlace {
    /// In which part.
    pub part: Part,
    /// Its bytes in the text of that part; empty where the part is one token and no text.
    pub bytes: Range<u32>,
}

fn tokens_in_place<'a>(event: &'a Event, mut emit: impl FnMut(Part, Token<'a>)) {
    if let Some(severity) = event.severity {
        let text = severity.name().as_bytes();
        emit(Part::Severity, Token { shape: Shape::Severity, space: false, text });
    }
    let (before, after) = match event.body_stamp {
        Some((start, end)) => (&event.body[..start as usize], &event.body[end as usize..]),
        None => (&event.body[..], &event.body[..0]),
    };
    token::tokenize(before, |token| emit(Part::Body, token));
    token::tokenize(after, |token| emit(Part::Body, token));
    match &event.measure {
        Some(Measure::DurationNanos(d)) => {
            emit(Part::Measure, Token { shape: token::duration_shape(*d), space: false, text: b"" });
        }
        Some(Measure::Gauge(v) | Measure::Delta(v)) => {
            emit(Part::Measure, Token { shape: token::magnitude_shape(*v), space: false, text: b"" });
        }
        Some(Measure::Cumulative { .. } | Measure::Histogram { .. }) | None => {}
    }
    for (index, field) in (0..).zip(&event.fields).filter(|(_, field)| !is_reference(&field.path)) {
        emit(Part::Path(index), Token { shape: Shape::Path, space: false, text: field.path.as_bytes() });
        let mut emit = |token| emit(Part::Field(index), token);
        match &field.value {
            Value::Null => emit(literal(b"null")),
            Value::Bool(true) => emit(literal(b"true")),
            Value::Bool(false) => emit(literal(b"false")),
            Value::Int(v) => emit(int_token(*v)),
            Value::Float(v) => emit(Token { shape: token::magnitude_shape(*v), space: false, text: b"" }),
            Value::Text(text) => token::tokenize(text.as_bytes(), &mut emit),
            Value::Bytes(bytes) => token::tokenize(bytes, &mut emit),
        }
    }
}

/// Whether a field names another record, or says when a part of its own one happened. What is new in every record tells
/// no kind of record from another: the ids and the time of the record itself are no tokens either.
fn is_reference(path: &str) -> bool {
    match path.as_bytes().first() {
        Some(b't') => path == "trace_state",
        Some(b'l') => path
            .strip_prefix("links[")
            .and_then(|rest| rest.split_once("]."))
            .is_some_and(|(_, leaf)| matches!(leaf, "trace_id" | "span_id" | "trace_state" | "flags")),
        Some(b'e') => path
            .strip_prefix("events[")
            .or_else(|| path.strip_prefix("exemplars["))
            .and_then(|rest| rest.split_once("]."))
            .is_some_and(|(_, leaf)| matches!(leaf, "time_unix_nano" | "trace_id" | "span_id")),
        _ => false,
    }
}

fn literal(text: &'static [u8]) -> Token<'static> {
    Token { shape: Shape::Literal, space: false, text }
}

/// Whole numbers of up to three digits are codes and counts and stand as they are; larger ones are magnitudes.
fn int_token(value: i64) -> Token<'static> {
    static SMALL: LazyLock<Vec<String>> = LazyLock::new(|| (0..1000).map(|n| n.to_string()).collect());
    match usize::try_from(value).ok().and_then(|n| SMALL.get(n)) {
        Some(text) => Token { shape: Shape::Literal, space: false, text: text.as_bytes() },
        None => Token { shape: token::magnitude_shape(value as f64), space: false, text: b"" },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ByteRange, Field};

    #[test]
    fn ids_of_other_records_and_times_of_parts_are_no_tokens() {
        let field = |path: &str, text: &str| Field { path: path.into(), value: Value::Text(text.into()) };
        let tokens = |fields: Vec<Field>| {
            let mut event = Event::new(*b"GET", ByteRange::default());
            event.fields = fields;
            let mut texts = Vec::new();
            canonical_tokens(&event, |token| texts.push(token.text.to_vec()));
            texts
        };
        let kept = || vec![field("links[0].why", "retry"), field("events[0].name", "time_unix_nano")];
        let mut all = kept();
        all.extend(
            [
                "links[0].trace_id",
                "links[12].span_id",
                "links[0].trace_state",
                "events[3].time_unix_nano",
                "trace_state",
            ]
            .map(|path| field(path, "9f")),
        );
        assert_eq!(tokens(all), tokens(kept()));
        assert_ne!(tokens(vec![field("links", "a")]), tokens(vec![]));
    }
}
