//! Block against block: measured on demand, looked at by pointer, by key and as a table, and cancelled.

use super::*;
use egui::{Key, Modifiers};

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    settle(window);
}

/// What stands over the two blocks.
fn headings(window: &Window) -> Vec<String> {
    let found = window.query_all_by_label_contains("· NCD");
    found.filter_map(|node| node.accesskit_node().value()).collect()
}

#[test]
fn blocks_are_measured_and_any_two_are_seen_side_by_side() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    press(&mut window, Modifiers::NONE, Key::F10);
    window.get_by_label("This stream has not been measured");
    click(&mut window, "Measure block against block");
    assert!(shows(&window, "32 blocks, 46 events of each coded by zstd"));
    assert!(shows(&window, "Colours from "), "a legend with numbers");
    // The odd stretch of checkout is in block 19 or 20 of 32.
    let farthest = headings(&window);
    assert!(
        farthest.iter().any(|name| name.starts_with("Block 19 ") || name.starts_with("Block 20 ")),
        "{farthest:?}"
    );
    window.get_by_label("Events of both blocks");
    assert!(shows(&window, " beside "), "their events stand in one row");

    window.get_by_label("Distances of 32 blocks").focus();
    window.run();
    press(&mut window, Modifiers::NONE, Key::ArrowUp);
    assert_ne!(headings(&window), farthest, "by key");
    click(&mut window, "Distances of 32 blocks");
    assert!(shows(&window, "Block 16 · NCD"), "the middle of the picture, by pointer");

    press(&mut window, Modifiers::COMMAND, Key::T);
    window.get_by_label("Table of distances");
    window.get_by_label_contains("Blocks 0 and 1: NCD").click();
    settle(&mut window);
    press(&mut window, Modifiers::COMMAND, Key::T);
    assert!(shows(&window, "Block 0 · NCD") && shows(&window, "Block 1 · NCD"));
    Ok(())
}

#[test]
fn measuring_is_cancelled_and_leaves_nothing() -> Result<(), Failure> {
    let mut world = World::new()?;
    let held: Arc<Mutex<Vec<Job>>> = Arc::default();
    let is_holding = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (keep, free, holds) = (Arc::clone(&held), threads(), Arc::clone(&is_holding));
    world.spawn = Arc::new(move |name, job| match name {
        "task" if holds.load(std::sync::atomic::Ordering::SeqCst) => {
            keep.lock().expect("no job panics while it is held").push(job);
        }
        _ => free(name, job),
    });
    let mut window = incident(&world)?;
    is_holding.store(true, std::sync::atomic::Ordering::SeqCst);
    window.key_press_modifiers(Modifiers::SHIFT, Key::F10);
    window.run_steps(3);
    assert!(shows(&window, "Measuring the blocks of "));
    window.key_press_modifiers(Modifiers::COMMAND, Key::Period);
    window.run_steps(2);
    held.lock().expect("no job panics while it is held").drain(..).for_each(|job| job());
    settle(&mut window);
    window.get_by_label("Cancelled");
    window.get_by_label("This stream has not been measured");
    Ok(())
}
