//! Runs that look at some signals only, and places of a capture that no event is of.

use case::{Case, CaseError, ProblemList, ProblemSeverity, SourceBytes};
use cbad::{Config, Signal, Stage, Unwatched, Watch};
use ingest::OpenOptions;
use testkit::synth::Company;

type Failure = Box<dyn std::error::Error>;

#[test]
fn signals_that_are_left_out_have_no_windows_and_the_run_says_which() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let capture = folder.path().join("company.jsonl");
    let company = Company { minutes: 1, rate: 2.0, ..Company::new(11) };
    company.plan()?.write(&mut std::fs::File::create(&capture)?)?;
    let mut case = Case::create(&folder.path().join("a.driftlock"))?;
    case.import(&capture, &OpenOptions::default(), &Unwatched)?;
    let all = case.analyze(&Config::default(), None, &Unwatched)?;
    assert!(!serde_json::to_string(&all.config)?.contains("signals"), "as runs of before have it");
    let logs = Config { signals: vec![Signal::Log], ..Config::default() };
    let some = case.analyze(&logs, None, &Unwatched)?;
    assert_eq!((some.id == all.id, &some.config), (false, &logs));
    assert_eq!(case.analyze(&logs, None, &Unwatched)?.id, some.id, "the same run again");
    let streams = case.streams()?;
    assert!(streams.iter().any(|row| row.key.signal == Signal::Span), "there is something to leave out");
    for ((stream, before), after) in streams.iter().zip(&all.streams).zip(&some.streams) {
        if stream.key.signal == Signal::Log {
            assert_eq!((after.windows, &after.note), (before.windows, &before.note));
        } else {
            let note = after.note.as_deref().unwrap_or_default();
            assert!(after.windows == 0 && note.contains(stream.key.signal.name()), "{note}");
        }
    }
    Ok(())
}

/// Wants nothing any more.
struct Cancelled;

impl Watch for Cancelled {
    fn progress(&self, _stage: Stage, _done: u64, _total: u64) {}

    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn problems_are_listed_by_kind_and_lead_to_their_bytes() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let capture = folder.path().join("shop.jsonl");
    let mut lines = testkit::captures::shop(200, 0..0).into_bytes();
    let first_bad = lines.len() as u64;
    lines.extend_from_slice(b"{\"resourceLogs\": [broken\n");
    lines.extend_from_slice(testkit::captures::shop(50, 0..0).as_bytes());
    lines.extend_from_slice(b"{\"resourceLogs\": 7\n");
    std::fs::write(&capture, &lines)?;
    let mut case = Case::create(&folder.path().join("a.driftlock"))?;
    case.import(&capture, &OpenOptions::default(), &Unwatched)?;
    let rejected = ProblemList { severity: Some(ProblemSeverity::Rejected), ..ProblemList::default() };
    let rows = case.problems_listed(&rejected, 10, 0)?;
    assert_eq!(rows.len() as u64, case.captures()?[0].rejected);
    assert!(rows.len() >= 2 && rows.iter().all(|row| row.severity == ProblemSeverity::Rejected));
    let worst_first = ProblemList { by_kind: true, ..ProblemList::default() };
    assert_eq!(case.problems_listed(&worst_first, 1, 1)?, rows[1..2]);
    let elsewhere = ProblemList { capture: Some(99), ..ProblemList::default() };
    assert!(case.problems_listed(&elsewhere, 10, 0)?.is_empty());
    assert_eq!(rows[0].source.offset, first_bad);
    let SourceBytes::Exact { bytes, .. } = case.capture_bytes(rows[0].capture, rows[0].source, &Unwatched)?
    else {
        panic!("the capture is where it was");
    };
    assert!(bytes.starts_with(b"{\"resourceLogs\": [broken"), "{}", String::from_utf8_lossy(&bytes));
    assert!(matches!(case.watched(&Cancelled, || case.problems(None, 1, 0)), Err(CaseError::Cancelled)));
    Ok(())
}
