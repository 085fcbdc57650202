//! Parts that are joined, and what stands between them.

use super::*;
use crate::Capture;
use crate::format::Format;
use crate::model::OpenOptions;
use std::io::Cursor;
use std::path::Path;

fn read(name: &str, text: &str, format: Format, limits: Limits) -> Batch {
    let options = OpenOptions { format: Some(format), limits, ..OpenOptions::default() };
    let stored = Cursor::new(text.as_bytes().to_vec());
    let mut capture =
        Capture::from_reader(Path::new(name), stored, text.len() as u64, &options).expect("opens");
    let mut batch = Batch::default();
    capture.next_batch(&mut batch).expect("reads");
    assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected());
    batch
}

fn cri(lines: &[&str]) -> String {
    lines.iter().fold(String::new(), |text, line| text + "2024-05-01T10:00:00Z " + line + "\n")
}

fn bodies(batch: &Batch) -> Vec<String> {
    batch.events.iter().map(|(_, event)| String::from_utf8_lossy(&event.body).into_owned()).collect()
}

#[test]
fn parts_are_joined_each_stream_by_itself() {
    for (lines, expected, notes) in [
        (&["stdout F a", "stderr F b"][..], &["a", "b"][..], 0),
        (&["stdout P a", "stdout P b", "stdout F c", "stdout F d"], &["abc", "d"], 0),
        (&["stdout P a", "stderr P x", "stderr F y", "stdout F b"], &["ab", "xy"], 0),
        (&["stdout P a", "stdout F"], &["a"], 0),
        (&["stdout P a"], &["a"], 1),
        (&["stdout P:tag a", "stdout F:tag b"], &["ab"], 0),
        (&["stdout P a", "panic", "stdout F b"], &["ab", "2024-05-01T10:00:00Z panic"], 1),
        (
            &["stdout X a", "stdin F b"],
            &["2024-05-01T10:00:00Z stdout X a", "2024-05-01T10:00:00Z stdin F b"],
            2,
        ),
    ] {
        let batch = read("0.log", &cri(lines), Format::Cri, Limits::default());
        assert_eq!(bodies(&batch), expected, "{lines:?}");
        assert_eq!((batch.problems.len(), batch.rejected()), (notes, 0), "{lines:?}");
    }
}

#[test]
fn a_part_that_waits_too_long_is_an_event_of_its_own() {
    let text = cri(&["stdout P a", "stderr F b", "stderr F c", "stdout F d"]);
    let limits = Limits { event_bytes: 70, ..Limits::default() };
    let batch = read("0.log", &text, Format::Cri, limits);
    assert_eq!(bodies(&batch), ["a", "b", "c", "d"]);
    assert_eq!(batch.problems.len(), 1);
    assert!(batch.problems[0].reason.contains("70 bytes"), "{}", batch.problems[0].reason);
}

#[test]
fn where_the_rest_of_a_line_is_not_in_the_capture_the_note_says_so() {
    let batch = read(
        "0.log",
        &cri(&["stdout F a", "stderr P x", "stdout F b", "stderr P y"]),
        Format::Cri,
        Limits::default(),
    );
    assert_eq!(bodies(&batch), ["a", "xy", "b"]);
    let [note] = &batch.problems[..] else { panic!("{:?}", batch.problems) };
    assert!(note.reason.contains("stderr") && note.reason.contains("capture ends before"), "{}", note.reason);
    assert!(!note.reason.contains("bytes"), "{}", note.reason);
}

#[test]
fn a_terminals_line_end_is_no_part_of_the_line_and_other_carriage_returns_are() {
    let text = cri(&[
        "stdout F a\r",
        "stdout P 10%\r",
        "stdout P 20%\r",
        "stdout F done\r",
        "stderr F\r",
        "stdout F \r\r",
    ]);
    let batch = read("0.log", &text, Format::Cri, Limits::default());
    assert_eq!(bodies(&batch), ["a", "10%\r20%\rdone", "", "\r"]);
    assert_eq!(batch.problems, []);

    let part = "a".repeat(16 * 1024 - 1);
    let text = docker("a\\r\\n", "stdout")
        + &docker("10%\\r20%\\r\\n", "stdout")
        + &docker("{\\\"msg\\\":\\\"m\\\"}\\r\\n", "stdout")
        + &docker(&format!("{part}\\r"), "stdout")
        + &docker("\\n", "stdout");
    for text in [text.clone(), text.replace("}\n", "}\r\n")] {
        let batch = read("c-json.log", &text, Format::Docker, Limits::default());
        assert_eq!(bodies(&batch), ["a", "10%\r20%", "m", &part]);
        let first = batch.events[0].1.source;
        let stored = &text[first.offset as usize..first.end() as usize];
        assert!(stored.contains(r"a\r\n"), "the source has the bytes as they are: {stored}");
    }
}

fn docker(log: &str, stream: &str) -> String {
    format!("{{\"log\":\"{log}\",\"stream\":\"{stream}\",\"time\":\"2024-05-01T10:00:00Z\"}}\n")
}

#[test]
fn dockers_parts_end_with_a_line_end() {
    let part = "a".repeat(16 * 1024);
    let text = docker(&part, "stdout")
        + &docker("x\\n", "stderr")
        + &docker("b\\n", "stdout")
        + "{\"log\":\n{\"a\":1}\n";
    let batch = read("c-json.log", &text, Format::Docker, Limits::default());
    let joined = part + "b";
    assert_eq!(bodies(&batch), [&joined, "x", "{\"log\":", "{\"a\":1}"]);
    let lines: Vec<_> = batch.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(4), Some(5)]);
}

#[test]
fn what_a_container_said_last_is_not_joined_with_what_its_next_start_says_first() {
    let text = docker("no end", "stdout") + &docker("started\\n", "stdout") + &docker("", "stderr");
    let batch = read("c-json.log", &text, Format::Docker, Limits::default());
    assert_eq!(bodies(&batch), ["no end", "started", ""]);
    assert_eq!(batch.problems.len(), 0);
}

#[test]
fn the_programs_own_json_is_read_one_level_deep() {
    let text = cri(&[
        "stdout F {\"msg\":\"m\",\"level\":\"warn\",\"n\":3,\"inner\":\"{\\\"k\\\":1}\",\"service\":\"own\"}",
        "stdout F {no json",
    ]);
    let name = format!("pod-1_shop_cart-{}.log", "0a".repeat(32));
    let batch = read(&name, &text, Format::Cri, Limits::default());
    let (stream, event) = &batch.events[0];
    assert_eq!((stream.service.as_deref(), &event.body[..]), (Some("own"), &b"m"[..]));
    let paths: Vec<_> = event.fields.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(paths, ["stream", "n", "inner"]);
    assert_eq!(event.fields[2].value, Value::Text("{\"k\":1}".into()));
    assert_eq!(batch.events[1].0.service.as_deref(), Some("cart"), "the file's name says the container");
    assert_eq!(batch.events[1].1.body, b"{no json");
}

#[test]
fn the_programs_json_is_read_where_it_is_escaped_once_more() {
    let inner = serde_json::json!({ "level": "warn", "msg": "twice" }).to_string();
    let log = serde_json::Value::String(inner).to_string() + "\n";
    let line = serde_json::json!({ "log": log, "stream": "stdout", "time": "2024-05-01T10:00:00Z" });
    let batch = read("c-json.log", &format!("{line}\n"), Format::Docker, Limits::default());
    assert_eq!(bodies(&batch), ["twice"]);
}

#[test]
fn only_the_kubelets_names_name_a_container() {
    let id = "0a".repeat(32);
    for (name, container) in [
        (format!("p_n_c-{id}.log"), Some("c")),
        (format!("p_n_my-app-{id}.log.1"), Some("my-app")),
        (format!("{id}-json.log"), None),
        ("0.log".to_owned(), None),
        ("a_b_c-12.log".to_owned(), None),
    ] {
        assert_eq!(container_of(&name).as_deref(), container, "{name}");
    }
}
