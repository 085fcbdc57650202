//! The picture of the overview, cut out of the window and written.

use super::App;
use crate::work::{self, For, Message};
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
}
