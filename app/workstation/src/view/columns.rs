//! Which fields of a stream stand in columns of their own in the list of events.

use crate::query::Query;
use crate::state::State;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::words;
use case::{FieldUse, StreamFields};
use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{Label, PopupCloseBehavior, RichText, Stroke, Ui};

/// What is left of the height of the window above and below the list.
const AROUND: f32 = 160.0;

/// The button and its list.
pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let chosen = state.columns().len();
    let text = if chosen == 0 { "Columns".to_owned() } else { format!("Columns ({chosen})") };
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let (response, _) = MenuButton::new(text).config(config).ui(ui, |ui| list(ui, state));
    response.on_hover_text("Show fields of this stream in columns of their own.");
}

fn list(ui: &mut Ui, state: &mut State) {
    let Some(stream) = state.stream else { return };
    ui.set_min_width(420.0);
    // Without frames, as in other menus, boxes to tick are not seen on black.
    ui.visuals_mut().widgets.inactive.bg_stroke = Stroke::new(1.0, tokens::of(ui).border);
    if state.fields.as_ref().is_none_or(|(of, _)| *of != stream) {
        state.fields = Some((stream, None));
        state.ask(Query::Fields { stream });
    }
    let Some((_, fetched)) = state.fields.clone() else { return };
    let t = tokens::of(ui);
    match fetched {
        None => drop(ui.label("Looking at the events…")),
        Some(Err(why)) => drop(ui.add(Label::new(RichText::new(why).color(t.danger)).wrap())),
        Some(Ok(fields)) if fields.fields.is_empty() => {
            ui.label("The events of this stream have no fields: all there is stands in the text.");
        }
        Some(Ok(fields)) => {
            let looked = words::counted(fields.looked_at, "event", "events");
            let more = if fields.has_more { "; there are more fields than can be listed" } else { "" };
            ui.label(RichText::new(format!("Fields of {looked} that were looked at{more}.")).color(t.weak));
            if !state.columns().is_empty() && ui.button("No columns").clicked() {
                state.set_columns(Vec::new());
            }
            let most = (ui.ctx().content_rect().height() - AROUND).clamp(64.0, 420.0);
            super::list_within(most).show(ui, |ui| {
                for field in &fields.fields {
                    row(ui, state, field, &fields);
                }
            });
        }
    }
}

fn row(ui: &mut Ui, state: &mut State, field: &FieldUse, fields: &StreamFields) {
    let t = tokens::of(ui);
    let mut columns = state.columns().to_vec();
    let mut on = columns.contains(&field.path);
    let path = case::inert(&field.path);
    ui.horizontal(|ui| {
        ui.set_max_width(600.0);
        if ui.checkbox(&mut on, RichText::new(path).font(semibold_font(size::TEXT))).changed() {
            columns.retain(|column| *column != field.path);
            if on {
                columns.push(field.path.clone());
            }
            state.set_columns(columns);
        }
        let share = 100.0 * field.events as f64 / fields.looked_at.max(1) as f64;
        let about = format!("{}, {share:.0} %", field.types.join(", "));
        ui.label(RichText::new(about).font(text_font(size::SMALL)).color(t.weak));
        let examples = field.examples.join(" · ");
        ui.add(Label::new(RichText::new(examples).font(mono_font()).color(t.weak)).truncate());
    });
}

impl State {
    /// Fields that have columns of their own in the stream that is shown.
    pub(crate) fn columns(&self) -> &[String] {
        let label = self.column_key();
        label.and_then(|label| self.columns.get(&label)).map_or(&[], Vec::as_slice)
    }

    fn set_columns(&mut self, columns: Vec<String>) {
        let Some(label) = self.column_key() else { return };
        if columns.is_empty() {
            self.columns.remove(&label);
        } else {
            self.columns.insert(label, columns);
        }
    }

    /// Under which name the columns of the stream are kept.
    fn column_key(&self) -> Option<String> {
        Some(self.doc.as_ref()?.stream(self.stream?)?.key.label())
    }
}
