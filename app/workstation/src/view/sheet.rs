//! Sheets over the window: every key, and what a view shows, how to read it and its keys. Nothing is fetched from anywhere.

use crate::command::{Command, Twin};
use crate::state::{Pane, Sheet, State};
use crate::theme::{mono_font, semibold_font};
use crate::tokens::{self, size};
use crate::ui::strip;
use egui::{Grid, Key, Label, Modifiers, RichText, Ui};

/// Keys that belong to lists and pictures and are no commands.
const OTHER_KEYS: [(&str, &str); 7] = [
    ("Tab, Shift+Tab", "Next and previous part of the window"),
    ("Arrows, Page Up, Page Down, Home, End", "Move in a list, in a table, or over the cells of the heatmap"),
    ("Enter", "Open what is selected in a list or in the heatmap"),
    ("Wheel", "Zoom in the timeline; scroll in lists. With Ctrl, zoom in the heatmap"),
    ("Drag", "Move through time in a picture; move a tab, or split the views with it"),
    (
        "Arrows, Page Up, Page Down, Space, B, N, P, Escape",
        "While presenting: steps, nothing, notes, pointer, end",
    ),
    ("Double click", "Show all the time again"),
];

/// Width of the keys on a sheet.
const KEYS: f32 = 170.0;

/// What a view shows, how it is read, and the commands that matter in it.
struct Help {
    shows: &'static str,
    read: &'static [&'static str],
    commands: &'static [Command],
}

const CALLS: Help = Help {
    shows: "Calls to language models, found in spans and logs by their fields: a list, totals by model, the tools that were asked for, and the messages of one call.",
    read: &[
        "Tokens and cost are what the capture gives; nothing is estimated.",
        "A framed message with the accent colour is the model's answer; the others are its input.",
        "In the difference of two prompts, what is in one alone stands in brackets, with − in the kept and + in this one.",
    ],
    commands: &[
        Command::ShowCalls,
        Command::KeepCall,
        Command::ToggleTables,
        Command::ShowBytes,
        Command::ResetZoom,
    ],
};

const MATRIX: Help = Help {
    shows: "The stream cut into blocks of equally many events, and the normalised compression distance of each block to each other.",
    read: &[
        "A dark cross is a block unlike all others; a square on the diagonal is a stretch that is like itself alone.",
        "Of long blocks a sample is coded, spread evenly, so that all pieces have one length.",
        "A click on a cell shows both blocks side by side; the arrow keys go from cell to cell.",
    ],
    commands: &[Command::ShowMatrix, Command::MakeMatrix, Command::ToggleTables, Command::CancelTasks],
};

const ACTIVITY: Help = Help {
    shows: "The tasks that run, how far each is and how long its present step will take; below, every notice since the window was opened.",
    read: &[
        "The time left is a guess from the pace of the present step.",
        "What a cancelled task has put into the case stays there.",
        "A file or folder that is followed is looked at every second; the views keep their selection and time as it grows.",
        "What is followed is redacted as the settings say, before anything of it is stored.",
    ],
    commands: &[
        Command::CancelTasks,
        Command::FollowFile,
        Command::FollowFolder,
        Command::StopFollowing,
        Command::ShowActivity,
    ],
};

const IMPORT: Help = Help {
    shows: "What each capture is and how it will be read, from its first bytes and some later places. Nothing is written before Import is pressed.",
    read: &[
        "The format is recognised by content. Another one can be chosen; the capture is then looked at again as that.",
        "Counts, times, fields and problems are of what was looked at; the line says how much that is. The import reads everything.",
        "Assumed is what times without a zone or a year are taken for. The year can be set; times without a zone are taken as UTC.",
        "Good as column: few values in many events, to group and filter by. Good as index: every value is another, to find one event by.",
        "Redaction shows what would be taken out, in the clear, and what would be stored in its place.",
        "A case that the import makes can be encrypted from its first byte. Without its passphrase nobody can open it.",
        "A capture that meets a limit is still imported: what goes beyond is rejected, with its place, and listed in Problems.",
        "“Import without asking” in the settings leaves this dialog out.",
    ],
    commands: &[
        Command::OpenCapture,
        Command::FollowFile,
        Command::FollowFolder,
        Command::ShowSettings,
        Command::ShowProblems,
        Command::CancelTasks,
    ],
};

const METRICS: Help = Help {
    shows: "Series of metrics over the time shown: every reading where they are few, else least, most and mean of each stretch of time.",
    read: &[
        "A running total is shown as its increase from reading to reading, a histogram as the mean of what is new in it.",
        "Marked stretches are findings of the series; the number of a line is that of its row in the list.",
        "A click on a row shows the series or hides it; a click in a picture selects the nearest reading.",
    ],
    commands: &[
        Command::ShowMetrics,
        Command::ToggleTables,
        Command::ZoomIn,
        Command::ZoomOut,
        Command::ResetZoom,
    ],
};

const TRACES: Help = Help {
    shows: "The traces of the time shown, the spans of one of them over its own time, the calls between services, and two traces compared.",
    read: &[
        "The line under a bar is the critical path: what the trace waited for. Shortening anything else makes it no faster.",
        "A trace is listed by its spans that begin in the time shown; below, it is whole.",
        "A triangle marks a span with an error, a magnifier one that lies in a significant finding.",
        "The map gives calls a second, errors, and the median and the 95th percentile of the called spans.",
    ],
    commands: &[
        Command::ShowTraces,
        Command::ShowMap,
        Command::KeepTrace,
        Command::ToggleTables,
        Command::ShowBytes,
        Command::ResetZoom,
    ],
};

const COMPARE: Help = Help {
    shows: "What is new, gone or shifted between two sides: the selection and the rest, two ranges of time, two captures, two runs.",
    read: &[
        "Bits are evidence that the sides differ in a thing: how much better its own share explains one side than the other's does.",
        "A bar to the right is more of it after, one to the left less. What has too few bits to say which thing it is among all is left out.",
        "Events that come in bursts make many bits; this is a place to look, and no test.",
        "A click selects an event that shows the difference.",
    ],
    commands: &[
        Command::ShowCompare,
        Command::CompareSelection,
        Command::CompareTime,
        Command::KeepTime,
        Command::ToggleTables,
    ],
};

const STORY: Help = Help {
    shows: "The story that is told of the case: steps in an order, each with a title, notes of who tells it, and what the window showed.",
    read: &[
        "A step shows the case itself and no picture of it: whoever presents can point, scroll and zoom.",
        "Presenting: arrows, Page Up and Page Down, Space go from step to step; B shows nothing, N the notes, P a dot that follows the mouse; Escape ends it.",
        "With “Presenter window” a second window has the notes, the next step and the time gone by, and obeys the same keys: drag the main window to the display of the audience, then begin. Where the system allows one window only, the notes stand below the step.",
        "The rules of redaction are applied before the first step is drawn, in both windows; exact bytes are not shown.",
        "Every change of a step is a decision in the audit chain, and so is taking it back.",
    ],
    commands: &[
        Command::AddToStory,
        Command::Present,
        Command::TogglePresenter,
        Command::SetStep,
        Command::MoveStepUp,
        Command::MoveStepDown,
        Command::RemoveStep,
        Command::UndoStory,
    ],
};

const AUDIT: Help = Help {
    shows: "Who did what to the case, the latest first: imports, runs, decisions, purges, each with a hash over the row before it.",
    read: &[
        "The chain is computed again whenever the view is opened or the case has changed; a row that is not what was recorded is marked.",
        "Somebody who computes the whole chain anew leaves no mark. Keep its end elsewhere to prove it later.",
        "Times and names are those of the machine that did it, unproven.",
    ],
    commands: &[Command::ShowAudit, Command::CopyAudit, Command::ExportAudit],
};

const COVERAGE: Help = Help {
    shows: "What of the case has been looked at and what not: findings opened, events listed, problems read, and the time that any of them was of.",
    read: &[
        "An event counts once it was drawn in the list, a finding once its view was in front; nobody can say whether it was understood.",
        "The band is the time of the case: filled where something was looked at, with a mark for each finding, hollow where it was not opened.",
        "It is kept in the case for everybody who opens it, and is no evidence.",
    ],
    commands: &[Command::ShowCoverage, Command::NextUnseen, Command::ShowFinding, Command::ShowProblems],
};

const EVENTS: Help = Help {
    shows: "The events of the selected stream, in the order of analysis. Write what to look for over the list; what fits is counted and shown at once.",
    read: &[
        "A word, \"a text\", /an expression/, path=value, level:error, trace:…, from: and until: are all to fit; a minus before one says not.",
        "“With the others” shows all events, marks those that fit, and draws them beside the scroll bar: findings on its left, hits on its right.",
        "Copied and exported is what the list has, with its columns. A text that a spreadsheet would take for a formula has an apostrophe before it.",
        "The marked rows belong to the selection.",
        "Times are in the zone of the settings; where an event has none, its position counts.",
        "Text from right to left stands in the order of its bytes, letter by letter, so that nothing changes places; a character that no font can draw is told by its number, \\u{4e2d}.",
    ],
    commands: &[
        Command::SearchEvents,
        Command::NextHit,
        Command::PreviousHit,
        Command::CopyEvents,
        Command::ExportEvents,
        Command::ShowBytes,
        Command::ShowEvents,
        Command::ResetZoom,
    ],
};

const fn help(pane: Pane) -> Help {
    match pane {
        Pane::Overview => Help {
            shows: "One stream as lines over time, and every stream as a row of the heatmap, on one axis. What you select here, every other view shows.",
            read: &[
                "NCD near 0: the window has much in common with its baseline. Near 1: nothing.",
                "A lens gives bits above what is ordinary for the stream: 10 bits more are a thousand times less likely.",
                "Outlined cells are significant. A cell shows the most striking of its windows; nothing is dropped when it is narrow.",
                "“Level…” says what another false discovery rate would flag, from the numbers that the run has stored.",
            ],
            commands: &[
                Command::ZoomIn,
                Command::ZoomOut,
                Command::PanLeft,
                Command::PanRight,
                Command::ZoomToSelection,
                Command::ResetZoom,
                Command::TogglePreview,
                Command::AdoptLevel,
                Command::ToggleQuantity,
                Command::ToggleCodec,
                Command::ToggleTables,
                Command::ExportPlot,
            ],
        },
        Pane::Finding => Help {
            shows: "One finding: what was seen in a sentence, what shifted, which words and events carry the bits and what lowered them, its events in bits, the window beside its baseline, and how sure it is. What people said of it stands with it.",
            read: &[
                "Bits are surprise: a token of 10 bits was expected once in a thousand places.",
                "Point at a token of its events to see what the baseline has in its place; click on a cheap one, or press Enter on its line, to go to the event of the baseline that has it.",
                "“What would have to be otherwise” is the least change that keeps the window from being flagged.",
                "“Does it hold” is the same finding with other windows and seeds. What holds nowhere else deserves doubt.",
                "“Test by shuffling” gives a p that needs no model; real logs come in bursts, so a small p alone flags nothing.",
            ],
            commands: &[
                Command::NextFinding,
                Command::PreviousFinding,
                Command::Acknowledge,
                Command::Dismiss,
                Command::Confirm,
                Command::NoteFinding,
                Command::TagFinding,
                Command::LinkFinding,
                Command::TestFinding,
                Command::ShowEvents,
                Command::CopyCommandLine,
            ],
        },
        Pane::Events => EVENTS,
        Pane::Bytes => Help {
            shows: "The bytes of the capture that the selected event was read from, as they are in the file.",
            read: &[
                "The offset is that in the decoded capture.",
                "When the file has changed or gone since the import, it is said here.",
            ],
            commands: &[Command::ShowBytes, Command::ShowEvents],
        },
        Pane::Problems => Help {
            shows: "Everything that import or analysis could not read, with its place and the reason.",
            read: &[
                "Rejected records are in no stream; notes are about records that were read.",
                "Damaged blocks are listed as they are met; a check of the case looks for all of them.",
                "Streams that were not scored are in the case, and have no windows in the run shown.",
                "A double click on a row, or Enter, leads to its bytes in the capture.",
            ],
            commands: &[Command::ShowProblems, Command::CheckCase],
        },
        Pane::Activity => ACTIVITY,
        Pane::Calls => CALLS,
        Pane::Matrix => MATRIX,
        Pane::Compare => COMPARE,
        Pane::Story => STORY,
        Pane::Audit => AUDIT,
        Pane::Coverage => COVERAGE,
        Pane::Metrics => METRICS,
        Pane::Traces => TRACES,
        Pane::Settings => Help {
            shows: "How the window looks, and how the next analysis is made.",
            read: &[
                "Every change holds at once and is remembered for you, not for the case.",
                "A new run stands beside the earlier ones; choose between them above the views.",
            ],
            commands: &[Command::AnalyzeAgain, Command::ChooseAnchor, Command::ToggleTheme],
        },
    }
}

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(sheet) = state.sheet else { return };
    let screen = ui.ctx().content_rect();
    let mut close = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    let modal = super::modal(ui, "sheet");
    let shown = modal.show(ui.ctx(), |ui| {
        ui.set_width((screen.width() - 80.0).min(680.0));
        let title = |ui: &mut Ui, _: &mut State| {
            let title = match sheet {
                Sheet::Shortcuts => "Keyboard shortcuts".to_owned(),
                Sheet::Help(pane) => format!("Help: {}", pane.title()),
                Sheet::Import => "Help: Import captures".to_owned(),
            };
            super::heading(ui, &title);
        };
        strip::split(ui, state, ui.spacing().interact_size.y, title, |ui, state| {
            if sheet != Sheet::Shortcuts && ui.button("All shortcuts").clicked() {
                state.sheet = Some(Sheet::Shortcuts);
            }
            close |= ui.button("Close").clicked();
        });
        ui.add_space(size::GAP);
        let height = (screen.height() - 160.0).max(160.0);
        super::list_within(height).auto_shrink([false, true]).show(ui, |ui| match sheet {
            Sheet::Shortcuts => shortcuts(ui),
            Sheet::Help(pane) => of_view(ui, &help(pane)),
            Sheet::Import => of_view(ui, &IMPORT),
        });
    });
    if close || shown.should_close() {
        state.sheet = None;
    }
}

fn keys(ui: &mut Ui, name: &str, rows: &[(String, String)]) {
    // Every row reaches across the sheet, whatever it says.
    let words = (ui.available_width() - KEYS - size::WIDE).max(KEYS);
    let grid = Grid::new(name).num_columns(2).striped(true).spacing([size::WIDE, 3.0]).min_col_width(KEYS);
    grid.show(ui, |ui| {
        for (key, text) in rows {
            ui.add(Label::new(RichText::new(key).font(mono_font()).color(tokens::of(ui).strong)).wrap());
            // Downwards, so that the row is as high as what it says.
            ui.vertical(|ui| {
                ui.set_width(words);
                ui.add(Label::new(text).wrap());
            });
            ui.end_row();
        }
    });
}

fn shortcuts(ui: &mut Ui) {
    let own = Command::ALL
        .iter()
        .filter_map(|command| Some((command.shortcut_text(ui.ctx())?, command.spec().text.to_owned())));
    let own: Vec<_> = own.collect();
    keys(ui, "keys of commands", &own);
    ui.add_space(size::GAP);
    super::caption(ui, "In lists and pictures");
    let others: Vec<_> =
        OTHER_KEYS.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
    keys(ui, "other keys", &others);
}

fn of_view(ui: &mut Ui, help: &Help) {
    let strong = tokens::of(ui).strong;
    ui.add(Label::new(RichText::new(help.shows).color(strong)).wrap());
    ui.add_space(size::GAP);
    ui.label(RichText::new("How to read it").font(semibold_font(size::TEXT)).color(strong));
    for sentence in help.read {
        ui.horizontal_top(|ui| {
            ui.label("•");
            ui.add(Label::new(*sentence).wrap());
        });
    }
    ui.add_space(size::GAP);
    ui.label(RichText::new("What can be done").font(semibold_font(size::TEXT)).color(strong));
    let row = |command: &Command| {
        let spec = command.spec();
        let line = match spec.twin {
            Twin::Line(line) => format!("  [{line}]"),
            Twin::Absent(_) => String::new(),
        };
        let key = command.shortcut_text(ui.ctx()).unwrap_or_else(|| "menu".to_owned());
        (key, format!("{}: {}{line}", spec.text, spec.tooltip))
    };
    let rows: Vec<_> = help.commands.iter().map(row).collect();
    keys(ui, "keys of the view", &rows);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_has_help_in_sentences() {
        for pane in Pane::ALL {
            let help = help(pane);
            let own = help.read.iter().chain(IMPORT.read);
            assert!(own.clone().all(|text| text.ends_with('.')) && IMPORT.shows.ends_with('.'));
            assert!(help.shows.ends_with('.') && !help.commands.is_empty(), "{pane:?}");
            assert!(!help.read.is_empty() && help.read.iter().all(|text| text.ends_with('.')), "{pane:?}");
        }
    }
}
