//! A case that is closed without waiting for the disk.

mod common;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use case::{Case, CaseError};
use cbad::Unwatched;
use common::{CancelAfter, Looks, Numbers, Outcome, later_each_time, text_log};
use ingest::OpenOptions;

const LINES: u64 = 150_000;
/// What is committed from one time that the log is brought in to the next.
const EVERY_BYTES: u64 = 4 << 20;
const TRIES: u64 = 6;

/// Lines in which a compressor finds little.
fn random_log(folder: &Path) -> std::io::Result<PathBuf> {
    let mut numbers = Numbers(7);
    let mut text = String::new();
    for line in 0..LINES {
        let word = || format!("{:08x}", numbers.below(1 << 32));
        let words: Vec<String> = std::iter::repeat_with(word).take(14).collect();
        writeln!(text, "2026-01-01T00:00:{:02}Z {}", line % 60, words.join(" ")).expect("a String grows");
    }
    let path = folder.join("random.log");
    std::fs::write(&path, text)?;
    Ok(path)
}

#[test]
fn an_import_that_was_left_goes_on_at_once_and_ends_up_as_if_nothing_had_happened() -> Outcome {
    let folder = tempfile::tempdir()?;
    let capture = random_log(folder.path())?;
    let options = OpenOptions::default();
    let mut undisturbed = Case::create(&folder.path().join("undisturbed.driftlock"))?;
    let looks = Looks::of(|watch| undisturbed.import(&capture, &options, watch))?;
    let expected = undisturbed.content_sha256()?;
    drop(undisturbed);
    let bytes = folder.path().join("undisturbed.driftlock").metadata()?.len();
    assert!(bytes > 2 * EVERY_BYTES, "{bytes} bytes are too few to be brought in on the way");

    let path = folder.path().join("left.driftlock");
    let mut numbers = Numbers(20_261_122);
    let mut left = 0;
    for tries in 0..TRIES {
        let mut case = Case::open_or_create(&path)?;
        match case.import(&capture, &options, &later_each_time(&mut numbers, looks, tries)) {
            Err(CaseError::Cancelled) => left += 1,
            Err(other) => return Err(other.into()),
            Ok(_) => {}
        }
        // Opened again while the thread may still be at the disk.
        case.leave();
        Case::open_read_only(&path)?.captures()?;
    }
    assert!(left > 1, "{left} imports were left");
    let mut case = Case::open(&path)?;
    case.import(&capture, &options, &Unwatched)?;
    assert_eq!(case.content_sha256()?, expected);
    drop(case);
    assert!(!path.with_extension("driftlock-wal").exists(), "who closes it finds all of it in one file");
    Ok(())
}

#[test]
fn a_temporary_case_is_gone_however_it_is_closed() -> Outcome {
    let folder = tempfile::tempdir()?;
    let capture = text_log(folder.path(), "a.log", 20_000)?;
    for looks in [20, u64::MAX] {
        let mut case = Case::temporary()?;
        let place = case.path().parent().ok_or("a case lies in a folder")?.to_owned();
        // Whether it was cancelled does not matter.
        let _ = case.import(&capture, &OpenOptions::default(), &CancelAfter::new(looks));
        case.leave();
        assert!(!place.exists());
    }
    Ok(())
}
