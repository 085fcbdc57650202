//! The flags of what goes over a case as a whole: comparisons, the story, saved views, coverage.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What is to be done; without it, the steps are listed
    #[command(subcommand)]
    pub(crate) change: Option<StoryChange>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum StoryChange {
    /// Put a step at the end of the story
    Add {
        /// What the step is about: a finding, STREAM:FIRST..LAST, STREAM:POSITION, a stream, START..END, capture:NUMBER or case
        #[arg(value_name = "SUBJECT")]
        subject: String,
        /// What it is called
        #[arg(value_name = "TITLE", allow_hyphen_values = true)]
        title: String,
        /// What whoever presents it wants to say
        #[arg(long, value_name = "TEXT", default_value = "", allow_hyphen_values = true)]
        note: String,
        #[command(flatten)]
        state: StateArguments,
    },
    /// Change a step: its title, its notes, what it is about, what it shows
    Set {
        /// Number of the step, as `story` lists it
        #[arg(value_name = "STEP", value_parser = clap::value_parser!(u32).range(1..))]
        step: u32,
        /// What it is called from now on
        #[arg(long, value_name = "TITLE", allow_hyphen_values = true)]
        title: Option<String>,
        /// What whoever presents it wants to say from now on
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        note: Option<String>,
        /// What it is about from now on
        #[arg(long, value_name = "SUBJECT")]
        about: Option<String>,
        #[command(flatten)]
        state: StateArguments,
    },
    /// Give a step another place in the story
    Move {
        /// Number of the step, as `story` lists it
        #[arg(value_name = "STEP", value_parser = clap::value_parser!(u32).range(1..))]
        step: u32,
        /// The number that it is to have
        #[arg(value_name = "PLACE", value_parser = clap::value_parser!(u32).range(1..))]
        to: u32,
    },
    /// Take a step out of the story; the audit chain keeps that it was there
    Remove {
        /// Number of the step, as `story` lists it
        #[arg(value_name = "STEP", value_parser = clap::value_parser!(u32).range(1..))]
        step: u32,
    },
}

/// What a step or a saved view shows in the window; where nothing is given, what it is about.
#[derive(Args, Debug)]
pub(crate) struct StateArguments {
    /// It shows what this saved view shows
    #[arg(long, value_name = "NAME", conflicts_with = "state")]
    pub(crate) view: Option<String>,
    /// It shows what this file says: a `state` as `story --json` and `view CASE show NAME` give it
    #[arg(long, value_name = "FILE.json")]
    pub(crate) state: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct ViewArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What is to be done; without it, the saved views are listed
    #[command(subcommand)]
    pub(crate) change: Option<ViewChange>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ViewChange {
    /// Save a view under a name; one of the same name is replaced
    Save {
        /// What it is called
        #[arg(value_name = "NAME", allow_hyphen_values = true)]
        name: String,
        /// What it is about: given as for `note`
        #[arg(long, value_name = "SUBJECT", default_value = "case")]
        about: String,
        #[command(flatten)]
        state: StateArguments,
    },
    /// Print what a saved view shows, as JSON
    Show {
        /// What it is called
        #[arg(value_name = "NAME", allow_hyphen_values = true)]
        name: String,
    },
    /// Remove a saved view; the audit chain keeps that it was there
    Remove {
        /// What it is called
        #[arg(value_name = "NAME", allow_hyphen_values = true)]
        name: String,
    },
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
