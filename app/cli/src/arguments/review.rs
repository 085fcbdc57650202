//! The flags of what goes over a case as a whole: comparisons.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct CompareArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// One subject, to be compared with the rest: a finding, STREAM:FIRST..LAST, or START..END with two times. Or two, before
    /// and after: two of these, two captures (capture:NUMBER), two streams (stream:NUMBER) or two runs (run:NUMBER)
    #[arg(required = true, num_args = 1..=2, value_name = "SUBJECT")]
    pub(crate) subjects: Vec<String>,
    /// List at most this many differences
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub(crate) limit: usize,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct StoryArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CoverageArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}
