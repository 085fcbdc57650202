//! A difference between two sides in plain words.

use crate::compare::{Amounts, Aspect, Change, Difference};
use crate::quantity;
use crate::shift_words::{paces_in_unit, percents, quoted};
use crate::words::grouped;

impl Change {
    /// What happened, in a word or two: a column of a table.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::More => "more often",
            Self::Less => "less often",
            Self::Higher => "higher",
            Self::Lower => "lower",
            Self::Wider => "varies more",
            Self::Narrower => "varies less",
        }
    }
}

impl Difference {
    /// What happened to it, in a word or two.
    pub const fn phrase(&self) -> &'static str {
        match (self.aspect, self.change) {
            (Aspect::Pace, Change::Higher) => "faster",
            (Aspect::Pace, Change::Lower) => "slower",
            (_, change) => change.phrase(),
        }
    }

    /// What it was before and after, as a person reads it: `12 of 400`, `3.4 ms`, `never`.
    pub fn both_sides(&self) -> (String, String) {
        match self.amounts {
            Amounts::Events { before, after, .. } if matches!(self.change, Change::New | Change::Gone) => {
                (often(before), often(after))
            }
            // How often says little where the sides are not of one length.
            Amounts::Events { before, after, of_before, of_after } => {
                percents(share(before, of_before), share(after, of_after))
            }
            Amounts::Pace { before, after } => {
                let [after, before] = paces_in_unit(after, before);
                (before, after)
            }
            Amounts::Quantiles { before, after, unit } => {
                if self.is_of_reach() {
                    let reach = |[low, _, high]: [f64; 3]| {
                        format!("{} to {}", quantity::amount(low, unit), quantity::amount(high, unit))
                    };
                    return (reach(before), reach(after));
                }
                quantity::told_apart(before[1], after[1], unit)
            }
        }
    }

    /// Whether it is told by how far the values reach, and not by their middle.
    fn is_of_reach(&self) -> bool {
        let are_alike = |before: [f64; 3], after: [f64; 3]| before[1].total_cmp(&after[1]).is_eq();
        matches!(self.change, Change::Wider | Change::Narrower)
            || matches!(self.amounts, Amounts::Quantiles { before, after, .. } if are_alike(before, after))
    }

    /// The difference as a sentence.
    pub fn sentence(&self) -> String {
        let (before, after) = self.both_sides();
        let name = quoted(&self.name);
        match (self.aspect, self.change) {
            (Aspect::Pace, Change::Lower) => format!("Events come more slowly: {after}, before {before}."),
            (Aspect::Pace, _) => format!("Events come faster: {after}, before {before}."),
            (Aspect::Number, Change::Wider) => format!("{name} varies more: {after}, before {before}."),
            (Aspect::Number, Change::Narrower) => format!("{name} varies less: {after}, before {before}."),
            (Aspect::Number, change) if self.is_of_reach() => {
                format!("{name} is {}: {after}, before {before}.", change.phrase())
            }
            (Aspect::Number, change) => {
                format!("{name} is {}: its middle is {after}, before {before}.", change.phrase())
            }
            (aspect, Change::New) => format!("The {} {name} is new: {after}.", aspect.label()),
            (aspect, Change::Gone) => format!("The {} {name} is gone: {before} before.", aspect.label()),
            (aspect, change) => {
                format!("The {} {name} comes {}: {after}, before {before}.", aspect.label(), change.phrase())
            }
        }
    }
}

fn share(events: u64, of: u64) -> f64 {
    events as f64 * 100.0 / of.max(1) as f64
}

fn often(events: u64) -> String {
    match events {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        n => format!("{} times", grouped(n)),
    }
}
