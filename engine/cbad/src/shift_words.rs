//! What shifted, in plain words.

use crate::event::{Signal, StreamKey};
use crate::kind_names;
use crate::quantity;
use crate::result::{Lens, Shift, ShiftKind, Unit};
use crate::words::{self, cut, events};

impl ShiftKind {
    /// What happened, in two or three words: a column of a table.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::MoreOften => "more often",
            Self::LessOften => "less often",
            Self::Missing => "missing",
            Self::Burst => "faster",
            Self::Thinning => "slower",
            Self::Silence => "silence",
            Self::Higher => "higher",
            Self::Lower => "lower",
            Self::Wider => "varies more",
            Self::Narrower => "varies less",
            Self::Flat => "stands still",
            Self::Spike => "spike",
            Self::Trend => "drifts",
            Self::NewStep => "new order",
        }
    }
}

impl Shift {
    /// What it was in the window, as a person reads it: `12 %`, `3.4 ms`, `never`.
    pub fn in_window(&self) -> String {
        amounts(self).0
    }

    /// What shifted, with what usually stands there where that is known.
    pub fn what(&self) -> String {
        match &self.left_out {
            Some(usual) => format!("{} (usually after {usual})", self.name),
            None => self.name.clone(),
        }
    }

    /// What it was in the baseline.
    pub fn in_baseline(&self) -> String {
        amounts(self).1
    }
}

/// What a person sees happen, as a clause: the first sentence has the first of them.
pub(crate) fn what_shifted(shift: &Shift, key: &StreamKey) -> String {
    let (here, usual) = amounts(shift);
    let name = in_stream(shift, key);
    // The share of a field's value is of the events that have the field.
    let events = match shift.name.split_once('=').filter(|_| shift.lens == Lens::Values) {
        Some((field, _)) => format!("{} with {}", events(key.signal), cut(field)),
        None => events(key.signal).to_owned(),
    };
    let kind = quoted(&shift.name);
    match shift.kind {
        ShiftKind::MoreOften if shift.baseline > 0.0 => {
            format!("{kind} makes up {here} of the {events}, usually {usual}")
        }
        ShiftKind::MoreOften => format!("{kind} makes up {here} of the {events}, and usually never comes"),
        ShiftKind::LessOften => format!("{kind} makes up only {here} of the {events}, usually {usual}"),
        ShiftKind::Missing => format!("{kind} is missing, which usually makes up {usual} of the {events}"),
        ShiftKind::Burst => format!("{events} come faster than usual, {here} instead of {usual}"),
        ShiftKind::Thinning => format!("{events} come more slowly than usual, {here} instead of {usual}"),
        ShiftKind::Silence => format!("nothing came for {here}; the longest pause elsewhere is {usual}"),
        ShiftKind::Higher | ShiftKind::Lower if here == usual => {
            format!(
                "{name} is {} than usual on the whole, with {here} in the middle as ever",
                shift.kind.phrase()
            )
        }
        ShiftKind::Higher => format!("{name} is higher than usual, {here} instead of {usual}"),
        ShiftKind::Lower => format!("{name} is lower than usual, {here} instead of {usual}"),
        ShiftKind::Wider => format!("{name} varies more than usual, by {here} instead of {usual}"),
        ShiftKind::Narrower => format!("{name} varies less than usual, by {here} instead of {usual}"),
        ShiftKind::Flat => format!("{name} stands still at {here}, which it usually does not"),
        ShiftKind::Spike if shift.window < shift.baseline => {
            format!("{name} falls to {here}, usually {usual} at least")
        }
        ShiftKind::Spike => format!("{name} reaches {here}, usually {usual} at most"),
        ShiftKind::Trend if shift.window < shift.baseline => {
            format!("{name} falls steadily to {here}; its usual level is {usual}")
        }
        ShiftKind::Trend => format!("{name} climbs steadily to {here}; its usual level is {usual}"),
        ShiftKind::NewStep => {
            let how_often = match shift.baseline {
                0.0 => "usually never".to_owned(),
                _ => format!("and only {usual} in all of the baseline"),
            };
            let step = match shift.name.split_once(" → ") {
                Some((before, after)) => {
                    let (before, after) = (quoted(before), quoted(after));
                    format!("{after} comes right after {before} {here}, {how_often}")
                }
                None => format!("{kind} comes {here}, {how_often}"),
            };
            match &shift.left_out {
                Some(usual) => format!("{step}; what usually comes before it is {}", quoted(usual)),
                None => step,
            }
        }
    }
}

/// The name of what shifted, beside that of its stream: the values of a metric have the stream's own name, which can be long.
fn in_stream(shift: &Shift, key: &StreamKey) -> String {
    if key.signal == Signal::Metric && shift.name == key.name {
        return "it".to_owned();
    }
    let statistic = shift.name.strip_suffix(&key.name).and_then(|label| label.strip_suffix(" of "));
    match statistic.filter(|_| key.signal == Signal::Metric) {
        Some(statistic) => format!("its {statistic}"),
        // The name of a field reads as a word of the sentence otherwise; the others say what they are.
        None if is_path(&shift.name) => format!("“{}”", cut(&shift.name)),
        None => cut(&shift.name),
    }
}

/// Whether a name is that of a field: without blanks, and not quoted yet.
fn is_path(name: &str) -> bool {
    !name.contains(char::is_whitespace) && !name.contains('“')
}

/// A kind of event by its name; that of all rare ones is no quotation.
pub(crate) fn quoted(name: &str) -> String {
    if let Some((group, most)) =
        name.split_once(kind_names::MOSTLY).filter(|(group, _)| *group == kind_names::AGAIN)
    {
        format!("the group of {group}{}{},", kind_names::MOSTLY, quoted(most))
    } else if name == kind_names::RARE || name == kind_names::AGAIN {
        format!("the group of {name}")
    } else {
        format!("“{}”", cut(name))
    }
}

/// What a lens looks at, in words.
pub(crate) const fn looked_at(lens: Lens) -> &'static str {
    match lens {
        Lens::Content => "the wording",
        Lens::Mix => "the mix of kinds",
        Lens::Rate => "the pace",
        Lens::Values => "the values",
        Lens::Order => "the order",
    }
}

/// The amount here and the usual one, in the same unit and with digits enough to tell them apart.
fn amounts(shift: &Shift) -> (String, String) {
    let (here, usual) = (shift.window, shift.baseline);
    match shift.unit {
        Unit::Number if shift.kind == ShiftKind::Flat => (words::number(here), words::number(usual)),
        Unit::Percent => percents(here, usual),
        Unit::PerSecond => paces(here, usual),
        Unit::Times => (times(here), times(usual)),
        unit => quantity::told_apart(here, usual, unit),
    }
}

/// Two shares with digits enough to tell them apart.
pub(crate) fn percents(here: f64, usual: f64) -> (String, String) {
    let said = (percent(here), percent(usual));
    if said.0 != said.1 || here.total_cmp(&usual).is_eq() {
        return said;
    }
    let at = |digits: usize| (format!("{here:.digits$} %"), format!("{usual:.digits$} %"));
    (1..8).map(at).find(|(a, b)| a != b).unwrap_or(said)
}

fn percent(value: f64) -> String {
    match value {
        v if v > 0.0 && v < 0.1 => "under 0.1 %".to_owned(),
        v if v < 10.0 => format!("{} %", words::number((v * 10.0).round() / 10.0)),
        v => format!("{v:.0} %"),
    }
}

/// Two paces in the unit in which the slower one is at least 1, where there is one; the second without it where the first has it.
fn paces(here: f64, usual: f64) -> (String, String) {
    let [here_in_unit, usual_in_unit] = paces_in_unit(here, usual);
    if here <= 0.0 {
        return (here_in_unit, usual_in_unit);
    }
    let number = usual_in_unit.split(' ').next().unwrap_or_default().to_owned();
    (here_in_unit, number)
}

/// Two paces, each with the unit in which the slower one is at least 1, where there is one.
pub(crate) fn paces_in_unit(here: f64, usual: f64) -> [String; 2] {
    let slower = if here > 0.0 && here < usual { here } else { usual };
    let (factor, unit) = match slower {
        s if s >= 1.0 => (1.0, "a second"),
        s if s * 60.0 >= 1.0 => (60.0, "a minute"),
        _ => (3600.0, "an hour"),
    };
    [here, usual].map(|pace| match pace {
        p if p <= 0.0 => "all at one instant".to_owned(),
        p => format!("{} {unit}", words::significant(p * factor, 2)),
    })
}

fn times(value: f64) -> String {
    match value as u64 {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{n} times"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_that_differ_never_read_the_same() {
        let said = |here, usual| percents(here, usual);
        assert_eq!(said(6.5, 12.0), ("6.5 %".to_owned(), "12 %".to_owned()));
        assert_eq!(said(0.01, 0.02), ("0.01 %".to_owned(), "0.02 %".to_owned()));
        assert_eq!(said(99.6, 99.9), ("99.6 %".to_owned(), "99.9 %".to_owned()));
        assert_eq!(said(0.01, 0.01), ("under 0.1 %".to_owned(), "under 0.1 %".to_owned()));
        assert_eq!(paces(1.2, 1.0), ("1.2 a second".to_owned(), "1".to_owned()));
        assert_eq!(paces(0.0, 3.1), ("all at one instant".to_owned(), "3.1 a second".to_owned()));
    }
}
