//! Passphrases: where they come from, and the commands that encrypt a case, decipher it, or give it another one.
//!
//! From a file, standard input, or the terminal without showing them. Never from an argument or a variable of the
//! environment, which other programs of the machine can read.

use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;

use case::{Case, CaseError, ENCRYPTION_COST, Passphrase, Reseal};
use clap::Args;

use crate::failure::Failure;
use crate::progress::Progress;
use crate::{interrupt, output};

/// How often a person may mistype.
const TRIES: usize = 3;

#[derive(Args, Debug)]
#[command(after_help = ENCRYPTION_COST)]
pub(crate) struct EncryptArguments {
    /// The case file; nobody else may have it open
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Write the encrypted case here, and leave the other as it is
    #[arg(long, value_name = "OUT.driftlock")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct DecryptArguments {
    /// The case file; nobody else may have it open
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Write the case in the clear here, and leave the other as it is
    #[arg(long, value_name = "OUT.driftlock")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct ChangeArguments {
    /// The case file; nobody else may have it open
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Read the new passphrase from this file instead of asking for it; - is standard input
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
    /// Write the case under the new passphrase here, and leave the other as it is
    #[arg(long, value_name = "OUT.driftlock")]
    out: Option<PathBuf>,
}

/// Lets this process open the case.
pub(crate) fn unlock(path: &Path, file: Option<&Path>) -> Result<(), Failure> {
    let name = case::inert(path.as_os_str().as_encoded_bytes());
    if file.is_some() || !std::io::stdin().is_terminal() {
        let Some(file) = file else { return Err(CaseError::Locked { path: path.to_owned() }.into()) };
        return Ok(Case::unlock(path, &read(file)?)?);
    }
    let mut tried = 0;
    loop {
        tried += 1;
        let given = Passphrase::new(ask(&format!("Passphrase of {name}: "))?);
        match Case::unlock(path, &given.ok_or(CaseError::EmptyPassphrase)?) {
            Err(error @ CaseError::WrongPassphrase { .. }) if tried < TRIES => eprintln!("{error}"),
            other => return Ok(other?),
        }
    }
}

/// Makes the case that a command is to fill, where there is none, and lets this process open it.
pub(crate) fn make(path: &Path, file: Option<&Path>) -> Result<(), Failure> {
    if Case::is_encrypted(path) {
        return unlock(path, file);
    }
    Case::open_or_create_encrypted(path, &choose(path, file)?)?;
    Ok(())
}

pub(crate) fn encrypt(
    arguments: &EncryptArguments,
    file: Option<&Path>,
    by: Option<&str>,
) -> Result<ExitCode, Failure> {
    let EncryptArguments { case, out } = arguments;
    if Case::is_encrypted(case) {
        return Err(CaseError::EncryptedAlready { path: case.clone() }.into());
    }
    let how = Reseal::Encrypt(choose(case, file)?);
    reseal(case, &how, out.as_deref(), by, "is encrypted. Keep the passphrase: nobody can open it without")
}

pub(crate) fn decrypt(arguments: &DecryptArguments, by: Option<&str>) -> Result<ExitCode, Failure> {
    let DecryptArguments { case, out } = arguments;
    reseal(case, &Reseal::Decrypt, out.as_deref(), by, "is in the clear: whoever has the file can read it")
}

pub(crate) fn change(
    arguments: &ChangeArguments,
    file: Option<&Path>,
    by: Option<&str>,
) -> Result<ExitCode, Failure> {
    let ChangeArguments { case, new_passphrase_file, out } = arguments;
    if [file, new_passphrase_file.as_deref()].into_iter().all(|file| file.is_some_and(is_input)) {
        let what = "Standard input is one passphrase: give the old one or the new one in a file.";
        return Err(Failure::Usage(what.to_owned()));
    }
    if Case::needs_passphrase(case) {
        unlock(case, file)?;
    }
    let how = Reseal::ChangePassphrase(choose(case, new_passphrase_file.as_deref())?);
    reseal(
        case,
        &how,
        out.as_deref(),
        by,
        "opens with the new passphrase only; copies from before keep the old one",
    )
}

fn reseal(
    case: &Path,
    how: &Reseal,
    out: Option<&Path>,
    by: Option<&str>,
    done: &str,
) -> Result<ExitCode, Failure> {
    interrupt::listen();
    let progress = Progress::new();
    let outcome = Case::reseal(case, how, out, by, &progress);
    progress.clear();
    match outcome {
        Err(CaseError::Cancelled) => {
            return Err(Failure::Interrupted("Stopped. The case is as it was.".to_owned()));
        }
        other => other?,
    }
    let name = case::inert(out.unwrap_or(case).as_os_str().as_encoded_bytes());
    let mut out = output::stdout();
    writeln!(out, "{name} {done}.")?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// A passphrase for a case that has none yet, or another one.
fn choose(path: &Path, file: Option<&Path>) -> Result<Passphrase, Failure> {
    let chosen = match file {
        Some(file) => read(file)?,
        None if std::io::stdin().is_terminal() => {
            let name = case::inert(path.as_os_str().as_encoded_bytes());
            let given = Passphrase::new(ask(&format!("New passphrase for {name}: "))?);
            let given = given.ok_or(CaseError::EmptyPassphrase)?;
            if Passphrase::new(ask("Again: ")?).as_ref() != Some(&given) {
                return Err(Failure::Usage("The two passphrases differ. Nothing was done.".to_owned()));
            }
            given
        }
        None => {
            let what = "A passphrase is needed and there is no terminal to ask at. Give a file that holds it with --passphrase-file (--new-passphrase-file for the new one of `case passphrase`).";
            return Err(Failure::Usage(what.to_owned()));
        }
    };
    if let Some(weakness) = chosen.weakness() {
        eprintln!("{weakness}");
    }
    Ok(chosen)
}

fn ask(prompt: &str) -> Result<String, Failure> {
    Ok(rpassword::prompt_password(prompt)?)
}

/// What standard input gave: it can be read once, and a command may open two cases under one passphrase.
static FROM_INPUT: OnceLock<Passphrase> = OnceLock::new();

fn is_input(file: &Path) -> bool {
    file == Path::new("-")
}

fn read(file: &Path) -> Result<Passphrase, Failure> {
    if !is_input(file) {
        return of_file(file, std::fs::read(file));
    }
    if let Some(given) = FROM_INPUT.get() {
        return Ok(given.clone());
    }
    let mut content = Vec::new();
    let given = of_file(file, std::io::stdin().lock().read_to_end(&mut content).map(|_| content))?;
    Ok(FROM_INPUT.get_or_init(|| given).clone())
}

fn of_file(file: &Path, content: std::io::Result<Vec<u8>>) -> Result<Passphrase, Failure> {
    let content = content.map_err(|source| {
        Failure::Usage(format!(
            "Could not read the passphrase file {}: {source}. Check the path and its permissions.",
            file.display()
        ))
    })?;
    Ok(Passphrase::of_file(content).ok_or(CaseError::EmptyPassphrase)?)
}
