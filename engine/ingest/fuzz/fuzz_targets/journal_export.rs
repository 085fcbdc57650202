#![no_main]
//! Any bytes, read as the journal export format.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ingest_fuzz::check(bytes, Some(ingest::Format::JournalExport)));
