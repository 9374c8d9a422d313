//! The application that the browser and the desktop share: panels over the library and its zoo, and what they have computed.
//!
//! It has no file, no network, no thread and no clock of its own. A [`Shell`] opens its window, runs its [`Works`] wherever it likes,
//! and fetches, saves and copies for it. Nothing here waits: what takes long is taken a step at a time.

// Samples as pixels
pub mod picture;
mod colour;
mod sheet;

// What is computed
pub mod work;
mod canary;
mod library;

// What is seen
pub mod shell;
pub mod link;
pub mod app;
pub mod mirror;
pub mod easel;
mod history;
mod tour;
mod theme;
mod panels;
mod widgets;

// The panels
pub mod lab;
pub mod race;
pub mod denoise;
pub mod latent;
mod zoo;
mod hood;

pub use app::App;
pub use easel::{Easel, Frames, Look};
pub use mirror::Mirror;
pub use picture::Picture;
pub use shell::{Fetching, Shell, Stored};
pub use work::{Order, Report, Works};
