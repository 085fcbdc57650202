//! Seeded randomness: the same numbers on every machine.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A generator of its own for each part of the capture, so that what one part draws moves no other.
#[derive(Clone, Debug)]
pub(super) struct Numbers(ChaCha20Rng);

/// What a generator is for; part of its seed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Arrivals = 1,
    Session,
    Extra,
    Background,
    Series,
    Place,
    Effect,
    Fork,
}

impl Numbers {
    /// The generator of the `index`th of this part.
    pub(super) fn of(seed: u64, part: Part, index: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&(part as u64).to_le_bytes());
        bytes[16..24].copy_from_slice(&index.to_le_bytes());
        bytes[24..].copy_from_slice(b"synth 1\0");
        Self(ChaCha20Rng::from_seed(bytes))
    }

    /// A generator of its own, at the cost of one draw.
    pub(super) fn fork(&mut self) -> Self {
        Self::of(self.0.next_u64(), Part::Fork, 0)
    }

    /// A number below `n`, which is not 0. The bias is below n / 2^64.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// A number from `low` up to and with `high`.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// In [0, 1), 53 bits.
    pub(super) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with this probability.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Exponential with this mean: the gaps of a Poisson process.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(1.0 - self.unit())
    }

    /// Standard normal (Box and Muller 1958).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// Log-normal with this median; `sigma` is the standard deviation of the logarithm.
    pub(super) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * libm::exp(sigma * self.normal())
    }

    /// One of these, each as likely.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    /// An index, as likely as its weight is of the sum of weights.
    pub(super) fn weighted(&mut self, weights: &[u32]) -> usize {
        let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
        let mut left = self.below(total);
        for (index, &weight) in weights.iter().enumerate() {
            match left.checked_sub(u64::from(weight)) {
                Some(rest) => left = rest,
                None => return index,
            }
        }
        weights.len() - 1
    }

    /// Random bytes.
    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// A random UUID (version 4).
    pub(super) fn uuid(&mut self) -> String {
        let high = self.0.next_u64();
        let low = self.0.next_u64();
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_have_their_means() {
        let mut numbers = Numbers::of(1, Part::Arrivals, 0);
        let n = 20_000;
        let mut mean = |mut draw: Box<dyn FnMut(&mut Numbers) -> f64>| {
            (0..n).map(|_| draw(&mut numbers)).sum::<f64>() / f64::from(n)
        };
        for (expected, found) in [
            (4.5, mean(Box::new(|n| n.below(10) as f64))),
            (7.0, mean(Box::new(|n| n.exponential(7.0)))),
            (0.0, mean(Box::new(Numbers::normal))),
            (1.0, mean(Box::new(|n| n.normal() * 1.0 + 1.0))),
            (2.0 * libm::exp(0.125), mean(Box::new(|n| n.log_normal(2.0, 0.5)))),
            (1.75, mean(Box::new(|n| n.weighted(&[1, 0, 7]) as f64))),
        ] {
            assert!((expected - found).abs() < 0.15, "{expected} {found}");
        }
    }

    #[test]
    fn parts_and_indices_draw_different_numbers_and_a_seed_the_same() {
        let draw = |seed, part, index| Numbers::of(seed, part, index).uuid();
        let first = draw(1, Part::Session, 0);
        assert_eq!(first, "7152e579-022d-457d-816d-7bf511b8c441");
        for other in [draw(2, Part::Session, 0), draw(1, Part::Extra, 0), draw(1, Part::Session, 1)] {
            assert_ne!(first, other);
        }
    }
}
