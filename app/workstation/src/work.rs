//! Long work: named tasks that report progress and can be cancelled, and the messages by which the window learns what came of them.

use crate::dialogs::Picked;
use crate::follow::FollowSaid;
use crate::import_dialog::Found;
use crate::query::Answer;
use crate::redaction::RulesFor;
use cbad::{Stage, Watch};
use crossbeam_channel::Sender;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A piece of work for another thread.
pub type Job = Box<dyn FnOnce() + Send>;

/// Runs jobs; the real one gives each its own thread, a test may hold them back.
pub type Spawn = Arc<dyn Fn(&str, Job) + Send + Sync>;

/// Every job on a thread of its own, named after it.
pub fn threads() -> Spawn {
    Arc::new(|name, job| {
        // Where the system gives no thread, the work is done here and now: late is better than never.
        let job = Arc::new(std::sync::Mutex::new(Some(job)));
        let run = |job: &std::sync::Mutex<Option<Job>>| {
            let taken = job.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
            if let Some(job) = taken {
                job();
            }
        };
        let theirs = Arc::clone(&job);
        if std::thread::Builder::new().name(name.to_owned()).spawn(move || run(&theirs)).is_err() {
            run(&job);
        }
    })
}

/// What reaches the window from other threads.
#[derive(Debug)]
pub(crate) enum Message {
    /// A dialog was answered.
    Dialog(For, Picked),
    /// A task has put captures into this case, and goes on to analyse it.
    Imported { task: u64, case: PathBuf, notices: Vec<Failure> },
    /// A task ended.
    Finished { task: u64, result: Result<Finished, Failure> },
    /// A reader answered.
    Answer(u64, Answer),
    /// The pixels of the window.
    Pixels(Arc<egui::ColorImage>),
    /// What a search of this number tells.
    Searched(u64, crate::app::Searched),
    /// What was decided stands in the case `doc`, or why it does not.
    Written { doc: u64, written: Box<crate::app::Written> },
    /// Decisions about this case were written, or could not be.
    Decided(PathBuf, Option<Failure>),
    /// What these paths are that were chosen; nothing where none was.
    Found(Option<Found>),
    /// A look of this number at the capture of this row of the import dialog has ended.
    Inspected((u64, u64), Result<Box<ingest::Inspection>, String>),
    /// Rules of redaction in a file, or why there are none.
    Rules(RulesFor, Result<(PathBuf, ingest::Redaction), String>),
    /// What is followed tells something.
    Followed(FollowSaid),
    /// Something that a person has to be told.
    Tell(crate::state::Notice),
    /// Settings and views were kept, but for these.
    Kept(Vec<Failure>),
}

/// Where other threads put their messages; each one wakes the window.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    tx: Sender<Message>,
    ctx: egui::Context,
}

impl Post {
    /// A way to the window that shows `ctx`.
    pub(crate) fn new(tx: Sender<Message>, ctx: egui::Context) -> Self {
        Self { tx, ctx }
    }

    /// Puts text on the clipboard.
    pub(crate) fn copy(&self, text: String) {
        self.ctx.copy_text(text);
        self.ctx.request_repaint();
    }

    /// Pixels of the screen for each point of the window.
    pub(crate) fn pixels_per_point(&self) -> f32 {
        self.ctx.pixels_per_point()
    }

    /// Sends; `false` where the window is gone, and nobody needs to know any more.
    pub(crate) fn send(&self, message: Message) -> bool {
        let sent = self.tx.send(message).is_ok();
        self.ctx.request_repaint();
        sent
    }
}

/// What a dialog was for.
#[derive(Debug)]
pub(crate) enum For {
    /// Captures to import.
    Captures,
    /// A case to open.
    Case,
    /// Rules of redaction, and for what.
    Rules(RulesFor),
    /// What to follow.
    Follow,
    /// A case to compare this one with.
    Anchor(PathBuf),
    /// Where to write these events.
    Events(Box<crate::export::Export>),
    /// Where to write this table, and what it is of.
    Table(&'static str, Arc<str>),
    /// Where to write this case in the clear.
    Decrypted(PathBuf),
    /// Where to write this picture.
    Picture(Arc<egui::ColorImage>),
}

/// What a task left behind.
#[derive(Debug, PartialEq)]
pub(crate) enum Finished {
    /// A complete case.
    Case(PathBuf),
    /// A case is encrypted and its passphrase is to be asked for, with what was wrong with the one before.
    Locked(PathBuf, Option<String>),
    /// A run of a case.
    Run(PathBuf, i64),
    /// A test of this finding of a run.
    Tested { case: PathBuf, of: (i64, i64) },
    /// Block against block of a stream of a case.
    Matrix(PathBuf, Arc<case::NcdMatrix>),
    /// It was cancelled, with what that means.
    Stopped(String),
    /// Events were written to a file; so many are damaged in the case and are not in it.
    Exported { path: PathBuf, events: u64, lost: u64 },
    /// Events as text for the clipboard: so many of those that are listed, but for those that are damaged.
    Copied { text: String, events: u64, lost: u64, of: u64 },
    /// A case was checked: what is damaged, and what else does not fit.
    Checked(PathBuf, Box<case::Verification>),
    /// A file was written.
    Written(PathBuf),
    /// It was cancelled; the case, where one was begun, is as far as it came.
    Cancelled(Option<PathBuf>),
}

/// Why a task could not do what it was for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What happened.
    pub(crate) what: String,
    /// Where, and what to do next.
    pub(crate) detail: String,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>, error: impl std::fmt::Display) -> Self {
        Self { what: what.into(), detail: case::inert(error.to_string()) }
    }
}

/// Progress and cancellation, shared between a task and the window.
#[derive(Debug, Default)]
pub(crate) struct TaskWatch {
    stage: AtomicU8,
    done: AtomicU64,
    total: AtomicU64,
    cancelled: AtomicBool,
}

/// By their number from 1; before a task says where it is, and where it has no steps, the number is 0.
const STAGES: [Stage; 5] = [Stage::Import, Stage::Prepare, Stage::Score, Stage::Explain, Stage::Test];

impl Watch for TaskWatch {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        let number = STAGES.iter().position(|s| *s == stage).map_or(0, |index| index + 1);
        self.stage.store(number as u8, Relaxed);
        self.done.store(done, Relaxed);
        self.total.store(total, Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Relaxed)
    }
}

impl TaskWatch {
    /// Asks the task to stop at the next safe point.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    /// The step that it is in, and how far, from 0 to 1; `None` where that is not known.
    pub(crate) fn state(&self) -> (Option<Stage>, Option<f32>) {
        let (done, total) = (self.done.load(Relaxed), self.total.load(Relaxed));
        let share = (total > 0).then(|| (done as f64 / total as f64).clamp(0.0, 1.0) as f32);
        let number = usize::from(self.stage.load(Relaxed));
        (number.checked_sub(1).and_then(|index| STAGES.get(index).copied()), share)
    }
}

/// A running task.
#[derive(Debug)]
pub(crate) struct Task {
    /// Its number.
    pub(crate) id: u64,
    /// What it does, for a person.
    pub(crate) name: String,
    /// How far it is.
    pub(crate) watch: Arc<TaskWatch>,
    /// How fast it goes.
    pub(crate) pace: Pace,
}

/// How fast the present stage of a task goes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    begun: Option<(Option<Stage>, Instant)>,
}

impl Pace {
    /// How long the stage will go on, once there is enough of it to tell.
    pub(crate) fn left(
        &mut self,
        stage: Option<Stage>,
        share: Option<f64>,
        now: Instant,
    ) -> Option<Duration> {
        const ENOUGH: Duration = Duration::from_secs(2);
        const ENOUGH_SHARE: f64 = 0.02;
        let begun = match self.begun {
            Some((of, begun)) if of == stage => begun,
            _ => {
                self.begun = Some((stage, now));
                now
            }
        };
        let (share, gone) = (share?, now.saturating_duration_since(begun));
        let can_tell = gone >= ENOUGH && share >= ENOUGH_SHARE;
        can_tell.then(|| gone.mul_f64((1.0 - share).max(0.0) / share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_a_share_only_where_the_whole_is_known() {
        let watch = TaskWatch::default();
        assert_eq!(watch.state(), (None, None), "a check for damage is no import");
        for (stage, done, total, share) in
            [(Stage::Import, 0, 0, None), (Stage::Score, 1, 4, Some(0.25)), (Stage::Explain, 9, 4, Some(1.0))]
        {
            watch.progress(stage, done, total);
            assert_eq!(watch.state(), (Some(stage), share));
        }
        assert!(!watch.cancelled());
        watch.cancel();
        assert!(watch.cancelled());
    }

    #[test]
    fn the_time_left_is_told_once_there_is_enough_to_tell_it_from() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        let after = |seconds| begun + Duration::from_secs(seconds);
        for (stage, share, seconds, left) in [
            (Stage::Import, Some(0.0), 0, None),
            (Stage::Import, Some(0.5), 1, None),
            (Stage::Import, None, 9, None),
            (Stage::Import, Some(0.25), 10, Some(30)),
            (Stage::Score, Some(0.9), 20, None),
            (Stage::Score, Some(0.5), 24, Some(4)),
        ] {
            assert_eq!(
                pace.left(Some(stage), share, after(seconds)),
                left.map(Duration::from_secs),
                "{stage:?} {seconds}"
            );
        }
    }

    #[test]
    fn a_job_runs_on_a_thread_of_its_own() {
        let (tx, rx) = crossbeam_channel::bounded(1);
        threads()("named", Box::new(move || drop(tx.send(std::thread::current().name().map(str::to_owned)))));
        assert_eq!(rx.recv(), Ok(Some("named".to_owned())));
    }
}
