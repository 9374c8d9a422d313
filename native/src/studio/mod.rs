//! The desktop's window around the playground.

mod desktop;
mod worker;

use burn::prelude::Device;
use eframe::{NativeOptions, egui};
use kiln::Error;
use kiln_playground::App;

use crate::failure::{Failure, Outcome};
use desktop::Desktop;

/// Opens the window, and comes back when it is closed.
pub(crate) fn open(name: &str, device: &Device, link: &str) -> Outcome {
    let viewport = egui::ViewportBuilder::default().with_title("Kiln").with_inner_size([1180.0, 860.0]);
    let options = NativeOptions { viewport, ..NativeOptions::default() };
    let (name, device, link) = (name.to_owned(), device.clone(), link.to_owned());
    let opened = eframe::run_native(
        "kiln",
        options,
        Box::new(move |creation| {
            let desktop = Desktop::new(&creation.egui_ctx, name, device);
            Ok(Box::new(Window { app: App::new(&creation.egui_ctx, Box::new(desktop), &link) }))
        }),
    );
    opened.map_err(|error| {
        Failure::new(
            Error::Device(format!("no window can be opened: {error}")),
            "a window needs a display and Vulkan, Metal or DX12; everything else works without: kiln demo",
        )
    })
}

struct Window {
    app: App,
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.app.ui(ui);
    }
}
