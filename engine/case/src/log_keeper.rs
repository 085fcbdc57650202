//! Brings `SQLite`'s write-ahead log into the case file on a thread of its own, so that an import does not wait for the disk, and
//! neither does who cancels it (`docs/decisions/0016-cancelled-work-is-left.md`).
//!
//! A commit only writes behind the log. Bringing the log into the file waits until the disk has both, in the midst of a commit or
//! when the last connection closes; here that is this thread's connection.

use std::path::Path;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::{Connection, OpenFlags};

use crate::passphrase::CaseKey;
use crate::sealed::connect;

/// Bytes committed from one time that the log is brought in to the next.
const EVERY_BYTES: u64 = 4 << 20;
/// Pages of the log (of 16 KiB, so 64 MB) beyond which a commit brings it in itself, because the thread does not keep up.
const LONG_PAGES: u32 = 4096;
/// Rounds to catch up with what is committed meanwhile; each is shorter than the one before.
const ROUNDS: usize = 4;

/// The thread that keeps the log short. It ends once this is gone, after it has brought in what is there.
pub(crate) struct LogKeeper {
    /// None once nothing more is committed.
    tell: Option<Sender<()>>,
    /// None where nobody waits for it.
    thread: Option<JoinHandle<()>>,
    unsaved_bytes: u64,
}

impl LogKeeper {
    /// None where the case cannot be opened once more; then the connection that writes keeps the log short as before.
    pub(crate) fn begin(
        writer: &Connection,
        case: &Path,
        key: Option<&CaseKey>,
    ) -> rusqlite::Result<Option<Self>> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let Ok(connection) = connect(case, flags, key) else { return Ok(None) };
        writer.query_row(&format!("PRAGMA wal_autocheckpoint = {LONG_PAGES}"), [], |_| Ok(()))?;
        let (tell, told) = bounded(1);
        let thread = thread::spawn(move || keep(&connection, &told));
        Ok(Some(Self { tell: Some(tell), thread: Some(thread), unsaved_bytes: 0 }))
    }

    /// After a commit of so many bytes.
    pub(crate) fn committed(&mut self, bytes: u64) {
        self.unsaved_bytes += bytes;
        if self.unsaved_bytes >= EVERY_BYTES
            && let Some(tell) = &self.tell
        {
            self.unsaved_bytes = 0;
            // One word that waits is enough.
            let _ = tell.try_send(());
        }
    }

    /// Lets the thread end by itself.
    pub(crate) fn leave(&mut self) {
        self.thread = None;
    }
}

impl Drop for LogKeeper {
    fn drop(&mut self) {
        self.tell = None;
        if let Some(thread) = self.thread.take() {
            // What it could not bring in stays in the log, from which the case is read just as well.
            let _ = thread.join();
        }
    }
}

fn keep(connection: &Connection, told: &Receiver<()>) {
    for () in told {
        let mut rounds = 0..ROUNDS;
        while rounds.next().is_some() && is_behind(connection) {}
    }
}

/// Brings in what can be without anybody waiting; whether more was committed meanwhile.
fn is_behind(connection: &Connection) -> bool {
    let pages = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
    // A failure is met again by the connection that writes, once the log is long, and said there.
    connection
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], pages)
        .is_ok_and(|(in_log, brought)| brought < in_log)
}
