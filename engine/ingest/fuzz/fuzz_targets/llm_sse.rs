#![no_main]
//! Any bytes, read as streamed responses of language models.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ingest_fuzz::check(bytes, Some(ingest::Format::LlmSse)));
