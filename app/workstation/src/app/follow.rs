//! Following: begun and stopped by a person, and the views kept up with what comes, with the selection and the time shown.

use super::App;
use crate::doc::{Axis, Doc, Selection};
use crate::filter::{Everywhere, Progress};
use crate::follow::{self, FollowSaid, Following};
use crate::history::History;
use crate::query::Query;
use crate::state::{EventList, Level, Tests};
use crate::work::Failure;
use std::path::PathBuf;
use std::sync::Arc;

impl App {
    /// Follows the first of these paths.
    pub(super) fn follow(&mut self, paths: Vec<PathBuf>) {
        let Some(path) = paths.into_iter().next().filter(|_| self.state.following.is_none()) else { return };
        let config = match self.state.prefs.analysis.config(None) {
            Ok(config) => config,
            Err(why) => return self.state.notice(Level::Error, "The settings cannot be used", why),
        };
        let redact = self.state.prefs.analysis.redact.rules();
        let asked = follow::Asked { redact, config };
        let path = std::path::absolute(&path).unwrap_or(path);
        let following = Following::new(path.clone());
        let (line, places, post) =
            (Arc::clone(&following.line), self.services.places.clone(), self.post.clone());
        self.state.following = Some(following);
        let job = move || follow::follow(&path, &places, asked, &line, &post);
        (self.services.spawn)("following", Box::new(job));
    }

    /// Ends following at the next safe point.
    pub(super) fn stop_following(&mut self) {
        if let Some(following) = &mut self.state.following {
            following.is_stopping = true;
            following.line.stop();
        }
    }

    /// What is followed tells something.
    pub(super) fn followed(&mut self, said: FollowSaid) {
        let Some(following) = &mut self.state.following else { return };
        match said {
            FollowSaid::Begun(case) => following.case = Some(case),
            FollowSaid::Came { events, rejected, is_news, notices } => {
                following.events += events;
                following.rejected += rejected;
                if is_news {
                    following.came_nanos = Some(crate::words::now_nanos());
                    self.keep_up(None);
                }
                for notice in notices {
                    self.state.notice(notice.level, notice.what, notice.detail);
                }
            }
            FollowSaid::Analyzing => following.is_analyzing = true,
            FollowSaid::Analyzed(run) => {
                following.is_analyzing = false;
                self.keep_up(Some(run));
            }
            FollowSaid::Ended(failure) => {
                let ended = self.state.following.take();
                match (failure, ended) {
                    (Some(Failure { what, detail }), _) => self.state.notice(Level::Error, what, detail),
                    (None, Some(ended)) => {
                        let came = crate::words::counted(ended.events, "event", "events");
                        let detail = format!("{came} came. Following it again goes on from there.");
                        self.state.notice(
                            Level::Done,
                            format!("{} is not followed any more", ended.name),
                            detail,
                        );
                    }
                    (None, None) => {}
                }
            }
        }
    }

    /// Shows what came: the case once it has something, and then what is new of it while it is open.
    fn keep_up(&mut self, run: Option<i64>) {
        let Some(following) = &mut self.state.following else { return };
        let Some(case) = following.case.clone().filter(|_| self.presented.is_none()) else { return };
        let is_new = !std::mem::replace(&mut following.was_shown, true);
        let Some(doc) = self.state.doc.clone().filter(|doc| doc.path == case) else {
            // Whoever has opened another case since is left there.
            if is_new || (self.state.loading && self.state.doc.is_none()) {
                self.show_case(&case, run);
            }
            return;
        };
        let shown = doc.run.as_ref().map(|run| run.id);
        // Who looks at an earlier run goes on to do so.
        let is_latest = shown == doc.runs.last().map(|run| run.id);
        self.state.ask(Query::Load { run: run.filter(|_| is_latest).or(shown) });
    }

    /// Takes a case that has grown in the place of what it was. False where it has not been followed.
    pub(super) fn take_grown(&mut self, doc: &Arc<Doc>) -> bool {
        let Some(old) = self.state.doc.clone().filter(|old| old.path == doc.path) else { return false };
        if !self.state.following.as_ref().is_some_and(|following| following.grows(&doc.path)) {
            return false;
        }
        let state = &mut self.state;
        state.loading = false;
        state.range = range_in(&old, doc, state.range);
        let selection = selection_in(&old, doc, state.selection);
        state.doc = Some(Arc::clone(doc));
        let has_grown = |id| doc.stream(id).map(|now| now.events) != old.stream(id).map(|was| was.events);
        if state.stream.is_some_and(has_grown) {
            let list = std::mem::take(&mut state.events.list);
            state.events = EventList { list, in_range: state.events.in_range, ..EventList::default() };
            state.fields = None;
        }
        let grown = doc.streams.iter().any(|now| has_grown(now.id));
        if grown || old.run != doc.run {
            state.telemetry.outdated();
            state.review.compare.outdated();
        }
        // What the search has not come to the end of is looked for to the end, but in the stream that is listed.
        let is_searching = matches!(state.filter.progress, Progress::Searching(_));
        if grown && (!is_searching || state.stream.is_some_and(has_grown)) {
            (state.filter.of, state.filter.everywhere) = (None, Everywhere::default());
        }
        state.problems.forget();
        state.review.outdated();
        if old.run != doc.run {
            // Ranks of findings mean others now.
            (state.trail, state.changes) = (History::default(), History::default());
            state.tests = Tests { choice: state.tests.choice, ..Tests::default() };
            state.heat.cursor = None;
            if let Some(run) = &doc.run {
                let (streams, axis, extent) = (doc.scored.clone(), doc.axis, doc.extent);
                state.ask(Query::Heat { run: run.id, streams, axis, extent });
                if let Some(stream) = state.stream {
                    state.ask(Query::Stream { run: run.id, stream, axis: doc.axis });
                }
            }
            if let Some(trial) = &mut state.trial {
                (trial.asked, trial.answer) = (None, None);
            }
        }
        // Before the first run a stream was selected for want of anything else, so that nobody's place is lost.
        let is_nobodys = match selection {
            Selection::Nothing => true,
            Selection::Stream(_) => old.run.is_none(),
            _ => false,
        };
        match (doc.findings.first(), doc.streams.first()) {
            (Some(finding), _) if is_nobodys => state.select(Selection::Finding(finding.id)),
            (None, Some(stream)) if selection == Selection::Nothing => {
                state.select(Selection::Stream(stream.id));
            }
            _ => state.selection = selection,
        }
        true
    }
}

/// The time that was shown, on the axis of the case as it is now. Who saw all of it sees all of it.
fn range_in(old: &Doc, new: &Doc, range: (f64, f64)) -> (f64, f64) {
    if range == old.extent {
        return new.extent;
    }
    let moved = |x: f64| match old.axis.nanos(x) {
        Some(nanos) => new.axis.of_nanos(nanos),
        None => (new.axis == Axis::Position).then_some(x),
    };
    match (moved(range.0), moved(range.1)) {
        (Some(from), Some(to)) if from < to && from >= new.extent.0 && to <= new.extent.1 => (from, to),
        _ => new.extent,
    }
}

/// What was selected, in the run as it is now: a finding by its events, since its rank may be another.
fn selection_in(old: &Doc, new: &Doc, selection: Selection) -> Selection {
    let of_run = |doc: &Doc| doc.run.as_ref().map(|run| run.id);
    if of_run(old) == of_run(new) {
        return selection;
    }
    match selection {
        Selection::Finding(id) => {
            let Some(was) = old.finding(id) else { return Selection::Nothing };
            let overlap = |row: &case::FindingRow| {
                let (a, b) = (&was.finding, &row.finding);
                let events =
                    (a.last_event.min(b.last_event) + 1).saturating_sub(a.first_event.max(b.first_event));
                (row.stream.id == was.stream.id && events > 0).then_some(events)
            };
            // Of those that share as many events the one of the highest rank.
            let best = new
                .findings
                .iter()
                .rev()
                .filter_map(|row| Some((overlap(row)?, row.id)))
                .max_by_key(|(events, _)| *events);
            best.map_or(Selection::Stream(was.stream.id), |(_, id)| Selection::Finding(id))
        }
        // A longer stream may be cut into other windows.
        Selection::Window { stream, .. } => Selection::Stream(stream),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_shown_and_the_finding_selected_stay_when_a_case_grows() {
        let old = crate::scene::state().doc.expect("the scene has a case").as_ref().clone();
        let mut new = old.clone();
        new.extent.1 += 50.0;
        assert_eq!(range_in(&old, &new, old.extent), new.extent, "all of it stays all of it");
        assert_eq!(range_in(&old, &new, (10.0, 20.0)), (10.0, 20.0));
        let Axis::Time { origin_nanos } = old.axis else { panic!("the scene has times") };
        new.axis = Axis::Time { origin_nanos: origin_nanos - 5_000_000_000 };
        assert_eq!(range_in(&old, &new, (10.0, 20.0)), (15.0, 25.0), "earlier events came late");

        let run = new.run.as_mut().expect("the scene has a run");
        run.id += 1;
        new.findings.rotate_left(1);
        for (rank, row) in (1..).zip(&mut new.findings) {
            row.id = rank;
        }
        for was in &old.findings {
            let Selection::Finding(id) = selection_in(&old, &new, Selection::Finding(was.id)) else {
                panic!("finding {} is still there", was.id)
            };
            let now = new.finding(id).expect("it is selected");
            assert_eq!((now.stream.id, now.finding.first_event), (was.stream.id, was.finding.first_event));
        }
        new.findings.clear();
        let stream = old.findings[0].stream.id;
        assert_eq!(
            selection_in(&old, &new, Selection::Finding(old.findings[0].id)),
            Selection::Stream(stream)
        );
        let event = Selection::Event { stream: 0, position: 7 };
        assert_eq!(selection_in(&old, &new, event), event);
    }
}
