//! The merge of many small runs gives what one sort in memory gives.

use std::fmt::Write as _;

use cbad::Unwatched;
use ingest::{EventOrder, OpenOptions};

use super::{Unsettled, rewrite};
use crate::error::CaseError;
use crate::store::Case;

/// Spans in a scrambled order, all with a time; every fifth time is shared by five.
fn scrambled(folder: &std::path::Path) -> std::io::Result<std::path::PathBuf> {
    let mut text = String::new();
    for index in 0..12_000_u64 {
        let at = 1_772_000_000_000_000_000 + index * 7919 % 12_000 / 5;
        let padding = "x".repeat(100);
        writeln!(
            text,
            "{{\"resourceSpans\":[{{\"scopeSpans\":[{{\"spans\":[{{\"traceId\":\"5b8efff798038103d269b633813fc60c\",\
             \"spanId\":\"eee19b7ec3c1b174\",\"name\":\"{padding} {index}\",\"startTimeUnixNano\":\"{at}\",\
             \"endTimeUnixNano\":\"{at}\"}}]}}]}}]}}"
        )
        .expect("writing to a String cannot fail");
    }
    let path = folder.join("scrambled.jsonl");
    std::fs::write(&path, text)?;
    Ok(path)
}

#[test]
fn merged_runs_equal_one_sort() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let capture = scrambled(folder.path())?;
    let mut in_memory = Case::temporary()?;
    in_memory.import(&capture, &OpenOptions::default(), &Unwatched)?;
    let mut merged = Case::temporary()?;
    // Stopped when settling begins: everything is read, nothing is in order.
    let stop_at_settling = StopOnce::default();
    assert!(matches!(
        merged.import(&capture, &OpenOptions::default(), &stop_at_settling),
        Err(CaseError::Cancelled)
    ));
    let id = merged.captures()?[0].id;
    merged.settle_with(id, EventOrder::ByTime, &Unwatched, 1000)?;
    merged.resume_imports(&Unwatched)?;
    assert_eq!(merged.content_sha256()?, in_memory.content_sha256()?);
    let events = merged.events(0, 0..12_000)?;
    let order: Vec<_> = events.iter().map(|row| (row.event.time_nanos, row.event.source.offset)).collect();
    assert!(order.len() == 12_000 && order.is_sorted());
    Ok(())
}

#[test]
fn blocks_joined_by_way_of_runs_keep_their_times() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let capture = scrambled(folder.path())?;
    let mut case = Case::temporary()?;
    case.import(&capture, &OpenOptions::default(), &Unwatched)?;
    let times = |case: &Case| {
        let query = "SELECT min(start_nanos), max(start_nanos), min(end_nanos), max(end_nanos) FROM block";
        case.connection
            .query_row(query, [], |row| Ok([row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))
    };
    let before = (times(&case)?, case.content_sha256()?);
    let stream = case.connection.query_row("SELECT id FROM stream", [], |row| row.get(0))?;
    let transaction = case.connection.transaction()?;
    let joined = Unsettled { stream, raw_bytes: 0, must_sort: false };
    assert!(rewrite(&transaction, &joined, 1000, &Unwatched)?.is_ok());
    transaction.commit()?;
    assert_eq!((times(&case)?, case.content_sha256()?), before);
    Ok(())
}

/// Cancels after the last byte was reported read.
#[derive(Default)]
struct StopOnce {
    is_read: std::sync::atomic::AtomicBool,
}

impl cbad::Watch for StopOnce {
    fn progress(&self, _stage: cbad::Stage, done: u64, total: u64) {
        self.is_read.store(done == total, std::sync::atomic::Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.is_read.load(std::sync::atomic::Ordering::Relaxed)
    }
}
