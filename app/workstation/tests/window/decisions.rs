//! What people say of a finding, written in the window: notes, tags, links, verdicts, bookmarks.

use super::*;
use egui::{Key, Modifiers};

fn write(window: &mut Window, field: &str, text: &str) {
    window.get_by_label(field).focus();
    window.run();
    window.get_by_label(field).type_text(text);
    settle(window);
}

fn standing(world: &World) -> Result<Vec<case::Decision>, Failure> {
    let rows = case::Case::open_read_only(&world.path("shop.jsonl.driftlock"))?.decisions()?;
    Ok(rows.into_iter().filter(|row| row.stands).map(|row| row.decision).collect())
}

#[test]
fn a_finding_is_noted_tagged_and_linked_and_each_is_withdrawn() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    let first = listed(&window).first().cloned().ok_or("no finding")?;
    click(&mut window, &first);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    settle(&mut window);

    click(&mut window, "Write a note…");
    write(&mut window, "Note about this finding", "the database was moved");
    click(&mut window, "Keep note");
    window.get_by_label("Note: the database was moved");
    assert!(
        window.query_by_label("Note about this finding").is_none(),
        "what is kept is not written any more"
    );

    click(&mut window, "Tag finding…");
    write(&mut window, "Tag of this finding", "database");
    window.key_press(Key::Enter);
    settle(&mut window);
    window.get_by_label("Tag: database");

    click(&mut window, "Link to another finding…");
    let other = window.query_all_by_label_contains("Link to finding ").next();
    let name = other.and_then(|node| node.accesskit_node().label()).ok_or("no other finding is offered")?;
    click(&mut window, &name);
    let other = name.trim_start_matches("Link to ").to_owned();
    assert_eq!(standing(&world)?.len(), 3);

    // The link leads there, and back.
    click(&mut window, &format!("Go to {other}"));
    assert!(window.query_by_label("Tag: database").is_none(), "another finding is shown");
    window.get_by_label("Linked from");
    let back = window.query_all_by_label_contains("Go to finding 1 ").next().ok_or("no way back")?;
    back.click();
    settle(&mut window);
    window.get_by_label("Tag: database");

    click(&mut window, "Withdraw tag: database");
    click(&mut window, "Withdraw note: the database was moved");
    click(&mut window, &format!("Withdraw linked to: {other}"));
    assert!(window.query_by_label("What people said of it").is_none());
    assert!(standing(&world)?.is_empty());
    Ok(())
}

#[test]
fn a_dismissal_needs_its_reason_and_writing_it_is_left_without_a_trace() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    settle(&mut window);
    click(&mut window, "Dismiss as ordinary…");
    click(&mut window, "Dismiss and analyse again");
    window.key_press(Key::Enter);
    settle(&mut window);
    window.get_by_label("Why this finding is ordinary");
    write(&mut window, "Why this finding is ordinary", "a drill");
    window.key_press(Key::Escape);
    settle(&mut window);
    assert!(window.query_by_label("Why this finding is ordinary").is_none());
    assert!(standing(&world)?.is_empty());

    click(&mut window, "Confirm as incident…");
    click(&mut window, "Confirm and analyse again");
    window.get_by_label("Run shown: Run 2 of 2");
    assert_eq!(standing(&world)?, [case::Decision::Confirm { reason: None }]);
    Ok(())
}

#[test]
fn a_capture_opened_again_is_analysed_with_what_was_decided() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    settle(&mut window);
    click(&mut window, "Dismiss as ordinary…");
    write(&mut window, "Why this finding is ordinary", "a drill");
    click(&mut window, "Dismiss and analyse again");
    window.get_by_label("Run shown: Run 2 of 2");
    let capture = world.path("shop.jsonl");
    with(window.state(), |app| app.open(&[capture]));
    settle(&mut window);
    window.get_by_label("Run shown: Run 2 of 2");
    Ok(())
}

#[test]
fn the_window_stays_once_for_words_that_closing_it_would_lose() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    let stays = |window: &mut Window| {
        let root = window.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default();
        root.events.push(egui::ViewportEvent::Close);
        window.step();
        let root = window.output().viewport_output.get(&egui::ViewportId::ROOT);
        root.is_some_and(|root| root.commands.contains(&egui::ViewportCommand::CancelClose))
    };
    assert!(!stays(&mut window), "nothing is written");
    let first = listed(&window).first().cloned().ok_or("no finding")?;
    click(&mut window, &first);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    settle(&mut window);
    click(&mut window, "Write a note…");
    assert!(!stays(&mut window), "nothing is written yet");
    write(&mut window, "Note about this finding", "half a sen");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    settle(&mut window);
    assert!(stays(&mut window));
    settle(&mut window);
    assert!(shows(&window, "Something is still being written"));
    write(&mut window, "Note about this finding", "tence");
    assert!(stays(&mut window), "it was written on");
    assert!(!stays(&mut window), "who asks again is not held");
    Ok(())
}
