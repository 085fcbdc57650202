//! Compression over time for one stream: ratio, and NCD under it, with the findings as marks.

use super::findings::grade_mark;
use super::overview::{from_screen, hair_line, navigate, to_screen};
use crate::command::Command;
use crate::doc::{Axis, Doc, Selection};
use crate::heatmap::{Quantity, WindowCodec};
use crate::query::StreamData;
use crate::series::Series;
use crate::state::State;
use crate::theme::{semibold_font, text_font};
use crate::tokens::{self, size};
use crate::words;
use cbad::WindowScore;
use egui::{Color32, ComboBox, Id, Rangef, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use egui_plot::{GridMark, Line, Plot, PlotPoints, Span};

/// Width of the numbers of a vertical axis, inside the gutter.
const NUMBERS: f32 = 40.0;
/// Height of a number above its mark, in points, with a little room.
const HALF_NUMBER: f32 = 10.0;

/// The upper line over a distance.
const RATIO: &str = "Compression ratio";

struct Strip<'a> {
    name: &'static str,
    about: &'static str,
    lines: Vec<(&'static str, &'a Series)>,
    time_axis: bool,
}

/// Why there is no picture, and the way to one.
fn missing(ui: &mut Ui, state: &mut State, why: &str, height: f32) {
    let size = vec2(ui.available_width(), height);
    ui.allocate_ui_with_layout(size, egui::Layout::top_down(egui::Align::Min), |ui| {
        ui.set_min_size(size);
        super::heading(ui, "The windows of this run cannot be shown");
        ui.add(egui::Label::new(egui::RichText::new(case::inert(why)).color(tokens::of(ui).weak)).wrap());
        super::button(ui, state, Command::AnalyzeAgain);
    });
}

pub(super) fn show(ui: &mut Ui, state: &mut State, doc: &Doc, height: f32) {
    if let (None, Some(why)) = (&state.data, state.data_missing.clone()) {
        missing(ui, state, &why, height * 2.0 + 24.0);
        return;
    }
    let Some(data) = state.data.clone() else {
        let gutter_width = size::gutter(ui.available_width());
        let (rect, _) =
            ui.allocate_exact_size(vec2(ui.available_width(), height * 2.0 + 24.0), Sense::hover());
        let text = if state.stream.is_some() {
            "Reading windows…"
        } else {
            "Select a stream to see its timeline."
        };
        super::paint_line(
            ui,
            text,
            text_font(size::TEXT),
            tokens::of(ui).weak,
            rect.left_center() + vec2(gutter_width, 0.0),
            300.0,
        );
        state.axis_x = Some(Rangef::new(rect.left() + gutter_width, rect.right()));
        return;
    };
    let strips = [
        upper(state, &data),
        Strip {
            name: "NCD",
            about: "Normalised compression distance between the window and an equally long piece of its baseline: near 0 alike, near 1 nothing in common.",
            lines: [state.codec, state.codec.other()]
                .map(|codec| (codec.label(), &data.by(codec).ncd))
                .into(),
            time_axis: true,
        },
    ];
    for strip in strips {
        show_strip(ui, state, doc, &data, &strip, height + if strip.time_axis { 22.0 } else { 0.0 });
    }
}

/// What was chosen: the bits of a lens, the score, or the ratio that goes with the distance below it.
fn upper<'a>(state: &State, data: &'a StreamData) -> Strip<'a> {
    let strip = |name, about, lines| Strip { name, about, lines, time_axis: false };
    match state.quantity {
        Quantity::Ncd => {
            let lines = data.by(state.codec);
            let about = "Bytes before over bytes after the chosen codec. A window that compresses less than its baseline holds more that is new or random.";
            let lines = vec![("window", &lines.ratio_window), ("baseline piece", &lines.ratio_baseline)];
            strip(RATIO, about, lines)
        }
        Quantity::Score => {
            let about = "The stream's first lens (content; values for metrics): bits above the ordinary.";
            strip("Score", about, vec![("bits of surplus", &data.score)])
        }
        Quantity::Lens(lens) => {
            let of = data.lenses.iter().find(|(of, _)| *of == lens);
            let lines = of.map(|(_, series)| ("bits of surplus", series)).into_iter().collect();
            strip(super::shifts::title(lens), super::shifts::about(lens), lines)
        }
    }
}

/// By which codec timeline, heatmap and their numbers are, to be chosen.
pub(super) fn choice(ui: &mut Ui, state: &mut State) {
    let combo =
        ComboBox::from_id_salt("codec of the pictures").width(88.0).selected_text(state.codec.label());
    let shown = combo.show_ui(ui, |ui| {
        for codec in WindowCodec::ALL {
            ui.selectable_value(&mut state.codec, codec, codec.label());
        }
    });
    let label = format!("Codec: {}", state.codec.label());
    shown.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &label));
    shown.response.on_hover_text(Command::ToggleCodec.hover_text(ui.ctx()));
}

fn show_strip(ui: &mut Ui, state: &mut State, doc: &Doc, data: &StreamData, strip: &Strip<'_>, height: f32) {
    let gutter_width = size::gutter(ui.available_width());
    let (outer, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let colors = [tokens::of(ui).series_a, tokens::of(ui).series_b];
    gutter(
        ui,
        state,
        Rect::from_min_size(outer.min, vec2(gutter_width - NUMBERS - 6.0, height)),
        strip,
        colors,
    );
    let area =
        Rect::from_min_max(outer.min + vec2(gutter_width - NUMBERS, 0.0), outer.max - vec2(size::EDGE, 0.0));
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(area).id_salt(strip.name));
    let frame = plot(&mut child, state, doc, strip, colors);
    state.axis_x = Some(frame.x_range());
    if strip.lines.is_empty() {
        let why = format!("The lens {} does not apply to this stream.", strip.name.to_lowercase());
        let at = frame.left_center() + vec2(12.0, 0.0);
        super::paint_line(ui, &why, text_font(size::TEXT), tokens::of(ui).weak, at, frame.width() - 24.0);
    }
    marks(ui, state, doc, frame, strip.time_axis);
    hair_line(ui, frame, state);
    interact(ui, state, doc, data, frame, strip);
}

fn gutter(ui: &mut Ui, state: &State, rect: Rect, strip: &Strip<'_>, colors: [Color32; 2]) {
    let t = tokens::of(ui);
    let response = ui.interact(rect, Id::unique(strip.name).with("gutter"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, strip.name));
    response.on_hover_text(strip.about);
    let top = rect.top() + 12.0;
    let title =
        if strip.name == RATIO { format!("Ratio, {}", state.codec.label()) } else { strip.name.to_owned() };
    super::paint_line(ui, &title, semibold_font(size::SMALL), t.strong, pos2(rect.left(), top), rect.width());
    for (number, ((label, _), color)) in strip.lines.iter().zip(colors).enumerate() {
        let y = top + 18.0 * (number + 1) as f32;
        let (from, to) = (pos2(rect.left(), y), pos2(rect.left() + 16.0, y));
        // The second line is dashed here and in the plot, so that colour is not alone in telling them apart.
        if number == 0 {
            ui.painter().line_segment([from, to], Stroke::new(2.0, color));
        } else {
            ui.painter().extend(egui::Shape::dashed_line(&[from, to], Stroke::new(2.0, color), 4.0, 3.0));
        }
        super::paint_line(
            ui,
            label,
            text_font(size::SMALL),
            t.weak,
            pos2(rect.left() + 22.0, y),
            rect.width() - 22.0,
        );
    }
}

fn plot(ui: &mut Ui, state: &State, doc: &Doc, strip: &Strip<'_>, colors: [Color32; 2]) -> Rect {
    let t = tokens::of(ui);
    let (range, axis) = (state.range, doc.axis);
    let (low, high) = y_range(&strip.lines);
    let columns = ui.available_width() as usize;
    // Closer together than this they would fade.
    let numbers = f64::from((ui.available_height() / 28.0).floor().clamp(2.0, 5.0));
    let room = f64::from(HALF_NUMBER / ui.available_height().max(1.0)).max(0.05);
    let stream = state.stream;
    let spans: Vec<Span> = doc
        .findings
        .iter()
        .filter(|row| Some(row.stream.id) == stream)
        .filter(|row| row.finding.flagged || super::is_selected(state, row.id))
        .filter_map(|row| {
            let (from, to) = axis.of_finding(&row.finding)?;
            let fill = if super::is_selected(state, row.id) { t.span_selected } else { t.span };
            Some(Span::new("", from..=to.max(from + (range.1 - range.0) / 400.0)).fill(fill))
        })
        .collect();
    let plot = Plot::new(strip.name)
        .show_axes([strip.time_axis, true])
        .y_axis_min_width(NUMBERS)
        .y_axis_formatter(move |mark, shown| {
            // The lowest number would run into the first of the time axis, or into the highest of the picture below.
            let room = (shown.end() - shown.start()) * room;
            if mark.value < shown.start() + room { String::new() } else { number(mark) }
        })
        .x_axis_formatter(move |mark, _| tick(axis, mark))
        .x_grid_spacer(move |input| ticks(axis, input.bounds, columns))
        .y_grid_spacer(move |input| {
            marks_every(round_step((input.bounds.1 - input.bounds.0) / numbers), 0.0, input.bounds)
        })
        .grid_spacing(8.0..=40.0)
        .grid_color(t.border)
        .show_x(false)
        .show_y(false)
        .set_margin_fraction(egui::Vec2::ZERO)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .allow_double_click_reset(false)
        .sense(Sense::hover());
    let response = plot.show(ui, |plot| {
        plot.set_plot_bounds_x(range.0..=range.1);
        plot.set_plot_bounds_y(low..=high);
        for span in spans {
            plot.span(span);
        }
        for (number, ((label, series), color)) in strip.lines.iter().zip(colors).enumerate().rev() {
            let points = PlotPoints::from(series.thin(range.0, range.1, columns));
            let line = Line::new(*label, points).color(color).width(1.5).allow_hover(false);
            plot.line(if number == 0 { line } else { line.style(egui_plot::LineStyle::dashed_dense()) });
        }
    });
    *response.transform.frame()
}

fn y_range(lines: &[(&str, &Series)]) -> (f64, f64) {
    let ranges = || lines.iter().filter_map(|(_, series)| series.y_range());
    let low = ranges().map(|r| r.0).reduce(f64::min).unwrap_or(0.0);
    let high = ranges().map(|r| r.1).reduce(f64::max).unwrap_or(1.0);
    let room = ((high - low) * 0.08).max(0.02);
    (low - room, high + room)
}

fn number(mark: GridMark) -> String {
    if mark.step_size >= 1.0 {
        format!("{:.0}", mark.value)
    } else if mark.step_size >= 0.1 {
        format!("{:.1}", mark.value)
    } else {
        format!("{:.2}", mark.value)
    }
}

/// The words at a mark of the shared axis.
pub(super) fn tick(axis: Axis, mark: GridMark) -> String {
    match axis.nanos(mark.value) {
        Some(nanos) => words::tick(nanos, mark.step_size * 1e9),
        None if mark.value >= 0.0 => words::count(mark.value as u64),
        None => String::new(),
    }
}

/// Steps that a clock reads well, in seconds, up to a year.
const CLOCK: [f64; 27] = [
    0.001,
    0.005,
    0.01,
    0.05,
    0.1,
    0.5,
    1.0,
    2.0,
    5.0,
    10.0,
    15.0,
    30.0,
    60.0,
    120.0,
    300.0,
    600.0,
    1200.0,
    1800.0,
    3600.0,
    7200.0,
    21_600.0,
    43_200.0,
    86_400.0,
    604_800.0,
    2_592_000.0,
    7_776_000.0,
    31_536_000.0,
];

/// Marks of the shared axis: whole seconds, minutes, hours of the day, not of the capture.
pub(super) fn ticks(axis: Axis, bounds: (f64, f64), width: usize) -> Vec<GridMark> {
    // A number of the axis with room around it takes some ninety points.
    let wanted = (bounds.1 - bounds.0) / (width as f64 / 90.0).max(1.0);
    let Axis::Time { origin_nanos } = axis else {
        return marks_every(round_step(wanted.max(1.0)), 0.0, bounds);
    };
    let step = CLOCK.into_iter().find(|step| *step >= wanted).unwrap_or(wanted);
    // Modulo in integers first: seconds since 1970 in an f64 would lose the milliseconds.
    let step_nanos = ((step * 1e9) as i64).max(1);
    let shown_nanos =
        origin_nanos.saturating_add(i64::from(words::offset_seconds(origin_nanos)) * 1_000_000_000);
    let offset = shown_nanos.rem_euclid(step_nanos) as f64 / 1e9;
    marks_every(step, -offset, bounds)
}

/// The least of 1, 2, 5 times a power of ten that is not below `wanted`.
fn round_step(wanted: f64) -> f64 {
    let ten = 10f64.powf(wanted.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0].map(|by| by * ten).into_iter().find(|step| *step >= wanted).unwrap_or(ten * 10.0)
}

fn marks_every(step: f64, origin: f64, bounds: (f64, f64)) -> Vec<GridMark> {
    let first = ((bounds.0 - origin) / step).ceil();
    let count = (((bounds.1 - origin) / step).floor() - first).clamp(-1.0, 200.0);
    (0..=count as i64)
        .map(|i| GridMark { value: origin + (first + i as f64) * step, step_size: step })
        .collect()
}

/// The marks of the findings: a sign at the top of each span, beside its colour.
fn marks(ui: &Ui, state: &State, doc: &Doc, frame: Rect, second: bool) {
    if second {
        return;
    }
    let t = tokens::of(ui);
    let painter = ui.painter().with_clip_rect(frame);
    for row in doc.findings.iter().filter(|row| Some(row.stream.id) == state.stream) {
        let Some((from, to)) = doc.axis.of_finding(&row.finding) else { continue };
        let x = to_screen(f64::midpoint(from, to), state.range, frame.x_range());
        let (icon, color) = grade_mark(row.finding.grade, t);
        icon.paint(&painter, Rect::from_center_size(pos2(x, frame.top() + 10.0), vec2(13.0, 13.0)), color);
    }
    if let Some((from, to)) = state.selected_range() {
        let screen = |x| to_screen(x, state.range, frame.x_range());
        let line = Rect::from_min_max(
            pos2(screen(from), frame.bottom() - 3.0),
            pos2(screen(to).max(screen(from) + 2.0), frame.bottom()),
        );
        painter.rect_filled(line, 0, t.accent);
    }
}

fn interact(ui: &Ui, state: &mut State, doc: &Doc, data: &StreamData, frame: Rect, strip: &Strip<'_>) {
    let response: Response =
        ui.interact(frame, Id::unique(strip.name).with("picture"), Sense::click_and_drag());
    let label = format!("{} over time", strip.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    if response.has_focus() {
        let stroke = Stroke::new(2.0, tokens::of(ui).accent);
        ui.painter().rect_stroke(frame, 2, stroke, egui::StrokeKind::Inside);
    }
    navigate(ui, &response, frame.x_range(), state, true);
    let Some(pointer) = response.hover_pos() else { return };
    let x = from_screen(pointer.x, state.range, frame.x_range());
    let Some(window) = window_at(doc, data, x) else { return };
    state.read_out = describe(window, state.codec);
    if response.clicked() {
        let on = |row: &&case::FindingRow| {
            let near = (state.range.1 - state.range.0) / 150.0;
            let span = doc.axis.of_finding(&row.finding);
            row.stream.id == data.stream
                && span.is_some_and(|(from, to)| (from - near..=to + near).contains(&x))
        };
        let selection = match doc.findings.iter().find(on) {
            Some(finding) => Selection::Finding(finding.id),
            None => Selection::Window { stream: data.stream, index: window.index },
        };
        state.select(selection);
    }
}

/// The window whose middle is nearest.
fn window_at<'a>(doc: &Doc, data: &'a StreamData, x: f64) -> Option<&'a WindowScore> {
    let [middle, _] = data.score.nearest(x)?;
    let after = data
        .windows
        .partition_point(|w| doc.axis.of_window(w).is_none_or(|(from, to)| f64::midpoint(from, to) < middle));
    data.windows.get(after.min(data.windows.len().saturating_sub(1)))
}

/// The numbers of a window in one line.
pub(super) fn describe(window: &WindowScore, codec: WindowCodec) -> String {
    let when = window.start_nanos.map_or_else(String::new, |start| format!("{}  ", words::time(start)));
    let q = window.q.map(|q| format!("  q {}", words::probability(q))).unwrap_or_default();
    let sizes = codec.sizes(window);
    format!(
        "{when}window {}  NCD {:.3} ({})  score {}  most unusual by {}{q}  ratio {:.1} against {:.1}",
        window.index,
        sizes.ncd(),
        codec.label(),
        words::bits(window.score_bits),
        window.lens.name(),
        sizes.ratio_window(),
        sizes.ratio_baseline(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_stand_on_whole_minutes_of_the_day() {
        let origin_nanos = 1_431_857_103_250_000_000; // 10:05:03.25
        let bounds = (0.0, 420.0);
        let marks = ticks(Axis::Time { origin_nanos }, bounds, 630);
        let said: Vec<String> = marks.iter().map(|&mark| tick(Axis::Time { origin_nanos }, mark)).collect();
        assert_eq!(said, ["10:06", "10:07", "10:08", "10:09", "10:10", "10:11", "10:12"]);
    }

    #[test]
    fn ticks_of_positions_are_round_numbers() {
        let bounds = (950.0, 1480.0);
        let marks = ticks(Axis::Position, bounds, 630);
        let said: Vec<String> = marks.iter().map(|&mark| tick(Axis::Position, mark)).collect();
        assert_eq!(said, ["1,000", "1,100", "1,200", "1,300", "1,400"]);
    }
}
