//! The relative code: what an event costs when it may only copy from baseline events.
//!
//! Relative Lempel-Ziv (Kuruppu, Puglisi and Zobel, SPIRE 2010), label-aware: one suffix array over the distinct
//! events of a pool serves every way to deal the pool into window and baseline. The longest match into the baseline is
//! looked for outwards from the suffix's own place, to the nearest suffix whose event still has a copy in the
//! baseline. Integer arithmetic only.
//!
//! A phrase is a copy (1 flag bit, a pointer of log2 of the pool's bytes, an Elias-gamma length) of at least 3 bytes,
//! or one literal byte (9 bits).

use std::ops::Range;

use crate::stream::Stream;

const MIN_MATCH: u32 = 3;
const LITERAL_BITS: i64 = 9;

/// Bytes of an event that take part, its first: a line of a megabyte is told by far fewer, and the array has 26 bytes for
/// each.
pub(crate) const MOST_BYTES: usize = 1 << 15;

/// Runs of suffixes without a copy in the baseline that are passed on either side: as many as a window of the usual size
/// has events, five times over. Where several long events of one window are alike there is no end of them.
const MOST_PASSED: u32 = 256;

/// Texts of distinct events and their one suffix array: what many pools share.
pub(crate) struct Texts {
    /// The distinct events of the stream, ascending.
    distinct: Vec<u32>,
    starts: Vec<u32>,
    suffixes: Vec<u32>,
    ranks: Vec<u32>,
    /// Bytes that a suffix has in common with the one before it, counted up to 2^16 - 1.
    common: Vec<u16>,
    owners: Vec<u32>,
    runs: Runs,
}

/// Runs of neighbouring suffixes that are of one event: either they all have a copy in the baseline or none.
struct Runs {
    /// First and last suffix of the run that a suffix is in.
    first: Vec<u32>,
    last: Vec<u32>,
    /// Bytes that a suffix has in common with all of its run before it, and with all behind it.
    common_before: Vec<u16>,
    common_behind: Vec<u16>,
}

/// The pool of one test: members that are distinct events of the shared texts, and how often each is there.
pub(crate) struct Pool<'t> {
    texts: &'t Texts,
    members: Vec<u32>,
    copies: Vec<u32>,
    pointer_bits: i64,
    in_window: Vec<u32>,
    touched: Vec<u32>,
    cache: Vec<Option<Cached>>,
    witnesses: Vec<u32>,
}

/// Cost of a distinct event when all the rest of the pool is baseline, and the events that this cost rests on.
#[derive(Clone)]
struct Cached {
    cost: i64,
    witnesses: Range<usize>,
}

/// A copy that the code chose: bytes `at..at + length` of the event, taken from a distinct event of the pool, where they
/// begin at `from_at`.
pub(crate) struct Copy {
    pub(crate) at: u32,
    pub(crate) length: u32,
    pub(crate) from: u32,
    pub(crate) from_at: u32,
}

fn floor_log2(x: u32) -> i64 {
    31 - i64::from(x.leading_zeros())
}

impl Texts {
    /// Of these distinct events of a stream, in any order and as often as they come; `text` appends the bytes of one.
    pub(crate) fn new(events: impl Iterator<Item = u32>, mut text: impl FnMut(u32, &mut Vec<u8>)) -> Self {
        let mut distinct: Vec<u32> = events.collect();
        distinct.sort_unstable();
        distinct.dedup();
        let mut bytes = Vec::new();
        let mut starts = Vec::with_capacity(distinct.len() + 1);
        for &event in &distinct {
            starts.push(bytes.len() as u32);
            text(event, &mut bytes);
            bytes.truncate(starts[starts.len() - 1] as usize + MOST_BYTES);
        }
        starts.push(bytes.len() as u32);
        let suffixes: Vec<u32> = divsufsort::sort(&bytes).into_parts().1.iter().map(|&p| p as u32).collect();
        let (ranks, common) = ranks_and_common_prefixes(&bytes, &suffixes);
        let mut owner_at = vec![0_u32; bytes.len()];
        for event in 0..distinct.len() {
            owner_at[starts[event] as usize..starts[event + 1] as usize].fill(event as u32);
        }
        let owners: Vec<u32> = suffixes.iter().map(|&p| owner_at[p as usize]).collect();
        let runs = Runs::of(&owners, &common);
        Self { distinct, starts, suffixes, ranks, common, owners, runs }
    }

    /// Of the events at these positions of a stream.
    pub(crate) fn of_stream(stream: &Stream, positions: impl Iterator<Item = usize>) -> Self {
        Self::new(positions.map(|p| stream.sequence[p]), |event, out| stream.append_compact(event, out))
    }

    fn length(&self, event: usize) -> u32 {
        self.starts[event + 1] - self.starts[event]
    }
}

impl<'t> Pool<'t> {
    /// `members` are distinct events of the stream that the texts hold. Events of the texts that are not among them are
    /// never copied from, and change nothing.
    pub(crate) fn new(texts: &'t Texts, members: &[u32]) -> Self {
        let local =
            |event: &u32| texts.distinct.binary_search(event).expect("the texts hold every member") as u32;
        let members: Vec<u32> = members.iter().map(local).collect();
        let n = texts.distinct.len();
        let mut copies = vec![0_u32; n];
        let mut total = 0_u64;
        for &member in &members {
            copies[member as usize] += 1;
            total += u64::from(texts.length(member as usize));
        }
        let pointer_bits = floor_log2(total.clamp(1, u64::from(u32::MAX)) as u32) + 1;
        Self {
            texts,
            members,
            copies,
            pointer_bits,
            in_window: vec![0; n],
            touched: Vec::new(),
            cache: vec![None; n],
            witnesses: Vec::new(),
        }
    }

    /// Number of pool members.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// Distinct event of a pool member.
    pub(crate) fn distinct_of(&self, member: usize) -> u32 {
        self.members[member]
    }

    /// The novelty ratio of a window, times its size: Σ c(i|B) / length(i), in units of 2^-20 bit a byte.
    pub(crate) fn novelty(&mut self, window: &[u32]) -> i64 {
        self.label(window);
        let mut sum = 0;
        for at in 0..self.touched.len() {
            let event = self.touched[at] as usize;
            let n = i64::from(self.in_window[event]);
            sum += self.labelled_cost(event) * n * self.weight(event);
        }
        self.unlabel();
        sum
    }

    /// Cost in bits of every window member given the rest of the pool.
    #[cfg(test)]
    pub(crate) fn costs(&mut self, window: &[u32]) -> Vec<i64> {
        self.label(window);
        let costs = window.iter().map(|&m| self.plain_cost(self.members[m as usize] as usize)).collect();
        self.unlabel();
        costs
    }

    /// The copies that explain one window member when the rest of the pool is baseline.
    pub(crate) fn explain(&mut self, window: &[u32], member: usize) -> Vec<Copy> {
        let mut explained = self.explain_all(window, &[member]);
        explained.pop().unwrap_or_default()
    }

    /// The same for several members of one window.
    pub(crate) fn explain_all(&mut self, window: &[u32], members: &[usize]) -> Vec<Vec<Copy>> {
        self.label(window);
        let explained = members.iter().map(|&member| self.copies_of(self.members[member])).collect();
        self.unlabel();
        explained
    }

    fn copies_of(&self, event: u32) -> Vec<Copy> {
        if self.in_baseline(event) {
            let length = self.texts.length(event as usize);
            return vec![Copy { at: 0, length, from: event, from_at: 0 }];
        }
        let mut copies = Vec::new();
        self.parse(event as usize, |phrase| {
            if let Phrase::Copy(copy) = phrase {
                copies.push(copy);
            }
        });
        copies
    }

    /// 2^20 by the event's length in bytes.
    fn weight(&self, event: usize) -> i64 {
        (1_i64 << 20) / i64::from(self.texts.length(event).max(1))
    }

    /// Cost of an event of which a copy is in the baseline.
    fn repeated(&self, event: usize) -> i64 {
        let length = self.texts.length(event);
        phrase_bits(self.pointer_bits, length).unwrap_or(LITERAL_BITS * i64::from(length))
    }

    fn label(&mut self, window: &[u32]) {
        for &member in window {
            let event = self.members[member as usize];
            if self.in_window[event as usize] == 0 {
                self.touched.push(event);
            }
            self.in_window[event as usize] += 1;
        }
    }

    fn unlabel(&mut self) {
        for &event in &self.touched {
            self.in_window[event as usize] = 0;
        }
        self.touched.clear();
    }

    fn in_baseline(&self, event: u32) -> bool {
        self.in_window[event as usize] < self.copies[event as usize]
    }

    fn labelled_cost(&mut self, event: usize) -> i64 {
        if self.in_baseline(event as u32) {
            return self.repeated(event);
        }
        if self.cache[event].is_none() {
            self.fill_cache(event);
        }
        let cached = self.cache[event].clone().expect("filled just above");
        let holds = self.witnesses[cached.witnesses].iter().all(|&w| self.in_baseline(w));
        if holds { cached.cost } else { self.parse(event, |_| {}) }
    }

    #[cfg(test)]
    fn plain_cost(&self, event: usize) -> i64 {
        if self.in_baseline(event as u32) { self.repeated(event) } else { self.parse(event, |_| {}) }
    }

    /// Codes `event` with only itself out of the baseline, and keeps which neighbours that rests on: as long as all of
    /// them are in the baseline, no other labelling can change the parse, since every match found was the nearest.
    #[cold]
    fn fill_cache(&mut self, event: usize) {
        let labels = std::mem::replace(&mut self.in_window, vec![0; self.copies.len()]);
        self.in_window[event] = self.copies[event];
        let mut witnesses = Vec::new();
        let cost = self.parse(event, |phrase| match phrase {
            Phrase::Copy(Copy { from, .. }) | Phrase::Literal { rejected: Some(from) } => {
                witnesses.push(from);
            }
            Phrase::Literal { rejected: None } => {}
        });
        self.in_window = labels;
        witnesses.sort_unstable();
        witnesses.dedup();
        let start = self.witnesses.len();
        self.witnesses.extend_from_slice(&witnesses);
        self.cache[event] = Some(Cached { cost, witnesses: start..self.witnesses.len() });
    }

    /// Greedy parse of a distinct event into phrases; returns its bits.
    fn parse(&self, event: usize, mut each: impl FnMut(Phrase)) -> i64 {
        let (start, end) = (self.texts.starts[event], self.texts.starts[event + 1]);
        let (mut at, mut bits) = (start, 0);
        while at < end {
            let found = self.longest_match(at, end - at);
            let copy = found.and_then(|(length, _)| phrase_bits(self.pointer_bits, length));
            if let (Some((length, q)), Some(cost)) = (found, copy) {
                let from = self.texts.owners[q];
                let from_at = self.texts.suffixes[q] - self.texts.starts[from as usize];
                each(Phrase::Copy(Copy { at: at - start, length, from, from_at }));
                bits += cost;
                at += length;
            } else {
                each(Phrase::Literal { rejected: found.map(|(_, q)| self.texts.owners[q]) });
                bits += LITERAL_BITS;
                at += 1;
            }
        }
        bits
    }

    /// The longer of the nearest matches on either side, cut to `most` and to the end of the event that it is from: what
    /// stands behind that one may not be in the baseline. Its length, and the suffix that it is taken from; `None` below the
    /// least length.
    fn longest_match(&self, at: u32, most: u32) -> Option<(u32, usize)> {
        let texts = self.texts;
        let rank = texts.ranks[at as usize] as usize;
        let before = self.nearest_before(rank);
        let best = match before {
            Some((length, _)) if length >= most => before,
            _ => self.nearest_behind(rank, before.map_or(0, |(length, _)| length)).or(before),
        };
        best.map(|(length, q)| {
            let from = texts.owners[q];
            let left = texts.starts[from as usize + 1] - texts.suffixes[q];
            (length.min(most).min(left), q)
        })
    }

    /// The nearest suffix before this one that has a copy in the baseline, and the bytes that both begin with.
    fn nearest_before(&self, rank: usize) -> Option<(u32, usize)> {
        let Texts { common, owners, runs, .. } = self.texts;
        let (mut q, mut shared) = (rank, u16::MAX);
        for _ in 0..MOST_PASSED {
            let first = runs.first[q] as usize;
            shared = shared.min(runs.common_before[q]).min(common[first]);
            if u32::from(shared) < MIN_MATCH {
                return None;
            }
            // The very first suffix has nothing in common with one before it.
            q = first - 1;
            if self.in_baseline(owners[q]) {
                return Some((u32::from(shared), q));
            }
        }
        None
    }

    /// The same behind this one, where both begin with more than `least` bytes.
    fn nearest_behind(&self, rank: usize, least: u32) -> Option<(u32, usize)> {
        let Texts { common, owners, runs, .. } = self.texts;
        let (mut q, mut shared) = (rank, u16::MAX);
        for _ in 0..MOST_PASSED {
            let next = runs.last[q] as usize + 1;
            shared = shared.min(runs.common_behind[q]).min(common[next]);
            if u32::from(shared) < MIN_MATCH || u32::from(shared) <= least {
                return None;
            }
            q = next;
            if self.in_baseline(owners[q]) {
                return Some((u32::from(shared), q));
            }
        }
        None
    }
}

impl Runs {
    fn of(owners: &[u32], common: &[u16]) -> Self {
        let n = owners.len();
        let (mut first, mut last) = ((0..n as u32).collect::<Vec<_>>(), (0..n as u32).collect::<Vec<_>>());
        let (mut common_before, mut common_behind) = (vec![u16::MAX; n], vec![u16::MAX; n]);
        for q in 1..n {
            if owners[q] == owners[q - 1] {
                first[q] = first[q - 1];
                common_before[q] = common_before[q - 1].min(common[q]);
            }
        }
        for q in (1..n).rev() {
            if owners[q] == owners[q - 1] {
                last[q - 1] = last[q];
                common_behind[q - 1] = common_behind[q].min(common[q]);
            }
        }
        Self { first, last, common_before, common_behind }
    }
}

enum Phrase {
    Copy(Copy),
    Literal { rejected: Option<u32> },
}

/// Bits of a copy, where it is allowed and cheaper than literals.
fn phrase_bits(pointer_bits: i64, length: u32) -> Option<i64> {
    let bits = 1 + pointer_bits + 2 * floor_log2(length.max(1)) + 1;
    (length >= MIN_MATCH && bits < LITERAL_BITS * i64::from(length)).then_some(bits)
}

/// Kasai et al., "Linear-time longest-common-prefix computation in suffix arrays", CPM 2001.
///
/// There is one more entry than there are suffixes: behind the last is nothing, and nothing is in common with it.
fn ranks_and_common_prefixes(bytes: &[u8], suffixes: &[u32]) -> (Vec<u32>, Vec<u16>) {
    let n = bytes.len();
    let mut ranks = vec![0_u32; n];
    for (rank, &p) in suffixes.iter().enumerate() {
        ranks[p as usize] = rank as u32;
    }
    let mut common = vec![0_u16; n + 1];
    let mut shared = 0_usize;
    for p in 0..n {
        let rank = ranks[p] as usize;
        if rank == 0 {
            shared = 0;
            continue;
        }
        let q = suffixes[rank - 1] as usize;
        while p + shared < n && q + shared < n && bytes[p + shared] == bytes[q + shared] {
            shared += 1;
        }
        common[rank] = u16::try_from(shared).unwrap_or(u16::MAX);
        shared = shared.saturating_sub(1);
    }
    (ranks, common)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EVENTS: [&str; 6] =
        ["GET /a 200\n", "GET /b 200\n", "GET /a 404\n", "POST /orders 201\n", "connection refused\n", "x\n"];

    fn texts() -> Texts {
        Texts::new(0..EVENTS.len() as u32, |e, out| out.extend_from_slice(EVENTS[e as usize].as_bytes()))
    }

    #[test]
    fn a_repeated_event_costs_one_copy_and_a_foreign_one_its_literals() {
        let texts = texts();
        let mut pool = Pool::new(&texts, &[0, 0, 0, 1, 4]);
        let costs = pool.costs(&[0, 4]);
        assert!(costs[0] < 20, "{costs:?}");
        assert!(costs[1] >= 9 * 15, "{costs:?}");
    }

    #[test]
    fn points_to_the_event_that_explains() {
        let texts = texts();
        let mut pool = Pool::new(&texts, &[2, 0, 4]);
        let copies = pool.explain(&[0], 0);
        let longest = copies.iter().max_by_key(|c| c.length).expect("GET /a is shared");
        assert_eq!(longest.from, pool.distinct_of(1));
    }

    /// Of a long line that repeats itself every suffix is the neighbour of its own others.
    #[test]
    fn long_lines_of_one_byte_are_coded_in_bounded_steps() {
        let lines: Vec<String> = (0..4).map(|n| "x".repeat((1 << 20) + n)).collect();
        let texts = Texts::new(0..4, |event, out| out.extend_from_slice(lines[event as usize].as_bytes()));
        assert_eq!(texts.length(0) as usize, MOST_BYTES);
        let costs = Pool::new(&texts, &[0, 1, 2, 3]).costs(&[0, 1, 2]);
        assert!(costs.iter().all(|bits| *bits < 100), "{costs:?}");
    }

    proptest! {
        #[test]
        fn events_that_are_not_members_change_nothing(members in prop::collection::vec(0_u32..6, 2..20)) {
            let (shared, own) = (texts(), Texts::new(members.iter().copied(), |e, out| {
                out.extend_from_slice(EVENTS[e as usize].as_bytes());
            }));
            let window: Vec<u32> = (0..members.len() as u32 / 2).collect();
            let costs = Pool::new(&shared, &members).costs(&window);
            prop_assert_eq!(costs, Pool::new(&own, &members).costs(&window));
        }

        #[test]
        fn the_cached_cost_is_the_plain_cost(
            members in prop::collection::vec(0_u32..6, 4..40),
            picks in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
        ) {
            let texts = texts();
            let mut pool = Pool::new(&texts, &members);
            let mut window: Vec<u32> = picks.iter().map(|i| i.index(members.len()) as u32).collect();
            window.sort_unstable();
            window.dedup();
            for split in 1..=window.len() {
                let expected: i64 = pool.costs(&window[..split]).iter().zip(&window)
                    .map(|(c, &m)| c * pool.weight(pool.members[m as usize] as usize)).sum();
                prop_assert_eq!(pool.novelty(&window[..split]), expected);
            }
        }
    }
}

#[cfg(test)]
#[path = "relative_code_tests.rs"]
mod decoder_tests;
