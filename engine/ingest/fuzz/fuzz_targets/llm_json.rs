#![no_main]
//! Any bytes, read as calls to language models as JSON.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ingest_fuzz::check(bytes, Some(ingest::Format::LlmJson)));
