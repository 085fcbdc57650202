//! What drove a finding, and what lowered it: quantities with bars.

use crate::doc::Selection;
use crate::state::{Pane, State};
use crate::tokens::size;
use crate::view::{cost, shifts};
use crate::words;
use case::FindingRow;
use cbad::{Explanation, Lens, Signal, WindowScore};
use egui::Ui;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tokens and events in the bars.
const BARS: usize = 6;

/// Bits below which a token counts as known.
const KNOWN_BITS: f64 = 1.0;

pub(super) fn show(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let explanation = &row.finding.explanation;
    if !explanation.drivers.is_empty() {
        drove(ui, state, row);
    }
    lowered(ui, state, row);
}

fn drove(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let explanation = &row.finding.explanation;
    super::section(ui, "What drove it", "Bits that tokens and events cost when only the baseline is known.");
    let dear = dearest(state, row);
    let most = dear.first().map_or(1.0, |(_, bits)| *bits);
    for (label, bits) in dear.iter() {
        cost::bar(ui, label, *bits, most, None, true)
            .on_hover_text(format!("{label}\nAll bits of this token in the events below."));
    }
    ui.add_space(size::TIGHT);
    let events = super::driving_events(explanation);
    crate::view::caption(ui, &format!("{events} (the line marks what an ordinary event costs)"));
    let most = explanation.drivers.iter().map(|driver| driver.bits).fold(0.0, f64::max);
    let left_out: u64 = explanation.drivers.iter().filter_map(|d| d.left_out).map(|left| left.tokens).sum();
    if left_out > 0 {
        let said = egui::RichText::new(left_out_in_words(explanation));
        ui.add(egui::Label::new(said.color(crate::tokens::of(ui).weak)).wrap());
    }
    for driver in explanation.drivers.iter().take(BARS) {
        let label = format!("Event {}", words::count(driver.event));
        let response = cost::bar(ui, &label, driver.bits, most, Some(driver.ordinary_bits), false);
        let about = format!(
            "An ordinary event of this stream costs {}. Click to select the event.",
            words::bits(driver.ordinary_bits)
        );
        if response.on_hover_text(about).clicked() {
            state.select(Selection::Event { stream: row.stream.id, position: driver.event });
            state.front = Some(Pane::Events);
        }
    }
}

/// What of the dearest events the case does not keep token by token.
fn left_out_in_words(explanation: &Explanation) -> String {
    let said = explanation.drivers.iter().filter_map(|driver| {
        let left_out = driver.left_out?;
        let many = words::counted(left_out.tokens, "cheaper token", "cheaper tokens");
        let bits = words::bits(left_out.bits);
        Some(format!("{many} of event {} with {bits}", words::count(driver.event)))
    });
    let said: Vec<String> = said.collect();
    let kept = words::count(cbad::MOST_TOKEN_COSTS as u64);
    format!(
        "The case keeps the {kept} dearest tokens of an event one by one. Not among them: {}. The bits of the events below are \
         those of all tokens, and “Its events, in bits” has every one.",
        said.join("; ")
    )
}

/// The dearest tokens of a finding, looked for once: an event of a megabyte has hundreds of thousands to choose from.
fn dearest(state: &mut State, row: &FindingRow) -> Arc<Vec<(String, f64)>> {
    if let Some(dear) = &super::kept(state, row).dearest {
        return Arc::clone(dear);
    }
    let mut dear = dearest_tokens(row);
    dear.truncate(BARS);
    for (label, _) in &mut dear {
        *label = crate::view::of_stream(state, row.stream.id, label);
    }
    let dear = Arc::new(dear);
    super::kept(state, row).dearest = Some(Arc::clone(&dear));
    dear
}

/// Tokens of all drivers summed by place and text, dearest first.
fn dearest_tokens(row: &FindingRow) -> Vec<(String, f64)> {
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for token in row.finding.explanation.drivers.iter().flat_map(|driver| &driver.tokens) {
        let text = cost::text(token);
        let label = match (&token.field, &token.shape) {
            (Some(field), _) => format!("{} = {text}", case::inert(field)),
            (None, shape) if row.stream.key.signal == Signal::Metric => {
                let measure = token.measure.as_deref().unwrap_or("value");
                // Most points are coded as the bucket that their value falls into, and some have the value itself.
                let is_range = shape.as_ref().is_none_or(|shape| shape.ends_with(&token.text));
                let of = if is_range { "in " } else { "" };
                format!("{}, {measure} {of}{text}", case::inert(&row.stream.key.name))
            }
            (None, Some(shape)) if is_measured(shape) => format!("measured value in {text}"),
            (None, _) => text,
        };
        *sums.entry(label).or_default() += token.bits;
    }
    let mut sums: Vec<(String, f64)> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sums
}

fn is_measured(shape: &str) -> bool {
    shape.starts_with("value ") || shape.starts_with("duration ")
}

/// A quantity that spoke against the finding: what it came to, and what is usual.
#[derive(Debug, PartialEq)]
pub(super) struct Against {
    /// Whether it is a lens that sees nothing, which has no bar.
    is_quiet: bool,
    what: String,
    bits: f64,
    usual_bits: f64,
    about: String,
}

/// What lowered it, looked for once the windows are here.
fn against(state: &mut State, row: &FindingRow) -> Arc<Vec<Against>> {
    if let Some(against) = &super::kept(state, row).against {
        return Arc::clone(against);
    }
    let data = state.data.clone().filter(|data| data.stream == row.stream.id);
    let mut against = data.as_ref().map(|data| quiet(&data.windows, row)).unwrap_or_default();
    against.extend(known(&row.finding.explanation));
    let against = Arc::new(against);
    super::kept(state, row).against = data.map(|_| Arc::clone(&against));
    against
}

fn lowered(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let against = against(state, row);
    if against.is_empty() {
        return;
    }
    super::section(
        ui,
        "What lowered it",
        "What is no more than usual in its dearest window; in a bar the line marks what is usual.",
    );
    for Against { is_quiet, what, bits, usual_bits, about } in against.iter() {
        let response = if *is_quiet {
            cost::quiet(ui, what, *bits, *usual_bits)
        } else {
            cost::bar(ui, what, *bits, bits.max(usual_bits * 1.5), Some(*usual_bits), false)
        };
        response.on_hover_text(about);
    }
}

/// The lenses that see nothing in its dearest window, with their usual bits: the median over the stream's ordinary windows.
fn quiet(windows: &[WindowScore], row: &FindingRow) -> Vec<Against> {
    let Some(own) = windows.iter().find(|window| window.index == row.finding.window) else {
        return Vec::new();
    };
    let seeing = super::lenses(&row.finding.explanation);
    let of = |lens: Lens| {
        let mut bits: Vec<f64> = windows
            .iter()
            .filter(|window| !window.flagged && window.index != own.index)
            .filter_map(|window| window.lenses.iter().find(|said| said.lens == lens))
            .map(|said| said.score_bits)
            .collect();
        bits.sort_by(f64::total_cmp);
        bits.get(bits.len() / 2).copied().unwrap_or(0.0)
    };
    let quiet = own.lenses.iter().filter(|said| !seeing.contains(&said.lens));
    quiet
        .map(|said| {
            let usual_bits = of(said.lens);
            let times = words::bits(usual_bits);
            Against {
                is_quiet: true,
                what: format!("{}: nothing significant", shifts::title(said.lens)),
                bits: said.score_bits,
                usual_bits,
                about: format!("{} An ordinary window of this stream has {times}.", shifts::about(said.lens)),
            }
        })
        .collect()
}

/// The part of the dearest event that the baseline knows.
fn known(explanation: &Explanation) -> Option<Against> {
    if super::lenses(explanation).iter().all(|lens| *lens != Lens::Content) {
        return None;
    }
    let driver = explanation.drivers.first()?;
    let known: Vec<f64> =
        driver.tokens.iter().map(|token| token.bits).filter(|bits| *bits < KNOWN_BITS).collect();
    if known.is_empty() {
        return None;
    }
    // Of very many tokens the case keeps the dearest one by one, and of the others how many are known.
    let more = driver.left_out.map_or(0, |left_out| left_out.under_one_bit);
    let all = driver.tokens.len() as u64 + driver.left_out.map_or(0, |left_out| left_out.tokens);
    let (of, all) = (known.len() as u64 + more, words::counted(all, "token", "tokens"));
    Some(Against {
        is_quiet: false,
        what: format!("Known: {} of {all}", words::count(of)),
        bits: known.iter().sum(),
        usual_bits: driver.ordinary_bits,
        about: "Tokens of the dearest event that the baseline has so often in their place that each costs less than a bit, \
                and what they cost together. The line marks what an ordinary event costs."
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_saw_nothing_is_named_with_what_is_usual() {
        let state = crate::scene::state();
        let row = state.selected_finding().expect("the scene selects one");
        let data = state.data.expect("the scene has windows");
        let against = quiet(&data.windows, &row);
        let own = data.windows.iter().find(|window| window.index == row.finding.window).expect("its window");
        let seeing = super::super::lenses(&row.finding.explanation);
        assert_eq!(against.len(), own.lenses.iter().filter(|said| !seeing.contains(&said.lens)).count());
        assert!(against.iter().all(|quantity| quantity.what.ends_with(": nothing significant")));
    }

    #[test]
    fn values_of_a_metric_are_named_with_their_bucket() {
        let state = crate::scene::state();
        let mut row = state.selected_finding().expect("the scene selects one");
        row.stream.key.signal = Signal::Metric;
        row.stream.key.name = "lookup.duration".to_owned();
        for token in row.finding.explanation.drivers.iter_mut().flat_map(|driver| &mut driver.tokens) {
            (token.field, token.text) = (None, "0.25-0.375".to_owned());
        }
        let named = dearest_tokens(&row);
        assert_eq!(named.len(), 1);
        assert_eq!(named[0].0, "lookup.duration, value in 0.25-0.375");
        for token in row.finding.explanation.drivers.iter_mut().flat_map(|driver| &mut driver.tokens) {
            (token.measure, token.shape) = (Some("mean".to_owned()), Some("value 0.25-0.375".to_owned()));
        }
        assert_eq!(dearest_tokens(&row)[0].0, "lookup.duration, mean in 0.25-0.375");
        row.finding.explanation.drivers[0].tokens[0].text = "0.3".to_owned();
        assert!(dearest_tokens(&row).iter().any(|(name, _)| name == "lookup.duration, mean 0.3"));
    }

    #[test]
    fn what_the_case_does_not_keep_is_said_with_its_bits() {
        let mut row = crate::scene::state().selected_finding().expect("the scene selects one");
        let driver = &mut row.finding.explanation.drivers[0];
        driver.left_out = Some(cbad::LeftOut { tokens: 349_000, under_one_bit: 348_000, bits: 5210.5 });
        let said = left_out_in_words(&row.finding.explanation);
        assert!(said.starts_with("The case keeps the 1,000 dearest tokens"), "{said}");
        assert!(
            said.contains("349,000 cheaper tokens of event ") && said.contains(" with 5,210 bits"),
            "{said}"
        );
        let known = known(&row.finding.explanation).expect("some tokens are known");
        assert_eq!(known.what, "Known: 348,001 of 349,006 tokens");
    }
}
