//! Evidence that wants to act, beyond the views as they come: in the import dialog, in what is compared, told, presented and
//! audited, in tasks, notices and what the pointer is told.

use super::hostile::{capture, is_inert};
use super::*;
use egui::{Key, Modifiers};

/// Text that a person or another program may have put into a case.
const ACTS: &str = "user\u{202e}gpj.exe\u{2066} \u{1b}[31mred\u{7} zero\u{200b}width\u{feff}";
/// The same as the name of a file.
const NAME: &str = "hostile \u{202e}name\u{1b}[2J.jsonl";

fn opened(world: &World) -> Result<Window, Failure> {
    let capture = world.write(NAME, capture())?;
    let mut window = world.window();
    with(window.state(), |app| app.open(&[capture]));
    settle(&mut window);
    assert!(!listed(&window).is_empty(), "the odd events are found");
    Ok(window)
}

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    settle(window);
}

const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

#[test]
fn the_import_dialog_is_inert_on_each_of_its_sides() -> Result<(), Failure> {
    let mut world = World::new()?;
    let odd = world.write(NAME, capture())?;
    let other = world
        .write("b\u{202e}.log", "2026-03-01 09:00:00 a\u{1b}[31m\u{202e}b ann@people.test\n".repeat(50))?;
    world.picked = Picked::Paths(vec![odd, other]);
    let mut window = world.window();
    settle(&mut window);
    click(&mut window, "Open capture…");
    window.get_by_label("Import captures");
    is_inert(&window, "the import dialog");
    let sides: Vec<String> = ["Fields", "Problems", "Redaction", "Limits"].map(str::to_owned).to_vec();
    for side in sides {
        let tab = window.query_all_by_label_contains(&side).next();
        tab.ok_or_else(|| format!("no side {side}"))?.click();
        settle(&mut window);
        is_inert(&window, &side);
    }
    Ok(())
}

#[test]
fn what_is_compared_told_and_presented_is_inert() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = opened(&world)?;
    for (what, modifiers, key) in [
        ("the selection compared", CTRL_SHIFT, Key::D),
        ("the comparison as a table", CTRL, Key::T),
        ("the time compared", CTRL_SHIFT, Key::G),
        ("the comparison as a picture", CTRL, Key::T),
        ("a step of the story", CTRL_SHIFT, Key::N),
        ("the finding", CTRL, Key::Num2),
        ("another step", CTRL_SHIFT, Key::N),
        ("the story", CTRL, Key::Num7),
        ("blocks", Modifiers::SHIFT, Key::F10),
        ("the palette", CTRL, Key::K),
    ] {
        press(&mut window, modifiers, key);
        is_inert(&window, what);
    }
    press(&mut window, Modifiers::NONE, Key::Escape);
    press(&mut window, CTRL, Key::Num7);
    let step = window.query_all_by_label_contains("Step 1: ").next().ok_or("no step")?;
    step.click();
    settle(&mut window);
    window.get_by_label("Title of the step");
    is_inert(&window, "a step being changed");
    click(&mut window, "Presenter window");
    // Both windows are drawn within the only one of a test.
    window.ctx.set_embed_viewports(false);
    for key in [Key::F5, Key::N, Key::ArrowRight, Key::P] {
        press(&mut window, Modifiers::NONE, key);
        is_inert(&window, "the presentation and its presenter");
    }
    assert!(shows(&window, "Step 2 of "), "the presenter is there");
    Ok(())
}

#[test]
fn what_others_have_decided_is_inert_and_a_look_at_it_decides_nothing() -> Result<(), Failure> {
    let world = World::new()?;
    let window = opened(&world)?;
    drop(window);
    let path = case_of(&world.path(NAME));
    let mut theirs = case::Case::open(&path)?;
    theirs.decide(&case::Subject::Case, &case::Decision::Note { text: ACTS.to_owned() })?;
    theirs
        .decide(&case::Subject::Stream { stream: 0 }, &case::Decision::Bookmark { name: ACTS.to_owned() })?;
    let step = case::Decision::Step {
        step: None,
        place: 1,
        title: ACTS.to_owned(),
        note: format!("first\n{ACTS}"),
        state: ACTS.to_owned(),
    };
    theirs.decide(&case::Subject::Case, &step)?;
    let rows = theirs.audit()?.len();
    drop(theirs);
    let mut window = world.window();
    with(window.state(), |app| app.open(std::slice::from_ref(&path)));
    settle(&mut window);
    press(&mut window, CTRL, Key::Num9);
    is_inert(&window, "the audit chain");
    for row in labels(&window, "Row ") {
        click(&mut window, &row);
        is_inert(&window, "a row of the audit chain");
    }
    press(&mut window, CTRL, Key::Num7);
    let step = labels(&window, "Step 1: ").pop().ok_or("no step")?;
    click(&mut window, &step);
    for field in ["Title of the step", "Notes of the step", "Title of the step"] {
        window.get_by_label(field).focus();
        settle(&mut window);
        is_inert(&window, field);
    }
    press(&mut window, CTRL, Key::K);
    is_inert(&window, "the palette");
    press(&mut window, Modifiers::NONE, Key::Escape);
    press(&mut window, Modifiers::NONE, Key::F5);
    is_inert(&window, "a step that cannot be shown");
    drop(window);
    assert_eq!(case::Case::open_read_only(&path)?.audit()?.len(), rows, "nobody has decided anything");
    Ok(())
}

fn labels(window: &Window, begin: &str) -> Vec<String> {
    let nodes = window.query_all_by_label_contains(begin);
    nodes.filter_map(|node| node.accesskit_node().label()).filter(|label| label.starts_with(begin)).collect()
}

#[test]
fn tasks_and_notices_are_inert() -> Result<(), Failure> {
    let mut world = World::new()?;
    let held = world.hold_tasks();
    let missing = world.path(NAME);
    let mut window = world.window();
    with(window.state(), |app| app.open(&[missing]));
    window.run();
    assert!(shows(&window, "Opening hostile"));
    is_inert(&window, "a task");
    window.key_press_modifiers(CTRL, Key::Num6);
    window.run();
    is_inert(&window, "the list of tasks");
    for job in held.lock().expect("no job panics while it is held").drain(..) {
        job();
    }
    settle(&mut window);
    assert!(shows(&window, "Could not open hostile"));
    is_inert(&window, "a notice");
    Ok(())
}

#[test]
fn what_the_pointer_is_told_is_inert() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = opened(&world)?;
    let finding = listed(&window).into_iter().next().ok_or("no finding")?;
    for (modifiers, key) in
        [(CTRL, Key::Num1), (CTRL, Key::Num2), (CTRL, Key::Num3), (Modifiers::NONE, Key::F6)]
    {
        press(&mut window, modifiers, key);
        let boxes =
            window.root().children_recursive().filter_map(|node| node.accesskit_node().bounding_box());
        let here: Vec<_> = boxes.filter(|at| at.width() > 4.0 && at.height() < 60.0).collect();
        let mut told = 0;
        for at in here.into_iter().step_by(5) {
            let middle = egui::pos2((at.x0 + at.x1) as f32 / 2.0, (at.y0 + at.y1) as f32 / 2.0);
            window.event(egui::Event::PointerMoved(middle));
            // The pointer has to rest before it is told anything.
            window.run_steps(4);
            is_inert(&window, &finding);
            told += 1;
        }
        assert!(told > 10, "the pointer was put on {told} places only");
    }
    Ok(())
}
