//! What independent readers find in the captures, compared with what comes of them here.
//! How both were made is in `tests/data/make`.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod common;

use cbad::{Event, Measure, StreamKey, Value};
use common::{data, read, zstd};
use ingest::{Format, OpenOptions};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

fn expected(name: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(data(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn events(name: &str, format: Format) -> Vec<(StreamKey, Event)> {
    let stored = std::fs::read(data(name)).unwrap();
    assert_eq!(common::open(&stored, &OpenOptions::default()).unwrap().format(), format, "{name}");
    let reading = read(&stored, &OpenOptions::default());
    assert_eq!(reading.rejected(), 0, "{name}: {:?}", reading.problems);
    reading.events.into_iter().map(|(stream, event)| (StreamKey::clone(&stream), event)).collect()
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Float(value) => json!(value),
        Value::Text(text) => json!(text),
        Value::Bytes(bytes) => json!(bytes),
    }
}

fn fields_of(event: &Event) -> Map<String, Json> {
    event.fields.iter().map(|field| (field.path.clone(), json_of(&field.value))).collect()
}

fn hex(id: Option<&[u8]>) -> String {
    id.unwrap_or_default().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn measure_of(event: &Event) -> Json {
    match &event.measure {
        None => Json::Null,
        Some(Measure::DurationNanos(nanos)) => json!({"DurationNanos": nanos}),
        Some(Measure::Gauge(value)) => json!({"Gauge": value}),
        Some(Measure::Delta(value)) => json!({"Delta": value}),
        Some(Measure::Cumulative { total, start_nanos }) => {
            json!({"Cumulative": {"total": total, "start_nanos": start_nanos}})
        }
        Some(Measure::Histogram { count, sum, bounds, counts, cumulative }) => {
            json!({"Histogram": {"count": count, "sum": sum, "bounds": bounds, "counts": counts, "cumulative": cumulative}})
        }
    }
}

#[test]
fn otlp_is_read_as_the_official_decoder_reads_it() {
    for (signal, count) in [("traces", 8), ("logs", 3), ("metrics", 4)] {
        let expected = expected(&format!("sdk-{signal}.expected"));
        assert_eq!(expected.len(), count);
        for (extension, format) in
            [("pb", Format::OtlpProto), ("delimited", Format::OtlpProto), ("json", Format::OtlpJson)]
        {
            let found = events(&format!("sdk-{signal}.{extension}"), format);
            let found: Vec<Json> = found
                .iter()
                .map(|(_, event)| {
                    json!({
                        "body": String::from_utf8_lossy(&event.body),
                        "time": event.time_nanos,
                        "trace": hex(event.trace_id.as_ref().map(|id| &id[..])),
                        "span": hex(event.span_id.as_ref().map(|id| &id[..])),
                        "parent": hex(event.parent_span_id.as_ref().map(|id| &id[..])),
                        "measure": measure_of(event),
                        "fields": fields_of(event),
                    })
                })
                .collect();
            assert_eq!(found, expected, "{signal} as {extension}");
        }
    }
}

#[test]
fn native_zstd_of_json_and_of_framed_protobuf_gives_the_same_events() {
    for signal in ["traces", "logs", "metrics"] {
        for extension in ["pb", "delimited", "json"] {
            let plain = std::fs::read(data(&format!("sdk-{signal}.{extension}"))).unwrap();
            // One frame a write, as the collector's native compression has it.
            let writes = [zstd(&plain), zstd(&plain)].concat();
            let twice = read(&writes, &OpenOptions::default());
            let once = read(&plain, &OpenOptions::default());
            assert_eq!(twice.events.len(), 2 * once.events.len(), "{signal}.{extension}");
            assert_eq!(twice.rejected(), 0);
        }
    }
}

/// The spans by their ids, without what only one of the formats carries.
fn spans(name: &str, format: Format) -> Vec<String> {
    let mut lines: Vec<String> = events(name, format)
        .iter()
        .map(|(stream, event)| {
            let ids = (event.trace_id, event.span_id, event.parent_span_id);
            let body = String::from_utf8_lossy(&event.body).into_owned();
            let fields = fields_of(event);
            let told =
                ["kind", "status.code", "status.message", "scope"].map(|path| fields.get(path).cloned());
            format!("{ids:?} {body} {:?} {:?} {:?} {told:?}", stream.service, event.time_nanos, event.measure)
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn jaeger_and_zipkin_give_the_spans_that_otlp_gives() {
    let otlp = spans("sdk-traces.pb", Format::OtlpProto);
    assert_eq!(otlp.len(), 8);
    assert_eq!(spans("jaeger.json", Format::Jaeger), otlp);
    assert_eq!(spans("zipkin.json", Format::Zipkin), otlp);
    // Jaeger keeps types, so all else is the same too; it keeps arrays as text.
    let all = |name, format| {
        let mut all: Vec<_> = events(name, format)
            .iter()
            .map(|(_, event)| {
                let mut fields = fields_of(event);
                // Jaeger has no place for flags and a scope's version; a time of its log entries is in microseconds.
                let is_own = |path: &str| {
                    path == "flags" || path == "scope.version" || path.ends_with(".time_unix_nano")
                };
                fields.retain(|path, _| !path.starts_with("ids") && !is_own(path));
                let mut fields: Vec<_> = fields.into_iter().map(|field| format!("{field:?}")).collect();
                fields.sort();
                (event.span_id, fields)
            })
            .collect();
        all.sort();
        all
    };
    assert_eq!(all("jaeger.json", Format::Jaeger), all("sdk-traces.pb", Format::OtlpProto));
}

#[test]
fn a_scrape_is_read_as_the_python_client_reads_it() {
    let expected = expected("node.expected");
    let found = events("node.prom", Format::Prometheus);
    assert_eq!(found.len(), expected.len());
    for ((stream, event), point) in found.iter().zip(&expected) {
        assert_eq!(String::from_utf8_lossy(&event.body), point["name"].as_str().unwrap());
        let value = match &event.measure {
            Some(Measure::Gauge(value) | Measure::Cumulative { total: value, .. }) => *value,
            Some(Measure::Histogram { count, .. }) => *count as f64,
            other => panic!("{other:?}"),
        };
        assert_eq!(value.to_bits(), point["value"].as_f64().unwrap().to_bits(), "{}", stream.name);
        for (label, value) in point["labels"].as_object().unwrap() {
            let value = value.as_str().unwrap();
            assert!(stream.name.contains(label) && stream.name.contains(value), "{}: {label}", stream.name);
        }
        assert_eq!(event.time_nanos, None);
    }
}

#[test]
fn a_server_names_its_series_alike_whichever_way_it_is_asked_for_them() {
    let named = |name: &str, format: Format| {
        let labels = events(name, format).into_iter().map(|(stream, _)| stream.label());
        labels.filter(|label| !label.contains("_bucket{")).collect::<BTreeSet<_>>()
    };
    let dumped = named("prometheus-dump.prom", Format::Prometheus);
    assert_eq!(dumped.len(), 3);
    assert_eq!(named("prometheus-federate.prom", Format::Prometheus), dumped);
    assert_eq!(named("prometheus-range.json", Format::JsonLines), dumped);
}

#[test]
fn an_event_log_is_read_as_python_evtx_reads_it() {
    for (capture, records) in [("security.evtx", 6), ("windows.evtx", 7)] {
        let name = capture.split('.').next().unwrap();
        let found = records_of(capture);
        assert_eq!(found.len(), records, "{capture}");
        assert_eq!(found, expected(&format!("{name}.expected")), "{capture}");
    }
}

/// The records of a Windows event log, in the form in which python-evtx's are kept.
fn records_of(capture: &str) -> Vec<Json> {
    let found = events(capture, Format::Evtx);
    found
        .iter()
        .map(|(stream, event)| {
            let fields = fields_of(event);
            let text = |name: &str| match &fields[&format!("System.{name}")] {
                Json::String(text) => text.clone(),
                other => other.to_string(),
            };
            let data = fields.iter().filter_map(|(path, value)| {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                Some((path.strip_prefix("EventData.")?.to_owned(), Json::String(value)))
            });
            json!({
                "offset": event.source.offset,
                "length": event.source.length,
                "provider": stream.service,
                "EventID": text("EventID"),
                "Level": text("Level"),
                "Channel": text("Channel"),
                "Computer": text("Computer"),
                "EventRecordID": text("EventRecordID"),
                "data": data.collect::<Map<_, _>>(),
            })
        })
        .collect()
}

#[test]
fn a_table_is_read_as_pyarrow_reads_it() {
    let expected = expected("table.expected");
    let found = events("table.parquet", Format::Parquet);
    let found: Vec<Json> = found
        .iter()
        .map(|(stream, event)| {
            json!({
                "body": String::from_utf8_lossy(&event.body),
                "time": event.time_nanos,
                "service": stream.service,
                "level": event.severity.map(|severity| severity.name().to_uppercase()),
                "fields": fields_of(event),
            })
        })
        .collect();
    assert_eq!(found, expected);
}
