//! The icons of `icons/`, read once and stroked in the colour of the text beside them.

use egui::{Pos2, Rect, Response, Sense, Shape, Stroke, Ui, Vec2, pos2, vec2};
use std::sync::OnceLock;

macro_rules! icons {
    ($($(#[$doc:meta])* $name:ident = $file:literal,)*) => {
        /// One icon.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Icon { $($(#[$doc])* $name,)* }

        impl Icon {
            /// Every icon.
            const ALL: &'static [Self] = &[$(Self::$name,)*];

            const fn source(self) -> &'static str {
                match self { $(Self::$name => include_str!(concat!("../../../../icons/", $file, ".svg")),)* }
            }
        }
    };
}

icons! {
    /// A folder.
    Folder = "folder",
    /// A capture file.
    Capture = "capture",
    /// A case file.
    Case = "case",
    /// The sample incident.
    Sample = "sample",
    /// Close, cancel, dismiss.
    Close = "close",
    /// Search.
    Search = "search",
    /// The whole of something.
    Reset = "reset",
    /// As a table.
    Table = "table",
    /// As a picture.
    Picture = "picture",
    /// Write to a file.
    Export = "export",
    /// Light or dark.
    Theme = "theme",
    /// A severe finding, an error.
    Severe = "severe",
    /// A notable finding, a warning.
    Notable = "notable",
    /// An unusual finding, a note.
    Unusual = "unusual",
    /// The log signal.
    Log = "log",
    /// The metric signal.
    Metric = "metric",
    /// The span signal.
    Span = "span",
    /// The signal of calls to a language model.
    Llm = "llm",
    /// A list of events.
    Events = "events",
    /// Exact bytes.
    Bytes = "bytes",
    /// Copy.
    Copy = "copy",
    /// A command.
    Command = "command",
    /// Done.
    Done = "done",
    /// A finding.
    Finding = "finding",
    /// The overview.
    Overview = "overview",
    /// To what was before.
    Back = "back",
    /// To what came after.
    Forward = "forward",
    /// A bookmark.
    Bookmark = "bookmark",
    /// Help.
    Help = "help",
    /// Settings.
    Settings = "settings",
    /// What is on the left side.
    SideLeft = "side-left",
    /// What is on the right side.
    SideRight = "side-right",
    /// Two sides against one another.
    Compare = "compare",
}

/// A stroke on the 16 by 16 grid.
#[derive(Clone, Debug, PartialEq)]
enum Line {
    Open(Vec<Pos2>),
    Closed(Vec<Pos2>),
    Circle(Pos2, f32),
}

impl Icon {
    fn lines(self) -> &'static [Line] {
        static LINES: OnceLock<Vec<Vec<Line>>> = OnceLock::new();
        let all = LINES.get_or_init(|| {
            let read = |icon: &Icon| parse(icon.source()).expect("the tests read every icon");
            Self::ALL.iter().map(read).collect()
        });
        &all[self as usize]
    }

    /// Strokes the icon inside `rect`.
    pub(crate) fn paint(self, painter: &egui::Painter, rect: Rect, color: egui::Color32) {
        let scale = rect.width().min(rect.height()) / 16.0;
        let stroke = Stroke::new(1.4 * scale, color);
        let place = |p: &Pos2| rect.min + p.to_vec2() * scale;
        for line in self.lines() {
            painter.add(match line {
                Line::Open(points) => Shape::line(points.iter().map(place).collect(), stroke),
                Line::Closed(points) => Shape::closed_line(points.iter().map(place).collect(), stroke),
                Line::Circle(centre, radius) => Shape::circle_stroke(place(centre), radius * scale, stroke),
            });
        }
    }

    /// Shows the icon in the flow of `ui`; the text beside it says what it means.
    pub(crate) fn show(self, ui: &mut Ui, side: f32, color: egui::Color32) -> Response {
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
        if ui.is_rect_visible(rect) {
            self.paint(ui.painter(), rect, color);
        }
        response
    }
}

/// A button with an icon alone; `name` is its accessible name and its tooltip.
pub(crate) fn button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    let side = ui.spacing().interact_size.y;
    let (rect, response) = ui.allocate_exact_size(vec2(side + 4.0, side), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, ui.is_enabled(), name));
    if ui.is_rect_visible(rect) {
        let visuals = ui.style().interact(&response);
        if response.hovered() || response.has_focus() {
            let kind = egui::StrokeKind::Inside;
            ui.painter().rect(rect, visuals.corner_radius, visuals.weak_bg_fill, visuals.bg_stroke, kind);
        }
        let inner = Rect::from_center_size(rect.center(), Vec2::splat(15.0));
        icon.paint(ui.painter(), inner, visuals.fg_stroke.color);
    }
    response.on_hover_text(name)
}

fn parse(svg: &str) -> Option<Vec<Line>> {
    let mut lines = Vec::new();
    for element in svg.split('<').filter(|e| e.starts_with("path") || e.starts_with("circle")) {
        let number = |name: &str| attribute(element, name)?.parse::<f32>().ok();
        if element.starts_with("circle") {
            lines.push(Line::Circle(pos2(number("cx")?, number("cy")?), number("r")?));
        } else {
            lines.push(path(attribute(element, "d")?)?);
        }
    }
    (!lines.is_empty()).then_some(lines)
}

fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = element.split_once(&format!(" {name}=\""))?;
    Some(after.split_once('"')?.0)
}

fn path(d: &str) -> Option<Line> {
    let closed = d.ends_with('Z');
    let mut points = Vec::new();
    let mut numbers = d.trim_end_matches('Z').split_whitespace();
    while let Some(x) = numbers.next() {
        points.push(pos2(x.trim_start_matches(['M', 'L']).parse().ok()?, numbers.next()?.parse().ok()?));
    }
    Some(if closed { Line::Closed(points) } else { Line::Open(points) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_can_be_drawn_and_stays_on_its_grid() {
        for &icon in Icon::ALL {
            let lines = parse(icon.source()).unwrap_or_else(|| panic!("{icon:?} is not read"));
            assert_eq!(lines.len(), icon.source().matches("/>").count(), "{icon:?} has something else in it");
            let grid = Rect::from_min_max(pos2(0.0, 0.0), pos2(16.0, 16.0));
            for line in lines {
                match line {
                    Line::Open(points) | Line::Closed(points) => {
                        assert!(points.len() >= 2 && points.iter().all(|p| grid.contains(*p)), "{icon:?}");
                    }
                    Line::Circle(centre, radius) => {
                        assert!(grid.contains(centre) && radius > 0.0, "{icon:?}");
                    }
                }
            }
        }
        assert_eq!(path("M1 2 L3 4 Z"), Some(Line::Closed(vec![pos2(1.0, 2.0), pos2(3.0, 4.0)])));
        assert_eq!(path("M1 L3"), None);
    }
}
