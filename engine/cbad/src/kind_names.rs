//! Names of kinds of events, as people read them: what a kind says in places that do not vary.
//!
//! A message comes first. Of fields there is seldom room for all: those go first that tell a kind from the others, so that two
//! sides of one sentence do not read the same.

use hashbrown::HashMap;

use crate::place::MASKED;
use crate::stream::Stream;
use crate::token::Shape;
use crate::words::NAMED;

/// The name of the last template where it holds more than one kind.
pub(crate) const RARE: &str = "all rare kinds together";

/// The name of the kind of events that say again what was said.
pub(crate) const AGAIN: &str = "events written again word for word";

/// The name of a kind of event, template or not.
pub(crate) fn kind_name(stream: &Stream, kind: u16) -> String {
    if usize::from(kind) == stream.template_count { AGAIN.to_owned() } else { name(stream, kind) }
}

/// What stands between the name of the kind that says again what was said and that of what it says most often.
pub(crate) const MOSTLY: &str = ", most of them ";

/// The name of a kind of event as these positions have it: of events written again, what most of them say.
pub(crate) fn kind_name_in(stream: &Stream, kind: u16, positions: std::ops::Range<usize>) -> String {
    let whole = kind_name(stream, kind);
    if whole != AGAIN {
        return whole;
    }
    let mut events = vec![0_usize; stream.template_count];
    for position in positions.filter(|&position| stream.kind(position) == kind) {
        events[usize::from(stream.template(position))] += 1;
    }
    let all: usize = events.iter().sum();
    let most = events.iter().position(|&events| 2 * events > all);
    most.map_or(whole, |template| format!("{AGAIN}{MOSTLY}{}", name(stream, template as u16)))
}

/// Tokens among which a line of text has its level.
pub(crate) const LEVEL_IN: usize = 24;

/// Whether the message says its level itself, as lines of text do: `[main] ERROR pool: …`.
fn says_level(stream: &Stream, key: &[u32], level: &str) -> bool {
    let of_stream = |token: &&u32| **token != MASKED;
    let tokens = key.iter().filter(of_stream).map(|&token| (token, stream.tokens[token as usize].shape));
    let message = tokens.take_while(|(_, shape)| *shape != Shape::Path).take(LEVEL_IN);
    let words = message.filter(|(_, shape)| *shape == Shape::Literal);
    words.map(|(token, _)| stream.token_bytes(token)).any(|word| is_level(word, level))
}

/// Whether a word of a message is the name of its level.
pub(crate) fn is_level(word: &[u8], level: &str) -> bool {
    let is_long = level.eq_ignore_ascii_case("warn") && word.eq_ignore_ascii_case(b"warning");
    is_long || word.eq_ignore_ascii_case(level.as_bytes())
}

/// Least room for a part of the field that tells most, characters.
const LEAST_OF_FIELD: usize = 30;

/// The name of a template.
pub(crate) fn name(stream: &Stream, template: u16) -> String {
    stream.names.get(usize::from(template)).cloned().unwrap_or_default()
}

/// What a kind says: its message, and after it each field with its value.
#[derive(Default)]
struct Said {
    message: String,
    fields: Vec<String>,
}

/// The names of all templates, of which the last `holds_rare` ones.
pub(crate) fn of_templates(stream: &Stream, holds_rare: bool) -> Vec<String> {
    let mut first = vec![None; stream.template_count];
    for (distinct, &template) in (0_u32..).zip(&stream.templates) {
        first[usize::from(template)].get_or_insert(distinct);
    }
    first.truncate(stream.template_count - usize::from(holds_rare));
    let said: Vec<Said> =
        first.into_iter().map(|distinct| distinct.map(|it| said(stream, it)).unwrap_or_default()).collect();
    let mut kinds_with: HashMap<&str, u32> = HashMap::new();
    for field in said.iter().flat_map(|said| &said.fields) {
        *kinds_with.entry(field).or_default() += 1;
    }
    let names = said.iter().map(|said| in_room(said, &kinds_with));
    names.chain(holds_rare.then(|| RARE.to_owned())).collect()
}

/// What a distinct event says, with `<*>` in variable places.
fn said(stream: &Stream, distinct: u32) -> Said {
    let mut key = Vec::new();
    stream.masks.key(stream, distinct, &mut key);
    let mut said = Said::default();
    let mut masked_before = false;
    for &token in &key {
        let out = said.fields.last_mut().unwrap_or(&mut said.message);
        // Nobody reads farther, and a record may be of megabytes.
        let is_long = out.len() > 4 * NAMED;
        if token == MASKED {
            if !masked_before && !is_long {
                out.push_str(if out.is_empty() { "<*>" } else { " <*>" });
            }
            masked_before = true;
            continue;
        }
        masked_before = false;
        let info = stream.tokens[token as usize];
        let text = String::from_utf8_lossy(stream.token_bytes(token));
        match info.shape {
            Shape::Path => said.fields.push(format!("{text}=")),
            _ if is_long => {}
            Shape::Severity if says_level(stream, &key, &text) => {}
            Shape::Severity => out.extend([text.to_uppercase().as_str(), " "]),
            _ => {
                if info.space && !out.ends_with(' ') {
                    out.push(' ');
                }
                out.push_str(&text);
            }
        }
    }
    for part in said.fields.iter_mut().chain([&mut said.message]) {
        *part = part.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    }
    said
}

/// How long a text is once it is shown.
fn shown_len(text: &str) -> usize {
    text.replace("<*>", "…").chars().count()
}

/// The message, and of the fields those that tell most, as many as there is room for: a value that few other kinds have tells
/// more than one that most have, and a field in which everything varies tells least.
fn in_room(said: &Said, kinds_with: &HashMap<&str, u32>) -> String {
    let message = shown_len(&said.message);
    let all = message + said.fields.iter().map(|field| shown_len(field) + 1).sum::<usize>();
    let mut shown: Vec<Option<String>> = said.fields.iter().cloned().map(Some).collect();
    if all > NAMED {
        shown.fill(None);
        let mut order: Vec<usize> = (0..said.fields.len()).collect();
        order.sort_by_key(|&at| {
            let field = said.fields[at].as_str();
            (field.ends_with("= <*>") || field.ends_with('='), kinds_with.get(field).copied(), at)
        });
        // Each is followed by a blank, and by dots for those left out.
        let mut room = NAMED.saturating_sub(message + 3);
        for (rank, at) in order.into_iter().enumerate() {
            let whole = shown_len(&said.fields[at]) + 3;
            let is_cut = rank == 0 && whole > room && room >= LEAST_OF_FIELD;
            if is_cut || whole <= room {
                shown[at] = Some(cut_to(&said.fields[at], room));
                room = room.saturating_sub(whole);
            }
        }
    }
    let mut out = said.message.clone();
    for part in &shown {
        if part.is_none() && out.ends_with('…') {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(part.as_deref().unwrap_or("…"));
    }
    cut_to(&out, NAMED)
}

/// The begin of a text that is not longer than that once it is shown, with a mark where something is cut off.
fn cut_to(text: &str, most: usize) -> String {
    if shown_len(text) <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::StreamBuilder;
    use crate::event::{ByteRange, Event, Field, Severity, Signal, StreamKey, Value};

    fn named(events: impl Iterator<Item = Event>) -> Vec<String> {
        let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
        let mut builder = StreamBuilder::new(key);
        events.for_each(|event| builder.push(&event));
        builder.finish().names
    }

    #[test]
    fn a_level_that_the_message_says_is_not_said_twice() {
        let of = |body: &str, severity| {
            let mut event = Event::new(body, ByteRange::default());
            event.severity = Some(severity);
            named((0..20).map(|_| event.clone()))
        };
        assert_eq!(of("[main] ERROR pool: no room", Severity::Error), ["[main] ERROR pool: no room"]);
        assert_eq!(of("Warning: no room", Severity::Warn), ["Warning: no room"]);
        assert_eq!(of("pool: no errors", Severity::Error), ["ERROR pool: no errors"]);
    }

    #[test]
    fn of_many_fields_those_are_named_that_tell_a_kind_from_the_others() {
        let event = |i: usize| {
            let code = ["none", "none", "none", "CARD_EXPIRED", "ISSUER_TIMEOUT"][i % 5];
            let mut event = Event::new("payment", ByteRange::default());
            let id = format!("{:016x}", (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let fields = [
                ("payment_id", id.as_str()),
                ("currency", "EUR"),
                ("method", "card"),
                ("gateway.region.of.the.merchant", "eu-central-1"),
                ("terminal.software.version", "7.11.3"),
                ("result.error_code", code),
            ];
            event.fields = fields
                .map(|(path, value)| Field { path: path.into(), value: Value::Text(value.into()) })
                .into();
            event
        };
        let names = named((0..400).map(event));
        assert_eq!(names.len(), 3);
        for code in ["CARD_EXPIRED", "ISSUER_TIMEOUT", "none"] {
            let end = format!("result.error_code={code}");
            let [name] = &*names.iter().filter(|name| name.ends_with(&end)).collect::<Vec<_>>() else {
                panic!("{code}: {names:?}")
            };
            assert!(name.starts_with("payment ") && name.contains(" currency=EUR"), "{name}");
            assert!(name.contains('…') && shown_len(name) <= NAMED, "{name}");
        }
    }

    #[test]
    fn a_long_value_that_tells_a_kind_from_the_others_is_cut() {
        let names = named((0..40).map(|i| {
            let mut event = Event::new("chat", ByteRange::default());
            let answer =
                ["I cannot answer that, since I ", "Of course I can do that for you, "][i % 2].repeat(5);
            let field =
                |path: &str, value: &str| Field { path: path.into(), value: Value::Text(value.into()) };
            event.fields = vec![field("operation", "chat"), field("output.messages", &answer)];
            event
        }));
        let begins = |with: &str| names.iter().any(|name| name.starts_with(with) && shown_len(name) <= NAMED);
        assert!(begins("chat … output.messages=I cannot answer that"), "{names:?}");
        assert!(begins("chat … output.messages=Of course I can do"), "{names:?}");
    }

    #[test]
    fn what_has_no_room_is_cut() {
        let long = "word ".repeat(100);
        let names = named((0..20).map(|_| Event::new(long.as_str(), ByteRange::default())));
        assert_eq!(names[0].chars().count(), NAMED);
        assert!(names[0].ends_with('…'));
    }
}
