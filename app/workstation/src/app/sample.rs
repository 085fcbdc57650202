//! The sample incident that comes with the program.

use super::App;
use crate::state::Level;

impl App {
    pub(super) fn open_sample(&mut self) {
        match self.services.places.sample_capture() {
            Ok(capture) => self.open(&[capture]),
            Err(folders) => {
                let list: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
                let detail = format!(
                    "It is in none of {}. Put the folder sample-data of the distribution in one of these places, \
                     or open a capture of your own.",
                    list.join(", ")
                );
                self.state.notice(Level::Error, "The sample incident is not here", detail);
            }
        }
    }
}
