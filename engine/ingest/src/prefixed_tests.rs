//! Lines behind names: whose they are, and what continues them.

use super::*;
use crate::whole::read_whole;
use crate::{Capture, Format, OpenOptions};
use cbad::Severity;
use std::io::Cursor;
use std::path::Path;

const COMPOSE: &str = "\
Attaching to db-1, web-1
web-1    | 2024-05-01T10:00:01.123Z INFO started
db-1     | 2024-05-01 10:00:02.123 UTC [1] LOG:  ready
web-1    | 2024-05-01T10:00:03.123Z ERROR cannot reach db
web-1    | java.lang.IllegalStateException: no
web-1    |   at a.b.c(D.java:3)
db-1     | 2024-05-01 10:00:04.123 UTC [1] LOG:  checkpoint
web-1    |
web-1    | {\"time\":\"2024-05-01T10:00:05Z\",\"level\":\"warn\",\"msg\":\"slow\",\"ms\":7}
";

fn read(text: &str) -> Batch {
    let stored = Cursor::new(text.as_bytes().to_vec());
    let options = OpenOptions::default();
    let mut capture =
        Capture::from_reader(Path::new("all.log"), stored, text.len() as u64, &options).expect("opens");
    assert_eq!(capture.format(), Format::Text, "{text}");
    read_whole(&mut capture)
}

fn told(batch: &Batch) -> Vec<(Option<&str>, String)> {
    let text = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
    batch.events.iter().map(|(stream, event)| (stream.service.as_deref(), text(&event.body))).collect()
}

#[test]
fn the_name_before_a_line_is_its_service() {
    let batch = read(COMPOSE);
    let trace = "2024-05-01T10:00:03.123Z ERROR cannot reach db\njava.lang.IllegalStateException: no\n  at a.b.c(D.java:3)";
    let expected = [
        (None, "Attaching to db-1, web-1"),
        (Some("web-1"), "2024-05-01T10:00:01.123Z INFO started"),
        (Some("db-1"), "2024-05-01 10:00:02.123 UTC [1] LOG:  ready"),
        (Some("web-1"), trace),
        (Some("db-1"), "2024-05-01 10:00:04.123 UTC [1] LOG:  checkpoint"),
        (Some("web-1"), "slow"),
    ];
    assert_eq!(told(&batch), expected.map(|(service, body)| (service, body.to_owned())));
    let failed = &batch.events[3].1;
    assert_eq!((failed.severity, failed.body_stamp), (Some(Severity::Error), Some((0, 24))));
    let source = &COMPOSE[failed.source.offset as usize..failed.source.end() as usize];
    assert!(source.starts_with("web-1    | 2024") && source.ends_with("D.java:3)"), "{source}");
    let own = &batch.events[5].1;
    assert_eq!((own.severity, &*own.fields[0].path), (Some(Severity::Warn), "ms"));
}

#[test]
fn a_level_aligned_to_the_right_begins_an_event_of_the_service() {
    let batch =
        read("web-1  |  INFO a\nweb-1  |  WARN b\nweb-1  |    more\nweb-1  | ERROR c\nweb-1  |  INFO d\n");
    let bodies: Vec<String> = told(&batch).into_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies, [" INFO a", " WARN b\n   more", "ERROR c", " INFO d"]);
}

#[test]
fn a_pod_and_its_container_are_told_apart() {
    let batch = read(
        "[pod/web-6d4cf56db6-abcde/app] 2024-05-01T10:00:01Z INFO started\n[pod/db-0/postgres] ready\n\
         [pod/db-0/postgres]\n[pod/db-0/postgres]   more\n",
    );
    assert_eq!(batch.events[0].0.service.as_deref(), Some("app"));
    let pod = Field { path: "k8s.pod.name".into(), value: Value::Text("web-6d4cf56db6-abcde".into()) };
    assert_eq!(batch.events[0].1.fields, [pod]);
    let told = told(&batch);
    let expected = [(Some("postgres"), "ready".to_owned()), (Some("postgres"), "  more".to_owned())];
    assert_eq!(told[1..], expected, "a blank line is between them");
}

#[test]
fn colours_and_swarms() {
    for (line, service, text) in [
        ("\u{1b}[36mweb_1  |\u{1b}[0m hello", "web_1", "hello"),
        ("\u{1b}[36mweb-1  | \u{1b}[0mhello", "web-1", "hello"),
        ("web-1  | \u{1b}[31mhello", "web-1", "\u{1b}[31mhello"),
        ("web.1.k2x@node-a    | hello", "web.1.k2x@node-a", "hello"),
        ("web-1  |", "web-1", ""),
    ] {
        let named = compose(line.as_bytes()).expect(line);
        assert_eq!((named.service, &line[named.text..]), (service.as_bytes(), text), "{line}");
        assert!(is_numbered(named.service), "{line}");
    }
    for other in ["", "|", " 1 | a", "web-1| a", "web-1 |a", "a b | c", "-x | y"] {
        assert_eq!(compose(other.as_bytes()), None, "{other}");
    }
    for other in ["[pod/a] x", "[pod/a/b]x", "[pod//b] x", "[pod/a/b c] x", "[pod/a/b"] {
        assert_eq!(pod(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn columns_of_a_log_are_no_names() {
    for line in ["INFO  | 2024-05-01T10:00:01Z | started\n", "main | hello\n", "db | select 1\n"] {
        let batch = read(&line.repeat(5));
        assert_eq!((batch.events.len(), batch.events[0].0.service.as_deref()), (5, None), "{line}");
        assert_eq!(batch.events[0].1.body, line.trim_end().as_bytes());
    }
}
