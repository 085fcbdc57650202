//! Work on a thread of its own that is left there when it is cancelled, so that whoever asked for it waits for nothing.
//!
//! A suffix array, a regular expression over a megabyte, the templates of a stream of ten million events: each is one call
//! that looks at no flag until it is done. The caller looks for them. What is left ends at its own next look, and what it
//! found goes nowhere: only the caller writes into a case (`docs/decisions/0016-cancelled-work-is-left.md`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use cbad::{Stage, Watch};
use crossbeam_channel::{RecvTimeoutError, SendTimeoutError, Sender, unbounded};
use rusqlite::{Connection, InterruptHandle};

use crate::error::CaseError;
use crate::store::Case;

/// Between two looks while the work says nothing.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What the work says to its caller, in order.
enum Said<T> {
    Progress(Stage, u64, u64),
    Looked,
    Done(T),
}

/// The caller's watch as the work sees it from another thread, which may outlive the caller.
struct Relay<T> {
    is_left: Arc<AtomicBool>,
    said: Sender<Said<T>>,
}

impl<T: Send> Watch for Relay<T> {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        // Nobody listens to work that was left.
        let _ = self.said.send(Said::Progress(stage, done, total));
    }

    fn cancelled(&self) -> bool {
        let _ = self.said.send(Said::Looked);
        self.is_left.load(Ordering::Relaxed)
    }
}

/// What the work gives back; [`CaseError::Cancelled`] within a few milliseconds of the watch's saying so, whatever the work
/// is at.
pub(crate) fn apart<T: Send + 'static>(
    watch: &dyn Watch,
    work: impl FnOnce(&dyn Watch) -> T + Send + 'static,
) -> Result<T, CaseError> {
    let (said_in, said) = unbounded();
    let is_left = Arc::new(AtomicBool::new(false));
    let relay = Relay { is_left: Arc::clone(&is_left), said: said_in.clone() };
    let worker = thread::spawn(move || {
        let given = work(&relay);
        let _ = said_in.send(Said::Done(given));
    });
    loop {
        match said.recv_timeout(LOOK_EVERY) {
            Ok(Said::Done(given)) => return Ok(given),
            Ok(Said::Progress(stage, done, total)) => watch.progress(stage, done, total),
            Ok(Said::Looked) | Err(RecvTimeoutError::Timeout) => {
                if watch.cancelled() {
                    is_left.store(true, Ordering::Relaxed);
                    return Err(CaseError::Cancelled);
                }
            }
            Err(RecvTimeoutError::Disconnected) => match worker.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => unreachable!("a worker that ends says first that it is done"),
            },
        }
    }
}

/// Gives something to a thread that may be long at what it was given before; what that thread has ended without is gone.
pub(crate) fn hand_over<T>(to: &Sender<T>, mut given: T, watch: &dyn Watch) -> Result<(), CaseError> {
    loop {
        match to.send_timeout(given, LOOK_EVERY) {
            Ok(()) | Err(SendTimeoutError::Disconnected(_)) => return Ok(()),
            Err(SendTimeoutError::Timeout(back)) => {
                look(watch)?;
                given = back;
            }
        }
    }
}

/// Stops if the watch says so.
pub(crate) fn look(watch: &dyn Watch) -> Result<(), CaseError> {
    if watch.cancelled() { Err(CaseError::Cancelled) } else { Ok(()) }
}

impl Case {
    /// Reads from the case, and ends soon with [`CaseError::Cancelled`] when the watch says so: a statement that is at work is
    /// broken off, and what reads block by block goes no further.
    pub fn watched<T>(
        &self,
        watch: &dyn Watch,
        work: impl FnOnce() -> Result<T, CaseError>,
    ) -> Result<T, CaseError> {
        self.interruptible(watch, work)
    }

    /// [`interruptible`] on the connection of the case.
    pub(crate) fn interruptible<T>(
        &self,
        watch: &dyn Watch,
        work: impl FnOnce() -> Result<T, CaseError>,
    ) -> Result<T, CaseError> {
        interruptible(&self.connection, watch, work)
    }
}

/// Work of which a single statement of `SQLite` may take long: it is broken off when the watch cancels.
pub(crate) fn interruptible<T>(
    connection: &Connection,
    watch: &dyn Watch,
    work: impl FnOnce() -> Result<T, CaseError>,
) -> Result<T, CaseError> {
    look(watch)?;
    let handle = connection.get_interrupt_handle();
    let (done_in, done) = unbounded::<()>();
    let given = thread::scope(|scope| {
        scope.spawn(move || {
            while done.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                interrupt_where_cancelled(watch, &handle);
            }
        });
        let given = work();
        drop(done_in);
        given
    });
    // What was broken off looks like damage to whoever ran it.
    look(watch)?;
    given
}

/// Again and again: an interrupt reaches only what is running at that moment.
fn interrupt_where_cancelled(watch: &dyn Watch, handle: &InterruptHandle) {
    if watch.cancelled() {
        handle.interrupt();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicU64;

    /// Cancels at a look, and keeps what it was told.
    struct Until {
        looks: AtomicU64,
        told: Mutex<Vec<u64>>,
    }

    impl Until {
        fn look(looks: u64) -> Self {
            Self { looks: AtomicU64::new(looks), told: Mutex::default() }
        }
    }

    impl Watch for Until {
        fn progress(&self, _stage: Stage, done: u64, _total: u64) {
            self.told.lock().expect("no thread panicked").push(done);
        }

        fn cancelled(&self) -> bool {
            self.looks.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
        }
    }

    #[test]
    fn work_that_never_looks_is_left_at_once() {
        let (go_on, is_let) = unbounded::<()>();
        let (ended_in, ended) = unbounded();
        let given = apart(&Until::look(2), move |watch| {
            // Waits for what comes only after the caller has gone: no look, whatever the clock says.
            let _ = is_let.recv();
            let _ = ended_in.send(watch.cancelled());
        });
        assert!(matches!(given, Err(CaseError::Cancelled)), "{given:?}");
        drop(go_on);
        assert_eq!(ended.recv(), Ok(true), "what was left hears of it at its next look");
    }

    #[test]
    fn what_the_work_says_comes_in_order_and_its_looks_count() {
        let watch = Until::look(u64::MAX);
        let given = apart(&watch, |watch| {
            for done in 1..=3 {
                watch.progress(Stage::Score, done, 3);
                assert!(!watch.cancelled());
            }
            "done"
        });
        assert_eq!(given.ok(), Some("done"));
        assert_eq!(*watch.told.lock().expect("no thread panicked"), [1, 2, 3]);
        assert!(u64::MAX - watch.looks.load(Ordering::Relaxed) >= 3);
        let stopped = apart(&Until::look(1), |watch| (watch.cancelled(), watch.cancelled()));
        assert!(matches!(stopped, Err(CaseError::Cancelled)), "the second look cancels, done or not");
    }

    #[test]
    #[should_panic(expected = "as it is")]
    fn a_panic_comes_through() {
        let _ = apart(&cbad::Unwatched, |_| panic!("as it is"));
    }

    #[test]
    fn a_statement_without_an_end_is_broken_off() {
        const ENDLESS: &str =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        let folder = tempfile::tempdir().expect("there is room");
        let case = Case::create(&folder.path().join("c.driftlock")).expect("the folder is empty");
        let watch = Until::look(1);
        let given = case.interruptible(&watch, || {
            let count: rusqlite::Result<i64> = case.connection.query_row(ENDLESS, [], |row| row.get(0));
            assert!(count.is_err(), "it has no end");
            Ok(())
        });
        assert!(matches!(given, Err(CaseError::Cancelled)), "{given:?}");
    }
}
