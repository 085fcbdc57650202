//! The headless twin of the window: each subcommand calls the same functions of `case`.
//!
//! For: analysing captures, reading cases and making captures up from a script or a terminal, as text or as JSON (`docs/CLI.md`).
//! Never: holds logic that the window lacks, prints evidence that could act on a terminal, draws progress into a pipe.

/// Says something on standard error. That it was closed, or its disk is full, is no reason to leave work undone, and the
/// macro of the standard library would panic.
macro_rules! eprintln {
    ($($said:tt)*) => {{
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("{}\n", format_args!($($said)*)),
        );
    }};
}

mod analyze;
mod arguments;
mod audit;
mod baseline;
mod bits;
mod calls;
mod clocks;
mod compare;
mod coverage;
mod decide;
mod event_json;
mod events;
mod explain;
mod failure;
mod findings;
mod follow;
mod grep;
mod info;
mod inspect;
mod interrupt;
mod json;
mod jury;
mod matrix;
mod output;
mod passphrase;
mod preview;
mod progress;
mod purge;
mod redact;
mod saved_views;
mod series;
mod story;
mod subject;
mod synth;
mod table;
mod test;
mod text_search;
mod traces;
mod verify;
mod words;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use case::{Case, CaseError, Decision};
use clap::{CommandFactory, FromArgMatches};

use crate::arguments::decide::{
    ConfirmArguments, DismissArguments, LinkArguments, TextArguments, WithdrawArguments,
};
use crate::arguments::{Arguments, CaseCommand, Command};
use crate::failure::Failure;

/// Whether a first argument asks for the command line: a subcommand, or an option such as `--help`.
pub fn is_headless(first: &OsStr) -> bool {
    let command = Arguments::command();
    first.as_encoded_bytes().starts_with(b"-")
        || first == "help"
        || command.get_subcommands().any(|subcommand| first == subcommand.get_name())
}

/// Whether a command line, the program's name first, could be run; else what the parser says of it.
pub fn understands(arguments: impl IntoIterator<Item = OsString>) -> Result<(), String> {
    match Arguments::command().try_get_matches_from(arguments) {
        Err(error) if error.use_stderr() => Err(error.to_string()),
        // Help is an error to the parser.
        _ => Ok(()),
    }
}

/// Runs one command line, the program's name first, and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = Arguments::command().try_get_matches_from(arguments);
    let parsed = parsed.and_then(|matches| Arguments::from_arg_matches(&matches));
    let outcome = match parsed {
        Ok(arguments) => unlock_and_carry_out(&arguments),
        Err(error) => {
            // Where even the message cannot be written there is nobody left to tell.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { failure::BAD_USAGE } else { 0 });
        }
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

/// Carries a command out, and asks for the passphrase of each encrypted case on which it stops: the one named on the command
/// line, an anchor, another to compare with. Commands open their cases before they print, and what they did before is not
/// done twice.
fn unlock_and_carry_out(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let file = arguments.passphrase_file.as_deref();
    let made = arguments.command.made_encrypted();
    let is_new = made.is_some_and(|path| !path.exists());
    if let Some(path) = made {
        passphrase::make(path, file)?;
    }
    let outcome = until_unlocked(arguments, file);
    // One that was made for captures none of which could be read.
    if let (Some(path), Err(_)) = (made.filter(|_| is_new), &outcome)
        && Case::open_read_only(path)
            .and_then(|case| case.captures())
            .is_ok_and(|captures| captures.is_empty())
    {
        analyze::remove(path)?;
    }
    outcome
}

fn until_unlocked(arguments: &Arguments, file: Option<&Path>) -> Result<ExitCode, Failure> {
    let mut unlocked = Vec::new();
    loop {
        match carry_out(&arguments.command, arguments.by.as_deref(), file) {
            Err(Failure::Case(CaseError::Locked { path })) if !unlocked.contains(&path) => {
                passphrase::unlock(&path, file)?;
                unlocked.push(path);
            }
            outcome => return outcome,
        }
    }
}

fn carry_out(command: &Command, by: Option<&str>, file: Option<&Path>) -> Result<ExitCode, Failure> {
    match command {
        Command::Analyze(arguments) => analyze::run(arguments, by),
        Command::Follow(arguments) => follow::run(arguments, by),
        Command::Findings(arguments) => findings::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Bits(arguments) => bits::run(arguments),
        Command::Test(arguments) => test::run(arguments, by),
        Command::Info(arguments) => info::run(arguments),
        Command::Events(arguments) => events::run(arguments),
        Command::Grep(arguments) => grep::run(arguments),
        Command::Note(TextArguments { about, text }) => {
            decide::about(about, &Decision::Note { text: text.clone() }, by)
        }
        Command::Tag(TextArguments { about, text }) => {
            decide::about(about, &Decision::Tag { tag: text.clone() }, by)
        }
        Command::Bookmark(TextArguments { about, text }) => {
            decide::about(about, &Decision::Bookmark { name: text.clone() }, by)
        }
        Command::Acknowledge(about) => decide::about(about, &Decision::Acknowledge, by),
        Command::Dismiss(DismissArguments { about, reason }) => {
            decide::about(about, &Decision::Dismiss { reason: Some(reason.clone()) }, by)
        }
        Command::Confirm(ConfirmArguments { about, reason }) => {
            decide::about(about, &Decision::Confirm { reason: reason.clone() }, by)
        }
        Command::Link(LinkArguments { about, other }) => decide::link(about, other, by),
        Command::Withdraw(WithdrawArguments { case, decision, json }) => {
            decide::withdraw(case, *decision, *json, by)
        }
        Command::Clocks(arguments) => clocks::run(arguments, by),
        Command::Purge(arguments) => purge::run(arguments, by),
        Command::Decisions(arguments) => decide::list(arguments),
        Command::Audit(arguments) => audit::run(arguments),
        Command::Series(arguments) => series::run(arguments),
        Command::Calls(arguments) => calls::run(arguments),
        Command::Matrix(arguments) => matrix::run(arguments),
        Command::Compare(arguments) => compare::run(arguments),
        Command::Coverage(arguments) => coverage::run(arguments),
        Command::Story(arguments) => story::run(arguments, by),
        Command::View(arguments) => saved_views::run(arguments, by),
        Command::Traces(arguments) => traces::run(arguments),
        Command::Case(CaseCommand::Verify(arguments)) => verify::run(arguments),
        Command::Case(CaseCommand::Encrypt(arguments)) => passphrase::encrypt(arguments, file, by),
        Command::Case(CaseCommand::Decrypt(arguments)) => passphrase::decrypt(arguments, by),
        Command::Case(CaseCommand::Passphrase(arguments)) => passphrase::change(arguments, file, by),
        Command::Synth(arguments) => synth::run(arguments),
    }
}
