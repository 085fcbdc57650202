//! Two sides of a case against one another.

mod common;

use case::{Case, CaseError, Subject};
use cbad::{Aspect, Change, Config, Profile, Unwatched};
use common::{CancelAfter, Outcome, text_log};
use ingest::OpenOptions;

const SECOND: i64 = 1_000_000_000;

/// Two captures of one kind of log; the second has a kind of line that the first has not, and lacks one.
fn two_captures(folder: &std::path::Path) -> Result<Case, Box<dyn std::error::Error>> {
    let log = text_log(folder, "monday.log", 2000)?;
    let text = std::fs::read(&log)?;
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec);
    let mut other: Vec<Vec<u8>> =
        lines.filter(|line| !String::from_utf8_lossy(line).contains("worker picked")).collect();
    for (number, line) in other.iter_mut().enumerate().filter(|(number, _)| number % 20 == 3) {
        let stamp = String::from_utf8_lossy(&line[..line.len().min(20)]).into_owned();
        *line = format!("{stamp} ERROR upstream mirror rejected batch {number}").into_bytes();
    }
    let path = folder.join("tuesday.log");
    std::fs::write(&path, other.join(&b'\n'))?;
    let mut case = Case::create(&folder.join("c.driftlock"))?;
    for capture in [log, path] {
        case.import(&capture, &OpenOptions::default(), &Unwatched)?;
    }
    Ok(case)
}

fn captures(case: &Case) -> Result<[Subject; 2], Box<dyn std::error::Error>> {
    let rows = case.captures()?;
    Ok([0, 1].map(|at: usize| Subject::Capture { sha256: rows[at].sha256.clone() }))
}

#[test]
fn captures_are_compared_stream_by_stream_and_the_other_way_round_it_is_the_other_way_round() -> Outcome {
    let folder = tempfile::tempdir()?;
    let case = two_captures(folder.path())?;
    let [monday, tuesday] = captures(&case)?;
    let compared = case.compare(Some(&monday), &tuesday, &Unwatched)?;
    assert_eq!(compared.streams, 1, "logs that are called after their files belong together");
    let has = |compared: &case::Compared, change, part: &str| {
        let of_kind = compared.differences.iter().filter(|one| one.difference.aspect == Aspect::Kind);
        of_kind.filter(|one| one.difference.change == change).any(|one| one.difference.name.contains(part))
    };
    assert!(has(&compared, Change::New, "upstream mirror rejected batch"), "{compared:?}");
    assert!(has(&compared, Change::Gone, "worker picked job"), "{compared:?}");
    let new = compared.differences.iter().find(|one| one.difference.change == Change::New);
    let (stream, position) = new.and_then(|one| one.event).ok_or("it shows an event")?;
    let event = case.event(stream, position)?.event;
    assert!(String::from_utf8_lossy(&event.body).contains("upstream mirror rejected batch"));
    assert_eq!(case.compare(Some(&monday), &tuesday, &Unwatched)?, compared, "the same again");
    let back = case.compare(Some(&tuesday), &monday, &Unwatched)?;
    assert!(has(&back, Change::Gone, "upstream mirror rejected batch"));
    Ok(())
}

#[test]
fn a_selection_is_compared_with_the_rest_and_a_range_of_time_too() -> Outcome {
    let folder = tempfile::tempdir()?;
    let case = two_captures(folder.path())?;
    let row = case.stream(0)?;
    let odd = Subject::Events { stream: 0, first_event: 900, last_event: 1100 };
    let compared = case.compare(None, &odd, &Unwatched)?;
    assert_eq!([compared.sides[0].events, compared.sides[1].events], [row.events - 201, 201]);
    let start = row.start_nanos.ok_or("the log has times")?;
    let times = |from: i64, until: i64| Subject::Times {
        start_nanos: start + from * SECOND,
        end_nanos: start + until * SECOND,
    };
    let all = case.compare(None, &times(100, 200), &Unwatched)?;
    let within = |stream: u32| {
        let rows = case.events(stream, 0..u64::MAX)?;
        let times = start + 100 * SECOND..start + 200 * SECOND;
        let is_within = |row: &case::EventRow| row.event.time_nanos.is_some_and(|time| times.contains(&time));
        Ok::<_, CaseError>(rows.iter().filter(|row| is_within(row)).count() as u64)
    };
    assert_eq!(all.sides[1].events, within(0)? + within(1)?, "both captures have that time");
    let two = case.compare(Some(&times(0, 100)), &times(100, 200), &Unwatched)?;
    assert_eq!(two.sides[1].events, all.sides[1].events);
    assert!(two.sides[0].events < all.sides[0].events);
    Ok(())
}

#[test]
fn what_cannot_be_compared_is_refused_and_a_cancelled_comparison_ends() -> Outcome {
    let folder = tempfile::tempdir()?;
    let case = two_captures(folder.path())?;
    let [monday, tuesday] = captures(&case)?;
    let stream = Subject::Stream { stream: 0 };
    let empty = Subject::Times { start_nanos: 5, end_nanos: 5 };
    for (before, after) in [
        (None, &monday),
        (Some(&monday), &monday),
        (Some(&stream), &monday),
        (None, &Subject::Case),
        (None, &empty),
    ] {
        let refused = case.compare(before, after, &Unwatched);
        assert!(matches!(refused, Err(CaseError::CannotCompare { .. })), "{before:?} {after:?}: {refused:?}");
    }
    let cancelled = case.compare(Some(&monday), &tuesday, &CancelAfter::new(0));
    assert!(matches!(cancelled, Err(CaseError::Cancelled)));
    Ok(())
}

#[test]
fn findings_of_two_runs_are_matched_by_their_events() -> Outcome {
    let folder = tempfile::tempdir()?;
    let log = text_log(folder.path(), "app.log", 3000)?;
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    case.import(&log, &OpenOptions::default(), &Unwatched)?;
    let one = case.analyze(&Config::default(), None, &Unwatched)?;
    let strict = Config { alpha: Profile::Strict.alpha(), seed: 9, ..Config::default() };
    let other = case.analyze(&strict, None, &Unwatched)?;
    let compared = case.compare_runs(one.id, other.id)?;
    assert_eq!(compared.both.len() + compared.only_first.len(), one.findings as usize);
    assert_eq!(compared.both.len() + compared.only_second.len(), other.findings as usize);
    assert!(!compared.both.is_empty());
    for pair in &compared.both {
        let (a, b) = (&pair.first.finding, &pair.second.finding);
        assert!(a.stream == b.stream && a.first_event <= b.last_event && b.first_event <= a.last_event);
    }
    let names: Vec<&str> = compared.settings.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["alpha", "seed"]);
    Ok(())
}
