//! The application over stores that are not a case file: one that keeps everybody waiting, and one with more rows than any
//! disk here would hold.

use super::*;
use crate::dialogs::Picked;
use crate::query::{self, stream_data};
use crate::store::{self, Store, Stores};
use crate::telemetry::Ticket;
use crate::work::Job;
use case::EventRow;
use cbad::{ByteRange, Event};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

type Failure = Box<dyn std::error::Error>;
type Shared = Rc<RefCell<Option<App>>>;
type Window = Harness<'static, Shared>;

fn window(folder: &Path, stores: Stores) -> Window {
    window_with(folder, stores, work::threads())
}

fn window_with(folder: &Path, stores: Stores, spawn: Spawn) -> Window {
    let places = Places { config: folder.join("config"), data: folder.join("data"), sample: Vec::new() };
    let services = Services { dialogs: Arc::new(Picked::Cancelled), spawn, places };
    let app: Shared = Rc::default();
    let made = Rc::clone(&app);
    let new = move |ctx: &egui::Context| {
        *made.borrow_mut() = Some(App { stores, ..App::new(ctx, services) });
    };
    Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(64)
        .with_context_setup(new)
        .build_ui_state(|ui, app: &mut Shared| with(app, |app| app.ui(ui)), app)
}

fn with<T>(app: &Shared, act: impl FnOnce(&mut App) -> T) -> T {
    act(app.borrow_mut().as_mut().expect("made before the first frame"))
}

fn settle(window: &mut Window) {
    window.run();
    while with(window.state(), |app| app.busy()) {
        with(window.state(), |app| app.wait(Duration::from_millis(20)));
        window.run();
    }
    window.run();
}

/// Answers which case it is, and then nothing for as long as the gate is closed.
struct Gated {
    case: Box<dyn Store>,
    gate: Receiver<()>,
    waiting: Arc<AtomicUsize>,
}

impl Store for Gated {
    fn answer(&mut self, query: Query, ticket: &Ticket) -> Answer {
        if !matches!(query, Query::Load { .. }) {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            // The end of the gate lets everything through.
            self.gate.recv().ok();
        }
        self.case.answer(query, ticket)
    }
}

/// Commands that start work of their own, each on a thread, and those that end the case or the window: the last ones.
const STARTS_WORK: [Command; 10] = [
    Command::ExportPlot,
    Command::TestFinding,
    Command::MakeMatrix,
    Command::CheckCase,
    Command::AnalyzeAgain,
    Command::AdoptLevel,
    Command::Dismiss,
    Command::Confirm,
    Command::Quit,
    Command::CloseCase,
];

/// A window on a case whose readers stand at a gate: once it is dropped they go through. How many stood there.
fn gated(folder: &Path) -> Result<(Window, crossbeam_channel::Sender<()>, Arc<AtomicUsize>), Failure> {
    let capture = folder.join("shop.jsonl");
    std::fs::write(&capture, testkit::captures::shop(400, 200..220))?;
    let (open_gate, gate) = crossbeam_channel::bounded::<()>(0);
    let waiting: Arc<AtomicUsize> = Arc::default();
    let (cases, seen) = (store::of_cases(), Arc::clone(&waiting));
    let stores: Stores = Arc::new(move |path, veil| {
        Box::new(Gated { case: cases(path, veil), gate: gate.clone(), waiting: Arc::clone(&seen) })
    });
    let mut window = window(folder, stores);
    with(window.state(), |app| app.open(&[capture]));
    let is_analysed = |app: &mut App| {
        app.state.doc.as_ref().is_some_and(|doc| doc.run.is_some()) && app.state.tasks.is_empty()
    };
    while !with(window.state(), is_analysed) {
        with(window.state(), |app| app.wait(Duration::from_millis(20)));
        window.run_steps(1);
    }
    Ok((window, open_gate, waiting))
}

#[test]
fn work_and_the_end_of_a_case_do_not_wait_for_a_slow_store() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let (mut window, open_gate, waiting) = gated(folder.path())?;
    with(window.state(), |app| app.state.select(Selection::Finding(1)));
    window.run_steps(2);
    with(window.state(), |app| app.state.command(Command::TogglePreview));
    window.run_steps(2);
    with(window.state(), |app| app.state.trial.as_mut().expect("it was begun").alpha = 0.3);
    for command in STARTS_WORK {
        let is_enabled = with(window.state(), |app| app.state.enabled(command));
        assert!(is_enabled, "{command:?} can be carried out");
        with(window.state(), |app| app.state.command(command));
        window.run_steps(2);
    }
    assert!(waiting.load(Ordering::SeqCst) >= 2, "readers stood at the gate all the time");
    assert!(with(window.state(), |app| app.state.doc.is_none()), "the case was closed all the same");
    with(window.state(), |app| app.state.command(Command::CancelTasks));
    window.run_steps(2);
    drop(open_gate);
    settle(&mut window);
    Ok(())
}

#[test]
fn no_view_and_no_command_waits_for_a_slow_store() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let (mut window, open_gate, waiting) = gated(folder.path())?;
    // Were a frame to wait for the store, this would never end: only what comes after opens the gate.
    for &command in Command::ALL.iter().filter(|command| !STARTS_WORK.contains(command)) {
        with(window.state(), |app| app.state.command(command));
        window.run_steps(2);
        window.key_press(egui::Key::Escape);
        window.run_steps(1);
    }
    assert!(waiting.load(Ordering::SeqCst) >= 2, "readers stood at the gate all the time");
    assert!(with(window.state(), |app| app.state.data.is_none()), "and nothing had come");
    drop(open_gate);
    settle(&mut window);
    assert!(with(window.state(), |app| app.state.data.is_some()), "now it has");
    Ok(())
}

/// A case of one stream whose events say which they are.
struct MadeUp(u64);

impl MadeUp {
    fn row(position: u64) -> EventRow {
        let event =
            Event::new(format!("row {position}").as_str(), ByteRange { offset: position * 10, length: 10 });
        EventRow { position, capture: 1, event }
    }
}

impl Store for MadeUp {
    fn answer(&mut self, query: Query, ticket: &Ticket) -> Answer {
        match query {
            Query::Load { .. } => {
                let mut doc = crate::scene::state().doc.expect("the scene has a case").as_ref().clone();
                doc.streams[0].events = self.0;
                Answer::Loaded(Ok(Box::new((doc, None))))
            }
            Query::Stream { stream, axis, .. } => {
                Answer::Stream(stream, Ok(Arc::new(stream_data(stream, Vec::new(), axis))))
            }
            Query::Page { stream, page } => {
                let first = page * crate::pages::PAGE;
                let rows = (first..(first + crate::pages::PAGE).min(self.0)).map(Self::row);
                Answer::Page(stream, page, Ok(rows.collect()), Vec::new())
            }
            Query::Event { stream, position } => Answer::Event(stream, position, Ok(Self::row(position))),
            other => {
                let (why, path) = ("It is made up.".to_owned(), Path::new("made-up.driftlock"));
                query::answer(Err(&why), path, other, ticket)
            }
        }
    }
}

#[test]
fn events_scroll_evenly_and_are_selected_rightly_at_any_number() -> Result<(), Failure> {
    const ROW: f32 = crate::tokens::size::ROW;
    for rows in [10_000_000, (1 << 27) + 1] {
        let folder = tempfile::tempdir()?;
        let mut window = window(folder.path(), Arc::new(move |_, _| Box::new(MadeUp(rows))));
        with(window.state(), |app| app.show_case(Path::new("made-up.driftlock"), None));
        settle(&mut window);
        with(window.state(), |app| app.state.command(Command::ShowEvents));
        settle(&mut window);
        window.get_by_label("Events list").focus();
        settle(&mut window);
        window.key_press(egui::Key::End);
        settle(&mut window);
        let last = rows - 1;
        assert!(
            window.query_by_label(&format!("Event {last}: row {last}")).is_some(),
            "{rows}: the last row"
        );
        assert_eq!(
            with(window.state(), |app| app.state.selection),
            Selection::Event { stream: 0, position: last }
        );
        // Upwards from the far end by half rows: no step is lost or doubled there.
        let list = window.get_by_label("Events list").rect().center();
        let place = |window: &Window| {
            with(window.state(), |app| (app.state.events.list.first, app.state.events.list.rest))
        };
        let begin = place(&window);
        for turn in 1..=40_u32 {
            window.hover_at(list);
            window.event(egui::Event::MouseWheel {
                unit: egui::MouseWheelUnit::Point,
                source: egui::MouseWheelSource::Wheel,
                delta: egui::vec2(0.0, ROW / 2.0),
                phase: egui::TouchPhase::Move,
                modifiers: egui::Modifiers::NONE,
            });
            window.run_steps(1);
            let (first, rest) = place(&window);
            let gone = (begin.0 - first) as f32 * ROW + begin.1 - rest;
            assert!(
                (gone - turn as f32 * ROW / 2.0).abs() < 0.05,
                "{rows}: {gone} points after {turn} half rows"
            );
        }
        settle(&mut window);
        let row = place(&window).0 + 3;
        let label = format!("Event {row}: row {row}");
        window.get_by_label(&label).click();
        settle(&mut window);
        assert_eq!(
            with(window.state(), |app| app.state.selection),
            Selection::Event { stream: 0, position: row },
            "{rows}: the row under the pointer"
        );
    }
    Ok(())
}

#[test]
fn what_is_shown_as_decided_is_in_the_case_already() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let capture = folder.path().join("shop.jsonl");
    std::fs::write(&capture, testkit::captures::shop(1500, 900..940))?;
    let held: Arc<Mutex<Vec<Job>>> = Arc::default();
    let (keep, free) = (Arc::clone(&held), work::threads());
    let spawn: Spawn = Arc::new(move |name, job| match name {
        "decision" => keep.lock().expect("no job panics while it is held").push(job),
        _ => free(name, job),
    });
    let mut window = window_with(folder.path(), store::of_cases(), spawn);
    with(window.state(), |app| app.open(&[capture]));
    settle(&mut window);
    let is_seen = |window: &Window| {
        with(window.state(), |app| {
            app.state.selected_finding().is_some_and(|row| app.state.is_acknowledged(&row))
        })
    };
    let standing = || -> Result<usize, Failure> {
        let case = case::Case::open_read_only(&folder.path().join("shop.jsonl.driftlock"))?;
        let rows = case.decisions()?;
        Ok(rows.iter().filter(|row| row.stands && row.decision == case::Decision::Acknowledge).count())
    };
    for (wanted, rows) in [(true, 1), (false, 0)] {
        // The same click again, while the first is on its way, changes nothing.
        for _ in 0..2 {
            with(window.state(), |app| app.state.command(Command::Acknowledge));
            window.run_steps(2);
        }
        assert_ne!(is_seen(&window), wanted, "nothing is shown that the case has not");
        let jobs: Vec<Job> = held.lock().expect("no job panics while it is held").drain(..).collect();
        assert_eq!(jobs.len(), 1);
        for job in jobs {
            job();
        }
        // In the case before any frame shows it, and before anything is closed.
        assert_eq!(standing()?, rows);
        settle(&mut window);
        assert_eq!((is_seen(&window), standing()?), (wanted, rows));
    }
    let path = folder.path().join("shop.jsonl.driftlock");
    let audit = case::Case::open_read_only(&path)?.audit()?;
    assert!(audit.len() >= 2, "both stand in the chain");
    Ok(())
}

#[test]
fn what_a_task_brings_goes_into_its_own_case_alone() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    for name in ["shop.jsonl", "other.jsonl"] {
        std::fs::write(folder.path().join(name), testkit::captures::shop(400, 200..220))?;
    }
    let held: Arc<Mutex<Vec<Job>>> = Arc::default();
    let (keep, free) = (Arc::clone(&held), work::threads());
    let holds = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let is_held = Arc::clone(&holds);
    let spawn: Spawn = Arc::new(move |name, job| match name {
        "task" if is_held.load(Ordering::SeqCst) => keep.lock().expect("no job panics").push(job),
        _ => free(name, job),
    });
    let mut window = window_with(folder.path(), store::of_cases(), spawn);
    with(window.state(), |app| app.open(&[folder.path().join("shop.jsonl")]));
    settle(&mut window);
    holds.store(true, Ordering::SeqCst);
    for command in [Command::CheckCase, Command::MakeMatrix, Command::AnalyzeAgain, Command::TestFinding] {
        with(window.state(), |app| app.state.command(command));
        window.run_steps(2);
    }
    holds.store(false, Ordering::SeqCst);
    let jobs: Vec<Job> = held.lock().expect("no job panics").drain(..).collect();
    assert_eq!(jobs.len(), 4);
    with(window.state(), |app| app.open(&[folder.path().join("other.jsonl")]));
    while !with(window.state(), |app| {
        app.state
            .doc
            .as_ref()
            .is_some_and(|doc| doc.path.ends_with("other.jsonl.driftlock") && doc.run.is_some())
    }) {
        with(window.state(), |app| app.wait(Duration::from_millis(20)));
        window.run_steps(1);
    }
    for job in jobs {
        job();
    }
    settle(&mut window);
    with(window.state(), |app| {
        let doc = app.state.doc.as_ref().expect("a case is open");
        assert!(doc.path.ends_with("other.jsonl.driftlock"), "the closed one does not come back");
        assert!(
            !app.state.problems.is_whole
                && app.state.matrix.made.is_none()
                && app.state.tests.made.is_empty()
        );
        let mut told: Vec<&str> = app.state.log.iter().map(|logged| logged.notice.what.as_str()).collect();
        told.sort_unstable();
        let name = "shop.jsonl.driftlock";
        let of = |what: &str| format!("{name} {what}");
        assert_eq!(told, [of("has a new test"), of("is whole"), of("was analysed"), of("was measured")]);
    });
    Ok(())
}
