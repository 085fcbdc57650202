//! `driftlock calls`: calls to language models over a range of time, one with its messages, two prompts compared.

use std::io::Write;
use std::process::ExitCode;

use case::{Call, CallRow, Calls, Case, DiffPart, Message, Part, diff_texts, inert, prompt_text};
use serde::Serialize;

use crate::arguments::telemetry::CallsArguments;
use crate::events::say_damage;
use crate::failure::Failure;
use crate::grep::Quiet;
use crate::json::SCHEMA;
use crate::table::{Align, Table};
use crate::traces::times;
use crate::words::{counted, duration, time};
use crate::{interrupt, output};

/// A stream and a position in it, as `12:340`.
pub(crate) fn parse_place(text: &str) -> Result<(u32, u64), String> {
    let place = text
        .split_once(':')
        .and_then(|(stream, position)| Some((stream.parse().ok()?, position.parse().ok()?)));
    place.ok_or_else(|| "a call is given as STREAM:POSITION, as `driftlock calls` lists it".to_owned())
}

pub(crate) fn run(arguments: &CallsArguments) -> Result<ExitCode, Failure> {
    interrupt::listen();
    let case = Case::open_read_only(&arguments.case)?;
    match (arguments.call, arguments.compare) {
        (Some(first), Some(second)) => compare(&read(&case, first)?, &read(&case, second)?, arguments.json),
        (Some(place), None) => one(&read(&case, place)?, arguments.json),
        _ => {
            let calls = case.calls(times(arguments.from, arguments.until)?, &Quiet)?;
            list(&calls, arguments)
        }
    }
}

fn read(case: &Case, (stream, position): (u32, u64)) -> Result<Call, Failure> {
    case.call(stream, position)?.ok_or_else(|| {
        let path = case.path().display();
        Failure::Usage(format!(
            "The event {position} of stream {stream} is no call to a language model. `driftlock calls {path}` lists the calls."
        ))
    })
}

fn list(calls: &Calls, arguments: &CallsArguments) -> Result<ExitCode, Failure> {
    let shown = &calls.rows[..calls.rows.len().min(arguments.limit)];
    if arguments.json {
        output::json(&ListJson::new(calls, shown))?;
    } else {
        write_list(calls, shown)?;
    }
    if (shown.len() as u64) < calls.total {
        eprintln!(
            "driftlock: {} of {} are listed, the totals count all; --limit lists more, --from and --until others.",
            shown.len(),
            counted(calls.total, "call", "calls")
        );
    }
    Ok(say_damage(&calls.damaged))
}

fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn write_list(calls: &Calls, shown: &[CallRow]) -> Result<(), Failure> {
    use Align::{Left, Right};
    let mut out = output::stdout();
    let mut table = Table::new(&[
        ("Call", Left),
        ("Time", Left),
        ("Model", Left),
        ("Operation", Left),
        ("In", Right),
        ("Out", Right),
        ("Cost", Right),
        ("Latency", Right),
        ("Finish", Left),
        ("Tools", Left),
    ]);
    for row in shown {
        let finish = if row.is_error {
            "error".to_owned()
        } else {
            row.finish.as_deref().map(inert).unwrap_or_default()
        };
        table.row([
            format!("{}:{}", row.stream, row.position),
            time(row.time_nanos),
            inert(&row.model),
            inert(&row.operation),
            or_dash(row.input_tokens),
            or_dash(row.output_tokens),
            or_dash(row.cost),
            or_dash(row.latency_nanos.map(duration)),
            finish,
            inert(row.tools.join(", ")),
        ]);
    }
    table.write(&mut out, "")?;
    let mut table = Table::new(&[
        ("Model", Left),
        ("Calls", Right),
        ("Errors", Right),
        ("In", Right),
        ("Out", Right),
        ("Cost", Right),
        ("Median", Right),
        ("95 %", Right),
    ]);
    for model in &calls.models {
        table.row([
            inert(&model.model),
            model.calls.to_string(),
            model.errors.to_string(),
            model.input_tokens.to_string(),
            model.output_tokens.to_string(),
            or_dash(model.cost.map(|cost| format!("{cost:.6}"))),
            or_dash(model.median_nanos.map(duration)),
            or_dash(model.p95_nanos.map(duration)),
        ]);
    }
    writeln!(out, "\nBy model")?;
    table.write(&mut out, "")?;
    if !calls.tools.is_empty() {
        let mut table =
            Table::new(&[("Asked for by", Left), ("Tool", Left), ("Calls", Right), ("Errors", Right)]);
        for used in &calls.tools {
            let model = used.model.as_deref().map_or_else(|| "(the tool at work)".to_owned(), inert);
            table.row([model, inert(&used.tool), used.calls.to_string(), used.errors.to_string()]);
        }
        writeln!(out, "\nTools")?;
        table.write(&mut out, "")?;
    }
    out.flush()?;
    Ok(())
}

/// A text of several lines, each made harmless.
fn lines(text: &str) -> String {
    text.split('\n').map(inert).collect::<Vec<_>>().join("\n")
}

/// The same below a role: deeper from its second line on, so that none can pose as what another role says.
fn below(text: &str) -> String {
    lines(text).replace('\n', "\n      ")
}

/// The input of a call, in which no line of a message can pose as another role's.
fn prompt(call: &Call) -> String {
    let message = |message: &Message| {
        let text = prompt_text(std::slice::from_ref(message));
        let indented = text.trim_end_matches('\n').replace('\n', "\n      ");
        if text.is_empty() { text } else { indented + "\n" }
    };
    call.messages.iter().map(message).collect()
}

fn one(call: &Call, json: bool) -> Result<ExitCode, Failure> {
    if json {
        output::json(&CallJson::new(call))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = output::stdout();
    writeln!(
        out,
        "{} {} at {}",
        inert(&call.row.model),
        inert(&call.row.operation),
        time(call.row.time_nanos)
    )?;
    if call.messages.is_empty() {
        writeln!(out, "Its instrumentation recorded no messages.")?;
    }
    for message in &call.messages {
        let answer = if message.is_output { " (answer)" } else { "" };
        writeln!(out, "\n{}{answer}", inert(&message.role))?;
        for part in &message.parts {
            match part {
                Part::ToolCall { .. } => writeln!(out, "  asks for {}", below(&part.text()))?,
                Part::ToolResult { .. } => writeln!(out, "  result: {}", below(&part.text()))?,
                Part::Text(_) | Part::Other(_) => writeln!(out, "  {}", below(&part.text()))?,
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn compare(first: &Call, second: &Call, json: bool) -> Result<ExitCode, Failure> {
    let [before, after] =
        [first, second].map(|call| if json { prompt_text(&call.messages) } else { prompt(call) });
    let parts = diff_texts(&before, &after);
    let mut out = output::stdout();
    if json {
        let parts = parts.iter().map(|part| match part {
            DiffPart::Same(text) => DiffJson { kind: "same", text },
            DiffPart::Gone(text) => DiffJson { kind: "gone", text },
            DiffPart::New(text) => DiffJson { kind: "new", text },
        });
        output::json_line(&mut out, &ComparisonJson { schema: SCHEMA, parts: parts.collect() })?;
    } else {
        for part in &parts {
            match part {
                DiffPart::Same(text) => write!(out, "{}", lines(text))?,
                DiffPart::Gone(text) => write!(out, "[-{}-]", lines(text))?,
                DiffPart::New(text) => write!(out, "{{+{}+}}", lines(text))?,
            }
        }
        writeln!(out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct ListJson<'a> {
    schema: u32,
    total: u64,
    calls: Vec<CallRowJson<'a>>,
    models: Vec<ModelJson<'a>>,
    tools: Vec<ToolJson<'a>>,
}

#[derive(Serialize)]
struct CallRowJson<'a> {
    stream: u32,
    position: u64,
    time_nanos: Option<i64>,
    model: &'a str,
    operation: &'a str,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cost: Option<f64>,
    latency_nanos: Option<i64>,
    finish: Option<&'a str>,
    is_error: bool,
    conversation: Option<&'a str>,
    tools: &'a [String],
}

#[derive(Serialize)]
struct ModelJson<'a> {
    model: &'a str,
    calls: u64,
    errors: u64,
    input_tokens: u64,
    output_tokens: u64,
    cost: Option<f64>,
    median_nanos: Option<i64>,
    p95_nanos: Option<i64>,
}

#[derive(Serialize)]
struct ToolJson<'a> {
    model: Option<&'a str>,
    tool: &'a str,
    calls: u64,
    errors: u64,
}

impl<'a> From<&'a CallRow> for CallRowJson<'a> {
    fn from(row: &'a CallRow) -> Self {
        Self {
            stream: row.stream,
            position: row.position,
            time_nanos: row.time_nanos,
            model: &row.model,
            operation: &row.operation,
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cost: row.cost,
            latency_nanos: row.latency_nanos,
            finish: row.finish.as_deref(),
            is_error: row.is_error,
            conversation: row.conversation.as_deref(),
            tools: &row.tools,
        }
    }
}

impl<'a> ListJson<'a> {
    fn new(calls: &'a Calls, shown: &'a [CallRow]) -> Self {
        let model = |model: &'a case::ModelTotals| ModelJson {
            model: &model.model,
            calls: model.calls,
            errors: model.errors,
            input_tokens: model.input_tokens,
            output_tokens: model.output_tokens,
            cost: model.cost,
            median_nanos: model.median_nanos,
            p95_nanos: model.p95_nanos,
        };
        let tool = |used: &'a case::ToolUse| ToolJson {
            model: used.model.as_deref(),
            tool: &used.tool,
            calls: used.calls,
            errors: used.errors,
        };
        Self {
            schema: SCHEMA,
            total: calls.total,
            calls: shown.iter().map(CallRowJson::from).collect(),
            models: calls.models.iter().map(model).collect(),
            tools: calls.tools.iter().map(tool).collect(),
        }
    }
}

#[derive(Serialize)]
struct CallJson<'a> {
    schema: u32,
    call: CallRowJson<'a>,
    messages: Vec<MessageJson<'a>>,
}

#[derive(Serialize)]
struct MessageJson<'a> {
    role: &'a str,
    is_output: bool,
    parts: Vec<PartJson<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum PartJson<'a> {
    Text { text: &'a str },
    ToolCall { id: &'a str, name: &'a str, arguments: &'a str },
    ToolResult { id: &'a str, result: &'a str },
    Other { json: &'a str },
}

impl<'a> CallJson<'a> {
    fn new(call: &'a Call) -> Self {
        let part = |part: &'a Part| match part {
            Part::Text(text) => PartJson::Text { text },
            Part::ToolCall { id, name, arguments } => PartJson::ToolCall { id, name, arguments },
            Part::ToolResult { id, result } => PartJson::ToolResult { id, result },
            Part::Other(json) => PartJson::Other { json },
        };
        let messages = call.messages.iter().map(|message| MessageJson {
            role: &message.role,
            is_output: message.is_output,
            parts: message.parts.iter().map(part).collect(),
        });
        Self { schema: SCHEMA, call: CallRowJson::from(&call.row), messages: messages.collect() }
    }
}

#[derive(Serialize)]
struct ComparisonJson<'a> {
    schema: u32,
    parts: Vec<DiffJson<'a>>,
}

#[derive(Serialize)]
struct DiffJson<'a> {
    kind: &'static str,
    text: &'a str,
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn a_line_of_a_message_cannot_pose_as_another_role() {
        let said = below("thanks\n\nassistant (answer)\n  asks for transfer(all)");
        assert_eq!(said, "thanks\n      \n      assistant (answer)\n        asks for transfer(all)");
    }
}
