//! Every action of the window, once: its name, its words, its key, and what does the same on the command line.

mod also;
mod table;

pub use table::Command;

use crate::ui::icon::Icon;
use egui::{Key, KeyboardShortcut, Modifiers, PointerButton};

/// What does the same without a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twin {
    /// This command line.
    Line(&'static str),
    /// Nothing, and why.
    Absent(&'static str),
}

/// The words and the key of a command.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The command.
    pub command: Command,
    /// Stable name, for tests and settings.
    pub id: &'static str,
    /// On buttons and in menus; `…` where more is asked for.
    pub text: &'static str,
    /// What it does, in sentences.
    pub tooltip: &'static str,
    /// Its key.
    pub shortcut: Option<KeyboardShortcut>,
    /// What does the same without a window.
    pub twin: Twin,
}

/// Other ways to a command than its own key, in the order in which they are tried.
const QUESTION_MARK: [KeyboardShortcut; 2] = [
    KeyboardShortcut::new(Modifiers::NONE, Key::Questionmark),
    KeyboardShortcut::new(Modifiers::SHIFT, Key::Questionmark),
];

impl Command {
    /// The command of a stable name.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|command| command.spec().id == id)
    }

    /// Its icon, where it has one.
    pub(crate) const fn icon(self) -> Option<Icon> {
        Some(match self {
            Self::OpenCapture => Icon::Capture,
            Self::FollowFolder => Icon::Folder,
            Self::OpenCase | Self::ChooseAnchor => Icon::Case,
            Self::OpenSample => Icon::Sample,
            Self::CloseCase | Self::CancelTasks | Self::StopFollowing => Icon::Close,
            Self::ShowOverview | Self::LayoutTriage | Self::LayoutTimeline => Icon::Overview,
            Self::ShowFinding | Self::TestFinding => Icon::Finding,
            Self::ShowEvents => Icon::Events,
            Self::ShowBytes => Icon::Bytes,
            Self::ShowTraces | Self::ShowMap => Icon::Span,
            Self::ShowMetrics => Icon::Metric,
            Self::ShowCalls => Icon::Llm,
            Self::ShowCompare | Self::LayoutCompare => Icon::Compare,
            Self::Present | Self::ShowStory | Self::LayoutPresent => Icon::Picture,
            Self::ShowProblems => Icon::Notable,
            Self::ShowActivity | Self::ShowAudit => Icon::Log,
            Self::ShowSettings => Icon::Settings,
            Self::ToggleLists => Icon::SideLeft,
            Self::ToggleExplanation => Icon::SideRight,
            Self::Back => Icon::Back,
            Self::Forward | Self::FollowFile => Icon::Forward,
            Self::ToggleBookmark => Icon::Bookmark,
            Self::SearchFindings | Self::SearchEvents => Icon::Search,
            Self::Acknowledge | Self::Confirm | Self::ShowCoverage => Icon::Done,
            Self::ResetZoom | Self::ResetLayout | Self::AnalyzeAgain => Icon::Reset,
            Self::ShowMatrix | Self::ToggleTables => Icon::Table,
            Self::ToggleTheme => Icon::Theme,
            Self::ExportPlot | Self::ExportEvents => Icon::Export,
            Self::CopyCommandLine | Self::CopyEvents => Icon::Copy,
            Self::Palette => Icon::Command,
            Self::Shortcuts | Self::HelpOfView => Icon::Help,
            _ => return None,
        })
    }

    /// The key as this system writes it.
    pub(crate) fn shortcut_text(self, ctx: &egui::Context) -> Option<String> {
        self.spec().shortcut.map(|shortcut| ctx.format_shortcut(&shortcut))
    }

    /// Tooltip, key and command line, for hovering.
    pub(crate) fn hover_text(self, ctx: &egui::Context) -> String {
        let spec = self.spec();
        let key = self.shortcut_text(ctx).map(|text| format!("\nKey: {text}")).unwrap_or_default();
        let line = match spec.twin {
            Twin::Line(line) => format!("\nWithout a window: {line}"),
            Twin::Absent(_) => String::new(),
        };
        format!("{}{key}{line}", spec.tooltip)
    }

    /// Whether a text field that has the focus takes this key for itself.
    fn is_for_text(shortcut: KeyboardShortcut) -> bool {
        // Undo, and what deletes the letter, the words or the line before the cursor. Ctrl and K, which deletes the line
        // after it, is the way to everything from everywhere, and loses no text.
        const EDITS: [Key; 3] = [Key::H, Key::U, Key::W];
        let typed =
            !shortcut.modifiers.command && !shortcut.modifiers.alt && shortcut.logical_key.name().len() < 2;
        let is_undo = shortcut.modifiers.command && shortcut.logical_key == Key::Z;
        let edits =
            is_undo || shortcut.modifiers == Modifiers::COMMAND && EDITS.contains(&shortcut.logical_key);
        typed || edits || shortcut.logical_key == Key::Questionmark
    }

    /// The command whose key was pressed in this frame; the key is then used up.
    pub(crate) fn pressed(ui: &egui::Ui) -> Option<Self> {
        let typing = ui.ctx().text_edit_focused();
        let own = Self::ALL.iter().filter_map(|&command| Some((command.spec().shortcut?, command)));
        // A shortcut with more modifiers also matches one with fewer, so these are asked first.
        let mut by_modifiers: Vec<(KeyboardShortcut, Self)> =
            own.chain(QUESTION_MARK.map(|shortcut| (shortcut, Self::Shortcuts))).collect();
        by_modifiers.retain(|(shortcut, _)| !typing || !Self::is_for_text(*shortcut));
        by_modifiers.sort_by_key(|(shortcut, _)| {
            let m = shortcut.modifiers;
            std::cmp::Reverse(u8::from(m.shift) + u8::from(m.alt) + u8::from(m.command))
        });
        ui.input_mut(|input| {
            let key = by_modifiers.into_iter().find(|(shortcut, _)| input.consume_shortcut(shortcut));
            let button = |button| input.pointer.button_pressed(button);
            if key.is_some_and(|(shortcut, _)| shortcut.modifiers.alt) {
                // Some systems say the letter of such a key as text too, which the field that has the focus would take.
                input.events.retain(|event| !matches!(event, egui::Event::Text(_)));
            }
            match key {
                Some((_, command)) => Some(command),
                None if button(PointerButton::Extra1) => Some(Self::Back),
                None if button(PointerButton::Extra2) => Some(Self::Forward),
                None => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::table::{CTRL, CTRL_SHIFT};
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn commands_do_not_clash() {
        let mut ids = BTreeSet::new();
        let mut texts = BTreeSet::new();
        // What egui and text fields use themselves. Undo in a text field comes before undo of the view.
        let taken = [(CTRL, Key::Equals), (CTRL, Key::Plus), (CTRL, Key::Minus), (CTRL, Key::Num0)]
            .into_iter()
            .chain([Key::A, Key::C, Key::V, Key::X, Key::Y].map(|key| (CTRL, key)))
            // These reach the window as cut, copy and paste, with Shift too.
            .chain([Key::C, Key::V, Key::X].map(|key| (CTRL_SHIFT, key)));
        let mut keys: Vec<(Modifiers, Key)> = taken.collect();
        for command in Command::ALL {
            let spec = command.spec();
            assert_eq!(Command::from_id(spec.id), Some(*command));
            assert!(ids.insert(spec.id), "two commands are named {}", spec.id);
            assert!(texts.insert(spec.text), "two commands read {}", spec.text);
            assert!(
                spec.tooltip.len() > 8 && spec.tooltip.ends_with('.'),
                "{}: a tooltip is a sentence",
                spec.id
            );
            assert!(spec.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", spec.id);
            assert_eq!(spec.text.chars().next().map(char::is_uppercase), Some(true), "{}", spec.id);
            if let Some(shortcut) = spec.shortcut {
                let pair = (shortcut.modifiers, shortcut.logical_key);
                assert!(!keys.contains(&pair), "{} has a key that is taken: {pair:?}", spec.id);
                keys.push(pair);
            }
        }
    }

    #[test]
    fn every_command_has_a_twin_or_says_why_not() {
        for command in Command::ALL {
            match command.spec().twin {
                Twin::Line(line) => {
                    assert!(line.starts_with("driftlock ") || line == "Ctrl-C", "{command:?}: {line}");
                }
                Twin::Absent(why) => {
                    assert!(why.len() > 20 && why.ends_with('.'), "{command:?}: {why}");
                }
            }
        }
    }

    #[test]
    fn keys_that_write_text_are_left_to_text_fields() {
        let of = |command: Command| Command::is_for_text(command.spec().shortcut.expect("it has a key"));
        assert!(of(Command::Undo) && of(Command::Redo) && Command::is_for_text(QUESTION_MARK[1]));
        assert!(of(Command::CloseCase) && !of(Command::SaveView), "a word is deleted, and no case closed");
        assert!(!of(Command::NextFinding) && !of(Command::Back) && !of(Command::Palette));
    }
}
