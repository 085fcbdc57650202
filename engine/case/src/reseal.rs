//! A case enciphered, deciphered, or given another passphrase: written anew beside itself, looked at again, then put in its
//! own place at once. Killed at any moment, the case is what it was or what it was to become.
//!
//! What a kill leaves is `NAME.partial`, which the next such command removes; while a case is deciphered it is in the clear.
//! A case that was in the clear is overwritten once its successor stands, as far as a file system lets a program do that:
//! flash memory, snapshots and backups keep copies that are out of reach.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cbad::{Stage, Watch};
use crossbeam_channel::{RecvTimeoutError, bounded};
use rusqlite::{Connection, OpenFlags, params};
use serde_json::{Value, json};

use crate::audit::Action;
use crate::error::CaseError;
use crate::passphrase::{CaseKey, KEY_ROUNDS, Passphrase};
use crate::schema::{self, APPLICATION_ID, PAGE_BYTES};
use crate::sealed::{Header, connect, key_for, say_nothing};
use crate::sql::AtPath;
use crate::store::{Case, beside, immutable_uri, refuse_other_files};

/// How often the work is asked how far it is.
const LOOK: Duration = Duration::from_millis(50);
/// How long others may take to let go of the case.
const PATIENCE: Duration = Duration::from_secs(2);

/// What becomes of a case's pages.
#[derive(Clone, Debug)]
pub enum Reseal {
    /// Every page is enciphered under this passphrase.
    Encrypt(Passphrase),
    /// Every page is in the clear.
    Decrypt,
    /// Every page is enciphered anew, under this passphrase.
    ChangePassphrase(Passphrase),
}

/// What the audit chain says of the way in which a case is encrypted.
pub(crate) fn cipher() -> Value {
    json!({ "format": "SQLCipher 4", "key_rounds": KEY_ROUNDS })
}

impl Reseal {
    fn action(&self) -> Action {
        match self {
            Self::Encrypt(_) => Action::Encrypt,
            Self::Decrypt => Action::Decrypt,
            Self::ChangePassphrase(_) => Action::Passphrase,
        }
    }

    fn passphrase(&self) -> Option<&Passphrase> {
        match self {
            Self::Encrypt(passphrase) | Self::ChangePassphrase(passphrase) => Some(passphrase),
            Self::Decrypt => None,
        }
    }

    /// Whether it can be done to a case that is encrypted, or is not.
    fn refuse(&self, path: &Path, found: Header) -> Result<(), CaseError> {
        let path = path.to_owned();
        match (self, matches!(found, Header::Sealed(_))) {
            (Self::Encrypt(_), true) => Err(CaseError::EncryptedAlready { path }),
            (Self::Decrypt | Self::ChangePassphrase(_), false) => Err(CaseError::NotEncrypted { path }),
            _ => Ok(()),
        }
    }
}

impl Case {
    /// Writes a case anew, enciphered, in the clear or under another passphrase: in its own place, which nobody else may
    /// have open, or to `out`, which must not be there yet, leaving the case as it is. Needs as much room again while it
    /// lasts. Its content and its audit chain stay what they were, and a row says what was done. Not begun where anything
    /// of the case is damaged.
    pub fn reseal(
        path: &Path,
        how: &Reseal,
        out: Option<&Path>,
        actor: Option<&str>,
        watch: &dyn Watch,
    ) -> Result<(), CaseError> {
        let found = refuse_other_files(path)?;
        how.refuse(path, found)?;
        if !cfg!(feature = "encryption") {
            return Err(CaseError::NoEncryption { path: path.to_owned() });
        }
        let old_key = key_for(path, found)?;
        let new_key = how.passphrase().map(|passphrase| CaseKey::fresh(passphrase, path)).transpose()?;
        if let Some(out) = out.filter(|out| out.exists()) {
            return Err(CaseError::Exists { path: out.to_owned() });
        }
        let work = Work { path, how, old_key, new_key, target: out.unwrap_or(path), actor, watch };
        let alone = if out.is_none() { Some(work.alone()?) } else { None };
        let partial = beside(work.target, ".partial");
        let done = work.write(&partial).and_then(|()| {
            drop(alone);
            work.put_in_place(&partial, out.is_none())
        });
        if done.is_err() {
            remove(&partial);
        }
        done
    }
}

struct Work<'a> {
    path: &'a Path,
    how: &'a Reseal,
    old_key: Option<CaseKey>,
    new_key: Option<CaseKey>,
    target: &'a Path,
    actor: Option<&'a str>,
    watch: &'a dyn Watch,
}

impl Work<'_> {
    /// A connection that keeps every other writer out, and has brought all that was committed into the file itself: what
    /// takes its place would else find a log of the old file beside it.
    fn alone(&self) -> Result<Connection, CaseError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = connect(self.path, flags, self.old_key.as_ref()).at(self.path)?;
        let in_use = |_| {
            CaseError::NotResealed {
            path: self.path.to_owned(),
            what: "another window or program has it open, or its folder cannot be written. Close the case there and try again".to_owned(),
        }
        };
        let begun = Instant::now();
        loop {
            let mode = connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()));
            match mode.and_then(|()| connection.execute_batch("BEGIN IMMEDIATE")) {
                Ok(()) => return Ok(connection),
                // A window that closes the case has readers that come to their end.
                Err(_) if begun.elapsed() < PATIENCE => std::thread::sleep(LOOK),
                Err(error) => return Err(in_use(error)),
            }
        }
    }

    /// The successor, whole and looked at again.
    fn write(&self, partial: &Path) -> Result<(), CaseError> {
        remove(partial);
        File::create_new(partial).map_err(CaseError::io("create", partial))?;
        if self.target == self.path {
            let permissions = self.path.metadata().map_err(CaseError::io("read", self.path))?.permissions();
            std::fs::set_permissions(partial, permissions).map_err(CaseError::io("write", partial))?;
        }
        self.copy(partial)?;
        let mut case = Case::writable(partial, false, self.new_key.clone())?;
        if let Some(actor) = self.actor {
            case.set_actor(actor);
        }
        self.compare(&case)?;
        case.move_forward()?;
        let transaction = case.immediate()?;
        let detail = if self.new_key.is_some() { cipher() } else { json!({}) };
        case.record(&transaction, self.how.action(), "the case", &detail)?;
        transaction.commit().at(partial)?;
        case.apart.take();
        // Out of the log and into the file, which is all that is kept.
        case.connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).at(partial)?;
        drop(case);
        File::open(partial).and_then(|file| file.sync_all()).map_err(CaseError::io("write", partial))
    }

    /// Copies every table, by a thread that can be told to stop.
    fn copy(&self, partial: &Path) -> Result<(), CaseError> {
        let connection = self.attached(partial)?;
        let whole = self.path.metadata().map_or(1, |file| file.len());
        let interrupt = connection.get_interrupt_handle();
        let (done_in, done) = bounded::<()>(0);
        let copied = std::thread::scope(|scope| {
            let copying = scope.spawn(move || {
                let copied = export(connection);
                drop(done_in);
                copied
            });
            while done.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                if self.watch.cancelled() {
                    interrupt.interrupt();
                }
                let done = partial.metadata().map_or(0, |file| file.len());
                self.watch.progress(Stage::Prepare, done.min(whole), whole);
            }
            copying.join().expect("copying ends in a result")
        });
        if self.watch.cancelled() {
            return Err(CaseError::Cancelled);
        }
        copied.at(self.path)
    }

    /// The new file, with the old one attached to read.
    fn attached(&self, partial: &Path) -> Result<Connection, CaseError> {
        let flags =
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let connection = connect(partial, flags, self.new_key.as_ref()).at(partial)?;
        say_nothing(&connection).at(partial)?;
        // A file that is not whole is thrown away, so that nothing waits for the disk before the end.
        connection.query_row("PRAGMA journal_mode = OFF", [], |_| Ok(())).at(partial)?;
        connection.pragma_update(None, "synchronous", "OFF").at(partial)?;
        connection.pragma_update(None, "page_size", PAGE_BYTES as i64).at(partial)?;
        let address = immutable_uri(self.path).replace("immutable=1", "mode=ro");
        let key = self.old_key.as_ref().map(CaseKey::literal);
        let key = key.as_ref().map_or("", |key| key.as_str());
        connection.execute("ATTACH ?1 AS old KEY ?2", params![address, key]).at(self.path)?;
        Ok(connection)
    }

    /// The successor holds what the case holds, and all of it can be read.
    fn compare(&self, new: &Case) -> Result<(), CaseError> {
        let refuse = |what: String| CaseError::NotResealed { path: self.path.to_owned(), what };
        let old = Case::open_read_only(self.path)?;
        let found = new.verify(self.watch)?;
        if let Some(what) = found.problems.into_iter().next() {
            return Err(refuse(format!("it is damaged ({what}). `driftlock case verify` lists everything")));
        }
        if let Some(damage) = found.damaged.first() {
            return Err(refuse(format!("{damage} `driftlock case verify` lists everything")));
        }
        let content =
            |case: &Case| case.watched(self.watch, || Ok((case.content_sha256()?, case.audit_head()?)));
        if content(&old)? != content(new)? {
            return Err(refuse("the new file does not hold the same. Try again".to_owned()));
        }
        Ok(())
    }

    fn put_in_place(&self, partial: &Path, replaces: bool) -> Result<(), CaseError> {
        let old = (replaces && self.old_key.is_none()).then(|| File::options().write(true).open(self.path));
        let old = old.transpose().map_err(CaseError::io("open", self.path))?;
        if let Some(key) = &self.new_key {
            key.keep();
        }
        std::fs::rename(partial, self.target).map_err(CaseError::io("rename", partial))?;
        let folder = self.target.parent().filter(|folder| !folder.as_os_str().is_empty());
        // Where a folder cannot be flushed the rename still holds, but for a power cut right now.
        let _ = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        match old {
            Some(old) => overwrite(old).map_err(CaseError::io("overwrite what is left of", self.target)),
            None => Ok(()),
        }
    }
}

fn export(connection: Connection) -> rusqlite::Result<()> {
    let version: i64 = connection.query_row("PRAGMA old.user_version", [], |row| row.get(0))?;
    // One transaction, so that what others commit meanwhile is in it wholly or not at all.
    connection.execute_batch("BEGIN")?;
    connection.query_row("SELECT count(*) FROM old.sqlite_schema", [], |_| Ok(()))?;
    connection.query_row("SELECT sqlcipher_export('main', 'old')", [], |_| Ok(()))?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", version)?;
    connection.execute_batch("COMMIT")?;
    debug_assert_eq!(schema::version(&connection)?, version, "it was just set");
    connection.close().map_err(|(_, error)| error)
}

/// Zeros in the place of a file that has no name any more. One with other names is another's as well, and is left alone.
fn overwrite(mut file: File) -> std::io::Result<()> {
    let metadata = file.metadata()?;
    if has_other_names(&metadata) {
        return Ok(());
    }
    let zeros = vec![0; 1 << 20];
    let mut left = metadata.len();
    file.seek(SeekFrom::Start(0))?;
    while left > 0 {
        let piece = left.min(zeros.len() as u64);
        file.write_all(&zeros[..piece as usize])?;
        left -= piece;
    }
    file.sync_all()
}

#[cfg(unix)]
fn has_other_names(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) > 0
}

/// Elsewhere a program is not told.
#[cfg(not(unix))]
fn has_other_names(_metadata: &std::fs::Metadata) -> bool {
    true
}

/// What an earlier attempt left, with what `SQLite` keeps beside it.
fn remove(partial: &Path) {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        // What cannot be removed is said when the file is made.
        let _ = std::fs::remove_file::<PathBuf>(beside(partial, suffix));
    }
}
