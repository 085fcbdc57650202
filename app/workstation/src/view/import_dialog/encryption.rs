//! Whether the case that an import makes is encrypted, and its passphrase.

use crate::import_dialog::{Asked, ImportDialog};
use crate::tokens::size;
use crate::vault::Typed;
use crate::view::vault;
use egui::Ui;

/// Width from which the fields stand beside what is said of them.
const BESIDE_FROM: f32 = 640.0;

/// Nothing where no case is made, or none can be encrypted.
pub(super) fn show(ui: &mut Ui, dialog: &mut ImportDialog) {
    if !dialog.can_encrypt() {
        return;
    }
    let mut is_on = dialog.encrypt.is_some();
    let tick = ui.checkbox(&mut is_on, "Encrypt this case");
    let tick = tick.on_hover_text("Nothing of the case is ever on the disk in the clear.");
    if tick.changed() {
        vault::forget_typing(ui);
        dialog.encrypt = is_on.then(Typed::new_one);
    }
    if let Some(typed) = &mut dialog.encrypt {
        let focus = tick.changed();
        let entered = if ui.available_width() < BESIDE_FROM {
            let entered = vault::fields(ui, typed, focus);
            vault::about(ui, typed);
            entered
        } else {
            ui.columns_const(|[left, right]| {
                let entered = vault::fields(left, typed, focus);
                right.add_space(size::TIGHT);
                vault::about(right, typed);
                entered
            })
        };
        if entered && dialog.is_importable() {
            dialog.asked = Some(Asked::Import);
        }
    }
    ui.add_space(size::GAP);
}
