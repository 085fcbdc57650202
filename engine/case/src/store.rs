//! Opening, making and recognising case files.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::audit::system_user;
use crate::cache::BlockCache;
use crate::error::CaseError;
use crate::schema::{self, APPLICATION_ID, Kind, SCHEMA_VERSION, SQLITE_MAGIC};
use crate::source::Verdict;
use crate::sql::AtPath;

/// How long a writer waits for another one.
const BUSY: Duration = Duration::from_secs(5);

/// An open case file: one `SQLite` connection. For reads on other threads open more of them, read-only.
pub struct Case {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
    pub(crate) blocks: RefCell<BlockCache>,
    pub(crate) verdicts: RefCell<Vec<Verdict>>,
    /// Whose name changes are recorded under.
    pub(crate) actor: String,
    /// What everything that is read goes through, where a person asked for that.
    pub(crate) veil: Option<RefCell<ingest::Redactor>>,
    /// Removed on drop, after the connection above is closed.
    folder: Option<tempfile::TempDir>,
}

impl Case {
    /// Makes a new case file. A file that is there already is left alone.
    pub fn create(path: &Path) -> Result<Self, CaseError> {
        File::create_new(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::AlreadyExists => CaseError::Exists { path: path.to_owned() },
            _ => CaseError::Io { action: "create", path: path.to_owned(), source },
        })?;
        Self::writable(path, true)
    }

    /// Opens a case to read and write.
    pub fn open(path: &Path) -> Result<Self, CaseError> {
        refuse_other_files(path)?;
        Self::writable(path, false)
    }

    /// Opens the case, or makes it where there is no file or an empty one.
    pub fn open_or_create(path: &Path) -> Result<Self, CaseError> {
        match header(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::create(path),
            Err(source) => Err(CaseError::Io { action: "read", path: path.to_owned(), source }),
            Ok(Header::Other) => Err(CaseError::NotACase { path: path.to_owned() }),
            // A kill while the tables were being made leaves either; SQLite's journal makes it an empty database again.
            Ok(Header::Empty | Header::Case) => Self::writable(path, true),
        }
    }

    /// A case in a temporary file, removed when it is dropped.
    pub fn temporary() -> Result<Self, CaseError> {
        let folder = tempfile::Builder::new()
            .prefix("driftlock-")
            .tempdir()
            .map_err(CaseError::io("create a folder in", &std::env::temp_dir()))?;
        let mut case = Self::create(&folder.path().join("temporary.driftlock"))?;
        // Nobody can open it after a power cut, so nothing waits for the disk.
        case.connection.pragma_update(None, "synchronous", "OFF").at(&case.path)?;
        case.folder = Some(folder);
        Ok(case)
    }

    /// Opens a case to read only, on read-only media as well.
    pub fn open_read_only(path: &Path) -> Result<Self, CaseError> {
        refuse_other_files(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).at(path)?;
        connection.busy_timeout(BUSY).at(path)?;
        match schema::kind(&connection) {
            Ok(kind) => Self::checked(connection, path, kind),
            Err(_) if !beside(path, "-wal").exists() => {
                // A journal that cannot be made (read-only media) and is not needed: nobody else writes there.
                let connection =
                    Connection::open_with_flags(immutable_uri(path), flags | OpenFlags::SQLITE_OPEN_URI)
                        .at(path)?;
                let kind = schema::kind(&connection).at(path)?;
                Self::checked(connection, path, kind)
            }
            Err(source) => Err(source).at(path),
        }
    }

    /// The case file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a file is a case, by content; false where it cannot be read.
    pub fn is_case(path: &Path) -> bool {
        header(path).is_ok_and(|header| header == Header::Case)
    }

    /// A transaction that may write from its beginning, so that what it reads first is what it changes.
    pub(crate) fn immediate(&self) -> Result<Transaction<'_>, CaseError> {
        Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate).at(&self.path)
    }

    fn writable(path: &Path, may_initialise: bool) -> Result<Self, CaseError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).at(path)?;
        connection.busy_timeout(BUSY).at(path)?;
        if may_initialise && schema::kind(&connection).at(path)? == Kind::Empty {
            schema::initialise(&mut connection, path)?;
        }
        let kind = schema::kind(&connection).at(path)?;
        let case = Self::checked(connection, path, kind)?;
        case.connection.pragma_update(None, "journal_mode", "WAL").at(path)?;
        // With a write-ahead log NORMAL keeps the file whole but may forget the last commits after a power cut. Reading a
        // capture would only go on from an earlier offset, and does so; but a run whose result was shown must not be gone.
        case.connection.pragma_update(None, "synchronous", "FULL").at(path)?;
        Ok(case)
    }

    fn checked(connection: Connection, path: &Path, kind: Kind) -> Result<Self, CaseError> {
        match kind {
            Kind::Case => {}
            Kind::OtherSchema(found) => {
                return Err(CaseError::Schema { path: path.to_owned(), found, known: SCHEMA_VERSION });
            }
            Kind::Empty | Kind::Foreign => return Err(CaseError::NotACase { path: path.to_owned() }),
        }
        // A case comes from somebody else at times: no SQL hidden in its schema may act.
        connection.pragma_update(None, "trusted_schema", false).at(path)?;
        connection.pragma_update(None, "foreign_keys", true).at(path)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            blocks: RefCell::default(),
            verdicts: RefCell::default(),
            actor: system_user(),
            veil: None,
            folder: None,
        })
    }
}

#[derive(PartialEq, Eq)]
enum Header {
    Case,
    Empty,
    Other,
}

fn header(path: &Path) -> std::io::Result<Header> {
    let mut head = Vec::with_capacity(72);
    File::open(path)?.take(72).read_to_end(&mut head)?;
    let is_case =
        head.len() == 72 && head.starts_with(SQLITE_MAGIC) && head[68..72] == APPLICATION_ID.to_be_bytes();
    Ok(match (is_case, head.is_empty()) {
        (true, _) => Header::Case,
        (false, true) => Header::Empty,
        (false, false) => Header::Other,
    })
}

/// `SQLite` would make a journal beside any file that it opens; a file that is no case is not given to it.
fn refuse_other_files(path: &Path) -> Result<(), CaseError> {
    match header(path) {
        Ok(Header::Case) => Ok(()),
        Ok(Header::Empty | Header::Other) => Err(CaseError::NotACase { path: path.to_owned() }),
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
            Err(CaseError::NotFound { path: path.to_owned() })
        }
        Err(source) => Err(CaseError::Io { action: "read", path: path.to_owned(), source }),
    }
}

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// `file:` address of a database that nothing writes to; sqlite.org/uri.html says what must be escaped.
fn immutable_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/.-_\\:".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            write!(uri, "%{byte:02X}").expect("writing to a String cannot fail");
        }
    }
    uri + "?immutable=1"
}
