//! A difference between two sides in plain words.

use crate::compare::{Amounts, Aspect, Change, Difference};
use crate::quantity;
use crate::shift_words::{paces, percent, quoted};
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
                (share(before, of_before), share(after, of_after))
            }
            Amounts::Pace { before, after } => {
                let (after, before_in_unit) = paces(after, before);
                // The unit stands behind the later one.
                let unit = after.split_once(' ').map(|(_, unit)| unit).unwrap_or_default();
                (format!("{before_in_unit} {unit}"), after.clone())
            }
            Amounts::Quantiles { before, after, unit } => {
                let (b, a) = match self.change {
                    Change::Wider | Change::Narrower => {
                        let reach = |low: f64, high: f64| {
                            format!("{} to {}", quantity::amount(low, unit), quantity::amount(high, unit))
                        };
                        return (reach(before[0], before[2]), reach(after[0], after[2]));
                    }
                    _ => (before[1], after[1]),
                };
                quantity::told_apart(b, a, unit)
            }
        }
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

fn share(events: u64, of: u64) -> String {
    percent(events as f64 * 100.0 / of.max(1) as f64)
}

fn often(events: u64) -> String {
    match events {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        n => format!("{} times", grouped(n)),
    }
}
