//! The story on a screen: one step at a time, live, with nothing around it but its title.

use super::{dock, presenter};
use crate::review::story::Showing;
use crate::state::{Pane, State};
use crate::theme::{semibold_font, text_font};
use crate::tokens::{self, size};
use egui::{CentralPanel, CursorIcon, Frame, Id, Key, Label, LayerId, Margin, Modifiers, Order, Panel};
use egui::{RichText, Role, ScrollArea, Ui, WidgetInfo};

/// Share of the height that the notes have.
const NOTES: f32 = 0.26;
/// Radius of the dot that follows the mouse.
const DOT: f32 = 9.0;

/// The keys of a presentation; they are used up, whatever has the focus.
pub(crate) fn keys(ui: &Ui, state: &mut State) {
    let Some(showing) = &mut state.review.showing else { return };
    ui.input_mut(|input| {
        let mut pressed = |keys: &[Key]| {
            let times = keys.iter().map(|key| input.count_and_consume_key(Modifiers::NONE, *key));
            times.sum::<usize>() as isize
        };
        let on = pressed(&[Key::ArrowRight, Key::ArrowDown, Key::PageDown, Key::Space, Key::Enter]);
        let back = pressed(&[Key::ArrowLeft, Key::ArrowUp, Key::PageUp, Key::Backspace]);
        if on != back {
            showing.go(on - back);
        }
        if pressed(&[Key::Home]) > 0 {
            showing.go(isize::MIN);
        }
        if pressed(&[Key::End]) > 0 {
            showing.go(isize::MAX);
        }
        showing.blank ^= pressed(&[Key::B, Key::Period]) % 2 == 1;
        showing.notes ^= pressed(&[Key::N]) % 2 == 1;
        showing.pointer ^= pressed(&[Key::P, Key::L]) % 2 == 1;
        showing.end |= pressed(&[Key::Escape, Key::Q]) > 0;
    });
}

/// Shows the present step.
pub(super) fn show(ui: &mut Ui, state: &mut State, tree: &mut egui_tiles::Tree<Pane>) {
    let t = tokens::of(ui);
    let Some(showing) = state.review.showing.clone() else {
        // It has ended, and the case is being read again.
        CentralPanel::default().frame(Frame::new().fill(t.ground)).show(ui, |_| {});
        return;
    };
    if showing.blank {
        CentralPanel::default().frame(Frame::new().fill(tokens::BLANK)).show(ui, |ui| {
            let response = ui.allocate_response(ui.available_size(), egui::Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, "Nothing is shown"));
        });
        return;
    }
    let panel = Frame::new().fill(t.panel);
    Panel::bottom("step")
        .frame(panel.inner_margin(Margin::symmetric(16, 8)))
        .show(ui, |ui| title(ui, &showing));
    if showing.notes {
        let height = ui.available_height() * NOTES;
        let frame = Frame::new().fill(t.raised).inner_margin(Margin::symmetric(16, 10));
        Panel::bottom("notes").frame(frame).exact_size(height).show(ui, |ui| notes(ui, &showing));
    }
    let margin = Margin::symmetric(16, 10);
    CentralPanel::default().frame(panel.inner_margin(margin)).show(ui, |ui| {
        let shown = showing.shown();
        match (&state.doc, shown) {
            (Some(_), None) => super::empty(
                ui,
                "This step cannot be shown",
                "A later version of this program made it. Make it anew with this one.",
            ),
            (Some(_), Some(shown)) if showing.is_shown && !state.loading => {
                if shown.alone {
                    dock::one(ui, state, shown.front);
                } else {
                    dock::show(ui, state, tree);
                }
            }
            _ => super::empty(ui, "Being read", "The case is read through the rules of redaction."),
        }
    });
    if showing.pointer {
        dot(ui);
    }
}

fn title(ui: &mut Ui, showing: &Showing) {
    let t = tokens::of(ui);
    ui.horizontal(|ui| {
        let place = format!("{} of {}", showing.at + 1, showing.steps.len());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let veil = if showing.veil.is_some() { "redacted · " } else { "" };
            ui.label(RichText::new(format!("{veil}{place}")).font(text_font(size::TEXT)).color(t.weak));
            let title =
                showing.steps.get(showing.at).map(|step| case::inert(&step.title)).unwrap_or_default();
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let text = RichText::new(title).font(semibold_font(size::SENTENCE)).color(t.strong);
                ui.add(Label::new(text).truncate());
            });
        });
    });
}

fn notes(ui: &mut Ui, showing: &Showing) {
    let t = tokens::of(ui);
    super::heading(ui, "Notes");
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        presenter::notes(ui, showing, size::SENTENCE);
        ui.add(Label::new(RichText::new(presenter::what_is_next(showing)).color(t.weak)).wrap());
    });
}

/// A dot in the place of the mouse pointer, over everything.
fn dot(ui: &Ui) {
    let Some(at) = ui.input(|input| input.pointer.hover_pos()) else { return };
    let t = tokens::of(ui);
    ui.ctx().set_cursor_icon(CursorIcon::None);
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Tooltip, Id::unique("dot")));
    painter.circle_filled(at, DOT * 1.8, t.danger.gamma_multiply(0.25));
    painter.circle_filled(at, DOT, t.danger);
}
