//! The write-ahead log: records one after the other, each with its length and its checksum.

use super::event_of;
use crate::model::{Batch, Limits, Problem};
use crate::reader::Reader;
use crate::streams::LogStreams;
use crate::window::Window;
use cbad::ByteRange;
use std::io;

/// The size counts what follows it.
const SIZE_BYTES: usize = 4;
/// The size, the checksum, the time, and the length of the key.
const HEAD_BYTES: usize = 20;
/// The length of the value.
const LENGTH_BYTES: usize = 4;

/// Reads write-ahead logs.
pub(crate) struct WalReader {
    streams: LogStreams,
    limits: Limits,
}

impl WalReader {
    pub(crate) fn new(name: String, limits: Limits) -> Self {
        Self { streams: LogStreams::new(name), limits }
    }
}

/// Whether the bytes begin with a record whose checksum holds, or with one whose lengths fit one another and before one
/// whose checksum holds.
pub(crate) fn is_wal(probe: &[u8]) -> bool {
    let Some((first, rest)) = cut(probe) else { return false };
    let is_sound = |record: &[u8]| Frame::of(record).is_ok();
    is_sound(first) || lengths_fit(first) && cut(rest).is_some_and(|(second, _)| is_sound(second))
}

/// The first record and what is behind it.
fn cut(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let size = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
    bytes.split_at_checked(size.checked_add(SIZE_BYTES)?)
}

/// Whether the lengths of key and value are what the record's own length leaves.
fn lengths_fit(record: &[u8]) -> bool {
    let length = |at: usize| record.get(at..)?.first_chunk().map(|size| u32::from_le_bytes(*size) as usize);
    let key_at = HEAD_BYTES - LENGTH_BYTES;
    let value_at = length(key_at).and_then(|key_bytes| HEAD_BYTES.checked_add(key_bytes));
    let end = value_at.and_then(|at| length(at)?.checked_add(at)?.checked_add(LENGTH_BYTES));
    end == Some(record.len())
}

/// A record.
struct Frame<'a> {
    millis: u64,
    key: &'a [u8],
    value: &'a [u8],
}

impl<'a> Frame<'a> {
    /// `bytes` begin with the record's size and end with its value.
    fn of(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let (head, rest) = bytes.split_at_checked(HEAD_BYTES).ok_or("it is too short")?;
        let key_bytes = usize::try_from(little_endian(&head[16..20])).unwrap_or(usize::MAX);
        let (key, rest) = rest.split_at_checked(key_bytes).ok_or("its key is longer than the record")?;
        let value = rest.get(LENGTH_BYTES..).ok_or("its value is missing")?;
        if u64::from(crc32fast::hash(&bytes[8..])) != little_endian(&head[4..8]) {
            return Err("its checksum does not match");
        }
        Ok(Self { millis: little_endian(&head[8..16]), key, value })
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

impl Reader for WalReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        let offset = window.offset();
        window.want(SIZE_BYTES)?;
        let Some(size) = window.available().first_chunk().map(|size| u32::from_le_bytes(*size)) else {
            let left = window.available().len();
            if left > 0 {
                let source = ByteRange { offset, length: left as u64 };
                let problem = Problem::rejected(source, None, "the log breaks off inside a record's length");
                batch.problem(problem.hint(
                    "Copy the log again where its process has closed it; the records before were read.",
                ));
                window.pass_counting(left);
            }
            return Ok(left > 0);
        };
        let least = HEAD_BYTES + LENGTH_BYTES - SIZE_BYTES;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let is_plausible = size >= least && size as u64 <= self.limits.record_bytes;
        if !is_plausible || !window.want(size + SIZE_BYTES)? {
            // Without a length that holds, nothing says where the next record begins.
            window.pass_to(u64::MAX)?;
            let source = ByteRange { offset, length: window.offset() - offset };
            let reason = format!("a record says it is {size} bytes long, which cannot be: the rest is lost");
            batch.problem(Problem::rejected(source, None, reason).hint(
                "The log may break off here: a record that was being written when its process stopped has no end.",
            ));
            return Ok(true);
        }
        let bytes = &window.available()[..size + SIZE_BYTES];
        let (length, source) = (bytes.len(), ByteRange { offset, length: bytes.len() as u64 });
        match Frame::of(bytes) {
            Ok(frame) => {
                let event = event_of(frame.millis, frame.key, frame.value, None, source);
                batch.push(self.streams.of(None), event);
            }
            Err(reason) => {
                let reason = format!("the record cannot be read: {reason}");
                batch.problem(
                    Problem::rejected(source, None, reason).hint("The records around it were read."),
                );
            }
        }
        window.pass_counting(length);
        Ok(true)
    }
}
