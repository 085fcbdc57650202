//! The engine's speed: a full analysis against one pass of zstd -3 over the same bytes, and how time grows.

use crate::shell::{self, cargo};
use crate::{Rest, big_log};
use anyhow::Context;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Sizes of the log, in events, and how often each is measured: short ones need more.
const SIZES: [(u64, u64); 4] = [(10_000, 9), (100_000, 5), (1_000_000, 3), (10_000_000, 1)];

/// Length of the made-up company's telemetry: about a million events in some fifty streams.
const COMPANY_MINUTES: u64 = 180;

/// Threads that an analysis is measured with.
const THREADS: [u64; 2] = [1, 2];

/// Medians of one capture.
struct Measured {
    name: String,
    bytes: f64,
    events: u64,
    pass_seconds: f64,
    import_seconds: f64,
    analyses: Vec<Analysis>,
}

/// Medians of the analyses with one number of threads.
struct Analysis {
    threads: u64,
    seconds: f64,
    peak_megabytes: Option<f64>,
    stages: Vec<(String, f64)>,
}

/// Measures logs of growing size, or the captures given.
pub(crate) fn run(mut rest: Rest) -> anyhow::Result<()> {
    let is_json = rest.flag("--json");
    let most = rest.number("--events", SIZES[SIZES.len() - 1].0)?;
    let runs = rest.number("--runs", 0)?;
    let (window, hop) = (rest.number("--window", 0)?, rest.number("--hop", 0)?);
    anyhow::ensure!((window == 0) == (hop == 0), "--window and --hop are given together");
    let plan = (window > 0).then_some((window, hop));
    let mut captures = Vec::new();
    while let Some(file) = rest.file()? {
        captures.push(std::path::absolute(file)?);
    }
    rest.done()?;
    shell::read(&mut cargo(&["build", "--quiet", "--release", "--package", "case", "--example", "engine"]))?;
    let program = shell::target().join("release/examples/engine");
    let scratch = shell::scratch("bench-engine")?;
    let bench = Bench { example: program, scratch: scratch.clone(), plan };
    let mut all = Vec::new();
    for capture in &captures {
        let name = capture.file_name().unwrap_or_default().to_string_lossy().into_owned();
        all.push(bench.measure(capture, name, if runs == 0 { 3 } else { runs })?);
    }
    for (events, usual) in SIZES.iter().copied().filter(|(events, _)| captures.is_empty() && *events <= most)
    {
        let log = scratch.join("big.log");
        big_log::write_lines(&log, events, 1)?;
        all.push(bench.measure(&log, "log".to_owned(), if runs == 0 { usual } else { runs })?);
        std::fs::remove_file(&log)?;
    }
    if captures.is_empty() && most >= SIZES[2].0 {
        let capture = scratch.join("company.jsonl");
        ask(Command::new(&bench.example).arg("make").arg(&capture).arg(COMPANY_MINUTES.to_string()))?;
        let name = format!("made-up company, {COMPANY_MINUTES} min of OTLP");
        all.push(bench.measure(&capture, name, if runs == 0 { 3 } else { runs })?);
    }
    std::fs::remove_dir_all(&scratch)?;
    if is_json {
        println!("{:#}", Value::Array(all.iter().map(as_json).collect()));
    } else {
        print!("{}", markdown(&all));
    }
    Ok(())
}

/// What every measurement needs.
struct Bench {
    /// The example `engine` of the crate `case`.
    example: PathBuf,
    scratch: PathBuf,
    /// Window and hop, where they are not to be chosen by the engine.
    plan: Option<(u64, u64)>,
}

impl Bench {
    /// Pass and analyses take turns, so that a machine that slows down slows all of them.
    fn measure(&self, capture: &Path, name: String, runs: u64) -> anyhow::Result<Measured> {
        let case = self.scratch.join("bench.driftlock");
        let import = ask(Command::new(&self.example).arg("import").arg(capture).arg(&case))?;
        let (mut bytes, mut passes) = (0.0, Vec::new());
        let mut answers: Vec<Vec<Value>> = vec![Vec::new(); THREADS.len()];
        for run in 0..runs {
            let pass = ask(Command::new(&self.example).arg("pass").arg(capture))?;
            bytes = number(&pass, "bytes")?;
            passes.push(number(&pass, "seconds")?);
            for (at, threads) in THREADS.iter().enumerate() {
                // The case keeps the run of a seed, so that each analysis needs one of its own.
                let seed = run * THREADS.len() as u64 + at as u64;
                answers[at].push(ask(&mut self.analysis(&case, *threads, seed))?);
            }
            eprintln!("{name}: run {} of {runs}", run + 1);
        }
        remove_case(&case)?;
        let analyses = THREADS.iter().zip(&answers).map(|(threads, answers)| summary(*threads, answers));
        Ok(Measured {
            name,
            bytes,
            events: number(&import, "events")? as u64,
            pass_seconds: median(&mut passes),
            import_seconds: number(&import, "seconds")?,
            analyses: analyses.collect::<anyhow::Result<_>>()?,
        })
    }

    fn analysis(&self, case: &Path, threads: u64, seed: u64) -> Command {
        let mut command = Command::new(&self.example);
        command.arg("analysis").arg(case).arg(threads.to_string()).arg(seed.to_string());
        if let Some((window, hop)) = self.plan {
            command.arg(window.to_string()).arg(hop.to_string());
        }
        command
    }
}

/// The case and what `SQLite` may have left beside it.
fn remove_case(case: &Path) -> anyhow::Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let mut path = case.as_os_str().to_owned();
        path.push(ending);
        let path = PathBuf::from(path);
        if path.exists() {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn ask(command: &mut Command) -> anyhow::Result<Value> {
    let line = shell::line(command);
    serde_json::from_slice(&shell::read(command)?).with_context(|| format!("no JSON from {line}"))
}

fn number(answer: &Value, key: &str) -> anyhow::Result<f64> {
    answer[key].as_f64().with_context(|| format!("{answer} has no {key}"))
}

fn summary(threads: u64, answers: &[Value]) -> anyhow::Result<Analysis> {
    let all =
        |key: &str| answers.iter().map(|answer| number(answer, key)).collect::<anyhow::Result<Vec<_>>>();
    let peaks: Vec<f64> = answers.iter().filter_map(|answer| answer["peak_kilobytes"].as_f64()).collect();
    let mut order: Vec<&Value> = answers.iter().collect();
    order.sort_by(|a, b| {
        a["seconds"].as_f64().unwrap_or(0.0).total_cmp(&b["seconds"].as_f64().unwrap_or(0.0))
    });
    let middle = order.get(order.len() / 2).context("at least one run is needed")?;
    let stages = middle["stages"].as_array().context("an analysis tells its stages")?;
    let stage = |stage: &Value| Some((stage["stage"].as_str()?.to_owned(), stage["seconds"].as_f64()?));
    Ok(Analysis {
        threads,
        seconds: median(&mut all("seconds")?),
        peak_megabytes: peaks.into_iter().reduce(f64::max).map(|peak| peak / 1024.0),
        stages: stages.iter().filter_map(stage).collect(),
    })
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn markdown(all: &[Measured]) -> String {
    let mut out = String::from(
        "| capture | events | bytes | import | zstd -3 | threads | analysis | ratio | events/s | MB/s | peak memory | µs an event | stages |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n",
    );
    for m in all {
        for a in &m.analyses {
            let stages: Vec<String> = a
                .stages
                .iter()
                .map(|(name, seconds)| format!("{} {seconds:.2} s", name.to_lowercase()))
                .collect();
            let peak = a.peak_megabytes.map_or_else(|| "–".to_owned(), |peak| format!("{peak:.0} MB"));
            out.extend([format!(
                "| {} | {} | {} | {:.2} s | {:.3} s | {} | {:.3} s | {:.2} | {} | {:.1} | {peak} | {:.2} | {} |\n",
                m.name,
                grouped(m.events),
                grouped(m.bytes as u64),
                m.import_seconds,
                m.pass_seconds,
                a.threads,
                a.seconds,
                a.seconds / m.pass_seconds,
                grouped((m.events as f64 / a.seconds) as u64),
                m.bytes / 1e6 / a.seconds,
                1e6 * a.seconds / m.events as f64,
                stages.join(", "),
            )]);
        }
    }
    out + &growth(all)
}

/// Time an event at each size against that at 100,000 events: 1 is linear.
fn growth(all: &[Measured]) -> String {
    let logs =
        || all.iter().filter(|m| SIZES.iter().any(|(events, _)| m.name == "log" && m.events == *events));
    let Some(base) = logs().find(|m| m.events == SIZES[1].0) else { return String::new() };
    let mut out = String::from("\nTime an event, against that of 100,000 events:\n\n");
    for m in logs() {
        let each = m.analyses.iter().zip(&base.analyses).map(|(a, b)| {
            let relative = (a.seconds / m.events as f64) / (b.seconds / base.events as f64);
            format!("{relative:.2} with {} {}", a.threads, if a.threads == 1 { "thread" } else { "threads" })
        });
        out.extend([format!("- {} events: {}\n", grouped(m.events), each.collect::<Vec<_>>().join(", "))]);
    }
    out
}

fn as_json(m: &Measured) -> Value {
    let analysis = |a: &Analysis| {
        let stages: Vec<Value> =
            a.stages.iter().map(|(stage, seconds)| json!({ "stage": stage, "seconds": seconds })).collect();
        json!({
            "threads": a.threads, "seconds": a.seconds, "ratio": a.seconds / m.pass_seconds,
            "peak_megabytes": a.peak_megabytes, "stages": stages,
        })
    };
    let analyses: Vec<Value> = m.analyses.iter().map(analysis).collect();
    json!({
        "capture": m.name, "bytes": m.bytes, "events": m.events, "zstd_seconds": m.pass_seconds,
        "import_seconds": m.import_seconds, "analyses": analyses,
    })
}

/// A whole number with commas.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(events: u64, seconds: f64) -> Measured {
        let stages = vec![("Scoring windows".to_owned(), seconds / 2.0)];
        Measured {
            name: "log".to_owned(),
            bytes: events as f64 * 80.0,
            events,
            pass_seconds: 0.5,
            import_seconds: 0.1,
            analyses: vec![Analysis { threads: 1, seconds, peak_megabytes: Some(64.0), stages }],
        }
    }

    #[test]
    fn growth_is_relative_to_a_hundred_thousand_events() {
        let all = [measured(10_000, 0.1), measured(100_000, 2.0), measured(1_000_000, 22.0)];
        let text = markdown(&all);
        assert!(text.contains("| log | 100,000 | 8,000,000 | 0.10 s | 0.500 s | 1 | 2.000 s | 4.00 | 50,000 | 4.0 | 64 MB | 20.00 | scoring windows 1.00 s |"), "{text}");
        assert!(text.contains("- 10,000 events: 0.50 with 1 thread\n"), "{text}");
        assert!(text.contains("- 1,000,000 events: 1.10 with 1 thread\n"), "{text}");
        assert_eq!(growth(&all[2..]), "");
    }

    #[test]
    fn medians_and_the_highest_peak_are_kept() -> anyhow::Result<()> {
        let answer = |seconds: f64, peak: u64| json!({ "seconds": seconds, "peak_kilobytes": peak, "stages": [{ "stage": "Score", "seconds": seconds }] });
        let analysis = summary(2, &[answer(3.0, 1024), answer(1.0, 4096), answer(2.0, 2048)])?;
        assert!((analysis.seconds - 2.0).abs() < 1e-12 && analysis.peak_megabytes == Some(4.0));
        assert_eq!(analysis.stages, [("Score".to_owned(), 2.0)]);
        assert!(summary(2, &[]).is_err());
        Ok(())
    }
}
