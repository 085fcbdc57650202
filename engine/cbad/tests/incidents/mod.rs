//! Small made-up streams with one incident each, the same on every machine.

use cbad::{
    ByteRange, Event, EventLookup, Field, Measure, Severity, Signal, Stream, StreamBuilder, StreamKey, Value,
};

/// Real lines of a made-up shop.
pub(crate) const SHOP: &str = include_str!("../data/shop.log");

/// 2026-03-02 08:00:00 UTC.
pub(crate) const START_NANOS: i64 = 1_772_438_400_000_000_000;
pub(crate) const MILLI: i64 = 1_000_000;
pub(crate) const SECOND: i64 = 1_000 * MILLI;

/// Knuth's linear congruential generator, without a library's whims.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Uniform in 0..1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly normal, mean 0 and variance 1.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }
}

/// Events by stream, as an explanation asks for them.
pub(crate) struct Events(pub(crate) Vec<Vec<Event>>);

impl EventLookup for Events {
    fn event(&self, stream: u32, position: u64) -> Option<Event> {
        self.0.get(stream as usize)?.get(position as usize).cloned()
    }
}

pub(crate) fn key(signal: Signal, service: &str, name: &str) -> StreamKey {
    StreamKey { signal, service: Some(service.to_owned()), name: name.to_owned() }
}

pub(crate) fn stream(key: StreamKey, events: &[Event]) -> Stream {
    let mut builder = StreamBuilder::new(key);
    for event in events {
        builder.push(event);
    }
    builder.finish()
}

pub(crate) fn event(body: &str, time_nanos: i64) -> Event {
    let mut event = Event::new(body, ByteRange::default());
    event.time_nanos = Some(time_nanos);
    event
}

/// Lines with a severity in front, about `every_nanos` apart.
pub(crate) fn timed(lines: impl IntoIterator<Item = String>, every_nanos: i64, seed: u64) -> Vec<Event> {
    let mut noise = Noise::new(seed);
    let mut now = START_NANOS;
    let line = |line: String| {
        now += (every_nanos as f64 * (0.5 + noise.unit())) as i64;
        let (first, rest) = line.split_once(' ').unwrap_or(("", &line));
        let severity = match first {
            "INFO" => Some(Severity::Info),
            "WARN" => Some(Severity::Warn),
            "ERROR" => Some(Severity::Error),
            _ => None,
        };
        let mut event = event(if severity.is_some() { rest } else { &line }, now);
        event.severity = severity;
        event
    };
    lines.into_iter().map(line).collect()
}

pub(crate) fn shop() -> Vec<String> {
    SHOP.lines().map(str::to_owned).collect()
}

/// Delays everything from an event on.
pub(crate) fn wait_before(events: &mut [Event], first: usize, nanos: i64) {
    for event in &mut events[first..] {
        event.time_nanos = event.time_nanos.map(|t| t + nanos);
    }
}

/// Draws the events of a stretch together or apart, and moves what follows.
pub(crate) fn stretch(events: &mut [Event], range: std::ops::Range<usize>, factor: f64) {
    let time = |event: &Event| event.time_nanos.unwrap_or(START_NANOS);
    let (from, to) = (time(&events[range.start]), time(&events[range.end - 1]));
    for event in &mut events[range.clone()] {
        event.time_nanos = Some(from + ((time(event) - from) as f64 * factor) as i64);
    }
    let moved = ((to - from) as f64 * (factor - 1.0)) as i64;
    wait_before(events, range.end, moved);
}

/// A metric read every ten seconds.
pub(crate) fn metric(count: usize, seed: u64, mut of: impl FnMut(usize, f64) -> f64) -> Vec<Event> {
    let mut noise = Noise::new(seed);
    let point = |i: usize| {
        let mut event = event("", START_NANOS + i as i64 * 10 * SECOND);
        let value = of(i, noise.normal());
        event.measure = Some(Measure::Gauge((value * 1000.0).round() / 1000.0));
        event
    };
    (0..count).map(point).collect()
}

/// Spans of a few operations, each with a duration, a trace id and a status code.
pub(crate) fn spans(count: usize, seed: u64, factor: impl Fn(usize, &str) -> f64) -> Vec<Event> {
    let mut noise = Noise::new(seed);
    let span = |i: usize| {
        let (operation, usual_millis) =
            [("GET /cart", 12.0), ("POST /checkout", 55.0), ("GET /products", 6.0)][noise.below(3)];
        let mut event = event(operation, START_NANOS + i as i64 * 700 * MILLI);
        let millis = usual_millis * (1.0 + 0.15 * noise.normal()).max(0.2) * factor(i, operation);
        event.measure = Some(Measure::DurationNanos((millis * MILLI as f64) as i64));
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(i as u64 / 3 + 1).to_be_bytes());
        event.trace_id = Some(id);
        event.fields.push(Field { path: "http.status_code".to_owned(), value: Value::Int(200) });
        event
    };
    (0..count).map(span).collect()
}

/// Requests of six steps each; in a stretch the fourth comes before the third.
pub(crate) fn requests(count: usize, swapped: std::ops::Range<usize>) -> Vec<String> {
    let steps = ["received", "validated", "stock reserved for", "payment taken for", "stored", "confirmed"];
    let mut noise = Noise::new(5);
    let mut lines = Vec::new();
    for request in 0..count {
        let mut order = [0, 1, 2, 3, 4, 5];
        if swapped.contains(&request) {
            order.swap(2, 3);
        }
        let number = 40_000 + request;
        // Now and then one is looked at in between.
        let seen_after = noise.below(40);
        for (at, step) in order.into_iter().enumerate() {
            lines.push(format!("INFO order {number} {}", steps[step]));
            if at == seen_after {
                lines.push(format!("INFO order {number} looked up by its customer"));
            }
        }
    }
    lines
}
