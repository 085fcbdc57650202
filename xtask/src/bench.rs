//! Measurements: time as a ratio to one pass of a compressor, memory, and results that never change.

use crate::shell::{self, cargo};
use crate::{Rest, bench_cancel, bench_case, bench_detection, bench_engine, bench_ui, big_log, end_to_end};
use anyhow::{Context, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Numbers of threads that must not make a difference.
const THREADS: [&str; 3] = ["1", "2", "8"];

/// Reads what is to be measured, and measures it.
pub(crate) fn run(mut rest: Rest) -> anyhow::Result<()> {
    let what = rest.file()?.context(
        "say what to measure: cargo xtask bench import|analysis|cancel|case|engine|detection|ui|repeat",
    )?;
    match what.as_str() {
        "import" | "analysis" => {
            let runs = rest.number("--runs", 3)?;
            let file = rest.file()?.unwrap_or_else(|| "sample-data/incident.jsonl.zst".to_owned());
            rest.done()?;
            ratio(&what, &file, runs)
        }
        "cancel" => bench_cancel::run(rest),
        "case" => bench_case::run(rest),
        "engine" => bench_engine::run(rest),
        "detection" => bench_detection::run(rest),
        "ui" => bench_ui::run(rest),
        "repeat" => {
            let runs = rest.number("--runs", 1000)?;
            rest.done()?;
            repeat(runs)
        }
        other => {
            bail!(
                "no such measurement: {other}; there are import, analysis, cancel, case, engine, detection, ui and repeat"
            )
        }
    }
}

/// By the example `bench` of the crate `case`, which takes the times around its own calls.
fn ratio(stage: &str, file: &str, runs: u64) -> anyhow::Result<()> {
    let path = std::path::absolute(file)?;
    let mut example =
        cargo(&["run", "--quiet", "--release", "--package", "case", "--example", "bench", "--"]);
    shell::run(example.arg(stage).arg(path).arg(runs.to_string()))
}

/// Many analyses, each in a process of its own, over a piece of the recording and a log of its lines.
fn repeat(runs: u64) -> anyhow::Result<()> {
    let program = end_to_end::release()?;
    let log = shell::scratch("bench")?.join("repeat.log");
    big_log::write(&log, 300_000, 1)?;
    let began = Instant::now();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for (number, threads) in (0..runs).zip(THREADS.iter().cycle()) {
        *seen.entry(results_sha256(&program, &log, threads)?).or_default() += 1;
        if number % 100 == 99 {
            println!("{} of {runs}, {:.0} s", number + 1, began.elapsed().as_secs_f64());
        }
    }
    let list: Vec<String> = seen.iter().map(|(digest, times)| format!("{digest}: {times} times")).collect();
    if list.len() != 1 {
        bail!("the same captures and seed gave {} results:\n  {}", list.len(), list.join("\n  "));
    }
    println!("{runs} runs with {} threads in turn, one result\n{}", THREADS.join(", "), list.join(""));
    Ok(())
}

fn results_sha256(program: &Path, log: &Path, threads: &str) -> anyhow::Result<String> {
    let mut command = Command::new(program);
    command.arg("analyze").arg(shell::root().join("sample-data/mini.jsonl")).arg(log);
    command.args(["--seed", "42", "--json", "--threads", threads]);
    let output = command.output().context("cannot start the program")?;
    if !output.status.success() {
        bail!("failed: {}\n{}", shell::line(&command), String::from_utf8_lossy(&output.stderr));
    }
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    answer["run"]["results_sha256"].as_str().map(str::to_owned).context("the run has no results_sha256")
}
