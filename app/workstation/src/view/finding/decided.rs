//! What people decide about a finding: the buttons, the fields in which it is written, and what stands.

use crate::command::Command;
use crate::decisions::{Draft, Kind, overlaps};
use crate::doc::{Doc, Selection};
use crate::remembered::subject;
use crate::state::{Pane, State};
use crate::theme::{semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::icon::{self, Icon};
use crate::ui::strip;
use crate::view::button;
use crate::words;
use case::{Decision, DecisionRow, FindingRef, FindingRow, Subject};
use egui::{
    Button, Frame, Key, Label, Modifiers, RichText, Role, ScrollArea, Stroke, TextEdit, Ui, WidgetInfo,
};

/// Most findings that are offered as the other end of a link.
const OFFERED: usize = 50;

pub(super) fn buttons(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    ui.horizontal_wrapped(|ui| {
        acknowledge(ui, state, row);
        for command in [
            Command::Dismiss,
            Command::Confirm,
            Command::NoteFinding,
            Command::TagFinding,
            Command::LinkFinding,
            Command::ToggleBookmark,
        ] {
            button(ui, state, command);
        }
    });
}

/// A button that stays down: framed like those beside it, with other words as well as another colour.
fn acknowledge(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let t = tokens::of(ui);
    let seen = state.is_acknowledged(row);
    let text = if seen { "Acknowledged" } else { Command::Acknowledge.spec().text };
    let response = if seen {
        ui.add(Button::new(text).fill(t.selected).stroke(Stroke::new(1.0, t.accent)))
    } else {
        ui.button(text)
    };
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, seen, text));
    if response.on_hover_text(Command::Acknowledge.hover_text(ui.ctx())).clicked() {
        state.command(Command::Acknowledge);
    }
}

impl Kind {
    const fn heading(self) -> &'static str {
        match self {
            Self::Note => "Write a note",
            Self::Tag => "Tag this finding",
            Self::Link => "Link this finding to another one",
            Self::Dismiss => "Dismiss this finding: why is it ordinary?",
            Self::Confirm => "Confirm this finding: why is it an incident?",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Note => "Note about this finding",
            Self::Tag => "Tag of this finding",
            Self::Link => "Finding that this one belongs together with",
            Self::Dismiss => "Why this finding is ordinary",
            Self::Confirm => "Why this finding is an incident",
        }
    }

    const fn about(self) -> &'static str {
        match self {
            Self::Note | Self::Tag => "It is kept in the case, in the audit chain, under your name.",
            Self::Link => "Type a part of its words, then choose it.",
            Self::Dismiss => {
                "The reason is kept in the audit chain. A new run then has the finding in every baseline and never flags it."
            }
            Self::Confirm => {
                "The reason is kept in the audit chain, and may stay empty. A new run then has the finding in no baseline."
            }
        }
    }

    const fn keep(self) -> Option<&'static str> {
        match self {
            Self::Note => Some("Keep note"),
            Self::Tag => Some("Keep tag"),
            Self::Link => None,
            Self::Dismiss => Some("Dismiss and analyse again"),
            Self::Confirm => Some("Confirm and analyse again"),
        }
    }

    const fn may_be_empty(self) -> bool {
        matches!(self, Self::Confirm)
    }
}

/// The field that is being written in, where it belongs to this finding.
pub(super) fn form(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let Some(mut draft) = state.decisions.draft.take() else { return };
    if !state.is_written_under(&draft, row) {
        state.decisions.draft = Some(draft);
        return;
    }
    let t = tokens::of(ui);
    let (mut keep, mut close) = (false, false);
    ui.add_space(size::TIGHT);
    let frame = Frame::new().fill(t.raised).stroke(Stroke::new(1.0, t.accent)).corner_radius(size::CORNER);
    frame.inner_margin(8).show(ui, |ui| {
        ui.set_width(ui.available_width().min(720.0));
        ui.label(RichText::new(draft.kind.heading()).font(semibold_font(size::TEXT)).color(t.strong));
        if draft.about != subject(row) {
            let FindingRef { run, finding } = draft.finding;
            ui.label(format!("About finding {finding} of run {run}"));
        }
        (keep, close) = field(ui, &mut draft);
        ui.label(RichText::new(draft.kind.about()).font(text_font(size::SMALL)).color(t.weak));
        if draft.kind == Kind::Link {
            close |= others(ui, state, &draft);
        }
        ui.horizontal(|ui| {
            let is_ready = draft.kind.may_be_empty() || !draft.text.trim().is_empty();
            keep &= is_ready;
            if let Some(text) = draft.kind.keep() {
                keep |= ui.add_enabled(is_ready, Button::new(text)).clicked();
            }
            close |= ui.button("Cancel writing").clicked();
        });
    });
    if close {
        return;
    }
    let is_kept = keep && draft.kind.keep().is_some();
    state.decisions.draft = Some(draft);
    if is_kept {
        state.keep_draft();
    }
}

/// The field itself; whether its key says to keep what is written, and whether to leave.
fn field(ui: &mut Ui, draft: &mut Draft) -> (bool, bool) {
    let id = ui.make_persistent_id("words about a finding");
    let is_note = draft.kind == Kind::Note;
    // A note may have lines; Enter makes one, and Ctrl and Enter keep it.
    let enter = if is_note { Modifiers::COMMAND } else { Modifiers::NONE };
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    let keep = has_focus && ui.input_mut(|input| input.consume_key(enter, Key::Enter));
    let edit =
        if is_note { TextEdit::multiline(&mut draft.text) } else { TextEdit::singleline(&mut draft.text) };
    let response = ui.add(edit.id(id).desired_width(f32::INFINITY).desired_rows(2));
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, draft.kind.title()));
    if std::mem::take(&mut draft.wants_focus) {
        response.request_focus();
        response.scroll_to_me(Some(egui::Align::Center));
    }
    let close = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape));
    (keep, close)
}

/// The other findings whose words fit; whether one was chosen, which makes the link.
fn others(ui: &mut Ui, state: &mut State, draft: &Draft) -> bool {
    let Some(doc) = state.doc.clone() else { return false };
    let search = draft.text.trim().to_lowercase();
    let fits =
        |other: &&FindingRow| subject(other) != draft.about && name(other).to_lowercase().contains(&search);
    let mut chosen = None;
    let fitting: Vec<&FindingRow> = doc.findings.iter().filter(fits).collect();
    if fitting.is_empty() {
        ui.label("No other finding has these words.");
    }
    ScrollArea::vertical().id_salt("link to").max_height(160.0).auto_shrink([false, true]).show(ui, |ui| {
        for other in fitting.iter().take(OFFERED) {
            let name = name(other);
            let button = Button::new(name.as_str()).truncate().frame(false);
            let response = ui.add(button);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Link to {name}")));
            if response.clicked() {
                chosen = Some(subject(other));
            }
        }
    });
    if let Some(more) = fitting.len().checked_sub(OFFERED).filter(|more| *more > 0) {
        let more = words::counted(more as u64, "more fits", "more fit");
        ui.label(RichText::new(format!("{more}; type more of its words.")).color(tokens::of(ui).weak));
    }
    let is_chosen = chosen.is_some();
    if let Some(to) = chosen {
        state.decide_drafted(draft, Decision::Link { to });
    }
    is_chosen
}

fn name(row: &FindingRow) -> String {
    let sentence = &row.finding.explanation.sentence;
    case::inert(format!("finding {} · {}: {sentence}", row.id, row.stream.key.label()))
}

/// What stands of the finding, each with who said it and a way to take it back.
pub(super) fn list(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let Some(doc) = state.doc.clone() else { return };
    let about = subject(row);
    let standing: Vec<DecisionRow> = state.decisions.of(&about).cloned().collect();
    if standing.is_empty() {
        return;
    }
    super::section(ui, "What people said of it", "Notes, tags, links and verdicts that stand in the case.");
    for decided in &standing {
        line(ui, state, &doc, &about, decided);
    }
}

fn line(ui: &mut Ui, state: &mut State, doc: &Doc, about: &Subject, decided: &DecisionRow) {
    let t = tokens::of(ui);
    let (kind, text) = in_words(doc, about, decided);
    let said = |ui: &mut Ui, state: &mut State| {
        ui.label(RichText::new(kind).font(semibold_font(size::TEXT)).color(t.weak));
        if let Decision::Link { to } = &decided.decision {
            let other = if overlaps(to, about) { &decided.subject } else { to };
            let link = ui.add(
                Label::new(RichText::new(&text).color(t.accent).underline())
                    .wrap()
                    .sense(egui::Sense::click()),
            );
            link.widget_info(|| WidgetInfo::labeled(Role::Link, true, format!("Go to {text}")));
            if link.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
                follow(state, doc, other);
            }
        } else {
            let mut shown = text.clone();
            if decided.subject != *about {
                shown.push_str(" (of an earlier cut of these events)");
            }
            let label = ui.add(Label::new(RichText::new(shown.as_str()).color(t.text)).wrap());
            label.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{kind}: {shown}")));
        }
    };
    strip::split_at(ui, state, (ui.spacing().interact_size.y, egui::Align::Min), said, |ui, state| {
        let by = format!("{}, {}", case::inert(&decided.actor), words::time(decided.at_nanos));
        ui.label(RichText::new(by).font(text_font(size::SMALL)).color(t.weak));
        if state.review.showing.is_some() {
            return;
        }
        let label = format!("Withdraw {}: {text}", kind.to_lowercase());
        let taken_back = icon::button(ui, Icon::Close, &label);
        if taken_back
            .on_hover_text(format!("Without a window: driftlock withdraw CASE {}", decided.id))
            .clicked()
        {
            state.withdraw(decided);
        }
    });
}

/// What kind of decision it is, and its words.
fn in_words(doc: &Doc, about: &Subject, decided: &DecisionRow) -> (&'static str, String) {
    let text = crate::view::evidence::marked_lines(decided.decision.text().unwrap_or("no reason given"));
    match &decided.decision {
        Decision::Tag { .. } => ("Tag", text),
        Decision::Dismiss { .. } => ("Dismissed", text),
        Decision::Confirm { .. } => ("Confirmed", text),
        Decision::Link { to } => {
            let (kind, other) =
                if overlaps(to, about) { ("Linked from", &decided.subject) } else { ("Linked to", to) };
            (kind, other_end(doc, other))
        }
        _ => ("Note", text),
    }
}

/// The other end of a link: a finding of this run, or what it is about.
fn other_end(doc: &Doc, other: &Subject) -> String {
    let finding = doc.findings.iter().find(|row| overlaps(&subject(row), other));
    match (finding, other) {
        (Some(row), _) => name(row),
        (None, Subject::Events { stream, first_event, last_event }) => {
            let label = doc.stream(*stream).map(|row| row.key.label()).unwrap_or_default();
            let (first, last) = (words::count(*first_event), words::count(*last_event));
            format!("events {first} to {last} of {}", case::inert(label))
        }
        (None, Subject::Stream { stream }) => {
            let label = doc.stream(*stream).map(|row| row.key.label()).unwrap_or_default();
            format!("stream {}", case::inert(label))
        }
        (None, Subject::Times { start_nanos, end_nanos }) => words::span(*start_nanos, *end_nanos),
        (None, Subject::Capture { sha256 }) => format!("capture {}", case::inert(sha256)),
        (None, Subject::Case) => "the case".to_owned(),
    }
}

/// Goes to the other end of a link, as far as the window can show it.
fn follow(state: &mut State, doc: &Doc, other: &Subject) {
    let finding = doc.findings.iter().find(|row| overlaps(&subject(row), other));
    match (finding, other) {
        (Some(row), _) => state.select(Selection::Finding(row.id)),
        (None, Subject::Events { stream, first_event, .. }) => {
            state.select(Selection::Event { stream: *stream, position: *first_event });
            state.front = Some(Pane::Events);
        }
        (None, Subject::Stream { stream }) => state.select(Selection::Stream(*stream)),
        (None, Subject::Times { start_nanos, end_nanos }) => {
            let ends = doc.axis.of_nanos(*start_nanos).zip(doc.axis.of_nanos(*end_nanos));
            state.range = ends.unwrap_or(doc.extent);
            state.front = Some(Pane::Overview);
        }
        (None, Subject::Case | Subject::Capture { .. }) => state.front = Some(Pane::Audit),
    }
}
