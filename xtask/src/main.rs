//! The project's own chores: check, test, fuzz, measure, take a picture of the window.
//!
//! For: one command each, the same on a developer's machine and in CI (`cargo xtask`).
//! Never: part of the program, and never a dependency on its crates: what is checked here is checked from outside.

mod architecture;
mod bench;
mod bench_cancel;
mod bench_case;
mod bench_detection;
mod bench_engine;
mod bench_ui;
mod big_log;
mod company;
mod deny;
mod display;
mod end_to_end;
mod files;
mod fuzz;
mod fuzz_words;
mod hostile;
mod kills;
mod layers;
mod occasions;
mod packages;
mod pictures;
mod shell;
mod steps;

use anyhow::{Context, bail};
use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask CHORE

  check                 the quick part of `test`: format, clippy, layers, files
  test                  everything that CI asks for
  layers                no crate depends on a layer above it
  fuzz [--runs N | --minutes M] [TARGET…]
                        each reader against N damaged captures (5000), or for M minutes, going on from what earlier
                        minutes found to be new
  deny                  licences, sources and advisories of every dependency
  end-to-end            the release binary on the sample incident, on a display of its own
  screenshot            the same, and the picture goes to docs/images/workstation.png
  pictures              the same for every view, dark and light, for dialogs, a presentation and other themes, to
                        docs/images/views
  big-log OUT [--mb N] [--seed S]
                        a text log of N megabytes (1024) from varied real lines
  bench import [FILE] [--runs N]
  bench analysis [FILE] [--runs N]
                        time as a ratio to one pass of zstd -3 over the same file, and peak memory
  bench cancel [WORK…] [--times N] [--events N] [--minutes N]
                        how soon each kind of long work (or those whose names have WORK in them) returns when it is cancelled at N
                        moments (100) spread over it: a log of N events (1,200,000), N minutes of OTLP (180), lines of a megabyte
  bench case [FILE] [--mb N] [--runs N]
                        how soon the case of a file, or of a big log (850 MB, ten million lines), gives its first answer, and
                        how fast it is searched against zstd -dc | grep -F
  bench engine [FILE…] [--events N] [--runs N] [--window N --hop N] [--json]
                        the same with 1 and 2 threads, each in a process of its own: speed, memory, stages, and how
                        time grows from 10,000 to N events (10,000,000) of a big log; with N from 1,000,000 on a made-up
                        company's telemetry too
  bench detection [PART…] [--data DIR] [--trials N] [--seed S] [--lenses A,B] [--findings] [--json]
                        what is found and what is flagged for nothing, on labelled data (../shared/data); parts:
                        injection, shuffled, untouched, nab, sessions, lenses, lasting
  bench ui [--frames N] [--minutes N]
                        what a frame of the window costs over ten million events, panned, zoomed and scrolled; how soon they
                        are seen; memory; what an idle window uses. The case is made once and kept in the target folder
  bench repeat [--runs N]
                        N analyses (1000) with one seed give one SHA-256, with 1, 2 and 8 threads
  hostile               makes the hostile captures and reads each, with its time and memory
  kills [--kills N] [--seed S] [--program FILE]
                        the release binary (or one that is built already) killed at N random moments (100) of its imports,
                        and each case checked
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match chore(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn chore(arguments: &[String]) -> anyhow::Result<()> {
    let Some((name, rest)) = arguments.split_first() else {
        bail!("no chore given\n\n{HELP}");
    };
    let mut rest = Rest(rest.to_vec());
    match name.as_str() {
        "check" => rest.done().and_then(|()| steps::check()),
        "test" => rest.done().and_then(|()| steps::test()),
        "layers" => rest.done().and_then(|()| layers::check()),
        "fuzz" => {
            let runs = rest.number("--runs", fuzz::RUNS)?;
            match rest.number("--minutes", 0)? {
                0 => fuzz::run(runs, &rest.0),
                minutes => fuzz::run_long(minutes, &rest.0),
            }
        }
        "deny" => rest.done().and_then(|()| deny::check()),
        "end-to-end" => rest.done().and_then(|()| end_to_end::check()),
        "screenshot" => rest.done().and_then(|()| end_to_end::screenshot()),
        "pictures" => rest.done().and_then(|()| pictures::take()),
        "big-log" => {
            let (megabytes, seed) = (rest.number("--mb", 1024)?, rest.number("--seed", 1)?);
            let out = rest.file()?.context("no file given: cargo xtask big-log OUT [--mb N]")?;
            rest.done()?;
            big_log::write(out.as_ref(), megabytes << 20, seed)
        }
        "bench" => bench::run(rest),
        "hostile" => hostile::run(&rest),
        "kills" => kills::run(rest),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("no such chore: {other}\n\n{HELP}"),
    }
}

/// Arguments that are not read yet.
struct Rest(Vec<String>);

impl Rest {
    /// Takes `name N` out.
    fn number(&mut self, name: &str, default: u64) -> anyhow::Result<u64> {
        let Some(at) = self.0.iter().position(|argument| argument == name) else { return Ok(default) };
        let value = self.0.get(at + 1).with_context(|| format!("{name} needs a number"))?;
        let number = value.parse().with_context(|| format!("{name} {value}: not a whole number"))?;
        self.0.drain(at..=at + 1);
        Ok(number)
    }

    /// Takes `name TEXT` out.
    fn text(&mut self, name: &str) -> anyhow::Result<Option<String>> {
        let Some(at) = self.0.iter().position(|argument| argument == name) else { return Ok(None) };
        let value = self.0.get(at + 1).with_context(|| format!("{name} needs a value"))?.clone();
        self.0.drain(at..=at + 1);
        Ok(Some(value))
    }

    /// Takes `name` out, and says whether it was there.
    fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|argument| argument != name);
        self.0.len() < before
    }

    /// Takes the next argument out, where there is one.
    fn file(&mut self) -> anyhow::Result<Option<String>> {
        match self.0.first() {
            None => Ok(None),
            Some(option) if option.starts_with('-') => bail!("unknown option {option}\n\n{HELP}"),
            Some(_) => Ok(Some(self.0.remove(0))),
        }
    }

    /// Nothing may be left.
    fn done(&self) -> anyhow::Result<()> {
        match self.0.first() {
            None => Ok(()),
            Some(unread) => bail!("unknown argument {unread}\n\n{HELP}"),
        }
    }
}
