//! Encrypted cases in the window: what a person is asked for, and the work that comes of it.

use crate::opening::{self, Working};
use crate::places::Places;
use crate::query::said;
use crate::work::{Failure, Finished, Message, Post, TaskWatch};
use case::{Case, CaseError, Passphrase, Reseal};
use std::path::{Path, PathBuf};

/// What a passphrase is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To open this case.
    Open(PathBuf),
    /// To encrypt this case.
    Encrypt(PathBuf),
    /// The new one of this case.
    Change(PathBuf),
}

/// A passphrase that is being typed.
#[derive(Default)]
pub(crate) struct Typed {
    /// As typed.
    pub(crate) first: String,
    /// Typed again, where it is a new one.
    pub(crate) second: String,
    /// Whether it can be read on the screen.
    pub(crate) shown: bool,
    /// Whether it is a new one, which is typed twice.
    pub(crate) is_new: bool,
}

impl Typed {
    /// A new one, of which nothing is typed yet.
    pub(crate) fn new_one() -> Self {
        Self { is_new: true, ..Self::default() }
    }

    /// What is in the way of what was typed; an empty field is in the way without a word.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        if self.first.is_empty() {
            return Some("");
        }
        (self.is_new && self.first != self.second).then_some("The two are not the same yet.")
    }

    /// Said of what was typed, and no reason against it.
    pub(crate) fn advice(&self) -> Option<String> {
        if !self.is_new {
            return None;
        }
        Passphrase::new(self.first.as_str()).and_then(|passphrase| passphrase.weakness())
    }

    /// The longest that is said of a passphrase.
    pub(crate) fn most_advice() -> Option<String> {
        Self { first: "1".to_owned(), ..Self::new_one() }.advice()
    }

    /// What was typed, where nothing is in its way.
    pub(crate) fn passphrase(&self) -> Option<Passphrase> {
        self.problem().is_none().then(|| Passphrase::new(self.first.as_str())).flatten()
    }
}

/// Shows nothing of what was typed.
impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typed(…)")
    }
}

/// A person is asked for a passphrase.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) purpose: Purpose,
    /// What was typed so far.
    pub(crate) typed: Typed,
    /// What was wrong with the one before.
    pub(crate) why: Option<String>,
    /// It was entered.
    pub(crate) entered: bool,
}

impl Asked {
    pub(crate) fn new(purpose: Purpose, why: Option<String>) -> Self {
        let is_new = !matches!(purpose, Purpose::Open(_));
        Self { purpose, typed: Typed { is_new, ..Typed::default() }, why, entered: false }
    }

    /// The case.
    pub(crate) fn path(&self) -> &Path {
        match &self.purpose {
            Purpose::Open(path) | Purpose::Encrypt(path) | Purpose::Change(path) => path,
        }
    }
}

/// Opens an encrypted case with a passphrase, and asks again where it is another one.
pub(crate) fn open(path: PathBuf, passphrase: &Passphrase, places: &Places, working: &Working<'_>) {
    let result = match Case::unlock(&path, passphrase) {
        Ok(()) => return opening::open(&[path], places, working),
        Err(error @ CaseError::WrongPassphrase { .. }) => Ok(Finished::Locked(path, Some(said(&error)))),
        Err(error) => {
            let name = case::inert(crate::words::file_name(&path));
            Err(Failure::new(format!("Could not open {name}"), error))
        }
    };
    working.post.send(Message::Finished { task: working.task, result });
}

/// Writes a closed case anew in its own place, and opens it again whatever came of that.
pub(crate) fn reseal(task: u64, path: PathBuf, how: &Reseal, watch: &TaskWatch, post: &Post) {
    let outcome = Case::reseal(&path, how, None, None, watch);
    let result = match outcome {
        Ok(()) => Ok(Finished::Case(path)),
        Err(error) => {
            let result = match error {
                CaseError::Cancelled => Ok(Finished::Stopped("The case is as it was.".to_owned())),
                error => Err(Failure::new("The case was not written anew", error)),
            };
            post.send(Message::Imported { task, case: path, notices: Vec::new() });
            result
        }
    };
    post.send(Message::Finished { task, result });
}

/// Writes a copy in the clear.
pub(crate) fn save_decrypted(path: &Path, out: PathBuf, watch: &TaskWatch) -> Result<Finished, Failure> {
    match Case::reseal(path, &Reseal::Decrypt, Some(&out), None, watch) {
        Ok(()) => Ok(Finished::Written(out)),
        Err(CaseError::Cancelled) => Ok(Finished::Stopped("No copy was written.".to_owned())),
        Err(error) => Err(Failure::new("The copy was not written", error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_passphrase_is_typed_twice_and_a_short_one_is_said_to_be_short() {
        for (purpose, first, second, problem, advised) in [
            (Purpose::Open(PathBuf::new()), "", "", Some(""), false),
            (Purpose::Open(PathBuf::new()), "short", "", None, false),
            (Purpose::Encrypt(PathBuf::new()), "short", "sh", Some("The two are not the same yet."), true),
            (Purpose::Change(PathBuf::new()), "short", "short", None, true),
            (Purpose::Encrypt(PathBuf::new()), "several words here", "several words here", None, false),
        ] {
            let mut asked = Asked::new(purpose, None);
            asked.typed.first.push_str(first);
            asked.typed.second.push_str(second);
            let typed = &asked.typed;
            assert_eq!((typed.problem(), typed.advice().is_some()), (problem, advised), "{first} {second}");
            let passphrase = problem.is_none().then(|| Passphrase::new(first)).flatten();
            assert_eq!(typed.passphrase(), passphrase, "{first} {second}");
            assert_eq!(format!("{typed:?}"), "Typed(…)");
        }
    }
}
