//! One measurement of `cargo xtask bench engine` a process, so that its peak memory is its own.
//!
//! `cargo run --release -p case --example engine -- pass CAPTURE`: one pass of zstd -3 over the decoded bytes
//! `… -- import CAPTURE CASE`: makes the case file
//! `… -- analysis CASE THREADS SEED [WINDOW HOP]`: a full analysis of it; a new seed is a new run
//! `… -- make CAPTURE MINUTES`: writes the OTLP telemetry of a made-up company
//!
//! Prints one JSON object with the numbers.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use case::Case;
use cbad::{Config, Stage, Unwatched, Watch};
use ingest::OpenOptions;
use serde_json::{Value, json};
use testkit::synth::Company;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut answer = match words[..] {
        ["pass", capture] => pass(Path::new(capture))?,
        ["import", capture, case] => import(Path::new(capture), Path::new(case))?,
        ["analysis", case, threads, seed] => {
            let config = Config { seed: seed.parse()?, ..Config::default() };
            analysis(Path::new(case), threads.parse()?, &config)?
        }
        ["analysis", case, threads, seed, window, hop] => {
            let (window, hop) = (Some(window.parse()?), Some(hop.parse()?));
            let config = Config { seed: seed.parse()?, window, hop, ..Config::default() };
            analysis(Path::new(case), threads.parse()?, &config)?
        }
        ["make", capture, minutes] => make(Path::new(capture), minutes.parse()?)?,
        _ => return Err("usage: engine pass|import|analysis|make …; the source says with what".into()),
    };
    answer["peak_kilobytes"] = json!(peak_kilobytes());
    println!("{answer}");
    Ok(())
}

/// Undoing the capture's own wrapping and reading it are not counted.
fn pass(capture: &Path) -> Result<Value, Failure> {
    const PIECE: u64 = 4 << 20;
    let mut decoded = decoded(capture)?;
    let mut encoder = zstd::stream::write::Encoder::new(std::io::sink(), 3)?;
    let (mut bytes, mut seconds) = (0, 0.0);
    let mut piece = Vec::new();
    loop {
        piece.clear();
        decoded.by_ref().take(PIECE).read_to_end(&mut piece)?;
        if piece.is_empty() {
            break;
        }
        let began = Instant::now();
        encoder.write_all(&piece)?;
        seconds += began.elapsed().as_secs_f64();
        bytes += piece.len();
    }
    let began = Instant::now();
    encoder.finish()?;
    seconds += began.elapsed().as_secs_f64();
    Ok(json!({ "bytes": bytes, "seconds": seconds }))
}

fn decoded(capture: &Path) -> Result<Box<dyn Read>, Failure> {
    let mut magic = [0; 4];
    let known = File::open(capture)?.read(&mut magic)?;
    let file = BufReader::new(File::open(capture)?);
    Ok(match &magic[..known] {
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(zstd::stream::read::Decoder::with_buffer(file)?),
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
        _ => Box::new(file),
    })
}

fn import(capture: &Path, path: &Path) -> Result<Value, Failure> {
    let began = Instant::now();
    let mut case = Case::create(path)?;
    case.import(capture, &OpenOptions::default(), &Unwatched)?;
    let seconds = began.elapsed().as_secs_f64();
    let events: u64 = case.streams()?.iter().map(|stream| stream.events).sum();
    Ok(json!({ "events": events, "seconds": seconds }))
}

/// Eight services at ten requests of customers a second.
fn make(capture: &Path, minutes: u32) -> Result<Value, Failure> {
    let company = Company { minutes, rate: 10.0, ..Company::new(1) };
    let mut file = BufWriter::new(File::create(capture)?);
    let written = company.plan()?.write(&mut file)?;
    file.flush()?;
    Ok(json!({ "events": written.records(), "bytes": written.bytes }))
}

fn analysis(path: &Path, threads: usize, config: &Config) -> Result<Value, Failure> {
    let mut case = Case::open(path)?;
    let stages = Stages::begin();
    let run = case.analyze(config, Some(threads), &stages)?;
    let seconds = stages.began.elapsed().as_secs_f64();
    Ok(json!({ "seconds": seconds, "stages": stages.shares(seconds), "windows": run.windows }))
}

/// When each stage first told how far it is. A stage lasts until the next one begins; the last one until the end.
struct Stages {
    began: Instant,
    first: Mutex<Vec<(Stage, f64)>>,
}

impl Stages {
    fn begin() -> Self {
        Self { began: Instant::now(), first: Mutex::new(Vec::new()) }
    }

    fn shares(&self, end: f64) -> Value {
        let first = self.first.lock().expect("no thread panicked");
        let ends = first.iter().skip(1).map(|(_, from)| *from).chain([end]);
        let list = first.iter().zip(ends).map(|((stage, from), to)| {
            // The first stage began with the work itself, and told only once it had something to tell.
            let from = if *stage == first[0].0 { 0.0 } else { *from };
            json!({ "stage": stage.label(), "seconds": to - from })
        });
        list.collect()
    }
}

impl Watch for Stages {
    fn progress(&self, stage: Stage, _done: u64, _total: u64) {
        let now = self.began.elapsed().as_secs_f64();
        let mut first = self.first.lock().expect("no thread panicked");
        if first.iter().all(|(known, _)| *known != stage) {
            first.push((stage, now));
        }
    }

    fn cancelled(&self) -> bool {
        false
    }
}

fn peak_kilobytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
