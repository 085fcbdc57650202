//! The values that go in and out of a capture: options, limits, batches, problems.

use crate::dates::Dates;
use crate::format::Format;
pub use crate::limits::Limits;
use crate::repeated::{CountedNotes, Repeated};
use crate::wrapping::Wrapping;
use cbad::{ByteRange, Event, StreamKey};
use std::sync::Arc;

/// How to open a capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions {
    /// Read as this format, whatever the content looks like.
    pub format: Option<Format>,
    /// Year of time stamps that have none. Where none is given, the latest that fits the file's modification time;
    /// [`crate::Capture::assumed_year`] is to be kept then, so that every reading gives the same times.
    pub assumed_year: Option<i32>,
    /// What is known of the order of dates; it is what the capture shows where nothing is.
    pub dates: Dates,
    /// Read the rotated set that the file belongs to: what was rotated away from it, oldest first, and itself.
    pub set: bool,
    /// What reading may cost.
    pub limits: Limits,
}

/// One member of a capture that has several: a file of a folder, an entry of an archive.
///
/// The decoded bytes of members lie one after another, each with one byte behind it that belongs to none: its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its path within the capture, and for members of an archive within another both; unique. A label, never a place.
    pub name: String,
    /// Decoded offset of its first byte in the capture.
    pub begin: u64,
    /// Its decoded bytes.
    pub length: u64,
    /// What lies around it, within the archive or folder that it is in.
    pub wrapping: Wrapping,
    /// What it is read as; none where it is not read.
    pub format: Option<Format>,
    /// How sure that is, 0 to 1.
    pub confidence: f64,
}

/// A run of whole records. Filled again and again by [`crate::Capture::next_batch`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The events in the order written, each with the stream that it belongs to.
    pub events: Vec<(Arc<StreamKey>, Event)>,
    /// What could not be read, or was read with a reservation.
    pub problems: Vec<Problem>,
    /// Members that end in this batch, where the capture has several; those that are not read, too.
    pub members: Vec<Member>,
    /// Which of the problems count something up while the batch is filled.
    pub counted: CountedNotes,
    /// Records read: `events` plus the rejected among `problems`.
    pub records: u64,
    /// Decoded offset where the next batch begins; reading again from there gives exactly the same following batches.
    /// One past the end of the decoded bytes where a lost tail has been reported, or where the last of several members ends.
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
        self.members.clear();
        self.counted.clear();
        self.records = 0;
    }

    #[inline]
    pub(crate) fn push(&mut self, stream: Arc<StreamKey>, event: Event) {
        self.records += 1;
        self.events.push((stream, event));
    }

    /// Counts a field that no version of its format has, under its first place in the batch.
    #[cold]
    pub(crate) fn pass_field(&mut self, path: &str, source: ByteRange, line: Option<u64>) {
        match self.counted.of_field(path, self.problems.len()) {
            Ok(problem) => self.problems[problem].count_again(),
            Err(note) => self.problem(Problem::repeated(source, line, note)),
        }
    }

    /// A member is over: what is counted is counted anew in the next.
    pub(crate) fn end_member(&mut self, member: Member) {
        self.members.push(member);
        self.counted.clear();
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
    /// Line of the decoded capture, from 1, where the format has lines; of the member, where there are several.
    pub line: Option<u64>,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// What of a note others of the same capture may say too.
    pub repeated: Option<Repeated>,
}

impl Problem {
    pub(crate) fn rejected(source: ByteRange, line: Option<u64>, reason: impl Into<String>) -> Self {
        Self { kind: ProblemKind::Rejected, source, line, reason: reason.into(), hint: None, repeated: None }
    }

    pub(crate) fn note(source: ByteRange, line: Option<u64>, reason: impl Into<String>) -> Self {
        Self { kind: ProblemKind::Note, source, line, reason: reason.into(), hint: None, repeated: None }
    }

    /// A note that others of the same capture may say too.
    pub(crate) fn repeated(source: ByteRange, line: Option<u64>, repeated: Repeated) -> Self {
        let note = Self::note(source, line, repeated.reason()).hint(repeated.kind.hint());
        Self { repeated: Some(repeated), ..note }
    }

    /// What the note counts was met once more.
    fn count_again(&mut self) {
        if let Some(repeated) = &mut self.repeated {
            repeated.times += 1;
            self.reason = repeated.reason();
        }
    }

    /// Says in which member it is.
    pub(crate) fn put_in_member(&mut self, name: &str) {
        if let Some(repeated) = &mut self.repeated {
            repeated.members.push(name.to_owned());
        }
        self.reason.insert_str(0, &format!("{name}: "));
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
