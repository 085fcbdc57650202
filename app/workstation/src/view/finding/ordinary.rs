//! The scores of the stream's ordinary windows, with that of the finding marked among them.

use crate::state::State;
use crate::tokens;
use crate::view::figures::{self, Picture};
use crate::view::{null, shifts};
use crate::words;
use case::FindingRow;
use cbad::{Histogram, Lens, WindowScore};
use egui::{Label, RichText, Ui};
use std::sync::Arc;

/// Fewest ordinary windows that a distribution is drawn of.
const FEWEST: usize = 5;

pub(super) fn show(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let lens = row.finding.explanation.lens;
    let rank = row.finding.p_conformal.map(|p| {
        let windows = words::counted(u64::from(p.n), "window", "windows");
        format!(
            " The rank p compares with {windows}, which lie far enough from the dearest one of this finding."
        )
    });
    let about = format!(
        "How many bits the ordinary windows of this stream have: those that are not flagged and lie outside the finding.{}",
        rank.unwrap_or_default()
    );
    super::section(ui, "Among the stream's ordinary windows", &about);
    let Some(drawn) = distribution(state, row, lens) else {
        ui.label(RichText::new("Reading…").color(tokens::of(ui).weak));
        return;
    };
    let Some((said, null)) = &*drawn else {
        ui.label(
            RichText::new("The stream has too few ordinary windows to draw.").color(tokens::of(ui).weak),
        );
        return;
    };
    let observed = row.finding.score_bits;
    ui.add(Label::new(RichText::new(said).color(tokens::of(ui).strong)).wrap());
    let name = format!("Ordinary scores by the lens {}", lens.name());
    null::show(ui, &name, null, observed, &words::bits).on_hover_text(about);
    if figures::button(ui, "ordinary scores") {
        let table = figures::finding::distribution(Picture::Ordinary, null, observed, &words::bits);
        state.figures = figures::Open::new(vec![table]);
    }
}

/// The scores in a sentence and as bars; `None` where there are too few.
pub(super) type Distribution = Option<(String, Histogram)>;

/// The same of this finding, made once the windows are here.
fn distribution(state: &mut State, row: &FindingRow, lens: Lens) -> Option<Arc<Distribution>> {
    if let Some(drawn) = &super::kept(state, row).ordinary {
        return Some(Arc::clone(drawn));
    }
    let data = state.data.clone().filter(|data| data.stream == row.stream.id)?;
    let scores = ordinary(&data.windows, row, lens);
    let drawn = || (said(&scores, row.finding.score_bits, lens), Histogram::of(&scores));
    let drawn = Arc::new((scores.len() >= FEWEST).then(drawn));
    super::kept(state, row).ordinary = Some(Arc::clone(&drawn));
    Some(drawn)
}

/// The scores of windows that are neither flagged nor a part of the finding.
fn ordinary(windows: &[WindowScore], row: &FindingRow, lens: Lens) -> Vec<f64> {
    let found = &row.finding;
    let is_apart = |window: &&WindowScore| {
        !window.flagged && (window.last_event < found.first_event || window.first_event > found.last_event)
    };
    let of = |window: &WindowScore| {
        window.lenses.iter().find(|said| said.lens == lens).map(|said| said.score_bits)
    };
    windows.iter().filter(is_apart).filter_map(of).collect()
}

fn said(scores: &[f64], observed: f64, lens: Lens) -> String {
    let reach = scores.iter().filter(|score| **score >= observed).count() as u64;
    let of = words::counted(scores.len() as u64, "ordinary window", "ordinary windows");
    let reach = match reach {
        0 => "None".to_owned(),
        reach => words::count(reach),
    };
    let verb = if matches!(reach.as_str(), "None" | "1") { "reaches" } else { "reach" };
    format!("{}: {reach} of {of} {verb} the {} of this finding.", shifts::title(lens), words::bits(observed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_windows_are_those_beside_the_finding_that_nobody_flags() {
        let state = crate::scene::state();
        let row = state.selected_finding().expect("the scene selects one");
        let windows = &state.data.as_ref().expect("the scene has windows").windows;
        let lens = row.finding.explanation.lens;
        let scores = ordinary(windows, &row, lens);
        let flagged = windows.iter().filter(|window| window.flagged).count();
        assert!(!scores.is_empty() && scores.len() <= windows.len() - flagged);
        assert_eq!(
            said(&[1.0, 2.0, 3.0], 9.0, Lens::Content),
            format!("Content: None of 3 ordinary windows reaches the {} of this finding.", words::bits(9.0))
        );
        assert!(said(&[1.0, 2.0, 3.0], 3.0, Lens::Content).contains(" 1 of 3 ordinary windows reaches the "));
        assert!(said(&[1.0, 2.0, 3.0], 2.0, Lens::Content).contains(" 2 of 3 ordinary windows reach the "));
    }
}
