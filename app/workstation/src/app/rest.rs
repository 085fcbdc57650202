//! Whether the window is at rest, for tests and measurements, which have no event loop.

use super::App;
use std::time::Duration;

impl App {
    /// Whether a case is open and the windows of a stream of it are there to be seen.
    pub fn shows_case(&self) -> bool {
        self.state.doc.is_some() && self.state.data.is_some()
    }

    /// Whether anything in the background will still change what is shown.
    pub fn busy(&self) -> bool {
        let reading = self.state.readers.as_ref().is_some_and(|(quick, slow)| quick.busy() || slow.busy());
        // Asked last: a reader sends its answer before it calls itself idle.
        reading
            || self.state.telemetry.busy()
            || self.state.bits.busy()
            || self.state.review.busy()
            || self.asking > 0
            || self.inspecting > 0
            || self.state.following.as_ref().is_some_and(crate::follow::Following::is_at_work)
            || self.is_keeping()
            || self.searcher.is_at_work()
            || !self.state.tasks.is_empty()
            || !self.waiting.is_empty()
            || !self.inbox.is_empty()
    }

    /// Waits until something arrives from the background, at most `limit`.
    pub fn wait(&mut self, limit: Duration) -> bool {
        match self.inbox.recv_timeout(limit) {
            Ok(message) => self.waiting.push(message),
            Err(_) => return false,
        }
        true
    }
}
