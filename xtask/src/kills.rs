//! The release binary killed at random moments of its imports: nothing is lost, nothing is there twice, the case opens.

use crate::Rest;
use crate::big_log::{self, Draw};
use crate::{end_to_end, shell};
use anyhow::{Context, bail, ensure};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Kills that must fall into imports.
const KILLS: u64 = 100;
/// The log that is imported besides the sample incident.
const LOG_MEGABYTES: u64 = 64;
/// Kills of one case before it may end.
const MOST_OF_A_CASE: u32 = 4;

/// The program at its work, and how long its imports take when nothing disturbs it; only moments are chosen by it.
struct Work {
    program: PathBuf,
    captures: [PathBuf; 2],
    imports: Duration,
}

/// What a kill left.
#[derive(PartialEq, Eq)]
enum Left {
    /// The program had ended by itself.
    Nothing,
    InImport,
    InAnalysis,
}

/// Kills until there were enough, each case in the end held against one that was never disturbed.
pub(crate) fn run(mut rest: Rest) -> anyhow::Result<()> {
    let (kills, seed) = (rest.number("--kills", KILLS)?, rest.number("--seed", 1)?);
    let given = rest.text("--program")?;
    rest.done()?;
    let program = given.map_or_else(end_to_end::release, |path| Ok(std::path::absolute(path)?))?;
    let folder = shell::scratch("kills")?;
    let log = folder.join("big.log");
    big_log::write(&log, LOG_MEGABYTES << 20, 1)?;
    let captures = [log, shell::root().join("sample-data/incident.jsonl.zst")];
    let mut work = Work { program, captures, imports: Duration::ZERO };
    let whole = folder.join("whole.driftlock");
    work.imports = work.measure(&whole)?;
    let expected = work.content(&whole)?;
    println!("undisturbed imports: {:.1} s, content {expected}", work.imports.as_secs_f64());

    let mut draw = Draw(seed);
    let (mut in_import, mut in_analysis, mut cases) = (0, 0, 0);
    while in_import < kills {
        cases += 1;
        ensure!(cases < 10 * kills, "{in_import} kills in imports, in {cases} cases");
        let path = folder.join("killed.driftlock");
        for _ in 0..MOST_OF_A_CASE {
            let wait = work.imports * draw.below(1000) as u32 / 1000;
            match work.kill(&path, wait)? {
                Left::Nothing => break,
                Left::InImport => in_import += 1,
                Left::InAnalysis => in_analysis += 1,
            }
        }
        work.end(&path)?;
        let content = work.content(&path)?;
        ensure!(content == expected, "case {cases} came to {content}");
        work.verify(&path)?;
        shell::remove_all_of(&path)?;
        println!("{in_import} kills in imports, {in_analysis} in analyses, {cases} cases");
    }
    println!("nothing lost, nothing twice: {cases} cases of one content, {expected}");
    Ok(())
}

impl Work {
    /// Makes a case that nothing disturbs, and tells how long its imports took by what the program says after each.
    fn measure(&self, case: &Path) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let mut child =
            self.command(case).stderr(Stdio::piped()).spawn().context("cannot start the program")?;
        let said = BufReader::new(child.stderr.take().context("it is piped")?).lines();
        let mut imports = Duration::ZERO;
        for line in said {
            if line?.contains(": imported;") {
                imports = began.elapsed();
            }
        }
        ensure!(child.wait()?.success() && !imports.is_zero(), "the program failed or said of no import");
        Ok(imports)
    }

    fn command(&self, case: &Path) -> Command {
        let mut command = Command::new(&self.program);
        // Few windows: the imports matter, not the findings.
        command.args(["analyze", "--window", "5000", "--hop", "5000", "--case"]);
        command.arg(case).args(&self.captures).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Goes on with a case to the end.
    fn end(&self, case: &Path) -> anyhow::Result<()> {
        let status = self.command(case).status().context("cannot start the program")?;
        ensure!(status.success(), "the program failed ({status}) on {}", case.display());
        Ok(())
    }

    /// Goes on with a case and kills the program some time from now. What is left opens, and is sound.
    fn kill(&self, case: &Path, wait: Duration) -> anyhow::Result<Left> {
        let mut child = self.command(case).spawn().context("cannot start the program")?;
        std::thread::sleep(wait);
        // On Unix this is SIGKILL, which no program can catch.
        child.kill()?;
        if child.wait()?.success() {
            return Ok(Left::Nothing);
        }
        if !case.exists() {
            return Ok(Left::InImport);
        }
        self.verify(case)?;
        let answer = self.ask(&["info"], case)?;
        let captures = answer["captures"].as_array().context("info lists captures")?;
        let complete = captures.iter().filter(|capture| capture["complete"] == true).count();
        Ok(if complete == self.captures.len() { Left::InAnalysis } else { Left::InImport })
    }

    fn verify(&self, case: &Path) -> anyhow::Result<()> {
        let answer = self.ask(&["case", "verify"], case)?;
        ensure!(answer["is_sound"] == true, "{}: {answer}", case.display());
        Ok(())
    }

    fn content(&self, case: &Path) -> anyhow::Result<String> {
        let answer = self.ask(&["info"], case)?;
        answer["content_sha256"].as_str().map(str::to_owned).context("info tells the content's SHA-256")
    }

    fn ask(&self, what: &[&str], case: &Path) -> anyhow::Result<Value> {
        let mut command = Command::new(&self.program);
        command.args(what).arg(case).arg("--json");
        let output = command.output().context("cannot start the program")?;
        if !output.status.success() {
            bail!("failed: {}\n{}", shell::line(&command), String::from_utf8_lossy(&output.stderr));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}
