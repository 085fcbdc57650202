//! The values of a window and of its baseline as one deck, for the permutation test.

use crate::category::{ABSENT, Category};
use crate::fixed::{Log2, ONE_BIT, log2_exact};
use crate::mix;
use crate::permutation::Deck;
use crate::values::series::{View, centred_ranks};

/// Scores of a value: its level, its spread, and how far out it is.
const SCORES: usize = 3;

/// The values that the members of a deck have in each channel.
///
/// The statistic is the largest, over the channels and over three linear rank statistics, of z² / (2 ln 2): bits of a
/// sum under the normal approximation of its permutation distribution, which is known in closed form. The three are
/// Wilcoxon's (level), Mood's (spread), and the logarithm of the distance from the middle (single values far out). Beside them stand, of
/// the values of categories, the bits of each one's share against that in the rest of the deck.
#[derive(Clone, Debug)]
pub(crate) struct ValuesDeck<'a> {
    members: usize,
    channels: Vec<Dealt>,
    categories: Vec<DealtCategory<'a>>,
}

/// The values that the members have of a category.
#[derive(Clone, Debug)]
struct DealtCategory<'a> {
    log2: &'a Log2,
    classes: Vec<u8>,
    all: Vec<u32>,
    events: u64,
    dealt: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Dealt {
    /// Place of each member among those with a value; `u32::MAX` for one without.
    places: Vec<u32>,
    /// The scores of those with a value.
    scores: Vec<[i64; SCORES]>,
    /// Mean and variance of each score over the whole deck.
    means: [f64; SCORES],
    variances: [f64; SCORES],
}

impl<'a> ValuesDeck<'a> {
    /// The deck of some positions of the stream: those of a window first, then those of its baseline.
    pub(super) fn new<'v>(
        views: impl Iterator<Item = View<'v>>,
        categories: impl Iterator<Item = (&'v Category, &'a Log2)>,
        positions: &[usize],
    ) -> Self {
        let deal = |view: View<'v>| {
            let mut places = vec![u32::MAX; positions.len()];
            let mut distances = Vec::new();
            for (place, position) in places.iter_mut().zip(positions) {
                if let Ok(member) = view.channel.positions.binary_search(&(*position as u32)) {
                    *place = distances.len() as u32;
                    distances.push(view.distance(member));
                }
            }
            Dealt::new(places, &distances)
        };
        let categories = categories.map(|(category, log2)| DealtCategory::new(category, log2, positions));
        Self {
            members: positions.len(),
            channels: views.map(deal).collect(),
            categories: categories.collect(),
        }
    }

    /// Bits of the level, the spread and the distance of the first `window` members in the first channel, below 0 where
    /// they have less of it than their share.
    pub(super) fn looks(&self, window: u32) -> [f64; SCORES] {
        let window: Vec<u32> = (0..window).collect();
        self.channels.first().map_or([0.0; SCORES], |channel| channel.looks(&window))
    }
}

impl Dealt {
    fn new(places: Vec<u32>, distances: &[i64]) -> Self {
        let ranks = centred_ranks(distances);
        let scores: Vec<[i64; SCORES]> = ranks
            .iter()
            .zip(distances)
            .map(|(&rank, distance)| {
                let rank = i64::from(rank);
                [rank, rank * rank, log2_exact(distance.unsigned_abs() / ONE_BIT as u64 + 1)]
            })
            .collect();
        let count = scores.len().max(1) as f64;
        let mean = |k: usize| scores.iter().map(|s| s[k] as f64).sum::<f64>() / count;
        let means = [mean(0), mean(1), mean(2)];
        let variance = |k: usize| {
            let squares = scores.iter().map(|s| (s[k] as f64 - means[k]) * (s[k] as f64 - means[k]));
            squares.sum::<f64>() / count
        };
        Self { places, means, variances: [variance(0), variance(1), variance(2)], scores }
    }

    fn bits(&self, window: &[u32]) -> f64 {
        // Only to be farther out is unusual; that values all lie near the middle is for the spread to tell.
        let [level, spread, far_out] = self.looks(window);
        level.abs().max(spread.abs()).max(far_out)
    }

    /// Bits of each score, below 0 where the window has less of it than its share.
    fn looks(&self, window: &[u32]) -> [f64; SCORES] {
        let mut sums = [0_i64; SCORES];
        let mut dealt = 0_u32;
        for &member in window {
            if let Some(scores) = self.scores.get(self.places[member as usize] as usize) {
                dealt += 1;
                sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += score);
            }
        }
        let count = self.scores.len() as u32;
        if dealt == 0 || dealt == count {
            return [0.0; SCORES];
        }
        let (dealt, count) = (f64::from(dealt), f64::from(count));
        // Drawn without replacement.
        let share = dealt * (count - dealt) / (count - 1.0);
        let mut looks = [0.0; SCORES];
        for (k, &sum) in sums.iter().enumerate().filter(|(k, _)| self.variances[*k] > 0.0) {
            let beyond = sum as f64 - dealt * self.means[k];
            looks[k] = beyond * beyond.abs() / (share * self.variances[k]) * std::f64::consts::LOG2_E / 2.0;
        }
        looks
    }
}

impl<'a> DealtCategory<'a> {
    fn new(category: &Category, log2: &'a Log2, positions: &[usize]) -> Self {
        let classes: Vec<u8> = positions.iter().map(|&position| category.classes[position]).collect();
        let mut all = vec![0; category.values.len()];
        let mut events = 0;
        for &class in classes.iter().filter(|class| **class != ABSENT) {
            all[usize::from(class)] += 1;
            events += 1;
        }
        let dealt = vec![0; all.len()];
        Self { log2, classes, all, events, dealt }
    }

    /// Bits of the value whose share is farthest from that in the rest.
    fn bits(&mut self, window: &[u32]) -> i64 {
        self.dealt.fill(0);
        let mut events = 0;
        for &member in window {
            let class = self.classes[member as usize];
            if class != ABSENT {
                self.dealt[usize::from(class)] += 1;
                events += 1;
            }
        }
        let values = self.all.len();
        let of_value = |(&here, &all): (&u32, &u32)| {
            mix::one_against_rest(self.log2, here, events, all - here, self.events - events, values)
        };
        self.dealt.iter().zip(&self.all).map(of_value).max().unwrap_or(0)
    }
}

impl Deck for ValuesDeck<'_> {
    fn len(&self) -> usize {
        self.members
    }

    fn statistic(&mut self, window: &[u32]) -> i64 {
        let most = self.channels.iter().map(|channel| channel.bits(window)).fold(0.0, f64::max);
        let of_numbers = libm::rint(most * ONE_BIT as f64) as i64;
        self.categories.iter_mut().map(|category| category.bits(window)).fold(of_numbers, i64::max)
    }
}
