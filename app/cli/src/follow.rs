//! `driftlock follow`: a growing file or a folder taken into a case as it grows, and analysed again as there is something new.

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use case::{Case, CaseError, FollowNews, FollowPlan, Follower, Notice, RunRow, inert};
use cbad::{Config, Watch};

use crate::arguments::follow::FollowArguments;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::words::{bytes, counted};
use crate::{analyze, interrupt, output, redact};

/// How long Ctrl-C waits at most while nothing is done.
const BLINK: Duration = Duration::from_millis(100);

pub(crate) fn run(arguments: &FollowArguments, by: Option<&str>) -> Result<ExitCode, Failure> {
    interrupt::listen();
    // Without --once it is waited for.
    if arguments.once {
        let missing = |source| CaseError::Io { action: "find", path: arguments.path.clone(), source };
        std::fs::metadata(&arguments.path).map_err(missing)?;
    }
    let options = arguments.reading.options();
    let redaction = redact::Asked::new(&arguments.redaction, true)?;
    let mut follower = Follower::new(&arguments.path, options)?;
    if let Some(by) = redaction.by() {
        follower = follower.redacting(&by)?;
    }
    let mut case = Case::open_or_create(&arguments.case)?;
    if let Some(by) = by {
        case.set_actor(by);
    }
    let plan = FollowPlan {
        once: arguments.once,
        every: Duration::from_secs(u64::from(arguments.every)),
        config: (!arguments.import_only).then(Config::default),
    };
    let progress = Progress::new();
    let tell = |case: &Case, news: FollowNews<'_>| {
        progress.clear();
        match news {
            FollowNews::Looked(notices) => notices.iter().for_each(|notice| tell(notice, &progress)),
            FollowNews::Analyzing => {}
            FollowNews::Analyzed(run) => say(case, run)?,
        }
        Ok::<(), Failure>(())
    };
    let outcome = follower.keep_up(&mut case, &plan, &progress, |whole| wait(whole, &progress), tell);
    progress.clear();
    match outcome {
        Ok(()) | Err(Failure::Case(CaseError::Cancelled)) => {}
        Err(other) => return Err(other),
    }
    if interrupt::asked() {
        eprintln!("Stopped. The case is whole, and the same command goes on from there.");
    }
    Ok(ExitCode::SUCCESS)
}

fn say(case: &Case, run: &RunRow) -> Result<(), Failure> {
    let findings = case.findings(run.id)?;
    let significant = findings.iter().filter(|row| row.finding.flagged).count() as u64;
    let events: u64 = case.captures()?.iter().map(|capture| capture.events).sum();
    let mut out = output::stdout();
    let (events, windows) = (counted(events, "event", "events"), counted(run.windows, "window", "windows"));
    let significant = counted(significant, "significant finding", "significant findings");
    writeln!(out, "Run {}: {events}; {significant} in {windows}.", run.id)?;
    if let Some(first) = findings.first().filter(|row| row.finding.flagged) {
        writeln!(out, "  {}", inert(&first.finding.explanation.sentence))?;
    }
    out.flush()?;
    Ok(())
}

/// Waits as long, or until Ctrl-C.
fn wait(whole: Duration, progress: &Progress) {
    let began = Instant::now();
    while began.elapsed() < whole && !progress.cancelled() {
        std::thread::sleep(BLINK.min(whole));
    }
}

fn tell(notice: &Notice, progress: &Progress) {
    let name = |path: &std::path::Path| inert(path.as_os_str().as_encoded_bytes());
    match notice {
        Notice::Took { path, piece } => {
            let events = counted(piece.events, "event", "events");
            let waiting = match piece.waiting_bytes {
                0 => String::new(),
                waiting => format!("; what is not whole yet waits ({})", bytes(waiting)),
            };
            eprintln!(
                "{}: bytes {} to {}: {events}, {} rejected{waiting}.",
                name(path),
                piece.bytes.start,
                piece.bytes.end,
                piece.rejected
            );
        }
        Notice::Imported { report } => analyze::tell(progress, &report.capture.path, report),
        other => {
            if let Some((path, says)) = other.says(bytes) {
                eprintln!("{}: {}", name(path), inert(says));
            }
        }
    }
}
