//! The release binary as a person uses it: its window on the sample incident, seen from outside.

use crate::display::{Display, Picture};
use crate::shell::{self, Running, cargo, poll, run};
use anyhow::{Context, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The finding is there so long after the window at the latest.
const PROMISE: Duration = Duration::from_secs(20);

/// After this the run is given up, whatever it is waiting for.
const PATIENCE: Duration = Duration::from_mins(3);

/// The title of the window.
pub(crate) const TITLE: &str = "^Driftlock Workstation";

/// A window with text, a heatmap and a chart has more colours than this; an empty one has a few.
const COLOURS: usize = 200;

/// The most common colour of a window that shows something covers less than this share of it.
const GROUND: f64 = 0.97;

/// Opens the sample incident and checks what came of it.
pub(crate) fn check() -> anyhow::Result<()> {
    let folder = shell::scratch("end-to-end")?;
    let (picture, seconds) = open_sample(&folder, &|_| Ok(()))?;
    let path = folder.join("window.png");
    picture.save(&path)?;
    println!("picture of the window: {}", path.display());
    if seconds > PROMISE.as_secs_f64() {
        bail!("the finding came {seconds:.1} s after the window, and {} s is promised", PROMISE.as_secs());
    }
    Ok(())
}

/// Makes the picture that the README shows.
pub(crate) fn screenshot() -> anyhow::Result<()> {
    visit(&|visit| {
        let path = shell::root().join("docs/images/workstation.png");
        at_rest(visit.window, visit.display)?.save(&path)?;
        println!("{}", path.display());
        Ok(())
    })
}

/// The window at rest with the sample incident in it.
pub(crate) struct Visit<'a> {
    /// Where it is.
    pub(crate) display: &'a Display,
    /// Its process.
    pub(crate) window: &'a mut Running,
    /// The folder of the capture, of its case and of the user.
    pub(crate) folder: &'a Path,
    /// The program.
    pub(crate) program: &'a Path,
}

/// Opens the sample incident from a folder whose name tells nothing, and looks around in it.
pub(crate) fn visit(look: &dyn Fn(&mut Visit<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    // The window shows where the capture lies, and a picture must not tell on whose machine it was made.
    let folder = std::env::temp_dir().join("driftlock-sample");
    std::fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let opened = open_sample(&folder, look);
    std::fs::remove_dir_all(&folder)?;
    opened.map(drop)
}

/// The window at rest with the sample incident in it, before `look` goes on, and the seconds from the window to the finding.
fn open_sample(
    folder: &Path,
    look: &dyn Fn(&mut Visit<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<(Picture, f64)> {
    let program = release()?;
    let samples = shell::root().join("sample-data");
    let capture = folder.join("incident.jsonl.zst");
    std::fs::copy(samples.join("incident.jsonl.zst"), &capture).context("cannot copy the sample incident")?;
    let truth: Value = serde_json::from_slice(&std::fs::read(samples.join("incident.truth.json"))?)?;

    let display = Display::start()?;
    let mut window = start(&mut of_user(&program, folder, Some(&capture)), &display)?;
    let opened = Instant::now();
    let case = folder.join(CASE);
    let findings = poll("the findings", PATIENCE, || {
        still_there(&mut window)?;
        Ok(findings(&program, &case))
    })?;
    let seconds = opened.elapsed().as_secs_f64();
    println!("the findings are there {seconds:.1} s after the window");
    names_the_fault(&findings, &truth)?;

    let picture = at_rest(&mut window, &display)?;
    let (colours, ground) = picture.colours();
    println!("the window has {colours} colours; the most common covers {:.0} % of it", 100.0 * ground);
    if colours < COLOURS || ground > GROUND {
        picture.save(&folder.join("blank.png"))?;
        bail!("the window looks empty; see {}", folder.join("blank.png").display());
    }
    look(&mut Visit { display: &display, window: &mut window, folder, program: &program })?;
    Ok((picture, seconds))
}

/// The name of the case of the sample incident.
pub(crate) const CASE: &str = "incident.jsonl.zst.driftlock";

/// The program with a file, as a user has it whose home is in this folder.
pub(crate) fn of_user(program: &Path, folder: &Path, file: Option<&Path>) -> Command {
    let mut command = Command::new(program);
    command.args(file).current_dir(folder);
    for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
        command.env(variable, folder.join("home"));
    }
    command
}

/// Starts the program on a display; its window is there when this returns.
pub(crate) fn start(command: &mut Command, display: &Display) -> anyhow::Result<Running> {
    println!("$ {}", shell::line(display.on(command)));
    let began = Instant::now();
    let mut window = Running(command.spawn().context("cannot start the program")?);
    poll("the window", PATIENCE, || {
        still_there(&mut window)?;
        Ok(display.shows(TITLE)?.then_some(()))
    })?;
    display.put_pointer_aside()?;
    println!("the window is there after {:.1} s", began.elapsed().as_secs_f64());
    Ok(window)
}

/// The release build of the program.
pub(crate) fn release() -> anyhow::Result<PathBuf> {
    run(&mut cargo(&["build", "--release", "--package", "driftlock"]))?;
    Ok(shell::target().join("release/driftlock"))
}

fn still_there(window: &mut Running) -> anyhow::Result<()> {
    match window.0.try_wait()? {
        None => Ok(()),
        Some(status) => bail!("the program ended by itself ({status})"),
    }
}

/// The findings of the case beside the capture, by the command line; `None` as long as there is no run in it.
fn findings(program: &Path, case: &Path) -> Option<Vec<Value>> {
    if !case.exists() {
        return None;
    }
    let asked = Command::new(program).arg("findings").arg(case).arg("--json").stderr(Stdio::null()).output();
    let answer: Value = serde_json::from_slice(&asked.ok()?.stdout).ok()?;
    answer["findings"].as_array().filter(|list| !list.is_empty()).cloned()
}

/// One of the first three findings is of the service at fault, while the fault lasted.
fn names_the_fault(findings: &[Value], truth: &Value) -> anyhow::Result<()> {
    let nanos = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok());
    let service = truth["service"].as_str().context("the ground truth names no service")?;
    let (start, end) = (nanos(&truth["start_nanos"]), nanos(&truth["end_nanos"]));
    let (start, end) = start.zip(end).context("the ground truth has no times")?;
    let first: Vec<&Value> = findings.iter().take(3).collect();
    for finding in &first {
        println!("  {}: {}", finding["stream_name"].as_str().unwrap_or("?"), finding["sentence"]);
    }
    let hit = first.iter().any(|finding| {
        let named = finding["stream_name"].as_str().is_some_and(|name| name.contains(service));
        let times = nanos(&finding["start_nanos"]).zip(nanos(&finding["end_nanos"]));
        named && times.is_some_and(|(from, to)| from <= end && to >= start)
    });
    if !hit {
        bail!("none of the first three findings is of {service} while its fault lasted");
    }
    Ok(())
}

/// A window that is at rest draws nothing: its processor time stands still, and two pictures of it are one.
pub(crate) fn at_rest(window: &mut Running, display: &Display) -> anyhow::Result<Picture> {
    let pid = window.0.id();
    let mut before: Option<(u64, Picture)> = None;
    poll("the window to come to rest", PATIENCE, || {
        still_there(window)?;
        let now = (ticks(pid)?, display.picture()?);
        let rests = before.as_ref() == Some(&now);
        before = Some(now);
        Ok(before.as_ref().filter(|_| rests).map(|(_, picture)| picture.clone()))
    })
}

/// Processor time that the process has used, in the kernel's ticks.
pub(crate) fn ticks(pid: u32) -> anyhow::Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // After the name in parentheses, user and system time are the fields 12 and 13 (proc(5)).
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
    field(11).zip(field(12)).map(|(user, system)| user + system).context("/proc has no times")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_fault_is_named_by_service_and_time() {
        let truth = json!({"service": "stock", "start_nanos": "100", "end_nanos": "200"});
        let finding = |name: &str, from: i64, to: i64| json!({"stream_name": name, "start_nanos": from, "end_nanos": to, "sentence": "…"});
        let other = finding("shop · logs", 100, 200);
        for (findings, hit) in [
            (vec![finding("stock · logs", 150, 160)], true),
            (vec![other.clone(), other.clone(), finding("stock · spans", 10, 100)], true),
            (vec![finding("stock · logs", 201, 300)], false),
            (vec![other.clone(), other.clone(), other.clone(), finding("stock · logs", 150, 160)], false),
            (vec![], false),
        ] {
            assert_eq!(names_the_fault(&findings, &truth).is_ok(), hit, "{findings:?}");
        }
    }
}
