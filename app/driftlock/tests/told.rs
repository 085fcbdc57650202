//! What commands tell: no more than was asked for, whatever the streams of output are, and what is true.

mod common;

use std::process::{Command, Stdio};

use common::{Outcome, driftlock, run, text_log};

#[test]
fn events_of_a_stretch_of_time_are_those_of_that_time() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    let line = |second: u32| format!("2026-03-01T00:00:{second:02}Z INFO written at {second}\n");
    let lines: String = [10, 30, 11, 50, 12, 31].map(line).concat();
    std::fs::write(at.join("a.log"), lines)?;
    run(at, &["analyze", "a.log", "--case", "c.driftlock"])?;
    let (from, to) = ("2026-03-01T00:00:10Z", "2026-03-01T00:00:30Z");
    let told = String::from_utf8(run(at, &["events", "c.driftlock", "--from", from, "--to", to])?.stdout)?;
    let listed: Vec<&str> =
        told.lines().filter_map(|line| Some(line.rsplit_once("written at ")?.1)).collect();
    assert_eq!(listed, ["10", "11", "12"], "{told}");
    let refused = run(at, &["events", "c.driftlock", "--fields", "--from", from])?;
    assert_eq!(refused.status.code(), Some(2));
    Ok(())
}

/// A command whose standard output or error nobody reads.
fn unheard(mut command: Command, output: Stdio, error: Stdio) -> std::io::Result<Option<i32>> {
    Ok(command.stdout(output).stderr(error).status()?.code())
}

#[cfg(unix)]
#[test]
fn nobody_to_read_it_changes_nothing_of_what_is_done_and_what_the_exit_code_says() -> Outcome {
    let closed = || std::io::pipe().map(|(_, to)| Stdio::from(to));
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    for name in ["a.log", "b.log", "c.log"] {
        text_log(at, name, 2000, 80 + name.len() + usize::from(name.as_bytes()[0]))?;
    }
    let analyze = |more: &[&str]| {
        let mut command = driftlock();
        command
            .current_dir(at)
            .args(["analyze", "a.log", "b.log", "c.log", "--case", "c.driftlock"])
            .args(more);
        command
    };
    assert_eq!(unheard(analyze(&[]), Stdio::null(), closed()?)?, Some(0));
    let told = String::from_utf8(run(at, &["info", "c.driftlock"])?.stdout)?;
    assert!(["a.log", "b.log", "c.log"].iter().all(|name| told.contains(name)), "{told}");
    assert_eq!(unheard(analyze(&["--fail-on-finding", "--json"]), closed()?, Stdio::null())?, Some(1));
    Ok(())
}

#[test]
fn to_do_it_again_the_captures_are_read_as_they_were() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    text_log(at, "a.log", 2000, 80)?;
    text_log(at, "b.log", 2000, 90)?;
    let explained = |more: &[&str]| -> Result<String, Box<dyn std::error::Error>> {
        run(at, &[&["analyze", "--case", "c.driftlock"], more].concat())?;
        Ok(String::from_utf8(run(at, &["explain", "c.driftlock", "1"])?.stdout)?)
    };
    let told = explained(&["a.log", "--format", "text", "--limit", "depth=99"])?;
    assert!(told.contains("a.log --format text --limit depth=99 "), "{told}");
    let told = explained(&["b.log"])?;
    assert!(!told.contains("b.log --format"), "{told}");
    assert!(told.contains(": a.log with --format text --limit depth=99; b.log without options."), "{told}");
    Ok(())
}

#[test]
fn what_cannot_be_done_is_said_and_leaves_nothing_behind() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    text_log(at, "a.log", 2000, 80)?;
    std::fs::write(at.join("short.log"), "2026-03-01T00:00:00Z INFO one\n")?;
    for (words, code, said) in [
        (&["analyze", "a.log", "--dismiss", "3"][..], 2, "Finding 3 is a number in no case"),
        (&["follow", "new.driftlock", "missing.log", "--once"], 3, "missing.log"),
        (&["analyze", "a.log", "--by", " "], 2, "blank"),
        (&["analyze", "missing.log", "another.log"], 3, "\n  "),
    ] {
        let output = run(at, words)?;
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {told}");
        assert!(told.contains(said) && !told.contains("\\u{a}"), "{words:?}: {told}");
        assert!(!at.join("new.driftlock").exists(), "{words:?}");
    }
    let told = String::from_utf8(run(at, &["analyze", "a.log", "short.log", "--signals", "span"])?.stdout)?;
    assert!(
        told.starts_with("No stream was analysed.\n  stream 0: ") && told.contains("  stream 1: "),
        "{told}"
    );
    Ok(())
}
