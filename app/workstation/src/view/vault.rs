//! The dialog that asks for a passphrase: to open a case, to encrypt one, to change it.

use crate::state::State;
use crate::theme::text_font;
use crate::tokens::{self, size};
use crate::vault::{Asked, Purpose, Typed};
use case::ENCRYPTION_COST;
use egui::{Id, Key, Label, Modifiers, RichText, Role, TextEdit, Ui, WidgetInfo};

/// What is left of a case that was in the clear.
const REMAINS: &str =
    "The file as it is now is overwritten; copies of it, snapshots and what flash memory keeps are not.";

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(mut asked) = state.vault.take_if(|asked| !asked.entered) else { return };
    let mut close = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    let mut done = false;
    let modal = super::modal(ui, "passphrase");
    let shown = modal.show(ui.ctx(), |ui| {
        ui.set_width((ui.ctx().content_rect().width() - 80.0).min(480.0));
        let (heading, yes, no) = words(&asked);
        super::heading(ui, &heading);
        ui.add_space(size::TIGHT);
        if let Some(why) = &asked.why {
            ui.add(Label::new(RichText::new(why).color(tokens::of(ui).strong)).wrap());
        }
        // The first has the focus until a person goes on to the other.
        let focus = ui.memory(|memory| memory.focused().is_none());
        // On a button Enter means what stands on it.
        done |= fields(ui, &mut asked.typed, focus);
        about(ui, &asked.typed);
        if matches!(asked.purpose, Purpose::Encrypt(_)) {
            let remains = RichText::new(REMAINS).font(text_font(size::SMALL)).color(tokens::of(ui).weak);
            ui.add(Label::new(remains).wrap());
        }
        ui.add_space(size::WIDE);
        ui.horizontal(|ui| {
            done |= ui.add_enabled(asked.typed.problem().is_none(), egui::Button::new(yes)).clicked();
            close |= ui.button(no).clicked();
        });
    });
    if done && asked.typed.problem().is_none() {
        asked.entered = true;
        forget_typing(ui);
        state.vault = Some(asked);
    } else if !(close || shown.should_close()) {
        state.vault = Some(asked);
    }
}

const FIELDS: [&str; 2] = ["Passphrase", "Passphrase again"];

fn words(asked: &Asked) -> (String, &'static str, &'static str) {
    let name = case::inert(crate::words::file_name(asked.path()));
    match asked.purpose {
        Purpose::Open(_) => (format!("{name} is encrypted"), "Open", "Do not open"),
        Purpose::Encrypt(_) => (format!("Encrypt {name}"), "Encrypt", "Do not encrypt"),
        Purpose::Change(_) => (format!("New passphrase for {name}"), "Change", "Do not change"),
    }
}

/// What egui keeps to undo typing is not kept longer than the dialog.
pub(super) fn forget_typing(ui: &Ui) {
    ui.data_mut(|data| FIELDS.map(|field| data.remove::<egui::text_edit::TextEditState>(Id::unique(field))));
}

/// The fields for a passphrase, the first with the keyboard where `focus` is set. True where Enter was pressed in one.
pub(super) fn fields(ui: &mut Ui, typed: &mut Typed, focus: bool) -> bool {
    let (count, is_masked) = (if typed.is_new { 2 } else { 1 }, !typed.shown);
    let texts = [&mut typed.first, &mut typed.second];
    let mut entered = false;
    for (number, (text, label)) in texts.into_iter().zip(FIELDS).enumerate().take(count) {
        ui.add_space(size::TIGHT);
        let field = TextEdit::singleline(text).id(Id::unique(label)).hint_text(label).password(is_masked);
        let field = ui.add(field.desired_width(f32::INFINITY));
        field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, label));
        if number == 0 && focus {
            field.request_focus();
        }
        entered |= field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    }
    ui.checkbox(&mut typed.shown, "Show what is typed");
    entered
}

/// What is said of what was typed, and what encryption costs. What stands below does not move when something is said.
pub(super) fn about(ui: &mut Ui, typed: &Typed) {
    let (weak, warning) = (tokens::of(ui).weak, tokens::of(ui).warning);
    if !typed.is_new {
        return;
    }
    let problem = typed.problem().filter(|problem| !problem.is_empty() && !typed.second.is_empty());
    let said = problem.map(str::to_owned).or_else(|| typed.advice()).unwrap_or_default();
    let most = Typed::most_advice().unwrap_or_default();
    let room = ui.painter().layout(most, text_font(size::SMALL), warning, ui.available_width()).size().y;
    ui.scope(|ui| {
        ui.set_min_height(room);
        ui.add(Label::new(small(&said).color(warning)).wrap());
    });
    ui.add(Label::new(small(ENCRYPTION_COST).color(weak)).wrap());
}

fn small(text: &str) -> RichText {
    RichText::new(text).font(text_font(size::SMALL))
}
