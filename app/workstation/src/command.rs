//! Every action of the window, once: its name, its words, its key, and what does the same on the command line.

use crate::ui::icon::Icon;
use egui::{Key, KeyboardShortcut, Modifiers};

/// What a person can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Command {
    /// Choose captures and import them.
    OpenCapture,
    /// Choose a case and open it.
    OpenCase,
    /// Open the sample incident.
    OpenSample,
    /// Back to the welcome screen.
    CloseCase,
    /// Stop the running tasks.
    CancelTasks,
    /// Close the window.
    Quit,
    /// Bring the overview to the front.
    ShowOverview,
    /// Bring the finding to the front.
    ShowFinding,
    /// Bring the events to the front.
    ShowEvents,
    /// Bring the exact bytes of the selected event to the front.
    ShowBytes,
    /// Bring the problems of the captures to the front.
    ShowProblems,
    /// Select the next finding of the list.
    NextFinding,
    /// Select the previous finding of the list.
    PreviousFinding,
    /// Type into the search of the findings.
    SearchFindings,
    /// Show less time, larger.
    ZoomIn,
    /// Show more time.
    ZoomOut,
    /// Show earlier time.
    PanLeft,
    /// Show later time.
    PanRight,
    /// Show the time of the selection.
    ZoomToSelection,
    /// Show all the time.
    ResetZoom,
    /// Pictures as tables, and back.
    ToggleTables,
    /// NCD or score in the heatmap.
    ToggleQuantity,
    /// Green to red, or the colour-blind safe colours.
    ToggleRamp,
    /// Dark or light.
    ToggleTheme,
    /// Write the overview to a PNG file.
    ExportPlot,
    /// Put the command line that repeats the analysis on the clipboard.
    CopyCommandLine,
    /// Put the views back where they were at first.
    ResetLayout,
    /// Find a command by its name.
    Palette,
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
    /// What it does, in a sentence.
    pub tooltip: &'static str,
    /// Its key.
    pub shortcut: Option<KeyboardShortcut>,
    /// What does the same without a window; `None` where it is about the window itself.
    pub command_line: Option<&'static str>,
}

const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
const ALT: Modifiers = Modifiers::ALT;

const fn key(modifiers: Modifiers, key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(modifiers, key)
}

/// One a command, in the order of the enum.
const SPECS: [Spec; 28] = [
    entry(
        Command::OpenCapture,
        "open-capture",
        "Open capture…",
        "Import one or more capture files into a case and analyse them.",
        Some(key(CTRL, Key::O)),
        Some("driftlock FILE…"),
    ),
    entry(
        Command::OpenCase,
        "open-case",
        "Open case…",
        "Open a .driftlock file that was made before.",
        Some(key(CTRL_SHIFT, Key::O)),
        Some("driftlock CASE"),
    ),
    entry(
        Command::OpenSample,
        "open-sample",
        "Try the sample incident",
        "Open the recorded incident that comes with the program.",
        None,
        Some("driftlock sample-data/…"),
    ),
    entry(
        Command::CloseCase,
        "close-case",
        "Close case",
        "Back to the welcome screen. The case file stays.",
        Some(key(CTRL, Key::W)),
        None,
    ),
    entry(
        Command::CancelTasks,
        "cancel-tasks",
        "Cancel running tasks",
        "Stop importing and analysing. What is already in the case stays, and opening the capture again goes on from there.",
        Some(key(CTRL, Key::Period)),
        Some("Ctrl-C"),
    ),
    entry(Command::Quit, "quit", "Quit", "Close the window.", Some(key(CTRL, Key::Q)), None),
    entry(
        Command::ShowOverview,
        "show-overview",
        "Show overview",
        "Compression over time, and the heatmap of all streams.",
        Some(key(CTRL, Key::Num1)),
        Some("driftlock findings CASE"),
    ),
    entry(
        Command::ShowFinding,
        "show-finding",
        "Show finding",
        "The selected finding: what was seen, what drove it, how sure it is.",
        Some(key(CTRL, Key::Num2)),
        Some("driftlock explain CASE FINDING"),
    ),
    entry(
        Command::ShowEvents,
        "show-events",
        "Show in events",
        "The events of the stream, at the selection.",
        Some(key(CTRL, Key::Num3)),
        Some("driftlock events CASE --stream STREAM"),
    ),
    entry(
        Command::ShowBytes,
        "show-bytes",
        "Show exact bytes",
        "The bytes of the capture that the selected event was read from.",
        Some(key(CTRL, Key::Num4)),
        Some("driftlock events CASE --stream STREAM --json"),
    ),
    entry(
        Command::ShowProblems,
        "show-problems",
        "Show problems",
        "Records of the captures that could not be read, each with its place.",
        Some(key(CTRL, Key::Num5)),
        Some("driftlock info CASE"),
    ),
    entry(
        Command::NextFinding,
        "next-finding",
        "Next finding",
        "Select the next finding of the list.",
        Some(key(Modifiers::NONE, Key::F8)),
        None,
    ),
    entry(
        Command::PreviousFinding,
        "previous-finding",
        "Previous finding",
        "Select the previous finding of the list.",
        Some(key(Modifiers::SHIFT, Key::F8)),
        None,
    ),
    entry(
        Command::SearchFindings,
        "search-findings",
        "Search findings",
        "Find findings by their words.",
        Some(key(CTRL, Key::F)),
        None,
    ),
    entry(
        Command::ZoomIn,
        "zoom-in",
        "Zoom in",
        "Show less time, larger.",
        Some(key(ALT, Key::ArrowUp)),
        None,
    ),
    entry(Command::ZoomOut, "zoom-out", "Zoom out", "Show more time.", Some(key(ALT, Key::ArrowDown)), None),
    entry(
        Command::PanLeft,
        "pan-left",
        "Earlier",
        "Move to earlier time.",
        Some(key(ALT, Key::ArrowLeft)),
        None,
    ),
    entry(
        Command::PanRight,
        "pan-right",
        "Later",
        "Move to later time.",
        Some(key(ALT, Key::ArrowRight)),
        None,
    ),
    entry(
        Command::ZoomToSelection,
        "zoom-to-selection",
        "Zoom to selection",
        "Show the time of the selected finding or window.",
        Some(key(ALT, Key::End)),
        None,
    ),
    entry(
        Command::ResetZoom,
        "reset-zoom",
        "Show all",
        "Show the whole time of the case.",
        Some(key(ALT, Key::Home)),
        None,
    ),
    entry(
        Command::ToggleTables,
        "toggle-tables",
        "Show as table",
        "The numbers behind the pictures.",
        Some(key(CTRL, Key::T)),
        Some("driftlock analyze FILE… --json"),
    ),
    entry(
        Command::ToggleQuantity,
        "toggle-quantity",
        "Switch heatmap between NCD and score",
        "NCD compares whole pieces; the score sums what the dearest events cost.",
        Some(key(CTRL_SHIFT, Key::H)),
        None,
    ),
    entry(
        Command::ToggleRamp,
        "toggle-ramp",
        "Switch colour-blind safe colours",
        "Green to red, or colours that every eye tells apart.",
        Some(key(CTRL_SHIFT, Key::R)),
        None,
    ),
    entry(
        Command::ToggleTheme,
        "toggle-theme",
        "Switch light and dark",
        "Light or dark window.",
        Some(key(CTRL_SHIFT, Key::L)),
        None,
    ),
    entry(
        Command::ExportPlot,
        "export-plot",
        "Export picture…",
        "Write the overview, as it is shown now, to a PNG file.",
        Some(key(CTRL, Key::E)),
        None,
    ),
    entry(
        Command::CopyCommandLine,
        "copy-command-line",
        "Copy command line",
        "The command line that repeats this analysis and explains the selected finding.",
        Some(key(CTRL_SHIFT, Key::K)),
        Some("driftlock explain CASE FINDING"),
    ),
    entry(
        Command::ResetLayout,
        "reset-layout",
        "Reset layout",
        "Put the views back in their first places.",
        None,
        None,
    ),
    entry(
        Command::Palette,
        "palette",
        "Find a command…",
        "Every action, by name.",
        Some(key(CTRL, Key::K)),
        None,
    ),
];

const fn entry(
    command: Command,
    id: &'static str,
    text: &'static str,
    tooltip: &'static str,
    shortcut: Option<KeyboardShortcut>,
    command_line: Option<&'static str>,
) -> Spec {
    Spec { command, id, text, tooltip, shortcut, command_line }
}

impl Command {
    /// Every command, in the order of the palette.
    pub const ALL: [Self; 28] = [
        Self::OpenCapture,
        Self::OpenCase,
        Self::OpenSample,
        Self::CloseCase,
        Self::CancelTasks,
        Self::ShowOverview,
        Self::ShowFinding,
        Self::ShowEvents,
        Self::ShowBytes,
        Self::ShowProblems,
        Self::NextFinding,
        Self::PreviousFinding,
        Self::SearchFindings,
        Self::ZoomIn,
        Self::ZoomOut,
        Self::PanLeft,
        Self::PanRight,
        Self::ZoomToSelection,
        Self::ResetZoom,
        Self::ToggleTables,
        Self::ToggleQuantity,
        Self::ToggleRamp,
        Self::ToggleTheme,
        Self::ExportPlot,
        Self::CopyCommandLine,
        Self::ResetLayout,
        Self::Palette,
        Self::Quit,
    ];

    /// Its words and its key.
    pub const fn spec(self) -> Spec {
        SPECS[self as usize]
    }

    /// Its icon, where it has one.
    pub(crate) const fn icon(self) -> Option<Icon> {
        Some(match self {
            Self::OpenCapture => Icon::Capture,
            Self::OpenCase => Icon::Case,
            Self::OpenSample => Icon::Sample,
            Self::CloseCase | Self::CancelTasks => Icon::Close,
            Self::ShowOverview => Icon::Overview,
            Self::ShowFinding => Icon::Finding,
            Self::ShowEvents => Icon::Events,
            Self::ShowBytes => Icon::Bytes,
            Self::ShowProblems => Icon::Notable,
            Self::SearchFindings => Icon::Search,
            Self::ResetZoom => Icon::Reset,
            Self::ToggleTables => Icon::Table,
            Self::ToggleTheme => Icon::Theme,
            Self::ExportPlot => Icon::Export,
            Self::CopyCommandLine => Icon::Copy,
            Self::Palette => Icon::Command,
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
        let line = spec.command_line.map(|line| format!("\nWithout a window: {line}")).unwrap_or_default();
        format!("{}{key}{line}", spec.tooltip)
    }

    /// The command whose key was pressed in this frame; the key is then used up.
    pub(crate) fn pressed(ui: &egui::Ui) -> Option<Self> {
        // A shortcut with more modifiers also matches one with fewer, so these are asked first.
        let mut by_modifiers: Vec<(KeyboardShortcut, Self)> =
            Self::ALL.into_iter().filter_map(|command| Some((command.spec().shortcut?, command))).collect();
        by_modifiers.sort_by_key(|(shortcut, _)| {
            let m = shortcut.modifiers;
            std::cmp::Reverse(u8::from(m.shift) + u8::from(m.alt) + u8::from(m.command))
        });
        ui.input_mut(|input| {
            by_modifiers
                .into_iter()
                .find(|(shortcut, _)| input.consume_shortcut(shortcut))
                .map(|(_, command)| command)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn commands_do_not_clash() {
        let mut ids = BTreeSet::new();
        let mut texts = BTreeSet::new();
        // What egui and text fields use themselves.
        let taken = [(CTRL, Key::Equals), (CTRL, Key::Plus), (CTRL, Key::Minus), (CTRL, Key::Num0)]
            .into_iter()
            .chain([Key::A, Key::C, Key::V, Key::X, Key::Z, Key::Y].map(|key| (CTRL, key)))
            // These reach the window as cut, copy and paste, with Shift too.
            .chain([Key::C, Key::V, Key::X].map(|key| (CTRL_SHIFT, key)));
        let mut keys: Vec<(Modifiers, Key)> = taken.collect();
        for command in Command::ALL {
            let spec = command.spec();
            assert_eq!(spec.command, command, "the table is in the order of the enum");
            assert!(ids.insert(spec.id), "two commands are named {}", spec.id);
            assert!(texts.insert(spec.text), "two commands read {}", spec.text);
            assert!(spec.tooltip.ends_with('.'), "{}: a tooltip is a sentence", spec.id);
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
    fn every_command_is_in_the_list() {
        let mut all = Command::ALL;
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "a command stands twice");
        // Discriminants run from 0, so the last one tells how many there are.
        assert_eq!(Command::Palette as usize + 1, Command::ALL.len());
    }
}
