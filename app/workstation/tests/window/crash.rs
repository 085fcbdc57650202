//! What a click has decided outlives the program.

use super::{Failure, Window, World, case_of, click, incident, listed, settle, shows, with};
use case::{Case, Decision};
use cbad::Unwatched;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Name what the child is to decide, and the case in which.
const OF_THE_CHILD: &str = "DRIFTLOCK_TEST_WINDOW_THAT_CRASHES";
const CASE_OF_THE_CHILD: &str = "DRIFTLOCK_TEST_CASE_OF_THE_CRASH";

/// What is decided, how a person does it, and what the window shows once it is.
type Way = (&'static str, fn(&mut Window), fn(&Window) -> bool);

const WAYS: [Way; 6] = [
    (
        "acknowledge",
        |window| window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::A),
        |window| listed(window).first().is_some_and(|name| name.ends_with("acknowledged")),
    ),
    (
        "note",
        |window| write(window, "Write a note…", "Note about this finding", "Keep note"),
        |window| shows(window, "Note: a power cut"),
    ),
    (
        "tag",
        |window| write(window, "Tag finding…", "Tag of this finding", "Keep tag"),
        |window| shows(window, "Tag: a power cut"),
    ),
    (
        "link",
        |window| {
            click(window, "Link to another finding…");
            window.query_all_by_label_contains("Link to finding ").next().expect("there are others").click();
        },
        |window| shows(window, "Go to finding "),
    ),
    (
        // Long before the analysis that follows has ended.
        "dismiss",
        |window| {
            write(
                window,
                "Dismiss as ordinary…",
                "Why this finding is ordinary",
                "Dismiss and analyse again",
            );
        },
        |window| shows(window, "Dismissed: a power cut"),
    ),
    (
        "bookmark",
        |window| window.key_press_modifiers(Modifiers::COMMAND, Key::D),
        |window| shows(window, "Bookmarked"),
    ),
];

/// Writes into a field, and presses the button that keeps it.
fn write(window: &mut Window, begin: &str, field: &str, keep: &str) {
    click(window, begin);
    window.get_by_label(field).focus();
    window.run();
    window.get_by_label(field).type_text("a power cut");
    settle(window);
    window.get_by_label(keep).click();
}

/// Opens the case, decides something of the finding in front, and ends without a word the moment the window says so.
fn decide_and_crash(what: &str) -> Result<(), Failure> {
    let (_, act, is_shown) = WAYS.iter().find(|(name, ..)| *name == what).ok_or("no such way")?;
    let case = std::env::var_os(CASE_OF_THE_CHILD).ok_or("a case to decide in")?;
    let world = World::new()?;
    let mut window = world.window();
    with(window.state(), |app| app.open(&[case.into()]));
    settle(&mut window);
    let first = listed(&window).first().cloned().ok_or("no finding")?;
    click(&mut window, &first);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    settle(&mut window);
    assert!(!is_shown(&window), "nothing is decided yet");
    act(&mut window);
    let patience = Instant::now() + Duration::from_mins(2);
    while !is_shown(&window) {
        assert!(Instant::now() < patience, "the click is never shown");
        window.step();
        with(window.state(), |app| app.wait(Duration::from_millis(1)));
    }
    std::process::abort();
}

#[test]
fn what_the_window_shows_as_decided_outlives_a_crash() -> Result<(), Failure> {
    // The test starts itself: the child is this program with something to decide, and never gets beyond this line.
    if let Some(what) = std::env::var_os(OF_THE_CHILD) {
        return decide_and_crash(&what.to_string_lossy());
    }
    let world = World::new()?;
    drop(incident(&world)?);
    let whole = case_of(&world.path("shop.jsonl"));
    for (what, ..) in WAYS {
        let path = world.path(&format!("{what}.driftlock"));
        copy(&whole, &path)?;
        let ended = Command::new(std::env::current_exe()?)
            .args(["crash::what_the_window_shows_as_decided_outlives_a_crash", "--exact", "--nocapture"])
            .env(OF_THE_CHILD, what)
            .env(CASE_OF_THE_CHILD, &path)
            .env("TMPDIR", world.folder.path())
            .output()?;
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success(), "{what}: it crashes");
        assert!(!said.contains("panicked"), "{what}: {said}");
        is_kept(what, &path)?;
    }
    Ok(())
}

/// A case that somebody may still be reading: what is written beside it comes first, so that what a reader moves from there
/// into the case meanwhile is there twice and not lost.
fn copy(case: &Path, to: &Path) -> Result<(), Failure> {
    let beside = |path: &Path| {
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        PathBuf::from(name)
    };
    if beside(case).exists() {
        std::fs::copy(beside(case), beside(to))?;
    }
    std::fs::copy(case, to)?;
    Ok(())
}

/// The decision stands in the case, is a row of its chain, and the chain holds.
fn is_kept(what: &str, path: &Path) -> Result<(), Failure> {
    let case = Case::open(path)?;
    let kept = case.decisions()?;
    let words = matches!(what, "note" | "tag" | "dismiss").then_some("a power cut");
    assert!(
        matches!(kept.as_slice(), [row] if row.stands && row.decision.name() == what),
        "{what}: {kept:?}"
    );
    if !matches!(kept[0].decision, Decision::Bookmark { .. }) {
        assert_eq!(kept[0].decision.text(), words, "{what}");
    }
    let chain = case.audit()?;
    let stands = chain.iter().any(|row| row.action == "decide" && row.detail.contains(what));
    assert!(stands, "{what}: {chain:?}");
    assert!(case.verify(&Unwatched)?.is_sound(), "{what}");
    Ok(())
}
