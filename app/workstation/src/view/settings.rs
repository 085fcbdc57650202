//! Settings: how the window looks, and how the next analysis is made. Every change holds at once and is remembered.

use super::{button, redact_choice};
use crate::command::Command;
use crate::prefs::{PERCENT, Prefs, ThemeChoice};
use crate::redaction::{Redact, RulesFor};
use crate::settings::{Against, Analysis};
use crate::state::State;
use crate::theme::text_font;
use crate::tokens::{self, Ramp, size};
use crate::words::Zone;
use cbad::{Lens, Profile, Signal};
use egui::{DragValue, Label, Response, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};

/// Width of the names before the settings.
const NAMES: f32 = 120.0;
/// What a window and a hop begin with when they are not left to the stream.
const FIRST_WINDOW: u32 = 50;
const FIRST_HOP: u32 = 10;
/// What the rate of false alarms begins with, in percent.
const FIRST_RATE: f64 = 1.0;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        super::heading(ui, "Display");
        display(ui, &mut state.prefs);
        ui.add_space(size::WIDE);
        super::heading(ui, "Analysis");
        let about = "For captures that are opened from now on, and for a new run over this case. Runs that are there never change.";
        ui.add(Label::new(RichText::new(about).font(text_font(size::SMALL)).color(tokens::of(ui).weak)).wrap());
        let Prefs { analysis: how, import_without_asking, .. } = &mut state.prefs;
        analysis(ui, how, import_without_asking);
        redaction(ui, state);
        if let Some(problem) = state.prefs.analysis.problem() {
            ui.label(RichText::new(problem).color(tokens::of(ui).danger));
        }
        ui.add_space(size::GAP);
        ui.horizontal_wrapped(|ui| {
            button(ui, state, Command::AnalyzeAgain);
            button(ui, state, Command::ChooseAnchor);
            let first = Analysis::default();
            let reset = ui.add_enabled(state.prefs.analysis != first, egui::Button::new("Restore the first settings"));
            if reset.on_hover_text("Profile, lenses, baseline and windows as they were at first.").clicked() {
                state.prefs.analysis = first;
            }
        });
        runs(ui, state);
        super::codecs::show(ui);
    });
}

/// What a signal is called among settings.
const fn signal_title(signal: Signal) -> &'static str {
    match signal {
        Signal::Log => "Logs",
        Signal::Metric => "Metrics",
        Signal::Span => "Traces",
        Signal::LlmCall => "LLM calls",
    }
}

/// A name, and the setting behind it; a setting that needs more lines has them.
fn row(ui: &mut Ui, name: &str, about: &str, add: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        let height = ui.spacing().interact_size.y;
        let (rect, response) = ui.allocate_exact_size(vec2(NAMES, height), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
        let color = tokens::of(ui).text;
        super::paint_line(ui, name, text_font(size::TEXT), color, rect.left_center(), NAMES);
        response.on_hover_text(about);
        ui.vertical(|ui| ui.horizontal_wrapped(add));
    });
}

/// One of a few, each with a word of its own.
fn choice<T: PartialEq + Copy>(ui: &mut Ui, name: &str, now: &mut T, value: T, text: &str, about: &str) {
    let response = ui.add(egui::Button::selectable(*now == value, text));
    response.widget_info(|| {
        WidgetInfo::selected(Role::RadioButton, true, *now == value, format!("{name}: {text}"))
    });
    let clicked = response.clicked();
    if !about.is_empty() {
        response.on_hover_text(about);
    }
    if clicked {
        *now = value;
    }
}

/// Gives a field that has no words of its own a name for assistive technology.
fn named(response: Response, name: &str) -> Response {
    response.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, name));
    response
}

fn display(ui: &mut Ui, prefs: &mut Prefs) {
    row(ui, "Theme", "Colours of the whole window.", |ui| {
        for theme in ThemeChoice::ALL {
            choice(ui, "Theme", &mut prefs.theme, theme, theme.label(), "");
        }
    });
    row(ui, "Size", "Size of letters and everything else. Ctrl with plus and minus changes it too.", |ui| {
        for percent in [90, 100, 125, 150, 200] {
            choice(ui, "Size", &mut prefs.percent, percent, &format!("{percent} %"), "");
        }
        let mut percent = prefs.percent;
        let field = DragValue::new(&mut percent).range(PERCENT).suffix(" %").update_while_editing(false);
        let field = ui.add(field).on_hover_text("Any other size: drag, or click to write it.");
        if named(field, "Size in percent").changed() {
            prefs.percent = percent;
        }
    });
    row(ui, "Heatmap colours", "All but the first are told apart by every kind of colour vision.", |ui| {
        for ramp in Ramp::ALL {
            choice(ui, "Heatmap colours", &mut prefs.ramp, ramp, ramp.label(), "");
        }
    });
    row(
        ui,
        "Times",
        "In which zone times are shown. Captures keep no zone of their own: what they say is stored as UTC.",
        |ui| {
            choice(ui, "Times", &mut prefs.zone, Zone::Utc, "UTC", "");
            choice(ui, "Times", &mut prefs.zone, Zone::Local, "This computer's", "With its summer time.");
            let mut minutes = if let Zone::Fixed(minutes) = prefs.zone { minutes } else { 60 };
            choice(ui, "Times", &mut prefs.zone, Zone::Fixed(minutes), "Fixed", "A fixed distance from UTC.");
            if matches!(prefs.zone, Zone::Fixed(_)) {
                let range = -Zone::FARTHEST_MINUTES..=Zone::FARTHEST_MINUTES;
                let field = DragValue::new(&mut minutes).range(range).speed(15.0).suffix(" min from UTC");
                if named(ui.add(field), "Minutes from UTC").changed() {
                    prefs.zone = Zone::Fixed(minutes);
                }
            }
        },
    );
}

fn analysis(ui: &mut Ui, how: &mut Analysis, without_asking: &mut bool) {
    row(ui, "Profile", "How much is flagged: the share of flags that may be false.", |ui| {
        for (profile, text) in
            [(Profile::Sensitive, "Sensitive"), (Profile::Balanced, "Balanced"), (Profile::Strict, "Strict")]
        {
            let about = format!("A false discovery rate of {} %.", profile.alpha() * 100.0);
            let mut now = how.alpha_percent.is_none().then_some(how.profile);
            choice(ui, "Profile", &mut now, Some(profile), text, &about);
            if now == Some(profile) {
                (how.profile, how.alpha_percent) = (profile, None);
            }
        }
        let mut own = how.alpha_percent.is_some();
        choice(
            ui,
            "Profile",
            &mut own,
            true,
            "A rate of your own",
            "Any false discovery rate between the profiles and beyond.",
        );
        if own && how.alpha_percent.is_none() {
            how.adopt(how.profile.alpha());
        }
        if let Some(percent) = &mut how.alpha_percent {
            let field = DragValue::new(percent).range(0.01..=50.0).speed(0.05).max_decimals(2).suffix(" %");
            named(ui.add(field), "False discovery rate in percent");
        }
    });
    row(ui, "False alarms", "Flag by the share of ordinary windows instead of by the profile.", |ui| {
        let mut is_on = how.false_alarm_percent.is_some();
        if ui.checkbox(&mut is_on, "Flag this share of ordinary windows at most").changed() {
            how.false_alarm_percent = is_on.then_some(FIRST_RATE);
        }
        if let Some(percent) = &mut how.false_alarm_percent {
            let field = DragValue::new(percent).range(0.01..=50.0).speed(0.05).max_decimals(2).suffix(" %");
            named(ui.add(field), "Rate of false alarms in percent");
        }
    });
    row(
        ui,
        "Lenses",
        "What is looked at. All of them share one correction, so that each costs the others a little.",
        |ui| {
            for lens in Lens::ALL {
                let mut is_on = how.lenses.contains(&lens);
                let checkbox = ui.checkbox(&mut is_on, super::shifts::title(lens));
                if checkbox.on_hover_text(super::shifts::about(lens)).changed() {
                    how.lenses.retain(|other| *other != lens);
                    how.lenses.extend(is_on.then_some(lens));
                    how.lenses.sort_by_key(|lens| Lens::ALL.iter().position(|other| other == lens));
                }
            }
        },
    );
    row(
        ui,
        "Signals",
        "Whose streams are analysed. The others are imported and shown all the same, and have no windows.",
        |ui| {
            for signal in Signal::ALL {
                let mut is_on = how.signals.contains(&signal);
                if ui.checkbox(&mut is_on, signal_title(signal)).changed() {
                    how.signals.retain(|other| *other != signal);
                    how.signals.extend(is_on.then_some(signal));
                    how.signals.sort_unstable();
                }
            }
        },
    );
    row(ui, "Baseline", "What a window is compared with.", |ui| {
        for against in Against::ALL {
            choice(ui, "Baseline", &mut how.against, against, against.label(), against.about());
        }
        if how.against == Against::Trailing {
            let field = DragValue::new(&mut how.trailing_events).range(1..=1_000_000).suffix(" events");
            named(ui.add(field), "Events of the trailing baseline");
        }
    });
    row(ui, "Windows", "Shorter windows see shorter changes, and less of the weak ones.", |ui| {
        automatic(ui, "Window", &mut how.window, FIRST_WINDOW);
        automatic(ui, "Hop", &mut how.hop, FIRST_HOP);
    });
    row(ui, "Seed", "Of every random choice. The same seed gives the same numbers, bit for bit.", |ui| {
        named(ui.add(DragValue::new(&mut how.seed)), "Seed");
    });
    row(ui, "Import", "What happens when captures are chosen or dropped on the window.", |ui| {
        let about =
            "A dialog shows what each capture is and how it will be read, before anything is written.";
        choice(ui, "Import", without_asking, false, "Ask first", about);
        let about = "Captures are imported as they are recognised, with the redaction chosen below.";
        choice(ui, "Import", without_asking, true, "Without asking", about);
    });
}

/// What is taken out, of what is imported and of what is presented.
fn redaction(ui: &mut Ui, state: &mut State) {
    let Prefs { analysis, present_redact, present_in_the_clear, .. } = &mut state.prefs;
    let about = "For captures that are imported from now on. What is taken out is replaced before anything is stored, which cannot be undone in the case.";
    row(ui, "Redaction", about, |ui| {
        if redact_choice::show(ui, "Redaction", "None", &mut analysis.redact) {
            state.asked_rules = Some(RulesFor::Imports);
        }
    });
    let about = "What stories are presented through. Nothing in the case is changed by it.";
    row(ui, "Presenting", about, |ui| {
        let mut now = if *present_in_the_clear { Redact::Nothing } else { present_redact.clone() };
        let before = now.clone();
        if redact_choice::show(ui, "Presenting", "In the clear", &mut now) {
            state.asked_rules = Some(RulesFor::Presentations);
        }
        if now != before {
            *present_in_the_clear = now == Redact::Nothing;
            if now != Redact::Nothing {
                *present_redact = now;
            }
        }
    });
}

/// A number of events, or what the stream suggests.
fn automatic(ui: &mut Ui, name: &str, value: &mut Option<u32>, first: u32) {
    let mut is_own = value.is_some();
    if ui.checkbox(&mut is_own, name).on_hover_text("Off: chosen by the length of the stream.").changed() {
        *value = is_own.then_some(first);
    }
    match value {
        Some(events) => {
            let field = DragValue::new(events).range(1..=1_000_000).suffix(" events");
            named(ui.add(field), &format!("Events of the {}", name.to_lowercase()));
        }
        None => drop(ui.label(RichText::new("automatic").color(tokens::of(ui).weak))),
    }
}

/// The runs of the open case.
fn runs(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    ui.add_space(size::WIDE);
    super::heading(ui, "Runs of this case");
    let shown = doc.run.as_ref().map(|run| run.id);
    for run in doc.runs.iter().rev() {
        let text = super::crumbs::run_in_words(run);
        let found = crate::words::counted(run.flagged, "significant window", "significant windows");
        let row = ui.selectable_label(shown == Some(run.id), format!("{text} · {found}"));
        if row.clicked() && shown != Some(run.id) {
            state.ask(crate::query::Query::Load { run: Some(run.id) });
        }
    }
}
