//! `driftlock case verify`: everything in a case hashed again.

use std::io::Write;
use std::process::ExitCode;

use case::{Case, Verification, inert};
use serde::Serialize;

use crate::arguments::VerifyArguments;
use crate::failure::{Failure, UNUSABLE, shown};
use crate::grep::DamageJson;
use crate::json::SCHEMA;
use crate::progress::Progress;
use crate::words::counted;
use crate::{interrupt, output};

#[derive(Serialize)]
struct VerificationJson {
    schema: u32,
    is_sound: bool,
    blocks: u64,
    events: u64,
    window_blocks: u64,
    audit_rows: u64,
    damaged: Vec<DamageJson>,
    problems: Vec<String>,
}

pub(crate) fn run(arguments: &VerifyArguments) -> Result<ExitCode, Failure> {
    interrupt::listen();
    let case = Case::open_read_only(&arguments.case)?;
    let progress = Progress::new();
    let verified = case.verify(&progress);
    progress.clear();
    let found = verified?;
    let code = if found.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(UNUSABLE) };
    let written = if arguments.json {
        output::json(&VerificationJson {
            schema: SCHEMA,
            is_sound: found.is_sound(),
            blocks: found.blocks,
            events: found.events,
            window_blocks: found.window_blocks,
            audit_rows: found.audit_rows,
            damaged: found.damaged.iter().map(DamageJson::from).collect(),
            problems: found.problems.clone(),
        })
    } else {
        write(&mut output::stdout(), &found)
    };
    shown(written.map_err(Failure::from), code)
}

fn write(out: &mut impl Write, found: &Verification) -> std::io::Result<()> {
    let blocks = counted(found.blocks, "block of events", "blocks of events");
    let windows = counted(found.window_blocks, "block of windows", "blocks of windows");
    let events = counted(found.events, "event", "events");
    let audit = counted(found.audit_rows, "row of the audit chain", "rows of the audit chain");
    writeln!(out, "Checked {blocks} ({events} whole), {windows} and {audit}.")?;
    for damage in &found.damaged {
        writeln!(out, "{}", inert(damage.to_string()))?;
    }
    for problem in &found.problems {
        writeln!(out, "{}", inert(problem))?;
    }
    if found.is_sound() {
        writeln!(out, "The case is whole.")?;
    } else if found.damaged.is_empty() {
        writeln!(out, "Import the captures into a new case, or take a copy of this one from before.")?;
    } else {
        writeln!(
            out,
            "All other events can be read. Import the captures into a new case to get these back."
        )?;
    }
    out.flush()
}
