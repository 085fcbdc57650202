//! Cases of every earlier schema, made by the versions that wrote them: read as they are, moved forward with a copy.

mod common;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use case::{Case, CaseError, Query};
use cbad::{Config, Unwatched};
use common::{Outcome, text_log};
use ingest::OpenOptions;
use rusqlite::Connection;

const EARLIER: [(i64, &[u8]); 4] = [
    (1, include_bytes!("fixtures/schema-1.driftlock.zst")),
    (2, include_bytes!("fixtures/schema-2.driftlock.zst")),
    (3, include_bytes!("fixtures/schema-3.driftlock.zst")),
    (4, include_bytes!("fixtures/schema-4.driftlock.zst")),
];

fn unpacked(folder: &Path, schema: i64, packed: &[u8]) -> std::io::Result<PathBuf> {
    let path = folder.join(format!("schema-{schema}.driftlock"));
    std::fs::write(&path, zstd::decode_all(packed)?)?;
    Ok(path)
}

fn schema(path: &Path) -> rusqlite::Result<i64> {
    Connection::open(path)?.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names: Vec<_> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, _>>()?;
    names.sort();
    Ok(names)
}

fn count(case: &Case, text: &str) -> Result<u64, CaseError> {
    let query = Query::new().with_text(text, false);
    Ok(case.search(&query, 0, &Unwatched, &mut |_| ControlFlow::Continue(()))?.total)
}

#[test]
fn an_earlier_case_is_read_searched_and_verified_as_it_is() -> Outcome {
    for (number, packed) in EARLIER {
        let folder = tempfile::tempdir()?;
        let path = unpacked(folder.path(), number, packed)?;
        let before = std::fs::read(&path)?;
        let case = Case::open_read_only(&path)?;
        assert_eq!(case.captures()?.len(), 2);
        assert_eq!(count(&case, "cache hit for key")?, 240, "without a filter every block is read");
        let run = case.latest_run()?.ok_or("it was analysed")?;
        assert!(!case.findings(run.id)?.is_empty());
        let found = case.verify(&Unwatched)?;
        assert!(found.is_sound() && found.events > 240, "schema {number}: {found:?}");
        drop(case);
        assert_eq!(std::fs::read(&path)?, before);
        assert_eq!(schema(&path)?, number);
    }
    Ok(())
}

#[test]
fn what_is_added_moves_a_case_forward_and_keeps_what_it_had() -> Outcome {
    for (number, packed) in EARLIER {
        let folder = tempfile::tempdir()?;
        let path = unpacked(folder.path(), number, packed)?;
        let log = text_log(folder.path(), "later.log", 30_000)?;
        let mut case = Case::open(&path)?;
        let evidence = case.evidence_sha256()?;
        let (streams, runs) = (case.streams()?, case.runs()?);
        assert_eq!(schema(&path)?, number, "opening changes nothing");
        case.analyze(&Config { seed: 7, ..Config::default() }, None, &Unwatched)?;
        assert_eq!((schema(&path)?, case.evidence_sha256()?), (5, evidence));
        assert_eq!((case.streams()?, &case.runs()?[..runs.len()]), (streams, &runs[..]));
        case.import(&log, &OpenOptions::default(), &Unwatched)?;
        assert_eq!((count(&case, "cache hit for key 7919")?, count(&case, "pool exhausted")?), (1, 12));
        let latest = case.latest_run()?.ok_or("there are two")?;
        let mut windows = 0;
        for stream in &latest.streams {
            windows += case.windows(latest.id, stream.stream)?.len() as u64;
        }
        assert!(windows > 0 && windows == latest.windows);
        let found = case.verify(&Unwatched)?;
        assert!(found.is_sound(), "schema {number}: {found:?}");
        drop(case);
        assert_eq!(names(folder.path())?, ["later.log".to_owned(), format!("schema-{number}.driftlock")]);
    }
    Ok(())
}

#[test]
fn a_move_that_fails_leaves_the_case_and_a_copy_of_it() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (number, packed) = EARLIER[2];
    let path = unpacked(folder.path(), number, packed)?;
    // A table that is in the way of one that the step makes.
    Connection::open(&path)?.execute_batch("CREATE TABLE window_block (x)")?;
    let mut case = Case::open(&path)?;
    let evidence = case.evidence_sha256()?;
    for attempt in ["schema-3.driftlock.schema-3.backup", "schema-3.driftlock.schema-3.backup-2"] {
        let refused = case.analyze(&Config { seed: 9, ..Config::default() }, None, &Unwatched);
        let Err(error @ CaseError::Migration { found: 3, known: 5, .. }) = refused else {
            return Err(format!("{refused:?}").into());
        };
        let copy = folder.path().join(attempt);
        assert!(error.to_string().contains(&copy.display().to_string()), "{error}");
        assert_eq!(Case::open_read_only(&copy)?.evidence_sha256()?, evidence);
        assert_eq!((schema(&path)?, case.evidence_sha256()?), (3, evidence.clone()));
    }
    Ok(())
}

#[test]
fn without_room_for_a_copy_nothing_is_moved() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (number, packed) = EARLIER[2];
    let path = unpacked(folder.path(), number, packed)?;
    // Nothing can be written where a folder is.
    std::fs::create_dir(folder.path().join("schema-3.driftlock.schema-3.backup.partial"))?;
    let mut case = Case::open(&path)?;
    let refused = case.analyze(&Config { seed: 9, ..Config::default() }, None, &Unwatched);
    assert!(matches!(refused, Err(CaseError::Backup { .. })), "{refused:?}");
    assert_eq!(schema(&path)?, 3);
    Ok(())
}
