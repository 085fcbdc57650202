//! Stream keys, made once and shared by all events of the stream.

use cbad::{Signal, StreamKey};
use std::collections::HashMap;
use std::sync::Arc;

/// Keys kept at once. A capture with more streams makes some keys again, and memory stays bounded.
const MOST_KEPT: usize = 1 << 16;

/// The streams of a file of logs: one a service, all under the file's name.
pub(crate) struct LogStreams {
    unnamed: Arc<StreamKey>,
    by_service: HashMap<String, Arc<StreamKey>>,
}

impl LogStreams {
    pub(crate) fn new(file_name: String) -> Self {
        let unnamed = Arc::new(StreamKey { signal: Signal::Log, service: None, name: file_name });
        Self { unnamed, by_service: HashMap::new() }
    }

    /// The same file's, with no service met yet.
    pub(crate) fn emptied(&self) -> Self {
        Self { unnamed: Arc::clone(&self.unnamed), by_service: HashMap::new() }
    }

    pub(crate) fn of(&mut self, service: Option<&str>) -> Arc<StreamKey> {
        let Some(service) = service else { return Arc::clone(&self.unnamed) };
        if let Some(key) = self.by_service.get(service) {
            return Arc::clone(key);
        }
        if self.by_service.len() >= MOST_KEPT {
            self.by_service.clear();
        }
        let key = StreamKey { service: Some(service.to_owned()), ..StreamKey::clone(&self.unnamed) };
        let key = Arc::new(key);
        self.by_service.insert(service.to_owned(), Arc::clone(&key));
        key
    }
}

/// The streams of OTLP: a service's logs, its spans, and each of its metrics with its attributes.
#[derive(Default)]
pub(crate) struct OtlpStreams {
    services: HashMap<String, ServiceStreams>,
    kept: usize,
}

struct ServiceStreams {
    logs: Arc<StreamKey>,
    spans: Arc<StreamKey>,
    metrics: HashMap<String, Arc<StreamKey>>,
    calls: HashMap<String, Arc<StreamKey>>,
}

impl ServiceStreams {
    fn new(service: &str) -> Self {
        Self {
            logs: Arc::new(key(Signal::Log, service, "logs")),
            spans: Arc::new(key(Signal::Span, service, "spans")),
            metrics: HashMap::new(),
            calls: HashMap::new(),
        }
    }
}

/// An empty service name is no service.
fn key(signal: Signal, service: &str, name: &str) -> StreamKey {
    let service = (!service.is_empty()).then(|| service.to_owned());
    StreamKey { signal, service, name: name.to_owned() }
}

impl OtlpStreams {
    fn service(&mut self, service: &str) -> &mut ServiceStreams {
        if self.kept >= MOST_KEPT {
            self.services.clear();
            self.kept = 0;
        }
        // Looking up twice costs less than a String for each event.
        if !self.services.contains_key(service) {
            self.kept += 1;
            self.services.insert(service.to_owned(), ServiceStreams::new(service));
        }
        self.services.get_mut(service).expect("the service was put in above")
    }

    pub(crate) fn logs(&mut self, service: &str) -> Arc<StreamKey> {
        Arc::clone(&self.service(service).logs)
    }

    pub(crate) fn spans(&mut self, service: &str) -> Arc<StreamKey> {
        Arc::clone(&self.service(service).spans)
    }

    pub(crate) fn metric(&mut self, service: &str, name: &str) -> Arc<StreamKey> {
        let streams = self.service(service);
        if let Some(key) = streams.metrics.get(name) {
            return Arc::clone(key);
        }
        let made = Arc::new(key(Signal::Metric, service, name));
        streams.metrics.insert(name.to_owned(), Arc::clone(&made));
        self.kept += 1;
        made
    }

    /// The calls of a service to a model, or to one that nothing names.
    pub(crate) fn calls(&mut self, service: &str, model: &str) -> Arc<StreamKey> {
        let streams = self.service(service);
        if let Some(key) = streams.calls.get(model) {
            return Arc::clone(key);
        }
        let name = if model.is_empty() { "calls" } else { model };
        let made = Arc::new(key(Signal::LlmCall, service, name));
        streams.calls.insert(model.to_owned(), Arc::clone(&made));
        self.kept += 1;
        made
    }
}
