//! What the tokens of a stretch of events cost, where the baseline has the same, and what it has in their place.
//!
//! A run keeps this of its dearest events alone. It is made again on demand from the stream and the configuration of the run,
//! and depends on nothing else.

use std::ops::Range;

use hashbrown::HashMap;

use crate::config::Config;
use crate::content;
use crate::count_code::{Coder, Counts};
use crate::fixed::bits;
use crate::lens_test;
use crate::relative_code::{Copy, MOST_BYTES, Pool, Texts};
use crate::stream::Stream;
use crate::watch::{Cancelled, Stage, Watch};
use crate::window::Plan;

/// Bits from which it is said what the baseline has in the place of a token.
const DEAR_BITS: f64 = 4.0;

/// Tokens of the baseline that are named for one place.
const NAMED: usize = 3;

/// Bytes of different events that are looked for in the baseline; the suffix array has 26 bytes for each.
const MOST_TEXT: usize = 4 << 20;

/// Events from one look at the watch to the next.
const LOOK_EVERY: usize = 64;

/// A stretch of events, each with what its tokens cost given the baseline of a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attribution {
    /// Position of the first event.
    pub first_event: u64,
    /// For each event, which of `kinds` it is.
    pub events: Vec<u32>,
    /// Events that are the same but for the digits of shapes, in the order in which they come.
    pub kinds: Vec<KindBits>,
    /// What the baseline has in some places.
    pub expected: Vec<Expected>,
}

/// What one kind of event costs, token by token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KindBits {
    /// All of it, in bits.
    pub bits: f64,
    /// Each token in the order of the codes: severity, body, measure, fields.
    pub tokens: Vec<TokenBits>,
    /// Runs of tokens that the baseline has, in order.
    pub copies: Vec<CopiedRun>,
}

/// What one token costs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenBits {
    /// Bits given the baseline.
    pub bits: f64,
    /// How often the baseline has it after the same two tokens.
    pub seen: u64,
    /// Under which shape the code sees it, where not as it stands.
    pub shape: Option<String>,
    /// Which number of a data point it is: `value`; of a histogram `count` and `mean`, or `p50` where it has no sum.
    pub measure: Option<String>,
    /// What the baseline has in this place, as an index into [`Attribution::expected`]; of dear tokens alone.
    pub expected: Option<u32>,
}

/// Tokens that stand in the baseline in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedRun {
    /// Which tokens of the event.
    pub tokens: Range<u32>,
    /// Position of the baseline event that has them; `None` where it belongs to an anchor.
    pub from: Option<u64>,
    /// Which tokens of that event hold them.
    pub from_tokens: Range<u32>,
}

/// What the baseline has in one place, most often first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// How many tokens before it the place is known by: two, or one where the baseline never has both; none where it has
    /// not even the one.
    pub context: u8,
    /// How often the baseline has that place.
    pub times: u64,
    /// Tokens, and how often each stands there.
    pub most: Vec<(String, u64)>,
}

/// What the tokens of `events` (positions of the stream's own) cost given the baseline of a window. `None` where the
/// configuration makes no such window of the stream.
pub fn attribute(
    stream: &Stream,
    config: &Config,
    window: u32,
    events: Range<u64>,
    watch: &dyn Watch,
) -> Result<Option<Attribution>, Cancelled> {
    let Ok(plan) = Plan::new(stream, config) else { return Ok(None) };
    let first = plan.first();
    let shown =
        (first + events.start as usize).min(stream.len())..(first + events.end as usize).min(stream.len());
    if window as usize >= plan.count || shown.is_empty() {
        return Ok(None);
    }
    look(watch, 0)?;
    let counts = content::counts_of(stream, &plan.baseline(window as usize));
    look(watch, 0)?;
    let mut found = Attribution { first_event: (shown.start - first) as u64, ..Attribution::default() };
    let mut known: HashMap<u32, u32> = HashMap::new();
    // Where each kind stands first.
    let mut places = Vec::new();
    for position in shown.clone() {
        let next = known.len() as u32;
        let kind = *known.entry(stream.sequence[position]).or_insert(next);
        if kind == next {
            places.push(position);
        }
        found.events.push(kind);
    }
    let coder = Coder::default();
    for (at, &position) in places.iter().enumerate() {
        look(watch, at)?;
        found.kinds.push(costs(stream, stream.sequence[position], &counts, &coder));
    }
    expect(stream, &places, &counts, &mut found);
    look(watch, 0)?;
    copy(stream, &plan, window as usize, &shown, &places, &mut found);
    watch.progress(Stage::Explain, 1, 1);
    Ok(Some(found))
}

fn look(watch: &dyn Watch, at: usize) -> Result<(), Cancelled> {
    if at.is_multiple_of(LOOK_EVERY) && watch.cancelled() { Err(Cancelled) } else { Ok(()) }
}

fn costs(stream: &Stream, distinct: u32, counts: &Counts, coder: &Coder) -> KindBits {
    let costs = counts.token_costs(coder, stream, distinct);
    let of = |(&id, cost): (&u32, i64)| {
        let token = stream.transitions[id as usize].token;
        let shape = stream.tokens[token as usize].shape.describe();
        let (seen, measure) = (u64::from(counts.seen(id)), stream.measure_of(token));
        TokenBits { bits: bits(cost), seen, shape, measure, expected: None }
    };
    let tokens = stream.distinct(distinct).iter().zip(costs).map(of).collect();
    KindBits { bits: bits(counts.event_cost(coder, stream, distinct)), tokens, copies: Vec::new() }
}

/// Says of every dear token what the baseline has in its place.
fn expect(stream: &Stream, places: &[usize], counts: &Counts, found: &mut Attribution) {
    // A place is a pair of tokens where the baseline has it, else the one token before.
    let mut wanted: HashMap<(bool, u32), u32> = HashMap::new();
    for (kind, &position) in found.kinds.iter_mut().zip(places) {
        let transitions = stream.distinct(stream.sequence[position]);
        for (token, &id) in
            kind.tokens.iter_mut().zip(transitions).filter(|(token, _)| token.bits >= DEAR_BITS)
        {
            let transition = stream.transitions[id as usize];
            let key = match counts.seen_before(transition.pair) {
                0 => (false, stream.shorters[transition.shorter as usize].before),
                _ => (true, transition.pair),
            };
            let next = wanted.len() as u32;
            token.expected = Some(*wanted.entry(key).or_insert(next));
        }
    }
    let mut seen: Vec<HashMap<u32, u64>> = vec![HashMap::new(); wanted.len()];
    let both = (0..).zip(&stream.transitions).filter(|(id, _)| counts.seen(*id) > 0);
    for (id, transition) in both {
        let before = stream.shorters[transition.shorter as usize].before;
        for key in [(true, transition.pair), (false, before)] {
            if let Some(&place) = wanted.get(&key) {
                *seen[place as usize].entry(transition.token).or_default() += u64::from(counts.seen(id));
            }
        }
    }
    let mut context = vec![0; wanted.len()];
    for (&(is_pair, _), &place) in &wanted {
        context[place as usize] = if is_pair { 2 } else { 1 };
    }
    let named = |(tokens, context): (HashMap<u32, u64>, u8)| {
        let times: u64 = tokens.values().sum();
        let mut most: Vec<(u32, u64)> = tokens.into_iter().collect();
        most.sort_unstable_by_key(|&(token, times)| (std::cmp::Reverse(times), token));
        let most =
            most.into_iter().take(NAMED).map(|(token, times)| (spelled(stream, token), times)).collect();
        Expected { context: if times == 0 { 0 } else { context }, times, most }
    };
    found.expected = seen.into_iter().zip(context).map(named).collect();
}

/// A token as a person reads it: the text, or its shape.
fn spelled(stream: &Stream, token: u32) -> String {
    let shape = stream.tokens[token as usize].shape.describe();
    shape.unwrap_or_else(|| String::from_utf8_lossy(stream.token_bytes(token)).into_owned())
}

/// Says of every kind which of its tokens stand in the baseline in a row, and where.
fn copy(
    stream: &Stream,
    plan: &Plan,
    window: usize,
    shown: &Range<usize>,
    places: &[usize],
    found: &mut Attribution,
) {
    let own = within(stream, places, MOST_TEXT);
    // One copy of each kind is enough: what is shown is no part of the baseline.
    let mut positions = own.to_vec();
    positions.extend(the_same(stream, plan, window, shown, own));
    let sample = lens_test::baseline_sample(stream, plan, window, 1);
    positions.extend(sample.into_iter().filter(|position| !shown.contains(position)));
    let texts = Texts::of_stream(stream, positions.iter().copied());
    let members: Vec<u32> = positions.iter().map(|&position| stream.sequence[position]).collect();
    let mut pool = Pool::new(&texts, &members);
    // Of several baseline events that are the same the one nearest to the window is named.
    let mut nearest: HashMap<u32, usize> = HashMap::new();
    for member in own.len()..pool.len() {
        let known = nearest.entry(pool.distinct_of(member)).or_insert(member);
        if positions[member].abs_diff(shown.start) < positions[*known].abs_diff(shown.start) {
            *known = member;
        }
    }
    let labels: Vec<u32> = (0..own.len() as u32).collect();
    let each: Vec<usize> = (0..own.len()).collect();
    let explained = pool.explain_all(&labels, &each);
    let mut places_of: HashMap<usize, Vec<Range<u32>>> = HashMap::new();
    for ((kind, &position), copies) in found.kinds.iter_mut().zip(own).zip(explained) {
        let here = stream.compact_places(stream.sequence[position]);
        for copy in copies {
            let Some(&member) = nearest.get(&copy.from) else { continue };
            let from = positions[member];
            let there = places_of.entry(from).or_insert_with(|| stream.compact_places(stream.sequence[from]));
            kind.copies.extend(run(&copy, &here, there).map(|(tokens, from_tokens)| CopiedRun {
                tokens,
                from: from.checked_sub(plan.first()).map(|from| from as u64),
                from_tokens,
            }));
        }
    }
}

/// The kinds at the front whose texts have no more bytes than these.
fn within<'p>(stream: &Stream, places: &'p [usize], most: usize) -> &'p [usize] {
    let (mut bytes, mut text) = (0, Vec::new());
    let is_over = |&position: &usize| {
        text.clear();
        stream.append_compact(stream.sequence[position], &mut text);
        bytes += text.len().min(MOST_BYTES);
        bytes > most
    };
    &places[..places.iter().position(is_over).unwrap_or(places.len())]
}

/// For each of these events the nearest one of the baseline that is the same, where there is one.
fn the_same(stream: &Stream, plan: &Plan, window: usize, shown: &Range<usize>, own: &[usize]) -> Vec<usize> {
    let mut nearest: HashMap<u32, Option<usize>> = HashMap::new();
    nearest.extend(own.iter().map(|&position| (stream.sequence[position], None)));
    for position in plan.baseline(window).iter().filter(|position| !shown.contains(position)) {
        if let Some(known) = nearest.get_mut(&stream.sequence[position]) {
            let far = |position: usize| position.abs_diff(shown.start);
            *known = known.filter(|known| far(*known) <= far(position)).or(Some(position));
        }
    }
    own.iter().filter_map(|&position| nearest[&stream.sequence[position]]).collect()
}

/// The tokens that a copy holds whole, and the tokens of the other event that they are taken from.
fn run(copy: &Copy, here: &[Range<u32>], there: &[Range<u32>]) -> Option<(Range<u32>, Range<u32>)> {
    let first = here.partition_point(|token| token.start < copy.at);
    let end = here.partition_point(|token| token.end <= copy.at + copy.length);
    if first >= end {
        return None;
    }
    let (start_byte, end_byte) = (here[first].start, here[end - 1].end);
    let moved = |byte: u32| byte - copy.at + copy.from_at;
    let from = there.partition_point(|token| token.end <= moved(start_byte));
    let to = there.partition_point(|token| token.start < moved(end_byte));
    (from < to).then_some((first as u32..end as u32, from as u32..to as u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::StreamBuilder;
    use crate::event::{ByteRange, Event, Field, Signal, StreamKey, Value};
    use crate::event_tokens::{Part, token_places};
    use crate::watch::Unwatched;

    const ODD: usize = 300;

    fn event(position: usize) -> Event {
        let body = match position {
            ODD => "GET /cart refused by the firewall".to_owned(),
            _ => format!("GET /cart served in {} ms", 1000 + position),
        };
        let mut event = Event::new(body.as_str(), ByteRange::default());
        event.fields.push(Field { path: "host".into(), value: Value::Text("web-a".into()) });
        event
    }

    fn stream() -> Stream {
        let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
        let mut builder = StreamBuilder::new(key);
        (0..600).for_each(|position| builder.push(&event(position)));
        builder.finish()
    }

    fn texts(event: &Event) -> Vec<String> {
        let text = |place: &crate::event_tokens::TokenPlace| {
            let range = place.bytes.start as usize..place.bytes.end as usize;
            let whole: &[u8] = match place.part {
                Part::Body => &event.body,
                Part::Path(field) => event.fields[field as usize].path.as_bytes(),
                Part::Field(field) => match &event.fields[field as usize].value {
                    Value::Text(text) => text.as_bytes(),
                    _ => b"",
                },
                Part::Severity | Part::Measure => b"",
            };
            String::from_utf8_lossy(&whole[range]).into_owned()
        };
        token_places(event).iter().map(text).collect()
    }

    #[test]
    fn a_strange_event_is_told_by_what_the_baseline_has_and_has_not() {
        let stream = stream();
        let config = Config::default();
        let plan = Plan::new(&stream, &config).expect("long enough");
        let window = (0..plan.count).find(|&w| plan.range(w).contains(&ODD)).expect("some window has it");
        let shown = plan.range(window);
        let events = shown.start as u64..shown.end as u64;
        let found = attribute(&stream, &config, window as u32, events, &Unwatched);
        let found = found.expect("nobody cancels").expect("there is such a window");
        assert_eq!((found.first_event as usize, found.events.len()), (shown.start, shown.len()));
        assert_eq!(found.kinds.len(), 2, "numbers of a shape are one kind");

        let odd = &found.kinds[found.events[ODD - shown.start] as usize];
        let words = texts(&event(ODD));
        assert_eq!(words[..6], ["GET", "/", "cart", "refused", "by", "the"]);
        assert_eq!(odd.tokens.len(), words.len());
        let sum: f64 = odd.tokens.iter().map(|token| token.bits).sum();
        assert!((sum - odd.bits).abs() < 1e-6);
        let refused = &odd.tokens[3];
        assert!(refused.bits > 8.0 && refused.seen == 0, "{refused:?}");
        let expected = &found.expected[refused.expected.expect("it is dear") as usize];
        assert_eq!((expected.context, expected.most.len()), (2, 1));
        assert_eq!(expected.most[0], ("served".to_owned(), expected.times));
        assert!(odd.tokens[2].expected.is_none(), "what is cheap was expected");

        // What it begins with stands in the baseline, and the words there are the same.
        let first = &odd.copies[0];
        assert_eq!(first.tokens, 0..3);
        let from = first.from.expect("no anchor") as usize;
        assert!(!shown.contains(&from));
        let there = texts(&event(from));
        let range = first.from_tokens.start as usize..first.from_tokens.end as usize;
        assert_eq!(there[range], words[..3]);

        // An ordinary event stands there whole.
        let usual = &found.kinds[found.events[usize::from(shown.start == ODD)] as usize];
        assert!(usual.tokens.iter().all(|token| token.bits < 1.0), "{usual:?}");
        assert_eq!(usual.copies.len(), 1);
        assert_eq!(usual.copies[0].tokens, 0..usual.tokens.len() as u32);
        assert_eq!(usual.copies[0].tokens, usual.copies[0].from_tokens);
    }

    #[test]
    fn what_cannot_be_had_is_nothing_and_what_is_cancelled_ends() {
        struct Cancel;
        impl Watch for Cancel {
            fn progress(&self, _stage: Stage, _done: u64, _total: u64) {}
            fn cancelled(&self) -> bool {
                true
            }
        }
        let stream = stream();
        let config = Config::default();
        assert_eq!(attribute(&stream, &config, 9999, 0..9, &Unwatched), Ok(None));
        assert_eq!(attribute(&stream, &config, 0, 900..910, &Unwatched), Ok(None));
        assert_eq!(attribute(&stream, &config, 0, 0..9, &Cancel), Err(Cancelled));
    }
}
