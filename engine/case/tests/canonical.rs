//! Canonical tests of findings: as the run measured them, kept, and in cases of the earlier schema too.

mod common;

use std::path::{Path, PathBuf};

use case::{Case, CaseError, TestChoice};
use cbad::{CodecName, Config, Statistic, TestError, Unwatched};
use common::{CancelAfter, Numbers, Outcome, spans, text_log};
use ingest::OpenOptions;
use rusqlite::Connection;

fn analysed(folder: &Path) -> Result<(PathBuf, Case), Box<dyn std::error::Error>> {
    let path = folder.join("a.driftlock");
    let mut case = Case::create(&path)?;
    case.import(&spans(folder, "s.jsonl", 1500)?, &OpenOptions::default(), &Unwatched)?;
    case.import(&text_log(folder, "a.log", 3000)?, &OpenOptions::default(), &Unwatched)?;
    case.analyze(&Config::default(), None, &Unwatched)?;
    Ok((path, case))
}

fn choice(codec: CodecName, statistic: Statistic, permutations: u32) -> TestChoice {
    TestChoice { codec, statistic, permutations }
}

#[test]
fn a_finding_is_tested_as_the_run_measured_it() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (_, mut case) = analysed(folder.path())?;
    let run = case.latest_run()?.ok_or("a run")?;
    for row in case.findings(run.id)? {
        let window = case.windows(run.id, row.stream.id)?.swap_remove(row.finding.window as usize);
        for (codec, sizes) in [(CodecName::Zstd, window.zstd), (CodecName::Count, window.count)] {
            let test =
                case.canonical_test(run.id, row.id, choice(codec, Statistic::Ncd, 20), None, &Unwatched)?;
            assert_eq!((test.window, test.sizes, test.seed), (window.index, sizes, run.config.seed));
            assert_eq!(test.observed.to_bits(), sizes.ncd().to_bits());
        }
    }
    let burst = choice(CodecName::Zstd, Statistic::Delta, 99);
    assert!(case.canonical_test(run.id, 1, burst, None, &Unwatched)?.p.value <= 0.05);
    Ok(())
}

/// A log in which every third line is a refused connection from two fifths on.
fn changed_for_good(folder: &Path) -> std::io::Result<PathBuf> {
    let mut numbers = Numbers(3);
    let line = |at: u64| {
        let what = match numbers.below(6) {
            _ if at >= 800 && at.is_multiple_of(3) => "ERROR shop: connection to db-primary refused",
            0 | 1 => "INFO shop: order read",
            2 => "INFO shop: items listed",
            3 => "DEBUG shop: cache hit",
            4 => "INFO shop: session opened",
            _ => "INFO shop: session closed",
        };
        format!("2026-03-03T08:{:02}:{:02}Z {what}\n", at / 60 % 60, at % 60)
    };
    let path = folder.join("for-good.log");
    std::fs::write(&path, (0..2_000).map(line).collect::<String>())?;
    Ok(path)
}

#[test]
fn what_lasts_is_compared_with_what_is_outside_of_it() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = Case::create(&folder.path().join("a.driftlock"))?;
    case.import(&changed_for_good(folder.path())?, &OpenOptions::default(), &Unwatched)?;
    let run = case.analyze(&Config::default(), None, &Unwatched)?.id;
    let lasts = |row: &case::FindingRow| row.finding.lasting.is_some_and(|lasting| lasting.stays);
    let row = case.findings(run)?.into_iter().find(lasts).ok_or("it lasts")?;
    assert!((795..810).contains(&row.finding.first_event), "{:?}", row.finding);
    let bits = case.attribution(run, row.id, &Unwatched)?;
    let first = &bits.kinds[0];
    assert!(first.bits > 20.0 && first.tokens.iter().any(|token| token.seen == 0), "{first:?}");
    let asked = choice(CodecName::Zstd, Statistic::Ncd, 99);
    assert!(case.canonical_test(run, row.id, asked, None, &Unwatched)?.p.value <= 0.05);
    Ok(())
}

#[test]
fn a_test_is_kept_and_asked_again_it_is_given_back() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (path, mut case) = analysed(folder.path())?;
    assert!(case.canonical_tests(1, 1)?.is_empty());
    let before = case.content_sha256()?;
    let asked = choice(CodecName::Zstd, Statistic::Ncd, 200);
    let first = case.canonical_test(1, 1, asked, Some(1), &Unwatched)?;
    // Work that is cancelled at once still gives what is kept.
    assert_eq!(case.canonical_test(1, 1, asked, Some(2), &CancelAfter::new(0))?, first);
    let other = case.canonical_test(1, 1, choice(CodecName::Lz4, Statistic::Delta, 50), None, &Unwatched)?;
    drop(case);
    let case = Case::open_read_only(&path)?;
    assert_eq!(case.canonical_tests(1, 1)?, [other, first.clone()]);
    assert!(case.canonical_tests(1, 2)?.is_empty());
    assert_ne!(case.content_sha256()?, before);
    // The same test in a case of its own, with another number of threads: the same to the last digit.
    let folder = tempfile::tempdir()?;
    let (_, mut case) = analysed(folder.path())?;
    assert_eq!(case.canonical_test(1, 1, asked, Some(3), &Unwatched)?, first);
    Ok(())
}

#[test]
fn what_cannot_be_tested_or_is_stopped_leaves_nothing() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (path, mut case) = analysed(folder.path())?;
    let asked = choice(CodecName::Zstd, Statistic::Ncd, 500);
    for looks in [0, 1, 40] {
        let stopped = case.canonical_test(1, 1, asked, Some(2), &CancelAfter::new(looks));
        assert!(matches!(stopped, Err(CaseError::Cancelled)), "{looks}: {stopped:?}");
    }
    let mut test = |run, finding, permutations| {
        case.canonical_test(
            run,
            finding,
            choice(CodecName::Zstd, Statistic::Ncd, permutations),
            None,
            &Unwatched,
        )
    };
    assert!(matches!(test(1, 99, 9), Err(CaseError::NoSuch { what: "finding", .. })));
    assert!(matches!(test(7, 1, 9), Err(CaseError::NoSuch { what: "run", .. })));
    assert!(matches!(test(1, 1, 0), Err(CaseError::Test(TestError::NoPermutations))));
    Connection::open(&path)?.execute_batch("UPDATE run SET engine = 'cbad 0.0.1'")?;
    let refused = test(1, 1, 9).err().ok_or("it was tested")?;
    assert!(
        matches!(&refused, CaseError::OtherEngine { run: 1, .. })
            && refused.to_string().contains("cbad 0.0.1")
    );
    assert!(case.canonical_tests(1, 1)?.is_empty());
    Ok(())
}

/// A case of the schema before canonical tests were kept: the same tables without theirs.
#[test]
fn a_case_of_the_earlier_schema_is_read_as_it_is_and_moved_forward_when_there_is_something_to_keep() -> Outcome
{
    let folder = tempfile::tempdir()?;
    let (path, mut case) = analysed(folder.path())?;
    let (run, findings) = (case.latest_run()?, case.findings(1)?);
    let test = case.canonical_test(1, 1, choice(CodecName::Zstd, Statistic::Ncd, 30), None, &Unwatched)?;
    drop(case);
    Connection::open(&path)?.execute_batch(
        "DROP TABLE canonical_test; DROP TABLE redaction_count; DROP TABLE redaction; DROP TABLE anchor;
        DROP TABLE run_drift; DROP TABLE block_index; DROP TABLE window_block; DROP TABLE audit;
        DROP TABLE audit_head; DROP TABLE capture_member; DROP TABLE capture_file; DROP TABLE capture_limit;
        PRAGMA user_version = 1; VACUUM;",
    )?;
    let version =
        || Connection::open(&path)?.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    for case in [Case::open_read_only(&path)?, Case::open(&path)?] {
        assert_eq!((case.latest_run()?, case.findings(1)?), (run.clone(), findings.clone()));
        assert!(case.canonical_tests(1, 1)?.is_empty());
        case.content_sha256()?;
    }
    assert_eq!(version()?, 1, "opening moves nothing");
    let mut case = Case::open(&path)?;
    let again = case.canonical_test(1, 1, choice(CodecName::Zstd, Statistic::Ncd, 30), None, &Unwatched)?;
    assert_eq!(again, test);
    drop(case);
    assert_eq!(version()?, 5);
    let case = Case::open_read_only(&path)?;
    assert_eq!(
        (case.latest_run()?, case.findings(1)?, case.canonical_tests(1, 1)?),
        (run, findings, vec![test])
    );
    Ok(())
}
