//! The flags of redaction, for every command that imports.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct RedactionArguments {
    /// Take out what names a person or is secret before anything is stored: personal, or a file of rules
    #[arg(long, value_name = "personal|FILE.json")]
    pub(crate) redact: Option<PathBuf>,
    /// Bytes of this file are the salt of the tokens; without it the case makes one of its own
    #[arg(long, value_name = "FILE", requires = "redact")]
    pub(crate) redact_salt: Option<PathBuf>,
    /// Forget the salt once the captures are imported, or no longer followed; `analyze` with a case alone forgets those it has
    #[arg(long)]
    pub(crate) redact_forget_salt: bool,
}
