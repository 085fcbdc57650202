//! Opening and importing, as a task: a case as it is, captures into the case that belongs to them, and what was interrupted
//! taken to its end.

use crate::import_dialog::Import;
use crate::places::Places;
use crate::settings::Analysis;
use crate::state::{Level, Notice};
use crate::work::{Failure, Finished, Message, Post, TaskWatch};
use case::{CaptureState, Case, CaseError, ImportOutcome, ImportReport, Passphrase, RedactBy};
use std::path::{Path, PathBuf};

/// What every step of opening and importing needs: whose work it is, how it analyses, whom it tells.
pub(crate) struct Working<'a> {
    /// The task.
    pub(crate) task: u64,
    /// How what was imported is analysed.
    pub(crate) how: &'a Analysis,
    /// Progress and cancellation.
    pub(crate) watch: &'a TaskWatch,
    /// The way to the window.
    pub(crate) post: &'a Post,
}

/// Opens these files: one case, or captures, which are imported into the case that belongs to the first of them.
/// What is not complete is finished: interrupted imports, and the analysis.
pub(crate) fn open(files: &[PathBuf], places: &Places, working: &Working<'_>) {
    let result = match files {
        [] => Ok(Finished::Cancelled(None)),
        [case] if Case::needs_passphrase(case) => Ok(Finished::Locked(case.clone(), None)),
        [case] if Case::is_case(case) => open_case(case, working),
        captures => import(&Import::usual(captures, &working.how.redact), places, working),
    };
    working.post.send(Message::Finished { task: working.task, result });
}

/// Imports captures as they were chosen.
pub(crate) fn import_chosen(chosen: &Import, places: &Places, working: &Working<'_>) {
    let result = import(chosen, places, working);
    working.post.send(Message::Finished { task: working.task, result });
}

fn open_case(path: &Path, working: &Working<'_>) -> Result<Finished, Failure> {
    let &Working { task, how, watch, post } = working;
    let could_not = || format!("Could not open {}", case::inert(crate::words::file_name(path)));
    let complete = Case::open_read_only(path)
        .and_then(|case| {
            let captures = case.captures()?;
            let imported = captures.iter().all(|capture| capture.state == CaptureState::Complete);
            // Of a case without a capture there is nothing to analyse.
            Ok(captures.is_empty() || imported && case.latest_run()?.is_some())
        })
        .map_err(|error| Failure::new(could_not(), error))?;
    if complete {
        return Ok(Finished::Case(path.to_owned()));
    }
    let mut case = Case::open(path).map_err(|error| Failure::new(could_not(), error))?;
    match case.resume_imports(watch) {
        Ok(_) => {
            post.send(Message::Imported { task, case: path.to_owned(), notices: Vec::new() });
            finish(case, path, how, watch)
        }
        Err(CaseError::Cancelled) => Ok(Finished::Cancelled(Some(path.to_owned()))),
        Err(error) => Err(Failure::new("Could not finish an interrupted import", error)),
    }
}

fn import(chosen: &Import, places: &Places, working: &Working<'_>) -> Result<Finished, Failure> {
    let &Working { task, how, watch, post } = working;
    let captures = &chosen.captures;
    let Some((first, _)) = captures.first() else { return Ok(Finished::Cancelled(None)) };
    let first = std::path::absolute(first).unwrap_or_else(|_| first.clone());
    let could_not = |file: &Path| format!("Could not open {}", case::inert(crate::words::file_name(file)));
    if !first.exists() {
        let why = format!(
            "There is no file at {}. Check the name, and that the disk is connected.",
            first.display()
        );
        return Err(Failure::new(could_not(&first), why));
    }
    let path = chosen.case.clone().unwrap_or_else(|| places.case_for(&first, |case| !holds(case, &first)));
    let fresh = !path.exists();
    let passphrase = chosen.passphrase.as_ref();
    let mut case = open_or_create(&path, passphrase).map_err(|why| Failure::new(could_not(&first), why))?;
    let mut failures = Vec::new();
    let by = chosen.redact.as_ref().map(|rules| RedactBy { rules, salt: None, forget_salt: false });
    for (capture, options) in captures {
        match case.import_redacted(capture, options, by.as_ref(), watch) {
            Ok(report) => tell_known(chosen, &report, post),
            Err(CaseError::Cancelled) => return Ok(stopped(case, &path, fresh)),
            Err(error) => failures.push(Failure::new(could_not(capture), error)),
        }
    }
    if failures.len() == captures.len() {
        stopped(case, &path, fresh);
        return Err(failures.swap_remove(0));
    }
    post.send(Message::Imported { task, case: path.clone(), notices: failures });
    finish(case, &path, how, watch)
}

/// A case, in a folder that is made where it is not there; encrypted where there is a passphrase.
pub(crate) fn open_or_create(path: &Path, passphrase: Option<&Passphrase>) -> Result<Case, String> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("No folder for the case at {}: {error}.", folder.display()))?;
    }
    let case = match passphrase {
        Some(passphrase) => Case::open_or_create_encrypted(path, passphrase),
        None => Case::open_or_create(path),
    };
    case.map_err(|error| error.to_string())
}

/// Whoever chose how a capture is read has to know where that did not count.
fn tell_known(chosen: &Import, report: &ImportReport, post: &Post) {
    if report.outcome == ImportOutcome::AlreadyThere && chosen.case.is_some() {
        let what = format!("{} was in the case already", case::inert(&report.capture.file_name));
        let detail = "The case has the same bytes from an earlier import, and keeps the events that were read from them then. \
                      To read them in another way, import them into a new case.";
        post.send(Message::Tell(Notice { level: Level::Warning, what, detail: detail.to_owned() }));
    }
}

fn finish(mut case: Case, path: &Path, how: &Analysis, watch: &TaskWatch) -> Result<Finished, Failure> {
    let config = how.config(None).map_err(|why| Failure::new("Could not analyse the case", why))?;
    match case.with_decisions(config).and_then(|config| case.analyze(&config, None, watch)) {
        Ok(run) => Ok(Finished::Run(path.to_owned(), run.id)),
        Err(CaseError::Cancelled) => Ok(Finished::Cancelled(Some(path.to_owned()))),
        Err(error) => Err(Failure::new("Could not analyse the case", error)),
    }
}

/// Whether the case holds this capture, by name and size. Its SHA-256 decides later, in the import.
pub(crate) fn holds(case: &Path, capture: &Path) -> bool {
    let size = std::fs::metadata(capture).map(|meta| meta.len()).unwrap_or_default();
    let rows = Case::open_read_only(case).and_then(|case| case.captures()).unwrap_or_default();
    rows.iter()
        .any(|row| row.path == capture && (row.stored_bytes == size || row.state == CaptureState::Importing))
}

/// Leaves no empty case behind that this task made itself.
pub(crate) fn stopped(case: Case, path: &Path, fresh: bool) -> Finished {
    let empty = case.captures().is_ok_and(|captures| captures.is_empty());
    if !(fresh && empty) {
        // Whoever cancelled waits for this.
        case.leave();
        return Finished::Cancelled(Some(path.to_owned()));
    }
    drop(case);
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        // What is not there need not be removed; what cannot be removed is an empty case, which does no harm.
        let _ = std::fs::remove_file(&file);
    }
    Finished::Cancelled(None)
}
