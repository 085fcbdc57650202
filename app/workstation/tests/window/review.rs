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
