//! The picture of the overview, cut out of the window and written, and tables of numbers written.

use super::App;
use crate::work::{self, Failure, Finished, For, Message};
use std::path::PathBuf;
use std::sync::Arc;

impl App {
    pub(super) fn write_picture(&mut self, image: Arc<egui::ColorImage>, paths: Vec<PathBuf>) {
        let Some(path) = paths.into_iter().next() else { return };
        let name = case::inert(crate::words::file_name(&path));
        self.start(format!("Writing {name}"), move |task, _, post| {
            post.send(Message::Finished { task, result: work::write_png(&image, &path) });
        });
    }

    pub(super) fn cut_and_save(&mut self, image: &egui::ColorImage) {
        let Some(rect) = self.state.overview_rect else { return };
        let scale = self.post.pixels_per_point();
        let whole =
            egui::Rect::from_min_size(egui::Pos2::ZERO, image.size.map(|side| side as f32 / scale).into());
        let cut = image.region(&rect.intersect(whole), Some(scale));
        let name = self
            .state
            .doc
            .as_ref()
            .map_or_else(|| "driftlock.png".to_owned(), |doc| format!("{}.png", doc.name()));
        let dialog = self.services.dialogs.save_png(&name);
        self.ask_person(For::Picture(Arc::new(cut)), dialog);
    }

    /// After a frame: a table that was asked for is written where the person says.
    pub(super) fn follow_figures(&mut self) {
        if let Some((name, csv)) = self.state.export.take() {
            let dialog = self.services.dialogs.save_events(&name);
            self.ask_person(For::Table("the numbers", csv), dialog);
        }
    }

    pub(super) fn write_table(&mut self, of: &'static str, csv: Arc<str>, paths: Vec<PathBuf>) {
        let Some(path) = paths.into_iter().next() else { return };
        self.start(format!("Exporting {of}"), move |task, _, post| {
            let written = std::fs::write(&path, csv.as_bytes());
            let result = written.map(|()| Finished::Written(path.clone())).map_err(|error| {
                let detail = format!("{}: {error}. Choose another place.", path.display());
                Failure::new(format!("Could not write {of}"), detail)
            });
            post.send(Message::Finished { task, result });
        });
    }
}
