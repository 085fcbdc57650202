//! Metric series: gauges that breathe with the load, and totals of what really happened in the capture.

use super::company::At;
use super::faults::Faults;
use super::numbers::{Numbers, Part};
use super::record::{Data, Point, Reading, Record, Span, SpanKind, Value, stream_name};
use super::truth::{Signal, Stream};

const MIB: f64 = 1_048_576.0;

/// What moves a series.
#[derive(Clone, Copy, Debug)]
enum Model {
    /// Fills steadily and is collected every so many seconds: bytes at the bottom, height of a tooth, period.
    SawTooth { base: f64, height: f64, period_seconds: i64 },
    /// Follows the load around its mean: mean, standard deviation of the noise, smallest step that is recorded.
    Load { mean: f64, deviation: f64, step: f64 },
    /// Requests served since the start.
    Requests,
    /// Durations of requests served since the start, seconds.
    Durations,
    /// Tokens of each call since the start: in, or out.
    Tokens { output: bool },
}

/// One series.
pub(super) struct Series {
    pub(super) at: At,
    pub(super) metric: &'static str,
    unit: &'static str,
    attribute: Option<(&'static str, &'static str)>,
    model: Model,
}

impl Series {
    pub(super) fn stream(&self) -> String {
        stream_name(self.metric, self.attribute)
    }
}

const MEMORY: &str = "process.memory.usage";
const PROCESSOR: &str = "process.cpu.utilization";
const QUEUE: &str = "worker.queue.depth";
const CONNECTIONS: &str = "db.client.connection.count";
const REQUESTS: &str = "rpc.server.requests";
const DURATIONS: &str = "rpc.server.duration";
const TOKENS: &str = "gen_ai.client.token.usage";

const fn memory(at: At, base_mib: f64, height_mib: f64, period_seconds: i64) -> Series {
    let model = Model::SawTooth { base: base_mib * MIB, height: height_mib * MIB, period_seconds };
    Series { at, metric: MEMORY, unit: "By", attribute: None, model }
}

const fn load(
    at: At,
    metric: &'static str,
    unit: &'static str,
    mean: f64,
    deviation: f64,
    step: f64,
) -> Series {
    Series { at, metric, unit, attribute: None, model: Model::Load { mean, deviation, step } }
}

const fn counted(at: At, metric: &'static str, unit: &'static str, model: Model) -> Series {
    Series { at, metric, unit, attribute: None, model }
}

const fn tokens(output: bool) -> Series {
    let attribute = Some(("gen_ai.token.type", if output { "output" } else { "input" }));
    Series { at: At::Assistant, metric: TOKENS, unit: "{token}", attribute, model: Model::Tokens { output } }
}

/// Every series of the company.
pub(super) const SERIES: [Series; 30] = [
    memory(At::Gateway, 180.0, 44.0, 95),
    memory(At::Cart, 96.0, 30.0, 140),
    memory(At::Checkout, 420.0, 120.0, 210),
    memory(At::Payment, 380.0, 90.0, 170),
    memory(At::Inventory, 110.0, 28.0, 120),
    memory(At::Catalog, 240.0, 60.0, 80),
    memory(At::Recommendation, 900.0, 150.0, 260),
    memory(At::Assistant, 310.0, 70.0, 190),
    load(At::Gateway, PROCESSOR, "1", 0.22, 0.02, 0.0001),
    load(At::Catalog, PROCESSOR, "1", 0.31, 0.03, 0.0001),
    load(At::Recommendation, PROCESSOR, "1", 0.48, 0.04, 0.0001),
    load(At::Payment, PROCESSOR, "1", 0.12, 0.012, 0.0001),
    load(At::Payment, QUEUE, "{message}", 24.0, 4.0, 1.0),
    load(At::Inventory, QUEUE, "{message}", 40.0, 6.0, 1.0),
    load(At::Inventory, CONNECTIONS, "{connection}", 30.0, 3.0, 1.0),
    load(At::Catalog, CONNECTIONS, "{connection}", 46.0, 5.0, 1.0),
    counted(At::Gateway, REQUESTS, "{request}", Model::Requests),
    counted(At::Cart, REQUESTS, "{request}", Model::Requests),
    counted(At::Checkout, REQUESTS, "{request}", Model::Requests),
    counted(At::Payment, REQUESTS, "{request}", Model::Requests),
    counted(At::Inventory, REQUESTS, "{request}", Model::Requests),
    counted(At::Catalog, REQUESTS, "{request}", Model::Requests),
    counted(At::Recommendation, REQUESTS, "{request}", Model::Requests),
    counted(At::Assistant, REQUESTS, "{request}", Model::Requests),
    counted(At::Gateway, DURATIONS, "s", Model::Durations),
    counted(At::Checkout, DURATIONS, "s", Model::Durations),
    counted(At::Payment, DURATIONS, "s", Model::Durations),
    counted(At::Catalog, DURATIONS, "s", Model::Durations),
    tokens(false),
    tokens(true),
];

const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
const TOKEN_BOUNDS: [f64; 10] = [16.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 16_384.0, 65_536.0];

/// Series of which a gauge fault can take one: by what it does, memory or load.
pub(super) fn gauges(memory: bool) -> Vec<usize> {
    let fits = |model: &Model| match model {
        Model::SawTooth { .. } => memory,
        Model::Load { .. } => !memory,
        Model::Requests | Model::Durations | Model::Tokens { .. } => false,
    };
    SERIES.iter().enumerate().filter(|(_, series)| fits(&series.model)).map(|(index, _)| index).collect()
}

/// Height of the saw-tooth of a memory series.
pub(super) fn saw_height(series: usize) -> f64 {
    match SERIES[series].model {
        Model::SawTooth { height, .. } => height,
        Model::Load { .. } | Model::Requests | Model::Durations | Model::Tokens { .. } => 0.0,
    }
}

/// Streams that change when a service serves other requests than usual.
pub(super) fn fed_by_spans(at: At) -> impl Iterator<Item = Stream> {
    let fed = SERIES.iter().filter(move |series| {
        series.at == at && matches!(series.model, Model::Requests | Model::Durations | Model::Tokens { .. })
    });
    fed.map(|series| Stream { signal: Signal::Metric, service: series.at.name(), name: series.stream() })
}

/// Running bucket counts.
#[derive(Clone, Debug)]
struct Buckets {
    bounds: &'static [f64],
    counts: Vec<u64>,
    sum: f64,
}

impl Buckets {
    fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, counts: vec![0; bounds.len() + 1], sum: 0.0 }
    }

    fn add(&mut self, value: f64) {
        let bucket = self.bounds.iter().position(|&bound| value <= bound).unwrap_or(self.bounds.len());
        self.counts[bucket] += 1;
        self.sum += value;
    }

    fn reading(&self) -> Reading {
        Reading::Histogram { bounds: self.bounds, counts: self.counts.clone(), sum: self.sum }
    }
}

/// What one series remembers from reading to reading.
struct State {
    numbers: Numbers,
    /// Noise of the reading before, in standard deviations: noise of neighbouring readings is alike.
    noise: f64,
    last: f64,
    total: u64,
    buckets: Buckets,
}

/// All series while the capture is made.
pub(super) struct Metrics(Vec<State>);

/// How much of the noise of one reading is left in the next.
const MEMORY_OF_NOISE: f64 = 0.6;

impl Metrics {
    pub(super) fn new(seed: u64) -> Self {
        let state = |(index, series): (usize, &Series)| State {
            numbers: Numbers::of(seed, Part::Series, index as u64),
            noise: 0.0,
            last: 0.0,
            total: 0,
            buckets: Buckets::new(match series.model {
                Model::Tokens { .. } => &TOKEN_BOUNDS,
                _ => &SECONDS,
            }),
        };
        Self(SERIES.iter().enumerate().map(state).collect())
    }

    /// Counts a span into the totals of its service.
    pub(super) fn count(&mut self, at: At, start_nanos: i64, span: &Span) {
        let of_service = SERIES.iter().zip(&mut self.0).filter(|(series, _)| series.at == at);
        for (series, state) in of_service {
            match series.model {
                Model::Requests if span.kind == SpanKind::Server => state.total += 1,
                Model::Durations if span.kind == SpanKind::Server => {
                    state.buckets.add((span.end_nanos - start_nanos) as f64 / 1e9);
                }
                Model::Tokens { output } => {
                    let key = if output { "gen_ai.usage.output_tokens" } else { "gen_ai.usage.input_tokens" };
                    let used = span.attributes.iter().find(|(name, _)| *name == key);
                    if let Some((_, Value::Int(tokens))) = used {
                        state.buckets.add(*tokens as f64);
                    }
                }
                _ => {}
            }
        }
    }

    /// One reading of every series. `load` is 1 at the usual rate of requests.
    pub(super) fn read(
        &mut self,
        time_nanos: i64,
        load: f64,
        faults: &mut Faults,
    ) -> impl Iterator<Item = Record> {
        SERIES.iter().zip(&mut self.0).enumerate().map(move |(index, (series, state))| {
            let (reading, by) = state.read(index, series, time_nanos, load, faults);
            let Series { at, metric, unit, attribute, .. } = *series;
            let data = Data::Point(Point { metric, unit, attribute, reading });
            Record { time_nanos, at, data, by }
        })
    }
}

impl State {
    fn read(
        &mut self,
        index: usize,
        series: &Series,
        time_nanos: i64,
        load: f64,
        faults: &mut Faults,
    ) -> (Reading, Option<usize>) {
        let (mean, deviation, step) = match series.model {
            Model::SawTooth { base, height, period_seconds } => {
                let period = period_seconds * 1_000_000_000;
                let phase = (time_nanos + index as i64 * 7_919_000_000).rem_euclid(period);
                (base + height * (phase as f64 / period as f64), height * 0.04, 4096.0)
            }
            Model::Load { mean, deviation, step } => (mean * (0.5 + 0.5 * load), deviation, step),
            Model::Requests => return (Reading::Total(self.total), None),
            Model::Durations | Model::Tokens { .. } => return (self.buckets.reading(), None),
        };
        let fresh = (1.0 - MEMORY_OF_NOISE * MEMORY_OF_NOISE).sqrt();
        self.noise = MEMORY_OF_NOISE * self.noise + fresh * self.numbers.normal();
        let usual = (mean, self.noise * deviation, deviation);
        let (value, by) = faults.gauge(index, time_nanos, usual, self.last);
        // Steps are recorded as whole multiples, so that a reading has as many digits as an exporter writes.
        let steps = (value / step).round().max(0.0);
        self.last = if step < 1.0 { steps / (1.0 / step).round() } else { steps * step };
        (Reading::Gauge(self.last), by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gauge_fault_has_series_to_choose_from() {
        assert_eq!((gauges(true).len(), gauges(false).len()), (8, 8));
        assert!(gauges(true).into_iter().all(|series| saw_height(series) > 0.0));
    }

    #[test]
    fn a_bucket_holds_what_is_up_to_its_bound() {
        let mut buckets = Buckets::new(&[1.0, 2.0]);
        for value in [0.5, 1.0, 1.5, 9.0] {
            buckets.add(value);
        }
        assert_eq!((buckets.counts.as_slice(), buckets.sum.to_bits()), (&[2, 1, 1][..], 12.0_f64.to_bits()));
    }
}
