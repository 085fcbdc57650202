//! The relative code as a real code: the bits that its length claims are written, and read again.

use super::*;
use proptest::prelude::*;

/// Events of one line and of several, with much in common.
const EVENTS: [&str; 9] = [
    "GET /cart 200 in #d23\n",
    "GET /cart 404 in #d23\n",
    "POST /orders 201\n",
    "Traceback:\n  at place\n  at pay\nGET /cart\n",
    "Traceback:\n  at place\n  at ship\n",
    "at pay\n",
    "GET\n",
    "connection refused\nconnection refused\n",
    "\n",
];

fn texts(members: &[u32]) -> Texts {
    Texts::new(members.iter().copied(), |event, out| out.extend_from_slice(EVENTS[event as usize].as_bytes()))
}

#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(&mut self, value: u64, count: i64) {
        self.0.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
    }

    /// Elias, "Universal codeword sets and representations of the integers", 1975.
    fn put_gamma(&mut self, value: u32) {
        let digits = floor_log2(value);
        self.put(0, digits);
        self.put(u64::from(value), digits + 1);
    }
}

struct Reader<'a>(std::slice::Iter<'a, bool>);

impl Reader<'_> {
    fn take(&mut self, count: i64) -> u64 {
        (0..count).fold(0, |value, _| value << 1 | u64::from(*self.0.next().expect("a whole phrase")))
    }

    fn take_gamma(&mut self) -> u64 {
        let mut digits = 0;
        while self.take(1) == 0 {
            digits += 1;
        }
        1 << digits | self.take(digits)
    }
}

/// All distinct events of the pool, one after another; bytes of events that are not baseline are unknown.
fn known_to_the_decoder(pool: &Pool<'_>, texts: &[&[u8]]) -> Vec<Option<u8>> {
    let of = |event: usize| {
        let is_known = pool.in_baseline(event as u32);
        texts[event].iter().map(move |&byte| is_known.then_some(byte))
    };
    (0..texts.len()).flat_map(of).collect()
}

fn encode(pool: &Pool<'_>, event: usize, texts: &[&[u8]]) -> Bits {
    let mut bits = Bits::default();
    let mut at = 0;
    let text = texts[event];
    let copy = |bits: &mut Bits, from: usize, part: &[u8]| {
        let place =
            texts[from].windows(part.len()).position(|w| w == part).expect("a copy stands where it is from");
        bits.put(0, 1);
        bits.put(u64::from(pool.texts.starts[from]) + place as u64, pool.pointer_bits);
        bits.put_gamma(part.len() as u32);
    };
    let literal = |bits: &mut Bits, byte: u8| {
        bits.put(1, 1);
        bits.put(u64::from(byte), 8);
    };
    if pool.in_baseline(event as u32) {
        match phrase_bits(pool.pointer_bits, text.len() as u32) {
            Some(_) => copy(&mut bits, event, text),
            None => text.iter().for_each(|&byte| literal(&mut bits, byte)),
        }
        return bits;
    }
    pool.parse(event, |phrase| match phrase {
        Phrase::Copy(found) => {
            let part = &text[at..at + found.length as usize];
            assert_eq!(found.at as usize, at, "it says where it is");
            assert!(texts[found.from as usize][found.from_at as usize..].starts_with(part), "and whence");
            copy(&mut bits, found.from as usize, part);
            at += part.len();
        }
        Phrase::Literal { .. } => {
            literal(&mut bits, text[at]);
            at += 1;
        }
    });
    bits
}

/// Knows the baseline and how long the event is: the code carries neither.
fn decode(bits: &Bits, pointer_bits: i64, known: &[Option<u8>], length: usize) -> Vec<u8> {
    let mut reader = Reader(bits.0.iter());
    let mut text = Vec::new();
    while text.len() < length {
        if reader.take(1) == 1 {
            text.push(reader.take(8) as u8);
            continue;
        }
        let from = reader.take(pointer_bits) as usize;
        let count = reader.take_gamma() as usize;
        let part = known[from..from + count].iter();
        text.extend(part.map(|byte| byte.expect("a copy is of baseline events only")));
    }
    assert_eq!(reader.0.len(), 0, "no bit is left");
    text
}

proptest! {
    #[test]
    fn every_event_decodes_from_the_bits_that_its_length_claims(
        members in prop::collection::vec(0_u32..EVENTS.len() as u32, 2..30),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..12),
    ) {
        let shared = texts(&members);
        let mut pool = Pool::new(&shared, &members);
        let mut window: Vec<u32> = picks.iter().map(|i| i.index(members.len()) as u32).collect();
        window.sort_unstable();
        window.dedup();
        let claimed = pool.costs(&window);
        let weighed = |(&member, cost): (&u32, &i64)| cost * pool.weight(pool.members[member as usize] as usize);
        let expected: i64 = window.iter().zip(&claimed).map(weighed).sum();
        prop_assert_eq!(pool.novelty(&window), expected, "what is cached is what is coded");
        let mut distinct = members.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let texts: Vec<&[u8]> = distinct.iter().map(|&event| EVENTS[event as usize].as_bytes()).collect();
        pool.label(&window);
        let known = known_to_the_decoder(&pool, &texts);
        for (&member, claimed) in window.iter().zip(claimed) {
            let event = pool.members[member as usize] as usize;
            let bits = encode(&pool, event, &texts);
            prop_assert_eq!(bits.0.len() as i64, claimed);
            prop_assert_eq!(decode(&bits, pool.pointer_bits, &known, texts[event].len()), texts[event]);
        }
    }
}
