//! How the next analysis is made, as the settings keep it: every value checked before it reaches the engine.

use crate::doc::Doc;
use crate::redaction::Redact;
use cbad::{Baseline, Config, Lens, Period, Profile, Signal};
use serde::{Deserialize, Serialize};

/// What windows are compared with, as it is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Against {
    /// All other events of the stream.
    #[default]
    Rest,
    /// The events just before the window.
    Trailing,
    /// The range of time that the views show when the analysis is started.
    ShownRange,
    /// The same hour of other days.
    Day,
    /// The same hour of other weeks.
    Week,
}

impl Against {
    /// Every choice, the best for most captures first.
    pub(crate) const ALL: [Self; 5] = [Self::Rest, Self::Trailing, Self::ShownRange, Self::Day, Self::Week];

    /// The words that it is chosen by.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Rest => "Rest of the stream",
            Self::Trailing => "Events just before",
            Self::ShownRange => "Range shown now",
            Self::Day => "Same hour, other days",
            Self::Week => "Same hour, other weeks",
        }
    }

    /// What it is good for.
    pub(crate) const fn about(self) -> &'static str {
        match self {
            Self::Rest => {
                "Every event outside the window: the strongest choice when the whole capture is there."
            }
            Self::Trailing => "As a live monitor would see it. What stays bad for long becomes ordinary.",
            Self::ShownRange => "Zoom to a stretch that you know to be good, then analyse again.",
            Self::Day => "For captures of three days and more with a daily rhythm.",
            Self::Week => "For captures of three weeks and more with a weekly rhythm.",
        }
    }
}

/// The settings of the analysis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Analysis {
    /// How much is flagged.
    pub(crate) profile: Profile,
    /// A false discovery rate of one's own, in percent; instead of the profile's.
    pub(crate) alpha_percent: Option<f64>,
    /// Share of ordinary windows that may be flagged, in percent; instead of the profile.
    pub(crate) false_alarm_percent: Option<f64>,
    /// Lenses that take part.
    pub(crate) lenses: Vec<Lens>,
    /// Signals whose streams are analysed.
    pub(crate) signals: Vec<Signal>,
    /// What windows are compared with.
    pub(crate) against: Against,
    /// Events of a trailing baseline.
    pub(crate) trailing_events: u32,
    /// Events a window; by the length of the stream where there is none.
    pub(crate) window: Option<u32>,
    /// Events from window to window; by the window where there is none.
    pub(crate) hop: Option<u32>,
    /// Seed of every random choice.
    pub(crate) seed: u64,
    /// What is taken out of captures that are imported.
    pub(crate) redact: Redact,
}

impl Default for Analysis {
    fn default() -> Self {
        let config = Config::default();
        Self {
            profile: Profile::default(),
            alpha_percent: None,
            false_alarm_percent: None,
            lenses: config.lenses,
            signals: config.signals,
            against: Against::default(),
            trailing_events: 400,
            window: None,
            hop: None,
            seed: config.seed,
            redact: Redact::default(),
        }
    }
}

impl Analysis {
    /// What is wrong with these settings, in a sentence; `None` where they can be used.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        let percent_is_good = |percent: f64| percent > 0.0 && percent < 100.0;
        if self.lenses.is_empty() {
            Some("Choose at least one lens.")
        } else if self.signals.is_empty() {
            Some("Choose at least one signal.")
        } else if !self.alpha_percent.is_none_or(percent_is_good) {
            Some("The false discovery rate has to lie between 0 and 100 %.")
        } else if !self.false_alarm_percent.is_none_or(percent_is_good) {
            Some("The rate of false alarms has to lie between 0 and 100 %.")
        } else if self.trailing_events == 0 {
            Some("A trailing baseline has to have at least one event.")
        } else if self.window == Some(0) || self.hop == Some(0) {
            Some("A window and a hop have to have at least one event.")
        } else {
            None
        }
    }

    /// The false discovery rate.
    pub(crate) fn alpha(&self) -> f64 {
        // A hundredth has no exact number, and a run is found again by the very level that it was made with.
        self.alpha_percent.map_or(self.profile.alpha(), |percent| (percent * 1e6).round() / 1e8)
    }

    /// Takes a level that was tried.
    pub(crate) fn adopt(&mut self, alpha: f64) {
        (self.alpha_percent, self.false_alarm_percent) = (Some((alpha * 1e8).round() / 1e6), None);
    }

    /// The configuration of a run over `doc`, of which the views show `range`; or what is wrong.
    pub(crate) fn config(&self, shown: Option<(&Doc, (f64, f64))>) -> Result<Config, &'static str> {
        if let Some(problem) = self.problem() {
            return Err(problem);
        }
        let baseline = match self.against {
            Against::Rest => Baseline::Rest,
            Against::Trailing => Baseline::Trailing { events: self.trailing_events },
            Against::Day => Baseline::Season { period: Period::Day },
            Against::Week => Baseline::Season { period: Period::Week },
            Against::ShownRange => match shown {
                Some((doc, range)) => of_range(doc, range),
                // A capture that is only now imported has no range that anybody has looked at.
                None => Baseline::Rest,
            },
        };
        Ok(Config {
            baseline,
            window: self.window,
            hop: self.hop,
            seed: self.seed,
            alpha: self.alpha(),
            signals: Signal::ALL.into_iter().filter(|signal| self.signals.contains(signal)).collect(),
            lenses: Lens::ALL.into_iter().filter(|lens| self.lenses.contains(lens)).collect(),
            false_alarms: self.false_alarm_percent.map(|percent| percent / 100.0),
            ..Config::default()
        })
    }
}

fn of_range(doc: &Doc, (from, to): (f64, f64)) -> Baseline {
    if let (Some(start_nanos), Some(end)) = (doc.axis.nanos(from), doc.axis.nanos(to)) {
        return Baseline::Times { start_nanos, end_nanos: end.max(start_nanos.saturating_add(1)) };
    }
    let first = from.max(0.0) as u64;
    Baseline::Events { first, end: (to.max(0.0).ceil() as u64).max(first + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_settings_are_those_of_the_command_line() {
        assert_eq!(Analysis::default().config(None), Ok(Config::default()));
    }

    #[test]
    fn what_means_nothing_is_refused_in_words() {
        let good = Analysis::default();
        for (bad, word) in [
            (Analysis { lenses: Vec::new(), ..good.clone() }, "lens"),
            (Analysis { false_alarm_percent: Some(0.0), ..good.clone() }, "false alarms"),
            (Analysis { false_alarm_percent: Some(f64::NAN), ..good.clone() }, "false alarms"),
            (Analysis { signals: Vec::new(), ..good.clone() }, "signal"),
            (Analysis { alpha_percent: Some(100.0), ..good.clone() }, "discovery"),
            (Analysis { trailing_events: 0, ..good.clone() }, "trailing"),
            (Analysis { window: Some(0), ..good.clone() }, "window"),
        ] {
            assert!(bad.config(None).is_err_and(|why| why.contains(word)), "{word}");
        }
    }

    #[test]
    fn a_level_of_ones_own_and_the_signals_reach_the_engine_as_the_command_line_gives_them() {
        let mut own = Analysis { signals: vec![Signal::Span, Signal::Log], ..Analysis::default() };
        own.adopt(0.07);
        assert_eq!(own.alpha_percent, Some(7.0));
        let config = own.config(None).expect("it can be used");
        assert_eq!((config.alpha, config.signals.as_slice()), (0.07, [Signal::Log, Signal::Span].as_slice()));
        let options = config.options();
        assert!(options.contains(&("--signals", "log,span".to_owned())), "{options:?}");
        assert!(options.contains(&("--alpha", "0.07".to_owned())), "{options:?}");
    }

    #[test]
    fn settings_of_before_are_read() {
        let read = |text| serde_json::from_str::<Analysis>(text).expect("an earlier version wrote it");
        assert_eq!(read(r#"{"redact":true}"#).redact, Redact::Personal);
        assert_eq!(read(r#"{"redact":false}"#), Analysis::default());
        let rules = ingest::Redaction::personal();
        let redact = Redact::Rules("own.json".into(), Box::new(rules));
        let kept = Analysis { redact, ..Analysis::default() };
        let again = serde_json::to_string(&kept).expect("settings are plain");
        assert_eq!(read(&again), kept);
    }

    #[test]
    fn each_choice_of_a_baseline_reaches_the_engine() {
        let scene = crate::scene::state();
        let doc = scene.doc.expect("the scene has a case");
        let said = |against| {
            let settings = Analysis { against, ..Analysis::default() };
            settings.config(Some((&doc, (10.0, 20.0)))).map(|config| config.baseline.to_string())
        };
        for (against, baseline) in [
            (Against::Rest, "rest"),
            (Against::Trailing, "trailing:400"),
            (Against::Day, "season:day"),
            (Against::Week, "season:week"),
            (Against::ShownRange, "range:2026-03-01T09:00:10Z..2026-03-01T09:00:20Z"),
        ] {
            assert_eq!(said(against).as_deref(), Ok(baseline));
        }
    }
}
