//! A capture looked at before anything of it is kept: what it is, how sure that is, and what its records hold.
//!
//! Only the first decoded bytes are read, and where each line is a record by itself a little at places behind them, so that
//! the answer comes at once however large the capture is.

use crate::capture::Capture;
use crate::error::IngestError;
use crate::format::Format;
use crate::inspect_places;
use crate::model::{Batch, Member, OpenOptions, Problem};
use crate::redact::{Counts, Redactor, RuleHits};
use crate::wrapping::Wrapping;
use cbad::{Event, Signal, Value};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::path::Path;

/// Different values of a field that are told apart; a field with more is no category.
pub const MOST_DISTINCT: usize = 100;
const EXAMPLES: usize = 3;
const EXAMPLE_CHARS: usize = 80;
const MOST_FIELDS: usize = 2000;
const MOST_LISTED: usize = 100;
/// Values that all differ say nothing while they are few.
const LEAST_IDENTIFIERS: u64 = 20;

/// What the begin of a capture holds.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// What the capture is read as.
    pub format: Format,
    /// How sure that is, 0 to 1; 1 where the options gave it.
    pub confidence: f64,
    /// What else its first bytes could be, the surest first.
    pub runners_up: Vec<(Format, f64)>,
    /// What lies around it.
    pub wrapping: Wrapping,
    /// Its size as stored.
    pub stored_bytes: u64,
    /// Decoded bytes that were looked at.
    pub sample_bytes: u64,
    /// Bytes of the file as stored that those were decoded from.
    pub sample_stored_bytes: u64,
    /// Whether that was all of it.
    pub is_whole: bool,
    /// Places behind the first bytes that were looked at too; the last is the end of the capture.
    pub later_places: u32,
    /// Bytes looked at there, all places together.
    pub later_bytes: u64,
    /// Records in all of it, as its own table of contents counts them; none where the format has no such table.
    pub stated_records: Option<u64>,
    /// Records in the sample: `events` plus `rejected`.
    pub records: u64,
    /// Events in the sample.
    pub events: u64,
    /// Events in the sample by their signal, those that there are.
    pub signals: Vec<(Signal, u64)>,
    /// Records of the sample that could not be read.
    pub rejected: u64,
    /// Events without a time.
    pub untimed: u64,
    /// Earliest event of the sample, nanoseconds UTC.
    pub start_nanos: Option<i64>,
    /// Latest event of the sample.
    pub end_nanos: Option<i64>,
    /// What the events hold, by path.
    pub fields: Vec<FieldSummary>,
    /// Fields beyond those, not listed.
    pub more_fields: u64,
    /// The first problems; what was assumed of times without a zone or a year is among them.
    pub problems: Vec<Problem>,
    /// The first members that end in the sample, where the capture has several.
    pub members: Vec<Member>,
    /// What was assumed of the capture as a whole, of times without a zone or a year most often.
    pub assumed: Option<Problem>,
    /// Year of time stamps that have none: given, or settled when the capture was opened.
    pub assumed_year: i32,
    /// What a redaction would take out of the sample, where one was asked for.
    pub redaction: Vec<RuleHits>,
}

/// What the events of a sample hold at one path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldSummary {
    /// The path; `[]` stands for every place in a list.
    pub path: String,
    /// The types seen, by name: `bool`, `int`, `float`, `text`, `bytes`.
    pub types: BTreeSet<&'static str>,
    /// Events that have it, null or not.
    pub events: u64,
    /// Values that were null.
    pub nulls: u64,
    /// Different values; none where there are more than [`MOST_DISTINCT`] or a list may repeat them.
    pub distinct: Option<u64>,
    /// The first different values, as text, cut.
    pub examples: Vec<String>,
    /// What it may be good for.
    pub suggestion: Option<Suggestion>,
}

impl FieldSummary {
    /// Whether some of so many events have no value there.
    pub fn is_nullable(&self, events: u64) -> bool {
        self.nulls > 0 || self.events < events
    }
}

/// What a field may be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suggestion {
    /// Few different values in many events: a column to group and filter by.
    Column,
    /// Every value is another one: an index to find one event by.
    Index,
}

impl Suggestion {
    /// The stable name used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Column => "column",
            Self::Index => "index",
        }
    }
}

impl Inspection {
    /// Decoded bytes that are enough for a person to judge a capture by.
    pub const SAMPLE_BYTES: u64 = 32 << 20;

    /// Reads up to about `most_bytes` of the decoded capture; `goes_on` is told after each batch how many have been read,
    /// and where it says no the inspection is of what was read until then.
    pub fn of(
        path: &Path,
        options: &OpenOptions,
        most_bytes: u64,
        goes_on: impl FnMut(u64) -> bool,
    ) -> Result<Self, IngestError> {
        Self::redacting(path, options, most_bytes, None, goes_on)
    }

    /// [`Inspection::of`], with what a redaction would take out. Fields are shown as they are before it.
    pub fn redacting(
        path: &Path,
        options: &OpenOptions,
        most_bytes: u64,
        redactor: Option<Redactor>,
        mut goes_on: impl FnMut(u64) -> bool,
    ) -> Result<Self, IngestError> {
        let mut capture = Capture::open(path, options)?;
        let mut taking = Taking::new(Self::before(&capture), redactor);
        let mut batch = Batch::default();
        let mut is_stopped;
        taking.inspection.is_whole = loop {
            let read = taking.inspection.sample_bytes;
            is_stopped = !goes_on(read);
            if is_stopped || read >= most_bytes {
                break false;
            }
            if !capture.next_batch(&mut batch)? {
                break true;
            }
            taking.inspection.sample_stored_bytes = batch.stored_bytes_read;
            taking.take(&mut batch);
            taking.inspection.stated_records = capture.stated_records();
            taking.inspection.sample_bytes = capture.decoded_bytes();
        };
        if !taking.inspection.is_whole && !is_stopped && capture.is_by_line() {
            inspect_places::look(&mut taking, path, options, goes_on)?;
        }
        Ok(taking.done())
    }

    /// What was looked at, in words that go on after “Looked at:”; `bytes` writes a size as the caller does elsewhere.
    pub fn looked_at(&self, bytes: impl Fn(u64) -> String) -> String {
        if self.is_whole {
            return "all of it".to_owned();
        }
        let (sample, stored) = (bytes(self.sample_bytes), bytes(self.stored_bytes));
        let first = if self.wrapping.is_none() {
            format!("the first {sample} of {stored}")
        } else {
            let read = bytes(self.sample_stored_bytes);
            format!("the first {sample} decoded, from {read} of the {stored} stored")
        };
        match (self.later_places, self.stated_records) {
            (0, None) => first,
            (0, Some(all)) => {
                format!("{first}, {} of the {all} rows that its table of contents counts", self.records)
            }
            (places, _) => {
                format!("{first}, and {} at {places} later places, the last its end", bytes(self.later_bytes))
            }
        }
    }

    fn before(capture: &Capture) -> Self {
        let runners_up =
            capture.candidates().iter().copied().filter(|(format, _)| *format != capture.format());
        Self {
            format: capture.format(),
            confidence: capture.confidence(),
            runners_up: runners_up.collect(),
            wrapping: capture.wrapping().clone(),
            stored_bytes: capture.stored_bytes(),
            sample_bytes: 0,
            sample_stored_bytes: 0,
            is_whole: false,
            later_places: 0,
            later_bytes: 0,
            stated_records: None,
            records: 0,
            events: 0,
            signals: Vec::new(),
            rejected: 0,
            untimed: 0,
            start_nanos: None,
            end_nanos: None,
            fields: Vec::new(),
            more_fields: 0,
            problems: Vec::new(),
            members: Vec::new(),
            assumed: capture.note().cloned(),
            assumed_year: capture.assumed_year(),
            redaction: Vec::new(),
        }
    }
}

/// An inspection while it takes what is read.
pub(crate) struct Taking {
    pub(crate) inspection: Inspection,
    redactor: Option<Redactor>,
    hits: Counts,
    schema: Schema,
    signals: BTreeMap<Signal, u64>,
}

impl Taking {
    fn new(inspection: Inspection, redactor: Option<Redactor>) -> Self {
        let redactor = redactor.map(|redactor| redactor.with_examples(EXAMPLES));
        Self {
            inspection,
            redactor,
            hits: Counts::new(),
            schema: Schema::default(),
            signals: BTreeMap::new(),
        }
    }

    /// Takes a batch; what it leaves of it is redacted.
    pub(crate) fn take(&mut self, batch: &mut Batch) {
        let inspection = &mut self.inspection;
        inspection.records += batch.records;
        inspection.events += batch.events.len() as u64;
        inspection.rejected += batch.rejected();
        let room = MOST_LISTED - inspection.problems.len();
        inspection.problems.extend(batch.problems.iter().take(room).cloned());
        let room = MOST_LISTED - inspection.members.len();
        inspection.members.extend(batch.members.iter().take(room).cloned());
        for (stream, event) in &batch.events {
            *self.signals.entry(stream.signal).or_default() += 1;
            match event.time_nanos {
                None => inspection.untimed += 1,
                Some(nanos) => {
                    let (start, end) = (inspection.start_nanos, inspection.end_nanos);
                    inspection.start_nanos = Some(start.map_or(nanos, |start| start.min(nanos)));
                    inspection.end_nanos = Some(end.map_or(nanos, |end| end.max(nanos)));
                }
            }
            self.schema.take(event);
        }
        let hits = self.redactor.as_mut().map(|redactor| redactor.apply(batch)).unwrap_or_default();
        for (rule, more) in hits {
            *self.hits.entry(rule).or_default() += more;
        }
    }

    fn done(self) -> Inspection {
        let Self { mut inspection, redactor, hits, schema, signals } = self;
        inspection.more_fields = schema.more.len() as u64;
        inspection.fields = schema.into_fields(inspection.events);
        inspection.signals = signals.into_iter().collect();
        inspection.redaction = redactor.map(|redactor| redactor.preview(hits)).unwrap_or_default();
        inspection
    }
}

#[derive(Default)]
struct Seen {
    summary: FieldSummary,
    values: BTreeSet<u64>,
    /// The last event that had it, counted from 1.
    last: u64,
    repeats: bool,
}

#[derive(Default)]
struct Schema {
    fields: BTreeMap<String, Seen>,
    /// Paths beyond the most that are kept, by hash.
    more: BTreeSet<u64>,
    events: u64,
}

impl Schema {
    fn take(&mut self, event: &Event) {
        self.events += 1;
        for field in &event.fields {
            let path = without_places(&field.path);
            if self.fields.len() >= MOST_FIELDS && !self.fields.contains_key(&path) {
                if self.more.len() < MOST_FIELDS {
                    self.more.insert(hash_of(&path));
                }
                continue;
            }
            self.fields.entry(path).or_default().take(&field.value, self.events);
        }
    }

    fn into_fields(self, events: u64) -> Vec<FieldSummary> {
        let finish = |(path, seen): (String, Seen)| {
            let distinct = (seen.values.len() <= MOST_DISTINCT).then_some(seen.values.len() as u64);
            let all_differ = !seen.repeats && seen.summary.events >= LEAST_IDENTIFIERS;
            let suggestion = match distinct {
                Some(2..) if seen.repeats && seen.summary.events * 2 >= events => Some(Suggestion::Column),
                _ if all_differ && !seen.summary.types.contains("float") => Some(Suggestion::Index),
                _ => None,
            };
            FieldSummary { path, distinct, suggestion, ..seen.summary }
        };
        self.fields.into_iter().map(finish).collect()
    }
}

impl Seen {
    fn take(&mut self, value: &Value, event: u64) {
        self.summary.events += u64::from(self.last != event);
        self.last = event;
        let (kind, text) = match value {
            Value::Null => {
                self.summary.nulls += 1;
                return;
            }
            Value::Bool(value) => ("bool", value.to_string()),
            Value::Int(value) => ("int", value.to_string()),
            Value::Float(value) => ("float", value.to_string()),
            Value::Text(text) => ("text", text.clone()),
            Value::Bytes(bytes) => ("bytes", String::from_utf8_lossy(bytes).into_owned()),
        };
        self.summary.types.insert(kind);
        let hash = hash_of(&text);
        // Beyond the most that are told apart a value counts as new: whether it repeats is not known any more.
        if self.values.contains(&hash) {
            self.repeats = true;
        } else if self.values.len() <= MOST_DISTINCT {
            self.values.insert(hash);
            if self.summary.examples.len() < EXAMPLES {
                self.summary.examples.push(text.chars().take(EXAMPLE_CHARS).collect());
            }
        }
    }
}

/// `items[2].sku` as `items[].sku`.
fn without_places(path: &str) -> String {
    let mut general = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(begin) = rest.find('[') {
        let digits = rest[begin + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let is_place = digits > 0 && rest[begin + 1 + digits..].starts_with(']');
        general.push_str(&rest[..=begin]);
        rest = &rest[begin + 1 + if is_place { digits } else { 0 }..];
    }
    general + rest
}

/// The same in every run: `DefaultHasher::new` has fixed keys.
fn hash_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    fn inspect(text: &str, most_bytes: u64) -> Inspection {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("app.jsonl");
        std::fs::write(&path, text).expect("the file can be written");
        Inspection::of(&path, &OpenOptions::default(), most_bytes, |_| true).expect("the capture opens")
    }

    #[test]
    fn fields_are_told_by_what_they_hold() {
        let mut text = String::new();
        for index in 0..300 {
            let level = ["info", "warn"][index % 2];
            let user = if index % 3 == 0 { "null".to_owned() } else { format!("{:?}", format!("u{index}")) };
            writeln!(
                text,
                r#"{{"ts":"2024-05-01T10:00:{:02}Z","level":"{level}","msg":"m","shop":"s{}","user":{user},"ids":[{index},1]}}"#,
                index % 60,
                index % 4
            )
            .expect("writing to a String does not fail");
        }
        let inspection = inspect(&format!("{text}{{oops\n"), u64::MAX);
        assert_eq!((inspection.format, inspection.is_whole), (Format::JsonLines, true));
        assert_eq!((inspection.records, inspection.events, inspection.rejected), (301, 300, 1));
        assert_eq!((inspection.untimed, inspection.problems.len()), (0, 1));
        assert_eq!(inspection.signals, [(Signal::Log, 300)]);
        assert_eq!(inspection.looked_at(|bytes| bytes.to_string()), "all of it");
        assert!(inspection.runners_up.iter().any(|(format, _)| *format == Format::Text));
        let field =
            |path: &str| inspection.fields.iter().find(|field| field.path == path).expect("it is listed");
        let shop = field("shop");
        assert_eq!((shop.events, shop.distinct, shop.suggestion), (300, Some(4), Some(Suggestion::Column)));
        assert_eq!(shop.examples, ["s0", "s1", "s2"]);
        let user = field("user");
        assert_eq!((user.events, user.nulls, user.distinct), (300, 100, None));
        assert_eq!(user.suggestion, Some(Suggestion::Index));
        assert_eq!((field("ids[]").events, field("ids[]").types.len()), (300, 1));
    }

    #[test]
    fn what_was_assumed_and_what_a_redaction_would_take_are_told_before_anything_is_kept() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("app.log");
        let line =
            |second: u32| format!("Oct 11 22:14:{second:02} host app[3]: mail to ann{second}@example.org\n");
        std::fs::write(&path, (10..15).map(line).collect::<String>()).expect("the file can be written");
        let rules = crate::Redaction::load(Path::new("personal")).expect("they are built in");
        let redactor = Redactor::new(&rules, b"0123456789abcdef").expect("they can be used");
        let options = OpenOptions::default();
        let inspection =
            Inspection::redacting(&path, &options, u64::MAX, Some(redactor), |_| true).expect("opens");
        assert_eq!((inspection.format, inspection.events), (Format::Syslog, 5));
        let assumed = inspection.assumed.expect("no year and no zone");
        assert!(inspection.problems.contains(&assumed), "{assumed:?}");
        let [mail] = &inspection.redaction[..] else { panic!("{:?}", inspection.redaction) };
        assert_eq!((mail.rule.as_str(), mail.hits, mail.examples.len()), ("email", 5, EXAMPLES));
        assert_eq!(mail.examples[0].0, "ann10@example.org");
        assert!(!mail.examples[0].1.contains("example.org"));
    }

    #[test]
    fn of_a_large_capture_the_begin_is_read_and_where_lines_allow_later_places_too() {
        let line = |second: u32, padding: usize| {
            let time = format!("2024-05-01T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60);
            format!("{{\"ts\":\"{time}\",\"msg\":\"{}\"}}\n", "x".repeat(padding))
        };
        let mut lines: Vec<String> = (0..9000).map(|second| line(second, 1000)).collect();
        lines[8998] = "not a record\n".to_owned();
        let text = lines.concat();
        let inspection = inspect(&text, 1 << 20);
        assert!(!inspection.is_whole && inspection.events < 9000, "{}", inspection.events);
        assert!(inspection.sample_bytes < inspection.stored_bytes);
        assert_eq!(inspection.records, inspection.events + inspection.rejected);
        let said = inspection.looked_at(|bytes| bytes.to_string());
        assert!(said.contains("at 8 later places, the last its end"), "{said}");
        let ninth_thousand = Some(1_714_521_600_000_000_000 + 8999 * 1_000_000_000);
        assert_eq!(inspection.end_nanos, ninth_thousand, "the end of the times is that of the capture");
        let [problem] = &inspection.problems[..] else { panic!("{:?}", inspection.problems) };
        let begin = problem.source.offset as usize;
        assert!(text[begin..].starts_with("not a record"), "its place is that in the whole capture");
        assert_eq!(problem.line, None, "which line that is, is not known");

        let stopped = {
            let folder = tempfile::tempdir().expect("a folder can be made");
            let path = folder.path().join("app.jsonl");
            std::fs::write(&path, &text).expect("the file can be written");
            let options = OpenOptions::default();
            Inspection::of(&path, &options, 1 << 30, |read| read < 3 << 20).expect("the capture opens")
        };
        assert_eq!((stopped.is_whole, stopped.later_places), (false, 0));
        let said = stopped.looked_at(|bytes| format!("{} MiB", bytes >> 20));
        assert_eq!(said, "the first 3 MiB of 8 MiB");
    }

    #[test]
    fn places_in_lists_are_one_path() {
        for (path, general) in [("a[12].b[0]", "a[].b[]"), ("a[x]", "a[x]"), ("[", "["), ("a[1", "a[1")] {
            assert_eq!(without_places(path), general);
        }
    }
}
