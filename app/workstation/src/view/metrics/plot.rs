//! Series as pictures: readings as points and lines where they are few, else least, most and mean of each bin.

use super::{color, number, read_out, rounded, said, said_short, select, tag};
use crate::doc::Doc;
use crate::state::State;
use crate::telemetry::metrics::Drawn;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::icon::Icon;
use crate::view::overview::{from_screen, navigate, to_screen};
use crate::view::paint_line;
use crate::view::timeline::{tick, ticks};
use crate::words;
use case::{Reading, ReadingBin, Readings};
use egui::{Id, Pos2, Rect, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use std::sync::Arc;

/// Least height of a picture.
const LEAST: f32 = 84.0;
/// Width of the numbers on the left.
const GUTTER: f32 = 78.0;
/// Height of the times below.
const TIMES: f32 = 18.0;
/// Readings that are drawn one by one; a picture has no room for more.
const MOST_DRAWN: usize = 400;
/// Readings that are drawn as points too.
const MOST_POINTS: usize = 120;

/// A series in a picture: its number among those that are shown, its name, its readings.
struct Line {
    number: usize,
    name: String,
    readings: Arc<Readings>,
}

pub(super) fn show(ui: &mut Ui, state: &mut State, doc: &Doc) {
    let metrics = &state.telemetry.metrics;
    let lines = metrics.shown.iter().enumerate().filter_map(|(number, stream)| {
        let name = doc.names.label(doc.stream(*stream)?);
        Some(Line { number, name, readings: Arc::clone(metrics.of(*stream)?) })
    });
    let lines: Vec<Line> = lines.collect();
    let drawn = metrics.drawn;
    state.telemetry.metrics.read_out.clear();
    let room = ui.available_height() - 22.0;
    ScrollArea::vertical().id_salt("pictures").auto_shrink(false).max_height(room).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = size::TIGHT;
        match drawn {
            Drawn::Together => picture(ui, state, doc, &lines, room - 4.0),
            Drawn::Multiples => {
                let height = (room / lines.len().max(1) as f32 - size::TIGHT).clamp(LEAST, 240.0);
                for line in lines.chunks(1) {
                    picture(ui, state, doc, line, height);
                }
            }
        }
    });
    let said = state.telemetry.metrics.read_out.clone();
    read_out(ui, &said, "Point at a picture to read its numbers; click to select the nearest reading.");
}

/// One picture of one or more series.
fn picture(ui: &mut Ui, state: &mut State, doc: &Doc, lines: &[Line], height: f32) {
    let t = tokens::of(ui);
    let legend = 17.0 * lines.len() as f32;
    let (outer, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), height.max(LEAST + legend)), Sense::hover());
    for (row, line) in lines.iter().enumerate() {
        let y = outer.top() + 8.0 + 17.0 * row as f32;
        tag(ui, line.number, pos2(outer.left() + 11.0, y));
        let text = format!("{}  {}", line.name, summary(&line.readings));
        let at = pos2(outer.left() + 26.0, y);
        paint_line(ui, &text, text_font(size::SMALL), t.text, at, outer.width() - 32.0);
    }
    let frame =
        Rect::from_min_max(outer.min + vec2(GUTTER, legend + 2.0), outer.max - vec2(size::EDGE, TIMES));
    ui.painter().rect(frame, 0, t.sunken, Stroke::new(1.0, t.border), egui::StrokeKind::Inside);
    let (low, high) = y_range(lines);
    let y_of =
        |value: f64| frame.bottom() - ((value - low) / (high - low) * f64::from(frame.height())) as f32;
    let x_of = |x: f64| to_screen(x, state.range, frame.x_range());
    findings(ui, state, doc, lines, frame);
    for mark in ticks(doc.axis, state.range, frame.width() as usize) {
        let x = x_of(mark.value);
        ui.painter().vline(x, frame.y_range(), Stroke::new(1.0, t.border));
        let galley = crate::view::line(ui, &tick(doc.axis, mark), text_font(size::SMALL), t.weak, 90.0);
        let left = (x - galley.size().x / 2.0).clamp(outer.left(), outer.right() - galley.size().x);
        ui.painter().galley(pos2(left, frame.bottom() + 2.0), galley, t.weak);
    }
    for (value, y) in [(high, frame.top() + 7.0), (low, frame.bottom() - 7.0)] {
        let galley = crate::view::line(ui, &axis_number(lines, value), mono_font(), t.weak, GUTTER - 6.0);
        let at = pos2(frame.left() - 5.0 - galley.size().x, y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, t.weak);
    }
    let painter = ui.painter().with_clip_rect(frame.intersect(ui.clip_rect()));
    let at_time = |nanos: i64| doc.axis.of_nanos(nanos).map(x_of);
    for line in lines {
        draw(ui, &painter, line, &at_time, &y_of);
    }
    interact(ui, state, doc, lines, frame, &y_of);
}

/// What a series has in the time shown, in words.
fn summary(readings: &Readings) -> String {
    let mut text =
        format!("{}, {}", readings.kind.label(), words::counted(readings.total, "reading", "readings"));
    let least = readings.bins.iter().map(|bin| bin.min).reduce(f64::min);
    let most = readings.bins.iter().map(|bin| bin.max).reduce(f64::max);
    if let Some((least, most)) = least.zip(most) {
        text = format!("{text}, {} to {}", said_short(readings, least), said_short(readings, most));
    }
    if readings.without_value > 0 {
        text = format!("{text}, {} without a number", words::count(readings.without_value));
    }
    text
}

fn y_range(lines: &[Line]) -> (f64, f64) {
    let bins = || lines.iter().flat_map(|line| &line.readings.bins);
    let low = bins().map(|bin| bin.min).reduce(f64::min).unwrap_or(0.0);
    let high = bins().map(|bin| bin.max).reduce(f64::max).unwrap_or(1.0);
    let room = ((high - low) * 0.06).max(high.abs().max(1e-9) * 0.01);
    // A series that never falls below 0 is not shown below it.
    let floor = if low >= 0.0 { (low - room).max(0.0) } else { low - room };
    (floor, high + room)
}

/// A number of the vertical axis, with its unit where all series have one and there is room for it.
fn axis_number(lines: &[Line], value: f64) -> String {
    let value = rounded(value);
    let said: Option<String> = match lines {
        [line] => Some(said_short(&line.readings, value)),
        _ => None,
    };
    said.filter(|text| text.chars().count() <= MOST_AXIS_LETTERS).unwrap_or_else(|| short(value))
}

/// Letters of a number of the vertical axis.
const MOST_AXIS_LETTERS: usize = 9;

/// A number of the vertical axis: thousands and more by their prefix.
fn short(value: f64) -> String {
    let units = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    match units.into_iter().find(|(unit, _)| value.abs() >= 10.0 * unit) {
        Some((unit, sign)) => format!("{} {sign}", number((value / unit * 10.0).round() / 10.0)),
        None if !(1.0..1000.0).contains(&value.abs()) => number(value),
        // Four digits that count are what the axis has room for.
        None => {
            let step = 10_f64.powi(value.abs().log10().floor() as i32 - 3);
            number((value / step).round() * step)
        }
    }
}

/// Every finding of the series, behind the lines, with its sign above.
fn findings(ui: &Ui, state: &State, doc: &Doc, lines: &[Line], frame: Rect) {
    let t = tokens::of(ui);
    let painter = ui.painter().with_clip_rect(frame.intersect(ui.clip_rect()));
    let of_lines = |stream: u32| lines.iter().any(|line| line.readings.stream == stream);
    for row in doc.findings.iter().filter(|row| of_lines(row.stream.id)) {
        let is_selected = crate::view::is_selected(state, row.id);
        let Some((from, to)) =
            doc.axis.of_finding(&row.finding).filter(|_| row.finding.flagged || is_selected)
        else {
            continue;
        };
        let left = to_screen(from, state.range, frame.x_range());
        let right = to_screen(to, state.range, frame.x_range()).max(left + 3.0);
        let span = Rect::from_min_max(pos2(left, frame.top()), pos2(right, frame.bottom()));
        painter.rect_filled(span, 0, if is_selected { t.span_selected } else { t.span });
        let sign = Rect::from_center_size(pos2(span.center().x, frame.top() + 9.0), vec2(13.0, 13.0));
        let (icon, ink) = crate::view::findings::grade_mark(row.finding.grade, t);
        Icon::paint(icon, &painter, sign, ink);
    }
}

fn draw(
    ui: &Ui,
    painter: &egui::Painter,
    line: &Line,
    x_of: &dyn Fn(i64) -> Option<f32>,
    y_of: &dyn Fn(f64) -> f32,
) {
    let readings = &line.readings;
    let ink = color(ui, line.number);
    let stroke = Stroke::new(1.5, ink);
    let is_exact = !readings.readings.is_empty() && readings.readings.len() <= MOST_DRAWN;
    let points: Vec<Pos2> = if is_exact {
        let at = |reading: &Reading| Some(pos2(x_of(reading.time_nanos)?, y_of(reading.value)));
        readings.readings.iter().filter_map(at).collect()
    } else {
        for bin in &readings.bins {
            let (Some(from), Some(to)) = (x_of(bin.start_nanos), x_of(bin.end_nanos)) else { continue };
            let reach = Rect::from_min_max(
                pos2(from, y_of(bin.max)),
                pos2(to.max(from + 1.0), y_of(bin.min).max(y_of(bin.max) + 1.0)),
            );
            painter.rect_filled(reach, 0, ink.gamma_multiply(0.35));
        }
        let middle = |bin: &case::ReadingBin| {
            let nanos = i64::midpoint(bin.start_nanos, bin.end_nanos);
            Some(pos2(x_of(nanos)?, y_of(bin.mean)))
        };
        readings.bins.iter().filter_map(middle).collect()
    };
    // Every other line is dashed, and each has its number at its end: colour is not alone in telling them apart.
    if line.number.is_multiple_of(2) {
        painter.add(egui::Shape::line(points.clone(), stroke));
    } else {
        painter.extend(egui::Shape::dashed_line(&points, stroke, 5.0, 3.0));
    }
    if is_exact && points.len() <= MOST_POINTS {
        for point in &points {
            painter.circle_filled(*point, 2.0, ink);
        }
    }
    if let Some(end) = points.last() {
        let at = *end + vec2(-6.0, -9.0);
        let text = (line.number + 1).to_string();
        let galley = crate::view::line(ui, &text, semibold_font(size::SMALL), ink, 16.0);
        painter.galley(at - galley.size() / 2.0, galley, ink);
    }
}

fn interact(ui: &Ui, state: &mut State, doc: &Doc, lines: &[Line], frame: Rect, y_of: &dyn Fn(f64) -> f32) {
    let name = match lines {
        [line] => format!("{} over time", line.name),
        _ => format!("{} series over time", lines.len()),
    };
    let id = Id::unique("series picture").with(lines.first().map(|line| line.readings.stream));
    let response = ui.interact(frame, id, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, &name));
    if response.has_focus() {
        let stroke = Stroke::new(2.0, tokens::of(ui).accent);
        ui.painter().rect_stroke(frame, 2, stroke, egui::StrokeKind::Inside);
    }
    // Where several pictures scroll, the plain wheel is theirs.
    navigate(ui, &response, frame.x_range(), state, lines.len() > 1);
    let Some(pointer) = response.hover_pos() else { return };
    let x = from_screen(pointer.x, state.range, frame.x_range());
    let Some(nanos) = doc.axis.nanos(x) else { return };
    ui.painter().vline(pointer.x, frame.y_range(), Stroke::new(1.0, tokens::of(ui).weak));
    let near = lines.iter().filter_map(|line| {
        let reading = nearest(&line.readings.readings, nanos)?;
        Some((line, reading, (y_of(reading.value) - pointer.y).abs()))
    });
    match near.min_by(|a, b| a.2.total_cmp(&b.2)) {
        Some((line, reading, _)) => {
            let value = said(&line.readings, reading.value);
            state.telemetry.metrics.read_out =
                format!("{}  {}  {value}", words::clock(reading.time_nanos), line.name);
            if response.clicked() {
                select(state, line.readings.stream, reading.position);
            }
        }
        None => state.telemetry.metrics.read_out = of_bins(lines, nanos),
    }
}

/// The bins at a time, in words.
fn of_bins(lines: &[Line], nanos: i64) -> String {
    let said = lines.iter().filter_map(|line| {
        let bin = bin_at(&line.readings.bins, nanos)?;
        let (low, mean, high) =
            (said(&line.readings, bin.min), said(&line.readings, bin.mean), said(&line.readings, bin.max));
        Some(format!("{}: {} readings, {low} to {high}, mean {mean}", line.name, words::count(bin.count)))
    });
    format!("{}  {}", words::clock(nanos), said.collect::<Vec<_>>().join("; "))
}

/// The bin in which a time lies; none where the series is silent then.
fn bin_at(bins: &[ReadingBin], nanos: i64) -> Option<&ReadingBin> {
    bins.get(bins.partition_point(|bin| bin.end_nanos <= nanos)).filter(|bin| bin.start_nanos <= nanos)
}

fn nearest(readings: &[Reading], nanos: i64) -> Option<&Reading> {
    let after = readings.partition_point(|reading| reading.time_nanos < nanos);
    let beside = readings[after.saturating_sub(1)..readings.len().min(after + 1)].iter();
    beside.min_by_key(|reading| reading.time_nanos.abs_diff(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_has_no_bin() {
        let bin = |start_nanos, end_nanos| ReadingBin {
            start_nanos,
            end_nanos,
            count: 1,
            min: 1.0,
            max: 1.0,
            mean: 1.0,
        };
        let bins = [bin(0, 10), bin(30, 40)];
        for (nanos, start) in [(-1, None), (0, Some(0)), (10, None), (29, None), (30, Some(30)), (40, None)] {
            assert_eq!(bin_at(&bins, nanos).map(|bin| bin.start_nanos), start, "{nanos}");
        }
    }

    #[test]
    fn numbers_of_the_axis_have_room() {
        for (value, text) in [
            (261.582_512, "261.6"),
            (-0.012_345_6, "-0.0123"),
            (9.999_96, "10"),
            (0.0, "0"),
            (1234.5, "1,235"),
            (25_480.0, "25.5 k"),
            (999_994.0, "1,000 k"),
        ] {
            assert_eq!(short(value), text);
        }
        assert!((-12..9).all(|power| short(-1.234_567_89 * 10_f64.powi(power)).chars().count() <= 10));
    }
}
