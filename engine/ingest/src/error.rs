//! Why a capture cannot be read at all. What is wrong with single records is a [`crate::Problem`] instead.

use std::io;
use std::path::{Path, PathBuf};

/// A capture that gives no events: each says what happened, where, and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// There is no such file.
    #[error("No such file: {}. Check the path.", path.display())]
    NotFound {
        /// The capture.
        path: PathBuf,
    },
    /// The capture is a pipe or a device.
    #[error("{} is a pipe or a device. Save what comes out of it to a file and read that.", path.display())]
    NotAFile {
        /// The path given.
        path: PathBuf,
    },
    /// It has several members, and none of them can be read.
    #[error("{} holds nothing that can be read ({members} members). The first: {first}", path.display())]
    Nothing {
        /// The capture.
        path: PathBuf,
        /// How many members were looked at.
        members: u64,
        /// The first of them, why it is not read, and what to do.
        first: String,
    },
    /// The system could not read the file.
    #[error("Cannot read {} at byte {offset}: {source}. Check that the file is readable and its disk healthy.", path.display())]
    Io {
        /// The capture.
        path: PathBuf,
        /// Byte of the file as stored.
        offset: u64,
        /// What the system says.
        source: io::Error,
    },
    /// There is nothing in it.
    #[error("{} holds nothing to read ({stored_bytes} bytes, {decoded_bytes} decoded). Check that the capture was written and copied to its end.", path.display())]
    Empty {
        /// The capture.
        path: PathBuf,
        /// Bytes of the file.
        stored_bytes: u64,
        /// Bytes after compression and encoding are undone.
        decoded_bytes: u64,
    },
    /// It is not a telemetry capture in a format that can be read.
    #[error("{} is {what} (seen at byte {offset}), not a capture that can be read. {hint}", path.display())]
    Binary {
        /// The capture.
        path: PathBuf,
        /// Byte of the decoded capture where that shows.
        offset: u64,
        /// What it looks like.
        what: &'static str,
        /// What to do next.
        hint: &'static str,
    },
    /// The data around it break off, or go beyond a limit, before anything could be decoded.
    #[error("{} cannot be decoded: {reason} at byte {offset}. {hint}", path.display())]
    Damaged {
        /// The capture.
        path: PathBuf,
        /// Byte of the file as stored.
        offset: u64,
        /// What is wrong there.
        reason: String,
        /// What to do next.
        hint: String,
    },
    /// Reading cannot go on at an offset that the capture does not have.
    #[error("{} ends at decoded byte {end}, before byte {offset} where reading was to go on. The file has changed since: import it again.", path.display())]
    Shorter {
        /// The capture.
        path: PathBuf,
        /// Where reading was to go on.
        offset: u64,
        /// Where the decoded bytes end.
        end: u64,
    },
    /// The member that an event came from is not there any more.
    #[error("{} has no member “{member}” any more. It has changed since: import it again.", path.display())]
    NoMember {
        /// The capture.
        path: PathBuf,
        /// The member's name.
        member: String,
    },
    /// `resume_at` was called after the first batch.
    #[error("{} is being read already; open it again to go on at another place.", path.display())]
    Started {
        /// The capture.
        path: PathBuf,
    },
}

impl IngestError {
    /// The error for a file that the system does not give us.
    pub(crate) fn opening(path: &Path, offset: u64, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path: path.into() },
            _ => Self::Io { path: path.into(), offset, source },
        }
    }
}
