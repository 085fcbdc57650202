//! The keyboard walks through every view as a person reads: to the right, and down.

use super::labels::{VIEWS, press};
use super::telemetry::company;
use super::*;
use egui::accesskit::Role;
use egui::{Key, Modifiers, Rect};

/// More than can be come to in one view.
const MOST: usize = 600;
/// Controls of one line may be so far from its middle, in points.
const LINE: f32 = 6.0;

/// What the libraries of the window lay out in an order of their own, and what the keyboard has no use for: an edge between
/// panels, which commands show and hide, and the arrows of the tab bar, which follows the focus by itself.
const NOT_READ: [&str; 3] = ["Resize panel", "Scroll tabs left", "Scroll tabs right"];

/// Something that keys come to.
#[derive(Clone, Debug, PartialEq)]
struct Stop {
    name: String,
    /// Of a tab: its bar scrolls under the focus, so that it is where the one before it was.
    is_tab: bool,
    rect: Rect,
}

fn focused(window: &Window) -> Option<Stop> {
    let mut nodes = window.root().children_recursive();
    let node = nodes.find(|node| node.accesskit_node().is_focused())?;
    let name = node.accesskit_node().label().unwrap_or_default();
    Some(Stop { name, is_tab: node.accesskit_node().role() == Role::Tab, rect: node.rect() })
}

/// Everything that Tab comes to, in order, each once.
fn walk(window: &mut Window) -> Vec<Stop> {
    let mut way: Vec<Stop> = Vec::new();
    for _ in 0..MOST {
        window.key_press(Key::Tab);
        window.run_steps(1);
        let Some(stop) = focused(window).filter(|stop| !NOT_READ.contains(&stop.name.as_str())) else {
            continue;
        };
        if way.first() == Some(&stop) {
            return way;
        }
        if way.last() != Some(&stop) {
            way.push(stop);
        }
    }
    panic!("Tab does not come round: {way:#?}");
}

/// Steps that go to the left without going down, or up without going to the right.
fn against_reading(way: &[Stop]) -> Vec<String> {
    let is_wrong = |from: &Stop, to: &Stop| {
        let down = to.rect.center().y - from.rect.center().y;
        let left = to.rect.left() < from.rect.left() - 1.0 && !(from.is_tab && to.is_tab);
        (left && down <= LINE) || (down < -LINE && to.rect.left() <= from.rect.left())
    };
    let wrong = way.windows(2).filter(|pair| is_wrong(&pair[0], &pair[1]));
    wrong.map(|pair| format!("{:?} to {:?}", pair[0], pair[1])).collect()
}

#[test]
fn focus_goes_to_the_right_and_down_in_every_view() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = company(&world)?;
    press(&mut window, Modifiers::COMMAND | Modifiers::SHIFT, Key::N);
    let mut wrong = Vec::new();
    for (number, (view, modifiers, key)) in VIEWS.into_iter().enumerate() {
        if number == 1 {
            // The panels are the same beside every view, and take most of the way.
            click(&mut window, "Show or hide the lists");
            click(&mut window, "Show or hide the explanation");
        }
        press(&mut window, modifiers, key);
        let mut way = walk(&mut window);
        // It began where the view before was left, and came round.
        let first = way.iter().position(|stop| stop.name == "File").expect("the menu is come to");
        way.rotate_left(first);
        assert!(way.len() > 20, "{view}: only {way:#?}");
        wrong.extend(against_reading(&way).into_iter().map(|step| format!("{view}: {step}")));
    }
    assert!(wrong.is_empty(), "against the order of reading: {wrong:#?}");
    Ok(())
}

#[test]
fn a_step_against_the_order_of_reading_is_found() {
    let at = |x: f32, y: f32| {
        let rect = Rect::from_min_size(egui::pos2(x, y), egui::vec2(40.0, 20.0));
        Stop { name: format!("{x} {y}"), is_tab: false, rect }
    };
    assert_eq!(against_reading(&[at(0.0, 90.0), at(200.0, 0.0)]), Vec::<String>::new(), "a panel beside");
    for way in [[at(0.0, 0.0), at(50.0, 2.0)], [at(0.0, 0.0), at(0.0, 30.0)]] {
        assert_eq!(against_reading(&way), Vec::<String>::new());
        let mut back = way;
        back.reverse();
        assert_eq!(against_reading(&back).len(), 1);
    }
}
