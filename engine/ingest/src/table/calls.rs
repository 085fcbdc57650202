//! Tables whose columns say that each row is a call to a language model or a span around one.

use super::dialect::Dialect;
use super::rows::{Cells, InSample, line_end, row_in};
use crate::llm::{self, Origin};
use crate::probe::Probe;

/// Names that nothing else has together are surer than the look of the rows; the header may be all that the sample holds.
const CONFIDENCE: f64 = 0.95;

/// How such a table of this origin is written.
pub(crate) fn dialect(origin: Origin, probe: &Probe<'_>) -> Option<Dialect> {
    let text = probe.text;
    [b',', b';', b'\t'].into_iter().map(Dialect::with_header).find(|dialect| {
        let end = match row_in(text, dialect) {
            InSample::Row { end, .. } => end,
            InSample::BreaksOff => line_end(text).0,
        };
        let names: Vec<_> = Cells::of(&text[..end], dialect).collect();
        let has = |name: &str| names.iter().any(|cell| cell.trim_ascii() == name.as_bytes());
        llm::origin_of(has) == Some(origin)
    })
}

/// How sure it is that the bytes are one.
pub(crate) fn confidence(origin: Origin, probe: &Probe<'_>) -> f64 {
    if dialect(origin, probe).is_some() { CONFIDENCE } else { 0.0 }
}
