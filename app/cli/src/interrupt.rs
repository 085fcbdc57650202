//! Ctrl-C: the first asks the work to stop at the next safe point, the second does not wait for it.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::INTERRUPTED;

static ASKED: AtomicBool = AtomicBool::new(false);

static LISTENING: Once = Once::new();

/// Listens from now on; asked for again, it goes on as it does. Where that cannot be arranged, Ctrl-C ends the program at once, and the case is as safe.
pub(crate) fn listen() {
    LISTENING.call_once(begin);
}

fn begin() {
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
