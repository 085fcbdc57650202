//! One request on its way through the services: frames that become spans, with the lines written in them.

use super::company::At;
use super::faults::Faults;
use super::numbers::Numbers;
use super::record::{Attribute, Data, Level, Line, Record, Span, SpanKind};

/// Who asks.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) user: u64,
    pub(super) session: String,
    pub(super) address: String,
    pub(super) mail: String,
    pub(super) conversation: String,
    /// Messages so far in the conversation with the assistant.
    pub(super) turns: u64,
    pub(super) is_new: bool,
}

impl Visitor {
    pub(super) fn new(numbers: &mut Numbers) -> Self {
        const NAMES: [&str; 12] = [
            "ada", "bruno", "chidi", "dora", "emil", "farah", "goran", "hana", "ines", "jun", "kofi", "lena",
        ];
        const HOSTS: [&str; 3] = ["example.com", "example.org", "example.net"];
        let user = numbers.between(10_000, 99_999);
        Self {
            user,
            session: numbers.uuid(),
            address: format!(
                "{}.{}",
                numbers.pick(&["203.0.113", "198.51.100", "192.0.2"]),
                numbers.between(1, 254)
            ),
            mail: format!("{}{}@{}", numbers.pick(&NAMES), user % 97, numbers.pick(&HOSTS)),
            conversation: numbers.uuid(),
            turns: 0,
            is_new: true,
        }
    }
}

/// A request being recorded.
pub(super) struct Request<'a> {
    pub(super) numbers: &'a mut Numbers,
    pub(super) faults: &'a mut Faults,
    pub(super) visitor: &'a mut Visitor,
    pub(super) records: Vec<Record>,
    trace: [u8; 16],
    /// The injection that the whole request is part of.
    by: Option<usize>,
}

/// One operation of a service while it runs.
pub(super) struct Frame {
    pub(super) at: At,
    pub(super) name: &'static str,
    kind: SpanKind,
    id: [u8; 8],
    parent: Option<[u8; 8]>,
    start_nanos: i64,
    /// How far it has come.
    pub(super) now_nanos: i64,
    pub(super) attributes: Vec<Attribute>,
    pub(super) error: Option<&'static str>,
    /// How many times as long as usual everything takes in it.
    slowness: f64,
    /// The injection that made it slower or different.
    pub(super) by: Option<usize>,
}

impl Frame {
    /// Time since it began, in milliseconds.
    pub(super) fn millis(&self) -> f64 {
        (self.now_nanos - self.start_nanos) as f64 / 1e6
    }
}

impl<'a> Request<'a> {
    pub(super) fn new(
        numbers: &'a mut Numbers,
        faults: &'a mut Faults,
        visitor: &'a mut Visitor,
        by: Option<usize>,
    ) -> Self {
        let trace = numbers.bytes();
        Self { numbers, faults, visitor, records: Vec::with_capacity(24), trace, by }
    }

    /// The first frame of a request.
    pub(super) fn begin(&mut self, at: At, name: &'static str, time_nanos: i64) -> Frame {
        self.frame(at, name, SpanKind::Server, None, time_nanos)
    }

    /// An operation of another service, called from `caller`.
    pub(super) fn call(&mut self, caller: &mut Frame, at: At, name: &'static str) -> Frame {
        self.work(caller, 120.0, 0.4);
        let mut frame = self.frame(at, name, SpanKind::Server, Some(caller.id), caller.now_nanos);
        frame.attributes.push(("rpc.system", "grpc".into()));
        frame.attributes.push(("rpc.method", name.into()));
        frame
    }

    /// Something outside that is waited for: a database, a model. It is as slow as the operation that asks it.
    pub(super) fn reach(&mut self, caller: &Frame, name: &'static str) -> Frame {
        let mut frame = self.frame(caller.at, name, SpanKind::Client, Some(caller.id), caller.now_nanos);
        frame.slowness = caller.slowness;
        frame.by = caller.by.filter(|_| caller.slowness > 1.0);
        frame
    }

    fn frame(
        &mut self,
        at: At,
        name: &'static str,
        kind: SpanKind,
        parent: Option<[u8; 8]>,
        time_nanos: i64,
    ) -> Frame {
        let id = self.numbers.bytes();
        let (by, slowness) = self.faults.latency(at, name, time_nanos).unzip();
        Frame {
            at,
            name,
            kind,
            id,
            parent,
            start_nanos: time_nanos,
            now_nanos: time_nanos,
            attributes: Vec::with_capacity(8),
            error: None,
            slowness: slowness.unwrap_or(1.0),
            by,
        }
    }

    /// Time that the operation needs itself: log-normal with this median in microseconds.
    pub(super) fn work(&mut self, frame: &mut Frame, median_micros: f64, sigma: f64) {
        let nanos = self.numbers.log_normal(median_micros * 1000.0, sigma) * frame.slowness;
        frame.now_nanos += nanos as i64;
    }

    /// A log line at this point of the operation.
    pub(super) fn line(&mut self, frame: &mut Frame, level: Level, template: &'static str, body: String) {
        self.line_by(frame, level, template, body, None);
    }

    /// A log line that an injection may have brought about; lines of an operation that was changed are changed too.
    pub(super) fn line_by(
        &mut self,
        frame: &mut Frame,
        level: Level,
        template: &'static str,
        body: String,
        by: Option<usize>,
    ) {
        frame.now_nanos += self.numbers.between(15_000, 90_000) as i64;
        frame.by = frame.by.or(by);
        let span = Some((self.trace, frame.id));
        let line = Line { level, template, body, attributes: Vec::new(), span };
        self.push(frame.now_nanos, frame.at, Data::Line(line), frame.by);
    }

    /// Draws from a generator of its own what only some requests need, so that the others are not moved.
    pub(super) fn aside(&mut self, what: impl FnOnce(&mut Self)) {
        let own = self.numbers.fork();
        let main = std::mem::replace(self.numbers, own);
        what(self);
        *self.numbers = main;
    }

    /// Ends an operation that another one waits for.
    pub(super) fn back(&mut self, frame: Frame, caller: &mut Frame) {
        let (by, end) = (frame.by, self.end(frame));
        caller.now_nanos = end;
        caller.by = caller.by.or(by);
        if matches!(caller.kind, SpanKind::Server) {
            self.work(caller, 120.0, 0.4);
        }
    }

    /// Ends an operation, and says when that was.
    pub(super) fn end(&mut self, mut frame: Frame) -> i64 {
        if frame.kind == SpanKind::Server
            && let Some((fault, new)) = self.faults.new_error(frame.at, frame.start_nanos)
        {
            let line = Line {
                level: Level::Error,
                template: new.template,
                body: new.body(self.faults.effect(fault)),
                attributes: vec![("error.type", new.code.into())],
                span: Some((self.trace, frame.id)),
            };
            self.push(frame.now_nanos, frame.at, Data::Line(line), Some(fault));
            frame.error = Some(new.code);
            frame.by = Some(fault);
        }
        let end_nanos = frame.now_nanos;
        let span = Span {
            trace: self.trace,
            id: frame.id,
            parent: frame.parent,
            name: frame.name,
            kind: frame.kind,
            end_nanos,
            attributes: frame.attributes,
            error: frame.error,
        };
        self.push(frame.start_nanos, frame.at, Data::Span(span), frame.by);
        end_nanos
    }

    fn push(&mut self, time_nanos: i64, at: At, data: Data, by: Option<usize>) {
        self.records.push(Record { time_nanos, at, data, by: by.or(self.by) });
    }
}
