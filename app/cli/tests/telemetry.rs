//! Exit codes of the commands over traces, metrics and calls.

mod common;

use std::process::ExitCode;

use case::Case;
use cbad::Unwatched;
use ingest::OpenOptions;
use testkit::synth::Company;

use common::code;

type Failure = Box<dyn std::error::Error>;

#[test]
fn what_there_is_is_shown_and_what_there_is_not_is_bad_usage() -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("driftlock-telemetry-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let (capture, path) = (folder.join("a.jsonl"), folder.join("a.driftlock"));
    let company = Company { minutes: 1, ..Company::new(3) };
    company.plan()?.write(&mut std::fs::File::create(&capture)?)?;
    let mut case = Case::create(&path)?;
    case.import(&capture, &OpenOptions::default(), &Unwatched)?;
    let traces = case.spans_in(i64::MIN..i64::MAX, &Unwatched)?.traces(&[]);
    let ids: Vec<String> =
        traces.iter().take(2).map(|row| format!("{:032x}", u128::from_be_bytes(row.trace))).collect();
    let calls = case.calls(i64::MIN..i64::MAX, &Unwatched)?.rows;
    let places: Vec<String> =
        calls.iter().take(2).map(|row| format!("{}:{}", row.stream, row.position)).collect();
    let streams = case.streams()?;
    let of = |signal: cbad::Signal| {
        streams.iter().find(|row| row.key.signal == signal).map(|row| row.id.to_string())
    };
    let (metric, log) = (of(cbad::Signal::Metric).ok_or("a metric")?, of(cbad::Signal::Log).ok_or("a log")?);
    drop(case);
    let done = format!("{:?}", ExitCode::from(0));
    let bad = format!("{:?}", ExitCode::from(2));
    for words in [
        vec!["traces", "CASE", "--errors"],
        vec!["traces", "CASE", "--slowest", "--limit", "3", "--json"],
        vec!["traces", "CASE", "--trace", &ids[0]],
        vec!["traces", "CASE", "--trace", &ids[0], "--compare", &ids[1]],
        vec!["traces", "CASE", "--trace", &ids[0], "--compare", &ids[1], "--json"],
        vec!["series", "CASE"],
        vec!["series", "CASE", &metric],
        vec!["series", "CASE", &metric, "--bins", "5", "--json"],
        vec!["calls", "CASE"],
        vec!["calls", "CASE", "--json", "--limit", "1"],
        vec!["calls", "CASE", "--call", &places[0]],
        vec!["calls", "CASE", "--call", &places[0], "--compare", &places[1], "--json"],
    ] {
        assert_eq!(code(&path, &words), done, "{words:?}");
    }
    for words in [
        vec!["traces", "CASE", "--trace", "12"],
        vec!["traces", "CASE", "--trace", "ffffffffffffffffffffffffffffffff"],
        vec!["traces", "CASE", "--from", "5"],
        vec!["series", "CASE", "no such series"],
        vec!["series", "CASE", &log],
        vec!["calls", "CASE", "--call", "here"],
        vec!["calls", "CASE", "--call", "0:0"],
    ] {
        assert_eq!(code(&path, &words), bad, "{words:?}");
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
