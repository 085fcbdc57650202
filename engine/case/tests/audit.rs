//! The chain of changes, and the decisions in it.

mod common;

use case::{Case, CaseError, Decision, Subject, TextHit};
use cbad::{Config, Unwatched};
use common::{Outcome, text_log};
use ingest::OpenOptions;
use rusqlite::Connection;

/// A case with a capture, a run and a few decisions.
fn analysed(folder: &std::path::Path) -> Result<Case, Box<dyn std::error::Error>> {
    let log = text_log(folder, "app.log", 3000)?;
    let mut case = Case::create(&folder.join("c.driftlock"))?;
    case.set_actor("anna");
    case.import(&log, &OpenOptions::default(), &Unwatched)?;
    case.analyze(&Config::default(), None, &Unwatched)?;
    Ok(case)
}

fn note(text: &str) -> Decision {
    Decision::Note { text: text.to_owned() }
}

#[test]
fn every_change_is_a_row_and_the_chain_holds() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = analysed(folder.path())?;
    let content = case.content_sha256()?;
    case.set_actor("ben");
    case.decide_finding(1, 1, &Decision::Dismiss { reason: Some("a known drill".to_owned()) })?;
    case.decide(&Subject::Case, &note("handed over"))?;
    assert_eq!(case.content_sha256()?, content, "what is decided is no evidence");
    // The same capture and the same run again are no change.
    case.import(&folder.path().join("app.log"), &OpenOptions::default(), &Unwatched)?;
    case.analyze(&Config::default(), None, &Unwatched)?;
    let rows = case.audit()?;
    let told: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.actor.as_str())).collect();
    assert_eq!(
        told,
        [("import_begin", "anna"), ("import", "anna"), ("run", "anna"), ("decide", "ben"), ("decide", "ben")]
    );
    assert!(rows[1].detail.contains(r#""events":3000"#), "{}", rows[1].detail);
    assert!(rows.windows(2).all(|pair| pair[0].sha256 == pair[1].previous_sha256));
    let head = case.audit_head()?.ok_or("a case of this schema has one")?;
    assert_eq!((head.rows, &head.sha256), (5, &rows[4].sha256));
    let found = case.verify(&Unwatched)?;
    assert!(found.is_sound() && found.audit_rows == 5, "{found:?}");
    Ok(())
}

#[test]
fn a_row_that_was_changed_removed_or_moved_is_named() -> Outcome {
    let attacks = [
        ("UPDATE audit SET actor = 'eve' WHERE sequence = 1", "Audit row 1 (import by eve", 1),
        ("UPDATE audit SET detail = '{}' WHERE sequence = 2", "Audit row 2 (run by anna", 1),
        ("DELETE FROM audit WHERE sequence = 1", "Audit row 1 is missing", 1),
        ("DELETE FROM audit WHERE sequence >= 3", "Audit rows 3 to 4 are missing", 1),
        (
            "UPDATE audit SET sequence = -1 WHERE sequence = 3; UPDATE audit SET sequence = 3 WHERE sequence = 4;
            UPDATE audit SET sequence = 4 WHERE sequence = -1",
            "Audit row 3 (decide by anna",
            3,
        ),
        (
            "DELETE FROM audit WHERE sequence = 3; UPDATE audit SET sequence = 3 WHERE sequence = 4;
            UPDATE audit_head SET rows = 4",
            "Audit row 3 (decide by anna",
            1,
        ),
    ];
    let folder = tempfile::tempdir()?;
    let mut case = analysed(folder.path())?;
    case.decide(&Subject::Case, &note("first"))?;
    case.decide(&Subject::Case, &note("second"))?;
    drop(case);
    let whole = folder.path().join("c.driftlock");
    for (attack, named, problems) in attacks {
        let path = folder.path().join("attacked.driftlock");
        std::fs::copy(&whole, &path)?;
        let attacker = Connection::open(&path)?;
        assert!(attacker.execute_batch(attack).is_err(), "not by accident: {attack}");
        attacker.execute_batch("DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_removed;")?;
        attacker.execute_batch(attack)?;
        drop(attacker);
        let found = Case::open_read_only(&path)?.verify(&Unwatched)?;
        assert_eq!(found.problems.len(), problems, "{attack}: {:?}", found.problems);
        assert!(found.problems[0].starts_with(named), "{attack}: {:?}", found.problems);
    }
    Ok(())
}

#[test]
fn what_stands_follows_from_the_decisions_in_order() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = analysed(folder.path())?;
    let stream = Subject::Stream { stream: 0 };
    let tag = |tag: &str| Decision::Tag { tag: tag.to_owned() };
    let dismiss = case.decide_finding(1, 1, &Decision::Dismiss { reason: None })?;
    assert_eq!(case.decide_finding(1, 1, &Decision::Dismiss { reason: None })?, dismiss, "kept once");
    let confirm = case.decide_finding(1, 1, &Decision::Confirm { reason: Some("it paged us".to_owned()) })?;
    let tags = [case.decide(&stream, &tag("db"))?, case.decide(&stream, &tag("pool"))?];
    let notes = [case.decide(&stream, &note("see 4711"))?, case.decide(&stream, &note("see 4711"))?];
    case.decide(&Subject::Case, &Decision::Withdraw { decision: tags[0] })?;
    let again = case.decide(&Subject::Case, &Decision::Withdraw { decision: tags[0] });
    assert!(matches!(again, Err(CaseError::NoDecision { .. })), "{again:?}");
    let standing: Vec<u64> = case.decisions()?.iter().filter(|row| row.stands).map(|row| row.id).collect();
    assert_eq!(standing, [confirm, tags[1], notes[0], notes[1]]);

    let config = case.with_decisions(Config::default())?;
    let row = case.finding(1, 1)?;
    assert!(config.dismissed.is_empty() && config.confirmed.len() == 1);
    assert_eq!(
        (config.confirmed[0].first_event, config.confirmed[0].last_event),
        (row.finding.first_event, row.finding.last_event)
    );
    for (subject, decision) in [
        (Subject::Stream { stream: 9 }, tag("x")),
        (Subject::Events { stream: 0, first_event: 5, last_event: 4 }, tag("x")),
        (Subject::Events { stream: 0, first_event: 5, last_event: 3000 }, tag("x")),
        (Subject::Times { start_nanos: 5, end_nanos: 5 }, tag("x")),
        (Subject::Capture { sha256: "00".to_owned() }, tag("x")),
        (stream.clone(), tag(" ")),
        (stream.clone(), Decision::Dismiss { reason: None }),
        (stream.clone(), Decision::Link { to: stream.clone() }),
    ] {
        let rows = case.audit()?.len();
        assert!(case.decide(&subject, &decision).is_err(), "{subject:?} {decision:?}");
        assert_eq!(case.audit()?.len(), rows);
    }
    assert!(case.verify(&Unwatched)?.is_sound());
    Ok(())
}

#[test]
fn words_are_found_in_findings_and_notes() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut case = analysed(folder.path())?;
    let id = case.decide(&Subject::Case, &note("Ask Zoé about the Exhausted pool \"*"))?;
    let withdrawn = case.decide(&Subject::Case, &note("exhausted too"))?;
    case.decide(&Subject::Case, &Decision::Withdraw { decision: withdrawn })?;
    let reader = Case::open_read_only(case.path())?;
    let hits = reader.search_text(Some(1), "exhaust* pool")?;
    let findings = hits.iter().filter(|hit| matches!(hit, TextHit::Finding { .. })).count();
    let decisions: Vec<u64> = hits
        .iter()
        .filter_map(|hit| match hit {
            TextHit::Decision { row, .. } => Some(row.id),
            TextHit::Finding { .. } => None,
        })
        .collect();
    assert!(findings > 0 && decisions == [id], "{hits:?}");
    assert_eq!(reader.search_text(None, "zoe")?.len(), 1, "accents do not matter");
    assert_eq!(reader.search_text(Some(1), "\"pool connection\" zoe")?.len(), 0);
    assert!(reader.search_text(Some(1), "zebra")?.is_empty());
    assert!(reader.search_text(Some(1), "\" - *")?.is_empty());
    Ok(())
}

/// Where the child of the test below finds its case.
const OF_THE_CHILD: &str = "DRIFTLOCK_TEST_CASE";

/// Decides without end, and says each number once the call has returned.
fn decide_without_end(path: &std::path::Path) -> Outcome {
    let mut case = Case::open(path)?;
    loop {
        let id = case.decide(&Subject::Case, &note("once more"))?;
        println!("\nkept {id}");
    }
}

#[cfg(unix)]
#[test]
fn a_decision_survives_a_kill_right_after_it() -> Outcome {
    use std::io::BufRead as _;
    // The test starts itself: the child is this program with a case to decide in, and never gets beyond this line.
    if let Some(path) = std::env::var_os(OF_THE_CHILD) {
        return decide_without_end(path.as_ref());
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("c.driftlock");
    drop(Case::create(&path)?);
    let mut kept = 0;
    for round in 1..=5 {
        let mut child = std::process::Command::new(std::env::current_exe()?)
            .args(["a_decision_survives_a_kill_right_after_it", "--exact", "--nocapture"])
            .env(OF_THE_CHILD, &path)
            .stdout(std::process::Stdio::piped())
            .spawn()?;
        let said = std::io::BufReader::new(child.stdout.take().ok_or("it is piped")?);
        let numbers = said.lines().filter_map(|line| line.ok()?.strip_prefix("kept ")?.parse::<u64>().ok());
        kept = numbers.take(3 * round).last().ok_or("it decides")?;
        child.kill()?;
        child.wait()?;
        let case = Case::open(&path)?;
        assert!(case.decisions()?.iter().any(|row| row.id == kept && row.stands), "round {round}");
        assert!(case.verify(&Unwatched)?.is_sound());
    }
    assert!(kept >= 44, "{kept}");
    Ok(())
}
