//! Notices: what happened, where, and what to do next. Errors and warnings stay until a person has read them, the newest
//! first; what merely went well is told beside the work and goes by itself. Activity has all of them.

use crate::state::{Level, Notice, State};
use crate::theme::semibold_font;
use crate::tokens::{self, size};
use crate::ui::icon::{self, Icon};
use egui::{
    Align, Align2, Area, Context, Frame, Id, Layout, Margin, Order, Panel, RichText, Stroke, Ui, vec2,
};
use std::time::Duration;

/// Most notices shown at once; the others follow when these are read.
const SHOWN: usize = 3;
/// Most that is told at once of what went well; the others went well before it.
const TOLD: usize = 2;
/// So long it is told.
const TOLD_SECONDS: f64 = 6.0;
/// Width of what is told.
const WIDTH: f32 = 380.0;

/// What went well, while it is told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) notice: Notice,
    /// When it goes, by the clock of the window; it has not been seen yet where there is none.
    pub(crate) until_seconds: Option<f64>,
}

/// What has to be read, over the views.
pub(super) fn show(ui: &mut Ui, state: &mut State) {
    if state.notices.is_empty() {
        return;
    }
    let frame = Frame::new().fill(tokens::of(ui).panel).inner_margin(Margin::same(size::GAP as i8));
    Panel::top("notices").frame(frame).show(ui, |ui| {
        let mut read = None;
        for (number, notice) in state.notices.iter().enumerate().rev().take(SHOWN) {
            if one(ui, notice) {
                read = Some(number);
            }
        }
        if let Some(more) = state.notices.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            ui.label(RichText::new(format!("{more} more, from before")).color(tokens::of(ui).weak));
        }
        if let Some(number) = read {
            state.notices.remove(number);
        }
    });
}

/// What went well, over the lower right corner, where it moves nothing.
pub(super) fn tell(ctx: &Context, state: &mut State) {
    let now = ctx.input(|input| input.time);
    state.told.retain(|told| told.until_seconds.is_none_or(|until| now < until));
    if state.told.is_empty() {
        return;
    }
    let area = Area::new(Id::unique("told")).order(Order::Foreground).interactable(true);
    let area = area.anchor(Align2::RIGHT_BOTTOM, vec2(-size::PAGE, -size::PAGE - size::ROW));
    let mut read = None;
    let shown = area.show(ctx, |ui| {
        ui.set_width(WIDTH.min(ctx.content_rect().width() - 2.0 * size::PAGE));
        let from = state.told.len().saturating_sub(TOLD);
        for (number, told) in state.told.iter().enumerate().skip(from) {
            if one(ui, &told.notice) {
                read = Some(number);
            }
        }
    });
    // Under the pointer it is being read.
    let is_read = shown.response.contains_pointer();
    for told in &mut state.told {
        let until = told.until_seconds.get_or_insert(now + TOLD_SECONDS);
        if is_read {
            *until = until.max(now + 1.0);
        }
        ctx.request_repaint_after(Duration::from_secs_f64((*until - now).max(0.0)));
    }
    if let Some(number) = read {
        state.told.remove(number);
    }
}

/// One notice; whether it was dismissed.
fn one(ui: &mut Ui, notice: &Notice) -> bool {
    let t = tokens::of(ui);
    let (mark, color) = super::activity::mark(notice.level, t);
    let mut frame = Frame::new().fill(t.sunken).stroke(Stroke::new(1.0, color)).corner_radius(size::CORNER);
    if notice.level == Level::Done {
        frame = frame.shadow(ui.visuals().popup_shadow);
    }
    let mut is_read = false;
    frame.inner_margin(Margin::symmetric(10, 8)).show(ui, |ui| {
        // The only thing to use is the cross; what is laid out from the right edge is walked through in the same order.
        ui.horizontal_top(|ui| {
            mark.show(ui, 18.0, color);
            ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                is_read = icon::button(ui, Icon::Close, &format!("Dismiss: {}", notice.what)).clicked();
                ui.with_layout(Layout::top_down(Align::Min), |ui| {
                    ui.label(RichText::new(&notice.what).font(semibold_font(size::TEXT)).color(t.strong));
                    ui.add(egui::Label::new(&notice.detail).wrap());
                });
            });
        });
    });
    is_read
}
