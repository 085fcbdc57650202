//! What is purged is gone, from the file too; what is left is whole, and says what went.

mod common;

use case::{Case, CaseError, Growing};
use cbad::{Config, Unwatched};
use common::{Outcome, spans, text_log};
use ingest::OpenOptions;
use memchr::memmem;

/// A case with a log and spans, analysed twice.
fn analysed(folder: &std::path::Path) -> Result<Case, Box<dyn std::error::Error>> {
    let captures = [text_log(folder, "app.log", 3000)?, spans(folder, "spans.jsonl", 900)?];
    let mut case = Case::create(&folder.join("c.driftlock"))?;
    for capture in captures {
        case.import(&capture, &OpenOptions::default(), &Unwatched)?;
    }
    case.analyze(&Config::default(), None, &Unwatched)?;
    Ok(case)
}

#[test]
fn events_are_gone_and_runs_that_had_them_are_marked() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = analysed(folder.path())?;
    let block: Vec<u8> = rusqlite::Connection::open(case.path())?.query_row(
        "SELECT data FROM block WHERE stream = 1 LIMIT 1",
        [],
        |row| row.get(0),
    )?;
    let piece = &block[block.len() / 2..block.len() / 2 + 64];
    let is_in_file =
        || std::fs::read(folder.path().join("c.driftlock")).map(|file| memmem::find(&file, piece));
    let (streams, run) = (case.streams()?, case.run(1)?);
    let empty_log = "PRAGMA wal_checkpoint(TRUNCATE)";
    rusqlite::Connection::open(case.path())?.query_row(empty_log, [], |_| Ok(()))?;
    assert!(is_in_file()?.is_some(), "it was there");
    assert_eq!(case.captures_before(i64::MAX)?, [1, 2]);
    let log = folder.path().join("app.log");

    let weighed = case.weigh_purge(1, "retention of 30 days", false)?;
    let purge = case.purge(1, "retention of 30 days", false)?;
    assert_eq!((&weighed, purge.events, purge.runs.as_slice()), (&purge, 3000, &[1][..]));
    assert!(is_in_file()?.is_none(), "overwritten, not merely unlinked");
    assert_eq!(case.captures_before(i64::MAX)?, [2]);
    assert!(case.events(0, 0..9)?.is_empty());
    assert_eq!(case.events(1, 0..9)?.len(), 9, "the other capture is as it was");
    let after = case.streams()?;
    assert_eq!(
        (after.len(), after[0].events, &after[1..]),
        (streams.len(), 0, &streams[1..]),
        "numbers of streams do not change"
    );
    let marked = case.purged_of(&run)?;
    assert_eq!((marked.len(), &marked[0].purge), (1, &purge));
    assert_eq!(case.run(1)?, run);
    let found = case.verify(&Unwatched)?;
    assert!(found.is_sound(), "{found:?}");

    let again = case.import(&log, &OpenOptions::default(), &Unwatched);
    assert!(matches!(again, Err(CaseError::Purged { .. })), "{again:?}");
    assert!(case.purge(1, "once more", false).is_err() && case.purge(2, " ", false).is_err());
    let later = case.analyze(&Config::default(), None, &Unwatched)?;
    assert_eq!((later.id, later.captures.len()), (2, 1), "what was purged takes no part");
    assert!(case.purged_of(&later)?.is_empty());
    assert!(case.verify(&Unwatched)?.is_sound());
    Ok(())
}

#[test]
fn a_file_that_could_not_be_written_anew_is_by_the_same_purge() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = analysed(folder.path())?;
    let purge = case.purge(1, "retention of 30 days", false)?;
    assert!(case.purge(1, "retention of 30 days", false).is_err(), "it was purged");
    let file = rusqlite::Connection::open(case.path())?;
    let free = || file.pragma_query_value(None, "freelist_count", |row| row.get::<_, i64>(0));
    file.execute_batch(
        "CREATE TABLE left_over (data BLOB); INSERT INTO left_over VALUES (zeroblob(99999));
        DROP TABLE left_over",
    )?;
    assert!(free()? > 0);
    assert_eq!(case.weigh_purge(1, "retention of 30 days", false)?, purge);
    assert_eq!((case.purge(1, "retention of 30 days", false)?, free()?), (purge, 0));
    assert_eq!(case.purges()?.len(), 1, "it is recorded once");
    Ok(())
}

#[test]
fn earlier_runs_of_a_capture_that_grew_since_go_too() -> Outcome {
    let folder = tempfile::tempdir()?;
    let whole = std::fs::read(text_log(folder.path(), "whole.log", 4000)?)?;
    let path = folder.path().join("app.log");
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    for end in [whole.len() / 2, whole.len()] {
        std::fs::write(&path, &whole[..end])?;
        let mut growing = Growing::open(&path)?;
        case.recognise(&mut growing, &Unwatched)?;
        case.take_grown(&mut growing, true, &OpenOptions::default(), &Unwatched)?;
        case.analyze(&Config::default(), None, &Unwatched)?;
    }
    let first = case.run(1)?;
    assert_ne!(first.captures, case.run(2)?.captures, "another SHA-256");
    assert_eq!(case.weigh_purge(1, "retention", false)?.runs, [1, 2]);
    let purge = case.purge(1, "retention", true)?;
    assert_eq!((purge.runs, case.runs()?.len()), (vec![1, 2], 0));
    assert_eq!(case.purged_of(&first)?.len(), 1);
    assert!(case.verify(&Unwatched)?.is_sound());
    Ok(())
}

#[test]
fn runs_go_too_where_that_is_asked_and_their_numbers_are_not_used_again() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = analysed(folder.path())?;
    let purge = case.purge(1, "asked by the data subject", true)?;
    assert!(purge.removes_runs && case.runs()?.is_empty());
    let file = std::fs::read(case.path())?;
    assert!(memmem::find(&file, b"pool exhausted").is_none(), "no finding quotes it any more");
    assert_eq!(case.analyze(&Config::default(), None, &Unwatched)?.id, 2);
    assert!(case.verify(&Unwatched)?.is_sound());
    Ok(())
}
