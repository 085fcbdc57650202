//! The mix lens: the shares of event templates in a window against the baseline, and kinds that stay away.
//!
//! Two kinds of evidence, both in bits, of which a window has the larger. The divergence is the log-likelihood ratio
//! (G² / 2 ln 2) between the window's own shares and the baseline's. An absence is a stretch in which a template that
//! comes all the time does not come at all: its length against the tail of the template's own gaps, so that a kind that
//! comes in bursts is not held to be missing between two of them.

use std::ops::Range;

use crate::fixed::{Log2, ONE_BIT};
use crate::lens::{self, Pace, Rolling};
use crate::permutation::Deck;
use crate::span::Span;
use crate::stream::Stream;
use crate::tail::{LEFT_OUT, Tail};
use crate::watch::Cancelled;
use crate::window::Plan;

/// Fewest events of a template whose absence is looked for.
const LEAST_EVENTS: usize = 30;

/// Least evidence of an absence that is kept, bits.
const LEAST_BITS: f64 = 4.0;

/// Pieces of a stream, those that a kind is in at least, and their least share of as many as it would be in by chance, for it to come
/// all the time.
const PIECES: usize = 50;
const PIECES_LEAST: usize = 5;
const SPREAD: f64 = 0.5;

/// A stretch of a stream in which a template does not come.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Absence {
    pub(crate) template: u16,
    /// Positions strictly between two events of the template, or from its last event to the end.
    pub(crate) positions: Range<usize>,
    /// Evidence in bits: -log2 of the chance of a gap this long among all gaps of all templates.
    pub(crate) bits: f64,
}

/// Windows' worth of events that a window is looked at together with, itself among them.
pub(crate) const LONG_WINDOWS: usize = 8;

/// Scores every window of the plan, fixed point: the largest of the divergence of the window, that of the long stretch that
/// ends with it where it has its share in it, and the absences that it lies in. Without a change the divergences of short and long stretches are
/// spread alike, while a change that is small and lasts adds up.
pub(crate) fn score(
    stream: &Stream,
    plan: &Plan,
    absences: &[Absence],
    log2: &Log2,
    pace: &Pace<'_>,
) -> Result<Vec<i64>, Cancelled> {
    let empty = Shares { stream, counts: vec![0; stream.kinds], events: 0 };
    let mut scores = lens::over_groups(plan, empty, |shares, group| {
        let (mut window, mut long) = (Tally::new(stream.kinds), Tally::new(stream.kinds));
        let scores = group.clone().map(|index| {
            let baseline = (shares.counts.as_slice(), shares.events);
            looks(stream, plan, index, log2, baseline, (&mut window, &mut long)).0
        });
        let scores = scores.collect();
        pace.step(group.len())?;
        Ok(scores)
    })?;
    for absence in absences {
        let bits = (absence.bits * ONE_BIT as f64) as i64;
        for (index, score) in scores.iter_mut().enumerate() {
            if lies_in(&plan.range(index), &absence.positions) {
                *score = (*score).max(bits);
            }
        }
    }
    Ok(scores)
}

/// The long stretch that ends with a window; `None` where the stream has not as many events before, or the baseline some of
/// them.
fn long_stretch(plan: &Plan, index: usize) -> Option<Range<usize>> {
    let end = plan.range(index).end;
    let start = end.checked_sub(LONG_WINDOWS * plan.window).filter(|start| *start >= plan.first())?;
    let meets = |range: &Range<usize>| range.start < end && start < range.end;
    (!plan.baseline(index).ranges().iter().any(meets)).then_some(start..end)
}

/// The larger divergence of a window and of the long stretch that ends with it, and whether it is that of the stretch.
///
/// A stretch is told of a window that has its share in it: what happened before it is told of those before.
fn looks(
    stream: &Stream,
    plan: &Plan,
    index: usize,
    log2: &Log2,
    (baseline, events): (&[u32], u64),
    (window, long): (&mut Tally, &mut Tally),
) -> (i64, bool) {
    window.clear();
    long.clear();
    plan.range(index).for_each(|p| window.add(stream.kind(p)));
    let own = divergence(log2, window, baseline, events);
    let Some(stretch) = long_stretch(plan, index) else { return (own, false) };
    stretch.for_each(|p| long.add(stream.kind(p)));
    let of_long = divergence(log2, long, baseline, events);
    if of_long <= own {
        return (own, false);
    }
    let of_template = |&t: &u16| {
        let here = lens::log2_ratio(log2, u64::from(long.count(t)), long.events);
        let there =
            lens::log2_ratio(log2, u64::from(baseline[usize::from(t)]) + 1, events + baseline.len() as u64);
        i64::from(window.count(t)) * (here - there)
    };
    let share: i64 = window.touched.iter().map(of_template).sum();
    let has_its_share = share * 2 * LONG_WINDOWS as i64 >= of_long;
    if has_its_share && agrees(log2, (window, long), (baseline, events)) {
        (of_long, true)
    } else {
        (own, false)
    }
}

/// Whether a window has its share of the kind that says most of the long stretch: of the bits of chance, which all kinds have, each window
/// has its share.
fn agrees(log2: &Log2, (window, long): (&Tally, &Tally), (baseline, events): (&[u32], u64)) -> bool {
    let cost = |&t: &u16| {
        one_against_rest(log2, long.count(t), long.events, baseline[usize::from(t)], events, baseline.len())
    };
    let dearest = (0..baseline.len() as u16).max_by_key(cost);
    dearest.is_none_or(|t| {
        let (own, all) = (u64::from(window.count(t)), u64::from(long.count(t)));
        let usual = u64::from(baseline[usize::from(t)]);
        if all * events >= usual * long.events {
            own * 2 * LONG_WINDOWS as u64 >= all
        } else {
            own * events < usual * window.events
        }
    })
}

/// What is told of a window: itself, or the long stretch that ends with it where that one diverges more.
pub(crate) fn stretch(stream: &Stream, plan: &Plan, index: usize, log2: &Log2) -> Range<usize> {
    let (baseline, events) = shares_of(stream, &plan.baseline(index));
    let (mut window, mut long) = (Tally::new(stream.kinds), Tally::new(stream.kinds));
    let (_, is_long) = looks(stream, plan, index, log2, (&baseline, events), (&mut window, &mut long));
    long_stretch(plan, index).filter(|_| is_long).unwrap_or_else(|| plan.range(index))
}

/// Whether at least half of a window lies in a stretch.
pub(crate) fn lies_in(window: &Range<usize>, stretch: &Range<usize>) -> bool {
    let shared = window.end.min(stretch.end).saturating_sub(window.start.max(stretch.start));
    2 * shared >= window.len()
}

/// The longest absences, within these positions, of templates that come all the time, in the order of template and position.
pub(crate) fn absences(stream: &Stream, own: Range<usize>) -> Vec<Absence> {
    let mut last = vec![None; stream.template_count];
    let mut gaps: Vec<Vec<(u32, u32)>> = vec![Vec::new(); stream.template_count];
    for position in own.clone() {
        let template = usize::from(stream.template(position));
        if let Some(before) = last[template].replace(position) {
            gaps[template].push(((position - before - 1) as u32, before as u32 + 1));
        }
    }
    for (template, last) in last.iter().enumerate() {
        if let Some(last) = last {
            gaps[template].push(((own.end - last - 1) as u32, *last as u32 + 1));
        }
    }
    let tried: usize = gaps.iter().filter(|g| g.len() >= LEAST_EVENTS).map(Vec::len).sum();
    let mut found = Vec::new();
    for (template, gaps) in gaps.iter_mut().enumerate().filter(|(_, g)| g.len() >= LEAST_EVENTS) {
        let Some(tail) = Tail::of(gaps.iter().map(|g| u64::from(g.0))) else { continue };
        gaps.sort_unstable_by(|a, b| b.cmp(a));
        for &(length, start) in &gaps[..LEFT_OUT] {
            let bits = tail.surprise_bits(u64::from(length), tried);
            let positions = start as usize..(start + length) as usize;
            // A gap begins behind an event.
            let events = gaps.iter().map(|gap| gap.1 as usize - 1);
            if bits >= LEAST_BITS && comes_all_the_time(&own, &positions, events) {
                found.push(Absence { template: template as u16, positions, bits });
            }
        }
    }
    found
}

/// Whether events are spread over a stretch but for the gap: what came in one burst, or in a few, is not missing ever after, nor
/// between two of them.
fn comes_all_the_time(own: &Range<usize>, gap: &Range<usize>, events: impl Iterator<Item = usize>) -> bool {
    let long = own.len().div_ceil(PIECES).max(1);
    let pieces = (own.len() - gap.len()).div_ceil(long).max(1);
    let (mut met, mut n) = (vec![false; pieces], 0_u32);
    for event in events {
        let before = if event < gap.start { 0 } else { gap.len() };
        met[(event - own.start - before) / long] = true;
        n += 1;
    }
    let by_chance = pieces as f64 * (1.0 - libm::pow(1.0 - 1.0 / pieces as f64, f64::from(n)));
    let met = met.into_iter().filter(|met| *met).count();
    met >= PIECES_LEAST && met as f64 >= SPREAD * by_chance
}

/// Counts of kinds in a baseline.
#[derive(Clone)]
struct Shares<'s> {
    stream: &'s Stream,
    counts: Vec<u32>,
    events: u64,
}

impl Rolling for Shares<'_> {
    fn change(&mut self, positions: Range<usize>, comes: bool) {
        let n = positions.len() as u64;
        if comes {
            self.events += n;
        } else {
            self.events -= n;
        }
        for position in positions {
            let count = &mut self.counts[usize::from(self.stream.kind(position))];
            if comes { *count += 1 } else { *count -= 1 }
        }
    }
}

/// How often each kind is in a window.
#[derive(Clone)]
pub(crate) struct Tally {
    counts: Vec<u32>,
    touched: Vec<u16>,
    events: u64,
}

impl Tally {
    pub(crate) fn new(templates: usize) -> Self {
        Self { counts: vec![0; templates], touched: Vec::new(), events: 0 }
    }

    pub(crate) fn add(&mut self, template: u16) {
        let count = &mut self.counts[usize::from(template)];
        if *count == 0 {
            self.touched.push(template);
        }
        *count += 1;
        self.events += 1;
    }

    pub(crate) fn count(&self, template: u16) -> u32 {
        self.counts[usize::from(template)]
    }

    fn clear(&mut self) {
        self.touched.iter().for_each(|&t| self.counts[usize::from(t)] = 0);
        self.touched.clear();
        self.events = 0;
    }
}

/// Bits of one template: its events in the window, each by how much likelier it is there than in the baseline.
///
/// The baseline has one more event of each template than it has, so that a template it lacks costs a finite number.
pub(crate) fn template_bits(
    log2: &Log2,
    in_window: u32,
    window: u64,
    in_baseline: u32,
    baseline: u64,
    templates: usize,
) -> i64 {
    let here = lens::log2_ratio(log2, u64::from(in_window), window);
    let there = lens::log2_ratio(log2, u64::from(in_baseline) + 1, baseline + templates as u64);
    i64::from(in_window) * (here - there)
}

/// Bits of one template against all others: by what its own share explains its events better than the baseline's does.
/// Unlike [`template_bits`] it is never below 0 and sees a template that comes too seldom.
pub(crate) fn one_against_rest(
    log2: &Log2,
    in_window: u32,
    window: u64,
    in_baseline: u32,
    baseline: u64,
    templates: usize,
) -> i64 {
    let there = (u64::from(in_baseline) + 1, baseline + templates as u64);
    let side = |k: u64, share: u64| {
        if k == 0 {
            return 0;
        }
        let here = lens::log2_ratio(log2, k, window);
        k as i64 * (here - lens::log2_ratio(log2, share.max(1), there.1))
    };
    let k = u64::from(in_window);
    side(k, there.0) + side(window - k, there.1 - there.0)
}

/// Bits by which a window's own shares explain its events better than the baseline's do, fixed point.
pub(crate) fn divergence(log2: &Log2, window: &Tally, baseline: &[u32], events: u64) -> i64 {
    let each = window.touched.iter().map(|&t| {
        let (here, there) = (window.counts[usize::from(t)], baseline[usize::from(t)]);
        template_bits(log2, here, window.events, there, events, baseline.len())
    });
    each.sum()
}

/// Counts of kinds among the events at these positions.
pub(crate) fn shares_of(stream: &Stream, span: &Span) -> (Vec<u32>, u64) {
    let mut shares = Shares { stream, counts: vec![0; stream.kinds], events: 0 };
    span.ranges().iter().for_each(|range| shares.change(range.clone(), true));
    (shares.counts, shares.events)
}

/// The divergence of a dealt window from the rest of its deck.
pub(crate) struct MixDeck<'a> {
    log2: &'a Log2,
    kinds: Vec<u16>,
    all: Vec<u32>,
    rest: Vec<u32>,
    tally: Tally,
}

impl<'a> MixDeck<'a> {
    pub(crate) fn new(stream: &Stream, log2: &'a Log2, positions: &[usize]) -> Self {
        let kinds: Vec<u16> = positions.iter().map(|&p| stream.kind(p)).collect();
        let mut all = vec![0; stream.kinds];
        for &t in &kinds {
            all[usize::from(t)] += 1;
        }
        Self { log2, kinds, rest: all.clone(), all, tally: Tally::new(stream.kinds) }
    }
}

impl Deck for MixDeck<'_> {
    fn len(&self) -> usize {
        self.kinds.len()
    }

    fn statistic(&mut self, window: &[u32]) -> i64 {
        for &m in window {
            self.tally.add(self.kinds[m as usize]);
        }
        for &t in &self.tally.touched {
            self.rest[usize::from(t)] -= self.tally.count(t);
        }
        let events = (self.kinds.len() - window.len()) as u64;
        let bits = divergence(self.log2, &self.tally, &self.rest, events);
        for &t in &self.tally.touched {
            self.rest[usize::from(t)] = self.all[usize::from(t)];
        }
        self.tally.clear();
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_in_a_burst_does_not_come_all_the_time() {
        let is_there = |gap: Range<usize>, events: &dyn Fn(usize) -> bool| {
            let events = (0..10_000).filter(|position| !gap.contains(position) && events(*position));
            comes_all_the_time(&(0..10_000), &gap, events)
        };
        assert!(is_there(5_000..6_000, &|position| position % 7 == 0), "it stays away for once");
        assert!(is_there(7_000..10_000, &|position| position % 40 == 0), "it stopped for good");
        assert!(!is_there(3_000..10_000, &|position| (2_500..3_000).contains(&position)), "one burst");
        assert!(!is_there(2_200..9_000, &|position| position / 100 % 70 == 20), "a burst at times");
    }

    #[test]
    fn a_long_stretch_is_told_of_windows_that_have_what_it_is_told_for() {
        let log2 = Log2::default();
        let baseline = [4_000, 3_900, 100];
        let tally = |counts: [usize; 3]| {
            let mut tally = Tally::new(3);
            (0..3).for_each(|kind: u16| (0..counts[usize::from(kind)]).for_each(|_| tally.add(kind)));
            tally
        };
        let long = tally([180, 180, 40]);
        let agrees = |window| agrees(&log2, (&tally(window), &long), (&baseline, 8_000));
        assert!(agrees([22, 23, 5]) && !agrees([30, 20, 0]));
        let too_few = tally([40, 340, 20]);
        let agrees = |window| super::agrees(&log2, (&tally(window), &too_few), (&baseline, 8_000));
        assert!(agrees([5, 44, 1]) && !agrees([26, 22, 2]));
    }
}
