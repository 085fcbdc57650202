//! Times the first answer of a case and searches over it, against `zstd -dc | grep -F` over the same capture.
//!
//! `cargo run --release -p case --example search -- CAPTURE FOLDER [RUNS]`
//!
//! The case and the compressed capture are made in the folder and stay there for the next time. Searches and `grep` take
//! turns; both count, and neither prints. What is rare and what is common is chosen among the words of an event in the
//! middle of the longest log.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use case::{Case, Query, SearchSummary};
use cbad::{Signal, Unwatched};
use ingest::OpenOptions;

/// A word that no capture has.
const ABSENT: &str = "zqx-never-written-7f3a";
const SHORTEST_WORD: usize = 6;
/// Events from the middle on, of which the first with two such words is taken.
const AROUND: u64 = 1000;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [capture, folder, ..] = &arguments[..] else {
        anyhow::bail!("usage: search CAPTURE FOLDER [RUNS]");
    };
    let runs: usize = arguments.get(2).map_or(Ok(3), |runs| runs.parse())?;
    let (capture, folder) = (Path::new(capture), Path::new(folder));
    let path = case_of(capture, folder)?;
    let packed = packed(capture, folder)?;
    say_sizes(capture, &packed, &path)?;
    let mut openings = Vec::new();
    for _ in 0..runs {
        openings.push(opening(&path)?);
    }
    println!("open and first answer: {:.1} ms", 1000.0 * median(&mut openings));
    let case = Case::open_read_only(&path)?;
    let (rare, common) = words(&case)?;
    for (what, word) in [("rare", rare.as_str()), ("common", common.as_str()), ("absent", ABSENT)] {
        compare(&case, &packed, what, word, runs)?;
    }
    Ok(())
}

/// The case of a capture, imported where it is not there yet.
fn case_of(capture: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let name = capture.file_name().context("the capture has no name")?;
    let path = folder.join(name).with_extension("driftlock");
    let began = Instant::now();
    Case::open_or_create(&path)?.import(capture, &OpenOptions::default(), &Unwatched)?;
    println!("import, or finding it there: {:.2} s", began.elapsed().as_secs_f64());
    Ok(path)
}

fn packed(capture: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let name = capture.file_name().context("the capture has no name")?;
    let path = folder.join(name).with_extension("zst");
    if !path.exists() {
        zstd::stream::copy_encode(File::open(capture)?, File::create(&path)?, 3)?;
    }
    Ok(path)
}

fn say_sizes(capture: &Path, packed: &Path, path: &Path) -> anyhow::Result<()> {
    let bytes = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.len());
    let (capture, packed, case) = (bytes(capture)?, bytes(packed)?, bytes(path)?);
    println!(
        "capture {capture} bytes, zstd -3 {packed} ({:.1} %), case {case} ({:.1} %)",
        100.0 * packed as f64 / capture as f64,
        100.0 * case as f64 / capture as f64
    );
    Ok(())
}

/// Seconds from nothing to the streams and the first page of events.
fn opening(path: &Path) -> anyhow::Result<f64> {
    let began = Instant::now();
    let case = Case::open_read_only(path)?;
    let streams = case.streams()?;
    let first = streams.first().context("the capture has no events")?;
    ensure!(!case.events(first.id, 0..100)?.is_empty());
    Ok(began.elapsed().as_secs_f64())
}

/// Of the words of one event, the one that fewest events have and the one that most have.
fn words(case: &Case) -> anyhow::Result<(String, String)> {
    let streams = case.streams()?;
    let longest = streams
        .iter()
        .max_by_key(|stream| (stream.key.signal == Signal::Log, stream.events))
        .context("the capture has no events")?;
    println!("{} events", streams.iter().map(|stream| stream.events).sum::<u64>());
    let middle = longest.events / 2;
    let mut bodies = case.events(longest.id, middle..middle + AROUND)?.into_iter().map(|row| row.event.body);
    let is_long = |word: &&str| word.len() >= SHORTEST_WORD;
    let texts = bodies.find_map(|body| {
        let text = String::from_utf8_lossy(&body).into_owned();
        (text.split_whitespace().filter(is_long).count() > 1).then_some(text)
    });
    let mut counted = Vec::new();
    for word in texts.iter().flat_map(|text| text.split_whitespace()).filter(is_long) {
        counted.push((count(case, word)?.total, word.to_owned()));
    }
    counted.sort();
    let rare = counted.first().context("no event in the middle has two long words")?.1.clone();
    Ok((rare, counted.pop().expect("it has some, as was just seen").1))
}

fn count(case: &Case, word: &str) -> anyhow::Result<SearchSummary> {
    let query = Query::new().with_text(word, false);
    Ok(case.search(&query, 0, &Unwatched, &mut |_| ControlFlow::Continue(()))?)
}

fn compare(case: &Case, packed: &Path, what: &str, word: &str, runs: usize) -> anyhow::Result<()> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut summary, mut lines) = (SearchSummary::default(), String::new());
    for _ in 0..runs {
        let began = Instant::now();
        summary = count(case, word)?;
        ours.push(began.elapsed().as_secs_f64());
        let began = Instant::now();
        lines = grep(packed, word)?;
        theirs.push(began.elapsed().as_secs_f64());
    }
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    println!(
        "{what} “{word}”: {} events, {} of {} blocks skipped, {:.3} s; zstd -dc | grep -F {lines} lines, {theirs:.3} s; {:.1} times as fast",
        summary.total,
        summary.skipped_blocks,
        summary.blocks,
        ours,
        theirs / ours
    );
    Ok(())
}

/// Lines with the word, as the tools on the system count them.
fn grep(packed: &Path, word: &str) -> anyhow::Result<String> {
    let mut unpack = Command::new("zstd")
        .args(["-dc", "-q", "--"])
        .arg(packed)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .context("zstd could not be started")?;
    let output = unpack.stdout.take().context("zstd has no output")?;
    let counted = Command::new("grep").args(["-c", "-F", "--", word]).stdin(output).output()?;
    unpack.wait()?;
    Ok(String::from_utf8_lossy(&counted.stdout).trim().to_owned())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
