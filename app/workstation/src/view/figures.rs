//! The numbers behind the pictures: for each picture the same button, and one dialog in which what it draws is a table that is
//! copied as CSV and exported.

pub(super) mod finding;
pub(super) mod overview;

use super::tables::{Column, cells, table_of};
use crate::doc::Axis;
use crate::state::State;
use crate::theme::text_font;
use crate::tokens::{self, size};
use crate::ui::icon::{self, Icon};
use crate::ui::rows::{ListState, Rows};
use crate::words::{self, Zone};
use egui::{Id, Key, Label, Modifiers, RichText, Ui};
use std::sync::Arc;

/// Rows that are put on the clipboard at the most; a file has all of them.
const MOST_COPIED: u64 = 10_000;

/// Every picture. Each has a table of what it draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Picture {
    /// The windows of one stream over time.
    Timeline,
    /// The windows of all streams over time.
    Heatmap,
    /// Lanes of the heatmap that are significant at a time.
    OverTime,
    /// Significant windows of each lane.
    ByLane,
    /// Windows over the whole time of the case.
    AllTime,
    /// Scores of the ordinary windows of a stream.
    Ordinary,
    /// What shuffles gave.
    Shuffles,
    /// The same finding with other choices.
    Stability,
    /// What of the time was looked at.
    Coverage,
    /// Findings beside the scroll bar of the events.
    Minimap,
    /// Calls between services.
    Services,
    /// The spans of a trace.
    Waterfall,
    /// Readings of series.
    Readings,
    /// Which model asked for which tool.
    Tools,
    /// Two sides against one another.
    Differences,
    /// The findings of two runs.
    Runs,
    /// Block against block.
    Blocks,
}

impl Picture {
    /// Every picture.
    pub const ALL: [Self; 17] = [
        Self::Timeline,
        Self::Heatmap,
        Self::OverTime,
        Self::ByLane,
        Self::AllTime,
        Self::Ordinary,
        Self::Shuffles,
        Self::Stability,
        Self::Coverage,
        Self::Minimap,
        Self::Services,
        Self::Waterfall,
        Self::Readings,
        Self::Tools,
        Self::Differences,
        Self::Runs,
        Self::Blocks,
    ];

    /// What a person calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timeline => "Timeline",
            Self::Heatmap => "Heatmap",
            Self::OverTime => "Significant over time",
            Self::ByLane => "Significant by lane",
            Self::AllTime => "All time",
            Self::Ordinary => "Ordinary scores",
            Self::Shuffles => "Null distribution",
            Self::Stability => "Stability",
            Self::Coverage => "Time looked at",
            Self::Minimap => "Findings in the list",
            Self::Services => "Service map",
            Self::Waterfall => "Waterfall",
            Self::Readings => "Series",
            Self::Tools => "Tools",
            Self::Differences => "Differences",
            Self::Runs => "Two runs",
            Self::Blocks => "Blocks",
        }
    }
}

/// What cells are made for: a person reads the table that is shown, and computes with what is copied and exported.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cells {
    /// Rounded, and times in the zone that is said below the views.
    Shown,
    /// Every digit, and times with their distance from UTC in this zone.
    Exported(Zone),
}

impl Cells {
    pub(super) fn time(self, nanos: i64) -> String {
        match self {
            Self::Shown => words::time(nanos),
            Self::Exported(zone) => words::rfc3339(zone, nanos),
        }
    }

    /// A place of the shared axis.
    pub(super) fn place(self, axis: Axis, x: f64) -> String {
        axis.nanos(x).map_or_else(|| axis.say(x), |nanos| self.time(nanos))
    }

    /// A p or a q.
    pub(super) fn probability(self, p: f64) -> String {
        match self {
            Self::Shown => words::probability(p),
            Self::Exported(_) => p.to_string(),
        }
    }

    pub(super) fn number(self, value: f64, digits: usize) -> String {
        match self {
            Self::Shown => format!("{value:.digits$}"),
            Self::Exported(_) => value.to_string(),
        }
    }
}

/// What a picture draws, row by row.
pub(crate) struct Figures {
    pub(crate) picture: Picture,
    columns: &'static [Column],
    rows: u64,
    texts: Box<dyn Fn(Cells, u64) -> Vec<String>>,
}

impl Figures {
    /// A table of these rows, which have no times and nothing that is rounded.
    pub(super) fn new<const N: usize>(
        picture: Picture,
        columns: &'static [Column; N],
        rows: impl Iterator<Item = [String; N]>,
    ) -> Self {
        let all: Vec<[String; N]> = rows.collect();
        let rows = all.len() as u64;
        let texts =
            move |_: Cells, row: u64| all.get(row as usize).map(|texts| texts.to_vec()).unwrap_or_default();
        Self { picture, columns, rows, texts: Box::new(texts) }
    }

    /// A table whose rows are made when they are looked at.
    pub(super) fn lazy<const N: usize>(
        picture: Picture,
        columns: &'static [Column; N],
        rows: u64,
        texts: impl Fn(u64) -> [String; N] + 'static,
    ) -> Self {
        Self::told(picture, columns, rows, move |_, row| texts(row))
    }

    /// The same where what is exported is told otherwise than what is shown.
    pub(super) fn told<const N: usize>(
        picture: Picture,
        columns: &'static [Column; N],
        rows: u64,
        texts: impl Fn(Cells, u64) -> [String; N] + 'static,
    ) -> Self {
        Self { picture, columns, rows, texts: Box::new(move |cells, row| texts(cells, row).into()) }
    }

    /// How many rows there are.
    pub(crate) const fn rows(&self) -> u64 {
        self.rows
    }

    /// The cells of a row, as they are shown.
    pub(crate) fn texts(&self, row: u64) -> Vec<String> {
        (self.texts)(Cells::Shown, row)
    }

    /// The first rows as CSV: numbers as they are computed with, times with their zone, text in which nothing acts.
    pub(crate) fn csv(&self, zone: Zone, most: u64) -> String {
        let heads: Vec<String> = self.columns.iter().map(|column| case::text_cell(column.name)).collect();
        let mut csv = heads.join(",") + "\n";
        for row in 0..self.rows.min(most) {
            let texts = (self.texts)(Cells::Exported(zone), row);
            let cells = self.columns.iter().zip(&texts).map(|(column, text)| cell(column, text));
            csv.push_str(&cells.collect::<Vec<_>>().join(","));
            csv.push('\n');
        }
        csv
    }
}

/// Groups of digits are for eyes alone.
fn cell(column: &Column, text: &str) -> String {
    let plain = text.replace(',', "");
    if column.is_number() && plain.parse::<f64>().is_ok() { plain } else { case::text_cell(text) }
}

/// The tables of a view in its dialog.
pub(crate) struct Open {
    pub(crate) tables: Vec<Figures>,
    /// Which of them is shown.
    pub(crate) at: usize,
    list: ListState,
}

impl Open {
    /// Shows the first of these; nothing where there is none.
    pub(super) fn new(tables: Vec<Figures>) -> Option<Self> {
        (!tables.is_empty()).then(|| Self { tables, at: 0, list: ListState::default() })
    }
}

/// The way from a picture to its numbers; `true` where it is taken.
pub(super) fn button(ui: &mut Ui, of: &str) -> bool {
    icon::button(ui, Icon::Table, &format!("Numbers: {of}")).clicked()
}

/// The dialog, where it is open.
pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(mut open) = state.figures.take() else { return };
    let mut close = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    let screen = ui.ctx().content_rect();
    let modal = super::modal(ui, "figures");
    let shown = modal.show(ui.ctx(), |ui| {
        ui.set_width((screen.width() - 80.0).min(1100.0));
        ui.horizontal_wrapped(|ui| {
            for (at, table) in open.tables.iter().enumerate() {
                let tab = egui::Button::selectable(open.at == at, table.picture.name());
                if ui.add(tab.frame_when_inactive(true)).clicked() && open.at != at {
                    (open.at, open.list) = (at, ListState::default());
                }
            }
        });
        let Some(table) = open.tables.get(open.at) else { return };
        let name = table.picture.name();
        ui.horizontal_wrapped(|ui| {
            super::heading(ui, &format!("{name}: {}", words::counted(table.rows(), "row", "rows")));
            let about = "Put the rows on the clipboard as CSV; the first 10,000 where there are more.";
            if ui.button("Copy as CSV").on_hover_text(about).clicked() {
                ui.ctx().copy_text(table.csv(state.prefs.zone, MOST_COPIED));
            }
            if ui.button("Export…").on_hover_text("Write all rows to a CSV file.").clicked() {
                let file = format!("{}.csv", name.to_lowercase().replace(' ', "-"));
                state.export = Some((file, table.csv(state.prefs.zone, u64::MAX).into()));
            }
            close |= ui.button("Close").clicked();
        });
        let about = "Everything that the picture draws now. Point at a heading to read what stands below it.";
        let weak = tokens::of(ui).weak;
        ui.add(Label::new(RichText::new(about).font(text_font(size::SMALL)).color(weak)).wrap());
        let height = (screen.height() - 220.0).clamp(160.0, 560.0);
        let mut rows = Listed(table);
        let label = format!("Numbers of the picture {name}");
        ui.push_id(Id::unique(name), |ui| {
            table_of(ui, &label, table.columns, &mut open.list, &mut rows, height, None);
        });
    });
    if !(close || shown.should_close()) {
        state.figures = Some(open);
    }
}

struct Listed<'a>(&'a Figures);

impl Rows for Listed<'_> {
    fn len(&self) -> u64 {
        self.0.rows()
    }

    fn label(&mut self, row: u64) -> String {
        let texts = self.0.texts(row);
        let said = self.0.columns.iter().zip(&texts).filter(|(_, text)| !text.is_empty());
        said.map(|(column, text)| format!("{} {text}", column.name)).collect::<Vec<_>>().join(", ")
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        cells(ui, self.0.columns, &self.0.texts(row), selected);
    }
}

/// A file that is to be written: its name, and what is in it.
pub(crate) type Export = (String, Arc<str>);

#[cfg(test)]
mod tests {
    use super::super::tables::{column, numbers};
    use super::*;

    #[test]
    fn a_copy_has_plain_numbers_and_text_that_does_not_act() {
        static COLUMNS: [Column; 2] = [column("Name, or not", 90.0, ""), numbers("Bits", 90.0, "")];
        let rows = [["=1+1", "12,345.5"], ["plain", "-3"], ["a", "none"]].map(|row| row.map(str::to_owned));
        let table = Figures::new(Picture::Tools, &COLUMNS, rows.into_iter());
        assert_eq!(table.rows(), 3);
        let csv = "\"Name, or not\",Bits\n\"'=1+1\",12345.5\nplain,-3\na,none\n";
        assert_eq!(table.csv(Zone::Utc, u64::MAX), csv);
        assert_eq!(table.csv(Zone::Utc, 1).lines().count(), 2);
        let mut names: Vec<&str> = Picture::ALL.iter().map(|picture| picture.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Picture::ALL.len(), "each picture has a name of its own");
    }
}
