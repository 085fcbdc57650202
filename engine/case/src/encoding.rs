//! The bytes of an event in a block: those of postcard 1 (<https://postcard.jamesmunns.com/wire-format>), written and read by hand.
//!
//! Every event is written once and read once in an import, and read in every search. Serde asks for each number and each text by a
//! call of its own; without that an import takes a tenth less processor time (`docs/BENCHMARKS.md`). The tests hold both to
//! postcard's own bytes.

use cbad::{ByteRange, Event, Field, Value};
use serde::Deserialize;

use crate::numbers::{put, take, unzigzag, zigzag};
use crate::view::{EventView, FieldView, ValueView};

/// Writes an event behind what is there.
pub(crate) fn write(event: &Event, bytes: &mut Vec<u8>) {
    let Event {
        time_nanos,
        severity,
        trace_id,
        span_id,
        parent_span_id,
        body,
        body_stamp,
        measure,
        fields,
        source,
    } = event;
    put_option(*time_nanos, bytes, |time, bytes| put(zigzag(time), bytes));
    put_option(*severity, bytes, |severity, bytes| put(severity as u64, bytes));
    put_option(*trace_id, bytes, |id, bytes| bytes.extend_from_slice(&id));
    put_option(*span_id, bytes, |id, bytes| bytes.extend_from_slice(&id));
    put_option(*parent_span_id, bytes, |id, bytes| bytes.extend_from_slice(&id));
    put_bytes(body, bytes);
    put_option(*body_stamp, bytes, |(start, end), bytes| {
        put(u64::from(start), bytes);
        put(u64::from(end), bytes);
    });
    put_option(measure.as_ref(), bytes, |measure, bytes| {
        // Few events have one.
        postcard::to_io(measure, bytes).expect("a buffer grows");
    });
    put(fields.len() as u64, bytes);
    for Field { path, value } in fields {
        put_bytes(path.as_bytes(), bytes);
        put_value(value, bytes);
    }
    put(source.offset, bytes);
    put(source.length, bytes);
}

#[inline]
fn put_option<T>(option: Option<T>, bytes: &mut Vec<u8>, put: impl FnOnce(T, &mut Vec<u8>)) {
    bytes.push(u8::from(option.is_some()));
    if let Some(value) = option {
        put(value, bytes);
    }
}

#[inline]
fn put_bytes(given: &[u8], bytes: &mut Vec<u8>) {
    put(given.len() as u64, bytes);
    bytes.extend_from_slice(given);
}

#[inline]
fn put_value(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Null => bytes.push(0),
        Value::Bool(value) => bytes.extend_from_slice(&[1, u8::from(*value)]),
        Value::Int(value) => {
            bytes.push(2);
            put(zigzag(*value), bytes);
        }
        Value::Float(value) => {
            bytes.push(3);
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        Value::Text(text) => {
            bytes.push(4);
            put_bytes(text.as_bytes(), bytes);
        }
        Value::Bytes(value) => {
            bytes.push(5);
            put_bytes(value, bytes);
        }
    }
}

/// The event that bytes begin with, borrowed from them.
pub(crate) fn read(encoded: &[u8]) -> Read<EventView<'_>> {
    let mut rest = Rest(encoded);
    let time_nanos = rest.option(Rest::signed)?;
    let severity = rest.option(Rest::other)?;
    let trace_id = rest.option(Rest::array)?;
    let span_id = rest.option(Rest::array)?;
    let parent_span_id = rest.option(Rest::array)?;
    let body = rest.bytes()?;
    let body_stamp = rest.option(|rest| Ok((rest.small()?, rest.small()?)))?;
    let measure = rest.option(Rest::other)?;
    let fields = rest.fields()?;
    let source = ByteRange { offset: rest.unsigned()?, length: rest.unsigned()? };
    Ok(EventView {
        time_nanos,
        severity,
        trace_id,
        span_id,
        parent_span_id,
        body,
        body_stamp,
        measure,
        fields,
        source,
    })
}

/// What is left of an encoding.
struct Rest<'a>(&'a [u8]);

type Read<T> = Result<T, postcard::Error>;

impl<'a> Rest<'a> {
    #[inline]
    fn take(&mut self, length: usize) -> Read<&'a [u8]> {
        let (taken, rest) =
            self.0.split_at_checked(length).ok_or(postcard::Error::DeserializeUnexpectedEnd)?;
        self.0 = rest;
        Ok(taken)
    }

    #[inline]
    fn array<const LENGTH: usize>(&mut self) -> Read<[u8; LENGTH]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(postcard::Error::DeserializeUnexpectedEnd)?;
        self.0 = rest;
        Ok(*taken)
    }

    #[inline]
    fn byte(&mut self) -> Read<u8> {
        self.array().map(|[byte]| byte)
    }

    #[inline]
    fn unsigned(&mut self) -> Read<u64> {
        take(&mut self.0).ok_or(postcard::Error::DeserializeBadVarint)
    }

    #[inline]
    fn signed(&mut self) -> Read<i64> {
        self.unsigned().map(unzigzag)
    }

    #[inline]
    fn small(&mut self) -> Read<u32> {
        u32::try_from(self.unsigned()?).map_err(|_| postcard::Error::DeserializeBadVarint)
    }

    #[inline]
    fn length(&mut self) -> Read<usize> {
        usize::try_from(self.unsigned()?).map_err(|_| postcard::Error::DeserializeBadVarint)
    }

    #[inline]
    fn bytes(&mut self) -> Read<&'a [u8]> {
        let length = self.length()?;
        self.take(length)
    }

    #[inline]
    fn text(&mut self) -> Read<&'a str> {
        str::from_utf8(self.bytes()?).map_err(|_| postcard::Error::DeserializeBadUtf8)
    }

    #[inline]
    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<Option<T>> {
        match self.byte()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(postcard::Error::DeserializeBadOption),
        }
    }

    /// What few events have: by postcard itself.
    fn other<T: Deserialize<'a>>(&mut self) -> Read<T> {
        let (read, rest) = postcard::take_from_bytes(self.0)?;
        self.0 = rest;
        Ok(read)
    }

    fn fields(&mut self) -> Read<Vec<FieldView<'a>>> {
        /// More take their memory as they come: what is announced is the case file's word.
        const MOST_AT_ONCE: usize = 1 << 10;
        let count = self.length()?;
        let mut fields = Vec::with_capacity(count.min(MOST_AT_ONCE));
        for _ in 0..count {
            fields.push(FieldView { path: self.text()?, value: self.value()? });
        }
        Ok(fields)
    }

    #[inline]
    fn value(&mut self) -> Read<ValueView<'a>> {
        Ok(match self.small()? {
            0 => ValueView::Null,
            1 => match self.byte()? {
                0 => ValueView::Bool(false),
                1 => ValueView::Bool(true),
                _ => return Err(postcard::Error::DeserializeBadBool),
            },
            2 => ValueView::Int(self.signed()?),
            3 => ValueView::Float(f64::from_le_bytes(self.array()?)),
            4 => ValueView::Text(self.text()?),
            5 => ValueView::Bytes(self.bytes()?),
            _ => return Err(postcard::Error::SerdeDeCustom),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use crate::view::EventView;
    use cbad::{ByteRange, Event, Field, Measure, Severity, Value};

    /// What is written is what postcard writes. It is read as postcard reads it whole, cut off anywhere, and with any bit flipped;
    /// only numbers with more bytes than they need are taken where postcard refuses some of them.
    fn is_as_postcard_has_it(event: &Event) {
        fn by_postcard(bytes: &[u8]) -> Option<EventView<'_>> {
            postcard::from_bytes(bytes).ok()
        }
        let mut encoded = Vec::new();
        write(event, &mut encoded);
        assert_eq!(Ok(&encoded), postcard::to_stdvec(event).as_ref());
        assert_eq!(read(&encoded).ok(), by_postcard(&encoded));
        for end in 0..encoded.len() {
            let cut = &encoded[..end];
            assert_eq!((read(cut).ok(), by_postcard(cut)), (None, None), "{end}");
        }
        for bit in 0..encoded.len() * 8 {
            let mut flipped = encoded.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Some(expected) = by_postcard(&flipped) {
                // Compared as text: numbers that are none equal nothing.
                let read = read(&flipped).map(|view| format!("{view:?}"));
                assert_eq!(read, Ok(format!("{expected:?}")), "{bit}");
            }
        }
    }

    #[test]
    fn whatever_an_event_has() {
        let mut event = Event::new(*b"paid \xff", ByteRange { offset: 10, length: 6 });
        is_as_postcard_has_it(&event);
        let values = [
            Value::Null,
            Value::Bool(true),
            Value::Bool(false),
            Value::Int(-3),
            Value::Float(0.5),
            Value::Text("é".to_owned()),
            Value::Bytes(vec![0, 255]),
        ];
        let field =
            |(index, value): (usize, &Value)| Field { path: "é".repeat(index), value: value.clone() };
        event.fields = values.iter().enumerate().map(field).collect();
        (event.trace_id, event.span_id, event.parent_span_id) = (Some([7; 16]), Some([0; 8]), Some([9; 8]));
        (event.time_nanos, event.body_stamp) = (Some(-5), Some((0, u32::MAX)));
        let counts = Measure::Histogram {
            count: 300,
            sum: Some(1.5),
            bounds: vec![0.1],
            counts: vec![1, u64::MAX],
            cumulative: true,
        };
        let measures = [
            Measure::DurationNanos(-1),
            Measure::Gauge(0.1),
            Measure::Cumulative { total: 2.5, start_nanos: Some(7) },
            Measure::Delta(-0.0),
            counts,
        ];
        for (measure, severity) in measures.into_iter().zip([Severity::Trace, Severity::Info].iter().cycle())
        {
            (event.measure, event.severity) = (Some(measure), Some(*severity));
            is_as_postcard_has_it(&event);
        }
        for severity in [Severity::Debug, Severity::Warn, Severity::Error, Severity::Fatal] {
            event.severity = Some(severity);
            is_as_postcard_has_it(&event);
        }
    }

    #[test]
    fn numbers_of_every_length() {
        for shift in 0..u64::BITS {
            for value in [1_u64 << shift, u64::MAX >> shift] {
                let mut event = Event::new(b"x", ByteRange { offset: value, length: !value });
                event.time_nanos = Some(value as i64);
                let field = |value| Field { path: String::new(), value: Value::Int(value) };
                event.fields = vec![field(value as i64), field(-(value as i64 >> 1))];
                is_as_postcard_has_it(&event);
            }
        }
        let mut too_long = vec![1];
        too_long.extend([0xff; 9]);
        too_long.extend([2; 40]);
        assert!(read(&too_long).is_err(), "more than 64 bits");
    }
}
