#![no_main]
//! Any bytes, read as the W3C extended log format.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ingest_fuzz::check(bytes, Some(ingest::Format::W3c)));
