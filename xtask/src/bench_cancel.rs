//! How soon long work returns when it is cancelled.

use crate::shell::{self, cargo};
use crate::{Rest, big_log};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

/// Events of the log, all in one stream: more than 100 MB.
const EVENTS: u64 = 1_200_000;
/// Length of the made-up company's telemetry: about a million events in some fifty streams.
const COMPANY_MINUTES: u64 = 180;
/// Lines of a megabyte each.
const WIDE_LINES: u64 = 60;
const WIDE_BYTES: usize = 1 << 20;

/// By the example `cancel` of the crate `case`, over captures made here; the words left say which work alone.
pub(crate) fn run(mut rest: Rest) -> anyhow::Result<()> {
    let (times, events) = (rest.number("--times", 100)?, rest.number("--events", EVENTS)?);
    let minutes = rest.number("--minutes", COMPANY_MINUTES)?;
    let mut only = Vec::new();
    while let Some(word) = rest.file()? {
        only.push(word);
    }
    rest.done()?;
    let mut build =
        cargo(&["build", "--quiet", "--release", "--package", "case", "--features", "encryption"]);
    shell::read(build.args(["--example", "engine", "--example", "cancel"]))?;
    let examples = shell::target().join("release/examples");
    let folder = shell::scratch("bench-cancel")?;
    let [log, otlp, wide] = ["log.log", "otlp.jsonl", "wide.log"].map(|name| folder.join(name));
    big_log::write_lines(&log, events, 1)?;
    shell::read(Command::new(examples.join("engine")).arg("make").arg(&otlp).arg(minutes.to_string()))?;
    write_wide(&wide, WIDE_LINES)?;
    let mut example = Command::new(examples.join("cancel"));
    example.arg(&folder).arg(times.to_string()).args([&log, &otlp, &wide]).args(only);
    shell::run(&mut example)?;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Lines of a megabyte, each of words that hardly come again.
fn write_wide(out: &Path, lines: u64) -> anyhow::Result<()> {
    let mut file = BufWriter::new(std::fs::File::create(out)?);
    let mut word = 1_u64;
    for line in 0..lines {
        let (minute, second) = (line / 60, line % 60);
        let mut text = format!("2026-01-01T00:{minute:02}:{second:02}Z wide");
        while text.len() < WIDE_BYTES {
            // A step of a linear congruential generator (Knuth's MMIX).
            word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push(' ');
            text.extend(word.to_be_bytes().map(|byte| char::from(b'a' + byte % 26)));
        }
        writeln!(file, "{text}")?;
    }
    Ok(file.flush()?)
}
