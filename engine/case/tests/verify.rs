//! Damage anywhere in a case file is found; damage to one block costs that block.

mod common;

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use case::{Case, Verification};
use cbad::{Config, Unwatched};
use common::{Outcome, text_log};
use ingest::OpenOptions;
use rusqlite::Connection;

fn analysed(folder: &Path) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let path = folder.join("a.driftlock");
    let mut case = Case::create(&path)?;
    case.import(&text_log(folder, "a.log", 60_000)?, &OpenOptions::default(), &Unwatched)?;
    case.analyze(&Config::default(), None, &Unwatched)?;
    drop(case);
    // Into the file itself, out of its log.
    Connection::open(&path)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(path)
}

fn verified(path: &Path) -> Result<Verification, Box<dyn std::error::Error>> {
    Ok(Case::open_read_only(path)?.verify(&Unwatched)?)
}

/// Changes some bytes in the middle of the first place in the file that holds these.
fn flip(path: &Path, bytes: &[u8]) -> Outcome {
    let mut content = Vec::new();
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(path)?;
    file.read_to_end(&mut content)?;
    let at =
        content.windows(bytes.len()).position(|part| part == bytes).ok_or("the bytes are not in the file")?;
    let at = at + bytes.len() / 2;
    file.seek(SeekFrom::Start(at as u64))?;
    file.write_all(&[content[at] ^ 0x55])?;
    Ok(())
}

#[test]
fn a_whole_case_is_said_to_be_whole() -> Outcome {
    let folder = tempfile::tempdir()?;
    let found = verified(&analysed(folder.path())?)?;
    assert!(found.is_sound(), "{found:?}");
    assert_eq!(found.events, 60_000);
    assert!(found.blocks > 5 && found.window_blocks > 0);
    Ok(())
}

#[test]
fn flipped_bytes_of_a_block_cost_that_block_and_its_events_are_named() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = analysed(folder.path())?;
    let (first, events, data): (i64, i64, Vec<u8>) = Connection::open(&path)?.query_row(
        "SELECT first_position, events, data FROM block ORDER BY first_position LIMIT 1 OFFSET 2",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    // What stands on one page: the pages of a block are chained, and between them are their numbers.
    flip(&path, &data[20_000..20_064])?;
    let (first, last) = (first as u64, (first + events - 1) as u64);
    let found = verified(&path)?;
    let [damage] = &found.damaged[..] else { return Err(format!("{found:?}").into()) };
    assert_eq!((damage.first_event, damage.last_event, damage.stream), (first, last, Some(0)));
    assert!(found.problems.is_empty(), "{found:?}");
    assert_eq!(found.events, 60_000 - events as u64);
    let case = Case::open_read_only(&path)?;
    let source = damage.source.ok_or("schema 4 knows the bytes")?;
    let neighbours = case.events_readable(0, first - 1..last + 2)?;
    assert_eq!(neighbours.damaged, found.damaged);
    let [before, after] = &neighbours.events[..] else { return Err("one before and one after".into()) };
    assert_eq!((before.position, after.position), (first - 1, last + 1));
    assert!(source.offset >= before.event.source.end() && source.end() <= after.event.source.offset);
    let said = damage.to_string();
    assert!(
        said.contains("a.log") && said.contains("SHA-256") && said.contains(&source.end().to_string()),
        "{said}"
    );
    Ok(())
}

#[test]
fn times_of_a_block_that_are_not_those_of_its_events_are_said() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = analysed(folder.path())?;
    // All of the stream alike, so that its own times fit those of its blocks.
    Connection::open(&path)?.execute_batch(&format!(
        "UPDATE block SET start_nanos = {least}, end_nanos = {least};
         UPDATE stream SET start_nanos = {least}, end_nanos = {least}",
        least = i64::MIN + 1
    ))?;
    let found = verified(&path)?;
    let said = found.problems.iter().filter(|problem| problem.contains("a search by time may miss them"));
    assert_eq!((said.count() as u64, found.damaged.len()), (found.blocks, 0), "{:?}", found.problems);
    Ok(())
}

#[test]
fn what_does_not_fit_together_is_said() -> Outcome {
    let folder = tempfile::tempdir()?;
    let whole = analysed(folder.path())?;
    for (change, said) in [
        ("UPDATE capture SET events = events + 1, records = records + 1", "do not hold all"),
        ("UPDATE capture SET rejected = rejected + 1, records = records + 1", "not all listed"),
        ("UPDATE stream SET events = events + 1", "its blocks end at 60000"),
        ("DELETE FROM block WHERE first_position = 0", "has no events 0 to"),
        ("UPDATE block_index SET grams = zeroblob(64) WHERE block = 2", "search filter"),
        ("UPDATE block_index SET source_end = source_end + 1 WHERE block = 2", "search filter"),
        ("UPDATE window_block SET data = zeroblob(10)", "SHA-256"),
        ("DELETE FROM window WHERE position = 1", "runs whose windows"),
        ("DELETE FROM window_block; DELETE FROM window", "runs whose windows"),
        ("DELETE FROM finding WHERE id = 1", "runs whose findings"),
        ("UPDATE finding SET payload = '{' WHERE id = 1", "cannot be read"),
        (
            "UPDATE finding SET payload = json_set(payload, '$.window', 9999) WHERE id = 1",
            "do not match the SHA-256",
        ),
        ("UPDATE run_stream SET note = 'another'", "do not match the SHA-256"),
        ("UPDATE run SET config = replace(config, '\"seed\":', '\"seed\":1')", "other configuration than"),
        ("UPDATE run SET codecs = '[]'", "other codecs than the audit chain"),
        ("UPDATE run SET captures = '[]'", "other captures than the audit chain"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM capture", "missing entry of capture"),
        (
            "DELETE FROM run; DELETE FROM capture",
            "Capture 1 (a.log), which the audit chain recorded, is gone.",
        ),
        ("PRAGMA foreign_keys = ON; DELETE FROM run", "Run 1, which the audit chain recorded, is gone."),
        ("UPDATE capture SET sha256 = zeroblob(32)", "has another SHA-256 than the audit chain"),
        ("UPDATE capture SET file_name = 'b.log'", "has another name, format"),
        ("UPDATE capture SET format = 'syslog'", "has another name, format"),
        ("UPDATE stream SET service = 'shop'", "other streams than the audit chain"),
        ("UPDATE stream SET start_nanos = 1", "streams that begin or end at another time"),
        (
            "INSERT INTO problem VALUES (1, 0, 'note', 0, 0, NULL, 'nothing', NULL); UPDATE capture SET notes = 1",
            "has 1 notes, and the audit chain recorded 0",
        ),
        ("UPDATE capture SET completion = NULL", "is gone"),
    ] {
        let path = folder.path().join("changed.driftlock");
        std::fs::copy(&whole, &path)?;
        Connection::open(&path)?.execute_batch(change)?;
        let found = verified(&path)?;
        assert!(found.problems.iter().any(|problem| problem.contains(said)), "{change}: {found:?}");
        assert!(!found.is_sound());
    }
    Ok(())
}

#[test]
fn a_block_rewritten_with_its_hash_is_not_what_the_audit_chain_recorded() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = analysed(folder.path())?;
    let other = folder.path().join("other");
    std::fs::create_dir(&other)?;
    let text = std::fs::read(folder.path().join("a.log"))?;
    std::fs::write(other.join("a.log"), String::from_utf8_lossy(&text).replace("cart by", "cash by"))?;
    let mut forged = Case::create(&other.join("c.driftlock"))?;
    forged.import(&other.join("a.log"), &OpenOptions::default(), &Unwatched)?;
    drop(forged);
    let attacker = Connection::open(&path)?;
    attacker.execute("ATTACH ?1 AS forged", [other.join("c.driftlock").to_string_lossy()])?;
    attacker.execute_batch(
        "UPDATE block SET (data, sha256, raw_bytes) =
            (SELECT data, sha256, raw_bytes FROM forged.block AS other WHERE other.id = block.id) WHERE id = 2;
         UPDATE block_index SET (source_start, source_end, grams) =
            (SELECT source_start, source_end, grams FROM forged.block_index AS other
            WHERE other.block = block_index.block) WHERE block = 2",
    )?;
    drop(attacker);
    let found = verified(&path)?;
    let said = ["Capture 1 (a.log) has other events or problems than the audit chain recorded."];
    assert_eq!((found.problems.as_slice(), found.damaged.len()), (&said.map(String::from)[..], 0));
    Ok(())
}

#[test]
fn damaged_pages_are_said_and_never_panic() -> Outcome {
    let folder = tempfile::tempdir()?;
    let whole = analysed(folder.path())?;
    let bytes = std::fs::read(&whole)?;
    let pages = bytes.len() / 16384;
    for page in (1..pages).step_by(pages / 12 + 1) {
        let path = folder.path().join("damaged.driftlock");
        let mut damaged = bytes.clone();
        damaged[page * 16384..page * 16384 + 64].fill(0xa5);
        std::fs::write(&path, damaged)?;
        // Where even the lists of streams and runs are gone there is nothing to go on with: an error that says so.
        match Case::open_read_only(&path).and_then(|case| case.verify(&Unwatched)) {
            Ok(found) => assert!(!found.is_sound(), "page {page} was damaged"),
            Err(error) => assert!(error.to_string().contains("damaged.driftlock"), "{error}"),
        }
    }
    Ok(())
}
