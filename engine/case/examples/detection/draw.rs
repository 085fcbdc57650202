//! Random choices that are the same everywhere.

/// `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014).
pub(crate) struct Draw(u64);

impl Draw {
    /// A generator for one trial: the same `place` and `seed` draw the same numbers, whichever thread asks.
    pub(crate) fn new(seed: u64, place: &[u64]) -> Self {
        let mut draw = Self(seed);
        for part in place {
            let mixed = draw.next();
            draw.0 = mixed ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93);
        }
        draw
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, by the high half of a product; 0 where `end` is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }

    /// A number in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Fisher and Yates.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_keeps_every_item_and_places_differ() {
        let mut items: Vec<u32> = (0..100).collect();
        Draw::new(1, &[2, 3]).shuffle(&mut items);
        assert!(!items.is_sorted());
        items.sort_unstable();
        assert!(items.iter().copied().eq(0..100));
        let first = |place: &[u64]| Draw::new(1, place).next();
        assert_eq!(first(&[2, 3]), first(&[2, 3]));
        assert!(first(&[2, 3]) != first(&[3, 2]) && first(&[2]) != first(&[2, 0]));
    }
}
