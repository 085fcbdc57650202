//! The scripted tour: every view and every command, by accessible name, over the minutes of the sample incident around its
//! fault.
//!
//! A command that is in the table of the window and not on the tour fails it. A new view is a line of `VIEWS` (in
//! `hostile.rs`), a new command a line of `TOUR`.

use super::*;
use egui::{Key, Modifiers};
use workstation::{Command, Dialog, FileDialogs};

/// Answers each dialog as the tour needs it.
struct Guide {
    capture: PathBuf,
    case: PathBuf,
    folder: PathBuf,
}

impl FileDialogs for Guide {
    fn captures(&self) -> Dialog {
        let path = self.capture.clone();
        Box::new(move || Picked::Paths(vec![path]))
    }
    fn folder(&self) -> Dialog {
        let path = self.folder.join("dropped");
        Box::new(move || Picked::Paths(vec![path]))
    }
    fn growing(&self) -> Dialog {
        let path = self.folder.join("growing.log");
        Box::new(move || Picked::Paths(vec![path]))
    }
    fn rules(&self) -> Dialog {
        Box::new(|| Picked::Cancelled)
    }
    fn case(&self) -> Dialog {
        let path = self.case.clone();
        Box::new(move || Picked::Paths(vec![path]))
    }
    fn save_events(&self, _name: &str) -> Dialog {
        let path = self.folder.join("events.csv");
        Box::new(move || Picked::Paths(vec![path]))
    }
    fn save_png(&self, _name: &str) -> Dialog {
        let path = self.folder.join("overview.png");
        Box::new(move || Picked::Paths(vec![path]))
    }
}

/// What must be true after a command.
#[derive(Clone, Copy)]
enum Then {
    /// A label with these words is on the screen.
    Sees(&'static str),
    /// No label has these words any more.
    Misses(&'static str),
    /// The screen is not what it was.
    Changes,
    /// A file of this name was written into the folder.
    Writes(&'static str),
    /// This is on the clipboard.
    Copies(&'static str),
    /// It cannot be carried out over the sample, and why; another test does.
    Excused(&'static str),
}

use Then::{Changes, Copies, Excused, Misses, Sees, Writes};

/// The tour, in its order: commands by their stable names. A command may be visited more than once.
const TOUR: &[(&str, Then)] = &[
    ("open-sample", Sees("Heatmap of ")),
    ("close-case", Sees("Try the sample incident")),
    ("open-case", Sees("Heatmap of ")),
    ("open-capture", Sees("Import captures")),
    ("follow-file", Excused("it goes on until it is stopped; `following.rs` follows, appends and stops")),
    ("follow-folder", Excused("it goes on until it is stopped; `following.rs` follows, appends and stops")),
    ("stop-following", Excused("it needs what is followed; `following.rs` follows, appends and stops")),
    ("show-overview", Sees("NCD over time")),
    ("next-finding", Sees("Finding 2")),
    ("previous-finding", Sees("Finding 1")),
    ("zoom-in", Changes),
    ("pan-right", Changes),
    ("pan-left", Changes),
    ("zoom-out", Changes),
    ("zoom-to-selection", Changes),
    ("reset-zoom", Changes),
    ("back", Changes),
    ("forward", Changes),
    ("undo", Changes),
    ("redo", Changes),
    ("toggle-lanes", Changes),
    ("toggle-quantity", Sees("Heatmap shows Score (bits)")),
    ("toggle-ramp", Changes),
    ("toggle-theme", Changes),
    ("toggle-tables", Sees("Table of windows")),
    ("toggle-tables", Misses("Table of windows")),
    ("toggle-preview", Sees("Level to try, percent")),
    ("toggle-preview", Misses("Level to try, percent")),
    ("export-plot", Writes("overview.png")),
    ("copy-command-line", Copies("driftlock analyze ")),
    ("toggle-bookmark", Sees("Bookmarked")),
    ("show-finding", Sees("How sure")),
    ("acknowledge", Sees("Acknowledged")),
    ("test-finding", Sees("Null distribution of NCD")),
    ("show-events", Sees("Events list")),
    ("search-events", Sees("Filter events")),
    ("encrypt-case", Excused("`vault.rs` encrypts a case, opens it and saves it in the clear")),
    ("change-passphrase", Excused("the sample is not encrypted; the case's own tests change a passphrase")),
    ("save-decrypted", Excused("the sample is not encrypted; `vault.rs` saves a case in the clear")),
    ("next-hit", Excused("it needs a filter; `events.rs` goes from hit to hit")),
    ("previous-hit", Excused("it needs a filter; `events.rs` goes from hit to hit")),
    ("copy-events", Copies("position,time,level,stream")),
    ("export-events", Writes("events.csv")),
    ("show-bytes", Sees("of the decoded capture")),
    ("show-problems", Sees("Problems")),
    ("show-traces", Sees("Service map")),
    ("keep-trace", Sees("This is the kept trace itself")),
    ("show-metrics", Sees("Filter series")),
    ("show-calls", Sees("No calls")),
    ("keep-call", Excused("the sample has no call to a language model; `telemetry.rs` compares prompts")),
    ("show-matrix", Sees("This stream has not been measured")),
    ("make-matrix", Sees("Events of both blocks")),
    ("show-compare", Changes),
    ("compare-time", Changes),
    ("compare-selection", Changes),
    ("show-story", Changes),
    ("show-coverage", Changes),
    ("show-audit", Changes),
    ("next-unseen", Changes),
    ("keep-time", Excused("`review.rs` makes a story, saves views, compares and exports, step by step")),
    ("add-to-story", Excused("`review.rs` makes a story, saves views, compares and exports, step by step")),
    ("present", Excused("`review.rs` makes a story, saves views, compares and exports, step by step")),
    ("set-step", Excused("`review.rs` makes a story, saves views, compares and exports, step by step")),
    ("move-step-up", Excused("`review.rs` makes a story, saves views, compares and exports, step by step")),
    ("move-step-down", Excused("`review.rs` makes a story, saves views, compares and exports, step by step")),
    ("remove-step", Excused("`review.rs` makes a story, saves views, compares and exports, step by step")),
    ("undo-story", Excused("`review.rs` makes a story, saves views, compares and exports, step by step")),
    ("save-view", Excused("`review.rs` makes a story, saves views, compares and exports, step by step")),
    ("manage-views", Excused("`review.rs` makes a story, saves views, compares and exports, step by step")),
    ("copy-audit", Excused("`review.rs` makes a story, saves views, compares and exports, step by step")),
    ("export-audit", Excused("`review.rs` makes a story, saves views, compares and exports, step by step")),
    ("show-activity", Sees("Nothing runs.")),
    ("show-settings", Sees("Theme: Dark")),
    ("search-findings", Sees("Search findings")),
    ("palette", Excused("every other command of the tour is carried out by it")),
    ("shortcuts", Sees("In lists and pictures")),
    ("help-of-view", Sees("How to read it")),
    ("layout-timeline", Sees("NCD over time")),
    ("layout-compare", Changes),
    ("layout-present", Changes),
    ("layout-triage", Changes),
    ("toggle-lists", Misses("Streams")),
    ("toggle-explanation", Changes),
    ("reset-layout", Sees("Streams")),
    ("analyze-again", Sees("Run shown: ")),
    ("choose-anchor", Sees(", drift ")),
    ("confirm", Sees("Run shown: ")),
    ("dismiss", Sees("Run shown: ")),
    (
        "cancel-tasks",
        Excused("nothing runs when it is asked for; `matrix.rs` and others cancel what they started"),
    ),
    ("quit", Excused("it ends the window; `cargo xtask end-to-end` sees it begin and end")),
];

/// Lines of the recording from half a minute before the fault to half a minute into it.
const AROUND_THE_FAULT: std::ops::Range<usize> = 3350..3850;

/// Everything that assistive technology is told, as one text.
fn said(window: &Window) -> String {
    let nodes = window.root().children_recursive();
    nodes
        .filter_map(|node| {
            let node = node.accesskit_node();
            let text = [node.label(), node.value()].into_iter().flatten().collect::<Vec<_>>().join(" ");
            (!text.is_empty()).then_some(text)
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// By the palette, as somebody who knows the name of a command does it.
fn carry_out(window: &mut Window, command: Command) {
    window.key_press_modifiers(Modifiers::COMMAND, Key::K);
    settle(window);
    window.get_by_label("Command").type_text(command.spec().text);
    settle(window);
    window.key_press(Key::Enter);
    settle(window);
}

/// What was put on the clipboard in the frames of this.
fn copied(window: &Window) -> String {
    let commands = &window.output().platform_output.commands;
    let texts = commands.iter().filter_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

fn window(world: &World) -> Result<Window, Failure> {
    std::fs::create_dir(world.path("sample-data"))?;
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-data/incident.jsonl.zst");
    let capture = world.path("sample-data").join("incident.jsonl.zst");
    let whole = zstd::decode_all(std::fs::File::open(recording)?)?;
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    std::fs::write(&capture, zstd::encode_all(lines[AROUND_THE_FAULT].concat().as_slice(), 1)?)?;
    let guide = Guide { case: case_of(&capture), capture, folder: world.folder.path().to_owned() };
    let services = Services {
        dialogs: Arc::new(guide),
        spawn: threads(),
        places: Places {
            config: world.path("config"),
            data: world.path("data"),
            sample: vec![world.path("sample-data")],
        },
    };
    let app: Shared = Rc::default();
    let made = Rc::clone(&app);
    Ok(Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(64)
        .renderer(testkit::CpuRenderer::default())
        .with_context_setup(move |ctx| *made.borrow_mut() = Some(App::new(ctx, services)))
        .build_ui_state(|ui, app: &mut Shared| with(app, |app| app.ui(ui)), app))
}

#[test]
fn every_view_and_every_command_is_visited() -> Result<(), Failure> {
    let world = World::new()?;
    let mut window = window(&world)?;
    settle(&mut window);
    for &(id, then) in TOUR {
        let command = Command::from_id(id).ok_or_else(|| format!("there is no command {id}"))?;
        if let Excused(why) = then {
            assert!(why.len() > 20, "{id} needs a reason");
            continue;
        }
        let before = (said(&window), window.ctx.theme());
        // Copied text is in the output of one frame, so that every frame is looked at.
        let clipboard = if let Copies(_) = then {
            by_palette_watching(&mut window, command)
        } else {
            carry_out(&mut window, command);
            String::new()
        };
        match then {
            Sees(words) => assert!(shows(&window, words), "{id}: “{words}” is not on the screen"),
            Misses(words) => {
                assert!(window.query_by_label(words).is_none(), "{id}: “{words}” is still there");
            }
            Changes => assert!((said(&window), window.ctx.theme()) != before, "{id} changes nothing"),
            Writes(name) => assert!(world.path(name).exists(), "{id}: no {name} was written"),
            Copies(begin) => assert!(clipboard.starts_with(begin), "{id} copied {clipboard:?}"),
            Excused(_) => {}
        }
        window.key_press(Key::Escape);
        settle(&mut window);
    }
    for (view, modifiers, key) in hostile::VIEWS {
        window.key_press_modifiers(modifiers, key);
        settle(&mut window);
        let tab = window.query_all_by_role(egui::accesskit::Role::Tab).any(|tab| {
            let node = tab.accesskit_node();
            node.label().is_some_and(|label| label.starts_with(view))
        });
        assert!(tab, "{view} has no tab");
    }
    Ok(())
}

/// The same as `carry_out`; gives back what any of its frames has copied.
fn by_palette_watching(window: &mut Window, command: Command) -> String {
    window.key_press_modifiers(Modifiers::COMMAND, Key::K);
    settle(window);
    window.get_by_label("Command").type_text(command.spec().text);
    settle(window);
    // Pressed alone: each event has a frame of its own, and the output is that of the last one.
    let (key, modifiers) = (Key::Enter, Modifiers::NONE);
    window.event(egui::Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers });
    let mut found = String::new();
    for _ in 0..600 {
        window.step();
        found += &copied(window);
        if !found.is_empty() {
            break;
        }
        with(window.state(), |app| app.wait(Duration::from_millis(10)));
    }
    window.event(egui::Event::Key { key, physical_key: None, pressed: false, repeat: false, modifiers });
    settle(window);
    found
}

#[test]
fn no_command_is_left_out_of_the_tour() {
    let left_out: Vec<&str> = Command::ALL
        .iter()
        .map(|command| command.spec().id)
        .filter(|id| !TOUR.iter().any(|(visited, _)| visited == id))
        .collect();
    assert_eq!(left_out, Vec::<&str>::new(), "give each a line in TOUR, with what must be seen then");
}
