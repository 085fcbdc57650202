//! The import dialog: what it shows before anything is written, and that what is chosen in it reaches the case.

use super::*;
use case::{Case, ProblemSeverity};
use egui::{Key, Modifiers};

/// A window whose dialogs have been answered with these files, and which has been asked for captures.
pub(super) fn asked(world: &mut World, paths: &[PathBuf]) -> Window {
    world.picked = Picked::Paths(paths.to_vec());
    let mut window = world.window();
    settle(&mut window);
    click(&mut window, "Open capture…");
    window.get_by_label("Import captures");
    window
}

/// Lines of a shop, one of which is no record, with an address in each.
pub(super) fn shop(world: &World) -> Result<PathBuf, Failure> {
    let line = |at: usize| {
        let level = ["info", "warn"][at % 2];
        format!(
            "{{\"time\":\"2026-03-01T09:{:02}:{:02}Z\",\"level\":\"{level}\",\"order\":\"o-{at}\",\"shop\":\"{level}\",\"message\":\"mail to ann{at}@example.org\"}}\n",
            at / 60,
            at % 60
        )
    };
    let mut lines: Vec<String> = (0..300).map(line).collect();
    "{oops\n".clone_into(&mut lines[200]);
    world.write("shop.jsonl", lines.concat())
}

fn imported(window: &mut Window, capture: &Path) -> Result<Case, Failure> {
    click(window, "Import");
    assert!(window.query_by_label("Import captures").is_none(), "the dialog has closed");
    Ok(Case::open_read_only(&case_of(capture))?)
}

fn write_over(window: &mut Window, label: &str, text: &str) {
    window.get_by_label(label).focus();
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    window.get_by_label(label).type_text(text);
    window.run();
    window.key_press(Key::Enter);
    settle(window);
}

#[test]
fn the_dialog_says_what_a_capture_is_and_writes_nothing_until_it_is_told_to() -> Result<(), Failure> {
    let mut world = World::new()?;
    let capture = shop(&world)?;
    let mut window = asked(&mut world, std::slice::from_ref(&capture));
    window.get_by_label("Format: JSON lines");
    let offers_encryption = window.query_by_label("Encrypt this case").is_some();
    assert_eq!(offers_encryption, cfg!(feature = "encryption"), "only a build that can encrypt offers it");
    for words in [
        "certain by its content",
        "Plain text log",
        "all of it",
        "299 logs",
        "1 record cannot be read",
        "09:04:59",
    ] {
        assert!(shows(&window, words), "“{words}” is not there");
    }
    assert!(shows(&window, "Field shop: text, in 100 %, good as column, info · warn"));
    assert!(shows(&window, "Field order: text, in 100 %, good as index"));
    click(&mut window, "Problems");
    assert!(shows(&window, "line 201, byte "), "a problem has its place");
    click(&mut window, "Help on importing");
    window.get_by_label("Help: Import captures");
    window.key_press(Key::Escape);
    settle(&mut window);
    window.get_by_label("Import captures");
    click(&mut window, "Cancel");
    assert!(window.query_by_label("Import captures").is_none());
    window.get_by_label("Open capture…");
    let there: Vec<_> = std::fs::read_dir(world.folder.path())?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name != "config")
        .collect();
    assert_eq!(there, ["shop.jsonl"], "nothing was written");
    Ok(())
}

#[test]
fn another_format_gives_other_events() -> Result<(), Failure> {
    let mut world = World::new()?;
    let capture = shop(&world)?;
    let mut window = asked(&mut world, std::slice::from_ref(&capture));
    click(&mut window, "Format: JSON lines");
    click(&mut window, "Plain text log");
    window.get_by_label("Format: Plain text log");
    assert!(
        shows(&window, "chosen by you") && shows(&window, "JSON lines (100 %)"),
        "and by its content it is something else"
    );
    let case = imported(&mut window, &capture)?;
    let [row] = &case.captures()?[..] else { panic!("one capture") };
    assert_eq!((row.format, row.rejected), (ingest::Format::Text, 0));
    assert!(row.events > 0 && row.events != 299);
    Ok(())
}

#[test]
fn a_limit_that_is_set_is_met_and_reported() -> Result<(), Failure> {
    let mut world = World::new()?;
    let long = "x".repeat(2000);
    let capture = shop(&world)?;
    let text = std::fs::read_to_string(&capture)?;
    let line = format!("{{\"time\":\"2026-03-01T10:00:00Z\",\"message\":\"{long}\"}}\n");
    let capture = world.write("shop.jsonl", text + &line)?;
    let mut window = asked(&mut world, std::slice::from_ref(&capture));
    assert!(shows(&window, "300 logs"));
    click(&mut window, "Limits");
    assert!(shows(&window, "longest line, JSON document or protobuf frame"), "each says what it bounds");
    write_over(&mut window, "Limit record-bytes", "many");
    assert!(shows(&window, "`record-bytes=many` has no whole number"));
    write_over(&mut window, "Limit record-bytes", "1K");
    assert!(shows(&window, "299 logs"), "the look is one with the limit");
    let case = imported(&mut window, &capture)?;
    let [row] = &case.captures()?[..] else { panic!("one capture") };
    assert_eq!((row.events, row.rejected, case.limits(row.id)?.record_bytes), (299, 2, 1024));
    let problems = case.problems(None, 10, 0)?;
    let is_met = |problem: &case::ProblemRow| {
        let hint = problem.hint.clone().unwrap_or_default();
        problem.severity == ProblemSeverity::Rejected
            && format!("{} {hint}", problem.reason).contains("record-bytes")
    };
    assert!(problems.iter().any(is_met), "{problems:?}");
    Ok(())
}

#[test]
fn redaction_is_shown_before_and_done_on_import() -> Result<(), Failure> {
    let mut world = World::new()?;
    let capture = shop(&world)?;
    let mut window = asked(&mut world, std::slice::from_ref(&capture));
    click(&mut window, "Redaction");
    click(&mut window, "Redaction: Personal data and secrets");
    assert!(
        shows(&window, "email, 299: ann0@example.org becomes ⟨email:"),
        "what is found, and what it becomes"
    );
    let case = imported(&mut window, &capture)?;
    let [row] = &case.captures()?[..] else { panic!("one capture") };
    let redaction = row.redaction.as_ref().ok_or("it is redacted")?;
    assert_eq!(redaction.counts.iter().find(|(rule, _)| *rule == "email").map(|(_, hits)| *hits), Some(299));
    Ok(())
}

#[test]
fn what_cannot_be_read_says_why_in_its_row_and_the_others_are_imported() -> Result<(), Failure> {
    let mut world = World::new()?;
    let capture = shop(&world)?;
    let noise: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let noise = world.write("noise.bin", noise)?;
    let hostile = world.write("hostile \u{202e}name.jsonl", hostile::capture())?;
    let mut window = asked(&mut world, &[capture.clone(), noise, hostile]);
    click(&mut window, "noise.bin, Cannot be read");
    assert!(shows(&window, "This cannot be read, and is left out"));
    assert!(
        shows(&window, "Choose a log") || shows(&window, "not a capture that can be read"),
        "and what to do"
    );
    let hostile_row = window.query_all_by_label_contains("hostile ").find_map(|node| {
        node.accesskit_node().label().filter(|label| label.contains("OTLP") && !label.starts_with("Import"))
    });
    let hostile_row = hostile_row.ok_or("the hostile capture is listed")?;
    window.ctx.set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    click(&mut window, &hostile_row);
    for side in ["Fields", "Problems", "Redaction", "Limits"] {
        click(&mut window, side);
        hostile::is_inert(&window, side);
    }
    click(&mut window, &format!("Import {}", hostile_row.split(", OpenT").next().unwrap_or_default()));
    let case = imported(&mut window, &capture)?;
    let names: Vec<String> = case.captures()?.into_iter().map(|row| row.file_name).collect();
    assert_eq!(names, ["shop.jsonl"]);
    Ok(())
}

#[test]
fn a_slow_look_holds_up_nothing_and_is_given_up() -> Result<(), Failure> {
    let mut world = World::new()?;
    let held: Arc<Mutex<Vec<Job>>> = Arc::default();
    let (keep, free) = (Arc::clone(&held), threads());
    world.spawn = Arc::new(move |name, job| match name {
        "inspection" => keep.lock().expect("no job panics while it is held").push(job),
        _ => free(name, job),
    });
    let capture = shop(&world)?;
    world.picked = Picked::Paths(vec![capture.clone()]);
    let mut window = world.window();
    settle(&mut window);
    window.get_by_label("Open capture…").click();
    window.run();
    while window.query_by_label("Import captures").is_none() {
        with(window.state(), |app| app.wait(Duration::from_millis(20)));
        window.run();
    }
    window.get_by_label("Looking at the capture");
    window.get_by_label("Stop looking").click();
    window.run();
    window.get_by_label("Cancel").click();
    window.run();
    assert!(window.query_by_label("Import captures").is_none(), "it closes at once");
    for job in held.lock().expect("no job panics while it is held").drain(..).collect::<Vec<_>>() {
        job();
    }
    settle(&mut window);
    assert!(window.query_by_label("Import captures").is_none(), "what came too late opens nothing");
    assert!(!case_of(&capture).exists());
    Ok(())
}

#[test]
fn captures_go_into_the_open_case_and_without_asking_where_that_is_chosen() -> Result<(), Failure> {
    let mut world = World::new()?;
    let other = shop(&world)?;
    let first = world.write("other.jsonl", testkit::captures::shop(200, 0..0))?;
    world.picked = Picked::Paths(vec![other.clone()]);
    let mut window = world.window();
    with(window.state(), |app| app.open(std::slice::from_ref(&first)));
    settle(&mut window);
    window.key_press_modifiers(Modifiers::COMMAND, Key::O);
    settle(&mut window);
    click(&mut window, "Into: New case shop.jsonl.driftlock");
    click(&mut window, "The open case other.jsonl.driftlock");
    click(&mut window, "Import");
    assert!(!case_of(&other).exists());
    assert_eq!(Case::open_read_only(&case_of(&first))?.captures()?.len(), 2);

    window.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    settle(&mut window);
    click(&mut window, "Import: Without asking");
    window.key_press_modifiers(Modifiers::COMMAND, Key::O);
    settle(&mut window);
    assert!(window.query_by_label("Import captures").is_none());
    assert!(case_of(&other).exists(), "it was imported at once");
    Ok(())
}

#[test]
fn a_capture_that_a_case_has_is_opened_there() -> Result<(), Failure> {
    let mut world = World::new()?;
    let capture = shop(&world)?;
    let mut window = asked(&mut world, std::slice::from_ref(&capture));
    let events: u64 = imported(&mut window, &capture)?.captures()?.iter().map(|row| row.events).sum();
    let mut second = asked(&mut world, std::slice::from_ref(&capture));
    second.get_by_label("Into: shop.jsonl.driftlock, which has it already");
    assert!(second.query_by_label("Encrypt this case").is_none(), "a case that is there stays as it is");
    click(&mut second, "Open case");
    assert!(shows(&second, &format!("{events} events")));
    assert!(shows(&second, "was in the case already"));
    Ok(())
}
