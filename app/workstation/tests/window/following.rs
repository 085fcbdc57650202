//! Following in the window: what is appended comes, the views keep their place, and it ends when it is told to.

use super::*;
use case::Case;
use egui::{Key, Modifiers};
use std::io::Write as _;

/// Runs frames until this is so.
fn until(window: &mut Window, what: &str, is_so: impl Fn(&Window) -> bool) {
    let patience = Instant::now() + Duration::from_mins(5);
    window.run();
    while !is_so(window) || with(window.state(), |app| app.busy()) {
        assert!(Instant::now() < patience, "{what} does not come");
        with(window.state(), |app| app.wait(Duration::from_millis(20)));
        window.run();
    }
}

fn carry_out(window: &mut Window, words: &str) {
    window.key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.run();
    window.get_by_label("Command").type_text(words);
    window.run();
    window.key_press(Key::Enter);
    window.run();
}

fn append(path: &Path, text: &str) -> Result<(), Failure> {
    Ok(std::fs::OpenOptions::new().append(true).open(path)?.write_all(text.as_bytes())?)
}

fn selected(window: &Window) -> Option<String> {
    let mut crumbs = window.query_all_by_role(egui::accesskit::Role::Link);
    crumbs.find_map(|node| node.accesskit_node().label().filter(|label| label.starts_with("Finding ")))
}

#[test]
fn what_is_appended_comes_and_the_views_keep_their_place() -> Result<(), Failure> {
    let mut world = World::new()?;
    let lines = testkit::captures::shop(1200, 600..640);
    let most = lines[..lines.len() * 4 / 5].rfind('\n').ok_or("several lines")? + 1;
    let path = world.write("shop.jsonl", &lines[..most])?;
    let events = lines[..most].lines().count();
    world.picked = Picked::Paths(vec![path.clone()]);
    let mut window = world.window();
    settle(&mut window);
    carry_out(&mut window, "follow a growing file");
    let all = format!("{} events", grouped(events));
    until(&mut window, "the first run", |window| shows(window, &all) && !listed(window).is_empty());
    assert!(shows(&window, "Following shop.jsonl: "), "it is said in the status bar");
    let of_checkout = listed(&window).into_iter().find(|name| name.contains("checkout"));
    window.get_by_label(&of_checkout.ok_or("the odd stretch is found")?).click();
    window.run();
    let is_of_checkout = |window: &Window| {
        let finding = selected(window).map(|name| format!("{name}, "));
        finding.is_some_and(|name| {
            listed(window).iter().any(|row| row.starts_with(&name) && row.contains("checkout"))
        })
    };
    assert!(is_of_checkout(&window), "{:?} {:?}", selected(&window), listed(&window));

    append(&path, &lines[most..])?;
    let all = format!("{} events", grouped(lines.lines().count()));
    until(&mut window, "what was appended", |window| shows(window, &all) && shows(window, "windows scored"));
    assert!(is_of_checkout(&window), "{:?} {:?}", selected(&window), listed(&window));

    carry_out(&mut window, "stop following");
    until(&mut window, "the end", |window| shows(window, "is not followed any more"));
    assert!(!shows(&window, "Following shop.jsonl: "));
    append(&path, "{\"message\":\"too late\"}\n")?;
    settle(&mut window);
    let case = Case::open_read_only(&case_of(&path))?;
    let [row] = &case.captures()?[..] else { panic!("one capture that grew") };
    assert_eq!(row.events, lines.lines().count() as u64);
    Ok(())
}

fn grouped(count: usize) -> String {
    let digits = count.to_string();
    match digits.len() {
        0..=3 => digits,
        all => format!("{},{}", &digits[..all - 3], &digits[all - 3..]),
    }
}

#[test]
fn a_folder_is_followed_and_rests_without_a_frame() -> Result<(), Failure> {
    let mut world = World::new()?;
    let folder = world.path("dropped");
    std::fs::create_dir(&folder)?;
    std::fs::write(folder.join("a.jsonl"), testkit::captures::shop(200, 0..0))?;
    world.picked = Picked::Paths(vec![folder.clone()]);
    let mut window = world.window();
    settle(&mut window);
    carry_out(&mut window, "follow a folder");
    until(&mut window, "the first capture", |window| shows(window, "600 events") && shows(window, "scored"));
    std::fs::write(folder.join("b.jsonl"), testkit::captures::shop(100, 0..0))?;
    until(&mut window, "the second capture", |window| shows(window, "900 events"));
    until(&mut window, "its run", |window| shows(window, "scored"));
    settle(&mut window);
    let delay = window.output().viewport_output.values().map(|out| out.repaint_delay).min();
    assert_eq!(delay, Some(Duration::MAX), "following asks for no frame by itself");
    carry_out(&mut window, "stop following");
    until(&mut window, "the end", |window| shows(window, "is not followed any more"));
    Ok(())
}

#[test]
fn what_is_followed_is_redacted_as_the_settings_say() -> Result<(), Failure> {
    let mut world = World::new()?;
    let line = |at: u64| {
        format!("{{\"time\":\"2026-03-01T09:00:{at:02}Z\",\"message\":\"mail to zoe.quill@shop.example\"}}\n")
    };
    let path = world.write("mail.jsonl", (0..20).map(line).collect::<String>())?;
    world.picked = Picked::Paths(vec![path.clone()]);
    let mut window = world.window();
    settle(&mut window);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    settle(&mut window);
    click(&mut window, "Redaction: Personal data and secrets");
    carry_out(&mut window, "follow a growing file");
    until(&mut window, "the first piece", |window| shows(window, "20 events"));
    append(&path, &line(21))?;
    until(&mut window, "what was appended", |window| shows(window, "21 events"));
    carry_out(&mut window, "stop following");
    until(&mut window, "the end", |window| shows(window, "is not followed any more"));
    let case = Case::open_read_only(&case_of(&path))?;
    let [row] = &case.captures()?[..] else { panic!("one capture that grew") };
    let redaction = row.redaction.as_ref().ok_or("it is redacted")?;
    let counts = [("email".to_owned(), 21)];
    assert_eq!((redaction.rules.name.as_str(), &redaction.counts[..]), ("personal", &counts[..]));
    Ok(())
}
