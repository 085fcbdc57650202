//! A place in a stream, as a person names it.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A time, or a position in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nanoseconds since 1970-01-01 UTC.
    Nanos(i64),
    /// Position from 0.
    Position(u64),
}

impl Moment {
    /// A whole number is a position, everything else a time as RFC 3339 writes it. The error says what would do.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Ok(position) = text.parse() {
            return Ok(Self::Position(position));
        }
        let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| {
            format!("“{text}” is neither an event position nor a time such as 2026-03-01T12:00:00Z")
        })?;
        i64::try_from(time.unix_timestamp_nanos()).map(Self::Nanos).map_err(|_| {
            format!("“{text}” is outside the years 1677 to 2262 that can be given to the nanosecond")
        })
    }
}
