//! Numbers that a stream carries, apart from its text.

use crate::result::Unit;

/// One series of numbers of a stream: a metric's value, the duration of spans, a numeric field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Channel {
    /// What a person calls it: the path of the field, or `duration of GET /cart`.
    pub(crate) name: String,
    /// What its values count.
    pub(crate) unit: Unit,
    /// Positions in the stream of the events that carry a value, ascending.
    pub(crate) positions: Vec<u32>,
    /// The values, one for each position; finite.
    pub(crate) values: Vec<f64>,
}
