//! What commands tell: no more than was asked for, whatever the streams of output are, and what is true.

mod common;

use common::{Outcome, run};

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
