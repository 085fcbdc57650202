//! The hostile set: made, then read capture by capture in a process with little memory, with time and memory printed.

use crate::Rest;
use crate::shell::{self, cargo};
use anyhow::{Context, ensure};
use std::process::Command;
use std::time::Instant;

/// What each may take.
const MOST_SECONDS: f64 = 5.0;
const MOST_KILOBYTES: u64 = 500_000;

/// Makes the set in the target directory and reads it.
pub(crate) fn run(rest: &Rest) -> anyhow::Result<()> {
    rest.done()?;
    shell::run(&mut cargo(&[
        "build",
        "--quiet",
        "--release",
        "--package",
        "ingest",
        "--example",
        "hostile",
    ]))?;
    let program = shell::target().join("release/examples/hostile");
    let folder = shell::scratch("hostile")?;
    let made = Command::new(&program).arg("make").arg(&folder).output()?;
    ensure!(made.status.success(), "the set was not made: {}", String::from_utf8_lossy(&made.stderr));
    println!(
        "| capture | stored bytes | seconds | peak MB | last line of the report |\n|---|---|---|---|---|"
    );
    for line in String::from_utf8(made.stdout)?.lines() {
        let (name, says) = line.split_once('\t').context("a name and what its report says")?;
        let path = folder.join(name);
        let began = Instant::now();
        let read = Command::new("sh")
            .args(["-c", &format!("ulimit -v {MOST_KILOBYTES}; exec \"$0\" read \"$1\"")])
            .arg(&program)
            .arg(&path)
            .output()?;
        let seconds = began.elapsed().as_secs_f64();
        ensure!(read.status.success(), "{name}: {}", String::from_utf8_lossy(&read.stderr));
        ensure!(seconds < MOST_SECONDS, "{name} took {seconds:.1} s");
        let report = String::from_utf8(read.stdout)?;
        ensure!(report.contains(says), "{name} should say “{says}”: {report}");
        let peak = report.lines().find_map(|line| line.strip_prefix("peak ")).context("no peak is said")?;
        let megabytes = peak.parse::<f64>()? / 1e6;
        let said = report.lines().rev().nth(1).unwrap_or_default();
        let stored = path.metadata()?.len();
        println!("| `{name}` | {stored} | {seconds:.2} | {megabytes:.0} | {said} |");
    }
    Ok(())
}
