//! The density lab: a density of the plane is chosen or drawn, a model learns it while one watches, and particles walk from noise to it.

mod settings;
mod families;

// What computes
mod work;
mod learner;
mod walk;
mod field;
mod map;
mod probe;

// What is seen
mod panel;
mod controls;
mod stage;

// What is copied
mod program;

pub use families::{FAMILIES, Family};
pub use panel::Lab;
pub(crate) use settings::curve;
pub use settings::{Layers, Settings};
pub use work::{Kept, Order, Report, Work};
