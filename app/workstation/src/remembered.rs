//! What a person has set in the views: what back, forward, undo and redo go through, and what is kept in the case.

use crate::choices::Choices;
use crate::decisions::Request;
use crate::doc::{Doc, Selection};
use crate::heatmap::{Quantity, WindowCodec};
use crate::layout::Layout;
use crate::state::{FindingOrder, State};
use case::{Decision, DecisionRow, FindingRow, Subject};
use serde::{Deserialize, Serialize};

/// Under which name the case keeps it.
pub(crate) const KEY: &str = "workstation";

/// What the views show.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    /// What is selected.
    pub(crate) selection: Selection,
    /// The shared range of time.
    pub(crate) range: (f64, f64),
    /// The same by the clock: a capture that is added later may move where the shared axis begins. Earlier versions did not
    /// keep it.
    #[serde(default)]
    pub(crate) times: Option<(i64, i64)>,
    /// What timeline and heatmap show.
    pub(crate) quantity: Quantity,
    /// By which codec; earlier versions had zstd.
    #[serde(default)]
    pub(crate) codec: WindowCodec,
    /// Tables in the place of pictures.
    pub(crate) as_table: bool,
    /// Order of the findings.
    pub(crate) order: FindingOrder,
    /// Only significant findings.
    pub(crate) significant_only: bool,
    /// When it came to be, in seconds of the window; not kept.
    #[serde(skip)]
    pub(crate) at_seconds: f64,
}

impl Point {
    /// The same, without when.
    fn timeless(self) -> Self {
        Self { at_seconds: 0.0, ..self }
    }

    /// Whether both show the same.
    pub(crate) fn shows_as(self, other: Self) -> bool {
        self.timeless() == other.timeless()
    }

    /// Whether `next` differs in its range at most, and came within so many seconds.
    pub(crate) fn goes_on(&self, next: &Self, within_seconds: f64) -> bool {
        let rest = Self { range: self.range, times: self.times, at_seconds: self.at_seconds, ..*next };
        rest == *self && next.at_seconds - self.at_seconds < within_seconds
    }

    /// The same where its run is gone: others number findings and windows otherwise.
    pub(crate) fn without_run(self) -> Self {
        let selection = match self.selection {
            Selection::Finding(_) | Selection::Window { .. } => Selection::Nothing,
            other => other,
        };
        Self { selection, ..self }
    }
}

/// A place that somebody wants to find again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bookmark {
    /// What a person reads; not yet made harmless.
    pub(crate) name: String,
    /// The run that its selection is of.
    pub(crate) run: Option<i64>,
    /// What was shown.
    pub(crate) point: Point,
}

/// What is kept in a case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Kept {
    /// Where the views stand.
    pub(crate) layout: Option<Layout>,
    /// The run that is shown.
    pub(crate) run: Option<i64>,
    /// What the views show.
    pub(crate) point: Option<Point>,
    /// Places to find again.
    pub(crate) bookmarks: Vec<Bookmark>,
    /// What people decided, which the case has in its audit chain.
    #[serde(skip)]
    pub(crate) decisions: Vec<DecisionRow>,
    /// What was chosen in the views; none in what an earlier version kept.
    pub(crate) choices: Option<Choices>,
    /// Columns of the events, as earlier versions kept them.
    #[serde(skip_serializing)]
    pub(crate) columns: std::collections::BTreeMap<String, Vec<String>>,
}

impl Kept {
    /// As the case has it; `None` where nothing is kept, or a later version kept it otherwise.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut kept: Self = serde_json::from_str(text).ok()?;
        let columns = std::mem::take(&mut kept.columns);
        if !columns.is_empty() {
            kept.choices.get_or_insert_with(|| Choices { columns, ..Choices::default() });
        }
        Some(kept)
    }

    /// For the case.
    pub(crate) fn written(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The events of a finding.
pub(crate) fn subject(row: &FindingRow) -> Subject {
    Subject::Events {
        stream: row.stream.id,
        first_event: row.finding.first_event,
        last_event: row.finding.last_event,
    }
}

/// The bookmarks of a case: those whose views it keeps, but for those that were withdrawn, and those that were decided
/// elsewhere. `None` where nobody decided about any.
pub(crate) fn decided(doc: &Doc, rows: &[DecisionRow], kept: Option<&Kept>) -> Option<Vec<Bookmark>> {
    let mut bookmarks = kept.map(|kept| kept.bookmarks.clone()).unwrap_or_default();
    let mut is_decided = false;
    for row in rows {
        let Decision::Bookmark { name } = &row.decision else { continue };
        is_decided = true;
        let stands = rows.iter().any(|other| other.stands && other.decision == row.decision);
        match bookmarks.iter().position(|known| known.name == *name) {
            Some(place) if !stands => drop(bookmarks.remove(place)),
            Some(place) if doc.is_gone(bookmarks[place].run) => {
                let known = &mut bookmarks[place];
                known.run = doc.run.as_ref().map(|run| run.id);
                known.point.selection = point_at(doc, &row.subject).selection;
            }
            None if row.stands => bookmarks.push(Bookmark {
                name: name.clone(),
                run: doc.run.as_ref().map(|run| run.id),
                point: point_at(doc, &row.subject),
            }),
            Some(_) | None => {}
        }
    }
    is_decided.then_some(bookmarks)
}

/// What shows a subject.
pub(crate) fn point_at(doc: &Doc, about: &Subject) -> Point {
    let mut point = Point {
        selection: Selection::Nothing,
        range: doc.extent,
        times: doc.axis.times(doc.extent),
        quantity: Quantity::default(),
        codec: WindowCodec::default(),
        as_table: false,
        order: FindingOrder::default(),
        significant_only: false,
        at_seconds: 0.0,
    };
    match about {
        Subject::Stream { stream } => point.selection = Selection::Stream(*stream),
        Subject::Events { stream, first_event, .. } => {
            let finding = doc.findings.iter().find(|row| subject(row) == *about);
            let event = Selection::Event { stream: *stream, position: *first_event };
            point.selection = finding.map_or(event, |row| Selection::Finding(row.id));
        }
        Subject::Times { start_nanos, end_nanos } => {
            let times = (*start_nanos, *end_nanos);
            if let Some(range) = doc.axis.range(times) {
                (point.range, point.times) = (range, Some(times));
            }
        }
        Subject::Case | Subject::Capture { .. } => {}
    }
    point
}

/// Whether a case has what is selected.
fn is_there(doc: &Doc, selection: Selection) -> bool {
    match selection {
        Selection::Nothing => true,
        Selection::Stream(stream) | Selection::Window { stream, .. } => doc.stream(stream).is_some(),
        Selection::Finding(id) => doc.finding(id).is_some(),
        Selection::Event { stream, position } => doc.stream(stream).is_some_and(|row| position < row.events),
    }
}

impl State {
    /// What the views show now.
    pub(crate) fn point(&self, at_seconds: f64) -> Point {
        Point {
            selection: self.selection,
            range: self.range,
            times: self.doc.as_ref().and_then(|doc| doc.axis.times(self.range)),
            quantity: self.quantity,
            codec: self.codec,
            as_table: self.as_table,
            order: self.findings.order,
            significant_only: self.findings.significant_only,
            at_seconds,
        }
    }

    /// Shows what was shown then, as far as the case still has it.
    pub(crate) fn go_to(&mut self, point: Point) {
        let Some(doc) = self.doc.clone() else { return };
        // Where the axis is as it was, the range is exact to more than nanoseconds.
        let moved = point.times.filter(|times| doc.axis.times(point.range) != Some(*times));
        let range = moved.and_then(|times| doc.axis.range(times)).unwrap_or(point.range);
        let (from, to) = (range.0.max(doc.extent.0), range.1.min(doc.extent.1));
        if from < to {
            self.range = (from, to);
        }
        self.quantity = point.quantity;
        self.codec = point.codec;
        self.as_table = point.as_table;
        self.findings.order = point.order;
        self.findings.significant_only = point.significant_only;
        if is_there(&doc, point.selection) {
            self.select(point.selection);
        }
    }

    /// The name of what is selected, and its run.
    pub(crate) fn bookmark(&self) -> Option<Bookmark> {
        let doc = self.doc.as_ref()?;
        let label = |stream: u32| doc.stream(stream).map(|row| row.key.label()).unwrap_or_default();
        let name = match self.selection {
            Selection::Nothing => return None,
            Selection::Stream(stream) => label(stream),
            Selection::Finding(id) => {
                let row = doc.finding(id)?;
                format!("Finding {id}, {}: {}", row.stream.key.label(), row.finding.explanation.sentence)
            }
            Selection::Window { stream, index } => format!("Window {index}, {}", label(stream)),
            Selection::Event { stream, position } => format!("Event {position}, {}", label(stream)),
        };
        Some(Bookmark { name, run: doc.run.as_ref().map(|run| run.id), point: self.point(0.0) })
    }

    /// What a bookmark is about, as decisions name it.
    pub(crate) fn subject_of_bookmark(&self, bookmark: &Bookmark) -> Subject {
        let finding = |id: i64| self.doc.as_ref()?.finding(id).map(subject);
        match bookmark.point.selection {
            selection if selection == self.selection => self.selected_subject(),
            Selection::Finding(id) => finding(id).unwrap_or(Subject::Case),
            Selection::Event { stream, position } => {
                Subject::Events { stream, first_event: position, last_event: position }
            }
            Selection::Stream(stream) | Selection::Window { stream, .. } => Subject::Stream { stream },
            Selection::Nothing => Subject::Case,
        }
    }

    /// The bookmark of what is selected, where there is one.
    pub(crate) fn bookmarked(&self) -> Option<usize> {
        let run = self.doc.as_ref()?.run.as_ref().map(|run| run.id);
        self.bookmarks.iter().position(|b| b.run == run && b.point.selection == self.selection)
    }

    /// Asks for a bookmark on the selection, or that it is taken away. It is there once the case has it.
    pub(crate) fn toggle_bookmark(&mut self) {
        let known = self.bookmarked().and_then(|place| self.bookmarks.get(place)).cloned();
        let stands = known.is_none();
        let Some(bookmark) = known.or_else(|| self.bookmark()) else { return };
        self.decisions.asked.push(Request {
            subject: self.subject_of_bookmark(&bookmark),
            finding: None,
            decision: Decision::Bookmark { name: bookmark.name.clone() },
            stands,
            bookmark: Some(bookmark),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_and_what_is_gone_is_passed_over() {
        let mut state = crate::scene::state();
        state.range = (20.0, 60.0);
        state.bookmarks.extend(state.bookmark());
        let finding = state.selected_finding().expect("the scene selects one");
        let seen = DecisionRow {
            id: 1,
            at_nanos: 0,
            actor: "anna".to_owned(),
            subject: subject(&finding),
            finding: None,
            decision: Decision::Acknowledge,
            stands: true,
        };
        let kept = Kept {
            layout: Some(Layout::of(&crate::layout::timeline())),
            run: Some(1),
            point: Some(state.point(3.0)),
            bookmarks: state.bookmarks.clone(),
            decisions: vec![seen],
            choices: Some(state.choices()),
            ..Kept::default()
        };
        let read = Kept::read(&kept.written()).expect("as it was written");
        assert_eq!(read.bookmarks.len(), 1);
        assert!(read.decisions.is_empty(), "decisions are kept elsewhere");
        assert_eq!(read.choices, kept.choices);
        let older = r#"{"columns":{"a":["b"]},"point":null}"#;
        let choices = Kept::read(older).and_then(|kept| kept.choices).expect("its columns");
        assert_eq!(choices.columns.get("a"), Some(&vec!["b".to_owned()]));
        let mut point = read.point.expect("it was kept");
        assert!(point.shows_as(state.point(9.0)));
        assert!(Kept::read("{ later").is_none());

        let mut other = crate::scene::state();
        point.selection = Selection::Finding(99);
        (point.range, point.times) = ((-5.0, 1e9), None);
        other.go_to(point);
        assert_eq!(other.selection, Selection::Finding(1), "there is no finding 99");
        assert_eq!(other.range, other.doc.as_ref().map(|doc| doc.extent).expect("a case"));
    }

    #[test]
    fn a_time_is_the_same_after_an_earlier_capture_came_into_the_case() {
        let mut state = crate::scene::state();
        state.range = (20.0, 60.0);
        let point = state.point(0.0);
        let mut doc = state.doc.as_deref().cloned().expect("the scene has a case");
        let crate::doc::Axis::Time { origin_nanos } = &mut doc.axis else { panic!("the scene has times") };
        *origin_nanos -= 100_000_000_000;
        doc.extent.1 += 100.0;
        state.doc = Some(std::sync::Arc::new(doc));
        state.go_to(point);
        assert_eq!(state.range, (120.0, 160.0));
        state.go_to(Point { times: None, ..point });
        assert_eq!(state.range, (20.0, 60.0), "an earlier version kept no more");
    }

    #[test]
    fn marks_are_set_and_taken_away() {
        let mut state = crate::scene::state();
        for stands in [true, false] {
            state.toggle_bookmark();
            let asked = state.decisions.asked.pop().expect("it was asked for");
            assert_eq!((asked.stands, state.bookmarks.len()), (stands, usize::from(!stands)));
            state.bookmarks = asked.bookmark.into_iter().filter(|_| stands).collect();
        }
        let finding = state.selected_finding().expect("the scene selects one");
        for stands in [true, false] {
            state.toggle_acknowledged();
            let asked = state.decisions.asked.pop().expect("it was asked for");
            assert_eq!(asked.stands, stands);
            assert_ne!(state.is_acknowledged(&finding), stands, "nothing is decided before the case has it");
            let Request { subject, decision, .. } = asked;
            let (actor, finding) = ("anna".to_owned(), None);
            state.decisions.take(vec![DecisionRow {
                id: 1,
                at_nanos: 0,
                actor,
                subject,
                finding,
                decision,
                stands,
            }]);
        }
        state.selection = Selection::Nothing;
        state.toggle_bookmark();
        assert!(state.decisions.asked.is_empty());
    }

    #[test]
    fn bookmarks_that_were_decided_elsewhere_are_there_and_those_withdrawn_are_not() {
        let state = crate::scene::state();
        let doc = state.doc.clone().expect("the scene has a case");
        let own = state.bookmark().expect("a finding is selected");
        assert!(matches!(state.subject_of_bookmark(&own), Subject::Events { .. }));
        let row = |id, name: &str, subject: Subject, stands| DecisionRow {
            id,
            at_nanos: 0,
            actor: "anna".to_owned(),
            subject,
            finding: None,
            decision: Decision::Bookmark { name: name.to_owned() },
            stands,
        };
        let kept = Kept { bookmarks: vec![own.clone()], ..Kept::default() };
        assert!(decided(&doc, &[], Some(&kept)).is_none(), "nobody decided about any");
        let finding = subject(doc.finding(2).expect("a finding"));
        let event = Subject::Events { stream: 1, first_event: 7, last_event: 7 };
        let rows = [
            row(1, "there", finding, true),
            row(2, "an event", event, true),
            row(3, &own.name, Subject::Case, false),
        ];
        let bookmarks = decided(&doc, &rows, Some(&kept)).expect("they are decided");
        let found: Vec<(&str, Selection)> =
            bookmarks.iter().map(|b| (b.name.as_str(), b.point.selection)).collect();
        let event = Selection::Event { stream: 1, position: 7 };
        assert_eq!(found, [("there", Selection::Finding(2)), ("an event", event)]);

        let gone = Bookmark { run: Some(9), ..own };
        let about = subject(doc.finding(2).expect("a finding"));
        let rows = [row(1, &gone.name, about, true)];
        let kept = Kept { bookmarks: vec![gone], ..Kept::default() };
        let bookmarks = decided(&doc, &rows, Some(&kept)).expect("it is decided");
        assert_eq!((bookmarks[0].run, bookmarks[0].point.selection), (Some(1), Selection::Finding(2)));
    }

    #[test]
    fn a_turn_of_the_wheel_is_one_step() {
        let state = crate::scene::state();
        let begun = state.point(1.0);
        let zoomed = |at_seconds| Point { range: (1.0, 2.0), at_seconds, ..begun };
        assert!(begun.goes_on(&zoomed(1.2), 0.7));
        assert!(!begun.goes_on(&zoomed(9.0), 0.7), "later it is another step");
        assert!(!begun.goes_on(&Point { as_table: true, ..zoomed(1.2) }, 0.7));
    }
}
