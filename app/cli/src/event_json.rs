//! Drivers in the shape of `--json`, documented in `docs/CLI.md`.

use case::{Case, CaseError, EventJson};
use cbad::Driver;
use serde::Serialize;

/// A driver with every token and the bytes behind it.
#[derive(Serialize)]
pub(crate) struct DriverJson {
    #[serde(flatten)]
    driver: Driver,
    /// None where it can no longer be shown.
    #[serde(flatten)]
    source: Option<EventJson>,
    nearest_event: Option<EventJson>,
}

impl DriverJson {
    pub(crate) fn new(case: &Case, stream: u32, driver: &Driver) -> Result<Self, CaseError> {
        let event = |position| {
            case.event_readable(stream, position).map(|row| row.map(|row| EventJson::new(stream, &row)))
        };
        Ok(Self {
            source: event(driver.event)?,
            nearest_event: driver.nearest.map(event).transpose()?.flatten(),
            driver: driver.clone(),
        })
    }
}
