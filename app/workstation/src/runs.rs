//! Analyses and tests over a case that is there already, as tasks.

use crate::work::{Failure, Finished, TaskWatch};
use case::{Case, CaseError, TestChoice};
use cbad::Config;
use std::path::{Path, PathBuf};

/// A run that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    /// Everything that decides it.
    pub(crate) config: Config,
    /// Another case as the baseline, in the place of the configuration's own.
    pub(crate) anchor: Option<PathBuf>,
}

/// Makes the run, or finds it where the case has it already.
pub(crate) fn analyze(path: &Path, wanted: Wanted, watch: &TaskWatch) -> Result<Finished, Failure> {
    let Wanted { mut config, anchor } = wanted;
    let made = Case::open(path).and_then(|mut case| {
        if let Some(anchor) = &anchor {
            config.baseline = case.anchor(anchor)?;
        }
        case.analyze(&case.with_decisions(config)?, None, watch)
    });
    match made {
        Ok(run) => Ok(Finished::Run(path.to_owned(), run.id)),
        Err(CaseError::Cancelled) => Ok(Finished::Stopped("The case keeps the runs that it had.".to_owned())),
        Err(error) => Err(Failure::new("Could not analyse the case again", error)),
    }
}

/// Looks for damage in all of a case.
pub(crate) fn check(path: &Path, watch: &TaskWatch) -> Result<Finished, Failure> {
    match Case::open_read_only(path).and_then(|case| case.verify(watch)) {
        Ok(found) => Ok(Finished::Checked(path.to_owned(), Box::new(found))),
        Err(CaseError::Cancelled) => {
            Ok(Finished::Stopped("What was found until then is not listed.".to_owned()))
        }
        Err(error) => Err(Failure::new("Could not check the case", error)),
    }
}

/// Tests a finding by shuffling; the case keeps the result.
pub(crate) fn test(
    path: &Path,
    (run, finding): (i64, i64),
    choice: TestChoice,
    watch: &TaskWatch,
) -> Result<Finished, Failure> {
    let made = Case::open(path).and_then(|mut case| case.canonical_test(run, finding, choice, None, watch));
    match made {
        Ok(_) => Ok(Finished::Tested { case: path.to_owned(), of: (run, finding) }),
        Err(CaseError::Cancelled) => Ok(Finished::Stopped("No test was kept.".to_owned())),
        // The engine says that it was stopped in words of its own.
        Err(_) if cbad::Watch::cancelled(watch) => Ok(Finished::Stopped("No test was kept.".to_owned())),
        Err(error) => Err(Failure::new(format!("Could not test finding {finding}"), error)),
    }
}
