//! A table behind every picture: each is opened by the name of its button, and has rows.

use super::*;
use egui::{Key, Modifiers};
use std::collections::BTreeMap;
use workstation::Picture;

fn labels(window: &Window) -> Vec<String> {
    let said = |node: egui_kittest::Node<'_>| [node.accesskit_node().label(), node.accesskit_node().value()];
    window.root().children_recursive().flat_map(said).flatten().collect()
}

/// The name of the table that is shown, and its rows.
fn heading(window: &Window) -> Option<(String, u64)> {
    let read = |label: String| {
        let (name, rows) = label.split_once(": ")?;
        let rows = rows.strip_suffix(" rows").or(rows.strip_suffix(" row"))?.replace(',', "");
        let is_picture = Picture::ALL.iter().any(|picture| picture.name() == name);
        is_picture.then_some((name.to_owned(), rows.parse().ok()?))
    };
    labels(window).into_iter().find_map(read)
}

/// Opens the numbers of a view, goes through its tables, and closes them again.
pub(super) fn numbers(window: &mut Window, of: &str) -> BTreeMap<String, u64> {
    let way = format!("Numbers: {of}");
    window.get_by_label(&way).scroll_to_me();
    window.run();
    click(window, &way);
    let mut found = BTreeMap::new();
    let all = labels(window);
    let tabs = Picture::ALL.iter().map(|picture| picture.name()).filter(|name| all.iter().any(|l| l == name));
    for tab in tabs {
        // What has the same name in the view stands before the dialog.
        let is_there = {
            let mut buttons = window.query_all_by_role_and_label(egui::accesskit::Role::Button, tab);
            buttons.next_back().map(|button| button.click()).is_some()
        };
        if !is_there {
            continue;
        }
        settle(window);
        let (name, rows) = heading(window).expect("a table says its name and its rows");
        assert_eq!(name, tab);
        window.get_by_label(&format!("Numbers of the picture {name}"));
        found.insert(name, rows);
    }
    click(window, "Copy as CSV");
    click(window, "Close");
    assert_eq!(heading(window), None, "the dialog is closed");
    found
}

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    settle(window);
}

fn choose(window: &mut Window, combo: &str, option: &str) {
    let node = window.query_all_by_label_contains(combo).next();
    node.unwrap_or_else(|| panic!("there is no {combo}")).click();
    window.run();
    click(window, option);
}

#[test]
fn every_picture_has_a_table_with_what_it_draws() -> Result<(), Failure> {
    let mut found = BTreeMap::new();

    let world = World::new()?;
    let mut window = incident(&world)?;
    found.extend(numbers(&mut window, "overview"));
    let odd = listed(&window).into_iter().find(|name| name.contains("checkout") && name.contains("09:01:"));
    click(&mut window, &odd.ok_or("the odd stretch is not found")?);
    press(&mut window, Modifiers::COMMAND, Key::Num3);
    found.extend(numbers(&mut window, "findings in the list"));
    press(&mut window, Modifiers::COMMAND, Key::Num8);
    found.extend(numbers(&mut window, "time looked at"));
    press(&mut window, Modifiers::SHIFT, Key::F10);
    press(&mut window, Modifiers::NONE, Key::F10);
    found.extend(numbers(&mut window, "blocks"));
    press(&mut window, Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::D);
    found.extend(numbers(&mut window, "comparison"));
    press(&mut window, Modifiers::COMMAND, Key::Num2);
    found.extend(numbers(&mut window, "ordinary scores"));
    found.extend(numbers(&mut window, "stability"));
    press(&mut window, Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::T);
    found.extend(numbers(&mut window, "Null distribution of NCD"));
    window.get_by_label("Confirm as incident…").scroll_to_me();
    window.run();
    click(&mut window, "Confirm as incident…");
    click(&mut window, "Confirm and analyse again");
    press(&mut window, Modifiers::NONE, Key::F4);
    choose(&mut window, "Compare: ", "Two runs");
    settle(&mut window);
    found.extend(numbers(&mut window, "comparison"));

    let world = World::new()?;
    let mut window = telemetry::company(&world)?;
    press(&mut window, Modifiers::NONE, Key::F6);
    found.extend(numbers(&mut window, "traces"));
    press(&mut window, Modifiers::NONE, Key::F7);
    found.extend(numbers(&mut window, "series"));

    let world = World::new()?;
    let mut window = telemetry::answers(&world)?;
    click(&mut window, "Tools");
    found.extend(numbers(&mut window, "tools"));

    for picture in Picture::ALL {
        let rows = found.get(picture.name());
        assert!(rows.is_some_and(|rows| *rows > 0), "{} has {rows:?} rows", picture.name());
    }
    Ok(())
}
