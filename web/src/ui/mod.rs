//! The playground's window in a canvas.

mod browser;
mod host;
mod inbox;
mod side;
mod window;

pub use window::Window;
