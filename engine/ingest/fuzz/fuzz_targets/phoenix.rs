#![no_main]
//! Any bytes, read as spans of Phoenix.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ingest_fuzz::check(bytes, Some(ingest::Format::Phoenix)));
