//! What the tokens of a finding's events cost, and where the baseline has the same: made again on demand, never kept.

use std::ops::Range;

use cbad::{Attribution, ENGINE_VERSION, Finding, Watch, attribute};

use crate::apart::apart;
use crate::error::CaseError;
use crate::store::Case;

/// Most events that are looked at; of a longer finding those around its dearest event.
const MOST_EVENTS: u64 = 2_000;

impl Case {
    /// What each token of the events of a finding costs given the baseline of its dearest window, which of them stand in the
    /// baseline and where, and what stands there in the place of dear ones. Depends on the run and the events alone.
    pub fn attribution(&self, run: i64, finding: i64, watch: &dyn Watch) -> Result<Attribution, CaseError> {
        let row = self.finding(run, finding)?;
        let run_row = self.run(run)?;
        if run_row.engine != ENGINE_VERSION {
            return Err(CaseError::OtherEngine { run, engine: run_row.engine, here: ENGINE_VERSION });
        }
        let anchor = self.open_anchor(&run_row.config.baseline)?;
        let stream = self.as_of_run(run, &row.stream)?;
        let config = run_row.config.clone().asked_of(&row.finding, &stream.key);
        let prepared = self.prepare(&[stream], anchor.as_ref(), &run_row.config)?;
        let (window, events) = (row.finding.window, shown(&row.finding));
        let made = apart(watch, move |watch| {
            let streams = prepared.build(watch)?;
            attribute(&streams[0], &config, window, events, watch).map_err(|_| CaseError::Cancelled)
        })??;
        made.ok_or(CaseError::NoSuch { what: "window", id: i64::from(window), available: None })
    }
}

/// The events of a finding that are looked at.
fn shown(finding: &Finding) -> Range<u64> {
    let (first, end) = (finding.first_event, finding.last_event + 1);
    if end - first <= MOST_EVENTS {
        return first..end;
    }
    let dearest =
        finding.explanation.drivers.first().map_or(first, |driver| driver.event.clamp(first, end - 1));
    let start = dearest.saturating_sub(MOST_EVENTS / 2).clamp(first, end - MOST_EVENTS);
    start..start + MOST_EVENTS
}
