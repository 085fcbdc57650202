//! `driftlock follow`: a growing file or a folder taken into a case as it grows, and analysed again as there is something new.

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use case::{Case, CaseError, Follower, Notice, RunRow, inert};
use cbad::{Config, Watch};
use ingest::OpenOptions;

use crate::arguments::follow::FollowArguments;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::words::{bytes, counted};
use crate::{analyze, interrupt, output};

/// How long Ctrl-C waits at most while nothing is done.
const BLINK: Duration = Duration::from_millis(100);
/// Of the time, analyses take at most one part in so many, so that a stream without a pause does not starve its import.
const SHARE: u32 = 4;

/// When the case was analysed last, and whether something came since.
struct Analyses {
    is_stale: bool,
    ended: Option<Instant>,
    took: Duration,
}

pub(crate) fn run(arguments: &FollowArguments, by: Option<&str>) -> Result<ExitCode, Failure> {
    interrupt::listen();
    let options = OpenOptions {
        format: arguments.format,
        assumed_year: arguments.assumed_year,
        ..arguments.reading.options()
    };
    let mut case = Case::open_or_create(&arguments.case)?;
    if let Some(by) = by {
        case.set_actor(by);
    }
    let mut follower = Follower::new(&arguments.path, options)?;
    let progress = Progress::new();
    let outcome = follow(arguments, &mut case, &mut follower, &progress);
    progress.clear();
    match outcome {
        Ok(()) | Err(Failure::Case(CaseError::Cancelled)) => {}
        Err(other) => return Err(other),
    }
    follower.finish(&mut case)?;
    if interrupt::asked() {
        eprintln!("Stopped. The case is whole, and the same command goes on from there.");
    }
    Ok(ExitCode::SUCCESS)
}

fn follow(
    arguments: &FollowArguments,
    case: &mut Case,
    follower: &mut Follower,
    progress: &Progress,
) -> Result<(), Failure> {
    let mut analyses = Analyses { is_stale: false, ended: None, took: Duration::ZERO };
    loop {
        let notices = follower.look(case, arguments.once, progress)?;
        progress.clear();
        for notice in &notices {
            tell(notice, progress);
        }
        let is_news = notices.iter().any(Notice::is_news);
        analyses.is_stale |= is_news;
        if analyses.is_stale && !arguments.import_only && (arguments.once || analyses.is_due()) {
            analyses.analyze(case, progress)?;
        }
        if arguments.once {
            return Ok(());
        }
        // What waits for nothing but the next look is taken at once.
        if !is_news {
            wait(Duration::from_secs(u64::from(arguments.every)), progress)?;
        }
    }
}

impl Analyses {
    fn is_due(&self) -> bool {
        self.ended.is_none_or(|ended| ended.elapsed() >= SHARE * self.took)
    }

    /// A run over all that the case holds. Runs before it stay as they are.
    fn analyze(&mut self, case: &mut Case, progress: &Progress) -> Result<(), Failure> {
        let began = Instant::now();
        let config = case.with_decisions(Config::default())?;
        let run = match case.analyze(&config, None, progress) {
            Ok(run) => run,
            Err(CaseError::NothingToAnalyze { .. }) => return Ok(()),
            Err(other) => return Err(other.into()),
        };
        progress.clear();
        (self.is_stale, self.ended, self.took) = (false, Some(Instant::now()), began.elapsed());
        say(case, &run)
    }
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
fn wait(whole: Duration, progress: &Progress) -> Result<(), CaseError> {
    let began = Instant::now();
    while began.elapsed() < whole {
        if progress.cancelled() {
            return Err(CaseError::Cancelled);
        }
        std::thread::sleep(BLINK.min(whole));
    }
    Ok(())
}

fn tell(notice: &Notice, progress: &Progress) {
    let name = |path: &std::path::Path| inert(path.as_os_str().as_encoded_bytes());
    match notice {
        Notice::GoesOn { path, taken_bytes } => {
            eprintln!("{}: the case has its first {}; going on from there.", name(path), bytes(*taken_bytes));
        }
        Notice::Took { path, piece } => {
            let events = counted(piece.events, "event", "events");
            let waiting = match piece.waiting_bytes {
                0 => String::new(),
                waiting => format!("; a line that is not whole waits ({})", bytes(waiting)),
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
        Notice::Truncated { path, taken_bytes, bytes } => eprintln!(
            "{}: emptied: it has {bytes} bytes, and {taken_bytes} were taken. It begins anew, as another capture.",
            name(path)
        ),
        Notice::Rotated { path, to: Some(to) } => {
            eprintln!("{}: rotated to {}; taken to its end.", name(path), name(to));
        }
        Notice::Rotated { path, to: None } => {
            eprintln!("{}: moved away or deleted; what it had was taken to its end.", name(path));
        }
        Notice::Refused { path, what } => eprintln!("{}: not taken: {}", name(path), inert(what)),
    }
}
