//! A program that decodes in child processes of itself, as the product does; a test without a harness, so that it is one.

mod common;

use common::{Reading, data, read, shown};
use ingest::{Batch, Capture, OpenOptions};
use std::path::Path;

fn read_file(path: &Path) -> Reading {
    let mut capture = Capture::open(path, &OpenOptions::default()).expect("it opens");
    let (mut reading, mut batch) = (Reading::default(), Batch::default());
    while capture.next_batch(&mut batch).expect("it reads") {
        assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected());
        reading.events.append(&mut batch.events);
        reading.problems.append(&mut batch.problems);
    }
    reading
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some(ingest::WORKER_ARGUMENT) {
        ingest::serve().expect("the order, the file and the pipe are those that a parent gives");
        return;
    }
    // What a runner asks of a test program: which tests it has, and which of them are ignored.
    if std::env::args().any(|argument| argument == "--list") {
        if std::env::args().all(|argument| argument != "--ignored") {
            println!("a_child_process_gives_what_a_thread_gives: test");
        }
        return;
    }
    ingest::decode_in(std::env::current_exe().expect("a test has a path"));
    let stored = std::fs::read(data("table.parquet")).expect("the capture is in the repository");
    let reading = read(&stored, &OpenOptions::default());
    assert_eq!((reading.events.len(), reading.rejected()), (7, 0), "{:?}", reading.problems);
    let mut damaged = stored.clone();
    let first = reading.events[0].1.source;
    damaged[4..first.end() as usize].fill(0xff);
    let reading = read(&damaged, &OpenOptions::default());
    assert_eq!((reading.events.len(), reading.rejected()), (3, 1), "{:?}", reading.problems);
    let damaged_reading = reading;

    // A file on the disk is read there, by itself and in a folder; the same from the same bytes.
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("capture.log");
    for (stored, held) in [(&stored, read(&stored, &OpenOptions::default())), (&damaged, damaged_reading)] {
        std::fs::write(&path, stored).expect("the folder is ours");
        assert_eq!(shown(&read_file(&path)), shown(&held));
        let in_folder = read_file(folder.path());
        assert_eq!((in_folder.events.len(), in_folder.rejected()), (held.events.len(), held.rejected()));
    }
    std::fs::write(&path, &stored[..stored.len() - 1]).expect("the folder is ours");
    let cut = read_file(&path);
    assert_eq!((cut.events.len(), cut.rejected()), (0, 1), "{:?}", cut.problems);
    println!("a child process gives what a thread gives");
}
