//! Over the docked views: where the selection is, the way back, and which run is shown.

use super::icon_button;
use super::trial::percent;
use crate::command::Command;
use crate::doc::{Doc, Selection};
use crate::state::{Level, State};
use crate::theme::semibold_font;
use crate::tokens::{self, size};
use crate::ui::strip;
use crate::words;
use case::RunRow;
use egui::{ComboBox, RichText, Role, Ui, WidgetInfo};

/// Width, in points, in which a step can be told from others.
const LEAST_CRUMB: f32 = 84.0;

/// Height of the line, in points.
const HEIGHT: f32 = 26.0;

/// Width around the words of a step: the button's padding and the sign before it.
const AROUND: f32 = 36.0;

/// A step from the capture down to what is selected.
struct Crumb {
    text: String,
    about: &'static str,
    leads_to: Option<Selection>,
}

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    let way = |ui: &mut Ui, state: &mut State| {
        icon_button(ui, state, Command::ToggleLists);
        icon_button(ui, state, Command::Back);
        icon_button(ui, state, Command::Forward);
        trail(ui, state, &doc);
    };
    strip::split(ui, state, HEIGHT, way, |ui, state| {
        icon_button(ui, state, Command::ToggleBookmark);
        reservations(ui, state, &doc);
        if state.bookmarked().is_some() {
            let text = RichText::new("Bookmarked").font(semibold_font(size::SMALL));
            ui.label(text.color(tokens::of(ui).accent));
        }
        runs(ui, state, &doc);
        icon_button(ui, state, Command::ToggleExplanation);
    });
}

/// What a person has to know of what is shown: that its clock was corrected, that captures are gone. A click leads to the audit
/// chain, where it was decided.
fn reservations(ui: &mut Ui, state: &mut State, doc: &Doc) {
    let color = tokens::of(ui).warning;
    for (text, about) in in_words(state, doc).into_iter().rev() {
        let shown = RichText::new(&text).font(crate::theme::text_font(size::SMALL)).color(color);
        let button = ui.add(egui::Button::new(shown).frame_when_inactive(false));
        button.widget_info(|| WidgetInfo::labeled(Role::Link, true, format!("{text}. {about}")));
        if button.on_hover_text(&about).clicked() {
            state.command(Command::ShowAudit);
        }
    }
}

/// The same in words: what stands there, and what is told at the pointer.
fn in_words(state: &State, doc: &Doc) -> Vec<(String, String)> {
    let mut said = Vec::new();
    let stream = state.stream.and_then(|id| doc.stream(id));
    let sha256 = stream.and_then(|stream| doc.captures.iter().find(|capture| capture.id == stream.capture));
    if let (Some(stream), Some(capture), Some(run)) = (stream, sha256, &doc.run) {
        let clocks = || run.config.clocks.iter().filter(|clock| clock.capture == capture.sha256);
        let own = clocks().find(|clock| clock.service.is_some() && clock.service == stream.key.service);
        let corrected = own.or_else(|| clocks().find(|clock| clock.service.is_none()));
        if let Some(nanos) = corrected.map(|clock| clock.offset_nanos).filter(|nanos| *nanos != 0) {
            let sign = if nanos > 0 { "+" } else { "−" };
            let offset = words::duration(nanos.saturating_abs());
            let about = format!(
                "The run shown took the clock of this stream to be wrong and added {sign}{offset} to its times. Events keep the times that they came with."
            );
            said.push((format!("Clock {sign}{offset}"), about));
        }
    }
    if !doc.purges.is_empty() {
        let each = doc.purges.iter().map(|row| {
            let (name, who) = (case::inert(&row.purge.file_name), case::inert(&row.actor));
            let events = words::counted(row.purge.events, "event", "events");
            format!(
                "{name}: {events} taken out by {who}, {}: {}",
                words::time(row.at_nanos),
                case::inert(&row.purge.reason)
            )
        });
        let about = each.collect::<Vec<_>>().join("\n");
        let text = words::counted(doc.purges.len() as u64, "capture purged", "captures purged");
        said.push((text, about));
    }
    said
}

fn trail(ui: &mut Ui, state: &mut State, doc: &Doc) {
    ui.spacing_mut().item_spacing.x = size::TIGHT;
    let mut crumbs = crumbs(state, doc);
    // Where there is no room for all of them, the nearest ones stay.
    let fits = (ui.available_width() / LEAST_CRUMB).max(1.0) as usize;
    crumbs.drain(..crumbs.len().saturating_sub(fits));
    let last = crumbs.len().saturating_sub(1);
    let font = || crate::theme::text_font(size::TEXT);
    let color = tokens::of(ui).text;
    let natural =
        |crumb: &Crumb| super::line(ui, &crumb.text, font(), color, f32::INFINITY).size().x + AROUND;
    let all_fit = crumbs.iter().map(natural).sum::<f32>() <= ui.available_width();
    for (number, crumb) in crumbs.into_iter().enumerate() {
        if number > 0 {
            ui.label(RichText::new("›").color(tokens::of(ui).weak));
        }
        let share =
            if all_fit { f32::INFINITY } else { ui.available_width() / (last + 1 - number) as f32 - AROUND };
        let color = if number == last { tokens::of(ui).strong } else { tokens::of(ui).text };
        let galley = super::line(ui, &crumb.text, crate::theme::text_font(size::TEXT), color, share);
        let button = ui.add(egui::Button::new(galley).frame_when_inactive(false));
        button.widget_info(|| WidgetInfo::labeled(Role::Link, true, &crumb.text));
        let clicked = button.clicked();
        button.on_hover_text(format!("{}\n{}", crumb.text, crumb.about));
        if let (true, Some(selection)) = (clicked, crumb.leads_to) {
            state.select(selection);
        }
    }
}

/// From the capture to the selection; a window or an event of a finding stands below it.
fn crumbs(state: &State, doc: &Doc) -> Vec<Crumb> {
    let crumb = |text: String, about, leads_to| Crumb { text: case::inert(text), about, leads_to };
    let Some(stream) = state.stream.and_then(|id| doc.stream(id)) else { return Vec::new() };
    let mut crumbs = Vec::new();
    let first = doc.streams.iter().find(|row| row.capture == stream.capture);
    if let Some(capture) = doc.captures.iter().find(|capture| capture.id == stream.capture) {
        let leads_to = first.map(|row| Selection::Stream(row.id));
        crumbs.push(crumb(capture.file_name.clone(), "The capture. Click for its first stream.", leads_to));
    }
    let leads_to = Some(Selection::Stream(stream.id));
    crumbs.push(crumb(doc.names.label(stream), "The stream. Click to select it as a whole.", leads_to));
    let events = state.selected_events();
    let holds = |row: &&case::FindingRow| {
        let within = |events: &std::ops::Range<u64>| {
            row.finding.first_event <= events.start && events.end <= row.finding.last_event + 1
        };
        row.stream.id == stream.id && events.as_ref().is_some_and(within)
    };
    let finding = match state.selection {
        Selection::Finding(id) => doc.finding(id),
        Selection::Window { .. } | Selection::Event { .. } => doc.findings.iter().find(holds),
        Selection::Nothing | Selection::Stream(_) => None,
    };
    if let Some(row) = finding {
        let leads_to = Some(Selection::Finding(row.id));
        crumbs.push(crumb(format!("Finding {}", row.id), "The finding that it is part of.", leads_to));
    }
    match state.selection {
        Selection::Window { index, .. } => {
            crumbs.push(crumb(format!("Window {index}"), "The selected window.", Some(state.selection)));
        }
        Selection::Event { position, .. } => {
            let text = format!("Event {}", words::count(position));
            crumbs.push(crumb(text, "The selected event.", Some(state.selection)));
        }
        Selection::Nothing | Selection::Stream(_) | Selection::Finding(_) => {}
    }
    crumbs
}

/// What tells a run from others, in few words.
pub(super) fn run_in_words(run: &RunRow) -> String {
    let config = &run.config;
    let level = match config.false_alarms {
        Some(rate) => format!("{} % false alarms", percent(rate)),
        None => format!("level {} %", percent(config.alpha)),
    };
    let mut parts = vec![format!("Run {}", run.id), case::inert(config.baseline.to_string()), level];
    if config.lenses.len() < cbad::Lens::ALL.len() {
        parts.push(words::counted(config.lenses.len() as u64, "lens", "lenses"));
    }
    let marks = config.dismissed.len() + config.confirmed.len();
    if marks > 0 {
        parts.push(words::counted(marks as u64, "mark", "marks"));
    }
    parts.join(" · ")
}

/// The number of a run, and how many there are: where some were taken out with their captures, the last has a higher number.
fn numbered(run: i64, doc: &Doc) -> String {
    let all = doc.runs.len();
    match doc.runs.last() {
        Some(last) if last.id != all as i64 => format!("Run {run}, {all} in all"),
        _ => format!("Run {run} of {all}"),
    }
}

fn runs(ui: &mut Ui, state: &mut State, doc: &Doc) {
    let Some(shown) = &doc.run else { return };
    let text = numbered(shown.id, doc);
    let combo = ComboBox::from_id_salt("runs").width(104.0).selected_text(&text).show_ui(ui, |ui| {
        for run in &doc.runs {
            let about =
                format!("{} significant; {}", words::counted(run.flagged, "window", "windows"), run.engine);
            let row = ui.selectable_label(run.id == shown.id, run_in_words(run)).on_hover_text(about);
            if row.clicked() && run.id != shown.id {
                state.ask(crate::query::Query::Load { run: Some(run.id) });
            }
        }
    });
    combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("Run shown: {text}")));
    combo.response.on_hover_text(format!(
        "{}\nEvery analysis of this case; none is ever changed.",
        run_in_words(shown)
    ));
}

/// The bookmarks of the case, below the commands of a menu.
pub(super) fn bookmarks(ui: &mut Ui, state: &mut State) {
    if state.bookmarks.is_empty() {
        return;
    }
    ui.separator();
    super::caption(ui, "Bookmarks");
    let mut chosen = None;
    for (place, bookmark) in state.bookmarks.iter().enumerate() {
        let name = case::inert(&bookmark.name);
        let galley = super::line(ui, &name, crate::theme::text_font(size::TEXT), tokens::of(ui).text, 340.0);
        if ui.button(galley).on_hover_text(name.as_str()).clicked() {
            chosen = Some(place);
        }
    }
    if let Some(place) = chosen {
        open(state, place);
    }
}

/// Shows what a bookmark remembers. Where its run is gone it selects no finding and no window, since other runs number theirs
/// otherwise.
pub(super) fn open(state: &mut State, place: usize) {
    let Some(bookmark) = state.bookmarks.get(place).cloned() else { return };
    let Some(doc) = state.doc.clone() else { return };
    let run = doc.run.as_ref().map(|run| run.id);
    if bookmark.run == run {
        return state.go_to(bookmark.point);
    }
    let there = bookmark.run.filter(|_| !doc.is_gone(bookmark.run));
    if there.is_some() {
        state.after_load = Some(bookmark.point);
        return state.ask(crate::query::Query::Load { run: there });
    }
    let point = bookmark.point.without_run();
    if point.selection != bookmark.point.selection {
        let detail = "Its time is shown. Which finding or window it was of cannot be said any more.";
        state.notice(Level::Warning, "The run of this bookmark is no longer in the case", detail);
    }
    state.go_to(point);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(state: &State) -> Vec<String> {
        let doc = state.doc.clone().expect("the scene has a case");
        crumbs(state, &doc).into_iter().map(|crumb| crumb.text).collect()
    }

    #[test]
    fn the_way_down_is_named_step_by_step() {
        let mut state = crate::scene::state();
        let stream =
            state.doc.as_ref().and_then(|doc| doc.stream(0)).map(|row| row.key.label()).expect("a stream");
        let way = |rest: &[&str]| {
            ["shop.jsonl.gz", stream.as_str()]
                .iter()
                .chain(rest)
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        for (selection, rest) in [
            (Selection::Stream(0), &[][..]),
            (Selection::Finding(1), &["Finding 1"]),
            (Selection::Event { stream: 0, position: 740 }, &["Finding 1", "Event 740"]),
            (Selection::Event { stream: 0, position: 3 }, &["Event 3"]),
            (Selection::Window { stream: 0, index: 71 }, &["Finding 1", "Window 71"]),
        ] {
            state.selection = selection;
            assert_eq!(texts(&state), way(rest), "{selection:?}");
        }
    }

    #[test]
    fn a_bookmark_of_a_run_that_is_gone_selects_nothing_of_another() {
        let mut state = crate::scene::state();
        let own = state.bookmark().expect("a finding is selected");
        let finding = crate::remembered::Bookmark { run: Some(9), ..own.clone() };
        let mut event = crate::remembered::Bookmark { run: None, ..own };
        event.point.selection = Selection::Event { stream: 1, position: 7 };
        event.point.range = (20.0, 60.0);
        event.point.times = None;
        state.bookmarks = vec![finding, event];
        open(&mut state, 0);
        assert_eq!((state.selection, state.notices.len()), (Selection::Nothing, 1));
        open(&mut state, 1);
        assert_eq!(state.selection, Selection::Event { stream: 1, position: 7 });
        assert_eq!((state.range, state.notices.len()), ((20.0, 60.0), 1));
    }

    #[test]
    fn corrected_clocks_and_purged_captures_are_said() {
        let mut state = crate::scene::state();
        state.stream = Some(0);
        let mut doc = state.doc.as_deref().cloned().expect("the scene has a case");
        assert!(in_words(&state, &doc).is_empty());
        let capture = doc.captures[0].sha256.clone();
        let service = doc.streams[0].key.service.clone();
        let run = doc.run.as_mut().expect("the scene has a run");
        run.config.clocks = vec![
            cbad::Clock { capture: capture.clone(), service: None, offset_nanos: 1 },
            cbad::Clock { capture: capture.clone(), service, offset_nanos: -2_500_000_000 },
        ];
        let purge = case::Purge {
            capture: 2,
            file_name: "old.log".to_owned(),
            sha256: capture,
            events: 7,
            blocks: 1,
            blocks_sha256: String::new(),
            problems: 0,
            runs: Vec::new(),
            removes_runs: false,
            reason: "asked for".to_owned(),
        };
        doc.purges = vec![case::PurgeRow { at_nanos: 0, actor: "anna".to_owned(), purge }];
        let said = in_words(&state, &doc);
        let texts: Vec<&str> = said.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["Clock −2.5 s", "1 capture purged"], "that of the service, not of the capture");
        assert!(said[1].1.starts_with("old.log: 7 events taken out by anna, 1970-01-01"), "{}", said[1].1);
    }

    #[test]
    fn a_run_has_its_number_after_others_were_taken_out() {
        let mut doc = crate::scene::state().doc.as_deref().cloned().expect("the scene has a case");
        assert_eq!(numbered(1, &doc), "Run 1 of 1");
        doc.runs[0].id = 2;
        assert_eq!(numbered(2, &doc), "Run 2, 1 in all");
    }

    #[test]
    fn runs_are_told_apart_by_what_decides_them() {
        let state = crate::scene::state();
        let mut run = state.doc.as_ref().and_then(|doc| doc.run.clone()).expect("the scene has a run");
        assert_eq!(run_in_words(&run), "Run 1 · rest · level 5 %");
        run.config.alpha = 0.07;
        assert_eq!(run_in_words(&run), "Run 1 · rest · level 7 %");
        run.config.false_alarms = Some(0.01);
        run.config.lenses.truncate(2);
        run.config.dismissed.push(cbad::Stretch { stream: "a".to_owned(), first_event: 1, last_event: 2 });
        assert_eq!(run_in_words(&run), "Run 1 · rest · 1 % false alarms · 2 lenses · 1 mark");
    }
}
