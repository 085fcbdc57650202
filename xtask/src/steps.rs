//! `check` and `test`: their steps in order, each under a heading, stopping at the first that fails.

use crate::shell::{cargo, run};
use crate::{architecture, deny, end_to_end, files, fuzz, layers, packages, shell};
use anyhow::{Context, bail};
use std::time::Instant;

/// The quick part.
pub(crate) fn check() -> anyhow::Result<()> {
    step("Format", || run(&mut cargo(&["fmt", "--all", "--check"])))?;
    step("Layers", layers::check)?;
    step("Files", files::check)?;
    step("Code map", architecture::check)?;
    step("Clippy", || run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])))?;
    step("Clippy, without OpenZL and encryption", || run(&mut cargo(&WITHOUT_FEATURES)))
}

/// The workspace turns every feature on; this is what a build without the two C libraries would compile.
const WITHOUT_FEATURES: [&str; 9] =
    ["clippy", "-p", "driftlock", "-p", "cbad", "--no-default-features", "--", "-D", "warnings"];

/// Everything that CI asks for.
pub(crate) fn test() -> anyhow::Result<()> {
    let mut missing = None;
    step("System packages", || {
        missing = Some(packages::ensure()?);
        Ok(())
    })?;
    let missing = missing.context("the step before has run")?;
    check()?;
    step("Examples in the documentation", || run(&mut cargo(&["test", "--workspace", "--doc"])))?;
    step("Tests", tests)?;
    step("Tests of the codecs, without OpenZL", || {
        run(&mut cargo(&["test", "-p", "cbad", "--lib", "codec"]))
    })?;
    step("Documentation", || {
        run(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-Dwarnings"))
    })?;
    step("Dependencies", deny::check)?;
    if missing.allows_fuzzing() {
        step("Fuzzing, bounded", || fuzz::run(fuzz::RUNS, &[]))?;
    }
    if missing.allows_window() {
        step("The program, end to end", end_to_end::check)?;
    }
    match missing.advice() {
        None => {
            println!("\nEverything holds.");
            Ok(())
        }
        Some(advice) => {
            let fuzzing = if missing.allows_fuzzing() { "" } else { "\n  the fuzz targets" };
            let window =
                if missing.allows_window() { "" } else { "\n  the program on a display, end to end" };
            bail!(
                "NOT RUN, for want of system packages:{fuzzing}{window}\nInstall them and try again:\n  {advice}"
            )
        }
    }
}

/// With cargo-nextest where it is there: each test in a process of its own, and all of them even where one fails.
fn tests() -> anyhow::Result<()> {
    if shell::has("cargo-nextest") {
        run(&mut cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]))
    } else {
        run(&mut cargo(&["test", "--workspace", "--no-fail-fast", "--lib", "--bins", "--tests"]))
    }
}

fn step(heading: &str, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    println!("\n== {heading} ==");
    let began = Instant::now();
    work().with_context(|| format!("step '{heading}'"))?;
    println!("-- {heading}: {:.0} s", began.elapsed().as_secs_f64());
    Ok(())
}
