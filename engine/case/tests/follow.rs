//! Files that grow, are emptied and are moved away: every event comes once, whatever happens in between.

mod common;

use std::fs::{self, OpenOptions as Open};
use std::io::Write;
use std::path::Path;

use case::{Case, CaseError, Follower, Growing, ImportOutcome, Notice, Query, SourceBytes};
use cbad::{Config, Unwatched};
use common::{CancelAfter, Numbers, Outcome, SPANS_BEGIN, span_line, text_log};
use ingest::OpenOptions;

fn append(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    Open::new().create(true).append(true).open(path)?.write_all(bytes)
}

/// The bodies of all events, by stream and position.
fn bodies(case: &Case) -> Result<Vec<Vec<u8>>, CaseError> {
    let mut bodies = Vec::new();
    let mut take = |hit: case::Hit| {
        bodies.push(hit.row.event.body);
        std::ops::ControlFlow::Continue(())
    };
    case.search(&Query::new(), u64::MAX, &Unwatched, &mut take)?;
    Ok(bodies)
}

#[test]
fn pieces_come_to_what_one_import_comes_to() -> Outcome {
    let folder = tempfile::tempdir()?;
    let whole = text_log(folder.path(), "whole.log", 4000)?;
    let text = fs::read(&whole)?;
    let mut at_once = Case::temporary()?;
    at_once.import(&whole, &OpenOptions::default(), &Unwatched)?;

    let (path, of_case) = (folder.path().join("app.log"), folder.path().join("c.driftlock"));
    let mut numbers = Numbers(5);
    let (mut written, mut pieces, mut run) = (0, 0, None);
    while written < text.len() {
        // Lines are cut anywhere; each piece is taken by a program that knows nothing of the one before.
        let next = (written + 1 + numbers.below(20_000) as usize).min(text.len());
        append(&path, &text[written..next])?;
        written = next;
        let mut case = Case::open_or_create(&of_case)?;
        let mut growing = Growing::open(&path)?;
        let known = case.recognise(&mut growing, &Unwatched)?;
        let piece = case.take_grown(&mut growing, false, &OpenOptions::default(), &Unwatched)?;
        assert_eq!(piece.bytes.start, known);
        assert_eq!(piece.bytes.end + piece.waiting_bytes, written as u64, "a half line waits");
        pieces += u64::from(!piece.bytes.is_empty());
        if run.is_none() && written > text.len() / 2 {
            run = Some(case.analyze(&Config::default(), None, &Unwatched)?);
        }
    }
    assert!(pieces > 5, "{pieces}");
    let mut case = Case::open(&of_case)?;
    assert_eq!(bodies(&case)?, bodies(&at_once)?);
    let capture = &case.captures()?[0];
    assert_eq!((&capture.sha256, capture.stored_bytes), (&at_once.captures()?[0].sha256, text.len() as u64));
    let again = case.import(&path, &OpenOptions::default(), &Unwatched)?;
    assert_eq!((again.outcome, case.captures()?.len()), (ImportOutcome::AlreadyThere, 1));

    // The run that was made on the way still refers to the same events.
    let run = run.ok_or("there was a run")?;
    let finding = &case.findings(run.id)?[0].finding;
    let event = case.event(0, finding.first_event)?.event;
    let SourceBytes::Exact { bytes, .. } = case.source_bytes(0, finding.first_event)? else {
        return Err("its bytes are there".into());
    };
    assert_eq!(bytes, event.body);
    let later = case.analyze(&Config::default(), None, &Unwatched)?;
    assert!(later.id > run.id && later.windows > run.windows);
    let found = case.verify(&Unwatched)?;
    assert!(found.is_sound(), "{found:?}");
    Ok(())
}

#[test]
fn what_is_interrupted_goes_on_and_what_goes_on_growing_keeps_its_bytes() -> Outcome {
    let folder = tempfile::tempdir()?;
    let whole = fs::read(text_log(folder.path(), "whole.log", 60_000)?)?;
    let path = folder.path().join("app.log");
    fs::write(&path, &whole[..whole.len() / 2])?;
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    for left in [0, 1, 2, 3] {
        let mut growing = Growing::open(&path)?;
        case.recognise(&mut growing, &Unwatched)?;
        let stopped = case.take_grown(&mut growing, false, &OpenOptions::default(), &CancelAfter::new(left));
        assert!(matches!(stopped, Err(CaseError::Cancelled)), "{stopped:?}");
    }
    append(&path, &whole[whole.len() / 2..])?;
    let mut growing = Growing::open(&path)?;
    case.recognise(&mut growing, &Unwatched)?;
    case.take_grown(&mut growing, false, &OpenOptions::default(), &Unwatched)?;
    case.join_pieces(&growing)?;
    assert_eq!(bodies(&case)?.len(), 60_000);
    append(&path, b"2026-04-01T00:00:00Z INFO one more, not taken yet\n")?;
    assert!(matches!(case.source_bytes(0, 59_999)?, SourceBytes::Exact { .. }));
    let found = case.verify(&Unwatched)?;
    assert!(found.is_sound(), "{found:?}");
    Ok(())
}

#[test]
fn what_a_run_came_to_is_looked_into_as_it_saw_it() -> Outcome {
    let folder = tempfile::tempdir()?;
    let text = fs::read(text_log(folder.path(), "whole.log", 4000)?)?;
    let path = folder.path().join("app.log");
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    append(&path, &text[..text.len() * 2 / 3])?;
    let mut growing = Growing::open(&path)?;
    case.take_grown(&mut growing, false, &OpenOptions::default(), &Unwatched)?;
    let run = case.analyze(&Config::default(), None, &Unwatched)?.id;
    let before = case.attribution(run, 1, &Unwatched)?;
    append(&path, &text[text.len() * 2 / 3..])?;
    case.take_grown(&mut growing, false, &OpenOptions::default(), &Unwatched)?;
    case.join_pieces(&growing)?;
    assert!(case.attribution(run, 1, &Unwatched)? == before);
    Ok(())
}

#[test]
fn a_file_that_is_renamed_goes_on_in_its_streams() -> Outcome {
    let folder = tempfile::tempdir()?;
    let logs = folder.path().join("logs");
    fs::create_dir(&logs)?;
    let (path, moved) = (logs.join("app.log"), logs.join("app.log.1"));
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    let mut follower = Follower::new(&logs, OpenOptions::default())?;
    append(&path, b"2026-03-01T00:00:01Z INFO one\n2026-03-01T00:00:02Z INFO two\n")?;
    follower.look(&mut case, true, &Unwatched)?;
    fs::rename(&path, &moved)?;
    append(&moved, b"2026-03-01T00:00:03Z INFO three\n")?;
    follower.look(&mut case, true, &Unwatched)?;
    append(&moved, b"2026-03-01T00:00:04Z INFO four\n")?;
    follower.look(&mut case, true, &Unwatched)?;
    // By another program too, which knows it by its begin.
    append(&moved, b"2026-03-01T00:00:05Z INFO five\n")?;
    Follower::new(&moved, OpenOptions::default())?.look(&mut case, true, &Unwatched)?;
    let streams: Vec<_> = case.streams()?.iter().map(|row| (row.key.label(), row.events)).collect();
    assert_eq!((streams.len(), streams[0].1), (1, 5), "{streams:?}");
    Ok(())
}

#[test]
fn a_piece_that_was_stopped_before_its_end_is_shown_by_the_next_program() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (path, of_case) = (folder.path().join("spans.jsonl"), folder.path().join("c.driftlock"));
    let line = |service: &str, at: u64| format!("{}\n", span_line(service, "op", SPANS_BEGIN + at));
    append(&path, line("shop", 0).as_bytes())?;
    let mut case = Case::create(&of_case)?;
    Follower::new(&path, OpenOptions::default())?.look(&mut case, true, &Unwatched)?;
    // Its events are in the case, and nothing was done after them.
    append(&path, line("stock", 1).as_bytes())?;
    for left in 0.. {
        let mut growing = Growing::open(&path)?;
        case.recognise(&mut growing, &Unwatched)?;
        let options = OpenOptions::default();
        let stopped = case.take_grown(&mut growing, false, &options, &CancelAfter::new(left));
        assert!(stopped.is_err(), "it is stopped before its end is recorded");
        if case.captures()?[0].events == 2 {
            break;
        }
    }
    assert_eq!(case.streams()?.len(), 1);
    let news = |case: &mut Case| -> Result<u64, Box<dyn std::error::Error>> {
        let notices = Follower::new(&path, OpenOptions::default())?.look(case, true, &Unwatched)?;
        let events = |notice: &Notice| if let Notice::Took { piece, .. } = notice { piece.events } else { 0 };
        Ok(notices.iter().map(events).sum())
    };
    assert_eq!((news(&mut case)?, case.streams()?.len()), (1, 2));
    assert_eq!(case.captures()?[0].stored_bytes, fs::metadata(&path)?.len());
    assert_eq!(news(&mut case)?, 0, "once");
    assert!(case.verify(&Unwatched)?.is_sound());

    // The same of the first piece.
    let file = rusqlite::Connection::open(&of_case)?;
    file.execute_batch(
        "UPDATE capture SET completion = NULL, read_to_end = 0; UPDATE stream SET number = NULL;
         DROP TRIGGER audit_is_not_removed; DELETE FROM audit WHERE action IN ('import', 'follow')",
    )?;
    assert_eq!((news(&mut case)?, case.streams()?.len()), (2, 2));
    assert_eq!(case.captures()?[0].state, case::CaptureState::Complete);
    Ok(())
}

#[test]
fn who_reads_while_blocks_are_joined_sees_the_same_events() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (path, of_case) = (folder.path().join("app.log"), folder.path().join("c.driftlock"));
    append(&path, b"")?;
    let mut case = Case::create(&of_case)?;
    let mut growing = Growing::open(&path)?;
    let take = |case: &mut Case, growing: &mut Growing, pieces: std::ops::Range<u32>| {
        for piece in pieces {
            append(&path, format!("2026-03-01T00:00:{piece:02}Z INFO piece {piece}\n").repeat(3).as_bytes())?;
            case.take_grown(growing, false, &OpenOptions::default(), &Unwatched)?;
        }
        Ok::<_, Box<dyn std::error::Error>>(())
    };
    take(&mut case, &mut growing, 0..4)?;
    let reader = Case::open_read_only(&of_case)?;
    let before = reader.events(0, 0..12)?;
    assert_eq!(before.len(), 12);
    case.join_pieces(&growing)?;
    assert!(reader.events(0, 0..12)? == before, "a row id may be that of another block now");

    take(&mut case, &mut growing, 4..40)?;
    let mut found = 0;
    let mut joins = |_| {
        found += 1;
        case.join_pieces(&growing).map_or(std::ops::ControlFlow::Break(()), std::ops::ControlFlow::Continue)
    };
    let summary = reader.search(&Query::new(), u64::MAX, &Unwatched, &mut joins)?;
    assert_eq!((found, summary.damaged.as_slice()), (120, &[][..]));
    Ok(())
}

#[test]
fn what_the_audit_chain_recorded_of_a_file_holds_while_it_grows() -> Outcome {
    let folder = tempfile::tempdir()?;
    let whole = fs::read(text_log(folder.path(), "whole.log", 60_000)?)?;
    let (path, of_case) = (folder.path().join("app.log"), folder.path().join("c.driftlock"));
    let mut case = Case::create(&of_case)?;
    let is_sound = |case: &Case| case.verify(&Unwatched).map(|found| (found.is_sound(), found.problems));
    let grow = |case: &mut Case, end: usize| -> Result<(), Box<dyn std::error::Error>> {
        fs::write(&path, &whole[..end])?;
        let mut growing = Growing::open(&path)?;
        case.recognise(&mut growing, &Unwatched)?;
        case.take_grown(&mut growing, false, &OpenOptions::default(), &Unwatched)?;
        Ok(())
    };
    for end in [20_000, 40_000] {
        grow(&mut case, end)?;
        assert_eq!(is_sound(&case)?, (true, vec![]), "up to {end}");
    }
    // What a kill between the events of a piece and the row about it leaves.
    let other = rusqlite::Connection::open(&of_case)?;
    other.execute_batch(
        "CREATE TRIGGER killed BEFORE UPDATE OF sha256 ON capture BEGIN SELECT raise(ABORT, 'killed'); END",
    )?;
    assert!(grow(&mut case, 60_000).is_err());
    other.execute_batch("DROP TRIGGER killed")?;
    assert_eq!(is_sound(&case)?, (true, vec![]), "in the middle of a piece");
    assert!(case.captures()?[0].decoded_bytes > 40_000, "a piece was left in the middle");
    let mut growing = Growing::open(&path)?;
    case.recognise(&mut growing, &Unwatched)?;
    case.join_pieces(&growing)?;
    assert_eq!(is_sound(&case)?, (true, vec![]), "joined in the middle");
    grow(&mut case, 2_000_000)?;
    assert_eq!(is_sound(&case)?, (true, vec![]));
    assert!(case.audit()?.iter().any(|row| row.detail.contains(r#""joined":true"#)));
    drop(case);
    other.execute_batch("UPDATE block SET sha256 = zeroblob(32) WHERE first_position = 0")?;
    let (_, problems) = is_sound(&Case::open_read_only(&of_case)?)?;
    assert!(problems.iter().any(|problem| problem.contains("other events or problems")), "{problems:?}");
    Ok(())
}

#[test]
fn two_files_of_one_begin_are_two_captures_once_they_differ() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    let mut follower = Follower::new(folder.path(), OpenOptions::default())?;
    for name in ["a.log", "b.log"] {
        append(&folder.path().join(name), b"2026-03-01T00:00:00Z INFO one\n")?;
    }
    follower.look(&mut case, true, &Unwatched)?;
    assert_eq!(case.captures()?.len(), 1, "the same content");
    append(&folder.path().join("a.log"), b"2026-03-01T00:00:01Z INFO two of a\n")?;
    follower.look(&mut case, true, &Unwatched)?;
    append(&folder.path().join("b.log"), b"2026-03-01T00:00:01Z INFO two of b\n")?;
    append(&folder.path().join("b.log"), b"2026-03-01T00:00:02Z INFO three of b\n")?;
    follower.look(&mut case, true, &Unwatched)?;
    let events: Vec<u64> = case.captures()?.iter().map(|capture| capture.events).collect();
    assert_eq!(events, [2, 3]);
    assert!(case.verify(&Unwatched)?.is_sound());
    Ok(())
}

/// The notices of a look, in words.
fn looked(follower: &mut Follower, case: &mut Case) -> Result<Vec<String>, CaseError> {
    let notices = follower.look(case, false, &Unwatched)?;
    Ok(notices
        .into_iter()
        .map(|notice| match notice {
            Notice::GoesOn { .. } => "goes on".to_owned(),
            Notice::Took { piece, .. } => format!("took {}", piece.events),
            Notice::Imported { report } => format!("imported {}", report.capture.events),
            Notice::Truncated { .. } => "truncated".to_owned(),
            Notice::Superseded { .. } => "superseded".to_owned(),
            Notice::Rotated { to, .. } => format!("rotated {}", to.is_some()),
            Notice::Refused { .. } => "refused".to_owned(),
        })
        .collect())
}

#[test]
fn rotated_and_emptied_files_and_captures_that_drop() -> Outcome {
    let folder = tempfile::tempdir()?;
    let logs = folder.path().join("logs");
    fs::create_dir(&logs)?;
    let path = logs.join("app.log");
    let mut case = Case::create(&logs.join("c.driftlock"))?;
    let mut follower = Follower::new(&logs, OpenOptions::default())?;
    assert!(looked(&mut follower, &mut case)?.is_empty(), "the case in the folder is none");
    append(&path, b"2026-03-01T00:00:00Z INFO one\n2026-03-01T00:00:01Z INFO two\n2026-03")?;
    assert!(looked(&mut follower, &mut case)?.is_empty(), "seen for the first time");
    assert_eq!(looked(&mut follower, &mut case)?, ["took 2"]);
    assert!(looked(&mut follower, &mut case)?.is_empty(), "the half line waits");

    append(&path, b"-01T00:00:02Z INFO three\n")?;
    fs::rename(&path, logs.join("app.log.1"))?;
    append(&path, b"2026-03-01T00:00:03Z INFO four\n")?;
    assert_eq!(looked(&mut follower, &mut case)?, ["took 1", "rotated true"]);
    assert_eq!(looked(&mut follower, &mut case)?, ["took 1"]);
    assert!(case.captures()?[0].path.ends_with("app.log.1"));

    fs::write(&path, "")?;
    assert_eq!(looked(&mut follower, &mut case)?, ["truncated"]);
    append(&path, b"2026-03-01T00:00:04Z INFO five\n")?;
    looked(&mut follower, &mut case)?;
    assert_eq!(looked(&mut follower, &mut case)?, ["took 1"]);

    fs::write(
        logs.join("t.csv"),
        "time,level,text\n2026-03-01T00:00:05Z,info,six\n2026-03-01T00:00:06Z,info,seven\n",
    )?;
    looked(&mut follower, &mut case)?;
    looked(&mut follower, &mut case)?;
    assert_eq!(looked(&mut follower, &mut case)?, ["imported 2"]);
    assert!(looked(&mut follower, &mut case)?.is_empty());
    follower.finish(&mut case)?;

    // Another program, later: the case has all of it.
    let mut again = Follower::new(&logs, OpenOptions::default())?;
    let notices = again.look(&mut case, true, &Unwatched)?;
    assert!(notices.iter().all(|notice| !notice.is_news()), "{notices:?}");
    assert_eq!(case.captures()?.iter().map(|capture| capture.events).sum::<u64>(), 7);
    let found = case.verify(&Unwatched)?;
    assert!(found.is_sound(), "{found:?}");
    Ok(())
}

#[test]
fn a_table_that_goes_on_growing_is_in_the_case_once() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (path, of_case) = (folder.path().join("t.csv"), folder.path().join("c.driftlock"));
    let options = OpenOptions::default();
    append(&path, b"time,msg\n2026-01-01T00:00:00Z,a\n")?;
    let mut case = Case::create(&of_case)?;
    Follower::new(&path, options.clone())?.look(&mut case, true, &Unwatched)?;
    let run = case.analyze(&Config::default(), None, &Unwatched)?;
    append(&path, b"2026-01-01T00:00:01Z,b\n")?;
    // By a program that knows nothing of the first look, and once more while it goes on.
    let mut follower = Follower::new(&path, options)?;
    let notices = follower.look(&mut case, true, &Unwatched)?;
    let superseded = |notices: &[Notice]| {
        notices.iter().any(|notice| matches!(notice, Notice::Superseded { events: 1 | 2, .. }))
    };
    assert!(superseded(&notices), "{notices:?}");
    assert!(!notices.iter().any(|notice| matches!(notice, Notice::GoesOn { .. })), "{notices:?}");
    append(&path, b"2026-01-01T00:00:02Z,c\n")?;
    assert!(superseded(&follower.look(&mut case, true, &Unwatched)?));
    assert_eq!(bodies(&case)?.len(), 3);
    let events: Vec<_> = case.captures()?.iter().map(|capture| capture.events).collect();
    assert_eq!(events, [0, 0, 3], "what gave way stays, emptied");
    assert_eq!(case.purged_of(&run)?.len(), 1, "a run over it says so");
    let found = case.verify(&Unwatched)?;
    assert!(found.is_sound(), "{found:?}");
    Ok(())
}

#[test]
fn parts_of_a_line_wait_for_their_end() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("c.log");
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    let mut follower = Follower::new(&path, OpenOptions::default())?;
    let pieces: [&[u8]; 3] = [
        b"2026-01-01T00:00:00.0Z stdout F whole\n2026-01-01T00:00:00.1Z stdout P he\n",
        b"2026-01-01T00:00:00.2Z stderr F meanwhile\n",
        b"2026-01-01T00:00:00.3Z stdout F llo\n",
    ];
    for (piece, events) in pieces.into_iter().zip([1, 1, 3]) {
        append(&path, piece)?;
        follower.look(&mut case, true, &Unwatched)?;
        assert_eq!(bodies(&case)?.len(), events, "{}", String::from_utf8_lossy(piece));
    }
    assert!(bodies(&case)?.contains(&b"hello".to_vec()));
    assert_eq!(case.captures()?[0].notes, 0, "no part is said to be without its end");
    Ok(())
}
