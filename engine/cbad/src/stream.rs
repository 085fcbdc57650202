//! A stream prepared for the codes: each event is a number, each distinct event a list of tokens in context.

use std::ops::Range;

use crate::category::Category;
use crate::channel::Channel;
use crate::event::StreamKey;
use crate::place::Masks;
use crate::token::Shape;
use crate::values::Readings;

/// Spelling of one distinct token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenInfo {
    pub(crate) shape: Shape,
    pub(crate) space: bool,
    /// Text in the stream's token bytes, and after it the canonical text.
    pub(crate) start: u32,
    pub(crate) len: u32,
    pub(crate) canonical_len: u32,
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
    pub(crate) token_text: Vec<u8>,
    pub(crate) transitions: Vec<Transition>,
    pub(crate) shorters: Vec<Shorter>,
    pub(crate) pairs: u32,
    pub(crate) distinct_ends: Vec<u32>,
    pub(crate) distinct_transitions: Vec<u32>,
    pub(crate) distinct_again: Vec<bool>,
    pub(crate) sequence: Vec<u32>,
    /// [`NO_TIME`] where an event has none.
    pub(crate) times_nanos: Vec<i64>,
    /// Template of each distinct event.
    pub(crate) templates: Vec<u16>,
    pub(crate) template_count: usize,
    /// Of each template.
    pub(crate) names: Vec<String>,
    /// Templates, and one more where some events say again what was said though their template does so in few places.
    pub(crate) kinds: usize,
    /// Those events, one bit each, the first in the lowest; empty where there are none.
    pub(crate) again: Vec<u64>,
    pub(crate) masks: Masks,
    /// Where events carry trace ids: the position of the event before in the same trace, plus one; 0 where it is the
    /// first. Empty where they do not: then the event before is the one before in the stream.
    pub(crate) previous: Vec<u32>,
    pub(crate) channels: Vec<Channel>,
    pub(crate) categories: Vec<Category>,
    pub(crate) anchored: usize,
    pub(crate) covered_until_nanos: Option<i64>,
}

/// Stands for a line feed inside an event in the compact text.
const INNER: u8 = b'\x0b';

/// Stands for the time of an event that has none.
pub(crate) const NO_TIME: i64 = i64::MIN;

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

    /// How many events at the beginning belong to an anchor: they are baseline and are not looked at.
    pub fn anchored(&self) -> usize {
        self.anchored
    }

    /// What its events carry besides their text.
    pub(crate) fn readings(&self) -> Readings<'_> {
        let Self { channels, categories, times_nanos, .. } = self;
        Readings { channels, categories, times_nanos }
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

    /// The template of the event at a position.
    #[inline]
    pub(crate) fn template(&self, position: usize) -> u16 {
        self.templates[self.sequence[position] as usize]
    }

    /// The kind of the event at a position: its template, or where it says again what was said, and its template does so in few places,
    /// a kind of its own, the last one.
    #[inline]
    pub(crate) fn kind(&self, position: usize) -> u16 {
        let is_again = self.again.get(position / 64).is_some_and(|bits| bits >> (position % 64) & 1 == 1);
        if is_again { self.template_count as u16 } else { self.template(position) }
    }

    /// The template before it: that of the event before in the same trace, or in the stream.
    #[inline]
    pub(crate) fn template_before(&self, position: usize) -> Option<u16> {
        let one_up = match self.previous.get(position) {
            Some(&one_up) => one_up as usize,
            None if position == self.anchored => 0,
            None => position,
        };
        one_up.checked_sub(1).map(|before| self.template(before))
    }

    pub(crate) fn token_bytes(&self, token: u32) -> &[u8] {
        let info = self.tokens[token as usize];
        &self.token_text[info.start as usize..(info.start + info.len) as usize]
    }

    /// The label of a number of a data point: which of its numbers the token stands for.
    pub(crate) fn measure_of(&self, token: u32) -> Option<String> {
        let is_labelled = matches!(self.tokens[token as usize].shape, Shape::Magnitude(_));
        let label = String::from_utf8_lossy(self.token_bytes(token));
        (is_labelled && !label.is_empty()).then(|| label.into_owned())
    }

    /// Canonical text of a distinct event: what the byte codes see. Ends with a line feed.
    pub(crate) fn append_canonical(&self, id: u32, out: &mut Vec<u8>) {
        self.append_text(id, false, out);
    }

    /// The same for the relative code: paths of fields as numbers, since they stand in every event and a suffix array pays
    /// for each byte, and line feeds only at the end, so that no match runs from one event into another.
    pub(crate) fn append_compact(&self, id: u32, out: &mut Vec<u8>) {
        self.append_text(id, true, out);
    }

    /// Where each token of a distinct event stands in that text, without the space before it.
    pub(crate) fn compact_places(&self, id: u32) -> Vec<Range<u32>> {
        let mut text = Vec::new();
        let place = |&transition: &u32| {
            let token = self.transitions[transition as usize].token;
            let start = text.len() as u32 + u32::from(self.tokens[token as usize].space);
            self.append_token(token, true, &mut text);
            start..text.len() as u32
        };
        self.distinct(id).iter().map(place).collect()
    }

    fn append_text(&self, id: u32, compact: bool, out: &mut Vec<u8>) {
        for &transition in self.distinct(id) {
            self.append_token(self.transitions[transition as usize].token, compact, out);
        }
        out.push(b'\n');
    }

    #[inline]
    fn append_token(&self, token: u32, compact: bool, out: &mut Vec<u8>) {
        let info = self.tokens[token as usize];
        if info.space {
            out.push(b' ');
        }
        if compact && info.shape == Shape::Path {
            out.push(b'\x1f');
            out.extend((0..4).map(|part| b'0' + (token >> (6 * part) & 63) as u8));
            return;
        }
        if compact && self.token_bytes(token) == b"\n" {
            out.push(INNER);
            return;
        }
        let start = (info.start + info.len) as usize;
        let range = if info.canonical_len == 0 {
            info.start as usize..start
        } else {
            start..start + info.canonical_len as usize
        };
        out.extend_from_slice(&self.token_text[range]);
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
