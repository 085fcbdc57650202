//! A window measured again without some of its readings.

use std::ops::Range;

use crate::category::Category;
use crate::channel::Channel;
use crate::counterfactual::Reducible;
use crate::fixed::{Log2, ONE_BIT};
use crate::values::measure::{self, Fixed, LOOKS, Measured, longest_run};
use crate::values::rolling::{self, Tiles};
use crate::values::series::centred_ranks;
use crate::values::shares::Shares;
use crate::values::surplus::Mixture;
use crate::values::{Known, Readings, Values};
use crate::window::Plan;

/// The readings of one window that are left: of each channel, and of each category.
pub(crate) struct Without<'a> {
    channels: Vec<OfChannel<'a>>,
    categories: Vec<OfCategory<'a>>,
    /// The events that may be taken out: those of the window, or of the long stretch that ends with it.
    stretch: Range<usize>,
    experts: usize,
}

struct OfChannel<'a> {
    channel: &'a Channel,
    measured: &'a Measured,
    tiles: Tiles<'a>,
    tile: usize,
    usual: usize,
    distances: Vec<i64>,
    ranks: Vec<i32>,
    /// For each look the baseline's statistics, largest first.
    baselines: Vec<Vec<f64>>,
    /// The channel's values in the window, in order.
    members: Vec<usize>,
}

struct OfCategory<'a> {
    category: &'a Category,
    shares: &'a Shares,
    tiles: Tiles<'a>,
    tile: usize,
    /// For each look the baseline's statistics, largest first.
    baselines: Vec<Vec<f64>>,
    log2: &'a Log2,
    stretch: Range<usize>,
}

impl Values {
    /// The readings of a window, ready to be taken out.
    pub(crate) fn without<'a>(
        &'a self,
        readings: Readings<'a>,
        plan: &'a Plan,
        window: usize,
        log2: &'a Log2,
    ) -> Without<'a> {
        let tiles = Tiles::new(plan);
        let (tile, baseline) = (tiles.of_window(window), tiles.baseline(window));
        let stretch = self.stretch(plan, window);
        let of_channel = |(at, Known { measured, .. }): (usize, &'a Known)| {
            let view = self.view(readings, at);
            let distances: Vec<i64> = (0..view.channel.values.len()).map(|m| view.distance(m)).collect();
            OfChannel {
                channel: &readings.channels[at],
                measured,
                tiles,
                tile,
                usual: measure::usual(view, tiles),
                ranks: centred_ranks(&distances),
                distances,
                baselines: LOOKS.map(|look| rolling::descending(measured.sided(look), &baseline)).into(),
                members: view.members(plan.range(window)).collect(),
            }
        };
        let of_category = |(category, shares): (&'a Category, &'a Shares)| {
            let baselines = shares.looks().map(|(_, sided)| rolling::descending(sided, &baseline)).collect();
            OfCategory { category, shares, tiles, tile, baselines, log2, stretch: stretch.clone() }
        };
        Without {
            channels: self.channels.iter().enumerate().map(of_channel).collect(),
            categories: readings.categories.iter().zip(&self.categories).map(of_category).collect(),
            stretch: stretch.clone(),
            experts: self.experts(),
        }
    }
}

impl OfCategory<'_> {
    /// What every look sees of the events that are left: bits, value and side.
    fn seen(&self, gone: &[usize]) -> impl Iterator<Item = (f64, u8, f64)> {
        let left = Shares::stretches(self.category, self.tiles, self.tile, |p| !gone.contains(&p));
        self.shares.looks().zip(&self.baselines).map(move |((value, sided), baseline)| {
            let own = sided.side * f64::from(left.off(self.log2, &self.shares.all, value.class).statistic());
            (rolling::surplus_over(sided, baseline, own), value.class, sided.side)
        })
    }

    /// Adds what every look sees, and returns the most that one sees.
    fn add_to(&self, mixture: &mut Mixture, gone: &[usize]) -> f64 {
        let seen = self.seen(gone).map(|(bits, ..)| bits);
        seen.inspect(|&bits| mixture.add(bits)).fold(0.0, f64::max)
    }

    /// The last event that has the value which comes too often: where one comes too seldom, another one comes in its place.
    fn candidate(&self, gone: &[usize]) -> Option<usize> {
        let too_often = self.seen(gone).filter(|(bits, _, side)| *side > 0.0 && *bits > 0.0);
        let (_, class, _) = too_often.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
        let has_it = |&p: &usize| self.category.classes[p] == class && !gone.contains(&p);
        self.stretch.clone().rev().find(has_it)
    }
}

impl OfChannel<'_> {
    fn position(&self, member: usize) -> usize {
        self.channel.positions[member] as usize
    }

    fn left(&self, gone: &[usize]) -> Vec<usize> {
        self.members.iter().copied().filter(|&m| !gone.contains(&self.position(m))).collect()
    }

    /// Adds what every look sees, and returns the most that one sees.
    fn add_to(&self, mixture: &mut Mixture, gone: &[usize]) -> f64 {
        let left = self.left(gone);
        let values: Vec<f64> = left.iter().map(|&m| self.channel.values[m]).collect();
        let fixed = Fixed {
            values: &values,
            distances: left.iter().map(|&m| self.distances[m]).collect(),
            ranks: left.iter().map(|&m| self.ranks[m]).collect(),
        };
        let own = measure::measured_alone(self.measured, self.tiles, self.tile, &fixed, self.usual);
        let mut most = 0.0_f64;
        for (look, baseline) in LOOKS.into_iter().zip(&self.baselines) {
            let value = look.side * own[look.statistic as usize];
            let bits = rolling::surplus_over(self.measured.sided(look), baseline, value);
            mixture.add(bits);
            most = most.max(bits);
        }
        most
    }

    /// The farthest reading on either side, and the last of the longest run of equal ones.
    fn candidates(&self, gone: &[usize]) -> [Option<usize>; 3] {
        let left = self.left(gone);
        let far = |side: i64| left.iter().copied().max_by_key(|&m| side * self.distances[m]);
        let values: Vec<f64> = left.iter().map(|&m| self.channel.values[m]).collect();
        let run = longest_run(&values);
        let last = run.end.checked_sub(1).filter(|_| run.len() > 1).map(|at| left[at]);
        [far(1), far(-1), last]
    }
}

impl Reducible for Without<'_> {
    fn len(&self) -> usize {
        self.stretch.len()
    }

    fn score(&self, gone: &[usize]) -> i64 {
        let mut mixture = Mixture::default();
        for channel in &self.channels {
            channel.add_to(&mut mixture, gone);
        }
        for category in &self.categories {
            category.add_to(&mut mixture, gone);
        }
        libm::rint(mixture.bits(self.experts) * ONE_BIT as f64) as i64
    }

    /// The reading without which the window scores least: of the farthest ones of the channel that says most, or of the category.
    fn dearest(&self, gone: &[usize]) -> Option<usize> {
        let ignored = &mut Mixture::default();
        let channel = self.channels.iter().map(|channel| (channel.add_to(ignored, gone), channel));
        let channel = channel.max_by(|a, b| a.0.total_cmp(&b.0));
        let category = self.categories.iter().map(|category| (category.add_to(ignored, gone), category));
        let category = category.max_by(|a, b| a.0.total_cmp(&b.0));
        let says_more = category.filter(|(bits, _)| channel.is_none_or(|(of_channel, _)| *bits > of_channel));
        if let Some((_, category)) = says_more {
            return category.candidate(gone);
        }
        let (_, dearest) = channel?;
        let candidates = dearest.candidates(gone).into_iter().flatten().map(|m| dearest.position(m));
        let without = |&p: &usize| (self.score(&gone.iter().copied().chain([p]).collect::<Vec<_>>()), p);
        candidates.min_by_key(without)
    }
}
