//! The window as a person uses it: the same application, driven by accessible names, on real captures.

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use workstation::{App, Job, Picked, Places, Services, Spawn, threads};

#[path = "window/crash.rs"]
mod crash;
#[path = "window/decisions.rs"]
mod decisions;
#[path = "window/events.rs"]
mod events;
#[path = "window/figures.rs"]
mod figures;
#[path = "window/finding.rs"]
mod finding;
#[path = "window/focus.rs"]
mod focus;
#[path = "window/following.rs"]
mod following;
#[path = "window/hostile.rs"]
mod hostile;
#[path = "window/hostile_elsewhere.rs"]
mod hostile_elsewhere;
#[path = "window/idle.rs"]
mod idle;
#[path = "window/import.rs"]
mod import;
#[path = "window/labels.rs"]
mod labels;
#[path = "window/matrix.rs"]
mod matrix;
#[path = "window/overview.rs"]
mod overview;
#[path = "window/review.rs"]
mod review;
#[path = "window/shell.rs"]
mod shell;
#[path = "window/telemetry.rs"]
mod telemetry;
#[path = "window/tour.rs"]
mod tour;
#[cfg(feature = "encryption")]
#[path = "window/vault.rs"]
mod vault;

type Failure = Box<dyn std::error::Error>;

struct World {
    folder: tempfile::TempDir,
    picked: Picked,
    spawn: Spawn,
}

impl World {
    fn new() -> Result<Self, Failure> {
        Ok(Self { folder: tempfile::tempdir()?, picked: Picked::Cancelled, spawn: threads() })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf, Failure> {
        std::fs::write(self.path(name), content)?;
        Ok(self.path(name))
    }

    /// Tasks wait until the test lets them go, so that what comes first does so on every machine.
    fn hold_tasks(&mut self) -> Arc<Mutex<Vec<Job>>> {
        let held: Arc<Mutex<Vec<Job>>> = Arc::default();
        let (keep, free) = (Arc::clone(&held), threads());
        self.spawn = Arc::new(move |name, job| match name {
            "task" => keep.lock().expect("no job panics while it is held").push(job),
            _ => free(name, job),
        });
        held
    }

    fn window(&self) -> Window {
        let services = Services {
            dialogs: Arc::new(self.picked.clone()),
            spawn: Arc::clone(&self.spawn),
            places: Places {
                config: self.path("config"),
                data: self.path("data"),
                sample: vec![self.path("sample-data")],
            },
        };
        // As in the native window, the application is made before the first frame.
        let app: Shared = Rc::default();
        let made = Rc::clone(&app);
        Harness::builder()
            .with_size([1280.0, 800.0])
            .with_max_steps(64)
            .with_context_setup(move |ctx| *made.borrow_mut() = Some(App::new(ctx, services)))
            .build_ui_state(|ui, app: &mut Shared| with(app, |app| app.ui(ui)), app)
    }
}

type Shared = Rc<RefCell<Option<App>>>;
type Window = Harness<'static, Shared>;

fn with<T>(app: &Shared, act: impl FnOnce(&mut App) -> T) -> T {
    act(app.borrow_mut().as_mut().expect("made before the first frame"))
}

/// Runs frames until nothing in the background will change them any more.
fn settle(window: &mut Window) {
    let patience = Instant::now() + Duration::from_mins(5);
    window.run();
    while with(window.state(), |app| app.busy()) {
        assert!(Instant::now() < patience, "the window does not come to rest");
        with(window.state(), |app| app.wait(Duration::from_millis(20)));
        window.run();
    }
    window.run();
}

fn click(window: &mut Window, label: &str) {
    window.get_by_label(label).click();
    settle(window);
}

fn shows(window: &Window, part: &str) -> bool {
    window.query_all_by_label_contains(part).next().is_some()
}

/// A window on a capture in which `checkout` loses its database, and the names of its findings.
fn incident(world: &World) -> Result<Window, Failure> {
    let capture = world.write("shop.jsonl", testkit::captures::shop(1500, 900..940))?;
    let mut window = world.window();
    with(window.state(), |app| app.open(&[capture]));
    settle(&mut window);
    Ok(window)
}

fn listed(window: &Window) -> Vec<String> {
    let rows = window.query_all_by_label_contains("Finding ");
    let names = rows.filter_map(|node| node.accesskit_node().label());
    names.filter(|name| name.matches(", ").count() >= 3).collect()
}

#[test]
fn welcome_offers_ways_to_begin_and_says_what_is_absent() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = world.window();
    settle(&mut window);
    for label in ["Open capture…", "Open case…", "Try the sample incident"] {
        window.get_by_label(label);
    }
    click(&mut window, "Try the sample incident");
    window.get_by_label("The sample incident is not here");
    assert!(shows(&window, "sample-data"), "it says where it looked");
    click(&mut window, "Dismiss: The sample incident is not here");
    assert!(window.query_by_label("The sample incident is not here").is_none());
    Ok(())
}

#[test]
fn a_capture_is_opened_and_its_finding_is_there() -> Result<(), Failure> {
    let mut world = World::new()?;
    let capture = world.write("shop.jsonl", testkit::captures::shop(1500, 900..940))?;
    world.picked = Picked::Paths(vec![capture.clone()]);
    let mut window = world.window();
    settle(&mut window);
    click(&mut window, "Open capture…");
    assert!(!world.path("shop.jsonl.driftlock").exists(), "it is asked for before anything is written");
    click(&mut window, "Import");
    let findings = listed(&window);
    assert!(findings.first().is_some_and(|name| name.contains("checkout")), "{findings:?}");
    assert!(shows(&window, "4,500 events"), "the status line counts");
    assert!(world.path("shop.jsonl.driftlock").exists(), "the case lies beside the capture");

    // The next window knows the case, and opens it without doing the work again.
    let mut second = world.window();
    settle(&mut second);
    click(&mut second, "Open shop.jsonl.driftlock");
    assert_eq!(listed(&second), findings);
    Ok(())
}

#[test]
fn the_sample_incident_names_the_service_whose_index_was_dropped() -> Result<(), Failure> {
    let world = World::new()?;
    std::fs::create_dir(world.path("sample-data"))?;
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-data/incident.jsonl.zst");
    std::fs::copy(recording, world.path("sample-data").join("incident.jsonl.zst"))?;
    let mut window = world.window();
    settle(&mut window);
    click(&mut window, "Try the sample incident");
    let first: Vec<String> = listed(&window).into_iter().take(3).collect();
    assert!(first.iter().any(|name| name.contains("inventory · inventory.lookup.duration")), "{first:?}");
    assert!(shows(&window, "than usual"), "the sentence says what has changed");
    Ok(())
}

#[test]
fn a_finding_explains_itself_and_leads_to_its_events_and_bytes() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    // The events at 900 to 940 are written from 09:01:30 on.
    let odd = listed(&window).into_iter().find(|name| name.contains("checkout") && name.contains("09:01:"));
    click(&mut window, &odd.ok_or("the odd stretch is not found")?);
    window.get_by_role_and_label(egui::accesskit::Role::Tab, "Finding").click();
    settle(&mut window);
    window.get_by_label("What drove it");
    window.get_by_label("Window beside baseline");
    window.get_by_label("How sure");
    assert!(shows(&window, "Dear: "), "tokens carry their cost in words too");
    window.get_all_by_label("Show in events").next().ok_or("no way to the events")?.click();
    settle(&mut window);
    assert!(shows(&window, "db-primary:5432"), "the odd events are in view");
    window.get_all_by_label("Show exact bytes").next().ok_or("no way to the bytes")?.click();
    settle(&mut window);
    assert!(shows(&window, "of the decoded capture"), "it says where in the file");
    assert!(shows(&window, r#"{"time":"#), "and shows the record itself");
    Ok(())
}

#[test]
fn the_heatmap_drills_down_by_pointer_and_by_key() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    click(&mut window, "Heatmap of 3 streams");
    assert!(
        shows(&window, "Held to be") || shows(&window, "Not significant: the stream"),
        "a window is explained"
    );
    window.get_by_label("Numbers");
    let first = listed(&window).first().cloned().ok_or("no finding")?;
    click(&mut window, &first);
    window.get_by_label("Heatmap of 3 streams").focus();
    window.run();
    window.key_press(egui::Key::ArrowDown);
    window.run();
    window.key_press(egui::Key::Enter);
    settle(&mut window);
    window.get_by_label("Numbers");
    Ok(())
}

#[test]
fn pictures_have_tables() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    click(&mut window, "Show as table");
    window.get_by_label("Table of windows");
    window.get_by_label("Table of streams");
    click(&mut window, "Show as picture");
    window.get_by_label("NCD over time");
    Ok(())
}

#[test]
fn findings_are_searched_filtered_and_stepped_through() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    let all = listed(&window);
    window.get_by_label("Search findings").focus();
    window.run();
    window.get_by_label("Search findings").type_text("no such words anywhere");
    settle(&mut window);
    window.get_by_label("No finding has these words");
    window.get_by_label("Search findings").focus();
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    window.run();
    window.get_by_label("Search findings").type_text("checkout");
    settle(&mut window);
    let found = listed(&window);
    assert!(!found.is_empty() && found.iter().all(|name| name.contains("checkout")), "{found:?}");
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    window.run();
    window.key_press(egui::Key::Backspace);
    settle(&mut window);
    assert_eq!(listed(&window), all);
    click(&mut window, "Significant only");
    let significant = listed(&window);
    assert!(
        !significant.is_empty() && significant.iter().all(|name| !name.contains("unusual")),
        "{significant:?}"
    );
    Ok(())
}

#[test]
fn light_and_dark_are_switched_and_remembered() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = world.window();
    settle(&mut window);
    let before = window.ctx.theme();
    click(&mut window, "Switch light and dark");
    assert_ne!(window.ctx.theme(), before);
    // The harness sets a theme of its own after the application, so what is remembered is read where it is written.
    let remembered = std::fs::read_to_string(world.path("config/workstation.json"))?;
    let name = if before == egui::Theme::Dark { "light" } else { "dark" };
    assert!(remembered.contains(&format!("\"theme\": \"{name}\"")), "{remembered}");
    Ok(())
}

#[test]
fn at_rest_the_window_asks_for_no_frame() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = incident(&world)?;
    let delays =
        |window: &Window| window.output().viewport_output.values().map(|out| out.repaint_delay).min();
    assert_eq!(delays(&window), Some(Duration::MAX));
    window.run_steps(3);
    assert_eq!(delays(&window), Some(Duration::MAX));
    Ok(())
}

#[test]
fn files_that_cannot_be_read_are_said_with_what_to_do() -> Result<(), Failure> {
    let world = World::new()?;
    let binary: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (path, title) in [
        (world.write("noise.bin", binary)?, "Could not open noise.bin"),
        (world.write("empty.log", "")?, "Could not open empty.log"),
        (world.path("missing.log"), "Could not open missing.log"),
    ] {
        let mut window = world.window();
        with(window.state(), |app| app.open(std::slice::from_ref(&path)));
        settle(&mut window);
        window.get_by_label(title);
        window.get_by_label("Open capture…");
        assert!(!case_of(&path).exists(), "no empty case is left behind for {}", path.display());
    }
    Ok(())
}

fn case_of(capture: &Path) -> PathBuf {
    let mut name = capture.as_os_str().to_owned();
    name.push(".driftlock");
    name.into()
}

#[test]
fn an_import_is_cancelled() -> Result<(), Failure> {
    let mut world = World::new()?;
    let held = world.hold_tasks();
    let capture = world.write("shop.jsonl", testkit::captures::shop(200, 0..0))?;
    let mut window = world.window();
    with(window.state(), |app| app.open(std::slice::from_ref(&capture)));
    window.run();
    assert!(shows(&window, "Opening shop.jsonl"));
    window.get_by_label("Cancel").click();
    window.run();
    assert!(window.query_by_label("Cancel").is_none(), "it says that it is stopping");
    let jobs: Vec<Job> = held.lock().expect("no job panics while it is held").drain(..).collect();
    for job in jobs {
        job();
    }
    settle(&mut window);
    window.get_by_label("Cancelled");
    window.get_by_label("Open capture…");
    Ok(())
}

#[test]
fn a_system_without_file_dialogs_is_said() -> Result<(), Failure> {
    let mut world = World::new()?;
    world.picked = Picked::Unavailable;
    let mut window = world.window();
    settle(&mut window);
    click(&mut window, "Open case…");
    window.get_by_label("This system shows no file dialog");
    Ok(())
}

#[test]
fn everything_on_the_first_screen_is_reached_by_tab() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = world.window();
    settle(&mut window);
    let mut focused = Vec::new();
    for _ in 0..13 {
        window.key_press(egui::Key::Tab);
        window.run();
        let root = window.root();
        let labels = root.children_recursive().filter(|node| node.accesskit_node().is_focused());
        focused.extend(labels.filter_map(|node| node.accesskit_node().label()));
    }
    for label in
        ["File", "Go", "Open capture…", "Open case…", "Try the sample incident", "Switch light and dark"]
    {
        assert!(focused.iter().any(|name| name == label), "{label} is not among {focused:?}");
    }
    Ok(())
}

#[test]
fn the_palette_runs_a_command_by_its_name() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = world.window();
    settle(&mut window);
    let before = window.ctx.theme();
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    window.run();
    window.get_by_label("Command").type_text("light dark");
    window.run();
    window.key_press(egui::Key::Enter);
    settle(&mut window);
    assert_ne!(window.ctx.theme(), before);
    assert!(window.query_by_label("Command").is_none(), "the palette has closed");
    Ok(())
}
