//! The fonts of the window, and which characters they have.
//!
//! What no font has is shown by its number (`docs/decisions/0017-other-scripts.md`).

use crate::theme::SEMIBOLD;
use egui::{FontData, FontDefinitions, FontFamily};
use skrifa::{FontRef, MetadataProvider as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most bytes of a font of the system: the largest of them for Chinese, Japanese and Korean take half of this.
const MOST_BYTES: u64 = 64 << 20;

/// Where systems have a font for Chinese, Japanese and Korean; below `%SystemRoot%` where a path is relative.
const SYSTEM: [&str; 15] = [
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/wenquanyi/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "/System/Library/Fonts/AppleSDGothicNeo.ttc",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "Fonts/msyh.ttc",
    "Fonts/YuGothM.ttc",
    "Fonts/malgun.ttf",
];

/// Gives `ctx` the fonts of this program, with one of the system behind them where there is one, and says to
/// [`case::inert`] what they have.
pub(crate) fn install(ctx: &egui::Context, system: Option<FontData>) {
    let fonts = definitions(system);
    let covered = Covered::by(&fonts);
    case::escape_undrawn(move |character| covered.has(character));
    ctx.set_fonts(fonts);
}

/// Looks for a font of the system, on a thread of its own: it is large, and nobody waits for it.
pub(crate) fn add_system_font(ctx: &egui::Context) {
    let ctx = ctx.clone();
    std::thread::spawn(move || {
        if let Some(font) = candidates().iter().find_map(|path| read(path)) {
            install(&ctx, Some(font));
            ctx.request_repaint();
        }
    });
}

fn candidates() -> Vec<PathBuf> {
    let root = std::env::var_os("SystemRoot").map(PathBuf::from);
    let place = |path: &&str| {
        let path = Path::new(path);
        if path.is_relative() { root.as_ref().map(|root| root.join(path)) } else { Some(path.to_owned()) }
    };
    SYSTEM.iter().filter_map(place).collect()
}

/// A font that can be read; a damaged one is passed over, since drawing with it would end the program.
fn read(path: &Path) -> Option<FontData> {
    let length = std::fs::metadata(path).ok()?.len();
    let bytes = (length <= MOST_BYTES).then(|| std::fs::read(path).ok()).flatten()?;
    FontRef::from_index(&bytes, 0).is_ok().then(|| FontData::from_owned(bytes))
}

/// Own fonts first; behind them egui's, for the symbols that these lack, then the system's.
fn definitions(system: Option<FontData>) -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let own: [(&str, &'static [u8]); 4] = [
        ("inter", include_bytes!("../../../assets/fonts/Inter-Regular.otf")),
        ("inter-semibold", include_bytes!("../../../assets/fonts/Inter-SemiBold.otf")),
        ("jetbrains-mono", include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf")),
        ("scripts", include_bytes!("../../../assets/fonts/NotoSans-Scripts.ttf")),
    ];
    for (name, bytes) in own {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let mut behind = vec!["scripts".to_owned()];
    behind.extend(fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default());
    if let Some(system) = system {
        fonts.font_data.insert("system".to_owned(), Arc::new(system));
        behind.push("system".to_owned());
    }
    let family =
        |first: &[&str]| first.iter().map(|&name| name.to_owned()).chain(behind.iter().cloned()).collect();
    fonts.families.insert(FontFamily::Proportional, family(&["inter", "jetbrains-mono"]));
    fonts.families.insert(FontFamily::Monospace, family(&["jetbrains-mono", "inter"]));
    fonts.families.insert(FontFamily::Name(SEMIBOLD.into()), family(&["inter-semibold", "jetbrains-mono"]));
    fonts
}

/// A bit a code point.
struct Covered(Vec<u64>);

impl Covered {
    /// What every family can draw: each ends in the same fonts, and those before them have Latin.
    fn by(fonts: &FontDefinitions) -> Self {
        let mut covered = Self(vec![0; (char::MAX as usize >> 6) + 1]);
        for data in fonts.families.get(&FontFamily::Proportional).into_iter().flatten() {
            let Some(data) = fonts.font_data.get(data) else { continue };
            let bytes: &[u8] = (*data.font).as_ref();
            let Ok(font) = FontRef::from_index(bytes, data.index) else { continue };
            for (point, _) in font.charmap().mappings() {
                if let Some(word) = covered.0.get_mut(point as usize >> 6) {
                    *word |= 1 << (point & 63);
                }
            }
        }
        covered
    }

    fn has(&self, character: char) -> bool {
        let point = character as usize;
        self.0.get(point >> 6).is_some_and(|word| word >> (point & 63) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_the_shipped_fonts_are_drawn_and_others_are_told_by_number() {
        let covered = Covered::by(&definitions(None));
        for text in [
            "naïve €",
            "Привет",
            "Ελλάδα",
            "مرحبا",
            "שלום",
            "नमस्ते",
            "สวัสดี",
            "გამარჯობა",
            "Բարեւ",
            "வணக்கம்",
            "নমস্কার",
            "→ ✓ ≥ …",
        ] {
            for character in text.chars() {
                assert!(covered.has(character), "{character:?} of {text}");
            }
        }
        for character in ['中', '語', '한', '\u{10fffd}', '\u{10ffff}'] {
            assert!(!covered.has(character), "{character:?}");
        }
    }

    #[test]
    fn egui_finds_what_is_covered() {
        let ctx = egui::Context::default();
        install(&ctx, None);
        ctx.run_ui(egui::RawInput::default(), |_| {}).textures_delta.clear();
        let families = [FontFamily::Proportional, FontFamily::Monospace, FontFamily::Name(SEMIBOLD.into())];
        for family in families {
            let font = egui::FontId::new(13.0, family);
            for (character, is_there) in [('م', true), ('ש', true), ('न', true), ('中', false)] {
                let has = ctx.fonts_mut(|fonts| fonts.has_glyph(&font, character));
                assert_eq!(has, is_there, "{character:?} in {:?}", font.family);
            }
        }
    }

    #[test]
    fn a_damaged_font_of_the_system_is_passed_over() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("damaged.ttc");
        std::fs::write(&path, b"ttcf but no more")?;
        assert!(read(&path).is_none() && read(&folder.path().join("absent.ttf")).is_none());
        let whole = folder.path().join("whole.otf");
        std::fs::write(&whole, include_bytes!("../../../assets/fonts/Inter-Regular.otf"))?;
        assert!(read(&whole).is_some());
        Ok(())
    }
}
