//! Messages in the form that `json.c` of kcat writes.

use crate::model::Batch;
use crate::{Capture, Format, OpenOptions};
use cbad::{Event, Severity, Value};
use std::io::Cursor;
use std::path::Path;

fn read(text: &[u8]) -> Batch {
    let stored = Cursor::new(text.to_vec());
    let options = OpenOptions::default();
    let mut capture =
        Capture::from_reader(Path::new("t.json"), stored, text.len() as u64, &options).expect("opens");
    assert_eq!(capture.format(), Format::Kafka);
    let mut batch = Batch::default();
    assert!(capture.next_batch(&mut batch).expect("reads"));
    assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected());
    batch
}

fn value<'e>(event: &'e Event, path: &str) -> Option<&'e Value> {
    event.fields.iter().find(|field| field.path == path).map(|field| &field.value)
}

#[test]
fn payloads_of_every_kind() {
    let mut text = br#"{"topic":"orders","partition":3,"offset":42,"tstype":"create","ts":1700000000123,"broker":1,"headers":["trace","abc","n","1","lone"],"key":"k1","payload":"{\"level\":\"error\",\"msg\":\"declined\",\"service\":\"pay\",\"ts\":1700000000.5,\"n\":7}"}
{"topic":"orders","partition":3,"offset":43,"tstype":"unknown","ts":0,"broker":1,"key":null,"payload":"ERROR "#.to_vec();
    // Bytes that are not UTF-8.
    text.extend(b"\\u0000\xff\xfe boom\"}\n");
    text.extend(br#"{"topic":"orders","partition":0,"offset":1,"tstype":"logappend","ts":1700000000000,"broker":2,"key":"gone","payload":null}
{"topic":"avro","partition":0,"offset":2,"tstype":"create","ts":1700000000000,"broker":2,"key":"a","value_schema_id":9,"payload":{"message":"hi","n":1}}
{"topic":"orders","partition":0
[1]
"#);
    let batch = read(&text);
    assert_eq!((batch.events.len(), batch.rejected()), (4, 2), "{:?}", batch.problems);
    let events: Vec<_> = batch.events.iter().map(|(_, event)| event).collect();
    let services: Vec<_> = batch.events.iter().map(|(stream, _)| stream.service.as_deref()).collect();
    assert_eq!(services, [Some("pay"), Some("orders"), Some("orders"), Some("avro")]);
    assert_eq!((&events[0].body[..], events[0].severity), (&b"declined"[..], Some(Severity::Error)));
    assert_eq!(events[0].time_nanos, Some(1_700_000_000_500_000_000));
    for (path, expected) in [
        ("n", Value::Int(7)),
        ("kafka.ts_unix_nano", Value::Int(1_700_000_000_123_000_000)),
        ("kafka.topic", Value::Text("orders".into())),
        ("kafka.partition", Value::Int(3)),
        ("kafka.offset", Value::Int(42)),
        ("kafka.headers.trace", Value::Text("abc".into())),
        ("kafka.headers.lone", Value::Null),
        ("kafka.key", Value::Text("k1".into())),
    ] {
        assert_eq!(value(events[0], path), Some(&expected), "{path}");
    }
    assert_eq!((&events[1].body[..], events[1].time_nanos), (&b"ERROR \0\xff\xfe boom"[..], None));
    assert_eq!(events[1].severity, Some(Severity::Error));
    assert_eq!((&events[2].body[..], value(events[2], "payload")), (&b""[..], Some(&Value::Null)));
    assert_eq!(
        (&events[3].body[..], value(events[3], "kafka.value_schema_id")),
        (&b"hi"[..], Some(&Value::Int(9)))
    );
}
