//! The numbers behind the pictures: windows of the stream, and all streams.

use super::paint_line;
use crate::doc::{Doc, Selection};
use crate::query::StreamData;
use crate::state::State;
use crate::telemetry::Sort;
use crate::theme::{mono_font, semibold_font};
use crate::tokens::{self, size};
use crate::ui::rows::{self, Rows};
use crate::words;
use egui::{Id, Rect, ScrollArea, Sense, Ui, pos2, vec2};

/// A column: its words and its width in points; text is set from the left, numbers from the right.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) width: f32,
    about: &'static str,
    holds: Holds,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// Set from the left.
    Text,
    /// Set from the left; where it is cut, both ends stay.
    Name,
    /// Set from the right.
    Number,
}

pub(super) const fn column(name: &'static str, width: f32, about: &'static str) -> Column {
    Column { name, width, about, holds: Holds::Text }
}

/// A column of names of streams.
pub(super) const fn names(name: &'static str, width: f32, about: &'static str) -> Column {
    Column { name, width, about, holds: Holds::Name }
}

/// A column of numbers.
pub(super) const fn numbers(name: &'static str, width: f32, about: &'static str) -> Column {
    Column { name, width, about, holds: Holds::Number }
}

const WINDOWS: [Column; 11] = [
    numbers("Window", 62.0, "Index among the windows of the stream."),
    column("Begins", 186.0, "Earliest time in the window, in the zone shown below the views."),
    numbers(
        "Score",
        62.0,
        "The stream's first lens (content; values for metrics), in bits: higher is more unusual.",
    ),
    column("Lens", 66.0, "The lens that is most surprised."),
    numbers("q", 92.0, "Benjamini-Hochberg adjusted p over all windows and lenses of the run."),
    column("Significant", 84.0, "Whether it is a change at the run's false discovery rate."),
    numbers("NCD", 58.0, "Normalised compression distance to an equally long piece of the baseline, zstd."),
    numbers("Ratio", 54.0, "Bytes before over bytes after zstd, of the window."),
    numbers("Δ bits", 72.0, "Bits that the window costs once the baseline piece is known."),
    numbers("Entropy", 62.0, "Bits a byte of the window's text."),
    column("Events", 200.0, "Positions of the first and the last event in the stream."),
];

const STREAMS: [Column; 5] = [
    names("Stream", 300.0, "Service and name."),
    numbers("Events", 90.0, "Number of events."),
    numbers("Windows", 74.0, "Number of windows scored."),
    numbers("Most NCD", 84.0, "The largest NCD of its windows."),
    numbers("Most score", 84.0, "The largest score of its windows, in bits."),
];

pub(super) fn show(ui: &mut Ui, state: &mut State, doc: &Doc) {
    let height = ui.available_height();
    let half = (height * 0.55).max(120.0);
    super::caption(ui, "Windows of this stream");
    if let Some(data) = state.data.clone() {
        let mut table = Windows { data: &data };
        let mut place = std::mem::take(&mut state.table_list);
        place.selected = match state.selection {
            Selection::Window { index, .. } => data.windows.iter().position(|window| window.index == index),
            _ => None,
        }
        .map(|row| row as u64);
        let chosen = table_of(ui, "Table of windows", &WINDOWS, &mut place, &mut table, half, None);
        state.table_list = place;
        if let Some(window) = chosen.and_then(|row| data.windows.get(row as usize)) {
            state.select(Selection::Window { stream: data.stream, index: window.index });
        }
    } else {
        ui.label("Select a stream.");
    }
    super::caption(ui, "All streams");
    let mut table = Streams { doc, state };
    let mut place = rows::ListState {
        selected: state.streams_list.selected,
        first: state.streams_list.first,
        ..Default::default()
    };
    let rest = ui.available_height();
    let chosen = table_of(ui, "Table of streams", &STREAMS, &mut place, &mut table, rest, None);
    if let Some(stream) = chosen.and_then(|row| doc.streams.get(row as usize)) {
        state.select(Selection::Stream(stream.id));
    }
}

/// A table with headings in a height; it scrolls sideways where it is too narrow. With `sort`, a click on a heading sorts.
pub(super) fn table_of(
    ui: &mut Ui,
    name: &str,
    columns: &[Column],
    place: &mut rows::ListState,
    table: &mut dyn Rows,
    height: f32,
    sort: Option<&mut Sort>,
) -> Option<u64> {
    let wanted = columns.iter().map(|column| column.width).sum::<f32>() + ui.spacing().scroll.bar_width;
    let mut chosen = None;
    ScrollArea::horizontal().id_salt(name).auto_shrink(false).max_height(height).show(ui, |ui| {
        ui.set_min_size(vec2(ui.available_width().max(wanted), height - 14.0));
        ui.set_max_height(height - 14.0);
        header(ui, columns, sort);
        chosen = rows::show(ui, Id::unique(name), name, place, table).selected;
    });
    chosen
}

fn header(ui: &mut Ui, columns: &[Column], mut sort: Option<&mut Sort>) {
    let t = tokens::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::hover());
    ui.painter().rect_filled(rect, 2, t.raised);
    let mut left = rect.left();
    for (number, column) in columns.iter().enumerate() {
        let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(column.width, rect.height()));
        let sense = if sort.is_some() { Sense::click() } else { Sense::hover() };
        let response = ui.interact(cell, ui.scope_id().with(column.name), sense);
        let mut name = column.name.to_owned();
        if let Some(sort) = sort.as_deref_mut() {
            if response.clicked() {
                *sort = Sort(number, sort.0 != number || !sort.1);
            }
            if sort.0 == number {
                name.push_str(if sort.1 { " ▼" } else { " ▲" });
            }
            let label = format!("Sort by {}", column.name);
            response.widget_info(|| {
                egui::WidgetInfo::selected(egui::Role::Button, true, sort.0 == number, &label)
            });
        } else {
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, column.name));
        }
        if response.has_focus() {
            let stroke = egui::Stroke::new(1.5, t.accent);
            ui.painter().rect_stroke(cell, 2, stroke, egui::StrokeKind::Inside);
        }
        let (at, width) = (cell.left_center() + vec2(6.0, 0.0), column.width - 8.0);
        let font = semibold_font(size::SMALL);
        match column.holds {
            // The sign of the order has the gap.
            Holds::Number => {
                let gap = if name.ends_with(['▼', '▲']) { 0.0 } else { NUMBER_GAP };
                from_the_right(ui, &name, font, t.strong, at, width - gap);
            }
            Holds::Text | Holds::Name => paint_line(ui, &name, font, t.strong, at, width),
        }
        response.on_hover_text(column.about);
        left += column.width;
    }
}

/// Between a number and the column after it, which may begin with text.
const NUMBER_GAP: f32 = 8.0;

/// Paints a cut line with its right end `width` after `at`.
fn from_the_right(ui: &Ui, text: &str, font: egui::FontId, color: egui::Color32, at: egui::Pos2, width: f32) {
    let galley = super::line(ui, text, font, color, width);
    let left = at.x + (width - galley.size().x).max(0.0);
    ui.painter().galley(pos2(left, at.y - galley.size().y / 2.0), galley, color);
}

/// The cells of one row, in the columns of its table.
pub(super) fn cells(ui: &Ui, columns: &[Column], texts: &[String], selected: bool) {
    let t = tokens::of(ui);
    let rect = ui.max_rect();
    let mut left = rect.left();
    for (column, text) in columns.iter().zip(texts) {
        let color = if selected { t.strong } else { t.text };
        let (at, width) = (pos2(left + 6.0, rect.center().y), column.width - 8.0);
        match column.holds {
            Holds::Text => paint_line(ui, text, mono_font(), color, at, width),
            Holds::Name => super::paint_name(ui, text, mono_font(), color, at, width),
            Holds::Number => from_the_right(ui, text, mono_font(), color, at, width - NUMBER_GAP),
        }
        left += column.width;
    }
}

struct Windows<'a> {
    data: &'a StreamData,
}

impl Rows for Windows<'_> {
    fn len(&self) -> u64 {
        self.data.windows.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        super::timeline::describe(&self.data.windows[row as usize])
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let window = &self.data.windows[row as usize];
        let texts = [
            window.index.to_string(),
            window.start_nanos.map_or_else(|| "no time".to_owned(), words::time),
            format!("{:.1}", window.score_bits),
            window.lens.name().to_owned(),
            window.q.map_or_else(|| "no history".to_owned(), words::probability),
            if window.flagged { "yes" } else { "no" }.to_owned(),
            format!("{:.3}", window.zstd.ncd()),
            format!("{:.2}", window.zstd.ratio_window()),
            window.zstd.delta_bits().to_string(),
            format!("{:.2}", window.entropy),
            format!("{} to {}", words::count(window.first_event), words::count(window.last_event)),
        ];
        cells(ui, &WINDOWS, &texts, selected);
    }
}

struct Streams<'a> {
    doc: &'a Doc,
    state: &'a State,
}

impl Rows for Streams<'_> {
    fn len(&self) -> u64 {
        self.doc.streams.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        case::inert(self.doc.streams[row as usize].key.label())
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let stream = &self.doc.streams[row as usize];
        let heat =
            self.state.heat.rows.as_ref().and_then(|rows| rows.iter().find(|heat| heat.stream == stream.id));
        let most = |quantity| heat.and_then(|heat| heat.most(quantity));
        let summary = self.doc.summary(stream.id);
        let note = summary.and_then(|summary| summary.note.clone()).unwrap_or_default();
        let texts = [
            self.doc.names.label(stream),
            words::count(stream.events),
            summary.map(|summary| words::count(summary.windows)).unwrap_or_default(),
            most(crate::heatmap::Quantity::Ncd).map_or(note, |value| format!("{value:.3}")),
            most(crate::heatmap::Quantity::Score).map(|value| format!("{value:.1}")).unwrap_or_default(),
        ];
        cells(ui, &STREAMS, &texts, selected);
    }
}
