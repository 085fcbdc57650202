//! The search of the filter bar: one at a time, each on a thread of its own with its own connection; a newer one stops the
//! one before, and what comes of that is dropped. First the stream that is shown is looked through for where its hits are,
//! then the other streams for how many they have.

use super::App;
use crate::filter::{Everywhere, Progress, SearchOf};
use crate::work::{Message, Post, TaskWatch};
use case::{Case, CaseError, Query, SearchSummary};
use cbad::Watch as _;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Hits are told so often, and at the latest when there are so many of them.
const OFTEN: Duration = Duration::from_millis(40);
const MOST: usize = 1 << 16;

/// What a search tells.
#[derive(Debug)]
pub(crate) enum Searched {
    /// More events that fit.
    Hits(Vec<u64>),
    /// The stream that is shown is looked through; `None` where the search was cancelled.
    Ended(Option<Result<SearchSummary, String>>),
    /// Events that fit in other streams, by stream.
    Elsewhere(BTreeMap<u32, u64>),
    /// Nothing more comes. What the other streams came to, where they were looked through.
    Over(Option<SearchSummary>),
}

/// The search that runs.
#[derive(Debug, Default)]
pub(super) struct Searcher {
    number: u64,
    running: Option<Arc<TaskWatch>>,
}

impl Searcher {
    pub(super) const fn is_at_work(&self) -> bool {
        self.running.is_some()
    }
}

impl App {
    /// Looks for what the filter bar says now.
    pub(super) fn follow_filter(&mut self) {
        let wanted = self.state.stream.zip(self.state.filter.query.clone()).zip(self.state.doc.clone());
        let of: Option<SearchOf> = wanted
            .as_ref()
            .map(|((stream, _), _)| (self.state.doc_id, *stream, self.state.filter.text.clone()));
        if of == self.state.filter.of {
            return;
        }
        if let Some(running) = &self.searcher.running {
            // The new one begins when this one has stopped.
            running.cancel();
            return;
        }
        self.state.filter.forget();
        let Some(((stream, query), doc)) = wanted else {
            self.state.filter.everywhere = Everywhere::default();
            return;
        };
        let filter = &mut self.state.filter;
        let others = filter
            .everywhere
            .begin(self.state.doc_id, &filter.text)
            .then(|| query.as_ref().clone().without_stream(&stream.to_string()));
        let watch = Arc::new(TaskWatch::default());
        self.searcher.number += 1;
        self.searcher.running = Some(Arc::clone(&watch));
        self.state.filter.of = of;
        self.state.filter.progress = Progress::Searching(Arc::clone(&watch));
        self.state.events.list = crate::ui::rows::ListState::default();
        let (number, post, path) = (self.searcher.number, self.post.clone(), doc.path.clone());
        let query = query.as_ref().clone().with_stream(&stream.to_string());
        let job = move || search(&path, (&query, others.as_ref()), number, &watch, &post);
        (self.services.spawn)("search", Box::new(job));
    }

    /// Takes what a search found.
    pub(super) fn searched(&mut self, number: u64, said: Searched) {
        if number != self.searcher.number {
            return;
        }
        let is_wanted = self.state.filters();
        let filter = &mut self.state.filter;
        match said {
            Searched::Hits(positions) if is_wanted => filter.hits.extend(&positions),
            Searched::Elsewhere(counts) if is_wanted => filter.everywhere.keep(counts),
            Searched::Hits(_) | Searched::Elsewhere(_) => {}
            Searched::Over(summary) => {
                self.searcher.running = None;
                filter.everywhere.is_complete |= is_wanted && summary.is_some();
                self.state.problems.found(summary.map(|summary| summary.damaged).unwrap_or_default());
            }
            Searched::Ended(result) => {
                if let Some(Ok(summary)) = &result {
                    self.state.problems.found(summary.damaged.clone());
                    let here = filter.of.as_ref().filter(|_| is_wanted).map(|of| (of.1, summary.total));
                    filter.everywhere.keep(here);
                }
                filter.progress = match result {
                    Some(Ok(summary)) => Progress::Done(summary),
                    Some(Err(why)) => Progress::Failed(why),
                    None => Progress::None,
                };
                if is_wanted {
                    self.state.reveal_selected();
                }
            }
        }
    }
}

/// Looks through the stream that is shown and then, where it is given a query for them, through the others.
fn search(
    path: &Path,
    (shown, others): (&Query, Option<&Query>),
    number: u64,
    watch: &TaskWatch,
    post: &Post,
) {
    let tell = |said: Searched| post.send(Message::Searched(number, said));
    let summary = match Case::open_read_only(path) {
        Ok(case) => {
            let ended = ended(hits_of(&case, shown, watch, &tell));
            let is_done = matches!(ended, Some(Ok(_)));
            tell(Searched::Ended(ended));
            others.filter(|_| is_done).and_then(|others| count(&case, others, watch, &tell))
        }
        Err(error) => {
            tell(Searched::Ended(ended(Err(error))));
            None
        }
    };
    tell(Searched::Over(summary));
}

/// What a search came to; `None` where it was cancelled.
fn ended(result: Result<SearchSummary, CaseError>) -> Option<Result<SearchSummary, String>> {
    match result {
        Err(CaseError::Cancelled) => None,
        Ok(summary) => summary.is_complete.then_some(Ok(summary)),
        Err(error) => Some(Err(case::inert(error.to_string()))),
    }
}

fn hits_of(
    case: &Case,
    query: &Query,
    watch: &TaskWatch,
    tell: &dyn Fn(Searched) -> bool,
) -> Result<SearchSummary, CaseError> {
    let (mut hits, mut told) = (Vec::new(), Instant::now());
    let summary = case.search_positions(query, watch, &mut |_, positions| {
        hits.extend_from_slice(positions);
        if told.elapsed() < OFTEN && hits.len() < MOST {
            return ControlFlow::Continue(());
        }
        told = Instant::now();
        go_on(!watch.cancelled() && tell(Searched::Hits(std::mem::take(&mut hits))))
    })?;
    if summary.is_complete {
        tell(Searched::Hits(hits));
    }
    Ok(summary)
}

/// How many events fit in each stream. A failure is none of the search: that is done, and tells of what it met itself.
fn count(
    case: &Case,
    query: &Query,
    watch: &TaskWatch,
    tell: &dyn Fn(Searched) -> bool,
) -> Option<SearchSummary> {
    let (mut counts, mut told) = (BTreeMap::new(), Instant::now());
    let result = case.search_positions(query, watch, &mut |stream, positions| {
        *counts.entry(stream).or_default() += positions.len() as u64;
        if told.elapsed() < OFTEN {
            return ControlFlow::Continue(());
        }
        told = Instant::now();
        go_on(!watch.cancelled() && tell(Searched::Elsewhere(counts.clone())))
    });
    let summary = result.ok().filter(|summary| summary.is_complete)?;
    tell(Searched::Elsewhere(counts));
    Some(summary)
}

const fn go_on(does: bool) -> ControlFlow<()> {
    if does { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}
