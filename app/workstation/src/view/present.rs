//! The story on a screen: one step at a time, live, with nothing around it but its title.

use super::{dock, presenter};
use crate::review::story::Showing;
use crate::state::{Pane, State};
use crate::theme::{semibold_font, text_font};
use crate::tokens::{self, size};
use egui::text::LayoutJob;
use egui::{CentralPanel, CursorIcon, Frame, Id, Key, Label, LayerId, Margin, Modifiers, Order, Panel};
use egui::{Rect, RichText, Role, ScrollArea, Ui, WidgetInfo, pos2};

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
    let veil = if showing.veil.is_some() { "redacted · " } else { "" };
    let place = format!("{veil}{} of {}", showing.at + 1, showing.steps.len());
    let place = super::line(ui, &place, text_font(size::TEXT), t.weak, f32::INFINITY);
    let title = showing.steps.get(showing.at).map(|step| case::inert(&step.title)).unwrap_or_default();
    let mut title = LayoutJob::simple(title, semibold_font(size::SENTENCE), t.strong, f32::INFINITY);
    // What is seen matters more: a longer title is cut.
    title.wrap.max_rows = 2;
    let all = ui.max_rect().x_range();
    let room = all.span() - place.size().x - 2.0 * size::WIDE;
    let said = ui.scope(|ui| {
        ui.set_max_width(room);
        ui.add(Label::new(title).wrap()).rect
    });
    let corner = pos2(all.max - place.size().x, said.inner.center().y - place.size().y / 2.0);
    ui.put(Rect::from_min_size(corner, place.size()), Label::new(place));
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
