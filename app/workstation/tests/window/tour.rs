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
    fn save_events(&self, name: &str) -> Dialog {
        let path = self.folder.join(if name == "audit.csv" { name } else { "events.csv" });
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
    /// The window is asked to close.
    Closes,
    /// The sample has nothing for it, and why; the test of this file beside this one carries it out, by these words.
    Elsewhere(&'static str, &'static str, &'static str),
}

use Then::{Changes, Closes, Copies, Elsewhere, Misses, Sees, Writes};

/// The tests that the tour may name, with what is in them.
const FILES: [(&str, &str); 4] = [
    ("following.rs", include_str!("following.rs")),
    ("matrix.rs", include_str!("matrix.rs")),
    ("telemetry.rs", include_str!("telemetry.rs")),
    ("vault.rs", include_str!("vault.rs")),
];

/// The tour, in its order: commands by their stable names. A command may be visited more than once.
const TOUR: &[(&str, Then)] = &[
    ("open-sample", Sees("Heatmap of ")),
    ("close-case", Sees("Try the sample incident")),
    ("open-case", Sees("Heatmap of ")),
    ("open-capture", Sees("Import captures")),
    ("follow-file", Elsewhere("it goes on until it is stopped", "following.rs", "\"follow a growing file\"")),
    ("follow-folder", Elsewhere("it goes on until it is stopped", "following.rs", "\"follow a folder\"")),
    ("stop-following", Elsewhere("it needs what is being followed", "following.rs", "\"stop following\"")),
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
    ("toggle-codec", Sees("Heatmap shows NCD (count code)")),
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
    ("encrypt-case", Elsewhere("the tour goes on with the same case", "vault.rs", "\"Encrypt this case…\"")),
    ("change-passphrase", Elsewhere("the sample is not encrypted", "vault.rs", "\"Change passphrase…\"")),
    ("save-decrypted", Elsewhere("the sample is not encrypted", "vault.rs", "\"Save a decrypted copy…\"")),
    ("next-hit", Changes),
    ("previous-hit", Changes),
    ("copy-events", Copies("position,time,level,stream")),
    ("export-events", Writes("events.csv")),
    ("show-bytes", Sees("of the decoded capture")),
    ("show-problems", Sees("Problems")),
    ("check-case", Sees("was checked and is whole")),
    ("show-traces", Sees("Service map")),
    ("show-map", Sees("Service checkout")),
    ("keep-trace", Sees("This is the kept trace itself")),
    ("show-metrics", Sees("Filter series")),
    ("show-calls", Sees("No calls")),
    (
        "keep-call",
        Elsewhere(
            "the sample has no call to a language model",
            "telemetry.rs",
            "Compare prompts with this one",
        ),
    ),
    ("show-matrix", Sees("This stream has not been measured")),
    ("make-matrix", Sees("Events of both blocks")),
    ("show-compare", Changes),
    ("compare-time", Changes),
    ("compare-selection", Changes),
    ("show-story", Changes),
    ("show-coverage", Changes),
    ("show-audit", Changes),
    ("next-unseen", Changes),
    ("show-compare", Changes),
    ("keep-time", Sees("This is the kept time itself")),
    ("show-overview", Sees("NCD over time")),
    ("add-to-story", Sees("Added to the story")),
    ("show-events", Sees("Events list")),
    ("add-to-story", Sees("Added to the story")),
    ("show-story", Sees("Notes of the step")),
    ("set-step", Sees("Story alone")),
    ("move-step-up", Changes),
    ("move-step-down", Changes),
    ("remove-step", Changes),
    ("undo-story", Changes),
    ("toggle-presenter", Changes),
    ("present", Sees("redacted · ")),
    ("toggle-presenter", Changes),
    ("save-view", Sees("Name of the view")),
    ("manage-views", Sees("Remove the tour's view")),
    ("show-audit", Sees("The chain holds: ")),
    ("copy-audit", Copies("sequence,time,who")),
    ("export-audit", Writes("audit.csv")),
    ("show-activity", Sees("Nothing runs.")),
    ("show-settings", Sees("Theme: Dark")),
    ("search-findings", Sees("Search findings")),
    ("palette", Sees("Command")),
    ("shortcuts", Sees("In lists and pictures")),
    ("help-of-view", Sees("How to read it")),
    ("layout-timeline", Sees("NCD over time")),
    ("layout-compare", Changes),
    ("layout-present", Changes),
    ("layout-triage", Changes),
    ("toggle-lists", Misses("Streams")),
    ("toggle-explanation", Changes),
    ("reset-layout", Sees("Streams")),
    ("toggle-preview", Sees("Level to try, percent")),
    ("adopt-level", Sees("Run shown: ")),
    ("toggle-preview", Misses("Level to try, percent")),
    ("analyze-again", Sees("Run shown: ")),
    ("choose-anchor", Sees(", drift ")),
    ("note-finding", Sees("Note about this finding")),
    ("tag-finding", Sees("Tag of this finding")),
    ("link-finding", Sees("Link to finding ")),
    ("confirm", Sees("Why this finding is an incident")),
    ("dismiss", Sees("Why this finding is ordinary")),
    ("cancel-tasks", Elsewhere("nothing runs when it is asked for", "matrix.rs", "Key::Period")),
    ("quit", Closes),
];

type Prepare = fn(&mut Window);

/// What has to be there before a command has anything to do.
const BEFORE: &[(&str, Prepare)] = &[
    ("next-hit", filter_events),
    ("add-to-story", read_notices),
    ("manage-views", save_view),
    ("adopt-level", try_a_level),
];

/// A level that is not the run's own.
fn try_a_level(window: &mut Window) {
    window.get_by_label("Level to try, percent").focus();
    window.run();
    window.key_press(egui::Key::ArrowRight);
    settle(window);
}

/// Those that came first stand in front of the next ones.
fn read_notices(window: &mut Window) {
    while window.query_all_by_label_contains("Dismiss: ").next().is_some_and(|node| {
        node.click();
        true
    }) {
        settle(window);
    }
}

fn filter_events(window: &mut Window) {
    carry_out(window, Command::SearchEvents);
    window.get_by_label("Filter events").type_text("e");
    settle(window);
}

fn save_view(window: &mut Window) {
    carry_out(window, Command::SaveView);
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    window.get_by_label("Name of the view").type_text("the tour's view");
    window.run();
    click(window, "Save view");
    settle(window);
}

/// Lines of the recording from half a minute before the fault to half a minute into it.
const AROUND_THE_FAULT: std::ops::Range<usize> = 3350..3850;

/// Everything that assistive technology is told, as one text.
fn said(window: &Window) -> String {
    let nodes = window.root().children_recursive();
    nodes
        .filter_map(|node| {
            let node = node.accesskit_node();
            let mut text = [node.label(), node.value()].into_iter().flatten().collect::<Vec<_>>().join(" ");
            if let Some(toggled) = node.toggled() {
                text.extend([" ", &format!("{toggled:?}")]);
            }
            (!text.is_empty()).then_some(text)
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// By the palette, as somebody who knows the name of a command does it.
fn carry_out(window: &mut Window, command: Command) {
    window.key_press_modifiers(Modifiers::COMMAND, Key::K);
    settle(window);
    // It is not in its own list.
    if command == Command::Palette {
        return;
    }
    window.get_by_label("Command").type_text(command.spec().text);
    settle(window);
    window.key_press(Key::Enter);
    settle(window);
}

/// What the tour says of a frame that asks the window to close.
const CLOSES: &str = "the window closes";

/// What was put on the clipboard in the last frame, and whether it asks the window to close.
fn copied(window: &Window) -> String {
    let closes = window.output().viewport_output.values().any(|viewport| {
        viewport.commands.iter().any(|command| matches!(command, egui::ViewportCommand::Close))
    });
    if closes {
        return CLOSES.to_owned();
    }
    let commands = &window.output().platform_output.commands;
    let texts = commands.iter().filter_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// A window whose sample is the part of the recording around the fault.
pub(super) fn window(world: &World) -> Result<Window, Failure> {
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
        if let Elsewhere(why, file, words) = then {
            let text = FILES.iter().find(|(name, _)| *name == file).map(|(_, text)| text);
            assert!(why.len() > 20, "{id} needs a reason");
            assert!(text.is_some_and(|text| text.contains(words)), "{id}: {file} does not carry it out");
            continue;
        }
        if let Some((_, prepare)) = BEFORE.iter().find(|(of, _)| *of == id) {
            prepare(&mut window);
        }
        let before = (said(&window), window.ctx.theme());
        // Copied text is in the output of one frame, so that every frame is looked at.
        let clipboard = if matches!(then, Copies(_) | Closes) {
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
            Closes => assert_eq!(clipboard, CLOSES, "{id}"),
            Elsewhere(..) => {}
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
