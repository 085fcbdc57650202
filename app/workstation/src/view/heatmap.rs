//! The heatmap of all streams over the shared axis, painted as a texture.

use super::overview::{from_screen, hair_line, navigate, to_screen};
use super::streams::signal_icon;
use crate::doc::{Doc, Selection};
use crate::heatmap::{Binned, Quantity};
use crate::lanes::lanes;
use crate::query::Query;
use crate::state::State;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, Ramp, size};
use crate::words;
use egui::{
    ComboBox, Id, Key, Modifiers, Rect, Response, Role, Sense, Stroke, StrokeKind, TextureOptions, Ui,
    WidgetInfo, pos2, vec2,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Streams of a lane that are named at the pointer.
const NAMED: usize = 20;

/// Points for each column of bins.
const COLUMN: f32 = 3.0;

/// What a texture was made from; another key makes another texture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TextureKey {
    version: u64,
    rows: (usize, usize),
    ramp: Ramp,
    dark: bool,
}

pub(super) fn show(ui: &mut Ui, state: &mut State, doc: &Doc, height: f32) {
    let streams = state.heat.rows.as_ref().map_or(0, |rows| rows.len());
    let gutter = size::gutter(ui.available_width());
    super::margins::above(ui, state, gutter);
    let height = height - super::margins::HEIGHT;
    arrange(state, doc, (height / size::HEAT_ROW) as usize);
    let lanes = state.heat.lanes.len();
    let wanted = (lanes.max(1) as f32 * size::HEAT_ROW).min(height);
    let (outer, _) = ui.allocate_exact_size(vec2(ui.available_width(), wanted), Sense::hover());
    let x = egui::Rangef::new(outer.left() + gutter, outer.right() - size::EDGE);
    let frame = Rect::from_x_y_ranges(x, outer.y_range());
    ui.painter().rect_filled(frame, 0, tokens::of(ui).no_data);
    state.heat_top = Some(frame.top());
    ask(state, doc, frame);
    let response = ui.interact(frame, Id::unique("heatmap"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Heatmap of {streams} streams")));
    scroll(ui, state, &response, frame, lanes);
    navigate(ui, &response, frame.x_range(), state, lanes as f32 * size::HEAT_ROW <= frame.height());
    paint(ui, state, frame);
    names(ui, state, doc, outer, frame);
    marks(ui, state, doc, frame);
    hair_line(ui, frame, state);
    keys(ui, state, &response, frame);
    pointer(ui, state, doc, &response, frame);
}

/// Rows that are at least in part in the frame.
fn visible(state: &State, frame: Rect, streams: usize) -> (usize, usize) {
    let rows = ((frame.height() + state.heat.rest) / size::HEAT_ROW).ceil() as usize;
    (state.heat.first_row.min(streams), (state.heat.first_row + rows).min(streams))
}

/// Makes the lanes for the room there is.
fn arrange(state: &mut State, doc: &Doc, room: usize) {
    let Some(rows) = &state.heat.rows else { return };
    // Where nothing is merged, the room makes no difference.
    let merges_into = if state.heat.lanes_apart || rows.len() <= room { rows.len() } else { room };
    let made_for = (Arc::as_ptr(rows) as usize, merges_into, state.heat.lanes_apart);
    if state.heat.lanes_for == Some(made_for) {
        return;
    }
    state.heat.lanes = Arc::new(lanes(rows, doc, room, state.heat.lanes_apart));
    // What was binned before has other lines.
    let is_first = state.heat.lanes_for.replace(made_for).is_none();
    if !is_first || state.heat.binned.as_ref().is_some_and(|old| old.streams.len() != state.heat.lanes.len())
    {
        (state.heat.binned, state.heat.asked, state.heat.cursor) = (None, None, None);
        (state.heat.first_row, state.heat.rest) = (0, 0.0);
    }
}

fn ask(state: &mut State, doc: &Doc, frame: Rect) {
    let Some(rows) = state.heat.rows.clone() else { return };
    let columns = ((frame.width() / COLUMN) as usize).clamp(16, 1024);
    let lanes = Arc::clone(&state.heat.lanes);
    let wanted = (state.range, columns, state.shown(), lanes.len());
    if state.heat.asked != Some(wanted) && doc.run.is_some() {
        state.heat.asked = Some(wanted);
        state.ask(Query::Bin { rows, lanes, range: state.range, columns, shown: state.shown() });
    }
}

fn scroll(ui: &Ui, state: &mut State, response: &Response, frame: Rect, streams: usize) {
    let most = (streams as f32 * size::HEAT_ROW - frame.height()).max(0.0);
    let mut place = state.heat.first_row as f32 * size::HEAT_ROW + state.heat.rest;
    if response.contains_pointer() && ui.input(|input| !input.modifiers.command) {
        place -= ui.input(|input| input.smooth_scroll_delta().y);
    }
    place = place.clamp(0.0, most);
    state.heat.first_row = (place / size::HEAT_ROW) as usize;
    state.heat.rest = place - state.heat.first_row as f32 * size::HEAT_ROW;
    if most > 0.0 {
        let t = tokens::of(ui);
        let track =
            Rect::from_min_max(frame.right_top() + vec2(6.0, 0.0), frame.right_bottom() + vec2(12.0, 0.0));
        let handle = frame.height() * frame.height() / (frame.height() + most);
        let top = frame.top() + (frame.height() - handle) * place / most;
        ui.painter().rect_filled(track, 3, t.sunken);
        ui.painter().rect_filled(
            Rect::from_min_size(pos2(track.left(), top), vec2(6.0, handle)),
            3,
            t.outline,
        );
    }
}

/// Paints the latest bins where they belong on the axis: while newer ones are on their way, these are moved and stretched.
fn paint(ui: &mut Ui, state: &mut State, frame: Rect) {
    let Some(binned) = &state.heat.binned else {
        let text = match (&state.heat.rows, &state.heat.missing) {
            (Some(_), _) => "",
            (None, Some(_)) => "Not shown: the windows of this run cannot be read.",
            (None, None) => "Reading the windows of all streams…",
        };
        super::paint_line(
            ui,
            text,
            text_font(size::TEXT),
            tokens::of(ui).weak,
            frame.left_center() + vec2(12.0, 0.0),
            300.0,
        );
        return;
    };
    let rows = visible(state, frame, binned.streams.len());
    let dark = ui.visuals().dark_mode;
    let ramp = state.prefs.ramp.in_theme(tokens::of(ui));
    let key = TextureKey { version: state.heat.version, rows, ramp, dark };
    if state.heat.texture.as_ref().is_none_or(|(old, _)| *old != key) {
        let image = binned.image(rows.0, rows.1, ramp, tokens::of(ui).no_data);
        match &mut state.heat.texture {
            Some((old, texture)) => {
                texture.set(image, TextureOptions::NEAREST);
                *old = key;
            }
            none => *none = Some((key, ui.ctx().load_texture("heatmap", image, TextureOptions::NEAREST))),
        }
    }
    let Some((_, texture)) = &state.heat.texture else { return };
    let screen = |x| to_screen(x, state.range, frame.x_range());
    let top = frame.top() - state.heat.rest;
    let shown = Rect::from_min_max(
        pos2(screen(binned.range.0), top),
        pos2(screen(binned.range.1), top + (rows.1 - rows.0) as f32 * size::HEAT_ROW),
    );
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    let painter = ui.painter().with_clip_rect(frame.intersect(ui.clip_rect()));
    painter.image(texture.id(), shown, whole, tokens::UNTINTED);
    let line = Stroke::new(1.0, tokens::of(ui).panel);
    for row in 0..=rows.1 - rows.0 {
        painter.hline(frame.x_range(), top + row as f32 * size::HEAT_ROW, line);
    }
}

fn names(ui: &mut Ui, state: &mut State, doc: &Doc, outer: Rect, frame: Rect) {
    let Some(rows) = state.heat.rows.clone() else { return };
    let lanes = Arc::clone(&state.heat.lanes);
    let (first, end) = visible(state, frame, lanes.len());
    let gutter = Rect::from_min_max(outer.min, pos2(frame.left() - 6.0, outer.max.y));
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(gutter));
    child.set_clip_rect(gutter.intersect(ui.clip_rect()));
    let t = tokens::of(ui);
    for (line, lane) in lanes[first..end].iter().enumerate() {
        let row = &rows[lane.rows[0]];
        let Some(stream) = doc.stream(row.stream) else { continue };
        let top = frame.top() - state.heat.rest + line as f32 * size::HEAT_ROW;
        let rect = Rect::from_min_size(pos2(gutter.left(), top), vec2(gutter.width(), size::HEAT_ROW));
        let response = child.interact(rect, Id::unique("heatmap name").with(row.stream), Sense::CLICK);
        let label = &lane.name;
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Show timeline of {label}")));
        let shown = lane.rows.iter().any(|&place| state.stream == Some(rows[place].stream));
        if shown || response.hovered() {
            child.painter().rect_filled(rect, 2, if shown { t.selected } else { t.raised });
        }
        let icon = Rect::from_center_size(rect.left_center() + vec2(9.0, 0.0), vec2(11.0, 11.0));
        signal_icon(stream.key.signal).paint(child.painter(), icon, t.weak);
        let color = if shown { t.strong } else { t.text };
        // Of streams that share a lane the begin tells it apart.
        let paint = if lane.rows.len() > 1 { super::paint_line } else { super::paint_name };
        paint(
            &child,
            label,
            text_font(size::SMALL),
            color,
            rect.left_center() + vec2(20.0, 0.0),
            rect.width() - 22.0 - super::margins::WIDTH,
        );
        super::margins::beside(&child, state, first + line, rect);
        let names = lane.rows.iter().filter_map(|&place| doc.stream(rows[place].stream));
        let names: Vec<String> = names.take(NAMED).map(|stream| case::inert(stream.key.label())).collect();
        let more = lane.rows.len() - names.len();
        let and_more = if more > 0 { format!("\n… and {more} more") } else { String::new() };
        if response.on_hover_text(names.join("\n") + &and_more).clicked() {
            state.select(Selection::Stream(row.stream));
        }
    }
}

/// Outlines around significant findings and the selection: seen without any colour.
fn marks(ui: &Ui, state: &State, doc: &Doc, frame: Rect) {
    let Some(rows) = &state.heat.rows else { return };
    let t = tokens::of(ui);
    let painter = ui.painter().with_clip_rect(frame.expand(1.0).intersect(ui.clip_rect()));
    // Of the lanes in view alone: a finding may be one of thousands, and so may its stream.
    let in_view = (frame.height() / size::HEAT_ROW) as usize + 2;
    let lanes = state.heat.lanes.iter().enumerate().skip(state.heat.first_row).take(in_view);
    let lanes: BTreeMap<u32, usize> =
        lanes.flat_map(|(row, lane)| lane.rows.iter().map(move |&place| (rows[place].stream, row))).collect();
    let place = |stream: u32, (from, to): (f64, f64)| {
        let row = *lanes.get(&stream)?;
        let top = frame.top() - state.heat.rest + (row as f32 - state.heat.first_row as f32) * size::HEAT_ROW;
        let screen = |x| to_screen(x, state.range, frame.x_range());
        let right = screen(to).max(screen(from) + COLUMN);
        Some(Rect::from_min_max(pos2(screen(from), top + 1.0), pos2(right, top + size::HEAT_ROW)))
    };
    for row in doc.findings.iter().filter(|row| row.finding.flagged) {
        if let Some(rect) = doc.axis.of_finding(&row.finding).and_then(|span| place(row.stream.id, span)) {
            painter.rect_stroke(rect, 1, Stroke::new(1.0, t.strong), StrokeKind::Outside);
        }
    }
    if let Some(previewed) = state.trial.as_ref().and_then(|trial| trial.answer.as_ref()) {
        for stretch in &previewed.stretches {
            let Some(rect) = place(stretch.stream, stretch.span) else { continue };
            let middle = rect.center().y;
            let line = [pos2(rect.left(), middle), pos2(rect.right(), middle)];
            // Dark under bright, so that the line is seen on every colour of the ramp.
            painter.line_segment(line, Stroke::new(5.0, t.panel));
            let stroke = Stroke::new(2.5, t.strong);
            if stretch.is_certain {
                painter.line_segment(line, stroke);
            } else {
                painter.extend(egui::Shape::dashed_line(&line, stroke, 4.0, 3.0));
            }
        }
    }
    if let (Some(stream), Some(span)) = (state.stream, state.selected_range())
        && let Some(rect) = place(stream, span)
    {
        painter.rect_stroke(rect.expand(1.0), 2, Stroke::new(2.0, t.accent), StrokeKind::Outside);
    }
}

fn keys(ui: &Ui, state: &mut State, response: &Response, frame: Rect) {
    let Some(binned) = state.heat.binned.clone().filter(|_| response.has_focus()) else { return };
    let filter = egui::EventFilter { vertical_arrows: true, horizontal_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let (rows, columns) = (binned.streams.len(), binned.columns);
    if rows == 0 || columns == 0 {
        return;
    }
    let (mut row, mut column) = state.heat.cursor.unwrap_or((0, columns / 2));
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    row = row.saturating_add(usize::from(pressed(Key::ArrowDown))).min(rows - 1);
    row = row.saturating_sub(usize::from(pressed(Key::ArrowUp)));
    column = column.saturating_add(usize::from(pressed(Key::ArrowRight))).min(columns - 1);
    column = column.saturating_sub(usize::from(pressed(Key::ArrowLeft)));
    state.heat.cursor = Some((row, column));
    let (first, end) = visible(state, frame, rows);
    if row < first || row + 1 >= end {
        state.heat.first_row = row.saturating_sub(end.saturating_sub(first) / 2);
    }
    let width = frame.width() / columns as f32;
    let top = frame.top() - state.heat.rest + (row as f32 - state.heat.first_row as f32) * size::HEAT_ROW;
    let cell = Rect::from_min_size(
        pos2(frame.left() + column as f32 * width, top),
        vec2(width.max(3.0), size::HEAT_ROW),
    );
    let stroke = Stroke::new(2.0, tokens::of(ui).accent);
    ui.painter().rect_stroke(cell, 1, stroke, StrokeKind::Outside);
    ui.painter().rect_stroke(frame, 2, stroke, StrokeKind::Inside);
    if let Some(doc) = state.doc.clone() {
        read_out(state, &doc, &binned, row, column);
    }
    if pressed(Key::Enter) {
        drill_down(state, &binned, row, column);
    }
}

fn pointer(_ui: &Ui, state: &mut State, doc: &Doc, response: &Response, frame: Rect) {
    let Some(at) = response.hover_pos() else { return };
    let Some(binned) = state.heat.binned.clone() else { return };
    let row =
        state.heat.first_row + ((at.y - frame.top() + state.heat.rest) / size::HEAT_ROW).max(0.0) as usize;
    let x = from_screen(at.x, state.range, frame.x_range());
    let share = (x - binned.range.0) / (binned.range.1 - binned.range.0);
    if row >= binned.streams.len() || !(0.0..1.0).contains(&share) {
        return;
    }
    let column = (share * binned.columns as f64) as usize;
    read_out(state, doc, &binned, row, column);
    if response.clicked() {
        state.heat.cursor = Some((row, column));
        drill_down(state, &binned, row, column);
    }
}

/// Selects the finding that the window belongs to, or the window.
fn drill_down(state: &mut State, binned: &Binned, row: usize, column: usize) {
    let Some(doc) = state.doc.clone() else { return };
    let Some(bin) = binned.at(row, column) else {
        state.select(Selection::Stream(binned.streams[row]));
        return;
    };
    let stream = bin.stream;
    let width = (binned.range.1 - binned.range.0) / binned.columns as f64;
    let x = binned.range.0 + (column as f64 + 0.5) * width;
    let finding = doc.findings.iter().find(|row| {
        let span = doc.axis.of_finding(&row.finding);
        row.stream.id == stream && span.is_some_and(|(from, to)| from - width <= x && x <= to + width)
    });
    match finding.filter(|_| bin.flagged) {
        Some(finding) => state.select(Selection::Finding(finding.id)),
        None => state.select(Selection::Window { stream, index: bin.window }),
    }
}

fn read_out(state: &mut State, doc: &Doc, binned: &Binned, row: usize, column: usize) {
    let stream = binned.at(row, column).map_or(binned.streams[row], |bin| bin.stream);
    let label = doc.label(stream);
    let x =
        binned.range.0 + (column as f64 + 0.5) / binned.columns as f64 * (binned.range.1 - binned.range.0);
    let value = match binned.at(row, column) {
        Some(bin) => {
            let flag = if bin.flagged { "  significant" } else { "" };
            format!("{} {:.3}  window {}{flag}", binned.shown.label(), bin.value, bin.window)
        }
        None => "no window here".to_owned(),
    };
    state.read_out = format!("{}  {label}  {value}", doc.axis.say(x));
}

/// The ramp with its numbers, what outlines mean, and the choices.
pub(super) fn legend(ui: &mut Ui, state: &mut State) {
    let t = tokens::of(ui);
    ui.horizontal_wrapped(|ui| {
        ui.set_min_height(26.0);
        choice(ui, state);
        if state.heat.lanes_apart
            || state.heat.rows.as_ref().is_some_and(|rows| rows.len() > state.heat.lanes.len())
        {
            let apart = ui.add(
                egui::Button::selectable(state.heat.lanes_apart, "Lanes apart").frame_when_inactive(true),
            );
            if apart.on_hover_text(crate::command::Command::ToggleLanes.hover_text(ui.ctx())).clicked() {
                state.command(crate::command::Command::ToggleLanes);
            }
        }
        let scale = state.heat.binned.as_ref().map_or((0.0, 1.0), |binned| binned.scale);
        let number = |value: f32| if scale.1 >= 10.0 { format!("{value:.0}") } else { format!("{value:.2}") };
        ui.label(egui::RichText::new(number(scale.0)).font(mono_font()).color(t.text));
        let range = format!("Colours from {} to {}", number(scale.0), number(scale.1));
        ramp_bar(ui, state.prefs.ramp.in_theme(t), &range);
        ui.label(egui::RichText::new(number(scale.1)).font(mono_font()).color(t.text));
        ramps(ui, state);
        ui.add_space(size::TIGHT);
        // One piece, so that a narrow view does not part the sign from its word.
        let word = super::line(ui, "significant", text_font(size::SMALL), t.weak, 200.0);
        let (key, response) = ui.allocate_exact_size(vec2(20.0 + word.size().x, 14.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, "Outlined: significant"));
        let sign = Rect::from_min_size(key.min + vec2(0.0, 1.0), vec2(14.0, 12.0));
        ui.painter().rect_stroke(sign, 1, Stroke::new(1.0, t.strong), StrokeKind::Inside);
        ui.painter().galley(pos2(key.left() + 20.0, key.center().y - word.size().y / 2.0), word, t.weak);
        let absent = state.doc.as_ref().map_or(0, |doc| doc.streams.len() - doc.scored.len());
        if absent > 0 {
            let text = words::counted(absent as u64, "stream is not scored", "streams are not scored");
            let font = semibold_font(size::SMALL);
            let text = egui::RichText::new(text).font(font).color(t.weak);
            ui.add(egui::Label::new(text).extend()).on_hover_text(
                "Too few events for a window and a baseline, or left out of the run; the problems say why. Their events can be read in the view Events.",
            );
        }
    });
}

/// The colours of a ramp from left to right; `label` says of what.
pub(super) fn ramp_bar(ui: &mut Ui, ramp: Ramp, label: &str) {
    const STEPS: usize = 48;
    let (bar, response) = ui.allocate_exact_size(vec2(120.0, 12.0), Sense::hover());
    let part = |n: usize| bar.left() + bar.width() * n as f32 / STEPS as f32;
    for step in 0..STEPS {
        let rect = Rect::from_min_max(pos2(part(step), bar.top()), pos2(part(step + 1) + 0.5, bar.bottom()));
        ui.painter().rect_filled(rect, 0, ramp.at(step as f32 / (STEPS - 1) as f32));
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, label));
}

/// What timeline and heatmap show: a distance, the score, or the bits of one lens.
fn choice(ui: &mut Ui, state: &mut State) {
    let shown_now = state.shown().label();
    let combo = ComboBox::from_id_salt("heatmap quantity").width(118.0).selected_text(&shown_now);
    let shown = combo.show_ui(ui, |ui| {
        for quantity in Quantity::all() {
            let about = match quantity {
                Quantity::Ncd => {
                    "How little the window has in common with a piece of its baseline; over it the ratios."
                }
                Quantity::Score => {
                    "Bits above the ordinary by the stream's first lens: content, or values for metrics."
                }
                Quantity::Lens(lens) => super::shifts::about(lens),
            };
            ui.selectable_value(&mut state.quantity, quantity, quantity.label()).on_hover_text(about);
        }
    });
    let label = format!("Heatmap shows {shown_now}");
    shown.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &label));
    shown.response.on_hover_text(crate::command::Command::ToggleQuantity.hover_text(ui.ctx()));
}

fn ramps(ui: &mut Ui, state: &mut State) {
    let shown = state.prefs.ramp.in_theme(tokens::of(ui)).label();
    let label = format!("Colours: {shown}");
    let combo = ComboBox::from_id_salt("heatmap colours").width(132.0).selected_text(shown);
    let shown = combo.show_ui(ui, |ui| {
        for ramp in Ramp::ALL {
            ui.selectable_value(&mut state.prefs.ramp, ramp, ramp.label());
        }
    });
    shown.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &label));
}
