#![no_main]
//! Any bytes: wrapping and format are recognised by content, then read.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    ingest_fuzz::let_decoders_panic();
    ingest_fuzz::check(bytes, None);
});
