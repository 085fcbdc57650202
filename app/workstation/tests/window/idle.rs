//! A window at rest paints nothing: no view asks for a frame that nothing has changed.

use super::labels::{VIEWS, press};
use super::telemetry::company;
use super::*;
use egui::{Key, Modifiers};

/// How soon the window wants another frame.
fn delay(window: &Window) -> Option<Duration> {
    window.output().viewport_output.values().map(|out| out.repaint_delay).min()
}

/// Frames that nobody asked for: none of them may ask for the next, once what is told for a few seconds has been told.
fn asks_for_none(window: &mut Window) -> bool {
    const MOST: usize = 60;
    settle(window);
    for _ in 0..MOST {
        if delay(window) == Some(Duration::MAX) {
            break;
        }
        window.run_steps(1);
    }
    window.run_steps(3);
    delay(window) == Some(Duration::MAX)
}

#[test]
fn no_view_asks_for_a_frame_at_rest() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = company(&world)?;
    press(&mut window, Modifiers::COMMAND | Modifiers::SHIFT, Key::N);
    let mut restless = Vec::new();
    for (view, modifiers, key) in VIEWS {
        press(&mut window, modifiers, key);
        // As a picture, and as a table.
        for shown in ["picture", "table"] {
            if !asks_for_none(&mut window) {
                restless.push(format!("{view}, as a {shown}: {:?}", delay(&window)));
            }
            press(&mut window, Modifiers::COMMAND, Key::T);
        }
    }
    // With a notice that waits to be read.
    let binary: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let noise = world.write("noise.bin", binary)?;
    with(window.state(), |app| app.open(&[noise]));
    settle(&mut window);
    window.get_by_label("Could not open noise.bin");
    if !asks_for_none(&mut window) {
        restless.push(format!("with a notice: {:?}", delay(&window)));
    }
    assert!(restless.is_empty(), "{restless:#?}");
    Ok(())
}
