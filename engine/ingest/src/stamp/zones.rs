//! Names of time zones behind a clock time, as the tables of the tz database and RFC 2822 have them.
//!
//! A name that several zones share in everyday logs is not guessed at: its time counts as UTC, and that is said. Two names
//! whose other meanings hardly ever stand in logs are applied, and that is said too.

/// What the text behind a clock time says of its zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Zone {
    /// Nothing: the time is taken to be UTC.
    #[default]
    Missing,
    /// An offset, UTC itself, or a name that means one offset.
    Written,
    /// A name whose common meaning is applied although it has another.
    Likely(&'static str),
    /// A name that means several offsets: the time is taken to be UTC.
    Unclear(&'static str),
    /// What stands where a zone would, and is in no table: the time is taken to be UTC.
    Unknown,
}

/// What a name means: minutes east of UTC, and how sure that is.
#[derive(Clone, Copy)]
enum Meaning {
    Sure(i32),
    Likely(i32),
    Unclear,
}

/// The longest name, and the longest word that may stand for one.
pub(super) const MOST_LETTERS: usize = 5;

use Meaning::{Likely, Sure, Unclear};

const NAMES: [(&str, Meaning); 63] = [
    ("ACDT", Sure(630)),
    ("ACST", Sure(570)),
    ("ADT", Sure(-180)),
    ("AEDT", Sure(660)),
    ("AEST", Sure(600)),
    ("AKDT", Sure(-480)),
    ("AKST", Sure(-540)),
    ("AMT", Unclear),
    ("ART", Sure(-180)),
    ("AST", Unclear),
    ("AWST", Sure(480)),
    ("BRT", Sure(-180)),
    ("BST", Likely(60)),
    ("CAT", Sure(120)),
    ("CDT", Likely(-300)),
    ("CEST", Sure(120)),
    ("CET", Sure(60)),
    ("CLST", Sure(-180)),
    ("CLT", Sure(-240)),
    ("CST", Unclear),
    ("EAT", Sure(180)),
    ("ECT", Unclear),
    ("EDT", Sure(-240)),
    ("EEST", Sure(180)),
    ("EET", Sure(120)),
    ("EST", Sure(-300)),
    ("GMT", Sure(0)),
    ("GST", Unclear),
    ("HDT", Sure(-540)),
    ("HKT", Sure(480)),
    ("HST", Sure(-600)),
    ("ICT", Sure(420)),
    ("IDT", Sure(180)),
    ("IRST", Sure(210)),
    ("IST", Unclear),
    ("JST", Sure(540)),
    ("KST", Sure(540)),
    ("MDT", Sure(-360)),
    ("MEST", Sure(120)),
    ("MESZ", Sure(120)),
    ("MEZ", Sure(60)),
    ("MSD", Sure(240)),
    ("MSK", Sure(180)),
    ("MST", Sure(-420)),
    ("NDT", Sure(-150)),
    ("NPT", Sure(345)),
    ("NST", Sure(-210)),
    ("NZDT", Sure(780)),
    ("NZST", Sure(720)),
    ("PDT", Sure(-420)),
    ("PHT", Sure(480)),
    ("PKT", Sure(300)),
    ("PST", Sure(-480)),
    ("SAST", Sure(120)),
    ("SGT", Sure(480)),
    ("SST", Unclear),
    ("UCT", Sure(0)),
    ("UTC", Sure(0)),
    ("WAT", Sure(60)),
    ("WEST", Sure(60)),
    ("WET", Sure(0)),
    ("WIB", Sure(420)),
    ("Z", Sure(0)),
];

/// What a name says, and its offset in seconds east of UTC; nothing where it is in no table.
pub(super) fn of_name(name: &[u8]) -> Option<(Zone, i32)> {
    let found = NAMES.binary_search_by(|(known, _)| known.as_bytes().cmp(name)).ok()?;
    let (name, meaning) = NAMES[found];
    Some(match meaning {
        Sure(minutes) => (Zone::Written, minutes * 60),
        Likely(minutes) => (Zone::Likely(name), minutes * 60),
        Unclear => (Zone::Unclear(name), 0),
    })
}

impl Zone {
    /// Whether the time is taken to be UTC for want of anything better.
    pub(crate) const fn is_assumed(self) -> bool {
        matches!(self, Self::Missing | Self::Unclear(_) | Self::Unknown)
    }

    /// What was made of it, for a person; nothing where the text says it all.
    pub(crate) fn assumption(self) -> Option<String> {
        Some(match self {
            Self::Written => return None,
            Self::Missing => "the time stamps name no zone; they are taken to be UTC".to_owned(),
            Self::Unknown => {
                "the time stamps name a zone that is in no table; they are taken to be UTC".to_owned()
            }
            Self::Unclear(name) => {
                format!("the zone {name} of the time stamps means several offsets; they are taken to be UTC")
            }
            Self::Likely(name) => {
                let minutes = of_name(name.as_bytes()).map_or(0, |(_, seconds)| seconds / 60);
                let sign = if minutes < 0 { '-' } else { '+' };
                let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
                format!(
                    "the zone {name} of the time stamps has more than one meaning; it is taken to be UTC{sign}{hours:02}:{minutes:02}"
                )
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_its_offsets_are_ones_that_exist() {
        assert!(NAMES.is_sorted_by(|(a, _), (b, _)| a < b), "a binary search needs that");
        for (name, meaning) in NAMES {
            assert!((1..=MOST_LETTERS).contains(&name.len()), "{name}");
            if let Sure(minutes) | Likely(minutes) = meaning {
                assert!((-720..=840).contains(&minutes) && minutes % 15 == 0, "{name}");
            }
        }
    }

    #[test]
    fn what_a_name_means() {
        assert_eq!(of_name(b"CEST"), Some((Zone::Written, 7200)));
        assert_eq!(of_name(b"BST"), Some((Zone::Likely("BST"), 3600)));
        assert_eq!(of_name(b"IST"), Some((Zone::Unclear("IST"), 0)));
        assert_eq!(of_name(b"INFO"), None);
        let said = Zone::Likely("CDT").assumption().expect("a guess is said");
        assert!(said.ends_with("taken to be UTC-05:00"), "{said}");
    }
}
