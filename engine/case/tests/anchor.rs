//! Runs against another case, and what the end of a capture says of a stream that ended before.

mod common;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use case::{Case, CaseError, TestChoice};
use cbad::{Baseline, Config, Lens, ShiftKind, Stretch, Unwatched};
use common::{Outcome, SPANS_BEGIN, span_line, text_log};
use ingest::OpenOptions;

fn case_of(path: &Path, capture: &Path) -> Result<Case, CaseError> {
    let mut case = Case::open_or_create(path)?;
    case.import(capture, &OpenOptions::default(), &Unwatched)?;
    Ok(case)
}

/// A log like [`text_log`]'s without its odd lines, of which every third fails from line `from` on.
fn sick_log(folder: &Path, name: &str, from: usize) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let healthy = std::fs::read(text_log(folder, name, 2000)?)?;
    let mut text = String::new();
    for (number, line) in String::from_utf8_lossy(&healthy).lines().enumerate() {
        let line = line.split(" failed").next().unwrap_or_default().replace('\u{fffd}', "");
        let sick = if number >= from && number % 3 == 0 {
            " failed: disk quota exceeded on volume nine"
        } else {
            ""
        };
        writeln!(text, "{}{sick}", line.trim_end())?;
    }
    let path = folder.join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}

#[test]
fn an_incident_from_end_to_end_is_found_against_a_healthy_case() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    let healthy = sick_log(folder.path(), "healthy.log", usize::MAX)?;
    let sick = sick_log(folder.path(), "today.log", 0)?;
    drop(case_of(&at("healthy.driftlock"), &healthy)?);
    let mut case = case_of(&at("today.driftlock"), &sick)?;
    let rest = case.analyze(&Config::default(), None, &Unwatched)?;
    assert_eq!(rest.flagged, 0, "all of the capture is its own baseline");
    assert_eq!(rest.streams[0].drift, None);

    let baseline = case.anchor(&at("healthy.driftlock"))?;
    let config = Config { baseline, ..Config::default() };
    let run = case.analyze(&config, Some(2), &Unwatched)?;
    assert!(run.flagged * 10 > run.windows * 9, "{} of {}", run.flagged, run.windows);
    let first = &case.findings(run.id)?[0].finding;
    assert!(first.explanation.sentence.contains("quota"), "{}", first.explanation.sentence);
    let driver = case.event(0, first.explanation.drivers[0].event)?.event;
    assert!(String::from_utf8_lossy(&driver.body).contains("quota"), "positions are the capture's own");
    let drift = run.streams[0].drift.ok_or("a stream with a partner has a drift")?;
    assert!(drift.ratio() > 1.3 && drift.anchor_events == 2000, "{drift:?}");
    assert_eq!(case.run(run.id)?, run);
    let test = case.canonical_test(
        run.id,
        1,
        TestChoice { permutations: 30, ..TestChoice::default() },
        None,
        &Unwatched,
    )?;
    assert_eq!(test.window, first.window);

    // Analysing the anchor, or moving it, makes no other anchor of it; the run is found again.
    let mut anchor = Case::open(&at("healthy.driftlock"))?;
    anchor.analyze(&Config::default(), None, &Unwatched)?;
    drop(anchor);
    std::fs::rename(at("healthy.driftlock"), at("moved.driftlock"))?;
    let gone = case.analyze(&Config { seed: 1, ..config.clone() }, None, &Unwatched);
    assert!(
        matches!(&gone, Err(CaseError::AnchorChanged { path }) if path.ends_with("healthy.driftlock")),
        "{gone:?}"
    );
    let baseline = case.anchor(&at("moved.driftlock"))?;
    assert_eq!(baseline.to_string(), "anchor:moved.driftlock");
    assert_eq!(case.analyze(&Config { baseline, ..Config::default() }, None, &Unwatched)?.id, run.id);
    Ok(())
}

#[test]
fn a_capture_is_no_drift_from_itself_and_its_events_are_not_flagged() -> Outcome {
    let folder = tempfile::tempdir()?;
    let log = text_log(folder.path(), "a.log", 3000)?;
    drop(case_of(&folder.path().join("anchor.driftlock"), &log)?);
    let mut case = case_of(&folder.path().join("own.driftlock"), &log)?;
    let baseline = case.anchor(&folder.path().join("anchor.driftlock"))?;
    let run = case.analyze(&Config { baseline, ..Config::default() }, None, &Unwatched)?;
    let drift = run.streams[0].drift.ok_or("it has a partner")?;
    assert!((0.7..1.05).contains(&drift.ratio()) && drift.ncd() < 0.3, "{drift:?}");
    assert_eq!(run.flagged, 0);
    Ok(())
}

#[test]
fn only_a_case_can_be_an_anchor_and_a_stream_without_a_partner_says_so() -> Outcome {
    let folder = tempfile::tempdir()?;
    let log = text_log(folder.path(), "a.log", 1000)?;
    let mut case = case_of(&folder.path().join("own.driftlock"), &log)?;
    let refused = case.anchor(&log).err().ok_or("a capture was taken")?;
    assert!(matches!(refused, CaseError::AnchorNotACase { .. }) && refused.to_string().contains("--case"));
    assert!(matches!(case.anchor(&folder.path().join("none")), Err(CaseError::NotFound { .. })));
    let spans = common::spans(folder.path(), "s.jsonl", 200)?;
    drop(case_of(&folder.path().join("spans.driftlock"), &spans)?);
    let baseline = case.anchor(&folder.path().join("spans.driftlock"))?;
    let run = case.analyze(&Config { baseline, ..Config::default() }, None, &Unwatched)?;
    assert_eq!((run.windows, run.streams[0].note.as_deref()), (0, Some("the anchor has no such stream")));
    let elsewhere = Baseline::Anchor { sha256: "0".repeat(64), file_name: "x.driftlock".to_owned() };
    let unknown = case.analyze(&Config { baseline: elsewhere, ..Config::default() }, None, &Unwatched);
    assert!(matches!(unknown, Err(CaseError::AnchorUnknown { .. })), "{unknown:?}");
    Ok(())
}

#[test]
fn a_service_that_stops_half_way_is_a_silence() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut text = String::new();
    let mut numbers = common::Numbers(11);
    for index in 0..20_000_u64 {
        let at = SPANS_BEGIN + index * 50_000_000 + numbers.below(40_000_000);
        if index % 2 == 0 {
            writeln!(text, "{}", span_line("checkout", "place order", at))?;
        } else if index < 10_000 {
            writeln!(text, "{}", span_line("payments", "charge card", at))?;
        }
    }
    let capture = folder.path().join("stops.jsonl");
    std::fs::write(&capture, text)?;
    let mut case = case_of(&folder.path().join("stops.driftlock"), &capture)?;
    let run = case.analyze(&Config::default(), None, &Unwatched)?;
    let findings = case.findings(run.id)?;
    let flagged: Vec<_> = findings.iter().filter(|row| row.finding.flagged).collect();
    let [silence] = flagged[..] else { return Err(format!("{} findings", flagged.len()).into()) };
    assert_eq!(silence.stream.key.service.as_deref(), Some("payments"));
    assert_eq!(silence.finding.last_event + 1, silence.stream.events, "it is the end that is odd");
    let explanation = &silence.finding.explanation;
    assert_eq!(explanation.lens, Lens::Rate);
    assert!(
        explanation.shifts.iter().any(|shift| shift.kind == ShiftKind::Silence),
        "{:?}",
        explanation.shifts
    );
    Ok(())
}

#[test]
fn what_was_dismissed_is_not_flagged_in_the_new_run_and_the_old_one_stays() -> Outcome {
    let folder = tempfile::tempdir()?;
    let log = text_log(folder.path(), "a.log", 3000)?;
    let mut case = case_of(&folder.path().join("a.driftlock"), &log)?;
    let before = case.analyze(&Config::default(), None, &Unwatched)?;
    let found = case.finding(before.id, 1)?;
    assert!(found.finding.flagged);
    let stretch = Stretch {
        stream: found.stream.key.label(),
        first_event: found.finding.first_event,
        last_event: found.finding.last_event,
    };
    let after = case.analyze(&Config { dismissed: vec![stretch], ..Config::default() }, None, &Unwatched)?;
    assert!(
        after.id != before.id && after.flagged < before.flagged,
        "{} then {}",
        before.flagged,
        after.flagged
    );
    assert!(after.streams[0].note.as_deref().is_some_and(|note| note.contains("dismissed")));
    assert_eq!(case.run(before.id)?, before);
    Ok(())
}
