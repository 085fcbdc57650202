//! The values that go in and out of a capture: options, limits, batches, problems.

use crate::format::Format;
use cbad::{ByteRange, Event, StreamKey};
use std::sync::Arc;

/// How the bytes of the format are compressed in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrapping {
    /// Not at all.
    None,
    /// gzip, any number of members.
    Gzip,
    /// zstd, any number of frames.
    Zstd,
    /// The older file exporter's own framing: a big-endian length of four bytes before each zstd frame.
    /// Decoded, every frame of text is a line and every frame of protobuf has its length before it.
    ZstdFrames,
}

impl Wrapping {
    /// Every wrapping.
    pub const ALL: [Self; 4] = [Self::None, Self::Gzip, Self::Zstd, Self::ZstdFrames];

    /// The stable name used in the case file and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::ZstdFrames => "zstd-frames",
        }
    }

    /// The wrapping with this stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wrapping| wrapping.name() == name)
    }
}

/// How to open a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// Read as this format, whatever the content looks like.
    pub format: Option<Format>,
    /// Year of time stamps that have none; never taken from a clock, so that every reading gives the same times.
    pub assumed_year: i32,
    /// What reading may cost.
    pub limits: Limits,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { format: None, assumed_year: 1970, limits: Limits::default() }
    }
}

/// What reading a capture may cost; whatever goes beyond is rejected with its byte range, not held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest line, JSON document or protobuf frame, in bytes.
    pub record_bytes: u64,
    /// Longest text event after its continuation lines are joined, in bytes; the next line begins a new event.
    pub event_bytes: u64,
    /// Deepest nesting of a JSON value.
    pub depth: u32,
    /// Most values (records, attributes, array elements) that one line or frame may hold.
    pub values: u32,
    /// Most decoded bytes for each stored byte of a compressed capture.
    pub decoded_ratio: u64,
    /// Decoded bytes below which the ratio is not looked at.
    pub decoded_floor_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            record_bytes: 64 << 20,
            event_bytes: 1 << 20,
            depth: 128,
            values: 2 << 20,
            decoded_ratio: 200,
            decoded_floor_bytes: 64 << 20,
        }
    }
}

/// A run of whole records. Filled again and again by [`crate::Capture::next_batch`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The events in the order written, each with the stream that it belongs to.
    pub events: Vec<(Arc<StreamKey>, Event)>,
    /// What could not be read, or was read with a reservation.
    pub problems: Vec<Problem>,
    /// Records read: `events` plus the rejected among `problems`.
    pub records: u64,
    /// Decoded offset where the next batch begins; reading again from there gives exactly the same following batches.
    /// One past the end of the decoded bytes where a lost tail has been reported.
    pub next_offset: u64,
    /// Bytes of the file as stored that have been read so far, for progress.
    pub stored_bytes_read: u64,
}

impl Batch {
    /// Number of records lost in this batch.
    pub fn rejected(&self) -> u64 {
        self.problems.iter().filter(|problem| problem.kind == ProblemKind::Rejected).count() as u64
    }

    pub(crate) fn clear(&mut self) {
        self.events.clear();
        self.problems.clear();
        self.records = 0;
    }

    pub(crate) fn push(&mut self, stream: Arc<StreamKey>, event: Event) {
        self.records += 1;
        self.events.push((stream, event));
    }

    pub(crate) fn problem(&mut self, problem: Problem) {
        self.records += u64::from(problem.kind == ProblemKind::Rejected);
        self.problems.push(problem);
    }
}

/// Whether a problem cost a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// One record was lost.
    Rejected,
    /// Nothing was lost, but a person should know.
    Note,
}

impl ProblemKind {
    /// The stable name used in the case file and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Note => "note",
        }
    }

    /// The kind with this stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Rejected, Self::Note].into_iter().find(|kind| kind.name() == name)
    }
}

/// Something that a person should know about a place in the capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whether a record was lost.
    pub kind: ProblemKind,
    /// The bytes of the decoded capture that it is about.
    pub source: ByteRange,
    /// Line of the decoded capture, from 1, where the format has lines.
    pub line: Option<u64>,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    pub(crate) fn rejected(source: ByteRange, line: Option<u64>, reason: impl Into<String>) -> Self {
        Self { kind: ProblemKind::Rejected, source, line, reason: reason.into(), hint: None }
    }

    pub(crate) fn note(source: ByteRange, line: Option<u64>, reason: impl Into<String>) -> Self {
        Self { kind: ProblemKind::Note, source, line, reason: reason.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
