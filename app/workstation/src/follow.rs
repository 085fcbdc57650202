//! A growing file or a folder that is followed: a thread looks and analyses, and tells the window what came.

use crate::opening;
use crate::places::Places;
use crate::state::{Level, Notice};
use crate::words;
use crate::work::{Failure, Message, Post, TaskWatch};
use case::{Case, CaseError, FollowNews, FollowPlan, Follower, RedactBy};
use cbad::{Config, Stage, Watch};
use ingest::{OpenOptions, Redaction};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// From one look to the next, as the command line has it.
const EVERY: Duration = Duration::from_secs(1);

/// What the window and the thread share.
#[derive(Debug, Default)]
pub(crate) struct Line {
    work: TaskWatch,
    /// When it looked last, by this computer's clock; 0 before the first look.
    looked_nanos: AtomicI64,
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Line {
    /// Asks it to stop, and wakes it where it sleeps.
    pub(crate) fn stop(&self) {
        self.work.cancel();
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Sleeps as long, or until it is to stop.
    fn pause(&self, length: Duration) {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let woken = self.changed.wait_timeout_while(stopped, length, |stopped| !*stopped);
        drop(woken.unwrap_or_else(PoisonError::into_inner));
    }

    /// When it looked last.
    pub(crate) fn looked_nanos(&self) -> Option<i64> {
        Some(self.looked_nanos.load(Relaxed)).filter(|nanos| *nanos > 0)
    }
}

impl Watch for Line {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        self.work.progress(stage, done, total);
    }

    fn cancelled(&self) -> bool {
        self.work.cancelled()
    }
}

/// What is followed, as the window knows it.
#[derive(Debug)]
pub(crate) struct Following {
    /// The file or folder.
    pub(crate) path: PathBuf,
    /// Its name in a line.
    pub(crate) name: String,
    /// Since when, by this computer's clock.
    pub(crate) since_nanos: i64,
    /// The case that it goes into, once that is there.
    pub(crate) case: Option<PathBuf>,
    /// Events that came since it is followed.
    pub(crate) events: u64,
    /// Records that could not be read.
    pub(crate) rejected: u64,
    /// When something came last.
    pub(crate) came_nanos: Option<i64>,
    /// Whether an analysis goes on.
    pub(crate) is_analyzing: bool,
    /// Whether it was asked to stop.
    pub(crate) is_stopping: bool,
    /// Whether its case was shown once.
    pub(crate) was_shown: bool,
    /// What is shared with its thread.
    pub(crate) line: Arc<Line>,
}

impl Following {
    /// Of this path, from now on.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            name: case::inert(words::file_name(&path)),
            path,
            since_nanos: words::now_nanos(),
            case: None,
            events: 0,
            rejected: 0,
            came_nanos: None,
            is_analyzing: false,
            is_stopping: false,
            was_shown: false,
            line: Arc::default(),
        }
    }

    /// Whether it does more than wait for what may come.
    pub(crate) fn is_at_work(&self) -> bool {
        self.case.is_none() || self.is_analyzing || self.is_stopping
    }

    /// Whether the case at this path grows by it.
    pub(crate) fn grows(&self, path: &Path) -> bool {
        self.case.as_deref() == Some(path)
    }
}

/// What the thread tells.
#[derive(Debug)]
pub(crate) enum FollowSaid {
    /// It goes into this case.
    Begun(PathBuf),
    /// Events and rejected records came, or something that a person has to be told.
    Came {
        /// Events.
        events: u64,
        /// Records that could not be read.
        rejected: u64,
        /// Whether the case has changed.
        is_news: bool,
        /// What a person has to be told.
        notices: Vec<Notice>,
    },
    /// An analysis of what came begins.
    Analyzing,
    /// The case has this run now.
    Analyzed(i64),
    /// It has ended, or why it could not go on.
    Ended(Option<Failure>),
}

/// What is asked for: how what comes is redacted and analysed.
#[derive(Debug)]
pub(crate) struct Asked {
    /// What is taken out before anything is stored.
    pub(crate) redact: Option<Redaction>,
    /// How it is analysed.
    pub(crate) config: Config,
}

/// Follows a path until it is stopped; runs on a thread of its own.
pub(crate) fn follow(path: &Path, places: &Places, asked: Asked, line: &Line, post: &Post) {
    let failure = keep_up(path, places, asked, line, post).err();
    let what = || format!("Could not follow {}", case::inert(words::file_name(path)));
    post.send(Message::Followed(FollowSaid::Ended(failure.map(|why| Failure::new(what(), why)))));
}

fn keep_up(path: &Path, places: &Places, asked: Asked, line: &Line, post: &Post) -> Result<(), String> {
    let place = places.case_for(path, |case| !follows(case, path));
    let fresh = !place.exists();
    let mut case = opening::open_or_create(&place, None)?;
    let said = |said| {
        if !post.send(Message::Followed(said)) {
            // The window is gone.
            line.stop();
        }
    };
    said(FollowSaid::Begun(place.clone()));
    let plan = FollowPlan { once: false, every: EVERY, config: Some(asked.config) };
    let tell = |_: &Case, news: FollowNews<'_>| {
        match news {
            FollowNews::Looked(notices) => {
                line.looked_nanos.store(words::now_nanos(), Relaxed);
                if !notices.is_empty() {
                    said(came(notices));
                }
            }
            FollowNews::Analyzing => said(FollowSaid::Analyzing),
            FollowNews::Analyzed(run) => said(FollowSaid::Analyzed(run.id)),
        }
        Ok::<(), CaseError>(())
    };
    let by = asked.redact.as_ref().map(|rules| RedactBy { rules, salt: None, forget_salt: false });
    let follower = Follower::new(path, OpenOptions::default()).and_then(|follower| match &by {
        Some(by) => follower.redacting(by),
        None => Ok(follower),
    });
    let pause = |length| line.pause(length);
    let outcome = follower.and_then(|follower| follower.keep_up(&mut case, &plan, line, pause, tell));
    opening::stopped(case, &place, fresh);
    outcome.map_err(|error| error.to_string())
}

fn came(notices: &[case::Notice]) -> FollowSaid {
    let (mut events, mut rejected, mut told) = (0, 0, Vec::new());
    for notice in notices {
        match notice {
            case::Notice::Took { piece, .. } => {
                events += piece.events;
                rejected += piece.rejected;
            }
            case::Notice::Imported { report } if notice.is_news() => {
                events += report.capture.events;
                rejected += report.capture.rejected;
            }
            other => told.extend(other.says(words::bytes).map(|(path, says)| Notice {
                level: if matches!(other, case::Notice::GoesOn { .. }) {
                    Level::Done
                } else {
                    Level::Warning
                },
                what: format!("Following {}", case::inert(words::file_name(path))),
                detail: case::inert(says),
            })),
        }
    }
    let is_news = notices.iter().any(case::Notice::is_news);
    FollowSaid::Came { events, rejected, is_news, notices: told }
}

/// Whether the case has what stands at this path, or in the folder there, from before.
fn follows(case: &Path, path: &Path) -> bool {
    let rows = Case::open_read_only(case).and_then(|case| case.captures()).unwrap_or_default();
    rows.iter().any(|row| row.path == path || row.path.parent() == Some(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_ends_at_once_when_it_is_stopped() {
        let line = Arc::new(Line::default());
        let theirs = Arc::clone(&line);
        let sleeper = std::thread::spawn(move || theirs.pause(Duration::from_hours(1)));
        line.stop();
        sleeper.join().expect("it ends");
        assert!(line.cancelled());
        line.pause(Duration::from_hours(1));
    }
}
