//! What the application asks of whoever opened its window.

use std::sync::Arc;

use egui::DroppedFile;

use crate::work::{Order, Report};

/// The desktop, the browser, or a test.
pub trait Shell {
    /// Hands an order to the side that computes.
    fn order(&mut self, order: Order);

    /// What that side has reported since it was last asked.
    fn reports(&mut self) -> Vec<Report>;

    /// Offers a file to keep.
    fn save(&mut self, name: &str, bytes: &[u8]);

    /// The address of what is seen has changed; it begins with `#`.
    fn show_link(&mut self, link: &str);

    /// The whole address, to be given to others.
    fn address(&self, link: &str) -> String;

    /// Begins to read a file that was dropped onto the window.
    fn read(&mut self, file: &Arc<dyn DroppedFile + Send + Sync>);

    /// The files that have been read since it was last asked, or why they cannot be.
    fn files(&mut self) -> Vec<(String, Result<Vec<u8>, String>)>;

    /// What it computes on, in words.
    fn device(&self) -> String;
}
