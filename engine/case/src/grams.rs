//! What text a block may hold: a filter over the pieces of four bytes in it, so that a search need not read the block.
//!
//! A Bloom filter (Bloom, Communications of the ACM 13, 1970) with one hash a piece: a literal asks for all of its
//! pieces at once, and their product is selective where a single answer is not. Letters are lower-cased, ASCII only, so
//! that one filter serves both ways of asking. Pieces of three bytes let blocks be read in vain; pieces of five are more
//! and tell no more (`docs/BENCHMARKS.md`). Ids of traces and spans are asked for whole, and take four hashes each.

use crate::view::{EventView, FieldView, ValueView};

/// Bytes of a piece.
const GRAM: usize = 4;
/// The largest filter: with its row it fills one page of 16 KiB of the case file, and half of it half a page.
const MOST_BYTES: usize = 15 << 10;
const LEAST_BYTES: usize = MOST_BYTES >> 8;
/// A filter is halved as long as at most this share of its bits, in sixteenths, is set afterwards.
const FILL_SIXTEENTHS: usize = 5;
const ID_HASHES: u64 = 4;
const CRC_BYTES: usize = 4;

/// The filter over a block's events while they are looked at one after another.
pub(crate) struct FilterOf<'a> {
    bits: Vec<u8>,
    text: String,
    lower: Vec<u8>,
    before: Option<EventView<'a>>,
}

impl Default for FilterOf<'_> {
    fn default() -> Self {
        Self { bits: vec![0; MOST_BYTES], text: String::new(), lower: Vec::new(), before: None }
    }
}

impl<'a> FilterOf<'a> {
    pub(crate) fn take(&mut self, event: EventView<'a>) {
        let before = self.before.as_ref();
        let news = news(before.map_or(b"", |before| before.body), event.body);
        set_grams(news, &mut self.lower, &mut self.bits);
        for (index, field) in event.fields.iter().enumerate() {
            // Most repeat what the event before has there.
            let repeats = before.and_then(|before| before.fields.get(index));
            if !repeats.is_some_and(|other| is_written_as(field, other)) {
                self.text.clear();
                field.write(&mut self.text);
                set_grams(self.text.as_bytes(), &mut self.lower, &mut self.bits);
            }
        }
        for id in ids(&event) {
            id_hashes(id).for_each(|hash| set(&mut self.bits, hash));
        }
        self.before = Some(event);
    }

    /// As it is stored.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut filter = fold(self.bits);
        filter.extend_from_slice(&crc32fast::hash(&filter).to_le_bytes());
        filter
    }
}

/// Whether two fields are written alike: 0 and -0 are equal, and are not.
fn is_written_as(field: &FieldView<'_>, other: &FieldView<'_>) -> bool {
    match (&field.value, &other.value) {
        (ValueView::Float(a), ValueView::Float(b)) => a.to_bits() == b.to_bits() && field.path == other.path,
        _ => field == other,
    }
}

/// The ids by which an event can be asked for.
pub(crate) fn ids<'a>(event: &'a EventView<'_>) -> impl Iterator<Item = &'a [u8]> {
    let trace = event.trace_id.as_ref().map(<[u8; 16]>::as_slice);
    let spans = [&event.span_id, &event.parent_span_id];
    trace.into_iter().chain(spans.into_iter().flatten().map(<[u8; 8]>::as_slice))
}

/// Halves a filter while it stays sparse: two neighbouring bits become one, as [`position`] has it for half the bits.
fn fold(mut bits: Vec<u8>) -> Vec<u8> {
    while bits.len() > LEAST_BYTES {
        let mut folded = Vec::with_capacity(bits.len() / 2);
        let mut ones = 0;
        for word in bits.as_chunks().0 {
            let half = either_bit(u64::from_le_bytes(*word));
            ones += half.count_ones() as usize;
            folded.extend_from_slice(&half.to_le_bytes());
        }
        if ones * 16 > folded.len() * 8 * FILL_SIXTEENTHS {
            break;
        }
        bits = folded;
    }
    bits
}

/// Half as many bits, each set where one of two neighbours is (Warren, Hacker's Delight, section 7-4, compress).
fn either_bit(word: u64) -> u32 {
    let mut bits = (word | word >> 1) & 0x5555_5555_5555_5555;
    bits = (bits | bits >> 1) & 0x3333_3333_3333_3333;
    bits = (bits | bits >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    bits = (bits | bits >> 4) & 0x00ff_00ff_00ff_00ff;
    bits = (bits | bits >> 8) & 0x0000_ffff_0000_ffff;
    (bits | bits >> 16) as u32
}

/// Where a hash falls among so many bits. Of half as many, it is half the position.
fn position(hash: u32, bits: usize) -> usize {
    ((u64::from(hash) * bits as u64) >> 32) as usize
}

/// A stored filter, checked.
pub(crate) struct Filter<'a> {
    bits: &'a [u8],
}

impl<'a> Filter<'a> {
    /// `None` where it is damaged: then nothing may be skipped for it.
    pub(crate) fn read(stored: &'a [u8]) -> Option<Self> {
        let (bits, crc) = stored.split_last_chunk::<CRC_BYTES>()?;
        let is_whole = !bits.is_empty() && crc32fast::hash(bits) == u32::from_le_bytes(*crc);
        is_whole.then_some(Self { bits })
    }

    fn has(&self, hash: u32) -> bool {
        let position = position(hash, self.bits.len() * 8);
        self.bits[position / 8] & (1 << (position % 8)) != 0
    }

    /// Whether a text that holds these bytes, in any case of its ASCII letters, may be in the block.
    pub(crate) fn may_hold(&self, literal: &[u8]) -> bool {
        let lower = literal.to_ascii_lowercase();
        lower.array_windows::<GRAM>().all(|gram| self.has(spread(u32::from_be_bytes(*gram))))
    }

    /// Whether a trace or span with this id may be in the block.
    pub(crate) fn may_hold_id(&self, id: &[u8]) -> bool {
        id_hashes(id).all(|hash| self.has(hash))
    }
}

/// What of a text has pieces that the text before may not have: all but what both begin with, and what both end with. Lines of a
/// log share their date and often their whole wording.
fn news<'a>(before: &[u8], text: &'a [u8]) -> &'a [u8] {
    let begin = common_prefix(before, text).saturating_sub(GRAM - 1);
    let end = (text.len() - common_suffix(before, text) + GRAM - 1).min(text.len());
    text.get(begin..end).unwrap_or_default()
}

fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    let words = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0);
    let start = 8 * words.take_while(|(one, other)| one == other).count();
    start + one[start..].iter().zip(&other[start..]).take_while(|(one, other)| one == other).count()
}

fn common_suffix(one: &[u8], other: &[u8]) -> usize {
    let words = one.as_rchunks::<8>().1.iter().rev().zip(other.as_rchunks::<8>().1.iter().rev());
    let end = 8 * words.take_while(|(one, other)| one == other).count();
    let rest = one[..one.len() - end].iter().rev().zip(other[..other.len() - end].iter().rev());
    end + rest.take_while(|(one, other)| one == other).count()
}

/// Sets the bits of every piece of a text; `lower` is room for it in lower case.
fn set_grams(text: &[u8], lower: &mut Vec<u8>, bits: &mut [u8]) {
    lower.clear();
    lower.extend_from_slice(text);
    lower.make_ascii_lowercase();
    for gram in lower.array_windows::<GRAM>() {
        set(bits, spread(u32::from_be_bytes(*gram)));
    }
}

fn set(bits: &mut [u8], hash: u32) {
    let position = position(hash, MOST_BYTES * 8);
    bits[position / 8] |= 1 << (position % 8);
}

/// Spreads neighbouring values over the upper bits, which [`position`] goes by (Knuth, The Art of Computer Programming 3,
/// section 6.4, multiplicative hashing).
fn spread(value: u32) -> u32 {
    value.wrapping_mul(0x9e37_79b1)
}

/// FNV-1a, 64 bits.
fn hash_bytes(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn id_hashes(id: &[u8]) -> impl Iterator<Item = u32> {
    let hash = hash_bytes(id);
    // FNV's upper bits depend on all bytes but the last few; the product brings the lower ones up.
    let hash = hash ^ hash >> 29;
    (0..ID_HASHES).map(move |number| spread((hash >> (number * 8)) as u32 ^ number as u32))
}

#[cfg(test)]
mod tests {
    use super::{CRC_BYTES, Filter, FilterOf, GRAM, MOST_BYTES};
    use crate::view::{EventView, FieldView, ValueView};
    use cbad::{ByteRange, Event};

    fn encoded(body: &str, trace: u8) -> Vec<u8> {
        let mut event = Event::new(body, ByteRange::default());
        event.trace_id = Some([trace; 16]);
        postcard::to_stdvec(&event).expect("an event can be encoded")
    }

    fn filter_of<'a>(views: impl Iterator<Item = EventView<'a>>) -> Vec<u8> {
        let mut filter = FilterOf::default();
        views.for_each(|view| filter.take(view));
        filter.finish()
    }

    #[test]
    fn what_is_there_is_never_denied() {
        let rows: Vec<_> =
            (0..400).map(|index| encoded(&format!("Worker {index} took job {}", index * 7919), 3)).collect();
        let views = || {
            rows.iter().enumerate().map(|(index, row)| {
                let mut view = EventView::of(row).expect("its own encoding");
                if index == 0 {
                    let field = FieldView { path: "http.status_code", value: ValueView::Int(503) };
                    view.fields.push(field);
                }
                view
            })
        };
        let stored = filter_of(views());
        let filter = Filter::read(&stored).expect("whole");
        for view in views() {
            for literal in view.body.windows(9) {
                assert!(filter.may_hold(literal) && filter.may_hold(&literal.to_ascii_uppercase()));
            }
        }
        assert!(filter.may_hold(b"status_code=503") && filter.may_hold_id(&[3; 16]));
        assert!(filter.may_hold(b"zzz"), "shorter than a piece: nothing is known");
        assert!(!filter.may_hold(b"connection refused"));
        let denied = (10..=200).filter(|id| !filter.may_hold_id(&[*id; 16])).count();
        assert!(denied > 150, "{denied} of 191 absent ids");
    }

    #[test]
    fn what_is_equal_and_written_otherwise_is_not_denied() {
        let row = encoded("one line", 1);
        let view = |value| {
            let mut view = EventView::of(&row).expect("its own encoding");
            view.fields.push(FieldView { path: "offset", value: ValueView::Float(value) });
            view
        };
        let stored = filter_of([0.0, -0.0].map(view).into_iter());
        assert!(Filter::read(&stored).is_some_and(|filter| filter.may_hold(b"offset=-0")));
    }

    #[test]
    fn what_a_text_shares_with_the_one_before_is_passed_over() {
        let all = |text: &'static [u8]| text.array_windows::<GRAM>().collect::<Vec<_>>();
        let texts: [&[u8]; 7] = [
            b"",
            b"abc",
            b"12:00:01 worker 17 took job 4",
            b"12:00:01 worker 17 took job 5",
            b"12:00:01 worker 18 took job 5",
            b"12:00:01 worker 17 took job 4 again and again",
            b"worker 17 took job 4",
        ];
        for before in texts {
            for text in texts {
                let looked_at = super::news(before, text);
                let had = all(before);
                let is_found = |gram: &&[u8; GRAM]| {
                    had.contains(gram) || looked_at.array_windows().any(|new| new == *gram)
                };
                assert!(
                    all(text).iter().all(is_found),
                    "{} after {}",
                    text.escape_ascii(),
                    before.escape_ascii()
                );
            }
        }
        assert_eq!(super::news(texts[2], texts[3]), b"ob 5");
        assert_eq!(super::news(texts[2], texts[2]), b"");
        assert_eq!(super::news(b"abab", b"abababab"), b"bababa");
    }

    #[test]
    fn few_pieces_take_few_bytes_and_damage_is_seen() {
        let row = encoded("one line", 1);
        let view = EventView::of(&row).expect("its own encoding");
        let mut stored = filter_of(std::iter::once(view));
        assert_eq!(stored.len(), super::LEAST_BYTES + CRC_BYTES);
        stored[3] ^= 1;
        assert!(Filter::read(&stored).is_none() && Filter::read(&[]).is_none());
        assert!(Filter::read(&[0; CRC_BYTES]).is_none());
        assert!(stored.len() < MOST_BYTES);
    }
}
