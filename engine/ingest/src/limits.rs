//! What reading may cost, each limit by its name.

use std::fmt;

/// What reading a capture may cost; whatever goes beyond is rejected with its byte range, not held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest line, JSON document or protobuf frame, in bytes.
    pub record_bytes: u64,
    /// Longest text event after its continuation lines are joined, in bytes; the next line begins a new event.
    pub event_bytes: u64,
    /// Deepest nesting of a JSON value.
    pub depth: u32,
    /// Most values (records, attributes, array elements) that one line or frame may hold.
    pub values: u32,
    /// Most decoded bytes of the whole capture.
    pub decoded_bytes: u64,
    /// Most decoded bytes for each stored byte of a compressed capture …
    pub decoded_ratio: u64,
    /// … beyond this many, which a capture may have however little is stored.
    pub decoded_floor_bytes: u64,
    /// Most compressions and archives one inside another.
    pub wrappings: u32,
    /// Most members of a capture.
    pub entries: u64,
    /// Most memory that undoing one compression, or holding one archive inside another, may take, in bytes.
    pub memory_bytes: u64,
    /// Most streams that a capture may have; the events of further ones are kept together. For the caller, who keeps streams.
    pub streams: u64,
    /// Most seconds that an import may take; 0 for any. For the caller, who has a clock: no reading looks at it.
    pub seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            record_bytes: 64 << 20,
            event_bytes: 1 << 20,
            depth: 128,
            values: 2 << 20,
            decoded_bytes: 1 << 40,
            decoded_ratio: 200,
            decoded_floor_bytes: 64 << 20,
            wrappings: 3,
            entries: 100_000,
            memory_bytes: 128 << 20,
            streams: 100_000,
            seconds: 0,
        }
    }
}

/// A limit that cannot be set like that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitError {
    asked: String,
    what: &'static str,
}

impl fmt::Display for LimitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Limits::default().named().map(|(name, _)| name).to_vec();
        write!(formatter, "`{}` {}; the limits are {}", self.asked, self.what, names.join(", "))
    }
}

impl std::error::Error for LimitError {}

impl Limits {
    /// Each limit's name and value, in the order in which they are documented.
    pub fn named(&self) -> [(&'static str, u64); 12] {
        [
            ("record-bytes", self.record_bytes),
            ("event-bytes", self.event_bytes),
            ("depth", u64::from(self.depth)),
            ("values", u64::from(self.values)),
            ("decoded-bytes", self.decoded_bytes),
            ("decoded-ratio", self.decoded_ratio),
            ("decoded-floor-bytes", self.decoded_floor_bytes),
            ("wrappings", u64::from(self.wrappings)),
            ("entries", self.entries),
            ("memory-bytes", self.memory_bytes),
            ("streams", self.streams),
            ("seconds", self.seconds),
        ]
    }

    /// What each limit bounds, in the words of a person, by its name and in the order of [`Limits::named`].
    pub const MEANINGS: [(&'static str, &'static str); 12] = [
        ("record-bytes", "longest line, JSON document or protobuf frame, in bytes"),
        ("event-bytes", "longest text event after its continuation lines are joined, in bytes"),
        ("depth", "deepest nesting of a JSON value"),
        ("values", "most values that one line or frame may hold"),
        ("decoded-bytes", "most decoded bytes of the whole capture"),
        ("decoded-ratio", "most decoded bytes for each stored byte of a compressed capture"),
        ("decoded-floor-bytes", "decoded bytes that any capture may have, however little is stored"),
        ("wrappings", "most compressions and archives one inside another"),
        ("entries", "most files of a folder, entries of an archive"),
        ("memory-bytes", "most memory to undo one compression or to hold one inner archive, in bytes"),
        ("streams", "most streams; the events of further ones are kept together"),
        ("seconds", "most seconds that the import may take; 0 for any"),
    ];

    /// Sets one from `NAME=VALUE`. A value is a whole number, with `K`, `M`, `G` or `T` behind it for powers of 1024.
    pub fn set(&mut self, assignment: &str) -> Result<(), LimitError> {
        let error = |what| LimitError { asked: assignment.to_owned(), what };
        let (name, value) = assignment.split_once('=').ok_or(error("is not of the form NAME=VALUE"))?;
        let value = parse(value).ok_or(error("has no whole number for a value"))?;
        let small = || u32::try_from(value).map_err(|_| error("has too large a value"));
        match name {
            "record-bytes" => self.record_bytes = value,
            "event-bytes" => self.event_bytes = value,
            "depth" => self.depth = small()?,
            "values" => self.values = small()?,
            "decoded-bytes" => self.decoded_bytes = value,
            "decoded-ratio" => self.decoded_ratio = value,
            "decoded-floor-bytes" => self.decoded_floor_bytes = value,
            "wrappings" => self.wrappings = small()?,
            "entries" => self.entries = value,
            "memory-bytes" => self.memory_bytes = value,
            "streams" => self.streams = value,
            "seconds" => self.seconds = value,
            _ => return Err(error("names no limit")),
        }
        Ok(())
    }
}

fn parse(value: &str) -> Option<u64> {
    let shift = match value.chars().last()? {
        'K' => 10,
        'M' => 20,
        'G' => 30,
        'T' => 40,
        _ => 0,
    };
    let digits = if shift > 0 { &value[..value.len() - 1] } else { value };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_sets_its_own_limit_alone() {
        for (index, (name, _)) in Limits::default().named().into_iter().enumerate() {
            let mut limits = Limits::default();
            assert_eq!(Limits::MEANINGS[index].0, name);
            limits.set(&format!("{name}=7K")).expect("it is a limit");
            for (other, (value, default)) in limits.named().iter().zip(Limits::default().named()).enumerate()
            {
                assert_eq!(value.1, if other == index { 7 << 10 } else { default.1 }, "{name}");
            }
        }
    }

    #[test]
    fn what_is_no_limit_is_refused() {
        for wrong in
            ["", "depth", "depth=", "depth=x", "deep=3", "depth=5G", "decoded-bytes=17000000T", "depth=-1"]
        {
            let error = Limits::default().set(wrong).expect_err(wrong);
            assert!(error.to_string().contains("decoded-floor-bytes"), "{error}");
        }
    }
}
