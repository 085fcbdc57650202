//! A stream prepared for the codes: each event is a number, each distinct event a list of tokens in context.

use hashbrown::HashTable;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

use crate::event::{Event, Measure, Signal, StreamKey, Value};
use crate::token::{self, Shape, Token};

/// Spelling of one distinct token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenInfo {
    pub(crate) shape: Shape,
    pub(crate) space: bool,
    start: u32,
    len: u32,
}

/// One transition of order 2: a token after two others. Its parents are the transition of order 1 and the token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transition {
    /// The pair of tokens before it.
    pub(crate) pair: u32,
    /// The transition of order 1: the token after one other.
    pub(crate) shorter: u32,
    /// The token.
    pub(crate) token: u32,
}

/// A transition of order 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shorter {
    /// The token before, plus one; 0 is the beginning of the event.
    pub(crate) before: u32,
}

/// A stream of events, interned. Identical events (after the shapes) are one distinct event, coded once.
pub struct Stream {
    pub(crate) key: StreamKey,
    pub(crate) tokens: Vec<TokenInfo>,
    token_text: Vec<u8>,
    pub(crate) transitions: Vec<Transition>,
    pub(crate) shorters: Vec<Shorter>,
    pub(crate) pairs: u32,
    distinct_ends: Vec<u32>,
    distinct_transitions: Vec<u32>,
    distinct_again: Vec<bool>,
    pub(crate) sequence: Vec<u32>,
    times_nanos: Vec<i64>,
}

const NO_TIME: i64 = i64::MIN;

impl Stream {
    /// What the stream is.
    pub fn key(&self) -> &StreamKey {
        &self.key
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.sequence.len()
    }

    /// Whether it has no event.
    pub fn is_empty(&self) -> bool {
        self.sequence.is_empty()
    }

    /// Number of distinct events.
    pub fn distinct_len(&self) -> usize {
        self.distinct_ends.len()
    }

    /// Time of the event at a position, nanoseconds UTC.
    pub fn time_nanos(&self, position: usize) -> Option<i64> {
        Some(self.times_nanos[position]).filter(|t| *t != NO_TIME)
    }

    /// Earliest and latest time in `first..end`.
    pub(crate) fn time_range(&self, first: usize, end: usize) -> (Option<i64>, Option<i64>) {
        let known = || self.times_nanos[first..end].iter().copied().filter(|t| *t != NO_TIME);
        (known().min(), known().max())
    }

    /// The transitions of a distinct event, in order.
    #[inline]
    pub(crate) fn distinct(&self, id: u32) -> &[u32] {
        let start = if id == 0 { 0 } else { self.distinct_ends[id as usize - 1] };
        &self.distinct_transitions[start as usize..self.distinct_ends[id as usize] as usize]
    }

    /// For each transition of a distinct event, whether the same one stands earlier in it.
    #[inline]
    pub(crate) fn again(&self, id: u32) -> &[bool] {
        let start = if id == 0 { 0 } else { self.distinct_ends[id as usize - 1] };
        &self.distinct_again[start as usize..self.distinct_ends[id as usize] as usize]
    }

    /// Number of different transitions of a distinct event: its length in news.
    pub(crate) fn different_len(&self, id: u32) -> usize {
        self.again(id).iter().filter(|again| !**again).count()
    }

    pub(crate) fn token_bytes(&self, token: u32) -> &[u8] {
        let info = self.tokens[token as usize];
        &self.token_text[info.start as usize..(info.start + info.len) as usize]
    }

    /// Canonical text of a distinct event: what the byte codes see. Ends with a line feed.
    pub(crate) fn append_canonical(&self, id: u32, out: &mut Vec<u8>) {
        for &transition in self.distinct(id) {
            let token = self.transitions[transition as usize].token;
            let info = self.tokens[token as usize];
            if info.space {
                out.push(b' ');
            }
            out.extend_from_slice(&info.shape.canonical(self.token_bytes(token)));
        }
        out.push(b'\n');
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("key", &self.key)
            .field("events", &self.len())
            .field("distinct", &self.distinct_len())
            .finish_non_exhaustive()
    }
}

/// Takes the events of one stream in analysis order and interns them.
pub struct StreamBuilder {
    stream: Stream,
    // Hash tables from content to id. Ids are given in the order of first appearance, so the hasher's seed never shows.
    hasher: hashbrown::DefaultHashBuilder,
    token_ids: HashTable<u32>,
    pair_ids: hashbrown::HashMap<(u32, u32), u32>,
    transition_ids: hashbrown::HashMap<(u32, u32), u32>,
    shorter_ids: hashbrown::HashMap<(u32, u32), u32>,
    distinct_ids: HashTable<u32>,
    /// The distinct event that had each transition last, plus one.
    last_event: Vec<u32>,
    current: Vec<u32>,
    // Running totals by instance: two instances of one service write into one stream, each with a total of its own.
    last_totals: BTreeMap<String, (f64, Option<i64>)>,
    last_histograms: BTreeMap<String, (u64, f64)>,
}

impl StreamBuilder {
    /// An empty stream.
    pub fn new(key: StreamKey) -> Self {
        Self {
            stream: Stream {
                key,
                tokens: Vec::new(),
                token_text: Vec::new(),
                transitions: Vec::new(),
                shorters: Vec::new(),
                pairs: 0,
                distinct_ends: Vec::new(),
                distinct_transitions: Vec::new(),
                distinct_again: Vec::new(),
                sequence: Vec::new(),
                times_nanos: Vec::new(),
            },
            hasher: hashbrown::DefaultHashBuilder::default(),
            token_ids: HashTable::new(),
            pair_ids: hashbrown::HashMap::new(),
            transition_ids: hashbrown::HashMap::new(),
            shorter_ids: hashbrown::HashMap::new(),
            distinct_ids: HashTable::new(),
            last_event: Vec::new(),
            current: Vec::new(),
            last_totals: BTreeMap::new(),
            last_histograms: BTreeMap::new(),
        }
    }

    /// Adds the next event.
    pub fn push(&mut self, event: &Event) {
        self.current.clear();
        let mut tokens = std::mem::take(&mut self.current);
        let is_metric = self.stream.key.signal == Signal::Metric;
        if is_metric {
            // The metric's name and attributes are the stream; only what changes is worth coding.
            self.metric_tokens(event, &mut tokens);
        } else {
            canonical_tokens(event, |t| tokens.push(self.token_id(t)));
        }
        let id = self.distinct_id(&tokens);
        self.current = tokens;
        self.stream.sequence.push(id);
        self.stream.times_nanos.push(event.time_nanos.unwrap_or(NO_TIME));
    }

    /// The prepared stream.
    pub fn finish(self) -> Stream {
        self.stream
    }

    fn metric_tokens(&mut self, event: &Event, tokens: &mut Vec<u32>) {
        for (shape, label) in self.metric_shapes(event) {
            tokens.push(self.token_id(Token { shape, space: false, text: label }));
        }
    }

    /// Shapes of a data point; running totals become differences, a reset begins anew.
    fn metric_shapes(&mut self, event: &Event) -> Vec<(Shape, &'static [u8])> {
        match &event.measure {
            None => vec![(Shape::Literal, b"no value")],
            Some(Measure::DurationNanos(d)) => vec![(token::duration_shape(*d), b"")],
            Some(Measure::Gauge(v) | Measure::Delta(v)) => vec![(token::magnitude_shape(*v), b"")],
            Some(Measure::Cumulative { total, start_nanos }) => {
                let before = self.last_totals.insert(instance(event), (*total, *start_nanos));
                let change = match before {
                    Some((last, start)) if start == *start_nanos && *total >= last => total - last,
                    Some(_) => *total,
                    // A first total says nothing of a change.
                    None => return Vec::new(),
                };
                vec![(token::magnitude_shape(change), b"")]
            }
            Some(Measure::Histogram { count, sum, cumulative, .. }) => {
                let (mut count, mut sum) = (*count, sum.unwrap_or(f64::NAN));
                if *cumulative {
                    let before = self.last_histograms.insert(instance(event), (count, sum));
                    match before {
                        Some((c, s)) if count >= c => (count, sum) = (count - c, sum - s),
                        Some(_) => {}
                        None => return Vec::new(),
                    }
                }
                let mut shapes = vec![(token::magnitude_shape(count as f64), b"count".as_slice())];
                if count > 0 && !sum.is_nan() {
                    shapes.push((token::magnitude_shape(sum / count as f64), b"mean"));
                }
                shapes
            }
        }
    }

    fn token_id(&mut self, token: Token<'_>) -> u32 {
        let text = token.shape.identity(token.text);
        let stream = &mut self.stream;
        let hash = hash_token(&self.hasher, token.shape, token.space, text);
        let same = |id: &u32| {
            let info = stream.tokens[*id as usize];
            info.shape == token.shape && info.space == token.space && stream.token_bytes(*id) == text
        };
        if let Some(id) = self.token_ids.find(hash, same) {
            return *id;
        }
        let id = stream.tokens.len() as u32;
        let start = stream.token_text.len() as u32;
        stream.token_text.extend_from_slice(text);
        stream.tokens.push(TokenInfo {
            shape: token.shape,
            space: token.space,
            start,
            len: text.len() as u32,
        });
        let (hasher, stream) = (&self.hasher, &self.stream);
        self.token_ids.insert_unique(hash, id, |id| {
            let info = stream.tokens[*id as usize];
            hash_token(hasher, info.shape, info.space, stream.token_bytes(*id))
        });
        id
    }

    fn distinct_id(&mut self, tokens: &[u32]) -> u32 {
        let hash = hash_u32s(&self.hasher, tokens.iter().copied());
        let stream = &self.stream;
        let tokens_of = |id: u32| stream.distinct(id).iter().map(|t| stream.transitions[*t as usize].token);
        if let Some(id) = self.distinct_ids.find(hash, |id| tokens_of(*id).eq(tokens.iter().copied())) {
            return *id;
        }
        let id = stream.distinct_ends.len() as u32;
        self.append_transitions(tokens);
        let (hasher, stream) = (&self.hasher, &self.stream);
        self.distinct_ids.insert_unique(hash, id, |id| {
            hash_u32s(hasher, stream.distinct(*id).iter().map(|t| stream.transitions[*t as usize].token))
        });
        id
    }

    fn append_transitions(&mut self, tokens: &[u32]) {
        // 0 stands for the beginning of the event, so that every id is one up.
        let (mut before2, mut before1) = (0, 0);
        for &token in tokens {
            let pairs = &mut self.stream.pairs;
            let pair = *self.pair_ids.entry((before2, before1)).or_insert_with(|| {
                *pairs += 1;
                *pairs - 1
            });
            let shorters = &mut self.stream.shorters;
            let shorter = *self.shorter_ids.entry((before1, token)).or_insert_with(|| {
                shorters.push(Shorter { before: before1 });
                shorters.len() as u32 - 1
            });
            let transitions = &mut self.stream.transitions;
            let transition = *self.transition_ids.entry((pair, token)).or_insert_with(|| {
                transitions.push(Transition { pair, shorter, token });
                transitions.len() as u32 - 1
            });
            if self.last_event.len() <= transition as usize {
                self.last_event.resize(transition as usize + 1, 0);
            }
            let event = self.stream.distinct_ends.len() as u32 + 1;
            let again = std::mem::replace(&mut self.last_event[transition as usize], event) == event;
            self.stream.distinct_transitions.push(transition);
            self.stream.distinct_again.push(again);
            before2 = before1;
            before1 = token + 1;
        }
        self.stream.distinct_ends.push(self.stream.distinct_transitions.len() as u32);
    }
}

impl std::fmt::Debug for StreamBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamBuilder").field("stream", &self.stream).finish_non_exhaustive()
    }
}

/// The instance that a data point comes from, where the capture says.
fn instance(event: &Event) -> String {
    let id = event.fields.iter().find(|f| f.path == "resource.service.instance.id");
    match id.map(|f| &f.value) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

fn hash_token(hasher: &impl BuildHasher, shape: Shape, space: bool, text: &[u8]) -> u64 {
    hasher.hash_one((shape, space, text))
}

fn hash_u32s(hasher: &impl BuildHasher, values: impl Iterator<Item = u32>) -> u64 {
    let mut state = hasher.build_hasher();
    for value in values {
        state.write_u32(value);
    }
    state.finish()
}

/// The tokens of a log record, a span or a call, in the order in which the codes see them: severity, body without its
/// time stamp, measure, fields.
pub(crate) fn canonical_tokens<'a>(event: &'a Event, mut emit: impl FnMut(Token<'a>)) {
    if let Some(severity) = event.severity {
        emit(Token { shape: Shape::Severity, space: false, text: severity.name().as_bytes() });
    }
    let (before, after) = match event.body_stamp {
        Some((start, end)) => (&event.body[..start as usize], &event.body[end as usize..]),
        None => (&event.body[..], &event.body[..0]),
    };
    token::tokenize(before, &mut emit);
    token::tokenize(after, &mut emit);
    match &event.measure {
        Some(Measure::DurationNanos(d)) => {
            emit(Token { shape: token::duration_shape(*d), space: false, text: b"" });
        }
        Some(Measure::Gauge(v) | Measure::Delta(v)) => {
            emit(Token { shape: token::magnitude_shape(*v), space: false, text: b"" });
        }
        Some(Measure::Cumulative { .. } | Measure::Histogram { .. }) | None => {}
    }
    for field in &event.fields {
        emit(Token { shape: Shape::Path, space: false, text: field.path.as_bytes() });
        match &field.value {
            Value::Null => emit(literal(b"null")),
            Value::Bool(true) => emit(literal(b"true")),
            Value::Bool(false) => emit(literal(b"false")),
            Value::Int(v) => emit(int_token(*v)),
            Value::Float(v) => emit(Token { shape: token::magnitude_shape(*v), space: false, text: b"" }),
            Value::Text(text) => token::tokenize(text.as_bytes(), &mut emit),
            Value::Bytes(bytes) => token::tokenize(bytes, &mut emit),
        }
    }
}

fn literal(text: &'static [u8]) -> Token<'static> {
    Token { shape: Shape::Literal, space: false, text }
}

/// Whole numbers of up to three digits are codes and counts and stand as they are; larger ones are magnitudes.
fn int_token(value: i64) -> Token<'static> {
    static SMALL: LazyLock<Vec<String>> = LazyLock::new(|| (0..1000).map(|n| n.to_string()).collect());
    match usize::try_from(value).ok().and_then(|n| SMALL.get(n)) {
        Some(text) => Token { shape: Shape::Literal, space: false, text: text.as_bytes() },
        None => Token { shape: token::magnitude_shape(value as f64), space: false, text: b"" },
    }
}
