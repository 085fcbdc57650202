//! What is around the views: layouts, the way back, the palette, settings, runs, levels, tests.

use super::*;
use case::Case;
use egui::{Key, Modifiers};
use egui_kittest::kittest::By;

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    settle(window);
}

fn choose_in_palette(window: &mut Window, words: &str) {
    press(window, Modifiers::COMMAND, Key::K);
    window.get_by_label("Command").type_text(words);
    settle(window);
    press(window, Modifiers::NONE, Key::Enter);
}

/// Whether this step of the way down to the selection is shown.
fn has_crumb(window: &Window, text: &str) -> bool {
    window.query(By::new().role(egui::accesskit::Role::Link).label(text)).is_some()
}

fn kept(world: &World) -> Result<Option<String>, Failure> {
    Ok(Case::open_read_only(&world.path("shop.jsonl.driftlock"))?.view_state("workstation")?)
}

#[test]
fn views_stay_where_they_were_put_and_opening_changes_nothing() -> Result<(), Failure> {
    let world = World::new()?;
    drop(incident(&world)?);
    let path = world.path("shop.jsonl.driftlock");
    let as_imported = kept(&world)?;
    let reopened = || -> Window {
        let mut window = world.window();
        with(window.state(), |app| app.open(std::slice::from_ref(&path)));
        settle(&mut window);
        window
    };
    let mut window = reopened();
    assert_eq!(kept(&world)?, as_imported, "nobody has touched anything");
    assert!(
        window.query_by_label("What drove it").is_none() && window.query_by_label("What shifted").is_none()
    );
    press(&mut window, Modifiers::ALT, Key::Num2);
    window.get_by_label("NCD over time");
    window.get_by_label("Does it hold");
    press(&mut window, Modifiers::COMMAND, Key::D);
    window.get_by_label("Bookmarked");
    assert_ne!(kept(&world)?, as_imported);

    let mut again = reopened();
    again.get_by_label("NCD over time");
    again.get_by_label("Does it hold");
    again.get_by_label("Bookmarked");
    click(&mut again, "Go");
    again.get_by_label("Bookmarks");
    press(&mut again, Modifiers::NONE, Key::Escape);
    choose_in_palette(&mut again, "reset layout");
    assert!(again.query_by_label("Does it hold").is_none(), "tabs of one group again");
    Ok(())
}

#[test]
fn there_is_a_way_back_and_changes_of_view_are_taken_back() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    assert!(has_crumb(&window, "shop.jsonl") && has_crumb(&window, "Finding 1"));
    press(&mut window, Modifiers::NONE, Key::F8);
    assert!(has_crumb(&window, "Finding 2") && !has_crumb(&window, "Finding 1"));
    press(&mut window, Modifiers::ALT, Key::ArrowLeft);
    assert!(has_crumb(&window, "Finding 1"), "back");
    press(&mut window, Modifiers::ALT, Key::ArrowRight);
    assert!(has_crumb(&window, "Finding 2"), "and forward");

    for (button, finding) in
        [(egui::PointerButton::Extra1, "Finding 1"), (egui::PointerButton::Extra2, "Finding 2")]
    {
        for pressed in [true, false] {
            let pos = egui::pos2(640.0, 20.0);
            window.event(egui::Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE });
            settle(&mut window);
        }
        assert!(has_crumb(&window, finding), "by mouse");
    }

    press(&mut window, Modifiers::COMMAND, Key::T);
    window.get_by_label("Table of windows");
    press(&mut window, Modifiers::COMMAND, Key::Z);
    window.get_by_label("NCD over time");
    press(&mut window, Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    window.get_by_label("Table of windows");

    press(&mut window, Modifiers::COMMAND, Key::Num2);
    window.get_by_label("No test of this finding has been made yet.");
    Ok(())
}

#[test]
fn the_palette_finds_streams_and_findings_and_sheets_explain_the_keys() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    choose_in_palette(&mut window, "gateway logs");
    assert!(!has_crumb(&window, "Finding 1"), "a stream is selected");
    choose_in_palette(&mut window, "activity");
    window.get_by_label("Nothing runs.");
    click(&mut window, "Close Activity");
    assert!(window.query_by_label("Nothing runs.").is_none());

    press(&mut window, Modifiers::NONE, Key::F1);
    window.get_by_label("In lists and pictures");
    window.get_by_label("Undo change of view");
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert!(window.query_by_label("In lists and pictures").is_none());
    click(&mut window, "Help on Overview");
    window.get_by_label("Help: Overview");
    window.get_by_label("How to read it");
    click(&mut window, "Close");

    window.get_by_label("Search findings").focus();
    window.run();
    press(&mut window, Modifiers::SHIFT, Key::Questionmark);
    assert!(window.query_by_label("In lists and pictures").is_none(), "a question mark can be typed");
    Ok(())
}

#[test]
fn the_palette_has_room_again_for_many_after_few() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    press(&mut window, Modifiers::COMMAND, Key::K);
    window.get_by_label("Command").type_text("waterfall");
    settle(&mut window);
    assert!(window.query_by_label_contains("Show traces   The traces of").is_some(), "why it is listed");
    press(&mut window, Modifiers::COMMAND, Key::A);
    press(&mut window, Modifiers::NONE, Key::Delete);
    // By the pointer, which reaches only what is not cut off.
    let pos = window.get_by_label("Close case Ctrl+W").rect().center();
    let (button, modifiers) = (egui::PointerButton::Primary, Modifiers::NONE);
    window.event(egui::Event::PointerMoved(pos));
    for pressed in [true, false] {
        window.event(egui::Event::PointerButton { pos, button, pressed, modifiers });
    }
    settle(&mut window);
    assert!(!with(window.state(), |app| app.shows_case()), "the row was there to be clicked");
    Ok(())
}

#[test]
fn settings_hold_at_once_and_make_another_run_which_can_be_chosen() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    press(&mut window, Modifiers::COMMAND, Key::Comma);
    click(&mut window, "Theme: High contrast");
    click(&mut window, "Times: Fixed");
    assert!(shows(&window, "UTC+01:00"), "the range is shown in the zone");
    click(&mut window, "Profile: Strict");
    for lens in ["Mix", "Rate", "Order"] {
        window.get_by_role_and_label(egui::accesskit::Role::CheckBox, lens).click();
        settle(&mut window);
    }
    click(&mut window, "Analyze again with these settings");
    window.get_by_label("Run shown: Run 2 of 2");
    assert!(shows(&window, "Run 2 · rest · level 1 % · 2 lenses"));
    let first = "Run 1 · rest · level 5 %";
    window.get_all_by_label_contains(first).next().ok_or("no first run")?.click();
    settle(&mut window);
    window.get_by_label("Run shown: Run 1 of 2");
    let remembered = std::fs::read_to_string(world.path("config/workstation.json"))?;
    for word in ["\"high_contrast\"", "\"strict\"", "\"fixed\": 60"] {
        assert!(remembered.contains(word), "{word} in {remembered}");
    }
    Ok(())
}

#[test]
fn another_level_is_tried_and_a_finding_is_judged_and_tested() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    press(&mut window, Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    window.get_by_label("Level to try, percent");
    assert!(shows(&window, "At 5 % "), "it begins with the level of the run");

    press(&mut window, Modifiers::COMMAND | Modifiers::SHIFT, Key::A);
    assert!(listed(&window).first().is_some_and(|name| name.ends_with("acknowledged")));
    press(&mut window, Modifiers::COMMAND | Modifiers::SHIFT, Key::T);
    assert!(shows(&window, "NCD by zstd: p "));
    assert!(shows(&window, "Null distribution of NCD from "));

    let before = listed(&window);
    click(&mut window, "Dismiss as ordinary…");
    window.get_by_label("Why this finding is ordinary").type_text("the nightly drill");
    settle(&mut window);
    click(&mut window, "Dismiss and analyse again");
    window.get_by_label("Run shown: Run 2 of 2");
    assert_ne!(listed(&window), before, "what is ordinary is no finding");
    Ok(())
}

#[test]
fn another_case_becomes_the_baseline_and_drift_is_shown() -> Result<(), Failure> {
    let mut world = World::new()?;
    let healthy = world.write("healthy.jsonl", testkit::captures::shop(900, 0..0))?;
    let mut window = world.window();
    with(window.state(), |app| app.open(&[healthy]));
    settle(&mut window);
    drop(window);
    world.picked = Picked::Paths(vec![world.path("healthy.jsonl.driftlock")]);
    let mut window = incident(&world)?;
    choose_in_palette(&mut window, "compare with another case");
    window.get_by_label("Run shown: Run 2 of 2");
    assert!(shows(&window, ", drift "), "each stream says how far it has drifted");
    Ok(())
}

#[test]
fn a_narrow_window_leaves_the_views_the_room() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    window.set_size(egui::vec2(640.0, 400.0));
    settle(&mut window);
    assert!(listed(&window).is_empty() && window.query_by_label("How sure").is_none());
    press(&mut window, Modifiers::COMMAND, Key::B);
    assert!(!listed(&window).is_empty(), "the lists come when they are asked for");
    press(&mut window, Modifiers::COMMAND, Key::B);
    press(&mut window, Modifiers::COMMAND, Key::I);
    window.get_by_label("How sure");
    window.set_size(egui::vec2(1280.0, 800.0));
    settle(&mut window);
    assert!(listed(&window).is_empty(), "what was asked for stays");
    choose_in_palette(&mut window, "reset layout");
    assert!(!listed(&window).is_empty());
    Ok(())
}

#[test]
fn notices_can_be_read_again() -> Result<(), Failure> {
    let mut world = World::new()?;
    world.picked = Picked::Unavailable;
    let mut window = world.window();
    settle(&mut window);
    click(&mut window, "Open case…");
    click(&mut window, "Dismiss: This system shows no file dialog");
    assert!(window.query_by_label("This system shows no file dialog").is_none());
    press(&mut window, Modifiers::COMMAND, Key::Num6);
    window.get_by_label("This system shows no file dialog");
    click(&mut window, "Back to the first screen");
    window.get_by_label("Open capture…");
    Ok(())
}

#[test]
fn a_key_with_alt_writes_nothing_into_the_field_that_has_the_focus() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    let all = listed(&window);
    window.get_by_label("Search findings").focus();
    window.run();
    // As X11 says it: the key, and the letter that it would write.
    window.event_modifiers(
        egui::Event::Key {
            key: Key::Num2,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: Modifiers::ALT,
        },
        Modifiers::ALT,
    );
    window.event_modifiers(egui::Event::Text("2".to_owned()), Modifiers::ALT);
    settle(&mut window);
    window.get_by_label("Does it hold");
    assert_eq!(listed(&window), all, "nothing is searched for");
    Ok(())
}
