//! Templates: what kind of event an event is, its variable parts left out.
//!
//! Places that are variable in the stream as a whole are masked, and so is every token with a shape. Known from log parsing
//! as frequency analysis (Vaarandi, "A data clustering algorithm for mining patterns from event logs", IPOM 2003); here
//! the place decides and not the word, so that a rare word in a place that is always the same word still makes a
//! template of its own.

use hashbrown::HashMap;

use crate::backbone::Backbone;
use crate::place::{MASKED, Masks};
use crate::stream::Stream;
use crate::token::Shape;

/// Different numbers, and different words, after the same two tokens from which a place is variable: more numbers than
/// one place has status codes. Where that leaves too many templates, places with fewer count as variable too.
const VARIABLE: [(u32, u32); 3] = [(8, 64), (8, 16), (4, 4)];

/// Templates above which the next, coarser step is taken.
const MANY: usize = 200;

/// Events that a template has at least; rarer ones share the last, since a share needs a count.
const LEAST_EVENTS: u64 = 5;

/// Stretches of a stream, and in how many of them a template is repeated at most for its repeats to be odd.
const STRETCHES: usize = 50;
const SELDOM: usize = 5;

/// Half of the events may be of rarer templates; where more are, phrases make kinds.
const LEFT_OVER: u64 = 2;

/// Most templates of a stream; the rarest share the last.
const MOST: usize = 512;

/// Most characters of a template's name.
const NAMED: usize = 120;

/// Gives each distinct event its template, and finds the kind of events that `repeats` marks and that it is seldom of.
/// Templates are numbered by how many events they have, the commonest first.
pub(crate) fn assign(stream: &mut Stream, repeats: Vec<u64>) {
    let mut events_of = vec![0_u64; stream.distinct_len()];
    for &distinct in &stream.sequence {
        events_of[distinct as usize] += 1;
    }
    let mut best = None;
    for (numbers, words) in VARIABLE {
        let masks = Masks::of(stream, &events_of, numbers, words);
        let (raw, sizes) = raw_templates(stream, &masks, &events_of);
        let kept = sizes.iter().filter(|size| **size >= LEAST_EVENTS).count();
        let is_few = kept <= MANY;
        best = Some((masks, raw, sizes));
        if is_few {
            break;
        }
    }
    let (mut masks, mut raw, mut sizes) = best.expect("there is at least one step");
    if left_over(&sizes) * LEFT_OVER > stream.len() as u64 {
        // In any order, each word that follows is as likely as another, and no less said.
        let (numbers, words) = VARIABLE[0];
        let mut loose = Masks::of_many(stream, &events_of, numbers, words);
        loose.backbone = Backbone::of(stream, &loose, &events_of);
        if loose.backbone.is_some() {
            masks = loose;
            (raw, sizes) = raw_templates(stream, &masks, &events_of);
        }
    }
    let mut order: Vec<usize> = (0..sizes.len()).filter(|&id| sizes[id] >= LEAST_EVENTS).collect();
    order.sort_by_key(|&id| (std::cmp::Reverse(sizes[id]), id));
    // Templates of one size are kept or dropped together: the choice among them would follow their place in the stream.
    if order.len() >= MOST {
        let least = sizes[order[MOST - 1]];
        order.retain(|&id| sizes[id] > least);
    }
    let rare = order.len() as u16;
    let mut number = vec![rare; sizes.len()];
    for (rank, &id) in order.iter().enumerate() {
        number[id] = rank as u16;
    }
    stream.template_count = order.len() + usize::from(order.len() < sizes.len());
    stream.templates = raw.into_iter().map(|id| number[id]).collect();
    stream.masks = masks;
    keep_odd_repeats(stream, repeats);
}

/// Events of templates that are too rare to be counted by themselves.
fn left_over(sizes: &[u64]) -> u64 {
    sizes.iter().filter(|size| **size < LEAST_EVENTS).sum()
}

/// Keeps the repeats of templates that are repeated in few stretches of the stream: a line in which no word varies says the
/// same all the time, while a block that is written again stands in one place.
fn keep_odd_repeats(stream: &mut Stream, mut repeats: Vec<u64>) {
    let is_set = |repeats: &[u64], position: usize| repeats[position / 64] >> (position % 64) & 1 == 1;
    let long = stream.len().div_ceil(STRETCHES).max(1);
    // For each template the stretches in which it is repeated, and the last of them, plus one.
    let mut repeated = vec![(0_usize, 0_usize); stream.template_count];
    for position in (0..stream.len()).filter(|&position| is_set(&repeats, position)) {
        let (stretches, last) = &mut repeated[usize::from(stream.template(position))];
        let stretch = position / long + 1;
        *stretches += usize::from(*last != stretch);
        *last = stretch;
    }
    let mut any = false;
    for position in 0..stream.len() {
        if !is_set(&repeats, position) {
            continue;
        }
        if repeated[usize::from(stream.template(position))].0 <= SELDOM {
            any = true;
        } else {
            repeats[position / 64] &= !(1 << (position % 64));
        }
    }
    stream.kinds = stream.template_count + usize::from(any);
    stream.again = if any { repeats } else { Vec::new() };
}

/// A number for each distinct event's template, and the events that each has.
fn raw_templates(stream: &Stream, masks: &Masks, events_of: &[u64]) -> (Vec<usize>, Vec<u64>) {
    let mut ids: HashMap<Vec<u32>, usize> = HashMap::new();
    let mut sizes: Vec<u64> = Vec::new();
    let mut key = Vec::new();
    let raw = (0..stream.distinct_len() as u32).map(|distinct| {
        masks.key(stream, distinct, &mut key);
        let id = ids.get(&key).copied().unwrap_or_else(|| {
            ids.insert(key.clone(), sizes.len());
            sizes.push(0);
            sizes.len() - 1
        });
        sizes[id] += events_of[distinct as usize];
        id
    });
    (raw.collect(), sizes)
}

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

/// The name of a template: the text of its first distinct event with `<*>` in variable places.
pub(crate) fn name(stream: &Stream, template: u16) -> String {
    let of_template = || stream.templates.iter().enumerate().filter(|(_, t)| **t == template);
    let Some((distinct, _)) = of_template().next() else { return String::new() };
    let distinct = distinct as u32;
    let mut key = Vec::new();
    let is_last = usize::from(template) + 1 == stream.template_count;
    if is_last {
        let mut other = Vec::new();
        stream.masks.key(stream, distinct, &mut key);
        for (another, _) in of_template() {
            stream.masks.key(stream, another as u32, &mut other);
            if other != key {
                return RARE.to_owned();
            }
        }
    }
    stream.masks.key(stream, distinct, &mut key);
    let mut out = String::new();
    let mut masked_before = false;
    for &token in &key {
        if token == MASKED {
            if !masked_before {
                out.push_str(if out.is_empty() { "<*>" } else { " <*>" });
            }
            masked_before = true;
            continue;
        }
        masked_before = false;
        let info = stream.tokens[token as usize];
        let text = String::from_utf8_lossy(stream.token_bytes(token));
        match info.shape {
            Shape::Path => out.extend([" ", &*text, "="]),
            Shape::Severity if says_level(stream, &key, &text) => {}
            Shape::Severity => out.extend([text.to_uppercase().as_str(), " "]),
            _ => {
                if info.space && !out.ends_with(' ') {
                    out.push(' ');
                }
                out.push_str(&text);
            }
        }
        if out.len() > 4 * NAMED {
            break;
        }
    }
    let clean: String = out.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() <= NAMED {
        return clean;
    }
    clean.chars().take(NAMED - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::StreamBuilder;
    use crate::event::{ByteRange, Event, Severity, Signal, StreamKey};

    fn stream(lines: impl Iterator<Item = String>) -> Stream {
        let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
        let mut builder = StreamBuilder::new(key);
        lines.for_each(|line| builder.push(&Event::new(line, ByteRange::default())));
        builder.finish()
    }

    #[test]
    fn numbers_that_vary_are_masked_and_codes_are_not() {
        let stream = stream((0..400_usize).map(|i| {
            let status = [200, 200, 200, 404, 500][i % 5];
            format!("GET /cart/{} answered {status} in {} ms", i % 97, i % 83)
        }));
        assert_eq!(stream.template_count, 3);
        assert_eq!(name(&stream, stream.template(0)), "GET /cart/ <*> answered 200 in <*>");
        assert_eq!(stream.template(0), 0, "the commonest template comes first");
    }

    #[test]
    fn a_level_that_the_message_says_is_not_said_twice() {
        let named = |body: &str, severity| {
            let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
            let mut builder = StreamBuilder::new(key);
            for _ in 0..20 {
                let mut event = Event::new(body, ByteRange::default());
                event.severity = Some(severity);
                builder.push(&event);
            }
            name(&builder.finish(), 0)
        };
        assert_eq!(named("[main] ERROR pool: no room", Severity::Error), "[main] ERROR pool: no room");
        assert_eq!(named("Warning: no room", Severity::Warn), "Warning: no room");
        assert_eq!(named("pool: no errors", Severity::Error), "ERROR pool: no errors");
    }

    #[test]
    fn words_that_vary_are_masked() {
        let names: Vec<String> = (0..200_u32)
            .map(|i| (0..4).map(|k| char::from(b'a' + (i / 3_u32.pow(k) % 3 * 7) as u8)).collect())
            .collect();
        let stream =
            stream(names.iter().enumerate().map(|(i, n)| format!("user {n}{} logged in", "x".repeat(i % 9))));
        assert_eq!(stream.template_count, 1);
        assert_eq!(name(&stream, 0), "user <*> logged in");
    }
}
