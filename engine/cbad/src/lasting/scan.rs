//! Where in a stream a number keeps another level: all stretches of blocks are tried, and the one that differs most is held against
//! how the blocks within it and outside of it differ among one another.

use std::ops::Range;

use crate::fixed::ONE_BIT;
use crate::lasting::moderated::{OF_ANOTHER_SORT, OTHERS_LEAST, Variance, moderated};
use crate::permutation::Deck;

/// Blocks that a stream is cut into, by how many events it has at least.
const BLOCKS: [(usize, usize); 2] = [(640, 64), (320, 32)];

/// Fewest blocks, joined to longer ones, that are asked how far they stray.
const BLOCKS_LEAST: usize = 8;

/// How many neighbouring blocks are joined to one, each asked for how far blocks stray: what wanders slowly strays little from one
/// short block to the next.
const JOINED: [usize; 4] = [1, 2, 4, 8];

/// By how much what strays grows at most from one length to twice that: as what never changes its way.
const GROWTH: f64 = 2.0;

/// Shares of the blocks, in tenths, that a stretch has at least and at most. What is shorter is for windows to see; of what is longer
/// it is the rest that is unusual.
const LEAST_TENTHS: usize = 1;
const MOST_TENTHS: usize = 8;

/// Fewest values within a stretch, and outside of it.
const VALUES_LEAST: f64 = 20.0;

/// How many blocks a stream of so many events is cut into; `None` where it has too few.
pub(super) fn blocks_of(events: usize) -> Option<usize> {
    BLOCKS.iter().find(|(least, _)| events >= *least).map(|(_, blocks)| *blocks)
}

/// Positions of a block.
pub(super) fn positions(events: usize, blocks: usize, block: usize) -> Range<usize> {
    block * events / blocks..(block + 1) * events / blocks
}

/// One number of a stream, such as whether an event is of a kind: for each block the sum over the events that have it, the sum of its
/// squares, and how many these are.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    pub(super) sums: Vec<f64>,
    pub(super) squares: Vec<f64>,
    pub(super) counts: Vec<f64>,
    /// Whether it is a share: each event has it or not.
    pub(super) is_share: bool,
}

/// A stretch in which a number keeps another level.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stretch {
    pub(super) blocks: Range<usize>,
    /// Evidence that the level differs, bits: -log2 of how often as much comes by how blocks stray, times the stretches that were tried.
    pub(super) bits: f64,
}

/// How far the joined blocks of a series stray.
#[derive(Clone, Copy, Debug)]
struct Stray {
    /// Their variance, by what it would be if values did not depend on one another.
    ratio: f64,
    freedom: f64,
    /// What a joined block holds of it: of a share the number of its events, but for what is nearly all.
    weight: f64,
    is_share: bool,
}

impl Stray {
    /// The ratio to be expected where odds wander: as that of overdispersed counts it grows with their number, since what wanders by a
    /// tenth is lost in the chance of a few events and not in that of thousands.
    fn expected(&self, restlessness: f64) -> f64 {
        if self.is_share { 1.0 + restlessness * self.weight } else { 1.0 }
    }
}

/// By how much the odds of what is in a stream wander: the middle of what each shows of it, by weight.
fn restlessness(strays: &[Stray]) -> f64 {
    // The middle of such a ratio lies below its mean (Wilson and Hilferty, PNAS 17, 1931).
    let mean = |stray: &Stray| {
        let root = 1.0 - 2.0 / (9.0 * stray.freedom);
        stray.ratio / (root * root * root)
    };
    let shares = strays.iter().filter(|s| s.is_share && s.weight > 0.0);
    let mut shown: Vec<(f64, f64)> = shares.map(|s| ((mean(s) - 1.0) / s.weight, s.weight)).collect();
    shown.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut left = shown.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let middle = shown.into_iter().find(|(_, weight)| {
        left -= weight;
        left <= 0.0
    });
    middle.map_or(0.0, |(restlessness, _)| restlessness.max(0.0))
}

/// Sum and number of values on one side.
#[derive(Clone, Copy, Debug, Default)]
struct Side {
    sum: f64,
    count: f64,
}

impl Side {
    fn mean(self) -> f64 {
        if self.count > 0.0 { self.sum / self.count } else { 0.0 }
    }

    fn without(self, part: Self) -> Self {
        Self { sum: self.sum - part.sum, count: self.count - part.count }
    }
}

/// The part of all squared distances from the mean that two levels explain.
fn between(inside: Side, outside: Side) -> f64 {
    if inside.count < VALUES_LEAST || outside.count < VALUES_LEAST {
        return 0.0;
    }
    let apart = inside.mean() - outside.mean();
    apart * apart * inside.count * outside.count / (inside.count + outside.count)
}

/// Twice the log-likelihood by which two shares explain what has something better than one does, but for what does not depend on where the
/// stretch lies. At its ends it tells more than squares: what never comes outside begins with its first event.
fn explained_by_shares(inside: Side, outside: Side) -> f64 {
    let of = |part: f64, whole: f64| if part > 0.0 { part * libm::log(part / whole) } else { 0.0 };
    let side = |side: Side| of(side.sum, side.count) + of(side.count - side.sum, side.count);
    side(inside) + side(outside)
}

/// Two ways in which a level changes, of which each has its own evidence: the one that stays has far fewer stretches to be found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It stays to the end of the stream.
    Stays,
    /// It ends again, or it was there from the begin and ended.
    Ends,
}

/// Where a stretch that begins at a block is tried to end. One that stays begins anywhere behind the first fifth; one that begins with
/// the stream is shorter than that: of a stream that changes once, what comes later is the change.
fn ends(start: usize, blocks: usize, way: Way) -> Range<usize> {
    let (least, most) = (blocks * LEAST_TENTHS / 10, blocks * MOST_TENTHS / 10);
    let longest = match way {
        Way::Stays if (least..=most).contains(&(blocks - start)) => return blocks..blocks + 1,
        Way::Stays => return 0..0,
        Way::Ends if start == 0 => blocks - most - 1,
        Way::Ends => most,
    };
    start + least..(start + longest + 1).min(blocks)
}

/// How many stretches of a way are tried among so many blocks.
fn tried(blocks: usize, way: Way) -> usize {
    (0..blocks).map(|start| ends(start, blocks, way).len()).sum()
}

impl Series {
    pub(super) fn blocks(&self) -> usize {
        self.sums.len()
    }

    fn all(&self) -> Side {
        Side { sum: self.sums.iter().sum(), count: self.counts.iter().sum() }
    }

    fn side(&self, blocks: Range<usize>) -> Side {
        Side { sum: self.sums[blocks.clone()].iter().sum(), count: self.counts[blocks].iter().sum() }
    }

    /// Whether the level within a stretch is higher than outside of it.
    pub(super) fn is_more_in(&self, stretch: &Range<usize>) -> bool {
        let inside = self.side(stretch.clone());
        inside.mean() > self.all().without(inside).mean()
    }

    /// The stretch whose level differs most, with the evidence for it beside other numbers of its stream; `None` where there are too few
    /// values. `least` bits are asked for before the others are looked at.
    pub(super) fn scan<'a>(
        &self,
        least: f64,
        others: &(impl Iterator<Item = &'a Self> + Clone),
    ) -> Option<Stretch> {
        let order: Vec<u32> = (0..self.blocks() as u32).collect();
        // By single values, which stray least of all, beyond the stretches of its way and two ways.
        let of_way = |way: Way| {
            let (blocks, explained) = self.best(&order, way);
            let tried = libm::log2(2.0 * tried(self.blocks(), way) as f64);
            let by_values = t_bits(explained / self.of_values(&blocks), f64::from(u16::MAX)) - tried;
            (explained > 0.0 && by_values >= least).then_some((blocks, explained, tried, by_values))
        };
        let (stays, ends) = (of_way(Way::Stays), of_way(Way::Ends));
        let likelier =
            stays.into_iter().chain(ends).reduce(|stays, ends| if ends.3 > stays.3 { ends } else { stays });
        let (blocks, explained, tried, _) = likelier?;
        let bits = JOINED.iter().filter_map(|&joined| self.bits(&blocks, explained, joined, others));
        Some(Stretch { bits: (bits.reduce(f64::min)? - tried).max(0.0), blocks })
    }

    /// The stretch of a way that explains most, where the blocks stand in this order.
    fn best(&self, order: &[u32], way: Way) -> (Range<usize>, f64) {
        let all = self.all();
        let mut up_to = Vec::with_capacity(order.len() + 1);
        let mut side = Side::default();
        up_to.push(side);
        for &block in order {
            side.sum += self.sums[block as usize];
            side.count += self.counts[block as usize];
            up_to.push(side);
        }
        // What a stretch explains (`between`) as a fraction, compared without a division: shuffles ask this millions of times.
        let mut best = (0..0, 0.0, 1.0);
        for start in 0..order.len() {
            for end in ends(start, order.len(), way) {
                let inside = up_to[end].without(up_to[start]);
                let outside = all.count - inside.count;
                let apart = inside.sum * all.count - all.sum * inside.count;
                let (explained, of) = (apart * apart, inside.count * outside);
                if explained * best.2 > best.1 * of && inside.count.min(outside) >= VALUES_LEAST {
                    best = (start..end, explained, of);
                }
            }
        }
        (best.0, best.1 / (best.2 * all.count.max(1.0)))
    }

    /// Bits of evidence where so many neighbouring blocks are one: -log2 of the chance that Student's t is as large, with the
    /// spread of the blocks around the two levels, moderated by that of others, and at least that of single values.
    fn bits<'a>(
        &self,
        stretch: &Range<usize>,
        explained: f64,
        joined: usize,
        others: &(impl Iterator<Item = &'a Self> + Clone),
    ) -> Option<f64> {
        let own = self.stray(stretch, joined)?;
        let strays_of = |joined| -> Vec<Stray> {
            others.clone().filter_map(|other| other.stray(stretch, joined)).collect()
        };
        let strays = strays_of(joined);
        let restless = if strays.len() >= OTHERS_LEAST { restlessness(&strays) } else { 0.0 };
        let beside = |stray: &Stray| Variance {
            value: stray.ratio / stray.expected(restless),
            freedom: stray.freedom,
        };
        // Numbers do not stray as shares do: those tell how a stream is and not how this number is.
        let most = if self.is_share { f64::INFINITY } else { OF_ANOTHER_SORT * own.freedom };
        let known = moderated(beside(&own), &strays.iter().map(beside).collect::<Vec<_>>(), most);
        // What grew from half of this length to this one grows on up to the length of the stretch.
        let is_last = self.blocks() / (2 * joined) < BLOCKS_LEAST && joined > 1;
        let grows_on = |now: f64, before: &dyn Fn() -> Option<f64>| {
            let shorter = stretch.len().min(self.blocks() - stretch.len());
            let doublings = libm::log2(shorter as f64 / joined as f64).max(0.0);
            match is_last.then(before).flatten().filter(|_| now > 0.0) {
                Some(before) => {
                    libm::pow((now / before.max(f64::MIN_POSITIVE)).clamp(1.0, GROWTH), doublings)
                }
                None => 1.0,
            }
        };
        let by_values = self.of_values(stretch) / explained;
        let wander = if self.is_share && strays.len() >= OTHERS_LEAST {
            // A block of twice the length holds twice as much of what wanders.
            let growth = grows_on(restless, &|| Some(restlessness(&strays_of(joined / 2)) / GROWTH));
            restless * growth * self.lost_in(stretch, own.weight)
        } else {
            let before = || Some(self.stray(stretch, joined / 2)?.ratio - 1.0);
            (own.ratio - 1.0).max(0.0) * (grows_on(own.ratio - 1.0, &before) - 1.0) * by_values
        };
        Some(t_bits(1.0 / (known.value * (by_values + wander)).max(by_values), known.freedom))
    }

    /// By how much a unit of restlessness hides a share's stretch, where a joined block weighs so much: by the distance of the odds, of
    /// which there are infinitely many between never and seldom.
    fn lost_in(&self, stretch: &Range<usize>, weight: f64) -> f64 {
        let inside = self.side(stretch.clone());
        let outside = self.all().without(inside);
        let log_odds = |side: Side| libm::log((side.sum + 0.5) / (side.count - side.sum + 0.5));
        let apart = log_odds(inside) - log_odds(outside);
        let block = weight / self.of_values(stretch);
        block * (1.0 / inside.count + 1.0 / outside.count) / (apart * apart)
    }

    /// How far joined blocks stray from the levels within and outside of a stretch, by how far they would if values did not depend on
    /// one another; `None` where there are too few blocks.
    fn stray(&self, stretch: &Range<usize>, joined: usize) -> Option<Stray> {
        let blocks = self.blocks();
        if blocks / joined < BLOCKS_LEAST {
            return None;
        }
        let levels = self.levels(stretch);
        let level = |block: usize| levels[usize::from(stretch.contains(&block))];
        let (mut stray, mut used) = (0.0, 0_usize);
        for first in (0..blocks).step_by(joined) {
            let of = first..(first + joined).min(blocks);
            let count: f64 = self.counts[of.clone()].iter().sum();
            if count > 0.0 {
                let off: f64 = of.map(|b| self.sums[b] - self.counts[b] * level(b)).sum();
                stray += off * off / count;
                used += 1;
            }
        }
        if used * 4 < BLOCKS_LEAST * 3 {
            return None;
        }
        let freedom = (used - 2) as f64;
        let of_values = self.of_values(stretch);
        let weight = of_values * self.all().count / used as f64;
        Some(Stray { ratio: stray / freedom / of_values, freedom, weight, is_share: self.is_share })
    }

    /// The means outside of a stretch and within.
    fn levels(&self, stretch: &Range<usize>) -> [f64; 2] {
        let inside = self.side(stretch.clone());
        [self.all().without(inside).mean(), inside.mean()]
    }

    /// The variance of single values around the levels within and outside of a stretch.
    fn of_values(&self, stretch: &Range<usize>) -> f64 {
        let inside = self.side(stretch.clone());
        let outside = self.all().without(inside);
        let all = inside.count + outside.count;
        let squares: f64 = self.squares.iter().sum();
        let explained = inside.sum * inside.mean() + outside.sum * outside.mean();
        // Where no value strays, one more would: a thing that came and never went may yet go.
        (squares - explained).max(0.0) / all + 1.0 / all
    }

    /// Positions of a stretch whose ends are looked for event by event, each within a block of where they stand.
    pub(super) fn refined(
        &self,
        stretch: &Range<usize>,
        events: usize,
        value: &dyn Fn(usize) -> Option<f64>,
    ) -> Range<usize> {
        let (blocks, all) = (self.blocks(), self.all());
        let explained = if self.is_share { explained_by_shares } else { between };
        // The best place for an end, where `inside` is what is in the stretch with it at the first of the places.
        let best = |mut inside: Side, edge: usize, sign: f64| {
            let around = (edge - 1) * events / blocks..(edge + 1) * events / blocks;
            let mut best = (explained(inside, all.without(inside)), around.start);
            for position in around {
                if let Some(value) = value(position) {
                    inside.sum += sign * value;
                    inside.count += sign;
                }
                let now = explained(inside, all.without(inside));
                if now > best.0 {
                    best = (now, position + 1);
                }
            }
            best.1
        };
        let Range { start, end } = stretch.clone();
        let first = if start == 0 { 0 } else { best(self.side(start - 1..end), start, -1.0) };
        let last = if end == blocks { events } else { best(self.side(start..end - 1), end, 1.0) };
        first..last
    }
}

/// -log2 of the chance that Student's t with so many degrees of freedom is as far from 0 as the root of `squared`.
fn t_bits(squared: f64, freedom: f64) -> f64 {
    let (a, b) = (freedom / 2.0, 0.5);
    let x = freedom / (freedom + squared);
    // Beyond this the continued fraction converges slowly, and the chance is no small one.
    if squared <= 0.0 || x >= (a + 1.0) / (a + b + 2.0) {
        return 0.0;
    }
    let ln_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let front = a * libm::log(x) + b * libm::log(1.0 - x) - libm::log(a) - ln_beta;
    -(front + libm::log(incomplete_beta(a, b, x))) / std::f64::consts::LN_2
}

/// The continued fraction of the incomplete beta function (Lentz's method; Press et al., *Numerical Recipes*, 6.4).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    const TERMS: usize = 200;
    const CLOSE: f64 = 1e-12;
    let (mut c, mut d) = (1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0)));
    let mut value = d;
    for term in 1..TERMS {
        let m = term as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for numerator in [even, odd] {
            d = 1.0 / (1.0 + numerator * d);
            c = 1.0 + numerator / c;
            value *= c * d;
        }
        if (c * d - 1.0).abs() < CLOSE {
            break;
        }
    }
    value
}

/// The blocks of a series as a deck, all of which are dealt: in any order, how much would the best stretch of the same way explain?
pub(super) struct Blocks<'a> {
    series: &'a Series,
    way: Way,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(series: &'a Series, stretch: &Stretch) -> Self {
        let stays = stretch.blocks.end == series.blocks();
        Self { series, way: if stays { Way::Stays } else { Way::Ends } }
    }
}

impl Deck for Blocks<'_> {
    fn len(&self) -> usize {
        self.series.blocks()
    }

    fn statistic(&mut self, order: &[u32]) -> i64 {
        let Side { sum, count } = self.series.all();
        let squares: f64 = self.series.squares.iter().sum();
        let spread = squares / count.max(1.0) - (sum / count.max(1.0)) * (sum / count.max(1.0));
        let (_, explained) = self.series.best(order, self.way);
        libm::rint(explained / spread.max(f64::MIN_POSITIVE) * ONE_BIT as f64) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A series of shares, block by block, of 100 events each.
    fn shares(blocks: impl Iterator<Item = u32>) -> Series {
        let sums: Vec<f64> = blocks.map(f64::from).collect();
        Series { squares: sums.clone(), counts: vec![100.0; sums.len()], sums, is_share: true }
    }

    #[test]
    fn students_t_is_as_in_the_tables() {
        // Two-sided 5, 1 and 0.1 % points.
        for (t, freedom, p) in
            [(2.145, 14.0, 0.05), (2.977, 14.0, 0.01), (4.140, 14.0, 0.001), (3.454, 62.0, 0.001)]
        {
            let bits = t_bits(t * t, freedom);
            assert!((bits + f64::log2(p)).abs() < 0.01, "{t} {freedom}: {bits}");
        }
        assert!(t_bits(0.1, 14.0).abs() < f64::EPSILON, "no evidence");
        assert!((60.0..200.0).contains(&t_bits(1e6, 14.0)), "very far out it is still a number");
    }

    #[test]
    fn a_level_that_lasts_is_found_where_it_is() {
        let lots = [13, 15, 14, 16, 12, 15, 13, 14];
        let series = shares((0..64).map(|b| lots[b * 5 % 8] + if (20..45).contains(&b) { 20 } else { 0 }));
        let stretch = series.scan(0.0, &std::iter::empty()).expect("values enough");
        assert_eq!(stretch.blocks, 20..45);
        assert!(stretch.bits > 5.0, "{stretch:?}");
        let to_the_end = shares((0..64).map(|b| lots[b * 5 % 8] + if b >= 30 { 20 } else { 0 }));
        assert_eq!(to_the_end.scan(0.0, &std::iter::empty()).expect("values enough").blocks, 30..64);
    }

    #[test]
    fn what_strays_or_wanders_or_comes_in_a_burst_is_no_level() {
        let bits = |blocks: &dyn Fn(u32) -> u32| {
            shares((0..64).map(blocks)).scan(0.0, &std::iter::empty()).map_or(0.0, |s| s.bits)
        };
        assert!(bits(&|b| b * 37 % 11) < 1.0, "it strays");
        assert!(bits(&|b| u32::from(b == 30) * 90) < 1.0, "one burst");
        // A wave of one period: no level holds.
        let wave = |b: u32| 40 - (i64::from(b) - 32).unsigned_abs() as u32;
        assert!(bits(&wave) < 12.0, "{}", bits(&wave));
    }

    #[test]
    fn the_ends_are_those_of_the_events() {
        let events = 6_400;
        let is_on = |position: usize| (2_130..4_777).contains(&position) && position.is_multiple_of(10);
        let value = |position: usize| Some(f64::from(u8::from(is_on(position))));
        let series = shares((0..64).map(|b| positions(events, 64, b).filter(|p| is_on(*p)).count() as u32));
        let stretch = series.scan(0.0, &std::iter::empty()).expect("values enough");
        let found = series.refined(&stretch.blocks, events, &value);
        assert_eq!(found, 2_130..4_771);
    }
}
