//! Encrypted cases: asking for a passphrase, and what is done with it off the thread of the window.

use super::App;
use crate::command::Command;
use crate::opening::Working;
use crate::vault::{self, Asked, Purpose};
use crate::work::{For, Message};
use case::Reseal;
use std::path::PathBuf;

impl App {
    /// Asks for the passphrase of a case; `why` says what was wrong with the one before.
    pub(super) fn ask_passphrase(&mut self, path: PathBuf, why: Option<String>) {
        self.state.vault = Some(Asked::new(Purpose::Open(path), why));
    }

    pub(super) fn vault_command(&mut self, command: Command) {
        let Some(path) = self.state.doc.as_ref().map(|doc| doc.path.clone()) else { return };
        match command {
            Command::EncryptCase => self.state.vault = Some(Asked::new(Purpose::Encrypt(path), None)),
            Command::ChangePassphrase => self.state.vault = Some(Asked::new(Purpose::Change(path), None)),
            _ => {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                let dialog = self.services.dialogs.save_case(&format!("{name}-in-the-clear.driftlock"));
                self.ask_person(For::Decrypted(path), dialog);
            }
        }
    }

    /// Takes up a passphrase that was entered.
    pub(super) fn follow_vault(&mut self) {
        let Some(asked) = self.state.vault.take_if(|asked| asked.entered) else { return };
        let Some(passphrase) = asked.typed.passphrase() else { return };
        let (places, how) = (self.services.places.clone(), self.state.prefs.analysis.clone());
        match asked.purpose {
            Purpose::Open(path) => {
                let name = case::inert(crate::words::file_name(&path));
                self.start(format!("Opening {name}"), move |task, watch, post| {
                    vault::open(path, &passphrase, &places, &Working { task, how: &how, watch, post });
                });
            }
            Purpose::Encrypt(path) => self.reseal("Encrypting", path, Reseal::Encrypt(passphrase)),
            Purpose::Change(path) => {
                self.reseal("Changing the passphrase of", path, Reseal::ChangePassphrase(passphrase));
            }
        }
    }

    /// The case is closed meanwhile, since nobody may have it open, and opened again at the end.
    fn reseal(&mut self, what: &str, path: PathBuf, how: Reseal) {
        let name = case::inert(crate::words::file_name(&path));
        self.close();
        self.start(format!("{what} {name}"), move |task, watch, post| {
            vault::reseal(task, path, &how, watch, post);
        });
    }

    pub(super) fn save_decrypted(&mut self, of: PathBuf, paths: Vec<PathBuf>) {
        let Some(out) = paths.into_iter().next() else { return };
        let name = case::inert(crate::words::file_name(&out));
        self.start(format!("Writing {name}"), move |task, watch, post| {
            let result = vault::save_decrypted(&of, out, watch);
            post.send(Message::Finished { task, result });
        });
    }
}
