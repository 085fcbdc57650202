//! Killed at twenty moments of import and analysis, a case opens and ends up as if nothing had happened.
#![cfg(unix)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use case::{CaptureState, Case, CaseError};
use common::{Numbers, Outcome, driftlock, spans, text_log};

const KILLS: u64 = 20;
/// Kills that must fall into imports, and into analyses.
const EACH: u64 = 5;
const MOST_ROUNDS: u64 = 60;

struct Bench {
    captures: [PathBuf; 2],
    /// How long import and analysis took when nothing disturbed them; only moments are chosen by it.
    import: Duration,
    analysis: Duration,
}

impl Bench {
    fn command(&self, case: &Path) -> Command {
        let mut command = driftlock();
        // Few windows: the kills matter, not the findings.
        command.args(["analyze", "--window", "500", "--hop", "500", "--case"]).arg(case).args(&self.captures);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Runs to the end and measures the two parts.
    fn measure(&mut self, case: &Path) -> Result<(), Box<dyn std::error::Error>> {
        let begin = Instant::now();
        let mut child = self.command(case).spawn()?;
        while child.try_wait()?.is_none() {
            std::thread::yield_now();
            if self.import.is_zero() && completed(case).is_ok_and(|complete| complete == self.captures.len())
            {
                self.import = begin.elapsed();
            }
        }
        self.analysis = begin.elapsed().saturating_sub(self.import);
        assert!(child.wait()?.success() && !self.import.is_zero());
        Ok(())
    }

    /// Kills the program some time from now; false where it ended before.
    fn kill_after(&self, case: &Path, wait: Duration) -> std::io::Result<bool> {
        let begin = Instant::now();
        let mut child: Child = self.command(case).spawn()?;
        while begin.elapsed() < wait {
            if child.try_wait()?.is_some() {
                return Ok(false);
            }
            std::thread::yield_now();
        }
        // On Unix this is SIGKILL, which no program can catch.
        child.kill()?;
        Ok(!child.wait()?.success())
    }
}

/// Number of complete captures.
fn completed(case: &Path) -> Result<usize, CaseError> {
    let captures = Case::open_read_only(case)?.captures()?;
    Ok(captures.iter().filter(|capture| capture.state == CaptureState::Complete).count())
}

/// What a kill left: it opens, and each run in it is whole. True where all captures are complete.
fn check(path: &Path, captures: usize) -> Result<bool, CaseError> {
    let case = Case::open_or_create(path)?;
    for run in case.runs()? {
        assert_eq!(case.findings(run.id)?.len() as u64, run.findings, "a run is whole");
    }
    Ok(completed(path)? == captures)
}

#[test]
fn twenty_kills_leave_no_trace() -> Outcome {
    let folder = tempfile::tempdir()?;
    let captures =
        [text_log(folder.path(), "app.log", 45_000, 400)?, spans(folder.path(), "spans.jsonl", 5000)?];
    let mut bench = Bench { captures, import: Duration::ZERO, analysis: Duration::ZERO };
    let undisturbed = folder.path().join("undisturbed.driftlock");
    bench.measure(&undisturbed)?;
    let expected = Case::open(&undisturbed)?.content_sha256()?;
    let mut numbers = Numbers(2026);
    let (mut in_import, mut in_analysis, mut round) = (0, 0, 0);
    while in_import + in_analysis < KILLS || in_import < EACH || in_analysis < EACH {
        round += 1;
        assert!(round < MOST_ROUNDS, "{in_import} kills in imports and {in_analysis} in analyses");
        let path = folder.path().join(format!("{round}.driftlock"));
        // Three moments in the import, each from where the last left it; then one in the analysis.
        let mut is_complete = false;
        for _ in 0..3 {
            let wait = bench.import * numbers.below(1000) as u32 / 1000;
            if !is_complete && bench.kill_after(&path, wait)? {
                is_complete = check(&path, bench.captures.len())?;
                in_import += u64::from(!is_complete);
            }
        }
        let wait = bench.import + bench.analysis * numbers.below(1000) as u32 / 1000;
        if bench.kill_after(&path, if is_complete { wait.saturating_sub(bench.import) } else { wait })? {
            is_complete = check(&path, bench.captures.len())?;
            in_analysis += u64::from(is_complete);
            in_import += u64::from(!is_complete);
        }
        let ended = bench.command(&path).stderr(Stdio::piped()).output()?;
        assert!(ended.status.success(), "case {round}: {}", String::from_utf8_lossy(&ended.stderr));
        assert_eq!(Case::open(&path)?.content_sha256()?, expected, "case {round}");
    }
    Ok(())
}

#[test]
fn ctrl_c_leaves_a_usable_case_and_says_how_to_go_on() -> Outcome {
    let folder = tempfile::tempdir()?;
    let captures =
        [text_log(folder.path(), "app.log", 45_000, 400)?, spans(folder.path(), "spans.jsonl", 5000)?];
    let bench = Bench { captures, import: Duration::ZERO, analysis: Duration::ZERO };
    let path = folder.path().join("c.driftlock");
    let child = bench.command(&path).stderr(Stdio::piped()).spawn()?;
    // The first thing in the case is the capture's row; reading it takes long after that.
    while !Case::open_read_only(&path)
        .and_then(|case| case.captures())
        .is_ok_and(|captures| !captures.is_empty())
    {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status()?.success());
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("the same command goes on from there"), "{said}");
    check(&path, bench.captures.len())?;
    assert!(bench.command(&path).status()?.success());
    assert!(check(&path, bench.captures.len())? && Case::open(&path)?.runs()?.len() == 1);
    Ok(())
}

#[test]
fn ctrl_c_leaves_no_half_of_a_made_up_capture() -> Outcome {
    let folder = tempfile::tempdir()?;
    // A month would take minutes.
    let child = common::driftlock()
        .current_dir(folder.path())
        .args(["synth", "month.jsonl", "--minutes", "43200", "--inject", "silence"])
        .stderr(Stdio::piped())
        .spawn()?;
    let partial = folder.path().join("month.jsonl.partial");
    while !std::fs::metadata(&partial).is_ok_and(|there| there.len() > 0) {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status()?.success());
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("nothing was written"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
    Ok(())
}
