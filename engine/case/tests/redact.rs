//! Redaction: what a capture was to lose is nowhere in the case, and everything else is as it was.

mod common;

use case::{Case, CaseError, ImportOutcome, RedactBy, SourceBytes};
use cbad::{Config, Unwatched, Value, WindowScore};
use common::people::{SECRETS, bytes_of, events, holds, people, shown};
use common::{CancelAfter, Outcome};
use ingest::{Batch, Capture, Counts, OpenOptions, Redaction, Redactor};

fn by<'a>(rules: &'a Redaction, salt: Option<&'a [u8]>) -> RedactBy<'a> {
    RedactBy { rules, salt, forget_salt: false }
}

fn windows(case: &Case, run: i64) -> Result<Vec<WindowScore>, CaseError> {
    let mut all = Vec::new();
    for stream in case.streams()? {
        all.extend(case.windows(run, stream.id)?);
    }
    Ok(all)
}

#[test]
fn nothing_of_a_secret_is_in_the_case() -> Outcome {
    let folder = tempfile::tempdir()?;
    let capture = people(folder.path(), "people.jsonl", 1500)?;
    let whole = std::fs::read(&capture)?;
    for secret in SECRETS {
        assert!(holds(&whole, secret.as_bytes()), "{secret} is in the capture");
    }
    let path = folder.path().join("case.driftlock");
    let mut case = Case::create(&path)?;
    let rules = Redaction::personal();
    let report =
        case.import_redacted(&capture, &OpenOptions::default(), Some(&by(&rules, None)), &Unwatched)?;
    let run = case.analyze(&Config::default(), Some(2), &Unwatched)?;

    let mut said = events(&case)?;
    for finding in case.findings(run.id)? {
        said.push(serde_json::to_string(&finding.finding)?);
    }
    for problem in case.problems(None, 100, 0)? {
        said.push(format!("{} {:?}", problem.reason, problem.hint));
    }
    assert!(said.iter().any(|text| text.contains("payment by ⟨email:")), "the odd lines are there, redacted");
    assert!(case.findings(run.id)?.iter().any(|row| row.finding.explanation.sentence.contains('⟨')));
    let stored = bytes_of(&path)?;
    for secret in SECRETS {
        assert!(!holds(&stored, secret.as_bytes()), "{secret} is in the file");
        let found = said.iter().find(|text| text.contains(secret));
        assert!(found.is_none(), "{secret} is in {found:?}");
    }

    let redaction = report.capture.redaction.ok_or("the capture has its redaction")?;
    let hits =
        |rule: &str| redaction.counts.iter().find(|(name, _)| name == rule).map_or(0, |(_, hits)| *hits);
    assert_eq!(redaction.rules, rules);
    assert_eq!((hits("card"), hits("iban"), hits("field *password*")), (20, 20, 1500));
    assert!(hits("email") > 500 && hits("ipv4") > 500, "{:?}", redaction.counts);
    Ok(())
}

#[test]
fn results_are_those_of_the_capture_as_it_was() -> Outcome {
    let folder = tempfile::tempdir()?;
    let capture = people(folder.path(), "people.jsonl", 1500)?;
    let rules = Redaction {
        name: "addresses".to_owned(),
        fields: Vec::new(),
        patterns: vec![ingest::Pattern::Email, ingest::Pattern::Ipv4],
        custom: Vec::new(),
    };
    let run = |redact: Option<&RedactBy<'_>>| -> Result<_, CaseError> {
        let mut case = Case::temporary()?;
        case.import_redacted(&capture, &OpenOptions::default(), redact, &Unwatched)?;
        let run = case.analyze(&Config::default(), Some(2), &Unwatched)?;
        let findings: Vec<_> = case.findings(run.id)?.into_iter().map(|row| row.finding).collect();
        Ok((windows(&case, run.id)?, findings))
    };
    let (plain, one, other) =
        (run(None)?, run(Some(&by(&rules, Some(b"one"))))?, run(Some(&by(&rules, Some(b"other"))))?);
    assert!(one.0.len() > 20);
    assert_eq!(one.0, other.0, "two salts, the same scores");
    assert_eq!(plain.0, one.0, "redacted or not, the same scores");
    for (plain, one) in plain.1.iter().zip(&one.1) {
        assert_eq!((plain.first_event, plain.last_event, plain.q), (one.first_event, one.last_event, one.q));
    }
    assert_ne!(one.1[0].explanation.drivers[0].tokens, other.1[0].explanation.drivers[0].tokens);
    Ok(())
}

#[test]
fn several_threads_take_out_what_one_takes() -> Outcome {
    let folder = tempfile::tempdir()?;
    let capture = people(folder.path(), "people.jsonl", 20_000)?;
    let (rules, salt) = (Redaction::personal(), b"a salt that was given");
    let mut redactor = Redactor::new(&rules, salt)?;
    let mut opened = Capture::open(&capture, &OpenOptions::default())?;
    let (mut batch, mut counts, mut alone, mut stretches) = (Batch::default(), Counts::new(), Vec::new(), 0);
    while opened.next_batch(&mut batch)? {
        stretches += 1;
        for (rule, hits) in redactor.apply(&mut batch) {
            *counts.entry(rule).or_default() += hits;
        }
        alone.extend(batch.events.iter().map(|(stream, event)| shown(stream, event)));
    }
    assert!(stretches > 2, "there is something to share out");

    let mut case = Case::temporary()?;
    let redact = by(&rules, Some(salt));
    let report = case.import_redacted(&capture, &OpenOptions::default(), Some(&redact), &Unwatched)?;
    let mut shared = events(&case)?;
    alone.sort_unstable();
    shared.sort_unstable();
    assert_eq!(shared, alone);
    let counted = report.capture.redaction.ok_or("the capture has its redaction")?.counts;
    assert_eq!(counted.into_iter().collect::<Counts>(), counts);
    Ok(())
}

#[test]
fn an_interrupted_import_goes_on_with_its_own_salt() -> Outcome {
    let folder = tempfile::tempdir()?;
    let capture = people(folder.path(), "people.jsonl", 120_000)?;
    let rules = Redaction::personal();
    let redact = by(&rules, Some(b"a salt that was given"));
    let mut undisturbed = Case::create(&folder.path().join("a.driftlock"))?;
    undisturbed.import_redacted(&capture, &OpenOptions::default(), Some(&redact), &Unwatched)?;

    let mut case = Case::create(&folder.path().join("b.driftlock"))?;
    let mut stops = 0;
    for looks in [25, 30, 35] {
        let stopped =
            case.import_redacted(&capture, &OpenOptions::default(), Some(&redact), &CancelAfter::new(looks));
        match stopped {
            Err(CaseError::Cancelled) => stops += 1,
            other => drop(other?),
        }
    }
    assert!(stops > 0, "it was interrupted");
    let refused = case.import(&capture, &OpenOptions::default(), &Unwatched);
    assert!(matches!(refused, Err(CaseError::OtherRedaction { .. })), "{refused:?}");
    case.resume_imports(&Unwatched)?;
    assert_eq!(case.content_sha256()?, undisturbed.content_sha256()?);
    assert_eq!(case.captures()?[0].redaction, undisturbed.captures()?[0].redaction);
    Ok(())
}

#[test]
fn a_capture_is_in_a_case_under_one_set_of_rules() -> Outcome {
    let folder = tempfile::tempdir()?;
    let capture = people(folder.path(), "people.jsonl", 200)?;
    let (personal, options) = (Redaction::personal(), OpenOptions::default());
    let other = Redaction { name: "other".to_owned(), ..Redaction::personal() };
    let mut case = Case::create(&folder.path().join("case.driftlock"))?;
    case.import_redacted(&capture, &options, Some(&by(&personal, None)), &Unwatched)?;
    let again = case.import_redacted(&capture, &options, Some(&by(&personal, None)), &Unwatched)?;
    assert_eq!(again.outcome, ImportOutcome::AlreadyThere);
    for redact in [None, Some(by(&other, None)), Some(by(&personal, Some(b"another")))] {
        let refused = case.import_redacted(&capture, &options, redact.as_ref(), &Unwatched);
        let why = refused.err().ok_or("it is refused")?.to_string();
        assert!(why.contains("redacted by “personal”") && why.contains("another case"), "{why}");
    }
    let mut plain = Case::create(&folder.path().join("plain.driftlock"))?;
    plain.import(&capture, &options, &Unwatched)?;
    let refused = plain.import_redacted(&capture, &options, Some(&by(&personal, None)), &Unwatched);
    assert!(matches!(refused, Err(CaseError::OtherRedaction { .. })));
    assert!(plain.captures()?[0].redaction.is_none());
    Ok(())
}

#[test]
fn captures_of_a_case_share_a_salt_until_it_is_forgotten() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (rules, options) = (Redaction::personal(), OpenOptions::default());
    let path = folder.path().join("case.driftlock");
    let mut case = Case::create(&path)?;
    let token = |case: &mut Case,
                 name: &str,
                 redact: RedactBy<'_>|
     -> Result<String, Box<dyn std::error::Error>> {
        let capture = folder.path().join(name);
        std::fs::write(&capture, format!("2026-03-01T00:00:00Z {name} by ann@shop.example\n").repeat(20))?;
        case.import_redacted(&capture, &options, Some(&redact), &Unwatched)?;
        let stream = case.streams()?.pop().ok_or("it has a stream")?;
        let body = String::from_utf8(case.event(stream.id, 0)?.event.body)?;
        Ok(body.split_once('⟨').ok_or("it is redacted")?.1.to_owned())
    };
    let first = token(&mut case, "a.log", by(&rules, None))?;
    assert_eq!(token(&mut case, "b.log", by(&rules, None))?, first);
    assert!(case.captures()?.iter().all(|c| c.redaction.as_ref().is_some_and(|r| r.salt_is_kept)));
    case.forget_salts()?;
    assert!(case.captures()?.iter().all(|c| c.redaction.as_ref().is_some_and(|r| !r.salt_is_kept)));
    assert_ne!(token(&mut case, "c.log", by(&rules, None))?, first);

    let salt = b"known bytes to look for in the file";
    let redact = RedactBy { rules: &rules, salt: Some(salt), forget_salt: true };
    token(&mut case, "d.log", redact)?;
    assert!(!holds(&bytes_of(&path)?, salt), "a forgotten salt is overwritten");
    Ok(())
}

#[test]
fn a_forgotten_salt_is_in_no_copy_of_a_row_that_has_moved() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("case.driftlock");
    let mut case = Case::create(&path)?;
    // Long rules, so that the pages of their table are split again and again.
    let field =
        |number| serde_json::json!({ "path": format!("customer.field{number}.*"), "action": "token" });
    let fields: Vec<_> = (0..60).map(field).collect();
    let rules = serde_json::json!({ "name": "shop", "patterns": ["email"], "fields": fields, "custom": [] });
    let rules: Redaction = serde_json::from_value(rules)?;
    let salt = b"known bytes to look for in the file";
    for number in 0..40 {
        let capture = folder.path().join(format!("{number}.log"));
        std::fs::write(&capture, format!("2026-03-01T00:00:00Z {number} by ann@shop.example\n"))?;
        case.import_redacted(&capture, &OpenOptions::default(), Some(&by(&rules, Some(salt))), &Unwatched)?;
    }
    assert!(holds(&bytes_of(&path)?, salt));
    case.forget_salts()?;
    assert!(!holds(&bytes_of(&path)?, salt));
    Ok(())
}

#[test]
fn the_bytes_of_a_redacted_capture_are_withheld() -> Outcome {
    let folder = tempfile::tempdir()?;
    let capture = people(folder.path(), "people.jsonl", 200)?;
    let rules = Redaction::personal();
    let mut case = Case::temporary()?;
    case.import_redacted(&capture, &OpenOptions::default(), Some(&by(&rules, None)), &Unwatched)?;
    let SourceBytes::Withheld { path, rules, stored } = case.source_bytes(1, 3)? else {
        return Err("they are withheld".into());
    };
    assert_eq!((path, rules.as_str()), (capture, "personal"));
    assert!(stored.starts_with(&case.event(1, 3)?.event.body) && !holds(&stored, b"hunter2"));
    let SourceBytes::Exact { bytes, .. } = case.reveal_source_bytes(1, 3)? else {
        return Err("who asks for them gets them".into());
    };
    assert!(holds(&bytes, b"hunter2hunter2"));
    let event = case.event(1, 3)?.event;
    assert!(
        event
            .fields
            .iter()
            .all(|field| !matches!(&field.value, Value::Text(text) if text.contains("hunter2")))
    );
    Ok(())
}
