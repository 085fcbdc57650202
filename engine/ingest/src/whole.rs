//! Reads captures whole, for the tests of readers.

use crate::Capture;
use crate::model::Batch;

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
