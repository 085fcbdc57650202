//! A panic of work in the background becomes an error that a person is told of, and the window goes on.
//!
//! A panic is an error of this program. What was being read is read anew the next time, from a case opened anew, so that
//! nothing half done is taken for whole.

use crate::state::{Level, Notice};
use crate::work::{Failure, Job, Message, Post, Spawn};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What to do about it.
const NEXT: &str = "The case on the disk is whole, and the window can be used on. If it happens again, “Check for damage” tells \
                    whether something in the case brings it about.";

/// What the work gives back, or the words with which it stopped.
///
/// Nothing that the work had hold of may be used afterwards but to be dropped, or what keeps itself whole, such as a queue.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| in_words(payload.as_ref()))
}

fn in_words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    case::inert(text.unwrap_or("it left no words"))
}

/// Says that `what` stopped with these words.
pub(crate) fn said(what: &str, words: &str) -> Notice {
    Notice {
        level: Level::Error,
        what: format!("{what} stopped by an error of this program"),
        detail: format!("{words}. {NEXT}"),
    }
}

/// The job of a task, which ends however the job does.
pub(crate) fn task(id: u64, post: Post, job: impl FnOnce(&Post) + Send + 'static) -> Job {
    Box::new(move || {
        if let Err(words) = caught(|| job(&post)) {
            let Notice { what, detail, .. } = said("A task was", &words);
            post.send(Message::Finished { task: id, result: Err(Failure { what, detail }) });
        }
    })
}

/// Runs jobs as `spawn` does; one that panics is told of by its name.
pub(crate) fn told(spawn: Spawn, post: Post) -> Spawn {
    Arc::new(move |name, job| {
        let (post, named) = (post.clone(), name.to_owned());
        let watched = move || {
            if let Err(words) = caught(job) {
                post.send(Message::Tell(said(&format!("Work in the background ({named}) was"), &words)));
            }
        };
        spawn(name, Box::new(watched));
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_panics_is_told_of_and_a_task_ends() {
        let (tx, inbox) = crossbeam_channel::unbounded();
        let post = Post::new(tx, egui::Context::default());
        let here: Spawn = Arc::new(|_, job| job());
        told(Arc::clone(&here), post.clone())("search", Box::new(|| panic!("row {} is not there", 7)));
        match inbox.try_recv() {
            Ok(Message::Tell(notice)) => {
                assert_eq!(notice.level, Level::Error);
                assert!(notice.what.contains("search") && notice.detail.starts_with("row 7 is not there. "));
            }
            other => panic!("{other:?} tells nothing of it"),
        }
        here("task", task(5, post, |_| panic!("\u{202e}so it is")));
        match inbox.try_recv() {
            Ok(Message::Finished { task: 5, result: Err(failure) }) => {
                assert!(!failure.detail.contains('\u{202e}'), "words of a panic may be evidence");
            }
            other => panic!("{other:?} does not end the task"),
        }
    }
}
