//! Reads captures whole, for the tests of readers.

use crate::Capture;
use crate::format::Format;
use crate::model::{Batch, OpenOptions};
use std::io::Cursor;
use std::path::Path;

/// All batches of a capture as one; of each, and so of all, what was read is events and what was rejected.
pub(crate) fn read_whole(capture: &mut Capture) -> Batch {
    let (mut all, mut batch) = (Batch::default(), Batch::default());
    while capture.next_batch(&mut batch).expect("reads") {
        assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected());
        all.records += batch.records;
        all.events.append(&mut batch.events);
        all.problems.append(&mut batch.problems);
    }
    all
}

/// What generic JSON gives, which the text has to be recognised as.
pub(crate) fn read_json(text: &str) -> Batch {
    let stored = Cursor::new(text.as_bytes().to_vec());
    let (length, options) = (text.len() as u64, OpenOptions::default());
    let mut capture = Capture::from_reader(Path::new("a.json"), stored, length, &options).expect("opens");
    assert_eq!(capture.format(), Format::JsonLines, "{text}");
    read_whole(&mut capture)
}
