//! Event logs whole, damaged and cut.

use crate::model::Batch;
use crate::whole::read_whole;
use crate::{Capture, Format, OpenOptions};
use std::io::Cursor;
use std::path::Path;

const LOG: &[u8] = include_bytes!("../tests/data/security.evtx");
const FIRST_RECORD: usize = 4096 + 512;

fn read(stored: &[u8]) -> Batch {
    let options = OpenOptions::default();
    let length = stored.len() as u64;
    let stored = Cursor::new(stored.to_vec());
    let mut capture = Capture::from_reader(Path::new("s.evtx"), stored, length, &options).expect("opens");
    assert_eq!(capture.format(), Format::Evtx);
    read_whole(&mut capture)
}

#[test]
fn a_record_that_is_damaged_costs_itself_only() {
    let mut stored = LOG.to_vec();
    // The token that begins the BinXML of the first record.
    stored[FIRST_RECORD + 24 + 4] = 0x7f;
    let batch = read(&stored);
    assert_eq!((batch.events.len(), batch.rejected()), (5, 1), "{:?}", batch.problems);
    let lost =
        batch.problems.iter().find(|problem| problem.reason.starts_with("the record")).expect("it says so");
    assert_eq!(lost.source.offset, FIRST_RECORD as u64);
    assert_eq!(lost.source.end(), batch.events[0].1.source.offset);
    assert!(batch.problems.iter().any(|problem| problem.reason.contains("checksum")));
}

#[test]
fn a_chunk_without_its_mark_is_one_loss_and_zeros_are_none() {
    let mut stored = LOG.to_vec();
    stored[4096] = b'X';
    stored.resize(stored.len() + super::CHUNK_BYTES, 0);
    let batch = read(&stored);
    assert_eq!((batch.events.len(), batch.rejected()), (3, 1));
    assert_eq!(batch.problems[0].source.length, super::CHUNK_BYTES as u64);
}

#[test]
fn a_cut_log_keeps_what_is_there() {
    for length in [2000, 4096, FIRST_RECORD + 100, FIRST_RECORD + 2000, LOG.len() - 1] {
        let batch = read(&LOG[..length]);
        assert_eq!(batch.rejected() > 0, length != 4096, "{length}: {:?}", batch.problems);
    }
    assert_eq!(read(&LOG[..LOG.len() - 1]).events.len(), 6);
}

#[test]
fn any_byte_changed_conserves_and_the_other_chunk_is_read() {
    for at in (4096..FIRST_RECORD + 1500).step_by(7) {
        let mut stored = LOG.to_vec();
        stored[at] ^= 0xff;
        assert!(read(&stored).events.len() >= 3, "{at}");
    }
}
