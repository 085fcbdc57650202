//! Rows, cells, dialects, and quotes that are never closed.

use super::*;
use crate::Capture;
use crate::format::Format;
use crate::model::{OpenOptions, ProblemKind};
use crate::whole::read_whole;
use cbad::{Severity, Value};
use std::io::Cursor;
use std::path::Path;

fn read_with(text: &[u8], limits: Limits) -> Batch {
    let options = OpenOptions { format: Some(Format::Table), limits, ..OpenOptions::default() };
    let stored = Cursor::new(text.to_vec());
    let mut capture =
        Capture::from_reader(Path::new("t.csv"), stored, text.len() as u64, &options).expect("opens");
    let mut all = read_whole(&mut capture);
    all.problems.retain(|problem| !problem.reason.contains("taken to be UTC"));
    all
}

fn read(text: &str) -> Batch {
    read_with(text.as_bytes(), Limits::default())
}

/// The events' fields and messages, one event a line.
fn shown(batch: &Batch) -> Vec<String> {
    let shown = |value: &Value| match value {
        Value::Text(text) => format!("{text:?}"),
        other => format!("{other:?}"),
    };
    let of = |event: &cbad::Event| {
        let fields: Vec<_> =
            event.fields.iter().map(|field| format!("{}={}", field.path, shown(&field.value))).collect();
        fields.join(" ")
    };
    batch.events.iter().map(|(_, event)| of(event)).collect()
}

#[test]
fn dialects_are_guessed() {
    for (text, expected) in [
        ("a,b\n1,x\n2,y\n", &["a=Int(1) b=\"x\"", "a=Int(2) b=\"y\""][..]),
        ("a\tb\n1\tx, y\n2\tz\n", &["a=Int(1) b=\"x, y\"", "a=Int(2) b=\"z\""]),
        ("a;b;c\n1,5;x;1\n2,5;y;2\n", &["a=\"1,5\" b=\"x\" c=Int(1)", "a=\"2,5\" b=\"y\" c=Int(2)"]),
        ("a|b\n1|x\n2|y\n", &["a=Int(1) b=\"x\"", "a=Int(2) b=\"y\""]),
        ("sep=;\r\na;b\r\n1;x\r\n", &["a=Int(1) b=\"x\""]),
        ("\u{feff}\"a\",b\r1,x\r2,y\r", &["a=Int(1) b=\"x\"", "a=Int(2) b=\"y\""]),
        ("a,b,c\n1,'x, y',3\n2,'z',4\n", &["a=Int(1) b=\"x, y\" c=Int(3)", "a=Int(2) b=\"z\" c=Int(4)"]),
        (
            "a,b\n1,\"x \"\"y\"\" \r\n z\"\n2,\"q\"r\n",
            &["a=Int(1) b=\"x \\\"y\\\" \\r\\n z\"", "a=Int(2) b=\"qr\""],
        ),
        ("1,2\n3,4\n", &["column 1=Int(1) column 2=Int(2)", "column 1=Int(3) column 2=Int(4)"]),
        (",b\n0,1\n1,2\n", &["column 1=Int(0) b=Int(1)", "column 1=Int(1) b=Int(2)"]),
        ("a,b\n1,\n,2\n\n3,4", &["a=Int(1)", "b=Int(2)", "a=Int(3) b=Int(4)"]),
    ] {
        let batch = read(text);
        assert_eq!(shown(&batch), expected, "{text:?}");
        assert!(batch.problems.is_empty(), "{text:?} {:?}", batch.problems);
    }
}

#[test]
fn columns_without_a_name_of_their_own_are_given_one() {
    for (text, expected, given) in [
        ("t,b,b\n1,2,3\n4,5,6\n", "t=Int(1) b=Int(2) b.2=Int(3)", "\"b.2\""),
        ("t,b,,c\n1,2,3,4\n4,5,6,7\n", "t=Int(1) b=Int(2) column 3=Int(3) c=Int(4)", "\"column 3\""),
        ("t,b,b,b.2\n1,2,3,4\n4,5,6,7\n", "t=Int(1) b=Int(2) b.2=Int(3) b.2.2=Int(4)", "\"b.2\", \"b.2.2\""),
    ] {
        let batch = read(text);
        assert_eq!(shown(&batch)[0], expected);
        assert_eq!(batch.events.len(), 2, "the header is no row");
        assert_eq!(batch.problems.len(), 1, "{text}");
        let problem = &batch.problems[0];
        assert!(problem.reason.ends_with(given), "{}", problem.reason);
        assert_eq!((problem.kind, problem.line), (ProblemKind::Note, Some(1)));
        let guessed = Capture::from_reader(
            Path::new("t"),
            Cursor::new(text.to_owned()),
            text.len() as u64,
            &OpenOptions::default(),
        );
        assert_eq!(guessed.expect("opens").format(), Format::Table, "{text}");
    }
}

#[test]
fn the_time_of_a_table_without_a_header_is_found() {
    let batch = read("a,2024-01-01T00:00:00Z\nb,2024-01-01T00:00:01Z\n");
    assert_eq!(batch.events[0].1.time_nanos, Some(1_704_067_200_000_000_000));
    assert_eq!(shown(&batch), ["column 1=\"a\"", "column 1=\"b\""]);
}

#[test]
fn rows_of_another_length_are_kept_and_noted() {
    let batch = read("a,b\n1,2\n1,2,3\n4\n5,6\n");
    assert_eq!(
        shown(&batch),
        ["a=Int(1) b=Int(2)", "a=Int(1) b=Int(2) column 3=Int(3)", "a=Int(4)", "a=Int(5) b=Int(6)"]
    );
    let noted: Vec<_> = batch.problems.iter().map(|problem| (problem.kind, problem.line)).collect();
    assert_eq!(noted, [(ProblemKind::Note, Some(3)), (ProblemKind::Note, Some(4))]);
}

#[test]
fn a_quote_that_is_never_closed_costs_its_own_line() {
    let after = "5,6\n".repeat(60);
    for text in [
        // Closed by a later row's quote, by nothing before the end, by nothing before the limit.
        "a,b\n1,2\n3,\"open\n5,6\n7,\"x\"\n".to_owned(),
        "a,b\n1,2\n3,\"open\n5,6\n".to_owned(),
        format!("a,b\n1,2\n3,\"open\n{after}"),
    ] {
        let batch = read_with(text.as_bytes(), Limits { event_bytes: 100, ..Limits::default() });
        let lost: Vec<_> =
            batch.problems.iter().filter(|problem| problem.kind == ProblemKind::Rejected).collect();
        assert_eq!(lost.len(), 1, "{text:?}");
        assert_eq!((lost[0].source.offset, lost[0].source.length, lost[0].line), (8, 7, Some(3)));
        assert_eq!(batch.events.len(), text.lines().count() - 2, "{text:?}");
    }
}

#[test]
fn sources_are_the_rows() {
    let text = "\u{feff}a,b\r\n1,\"x\r\ny\"\r\n2,z";
    let sources: Vec<_> = read(text)
        .events
        .iter()
        .map(|(_, event)| text[event.source.offset as usize..event.source.end() as usize].to_owned())
        .collect();
    assert_eq!(sources, ["1,\"x\r\ny\"", "2,z"]);
}

#[test]
fn a_hundred_thousand_columns_are_read() {
    let names: Vec<_> = (0..100_000).map(|number| format!("name_of_column_{number}")).collect();
    let values = vec!["1"; names.len()];
    let text = format!("{}\n{}\n", names.join(","), values.join(","));
    let batch = read_with(text.as_bytes(), Limits::default());
    assert_eq!((batch.events.len(), batch.problems.len()), (1, 0));
    let fields = &batch.events[0].1.fields;
    assert_eq!((fields.len(), &fields[99_999].path[..]), (100_000, "name_of_column_99999"));
}

#[test]
fn well_known_columns_become_time_severity_and_message() {
    let batch = read(
        "Date,Level,Content,Duration\n2024-05-01 10:00:00,WARN,slow,12.5\n2024-05-01 10:00:01,INFO,ok,3\n",
    );
    let (_, event) = &batch.events[0];
    assert_eq!(
        (event.time_nanos, event.severity),
        (Some(1_714_557_600_000_000_000), Some(cbad::Severity::Warn))
    );
    assert_eq!(event.body, b"slow");
    assert_eq!(shown(&batch), ["Duration=Float(12.5)", "Duration=Int(3)"]);
}

#[test]
fn a_date_and_a_time_of_day_in_two_columns_are_one_time() {
    let batch = read(
        "n,Date,Time,Level\n1,2024-05-01,10:00:00.5,WARN\n2,2024-05-01,10:00:01,INFO\n3,today,noon,INFO\n",
    );
    let times: Vec<_> = batch.events.iter().map(|(_, event)| event.time_nanos).collect();
    assert_eq!(times, [Some(1_714_557_600_500_000_000), Some(1_714_557_601_000_000_000), None]);
    assert_eq!(shown(&batch), ["n=Int(1)", "n=Int(2)", "n=Int(3) Date=\"today\" Time=\"noon\""]);
}

#[test]
fn what_windows_exports_is_a_table_whose_last_column_has_no_name() {
    let viewer = "Level,Date and Time,Source,Event ID,Task Category\r\n\
        Error,11/20/2026 8:00:07 AM,Service Control Manager,7001,None,\"The service\r\nfailed, twice\"\r\n\
        Information,11/20/2026 8:00:14 PM,Service Control Manager,7002,None,ok\r\n";
    let batch = read(viewer);
    assert_eq!((batch.events.len(), &batch.problems[..]), (2, &[][..]));
    let event = &batch.events[0].1;
    assert_eq!((event.severity, &*event.body), (Some(Severity::Error), &b"The service\r\nfailed, twice"[..]));
    assert_eq!(event.time_nanos, Some(1_795_161_607_000_000_000));
    assert_eq!(batch.events[1].1.time_nanos, Some(1_795_161_614_000_000_000 + 12 * 3_600_000_000_000));

    let shell = "#TYPE Diagnostics.EventLogRecord\r\n\"TimeCreated\",\"Id\",\"LevelDisplayName\",\"Message\"\r\n\
        \"11/20/2026 8:00:07 AM\",\"7001\",\"Error\",\"failed\"\r\n\"11/20/2026 8:00:14 AM\",\"7002\",\"Warning\",\"slow\"\r\n";
    let batch = read(shell);
    assert_eq!(batch.events.len(), 2);
    let event = &batch.events[0].1;
    assert_eq!((event.severity, &*event.body), (Some(Severity::Error), &b"failed"[..]));
    assert_eq!(event.time_nanos, Some(1_795_161_607_000_000_000));
}

#[test]
fn counters_of_windows_have_the_zone_that_their_first_column_names() {
    let rows = |delimiter: &str, mark: &str, bias: &str| {
        let row = |cells: [&str; 3]| cells.map(|cell| format!("\"{cell}\"")).join(delimiter) + "\r\n";
        let first = format!("(PDH-{mark} 4.0) (W. Europe Standard Time){bias}");
        row([&first, r"\\HOST\Processor(_Total)\% Processor Time", r"\\HOST\Memory\Available MBytes"])
            + &row(["05/06/2015 10:05:03.123", "1.5", " "])
            + &row(["05/06/2015 10:05:04.123", "2.5", "4000"])
    };
    let utc = 1_430_906_703_123_000_000;
    for (text, nanos, notes) in [
        (rows(",", "CSV", "(-60)"), utc - 3_600_000_000_000, 0),
        (rows("\t", "TSV", "(480)"), utc + 8 * 3_600_000_000_000, 0),
        (rows(",", "CSV", ""), utc, 1),
        (rows(",", "CSV", "(1081)"), utc, 1),
        (rows(",", "CSV", "(9223372036854775807)"), utc, 1),
        (rows(",", "CSV", "(-9223372036854775808)"), utc, 1),
    ] {
        let stored = Cursor::new(text.clone().into_bytes());
        let options = OpenOptions::default();
        let mut capture =
            Capture::from_reader(Path::new("t.csv"), stored, text.len() as u64, &options).expect("opens");
        assert_eq!(capture.format(), Format::Table, "{text}");
        let batch = read_whole(&mut capture);
        assert_eq!((batch.events.len(), batch.problems.len()), (2, notes), "{:?}", batch.problems);
        assert_eq!(batch.events[0].1.time_nanos, Some(nanos), "{text}");
        let fields = &batch.events[1].1.fields;
        assert_eq!(fields[0].path, r"\\HOST\Processor(_Total)\% Processor Time");
        assert_eq!((&fields[0].value, &fields[1].value), (&Value::Float(2.5), &Value::Int(4000)));
    }
}
