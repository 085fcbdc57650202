//! A list of any number of rows, of which only the visible ones exist.
//!
//! The place of the list is a whole row number and the points by which that row is scrolled out, never a distance from
//! the top: an `f32` of points over 2^27 rows moves in steps of hundreds of points, a `u64` and a small rest do not.

use crate::tokens::{self, size};
use std::cell::RefCell;

use egui::{Event, EventFilter, Id, Key, MouseWheelUnit, Rect, Response, Sense, Ui, UiBuilder, pos2, vec2};

/// What a list shows.
pub(crate) trait Rows {
    /// Number of rows.
    fn len(&self) -> u64;
    /// What a screen reader says of the row.
    fn label(&mut self, row: u64) -> String;
    /// Shows the row; `ui` is exactly as large as the row.
    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool);
    /// Told before the rows are shown which they are, so that they can be fetched.
    fn visible(&mut self, _first: u64, _end: u64) {}
    /// Paints over the scroll bar where in the list something is: `track` stands for all rows.
    fn paint_track(&mut self, _ui: &Ui, _track: Rect) {}
    /// Width of the scroll bar, where it is not the usual one.
    fn bar_width(&self) -> Option<f32> {
        None
    }
    /// Height of each row.
    fn height(&self) -> f32 {
        size::ROW
    }
}

/// How much there is and how much of it is seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// Number of rows.
    pub(crate) len: u64,
    /// Height of the view.
    pub(crate) view: f32,
    /// Height of a row.
    pub(crate) row: f32,
}

impl Extent {
    fn whole_rows(self) -> u64 {
        (self.view / self.row).floor().max(1.0) as u64
    }

    /// First row and rest when the last row stands at the lower edge.
    fn end(self) -> (u64, f32) {
        let rows = self.view / self.row;
        if self.len as f64 <= f64::from(rows) {
            return (0, 0.0);
        }
        (self.len - rows.ceil() as u64, (rows.ceil() - rows) * self.row)
    }
}

/// Where a list stands and what is selected in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ListState {
    /// The first row that can be seen at least in part.
    pub(crate) first: u64,
    /// Points of the first row that are scrolled out: less than a row.
    pub(crate) rest: f32,
    /// The selected row.
    pub(crate) selected: Option<u64>,
    /// A row to bring into view when the list is next shown.
    pub(crate) reveal: Option<u64>,
}

/// What a person did with the list in this frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ListEvents {
    /// A row was selected, by pointer or key.
    pub(crate) selected: Option<u64>,
    /// A row was asked for: double click or Enter.
    pub(crate) opened: Option<u64>,
}

impl ListState {
    /// Moves by `points` (down is positive) over the rows.
    pub(crate) fn scroll(&mut self, points: f32, extent: Extent) {
        let target = self.rest + points;
        let rows = (target / extent.row).floor();
        // One turn of a wheel is far below 2^24 rows, so `rows` is exact.
        (self.first, self.rest) = match self.first.checked_add_signed(rows as i64) {
            Some(first) => (first, target - rows * extent.row),
            None => (0, 0.0),
        };
        self.clamp(extent);
    }

    /// Keeps the view inside the list.
    pub(crate) fn clamp(&mut self, extent: Extent) {
        let (last_first, last_rest) = extent.end();
        if self.first > last_first || (self.first == last_first && self.rest > last_rest) {
            (self.first, self.rest) = (last_first, last_rest);
        }
        if self.selected.is_some_and(|row| row >= extent.len) {
            self.selected = extent.len.checked_sub(1);
        }
    }

    /// Moves as little as brings `row` wholly into view; far away, it lands a third from the top.
    pub(crate) fn bring_into_view(&mut self, row: u64, extent: Extent) {
        let whole_rows = extent.whole_rows();
        let below = row >= self.first.saturating_add(whole_rows);
        let above = row < self.first || (row == self.first && self.rest > 0.0);
        if row.abs_diff(self.first) > whole_rows * 2 {
            (self.first, self.rest) = (row.saturating_sub(whole_rows / 3), 0.0);
        } else if above {
            (self.first, self.rest) = (row, 0.0);
        } else if below {
            self.first = row + 1 - whole_rows;
            self.rest = whole_rows as f32 * extent.row - extent.view;
            if self.rest < 0.0 {
                self.first = self.first.saturating_sub(1);
                self.rest += extent.row;
            }
        }
        self.clamp(extent);
    }

    /// Where the row selected by `key` is, from the one that is selected now.
    fn row_for(&self, key: Key, extent: Extent) -> Option<u64> {
        let page = extent.whole_rows().max(2) - 1;
        let last = extent.len.checked_sub(1)?;
        let Some(now) = self.selected else {
            return Some(if key == Key::End { last } else { self.first.min(last) });
        };
        Some(match key {
            Key::ArrowUp => now.saturating_sub(1),
            Key::ArrowDown => now.saturating_add(1).min(last),
            Key::PageUp => now.saturating_sub(page),
            Key::PageDown => now.saturating_add(page).min(last),
            Key::Home => 0,
            Key::End => last,
            _ => return None,
        })
    }
}

/// Shows the list in all the space there is. `name` is its accessible name.
pub(crate) fn show(
    ui: &mut Ui,
    id: Id,
    name: &str,
    state: &mut ListState,
    rows: &mut dyn Rows,
) -> ListEvents {
    let area = ui.available_rect_before_wrap();
    let bar_width = rows.bar_width().unwrap_or(ui.spacing().scroll.bar_width);
    let view = Rect::from_min_max(area.min, pos2(area.max.x - bar_width, area.max.y));
    let extent = Extent { len: rows.len(), view: view.height(), row: rows.height() };
    ui.advance_cursor_after_rect(area);
    let mut events = ListEvents::default();

    let response = ui.interact(view, id, Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ListBox, true, name));
    wheel(ui, &response, state, extent);
    keys(ui, &response, state, extent, &mut events);
    let track = Rect::from_min_max(pos2(view.max.x, area.min.y), area.max);
    scroll_bar(ui, track, id, state, extent);
    rows.paint_track(ui, track);
    if let Some(row) = state.reveal.take() {
        state.bring_into_view(row, extent);
    }
    state.clamp(extent);

    let end = extent.len.min(state.first + ((extent.view + state.rest) / extent.row).ceil() as u64);
    rows.visible(state.first, end);
    let mut child = ui.new_child(UiBuilder::new().max_rect(view).id_salt(id));
    child.set_clip_rect(view.intersect(ui.clip_rect()));
    for row in state.first..end {
        let top = view.min.y + (row - state.first) as f32 * extent.row - state.rest;
        let rect = Rect::from_min_size(pos2(view.min.x, top), vec2(view.width(), extent.row));
        if show_row(&mut child, id, rect, row, state, rows, &mut events) {
            response.request_focus();
        }
    }
    if response.has_focus() {
        let stroke = egui::Stroke::new(1.5, tokens::of(ui).accent);
        ui.painter().rect_stroke(view.shrink(0.5), 2, stroke, egui::StrokeKind::Inside);
    }
    events
}

fn show_row(
    ui: &mut Ui,
    list: Id,
    rect: Rect,
    row: u64,
    state: &mut ListState,
    rows: &mut dyn Rows,
    events: &mut ListEvents,
) -> bool {
    let selected = state.selected == Some(row);
    // Not focusable one by one: the list has the focus, and the arrow keys move in it.
    let response = ui.interact(rect, list.with(row), Sense::CLICK);
    // Asked for only where somebody listens: a text for each row of each frame is a good part of what scrolling costs.
    let labels = RefCell::new(&mut *rows);
    response.widget_info(|| {
        let label = labels.borrow_mut().label(row);
        egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, selected, &label)
    });
    let t = tokens::of(ui);
    let fill = if selected {
        Some(t.selected)
    } else if response.hovered() {
        Some(t.raised)
    } else {
        (row % 2 == 1).then_some(t.stripe)
    };
    if let Some(fill) = fill {
        ui.painter().rect_filled(rect, 0, fill);
    }
    let mut cell = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(list.with(row)));
    cell.set_clip_rect(rect.intersect(ui.clip_rect()));
    cell.style_mut().interaction.selectable_labels = false;
    rows.show(&mut cell, row, selected);
    if response.clicked() {
        state.selected = Some(row);
        events.selected = Some(row);
    }
    if response.double_clicked() {
        events.opened = Some(row);
    }
    response.clicked()
}

fn wheel(ui: &Ui, response: &Response, state: &mut ListState, extent: Extent) {
    if !response.contains_pointer() {
        return;
    }
    // Read as it came: egui's smoothed distance is made for areas whose whole height is known in points.
    let points: f32 = ui.input(|input| {
        let moved = input.events.iter().filter_map(|event| match event {
            Event::MouseWheel { unit, delta, modifiers, .. } if !modifiers.command => Some(match unit {
                MouseWheelUnit::Point => -delta.y,
                MouseWheelUnit::Line => -delta.y * extent.row.min(size::ROW) * 3.0,
                MouseWheelUnit::Page => -delta.y * (extent.view - extent.row),
            }),
            _ => None,
        });
        moved.sum()
    });
    if points != 0.0 {
        state.scroll(points, extent);
        ui.ctx().request_repaint();
    }
}

fn keys(ui: &Ui, response: &Response, state: &mut ListState, extent: Extent, events: &mut ListEvents) {
    if response.clicked() {
        response.request_focus();
    }
    if !response.has_focus() {
        return;
    }
    let filter = EventFilter { vertical_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    for key in [Key::ArrowUp, Key::ArrowDown, Key::PageUp, Key::PageDown, Key::Home, Key::End] {
        let times = ui.input_mut(|input| input.count_and_consume_key(egui::Modifiers::NONE, key));
        for _ in 0..times {
            if let Some(row) = state.row_for(key, extent) {
                state.selected = Some(row);
                events.selected = Some(row);
                state.bring_into_view(row, extent);
            }
        }
    }
    if ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Enter)) {
        events.opened = state.selected;
    }
}

fn scroll_bar(ui: &Ui, track: Rect, id: Id, state: &mut ListState, extent: Extent) {
    let (last_first, last_rest) = extent.end();
    let most = last_first as f64 + f64::from(last_rest / extent.row);
    if most <= 0.0 {
        return;
    }
    let handle = (track.height() * (f64::from(extent.view / extent.row) / extent.len as f64) as f32)
        .max(24.0)
        .min(track.height());
    let run = track.height() - handle;
    let response = ui.interact(track, id.with("scroll bar"), Sense::DRAG | Sense::CLICK);
    if let Some(pointer) = response.interact_pointer_pos() {
        let share = f64::from(((pointer.y - track.min.y - handle / 2.0) / run.max(1.0)).clamp(0.0, 1.0));
        let place = most * share;
        state.first = place.floor() as u64;
        state.rest = (place.fract() as f32) * extent.row;
        state.clamp(extent);
    }
    let now = (state.first as f64 + f64::from(state.rest / extent.row)) / most;
    let top = track.min.y + run * now as f32;
    let t = tokens::of(ui);
    let bar = Rect::from_min_size(pos2(track.min.x + 2.0, top), vec2(track.width() - 4.0, handle));
    ui.painter().rect_filled(track, 0, t.sunken);
    let fill = if response.hovered() || response.dragged() { t.weak } else { t.outline };
    ui.painter().rect_filled(bar, 3, fill);
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
