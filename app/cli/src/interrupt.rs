//! Ctrl-C: the first asks the work to stop at the next safe point, the second does not wait for it.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::INTERRUPTED;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens from now on. Where that cannot be arranged, Ctrl-C ends the program at once, and the case is as safe.
pub(crate) fn listen() {
    let listening = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    });
    if let Err(error) = listening {
        eprintln!(
            "driftlock: Ctrl-C will stop at once, not at a safe point ({error}); the case stays whole."
        );
    }
}

/// Whether Ctrl-C was pressed.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
