//! Block against block of one stream: a picture of distances, a table of them, and any two blocks side by side.

use super::figures::{self, Cells, Figures, Picture};
use super::tables::{Column, cells, column, numbers, table_of};
use crate::command::Command;
use crate::doc::Doc;
use crate::matrix::{pairs, scale};
use crate::state::State;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::rows::{self, Rows};
use crate::words;
use case::{MOST_MATRIX_BLOCKS, MatrixBlock, NcdMatrix};
use cbad::CodecName;
use egui::{
    Color32, ColorImage, ComboBox, EventFilter, Id, Key, Modifiers, Rect, RichText, Role, Sense, Slider,
    Stroke, StrokeKind, TextureOptions, Ui, WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

/// Room for the numbers of the blocks.
const NUMBERS: f32 = 30.0;
const TALLEST: f32 = 460.0;

const PAIRS: [Column; 7] = [
    numbers("Block", 60.0, "The earlier block."),
    numbers("Block", 60.0, "The later block."),
    numbers("NCD", 70.0, "Near 0 alike, near 1 nothing in common."),
    numbers("Earlier, bits", 96.0, "What the earlier block takes alone."),
    numbers("Later, bits", 92.0, "What the later block takes alone."),
    numbers("Both, bits", 92.0, "What both take as one."),
    column("Begins", 190.0, "The earlier block's first event with a time."),
];

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    toolbar(ui, state, &doc);
    let made = state.matrix.made.clone().filter(|made| Some(made.stream) == state.stream);
    let Some(matrix) = made else {
        let next = "“Measure block against block” cuts the stream into blocks and codes each of them with each other.";
        super::empty(ui, "This stream has not been measured", next);
        return;
    };
    if matrix.sizes.pieces < 2 {
        super::empty(ui, "The stream is too short", "It takes two events at least, one a block.");
        return;
    }
    said(ui, &matrix);
    if state.as_table {
        table(ui, state, &matrix);
        return;
    }
    let side = (ui.available_height() * 0.62).min(TALLEST).min(ui.available_width() - NUMBERS);
    picture(ui, state, &matrix, side.max(120.0));
    legend(ui, state, &matrix);
    beside(ui, state, &doc, &matrix);
}

fn toolbar(ui: &mut Ui, state: &mut State, doc: &Doc) {
    let stream = state.stream.and_then(|id| doc.stream(id));
    let name = stream.map_or_else(|| "No stream selected".to_owned(), |row| doc.names.label(row));
    let title = RichText::new(&name).font(semibold_font(size::HEADING)).color(tokens::of(ui).strong);
    ui.add(egui::Label::new(title).truncate()).on_hover_text(name.as_str());
    ui.horizontal_wrapped(|ui| {
        let label = format!("Codec: {}", state.matrix.choice.codec.name());
        let combo = ComboBox::from_id_salt("matrix codec").selected_text(state.matrix.choice.codec.name());
        let shown = combo.show_ui(ui, |ui| {
            for codec in CodecName::ALL {
                let is_absent =
                    cbad::codecs().iter().any(|known| known.name == codec.name() && known.absent.is_some());
                ui.add_enabled_ui(!is_absent, |ui| {
                    ui.selectable_value(&mut state.matrix.choice.codec, codec, codec.name());
                });
            }
        });
        shown.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &label));
        ui.add(Slider::new(&mut state.matrix.choice.blocks, 2..=MOST_MATRIX_BLOCKS).text("blocks"))
            .on_hover_text("How many blocks the stream is cut into.");
        super::button(ui, state, Command::MakeMatrix);
        super::table_button(ui, state);
        let made = state.matrix.made.clone().filter(|made| Some(made.stream) == state.stream);
        if let Some(matrix) = made
            && figures::button(ui, "blocks")
        {
            state.figures = figures::Open::new(vec![figures(&matrix)]);
        }
    });
}

/// What the numbers are of.
fn said(ui: &mut Ui, matrix: &NcdMatrix) {
    let codec = &matrix.sizes.codec;
    let text = format!(
        "{}, {} of each coded by {} {}",
        words::counted(u64::from(matrix.sizes.pieces), "block", "blocks"),
        words::counted(matrix.events_a_block, "event", "events"),
        case::inert(&codec.name),
        case::inert(&codec.version),
    );
    ui.label(RichText::new(text).font(text_font(size::SMALL)).color(tokens::of(ui).weak)).on_hover_text(
        "Of long blocks a sample is coded, spread evenly: distances are those of pieces of one length.",
    );
}

fn picture(ui: &mut Ui, state: &mut State, matrix: &Arc<NcdMatrix>, side: f32) {
    let t = tokens::of(ui);
    let blocks = matrix.sizes.pieces;
    let (outer, _) = ui.allocate_exact_size(vec2(ui.available_width(), side + 18.0), Sense::hover());
    let frame = Rect::from_min_size(outer.min + vec2(NUMBERS, 0.0), vec2(side, side));
    let response = ui.interact(frame, Id::unique("matrix"), Sense::click());
    let label = format!("Distances of {blocks} blocks");
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    paint(ui, state, matrix, frame);
    let cell = side / blocks as f32;
    let middle = |block: u32| (block as f32 + 0.5) * cell;
    // As many numbers as there is room for.
    let every = ((22.0 / cell).ceil() as u32).max(1);
    for block in (0..blocks).filter(|block| block % every == 0) {
        let number = super::line(ui, &block.to_string(), mono_font(), t.weak, NUMBERS);
        let (wide, high) = (number.size().x, number.size().y);
        let left = pos2(frame.left() - 6.0 - wide, frame.top() + middle(block) - high / 2.0);
        let below = pos2(frame.left() + middle(block) - wide / 2.0, frame.bottom() + 2.0);
        ui.painter().galley(left, Arc::clone(&number), t.weak);
        ui.painter().galley(below, number, t.weak);
    }
    let rect_of = |row: u32, column: u32| {
        let min = frame.min + vec2(column as f32 * cell, row as f32 * cell);
        Rect::from_min_size(min, vec2(cell, cell))
    };
    if let Some((one, other)) = state.matrix.pair {
        for (row, column) in [(one, other), (other, one)] {
            // Dark under bright, so that it is seen on every colour of the ramp.
            ui.painter().rect_stroke(rect_of(row, column), 1, Stroke::new(4.0, t.panel), StrokeKind::Outside);
            ui.painter().rect_stroke(
                rect_of(row, column),
                1,
                Stroke::new(2.0, t.accent),
                StrokeKind::Outside,
            );
        }
    }
    keys(ui, state, &response, blocks);
    let at = response.hover_pos().filter(|at| frame.contains(*at));
    let Some(at) = at else { return };
    let place = |x: f32| ((x / cell).max(0.0) as u32).min(blocks - 1);
    let (row, column) = (place(at.y - frame.top()), place(at.x - frame.left()));
    if response.clicked() {
        state.matrix.look_at(row, column);
        response.request_focus();
    }
    response.on_hover_text_at_pointer(pair_in_words(matrix, row.min(column), row.max(column)));
}

fn paint(ui: &Ui, state: &mut State, matrix: &Arc<NcdMatrix>, frame: Rect) {
    let ramp = state.prefs.ramp.in_theme(tokens::of(ui));
    let key = (Arc::as_ptr(matrix) as usize, ramp, ui.visuals().dark_mode);
    if state.matrix.texture.as_ref().is_none_or(|(old, _)| *old != key) {
        let image = image(matrix, |share| ramp.at(share));
        let texture = ui.ctx().load_texture("matrix", image, TextureOptions::NEAREST);
        state.matrix.texture = Some((key, texture));
    }
    let Some((_, texture)) = &state.matrix.texture else { return };
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(texture.id(), frame, whole, tokens::UNTINTED);
}

/// One pixel a pair. A block against itself is as near as blocks come, whatever its number.
fn image(matrix: &NcdMatrix, colour: impl Fn(f32) -> Color32) -> ColorImage {
    let blocks = matrix.sizes.pieces;
    let (least, most) = scale(matrix);
    let share = |ncd: f64| if most > least { ((ncd - least) / (most - least)).clamp(0.0, 1.0) } else { 0.0 };
    let cells = (0..blocks).flat_map(|row| (0..blocks).map(move |column| (row, column)));
    let pixel = |(row, column)| colour(share(matrix.sizes.ncd(row, column).unwrap_or(0.0)) as f32);
    ColorImage::new([blocks as usize, blocks as usize], cells.map(pixel).collect())
}

fn keys(ui: &Ui, state: &mut State, response: &egui::Response, blocks: u32) {
    if !response.has_focus() {
        return;
    }
    let filter = EventFilter { vertical_arrows: true, horizontal_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let pressed = |key| u32::from(ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)));
    let (one, other) = state.matrix.pair.unwrap_or((0, 0));
    let moved =
        |at: u32, back: Key, on: Key| (at + pressed(on)).saturating_sub(pressed(back)).min(blocks - 1);
    let now = (moved(one, Key::ArrowUp, Key::ArrowDown), moved(other, Key::ArrowLeft, Key::ArrowRight));
    if now != (one, other) {
        state.matrix.look_at(now.0, now.1);
    }
}

fn when(block: &MatrixBlock) -> String {
    let events = format!("events {} to {}", words::count(block.first_event), words::count(block.last_event));
    match block.start_nanos.zip(block.end_nanos) {
        Some((start, end)) => format!("{events}, {}", words::span(start, end)),
        None => events,
    }
}

fn pair_in_words(matrix: &NcdMatrix, one: u32, other: u32) -> String {
    let Some(sizes) = matrix.sizes.sizes(one, other) else { return String::new() };
    let block = |number: u32| matrix.blocks.get(number as usize).map(when).unwrap_or_default();
    format!(
        "NCD {:.3}: blocks {one} and {other}\n{one}: {}\n{other}: {}\nC({one}) {}, C({other}) {}, both {} bits",
        sizes.ncd(),
        block(one),
        block(other),
        words::count(sizes.baseline_bits),
        words::count(sizes.window_bits),
        words::count(sizes.both_bits)
    )
}

fn legend(ui: &mut Ui, state: &State, matrix: &NcdMatrix) {
    let t = tokens::of(ui);
    let (least, most) = scale(matrix);
    ui.horizontal(|ui| {
        super::caption(ui, "NCD");
        ui.label(RichText::new(format!("{least:.2}")).font(mono_font()).color(t.text));
        super::heatmap::ramp_bar(
            ui,
            state.prefs.ramp.in_theme(tokens::of(ui)),
            &format!("Colours from {least:.2} to {most:.2}"),
        );
        ui.label(RichText::new(format!("{most:.2}")).font(mono_font()).color(t.text));
        ui.label(
            RichText::new("Click a cell to see both blocks.").font(text_font(size::SMALL)).color(t.weak),
        );
    });
}

/// The events of both blocks that were coded, side by side.
fn beside(ui: &mut Ui, state: &mut State, doc: &Doc, matrix: &NcdMatrix) {
    let Some((one, other)) = state.matrix.pair else { return };
    let blocks = matrix.blocks.get(one as usize).zip(matrix.blocks.get(other as usize));
    let Some((left, right)) = blocks else { return };
    let ncd = matrix.sizes.ncd(one, other).unwrap_or_default();
    ui.columns(2, |columns| {
        for (ui, (number, block)) in columns.iter_mut().zip([(one, left), (other, right)]) {
            super::heading(ui, &format!("Block {number} · NCD {ncd:.3}"));
            let text = RichText::new(when(block)).font(text_font(size::SMALL)).color(tokens::of(ui).weak);
            ui.add(egui::Label::new(text).truncate());
        }
    });
    let mut place = std::mem::take(&mut state.matrix.events_list);
    let mut list =
        Beside { state, stream: matrix.stream, sides: [left, right], within_a_day: doc.within_a_day() };
    rows::show(ui, Id::unique("matrix events"), "Events of both blocks", &mut place, &mut list);
    state.matrix.events_list = place;
}

struct Beside<'a> {
    state: &'a mut State,
    stream: u32,
    sides: [&'a MatrixBlock; 2],
    within_a_day: bool,
}

impl Beside<'_> {
    fn text(&mut self, side: usize, row: u64) -> String {
        let Some(&position) = self.sides[side].coded.get(row as usize) else { return String::new() };
        match self.state.event(self.stream, position) {
            None => "…".to_owned(),
            Some(Err(why)) => why,
            Some(Ok(found)) => {
                let say = if self.within_a_day { words::clock } else { words::time };
                let time = found.event.time_nanos.map(say).unwrap_or_default();
                format!("{time}  {}", super::events::text(&found.event, &[]))
            }
        }
    }
}

impl Rows for Beside<'_> {
    fn len(&self) -> u64 {
        self.sides.iter().map(|side| side.coded.len()).max().unwrap_or(0) as u64
    }

    fn label(&mut self, row: u64) -> String {
        format!("{} beside {}", self.text(0, row), self.text(1, row))
    }

    fn show(&mut self, ui: &mut Ui, row: u64, _selected: bool) {
        let t = tokens::of(ui);
        let rect = ui.max_rect();
        let half = rect.width() / 2.0;
        for side in 0..2 {
            let text = self.text(side, row);
            let at = pos2(rect.left() + side as f32 * half + 4.0, rect.center().y);
            super::paint_line(ui, &text, mono_font(), t.text, at, half - 12.0);
        }
    }
}

fn table(ui: &mut Ui, state: &mut State, matrix: &NcdMatrix) {
    let mut list = Pairs { matrix, pairs: pairs(matrix).collect() };
    let mut place = std::mem::take(&mut state.matrix.pairs_list);
    let selected = state.matrix.pair.and_then(|pair| list.pairs.iter().position(|known| *known == pair));
    place.selected = selected.map(|row| row as u64);
    let height = ui.available_height();
    let chosen = table_of(ui, "Table of distances", &PAIRS, &mut place, &mut list, height, None);
    state.matrix.pairs_list = place;
    if let Some(&(one, other)) = chosen.and_then(|row| list.pairs.get(row as usize)) {
        state.matrix.look_at(one, other);
    }
}

struct Pairs<'a> {
    matrix: &'a NcdMatrix,
    pairs: Vec<(u32, u32)>,
}

impl Rows for Pairs<'_> {
    fn len(&self) -> u64 {
        self.pairs.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        let (one, other) = self.pairs[row as usize];
        format!("Blocks {one} and {other}: NCD {:.3}", self.matrix.sizes.ncd(one, other).unwrap_or_default())
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        cells(ui, &PAIRS, &texts(self.matrix, self.pairs[row as usize], Cells::Shown), selected);
    }
}

/// The cells of a pair.
fn texts(matrix: &NcdMatrix, (one, other): (u32, u32), made: Cells) -> [String; 7] {
    let Some(sizes) = matrix.sizes.sizes(one, other) else { return Default::default() };
    let begins = matrix.blocks.get(one as usize).and_then(|block| block.start_nanos);
    [
        one.to_string(),
        other.to_string(),
        made.number(sizes.ncd(), 3),
        words::count(sizes.baseline_bits),
        words::count(sizes.window_bits),
        words::count(sizes.both_bits),
        begins.map_or_else(|| "no time".to_owned(), |nanos| made.time(nanos)),
    ]
}

/// Every two blocks that the picture has a cell of.
fn figures(matrix: &Arc<NcdMatrix>) -> Figures {
    let (matrix, pairs): (_, Vec<(u32, u32)>) = (Arc::clone(matrix), pairs(matrix).collect());
    let count = pairs.len() as u64;
    Figures::told(Picture::Blocks, &PAIRS, count, move |made, row| texts(&matrix, pairs[row as usize], made))
}
