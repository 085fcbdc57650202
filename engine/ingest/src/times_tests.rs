//! What is said of times that lack a zone or a year.

use super::*;
use crate::dates::Dates;

fn said(format: Format, capture: &str) -> Option<(String, u64, Option<u64>)> {
    let options = OpenOptions::default();
    let note = note(format, &Probe::new(capture.as_bytes(), true, &options), &options)?;
    assert!(note.hint.is_some(), "{capture}");
    Some((note.reason, note.source.offset, note.line))
}

#[test]
fn what_lines_lack_is_said_at_its_first_place() {
    let utc = "2024-01-01T00:00:00Z a\n";
    for (second, expected) in [
        ("2024-01-01 00:00:01 CEST [7] LOG: b\n", None),
        ("2024-01-01 00:00:01 INFO b\n", Some("some time stamps name no zone; they are taken to be UTC")),
        (
            "2024-01-01 00:00:01 CST b\n",
            Some("the zone CST of the time stamps means several offsets; they are taken to be UTC"),
        ),
        (
            "2024-07-01 00:00:01 BST b\n",
            Some("the zone BST of the time stamps has more than one meaning; it is taken to be UTC+01:00"),
        ),
    ] {
        let expected = expected.map(|reason| (reason.to_owned(), utc.len() as u64, Some(2)));
        assert_eq!(said(Format::Text, &format!("{utc}{second}")), expected, "{second}");
    }
    let unzoned = "2024-07-01 00:00:00 INFO a\n";
    let reason = "the time stamps name no zone; they are taken to be UTC".to_owned();
    assert_eq!(said(Format::Text, unzoned), Some((reason, 0, Some(1))));
    assert_eq!(said(Format::Text, "no time at all\n"), None);
}

#[test]
fn what_json_times_lack_is_said() {
    let zoned = "{\"time\":\"2024-01-01 00:00:00 EST\",\"m\":\"at 2023-01-01 00:00:00\"}\n";
    assert_eq!(said(Format::JsonLines, zoned), None, "only the field of the time counts");
    let reason = "some time stamps name no zone; they are taken to be UTC".to_owned();
    let two = format!("{zoned}{{\"a\":1,\"time\":\"2024-01-01T00:00:00\"}}\n");
    assert_eq!(said(Format::JsonLines, &two), Some((reason, zoned.len() as u64, Some(2))));
    let ranked = "{\"_time\":\"2024-01-01T00:00:00\",\"ts\":\"2024-01-01T00:00:00Z\"}\n";
    assert_eq!(said(Format::JsonLines, ranked), None, "the field that gives the time counts");
    let nested = "{\"events\":[{\"timestamp\":\"2024-01-01T00:00:00.5\"}]}\n";
    assert!(said(Format::Lynex, nested).is_some());
}

#[test]
fn days_that_could_be_months_and_numbers_that_are_taken_for_times_are_said() {
    let open = "02/03/2024 10:00:00Z a\n";
    let reason = "day and month of the time stamps could be either way round; the first number is taken to be the month";
    assert_eq!(said(Format::Text, open), Some((reason.to_owned(), 0, Some(1))));
    assert_eq!(
        said(Format::Text, &format!("{open}13/03/2024 10:00:00Z a\n")),
        None,
        "a thirteenth day tells"
    );
    let shown =
        OpenOptions { dates: Dates { day_first: Some(true), ..Dates::default() }, ..OpenOptions::default() };
    let probe = Probe::new(open.as_bytes(), true, &shown);
    assert!(probe.stamps.years.day_first && note(Format::Text, &probe, &shown).is_none());

    let short = "18/11/26 10:00:00Z a\n";
    let (reason, ..) = said(Format::Text, short).expect("it is a guess");
    assert!(reason.ends_with("taken to be year, month, day"), "{reason}");

    let flows = "start end action\n2 eni-1 1700000000 1700000060 ACCEPT\n".to_owned()
        + &"2 eni-1 1700000007 1700000067 REJECT\n".repeat(12);
    let (reason, offset, line) = said(Format::Text, &flows).expect("it is a guess");
    assert!(reason.contains("could be a time since 1970"), "{reason}");
    assert_eq!((offset, line), (17, Some(2)));
    let probe = Probe::new(flows.as_bytes(), true, &OpenOptions::default());
    let stamp = stamp::find(b"2 eni-1 1700000007 1700000067 REJECT", probe.stamps.years).expect("a number");
    assert_eq!((stamp.nanos, stamp.start, stamp.end), (1_700_000_007_000_000_000, 8, 18));
    assert_eq!(said(Format::Text, &flows.replace(" 17000000", " 900000")), None, "no numbers that could be");
    let apart = "a 1500000000\nb 1600000000\nc 1700000000\n";
    assert_eq!(said(Format::Text, apart), None, "numbers years apart are no times of one capture");
    assert_eq!(said(Format::Table, &flows), None, "rows have columns");
}

#[test]
fn a_date_and_a_time_of_day_lack_a_zone_where_none_is_beside_them() {
    let line = "date=2024-03-04 time=10:00:00 level=info\n";
    let expected = ("the time stamps name no zone; they are taken to be UTC".to_owned(), 0, Some(1));
    assert_eq!(said(Format::Logfmt, line), Some(expected));
    assert_eq!(said(Format::Logfmt, &line.replace(" level", " tz=\"+0200\" level")), None);
}
