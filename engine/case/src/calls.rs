//! Calls to language models over a range of time: found in spans and logs by their fields, listed, and summed by model.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use cbad::{Event, Measure, Severity, Signal, Unwatched, Value, Watch};

use crate::damage::Damage;
use crate::error::CaseError;
use crate::messages::{Message, Part, logged_message, messages_of, tree};
use crate::query::Query;
use crate::rows::{EventRow, StreamRow};
use crate::store::Case;
use crate::view::EventView;

/// Calls listed at once; beyond them the earliest are, and the totals count all.
const MOST_CALLS: usize = 20_000;
/// What a call is called whose model is not said.
const UNKNOWN: &str = "model not said";

/// A call to a model, or the work of a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRow {
    /// The stream.
    pub stream: u32,
    /// Position in it.
    pub position: u64,
    /// When it began.
    pub time_nanos: Option<i64>,
    /// The model that answered, or else the one that was asked for.
    pub model: String,
    /// `chat`, `embeddings`, `execute_tool`, …; empty where it is not said.
    pub operation: String,
    /// Tokens in.
    pub input_tokens: Option<u64>,
    /// Tokens out.
    pub output_tokens: Option<u64>,
    /// What it cost, as the capture gives it: in its currency.
    pub cost: Option<f64>,
    /// How long it took.
    pub latency_nanos: Option<i64>,
    /// Why the model stopped.
    pub finish: Option<String>,
    /// Whether it failed.
    pub is_error: bool,
    /// The conversation that it is a part of.
    pub conversation: Option<String>,
    /// The tool that was at work, for `execute_tool`; else those that the model asked for.
    pub tools: Vec<String>,
}

/// The calls of one model, together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelTotals {
    /// The model.
    pub model: String,
    /// Number of calls.
    pub calls: u64,
    /// Of them failed.
    pub errors: u64,
    /// Tokens in, of the calls that say.
    pub input_tokens: u64,
    /// Tokens out.
    pub output_tokens: u64,
    /// Cost of the calls that say; `None` where none does.
    pub cost: Option<f64>,
    /// Median of the latencies, to within one percent.
    pub median_nanos: Option<i64>,
    /// 95th percentile of the latencies, to within one percent.
    pub p95_nanos: Option<i64>,
}

/// A tool, and who asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolUse {
    /// The model; `None` for the work of a tool itself.
    pub model: Option<String>,
    /// The tool.
    pub tool: String,
    /// How often.
    pub calls: u64,
    /// Of them failed, where that is said.
    pub errors: u64,
}

/// The calls of a range of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calls {
    /// The calls, by time and those without one last: all, or the earliest.
    pub rows: Vec<CallRow>,
    /// How many there are.
    pub total: u64,
    /// Sums by model, in order of name.
    pub models: Vec<ModelTotals>,
    /// Tools by who asked for them.
    pub tools: Vec<ToolUse>,
    /// Blocks that could not be read.
    pub damaged: Vec<Damage>,
}

/// A call with its messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The call.
    pub row: CallRow,
    /// Its messages, what went in before what came out.
    pub messages: Vec<Message>,
}

/// Sums of a model while they grow; latencies by their size, so that they take no room of their own.
#[derive(Default)]
struct Sums {
    totals: ModelTotals,
    latencies: BTreeMap<u64, u64>,
}

impl Case {
    /// Calls that begin at or after `times.start` and before `times.end`; of all times (`i64::MIN..i64::MAX`) those too that
    /// have none, as answers that were kept without the request.
    pub fn calls(&self, times: Range<i64>, watch: &dyn Watch) -> Result<Calls, CaseError> {
        let mut made = Calls::default();
        let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
        let mut tools: BTreeMap<(Option<String>, String), (u64, u64)> = BTreeMap::new();
        for (index, prefix) in DIALECTS.into_iter().enumerate() {
            let query = Query::new().with_text(prefix, false).within(&times);
            let look = move |stream: &StreamRow, position: u64, view: &EventView<'_>| {
                // An event with fields of several kinds is taken once.
                let is_taken = DIALECTS[..index]
                    .iter()
                    .any(|before| view.fields.iter().any(|field| field.path.starts_with(before)));
                look(stream, position, view, is_taken)
            };
            let summary = self.scan(&query, watch, Arc::new(look), &mut |row: CallRow| {
                count(&row, &mut sums, &mut tools);
                made.total += 1;
                made.rows.push(row);
                if made.rows.len() == 2 * MOST_CALLS {
                    keep_earliest(&mut made.rows);
                }
            })?;
            for damage in summary.damaged {
                if !made.damaged.contains(&damage) {
                    made.damaged.push(damage);
                }
            }
        }
        keep_earliest(&mut made.rows);
        made.models = sums.into_iter().map(|(model, sums)| sums.finish(model)).collect();
        let tool = |((model, tool), (calls, errors))| ToolUse { model, tool, calls, errors };
        made.tools = tools.into_iter().map(tool).collect();
        Ok(made)
    }

    /// One call with its messages, those in log records of its span too; `None` where the event is no call.
    pub fn call(&self, stream: u32, position: u64) -> Result<Option<Call>, CaseError> {
        let row = self.event(stream, position)?;
        let Some(call) = call_row(stream, &row) else { return Ok(None) };
        let mut messages = messages_of(&row.event);
        for side in [false, true] {
            if !messages.iter().any(|message| message.is_output == side) {
                let logged = self.logged_messages(&row.event)?;
                messages.extend(logged.into_iter().filter(|message| message.is_output == side));
            }
        }
        messages.sort_by_key(|message| message.is_output);
        Ok(Some(Call { row: call, messages }))
    }

    /// The messages that the log records of a call's span hold, in the order of time.
    fn logged_messages(&self, event: &Event) -> Result<Vec<Message>, CaseError> {
        let (Some(trace), Some(span)) = (event.trace_id, event.span_id) else { return Ok(Vec::new()) };
        let query = Query::new().with_trace(trace).with_signal(Signal::Log).with_text("gen_ai.", false);
        let mut found = Vec::new();
        self.search(&query, MOST_CALLS as u64, &Unwatched, &mut |hit| {
            if hit.row.event.span_id == Some(span)
                && let Some(message) = logged_message(&hit.row.event)
            {
                found.push(((hit.row.event.time_nanos, hit.stream, hit.row.position), message));
            }
            ControlFlow::Continue(())
        })?;
        found.sort_by_key(|(place, _)| *place);
        Ok(found.into_iter().map(|(_, message)| message).collect())
    }
}

fn keep_earliest(rows: &mut Vec<CallRow>) {
    rows.sort_by_key(|row| (row.time_nanos.is_none(), row.time_nanos, row.stream, row.position));
    rows.truncate(MOST_CALLS);
}

fn look(stream: &StreamRow, position: u64, view: &EventView<'_>, is_taken: bool) -> Option<CallRow> {
    let is_call =
        |path: &str| is_model(path) || matches!(path, "gen_ai.tool.name" | OPERATION | KIND | LANGFUSE_KIND);
    if is_taken || stream.key.signal == Signal::Metric || !view.fields.iter().any(|field| is_call(field.path))
    {
        return None;
    }
    // Few events come so far: these are worth a copy.
    call_row(stream.id, &EventRow { position, capture: stream.capture, event: view.to_event() })
}

/// How the fields begin that tell a call, by who names them so.
const DIALECTS: [&str; 3] = ["gen_ai.", "llm.", "langfuse.observation."];

const OPERATION: &str = "gen_ai.operation.name";

/// What a span is, to `OpenInference`.
const KIND: &str = "openinference.span.kind";

/// What a span is, to the SDK of Langfuse.
const LANGFUSE_KIND: &str = "langfuse.observation.type";

/// Whether an operation is a call by itself, even where its model is not said, as of one that failed before it was
/// answered.
fn is_call_itself(operation: &str) -> bool {
    matches!(
        operation,
        "chat"
            | "text_completion"
            | "embeddings"
            | "generate_content"
            | "LLM"
            | "EMBEDDING"
            | "generation"
            | "embedding"
    )
}

/// Where the tokens that went in are, in the order in which they are looked for; so with those that came out, costs and endings.
const INPUT_TOKENS: [&str; 4] = [
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "llm.usage.prompt_tokens",
];
const OUTPUT_TOKENS: [&str; 4] = [
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "llm.usage.completion_tokens",
];
const COSTS: [&str; 4] = ["gen_ai.usage.cost", "llm.cost.total", "gen_ai.cost.total", "llm.usage.total_cost"];
/// Where a cost is kept by its parts: of spans, and of records as Langfuse's API and its export have them.
const COSTS_BY_PART: [&str; 3] = ["langfuse.observation.cost_details", "costDetails", "cost_details"];
const FINISHES: [&str; 5] = [
    "gen_ai.response.finish_reasons[0]",
    "gen_ai.response.finish_reasons",
    "gen_ai.completion.0.finish_reason",
    "llm.response.finish_reason",
    "llm.finish_reason",
];
/// Where a model is named, the one that answered first.
const MODELS: [&str; 6] = [
    "gen_ai.response.model",
    "gen_ai.request.model",
    "llm.model_name",
    "llm.request.model",
    "embedding.model_name",
    "langfuse.observation.model.name",
];

fn is_model(path: &str) -> bool {
    MODELS.contains(&path)
}

/// The model in the settings of a call, which is all that `OpenInference` says of it where the call fails.
fn asked_model(settings: &str) -> Option<String> {
    let settings: serde_json::Value = serde_json::from_str(settings).ok()?;
    settings.get("model")?.as_str().map(str::to_owned)
}

/// The cost that is said as a whole, or the sum of its parts where every one is a number: what misses one is no whole.
fn whole_cost(amounts: &serde_json::Value) -> Option<f64> {
    let parts = amounts.as_object().filter(|parts| !parts.is_empty())?;
    match parts.get("total") {
        Some(total) => total.as_f64(),
        None => parts.values().map(serde_json::Value::as_f64).sum(),
    }
}

/// The call that an event is, where it is one.
fn call_row(stream: u32, row: &EventRow) -> Option<CallRow> {
    let event = &row.event;
    let find =
        |paths: &[&str]| paths.iter().find_map(|path| event.fields.iter().find(|field| field.path == *path));
    let text = |paths: &[&str]| find(paths).map(|field| said(&field.value));
    let number = |paths: &[&str]| {
        find(paths).and_then(|field| match &field.value {
            Value::Int(value) => Some(*value as f64),
            Value::Float(value) => Some(*value),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        })
    };
    // Langfuse keeps amounts together: under its own names, or under those of the API that it got them from.
    let within = |path: &str, keys: &[&str]| {
        let amounts = tree(event, path)?;
        keys.iter().find_map(|key| amounts.get(*key)?.as_f64())
    };
    let tokens = |paths: &[&str], keys: &[&str]| {
        number(paths)
            .or_else(|| within("langfuse.observation.usage_details", keys))
            .filter(|value| *value >= 0.0)
            .map(|value| value as u64)
    };
    let settings = || text(&["llm.invocation_parameters", "embedding.invocation_parameters"]);
    let model = text(&MODELS).or_else(|| asked_model(&settings()?));
    let operation = text(&[OPERATION, "llm.request.type", KIND, LANGFUSE_KIND]).unwrap_or_default();
    // Langfuse names a tool by its span.
    let is_tool_span = || text(&[LANGFUSE_KIND]).is_some_and(|kind| kind == "tool");
    let tool = text(&["gen_ai.tool.name"])
        .or_else(|| is_tool_span().then(|| String::from_utf8_lossy(&event.body).into_owned()));
    if model.is_none() && tool.is_none() && !is_call_itself(&operation) {
        return None;
    }
    let is_status = |field: &cbad::Field| {
        matches!(field.path.as_str(), "status.code" | "langfuse.observation.level")
            && said(&field.value).eq_ignore_ascii_case("error")
    };
    Some(CallRow {
        stream,
        position: row.position,
        time_nanos: event.time_nanos,
        model: model.unwrap_or_else(|| UNKNOWN.to_owned()),
        operation,
        input_tokens: tokens(&INPUT_TOKENS, &["input", "prompt_tokens", "input_tokens", "promptTokens"]),
        output_tokens: tokens(
            &OUTPUT_TOKENS,
            &["output", "completion_tokens", "output_tokens", "completionTokens"],
        ),
        cost: number(&COSTS)
            .or_else(|| COSTS_BY_PART.iter().find_map(|path| whole_cost(&tree(event, path)?)))
            .filter(|cost| cost.is_finite()),
        latency_nanos: match event.measure {
            Some(Measure::DurationNanos(nanos)) => Some(nanos),
            _ => None,
        },
        finish: text(&FINISHES),
        is_error: event.severity.is_some_and(|level| level >= Severity::Error)
            || event.fields.iter().any(|field| {
                is_status(field) || matches!(field.path.as_str(), "error.type" | "error.message")
            }),
        conversation: text(&["gen_ai.conversation.id", "session.id", "langfuse.session.id"]),
        tools: tool.map_or_else(|| asked_for(event), |tool| vec![tool]),
    })
}

fn said(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => crate::sql::hex(bytes),
    }
}

/// Tools that the model asked for in its answer.
fn asked_for(event: &Event) -> Vec<String> {
    let output = messages_of(event).into_iter().filter(|message| message.is_output);
    output
        .flat_map(|message| message.parts)
        .filter_map(|part| match part {
            Part::ToolCall { name, .. } => Some(name),
            _ => None,
        })
        .collect()
}

fn count(
    row: &CallRow,
    sums: &mut BTreeMap<String, Sums>,
    tools: &mut BTreeMap<(Option<String>, String), (u64, u64)>,
) {
    let is_unnamed = row.model == UNKNOWN && !is_call_itself(&row.operation);
    let is_tool = row.operation == "execute_tool" || (is_unnamed && !row.tools.is_empty());
    let model = (!is_tool).then(|| row.model.clone());
    for tool in &row.tools {
        let (calls, errors) = tools.entry((model.clone(), tool.clone())).or_default();
        *calls += 1;
        *errors += u64::from(is_tool && row.is_error);
    }
    if is_tool {
        return;
    }
    let sums = sums.entry(row.model.clone()).or_default();
    sums.totals.calls += 1;
    sums.totals.errors += u64::from(row.is_error);
    sums.totals.input_tokens = sums.totals.input_tokens.saturating_add(row.input_tokens.unwrap_or(0));
    sums.totals.output_tokens = sums.totals.output_tokens.saturating_add(row.output_tokens.unwrap_or(0));
    if let Some(cost) = row.cost {
        *sums.totals.cost.get_or_insert(0.0) += cost;
    }
    if let Some(nanos) = row.latency_nanos.and_then(|nanos| u64::try_from(nanos).ok()) {
        *sums.latencies.entry(rounded(nanos)).or_default() += 1;
    }
}

/// The first seven bits after the leading one: a bucket is less than one percent wide.
fn rounded(nanos: u64) -> u64 {
    let spare = (u64::BITS - nanos.leading_zeros()).saturating_sub(8);
    nanos >> spare << spare
}

impl Sums {
    fn finish(self, model: String) -> ModelTotals {
        let all: u64 = self.latencies.values().sum();
        let quantile = |percent: u64| {
            let rank = (all * percent).div_ceil(100).max(1);
            let mut seen = 0;
            self.latencies.iter().find_map(|(nanos, count)| {
                seen += count;
                (seen >= rank).then(|| i64::try_from(*nanos).unwrap_or(i64::MAX))
            })
        };
        ModelTotals { model, median_nanos: quantile(50), p95_nanos: quantile(95), ..self.totals }
    }
}

#[cfg(test)]
#[path = "calls_tests.rs"]
mod tests;
