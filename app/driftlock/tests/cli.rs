//! The command line as a script sees it: exit codes, field names, streams of output.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::{Numbers, Outcome, run, spans, text_log};
use serde_json::Value;

const DOCUMENT: &str = include_str!("../../../docs/CLI.md");

fn json(folder: &Path, arguments: &[&str]) -> Result<Value, Box<dyn std::error::Error>> {
    let output = run(folder, arguments)?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// In alphabetical order: whether `serde_json` keeps the order written depends on what else is built with it.
fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> =
        value.as_object().map(|object| object.keys().map(String::as_str).collect()).unwrap_or_default();
    keys.sort_unstable();
    keys
}

#[test]
fn exit_codes_say_what_happened() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    text_log(at, "burst.log", 2000, 80)?;
    std::fs::write(at.join("empty.log"), "")?;
    std::fs::create_dir(at.join("nothing"))?;
    std::fs::write(at.join("binary"), [&b"\x7fELF\x02\x01\x01"[..], &[0; 5000]].concat())?;
    std::fs::write(at.join("half.jsonl"), "{\"msg\":\"whole\",\"n\":1}\n".repeat(50) + "{\"msg\":\"ha")?;
    for (arguments, code, said) in [
        (&["analyze", "burst.log", "--case", "c.driftlock"][..], 0, "imported"),
        (&["analyze", "burst.log", "--case", "c.driftlock", "--fail-on-finding"], 1, "already in the case"),
        (&["analyze", "c.driftlock", "--fail-on-finding"], 1, ""),
        (&["analyze", "half.jsonl", "--fail-on-finding"], 0, "1 rejected"),
        (&["findings", "c.driftlock"], 0, ""),
        (&["explain", "c.driftlock", "1"], 0, ""),
        (&["--help"], 0, ""),
        (&["--version"], 0, ""),
        (&["analyse", "burst.log"], 3, "no such file or command: analyse"),
        (&["analyze"], 2, "FILE"),
        (&["analyze", "burst.log", "--nonsense"], 2, "--nonsense"),
        (&["analyze", "burst.log", "--baseline", "range:9..1"], 2, "empty"),
        (&["analyze", "burst.log", "--alpha", "2"], 2, "between 0 and 1"),
        (&["analyze", "burst.log", "--false-alarms", "0"], 2, "between 0 and 1"),
        (&["analyze", "burst.log", "--profile", "careful"], 2, "balanced"),
        (&["analyze", "burst.log", "--baseline", "anchor:burst.log"], 2, "only a case can be an anchor"),
        (&["analyze", "burst.log", "--baseline", "anchor:missing.driftlock"], 3, "no case file"),
        (&["analyze", "c.driftlock", "--dismiss", "99"], 2, "no finding 99"),
        (&["analyze", "c.driftlock", "--dismiss", "burst.log:9..1"], 2, "STREAM:FIRST..LAST"),
        (&["findings", "c.driftlock", "--at-alpha", "0.2"], 0, ""),
        (&["analyze", "burst.log", "--format", "xlsx"], 2, "otlp-json"),
        (&["explain", "c.driftlock", "99"], 2, "no finding 99"),
        (&["test", "c.driftlock", "1", "--codec", "count", "--permutations", "20"], 0, ""),
        (&["test", "c.driftlock", "99"], 2, "no finding 99"),
        (&["test", "c.driftlock", "1", "--codec", "brotli"], 2, "zstd, lz4, gzip, openzl, count"),
        (&["test", "c.driftlock", "1", "--permutations", "0"], 2, "permutations"),
        (&["events", "c.driftlock", "--stream", "nothing"], 2, "driftlock info"),
        (&["analyze", "missing.log"], 3, "missing.log"),
        (&["analyze", "empty.log"], 3, "empty.log"),
        (&["analyze", "binary"], 3, "byte 0"),
        (&["info", "nothing"], 3, "holds nothing that can be read"),
        (&["info", "burst.log", "--limit", "depht=3"], 2, "names no limit"),
        (&["findings", "burst.log"], 3, "not a Driftlock case"),
        (&["findings", "missing.driftlock"], 3, "no case file"),
        (&["analyze", "burst.log", "--case", "half.jsonl"], 3, "not a Driftlock case"),
    ] {
        let output = run(at, arguments)?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
    }
    Ok(())
}

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn without_a_display_the_command_line_is_named() -> Outcome {
    let mut command = common::driftlock();
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
        command.env_remove(name);
    }
    let output = command.arg(env!("CARGO_MANIFEST_PATH")).output()?;
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("driftlock analyze FILE"));
    Ok(())
}

#[test]
fn analyze_gives_the_documented_object() -> Outcome {
    let folder = tempfile::tempdir()?;
    text_log(folder.path(), "burst.log", 2000, 80)?;
    let result = json(folder.path(), &["analyze", "burst.log", "--json", "--seed", "7", "--threads", "2"])?;
    assert_eq!(keys(&result), ["captures", "findings", "run", "schema", "streams", "windows"]);
    assert_eq!((&result["schema"], &result["run"]["seed"]), (&1.into(), &7.into()));
    for (part, expected) in [
        (&result["captures"][0], "path sha256 format events rejected"),
        (&result["streams"][0], "id name signal events"),
        (&result["run"], "id engine seed config results_sha256"),
        (
            &result["windows"][0],
            "stream index first_event last_event start_nanos end_nanos ncd delta_bits ratio_baseline ratio_window \
             entropy score_bits p_permutation p_conformal p_tail q flagged",
        ),
        (
            &result["findings"][0],
            "id stream first_event last_event start_nanos end_nanos severity flagged q p_permutation p_conformal \
             p_tail lens sentence evidence",
        ),
        (&result["findings"][0]["evidence"][0], "event byte_offset byte_length token bits"),
    ] {
        let there: BTreeSet<_> = keys(part).into_iter().collect();
        let missing: Vec<_> = expected.split_whitespace().filter(|key| !there.contains(key)).collect();
        assert!(missing.is_empty(), "{missing:?} of {part}");
    }
    let finding = &result["findings"][0];
    assert_eq!(finding["flagged"], true);
    let place = |key: &str| finding[key].as_u64().unwrap_or(u64::MAX);
    assert!((place("first_event")..=place("last_event")).contains(&1004), "{finding}");
    assert!(
        result["windows"]
            .as_array()
            .is_some_and(|windows| windows.iter().any(|w| w["p_permutation"].is_null()))
    );
    Ok(())
}

#[test]
fn evidence_points_at_the_bytes_of_the_capture() -> Outcome {
    let folder = tempfile::tempdir()?;
    let log = std::fs::read(text_log(folder.path(), "burst.log", 2000, 80)?)?;
    let result = json(folder.path(), &["analyze", "burst.log", "--json"])?;
    let evidence = &result["findings"][0]["evidence"][0];
    let number = |key: &str| evidence[key].as_u64().map_or(0, |number| number as usize);
    let bytes = &log[number("byte_offset")..][..number("byte_length")];
    let line =
        log.split(|byte| *byte == b'\n').nth(number("event")).ok_or("the event is a line of the log")?;
    assert_eq!(bytes, line);
    let token = evidence["token"].as_str().ok_or("a token is text")?.to_lowercase();
    assert!(String::from_utf8_lossy(bytes).to_lowercase().contains(&token), "{token}");
    Ok(())
}

#[test]
fn every_field_of_every_command_is_documented() -> Outcome {
    fn collect(value: &Value, into: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => object.iter().for_each(|(key, value)| {
                into.insert(key.clone());
                collect(value, into);
            }),
            Value::Array(values) => values.iter().for_each(|value| collect(value, into)),
            _ => {}
        }
    }
    let folder = tempfile::tempdir()?;
    text_log(folder.path(), "burst.log", 2000, 80)?;
    spans(folder.path(), "spans.jsonl", 200)?;
    let mut fields = BTreeSet::new();
    let case = "c.driftlock";
    collect(
        &json(folder.path(), &["analyze", "burst.log", "spans.jsonl", "--case", case, "--json"])?,
        &mut fields,
    );
    collect(&json(folder.path(), &["findings", case, "--json"])?, &mut fields);
    let test = ["test", case, "1", "--permutations", "50", "--json"];
    collect(&json(folder.path(), &test)?, &mut fields);
    collect(&json(folder.path(), &["explain", case, "1", "--json"])?, &mut fields);
    collect(&json(folder.path(), &["info", case, "--json"])?, &mut fields);
    collect(&json(folder.path(), &["findings", case, "--at-alpha", "0.9", "--json"])?, &mut fields);
    let anchored = [
        "analyze",
        "burst.log",
        "--baseline",
        "anchor:c.driftlock",
        "--dismiss",
        "burst.log:5..60",
        "--json",
    ];
    collect(&json(folder.path(), &anchored)?, &mut fields);
    collect(&json(folder.path(), &["synth", "--list", "--json"])?, &mut fields);
    let made = ["synth", "shop.jsonl", "--minutes", "2", "--inject", "silence", "--json"];
    collect(&json(folder.path(), &made)?, &mut fields);
    for line in
        run(folder.path(), &["events", case, "--to", "2", "--json"])?.stdout.split(|byte| *byte == b'\n')
    {
        if !line.is_empty() {
            collect(&serde_json::from_slice(line)?, &mut fields);
        }
    }
    let missing: Vec<_> = fields.iter().filter(|field| !DOCUMENT.contains(&format!("`{field}`"))).collect();
    assert!(
        fields.len() > 80 && missing.is_empty(),
        "of {} fields these are not in docs/CLI.md: {missing:?}",
        fields.len()
    );
    Ok(())
}

#[test]
fn a_test_is_kept_and_explained_with_the_jury() -> Outcome {
    let folder = tempfile::tempdir()?;
    // Lines in random order: a log of fixed cycles is more even than any shuffle of it.
    let mut numbers = Numbers(11);
    let line = |at: u64| match at {
        1000..1010 => format!("WARN circuit breaker open, upstream 10.1.2.3 refused attempt {}\n", at % 3),
        _ => format!("INFO cart {} refreshed for user {}\n", numbers.below(40), numbers.below(5)),
    };
    std::fs::write(folder.path().join("burst.log"), (0..2000).map(line).collect::<String>())?;
    run(folder.path(), &["analyze", "burst.log", "--case", "c.driftlock"])?;
    let test = ["test", "c.driftlock", "1", "--codec", "count", "--permutations", "99", "--json"];
    let asked = json(folder.path(), &test)?;
    let p = asked["test"]["p"]["value"].as_f64().ok_or("a p is a number")?;
    assert!(p <= 0.05, "{p}");
    assert_eq!(json(folder.path(), &test)?["test"], asked["test"], "from the case");
    let explained = json(folder.path(), &["explain", "c.driftlock", "1", "--json"])?;
    assert_eq!(explained["tests"].as_array().map(Vec::as_slice), Some(std::slice::from_ref(&asked["test"])));
    let codecs = explained["jury"]["codecs"].as_array().ok_or("a list of codecs")?;
    let names: Vec<_> = codecs.iter().filter_map(|codec| codec["codec"].as_str()).collect();
    assert_eq!(names, ["zstd", "lz4", "gzip", "openzl", "count"]);
    let there = codecs.iter().filter(|codec| codec["absent"].is_null()).count();
    assert_eq!(explained["jury"]["voting"], there);
    assert!(there == 5 || cfg!(not(feature = "openzl")));
    let shown = run(folder.path(), &["test", "c.driftlock", "1", "--permutations", "99"])?;
    let shown = String::from_utf8(shown.stdout)?;
    assert!(shown.contains("zstd, NCD: p ") && shown.contains(" ####"), "{shown}");
    assert!(shown.contains("use --codec count"), "{shown}");
    let shown = String::from_utf8(run(folder.path(), &["explain", "c.driftlock", "1"])?.stdout)?;
    assert!(
        shown.contains("from 99 permutations") && shown.contains("codecs find the window unusual"),
        "{shown}"
    );
    assert!(!shown.contains("This run was made with"), "{shown}");
    Ok(())
}

#[test]
fn a_run_is_made_again_from_the_command_line_that_it_prints() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    text_log(at, "burst.log", 2000, 80)?;
    text_log(at, "calm.log", 2000, 0)?;
    json(at, &["analyze", "calm.log", "--case", "calm one.driftlock", "--json"])?;
    let first = json(at, &["analyze", "burst.log", "--case", "c.driftlock", "--json"])?;
    assert_eq!(first["findings"][0]["flagged"], true);
    let dismissed =
        json(at, &["analyze", "c.driftlock", "--profile", "sensitive", "--dismiss", "1", "--json"])?;
    assert!(dismissed["run"]["flagged"].as_u64() < first["run"]["flagged"].as_u64());
    let note = &dismissed["run"]["streams"][0]["note"];
    assert!(note.as_str().is_some_and(|note| note.contains("dismissed")), "{note}");
    let anchor = [
        "--baseline",
        "anchor:calm one.driftlock",
        "--false-alarms",
        "0.001",
        "--confirm",
        "burst.log:0..99",
    ];
    let anchored = json(at, &[&["analyze", "c.driftlock", "--json"][..], &anchor].concat())?;
    let drift = &anchored["run"]["streams"][0]["drift"];
    assert!(drift["ratio"].as_f64().is_some_and(|ratio| ratio > 0.5) && drift["ncd"].is_number(), "{drift}");
    let text = String::from_utf8(run(at, &["info", "c.driftlock"])?.stdout)?;
    assert!(text.contains("drift ") && text.contains("dismissed"), "{text}");

    let explained = json(at, &["explain", "c.driftlock", "1", "--json"])?;
    let line = explained["reproduce"].as_str().ok_or("a command line")?;
    let line = line.strip_prefix("driftlock ").ok_or("it begins with the program")?;
    let line = format!("\"$0\" {line} --json");
    let shell = std::process::Command::new("sh")
        .args(["-c", &line, env!("CARGO_BIN_EXE_driftlock")])
        .current_dir(at)
        .output();
    // Where there is no POSIX shell there is nothing to check.
    if let Ok(output) = shell {
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        let again: Value = serde_json::from_slice(&output.stdout)?;
        assert_eq!(again["run"]["results_sha256"], anchored["run"]["results_sha256"], "{line}");
    }
    Ok(())
}

#[test]
fn another_level_is_looked_at_without_a_run() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    text_log(at, "burst.log", 2000, 80)?;
    let first = json(at, &["analyze", "burst.log", "--case", "c.driftlock", "--json"])?;
    let same = json(at, &["findings", "c.driftlock", "--at-alpha", "0.05", "--json"])?;
    assert_eq!(
        (&same["preview"]["flagged"], &same["preview"]["at_most"]),
        (&first["run"]["flagged"], &0.into())
    );
    // A run at a level that nothing can pass tests little, so that most of what passes at another one is not certain.
    let narrow = json(at, &["analyze", "c.driftlock", "--alpha", "0.000001", "--json"])?;
    assert_eq!(narrow["run"]["flagged"], 0);
    let wide = json(at, &["findings", "c.driftlock", "--at-alpha", "0.05", "--json"])?;
    let count = |key: &str| wide["preview"][key].as_u64().unwrap_or_default();
    let flagged = first["run"]["flagged"].as_u64().unwrap_or(u64::MAX);
    assert!(count("at_most") > 0 && count("flagged") + count("at_most") >= flagged, "{}", wide["preview"]);
    assert_eq!(wide["run"]["id"], narrow["run"]["id"], "no run was made");
    let text = String::from_utf8(run(at, &["findings", "c.driftlock", "--at-alpha", "0.05"])?.stdout)?;
    assert!(text.contains("At a false discovery rate of 5 %") && text.contains("At most"), "{text}");
    Ok(())
}

#[test]
fn events_are_listed_by_position_and_by_time() -> Outcome {
    let folder = tempfile::tempdir()?;
    text_log(folder.path(), "a.log", 300, 60)?;
    run(folder.path(), &["analyze", "a.log", "--case", "c.driftlock"])?;
    for (from, to) in [("100", "103"), ("2026-03-01T00:01:40Z", "2026-03-01T00:01:43Z")] {
        let output = run(
            folder.path(),
            &["events", "c.driftlock", "--stream", "a.log", "--from", from, "--to", to, "--json"],
        )?;
        let lines = String::from_utf8(output.stdout)?;
        let events: Vec<Value> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        let positions: Vec<_> = events.iter().map(|event| event["position"].as_u64()).collect();
        assert_eq!(positions, [Some(100), Some(101), Some(102)]);
    }
    Ok(())
}

#[test]
fn hostile_evidence_does_not_reach_the_terminal_alive() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut text = String::new();
    for line in 0..400 {
        let hostile = if line == 200 { " \u{1b}]0;owned\u{7} \u{202e}txt.exe" } else { "" };
        text += "2026-03-01T00:00:00Z INFO heartbeat";
        text += hostile;
        text.push('\n');
    }
    std::fs::write(folder.path().join("a\u{1b}[2J.log"), text)?;
    let mut shown = Vec::new();
    for arguments in [
        &["analyze", "a\u{1b}[2J.log", "--case", "c.driftlock"][..],
        &["info", "c.driftlock"],
        &["findings", "c.driftlock"],
        &["test", "c.driftlock", "1", "--permutations", "20"],
        &["explain", "c.driftlock", "1"],
        &["events", "c.driftlock"],
        &["analyze", "missing\u{1b}[2J.log"],
    ] {
        let output = run(folder.path(), arguments)?;
        shown.extend([output.stdout, output.stderr].concat());
    }
    let shown = String::from_utf8(shown)?;
    assert!(shown.contains("\\u{1b}]0;owned\\u{7} \\u{202e}txt.exe"), "{shown}");
    let alive: Vec<_> =
        shown.chars().filter(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}').collect();
    assert!(alive.is_empty(), "{alive:?}");
    Ok(())
}

#[test]
fn a_made_up_capture_can_be_analysed_and_its_truth_stands_beside_it() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    let make = ["--minutes", "4", "--rate", "2", "--inject", "foreign_burst:strong@2m", "--json"];
    let made = json(at, &[&["synth", "shop.jsonl.zst"][..], &make].concat())?;
    let truth: Value = serde_json::from_slice(&std::fs::read(at.join("shop.truth.json"))?)?;
    assert_eq!((&made["truth"], &made["injections"]), (&"shop.truth.json".into(), &truth));
    assert_eq!((&truth[0]["kind"], &truth[0]["lens"]), (&"foreign_burst".into(), &"content".into()));
    // The same seed gives the same capture, compressed or not.
    let again = json(at, &[&["synth", "again.jsonl"][..], &make].concat())?;
    assert_eq!(made["injections"], again["injections"]);
    assert_eq!(made["decoded_bytes"].as_u64(), Some(std::fs::metadata(at.join("again.jsonl"))?.len()));

    let read = json(at, &["info", "shop.jsonl.zst", "--json"])?;
    let capture = &read["captures"][0];
    assert_eq!((&capture["format"], &capture["wrapping"]), (&"otlp-json".into(), &"zstd".into()));
    assert_eq!((&capture["rejected"], &capture["notes"]), (&0.into(), &0.into()));
    let counts = ["logs", "spans", "points"].map(|key| made[key].as_u64().unwrap_or(0));
    assert_eq!(capture["events"].as_u64(), Some(counts.iter().sum()));
    let streams = read["streams"].as_array().ok_or("a list")?;
    let label = format!("{} · logs", truth[0]["service"].as_str().unwrap_or_default());
    assert!(streams.iter().any(|stream| stream["name"] == label.as_str()), "{label}");
    Ok(())
}

#[test]
fn what_is_there_is_not_replaced_and_what_fails_leaves_nothing() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    std::fs::write(at.join("there.jsonl"), "mine")?;
    std::fs::create_dir(at.join("folder.jsonl"))?;
    for (arguments, code, said) in [
        (&["synth", "--list"][..], 0, ""),
        (&["synth"], 2, "OUT.jsonl"),
        (&["synth", "new.jsonl", "--inject", "fire"], 2, "--list"),
        (&["synth", "new.jsonl", "--inject", "spike@99m"], 2, "beyond"),
        (&["synth", "new.jsonl", "--minutes", "0"], 2, "0 minutes"),
        (&["synth", "new.jsonl", "--rate", "nan"], 2, "requests a second"),
        (&["synth", "new.jsonl", "--truth", "new.jsonl"], 2, "two files"),
        (&["synth", "there.jsonl"], 3, "--force"),
        (&["synth", "new.jsonl", "--truth", "there.jsonl"], 3, "--force"),
        (&["synth", "folder.jsonl", "--force"], 3, "not a file"),
        (&["synth", "nowhere/new.jsonl"], 3, "Check the folder"),
        (&["synth", "new.jsonl", "--minutes", "1", "--truth", "nowhere/new.json"], 3, "nowhere"),
    ] {
        let output = run(at, arguments)?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
    }
    assert_eq!(std::fs::read(at.join("there.jsonl"))?, b"mine");
    let mut left: Vec<_> =
        std::fs::read_dir(at)?.map(|entry| entry.map(|e| e.file_name())).collect::<Result<_, _>>()?;
    left.sort();
    assert_eq!(left, ["folder.jsonl", "there.jsonl"]);
    let output = run(at, &["synth", "there.jsonl", "--minutes", "1", "--force"])?;
    assert!(output.status.success() && std::fs::metadata(at.join("there.jsonl"))?.len() > 100_000);
    Ok(())
}

#[test]
fn a_redaction_is_looked_at_first_and_then_kept_to() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    let line = |i: usize| {
        let what = if (300..312).contains(&i) { "account locked, too many attempts by" } else { "login of" };
        let (minute, second) = (i / 60, i % 60);
        format!(
            "2026-03-01T00:{minute:02}:{second:02}Z {what} user{}@shop.example from 10.0.0.{}\n",
            i % 7,
            i % 9
        )
    };
    std::fs::write(at.join("a.log"), (0..600).map(line).collect::<String>())?;
    std::fs::write(at.join("salt"), "0123456789abcdef")?;
    let rules =
        r#"{"name": "mine", "custom": [{"name": "host", "regex": "10\\.0\\.0\\.[0-9]", "action": "mask"}]}"#;
    std::fs::write(at.join("rules.json"), rules)?;

    let preview = json(at, &["info", "a.log", "--redact", "personal", "--json"])?;
    assert_eq!(
        (&preview["preview"][0]["rule"], &preview["preview"][0]["hits"]),
        (&"email".into(), &600.into())
    );
    assert_eq!(preview["preview"][0]["examples"][0]["value"], "user0@shop.example");
    for key in ["preview", "rule", "hits", "examples", "value", "becomes", "redaction", "salt_kept", "counts"]
    {
        assert!(DOCUMENT.contains(&format!("`{key}`")), "{key} is documented");
    }

    let redact =
        ["analyze", "a.log", "--case", "c.driftlock", "--redact", "personal", "--redact-salt", "salt"];
    let redacted = json(at, &[&redact[..], &["--json"]].concat())?;
    assert_eq!(redacted["captures"][0]["redaction"]["counts"][0]["hits"], 600);
    assert_eq!(redacted["captures"][0]["redaction"]["salt_kept"], true);
    assert!(!redacted.to_string().contains("@shop.example"));
    for (arguments, code, said) in [
        (&["analyze", "a.log", "--case", "c.driftlock"][..], 3, "redacted by “personal”"),
        (&["analyze", "c.driftlock", "--redact", "personal"], 2, "none is given"),
        (&["analyze", "a.log", "--redact-forget-salt"], 2, "needs --redact"),
        (&["analyze", "a.log", "--redact", "nobody"], 2, "no redaction profile"),
        (&["analyze", "a.log", "--redact", "salt"], 2, "REDACTION.md"),
        (&["analyze", "a.log", "--redact", "rules.json", "--redact-salt", "missing"], 3, "missing"),
        (&["analyze", "a.log", "--redact", "rules.json"], 0, "600 host"),
        (&["info", "c.driftlock", "--redact", "personal"], 2, "is a case"),
        (&["analyze", "c.driftlock", "--redact-forget-salt"], 0, ""),
        (&redact, 0, "already in the case"),
    ] {
        let output = run(at, arguments)?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
    }
    let text = |arguments: &[&str]| {
        run(at, arguments).map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert!(text(&["info", "c.driftlock"])?.contains("600 ipv4; salt forgotten"));
    assert!(text(&["info", "a.log", "--redact", "personal"])?.contains("user0@shop.example"));
    let explained = text(&["explain", "c.driftlock", "1"])?;
    assert!(explained.contains("redacted by “personal” at import") && !explained.contains("@shop.example"));
    assert!(explained.contains("--redact personal"), "{explained}");
    assert!(text(&["explain", "c.driftlock", "1", "--reveal"])?.contains("@shop.example"));
    Ok(())
}
