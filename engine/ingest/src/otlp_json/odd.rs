//! What of a message is told besides its record: the first thing that is odd, and the members that no version has.

use crate::json::cursor::{Cursor, Read};

/// Members of one record that are told apart; of more it is known that there are some.
const MOST_FIELDS: usize = 64;
/// Bytes of a name that are shown.
const NAME_BYTES: usize = 48;

/// What a record has that could not be read as what it should be, and what nothing is known of.
#[derive(Debug, Default)]
pub(crate) struct Odd {
    first: Option<&'static str>,
    unknown: Vec<String>,
}

impl Odd {
    pub(crate) fn get_or_insert(&mut self, what: &'static str) {
        self.first.get_or_insert(what);
    }

    /// What is odd in a record as a whole counts where nothing was before.
    pub(crate) fn or(&mut self, what: Option<&'static str>) {
        self.first = self.first.or(what);
    }

    pub(crate) fn take(&mut self) -> Option<&'static str> {
        self.first.take()
    }

    /// Members that no version has, by message and name.
    pub(crate) fn take_unknown(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unknown)
    }

    /// Passes over a member that is not read, and remembers it where no version of the protocol has it in this message.
    #[cold]
    pub(crate) fn pass_other(
        &mut self,
        cursor: &mut Cursor<'_>,
        message: &'static str,
        name: &[u8],
    ) -> Read<()> {
        if !is_of_protocol(message, name) {
            let path = if self.unknown.len() < MOST_FIELDS {
                let name = String::from_utf8_lossy(&name[..name.len().min(NAME_BYTES)]);
                format!("{message}.{name}")
            } else {
                format!("{message} beyond those named")
            };
            self.unknown.push(path);
        }
        cursor.skip()
    }
}

/// Members that versions of the protocol have and that are not read, in small letters without underscores, by message.
///
/// Sources: `opentelemetry-proto` 1.0 to 1.9 and the deprecated fields of 0.9; `jaegertracing/jaeger`, `internal/uimodel` and the
/// model of its Elasticsearch storage; Zipkin's Elasticsearch storage, and `zipkin-api.yaml`.
const UNREAD: [(&str, &[&str]); 18] = [
    ("Resource", &["droppedattributescount", "entityrefs"]),
    ("InstrumentationScope", &[]),
    ("LogRecord", &["droppedattributescount", "name"]),
    ("Span", &["droppedattributescount", "droppedeventscount", "droppedlinkscount"]),
    ("Span.Link", &["droppedattributescount"]),
    ("Span.Event", &["droppedattributescount"]),
    ("Status", &["deprecatedcode"]),
    ("Metric", &["description", "metadata"]),
    ("data point", &["min", "max", "zerothreshold"]),
    ("Exemplar", &["filteredlabels"]),
    ("AnyValue", &["stringvaluestrindex"]),
    ("KeyValue", &["keystrindex"]),
    ("Jaeger span", &["flags", "starttimemillis"]),
    ("Jaeger log", &[]),
    ("Jaeger process", &[]),
    ("Jaeger reference", &[]),
    ("Zipkin span", &["timestampmillis", "q"]),
    ("Zipkin binary annotation", &["type"]),
];

fn is_of_protocol(message: &str, name: &[u8]) -> bool {
    let is_name = |known: &&str| {
        let plain = name.iter().filter(|byte| **byte != b'_').map(u8::to_ascii_lowercase);
        known.bytes().eq(plain)
    };
    // What stands around records has a schema.
    if is_name(&"schemaurl") && !UNREAD.iter().any(|(known, _)| *known == message) {
        return true;
    }
    UNREAD.iter().any(|(known, names)| *known == message && names.iter().any(is_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_version_has_is_no_unknown_field() {
        for (message, name) in [
            ("Span", "droppedEventsCount"),
            ("Span", "dropped_events_count"),
            ("ScopeSpans", "schemaUrl"),
            ("data point", "min"),
        ] {
            assert!(is_of_protocol(message, name.as_bytes()), "{message} {name}");
        }
        for (message, name) in [("Span", "min"), ("Span", "schemaUrl"), ("Span", ""), ("Nothing", "min")] {
            assert!(!is_of_protocol(message, name.as_bytes()), "{message} {name}");
        }
    }
}
