//! What the window remembers between runs: recent cases and choices of display, as JSON in the user's folder.

use crate::layout::Layout;
use crate::redaction::Redact;
use crate::settings::Analysis;
use crate::tokens::Ramp;
use crate::words::Zone;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Recent cases kept.
const RECENT: usize = 10;

/// Commands last used that are kept.
const USED: usize = 12;

/// Sizes of everything that can be chosen, in percent.
pub(crate) const PERCENT: std::ops::RangeInclusive<u16> = 70..=250;

/// The look of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ThemeChoice {
    /// As the desktop is.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
    /// White and yellow on black.
    HighContrast,
    /// Black on white, for paper.
    Print,
    /// For a wall in a lit room.
    Projector,
}

impl ThemeChoice {
    /// Every choice, in the order of the settings.
    pub(crate) const ALL: [Self; 6] =
        [Self::System, Self::Dark, Self::Light, Self::HighContrast, Self::Print, Self::Projector];

    /// The words that it is chosen by.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::System => "As the desktop",
            Self::Dark => "Dark",
            Self::Light => "Light",
            Self::HighContrast => "High contrast",
            Self::Print => "Print",
            Self::Projector => "Projector",
        }
    }
}

impl From<ThemeChoice> for egui::ThemePreference {
    fn from(choice: ThemeChoice) -> Self {
        match choice {
            ThemeChoice::System => Self::System,
            ThemeChoice::Dark | ThemeChoice::HighContrast => Self::Dark,
            ThemeChoice::Light | ThemeChoice::Print | ThemeChoice::Projector => Self::Light,
        }
    }
}

/// The remembered choices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Prefs {
    /// The look of the window.
    pub(crate) theme: ThemeChoice,
    /// Size of everything, in percent.
    pub(crate) percent: u16,
    /// Colours of the heatmap.
    pub(crate) ramp: Ramp,
    /// In which zone times are shown.
    pub(crate) zone: Zone,
    /// How the next analysis is made.
    pub(crate) analysis: Analysis,
    /// Import captures that are chosen or dropped at once, as they are recognised.
    pub(crate) import_without_asking: bool,
    /// What is taken out of what is presented.
    pub(crate) present_redact: Redact,
    /// Present cases without redacting what is shown.
    pub(crate) present_in_the_clear: bool,
    /// A second window for whoever speaks, while a story is presented.
    pub(crate) presenter_window: bool,
    /// Cases opened, latest first.
    pub(crate) recent: Vec<PathBuf>,
    /// Ids of the commands run from the palette, latest first.
    pub(crate) used: Vec<String>,
    /// Where the views were put last, for cases that have no layout of their own.
    pub(crate) layout: Option<Layout>,
}

impl Default for Prefs {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::default(),
            percent: 100,
            ramp: Ramp::default(),
            zone: Zone::default(),
            analysis: Analysis::default(),
            import_without_asking: false,
            present_redact: Redact::Personal,
            present_in_the_clear: false,
            presenter_window: false,
            recent: Vec::new(),
            used: Vec::new(),
            layout: None,
        }
    }
}

impl Prefs {
    /// Reads them; where there are none yet, the defaults.
    pub(crate) fn load(folder: &Path) -> Result<Self, String> {
        let path = file(folder);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(format!("{}: {error}", path.display())),
        };
        let read: Self =
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        match read.problem() {
            Some(why) => Err(format!("{}: {why}", path.display())),
            None => Ok(read),
        }
    }

    /// What in a file that somebody has edited cannot be meant.
    fn problem(&self) -> Option<String> {
        let far = matches!(self.zone, Zone::Fixed(minutes) if minutes.unsigned_abs() > Zone::FARTHEST_MINUTES.unsigned_abs());
        if far {
            return Some("the time zone is farther from UTC than any on earth".to_owned());
        }
        if !PERCENT.contains(&self.percent) {
            return Some(format!("percent has to lie between {} and {}", PERCENT.start(), PERCENT.end()));
        }
        self.analysis.problem().map(str::to_owned)
    }

    /// Writes them whole or not at all.
    pub(crate) fn save(&self, folder: &Path) -> Result<(), String> {
        let path = file(folder);
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        let next = path.with_extension("json.new");
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&next, text))
            .and_then(|()| std::fs::rename(&next, &path))
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    /// The rules that presentations are shown through; none where a person said so.
    pub(crate) fn presented_through(&self) -> Option<ingest::Redaction> {
        self.present_redact.rules().filter(|_| !self.present_in_the_clear)
    }

    /// Puts a case on top of the recent ones.
    pub(crate) fn remember(&mut self, case: &Path) {
        self.recent.retain(|path| path != case);
        self.recent.insert(0, case.to_owned());
        self.recent.truncate(RECENT);
    }

    /// Puts a command on top of those used.
    pub(crate) fn use_command(&mut self, id: &str) {
        self.used.retain(|used| used != id);
        self.used.insert(0, id.to_owned());
        self.used.truncate(USED);
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("workstation.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_was_written() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let deep = folder.path().join("not/yet/there");
        assert_eq!(Prefs::load(&deep)?, Prefs::default());
        let mut prefs = Prefs {
            theme: ThemeChoice::Projector,
            percent: 150,
            ramp: Ramp::Cividis,
            zone: Zone::Fixed(330),
            layout: Some(Layout::of(&crate::layout::timeline())),
            ..Prefs::default()
        };
        prefs.use_command("undo");
        for name in ["a", "b", "c", "b"] {
            prefs.remember(Path::new(name));
        }
        assert_eq!(prefs.recent, [Path::new("b"), Path::new("c"), Path::new("a")]);
        prefs.save(&deep)?;
        assert_eq!(Prefs::load(&deep)?, prefs);
        std::fs::write(file(&deep), r#"{"theme":"dark","recent":["a"]}"#)?;
        let older = Prefs::load(&deep)?;
        assert_eq!(
            (older.theme, older.percent),
            (ThemeChoice::Dark, 100),
            "what is not there is as at first"
        );
        for (bad, word) in [
            (r#"{"percent":9000}"#, "percent"),
            (r#"{"zone":{"fixed":9000}}"#, "time zone"),
            (r#"{"analysis":{"lenses":[]}}"#, "lens"),
        ] {
            std::fs::write(file(&deep), bad)?;
            assert!(Prefs::load(&deep).is_err_and(|why| why.contains(word)), "{bad}");
        }
        std::fs::write(file(&deep), "{ not json")?;
        assert!(Prefs::load(&deep).is_err_and(|why| why.contains("workstation.json")));
        Ok(())
    }
}
