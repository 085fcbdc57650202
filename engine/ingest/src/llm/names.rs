//! What sources call the parts of a call, and what the `GenAI` conventions of OpenTelemetry call them.
//!
//! Sources: OpenTelemetry `GenAI` semantic conventions 1.37; the API references of `OpenAI` and Anthropic; the data models
//! of Langfuse and `LangSmith`. A path that no rule knows stays as it is written.

use std::fmt::Write;

pub(super) const INPUT: &str = "gen_ai.input.messages";
pub(super) const OUTPUT: &str = "gen_ai.output.messages";
pub(super) const OPERATION: &str = "gen_ai.operation.name";
pub(super) const REQUEST_MODEL: &str = "gen_ai.request.model";
pub(super) const RESPONSE_MODEL: &str = "gen_ai.response.model";
const FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
/// What is said of an observation, which is an error only where its level says so.
pub(super) const STATUS_MESSAGE: &str = "status.message";

/// Names for what an event has a place of its own for; each leaves the fields once it is read.
pub(super) mod own {
    pub(in crate::llm) const BEGIN: &str = "\0begin";
    pub(in crate::llm) const END: &str = "\0end";
    pub(in crate::llm) const LEVEL: &str = "\0level";
    pub(in crate::llm) const NAME: &str = "\0name";
    pub(in crate::llm) const TRACE: &str = "\0trace";
    pub(in crate::llm) const SPAN: &str = "\0span";
    pub(in crate::llm) const PARENT: &str = "\0parent";
    pub(in crate::llm) const ORDER: &str = "\0order";
    pub(in crate::llm) const SERVICE: &str = "\0service";
}

const USAGE: [(&str, &str); 17] = [
    ("prompt_tokens", "gen_ai.usage.input_tokens"),
    ("input_tokens", "gen_ai.usage.input_tokens"),
    ("promptTokens", "gen_ai.usage.input_tokens"),
    ("input", "gen_ai.usage.input_tokens"),
    ("completion_tokens", "gen_ai.usage.output_tokens"),
    ("output_tokens", "gen_ai.usage.output_tokens"),
    ("completionTokens", "gen_ai.usage.output_tokens"),
    ("output", "gen_ai.usage.output_tokens"),
    ("prompt_tokens_details.cached_tokens", "gen_ai.usage.cache_read.input_tokens"),
    ("input_tokens_details.cached_tokens", "gen_ai.usage.cache_read.input_tokens"),
    ("input_token_details.cache_read", "gen_ai.usage.cache_read.input_tokens"),
    ("cache_read_input_tokens", "gen_ai.usage.cache_read.input_tokens"),
    ("cache_creation_input_tokens", "gen_ai.usage.cache_creation.input_tokens"),
    ("completion_tokens_details.reasoning_tokens", "gen_ai.usage.reasoning.output_tokens"),
    ("output_tokens_details.reasoning_tokens", "gen_ai.usage.reasoning.output_tokens"),
    ("output_token_details.reasoning", "gen_ai.usage.reasoning.output_tokens"),
    ("cost", "gen_ai.usage.cost"),
];

/// As its API writes them and as its blob storage export does.
const LANGFUSE: [(&str, &str); 29] = [
    ("traceId", own::TRACE),
    ("trace_id", own::TRACE),
    ("id", own::SPAN),
    ("parentObservationId", own::PARENT),
    ("parent_observation_id", own::PARENT),
    ("startTime", own::BEGIN),
    ("start_time", own::BEGIN),
    ("timestamp", own::BEGIN),
    ("endTime", own::END),
    ("end_time", own::END),
    ("level", own::LEVEL),
    ("name", own::NAME),
    ("model", REQUEST_MODEL),
    ("providedModelName", REQUEST_MODEL),
    ("provided_model_name", REQUEST_MODEL),
    ("statusMessage", STATUS_MESSAGE),
    ("status_message", STATUS_MESSAGE),
    ("promptName", "gen_ai.prompt.name"),
    ("prompt_name", "gen_ai.prompt.name"),
    ("promptVersion", "gen_ai.prompt.version"),
    ("prompt_version", "gen_ai.prompt.version"),
    ("sessionId", "gen_ai.conversation.id"),
    ("session_id", "gen_ai.conversation.id"),
    ("costDetails.total", "gen_ai.usage.cost"),
    ("cost_details.total", "gen_ai.usage.cost"),
    ("totalCost", "gen_ai.usage.cost"),
    ("total_cost", "gen_ai.usage.cost"),
    ("calculatedTotalCost", "gen_ai.usage.cost"),
    ("environment", "deployment.environment.name"),
];

const LANGSMITH: [(&str, &str); 25] = [
    ("trace_id", own::TRACE),
    ("id", own::SPAN),
    ("parent_run_id", own::PARENT),
    ("dotted_order", own::ORDER),
    ("start_time", own::BEGIN),
    ("end_time", own::END),
    ("name", own::NAME),
    ("session_name", own::SERVICE),
    ("error", "error.message"),
    ("prompt_tokens", "gen_ai.usage.input_tokens"),
    ("completion_tokens", "gen_ai.usage.output_tokens"),
    ("total_cost", "gen_ai.usage.cost"),
    ("thread_id", "gen_ai.conversation.id"),
    // Which of a program's own keys tell threads apart; a run's own `session_id` is its project.
    ("extra.metadata.session_id", "gen_ai.conversation.id"),
    ("extra.metadata.thread_id", "gen_ai.conversation.id"),
    ("extra.metadata.conversation_id", "gen_ai.conversation.id"),
    ("extra.metadata.ls_model_name", REQUEST_MODEL),
    ("extra.metadata.ls_provider", "gen_ai.provider.name"),
    ("extra.metadata.ls_temperature", "gen_ai.request.temperature"),
    ("extra.metadata.ls_max_tokens", "gen_ai.request.max_tokens"),
    ("extra.invocation_params.model", REQUEST_MODEL),
    ("extra.invocation_params.model_name", REQUEST_MODEL),
    ("extra.invocation_params.temperature", "gen_ai.request.temperature"),
    ("extra.invocation_params.max_tokens", "gen_ai.request.max_tokens"),
    ("outputs.llm_output.model_name", RESPONSE_MODEL),
];

const REQUEST_SETTINGS: [(&str, &str); 10] = [
    ("model", REQUEST_MODEL),
    ("temperature", "gen_ai.request.temperature"),
    ("max_tokens", "gen_ai.request.max_tokens"),
    ("max_completion_tokens", "gen_ai.request.max_tokens"),
    ("max_output_tokens", "gen_ai.request.max_tokens"),
    ("top_p", "gen_ai.request.top_p"),
    ("top_k", "gen_ai.request.top_k"),
    ("seed", "gen_ai.request.seed"),
    ("frequency_penalty", "gen_ai.request.frequency_penalty"),
    ("presence_penalty", "gen_ai.request.presence_penalty"),
];

/// Whether a path of Langfuse names the trace that an observation is of.
pub(super) fn is_trace_id(path: &str) -> bool {
    LANGFUSE.iter().any(|(known, name)| *known == path && *name == own::TRACE)
}

/// Whether a path of Langfuse is of an amount of tokens or money.
pub(super) fn is_amount(path: &str) -> bool {
    const BEGINS: [&str; 7] =
        ["usage", "cost", "providedUsage", "provided_usage", "providedCost", "provided_cost", "total"];
    BEGINS.iter().any(|begin| path.starts_with(begin))
}

/// Whether a column of a table is text even where it is written in digits: ids and names, and what was said.
pub(super) fn is_text(column: &str) -> bool {
    const SAID: [&str; 4] = ["input", "output", "inputs", "outputs"];
    let texts =
        [own::TRACE, own::SPAN, own::PARENT, own::NAME, own::SERVICE, "error.message", STATUS_MESSAGE];
    let is_own = |(known, name): &(&str, &str)| *known == column && texts.contains(name);
    SAID.contains(&column) || LANGFUSE.iter().chain(&LANGSMITH).any(is_own)
}

fn of_table(table: &[(&str, &str)], path: &str) -> Option<String> {
    table.iter().find(|(known, _)| *known == path).map(|(_, name)| (*name).to_owned())
}

/// Of `list[3].rest`, the index and the rest.
pub(super) fn element<'p>(path: &'p str, list: &str) -> Option<(&'p str, &'p str)> {
    let (index, rest) = path.strip_prefix(list)?.strip_prefix('[')?.split_once(']')?;
    let is_index = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
    is_index.then(|| (index, rest.strip_prefix('.').unwrap_or(rest)))
}

/// Names the parts of messages. A message's pieces (texts, calls of tools) are numbered as they stand in it, so that
/// what sources keep in two lists is one list, as the conventions have it.
#[derive(Debug, Default)]
pub(super) struct Names {
    message: String,
    piece: String,
    number: usize,
}

impl Names {
    /// A path of a request to `OpenAI` or Anthropic.
    pub(super) fn request(&mut self, path: &str) -> Option<String> {
        match path {
            "input" | "prompt" => return Some(self.message(INPUT, "0", "content")),
            "instructions" | "system" => return Some("gen_ai.system_instructions[0].content".into()),
            "conversation" | "conversation.id" => return Some("gen_ai.conversation.id".into()),
            _ => {}
        }
        if let Some((index, rest)) = element(path, "messages") {
            return Some(self.message(INPUT, index, rest));
        }
        if let Some((index, rest)) = element(path, "input").or_else(|| element(path, "prompt")) {
            return Some(self.item(INPUT, index, rest));
        }
        if let Some((index, rest)) = element(path, "system") {
            let rest = if rest == "text" { "content" } else { rest };
            return Some(format!("gen_ai.system_instructions[{index}].{rest}"));
        }
        of_table(&REQUEST_SETTINGS, path)
    }

    /// A path of a response of `OpenAI` or Anthropic.
    pub(super) fn response(&mut self, path: &str) -> Option<String> {
        match path {
            "id" => return Some("gen_ai.response.id".into()),
            "model" => return Some(RESPONSE_MODEL.into()),
            "created" | "created_at" => return Some(own::BEGIN.into()),
            "completed_at" => return Some(own::END.into()),
            "stop_reason" | "status" => return Some(format!("{FINISH_REASONS}[0]")),
            "role" => return Some(format!("{OUTPUT}[0].role")),
            "error.type" | "error.message" => return Some(path.into()),
            "error.code" => return Some("error.type".into()),
            _ => {}
        }
        if let Some((index, rest)) = element(path, "choices") {
            if let Some(rest) = rest.strip_prefix("message.") {
                return Some(self.message(OUTPUT, index, rest));
            }
            return match rest {
                "text" => Some(self.message(OUTPUT, index, "content")),
                "finish_reason" => Some(format!("{FINISH_REASONS}[{index}]")),
                _ => None,
            };
        }
        if let Some((index, rest)) = element(path, "output") {
            return Some(self.item(OUTPUT, index, rest));
        }
        if element(path, "content").is_some() {
            return Some(self.message(OUTPUT, "0", path));
        }
        of_table(&USAGE, path.strip_prefix("usage.")?)
    }

    /// A path of an observation or a trace of Langfuse.
    pub(super) fn langfuse(&mut self, path: &str) -> Option<String> {
        let setting =
            ["modelParameters.", "model_parameters."].iter().find_map(|begin| path.strip_prefix(begin));
        if let Some(setting) = setting {
            return of_table(&REQUEST_SETTINGS, setting)
                .or_else(|| Some(format!("gen_ai.request.{setting}")));
        }
        let usage =
            ["usageDetails.", "usage_details.", "usage."].iter().find_map(|begin| path.strip_prefix(begin));
        if let Some(usage) = usage {
            return of_table(&USAGE, usage);
        }
        match path {
            "input" => return Some(self.message(INPUT, "0", "content")),
            "output" => return Some(self.message(OUTPUT, "0", "content")),
            _ => {}
        }
        let of_list = self.messages(path, "input", INPUT).or_else(|| self.messages(path, "output", OUTPUT));
        of_list.or_else(|| of_table(&LANGFUSE, path))
    }

    /// A path of a run of `LangSmith`.
    pub(super) fn langsmith(&mut self, path: &str) -> Option<String> {
        let usage = ["outputs.usage_metadata.", "outputs.llm_output.token_usage.", "outputs.usage."];
        if let Some(rest) = usage.iter().find_map(|begin| path.strip_prefix(begin)) {
            return of_table(&USAGE, rest);
        }
        match path {
            "inputs.input" | "inputs.prompt" => return Some(self.message(INPUT, "0", "content")),
            "outputs.output" | "outputs.content" => return Some(self.message(OUTPUT, "0", "content")),
            _ => {}
        }
        let of_list = self.messages(path, "inputs", INPUT).or_else(|| self.messages(path, "outputs", OUTPUT));
        of_list.or_else(|| of_table(&LANGSMITH, path))
    }

    /// The messages that a store keeps below `top`, in any of the shapes in which SDKs hand them over.
    fn messages(&mut self, path: &str, top: &str, list: &str) -> Option<String> {
        if let Some((index, rest)) = element(path, top) {
            return Some(self.item(list, index, langchain(rest)));
        }
        let path = path.strip_prefix(top)?.strip_prefix('.')?;
        if let Some((index, rest)) = element(path, "messages") {
            // LangChain keeps a list of messages for each of several prompts, nearly always one.
            return Some(match element(rest, "") {
                Some((inner, rest)) if index == "0" => self.message(list, inner, langchain(rest)),
                _ => self.message(list, index, langchain(rest)),
            });
        }
        if let Some((index, "")) = element(path, "prompts") {
            return Some(self.message(list, index, "content"));
        }
        if let Some((index, rest)) = element(path, "choices") {
            if rest == "finish_reason" {
                return Some(format!("{FINISH_REASONS}[{index}]"));
            }
            return rest.strip_prefix("message.").map(|rest| self.message(list, index, rest));
        }
        if let Some((_, rest)) = element(path, "generations") {
            return match element(rest, "")? {
                (index, "generation_info.finish_reason") => Some(format!("{FINISH_REASONS}[{index}]")),
                (index, rest) => {
                    rest.strip_prefix("message.").map(|rest| self.message(list, index, langchain(rest)))
                }
            };
        }
        let rest = path.strip_prefix("message.").unwrap_or(path);
        let is_message = rest == "role" || rest == "content" || element(rest, "content").is_some();
        (is_message || element(rest, "tool_calls").is_some()).then(|| self.message(list, "0", rest))
    }

    /// An item of a list that holds messages, calls of tools, and texts side by side.
    fn item(&mut self, list: &str, index: &str, rest: &str) -> String {
        match rest {
            "" => self.message(list, index, "content"),
            "name" | "arguments" | "output" => self.piece(list, index, "call", rest),
            "call_id" => self.piece(list, index, "call", "id"),
            rest => self.message(list, index, rest),
        }
    }

    fn message(&mut self, list: &str, index: &str, rest: &str) -> String {
        if rest == "content" {
            return self.piece(list, index, "content", "content");
        }
        if let Some((at, leaf)) = element(rest, "content") {
            let leaf = match leaf {
                "" | "text" => "content",
                // What a tool answered.
                "content" => "response",
                "tool_use_id" => "id",
                leaf => leaf,
            };
            let leaf = match leaf.strip_prefix("input") {
                Some(deeper) if deeper.is_empty() || deeper.starts_with(['.', '[']) => {
                    format!("arguments{deeper}")
                }
                _ => leaf.to_owned(),
            };
            return self.piece(list, index, &format!("content[{at}]"), &leaf);
        }
        if let Some((at, leaf)) = element(rest, "tool_calls") {
            let leaf = leaf.strip_prefix("function.").unwrap_or(leaf);
            let leaf = match leaf.strip_prefix("args") {
                Some(deeper) if deeper.is_empty() || deeper.starts_with(['.', '[']) => {
                    format!("arguments{deeper}")
                }
                _ => leaf.to_owned(),
            };
            return self.piece(list, index, &format!("tool_calls[{at}]"), &leaf);
        }
        if let Some(leaf) = rest.strip_prefix("function_call.") {
            return self.piece(list, index, "function_call", leaf);
        }
        format!("{list}[{index}].{rest}")
    }

    fn piece(&mut self, list: &str, index: &str, piece: &str, leaf: &str) -> String {
        let mut name = format!("{list}[{index}]");
        if self.message != name {
            self.message.clone_from(&name);
            self.number = 0;
            piece.clone_into(&mut self.piece);
        } else if self.piece != piece {
            self.number += 1;
            piece.clone_into(&mut self.piece);
        }
        write!(name, ".parts[{}].{leaf}", self.number).expect("writing to a String does not fail");
        name
    }
}

/// `LangChain`'s own wrapping of a message is left out of its path.
fn langchain(rest: &str) -> &str {
    let rest = rest.strip_prefix("kwargs.").or_else(|| rest.strip_prefix("data.")).unwrap_or(rest);
    if rest == "type" { "role" } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_calls_of_tools_are_one_list() {
        let mut names = Names::default();
        for (path, name) in [
            ("choices[0].message.content", "gen_ai.output.messages[0].parts[0].content"),
            ("choices[0].message.tool_calls[0].id", "gen_ai.output.messages[0].parts[1].id"),
            ("choices[0].message.tool_calls[0].function.name", "gen_ai.output.messages[0].parts[1].name"),
            ("choices[0].message.tool_calls[1].id", "gen_ai.output.messages[0].parts[2].id"),
            ("choices[1].message.tool_calls[0].id", "gen_ai.output.messages[1].parts[0].id"),
            ("content[0].input.city", "gen_ai.output.messages[0].parts[0].arguments.city"),
            ("usage.prompt_tokens", "gen_ai.usage.input_tokens"),
        ] {
            assert_eq!(names.response(path).as_deref(), Some(name), "{path}");
        }
        assert_eq!(names.response("service_tier"), None);
    }

    #[test]
    fn stores_keep_messages_in_many_shapes() {
        for (path, name) in [
            ("inputs.messages[2].role", "gen_ai.input.messages[2].role"),
            ("inputs.messages[0][2].kwargs.content", "gen_ai.input.messages[2].parts[0].content"),
            (
                "outputs.generations[0][0].message.kwargs.content",
                "gen_ai.output.messages[0].parts[0].content",
            ),
            ("outputs.choices[0].finish_reason", "gen_ai.response.finish_reasons[0]"),
            ("outputs.llm_output.token_usage.completion_tokens", "gen_ai.usage.output_tokens"),
        ] {
            assert_eq!(Names::default().langsmith(path).as_deref(), Some(name), "{path}");
        }
        let name = Names::default().langfuse("input[1].content[0].text");
        assert_eq!(name.as_deref(), Some("gen_ai.input.messages[1].parts[0].content"));
    }
}
