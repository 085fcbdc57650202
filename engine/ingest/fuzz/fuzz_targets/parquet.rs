#![no_main]
//! Any bytes, read as a Parquet table.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    ingest_fuzz::let_decoders_panic();
    ingest_fuzz::check(bytes, Some(ingest::Format::Parquet));
});
