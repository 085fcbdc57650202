//! A program that decodes in child processes of itself, as the product does; a test without a harness, so that it is one.

mod common;

use common::{data, read};
use ingest::OpenOptions;

fn main() {
    if std::env::args().nth(1).as_deref() == Some(ingest::WORKER_ARGUMENT) {
        ingest::serve().expect("standard input and output are pipes");
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
    println!("a child process gives what a thread gives");
}
