//! What the case file gives back: one plain struct a table.

use std::path::PathBuf;

use cbad::{ByteRange, Config, Event, Finding, StreamKey};
use ingest::{EventOrder, Format, Redaction, Wrapping};

/// Whether all of a capture is in the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureState {
    /// The import has begun and was not finished; [`crate::Case::resume_imports`] goes on with it.
    Importing,
    /// Every record is in the case, as an event or as a problem.
    Complete,
}

/// One imported capture. The capture itself is referenced, not copied.
#[derive(Clone, Debug, PartialEq)]
pub struct CaptureRow {
    /// Identity within the case.
    pub id: i64,
    /// Where the file was when it was imported, absolute.
    pub path: PathBuf,
    /// Its name without the directory; invalid UTF-8 replaced.
    pub file_name: String,
    /// SHA-256 of the file as stored, lower-case hex; of a folder or a set, over the names and hashes of its files.
    pub sha256: String,
    /// Size of the file as stored, in bytes.
    pub stored_bytes: u64,
    /// Bytes after what lies around them is undone; while importing, how far the import is.
    pub decoded_bytes: u64,
    /// The format it was read as.
    pub format: Format,
    /// What lies around it: compression, an archive, an encoding.
    pub wrapping: Wrapping,
    /// How sure the format is, 0 to 1.
    pub confidence: f64,
    /// Order in which its events are analysed.
    pub order: EventOrder,
    /// Records met: `events + rejected`.
    pub records: u64,
    /// Records that became events.
    pub events: u64,
    /// Records that could not be read; each is a problem with its byte range.
    pub rejected: u64,
    /// Problems that lost nothing.
    pub notes: u64,
    /// Earliest event, nanoseconds UTC.
    pub start_nanos: Option<i64>,
    /// Latest event, nanoseconds UTC.
    pub end_nanos: Option<i64>,
    /// What was taken out of its events before they were stored, where anything was to be.
    pub redaction: Option<CaptureRedaction>,
    /// Whether all of it is there.
    pub state: CaptureState,
    /// When the import began, nanoseconds UTC by this machine's clock.
    pub imported_at_nanos: i64,
}

/// One member of a capture that has several: a file of a folder, an entry of an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberRow {
    /// Its name within the capture; a label, unique there.
    pub name: String,
    /// Decoded offset in the capture where it begins.
    pub begin: u64,
    /// Its decoded bytes.
    pub length: u64,
    /// What lies around it, within the archive or folder.
    pub wrapping: Wrapping,
    /// What it was read as; none where it was not read, and a problem says why.
    pub format: Option<Format>,
    /// How sure the format is, 0 to 1.
    pub confidence: f64,
    /// SHA-256 of a file of a folder or a rotated set, lower-case hex; that of an archive covers its entries.
    pub sha256: Option<String>,
}

/// What was taken out of a capture's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureRedaction {
    /// The rules.
    pub rules: Redaction,
    /// Hits by rule, in the order of their names; rules without a hit are left out.
    pub counts: Vec<(String, u64)>,
    /// Whether the case has the salt still, so that another capture gets equal tokens for equal values.
    pub salt_is_kept: bool,
}

/// One stream of a complete capture.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamRow {
    /// Dense from 0 over the case: captures in the order they were completed, then by key. Never changes.
    pub id: u32,
    /// The capture that it is from.
    pub capture: i64,
    /// Signal, service and name.
    pub key: StreamKey,
    /// Number of events.
    pub events: u64,
    /// Earliest event, nanoseconds UTC.
    pub start_nanos: Option<i64>,
    /// Latest event, nanoseconds UTC.
    pub end_nanos: Option<i64>,
}

/// What a run says of one stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamSummary {
    /// [`StreamRow::id`].
    pub stream: u32,
    /// Number of windows scored.
    pub windows: u64,
    /// Why there are none or few, for example `too short: 12 events`; or how it was recalibrated.
    pub note: Option<String>,
    /// How far it is from its anchor, where the run has one.
    pub drift: Option<cbad::Drift>,
}

/// One complete analysis, with everything it takes to do it again.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Identity within the case, from 1.
    pub id: i64,
    /// Version of the engine's arithmetic.
    pub engine: String,
    /// The codecs whose sizes it gives, with their versions.
    pub codecs: Vec<cbad::CodecInfo>,
    /// Everything else that decided the result.
    pub config: Config,
    /// SHA-256 of the captures analysed, in the order of their streams.
    pub captures: Vec<String>,
    /// One a stream, by stream id from 0.
    pub streams: Vec<StreamSummary>,
    /// SHA-256 over the results as JSON, lower-case hex: equal for equal results.
    pub results_sha256: String,
    /// Number of windows over all streams.
    pub windows: u64,
    /// Number of flagged windows.
    pub flagged: u64,
    /// Number of findings, flagged or merely the most unusual.
    pub findings: u64,
}

/// One finding of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingRow {
    /// Rank within the run, from 1.
    pub id: i64,
    /// The stream that it is in.
    pub stream: StreamRow,
    /// The finding; `finding.stream` equals `stream.id`.
    pub finding: Finding,
}

/// One event of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRow {
    /// Position in the stream in analysis order, from 0.
    pub position: u64,
    /// The capture that holds its bytes.
    pub capture: i64,
    /// The event.
    pub event: Event,
}

/// Whether a record was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemSeverity {
    /// One record could not be read.
    Rejected,
    /// Worth knowing; nothing was lost.
    Note,
}

/// Something that a reader met in a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemRow {
    /// The capture.
    pub capture: i64,
    /// Order within the capture, from 0.
    pub sequence: u64,
    /// Whether a record was lost.
    pub severity: ProblemSeverity,
    /// Where, in the decoded capture.
    pub source: ByteRange,
    /// Line number from 1, where the format has lines.
    pub line: Option<u64>,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Which problems are wanted, and in which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProblemList {
    /// Only of this capture.
    pub capture: Option<i64>,
    /// Only of this kind.
    pub severity: Option<ProblemSeverity>,
    /// Rejected records before notes; else by capture. Within either in the order met.
    pub by_kind: bool,
}

/// What an import did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// All of it was read now.
    Imported,
    /// A capture with the same SHA-256 was there and complete: nothing changed.
    AlreadyThere,
    /// An interrupted import was finished.
    Resumed,
}

/// The result of an import.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportReport {
    /// The capture as it now stands in the case.
    pub capture: CaptureRow,
    /// What was done.
    pub outcome: ImportOutcome,
}

/// The bytes that an event was read from, or why they cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceBytes {
    /// Re-read from the capture just now; the file's SHA-256 is the one that was imported.
    Exact {
        /// The file.
        path: PathBuf,
        /// Where, in the decoded capture.
        range: ByteRange,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The capture was imported with redaction, and its bytes would show what was taken out.
    /// [`crate::Case::reveal_source_bytes`] shows them all the same.
    Withheld {
        /// The file.
        path: PathBuf,
        /// Name of the rules.
        rules: String,
        /// The event as the case has it instead: its body, then a line a field.
        stored: Vec<u8>,
    },
    /// The capture is no longer where it was imported from.
    Missing {
        /// Where it was.
        path: PathBuf,
    },
    /// There is a file, and it is another one.
    Changed {
        /// The file.
        path: PathBuf,
        /// SHA-256 at import.
        imported_sha256: String,
        /// What differs, in words.
        difference: String,
    },
}
