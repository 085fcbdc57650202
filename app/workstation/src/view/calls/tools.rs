//! Which model asked for which tool, and how often the tools themselves were at work: as a picture and as a table.

use crate::service_map;
use crate::state::State;
use crate::telemetry::calls::Upper;
use crate::theme::{semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::icon::Icon;
use crate::ui::rows::Rows;
use crate::view::figures::{Figures, Picture};
use crate::view::tables::{self, Column, column, numbers};
use crate::words;
use case::{Calls, Edge, ToolUse};
use egui::{Rect, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

const BOX: egui::Vec2 = vec2(180.0, 30.0);
const ROW: f32 = 44.0;
/// Room for a number on a line, and where along the line it is put, the first that is free.
const NUMBER: egui::Vec2 = vec2(46.0, 16.0);
const PLACES: [f32; 9] = [0.3, 0.7, 0.5, 0.2, 0.8, 0.4, 0.6, 0.12, 0.88];

const COLUMNS: [Column; 4] = [
    column(
        "Asked for by",
        190.0,
        "The model whose answer asks for the tool; empty for spans of the tool itself.",
    )
    .down_to(110.0),
    column("Tool", 190.0, "Its name.").down_to(110.0),
    numbers("Calls", 80.0, "How often in the time shown."),
    numbers("Errors", 80.0, "Spans of the tool that failed."),
];

pub(super) fn show(ui: &mut Ui, state: &mut State, calls: &Calls, height: f32) {
    if calls.tools.is_empty() {
        ui.allocate_ui(vec2(ui.available_width(), height), |ui| {
            let next = "No answer of this time asks for a tool, and no span is of one.";
            crate::view::empty(ui, "No tools", next);
        });
        return;
    }
    let mut chosen = None;
    if state.as_table {
        let mut place = std::mem::take(&mut state.telemetry.calls.tools_list);
        let mut table = Table { tools: &calls.tools };
        let row = tables::table_of(ui, "Table of tools", &COLUMNS, &mut place, &mut table, height, None);
        state.telemetry.calls.tools_list = place;
        chosen = row.and_then(|row| calls.tools.get(row as usize)).map(|used| used.tool.clone());
    } else {
        ScrollArea::both().id_salt("tools").auto_shrink(false).max_height(height).show(ui, |ui| {
            chosen = picture(ui, &calls.tools);
        });
    }
    if let Some(tool) = chosen {
        state.telemetry.calls.chosen.filter = tool;
        state.telemetry.calls.chosen.upper = Upper::List;
    }
}

fn describe(used: &ToolUse) -> String {
    let from = used
        .model
        .as_deref()
        .map_or_else(|| "Work of".to_owned(), |model| format!("{} asks for", case::inert(model)));
    let errors = if used.errors > 0 {
        format!(", {}", words::counted(used.errors, "error", "errors"))
    } else {
        String::new()
    };
    format!("{from} {}: {}{errors}", case::inert(&used.tool), words::counted(used.calls, "call", "calls"))
}

/// Models on the left, tools on the right; the tool that was clicked.
fn picture(ui: &mut Ui, tools: &[ToolUse]) -> Option<String> {
    let t = tokens::of(ui);
    let edge = |used: &ToolUse| Edge {
        from: used.model.as_ref().map(|model| format!("model {model}")),
        to: format!("tool {}", used.tool),
        calls: used.calls,
        errors: used.errors,
        rate: 0.0,
        median_nanos: 0,
        p95_nanos: 0,
    };
    let edges: Vec<Edge> = tools.iter().map(edge).collect();
    let nodes = service_map::place(&edges);
    let tallest = nodes.iter().map(|node| node.row + 1).max().unwrap_or(1);
    let wanted = vec2(BOX.x * 2.0 + 120.0, ROW * tallest as f32 + 8.0);
    let (area, _) = ui.allocate_exact_size(wanted.max(ui.available_size()), Sense::hover());
    let step = (area.width() - BOX.x - 16.0).min(420.0);
    let place = |name: Option<&str>| {
        let node = nodes.iter().find(|node| node.name.as_deref() == name)?;
        let middle = pos2(
            area.left() + 8.0 + BOX.x / 2.0 + node.layer as f32 * step,
            area.top() + ROW * (node.row as f32 + 0.6),
        );
        Some(Rect::from_center_size(middle, BOX))
    };
    let mut taken = Vec::new();
    for (number, (used, edge)) in tools.iter().zip(&edges).enumerate() {
        let (Some(from), Some(to)) = (place(edge.from.as_deref()), place(Some(&edge.to))) else { continue };
        let (start, end) = (from.right_center(), to.left_center());
        let ink = if used.errors > 0 { t.danger } else { t.outline };
        ui.painter().line_segment([start, end], Stroke::new(1.5, ink));
        let at = |share: f32| start + (end - start) * share;
        let free = |share: &f32| {
            let area = Rect::from_center_size(at(*share), NUMBER);
            !taken.iter().any(|other: &Rect| other.intersects(area))
        };
        let middle = at(PLACES.into_iter().find(free).unwrap_or(0.5));
        taken.push(Rect::from_center_size(middle, NUMBER));
        let response = ui.interact(
            Rect::from_center_size(middle, NUMBER),
            ui.scope_id().with(("tool", number)),
            Sense::hover(),
        );
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, describe(used)));
        response.on_hover_text(describe(used));
        let mark = if used.errors > 0 { "! " } else { "" };
        let text = format!("{mark}{} ×", words::count(used.calls));
        let galley = crate::view::line(ui, &text, text_font(size::SMALL), t.text, 80.0);
        let ground = Rect::from_center_size(middle, galley.size() + vec2(6.0, 2.0));
        ui.painter().rect_filled(ground, 3, t.panel);
        ui.painter().galley(ground.min + vec2(3.0, 1.0), galley, t.text);
    }
    let mut chosen = None;
    for node in &nodes {
        let Some(rect) = place(node.name.as_deref()) else { continue };
        let tool = node.name.as_deref().and_then(|name| name.strip_prefix("tool "));
        let name = node.name.as_deref().map_or_else(|| "tools at work".to_owned(), case::inert);
        let response = ui.interact(rect, ui.scope_id().with(("node", &node.name)), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, format!("List calls: {name}")));
        let line = if response.hovered() || response.has_focus() { t.accent } else { t.outline };
        ui.painter().rect(rect, 5, t.raised, Stroke::new(1.5, line), egui::StrokeKind::Inside);
        let icon = if tool.is_some() { Icon::Command } else { Icon::Llm };
        let sign = Rect::from_center_size(rect.left_center() + vec2(14.0, 0.0), vec2(13.0, 13.0));
        icon.paint(ui.painter(), sign, t.weak);
        let at = rect.left_center() + vec2(26.0, 0.0);
        crate::view::paint_line(ui, &name, semibold_font(size::TEXT), t.strong, at, rect.width() - 32.0);
        if response.clicked() {
            let model = node.name.as_deref().and_then(|name| name.strip_prefix("model "));
            chosen = tool.or(model).map(str::to_owned);
        }
    }
    chosen
}

struct Table<'a> {
    tools: &'a [ToolUse],
}

impl Rows for Table<'_> {
    fn len(&self) -> u64 {
        self.tools.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        describe(&self.tools[row as usize])
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        tables::cells(ui, &COLUMNS, &texts(&self.tools[row as usize]), selected);
    }
}

/// The cells of a tool and who asked for it.
fn texts(used: &ToolUse) -> [String; 4] {
    [
        used.model.as_deref().map(case::inert).unwrap_or_default(),
        case::inert(&used.tool),
        words::count(used.calls),
        words::count(used.errors),
    ]
}

/// Every line that the picture draws.
pub(super) fn figures(tools: &[ToolUse]) -> Figures {
    Figures::new(Picture::Tools, &COLUMNS, tools.iter().map(texts))
}
