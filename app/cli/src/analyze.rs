//! `driftlock analyze`: captures in, findings out.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use case::{
    CaptureState, Case, CaseError, Decision, FindingRow, ImportOutcome, ImportReport, RunRow, StreamRow,
    inert,
};
use cbad::{Config, Lens, Signal, Stretch};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::arguments::AnalyzeArguments;
use crate::baseline::{Against, Mark};
use crate::clocks;
use crate::failure::{FOUND, Failure, shown};
use crate::findings;
use crate::interrupt;
use crate::json::{Capture, FindingJson, Run, SCHEMA, Stream, Window, all};
use crate::output;
use crate::progress::Progress;
use crate::redact;
use crate::subject;
use crate::words::{counted, shell_word, write_drifts};

pub(crate) fn run(arguments: &AnalyzeArguments, by: Option<&str>) -> Result<ExitCode, Failure> {
    refuse_numbers_without_a_case(arguments)?;
    interrupt::listen();
    let progress = Progress::new();
    let outcome = import_and_analyze(arguments, by, &progress);
    progress.clear();
    let Analyzed { case, run, refused } = outcome.map_err(|failure| resumable(failure, arguments))?;
    let findings = case.findings(run.id)?;
    let is_found = findings.iter().any(|row| row.finding.flagged);
    let code = if arguments.fail_on_finding && is_found { ExitCode::from(FOUND) } else { ExitCode::SUCCESS };
    let code = shown(show(arguments, &case, &run, &findings), code)?;
    refused.map_or(Ok(code), Err)
}

fn show(
    arguments: &AnalyzeArguments,
    case: &Case,
    run: &RunRow,
    findings: &[FindingRow],
) -> Result<(), Failure> {
    if arguments.json {
        let streams = case.streams()?;
        output::json(&AnalyzeJson {
            schema: SCHEMA,
            captures: all(&case.captures()?),
            streams: all(&streams),
            run: Run::from(run),
            windows: Windows { case, run: run.id, streams: &streams },
            findings: findings::in_json(case, findings)?,
        })?;
        return Ok(());
    }
    let mut out = output::stdout();
    findings::write(&mut out, case, run, findings)?;
    write_drifts(&mut out, run, "\n")?;
    if let (Some(path), false) = (&arguments.case, findings.is_empty()) {
        let path = shell_word(&path.to_string_lossy());
        writeln!(out, "\nFor one of them in full: driftlock explain {path} 1")?;
    }
    out.flush()?;
    Ok(())
}

struct Analyzed {
    case: Case,
    run: RunRow,
    /// That captures beside those analysed could not be read.
    refused: Option<Failure>,
}

fn import_and_analyze(
    arguments: &AnalyzeArguments,
    by: Option<&str>,
    progress: &Progress,
) -> Result<Analyzed, Failure> {
    let options = arguments.reading.options();
    let new_case = arguments.case.as_deref().filter(|path| !path.exists());
    let (mut case, files) = match (&arguments.case, arguments.files.as_slice()) {
        (Some(path), files) => (Case::open_or_create(path)?, files),
        (None, [file]) if Case::is_case(file) => (Case::open(file)?, &[][..]),
        (None, files) => (Case::temporary()?, files),
    };
    if let Some(by) = by {
        case.set_actor(by);
    }
    let redaction = redact::Asked::new(&arguments.redaction, !files.is_empty())?;
    let mut refused = Vec::new();
    for file in files {
        match case.import_redacted(file, &options, redaction.by().as_ref(), progress) {
            Ok(report) => tell(progress, file, &report),
            // One file that is no capture is no reason to leave out those after it.
            Err(error @ (CaseError::Ingest(_) | CaseError::NotAFile { .. })) => refused.push(error),
            Err(other) => return Err(other.into()),
        }
    }
    if !files.is_empty() && refused.len() == files.len() {
        if let (Some(path), true) = (new_case, case.captures()?.is_empty()) {
            drop(case);
            remove(path)?;
        }
        return Err(all_refused(refused));
    }
    if files.is_empty() {
        for report in case.resume_imports(progress)? {
            tell(progress, &report.capture.path, &report);
        }
        if arguments.redaction.redact_forget_salt {
            case.forget_salts()?;
        }
    }
    for capture in case.captures()?.iter().filter(|capture| capture.state == CaptureState::Importing) {
        eprintln!(
            "{}: its import was interrupted, so it is not analysed. Name it here to finish it.",
            inert(&capture.file_name)
        );
    }
    let config = configuration(arguments, &mut case)?;
    let run = case.analyze(&config, arguments.threads.map(usize::from), progress)?;
    let refused = (!refused.is_empty()).then(|| all_refused(refused));
    Ok(Analyzed { case, run, refused })
}

/// Findings have their numbers in a case that was analysed.
fn refuse_numbers_without_a_case(arguments: &AnalyzeArguments) -> Result<(), Failure> {
    let is_number = |mark: &&Mark| matches!(mark, Mark::Finding(_));
    let has_case = arguments.case.is_some() || arguments.files.iter().any(|file| Case::is_case(file));
    match arguments.dismiss.iter().chain(&arguments.confirm).find(is_number).filter(|_| !has_case) {
        Some(Mark::Finding(id)) => Err(Failure::Usage(format!(
            "Finding {id} is a number in no case: give the case with --case, or the events as STREAM:FIRST..LAST."
        ))),
        _ => Ok(()),
    }
}

/// One failure that says of each capture why it is not read.
fn all_refused(mut refused: Vec<CaseError>) -> Failure {
    if refused.len() == 1 {
        return refused.remove(0).into();
    }
    let why: Vec<String> = refused.iter().map(ToString::to_string).collect();
    Failure::Unreadable(why.join("\n"))
}

/// Takes a case away that was made for captures none of which could be read.
pub(crate) fn remove(case: &Path) -> Result<(), Failure> {
    for suffix in ["", "-wal", "-shm"] {
        let mut path = case.as_os_str().to_owned();
        path.push(suffix);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::Write { path: path.into(), source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// What the options ask for, and what stands decided in the case. Findings are those of the run that is the latest before
/// the new one; what is said of them is kept as a decision.
fn configuration(arguments: &AnalyzeArguments, case: &mut Case) -> Result<Config, Failure> {
    let config = Config {
        baseline: match &arguments.baseline {
            Against::Own(baseline) => baseline.clone(),
            Against::Anchor(path) => case.anchor(path)?,
        },
        window: arguments.window,
        hop: arguments.hop,
        seed: arguments.seed,
        alpha: arguments.alpha.unwrap_or(arguments.profile.alpha()),
        lenses: Lens::ALL.into_iter().filter(|lens| arguments.lenses.contains(lens)).collect(),
        signals: Signal::ALL.into_iter().filter(|signal| arguments.signals.contains(signal)).collect(),
        false_alarms: arguments.false_alarms,
        dismissed: judge(case, &arguments.dismiss, &Decision::Dismiss { reason: None })?,
        confirmed: judge(case, &arguments.confirm, &Decision::Confirm { reason: None })?,
        clocks: clocks::correct(case, &arguments.clock)?,
        ..Config::default()
    };
    Ok(if arguments.ignore_decisions { config } else { case.with_decisions(config)? })
}

/// Keeps what is said of the marked stretches, and gives these back in one order however they were given.
fn judge(case: &mut Case, marks: &[Mark], decision: &Decision) -> Result<Vec<Stretch>, Failure> {
    let mut stretches = Vec::new();
    for mark in marks {
        stretches.push(match mark {
            Mark::Stretch(stretch) => {
                for subject in subject::of_stretch(case, stretch)? {
                    case.decide(&subject, decision)?;
                }
                stretch.clone()
            }
            Mark::Finding(id) => {
                let run = findings::latest(case)?.id;
                let row = case.finding(run, *id)?;
                case.decide_finding(run, *id, decision)?;
                Stretch {
                    stream: row.stream.key.label(),
                    first_event: row.finding.first_event,
                    last_event: row.finding.last_event,
                }
            }
        });
    }
    stretches.sort_by(|a, b| {
        (&a.stream, a.first_event, a.last_event).cmp(&(&b.stream, b.first_event, b.last_event))
    });
    stretches.dedup();
    Ok(stretches)
}

/// One line a capture on standard error.
/// Says what an import came to.
pub(crate) fn tell(progress: &Progress, file: &Path, report: &ImportReport) {
    progress.clear();
    let capture = &report.capture;
    let did = match report.outcome {
        ImportOutcome::Imported => "imported",
        ImportOutcome::AlreadyThere => "already in the case (same SHA-256), nothing changed",
        ImportOutcome::Resumed => "import finished from where it was interrupted",
    };
    let events = counted(capture.events, "event", "events");
    let (name, format) = (inert(file.to_string_lossy().as_bytes()), capture.format.name());
    eprintln!("{name}: {did}; {format}, {events}, {} rejected.", capture.rejected);
    if let Some(redaction) = &capture.redaction {
        eprintln!("{name}: {}.", redact::in_words(redaction));
    }
}

/// Says how to go on after Ctrl-C.
fn resumable(failure: Failure, arguments: &AnalyzeArguments) -> Failure {
    match (failure, &arguments.case) {
        (Failure::Case(CaseError::Cancelled), Some(case)) => Failure::Interrupted(format!(
            "Interrupted. {} is whole and keeps what was imported; the same command goes on from there.",
            case.display()
        )),
        (Failure::Case(CaseError::Cancelled), None) => Failure::Interrupted(
            "Interrupted. Nothing was kept; with --case the work can be taken up again.".to_owned(),
        ),
        (Failure::Case(CaseError::TooLong { seconds }), None) => Failure::Interrupted(format!(
            "The import was stopped after {seconds} s, the limit `seconds`. Nothing was kept; with --case it can be taken up again, or raise the limit."
        )),
        (other, _) => other,
    }
}

#[derive(Serialize)]
struct AnalyzeJson<'a> {
    schema: u32,
    captures: Vec<Capture>,
    streams: Vec<Stream>,
    run: Run,
    windows: Windows<'a>,
    findings: Vec<FindingJson>,
}

/// Windows of all streams, read one stream at a time while they are written.
struct Windows<'a> {
    case: &'a Case,
    run: i64,
    streams: &'a [StreamRow],
}

impl Serialize for Windows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        for stream in self.streams {
            for window in self.case.windows(self.run, stream.id).map_err(serde::ser::Error::custom)? {
                sequence.serialize_element(&Window::new(stream.id, &window))?;
            }
        }
        sequence.end()
    }
}
