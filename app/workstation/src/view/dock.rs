//! The docked views in the middle; their tabs can be moved and split.

use super::{activity, audit, bytes, calls, compare, coverage, events, finding, metrics, overview, problems};
use super::{settings, story, traces};
use crate::state::{Pane, Sheet, State};
use crate::theme::{semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::icon::{self, Icon};
use egui::{
    Align, Color32, Frame, Layout, Margin, Rect, RichText, Stroke, Ui, UiBuilder, Visuals, WidgetText,
};
use egui_tiles::{Behavior, SimplificationOptions, TabState, TileId, Tiles, Tree, UiResponse};

/// Shows the views.
pub(super) fn show(ui: &mut Ui, state: &mut State, tree: &mut Tree<Pane>) {
    let mut views = Views { state, close: None, beside: Vec::new() };
    tree.ui(&mut views, ui);
    if let Some(tile) = views.close {
        tree.remove_recursively(tile);
        ui.ctx().request_repaint();
    }
}

/// Shows one view.
pub(super) fn one(ui: &mut Ui, state: &mut State, pane: Pane) {
    match pane {
        Pane::Overview => overview::show(ui, state),
        Pane::Finding => finding::show(ui, state),
        Pane::Events => events::show(ui, state),
        Pane::Bytes => bytes::show(ui, state),
        Pane::Problems => problems::show(ui, state),
        Pane::Activity => activity::show(ui, state),
        Pane::Settings => settings::show(ui, state),
        Pane::Metrics => metrics::show(ui, state),
        Pane::Calls => calls::show(ui, state),
        Pane::Traces => traces::show(ui, state),
        Pane::Compare => compare::show(ui, state),
        Pane::Story => story::show(ui, state),
        Pane::Audit => audit::show(ui, state),
        Pane::Coverage => coverage::show(ui, state),
        Pane::Matrix => super::matrix::show(ui, state),
    }
}

/// Frames until the tab bar has its arrows and its width.
const REVEALING: u8 = 3;

/// Scrolls the tab bar to a tab that has just come to the front, or that the keyboard has just come to.
fn reveal(ui: &Ui, id: egui::Id, rect: egui::Rect, is_active: bool, has_come: bool) {
    let key = id.with("in front");
    let (was_active, left): (bool, u8) = ui.data(|data| data.get_temp(key)).unwrap_or_default();
    // The bar has arrows once it scrolls, and then less room: it is looked at again in the frames after.
    let left = if is_active && !was_active || has_come { REVEALING } else { left.saturating_sub(1) };
    ui.data_mut(|data| data.insert_temp(key, (is_active, left)));
    if left > 0 {
        ui.scroll_to_rect_animation(rect, None, egui::style::ScrollAnimation::none());
        ui.ctx().request_repaint();
    }
}

struct Views<'a> {
    state: &'a mut State,
    /// A view that was closed in this frame.
    close: Option<TileId>,
    /// Room beside the tabs for the buttons of the views in front.
    beside: Vec<(TileId, Rect)>,
}

impl Views<'_> {
    /// The buttons beside the tabs of a view, in the room that was kept for them: the tabs are laid out after that room, and
    /// keys come to them before.
    fn buttons(&mut self, ui: &mut Ui, tile: TileId, pane: Pane) {
        let Some(place) = self.beside.iter().position(|(of, _)| *of == tile) else { return };
        let (_, rect) = self.beside.swap_remove(place);
        let mut ui =
            ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
        ui.set_clip_rect(rect.expand(size::TIGHT));
        if icon::button(&mut ui, Icon::Help, &format!("Help on {}", pane.title())).clicked() {
            self.state.sheet = Some(Sheet::Help(pane));
        }
        if !Pane::FIRST.contains(&pane)
            && icon::button(&mut ui, Icon::Close, &format!("Close {}", pane.title())).clicked()
        {
            self.close = Some(tile);
        }
    }
}

impl Behavior<Pane> for Views<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, tile: TileId, pane: &mut Pane) -> UiResponse {
        self.buttons(ui, tile, *pane);
        let t = tokens::of(ui);
        Frame::new().fill(t.panel).inner_margin(Margin::same(10)).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            one(ui, self.state, *pane);
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        let problems = self.state.doc.as_ref().map_or(0, |doc| self.state.problems.count(doc));
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
        reveal(ui, id, rect, tab.active, response.gained_focus());
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

    fn top_bar_right_ui(
        &mut self,
        tiles: &Tiles<Pane>,
        ui: &mut Ui,
        _tile: TileId,
        tabs: &egui_tiles::Tabs,
        _scroll: &mut f32,
    ) {
        let shown = tabs.active.and_then(|tile| Some((tile, *tiles.get_pane(&tile)?)));
        let Some((tile, pane)) = shown else { return };
        ui.add_space(size::TIGHT);
        let count = if Pane::FIRST.contains(&pane) { 1.0 } else { 2.0 };
        let button = ui.spacing().interact_size;
        let room = egui::vec2(count * button.x + (count - 1.0) * ui.spacing().item_spacing.x, button.y);
        let (_, rect) = ui.allocate_space(room);
        self.beside.push((tile, rect));
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        30.0
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        4.0
    }

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        tokens::of_visuals(visuals).ground
    }

    fn tab_bar_hline_stroke(&self, visuals: &Visuals) -> Stroke {
        Stroke::new(1.0, tokens::of_visuals(visuals).border)
    }

    fn dragged_overlay_color(&self, visuals: &Visuals) -> Color32 {
        tokens::of_visuals(visuals).veil
    }
}
