//! The messages of a call to a language model, from whichever fields an instrumentation has put them in.
//!
//! Sources: OpenTelemetry semantic conventions for generative AI (`gen_ai.input.messages` and its kin, and the span events
//! of earlier versions), `OpenLLMetry` (`gen_ai.prompt.0.content`), `OpenInference` (`llm.input_messages.0.message.content`),
//! the SDK of Langfuse (`langfuse.observation.input`).

use cbad::{Event, Value};
use serde_json::{Map, Value as Json};

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text.
    Text(String),
    /// The model asks for a tool.
    ToolCall {
        /// Names the call, so that its result can be found; empty where the capture has none.
        id: String,
        /// The tool.
        name: String,
        /// What it is given, as JSON or as written.
        arguments: String,
    },
    /// What a tool gave back.
    ToolResult {
        /// The call that it answers.
        id: String,
        /// The result, as JSON or as written.
        result: String,
    },
    /// Something else, as JSON.
    Other(String),
}

impl Part {
    /// What a person reads of it.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Other(text) => text.clone(),
            Self::ToolCall { name, arguments, .. } => format!("{name}({arguments})"),
            Self::ToolResult { result, .. } => result.clone(),
        }
    }
}

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `system`, `user`, `assistant`, `tool`, or what the capture says.
    pub role: String,
    /// Whether the model wrote it in this call.
    pub is_output: bool,
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// Where messages stand: the path, the role where none is given, and whether the model wrote them.
const PLACES: [(&str, &str, bool); 14] = [
    ("gen_ai.system_instructions", "system", false),
    ("gen_ai.input.messages", "user", false),
    ("gen_ai.prompt", "user", false),
    ("llm.input_messages", "user", false),
    ("llm.prompts", "user", false),
    ("input.value", "user", false),
    ("langfuse.observation.input", "user", false),
    ("gen_ai.output.messages", "assistant", true),
    ("gen_ai.completion", "assistant", true),
    ("llm.output_messages", "assistant", true),
    ("llm.completions", "assistant", true),
    ("output.value", "assistant", true),
    ("langfuse.observation.output", "assistant", true),
    ("gen_ai.tool.call.result", "tool", true),
];

/// The messages of an event, what went in before what came out. Of input and of output the first place that has any counts:
/// some instrumentations write the same text twice.
pub(crate) fn messages_of(event: &Event) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    for side in [false, true] {
        let mut has_any = false;
        for (path, role, is_output) in PLACES.into_iter().filter(|place| place.2 == side) {
            // Instructions stand beside the input, not in its place.
            let is_extra = path == "gen_ai.system_instructions";
            if has_any && !is_extra {
                continue;
            }
            let found = tree(event, path).map(|json| list(json, role, is_output)).unwrap_or_default();
            has_any |= !found.is_empty() && !is_extra;
            messages.extend(found);
        }
        if !has_any {
            messages.extend(span_events(event).filter(|message| message.is_output == side));
        }
    }
    messages
}

/// Steps below the path of the messages; what lies deeper is no message, and would make a tree too deep to take down.
const DEEPEST: usize = 16;

/// What stands at a path: a value of its own, JSON in a text, or a tree that was flattened.
pub(crate) fn tree(event: &Event, path: &str) -> Option<Json> {
    let mut root = Json::Null;
    for field in &event.fields {
        let Some(rest) = field.path.strip_prefix(path) else { continue };
        if !rest.is_empty() && !rest.starts_with(['.', '[']) {
            continue;
        }
        let keys: Vec<&str> = rest.split(['.', '[', ']']).filter(|key| !key.is_empty()).collect();
        if keys.len() <= DEEPEST {
            *keys.iter().fold(&mut root, |at, key| slot(at, key)) = plain(&field.value, rest.is_empty());
        }
    }
    (!root.is_null()).then_some(root)
}

/// The place of a key below a value, which becomes an object where it is none.
fn slot<'a>(at: &'a mut Json, key: &str) -> &'a mut Json {
    if !at.is_object() {
        *at = Json::Object(Map::new());
    }
    match at {
        Json::Object(map) => map.entry(key.to_owned()).or_insert(Json::Null),
        other => other,
    }
}

/// A field's value as JSON; a text that may be JSON is read as such.
fn plain(value: &Value, may_be_json: bool) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Text(text) => match serde_json::from_str(text) {
            Ok(json @ (Json::Array(_) | Json::Object(_))) if may_be_json => json,
            _ => Json::String(text.clone()),
        },
        Value::Bytes(bytes) => Json::String(String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// Elements of an array, or of an object whose keys are numbers, in their order.
fn elements(json: Json) -> Result<Vec<Json>, Json> {
    match json {
        Json::Array(items) => Ok(items),
        Json::Object(map) if !map.is_empty() && map.keys().all(|key| key.parse::<u64>().is_ok()) => {
            let mut items: Vec<(u64, Json)> =
                map.into_iter().filter_map(|(key, item)| Some((key.parse().ok()?, item))).collect();
            items.sort_by_key(|(key, _)| *key);
            Ok(items.into_iter().map(|(_, item)| item).collect())
        }
        Json::Object(mut map) if map.get("messages").is_some_and(Json::is_array) => {
            elements(map.remove("messages").unwrap_or_default())
        }
        other => Err(other),
    }
}

fn list(json: Json, role: &str, is_output: bool) -> Vec<Message> {
    let items = elements(json).unwrap_or_else(|one| vec![one]);
    // Bare parts, as instructions are written, are one message.
    let is_parts = items.iter().all(|item| item.get("role").is_none() && item.get("type").is_some());
    if is_parts && !items.is_empty() {
        let parts = items.into_iter().map(part).collect();
        return vec![Message { role: role.to_owned(), is_output, parts }];
    }
    items.into_iter().map(|item| message(item, role, is_output)).filter(|one| !one.parts.is_empty()).collect()
}

fn text_of(json: &Json) -> String {
    match json {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn message(json: Json, role: &str, is_output: bool) -> Message {
    let Json::Object(mut map) = json else {
        let parts = vec![Part::Text(text_of(&json))];
        return Message { role: role.to_owned(), is_output, parts };
    };
    if let Some(Json::Object(inner)) = map.remove("message") {
        map = inner;
    }
    let role = map.get("role").and_then(Json::as_str).unwrap_or(role).to_owned();
    let mut parts = Vec::new();
    let call = map.get("tool_call_id").or(map.get("id")).map(text_of).unwrap_or_default();
    for key in ["parts", "contents", "content", "text"] {
        match map.remove(key).map(elements) {
            None | Some(Err(Json::Null)) => {}
            Some(Ok(items)) => parts.extend(items.into_iter().map(part)),
            Some(Err(one)) if role == "tool" => {
                parts.push(Part::ToolResult { id: call.clone(), result: text_of(&one) });
            }
            Some(Err(one)) => parts.push(Part::Text(text_of(&one))),
        }
    }
    if let Some(calls) = map.remove("tool_calls") {
        parts.extend(elements(calls).unwrap_or_else(|one| vec![one]).iter().map(tool_call));
    }
    Message { role, is_output, parts }
}

fn tool_call(json: &Json) -> Part {
    let json = json.get("tool_call").unwrap_or(json);
    let of = json.get("function").unwrap_or(json);
    let say = |json: &Json, key: &str| json.get(key).map(text_of).unwrap_or_default();
    Part::ToolCall { id: say(json, "id"), name: say(of, "name"), arguments: say(of, "arguments") }
}

fn part(json: Json) -> Part {
    let json = match json {
        Json::Object(mut map) => map.remove("message_content").unwrap_or(Json::Object(map)),
        other => other,
    };
    let say = |keys: &[&str]| keys.iter().find_map(|key| json.get(key)).map(text_of);
    match json.get("type").and_then(Json::as_str) {
        Some("tool_call" | "tool_use" | "function") => match tool_call(&json) {
            Part::ToolCall { id, name, arguments } if arguments.is_empty() => {
                Part::ToolCall { id, name, arguments: say(&["input"]).unwrap_or_default() }
            }
            call => call,
        },
        Some("tool_call_response" | "tool_result") => Part::ToolResult {
            id: say(&["id", "tool_use_id"]).unwrap_or_default(),
            result: say(&["response", "result", "content"]).unwrap_or_default(),
        },
        _ => match say(&["content", "text"]) {
            Some(text) => Part::Text(text),
            None if json.is_string() => Part::Text(text_of(&json)),
            None => Part::Other(json.to_string()),
        },
    }
}

/// Who speaks in an event of this name, and whether it is the model.
fn side_of(name: &str) -> Option<(&'static str, bool)> {
    Some(match name {
        "gen_ai.system.message" => ("system", false),
        "gen_ai.user.message" => ("user", false),
        "gen_ai.assistant.message" => ("assistant", false),
        "gen_ai.tool.message" => ("tool", false),
        "gen_ai.choice" => ("assistant", true),
        _ => return None,
    })
}

/// The message that a log record holds, in the way of conventions from 1.28 to 1.36: its name says who speaks, its body
/// what.
pub(crate) fn logged_message(event: &Event) -> Option<Message> {
    let name = event.fields.iter().find(|field| field.path == "event.name")?;
    let Value::Text(name) = &name.value else { return None };
    let (role, is_output) = side_of(name)?;
    let body = tree(event, "body").unwrap_or_else(|| {
        let text = String::from_utf8_lossy(&event.body);
        plain(&Value::Text(text.into_owned()), true)
    });
    let message = message(body, role, is_output);
    (!message.parts.is_empty()).then_some(message)
}

/// Messages as the events of a span, in the way of conventions before 1.37.
fn span_events(event: &Event) -> impl Iterator<Item = Message> + '_ {
    (0..)
        .map_while(move |index: usize| {
            let path = format!("events[{index}].");
            let of = |key: &str| {
                let whole = format!("{path}{key}");
                event
                    .fields
                    .iter()
                    .find(|field| field.path == whole)
                    .map(|field| text_of(&plain(&field.value, false)))
            };
            let name = of("name")?;
            let Some((role, is_output)) = side_of(&name) else { return Some(None) };
            let text = of("content").or_else(|| of("message")).or_else(|| of("gen_ai.event.content"))?;
            let parts = vec![Part::Text(text)];
            Some(Some(Message { role: role.to_owned(), is_output, parts }))
        })
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::{ByteRange, Field};

    fn event(fields: &[(&str, &str)]) -> Event {
        let mut event = Event::new("chat", ByteRange::default());
        let field = |(path, text): &(&str, &str)| Field {
            path: (*path).to_owned(),
            value: Value::Text((*text).to_owned()),
        };
        event.fields = fields.iter().map(field).collect();
        event
    }

    fn said(fields: &[(&str, &str)]) -> Vec<(String, bool, String)> {
        let text = |message: Message| {
            let parts: Vec<String> = message.parts.iter().map(Part::text).collect();
            (message.role, message.is_output, parts.join("|"))
        };
        messages_of(&event(fields)).into_iter().map(text).collect()
    }

    fn is(role: &str, is_output: bool, text: &str) -> (String, bool, String) {
        (role.to_owned(), is_output, text.to_owned())
    }

    #[test]
    fn the_present_conventions_are_read_with_tools() {
        let input = r#"[{"role":"user","parts":[{"type":"text","content":"Weather?"}]},
            {"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"rain"}]}]"#;
        let output = r#"[{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"weather","arguments":{"city":"Graz"}}],"finish_reason":"tool_call"}]"#;
        let fields = [
            ("gen_ai.input.messages", input),
            ("gen_ai.output.messages", output),
            ("gen_ai.system_instructions", r#"[{"type":"text","content":"Be short."}]"#),
        ];
        assert_eq!(
            said(&fields),
            [
                is("system", false, "Be short."),
                is("user", false, "Weather?"),
                is("tool", false, "rain"),
                is("assistant", true, r#"weather({"city":"Graz"})"#),
            ]
        );
    }

    #[test]
    fn flattened_messages_of_other_instrumentations_are_read() {
        let fields = [
            ("gen_ai.prompt.10.role", "user"),
            ("gen_ai.prompt.10.content", "last"),
            ("gen_ai.prompt.2.role", "system"),
            ("gen_ai.prompt.2.content", "first"),
            ("gen_ai.completion.0.tool_calls.0.name", "search"),
            ("gen_ai.completion.0.tool_calls.0.arguments", "{}"),
        ];
        assert_eq!(
            said(&fields),
            [is("system", false, "first"), is("user", false, "last"), is("assistant", true, "search({})")]
        );
        let fields = [
            ("llm.input_messages.0.message.role", "user"),
            ("llm.input_messages.0.message.content", "Hello"),
            ("llm.output_messages[0].message.content", "Hi"),
            ("input.value", "Hello"),
        ];
        assert_eq!(said(&fields), [is("user", false, "Hello"), is("assistant", true, "Hi")]);
        let fields = [
            ("events[0].name", "exception"),
            ("events[1].name", "gen_ai.user.message"),
            ("events[1].content", "Hello"),
        ];
        assert_eq!(said(&fields), [is("user", false, "Hello")]);
    }

    #[test]
    fn what_langfuse_writes_is_read_as_messages_or_as_plain_text() {
        let asks = r#"{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"search","arguments":"{}"}}]}"#;
        let asked = r#"{"tools":[],"messages":[{"role":"system","content":"Be short."},{"role":"user","content":"Hello"}]}"#;
        let fields = [("langfuse.observation.output", asks), ("langfuse.observation.input", asked)];
        assert_eq!(
            said(&fields),
            [
                is("system", false, "Be short."),
                is("user", false, "Hello"),
                is("assistant", true, "search({})")
            ]
        );
        let fields = [("langfuse.observation.input", "Hello"), ("langfuse.observation.output", "Hi")];
        assert_eq!(said(&fields), [is("user", false, "Hello"), is("assistant", true, "Hi")]);
        let both = [("langfuse.observation.input", "Hello"), ("gen_ai.prompt", "Hello")];
        assert_eq!(said(&both), [is("user", false, "Hello")], "what is written twice is said once");
    }

    #[test]
    fn what_is_no_message_is_shown_as_it_stands_and_never_panics() {
        for (text, shown) in [
            ("plain words", "plain words"),
            ("[1,2", "[1,2"),
            (r#"{"role":"user","content":[{"type":"image","url":"x"}]}"#, r#"{"type":"image","url":"x"}"#),
        ] {
            assert_eq!(said(&[("gen_ai.prompt", text)]), [is("user", false, shown)]);
        }
        assert!(said(&[("gen_ai.input.messages", "[]"), ("gen_ai.prompts", "no")]).is_empty());
    }
}
