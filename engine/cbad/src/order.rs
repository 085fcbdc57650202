//! The order lens: templates that follow one another as they do not in the baseline.
//!
//! A step is a template and the one before it, in the same trace where events carry trace ids. Its surplus is what it
//! costs given the template before, beyond what the template costs by itself: a new template is no news here. A step
//! never seen escapes by the number of different steps that its first template has (Moffat, "Implementing the PPM data
//! compression scheme", IEEE Trans. Commun. 38, 1990, method C), so that an odd step after a template that anything may
//! follow is cheap, and one in a fixed sequence is dear.

use std::ops::Range;

use crate::fixed::Log2;
use crate::lens::{self, Pace, Rolling};
use crate::permutation::Deck;
use crate::span::Span;
use crate::stream::Stream;
use crate::watch::Cancelled;
use crate::window::Plan;

/// Scores every window of the plan: the surpluses of all its steps, fixed point. Their sum and not the dearest: a step out of
/// order that comes once is the chance of any stream, and what has changed its order shows in several.
pub(crate) fn score(
    stream: &Stream,
    plan: &Plan,
    log2: &Log2,
    pace: &Pace<'_>,
) -> Result<Vec<i64>, Cancelled> {
    let empty = Baselined { stream, steps: Steps::new(stream.template_count) };
    lens::over_groups(plan, empty, |baseline, group| {
        let covered = plan.covered(&group);
        let surpluses: Vec<i64> = covered
            .clone()
            .map(|p| step_at(stream, p).map_or(0, |s| baseline.steps.surplus(log2, s)))
            .collect();
        let scores = group.clone().map(|index| {
            let range = plan.range(index);
            surpluses[range.start - covered.start..range.end - covered.start].iter().sum()
        });
        let scores = scores.collect();
        pace.step(group.len())?;
        Ok(scores)
    })
}

/// A step: the template before, and the template.
pub(crate) type Step = (u16, u16);

/// The step that leads to the event at a position, where it is known.
#[inline]
pub(crate) fn step_at(stream: &Stream, position: usize) -> Option<Step> {
    Some((stream.template_before(position)?, stream.template(position)))
}

/// The event before one in its chain: in the same trace, or in the stream.
pub(crate) fn before(stream: &Stream, position: usize) -> Option<usize> {
    stream.previous.get(position).map_or(position, |&one_up| one_up as usize).checked_sub(1)
}

/// Steps of the events at these positions.
pub(crate) fn steps_of(stream: &Stream, span: &Span) -> Steps {
    let mut steps = Steps::new(stream.template_count);
    span.iter().filter_map(|p| step_at(stream, p)).for_each(|step| steps.add(step));
    steps
}

/// How often each step was taken.
#[derive(Clone)]
pub(crate) struct Steps {
    templates: usize,
    taken: Vec<u32>,
    /// Steps taken from each template, and how many different ones.
    from: Vec<u32>,
    different: Vec<u32>,
    /// Steps taken to each template.
    to: Vec<u32>,
    total: u32,
}

impl Steps {
    fn new(templates: usize) -> Self {
        let begins = templates;
        Self {
            templates,
            taken: vec![0; begins * templates],
            from: vec![0; begins],
            different: vec![0; begins],
            to: vec![0; templates],
            total: 0,
        }
    }

    fn at(&self, (from, to): Step) -> usize {
        usize::from(from) * self.templates + usize::from(to)
    }

    pub(crate) fn add(&mut self, step: Step) {
        let at = self.at(step);
        self.taken[at] += 1;
        self.different[usize::from(step.0)] += u32::from(self.taken[at] == 1);
        self.from[usize::from(step.0)] += 1;
        self.to[usize::from(step.1)] += 1;
        self.total += 1;
    }

    pub(crate) fn remove(&mut self, step: Step) {
        let at = self.at(step);
        self.taken[at] -= 1;
        self.different[usize::from(step.0)] -= u32::from(self.taken[at] == 0);
        self.from[usize::from(step.0)] -= 1;
        self.to[usize::from(step.1)] -= 1;
        self.total -= 1;
    }

    /// How often a step was taken, and how often any step from its first template.
    pub(crate) fn seen(&self, step: Step) -> (u32, u32) {
        (self.taken[self.at(step)], self.from[usize::from(step.0)])
    }

    /// The template that comes right before another more often than all others together.
    pub(crate) fn usual_before(&self, to: u16) -> Option<u16> {
        let into = |from: &u16| self.taken[self.at((*from, to))];
        (0..self.templates as u16).find(|from| 2 * into(from) > self.to[usize::from(to)])
    }

    /// Fixed-point bits of a step given the template before, beyond those of the template alone; never below 0.
    #[inline]
    pub(crate) fn surplus(&self, log2: &Log2, step: Step) -> i64 {
        let (from, different) = (self.from[usize::from(step.0)], self.different[usize::from(step.0)]);
        if from == 0 {
            return 0;
        }
        let whole = u64::from(from) + u64::from(different);
        let taken = self.taken[self.at(step)];
        if taken == 0 {
            return lens::log2_ratio(log2, whole, u64::from(different));
        }
        let alone = lens::log2_ratio(log2, u64::from(self.total), u64::from(self.to[usize::from(step.1)]));
        (lens::log2_ratio(log2, whole, u64::from(taken)) - alone).max(0)
    }
}

#[derive(Clone)]
struct Baselined<'s> {
    stream: &'s Stream,
    steps: Steps,
}

impl Rolling for Baselined<'_> {
    fn change(&mut self, positions: Range<usize>, comes: bool) {
        for position in positions {
            let Some(step) = step_at(self.stream, position) else { continue };
            if comes { self.steps.add(step) } else { self.steps.remove(step) }
        }
    }
}

/// The steps of a dealt window given the rest of its deck.
pub(crate) struct OrderDeck<'a> {
    log2: &'a Log2,
    members: Vec<Option<Step>>,
    steps: Steps,
}

impl<'a> OrderDeck<'a> {
    pub(crate) fn new(stream: &Stream, log2: &'a Log2, positions: &[usize]) -> Self {
        let members: Vec<Option<Step>> = positions.iter().map(|&p| step_at(stream, p)).collect();
        let mut steps = Steps::new(stream.template_count);
        for &step in members.iter().flatten() {
            steps.add(step);
        }
        Self { log2, members, steps }
    }
}

impl Deck for OrderDeck<'_> {
    fn len(&self) -> usize {
        self.members.len()
    }

    fn statistic(&mut self, window: &[u32]) -> i64 {
        let steps = || window.iter().filter_map(|&m| self.members[m as usize]);
        for step in steps() {
            self.steps.remove(step);
        }
        let sum = steps().map(|step| self.steps.surplus(self.log2, step)).sum();
        for step in steps() {
            self.steps.add(step);
        }
        sum
    }
}
