//! The flags of `follow`.

use std::path::PathBuf;

use clap::Args;

use super::ReadingArguments;
use super::redaction::RedactionArguments;

#[derive(Args, Debug)]
pub(crate) struct FollowArguments {
    /// The case file; made where there is none
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Make the case encrypted, under a passphrase that is asked for or read from --passphrase-file
    #[arg(long)]
    pub(crate) encrypt: bool,
    /// A file that grows, or a folder where captures drop
    #[arg(value_name = "FILE|FOLDER")]
    pub(crate) path: PathBuf,
    /// Take what is there, analyse it, and end
    #[arg(long)]
    pub(crate) once: bool,
    /// Seconds from one look to the next
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) every: u32,
    /// Only import, and analyse later with `analyze CASE`
    #[arg(long)]
    pub(crate) import_only: bool,
    #[command(flatten)]
    pub(crate) reading: ReadingArguments,
    #[command(flatten)]
    pub(crate) redaction: RedactionArguments,
}
