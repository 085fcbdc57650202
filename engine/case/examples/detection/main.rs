//! How well the engine finds what it should, and how often it finds what is not there.
//!
//! `cargo xtask bench detection [PART…] [--data DIR] [--trials N] [--seed S] [--lenses L,…] [--kinds K,…] [--findings] [--json]`
//!
//! For: the tables of `docs/BENCHMARKS.md`, from whatever labelled data the folder holds.
//! Never: a part of the program; nothing of the data is kept.

mod draw;
mod evalues;
mod injection;
mod lasting;
mod logs;
mod nab;
mod nab_detectors;
mod nab_scorer;
mod sessions;
mod synth;
mod table;
mod untouched;

use anyhow::{Context, bail};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use table::Report;

/// One part: its name, whether it needs the data folder, and what it does.
struct Part {
    name: &'static str,
    needs_data: bool,
    run: fn(&Setup) -> anyhow::Result<Report>,
}

const PARTS: [Part; 7] = [
    Part { name: "injection", needs_data: true, run: injection::run },
    Part { name: "shuffled", needs_data: true, run: untouched::shuffled },
    Part { name: "untouched", needs_data: true, run: untouched::untouched },
    Part { name: "nab", needs_data: true, run: nab::run },
    Part { name: "sessions", needs_data: true, run: sessions::run },
    Part { name: "lenses", needs_data: false, run: synth::run },
    Part { name: "lasting", needs_data: false, run: lasting::run },
];

/// What every part is told.
struct Setup {
    data: Option<PathBuf>,
    trials: Option<usize>,
    seed: u64,
    /// Whether findings are told in words, on standard error: what is flagged where nothing was put in, and the first
    /// three of each made-up capture.
    findings: bool,
    /// Lenses that take part.
    lenses: Vec<cbad::Lens>,
    /// Kinds of fault that are made up.
    kinds: Vec<testkit::synth::Kind>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            data: None,
            trials: None,
            seed: 1,
            findings: false,
            lenses: cbad::Lens::ALL.to_vec(),
            kinds: testkit::synth::Kind::ALL.to_vec(),
        }
    }
}

impl Setup {
    /// The data folder.
    fn data(&self) -> anyhow::Result<&Path> {
        self.data.as_deref().context("this part needs the data folder: --data DIR")
    }

    /// The number of trials asked for, or the part's own.
    fn trials(&self, default: usize) -> usize {
        self.trials.unwrap_or(default).max(1)
    }

    /// What is flagged, in words and with its lenses, on standard error where that was asked for.
    fn tell(&self, of: &str, findings: &[cbad::Finding]) {
        for finding in findings.iter().filter(|finding| self.findings && finding.flagged) {
            let said = &finding.explanation;
            let lenses: Vec<&str> = said.lenses.iter().map(|lens| lens.name()).collect();
            eprintln!("{of}, {}: {}", lenses.join(" "), said.sentence);
        }
    }
}

fn main() -> anyhow::Result<()> {
    let (setup, chosen, is_json) = arguments()?;
    let mut reports = Vec::new();
    let mut skipped = Vec::new();
    for part in PARTS.iter().filter(|part| chosen.is_empty() || chosen.iter().any(|name| name == part.name)) {
        if part.needs_data && setup.data.is_none() {
            skipped.push(part.name);
            continue;
        }
        let began = Instant::now();
        let report = (part.run)(&setup).with_context(|| format!("{} could not be measured", part.name))?;
        if !is_json {
            print!("{}", report.markdown());
        }
        reports.push(report);
        eprintln!("{}: {:.0} s", part.name, began.elapsed().as_secs_f64());
    }
    if is_json {
        let parts: Map<String, Value> = reports.iter().map(Report::json).collect();
        println!("{:#}", serde_json::json!({ "seed": setup.seed, "parts": parts, "skipped": skipped }));
    } else if !skipped.is_empty() {
        println!("Not measured, for want of the data folder: {}.", skipped.join(", "));
    }
    Ok(())
}

/// Options, chosen parts, and whether JSON is wanted.
fn arguments() -> anyhow::Result<(Setup, Vec<String>, bool)> {
    let mut setup = Setup::default();
    let (mut chosen, mut is_json) = (Vec::new(), false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--data" => {
                let folder = PathBuf::from(value()?);
                if folder.is_dir() {
                    setup.data = Some(folder);
                } else {
                    eprintln!("{} is not there: only parts that need no data are measured", folder.display());
                }
            }
            "--trials" => setup.trials = Some(value()?.parse().context("--trials is a whole number")?),
            "--seed" => setup.seed = value()?.parse().context("--seed is a whole number")?,
            "--lenses" => {
                let names = value()?;
                setup.lenses.retain(|lens| names.split(',').any(|name| name == lens.name()));
            }
            "--kinds" => {
                let names = value()?;
                setup.kinds.retain(|kind| names.split(',').any(|name| name == kind.name()));
            }
            "--findings" => setup.findings = true,
            "--json" => is_json = true,
            name if PARTS.iter().any(|part| part.name == name) => chosen.push(name.to_owned()),
            other => {
                let names: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
                bail!("no such part or option: {other}; the parts are {}", names.join(", "));
            }
        }
    }
    Ok((setup, chosen, is_json))
}

/// Tells how far a part is, on standard error.
struct Ticks {
    part: &'static str,
    done: AtomicUsize,
    total: usize,
}

fn progress(part: &'static str, total: usize) -> Ticks {
    Ticks { part, done: AtomicUsize::new(0), total }
}

impl Ticks {
    fn tick(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        // Ten lines a part, whatever its size.
        if done * 10 / self.total != (done - 1) * 10 / self.total {
            eprintln!("{}: {done} of {}", self.part, self.total);
        }
    }
}
