//! Captures made on the spot, and a watch that stops the work at a chosen moment.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

pub mod people;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use case::{CaptureRow, CaptureState, Case, CaseError};
use cbad::{Stage, Watch};
use ingest::OpenOptions;

/// What every test returns.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Says "stop" the `left + 1`-th time it is asked.
pub struct CancelAfter {
    left: AtomicU64,
}

impl CancelAfter {
    pub fn new(left: u64) -> Self {
        Self { left: AtomicU64::new(left) }
    }
}

impl Watch for CancelAfter {
    fn progress(&self, _stage: Stage, _done: u64, _total: u64) {}

    fn cancelled(&self) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
    }
}

/// Stops each try a little later than the one before, at some moment: an eighth of its usual looks later. While work is waited for
/// a look comes every few milliseconds, so that a slow machine takes more of them than is usual and a quick one fewer.
pub fn later_each_time(numbers: &mut Numbers, usual_looks: u64, tries: u64) -> CancelAfter {
    let eighth = usual_looks / 8;
    CancelAfter::new(tries * eighth + numbers.below(eighth))
}

/// Stops an import that the case knows of, with so many events at least, after so many looks or a few more: the hash is taken
/// beside the reading, and only then does the case know; and a checkpoint is committed once its blocks are sealed.
pub fn interrupt(
    case: &mut Case,
    capture: &Path,
    options: &OpenOptions,
    (looks, least_events): (u64, u64),
) -> Result<CaptureRow, Box<dyn std::error::Error>> {
    for looks in (looks..).step_by(10) {
        match case.import(capture, options, &CancelAfter::new(looks)) {
            Err(CaseError::Cancelled) => {}
            Err(other) => return Err(other.into()),
            Ok(_) => return Err(format!("it was over before look {looks}").into()),
        }
        let is_begun = |row: &CaptureRow| row.state == CaptureState::Importing && row.events >= least_events;
        if let Some(row) = case.captures()?.into_iter().find(is_begun) {
            return Ok(row);
        }
    }
    unreachable!("there are always more looks")
}

/// Counts the looks at the flag, and never cancels.
#[derive(Default)]
pub struct Looks(AtomicU64);

impl Looks {
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// How many looks some work takes.
    pub fn of<T>(work: impl FnOnce(&dyn Watch) -> Result<T, CaseError>) -> Result<u64, CaseError> {
        let looks = Self::default();
        work(&looks)?;
        Ok(looks.count())
    }
}

impl Watch for Looks {
    fn progress(&self, _stage: Stage, _done: u64, _total: u64) {}

    fn cancelled(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed);
        false
    }
}

/// Knuth's MMIX generator; the same numbers on every machine.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

const MESSAGES: [&str; 5] = [
    "cache hit for key",
    "session refreshed for user",
    "GET /api/cart by",
    "worker picked job",
    "order stored as",
];

/// A text log of `lines` lines, one second apart, with a burst of errors in the middle and a line of bytes that are not
/// UTF-8.
pub fn text_log(folder: &Path, name: &str, lines: u64) -> std::io::Result<PathBuf> {
    let mut numbers = Numbers(7);
    let mut text = Vec::new();
    for line in 0..lines {
        let (hour, minute, second) = (line / 3600 % 24, line / 60 % 60, line % 60);
        let stamp = format!("2026-03-{:02}T{hour:02}:{minute:02}:{second:02}Z", 1 + line / 86_400);
        let message = MESSAGES[numbers.below(5) as usize];
        let number = numbers.below(100_000);
        text.extend_from_slice(format!("{stamp} INFO {message} {number}").as_bytes());
        if (lines / 2..lines / 2 + 12).contains(&line) {
            text.extend_from_slice(b" failed: connection pool exhausted, giving up after retries");
        }
        if line == lines / 3 {
            text.extend_from_slice(b" \xff\xfe");
        }
        text.push(b'\n');
    }
    let path = folder.join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}

/// One span as the collector's file exporter writes it, in a request of its own.
pub fn span_line(service: &str, name: &str, start_nanos: u64) -> String {
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{service}"}}}}]}},"scopeSpans":[{{"scope":{{"name":"demo"}},"spans":[{{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"{name}","kind":2,"startTimeUnixNano":"{start_nanos}","endTimeUnixNano":"{}"}}]}}]}}]}}"#,
        start_nanos + 1_000_000
    )
}

pub const SPANS_BEGIN: u64 = 1_772_000_000_000_000_000;

/// Spans of two services, written as they end and so out of time order; several share one time.
pub fn spans(folder: &Path, name: &str, count: u64) -> std::io::Result<PathBuf> {
    let mut numbers = Numbers(3);
    let mut text = String::new();
    for index in 0..count {
        let service = if index % 3 == 0 { "payments" } else { "checkout" };
        let at = SPANS_BEGIN + (index / 4) * 1_000_000 - numbers.below(50) * 1_000_000;
        writeln!(text, "{}", span_line(service, &format!("op-{index}"), at))
            .expect("writing to a String cannot fail");
    }
    let path = folder.join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}
