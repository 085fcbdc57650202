//! Real logs, read as the product reads them, and one analysis of some of their events.

use anyhow::Context;
use cbad::{Config, Event, EventLookup, Lens, RunResult, StreamBuilder, StreamKey, Unwatched, WindowScore};
use ingest::{Batch, Capture, EventOrder, OpenOptions};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A log and its events, in the order of analysis.
pub(crate) struct Log {
    /// File name up to the first dot.
    pub(crate) name: String,
    /// Each event with its stream.
    pub(crate) events: Vec<(Arc<StreamKey>, Event)>,
}

impl Log {
    /// Whether lines of the other one are foreign here: the names begin with other words.
    pub(crate) fn is_foreign_to(&self, other: &Self) -> bool {
        let system =
            |name: &str| name.split(|c: char| !c.is_ascii_alphabetic()).next().map(str::to_lowercase);
        system(&self.name) != system(&other.name)
    }

    /// How many of `trials` are made of stretches of this log: a quarter where a stretch is over a megabyte, as one
    /// trial there takes as long as dozens elsewhere.
    pub(crate) fn fewer(&self, trials: usize, stretch: usize) -> usize {
        let bytes: u64 = self.events.iter().take(stretch).map(|(_, event)| event.source.length).sum();
        if bytes > 1 << 20 { trials.div_ceil(4) } else { trials }
    }

    /// The events of `range`, as they are.
    pub(crate) fn piece(&self, range: std::ops::Range<usize>) -> Vec<Placed<'_>> {
        self.events[range].iter().map(|(key, event)| Placed { key, event: Cow::Borrowed(event) }).collect()
    }
}

/// Reads `logs/*.log` and `logs/*.log.gz` below the data folder, in the order of their names.
pub(crate) fn load(data: &Path) -> anyhow::Result<Vec<Log>> {
    let mut paths = files(&data.join("logs"))?;
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".log") || name.ends_with(".log.gz")
    });
    paths.iter().map(|path| read(path)).collect()
}

/// Files of a folder in the order of their names; none where there is no such folder.
pub(crate) fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> anyhow::Result<Log> {
    let events = events(&mut Capture::open(path, &OpenOptions::default())?)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.split('.').next().unwrap_or_default().to_owned();
    Ok(Log { name, events })
}

/// The events of a capture in the order of analysis, each with its stream.
pub(crate) fn events(capture: &mut Capture) -> anyhow::Result<Vec<(Arc<StreamKey>, Event)>> {
    let mut batch = Batch::default();
    let mut events = Vec::new();
    while capture.next_batch(&mut batch)? {
        events.append(&mut batch.events);
    }
    if capture.order() == EventOrder::ByTime {
        events.sort_by_key(|(_, event)| event.time_nanos);
    }
    Ok(events)
}

/// An event in the stream that it is analysed in.
pub(crate) struct Placed<'a> {
    /// The stream.
    pub(crate) key: &'a StreamKey,
    /// The event, changed or not.
    pub(crate) event: Cow<'a, Event>,
}

/// What the engine said, and which of the events given it said it of.
pub(crate) struct Run<'a> {
    /// The engine's answer.
    pub(crate) result: RunResult,
    /// The streams.
    keys: Vec<&'a StreamKey>,
    /// By stream and position: the index among the events given.
    places: Vec<Vec<usize>>,
}

/// Analyses events, divided into streams as the product does.
pub(crate) fn analyze<'a>(events: &[Placed<'a>], config: &Config) -> Run<'a> {
    let mut by_key: BTreeMap<&StreamKey, Vec<usize>> = BTreeMap::new();
    for (index, placed) in events.iter().enumerate() {
        by_key.entry(placed.key).or_default().push(index);
    }
    let keys: Vec<&StreamKey> = by_key.keys().copied().collect();
    let places: Vec<Vec<usize>> = by_key.values().cloned().collect();
    let streams: Vec<_> = by_key
        .into_iter()
        .map(|(key, indices)| {
            let mut builder = StreamBuilder::new(key.clone());
            for index in indices {
                builder.push(&events[index].event);
            }
            builder.finish()
        })
        .collect();
    let lookup = Lookup { events, places: &places };
    let result = cbad::analyze(&streams, config, &lookup, &Unwatched).expect("nobody cancels");
    Run { result, keys, places }
}

struct Lookup<'a> {
    events: &'a [Placed<'a>],
    places: &'a [Vec<usize>],
}

impl EventLookup for Lookup<'_> {
    fn event(&self, stream: u32, position: u64) -> Option<Event> {
        let index = *self.places.get(stream as usize)?.get(position as usize)?;
        Some(self.events[index].event.clone().into_owned())
    }
}

impl<'a> Run<'a> {
    /// The streams, in the order in which the result has them.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'a StreamKey> {
        self.keys.iter().copied()
    }

    /// Whether events `first..=last` of a stream have one of the events given for which `is_odd` holds.
    pub(crate) fn holds(&self, stream: usize, first: u64, last: u64, is_odd: impl Fn(usize) -> bool) -> bool {
        self.places[stream][first as usize..=last as usize].iter().any(|&index| is_odd(index))
    }

    /// Every window with its stream.
    pub(crate) fn windows(&self) -> impl Iterator<Item = (usize, &WindowScore)> {
        self.result.streams.iter().enumerate().flat_map(|(at, s)| s.windows.iter().map(move |w| (at, w)))
    }

    /// Windows flagged, and windows.
    pub(crate) fn flagged(&self) -> (u64, u64) {
        let flagged = self.windows().filter(|(_, window)| window.flagged).count();
        (flagged as u64, self.windows().count() as u64)
    }
}

/// What the content lens says of a window; nothing where it does not apply to the stream.
pub(crate) fn content_bits(window: &WindowScore) -> f64 {
    let content = window.lenses.iter().find(|score| score.lens == Lens::Content);
    content.map_or(f64::NEG_INFINITY, |score| score.score_bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::{ByteRange, Signal};

    #[test]
    fn windows_lead_back_to_the_events_given() {
        let key = |name: &str| StreamKey { signal: Signal::Log, service: None, name: name.to_owned() };
        let (one, other) = (key("one"), key("other"));
        let odd = 301;
        let events: Vec<Placed<'_>> = (0..600)
            .map(|index| {
                let body = if index == odd { "kernel panic at 0xdeadbeef" } else { "all is well" };
                let event = Cow::Owned(Event::new(body, ByteRange::default()));
                Placed { key: if index % 2 == 0 { &other } else { &one }, event }
            })
            .collect();
        let run = analyze(&events, &Config { window: Some(20), hop: Some(5), ..Config::default() });
        let best = run.windows().max_by(|(_, a), (_, b)| content_bits(a).total_cmp(&content_bits(b)));
        let (stream, window) = best.expect("both streams are long enough");
        assert_eq!(stream, 0, "'one' comes before 'other'");
        assert!(run.holds(stream, window.first_event, window.last_event, |index| index == odd));
        assert!(!run.holds(1, 0, 299, |index| index == odd));
    }

    #[test]
    fn logs_of_one_system_are_not_foreign_to_each_other() {
        let log = |name: &str| Log { name: name.to_owned(), events: Vec::new() };
        assert!(log("HDFS_20000").is_foreign_to(&log("HealthApp_20000")));
        assert!(!log("HDFS_20000").is_foreign_to(&log("hdfs-other")));
    }
}
