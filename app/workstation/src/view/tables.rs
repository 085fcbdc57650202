//! The numbers behind the pictures: windows of the stream, and all streams.

use super::figures::Cells;
use super::fit::{self, Need};
use crate::doc::{Doc, Selection};
use crate::heatmap::{Quantity, Shown, WindowCodec};
use crate::query::StreamData;
use crate::state::State;
use crate::telemetry::Sort;
use crate::theme::{mono_font, semibold_font};
use crate::tokens::{self, size};
use crate::ui::rows::{self, Rows};
use crate::words;
use cbad::{Lens, WindowScore};
use egui::{Id, Rect, ScrollArea, Sense, Ui, pos2, vec2};

/// A column: its words and its width in points; text is set from the left, numbers from the right.
pub(super) struct Column {
    pub(super) name: &'static str,
    need: Need,
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

impl Column {
    /// Whether its cells are numbers.
    pub(super) fn is_number(&self) -> bool {
        self.holds == Holds::Number
    }

    /// The same column, which gives way down to `least` points in a narrow table and takes what is left over in a wide one.
    pub(super) const fn down_to(mut self, least: f32) -> Self {
        self.need.least = least;
        self
    }

    /// The same column, which is left out of a table that is too narrow, the highest `rank` first.
    pub(super) const fn spare(mut self, rank: u8) -> Self {
        self.need.spare = Some(rank);
        self
    }
}

const fn new(name: &'static str, width: f32, about: &'static str, holds: Holds) -> Column {
    Column { name, need: Need { width, least: width, spare: None }, about, holds }
}

pub(super) const fn column(name: &'static str, width: f32, about: &'static str) -> Column {
    new(name, width, about, Holds::Text)
}

/// A column of names of streams.
pub(super) const fn names(name: &'static str, width: f32, about: &'static str) -> Column {
    new(name, width, about, Holds::Name)
}

/// A column of numbers.
pub(super) const fn numbers(name: &'static str, width: f32, about: &'static str) -> Column {
    new(name, width, about, Holds::Number)
}

/// A column of lengths of time, as wide as `59 min 59 s`.
pub(super) const fn durations(name: &'static str, about: &'static str) -> Column {
    numbers(name, 104.0, about)
}

/// The numbers of a window: those of both codecs, and the bits of every lens.
pub(super) const WINDOWS: [Column; 21] = [
    numbers("Window", 62.0, "Index among the windows of the stream."),
    column("Begins", 186.0, "Earliest time in the window, in the zone shown below the views."),
    numbers(
        "Score, bits",
        88.0,
        "The stream's first lens (content; values for metrics): higher is more unusual.",
    ),
    column("Lens", 66.0, "The lens that is most surprised."),
    numbers(
        "q",
        92.0,
        "The share of findings up to this p that is expected to be false, over all windows and lenses of the run.",
    ),
    column("Significant", 84.0, "Whether it is a change at the run's false discovery rate."),
    numbers("NCD, zstd", 80.0, "Normalised compression distance to an equally long piece of the baseline."),
    numbers("NCD, count", 84.0, "The same by the count code."),
    numbers("Ratio, zstd", 84.0, "Bytes before over bytes after, of the window."),
    numbers("Baseline ratio, zstd", 140.0, "Bytes before over bytes after, of the baseline piece."),
    numbers("Ratio, count", 88.0, "Of the window, by the count code."),
    numbers("Baseline ratio, count", 146.0, "Of the baseline piece, by the count code."),
    numbers("Δ bits, zstd", 90.0, "Bits that the window costs once the baseline piece is known."),
    numbers("Δ bits, count", 96.0, "The same by the count code."),
    numbers("Entropy, bits a byte", 138.0, "Of the window's text."),
    numbers("Content, bits", 98.0, "What the lens content says; empty where it does not apply."),
    numbers("Mix, bits", 74.0, "What the lens mix says; empty where it does not apply."),
    numbers("Rate, bits", 78.0, "What the lens rate says; empty where it does not apply."),
    numbers("Values, bits", 90.0, "What the lens values says; empty where it does not apply."),
    numbers("Order, bits", 84.0, "What the lens order says; empty where it does not apply."),
    column("Events", 200.0, "Positions of the first and the last event in the stream."),
];

/// The cells of a window.
pub(super) fn window_texts(window: &WindowScore, made: Cells) -> [String; 21] {
    let of = |lens: Lens| {
        let said = window.lenses.iter().find(|said| said.lens == lens);
        said.map(|said| made.number(said.score_bits, 1)).unwrap_or_default()
    };
    let (zstd, count) = (&window.zstd, &window.count);
    [
        window.index.to_string(),
        window.start_nanos.map_or_else(|| "no time".to_owned(), |nanos| made.time(nanos)),
        made.number(window.score_bits, 1),
        window.lens.name().to_owned(),
        window.q.map_or_else(|| "no history".to_owned(), |q| made.probability(q)),
        if window.flagged { "yes" } else { "no" }.to_owned(),
        made.number(zstd.ncd(), 3),
        made.number(count.ncd(), 3),
        made.number(zstd.ratio_window(), 2),
        made.number(zstd.ratio_baseline(), 2),
        made.number(count.ratio_window(), 2),
        made.number(count.ratio_baseline(), 2),
        zstd.delta_bits().to_string(),
        count.delta_bits().to_string(),
        made.number(window.entropy, 2),
        of(Lens::Content),
        of(Lens::Mix),
        of(Lens::Rate),
        of(Lens::Values),
        of(Lens::Order),
        format!("{} to {}", words::count(window.first_event), words::count(window.last_event)),
    ]
}

const STREAMS: [Column; 5] = [
    names("Stream", 300.0, "Service and name.").down_to(140.0),
    numbers("Events", 90.0, "Number of events."),
    numbers("Windows", 74.0, "Number of windows scored."),
    numbers("Most NCD", 84.0, "The largest NCD of its windows, by the chosen codec."),
    numbers("Most score, bits", 116.0, "The largest score of its windows."),
];

pub(super) fn show(ui: &mut Ui, state: &mut State, doc: &Doc) {
    let height = ui.available_height();
    let half = (height * 0.55).max(120.0);
    super::caption(ui, "Windows of this stream");
    if let Some(data) = state.data.clone() {
        let mut table = Windows { data: &data, codec: state.codec };
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

/// Height of the bar by which a table scrolls sideways.
const SIDEWAYS: f32 = 14.0;

/// The width of each column in a row so wide; `None` for one that has no room.
pub(super) fn widths(columns: &[Column], room: f32) -> Vec<Option<f32>> {
    let needs: Vec<Need> = columns.iter().map(|column| column.need).collect();
    fit::widths(&needs, room)
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
    let needs: Vec<Need> = columns.iter().map(|column| column.need).collect();
    let wanted = fit::least(&needs) + ui.spacing().scroll.bar_width;
    let height = if wanted > ui.available_width() { height - SIDEWAYS } else { height };
    let mut chosen = None;
    ScrollArea::horizontal().id_salt(name).auto_shrink(false).max_height(height).show(ui, |ui| {
        ui.set_min_size(vec2(ui.available_width().max(wanted), height));
        ui.set_max_height(height);
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
    let widths = widths(columns, rect.width() - ui.spacing().scroll.bar_width);
    for (number, (column, width)) in columns.iter().zip(&widths).enumerate() {
        let Some(width) = *width else { continue };
        let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
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
        let (at, width) = (cell.left_center() + vec2(6.0, 0.0), width - 8.0);
        let font = semibold_font(size::SMALL);
        match column.holds {
            // The sign of the order has the gap.
            Holds::Number => {
                let gap = if name.ends_with(['▼', '▲']) { 0.0 } else { NUMBER_GAP };
                from_the_right(ui, &name, font, t.strong, at, width - gap)
            }
            Holds::Text | Holds::Name => super::paint_line(ui, &name, font, t.strong, at, width),
        };
        response.on_hover_text(column.about);
        left = cell.right();
    }
    let absent = columns.iter().zip(&widths).filter(|(_, width)| width.is_none());
    without(ui, rect, &absent.map(|(column, _)| column.name).collect::<Vec<_>>());
}

/// Says at the end of the headings which columns have no room.
fn without(ui: &Ui, headings: Rect, names: &[&str]) {
    if names.is_empty() {
        return;
    }
    let room = Rect::from_min_max(pos2(headings.right() - fit::MARK, headings.top()), headings.max);
    let response = ui.interact(room, ui.scope_id().with("without"), Sense::hover());
    let said = format!("No room for {}. They are here when the view is wider.", names.join(", "));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &said));
    let t = tokens::of(ui);
    let text = format!("+{}", names.len());
    from_the_right(ui, &text, semibold_font(size::SMALL), t.accent, room.left_center(), room.width() - 4.0);
    response.on_hover_text(said);
}

/// Between a number and the column after it, which may begin with text.
const NUMBER_GAP: f32 = 8.0;

/// Paints a cut line with its right end `width` after `at`; whether it was cut.
fn from_the_right(
    ui: &Ui,
    text: &str,
    font: egui::FontId,
    color: egui::Color32,
    at: egui::Pos2,
    width: f32,
) -> bool {
    let galley = super::line(ui, text, font, color, width);
    let (left, is_cut) = (at.x + (width - galley.size().x).max(0.0), galley.elided);
    ui.painter().galley(pos2(left, at.y - galley.size().y / 2.0), galley, color);
    is_cut
}

/// The cells of one row, in the columns of its table. Pointing at one that is cut shows the whole of it.
pub(super) fn cells(ui: &Ui, columns: &[Column], texts: &[String], selected: bool) {
    let t = tokens::of(ui);
    let rect = ui.max_rect();
    let mut left = rect.left();
    for ((column, text), width) in columns.iter().zip(texts).zip(widths(columns, rect.width())) {
        let Some(whole) = width else { continue };
        let color = if selected { t.strong } else { t.text };
        let (at, width) = (pos2(left + 6.0, rect.center().y), whole - 8.0);
        let is_cut = match column.holds {
            Holds::Text => super::paint_line(ui, text, mono_font(), color, at, width),
            Holds::Name => super::paint_name(ui, text, mono_font(), color, at, width),
            Holds::Number => from_the_right(ui, text, mono_font(), color, at, width - NUMBER_GAP),
        };
        if is_cut {
            let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(whole, rect.height()));
            super::whole_text(ui, cell, text);
        }
        left += whole;
    }
}

struct Windows<'a> {
    data: &'a StreamData,
    codec: WindowCodec,
}

impl Rows for Windows<'_> {
    fn len(&self) -> u64 {
        self.data.windows.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        super::timeline::describe(&self.data.windows[row as usize], self.codec)
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        cells(ui, &WINDOWS, &window_texts(&self.data.windows[row as usize], Cells::Shown), selected);
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
        let most = |quantity| heat.and_then(|heat| heat.most(Shown { quantity, ..self.state.shown() }));
        let summary = self.doc.summary(stream.id);
        let note = summary.and_then(|summary| summary.note.clone()).unwrap_or_default();
        let texts = [
            self.doc.names.label(stream),
            words::count(stream.events),
            summary.map(|summary| words::count(summary.windows)).unwrap_or_default(),
            most(Quantity::Ncd).map_or(note, |value| format!("{value:.3}")),
            most(Quantity::Score).map(|value| format!("{value:.1}")).unwrap_or_default(),
        ];
        cells(ui, &STREAMS, &texts, selected);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_never_cut() {
        let ctx = egui::Context::default();
        crate::theme::install(&ctx);
        let room = durations("Duration", "").need.least - 8.0 - NUMBER_GAP;
        for nanos in [999_900_000, 59_900_000_000, 3_599_000_000_000, 86_340_000_000_000] {
            let text = crate::words::duration(nanos);
            let mut cut = true;
            ctx.run_ui(egui::RawInput::default(), |ui| {
                cut = from_the_right(ui, &text, mono_font(), tokens::of(ui).text, ui.max_rect().min, room);
            })
            .textures_delta
            .clear();
            assert!(!cut, "{text}");
        }
    }
}
