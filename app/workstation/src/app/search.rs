//! The search of the filter bar: one at a time, each on a thread of its own with its own connection; a newer one stops the
//! one before, and what comes of that is dropped.

use super::App;
use crate::filter::{Progress, SearchOf};
use crate::work::{Message, Post, TaskWatch};
use case::{Case, CaseError, Query, SearchSummary};
use cbad::Watch as _;
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
    /// It has ended; `None` where it was cancelled.
    Ended(Option<Result<SearchSummary, String>>),
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
        let Some(((stream, query), doc)) = wanted else { return };
        let watch = Arc::new(TaskWatch::default());
        self.searcher.number += 1;
        self.searcher.running = Some(Arc::clone(&watch));
        self.state.filter.of = of;
        self.state.filter.progress = Progress::Searching(Arc::clone(&watch));
        self.state.events.list = crate::ui::rows::ListState::default();
        let (number, post, path) = (self.searcher.number, self.post.clone(), doc.path.clone());
        let query = query.as_ref().clone().with_stream(&stream.to_string());
        let job = move || search(&path, &query, number, &watch, &post);
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
            Searched::Hits(_) => {}
            Searched::Ended(result) => {
                self.searcher.running = None;
                if let Some(Ok(summary)) = &result {
                    self.state.problems.found(summary.damaged.clone());
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

fn search(path: &Path, query: &Query, number: u64, watch: &TaskWatch, post: &Post) {
    let tell = |hits: Vec<u64>| post.send(Message::Searched(number, Searched::Hits(hits)));
    let (mut hits, mut told) = (Vec::new(), Instant::now());
    let result = Case::open_read_only(path).and_then(|case| {
        case.search_positions(query, watch, &mut |_, positions| {
            hits.extend_from_slice(positions);
            if told.elapsed() < OFTEN && hits.len() < MOST {
                return ControlFlow::Continue(());
            }
            told = Instant::now();
            if watch.cancelled() || !tell(std::mem::take(&mut hits)) {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })
    });
    let ended = match result {
        Err(CaseError::Cancelled) => None,
        Ok(summary) if !summary.is_complete => None,
        Ok(summary) => {
            tell(hits);
            Some(Ok(summary))
        }
        Err(error) => Some(Err(case::inert(error.to_string()))),
    };
    post.send(Message::Searched(number, Searched::Ended(ended)));
}
