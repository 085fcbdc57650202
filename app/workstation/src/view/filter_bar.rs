//! The bar over the list of events in which a person says what to look for; hits are counted and shown while it is written.

use super::button;
use crate::command::Command;
use crate::doc::Selection;
use crate::filter::Progress;
use crate::state::State;
use crate::theme::{mono_font, text_font};
use crate::tokens::{self, size};
use crate::ui::icon::{self, Icon};
use crate::words;
use egui::text::{LayoutJob, TextFormat};
use egui::{Label, RichText, Stroke, TextEdit, Ui, WidgetInfo};
use std::time::Duration;

/// A progress of the search is shown so often where no hit comes.
const OFTEN: Duration = Duration::from_millis(100);

/// Height of the list of streams.
const MOST_MENU: f32 = 320.0;

/// What the field says while it is empty.
const HINT: &str =
    r#"Filter: refused  level:error  "connection refused"  /time.?out/  http.route=/cart  -stream:gateway"#;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    ui.horizontal_wrapped(|ui| {
        field(ui, state);
        super::columns::show(ui, state);
        super::icon_button(ui, state, Command::CopyEvents);
        super::icon_button(ui, state, Command::ExportEvents);
    });
    let t = tokens::of(ui);
    if let Some(error) = &state.filter.error {
        let text = RichText::new(case::inert(error.to_string())).color(t.danger);
        ui.add(Label::new(text).wrap());
    } else if state.filter.query.is_some() {
        ui.horizontal_wrapped(|ui| found(ui, state));
    }
}

fn field(ui: &mut Ui, state: &mut State) {
    let t = tokens::of(ui);
    // The buttons beside it need some 220 points.
    let width = (ui.available_width() - 220.0).max(160.0);
    let wrong_from = state.filter.error.as_ref().map(|error| error.at);
    let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, _width: f32| {
        let text = text.as_str();
        let place = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte);
        let (right, wrong) = text.split_at(wrong_from.map_or(text.len(), place));
        let mut job = LayoutJob::default();
        job.append(right, 0.0, TextFormat::simple(mono_font(), t.text));
        let underlined = Stroke::new(1.5, t.danger);
        job.append(
            wrong,
            0.0,
            TextFormat { underline: underlined, ..TextFormat::simple(mono_font(), t.danger) },
        );
        job.wrap.max_width = f32::INFINITY;
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    let filter = &mut state.filter;
    let edit = TextEdit::singleline(&mut filter.text)
        .hint_text(HINT)
        .font(mono_font())
        .desired_width(width)
        .layouter(&mut layouter);
    let response = ui.add(edit).on_hover_text(Command::SearchEvents.hover_text(ui.ctx()));
    response.widget_info(|| WidgetInfo::labeled(egui::Role::TextInput, true, "Filter events"));
    if std::mem::take(&mut filter.focus) {
        response.request_focus();
    }
    if response.changed() {
        filter.read();
    }
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    if entered {
        state.command(Command::NextHit);
    }
    if !state.filter.text.is_empty() && icon::button(ui, Icon::Close, "Clear the filter").clicked() {
        state.filter.text.clear();
        state.filter.read();
    }
}

/// How many fit, how far the search is, and the way through them.
fn found(ui: &mut Ui, state: &mut State) {
    let t = tokens::of(ui);
    button(ui, state, Command::PreviousHit);
    button(ui, state, Command::NextHit);
    let others = ui.checkbox(&mut state.filter.with_others, "With the others");
    let about = "Show all events, and mark those that fit, here and beside the scroll bar.";
    if others.on_hover_text(about).changed() {
        state.reveal_selected();
    }
    let hits = if state.filters() { state.filter.hits.len() } else { 0 };
    let hits = words::counted(hits, "event fits", "events fit");
    let (text, color) = match &state.filter.progress {
        Progress::None => ("Searching…".to_owned(), t.weak),
        Progress::Searching(watch) => {
            ui.ctx().request_repaint_after(OFTEN);
            let share = watch.state().1.map(|share| format!(" {:.0} %", share * 100.0)).unwrap_or_default();
            (format!("{hits} so far; searching…{share}"), t.weak)
        }
        Progress::Done(summary) if summary.damaged.is_empty() => (hits, t.text),
        Progress::Done(summary) => {
            let lost: u64 = summary.damaged.iter().map(|lost| lost.last_event - lost.first_event + 1).sum();
            let lost = words::counted(lost, "event is", "events are");
            (format!("{hits}; {lost} damaged in the case and could not be looked at"), t.warning)
        }
        Progress::Failed(why) => (format!("The search failed: {why}"), t.danger),
    };
    let said = ui.add(Label::new(RichText::new(text).font(text_font(size::TEXT)).color(color)).wrap());
    if let Progress::Done(summary) = &state.filter.progress
        && summary.skipped_blocks > 0
    {
        let skipped = words::count(summary.skipped_blocks);
        let blocks = words::counted(summary.blocks, "block", "blocks");
        said.on_hover_text(format!("{skipped} of {blocks} not read, since nothing in them can fit."));
    }
    elsewhere(ui, state);
}

/// How many fit in other streams, and the way there.
fn elsewhere(ui: &mut Ui, state: &mut State) {
    let Some((doc, stream)) = state.doc.clone().zip(state.stream) else { return };
    if doc.streams.len() < 2 || !matches!(state.filter.progress, Progress::Done(_)) {
        return;
    }
    let everywhere = &state.filter.everywhere;
    let others = everywhere.elsewhere(stream);
    let weak = |text: &str| Label::new(RichText::new(text).color(tokens::of(ui).weak));
    if others.is_empty() {
        let said =
            if everywhere.is_complete { "none in other streams" } else { "looking through other streams…" };
        ui.add(weak(said));
        return;
    }
    let events = words::count(others.iter().map(|(_, events)| events).sum());
    let so_far = if everywhere.is_complete { "" } else { " so far" };
    let streams = words::counted(others.len() as u64, "other stream", "other streams");
    let menu = ui.menu_button(format!("{events} in {streams}{so_far}"), |ui| {
        super::list_within(MOST_MENU).show(ui, |ui| {
            for (id, events) in others {
                let Some(row) = doc.stream(id) else { continue };
                let label =
                    format!("{}: {}", doc.names.label(row), words::counted(events, "event", "events"));
                if ui.button(label).clicked() {
                    state.select(Selection::Stream(id));
                    ui.close();
                }
            }
        });
    });
    menu.response.on_hover_text("Show the events that fit in another stream.");
}
