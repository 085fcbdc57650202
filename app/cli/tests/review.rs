//! Exit codes of the commands over a case as a whole.

mod common;

use std::process::ExitCode;

use case::{Case, Decision, Subject};
use cbad::{Config, Unwatched};
use ingest::OpenOptions;

use common::code;

type Failure = Box<dyn std::error::Error>;

#[test]
fn sides_runs_stories_coverage_and_the_chain_are_told_and_nonsense_is_bad_usage() -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("driftlock-review-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("a.driftlock");
    let mut case = Case::create(&path)?;
    for (name, odd) in [("monday.jsonl", 0..0), ("tuesday.jsonl", 300..340)] {
        std::fs::write(folder.join(name), testkit::captures::shop(600, odd))?;
        case.import(&folder.join(name), &OpenOptions::default(), &Unwatched)?;
    }
    case.analyze(&Config::default(), None, &Unwatched)?;
    case.analyze(&Config { seed: 7, ..Config::default() }, None, &Unwatched)?;
    let state = "{\"as\":\"the window reads it\"}".to_owned();
    let step = Decision::Step {
        step: None,
        place: 1,
        title: "It begins".into(),
        note: "here\nand there".into(),
        state,
    };
    case.decide(&Subject::Case, &step)?;
    drop(case);
    let (done, bad) = (format!("{:?}", ExitCode::from(0)), format!("{:?}", ExitCode::from(2)));
    for words in [
        vec!["compare", "CASE", "capture:1", "capture:2"],
        vec!["compare", "CASE", "capture:1", "capture:2", "--json", "--limit", "3"],
        vec!["compare", "CASE", "1"],
        vec!["compare", "CASE", "stream:0", "stream:1"],
        vec!["compare", "CASE", "2026-03-01T09:00:00Z..2026-03-01T09:00:30Z"],
        vec!["compare", "CASE", "run:1", "run:2"],
        vec!["compare", "CASE", "run:1", "run:2", "--json"],
        vec!["story", "CASE"],
        vec!["story", "CASE", "--json"],
        vec!["coverage", "CASE"],
        vec!["coverage", "CASE", "--json"],
        vec!["audit", "CASE", "--action", "step", "--text", "begins"],
        vec!["audit", "CASE", "--who", "nobody of this name", "--json"],
        vec!["audit", "CASE", "--csv"],
    ] {
        assert_eq!(code(&path, &words), done, "{words:?}");
    }
    for words in [
        vec!["compare", "CASE"],
        vec!["compare", "CASE", "capture:1"],
        vec!["compare", "CASE", "capture:1", "stream:1"],
        vec!["compare", "CASE", "run:1", "capture:1"],
        vec!["compare", "CASE", "run:1", "run:9"],
        vec!["compare", "CASE", "nothing of this name"],
        vec!["audit", "CASE", "--csv", "--json"],
    ] {
        assert_eq!(code(&path, &words), bad, "{words:?}");
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
