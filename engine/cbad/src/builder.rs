//! From events to a prepared stream: interning tokens, transitions and whole events.

use hashbrown::HashTable;
use std::hash::{BuildHasher, Hash, Hasher};

use crate::category::Categories;
use crate::channel::Channels;
use crate::event::{Event, Signal, StreamKey};
use crate::event_tokens::canonical_tokens;
use crate::in_text::InText;
use crate::keys::Keys;
use crate::place::Masks;
use crate::repeats::Repeats;
use crate::stream::{NO_TIME, Shorter, Stream, TokenInfo, Transition};
use crate::template;
use crate::token::{self, Shape, Token};
use crate::trace::Traces;

/// Numbers of a data point that are coded as text: the value, or count and mean of a histogram.
const CODED: usize = 2;

/// Takes the events of one stream in analysis order and interns them.
pub struct StreamBuilder {
    stream: Stream,
    // Hash tables from content to id. Ids are given in the order of first appearance, so the hasher's seed never shows.
    hasher: hashbrown::DefaultHashBuilder,
    token_ids: HashTable<u32>,
    /// Ids of literals of one byte, plus one, without and with a space before them: half of all tokens.
    byte_ids: [[u32; 256]; 2],
    /// The pair that begins an event, plus one; and the pair whose tokens are those of each transition of order 1.
    first_pair: u32,
    pair_of: Vec<u32>,
    transition_ids: hashbrown::HashMap<(u32, u32), u32>,
    shorter_ids: hashbrown::HashMap<(u32, u32), u32>,
    distinct_ids: HashTable<u32>,
    /// The distinct event that had each transition last, plus one.
    last_event: Vec<u32>,
    current: Vec<u32>,
    keys: Keys,
    channels: Channels,
    written: Channels,
    categories: Categories,
    traces: Traces,
    repeats: Repeats,
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
                templates: Vec::new(),
                template_count: 0,
                names: Vec::new(),
                masks: Masks::default(),
                kinds: 0,
                again: Vec::new(),
                previous: Vec::new(),
                channels: Vec::new(),
                categories: Vec::new(),
                anchored: 0,
                covered_until_nanos: None,
            },
            hasher: hashbrown::DefaultHashBuilder::default(),
            token_ids: HashTable::new(),
            byte_ids: [[0; 256]; 2],
            first_pair: 0,
            pair_of: Vec::new(),
            transition_ids: hashbrown::HashMap::new(),
            shorter_ids: hashbrown::HashMap::new(),
            distinct_ids: HashTable::new(),
            last_event: Vec::new(),
            current: Vec::new(),
            keys: Keys::default(),
            channels: Channels::default(),
            written: Channels::default(),
            categories: Categories::default(),
            traces: Traces::default(),
            repeats: Repeats::default(),
        }
    }

    /// Adds the next event.
    pub fn push(&mut self, event: &Event) {
        let position = self.stream.sequence.len() as u32;
        let is_metric = self.stream.key.signal == Signal::Metric;
        self.current.clear();
        let mut tokens = std::mem::take(&mut self.current);
        if is_metric {
            // The metric's name and attributes are the stream; only what changes is worth coding.
            for (label, value) in self.channels.take_point(position, event).into_iter().take(CODED) {
                let shape = token::magnitude_shape(value);
                tokens.push(self.token_id(Token { shape, space: false, text: label.as_bytes() }));
            }
        } else {
            self.channels.take_fields(position, event);
            self.categories.take(position, event);
            self.repeats.take(event);
            let (mut in_text, mut is_message) = (InText::new(), true);
            canonical_tokens(event, |t| {
                is_message &= t.shape != Shape::Path;
                if is_message && let Some(measured) = in_text.meet(t) {
                    self.written.take_written(position, &measured);
                }
                tokens.push(self.token_id(t));
            });
        }
        let id = self.distinct_id(&tokens);
        self.current = tokens;
        self.stream.sequence.push(id);
        self.stream.times_nanos.push(event.time_nanos.unwrap_or(NO_TIME));
        self.traces.take(position, event.trace_id);
    }

    /// All events so far belong to an anchor: they are baseline, and windows begin after them.
    pub fn end_anchor(&mut self) {
        self.stream.anchored = self.stream.sequence.len();
        self.traces.end_chains();
        self.repeats.forget();
    }

    /// Events are left out between those so far and those to come.
    pub fn leave_gap(&mut self) {
        self.traces.end_chains();
        self.repeats.forget();
        self.channels.forget_totals();
    }

    /// The capture that the stream comes from goes on until then, so that a stream that ends before has fallen silent.
    pub fn covers_until(&mut self, nanos: i64) {
        self.stream.covered_until_nanos = Some(nanos);
    }

    /// The prepared stream.
    pub fn finish(mut self) -> Stream {
        self.join_paths();
        self.stream.channels = self.channels.finish();
        self.stream.channels.extend(self.written.finish_common(self.stream.sequence.len()));
        self.stream.categories = self.categories.finish(self.stream.sequence.len());
        self.stream.previous = self.traces.finish();
        if self.stream.key.signal != Signal::Metric {
            template::assign(&mut self.stream, self.repeats.finish());
        }
        self.stream
    }

    #[inline]
    fn token_id(&mut self, token: Token<'_>) -> u32 {
        if let (Shape::Literal, &[byte]) = (token.shape, token.text) {
            let known = self.byte_ids[usize::from(token.space)][usize::from(byte)];
            if known > 0 {
                return known - 1;
            }
            let id = self.token_id_by_text(token);
            self.byte_ids[usize::from(token.space)][usize::from(byte)] = id + 1;
            return id;
        }
        if token.shape == Shape::Path { self.path_id(token) } else { self.token_id_by_text(token) }
    }

    /// A path with a key in it, of which there are too many, is the path without the key.
    fn path_id(&mut self, token: Token<'_>) -> u32 {
        if let Some(id) = self.known_token(token) {
            return id;
        }
        match self.keys.meet(token.text, self.stream.tokens.len() as u32) {
            Some(rest) => self.token_id_by_text(Token { text: &rest, ..token }),
            None => self.token_id_by_text(token),
        }
    }

    #[inline]
    fn known_token(&self, token: Token<'_>) -> Option<u32> {
        let (stream, text) = (&self.stream, token.shape.identity(token.text));
        let same = |id: &u32| {
            let info = stream.tokens[*id as usize];
            info.shape == token.shape && info.space == token.space && stream.token_bytes(*id) == text
        };
        self.token_ids.find(hash_token(&self.hasher, token.shape, token.space, text), same).copied()
    }

    fn token_id_by_text(&mut self, token: Token<'_>) -> u32 {
        if let Some(id) = self.known_token(token) {
            return id;
        }
        let text = token.shape.identity(token.text);
        let stream = &mut self.stream;
        let hash = hash_token(&self.hasher, token.shape, token.space, text);
        let id = stream.tokens.len() as u32;
        let start = stream.token_text.len() as u32;
        stream.token_text.extend_from_slice(text);
        let canonical = token.shape.canonical(text);
        // Literals are their own canonical text, which is not kept twice.
        let canonical_len = if *canonical == *text { 0 } else { canonical.len() as u32 };
        if canonical_len > 0 {
            stream.token_text.extend_from_slice(&canonical);
        }
        stream.tokens.push(TokenInfo {
            shape: token.shape,
            space: token.space,
            start,
            len: text.len() as u32,
            canonical_len,
        });
        let (hasher, stream) = (&self.hasher, &self.stream);
        self.token_ids.insert_unique(hash, id, |id| {
            let info = stream.tokens[*id as usize];
            hash_token(hasher, info.shape, info.space, stream.token_bytes(*id))
        });
        id
    }

    /// Paths that differ in keys which do not come back are one; the events that then are the same become one too.
    fn join_paths(&mut self) {
        if !self.keys.are_many() {
            return;
        }
        let mut times = vec![0; self.stream.tokens.len()];
        for &distinct in &self.stream.sequence {
            for &transition in self.stream.distinct(distinct) {
                times[self.stream.transitions[transition as usize].token as usize] += 1;
            }
        }
        let keys = std::mem::take(&mut self.keys);
        let mut joined: Vec<u32> = (0..self.stream.tokens.len() as u32).collect();
        for (rest, tokens) in keys.one(&times) {
            let one = self.token_id_by_text(Token { shape: Shape::Path, space: false, text: rest });
            for token in tokens {
                if joined[token as usize] == token {
                    joined[token as usize] = one;
                }
            }
        }
        self.intern_again(|token| joined.get(token as usize).copied().unwrap_or(token));
    }

    /// Interns all distinct events once more, each token as another one.
    fn intern_again(&mut self, as_other: impl Fn(u32) -> u32) {
        let stream = &mut self.stream;
        let transitions = std::mem::take(&mut stream.transitions);
        let (ends, before) =
            (std::mem::take(&mut stream.distinct_ends), std::mem::take(&mut stream.distinct_transitions));
        (stream.shorters, stream.pairs, stream.distinct_again) = (Vec::new(), 0, Vec::new());
        (self.first_pair, self.pair_of, self.last_event) = (0, Vec::new(), Vec::new());
        self.transition_ids.clear();
        self.shorter_ids.clear();
        self.distinct_ids.clear();
        let (mut again, mut tokens, mut begin) = (Vec::with_capacity(ends.len()), Vec::new(), 0);
        for end in ends {
            tokens.clear();
            let of_event = &before[begin..end as usize];
            tokens.extend(of_event.iter().map(|id| as_other(transitions[*id as usize].token)));
            again.push(self.distinct_id(&tokens));
            begin = end as usize;
        }
        self.stream.sequence.iter_mut().for_each(|distinct| *distinct = again[*distinct as usize]);
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
        // 0 stands for the beginning of the event, so that every id is one up. Two tokens are a transition of order 1
        // as well as a pair, and a transition of order 2 knows its shorter one: one look-up a token is enough.
        let (mut shorter_before, mut before) = (None, 0);
        for &token in tokens {
            let pair = self.pair_after(shorter_before);
            let transition = match self.transition_ids.get(&(pair, token)) {
                Some(known) => *known,
                None => self.new_transition(pair, before, token),
            };
            if self.last_event.len() <= transition as usize {
                self.last_event.resize(transition as usize + 1, 0);
            }
            let event = self.stream.distinct_ends.len() as u32 + 1;
            let again = std::mem::replace(&mut self.last_event[transition as usize], event) == event;
            self.stream.distinct_transitions.push(transition);
            self.stream.distinct_again.push(again);
            shorter_before = Some(self.stream.transitions[transition as usize].shorter);
            before = token + 1;
        }
        self.stream.distinct_ends.push(self.stream.distinct_transitions.len() as u32);
    }

    /// The pair made of the two tokens of a transition of order 1; without one, that of the beginning of an event.
    fn pair_after(&mut self, shorter: Option<u32>) -> u32 {
        let pair = match shorter {
            Some(shorter) => {
                if self.pair_of.len() <= shorter as usize {
                    self.pair_of.resize(self.stream.shorters.len(), 0);
                }
                &mut self.pair_of[shorter as usize]
            }
            None => &mut self.first_pair,
        };
        if *pair == 0 {
            self.stream.pairs += 1;
            *pair = self.stream.pairs;
        }
        *pair - 1
    }

    fn new_transition(&mut self, pair: u32, before: u32, token: u32) -> u32 {
        let shorters = &mut self.stream.shorters;
        let shorter = *self.shorter_ids.entry((before, token)).or_insert_with(|| {
            shorters.push(Shorter { before });
            shorters.len() as u32 - 1
        });
        let id = self.stream.transitions.len() as u32;
        self.stream.transitions.push(Transition { pair, shorter, token });
        self.transition_ids.insert((pair, token), id);
        id
    }
}

impl std::fmt::Debug for StreamBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamBuilder").field("stream", &self.stream).finish_non_exhaustive()
    }
}

fn hash_token(hasher: &impl BuildHasher, shape: Shape, space: bool, text: &[u8]) -> u64 {
    let mut state = hasher.build_hasher();
    if shape == Shape::Literal {
        state.write_u8(u8::from(space));
    } else {
        (shape, space).hash(&mut state);
    }
    state.write(text);
    state.finish()
}

fn hash_u32s(hasher: &impl BuildHasher, values: impl Iterator<Item = u32>) -> u64 {
    let mut state = hasher.build_hasher();
    for value in values {
        state.write_u32(value);
    }
    state.finish()
}
