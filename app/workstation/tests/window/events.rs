//! The list of events: what is looked for in it, its columns, what is copied and exported, and text that wants to act.

use super::*;
use egui::{Key, Modifiers};

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    settle(window);
}

/// A window on one stream of these lines, with its events in front.
fn events_of(world: &World, lines: &[String]) -> Result<Window, Failure> {
    let capture = world.write("app.jsonl", lines.concat())?;
    let mut window = world.window();
    with(window.state(), |app| app.open(&[capture]));
    settle(&mut window);
    press(&mut window, Modifiers::COMMAND, Key::Num3);
    Ok(window)
}

/// Orders, of which every hundredth is refused.
fn orders(count: usize) -> Vec<String> {
    let line = |index: usize| {
        let (level, what) = if index % 100 == 7 { ("error", "refused") } else { ("info", "paid") };
        let (minute, second) = (index / 60 % 60, index % 60);
        format!(
            "{{\"time\":\"2026-03-01T09:{minute:02}:{second:02}Z\",\"level\":\"{level}\",\"service\":\"shop\",\
             \"message\":\"order {what}\",\"order.id\":{index},\"who\":\"=cmd({index})\"}}\n"
        )
    };
    (0..count).map(line).collect()
}

fn filter(window: &mut Window, text: &str) {
    press(window, Modifiers::COMMAND | Modifiers::SHIFT, Key::F);
    window.get_by_label("Filter events").focus();
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    if text.is_empty() {
        window.key_press(Key::Backspace);
    } else {
        window.get_by_label("Filter events").type_text(text);
    }
    settle(window);
}

#[test]
fn what_fits_is_counted_listed_and_gone_through_while_it_is_written() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = events_of(&world, &orders(1200))?;
    filter(&mut window, "refus");
    assert!(shows(&window, "12 events fit"), "a part of a word is enough");
    assert!(shows(&window, "Event 7: order refused"), "and the hits are listed");
    assert!(!shows(&window, "Event 8: "), "others are not");
    window.get_by_label_contains("Event 7: ").click();
    settle(&mut window);
    press(&mut window, Modifiers::NONE, Key::F3);
    window.get_by_label("Filter events").focus();
    window.run();
    press(&mut window, Modifiers::NONE, Key::Enter);
    let selected = |window: &Window, part: &str| {
        let mut found = window.query_all_by_label_contains(part);
        found.any(|node| node.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True))
    };
    assert!(selected(&window, "Event 207: "), "two hits further than the first");
    press(&mut window, Modifiers::SHIFT, Key::F3);
    assert!(selected(&window, "Event 107: "));
    click(&mut window, "With the others");
    assert!(shows(&window, "Event 108: order paid"), "the neighbours of the hit");
    filter(&mut window, "level:error -refused");
    assert!(shows(&window, "0 events fit"), "nothing does");
    click(&mut window, "With the others");
    window.get_by_label("No event fits");
    filter(&mut window, "");
    assert!(shows(&window, "1,200 events") && !shows(&window, "events fit"));
    Ok(())
}

#[test]
fn what_fits_in_other_streams_is_counted_and_a_click_leads_there() -> Result<(), Failure> {
    let world = World::new()?;
    let mut lines = orders(300);
    let of_carts = |index: usize| {
        format!(
            "{{\"time\":\"2026-03-01T09:00:{index:02}Z\",\"service\":\"cart\",\"message\":\"timeout {index}\"}}\n"
        )
    };
    lines.extend((0..40).map(of_carts));
    let mut window = events_of(&world, &lines)?;
    window.get_by_label_contains("Stream shop").click();
    settle(&mut window);
    filter(&mut window, "timeout");
    window.get_by_label("No event of this stream fits");
    assert!(shows(&window, "In other streams there are events that do: 40 of cart"));
    assert!(shows(&window, "40 of 40 events") && shows(&window, "40 in 1 other stream"));
    window.get_by_label_contains("Show those of cart").click();
    settle(&mut window);
    assert!(shows(&window, "40 events fit") && shows(&window, "none in other streams"));
    assert!(shows(&window, "Event 1: timeout 1"));
    filter(&mut window, "refused");
    window.get_by_label_contains("3 in 1 other stream").click();
    settle(&mut window);
    window.get_by_label_contains(": 3 events").click();
    settle(&mut window);
    assert!(shows(&window, "3 events fit") && shows(&window, "Event 7: order refused"));
    filter(&mut window, "");
    assert!(!shows(&window, "other stream") && !shows(&window, "3 of 300"));
    Ok(())
}

#[test]
fn a_query_that_cannot_be_read_says_where() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = events_of(&world, &orders(300))?;
    filter(&mut window, "paid level:loud");
    assert!(shows(&window, "At character 12 of the query"));
    assert!(shows(&window, "order paid") && shows(&window, "300 events"), "the list stays as it was");
    click(&mut window, "Clear the filter");
    assert!(!shows(&window, "At character"));
    Ok(())
}

#[test]
fn a_search_that_is_held_up_blocks_no_frame_and_a_newer_one_takes_its_place() -> Result<(), Failure> {
    let mut world = World::new()?;
    let held: Arc<Mutex<Vec<Job>>> = Arc::default();
    let (keep, free) = (Arc::clone(&held), threads());
    world.spawn = Arc::new(move |name, job| match name {
        "search" => keep.lock().expect("no job panics while it is held").push(job),
        _ => free(name, job),
    });
    let mut window = events_of(&world, &orders(600))?;
    let write = |window: &mut Window, text: &str| {
        window.get_by_label("Filter events").focus();
        window.run_steps(2);
        window.get_by_label("Filter events").type_text(text);
        window.run_steps(4);
    };
    write(&mut window, "refused");
    assert!(shows(&window, "searching…"), "frames go on while nothing comes");
    write(&mut window, " level:info");
    assert_eq!(held.lock().expect("no job panics while it is held").len(), 1, "one in flight");
    let let_go = || held.lock().expect("no job panics while it is held").drain(..).for_each(|job| job());
    let_go();
    window.run_steps(4);
    assert!(!shows(&window, "6 events fit"), "what was cancelled tells nothing");
    let_go();
    settle(&mut window);
    assert!(shows(&window, "0 events fit"), "the newer one is answered");
    Ok(())
}

#[test]
fn fields_become_columns_and_what_is_shown_is_exported() -> Result<(), Failure> {
    let mut world = World::new()?;
    let file = world.path("out.csv");
    world.picked = Picked::Paths(vec![file.clone()]);
    let mut window = events_of(&world, &orders(400))?;
    click(&mut window, "Columns");
    assert!(shows(&window, "whole number, 100 %"), "type and share of a field");
    click(&mut window, "order.id");
    click(&mut window, "who");
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert!(shows(&window, "Columns: Time, Severity, order.id, who, Text"));
    filter(&mut window, "refused");
    press(&mut window, Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    window.get_by_label("4 events exported");
    let written = std::fs::read_to_string(&file)?;
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines.len(), 5, "{written}");
    assert_eq!(lines[0], "position,time,level,stream,value,order.id,who,text");
    assert!(lines[1].starts_with("7,2026-03-01T09:00:07Z,error,shop · "), "{}", lines[1]);
    assert!(lines[1].contains(",7,\"'=cmd(7)\","), "no formula: {}", lines[1]);
    assert!(!world.path("out.csv.part").exists());

    press(&mut window, Modifiers::COMMAND | Modifiers::SHIFT, Key::E);
    window.get_by_label("4 events copied");
    let mut again = world.window();
    with(again.state(), |app| app.open(&[world.path("app.jsonl.driftlock")]));
    settle(&mut again);
    press(&mut again, Modifiers::COMMAND, Key::Num3);
    assert!(shows(&again, "order.id, who, Text"), "the case keeps its columns");
    Ok(())
}

#[test]
fn an_export_is_cancelled_and_leaves_nothing() -> Result<(), Failure> {
    let mut world = World::new()?;
    let file = world.path("out.jsonl");
    world.picked = Picked::Paths(vec![file.clone()]);
    let window = events_of(&world, &orders(300))?;
    drop(window);
    let held: Arc<Mutex<Vec<Job>>> = Arc::default();
    let (keep, free) = (Arc::clone(&held), threads());
    world.spawn = Arc::new(move |name, job| match name {
        "task" => keep.lock().expect("no job panics while it is held").push(job),
        _ => free(name, job),
    });
    let mut window = world.window();
    let let_go = || held.lock().expect("no job panics while it is held").drain(..).for_each(|job| job());
    with(window.state(), |app| app.open(&[world.path("app.jsonl.driftlock")]));
    let_go();
    settle(&mut window);
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    window.run_steps(3);
    while held.lock().expect("no job panics while it is held").is_empty() {
        with(window.state(), |app| app.wait(Duration::from_millis(20)));
        window.run_steps(2);
    }
    window.get_by_label("Cancel").click();
    window.run_steps(2);
    let_go();
    settle(&mut window);
    window.get_by_label("Cancelled");
    assert!(!file.exists() && !world.path("out.jsonl.part").exists());
    Ok(())
}

#[test]
fn text_that_wants_to_act_is_shown_and_cannot() -> Result<(), Failure> {
    let world = World::new()?;
    let hostile = [
        "user\\u202egpj.exe\\u2066",
        "\\u001b[31mred\\u0007\\u001b]0;title\\u0007",
        "zero\\u200bwidth\\ufeff",
        "<b>bold</b> &amp; **mark** [link](http://x)",
        "\\u0627\\u0644\\u0639\\u0631\\u0628\\u064a\\u0629",
        "e\\u0301",
    ];
    let mut bodies: Vec<String> = hostile.iter().map(|text| (*text).to_owned()).collect();
    bodies.push(format!("z{}", "\\u0301".repeat(60)));
    let long = "x".repeat(8 << 10);
    let lines: Vec<String> = (0..30)
        .flat_map(|_| bodies.iter())
        .chain([&long])
        .map(|body| {
            format!("{{\"time\":\"2026-03-01T09:00:00Z\",\"service\":\"shop\",\"message\":\"{body}\"}}\n")
        })
        .collect();
    let capture = world.write("app.jsonl", lines.concat())?;
    let mut window = world.window();
    // No font that is shipped has every script; what none has is a box in the window.
    window.ctx.set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    with(window.state(), |app| app.open(&[capture]));
    settle(&mut window);
    press(&mut window, Modifiers::COMMAND, Key::Num3);
    window.get_by_label("Events list").focus();
    press(&mut window, Modifiers::NONE, Key::Home);
    for part in [
        "user\\u{202e}gpj.exe\\u{2066}",
        "\\u{1b}[31mred\\u{7}",
        "zero\\u{200b}width\\u{feff}",
        "<b>bold</b>",
    ] {
        assert!(shows(&window, part), "{part}");
    }
    let labels = window.root().children_recursive().filter_map(|node| node.accesskit_node().label());
    for label in labels.collect::<Vec<_>>() {
        assert!(label.len() < 2_000, "what does not fit into a row is not laid out");
        assert!(
            !label.chars().any(|c| c.is_control() && c != '\n' || "\u{202e}\u{2066}\u{200b}".contains(c))
        );
    }
    filter(&mut window, "xxxx");
    assert!(shows(&window, "1 event fits") && shows(&window, "Event 210: xxxx"));
    filter(&mut window, "\u{301}\u{301}");
    assert!(shows(&window, "30 events fit"), "within one letter of many marks");
    Ok(())
}
