//! What a person needs who does not see the window: a name for everything that can be used, in every view and dialog.

use super::telemetry::company;
use super::*;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Node;

/// Roles that something happens to when they are used.
const USED: [Role; 14] = [
    Role::Button,
    Role::CheckBox,
    Role::ComboBox,
    Role::DefaultButton,
    Role::Link,
    Role::ListBox,
    Role::MenuItem,
    Role::MultilineTextInput,
    Role::RadioButton,
    Role::SearchInput,
    Role::Slider,
    Role::SpinButton,
    Role::Tab,
    Role::TextInput,
];

fn everything(window: &Window) -> impl Iterator<Item = Node<'_>> {
    window.root().children_recursive()
}

/// Where something without a name stands that can be used.
fn nameless(window: &Window) -> Vec<String> {
    let is_nameless = |node: &Node<'_>| {
        let node = node.accesskit_node();
        USED.contains(&node.role()) && node.label().is_none_or(|label| label.trim().is_empty())
    };
    let found = everything(window).filter(is_nameless);
    found.map(|node| format!("{:?} at {:?}", node.accesskit_node().role(), node.rect())).collect()
}

pub(crate) fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    settle(window);
}

/// Every view, by its key.
pub(crate) const VIEWS: [(&str, Modifiers, Key); 15] = [
    ("overview", Modifiers::COMMAND, Key::Num1),
    ("finding", Modifiers::COMMAND, Key::Num2),
    ("events", Modifiers::COMMAND, Key::Num3),
    ("bytes", Modifiers::COMMAND, Key::Num4),
    ("problems", Modifiers::COMMAND, Key::Num5),
    ("activity", Modifiers::COMMAND, Key::Num6),
    ("story", Modifiers::COMMAND, Key::Num7),
    ("coverage", Modifiers::COMMAND, Key::Num8),
    ("audit", Modifiers::COMMAND, Key::Num9),
    ("compare", Modifiers::NONE, Key::F4),
    ("traces", Modifiers::NONE, Key::F6),
    ("metrics", Modifiers::NONE, Key::F7),
    ("calls", Modifiers::NONE, Key::F9),
    ("blocks", Modifiers::NONE, Key::F10),
    ("settings", Modifiers::COMMAND, Key::Comma),
];

#[test]
fn everything_that_can_be_used_has_a_name_in_every_view() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = company(&world)?;
    press(&mut window, Modifiers::COMMAND | Modifiers::SHIFT, Key::N);
    press(&mut window, Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    let mut wrong = Vec::new();
    for (view, modifiers, key) in VIEWS {
        press(&mut window, modifiers, key);
        // As a picture, and as a table.
        for _ in 0..2 {
            wrong.extend(nameless(&window).into_iter().map(|what| format!("{view}: {what}")));
            press(&mut window, Modifiers::COMMAND, Key::T);
        }
    }
    for (sheet, modifiers, key) in [
        ("palette", Modifiers::COMMAND, Key::K),
        ("shortcuts", Modifiers::NONE, Key::F1),
        ("help", Modifiers::SHIFT, Key::F1),
        ("naming a view", Modifiers::COMMAND | Modifiers::SHIFT, Key::W),
    ] {
        press(&mut window, modifiers, key);
        wrong.extend(nameless(&window).into_iter().map(|what| format!("{sheet}: {what}")));
        press(&mut window, Modifiers::NONE, Key::Escape);
    }
    assert!(wrong.is_empty(), "without a name: {wrong:#?}");
    Ok(())
}

#[test]
fn everything_in_the_import_dialog_and_on_the_welcome_screen_has_a_name() -> Result<(), Failure> {
    let mut world = World::new()?;
    let capture = world.write("shop.jsonl", testkit::captures::shop(300, 100..110))?;
    world.picked = Picked::Paths(vec![capture]);
    let mut window = world.window();
    settle(&mut window);
    assert_eq!(nameless(&window), Vec::<String>::new());
    press(&mut window, Modifiers::COMMAND, Key::O);
    for side in ["Fields", "Problems", "Redaction", "Limits"] {
        window.query_all_by_label_contains(side).next().ok_or("each side has a tab")?.click();
        settle(&mut window);
        assert_eq!(nameless(&window), Vec::<String>::new(), "{side}");
    }
    Ok(())
}
