//! Two traces compared: spans aligned by the operations that lead to them.

use super::super::paint_line;
use super::super::tables::{self, Column, column, durations, numbers};
use crate::state::State;
use crate::tokens;
use crate::ui::rows::Rows;
use crate::words;
use case::{PathDifference, PathTotals, Trace};
use egui::{Label, Rect, RichText, Ui, pos2};

const DEEPEST: u32 = 14;
/// Width of the bar beside a difference.
const BAR: f32 = 110.0;

const COLUMNS: [Column; 6] = [
    column("Service", 112.0, "The service of these spans.").down_to(80.0),
    column("Operation", 220.0, "Their name; two spaces a step from the root.").down_to(130.0),
    numbers(
        "Kept trace",
        140.0,
        "Number of spans and the sum of their durations in the trace that was kept.",
    ),
    numbers("This trace", 140.0, "The same in the trace that is shown."),
    durations("Difference", "How much longer this trace took there."),
    column("", BAR + 8.0, "The difference as a bar: to the right where this trace took longer."),
];

pub(super) fn show(ui: &mut Ui, state: &mut State, trace: &Trace) {
    let Some(kept) = state.telemetry.traces.kept.clone() else {
        let next = "Choose “Compare traces with this one” on a trace, then select another.";
        super::super::empty(ui, "No trace is kept to compare with", next);
        return;
    };
    let t = tokens::of(ui);
    if kept.trace == trace.trace {
        let text = "This is the kept trace itself. Select another one to compare it with.";
        ui.add(Label::new(RichText::new(text).color(t.weak)).wrap());
    } else {
        let text =
            format!("Kept: {}…   This: {}…", &super::hex(&kept.trace)[..8], &super::hex(&trace.trace)[..8]);
        ui.add(Label::new(RichText::new(text).color(t.weak)).truncate());
    }
    let Some(rows) = state.telemetry.traces.compared() else { return };
    let most = rows.iter().map(|row| row.difference_nanos().unsigned_abs()).max().unwrap_or(0).max(1);
    let mut place = std::mem::take(&mut state.telemetry.traces.compare_list);
    let height = ui.available_height();
    let mut table = Table { rows: &rows, most };
    tables::table_of(ui, "Comparison of two traces", &COLUMNS, &mut place, &mut table, height, None);
    state.telemetry.traces.compare_list = place;
}

struct Table<'a> {
    rows: &'a [PathDifference],
    most: u64,
}

fn totals(totals: Option<PathTotals>) -> String {
    totals.map_or_else(
        || "not there".to_owned(),
        |totals| {
            let spans = words::counted(totals.spans, "span", "spans");
            format!("{} in {spans}", words::duration(totals.duration_nanos))
        },
    )
}

fn difference(row: &PathDifference) -> String {
    match row.difference_nanos() {
        0 => "0".to_owned(),
        more @ 1.. => format!("+{}", words::duration(more)),
        less => format!("−{}", words::duration(less.saturating_neg())),
    }
}

impl Rows for Table<'_> {
    fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        let row = &self.rows[row as usize];
        format!(
            "Path {} {}, kept {}, this {}, difference {}",
            case::inert(&row.service),
            case::inert(&row.operation),
            totals(row.first),
            totals(row.second),
            difference(row)
        )
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let row = &self.rows[row as usize];
        let t = tokens::of(ui);
        let texts = [
            case::inert(&row.service),
            format!("{}{}", "  ".repeat(row.depth.min(DEEPEST) as usize), case::inert(&row.operation)),
            totals(row.first),
            totals(row.second),
            difference(row),
        ];
        tables::cells(ui, &COLUMNS, &texts, selected);
        let rect = ui.max_rect();
        let left = rect.left() + tables::widths(&COLUMNS, rect.width()).iter().take(5).flatten().sum::<f32>();
        let middle = left + BAR / 2.0;
        let share = row.difference_nanos() as f64 / self.most as f64;
        let reach = middle + (share * f64::from(BAR / 2.0)) as f32;
        let bar = Rect::from_min_max(
            pos2(middle.min(reach), rect.top() + 6.0),
            pos2(middle.max(reach), rect.bottom() - 6.0),
        );
        let color = if share > 0.0 { t.series_b } else { t.series_a };
        ui.painter().rect_filled(bar, 0, color);
        ui.painter().vline(middle, rect.y_range(), egui::Stroke::new(1.0, t.outline));
        if row.first.is_none() || row.second.is_none() {
            let word = if row.first.is_none() { "new" } else { "gone" };
            paint_line(
                ui,
                word,
                crate::theme::text_font(tokens::size::SMALL),
                t.strong,
                pos2(left + 4.0, rect.center().y),
                40.0,
            );
        }
    }
}
