//! Notes that say the same of every part of a capture that they are met in, such as what is assumed of the times of each
//! member: what of such a note is the same and what is counted, so that whoever keeps them can keep one for all.

use std::fmt::Write;

/// What to do where the zone of times is assumed.
pub(crate) const ZONE_HINT: &str =
    "Compare with a capture whose zone is known; the order of events does not depend on it.";
/// What to do where the year of times is assumed.
pub(crate) const YEAR_HINT: &str = "Where no year is given, the one that fits the file's modification time is taken; give the right one with \
     `--assumed-year`. Compare with a capture whose times are known; the order of events does not depend on them.";
/// What to do about fields that are not read.
pub(crate) const FIELD_HINT: &str = "The records were kept without it; its values are in the capture. \
     Where a newer version of the format has it, a newer version of this program may read it.";

/// Members that are named where several say the same.
const MOST_NAMED: usize = 3;
const TIMES: &str = ": passed over ";

/// What several notes of one capture say alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    says: String,
    hint: String,
    times: Option<u64>,
    members: Vec<String>,
    /// Notes that were joined.
    notes: u64,
}

impl Repeated {
    /// Hints by which such notes are known, and known again.
    pub const HINTS: [&str; 3] = [ZONE_HINT, YEAR_HINT, FIELD_HINT];

    /// The note with these words, of a capture without members or of this one of them; none where it is of another kind.
    pub fn of(reason: &str, hint: &str, member: Option<&str>) -> Option<Self> {
        if !Self::HINTS.contains(&hint) {
            return None;
        }
        let says = match member {
            Some(member) => reason.strip_prefix(member)?.strip_prefix(": ")?,
            None => reason,
        };
        let counted = || {
            let (says, times) = says.rsplit_once(TIMES)?;
            let times = times.strip_suffix(" times").or_else(|| times.strip_suffix(" time"))?;
            Some((says, times.parse().ok()?))
        };
        let (says, times) = match counted().filter(|_| hint == FIELD_HINT) {
            Some((says, times)) => (says, Some(times)),
            None => (says, None),
        };
        let members = member.map(str::to_owned).into_iter().collect();
        Some(Self { says: says.to_owned(), hint: hint.to_owned(), times, members, notes: 1 })
    }

    /// What is said of a field that was passed over so many times.
    pub(crate) fn of_field(path: &str, times: u64) -> String {
        let mut reason = format!("the field {path} is in no version of the format that is known here");
        counted(&mut reason, times);
        reason
    }

    /// What notes have alike that can be joined.
    pub fn key(&self) -> (String, String) {
        (self.says.clone(), self.hint.clone())
    }

    /// Takes a note that came after and has the same key.
    pub fn join(&mut self, other: &Self) {
        self.times = self.times.zip(other.times).map(|(times, more)| times.saturating_add(more));
        for member in &other.members {
            if self.members.last() != Some(member) {
                self.members.push(member.clone());
            }
        }
        self.notes += other.notes;
    }

    /// Whether more than one note was joined.
    pub fn is_joined(&self) -> bool {
        self.notes > 1
    }

    /// What one note says for all.
    pub fn reason(&self) -> String {
        let mut reason = match &self.members[..] {
            [] => String::new(),
            [member] => format!("{member}: "),
            members => {
                let named =
                    members.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
                let more = match members.len().saturating_sub(MOST_NAMED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!("{} members ({named}{more}): ", members.len())
            }
        };
        reason.push_str(&self.says);
        if let Some(times) = self.times {
            counted(&mut reason, times);
        }
        reason
    }
}

/// The notes of a batch that count something up: what, which of its problems, how often.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedNotes(Vec<(String, usize, u64)>);

impl CountedNotes {
    /// Fields that are told apart in one batch; the others are counted together.
    const MOST: usize = 64;
    const OTHERS: &str = "of some other name";

    /// What follows is counted anew, as for another member.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    fn name<'n>(&self, path: &'n str) -> &'n str {
        let is_known = || self.0.iter().any(|(known, _, _)| known == path);
        if self.0.len() < Self::MOST || is_known() { path } else { Self::OTHERS }
    }

    /// Where it was counted before: which problem, and its words: the bytes of the former and the present ones.
    pub(crate) fn again(&mut self, path: &str) -> Option<(usize, (usize, String))> {
        let name = self.name(path);
        let (known, problem, times) = self.0.iter_mut().find(|(known, _, _)| known == name)?;
        let before = Repeated::of_field(known, *times).len();
        *times += 1;
        Some((*problem, (before, Repeated::of_field(known, *times))))
    }

    /// Counts it for the first time, as this problem; gives its words.
    pub(crate) fn first(&mut self, path: &str, problem: usize) -> String {
        let name = self.name(path).to_owned();
        let reason = Repeated::of_field(&name, 1);
        self.0.push((name, problem, 1));
        reason
    }
}

fn counted(reason: &mut String, times: u64) {
    let unit = if times == 1 { "time" } else { "times" };
    write!(reason, "{TIMES}{times} {unit}").expect("writing to a String does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_that_say_the_same_are_one_that_names_the_first_members() {
        let zone = "the time stamps name no zone; they are taken to be UTC";
        let of = |member: &str| {
            Repeated::of(&format!("{member}: {zone}"), ZONE_HINT, Some(member)).expect("it is an assumption")
        };
        let mut all = of("a.log");
        assert_eq!((all.reason(), all.is_joined()), (format!("a.log: {zone}"), false));
        for member in ["b.log", "c.log", "d.log", "e.log"] {
            all.join(&of(member));
        }
        assert_eq!(all.reason(), format!("5 members (a.log, b.log, c.log and 2 more): {zone}"));
        let other = Repeated::of("some other", ZONE_HINT, None).expect("it is one too");
        assert_ne!(all.key(), other.key());
        assert_eq!(Repeated::of("a.log: x", "Look at it.", Some("a.log")), None);
        assert_eq!(Repeated::of("b.log: x", ZONE_HINT, Some("a.log")), None);
    }

    #[test]
    fn counts_are_added_up() {
        let of = |times| {
            Repeated::of(&Repeated::of_field("Span.colour", times), FIELD_HINT, None)
                .expect("it is of a field")
        };
        let mut all = of(1);
        assert!(all.reason().ends_with("known here: passed over 1 time"), "{}", all.reason());
        all.join(&of(41));
        assert!(all.is_joined());
        assert!(all.reason().ends_with("known here: passed over 42 times"), "{}", all.reason());
    }
}
