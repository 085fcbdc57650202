//! Every command of the window: a place in the window, words that explain it, and a command line that really is there.

use std::ffi::{OsStr, OsString};

use workstation::{Command, Twin};

/// What a person would write in the place of a word of a command line.
fn example(word: &str) -> String {
    let known = match word {
        "CASE" => "a.driftlock",
        "FILE…" | "FILE" | "FOLDER" => "capture.jsonl",
        "STREAM" => "checkout",
        "STREAM:POSITION" => "2:17",
        "START..END" => "2026-03-01T09:00:00Z..2026-03-01T09:05:00Z",
        "ID" => "0af7651916cd43dd8448eb211c80319c",
        "FINDING" | "OTHER" | "SUBJECT" | "STEP" | "PLACE" => "1",
        "N" | "SEED" | "DECISION" => "7",
        "A" => "0.2",
        "PROFILE" => "strict",
        "BASELINE" => "trailing:400",
        "CODEC" => "zstd",
        "QUERY" => "level:error",
        "NAME" | "TITLE" | "WORDS" | "TEXT" | "TAG" | "WHY" => "as it began",
        "OUT.driftlock" => "out.driftlock",
        "anchor:FILE.driftlock" => "anchor:healthy.driftlock",
        literal => {
            let is_literal = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(literal.chars().all(is_literal), "there is no example of {literal}");
            literal
        }
    };
    known.to_owned()
}

#[test]
fn the_command_line_understands_the_twin_of_every_command_of_the_window() {
    let mut parsed = 0;
    for command in Command::ALL {
        let spec = command.spec();
        let line = match spec.twin {
            Twin::Line(line) => line,
            Twin::Absent(why) => {
                assert!(why.ends_with('.'), "{}: a reason is a sentence", spec.id);
                continue;
            }
        };
        let Some(rest) = line.strip_prefix("driftlock ") else {
            assert_eq!(line, "Ctrl-C", "{}", spec.id);
            continue;
        };
        // In capitals, or with a slash, stands a file: that opens the window.
        let first = rest.split(' ').next().unwrap_or_default();
        if first.chars().next().is_some_and(char::is_uppercase) || first.contains('/') {
            continue;
        }
        assert!(cli::is_headless(OsStr::new(first)), "{}: there is no `driftlock {first}`", spec.id);
        let words = std::iter::once("driftlock".to_owned()).chain(rest.split(' ').map(example));
        if let Err(why) = cli::understands(words.map(OsString::from)) {
            panic!("{}: `{line}` is not understood: {why}", spec.id);
        }
        parsed += 1;
    }
    // What a view shows on a click, without a command of its own.
    let words = std::iter::once("driftlock".to_owned()).chain("bits CASE FINDING".split(' ').map(example));
    assert_eq!(cli::understands(words.map(OsString::from)), Ok(()));
    assert!(parsed > 40, "most commands have a twin, {parsed} have");
    let nonsense = ["driftlock", "story", "a.driftlock", "sing"].map(OsString::from);
    assert!(cli::understands(nonsense).is_err());
}
