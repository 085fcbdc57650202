//! The file itself: recognised by content, never overwritten, damage named.

mod common;

use std::path::Path;

use case::{Case, CaseError};
use cbad::{Config, Unwatched};
use common::{Outcome, text_log};
use ingest::OpenOptions;
use rusqlite::Connection;

fn imported(folder: &Path, lines: u64) -> Result<std::path::PathBuf, Box<dyn std::error::Error>> {
    let path = folder.join("a.driftlock");
    let mut case = Case::create(&path)?;
    case.import(&text_log(folder, "a.log", lines)?, &OpenOptions::default(), &Unwatched)?;
    Ok(path)
}

#[test]
fn a_case_is_known_by_its_content() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = imported(folder.path(), 100)?;
    let renamed = folder.path().join("any name #1?.txt");
    std::fs::rename(&path, &renamed)?;
    assert!(Case::is_case(&renamed));
    assert_eq!(Case::open_read_only(&renamed)?.streams()?.len(), 1);
    assert!(!Case::is_case(&folder.path().join("a.log")));
    assert!(!Case::is_case(&folder.path().join("missing")));
    Ok(())
}

#[test]
fn other_files_are_refused_and_left_as_they_are() -> Outcome {
    let folder = tempfile::tempdir()?;
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a database, but long enough to look at for its header, at the very least\n")?;
    let foreign = folder.path().join("other.sqlite");
    Connection::open(&foreign)?.execute_batch("CREATE TABLE t (x); PRAGMA application_id = 77;")?;
    let future = imported(folder.path(), 100)?;
    Connection::open(&future)?.pragma_update(None, "user_version", 9)?;
    for path in [&text, &foreign, &future] {
        let before = std::fs::read(path)?;
        for refused in [Case::open(path), Case::open_read_only(path), Case::open_or_create(path)] {
            let error = refused.err().ok_or("it was opened")?;
            match &error {
                CaseError::Schema { found: 9, known: 5, .. } => assert_eq!(path, &future),
                CaseError::NotACase { .. } => assert_ne!(path, &future),
                other => return Err(format!("{other:?}").into()),
            }
            assert!(error.to_string().contains(&path.display().to_string()));
        }
        assert!(matches!(Case::create(path), Err(CaseError::Exists { .. })));
        assert_eq!(std::fs::read(path)?, before, "{}", path.display());
    }
    assert!(matches!(Case::open(&folder.path().join("missing")), Err(CaseError::NotFound { .. })));
    Ok(())
}

#[test]
fn an_empty_file_becomes_a_case_only_where_one_may_be_made() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("new.driftlock");
    std::fs::write(&path, "")?;
    assert!(matches!(Case::open(&path), Err(CaseError::NotACase { .. })));
    assert!(Case::open_or_create(&path)?.captures()?.is_empty());
    assert!(Case::is_case(&path));
    assert!(Case::open_or_create(&path)?.captures()?.is_empty());
    Ok(())
}

#[test]
fn a_temporary_case_is_gone_when_it_is_dropped() -> Outcome {
    let case = Case::temporary()?;
    let path = case.path().to_owned();
    assert!(path.exists());
    drop(case);
    assert!(!path.exists());
    Ok(())
}

#[test]
fn a_damaged_block_is_named_and_the_others_can_be_read() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = imported(folder.path(), 40_000)?;
    let (first, events) = {
        let connection = Connection::open(&path)?;
        let place = "SELECT id, first_position, events FROM block ORDER BY first_position LIMIT 1 OFFSET 1";
        let (id, first, events): (i64, u32, u32) =
            connection.query_row(place, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut data: Vec<u8> =
            connection.query_row("SELECT data FROM block WHERE id = ?1", [id], |row| row.get(0))?;
        let middle = data.len() / 2;
        data[middle] ^= 0x10;
        connection.execute("UPDATE block SET data = ?1 WHERE id = ?2", rusqlite::params![data, id])?;
        (u64::from(first), u64::from(events))
    };
    let mut case = Case::open(&path)?;
    assert_eq!(case.events(0, first - 2..first)?.len(), 2);
    assert_eq!(case.events(0, first + events..first + events + 2)?.len(), 2);
    for failed in [
        case.events(0, first..first + 1).map(drop),
        case.analyze(&Config::default(), None, &Unwatched).map(drop),
    ] {
        let Err(CaseError::DamagedBlock { capture, stream, first_event, last_event, what }) = failed else {
            return Err("the damage was not seen".into());
        };
        assert_eq!((capture.as_str(), stream.as_str()), ("a.log", "a.log"));
        assert_eq!((first_event, last_event), (first, first + events - 1));
        assert!(what.contains("SHA-256"), "{what}");
    }
    assert!(case.runs()?.is_empty());
    Ok(())
}

#[test]
fn a_case_whose_end_is_missing_says_so() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = imported(folder.path(), 20_000)?;
    let whole = path.metadata()?.len();
    std::fs::OpenOptions::new().write(true).open(&path)?.set_len(whole / 2)?;
    match Case::open(&path).err() {
        Some(CaseError::Cut { bytes, expected, .. }) => assert_eq!((bytes, expected), (whole / 2, whole)),
        other => return Err(format!("{other:?}").into()),
    }
    Ok(())
}

#[test]
fn missing_events_are_noticed_before_they_could_change_a_result() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = imported(folder.path(), 40_000)?;
    for damage in [
        "UPDATE stream SET events = events - 1",
        "UPDATE stream SET events = events + 2",
        "DELETE FROM block WHERE first_position = 0",
    ] {
        Connection::open(&path)?.execute_batch(damage)?;
        let refused = Case::open(&path)?.analyze(&Config::default(), None, &Unwatched);
        let said = refused.map_or_else(|error| error.to_string(), |run| format!("{run:?}"));
        assert!(
            said.contains("its blocks hold 40000") || said.contains("missing before it"),
            "{damage}: {said}"
        );
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_case_beside_an_empty_log_is_read_where_no_journal_can_be_made() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("a.driftlock");
    drop(Case::create(&path)?);
    std::fs::write(folder.path().join("a.driftlock-wal"), "")?;
    // Followed by nobody, so that neither can be opened nor made: as on a medium that is read only.
    std::os::unix::fs::symlink("nowhere", folder.path().join("a.driftlock-shm"))?;
    assert!(Case::open_read_only(&path)?.streams()?.is_empty());
    Ok(())
}
