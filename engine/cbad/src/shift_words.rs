//! What shifted, in plain words.

use crate::event::Signal;
use crate::result::{Shift, ShiftKind, Unit};
use crate::words;

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
        amount(self.window, self.unit)
    }

    /// What it was in the baseline.
    pub fn in_baseline(&self) -> String {
        amount(self.baseline, self.unit)
    }
}

/// Most characters of a name in a sentence.
const NAMED: usize = 100;

/// The clause of the first sentence: what a person sees happen.
pub(crate) fn what_shifted(shift: &Shift, signal: Signal) -> String {
    let (here, there) = (amount(shift.window, shift.unit), amount(shift.baseline, shift.unit));
    let name = name(&shift.name);
    let events = match signal {
        Signal::Log => "log lines",
        Signal::Metric => "values",
        Signal::Span => "spans",
        Signal::LlmCall => "calls",
    };
    match shift.kind {
        ShiftKind::MoreOften => format!("“{name}” is {here} of the {events}, and {there} in the baseline"),
        ShiftKind::LessOften => {
            format!("“{name}” is only {here} of the {events}, and {there} in the baseline")
        }
        ShiftKind::Missing => {
            format!("“{name}” is missing, which is {there} of the {events} in the baseline")
        }
        ShiftKind::Burst => format!("{events} come faster, {here} against {there} in the baseline"),
        ShiftKind::Thinning => format!("{events} come slower, {here} against {there} in the baseline"),
        ShiftKind::Silence => {
            format!("nothing came for {here}; the longest pause otherwise is {there}")
        }
        ShiftKind::Higher => format!("{name} is higher, {here} against {there} in the baseline"),
        ShiftKind::Lower => format!("{name} is lower, {here} against {there} in the baseline"),
        ShiftKind::Wider => format!("{name} varies more, over {here} against {there} in the baseline"),
        ShiftKind::Narrower => format!("{name} varies less, over {here} against {there} in the baseline"),
        ShiftKind::Flat => format!("{name} does not move from {here}, though it does in the baseline"),
        ShiftKind::Spike => format!("{name} reaches {here}, and {there} at most in the baseline"),
        ShiftKind::Trend => format!("{name} drifts steadily to {here}, from {there} in the baseline"),
        ShiftKind::NewStep => match shift.baseline {
            0.0 => format!("“{name}” happens {here}, and never in the baseline"),
            _ => format!("“{name}” happens {here}, and only {there} in the whole baseline"),
        },
    }
}

/// One shift of several, short.
pub(crate) fn shift(shift: &Shift) -> String {
    let (here, there) = (amount(shift.window, shift.unit), amount(shift.baseline, shift.unit));
    let name = name(&shift.name);
    let what = match shift.kind {
        ShiftKind::MoreOften => format!("more of “{name}” ({here} against {there})"),
        ShiftKind::LessOften => format!("less of “{name}” ({here} against {there})"),
        ShiftKind::Missing => format!("none of “{name}” ({there} in the baseline)"),
        ShiftKind::Burst => format!("{name} come faster ({here} against {there})"),
        ShiftKind::Thinning => format!("{name} come slower ({here} against {there})"),
        ShiftKind::Silence => format!("a pause of {here} (otherwise {there} at most)"),
        ShiftKind::Higher => format!("{name} is higher ({here} against {there})"),
        ShiftKind::Lower => format!("{name} is lower ({here} against {there})"),
        ShiftKind::Wider => format!("{name} varies more ({here} against {there})"),
        ShiftKind::Narrower => format!("{name} varies less ({here} against {there})"),
        ShiftKind::Flat => format!("{name} stands still at {here}"),
        ShiftKind::Spike => format!("{name} reaches {here} (otherwise {there} at most)"),
        ShiftKind::Trend => format!("{name} drifts to {here} (from {there})"),
        ShiftKind::NewStep => format!("“{name}” {here} (baseline: {there})"),
    };
    format!("{what}, {:.0} bits", shift.bits)
}

fn name(name: &str) -> String {
    let clean = name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
    if name.chars().count() <= NAMED {
        return clean.collect();
    }
    clean.take(NAMED - 1).chain(['…']).collect()
}

fn amount(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Number => words::number(value),
        Unit::Nanos => words::duration(value as i64),
        Unit::Percent if value > 0.0 && value < 0.1 => "under 0.1 %".to_owned(),
        Unit::Percent if value < 10.0 => format!("{} %", words::number((value * 10.0).round() / 10.0)),
        Unit::Percent => format!("{value:.0} %"),
        Unit::PerSecond if value <= 0.0 => "all at one instant".to_owned(),
        Unit::PerSecond if value >= 1.0 => format!("{} a second", words::rounded(value)),
        Unit::PerSecond if value * 60.0 >= 1.0 => format!("{} a minute", words::rounded(value * 60.0)),
        Unit::PerSecond => format!("{} an hour", words::rounded(value * 3600.0)),
        Unit::Times => match value as u64 {
            0 => "never".to_owned(),
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            n => format!("{n} times"),
        },
    }
}
