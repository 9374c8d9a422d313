//! Sampler race: several samplers walk from the same noise by the same model, side by side, and how far each ends from the ODE's solution is
//! plotted against what it costs.

mod settings;

// What computes
mod reference;
mod told;
mod ground;
mod work;

// What is seen
mod lane;
mod panel;
mod controls;
mod stage;
mod plot;

pub use panel::Race;
pub use reference::Apart;
pub use settings::{Measure, Racer, Settings};
pub use told::{Frame, Mark, Reference, Report, Start};
pub use work::Work;
