//! The story of a case: its steps, and the one that is worked on.

use super::button;
use crate::command::Command;
use crate::review::shown::Shown;
use crate::review::story::Draft;
use crate::state::State;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::rows::{self, Rows};
use crate::words;
use case::StepRow;
use egui::{Id, RichText, Role, ScrollArea, TextEdit, Ui, WidgetInfo, pos2};

/// Height of a step in the list: its title over what it shows.
const HEIGHT: f32 = 44.0;
/// Height of the fields of the step that is worked on.
const EDITOR: f32 = 232.0;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    super::tall(ui, 420.0, |ui| {
        toolbar(ui, state);
        if let Some(why) = &state.review.failed {
            ui.label(RichText::new(why).color(tokens::of(ui).danger));
        }
        if state.review.story.steps.is_empty() {
            let next = "Show what you want to tell of, and choose “Add this view to the story”. F5 presents the steps.";
            return super::empty(ui, "The story has no step yet", next);
        }
        let height = (ui.available_height() - EDITOR).max(3.0 * HEIGHT);
        ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| {
            ui.set_min_height(height);
            list(ui, state);
        });
        ui.separator();
        ScrollArea::vertical().id_salt("step").auto_shrink(false).show(ui, |ui| editor(ui, state));
    });
}

fn toolbar(ui: &mut Ui, state: &mut State) {
    ui.horizontal_wrapped(|ui| {
        button(ui, state, Command::AddToStory);
        button(ui, state, Command::Present);
        button(ui, state, Command::UndoStory);
        let mut redacts = !state.prefs.present_in_the_clear;
        let about = "Addresses, cards, telephone numbers, tokens and fields such as passwords are taken out of everything that is presented.";
        ui.checkbox(&mut redacts, "Redact what is presented").on_hover_text(about);
        state.prefs.present_in_the_clear = !redacts;
        let about = Command::TogglePresenter.spec().tooltip;
        ui.checkbox(&mut state.prefs.presenter_window, "Presenter window").on_hover_text(about);
    });
    ui.add_space(size::TIGHT);
}

fn list(ui: &mut Ui, state: &mut State) {
    let mut place = std::mem::take(&mut state.review.story.list);
    let steps = std::mem::take(&mut state.review.story.steps);
    let chosen = rows::show(ui, Id::unique("steps"), "Steps", &mut place, &mut Steps { steps: &steps });
    state.review.story.steps = steps;
    state.review.story.list = place;
    if let Some(row) = chosen.selected {
        state.review.keep_words();
        let step = state.review.story.steps.get(row as usize).map(|step| step.step);
        state.review.story.selected = step;
        state.review.story.draft = None;
    }
    if chosen.opened.is_some() {
        open(state);
    }
}

/// Shows in the window what the selected step shows.
fn open(state: &mut State) {
    let step = state.review.story.step();
    state.review.open = step.map(|step| (step.state.clone(), step.subject.clone()));
}

struct Steps<'a> {
    steps: &'a [StepRow],
}

/// What a step shows, in a few words.
fn in_words(step: &StepRow) -> String {
    let shown = Shown::read(&step.state).map_or_else(
        || if step.state.is_empty() { "what it is about" } else { "made by a later version" }.to_owned(),
        |shown| {
            let alone = if shown.alone { "alone" } else { "with the other views" };
            format!("{} {alone}", shown.front.title())
        },
    );
    let notes = if step.note.trim().is_empty() { "" } else { " · has notes" };
    format!("{shown}{notes} · {}, {}", case::inert(&step.actor), words::time(step.at_nanos))
}

impl Rows for Steps<'_> {
    fn len(&self) -> u64 {
        self.steps.len() as u64
    }

    fn height(&self) -> f32 {
        HEIGHT
    }

    fn label(&mut self, row: u64) -> String {
        let step = &self.steps[row as usize];
        format!("Step {}: {}, {}", row + 1, case::inert(&step.title), in_words(step))
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let t = tokens::of(ui);
        let step = &self.steps[row as usize];
        let rect = ui.max_rect();
        let width = rect.width() - 52.0;
        let color = if selected { t.strong } else { t.text };
        let number = (row + 1).to_string();
        super::paint_line(
            ui,
            &number,
            mono_font(),
            t.weak,
            pos2(rect.left() + 10.0, rect.top() + 14.0),
            30.0,
        );
        let title = case::inert(&step.title);
        let at = pos2(rect.left() + 42.0, rect.top() + 14.0);
        super::paint_line(ui, &title, semibold_font(size::TEXT), color, at, width);
        let below = pos2(at.x, rect.top() + 31.0);
        super::paint_line(ui, &in_words(step), text_font(size::SMALL), t.weak, below, width);
    }
}

fn editor(ui: &mut Ui, state: &mut State) {
    let Some(step) = state.review.story.step().cloned() else { return };
    let draft = state.review.story.draft.take().filter(|draft| draft.step == step.step);
    let mut draft = draft.unwrap_or_else(|| Draft::of(&step));
    let title = TextEdit::singleline(&mut draft.title).desired_width(f32::INFINITY);
    let title = ui.add(title.hint_text("What the step is called"));
    title.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Title of the step"));
    let note = TextEdit::multiline(&mut draft.note).desired_width(f32::INFINITY).desired_rows(4);
    let note = ui.add(note.hint_text("Notes for whoever presents it; N shows them"));
    note.widget_info(|| WidgetInfo::labeled(Role::MultilineTextInput, true, "Notes of the step"));
    state.review.story.draft = Some(draft);
    if title.lost_focus() || note.lost_focus() {
        state.review.keep_words();
    }
    if let Some(shown) = Shown::read(&step.state) {
        let mut alone = shown.alone;
        let about = "Off: the views stand as they stood when the step was made.";
        let label = format!("Fill the screen with {} alone", shown.front.title());
        if ui.checkbox(&mut alone, label).on_hover_text(about).changed() {
            let state_text = Shown { alone, ..shown }.written();
            let pending = state.review.story.change(|step| step.state = state_text);
            state.review.pending.extend(pending);
        }
    }
    ui.horizontal_wrapped(|ui| {
        if ui.button("Show the step").on_hover_text("Show in the window what the step shows.").clicked() {
            open(state);
        }
        for command in [Command::SetStep, Command::MoveStepUp, Command::MoveStepDown, Command::RemoveStep] {
            button(ui, state, command);
        }
    });
}
