//! Runs: the same with any number of threads, stored once, whole or absent.

mod common;

use case::{Case, CaseError};
use cbad::{Baseline, Config, Unwatched};
use common::{CancelAfter, Outcome, spans, text_log};
use ingest::OpenOptions;

#[test]
fn threads_and_repetition_change_nothing() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (log, spans) = (text_log(folder.path(), "a.log", 3000)?, spans(folder.path(), "s.jsonl", 1500)?);
    let mut seen = Vec::new();
    for threads in [1, 2, 8] {
        let mut case = Case::temporary()?;
        case.import(&log, &OpenOptions::default(), &Unwatched)?;
        case.import(&spans, &OpenOptions::default(), &Unwatched)?;
        let run = case.analyze(&Config::default(), Some(threads), &Unwatched)?;
        let again = case.analyze(&Config::default(), None, &Unwatched)?;
        assert_eq!((run.id, &run), (again.id, &again), "the stored run is given back");
        seen.push((run.results_sha256, case.content_sha256()?));
    }
    assert!(seen.iter().all(|one| one == &seen[0]), "{seen:?}");
    Ok(())
}

#[test]
fn a_run_is_stored_as_it_was_found() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = Case::temporary()?;
    case.import(&text_log(folder.path(), "a.log", 3000)?, &OpenOptions::default(), &Unwatched)?;
    let run = case.analyze(&Config::default(), None, &Unwatched)?;
    let windows = case.windows(run.id, 0)?;
    assert_eq!((windows.len() as u64, run.streams[0].windows), (run.windows, run.windows));
    assert_eq!(windows.iter().filter(|window| window.flagged).count() as u64, run.flagged);
    let findings = case.findings(run.id)?;
    assert_eq!(findings.len() as u64, run.findings);
    let first = &findings[0];
    assert!(
        first.finding.flagged && (first.finding.first_event..=first.finding.last_event).contains(&1505),
        "the burst"
    );
    assert_eq!(case.finding(run.id, 1)?, *first);
    assert!(matches!(case.finding(run.id, 99), Err(CaseError::NoSuch { what: "finding", id: 99, .. })));
    let other = Config { seed: 7, baseline: Baseline::Trailing { events: 400 }, ..Config::default() };
    let second = case.analyze(&other, None, &Unwatched)?;
    assert_eq!((second.id, &second.config), (run.id + 1, &other));
    assert_eq!(case.runs()?, [run, second.clone()]);
    assert_eq!(case.latest_run()?, Some(second));
    Ok(())
}

#[test]
fn a_stopped_analysis_leaves_no_run() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = Case::temporary()?;
    assert!(matches!(
        case.analyze(&Config::default(), None, &Unwatched),
        Err(CaseError::NothingToAnalyze { .. })
    ));
    case.import(&text_log(folder.path(), "a.log", 3000)?, &OpenOptions::default(), &Unwatched)?;
    for looks in [0, 1, 2, 40] {
        let stopped = case.analyze(&Config::default(), Some(2), &CancelAfter::new(looks));
        assert!(matches!(stopped, Err(CaseError::Cancelled)), "{looks}: {stopped:?}");
        assert!(case.runs()?.is_empty());
    }
    Ok(())
}

#[test]
fn a_run_of_an_earlier_engine_says_so_and_keeps_its_findings() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("c.driftlock");
    let mut case = Case::create(&path)?;
    case.import(&text_log(folder.path(), "a.log", 3000)?, &OpenOptions::default(), &Unwatched)?;
    let run = case.analyze(&Config::default(), None, &Unwatched)?;
    let new = case.windows(run.id, 0)?;
    drop(case);
    // As 0.1.0 left it: windows in a shorter layout, findings without what was added since.
    let raw = rusqlite::Connection::open(&path)?;
    raw.execute("UPDATE run SET engine = 'cbad 0.1.0', key_sha256 = x'00'", [])?;
    raw.execute("UPDATE window SET payload = x'0102'", [])?;
    raw.execute("DELETE FROM window_block", [])?;
    raw.execute(
        "UPDATE finding SET payload = json_remove(payload, '$.surprise_bits', '$.explanation.lenses', '$.explanation.shifts')",
        [],
    )?;
    drop(raw);
    let mut case = Case::open(&path)?;
    let error = case.windows(run.id, 0).expect_err("the windows have another layout");
    assert!(matches!(&error, CaseError::OtherLayout { engine, .. } if engine == "cbad 0.1.0"), "{error}");
    let said = error.to_string();
    assert!(said.contains("made by engine cbad 0.1.0") && said.contains("analyse again"), "{said}");
    let findings = case.findings(run.id)?;
    assert!(findings[0].finding.flagged && findings[0].finding.explanation.shifts.is_empty());
    let again = case.analyze(&Config::default(), None, &Unwatched)?;
    assert_ne!(again.id, run.id, "another engine makes another run");
    assert_eq!(case.windows(again.id, 0)?, new);
    Ok(())
}
