//! Lines to events: continuation, ends, marks, limits.

use crate::Capture;
use crate::format::Format;
use crate::model::{Batch, Limits, OpenOptions, ProblemKind};
use crate::whole::read_whole;
use cbad::Severity;
use std::io::Cursor;
use std::path::Path;

fn read(text: &[u8], limits: Limits) -> Batch {
    let options = OpenOptions { format: Some(Format::Text), limits, ..OpenOptions::default() };
    let stored = Cursor::new(text.to_vec());
    let mut capture =
        Capture::from_reader(Path::new("dir/app.log"), stored, text.len() as u64, &options).expect("opens");
    let all = read_whole(&mut capture);
    for (_, event) in &all.events {
        let range = event.source.offset as usize..event.source.end() as usize;
        assert_eq!(&text[range], event.body, "the source is where the body stands");
    }
    all
}

fn bodies(text: &str) -> Vec<String> {
    let batch = read(text.as_bytes(), Limits::default());
    let odd: Vec<_> = batch.problems.iter().filter(|note| !note.reason.contains("name no zone")).collect();
    assert!(odd.is_empty(), "{odd:?}");
    batch.events.into_iter().map(|(_, event)| String::from_utf8(event.body).expect("UTF-8")).collect()
}

#[test]
fn a_line_is_an_event() {
    assert_eq!(bodies("a\nb\n\nc"), ["a", "b", "c"]);
    assert_eq!(bodies("a\r\nb\r\n\r\n"), ["a", "b"]);
    assert_eq!(bodies("\u{feff}a\nb"), ["a", "b"]);
}

#[test]
fn indented_lines_continue_the_event_before() {
    assert_eq!(bodies("a\n  at x\n\tat y\nb\n"), ["a\n  at x\n\tat y", "b"]);
    assert_eq!(bodies("  first\n x\nb\n"), ["  first\n x", "b"]);
    assert_eq!(bodies("a\n\n  more\n\nb\n\n"), ["a\n\n  more", "b"], "blank lines inside, not at the end");
    assert_eq!(bodies("a\r\n  more\r\nb"), ["a\r\n  more", "b"]);
    let stamped = "2015-05-17 10:05:03 a\n 2015-05-17 10:05:04 b\n";
    assert_eq!(bodies(stamped).len(), 2, "an indented line with its own stamp is its own event");
}

#[test]
fn an_indented_line_with_a_level_in_its_column_is_an_event() {
    let right = " INFO shop: a\n WARN shop: b\n  more\nERROR shop: c\n INFO shop: d\n";
    assert_eq!(bodies(right), [" INFO shop: a", " WARN shop: b\n  more", "ERROR shop: c", " INFO shop: d"]);
    let eight = "    INFO a\nCRITICAL b\n WARNING c\n";
    assert_eq!(bodies(eight).len(), 3);
    let column = "[05/17/15 10:05:03] INFO     a  x.py:1\n                    ERROR    b  x.py:2\n";
    assert_eq!(bodies(column).len(), 2);
    for told in ["2015-05-17 10:05:03 WARN in all\n    ERROR 5\n    INFO 6\n", "a\n\tWARN b\n"] {
        assert_eq!(bodies(told).len(), 1, "{told}");
    }
}

#[test]
fn stack_traces_without_indent_continue_where_lines_are_stamped() {
    let trace = "\
2015-05-17 10:05:03 ERROR failed
java.lang.IllegalStateException: no
    at a.b.C
Caused by: java.io.IOException
    at d.e.F
2015-05-17 10:05:04 ERROR failed
Traceback (most recent call last):
  File \"x.py\", line 1
ValueError: bad
2015-05-17 10:05:05 INFO ok
foreign line
2015-05-17 10:05:06 INFO ok
2015-05-17 10:05:07 INFO ok
";
    let events = bodies(trace);
    assert!(events[0].ends_with("    at d.e.F"), "{}", events[0]);
    assert!(events[1].ends_with("ValueError: bad"), "{}", events[1]);
    assert_eq!(events[3], "foreign line", "what does not look like a trace is an event of its own");
    let unstamped = bodies("a\nCaused by: x\nb\n");
    assert_eq!(unstamped.len(), 3, "without stamps nothing says that the line belongs to the one before");
}

#[test]
fn traces_of_every_runtime_are_one_event() {
    let stamped = "2015-05-17 10:05:03 INFO ok\n";
    for trace in [
        "System.InvalidOperationException: no\n   at a.b()\n--- End of stack trace from previous location ---\n   at c.d()",
        "goroutine 34 [running]:\nnet/http.(*conn).serve.func1()\n\t/a.go:1 +0xb9\npanic({0x6e3c40?, 0x9f2a90?})\n\t/b.go:2\nmain.f(0x0?, {0x7a3f58?, 0x0?}, 0x0?)\n\t/c.go:3\ncreated by main.g in goroutine 1\n\t/d.go:4",
        "org.a.HttpClientErrorException$NotFound: 404\n\tat a.b(C.java:1)",
        "Traceback (most recent call last):\n  File \"x.py\", line 1\n    x()\nshop.models.Cart.DoesNotExist: none",
        "[stacktrace]\n#0 /a.php(70): PDO->__construct()\n#1 {main}\n\n[previous exception] [object]\n[stacktrace]\n#0 {main}\n\"} ",
        "Stack trace:\n#0 /b.php(4): foo()\n  thrown in /a.php",
    ] {
        let text = format!("{stamped}2015-05-17 10:05:03 ERROR no\n{trace}\n{}", stamped.repeat(3));
        assert_eq!(bodies(&text).len(), 5, "{trace}");
    }
    for apart in ["main.f(1)", "shop.models.Cart.DoesNotExist: none", "# 5", "--- 5", "[x]", "\"a\""] {
        let text = format!("{stamped}{apart}\n{}", stamped.repeat(5));
        assert_eq!(bodies(&text).len(), 7, "{apart}");
    }
    let after = "goroutine 1 [running]:\nmain.f()\n\t/a.go:1\nexit status 2\nmain.f(1)\n";
    assert_eq!(bodies(&format!("{after}{}", stamped.repeat(12))).len(), 15);
}

#[test]
fn time_severity_and_stream_are_read() {
    let batch = read(b"2015-05-17T10:05:03Z ERROR no\nplain\n", Limits::default());
    let (stream, event) = &batch.events[0];
    assert_eq!((stream.name.as_str(), stream.service.as_deref()), ("app.log", None));
    assert_eq!(event.time_nanos, Some(1_431_857_103_000_000_000));
    assert_eq!(event.severity, Some(Severity::Error));
    assert_eq!(event.body_stamp, Some((0, 20)));
    let (_, plain) = &batch.events[1];
    assert_eq!((plain.time_nanos, plain.severity, plain.body_stamp), (None, None, None));
}

#[test]
fn bytes_that_are_no_text_are_kept() {
    let batch = read(b"a\xff\x00b\nc\n", Limits::default());
    assert_eq!(batch.events[0].1.body, b"a\xff\x00b");
}

#[test]
fn a_line_that_is_too_long_is_rejected_and_passed_over() {
    let limits = Limits { record_bytes: 10, ..Limits::default() };
    let batch = read(b"short\n0123456789A\nshort\n0123456789A", limits);
    assert_eq!(batch.events.len(), 2);
    let places: Vec<_> =
        batch.problems.iter().map(|p| (p.kind, p.source.offset, p.source.length, p.line)).collect();
    assert_eq!(places, [(ProblemKind::Rejected, 6, 12, Some(2)), (ProblemKind::Rejected, 24, 11, Some(4))]);
}

#[test]
fn an_event_stops_growing_at_its_limit() {
    let limits = Limits { event_bytes: 20, ..Limits::default() };
    let batch = read(b"event\n continued\n continued\n continued\nnext\n", limits);
    let lengths: Vec<_> = batch.events.iter().map(|(_, event)| event.body.len()).collect();
    assert_eq!(lengths, [16, 10, 10, 4]);
}

#[test]
fn a_stamp_alone_heads_the_lines_after_it() {
    let alert = "2015-05-17T10:05:03Z\nStarting instance\nLICENSE_MAX = 0\n2015-05-17T10:05:09Z\nORA-00600: no\n\nErrors in x\n";
    let expected = [
        "2015-05-17T10:05:03Z\nStarting instance\nLICENSE_MAX = 0",
        "2015-05-17T10:05:09Z\nORA-00600: no\n\nErrors in x",
    ];
    assert_eq!(bodies(alert), expected);
    let slow = "\
# Time: 2015-05-17T10:05:03.5Z
# User@Host: a[a] @ b []  Id: 1
# Query_time: 2.0
SET timestamp=1431857103;
SELECT 1
FROM t;
# User@Host: a[a] @ b []  Id: 2
SET timestamp=1431857104;
SELECT 2;
# Time: 2015-05-17T10:05:05Z
# User@Host: a[a] @ b []  Id: 1
SELECT 3;
";
    let batch = read(slow.as_bytes(), Limits::default());
    let last = |body: &[u8]| String::from_utf8_lossy(body).lines().last().map(str::to_owned);
    let lines: Vec<_> = batch.events.iter().filter_map(|(_, event)| last(&event.body)).collect();
    assert_eq!(lines, ["FROM t;", "SELECT 2;", "SELECT 3;"]);
    let times: Vec<_> = batch.events.iter().map(|(_, event)| event.time_nanos).collect();
    let expected = [1_431_857_103_500_000_000, 1_431_857_104_000_000_000, 1_431_857_105_000_000_000];
    assert_eq!(times, expected.map(Some));
    let local = "# Time: 150517 12:05:03\n# User@Host: a[a] @ b []\nSET timestamp=1431857103;\nSELECT 1;\n";
    let time = read(local.as_bytes(), Limits::default()).events[0].1.time_nanos;
    assert_eq!(time, Some(1_431_857_103_000_000_000), "what names no zone is of the server's");
}

#[test]
fn a_record_of_javas_own_logger_has_its_level_in_the_second_line() {
    let text = "\
May 17, 2015 10:05:03 AM org.example.Main start
INFO: started
May 17, 2015 10:05:04 AM org.example.Main run
SEVERE: failed
java.lang.IllegalStateException: no
\tat a.b.C
2015-05-17 10:05:05 WARN own level
INFO: not of it
2015-05-17 10:05:06 WARN own level
";
    let batch = read(text.as_bytes(), Limits::default());
    let level = |(_, event): &(_, cbad::Event)| event.severity.map(Severity::name);
    let levels: Vec<_> = batch.events.iter().filter_map(level).collect();
    assert_eq!(levels, ["info", "error", "warn", "info", "warn"]);
    assert!(batch.events[1].1.body.ends_with(b"at a.b.C"));
}
