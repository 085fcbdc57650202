//! Notes that say the same of every part of a capture that they are met in, such as what is assumed of the times of each
//! member: what of such a note is the same and what is counted, so that whoever keeps them can keep one for all.

use std::fmt::Write;

/// Members that are named where several say the same.
const MOST_NAMED: usize = 3;

/// What such a note is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RepeatedKind {
    /// The zone of times is assumed.
    Zone,
    /// The year of times is assumed, their zone perhaps too.
    Year,
    /// Which number of a date is the day is assumed, their zone perhaps too.
    Day,
    /// That a number is a time is assumed.
    Number,
    /// A field is not read, so often.
    Field,
}

impl RepeatedKind {
    const ALL: [Self; 5] = [Self::Zone, Self::Year, Self::Day, Self::Number, Self::Field];

    /// The stable name used in the case file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zone => "zone",
            Self::Year => "year",
            Self::Day => "day",
            Self::Number => "number",
            Self::Field => "field",
        }
    }

    /// The kind with this stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What to do about it.
    pub(crate) const fn hint(self) -> &'static str {
        match self {
            Self::Zone => {
                "Compare with a capture whose zone is known; the order of events does not depend on it."
            }
            Self::Year => {
                "Where no year is given, the one that fits the file's modification time is taken; give the right one with \
                 `--assumed-year`. Compare with a capture whose times are known; the order of events does not depend on them."
            }
            Self::Day => {
                "Compare with what is known of these days: if another number is the day, the times are wrong. A capture that \
                 reaches beyond the twelfth of a month shows which it is, at its begin, its end or places between."
            }
            Self::Number => {
                "Compare with what is known of these times: where the number is something else, they are wrong, and the events \
                 have none."
            }
            Self::Field => {
                "The records were kept without it; its values are in the capture. \
                 Where a newer version of the format has it, a newer version of this program may read it."
            }
        }
    }
}

/// What one such note says, or several of one capture that say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// What it is of.
    pub kind: RepeatedKind,
    /// What is assumed, in words, or the path of the field.
    pub about: String,
    /// How often it was met, where that is counted.
    pub times: u64,
    /// The members that say it, in their order; none where the capture is no set of them.
    pub members: Vec<String>,
}

impl Repeated {
    /// An assumption, in words.
    pub(crate) fn assumed(kind: RepeatedKind, about: String) -> Self {
        Self { kind, about, times: 0, members: Vec::new() }
    }

    /// A field that was passed over for the first time.
    fn of_field(path: &str) -> Self {
        Self { kind: RepeatedKind::Field, about: path.to_owned(), times: 1, members: Vec::new() }
    }

    /// What notes have alike that can be joined.
    pub fn key(&self) -> (RepeatedKind, String) {
        (self.kind, self.about.clone())
    }

    /// Takes a note that came after and has the same key.
    pub fn join(&mut self, other: Self) {
        self.times = self.times.saturating_add(other.times);
        for member in other.members {
            if self.members.last() != Some(&member) {
                self.members.push(member);
            }
        }
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
        match self.kind {
            RepeatedKind::Zone | RepeatedKind::Year | RepeatedKind::Day | RepeatedKind::Number => {
                reason.push_str(&self.about);
            }
            RepeatedKind::Field => {
                let (path, times) = (&self.about, self.times);
                let unit = if times == 1 { "time" } else { "times" };
                write!(
                    reason,
                    "the field {path} is in no version of the format that is known here: passed over {times} {unit}"
                )
                .expect("writing to a String does not fail");
            }
        }
        reason
    }
}

/// The notes of a batch that count something up: what, and which of its problems.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedNotes(Vec<(String, usize)>);

impl CountedNotes {
    /// Fields that are told apart in one batch; the others are counted together.
    const MOST: usize = 64;
    const OTHERS: &str = "of some other name";

    /// What follows is counted anew, as for another member.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Which problem counts this field; where none does yet, the note that is to be the problem of number `next`.
    pub(crate) fn of_field(&mut self, path: &str, next: usize) -> Result<usize, Repeated> {
        let find = |name: &str| self.0.iter().find(|(known, _)| known == name).map(|(_, problem)| *problem);
        let name = if self.0.len() < Self::MOST { path } else { Self::OTHERS };
        if let Some(problem) = find(path).or_else(|| find(name)) {
            return Ok(problem);
        }
        self.0.push((name.to_owned(), next));
        Err(Repeated::of_field(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_member(note: &Repeated, member: &str) -> Repeated {
        Repeated { members: vec![member.to_owned()], ..note.clone() }
    }

    #[test]
    fn notes_that_say_the_same_are_one_that_names_the_first_members() {
        let zone = "the time stamps name no zone; they are taken to be UTC";
        let note = Repeated::assumed(RepeatedKind::Zone, zone.to_owned());
        let mut all = in_member(&note, "a.log");
        assert_eq!(all.reason(), format!("a.log: {zone}"));
        for member in ["b.log", "b.log", "c.log", "d.log", "e.log"] {
            all.join(in_member(&note, member));
        }
        assert_eq!(all.reason(), format!("5 members (a.log, b.log, c.log and 2 more): {zone}"));
        let year = Repeated::assumed(RepeatedKind::Year, zone.to_owned());
        assert_ne!(all.key(), year.key());
    }

    #[test]
    fn counts_are_added_up_whatever_the_field_is_called() {
        for path in ["Span.colour", ": passed over 7 times"] {
            let mut all = Repeated::of_field(path);
            assert!(all.reason().ends_with("known here: passed over 1 time"), "{}", all.reason());
            all.join(Repeated { times: 41, ..Repeated::of_field(path) });
            assert!(all.reason().ends_with("known here: passed over 42 times"), "{}", all.reason());
        }
    }

    #[test]
    fn a_kind_is_known_again_by_its_name() {
        for kind in RepeatedKind::ALL {
            assert_eq!(RepeatedKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(RepeatedKind::from_name("other"), None);
    }
}
