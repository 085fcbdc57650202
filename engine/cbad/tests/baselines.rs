//! What windows are compared with and judged by: anchors, recalibration, levels of flagging.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use cbad::{
    Baseline, ByteRange, Config, Event, EventLookup, Lens, Profile, RunResult, Signal, StreamBuilder,
    StreamKey, Stretch, Unwatched, analyze, preview,
};

const SHOP: &str = include_str!("data/shop.log");

struct Lines(Vec<String>);

impl EventLookup for Lines {
    fn event(&self, _stream: u32, position: u64) -> Option<Event> {
        self.0.get(position as usize).map(|line| event(line, position))
    }
}

fn event(line: &str, position: u64) -> Event {
    let source = ByteRange { offset: position * 100, length: line.len() as u64 };
    let mut event = Event::new(line, source);
    event.time_nanos = Some(position as i64 * 1_000_000_000);
    event
}

fn shop() -> Vec<String> {
    SHOP.lines().map(str::to_owned).collect()
}

/// Three times the lines: windows enough to be sure of few.
fn long() -> Vec<String> {
    [shop(), shop(), shop()].concat()
}

/// The lines judged with an anchor before them, which may be empty.
fn run_after(anchor: &[String], lines: &[String], config: &Config) -> RunResult {
    let key = StreamKey { signal: Signal::Log, service: Some("shop".to_owned()), name: "logs".to_owned() };
    let mut builder = StreamBuilder::new(key);
    for (position, line) in anchor.iter().enumerate() {
        builder.push(&event(line, position as u64));
    }
    if !anchor.is_empty() {
        builder.end_anchor();
    }
    for (position, line) in lines.iter().enumerate() {
        builder.push(&event(line, position as u64));
    }
    analyze(&[builder.finish()], config, &Lines(lines.to_vec()), &Unwatched).unwrap()
}

fn run(lines: &[String], config: &Config) -> RunResult {
    run_after(&[], lines, config)
}

fn anchored() -> Config {
    let baseline = Baseline::Anchor { sha256: "0".repeat(64), file_name: "healthy.driftlock".to_owned() };
    Config { baseline, ..Config::default() }
}

fn flagged(result: &RunResult) -> usize {
    result.streams[0].windows.iter().filter(|w| w.flagged).count()
}

/// The flagged windows that have an event of a stretch.
fn flagged_within(result: &RunResult, first: u64, last: u64) -> usize {
    let within = |w: &&cbad::WindowScore| w.flagged && w.first_event <= last && w.last_event >= first;
    result.streams[0].windows.iter().filter(within).count()
}

/// Every third line from `at` on gives way to another one.
fn with(mut lines: Vec<String>, at: usize, length: usize, other: &str) -> Vec<String> {
    lines[at..at + length].iter_mut().step_by(3).for_each(|line| other.clone_into(line));
    lines
}

const TIMEOUT: &str =
    "FATAL kernel: Out of memory: killed process (postgres), filesystem remounted read-only";

#[test]
fn an_incident_that_fills_the_capture_is_found_against_an_anchor_and_not_against_the_rest() {
    let (anchor, lines) = (shop()[..1200].to_vec(), shop()[1200..].to_vec());
    let length = lines.len();
    let sick = with(lines.clone(), 0, length, TIMEOUT);
    let rest = run(&sick, &Config::default());
    assert_eq!(flagged(&rest), 0, "an incident without end is its own baseline");
    let against = run_after(&anchor, &sick, &anchored());
    let windows = against.streams[0].windows.len();
    assert!(flagged(&against) * 10 > windows * 9, "{} of {windows} flagged", flagged(&against));
    let first = &against.findings[0];
    assert!(first.explanation.sentence.contains("Out of memory"), "{}", first.explanation.sentence);
    let paragraph = &first.explanation.paragraph;
    assert!(paragraph.contains("windows of 50 events in the anchor none is as unusual"), "{paragraph}");
    let stability = first.explanation.stability.as_ref().unwrap();
    assert!(!stability.cells.is_empty() && stability.cells.iter().all(|cell| cell.holds), "{paragraph}");
    assert!(first.explanation.counterfactual.is_some(), "{paragraph}");
    assert!((first.first_event, first.last_event) >= (0, 900) && (first.last_event as usize) < length);
    let drift = against.streams[0].drift.unwrap();
    assert_eq!(drift.anchor_events, 1200);
    let healthy = run_after(&anchor, &lines, &anchored()).streams[0].drift.unwrap();
    assert!(drift.ratio() > 1.5 && drift.ratio() > healthy.ratio() * 1.4, "{drift:?}, {healthy:?}");
    assert!(drift.ncd() > healthy.ncd(), "{drift:?}, {healthy:?}");
}

#[test]
fn a_capture_is_near_itself_and_nothing_in_it_is_flagged() {
    let result = run_after(&shop(), &shop(), &anchored());
    // Each event is in the anchor itself, and so costs somewhat less than one of the anchor without itself.
    let drift = result.streams[0].drift.unwrap();
    assert!((0.7..1.05).contains(&drift.ratio()), "{drift:?}");
    assert!(drift.ncd() < 0.3, "{drift:?}");
    assert_eq!(flagged(&result), 0);
    assert!(result.streams[0].windows.iter().all(|w| w.p.is_some()), "each is ranked among the anchor's own");
}

#[test]
fn a_stream_that_the_anchor_lacks_is_not_scored_and_one_too_short_is_not_ranked() {
    let without = run(&shop(), &anchored());
    assert!(without.streams[0].windows.is_empty());
    assert_eq!(without.streams[0].note.as_deref(), Some("the anchor has no such stream"));
    let short = run_after(&shop()[..120], &shop(), &anchored());
    assert!(!short.streams[0].windows.is_empty() && flagged(&short) == 0);
    assert!(short.streams[0].windows.iter().all(|w| w.p.is_none()));
}

#[test]
fn profiles_nest_and_their_levels_are_printed() {
    let lines = with(long(), 1200, 60, TIMEOUT);
    let counts = Profile::ALL.map(|profile| {
        let config = Config { alpha: profile.alpha(), ..Config::default() };
        assert!(config.options().contains(&("--alpha", profile.alpha().to_string())));
        flagged(&run(&lines, &config))
    });
    assert!(counts[0] >= counts[1] && counts[1] >= counts[2] && counts[2] > 0, "{counts:?}");
    assert!((Profile::default().alpha() - Config::default().alpha).abs() < 1e-12);
}

#[test]
fn a_rate_of_false_alarms_is_met_on_shuffled_lines() {
    let rate = 0.02;
    let config = Config { false_alarms: Some(rate), ..Config::default() };
    let (mut alarms, mut windows) = (0, 0);
    for seed in 0..10_u64 {
        let mut lines = shop();
        let mut state = seed + 1;
        for i in (1..lines.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            lines.swap(i, (state >> 33) as usize % (i + 1));
        }
        let result = run(&lines, &config);
        alarms += flagged(&result);
        windows += result.streams[0].windows.len();
    }
    assert!(alarms as f64 <= rate * windows as f64, "{alarms} of {windows}");
    assert!(alarms > 0, "a rate is asked for to be used: {alarms} of {windows}");
    let incident = run(&with(long(), 1200, 60, TIMEOUT), &config);
    assert!(flagged_within(&incident, 1200, 1260) > 0);
}

#[test]
fn a_preview_tells_what_another_level_would_flag() {
    let lines = with(long(), 1200, 60, TIMEOUT);
    let run_at = |alpha| run(&lines, &Config { alpha, ..Config::default() });
    let balanced = run_at(0.05);
    let windows = &balanced.streams[0].windows;
    let at = |alpha| preview(windows, alpha);
    let flagged_at = |result: &RunResult| {
        let windows = result.streams[0].windows.iter().enumerate();
        windows.filter(|(_, w)| w.flagged).map(|(i, _)| i).collect::<Vec<_>>()
    };
    assert_eq!((at(0.05).flagged, at(0.05).at_most.len()), (flagged_at(&balanced), 0));
    assert_eq!(at(0.01).flagged, flagged_at(&run_at(0.01)));
    let (wide, sensitive) = (at(0.2), flagged_at(&run_at(0.2)));
    assert!(flagged_at(&balanced).iter().all(|w| wide.flagged.contains(w)));
    assert!(sensitive.iter().all(|w| wide.flagged.contains(w) || wide.at_most.contains(w)));
    let none = at(0.0);
    assert_eq!((none.flagged.len(), none.at_most.len()), (0, 0));
    let all = at(1.0);
    assert!(!all.at_most.is_empty(), "most windows of a run are never tested");
}

fn stretch(first_event: u64, last_event: u64) -> Stretch {
    Stretch { stream: "shop · logs".to_owned(), first_event, last_event }
}

#[test]
fn what_was_dismissed_is_ordinary_in_the_next_run_and_so_is_its_like() {
    let lines = [long(), long()].concat();
    let lines = with(with(lines, 2700, 50, TIMEOUT), 9500, 50, TIMEOUT);
    let config = Config {
        baseline: Baseline::Events { first: 3000, end: 9000 },
        window: Some(50),
        hop: Some(50),
        lenses: vec![Lens::Content],
        alpha: Profile::Sensitive.alpha(),
        ..Config::default()
    };
    let before = run(&lines, &config);
    let (one, other) = (flagged_within(&before, 2700, 2749), flagged_within(&before, 9500, 9549));
    assert!(one > 0 && other > 0, "{one} and {other} windows before");
    let config = Config { dismissed: vec![stretch(2700, 2749)], ..config };
    let after = run(&lines, &config);
    assert_eq!((flagged_within(&after, 2700, 2749), flagged_within(&after, 9500, 9549)), (0, 0));
    let note = after.streams[0].note.as_deref().unwrap();
    assert!(note.contains("dismissed") && note.contains("events 2700 to 2749"), "{note}");
    assert!(config.options().contains(&("--dismiss", "shop · logs:2700..2749".to_owned())));
    let elsewhere = Stretch { stream: "other".to_owned(), ..stretch(2700, 2749) };
    let untouched = run(&lines, &Config { dismissed: vec![elsewhere], ..config });
    assert_eq!(untouched, before, "the stretch of another stream changes nothing");
}

#[test]
fn what_was_confirmed_leaves_the_baseline_and_a_weaker_one_stands_out_more() {
    let lines = with(with(long(), 2700, 90, TIMEOUT), 5500, 30, TIMEOUT);
    let before = run(&lines, &Config::default());
    let config = Config { confirmed: vec![stretch(2700, 2789)], ..Config::default() };
    let after = run(&lines, &config);
    let best = |result: &RunResult| {
        let windows = result.streams[0].windows.iter();
        let near = windows.filter(|w| w.first_event <= 5529 && w.last_event >= 5500);
        near.map(|w| (w.score_bits, w.q.unwrap()))
            .fold((0.0_f64, 1.0_f64), |a, b| (a.0.max(b.0), a.1.min(b.1)))
    };
    let ((score, q), (higher, lower)) = (best(&before), best(&after));
    assert!(higher > score + 1.0 && lower <= q, "{score} {q}, then {higher} {lower}");
    assert_eq!(flagged_within(&before, 5500, 5529), 0);
    assert!(flagged_within(&after, 5500, 5529) > 0);
    assert!(after.streams[0].note.as_deref().is_some_and(|note| note.contains("confirmed")));
}

#[test]
fn at_a_rate_of_false_alarms_a_finding_holds_as_it_is_flagged() {
    let lines = with(long(), 1200, 60, TIMEOUT);
    let config = Config { false_alarms: Some(0.05), ..Config::default() };
    let result = run(&lines, &config);
    let first = &result.findings[0];
    let stability = first.explanation.stability.as_ref().unwrap();
    assert!(first.flagged && stability.cells.iter().all(|cell| cell.holds), "{stability:?}");
    assert!(first.explanation.counterfactual.is_some(), "{}", first.explanation.paragraph);
}

#[test]
fn a_marked_stretch_calibrates_and_an_incident_that_lasts_does_not() {
    let lines = long();
    let (from, length) = (lines.len() * 3 / 5, lines.len() * 2 / 5);
    let sick = with(lines.clone(), from, length, TIMEOUT);
    let rest = flagged(&run(&sick, &Config::default()));
    let end = from as u64;
    let marked = Config { baseline: Baseline::Events { first: 0, end }, ..Config::default() };
    let found = run(&sick, &marked);
    let within = flagged_within(&found, end, u64::MAX);
    assert!(rest == 0 && within * 50 > length * 4, "{rest}, {within} of {length} events");
    assert_eq!(flagged(&found), within, "nothing before it");
    assert_eq!(flagged(&run(&lines, &marked)), 0, "and nothing where nothing happens");
}
