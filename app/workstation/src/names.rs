//! Names of streams as a list has room for them: of many attributes only those that tell a stream from its like.
//!
//! The whole name stays where it can be copied, is searched, or is read out; what is shorter is shown in its place.

use case::StreamRow;
use std::collections::{BTreeMap, BTreeSet};

/// A name so long needs no shortening.
const SHORT: usize = 44;

/// The short names of streams whose whole names are long, by id: made inert, and no two alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    by_stream: BTreeMap<u32, Name>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    /// Within its service: as the capture has it, and short.
    whole: String,
    short: String,
}

impl Names {
    /// The short names of these streams.
    pub(crate) fn of(streams: &[StreamRow]) -> Self {
        // By capture, service and name without the attributes.
        let mut alike: BTreeMap<(i64, Option<&str>, &str), Vec<Parted<'_>>> = BTreeMap::new();
        for row in streams {
            if let Some((base, attributes)) = parts(&row.key.name) {
                alike
                    .entry((row.capture, row.key.service.as_deref(), base))
                    .or_default()
                    .push((row, attributes));
            }
        }
        let mut by_stream = BTreeMap::new();
        for ((_, _, base), rows) in alike {
            let telling = telling(&rows);
            let shorts: Vec<String> = rows.iter().map(|(_, own)| short(base, own, &telling)).collect();
            let different = shorts.iter().collect::<BTreeSet<_>>().len() == shorts.len();
            for ((row, _), short) in rows.iter().zip(shorts) {
                let whole = &row.key.name;
                if different && row.key.label().len() > SHORT && short.len() < whole.len() {
                    by_stream.insert(row.id, Name { whole: whole.clone(), short });
                }
            }
        }
        Self { by_stream }
    }

    /// What a person reads for this stream where there is little room.
    pub(crate) fn label(&self, row: &StreamRow) -> String {
        match (self.by_stream.get(&row.id), &row.key.service) {
            (Some(name), Some(service)) => case::inert(format!("{service} · {}", name.short)),
            (Some(name), None) => case::inert(&name.short),
            (None, _) => case::inert(row.key.label()),
        }
    }

    /// A text about this stream with the short name wherever it has the whole one; as much evidence as the text was.
    pub(crate) fn within(&self, stream: u32, text: &str) -> String {
        match self.by_stream.get(&stream) {
            Some(name) => text.replace(&name.whole, &name.short),
            None => text.to_owned(),
        }
    }
}

/// `key=value`, as the name has it.
type Attribute<'a> = (&'a str, &'a str);

/// A stream and its attributes.
type Parted<'a> = (&'a StreamRow, Vec<Attribute<'a>>);

/// `name{key=value,…}` taken apart; `None` where the name has no attributes. A quoted value may hold commas.
fn parts(name: &str) -> Option<(&str, Vec<Attribute<'_>>)> {
    let (base, rest) = name.split_once('{')?;
    let inside = rest.strip_suffix('}')?;
    let mut attributes = Vec::new();
    let (mut begin, mut quoted, mut escaped) = (0, false, false);
    let ends = inside.char_indices().chain([(inside.len(), ',')]);
    for (at, letter) in ends {
        match letter {
            '"' if !escaped => quoted = !quoted,
            ',' if !quoted || at == inside.len() => {
                attributes.push(inside[begin..at].split_once('=')?);
                begin = at + 1;
            }
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
    }
    Some((base, attributes))
}

/// The keys whose values are not the same in all of these streams.
fn telling<'a>(rows: &[Parted<'a>]) -> BTreeSet<&'a str> {
    let keys: BTreeSet<&str> = rows.iter().flat_map(|(_, own)| own.iter().map(|(key, _)| *key)).collect();
    let value = |own: &[Attribute<'a>], key: &str| own.iter().find(|(own, _)| *own == key).map(|(_, v)| *v);
    let first = rows.first().map_or(&[][..], |(_, own)| own.as_slice());
    keys.into_iter().filter(|key| rows.iter().any(|(_, own)| value(own, key) != value(first, key))).collect()
}

/// The name with the values that tell it from the others; a number says what it is of.
fn short(base: &str, own: &[Attribute<'_>], telling: &BTreeSet<&str>) -> String {
    let said = own.iter().filter(|(key, _)| telling.contains(key)).map(|(key, value)| {
        let is_word = value.starts_with(|c: char| c.is_alphabetic() || c == '/')
            && *value != "true"
            && *value != "false";
        let last = key.rsplit('.').next().unwrap_or(key);
        if is_word { (*value).to_owned() } else { format!("{last}={value}") }
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() { base.to_owned() } else { format!("{base} {{{}}}", said.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::{Signal, StreamKey};

    fn rows(names: &[&str]) -> Vec<StreamRow> {
        let row = |(id, name): (usize, &&str)| StreamRow {
            id: id as u32,
            capture: 1,
            key: StreamKey {
                signal: Signal::Metric,
                service: Some("shop".to_owned()),
                name: (*name).to_owned(),
            },
            events: 1,
            start_nanos: None,
            end_nanos: None,
        };
        names.iter().enumerate().map(row).collect()
    }

    #[test]
    fn a_long_name_keeps_what_tells_it_from_its_like() {
        let all = rows(&[
            "http.server.request.duration{http.request.method=POST,http.response.status_code=201,url.scheme=http}",
            "http.server.request.duration{http.request.method=GET,http.response.status_code=200,url.scheme=http}",
            "rpc.client.duration{rpc.method=\"a, {b}\",rpc.service=stock.reservations.v1}",
            "queue.length{state=idle}",
            "no attributes but a very long name that goes on and on and on",
        ]);
        let names = Names::of(&all);
        let labels: Vec<String> = all.iter().map(|row| names.label(row)).collect();
        assert_eq!(labels[0], "shop · http.server.request.duration {POST, status_code=201}");
        assert_eq!(labels[1], "shop · http.server.request.duration {GET, status_code=200}");
        assert_eq!(labels[2], "shop · rpc.client.duration", "there is only one of it");
        assert_eq!(labels[3..], [all[3].key.label(), all[4].key.label()]);
        let sentence = format!("{} changed\u{1b}.", all[1].key.label());
        assert_eq!(names.within(1, &sentence), format!("{} changed\u{1b}.", labels[1]));
        assert_eq!(names.within(3, &sentence), sentence, "of another stream it says nothing");
    }

    #[test]
    fn names_that_would_be_alike_stay_whole() {
        let all = rows(&[
            "a.metric.with.a.long.name{first.attribute.of.it=x}",
            "a.metric.with.a.long.name{second.attribute.of.it=x}",
            "broken{key=\"value",
        ]);
        let names = Names::of(&all);
        for row in &all {
            assert_eq!(names.label(row), row.key.label());
        }
    }
}
