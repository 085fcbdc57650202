//! The messages of one call, or how its prompt differs from the one that was kept.

use crate::state::State;
use crate::telemetry::calls::Read;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, Tokens, size};
use case::{DiffPart, Message, Part};
use egui::{Frame, Label, Margin, RichText, ScrollArea, Stroke, Ui};

/// Bytes of one part that are laid out; the rest is in the exact bytes.
const MOST_BYTES: usize = 16 << 10;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let view = &state.telemetry.calls;
    let Some(read) = view.read.clone() else {
        match (view.call_failed.clone(), view.wanted().is_some()) {
            (Some(why), _) => crate::view::empty(ui, "The call could not be read", &why),
            (None, true) => crate::view::empty(ui, "Reading the call…", "Its messages are being read."),
            (None, false) => {
                crate::view::empty(ui, "No call is selected", "Choose one in the list of calls.");
            }
        }
        return;
    };
    ui.horizontal_wrapped(|ui| {
        let view = &mut state.telemetry.calls;
        for (as_difference, text) in [(false, "Conversation"), (true, "Prompt difference")] {
            let button = egui::Button::selectable(view.chosen.as_difference == as_difference, text);
            if ui.add(button.frame_when_inactive(true)).clicked() {
                view.chosen.as_difference = as_difference;
            }
        }
        super::keep_button(ui, state);
    });
    if state.telemetry.calls.chosen.as_difference {
        difference(ui, &read);
    } else {
        conversation(ui, &read);
    }
}

fn conversation(ui: &mut Ui, read: &Read) {
    if read.call.messages.is_empty() {
        let next = "Its instrumentation recorded no prompt and no answer. The fields are in the explanation on the right.";
        crate::view::empty(ui, "No messages were recorded", next);
        return;
    }
    ScrollArea::vertical().id_salt("conversation").auto_shrink(false).show(ui, |ui| {
        for message in &read.call.messages {
            one(ui, message);
        }
    });
}

fn one(ui: &mut Ui, message: &Message) {
    let t = tokens::of(ui);
    let line = if message.is_output { t.accent } else { t.border };
    let frame = Frame::new().fill(t.sunken).stroke(Stroke::new(1.0, line)).corner_radius(size::CORNER);
    frame.inner_margin(Margin::same(8)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let role = case::inert(&message.role);
        let title = if message.is_output { format!("{role} · answer") } else { role };
        crate::view::heading(ui, &title);
        for part in &message.parts {
            show_part(ui, part, t);
        }
    });
}

fn show_part(ui: &mut Ui, part: &Part, t: &Tokens) {
    let (lead, text) = match part {
        Part::Text(text) => (None, shown(text)),
        Part::ToolCall { id, name, arguments } => {
            (Some(format!("Asks for the tool {} {}", case::inert(name), case::inert(id))), shown(arguments))
        }
        Part::ToolResult { id, result } => {
            (Some(format!("Result of the tool {}", case::inert(id))), shown(result))
        }
        Part::Other(json) => (Some("Other content".to_owned()), shown(json)),
    };
    if let Some(lead) = lead {
        ui.label(RichText::new(lead.trim_end()).font(semibold_font(size::SMALL)).color(t.weak));
        ui.add(Label::new(RichText::new(text).font(mono_font()).color(t.text)).wrap());
    } else {
        ui.add(Label::new(RichText::new(text).color(t.text)).wrap());
    }
}

/// Evidence made harmless, with its lines kept, and cut where it would fill the memory of the window.
fn shown(text: &str) -> String {
    let cut = &text[..text.floor_char_boundary(MOST_BYTES)];
    let lines: Vec<String> = cut.split('\n').map(|line| case::inert(line.trim_end_matches('\r'))).collect();
    let rest = text.len() - cut.len();
    let more =
        if rest > 0 { format!(" … {} more", crate::words::bytes(rest as u64)) } else { String::new() };
    lines.join("\n") + &more
}

/// Both prompts side by side; what is in one alone stands out by its ground and by a sign.
fn difference(ui: &mut Ui, read: &Read) {
    let t = tokens::of(ui);
    let Some((kept, parts)) = &read.compared else {
        let next = "Choose “Compare prompts with this one” on a call, then select another.";
        crate::view::empty(ui, "No prompt is kept to compare with", next);
        return;
    };
    if parts.iter().all(|part| matches!(part, DiffPart::Same(_))) {
        ui.label(RichText::new("Both prompts are the same.").color(t.weak));
    }
    ScrollArea::vertical().id_salt("difference").auto_shrink(false).show(ui, |ui| {
        ui.columns(2, |columns| {
            let titles = [
                format!("Kept: {}", case::inert(&kept.row.model)),
                format!("This: {}", case::inert(&read.call.row.model)),
            ];
            for (number, (ui, title)) in columns.iter_mut().zip(titles).enumerate() {
                crate::view::heading(ui, &title);
                side(ui, parts, number == 0, t);
            }
        });
    });
}

fn side(ui: &mut Ui, parts: &[DiffPart], is_first: bool, t: &Tokens) {
    let mut job = egui::text::LayoutJob::default();
    job.wrap.max_width = ui.available_width();
    let format = |color, background| egui::TextFormat {
        font_id: text_font(size::TEXT),
        color,
        background,
        ..Default::default()
    };
    let mut said = String::new();
    for part in parts {
        let (text, own) = match part {
            DiffPart::Same(text) => (text, None),
            DiffPart::Gone(text) if is_first => (text, Some("−")),
            DiffPart::New(text) if !is_first => (text, Some("+")),
            DiffPart::Gone(_) | DiffPart::New(_) => continue,
        };
        let text = shown(text);
        if let Some(sign) = own {
            // The bracket closes on the line of the last word.
            let words = text.trim_end();
            let marked = format!("[{sign}{words}]{}", &text[words.len()..]);
            job.append(&marked, 0.0, format(t.strong, t.span_selected));
            said.push_str(&marked);
        } else {
            job.append(&text, 0.0, format(t.text, tokens::CLEAR));
            said.push_str(&text);
        }
    }
    let label = ui.add(Label::new(job).wrap());
    label.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &said));
}

#[cfg(test)]
mod tests {
    use super::{MOST_BYTES, shown};

    #[test]
    fn prompts_are_inert_keep_their_lines_and_have_an_end() {
        assert_eq!(shown("a\u{202e}b\r\n\u{1b}[31mc"), "a\\u{202e}b\n\\u{1b}[31mc");
        let long = "é".repeat(MOST_BYTES);
        assert!(shown(&long).len() < MOST_BYTES + 64 && shown(&long).ends_with("16.0 KiB more"));
    }
}
