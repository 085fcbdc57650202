//! Another level, tried: what it would flag, from what the run has stored.

use crate::command::Command;
use crate::doc::Doc;
use crate::query::Query;
use crate::state::{State, Trial};
use crate::tokens;
use crate::words;
use egui::{RichText, Role, Slider, Ui, WidgetInfo};

/// Levels that can be tried.
const LEVELS: std::ops::RangeInclusive<f64> = 0.0001..=0.5;

/// Begins with the run's own level, or ends.
pub(super) fn toggle(state: &mut State) {
    let alpha = state.doc.as_ref().and_then(|doc| doc.run.as_ref()).map(|run| run.config.alpha);
    state.trial = match (&state.trial, alpha) {
        (None, Some(alpha)) => Some(Trial { alpha, asked: None, answer: None }),
        _ => None,
    };
}

impl State {
    /// Whether the level that is being tried is not the one that the shown run was made with.
    pub(crate) fn is_another_level(&self, trial: &Trial) -> bool {
        let run = self.doc.as_ref().and_then(|doc| doc.run.as_ref());
        run.is_some_and(|run| {
            run.config.false_alarms.is_some() || (run.config.alpha - trial.alpha).abs() > 1e-9
        })
    }
}

pub(super) fn show(ui: &mut Ui, state: &mut State, doc: &Doc) {
    let (Some(mut trial), Some(run)) = (state.trial.take(), &doc.run) else { return };
    let mut percent = trial.alpha * 100.0;
    ui.horizontal_wrapped(|ui| {
        ui.label("False discovery rate");
        let slider = Slider::new(&mut percent, LEVELS.start() * 100.0..=LEVELS.end() * 100.0)
            .logarithmic(true)
            .max_decimals(2)
            .suffix(" %");
        let response = ui.add(slider);
        response.widget_info(|| {
            WidgetInfo { value: Some(percent), ..WidgetInfo::labeled(Role::Slider, true, "Level to try, percent") }
        });
        state.trial = Some(trial.clone());
        super::button(ui, state, Command::AdoptLevel);
        let text = said(&trial, run.flagged);
        let label = ui.label(RichText::new(&text).color(tokens::of(ui).strong));
        label.on_hover_text(
            "Solid lines in the heatmap mark what would be flagged; dashed ones what would be at most, since the run did \
             not test it. Nothing is changed by looking.",
        );
    });
    trial.alpha = percent / 100.0;
    if trial.asked.is_none_or(|asked| (asked - trial.alpha).abs() > 1e-12) {
        trial.asked = Some(trial.alpha);
        let streams = doc.scored.clone();
        state.ask(Query::Preview { run: run.id, streams, axis: doc.axis, alpha: trial.alpha });
    }
    state.trial = Some(trial);
}

/// What the level would flag, beside what the run flags.
fn said(trial: &Trial, now: u64) -> String {
    let Some(previewed) = &trial.answer else { return "Counting…".to_owned() };
    let windows = words::counted(previewed.flagged, "window", "windows");
    let more = match previewed.at_most {
        0 => String::new(),
        n => format!(", and at most {} more that this run did not test", words::count(n)),
    };
    format!(
        "At {} % {windows} would be flagged{more}; the run flags {}.",
        percent(previewed.alpha),
        words::count(now)
    )
}

/// A rate in percent, as short as it is exact to the hundredth.
pub(crate) fn percent(rate: f64) -> String {
    let text = format!("{:.2}", rate * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preview::Previewed;
    use std::sync::Arc;

    #[test]
    fn a_level_is_said_beside_the_runs_own() {
        let mut trial = Trial { alpha: 0.2, asked: None, answer: None };
        assert_eq!(said(&trial, 6), "Counting…");
        let previewed = Previewed { alpha: 0.2, flagged: 1, at_most: 1200, stretches: Vec::new() };
        trial.answer = Some(Arc::new(previewed));
        let expected = "At 20 % 1 window would be flagged, and at most 1,200 more that this run did not test; the run flags 6.";
        assert_eq!(said(&trial, 6), expected);
        assert_eq!(
            (percent(0.05), percent(0.0001), percent(0.125)),
            ("5".into(), "0.01".into(), "12.5".into())
        );
    }

    #[test]
    fn a_trial_begins_with_the_level_of_the_run_and_ends() {
        let mut state = crate::scene::state();
        toggle(&mut state);
        assert_eq!(state.trial.as_ref().map(|trial| trial.alpha), Some(0.05));
        toggle(&mut state);
        assert!(state.trial.is_none());
    }
}
