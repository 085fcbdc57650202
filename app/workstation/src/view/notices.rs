//! Notices: what happened, where, and what to do next. They stay until a person has read them.

use crate::state::State;
use crate::theme::semibold_font;
use crate::tokens::{self, size};
use crate::ui::icon::{self, Icon};
use egui::{Align, Frame, Layout, Margin, RichText, Stroke, Ui};

/// Most notices shown at once; the others follow when these are read.
const SHOWN: usize = 3;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let mut read = None;
    for (number, notice) in state.notices.iter().enumerate().take(SHOWN) {
        let t = tokens::of(ui);
        let (mark, color) = super::activity::mark(notice.level, t);
        let frame = Frame::new().fill(t.sunken).stroke(Stroke::new(1.0, color)).corner_radius(size::CORNER);
        frame.inner_margin(Margin::symmetric(10, 8)).show(ui, |ui| {
            ui.horizontal_top(|ui| {
                mark.show(ui, 18.0, color);
                ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                    if icon::button(ui, Icon::Close, &format!("Dismiss: {}", notice.what)).clicked() {
                        read = Some(number);
                    }
                    ui.with_layout(Layout::top_down(Align::Min), |ui| {
                        ui.label(RichText::new(&notice.what).font(semibold_font(size::TEXT)).color(t.strong));
                        ui.add(egui::Label::new(&notice.detail).wrap());
                    });
                });
            });
        });
    }
    if let Some(more) = state.notices.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        ui.label(RichText::new(format!("{more} more")).color(tokens::of(ui).weak));
    }
    if let Some(number) = read {
        state.notices.remove(number);
    }
}
