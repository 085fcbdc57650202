//! What is decided on the command line stands, is listed, found, audited and taken into account.

mod common;

use common::{Outcome, run, text_log};
use serde_json::Value;
use std::path::Path;

fn json(folder: &Path, arguments: &[&str]) -> Result<Value, Box<dyn std::error::Error>> {
    let output = run(folder, &[arguments, &["--json"]].concat())?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[test]
fn decisions_are_kept_listed_found_and_audited() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    text_log(at, "burst.log", 2000, 80)?;
    let first = json(at, &["analyze", "burst.log", "--case", "c.driftlock"])?;
    assert_eq!(first["findings"][0]["flagged"], true);
    let decided: [&[&str]; 9] = [
        &["note", "c.driftlock", "1", "Zanzibar failover, see ticket 4711", "--by", "Anna Ng"],
        &["tag", "c.driftlock", "burst.log:5..60", "pool"],
        &["acknowledge", "c.driftlock", "1"],
        &["confirm", "c.driftlock", "burst.log:7"],
        &["dismiss", "c.driftlock", "1", "--reason", "a drill"],
        &["link", "c.driftlock", "burst.log", "2026-03-01T00:00:00Z..2026-03-01T00:10:00Z"],
        &["bookmark", "c.driftlock", "stream:0", "the log"],
        &["note", "c.driftlock", "capture:1", "from host a"],
        &["note", "c.driftlock", "case", "handed over"],
    ];
    let mut numbers = Vec::new();
    for arguments in decided {
        numbers.push(json(at, arguments)?["decision"].as_u64().ok_or("a number")?);
    }
    let tag = numbers[1].to_string();
    json(at, &["withdraw", "c.driftlock", &tag])?;
    let standing = json(at, &["decisions", "c.driftlock"])?;
    let standing = standing["decisions"].as_array().ok_or("a list")?;
    assert_eq!(standing.len(), 8);
    assert_eq!((&standing[0]["actor"], &standing[0]["finding"]["finding"]), (&"Anna Ng".into(), &1.into()));
    let all = json(at, &["decisions", "c.driftlock", "--all"])?;
    assert_eq!(all["decisions"].as_array().map(Vec::len), Some(10));

    let hits = json(at, &["findings", "c.driftlock", "--search", "zanzibar tick*"])?;
    assert_eq!((&hits["hits"][0]["kind"], &hits["hits"][0]["id"]), (&"decision".into(), &numbers[0].into()));
    let hits = json(at, &["findings", "c.driftlock", "--search", "\"connection refused\""])?;
    assert_eq!(hits["hits"][0]["kind"], "finding");

    let again = json(at, &["analyze", "c.driftlock"])?;
    let config = &again["run"]["config"];
    assert_eq!(
        (config["dismissed"].as_array().map(Vec::len), config["confirmed"].as_array().map(Vec::len)),
        (Some(1), Some(1))
    );
    let without = json(at, &["analyze", "c.driftlock", "--ignore-decisions"])?;
    assert_eq!(without["run"]["id"], first["run"]["id"], "the run that is there already");

    let audit = json(at, &["audit", "c.driftlock"])?;
    let rows = audit["rows"].as_array().ok_or("a list")?;
    assert_eq!((rows.len(), audit["head"]["rows"].as_u64()), (14, Some(14)));
    assert_eq!(rows[13]["sha256"], audit["head"]["sha256"]);
    let verified = json(at, &["case", "verify", "c.driftlock"])?;
    assert_eq!((&verified["is_sound"], &verified["audit_rows"]), (&true.into(), &14.into()));
    for (listed, words) in [("audit", "Anna Ng"), ("decisions", "a drill")] {
        let text = String::from_utf8(run(at, &[listed, "c.driftlock"])?.stdout)?;
        assert!(text.contains(words), "{text}");
    }
    Ok(())
}

#[test]
fn what_cannot_be_decided_is_refused() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    text_log(at, "burst.log", 2000, 80)?;
    json(at, &["analyze", "burst.log", "--case", "c.driftlock"])?;
    let refused: [(&[&str], &str); 7] = [
        (&["note", "c.driftlock", "99", "x"], "no finding 99"),
        (&["note", "c.driftlock", "nothing", "x"], "stream:NUMBER"),
        (&["note", "c.driftlock", "burst.log:5000", "x"], "no event 5000"),
        (&["note", "c.driftlock", "case", " "], "empty"),
        (&["dismiss", "c.driftlock", "burst.log", "--reason", "x"], "events of one stream"),
        (&["dismiss", "c.driftlock", "1"], "--reason"),
        (&["withdraw", "c.driftlock", "77"], "no decision 77"),
    ];
    for (arguments, said) in refused {
        let output = run(at, arguments)?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
    }
    assert_eq!(
        json(at, &["decisions", "c.driftlock", "--all"])?["decisions"].as_array().map(Vec::len),
        Some(0)
    );
    Ok(())
}

#[test]
fn clocks_are_corrected_and_captures_purged_with_a_word_about_it() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    text_log(at, "a.log", 2000, 80)?;
    text_log(at, "b.log", 1900, 80)?;
    json(at, &["analyze", "a.log", "b.log", "--case", "c.driftlock"])?;
    let clocks = json(at, &["clocks", "c.driftlock", "--set", "b.log=-1.5s"])?;
    assert_eq!(clocks["corrections"][0]["offset_nanos"], -1_500_000_000);
    assert_eq!(clocks["estimates"].as_array().map(Vec::len), Some(0), "logs without ids share nothing");
    let text = String::from_utf8(run(at, &["analyze", "c.driftlock"])?.stdout)?;
    assert!(text.contains("Times of b.log are corrected by -1.5 s."), "{text}");
    let explained = json(at, &["explain", "c.driftlock", "1"])?;
    let line = explained["reproduce"].as_str().ok_or("a command line")?;
    assert!(line.contains("--clock") && line.contains("=-1500000000ns"), "{line}");

    let refused = run(at, &["clocks", "c.driftlock", "--set", "c.log=1s"])?;
    assert_eq!(refused.status.code(), Some(2));
    let weighed = json(at, &["purge", "c.driftlock", "1", "--reason", "retention"])?;
    assert_eq!((&weighed["is_done"], &weighed["purged"][0]["events"]), (&false.into(), &2000.into()));
    let purged = json(at, &["purge", "c.driftlock", "1", "--reason", "retention", "--yes"])?;
    assert_eq!((&purged["is_done"], &purged["purged"][0]), (&true.into(), &weighed["purged"][0]));
    let refused = run(at, &["purge", "c.driftlock", "2", "1", "--reason", "retention", "--yes"])?;
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(json(at, &["info", "c.driftlock"])?["captures"][1]["events"], 1900, "none of them was purged");
    let text = String::from_utf8(run(at, &["info", "c.driftlock"])?.stdout)?;
    assert!(text.contains("purged    2000 events on ") && text.contains(": retention"), "{text}");
    assert_eq!(json(at, &["info", "c.driftlock"])?["purged"][0]["capture"], 1);
    json(at, &["purge", "c.driftlock", "2", "--reason", "retention", "--yes"])?;
    let found = json(at, &["findings", "c.driftlock"])?;
    assert!(found["findings"][0]["evidence"][0]["byte_offset"].is_null(), "{found}");
    let explained = json(at, &["explain", "c.driftlock", "1"])?;
    assert!(explained["drivers"][0]["event"].is_u64() && explained["drivers"][0]["body"].is_null());
    let text = String::from_utf8(run(at, &["explain", "c.driftlock", "1"])?.stdout)?;
    assert!(text.contains("It can no longer be shown") && text.contains("To do it again"), "{text}");
    let nothing = ["purge", "c.driftlock", "--before", "2020-01-01T00:00:00Z", "--reason", "retention"];
    assert_eq!(json(at, &nothing)?["purged"].as_array().map(Vec::len), Some(0));
    let text = String::from_utf8(run(at, &["findings", "c.driftlock"])?.stdout)?;
    assert!(text.contains("used a.log, which"), "{text}");
    let text = String::from_utf8(run(at, &["audit", "c.driftlock"])?.stdout)?;
    assert!(text.contains("purge") && text.contains("retention"), "{text}");
    Ok(())
}
