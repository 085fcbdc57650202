//! The company at work: what is due is done in time order, and records leave in time order.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::io::{self, Write};

use super::background;
use super::company::{Habits, Journey, THINK_SECONDS};
use super::faults::{self, Faults};
use super::journeys;
use super::kinds::Kind;
use super::metrics::Metrics;
use super::numbers::{Numbers, Part};
use super::otlp::Exporter;
use super::record::{Data, Record};
use super::request::{Request, Visitor};
use super::truth::Truth;
use super::{Company, Plan, SECOND, START_NANOS, Written};

/// Sessions begin this long before the capture does, so that its first minute is like every other.
const WARM_UP_NANOS: i64 = 180 * SECOND;
/// Records leave in batches of so much time.
const BATCH_NANOS: i64 = SECOND;

/// A visit of one customer.
struct Session {
    numbers: Numbers,
    visitor: Visitor,
    next: Journey,
}

/// What is due.
enum Work {
    /// A new customer.
    Arrival,
    /// The next page of a customer.
    Page(Box<Session>),
    /// A request too many.
    Extra { fault: usize },
    /// A line by the clock.
    Chore { chore: usize, period_nanos: i64 },
    /// Metrics are read.
    Scrape,
    /// A fault writes lines of its own.
    Fault(usize),
    /// A batch is full.
    Flush,
}

/// By time, and in the order in which it was added.
struct Due<T> {
    time_nanos: i64,
    number: u64,
    what: T,
}

impl<T> PartialEq for Due<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Due<T> {}

impl<T> PartialOrd for Due<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Due<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.time_nanos, self.number).cmp(&(other.time_nanos, other.number))
    }
}

/// Earliest first; equal times in the order in which they were added.
struct Agenda<T> {
    heap: BinaryHeap<Reverse<Due<T>>>,
    added: u64,
}

impl<T> Agenda<T> {
    const fn new() -> Self {
        Self { heap: BinaryHeap::new(), added: 0 }
    }

    fn add(&mut self, time_nanos: i64, what: T) {
        self.heap.push(Reverse(Due { time_nanos, number: self.added, what }));
        self.added += 1;
    }

    fn pop_before(&mut self, time_nanos: i64) -> Option<(i64, T)> {
        let is_due = self.heap.peek().is_some_and(|Reverse(due)| due.time_nanos < time_nanos);
        if !is_due {
            return None;
        }
        self.heap.pop().map(|Reverse(due)| (due.time_nanos, due.what))
    }
}

/// Requests in relation to their mean over a day: fewest at three in the morning, most at three in the afternoon.
fn rhythm(time_nanos: i64) -> f64 {
    let day = 86_400 * SECOND;
    let phase = time_nanos.rem_euclid(day) as f64 / day as f64;
    1.0 + 0.4 * libm::sin(std::f64::consts::TAU * (phase - 0.375))
}

struct Run<'a, W: Write> {
    company: Company,
    habits: Habits,
    end_nanos: i64,
    faults: Faults,
    metrics: Metrics,
    arrivals: Numbers,
    background: Numbers,
    extras: Vec<Numbers>,
    sessions: u64,
    agenda: Agenda<Work>,
    records: Agenda<Record>,
    exporter: Exporter<'a, W>,
}

pub(super) fn write(plan: Plan, out: &mut impl Write) -> io::Result<Written> {
    let Plan { company, end_nanos, faults } = plan;
    let seed = company.seed;
    let extras = (0..faults.len() as u64).map(|index| Numbers::of(seed, Part::Extra, index)).collect();
    let mut run = Run {
        habits: Habits::new(company.assistant_factor),
        company,
        end_nanos,
        faults: Faults(faults),
        metrics: Metrics::new(seed),
        arrivals: Numbers::of(seed, Part::Arrivals, 0),
        background: Numbers::of(seed, Part::Background, 0),
        extras,
        sessions: 0,
        agenda: Agenda::new(),
        records: Agenda::new(),
        exporter: Exporter::new(out, START_NANOS),
    };
    run.begin();
    run.work()?;
    Ok(run.written())
}

impl<W: Write> Run<'_, W> {
    fn begin(&mut self) {
        self.agenda.add(START_NANOS - WARM_UP_NANOS, Work::Arrival);
        for chore in 0..background::CHORES_COUNT {
            let (first, period_nanos) = background::schedule(chore, &mut self.background);
            self.agenda.add(START_NANOS + first, Work::Chore { chore, period_nanos });
        }
        let first_scrape = self.background.below(self.scrape_nanos() as u64) as i64;
        self.agenda.add(START_NANOS + first_scrape, Work::Scrape);
        self.agenda.add(START_NANOS + BATCH_NANOS, Work::Flush);
        for (index, fault) in self.faults.0.iter().enumerate() {
            let work =
                if fault.kind == Kind::RateSpike { Work::Extra { fault: index } } else { Work::Fault(index) };
            self.agenda.add(fault.start_nanos, work);
        }
    }

    fn scrape_nanos(&self) -> i64 {
        i64::from(self.company.scrape_seconds) * SECOND
    }

    fn work(&mut self) -> io::Result<()> {
        while let Some((now, work)) = self.agenda.pop_before(self.end_nanos) {
            self.release(now)?;
            match work {
                Work::Arrival => self.arrive(now),
                Work::Page(session) => self.page(now, session),
                Work::Extra { fault } => self.extra(now, fault),
                Work::Chore { chore, period_nanos } => {
                    let record = background::line(chore, now, &mut self.background);
                    self.keep([record]);
                    self.agenda.add(now + period_nanos, Work::Chore { chore, period_nanos });
                }
                Work::Scrape => {
                    let load = rhythm(now);
                    let points: Vec<Record> = self.metrics.read(now, load, &mut self.faults).collect();
                    self.keep(points);
                    self.agenda.add(now + self.scrape_nanos(), Work::Scrape);
                }
                Work::Fault(index) => {
                    let lines = self.faults.begin(index);
                    self.keep(lines);
                }
                Work::Flush => {
                    self.exporter.flush()?;
                    self.agenda.add(now + BATCH_NANOS, Work::Flush);
                }
            }
        }
        self.release(self.end_nanos)?;
        self.exporter.flush()
    }

    /// Writes the records before a moment; nothing that is still to be done can come before it.
    fn release(&mut self, now: i64) -> io::Result<()> {
        while let Some((time, record)) = self.records.pop_before(now) {
            if time < START_NANOS {
                continue;
            }
            if let Data::Span(span) = &record.data {
                self.metrics.count(record.at, time, span);
            }
            if let Some(record) = self.faults.pass(record) {
                self.exporter.add(&record)?;
            }
        }
        Ok(())
    }

    fn keep(&mut self, records: impl IntoIterator<Item = Record>) {
        for record in records {
            self.records.add(record.time_nanos, record);
        }
    }

    fn arrive(&mut self, now: i64) {
        let mut numbers = Numbers::of(self.company.seed, Part::Session, self.sessions);
        self.sessions += 1;
        let visitor = Visitor::new(&mut numbers);
        let next = self.habits.first(&mut numbers);
        self.agenda.add(now, Work::Page(Box::new(Session { numbers, visitor, next })));
        let gap_seconds = self.habits.session_requests() / (self.company.rate * rhythm(now));
        self.agenda.add(now + gap(&mut self.arrivals, gap_seconds), Work::Arrival);
    }

    fn page(&mut self, now: i64, mut session: Box<Session>) {
        let Session { numbers, visitor, next } = &mut *session;
        let mut request = Request::new(numbers, &mut self.faults, visitor, None);
        journeys::run(&mut request, *next, now);
        let mut records = request.records;
        self.faults.reorder(&mut records, now);
        self.keep(records);
        if let Some(next) = self.habits.next(session.next, &mut session.numbers) {
            let think = gap(&mut session.numbers, THINK_SECONDS);
            session.next = next;
            self.agenda.add(now + think, Work::Page(session));
        }
    }

    /// One of the additional requests of a rate spike, and when the next one comes.
    fn extra(&mut self, now: i64, fault: usize) {
        let (times, end) = {
            let fault = &self.faults.0[fault];
            (fault.strength.of([2.0, 4.0, 10.0]), fault.end_nanos)
        };
        let numbers = &mut self.extras[fault];
        let mut visitor = Visitor::new(numbers);
        let journey = self.habits.any(numbers);
        let mut request = Request::new(numbers, &mut self.faults, &mut visitor, Some(fault));
        journeys::run(&mut request, journey, now);
        let records = request.records;
        self.keep(records);
        let gap_seconds = 1.0 / (self.company.rate * rhythm(now) * (times - 1.0));
        let next = now + gap(&mut self.extras[fault], gap_seconds);
        if next < end {
            self.agenda.add(next, Work::Extra { fault });
        }
    }

    fn written(&self) -> Written {
        let truth = self.faults.0.iter().map(|fault| {
            let (start_nanos, end_nanos) =
                fault.touched.times_nanos.unwrap_or((fault.start_nanos, fault.end_nanos));
            Truth {
                kind: fault.kind,
                strength: fault.strength,
                lens: fault.kind.lens(),
                also: fault.kind.also().to_vec(),
                stream: fault.stream(),
                start_nanos,
                end_nanos,
                events: fault.touched.events,
                names: faults::names(fault),
                touches: fault.touched.streams.iter().cloned().collect(),
            }
        });
        let [logs, spans, points] = self.exporter.counts;
        Written { truth: truth.collect(), logs, spans, points, bytes: self.exporter.bytes }
    }
}

/// An exponential gap in nanoseconds.
fn gap(numbers: &mut Numbers, mean_seconds: f64) -> i64 {
    (numbers.exponential(mean_seconds) * 1e9) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_has_its_rhythm() {
        let hour = |hour: i64| rhythm(START_NANOS + (hour - 8) * 3600 * SECOND);
        assert!((hour(15) - 1.4).abs() < 1e-9 && (hour(3) - 0.6).abs() < 1e-9);
    }

    #[test]
    fn equal_times_keep_their_order() {
        let mut agenda = Agenda::new();
        for (time, what) in [(2, 'c'), (1, 'a'), (1, 'b'), (3, 'd')] {
            agenda.add(time, what);
        }
        let mut order = String::new();
        while let Some((_, what)) = agenda.pop_before(3) {
            order.push(what);
        }
        assert_eq!(order, "abc");
    }
}
