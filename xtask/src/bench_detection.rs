//! What the engine finds, measured on labelled data: by the example `detection` of the crate `case`.

use crate::Rest;
use crate::shell::{self, cargo};
use anyhow::Context;
use std::process::Command;

/// Where the labelled data lie unless said otherwise: beside the checkout.
const DATA: &str = "../shared/data";

/// Runs the parts asked for, or all.
pub(crate) fn run(mut rest: Rest) -> anyhow::Result<()> {
    let data = match rest.text("--data")? {
        Some(given) => std::path::absolute(given)?,
        None => shell::root().join(DATA),
    };
    // Nothing but the tables goes to standard output, so that --json is JSON.
    let build = ["build", "--quiet", "--release", "--package", "case", "--example", "detection"];
    shell::read(&mut cargo(&build))?;
    let mut example = Command::new(shell::target().join("release/examples/detection"));
    // The example knows its parts and options, and says which of them it does not.
    let status =
        example.arg("--data").arg(data).args(&rest.0).status().context("cannot start the example")?;
    anyhow::ensure!(status.success(), "not everything could be measured");
    Ok(())
}
