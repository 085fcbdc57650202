//! Stamps as real logs write them, and what only looks like one.

use super::*;

const YEARS: Years = Years::new(2015);

/// 2015-05-17 10:05:03 UTC.
const SECONDS: i64 = 1_431_857_103;

fn nanos(millis: i64) -> i64 {
    SECONDS * 1_000_000_000 + millis * 1_000_000
}

#[test]
fn every_form_is_read_and_placed() {
    for (line, stamp, expected) in [
        ("2015-05-17T10:05:03Z x", "2015-05-17T10:05:03Z", nanos(0)),
        ("2015-05-17T10:05:03.123456789Z x", "2015-05-17T10:05:03.123456789Z", nanos(123) + 456_789),
        ("2015-05-17t10:05:03.12z", "2015-05-17t10:05:03.12z", nanos(120)),
        ("2015-05-17 10:05:03,123 INFO", "2015-05-17 10:05:03,123", nanos(123)),
        ("2015-05-17 10:05:03.5 x", "2015-05-17 10:05:03.5", nanos(500)),
        ("2015/05/17 10:05:03 [error]", "2015/05/17 10:05:03", nanos(0)),
        ("2015-05-17T12:05:03+02:00 x", "2015-05-17T12:05:03+02:00", nanos(0)),
        ("2015-05-17 12:05:03 +0200 x", "2015-05-17 12:05:03 +0200", nanos(0)),
        ("2015-05-17 08:05:03.000-02 x", "2015-05-17 08:05:03.000-02", nanos(0)),
        ("2015-05-17 10:05:03 UTC x", "2015-05-17 10:05:03 UTC", nanos(0)),
        ("2015-05-17 12:05:03.5 CEST [77] LOG:  x", "2015-05-17 12:05:03.5 CEST", nanos(500)),
        ("2015-05-17 05:05:03 EST x", "2015-05-17 05:05:03 EST", nanos(0)),
        ("2015-05-17 11:05:03 BST x", "2015-05-17 11:05:03 BST", nanos(0)),
        ("2015-05-17 10:05:03 IST x", "2015-05-17 10:05:03 IST", nanos(0)),
        ("2015-05-17 10:05:03 INFO x", "2015-05-17 10:05:03", nanos(0)),
        ("2015-05-17 10:05:03 EST_1 x", "2015-05-17 10:05:03", nanos(0)),
        ("2015-05-17 13:05:03.5 +03 [77] LOG:  x", "2015-05-17 13:05:03.5 +03", nanos(500)),
        ("2015-05-17 10:05:03 +03 degrees", "2015-05-17 10:05:03", nanos(0)),
        ("Sun May 17 12:05:03 CEST 2015 x", "Sun May 17 12:05:03 CEST 2015", nanos(0)),
        ("May 17 05:05:03.123 EST: %SYS-5-X: y", "May 17 05:05:03.123 EST", nanos(123)),
        ("May 17 10:05:03 EST su: x", "May 17 10:05:03", nanos(0)),
        ("2015-05-17 10:05:03 CAT-service x", "2015-05-17 10:05:03", nanos(0)),
        ("2015-05-17 10:05:03 UTCx", "2015-05-17 10:05:03", nanos(0)),
        ("2015-05-17 10:05:03 -5 degrees", "2015-05-17 10:05:03", nanos(0)),
        ("2015-05-17-10.05.03.123456 x", "2015-05-17-10.05.03.123456", nanos(123) + 456_000),
        ("[17/May/2015:12:05:03 +0200] x", "17/May/2015:12:05:03 +0200", nanos(0)),
        ("1.2.3.4 - - [17/May/2015:10:05:03 +0000] \"GET", "17/May/2015:10:05:03 +0000", nanos(0)),
        ("17-May-2015 10:05:03.123 x", "17-May-2015 10:05:03.123", nanos(123)),
        ("Sun, 17 May 2015 10:05:03 GMT", "17 May 2015 10:05:03 GMT", nanos(0)),
        ("[Sun May 17 10:05:03 2015] [error]", "Sun May 17 10:05:03 2015", nanos(0)),
        ("[Sun May 17 10:05:03.123456 2015] x", "Sun May 17 10:05:03.123456 2015", nanos(123) + 456_000),
        ("May 17 10:05:03 host app", "May 17 10:05:03", nanos(0)),
        ("May 17 2015 10:05:03: x", "May 17 2015 10:05:03", nanos(0)),
        ("<34>May 17 10:05:03 host", "May 17 10:05:03", nanos(0)),
        ("<34>1 2015-05-17T10:05:03.003Z host", "2015-05-17T10:05:03.003Z", nanos(3)),
        ("150517 100503 148 INFO", "150517 100503", nanos(0)),
        ("150517 10:05:03 [Note]", "150517 10:05:03", nanos(0)),
        ("150517  1:05:03 [Note]", "150517  1:05:03", nanos(-9 * 3_600_000)),
        ("15/05/17 10:05:03 INFO", "15/05/17 10:05:03", nanos(0)),
        ("20150517-10:05:03:606|Step", "20150517-10:05:03:606", nanos(606)),
        ("20150517-10:5:3:6|Step", "20150517-10:5:3:6", nanos(6)),
        ("20150517T100503.123Z x", "20150517T100503.123Z", nanos(123)),
        ("05-17 10:05:03.811  1702  2395 D x", "05-17 10:05:03.811", nanos(811)),
        ("05-17 12:05:03.811 +0200  1702  2395 D x", "05-17 12:05:03.811 +0200", nanos(811)),
        ("15/05/17 12:05:03 CEST x", "15/05/17 12:05:03 CEST", nanos(0)),
        ("2015-05-17 12:05:03:123 +0200 INFO", "2015-05-17 12:05:03:123 +0200", nanos(123)),
        ("2015-05-17 10:05:03:12 x", "2015-05-17 10:05:03", nanos(0)),
        ("2015-05-17 10:05:03:8080: x", "2015-05-17 10:05:03", nanos(0)),
        ("I0517 10:05:03.123456   1 main.go", "I0517 10:05:03.123456", nanos(123) + 456_000),
        ("1431857103 x", "1431857103", nanos(0)),
        ("1431857103.123456 x", "1431857103.123456", nanos(123) + 456_000),
        ("1431857103123 x", "1431857103123", nanos(123)),
        ("1431857103123456 x", "1431857103123456", nanos(123) + 456_000),
        ("1431857103123456789 x", "1431857103123456789", nanos(123) + 456_789),
        ("type=SYSCALL msg=audit(1431857103.123:24287): x", "1431857103.123", nanos(123)),
        ("level=info ts=1431857103.5 x", "1431857103.5", nanos(500)),
        ("time=\"2015-05-17T10:05:03Z\" level=info", "2015-05-17T10:05:03Z", nanos(0)),
        ("05/17/2015 10:05:03 x", "05/17/2015 10:05:03", nanos(0)),
        ("5/17/2015 10:05:03 AM,x", "5/17/2015 10:05:03 AM", nanos(0)),
        ("5/17/2015, 10:05:03.120 AM", "5/17/2015, 10:05:03.120 AM", nanos(120)),
        ("5/17/2015 10:05 pm", "5/17/2015 10:05 pm", nanos(0) + (12 * 3600 - 3) * 1_000_000_000),
        ("17/05/2015 10:05:03 x", "17/05/2015 10:05:03", nanos(0)),
        ("17.05.2015 10:05:03,123 x", "17.05.2015 10:05:03,123", nanos(123)),
        ("[17-05-2015 12:05:03 +0200] x", "17-05-2015 12:05:03 +0200", nanos(0)),
        ("May 17, 2015 10:05:03 AM org.x", "May 17, 2015 10:05:03 AM", nanos(0)),
        ("May 17, 2015, 10:05:03\u{202f}AM x", "May 17, 2015, 10:05:03\u{202f}AM", nanos(0)),
        ("May 17, 2015 @ 10:05:03.123", "May 17, 2015 @ 10:05:03.123", nanos(123)),
        ("2015-05-17 10:05:03 AM x", "2015-05-17 10:05:03 AM", nanos(0)),
        ("2015-05-17 10:05:03 AMX x", "2015-05-17 10:05:03", nanos(0)),
        ("\u{1b}[2m2015-05-17T10:05:03Z\u{1b}[0m x", "2015-05-17T10:05:03Z", nanos(0)),
        ("[pod/a/b] {\"level\": \"info\", \"ts\": 1431857103.5}", "1431857103.5", nanos(500)),
    ] {
        let found = find(line.as_bytes(), YEARS);
        let placed = found.map(|found| (&line[found.start..found.end], found.nanos));
        assert_eq!(placed, Some((stamp, expected)), "{line}");
    }
}

#[test]
fn what_only_looks_like_a_stamp_is_none() {
    for line in [
        "",
        "10:05:03 no date",
        "2015-05-17 no time",
        "2015-13-17 10:05:03",
        "2015-02-29 10:05:03",
        "2015-05-17 25:05:03",
        "x2015-05-17 10:05:03",
        "file.2015-05-17_10:05:03.log",
        "request 1431857103 in the middle",
        "1431857103abc",
        "9223372036.999999999 is past the last nanosecond that a count of them holds",
        "99999999999999999999",
        "123456 1234567",
        "081309 203615",
        "May 32 10:05:03",
        "Maybe 1 10:05:03",
        "port 50010 2015",
        "2015-05-17T10:05:0",
        "20150517-10:5",
        "I0517 ",
        "17/May/2015:10:05",
    ] {
        assert_eq!(find(line.as_bytes(), YEARS), None, "{line}");
    }
}

#[test]
fn a_date_in_the_text_is_not_the_time_of_a_line_whose_own_names_no_day() {
    for line in [
        "10:05:04.123 [main] WARN c.e.App - licence valid until 2030-01-01 00:00:00",
        "[10:05:04] [Server thread/INFO]: world of 2015-05-17 10:05:03",
        "\u{1b}[90m10:05AM\u{1b}[0m INF until 2030-01-01T00:00:00Z",
        "[    0.000000] Linux version 5.4.0 #46 SMP Fri Jul 10 00:24:02 UTC 2020",
        "[    1.123456] rtc_cmos 00:04: setting system clock to 2026-11-20T10:05:03 UTC",
    ] {
        assert_eq!(find(line.as_bytes(), YEARS), None, "{line}");
    }
    for line in ["10:05:04  [2015-05-17 10:05:03] of a build", "10:05 meet on 2015-05-17 10:05:03"] {
        assert_eq!(find(line.as_bytes(), YEARS).map(|stamp| stamp.nanos), Some(nanos(0)), "{line}");
    }
}

#[test]
fn only_the_first_bytes_of_a_line_are_searched() {
    let near = format!("{} 2015-05-17T10:05:03Z", "word ".repeat(20));
    let far = format!("{} 2015-05-17T10:05:03Z", "word ".repeat(40));
    assert!(find(near.as_bytes(), YEARS).is_some());
    assert_eq!(find(far.as_bytes(), YEARS), None);
}

#[test]
fn the_first_stamp_wins() {
    let line = "nova-api.log.1.2017-05-16_13:53:08 2015-05-17 10:05:03.008 2016-05-17 10:05:03";
    assert_eq!(find(line.as_bytes(), YEARS).map(|stamp| stamp.nanos), Some(nanos(8)));
}

#[test]
fn whole_fields_and_numbers() {
    assert_eq!(whole(b" 2015-05-17T10:05:03Z ", YEARS), Some(nanos(0)));
    assert_eq!(whole(b"2015-05-17T10:05:03Z and more", YEARS), None);
    assert_eq!(whole(b"", YEARS), None);
    for (digits, expected) in [
        ("1431857103", Some(nanos(0))),
        ("1431857103.1234567891", Some(nanos(123) + 456_789)),
        ("1431857103123", Some(nanos(123))),
        ("1431857103123.5", Some(nanos(123) + 500_000)),
        ("5", None),
        ("-1431857103", None),
        ("1e9", None),
        ("99999999999999999999", None),
        ("18446744073709551615", None),
    ] {
        assert_eq!(epoch(digits.as_bytes()), expected, "{digits}");
    }
}

#[test]
fn what_is_said_of_the_zone() {
    for (text, zone) in [
        ("2015-05-17 10:05:03", Zone::Missing),
        ("2015-05-17 10:05:03Z", Zone::Written),
        ("2015-05-17 10:05:03 +0000", Zone::Written),
        ("2015-05-17 10:05:03 JST", Zone::Written),
        ("2015-05-17 10:05:03 BST", Zone::Likely("BST")),
        ("2015-05-17 10:05:03 CST", Zone::Unclear("CST")),
        ("2015-05-17 10:05:03 QQT", Zone::Unknown),
        ("1431857103", Zone::Written),
    ] {
        assert_eq!(whole_stamp(text.as_bytes(), YEARS).map(|stamp| stamp.zone), Some(zone), "{text}");
    }
    assert_eq!(whole(b"2015-05-17 10:05:03 QQT", YEARS), Some(nanos(0)));
    assert_eq!(whole(b"2015-05-17 10:05:03 Boston", YEARS), None);
}

#[test]
fn stamps_without_a_year_say_so() {
    let yearless = |line: &str| find(line.as_bytes(), YEARS).and_then(|stamp| stamp.yearless);
    assert_eq!(yearless("May 17 10:05:03 x"), Some((5, 17)));
    assert_eq!(yearless("Sun May 17 10:05:03 2015 x"), None);
    assert_eq!(yearless("2015-05-17 10:05:03"), None);
    assert!(begins(b"Feb 29 10:05:03 x"), "a leap day is a day, whatever the assumed year");
}

#[test]
fn a_day_zero_without_a_year_is_no_stamp() {
    let years = Years { first: Some((12, 4)), ..YEARS };
    for line in
        ["05-00 10:05:03 x", "00-05 10:05:03 x", "May 0 10:05:03 x", "I0500 10:05:03 x", "13-01 10:05:03 x"]
    {
        assert_eq!(find(line.as_bytes(), years), None, "{line}");
    }
}

#[test]
fn which_number_is_the_day_is_shown_by_other_stamps_or_left_open() {
    let read = |line: &str, day_first| {
        let stamp = find(line.as_bytes(), Years { day_first, ..YEARS }).expect("it is a stamp");
        (stamp.nanos / 86_400_000_000_000 - 16_436, stamp.order)
    };
    // Days after 2015-01-01.
    assert_eq!(read("02/03/2015 10:05:03", false), (33, DayOrder::Open));
    assert_eq!(read("02/03/2015 10:05:03", true), (60, DayOrder::Open));
    assert_eq!(read("13/02/2015 10:05:03", false), (43, DayOrder::DayFirst));
    assert_eq!(read("02/13/2015 10:05:03", true), (43, DayOrder::MonthFirst));
    assert_eq!(read("02.03.2015 10:05:03", false), (60, DayOrder::Clear));
    assert_eq!(read("02/02/2015 10:05:03", false), (32, DayOrder::Clear));
    assert_eq!(read("2/13/15 10:05:03", false), (43, DayOrder::MonthFirst));
    for (line, short) in [
        ("15/02/13 10:05:03", ShortDates::YearMonthDay),
        ("13/02/15 10:05:03", ShortDates::DayMonthYear),
        ("02/13/15 10:05:03", ShortDates::MonthDayYear),
    ] {
        let stamp = find(line.as_bytes(), Years { short, ..YEARS }).expect("it is a stamp");
        assert_eq!((stamp.nanos, stamp.order), (nanos(0) - 93 * 86_400_000_000_000, DayOrder::Short(short)));
        assert!(begins(line.as_bytes()));
    }
}
