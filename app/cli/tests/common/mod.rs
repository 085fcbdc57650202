//! What tests of the command line share.

use std::ffi::OsString;
use std::path::Path;

/// Runs a command line over a case; codes can be compared as they are shown.
pub(crate) fn code(case: &Path, words: &[&str]) -> String {
    let place =
        |word: &&str| if *word == "CASE" { case.as_os_str().to_owned() } else { OsString::from(word) };
    let arguments = std::iter::once(OsString::from("driftlock")).chain(words.iter().map(place));
    format!("{:?}", cli::run(arguments))
}
