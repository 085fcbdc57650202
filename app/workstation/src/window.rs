//! The native window around the [`App`].

use crate::app::{App, Services};
use std::path::PathBuf;

struct Native(App);

impl eframe::App for Native {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.0.ui(ui);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.0.close_window();
    }
}

/// Opens the window on these files: captures, or a case; none shows the welcome screen. Returns when it is closed.
pub fn run(files: Vec<PathBuf>) -> anyhow::Result<()> {
    let icon = eframe::icon_data::from_png_bytes(include_bytes!("../../../icons/driftlock.png"))
        .map_err(|error| anyhow::anyhow!("the icon in this program is damaged: {error}"))?;
    let viewport = egui::ViewportBuilder::default()
        .with_title("Driftlock Workstation")
        .with_app_id("driftlock")
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([760.0, 480.0])
        .with_drag_and_drop(true)
        .with_icon(icon);
    let options = eframe::NativeOptions { viewport, renderer: eframe::Renderer::Glow, ..Default::default() };
    let start = move |creation: &eframe::CreationContext<'_>| {
        let mut app = App::new(&creation.egui_ctx, Services::of_system());
        crate::fonts::add_system_font(&creation.egui_ctx);
        app.open(&files);
        Ok(Box::new(Native(app)) as Box<dyn eframe::App>)
    };
    eframe::run_native("Driftlock Workstation", options, Box::new(start)).map_err(|error| {
        anyhow::anyhow!(
            "the window could not be opened: {error}. Without a display, use the command line: `driftlock analyze FILE`"
        )
    })
}
