//! Two sides of a case against one another: captures, ranges of time, streams, a selection against the rest.

use std::ops::Range;

use cbad::{Amounts, Aspect, Change, Difference, Stage, Watch, compare, shares_bits};

use crate::anchor::Candidates;
use crate::apart::apart;
use crate::decisions::Subject;
use crate::error::CaseError;
use crate::events::BlockPlace;
use crate::gather::Gathering;
use crate::rows::StreamRow;
use crate::store::Case;

/// Differences that are given at most.
const MOST: usize = 2000;

/// One side, in words and numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComparedSide {
    /// What it is. Names in it are text from the capture.
    pub name: String,
    /// Its events, over all streams that were compared.
    pub events: u64,
}

/// A difference and where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedDifference {
    /// The stream that shows it: the later one, or the earlier one where there is no later.
    pub stream: u32,
    /// Its label. Text from the capture.
    pub label: String,
    /// The difference. Its event is a position in no stream of the case; [`ComparedDifference::event`] is.
    pub difference: Difference,
    /// A stream and a position in it: an event that shows the difference.
    pub event: Option<(u32, u64)>,
}

/// What differs between two sides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    /// Before and after.
    pub sides: [ComparedSide; 2],
    /// Streams that are on both sides.
    pub streams: u64,
    /// How many things were compared.
    pub compared: u64,
    /// What has more evidence than it costs to say which of them it is, by bits.
    pub differences: Vec<ComparedDifference>,
    /// Differences of less evidence than those given, where there are too many.
    pub left_out: u64,
    /// What could not be read, in words: its events are on neither side.
    pub damaged: Vec<String>,
}

/// Which events of a stream are on a side.
#[derive(Clone, Debug, PartialEq)]
enum Keep {
    All,
    Times(Range<i64>),
    NotTimes(Range<i64>),
    Positions(Range<u64>),
    NotPositions(Range<u64>),
}

impl Keep {
    fn has(&self, position: u64, time_nanos: Option<i64>) -> bool {
        match self {
            Self::All => true,
            Self::Times(times) => time_nanos.is_some_and(|time| times.contains(&time)),
            Self::NotTimes(times) => time_nanos.is_some_and(|time| !times.contains(&time)),
            Self::Positions(positions) => positions.contains(&position),
            Self::NotPositions(positions) => !positions.contains(&position),
        }
    }

    /// Whether any event of a block can be on the side.
    fn may_have(&self, place: &BlockPlace) -> bool {
        match self {
            Self::Times(times) => place.may_hold(times),
            Self::Positions(positions) => {
                place.first_position < positions.end && positions.start < place.end_position()
            }
            Self::All | Self::NotTimes(_) | Self::NotPositions(_) => true,
        }
    }

    fn rest(self) -> Self {
        match self {
            Self::Times(times) => Self::NotTimes(times),
            Self::Positions(positions) => Self::NotPositions(positions),
            Self::NotTimes(times) => Self::Times(times),
            Self::NotPositions(positions) => Self::Positions(positions),
            Self::All => Self::Positions(0..0),
        }
    }
}

/// Two streams, or one with itself; which events of either, and how long either side was watched.
struct Pair {
    before: Option<(StreamRow, Keep)>,
    after: Option<(StreamRow, Keep)>,
    nanos: [Option<u64>; 2],
}

/// Events that follow one another in a prepared stream and in a stream of the case.
struct Piece {
    prepared: u64,
    stream: u32,
    first: u64,
    events: u64,
}

/// A stream being made of two sides.
struct Taking {
    gathering: Gathering,
    pieces: Vec<Piece>,
    events: u64,
}

/// How far the work is.
struct Steps<'a> {
    watch: &'a dyn Watch,
    done: u64,
    total: u64,
}

impl Case {
    /// What is new, gone or shifted from `before` to `after`: two captures, two streams, two stretches of events or of time.
    /// Without `before` it is what `after` leaves: the other events of its stream, the rest of the time.
    ///
    /// Depends on the events alone. Streams of two captures belong together as those of a case and its anchor do.
    pub fn compare(
        &self,
        before: Option<&Subject>,
        after: &Subject,
        watch: &dyn Watch,
    ) -> Result<Compared, CaseError> {
        let pairs = self.pairs(before, after)?;
        let events = |side: &Option<(StreamRow, Keep)>| side.as_ref().map_or(0, |(row, _)| row.events);
        let total = pairs.iter().map(|pair| events(&pair.before) + events(&pair.after)).sum();
        let mut steps = Steps { watch, done: 0, total };
        let after_name = self.in_words(after)?;
        let before_name = before.map_or_else(|| Ok("the rest".to_owned()), |side| self.in_words(side))?;
        let mut compared = Compared::default();
        [compared.sides[0].name, compared.sides[1].name] = [before_name, after_name];
        let mut counts = Vec::new();
        for pair in &pairs {
            let events = self.compare_pair(pair, &mut compared, &mut steps)?;
            counts.push((events[0], events[1]));
            compared.sides[0].events += events[0];
            compared.sides[1].events += events[1];
        }
        compared.streams = counts.iter().filter(|(before, after)| *before > 0 && *after > 0).count() as u64;
        of_streams(&pairs, &counts, &mut compared);
        finish(&mut compared);
        Ok(compared)
    }

    fn compare_pair(
        &self,
        pair: &Pair,
        compared: &mut Compared,
        steps: &mut Steps<'_>,
    ) -> Result<[u64; 2], CaseError> {
        let Some((shown, _)) = pair.after.as_ref().or(pair.before.as_ref()) else { return Ok([0, 0]) };
        let gathering = Gathering::begin(shown.key.clone());
        let mut taking = Taking { gathering, pieces: Vec::new(), events: 0 };
        let mut events = [0; 2];
        for (side, part) in [&pair.before, &pair.after].into_iter().enumerate() {
            if let Some((row, keep)) = part {
                let begun = taking.events;
                self.take_side(row, keep, &mut taking, &mut compared.damaged, steps)?;
                events[side] = taking.events - begun;
            }
            if side == 0 {
                taking.gathering.leave_gap();
                taking.gathering.end_anchor();
            }
        }
        let (gathered, nanos) = (taking.gathering.finish(steps.watch)?, pair.nanos);
        let found = apart(steps.watch, move |watch| compare(&gathered.wait().finish(), nanos, watch))??;
        compared.compared += found.compared;
        for difference in found.differences {
            let event = difference.event.and_then(|prepared| place(&taking.pieces, prepared));
            let stream = event.map_or(shown.id, |(stream, _)| stream);
            compared.differences.push(ComparedDifference {
                stream,
                label: shown.key.label(),
                difference,
                event,
            });
        }
        Ok(events)
    }

    /// Gives the events of a side to be prepared; blocks that cannot be read are named.
    fn take_side(
        &self,
        row: &StreamRow,
        keep: &Keep,
        taking: &mut Taking,
        damaged: &mut Vec<String>,
        steps: &mut Steps<'_>,
    ) -> Result<(), CaseError> {
        let _reading = self.reading()?;
        let (id, _) = self.stream_by_number(row.id)?;
        let mut follows = None;
        for place in self.blocks_with(id, &(0..row.events))? {
            if steps.watch.cancelled() {
                return Err(CaseError::Cancelled);
            }
            steps.done += place.events;
            steps.watch.progress(Stage::Prepare, steps.done, steps.total);
            if !keep.may_have(&place) {
                continue;
            }
            let block = match self.read_block(&place)? {
                Ok(block) => block,
                Err(what) => {
                    damaged.push(self.damaged(&place, row, what).to_string());
                    continue;
                }
            };
            for index in 0..block.len() {
                let position = place.first_position + index as u64;
                let mut event = block.event(index).map_err(|what| self.damaged(&place, row, what))?;
                if !keep.has(position, event.time_nanos) {
                    continue;
                }
                self.veil_event(&mut event);
                match taking.pieces.last_mut() {
                    Some(piece) if follows == Some(position) => piece.events += 1,
                    _ => {
                        if follows.is_some() {
                            taking.gathering.leave_gap();
                        }
                        let prepared = taking.events;
                        taking.pieces.push(Piece { prepared, stream: row.id, first: position, events: 1 });
                    }
                }
                follows = Some(position + 1);
                taking.events += 1;
                taking.gathering.push(event, steps.watch)?;
            }
        }
        Ok(())
    }

    fn pairs(&self, before: Option<&Subject>, after: &Subject) -> Result<Vec<Pair>, CaseError> {
        let refuse = |what: &str| Err(CaseError::CannotCompare { what: what.to_owned() });
        for side in before.into_iter().chain([after]) {
            self.check_subject(side).map_err(|error| match error {
                CaseError::CannotDecide { what } => CaseError::CannotCompare { what },
                other => other,
            })?;
        }
        if before == Some(after) {
            return refuse("Both sides are the same.");
        }
        match (before, after) {
            (Some(Subject::Capture { sha256: before }), Subject::Capture { sha256: after }) => {
                self.pairs_of_captures(before, after)
            }
            (
                Some(&Subject::Times { start_nanos, end_nanos }),
                &Subject::Times { start_nanos: from, end_nanos: until },
            ) => self.pairs_of_times(&Keep::Times(start_nanos..end_nanos), &Keep::Times(from..until)),
            (None, &Subject::Times { start_nanos, end_nanos }) => {
                let times = Keep::Times(start_nanos..end_nanos);
                self.pairs_of_times(&times.clone().rest(), &times)
            }
            (None, &Subject::Events { stream, first_event, last_event }) => {
                let row = self.stream(stream)?;
                let keep = Keep::Positions(first_event..last_event + 1);
                let taken = self.nanos_of(&row, first_event..last_event + 1)?;
                let all = length(row.start_nanos, row.end_nanos);
                let rest = all.zip(taken).map(|(all, taken)| all.saturating_sub(taken));
                let before = Some((row.clone(), keep.clone().rest()));
                Ok(vec![Pair { before, after: Some((row, keep)), nanos: [rest, taken] }])
            }
            (None, _) => refuse(
                "Name what it is to be compared with: another capture or another stream. Only events and a range of time have a rest.",
            ),
            (Some(before), after) => {
                let sides = (self.stretch(before)?, self.stretch(after)?);
                let (Some(before), Some(after)) = sides else {
                    return refuse(
                        "Two captures, two ranges of time, or two streams or stretches of events can be compared.",
                    );
                };
                let nanos = [before.1, after.1];
                Ok(vec![Pair { before: Some(before.0), after: Some(after.0), nanos }])
            }
        }
    }

    /// A stream or a part of it, and how long it took.
    #[allow(clippy::type_complexity, reason = "a side of a pair, and its length")]
    fn stretch(&self, subject: &Subject) -> Result<Option<((StreamRow, Keep), Option<u64>)>, CaseError> {
        Ok(match *subject {
            Subject::Stream { stream } => {
                let row = self.stream(stream)?;
                let nanos = length(row.start_nanos, row.end_nanos);
                Some(((row, Keep::All), nanos))
            }
            Subject::Events { stream, first_event, last_event } => {
                let row = self.stream(stream)?;
                let nanos = self.nanos_of(&row, first_event..last_event + 1)?;
                Some(((row, Keep::Positions(first_event..last_event + 1)), nanos))
            }
            Subject::Case | Subject::Capture { .. } | Subject::Times { .. } => None,
        })
    }

    fn pairs_of_captures(&self, before: &str, after: &str) -> Result<Vec<Pair>, CaseError> {
        let captures = self.captures()?;
        let find = |sha256: &str| captures.iter().find(|capture| capture.sha256 == sha256);
        let (Some(first), Some(second)) = (find(before), find(after)) else {
            return Err(CaseError::CannotCompare { what: "The case has no such capture.".to_owned() });
        };
        let nanos = [first, second].map(|capture| length(capture.start_nanos, capture.end_nanos));
        let streams = self.streams()?;
        let of_first = streams.iter().filter(|row| row.capture == first.id).cloned();
        let mut rest = Candidates::of(of_first.collect());
        let mut pairs = Vec::new();
        for row in streams.iter().filter(|row| row.capture == second.id) {
            let partner = self.partner_among(&rest, self, row)?.map(|partner| partner.id);
            let before = partner.and_then(|id| rest.take(id)).map(|row| (row, Keep::All));
            pairs.push(Pair { before, after: Some((row.clone(), Keep::All)), nanos });
        }
        let gone = rest.into_left().map(|row| Pair { before: Some((row, Keep::All)), after: None, nanos });
        pairs.extend(gone);
        Ok(pairs)
    }

    /// Every stream that has a time, with itself.
    fn pairs_of_times(&self, before: &Keep, after: &Keep) -> Result<Vec<Pair>, CaseError> {
        let captures = self.captures()?;
        let pair = |row: StreamRow| {
            let capture = captures.iter().find(|capture| capture.id == row.capture);
            let all = capture.and_then(|capture| Some(capture.start_nanos?..capture.end_nanos?));
            let watched = |keep: &Keep| {
                let all = all.clone()?;
                let within = |times: &Range<i64>| {
                    times.end.min(all.end).saturating_sub(times.start.max(all.start)).max(0) as u64
                };
                match keep {
                    Keep::Times(times) => Some(within(times)),
                    Keep::NotTimes(times) => {
                        Some((all.end.saturating_sub(all.start).max(0) as u64).saturating_sub(within(times)))
                    }
                    Keep::All | Keep::Positions(_) | Keep::NotPositions(_) => None,
                }
            };
            let nanos = [watched(before), watched(after)];
            Pair { before: Some((row.clone(), before.clone())), after: Some((row, after.clone())), nanos }
        };
        let rows = self.streams()?.into_iter().filter(|row| row.start_nanos.is_some());
        Ok(rows.map(pair).collect())
    }

    /// How long some events took: from the event before them to the last.
    fn nanos_of(&self, row: &StreamRow, events: Range<u64>) -> Result<Option<u64>, CaseError> {
        let time = |position: u64| Ok::<_, CaseError>(self.event(row.id, position)?.event.time_nanos);
        let from = time(events.start.saturating_sub(1))?;
        Ok(length(from, time(events.end.saturating_sub(1))?))
    }
}

/// Nanoseconds from one time to another, where both are known and there are any.
fn length(from: Option<i64>, until: Option<i64>) -> Option<u64> {
    u64::try_from(until?.saturating_sub(from?)).ok().filter(|nanos| *nanos > 0)
}

/// Where an event of a prepared stream stands in the case.
fn place(pieces: &[Piece], prepared: u64) -> Option<(u32, u64)> {
    let at = pieces.partition_point(|piece| piece.prepared <= prepared).checked_sub(1)?;
    let piece = &pieces[at];
    let within = prepared - piece.prepared;
    (within < piece.events).then_some((piece.stream, piece.first + within))
}

/// Streams that are on one side only.
fn of_streams(pairs: &[Pair], counts: &[(u64, u64)], compared: &mut Compared) {
    let bits = shares_bits(counts);
    let [of_before, of_after] = [compared.sides[0].events, compared.sides[1].events];
    for ((pair, &(before, after)), bits) in pairs.iter().zip(counts).zip(bits) {
        let change = match (before, after) {
            (0, 1..) => Change::New,
            (1.., 0) => Change::Gone,
            _ => continue,
        };
        let side = if change == Change::New { &pair.after } else { &pair.before };
        let Some((row, _)) = side else { continue };
        compared.compared += 1;
        let (name, amounts) = (row.key.label(), Amounts::Events { before, after, of_before, of_after });
        compared.differences.push(ComparedDifference {
            stream: row.id,
            label: name.clone(),
            difference: Difference { aspect: Aspect::Stream, change, name, amounts, bits, event: None },
            event: None,
        });
    }
}

/// Keeps what is worth naming among everything that was compared, the dearest first.
fn finish(compared: &mut Compared) {
    let least = cbad::least_bits(compared.compared);
    let differences = &mut compared.differences;
    differences.retain(|one| one.difference.bits > least);
    differences.sort_by(|a, b| {
        let (x, y) = (&a.difference, &b.difference);
        y.bits
            .total_cmp(&x.bits)
            .then_with(|| (a.stream, x.aspect, &x.name, a.event).cmp(&(b.stream, y.aspect, &y.name, b.event)))
    });
    compared.left_out = differences.len().saturating_sub(MOST) as u64;
    differences.truncate(MOST);
}
