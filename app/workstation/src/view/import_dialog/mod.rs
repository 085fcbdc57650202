//! The import dialog: what each capture is and how it will be read, before anything is written.

mod capture;
mod choices;
mod encryption;
mod sides;

use crate::import_dialog::{Asked, ImportDialog, Looking, Row};
use crate::state::{Sheet, State};
use crate::theme::{semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::icon::{self, Icon};
use crate::ui::rows::{self, Rows};
use crate::ui::strip;
use crate::words;
use egui::{
    Align, Button, CentralPanel, ComboBox, Frame, Id, Key, Label, Layout, Margin, Modal, Modifiers, Panel,
    Popup, Rect, RichText, Role, Ui, WidgetInfo, pos2, vec2,
};
use std::path::Path;

/// The most room that the dialog takes, and what it leaves of a smaller window.
const MOST: egui::Vec2 = vec2(1080.0, 720.0);
const AROUND: egui::Vec2 = vec2(56.0, 64.0);
/// Width of the list of captures, and of the dialog from which it stands beside what it lists.
const LIST: f32 = 280.0;
const LIST_BESIDE_FROM: f32 = 720.0;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(mut dialog) = state.import.take() else { return };
    let is_covered = state.sheet.is_some() || state.palette.is_some() || Popup::is_any_open(ui.ctx());
    if !is_covered && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        dialog.asked = Some(Asked::Close);
    }
    let t = tokens::of(ui);
    let room = (ui.ctx().content_rect().size() - AROUND).min(MOST);
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(0)).fill(t.panel);
    let modal = Modal::new(Id::unique("import dialog")).backdrop_color(t.veil).frame(frame);
    modal.show(ui.ctx(), |ui| {
        ui.set_min_size(room);
        ui.set_max_size(room);
        let bar = Frame::new().fill(t.panel).inner_margin(Margin::symmetric(size::PAGE as i8, 10));
        Panel::top("import head").frame(bar).show(ui, |ui| head(ui, state, &mut dialog));
        Panel::bottom("import foot").frame(bar).show(ui, |ui| foot(ui, &mut dialog));
        if dialog.rows.len() > 1 && room.x >= LIST_BESIDE_FROM {
            let side = Frame::new().fill(t.ground).inner_margin(Margin::same(0));
            let list = Panel::left("import captures").frame(side).exact_size(LIST).resizable(false);
            list.show(ui, |ui| captures(ui, &mut dialog));
        }
        let inner = Frame::new().fill(t.panel).inner_margin(Margin::symmetric(size::PAGE as i8, 8));
        CentralPanel::default().frame(inner).show(ui, |ui| {
            if dialog.rows.len() > 1 && room.x < LIST_BESIDE_FROM {
                which(ui, &mut dialog);
            }
            capture::show(ui, &mut dialog);
        });
        if matches!(dialog.asked, Some(Asked::Import | Asked::Close)) {
            super::vault::forget_typing(ui);
        }
    });
    state.import = Some(dialog);
}

fn head(ui: &mut Ui, state: &mut State, dialog: &mut ImportDialog) {
    let title = |ui: &mut Ui, _: &mut (&mut State, &mut ImportDialog)| {
        let t = tokens::of(ui);
        let title = RichText::new("Import captures").font(semibold_font(size::HEADING));
        ui.label(title.color(t.strong));
        let about = RichText::new("Nothing is written before you press Import.");
        let about = Label::new(about.font(text_font(size::SMALL)).color(t.weak)).truncate();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.add(about));
    };
    let height = ui.spacing().interact_size.y;
    strip::split(ui, &mut (state, dialog), height, title, |ui, (state, dialog)| {
        if ui.button("Add captures…").on_hover_text("More captures, into the same case.").clicked() {
            dialog.asked = Some(Asked::AddFiles);
        }
        if ui.button("Add folder…").on_hover_text("The files of a folder, as one capture.").clicked() {
            dialog.asked = Some(Asked::AddFolder);
        }
        if icon::button(ui, Icon::Help, "Help on importing").clicked() {
            state.sheet = Some(Sheet::Import);
        }
    });
}

/// Where the captures go, and the two ways out.
fn foot(ui: &mut Ui, dialog: &mut ImportDialog) {
    encryption::show(ui, dialog);
    let count = dialog.ticked().count() as u64;
    let is_known = dialog.places.known.as_deref() == Some(dialog.into.as_path());
    strip::split(ui, dialog, 30.0, destination, |ui, dialog| {
        let cancel = ui.add(Button::new("Cancel").min_size(vec2(84.0, 30.0)));
        if cancel.on_hover_text("Close, with nothing written.").clicked() {
            dialog.asked = Some(Asked::Close);
        }
        let t = tokens::of(ui);
        let text = match (count, is_known && dialog.rows.len() == 1) {
            (_, true) => "Open case".to_owned(),
            (0 | 1, _) => "Import".to_owned(),
            (count, _) => format!("Import {count} captures"),
        };
        let label = RichText::new(text).font(semibold_font(size::TEXT)).color(t.on_accent);
        let is_ready = dialog.is_importable();
        let button = ui.add_enabled(is_ready, Button::new(label).fill(t.accent).min_size(vec2(110.0, 30.0)));
        if is_ready && !std::mem::replace(&mut dialog.had_focus, true) {
            button.request_focus();
        }
        if button.clicked() {
            dialog.asked = Some(Asked::Import);
        }
    });
}

fn destination(ui: &mut Ui, dialog: &mut ImportDialog) {
    let name = |path: &Path| case::inert(words::file_name(path));
    let new = dialog.places.new.clone();
    let mut all = vec![(new.clone(), format!("New case {}", name(&new)))];
    if let Some(known) = &dialog.places.known {
        all.push((known.clone(), format!("{}, which has it already", name(known))));
    }
    if let Some(open) = &dialog.places.open {
        all.push((open.clone(), format!("The open case {}", name(open))));
    }
    let shown = all.iter().find(|(path, _)| *path == dialog.into).map(|(_, words)| words.clone());
    let shown = shown.unwrap_or_default();
    ui.label(RichText::new("Into").color(tokens::of(ui).weak));
    let combo =
        ComboBox::from_id_salt("into").width((ui.available_width() - 8.0).clamp(120.0, 340.0)).truncate();
    let combo = combo.selected_text(&shown).show_ui(ui, |ui| {
        for (path, words) in all {
            ui.selectable_value(&mut dialog.into, path, words);
        }
    });
    combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("Into: {shown}")));
    combo.response.on_hover_text(case::inert(dialog.into.display().to_string()));
}

/// The captures in a line, where there is no room for a list.
fn which(ui: &mut Ui, dialog: &mut ImportDialog) {
    let Some(now) = dialog.rows.get(dialog.selected).map(Row::name) else { return };
    ui.horizontal(|ui| {
        ui.label(
            RichText::new(format!("{} of {}", dialog.selected + 1, dialog.rows.len()))
                .color(tokens::of(ui).weak),
        );
        let combo = ComboBox::from_id_salt("which").width(260.0).truncate().selected_text(&now);
        let combo = combo.show_ui(ui, |ui| {
            for (number, row) in dialog.rows.iter().enumerate() {
                ui.selectable_value(&mut dialog.selected, number, row.name());
            }
        });
        combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("Capture: {now}")));
        tick(ui, &mut dialog.rows[dialog.selected], "Import this one");
    });
}

fn tick(ui: &mut Ui, row: &mut Row, text: &str) {
    let is_readable = row.is_readable();
    let mut is_on = row.is_ticked && is_readable;
    let label = format!("Import {}", row.name());
    let response = ui.add_enabled(is_readable, egui::Checkbox::new(&mut is_on, text));
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, is_readable, is_on, &label));
    if response.changed() {
        row.is_ticked = is_on;
    }
}

fn captures(ui: &mut Ui, dialog: &mut ImportDialog) {
    let mut place = std::mem::take(&mut dialog.rows_list);
    place.selected = Some(dialog.selected as u64);
    let mut list = Captures { rows: &mut dialog.rows };
    let chosen =
        rows::show(ui, Id::unique("captures to import"), "Captures to import", &mut place, &mut list)
            .selected;
    dialog.rows_list = place;
    if let Some(row) = chosen {
        dialog.selected = row as usize;
    }
}

struct Captures<'a> {
    rows: &'a mut [Row],
}

/// What is known of a capture, in a line; and whether that is that it cannot be read.
fn summary(row: &Row) -> (String, bool) {
    match (&row.seen, &row.looking) {
        (_, Looking::Now(_) | Looking::Waiting) => ("Looking…".to_owned(), false),
        (Some(Err(_)), _) => ("Cannot be read".to_owned(), true),
        (Some(Ok(seen)), _) => {
            (format!("{} · {}", seen.format.title(), words::bytes(seen.stored_bytes)), false)
        }
        (None, Looking::Done) => (String::new(), false),
    }
}

impl Rows for Captures<'_> {
    fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    fn height(&self) -> f32 {
        46.0
    }

    fn label(&mut self, row: u64) -> String {
        let row = &self.rows[row as usize];
        format!("{}, {}", row.name(), summary(row).0)
    }

    fn show(&mut self, ui: &mut Ui, row: u64, _selected: bool) {
        let t = tokens::of(ui);
        let rect = ui.max_rect();
        let row = &mut self.rows[row as usize];
        let box_rect = Rect::from_center_size(pos2(rect.left() + 20.0, rect.center().y), vec2(20.0, 20.0));
        ui.scope_builder(egui::UiBuilder::new().max_rect(box_rect), |ui| tick(ui, row, ""));
        let (what, is_bad) = summary(row);
        let (left, width) = (rect.left() + 40.0, rect.width() - 48.0);
        let color = if row.is_ticked && row.is_readable() { t.strong } else { t.weak };
        let (upper, lower) = (pos2(left, rect.top() + 15.0), pos2(left, rect.top() + 32.0));
        super::paint_line(ui, &row.name(), text_font(size::TEXT), color, upper, width);
        let ink = if is_bad { t.danger } else { t.weak };
        super::paint_line(ui, &what, text_font(size::SMALL), ink, lower, width);
    }
}
