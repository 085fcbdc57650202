//! Cancels every kind of long work at many moments of it, and takes the time until the work has returned.
//!
//! `cargo run --release -p case --example cancel -- FOLDER TIMES LOG OTLP WIDE [ONLY]`
//!
//! `LOG` is one stream of many events, `OTLP` many streams with spans and calls to models, `WIDE` a few lines of a
//! megabyte each. Their cases are made in the folder. The work is done once to the end to know how long it takes; then it is
//! cancelled `TIMES` times, at moments that are spread over it. Before each, work that was left has ended, as far as the system
//! tells how many threads there are.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use case::{Case, CaseError, MatrixChoice, Query, Subject, TestChoice};
#[cfg(feature = "encryption")]
use case::{Passphrase, Reseal};
use cbad::{CodecName, Config, Signal, Stage, Unwatched, Watch};
use ingest::{Inspection, OpenOptions};

/// That of the program, so that what is measured is what it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Fractional part of the golden ratio: multiples of it fill an interval evenly, however many there are (Weyl).
const GOLDEN: f64 = 0.618_033_988_749_894_9;
/// Permutations of the canonical test that is cancelled.
const PERMUTATIONS: u32 = 100_000;
/// No literal: every event of every block is looked at.
const REGEX: &str = r"[a-z]+[0-9]{3}[^ ]* (\w+ )*zqx$";

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Told to cancel from outside, and knows how far the work said it was.
struct Switch {
    cancelled: AtomicBool,
    far: Mutex<Option<(Stage, u64, u64)>>,
}

impl Switch {
    fn new() -> Self {
        Self { cancelled: AtomicBool::new(false), far: Mutex::new(None) }
    }
}

impl Watch for Switch {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        *self.far.lock().expect("no thread panicked") = Some((stage, done, total));
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

type Run = dyn Fn(u64, &dyn Watch) -> Result<(), Failure> + Sync;

/// One kind of long work; told which time it is done.
struct Work {
    name: &'static str,
    run: Box<Run>,
}

/// How long one cancelled piece of work took to return, and where it was.
struct Sample {
    delay: Duration,
    /// Meanwhile the longest that a thread which sleeps a millisecond at a time slept too long: what the machine alone does.
    late: Duration,
    at: Duration,
    far: Option<(Stage, u64, u64)>,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, times, log, otlp, wide, only @ ..] = &arguments[..] else {
        return Err("usage: cancel FOLDER TIMES LOG OTLP WIDE [ONLY]".into());
    };
    let (folder, times) = (Path::new(folder), times.parse()?);
    println!(
        "| work | takes, s | cancelled | median, ms | p99, ms | worst, ms | of it the machine's, ms | worst was at |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for work in works(folder, Path::new(log), Path::new(otlp), Path::new(wide))? {
        if only.is_empty() || only.iter().any(|only| work.name.contains(only.as_str())) {
            println!("{}", measure(&work, times)?);
        }
    }
    Ok(())
}

/// A row of the table.
fn measure(work: &Work, times: u64) -> Result<String, Failure> {
    let began = Instant::now();
    (work.run)(0, &Unwatched)?;
    let whole = began.elapsed();
    let mut samples = Vec::new();
    for time in 1..=times {
        wait_for_left_work();
        let after = whole.mul_f64((time as f64 * GOLDEN).fract());
        samples.extend(cancel(work, time, after)?);
    }
    samples.sort_by_key(|sample| sample.delay);
    let Some(worst) = samples.last() else { return Ok(format!("| {} | | 0 | | | | | |", work.name)) };
    let milliseconds = |delay: Duration| 1000.0 * delay.as_secs_f64();
    // The value that at most one in a hundred is above.
    let p99 = samples[(samples.len() * 99).div_ceil(100) - 1].delay;
    let far = worst
        .far
        .map_or_else(String::new, |(stage, done, total)| format!(", “{}” {done} of {total}", stage.label()));
    Ok(format!(
        "| {} | {:.2} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.2} s{far} |",
        work.name,
        whole.as_secs_f64(),
        samples.len(),
        milliseconds(samples[samples.len() / 2].delay),
        milliseconds(p99),
        milliseconds(worst.delay),
        milliseconds(worst.late),
        worst.at.as_secs_f64(),
    ))
}

/// Waits until work that was left has ended, so that it takes no processor from what is measured next.
fn wait_for_left_work() {
    let threads = || std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    while threads() > 1 {
        thread::sleep(Duration::from_millis(5));
    }
}

/// Nothing where the work was done before it could be cancelled.
fn cancel(work: &Work, time: u64, after: Duration) -> Result<Option<Sample>, Failure> {
    let switch = Switch::new();
    let (done_in, done) = channel();
    thread::scope(|scope| {
        let switch = &switch;
        let worker = scope.spawn(move || {
            let outcome = (work.run)(time, switch);
            let returned = Instant::now();
            let _ = done_in.send(());
            (outcome, returned)
        });
        let is_done = done.recv_timeout(after).is_ok();
        let asked = Instant::now();
        let far = *switch.far.lock().expect("no thread panicked");
        switch.cancelled.store(true, Ordering::Relaxed);
        let late = latest_while(|| !worker.is_finished());
        let (outcome, returned) = worker.join().map_err(|_| "the work panicked")?;
        match outcome {
            Err(error) if is_cancelled(error.as_ref()) => {}
            Err(error) => return Err(error),
            // It was done in the time that it takes to return anyway.
            Ok(()) if is_done => return Ok(None),
            Ok(()) => {}
        }
        Ok(Some(Sample { delay: returned.saturating_duration_since(asked), late, at: after, far }))
    })
}

/// The longest that a sleep of a millisecond went on after its end, while something goes on.
fn latest_while(goes_on: impl Fn() -> bool) -> Duration {
    const SLEEP: Duration = Duration::from_millis(1);
    let mut latest = Duration::ZERO;
    while goes_on() {
        let begun = Instant::now();
        thread::sleep(SLEEP);
        latest = latest.max(begun.elapsed().saturating_sub(SLEEP));
    }
    latest
}

fn is_cancelled(error: &(dyn std::error::Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(CaseError::Cancelled))
}

fn works(folder: &Path, log: &Path, otlp: &Path, wide: &Path) -> Result<Vec<Work>, Failure> {
    let mut works = Vec::new();
    for (name, capture) in [("import, a log", log), ("import, OTLP", otlp), ("import, 1 MB lines", wide)] {
        works.push(importing(name, folder, capture));
    }
    works.push(inspecting(wide));
    let log = analysed(imported(folder, log)?)?;
    let otlp = analysed(imported(folder, otlp)?)?;
    let wide = imported(folder, wide)?;
    for (name, path) in
        [("analysis, one stream", &log), ("analysis, OTLP", &otlp), ("analysis, 1 MB lines", &wide)]
    {
        works.push(analysing(name, path.clone()));
    }
    for (name, path) in [("search, a word", &log), ("search, 1 MB lines, a word", &wide)] {
        works.push(reading(name, path.clone(), |case, watch| {
            search(case, &Query::new().with_text("e", true), watch)
        }));
    }
    for (name, path) in [("search, an expression", &log), ("search, 1 MB lines, an expression", &wide)] {
        works.push(reading(name, path.clone(), |case, watch| {
            search(case, &Query::new().with_regex(REGEX, true)?, watch)
        }));
    }
    for (name, path) in [("compare, half and half", &log), ("compare, 1 MB lines", &wide)] {
        works.push(reading(name, path.clone(), compare));
    }
    works.push(reading("compare, OTLP by time", otlp.clone(), compare_times));
    for (name, path) in [("matrix of a stream", &log), ("matrix, 1 MB lines", &wide)] {
        works.push(reading(name, path.clone(), |case, watch| {
            let choice = MatrixChoice { blocks: 128, codec: CodecName::Zstd };
            Ok(case.ncd_matrix(0, choice, None, watch).map(drop)?)
        }));
    }
    for (name, path) in [("verify, one stream", &log), ("verify, OTLP", &otlp), ("verify, 1 MB lines", &wide)]
    {
        works.push(reading(name, path.clone(), |case, watch| Ok(case.verify(watch).map(drop)?)));
    }
    works.push(reading("spans of all time", otlp.clone(), |case, watch| {
        Ok(case.spans_in(i64::MIN..i64::MAX, watch).map(drop)?)
    }));
    works.push(reading("one trace", otlp.clone(), |case, watch| {
        Ok(case.trace([7; 16], &[], watch).map(drop)?)
    }));
    works.push(reading("calls to models", otlp.clone(), |case, watch| {
        Ok(case.calls(i64::MIN..i64::MAX, watch).map(drop)?)
    }));
    works.push(reading("readings of a metric", otlp.clone(), |case, watch| {
        let streams = case.streams()?;
        let metric =
            streams.iter().filter(|row| row.key.signal == Signal::Metric).max_by_key(|row| row.events);
        let stream = metric.ok_or("the OTLP capture has no metrics")?.id;
        Ok(case.readings(stream, i64::MIN..i64::MAX, 1000, watch).map(drop)?)
    }));
    works.push(reading("clocks", otlp.clone(), |case, watch| Ok(case.estimate_clocks(watch).map(drop)?)));
    for (name, path) in [("canonical test, one stream", &log), ("canonical test, OTLP", &otlp)] {
        works.push(testing(name, path.clone()));
    }
    #[cfg(feature = "encryption")]
    works.push(encrypting(folder, otlp));
    Ok(works)
}

/// The case of a capture, imported.
fn imported(folder: &Path, capture: &Path) -> Result<PathBuf, Failure> {
    let path = folder.join(capture.file_name().ok_or("the capture has no name")?).with_extension("driftlock");
    remove(&path)?;
    Case::create(&path)?.import(capture, &OpenOptions::default(), &Unwatched)?;
    Ok(path)
}

fn analysed(path: PathBuf) -> Result<PathBuf, Failure> {
    Case::open(&path)?.analyze(&Config::default(), None, &Unwatched)?;
    Ok(path)
}

/// Removes a case, where there is one from before.
fn remove(path: &Path) -> std::io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut part = path.as_os_str().to_owned();
        part.push(suffix);
        match std::fs::remove_file(&part) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Each time into a case of its own.
fn importing(name: &'static str, folder: &Path, capture: &Path) -> Work {
    let (folder, capture) = (folder.to_owned(), capture.to_owned());
    let run = move |_, watch: &dyn Watch| {
        let path = folder.join("importing.driftlock");
        remove(&path)?;
        let mut case = Case::create(&path)?;
        let imported = case.import(&capture, &OpenOptions::default(), watch);
        // As the window does, whose person waits for it.
        case.leave();
        Ok(imported.map(drop)?)
    };
    Work { name, run: Box::new(run) }
}

fn inspecting(capture: &Path) -> Work {
    let capture = capture.to_owned();
    let run = move |_, watch: &dyn Watch| {
        const SAMPLE_BYTES: u64 = 64 << 20;
        Inspection::of(&capture, &OpenOptions::default(), SAMPLE_BYTES, |_| !watch.cancelled())?;
        if watch.cancelled() { Err(CaseError::Cancelled.into()) } else { Ok(()) }
    };
    Work { name: "inspection, 1 MB lines", run: Box::new(run) }
}

/// Each time with another seed, so that nothing is kept from before.
fn analysing(name: &'static str, path: PathBuf) -> Work {
    let run = move |time, watch: &dyn Watch| {
        let config = Config { seed: 1_000_000 + time, ..Config::default() };
        Case::open(&path)?.analyze(&config, None, watch)?;
        Ok(())
    };
    Work { name, run: Box::new(run) }
}

fn testing(name: &'static str, path: PathBuf) -> Work {
    let run = move |time, watch: &dyn Watch| {
        let mut case = Case::open(&path)?;
        let run = case.runs()?.first().ok_or("the case has no run")?.id;
        let finding = case.findings(run)?.first().ok_or("the run has no finding")?.id;
        let permutations = PERMUTATIONS + u32::try_from(time)?;
        case.canonical_test(run, finding, TestChoice { permutations, ..TestChoice::default() }, None, watch)?;
        Ok(())
    };
    Work { name, run: Box::new(run) }
}

/// Each time into a file of its own.
#[cfg(feature = "encryption")]
fn encrypting(folder: &Path, path: PathBuf) -> Work {
    let out = folder.join("encrypted.driftlock");
    let run = move |_, watch: &dyn Watch| {
        remove(&out)?;
        let passphrase = Passphrase::new("a passphrase of the bench").ok_or("the passphrase is empty")?;
        let how = Reseal::Encrypt(passphrase);
        Ok(Case::reseal(&path, &how, Some(&out), None, watch)?)
    };
    Work { name: "encryption, OTLP", run: Box::new(run) }
}

fn reading(
    name: &'static str,
    path: PathBuf,
    work: impl Fn(&Case, &dyn Watch) -> Result<(), Failure> + Sync + 'static,
) -> Work {
    Work { name, run: Box::new(move |_, watch| work(&Case::open_read_only(&path)?, watch)) }
}

fn search(case: &Case, query: &Query, watch: &dyn Watch) -> Result<(), Failure> {
    Ok(case.search(query, 0, watch, &mut |_| ControlFlow::Continue(())).map(drop)?)
}

/// The first half of the longest stream against the second.
fn compare(case: &Case, watch: &dyn Watch) -> Result<(), Failure> {
    let streams = case.streams()?;
    let longest = streams.iter().max_by_key(|row| row.events).ok_or("the case has no stream")?;
    let (stream, middle) = (longest.id, longest.events / 2);
    let before = Subject::Events { stream, first_event: 0, last_event: middle - 1 };
    let after = Subject::Events { stream, first_event: middle, last_event: longest.events - 1 };
    Ok(case.compare(Some(&before), &after, watch).map(drop)?)
}

/// The middle of the case against the rest.
fn compare_times(case: &Case, watch: &dyn Watch) -> Result<(), Failure> {
    let streams = case.streams()?;
    let start = streams.iter().filter_map(|row| row.start_nanos).min().ok_or("the case has no times")?;
    let end = streams.iter().filter_map(|row| row.end_nanos).max().ok_or("the case has no times")?;
    let third = (end - start) / 3;
    let after = Subject::Times { start_nanos: start + third, end_nanos: end - third };
    Ok(case.compare(None, &after, watch).map(drop)?)
}
