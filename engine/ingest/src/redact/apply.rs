//! Rules applied to a batch of events.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cbad::{Event, Field, StreamKey, Value};
use hmac::{Hmac, Mac};
use regex::bytes::{Regex, RegexBuilder};
use sha2::Sha256;

use super::find::{self, Asked, Hit};
use super::parts::{at_character, fits, split_attribute, split_attributes, written};
use super::{Action, FIELD, FieldRule, Redaction, RedactionError};
use crate::model::Batch;
use crate::streams::{push_quoted, shortened, shortened_from, unquoted};

/// Hits by rule: the name of a pattern, of a rule of the user's own, or `field PATH`. Rules without a hit are left out.
pub type Counts = BTreeMap<String, u64>;

/// Memory that one compiled regular expression may take, and its lazy automaton.
const REGEX_BYTES: usize = 1 << 20;
/// Paths and streams whose plan is remembered; more make some again.
const MOST_KEPT: usize = 1 << 16;
/// Whole numbers from here on may be a card or an account.
const LONG_NUMBER: u64 = 100_000_000_000;

/// What one rule is called, counts, and does.
#[derive(Clone, Debug)]
struct Rule {
    /// In counts.
    label: String,
    /// In tokens.
    kind: String,
    action: Action,
    hits: u64,
    examples: Vec<(String, String)>,
}

/// A stream's key after redaction, and the hits in it.
type Renamed = (Arc<StreamKey>, Vec<u16>);

/// Rules made ready, with the salt and what was counted.
#[derive(Clone)]
pub struct Redactor {
    rules: Vec<Rule>,
    /// Patterns of fields, with the number of their rule.
    fields: Vec<(Vec<u8>, u16)>,
    asked: Asked,
    custom: Vec<(Regex, u16)>,
    keyed: Hmac<Sha256>,
    /// The rule of each path met, if any.
    paths: HashMap<String, Option<u16>>,
    streams: HashMap<Arc<StreamKey>, Renamed>,
    hits: Vec<Hit>,
    examples: usize,
}

impl std::fmt::Debug for Redactor {
    /// Without the salt.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").field("rules", &self.rules).finish_non_exhaustive()
    }
}

/// What one rule took out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleHits {
    /// The rule: a pattern, one of the user's own, or `field PATH`.
    pub rule: String,
    /// How often.
    pub hits: u64,
    /// The first different values, in the clear, and what they became.
    pub examples: Vec<(String, String)>,
}

impl Redactor {
    /// Makes rules ready. With another salt all tokens are others; whoever knows it can test guesses.
    pub fn new(redaction: &Redaction, salt: &[u8]) -> Result<Self, RedactionError> {
        redaction.check()?;
        let keyed = Hmac::<Sha256>::new_from_slice(salt).expect("HMAC takes a key of any length");
        let mut redactor = Self {
            rules: Vec::new(),
            fields: Vec::new(),
            asked: Asked::default(),
            custom: Vec::new(),
            keyed,
            paths: HashMap::new(),
            streams: HashMap::new(),
            hits: Vec::new(),
            examples: 0,
        };
        for FieldRule { path, action } in &redaction.fields {
            let rule = redactor.rule(format!("field {path}"), FIELD, *action);
            redactor.fields.push((path.to_ascii_lowercase().into_bytes(), rule));
        }
        for pattern in &redaction.patterns {
            let rule = redactor.rule(pattern.name().to_owned(), pattern.name(), Action::Token);
            redactor.asked.ask(*pattern, rule);
        }
        for custom in &redaction.custom {
            let unusable = |what: String| RedactionError::Regex { name: custom.name.clone(), what };
            let regex = RegexBuilder::new(&custom.regex)
                .size_limit(REGEX_BYTES)
                .dfa_size_limit(REGEX_BYTES)
                .build()
                .map_err(|error| unusable(error.to_string()))?;
            if regex.is_match(b"") {
                return Err(unusable(
                    "it matches where there is nothing. Ask for at least one character.".into(),
                ));
            }
            let rule = redactor.rule(custom.name.clone(), &custom.name, custom.action);
            redactor.custom.push((regex, rule));
        }
        Ok(redactor)
    }

    /// Keeps the first few different values a rule took and what they became, for a preview; they are secrets.
    #[must_use]
    pub fn with_examples(mut self, examples: usize) -> Self {
        self.examples = examples;
        self
    }

    fn rule(&mut self, label: String, kind: &str, action: Action) -> u16 {
        self.rules.push(Rule { label, kind: kind.to_owned(), action, hits: 0, examples: Vec::new() });
        (self.rules.len() - 1) as u16
    }

    /// Takes out of a batch what the rules name, from events, streams and problems; returns the hits by rule.
    pub fn apply(&mut self, batch: &mut Batch) -> Counts {
        for (stream, event) in &mut batch.events {
            *stream = self.stream(stream);
            self.event(event);
        }
        for problem in &mut batch.problems {
            // The words of a note are made of these anew.
            if let Some(repeated) = &mut problem.repeated {
                self.string(&mut repeated.about);
                repeated.members.iter_mut().for_each(|member| self.string(member));
                problem.reason = repeated.reason();
            }
            self.string(&mut problem.reason);
            if let Some(hint) = &mut problem.hint {
                self.string(hint);
            }
        }
        let counted = |rule: &mut Rule| (rule.label.clone(), std::mem::take(&mut rule.hits));
        self.rules.iter_mut().map(counted).filter(|(_, hits)| *hits > 0).fold(
            Counts::new(),
            |mut counts, (label, hits)| {
                *counts.entry(label).or_default() += hits;
                counts
            },
        )
    }

    /// What rules took out, with what was kept for a preview; the counts are those of [`Redactor::apply`], added up.
    pub fn preview(&self, counts: Counts) -> Vec<RuleHits> {
        let examples = self.examples();
        let of_rule = |(rule, hits): (String, u64)| RuleHits {
            examples: examples
                .iter()
                .filter(|(label, ..)| *label == rule)
                .map(|(_, was, is)| ((*was).to_owned(), (*is).to_owned()))
                .collect(),
            rule,
            hits,
        };
        counts.into_iter().map(of_rule).collect()
    }

    /// Takes out of one event what the rules name.
    pub fn apply_to_event(&mut self, event: &mut Event) {
        self.event(event);
    }

    /// The key of a stream without what the rules name.
    pub fn apply_to_key(&mut self, key: &Arc<StreamKey>) -> Arc<StreamKey> {
        self.stream(key)
    }

    /// Takes out of a text what patterns find; rules of fields have nothing to go by there.
    pub fn apply_to_text(&mut self, text: &mut String) {
        self.string(text);
    }

    /// Whether a rule names a field of this path.
    pub fn names_field(&mut self, path: &str) -> bool {
        self.rule_of(path).is_some()
    }

    /// What was kept for a preview: rule, value, what it became.
    pub fn examples(&self) -> Vec<(&str, &str, &str)> {
        let mut examples = Vec::new();
        for Rule { label, examples: of_rule, .. } in &self.rules {
            examples.extend(of_rule.iter().map(|(was, is)| (label.as_str(), was.as_str(), is.as_str())));
        }
        examples
    }

    fn event(&mut self, event: &mut Event) {
        match self.rule_of("body") {
            Some(rule) => {
                let body = std::mem::take(&mut event.body);
                event.body_stamp = None;
                event.body = self.whole(rule, &body);
            }
            None => self.body(event),
        }
        if event.severity.is_some() && self.rule_of("severity").is_some_and(|rule| self.hit(rule)) {
            event.severity = None;
        }
        event.trace_id = self.id("trace_id", event.trace_id);
        event.span_id = self.id("span_id", event.span_id);
        event.parent_span_id = self.id("parent_span_id", event.parent_span_id);
        if !event.fields.is_empty() {
            event.fields.retain_mut(|field| self.field(field));
        }
    }

    /// The record's own time stamp stays: it is its time, and no pattern may take its digits for a number.
    fn body(&mut self, event: &mut Event) {
        let (start, end) = event.body_stamp.map_or((0, 0), |(start, end)| (start as usize, end as usize));
        let before = self.text(&event.body[..start]);
        let after = self.text(&event.body[end..]);
        if before.is_none() && after.is_none() {
            return;
        }
        let stamp = &event.body[start..end];
        let before = before.as_deref().unwrap_or(&event.body[..start]);
        let after = after.as_deref().unwrap_or(&event.body[end..]);
        let body = [before, stamp, after].concat();
        if event.body_stamp.is_some() {
            event.body_stamp = Some((before.len() as u32, (before.len() + stamp.len()) as u32));
        }
        event.body = body;
    }

    /// An id stays an id: other bytes for a token, none for the rest.
    fn id<const N: usize>(&mut self, path: &str, id: Option<[u8; N]>) -> Option<[u8; N]> {
        let id = id?;
        let Some(rule) = self.rule_of(path) else { return Some(id) };
        self.hit(rule);
        if self.rules[usize::from(rule)].action != Action::Token {
            return None;
        }
        let mut token = [0; N];
        token.copy_from_slice(&self.digest(&id)[..N]);
        Some(token)
    }

    /// Whether the field stays.
    fn field(&mut self, field: &mut Field) -> bool {
        let found = self.rule_of(&field.path);
        // A map keyed by addresses has them in its paths.
        self.string(&mut field.path);
        if let Some(rule) = found {
            if matches!(field.value, Value::Null) {
                return true;
            }
            let value = written(&field.value);
            let left = self.whole(rule, &value);
            field.value = Value::Text(String::from_utf8_lossy(&left).into_owned());
            return self.rules[usize::from(rule)].action != Action::Drop;
        }
        match &mut field.value {
            Value::Text(text) => self.string(text),
            Value::Bytes(bytes) => {
                if let Some(left) = self.text(bytes) {
                    *bytes = left;
                }
            }
            Value::Int(number) if number.unsigned_abs() >= LONG_NUMBER => {
                if let Some(left) = self.text(number.to_string().as_bytes()) {
                    field.value = Value::Text(String::from_utf8_lossy(&left).into_owned());
                }
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {}
        }
        true
    }

    fn stream(&mut self, key: &Arc<StreamKey>) -> Arc<StreamKey> {
        if let Some((renamed, hits)) = self.streams.get(key) {
            for rule in hits {
                self.rules[usize::from(*rule)].hits += 1;
            }
            return Arc::clone(renamed);
        }
        let before: Vec<u64> = self.rules.iter().map(|rule| rule.hits).collect();
        let service = key.service.as_ref().and_then(|service| self.attribute("service.name", service));
        let name = self.stream_name(&key.name);
        let mut hits = Vec::new();
        for (number, (rule, before)) in (0..).zip(self.rules.iter().zip(before)) {
            hits.extend((before..rule.hits).map(|_| number));
        }
        let renamed = StreamKey { signal: key.signal, service, name };
        let renamed = if renamed == **key { Arc::clone(key) } else { Arc::new(renamed) };
        if self.streams.len() >= MOST_KEPT {
            self.streams.clear();
        }
        self.streams.insert(Arc::clone(key), (Arc::clone(&renamed), hits));
        renamed
    }

    /// A metric's name has its attributes as `name{path=value,…}`; other names are text.
    fn stream_name(&mut self, name: &str) -> String {
        let shortened = shortened_from(name);
        let inside = shortened.map_or_else(|| name.strip_suffix('}'), |(begin, _)| Some(begin));
        let Some((metric, attributes)) = inside.and_then(|inside| inside.split_once('{')) else {
            return self.name(name);
        };
        let mut out = metric.to_owned();
        self.string(&mut out);
        out.push('{');
        let mut attributes = split_attributes(attributes);
        // No rule can tell what the begin of a path or of a value is.
        let broken = shortened.and_then(|_| attributes.pop());
        let mut is_first = true;
        for attribute in attributes {
            let (path, value) = split_attribute(attribute);
            let Some(value) = self.attribute(&unquoted(path), &unquoted(value)) else { continue };
            let mut path = unquoted(path).into_owned();
            self.string(&mut path);
            if !std::mem::take(&mut is_first) {
                out.push(',');
            }
            push_quoted(&mut out, &path);
            out.push('=');
            push_quoted(&mut out, &value);
        }
        if broken.is_some() && !is_first {
            out.push(',');
        }
        match shortened {
            Some((_, digits)) => self.shortened(&out, digits),
            None => out + "}",
        }
    }

    /// A value of a path in a stream's key; `None` where it is dropped.
    fn attribute(&mut self, path: &str, value: &str) -> Option<String> {
        if let Some(rule) = self.rule_of(path) {
            let left = self.whole(rule, value.as_bytes());
            let is_dropped = self.rules[usize::from(rule)].action == Action::Drop;
            return if is_dropped { None } else { Some(String::from_utf8_lossy(&left).into_owned()) };
        }
        Some(self.name(value))
    }

    fn name(&mut self, name: &str) -> String {
        let shortened = shortened_from(name);
        let mut begin = shortened.map_or(name, |(begin, _)| begin).to_owned();
        self.string(&mut begin);
        match shortened {
            Some((_, digits)) => self.shortened(&begin, digits),
            None => begin,
        }
    }

    /// The digits are of the whole name in the clear, so that guesses could be tested against them.
    fn shortened(&self, begin: &str, digits: &str) -> String {
        shortened(begin, &self.digest(digits.as_bytes()))
    }

    /// The first rule that fits a path.
    fn rule_of(&mut self, path: &str) -> Option<u16> {
        if self.fields.is_empty() {
            return None;
        }
        if let Some(known) = self.paths.get(path) {
            return *known;
        }
        let lower = path.to_ascii_lowercase();
        let found = self.fields.iter().find(|(glob, _)| fits(glob, lower.as_bytes()));
        let rule = found.map(|(_, rule)| *rule);
        if self.paths.len() >= MOST_KEPT {
            self.paths.clear();
        }
        self.paths.insert(path.to_owned(), rule);
        rule
    }

    /// Counts one hit; true, so that it can stand in a condition.
    fn hit(&mut self, rule: u16) -> bool {
        self.rules[usize::from(rule)].hits += 1;
        true
    }

    fn string(&mut self, text: &mut String) {
        if let Some(left) = self.text(text.as_bytes()) {
            // Hits end between characters, so nothing is lost here.
            *text = String::from_utf8(left)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        }
    }

    /// What is left of a text; `None` where nothing was found.
    fn text(&mut self, text: &[u8]) -> Option<Vec<u8>> {
        let mut hits = std::mem::take(&mut self.hits);
        self.find(text, &mut hits);
        let left = (!hits.is_empty()).then(|| {
            let mut out = Vec::with_capacity(text.len() + 16 * hits.len());
            let mut from = 0;
            for hit in &hits {
                out.extend_from_slice(&text[from..hit.start]);
                self.put(hit.rule, hit.rule, &text[hit.start..hit.end], &mut out);
                from = hit.end;
            }
            out.extend_from_slice(&text[from..]);
            out
        });
        self.hits = hits;
        left
    }

    /// All hits in order. Where two overlap, one takes what both cover, so that neither leaves a piece of the other.
    fn find(&self, text: &[u8], hits: &mut Vec<Hit>) {
        hits.clear();
        find::find(text, &self.asked, hits);
        if self.custom.is_empty() {
            return;
        }
        for (regex, rule) in &self.custom {
            hits.extend(regex.find_iter(text).filter(|found| !found.is_empty()).map(|found| Hit {
                start: at_character(text, found.start(), -1),
                end: at_character(text, found.end(), 1),
                rule: *rule,
            }));
        }
        hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
        hits.dedup_by(|later, kept| {
            let overlaps = later.start < kept.end;
            if overlaps {
                kept.end = kept.end.max(later.end);
            }
            overlaps
        });
    }

    /// What is left of a value that a field rule takes whole. A pattern that takes the same gives its kind, so that the
    /// value reads the same in a field and in a text.
    fn whole(&mut self, rule: u16, value: &[u8]) -> Vec<u8> {
        let mut hits = std::mem::take(&mut self.hits);
        self.find(value, &mut hits);
        let kind = match hits[..] {
            [hit] if hit.start == 0 && hit.end == value.len() => hit.rule,
            _ => rule,
        };
        self.hits = hits;
        let mut out = Vec::new();
        self.put(rule, kind, value, &mut out);
        out
    }

    /// Counts a hit of `rule` and writes what it leaves, under the kind of another one where that knows better.
    fn put(&mut self, rule: u16, kind: u16, value: &[u8], out: &mut Vec<u8>) {
        let begin = out.len();
        let kind = self.rules[usize::from(kind)].kind.as_bytes();
        match self.rules[usize::from(rule)].action {
            Action::Drop => {}
            Action::Mask => out.extend_from_slice(&["⟨".as_bytes(), kind, "⟩".as_bytes()].concat()),
            Action::Token => {
                let digest = self.digest(value);
                out.extend_from_slice(&["⟨".as_bytes(), kind, b":"].concat());
                for byte in &digest[..4] {
                    let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
                    out.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
                }
                out.extend_from_slice("⟩".as_bytes());
            }
        }
        self.hit(rule);
        let most = self.examples;
        let examples = &mut self.rules[usize::from(rule)].examples;
        if examples.len() < most {
            let was = String::from_utf8_lossy(value).into_owned();
            if examples.iter().all(|(known, _)| *known != was) {
                examples.push((was, String::from_utf8_lossy(&out[begin..]).into_owned()));
            }
        }
    }

    fn digest(&self, value: &[u8]) -> [u8; 32] {
        let mut keyed = self.keyed.clone();
        keyed.update(value);
        keyed.finalize().into_bytes().into()
    }
}
