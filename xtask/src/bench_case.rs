//! How soon a large case answers, and how fast it is searched.

use crate::shell::{self, cargo};
use crate::{Rest, big_log};

/// Ten million lines and some.
const MEGABYTES: u64 = 850;

/// By the example `search` of the crate `case`: over a file, or over a log made here.
pub(crate) fn run(mut rest: Rest) -> anyhow::Result<()> {
    let (megabytes, runs) = (rest.number("--mb", MEGABYTES)?, rest.number("--runs", 3)?);
    let file = rest.file()?;
    rest.done()?;
    let folder = shell::scratch("bench-case")?;
    let capture = if let Some(file) = file {
        std::path::absolute(file)?
    } else {
        let log = folder.join("big.log");
        big_log::write(&log, megabytes << 20, 1)?;
        log
    };
    let mut example =
        cargo(&["run", "--quiet", "--release", "--package", "case", "--example", "search", "--"]);
    shell::run(example.arg(capture).arg(folder).arg(runs.to_string()))
}
