//! Following with redaction: what comes in pieces is what one import gives, and nothing that was to be taken out is ever in the
//! file, wherever the pieces are cut.

mod common;

use std::fs::{self, OpenOptions as Open};
use std::io::Write;
use std::path::Path;

use case::{Case, CaseError, Follower, Growing, ImportOutcome, Notice, RedactBy};
use cbad::{Event, Unwatched};
use common::people::{SECRETS, bytes_of, events, holds, people};
use common::{Numbers, Outcome};
use ingest::{Action, CustomRule, OpenOptions, Redaction};

const SALT: &[u8] = b"a salt that both cases have";

fn by(rules: &Redaction) -> RedactBy<'_> {
    RedactBy { rules, salt: Some(SALT), forget_salt: false }
}

fn append(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    Open::new().create(true).append(true).open(path)?.write_all(bytes)
}

/// A capture imported at once.
fn whole(path: &Path, rules: &Redaction) -> Result<Case, CaseError> {
    let mut case = Case::temporary()?;
    case.import_redacted(path, &OpenOptions::default(), Some(&by(rules)), &Unwatched)?;
    Ok(case)
}

/// Every event with all that it has.
fn rows(case: &Case) -> Result<Vec<(String, Event)>, CaseError> {
    let mut all = Vec::new();
    for stream in case.streams()? {
        let of_stream = case.events(stream.id, 0..stream.events)?;
        all.extend(of_stream.into_iter().map(|row| (stream.key.label(), row.event)));
    }
    // Streams of a capture that grows are numbered as they come.
    all.sort_by_key(|(label, event)| (label.clone(), event.source.offset));
    Ok(all)
}

/// Takes what is new in a case that is opened for it, as a program would that knows nothing of the pieces before; with `to_its_end`
/// all of it. Returns the bytes that wait.
fn take(case: &Path, path: &Path, rules: &Redaction, to_its_end: bool) -> Result<u64, CaseError> {
    let mut case = Case::open_or_create(case)?;
    let mut growing = Growing::open(path)?;
    case.recognise(&mut growing, &Unwatched)?;
    let options = OpenOptions::default();
    let taken = case.take_grown_redacted(&mut growing, to_its_end, &options, Some(&by(rules)), &Unwatched)?;
    Ok(taken.waiting_bytes)
}

#[test]
fn pieces_are_redacted_as_the_whole_is() -> Outcome {
    let folder = tempfile::tempdir()?;
    let capture = people(folder.path(), "people.jsonl", 600)?;
    let (text, rules) = (fs::read(&capture)?, Redaction::personal());
    let at_once = whole(&capture, &rules)?;
    // Its name names its streams.
    let logs = folder.path().join("logs");
    fs::create_dir(&logs)?;
    let (path, of_case) = (logs.join("people.jsonl"), folder.path().join("c.driftlock"));
    let (mut numbers, mut written, mut pieces) = (Numbers(5), 0, 0);
    while written < text.len() {
        let next = (written + 1 + numbers.below(9000) as usize).min(text.len());
        append(&path, &text[written..next])?;
        written = next;
        let last_line = text[..written].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        assert_eq!(take(&of_case, &path, &rules, false)?, (written - last_line) as u64, "half a line waits");
        pieces += 1;
        let stored = bytes_of(&of_case)?;
        let found = SECRETS.into_iter().find(|secret| holds(&stored, secret.as_bytes()));
        assert_eq!(found, None, "after {written} bytes");
    }
    assert!(pieces > 10, "{pieces}");
    let mut case = Case::open(&of_case)?;
    assert_eq!(rows(&case)?, rows(&at_once)?);
    let (followed, imported) = (case.captures()?.remove(0), at_once.captures()?.remove(0));
    assert_eq!((followed.records, followed.events, followed.rejected), (602, 601, 1));
    assert_eq!((imported.records, imported.events, imported.rejected), (602, 601, 1));
    assert_eq!((&followed.redaction, &followed.sha256), (&imported.redaction, &imported.sha256));
    let again = case.import_redacted(&path, &OpenOptions::default(), Some(&by(&rules)), &Unwatched)?;
    assert_eq!(again.outcome, ImportOutcome::AlreadyThere);
    let problems = |case: &Case| case.problems(None, 100, 0);
    let said = |case: &Case| -> Result<Vec<String>, CaseError> {
        Ok(problems(case)?.into_iter().map(|problem| problem.reason).collect())
    };
    assert_eq!(said(&case)?, said(&at_once)?);
    assert!(case.verify(&Unwatched)?.is_sound());
    Ok(())
}

/// A key of which each line comes by itself, and a mail address that the runtime cut in two.
const KEY: &str = "2026-03-01T09:00:00Z INFO key loaded
-----BEGIN PRIVATE KEY-----
 MIIEvQIBADANBgkqhkiG9w0BAQEFAASC
 Qm90aCBoYWx2ZXMgb2YgaXQgYXJlIHNl
 -----END PRIVATE KEY-----
2026-03-01T09:00:01Z INFO what comes next
  at shop.Cart.of(Cart.java:7)

  at shop.Main.main(Main.java:3)
2026-03-01T09:00:02Z INFO the last
";
const SPLIT: &str = "2026-03-01T09:00:00.1Z stdout F begins
2026-03-01T09:00:00.2Z stdout P mail to zoe.quill@qui
2026-03-01T09:00:00.3Z stderr F in between
2026-03-01T09:00:00.4Z stdout F ll.example queued
2026-03-01T09:00:00.5Z stdout F ends
";

#[test]
fn what_begins_in_one_line_and_ends_in_another_is_taken_out_wherever_the_pieces_are_cut() -> Outcome {
    let folder = tempfile::tempdir()?;
    let rules = Redaction::personal();
    let key = KEY.replace("\n-----BEGIN", " -----BEGIN");
    for (name, text, secrets) in [
        ("app.log", key.as_str(), ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "Qm90aCBoYWx2ZXMgb2YgaXQgYXJlIHNl"]),
        ("0.log", SPLIT, ["zoe.quill@qui", "ll.example"]),
    ] {
        let (path, lines) = (folder.path().join(name), text.split_inclusive('\n').collect::<Vec<_>>());
        fs::write(&path, text)?;
        let expected = events(&whole(&path, &rules)?)?;
        for cut in 1..=lines.len() {
            fs::remove_file(&path)?;
            let of_case = folder.path().join(format!("{name}-{cut}.driftlock"));
            for piece in lines.chunks(cut) {
                append(&path, piece.concat().as_bytes())?;
                take(&of_case, &path, &rules, false)?;
                let stored = bytes_of(&of_case)?;
                let found = secrets.into_iter().find(|secret| holds(&stored, secret.as_bytes()));
                assert_eq!(found, None, "{name}, {cut} lines a piece");
            }
            take(&of_case, &path, &rules, true)?;
            assert_eq!(events(&Case::open(&of_case)?)?, expected, "{name}, {cut} lines a piece");
        }
    }
    Ok(())
}

#[test]
fn a_record_that_may_go_on_waits_and_is_not_read_again_at_every_look() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (path, rules) = (folder.path().join("app.log"), Redaction::personal());
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    let (first, second) = ("2026-03-01T09:00:00Z INFO one\n", "2026-03-01T09:00:01Z INFO two\n\n");
    fs::write(&path, [first, second].concat())?;
    let mut growing = Growing::open(&path)?;
    let options = OpenOptions::default();
    let mut look = |case: &mut Case, to_its_end| {
        let piece =
            case.take_grown_redacted(&mut growing, to_its_end, &options, Some(&by(&rules)), &Unwatched)?;
        Ok::<_, CaseError>((piece.events, piece.waiting_bytes))
    };
    assert_eq!(look(&mut case, false)?, (1, second.len() as u64));
    for _ in 0..2 {
        assert_eq!(look(&mut case, false)?, (0, second.len() as u64));
    }
    append(&path, b"  at shop.Main\n2026-03-01T09:00:02Z INFO three\n")?;
    assert_eq!(look(&mut case, false)?.0, 1);
    assert_eq!(look(&mut case, true)?, (1, 0), "a file that is no longer written to is taken to its end");
    assert!(events(&case)?[1].ends_with("two\n\n  at shop.Main"), "{:?}", events(&case)?);
    Ok(())
}

#[test]
fn a_follower_redacts_all_of_a_folder_and_forgets_its_salt_at_the_end() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (logs, of_case) = (folder.path().join("logs"), folder.path().join("c.driftlock"));
    fs::create_dir(&logs)?;
    let (path, rules) = (logs.join("a.jsonl"), Redaction::personal());
    let line = "{\"time\":\"2026-03-01T09:00:00Z\",\"message\":\"mail to zoe.quill@quill.example\"}\n";
    fs::write(&path, line)?;
    let table = "time,text\n2026-03-01T09:00:00Z,from 203.0.113.77\n2026-03-01T09:00:01Z,by zoe.quill@quill.example\n";
    fs::write(logs.join("t.csv"), table)?;
    let forgetting = RedactBy { rules: &rules, salt: None, forget_salt: true };
    let mut case = Case::create(&of_case)?;
    let mut follower = Follower::new(&logs, OpenOptions::default())?.redacting(&forgetting)?;
    follower.look(&mut case, true, &Unwatched)?;
    append(&path, line.as_bytes())?;
    let news = follower.look(&mut case, true, &Unwatched)?.iter().filter(|notice| notice.is_news()).count();
    assert_eq!(news, 1);
    follower.finish(&mut case)?;
    let captures = case.captures()?;
    assert_eq!(captures.iter().map(|row| row.events).collect::<Vec<_>>(), [2, 2]);
    for row in captures {
        assert!(row.redaction.is_some_and(|redaction| !redaction.salt_is_kept), "{}", row.file_name);
    }
    let all = events(&case)?;
    let mails = all.iter().filter(|text| text.contains("⟨email:")).count();
    assert_eq!((mails, all[0] == all[1]), (3, true), "{all:?}");
    let stored = bytes_of(&of_case)?;
    assert!(SECRETS.iter().all(|secret| !holds(&stored, secret.as_bytes())));

    // What was forgotten cannot be gone on with, and nothing of what came is stored in another way.
    append(&path, line.as_bytes())?;
    let mut again = Follower::new(&path, OpenOptions::default())?.redacting(&forgetting)?;
    let refused = again.look(&mut case, true, &Unwatched);
    assert!(matches!(refused, Err(CaseError::SaltForgotten { .. })), "{refused:?}");
    assert_eq!(case.captures()?.iter().map(|row| row.events).sum::<u64>(), 4);
    Ok(())
}

#[test]
fn what_is_redacted_is_not_followed_in_another_way() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (path, personal) = (folder.path().join("a.jsonl"), Redaction::personal());
    let other = Redaction { name: "other".to_owned(), ..Redaction::personal() };
    let line = "{\"time\":\"2026-03-01T09:00:00Z\",\"message\":\"mail to zoe.quill@quill.example\"}\n";
    fs::write(&path, line)?;
    let of_case = folder.path().join("c.driftlock");
    take(&of_case, &path, &personal, false)?;
    append(&path, line.as_bytes())?;
    let mut case = Case::open(&of_case)?;
    let another_salt = RedactBy { salt: Some(b"another"), ..by(&personal) };
    for redact in [None, Some(by(&other)), Some(another_salt)] {
        let mut follower = Follower::new(&path, OpenOptions::default())?;
        if let Some(redact) = &redact {
            follower = follower.redacting(redact)?;
        }
        let refused = follower.look(&mut case, true, &Unwatched);
        assert!(matches!(refused, Err(CaseError::OtherRedaction { .. })), "{refused:?}");
    }
    let rule = CustomRule { name: "broken".to_owned(), regex: "(".to_owned(), action: Action::Token };
    let broken = Redaction { custom: vec![rule], ..Redaction::personal() };
    assert!(Follower::new(&path, OpenOptions::default())?.redacting(&by(&broken)).is_err());
    let mut follower = Follower::new(&path, OpenOptions::default())?.redacting(&by(&personal))?;
    let notices = follower.look(&mut case, true, &Unwatched)?;
    assert!(matches!(&notices[..], [Notice::GoesOn { .. }, Notice::Took { piece, .. }] if piece.events == 1));
    Ok(())
}
