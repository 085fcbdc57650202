//! What people who do not know the name of a command call it; the palette finds it by these words too.

use super::Command;

impl Command {
    /// Other words for it, in lower case; what name and tooltip say is not said again.
    pub(crate) const fn also(self) -> &'static str {
        match self {
            Self::OpenCapture => "load add file log ingest",
            Self::FollowFile => "tail live watch",
            Self::FollowFolder => "directory live watch",
            Self::OpenCase => "load project",
            Self::OpenSample => "demo example tutorial",
            Self::EncryptCase => "encryption password protect lock",
            Self::ChangePassphrase => "password encryption",
            Self::SaveDecrypted => "password encryption unlock",
            Self::AnalyzeAgain => "rerun analyse repeat",
            Self::ChooseAnchor => "reference drift",
            Self::CancelTasks => "abort",
            Self::ShowOverview => "timeline home dashboard",
            Self::ShowFinding => "anomaly explanation why",
            Self::ShowEvents => "logs records lines messages",
            Self::ShowBytes => "hex raw source",
            Self::ShowProblems => "errors warnings",
            Self::CheckCase => "verify integrity",
            Self::ShowTraces => "waterfall spans tracing",
            Self::ShowMap => "topology graph dependencies",
            Self::ShowMetrics => "charts graphs plots",
            Self::ShowCalls => "prompts ai chat price",
            Self::ShowMatrix => "matrix ncd",
            Self::ShowCompare | Self::CompareSelection | Self::CompareTime => "compare diff differences",
            Self::ShowStory => "narrative presentation report",
            Self::Present => "presentation slides projector fullscreen redact redacted redaction",
            Self::TogglePresenter => "speaker",
            Self::ManageViews => "delete",
            Self::ShowAudit => "log history",
            Self::ExportAudit => "save report proof share send",
            Self::ShowActivity => "notifications messages",
            Self::ShowSettings => {
                "preferences options timezone utc clock contrast dark light font redact redaction"
            }
            Self::ToggleBookmark => "star favorite favourite pin",
            Self::SearchFindings => "filter",
            Self::SearchEvents => "find filter grep query",
            Self::CopyEvents => "log",
            Self::ExportEvents => "save log report proof share send",
            Self::Acknowledge => "read done",
            Self::Dismiss => "false positive ignore normal",
            Self::Confirm => "true positive",
            Self::NoteFinding => "comment annotate",
            Self::TagFinding => "label",
            Self::TestFinding => "permutation significance p-value",
            Self::TogglePreview => "threshold sensitivity alpha fdr",
            Self::PanLeft | Self::PanRight => "pan scroll",
            Self::ResetZoom => "reset zoom fit",
            Self::ToggleRamp => "colors palette blind",
            Self::ToggleTheme => "dark mode night appearance",
            Self::ExportPlot => "save image screenshot report share send",
            Self::CopyCommandLine => "cli terminal reproduce proof",
            Self::ToggleLists | Self::ToggleExplanation => "sidebar panel",
            Self::ResetLayout => "tabs panes",
            Self::Shortcuts => "keys hotkeys help",
            Self::HelpOfView => "manual documentation",
            Self::Quit => "exit",
            _ => "",
        }
    }
}
