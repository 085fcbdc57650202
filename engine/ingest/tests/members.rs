//! Captures of several members: archives, archives in archives, folders, rotated sets.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

#[path = "common/archives.rs"]
mod archives;
mod common;

use archives::{Zipped, tar, tar_of, zip, zip_of};
use cbad::ByteRange;
use common::{data, gzip, open, read, read_from, shown, zstd};
use ingest::{
    Batch, Capture, Format, IngestError, Layer, Limits, Member, OpenOptions, ProblemKind, Wrapping,
    read_member_range,
};
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use tar::EntryType;

fn members(reading: &common::Reading) -> Vec<Member> {
    reading.batches.iter().flat_map(|batch| batch.members.clone()).collect()
}

fn names(members: &[Member]) -> Vec<&str> {
    members.iter().map(|member| member.name.as_str()).collect()
}

/// Text, JSON lines, OTLP in both encodings, one compressed and one in UTF-16.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let read = |name: &str| fs::read(data(name)).unwrap();
    let utf16 = String::from_utf8(read("app.log")).unwrap();
    vec![
        ("a/app.log", read("app.log")),
        ("b/app.jsonl.gz", gzip(&read("app.jsonl"))),
        ("c/logs.otlp", read("logs.otlp")),
        ("d/traces.jsonl", read("traces.jsonl")),
        ("e/windows.log", utf16.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ]
}

fn borrowed<'a>(files: &'a [(&'static str, Vec<u8>)]) -> Vec<(&'a str, &'a [u8])> {
    files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect()
}

fn expected() -> (usize, usize) {
    let readings = files().into_iter().map(|(_, bytes)| read(&bytes, &OpenOptions::default()));
    readings.fold((0, 0), |(events, rejected), reading| {
        (events + reading.events.len(), rejected + reading.rejected())
    })
}

fn long_log(lines: usize) -> Vec<u8> {
    (0..lines).flat_map(|n| format!("2024-05-17 10:05:03 line {n} of a long log\n").into_bytes()).collect()
}

#[test]
fn entries_of_archives_are_read_each_by_its_own_content() {
    let files = files();
    let (tarred, zipped) = (tar_of(&borrowed(&files)), zip_of(&borrowed(&files)));
    let cases = [
        (tarred.clone(), "tar"),
        (gzip(&tarred), "gzip+tar"),
        (zstd(&tarred), "zstd+tar"),
        (zipped.clone(), "zip"),
        (gzip(&zipped), "gzip+zip"),
    ];
    for (stored, wrapping) in cases {
        let reading = read(&stored, &OpenOptions::default());
        assert_eq!((reading.events.len(), reading.rejected()), expected(), "{wrapping}");
        assert_eq!(open(&stored, &OpenOptions::default()).unwrap().wrapping().name(), wrapping);
        let members = members(&reading);
        let shown: Vec<_> =
            members.iter().map(|member| (member.format.unwrap(), member.wrapping.name())).collect();
        let none = || "none".to_owned();
        assert_eq!(
            shown,
            [
                (Format::Text, none()),
                (Format::JsonLines, "gzip".to_owned()),
                (Format::OtlpProto, none()),
                (Format::OtlpJson, none()),
                (Format::Text, "utf-16le".to_owned())
            ]
        );
        for pair in members.windows(2) {
            assert_eq!(pair[1].begin, pair[0].begin + pair[0].length + 1, "one byte between members");
        }
        assert!(reading.events.iter().any(|(stream, _)| stream.name == "a/app.log"));
    }
}

#[test]
fn archives_in_archives_are_gone_into_to_the_limit() {
    let log = long_log(10);
    let inner = zip_of(&[("deep.log", &log)]);
    let stored = gzip(&tar_of(&[("in/inner.zip", &inner), ("top.log", &log)]));
    let reading = read(&stored, &OpenOptions::default());
    assert_eq!((reading.events.len(), reading.rejected()), (20, 0));
    assert_eq!(names(&members(&reading)), ["in/inner.zip/deep.log", "top.log"]);
    let inner = zip_of(&[("deep.log.gz", &gzip(&log))]);
    let stored = gzip(&tar_of(&[("inner.zip", &inner), ("top.log", &log)]));
    let reading = read(&stored, &OpenOptions::default());
    assert_eq!((reading.events.len(), reading.rejected()), (10, 1));
    let problem = &reading.problems[0];
    assert!(problem.reason.contains("the limit wrappings"), "{}", problem.reason);
    assert!(problem.hint.as_ref().unwrap().contains("--limit wrappings=4"));
    let mut options = OpenOptions::default();
    options.limits.wrappings = 4;
    assert_eq!(read(&stored, &options).events.len(), 20);
}

#[test]
fn what_is_not_followed_is_listed() {
    let log = long_log(3);
    let long = format!("{}/long.log", "x".repeat(150));
    let stored = tar(&[
        ("folder/", EntryType::Directory, "", b""),
        ("link.log", EntryType::Symlink, "/etc/passwd", b""),
        ("hard.log", EntryType::Link, "app.log", b""),
        ("device", EntryType::Char, "", b""),
        ("../../etc/app.log", EntryType::Regular, "", &log),
        (".hidden.log", EntryType::Regular, "", &log),
        ("sparse.log", EntryType::GNUSparse, "", &log),
        (&long, EntryType::Regular, "", &log),
    ]);
    let reading = read(&stored, &OpenOptions::default());
    // Among them one a log, whose times name no zone.
    assert_eq!((reading.events.len(), reading.rejected(), reading.problems.len()), (6, 1, 7));
    assert!(reading.problems[0].reason.contains("symbolic link to “/etc/passwd”, which is not followed"));
    assert_eq!(
        names(&members(&reading)),
        ["link.log", "hard.log", "device", "../../etc/app.log", ".hidden.log", "sparse.log", &long]
    );
    let mut locked = Zipped::deflated("locked.log", &log);
    locked.flags = 1;
    let mut link = Zipped::stored("link.log", b"/etc/passwd");
    link.unix_mode = 0o120_777;
    let mut odd = Zipped::stored("odd.log", &log);
    odd.method = 9;
    let mut torn = Zipped::deflated("torn.log", &log);
    torn.crc32 ^= 1;
    let stored = zip(&[locked, link, odd, torn, Zipped::deflated("fine.log", &log)]);
    let reading = read(&stored, &OpenOptions::default());
    let said = reading.problems.iter().map(|problem| problem.reason.as_str());
    let lost: Vec<_> = said.filter(|said| !said.contains("name no zone")).collect();
    assert!(lost[0].contains("locked.log: is encrypted"), "{lost:?}");
    assert!(lost[1].contains("symbolic link"), "{lost:?}");
    assert!(lost[2].contains("cannot be undone"), "{lost:?}");
    assert!(lost[3].contains("torn.log") && lost[3].contains("checksum"), "{lost:?}");
    assert_eq!((reading.events.len(), reading.rejected()), (6, 3));
}

#[test]
fn a_member_that_is_no_capture_loses_itself_alone() {
    let log = long_log(3);
    let random: Vec<u8> = (0..300_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let files: [(&str, &[u8]); 4] =
        [("a.png", &random), ("b.log", &log), ("empty.log", b""), ("c.log", &log)];
    for stored in [tar_of(&files), zip_of(&files)] {
        let reading = read(&stored, &OpenOptions::default());
        assert_eq!((reading.events.len(), reading.rejected()), (6, 1));
        let problem = &reading.problems[0];
        assert!(problem.reason.starts_with("a.png: is binary data"), "{}", problem.reason);
        assert_eq!(problem.source, ByteRange { offset: 0, length: 300_000 });
    }
    let nothing = zip_of(&[("a.png", &random)]);
    let error = open(&nothing, &OpenOptions::default()).err().unwrap();
    assert!(matches!(error, IngestError::Nothing { members: 1, .. }), "{error}");
    assert!(error.to_string().contains("a.png: is binary data"), "{error}");
}

#[test]
fn an_archive_that_breaks_off_keeps_what_came_before() {
    let files: [(&str, &[u8]); 2] = [("a.log", &long_log(300)), ("b.log", &long_log(300))];
    let tarred = tar_of(&files);
    for cut in (600..tarred.len() - 1024).step_by(777) {
        let reading = read(&tarred[..cut], &OpenOptions::default());
        // Between two entries, and in the padding behind one, nothing shows that there was more.
        let data = [512..512 + files[0].1.len(), tarred.len() / 2 + 500..tarred.len() - 1536];
        let in_data = data.iter().any(|range| range.contains(&cut));
        assert!(reading.rejected() == 1 || !in_data, "cut at {cut}: {:?}", reading.problems);
    }
    let packed = gzip(&tarred);
    let reading = read(&packed[..packed.len() / 2], &OpenOptions::default());
    assert!(!reading.events.is_empty() && reading.rejected() == 1, "{:?}", reading.problems);
    let zipped = zip_of(&files);
    let reading = read(&zipped[..zipped.len() / 2], &OpenOptions::default());
    assert!(!reading.events.is_empty() && reading.rejected() >= 1, "{:?}", reading.problems);
}

#[test]
fn what_stands_behind_the_end_of_an_archive_is_read_or_told() {
    let (one, other) = (tar_of(&[("a.log", &long_log(3))]), tar_of(&[("b.log", &long_log(4))]));
    let padded = [&one[..], &[0; 9216], &other, &[0; 700]].concat();
    let joined = [gzip(&one), gzip(&other)].concat();
    for stored in [[&one[..], &other].concat(), padded, joined] {
        let reading = read(&stored, &OpenOptions::default());
        assert_eq!((reading.events.len(), reading.rejected()), (7, 0), "{:?}", reading.problems);
        assert_eq!(names(&members(&reading)), ["a.log", "b.log"]);
    }
    for behind in [&b"no archive"[..], &[b'x'; 2000]] {
        let reading = read(&[&one[..], behind].concat(), &OpenOptions::default());
        assert_eq!((reading.events.len(), reading.rejected()), (3, 1), "{:?}", reading.problems);
        let said = reading.problems.iter().any(|problem| problem.reason.contains("behind the end"));
        assert!(said, "{:?}", reading.problems);
    }
}

#[test]
fn limits_end_a_capture_where_they_say() {
    let logs: Vec<(String, Vec<u8>)> = (0..10).map(|n| (format!("{n}.log"), long_log(10))).collect();
    let files: Vec<(&str, &[u8])> = logs.iter().map(|(name, log)| (name.as_str(), log.as_slice())).collect();
    for stored in [tar_of(&files), zip_of(&files)] {
        let limits = Limits { entries: 4, ..Limits::default() };
        let reading = read(&stored, &OpenOptions { limits, ..OpenOptions::default() });
        assert_eq!((reading.events.len(), reading.rejected()), (40, 1));
        let is_limit = |problem: &ingest::Problem| problem.reason.contains("the limit entries");
        assert!(reading.problems.iter().any(is_limit), "{:?}", reading.problems);
        let limits = Limits { decoded_bytes: 1000, ..Limits::default() };
        let reading = read(&stored, &OpenOptions { limits, ..OpenOptions::default() });
        assert_eq!(reading.rejected(), 1, "{:?}", reading.problems);
        let problem = reading.problems.last().unwrap();
        assert!(problem.reason.contains("the limit decoded-bytes"), "{}", problem.reason);
    }
}

#[test]
fn a_folder_is_read_in_the_order_of_writing_and_links_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::create_dir_all(at.join("sub/.git")).unwrap();
    let line = |name: &str| format!("2024-01-01 00:00:00 {name}\n").into_bytes();
    for name in ["app.log", "app.log.1", "other.log", "sub/x-2024-01-02.log", "sub/x-2024-01-01.log"] {
        fs::write(at.join(name), line(name)).unwrap();
    }
    fs::write(at.join("app.log.2.gz"), gzip(&line("app.log.2.gz"))).unwrap();
    fs::write(at.join(".bash_history"), b"secret").unwrap();
    fs::write(at.join("sub/.git/config"), b"secret").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", at.join("passwd.log")).unwrap();
    let reading = read_path(at, &OpenOptions::default());
    let bodies: Vec<_> = reading.bodies().iter().map(|body| body[20..].to_owned()).collect();
    let order =
        ["app.log.2.gz", "app.log.1", "app.log", "other.log", "sub/x-2024-01-01.log", "sub/x-2024-01-02.log"];
    assert_eq!(bodies, order);
    let streams: Vec<_> = reading.events.iter().map(|(stream, _)| stream.name.as_str()).collect();
    assert_eq!(streams, ["app.log", "app.log", "app.log", "other.log", "sub/x.log", "sub/x.log"]);
    let said = reading.problems.iter().map(|problem| problem.reason.as_str());
    let notes: Vec<_> = said.filter(|note| !note.contains("name no zone")).collect();
    assert!(notes.iter().all(|note| !note.contains("secret")));
    assert!(reading.problems.iter().all(|problem| problem.kind == ProblemKind::Note));
    #[cfg(unix)]
    assert_eq!(
        notes,
        [
            ".bash_history: is hidden",
            "passwd.log: is a symbolic link, which is not followed",
            "sub/.git: is hidden"
        ]
    );
    let set = OpenOptions { set: true, ..OpenOptions::default() };
    let reading = read_path(&at.join("app.log.1"), &set);
    assert_eq!(names(&members(&reading)), &order[..3]);
}

fn read_path(path: &Path, options: &OpenOptions) -> common::Reading {
    let mut capture = Capture::open(path, options).unwrap();
    let (mut reading, mut batch) = (common::Reading::default(), Batch::default());
    while capture.next_batch(&mut batch).unwrap() {
        reading.events.extend(batch.events.iter().cloned());
        reading.problems.extend(batch.problems.iter().cloned());
        reading.records += batch.records;
        reading.batches.push(batch.clone());
    }
    assert_eq!(reading.records as usize, reading.events.len() + reading.rejected());
    reading
}

#[test]
fn the_bytes_of_an_event_are_found_again_in_its_member() {
    let folder = tempfile::tempdir().unwrap();
    let files = files();
    let inner = zip_of(&borrowed(&files));
    let outer = gzip(&tar_of(&[("x.log", &long_log(50)), ("inner.zip", &inner), ("x.log", &long_log(9))]));
    let archives = [
        ("a.tar", tar_of(&borrowed(&files))),
        ("b.tar.gz", gzip(&tar_of(&borrowed(&files)))),
        ("c.zip", inner.clone()),
        ("d.tgz", outer),
    ];
    fs::create_dir(folder.path().join("files")).unwrap();
    for (name, bytes) in &files {
        fs::write(folder.path().join("files").join(name.replace('/', "-")), bytes).unwrap();
    }
    for (name, bytes) in &archives {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    for name in archives.iter().map(|(name, _)| *name).chain(["files"]) {
        let path = folder.path().join(name);
        let options =
            OpenOptions { limits: Limits { wrappings: 4, ..Limits::default() }, ..OpenOptions::default() };
        let reading = read_path(&path, &options);
        let wrapping = Capture::open(&path, &options).unwrap().wrapping().clone();
        let members = members(&reading);
        let mut found = 0;
        for (_, event) in reading.events.iter().filter(|(stream, _)| stream.name.contains(".log")) {
            let source = event.source;
            let member = members.iter().rfind(|member| member.begin <= source.offset).unwrap();
            let bytes = read_member_range(&path, &wrapping, (&member.name, member.begin), source).unwrap();
            assert_eq!(bytes, event.body, "{name}: {}", member.name);
            found += 1;
        }
        assert!(found > 3, "{name}: {found}");
    }
    let path = folder.path().join("a.tar");
    let range = ByteRange { offset: 0, length: 1 };
    let error = read_member_range(&path, &Wrapping::of(&[Layer::Tar]), ("gone", 0), range).unwrap_err();
    assert!(matches!(error, IngestError::NoMember { .. }), "{error}");
}

fn any_files() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let content = prop_oneof![
        prop::sample::select(vec!["app.log", "app.jsonl", "logs.otlp", "metrics.jsonl"])
            .prop_map(|name| fs::read(data(name)).unwrap()),
        (0..4000_usize).prop_map(long_log),
        prop::collection::vec(any::<u8>(), 0..300),
    ];
    let wrapped = (content, 0..4_u8).prop_map(|(bytes, wrapping)| match wrapping {
        0 => gzip(&bytes),
        1 => zstd(&bytes),
        _ => bytes,
    });
    prop::collection::vec(("[a-z./]{1,12}", wrapped), 1..6)
}

fn archived(files: &[(String, Vec<u8>)], kind: u8) -> Vec<u8> {
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    match kind {
        0 => tar_of(&files),
        1 => gzip(&tar_of(&files)),
        2 => zip_of(&files),
        _ => zstd(&zip_of(&files)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn going_on_within_any_archive_gives_the_same_as_one_pass(files in any_files(), kind in 0..4_u8) {
        let stored = archived(&files, kind);
        let options = OpenOptions::default();
        if let Ok(whole) = read_from(&stored, &options, 0) {
            for (stop, batch) in whole.batches.iter().enumerate() {
                let rest = read_from(&stored, &options, batch.next_offset).unwrap();
                prop_assert_eq!(format!("{:?}", rest.batches), format!("{:?}", &whole.batches[stop + 1..]));
            }
        }
    }

    #[test]
    fn damaged_archives_conserve(
        files in any_files(),
        kind in 0..4_u8,
        wounds in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut stored = archived(&files, kind);
        for (place, byte) in wounds {
            let at = place.index(stored.len());
            stored[at] = byte;
        }
        if let Some(cut) = cut {
            stored.truncate(cut.index(stored.len()).max(1));
        }
        let options = OpenOptions::default();
        if let Ok(reading) = read_from(&stored, &options, 0) {
            prop_assert_eq!(reading.records as usize, reading.events.len() + reading.rejected());
            let again = read_from(&stored, &options, 0).unwrap();
            prop_assert_eq!(shown(&again), shown(&reading));
            if let Some(last) = reading.batches.last() {
                prop_assert_eq!(read_from(&stored, &options, last.next_offset).unwrap().batches, vec![]);
            }
        }
    }
}
