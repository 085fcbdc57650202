//! Frames whole, cut, lying and damaged.

use crate::Capture;
use crate::format::Format;
use crate::model::{Batch, Limits, OpenOptions};
use crate::whole::read_whole;
use cbad::{Field, Measure, Signal, Value};
use opentelemetry_proto::tonic::common::v1::any_value::Value as ProtoValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, MetricsData, NumberDataPoint, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, TracesData};
use prost::Message;
use std::io::Cursor;
use std::path::Path;

const NANOS: u64 = 1_544_712_660_300_000_000;

fn value(text: &str) -> AnyValue {
    AnyValue { value: Some(ProtoValue::StringValue(text.into())) }
}

fn resource() -> Resource {
    let attributes =
        vec![KeyValue { key: "service.name".into(), value: Some(value("shop")), ..KeyValue::default() }];
    Resource { attributes, ..Resource::default() }
}

fn scope() -> InstrumentationScope {
    InstrumentationScope { name: "lib".into(), ..InstrumentationScope::default() }
}

fn log(body: &str) -> LogRecord {
    LogRecord { time_unix_nano: NANOS, body: Some(value(body)), ..LogRecord::default() }
}

fn logs(log_records: Vec<LogRecord>) -> Vec<u8> {
    let scope_logs = vec![ScopeLogs { scope: Some(scope()), log_records, ..ScopeLogs::default() }];
    LogsData {
        resource_logs: vec![ResourceLogs {
            resource: Some(resource()),
            scope_logs,
            ..ResourceLogs::default()
        }],
    }
    .encode_to_vec()
}

fn spans() -> Vec<u8> {
    let span = Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: "GET".into(),
        start_time_unix_nano: NANOS,
        end_time_unix_nano: NANOS + 5,
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans { scope: Some(scope()), spans: vec![span], ..ScopeSpans::default() }];
    TracesData {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource()),
            scope_spans,
            ..ResourceSpans::default()
        }],
    }
    .encode_to_vec()
}

fn metrics() -> Vec<u8> {
    let data_points = vec![NumberDataPoint { time_unix_nano: NANOS, ..NumberDataPoint::default() }];
    let metric =
        Metric { name: "m".into(), data: Some(Data::Gauge(Gauge { data_points })), ..Metric::default() };
    let scope_metrics =
        vec![ScopeMetrics { scope: Some(scope()), metrics: vec![metric], ..ScopeMetrics::default() }];
    let resource_metrics =
        vec![ResourceMetrics { resource: Some(resource()), scope_metrics, ..ResourceMetrics::default() }];
    MetricsData { resource_metrics }.encode_to_vec()
}

fn framed(messages: &[Vec<u8>]) -> Vec<u8> {
    let mut stored = Vec::new();
    for message in messages {
        stored.extend((message.len() as u32).to_be_bytes());
        stored.extend(message);
    }
    stored
}

fn read(stored: &[u8], format: Option<Format>) -> Batch {
    let (found, batch) = read_any(stored, format);
    assert_eq!(found, Format::OtlpProto);
    batch
}

fn read_any(stored: &[u8], format: Option<Format>) -> (Format, Batch) {
    let options = OpenOptions { format, ..OpenOptions::default() };
    let length = stored.len() as u64;
    let stored = Cursor::new(stored.to_vec());
    let mut capture = Capture::from_reader(Path::new("c.bin"), stored, length, &options).expect("opens");
    let all = read_whole(&mut capture);
    assert_eq!(capture.decoded_bytes(), length);
    (capture.format(), all)
}

#[test]
fn a_capture_may_mix_signals_from_frame_to_frame() {
    let stored = framed(&[logs(vec![log("a"), log("b")]), spans(), metrics(), vec![], logs(vec![])]);
    let batch = read(&stored, None);
    let signals: Vec<_> = batch.events.iter().map(|(stream, _)| stream.signal).collect();
    assert_eq!(signals, [Signal::Log, Signal::Log, Signal::Span, Signal::Metric]);
    assert_eq!(batch.problems, []);
    assert!(batch.events.iter().all(|(stream, _)| stream.service.as_deref() == Some("shop")));
}

#[test]
fn each_signal_is_recognised_alone() {
    for (message, signal) in
        [(logs(vec![log("a")]), Signal::Log), (spans(), Signal::Span), (metrics(), Signal::Metric)]
    {
        let batch = read(&framed(&[message]), None);
        assert_eq!(batch.events[0].0.signal, signal);
    }
}

#[test]
fn the_records_of_a_cut_frame_are_kept() {
    let whole = framed(&[logs(vec![log("one"), log("two"), log("three")])]);
    for cut in 1..30 {
        let batch = read(&whole[..whole.len() - cut], Some(Format::OtlpProto));
        assert!(!batch.events.is_empty() && batch.events.len() < 3, "{cut}");
        assert_eq!(batch.rejected(), 1, "{cut}");
        let lost = &batch.problems[0].source;
        assert_eq!(lost.end(), (whole.len() - cut) as u64, "{cut}");
        assert_eq!(lost.offset, batch.events.last().map_or(0, |(_, event)| event.source.end()), "{cut}");
    }
}

#[test]
fn every_cut_conserves() {
    let whole = framed(&[logs(vec![log("one")]), spans(), metrics()]);
    for length in 2..whole.len() {
        let batch = read(&whole[..length], Some(Format::OtlpProto));
        let lost: u64 = batch.problems.iter().map(|problem| problem.source.length).sum();
        assert!(batch.events.len() <= 2);
        assert!(lost > 0 || [0, 1, 2].contains(&batch.events.len()), "{length}");
    }
}

#[test]
fn a_lying_length_costs_no_memory_and_is_reported() {
    for length in [0xffff_fff0_u32, 0x7fff_ffff, 0x0500_0000] {
        let stored = [&framed(&[spans()])[..], &length.to_be_bytes(), &[0x0a, 1, 2, 3]].concat();
        let batch = read(&stored, None);
        assert_eq!((batch.events.len(), batch.rejected()), (1, 1), "{length:x}");
        assert_eq!(batch.problems[0].source.end(), stored.len() as u64);
    }
    let stored = [&framed(&[spans()])[..], &[0, 0]].concat();
    assert_eq!(read(&stored, None).rejected(), 1);
}

#[test]
fn a_damaged_record_costs_itself_only() {
    let good = log("good");
    let mut message = logs(vec![good.clone(), log("marked"), good]);
    let mark = message.windows(6).position(|part| part == b"marked").expect("it is there");
    message[mark] = 0xff;
    let batch = read(&framed(&[message]), None);
    assert_eq!((batch.events.len(), batch.rejected()), (2, 1));
    assert!(batch.problems[0].reason.contains("log record"), "{}", batch.problems[0].reason);
}

#[test]
fn a_frame_that_is_no_request_is_one_rejected_record() {
    let stored = framed(&[spans(), b"\x0a\x06\x12\x04\x12\x02hi".to_vec(), spans()]);
    let batch = read(&stored, None);
    assert_eq!((batch.events.len(), batch.rejected()), (2, 1));
}

#[test]
fn deep_nesting_is_refused_without_harm() {
    let mut body = AnyValue::default();
    for _ in 0..90 {
        body = AnyValue { value: Some(ProtoValue::ArrayValue(ArrayValue { values: vec![body] })) };
    }
    let record = LogRecord { time_unix_nano: NANOS, body: Some(body), ..LogRecord::default() };
    let batch = read(&framed(&[logs(vec![log("good"), record])]), None);
    assert_eq!((batch.events.len(), batch.rejected()), (1, 1), "deeper than prost decodes");
}

#[test]
fn a_frame_of_empty_records_cannot_cost_far_more_than_its_length() {
    let mut scope_logs = vec![0x12];
    scope_logs.extend(log("seen").encode_length_delimited_to_vec());
    scope_logs.extend([0x12, 0].repeat(2_000_000));
    let wrap = |tag: u8, inner: Vec<u8>| {
        let mut outer = vec![tag];
        prost::encoding::encode_varint(inner.len() as u64, &mut outer);
        outer.extend(inner);
        outer
    };
    let batch = read(&framed(&[wrap(0x0a, wrap(0x12, scope_logs))]), None);
    assert_eq!(batch.rejected(), 1);
    assert!(batch.events.len() < 1_000_000, "{}", batch.events.len());
}

#[test]
fn a_limit_on_frames_holds() {
    let stored = framed(&[spans(), logs(vec![log(&"x".repeat(2000))]), spans()]);
    let options =
        OpenOptions { limits: Limits { record_bytes: 1000, ..Limits::default() }, ..OpenOptions::default() };
    let mut capture =
        Capture::from_reader(Path::new("c.bin"), Cursor::new(stored.clone()), stored.len() as u64, &options)
            .expect("opens");
    let mut batch = Batch::default();
    assert!(capture.next_batch(&mut batch).expect("reads"));
    assert_eq!((batch.events.len(), batch.rejected()), (2, 1));
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn delimited(messages: &[Vec<u8>]) -> Vec<u8> {
    messages.iter().flat_map(|message| [varint(message.len()), message.clone()].concat()).collect()
}

#[test]
fn varint_delimited_requests_give_what_framed_ones_give() {
    let messages = [logs(vec![log("one"), log("two")]), spans(), metrics()];
    let plain = |batch: Batch| {
        let events = batch.events.into_iter();
        events.map(|(stream, event)| (stream, event.body, event.time_nanos)).collect::<Vec<_>>()
    };
    let batch = read(&delimited(&messages), None);
    assert_eq!(batch.problems, []);
    assert_eq!(plain(batch), plain(read(&framed(&messages), None)));
}

#[test]
fn one_request_without_framing_is_read_resource_by_resource() {
    let mut request = [spans(), spans()].concat();
    // What a newer exporter may add.
    request.extend([0x78, 5]);
    let batch = read(&request, None);
    assert_eq!((batch.events.len(), batch.rejected()), (2, 0));
    assert!(batch.problems[0].reason.contains("passed over"));
    let Some((_, event)) = batch.events.last() else { panic!("two spans") };
    let source = event.source.offset as usize..event.source.end() as usize;
    assert_eq!(Span::decode(&request[source]).map(|span| span.name), Ok("GET".into()));
    for signal in [logs(vec![log("x")]), metrics()] {
        assert_eq!(read(&signal, None).events.len(), 1);
    }
}

#[test]
fn the_other_framings_conserve_when_cut_and_end_where_they_are_damaged() {
    for whole in [delimited(&[spans(), logs(vec![log("x")])]), [spans(), spans()].concat()] {
        for length in 2..whole.len() {
            let batch = read(&whole[..length], Some(Format::OtlpProto));
            assert!(batch.events.len() < 2 && batch.records > 0, "{length}");
            assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected());
        }
        let damaged = [&whole[..], &[0xff; 12], &whole].concat();
        let batch = read(&damaged, None);
        assert_eq!((batch.events.len(), batch.rejected()), (2, 1), "{:?}", batch.problems);
        assert!(batch.problems[0].reason.contains("framing is damaged"), "{:?}", batch.problems);
        assert_eq!(batch.problems[0].source.offset, whole.len() as u64);
    }
}

#[test]
fn what_decodes_without_making_sense_is_no_request() {
    // Each decodes as any request; none has a record with a plausible time, id or name.
    for bytes in [&b"\x0a\x00"[..], b"\x0a\x02\x12\x00", b"\x00\x00\x00\x02\x0a\x00", b"\x02\x0a\x00"] {
        assert_eq!(super::recognise(bytes, true), None, "{bytes:?}");
    }
    let late = LogRecord { time_unix_nano: u64::MAX, ..log("x") };
    assert_eq!(super::recognise(&framed(&[logs(vec![late])]), true), None);
}

#[test]
fn otel_arrow_is_known_by_its_payload() {
    let payload = [&[0x0a, 1, b's', 0x10, 40, 0x1a, 6][..], b"\xff\xff\xff\xff\0\0"].concat();
    let batch = [&[0x08, 1, 0x12, payload.len() as u8][..], &payload].concat();
    assert!(super::is_arrow(&batch) && super::is_arrow(&framed(std::slice::from_ref(&batch))));
    assert!(super::is_arrow(&delimited(&[batch])) && !super::is_arrow(&spans()));
}

/// A field that holds bytes.
fn field(number: u32, inner: &[u8]) -> Vec<u8> {
    let mut bytes = varint((number << 3 | 2) as usize);
    bytes.extend(varint(inner.len()));
    bytes.extend(inner);
    bytes
}

/// A request with one metric, whose data stand in the field `kind` and have this point.
fn of_kind(kind: u32, point: &[u8]) -> Vec<u8> {
    let sum = [&field(1, point)[..], &[0x10, 2, 0x18, 1]].concat();
    let metric = [field(1, b"m"), field(kind, &sum)].concat();
    field(1, &field(2, &field(2, &metric)))
}

#[test]
fn deprecated_kinds_of_metrics_are_read_as_their_successors() {
    let label = field(1, &[field(1, b"host"), field(2, b"a")].concat());
    let times = [&[0x19][..], &NANOS.to_le_bytes()].concat();
    let whole = [&label[..], &times, &[0x21], &4_i64.to_le_bytes()].concat();
    for (kind, measure) in
        [(4, Measure::Gauge(4.0)), (6, Measure::Cumulative { total: 4.0, start_nanos: None })]
    {
        let batch = read(&framed(&[of_kind(kind, &whole)]), None);
        assert_eq!(batch.problems, [], "{kind}");
        let (stream, event) = &batch.events[0];
        assert_eq!((event.measure.as_ref(), &*stream.name), (Some(&measure), "m{host=a}"), "{kind}");
        assert_eq!(event.time_nanos, i64::try_from(NANOS).ok());
    }
    let double = [&label[..], &times, &[0x21], &4.5_f64.to_le_bytes()].concat();
    let batch = read(&framed(&[of_kind(7, &double)]), None);
    assert_eq!(&*batch.events[0].0.name, "m{host=a}", "labels of a kind that stayed");
    assert_eq!(batch.events[0].1.measure, Some(Measure::Cumulative { total: 4.5, start_nanos: None }));
    let counts: Vec<u8> = [1_u64, 2].into_iter().flat_map(u64::to_le_bytes).collect();
    let histogram = [
        &times[..],
        &[0x21],
        &3_u64.to_le_bytes(),
        &[0x29],
        &5_i64.to_le_bytes(),
        &field(6, &counts),
        &field(7, &1.0_f64.to_le_bytes()),
    ]
    .concat();
    let batch = read(&framed(&[of_kind(8, &histogram)]), None);
    let expected = Measure::Histogram {
        count: 3,
        sum: Some(5.0),
        bounds: vec![1.0],
        counts: vec![1, 2],
        cumulative: true,
    };
    assert_eq!(batch.events[0].1.measure.as_ref(), Some(&expected));
}

#[test]
fn a_metric_of_an_unknown_kind_costs_each_of_its_points() {
    let sum = [field(1, b"\x08\x01"), field(1, b"\x08\x02")].concat();
    let metric = [field(1, b"m"), field(19, &sum)].concat();
    let batch = read(&framed(&[field(1, &field(2, &field(2, &metric)))]), None);
    assert_eq!((batch.events.len(), batch.rejected()), (0, 2));
    assert!(batch.problems.iter().all(|problem| problem.source.length == 2), "{:?}", batch.problems);
}

#[test]
fn fields_of_no_version_are_counted_and_the_records_kept() {
    let within = |number: u8, message: &[u8]| {
        let mut out = vec![number << 3 | 2];
        prost::encoding::encode_varint(message.len() as u64, &mut out);
        out.extend(message);
        out
    };
    // Field 99, a number.
    let newer = |mut message: Vec<u8>| {
        message.extend([0x98, 0x06, 1]);
        message
    };
    let record = within(2, &newer(log("hello").encode_to_vec()));
    let scoped = newer([within(1, &newer(scope().encode_to_vec())), record.clone(), record].concat());
    let request = within(1, &[within(1, &newer(resource().encode_to_vec())), within(2, &scoped)].concat());
    let batch = read(&request, Some(Format::OtlpProto));
    assert_eq!((batch.events.len(), batch.rejected()), (2, 0), "{:?}", batch.problems);
    let mut said: Vec<&str> = batch.problems.iter().map(|problem| problem.reason.as_str()).collect();
    said.sort_unstable();
    let of = |path: &str, times: &str| {
        format!("the field {path} is in no version of the format that is known here: passed over {times}")
    };
    let expected = [
        of("InstrumentationScope.99", "1 time"),
        of("LogRecord.99", "2 times"),
        of("Resource.99", "1 time"),
        of("what holds a scope.99", "1 time"),
    ];
    assert_eq!(said, expected);
}

#[test]
fn what_a_scope_says_of_itself_is_told_of_each_record_as_in_json() {
    let attribute = |key: &str, value| KeyValue { key: key.into(), value, ..KeyValue::default() };
    let scope = InstrumentationScope {
        name: "lib".into(),
        version: "2".into(),
        attributes: vec![
            attribute("version", Some(value("of its own"))),
            attribute("empty", None),
            attribute("n", Some(AnyValue { value: Some(ProtoValue::IntValue(7)) })),
        ],
        dropped_attributes_count: 3,
    };
    let scope_logs =
        vec![ScopeLogs { scope: Some(scope), log_records: vec![log("a"), log("b")], ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
    let proto = read(&framed(&[LogsData { resource_logs }.encode_to_vec()]), None);

    let attributes = r#"{"key":"version","value":{"stringValue":"of its own"}},{"key":"empty"},{"key":"n","value":{"intValue":"7"}}"#;
    let record = |body| format!(r#"{{"timeUnixNano":"{NANOS}","body":{{"stringValue":"{body}"}}}}"#);
    let json = format!(
        r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{},{}],"scope":{{"name":"lib","version":"2","attributes":[{attributes}],"droppedAttributesCount":3}}}}]}}]}}"#,
        record("a"),
        record("b"),
    );
    let (_, json) = read_any(json.as_bytes(), None);
    assert_eq!((&proto.problems, &json.problems), (&Vec::new(), &Vec::new()));

    let text = |text: &str| Value::Text(text.into());
    let expected = [
        ("scope", text("lib")),
        ("scope.version", text("2")),
        ("scope.attributes.version", text("of its own")),
        ("scope.attributes.empty", Value::Null),
        ("scope.attributes.n", Value::Int(7)),
        ("scope.dropped_attributes_count", Value::Int(3)),
    ]
    .map(|(path, value)| Field { path: path.into(), value });
    for batch in [proto, json] {
        assert_eq!(batch.events.len(), 2);
        assert!(batch.events.iter().all(|(_, event)| event.fields == expected), "{:?}", batch.events);
    }
}

#[test]
fn what_a_scope_says_is_not_copied_without_bound() {
    let attributes = (0..20_000).map(|_| KeyValue::default()).collect();
    let scope = InstrumentationScope { attributes, ..InstrumentationScope::default() };
    let scope_logs =
        vec![ScopeLogs { scope: Some(scope), log_records: vec![log("x"); 2_000], ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
    let batch = read(&framed(&[LogsData { resource_logs }.encode_to_vec()]), None);
    assert!(batch.events.len() < 100, "{}", batch.events.len());
    assert!(batch.problems[0].reason.contains("far more memory"), "{:?}", batch.problems);
}
