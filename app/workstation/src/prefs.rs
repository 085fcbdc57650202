//! What the window remembers between runs: recent cases and choices of display, as JSON in the user's folder.

use crate::tokens::Ramp;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Recent cases kept.
const RECENT: usize = 10;

/// Light, dark, or as the desktop is.
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
}

impl From<ThemeChoice> for egui::ThemePreference {
    fn from(choice: ThemeChoice) -> Self {
        match choice {
            ThemeChoice::System => Self::System,
            ThemeChoice::Dark => Self::Dark,
            ThemeChoice::Light => Self::Light,
        }
    }
}

/// The remembered choices.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Prefs {
    /// Light or dark.
    pub(crate) theme: ThemeChoice,
    /// Colours of the heatmap.
    pub(crate) ramp: Ramp,
    /// Cases opened, latest first.
    pub(crate) recent: Vec<PathBuf>,
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
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
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

    /// Puts a case on top of the recent ones.
    pub(crate) fn remember(&mut self, case: &Path) {
        self.recent.retain(|path| path != case);
        self.recent.insert(0, case.to_owned());
        self.recent.truncate(RECENT);
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
        let mut prefs = Prefs { theme: ThemeChoice::Light, ramp: Ramp::Cividis, recent: Vec::new() };
        for name in ["a", "b", "c", "b"] {
            prefs.remember(Path::new(name));
        }
        assert_eq!(prefs.recent, [Path::new("b"), Path::new("c"), Path::new("a")]);
        prefs.save(&deep)?;
        assert_eq!(Prefs::load(&deep)?, prefs);
        std::fs::write(file(&deep), "{ not json")?;
        assert!(Prefs::load(&deep).is_err_and(|why| why.contains("workstation.json")));
        Ok(())
    }
}
