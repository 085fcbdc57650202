//! Encrypted cases: nothing of them in the clear, the same content, and no way in without the passphrase.
#![cfg(feature = "encryption")]

mod common;

use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use case::{Case, CaseError, Decision, KEY_ROUNDS, Passphrase, Reseal, Subject};
use cbad::{Config, Unwatched};
use common::{CancelAfter, Outcome, span_line, text_log};
use ingest::OpenOptions;
use rusqlite::Connection;

const WORDS: &str = "correct horse battery staple";
/// Pieces of a capture and of what people wrote, none of which an encrypted case may show.
const SECRETS: [&str; 6] = [
    "shop-secret.log",
    "pool exhausted",
    "billing-gateway",
    "a note of mine",
    "Inspector Clouseau",
    "driftlock",
];

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text).expect("the test gives one")
}

/// Fills a case with events, spans, a run and a note.
fn fill(case: &mut Case, folder: &Path) -> Outcome {
    case.set_actor("Inspector Clouseau");
    case.import(&text_log(folder, "shop-secret.log", 6_000)?, &OpenOptions::default(), &Unwatched)?;
    let spans = folder.join("spans.jsonl");
    let lines: Vec<String> =
        (0..300).map(|at| span_line("billing-gateway", "charge", (at + 1) * 1_000_000_000)).collect();
    std::fs::write(&spans, lines.join("\n"))?;
    case.import(&spans, &OpenOptions::default(), &Unwatched)?;
    case.analyze(&Config::default(), None, &Unwatched)?;
    case.decide(&Subject::Case, &Decision::Note { text: "a note of mine".to_owned() })?;
    Ok(())
}

fn plain(folder: &Path) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let path = folder.join("plain.driftlock");
    fill(&mut Case::create(&path)?, folder)?;
    Ok(path)
}

/// Which of the secrets stand in the bytes of a case and of what lies beside it.
fn shown(path: &Path) -> Vec<&'static str> {
    let mut bytes = Vec::new();
    for suffix in ["", "-wal", "-shm", "-journal", ".partial"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        bytes.extend(std::fs::read(name).unwrap_or_default());
    }
    let holds = |text: &str| bytes.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes()));
    SECRETS.into_iter().chain(["SQLite format"]).filter(|text| holds(text)).collect()
}

fn names(folder: &Path) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut names: Vec<String> =
        entries.into_iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.contains(".driftlock"));
    names.sort();
    Ok(names)
}

#[test]
fn no_byte_of_an_encrypted_case_or_its_log_shows_what_it_holds_and_the_content_is_the_same() -> Outcome {
    let folder = tempfile::tempdir()?;
    let plain = plain(folder.path())?;
    let clear = shown(&plain);
    assert!(clear.contains(&"shop-secret.log") && clear.contains(&"a note of mine"), "{clear:?}");
    let path = folder.path().join("sealed.driftlock");
    let mut case = Case::create_encrypted(&path, &passphrase(WORDS))?;
    fill(&mut case, folder.path())?;
    // While the log is there as well as after it.
    assert!(std::fs::metadata(folder.path().join("sealed.driftlock-wal"))?.len() > 0);
    assert_eq!(shown(&path), Vec::<&str>::new());
    assert_eq!(case.content_sha256()?, Case::open_read_only(&plain)?.content_sha256()?);
    assert!(case.verify(&Unwatched)?.is_sound());
    drop(case);
    assert_eq!(shown(&path), Vec::<&str>::new());
    assert!(Case::is_case(&path) && Case::is_encrypted(&path) && !Case::is_encrypted(&plain));
    Ok(())
}

#[test]
fn the_file_is_one_that_any_sqlcipher_opens_by_the_passphrase() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("a.driftlock");
    drop(Case::create_encrypted(&path, &passphrase(WORDS))?);
    let connection = Connection::open(&path)?;
    connection.execute_batch(&format!("PRAGMA key = '{WORDS}'; PRAGMA cipher_page_size = 16384;"))?;
    let action: String = connection.query_row("SELECT action FROM audit", [], |row| row.get(0))?;
    let rounds: String = connection.query_row("PRAGMA kdf_iter", [], |row| row.get(0))?;
    assert_eq!((action.as_str(), rounds), ("encrypt", KEY_ROUNDS.to_string()));
    Ok(())
}

#[test]
fn without_the_passphrase_or_with_another_nothing_opens_and_strange_ones_are_taken_as_they_are() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("a.driftlock");
    for text in ["'; DROP TABLE capture; -- \"", "x'00' né 🗝 \t a\0b "] {
        let _ = std::fs::remove_file(&path);
        drop(Case::create_encrypted(&path, &passphrase(text))?);
        Case::lock(&path);
        assert!(Case::needs_passphrase(&path));
        let opened = Case::open_read_only(&path).map(drop);
        assert!(matches!(opened, Err(CaseError::Locked { .. })), "{opened:?}");
        let other = Case::unlock(&path, &passphrase(&format!("{text} ")));
        assert!(matches!(other, Err(CaseError::WrongPassphrase { .. })), "{other:?}");
        assert!(Case::needs_passphrase(&path));
        Case::unlock(&path, &passphrase(text))?;
        assert_eq!(Case::open(&path)?.audit()?.len(), 1);
    }
    let said = Case::unlock(&path, &passphrase("hunter2")).expect_err("it is another one").to_string();
    assert!(!said.contains("hunter2") && said.contains("a.driftlock"), "{said}");
    Ok(())
}

#[test]
fn encrypting_changing_and_deciphering_keep_content_and_chain_and_leave_nothing_behind() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = plain(folder.path())?;
    let before = Case::open_read_only(&path)?;
    let (content, rows) = (before.content_sha256()?, before.audit()?);
    drop(before);
    let steps = [
        (Reseal::Encrypt(passphrase(WORDS)), "encrypt", true),
        (Reseal::ChangePassphrase(passphrase("another one entirely")), "passphrase", true),
        (Reseal::Decrypt, "decrypt", false),
    ];
    for (number, (how, action, is_sealed)) in steps.iter().enumerate() {
        Case::reseal(&path, how, None, Some("Inspector Clouseau"), &Unwatched)?;
        assert_eq!(names(folder.path())?, ["plain.driftlock"], "{action}");
        assert_eq!(
            (Case::is_encrypted(&path), shown(&path).is_empty()),
            (*is_sealed, *is_sealed),
            "{action}"
        );
        let case = Case::open_read_only(&path)?;
        assert_eq!(case.content_sha256()?, content);
        let now = case.audit()?;
        assert_eq!((&now[..rows.len()], now.len()), (&rows[..], rows.len() + number + 1));
        let last = now.last().expect("a row was added");
        assert_eq!((last.action.as_str(), last.actor.as_str()), (*action, "Inspector Clouseau"));
        assert!(!format!("{now:?}").contains("horse") && !format!("{now:?}").contains("entirely"));
        assert!(case.verify(&Unwatched)?.is_sound());
    }
    Ok(())
}

#[test]
fn after_a_change_the_old_passphrase_is_no_way_in() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (path, copy) = (folder.path().join("a.driftlock"), folder.path().join("b.driftlock"));
    drop(Case::create_encrypted(&path, &passphrase(WORDS))?);
    let change = Reseal::ChangePassphrase(passphrase("another one entirely"));
    Case::reseal(&path, &change, Some(&copy), None, &Unwatched)?;
    assert!(matches!(
        Case::reseal(&path, &change, Some(&copy), None, &Unwatched),
        Err(CaseError::Exists { .. })
    ));
    Case::lock(&copy);
    let old = Case::unlock(&copy, &passphrase(WORDS));
    assert!(matches!(old, Err(CaseError::WrongPassphrase { .. })), "{old:?}");
    Case::unlock(&copy, &passphrase("another one entirely"))?;
    // The one that was left alone has its own.
    assert_eq!((Case::open(&path)?.audit()?.len(), Case::open(&copy)?.audit()?.len()), (1, 2));
    Ok(())
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = plain(folder.path())?;
    let bytes = std::fs::read(&path)?;
    let reader = Case::open_read_only(&path)?;
    let in_use = Case::reseal(&path, &Reseal::Encrypt(passphrase(WORDS)), None, None, &Unwatched);
    assert!(matches!(&in_use, Err(CaseError::NotResealed { .. })), "{in_use:?}");
    drop(reader);
    assert!(matches!(
        Case::reseal(&path, &Reseal::Decrypt, None, None, &Unwatched),
        Err(CaseError::NotEncrypted { .. })
    ));
    assert!(matches!(
        Case::open_or_create_encrypted(&path, &passphrase(WORDS)),
        Err(CaseError::NotEncrypted { .. })
    ));
    let stopped = Case::reseal(&path, &Reseal::Encrypt(passphrase(WORDS)), None, None, &CancelAfter::new(0));
    assert!(matches!(stopped, Err(CaseError::Cancelled)), "{stopped:?}");
    assert_eq!(names(folder.path())?, ["plain.driftlock"]);
    assert!(Case::open_read_only(&path)?.verify(&Unwatched)?.is_sound());
    assert_eq!(std::fs::read(&path)?.len(), bytes.len());
    Ok(())
}

#[test]
fn an_interrupted_import_goes_on_in_an_encrypted_case() -> Outcome {
    let folder = tempfile::tempdir()?;
    let capture = text_log(folder.path(), "a.log", 60_000)?;
    let path = folder.path().join("a.driftlock");
    let mut case = Case::open_or_create_encrypted(&path, &passphrase(WORDS))?;
    let stopped = case.import(&capture, &OpenOptions::default(), &CancelAfter::new(1));
    assert!(matches!(stopped, Err(CaseError::Cancelled)), "{stopped:?}");
    drop(case);
    Case::lock(&path);
    let mut case = Case::open_or_create_encrypted(&path, &passphrase(WORDS))?;
    case.import(&capture, &OpenOptions::default(), &Unwatched)?;
    let mut whole = Case::temporary()?;
    whole.import(&capture, &OpenOptions::default(), &Unwatched)?;
    assert_eq!(case.content_sha256()?, whole.content_sha256()?);
    Ok(())
}

#[test]
fn a_case_of_every_earlier_schema_can_be_encrypted_and_is_moved_forward_with_it() -> Outcome {
    let folder = tempfile::tempdir()?;
    for schema in 1..=3 {
        let fixture = format!("{}/tests/fixtures/schema-{schema}.driftlock.zst", env!("CARGO_MANIFEST_DIR"));
        let path = folder.path().join(format!("schema-{schema}.driftlock"));
        std::fs::write(&path, zstd::decode_all(&std::fs::read(fixture)?[..])?)?;
        let content = Case::open_read_only(&path)?.evidence_sha256()?;
        Case::reseal(&path, &Reseal::Encrypt(passphrase(WORDS)), None, None, &Unwatched)?;
        let case = Case::open_read_only(&path)?;
        assert_eq!(case.evidence_sha256()?, content, "schema {schema}");
        let actions: Vec<String> = case.audit()?.into_iter().map(|row| row.action).collect();
        assert_eq!(actions, ["migrate", "encrypt"]);
        assert!(case.verify(&Unwatched)?.is_sound());
        assert!(shown(&path).is_empty());
    }
    assert_eq!(names(folder.path())?.len(), 3);
    Ok(())
}

#[test]
fn a_damaged_page_of_an_encrypted_case_costs_the_block_that_it_holds() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("a.driftlock");
    let mut case = Case::create_encrypted(&path, &passphrase(WORDS))?;
    case.import(&text_log(folder.path(), "a.log", 60_000)?, &OpenOptions::default(), &Unwatched)?;
    drop(case);
    let pages = std::fs::metadata(&path)?.len() / 16384;
    let mut costs_a_block = 0;
    for page in (pages / 3..pages).step_by(pages as usize / 6) {
        let copy = folder.path().join(format!("{page}.driftlock"));
        std::fs::copy(&path, &copy)?;
        let mut file = std::fs::OpenOptions::new().write(true).open(&copy)?;
        file.seek(SeekFrom::Start(page * 16384 + 8000))?;
        file.write_all(&[0x5a; 16])?;
        drop(file);
        match Case::open_read_only(&copy).and_then(|case| case.verify(&Unwatched)) {
            Ok(found) => {
                assert!(!found.is_sound(), "page {page}");
                assert!(found.damaged.len() <= 1, "page {page}: {found:?}");
                costs_a_block += found.damaged.len();
            }
            Err(error) => assert!(error.to_string().contains("damaged"), "page {page}: {error}"),
        }
    }
    assert!(costs_a_block > 0, "most pages hold blocks");
    Ok(())
}
