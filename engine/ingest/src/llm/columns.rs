//! Tables of calls: the columns by which they are told from all others, and what a cell without a type of its own is.

use super::call::Origin;
use super::names;
use crate::access::typed;
use crate::json::value::text_value;
use cbad::Value;
use std::borrow::Cow;

/// Columns that an export has together, and no other table does.
const TOGETHER: [(Origin, &[&str]); 6] = [
    (Origin::Langsmith, &["run_type", "dotted_order"]),
    (Origin::Phoenix, &["context.trace_id", "context.span_id", "start_time"]),
    (Origin::Langfuse, &["traceId", "parentObservationId", "type", "startTime"]),
    (Origin::Langfuse, &["trace_id", "parent_observation_id", "type", "start_time"]),
    (Origin::Langfuse, &["id", "timestamp", "name", "sessionId", "userId", "bookmarked"]),
    (Origin::Langfuse, &["id", "timestamp", "name", "session_id", "user_id", "bookmarked"]),
];

/// Who wrote a record or a table with these names at its top.
pub(crate) fn origin_of(has: impl Fn(&str) -> bool) -> Option<Origin> {
    let found = TOGETHER.iter().find(|(_, columns)| columns.iter().all(|column| has(column)));
    found.map(|(origin, _)| *origin)
}

/// The value of a cell: a number or a truth value where it is written as one, but for ids, whose digits are no number, and for
/// what people and models said.
pub(crate) fn cell_value(origin: Origin, column: &str, cell: Cow<'_, [u8]>) -> Value {
    let is_text = match origin {
        Origin::Phoenix => !column.starts_with("attributes.llm."),
        Origin::Langfuse | Origin::Langsmith | Origin::Api => names::is_text(column),
    };
    match &*cell {
        _ if is_text => text_value(cell),
        b"true" => Value::Bool(true),
        b"false" => Value::Bool(false),
        _ => typed(cell),
    }
}
