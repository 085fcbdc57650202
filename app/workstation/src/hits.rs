//! Which events of a stream fit a query: one bit an event, so that a hundred million hits are twelve megabytes, and the
//! n-th hit is found without walking over the others.

use std::ops::Range;

/// Bits a word, and words a group whose hits before it are counted.
const WORD: u64 = 64;
const GROUP: usize = 8;

/// Ascending positions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hits {
    words: Vec<u64>,
    /// Hits before each group of words.
    before: Vec<u64>,
    count: u64,
}

impl Hits {
    /// How many there are.
    pub(crate) const fn len(&self) -> u64 {
        self.count
    }

    /// Adds positions, each above all before it.
    pub(crate) fn extend(&mut self, positions: &[u64]) {
        for &position in positions {
            let word = (position / WORD) as usize;
            if word >= self.words.len() {
                self.words.resize(word + 1, 0);
                self.before.resize(word / GROUP + 1, self.count);
            }
            self.words[word] |= 1 << (position % WORD);
            self.count += 1;
        }
    }

    /// Hits before a position.
    pub(crate) fn rank(&self, position: u64) -> u64 {
        let word = (position / WORD) as usize;
        if word >= self.words.len() {
            return self.count;
        }
        let group = word / GROUP;
        let whole = self.words[group * GROUP..word].iter().map(|word| u64::from(word.count_ones()));
        let part = self.words[word] & ((1 << (position % WORD)) - 1);
        self.before[group] + whole.sum::<u64>() + u64::from(part.count_ones())
    }

    /// Position of the hit with this number, from 0.
    pub(crate) fn select(&self, number: u64) -> Option<u64> {
        if number >= self.count {
            return None;
        }
        // The last group that begins at or before it; of groups without hits the last has it.
        let group = self.before.partition_point(|before| *before <= number) - 1;
        let mut left = number - self.before[group];
        let words = (0_u64..).zip(&self.words).skip(group * GROUP);
        for (index, &word) in words {
            let here = u64::from(word.count_ones());
            if left < here {
                let mut rest = word;
                (0..left).for_each(|_| rest &= rest - 1);
                return Some(index * WORD + u64::from(rest.trailing_zeros()));
            }
            left -= here;
        }
        None
    }

    /// How many lie in a range.
    pub(crate) fn within(&self, range: &Range<u64>) -> u64 {
        self.rank(range.end).saturating_sub(self.rank(range.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_hit_and_the_hits_before_are_found_wherever_they_lie() {
        let positions: Vec<u64> =
            [0, 1, 63, 64, 511, 512, 513, 5_000, (1 << 27) - 1, 1 << 27].into_iter().collect();
        let mut hits = Hits::default();
        hits.extend(&positions[..4]);
        hits.extend(&positions[4..]);
        assert_eq!(hits.len(), positions.len() as u64);
        for (number, &position) in (0..).zip(&positions) {
            assert_eq!(hits.select(number), Some(position));
            assert_eq!((hits.rank(position), hits.rank(position + 1)), (number, number + 1));
        }
        assert_eq!(hits.select(positions.len() as u64), None);
        assert_eq!((hits.within(&(2..600)), hits.within(&(600..700))), (5, 0));
        assert_eq!(hits.rank(u64::MAX), positions.len() as u64);
        assert!(hits.words.len() * 8 <= (1 << 24) + 8, "a bit an event");
        assert_eq!(Hits::default().select(0), None);
    }

    #[test]
    fn every_event_of_a_long_stream_can_be_a_hit() {
        let mut hits = Hits::default();
        hits.extend(&(0..100_000).collect::<Vec<_>>());
        for position in [0, 1, 64, 4_095, 4_096, 99_999] {
            assert_eq!((hits.select(position), hits.rank(position)), (Some(position), position));
        }
    }
}
