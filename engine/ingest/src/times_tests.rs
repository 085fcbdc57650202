//! What is said of times that lack a zone or a year.

use super::*;

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
