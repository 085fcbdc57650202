//! The docked views in the middle; their tabs can be moved and split.

use super::{bytes, events, finding, overview, problems};
use crate::state::{Pane, State};
use crate::theme::{semibold_font, text_font};
use crate::tokens::{self, size};
use egui::{Color32, Frame, Margin, RichText, Stroke, Ui, Visuals, WidgetText};
use egui_tiles::{Behavior, SimplificationOptions, TabState, TileId, Tiles, Tree, UiResponse};

/// All views as tabs of one group, the overview in front.
pub(crate) fn first_layout() -> Tree<Pane> {
    Tree::new_tabs(egui::Id::unique("views"), Pane::ALL.to_vec())
}

/// Shows the views.
pub(super) fn show(ui: &mut Ui, state: &mut State, tree: &mut Tree<Pane>) {
    tree.ui(&mut Views { state }, ui);
}

struct Views<'a> {
    state: &'a mut State,
}

impl Behavior<Pane> for Views<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, pane: &mut Pane) -> UiResponse {
        let t = tokens::of(ui);
        Frame::new().fill(t.panel).inner_margin(Margin::same(10)).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            match pane {
                Pane::Overview => overview::show(ui, self.state),
                Pane::Finding => finding::show(ui, self.state),
                Pane::Events => events::show(ui, self.state),
                Pane::Bytes => bytes::show(ui, self.state),
                Pane::Problems => problems::show(ui, self.state),
            }
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        let problems =
            self.state.doc.as_ref().map_or(0, |doc| doc.captures.iter().map(|c| c.rejected + c.notes).sum());
        match (pane, problems) {
            (Pane::Problems, 1..) => format!("{} ({})", pane.title(), crate::words::count(problems)).into(),
            _ => pane.title().into(),
        }
    }

    fn tab_ui(
        &mut self,
        tiles: &mut Tiles<Pane>,
        ui: &mut Ui,
        id: egui::Id,
        tile: TileId,
        tab: &TabState,
    ) -> egui::Response {
        let t = tokens::of(ui);
        let title = self.tab_title_for_tile(tiles, tile);
        let (font, color) =
            if tab.active { (semibold_font(size::TEXT), t.strong) } else { (text_font(size::TEXT), t.weak) };
        let text = title.text().to_owned();
        let galley = WidgetText::from(RichText::new(&text).font(font)).into_galley(
            ui,
            Some(egui::TextWrapMode::Extend),
            f32::INFINITY,
            egui::TextStyle::Button,
        );
        let width = galley.size().x + 2.0 * size::WIDE;
        let (_, rect) = ui.allocate_space(egui::vec2(width, ui.available_height()));
        let response = ui.interact(rect, id, egui::Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Tab, true, tab.active, &text));
        if ui.is_rect_visible(rect) && !tab.is_being_dragged {
            if tab.active {
                ui.painter().rect_filled(rect, 0, t.panel);
                let top = egui::Rect::from_min_max(rect.min, egui::pos2(rect.max.x, rect.min.y + 2.0));
                ui.painter().rect_filled(top, 0, t.accent);
            } else if response.hovered() {
                ui.painter().rect_filled(rect, 0, t.raised);
            }
            if response.has_focus() {
                let stroke = Stroke::new(2.0, t.accent);
                ui.painter().rect_stroke(rect.shrink(2.0), 2, stroke, egui::StrokeKind::Inside);
            }
            let color = if response.hovered() { t.strong } else { color };
            ui.painter().galley(rect.center() - galley.size() / 2.0, galley, color);
        }
        self.on_tab_button(tiles, tile, response)
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..Default::default() }
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        30.0
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        4.0
    }

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        tokens_of(visuals).ground
    }

    fn tab_bar_hline_stroke(&self, visuals: &Visuals) -> Stroke {
        Stroke::new(1.0, tokens_of(visuals).border)
    }

    fn dragged_overlay_color(&self, visuals: &Visuals) -> Color32 {
        tokens_of(visuals).veil
    }
}

fn tokens_of(visuals: &Visuals) -> &'static tokens::Tokens {
    if visuals.dark_mode { &tokens::DARK } else { &tokens::LIGHT }
}
