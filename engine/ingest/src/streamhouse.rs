//! `StreamHouse`: segments (`.strm`) with their blocks, and the write-ahead log of a partition.
//!
//! Source: `gbram1/streamhouse`, `streamhouse-storage/src/segment` and `wal.rs`, version 1. A segment's index stands at
//! its end, so a segment is held whole while it is read; its checksum covers everything, so where it fails the blocks
//! are read all the same, one by one, and a note says so; where the index is lost with the end, they are found one behind the
//! other. A key of no bytes may be no key: neither is kept.

mod salvage;
mod segment;
mod wal;

pub(crate) use segment::{MARK, SegmentReader};
pub(crate) use wal::{WalReader, is_wal};

use crate::severity;
use crate::stamp::{self, Years};
use cbad::{ByteRange, Event, Field, Value};

/// A message: its time in milliseconds, its key, and its value as the body.
fn event_of(millis: u64, key: &[u8], value: &[u8], offset: Option<u64>, source: ByteRange) -> Event {
    let mut event = Event::new(value, source);
    event.time_nanos =
        i64::try_from(millis).ok().and_then(|millis| millis.checked_mul(1_000_000)).filter(|&t| t != 0);
    let stamp = stamp::find(value, Years::new(1970)).map(|stamp| (stamp.start, stamp.end));
    event.severity = severity::find(value, stamp);
    if let Some(offset) = offset {
        event.fields.push(Field { path: "offset".into(), value: Value::Int(offset as i64) });
    }
    if !key.is_empty() {
        let value = match std::str::from_utf8(key) {
            Ok(key) => Value::Text(key.to_owned()),
            Err(_) => Value::Bytes(key.to_vec()),
        };
        event.fields.push(Field { path: "key".into(), value });
    }
    event
}

#[cfg(test)]
#[path = "streamhouse_tests.rs"]
mod tests;
