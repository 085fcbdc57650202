//! Block against block of the stream shown, as a task.

use super::App;
use crate::matrix;
use crate::state::Pane;
use crate::work::Message;

impl App {
    /// Measures the stream that is shown.
    pub(super) fn make_matrix(&mut self) {
        let Some((doc, stream)) = self.state.doc.clone().zip(self.state.stream) else { return };
        let (choice, path) = (self.state.matrix.choice, doc.path.clone());
        self.state.front = Some(Pane::Matrix);
        let label = doc.label(stream);
        self.start(format!("Measuring the blocks of {label}"), move |task, watch, post| {
            post.send(Message::Finished { task, result: matrix::measure(&path, stream, choice, watch) });
        });
    }
}
