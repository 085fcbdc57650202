//! A disk that is full in the middle of an import: what was committed stays, and with more room the import goes on.
#![cfg(unix)]

mod common;

use std::path::Path;
use std::process::{Command, Output};

use case::Case;
use cbad::Unwatched;
use common::{Outcome, driftlock, text_log};

/// A disk of one megabyte that only the command sees. `$1` is the program, `$2` where the disk is, `$3` the capture, `$4`
/// where the case is copied to, as it was left.
const SMALL_DISK: &str = r#"mount -t tmpfs -o size=1m none "$2" || exit 99
"$1" analyze --window 9000 --hop 9000 --case "$2/c.driftlock" "$3"; code=$?
cp "$2"/c.driftlock* "$4"/; exit $code"#;

/// No file may grow over a megabyte; the signal that says so is not heeded, so that the program sees its write fail.
const SMALL_FILES: &str = r#"trap '' XFSZ; ulimit -f 2048 || exit 99
"$1" analyze --window 9000 --hop 9000 --case "$4/c.driftlock" "$3""#;

fn shell(command: &mut Command, script: &str, folder: &Path) -> std::io::Result<Output> {
    command
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_driftlock")])
        .args([folder.join("disk"), folder.join("app.log"), folder.join("kept")])
        .output()
}

/// What a full disk left opens and is whole, and the import goes on from there.
fn goes_on(folder: &Path, output: &Output, expected: &str) -> Outcome {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("make room"), "{said}");
    let path = folder.join("kept/c.driftlock");
    let case = Case::open(&path)?;
    let events: u64 = case.captures()?.iter().map(|capture| capture.events).sum();
    assert!(case.verify(&Unwatched)?.is_sound() && events < 60_000, "{events} events");
    drop(case);
    let again = driftlock()
        .args(["analyze", "--window", "9000", "--hop", "9000", "--case"])
        .args([&path, &folder.join("app.log")])
        .output()?;
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    let case = Case::open(&path)?;
    assert_eq!(case.content_sha256()?, expected, "nothing is lost, and nothing is there twice");
    assert!(case.verify(&Unwatched)?.is_sound());
    Ok(())
}

#[test]
fn a_full_disk_loses_nothing_and_doubles_nothing() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    text_log(at, "app.log", 60_000, 400)?;
    let whole = at.join("whole.driftlock");
    let made = driftlock()
        .args(["analyze", "--window", "9000", "--hop", "9000", "--case"])
        .args([&whole, &at.join("app.log")])
        .output()?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let expected = Case::open(&whole)?.content_sha256()?;
    for name in ["disk", "kept"] {
        std::fs::create_dir(at.join(name))?;
    }

    let limited = shell(&mut Command::new("sh"), SMALL_FILES, at)?;
    if limited.status.code() != Some(99) {
        goes_on(at, &limited, &expected)?;
    }
    for entry in std::fs::read_dir(at.join("kept"))? {
        std::fs::remove_file(entry?.path())?;
    }
    // Where the system lets nobody but root mount a disk of their own, the limit above has to do.
    let mut unshare = Command::new("unshare");
    unshare.args(["--map-root-user", "--mount", "sh"]);
    match shell(&mut unshare, SMALL_DISK, at) {
        Ok(output) if ![Some(99), Some(1)].contains(&output.status.code()) => goes_on(at, &output, &expected),
        _ => Ok(()),
    }
}
