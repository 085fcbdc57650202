//! Templates: what kind of event an event is, its variable parts left out.
//!
//! Places that are variable in the stream as a whole are masked, and so is every token with a shape. Known from log parsing
//! as frequency analysis (Vaarandi, "A data clustering algorithm for mining patterns from event logs", IPOM 2003); here
//! the place decides and not the word, so that a rare word in a place that is always the same word still makes a
//! template of its own.

use hashbrown::HashMap;

use crate::backbone::Backbone;
use crate::kind_names;
use crate::place::Masks;
use crate::stream::Stream;

/// Different numbers, and different words, after the same two tokens from which a place is variable: more numbers than
/// one place has status codes. Where that leaves too many templates, places with fewer count as variable too.
const VARIABLE: [(u32, u32); 3] = [(8, 64), (8, 16), (4, 4)];

/// Templates above which the next, coarser step is taken.
const MANY: usize = 200;

/// Events that a template has at least; rarer ones share the last, since a share needs a count.
const LEAST_EVENTS: u64 = 5;

/// Stretches of a stream, and in how many of them a template is repeated at most for its repeats to be odd.
const STRETCHES: usize = 50;
const SELDOM: usize = 5;

/// Half of the events may be of rarer templates; where more are, phrases make kinds.
const LEFT_OVER: u64 = 2;

/// Most templates of a stream; the rarest share the last.
const MOST: usize = 512;

/// Gives each distinct event its template, and finds the kind of events that `repeats` marks and that it is seldom of.
/// Templates are numbered by how many events they have, the commonest first.
pub(crate) fn assign(stream: &mut Stream, repeats: Vec<u64>) {
    let mut events_of = vec![0_u64; stream.distinct_len()];
    for &distinct in &stream.sequence {
        events_of[distinct as usize] += 1;
    }
    let mut best = None;
    for (numbers, words) in VARIABLE {
        let masks = Masks::of(stream, &events_of, numbers, words);
        let (raw, sizes) = raw_templates(stream, &masks, &events_of);
        let kept = sizes.iter().filter(|size| **size >= LEAST_EVENTS).count();
        let is_few = kept <= MANY;
        best = Some((masks, raw, sizes));
        if is_few {
            break;
        }
    }
    let (mut masks, mut raw, mut sizes) = best.expect("there is at least one step");
    if left_over(&sizes) * LEFT_OVER > stream.len() as u64 {
        // In any order, each word that follows is as likely as another, and no less said.
        let (numbers, words) = VARIABLE[0];
        let mut loose = Masks::of_many(stream, &events_of, numbers, words);
        loose.backbone = Backbone::of(stream, &loose, &events_of);
        if loose.backbone.is_some() {
            masks = loose;
            (raw, sizes) = raw_templates(stream, &masks, &events_of);
        }
    }
    let mut order: Vec<usize> = (0..sizes.len()).filter(|&id| sizes[id] >= LEAST_EVENTS).collect();
    order.sort_by_key(|&id| (std::cmp::Reverse(sizes[id]), id));
    // Templates of one size are kept or dropped together: the choice among them would follow their place in the stream.
    if order.len() >= MOST {
        let least = sizes[order[MOST - 1]];
        order.retain(|&id| sizes[id] > least);
    }
    let rare = order.len() as u16;
    let mut number = vec![rare; sizes.len()];
    for (rank, &id) in order.iter().enumerate() {
        number[id] = rank as u16;
    }
    stream.template_count = order.len() + usize::from(order.len() < sizes.len());
    stream.templates = raw.into_iter().map(|id| number[id]).collect();
    stream.masks = masks;
    stream.names = kind_names::of_templates(stream, sizes.len() - order.len() > 1);
    keep_odd_repeats(stream, repeats);
}

/// Events of templates that are too rare to be counted by themselves.
fn left_over(sizes: &[u64]) -> u64 {
    sizes.iter().filter(|size| **size < LEAST_EVENTS).sum()
}

/// What is said again of one template.
#[derive(Clone, Copy, Default)]
struct Said {
    /// Events that say what was not said shortly before.
    fresh: u64,
    again: u64,
    /// Stretches of the stream in which it is said again, and the last of them, plus one.
    stretches: usize,
    last: usize,
}

impl Said {
    fn take(&mut self, is_repeat: bool, stretch: usize) {
        if is_repeat {
            self.again += 1;
            self.stretches += usize::from(self.last != stretch);
            self.last = stretch;
        } else {
            self.fresh += 1;
        }
    }

    /// Whether a repeat of it is news of its own, beside the kind of event that it is.
    fn is_odd(&self) -> bool {
        self.stretches <= SELDOM && self.fresh >= self.again
    }
}

/// Keeps the repeats of templates that usually say something new and are repeated in few stretches of the stream: a line in
/// which no word varies says the same whenever it comes, be it all the time or in a crash alone, while a block that is written
/// again stands in one place.
fn keep_odd_repeats(stream: &mut Stream, mut repeats: Vec<u64>) {
    let is_set = |repeats: &[u64], position: usize| repeats[position / 64] >> (position % 64) & 1 == 1;
    let long = stream.len().div_ceil(STRETCHES).max(1);
    let mut said = vec![Said::default(); stream.template_count];
    for position in 0..stream.len() {
        said[usize::from(stream.template(position))].take(is_set(&repeats, position), position / long + 1);
    }
    for position in
        (0..stream.len()).filter(|&position| !said[usize::from(stream.template(position))].is_odd())
    {
        repeats[position / 64] &= !(1 << (position % 64));
    }
    let any = repeats.iter().any(|&bits| bits != 0);
    stream.kinds = stream.template_count + usize::from(any);
    stream.again = if any { repeats } else { Vec::new() };
}

/// A number for each distinct event's template, and the events that each has.
fn raw_templates(stream: &Stream, masks: &Masks, events_of: &[u64]) -> (Vec<usize>, Vec<u64>) {
    let mut ids: HashMap<Vec<u32>, usize> = HashMap::new();
    let mut sizes: Vec<u64> = Vec::new();
    let mut key = Vec::new();
    let raw = (0..stream.distinct_len() as u32).map(|distinct| {
        masks.key(stream, distinct, &mut key);
        let id = ids.get(&key).copied().unwrap_or_else(|| {
            ids.insert(key.clone(), sizes.len());
            sizes.push(0);
            sizes.len() - 1
        });
        sizes[id] += events_of[distinct as usize];
        id
    });
    (raw.collect(), sizes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::StreamBuilder;
    use crate::event::{ByteRange, Event, Signal, StreamKey};
    use crate::kind_names::name;

    fn stream(lines: impl Iterator<Item = String>) -> Stream {
        let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
        let mut builder = StreamBuilder::new(key);
        lines.for_each(|line| builder.push(&Event::new(line, ByteRange::default())));
        builder.finish()
    }

    #[test]
    fn numbers_that_vary_are_masked_and_codes_are_not() {
        let stream = stream((0..400_usize).map(|i| {
            let status = [200, 200, 200, 404, 500][i % 5];
            format!("GET /cart/{} answered {status} in {} ms", i % 97, i % 83)
        }));
        assert_eq!(stream.template_count, 3);
        assert_eq!(name(&stream, stream.template(0)), "GET /cart/ <*> answered 200 in <*>");
        assert_eq!(stream.template(0), 0, "the commonest template comes first");
    }

    #[test]
    fn words_that_vary_are_masked() {
        let names: Vec<String> = (0..200_u32)
            .map(|i| (0..4).map(|k| char::from(b'a' + (i / 3_u32.pow(k) % 3 * 7) as u8)).collect())
            .collect();
        let stream =
            stream(names.iter().enumerate().map(|(i, n)| format!("user {n}{} logged in", "x".repeat(i % 9))));
        assert_eq!(stream.template_count, 1);
        assert_eq!(name(&stream, 0), "user <*> logged in");
    }
}
