//! The flags of what people decide about a case.

use std::path::PathBuf;

use clap::Args;

/// What all decisions share.
#[derive(Args, Debug)]
pub(crate) struct AboutArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// A finding of the latest run by number, STREAM:FIRST..LAST or STREAM:POSITION, a stream by name or as stream:NUMBER,
    /// two times (RFC 3339) as START..END, capture:NUMBER, or case for all of it
    #[arg(value_name = "SUBJECT")]
    pub(crate) subject: String,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct TextArguments {
    #[command(flatten)]
    pub(crate) about: AboutArguments,
    /// The text of the note, the tag, or the name of the bookmark
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) text: String,
}

#[derive(Args, Debug)]
pub(crate) struct DismissArguments {
    #[command(flatten)]
    pub(crate) about: AboutArguments,
    /// Why it is ordinary
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) reason: String,
}

#[derive(Args, Debug)]
pub(crate) struct ConfirmArguments {
    #[command(flatten)]
    pub(crate) about: AboutArguments,
    /// Why it is an incident
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) reason: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct LinkArguments {
    #[command(flatten)]
    pub(crate) about: AboutArguments,
    /// What it belongs together with: given as SUBJECT
    #[arg(value_name = "OTHER")]
    pub(crate) other: String,
}

#[derive(Args, Debug)]
pub(crate) struct WithdrawArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Number of the decision, as `decisions` lists it
    #[arg(value_name = "DECISION")]
    pub(crate) decision: u64,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct DecisionsArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Those too that were withdrawn or replaced
    #[arg(long)]
    pub(crate) all: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct AuditArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Only what this person did; a part of the name, in either case
    #[arg(long, value_name = "NAME")]
    pub(crate) who: Option<String>,
    /// Only this: import, run, decide and so on, or the kind of a decision, as note or step
    #[arg(long, value_name = "ACTION")]
    pub(crate) action: Option<String>,
    /// Only rows that have this text in what they are about or in their particulars
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) text: Option<String>,
    /// Print CSV, in which no cell is a formula
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}
