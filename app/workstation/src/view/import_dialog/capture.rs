//! One capture of the dialog: what it is and how sure that is, what was looked at, what is in it, when; and its sides below.

use super::sides;
use crate::import_dialog::{ImportDialog, Looking, Row, Tab};
use crate::theme::{semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::icon::Icon;
use crate::words;
use cbad::{Signal, Watch as _};
use egui::{
    Button, ComboBox, DragValue, Frame, Grid, Label, Layout, Margin, ProgressBar, RichText, Role, Stroke, Ui,
    WidgetInfo,
};
use ingest::{Format, Inspection};

/// Height that the dialog needs not to scroll as a whole.
const LEAST: f32 = 430.0;
/// Width of the names before the facts.
const NAMES: f32 = 92.0;
/// Width of how sure a format is.
const SURE: f32 = 250.0;
/// Years that a time stamp can have.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2261;
/// What else a capture could be, so far down.
const OTHERS: usize = 3;
/// A format that is less likely is not worth a word.
const LEAST_LIKELY: f64 = 0.05;

pub(super) fn show(ui: &mut Ui, dialog: &mut ImportDialog) {
    super::super::tall(ui, LEAST, |ui| {
        let Some(row) = dialog.rows.get_mut(dialog.selected) else { return };
        title(ui, row);
        let again = facts(ui, row);
        ui.add_space(size::GAP);
        if again {
            dialog.look_again();
        }
        tabs(ui, dialog);
        ui.add_space(size::TIGHT);
        sides::show(ui, dialog);
    });
}

fn title(ui: &mut Ui, row: &Row) {
    let t = tokens::of(ui);
    ui.horizontal(|ui| {
        let icon = if row.chosen.is_folder { Icon::Folder } else { Icon::Capture };
        icon.show(ui, size::ICON, t.accent);
        // The only thing to use is the button that stops; there is nothing to walk through in another order.
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            looking(ui, row);
            ui.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
                let name = RichText::new(row.name()).font(semibold_font(15.0)).color(t.strong);
                let path = case::inert(row.chosen.path.display().to_string());
                ui.add(Label::new(name).truncate()).on_hover_text(path);
            });
        });
    });
}

/// How far the look is, and a way to be content with what was seen.
fn looking(ui: &mut Ui, row: &Row) {
    let weak = tokens::of(ui).weak;
    match &row.looking {
        Looking::Done => {}
        Looking::Waiting => drop(ui.label(RichText::new("Waits for the others").color(weak))),
        Looking::Now(watch) => {
            let stop = ui.add_enabled(!watch.cancelled(), Button::new("Stop looking").small());
            if stop.on_hover_text("Be content with what has been read of it.").clicked() {
                watch.cancel();
            }
            let share = watch.state().1.unwrap_or(0.0);
            let bar = ui.add(ProgressBar::new(share).desired_width(120.0).desired_height(8.0));
            bar.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, "Looking at the capture"));
            ui.label(RichText::new("Looking…").color(weak));
        }
    }
}

/// What is known of it. True where it is to be looked at again, since it is read in another way now.
fn facts(ui: &mut Ui, row: &mut Row) -> bool {
    let before = (row.format, row.assumed_year, row.set);
    let failure = match &row.seen {
        Some(Err(why)) => Some(why.clone()),
        _ => None,
    };
    if let Some(why) = failure {
        failed(ui, &why);
    }
    let grid = Grid::new("facts").num_columns(2).min_col_width(NAMES).spacing([size::WIDE, 5.0]);
    grid.show(ui, |ui| {
        fact(ui, "Format", |ui| format(ui, row));
        if let Some(others) = others(row) {
            fact(ui, "Can also be", |ui| drop(ui.add(Label::new(others).wrap())));
        }
        if !row.chosen.set.is_empty() {
            fact(ui, "Rotated set", |ui| set(ui, row));
        }
        let assumed = match &row.seen {
            Some(Ok(seen)) => {
                of_inspection(ui, seen);
                seen.assumed.as_ref().map(|note| (case::inert(&note.reason), seen.assumed_year))
            }
            _ => None,
        };
        if let Some((assumed, settled)) = assumed {
            fact(ui, "Assumed", |ui| {
                ui.add(Label::new(assumed).wrap());
            });
            fact(ui, "Year", |ui| year(ui, row, settled));
        }
    });
    before != (row.format, row.assumed_year, row.set)
}

fn fact(ui: &mut Ui, name: &str, add: impl FnOnce(&mut Ui)) {
    ui.label(RichText::new(name).color(tokens::of(ui).weak));
    ui.horizontal_wrapped(|ui| {
        // The last column of a grid is as wide as what was in it before, and words would wrap early.
        ui.set_min_width(ui.available_width());
        add(ui);
    });
    ui.end_row();
}

fn failed(ui: &mut Ui, why: &str) {
    let t = tokens::of(ui);
    let frame = Frame::new().fill(t.sunken).stroke(Stroke::new(1.0, t.danger)).corner_radius(size::CORNER);
    frame.inner_margin(Margin::symmetric(10, 8)).show(ui, |ui| {
        ui.horizontal_top(|ui| {
            Icon::Severe.show(ui, size::ICON, t.danger);
            ui.vertical(|ui| {
                ui.set_width(ui.available_width());
                let what =
                    RichText::new("This cannot be read, and is left out").font(semibold_font(size::TEXT));
                ui.label(what.color(t.strong));
                ui.add(Label::new(why).wrap());
            });
        });
    });
}

/// How sure a format is, as a person says it.
fn sureness(confidence: f64) -> &'static str {
    match confidence {
        0.995.. => "certain",
        0.9.. => "almost certain",
        0.7.. => "likely",
        0.5.. => "a guess",
        _ => "unlikely",
    }
}

fn sure(format: Format, confidence: f64) -> String {
    format!("{} ({:.0} %)", format.title(), confidence * 100.0)
}

/// What the capture could be, the surest first.
fn candidates(seen: &Inspection) -> Vec<Format> {
    let others = seen.runners_up.iter().map(|(format, _)| *format);
    std::iter::once(seen.format).chain(others).collect()
}

fn format(ui: &mut Ui, row: &mut Row) {
    let weak = tokens::of(ui).weak;
    let seen = match &row.seen {
        Some(Ok(seen)) => Some(seen.as_ref()),
        _ => None,
    };
    let shown = match (row.format, seen) {
        (Some(format), _) => format.title(),
        (None, Some(seen)) => seen.format.title(),
        (None, None) => "By its content",
    };
    let mut chosen = row.format;
    // How sure it is stands beside it where there is any room.
    let width = (ui.available_width() - SURE).clamp(140.0, 270.0);
    let combo = ComboBox::from_id_salt("format").width(width).height(360.0).truncate().selected_text(shown);
    let combo = combo.show_ui(ui, |ui| {
        ui.selectable_value(&mut chosen, None, "By its content");
        // What it could be at all comes first.
        let likely: Vec<Format> = seen.map(candidates).unwrap_or_default();
        for format in &likely {
            ui.selectable_value(&mut chosen, Some(*format), format.title());
        }
        ui.separator();
        for format in Format::ALL.into_iter().filter(|format| !likely.contains(format)) {
            ui.selectable_value(&mut chosen, Some(format), format.title());
        }
    });
    combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("Format: {shown}")));
    let words = match (row.format, seen) {
        (Some(_), _) => "chosen by you".to_owned(),
        (None, Some(seen)) => {
            format!("{} by its content ({:.0} %)", sureness(seen.confidence), seen.confidence * 100.0)
        }
        (None, None) => String::new(),
    };
    ui.label(RichText::new(words).color(weak));
    row.format = chosen;
}

/// What else it can be read as, in words.
fn others(row: &Row) -> Option<String> {
    let Some(Ok(seen)) = &row.seen else { return None };
    let likely =
        seen.runners_up.iter().filter(|(format, sure)| *sure >= LEAST_LIKELY && Some(*format) != row.format);
    let words: Vec<String> =
        likely.take(OTHERS).map(|(format, confidence)| sure(*format, *confidence)).collect();
    (!words.is_empty()).then(|| words.join(" or "))
}

fn set(ui: &mut Ui, row: &mut Row) {
    let names: Vec<String> = row.chosen.set.iter().map(case::inert).collect();
    let text = format!("Read all {} files of it as one capture", names.len());
    ui.checkbox(&mut row.set, text).on_hover_text(format!("Oldest first: {}.", names.join(", ")));
}

fn year(ui: &mut Ui, row: &mut Row, settled: i32) {
    let mut year = row.assumed_year.unwrap_or(settled);
    // Only where the value is done being changed: each look reads the capture anew.
    let field = ui.add(DragValue::new(&mut year).range(YEARS).update_while_editing(false).speed(0.05));
    if field.changed() {
        row.assumed_year = Some(year);
    }
    field.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, "Year of times without one"));
    let words = if row.assumed_year.is_none() {
        "of time stamps that have none; set it where you know it"
    } else {
        "of time stamps that have none"
    };
    ui.label(RichText::new(words).color(tokens::of(ui).weak));
}

fn of_inspection(ui: &mut Ui, seen: &Inspection) {
    let t = tokens::of(ui);
    fact(ui, "Stored as", |ui| {
        let wrapping = if seen.wrapping.is_none() {
            String::new()
        } else {
            format!(", {}", seen.wrapping.name().replace('+', ", in it "))
        };
        ui.label(format!("{}{wrapping}", words::bytes(seen.stored_bytes)));
    });
    fact(ui, "Looked at", |ui| {
        ui.add(Label::new(seen.looked_at(words::bytes)).wrap());
    });
    fact(ui, "Events", |ui| {
        let by: Vec<String> = seen.signals.iter().map(|(signal, count)| of_signal(*signal, *count)).collect();
        let text = match &by[..] {
            [] => "none".to_owned(),
            [one] => one.clone(),
            several => format!("{}: {}", words::count(seen.events), several.join(", ")),
        };
        ui.label(text);
        if seen.rejected > 0 {
            let lost = words::counted(seen.rejected, "record cannot be read", "records cannot be read");
            ui.label(RichText::new(lost).color(t.warning));
        }
    });
    fact(ui, "Times", |ui| {
        let text = match (seen.start_nanos, seen.end_nanos) {
            (Some(start), Some(end)) => format!("{} {}", words::span(start, end), words::zone(start)),
            _ => "none; events are taken in the order in which they stand".to_owned(),
        };
        ui.label(text);
        if seen.untimed > 0 && seen.start_nanos.is_some() {
            let untimed = words::counted(seen.untimed, "event without one", "events without one");
            ui.label(RichText::new(untimed).color(t.weak));
        }
        if seen.assumed.is_none() && seen.start_nanos.is_some() {
            ui.label(RichText::new("as the capture says, zone and all").color(t.weak));
        }
    });
}

fn of_signal(signal: Signal, count: u64) -> String {
    let (one, many) = match signal {
        Signal::Log => ("log", "logs"),
        Signal::Metric => ("metric reading", "metric readings"),
        Signal::Span => ("span", "spans"),
        Signal::LlmCall => ("LLM call", "LLM calls"),
    };
    words::counted(count, one, many)
}

fn tabs(ui: &mut Ui, dialog: &mut ImportDialog) {
    let seen = dialog.rows.get(dialog.selected).and_then(|row| row.seen.as_ref()?.as_ref().ok());
    let count = |of: &dyn Fn(&Inspection) -> u64| seen.map(|seen| of(seen));
    let hits = count(&|seen| seen.redaction.iter().map(|rule| rule.hits).sum());
    let members = count(&|seen| seen.members.len() as u64).filter(|count| *count > 0);
    let (now, usual) = (dialog.limits.named(), ingest::Limits::default().named());
    let changed = now.iter().zip(&usual).filter(|(now, usual)| now != usual).count() as u64;
    let mut all = vec![
        (Tab::Fields, "Fields", count(&|seen| seen.fields.len() as u64 + seen.more_fields)),
        (Tab::Problems, "Problems", count(&|seen| seen.problems.len() as u64)),
    ];
    if members.is_some() {
        all.push((Tab::Members, "Members", members));
    } else if dialog.tab == Tab::Members {
        dialog.tab = Tab::Fields;
    }
    all.push((Tab::Redaction, "Redaction", hits.filter(|_| dialog.redact.rules().is_some())));
    all.push((Tab::Limits, "Limits", Some(changed).filter(|count| *count > 0)));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = size::TIGHT;
        for (tab, name, count) in all {
            let text =
                count.map_or_else(|| name.to_owned(), |count| format!("{name} {}", words::count(count)));
            let is_shown = dialog.tab == tab;
            let response = ui.add(Button::selectable(is_shown, text));
            response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_shown, name));
            if response.clicked() {
                dialog.tab = tab;
                dialog.list = crate::ui::rows::ListState::default();
            }
        }
    });
    let y = ui.cursor().top();
    ui.painter().hline(ui.max_rect().x_range(), y, Stroke::new(1.0, tokens::of(ui).border));
    ui.add_space(2.0);
}

/// The small words over a side.
pub(super) fn about(ui: &mut Ui, words: &str) {
    ui.add(Label::new(RichText::new(words).font(text_font(size::SMALL)).color(tokens::of(ui).weak)).wrap());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_sure_a_format_is_reads_well() {
        for (confidence, words) in [
            (1.0, "certain"),
            (0.95, "almost certain"),
            (0.75, "likely"),
            (0.5, "a guess"),
            (0.2, "unlikely"),
        ] {
            assert_eq!(sureness(confidence), words);
        }
    }
}
