#![no_main]
//! Any bytes, read as a dump of a Kafka topic.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ingest_fuzz::check(bytes, Some(ingest::Format::Kafka)));
