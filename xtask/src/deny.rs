//! Licences, sources and known faults of every dependency, by cargo-deny under `deny.toml`.

use crate::shell::{self, cargo, run};
use anyhow::Context;
use std::path::PathBuf;
use std::process::Command;

/// The version that `deny.toml` is written for.
const VERSION: &str = "0.20.2";

/// Checks; installs cargo-deny into the target directory the first time.
pub(crate) fn check() -> anyhow::Result<()> {
    let deny = tool()?;
    let at_root = |arguments: &[&str]| {
        let mut command = Command::new(&deny);
        command.args(arguments).current_dir(shell::root());
        command
    };
    let fetched = at_root(&["fetch", "db"]).output().context("cannot start cargo-deny")?;
    if fetched.status.success() {
        return run(&mut at_root(&["check"]));
    }
    let said = String::from_utf8_lossy(&fetched.stderr);
    let why = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("no reason given");
    println!("ADVISORIES SKIPPED: the advisory database cannot be fetched here ({why}).");
    println!("Where there is a network, `cargo xtask deny` checks them too.");
    run(&mut at_root(&["check", "bans", "licenses", "sources"]))
}

fn tool() -> anyhow::Result<PathBuf> {
    if shell::has("cargo-deny") {
        return Ok(PathBuf::from("cargo-deny"));
    }
    let folder = shell::target().join("tools");
    let program = folder.join("bin").join("cargo-deny");
    if !program.is_file() {
        let mut install = cargo(&["install", "--locked", "--version", VERSION, "cargo-deny", "--root"]);
        // With a folder of its own to build in: the tool's dependencies are not the project's.
        run(install.arg(&folder).env("CARGO_TARGET_DIR", folder.join("build")))?;
        // Big, and needed only once.
        std::fs::remove_dir_all(folder.join("build")).ok();
    }
    Ok(program)
}
