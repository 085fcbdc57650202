//! Messages taken apart, and the frames of RFC 6587.

use super::*;
use crate::Capture;
use crate::format::Format;
use crate::model::{Limits, OpenOptions, ProblemKind};
use cbad::Severity;
use std::io::Cursor;
use std::path::Path;

fn read(text: &[u8], format: Format) -> Batch {
    read_within(text, format, Limits::default())
}

fn read_within(text: &[u8], format: Format, limits: Limits) -> Batch {
    let options =
        OpenOptions { format: Some(format), assumed_year: Some(2023), limits, ..OpenOptions::default() };
    let stored = Cursor::new(text.to_vec());
    let mut capture =
        Capture::from_reader(Path::new("x.log"), stored, text.len() as u64, &options).expect("opens");
    let mut batch = Batch::default();
    capture.next_batch(&mut batch).expect("reads");
    assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected());
    batch
}

/// Service (empty where there is none), body and fields of the only event.
fn taken_apart(line: &str) -> (String, String, String) {
    let batch = read(line.as_bytes(), Format::Syslog);
    let [(stream, event)] = &batch.events[..] else { panic!("one event of {line}") };
    let shown = |field: &Field| match &field.value {
        Value::Text(text) => format!("{}={text}", field.path),
        other => format!("{}={other:?}", field.path),
    };
    let fields: Vec<_> = event.fields.iter().map(shown).collect();
    (
        stream.service.clone().unwrap_or_default(),
        String::from_utf8_lossy(&event.body).into_owned(),
        fields.join(" "),
    )
}

#[test]
fn deviations_from_rfc_3164_are_read() {
    for (line, service, body, fields) in [
        // RFC 3164, section 5.4, and what it says of lines without a header.
        (
            "<34>Oct 11 22:14:15 mymachine su: 'su root' failed on /dev/pts/8",
            "su",
            "'su root' failed on /dev/pts/8",
            "facility=auth host=mymachine",
        ),
        ("<13>Use the BFG!", "", "Use the BFG!", "facility=user"),
        (
            "<0>Oct 22 10:52:12 10.1.2.3 sched[0]: That's All Folks!",
            "sched",
            "That's All Folks!",
            "facility=kern host=10.1.2.3 pid=0",
        ),
        // One digit of the day, no host, rsyslog's time, Cisco's counters and marks.
        ("Mar  1 08:00:00 web-1 CRON[9]: (root) CMD (x)", "CRON", "(root) CMD (x)", "host=web-1 pid=9"),
        ("<13>Oct 11 22:14:15 app[3]: no host", "app", "no host", "facility=user pid=3"),
        (
            "<30>2024-05-01T10:00:00.1+02:00 h systemd[1]: Started.",
            "systemd",
            "Started.",
            "facility=daemon host=h pid=1",
        ),
        (
            "<189>42: *Mar  1 18:46:11: %SYS-5-CONFIG_I: Configured",
            "%SYS-5-CONFIG_I",
            "Configured",
            "facility=local7",
        ),
        (
            "<13>Mar  1 18:46:11 fw CEF:0|Vendor|Product|1|x|y|3|a=b",
            "",
            "CEF:0|Vendor|Product|1|x|y|3|a=b",
            "facility=user host=fw",
        ),
        ("Mar  1 18:46:11 h last message repeated 3 times", "", "last message repeated 3 times", "host=h"),
        (
            "Jun 14 15:16:01 combo sshd(pam_unix)[19939]: failure; a=b",
            "sshd(pam_unix)",
            "failure; a=b",
            "host=combo pid=19939",
        ),
        ("Jun 14 15:16:01 h kernel: [12.5] eth0: up", "kernel", "[12.5] eth0: up", "host=h"),
        ("Jun 14 15:16:01 h app:", "app", "", "host=h"),
    ] {
        assert_eq!(taken_apart(line), (service.into(), body.into(), fields.into()), "{line}");
    }
}

#[test]
fn rfc_5424_is_read_with_its_escapes() {
    for (line, service, body, fields) in [
        (
            "<165>1 2003-10-11T22:14:15.003Z m.example evntslog 12 ID47 [ex@32473 iut=\"3\" src=\"a \\\"b\\\" \\] \\\\ \\x\"][e@1] \u{feff}An event",
            "evntslog",
            "An event",
            "facility=local4 host=m.example pid=12 msgid=ID47 ex@32473.iut=Int(3) ex@32473.src=a \"b\" ] \\ \\x",
        ),
        ("<13>1 - - - - - -", "", "", "facility=user"),
        ("<13>1 - - app - - [meta sequenceId=\"29\"]", "app", "", "facility=user meta.sequenceId=29"),
        ("<13>1 - - app - - -  two blanks", "app", " two blanks", "facility=user"),
    ] {
        assert_eq!(taken_apart(line), (service.into(), body.into(), fields.into()), "{line}");
    }
}

#[test]
fn what_is_no_message_is_kept_as_text_and_noted() {
    for (line, why) in [
        ("<13>1 tomorrow h app - - - x", "its time stamp is none"),
        ("<13>1 - h app", "its header breaks off"),
        ("<13>1 - h app - - x", "no structured data"),
        ("<13>1 - h app - - [a b=\"c]", "breaks off"),
        ("<13>1 - h app - - [a b=\"c\"]x", "a blank is missing"),
        (&format!("<13>1 - h app - - [{} b=\"c\"]", "i".repeat(65)), "no id"),
        ("goroutine 1 [running]:", "no time stamp"),
        ("<999>x", "no time stamp"),
    ] {
        let batch = read(line.as_bytes(), Format::Syslog);
        assert_eq!((batch.events.len(), batch.rejected()), (1, 0), "{line}");
        assert_eq!(batch.events[0].1.body, line.as_bytes());
        let note = batch.problems.iter().find(|problem| problem.line.is_some()).expect("it is noted");
        assert_eq!((note.kind, note.line), (ProblemKind::Note, Some(1)));
        assert!(note.reason.contains(why), "{line}: {}", note.reason);
    }
}

#[test]
fn times_and_severities_are_those_of_the_message() {
    let batch = read(
        b"<11>Dec 31 23:59:59 h a: x\n<12>Jan  1 00:00:01 h a: y\nJan  1 00:00:02 h a: error: z\n",
        Format::Syslog,
    );
    let times: Vec<_> =
        batch.events.iter().map(|(_, event)| event.time_nanos.expect("a time") / 1_000_000_000).collect();
    assert_eq!(times, [1_704_067_199, 1_704_067_201, 1_704_067_202], "the year turns");
    let severities: Vec<_> = batch.events.iter().map(|(_, event)| event.severity).collect();
    assert_eq!(severities, [Some(Severity::Error), Some(Severity::Warn), Some(Severity::Error)]);
}

#[test]
fn structured_data_of_more_values_than_the_limit_is_kept_as_text() {
    let limits = Limits { values: 4, ..Limits::default() };
    let message = "<13>1 - h app - - [a b=\"1\" b=\"2\" b=\"3\" b=\"4\" b=\"5\"] x";
    for (text, format) in [(message.to_owned(), Format::Syslog), (counted(message), Format::SyslogOctets)] {
        let batch = read_within(text.as_bytes(), format, limits);
        assert_eq!((batch.events.len(), batch.events[0].1.fields.len()), (1, 0));
        assert!(
            batch.problems.iter().any(|note| note.reason.contains("limit values")),
            "{:?}",
            batch.problems
        );
    }
}

fn counted(message: &str) -> String {
    format!("{} {message}", message.len())
}

#[test]
fn counted_messages_hold_line_ends_and_damage_costs_itself_only() {
    let [one, two] = [counted("<13>a: one\nmore"), counted("<13>b: two")];
    for (text, bodies, rejected) in [
        (format!("{one}{two}"), vec!["a: one\nmore", "b: two"], vec![]),
        (format!("{one}\n{two}\n"), vec!["a: one\nmore", "b: two"], vec![]),
        (format!("{one}<13>c: by line\n{two}"), vec!["a: one\nmore", "c: by line", "b: two"], vec![]),
        (format!("{one}99999 <13>x: lies{two}"), vec!["a: one\nmore", "b: two"], vec!["announced"]),
        (format!("{one}4 <13>x: lies\n{two}"), vec!["a: one\nmore", "b: two"], vec!["announced"]),
        (format!("garbage\n{one}"), vec!["a: one\nmore"], vec!["no length"]),
        (format!("{one}{}", &two[..9]), vec!["a: one\nmore"], vec!["announced"]),
        (format!("{one}99999999999 <13>{two}"), vec!["a: one\nmore", "b: two"], vec!["no length"]),
    ] {
        let batch = read(text.as_bytes(), Format::SyslogOctets);
        let found: Vec<_> =
            batch.events.iter().map(|(_, event)| String::from_utf8_lossy(&event.body)).collect();
        assert_eq!(found, bodies, "{text:?}");
        let lost = batch.problems.iter().filter(|problem| problem.kind == ProblemKind::Rejected);
        let lost: Vec<_> = lost.map(|problem| &problem.reason).collect();
        assert_eq!(lost.len(), rejected.len(), "{text:?} {lost:?}");
        assert!(lost.iter().zip(rejected).all(|(reason, why)| reason.contains(why)), "{text:?} {lost:?}");
    }
}
