//! Events in the shape of `--json`, documented in `docs/CLI.md`: what the command line prints and the window exports.

use cbad::{Event, Field, Measure, Value};
use serde::Serialize;

use crate::rows::EventRow;
use crate::sql::hex;

/// An event as one JSON object. Bytes that are not UTF-8 are replaced in the body; the byte range says where they are.
#[derive(Debug, Serialize)]
pub struct EventJson {
    stream: u32,
    position: u64,
    capture: i64,
    time_nanos: Option<i64>,
    level: Option<&'static str>,
    trace_id: Option<String>,
    span_id: Option<String>,
    parent_span_id: Option<String>,
    body: String,
    measure: Option<MeasureJson>,
    fields: Vec<FieldJson>,
    byte_offset: u64,
    byte_length: u64,
}

impl EventJson {
    /// The event of a stream.
    pub fn new(stream: u32, row: &EventRow) -> Self {
        let event: &Event = &row.event;
        Self {
            stream,
            position: row.position,
            capture: row.capture,
            time_nanos: event.time_nanos,
            level: event.severity.map(cbad::Severity::name),
            trace_id: event.trace_id.map(|id| hex(&id)),
            span_id: event.span_id.map(|id| hex(&id)),
            parent_span_id: event.parent_span_id.map(|id| hex(&id)),
            body: String::from_utf8_lossy(&event.body).into_owned(),
            measure: event.measure.as_ref().map(MeasureJson::from),
            fields: event.fields.iter().map(FieldJson::from).collect(),
            byte_offset: event.source.offset,
            byte_length: event.source.length,
        }
    }
}

/// A field with its value as plain JSON: numbers as [`Number`] has them, bytes are hex.
#[derive(Debug, Serialize)]
pub(crate) struct FieldJson {
    path: String,
    value: serde_json::Value,
}

impl From<&Field> for FieldJson {
    fn from(field: &Field) -> Self {
        let value = match &field.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(value) => (*value).into(),
            Value::Float(value) => match Number::from(*value) {
                Number::Finite(value) => value.into(),
                Number::Other(name) => name.into(),
            },
            Value::Text(value) => value.as_str().into(),
            Value::Bytes(value) => hex(value).into(),
        };
        Self { path: field.path.clone(), value }
    }
}

/// The number that an event measures, with its kind beside it.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum MeasureJson {
    DurationNanos { value: i64 },
    Gauge { value: Number },
    Cumulative { value: Number, start_nanos: Option<i64> },
    Delta { value: Number },
    Histogram { count: u64, sum: Option<Number>, bounds: Vec<Number>, counts: Vec<u64>, cumulative: bool },
}

/// A number; what JSON has none for is `"NaN"`, `"Infinity"` or `"-Infinity"`, as protobuf writes it in JSON.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Number {
    Finite(f64),
    Other(&'static str),
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        if value.is_finite() {
            Self::Finite(value)
        } else if value.is_nan() {
            Self::Other("NaN")
        } else {
            Self::Other(if value > 0.0 { "Infinity" } else { "-Infinity" })
        }
    }
}

impl From<&Measure> for MeasureJson {
    fn from(measure: &Measure) -> Self {
        match measure {
            Measure::DurationNanos(value) => Self::DurationNanos { value: *value },
            Measure::Gauge(value) => Self::Gauge { value: (*value).into() },
            Measure::Cumulative { total, start_nanos } => {
                Self::Cumulative { value: (*total).into(), start_nanos: *start_nanos }
            }
            Measure::Delta(value) => Self::Delta { value: (*value).into() },
            Measure::Histogram { count, sum, bounds, counts, cumulative } => Self::Histogram {
                count: *count,
                sum: sum.map(Number::from),
                bounds: bounds.iter().copied().map(Number::from).collect(),
                counts: counts.clone(),
                cumulative: *cumulative,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::EventJson;
    use crate::rows::EventRow;
    use cbad::{ByteRange, Event, Field, Measure, Severity, Value};

    #[test]
    fn an_event_is_plain_json() {
        let mut event = Event::new(*b"paid \xff", ByteRange { offset: 10, length: 6 });
        event.severity = Some(Severity::Warn);
        event.span_id = Some([1, 2, 3, 4, 5, 6, 7, 0xab]);
        event.measure = Some(Measure::Cumulative { total: 2.5, start_nanos: Some(1) });
        let values = [
            Value::Null,
            Value::Bool(true),
            Value::Int(-3),
            Value::Float(f64::NAN),
            Value::Bytes(vec![0, 255]),
        ];
        event.fields = values.into_iter().map(|value| Field { path: "a.b".into(), value }).collect();
        let shown = serde_json::to_value(EventJson::new(2, &EventRow { position: 7, capture: 1, event }))
            .expect("plain");
        assert_eq!(shown["body"], "paid \u{fffd}");
        assert_eq!((&shown["level"], &shown["span_id"]), (&"warn".into(), &"01020304050607ab".into()));
        assert_eq!(
            shown["measure"],
            serde_json::json!({"kind": "cumulative", "value": 2.5, "start_nanos": 1})
        );
        let values: Vec<_> =
            shown["fields"].as_array().expect("a list").iter().map(|field| &field["value"]).collect();
        assert_eq!(serde_json::json!(values), serde_json::json!([null, true, -3, "NaN", "00ff"]));
    }

    #[test]
    fn what_json_has_no_number_for_is_named() {
        let measure = |measure: Measure| {
            let mut event = Event::new(*b"m", ByteRange::default());
            event.measure = Some(measure);
            let row = EventRow { position: 0, capture: 1, event };
            serde_json::to_value(EventJson::new(0, &row)).expect("plain")["measure"].clone()
        };
        for (value, shown) in
            [(f64::NAN, "NaN"), (f64::INFINITY, "Infinity"), (f64::NEG_INFINITY, "-Infinity")]
        {
            assert_eq!(measure(Measure::Gauge(value))["value"], shown);
            assert_eq!(measure(Measure::Delta(value))["value"], shown);
            let total = Measure::Cumulative { total: value, start_nanos: None };
            assert_eq!(measure(total)["value"], shown);
        }
        let histogram = measure(Measure::Histogram {
            count: 1,
            sum: Some(f64::NAN),
            bounds: vec![0.5, f64::INFINITY],
            counts: vec![1, 0, 0],
            cumulative: false,
        });
        assert_eq!(
            (&histogram["sum"], &histogram["bounds"]),
            (&"NaN".into(), &serde_json::json!([0.5, "Infinity"]))
        );
    }
}
