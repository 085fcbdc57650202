//! Design tokens: every colour, size and space of the window. No other module names a colour.

use egui::Color32;

/// Colours of one theme, by what they mean.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// Behind the docked views.
    pub(crate) ground: Color32,
    /// Side panels, bars, menus.
    pub(crate) panel: Color32,
    /// Buttons at rest, table headings, cards.
    pub(crate) raised: Color32,
    /// Buttons under the pointer.
    pub(crate) hovered: Color32,
    /// Text fields, plots, lists: where evidence stands.
    pub(crate) sunken: Color32,
    /// Every other row of a list.
    pub(crate) stripe: Color32,
    /// Hairlines.
    pub(crate) border: Color32,
    /// Outlines of controls.
    pub(crate) outline: Color32,
    /// Body text.
    pub(crate) text: Color32,
    /// Headings and what is selected.
    pub(crate) strong: Color32,
    /// Captions and units.
    pub(crate) weak: Color32,
    /// Links, focus rings, the selected mark.
    pub(crate) accent: Color32,
    /// Text on a filled accent.
    pub(crate) on_accent: Color32,
    /// Behind selected rows and selected text.
    pub(crate) selected: Color32,
    /// Errors, severe findings.
    pub(crate) danger: Color32,
    /// Warnings, notable findings.
    pub(crate) warning: Color32,
    /// Success.
    pub(crate) good: Color32,
    /// First line of a plot.
    pub(crate) series_a: Color32,
    /// Second line of a plot.
    pub(crate) series_b: Color32,
    /// Behind the span of a finding.
    pub(crate) span: Color32,
    /// Behind the span of the selected finding.
    pub(crate) span_selected: Color32,
    /// Heatmap cells without a window: the ground of the evidence, which no ramp comes near.
    pub(crate) no_data: Color32,
    /// Behind tokens, from free to dear.
    pub(crate) cost: [Color32; 4],
    /// Under tokens, from free to dear.
    pub(crate) cost_line: [Color32; 4],
    /// Things that are told apart and have no order, such as services; always beside their names.
    pub(crate) category: [Color32; 8],
    /// Behind a dialog.
    pub(crate) veil: Color32,
    /// Of menus and dialogs.
    pub(crate) shadow: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// Nothing painted.
pub(crate) const CLEAR: Color32 = Color32::TRANSPARENT;

/// A presentation that shows nothing: as dark as a projector can be.
pub(crate) const BLANK: Color32 = Color32::BLACK;

/// Multiplies nothing: a texture is shown with its own colours.
pub(crate) const UNTINTED: Color32 = Color32::WHITE;

/// The dark theme.
pub(crate) static DARK: Tokens = Tokens {
    ground: rgb(0x0E_1115),
    panel: rgb(0x14_181E),
    raised: rgb(0x20_262E),
    hovered: rgb(0x2B_333D),
    sunken: rgb(0x0A_0C0F),
    stripe: rgb(0x10_1419),
    border: rgb(0x26_2D36),
    outline: rgb(0x46_5261),
    text: rgb(0xD3_DAE2),
    strong: rgb(0xF5_F8FB),
    weak: rgb(0x93_A1B0),
    accent: rgb(0x62_ADFF),
    on_accent: rgb(0x06_1526),
    selected: rgb(0x17_3A63),
    danger: rgb(0xFF_7A73),
    warning: rgb(0xF2_B441),
    good: rgb(0x56_C990),
    series_a: rgb(0x62_ADFF),
    series_b: rgb(0xF3_C98B),
    span: rgb(0x2E_2716),
    span_selected: rgb(0x57_4516),
    no_data: rgb(0x0A_0C0F),
    cost: [rgb(0x0A_0C0F), rgb(0x2A_2813), rgb(0x4F_3410), rgb(0x7E_2B22)],
    cost_line: [rgb(0x46_5261), rgb(0x8C_8236), rgb(0xDB_9036), rgb(0xFF_B3A6)],
    category: [
        rgb(0x62_ADFF),
        rgb(0xE3_A35A),
        rgb(0x56_C990),
        rgb(0xD5_8BE0),
        rgb(0xE8_D35A),
        rgb(0x5C_D3D8),
        rgb(0xF0_8A8A),
        rgb(0xA8_B4C4),
    ],
    veil: Color32::from_black_alpha(150),
    shadow: Color32::from_black_alpha(110),
};

/// The light theme.
pub(crate) static LIGHT: Tokens = Tokens {
    ground: rgb(0xEC_EFF3),
    panel: rgb(0xF8_F9FB),
    raised: rgb(0xE9_EDF2),
    hovered: rgb(0xDC_E3EB),
    sunken: rgb(0xFF_FFFF),
    stripe: rgb(0xF6_F8FA),
    border: rgb(0xD6_DDE5),
    outline: rgb(0x8B_98A7),
    text: rgb(0x25_2F3A),
    strong: rgb(0x0A_1018),
    weak: rgb(0x55_6270),
    accent: rgb(0x0A_5CC7),
    on_accent: rgb(0xFF_FFFF),
    selected: rgb(0xCF_E3FC),
    danger: rgb(0xB4_2318),
    warning: rgb(0x86_5600),
    good: rgb(0x0F_7040),
    series_a: rgb(0x0A_5CC7),
    series_b: rgb(0xAD_5A00),
    span: rgb(0xFB_EBC0),
    span_selected: rgb(0xF4_CE63),
    no_data: rgb(0xFF_FFFF),
    cost: [rgb(0xFF_FFFF), rgb(0xFF_F1AE), rgb(0xFF_D592), rgb(0xF9_AFA4)],
    cost_line: [rgb(0xA4_B0BD), rgb(0x9A_8400), rgb(0x9E_5200), rgb(0x8E_140C)],
    category: [
        rgb(0x0A_5CC7),
        rgb(0xAD_5A00),
        rgb(0x0F_7040),
        rgb(0x8A_3AA0),
        rgb(0x7A_6A00),
        rgb(0x00_747C),
        rgb(0xA8_3A4E),
        rgb(0x55_626F),
    ],
    veil: Color32::from_black_alpha(70),
    shadow: Color32::from_black_alpha(40),
};

/// White and yellow on black: for eyes that need the most contrast, and bright surroundings.
pub(crate) static HIGH_CONTRAST: Tokens = Tokens {
    ground: rgb(0x00_0001),
    panel: rgb(0x00_0000),
    raised: rgb(0x1A_1A1A),
    hovered: rgb(0x33_3333),
    sunken: rgb(0x00_0000),
    stripe: rgb(0x0D_0D0D),
    border: rgb(0x8C_8C8C),
    outline: rgb(0xC8_C8C8),
    text: rgb(0xFF_FFFF),
    strong: rgb(0xFF_FFFF),
    weak: rgb(0xD6_D6D6),
    accent: rgb(0xFF_E14D),
    on_accent: rgb(0x00_0000),
    selected: rgb(0x00_3B7A),
    danger: rgb(0xFF_8F8A),
    warning: rgb(0xFF_C94D),
    good: rgb(0x7C_F0B0),
    series_a: rgb(0x57_A8F0),
    series_b: rgb(0xFF_C47A),
    span: rgb(0x3A_3100),
    span_selected: rgb(0x6B_5A00),
    no_data: rgb(0x00_0000),
    cost: [rgb(0x00_0000), rgb(0x2E_2C00), rgb(0x5A_3800), rgb(0x8A_2A22)],
    cost_line: [rgb(0x8C_8C8C), rgb(0xB3_A23A), rgb(0xFF_B454), rgb(0xFF_DAD6)],
    category: [
        rgb(0x6F_C3FF),
        rgb(0xFF_B454),
        rgb(0x7C_F0B0),
        rgb(0xE6_A6FF),
        rgb(0xFF_E14D),
        rgb(0x7D_F3F7),
        rgb(0xFF_A6A1),
        rgb(0xD6_D6D6),
    ],
    veil: Color32::from_black_alpha(190),
    shadow: Color32::from_black_alpha(0),
};

/// Black on white without grounds: on paper nothing is filled that does not mean something.
pub(crate) static PRINT: Tokens = Tokens {
    ground: rgb(0xFF_FFFF),
    panel: rgb(0xFF_FFFE),
    raised: rgb(0xF2_F2F2),
    hovered: rgb(0xE4_E4E4),
    sunken: rgb(0xFF_FFFF),
    stripe: rgb(0xFF_FFFF),
    border: rgb(0x8A_8A8A),
    outline: rgb(0x4A_4A4A),
    text: rgb(0x11_1111),
    strong: rgb(0x00_0000),
    weak: rgb(0x3D_3D3D),
    accent: rgb(0x00_3E8A),
    on_accent: rgb(0xFF_FFFF),
    selected: rgb(0xDC_DCDC),
    danger: rgb(0x8F_1008),
    warning: rgb(0x6B_4400),
    good: rgb(0x0B_5A33),
    series_a: rgb(0x00_3E8A),
    series_b: rgb(0x8A_4700),
    span: rgb(0xEF_EFEF),
    span_selected: rgb(0xD2_D2D2),
    no_data: rgb(0xFF_FFFF),
    cost: [rgb(0xFF_FFFF), rgb(0xF0_F0F0), rgb(0xDE_DEDE), rgb(0xC8_C8C8)],
    cost_line: [rgb(0x8A_8A8A), rgb(0x5A_5A5A), rgb(0x2E_2E2E), rgb(0x00_0000)],
    category: [
        rgb(0x00_3E8A),
        rgb(0x8A_4700),
        rgb(0x0B_5A33),
        rgb(0x5E_2475),
        rgb(0x5A_4E00),
        rgb(0x00_5158),
        rgb(0x7A_1E30),
        rgb(0x3D_3D3D),
    ],
    veil: Color32::from_black_alpha(40),
    shadow: Color32::from_black_alpha(0),
};

/// Light, saturated, with heavy lines: for a wall in a lit room, where pale greys vanish.
pub(crate) static PROJECTOR: Tokens = Tokens {
    ground: rgb(0xDD_E3EA),
    panel: rgb(0xFF_FFFD),
    raised: rgb(0xDF_E6EE),
    hovered: rgb(0xC9_D5E2),
    sunken: rgb(0xFF_FFFF),
    stripe: rgb(0xEF_F3F7),
    border: rgb(0x8C_99A8),
    outline: rgb(0x5B_6978),
    text: rgb(0x0A_1017),
    strong: rgb(0x00_0000),
    weak: rgb(0x36_434F),
    accent: rgb(0x00_46A8),
    on_accent: rgb(0xFF_FFFF),
    selected: rgb(0xA9_CDFA),
    danger: rgb(0x9C_1006),
    warning: rgb(0x6E_4300),
    good: rgb(0x00_592C),
    series_a: rgb(0x00_46A8),
    series_b: rgb(0xB0_4A00),
    span: rgb(0xFF_E9A8),
    span_selected: rgb(0xFF_C94A),
    no_data: rgb(0xFF_FFFF),
    cost: [rgb(0xFF_FFFF), rgb(0xFF_EE90), rgb(0xFF_C878), rgb(0xF9_9E92)],
    cost_line: [rgb(0x8C_99A8), rgb(0x8A_7400), rgb(0x8F_4700), rgb(0x7A_0A04)],
    category: [
        rgb(0x00_46A8),
        rgb(0xB0_4A00),
        rgb(0x00_592C),
        rgb(0x6E_2588),
        rgb(0x6A_5B00),
        rgb(0x00_5F66),
        rgb(0x8F_1F36),
        rgb(0x36_434F),
    ],
    veil: Color32::from_black_alpha(90),
    shadow: Color32::from_black_alpha(50),
};

/// Every theme with its name.
pub(crate) const THEMES: [(&str, &Tokens); 5] = [
    ("dark", &DARK),
    ("light", &LIGHT),
    ("high contrast", &HIGH_CONTRAST),
    ("print", &PRINT),
    ("projector", &PROJECTOR),
];

/// The tokens of the theme that `ui` is shown in.
pub(crate) fn of(ui: &egui::Ui) -> &'static Tokens {
    of_visuals(ui.visuals())
}

/// The tokens that these visuals were made of. They are known by the colour of their panels, of which no two themes have
/// the same: a look at five colours costs less than a question to the memory of the context for every row of a list.
pub(crate) fn of_visuals(visuals: &egui::Visuals) -> &'static Tokens {
    let own = THEMES.iter().find(|(_, tokens)| tokens.panel == visuals.panel_fill);
    own.map_or(if visuals.dark_mode { &DARK } else { &LIGHT }, |(_, tokens)| tokens)
}

/// Lengths, in points.
pub(crate) mod size {
    /// Between parts of one thing.
    pub(crate) const TIGHT: f32 = 4.0;
    /// Between things.
    pub(crate) const GAP: f32 = 8.0;
    /// Between groups, and inside panels.
    pub(crate) const WIDE: f32 = 12.0;
    /// Around a view.
    pub(crate) const PAGE: f32 = 16.0;
    /// Height of a row of a list.
    pub(crate) const ROW: f32 = 22.0;
    /// Height of a row of the heatmap.
    pub(crate) const HEAT_ROW: f32 = 20.0;
    /// Right of the plots and the heatmap: half of the last number of the axis, and the scroll bar of the heatmap.
    pub(crate) const EDGE: f32 = 22.0;
    /// Corner of controls.
    pub(crate) const CORNER: u8 = 4;
    /// Side of an icon.
    pub(crate) const ICON: f32 = 16.0;
    /// Body text.
    pub(crate) const TEXT: f32 = 13.0;
    /// Captions.
    pub(crate) const SMALL: f32 = 11.5;
    /// Evidence and numbers.
    pub(crate) const MONO: f32 = 12.5;
    /// Headings.
    pub(crate) const HEADING: f32 = 16.0;
    /// The name on the welcome screen.
    pub(crate) const TITLE: f32 = 28.0;
    /// The first sentence of a finding.
    pub(crate) const SENTENCE: f32 = 17.0;

    /// Left of the plots and the heatmap, in a view so wide: the vertical axes and the names of streams.
    pub(crate) fn gutter(width: f32) -> f32 {
        (width * 0.3).clamp(168.0, 300.0)
    }
}

/// How a value between 0 and 1 becomes a colour in the heatmap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ramp {
    /// Green over yellow to red.
    #[default]
    GreenYellowRed,
    /// Dark blue over grey to yellow: even in lightness, and readable with every kind of colour vision.
    /// Nuñez, Anderton, Renslow, "Optimizing colormaps with consideration for color vision deficiency", `PLoS` ONE 13 (2018).
    Cividis,
    /// Dark violet over green to yellow, readable with every kind of colour vision. Smith and van der Walt, matplotlib 2015.
    Viridis,
    /// Light to dark grey, for paper.
    Grey,
    /// What [`Self::Grey`] is on a dark ground, where the most has to be light; never chosen or kept by itself.
    #[serde(skip)]
    GreyOnDark,
}

const GREEN_YELLOW_RED: [Color32; 5] =
    [rgb(0x38_AD6B), rgb(0x9C_CB62), rgb(0xF8_E886), rgb(0xE9_8536), rgb(0xB3_161F)];

const CIVIDIS: [Color32; 9] = [
    rgb(0x00_204D),
    rgb(0x00_336F),
    rgb(0x39_486B),
    rgb(0x57_5C6D),
    rgb(0x70_7173),
    rgb(0x8A_8779),
    rgb(0xA6_9D75),
    rgb(0xC4_B56C),
    rgb(0xFF_EA46),
];

const VIRIDIS: [Color32; 5] =
    [rgb(0x44_0154), rgb(0x3B_528B), rgb(0x21_918C), rgb(0x5E_C962), rgb(0xFD_E725)];

const GREY: [Color32; 2] = [rgb(0xDA_DADA), rgb(0x10_1010)];

const GREY_ON_DARK: [Color32; 2] = [rgb(0x45_4545), rgb(0xF4_F4F4)];

impl Ramp {
    /// Every ramp, in the order of the settings.
    pub(crate) const ALL: [Self; 4] = [Self::GreenYellowRed, Self::Cividis, Self::Viridis, Self::Grey];

    /// What a person chooses it by.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::GreenYellowRed => "Green to red",
            Self::Cividis => "Colour-blind safe",
            Self::Viridis => "Viridis",
            Self::Grey | Self::GreyOnDark => "Grey",
        }
    }

    /// The one that the command for it changes to: the usual one, or one that every eye reads.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::GreenYellowRed => Self::Cividis,
            Self::Cividis | Self::Viridis | Self::Grey | Self::GreyOnDark => Self::GreenYellowRed,
        }
    }

    /// This ramp as a theme shows it: paper takes grey, whatever is chosen, since the darker of two inks is the more there.
    pub(crate) fn in_theme(self, tokens: &Tokens) -> Self {
        let is_paper = std::ptr::eq(tokens, &raw const PRINT);
        match self {
            _ if is_paper => Self::Grey,
            Self::Grey if tokens.ground.r() < 0x80 => Self::GreyOnDark,
            chosen => chosen,
        }
    }

    /// The colour at `share` (0 least, 1 most; clamped).
    pub(crate) fn at(self, share: f32) -> Color32 {
        let stops: &[Color32] = match self {
            Self::GreenYellowRed => &GREEN_YELLOW_RED,
            Self::Cividis => &CIVIDIS,
            Self::Viridis => &VIRIDIS,
            Self::Grey => &GREY,
            Self::GreyOnDark => &GREY_ON_DARK,
        };
        let place = share.clamp(0.0, 1.0) * (stops.len() - 1) as f32;
        let below = (place as usize).min(stops.len() - 2);
        stops[below].lerp_to_gamma(stops[below + 1], place - below as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn themes_are_told_apart_by_their_panels() {
        for (name, tokens) in THEMES {
            let visuals = egui::Visuals { panel_fill: tokens.panel, ..egui::Visuals::dark() };
            assert!(std::ptr::eq(of_visuals(&visuals), tokens), "{name}");
        }
    }

    #[test]
    fn ramp_runs_from_its_first_colour_to_its_last() {
        for (ramp, first, last) in [
            (Ramp::GreenYellowRed, GREEN_YELLOW_RED[0], GREEN_YELLOW_RED[4]),
            (Ramp::Cividis, CIVIDIS[0], CIVIDIS[8]),
            (Ramp::Viridis, VIRIDIS[0], VIRIDIS[4]),
            (Ramp::Grey, GREY[0], GREY[1]),
            (Ramp::GreyOnDark, GREY_ON_DARK[0], GREY_ON_DARK[1]),
        ] {
            assert_eq!(ramp.at(-1.0), first);
            assert_eq!(ramp.at(0.0), first);
            assert_eq!(ramp.at(1.0), last);
            assert_eq!(ramp.at(7.0), last);
        }
    }

    #[test]
    fn no_other_file_names_a_colour() {
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        let mut seen = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("the crate's own sources") {
                let path = entry.expect("the crate's own sources").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.file_name().is_some_and(|name| name != "tokens.rs") {
                    let source = std::fs::read_to_string(&path).expect("sources are text");
                    for needle in ["Color32::", "Rgba::", "from_rgb", "from_gray", "hex_color!"] {
                        assert!(!source.contains(needle), "{} names a colour: {needle}", path.display());
                    }
                    seen += 1;
                }
            }
        }
        assert!(seen > 10, "looked at {seen} files only");
    }
}
