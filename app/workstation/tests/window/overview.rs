//! The overview as it is used and seen: its brush under a pointer, what was chosen for all pictures, and how it looks.

use super::*;
use egui::{Key, Modifiers, Pos2, lerp, pos2};
use egui_kittest::SnapshotResults;

/// The node of the strip of all time.
const BRUSH: &str = "Time shown: ";

fn sample(world: &World) -> Result<Window, Failure> {
    let mut window = tour::window(world)?;
    settle(&mut window);
    click(&mut window, "Try the sample incident");
    Ok(window)
}

/// What the strip says, and where in the window a share of the whole time is.
fn brush(window: &Window) -> (String, impl Fn(f32) -> Pos2 + use<>) {
    let node = window.query_all_by_label_contains(BRUSH).next().expect("the overview is shown");
    let (label, rect) = (node.accesskit_node().label().unwrap_or_default(), node.rect());
    (label, move |share| pos2(lerp(rect.left()..=rect.right(), share), rect.center().y))
}

/// Both times of the strip, in seconds of the day.
fn seconds(label: &str) -> (f64, f64) {
    let of = |text: &str| {
        let clock = text.split(' ').find(|word| word.contains(':')).expect("a time of day");
        clock.split(':').fold(0.0, |sum, part| sum * 60.0 + part.parse::<f64>().expect("a number"))
    };
    let (from, to) = label.trim_start_matches(BRUSH).split_once(" to ").expect("two times");
    (of(from), of(to))
}

/// Presses at the first place and moves over the others; the button stays down.
fn drag(window: &mut Window, path: &[Pos2]) {
    window.hover_at(path[0]);
    window.run();
    window.drag_at(path[0]);
    window.run();
    for place in &path[1..] {
        window.hover_at(*place);
        window.run();
    }
}

fn let_go(window: &mut Window, at: Pos2) {
    window.drop_at(at);
    settle(window);
}

/// Rows of the table behind the timeline.
fn windows_in_the_time_shown(window: &mut Window) -> u64 {
    let tables = figures::numbers(window, "overview");
    tables.get("Timeline").copied().unwrap_or_default()
}

#[test]
fn a_brush_is_dragged_moved_by_its_end_taken_back_and_rules_every_picture() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = sample(&world)?;
    let (whole, at) = brush(&window);
    let (begin, end) = seconds(&whole);
    let place = |share: f64| begin + (end - begin) * share;
    let is_near = |label: &str, from: f64, to: f64| {
        let (shown, room) = (seconds(label), (end - begin) * 0.01 + 1.0);
        (shown.0 - place(from)).abs() < room && (shown.1 - place(to)).abs() < room
    };
    let all = windows_in_the_time_shown(&mut window);

    drag(&mut window, &[at(0.2), at(0.3), at(0.6)]);
    assert!(is_near(&brush(&window).0, 0.2, 0.6), "while it is dragged: {}", brush(&window).0);
    let_go(&mut window, at(0.6));
    let brushed = brush(&window).0;
    assert!(is_near(&brushed, 0.2, 0.6), "{brushed} of {whole}");
    let part = windows_in_the_time_shown(&mut window);
    assert!(part > 0 && part < all, "the timeline shows {part} of {all} windows");

    drag(&mut window, &[at(0.6), at(0.7), at(0.8)]);
    let_go(&mut window, at(0.8));
    let widened = brush(&window).0;
    assert!(is_near(&widened, 0.2, 0.8), "its end is moved: {widened}");

    drag(&mut window, &[at(0.5), at(0.45), at(0.4)]);
    assert!(is_near(&brush(&window).0, 0.1, 0.7), "all of it is moved: {}", brush(&window).0);
    window.key_press(Key::Escape);
    window.run();
    assert_eq!(brush(&window).0, widened, "Escape takes the drag back");
    window.hover_at(at(0.9));
    window.run();
    let_go(&mut window, at(0.9));
    assert_eq!(brush(&window).0, widened, "what is left of the drag moves nothing");

    window.key_press_modifiers(Modifiers::ALT, Key::Home);
    settle(&mut window);
    assert_eq!(brush(&window).0, whole);
    Ok(())
}

#[test]
fn lens_and_codec_rule_timeline_heatmap_legend_and_numbers_and_are_taken_back() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = sample(&world)?;
    let command = Modifiers::COMMAND.plus(Modifiers::SHIFT);
    window.get_by_label("Heatmap shows NCD (zstd)");
    window.get_by_label("Compression ratio over time");
    window.key_press_modifiers(command, Key::Y);
    settle(&mut window);
    window.get_by_label("Heatmap shows NCD (count code)");
    window.get_by_label("Codec: count code");
    click(&mut window, "Pictures show NCD");
    click(&mut window, "Rate (bits)");
    window.get_by_label("Rate over time");
    window.get_by_label("Heatmap shows Rate (bits)");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(&mut window);
    window.get_by_label("Heatmap shows NCD (count code)");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(&mut window);
    window.get_by_label("Heatmap shows NCD (zstd)");
    Ok(())
}

/// A part of the window as it is painted.
fn cut(window: &mut Window, labels: [&str; 2]) -> Result<image::RgbaImage, Failure> {
    window.remove_cursor();
    window.run();
    let rect = |label: &str| {
        let node = window.query_all_by_label_contains(label).next();
        node.map(|node| node.rect()).ok_or_else(|| format!("nothing is called {label}"))
    };
    let (first, last) = (rect(labels[0])?, rect(labels[1])?);
    let part = first.union(last).expand(4.0);
    let whole = window.render()?;
    let (left, top) = (part.left().max(0.0) as u32, part.top().max(0.0) as u32);
    let width = (part.width() as u32).min(whole.width() - left);
    let height = (part.height() as u32).min(whole.height() - top);
    Ok(image::imageops::crop_imm(&whole, left, top, width, height).to_image())
}

#[test]
fn overview_and_coloured_bytes_of_the_sample_look_as_they_did() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = sample(&world)?;
    window.set_size(egui::vec2(1280.0, 1400.0));
    settle(&mut window);
    let first = listed(&window).into_iter().next().ok_or("the sample has no finding")?;
    click(&mut window, &first);
    let mut results = SnapshotResults::new();
    for theme in ["dark", "light"] {
        if theme == "light" {
            window.key_press_modifiers(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::L);
            settle(&mut window);
        }
        window.key_press_modifiers(Modifiers::COMMAND, Key::Num1);
        settle(&mut window);
        let overview = cut(&mut window, ["Compression ratio over time", "Heatmap of "])?;
        results.add(egui_kittest::try_image_snapshot(&overview, format!("sample_overview_{theme}")));
        window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
        settle(&mut window);
        window.get_by_label("Events in bits").scroll_to_me();
        settle(&mut window);
        let bytes = cut(&mut window, ["Events in bits", "Events in bits"])?;
        results.add(egui_kittest::try_image_snapshot(&bytes, format!("sample_bytes_{theme}")));
    }
    Ok(())
}
