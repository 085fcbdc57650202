//! What goes over a case as a whole: comparisons.

use super::*;
use egui::{Key, Modifiers};

/// Two captures in one case; `checkout` loses its database in the second.
fn two_captures(world: &World) -> Result<Window, Failure> {
    let monday = world.write("monday.jsonl", testkit::captures::shop(600, 0..0))?;
    let tuesday = world.write("tuesday.jsonl", testkit::captures::shop(600, 300..340))?;
    let mut window = world.window();
    with(window.state(), |app| app.open(&[monday, tuesday]));
    settle(&mut window);
    Ok(window)
}

fn choose(window: &mut Window, combo: &str, option: &str) {
    let node = window.query_all_by_label_contains(combo).next();
    node.unwrap_or_else(|| panic!("there is no {combo}")).click();
    window.run();
    click(window, option);
}

#[test]
fn a_finding_is_compared_with_the_rest_of_its_stream() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    let odd = listed(&window).into_iter().find(|name| name.contains("checkout") && name.contains("09:01:"));
    click(&mut window, &odd.ok_or("the odd stretch is not found")?);
    window.key_press_modifiers(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::D);
    settle(&mut window);
    window.get_by_label("Differences");
    let new = window.query_all_by_label_contains("is new: ").filter_map(|node| node.accesskit_node().label());
    let new: Vec<String> = new.filter(|label| label.contains("refused")).collect();
    let row = new.first().ok_or("the kind of event of the incident is not told")?.clone();
    click(&mut window, &row);
    assert!(shows(&window, "Event 9"), "an event that shows it is selected");
    Ok(())
}

#[test]
fn two_captures_are_compared_swapped_filtered_and_shown_as_a_table() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = two_captures(&world)?;
    window.key_press(Key::F4);
    settle(&mut window);
    choose(&mut window, "Compare: ", "Two captures");
    assert!(shows(&window, "After: tuesday.jsonl") && shows(&window, "Before: monday.jsonl"));
    assert!(shows(&window, "is new: 40 times"), "the refused connections");
    click(&mut window, "Swap");
    assert!(shows(&window, "is gone: 40 times before"));
    click(&mut window, "Show as table");
    window.get_by_label("Table of differences");
    // The dearest first, until a heading is chosen; once more turns it round.
    let first = |window: &Window| labels(window, "").into_iter().find(|label| label.contains(" bits, in "));
    let by_bits = first(&window).ok_or("the table has rows")?;
    let mut seen = Vec::new();
    for column in ["Bits", "Change", "What", "Name", "Before", "After", "Stream"] {
        let heading = format!("Sort by {column}");
        for _ in 0..2 {
            click(&mut window, &heading);
            seen.push(first(&window).ok_or("the table has rows")?);
        }
    }
    assert_eq!(seen[1], by_bits, "least bits first, then as before");
    assert_ne!(seen[0], by_bits);
    assert_ne!(seen[6], seen[7], "by name, and from its end");
    click(&mut window, "Sort by Bits");
    window.get_by_label("Filter differences").focus();
    window.run();
    window.get_by_label("Filter differences").type_text("no such name");
    settle(&mut window);
    window.get_by_label("No difference has these letters in its name");
    Ok(())
}

#[test]
fn times_are_kept_and_compared_and_what_is_missing_is_said() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    window.key_press_modifiers(Modifiers::ALT, Key::Num3);
    settle(&mut window);
    choose(&mut window, "Compare: ", "Time shown with the rest");
    window.get_by_label("Nothing to compare yet");
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowUp);
    settle(&mut window);
    window.get_by_label("Differences");
    window.key_press_modifiers(Modifiers::SHIFT, Key::F4);
    settle(&mut window);
    assert!(shows(&window, "This is the kept time itself"));
    window.key_press_modifiers(Modifiers::ALT.plus(Modifiers::SHIFT), Key::ArrowRight);
    settle(&mut window);
    assert!(shows(&window, " compared."), "another time is compared with it");
    choose(&mut window, "Compare: ", "Two runs");
    assert!(shows(&window, "The case has one run"));
    Ok(())
}

fn command(window: &mut Window, name: &str) {
    window.key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.run();
    window.get_by_label("Command").type_text(name);
    window.run();
    window.key_press(Key::Enter);
    settle(window);
}

fn press(window: &mut Window, key: Key) {
    window.key_press(key);
    settle(window);
}

fn labels(window: &Window, beginning: &str) -> Vec<String> {
    let found =
        window.query_all_by_label_contains(beginning).filter_map(|node| node.accesskit_node().label());
    found.filter(|label| label.starts_with(beginning)).collect()
}

/// A window with a story of two steps: a finding, and the events.
fn story(world: &World) -> Result<Window, Failure> {
    let mut window = incident(world)?;
    command(&mut window, "Add this view to the story");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    settle(&mut window);
    command(&mut window, "Add this view to the story");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num7);
    settle(&mut window);
    Ok(window)
}

#[test]
fn steps_are_made_written_moved_removed_and_taken_back_and_the_case_keeps_them() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = story(&world)?;
    assert_eq!(labels(&window, "Step ").len(), 2);
    window.get_by_label("Title of the step").focus();
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    window.get_by_label("Title of the step").type_text("What the customers saw");
    window.run();
    window.get_by_label("Notes of the step").focus();
    settle(&mut window);
    window.get_by_label("Notes of the step").type_text("Begin with the first order that failed.");
    window.run();
    window.get_by_label("Title of the step").focus();
    settle(&mut window);
    assert!(labels(&window, "Step 2: What the customers saw, Events alone · has notes").len() == 1);
    click(&mut window, "Move step up");
    assert_eq!(labels(&window, "Step 1: What the customers saw").len(), 1);
    click(&mut window, "Remove step");
    assert_eq!(labels(&window, "Step ").len(), 1);
    click(&mut window, "Undo change of story");
    assert_eq!(labels(&window, "Step 1: What the customers saw").len(), 1);

    // It is in the case, and in its audit chain, for whoever opens it next.
    let path = world.path("shop.jsonl.driftlock");
    let case = case::Case::open_read_only(&path)?;
    let told: Vec<(String, String)> = case.story()?.into_iter().map(|step| (step.title, step.note)).collect();
    assert_eq!(told[0], ("What the customers saw".into(), "Begin with the first order that failed.".into()));
    assert!(case.audit_checked()?.is_sound());
    drop(case);
    let mut second = world.window();
    with(second.state(), |app| app.open(&[path]));
    settle(&mut second);
    second.key_press_modifiers(Modifiers::COMMAND, Key::Num7);
    settle(&mut second);
    assert_eq!(labels(&second, "Step 1: What the customers saw").len(), 1);
    Ok(())
}

#[test]
fn a_story_is_presented_by_its_keys_and_what_was_shown_before_comes_back() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = story(&world)?;
    let first = labels(&window, "Step 1: ").first().cloned().ok_or("no step")?;
    click(&mut window, &first);
    press(&mut window, Key::F5);
    window.get_by_label("redacted · 1 of 2");
    assert!(window.query_by_label("File").is_none(), "nothing stands around it");
    press(&mut window, Key::PageDown);
    window.get_by_label("redacted · 2 of 2");
    assert!(window.query_by_label_contains("Events of").is_some() || shows(&window, "events"));
    press(&mut window, Key::ArrowRight);
    window.get_by_label("redacted · 2 of 2");
    press(&mut window, Key::B);
    window.get_by_label("Nothing is shown");
    press(&mut window, Key::B);
    press(&mut window, Key::N);
    window.get_by_label("This step has no notes. They are written in the view Story.");
    window.get_by_label("This is the last step.");
    press(&mut window, Key::P);
    window.hover_at(egui::pos2(300.0, 300.0));
    window.run();
    assert_eq!(window.output().platform_output.cursor_icon, egui::CursorIcon::None);
    press(&mut window, Key::ArrowLeft);
    window.get_by_label("redacted · 1 of 2");
    press(&mut window, Key::Escape);
    window.get_by_label("File");
    assert_eq!(labels(&window, "Step ").len(), 2, "the story is in front again");
    Ok(())
}

#[test]
fn nothing_can_be_done_with_a_finding_while_it_is_presented() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    let first = super::listed(&window).first().cloned().ok_or("no finding")?;
    click(&mut window, &first);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    settle(&mut window);
    click(&mut window, "Write a note…");
    window.get_by_label("Note about this finding").focus();
    window.run();
    window.get_by_label("Note about this finding").type_text("moved");
    settle(&mut window);
    click(&mut window, "Keep note");
    let ways = ["Withdraw note: moved", "Shuffles of the test"];
    assert!(ways.iter().all(|way| window.query_by_label(way).is_some()));
    command(&mut window, "Add this view to the story");
    press(&mut window, Key::F5);
    window.get_by_label("Note: moved");
    assert!(ways.iter().all(|way| window.query_by_label(way).is_none()));
    Ok(())
}

#[test]
fn the_presenter_has_notes_the_next_step_and_the_time_and_escape_ends_both_windows() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = story(&world)?;
    let first = labels(&window, "Step 1: ").first().cloned().ok_or("no step")?;
    click(&mut window, &first);
    window.get_by_label("Notes of the step").focus();
    settle(&mut window);
    window.get_by_label("Notes of the step").type_text("Write to ann@people.test, then go on.");
    window.run();
    window.get_by_label("Title of the step").focus();
    settle(&mut window);
    click(&mut window, "Presenter window");
    settle(&mut window);
    // One window only: the notes stand below the step.
    press(&mut window, Key::F5);
    assert!(shows(&window, "then go on.") && !shows(&window, "Step 1 of 2"));
    press(&mut window, Key::Escape);
    // With a window of its own, which a test draws within its only one.
    window.ctx.set_embed_viewports(false);
    press(&mut window, Key::F5);
    window.get_by_label("Step 1 of 2");
    window.get_by_label("· redacted");
    assert!(shows(&window, "then go on.") && !shows(&window, "ann@people.test"), "redacted there too");
    assert!(shows(&window, "Next: ") && shows(&window, "0:0"));
    press(&mut window, Key::ArrowRight);
    window.get_by_label("Step 2 of 2");
    window.get_by_label("redacted · 2 of 2");
    window.get_by_label("This is the last step.");
    press(&mut window, Key::B);
    window.get_by_label("· the audience sees a blank screen");
    press(&mut window, Key::Escape);
    window.get_by_label("File");
    assert!(!shows(&window, "Step 2 of 2"), "both have ended");
    Ok(())
}

#[test]
fn nothing_that_names_a_person_is_drawn_while_presenting() -> Result<(), Failure> {
    let world = World::new()?;
    let line = |i: u32| {
        let time = format!("2026-03-01T12:{:02}:{:02}Z", i / 60 % 60, i % 60);
        let (who, what) =
            if (600..640).contains(&i) { ("mallory", "door forced by") } else { ("ann", "mail sent to") };
        format!(r#"{{"time":"{time}","msg":"{what} {who}{i}@people.test","user.name":"{who}"}}"#)
    };
    let capture = world.write("mail.jsonl", (0..1200).map(line).collect::<Vec<_>>().join("\n"))?;
    let mut window = world.window();
    with(window.state(), |app| app.open(&[capture]));
    settle(&mut window);
    let mut is_told = false;
    for show in [Key::Num2, Key::Num3, Key::Num4] {
        window.key_press_modifiers(Modifiers::COMMAND, show);
        settle(&mut window);
        is_told |= shows(&window, "@people.test");
        command(&mut window, "Add this view to the story");
    }
    let told = |window: &Window, part: &str| shows(window, part);
    assert!(is_told, "the window itself shows the case as it is");
    window.key_press(Key::F5);
    let clear = |window: &Window| ["mallory", "@people.test"].iter().any(|part| told(window, part));
    for step in 0..3 {
        let patience = Instant::now() + Duration::from_mins(2);
        loop {
            window.step();
            assert!(!clear(&window), "in step {step}");
            if !with(window.state(), |app| app.busy()) {
                break;
            }
            assert!(Instant::now() < patience, "step {step} does not come");
            with(window.state(), |app| app.wait(Duration::from_millis(20)));
        }
        window.run();
        assert!(!clear(&window), "in step {step}");
        window.key_press(Key::PageDown);
    }
    assert!(told(&window, "⟨email") || told(&window, "redaction"), "what is there instead says so");
    press(&mut window, Key::Escape);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    settle(&mut window);
    assert!(told(&window, "@people.test"), "afterwards it is as it was");
    Ok(())
}

#[test]
fn a_view_is_saved_under_a_name_found_shown_again_and_removed() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    settle(&mut window);
    command(&mut window, "Save this view as");
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    window.get_by_label("Name of the view").type_text("Where it hurts");
    window.run();
    click(&mut window, "Save view");
    let front = |window: &Window, tab: &str| {
        let tabs = window
            .query_all_by_label(tab)
            .filter(|node| node.accesskit_node().role() == egui::accesskit::Role::Tab);
        tabs.into_iter().any(|node| node.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True))
    };
    assert!(front(&window, "Events"));
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num1);
    settle(&mut window);
    assert!(!front(&window, "Events"));
    command(&mut window, "Where it hurts");
    assert!(front(&window, "Events"), "it is shown as it was");
    command(&mut window, "Saved views");
    click(&mut window, "Remove Where it hurts");
    click(&mut window, "Close");
    window.key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.run();
    window.get_by_label("Command").type_text("Where it hurts");
    settle(&mut window);
    assert!(window.query_by_label("Where it hurts").is_none(), "it is gone from the palette");
    let case = case::Case::open_read_only(&world.path("shop.jsonl.driftlock"))?;
    let views: Vec<bool> =
        case.decisions()?.iter().filter(|row| row.decision.name() == "view").map(|row| row.stands).collect();
    assert_eq!(views, [false], "that it was there is in the chain");
    Ok(())
}

#[test]
fn the_audit_chain_is_listed_filtered_and_exported_and_what_is_broken_is_said() -> Result<(), Failure> {
    let mut world = World::new()?;
    world.picked = Picked::Paths(vec![world.path("audit.csv")]);
    let mut window = incident(&world)?;
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num9);
    settle(&mut window);
    assert!(shows(&window, "The chain holds: "));
    let all = labels(&window, "Row ");
    assert!(
        all.iter().any(|row| row.contains("import by ")) && all.iter().any(|row| row.contains("run by "))
    );
    window.get_by_label("Filter by what was done").focus();
    window.run();
    window.get_by_label("Filter by what was done").type_text("run");
    settle(&mut window);
    assert_eq!(labels(&window, "Row ").len(), 1);
    let row = labels(&window, "Row ").remove(0);
    click(&mut window, &row);
    assert!(shows(&window, "SHA-256 "));
    click(&mut window, "Export audit rows…");
    let csv = std::fs::read_to_string(world.path("audit.csv"))?;
    assert!(csv.starts_with("sequence,time,who") && csv.lines().count() == 2, "{csv}");
    Ok(())
}

#[test]
fn what_was_looked_at_is_noted_kept_and_told() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num8);
    settle(&mut window);
    assert!(shows(&window, "Findings opened: 0 of "), "nothing was opened yet");
    window.key_press_modifiers(Modifiers::COMMAND, Key::F8);
    settle(&mut window);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    settle(&mut window);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num8);
    settle(&mut window);
    assert!(shows(&window, "Findings opened: 1 of "));
    window.get_by_label("Coverage of streams");
    assert!(window.query_all_by_label_contains("Time looked at: ").next().is_some());
    with(window.state(), App::close_window);
    let coverage = case::Case::open_read_only(&world.path("shop.jsonl.driftlock"))?.coverage()?;
    assert_eq!(coverage.findings_unseen.len() as u64 + 1, coverage.findings);
    assert!(coverage.streams.iter().any(|row| row.events_seen > 5), "{coverage:?}");
    assert!(coverage.nanos_seen > 0 && coverage.nanos_seen < coverage.nanos);
    Ok(())
}

#[test]
fn a_bookmark_is_a_decision_and_one_that_was_decided_elsewhere_is_there() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    window.key_press_modifiers(Modifiers::COMMAND, Key::D);
    settle(&mut window);
    let path = world.path("shop.jsonl.driftlock");
    let marks = |case: &case::Case| -> Result<Vec<bool>, Failure> {
        let rows = case.decisions()?;
        Ok(rows.iter().filter(|row| row.decision.name() == "bookmark").map(|row| row.stands).collect())
    };
    let mut case = case::Case::open(&path)?;
    assert_eq!(marks(&case)?, [true]);
    let elsewhere = case::Decision::Bookmark { name: "From the command line".to_owned() };
    case.decide(&case::Subject::Stream { stream: 1 }, &elsewhere)?;
    window.key_press_modifiers(Modifiers::COMMAND, Key::D);
    settle(&mut window);
    assert_eq!(marks(&case)?, [false, true], "taken away, and the other one is left alone");
    drop(case);
    let mut again = world.window();
    with(again.state(), |app| app.open(&[path]));
    settle(&mut again);
    command(&mut again, "From the command line");
    assert!(again.query_by_label("Bookmarked").is_some(), "its stream is selected");
    Ok(())
}

#[test]
fn words_of_a_step_are_kept_however_its_field_is_left() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = story(&world)?;
    let note = |window: &mut Window, text: &str| {
        window.get_by_label("Notes of the step").focus();
        window.run();
        window.get_by_label("Notes of the step").type_text(text);
        window.run();
    };
    let notes = || -> Result<Vec<String>, Failure> {
        let case = case::Case::open_read_only(&world.path("shop.jsonl.driftlock"))?;
        Ok(case.story()?.into_iter().map(|step| step.note).collect())
    };
    note(&mut window, "before a third");
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::N);
    settle(&mut window);
    assert_eq!(notes()?, ["", "before a third", ""]);
    note(&mut window, "before it is presented");
    window.key_press(Key::F5);
    settle(&mut window);
    window.key_press(Key::Escape);
    settle(&mut window);
    assert_eq!(notes()?[2], "before it is presented");
    note(&mut window, "; ");
    window.key_press_modifiers(Modifiers::COMMAND, Key::W);
    settle(&mut window);
    window.get_by_label("Notes of the step");
    note(&mut window, "before the window is closed");
    with(window.state(), App::close_window);
    assert!(notes()?[2].contains("before the window is closed"), "{:?}", notes()?);
    Ok(())
}
