//! The calls to language models over the shared time, and the one that is looked at.

use super::{Asked, Desk, Sort, times};
use crate::doc::Doc;
use crate::state::State;
use crate::ui::rows::ListState;
use case::{Call, Calls, DiffPart};
use std::ops::Range;
use std::sync::Arc;

/// The upper part of the view of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Upper {
    #[default]
    List,
    Models,
    Tools,
}

/// A call and how its prompt differs from the kept one's.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) call: Call,
    /// The call that it is compared with, and the differences.
    pub(crate) compared: Option<(Arc<Call>, Vec<DiffPart>)>,
}

/// The view of calls.
#[derive(Debug)]
pub(crate) struct CallsView {
    pub(super) desk: Desk,
    pub(super) call_desk: Desk,
    pub(super) asked: Option<Range<i64>>,
    pub(crate) reading: bool,
    pub(crate) failed: Option<String>,
    pub(crate) calls: Option<Arc<Calls>>,
    pub(crate) filter: String,
    pub(crate) sort: Sort,
    pub(crate) upper: Upper,
    pub(crate) as_difference: bool,
    pub(crate) list: ListState,
    pub(crate) models_list: ListState,
    pub(crate) tools_list: ListState,
    pub(super) wanted: Option<(u32, u64)>,
    pub(crate) read: Option<Arc<Read>>,
    pub(crate) call_failed: Option<String>,
    /// The call that others are compared with.
    pub(crate) kept: Option<Arc<Call>>,
}

impl Default for CallsView {
    fn default() -> Self {
        Self {
            desk: Desk::default(),
            call_desk: Desk::default(),
            asked: None,
            reading: false,
            failed: None,
            calls: None,
            filter: String::new(),
            // The earliest first.
            sort: Sort(0, false),
            upper: Upper::default(),
            as_difference: false,
            list: ListState::default(),
            models_list: ListState::default(),
            tools_list: ListState::default(),
            wanted: None,
            read: None,
            call_failed: None,
            kept: None,
        }
    }
}

impl CallsView {
    /// The call that was chosen, read or not.
    pub(crate) fn wanted(&self) -> Option<(u32, u64)> {
        self.wanted
    }
}

impl State {
    /// Has the calls of the shared time read, where that has not been asked for yet.
    pub(crate) fn want_calls(&mut self, doc: &Doc) {
        let Some(times) = times(self, doc) else { return };
        let calls = &mut self.telemetry.calls;
        if calls.asked.as_ref() != Some(&times) {
            calls.asked = Some(times.clone());
            calls.reading = true;
            let ticket = calls.desk.ticket();
            self.telemetry.ask(Asked::Calls { times }, ticket);
        }
    }

    /// Shows a call with its messages.
    pub(crate) fn want_call(&mut self, stream: u32, position: u64) {
        let calls = &mut self.telemetry.calls;
        if calls.wanted != Some((stream, position)) {
            calls.wanted = Some((stream, position));
            (calls.read, calls.call_failed) = (None, None);
            let ticket = calls.call_desk.ticket();
            let kept = calls.kept.clone();
            self.telemetry.ask(Asked::Call { stream, position, kept }, ticket);
        }
    }
}
