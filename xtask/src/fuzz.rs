//! Bounded fuzzing of every reader (`engine/ingest/fuzz`).

use crate::fuzz_words::{self, Words};
use crate::shell;
use anyhow::{Context, bail};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Inputs for each target, unless told otherwise: with thirty targets, more in all than a person waits for.
pub(crate) const RUNS: u64 = 5_000;

/// Each target also stops after this time, so that a slow machine ends too.
const SECONDS: u64 = 15;

/// Coverage instrumentation on the stable toolchain, as in `engine/ingest/fuzz/README.md`.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

fn folder() -> PathBuf {
    shell::root().join("engine/ingest/fuzz")
}

/// These targets, or all.
fn chosen(wanted: &[String]) -> anyhow::Result<Vec<String>> {
    let known = targets()?;
    if let Some(unknown) = wanted.iter().find(|name| !known.contains(name)) {
        bail!("no fuzz target {unknown}; there are {}", known.join(", "));
    }
    Ok(if wanted.is_empty() { known } else { wanted.to_vec() })
}

/// Runs these targets, or all, for minutes each, as many at once as there are cores. Inputs that reach something new stay in the
/// target directory, where the next run goes on from them, so that minutes add up.
pub(crate) fn run_long(minutes: u64, wanted: &[String]) -> anyhow::Result<()> {
    let chosen = chosen(wanted)?;
    let programs = build()?;
    let words = words()?;
    let kept = shell::target().join("fuzz-kept");
    let next = AtomicUsize::new(0);
    let broken = Mutex::new(Vec::new());
    let work = || -> anyhow::Result<()> {
        while let Some(name) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
            if !long(name, minutes * 60, &programs, &words, &kept)? {
                broken.lock().expect("no thread panics while it holds this").push(name.clone());
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker does not panic"))
    })?;
    let broken = broken.into_inner()?;
    if !broken.is_empty() {
        bail!("found inputs that break {}; they lie in {}", broken.join(", "), kept.display());
    }
    println!("{} fuzz targets found nothing in {minutes} minutes each", chosen.len());
    Ok(())
}

/// One target for so many seconds; false where it found something.
fn long(name: &str, seconds: u64, programs: &Path, words: &Words, kept: &Path) -> anyhow::Result<bool> {
    let corpus = kept.join(name);
    std::fs::create_dir_all(&corpus)?;
    let mut command = target(name, programs, words, &corpus);
    command
        .args([format!("-max_total_time={seconds}"), format!("-artifact_prefix={}/{name}-", kept.display())]);
    command.args(["-max_len=16384", "-rss_limit_mb=2048", "-timeout=100", "-print_final_stats=1"]);
    let output = command.output().with_context(|| format!("cannot start {name}"))?;
    std::fs::write(kept.join(format!("{name}.log")), &output.stderr)?;
    let said = String::from_utf8_lossy(&output.stderr);
    let units = said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    let inputs = units.map_or("?", str::trim);
    let kept_inputs = std::fs::read_dir(&corpus)?.count();
    let end = if output.status.success() { "nothing found" } else { "FOUND SOMETHING" };
    println!("{name}: {inputs} inputs in {seconds} s, {kept_inputs} kept, {end}");
    Ok(output.status.success())
}

/// A target that begins from its seeds, the golden captures and what the tests of the readers read, and keeps what is new in
/// `corpus`.
fn target(name: &str, programs: &Path, words: &Words, corpus: &Path) -> Command {
    let mut command = Command::new(programs.join(name));
    command.args([corpus, &folder().join("seeds").join(name), &golden_captures(), &words.captures]);
    command.arg(format!("-dict={}", words.dictionary.display()));
    command
}

fn golden_captures() -> PathBuf {
    shell::root().join("engine/ingest/tests/data")
}

fn words() -> anyhow::Result<Words> {
    fuzz_words::write(&shell::root().join("engine/ingest/src"), &shell::scratch("fuzz-words")?)
}

/// Runs these targets, or all, from what is committed alone: the same inputs each time.
pub(crate) fn run(runs: u64, wanted: &[String]) -> anyhow::Result<()> {
    let chosen = chosen(wanted)?;
    let programs = build()?;
    let words = words()?;
    let scratch = shell::scratch("fuzz-run")?;
    for name in &chosen {
        let corpus = scratch.join(name);
        std::fs::create_dir_all(&corpus)?;
        let mut command = target(name, &programs, &words, &corpus);
        command.args([
            format!("-runs={runs}"),
            format!("-max_total_time={SECONDS}"),
            format!("-artifact_prefix={}/{name}-", scratch.display()),
        ]);
        command.args(["-seed=1", "-max_len=8192", "-rss_limit_mb=2048", "-timeout=10", "-verbosity=0"]);
        command.args(["-print_final_stats=1"]);
        shell::run(&mut command).with_context(|| {
            format!("{name} found an input that breaks it; it lies in {}", scratch.display())
        })?;
    }
    println!("{} fuzz targets found nothing in up to {runs} inputs each", chosen.len());
    Ok(())
}

/// A target is a file in `fuzz_targets`.
fn targets() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder().join("fuzz_targets"))? {
        let path = entry?.path();
        names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

fn build() -> anyhow::Result<PathBuf> {
    let host = shell::read(Command::new("rustc").arg("-vV"))?;
    let host = String::from_utf8(host)?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let target = shell::target().join("fuzz");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--target", host]).current_dir(folder());
    shell::run(cargo.env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", &target))?;
    Ok(target.join(host).join("release"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_says_the_same_flags_and_targets() -> anyhow::Result<()> {
        let readme = std::fs::read_to_string(folder().join("README.md"))?;
        assert!(readme.contains(FLAGS), "{FLAGS}");
        let targets = targets()?;
        assert!(!targets.is_empty());
        for name in targets {
            assert!(readme.contains(&format!("`{name}`")), "{name}");
            assert!(folder().join("seeds").join(&name).is_dir(), "{name} has no seeds");
        }
        Ok(())
    }
}
