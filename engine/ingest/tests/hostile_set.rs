//! The hostile set, each read in a process of its own that the system gives 500 MB of address space at most.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

#[path = "common/archives.rs"]
mod archives;
#[path = "common/hostile.rs"]
mod hostile;

use std::path::{Path, PathBuf};
use std::process::Command;

const CAPTURE: &str = "DRIFTLOCK_HOSTILE_CAPTURE";
const MOST_KILOBYTES: u64 = 500_000;

/// The child: reads what the parent names. By itself it has nothing to read.
#[test]
fn child_reads_what_it_is_given() {
    let Some(path) = std::env::var_os(CAPTURE) else { return };
    println!("{}", hostile::report(&PathBuf::from(path)));
    println!("peak {}", hostile::peak_bytes().unwrap());
}

fn read_apart(path: &Path) -> String {
    let child = Command::new("sh")
        .args(["-c", &format!("ulimit -v {MOST_KILOBYTES}; exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "child_reads_what_it_is_given", "--nocapture", "--test-threads=1"])
        .env(CAPTURE, path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout).into_owned();
    assert!(child.status.success(), "{}: {said}{}", path.display(), String::from_utf8_lossy(&child.stderr));
    said
}

#[test]
fn each_ends_with_a_clear_report_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    hostile::make(folder.path());
    let before = listing(folder.path());
    for capture in hostile::SET {
        let said = read_apart(&folder.path().join(capture.name));
        assert!(said.contains(capture.says), "{} should say “{}”: {said}", capture.name, capture.says);
        let peak = said.lines().find_map(|line| line.strip_prefix("peak ")).unwrap();
        let peak: u64 = peak.parse().unwrap();
        assert!(peak < MOST_KILOBYTES << 10, "{}: {peak}", capture.name);
    }
    assert_eq!(listing(folder.path()), before, "nothing is written");
    assert!(!Path::new("/tmp/driftlock-was-here").exists());
}

fn listing(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
