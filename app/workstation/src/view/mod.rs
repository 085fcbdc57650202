//! The views: one file each. A view shows the state and asks for commands; it fetches nothing itself.

mod activity;
mod audit;
pub(crate) mod brush;
mod bytes;
mod calls;
mod canonical;
mod codecs;
mod columns;
mod compare;
mod cost;
mod coverage;
mod crumbs;
pub(crate) mod dock;
pub(crate) mod events;
pub(crate) mod evidence;
pub(crate) mod explain;
pub(crate) mod figures;
mod filter_bar;
pub(crate) mod finding;
mod findings;
mod fit;
pub(crate) mod heatmap;
mod import_dialog;
mod jury;
mod margins;
mod matrix;
pub(crate) mod measured;
mod menu;
mod metrics;
mod nothing;
pub(crate) mod notices;
mod null;
mod overview;
pub(crate) mod palette;
pub(crate) mod present;
pub(crate) mod presenter;
mod problems;
mod reasons;
mod redact_choice;
mod saved;
mod settings;
pub(crate) mod sheet;
mod shifts;
mod status;
mod story;
mod streams;
mod tables;
mod timeline;
mod traces;
mod track;
pub(crate) mod trial;
mod vault;
mod welcome;

use crate::command::Command;
use crate::decisions::Kind;
use crate::doc::Selection;
use crate::state::{Pane, Sheet, State};
use crate::tokens::{self, size};
use egui::{CentralPanel, Frame, Margin, Panel, Ui};
use nothing::{empty, empty_and, empty_or};

/// Widths of the window, in points, from which the lists and the explanation are there without being asked for: a narrow
/// window, or large letters, leave the views the room.
const LISTS_FROM: f32 = 700.0;
const EXPLANATION_FROM: f32 = 920.0;

/// Everything that is seen in one frame.
pub(crate) fn frame(ui: &mut Ui, state: &mut State, tree: &mut egui_tiles::Tree<Pane>) {
    if state.review.showing.is_some() || state.review.returning.is_some() {
        return present::show(ui, state, tree);
    }
    let t = tokens::of(ui);
    let panel = Frame::new().fill(t.panel);
    let bar = panel.inner_margin(Margin::symmetric(size::GAP as i8, 3));
    state.overview_rect = None;
    Panel::top("menu").frame(bar).show(ui, |ui| menu::show(ui, state));
    let below = Panel::bottom("status").frame(bar).show(ui, |ui| later(ui, status::HEIGHT)).inner;
    notices::show(ui, state);
    if let (None, Some(pane)) = (&state.doc, state.alone) {
        CentralPanel::default()
            .frame(panel.inner_margin(Margin::same(16)))
            .show(ui, |ui| alone(ui, state, pane));
    } else if state.doc.is_none() {
        let ground = Frame::new().fill(t.ground);
        CentralPanel::default().frame(ground).show(ui, |ui| welcome::show(ui, state));
    } else {
        let side = panel.inner_margin(Margin::same(0));
        let room = ui.available_width();
        let width = (room * 0.235).clamp(220.0, 360.0);
        let (lists, explanation) = state.asked_sides;
        state.sides = (lists.unwrap_or(room >= LISTS_FROM), explanation.unwrap_or(room >= EXPLANATION_FROM));
        // Whatever is asked for, a part of the width is the views' own.
        let most = (room * 0.42).clamp(220.0, 520.0);
        if state.sides.0 {
            let lists = Panel::left("captures and findings").frame(side).default_size(width);
            lists.size_range(220.0..=most).show(ui, |ui| {
                streams::show(ui, state);
                CentralPanel::default().frame(side).show(ui, |ui| findings::show(ui, state));
            });
        }
        let beside = state.sides.1.then(|| {
            let padded = panel.inner_margin(Margin { left: 12, right: 4, top: 8, bottom: 4 });
            let explanation = Panel::right("explanation").frame(padded).default_size(width);
            explanation.size_range(220.0..=most).show(ui, |ui| later(ui, ui.available_height())).inner
        });
        CentralPanel::default().frame(Frame::new().fill(t.ground)).show(ui, |ui| {
            Panel::top("crumbs").frame(bar).show(ui, |ui| crumbs::show(ui, state));
            dock::show(ui, state, tree);
        });
        if let Some(mut ui) = beside {
            explain::show(&mut ui, state);
        }
        state.alone = None;
    }
    status::show(&mut { below }, state);
    import_dialog::show(ui, state);
    sheet::show(ui, state);
    saved::show(ui, state);
    figures::show(ui, state);
    vault::show(ui, state);
    palette::show(ui, state);
    notices::tell(ui.ctx(), state);
}

/// The room of a panel, so high, to be filled once what keys come to before it is there: panels take their room from the
/// edges of the window inwards, and the keyboard goes from left to right and from top to bottom.
fn later(ui: &mut Ui, height: f32) -> Ui {
    ui.set_min_height(height);
    let room = ui.available_rect_before_wrap();
    let room = egui::Rect::from_min_size(room.min, egui::vec2(room.width(), height));
    ui.advance_cursor_after_rect(room);
    ui.new_child(egui::UiBuilder::new().max_rect(room))
}

/// A dialog over the window, with room around what it says.
fn modal(ui: &Ui, name: &str) -> egui::Modal {
    let frame = Frame::popup(ui.style()).fill(tokens::of(ui).panel).inner_margin(ui.spacing().window_margin);
    egui::Modal::new(egui::Id::unique(name)).backdrop_color(tokens::of(ui).veil).frame(frame)
}

/// Settings or activity where no case is open.
fn alone(ui: &mut Ui, state: &mut State, pane: Pane) {
    ui.horizontal(|ui| {
        if ui.button("Back to the first screen").clicked() {
            state.alone = None;
        }
        heading(ui, pane.title());
    });
    ui.add_space(size::GAP);
    match pane {
        Pane::Settings => settings::show(ui, state),
        _ => activity::show(ui, state),
    }
}

/// Commands that change what is shown and nothing else.
pub(crate) fn carry_out(state: &mut State, command: Command) {
    let (from, to) = state.range;
    let (middle, step) = (f64::midpoint(from, to), (to - from) / 4.0);
    match command {
        Command::ShowOverview => state.front = Some(Pane::Overview),
        Command::ShowFinding => state.front = Some(Pane::Finding),
        Command::ShowEvents => {
            state.reveal_selected();
            state.front = Some(Pane::Events);
        }
        Command::ShowBytes => {
            bytes::ask(state);
            state.front = Some(Pane::Bytes);
        }
        Command::ShowProblems => state.front = Some(Pane::Problems),
        Command::NextFinding => findings::step(state, 1),
        Command::PreviousFinding => findings::step(state, -1),
        Command::SearchFindings => state.findings.focus_search = true,
        Command::SearchEvents => {
            state.filter.focus = true;
            state.front = Some(Pane::Events);
        }
        Command::NextHit | Command::PreviousHit => {
            let hit = state.neighbouring_hit(command == Command::NextHit);
            if let Some((stream, position)) = state.stream.zip(hit) {
                state.select(Selection::Event { stream, position });
                state.front = Some(Pane::Events);
            }
        }
        Command::ZoomIn => state.move_range(1.5, middle, 0.0),
        Command::ZoomOut => state.move_range(1.0 / 1.5, middle, 0.0),
        Command::PanLeft => state.move_range(1.0, middle, -step),
        Command::PanRight => state.move_range(1.0, middle, step),
        Command::ZoomToSelection => {
            if let (Some((start, end)), Some(doc)) = (state.selected_range(), state.doc.clone()) {
                // The selection fills a third of the view; an instant gets a hundredth of the case.
                let width = ((end - start) * 3.0).max((doc.extent.1 - doc.extent.0) / 100.0);
                state.range = crate::doc::moved(
                    doc.extent,
                    doc.extent,
                    (doc.extent.1 - doc.extent.0) / width,
                    start,
                    0.0,
                );
                let now = f64::midpoint(state.range.0, state.range.1);
                state.move_range(1.0, now, f64::midpoint(start, end) - now);
            }
        }
        Command::ResetZoom => {
            if let Some(doc) = &state.doc {
                state.range = doc.extent;
            }
        }
        Command::ToggleTables => state.as_table = !state.as_table,
        Command::ToggleLanes => state.heat.lanes_apart = !state.heat.lanes_apart,
        Command::ToggleQuantity => state.quantity = state.quantity.next(),
        Command::ToggleCodec => state.codec = state.codec.other(),
        Command::ShowActivity => state.front = Some(Pane::Activity),
        Command::ShowSettings => state.front = Some(Pane::Settings),
        Command::ShowTraces => traces::come(state),
        Command::ShowMap => traces::come_to_map(state),
        Command::ShowMetrics => state.front = Some(Pane::Metrics),
        Command::ShowCalls => state.front = Some(Pane::Calls),
        Command::ShowMatrix => state.front = Some(Pane::Matrix),
        Command::KeepCall => calls::keep(state),
        Command::KeepTrace => traces::keep(state),
        Command::ToggleBookmark => state.toggle_bookmark(),
        Command::ToggleLists => state.asked_sides.0 = Some(!state.sides.0),
        Command::ToggleExplanation => state.asked_sides.1 = Some(!state.sides.1),
        Command::Acknowledge => state.toggle_acknowledged(),
        Command::NoteFinding => state.begin_draft(Kind::Note),
        Command::TagFinding => state.begin_draft(Kind::Tag),
        Command::LinkFinding => state.begin_draft(Kind::Link),
        Command::Dismiss => state.begin_draft(Kind::Dismiss),
        Command::Confirm => state.begin_draft(Kind::Confirm),
        Command::TogglePreview => trial::toggle(state),
        Command::Shortcuts => state.sheet = Some(Sheet::Shortcuts),
        Command::HelpOfView => {
            state.sheet = Some(Sheet::Help(state.in_front.unwrap_or(Pane::Overview)));
        }
        Command::Palette => state.palette = Some(palette::Palette::default()),
        // The rest is the application's own, or goes over the case as a whole.
        _ => state.review_command(command),
    }
}

/// A caption over a group.
fn caption(ui: &mut Ui, text: &str) -> egui::Response {
    ui.label(
        egui::RichText::new(text).font(crate::theme::semibold_font(size::SMALL)).color(tokens::of(ui).weak),
    )
}

/// A caption that assistive technology knows as the heading of a part of the window.
fn heading(ui: &mut Ui, text: &str) {
    let response = ui.label(
        egui::RichText::new(text).font(crate::theme::semibold_font(size::TEXT)).color(tokens::of(ui).strong),
    );
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, text));
}

/// A list in a dialog or a menu, as high as it needs, and `most`. What is around it remembers how low it was with a short list,
/// and would leave a longer one no more room.
fn list_within(most: f32) -> egui::ScrollArea {
    egui::ScrollArea::vertical().max_height(most).min_scrolled_height(most)
}

/// Shows what needs a height in a place that may be lower: there it scrolls.
fn tall(ui: &mut Ui, least: f32, add: impl FnOnce(&mut Ui)) {
    if ui.available_height() >= least {
        add(ui);
        return;
    }
    egui::ScrollArea::vertical().id_salt("tall").auto_shrink(false).show(ui, |ui| {
        let wanted = egui::vec2(ui.available_width(), least);
        let (rect, _) = ui.allocate_exact_size(wanted, egui::Sense::hover());
        add(&mut ui.new_child(egui::UiBuilder::new().max_rect(rect)));
    });
}

/// Most bytes of a line that are laid out: twice what the widest screen shows.
const LINE_BYTES: usize = 2048;

/// A line of text in one row, cut with `…` at `width`.
fn line(
    ui: &Ui,
    text: &str,
    font: egui::FontId,
    color: egui::Color32,
    width: f32,
) -> std::sync::Arc<egui::Galley> {
    let mut text = text.to_owned();
    if text.len() > LINE_BYTES {
        text.truncate(text.floor_char_boundary(LINE_BYTES));
        text.push('…');
    }
    let mut job = egui::text::LayoutJob::simple_singleline(text, font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(0.0));
    ui.painter().layout_job(job)
}

/// Paints a cut line with its left end at `x`, centred on `y`; whether anything was cut off.
fn paint_line(
    ui: &Ui,
    text: &str,
    font: egui::FontId,
    color: egui::Color32,
    at: egui::Pos2,
    width: f32,
) -> bool {
    let galley = line(ui, text, font, color, width);
    let is_cut = galley.elided;
    ui.painter().galley(egui::pos2(at.x, at.y - galley.size().y / 2.0), galley, color);
    is_cut
}

/// Most letters of a text that is shown whole where it is pointed at.
const WHOLE: usize = 600;

/// Shows the whole of a text that is cut in `area`, as long as it is pointed at.
fn whole_text(ui: &Ui, area: egui::Rect, text: &str) {
    if !ui.rect_contains_pointer(area) {
        return;
    }
    let id = ui.scope_id().with(("whole", area.left() as i32, area.top() as i32));
    let mut shown: String = text.chars().take(WHOLE).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    ui.interact(area, id, egui::Sense::hover()).on_hover_text(shown);
}

/// Paints a name like [`paint_line`]; where it is cut, both ends stay: of names that begin alike the end tells them apart.
fn paint_name(
    ui: &Ui,
    name: &str,
    font: egui::FontId,
    color: egui::Color32,
    at: egui::Pos2,
    width: f32,
) -> bool {
    let whole = line(ui, name, font.clone(), color, f32::INFINITY);
    if whole.size().x <= width {
        ui.painter().galley(egui::pos2(at.x, at.y - whole.size().y / 2.0), whole, color);
        return false;
    }
    let letters: Vec<char> = name.chars().take(LINE_BYTES).collect();
    let mut fit = (letters.len() as f32 * (width / whole.size().x).max(0.0)) as usize;
    while fit > LEAST_ENDS {
        // A little more of the end: the begin is often the service, which many share.
        let head = fit * 2 / 5;
        let cut: String =
            letters[..head].iter().chain(&['…']).chain(&letters[letters.len() - (fit - head)..]).collect();
        let cut = line(ui, &cut, font.clone(), color, f32::INFINITY);
        if cut.size().x <= width {
            ui.painter().galley(egui::pos2(at.x, at.y - cut.size().y / 2.0), cut, color);
            return true;
        }
        fit -= 1;
    }
    paint_line(ui, name, font, color, at, width)
}

/// Letters of a cut name below which only its begin is shown.
const LEAST_ENDS: usize = 8;

/// A button for a command, with its words and its tooltip.
fn button(ui: &mut Ui, state: &mut State, command: Command) -> egui::Response {
    let spec = command.spec();
    let response = ui.add_enabled(state.enabled(command), egui::Button::new(spec.text));
    let response = response.on_hover_text(command.hover_text(ui.ctx()));
    if response.clicked() {
        state.command(command);
    }
    response
}

/// The button that changes a picture into its table, or the table into the picture.
fn table_button(ui: &mut Ui, state: &mut State) {
    let text = if state.as_table { "Show as picture" } else { Command::ToggleTables.spec().text };
    if ui.button(text).on_hover_text(Command::ToggleTables.hover_text(ui.ctx())).clicked() {
        state.command(Command::ToggleTables);
    }
}

/// A button for a command that shows its icon only.
fn icon_button(ui: &mut Ui, state: &mut State, command: Command) {
    let Some(icon) = command.icon() else { return };
    let spec = command.spec();
    let response =
        ui.add_enabled_ui(state.enabled(command), |ui| crate::ui::icon::button(ui, icon, spec.text)).inner;
    if response.clicked() {
        state.command(command);
    }
}

/// A text about a stream with its short name, made inert.
fn of_stream(state: &State, stream: u32, text: &str) -> String {
    case::inert(state.doc.as_ref().map_or_else(|| text.to_owned(), |doc| doc.names.within(stream, text)))
}

/// Whether this finding is the selected one.
fn is_selected(state: &State, finding: i64) -> bool {
    state.selection == Selection::Finding(finding)
}
