//! The story of a case, and a case read through a veil.

mod common;

use case::{Case, CaseError, Decision, SourceBytes, Subject, Veil, inert, show_through};
use cbad::{Config, Unwatched};
use common::{Outcome, text_log};
use ingest::{OpenOptions, Redaction};

fn step(step: Option<u64>, place: u32, title: &str) -> Decision {
    Decision::Step { step, place, title: title.to_owned(), note: String::new(), state: "{}".to_owned() }
}

fn told(case: &Case) -> Result<Vec<(u64, String)>, CaseError> {
    Ok(case.story()?.into_iter().map(|step| (step.step, step.title)).collect())
}

#[test]
fn steps_are_added_changed_moved_taken_out_and_brought_back_and_all_of_it_is_in_the_chain() -> Outcome {
    let folder = tempfile::tempdir()?;
    let log = text_log(folder.path(), "app.log", 300)?;
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    case.import(&log, &OpenOptions::default(), &Unwatched)?;
    let about = Subject::Events { stream: 0, first_event: 3, last_event: 9 };
    let first = case.decide(&about, &step(None, 1, "It begins"))?;
    let second = case.decide(&Subject::Case, &step(None, 2, "It ends"))?;
    // The same words again are another step.
    let third = case.decide(&Subject::Case, &step(None, 3, "It ends"))?;
    assert_eq!(
        told(&case)?,
        [(first, "It begins".into()), (second, "It ends".into()), (third, "It ends".into())]
    );
    case.decide(&about, &step(Some(first), 4, "It began"))?;
    assert_eq!(
        told(&case)?,
        [(second, "It ends".into()), (third, "It ends".into()), (first, "It began".into())]
    );
    assert_eq!(case.story()?[2].subject, about);
    let gone = case.story()?.into_iter().find(|row| row.step == second).ok_or("it stands")?;
    case.decide(&Subject::Case, &Decision::Withdraw { decision: gone.decision })?;
    assert_eq!(told(&case)?.len(), 2);
    case.decide(&gone.subject, &gone.again())?;
    assert_eq!(told(&case)?[0], (second, "It ends".into()), "it is back in its place");
    for refused in [step(Some(999), 1, "x"), step(None, 1, "  ")] {
        assert!(matches!(case.decide(&Subject::Case, &refused), Err(CaseError::CannotDecide { .. })));
    }
    assert!(case.verify(&Unwatched)?.is_sound());
    assert_eq!(case.audit()?.iter().filter(|row| row.action == "decide").count(), 6);
    Ok(())
}

#[test]
fn a_case_read_through_a_veil_gives_nothing_that_the_rules_name() -> Outcome {
    let folder = tempfile::tempdir()?;
    let line = |i: u32, user: &str| {
        let time = format!("2026-03-01T12:{:02}:{:02}Z", i / 60 % 60, i % 60);
        format!(
            r#"{{"time":"{time}","msg":"mail sent to {user}@shop.test from 10.1.2.{}","user.name":"{user}","password":"pw-{user}-{i}"}}"#,
            i % 9
        )
    };
    let usual = (0..600).map(|i| line(i, "annabel"));
    let odd = (600..640).map(|i| line(i, "mallory").replace("mail sent", "door forced open"));
    let lines: Vec<String> = usual.chain(odd).chain((640..1200).map(|i| line(i, "annabel"))).collect();
    let capture = folder.path().join("mail.jsonl");
    std::fs::write(&capture, lines.join("\n"))?;
    let path = folder.path().join("c.driftlock");
    let mut case = Case::create(&path)?;
    case.import(&capture, &OpenOptions::default(), &Unwatched)?;
    let run = case.analyze(&Config::default(), None, &Unwatched)?.id;
    let clear = format!("{:?} {:?}", case.findings(run)?, case.events(0, 0..9999)?);
    assert!(clear.contains("mallory@shop.test") || clear.contains("mallory"));
    drop(case);

    let veil = Veil::new(Redaction::personal())?;
    let mut case = Case::open_read_only(&path)?;
    case.read_through(&veil)?;
    for row in case.events(0, 0..9999)? {
        let text = format!("{} {:?}", String::from_utf8_lossy(&row.event.body), row.event.fields);
        for secret in ["mallory", "annabel", "pw-", "10.1.2."] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    let mut hits = Vec::new();
    let mut take = |hit: case::Hit| {
        hits.push((hit.row.event.fields, String::from_utf8_lossy(&hit.row.event.body).into_owned()));
        std::ops::ControlFlow::Continue(())
    };
    case.search(&case::Query::new(), u64::MAX, &Unwatched, &mut take)?;
    let odd = Subject::Events { stream: 0, first_event: 600, last_event: 639 };
    let found = format!("{hits:?} {:?}", case.compare(None, &odd, &Unwatched)?);
    assert!(found.contains("door"));
    for secret in ["mallory", "annabel", "pw-", "10.1.2."] {
        assert!(!found.contains(secret), "{secret} in what was searched and compared");
    }
    let findings = format!("{:?}", case.findings(run)?);
    assert!(
        findings.contains("door") && findings.contains("⟨hidden⟩"),
        "the words that no rule names are there"
    );
    let SourceBytes::Withheld { stored, .. } = case.source_bytes(0, 610)? else {
        return Err("exact bytes are not shown through a veil".into());
    };
    assert!(!format!("{stored:?}").contains("mallory"));

    show_through(Some(&veil))?;
    let shown = inert("mallory@shop.test at 10.1.2.3\n");
    assert!(shown.starts_with("⟨email:") && shown.contains("⟨ipv4:") && shown.ends_with("\\u{a}"), "{shown}");
    assert_eq!(shown, inert("mallory@shop.test at 10.1.2.3\n"), "equal values are equal tokens");
    show_through(None)?;
    assert_eq!(inert("mallory@shop.test"), "mallory@shop.test");
    Ok(())
}
