//! What the browser and the desktop share, without either's window: playing a model, and turning rows into pixels.
//!
//! Nothing here waits: a [`Player`] steps, the shell reads the frame from the device and hands the numbers to
//! [`picture::show`].

pub mod picture;
pub mod player;
pub mod canary;

mod colour;
mod density;
mod sheet;

pub use picture::Picture;
pub use player::Player;
