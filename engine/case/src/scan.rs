//! Events that fit a query, looked at where they lie: what a picture of a range is made of, without an event being copied.

use std::ops::ControlFlow;
use std::sync::Arc;

use cbad::Watch;

use crate::error::CaseError;
use crate::query::Query;
use crate::rows::StreamRow;
use crate::search::{Candidate, SearchSummary, Stored, each_that_fits};
use crate::store::Case;
use crate::view::EventView;

/// Makes of an event, of a stream and at a position, what is wanted of it.
pub(crate) type Look<T> = dyn Fn(&StreamRow, u64, &EventView<'_>) -> Option<T> + Send + Sync;

impl Case {
    /// Hands what `look` makes of each event that fits to `take`, by stream and position. Blocks are looked through on
    /// several threads, a few at a time, so that memory does not grow with the case.
    pub(crate) fn scan<T: Send + 'static>(
        &self,
        query: &Query,
        watch: &dyn Watch,
        look: Arc<Look<T>>,
        take: &mut dyn FnMut(T),
    ) -> Result<SearchSummary, CaseError> {
        let of_blocks = query.clone();
        let look_at = move |candidate: &Candidate, stored: &Stored, _given| {
            let mut found = Vec::new();
            each_that_fits(candidate, stored, &of_blocks, &mut |_, _, position, view| {
                found.extend(look(&candidate.stream, position, view));
                Ok(())
            })?;
            Ok(found)
        };
        self.in_rounds(query, watch, Arc::new(look_at), &mut |_, found: Vec<T>, summary| {
            summary.total += found.len() as u64;
            summary.given = summary.total;
            found.into_iter().for_each(&mut *take);
            ControlFlow::Continue(())
        })
    }
}
