//! What is looked for among the events of a stream, and which rows the list of events has.

use crate::hits::Hits;
use crate::state::State;
use case::{EventRow, Query, QueryError, SearchSummary};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Events kept of those that fit; a little more than is seen is read at once.
const KEPT: usize = 4096;
const AROUND: u64 = 48;

/// What a search is of: the open case, the stream, the text. Another one is another search.
pub(crate) type SearchOf = (u64, u32, String);

/// How far a search is.
#[derive(Clone, Debug, Default)]
pub(crate) enum Progress {
    /// Nothing is looked for.
    #[default]
    None,
    /// It goes on; how much has been looked through, from 0 to 1, where that is known.
    Searching(Arc<crate::work::TaskWatch>),
    /// It came to its end.
    Done(SearchSummary),
    /// It could not be made.
    Failed(String),
}

/// How many events fit in each stream of the case: what is looked for may be in another one than is shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Everywhere {
    /// The open case and the text that were counted.
    of: Option<(u64, String)>,
    /// Events that fit, by stream.
    counts: BTreeMap<u32, u64>,
    /// Whether every stream was looked through.
    pub(crate) is_complete: bool,
}

impl Everywhere {
    /// Begins to count for this text, where it is another one; whether streams beside the one that is shown are yet to be counted.
    pub(crate) fn begin(&mut self, doc: u64, text: &str) -> bool {
        let of = Some((doc, text.to_owned()));
        if self.of != of {
            *self = Self { of, ..Self::default() };
        }
        !self.is_complete
    }

    /// Keeps how many events of these streams fit.
    pub(crate) fn keep(&mut self, counts: impl IntoIterator<Item = (u32, u64)>) {
        self.counts.extend(counts.into_iter().filter(|(_, events)| *events > 0));
    }

    /// Events that fit in a stream, as far as they are counted.
    pub(crate) fn of_stream(&self, stream: u32) -> Option<u64> {
        self.counts.get(&stream).copied()
    }

    /// The streams with an event that fits but for one of them, those with the most first.
    pub(crate) fn elsewhere(&self, stream: u32) -> Vec<(u32, u64)> {
        let others = self.counts.iter().filter(|(other, _)| **other != stream);
        let mut others: Vec<(u32, u64)> = others.map(|(other, events)| (*other, *events)).collect();
        others.sort_by_key(|(_, events)| std::cmp::Reverse(*events));
        others
    }
}

/// What the filter bar holds.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// As a person wrote it.
    pub(crate) text: String,
    /// The same, read; `None` where it is empty or cannot be read.
    pub(crate) query: Option<Arc<Query>>,
    /// Why it cannot be read.
    pub(crate) error: Option<QueryError>,
    /// Whether the events that do not fit are shown too.
    pub(crate) with_others: bool,
    /// What the hits are of.
    pub(crate) of: Option<SearchOf>,
    /// The events that fit, as far as they are known.
    pub(crate) hits: Hits,
    /// How far the search is.
    pub(crate) progress: Progress,
    /// How many fit in which stream.
    pub(crate) everywhere: Everywhere,
    /// Whether the field is to have the focus.
    pub(crate) focus: bool,
    /// Events read one by one, by position.
    pub(crate) rows: BTreeMap<u64, Result<EventRow, String>>,
    /// Those that were asked for last.
    pub(crate) asked: Vec<u64>,
}

impl Filter {
    /// Reads what was written.
    pub(crate) fn read(&mut self) {
        (self.query, self.error) = if self.text.trim().is_empty() {
            (None, None)
        } else {
            match Query::parse(&self.text) {
                Ok(query) => (Some(Arc::new(query)), None),
                Err(error) => (None, Some(error)),
            }
        };
    }

    /// Forgets the hits.
    pub(crate) fn forget(&mut self) {
        self.of = None;
        self.hits = Hits::default();
        self.progress = Progress::None;
        self.rows.clear();
        self.asked.clear();
    }

    /// Keeps events that were read one by one.
    pub(crate) fn keep(&mut self, rows: Vec<(u64, Result<EventRow, String>)>) {
        if self.rows.len() + rows.len() > KEPT {
            self.rows.clear();
        }
        self.rows.extend(rows);
        self.asked.clear();
    }
}

/// The rows of the list of events: every position of a range, or those of them that fit.
#[derive(Clone, Debug)]
pub(crate) enum Listed {
    /// Every position.
    All(Range<u64>),
    /// Hits, by their numbers.
    Hits(Range<u64>),
}

impl Listed {
    /// Number of rows.
    pub(crate) fn len(&self) -> u64 {
        let (Self::All(range) | Self::Hits(range)) = self;
        range.end.saturating_sub(range.start)
    }

    /// Position of the event in a row.
    pub(crate) fn position(&self, hits: &Hits, row: u64) -> Option<u64> {
        match self {
            Self::All(range) => Some(range.start + row).filter(|position| *position < range.end),
            Self::Hits(numbers) => hits.select(numbers.start + row).filter(|_| row < self.len()),
        }
    }

    /// Row of an event, or of the first after it that is listed; `None` where none is.
    pub(crate) fn row(&self, hits: &Hits, position: u64) -> Option<u64> {
        let (place, range) = match self {
            Self::All(range) => (position, range),
            Self::Hits(numbers) => (hits.rank(position), numbers),
        };
        let last = range.end.checked_sub(1).filter(|last| *last >= range.start)?;
        Some(place.clamp(range.start, last) - range.start)
    }

    /// Positions around these rows that are not here and were not asked for.
    pub(crate) fn missing(&self, filter: &mut Filter, first: u64, end: u64) -> Vec<u64> {
        let Self::Hits(_) = self else { return Vec::new() };
        let rows = first.saturating_sub(AROUND)..self.len().min(end + AROUND);
        let positions = rows.filter_map(|row| self.position(&filter.hits, row));
        let missing: Vec<u64> = positions.filter(|position| !filter.rows.contains_key(position)).collect();
        if missing == filter.asked {
            return Vec::new();
        }
        filter.asked.clone_from(&missing);
        missing
    }
}

impl State {
    /// Whether the hits are those of what is written, in the stream that is shown.
    pub(crate) fn filters(&self) -> bool {
        let current =
            |of: &SearchOf| of.0 == self.doc_id && Some(of.1) == self.stream && of.2 == self.filter.text;
        self.filter.query.is_some() && self.filter.of.as_ref().is_some_and(current)
    }

    /// Whether a stream is there whose events are listed.
    pub(crate) fn lists_events(&self) -> bool {
        self.doc.is_some() && self.stream.is_some()
    }

    /// Whether all is known of what the list of events is to have: what is still looked for would be missing in a file.
    pub(crate) fn is_searched(&self) -> bool {
        let is_done = self.filters() && matches!(self.filter.progress, Progress::Done(_));
        self.filter.query.is_none() || self.filter.with_others || is_done
    }

    /// The first and the last moment that the list of events is narrowed to, where it is.
    pub(crate) fn listed_times(&self) -> Option<(i64, i64)> {
        let axis = self.doc.as_ref().filter(|_| self.events.in_range)?.axis;
        axis.nanos(self.range.0).zip(axis.nanos(self.range.1))
    }

    /// The rows of the list of events.
    pub(crate) fn listed(&self, events: u64) -> Listed {
        let shown = match &self.events.positions {
            Some(positions) if self.events.in_range => positions.clone(),
            _ => 0..events,
        };
        if !self.filters() || self.filter.with_others {
            return Listed::All(shown);
        }
        let hits = &self.filter.hits;
        Listed::Hits(hits.rank(shown.start)..hits.rank(shown.end))
    }

    /// The event with the next hit after the selected one, or the previous one before it; at the ends it goes round.
    pub(crate) fn neighbouring_hit(&self, forward: bool) -> Option<u64> {
        let stream = self.doc.as_ref()?.stream(self.stream?)?;
        let shown = match self.listed(stream.events) {
            Listed::All(range) => self.filter.hits.rank(range.start)..self.filter.hits.rank(range.end),
            Listed::Hits(numbers) => numbers,
        };
        if !self.filters() || shown.is_empty() {
            return None;
        }
        let selected = self.selected_event().filter(|(of, _)| Some(*of) == self.stream).map(|(_, at)| at);
        let number = match (selected, forward) {
            (None, true) => shown.start,
            (None, false) => shown.end - 1,
            (Some(at), true) => self.filter.hits.rank(at + 1),
            (Some(at), false) => self.filter.hits.rank(at).checked_sub(1).unwrap_or(u64::MAX),
        };
        let number = match (shown.contains(&number), forward) {
            (true, _) => number,
            (false, true) => shown.start,
            (false, false) => shown.end - 1,
        };
        self.filter.hits.select(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::Selection;

    fn state() -> State {
        let mut state = crate::scene::state();
        "refused".clone_into(&mut state.filter.text);
        state.filter.read();
        state.filter.of = Some((state.doc_id, 0, "refused".to_owned()));
        state.filter.hits.extend(&[3, 700, 701, 1200]);
        state
    }

    #[test]
    fn the_list_has_the_hits_or_all_events_and_finds_its_rows_again() {
        let mut state = state();
        let listed = state.listed(1300);
        assert_eq!(listed.len(), 4);
        let positions: Vec<_> = (0..5).map(|row| listed.position(&state.filter.hits, row)).collect();
        assert_eq!(positions, [Some(3), Some(700), Some(701), Some(1200), None]);
        for (position, row) in [(0, 0), (4, 1), (701, 2), (1299, 3)] {
            assert_eq!(listed.row(&state.filter.hits, position), Some(row), "{position}");
        }
        for (position, selected) in [(4, None), (701, Some(2))] {
            state.select(Selection::Event { stream: 0, position });
            let list = &state.events.list;
            assert!(list.reveal.is_some() && list.selected == selected, "no other event is the one selected");
        }
        (state.events.in_range, state.events.positions) = (true, Some(700..800));
        assert_eq!(state.listed(1300).len(), 2, "those of the time shown");
        assert!(state.listed_times().is_some() && !state.is_searched(), "a search that has not ended");
        state.filter.with_others = true;
        assert!(state.is_searched());
        assert_eq!(state.listed(1300).len(), 100);
        state.filter.text.push('x');
        state.filter.with_others = false;
        assert_eq!(state.listed(1300).len(), 100, "hits of another text are none of this one");
    }

    #[test]
    fn streams_are_counted_once_for_a_text_and_stand_by_their_number() {
        let mut everywhere = Everywhere::default();
        assert!(everywhere.begin(1, "a"));
        everywhere.keep([(0, 3), (1, 0), (2, 9), (7, 9)]);
        assert_eq!(everywhere.elsewhere(0), [(2, 9), (7, 9)]);
        assert_eq!(everywhere.elsewhere(2), [(7, 9), (0, 3)]);
        assert!(everywhere.begin(1, "a"), "it is not complete");
        everywhere.is_complete = true;
        assert!(!everywhere.begin(1, "a"));
        assert_eq!((everywhere.of_stream(0), everywhere.of_stream(1)), (Some(3), None));
        assert!(
            everywhere.begin(2, "a") && everywhere.elsewhere(9).is_empty(),
            "of another case nothing is known"
        );
    }

    #[test]
    fn hits_are_gone_through_round_and_round() {
        let mut state = state();
        state.select(Selection::Event { stream: 0, position: 700 });
        for (forward, expected) in [(true, 701), (true, 1200), (true, 3), (false, 1200), (false, 701)] {
            let hit = state.neighbouring_hit(forward);
            assert_eq!(hit, Some(expected));
            state.select(Selection::Event { stream: 0, position: expected });
        }
        state.filter.forget();
        assert_eq!(state.neighbouring_hit(true), None);
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let mut filter = Filter::default();
        for (text, at) in
            [("", None), ("  ", None), ("a \"b", Some(2)), ("level:loud", Some(6)), ("ok", None)]
        {
            text.clone_into(&mut filter.text);
            filter.read();
            assert_eq!(filter.error.as_ref().map(|error| error.at), at, "{text}");
        }
        assert!(filter.query.is_some());
    }
}
