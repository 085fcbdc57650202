//! Jaeger and Zipkin in the forms that their tools write.

use crate::model::Batch;
use crate::whole::read_whole;
use crate::{Capture, Format, OpenOptions};
use cbad::{Event, Measure, Value};
use std::io::Cursor;
use std::path::Path;

fn read(text: &str, format: Format) -> Batch {
    let stored = Cursor::new(text.as_bytes().to_vec());
    let options = OpenOptions::default();
    let mut capture =
        Capture::from_reader(Path::new("t.json"), stored, text.len() as u64, &options).expect("opens");
    assert_eq!(capture.format(), format, "{text}");
    read_whole(&mut capture)
}

fn value<'e>(event: &'e Event, path: &str) -> Option<&'e Value> {
    event.fields.iter().find(|field| field.path == path).map(|field| &field.value)
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

const SPAN: &str = r#"{"traceID":"1f","spanID":"a2","operationName":"GET /","references":[
    {"refType":"CHILD_OF","traceID":"ffff","spanID":"9"},{"refType":"CHILD_OF","traceID":"1f","spanID":"a1"}],
    "startTime":1485467191639875,"duration":5000,"tags":[{"key":"span.kind","type":"string","value":"server"},
    {"key":"big","type":"int64","value":"9007199254740993"},{"key":"n","type":"int64","value":3},
    {"key":"bin","type":"binary","value":"AP8="},{"key":"f","type":"float64","value":1},{"key":"error","type":"bool","value":true}],
    "logs":[{"timestamp":1485467191639900,"fields":[{"key":"event","type":"string","value":"retry"},{"key":"n","type":"int64","value":2}]}],
    "processID":"p1","warnings":null}"#;

#[test]
fn a_jaeger_export_with_its_processes_behind_the_spans() {
    let trace = format!(
        r#"{{"traceID":"1f","spans":[{SPAN}],"processes":{{"p1":{{"serviceName":"shop","tags":[{{"key":"host.name","type":"string","value":"n1"}}]}}}}}}"#
    );
    for whole in
        [format!(r#"{{"data":[{trace}],"total":0,"errors":null}}"#), trace.clone(), format!("[{trace}]")]
    {
        let batch = read(&whole, Format::Jaeger);
        assert_eq!((batch.events.len(), &batch.problems[..]), (1, &[][..]));
        let (stream, event) = &batch.events[0];
        assert_eq!((stream.service.as_deref(), &event.body[..]), (Some("shop"), &b"GET /"[..]));
        assert_eq!(event.time_nanos, Some(1_485_467_191_639_875_000));
        assert_eq!(event.measure, Some(Measure::DurationNanos(5_000_000)));
        assert_eq!(event.trace_id.map(|id| id[15]), Some(0x1f));
        assert_eq!(
            (event.span_id.map(|id| id[7]), event.parent_span_id.map(|id| id[7])),
            (Some(0xa2), Some(0xa1))
        );
        for (path, expected) in [
            ("kind", text("server")),
            ("status.code", text("error")),
            ("big", Value::Int(9_007_199_254_740_993)),
            ("n", Value::Int(3)),
            ("bin", Value::Bytes(vec![0, 255])),
            ("f", Value::Float(1.0)),
            ("events[0].time_unix_nano", Value::Int(1_485_467_191_639_900_000)),
            ("links[0].span_id", text("0000000000000009")),
            ("events[0].name", text("retry")),
            ("events[0].n", Value::Int(2)),
            ("resource.host.name", text("n1")),
        ] {
            assert_eq!(value(event, path), Some(&expected), "{path}");
        }
        let source = event.source.offset as usize..event.source.end() as usize;
        assert_eq!(&whole[source], SPAN);
    }
}

#[test]
fn the_storage_model_of_jaeger() {
    let span = r#"{"traceId":"AAAAAAAAAAAAAAAAAAAAEQ==","spanId":"AAAAAAAAAAM=","operationName":"q","references":[{"refType":"FOLLOWS_FROM","traceId":"AAAAAAAAAAAAAAAAAAAAEQ==","spanId":"AAAAAAAAAAQ="}],"tags":[{"key":"t","vType":"STRING","vStr":"v"},{"key":"i","vType":"INT64","vInt64":"-7"},{"key":"b","vType":"BOOL","vBool":true},{"key":"z","vType":"INT64"}],"startTime":"2017-01-26T16:46:31.639875Z","duration":"100000ns","process":{"serviceName":"svc"},"logs":[]}"#;
    for whole in [format!(r#"{{"spans":[{span}]}}"#), span.to_owned(), format!("{span}\n{span}\n")] {
        let batch = read(&whole, Format::Jaeger);
        assert_eq!(batch.problems, []);
        let (stream, event) = &batch.events[0];
        assert_eq!(stream.service.as_deref(), Some("svc"));
        assert_eq!(event.time_nanos, Some(1_485_449_191_639_875_000));
        assert_eq!(event.measure, Some(Measure::DurationNanos(100_000)));
        assert_eq!(
            (event.trace_id.map(|id| id[15]), event.parent_span_id.map(|id| id[7])),
            (Some(0x11), Some(4))
        );
        let expected =
            [("t", text("v")), ("i", Value::Int(-7)), ("b", Value::Bool(true)), ("z", Value::Int(0))];
        for (path, expected) in expected {
            assert_eq!(value(event, path), Some(&expected), "{path}");
        }
    }
}

#[test]
fn a_cut_export_keeps_its_spans_without_their_service() {
    let cut = format!(r#"{{"data":[{{"traceID":"1f","spans":[{SPAN},{SPAN},{{"traceID":"1f","#);
    let batch = read(&cut, Format::Jaeger);
    assert_eq!((batch.events.len(), batch.rejected()), (2, 1));
    assert!(batch.events.iter().all(|(stream, _)| stream.service.is_none()));
    assert_eq!(batch.problems.iter().filter(|problem| problem.reason.contains("process")).count(), 2);
}

#[test]
fn zipkin_of_version_2() {
    let spans = r#"[{"traceId":"463ac35c9f6413ad48485a3953bb6124","id":"a2fb4a1d1a96d312","parentId":"0020000000000001","kind":"SERVER","name":"get","timestamp":1472470996199000,"duration":207000,"localEndpoint":{"serviceName":"frontend","ipv4":"127.0.0.1"},"remoteEndpoint":{"port":63840},"annotations":[{"timestamp":1472470996238000,"value":"foo"}],"tags":{"http.path":"/api","error":"500 boom"},"shared":true},
        {"traceId":"1","id":"2","annotations":[],"timestamp":1}]"#;
    let batch = read(spans, Format::Zipkin);
    assert_eq!((batch.events.len(), &batch.problems[..]), (2, &[][..]));
    let (stream, event) = &batch.events[0];
    assert_eq!((stream.service.as_deref(), &event.body[..]), (Some("frontend"), &b"get"[..]));
    assert_eq!(event.measure, Some(Measure::DurationNanos(207_000_000)));
    for (path, expected) in [
        ("kind", text("server")),
        ("status.code", text("error")),
        ("status.message", text("500 boom")),
        ("localEndpoint.ipv4", text("127.0.0.1")),
        ("remoteEndpoint.port", Value::Int(63840)),
        ("http.path", text("/api")),
        ("shared", Value::Bool(true)),
        ("events[0].name", text("foo")),
        ("events[0].time_unix_nano", Value::Int(1_472_470_996_238_000_000)),
    ] {
        assert_eq!(value(event, path), Some(&expected), "{path}");
    }
    assert_eq!((&batch.events[1].1.measure, batch.events[1].0.service.as_deref()), (&None, None));
}

#[test]
fn zipkin_of_version_1_with_its_annotations() {
    let span = r#"{"traceId":"0000000000000001","id":"2","name":"get","annotations":[{"timestamp":1000000,"value":"cs","endpoint":{"serviceName":"web"}},{"timestamp":1500000,"value":"cr","endpoint":{"serviceName":"web"}},{"timestamp":1200000,"value":"cache miss"}],"binaryAnnotations":[{"key":"http.path","value":"/x","endpoint":{"serviceName":"web"}},{"key":"sa","value":true,"endpoint":{"serviceName":"db"}}]}"#;
    let batch = read(&format!("{span}\n{span}\n"), Format::Zipkin);
    let (stream, event) = &batch.events[0];
    assert_eq!((batch.events.len(), stream.service.as_deref()), (2, Some("web")));
    assert_eq!(
        (event.time_nanos, &event.measure),
        (Some(1_000_000_000), &Some(Measure::DurationNanos(500_000_000)))
    );
    for (path, expected) in [
        ("kind", text("client")),
        ("http.path", text("/x")),
        ("remoteEndpoint.serviceName", text("db")),
        ("events[0].name", text("cache miss")),
    ] {
        assert_eq!(value(event, path), Some(&expected), "{path}");
    }
}

#[test]
fn what_is_no_span_is_rejected_and_the_next_is_read() {
    let spans =
        r#"[{"traceId":"1","id":"2","duration":1},{"a":1},{"traceId":"1","id":"xyz","duration":"soon"}]"#;
    let batch = read(spans, Format::Zipkin);
    assert_eq!((batch.events.len(), batch.rejected()), (2, 1));
    assert!(batch.problems.iter().any(|problem| problem.reason.contains("not 8 bytes: passed over")));
}

#[test]
fn logs_that_name_an_operation_or_a_duration_stay_logs() {
    for line in [
        r#"{"traceId":"463ac35c9f6413ad","operationName":"GetCart","level":"error","message":"timed out"}"#,
        r#"{"traceId":"463ac35c9f6413ad","id":"2","duration":12,"level":"error","message":"timed out"}"#,
        r#"{"traceID":"1f","spans":3,"message":"flushed"}"#,
        r#"{"traceId":"1","id":"2","annotations":{"by":"me"},"msg":"m"}"#,
    ] {
        let batch = read(&format!("{line}\n{line}\n"), Format::JsonLines);
        assert_eq!((batch.events.len(), batch.rejected()), (2, 0));
    }
}

#[test]
fn members_that_no_version_has_are_counted() {
    let zipkin = r#"{"traceId":"1","id":"2","localEndpoint":{"serviceName":"s"},"message":"m","debug":null,"_q":["a"]}"#;
    let jaeger = r#"{"traceID":"1","spanID":"2","operationName":"o","startTime":1,"flags":1,"level":"warn","process":{"serviceName":"s"}}"#;
    for (span, format, path) in
        [(zipkin, Format::Zipkin, "Zipkin span.message"), (jaeger, Format::Jaeger, "Jaeger span.level")]
    {
        let batch = read(&format!("{span}\n{span}\n"), format);
        let told: Vec<_> = batch.problems.iter().filter_map(|problem| problem.repeated.as_ref()).collect();
        assert_eq!((batch.events.len(), told.len(), batch.problems.len()), (2, 1, 1));
        assert_eq!((told[0].about.as_str(), told[0].times), (path, 2));
    }
}
