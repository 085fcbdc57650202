//! Times import or analysis of a capture against one pass of single-threaded zstd -3 over the same bytes.
//!
//! `cargo run --release -p case --example bench -- import|analysis CAPTURE [RUNS]`
//!
//! Pass and stage take turns, so that a machine that slows down slows both. Peak memory is the process's own
//! (`VmHWM`), where the system tells it.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::time::Instant;

use case::Case;
use cbad::{Config, Unwatched};
use ingest::OpenOptions;

/// That of the program, so that what is measured is what it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (stage, capture) = match &arguments[..] {
        [stage, capture, ..] if stage == "import" || stage == "analysis" => (stage, Path::new(capture)),
        _ => return Err("usage: bench import|analysis CAPTURE [RUNS]".into()),
    };
    let runs: usize = arguments.get(2).map_or(Ok(3), |runs| runs.parse())?;
    let (mut passes, mut stages, mut work) = (Vec::new(), Vec::new(), Vec::new());
    let (mut bytes, mut case_bytes) = (0, 0);
    for run in 1..=runs {
        let (size, pass) = zstd_pass(capture)?;
        bytes = size;
        let before = processor_seconds();
        let seconds = if stage == "import" {
            let (seconds, stored) = import(capture)?;
            case_bytes = stored;
            seconds
        } else {
            analysis(capture)?
        };
        let processor = processor_seconds() - before;
        println!(
            "run {run}: zstd -3 {pass:.3} s, {stage} {seconds:.3} s, ratio {:.2}, processor {processor:.2} s",
            seconds / pass
        );
        work.push(processor);
        passes.push(pass);
        stages.push(seconds);
    }
    let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    let (best_pass, best) = (least(&passes), least(&stages));
    let (pass, seconds) = (median(&mut passes), median(&mut stages));
    let cores = std::thread::available_parallelism()?;
    println!(
        "{}: {bytes} decoded bytes, {cores} cores\nmedian: zstd -3 {pass:.3} s, {stage} {seconds:.3} s, ratio {:.2}\nbest: zstd -3 {best_pass:.3} s, {stage} {best:.3} s, ratio {:.2}; processor {:.2} s",
        capture.display(),
        seconds / pass,
        best / best_pass,
        least(&work)
    );
    if case_bytes > 0 {
        let share = 100.0 * case_bytes as f64 / bytes as f64;
        println!("case {case_bytes} bytes, {share:.1} % of the capture");
    }
    if let Some(peak) = peak_kilobytes() {
        println!("peak memory {:.0} MB", peak as f64 / 1024.0);
    }
    Ok(())
}

/// Decoded bytes, and the seconds that compressing them took. Undoing the capture's own wrapping is not counted.
fn zstd_pass(capture: &Path) -> Result<(u64, f64), Failure> {
    const PIECE: usize = 4 << 20;
    let mut decoded = decoded(capture)?;
    let mut encoder = zstd::stream::write::Encoder::new(std::io::sink(), 3)?;
    let (mut bytes, mut seconds) = (0, 0.0);
    let mut piece = Vec::with_capacity(PIECE);
    loop {
        piece.clear();
        decoded.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
        let began = Instant::now();
        std::io::Write::write_all(&mut encoder, &piece)?;
        seconds += began.elapsed().as_secs_f64();
        bytes += piece.len() as u64;
        if piece.is_empty() {
            break;
        }
    }
    let began = Instant::now();
    encoder.finish()?;
    Ok((bytes, seconds + began.elapsed().as_secs_f64()))
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

/// Into a case that is kept, which waits for the disk as that of a person does.
fn import(capture: &Path) -> Result<(f64, u64), Failure> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bench.driftlock");
    let mut case = Case::create(&path)?;
    let began = Instant::now();
    case.import(capture, &OpenOptions::default(), &Unwatched)?;
    let seconds = began.elapsed().as_secs_f64();
    drop(case);
    Ok((seconds, std::fs::metadata(&path)?.len()))
}

fn analysis(capture: &Path) -> Result<f64, Failure> {
    let mut case = Case::temporary()?;
    case.import(capture, &OpenOptions::default(), &Unwatched)?;
    let began = Instant::now();
    case.analyze(&Config::default(), None, &Unwatched)?;
    Ok(began.elapsed().as_secs_f64())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Seconds of processor time of all threads so far, where the system tells them; ticks are hundredths on Linux.
fn processor_seconds() -> f64 {
    let ticks = || {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let (_, after_name) = stat.rsplit_once(')')?;
        let mut fields = after_name.split_whitespace().skip(11);
        let (user, system) = (fields.next()?, fields.next()?);
        Some(user.parse::<f64>().ok()? + system.parse::<f64>().ok()?)
    };
    ticks().unwrap_or(f64::NAN) / 100.0
}

fn peak_kilobytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
