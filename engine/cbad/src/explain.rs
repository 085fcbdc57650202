//! Why: the events that carry a finding, token by token, and the baseline event that explains each best.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use hashbrown::HashSet;

use crate::analyze::{EventLookup, Scored};
use crate::content::{self, DEAREST, novelty};
use crate::count_code::{Coder, Counts};
use crate::event::{Event, Measure, Signal};
use crate::event_tokens::canonical_tokens;
use crate::finding::Cluster;
use crate::fixed::bits;
use crate::judge::Verdicts;
use crate::lasting::{self, Found};
use crate::lens_test;
use crate::result::{Driver, Explanation, Finding, LeftOut, Lens, MOST_TOKEN_COSTS, Shift, TokenCost};
use crate::shifts;
use crate::span::Span;
use crate::stream::Stream;
use crate::token::Shape;
use crate::words;

/// Events of a finding that are looked at for drivers; a longer finding is judged by its dearest stretch.
const LOOKED_AT: usize = 20_000;

/// Baseline events whose median is the cost of an ordinary event.
const ORDINARY_SAMPLE: usize = 199;

/// How many times an ordinary event another one must cost to be named beside the dearest.
const DRIVING: f64 = 1.5;

/// The typed explanation of a cluster, still without its words.
pub(crate) fn explain(
    s: &Scored<'_>,
    cluster: &Cluster,
    verdicts: &Verdicts,
    coder: &Coder,
    lookup: &dyn EventLookup,
) -> Explanation {
    let flags = |track: usize| cluster.windows.clone().any(|w| verdicts.widened[cluster.stream][track][w]);
    let mut seeing: Vec<usize> = (0..s.tracks.len()).filter(|&t| t != cluster.track && flags(t)).collect();
    seeing.insert(0, cluster.track);
    let lens_of = |track: usize| s.tracks[track].lens;
    let shifts = in_turn(seeing.iter().map(|&track| shifts::of(s, cluster, lens_of(track), coder)).collect());
    let shifts = shifts::named_first(shifts);
    let by_content = seeing.iter().any(|&track| lens_of(track) == Lens::Content);
    let mut lenses: Vec<Lens> = seeing.iter().map(|&track| lens_of(track)).collect();
    lenses.sort_unstable();
    Explanation {
        lens: lens_of(cluster.track),
        lenses,
        drivers: drivers(s, cluster, &shifts, by_content, coder, lookup),
        shifts,
        windows: cluster.windows.len() as u32,
        counterfactual: None,
        stability: None,
        caveats: Vec::new(),
        sentence: String::new(),
        paragraph: String::new(),
    }
}

/// The first of each list, then the second of each, and so on: what every lens finds dearest is read before the rest.
fn in_turn<T>(lists: Vec<Vec<T>>) -> Vec<T> {
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    let mut out = Vec::new();
    loop {
        let before = out.len();
        out.extend(lists.iter_mut().filter_map(Iterator::next));
        if out.len() == before {
            return out;
        }
    }
}

/// The dearest events where content says something; else those that show what shifted.
fn drivers(
    s: &Scored<'_>,
    cluster: &Cluster,
    shifts: &[Shift],
    by_content: bool,
    coder: &Coder,
    lookup: &dyn EventLookup,
) -> Vec<Driver> {
    let costing = Costing::new(s, cluster.stream, &s.plan.baseline(cluster.peak), coder, lookup);
    let positions =
        if by_content { dearest(s, cluster, &costing.counts, coder) } else { shown_by(s, shifts) };
    let positions: Vec<usize> = positions.into_iter().take(DEAREST).collect();
    let nearest = nearest(s, cluster.peak, &positions);
    let driver = |(position, nearest): (usize, Option<usize>)| costing.driver(position, nearest);
    let mut drivers: Vec<Driver> = positions.into_iter().zip(nearest).map(driver).collect();
    if by_content {
        let dear = |d: &Driver| d.bits >= DRIVING * d.ordinary_bits;
        let driving = drivers.iter().skip(1).take_while(|d| dear(d)).count() + 1;
        drivers.truncate(driving);
    }
    drivers
}

/// Positions of the events that show shifts, each once.
fn shown_by(s: &Scored<'_>, shifts: &[Shift]) -> Vec<usize> {
    let mut shown: Vec<usize> =
        shifts.iter().filter_map(|shift| Some(shift.event? as usize + s.plan.first())).collect();
    let mut seen = HashSet::new();
    shown.retain(|position| seen.insert(*position));
    shown
}

/// What the events of a finding cost given its baseline.
struct Costing<'a, 's> {
    s: &'a Scored<'s>,
    stream: u32,
    counts: Counts,
    ordinary_bits: f64,
    coder: &'a Coder,
    lookup: &'a dyn EventLookup,
}

impl<'a, 's> Costing<'a, 's> {
    fn new(
        s: &'a Scored<'s>,
        stream: usize,
        baseline: &Span,
        coder: &'a Coder,
        lookup: &'a dyn EventLookup,
    ) -> Self {
        let mut counts = content::counts_of(s.stream, baseline);
        let ordinary_bits = ordinary(s.stream, baseline, &mut counts, coder);
        Self { s, stream: stream as u32, counts, ordinary_bits, coder, lookup }
    }

    fn driver(&self, position: usize, nearest: Option<usize>) -> Driver {
        let Self { s, counts, coder, .. } = self;
        let distinct = s.stream.sequence[position];
        let event = s.own(position).and_then(|own| self.lookup.event(self.stream, own));
        Driver {
            event: s.own(position).expect("windows begin after the anchor"),
            bits: bits(counts.event_cost(coder, s.stream, distinct)),
            ordinary_bits: self.ordinary_bits,
            tokens: token_costs(s.stream, distinct, event.as_ref(), counts, coder),
            left_out: None,
            nearest: nearest.and_then(|p| s.own(p)),
        }
    }
}

/// The typed explanation of a change that lasts, still without its words: the events that show it, given all that is outside of it.
pub(crate) fn explain_lasting(
    s: &Scored<'_>,
    found: &Found,
    coder: &Coder,
    lookup: &dyn EventLookup,
) -> Explanation {
    let shifts = shifts::named_first(lasting::shifts(s, found));
    let costing = Costing::new(s, found.stream, &found.others(s.stream), coder, lookup);
    let shown = shown_by(s, &shifts).into_iter().take(DEAREST);
    let mut lenses = found.lenses();
    let lens = shifts.first().map_or(lenses[0], |shift| shift.lens);
    lenses.sort_unstable();
    Explanation {
        lens,
        lenses,
        drivers: shown.map(|position| costing.driver(position, None)).collect(),
        shifts,
        windows: found.windows(s).0.len() as u32,
        counterfactual: None,
        stability: None,
        caveats: Vec::new(),
        sentence: String::new(),
        paragraph: String::new(),
    }
}

/// Fills in sentence, paragraph and caveats; then leaves out the cheap tokens of what has very many.
pub(crate) fn put_in_words(finding: &mut Finding, s: &Scored<'_>) {
    finding.explanation.caveats = words::caveats(finding);
    finding.explanation.sentence = words::sentence(finding, s.stream.key());
    let lenses = s.tracks.iter().map(|track| track.lens).collect();
    let told =
        words::Told { key: s.stream.key(), window: s.plan.window, lenses, is_anchored: s.anchor.is_some() };
    finding.explanation.paragraph = words::paragraph(finding, &told);
    finding.explanation.drivers.iter_mut().for_each(|driver| keep_dearest(driver, MOST_TOKEN_COSTS));
}

/// Keeps the `most` dearest tokens in their order, the earlier of equal ones, and says what the others come to.
fn keep_dearest(driver: &mut Driver, most: usize) {
    if driver.tokens.len() <= most {
        return;
    }
    let mut by_cost: Vec<usize> = (0..driver.tokens.len()).collect();
    by_cost.sort_by(|&a, &b| driver.tokens[b].bits.total_cmp(&driver.tokens[a].bits).then(a.cmp(&b)));
    let mut is_kept = vec![false; driver.tokens.len()];
    by_cost[..most].iter().for_each(|&kept| is_kept[kept] = true);
    let mut left_out = LeftOut { tokens: 0, under_one_bit: 0, bits: 0.0 };
    let mut is_kept = is_kept.into_iter();
    driver.tokens.retain(|token| {
        let keeps = is_kept.next().unwrap_or(true);
        if !keeps {
            left_out.tokens += 1;
            left_out.under_one_bit += u64::from(token.bits < 1.0);
            // Costs are multiples of a power of two, so that their sum is exact in any order.
            left_out.bits += token.bits;
        }
        keeps
    });
    driver.left_out = Some(left_out);
}

/// Median cost of a baseline event, each taken out of the counts while it is costed.
fn ordinary(stream: &Stream, baseline: &Span, counts: &mut Counts, coder: &Coder) -> f64 {
    let mut costs: Vec<i64> = baseline
        .spread(ORDINARY_SAMPLE)
        .map(|p| {
            let distinct = stream.sequence[p];
            counts.remove(stream, distinct);
            let cost = counts.event_cost(coder, stream, distinct);
            counts.add(stream, distinct);
            cost
        })
        .collect();
    costs.sort_unstable();
    costs.get(costs.len() / 2).map_or(0.0, |&c| bits(c))
}

/// Positions of the dearest events of the cluster, each a different event, dearest first.
fn dearest(s: &Scored<'_>, cluster: &Cluster, counts: &Counts, coder: &Coder) -> Vec<usize> {
    let mut events = cluster.events(&s.plan);
    if events.len() > LOOKED_AT {
        let peak = s.plan.range(cluster.peak);
        let start = peak.start.saturating_sub(LOOKED_AT / 2).max(events.start);
        events = start..(start + LOOKED_AT).min(events.end);
    }
    let mut seen = HashSet::new();
    let mut costed: Vec<(i64, usize)> = events
        .filter(|&p| seen.insert(s.stream.sequence[p]))
        .map(|p| {
            let distinct = s.stream.sequence[p];
            (novelty(counts.event_cost(coder, s.stream, distinct), s.stream.different_len(distinct)), p)
        })
        .collect();
    costed.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    costed.into_iter().take(DEAREST).map(|(_, p)| p).collect()
}

/// For each driver the baseline event that the relative code copies most of its bytes from.
fn nearest(s: &Scored<'_>, window: usize, drivers: &[usize]) -> Vec<Option<usize>> {
    let positions = lens_test::pool_positions(s, window);
    let size = s.plan.window;
    let texts = lens_test::texts_of(s, positions.iter().chain(drivers).copied());
    let labels: Vec<u32> = (0..size as u32).collect();
    let of_driver = |&driver: &usize| {
        // A driver outside the dearest window takes the place of its first event.
        let member = positions[..size].iter().position(|&p| p == driver).unwrap_or(0);
        let mut members = positions.clone();
        members[member] = driver;
        let mut pool = lens_test::pool_of(s, &texts, &members);
        let mut lengths: BTreeMap<u32, u64> = BTreeMap::new();
        for copy in pool.explain(&labels, member) {
            *lengths.entry(copy.from).or_default() += u64::from(copy.length);
        }
        let (best, _) = lengths.into_iter().max_by_key(|&(from, total)| (total, Reverse(from)))?;
        (size..pool.len()).find(|&m| pool.distinct_of(m) == best).map(|m| members[m])
    };
    drivers.iter().map(of_driver).collect()
}

/// Every token of an event with its cost. Texts come from the event itself where it can be had, else from the code.
fn token_costs(
    stream: &Stream,
    distinct: u32,
    event: Option<&Event>,
    counts: &Counts,
    coder: &Coder,
) -> Vec<TokenCost> {
    let texts = event.and_then(|e| texts(stream, e)).unwrap_or_default();
    let mut field: Option<String> = None;
    stream
        .distinct(distinct)
        .iter()
        .zip(counts.token_costs(coder, stream, distinct))
        .enumerate()
        .map(|(i, (&id, cost))| {
            let token = stream.transitions[id as usize].token;
            let info = stream.tokens[token as usize];
            let own = || match info.shape.describe() {
                Some(shape) => range_only(&shape),
                None => String::from_utf8_lossy(stream.token_bytes(token)).into_owned(),
            };
            let text = match info.shape {
                Shape::Path | Shape::Severity => {
                    String::from_utf8_lossy(stream.token_bytes(token)).into_owned()
                }
                _ => texts.get(i).cloned().unwrap_or_else(own),
            };
            let (shape, inside) = match info.shape {
                Shape::Path => {
                    field = Some(text.clone());
                    (Some("field".to_owned()), None)
                }
                Shape::Severity => (Some("severity".to_owned()), None),
                other => (other.describe(), field.clone()),
            };
            TokenCost {
                text,
                space_before: info.space,
                field: inside,
                shape,
                bits: bits(cost),
                seen: u64::from(counts.seen(id)),
                measure: stream.measure_of(token),
            }
        })
        .collect()
}

/// A measured value stands in a text as its range alone.
fn range_only(shape: &str) -> String {
    shape.strip_prefix("value ").unwrap_or(shape).to_owned()
}

/// Texts of an event's tokens as they stand in it; `None` where they cannot be told apart from its values alone.
fn texts(stream: &Stream, event: &Event) -> Option<Vec<String>> {
    if stream.key().signal == Signal::Metric {
        return match event.measure.as_ref()? {
            Measure::Gauge(v) | Measure::Delta(v) => Some(vec![words::number(*v)]),
            _ => None,
        };
    }
    let mut texts = Vec::new();
    canonical_tokens(event, |t| {
        texts.push(match (&event.measure, t.shape) {
            (Some(Measure::DurationNanos(d)), Shape::Duration(_)) => words::duration(*d),
            (_, Shape::Magnitude(_)) => range_only(&t.shape.describe().unwrap_or_default()),
            _ => String::from_utf8_lossy(t.text).into_owned(),
        });
    });
    Some(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_tokens_the_dearest_are_kept_and_the_sum_stays_exact() {
        let token = |at: u64| TokenCost {
            text: at.to_string(),
            space_before: false,
            field: None,
            shape: None,
            bits: (at % 7) as f64 * 0.375,
            seen: 0,
            measure: None,
        };
        let mut driver = Driver {
            event: 0,
            bits: (0..100).map(|at| token(at).bits).sum(),
            ordinary_bits: 0.0,
            tokens: (0..100).map(token).collect(),
            left_out: None,
            nearest: None,
        };
        let whole = driver.clone();
        keep_dearest(&mut driver, 100);
        assert_eq!(driver, whole, "as many as may be kept");
        keep_dearest(&mut driver, 16);
        // Fourteen cost 2.25 bits each, and the first two of those at 1.875 fill up.
        let kept: Vec<u64> =
            driver.tokens.iter().map(|token| token.text.parse().expect("a number")).collect();
        assert_eq!(kept, [5, 6, 12, 13, 20, 27, 34, 41, 48, 55, 62, 69, 76, 83, 90, 97]);
        let left_out = driver.left_out.expect("84 are not kept");
        assert_eq!((left_out.tokens, left_out.under_one_bit), (84, 44));
        let kept: f64 = driver.tokens.iter().map(|token| token.bits).sum();
        assert!((kept + left_out.bits - driver.bits).abs() < f64::EPSILON, "exact");
    }
}
