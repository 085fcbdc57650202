//! Tokens into egui's style, and the fonts.

use crate::prefs::ThemeChoice;
use crate::tokens::{self, Tokens, size};
use egui::epaint::Shadow;
use egui::{CornerRadius, FontFamily, FontId, Margin, Stroke, TextStyle, vec2};

/// The family of headings and of the selected.
pub(crate) const SEMIBOLD: &str = "semibold";

/// Gives `ctx` the fonts and both themes.
pub(crate) fn install(ctx: &egui::Context) {
    crate::fonts::install(ctx, None);
    apply(ctx, ThemeChoice::System, 100);
}

/// Shows everything in this theme, at this size in percent.
pub(crate) fn apply(ctx: &egui::Context, choice: ThemeChoice, percent: u16) {
    let (dark, light) = match choice {
        ThemeChoice::HighContrast => (&tokens::HIGH_CONTRAST, &tokens::LIGHT),
        ThemeChoice::Print => (&tokens::DARK, &tokens::PRINT),
        ThemeChoice::Projector => (&tokens::DARK, &tokens::PROJECTOR),
        ThemeChoice::System | ThemeChoice::Dark | ThemeChoice::Light => (&tokens::DARK, &tokens::LIGHT),
    };
    for (theme, tokens) in [(egui::Theme::Dark, dark), (egui::Theme::Light, light)] {
        ctx.set_style_of(theme, style(theme, tokens));
    }
    ctx.set_theme(choice);
    ctx.set_zoom_factor(f32::from(percent) / 100.0 * enlarged(choice));
}

/// The size of everything in percent, as it is shown now.
pub(crate) fn percent(ctx: &egui::Context, choice: ThemeChoice) -> u16 {
    (ctx.zoom_factor() * 100.0 / enlarged(choice)).round() as u16
}

/// A wall is read from farther away than a desk.
const fn enlarged(choice: ThemeChoice) -> f32 {
    if matches!(choice, ThemeChoice::Projector) { 1.25 } else { 1.0 }
}

/// A font of the text family at `points`.
pub(crate) fn text_font(points: f32) -> FontId {
    FontId::new(points, FontFamily::Proportional)
}

/// A font of the heading family at `points`.
pub(crate) fn semibold_font(points: f32) -> FontId {
    FontId::new(points, FontFamily::Name(SEMIBOLD.into()))
}

/// The font of evidence and numbers.
pub(crate) fn mono_font() -> FontId {
    FontId::new(size::MONO, FontFamily::Monospace)
}

/// Menus without frames around their words, but for the one that has the focus: a ground alone is hardly seen where the ground
/// of everything is black.
pub(crate) fn menus(style: &mut egui::Style) {
    egui::containers::menu::menu_style(style);
    let accent = tokens::of_visuals(&style.visuals).accent;
    style.visuals.widgets.active.bg_stroke = Stroke::new(2.0, accent);
    // Around the words, and not over the edges of their letters.
    style.visuals.widgets.active.expansion = 2.0;
    // The longest menu has room in a window of the usual height.
    style.spacing.item_spacing.y = 2.0;
}

fn style(theme: egui::Theme, t: &Tokens) -> egui::Style {
    let mut style = egui::Style { visuals: visuals(theme, t), ..Default::default() };
    style.text_styles = [
        (TextStyle::Small, text_font(size::SMALL)),
        (TextStyle::Body, text_font(size::TEXT)),
        (TextStyle::Button, text_font(size::TEXT)),
        (TextStyle::Monospace, mono_font()),
        (TextStyle::Heading, semibold_font(size::HEADING)),
    ]
    .into();
    let space = &mut style.spacing;
    space.item_spacing = vec2(size::GAP, 6.0);
    space.button_padding = vec2(10.0, 4.0);
    space.interact_size = vec2(28.0, 24.0);
    space.menu_margin = Margin::same(6);
    space.window_margin = Margin::same(16);
    space.tooltip_width = 380.0;
    space.combo_width = 120.0;
    space.scroll.floating = false;
    space.scroll.bar_width = 8.0;
    space.scroll.foreground_color = false;
    style.interaction.tooltip_delay = 0.35;
    style.interaction.selectable_labels = true;
    style.animation_time = 0.0;
    style
}

fn visuals(theme: egui::Theme, t: &Tokens) -> egui::Visuals {
    let mut v = theme.default_visuals();
    let corner = CornerRadius::same(size::CORNER);
    let states = [
        (&mut v.widgets.noninteractive, t.panel, t.border, t.text),
        (&mut v.widgets.inactive, t.raised, t.border, t.text),
        (&mut v.widgets.hovered, t.hovered, t.outline, t.strong),
        (&mut v.widgets.active, t.hovered, t.accent, t.strong),
        (&mut v.widgets.open, t.hovered, t.outline, t.strong),
    ];
    for (state, fill, line, ink) in states {
        state.bg_fill = fill;
        state.weak_bg_fill = fill;
        state.bg_stroke = Stroke::new(1.0, line);
        state.fg_stroke = Stroke::new(1.0, ink);
        state.corner_radius = corner;
        state.expansion = 0.0;
    }
    v.widgets.active.bg_stroke = Stroke::new(2.0, t.accent);
    v.widgets.active.fg_stroke = Stroke::new(1.5, t.strong);
    v.selection.bg_fill = t.selected;
    v.selection.stroke = Stroke::new(1.0, t.strong);
    v.hyperlink_color = t.accent;
    v.faint_bg_color = t.stripe;
    v.extreme_bg_color = t.sunken;
    v.text_edit_bg_color = Some(t.sunken);
    v.code_bg_color = t.raised;
    v.warn_fg_color = t.warning;
    v.error_fg_color = t.danger;
    v.weak_text_color = Some(t.weak);
    v.panel_fill = t.panel;
    v.window_fill = t.panel;
    v.window_stroke = Stroke::new(1.0, t.border);
    v.window_corner_radius = CornerRadius::same(8);
    v.menu_corner_radius = CornerRadius::same(6);
    v.window_shadow = Shadow { offset: [0, 8], blur: 24, spread: 0, color: t.shadow };
    v.popup_shadow = Shadow { offset: [0, 4], blur: 12, spread: 0, color: t.shadow };
    v.striped = false;
    v.indent_has_left_vline = false;
    v
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_the_focus_in_a_menu_has_a_ring_in_every_theme() {
        for (name, tokens) in tokens::THEMES {
            let mut style = style(egui::Theme::Dark, tokens);
            menus(&mut style);
            let widgets = &style.visuals.widgets;
            assert_eq!(widgets.active.bg_stroke, Stroke::new(2.0, tokens.accent), "{name}");
            assert_eq!(widgets.hovered.bg_stroke, Stroke::NONE, "{name}");
        }
    }
}
