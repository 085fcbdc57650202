//! What the views share: the case, one selection, one range, what was fetched, and what was asked for.

use crate::choices::Step;
use crate::command::Command;
use crate::doc::{Doc, Selection, moved};
use crate::filter::Filter;
use crate::heatmap::{Binned, Quantity, Row, Shown, WindowCodec};
use crate::history::History;
use crate::lanes::{Density, Lane};
use crate::pages::Pages;
pub(crate) use crate::pane::Pane;
use crate::prefs::Prefs;
use crate::preview::Previewed;
use crate::query::{BytesOf, Query, Reader, StreamData};
use crate::remembered::{Bookmark, Point};
use crate::review::Review;
use crate::telemetry::Telemetry;
use crate::ui::rows::ListState;
use crate::work::Task;
use case::{EventRow, FindingRow, SourceBytes, StreamFields, TestChoice};
use cbad::{CanonicalTest, CodecName, Statistic};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Single events kept for explanations.
const EVENTS_KEPT: usize = 1024;

/// An event, by its stream and its position in it.
pub(crate) type Place = (u32, u64);

/// What was asked for: on its way, here, or why not.
pub(crate) type Fetched<T> = Option<Result<Arc<T>, String>>;

/// How bad a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Error,
    Warning,
    Done,
}

/// Something that a person has to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) level: Level,
    /// What happened.
    pub(crate) what: String,
    /// Where, and what to do next.
    pub(crate) detail: String,
}

/// A notice and when it came.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    pub(crate) notice: Notice,
    /// Nanoseconds UTC by this computer's clock.
    pub(crate) at_nanos: i64,
}

/// A sheet over the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sheet {
    /// Every key.
    Shortcuts,
    /// What a view shows.
    Help(Pane),
    /// The import dialog.
    Import,
}

/// Order of the findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FindingOrder {
    #[default]
    Rank,
    Time,
    Stream,
    Score,
}

/// How the findings are listed.
#[derive(Debug, Default)]
pub(crate) struct FindingsList {
    pub(crate) order: FindingOrder,
    pub(crate) significant_only: bool,
    pub(crate) search: String,
    pub(crate) focus_search: bool,
    pub(crate) list: ListState,
}

/// The heatmap's data and place.
#[derive(Default)]
pub(crate) struct Heat {
    pub(crate) rows: Option<Arc<Vec<Row>>>,
    /// Why there are none.
    pub(crate) missing: Option<String>,
    /// What stands in one line.
    pub(crate) lanes: Arc<Vec<Lane>>,
    /// What the lanes were made for: the rows by their address, the room, and whether they are to stand apart.
    pub(crate) lanes_for: Option<(usize, usize, bool)>,
    pub(crate) density: Option<Arc<Density>>,
    /// Whether every stream keeps a lane of its own, though not all fit.
    pub(crate) lanes_apart: bool,
    pub(crate) binned: Option<Binned>,
    pub(crate) asked: Option<((f64, f64), usize, Shown, usize)>,
    /// Counts the binned pictures that came, so that the texture knows when it is old.
    pub(crate) version: u64,
    pub(crate) texture: Option<(crate::view::heatmap::TextureKey, egui::TextureHandle)>,
    pub(crate) first_row: usize,
    pub(crate) rest: f32,
    /// Row and column under the keyboard.
    pub(crate) cursor: Option<(usize, usize)>,
}

/// The events of one stream.
#[derive(Debug, Default)]
pub(crate) struct EventList {
    pub(crate) pages: Pages<EventRow>,
    pub(crate) list: ListState,
    /// Only events in the shared range.
    pub(crate) in_range: bool,
    /// Their positions, and the range they were asked for.
    pub(crate) positions: Option<Range<u64>>,
    pub(crate) asked: Option<(i64, i64)>,
}

/// Another false discovery rate than the run's, being tried.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    pub(crate) alpha: f64,
    /// The level that was asked for last.
    pub(crate) asked: Option<f64>,
    pub(crate) answer: Option<Arc<Previewed>>,
}

/// Tests by shuffling of one finding, and what is asked for next.
#[derive(Debug)]
pub(crate) struct Tests {
    /// Run and finding that were asked for.
    pub(crate) of: Option<(i64, i64)>,
    pub(crate) made: Vec<CanonicalTest>,
    /// What is made once of the finding that is shown.
    pub(crate) kept: crate::view::finding::Kept,
    pub(crate) choice: TestChoice,
}

impl Default for Tests {
    fn default() -> Self {
        // As the command line has them.
        let choice = TestChoice { codec: CodecName::Zstd, statistic: Statistic::Ncd, permutations: 1000 };
        Self { of: None, made: Vec::new(), kept: crate::view::finding::Kept::default(), choice }
    }
}

/// What the views share.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) doc: Option<Arc<Doc>>,
    pub(crate) doc_id: u64,
    pub(crate) loading: bool,
    /// The passphrase that a person is asked for.
    pub(crate) vault: Option<crate::vault::Asked>,
    /// Whether the sample incident can be opened.
    pub(crate) sample_here: bool,
    pub(crate) selection: Selection,
    pub(crate) stream: Option<u32>,
    pub(crate) range: (f64, f64),
    /// What timeline, heatmap and their numbers show, and by which codec.
    pub(crate) quantity: Quantity,
    pub(crate) codec: WindowCodec,
    pub(crate) as_table: bool,
    /// The numbers behind the pictures of a view, where they are looked at, and what of them is to be written.
    pub(crate) figures: Option<crate::view::figures::Open>,
    pub(crate) export: Option<crate::view::figures::Export>,
    /// What a drag in the strip of all time holds, and the time that was shown before it.
    pub(crate) brush: Option<(crate::view::brush::Held, (f64, f64))>,
    pub(crate) prefs: Prefs,
    pub(crate) data: Option<Arc<StreamData>>,
    /// Why the windows of the stream cannot be shown.
    pub(crate) data_missing: Option<String>,
    pub(crate) heat: Heat,
    pub(crate) events: EventList,
    /// What is looked for among the events.
    pub(crate) filter: Filter,
    /// The fields of a stream.
    pub(crate) fields: Option<(u32, Fetched<StreamFields>)>,
    /// Fields with columns of their own in the list of events, by the label of the stream.
    pub(crate) columns: BTreeMap<String, Vec<String>>,
    pub(crate) single: BTreeMap<Place, Fetched<EventRow>>,
    pub(crate) bytes: Option<(BytesOf, Fetched<SourceBytes>)>,
    /// Bytes of no event that are to be shown as long as this is selected.
    pub(crate) bytes_at: Option<(BytesOf, Selection)>,
    pub(crate) bytes_list: ListState,
    pub(crate) problems: crate::problems::Problems,
    pub(crate) streams_list: ListState,
    pub(crate) table_list: ListState,
    pub(crate) findings: FindingsList,
    /// Errors and warnings that nobody has dismissed, oldest first.
    pub(crate) notices: Vec<Notice>,
    /// What went well and is being told, oldest first.
    pub(crate) told: Vec<crate::view::notices::Told>,
    /// Every notice since the window was opened, oldest first.
    pub(crate) log: Vec<Logged>,
    /// Places to find again, of the open case.
    pub(crate) bookmarks: Vec<Bookmark>,
    /// The events of the shown finding with what their tokens cost.
    pub(crate) bits: crate::bits::Bits,
    /// Events of the shown finding beside those of its baseline.
    pub(crate) compared: crate::view::finding::beside::Compared,
    /// What people decided about findings of the open case.
    pub(crate) decisions: crate::decisions::Decisions,
    /// What was selected before, and after going back.
    pub(crate) trail: History<Point>,
    /// What was shown before, and after taking it back.
    pub(crate) changes: History<Step>,
    pub(crate) sheet: Option<Sheet>,
    /// Another level, being tried.
    pub(crate) trial: Option<Trial>,
    /// Tests of the selected finding.
    pub(crate) tests: Tests,
    /// What is to be shown once the run that it is of has been read.
    pub(crate) after_load: Option<Point>,
    /// Whether the lists on the left and the explanation on the right are shown, where a person has said so.
    pub(crate) asked_sides: (Option<bool>, Option<bool>),
    /// Whether they are shown now.
    pub(crate) sides: (bool, bool),
    /// A view that is shown though no case is open.
    pub(crate) alone: Option<Pane>,
    /// The docked view in front.
    pub(crate) in_front: Option<Pane>,
    pub(crate) commands: Vec<Command>,
    /// Files to open, asked for by a view.
    pub(crate) open: Vec<std::path::PathBuf>,
    pub(crate) tasks: Vec<Task>,
    /// Captures that are about to be imported.
    pub(crate) import: Option<crate::import_dialog::ImportDialog>,
    /// Rules of redaction that a person is to be asked for.
    pub(crate) asked_rules: Option<crate::redaction::RulesFor>,
    /// What is followed.
    pub(crate) following: Option<crate::follow::Following>,
    pub(crate) front: Option<Pane>,
    pub(crate) palette: Option<crate::view::palette::Palette>,
    /// Left and right end of the shared axis on the screen.
    pub(crate) axis_x: Option<egui::Rangef>,
    /// Upper end of the heatmap on the screen.
    pub(crate) heat_top: Option<f32>,
    /// What the pointer stands on in the overview, in words.
    pub(crate) read_out: String,
    /// Where the overview stands in the window, for its export.
    pub(crate) overview_rect: Option<egui::Rect>,
    /// Answers quick questions, and the one that walks over all streams.
    pub(crate) readers: Option<(Reader, Reader)>,
    /// Block against block of a stream.
    pub(crate) matrix: crate::matrix::Matrix,
    /// What was read of traces, metrics and calls to language models.
    pub(crate) telemetry: Telemetry,
    /// What goes over the case as a whole: comparisons, the story, coverage, the audit chain.
    pub(crate) review: Review,
}

impl State {
    /// Asks a reader.
    pub(crate) fn ask(&mut self, query: Query) {
        let Some((quick, slow)) = &self.readers else { return };
        let walks = matches!(query, Query::Heat { .. } | Query::Preview { .. });
        let reader = if walks { slow } else { quick };
        let problems = matches!(query, Query::Problems { .. });
        for page in reader.ask(query) {
            if !problems {
                self.events.pages.dropped(page);
            }
        }
    }

    /// Forgets everything about the open case but the range and the selection.
    pub(crate) fn forget(&mut self) {
        (self.data, self.data_missing) = (None, None);
        (self.figures, self.export) = (None, None);
        self.heat = Heat { lanes_apart: self.heat.lanes_apart, ..Heat::default() };
        self.events = EventList { in_range: self.events.in_range, ..Default::default() };
        self.single.clear();
        self.fields = None;
        (self.bytes, self.bytes_at) = (None, None);
        self.bits.forget();
        self.compared.clear();
        self.telemetry.forget();
        self.matrix = crate::matrix::Matrix { choice: self.matrix.choice, ..Default::default() };
        self.review.forget();
        self.problems.forget();
        self.table_list = ListState::default();
        self.tests = Tests { choice: self.tests.choice, ..Tests::default() };
        if let Some(trial) = &mut self.trial {
            (trial.asked, trial.answer) = (None, None);
        }
    }

    /// The selected finding.
    pub(crate) fn selected_finding(&self) -> Option<FindingRow> {
        match self.selection {
            Selection::Finding(id) => self.doc.as_ref()?.finding(id).cloned(),
            _ => None,
        }
    }

    /// Selects; every view follows.
    pub(crate) fn select(&mut self, selection: Selection) {
        self.selection = selection;
        let Some(doc) = self.doc.clone() else { return };
        let stream = match selection {
            Selection::Nothing => None,
            Selection::Stream(stream)
            | Selection::Window { stream, .. }
            | Selection::Event { stream, .. } => Some(stream),
            Selection::Finding(id) => doc.finding(id).map(|row| row.stream.id),
        };
        if let Some(stream) = stream {
            self.show_stream(stream);
            self.streams_list.reveal = doc.streams.iter().position(|s| s.id == stream).map(|row| row as u64);
            self.streams_list.selected = self.streams_list.reveal;
        }
        self.reveal_selected();
    }

    /// Makes `stream` the one that the timeline and the events show.
    pub(crate) fn show_stream(&mut self, stream: u32) {
        if self.stream == Some(stream) && self.data.as_ref().is_some_and(|data| data.stream == stream) {
            return;
        }
        self.stream = Some(stream);
        self.data = None;
        self.data_missing = None;
        self.events = EventList { in_range: self.events.in_range, ..Default::default() };
        self.table_list = ListState::default();
        if let Some(doc) = self.doc.clone()
            && let Some(run) = &doc.run
        {
            self.ask(Query::Stream { run: run.id, stream, axis: doc.axis });
        }
    }

    /// Brings the event that the selection is about into view in the list of events, and selects it where it is listed.
    pub(crate) fn reveal_selected(&mut self) {
        if let Some((_, first)) = self.selected_event() {
            let events = self.stream.and_then(|id| Some(self.doc.as_ref()?.stream(id)?.events)).unwrap_or(0);
            let listed = self.listed(events);
            let is_it = |row: &u64| listed.position(&self.filter.hits, *row) == Some(first);
            let row = listed.row(&self.filter.hits, first);
            (self.events.list.reveal, self.events.list.selected) = (row, row.filter(is_it));
        }
    }

    /// Positions of the events of the selected finding or window.
    pub(crate) fn selected_events(&self) -> Option<Range<u64>> {
        match self.selection {
            Selection::Finding(id) => {
                let finding = &self.doc.as_ref()?.finding(id)?.finding;
                Some(finding.first_event..finding.last_event + 1)
            }
            Selection::Window { stream, index } => {
                let data = self.data.as_ref().filter(|data| data.stream == stream)?;
                let window = data.windows.iter().find(|w| w.index == index)?;
                Some(window.first_event..window.last_event + 1)
            }
            Selection::Event { position, .. } => Some(position..position + 1),
            Selection::Nothing | Selection::Stream(_) => None,
        }
    }

    /// The single event that the selection is about: the event, or the dearest of the finding, or the first.
    pub(crate) fn selected_event(&self) -> Option<(u32, u64)> {
        let stream = self.stream?;
        match self.selection {
            Selection::Event { stream, position } => Some((stream, position)),
            Selection::Finding(id) => {
                let finding = &self.doc.as_ref()?.finding(id)?.finding;
                let dearest = finding.explanation.drivers.first().map(|driver| driver.event);
                Some((stream, dearest.unwrap_or(finding.first_event)))
            }
            _ => self.selected_events().map(|events| (stream, events.start)),
        }
    }

    /// Where the selection reaches on the shared axis.
    pub(crate) fn selected_range(&self) -> Option<(f64, f64)> {
        let doc = self.doc.as_ref()?;
        match self.selection {
            Selection::Finding(id) => doc.axis.of_finding(&doc.finding(id)?.finding),
            Selection::Window { stream, index } => {
                let data = self.data.as_ref().filter(|data| data.stream == stream)?;
                doc.axis.of_window(data.windows.iter().find(|w| w.index == index)?)
            }
            _ => None,
        }
    }

    /// An event, asked for where it is not here yet.
    pub(crate) fn event(&mut self, stream: u32, position: u64) -> Fetched<EventRow> {
        if let Some(known) = self.single.get(&(stream, position)) {
            return known.clone();
        }
        if self.single.len() >= EVENTS_KEPT {
            self.single.clear();
        }
        self.single.insert((stream, position), None);
        self.ask(Query::Event { stream, position });
        None
    }

    /// Zooms (above 1: closer) around `at` and moves by `by`, both on the shared axis.
    pub(crate) fn move_range(&mut self, factor: f64, at: f64, by: f64) {
        if let Some(doc) = &self.doc {
            self.range = moved(self.range, doc.extent, factor, at, by);
        }
    }

    /// Tells a person something.
    pub(crate) fn notice(&mut self, level: Level, what: impl Into<String>, detail: impl Into<String>) {
        let notice = Notice { level, what: what.into(), detail: detail.into() };
        if self.notices.contains(&notice) {
            return;
        }
        self.log.push(Logged { notice: notice.clone(), at_nanos: crate::words::now_nanos() });
        if level == Level::Done {
            // Of several of a kind that follow one another the last is enough; the log has them all.
            self.told.retain(|told| told.notice.what != notice.what);
            self.told.push(crate::view::notices::Told { notice, until_seconds: None });
        } else {
            self.notices.push(notice);
        }
    }

    /// Asks for a command; it is carried out after the frame.
    pub(crate) fn command(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// Whether a command can be carried out now.
    pub(crate) fn enabled(&self, command: Command) -> bool {
        let finding = matches!(self.selection, Selection::Finding(_));
        match command {
            Command::OpenCapture
            | Command::OpenCase
            | Command::OpenSample
            | Command::Quit
            | Command::ToggleTheme
            | Command::ToggleRamp
            | Command::Shortcuts
            | Command::HelpOfView
            | Command::ShowSettings
            | Command::ShowActivity
            | Command::Palette => true,
            Command::EncryptCase => self.doc.as_ref().is_some_and(|doc| !doc.is_encrypted),
            Command::ChangePassphrase | Command::SaveDecrypted => {
                self.doc.as_ref().is_some_and(|doc| doc.is_encrypted)
            }
            Command::FollowFile | Command::FollowFolder => self.following.is_none(),
            Command::StopFollowing => self.following.is_some(),
            Command::CancelTasks => !self.tasks.is_empty(),
            Command::ShowBytes => self.selected_event().is_some() || self.bytes_at.is_some(),
            Command::CopyCommandLine => crate::view::explain::command_line(self).is_some(),
            Command::ZoomToSelection => self.selected_range().is_some(),
            Command::ExportAudit | Command::CopyAudit => {
                self.doc.is_some() && self.review.audit.found.as_ref().is_some_and(Result::is_ok)
            }
            Command::SetStep => self.doc.is_some() && self.review_enabled(Command::RemoveStep),
            Command::CompareSelection => self.selected_events().is_some(),
            Command::KeepTime | Command::CompareTime => self.has_times(),
            Command::KeepCall => self.telemetry.calls.read.is_some(),
            Command::KeepTrace => self.telemetry.traces.trace.is_some(),
            Command::NextHit | Command::PreviousHit => self.filters() && self.filter.hits.len() > 0,
            Command::MakeMatrix | Command::SearchEvents => self.lists_events(),
            Command::CopyEvents | Command::ExportEvents => self.lists_events() && self.is_searched(),
            Command::ExportPlot => self.overview_rect.is_some(),
            Command::Back => self.trail.can_go_back(),
            Command::Forward => self.trail.can_go_forward(),
            Command::Undo => self.changes.can_go_back(),
            Command::Redo => self.changes.can_go_forward(),
            Command::ToggleBookmark => self.doc.is_some() && self.selection != Selection::Nothing,
            Command::Acknowledge
            | Command::Dismiss
            | Command::Confirm
            | Command::NoteFinding
            | Command::TagFinding
            | Command::TestFinding => finding && self.doc.is_some(),
            Command::LinkFinding => finding && self.doc.as_ref().is_some_and(|doc| doc.findings.len() > 1),
            Command::AnalyzeAgain => self.doc.is_some() && self.prefs.analysis.problem().is_none(),
            Command::AdoptLevel => self.trial.as_ref().is_some_and(|trial| self.is_another_level(trial)),
            Command::TogglePreview => self.doc.as_ref().is_some_and(|doc| doc.run.is_some()),
            Command::NextFinding | Command::PreviousFinding => {
                finding || self.doc.as_ref().is_some_and(|doc| !doc.findings.is_empty())
            }
            _ => self.doc.is_some() && self.review_enabled(command),
        }
    }
}
