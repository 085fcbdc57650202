//! Killed at twenty moments of import and analysis, a case opens and ends up as if nothing had happened.
#![cfg(unix)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use case::{CaptureState, Case};
use common::{Numbers, Outcome, driftlock, spans, text_log};

const KILLS: u64 = 20;
/// Looks at the case file that one analysis lasts for, roughly; a few more or fewer only move the moment.
const LOOKS: u64 = 300;

/// When to kill: once this much of the captures is committed, and after some more looks at the file.
struct Moment {
    decoded_bytes: u64,
    looks: u64,
}

struct Bench {
    captures: [PathBuf; 2],
    total_bytes: u64,
}

impl Bench {
    fn command(&self, case: &Path) -> Command {
        let mut command = driftlock();
        command.arg("analyze").args(&self.captures).arg("--case").arg(case);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// A third while reading, a third while finishing the import or starting the analysis, a third at any moment.
    fn moment(&self, numbers: &mut Numbers) -> Moment {
        match numbers.below(3) {
            0 => Moment { decoded_bytes: numbers.below(self.total_bytes), looks: numbers.below(20) },
            1 => Moment { decoded_bytes: self.total_bytes, looks: numbers.below(LOOKS) },
            _ => Moment { decoded_bytes: 0, looks: numbers.below(LOOKS) },
        }
    }
}

/// What is committed so far; nothing before the file is a case, or while its making is under way.
fn committed(case: &Path) -> u64 {
    let captures = Case::open_read_only(case).and_then(|case| case.captures()).unwrap_or_default();
    captures.iter().map(|capture| capture.decoded_bytes).sum()
}

/// Kills the program at the moment; false where it had ended before.
fn kill_at(child: &mut Child, case: &Path, moment: &Moment) -> std::io::Result<bool> {
    let mut looks = 0;
    while looks < moment.looks || committed(case) < moment.decoded_bytes {
        if child.try_wait()?.is_some() {
            return Ok(false);
        }
        looks += u64::from(committed(case) >= moment.decoded_bytes);
        std::thread::yield_now();
    }
    // On Unix this is SIGKILL, which no program can catch.
    child.kill()?;
    Ok(!child.wait()?.success())
}

#[test]
fn twenty_kills_leave_no_trace() -> Outcome {
    let folder = tempfile::tempdir()?;
    let captures =
        [text_log(folder.path(), "app.log", 60_000, 300)?, spans(folder.path(), "spans.jsonl", 8000)?];
    let sizes = captures
        .iter()
        .map(|path| Ok(std::fs::metadata(path)?.len()))
        .collect::<std::io::Result<Vec<_>>>()?;
    let bench = Bench { captures, total_bytes: sizes.iter().sum() };
    let undisturbed = folder.path().join("undisturbed.driftlock");
    assert!(bench.command(&undisturbed).status()?.success());
    let expected = Case::open(&undisturbed)?.content_sha256()?;
    let mut numbers = Numbers(2026);
    let (mut kills, mut resumed, mut rounds) = (0, 0, 0);
    while kills < KILLS {
        rounds += 1;
        let path = folder.path().join(format!("{rounds}.driftlock"));
        loop {
            let mut child = bench.command(&path).spawn()?;
            if !kill_at(&mut child, &path, &bench.moment(&mut numbers))? {
                break;
            }
            kills += 1;
            let case = Case::open_or_create(&path)?;
            resumed +=
                u64::from(case.captures()?.iter().any(|capture| capture.state == CaptureState::Importing));
            assert!(
                case.runs()?
                    .iter()
                    .all(|run| case.findings(run.id).is_ok_and(|found| found.len() as u64 == run.findings))
            );
            if kills == KILLS {
                break;
            }
        }
        assert!(bench.command(&path).status()?.success());
        assert_eq!(Case::open(&path)?.content_sha256()?, expected, "case {rounds} after {kills} kills");
    }
    assert!(resumed > 0, "some kills fell into an import");
    Ok(())
}
