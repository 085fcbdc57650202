#![no_main]
//! Any bytes, from seeds that are archives and wrappings in one another.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ingest_fuzz::check(bytes, None));
