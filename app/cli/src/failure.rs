//! What went wrong, and the exit code that says so to a script.

use std::path::PathBuf;
use std::process::ExitCode;

use case::CaseError;
use ingest::RedactionError;

/// `--fail-on-finding` was given and a finding is significant.
pub(crate) const FOUND: u8 = 1;
/// The command line asks for what does not exist.
pub(crate) const BAD_USAGE: u8 = 2;
/// A capture or case that cannot be read or written.
pub(crate) const UNUSABLE: u8 = 3;
/// As a shell reports a program that ended by Ctrl-C.
pub(crate) const INTERRUPTED: u8 = 130;

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// From the case or the capture.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The rules of a redaction cannot be used.
    #[error(transparent)]
    Redaction(#[from] RedactionError),
    /// A query cannot be read.
    #[error(transparent)]
    Query(#[from] case::QueryError),
    /// What was asked for does not make sense for this input.
    #[error("{0}")]
    Usage(String),
    /// Several captures that cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// Ctrl-C.
    #[error("{0}")]
    Interrupted(String),
    /// A file that is there and was not to be replaced.
    #[error("There is a file {} already. Choose another name, or replace it with --force.", .0.display())]
    Exists(PathBuf),
    /// A file that cannot be written.
    #[error("Could not write {}: {source}. Check the folder, its permissions and the space left.", .path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Standard output could not be written.
    #[error("Could not write the output: {0}")]
    Output(#[from] std::io::Error),
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Case(
                CaseError::NoSuch { .. }
                | CaseError::Threads { .. }
                | CaseError::Test(_)
                | CaseError::AnchorNotACase { .. }
                | CaseError::Redaction(_)
                | CaseError::CannotDecide { .. }
                | CaseError::CannotCompare { .. }
                | CaseError::NoDecision { .. },
            )
            | Self::Redaction(_)
            | Self::Query(_)
            | Self::Usage(_) => BAD_USAGE,
            Self::Case(CaseError::Cancelled) | Self::Interrupted(_) => INTERRUPTED,
            Self::Case(_) | Self::Unreadable(_) | Self::Exists(_) | Self::Write { .. } | Self::Output(_) => {
                UNUSABLE
            }
        }
    }

    /// A reader that closed the pipe has what it wanted, and is not an error.
    fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// What was committed is kept where something is: commands that commit say so themselves.
    fn said(&self) -> String {
        match self {
            Self::Case(CaseError::Cancelled) => "Stopped. Nothing was changed.".to_owned(),
            other => other.to_string(),
        }
    }

    /// Says it on standard error.
    pub(crate) fn report(&self) -> ExitCode {
        if self.is_closed_pipe() {
            return ExitCode::SUCCESS;
        }
        // File names and time stamps in a message come from outside.
        eprintln!("driftlock: {}", case::inert_lines(self.said()));
        ExitCode::from(self.code())
    }
}

/// The exit code of a command that has shown its result: whoever reads only the begin of it is told the same.
pub(crate) fn shown(shown: Result<(), Failure>, code: ExitCode) -> Result<ExitCode, Failure> {
    match shown {
        Err(failure) if !failure.is_closed_pipe() => Err(failure),
        _ => Ok(code),
    }
}
