//! What can go wrong with a case file, each with what to do next.

use std::path::{Path, PathBuf};

use ingest::{IngestError, RedactionError};

/// Why a case could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The operating system refused.
    #[error("Could not {action} {}: {source}", path.display())]
    Io {
        /// What was being done: `read`, `create` …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// There is no such file.
    #[error("There is no case file at {}. Check the path, or make one with `driftlock analyze FILE --case {}`.", path.display(), path.display())]
    NotFound {
        /// The file asked for.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is not a Driftlock case file. To import it as a capture, use `driftlock analyze {}`.", path.display(), path.display())]
    NotACase {
        /// The file.
        path: PathBuf,
    },
    /// The case is encrypted, and nobody gave its passphrase.
    #[error("{} is an encrypted case, or no case at all: it opens with its passphrase only. Give it at the terminal, with --passphrase-file FILE, or when the window asks for it.", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The key of a passphrase does not fit the first page.
    #[error("The passphrase does not open {}: it is another one, or the file is damaged or no case. Try again; without the passphrase nobody can open an encrypted case.", path.display())]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase given protects nothing.
    #[error("An empty passphrase protects nothing. Give one of several words.")]
    EmptyPassphrase,
    /// The case is encrypted, and this program was built without what deciphers it.
    #[error("{} cannot be opened or made as an encrypted case: this program was built without encryption. Use a build with the cargo feature `encryption`, which releases have.", path.display())]
    NoEncryption {
        /// The file.
        path: PathBuf,
    },
    /// An encrypted case was expected.
    #[error("{} is not encrypted. Encrypt it first: `driftlock case encrypt {}`.", path.display(), path.display())]
    NotEncrypted {
        /// The file.
        path: PathBuf,
    },
    /// A case that is not encrypted was expected.
    #[error("{} is encrypted already. To give it another passphrase: `driftlock case passphrase {}`.", path.display(), path.display())]
    EncryptedAlready {
        /// The file.
        path: PathBuf,
    },
    /// Pages of an encrypted case cannot be deciphered, and its key is right.
    #[error("Pages of the encrypted case {} cannot be deciphered: the file is damaged. `driftlock case verify {}` says what is lost.", path.display(), path.display())]
    Undecipherable {
        /// The file.
        path: PathBuf,
    },
    /// Encrypting, deciphering or changing the passphrase did not come to its end.
    #[error("{} could not be written anew: {what}. It is as it was.", path.display())]
    NotResealed {
        /// The file.
        path: PathBuf,
        /// The cause, with what to do.
        what: String,
    },
    /// The system gave no random numbers for a key.
    #[error("Could not make a key for {}: {what}. Nothing was written.", path.display())]
    NoRandomness {
        /// The file.
        path: PathBuf,
        /// The cause.
        what: String,
    },
    /// The capture is a pipe or a device.
    #[error("{} is a pipe or a device. Save what comes out of it to a file and import that.", path.display())]
    NotAFile {
        /// The path given.
        path: PathBuf,
    },
    /// A new case was asked for, and the file is there.
    #[error("{} is there already. Open it, or choose another name.", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The case was written by another version of the schema.
    #[error("{} has case schema {found}, and this program reads schema {known}. Open it with the version that wrote it; nothing was changed.", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The version known here.
        known: i64,
    },
    /// The case could not be moved to the present schema.
    #[error("{} has case schema {found} and could not be moved to {known}: {what}. The case itself is as it was; a copy from before is at {}. Make room or check the permissions, and try again.", path.display(), backup.display())]
    Migration {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The version known here.
        known: i64,
        /// The copy that was made first.
        backup: PathBuf,
        /// The cause.
        what: String,
    },
    /// No copy of the case could be made, and without one it is not moved to the present schema.
    #[error("{} has an earlier case schema, and no copy of it could be made at {} before moving it forward: {what}. Nothing was changed. Make room for a copy, or give the folder write permission, and try again.", path.display(), backup.display())]
    Backup {
        /// The file.
        path: PathBuf,
        /// Where the copy was to be.
        backup: PathBuf,
        /// The cause.
        what: String,
    },
    /// The end of the file is missing.
    #[error("The case file {} is cut: it has {bytes} of its {expected} bytes. Copy it again from where it came.", path.display())]
    Cut {
        /// The file.
        path: PathBuf,
        /// Bytes that are there.
        bytes: u64,
        /// Bytes that its head says.
        expected: u64,
    },
    /// Pages of the file do not hold together.
    #[error("The case file {} is damaged: {source}. Copy it again from where it came, or open a backup; the captures that it was made of can be imported again.", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What `SQLite` says.
        source: rusqlite::Error,
    },
    /// `SQLite` failed.
    #[error("The case file {} could not be used: {source}. If it is in use by another program, close that; if the disk is full, make room; committed data is safe.", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
    /// One block of events does not match its hash or cannot be decoded.
    #[error(
        "Events {first_event} to {last_event} of stream “{stream}” (capture {capture}) are damaged in the case file: {what}. The other events can be read; import the capture into a new case to get these back."
    )]
    DamagedBlock {
        /// File name of the capture.
        capture: String,
        /// Label of the stream.
        stream: String,
        /// Position of the block's first event.
        first_event: u64,
        /// Position of its last event, inclusive.
        last_event: u64,
        /// What does not fit.
        what: String,
    },
    /// A row cannot be understood.
    #[error("The case file {} holds a {table} entry that cannot be read: {what}. Import the capture into a new case.", path.display())]
    DamagedRow {
        /// The file.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// What does not fit.
        what: String,
    },
    /// The import took longer than its limit.
    #[error("The import was stopped after {seconds} s, the limit `seconds`. What was read is in the case; the same command goes on, with `--limit seconds={}` for longer.", seconds.saturating_mul(10))]
    TooLong {
        /// The limit.
        seconds: u64,
    },
    /// The capture could not be read.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The rules of a redaction cannot be used.
    #[error(transparent)]
    Redaction(#[from] RedactionError),
    /// The capture is in the case under other rules.
    #[error("{} is in this case already, {stored}, and was to be imported {asked} now. Give the same rules, or import it into another case.", path.display())]
    OtherRedaction {
        /// The capture.
        path: PathBuf,
        /// How it is in the case: `without redaction`, `redacted by “personal”`.
        stored: String,
        /// How it was to be imported.
        asked: String,
    },
    /// The system gave no random numbers for a salt.
    #[error("Could not make a salt for the redaction: {what}. Give one with --redact-salt.")]
    NoSalt {
        /// The cause.
        what: String,
    },
    /// The capture changed between its hash and its last byte.
    #[error("{} changed while it was being imported ({what}). Nothing of it was kept: import a copy that nothing writes to.", path.display())]
    CaptureChanged {
        /// The capture.
        path: PathBuf,
        /// What differs.
        what: String,
    },
    /// A file whose lines are no records by themselves was to be followed.
    #[error("{} is read as {format}, in which a line is no record by itself, so it cannot be followed while it is written. Import it when it is complete: `driftlock analyze {}`.", path.display(), path.display())]
    NotByLine {
        /// The file.
        path: PathBuf,
        /// The stable name of its format.
        format: &'static str,
    },
    /// A redacted file was to be followed on, and what its tokens were made with is gone.
    #[error("{} has come further, but the salt of its redaction was forgotten, so that equal values would no longer become equal tokens. Follow it into another case.", path.display())]
    SaltForgotten {
        /// The file.
        path: PathBuf,
    },
    /// A followed file has become what another capture of the case is.
    #[error("{} is now, with SHA-256 {sha256}, a capture that the case holds already. Follow it into another case.", path.display())]
    FollowedElsewhere {
        /// The file.
        path: PathBuf,
        /// Of what was read of it.
        sha256: String,
    },
    /// The capture of an interrupted import is gone or is another file now.
    #[error("The import of {} was interrupted and cannot go on: {what}. Put the file with SHA-256 {sha256} back, or import the new one.", path.display())]
    CannotResume {
        /// The capture.
        path: PathBuf,
        /// SHA-256 of the capture whose import began.
        sha256: String,
        /// What is in the way.
        what: String,
    },
    /// Another program imports the same capture into this case.
    #[error("Another program is importing {} into this case. Let it finish, then try again.", path.display())]
    ImportedElsewhere {
        /// The capture.
        path: PathBuf,
    },
    /// The windows of a run are kept as another engine wrote them.
    #[error("The windows of run {run} in {} cannot be shown: the run was made by engine {engine}, and this program has {}. Its findings can be read; for its windows, analyse again: `driftlock analyze {}`.", path.display(), cbad::ENGINE_VERSION, path.display())]
    OtherLayout {
        /// The case file.
        path: PathBuf,
        /// The run.
        run: i64,
        /// The engine that made it.
        engine: String,
    },
    /// There is nothing complete to analyse.
    #[error("The case holds no complete capture. Import one first: `driftlock analyze FILE --case {}`.", path.display())]
    NothingToAnalyze {
        /// The case file.
        path: PathBuf,
    },
    /// A capture, or something else, was given as the anchor.
    #[error("{} is not a Driftlock case file, and only a case can be an anchor. Make one of the capture with `driftlock analyze {} --case {}.driftlock` and give that.", path.display(), path.display(), path.display())]
    AnchorNotACase {
        /// The file.
        path: PathBuf,
    },
    /// The anchor of a run is gone, or holds something else now.
    #[error("The anchor {} is gone or has changed since it was chosen. Bring it back, or analyse again with `--baseline anchor:FILE.driftlock`.", path.display())]
    AnchorChanged {
        /// Where it was.
        path: PathBuf,
    },
    /// The case does not know where an anchor is.
    #[error(
        "This case does not know where its anchor {file_name} is. Analyse again with `--baseline anchor:FILE.driftlock`."
    )]
    AnchorUnknown {
        /// Its name.
        file_name: String,
    },
    /// There is no such stream, run or finding.
    #[error("The case has no {what} {id}{}.", match available { Some(last) => format!(" (there are {last})"), None => String::new() })]
    NoSuch {
        /// `stream`, `run`, `finding`, `event`.
        what: &'static str,
        /// The number asked for.
        id: i64,
        /// How many there are, where that helps.
        available: Option<u64>,
    },
    /// The threads asked for could not be started.
    #[error("Could not start {threads} threads: {what}. Ask for fewer with --threads.")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// The cause.
        what: String,
    },
    /// A test on demand has no result.
    #[error(transparent)]
    Test(cbad::TestError),
    /// A run of another version of the engine cannot be tested: the pieces would not be those that it measured.
    #[error(
        "Run {run} was made by {engine}, and this program has {here}, which may cut and code events otherwise. Analyse the case again and test the new run's finding."
    )]
    OtherEngine {
        /// The run.
        run: i64,
        /// The engine that made it.
        engine: String,
        /// The engine of this program.
        here: &'static str,
    },
    /// Two sides cannot be compared.
    #[error("{what}")]
    CannotCompare {
        /// Why not, and what can be.
        what: String,
    },
    /// A decision makes no sense for what it is about.
    #[error("{what} Nothing was decided.")]
    CannotDecide {
        /// Why not.
        what: String,
    },
    /// The capture was taken out of the case for good.
    #[error("{} was purged from this case on {at} ({reason}) and is not taken in again. Import it into another case.", path.display())]
    Purged {
        /// The capture.
        path: PathBuf,
        /// When.
        at: String,
        /// Why.
        reason: String,
    },
    /// There is nothing to withdraw.
    #[error("The case has no decision {id} that stands. `driftlock decisions CASE` lists them.")]
    NoDecision {
        /// The number asked for.
        id: u64,
    },
    /// The work was stopped on request; the case is usable and the work can be taken up again.
    #[error("Stopped. What was committed is kept; the same command goes on from there.")]
    Cancelled,
}

impl From<cbad::Cancelled> for CaseError {
    fn from(_: cbad::Cancelled) -> Self {
        Self::Cancelled
    }
}

impl From<cbad::TestError> for CaseError {
    fn from(error: cbad::TestError) -> Self {
        match error {
            cbad::TestError::Cancelled => Self::Cancelled,
            other => Self::Test(other),
        }
    }
}

impl CaseError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    pub(crate) fn row(path: &Path, table: &'static str, what: String) -> Self {
        Self::DamagedRow { path: path.to_owned(), table, what }
    }
}
