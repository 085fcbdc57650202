//! How an import enters the case: at once where its SHA-256 is known, and otherwise as soon as it is.
//!
//! A capture is told from others by its SHA-256, and taking it means reading all of the file once more. Where no capture in
//! the case has its size it cannot be there, and is read and hashed at the same time; what was read waits for the hash,
//! so that nothing is ever in the case under a provisional name.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};

use cbad::{Stage, Watch};
use ingest::{Capture, OpenOptions};

use crate::error::CaseError;
use crate::import::Begun;
use crate::source::{Fingerprint, Stamp};
use crate::sql::AtPath;
use crate::store::Case;

/// An import about to be read.
pub(crate) enum Beginning<'scope, 'a> {
    /// It is in the case.
    Begun(Begun),
    /// It will be when its SHA-256 is known.
    Hashing(Hashing<'scope, 'a>),
}

/// The SHA-256 of a capture being taken, and what else the case wants to know of it.
pub(crate) struct Hashing<'scope, 'a> {
    handle: ScopedJoinHandle<'scope, Result<Fingerprint, CaseError>>,
    path: &'a Path,
    opened: &'a Capture,
    options: &'a OpenOptions,
}

impl Hashing<'_, '_> {
    pub(crate) fn is_done(&self) -> bool {
        self.handle.is_finished()
    }

    /// Waits for the hash, and enters the import under it.
    pub(crate) fn begin(self, case: &Case) -> Result<(Begun, Fingerprint), CaseError> {
        let taken = self.handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let fingerprint = taken?;
        if case.begun_with(&fingerprint)?.is_some() {
            return Err(CaseError::ImportedElsewhere { path: self.path.to_owned() });
        }
        let begun = case.begin(self.path, self.opened, self.options, None, &fingerprint)?;
        Ok((begun, fingerprint))
    }
}

/// Hands progress and cancellation on, and cancels by itself too.
struct Stoppable<'a> {
    watch: &'a dyn Watch,
    stop: &'a AtomicBool,
}

impl Watch for Stoppable<'_> {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        self.watch.progress(stage, done, total);
    }

    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.watch.cancelled()
    }
}

impl Case {
    /// Whether a capture of this size is in the case, complete or not.
    pub(crate) fn has_of_size(&self, stored_bytes: u64) -> Result<bool, CaseError> {
        const QUERY: &str = "SELECT EXISTS (SELECT 1 FROM capture WHERE stored_bytes = ?1)";
        self.connection.query_row(QUERY, [stored_bytes as i64], |row| row.get(0)).at(&self.path)
    }

    /// Reads a capture that cannot be in the case yet, and takes its SHA-256 meanwhile. Not for one that is redacted, whose salt
    /// the case has to have first.
    pub(crate) fn read_new(
        &mut self,
        path: PathBuf,
        opened: &Capture,
        options: &OpenOptions,
        watch: &dyn Watch,
    ) -> Result<(Begun, Fingerprint), CaseError> {
        let is_set = options.set && !path.is_dir();
        // Before the file is opened to be read: one put in its place since then has another stamp when it is hashed.
        let stamp = Stamp::at(&path, is_set).map_err(CaseError::io("read", &path))?;
        let reading = Capture::open(&path, options)?;
        let stop = AtomicBool::new(false);
        let (begun, fingerprint) = thread::scope(|scope| {
            let watched = Stoppable { watch, stop: &stop };
            let hashed = &path;
            let handle = scope.spawn(move || Fingerprint::take(hashed, is_set, &watched));
            let hashing = Hashing { handle, path: &path, opened, options };
            let read = self.read_capture(Beginning::Hashing(hashing), reading, options.limits.seconds, watch);
            stop.store(true, Ordering::Relaxed);
            read
        })?;
        let fingerprint = fingerprint.expect("what began with being hashed is given its hash");
        if fingerprint.stamp != stamp {
            self.discard(begun.capture)?;
            return Err(CaseError::CaptureChanged { path, what: "it was written to meanwhile".to_owned() });
        }
        Ok((begun, fingerprint))
    }
}
