//! One record with named fields: which of them is the time, the severity, the message, and what is left.

use crate::budget::Budget;
use crate::field_names::{Role, is_wrapper, role_of, time_rank};
use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::value::{flatten, number_value};
use crate::severity;
use crate::stamp::{self, Stamp, Years};
use crate::times::YEAR_OF_LAST_RESORT;
use cbad::{ByteRange, Event, Field, Severity, Value};

/// Named fields in the order written, with the time that its best time field gives.
#[derive(Default)]
pub(crate) struct Record {
    pub(crate) fields: Vec<Field>,
    /// Rank of the time field, its place among the fields, and the time.
    time: Option<(u8, usize, i64)>,
    /// What was made of a date and a time of day.
    joined: Option<Stamp>,
}

impl Record {
    /// A record of fields that are read already.
    pub(crate) fn of_fields(fields: Vec<Field>, years: Years) -> Self {
        let mut record = Self::default();
        for field in fields {
            record.push(field.path, field.value, years);
        }
        record
    }

    /// Takes a field that is text or a number; it may turn out to be the time.
    pub(crate) fn push(&mut self, path: String, value: Value, years: Years) {
        if let Some(rank) = time_rank(&path)
            && let Some(nanos) = time_of_value(&value, years)
        {
            self.take_time(rank, self.fields.len(), nanos);
        }
        self.fields.push(Field { path, value });
    }

    /// The field at `index` is the time, unless a more telling one is.
    pub(crate) fn take_time(&mut self, rank: u8, index: usize, nanos: i64) {
        if self.time.is_none_or(|(best, ..)| rank < best) {
            self.time = Some((rank, index, nanos));
        }
    }

    /// Reads a value of any kind as the field of this path; it may hold the time.
    pub(crate) fn read_value(
        &mut self,
        cursor: &mut Cursor<'_>,
        path: &str,
        years: Years,
        budget: &mut Budget,
    ) -> Read<()> {
        let begin = self.fields.len();
        flatten(cursor, &mut path.to_owned(), &mut self.fields, budget)?;
        self.take_time_within(begin, years);
        Ok(())
    }

    /// The time may be one of the fields from `begin` on, by its whole path.
    fn take_time_within(&mut self, begin: usize, years: Years) {
        for index in begin..self.fields.len() {
            let field = &self.fields[index];
            if let Some(rank) = time_rank(&field.path)
                && let Some(nanos) = time_of_value(&field.value, years)
            {
                self.take_time(rank, index, nanos);
            }
        }
    }

    /// Whether a field holds its time.
    pub(crate) fn is_timed(&self) -> bool {
        self.time.is_some()
    }

    /// Where no field holds the time by itself, a date and a time of day do together, in the zone beside them where there is
    /// one (`date=2015-05-17 time=10:05:03 tz="+0200"` of firewalls); both leave the list. They may stand within `timestamp`,
    /// as `sadf` writes them.
    pub(crate) fn join_date_and_time(&mut self, years: Years) {
        if self.time.is_some() {
            return;
        }
        let place = |name: &str| {
            self.fields.iter().position(|Field { path, .. }| {
                path.strip_prefix("timestamp.").unwrap_or(path).eq_ignore_ascii_case(name)
            })
        };
        let (Some(date), Some(time)) = (place("date"), place("time")) else { return };
        let text = |place: usize| match &self.fields[place].value {
            Value::Text(text) => text.trim().to_owned(),
            Value::Int(digits) => digits.to_string(),
            _ => String::new(),
        };
        let joined = format!("{} {}", text(date), text(time));
        let zone = place("tz").map(&text).or_else(|| (text(place("utc")?) == "1").then(|| "Z".to_owned()));
        let zoned = zone.and_then(|zone| stamp::whole_stamp(format!("{joined}{zone}").as_bytes(), years));
        if let Some(stamp) = zoned.or_else(|| stamp::whole_stamp(joined.as_bytes(), years)) {
            self.joined = Some(stamp);
            self.fields.remove(date);
            self.time = Some((u8::MAX, time - usize::from(date < time), stamp.nanos));
        }
    }

    /// What a date and a time of day say together that stand apart in the record, where they are its time.
    pub(crate) fn joined(&self) -> Option<Stamp> {
        self.joined
    }

    /// Reads an object.
    pub(crate) fn read(cursor: &mut Cursor<'_>, years: Years, budget: &mut Budget) -> Read<Self> {
        let mut record = Self::default();
        let mut path = String::new();
        cursor.object(|cursor, key| {
            path.clear();
            path.push_str(&String::from_utf8_lossy(&key));
            let index = record.fields.len();
            let rank = time_rank(&path);
            let mut nanos = None;
            if rank.is_some() && cursor.kind()? == Kind::Number {
                let digits = cursor.number()?;
                nanos = stamp::epoch(digits.as_bytes());
                record.fields.push(Field { path: path.clone(), value: number_value(digits) });
            } else {
                flatten(cursor, &mut path, &mut record.fields, budget)?;
                if let (Some(_), Some(Field { value: Value::Text(text), .. })) =
                    (rank, record.fields.get(index))
                {
                    nanos = time_of(text.as_bytes(), years);
                }
                if is_wrapper(&key) {
                    record.take_time_within(index, years);
                }
            }
            if let (Some(rank), Some(nanos)) = (rank, nanos) {
                record.take_time(rank, index, nanos);
            }
            Ok(())
        })?;
        record.join_date_and_time(years);
        Ok(record)
    }

    /// A path that stands twice. RFC 8259 leaves open what that means, so a person should know.
    pub(crate) fn repeated_path(&self) -> Option<&str> {
        let mut hashes: Vec<u64> = self.fields.iter().map(|field| path_hash(field.path.as_bytes())).collect();
        hashes.sort_unstable();
        if !hashes.windows(2).any(|pair| pair[0] == pair[1]) {
            return None;
        }
        let mut paths: Vec<&str> = self.fields.iter().map(|field| field.path.as_str()).collect();
        paths.sort_unstable();
        paths.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }

    /// The event, and the service that the object names. Fields that became something else leave the list.
    pub(crate) fn into_event(self, source: ByteRange) -> (Option<String>, Event) {
        let mut event = Event::new(Vec::new(), source);
        // GELF counts its levels as syslog does.
        let is_gelf = self.fields.iter().any(|field| field.path == "short_message");
        let mut roles = Roles::of(self.fields);
        if let Some((_, index, nanos)) = self.time {
            event.time_nanos = Some(nanos);
            roles.taken.push(index);
        }
        let mut is_number = false;
        event.severity = roles.take(Role::Severity, |value| {
            is_number = matches!(value, Value::Int(_));
            severity_of(value, is_gelf)
        });
        event.severity = event.severity.or_else(|| roles.severity_of_status());
        event.trace_id = roles.take(Role::TraceId, id_of);
        event.span_id = roles.take(Role::SpanId, id_of);
        let service = roles.take(Role::Service, |value| match value {
            Value::Text(text) if !text.is_empty() => Some(std::mem::take(text)),
            _ => None,
        });
        // Bunyan and pino, whose levels are numbers, call the program `name` beside its process; to others it is a logger.
        let service = service.or_else(|| is_number.then(|| roles.take_program()).flatten());
        let message = roles.take(Role::Message, |value| match value {
            Value::Text(text) => Some(std::mem::take(text).into_bytes()),
            Value::Bytes(bytes) => Some(std::mem::take(bytes)),
            _ => None,
        });
        event.body = message.unwrap_or_default();
        // Container runtimes keep the line end inside the message; that of a terminal has two bytes.
        if event.body.pop_if(|byte| *byte == b'\n').is_some() {
            event.body.pop_if(|byte| *byte == b'\r');
        }
        event.severity = event.severity.or_else(|| severity_said(&event.body));
        event.fields = roles.rest();
        (service, event)
    }
}

/// The time that a value is; none where it is neither text nor a number.
fn time_of_value(value: &Value, years: Years) -> Option<i64> {
    match value {
        Value::Text(text) => time_of(text.as_bytes(), years),
        Value::Int(whole) => stamp::epoch(whole.to_string().as_bytes()),
        Value::Float(number) => stamp::epoch(number.to_string().as_bytes()),
        _ => None,
    }
}

/// The time that a field says which holds nothing else: a stamp, or a number since 1970.
pub(crate) fn time_of(text: &[u8], years: Years) -> Option<i64> {
    stamp::whole(text, years).or_else(|| stamp::epoch(text))
}

/// FNV-1a, 64 bits: two paths of one object that differ and hash alike only cost a second look.
fn path_hash(path: &[u8]) -> u64 {
    path.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Fields with their roles, and which of them were taken out.
struct Roles {
    fields: Vec<Field>,
    /// Role, rank and place, in this order.
    found: Vec<(Role, u8, usize)>,
    taken: Vec<usize>,
}

impl Roles {
    fn of(fields: Vec<Field>) -> Self {
        let roles = fields
            .iter()
            .enumerate()
            .filter_map(|(index, field)| role_of(&field.path).map(|(role, rank)| (role, rank, index)));
        let mut found: Vec<_> = roles.collect();
        found.sort_unstable();
        Self { fields, found, taken: Vec::new() }
    }

    /// Takes out the most telling field of the role that `read` makes something of.
    fn take<T>(&mut self, role: Role, mut read: impl FnMut(&mut Value) -> Option<T>) -> Option<T> {
        let (fields, of_role) = (&mut self.fields, self.found.iter().filter(|(found, ..)| *found == role));
        let (index, value) =
            of_role.into_iter().find_map(|&(.., index)| Some((index, read(&mut fields[index].value)?)))?;
        self.taken.push(index);
        Some(value)
    }

    /// The severity that a status is. It stays a field, as `ok` and `200` do, which are none.
    fn severity_of_status(&self) -> Option<Severity> {
        let mut of_role = self.found.iter().filter(|(role, ..)| *role == Role::Status);
        of_role.find_map(|&(.., index)| match &self.fields[index].value {
            Value::Text(text) => severity::of_word(text.as_bytes()),
            _ => None,
        })
    }

    /// Takes out the name that stands beside the number of a process.
    fn take_program(&mut self) -> Option<String> {
        let place = |path: &str| self.fields.iter().position(|field| field.path == path);
        let (index, _) = (place("name")?, place("pid")?);
        match &mut self.fields[index].value {
            Value::Text(name) if !name.is_empty() => {
                self.taken.push(index);
                Some(std::mem::take(name))
            }
            _ => None,
        }
    }

    /// The fields that were not taken out, in the order written.
    fn rest(mut self) -> Vec<Field> {
        let mut index = 0;
        self.fields.retain(|_| {
            index += 1;
            !self.taken.contains(&(index - 1))
        });
        self.fields
    }
}

fn severity_of(value: &Value, is_gelf: bool) -> Option<Severity> {
    match value {
        Value::Text(text) => severity::of_field(text),
        Value::Int(number) if is_gelf => {
            u8::try_from(*number).ok().filter(|number| *number < 8).map(severity::of_priority)
        }
        Value::Int(number) => severity::of_json_number(*number),
        _ => None,
    }
}

/// The severity of a line of text that a record keeps whole.
fn severity_said(text: &[u8]) -> Option<Severity> {
    let line = &text[..memchr::memchr(b'\n', text).unwrap_or(text.len())];
    let stamp = stamp::find(line, Years::new(YEAR_OF_LAST_RESORT));
    severity::find(line, stamp.map(|stamp| (stamp.start, stamp.end)))
}

fn id_of<const N: usize>(value: &mut Value) -> Option<[u8; N]> {
    match value {
        Value::Text(text) => crate::ids::from_hex(text.as_bytes()).filter(|id| *id != [0; N]),
        _ => None,
    }
}
