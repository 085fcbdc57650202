//! The system's file dialogs, behind a trait so that tests answer them.

use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// What came of a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked {
    /// These were chosen.
    Paths(Vec<PathBuf>),
    /// The person thought better of it.
    Cancelled,
    /// The system has no dialog to show.
    Unavailable,
}

/// A dialog that is on its way; run off the thread of the window, it waits for the person.
pub type Dialog = Box<dyn FnOnce() -> Picked + Send>;

/// Asks a person for files. Called on the thread of the window; what it gives back is run elsewhere.
pub trait FileDialogs: Send + Sync {
    /// Captures to import.
    fn captures(&self) -> Dialog;
    /// A folder, as a capture or to be followed.
    fn folder(&self) -> Dialog;
    /// A file that grows, to be followed.
    fn growing(&self) -> Dialog;
    /// Rules of redaction.
    fn rules(&self) -> Dialog;
    /// A case to open.
    fn case(&self) -> Dialog;
    /// Where to write events: as CSV, or as JSON lines where the name ends so.
    fn save_events(&self, name: &str) -> Dialog;
    /// Where to write a picture.
    fn save_png(&self, name: &str) -> Dialog;
}

/// Dialogs that were answered beforehand, each with the same: for runs without a person.
impl FileDialogs for Picked {
    fn captures(&self) -> Dialog {
        let picked = self.clone();
        Box::new(move || picked)
    }

    fn folder(&self) -> Dialog {
        self.captures()
    }

    fn growing(&self) -> Dialog {
        self.captures()
    }

    fn rules(&self) -> Dialog {
        self.captures()
    }

    fn case(&self) -> Dialog {
        self.captures()
    }

    fn save_events(&self, _name: &str) -> Dialog {
        self.captures()
    }

    fn save_png(&self, _name: &str) -> Dialog {
        self.captures()
    }
}

/// The system's own dialogs.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDialogs;

impl FileDialogs for SystemDialogs {
    fn captures(&self) -> Dialog {
        let dialog = rfd::AsyncFileDialog::new().set_title("Open capture").pick_files();
        waiting(async { Some(dialog.await?.into_iter().map(|file| file.path().to_owned()).collect()) })
    }

    fn folder(&self) -> Dialog {
        let dialog = rfd::AsyncFileDialog::new().set_title("Choose a folder").pick_folder();
        waiting(async { Some(vec![dialog.await?.path().to_owned()]) })
    }

    fn growing(&self) -> Dialog {
        let dialog = rfd::AsyncFileDialog::new().set_title("Follow a file").pick_file();
        waiting(async { Some(vec![dialog.await?.path().to_owned()]) })
    }

    fn rules(&self) -> Dialog {
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Rules of redaction")
            .add_filter("Rules as JSON", &["json"])
            .pick_file();
        waiting(async { Some(vec![dialog.await?.path().to_owned()]) })
    }

    fn case(&self) -> Dialog {
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Open case")
            .add_filter("Driftlock case", &[crate::places::CASE_EXTENSION])
            .pick_file();
        waiting(async { Some(vec![dialog.await?.path().to_owned()]) })
    }

    fn save_events(&self, name: &str) -> Dialog {
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Export events")
            .set_file_name(name)
            .add_filter("Comma-separated values", &["csv"])
            .add_filter("JSON lines", &["jsonl"])
            .save_file();
        waiting(async { Some(vec![dialog.await?.path().to_owned()]) })
    }

    fn save_png(&self, name: &str) -> Dialog {
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Export picture")
            .set_file_name(name)
            .add_filter("PNG picture", &["png"])
            .save_file();
        waiting(async { Some(vec![dialog.await?.path().to_owned()]) })
    }
}

fn waiting(dialog: impl Future<Output = Option<Vec<PathBuf>>> + Send + 'static) -> Dialog {
    // Without a portal and without zenity, rfd answers at once as if the person had cancelled.
    const NO_PERSON_IS_SO_FAST: Duration = Duration::from_millis(150);
    Box::new(move || {
        let begun = Instant::now();
        match block_on(dialog) {
            Some(paths) => Picked::Paths(paths),
            None if begun.elapsed() < NO_PERSON_IS_SO_FAST => Picked::Unavailable,
            None => Picked::Cancelled,
        }
    })
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_future_that_is_woken_from_another_thread_is_waited_for() {
        let (tx, rx) = std::sync::mpsc::channel();
        let mut asked = false;
        let future = std::future::poll_fn(move |context| {
            if asked {
                return Poll::Ready(rx.try_recv().ok());
            }
            asked = true;
            let (tx, waker) = (tx.clone(), context.waker().clone());
            std::thread::spawn(move || {
                tx.send(7).expect("the future still listens");
                waker.wake();
            });
            Poll::Pending
        });
        assert_eq!(block_on(future), Some(7));
    }

    #[test]
    fn an_answer_that_comes_at_once_means_that_there_is_no_dialog() {
        assert_eq!(waiting(async { None })(), Picked::Unavailable);
        let path = PathBuf::from("a.log");
        let chosen = path.clone();
        assert_eq!(waiting(async move { Some(vec![chosen]) })(), Picked::Paths(vec![path]));
    }
}
