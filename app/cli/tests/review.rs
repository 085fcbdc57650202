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
    let state_path = folder.join("state.json");
    std::fs::write(&state_path, format!("{{\"name\":\"a view\",\"state\":{state}}}"))?;
    let state_file = state_path.to_str().ok_or("the folder of this test is plain")?;
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
        vec!["bits", "CASE", "1"],
        vec!["bits", "CASE", "1", "--json", "--limit", "2"],
        vec!["story", "CASE"],
        vec!["story", "CASE", "--json"],
        vec!["view", "CASE"],
        vec!["view", "CASE", "save", "as it began", "--about", "1"],
        vec!["view", "CASE", "save", "as the file says", "--state", state_file],
        vec!["view", "CASE", "show", "as it began", "--json"],
        vec!["view", "CASE", "--json"],
        vec![
            "story",
            "CASE",
            "add",
            "1",
            "Then this",
            "--note",
            "- slowly",
            "--view",
            "as the file says",
            "--json",
        ],
        vec!["story", "CASE", "add", "stream:0", "And last"],
        vec!["story", "CASE", "set", "3", "--title", "At the end", "--about", "case"],
        vec!["story", "CASE", "move", "3", "1"],
        vec!["story", "CASE", "move", "1", "1"],
        vec!["story", "CASE", "remove", "2"],
        vec!["view", "CASE", "remove", "as it began"],
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
        vec!["bits", "CASE", "999999"],
        vec!["compare", "CASE", "capture:1"],
        vec!["compare", "CASE", "capture:1", "stream:1"],
        vec!["compare", "CASE", "run:1", "capture:1"],
        vec!["compare", "CASE", "run:1", "run:9"],
        vec!["compare", "CASE", "nothing of this name"],
        vec!["audit", "CASE", "--csv", "--json"],
        vec!["story", "CASE", "remove", "3"],
        vec!["story", "CASE", "move", "1", "0"],
        vec!["story", "CASE", "add", "case", "  "],
        vec!["story", "CASE", "set", "1", "--state", "there is no such file"],
        vec!["story", "CASE", "set", "1", "--view", "as it began"],
        vec!["view", "CASE", "show", "as it began"],
    ] {
        assert_eq!(code(&path, &words), bad, "{words:?}");
    }
    let case = Case::open_read_only(&path)?;
    let story = case.story()?;
    let told: Vec<(&str, &str, &str)> =
        story.iter().map(|step| (step.title.as_str(), step.note.as_str(), step.state.as_str())).collect();
    let state = "{\"as\":\"the window reads it\"}";
    assert_eq!(told, [("At the end", "", ""), ("Then this", "- slowly", state)]);
    let views: Vec<String> = case.saved_views()?.into_iter().map(|view| view.name).collect();
    assert_eq!(views, ["as the file says"]);
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
