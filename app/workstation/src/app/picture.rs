//! The picture of the overview, cut out of the window and written, and tables of numbers written.

use super::App;
use crate::work::{Failure, Finished, For, Message};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl App {
    pub(super) fn write_picture(&mut self, image: Arc<egui::ColorImage>, paths: Vec<PathBuf>) {
        let Some(path) = paths.into_iter().next() else { return };
        let name = case::inert(crate::words::file_name(&path));
        self.start(format!("Writing {name}"), move |task, _, post| {
            post.send(Message::Finished { task, result: write_png(&image, &path) });
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

/// Writes a picture as PNG.
fn write_png(image: &egui::ColorImage, path: &Path) -> Result<Finished, Failure> {
    let [width, height] = image.size;
    let mut bytes = Vec::with_capacity(image.pixels.len() * 4);
    for pixel in &image.pixels {
        bytes.extend(pixel.to_srgba_unmultiplied());
    }
    let format = image::ExtendedColorType::Rgba8;
    image::save_buffer_with_format(
        path,
        &bytes,
        width as u32,
        height as u32,
        format,
        image::ImageFormat::Png,
    )
    .map_err(|error| {
        Failure::new(
            "Could not write the picture",
            format!("{}: {error}. Choose another place.", path.display()),
        )
    })?;
    Ok(Finished::Written(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_written_and_a_bad_place_is_said() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let image = egui::ColorImage::new([2, 1], vec![crate::tokens::UNTINTED, crate::tokens::DARK.accent]);
        let path = folder.path().join("a.png");
        assert_eq!(write_png(&image, &path), Ok(Finished::Written(path.clone())));
        assert_eq!(std::fs::read(&path)?[1..4], *b"PNG");
        let nowhere = folder.path().join("no/such/folder.png");
        assert!(write_png(&image, &nowhere).is_err_and(|f| f.detail.contains("folder.png")));
        Ok(())
    }
}
