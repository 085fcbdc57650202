//! Every deviation from OTLP's JSON that exporters are known to write, and what damage costs.

use crate::Capture;
use crate::format::Format;
use crate::model::{Batch, Limits, OpenOptions, ProblemKind};
use crate::whole::read_whole;
use cbad::{Event, Measure, Severity, Signal, Value};
use std::io::Cursor;
use std::path::Path;

fn read_within(text: &str, limits: Limits) -> Batch {
    let options = OpenOptions { format: Some(Format::OtlpJson), limits, ..OpenOptions::default() };
    let stored = Cursor::new(text.as_bytes().to_vec());
    let mut capture =
        Capture::from_reader(Path::new("c.json"), stored, text.len() as u64, &options).expect("opens");
    read_whole(&mut capture)
}

fn read(text: &str) -> Batch {
    read_within(text, Limits::default())
}

fn event_of(text: &str) -> Event {
    let mut batch = read(text);
    assert_eq!(batch.problems, [], "{text}");
    assert_eq!(batch.events.len(), 1, "{text}");
    batch.events.pop().expect("one event").1
}

fn log(record: &str) -> String {
    format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{record}]}}]}}]}}"#)
}

fn span(members: &str) -> String {
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{members}}}]}}]}}]}}"#)
}

fn point(kind: &str, after: &str, point: &str) -> String {
    format!(
        r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"m","{kind}":{{"dataPoints":[{point}]{after}}}}}]}}]}}]}}"#
    )
}

fn fields(event: &Event) -> Vec<(&str, &Value)> {
    event.fields.iter().map(|field| (field.path.as_str(), &field.value)).collect()
}

#[test]
fn fields_of_no_version_are_counted_and_the_records_kept() {
    let one = r#"{"resourceSpans":[{"schemaUrl":"u","weight":1,"scopeSpans":[{"scope":{"name":"s","colour":1},"spans":[{"name":"a","mood":1,"droppedEventsCount":2,"attributes":[{"key":"k","value":{"dateValue":"x"}}]},{"name":"b","mood":{"of":[1]}}]}]}],"hue":0}"#;
    let batch = read(&format!("{one}\n{one}\n"));
    assert_eq!((batch.events.len(), batch.rejected()), (4, 0));
    let mut said: Vec<&str> = batch
        .problems
        .iter()
        .map(|problem| {
            assert_eq!((problem.kind, problem.line), (ProblemKind::Note, Some(1)));
            problem.reason.strip_prefix("the field ").expect("it names the field")
        })
        .collect();
    said.sort_unstable();
    let of = |path: &str, times: u64| {
        format!("{path} is in no version of the format that is known here: passed over {times} times")
    };
    let expected = [
        of("AnyValue.dateValue", 2),
        of("ExportRequest.hue", 2),
        of("InstrumentationScope.colour", 2),
        of("Span.mood", 4),
        of("what holds a resource.weight", 2),
    ];
    assert_eq!(said, expected);
    let place = batch.problems.iter().find(|problem| problem.reason.contains("mood")).map(|note| note.source);
    assert_eq!(place, Some(batch.events[0].1.source), "the first record that has it");

    let many: Vec<String> = (0..200).map(|n| format!(r#""x{n}":0"#)).collect();
    let batch = read(&span(&many.join(",")));
    assert_eq!((batch.events.len(), batch.problems.len()), (1, 65));
    assert!(batch.problems[64].reason.contains("passed over 136 times"), "{:?}", batch.problems[64]);
}

#[test]
fn enums_may_be_names_or_numbers() {
    for kind in ["2", "\"2\"", "\"SPAN_KIND_SERVER\"", "\"server\""] {
        let event = event_of(&span(&format!("\"kind\":{kind}")));
        assert_eq!(fields(&event), [("kind", &Value::Text("server".into()))], "{kind}");
    }
    for code in ["2", "\"STATUS_CODE_ERROR\"", "\"Error\""] {
        let event = event_of(&span(&format!("\"status\":{{\"code\":{code}}}")));
        assert_eq!(fields(&event), [("status.code", &Value::Text("error".into()))], "{code}");
    }
    for (number, severity) in
        [("17", Severity::Error), ("\"SEVERITY_NUMBER_WARN2\"", Severity::Warn), ("\"9\"", Severity::Info)]
    {
        assert_eq!(event_of(&log(&format!("{{\"severityNumber\":{number}}}"))).severity, Some(severity));
    }
    assert_eq!(event_of(&log(r#"{"severityText":"Warning"}"#)).severity, Some(Severity::Warn));
    for temporality in ["2", "\"AGGREGATION_TEMPORALITY_CUMULATIVE\""] {
        let after = format!(",\"aggregationTemporality\":{temporality},\"isMonotonic\":true");
        let event = event_of(&point("sum", &after, r#"{"asInt":"7","startTimeUnixNano":"5"}"#));
        assert_eq!(event.measure, Some(Measure::Cumulative { total: 7.0, start_nanos: Some(5) }));
    }
}

#[test]
fn ids_may_be_hexadecimal_of_either_case_or_base64() {
    let hex = event_of(&span(r#""traceId":"5B8EFFF798038103d269b633813fc60c","spanId":"EEE19B7EC3C1B174""#));
    let base64 = event_of(&span(r#""traceId":"W47/95gDgQPSabYzgT/GDA==","spanId":"7uGbfsPBsXQ=""#));
    assert!(hex.trace_id.is_some() && hex.span_id.is_some());
    assert_eq!((hex.trace_id, hex.span_id), (base64.trace_id, base64.span_id));
    let none =
        event_of(&span(r#""traceId":"00000000000000000000000000000000","spanId":"","parentSpanId":null"#));
    assert_eq!((none.trace_id, none.span_id, none.parent_span_id), (None, None, None));
    let odd = read(&span(r#""traceId":"not an id""#));
    assert_eq!((odd.events.len(), odd.problems[0].kind), (1, ProblemKind::Note));
}

#[test]
fn whole_numbers_may_be_strings_or_numbers() {
    for time in ["\"1544712660300000000\"", "1544712660300000000", "1.5447126603e18"] {
        let event = event_of(&log(&format!("{{\"timeUnixNano\":{time}}}")));
        assert_eq!(event.time_nanos, Some(1_544_712_660_300_000_000), "{time}");
    }
    for (value, expected) in [
        ("{\"intValue\":\"5\"}", Value::Int(5)),
        ("{\"intValue\":5}", Value::Int(5)),
        ("{\"intValue\":5.0}", Value::Int(5)),
        ("{\"int_value\":\"-9223372036854775808\"}", Value::Int(i64::MIN)),
        ("{\"intValue\":\"9223372036854775808\"}", Value::Text("9223372036854775808".into())),
        ("{\"doubleValue\":\"Infinity\"}", Value::Float(f64::INFINITY)),
        ("{\"doubleValue\":1}", Value::Float(1.0)),
        ("{\"doubleValue\":null}", Value::Null),
        ("{\"stringValue\":null}", Value::Null),
        ("{\"boolValue\":false}", Value::Bool(false)),
        ("{\"bytesValue\":\"AP8=\"}", Value::Bytes(vec![0, 0xff])),
        ("{\"arrayValue\":{}}", Value::Text("[]".into())),
        ("{\"kvlistValue\":{\"values\":null}}", Value::Text("{}".into())),
        ("{}", Value::Null),
        ("null", Value::Null),
        ("\"bare\"", Value::Text("bare".into())),
        ("true", Value::Bool(true)),
    ] {
        let event = event_of(&log(&format!("{{\"attributes\":[{{\"key\":\"k\",\"value\":{value}}}]}}")));
        assert_eq!(fields(&event), [("k", &expected)], "{value}");
    }
    let nan = event_of(&point("gauge", "", "{\"asDouble\":\"NaN\"}"));
    assert!(matches!(nan.measure, Some(Measure::Gauge(value)) if value.is_nan()));
}

#[test]
fn bodies_of_every_kind() {
    for (body, text) in [
        ("{\"stringValue\":\"hi\"}", "hi"),
        ("{}", ""),
        ("null", ""),
        ("{\"intValue\":\"5\"}", "5"),
        ("{\"boolValue\":true}", "true"),
        ("{\"doubleValue\":1.5}", "1.5"),
        ("\"bare\"", "bare"),
    ] {
        let event = event_of(&log(&format!("{{\"body\":{body}}}")));
        assert_eq!((event.body.as_slice(), event.fields.len()), (text.as_bytes(), 0), "{body}");
    }
    let event = event_of(&log(
        r#"{"body":{"kvlistValue":{"values":[{"key":"a","value":{"arrayValue":{"values":[{"intValue":1},{}]}}}]}}}"#,
    ));
    assert_eq!(fields(&event), [("body.a[0]", &Value::Int(1)), ("body.a[1]", &Value::Null)]);
}

#[test]
fn a_key_may_stand_after_its_value() {
    let event = event_of(&log(
        r#"{"attributes":[{"value":{"kvlistValue":{"values":[{"value":{"intValue":1},"key":"b"}]}},"key":"a"},{"key":"alone"}]}"#,
    ));
    assert_eq!(fields(&event), [("a.b", &Value::Int(1)), ("alone", &Value::Null)]);
}

#[test]
fn other_names_of_other_times_and_tools() {
    for text in [
        r#"{"resource_spans":[{"scope_spans":[{"spans":[{"name":"s","trace_id":"","start_time_unix_nano":"5"}]}]}]}"#,
        r#"{"resourceSpans":[{"instrumentationLibrarySpans":[{"instrumentationLibrary":{},"spans":[{"name":"s","startTimeUnixNano":5}]}]}]}"#,
        r#"{"batches":[{"scopeSpans":[{"spans":[{"name":"s","startTimeUnixNano":5}]}]}]}"#,
        r#"{"trace":{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"s","startTimeUnixNano":5}]}]}]}}"#,
        r#"{"result":{"resourceSpans":[{"deprecatedScopeSpans":[{"spans":[{"name":"s","startTimeUnixNano":5}]}]}]}}"#,
        "{\n \"resourceSpans\": [\n {\n \"scopeSpans\": [\n {\n \"spans\": [\n {\n \"name\": \"s\",\n \"startTimeUnixNano\": 5\n }\n ]\n }\n ]\n }\n ]\n}\n",
    ] {
        let event = event_of(text);
        assert_eq!((event.body.as_slice(), event.time_nanos), (&b"s"[..], Some(5)), "{text}");
    }
}

#[test]
fn a_line_may_mix_signals_and_hold_nulls() {
    let text = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}],"resourceMetrics":null,"resourceSpans":[{"resource":null,"scopeSpans":[{"scope":null,"spans":null},{"spans":[{"attributes":null,"events":null,"status":null}]}]}]}"#;
    let batch = read(text);
    let signals: Vec<_> = batch.events.iter().map(|(stream, _)| stream.signal).collect();
    assert_eq!((signals, batch.problems.len()), (vec![Signal::Log, Signal::Span], 0));
}

#[test]
fn resource_and_scope_are_known_wherever_they_stand() {
    let text = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}],"scope":{"name":"lib"}}],"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},{"key":"k8s.pod.name","value":{"stringValue":"p"}}]}}]}"#;
    let batch = read(text);
    let (stream, event) = &batch.events[0];
    assert_eq!((stream.service.as_deref(), stream.name.as_str()), (Some("shop"), "logs"));
    let expected = [("scope", Value::Text("lib".into())), ("resource.k8s.pod.name", Value::Text("p".into()))];
    assert_eq!(fields(event), expected.iter().map(|(path, value)| (*path, value)).collect::<Vec<_>>());
    let source = &text[event.source.offset as usize..event.source.end() as usize];
    assert_eq!(source, r#"{"body":{"stringValue":"x"}}"#);
}

#[test]
fn what_was_read_before_damage_is_kept() {
    let whole = log(r#"{"body":{"stringValue":"one"}},{"body":{"stringValue":"two"}}"#);
    let cut = whole.find("two").expect("it is there");
    let batch = read(&format!("{}\n{whole}\n", &whole[..cut]));
    assert_eq!((batch.events.len(), batch.rejected()), (3, 1));
    let lost = &batch.problems[0];
    let first_end = batch.events[0].1.source.end();
    assert_eq!((lost.source.offset, lost.source.end(), lost.line), (first_end, cut as u64, Some(1)));
}

#[test]
fn records_that_are_none_are_rejected_one_by_one() {
    for (text, events, rejected) in [
        (log("5,{},null,[]"), 1, 3),
        (r#"{"resourceLogs":[7]}"#.to_owned(), 0, 1),
        (r#"{"resourceLogs":{}}"#.to_owned(), 0, 1),
        (r#"{"resourceLogs":[{"scopeLogs":"x"}]}"#.to_owned(), 0, 1),
        (r#"{"resourceProfiles":[{}]}"#.to_owned(), 0, 1),
        (r#"{"other":1}"#.to_owned(), 0, 1),
        ("[]".to_owned(), 0, 0),
        ("7".to_owned(), 0, 1),
        (r#"{"resourceLogs":[]}"#.to_owned(), 0, 0),
        (point("gauge", "", "{},3"), 1, 1),
    ] {
        let batch = read(&text);
        assert_eq!((batch.events.len(), batch.rejected()), (events, rejected), "{text}");
    }
}

#[test]
fn a_summary_without_quantiles_counts_since_the_start_and_a_kind_that_is_null_is_none() {
    let summary = event_of(&point("summary", "", r#"{"count":"2","sum":3}"#)).measure;
    assert!(matches!(summary, Some(Measure::Histogram { count: 2, cumulative: true, .. })), "{summary:?}");
    let after = r#","isMonotonic":true,"aggregationTemporality":2"#;
    let text = point("sum", after, r#"{"asInt":"7"}"#).replace("}}]}]}]}", r#"},"histogram":null}]}]}]}"#);
    let expected = Measure::Cumulative { total: 7.0, start_nanos: None };
    assert_eq!(event_of(&text).measure, Some(expected));
}

#[test]
fn a_metric_without_known_data_is_noted() {
    let batch = read(r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","newKind":{}}]}]}]}"#);
    assert_eq!((batch.events.len(), batch.problems[0].kind), (0, ProblemKind::Note));
}

#[test]
fn a_line_cannot_cost_far_more_than_its_length() {
    let name = "n".repeat(100_000);
    let points = vec!["{\"asInt\":1}"; 100_000].join(",");
    let text = format!(
        r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"{name}","gauge":{{"dataPoints":[{points}]}}}}]}}]}}]}}"#
    );
    let batch = read(&text);
    assert_eq!(batch.rejected(), 1);
    assert!(batch.problems[0].reason.contains("memory"), "{}", batch.problems[0].reason);
    assert!(batch.events.len() < 1000, "{}", batch.events.len());
}

#[test]
fn deep_nesting_is_refused_without_harm() {
    let deep = format!("{}{}", r#"{"arrayValue":{"values":["#.repeat(10_000), "]}}".repeat(10_000));
    let batch = read(&log(&format!("{{\"body\":{deep}}}")));
    assert_eq!((batch.events.len(), batch.rejected()), (0, 1));
    assert!(batch.problems[0].reason.contains("deeper"), "{}", batch.problems[0].reason);
}

#[test]
fn several_documents_on_a_line_are_all_read() {
    let one = log("{}");
    let batch = read(&format!("{one} {one}{one}\n"));
    assert_eq!((batch.events.len(), batch.problems.len()), (3, 0));
}

#[test]
fn deprecated_kinds_of_metrics_are_read_as_their_successors() {
    for (kind, value, measure) in [
        ("intGauge", "\"value\":\"4\"", Measure::Gauge(4.0)),
        ("double_gauge", "\"value\":4.5", Measure::Gauge(4.5)),
        ("intSum", "\"value\":\"4\"", Measure::Cumulative { total: 4.0, start_nanos: None }),
        ("doubleSum", "\"value\":4.5", Measure::Cumulative { total: 4.5, start_nanos: None }),
    ] {
        let after = ",\"aggregationTemporality\":2,\"isMonotonic\":true";
        let labels = r#""labels":[{"key":"host","value":"a"}]"#;
        let mut batch = read(&point(kind, after, &format!("{{{value},{labels}}}")));
        assert_eq!(batch.problems, [], "{kind}");
        let (stream, event) = batch.events.pop().expect("one point");
        assert_eq!((event.measure, &*stream.name), (Some(measure), "m{host=a}"), "{kind}");
    }
    let histogram = r#"{"count":"3","sum":"5","bucketCounts":["1","2"],"explicitBounds":[1]}"#;
    let event = event_of(&point("intHistogram", "", histogram));
    assert!(matches!(event.measure, Some(Measure::Histogram { count: 3, sum: Some(5.0), .. })));
    let summary = r#"{"count":"2","sum":3,"quantileValues":[{"quantile":0.5,"value":1}]}"#;
    assert!(event_of(&point("doubleSummary", "", summary)).measure.is_some());
}

#[test]
fn a_metric_of_an_unknown_kind_costs_each_of_its_points() {
    let text = point("futureKind", "", r#"{"n":1},{"n":2}"#);
    let batch = read(&text);
    assert_eq!((batch.events.len(), batch.rejected()), (0, 2));
    let places: Vec<_> = batch.problems.iter().map(|problem| problem.source).collect();
    assert_eq!(&text[places[1].offset as usize..places[1].end() as usize], r#"{"n":2}"#);
}

#[test]
fn links_flags_and_times_of_span_events_are_fields() {
    let event = event_of(&span(
        r#""traceState":"a=b","flags":257,"links":[{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174","attributes":[{"key":"why","value":{"stringValue":"retry"}}]}],"events":[{"timeUnixNano":"5","name":"e"}]"#,
    ));
    let text = |text: &str| Value::Text(text.into());
    let expected = [
        ("trace_state", text("a=b")),
        ("flags", Value::Int(257)),
        ("links[0].trace_id", text("5b8efff798038103d269b633813fc60c")),
        ("links[0].span_id", text("eee19b7ec3c1b174")),
        ("links[0].why", text("retry")),
        ("events[0].name", text("e")),
        ("events[0].time_unix_nano", Value::Int(5)),
    ];
    let expected: Vec<_> = expected.iter().map(|(path, value)| (*path, value)).collect();
    assert_eq!(fields(&event), expected);
    let exemplar =
        r#"{"asInt":"1","exemplars":[{"timeUnixNano":"5","asDouble":2.5,"spanId":"eee19b7ec3c1b174"}]}"#;
    let event = event_of(&point("gauge", "", exemplar));
    let expected = [
        ("exemplars[0].time_unix_nano", Value::Int(5)),
        ("exemplars[0].value", Value::Float(2.5)),
        ("exemplars[0].span_id", text("eee19b7ec3c1b174")),
    ];
    let expected: Vec<_> = expected.iter().map(|(path, value)| (*path, value)).collect();
    assert_eq!(fields(&event), expected);
}

#[test]
fn what_is_lost_of_times_and_of_repeated_keys_is_said() {
    for (members, said) in [
        (r#""startTimeUnixNano":"18446744073709551615""#, "2262"),
        (r#""startTimeUnixNano":"20","endTimeUnixNano":"10""#, "before the start"),
        (r#""name":"a","name":"b""#, "more than once"),
    ] {
        let text = span(members);
        let batch = read(&text);
        assert_eq!((batch.events.len(), batch.problems.len()), (1, 1), "{members}");
        let problem = &batch.problems[0];
        assert_eq!(problem.kind, ProblemKind::Note);
        assert!(problem.reason.contains(said), "{}", problem.reason);
        let place = problem.source.offset as usize..problem.source.end() as usize;
        assert_eq!(&text[place], format!("{{{members}}}"));
    }
}
