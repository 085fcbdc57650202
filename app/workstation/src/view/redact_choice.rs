//! The choice of what is taken out, wherever it is made: nothing, the built-in rules, rules in a file.

use crate::redaction::Redact;
use crate::words;
use egui::{Button, Role, Ui, WidgetInfo};

/// The choices, under the name of what they are for; `true` where rules in a file are asked for.
pub(super) fn show(ui: &mut Ui, name: &str, nothing: &str, now: &mut Redact) -> bool {
    for (value, text, about) in [
        (Redact::Nothing, nothing, "Everything stays as the capture has it."),
        (
            Redact::Personal,
            "Personal data and secrets",
            "Addresses, names, cards, tokens, passwords and the like are replaced.",
        ),
    ] {
        let is_on = *now == value;
        let response = ui.add(Button::selectable(is_on, text)).on_hover_text(about);
        response
            .widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_on, format!("{name}: {text}")));
        if response.clicked() {
            *now = value;
        }
    }
    let own = match now {
        Redact::Rules(path, _) => Some(case::inert(words::file_name(path))),
        _ => None,
    };
    let text = own.as_ref().map_or_else(|| "Rules in a file…".to_owned(), |name| format!("Rules in {name}"));
    let response = ui.add(Button::selectable(own.is_some(), &text));
    response.widget_info(|| {
        WidgetInfo::selected(Role::RadioButton, true, own.is_some(), format!("{name}: {text}"))
    });
    let about = "Rules of your own, as docs/REDACTION.md describes them, as the file is when it is chosen. A click chooses another one.";
    response.on_hover_text(about).clicked()
}
