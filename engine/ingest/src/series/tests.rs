//! What stores answer: numbers and lines with labels around them.

use crate::model::Batch;
use crate::whole::read_json as read;
use cbad::{Measure, Severity, Signal};

const SECOND: i64 = 1_000_000_000;

fn sources<'a>(text: &'a str, batch: &Batch) -> Vec<&'a str> {
    let source = |source: cbad::ByteRange| &text[source.offset as usize..source.end() as usize];
    batch.events.iter().map(|(_, event)| source(event.source)).collect()
}

#[test]
fn a_matrix_is_one_point_a_pair() {
    let text = r#"{"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{"__name__":"up","job":"node","instance":"a:9090"},"values":[[1435781430.781,"1"],[1435781445,"NaN"]]},
        {"metric":{"__name__":"hits_total","job":"batch"},"values":[[1435781430,"10"]]}]}}"#;
    let batch = read(text);
    assert_eq!((batch.events.len(), &batch.problems[..]), (3, &[][..]));
    let (stream, event) = &batch.events[0];
    assert_eq!((stream.signal, stream.service.as_deref()), (Signal::Metric, Some("node")));
    assert_eq!((&*stream.name, &*event.body), ("up{instance=a:9090}", &b"up"[..]));
    assert_eq!(
        (event.time_nanos, &event.measure),
        (Some(1_435_781_430_781_000_000), &Some(Measure::Gauge(1.0)))
    );
    let (stream, event) = &batch.events[2];
    assert_eq!(
        (&*stream.name, stream.service.as_deref()),
        ("hits_total{job=batch}", None),
        "a job of its own"
    );
    assert_eq!(event.measure, Some(Measure::Cumulative { total: 10.0, start_nanos: None }));
    let expected = [r#"[1435781430.781,"1"]"#, r#"[1435781445,"NaN"]"#, r#"[1435781430,"10"]"#];
    assert_eq!(sources(text, &batch), expected);
}

#[test]
fn a_vector_and_an_export_are_points_too() {
    let vector = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"code":"500"},"value":[1435781430,"0.5"]}]}}"#;
    let batch = read(vector);
    assert_eq!(&*batch.events[0].0.name, "value{code=500}", "a query that names nothing");
    assert_eq!(batch.events[0].1.time_nanos, Some(1_435_781_430 * SECOND));
    let line = r#"{"metric":{"__name__":"up"},"values":[1,0.5],"timestamps":[1435781430781,1435781445781]}"#;
    let batch = read(&format!("{line}\n{line}\n"));
    assert_eq!((batch.events.len(), batch.problems.len()), (4, 0));
    assert_eq!(batch.events[1].1.measure, Some(Measure::Gauge(0.5)));
    assert_eq!(batch.events[1].1.time_nanos, Some(1_435_781_445_781_000_000));
    assert_eq!(sources(&format!("{line}\n{line}\n"), &batch), ["1", "0.5", "1", "0.5"]);
    let uneven = r#"{"metric":{"__name__":"up"},"values":[1,0],"timestamps":[1435781430781]}"#;
    assert_eq!((read(uneven).events.len(), read(uneven).rejected()), (1, 1));
    let spare = r#"{"metric":{"__name__":"up"},"values":[1],"timestamps":[1435781430781,1435781430782]}"#;
    let batch = read(spare);
    assert!(batch.problems[0].reason.contains("1 time more than values"), "{:?}", batch.problems);
}

#[test]
fn lines_of_a_stream_keep_their_labels_and_what_is_behind_them() {
    let text = r#"{"status":"success","data":{"resultType":"streams","result":[
        {"stream":{"app":"shop","detected_level":"error","message":"a label"},
         "values":[["1569266497240578000","boom","extra"],["1569266498240578000","bang",{"trace_id":"0af7651916cd43dd8448eb211c80319c"}]]}],
        "stats":{"summary":{"bytes":1,"lines":2}}}}"#;
    let batch = read(text);
    assert_eq!(batch.events.len(), 2);
    let (stream, event) = &batch.events[1];
    assert_eq!((stream.signal, stream.service.as_deref()), (Signal::Log, Some("shop")));
    assert_eq!((&*event.body, event.severity), (&b"bang"[..], Some(Severity::Error)));
    assert_eq!(event.time_nanos, Some(1_569_266_498_240_578_000));
    assert!(event.trace_id.is_some_and(|id| id[..2] == [0x0a, 0xf7]));
    let paths: Vec<&str> = event.fields.iter().map(|field| &*field.path).collect();
    assert_eq!(paths, ["labels.message"]);
    let reasons: Vec<&str> = batch.problems.iter().map(|problem| &*problem.reason).collect();
    assert!(
        matches!(reasons[..], [reason] if reason.contains("2 long or further values around")),
        "{reasons:?}"
    );
    let pushed = r#"{"streams":[{"stream":{"job":"x"},"values":[["1569266497240578000","a"]]}]}"#;
    assert_eq!(read(pushed).events[0].0.service.as_deref(), Some("x"));
}

#[test]
fn what_breaks_off_or_is_no_point_costs_itself_only() {
    let cut = r#"{"data":{"result":[{"metric":{"__name__":"up"},"values":[[1435781430,"1"],[1435781431,"2"],[14357"#;
    assert_eq!((read(cut).events.len(), read(cut).rejected()), (2, 1));
    let odd =
        r#"{"metric":{"__name__":"up"},"values":[[1435781430,"1"],7,[1435781431,"x"],[1435781432,"3"],[]]}"#;
    assert_eq!((read(odd).events.len(), read(odd).rejected()), (2, 3));
    let lines =
        r#"{"stream":{},"values":[["1569266497240578000","a"],["1569266497240578000"],[null,"b"],"c"]}"#;
    assert_eq!((read(lines).events.len(), read(lines).rejected()), (1, 3));
    let histograms = r#"{"metric":{"__name__":"h"},"values":[[1435781430,"1"]],"histograms":[]}"#;
    assert!(read(histograms).problems[0].reason.contains("1 more member than labels"));
    for record in [
        r#"{"metric":{"name":"up"},"values":[1,2],"time":"2015-05-17T10:05:03Z"}"#,
        r#"{"metric":"up","value":[1435781430,"1"],"time":"2015-05-17T10:05:03Z"}"#,
        r#"{"metric":{},"values":[]}"#,
    ] {
        let batch = read(record);
        assert_eq!((batch.events.len(), batch.events[0].0.signal), (1, Signal::Log), "{record}");
    }
}

#[test]
fn rows_of_named_values_are_records() {
    let text = r#"{"results":[
        [{"field":"@timestamp","value":"2015-05-17 10:05:03.000"},{"field":"@message","value":"ERROR a"}],
        [{"field":"@timestamp","value":"2015-05-17 10:05:04.000"},{"field":"level","value":"warn"}],
        ["no row"]],"status":"Complete"}"#;
    let batch = read(text);
    assert_eq!((batch.events.len(), &batch.problems[..]), (3, &[][..]));
    let event = &batch.events[0].1;
    assert_eq!((&*event.body, event.severity), (&b"ERROR a"[..], Some(Severity::Error)));
    assert_eq!(event.time_nanos, Some(1_431_857_103 * SECOND));
    assert_eq!(event.fields[0].path, "status");
    assert_eq!(batch.events[2].1.body, br#"["no row"]"#);
}

#[test]
fn a_list_of_traces_has_their_times() {
    let text = r#"{"traces":[{"traceID":"2f3e0cee77ae5dc9c17ade3689eb2e54","rootServiceName":"shop","rootTraceName":"GET /",
        "startTimeUnixNano":"1684778327699392724","durationMs":557}],"metrics":{}}"#;
    let batch = read(text);
    let (stream, event) = &batch.events[0];
    assert_eq!((stream.service.as_deref(), &*event.body), (Some("shop"), &b"GET /"[..]));
    assert_eq!((event.time_nanos, event.trace_id.is_some()), (Some(1_684_778_327_699_392_724), true));
}

/// Name of the stream, time in seconds and number of every event, in the order written.
fn points(batch: &Batch) -> Vec<(&str, i64, Option<f64>)> {
    let number = |event: &cbad::Event| match &event.measure {
        Some(Measure::Gauge(number) | Measure::Delta(number)) => Some(*number),
        Some(Measure::Cumulative { total, .. }) => Some(*total),
        _ => None,
    };
    let point = |(stream, event): &'_ (_, cbad::Event)| {
        let _: &std::sync::Arc<cbad::StreamKey> = stream;
        (event.time_nanos.expect("it has one") / SECOND, number(event))
    };
    batch.events.iter().map(|of| (&*of.0.name, point(of).0, point(of).1)).collect()
}

#[test]
fn every_store_that_answers_in_series_is_read() {
    let name = "sys.cpu";
    for (text, stream) in [
        (
            r#"[{"target":"sys.cpu","tags":{"name":"sys.cpu","host":"a"},"datapoints":[[0.5,1435781430],[null,1435781440]]}]"#,
            "sys.cpu{host=a}",
        ),
        (
            r#"{"status":"ok","series":[{"metric":"sys.cpu","scope":"host:a","pointlist":[[1435781430000.0,0.5],[1435781440000.0,null]]}]}"#,
            "sys.cpu{scope=host:a}",
        ),
        (
            r#"[{"metric":"sys.cpu","tags":{"host":"a"},"aggregateTags":[],"dps":{"1435781430":0.5,"1435781440":null}}]"#,
            "sys.cpu{host=a}",
        ),
        (r#"[{"metric":"sys.cpu","tags":{},"dps":[[1435781430,0.5],[1435781440,null]]}]"#, name),
        (
            r#"{"MetricDataResults":[{"Id":"m1","Label":"sys.cpu","Timestamps":["2015-07-01T20:10:30Z","2015-07-01T20:10:40Z"],"Values":[0.5,null],"StatusCode":"Complete"}],"Messages":[]}"#,
            name,
        ),
    ] {
        let batch = read(text);
        assert_eq!(batch.rejected(), 0, "{text}");
        assert_eq!(
            points(&batch),
            [(stream, 1_435_781_430, Some(0.5)), (stream, 1_435_781_440, None)],
            "{text}"
        );
    }
}

#[test]
fn what_stands_beside_the_points_is_kept_with_each() {
    let text = r#"{"series":[{"metric":"a","display_name":"A","pointlist":[[1435781430000,1],[1435781431000,2]],"unit":[{"name":"percent"}]}]}"#;
    let batch = read(text);
    for (_, event) in &batch.events {
        let fields: Vec<&str> = event.fields.iter().map(|field| &*field.path).collect();
        assert_eq!(fields, ["display_name"]);
    }
    assert!(batch.problems[0].reason.contains("1 more member"), "{:?}", batch.problems);
}

#[test]
fn values_that_say_what_they_are_keep_kind_unit_and_buckets() {
    let text = r#"{"timeSeries":[
        {"metric":{"labels":{"zone":"b"},"type":"compute/requests"},"resource":{"type":"gce","labels":{"id":"1"}},"metricKind":"DELTA",
         "valueType":"INT64","unit":"1","points":[{"interval":{"startTime":"2015-07-01T20:10:00Z","endTime":"2015-07-01T20:10:30Z"},"value":{"int64Value":"3"}},
         {"interval":{"endTime":"2015-07-01T20:10:40Z"},"value":{"stringValue":"x"}}]},
        {"metric":{"type":"latency"},"metricKind":"CUMULATIVE","points":[{"interval":{"startTime":"2015-07-01T20:10:00Z",
         "endTime":"2015-07-01T20:10:30Z"},"value":{"distributionValue":{"count":"4","mean":2.5,
         "bucketOptions":{"exponentialBuckets":{"numFiniteBuckets":2,"growthFactor":2,"scale":1}},"bucketCounts":["0","1","3"]}}}]}]}"#;
    let batch = read(text);
    assert_eq!((batch.events.len(), batch.rejected()), (2, 1), "{:?}", batch.problems);
    let (stream, event) = &batch.events[0];
    assert_eq!(&*stream.name, "compute/requests{resource.labels.id=1,resource.type=gce,zone=b}");
    assert_eq!(event.measure, Some(Measure::Delta(3.0)));
    let fields: Vec<&str> = event.fields.iter().map(|field| &*field.path).collect();
    assert_eq!(fields, ["unit", "valueType"]);
    let expected = Measure::Histogram {
        count: 4,
        sum: Some(10.0),
        bounds: vec![1.0, 2.0, 4.0],
        counts: vec![0, 1, 3, 0],
        cumulative: true,
    };
    assert_eq!(batch.events[1].1.measure, Some(expected));
}
