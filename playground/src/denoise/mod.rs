//! Denoise: a model of pictures draws, and every step on the way can be looked at, gone back to, and left in another direction.

mod settings;
mod work;
mod panel;
mod stage;
mod program;

pub use panel::Denoise;
pub(crate) use settings::classes;
pub use settings::{Edit, Settings};
pub use work::{Frame, Report, Work};
