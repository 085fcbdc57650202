//! Work that is cancelled returns, looks often enough, and leaves nothing in the case.

mod common;

use std::ops::ControlFlow;
use std::path::Path;

use case::{Case, CaseError, MatrixChoice, Query, Subject, TestChoice};
use cbad::{Config, Unwatched, Watch};
use common::{CancelAfter, Looks, Numbers, Outcome, SPANS_BEGIN, span_line, spans, text_log};
use ingest::OpenOptions;

type Work = fn(&mut Case, &dyn Watch) -> Result<(), CaseError>;

/// Each kind of long work over a case, but for imports.
const WORKS: [(&str, Work); 10] = [
    ("analysis", |case, watch| {
        case.analyze(&Config { seed: 77, ..Config::default() }, Some(2), watch).map(drop)
    }),
    ("canonical test", |case, watch| {
        let run = case.runs()?[0].id;
        let choice = TestChoice { permutations: 50_000, ..TestChoice::default() };
        case.canonical_test(run, 1, choice, Some(2), watch).map(drop)
    }),
    ("matrix", |case, watch| case.ncd_matrix(0, MatrixChoice::default(), Some(2), watch).map(drop)),
    ("search", |case, watch| {
        case.search(&Query::new(), 10, watch, &mut |_| ControlFlow::Continue(())).map(drop)
    }),
    ("positions", |case, watch| {
        case.search_positions(&Query::new(), watch, &mut |_, _| ControlFlow::Continue(())).map(drop)
    }),
    ("comparison", |case, watch| {
        let after = Subject::Events { stream: 0, first_event: 100, last_event: 200 };
        case.compare(None, &after, watch).map(drop)
    }),
    ("verification", |case, watch| case.verify(watch).map(drop)),
    ("spans", |case, watch| case.spans_in(i64::MIN..i64::MAX, watch).map(drop)),
    ("calls", |case, watch| case.calls(i64::MIN..i64::MAX, watch).map(drop)),
    ("clocks", |case, watch| case.estimate_clocks(watch).map(drop)),
];

fn case_of(folder: &Path) -> Result<Case, Box<dyn std::error::Error>> {
    let mut case = Case::create(&folder.join("c.driftlock"))?;
    case.import(&text_log(folder, "a.log", 6_000)?, &OpenOptions::default(), &Unwatched)?;
    case.import(&spans(folder, "spans.jsonl", 200)?, &OpenOptions::default(), &Unwatched)?;
    case.analyze(&Config::default(), Some(2), &Unwatched)?;
    Ok(case)
}

#[test]
fn whatever_is_cancelled_returns_so_and_leaves_the_case_as_it_was() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = case_of(folder.path())?;
    let before = (case.content_sha256()?, case.runs()?.len(), case.audit()?.len());
    for (name, work) in WORKS {
        // The first look, and those after it that every one of them comes to.
        for looks in 0..2 {
            let given = work(&mut case, &CancelAfter::new(looks));
            assert!(matches!(given, Err(CaseError::Cancelled)), "{name} after {looks} looks: {given:?}");
        }
    }
    assert_eq!((case.content_sha256()?, case.runs()?.len(), case.audit()?.len()), before);
    assert!(case.canonical_tests(case.runs()?[0].id, 1)?.is_empty());
    Ok(())
}

#[test]
fn a_block_is_all_that_lies_between_two_looks() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    case.import(&text_log(folder.path(), "long.log", 120_000)?, &OpenOptions::default(), &Unwatched)?;
    let blocks = case.verify(&Unwatched)?.blocks;
    assert!(blocks > 8, "{blocks} blocks tell nothing");
    let all = Query::new();
    let search = Looks::of(|watch| case.search(&all, 0, watch, &mut |_| ControlFlow::Continue(())))?;
    assert!(search >= blocks, "{search} looks over {blocks} blocks searched");
    let events = case.streams()?[0].events;
    let after = Subject::Events { stream: 0, first_event: events / 2, last_event: events - 1 };
    let compared = Looks::of(|watch| case.compare(None, &after, watch))?;
    assert!(compared >= 2 * blocks, "{compared} looks over {blocks} blocks compared");
    let analysed = Looks::of(|watch| case.analyze(&Config::default(), Some(2), watch))?;
    let windows = case.runs()?[0].windows;
    assert!(
        analysed >= blocks + windows / 256,
        "{analysed} looks over {blocks} blocks and {windows} windows"
    );
    Ok(())
}

#[test]
fn putting_a_stream_in_order_looks_at_each_block_and_is_taken_up_again() -> Outcome {
    let folder = tempfile::tempdir()?;
    let capture = folder.path().join("spans.jsonl");
    let mut numbers = Numbers(3);
    let begin = |index: u64| SPANS_BEGIN + index * 1_000_000;
    let lines = (0..12_000)
        .map(|index| span_line("checkout", "pay", begin(index) - numbers.below(50) * 1_000_000) + "\n");
    std::fs::write(&capture, lines.collect::<String>())?;
    let mut undisturbed = Case::temporary()?;
    let looks = Looks::of(|watch| undisturbed.import(&capture, &OpenOptions::default(), watch))?;
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    // From the end on, each a look earlier: the last ones fall into the ordering, which is undone as a whole. An import that had
    // to wait for its threads less often than the first is over before the last looks of that.
    let mut stopped = 0;
    for earlier in 1..looks {
        match case.import(&capture, &OpenOptions::default(), &CancelAfter::new(looks - earlier)) {
            Err(CaseError::Cancelled) => stopped += 1,
            Ok(_) if stopped == 0 => {
                case = Case::create(&folder.path().join(format!("{earlier}.driftlock")))?;
            }
            Ok(_) => break,
            Err(other) => return Err(other.into()),
        }
        if stopped == 6 {
            break;
        }
    }
    assert!(stopped > 0, "one of the last of {looks} looks is one at which it can be stopped");
    case.import(&capture, &OpenOptions::default(), &Unwatched)?;
    assert_eq!(case.content_sha256()?, undisturbed.content_sha256()?);
    Ok(())
}
