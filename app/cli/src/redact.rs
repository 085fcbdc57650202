//! Redaction as the command line asks for it, and a look at what it would take.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use case::{CaptureRedaction, CaptureRow, Case, CaseError, RedactBy, inert};
use cbad::{Stage, Watch};
use ingest::{Batch, Capture, Counts, OpenOptions, Redaction, RuleHits};
use serde::Serialize;

use crate::arguments::redaction::RedactionArguments;
use crate::failure::Failure;
use crate::interrupt;
use crate::json::SCHEMA;
use crate::output;
use crate::progress::Progress;
use crate::table::{Align, Table};
use crate::words::counted;

/// Fewest bytes of a salt; 16 random ones cannot be guessed.
const SHORTEST_SALT: usize = 16;
/// Examples of each rule in a preview.
const EXAMPLES: usize = 3;
/// Characters of an example in text.
const SHOWN: usize = 60;

/// The rules, the salt, and whether to forget it.
pub(crate) struct Asked {
    rules: Option<Redaction>,
    salt: Option<Vec<u8>>,
    forget_salt: bool,
}

impl Asked {
    /// `imports` where there is something to import.
    pub(crate) fn new(arguments: &RedactionArguments, imports: bool) -> Result<Self, Failure> {
        let rules = arguments.redact.as_deref().map(Redaction::load).transpose()?;
        if !imports && rules.is_some() {
            return Err(Failure::Usage(
                "--redact is for captures that are imported now, and none is given. What is in a case stays as it is."
                    .to_owned(),
            ));
        }
        if imports && rules.is_none() && arguments.redact_forget_salt {
            return Err(Failure::Usage("--redact-forget-salt needs --redact, or a case alone.".to_owned()));
        }
        let salt = arguments.redact_salt.as_deref().map(read_salt).transpose()?;
        Ok(Self { rules, salt, forget_salt: arguments.redact_forget_salt })
    }

    pub(crate) fn by(&self) -> Option<RedactBy<'_>> {
        let rules = self.rules.as_ref()?;
        Some(RedactBy { rules, salt: self.salt.as_deref(), forget_salt: self.forget_salt })
    }
}

fn read_salt(path: &Path) -> Result<Vec<u8>, Failure> {
    let salt = std::fs::read(path).map_err(|source| CaseError::Io {
        action: "read",
        path: path.to_owned(),
        source,
    })?;
    if salt.len() < SHORTEST_SALT {
        return Err(Failure::Usage(format!(
            "The salt in {} has {}; give at least {SHORTEST_SALT} random ones.",
            path.display(),
            counted(salt.len() as u64, "byte", "bytes")
        )));
    }
    Ok(salt)
}

/// `redacted by “personal”: 12 email, 3 ipv4; salt kept`.
pub(crate) fn in_words(redaction: &CaptureRedaction) -> String {
    let counts: Vec<String> =
        redaction.counts.iter().map(|(rule, hits)| format!("{hits} {}", inert(rule))).collect();
    let counts = if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") };
    let salt = if redaction.salt_is_kept { "kept" } else { "forgotten" };
    format!("redacted by “{}”: {counts}; salt {salt}", inert(&redaction.rules.name))
}

/// The option under which captures, given by their SHA-256, were imported, where it was one for all of them. Rules of
/// somebody's own are in a file whose name the case does not know.
pub(crate) fn option(captures: &[CaptureRow], wanted: &[String]) -> Option<&'static str> {
    let of = |sha256: &String| captures.iter().find(|capture| capture.sha256 == *sha256);
    let mut rules = wanted
        .iter()
        .filter_map(of)
        .map(|capture| capture.redaction.as_ref().map(|redaction| &redaction.rules));
    let first = rules.next()??;
    let is_personal = *first == Redaction::personal();
    let option = if is_personal { "--redact personal" } else { "--redact RULES.json" };
    rules.all(|other| other == Some(first)).then_some(option)
}

#[derive(Serialize)]
struct PreviewJson {
    schema: u32,
    kind: &'static str,
    rules: Redaction,
    preview: Vec<RulePreview>,
}

#[derive(Serialize)]
struct RulePreview {
    rule: String,
    hits: u64,
    examples: Vec<Example>,
}

#[derive(Serialize)]
struct Example {
    value: String,
    becomes: String,
}

/// Reads a capture and says what would be taken out of it. Nothing is stored; the salt is of this look alone.
pub(crate) fn preview(
    file: &Path,
    rules: &Path,
    options: &OpenOptions,
    json: bool,
) -> Result<ExitCode, Failure> {
    if Case::is_case(file) {
        return Err(Failure::Usage(format!(
            "{} is a case, and --redact says what would be taken out of a capture.",
            file.display()
        )));
    }
    interrupt::listen();
    let rules = Redaction::load(rules)?;
    let progress = Progress::new();
    let preview = look(file, &rules, options, &progress);
    progress.clear();
    let preview = preview?;
    if json {
        output::json(&PreviewJson { schema: SCHEMA, kind: "redaction", rules, preview })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = output::stdout();
    let total = preview.iter().map(|rule| rule.hits).sum();
    let hits = counted(total, "place", "places");
    writeln!(out, "“{}” would take out {hits}. The examples are in the clear.\n", inert(&rules.name))?;
    let mut table = Table::new(&[
        ("Rule", Align::Left),
        ("Hits", Align::Right),
        ("Value", Align::Left),
        ("Becomes", Align::Left),
    ]);
    for rule in &preview {
        let mut heads = [inert(&rule.rule), rule.hits.to_string()];
        for example in &rule.examples {
            let [name, hits] = std::mem::take(&mut heads);
            let shown: String = example.value.chars().take(SHOWN).collect();
            table.row([name, hits, inert(shown), inert(&example.becomes)]);
        }
        if rule.examples.is_empty() {
            let [name, hits] = heads;
            table.row([name, hits, String::new(), String::new()]);
        }
    }
    table.write(&mut out, "")?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn look(
    file: &Path,
    rules: &Redaction,
    options: &OpenOptions,
    progress: &Progress,
) -> Result<Vec<RulePreview>, Failure> {
    let mut capture = Capture::open(file, options).map_err(CaseError::from)?;
    let mut redactor = case::preview_redactor(rules)?.with_examples(EXAMPLES);
    let mut hits = Counts::new();
    let mut batch = Batch::default();
    let stored_bytes = capture.stored_bytes();
    while capture.next_batch(&mut batch).map_err(CaseError::from)? {
        if progress.cancelled() {
            return Err(CaseError::Cancelled.into());
        }
        progress.progress(Stage::Import, batch.stored_bytes_read, stored_bytes);
        for (rule, count) in redactor.apply(&mut batch) {
            *hits.entry(rule).or_default() += count;
        }
    }
    let example = |(value, becomes): (String, String)| Example { value, becomes };
    let preview = |RuleHits { rule, hits, examples }| RulePreview {
        rule,
        hits,
        examples: examples.into_iter().map(example).collect(),
    };
    Ok(redactor.preview(hits).into_iter().map(preview).collect())
}
