//! What is to be imported, as it is chosen: each capture with what its begin holds, and the choices that hold for all.

use crate::opening::holds;
use crate::places::Places;
pub(crate) use crate::redaction::Redact;
use crate::ui::rows::ListState;
use crate::vault::Typed;
use crate::work::TaskWatch;
use case::{Case, Passphrase};
use ingest::{Format, Inspection, Limits, OpenOptions, Redaction};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Captures as they are to be imported.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Import {
    /// Each with how it is opened.
    pub(crate) captures: Vec<(PathBuf, OpenOptions)>,
    /// The case they go into; where there is none, the one that belongs to the first of them.
    pub(crate) case: Option<PathBuf>,
    /// What is taken out before anything is stored.
    pub(crate) redact: Option<Redaction>,
    /// What the case is encrypted with, where that is to be made.
    pub(crate) passphrase: Option<Passphrase>,
}

impl Import {
    /// These captures as they are recognised.
    pub(crate) fn usual(captures: &[PathBuf], redact: &Redact) -> Self {
        let captures = captures.iter().map(|path| (path.clone(), OpenOptions::default())).collect();
        Self { captures, case: None, redact: redact.rules(), passphrase: None }
    }
}

/// What was chosen or dropped, before anything of it is read.
#[derive(Debug)]
pub(crate) enum Found {
    /// A case alone.
    Case(PathBuf),
    /// Captures, and where they could go.
    Captures {
        /// In the order in which they were given.
        captures: Vec<Chosen>,
        /// A case that is not there yet.
        new_case: PathBuf,
        /// A case that has the first of them already.
        known_case: Option<PathBuf>,
    },
}

/// A capture that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Whether it is a folder.
    pub(crate) is_folder: bool,
    /// Names of the rotated set that it belongs to, oldest first; empty where it stands alone.
    pub(crate) set: Vec<String>,
}

/// Looks what these paths are; on a thread of its own, since a disk may be slow.
pub(crate) fn find(paths: &[PathBuf], places: &Places) -> Option<Found> {
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let paths: Vec<PathBuf> = paths.iter().map(absolute).collect();
    let first = paths.first()?;
    if paths.len() == 1 && Case::is_case(first) {
        return Some(Found::Case(first.clone()));
    }
    let most = Limits::default().entries;
    let set_of = |path: &Path| {
        let files = if path.is_file() { ingest::set_files(path, most) } else { Ok(Vec::new()) };
        let files = files.unwrap_or_default();
        let names = files.into_iter().filter(|file| file.skipped.is_none()).map(|file| file.name);
        Some(names.collect::<Vec<_>>()).filter(|names| names.len() > 1).unwrap_or_default()
    };
    let known = places.case_for(first, |case| !holds(case, first));
    let known_case = known.exists().then_some(known);
    let new_case = places.case_for(first, |_| true);
    let captures = paths
        .iter()
        .map(|path| Chosen { path: path.clone(), is_folder: path.is_dir(), set: set_of(path) })
        .collect();
    Some(Found::Captures { captures, new_case, known_case })
}

/// How far a look at a capture is.
#[derive(Debug)]
pub(crate) enum Looking {
    /// It has to wait for others.
    Waiting,
    /// It goes on.
    Now(Arc<TaskWatch>),
    /// It has been.
    Done,
}

/// A capture of the dialog.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its number, for answers that come later.
    pub(crate) id: u64,
    /// Counts its looks: an answer to an earlier one is dropped.
    pub(crate) look: u64,
    /// What it is.
    pub(crate) chosen: Chosen,
    /// Whether it is to be imported.
    pub(crate) is_ticked: bool,
    /// The format that a person gave it.
    pub(crate) format: Option<Format>,
    /// Year of time stamps that have none, where a person gave it.
    pub(crate) assumed_year: Option<i32>,
    /// Whether its rotated set is read.
    pub(crate) set: bool,
    /// What its last look saw, or why it saw nothing.
    pub(crate) seen: Option<Result<Box<Inspection>, String>>,
    /// How far the look is that is asked for now.
    pub(crate) looking: Looking,
}

impl Row {
    /// Its name in a line.
    pub(crate) fn name(&self) -> String {
        case::inert(crate::words::file_name(&self.chosen.path))
    }

    /// Whether it can be imported as far as is known.
    pub(crate) fn is_readable(&self) -> bool {
        !matches!(self.seen, Some(Err(_)))
    }

    /// Looks anew, and gives up a look that is under way.
    fn look_again(&mut self) {
        self.give_up();
        self.look += 1;
        self.looking = Looking::Waiting;
    }

    fn give_up(&self) {
        if let Looking::Now(watch) = &self.looking {
            watch.cancel();
        }
    }
}

/// Which of a capture's sides is shown below what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tab {
    /// What its events hold.
    #[default]
    Fields,
    /// What cannot be read.
    Problems,
    /// The files or entries that it is made of.
    Members,
    /// What would be taken out.
    Redaction,
    /// What reading may cost.
    Limits,
}

/// What the dialog asks the application for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Import what is ticked.
    Import,
    /// Close, with nothing written.
    Close,
    /// More captures.
    AddFiles,
    /// A folder as a capture.
    AddFolder,
    /// Rules of redaction in a file.
    Rules,
}

/// Cases that the captures could go into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destinations {
    /// One that is not there yet.
    pub(crate) new: PathBuf,
    /// One that has the first capture already.
    pub(crate) known: Option<PathBuf>,
    /// The one that is open.
    pub(crate) open: Option<PathBuf>,
}

/// The dialog.
#[derive(Debug)]
pub(crate) struct ImportDialog {
    /// The captures, in the order in which they are imported.
    pub(crate) rows: Vec<Row>,
    /// The row that is shown.
    pub(crate) selected: usize,
    /// Which side of it.
    pub(crate) tab: Tab,
    /// Where they could go.
    pub(crate) places: Destinations,
    /// Where they go.
    pub(crate) into: PathBuf,
    /// The passphrase of a case that is made; nothing where that stays in the clear.
    pub(crate) encrypt: Option<Typed>,
    /// What is taken out.
    pub(crate) redact: Redact,
    /// What reading may cost, as it holds.
    pub(crate) limits: Limits,
    /// The limits as they are being written, in their order.
    pub(crate) written: Vec<String>,
    /// What was asked for in this frame.
    pub(crate) asked: Option<Asked>,
    /// Whether the dialog has had the keyboard.
    pub(crate) had_focus: bool,
    /// Where the list of each side stands.
    pub(crate) list: ListState,
    /// Where the list of captures stands.
    pub(crate) rows_list: ListState,
    next_id: u64,
}

impl ImportDialog {
    /// A dialog over these captures.
    pub(crate) fn new(captures: Vec<Chosen>, places: Destinations, redact: Redact) -> Self {
        let limits = Limits::default();
        let mut dialog = Self {
            rows: Vec::new(),
            selected: 0,
            tab: Tab::default(),
            into: places.known.clone().unwrap_or_else(|| places.new.clone()),
            places,
            encrypt: None,
            redact,
            limits,
            written: written(&limits),
            asked: None,
            had_focus: false,
            list: ListState::default(),
            rows_list: ListState::default(),
            next_id: 0,
        };
        dialog.add(captures);
        dialog
    }

    /// More captures; those that are there already are not there twice.
    pub(crate) fn add(&mut self, captures: Vec<Chosen>) {
        for chosen in captures {
            if self.rows.iter().any(|row| row.chosen.path == chosen.path) {
                continue;
            }
            self.rows.push(Row {
                id: self.next_id,
                look: 0,
                chosen,
                is_ticked: true,
                format: None,
                assumed_year: None,
                set: false,
                seen: None,
                looking: Looking::Waiting,
            });
            self.next_id += 1;
        }
    }

    /// How the capture of a row is opened.
    pub(crate) fn options(&self, row: &Row) -> OpenOptions {
        OpenOptions {
            format: row.format,
            assumed_year: row.assumed_year,
            set: row.set,
            limits: self.limits,
            ..OpenOptions::default()
        }
    }

    /// The captures that are imported.
    pub(crate) fn ticked(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.is_ticked && row.is_readable())
    }

    /// What a press of the button imports.
    pub(crate) fn import(&self) -> Import {
        let captures = self.ticked().map(|row| (row.chosen.path.clone(), self.options(row))).collect();
        let passphrase = self.encryption().and_then(Typed::passphrase);
        Import { captures, case: Some(self.into.clone()), redact: self.redact.rules(), passphrase }
    }

    /// Whether this build can encrypt, and there is a case to be made.
    pub(crate) fn can_encrypt(&self) -> bool {
        cfg!(feature = "encryption") && self.into == self.places.new
    }

    /// The passphrase as far as it is typed, where the case is made and is to be encrypted.
    pub(crate) fn encryption(&self) -> Option<&Typed> {
        self.encrypt.as_ref().filter(|_| self.can_encrypt())
    }

    /// Whether there is something to import, and nothing that was chosen for all of it is in the way.
    pub(crate) fn is_importable(&self) -> bool {
        let is_typed = self.encryption().is_none_or(|typed| typed.problem().is_none());
        self.ticked().next().is_some() && self.written_limits().is_ok() && is_typed
    }

    /// Looks at the shown capture again, since it is read in another way now.
    pub(crate) fn look_again(&mut self) {
        if let Some(row) = self.rows.get_mut(self.selected) {
            row.look_again();
        }
    }

    /// Looks at all of them again, since all are read in another way now.
    pub(crate) fn look_at_all_again(&mut self) {
        self.rows.iter_mut().for_each(Row::look_again);
    }

    /// Gives up every look.
    pub(crate) fn give_up(&self) {
        self.rows.iter().for_each(Row::give_up);
    }

    /// The limits as they are written now, or what is wrong with one of them.
    pub(crate) fn written_limits(&self) -> Result<Limits, String> {
        let mut limits = Limits::default();
        for ((name, _), value) in Limits::MEANINGS.iter().zip(&self.written) {
            limits.set(&format!("{name}={}", value.trim())).map_err(|error| error.to_string())?;
        }
        Ok(limits)
    }

    /// Takes back what was changed of the limits.
    pub(crate) fn restore_limits(&mut self) {
        self.written = written(&Limits::default());
    }

    /// Whether a look goes on or waits.
    pub(crate) fn is_looking(&self) -> bool {
        self.rows.iter().any(|row| !matches!(row.looking, Looking::Done))
    }
}

fn written(limits: &Limits) -> Vec<String> {
    limits.named().iter().map(|(_, value)| limit(*value)).collect()
}

/// A limit as it is written: the largest unit that leaves it whole.
pub(crate) fn limit(value: u64) -> String {
    let units = [(40, "T"), (30, "G"), (20, "M"), (10, "K")];
    let unit = units.into_iter().find(|(shift, _)| value > 0 && value.is_multiple_of(1 << shift));
    unit.map_or_else(|| value.to_string(), |(shift, unit)| format!("{}{unit}", value >> shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialog() -> ImportDialog {
        let places = Destinations { new: "a.driftlock".into(), known: None, open: None };
        let chosen = |name: &str| Chosen { path: name.into(), is_folder: false, set: Vec::new() };
        ImportDialog::new(vec![chosen("a"), chosen("b"), chosen("a")], places, Redact::Nothing)
    }

    #[test]
    fn limits_are_written_as_they_are_read() {
        let mut dialog = dialog();
        assert_eq!(dialog.written_limits(), Ok(Limits::default()));
        dialog.written[2] = " 7 ".to_owned();
        dialog.written[0] = "3K".to_owned();
        let limits = dialog.written_limits().expect("both are whole numbers");
        assert_eq!((limits.depth, limits.record_bytes), (7, 3072));
        dialog.written[0] = "many".to_owned();
        assert!(dialog.written_limits().is_err_and(|why| why.contains("record-bytes=many")));
        dialog.restore_limits();
        assert_eq!(dialog.written_limits(), Ok(Limits::default()));
        for (value, text) in [(0, "0"), (1 << 20, "1M"), (1 << 40, "1T"), (1500, "1500")] {
            assert_eq!(limit(value), text);
        }
    }

    #[test]
    fn what_is_ticked_and_can_be_read_is_imported_as_it_was_chosen() {
        let mut dialog = dialog();
        assert_eq!(dialog.rows.len(), 2, "a capture is there once");
        dialog.rows[0].format = Some(Format::Text);
        dialog.rows[0].set = true;
        dialog.limits.depth = 9;
        dialog.redact = Redact::Personal;
        dialog.rows[1].is_ticked = false;
        let import = dialog.import();
        let [(path, options)] = &import.captures[..] else { panic!("{import:?}") };
        assert_eq!((path.as_path(), options.format, options.set), (Path::new("a"), Some(Format::Text), true));
        assert_eq!(options.limits.depth, 9);
        assert_eq!(import.redact, Some(Redaction::personal()));
        dialog.rows[0].seen = Some(Err("It is empty.".to_owned()));
        assert!(dialog.import().captures.is_empty(), "what cannot be read is not imported");
    }
}
