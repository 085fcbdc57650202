//! Imports: once, twice, interrupted, out of order, and from files that change.

mod common;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use case::{Case, CaseError, ImportOutcome, ProblemSeverity, SourceBytes};
use cbad::{Stage, Unwatched, Watch};
use common::{Numbers, Outcome, SPANS_BEGIN, interrupt, later_each_time, span_line, spans, text_log};
use ingest::OpenOptions;

fn options() -> OpenOptions {
    OpenOptions::default()
}

#[test]
fn the_same_bytes_twice_change_nothing_and_say_so() -> Outcome {
    let folder = tempfile::tempdir()?;
    let log = text_log(folder.path(), "a.log", 2000)?;
    let copy = folder.path().join("copy.log");
    std::fs::copy(&log, &copy)?;
    let mut case = Case::create(&folder.path().join("a.driftlock"))?;
    assert_eq!(case.import(&log, &options(), &Unwatched)?.outcome, ImportOutcome::Imported);
    let before = case.content_sha256()?;
    for again in [&log, &copy] {
        let report = case.import(again, &options(), &Unwatched)?;
        assert_eq!(
            (report.outcome, report.capture.file_name.as_str()),
            (ImportOutcome::AlreadyThere, "a.log")
        );
    }
    assert_eq!(case.content_sha256()?, before);
    assert_eq!(case.captures()?.len(), 1);
    Ok(())
}

#[test]
fn an_import_stopped_anywhere_ends_up_as_if_it_had_not_been() -> Outcome {
    let folder = tempfile::tempdir()?;
    let log = text_log(folder.path(), "long.log", 320_000)?;
    let scattered = spans(folder.path(), "spans.jsonl", 3000)?;
    // Looks at the watch that one undisturbed import takes, about.
    for (capture, looks) in [(&log, 330), (&scattered, 16)] {
        let mut undisturbed = Case::temporary()?;
        undisturbed.import(capture, &options(), &Unwatched)?;
        let expected = undisturbed.content_sha256()?;
        let mut numbers = Numbers(11);
        let mut case = Case::create(&folder.path().join(format!("{looks}.driftlock")))?;
        let (mut interruptions, mut is_begun) = (0, false);
        let outcome = loop {
            match case.import(capture, &options(), &later_each_time(&mut numbers, looks, interruptions)) {
                Ok(report) => break report.outcome,
                Err(CaseError::Cancelled) => interruptions += 1,
                Err(other) => return Err(other.into()),
            }
            assert!(interruptions < 200, "a later try is not stopped any more");
            assert!(case.streams()?.is_empty(), "half an import is not shown");
            is_begun |= !case.captures()?.is_empty();
        };
        assert!(interruptions > 1, "{interruptions} interruptions test nothing");
        let way = if is_begun { ImportOutcome::Resumed } else { ImportOutcome::Imported };
        assert_eq!((outcome, case.content_sha256()?), (way, expected));
    }
    Ok(())
}

#[test]
fn an_interrupted_import_is_finished_by_the_case_alone() -> Outcome {
    let folder = tempfile::tempdir()?;
    let log = text_log(folder.path(), "long.log", 250_000)?;
    let mut undisturbed = Case::temporary()?;
    undisturbed.import(&log, &options(), &Unwatched)?;
    let mut case = Case::create(&folder.path().join("b.driftlock"))?;
    // A look a MiB of hashing and one a batch of 1,024 lines: past the first checkpoint, before the end.
    let begun = interrupt(&mut case, &log, &options(), (220, 1))?;
    assert!(begun.events < 250_000, "{} events", begun.events);
    drop(case);
    let mut case = Case::open(&folder.path().join("b.driftlock"))?;
    let reports = case.resume_imports(&Unwatched)?;
    assert_eq!(reports.iter().map(|report| report.outcome).collect::<Vec<_>>(), [ImportOutcome::Resumed]);
    assert_eq!(case.content_sha256()?, undisturbed.content_sha256()?);
    assert!(case.resume_imports(&Unwatched)?.is_empty());
    Ok(())
}

#[test]
fn a_capture_that_changed_meanwhile_is_not_gone_on_with() -> Outcome {
    let folder = tempfile::tempdir()?;
    let log = text_log(folder.path(), "long.log", 150_000)?;
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    interrupt(&mut case, &log, &options(), (20, 0))?;
    std::fs::OpenOptions::new().append(true).open(&log)?.write_all(b"one more line\n")?;
    assert!(matches!(case.resume_imports(&Unwatched), Err(CaseError::CannotResume { .. })));
    assert_eq!(case.import(&log, &options(), &Unwatched)?.outcome, ImportOutcome::Imported);
    assert_eq!(case.streams()?.first().map(|stream| stream.events), Some(150_001));
    Ok(())
}

/// Writes other bytes of the same length over a capture as soon as some of it has been read.
struct Overwrite<'a> {
    capture: &'a Path,
    is_done: AtomicBool,
}

impl Watch for Overwrite<'_> {
    fn progress(&self, _stage: Stage, done: u64, _total: u64) {
        if done > 0 && !self.is_done.swap(true, Ordering::Relaxed) {
            let text = std::fs::read(self.capture).expect("the capture is there");
            std::fs::write(self.capture, text.to_ascii_uppercase()).expect("it can be written");
        }
    }

    fn cancelled(&self) -> bool {
        false
    }
}

#[test]
fn a_capture_that_is_written_over_while_it_is_read_is_not_kept() -> Outcome {
    let folder = tempfile::tempdir()?;
    let log = text_log(folder.path(), "long.log", 150_000)?;
    let mut case = Case::create(&folder.path().join("e.driftlock"))?;
    let watch = Overwrite { capture: &log, is_done: AtomicBool::new(false) };
    let changed = case.import(&log, &options(), &watch);
    assert!(matches!(changed, Err(CaseError::CaptureChanged { .. })), "{changed:?}");
    assert!(case.captures()?.is_empty() && case.streams()?.is_empty());
    assert_eq!(case.import(&log, &options(), &Unwatched)?.outcome, ImportOutcome::Imported);
    Ok(())
}

#[test]
fn an_import_under_other_options_or_another_name_starts_over() -> Outcome {
    let folder = tempfile::tempdir()?;
    let log = text_log(folder.path(), "long.log", 150_000)?;
    let renamed = folder.path().join("renamed.log");
    std::fs::copy(&log, &renamed)?;
    let mut undisturbed = Case::temporary()?;
    undisturbed.import(&renamed, &options(), &Unwatched)?;
    let mut case = Case::create(&folder.path().join("d.driftlock"))?;
    interrupt(&mut case, &log, &options(), (20, 0))?;
    assert_eq!(case.import(&renamed, &options(), &Unwatched)?.outcome, ImportOutcome::Imported);
    assert_eq!(case.content_sha256()?, undisturbed.content_sha256()?);
    Ok(())
}

#[test]
fn records_are_events_plus_rejected_and_every_rejected_one_is_listed() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("half.jsonl");
    let mut text = String::new();
    for line in 0..300 {
        if line % 10 == 7 {
            writeln!(text, "{{\"msg\":\"broken {line}")?;
        } else {
            writeln!(text, "{{\"ts\":\"2026-03-01T00:00:00Z\",\"msg\":\"fine {line}\",\"n\":{line}}}")?;
        }
    }
    std::fs::write(&path, &text)?;
    let mut case = Case::temporary()?;
    let capture = case.import(&path, &options(), &Unwatched)?.capture;
    assert_eq!((capture.records, capture.events, capture.rejected), (300, 270, 30));
    assert_eq!(case.streams()?.iter().map(|stream| stream.events).sum::<u64>(), 270);
    let rejected: Vec<_> = case
        .problems(Some(capture.id), 1000, 0)?
        .into_iter()
        .filter(|problem| problem.severity == ProblemSeverity::Rejected)
        .collect();
    assert_eq!(rejected.len(), 30);
    for problem in &rejected {
        let bytes = &text[problem.source.offset as usize..problem.source.end() as usize];
        assert!(bytes.starts_with("{\"msg\":\"broken"), "{bytes}");
    }
    assert_eq!(case.problems(None, 5, 28)?.len() as u64, (capture.rejected + capture.notes - 28).min(5));
    Ok(())
}

#[test]
fn spans_stand_in_time_order_and_equal_times_as_written() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = Case::temporary()?;
    case.import(&spans(folder.path(), "spans.jsonl", 2000)?, &options(), &Unwatched)?;
    let streams = case.streams()?;
    let names: Vec<_> = streams.iter().map(|stream| stream.key.label()).collect();
    assert_eq!(names, ["checkout · spans", "payments · spans"], "numbered in key order");
    for stream in &streams {
        let events = case.events(stream.id, 0..stream.events)?;
        assert_eq!(events.len() as u64, stream.events);
        let order: Vec<_> =
            events.iter().map(|row| (row.event.time_nanos, row.event.source.offset)).collect();
        assert!(order.is_sorted(), "by time, then by place in the capture");
        assert!(events.iter().zip(0..).all(|(row, position)| row.position == position));
        let last = &events[events.len() - 1];
        assert_eq!(
            (events[0].event.time_nanos, last.event.time_nanos),
            (stream.start_nanos, stream.end_nanos)
        );
    }
    Ok(())
}

#[test]
fn times_lead_to_positions() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("few.jsonl");
    let lines: String = [3, 1, 2, 2, 9].map(|at| span_line("a", "x", SPANS_BEGIN + at) + "\n").concat();
    std::fs::write(&path, lines)?;
    let mut case = Case::temporary()?;
    case.import(&path, &options(), &Unwatched)?;
    let begin = SPANS_BEGIN as i64;
    for (start, end, positions) in
        [(0, 100, 0..5), (2, 3, 1..3), (4, 9, 4..4), (4, 10, 4..5), (10, 20, 5..5), (-9, 0, 0..0)]
    {
        let found = case.event_positions_at(0, begin + start, begin + end)?;
        assert!(
            found == positions || (found.is_empty() && positions.is_empty()),
            "{start}..{end}: {found:?}"
        );
    }
    assert!(case.events(0, 5..10)?.is_empty());
    assert!(matches!(case.event(0, 5), Err(CaseError::NoSuch { what: "event", available: Some(5), .. })));
    assert!(matches!(
        case.events(1, 0..1),
        Err(CaseError::NoSuch { what: "stream", available: Some(1), .. })
    ));
    Ok(())
}

#[test]
fn the_bytes_behind_an_event_are_exact_or_said_to_be_lost() -> Outcome {
    let folder = tempfile::tempdir()?;
    let plain = text_log(folder.path(), "plain.log", 500)?;
    let packed = folder.path().join("packed.log.zst");
    std::fs::write(&packed, zstd::bulk::compress(&std::fs::read(&plain)?, 3)?)?;
    let mut case = Case::temporary()?;
    case.import(&plain, &options(), &Unwatched)?;
    case.import(&packed, &options(), &Unwatched)?;
    for stream in [0, 1] {
        let event = case.event(stream, 250)?.event;
        let SourceBytes::Exact { bytes, range, .. } = case.source_bytes(stream, 250)? else {
            return Err("the capture is there and unchanged".into());
        };
        assert_eq!((&bytes, range), (&event.body, event.source));
    }
    let mut bytes = std::fs::read(&plain)?;
    bytes[100] ^= 1;
    std::fs::write(&plain, &bytes)?;
    assert!(
        matches!(case.source_bytes(0, 250)?, SourceBytes::Changed { difference, .. } if difference.contains("SHA-256"))
    );
    std::fs::write(&plain, &bytes[..1000])?;
    assert!(
        matches!(case.source_bytes(0, 250)?, SourceBytes::Changed { difference, .. } if difference.contains("1000"))
    );
    std::fs::remove_file(&plain)?;
    assert!(matches!(case.source_bytes(0, 250)?, SourceBytes::Missing { path } if path == plain));
    Ok(())
}

#[test]
fn what_cannot_be_a_capture_leaves_nothing_behind() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = Case::temporary()?;
    let empty = folder.path().join("empty.log");
    std::fs::write(&empty, "")?;
    let binary = folder.path().join("binary");
    std::fs::write(&binary, [b"\x7fELF".as_slice(), &[0; 4000]].concat())?;
    for path in [empty, binary, folder.path().join("missing.log"), folder.path().to_owned()] {
        let refused = case.import(&path, &options(), &Unwatched);
        assert!(matches!(refused, Err(CaseError::Ingest(_))), "{}: {refused:?}", path.display());
    }
    assert!(case.captures()?.is_empty());
    Ok(())
}

#[test]
fn a_capture_of_more_streams_than_the_limit_keeps_the_rest_together() -> Outcome {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("many.jsonl");
    let mut text = String::new();
    for line in 0..120_000_u64 {
        let service = if line < 100 { line % 3 } else { line % 12 };
        let filler = "of some length, so that there are several checkpoints";
        writeln!(
            text,
            r#"{{"ts":{},"service":"s{service}","msg":"line {line} {filler}"}}"#,
            1_714_557_601 + line
        )?;
    }
    std::fs::write(&log, text)?;
    let mut few = options();
    few.limits.streams = 5;
    let mut case = Case::temporary()?;
    let report = case.import(&log, &few, &Unwatched)?;
    assert_eq!((report.capture.events, report.capture.rejected, report.capture.notes), (120_000, 0, 1));
    let streams = case.streams()?;
    assert_eq!((streams.len(), streams.iter().filter(|row| row.key.is_further()).count()), (6, 1));
    assert_eq!(streams.iter().map(|row| row.events).sum::<u64>(), 120_000);
    let note = &case.problems(None, 9, 0)?[0];
    assert!(note.reason.contains("more than the 5 streams") && note.source.length > 0, "{note:?}");
    let run = case.analyze(&cbad::Config::default(), Some(1), &Unwatched)?;
    let said = run.streams.iter().find(|row| streams[row.stream as usize].key.is_further());
    assert!(said.and_then(|row| row.note.as_deref()).is_some_and(|note| note.contains("many streams")));
    let mut again = Case::create(&folder.path().join("again.driftlock"))?;
    let mut numbers = Numbers(5);
    let mut interruptions = 0;
    while again.import(&log, &few, &later_each_time(&mut numbers, 100, interruptions)).is_err() {
        interruptions += 1;
    }
    let expected = {
        let mut whole = Case::temporary()?;
        whole.import(&log, &few, &Unwatched)?;
        whole.content_sha256()?
    };
    assert_eq!((again.content_sha256()?, interruptions > 0), (expected, true));
    Ok(())
}

#[test]
fn a_capture_of_damaged_lines_is_committed_bit_by_bit() -> Outcome {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("damaged.jsonl");
    std::fs::write(&log, "{\"msg\":\"x\"}\n".repeat(300) + &"{\"a\":\n".repeat(60_000))?;
    let mut case = Case::temporary()?;
    let report = case.import(&log, &options(), &Unwatched)?;
    assert_eq!((report.capture.events, report.capture.rejected), (300, 60_000));
    assert_eq!(case.problems(None, 1, 59_999)?.len(), 1);
    let mut again = Case::create(&folder.path().join("again.driftlock"))?;
    let mut interruptions = 0;
    let mut numbers = Numbers(3);
    while again.import(&log, &options(), &later_each_time(&mut numbers, 16, interruptions)).is_err() {
        interruptions += 1;
    }
    assert_eq!((again.content_sha256()?, interruptions > 0), (case.content_sha256()?, true));
    Ok(())
}
