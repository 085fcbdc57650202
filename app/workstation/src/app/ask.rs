//! What a person is asked for in a dialog of the system, and what comes of the answer.

use super::App;
use crate::dialogs::{Dialog, Picked};
use crate::state::Level;
use crate::work::{For, Message};

impl App {
    pub(super) fn picked(&mut self, purpose: For, picked: Picked) {
        let paths = match picked {
            Picked::Paths(paths) => paths,
            Picked::Cancelled => return,
            Picked::Unavailable => {
                let advice = "Drop the file on this window instead, or start driftlock with the name of the file. \
                              On Linux, the package xdg-desktop-portal or zenity brings file dialogs.";
                self.state.notice(Level::Error, "This system shows no file dialog", advice);
                return;
            }
        };
        match purpose {
            For::Captures => self.choose(paths),
            For::Case => self.open(&paths),
            For::Rules(of) => self.load_rules(of, paths),
            For::Follow => self.follow(paths),
            For::Anchor(of) => self.compare_with(&of, paths),
            For::Events(export) => self.export_to(*export, paths),
            For::Decrypted(of) => self.save_decrypted(of, paths),
            For::Table(of, csv) => self.write_table(of, csv, paths),
            For::Picture(image) => self.write_picture(image, paths),
        }
    }

    pub(super) fn ask_person(&mut self, purpose: For, dialog: Dialog) {
        self.asking += 1;
        let post = self.post.clone();
        (self.services.spawn)(
            "file dialog",
            Box::new(move || {
                post.send(Message::Dialog(purpose, dialog()));
            }),
        );
    }
}
