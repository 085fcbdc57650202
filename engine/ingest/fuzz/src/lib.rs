//! What every fuzz target checks of a reading: no panic, nothing lost silently, the same again after going on.

use ingest::{Batch, Capture, Format, OpenOptions};
use std::io::Cursor;
use std::path::Path;

/// Lets panics pass in the thread of a decoder that is known to panic: they are caught there.
pub fn let_decoders_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let abort = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() != Some("decode") {
                abort(panic);
            }
        }));
    });
}

/// Reads the bytes as a capture, twice: in one go, and again from the end of the first batch.
pub fn check(bytes: &[u8], format: Option<Format>) {
    let options = OpenOptions { format, ..OpenOptions::default() };
    let Some(whole) = read(bytes, &options, 0) else { return };
    let Some(first) = whole.first() else { return };
    let rest = read(bytes, &options, first.next_offset).expect("what could be read once can be read again");
    // Shown rather than compared: a NaN is not equal to itself.
    assert_eq!(format!("{rest:?}"), format!("{:?}", &whole[1..]), "going on gives the same batches");
}

fn read(bytes: &[u8], options: &OpenOptions, from: u64) -> Option<Vec<Batch>> {
    let stored = Cursor::new(bytes.to_vec());
    let mut capture = Capture::from_reader(Path::new("fuzz"), stored, bytes.len() as u64, options).ok()?;
    if from > 0 {
        capture.resume_at(from).expect("an offset of the same capture");
    }
    let mut batches = Vec::new();
    let mut batch = Batch::default();
    while capture.next_batch(&mut batch).expect("memory can be read") {
        assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected(), "records = events + rejected");
        batches.push(batch.clone());
    }
    let end = capture.decoded_bytes();
    for batch in &batches {
        for (_, event) in &batch.events {
            assert!(event.source.end() <= end, "an event's bytes are in the capture");
            if let Some((start, stop)) = event.body_stamp {
                assert!(start < stop && stop as usize <= event.body.len(), "the stamp is in the body");
            }
        }
        assert!(batch.problems.iter().all(|problem| problem.source.end() <= end));
    }
    Some(batches)
}
