//! What a click has decided outlives the program.

use super::{Failure, World, incident, listed, with};
use case::{Case, Decision};
use cbad::Unwatched;
use egui::{Key, Modifiers};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Names the folder that the child is to work in.
const OF_THE_CHILD: &str = "DRIFTLOCK_TEST_WINDOW_THAT_CRASHES";

/// Opens a capture, acknowledges the finding in front, and ends without a word the moment the window says so.
fn acknowledge_and_crash(folder: &Path) -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    std::fs::write(folder.join("case"), world.path("shop.jsonl.driftlock").to_string_lossy().as_bytes())?;
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::A);
    let patience = Instant::now() + Duration::from_mins(2);
    while !listed(&window).first().is_some_and(|name| name.ends_with("acknowledged")) {
        assert!(Instant::now() < patience, "the click is never shown");
        window.run();
        with(window.state(), |app| app.wait(Duration::from_millis(1)));
    }
    std::process::abort();
}

#[test]
fn what_the_window_shows_as_decided_outlives_a_crash() -> Result<(), Failure> {
    // The test starts itself: the child is this program with a folder to work in, and never gets beyond this line.
    if let Some(folder) = std::env::var_os(OF_THE_CHILD) {
        return acknowledge_and_crash(folder.as_ref());
    }
    let folder = tempfile::tempdir()?;
    let ended = Command::new(std::env::current_exe()?)
        .args(["crash::what_the_window_shows_as_decided_outlives_a_crash", "--exact", "--nocapture"])
        .env(OF_THE_CHILD, folder.path())
        .output()?;
    assert!(!ended.status.success(), "it crashes");
    let path = std::fs::read_to_string(folder.path().join("case"))?;
    let case = Case::open(Path::new(&path))?;
    let kept = case.decisions()?;
    assert!(
        matches!(kept.as_slice(), [row] if row.stands && row.decision == Decision::Acknowledge),
        "{kept:?}"
    );
    let chain = case.audit()?;
    let stands = chain.iter().any(|row| row.action == "decide" && row.detail.contains("acknowledge"));
    assert!(stands, "{chain:?}");
    assert!(case.verify(&Unwatched)?.is_sound());
    // What the child could not tidy away.
    std::fs::remove_dir_all(Path::new(&path).parent().ok_or("a folder of its own")?)?;
    Ok(())
}
