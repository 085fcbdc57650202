//! Objects of every shape to events.

use crate::Capture;
use crate::format::Format;
use crate::model::{Batch, OpenOptions, ProblemKind};
use crate::whole::read_whole;
use cbad::{Event, Severity, Value};
use std::io::Cursor;
use std::path::Path;

const NANOS: i64 = 1_431_857_103_000_000_000;

fn read(text: &[u8]) -> Batch {
    let options = OpenOptions { format: Some(Format::JsonLines), ..OpenOptions::default() };
    let stored = Cursor::new(text.to_vec());
    let mut capture =
        Capture::from_reader(Path::new("app.jsonl"), stored, text.len() as u64, &options).expect("opens");
    read_whole(&mut capture)
}

fn event_of(line: &str) -> Event {
    let mut batch = read(line.as_bytes());
    assert_eq!(batch.problems, []);
    batch.events.pop().expect("one event").1
}

fn paths(event: &Event) -> Vec<&str> {
    event.fields.iter().map(|field| field.path.as_str()).collect()
}

#[test]
fn the_usual_fields_become_what_they_mean() {
    for (line, body, severity, left) in [
        (
            r#"{"time":"2015-05-17T10:05:03Z","level":"warn","msg":"hi","n":1}"#,
            "hi",
            Some(Severity::Warn),
            vec!["n"],
        ),
        (
            r#"{"@timestamp":1431857103,"log.level":"ERROR","message":"hi"}"#,
            "hi",
            Some(Severity::Error),
            vec![],
        ),
        (r#"{"ts":1431857103.0,"log":{"level":"info"},"event":"hi"}"#, "hi", Some(Severity::Info), vec![]),
        (r#"{"log":"hi\n","stream":"stdout","time":"2015-05-17T10:05:03.000Z"}"#, "hi", None, vec!["stream"]),
        (r#"{"_time":"1431857103000","level":50,"body":"hi"}"#, "hi", Some(Severity::Error), vec![]),
        (r#"{"t":1431857103000000000,"level":"loud"}"#, "", None, vec!["level"]),
        (r#"{"t":5,"time":1431857103}"#, "", None, vec!["t"]),
    ] {
        let event = event_of(line);
        assert_eq!(event.body, body.as_bytes(), "{line}");
        assert_eq!(event.severity, severity, "{line}");
        assert_eq!(event.time_nanos, Some(NANOS), "{line}");
        assert_eq!(paths(&event), left, "{line}");
    }
}

#[test]
fn the_more_telling_time_wins_wherever_it_stands() {
    let event = event_of(r#"{"t":1431857999,"timestamp":1431857103}"#);
    assert_eq!(event.time_nanos, Some(NANOS));
    assert_eq!(event.fields.len(), 1, "the other stays a field");
}

#[test]
fn the_fraction_of_a_number_of_seconds_is_exact() {
    assert_eq!(event_of(r#"{"ts":1431857103.123456789}"#).time_nanos, Some(NANOS + 123_456_789));
}

#[test]
fn the_service_and_the_ids_leave_the_fields() {
    let batch = read(
        br#"{"service":{"name":"shop"},"trace_id":"0AF7651916CD43DD8448EB211C80319C","span_id":"b7ad6b7169203331"}
{"app":"shop","trace_id":"no id"}"#,
    );
    let services: Vec<_> = batch.events.iter().map(|(stream, _)| stream.service.as_deref()).collect();
    assert_eq!(services, [Some("shop"), Some("shop")]);
    assert_eq!(batch.events[0].0.name, "app.jsonl");
    let first = &batch.events[0].1;
    assert_eq!(first.trace_id.map(|id| id[0]), Some(0x0a));
    assert_eq!(first.span_id.map(|id| id[7]), Some(0x31));
    assert_eq!(paths(first), Vec::<&str>::new());
    assert_eq!(paths(&batch.events[1].1), ["trace_id"], "what is no id stays a field");
}

#[test]
fn numbers_keep_their_digits() {
    let event = event_of(r#"{"big":9007199254740993,"huge":1e400,"over":18446744073709551616,"zero":-0}"#);
    let values: Vec<_> = event.fields.into_iter().map(|field| field.value).collect();
    assert_eq!(values[0], Value::Int(9_007_199_254_740_993));
    assert_eq!(values[1], Value::Text("1e400".into()));
    assert_eq!(values[2], Value::Text("18446744073709551616".into()));
    assert_eq!(values[3], Value::Float(-0.0));
}

#[test]
fn a_key_that_stands_twice_is_noted_and_both_values_are_kept() {
    let many: Vec<String> = (0..40).map(|n| format!("\"k{n}\":{n}")).collect();
    for line in [r#"{"a":1,"a":2}"#.to_owned(), format!("{{\"k7\":0,{}}}", many.join(","))] {
        let batch = read(line.as_bytes());
        assert_eq!((batch.events.len(), batch.problems.len()), (1, 1), "{line}");
        assert_eq!(batch.problems[0].kind, ProblemKind::Note);
        assert!(batch.events[0].1.fields.len() == 2 || batch.events[0].1.fields.len() == 41);
    }
}

#[test]
fn a_damaged_line_costs_itself_only() {
    let text = b"{\"a\":1}\n{\"a\":tru\nnot json\n[1,2]\n\n{\"b\":2}\n{\"c\":";
    let batch = read(text);
    assert_eq!((batch.events.len(), batch.rejected()), (4, 2));
    assert_eq!(batch.events[2].1.body, b"[1,2]", "JSON that is no object is an event as it stands");
    let told: Vec<_> =
        batch.problems.iter().map(|p| (p.source.offset, p.source.length, p.line.unwrap_or(0))).collect();
    assert_eq!(told, [(8, 8, 2), (17, 8, 3), (41, 5, 7)]);
    assert!(batch.problems[2].reason.contains("breaks off"), "{}", batch.problems[2].reason);
}

#[test]
fn what_a_program_cries_out_between_its_records_is_kept() {
    let cry = ["node:internal/process/promises:288", "    at /app/cart.js:12:33", "[FATAL] 7", "7 tries"];
    let record = r#"{"name":"shop","msg":"up"}"#;
    let batch = read(format!("{record}\n{}\n{record}\n", cry.join("\n")).as_bytes());
    let kept: Vec<_> = batch.events[1..5].iter().map(|(_, event)| &event.body[..]).collect();
    assert_eq!(kept, cry.map(str::as_bytes));
    let is_note = |problem: &crate::model::Problem| problem.kind == ProblemKind::Note;
    assert_eq!((batch.events.len(), batch.problems.len()), (6, 4));
    assert!(batch.problems.iter().all(is_note));
    let cut = read(b"{\"a\":1}\n{\"a\":[1,\n{\"a\":1} and text\n");
    assert_eq!((cut.events.len(), cut.rejected()), (2, 2), "an object that is damaged is none that is kept");
}

#[test]
fn records_that_are_no_objects_are_kept_as_they_stand() {
    let text = b"{\"a\":3}[1,2]\"s\\n\"7 null true\n";
    let batch = read(text);
    let bodies: Vec<_> = batch.events.iter().map(|(_, event)| &event.body[..]).collect();
    assert_eq!(bodies, [&b""[..], b"[1,2]", b"s\n", b"7", b"null", b"true"]);
    assert_eq!(batch.problems, []);
    assert_eq!((batch.events[1].1.source.offset, batch.events[1].1.source.length), (7, 5));
}

#[test]
fn nesting_beyond_the_limit_is_rejected_by_the_limits_name() {
    let deep = [b"[".repeat(1_000_000), b"]".repeat(1_000_000)].concat();
    let objects =
        [b"{\"a\":".repeat(1_000), b"1".to_vec(), b"}".repeat(1_000), b"\n{\"b\":2}\n".to_vec()].concat();
    for (text, events) in [(deep, 0), (objects, 1)] {
        let stored = Cursor::new(text.clone());
        let options = OpenOptions::default();
        let mut capture =
            Capture::from_reader(Path::new("deep.json"), stored, text.len() as u64, &options).expect("opens");
        assert_eq!(capture.format(), Format::JsonLines);
        let mut batch = Batch::default();
        assert!(capture.next_batch(&mut batch).expect("reads"));
        assert_eq!((batch.events.len(), batch.rejected()), (events, 1));
        let problem = &batch.problems[0];
        assert!(problem.reason.contains("the limit depth"), "{}", problem.reason);
        assert!(problem.hint.as_ref().is_some_and(|hint| hint.contains("--limit depth=")));
    }
}

#[test]
fn sources_are_the_objects_themselves() {
    let text = "\u{feff} {\"a\":1} {\"b\":2}\r\n\u{1e}{\"c\":3}\n";
    let batch = read(text.as_bytes());
    let sources: Vec<_> = batch
        .events
        .iter()
        .map(|(_, event)| &text[event.source.offset as usize..event.source.end() as usize])
        .collect();
    assert_eq!(sources, ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"]);
}

#[test]
fn arrays_and_pretty_documents_are_read_value_by_value() {
    for text in [
        "[{\"a\":1},{\"a\":2}\n,{\"a\":3}]",
        "{\n  \"a\": 1\n}\n{\n  \"a\": \"}{\\\"\"\n}\n{\"a\":3}",
        "[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": 2\n  },\n  {\"a\": 3}\n]\n",
    ] {
        let batch = read(text.as_bytes());
        assert_eq!((batch.events.len(), batch.problems.len()), (3, 0), "{text}");
    }
    let cut = read(b"[{\"a\":1},\n{\"a\":2},\n{\"a\":");
    assert_eq!((cut.events.len(), cut.rejected()), (2, 1));
}

#[test]
fn text_that_is_not_utf8_is_kept_as_bytes() {
    let batch = read(b"{\"msg\":\"a\xff\",\"f\":\"\xfe\"}");
    let event = &batch.events[0].1;
    assert_eq!(event.body, b"a\xff");
    assert_eq!(event.fields[0].value, Value::Bytes(vec![0xfe]));
}

#[test]
fn documents_of_a_sequence_stand_by_themselves() {
    // RFC 7464: a document may run over lines, and one that breaks off ends where the next begins.
    let batch = read(b"\x1e{\"n\":1}\n\x1e{\n \"n\": 2\n}\n\x1e{\"n\":\x1e\x1e{\"n\":4}");
    let numbers: Vec<_> = batch.events.iter().map(|(_, event)| event.fields[0].value.clone()).collect();
    assert_eq!(numbers, [Value::Int(1), Value::Int(2), Value::Int(4)]);
    assert_eq!((batch.rejected(), batch.problems[0].line), (1, Some(5)));
    assert_eq!((batch.problems[0].source.offset, batch.problems[0].source.length), (23, 5));
}

#[test]
fn a_document_of_a_sequence_that_is_too_long_costs_itself_only() {
    let text = format!("\x1e{{\"n\":1}}\n\x1e{{\"n\":\"{}\"}}\n\x1e{{\"n\":3}}\n", "x".repeat(300_000));
    let limits = crate::model::Limits { record_bytes: 1000, ..crate::model::Limits::default() };
    let options = OpenOptions { format: Some(Format::JsonLines), limits, ..OpenOptions::default() };
    let stored = Cursor::new(text.clone().into_bytes());
    let mut capture =
        Capture::from_reader(Path::new("a"), stored, text.len() as u64, &options).expect("opens");
    let mut batch = Batch::default();
    capture.next_batch(&mut batch).expect("reads");
    assert_eq!((batch.events.len(), batch.rejected()), (2, 1));
    assert!(batch.problems[0].reason.contains("300009 bytes"), "{}", batch.problems[0].reason);
}

#[test]
fn concatenated_documents_need_no_line_ends() {
    let text = "{\"n\":1,\"text\":\"}{\"}".repeat(10_000);
    let batch = read(text.as_bytes());
    assert_eq!((batch.events.len(), batch.problems.len()), (10_000, 0));
    assert_eq!(batch.events[9_999].1.source.end(), text.len() as u64);
}

#[test]
fn what_stores_put_around_a_record_and_capitals_change_nothing() {
    for line in [
        r#"{"Time":"2015-05-17T10:05:03Z","Level":"ERROR","Message":"hi","Service":"shop"}"#,
        r#"{"_index":"l","_source":{"@timestamp":"2015-05-17T10:05:03Z","message":"hi","log":{"level":"error"},"service":{"name":"shop"}}}"#,
        r#"{"result":{"_time":"2015-05-17 10:05:03 UTC","_raw":"ERROR hi","service":"shop"}}"#,
        r#"{"time":1431857103,"event":{"level":"error","message":"hi","service":"shop"}}"#,
        r#"{"timestamp":"2015-05-17T10:05:03Z","severity":"ERROR","jsonPayload":{"message":"hi"},"resource":{"labels":{"container_name":"shop"}}}"#,
        r#"{"@t":"2015-05-17T10:05:03Z","@m":"hi","@l":"Error","service":"shop"}"#,
        r#"{"t":{"$date":"2015-05-17T10:05:03.000+00:00"},"s":"E","msg":"hi","service":"shop"}"#,
        r#"{"timestamp":1431857103,"level":3,"short_message":"hi","service":"shop"}"#,
        r#"{"date":"2015-05-17T10:05:03Z","status":"error","message":"hi","service":"shop"}"#,
        r#"{"labels":{"app":"shop"},"line":"level=error msg=hi","timestamp":"2015-05-17T10:05:03Z"}"#,
    ] {
        let mut batch = read(line.as_bytes());
        let (stream, event) = batch.events.pop().expect("one event");
        assert_eq!((event.time_nanos, event.severity), (Some(NANOS), Some(Severity::Error)), "{line}");
        assert!(event.body.ends_with(b"hi"), "{line}");
        assert_eq!(stream.service.as_deref(), Some("shop"), "{line}");
    }
    for (status, severity) in [("200", None), ("error", Some(Severity::Error))] {
        let kept = event_of(&format!(r#"{{"timestamp":1431857103,"status":"{status}","message":"hi"}}"#));
        assert_eq!((kept.severity, paths(&kept)), (severity, vec!["status"]), "a status stays a field");
    }
}

#[test]
fn a_document_around_a_list_of_records_is_not_one_record() {
    for document in [
        r#"{"Records":[{"eventTime":"2015-05-17T10:05:03Z","eventName":"Get"},{"eventTime":"2015-05-17T10:05:04Z"}]}"#,
        r#"{"took":1,"hits":{"total":2,"hits":[{"_source":{"@timestamp":"2015-05-17T10:05:03Z"}},{"_source":{}}]}}"#,
        r#"{"data":[{"attributes":{"timestamp":"2015-05-17T10:05:03Z"}},7],"meta":{}}"#,
    ] {
        for document in [document.to_owned(), document.replace("[{", "[\n  {")] {
            let batch = read(document.as_bytes());
            assert_eq!((batch.events.len(), &batch.problems[..]), (2, &[][..]), "{document}");
            let event = &batch.events[0].1;
            assert_eq!(event.time_nanos, Some(NANOS), "{document}");
            let end = (event.source.offset + event.source.length) as usize;
            let bytes = &document[event.source.offset as usize..end];
            assert!(bytes.starts_with('{') && bytes.ends_with('}'), "{bytes}");
        }
    }
    let lines = r#"{"logGroup":"g","logEvents":[{"timestamp":1431857103000,"message":"ERROR a"}]}"#;
    let batch = read(format!("{lines}\n{lines}\n").as_bytes());
    assert_eq!((batch.events.len(), &*batch.events[1].1.body), (2, &b"ERROR a"[..]));
    assert_eq!(paths(&batch.events[1].1), ["logGroup"], "what stands around the list is kept");
    let own = event_of(r#"{"timestamp":1431857103,"message":"hi","items":[{"timestamp":1431857104}]}"#);
    let left = (own.time_nanos, paths(&own));
    assert_eq!(left, (Some(NANOS), vec!["items[0].timestamp"]), "a record that has a list");
}

#[test]
fn a_list_of_records_that_breaks_off_is_read_so_far_and_what_is_left_out_around_it_is_said() {
    let broken = r#"{"Records":[{"eventTime":"2015-05-17T10:05:03Z"},{"eventTime":"2015-05-1"#;
    let batch = read(broken.as_bytes());
    assert_eq!((batch.events.len(), batch.rejected()), (1, 1));
    let around =
        format!(r#"{{"note":"{}","Records":[{{"eventTime":"2015-05-17T10:05:03Z"}}]}}"#, "x".repeat(500));
    let batch = read(around.as_bytes());
    assert_eq!((batch.events.len(), batch.problems.len()), (1, 1));
    assert!(batch.problems[0].reason.contains("1 long or further value around"), "{:?}", batch.problems);
}

#[test]
fn a_line_of_many_documents_costs_no_more_than_one() {
    let text = "{}".repeat(100_000);
    let batch = read(format!("{{\"a\":1}}\n{text}\n{{\"a\":1}}\n").as_bytes());
    assert!(batch.events.len() < 50_000, "{}", batch.events.len());
    assert_eq!((batch.rejected(), batch.events.last().map(|(_, event)| event.fields.len())), (1, Some(1)));
    assert!(batch.problems[0].reason.contains("memory"), "{}", batch.problems[0].reason);
}
