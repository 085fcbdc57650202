//! What a frame of the window costs over a case of ten million events, for `cargo xtask bench ui`.
//!
//! `cargo run --release -p workstation --example frames -- make FOLDER MINUTES`: a made-up company's telemetry, imported and
//! analysed
//! `… -- drive CASE FRAMES`: the application without a window, driven by a script of FRAMES frames a part; one JSON object
//!
//! Time is the processor time of the window's own thread: what other threads and other programs do is not counted, and what
//! the window waits for would show in the time by the clock, which is given too. Tessellation and drawing are the toolkit's
//! and are counted apart or not at all.

use std::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use case::Case;
use cbad::{Config, Unwatched};
use egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, RawInput, Rect, Vec2, pos2,
    vec2,
};
use ingest::OpenOptions;
use serde_json::{Value, json};
use testkit::synth::{Company, Injection, Kind};
use workstation::{App, Picked, Places, Services, threads};

type Failure = Box<dyn Error>;

/// The screen of the real window, and how often it is drawn.
const SCREEN: Vec2 = vec2(1280.0, 800.0);
const FRAME: Duration = Duration::from_micros(16_667);

/// Faults of the company, so that there is something to be found.
const FAULTS: [Kind; 6] =
    [Kind::NewError, Kind::LatencyShift, Kind::RateSpike, Kind::SlowLeak, Kind::Silence, Kind::ForeignBurst];

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answer = match words[..] {
        ["make", folder, minutes] => make(Path::new(folder), minutes.parse()?)?,
        ["drive", case, frames] => drive(Path::new(case), frames.parse()?)?,
        _ => return Err("usage: frames make FOLDER MINUTES | frames drive CASE FRAMES".into()),
    };
    println!("{answer}");
    Ok(())
}

/// The capture is compressed while it is made, and goes when the case has its events.
fn make(folder: &Path, minutes: u32) -> Result<Value, Failure> {
    let (capture, path) = (folder.join("company.jsonl.zst"), folder.join("company.driftlock"));
    let injections = FAULTS.map(Injection::new).to_vec();
    let company = Company { minutes, rate: 10.0, injections, ..Company::new(1) };
    let began = Instant::now();
    let mut file = zstd::stream::write::Encoder::new(File::create(&capture)?, 1)?;
    let written = company.plan()?.write(&mut file)?;
    file.finish()?;
    eprintln!("{} events made in {:.0} s", written.records(), began.elapsed().as_secs_f64());
    let unfinished = folder.join("unfinished.driftlock");
    // What an interrupted run has left would be taken up again, but its capture has been made anew.
    std::fs::remove_file(&unfinished).or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })?;
    let began = Instant::now();
    let mut case = Case::create(&unfinished)?;
    case.import(&capture, &OpenOptions::default(), &Unwatched)?;
    eprintln!("imported in {:.0} s", began.elapsed().as_secs_f64());
    let began = Instant::now();
    let run = case.analyze(&Config::default(), None, &Unwatched)?;
    eprintln!("analysed in {:.0} s: {} windows", began.elapsed().as_secs_f64(), run.windows);
    drop(case);
    std::fs::rename(&unfinished, &path)?;
    std::fs::remove_file(&capture)?;
    Ok(json!({ "case": path, "events": written.records(), "windows": run.windows, "findings": run.findings }))
}

/// What one frame cost.
#[derive(Clone, Copy)]
struct Cost {
    app: Duration,
    clock: Duration,
    tessellation: Duration,
}

/// The application with a screen that nobody sees.
struct Stage {
    ctx: egui::Context,
    app: App,
    began: Instant,
    pointer: Pos2,
    output: egui::FullOutput,
}

impl Stage {
    fn new(folder: &Path) -> Self {
        let ctx = egui::Context::default();
        let places = Places { config: folder.join("config"), data: folder.join("data"), sample: Vec::new() };
        let services = Services { dialogs: Arc::new(Picked::Cancelled), spawn: threads(), places };
        let app = App::new(&ctx, services);
        let output = egui::FullOutput::default();
        Self { ctx, app, began: Instant::now(), pointer: pos2(2.0, 798.0), output }
    }

    fn frame(&mut self, events: Vec<Event>) -> Cost {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SCREEN)),
            time: Some(self.began.elapsed().as_secs_f64()),
            predicted_dt: FRAME.as_secs_f32(),
            focused: true,
            events,
            ..RawInput::default()
        };
        let (before, clock) = (thread_time(), Instant::now());
        let output = self.ctx.run_ui(input, |ui| self.app.ui(ui));
        let (app, clock) = (thread_time().saturating_sub(before), clock.elapsed());
        let before = thread_time();
        let shapes = output.shapes.clone();
        std::hint::black_box(self.ctx.tessellate(shapes, output.pixels_per_point));
        let cost = Cost { app, clock, tessellation: thread_time().saturating_sub(before) };
        self.output = output;
        cost
    }

    /// Frames until nothing more comes from the background.
    fn settle(&mut self) {
        for _ in 0..3 {
            self.frame(Vec::new());
            while self.app.busy() {
                self.app.wait(Duration::from_millis(20));
                self.frame(Vec::new());
            }
        }
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) -> Cost {
        let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
        self.frame(vec![event(true), event(false)])
    }

    /// Where the widget of an accessible name is, in which assistive technology would find it too.
    fn find(&mut self, label: &str) -> Result<Rect, Failure> {
        self.ctx.enable_accesskit();
        self.frame(Vec::new());
        let tree = self.output.platform_output.accesskit_update.take();
        self.ctx.disable_accesskit();
        let nodes = tree.map(|tree| tree.nodes).unwrap_or_default();
        let node = nodes.iter().find(|(_, node)| node.label().is_some_and(|said| said.starts_with(label)));
        let bounds =
            node.and_then(|(_, node)| node.bounds()).ok_or_else(|| format!("no widget is named {label}"))?;
        Ok(Rect::from_min_max(
            pos2(bounds.x0 as f32, bounds.y0 as f32),
            pos2(bounds.x1 as f32, bounds.y1 as f32),
        ))
    }

    fn move_to(&mut self, at: Pos2) -> Event {
        self.pointer = at;
        Event::PointerMoved(at)
    }

    fn button(&self, pressed: bool) -> Event {
        let (pos, button) = (self.pointer, PointerButton::Primary);
        Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE }
    }
}

fn wheel(lines: f32) -> Event {
    Event::MouseWheel {
        source: MouseWheelSource::Wheel,
        unit: MouseWheelUnit::Line,
        delta: vec2(0.0, lines),
        phase: egui::TouchPhase::Move,
        modifiers: Modifiers::NONE,
    }
}

#[cfg(unix)]
fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Where there is no such clock, the time by the clock on the wall.
#[cfg(not(unix))]
fn thread_time() -> Duration {
    use std::sync::OnceLock;
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    BEGAN.get_or_init(Instant::now).elapsed()
}

/// A part of the script: its name, and what a person does in its n-th frame.
type Part = (&'static str, Box<dyn FnMut(&mut Stage, u64) -> Vec<Event>>);

fn drive(case: &Path, frames: u64) -> Result<Value, Failure> {
    let folder = tempfile::tempdir()?;
    let mut stage = Stage::new(folder.path());
    stage.settle();
    let (first, shown) = open(&mut stage, case);
    stage.settle();
    let settled = stage.began.elapsed();
    show_overview(&mut stage);
    let picture = stage.find("NCD over time")?;
    let map = stage.find("Heatmap of")?;
    let mut parts = Vec::new();
    let overview: [Part; 4] = [
        ("overview, zoomed by the wheel", Box::new(zooming(picture))),
        ("overview, dragged", Box::new(dragging(picture))),
        ("heatmap, zoomed and read", Box::new(zooming(map))),
        ("findings gone through", Box::new(findings_in_turn)),
    ];
    parts.extend(overview.map(|part| measured(&mut stage, part, frames)));
    stage.press(Modifiers::ALT, Key::Home);
    stage.press(Modifiers::COMMAND, Key::Num3);
    stage.settle();
    let list = stage.find("Events list")?;
    let bar =
        Rect::from_min_max(pos2(list.right() + 1.0, list.top()), pos2(list.right() + 12.0, list.bottom()));
    let listed: [Part; 2] = [
        ("events, scrolled by the wheel", Box::new(scrolling(list))),
        ("events, bar dragged over all", Box::new(dragging_bar(bar))),
    ];
    parts.extend(listed.map(|part| measured(&mut stage, part, frames)));
    // The case remembers its views, and the next run is to find them as this one did.
    show_overview(&mut stage);
    let all = parts.iter().flat_map(|(_, costs)| costs.iter().copied()).collect::<Vec<_>>();
    let mut rows: Vec<Value> = parts.iter().map(|(name, costs)| row(name, costs)).collect();
    rows.push(row("all", &all));
    let read = Case::open_read_only(case)?;
    let events: u64 = read.streams()?.iter().map(|stream| stream.events).sum();
    Ok(json!({
        "events": events,
        "streams": read.streams()?.len(),
        "windows": read.latest_run()?.map_or(0, |run| run.windows),
        "first_seconds": first.as_secs_f64(),
        "first_frame_ms": millis(shown.app),
        "settled_seconds": settled.as_secs_f64(),
        "peak_kilobytes": peak_kilobytes(),
        "parts": rows,
    }))
}

/// The overview in front, over the whole time.
fn show_overview(stage: &mut Stage) {
    stage.press(Modifiers::ALT, Key::Num1);
    stage.press(Modifiers::ALT, Key::Home);
    stage.settle();
}

/// Opens the case; the time until the first frame that shows it has been made, and what that frame cost.
fn open(stage: &mut Stage, case: &Path) -> (Duration, Cost) {
    let began = Instant::now();
    stage.app.open(&[PathBuf::from(case)]);
    loop {
        let cost = stage.frame(Vec::new());
        if stage.app.shows_case() {
            return (began.elapsed(), cost);
        }
        stage.app.wait(FRAME);
    }
}

/// As many frames as asked for, at the pace of a screen.
fn measured(stage: &mut Stage, (name, mut act): Part, frames: u64) -> (&'static str, Vec<Cost>) {
    let mut due = Instant::now();
    let mut costs = Vec::with_capacity(frames as usize);
    for number in 0..frames {
        let events = act(stage, number);
        costs.push(stage.frame(events));
        due += FRAME;
        // What comes from the background comes at the pace of real frames.
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let up = stage.button(false);
    stage.frame(vec![up]);
    (name, costs)
}

/// Turns the wheel at places all over a picture: closer for a while, then away again.
fn zooming(picture: Rect) -> impl FnMut(&mut Stage, u64) -> Vec<Event> {
    move |stage, number| {
        let share = (number * 37 % 100) as f32 / 100.0;
        let at = pos2(picture.left() + picture.width() * share, picture.center().y);
        let closer = (number / 60).is_multiple_of(2);
        vec![stage.move_to(at), wheel(if closer { 0.5 } else { -0.5 })]
    }
}

/// Comes closer, and then drags to and fro.
fn dragging(picture: Rect) -> impl FnMut(&mut Stage, u64) -> Vec<Event> {
    move |stage, number| {
        let middle = picture.center();
        match number {
            0..20 => vec![stage.move_to(middle), wheel(1.0)],
            20 => vec![stage.button(true)],
            _ => {
                let share = ((number as f32) * 0.05).sin();
                vec![stage.move_to(pos2(middle.x + picture.width() * 0.45 * share, middle.y))]
            }
        }
    }
}

/// The next finding every sixth frame: ten a second.
fn findings_in_turn(_: &mut Stage, number: u64) -> Vec<Event> {
    let event = |pressed| Event::Key {
        key: Key::F8,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    if number.is_multiple_of(6) { vec![event(true), event(false)] } else { Vec::new() }
}

/// Slow at first, then faster than can be read.
fn scrolling(list: Rect) -> impl FnMut(&mut Stage, u64) -> Vec<Event> {
    move |stage, number| {
        let lines = if number % 120 < 60 { -1.0 } else { -40.0 };
        vec![stage.move_to(list.center()), wheel(lines)]
    }
}

fn dragging_bar(bar: Rect) -> impl FnMut(&mut Stage, u64) -> Vec<Event> {
    move |stage, number| {
        let share = 0.5 - 0.5 * ((number as f32) * 0.02).cos();
        let at = pos2(bar.center().x, bar.top() + bar.height() * share);
        let mut events = vec![stage.move_to(at)];
        if number == 0 {
            events.push(stage.button(true));
        }
        events
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn row(name: &str, costs: &[Cost]) -> Value {
    let of = |pick: fn(&Cost) -> Duration| {
        let mut times: Vec<f64> = costs.iter().map(|cost| millis(pick(cost))).collect();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
        json!({ "p50": at(0.5), "p99": at(0.99), "max": at(1.0) })
    };
    json!({
        "part": name,
        "frames": costs.len(),
        "app_ms": of(|cost| cost.app),
        "clock_ms": of(|cost| cost.clock),
        "tessellation_ms": of(|cost| cost.tessellation),
    })
}

/// Most memory that this process ever had, by Linux.
fn peak_kilobytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
