//! Clocks of several captures: estimated from what they share, corrected on demand, and never silently.

mod common;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use case::{Case, ClockSource, Decision, Subject};
use cbad::{Config, Unwatched};
use common::{Numbers, Outcome};
use ingest::OpenOptions;

const BEGIN: i64 = 1_772_000_000_000_000_000;
const MS: i64 = 1_000_000;
/// How far the second machine's clock is ahead.
const AHEAD: i64 = 3_000 * MS;

/// One span; `call` numbers the trace.
fn span(service: &str, call: u64, ids: (u64, Option<u64>), start: i64, end: i64) -> String {
    let (id, parent) = ids;
    let parent = parent.map_or(String::new(), |parent| format!(r#""parentSpanId":"{parent:016x}","#));
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{service}"}}}}]}},"scopeSpans":[{{"spans":[{{"traceId":"{:032x}","spanId":"{id:016x}",{parent}"name":"op","kind":2,"startTimeUnixNano":"{start}","endTimeUnixNano":"{end}"}}]}}]}}]}}"#,
        call + 1
    )
}

/// Calls of `shop` to `stock`, each on a machine of its own, which write a capture each.
fn captures(folder: &Path, calls: u64) -> std::io::Result<[PathBuf; 2]> {
    let mut numbers = Numbers(5);
    let (mut shop, mut stock) = (String::new(), String::new());
    for call in 0..calls {
        let start = BEGIN + call as i64 * 1_000 * MS;
        let (there, work, back) =
            (numbers.below(5) as i64 + 1, numbers.below(40) as i64 + 1, numbers.below(5) as i64 + 1);
        let line = span("shop", call, (2 * call + 1, None), start, start + (there + work + back) * MS);
        writeln!(shop, "{line}").expect("a String");
        let from = start + there * MS + AHEAD;
        // One in fifty goes on after its caller has its answer.
        let to = from + if call % 50 == 7 { 900 * MS } else { work * MS };
        let line = span("stock", call, (2 * call + 2, Some(2 * call + 1)), from, to);
        writeln!(stock, "{line}").expect("a String");
    }
    let paths = [folder.join("shop.jsonl"), folder.join("stock.jsonl")];
    std::fs::write(&paths[0], shop)?;
    std::fs::write(&paths[1], stock)?;
    Ok(paths)
}

#[test]
fn an_offset_is_estimated_accepted_and_part_of_later_runs() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    for path in captures(folder.path(), 600)? {
        case.import(&path, &OpenOptions::default(), &Unwatched)?;
    }
    let before = case.analyze(&Config::default(), None, &Unwatched)?;
    let estimates = case.estimate_clocks(&Unwatched)?;
    let [estimate] = estimates.as_slice() else { return Err(format!("{estimates:?}").into()) };
    assert!((estimate.offset_nanos + AHEAD).abs() <= 2 * MS, "{estimate:?}");
    let evidence = &estimate.evidence;
    assert!(evidence.low_nanos <= -AHEAD && -AHEAD <= evidence.high_nanos, "{evidence:?}");
    assert_eq!((evidence.fit_before, evidence.fit_after, evidence.pairs), (0, 588, 588));
    assert!(estimate.is_sure() && estimate.source.service.as_deref() == Some("stock"));
    assert!(case.clocks()?.is_empty(), "an estimate changes nothing");

    case.correct_clock(&estimate.source, estimate.offset_nanos, Some(evidence.clone()))?;
    let config = case.with_decisions(Config::default())?;
    assert_eq!(case.clock_offsets(&config)?, [0, estimate.offset_nanos]);
    let after = case.analyze(&config, None, &Unwatched)?;
    assert_eq!((after.id, after.config.clocks.len()), (before.id + 1, 1));
    assert_eq!(case.analyze(&Config::default(), None, &Unwatched)?.id, before.id);
    let begins = |run: i64, stream: u32| -> Result<Vec<Option<i64>>, case::CaseError> {
        Ok(case.windows(run, stream)?.into_iter().map(|window| window.start_nanos).collect())
    };
    assert_eq!(begins(after.id, 0)?, begins(before.id, 0)?);
    let shifted: Vec<_> =
        begins(before.id, 1)?.into_iter().map(|at| at.map(|at| at + estimate.offset_nanos)).collect();
    assert_eq!(begins(after.id, 1)?, shifted);
    let own = case.event(1, 0)?.event.time_nanos.ok_or("a span has a time")?;
    assert!(own > BEGIN + AHEAD, "events keep their own time");
    assert!(case.verify(&Unwatched)?.is_sound());
    Ok(())
}

#[test]
fn a_correction_of_a_followed_capture_holds_while_it_grows() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("app.log");
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    std::fs::write(&path, "2026-03-01T00:00:01Z INFO one\n")?;
    let mut growing = case::Growing::open(&path)?;
    let mut take =
        |case: &mut Case| case.take_grown(&mut growing, false, &OpenOptions::default(), &Unwatched).map(drop);
    take(&mut case)?;
    let capture = |case: &Case| Ok::<_, case::CaseError>(case.captures()?[0].sha256.clone());
    let first = ClockSource { capture: capture(&case)?, service: None };
    case.correct_clock(&first, 5, None)?;
    let before = case.with_decisions(Config::default())?;
    std::fs::write(&path, "2026-03-01T00:00:01Z INFO one\n2026-03-01T00:00:02Z INFO two\n")?;
    take(&mut case)?;
    assert_ne!(capture(&case)?, first.capture);
    let config = case.with_decisions(Config::default())?;
    assert_eq!((case.clock_offsets(&config)?, case.clock_offsets(&before)?), (vec![5], vec![5]));
    assert_eq!(case.clocks()?[0].capture, capture(&case)?);
    let later = case.correct_clock(&ClockSource { capture: capture(&case)?, service: None }, 7, None)?;
    assert_eq!(case.clock_offsets(&case.with_decisions(Config::default())?)?, [7]);
    case.decide(&Subject::Case, &Decision::Withdraw { decision: later })?;
    assert!(case.clocks()?.is_empty(), "it took the place of the first");
    Ok(())
}

#[test]
fn a_correction_can_be_given_replaced_and_withdrawn() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    for path in captures(folder.path(), 40)? {
        case.import(&path, &OpenOptions::default(), &Unwatched)?;
    }
    let capture = case.captures()?[1].sha256.clone();
    let all = ClockSource { capture: capture.clone(), service: None };
    let stock = ClockSource { service: Some("stock".to_owned()), ..all.clone() };
    case.correct_clock(&all, 5, None)?;
    assert_eq!(case.clock_offsets(&case.with_decisions(Config::default())?)?, [0, 5]);
    let first = case.correct_clock(&stock, 7, None)?;
    let second = case.correct_clock(&stock, -9, None)?;
    assert_eq!(case.clock_offsets(&case.with_decisions(Config::default())?)?, [0, -9]);
    assert!(case.decisions()?.iter().any(|row| row.id == first && !row.stands));
    case.decide(&Subject::Case, &Decision::Withdraw { decision: second })?;
    assert_eq!(case.clock_offsets(&case.with_decisions(Config::default())?)?, [0, 5]);
    let stream = Subject::Stream { stream: 1 };
    let clock = Decision::Clock { service: None, offset_nanos: 1, evidence: None };
    assert!(case.decide(&stream, &clock).is_err(), "a stream has no clock of its own");
    Ok(())
}
