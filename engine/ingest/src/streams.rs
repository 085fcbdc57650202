//! Stream keys, made once and shared by all events of the stream.

use cbad::{Signal, StreamKey};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

/// Memory of the keys kept at once. A capture with more streams makes some keys again, and memory stays bounded.
const MOST_KEPT_BYTES: usize = 16 << 20;
/// What a key takes besides its names.
const KEY_BYTES: usize = 128;
/// Longest name of a service or a stream. What is longer is data, and would be held for as long as the capture is read.
const LONGEST_NAME: usize = 1024;

/// A name, or of a long one its begin and a part of its SHA-256, so that different ones stay different. All of it is at the
/// bytes of the events.
fn bounded(name: &str) -> Cow<'_, str> {
    if name.len() <= LONGEST_NAME {
        return Cow::Borrowed(name);
    }
    Cow::Owned(shortened(&name[..name.floor_char_boundary(LONGEST_NAME - 40)], &Sha256::digest(name)))
}

/// What stands between the begin of a name and the digest of all of it.
const CUT: &str = "… ";
/// Bytes of that digest.
const DIGEST_BYTES: usize = 8;

/// A name of its begin and a digest of all of it.
pub(crate) fn shortened(begin: &str, digest: &[u8]) -> String {
    let digits = digest.iter().take(DIGEST_BYTES).map(|byte| format!("{byte:02x}"));
    [begin, CUT].into_iter().map(str::to_owned).chain(digits).collect()
}

/// The begin of a name that was shortened, and the digits behind it.
pub(crate) fn shortened_from(name: &str) -> Option<(&str, &str)> {
    let (begin, digits) = name.rsplit_once(CUT)?;
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (digits.len() == 2 * DIGEST_BYTES && digits.bytes().all(is_digit)).then_some((begin, digits))
}

/// Writes the path or the value of an attribute into a stream's name. What would look like another attribute is quoted.
pub(crate) fn push_quoted(name: &mut String, text: &str) {
    if text.contains(['"', ',', '{', '}']) {
        write!(name, "{text:?}").expect("writing to a String does not fail");
    } else {
        name.push_str(text);
    }
}

/// What [`push_quoted`] wrote.
pub(crate) fn unquoted(text: &str) -> Cow<'_, str> {
    let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return Cow::Borrowed(text);
    };
    let mut plain = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(character) = rest.next() {
        let escaped = if character == '\\' { rest.next() } else { None };
        plain.extend(match escaped {
            None => Some(character),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('0') => Some('\0'),
            Some('u') => {
                let digits: String = rest.by_ref().take_while(|&c| c != '}').filter(|&c| c != '{').collect();
                u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
            }
            Some(other) => Some(other),
        });
    }
    Cow::Owned(plain)
}

/// The streams of a file of logs: one a service, all under the file's name.
pub(crate) struct LogStreams {
    unnamed: Arc<StreamKey>,
    by_service: HashMap<String, Arc<StreamKey>>,
    kept_bytes: usize,
}

impl LogStreams {
    pub(crate) fn new(file_name: String) -> Self {
        let short = bounded(&file_name).into_owned();
        let name = if short.len() < file_name.len() { short } else { file_name };
        let unnamed = Arc::new(StreamKey { signal: Signal::Log, service: None, name });
        Self { unnamed, by_service: HashMap::new(), kept_bytes: 0 }
    }

    /// The same file's, with no service met yet.
    pub(crate) fn emptied(&self) -> Self {
        Self { unnamed: Arc::clone(&self.unnamed), by_service: HashMap::new(), kept_bytes: 0 }
    }

    pub(crate) fn of(&mut self, service: Option<&str>) -> Arc<StreamKey> {
        let Some(service) = service.map(bounded) else { return Arc::clone(&self.unnamed) };
        if let Some(key) = self.by_service.get(&*service) {
            return Arc::clone(key);
        }
        if self.kept_bytes >= MOST_KEPT_BYTES {
            self.by_service.clear();
            self.kept_bytes = 0;
        }
        let service = service.into_owned();
        let key = Arc::new(StreamKey { service: Some(service.clone()), ..StreamKey::clone(&self.unnamed) });
        self.kept_bytes += 2 * service.len() + self.unnamed.name.len() + KEY_BYTES;
        self.by_service.insert(service, Arc::clone(&key));
        key
    }
}

/// The streams of OTLP: a service's logs, its spans, and each of its metrics with its attributes.
#[derive(Default)]
pub(crate) struct OtlpStreams {
    services: HashMap<String, ServiceStreams>,
    kept_bytes: usize,
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
        if self.kept_bytes >= MOST_KEPT_BYTES {
            self.services.clear();
            self.kept_bytes = 0;
        }
        // Looking up twice costs less than a String for each event.
        if !self.services.contains_key(service) {
            self.kept_bytes += 3 * service.len() + 2 * KEY_BYTES;
            self.services.insert(service.to_owned(), ServiceStreams::new(service));
        }
        self.services.get_mut(service).expect("the service was put in above")
    }

    pub(crate) fn logs(&mut self, service: &str) -> Arc<StreamKey> {
        Arc::clone(&self.service(&bounded(service)).logs)
    }

    pub(crate) fn spans(&mut self, service: &str) -> Arc<StreamKey> {
        Arc::clone(&self.service(&bounded(service)).spans)
    }

    pub(crate) fn metric(&mut self, service: &str, name: &str) -> Arc<StreamKey> {
        let (service, name) = (bounded(service), bounded(name));
        let streams = self.service(&service);
        if let Some(key) = streams.metrics.get(&*name) {
            return Arc::clone(key);
        }
        let made = Arc::new(key(Signal::Metric, &service, &name));
        streams.metrics.insert(name.to_string(), Arc::clone(&made));
        self.kept_bytes += service.len() + 2 * name.len() + KEY_BYTES;
        made
    }

    /// The calls of a service to a model, or to one that nothing names.
    pub(crate) fn calls(&mut self, service: &str, model: &str) -> Arc<StreamKey> {
        let (service, model) = (bounded(service), bounded(model));
        let streams = self.service(&service);
        if let Some(key) = streams.calls.get(&*model) {
            return Arc::clone(key);
        }
        let name = if model.is_empty() { "calls" } else { &model };
        let made = Arc::new(key(Signal::LlmCall, &service, name));
        streams.calls.insert(model.to_string(), Arc::clone(&made));
        self.kept_bytes += service.len() + 2 * model.len() + KEY_BYTES;
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_name_is_cut_and_stays_its_own() {
        let (one, other) = ("ü".repeat(5000), "ü".repeat(5001));
        let mut streams = LogStreams::new("a.log".into());
        let names = [&one, &other].map(|name| streams.of(Some(name)).service.clone().expect("it has one"));
        assert!(names.iter().all(|name| name.len() <= LONGEST_NAME && name.starts_with("üü")));
        assert_ne!(names[0], names[1]);
        let mut streams = OtlpStreams::default();
        assert!(Arc::ptr_eq(&streams.metric(&one, &one), &streams.metric(&one, &one)));
        assert_ne!(streams.metric("", &one).name, streams.metric("", &other).name);
        assert_eq!(bounded("short"), "short");
    }

    proptest! {
        #[test]
        fn what_was_quoted_is_had_again(text: String, begin in ".{0,30}") {
            for text in [&text, &format!("{text},"), &format!("\"{text}\\")] {
                let mut name = String::new();
                push_quoted(&mut name, text);
                prop_assert_eq!(unquoted(&name), text.as_str());
            }
            let name = shortened(&begin, &[0xab; 32]);
            prop_assert_eq!(shortened_from(&name), Some((begin.as_str(), "abababababababab")));
        }
    }

    #[test]
    fn what_is_kept_of_many_streams_is_bounded() {
        let mut streams = OtlpStreams::default();
        for number in 0..100_000 {
            streams.metric("s", &format!("{number:0>400}"));
        }
        let kept: usize = streams.services.values().map(|service| service.metrics.len()).sum();
        assert!(kept * 800 <= MOST_KEPT_BYTES, "{kept}");
    }
}
