//! Bounded fuzzing of every reader (`engine/ingest/fuzz`).

use crate::shell;
use anyhow::{Context, bail};
use std::path::PathBuf;
use std::process::Command;

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

/// Runs these targets, or all, from the committed seeds alone: the same inputs each time.
pub(crate) fn run(runs: u64, wanted: &[String]) -> anyhow::Result<()> {
    let known = targets()?;
    if let Some(unknown) = wanted.iter().find(|name| !known.contains(name)) {
        bail!("no fuzz target {unknown}; there are {}", known.join(", "));
    }
    let chosen = if wanted.is_empty() { &known[..] } else { wanted };
    let programs = build()?;
    let scratch = shell::scratch("fuzz-run")?;
    for name in chosen {
        let corpus = scratch.join(name);
        std::fs::create_dir_all(&corpus)?;
        let mut command = Command::new(programs.join(name));
        command.arg(&corpus).arg(folder().join("seeds").join(name)).args([
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
