//! The numbers behind the pictures: every reading where there are few enough, else the bins.

use super::{exact, said, select};
use crate::doc::Doc;
use crate::state::State;
use crate::telemetry::Sort;
use crate::telemetry::metrics::Row;
use crate::ui::rows::Rows;
use crate::view::figures::{Figures, Picture};
use crate::view::tables::{self, Column, column, names, numbers};
use crate::words;
use case::{ReadingKind, Readings};
use egui::Ui;
use std::sync::Arc;

const COLUMNS: [Column; 5] = [
    column("Time", 190.0, "In the zone shown below the views; of a bin its beginning."),
    names("Series", 250.0, "Service and name of the stream.").down_to(120.0),
    numbers("Value", 130.0, "The reading; of a bin the mean."),
    column("Least to most", 180.0, "Of a bin the least and the greatest of its readings."),
    column(
        "Readings",
        80.0,
        "Of a bin the number of its readings; of a reading its position in the stream after #.",
    ),
];

/// The same in a file: numbers alone, and what they are of.
const FIGURES: [Column; 8] = [
    column("Time", 190.0, "In the zone shown below the views; of a bin its beginning."),
    names("Series", 230.0, "Service and name of the stream.").down_to(120.0),
    numbers("Value", 130.0, "The reading; of a bin the mean."),
    numbers("Least", 110.0, "Of a bin the least of its readings."),
    numbers("Greatest", 110.0, "Of a bin the greatest of its readings."),
    column("Unit", 70.0, "Of these three numbers, as the capture has it; of durations nanoseconds."),
    numbers("Readings", 80.0, "Of a bin the number of its readings."),
    numbers("Position", 80.0, "Of a reading its position in the stream."),
];

pub(super) fn show(ui: &mut Ui, state: &mut State, doc: &Doc) {
    let mut table = Table::of(state, doc);
    let mut place = std::mem::take(&mut state.telemetry.metrics.table_list);
    let height = ui.available_height();
    let no_sort: Option<&mut Sort> = None;
    let chosen = tables::table_of(ui, "Table of readings", &COLUMNS, &mut place, &mut table, height, no_sort);
    state.telemetry.metrics.table_list = place;
    if let Some(row) = chosen.and_then(|row| table.rows.get(row as usize)) {
        let readings = &table.series[row.series];
        if let Some(reading) = readings.readings.get(row.index) {
            select(state, readings.stream, reading.position);
        }
    }
}

/// Everything that is drawn of the series that are shown.
pub(super) fn figures(state: &mut State, doc: &Doc) -> Figures {
    let table = Table::of(state, doc);
    let rows = table.rows.len() as u64;
    Figures::lazy(Picture::Readings, &FIGURES, rows, move |row| table.figures(row))
}

/// Every reading of these series, or every bin where there are too many, by time.
fn by_time(series: &[Arc<Readings>]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (number, readings) in series.iter().enumerate() {
        let exact = readings.readings.iter().map(|reading| reading.time_nanos);
        let bins = readings.bins.iter().map(|bin| bin.start_nanos).filter(|_| readings.readings.is_empty());
        rows.extend(exact.chain(bins).enumerate().map(|(index, time_nanos)| Row {
            series: number,
            index,
            time_nanos,
        }));
    }
    rows.sort_by_key(|row| (row.time_nanos, row.series, row.index));
    rows
}

struct Table {
    series: Vec<Arc<Readings>>,
    rows: Arc<Vec<Row>>,
    names: Vec<String>,
}

impl Table {
    fn of(state: &mut State, doc: &Doc) -> Self {
        let metrics = &mut state.telemetry.metrics;
        let series: Vec<Arc<Readings>> =
            metrics.shown.iter().filter_map(|stream| metrics.of(*stream)).map(Arc::clone).collect();
        let is_same = |of: &Vec<Arc<Readings>>| {
            of.len() == series.len() && of.iter().zip(&series).all(|(a, b)| Arc::ptr_eq(a, b))
        };
        let known = metrics.listed.take().filter(|(of, _)| is_same(of));
        let rows = known.map_or_else(|| Arc::new(by_time(&series)), |(_, rows)| rows);
        metrics.listed = Some((series.clone(), Arc::clone(&rows)));
        let names = series.iter().map(|readings| doc.label(readings.stream)).collect();
        Self { series, rows, names }
    }

    fn texts(&self, row: u64) -> [String; 5] {
        let Row { series, index, time_nanos } = self.rows[row as usize];
        let readings = &self.series[series];
        let (time, name) = (words::time(time_nanos), self.names[series].clone());
        if let Some(reading) = readings.readings.get(index) {
            let position = format!("#{}", words::count(reading.position));
            return [time, name, said(readings, reading.value), String::new(), position];
        }
        let bin = &readings.bins[index];
        let reach = format!("{} to {}", said(readings, bin.min), said(readings, bin.max));
        [time, name, said(readings, bin.mean), reach, words::count(bin.count)]
    }

    fn figures(&self, row: u64) -> [String; 8] {
        let Row { series, index, time_nanos } = self.rows[row as usize];
        let readings = &self.series[series];
        let (time, name) = (words::time(time_nanos), self.names[series].clone());
        let unit = match readings.kind {
            ReadingKind::DurationNanos => "ns".to_owned(),
            _ => readings.unit.as_deref().map(case::inert).unwrap_or_default(),
        };
        let none = String::new;
        if let Some(reading) = readings.readings.get(index) {
            let position = reading.position.to_string();
            return [time, name, exact(reading.value), none(), none(), unit, none(), position];
        }
        let bin = &readings.bins[index];
        let [mean, min, max] = [bin.mean, bin.min, bin.max].map(exact);
        [time, name, mean, min, max, unit, bin.count.to_string(), none()]
    }
}

impl Rows for Table {
    fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        format!("Reading {}", self.texts(row).join(" "))
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        tables::cells(ui, &COLUMNS, &self.texts(row), selected);
    }
}
