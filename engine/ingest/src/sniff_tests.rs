//! What captures are taken for.

use super::*;

fn sniffed(text: &[u8]) -> Sniffed {
    sniff_bytes(text, true, &OpenOptions::default()).expect("it can be read")
}

#[test]
fn formats_are_recognised_by_content() {
    use Format::{JsonLines, OtlpJson, Text};
    for (text, format) in [
        (&b"hello\nworld\n"[..], Text),
        (b"2015-05-17 10:05:03 x\n", Text),
        (b"[17/May/2015:10:05:03 +0000] x\n", Text),
        (b"{not json\n{either\n", Text),
        (b"{\"a\":1}\n{\"b\":2}\n", JsonLines),
        (b"\xef\xbb\xbf{\"a\":1}\n", JsonLines),
        (b"\x1e{\"a\":1}\n\x1e{\"a\":1}\n", JsonLines),
        (b"[{\"a\":1},{\"b\":2}]", JsonLines),
        (b"starting\n{\"a\":1}\n{\"b\":2}\n", JsonLines),
        (b"text\ntext\n{\"b\":2}\n", Text),
        (b"{\"resourceLogs\":[]}\n", OtlpJson),
        (b"{\"resource_spans\":[]}\n{\"resourceMetrics\":[]}\n", OtlpJson),
        (b"{\n \"batches\": [\n {}\n ]\n}\n", OtlpJson),
        (b"{\"trace\":{\"resourceSpans\":[]}}", OtlpJson),
        (b"{\"resourceLogs\":[{\"scopeLo", OtlpJson),
    ] {
        assert_eq!(sniffed(text).format, format, "{}", text.escape_ascii());
    }
}

#[test]
fn documents_over_several_lines_are_told_from_damaged_lines() {
    use Framing::{Lines, Sequence, Values};
    for (text, framing) in [
        (&b"{\"a\":1}\n{\"b\":2}\n"[..], Lines),
        (b"{\"a\":1\n{\"b\":2}\n{\"c\":3}\n", Lines),
        (b"{\"a\":\"cut\n{\"b\":2}\n", Lines),
        (b"{\"a\":\n", Lines),
        (b"{\n\"a\":1\n}\n", Values),
        (b"{\n\"a\":1,\n\"b\":\n", Values),
        (b"[\n{\"a\":1}\n]", Values),
        (b"[\n{\"a\":1},\n{\"b\"", Values),
        (b"[error] x\n", Lines),
        (b"{\"a\":1}{\"b\":2}", Lines),
        (b"\x1e{\"a\":1}\n\x1e{\"b\":\n2}\n", Sequence),
        (b"", Lines),
    ] {
        assert_eq!(sniffed(text).framing, framing, "{}", text.escape_ascii());
    }
}

#[test]
fn what_is_no_capture_is_refused_by_name() {
    for (bytes, what) in [
        (&b"7z\xbc\xaf\x27\x1crest"[..], "a 7-Zip archive"),
        (b"ARROW1rest", "an Arrow file"),
        (b"SQLite format 3\x00rest", "a SQLite database"),
        (b"\x00\x01\x02\x03\x04\x05", "binary data"),
        (b"abc\xff\xfe\xfd\xfc", "binary data"),
    ] {
        let refusal = sniff_bytes(bytes, true, &OpenOptions::default()).expect_err("refused");
        assert_eq!(refusal.what, what);
    }
    let refusal = sniff_bytes(b"ab\x01\x02", true, &OpenOptions::default()).expect_err("refused");
    assert_eq!(refusal.offset, 2);
}

#[test]
fn a_format_that_was_asked_for_is_taken() {
    let options = OpenOptions { format: Some(Format::Text), ..OpenOptions::default() };
    let sniffed = sniff_bytes(b"\x00\x01\x02{}", true, &options).expect("taken");
    assert_eq!((sniffed.format, sniffed.confidence), (Format::Text, 1.0));
}

#[test]
fn stamped_text_is_surer_than_plain_text() {
    let stamped = sniffed(b"2015-05-17 10:05:03 x\n2015-05-17 10:05:04 x\n");
    let plain = sniffed(b"x\ny\n");
    assert_eq!((stamped.confidence, stamped.stamped), (1.0, true));
    assert_eq!((plain.confidence, plain.stamped), (0.5, false));
    assert_eq!(plain.note, None);
}

#[test]
fn years_that_are_missing_are_noted_once() {
    let sniffed = sniffed(b"Dec 30 10:05:03 x\nDec 31 10:05:04 x\n");
    assert_eq!(sniffed.years.first, Some((12, 30)));
    assert!(sniffed.note.is_some_and(|note| note.reason.contains("1970")));
}

#[test]
fn line_formats_are_told_from_what_looks_like_them() {
    use Format::{
        Access, Cri, Docker, JournalExport, JournalJson, JsonLines, Logfmt, Syslog, SyslogOctets, Table,
        Text, W3c,
    };
    for (text, format) in [
        // logfmt against prose with pairs in it, auditd, and settings.
        ("level=info msg=\"a b\" took=3\n", Logfmt),
        ("ts=2015-05-17T10:05:03Z level=warn caller=main.go:3 msg=x\n", Logfmt),
        ("2015-05-17 10:05:03 INFO request done status=200 took=3ms\n", Text),
        ("request done status=200 took=3ms level=info\n", Text),
        ("type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e syscall=2 success=no\n", Text),
        ("user=ann\nhost=web\n", Text),
        ("a=1 b=2\n", Text),
        ("2015-05-17 10:05:03 level=info msg=x a=1\n", Text),
        // syslog against what begins with the same stamps.
        ("<34>Oct 11 22:14:15 mymachine su: 'su root' failed\n", Syslog),
        ("<165>1 2003-10-11T22:14:15.003Z host evntslog - ID47 - x\n", Syslog),
        ("Mar 27 13:06:56 ip-10-77-20-248 sshd[1291]: Server listening\n", Syslog),
        ("Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure\n", Syslog),
        (
            "2024-05-01T10:00:00.123456+02:00 web-1 sshd[12]: x\n2024-05-01T10:00:01+02:00 web-1 CRON: y\n",
            Syslog,
        ),
        ("2024-05-01T10:00:00Z main Server: started\n", Text),
        ("2024-05-01T10:00:00Z INFO main[12]: started\n", Text),
        ("Mar 27 13:06:56 ERROR main: failed\n", Text),
        ("Mar 27 13:06:56 something happened here\n", Text),
        ("<root>\n<a>1</a>\n</root>\n", Text),
        ("28 <34>Oct 11 22:14:15 h su: ab29 <34>Oct 11 22:14:15 h su: a\nb", SyslogOctets),
        ("12 <b>bold</b>\n13 <i>x</i>\n", Text),
        // Lines that a damaged one stands among.
        (
            "ts=2024-01-01T00:00:00Z level=info msg=a\nts=2024-01-01T00:00:01Z level=error msg=\"cut\n\
          ts=2024-01-01T00:00:02Z level=info msg=b \"c d\"=2\n",
            Logfmt,
        ),
        (
            "<165>1 2003-10-11T22:14:15.003Z mm ev - ID47 - a\n<34>1 2003-10-11T24:14:00Z h a - - - b\n\
          <34>1 2003-10-11T22:14:15Z h a - - [x@1 a=\"unclosed\n",
            Syslog,
        ),
        // Journals against environment files and other JSON.
        ("__CURSOR=s=1\n__REALTIME_TIMESTAMP=1\nMESSAGE=x\n\n", JournalExport),
        ("PATH=/bin\nHOME=/root\n", Text),
        ("{\"__CURSOR\":\"s\",\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\":\"x\"}\n", JournalJson),
        ("data: {\"__CURSOR\":\"s\",\"__REALTIME_TIMESTAMP\":\"1\"}\n\n", JournalJson),
        ("data: {\"a\":1}\n", Text),
        ("{\"MESSAGE\":\"x\",\"PRIORITY\":\"6\"}\n", JsonLines),
        // Access logs.
        ("1.2.3.4 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5\n", Access),
        ("v:80 ::1 - a b [17/May/2015:10:05:03 +0000] \"-\" 408 - \"-\" \"-\"\n", Access),
        ("[17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5\n", Text),
        ("1.2.3.4 - - [17/May/2015:10:05:03 +0000] something else\n", Text),
        ("#Software: x\n#Fields: date time\n2015-05-17 10:05:03\n", W3c),
        ("# comment\nline\n", Text),
        // Containers against applications that use the same names.
        ("2016-10-06T00:17:09.669794202Z stdout F x\n", Cri),
        ("2016-10-06T00:17:09.669794202Z stdout closed\n", Text),
        ("{\"log\":\"x\\n\",\"stream\":\"stdout\",\"time\":\"2016-10-06T00:17:09Z\"}\n", Docker),
        (
            "{\"log\":\"x\",\"stream\":\"stdout\",\"time\":\"2016-10-06T00:17:09Z\",\"level\":\"info\"}\n",
            JsonLines,
        ),
        ("{\"level\":\"info\",\"msg\":\"a=1 b=2\"}\n", JsonLines),
        // Tables against text with commas, tabs and bars.
        ("time,value\n2015-05-17 10:05:03,1\n2015-05-17 10:05:04,2\n", Table),
        ("a\tb\n1\t2\n3\t4\n", Table),
        ("LineId,Content,EventId,Note\n1,\"x, y\",E1,a\n2,z,E2,b\n", Table),
        ("2015-05-17 10:05:03,123 INFO x\n2015-05-17 10:05:04,456 WARN y\n", Text),
        ("hello, world, again, friends\none, two, three, four\nand, so, on, ever\n", Text),
        (
            "20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged 3579\n\
          20171223-22:15:29:615|Step_LSC|30002312|onExtend:1514038530000 14 0 4\n",
            Text,
        ),
        ("one line only\n", Text),
        ("2015-05-17 10:05:03\tINFO\tstarted\n2015-05-17 10:05:04\tWARN\tslow\n", Text),
        ("INFO,started\nWARN,slow\nINFO,done\n", Text),
    ] {
        assert_eq!(sniffed(text.as_bytes()).format, format, "{text}");
    }
}

#[test]
fn a_general_format_is_less_sure_beside_a_telling_one() {
    let candidates = sniffed(b"{\"resourceLogs\":[]}\n").candidates;
    assert_eq!(candidates[0], (Format::OtlpJson, 1.0));
    assert!(candidates.contains(&(Format::JsonLines, 0.5)), "{candidates:?}");
    assert_eq!(sniffed(b"{\"a\":1}\n").candidates[0], (Format::JsonLines, 1.0));
}

#[test]
fn what_was_assumed_of_times_is_said() {
    for (text, reason) in [
        ("Mar 27 13:06:56 h sshd[1]: x\n", Some("no year and no zone")),
        ("time,value\n2015-05-17 10:05:03,1\n2015-05-17 10:05:04,2\n", Some("no zone")),
        ("time,value\n2015-05-17T10:05:03Z,1\n2015-05-17T10:05:04Z,2\n", None),
        ("1.2.3.4 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5\n", None),
    ] {
        let note = sniffed(text.as_bytes()).note.map(|note| note.reason);
        assert_eq!(note.is_some(), reason.is_some(), "{text} {note:?}");
        assert!(reason.is_none_or(|reason| note.is_some_and(|note| note.contains(reason))), "{text}");
    }
}
