//! Captures of several members: imported, interrupted, shown again, changed.

mod common;

use std::fs;
use std::path::Path;

use case::{Case, CaseError, ImportOutcome, SourceBytes};
use cbad::Unwatched;
use common::{Numbers, Outcome, interrupt, later_each_time, spans, text_log};
use ingest::{EventOrder, Limits, OpenOptions};

fn options() -> OpenOptions {
    OpenOptions::default()
}

/// A rotated log, spans and a hidden file.
fn folder(at: &Path) -> Outcome {
    for (name, lines) in [("app.log.1", 120_000), ("app.log", 90_000)] {
        text_log(at, name, lines)?;
    }
    fs::create_dir(at.join("traces"))?;
    spans(&at.join("traces"), "spans.jsonl", 3000)?;
    fs::write(at.join(".hidden"), "nothing to see")?;
    Ok(())
}

#[test]
fn a_folder_is_one_capture_with_its_members() -> Outcome {
    let at = tempfile::tempdir()?;
    folder(at.path())?;
    let mut case = Case::temporary()?;
    let report = case.import(at.path(), &options(), &Unwatched)?;
    let capture = report.capture;
    assert_eq!((capture.wrapping.name().as_str(), capture.events), ("folder", 213_000));
    assert_eq!((capture.order, capture.notes), (EventOrder::ByTime, 1));
    let members = case.members(capture.id, 10, 0)?;
    let names: Vec<_> = members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, [".hidden", "app.log.1", "app.log", "traces/spans.jsonl"]);
    assert_eq!(case.member_count(capture.id)?, 4);
    assert_eq!(members[0].sha256, None);
    assert_eq!(members[1].sha256.as_deref().map(str::len), Some(64));
    let streams = case.streams()?;
    let log = streams.iter().find(|stream| stream.key.name == "app.log").ok_or("the rotated log")?;
    assert_eq!(log.events, 210_000);
    let again = case.import(at.path(), &options(), &Unwatched)?;
    assert_eq!(again.outcome, ImportOutcome::AlreadyThere);
    for position in [0, 119_999, 120_000, 209_999] {
        let SourceBytes::Exact { bytes, .. } = case.source_bytes(log.id, position)? else {
            return Err("the folder is as it was".into());
        };
        assert_eq!(bytes, case.event(log.id, position)?.event.body);
    }
    fs::write(at.path().join("new.log"), "2024-01-01 00:00:00 new\n")?;
    assert!(matches!(case.source_bytes(log.id, 0)?, SourceBytes::Changed { .. }));
    Ok(())
}

#[test]
fn a_folder_stopped_anywhere_ends_up_as_if_it_had_not_been() -> Outcome {
    let at = tempfile::tempdir()?;
    let logs = at.path().join("logs");
    fs::create_dir(&logs)?;
    folder(&logs)?;
    let mut undisturbed = Case::temporary()?;
    undisturbed.import(&logs, &options(), &Unwatched)?;
    let expected = undisturbed.content_sha256()?;
    let mut case = Case::create(&at.path().join("a.driftlock"))?;
    let (mut numbers, mut interruptions) = (Numbers(5), 0);
    loop {
        match case.import(&logs, &options(), &later_each_time(&mut numbers, 230, interruptions)) {
            Ok(_) => break,
            Err(CaseError::Cancelled) => interruptions += 1,
            Err(other) => return Err(other.into()),
        }
        assert!(interruptions < 200, "a later try is not stopped any more");
    }
    assert!(interruptions > 1, "{interruptions} interruptions test nothing");
    assert_eq!(case.content_sha256()?, expected);
    Ok(())
}

#[test]
fn a_rotated_set_is_found_from_one_of_its_files_and_finished_by_the_case_alone() -> Outcome {
    let at = tempfile::tempdir()?;
    for (name, lines) in [("app.log.1", 120_000), ("app.log", 90_000), ("other.log", 5)] {
        text_log(at.path(), name, lines)?;
    }
    let set = OpenOptions { set: true, ..options() };
    let mut case = Case::create(&at.path().join("a.driftlock"))?;
    interrupt(&mut case, &at.path().join("app.log"), &set, (150, 0))?;
    let reports = case.resume_imports(&Unwatched)?;
    let capture = &reports[0].capture;
    assert_eq!((capture.wrapping.name().as_str(), capture.events), ("set", 210_000));
    assert_eq!(case.members(capture.id, 9, 0)?.len(), 2);
    let SourceBytes::Exact { bytes, .. } = case.source_bytes(0, 150_000)? else {
        return Err("the set is as it was".into());
    };
    assert_eq!(bytes, case.event(0, 150_000)?.event.body);
    Ok(())
}

#[test]
fn limits_are_kept_with_the_capture() -> Outcome {
    let at = tempfile::tempdir()?;
    let log = text_log(at.path(), "a.log", 500)?;
    let limits = Limits { decoded_bytes: 4000, ..Limits::default() };
    let mut case = Case::temporary()?;
    let report = case.import(&log, &OpenOptions { limits, ..options() }, &Unwatched)?;
    assert_eq!((report.capture.rejected, report.capture.decoded_bytes), (1, 4001));
    let problem = case.problems(None, 1, 0)?.remove(0);
    assert!(problem.reason.contains("the limit decoded-bytes"), "{}", problem.reason);
    assert_eq!(case.limits(report.capture.id)?, limits);
    Ok(())
}

#[test]
fn what_is_assumed_of_the_times_of_many_members_is_one_note() -> Outcome {
    let at = tempfile::tempdir()?;
    for name in ["a.log", "b.log", "c.log", "d.log", "e.log"] {
        fs::write(at.path().join(name), "2024-01-01 00:00:00 INFO begun\n2024-01-01 00:00:01 INFO done\n")?;
    }
    fs::write(at.path().join("utc.log"), "2024-01-01T00:00:00Z INFO begun\n")?;
    let mut case = Case::temporary()?;
    let capture = case.import(at.path(), &options(), &Unwatched)?.capture;
    assert_eq!((capture.events, capture.notes, capture.rejected), (11, 1, 0));
    let problems = case.problems(Some(capture.id), 10, 0)?;
    let [note] = &problems[..] else { return Err("one note".into()) };
    let zone = "the time stamps name no zone; they are taken to be UTC";
    assert_eq!(note.reason, format!("5 members (a.log, b.log, c.log and 2 more): {zone}"));
    assert_eq!((note.source.offset, note.line), (0, Some(1)), "the place is that of the first");
    assert!(case.verify(&Unwatched)?.is_sound());
    Ok(())
}

#[test]
fn problems_behind_joined_notes_keep_their_order() -> Outcome {
    let at = tempfile::tempdir()?;
    for name in ["a.jsonl", "b.jsonl"] {
        fs::write(at.path().join(name), "{\"ts\":\"2024-01-01 00:00:00\",\"m\":1}\n{\"a\":1,}\n{\"m\":2}\n")?;
    }
    let mut case = Case::temporary()?;
    let capture = case.import(at.path(), &options(), &Unwatched)?.capture;
    assert_eq!((capture.notes, capture.rejected), (1, 2));
    let reasons: Vec<String> =
        case.problems(Some(capture.id), 10, 0)?.into_iter().map(|problem| problem.reason).collect();
    assert!(reasons[0].starts_with("2 members (a.jsonl, b.jsonl): "), "{reasons:?}");
    assert!(reasons[1].starts_with("a.jsonl: ") && reasons[2].starts_with("b.jsonl: "), "{reasons:?}");
    assert!(case.verify(&Unwatched)?.is_sound());
    Ok(())
}
