//! Messages in the form that `json.c` of kcat writes, and in that of Kafka's `DefaultMessageFormatter`.

use crate::model::{Batch, Limits};
use crate::{Capture, Format, OpenOptions};
use cbad::{Event, Severity, Value};
use std::io::Cursor;
use std::path::Path;

fn read(text: &[u8]) -> Batch {
    read_within(text, Limits::default())
}

fn read_within(text: &[u8], limits: Limits) -> Batch {
    let stored = Cursor::new(text.to_vec());
    let options = OpenOptions { limits, ..OpenOptions::default() };
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

#[test]
fn what_the_consumer_prints_has_its_times_and_keys() {
    let text = b"CreateTime:1700000000123\tk1\t{\"level\":\"error\",\"msg\":\"declined\",\"service\":\"pay\",\"n\":7}
LogAppendTime:1700000001000\tnull\tERROR no room\tat all
  at a.b.C

NO_TIMESTAMP\tk3\tnull
CreateTime:-1\tk4\t
Processed a total of 4 messages
";
    let batch = read(text);
    assert_eq!((batch.events.len(), batch.rejected()), (5, 0), "{:?}", batch.problems);
    let events: Vec<_> = batch.events.iter().map(|(_, event)| event).collect();
    assert_eq!(batch.events[0].0.service.as_deref(), Some("pay"));
    assert_eq!((&events[0].body[..], events[0].severity), (&b"declined"[..], Some(Severity::Error)));
    assert_eq!(events[0].time_nanos, Some(1_700_000_000_123_000_000));
    for (path, expected) in [
        ("n", Value::Int(7)),
        ("kafka.tstype", Value::Text("create".into())),
        ("kafka.key", Value::Text("k1".into())),
    ] {
        assert_eq!(value(events[0], path), Some(&expected), "{path}");
    }
    assert_eq!(&events[1].body[..], b"ERROR no room\tat all\n  at a.b.C");
    assert_eq!(
        (events[1].severity, value(events[1], "kafka.key")),
        (Some(Severity::Error), Some(&Value::Null))
    );
    assert_eq!((events[2].time_nanos, value(events[2], "payload")), (None, Some(&Value::Null)));
    assert_eq!((events[3].time_nanos, &events[3].body[..]), (None, &b""[..]));
    let last = batch.problems.last().expect("a note");
    assert!(last.line == Some(7) && last.reason.contains("begins no Kafka message"), "{last:?}");
}

#[test]
fn a_message_of_more_headers_than_the_limit_is_kept_as_text() {
    let limits = Limits { values: 4, ..Limits::default() };
    let text = "CreateTime:1700000000123\ta:1,b:2,c:3,d:4\tk\tx\n".repeat(5)
        + "CreateTime:1700000000123\ta:1,b:2,c:3,d:4,e:5\tk\tx\n";
    let batch = read_within(text.as_bytes(), limits);
    assert_eq!(batch.events.len(), 6);
    assert!(batch.events[0].1.fields.len() > 4 && batch.events[5].1.fields.is_empty());
    assert!(batch.problems.iter().any(|note| note.reason.contains("limit values")), "{:?}", batch.problems);
}

#[test]
fn columns_that_were_not_asked_for_are_not_read() {
    let lines = |line: &str| line.repeat(5);
    let first = |text: &str| {
        let batch = read(text.as_bytes());
        assert_eq!(batch.events.len(), 5, "{text}");
        batch.events.into_iter().next().expect("there are five").1
    };
    let plain = first(&lines("Partition:2\tOffset:7\tno room\n"));
    assert_eq!((&plain.body[..], plain.time_nanos), (&b"no room"[..], None));
    assert_eq!(value(&plain, "kafka.partition"), Some(&Value::Int(2)));
    assert_eq!((value(&plain, "kafka.offset"), value(&plain, "kafka.key")), (Some(&Value::Int(7)), None));
    let own = first(&lines("Partition:0\tOffset:5\t2023-11-14T22:13:20Z INFO x\n"));
    assert_eq!((own.time_nanos, own.body_stamp), (Some(1_700_000_000_000_000_000), Some((0, 20))));
    let both = first(&lines("CreateTime:1700000000000\t2001-11-14T22:13:20Z INFO x\n"));
    assert_eq!(both.time_nanos, Some(1_700_000_000_000_000_000));
    let all = first(&lines("CreateTime:1700000000123\ttrace:abc,n:1\tuser:12\tno\troom\n"));
    assert_eq!(&all.body[..], b"no\troom");
    for (path, expected) in [("headers.trace", "abc"), ("headers.n", "1"), ("key", "user:12")] {
        assert_eq!(value(&all, &format!("kafka.{path}")), Some(&Value::Text(expected.into())), "{path}");
    }
    // A key may look like a header.
    let keyed = first(&lines("CreateTime:1700000000123\tuser:12\tno room\n"));
    assert_eq!(value(&keyed, "kafka.key"), Some(&Value::Text("user:12".into())));
    let with_none = lines("CreateTime:1700000000123\ta:1\tno room\n").replacen("a:1", "NO_HEADERS", 1);
    let without_key = first(&with_none);
    assert_eq!((&without_key.body[..], value(&without_key, "kafka.key")), (&b"no room"[..], None));
}
