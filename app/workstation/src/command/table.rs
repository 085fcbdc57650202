//! Every command with its words, once. The order is that of the palette.

use super::{Spec, Twin};
use egui::{Key, KeyboardShortcut, Modifiers};

pub(super) const CTRL: Modifiers = Modifiers::COMMAND;
pub(super) const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
const ALT: Modifiers = Modifiers::ALT;
const ALT_SHIFT: Modifiers = Modifiers::ALT.plus(Modifiers::SHIFT);
const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;

/// Why a command about the window has no twin without one.
const ONLY_LOOKS: Twin = Twin::Absent("It changes how the window shows a case, and no result.");
/// Why moving in the window has no twin.
const ONLY_MOVES: Twin = Twin::Absent("It moves in the window; the command line is given the place itself.");

const fn line(text: &'static str) -> Twin {
    Twin::Line(text)
}

const fn key(modifiers: Modifiers, key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(modifiers, key)
}

macro_rules! commands {
    ($($name:ident, $id:literal, $text:literal, $shortcut:expr, $twin:expr, $tooltip:literal;)*) => {
        /// What a person can do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Command { $(#[doc = $tooltip] $name,)* }

        impl Command {
            /// Every command, in the order of the palette.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its words and its key.
            pub const fn spec(self) -> Spec {
                match self {
                    $(Self::$name => Spec {
                        command: self,
                        id: $id,
                        text: $text,
                        tooltip: $tooltip,
                        shortcut: $shortcut,
                        twin: $twin,
                    },)*
                }
            }
        }
    };
}

commands! {
    OpenCapture, "open-capture", "Open capture…", Some(key(CTRL, Key::O)), line("driftlock FILE…"),
        "Import one or more capture files into a case and analyse them.";
    FollowFile, "follow-file", "Follow a growing file…", Some(key(CTRL_SHIFT, Key::Y)),
        line("driftlock follow CASE FILE"),
        "Import a file while it is still written, and keep the analysis up to date as it grows.";
    FollowFolder, "follow-folder", "Follow a folder…", None, line("driftlock follow CASE FOLDER"),
        "Import every capture that is in a folder or drops into it, and keep the analysis up to date.";
    StopFollowing, "stop-following", "Stop following", None, line("Ctrl-C"),
        "End the import of a growing file or of a folder. The case keeps what it has, and following it again goes on from there.";
    OpenCase, "open-case", "Open case…", Some(key(CTRL_SHIFT, Key::O)), line("driftlock CASE"),
        "Open a .driftlock file that was made before.";
    OpenSample, "open-sample", "Try the sample incident", None, line("driftlock sample-data/…"),
        "Open the recorded incident that comes with the program.";
    CloseCase, "close-case", "Close case", Some(key(CTRL, Key::W)), ONLY_LOOKS,
        "Back to the welcome screen. The case file stays.";
    EncryptCase, "encrypt-case", "Encrypt this case…", None, line("driftlock case encrypt CASE"),
        "Encipher the whole case under a passphrase. Without the passphrase nobody can open it again.";
    ChangePassphrase, "change-passphrase", "Change passphrase…", None, line("driftlock case passphrase CASE"),
        "Encipher the case anew under another passphrase. Copies from before keep the old one.";
    SaveDecrypted, "save-decrypted", "Save a decrypted copy…", None,
        line("driftlock case decrypt CASE --out OUT.driftlock"),
        "Write the case to another file that everybody can read who has it. The case stays encrypted.";
    AnalyzeAgain, "analyze-again", "Analyze again with these settings", Some(key(CTRL_SHIFT, Key::Enter)),
        line("driftlock analyze CASE --profile PROFILE --baseline BASELINE --seed SEED"),
        "Start a new run over this case with the settings of the analysis. Earlier runs stay.";
    ChooseAnchor, "choose-anchor", "Compare with another case…", None,
        line("driftlock analyze CASE --baseline anchor:FILE.driftlock"),
        "Start a new run whose baseline is another, healthy case, and show how far each stream has drifted from it.";
    CancelTasks, "cancel-tasks", "Cancel running tasks", Some(key(CTRL, Key::Period)), line("Ctrl-C"),
        "Stop importing and analysing. What is already in the case stays, and opening the capture again goes on from there.";
    ShowOverview, "show-overview", "Show overview", Some(key(CTRL, Key::Num1)), line("driftlock findings CASE"),
        "Compression over time, and the heatmap of all streams.";
    ShowFinding, "show-finding", "Show finding", Some(key(CTRL, Key::Num2)), line("driftlock explain CASE FINDING"),
        "The selected finding: what was seen, what drove it, how sure it is.";
    ShowEvents, "show-events", "Show in events", Some(key(CTRL, Key::Num3)), line("driftlock events CASE --stream STREAM"),
        "The events of the stream, at the selection.";
    ShowBytes, "show-bytes", "Show exact bytes", Some(key(CTRL, Key::Num4)),
        line("driftlock events CASE --stream STREAM --json"),
        "The bytes of the capture that the selected event was read from.";
    ShowProblems, "show-problems", "Show problems", Some(key(CTRL, Key::Num5)), line("driftlock info CASE"),
        "What import or analysis could not read: rejected records, damaged blocks, streams that were not scored, each with its place.";
    CheckCase, "check-case", "Check for damage", None, line("driftlock case verify CASE"),
        "Hash every block of the case again and look for what does not fit. What is found is listed among the problems.";
    ShowTraces, "show-traces", "Show traces", Some(key(NONE, Key::F6)), line("driftlock traces CASE"),
        "The traces of the time shown, with the trace of the selected event, and the map of services.";
    ShowMap, "show-map", "Show service map", Some(key(CTRL, Key::F6)), line("driftlock traces CASE"),
        "Which service calls which in the time shown: calls a second, errors, durations.";
    ShowMetrics, "show-metrics", "Show metrics", Some(key(NONE, Key::F7)), line("driftlock series CASE STREAM"),
        "Series of metrics over the time shown, one by one or on one axis, with their findings.";
    ShowCalls, "show-calls", "Show LLM calls", Some(key(NONE, Key::F9)), line("driftlock calls CASE"),
        "Calls to language models in the time shown: messages, tokens, cost, latency, tools, totals by model.";
    ShowMatrix, "show-matrix", "Show blocks", Some(key(NONE, Key::F10)), line("driftlock matrix CASE STREAM"),
        "The distance of each block of the stream to each other, and any two blocks side by side.";
    MakeMatrix, "make-matrix", "Measure block against block", Some(key(SHIFT, Key::F10)),
        line("driftlock matrix CASE STREAM --codec CODEC --blocks N"),
        "Cut the stream shown into blocks and code each of them with each other. Nothing is kept in the case.";
    KeepCall, "keep-call", "Compare prompts with this one", Some(key(SHIFT, Key::F9)),
        line("driftlock calls CASE --call STREAM:POSITION --compare STREAM:POSITION"),
        "Keep the call that is shown; the prompt of the next one is compared with it.";
    KeepTrace, "keep-trace", "Compare traces with this one", Some(key(SHIFT, Key::F6)),
        line("driftlock traces CASE --trace ID --compare ID"),
        "Keep the trace that is shown; the next one is compared with it.";
    ShowCompare, "show-compare", "Show comparison", Some(key(NONE, Key::F4)), line("driftlock compare CASE SUBJECT SUBJECT"),
        "What is new, gone or shifted between captures, runs, ranges of time, or the selection and the rest.";
    CompareSelection, "compare-selection", "What is different about this selection", Some(key(CTRL_SHIFT, Key::D)),
        line("driftlock compare CASE FINDING"),
        "Compare the events of the selected finding or window with all others of their stream.";
    CompareTime, "compare-time", "What is different about this time", Some(key(CTRL_SHIFT, Key::G)),
        line("driftlock compare CASE START..END"),
        "Compare the time shown with the rest of the time, over all streams.";
    KeepTime, "keep-time", "Compare times with this one", Some(key(SHIFT, Key::F4)),
        line("driftlock compare CASE START..END START..END"),
        "Keep the time that is shown; the time shown next is compared with it.";
    ShowStory, "show-story", "Show story", Some(key(CTRL, Key::Num7)), line("driftlock story CASE"),
        "The steps of the story that is told of the case: titles, notes, and what each of them shows.";
    AddToStory, "add-to-story", "Add this view to the story", Some(key(CTRL_SHIFT, Key::N)),
        line("driftlock story CASE add SUBJECT TITLE"),
        "Make a step of what is shown now: views, selection, time, lens. It is a decision in the audit chain.";
    Present, "present", "Present", Some(key(NONE, Key::F5)),
        Twin::Absent("It shows the case on a screen; `driftlock story` lists the steps."),
        "Show the story full screen, from the selected step on. What names a person or is secret is taken out first.";
    TogglePresenter, "toggle-presenter", "Presenter window on or off", None, ONLY_LOOKS,
        "While presenting, a second window for whoever speaks: notes, the step that comes next, the time gone by. Put it on your own display.";
    SetStep, "set-step", "Let the step show this view", None, line("driftlock story CASE set STEP --about SUBJECT --view NAME"),
        "The selected step shows from now on what is shown now.";
    MoveStepUp, "move-step-up", "Move step up", Some(key(ALT, Key::PageUp)), line("driftlock story CASE move STEP PLACE"),
        "The selected step comes before the one that is before it.";
    MoveStepDown, "move-step-down", "Move step down", Some(key(ALT, Key::PageDown)), line("driftlock story CASE move STEP PLACE"),
        "The selected step comes after the one that is after it.";
    RemoveStep, "remove-step", "Remove step", None, line("driftlock story CASE remove STEP"),
        "Take the selected step out of the story. The audit chain keeps that it was there.";
    UndoStory, "undo-story", "Undo change of story", Some(key(CTRL_SHIFT, Key::U)),
        Twin::Absent("It takes back what this window did last; without one, `driftlock story CASE set`, `move` and `remove` make each change."),
        "Make the story what it was before the last change.";
    SaveView, "save-view", "Save this view as…", Some(key(CTRL_SHIFT, Key::W)), line("driftlock view CASE save NAME"),
        "Give what is shown now a name, to show it again from the menu or by its name in the palette.";
    ManageViews, "manage-views", "Saved views…", Some(key(CTRL_SHIFT, Key::M)), line("driftlock view CASE"),
        "Every saved view of the case, to show it again or to remove it.";
    ShowCoverage, "show-coverage", "Show coverage", Some(key(CTRL, Key::Num8)), line("driftlock coverage CASE"),
        "What of the case has been looked at and what not: streams, findings, time, problems.";
    NextUnseen, "next-unseen", "Next finding not opened", Some(key(CTRL, Key::F8)), line("driftlock coverage CASE"),
        "Open the first finding by rank that nobody has opened yet.";
    ShowAudit, "show-audit", "Show audit", Some(key(CTRL, Key::Num9)), line("driftlock audit CASE"),
        "Who did what to the case, and when; the chain is computed again and said where it is broken.";
    CopyAudit, "copy-audit", "Copy audit rows", None, line("driftlock audit CASE --csv"),
        "Put the rows of the audit chain that are listed on the clipboard as CSV.";
    ExportAudit, "export-audit", "Export audit rows…", None, line("driftlock audit CASE --csv"),
        "Write the rows of the audit chain that are listed to a CSV file.";
    ShowActivity, "show-activity", "Show activity", Some(key(CTRL, Key::Num6)),
        Twin::Absent("The command line prints progress and notices where it runs."),
        "Running tasks with their progress, and every notice of this session.";
    ShowSettings, "show-settings", "Settings…", Some(key(CTRL, Key::Comma)), line("driftlock analyze --help"),
        "Theme, sizes, time zone, what is redacted, and how the next analysis is made.";
    Back, "back", "Back", Some(key(ALT, Key::ArrowLeft)), ONLY_MOVES,
        "To what was selected before. Mouse button 4 does the same.";
    Forward, "forward", "Forward", Some(key(ALT, Key::ArrowRight)), ONLY_MOVES,
        "To what was selected before going back. Mouse button 5 does the same.";
    Undo, "undo", "Undo change of view", Some(key(CTRL, Key::Z)), ONLY_LOOKS,
        "Take back the last change of selection, range or display. No evidence and no run is changed.";
    Redo, "redo", "Redo change of view", Some(key(CTRL_SHIFT, Key::Z)), ONLY_LOOKS,
        "Do again what was taken back.";
    NextFinding, "next-finding", "Next finding", Some(key(NONE, Key::F8)), ONLY_MOVES,
        "Select the next finding of the list.";
    PreviousFinding, "previous-finding", "Previous finding", Some(key(SHIFT, Key::F8)), ONLY_MOVES,
        "Select the previous finding of the list.";
    ToggleBookmark, "toggle-bookmark", "Bookmark selection", Some(key(CTRL, Key::D)), line("driftlock bookmark CASE SUBJECT NAME"),
        "Remember the selection and the range of time in this case, or forget them again. It is a decision in the audit chain.";
    SearchFindings, "search-findings", "Search findings", Some(key(CTRL, Key::F)), line("driftlock findings CASE --search WORDS"),
        "Find findings by their words.";
    SearchEvents, "search-events", "Search events", Some(key(CTRL_SHIFT, Key::F)),
        line("driftlock grep CASE --query QUERY --stream STREAM"),
        "Look for texts, expressions, fields, levels, ids and times among the events of the stream.";
    NextHit, "next-hit", "Next hit", Some(key(NONE, Key::F3)), ONLY_MOVES,
        "Select the next event that fits the filter.";
    PreviousHit, "previous-hit", "Previous hit", Some(key(SHIFT, Key::F3)), ONLY_MOVES,
        "Select the previous event that fits the filter.";
    CopyEvents, "copy-events", "Copy events shown", Some(key(CTRL_SHIFT, Key::E)),
        line("driftlock events CASE --stream STREAM --csv"),
        "Put the events of the list, with its columns and in its time zone, on the clipboard as CSV; the first 10,000 where there are more.";
    ExportEvents, "export-events", "Export events…", Some(key(CTRL_SHIFT, Key::S)),
        line("driftlock grep CASE --query QUERY --stream STREAM --csv"),
        "Write the events of the list, with its columns and in its time zone, to a file: CSV, or JSON lines where its name ends in .jsonl.";
    Acknowledge, "acknowledge", "Acknowledge finding", Some(key(CTRL_SHIFT, Key::A)),
        line("driftlock acknowledge CASE FINDING"),
        "Mark the selected finding as seen, or take the mark away. It changes no result.";
    Dismiss, "dismiss", "Dismiss as ordinary…", None, line("driftlock dismiss CASE FINDING --reason WHY"),
        "Say why the selected finding is ordinary, and start a new run in which it is part of every baseline and never flagged.";
    Confirm, "confirm", "Confirm as incident…", None, line("driftlock confirm CASE FINDING --reason WHY"),
        "Start a new run in which the selected finding is an incident, and part of no baseline.";
    NoteFinding, "note-finding", "Write a note…", Some(key(CTRL_SHIFT, Key::I)), line("driftlock note CASE FINDING TEXT"),
        "Write down something about the selected finding. It is a decision in the audit chain.";
    TagFinding, "tag-finding", "Tag finding…", Some(key(CTRL_SHIFT, Key::B)), line("driftlock tag CASE FINDING TAG"),
        "Give the selected finding a tag of a word or a few. It is a decision in the audit chain.";
    LinkFinding, "link-finding", "Link to another finding…", None, line("driftlock link CASE FINDING OTHER"),
        "Say that the selected finding belongs together with another one. It is a decision in the audit chain.";
    TestFinding, "test-finding", "Test by shuffling", Some(key(CTRL_SHIFT, Key::T)), line("driftlock test CASE FINDING"),
        "Shuffle the events of the window with those of its baseline, code every shuffle, and compare.";
    TogglePreview, "toggle-preview", "Preview another level", Some(key(CTRL_SHIFT, Key::P)),
        line("driftlock findings CASE --at-alpha A"),
        "Say and draw what another false discovery rate would flag, from the stored run. Nothing is changed.";
    AdoptLevel, "adopt-level", "Analyze with this level", None, line("driftlock analyze CASE --alpha A"),
        "Start a new run like the one shown at the level that is being tried, and take it as the rate of your own in the settings.";
    ZoomIn, "zoom-in", "Zoom in", Some(key(ALT, Key::ArrowUp)), ONLY_LOOKS, "Show less time, larger.";
    ZoomOut, "zoom-out", "Zoom out", Some(key(ALT, Key::ArrowDown)), ONLY_LOOKS, "Show more time.";
    PanLeft, "pan-left", "Earlier", Some(key(ALT_SHIFT, Key::ArrowLeft)), ONLY_LOOKS, "Move to earlier time.";
    PanRight, "pan-right", "Later", Some(key(ALT_SHIFT, Key::ArrowRight)), ONLY_LOOKS, "Move to later time.";
    ZoomToSelection, "zoom-to-selection", "Zoom to selection", Some(key(ALT, Key::End)), ONLY_LOOKS,
        "Show the time of the selected finding or window.";
    ResetZoom, "reset-zoom", "Show all", Some(key(ALT, Key::Home)), ONLY_LOOKS, "Show the whole time of the case.";
    ToggleTables, "toggle-tables", "Show as table", Some(key(CTRL, Key::T)), line("driftlock analyze FILE… --json"),
        "The numbers behind the pictures.";
    ToggleLanes, "toggle-lanes", "Merge or part the lanes", Some(key(CTRL_SHIFT, Key::J)), ONLY_LOOKS,
        "Where the heatmap is too low for all streams, those of one service share a lane; or each keeps its own, and it scrolls.";
    ToggleQuantity, "toggle-quantity", "Switch what the pictures show", Some(key(CTRL_SHIFT, Key::H)), ONLY_LOOKS,
        "Of timeline and heatmap: NCD compares whole pieces; the score sums what the dearest events cost; each lens has bits of its own.";
    ToggleCodec, "toggle-codec", "Switch the codec of the pictures", Some(key(SHIFT, Key::F7)), ONLY_LOOKS,
        "Ratios, distances and bits of timeline, heatmap and tables by zstd, or by the count code of the engine.";
    ToggleRamp, "toggle-ramp", "Switch colours of the heatmap", Some(key(CTRL_SHIFT, Key::R)), ONLY_LOOKS,
        "Green to red, or colours that every eye tells apart.";
    ToggleTheme, "toggle-theme", "Switch light and dark", Some(key(CTRL_SHIFT, Key::L)), ONLY_LOOKS,
        "Light or dark window. The settings have more themes.";
    ExportPlot, "export-plot", "Export picture…", Some(key(CTRL, Key::E)),
        Twin::Absent("It is a picture of the window; the numbers are in `driftlock analyze --json`."),
        "Write the overview, as it is shown now, to a PNG file.";
    CopyCommandLine, "copy-command-line", "Copy command line", Some(key(CTRL_SHIFT, Key::K)),
        line("driftlock explain CASE FINDING"),
        "The command line that repeats this analysis and explains the selected finding.";
    LayoutTriage, "layout-triage", "Triage layout", Some(key(ALT, Key::Num1)), ONLY_LOOKS,
        "All views as tabs of one group, the overview in front: to go through findings one by one.";
    LayoutTimeline, "layout-timeline", "Timeline layout", Some(key(ALT, Key::Num2)), ONLY_LOOKS,
        "The overview above, finding and events below it: to follow an incident through time.";
    LayoutCompare, "layout-compare", "Compare layout", Some(key(ALT, Key::Num3)), ONLY_LOOKS,
        "The overview above, the comparison below it: to see what differs and where.";
    LayoutPresent, "layout-present", "Present layout", Some(key(ALT, Key::Num4)), ONLY_LOOKS,
        "The overview above, the story below it: to make the steps that are presented.";
    ToggleLists, "toggle-lists", "Show or hide the lists", Some(key(CTRL, Key::B)), ONLY_LOOKS,
        "Captures, streams and findings, on the left.";
    ToggleExplanation, "toggle-explanation", "Show or hide the explanation", Some(key(CTRL, Key::I)), ONLY_LOOKS,
        "What is selected, in words and numbers, on the right.";
    ResetLayout, "reset-layout", "Reset layout", None, ONLY_LOOKS, "Put the views back in their first places.";
    Palette, "palette", "Find anything…", Some(key(CTRL, Key::K)), ONLY_MOVES,
        "Every command, finding, stream and bookmark, by name.";
    Shortcuts, "shortcuts", "Keyboard shortcuts", Some(key(NONE, Key::F1)), ONLY_LOOKS,
        "Every key of the window on one sheet. The question mark does the same.";
    HelpOfView, "help-of-view", "Help on this view", Some(key(SHIFT, Key::F1)),
        line("driftlock help"), "What the view in front shows, how to read it, and its keys.";
    Quit, "quit", "Quit", Some(key(CTRL, Key::Q)), ONLY_LOOKS, "Close the window.";
}
