//! Reads a capture and prints its format, what came of it, and how long that took.
//!
//! `cargo run --release -p ingest --example count -- CAPTURE…`

use ingest::{Batch, Capture, OpenOptions};
use std::path::Path;
use std::time::Instant;

fn main() {
    for path in std::env::args_os().skip(1) {
        if let Err(error) = count(Path::new(&path)) {
            eprintln!("{error}");
            std::process::exit(3);
        }
    }
}

fn count(path: &Path) -> Result<(), ingest::IngestError> {
    const PROBLEMS_SHOWN: usize = 5;
    let began = Instant::now();
    let mut capture = Capture::open(path, &OpenOptions::default())?;
    let mut batch = Batch::default();
    let (mut records, mut events, mut rejected, mut timed, mut graded) = (0, 0, 0, 0, 0);
    let mut shown = Vec::new();
    while capture.next_batch(&mut batch)? {
        records += batch.records;
        events += batch.events.len();
        rejected += batch.rejected();
        timed += batch.events.iter().filter(|(_, event)| event.time_nanos.is_some()).count();
        graded += batch.events.iter().filter(|(_, event)| event.severity.is_some()).count();
        shown.extend(batch.problems.iter().take(PROBLEMS_SHOWN - shown.len().min(PROBLEMS_SHOWN)).cloned());
    }
    let seconds = began.elapsed().as_secs_f64();
    let megabytes = capture.decoded_bytes() as f64 / 1e6;
    println!(
        "{}: {} in {} ({:.0} % sure): {records} records, {events} events ({timed} with a time, {graded} with a \
         severity), {rejected} rejected, {megabytes:.1} MB in {seconds:.3} s, {:.0} MB/s",
        path.display(),
        capture.format().name(),
        capture.wrapping().name(),
        100.0 * capture.confidence(),
        megabytes / seconds,
    );
    for problem in shown {
        println!("  {:?} at byte {}: {}", problem.kind, problem.source.offset, problem.reason);
    }
    Ok(())
}
