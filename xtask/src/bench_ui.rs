//! What a frame of the window costs over ten million events, how soon they are seen, and what an idle window uses.

use crate::Rest;
use crate::display::Display;
use crate::end_to_end::{TITLE, at_rest, ticks};
use crate::shell::{self, Running, cargo, poll};
use anyhow::{Context, bail};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A day of the made-up company: ten million events in some fifty streams.
const MINUTES: u64 = 24 * 60;
/// Frames of each part of the script.
const FRAMES: u64 = 1000;
/// How long an idle window is watched.
const IDLE: Duration = Duration::from_secs(10);
/// Ticks of the kernel's clock a second, as `ps` and `/proc` count them on every Linux (`USER_HZ`).
const TICKS: f64 = 100.0;

const MOST_FRAME_MS: f64 = 8.0;
const MOST_FIRST_MS: f64 = 300.0;
const MOST_MEGABYTES: f64 = 400.0;
const MOST_IDLE_PERCENT: f64 = 1.0;

/// By the example `frames` of the crate `workstation`, and by the release binary on a display of its own.
pub(crate) fn run(mut rest: Rest) -> anyhow::Result<()> {
    let (frames, minutes) = (rest.number("--frames", FRAMES)?, rest.number("--minutes", MINUTES)?);
    rest.done()?;
    // As it is handed out: with encryption and every codec.
    let packages = ["--package", "workstation", "--package", "driftlock"];
    let mut build = cargo(&["build", "--release", "--bin", "driftlock", "--example", "frames"]);
    shell::run(build.args(packages))?;
    let release = shell::target().join("release");
    let example = release.join("examples/frames");
    // Made once: importing and analysing ten million events takes longer than measuring.
    let folder = shell::target().join("bench-ui").join(minutes.to_string());
    let case = folder.join("company.driftlock");
    if !case.exists() {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        shell::run(Command::new(&example).arg("make").arg(&folder).arg(minutes.to_string()))?;
    }
    let mut drive = Command::new(&example);
    let told = shell::read(drive.arg("drive").arg(&case).arg(frames.to_string()))?;
    let told: Value = serde_json::from_slice(&told)?;
    print!("{}", table(&told)?);
    let window = watch_idle(&release.join("driftlock"), &case, &folder)?;
    verdict(&told, &window)
}

fn number(value: &Value, path: &str) -> anyhow::Result<f64> {
    value.pointer(path).and_then(Value::as_f64).with_context(|| format!("the measurement has no {path}"))
}

fn table(told: &Value) -> anyhow::Result<String> {
    let head = "| part of the script | frames | p50 | p99 | most | tessellation p99 | by the clock p99 |\n\
                |---|---:|---:|---:|---:|---:|---:|\n";
    let mut text = head.to_owned();
    for row in told["parts"].as_array().context("the measurement has no parts")? {
        let of = |path: &str| number(row, path);
        let line = format!(
            "| {} | {} | {:.2} ms | {:.2} ms | {:.2} ms | {:.2} ms | {:.2} ms |\n",
            row["part"].as_str().unwrap_or("?"),
            row["frames"],
            of("/app_ms/p50")?,
            of("/app_ms/p99")?,
            of("/app_ms/max")?,
            of("/tessellation_ms/p99")?,
            of("/clock_ms/p99")?,
        );
        text.push_str(&line);
    }
    Ok(text)
}

/// The window of the release binary, drawn by software.
struct Window {
    /// Share of one processor that it takes while nobody touches it.
    idle_percent: f64,
    peak_megabytes: f64,
}

fn watch_idle(program: &Path, case: &Path, folder: &Path) -> anyhow::Result<Window> {
    let display = Display::start()?;
    let mut command = Command::new(program);
    command.arg(case).current_dir(folder);
    for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
        command.env(variable, folder.join("home"));
    }
    let mut window = Running(display.on(&mut command).spawn().context("cannot start the program")?);
    poll("the window", Duration::from_mins(1), || Ok(display.shows(TITLE)?.then_some(())))?;
    display.put_pointer_aside()?;
    at_rest(&mut window, &display)?;
    let pid = window.0.id();
    let before = ticks(pid)?;
    std::thread::sleep(IDLE);
    let used = ticks(pid)? - before;
    let idle_percent = 100.0 * used as f64 / (TICKS * IDLE.as_secs_f64());
    Ok(Window { idle_percent, peak_megabytes: peak_megabytes(pid)? })
}

fn peak_megabytes(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM in /proc")?;
    let kilobytes = line.split_whitespace().next().and_then(|word| word.parse::<f64>().ok());
    Ok(kilobytes.context("no number in VmHWM")? / 1024.0)
}

/// Every promise with what was measured; one that is broken fails the chore.
fn verdict(told: &Value, window: &Window) -> anyhow::Result<()> {
    let parts = told["parts"].as_array().context("the measurement has no parts")?;
    let p99 = |part: &Value| number(part, "/app_ms/p99");
    let worst = parts.iter().map(p99).try_fold(0.0_f64, |worst, part| part.map(|part| worst.max(part)))?;
    println!(
        "{} events in {} streams, {} windows; everything read {:.1} s after the start",
        told["events"],
        told["streams"],
        told["windows"],
        number(told, "/settled_seconds")?
    );
    let kept = [
        ("the app's own time a frame, p99 of the worst part", worst, MOST_FRAME_MS, "ms"),
        (
            "from open to the first frame with data",
            number(told, "/first_seconds")? * 1000.0,
            MOST_FIRST_MS,
            "ms",
        ),
        ("peak memory of the script", number(told, "/peak_kilobytes")? / 1024.0, MOST_MEGABYTES, "MB"),
        ("peak memory of the release window", window.peak_megabytes, MOST_MEGABYTES, "MB"),
        ("an idle window", window.idle_percent, MOST_IDLE_PERCENT, "% of a processor"),
    ];
    let mut broken = Vec::new();
    for (what, measured, most, unit) in kept {
        println!("{what}: {measured:.2} {unit} (promised: below {most})");
        if measured >= most {
            broken.push(what);
        }
    }
    if !broken.is_empty() {
        bail!("promises that do not hold: {}", broken.join(", "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_promise_that_does_not_hold_is_named() {
        let told = |p99: f64, first: f64| {
            let times = json!({ "p50": 1.0, "p99": p99, "max": 20.0 });
            json!({
                "events": 10, "streams": 2, "windows": 3, "settled_seconds": 1.0,
                "first_seconds": first, "peak_kilobytes": 100_000,
                "parts": [{ "part": "all", "frames": 9, "app_ms": times, "clock_ms": times, "tessellation_ms": times }],
            })
        };
        assert!(table(&told(2.0, 0.1)).is_ok_and(|text| text.contains("| all | 9 | 1.00 ms | 2.00 ms |")));
        let window = |idle_percent| Window { idle_percent, peak_megabytes: 200.0 };
        assert!(verdict(&told(2.0, 0.1), &window(0.0)).is_ok());
        let broken = verdict(&told(9.0, 0.4), &window(2.0)).map_err(|error| error.to_string());
        assert_eq!(
            broken,
            Err("promises that do not hold: the app's own time a frame, p99 of the worst part, from open to the first frame with data, \
                 an idle window"
                .to_owned())
        );
    }
}
