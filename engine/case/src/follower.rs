//! A file, or a folder where captures drop, followed: what grows line by line is taken piece by piece, anything else is imported
//! once nothing is written to it any more (decision 0012).
//!
//! Files are looked at, not listened to: a look costs a call of the system a file, works on every file system, and needs no
//! library.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cbad::Watch;
use ingest::{OpenOptions, Redaction};

use crate::error::CaseError;
use crate::follow::Piece;
use crate::growing::Growing;
use crate::redact::RedactBy;
use crate::rows::{ImportOutcome, ImportReport};
use crate::source::Stamp;
use crate::store::Case;

/// A file that grows without a rest is taken all the same once so much waits.
const MOST_WAITING_BYTES: u64 = 4 << 20;

/// Follows a path; [`Follower::look`] is called again and again.
pub struct Follower {
    path: PathBuf,
    options: OpenOptions,
    redacting: Option<Redacting>,
    files: BTreeMap<PathBuf, Followed>,
}

/// How all of it is redacted: a follower outlives whoever asked for it.
struct Redacting {
    rules: Redaction,
    salt: Option<Vec<u8>>,
    forget_salt: bool,
}

impl Redacting {
    fn by(&self) -> RedactBy<'_> {
        RedactBy { rules: &self.rules, salt: self.salt.as_deref(), forget_salt: self.forget_salt }
    }
}

/// A file as it was at the last look.
enum Followed {
    /// Taken line by line.
    Growing { growing: Box<Growing>, bytes: u64 },
    /// Imported as a whole when it is at rest.
    Whole { stamp: Stamp, done: Option<Stamp> },
}

/// What a look brought.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// The case has a begin of this file, and following goes on behind it.
    GoesOn {
        /// The file.
        path: PathBuf,
        /// Bytes that the case has.
        taken_bytes: u64,
    },
    /// A piece of a growing file is in the case.
    Took {
        /// The file.
        path: PathBuf,
        /// What came.
        piece: Piece,
    },
    /// A whole file is in the case.
    Imported {
        /// What came.
        report: Box<ImportReport>,
    },
    /// The file, which is imported as a whole, has grown since it was imported; what the case had of it was replaced.
    Superseded {
        /// The file.
        path: PathBuf,
        /// Events that were there before.
        events: u64,
    },
    /// The file is shorter than what was taken of it. It begins anew, as another capture.
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes that were taken.
        taken_bytes: u64,
        /// Bytes that it has now.
        bytes: u64,
    },
    /// The file was moved away, and what it had was taken to its end; what is at its path from now on is another capture.
    Rotated {
        /// The file.
        path: PathBuf,
        /// Where it is now, where that was found.
        to: Option<PathBuf>,
    },
    /// The file cannot be taken as it is; it is tried again once it changes.
    Refused {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        what: String,
    },
}

impl Notice {
    /// Whether it brought events.
    pub fn is_news(&self) -> bool {
        match self {
            Self::Took { piece, .. } => piece.events > 0,
            Self::Imported { report } => report.outcome != ImportOutcome::AlreadyThere,
            _ => false,
        }
    }

    /// The file and a sentence about what happened to it, where it was more than that something came. `bytes` writes a size.
    pub fn says(&self, bytes: impl Fn(u64) -> String) -> Option<(&Path, String)> {
        let (path, says) = match self {
            Self::GoesOn { path, taken_bytes } => {
                (path, format!("The case has its first {}; going on from there.", bytes(*taken_bytes)))
            }
            Self::Truncated { path, taken_bytes, bytes: now } => {
                let (now, taken) = (bytes(*now), bytes(*taken_bytes));
                let what = format!(
                    "It was emptied: it has {now}, and {taken} were taken. It begins anew, as another capture."
                );
                (path, what)
            }
            Self::Rotated { path, to: Some(to) } => {
                (path, format!("It was rotated to {}; taken to its end.", to.display()))
            }
            Self::Rotated { path, to: None } => {
                (path, "It was moved away or deleted; what it had was taken to its end.".to_owned())
            }
            Self::Superseded { path, events } => {
                let what = format!(
                    "It has grown since it was imported, and was imported anew; the {events} events that were there before were replaced."
                );
                (path, what)
            }
            Self::Refused { path, what } => (path, format!("It is not taken: {what}")),
            Self::Took { .. } | Self::Imported { .. } => return None,
        };
        Some((path, says))
    }
}

impl Follower {
    /// Follows a file, which need not be there yet, or every file of a folder, but not of folders within it.
    pub fn new(path: &Path, options: OpenOptions) -> Result<Self, CaseError> {
        let path = std::path::absolute(path).map_err(CaseError::io("find", path))?;
        Ok(Self { path, options, redacting: None, files: BTreeMap::new() })
    }

    /// Redacts what comes before anything of it is stored. A salt that is to be forgotten is so at [`Follower::finish`].
    pub fn redacting(self, by: &RedactBy<'_>) -> Result<Self, CaseError> {
        by.check()?;
        let RedactBy { rules, salt, forget_salt } = *by;
        let redacting = Redacting { rules: rules.clone(), salt: salt.map(<[u8]>::to_vec), forget_salt };
        Ok(Self { redacting: Some(redacting), ..self })
    }

    /// Takes what is new. A file is taken when it is as it was at the look before, so that what a program is just writing is
    /// not cut apart; with `at_once` it is taken as it is.
    pub fn look(
        &mut self,
        case: &mut Case,
        at_once: bool,
        watch: &dyn Watch,
    ) -> Result<Vec<Notice>, CaseError> {
        let mut notices = Vec::new();
        let there = self.listed()?;
        // Those that were moved first, so that the file at its new name is known there and is not taken twice.
        let known: Vec<PathBuf> = self.files.keys().cloned().collect();
        for path in known {
            self.look_at(case, &path, at_once, watch, &mut notices)?;
        }
        for path in there {
            if !self.files.contains_key(&path) {
                self.begin(case, &path, watch, &mut notices)?;
                if at_once {
                    self.look_at(case, &path, at_once, watch, &mut notices)?;
                }
            }
        }
        Ok(notices)
    }

    /// Joins what many small pieces left, and forgets the salts that are to be forgotten, at the end.
    pub fn finish(self, case: &mut Case) -> Result<(), CaseError> {
        for followed in self.files.into_values() {
            if let Followed::Growing { growing, .. } = followed {
                case.join_pieces(&growing)?;
            }
        }
        case.forget_due_salts()
    }

    /// The files to be followed that are there now.
    fn listed(&self) -> Result<Vec<PathBuf>, CaseError> {
        let at = |source| CaseError::io("read", &self.path)(source);
        if !self.path.is_dir() {
            return Ok(if self.path.exists() { vec![self.path.clone()] } else { Vec::new() });
        }
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(&self.path).map_err(at)? {
            let entry = entry.map_err(at)?;
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            // A link leads elsewhere, and is not followed.
            if entry.file_type().is_ok_and(|kind| kind.is_file())
                && !is_hidden
                && !is_of_a_case(&entry.path())
            {
                paths.push(entry.path());
            }
        }
        paths.sort();
        Ok(paths)
    }

    /// A file that was not there, or not followed, at the last look.
    fn begin(
        &mut self,
        case: &mut Case,
        path: &Path,
        watch: &dyn Watch,
        notices: &mut Vec<Notice>,
    ) -> Result<(), CaseError> {
        let mut growing = match Growing::open(path) {
            Ok(growing) => growing,
            Err(error) if is_gone(&error) => return Ok(()),
            Err(other) => return Err(other),
        };
        let taken_bytes = case.recognise(&mut growing, watch)?;
        if taken_bytes > 0 {
            notices.push(Notice::GoesOn { path: path.to_owned(), taken_bytes });
        }
        let late = case.finish_piece(&mut growing, watch)?;
        notices.extend(late.map(|piece| Notice::Took { path: path.to_owned(), piece }));
        let bytes = growing.standing()?.bytes;
        self.files.insert(path.to_owned(), Followed::Growing { growing: Box::new(growing), bytes });
        Ok(())
    }

    fn look_at(
        &mut self,
        case: &mut Case,
        path: &Path,
        at_once: bool,
        watch: &dyn Watch,
        notices: &mut Vec<Notice>,
    ) -> Result<(), CaseError> {
        let Some(followed) = self.files.remove(path) else { return Ok(()) };
        let next = match followed {
            Followed::Growing { growing, bytes } => {
                self.look_at_growing(case, (growing, bytes), at_once, watch, notices)?
            }
            Followed::Whole { stamp, done } => {
                let Ok(now) = Stamp::at(path, false) else { return Ok(()) };
                let is_new = done != Some(now) && (at_once || now == stamp);
                let done = if is_new { Some(now) } else { done };
                if is_new {
                    self.import(case, path, watch, notices)?;
                }
                Some((path.to_owned(), Followed::Whole { stamp: now, done }))
            }
        };
        self.files.extend(next);
        Ok(())
    }

    fn import(
        &self,
        case: &mut Case,
        path: &Path,
        watch: &dyn Watch,
        notices: &mut Vec<Notice>,
    ) -> Result<(), CaseError> {
        let by = self.redacting.as_ref().map(Redacting::by);
        match case.import_redacted(path, &self.options, by.as_ref(), watch) {
            Ok(report) => {
                let capture = report.capture.id;
                notices.push(Notice::Imported { report: Box::new(report) });
                let events = case.supersede_begins(capture, watch)?;
                notices.extend((events > 0).then(|| Notice::Superseded { path: path.to_owned(), events }));
            }
            Err(error @ (CaseError::Ingest(_) | CaseError::CaptureChanged { .. })) => {
                notices.push(Notice::Refused { path: path.to_owned(), what: error.to_string() });
            }
            Err(other) => return Err(other),
        }
        Ok(())
    }

    /// What to follow on after a look at a growing file, under its path.
    fn look_at_growing(
        &self,
        case: &mut Case,
        (mut growing, bytes): (Box<Growing>, u64),
        at_once: bool,
        watch: &dyn Watch,
        notices: &mut Vec<Notice>,
    ) -> Result<Option<(PathBuf, Followed)>, CaseError> {
        let path = growing.path().to_owned();
        let standing = growing.standing()?;
        if standing.is_truncated {
            let taken_bytes = growing.taken_bytes();
            notices.push(Notice::Truncated { path, taken_bytes, bytes: standing.bytes });
            return Ok(None);
        }
        let is_at_rest = standing.bytes == bytes || standing.is_replaced;
        let waiting = standing.bytes - growing.taken_bytes();
        if waiting > 0 && (at_once || is_at_rest || waiting > MOST_WAITING_BYTES) {
            let by = self.redacting.as_ref().map(Redacting::by);
            let to_its_end = standing.is_replaced;
            match case.take_grown_redacted(&mut growing, to_its_end, &self.options, by.as_ref(), watch) {
                Ok(piece) if piece.bytes.is_empty() => {}
                Ok(piece) => notices.push(Notice::Took { path: path.clone(), piece }),
                Err(CaseError::NotByLine { .. }) => {
                    return self.begin_whole(case, &path, at_once, watch, notices);
                }
                Err(error @ CaseError::Ingest(_)) => {
                    // Most often a file of which too little is there to tell what it is.
                    if is_at_rest {
                        notices.push(Notice::Refused { path: path.clone(), what: error.to_string() });
                        let stamp = Stamp::at(&path, false).map_err(CaseError::io("read", &path))?;
                        return Ok(Some((path, Followed::Whole { stamp, done: Some(stamp) })));
                    }
                }
                Err(other) => return Err(other),
            }
        }
        if !standing.is_replaced {
            return Ok(Some((path, Followed::Growing { growing, bytes: standing.bytes })));
        }
        let to = case.rotated(&mut growing)?;
        case.join_small(&growing, watch)?;
        notices.push(Notice::Rotated { path, to: to.clone() });
        // In a folder it is there under its new name, and nothing of it is new.
        Ok(to
            .filter(|_| self.path.is_dir())
            .map(|to| (to, Followed::Growing { growing, bytes: standing.bytes })))
    }

    fn begin_whole(
        &self,
        case: &mut Case,
        path: &Path,
        at_once: bool,
        watch: &dyn Watch,
        notices: &mut Vec<Notice>,
    ) -> Result<Option<(PathBuf, Followed)>, CaseError> {
        let stamp = Stamp::at(path, false).map_err(CaseError::io("read", path))?;
        if at_once {
            self.import(case, path, watch, notices)?;
        }
        Ok(Some((path.to_owned(), Followed::Whole { stamp, done: at_once.then_some(stamp) })))
    }
}

/// A case, or what `SQLite` writes beside one.
fn is_of_a_case(path: &Path) -> bool {
    let name = path.as_os_str().to_string_lossy();
    let beside = ["-wal", "-shm", "-journal"].iter().find_map(|end| name.strip_suffix(end));
    Case::is_case(beside.map_or(path, Path::new))
}

fn is_gone(error: &CaseError) -> bool {
    matches!(error, CaseError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
}
