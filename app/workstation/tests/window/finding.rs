//! The view of a finding: its events in bits, what differs, and how sure it is.

use super::*;
use egui::{Key, Modifiers};

/// The window on the stretch in which `checkout` loses its database.
fn odd(world: &World) -> Result<Window, Failure> {
    let mut window = incident(world)?;
    let odd = listed(&window).into_iter().find(|name| name.contains("checkout") && name.contains("09:01:"));
    click(&mut window, &odd.ok_or("the odd stretch is not found")?);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    settle(&mut window);
    Ok(window)
}

/// What assistive technology is told: of a plain text that is its value.
fn labels(window: &Window) -> Vec<String> {
    let said = |node: egui_kittest::Node<'_>| [node.accesskit_node().label(), node.accesskit_node().value()];
    window.root().children_recursive().flat_map(said).flatten().collect()
}

/// Position of the event that is selected, as the explanation names it.
fn selected_event(window: &Window) -> Option<u64> {
    let number = |label: String| label.strip_prefix("Event ")?.replace(',', "").parse().ok();
    labels(window).into_iter().find_map(number)
}

#[test]
fn events_are_shown_in_bits_and_lead_to_where_the_baseline_has_them() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = odd(&world)?;
    window.get_by_label("Its events, in bits");
    assert!(
        labels(&window).iter().any(|label| label.contains("Dear: ")),
        "tokens carry their cost in words too"
    );
    let mut went = Vec::new();
    for down in 0..8 {
        window.get_by_label("Events in bits").focus();
        window.run();
        window.key_press(Key::Home);
        for _ in 0..down {
            window.key_press(Key::ArrowDown);
        }
        window.run();
        window.key_press(Key::Enter);
        settle(&mut window);
        if window.query_by_label("Events list").is_some() {
            went.push((down, selected_event(&window).ok_or("an event is selected")?));
            window.key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
            settle(&mut window);
            window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
            settle(&mut window);
        }
    }
    let (first, own) = *went.first().ok_or("the head of an event leads to it")?;
    assert_eq!(first, 0);
    assert!((850..=940).contains(&own), "{went:?}");
    let copied = went.iter().find(|(down, _)| *down > 0).ok_or("no line stands in the baseline")?;
    assert!(!(850..=940).contains(&copied.1), "the baseline is elsewhere: {went:?}");
    Ok(())
}

#[test]
fn what_differs_is_said_and_quantities_have_bars_and_tables() -> Result<(), Failure> {
    let world = World::new()?;
    let window = odd(&world)?;
    for heading in ["What drove it", "What lowered it", "Window beside baseline", "What the codecs say"] {
        window.get_by_label(heading);
    }
    let labels = labels(&window);
    let has = |part: &str| labels.iter().any(|label| label.contains(part));
    assert!(has(". Differs: "), "the difference is said in words");
    assert!(has(": nothing significant: ") && has(", usually "), "a line for each lens that sees nothing");
    assert!(has("Ordinary scores by the lens ") && has(", observed "));
    assert!(has("zstd, C(bw), bits: ") && has("zstd, NCD, rank: "));
    Ok(())
}
