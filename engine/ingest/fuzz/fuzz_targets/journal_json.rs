#![no_main]
//! Any bytes, read as the journal as JSON.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ingest_fuzz::check(bytes, Some(ingest::Format::JournalJson)));
