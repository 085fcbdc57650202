//! The calls to language models over the shared time, and the one that is looked at.

use super::{Asked, Desk, Sort, times};
use crate::doc::Doc;
use crate::state::State;
use crate::ui::rows::ListState;
use case::{Call, Calls, DiffPart};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// The upper part of the view of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// What a person has chosen in the view of calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ChosenCalls {
    pub(crate) upper: Upper,
    pub(crate) filter: String,
    pub(crate) sort: Sort,
    pub(crate) as_difference: bool,
    /// Stream and position of the call that is looked at; none where the view itself took the first.
    pub(crate) call: Option<(u32, u64)>,
}

impl Default for ChosenCalls {
    fn default() -> Self {
        Self {
            upper: Upper::default(),
            filter: String::new(),
            // The earliest first.
            sort: Sort(0, false),
            as_difference: false,
            call: None,
        }
    }
}

/// The view of calls.
#[derive(Debug, Default)]
pub(crate) struct CallsView {
    pub(super) desk: Desk,
    pub(super) call_desk: Desk,
    pub(super) asked: Option<Range<i64>>,
    pub(super) is_old: bool,
    pub(crate) reading: bool,
    pub(crate) failed: Option<String>,
    pub(crate) calls: Option<Arc<Calls>>,
    pub(crate) chosen: ChosenCalls,
    /// Rows of `calls` that are listed, in order, and the filter and the order that they are listed by.
    pub(crate) listed: Option<(String, Sort, Arc<Vec<usize>>)>,
    pub(crate) list: ListState,
    pub(crate) models_list: ListState,
    pub(crate) tools_list: ListState,
    pub(super) wanted: Option<(u32, u64)>,
    pub(crate) read: Option<Arc<Read>>,
    pub(crate) call_failed: Option<String>,
    /// The call that others are compared with.
    pub(crate) kept: Option<Arc<Call>>,
}

impl CallsView {
    /// The call that is shown, read or not.
    pub(crate) fn wanted(&self) -> Option<(u32, u64)> {
        self.wanted
    }

    /// Chooses what was chosen then.
    pub(crate) fn choose(&mut self, chosen: ChosenCalls) {
        if chosen.call != self.chosen.call {
            (self.wanted, self.read, self.call_failed) = (None, None, None);
        }
        self.chosen = chosen;
    }
}

impl State {
    /// Has the calls of the shared time read, where that has not been asked for yet.
    pub(crate) fn want_calls(&mut self, doc: &Doc) {
        // Answers that were kept without their requests have no time: they are among those of the whole case.
        let zoomed = times(self, doc).filter(|_| self.range != doc.extent);
        let times = zoomed.unwrap_or(i64::MIN..i64::MAX);
        let calls = &mut self.telemetry.calls;
        let is_old = !calls.reading && std::mem::take(&mut calls.is_old);
        let old = calls.wanted.filter(|_| is_old).map(|call| (call, calls.call_desk.ticket()));
        let kept = calls.kept.clone();
        if is_old || calls.asked.as_ref() != Some(&times) {
            calls.asked = Some(times.clone());
            calls.reading = true;
            let ticket = calls.desk.ticket();
            self.telemetry.ask(Asked::Calls { times }, ticket);
        }
        if let Some(((stream, position), ticket)) = old {
            self.telemetry.ask(Asked::Call { stream, position, kept }, ticket);
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
