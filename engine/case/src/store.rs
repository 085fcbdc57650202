//! Opening, making and recognising case files.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::audit::{Action, system_user};
use crate::cache::BlockCache;
use crate::error::CaseError;
use crate::log_keeper::LogKeeper;
use crate::passphrase::{CaseKey, Passphrase};
use crate::reseal::cipher;
use crate::schema::{self, Kind, SCHEMA_VERSION};
use crate::sealed::{Header, connect, header, key_for};
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
    /// What the pages of the file are enciphered with.
    pub(crate) key: Option<CaseKey>,
    /// A connection for blocks alone, of an encrypted case: one page that cannot be deciphered makes a connection useless.
    pub(crate) apart: RefCell<Option<Connection>>,
    /// What everything that is read goes through, where a person asked for that.
    pub(crate) veil: Option<RefCell<ingest::Redactor>>,
    /// Once something was imported; ends after the connection above is closed.
    pub(crate) log: Option<LogKeeper>,
    /// Removed on drop, after the connections above are closed.
    folder: Option<tempfile::TempDir>,
}

impl Case {
    /// Makes a new case file. A file that is there already is left alone.
    pub fn create(path: &Path) -> Result<Self, CaseError> {
        create_file(path)?;
        Self::writable(path, true, None)
    }

    /// Makes a new case file whose every page is enciphered from the first, and lets this process open it. A file that is
    /// there already is left alone. Takes some tenths of a second longer than [`Case::create`].
    pub fn create_encrypted(path: &Path, passphrase: &Passphrase) -> Result<Self, CaseError> {
        if !cfg!(feature = "encryption") {
            return Err(CaseError::NoEncryption { path: path.to_owned() });
        }
        let key = CaseKey::fresh(passphrase, path)?;
        create_file(path)?;
        Self::begin_encrypted(path, key)
    }

    /// Opens an encrypted case with its passphrase, or makes it where there is no file or an empty one.
    pub fn open_or_create_encrypted(path: &Path, passphrase: &Passphrase) -> Result<Self, CaseError> {
        match header(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Self::create_encrypted(path, passphrase)
            }
            Err(source) => Err(CaseError::Io { action: "read", path: path.to_owned(), source }),
            Ok(Header::Other) => Err(CaseError::NotACase { path: path.to_owned() }),
            Ok(Header::Case) => Err(CaseError::NotEncrypted { path: path.to_owned() }),
            Ok(Header::Empty) => Self::begin_encrypted(path, CaseKey::fresh(passphrase, path)?),
            Ok(Header::Sealed(_)) => {
                Self::unlock(path, passphrase)?;
                Self::writable(path, true, key_for(path, refuse_other_files(path)?)?)
            }
        }
    }

    fn begin_encrypted(path: &Path, key: CaseKey) -> Result<Self, CaseError> {
        key.keep();
        let case = Self::writable(path, true, Some(key))?;
        let transaction = case.immediate()?;
        case.record(&transaction, Action::Encrypt, "the case, as it was made", &cipher())?;
        transaction.commit().at(path)?;
        Ok(case)
    }

    /// Opens a case to read and write.
    pub fn open(path: &Path) -> Result<Self, CaseError> {
        let key = key_for(path, refuse_other_files(path)?)?;
        Self::writable(path, false, key)
    }

    /// Opens the case, or makes it where there is no file or an empty one.
    pub fn open_or_create(path: &Path) -> Result<Self, CaseError> {
        match header(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::create(path),
            Err(source) => Err(CaseError::Io { action: "read", path: path.to_owned(), source }),
            Ok(Header::Other) => Err(CaseError::NotACase { path: path.to_owned() }),
            // A kill while the tables were being made leaves either; SQLite's journal makes it an empty database again.
            Ok(found @ (Header::Empty | Header::Case | Header::Sealed(_))) => {
                Self::writable(path, true, key_for(path, found)?)
            }
        }
    }

    /// A case in a temporary file, removed when it is dropped.
    pub fn temporary() -> Result<Self, CaseError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("driftlock-");
        // It holds evidence in the clear, in a folder that everybody shares.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir().map_err(CaseError::io("create a folder in", &std::env::temp_dir()))?;
        let mut case = Self::create(&folder.path().join("temporary.driftlock"))?;
        // Nobody can open it after a power cut, so nothing waits for the disk.
        case.connection.pragma_update(None, "synchronous", "OFF").at(&case.path)?;
        case.folder = Some(folder);
        Ok(case)
    }

    /// Opens a case to read only, on read-only media as well.
    pub fn open_read_only(path: &Path) -> Result<Self, CaseError> {
        let key = key_for(path, refuse_other_files(path)?)?;
        let (connection, kind) = read_only(path, key.as_ref())?;
        Self::checked(connection, path, kind, key)
    }

    /// The case file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a file is a case, by content; false where it cannot be read. An encrypted case is one as far as that can be
    /// told ([`Case::is_encrypted`]).
    pub fn is_case(path: &Path) -> bool {
        header(path).is_ok_and(|header| matches!(header, Header::Case | Header::Sealed(_)))
    }

    /// Closes the case without waiting for the disk to take what was committed last: after a cancelled import, on whose end a
    /// person waits. What is in the case then is in it, but its file may not be moved or removed for a moment.
    pub fn leave(mut self) {
        if let Some(log) = &mut self.log {
            log.leave();
        }
    }

    /// After a commit of so many bytes of an import.
    pub(crate) fn committed(&mut self, bytes: u64) -> Result<(), CaseError> {
        // A temporary case waits for no disk.
        if self.log.is_none() && self.folder.is_none() {
            self.log = LogKeeper::begin(&self.connection, &self.path, self.key.as_ref()).at(&self.path)?;
        }
        if let Some(log) = &mut self.log {
            log.committed(bytes);
        }
        Ok(())
    }

    /// A second connection to read the case as this one does.
    pub(crate) fn another_connection(&self) -> Result<Connection, CaseError> {
        Ok(read_only(&self.path, self.key.as_ref())?.0)
    }

    /// A transaction that may write from its beginning, so that what it reads first is what it changes.
    pub(crate) fn immediate(&self) -> Result<Transaction<'_>, CaseError> {
        Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate).at(&self.path)
    }

    pub(crate) fn writable(
        path: &Path,
        may_initialise: bool,
        key: Option<CaseKey>,
    ) -> Result<Self, CaseError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = connect(path, flags, key.as_ref()).at(path)?;
        connection.busy_timeout(BUSY).at(path)?;
        if may_initialise && schema::kind(&connection).at(path)? == Kind::Empty {
            schema::initialise(&mut connection, path)?;
        }
        let kind = schema::kind(&connection).at(path)?;
        let case = Self::checked(connection, path, kind, key)?;
        case.connection.pragma_update(None, "journal_mode", "WAL").at(path)?;
        // With a write-ahead log NORMAL keeps the file whole but may forget the last commits after a power cut. Reading a
        // capture would only go on from an earlier offset, and does so; but a run whose result was shown must not be gone.
        case.connection.pragma_update(None, "synchronous", "FULL").at(path)?;
        Ok(case)
    }

    fn checked(
        connection: Connection,
        path: &Path,
        kind: Kind,
        key: Option<CaseKey>,
    ) -> Result<Self, CaseError> {
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
            key,
            apart: RefCell::default(),
            veil: None,
            log: None,
            folder: None,
        })
    }
}

fn read_only(path: &Path, key: Option<&CaseKey>) -> Result<(Connection, Kind), CaseError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = connect(path, flags, key).at(path)?;
    connection.busy_timeout(BUSY).at(path)?;
    match schema::kind(&connection) {
        Ok(kind) => Ok((connection, kind)),
        Err(_) if beside(path, "-wal").metadata().map_or(true, |log| log.len() == 0) => {
            // A journal that cannot be made (read-only media) and is not needed: nobody else writes there, and nothing is in it.
            let connection =
                connect(immutable_uri(path), flags | OpenFlags::SQLITE_OPEN_URI, key).at(path)?;
            let kind = schema::kind(&connection).at(path)?;
            Ok((connection, kind))
        }
        Err(source) => Err(source).at(path),
    }
}

fn create_file(path: &Path) -> Result<(), CaseError> {
    File::create_new(path).map(drop).map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => CaseError::Exists { path: path.to_owned() },
        _ => CaseError::Io { action: "create", path: path.to_owned(), source },
    })
}

/// `SQLite` would make a journal beside any file that it opens; a file that is no case is not given to it.
pub(crate) fn refuse_other_files(path: &Path) -> Result<Header, CaseError> {
    match header(path) {
        Ok(found @ (Header::Case | Header::Sealed(_))) => Ok(found),
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
pub(crate) fn immutable_uri(path: &Path) -> String {
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
